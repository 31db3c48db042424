//! Leaving, coming back, and erasing. Every test begins on Monday 2 March 2026, 09:00.

use chrono::{Datelike as _, TimeDelta};
use entity::{
    BookingStatus, ChildId, FamilyId, RatingId, StaffRole, VisitStatus, VoucherStatus, audit_reasons, audit_rows,
    bookings, children, families, idempotency_keys, notices, pickup_persons, ratings, redemptions, served_marks,
    sessions, visits, vouchers, waitlist_entries,
};
use harness::{Backend, Client, Family, Place, Reply, TestApp, at_once, backend, day, people::child_body};
use quanxiangtuo::features::{
    audit::{rules::Verdict, service as audit},
    privacy::{service::erasure::erase_due, tables::SEALED},
    ratings::replies,
    satisfaction::snapshots,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseConnection, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    Statement,
    sea_query::{Alias, Expr, Query},
};
use serde_json::{Value, json};

const WEEK: TimeDelta = TimeDelta::days(7);

async fn book(client: &Client, child: &str, place: &Place, date: &str) -> Reply {
    let body = json!({ "child_id": child, "centre_id": place.id(), "care_type": "full_day", "start_date": date });
    client.post("/bookings", body).await
}

async fn come_back(app: &TestApp, name: &str, restore: bool) -> Reply {
    app.anonymous().post("/auth/wechat", json!({ "code": format!("dev:{name}"), "restore": restore })).await
}

async fn family_row(app: &TestApp, id: FamilyId) -> families::Model {
    families::Entity::find_by_id(id).one(app.db()).await.unwrap().unwrap()
}

