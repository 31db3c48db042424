//! The pages of `/desk`: each form does what the API does, and no more. Every test begins on Monday 2 March
//! 2026, 09:00.

use entity::{
    BookingStatus, CareType, Confirmation, StaffRole, VisitStatus, bookings, centre_days, classes, redemptions, visits,
};
use harness::{Family, Place, TestApp, day, people::PASSWORD, unknown_id};
use quanxiangtuo::features::ratings::replies::alias;
use reqwest::{Method, StatusCode, redirect::Policy};
use sea_orm::EntityTrait as _;
use serde_json::json;

/// A browser at the desk.
struct Browser {
    http: reqwest::Client,
    base: String,
    cookie: String,
    csrf: String,
}

/// What a page answered.
struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

impl Browser {
    async fn sign_in(app: &TestApp, place: &Place, role: StaffRole) -> Self {
        let name = format!("desk-{role}-{}", app.id::<entity::StaffId>());
        let name = name.replace('_', "-");
        app.staff(&name, role, Some(place.centre.id)).await;
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        let mut browser = Self { http, base: app.url(), cookie: String::new(), csrf: String::new() };
        let form = [("username", &*name), ("password", PASSWORD)];
        let response = browser.request(Method::POST, "/desk/sign-in", &form).await;
        assert_eq!(response.status(), 303, "{}", response.text().await.unwrap());
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        let page = browser.get("/desk").await;
        let word = page.text.split("data-csrf=\"").nth(1).unwrap();
        browser.csrf = word.split('"').next().unwrap().to_owned();
        browser
    }

    async fn request(&self, method: Method, path: &str, form: &[(&str, &str)]) -> reqwest::Response {
        let request = self.http.request(method.clone(), format!("{}{path}", self.base)).header("Cookie", &self.cookie);
        let request = if method == Method::POST {
            let body =
                form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
            request.header("Content-Type", "application/x-www-form-urlencoded").body(body)
        } else {
            request
        };
        request.send().await.unwrap()
    }

    async fn read(response: reqwest::Response) -> Answer {
        let status = response.status();
        let location = response.headers().get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
        let text = response.text().await.unwrap();
        assert!(!text.contains(" style=") && !text.contains("<script>"), "the policy stops what is inline: {text}");
        Answer { status, location, text }
    }

    async fn get(&self, path: &str) -> Answer {
        Self::read(self.request(Method::GET, path, &[]).await).await
    }

    /// A form of our own pages.
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let form: Vec<_> = [("csrf", &*self.csrf)].into_iter().chain(form.iter().copied()).collect();
        Self::read(self.request(Method::POST, path, &form).await).await
    }

    /// A form without the word that only our own pages know.
    async fn forged(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        Self::read(self.request(Method::POST, path, form).await).await
    }
}

/// As browsers encode a field.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

impl Answer {
    #[track_caller]
    fn saved(&self, at: &str) {
        assert_eq!(self.status, 303, "{}", self.text);
        assert!(self.location.starts_with(at) && self.location.contains("done="), "{}", self.location);
    }

    #[track_caller]
    fn page(&self, status: u16, says: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert!(self.text.contains("<!doctype html>") && self.text.contains(says), "{says}: {}", self.text);
    }
}

async fn visit_status(app: &TestApp, visit: &visits::Model) -> VisitStatus {
    visits::Entity::find_by_id(visit.id).one(app.db()).await.unwrap().unwrap().status
}

struct Scene {
    app: TestApp,
    place: Place,
    family: Family,
    carer: Browser,
    manager: Browser,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::spawn().await;
        let (place, family) = (app.place().await, app.a_family().await);
        let carer = Browser::sign_in(&app, &place, StaffRole::Carer).await;
        let manager = Browser::sign_in(&app, &place, StaffRole::Manager).await;
        Self { app, place, family, carer, manager }
    }

    async fn expected(&self) -> visits::Model {
        self.app.visit(&self.place, &self.family, day("2026-03-02"), VisitStatus::Expected).await
    }

    async fn book(&self, from: &str, to: &str) -> String {
        let body = json!({ "child_id": self.family.child(), "centre_id": self.place.id(), "care_type": "full_day",
            "start_date": from, "end_date": to });
        self.family.client.post("/bookings", body).await.id()
    }
}

