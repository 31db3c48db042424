//! What officers do at their console: each form does what the API does.

use chrono::NaiveDate;
use entity::{
    CampaignStatus, ModerationStatus, StaffRole, VisitStatus, audit_rows, campaign_centres, campaigns, centres,
    complaints, moderations,
};
use harness::{Browser, Place, TestApp, day, form_of};
use quanxiangtuo::features::moderation::service::check_due;
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    sea_query::Expr,
};
use serde_json::json;

const CAMPAIGN: [(&str, &str); 13] = [
    ("name", "<script>alert(1)</script>\"春季券\""),
    ("description", "每张券十天。\n首次入托家庭可领。"),
    ("quota", "185"),
    ("units_per_voucher", "10"),
    ("face_value_fen", "80.50"),
    ("claim_from", "2026-03-02T09:00"),
    ("claim_until", "2026-06-01T00:00"),
    ("valid_days", "90"),
    ("townships[]", "洛阳镇"),
    ("townships[]", "东园镇"),
    ("first_time_only[]", "true"),
    ("fund_source", "district"),
    ("fund_category", "publicity"),
];

async fn saved(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let to = browser.post(path, fields).await.sent();
    assert!(to.contains("done="), "{to}");
    browser.get(&to).await.expect(200)
}

#[tokio::test]
async fn a_campaign_is_drafted_opened_paused_edited_and_closed() {
    let app = TestApp::spawn().await;
    app.place().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    browser.get("/bureau/campaigns/new").await.expect(200);
    let changed = |name: &str, value: &'static str| {
        CAMPAIGN.map(|(known, old)| if known == name { (known, value) } else { (known, old) })
    };
    // What was typed is there again, with what is wrong.
    let again = browser.post("/bureau/campaigns", &changed("claim_until", "2026-02-01T00:00")).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("aria-invalid") && again.contains("2026-02-01T00:00"));
    let again = browser.post("/bureau/campaigns", &changed("face_value_fen", "8.055")).await.expect(200);
    assert!(again.contains("最多两位小数") && again.contains("首次入托家庭可领"), "{again}");
    let central = [("fund_source", "central"), ("fund_category", "construction")];
    let fields: Vec<_> = CAMPAIGN.into_iter().filter(|(name, _)| !name.starts_with("fund")).chain(central).collect();
    browser.post("/bureau/campaigns", &fields).await.expect(200);
    assert_eq!(app.count(campaigns::Entity).await, 0);

    let page = saved(&browser, "/bureau/campaigns", &CAMPAIGN).await;
    assert!(page.contains("&#60;script&#62;alert(1)") && !page.contains("<script>alert"), "a name is no markup");
    let row = campaigns::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!((row.status, row.quota, row.face_value_fen.0), (CampaignStatus::Draft, 185, 8050));
    assert!(row.first_time_only && row.all_centres);
    assert_eq!(row.claim_from.to_rfc3339(), "2026-03-02T01:00:00+00:00");
    let read = app.officer().await.get(&format!("/bureau/campaigns/{}", row.id)).await.ok();
    let townships = read["townships"].as_array().unwrap();
    assert!(townships.len() == 2 && townships.contains(&json!("洛阳镇")) && townships.contains(&json!("东园镇")));

    let path = |rest: &str| format!("/bureau/campaigns/{}/{rest}", row.id);
    let status = async || campaigns::Entity::find_by_id(row.id).one(app.db()).await.unwrap().unwrap().status;
    saved(&browser, &path("open"), &[]).await;
    assert_eq!(status().await, CampaignStatus::Open);
    saved(&browser, &path("pause"), &[]).await;
    assert_eq!(status().await, CampaignStatus::Paused);
    saved(&browser, &path("edit"), &[("quota", "200"), ("name", "春季券")]).await;
    let again = browser.post(&path("edit"), &[("quota", "100")]).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("value=\"100\""));
    let row_now = campaigns::Entity::find_by_id(row.id).one(app.db()).await.unwrap().unwrap();
    assert_eq!((row_now.quota, &*row_now.name), (200, "春季券"));
    saved(&browser, &path("close"), &[]).await;
    browser.post(&path("open"), &[]).await.expect(409);
    saved(&browser, &path("revoke"), &[("reason", "文件到期")]).await;
    let listed = browser.get("/bureau/campaigns").await.expect(200);
    assert!(listed.contains("春季券") && listed.contains("已作废"), "{listed}");
    let deeds = audit_rows::Entity::find().filter(audit_rows::Column::Action.starts_with("campaign."));
    assert_eq!(deeds.count(app.db()).await.unwrap(), 6);
}