/// Columns of all tables that hold no bytes, and those that do.
async fn columns(db: &DatabaseConnection) -> Vec<(String, String, bool)> {
    let sql = match backend() {
        Backend::Sqlite => {
            "SELECT m.name AS t, p.name AS c, CASE WHEN lower(p.type) LIKE '%blob%' THEN 1 ELSE 0 END AS b \
             FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        Backend::Postgres => {
            "SELECT table_name AS t, column_name AS c, CASE WHEN data_type = 'bytea' THEN 1 ELSE 0 END AS b \
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter()
        .map(|row| {
            let bytes: i32 = row.try_get("", "b").unwrap();
            (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap(), bytes == 1)
        })
        .collect()
}

/// Every table and column in which a text lies, open or sealed.
async fn found(app: &TestApp, text: &str) -> Vec<String> {
    let db = app.db();
    let mut found = vec![];
    for (table, column, bytes) in columns(db).await {
        let (t, c) = (Alias::new(table.as_str()), Alias::new(column.as_str()));
        if !bytes {
            let shown = Expr::col(c).cast_as(Alias::new("text"));
            let select = Query::select()
                .expr_as(Expr::val(1), "one")
                .from(t)
                .and_where(shown.like(format!("%{text}%")))
                .limit(1)
                .to_owned();
            if db.query_one(&select).await.unwrap().is_some() {
                found.push(format!("{table}.{column}"));
            }
        } else if let Some(sealed) = SEALED.iter().find(|s| s.table == table && s.column == column) {
            let select = Query::select().column(c).from(t).to_owned();
            for row in db.query_all(&select).await.unwrap() {
                let value: Option<Vec<u8>> = row.try_get("", &column).unwrap();
                let plain = value.and_then(|value| app.ctx.keys.open(&sealed.place(), &value).ok()).unwrap_or_default();
                if String::from_utf8_lossy(&plain).contains(text) {
                    found.push(format!("{table}.{column}, sealed"));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn an_account_is_closed_only_after_its_family_was_told_what_follows() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let (family, other) = (app.family("chen").await, app.a_family().await);
    let booking = book(&family.client, &family.child(), &place, "2026-03-10").await.created();
    book(&other.client, &other.child(), &place, "2026-03-10").await.problem(409, "NO_PLACE");
    let asked = family.client.delete("/me").await.problem(409, "CONFIRMATION_REQUIRED");
    assert_eq!((&asked["bookings_cancelled"], &asked["erased_after_days"]), (&json!(1), &json!(7)), "{asked}");
    assert_eq!(family.client.get("/me").await.status, 200, "nothing happened yet");

    let left = family.client.delete("/me?confirm=true").await.ok();
    assert!(left["erase_at"].as_str().unwrap().starts_with("2026-03-09T09:"), "{left}");
    assert_eq!(left["bookings_cancelled"], 1);
    // Signed out at once, on every replica; the place is free.
    let replica = app.replica().await;
    for app in [&app, &replica] {
        family.client.at(app).get("/me").await.problem(401, "NOT_SIGNED_IN");
    }
    let id: entity::BookingId = booking["id"].as_str().unwrap().parse().unwrap();
    let row = bookings::Entity::find_by_id(id).one(app.db()).await.unwrap().unwrap();
    assert_eq!(row.status, BookingStatus::Cancelled);
    book(&other.client, &other.child(), &place, "2026-03-10").await.created();

    let closing = come_back(&app, "chen", false).await.problem(409, "ACCOUNT_CLOSING");
    assert_eq!(closing["erase_at"], left["erase_at"]);
    let back = come_back(&app, "chen", true).await;
    let back = app.anonymous().signed_in(&back);
    assert_eq!(back.get("/me").await.ok()["id"], family.family_id.to_string(), "the same account");
    assert_eq!(back.get("/me/children").await.ok()["items"][0]["name"], "小米");
    app.clock.advance(WEEK * 2);
    assert_eq!(erase_due(&app.ctx).await.unwrap(), 0, "whoever came back is not erased");
}

#[tokio::test]
async fn a_family_whose_child_is_in_care_leaves_after_it_was_checked_out() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    app.visit(&place, &family, day("2026-03-02"), VisitStatus::InCare).await;
    family.client.delete("/me?confirm=true").await.problem(409, "WRONG_STATE");
    let path = format!("/me/children/{}?confirm=true", family.child());
    family.client.delete(&path).await.problem(409, "WRONG_STATE");
    assert_eq!(family.client.get("/me").await.status, 200);
}

#[tokio::test]
async fn days_past_their_cutoff_are_told_as_absences_when_a_family_leaves() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    // Today 10:00 is past its cut-off of two hours, tomorrow isn't.
    let hours = json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "temporary",
        "start_date": "2026-03-02", "end_date": "2026-03-03", "from": "10:00", "to": "12:00" });
    let booking = family.client.post("/bookings", hours).await.created();
    family.client.delete("/me?confirm=true").await.ok();
    let id: entity::BookingId = booking["id"].as_str().unwrap().parse().unwrap();
    let days = visits::Entity::find().filter(visits::Column::BookingId.eq(id)).all(app.db()).await.unwrap();
    let of = |date: &str| days.iter().find(|visit| visit.date == day(date)).unwrap();
    assert_eq!((of("2026-03-02").status, of("2026-03-03").status), (VisitStatus::Absent, VisitStatus::Cancelled));
    assert!(of("2026-03-02").late_told_at.is_some() && of("2026-03-03").late_told_at.is_none());
}

/// A family that used everything, with texts that nobody else has.
struct Life {
    app: TestApp,
    place: Place,
    client: Client,
    family_id: FamilyId,
    child_id: ChildId,
    campaign: entity::campaigns::Model,
    officer: Client,
}

const PLANTED: [&str; 13] = [
    "植乳名",
    "植大名",
    "植花生",
    "植事由",
    "植评语",
    "植外婆",
    "植舅舅",
    "植回复",
    "植投诉",
    "植答复",
    "植撤销",
    "植排除",
    "植作废",
];

async fn life() -> Life {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let client = app.guardian("planted").await;
    let mut body = child_body("植乳名", app.born_months_ago(18));
    body["legal_name"] = json!("植大名");
    body["allergies"] = json!("植花生");
    body["third_child"] = json!(true);
    body["consent"]["purposes"] = json!(["booking", "ratings", "health_proof", "reductions"]);
    let child = client.post_once("/me/children", "planted-key-1", body).await.id();
    let (family_id, child_id) = (client.user_id().parse().unwrap(), child.parse().unwrap());
    let family = Family { client: client.clone(), family_id, child_id };

    let off = book(&client, &child, &place, "2026-03-20").await.created();
    let path = format!("/bookings/{}/cancel", off["id"].as_str().unwrap());
    client.post(&path, json!({ "reason": "植事由" })).await.ok();
    book(&client, &child, &place, "2026-03-25").await.created();
    client.post("/me/pickup-persons", json!({ "name": "植外婆", "relation": "外婆" })).await.created();
    let desk = app.carer(place.centre.id).await;
    let staff = app.staff("checker", StaffRole::Carer, Some(place.centre.id)).await;
    app.entry_check(place.centre.id, child_id, staff.id).await;
    let today = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Expected).await;
    let step = |what: &str| format!("/desk/visits/{}/{what}", today.id);
    desk.post(&step("check-in"), json!({})).await.ok();
    let path = format!("/bookings/{}/visits/{}/pickup-code", today.booking_id, today.id);
    let code = client.post(&path, json!({ "name": "植舅舅" })).await.created();
    desk.post(&step("check-out"), json!({ "pickup_code": code["code"] })).await.ok();
    let campaign = app.campaign_with(|row| row.first_time_only = true).await;
    // Claimed before the first visit counts: inserted directly.
    let voucher = app.voucher(&campaign, &family).await;
    let code = client.get(&format!("/vouchers/{}/code", voucher.id)).await.ok()["code"].clone();
    let scan = |request: &str| json!({ "code": code, "request_id": request });
    let mistaken = desk.post("/desk/redemptions", scan("planted-desk-0")).await.created();
    let reverse = format!("/desk/redemptions/{}/reverse", mistaken["id"].as_str().unwrap());
    desk.post(&reverse, json!({ "reason": "植撤销" })).await.ok();
    let unit = desk.post("/desk/redemptions", scan("planted-desk-1")).await.created();
    let rated = json!({ "redemption_id": unit["id"], "level": 5, "text": "植评语" });
    let rating: RatingId = client.post("/ratings", rated).await.id().parse().unwrap();
    let reply = format!("/desk/ratings/{}/reply", replies::alias(&app.ctx.keys, rating));
    app.manager(place.centre.id).await.put(&reply, json!({ "text": "植回复" })).await.ok();
    let complaint = json!({ "centre_id": place.id(), "text": "植投诉" });
    let complaint = client.post("/complaints", complaint).await.id();
    client.post("/me/calendar", json!({})).await.created();
    desk.post(&step("reveal"), json!({ "reason": "handover" })).await.ok();
    let officer = app.officer().await;
    let answer = format!("/bureau/complaints/{complaint}/answer");
    officer.post_once(&answer, "planted-key-2", json!({ "text": "植答复" })).await.ok();
    let propose = format!("/bureau/ratings/{rating}/exclusions");
    let proposed = officer.post(&propose, json!({ "reason": "植排除" })).await.created();
    let reject = format!("/bureau/ratings/exclusions/{}/reject", proposed["id"].as_str().unwrap());
    app.admin().await.post(&reject, json!({})).await.ok();
    let other = app.campaign_with(|row| row.first_time_only = false).await;
    let revoke = format!("/bureau/vouchers/{}/revoke", app.voucher(&other, &family).await.id);
    officer.post(&revoke, json!({ "reason": "植作废" })).await.ok();
    Life { app, place, client, family_id, child_id, campaign, officer }
}

/// What the bureau reads, to the digit.
async fn figures(life: &Life, officer: &Client) -> Vec<Value> {
    let paths = [
        "/bureau/satisfaction?from=2026-03&to=2026-03&by=centre".to_owned(),
        format!("/bureau/campaigns/{}/funnel", life.campaign.id),
        "/bureau/unsettled?month=2026-03".to_owned(),
    ];
    let mut all = vec![];
    for path in paths {
        let mut read = officer.get(&path).await.ok();
        if let Some(members) = read.as_object_mut() {
            members.remove("as_of");
        }
        all.push(read);
    }
    all
}

#[tokio::test]
async fn an_erased_account_leaves_the_figures_as_they_were_and_nothing_of_the_person() {
    let life = life().await;
    let app = &life.app;
    for text in PLANTED {
        assert!(!found(app, text).await.is_empty(), "{text} was stored, so that it can be missed");
    }
    let before = figures(&life, &life.officer).await;
    life.client.delete("/me?confirm=true").await.ok();
    app.clock.advance(WEEK - TimeDelta::seconds(60));
    assert_eq!(erase_due(&app.ctx).await.unwrap(), 0, "not before its time");
    app.clock.advance(TimeDelta::seconds(61));
    assert_eq!(erase_due(&app.ctx).await.unwrap(), 1);
    assert_eq!(erase_due(&app.ctx).await.unwrap(), 0, "once");

    for text in PLANTED.into_iter().chain(["sandbox-planted"]) {
        assert_eq!(found(app, text).await, Vec::<String>::new(), "{text}");
    }
    let row = family_row(app, life.family_id).await;
    assert!(row.erased_at.is_some() && row.township.is_none());
    assert_ne!(row.openid_hash, app.ctx.keys.lookup_hash("families.openid", "sandbox-planted"));
    let child = children::Entity::find_by_id(life.child_id).one(app.db()).await.unwrap().unwrap();
    assert_eq!((child.birth_date.day(), child.third_child, child.name_hash), (1, false, None));
    let mine = |column: vouchers::Column| column.eq(life.family_id);
    let held = vouchers::Entity::find().filter(mine(vouchers::Column::FamilyId)).all(app.db()).await.unwrap();
    assert!(held.iter().all(|voucher| voucher.status == VoucherStatus::Revoked));
    assert_eq!(app.count(notices::Entity).await + app.count(pickup_persons::Entity).await, 0);
    let account = idempotency_keys::Column::Account.eq(life.family_id.to_string());
    assert!(idempotency_keys::Entity::find().filter(account).one(app.db()).await.unwrap().is_none());
    let own = sessions::Column::FamilyId.eq(life.family_id);
    assert!(sessions::Entity::find().filter(own).one(app.db()).await.unwrap().is_none());

    // The same digits; the audit chain is whole; a repeated scan is answered, without the name.
    let officer = app.fresh(&life.officer);
    assert_eq!(figures(&life, &officer).await, before);
    let book = officer.get(&format!("/bureau/campaigns/{}/reconciliation", life.campaign.id)).await.ok();
    assert_eq!(book["balanced"], true, "{book:#}");
    while audit::seal_all(&app.ctx).await.unwrap() > 0 {}
    let (verdict, _) = audit::verify(app.db(), &app.ctx.keys, None).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { rows, .. } if rows >= 8), "{verdict:?}");
    let reasoned = app.count(audit_reasons::Entity).await;
    assert_eq!(reasoned, 3, "a reversal, a proposal, a revocation");
    let looks = audit_rows::Column::Action.eq("visit.reveal");
    assert!(audit_rows::Entity::find().filter(looks).one(app.db()).await.unwrap().is_some());
    let answer = redemptions::Entity::find().one(app.db()).await.unwrap().unwrap().answer_sealed;
    let answer = app.ctx.keys.open_text("redemptions.answer", &answer).unwrap();
    assert!(answer.contains("某*") && !answer.contains('植'), "{answer}");
    // The desk's and the bureau's lists of the past still open.
    let manager = app.manager(life.place.centre.id).await;
    assert_eq!(manager.get("/desk/bookings").await.ok()["items"][0]["child"]["name"], "某*");
    assert_eq!(manager.get("/desk/redemptions").await.ok()["items"][0]["child_name"], "某*");
    assert_eq!(app.count(ratings::Entity).await, 1, "the score stays");
}

