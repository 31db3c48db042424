//! The bureau's directory of centres, their registers, and what runs out. Every test begins on Monday
//! 2 March 2026, 09:00.

use entity::{VisitStatus, audit_rows, centres};
use harness::{Client, TestApp, at_once, day, unknown_id};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

/// A centre to enter.
pub fn centre(name: &str) -> Value {
    json!({ "name": name, "kind": "private", "ownership": "private", "address": "东园镇阳光路8号",
        "township": "东园镇", "location": { "lng": 118.80, "lat": 24.89, "coord": "wgs84" } })
}

#[expect(clippy::needless_pass_by_value, reason = "a body as it is written")]
fn with(mut body: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/bureau/centres?{query}")).await.ok();
    page["items"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_bureau_enters_a_centre_and_families_find_it_at_once() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let body = with(
        centre("阳光托育园"),
        json!({ "phone": "0595-87551234", "filed": "filed", "filed_no": "托备1号",
        "inclusive_from": "2026-01-01", "inclusive_doc": "台商民保〔2026〕5号", "price_cap_fen": 260_000 }),
    );
    for (field, bad) in [
        ("township", json!({ "township": "别处镇" })),
        ("location.lng", json!({ "location": { "lng": 24.89, "lat": 118.80 } })),
        ("filed_no", json!({ "filed_no": null })),
        ("filed", json!({ "filed": "pending" })),
        ("inclusive_doc", json!({ "inclusive_doc": null })),
        ("price_cap_fen", json!({ "price_cap_fen": null })),
        ("inclusive_from", json!({ "inclusive_from": null, "inclusive_until": "2027-01-01" })),
        ("inclusive_until", json!({ "inclusive_until": "2025-12-31" })),
        ("hours[0].to", json!({ "hours": [{ "weekday": 1, "from": "09:00", "to": "08:00" }] })),
        ("name", json!({ "name": "" })),
    ] {
        officer.post("/bureau/centres", with(body.clone(), bad)).await.invalid(field);
    }
    assert_eq!(app.count(centres::Entity).await, 0);
    let made = officer.post_once("/bureau/centres", "enter-once", body.clone()).await.created();
    let again = officer.post_once("/bureau/centres", "enter-once", body.clone()).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &made));
    officer.post("/bureau/centres", body.clone()).await.invalid("name");
    officer.post("/bureau/centres", with(body, json!({ "township": "洛阳镇" }))).await.created();

    let id = made["id"].as_str().unwrap();
    let page = app.anonymous().get(&format!("/centres/{id}?coord=wgs84")).await.ok();
    assert_eq!((&page["name"], &page["inclusive"], &page["filed"]), (&json!("阳光托育园"), &json!(true), &json!(true)));
    assert_eq!((&page["location"]["lng"], &page["hours"][4]["to"]), (&json!(118.8), &json!("18:00")));
    let read = officer.get(&format!("/bureau/centres/{id}")).await.ok();
    assert_eq!((&read["price_cap_fen"], &read["places"]), (&json!(260_000), &json!(0)));
    officer.get(&format!("/bureau/centres/{}", unknown_id::<entity::CentreId>())).await.problem(404, "NOT_FOUND");
    let rows = audit_rows::Entity::find().all(app.db()).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.action == "centre.add").count(), 2);
}