#[tokio::test]
async fn a_draft_keeps_the_centres_that_its_form_could_lose() {
    let app = TestApp::spawn().await;
    let (place, other) = (app.place().await, app.place().await);
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let one = place.id();
    let fields: Vec<(&str, &str)> = CAMPAIGN.into_iter().chain([("centre_ids[]", &*one)]).collect();
    saved(&browser, "/bureau/campaigns", &fields).await;
    let row = async || campaigns::Entity::find().one(app.db()).await.unwrap().unwrap();
    let id = row().await.id;
    let named = async || -> Vec<String> {
        let found = campaign_centres::Entity::find().all(app.db()).await.unwrap();
        found.into_iter().map(|row| row.centre_id.to_string()).collect()
    };
    // Out of service: it is in no list of centres that can be chosen.
    let stop = centres::ActiveModel { id: Unchanged(place.centre.id), active: Set(false), ..Default::default() };
    stop.update(app.db()).await.unwrap();
    app.reload_catalogue().await;
    let (here, edit) = (format!("/bureau/campaigns/{id}"), format!("/bureau/campaigns/{id}/edit"));
    let send = async |name: &str, more: &str, without: &str| {
        let drawn = form_of(&browser.get(&here).await.expect(200), &edit);
        let changed =
            drawn.iter().filter(|(known, value)| known != "csrf" && value != without).map(|(known, value)| {
                let value = if known == "name" { name } else { value.as_str() };
                (known.as_str(), if known == "more_centres" { more } else { value })
            });
        browser.post(&edit, &changed.collect::<Vec<_>>()).await
    };
    let refused = send("新名称", "", "").await.expect(200);
    assert!(refused.contains("role=\"alert\"") && refused.contains(&place.id()), "it is told, not dropped");
    assert_eq!((named().await, row().await.all_centres), (vec![place.id()], false));
    // One by its id, as where there are more than a page lists; the other is taken away on purpose.
    send("新名称", &other.id(), &place.id()).await.sent();
    assert_eq!((named().await, &*row().await.name), (vec![other.id()], "新名称"));
    send("又一名称", "", "").await.sent();
    assert_eq!((named().await, &*row().await.name), (vec![other.id()], "又一名称"));
    send("全部机构", "", &other.id()).await.sent();
    assert!(row().await.all_centres);

    // What was opened through the API ends on the second.
    let to_the_second = "2026-06-30T23:59:59+08:00";
    let client = app.officer().await;
    client.patch(&format!("/bureau/campaigns/{id}"), json!({ "claim_until": to_the_second })).await.ok();
    client.post(&format!("/bureau/campaigns/{id}/open"), json!({})).await.ok();
    send("已开放", "", "").await.sent();
    let now = row().await;
    assert_eq!((&*now.name, now.claim_until.to_rfc3339()), ("已开放", "2026-06-30T15:59:59+00:00".to_owned()));
}

async fn filed(app: &TestApp, place: &Place, text: &str) {
    let family = app.a_family().await;
    app.visit(place, &family, day("2026-03-02"), VisitStatus::Left).await;
    let body = json!({ "centre_id": place.id(), "text": text });
    family.client.post("/complaints", body).await.created();
}