#[tokio::test]
async fn a_closed_month_is_verified_to_the_same_digits_after_its_families_were_erased() {
    let life = life().await;
    let app = &life.app;
    app.clock.advance(TimeDelta::days(40));
    snapshots::take_due(&app.ctx).await.unwrap();
    let (months, broken) = snapshots::verify(app.db()).await.unwrap();
    assert!(months > 0 && broken.is_empty());
    app.fresh(&life.client).delete("/me?confirm=true").await.ok();
    app.clock.advance(WEEK);
    assert_eq!(erase_due(&app.ctx).await.unwrap(), 1);
    assert!(snapshots::verify(app.db()).await.unwrap().1.is_empty());

    // A statement of that month is drawn up, checked and frozen as if nothing had happened.
    let (officer, other) = (app.fresh(&life.officer), app.officer().await);
    let body = json!({ "centre_id": life.place.centre.id, "month": "2026-03" });
    let id = officer.post("/bureau/statements", body).await.id();
    officer.post(&format!("/bureau/statements/{id}/check"), json!({})).await.ok();
    let frozen = other.post(&format!("/bureau/statements/{id}/freeze"), json!({})).await.ok();
    assert_eq!(frozen["totals"]["net_units"], 1, "{frozen:#}");
}

#[tokio::test]
async fn the_same_wechat_account_later_is_a_new_family_that_no_campaign_serves_again() {
    let app = TestApp::spawn().await;
    let first_time = app.campaign_with(|row| row.first_time_only = true).await;
    let other_first = app.campaign_with(|row| row.first_time_only = true).await;
    let plain = app.campaign().await;
    let family = app.family("lin").await;
    let claim = |client: &Client, campaign: &entity::campaigns::Model, child: &str| {
        let (client, path, body) =
            (client.clone(), format!("/campaigns/{}/vouchers", campaign.id), json!({ "child_id": child }));
        async move { client.post(&path, body).await }
    };
    claim(&family.client, &first_time, &family.child()).await.created();
    claim(&family.client, &plain, &family.child()).await.created();
    family.client.delete("/me?confirm=true").await.ok();
    app.clock.advance(WEEK);
    erase_due(&app.ctx).await.unwrap();
    let marks = served_marks::Entity::find().all(app.db()).await.unwrap();
    assert!(marks.len() == 3 && marks.iter().all(|mark| mark.family_id.is_none()), "{marks:?}");

    let again = app.family("lin").await;
    assert_ne!(again.family_id, family.family_id);
    assert_eq!(again.client.get("/vouchers").await.ok()["items"], json!([]));
    claim(&again.client, &first_time, &again.child()).await.problem(409, "CLAIM_LIMIT");
    let refused = claim(&again.client, &other_first, &again.child()).await.problem(422, "NOT_ELIGIBLE");
    assert_eq!(refused["reasons"][0]["code"], "first_time", "{refused}");
    claim(&again.client, &plain, &again.child()).await.problem(409, "CLAIM_LIMIT");
    // The overview says the same as the claim.
    let shown = again.client.get("/me/campaigns").await.ok();
    let shown = shown["items"].as_array().unwrap();
    assert!(shown.len() == 3 && shown.iter().all(|item| item["children"][0]["standing"] != "claimable"), "{shown:#?}");
    // A sister is another child; another guardian is another family.
    let sister = app.child(&again.client, app.born_months_ago(9)).await.to_string();
    claim(&again.client, &plain, &sister).await.created();
    let stranger = app.family("wu").await;
    claim(&stranger.client, &first_time, &stranger.child()).await.created();

    // Erased a second time, the marks still hold for a third account.
    again.client.delete("/me?confirm=true").await.ok();
    app.clock.advance(WEEK);
    erase_due(&app.ctx).await.unwrap();
    let third = app.family("lin").await;
    claim(&third.client, &first_time, &third.child()).await.problem(409, "CLAIM_LIMIT");
}