#[tokio::test]
async fn children_come_leave_and_stay_away_by_the_forms_of_the_day() {
    let scene = Scene::new().await;
    let (app, desk) = (&scene.app, &scene.carer);
    let visit = scene.expected().await;
    let step = |visit: &visits::Model, step: &str| format!("/desk/visits/{}/{step}", visit.id);
    let check_in = step(&visit, "check-in");
    desk.post(&check_in, &[]).await.page(422, "ENTRY_CHECK_REQUIRED");
    desk.get("/desk").await.page(200, "待核验体检接种");
    let check = format!("/desk/children/{}/entry-check", scene.family.child_id);
    desk.post(&check, &[("passed_on", "2026-03-09")]).await.page(400, "INVALID_INPUT");
    let form = [("passed_on", "2026-02-27"), ("vaccinated", "true"), ("date", "2026-03-02")];
    desk.post(&check, &form).await.saved("/desk?date=2026-03-02");
    desk.post(&check_in, &[]).await.saved("/desk");
    assert_eq!(visit_status(app, &visit).await, VisitStatus::InCare);
    desk.post(&check_in, &[]).await.page(409, "WRONG_STATE");

    // Somebody the family named takes the child home; nobody else.
    let named = json!({ "name": "林秀英", "relation": "奶奶" });
    let person = scene.family.client.post("/me/pickup-persons", named).await.id();
    desk.get(&step(&visit, "leave")).await.page(200, "林秀英");
    let check_out = step(&visit, "check-out");
    desk.post(&check_out, &[("collected_by", "王建国")]).await.page(422, "PICKUP_NOT_ALLOWED");
    desk.post(&check_out, &[("pickup_code", "000000")]).await.page(422, "PICKUP_CODE_INVALID");
    assert_eq!(visit_status(app, &visit).await, VisitStatus::InCare);
    desk.post(&check_out, &[("collected_by", &person)]).await.saved("/desk");
    assert_eq!(visit_status(app, &visit).await, VisitStatus::Left);

    let other = app.a_family().await;
    let away = app.visit(&scene.place, &other, day("2026-03-03"), VisitStatus::Expected).await;
    desk.get("/desk?date=2026-03-03").await.page(200, "请假");
    let form = [("reason", "孩子发烧"), ("date", "2026-03-03")];
    desk.post(&step(&away, "absent"), &form).await.saved("/desk?date=2026-03-03");
    assert_eq!(visit_status(app, &away).await, VisitStatus::Absent);
    // The half-hours of the class, and the days around.
    desk.get("/desk").await.page(200, "各时段人数与托位");
    desk.get("/desk").await.page(200, "/desk?date=2026-03-01");
}

