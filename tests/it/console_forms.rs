//! What forms of the consoles keep to, whatever is sent and how often.

use entity::{ComplaintStatus, StaffRole, VisitStatus, adjustments, complaints};
use harness::{Browser, TestApp, at_once, day, form_of, people::PASSWORD};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    EntityTrait as _,
};
use serde_json::json;

/// The fields of a form as it is drawn, with some of them filled in.
fn filled(html: &str, action: &str, values: &[(&str, &str)]) -> Vec<(String, String)> {
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let fields = form_of(html, action).into_iter();
    fields.map(|(name, old)| (name.clone(), value(&name).unwrap_or(old))).collect()
}

async fn send(browser: &Browser, path: &str, fields: &[(String, String)]) -> harness::Seen {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post_raw(path, &fields, &[]).await
}

#[tokio::test]
async fn a_form_that_is_refused_comes_back_with_what_was_typed() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    app.visit(&place, &family, day("2026-03-02"), VisitStatus::Left).await;
    let body = json!({ "centre_id": place.id(), "text": "饭菜是凉的" });
    family.client.post("/complaints", body).await.created();
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let id = complaints::Entity::find().one(app.db()).await.unwrap().unwrap().id;
    let answer = format!("/bureau/complaints/{id}/answer");
    let long = format!("<b>{}", "字".repeat(998));
    let page = browser.get("/bureau/complaints").await.expect(200);
    let refused = send(&browser, &answer, &filled(&page, &answer, &[("text", &long)])).await.expect(400);
    assert!(!refused.contains("<b>"), "{refused}");
    let again = filled(&refused, &answer, &[]);
    assert!(again.contains(&("text".to_owned(), long.clone())), "{refused}");
    let shorter: String = long.chars().take(900).collect();
    send(&browser, &answer, &filled(&refused, &answer, &[("text", &shorter)])).await.sent();
    let row = async || complaints::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!(row().await.status, ComplaintStatus::Answered);
    let page = browser.get("/bureau/complaints").await.expect(200);
    assert!(!page.contains("不满意"), "{page}");
    // What the family said of the answer is read where the complaint is.
    family.client.post(&format!("/complaints/{id}/close"), json!({ "satisfied": false })).await.ok();
    assert!(browser.get("/bureau/complaints").await.expect(200).contains("不满意"));

    // One of the page's own forms, refused before it was read.
    let path = "/bureau/adjustments";
    let page = browser.get(path).await.expect(200);
    let typed = [("centre_id", &*place.id()), ("amount", "八十"), ("reason", "多付一天")];
    let refused = send(&browser, path, &filled(&page, path, &typed)).await.expect(400);
    let again = filled(&refused, path, &[("amount", "-80")]);
    for field in [("centre_id", place.id()), ("reason", "多付一天".to_owned())] {
        assert!(again.contains(&(field.0.to_owned(), field.1)), "{again:?}");
    }
    assert!(refused.contains("value=\"八十\""), "{refused}");
    send(&browser, path, &again).await.sent();
    // Figures go out as numbers, whatever their sign.
    let csv = browser.get("/bureau/adjustments?as=csv&table=0").await.expect(200);
    assert!(csv.contains(",-80,") && !csv.contains("'-"), "{csv}");
    // What another site sent, and what opens an account, is not drawn again.
    let foreign = browser.post_raw(path, &[("amount", "八十"), ("reason", "假")], &[]).await.html();
    assert!(!foreign.contains("八十"), "{foreign}");
    let code = browser.post("/bureau/account/confirm", &[("code", "123456"), ("reason", "x")]).await.html();
    assert!(!code.contains("123456") || !code.contains("name=\"reason\""), "{code}");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_at_once_is_done_once() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let path = "/bureau/adjustments";
    let page = browser.get(path).await.expect(200);
    let fill = |page: &str, amount: &str| {
        filled(page, path, &[("centre_id", &place.id()), ("amount", amount), ("reason", "多付")])
    };
    let fields = fill(&page, "-12.50");
    let replies = at_once((0..4).map(async |_| send(&browser, path, &fields).await.status)).await;
    assert_eq!(replies, [303; 4]);
    assert_eq!(app.count(adjustments::Entity).await, 1);
    // Back in the browser, something else is typed into the same form; and the same once more into a new one.
    send(&browser, path, &fill(&page, "-12.60")).await.sent();
    let page = browser.get(path).await.expect(200);
    send(&browser, path, &fill(&page, "-12.50")).await.sent();
    assert_eq!(app.count(adjustments::Entity).await, 3);
}