#[tokio::test]
async fn a_child_that_is_taken_away_and_added_again_gets_no_second_voucher() {
    let app = TestApp::spawn().await;
    let (campaign, family) = (app.campaign().await, app.family("lin").await);
    let path = format!("/campaigns/{}/vouchers", campaign.id);
    let voucher = family.client.post(&path, json!({ "child_id": family.child() })).await.created();
    family.client.delete(&format!("/me/children/{}?confirm=true", family.child())).await.ok();
    let held = family.client.get("/vouchers").await.ok();
    assert_eq!(held["items"][0]["status"], "revoked", "{held}");
    assert_eq!(held["items"][0]["id"], voucher["id"]);
    let mut body = child_body("小米", app.born_months_ago(18));
    body["name"] = json!("换名");
    let again = family.client.post("/me/children", body).await.id();
    family.client.post(&path, json!({ "child_id": again })).await.problem(409, "CLAIM_LIMIT");
    // Still so when the first child's row was erased, of which only the month of birth is left.
    app.clock.advance(TimeDelta::days(31));
    assert_eq!(erase_due(&app.ctx).await.unwrap(), 1);
    let client = app.fresh(&family.client);
    client.post(&path, json!({ "child_id": again })).await.problem(409, "CLAIM_LIMIT");
}