#[tokio::test]
async fn a_voucher_is_looked_at_redeemed_and_taken_back_without_a_script() {
    let scene = Scene::new().await;
    let (app, desk) = (&scene.app, &scene.carer);
    let campaign = app.campaign().await;
    let voucher = app.voucher(&campaign, &scene.family).await;
    let path = format!("/vouchers/{}/code", voucher.id);
    let code = scene.family.client.get(&path).await.ok()["code"].as_str().unwrap().to_owned();
    desk.post("/desk/scan", &[("code", "nonsense")]).await.page(422, "VOUCHER_INVALID");
    let looked = desk.post("/desk/scan", &[("code", &code)]).await;
    looked.page(200, "可以核销");
    let id = looked.text.split("name=\"request_id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(app.count(redemptions::Entity).await, 0, "a look changes nothing");
    let redeem = [("code", &*code), ("request_id", id)];
    for _ in 0..2 {
        // A reload sends the form again: the same answer, one redemption.
        desk.post("/desk/scan/redeem", &redeem).await.page(200, "还剩14天");
    }
    assert_eq!(app.count(redemptions::Entity).await, 1);
    desk.post("/desk/scan/redeem", &[("code", &code), ("request_id", "another-request")]).await.page(409, "ALREADY");
    let row = redemptions::Entity::find().one(app.db()).await.unwrap().unwrap();
    let reverse = format!("/desk/redemptions/{}/reverse", row.id);
    desk.get("/desk/scan").await.page(200, &reverse);
    desk.post(&reverse, &[]).await.page(400, "reason");
    desk.post(&reverse, &[("reason", "扫错了")]).await.saved("/desk/scan");
    app.clock.advance(chrono::TimeDelta::minutes(10));
    assert!(!desk.get("/desk/scan").await.text.contains(&reverse), "taken back once");
}

#[tokio::test]
async fn bookings_are_confirmed_declined_and_cancelled() {
    let scene = Scene::new().await;
    let desk = &scene.carer;
    scene.app.offer_confirmation(&scene.place, CareType::FullDay, Confirmation::Request).await;
    scene.app.reload_catalogue().await;
    let status = async |id: &str| {
        let id = id.parse().unwrap();
        bookings::Entity::find_by_id::<entity::BookingId>(id).one(scene.app.db()).await.unwrap().unwrap().status
    };
    let (first, second) = (scene.book("2026-03-03", "2026-03-04").await, scene.book("2026-03-05", "2026-03-05").await);
    let path = |id: &str, answer: &str| format!("/desk/bookings/{id}/{answer}");
    desk.get("/desk/bookings").await.page(200, &path(&first, "confirm"));
    desk.post(&path(&first, "confirm"), &[]).await.saved("/desk/bookings");
    assert_eq!(status(&first).await, BookingStatus::Confirmed);
    desk.post(&path(&second, "decline"), &[]).await.page(400, "理由");
    desk.post(&path(&second, "decline"), &[("reason", "当日停电")]).await.saved("/desk/bookings");
    assert_eq!(status(&second).await, BookingStatus::Declined);
    desk.post(&path(&first, "cancel"), &[("reason", "当日停电")]).await.saved("/desk/bookings?status=confirmed");
    assert_eq!(status(&first).await, BookingStatus::Cancelled);
    desk.post(&path(&first, "burn"), &[("reason", "x")]).await.page(404, "NOT_FOUND");
    desk.get("/desk/bookings?status=declined").await.page(200, "当日停电");
    desk.get("/desk/waitlist").await.page(200, "候补名单");
}

#[tokio::test]
async fn a_change_that_hits_bookings_shows_them_and_asks_first() {
    let scene = Scene::new().await;
    let (app, manager) = (&scene.app, &scene.manager);
    scene.book("2026-03-04", "2026-03-04").await;
    let form = [("date", "2026-03-04"), ("reason", "消防演练 & 维修")];
    let asked = manager.post("/desk/hours/days", &form).await;
    asked.page(200, "name=\"decision\"");
    asked.page(200, "value=\"消防演练 &#38; 维修\"");
    asked.page(200, "2026-03-04");
    assert_eq!(app.count(centre_days::Entity).await, 0, "nothing is changed before the decision");
    let decided: Vec<_> = form.iter().copied().chain([("decision", "keep")]).collect();
    manager.post("/desk/hours/days", &decided).await.page(200, "已保存");
    assert_eq!(app.count(centre_days::Entity).await, 1);
    manager.get("/desk/conflicts").await.page(200, "不在开放时间内");
    manager.get("/desk/hours").await.page(200, "消防演练");
    manager.post("/desk/hours/days/2026-03-04/clear", &[]).await.saved("/desk/hours");
    assert_eq!(app.count(centre_days::Entity).await, 0);

    // The week, from a later day on.
    let mut week = vec![("valid_from", "2026-04-06"), ("morning_from", "08:00"), ("morning_to", "12:00")];
    week.extend([("afternoon_from", "14:00"), ("afternoon_to", "17:30"), ("d1_from", "08:00"), ("d1_to", "18:00")]);
    manager.post("/desk/hours/weeks", &week).await.saved("/desk/hours");
    manager.get("/desk/hours").await.page(200, "2026-04-06");
    manager.post("/desk/hours/weeks/2026-04-06/clear", &[]).await.saved("/desk/hours");
    week[1] = ("morning_from", "8 o'clock");
    manager.post("/desk/hours/weeks", &week).await.page(400, "morning_from");
}

#[tokio::test]
async fn managers_set_classes_prices_rosters_and_replies() {
    let scene = Scene::new().await;
    let (app, manager) = (&scene.app, &scene.manager);
    let class = scene.place.class_id();
    let new = [("name", "托大一班"), ("band", "toddler_big"), ("places", "20"), ("carers", "3")];
    manager.post("/desk/classes", &new).await.saved("/desk/classes");
    manager.get("/desk/classes").await.page(200, "托大一班");
    let opened = classes::Entity::find().all(app.db()).await.unwrap();
    let opened = opened.iter().find(|row| row.name == "托大一班").unwrap();
    manager.post(&format!("/desk/classes/{}/close", opened.id), &[]).await.saved("/desk/classes");
    manager.post(&format!("/desk/classes/{class}"), &[("places", "12")]).await.saved("/desk/classes");
    let outdated = [("places", "11"), ("seen", "what-it-said-before")];
    manager.post(&format!("/desk/classes/{class}"), &outdated).await.page(200, "现为：12");
    let offer = format!("/desk/classes/{class}/offers/full_day");
    let mut terms = vec![("unit", "day"), ("price", "88.50"), ("meals", "12"), ("notice_minutes", "0")];
    terms.extend([("horizon_days", "90"), ("cutoff_minutes", "720"), ("confirmation", "instant"), ("active", "true")]);
    manager.post(&offer, &terms).await.saved("/desk/classes");
    manager.get("/desk/classes").await.page(200, "88.50");
    terms[1] = ("price", "88.505");
    manager.post(&offer, &terms).await.page(200, "value=\"88.505\"");

    let roster = format!("/desk/classes/{class}/roster");
    let line = [("date", "2026-03-03"), ("l0_from", "08:00"), ("l0_to", "12:00"), ("l0_carers", "2")];
    manager.post(&roster, &line).await.saved("/desk/roster?date=2026-03-03");
    manager.get("/desk/roster?date=2026-03-03").await.page(200, "08:00–12:00");
    manager.post(&roster, &line[..3]).await.page(400, "第1行 人数");

    let visit = app.visit(&scene.place, &scene.family, day("2026-03-02"), VisitStatus::Left).await;
    let rating = scene.family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 2 })).await.id();
    let reply = format!("/desk/ratings/{}/reply", alias(&app.ctx.keys, rating.parse().unwrap()));
    manager.get("/desk/ratings").await.page(200, &reply);
    manager.post(&reply, &[("text", "感谢反馈")]).await.saved("/desk/ratings");
    manager.get("/desk/ratings").await.page(200, "感谢反馈");
    manager.post(&format!("{reply}/withdraw"), &[]).await.saved("/desk/ratings");
    assert!(!manager.get("/desk/ratings").await.text.contains("感谢反馈"));
    manager.get("/desk/statements").await.page(200, "结算单");
}

