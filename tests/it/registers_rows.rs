//! Registers of centres: what their rows may be, the badges that follow from them, carers, and what runs
//! out. Every test begins on Monday 2 March 2026, 09:00.

use chrono::TimeDelta;
use entity::{Ownership, audit_rows, carers};
use harness::{Client, Place, TestApp, at_once, day};
use quanxiangtuo::features::registers::service::records::begin_due;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

fn policy(from: &str, until: &str) -> Value {
    json!({ "kind": "insurance", "party": "人保财险", "number": "P-1", "from": from, "until": until })
}

async fn add(officer: &Client, place: &Place, body: Value) -> Value {
    officer.post(&format!("/bureau/centres/{}/records", place.id()), body).await.created()
}

async fn badge(app: &TestApp, place: &Place, code: &str) -> Option<Value> {
    let page = app.anonymous().get(&format!("/centres/{}", place.id())).await.ok();
    page["badges"].as_array().unwrap().iter().find(|badge| badge["code"] == code).cloned()
}

async fn insured_until(app: &TestApp, place: &Place) -> Value {
    badge(app, place, "insured").await.map_or(Value::Null, |badge| badge["until"].clone())
}

#[tokio::test]
async fn policies_make_the_badge_and_say_when_they_were_checked() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let place = app.place_with(15, 3, |centre| centre.insured_until = None).await;
    assert_eq!(badge(&app, &place, "insured").await, None);
    let mut first = policy("2025-04-01", "2026-03-31");
    first["checked_on"] = json!("2026-02-20");
    let first = add(&officer, &place, first).await;
    let shown = badge(&app, &place, "insured").await.unwrap();
    assert_eq!((&shown["until"], &shown["checked_on"]), (&json!("2026-03-31"), &json!("2026-02-20")));
    // After a gap it doesn't hold yet, and follows on when the gap is closed.
    let second = add(&officer, &place, policy("2026-04-10", "2027-04-09")).await;
    assert_eq!(insured_until(&app, &place).await, "2026-03-31");
    let path = format!("/bureau/records/{}", second["id"].as_str().unwrap());
    officer.patch(&path, json!({ "from": "2026-04-01" })).await.ok();
    assert_eq!(insured_until(&app, &place).await, "2027-04-09");
    officer.patch(&path, json!({ "from": "2027-05-01" })).await.invalid("until");
    officer.patch(&path, json!({ "number": null })).await.invalid("number");
    officer.delete(&path).await.no_content();
    officer.delete(&path).await.problem(404, "NOT_FOUND");
    assert_eq!(insured_until(&app, &place).await, "2026-03-31");
    officer.delete(&format!("/bureau/records/{}", first["id"].as_str().unwrap())).await.no_content();
    assert_eq!(badge(&app, &place, "insured").await, None);
    let rows = audit_rows::Entity::find().all(app.db()).await.unwrap();
    let deeds: Vec<&str> = rows.iter().map(|row| row.action.as_str()).filter(|a| a.starts_with("record.")).collect();
    assert_eq!(deeds, ["record.add", "record.add", "record.change", "record.remove", "record.remove"]);
}

#[tokio::test]
async fn a_policy_that_begins_after_a_gap_holds_from_its_first_day() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let place = app.place_with(15, 3, |centre| centre.insured_until = None).await;
    add(&officer, &place, policy("2026-03-04", "2027-03-03")).await;
    assert_eq!(badge(&app, &place, "insured").await, None);
    begin_due(&app.ctx).await.unwrap();
    assert_eq!(badge(&app, &place, "insured").await, None, "it hasn't begun");
    app.clock.advance(TimeDelta::days(2));
    begin_due(&app.ctx).await.unwrap();
    assert_eq!(insured_until(&app, &place).await, "2027-03-03");
}