#[tokio::test]
async fn of_many_replicas_one_erases_an_account() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let campaign = app.campaign().await;
    let families = app.many_families(6).await;
    for family in &families {
        app.voucher(&campaign, family).await;
        family.client.delete("/me?confirm=true").await.ok();
    }
    app.clock.advance(WEEK);
    let done = at_once((0..6).map(|n| {
        let ctx = if n % 2 == 0 { app.ctx.clone() } else { replica.ctx.clone() };
        async move { erase_due(&ctx).await.unwrap() }
    }))
    .await;
    // The background jobs of both applications may have been there first.
    assert!(done.iter().sum::<u64>() <= 6);
    for family in &families {
        assert!(family_row(&app, family.family_id).await.erased_at.is_some());
    }
    assert_eq!(app.count(served_marks::Entity).await, 6, "one mark a voucher, not two");
}

#[tokio::test]
async fn who_comes_back_at_the_last_moment_is_back_or_somebody_new_but_never_half() {
    let app = TestApp::spawn().await;
    for round in 0..6 {
        let name = format!("late-{round}");
        let family = app.family(&name).await;
        family.client.delete("/me?confirm=true").await.ok();
        app.clock.advance(WEEK);
        let (back, _) = tokio::join!(come_back(&app, &name, true), erase_due(&app.ctx));
        let client = app.anonymous().signed_in(&back);
        let me = client.get("/me").await.ok();
        if me["id"] == family.family_id.to_string() {
            assert_eq!(me["children"][0]["name"], "小米");
            assert!(family_row(&app, family.family_id).await.erased_at.is_none());
        } else {
            assert_eq!(me["children"], json!([]));
            assert!(family_row(&app, family.family_id).await.erased_at.is_some());
        }
    }
}