/// What only managers do, by their forms.
fn managers_forms(class: &str) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    vec![
        ("/desk/classes".to_owned(), vec![("name", "新班"), ("band", "infant"), ("places", "5"), ("carers", "2")]),
        (format!("/desk/classes/{class}"), vec![("places", "1")]),
        (format!("/desk/classes/{class}/close"), vec![]),
        (
            format!("/desk/classes/{class}/offers/full_day"),
            vec![
                ("unit", "day"),
                ("price", "1"),
                ("meals", "1"),
                ("notice_minutes", "0"),
                ("horizon_days", "9"),
                ("cutoff_minutes", "0"),
                ("confirmation", "instant"),
            ],
        ),
        (
            format!("/desk/classes/{class}/roster"),
            vec![("date", "2026-03-03"), ("l0_from", "08:00"), ("l0_to", "09:00"), ("l0_carers", "0")],
        ),
        ("/desk/hours/days".to_owned(), vec![("date", "2026-03-10"), ("reason", "停托")]),
        ("/desk/hours/days/2026-03-10/clear".to_owned(), vec![]),
        (
            "/desk/hours/weeks".to_owned(),
            vec![
                ("valid_from", "2026-04-06"),
                ("morning_from", "08:00"),
                ("morning_to", "12:00"),
                ("afternoon_from", "14:00"),
                ("afternoon_to", "17:30"),
            ],
        ),
        ("/desk/hours/weeks/2026-04-06/clear".to_owned(), vec![]),
        (format!("/desk/ratings/{}/reply", unknown_id::<entity::RatingAliasId>()), vec![("text", "x")]),
        (format!("/desk/ratings/{}/reply/withdraw", unknown_id::<entity::RatingAliasId>()), vec![]),
    ]
}