#[tokio::test]
async fn what_is_too_long_or_comes_from_elsewhere_is_refused_as_a_page() {
    let app = TestApp::spawn().await;
    let (browser, row) = app.at_bureau(StaffRole::Officer).await;
    let long = "x".repeat(70 * 1024);
    let seen = browser.post("/bureau/adjustments", &[("reason", &long)]).await;
    assert!(seen.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{seen:?}");
    assert!(seen.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(seen.expect(413).contains("64 KiB"));

    let stranger = Browser::at(&app);
    let fields = [("username", &*row.username), ("password", PASSWORD)];
    for headers in [[("Origin", "https://evil.example")], [("Origin", "null")], [("Sec-Fetch-Site", "cross-site")]] {
        stranger.post_raw("/bureau/sign-in", &fields, &headers).await.expect(403);
    }
    let own = app.url();
    stranger.post_raw("/bureau/sign-in", &fields, &[("Origin", &own)]).await.sent();
}

#[tokio::test]
async fn a_month_with_many_unsettled_centres_goes_on_page_by_page() {
    let app = TestApp::spawn().await;
    let campaign = app.campaign().await;
    let family = app.a_family().await;
    let voucher = app
        .voucher_with(&campaign, &family, |row| {
            row.units_total = 25;
            row.units_used = 21;
            row.valid_from = day("2026-02-01");
        })
        .await;
    for n in 1..=21 {
        let centre = app.centre_with(|centre| centre.name = format!("园{n:02}")).await;
        app.redemption(&voucher, centre.id, day(&format!("2026-02-{n:02}")), |_| {}).await;
    }
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let mut found = Vec::new();
    let mut path = "/bureau/statements?unsettled=2026-02".to_owned();
    loop {
        let page = browser.get(&path).await.expect(200);
        found.extend(page.split("<td>园").skip(1).map(|rest| rest[..2].to_owned()));
        let Some((before, _)) = page.split_once("\" rel=\"next\"") else { break };
        path = before.rsplit("href=\"").next().unwrap().replace("&#38;", "&");
    }
    found.sort_unstable();
    let all: Vec<String> = (1..=21).map(|n| format!("{n:02}")).collect();
    assert_eq!(found, all);
    let page = browser.get("/bureau/statements?unsettled=2026-02").await.expect(200);
    assert!(page.contains("/api/v1/bureau/unsettled.csv?month=2026-02"), "{page}");
}

#[tokio::test]
async fn comments_are_of_the_months_that_the_page_shows() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    for (date, words) in [("2026-01-20", "一月的话"), ("2026-02-20", "二月的话"), ("2026-03-02", "三月的话")]
    {
        let family = app.a_family().await;
        let visit = app.visit(&place, &family, day(date), VisitStatus::Left).await;
        let rated = family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 5, "text": words })).await;
        let id = rated.created()["id"].as_str().unwrap().parse().unwrap();
        let shown = entity::ratings::ActiveModel {
            id: Unchanged(id),
            text_status: Set(entity::TextStatus::Shown),
            ..Default::default()
        };
        shown.update(app.db()).await.unwrap();
    }
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let of = async |range: &str| {
        let page = browser.get(&format!("/bureau/satisfaction?{range}")).await.expect(200);
        ["一月的话", "二月的话", "三月的话"].map(|words| page.contains(words))
    };
    assert_eq!(of("from=2026-01&to=2026-02").await, [true, true, false]);
    assert_eq!(of("from=2026-02&to=2026-03").await, [false, true, true]);
    assert_eq!(of("from=2026-02&to=2026-02").await, [false, true, false]);
}