#[tokio::test]
async fn bookings_and_lists_under_way_do_not_outlive_the_account() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    let full = app.place_with(1, 1, |_| {}).await;
    replica.reload_catalogue().await;
    let there = app.a_family().await;
    app.visit(&full, &there, day("2026-03-12"), VisitStatus::Expected).await;
    for family in app.many_families(8).await {
        let other = family.client.at(&replica);
        let child = family.child();
        let (first, second, waiting, left) = tokio::join!(
            book(&family.client, &child, &place, "2026-03-10"),
            book(&other, &child, &place, "2026-03-11"),
            other.post(
                "/waitlist",
                json!({ "child_id": child, "centre_id": full.id(), "care_type": "full_day",
                "start_date": "2026-03-12" })
            ),
            family.client.delete("/me?confirm=true"),
        );
        for reply in [&first, &second, &waiting] {
            assert!(matches!(reply.status, 201 | 401 | 404 | 503), "{reply:?}");
        }
        assert_eq!(left.status, 200, "{left:?}");
        let holding = visits::Entity::find()
            .filter(visits::Column::FamilyId.eq(family.family_id))
            .filter(visits::Column::Status.is_in(VisitStatus::HOLDING))
            .all(app.db())
            .await
            .unwrap();
        assert!(holding.is_empty(), "{holding:?}");
        let waits = waitlist_entries::Entity::find()
            .filter(waitlist_entries::Column::FamilyId.eq(family.family_id))
            .filter(waitlist_entries::Column::Status.is_in(["waiting", "offered"]))
            .one(app.db())
            .await
            .unwrap();
        assert!(waits.is_none(), "{waits:?}");
    }
}

#[tokio::test]
async fn a_claim_under_way_leaves_no_voucher_to_a_child_that_was_taken_away() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let campaign = app.campaign().await;
    let path = format!("/campaigns/{}/vouchers", campaign.id);
    for family in app.many_families(10).await {
        let other = family.client.at(&replica);
        let away = format!("/me/children/{}?confirm=true", family.child());
        let (claimed, removed) =
            tokio::join!(other.post(&path, json!({ "child_id": family.child() })), family.client.delete(&away));
        assert_eq!(removed.status, 200, "{removed:?}");
        assert!(matches!(claimed.status, 201 | 404), "{claimed:?}");
        let active = vouchers::Entity::find()
            .filter(vouchers::Column::ChildId.eq(family.child_id))
            .filter(vouchers::Column::Status.eq(VoucherStatus::Active))
            .one(app.db())
            .await
            .unwrap();
        assert!(active.is_none(), "{active:?}");
    }
    let book = app.officer().await.get(&format!("/bureau/campaigns/{}/reconciliation", campaign.id)).await.ok();
    assert_eq!(book["balanced"], true, "{book:#}");
}