#[tokio::test]
async fn a_complaint_is_taken_handed_over_and_answered_once() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    filed(&app, &place, "<img src=x onerror=alert(1)>饭菜是凉的").await;
    let (one, first) = app.at_bureau(StaffRole::Officer).await;
    let (two, second) = app.at_bureau(StaffRole::Officer).await;
    let overview = one.get("/bureau").await.expect(200);
    assert!(overview.contains("/bureau/complaints?status=open"), "{overview}");
    let page = one.get("/bureau/complaints?status=open").await.expect(200);
    assert!(page.contains("饭菜是凉的") && !page.contains("<img"), "{page}");
    let row = async || complaints::Entity::find().one(app.db()).await.unwrap().unwrap();
    let path = |id, rest: &str| format!("/bureau/complaints/{id}/{rest}");
    let id = row().await.id;
    saved(&one, &path(id, "take"), &[]).await;
    assert_eq!(row().await.assigned_to, Some(first.id));
    two.post(&path(id, "take"), &[]).await.expect(409);
    saved(&two, &path(id, "take"), &[("instead_of", &first.id.to_string())]).await;
    assert_eq!(row().await.assigned_to, Some(second.id));
    one.post(&path(id, "answer"), &[("text", "已核实")]).await.expect(409);
    let empty = two.post(&path(id, "answer"), &[("text", " ")]).await.expect(400);
    assert!(empty.contains("<strong>文字</strong>"), "{empty}");
    saved(&two, &path(id, "answer"), &[("text", "已责令整改。")]).await;
    let listed = two.get("/bureau/complaints?status=answered").await.expect(200);
    assert!(listed.contains("已责令整改。"), "{listed}");
    two.post(&path(id, "answer"), &[("text", "再答一次")]).await.expect(409);
}

#[tokio::test]
async fn a_statement_is_drafted_checked_by_one_and_frozen_by_another() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let campaign = app.campaign().await;
    let voucher = app
        .voucher_with(&campaign, &app.a_family().await, |row| {
            row.units_used = 2;
            row.valid_from = day("2026-02-01");
        })
        .await;
    for n in [2, 3] {
        let date = NaiveDate::from_ymd_opt(2026, 2, n).unwrap();
        app.redemption(&voucher, place.centre.id, date, |_| {}).await;
    }
    let (one, two) = (app.at_bureau(StaffRole::Officer).await.0, app.at_bureau(StaffRole::Officer).await.0);
    let page = one.get("/bureau/statements").await.expect(200);
    assert!(page.contains("2026-02") && page.contains("100.00"), "{page}");
    let fields = [("centre_id", &*place.id()), ("month", "2026-02")];
    let to = one.post("/bureau/statements", &fields).await.sent();
    let here = to.split('?').next().unwrap();
    let step = |rest: &str| format!("{here}/{rest}");
    two.post(&step("freeze"), &[]).await.expect(409);
    let page = saved(&one, &step("check"), &[]).await;
    assert!(page.contains("须由另一名工作人员定稿") && !page.contains("/freeze"), "{page}");
    one.post(&step("freeze"), &[]).await.expect(403);
    assert!(two.get(here).await.expect(200).contains("/freeze"));
    let page = saved(&two, &step("freeze"), &[]).await;
    assert!(page.contains("2026-0001") && page.contains("已定稿"), "{page}");
    two.post(&step("discard"), &[]).await.expect(409);
    let print = one.get(&format!("/api/v1{here}/statement.html")).await;
    assert!(print.expect(200).contains("2026-0001"));

    let adjustment = [("centre_id", &*place.id()), ("amount", "-12.50"), ("reason", "多付")];
    let page = saved(&one, "/bureau/adjustments", &adjustment).await;
    assert!(page.contains("-12.50") && page.contains("待下一期"), "{page}");
}