#[tokio::test]
async fn of_two_who_enter_the_same_centre_at_once_one_is_told() {
    let app = TestApp::spawn().await;
    let officers = [app.officer().await, app.officer().await, app.officer().await];
    let replies = at_once(officers.iter().map(|officer| officer.post("/bureau/centres", centre("同名园")))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(app.count(centres::Entity).await, 1);
}

#[tokio::test]
async fn the_directory_is_filtered_sorted_and_paged_and_goes_out_whole() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    for i in 0..25 {
        let body = centre(&format!("园{i:02}"));
        let body = if i % 2 == 0 {
            with(body, json!({ "township": "洛阳镇", "kind": "public", "ownership": "public" }))
        } else {
            body
        };
        officer.post("/bureau/centres", body).await.created();
    }
    let (mut all, mut cursor) = (vec![], String::new());
    loop {
        let page = officer.get(&format!("/bureau/centres?limit=10&cursor={cursor}")).await.ok();
        all.extend(page["items"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let expected: Vec<String> = (0..25).map(|i| format!("园{i:02}")).collect();
    assert_eq!(all, expected);
    assert_eq!(names(&officer, "sort=newest&limit=2").await, ["园24", "园23"]);
    assert_eq!(names(&officer, "township=洛阳镇&limit=100").await.len(), 13);
    assert_eq!(names(&officer, "kind=private&limit=100").await.len(), 12);
    assert_eq!(names(&officer, "q=园1&limit=100").await.len(), 10);
    assert_eq!(names(&officer, "q=%25").await.len(), 0, "a wildcard is a character");
    assert_eq!(names(&officer, "inclusive=true").await.len(), 0);
    officer.get("/bureau/centres?township=别处镇").await.invalid("township");
    officer.get("/bureau/centres?cursor=x").await.invalid("cursor");
    let csv = officer.get("/bureau/centres.csv?limit=1").await;
    let text = String::from_utf8(csv.bytes).unwrap();
    assert_eq!(text.lines().count(), 26);
    assert!(text.starts_with("\u{feff}名称,类别"));
    let xlsx = officer.get("/bureau/centres.xlsx").await;
    assert!(xlsx.bytes.starts_with(b"PK"));
}

#[tokio::test]
async fn a_change_keeps_the_rules_and_reaches_searches() {
    let app = TestApp::spawn().await;
    let (officer, place) = (app.officer().await, app.place().await);
    let path = format!("/bureau/centres/{}", place.id());
    // A day costs 80 yuan and there are 23 opening days: a cap of 1 000 yuan is below that.
    let low = officer.patch(&path, json!({ "price_cap_fen": 100_000 })).await.invalid("price_cap_fen");
    assert_eq!(low["care_type"], "full_day");
    officer.patch(&path, json!({ "kind": "family" })).await.invalid("kind");
    officer.patch(&path, json!({ "filed_no": null })).await.invalid("filed_no");
    officer.patch(&path, json!({ "location": [118.8, 24.8] })).await.invalid("location");
    let before = officer.get(&path).await.ok();
    let changed = officer
        .patch(
            &path,
            json!({ "price_cap_fen": 260_000, "cross_strait": true, "phone": null, "address": "新址1号",
            "location": { "lng": 118.81, "lat": 24.9, "coord": "wgs84" } }),
        )
        .await
        .ok();
    assert!(changed["version"].as_i64() > before["version"].as_i64());
    let page = app.anonymous().get(&format!("/centres/{}?coord=wgs84", place.id())).await.ok();
    assert_eq!(
        (&page["address"], &page["phone"], &page["location"]["lat"]),
        (&json!("新址1号"), &Value::Null, &json!(24.9))
    );
    let seen = |page: &Value, code: &str| {
        let badge = page["badges"].as_array().unwrap().iter().find(|badge| badge["code"] == code);
        badge.unwrap()["checked_on"].clone()
    };
    assert_eq!(seen(&page, "cross_strait"), "2026-03-02");
    // Seen again on another day, without a change.
    app.clock.advance(chrono::TimeDelta::days(9));
    let checks = format!("{path}/checks");
    officer.post(&checks, json!({})).await.invalid("filed_on");
    officer.post(&checks, json!({ "label_on": "2026-03-12" })).await.invalid("label_on");
    let kept = officer.post(&checks, json!({ "filed_on": "2026-03-10", "label_on": "2026-03-11" })).await.ok();
    assert_eq!((&kept["filed_on"], &kept["label_on"]), (&json!("2026-03-10"), &json!("2026-03-11")));
    let again = app.anonymous().get(&format!("/centres/{}", place.id())).await.ok();
    assert_eq!((seen(&again, "filed"), seen(&again, "cross_strait")), (json!("2026-03-10"), json!("2026-03-11")));
    let plain = app.centre_with(|row| (row.filed, row.inclusive_from) = (entity::Filed::None, None)).await;
    let nothing = json!({ "filed_on": "2026-03-10" });
    officer.post(&format!("/bureau/centres/{}/checks", plain.id), nothing).await.invalid("filed_on");
    let rows = audit_rows::Entity::find().all(app.db()).await.unwrap();
    let row = rows.iter().find(|row| row.action == "centre.edit").unwrap();
    assert_eq!((&row.detail["address"], &row.detail["name"]), (&json!("新址1号"), &Value::Null), "only what differs");
    // Nothing differs: nothing is written.
    officer.patch(&path, json!({ "address": "新址1号" })).await.ok();
    assert_eq!(app.count(audit_rows::Entity).await, i64::try_from(rows.len()).unwrap());
    let other =
        officer.post("/bureau/centres", with(centre("另一园"), json!({ "township": "洛阳镇" }))).await.created();
    let other = format!("/bureau/centres/{}", other["id"].as_str().unwrap());
    officer.patch(&other, json!({ "name": place.centre.name })).await.invalid("name");
}

#[tokio::test]
async fn a_centre_leaves_service_only_when_nobody_is_booked_and_comes_back() {
    let app = TestApp::spawn().await;
    let (officer, place, family) = (app.officer().await, app.place().await, app.a_family().await);
    let (off, on) =
        (format!("/bureau/centres/{}/deactivate", place.id()), format!("/bureau/centres/{}/reactivate", place.id()));
    let why = json!({ "reason": "租约到期" });
    let wish = json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "full_day",
        "start_date": "2026-03-05", "end_date": "2026-03-05" });
    let visit = app.visit(&place, &family, day("2026-03-03"), VisitStatus::Expected).await;
    assert_eq!(officer.post(&off, why.clone()).await.problem(409, "BOOKINGS_AFFECTED")["affected"], 1);
    family.client.post(&format!("/bookings/{}/cancel", visit.booking_id), json!({})).await.ok();
    officer.post(&on, why.clone()).await.problem(409, "WRONG_STATE");
    assert_eq!(officer.post(&off, why.clone()).await.ok()["active"], false);
    officer.post(&off, why.clone()).await.problem(409, "WRONG_STATE");
    app.anonymous().get(&format!("/centres/{}", place.id())).await.problem(404, "NOT_FOUND");
    family.client.post("/bookings", wish.clone()).await.problem(404, "NOT_FOUND");
    assert_eq!(names(&officer, "active=true").await.len(), 0);
    assert_eq!(names(&officer, "active=false").await.len(), 1);
    officer.post(&on, why).await.ok();
    family.client.post("/bookings", wish).await.created();
}

#[tokio::test]
async fn a_booking_and_the_end_of_a_centres_service_never_both_happen() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    for round in 0..4 {
        let (place, family) = (app.place().await, app.a_family().await);
        let wish = json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "full_day",
            "start_date": "2026-03-05", "end_date": "2026-03-05" });
        let off = format!("/bureau/centres/{}/deactivate", place.id());
        let why = json!({ "reason": "租约到期" });
        let (booked, ended) = tokio::join!(family.client.post("/bookings", wish), officer.post(&off, why));
        assert!(booked.is_success() != ended.is_success(), "{round}: {} and {}", booked.status, ended.status);
    }
}