#[tokio::test]
async fn each_kind_of_row_has_its_members_and_packages_have_their_caps() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let place = app.place().await;
    let private = app.place_with(15, 3, |centre| centre.ownership = Ownership::Private).await;
    let path = format!("/bureau/centres/{}/records", place.id());
    for (field, bad) in [
        ("number", json!({ "kind": "insurance", "party": "人保", "from": "2026-01-01", "until": "2026-12-31" })),
        ("until", json!({ "kind": "medical_contract", "party": "区妇幼", "from": "2026-01-01" })),
        ("from", json!({ "kind": "guidance_visit", "party": "区妇幼", "from": "2026-03-03" })),
        ("until", json!({ "kind": "guidance_visit", "party": "区妇幼", "from": "2026-03-01", "until": "2026-03-02" })),
        ("until", policy("2000-12-01", "2100-11-30")),
        ("amount_fen", json!({ "kind": "safety_package", "item": "guards", "from": "2026-01-05", "amount_fen": 0 })),
        ("item", json!({ "kind": "device", "item": "fire", "quantity": 3 })),
        ("quantity", json!({ "kind": "device", "item": "bracelet" })),
        ("item", json!({ "kind": "utility" })),
        (
            "amount_fen",
            json!({ "kind": "safety_package", "item": "guards", "from": "2026-01-05", "amount_fen": 50_001 }),
        ),
        ("checked_on", json!({ "kind": "utility", "item": "water", "checked_on": "2026-03-03" })),
        ("kind", json!({ "kind": "gift" })),
    ] {
        officer.post(&path, bad.clone()).await.invalid(field);
    }
    let package = json!({ "kind": "safety_package", "item": "guards", "from": "2026-01-05", "amount_fen": 50_000,
        "checked_on": "2026-01-06" });
    officer.post(&format!("/bureau/centres/{}/records", private.id()), package.clone()).await.invalid("kind");
    assert_eq!(badge(&app, &place, "safety").await, None);
    let first = add(&officer, &place, package.clone()).await;
    // The cap is the centre's, not a row's.
    let above = officer.post(&path, package.clone()).await.invalid("amount_fen");
    assert_eq!(above["paid_fen"], 50_000);
    let row = format!("/bureau/records/{}", first["id"].as_str().unwrap());
    officer.patch(&row, json!({ "amount_fen": 20_000 })).await.ok();
    let mut rest = package;
    rest["amount_fen"] = json!(30_000);
    let calls = [officer.clone(), app.officer().await, app.officer().await];
    let calls = at_once(calls.iter().map(async |officer| officer.post(&path, rest.clone()).await.status)).await;
    assert_eq!(calls.iter().filter(|status| **status == 201).count(), 1, "{calls:?}");
    officer.patch(&row, json!({ "amount_fen": 20_001 })).await.invalid("amount_fen");
    assert_eq!(badge(&app, &place, "safety").await.unwrap()["checked_on"], "2026-01-06");
    add(&officer, &place, json!({ "kind": "employer", "party": "海江产业园", "quantity": 12 })).await;
    add(&officer, &place, json!({ "kind": "utility", "item": "water", "note": "按居民生活类价格执行" })).await;
    let list = officer.get(&format!("/bureau/records?centre_id={}&kind=utility", place.id())).await.ok();
    assert_eq!(
        (&list["items"][0]["item_label"], &list["items"][0]["centre_name"]),
        (&json!("用水"), &json!(place.centre.name))
    );
    let current = officer.get("/bureau/records?current=true&township=洛阳镇").await.ok();
    assert_eq!(current["items"].as_array().unwrap().len(), 4);
    let csv = officer.get("/bureau/records.csv").await;
    assert_eq!(String::from_utf8(csv.bytes).unwrap().lines().count(), 5);

    // The desk reads its own, and only its own.
    let (manager, carer) = (app.manager(place.centre.id).await, app.carer(place.centre.id).await);
    assert_eq!(carer.get("/desk/register").await.ok()["items"].as_array().unwrap().len(), 4);
    assert_eq!(manager.get("/desk/register?kind=device").await.ok()["items"], json!([]));
    let stranger = app.manager(private.centre.id).await;
    assert_eq!(stranger.get("/desk/register").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn carers_are_sealed_counted_and_trained() {
    let app = TestApp::spawn().await;
    let (officer, place) = (app.officer().await, app.place().await);
    let path = format!("/bureau/centres/{}/carers", place.id());
    let wang = json!({ "name": "王小芳", "certificate": "junior", "certificate_no": "Y0001", "certificate_until": "2026-03-20" });
    let made = officer.post(&path, wang.clone()).await.created();
    assert_eq!(
        (&made["certified"], &made["label"], &made["checked_on"]),
        (&json!(true), &json!("初级"), &json!("2026-03-02"))
    );
    officer.post(&path, wang).await.invalid("name");
    officer.post(&path, json!({ "name": "李", "certificate": "senior" })).await.invalid("certificate_no");
    officer
        .post(&path, json!({ "name": "李", "certificate": "none", "certificate_no": "1" }))
        .await
        .invalid("certificate_no");
    let seen = json!({ "name": "李梅", "certificate": "none", "checked_on": "2026-02-20" });
    officer.post(&path, seen).await.created();
    // Parents read how many, and when that was checked.
    let shown = badge(&app, &place, "certified_carers").await.unwrap();
    assert_eq!((&shown["number"], &shown["of"], &shown["checked_on"]), (&json!(1), &json!(2), &json!("2026-02-20")));
    let cards = app.anonymous().get("/centres?limit=10").await.ok();
    assert!(!cards.to_string().contains("certified_carers"), "{cards}");
    let stored = carers::Entity::find().all(app.db()).await.unwrap();
    assert!(stored.iter().all(|row| !row.name_sealed.windows(3).any(|part| part == "王".as_bytes())));

    let id = made["id"].as_str().unwrap();
    let training = json!({ "held_on": "2026-01-18", "hours": 16, "topic": "急救" });
    let training = officer.post(&format!("/bureau/carers/{id}/trainings"), training).await.created();
    let older = json!({ "held_on": "2025-11-18", "hours": 8, "topic": "营养" });
    officer.post(&format!("/bureau/carers/{id}/trainings"), older).await.created();
    let future = json!({ "held_on": "2026-03-03", "hours": 8, "topic": "营养" });
    officer.post(&format!("/bureau/carers/{id}/trainings"), future).await.invalid("held_on");
    let read = officer.get(&format!("/bureau/carers/{id}")).await.ok();
    assert_eq!((&read["hours_this_year"], &read["trainings"][1]["topic"]), (&json!(16), &json!("营养")));
    officer.delete(&format!("/bureau/trainings/{}", training["id"].as_str().unwrap())).await.no_content();

    let of = async |query: &str| {
        officer.get(&format!("/bureau/carers?{query}")).await.ok()["items"].as_array().unwrap().len()
    };
    assert_eq!((of("certified=true").await, of("certified=false").await, of("left=true").await), (1, 1, 0));
    app.clock.advance(TimeDelta::days(20));
    assert_eq!(of("certified=true").await, 0, "the certificate has run out");
    assert_eq!(badge(&app, &place, "certified_carers").await, None);
    let renewed = officer
        .patch(&format!("/bureau/carers/{id}"), json!({ "certificate": "intermediate", "certificate_until": null }))
        .await
        .ok();
    assert_eq!((&renewed["certified"], &renewed["certificate_no"]), (&json!(true), &json!("Y0001")));
    officer.patch(&format!("/bureau/carers/{id}"), json!({ "left_on": "2026-03-10" })).await.ok();
    assert_eq!((of("certified=true").await, of("left=true").await), (0, 1));
    let (manager, carer) = (app.manager(place.centre.id).await, app.carer(place.centre.id).await);
    assert_eq!(manager.get("/desk/register/carers").await.ok()["items"][0]["name"], "李梅");
    carer.get("/desk/register/carers").await.problem(403, "FORBIDDEN");
    let csv = officer.get("/bureau/carers.csv").await;
    assert!(String::from_utf8(csv.bytes).unwrap().contains("李梅"));
    officer.delete(&format!("/bureau/carers/{id}")).await.no_content();
    officer.get(&format!("/bureau/carers/{id}")).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn what_runs_out_is_told_the_most_urgent_first() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let place = app
        .place_with(15, 3, |centre| {
            centre.insured_until = Some(day("2026-03-12"));
            centre.medical_until = Some(day("2026-02-20"));
            centre.inclusive_until = Some(day("2026-04-15"));
        })
        .await;
    let other = app.place_with(15, 3, |centre| centre.insured_until = None).await;
    let wang =
        json!({ "name": "王小芳", "certificate": "junior", "certificate_no": "Y1", "certificate_until": "2026-03-20" });
    officer.post(&format!("/bureau/centres/{}/carers", place.id()), wang).await.created();
    let told = async |query: &str| {
        let page = officer.get(&format!("/bureau/warnings?{query}")).await.ok();
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|w| format!("{} {}", w["kind"].as_str().unwrap(), w["days_left"])).collect::<Vec<_>>()
    };
    assert_eq!(told("").await, ["insurance null", "medical_contract -10", "insurance 10", "certificate 18"]);
    assert_eq!(told("days=60&kind=recognition").await, ["recognition 44"]);
    let due = told("days=120&kind=guidance_visit").await;
    assert_eq!(due, ["guidance_visit 120", "guidance_visit 120"]);
    let visit = |on: &str| json!({ "kind": "guidance_visit", "party": "区妇幼保健院", "from": on });
    add(&officer, &place, visit("2026-02-10")).await;
    let records = format!("/bureau/centres/{}/records", place.id());
    officer.post(&records, visit("2026-02-10")).await.invalid("from");
    assert_eq!(badge(&app, &place, "guided_twice").await, None);
    let second = add(&officer, &place, visit("2026-02-12")).await;
    let second = format!("/bureau/records/{}", second["id"].as_str().unwrap());
    officer.patch(&second, json!({ "from": "2026-02-10" })).await.invalid("from");
    assert_eq!(badge(&app, &place, "guided_twice").await.unwrap()["checked_on"], "2026-03-02");
    assert_eq!(badge(&app, &place, "devices").await, None);
    let video = json!({ "kind": "device", "item": "video", "quantity": 4, "checked_on": "2026-02-11" });
    add(&officer, &place, video).await;
    assert_eq!(badge(&app, &place, "devices").await.unwrap()["checked_on"], "2026-02-11");
    assert_eq!(told("days=120&kind=guidance_visit").await.len(), 1, "two visits this year are enough");
    assert_eq!(told(&format!("centre_id={}", other.id())).await, ["insurance null"]);
    let first = officer.get("/bureau/warnings?limit=1").await.ok();
    let next = first["next_cursor"].as_str().unwrap();
    let second = officer.get(&format!("/bureau/warnings?limit=1&cursor={next}")).await.ok();
    assert_eq!(second["items"][0]["kind"], "medical_contract");
    officer.get("/bureau/warnings?days=367").await.invalid("days");
    let csv = String::from_utf8(officer.get("/bureau/warnings.csv?days=30").await.bytes).unwrap();
    assert!(csv.contains("王小芳") && csv.contains("未登记"), "{csv}");
    officer.get("/bureau/warnings.xlsx").await.expect(200);
}