#[tokio::test]
async fn a_rating_is_left_out_by_two_officers_and_a_text_is_passed() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Left).await;
    let body = json!({ "visit_id": visit.id, "level": 1, "text": "<b>老师很凶</b>" });
    let rating = family.client.post("/ratings", body).await.created()["id"].as_str().unwrap().to_owned();
    let (one, two) = (app.at_bureau(StaffRole::Officer).await.0, app.at_bureau(StaffRole::Officer).await.0);
    let propose = format!("/bureau/ratings/{rating}/exclusions");
    let page = saved(&one, &propose, &[("reason", "经核实为他人代评")]).await;
    let id = page.split("rex_").nth(1).map(|rest| format!("rex_{}", &rest[..32]));
    assert!(id.is_none(), "who proposed has no button");
    let page = two.get("/bureau/ratings/exclusions").await.expect(200);
    let id = page.split("rex_").nth(1).map(|rest| format!("rex_{}", &rest[..32])).unwrap();
    let confirm = format!("/bureau/ratings/exclusions/{id}/confirm");
    one.post(&confirm, &[]).await.expect(403);
    saved(&two, &confirm, &[]).await;
    assert!(one.get("/bureau/ratings?excluded=true").await.expect(200).contains("已剔除"));

    // What a centre says of a family waits on the first page for an officer.
    let manager = app.manager(place.centre.id).await;
    let told = json!({ "tie": "relative", "reason": "园长的<b>表妹" });
    let told = manager.post(&format!("/desk/bookings/{}/tie", visit.booking_id), told).await.created();
    assert!(one.get("/bureau").await.expect(200).contains("/bureau/ratings/ties?waiting=true"));
    let page = one.get("/bureau/ratings/ties?waiting=true").await.expect(200);
    assert!(page.contains("园长的&#60;b&#62;表妹") && page.contains("机构登记，待核实"), "{page}");
    let deed = |rest: &str| format!("/bureau/ratings/ties/{}/{rest}", told["id"].as_str().unwrap());
    assert!(saved(&one, &deed("confirm"), &[]).await.contains("已核实"));
    one.post(&deed("end"), &[]).await.expect(400);
    assert!(saved(&one, &deed("refuse"), &[("reason", "查无此事")]).await.contains("查无此事"));

    // An officer looks at what WeChat wasn't sure of.
    let waiting = moderations::Column::Status.eq(ModerationStatus::Waiting);
    while moderations::Entity::find().filter(waiting.clone()).one(app.db()).await.unwrap().is_some() {
        check_due(&app.ctx).await.unwrap();
    }
    moderations::Entity::update_many()
        .col_expr(moderations::Column::Status, Expr::value(ModerationStatus::Review.as_str()))
        .exec(app.db())
        .await
        .unwrap();
    let page = one.get("/bureau/moderation").await.expect(200);
    assert!(page.contains("老师很凶") && !page.contains("<b>"), "{page}");
    let row = moderations::Entity::find().one(app.db()).await.unwrap().unwrap();
    saved(&one, &format!("/bureau/moderation/{}/pass", row.id), &[("reason", "无违规内容")]).await;
    let comments = one.get("/bureau/satisfaction").await.expect(200);
    assert!(comments.contains("分项数据") && comments.contains("家园沟通"), "{comments}");
    assert!(comments.contains("&#60;b&#62;老师很凶"), "{comments}");
}

#[tokio::test]
async fn the_first_page_is_remembered_for_moments_and_an_officers_deed_ends_that() {
    let app = TestApp::spawn_with(&[("console_page_ms", "60000")]).await;
    let place = app.place().await;
    let (one, _) = app.at_bureau(StaffRole::Officer).await;
    let (two, _) = app.at_bureau(StaffRole::Admin).await;
    let first = one.get("/bureau").await.expect(200);
    assert!(first.contains("数据截至 2026-03-02 09:0"), "{first}");
    let main = |page: &str| page.split("<main").nth(1).unwrap().to_owned();
    filed(&app, &place, "饭菜是凉的").await;
    let again = two.get("/bureau").await.expect(200);
    assert_eq!(main(&again).split("</main>").next(), main(&first).split("</main>").next());
    assert_ne!(again, first, "each has the word of the own session");
    // Asked for otherwise than as it is, and in another language, it is another page.
    assert!(one.get("/bureau?sort=f1").await.expect(200).contains("/bureau/complaints?status=open"));
    two.read_english();
    assert!(two.get("/bureau").await.expect(200).contains("Complaints nobody has taken"));
    let row = complaints::Entity::find().one(app.db()).await.unwrap().unwrap();
    saved(&one, &format!("/bureau/complaints/{}/take", row.id), &[]).await;
    assert!(!two.get("/bureau").await.expect(200).contains("Complaints nobody has taken"));
}