#[tokio::test]
async fn carers_read_what_managers_change_and_change_none_of_it() {
    let scene = Scene::new().await;
    let before = classes::Entity::find().all(scene.app.db()).await.unwrap();
    for (path, form) in managers_forms(&scene.place.class_id()) {
        scene.carer.post(&path, &form).await.page(403, "FORBIDDEN");
        scene.manager.forged(&path, &form).await.page(401, "NOT_SIGNED_IN");
    }
    scene.carer.get("/desk/ratings").await.page(403, "FORBIDDEN");
    for path in ["/desk/classes", "/desk/hours", "/desk/roster"] {
        let page = scene.carer.get(path).await;
        page.page(200, "<table>");
        assert!(!page.text.contains("class=\"fields\""), "{path} offers a carer a form");
        assert!(scene.manager.get(path).await.text.contains("<details>"), "{path}");
    }
    assert!(!scene.carer.get("/desk").await.text.contains("href=\"/desk/ratings\""));
    assert_eq!(classes::Entity::find().all(scene.app.db()).await.unwrap(), before);
    assert_eq!(scene.app.count(centre_days::Entity).await, 0);
}

#[tokio::test]
async fn another_centres_ids_are_pages_of_nothing() {
    let scene = Scene::new().await;
    let (app, other) = (&scene.app, scene.app.place().await);
    let desk = Browser::sign_in(app, &other, StaffRole::Manager).await;
    let visit = scene.expected().await;
    let in_care = app.a_family().await;
    let in_care = app.visit(&scene.place, &in_care, day("2026-03-02"), VisitStatus::InCare).await;
    let booking = visit.booking_id;
    let (campaign, family) = (app.campaign().await, app.a_family().await);
    let voucher = app.voucher(&campaign, &family).await;
    let redemption = app.redemption(&voucher, scene.place.centre.id, day("2026-03-02"), |_| {}).await;
    let mut forms = vec![
        (format!("/desk/visits/{}/check-in", visit.id), vec![]),
        (format!("/desk/visits/{}/check-out", in_care.id), vec![]),
        (format!("/desk/visits/{}/absent", visit.id), vec![]),
        (format!("/desk/children/{}/entry-check", scene.family.child_id), vec![("passed_on", "2026-02-27")]),
        (format!("/desk/bookings/{booking}/cancel"), vec![("reason", "x")]),
        (format!("/desk/redemptions/{}/reverse", redemption.id), vec![("reason", "x")]),
    ];
    let foreign = managers_forms(&scene.place.class_id());
    forms.extend(foreign.into_iter().filter(|(path, _)| path.contains(&scene.place.class_id())));
    for (path, form) in forms {
        desk.post(&path, &form).await.page(404, "NOT_FOUND");
    }
    desk.get(&format!("/desk/visits/{}/leave", in_care.id)).await.page(404, "NOT_FOUND");
    let statement = unknown_id::<entity::StatementId>();
    desk.get(&format!("/desk/statements/{statement}")).await.page(404, "NOT_FOUND");
    desk.get("/desk/visits/nonsense/leave").await.page(404, "NOT_FOUND");
    assert_eq!(visit_status(app, &visit).await, VisitStatus::Expected);
    assert_eq!(visit_status(app, &in_care).await, VisitStatus::InCare);
}

#[tokio::test]
async fn without_the_word_of_our_pages_nothing_changes() {
    let scene = Scene::new().await;
    let (app, desk) = (&scene.app, &scene.carer);
    let visit = app.visit(&scene.place, &scene.family, day("2026-03-02"), VisitStatus::InCare).await;
    let check_out = format!("/desk/visits/{}/check-out", visit.id);
    desk.forged(&check_out, &[]).await.page(401, "NOT_SIGNED_IN");
    desk.forged(&check_out, &[("csrf", "AAAA")]).await.page(401, "NOT_SIGNED_IN");
    // Another session's word is another's.
    desk.forged(&check_out, &[("csrf", &scene.manager.csrf)]).await.page(401, "NOT_SIGNED_IN");
    assert_eq!(visit_status(app, &visit).await, VisitStatus::InCare);
    desk.post(&check_out, &[]).await.saved("/desk");
    assert_eq!(visit_status(app, &visit).await, VisitStatus::Left);
}