#[tokio::test]
async fn the_calendar_centres_and_accounts_are_looked_after() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (officer, _) = app.at_bureau(StaffRole::Officer).await;
    let (admin, _) = app.at_bureau(StaffRole::Admin).await;
    let workday = [("date", "2026-05-09"), ("kind", "workday"), ("name", "调休"), ("works_as", "1")];
    assert!(saved(&officer, "/bureau/calendar", &workday).await.contains("2026-05-09"));
    let page = saved(&officer, "/bureau/calendar/2026-05-09/clear", &[]).await;
    assert!(!page.contains("2026-05-09"), "{page}");

    let here = format!("/bureau/centres/{}", place.id());
    saved(&officer, &format!("{here}/suspend-vouchers"), &[("reason", "核查中")]).await;
    app.reload_catalogue().await;
    assert!(officer.get("/bureau/centres").await.expect(200).contains("暂停核销"));
    saved(&officer, &format!("{here}/resume-vouchers"), &[("reason", "已整改")]).await;

    let carer = app.staff("lin", StaffRole::Carer, Some(place.centre.id)).await;
    let at_desk = Browser::at(&app);
    at_desk.sign_in("/desk", "lin").await;
    let account = |rest: &str| format!("/bureau/staff/{}/{rest}", carer.id);
    let page = saved(&officer, &account("close"), &[("reason", "离职")]).await;
    assert!(page.contains("已停用"), "{page}");
    assert!(at_desk.get("/desk").await.sent().starts_with("/desk/sign-in"), "it ends at once");
    saved(&officer, &account("reopen"), &[("reason", "返岗")]).await;
    officer.post(&account("invite"), &[]).await.expect(403);
    let page = admin.post(&account("invite"), &[]).await.expect(200);
    assert!(page.contains("<code>") && page.contains("有效期至"), "{page}");
}

#[tokio::test]
async fn a_list_is_sorted_filtered_and_paged_as_it_is_asked() {
    let app = TestApp::spawn().await;
    for n in 0..25 {
        let township = if n % 2 == 0 { "洛阳镇" } else { "东园镇" };
        app.centre_with(|centre| {
            centre.name = format!("托育{n:02}");
            centre.township = township.to_owned();
        })
        .await;
    }
    app.reload_catalogue().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let names = async |path: &str| {
        let page = browser.get(path).await.expect(200);
        let names: Vec<String> = page.split("\">托育").skip(1).map(|rest| rest[..2].to_owned()).collect();
        let next = page.split("rel=\"next\"").next().filter(|_| page.contains("rel=\"next\""));
        let next = next.and_then(|before| before.rsplit("href=\"").next()?.split('"').next().map(ToOwned::to_owned));
        (names, next.map(|next| next.replace("&#38;", "&")))
    };
    let (first, next) = names("/bureau/centres").await;
    assert_eq!((first.len(), &*first[0], &*first[19]), (20, "00", "19"));
    let (rest, next) = names(&next.unwrap()).await;
    assert_eq!((rest.len(), next), (5, None));
    let (east, _) = names("/bureau/centres?township=%E4%B8%9C%E5%9B%AD%E9%95%87").await;
    assert_eq!((east.len(), &*east[0]), (12, "01"));
    // Sorted as a whole, not the page that was shown.
    let (sorted, next) = names("/bureau/centres?sort=-A0").await;
    assert_eq!((sorted.len(), &*sorted[0], &*sorted[24], next), (25, "24", "00", None));
    let (sorted, _) = names("/bureau/centres?sort=A2").await;
    assert_eq!(&sorted[..3], ["01", "03", "05"], "those of 东园镇 first");

    for (day, name) in [("2026-05-01", "甲"), ("2026-05-02", "乙")] {
        let fields = [("date", day), ("kind", "holiday"), ("name", name)];
        browser.post("/bureau/calendar", &fields).await.sent();
    }
    let order = async |sort: &str| {
        let page = browser.get(&format!("/bureau/calendar?sort={sort}")).await.expect(200);
        page.find("<td>2026-05-01").unwrap() < page.find("<td>2026-05-02").unwrap()
    };
    assert!(order("d0").await && !order("-d0").await);
}
