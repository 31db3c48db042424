//! The guardian's account and children.

use chrono::{Days, Months};
use entity::{children, consents, idempotency_keys};
use harness::{
    TestApp, at_once,
    people::{CONSENT_VERSION, child_body},
};
use reqwest::Method;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

#[tokio::test]
async fn a_guardian_adds_a_child_and_reads_it_again() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let mut body = child_body("小米", app.born_months_ago(18));
    body["legal_name"] = json!("陈小米");
    body["third_child"] = json!(true);
    client.post("/me/children", body.clone()).await.problem(422, "CONSENT_REQUIRED");
    body["consent"]["purposes"] = json!(["booking", "ratings", "reductions"]);
    let child = client.post("/me/children", body).await.created();
    assert_eq!(child["age_months"], 18);
    assert_eq!(child["consent"]["version"], CONSENT_VERSION);
    assert_eq!(client.get("/me/children").await.ok()["items"], json!([child]));
    assert_eq!(client.get("/me").await.ok()["children"], json!([child]));
    let row = children::Entity::find().one(app.db()).await.unwrap().unwrap();
    for (sealed, plain) in [(row.name_sealed, "小米"), (row.legal_name_sealed.unwrap(), "陈小米")] {
        assert!(!sealed.windows(plain.len()).any(|w| w == plain.as_bytes()), "{plain} lies open in the database");
    }
}

#[tokio::test]
async fn families_inserted_directly_are_signed_in() {
    let app = TestApp::spawn().await;
    for family in app.many_families(3).await {
        assert_eq!(family.client.get("/me").await.ok()["children"][0]["id"], family.child());
    }
}

#[tokio::test]
async fn a_child_is_under_36_months_and_born() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let today = app.clock.today();
    for (born, code) in [
        (today - Months::new(36), "too_old"),
        (today - Months::new(60), "too_old"),
        (today + Days::new(1), "in_the_future"),
    ] {
        let problem = client.post("/me/children", child_body("小米", born)).await.invalid("birth_date");
        assert_eq!(problem["errors"][0]["code"], code, "{born}");
    }
    for text in ["2026-02-30", "2025-2-3", "20250203", "1899-01-01", "2201-01-01", "", "yesterday"] {
        let mut body = child_body("小米", today);
        body["birth_date"] = json!(text);
        let problem = client.post("/me/children", body).await.invalid("birth_date");
        assert_eq!(problem["errors"][0]["code"], "not_a_date", "{text}");
    }
    assert_eq!(app.count(children::Entity).await, 0);
    // The last day on which a child may be added.
    client.post("/me/children", child_body("小米", today - Months::new(36) + Days::new(1))).await.created();
    client.post("/me/children", child_body("小麦", today)).await.created();
}

#[tokio::test]
async fn a_township_is_one_of_the_districts() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let mut body = child_body("小米", app.born_months_ago(18));
    body["township"] = json!("丰泽区");
    let problem = client.post("/me/children", body.clone()).await.invalid("township");
    assert!(problem["detail"].as_str().unwrap().contains("百崎回族乡"), "says which there are");
    body["township"] = json!("百崎回族乡");
    let child = client.post("/me/children", body).await.created();
    let path = format!("/me/children/{}", child["id"].as_str().unwrap());
    client.patch(&path, json!({ "township": "无此镇" })).await.invalid("township");
    // Who writes 洛陽鎮 means 洛阳镇; what is told to be sent is what is taken.
    let hant = [("Accept-Language", "zh-Hant")];
    let refused =
        client.send(Method::PATCH, &path, Some(json!({ "township": "洛陽县" })), &hant).await.invalid("township");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.starts_with("township 須為以下之一：洛阳镇、"), "{detail}");
    assert_eq!(client.patch(&path, json!({ "township": "洛陽鎮" })).await.ok()["township"], "洛阳镇");
    client.patch(&path, json!({ "township": "百崎回族乡" })).await.ok();
}

#[tokio::test]
async fn no_child_is_stored_without_the_guardians_consent_to_the_present_texts() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let texts = app.anonymous().get("/consents").await.ok();
    assert!(texts["items"].as_array().unwrap().iter().all(|text| text["version"] == CONSENT_VERSION));
    for (consent, field) in [
        (Value::Null, "consent"),
        (json!({ "version": "2020-01", "purposes": ["booking"] }), "consent.version"),
        (json!({ "version": CONSENT_VERSION, "purposes": ["ratings"] }), "consent.purposes"),
        (json!({ "version": CONSENT_VERSION, "purposes": [] }), "consent.purposes"),
    ] {
        let mut body = child_body("小米", app.born_months_ago(18));
        body["consent"] = consent;
        let problem = client.post("/me/children", body).await.problem(422, "CONSENT_REQUIRED");
        assert_eq!(problem["errors"][0]["field"], field);
        assert_eq!(problem["version"], CONSENT_VERSION, "says which version to show");
    }
    assert_eq!((app.count(children::Entity).await, app.count(consents::Entity).await), (0, 0));
    client.post("/me/children", child_body("小米", app.born_months_ago(18))).await.created();
    assert_eq!(app.count(consents::Entity).await, 3, "a row for each purpose");
}

#[tokio::test]
async fn another_familys_child_is_not_found() {
    let app = TestApp::spawn().await;
    let (mine, other) = (app.family("chen").await, app.family("lin").await);
    let path = format!("/me/children/{}", other.child());
    mine.client.patch(&path, json!({ "name": "改名" })).await.problem(404, "NOT_FOUND");
    let theirs = other.client.get("/me/children").await.ok();
    assert_eq!(theirs["items"][0]["name"], "小米");
    assert_eq!(mine.client.get("/me/children").await.ok()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let app = TestApp::spawn().await;
    let family = app.family("chen").await;
    let path = format!("/me/children/{}", family.child());
    let before = family.client.get("/me/children").await.ok()["items"][0].clone();
    let after = family.client.patch(&path, json!({ "name": "米米" })).await.ok();
    assert_eq!(after["name"], "米米");
    let mut expected = before;
    expected["name"] = json!("米米");
    assert_eq!(after, expected);
    assert_eq!(family.client.patch(&path, json!({})).await.ok(), expected);
}

#[tokio::test]
async fn a_birth_date_is_not_changed_and_the_refusal_changes_nothing() {
    let app = TestApp::spawn().await;
    let family = app.family("chen").await;
    let path = format!("/me/children/{}", family.child());
    let before = family.client.get("/me/children").await.ok()["items"][0].clone();
    let other = app.born_months_ago(7);
    let refused = family.client.patch(&path, json!({ "name": "米米", "birth_date": other })).await;
    let refused = refused.invalid("birth_date");
    assert!(refused["detail"].as_str().unwrap().contains("重新添加"), "says what to do: {refused}");
    family.client.patch(&path, json!({ "birth_date": "yesterday" })).await.invalid("birth_date");
    assert_eq!(family.client.get("/me/children").await.ok()["items"], json!([before]));
    // A form that sends the whole child back changes what it may.
    let after = family.client.patch(&path, json!({ "name": "米米", "birth_date": before["birth_date"] })).await.ok();
    assert_eq!(after["name"], "米米");
}

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let body = child_body("小米", app.born_months_ago(18));
    let first = client.post_once("/me/children", "key-00000001", body.clone()).await;
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = client.post_once("/me/children", "key-00000001", body.clone()).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((again.status, &again.bytes), (201, &first.bytes));
    assert_eq!(app.count(children::Entity).await, 1);

    let other_body = child_body("小麦", app.born_months_ago(10));
    client.post_once("/me/children", "key-00000001", other_body.clone()).await.problem(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(app.count(children::Entity).await, 1);
    // Another key and another family are other requests.
    client.post_once("/me/children", "key-00000002", other_body).await.created();
    let lin = app.guardian("lin").await;
    let theirs = lin.post_once("/me/children", "key-00000001", body).await;
    assert_eq!(theirs.header("idempotent-replayed"), None);
    theirs.created();
    assert_eq!(app.count(children::Entity).await, 3);
}

#[tokio::test]
async fn the_same_child_is_not_added_twice() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let born = app.born_months_ago(18);
    let body = child_body("小米", born);
    let id = client.post("/me/children", body.clone()).await.created()["id"].clone();
    let mut spaced = body.clone();
    spaced["name"] = json!(" 小米 ");
    for again in [
        client.post("/me/children", body.clone()).await,
        client.post("/me/children", spaced).await,
        client.post_once("/me/children", "key-00000001", body.clone()).await,
    ] {
        let refused = again.problem(409, "CHILD_EXISTS");
        assert_eq!(refused["child_id"], id, "{refused}");
    }
    assert_eq!((app.count(children::Entity).await, app.count(consents::Entity).await), (1, 3));
    assert_eq!(app.count(idempotency_keys::Entity).await, 0, "a refusal does not use the key up");

    // A twin, a sibling of the same name and another family's child are other children.
    let twin = client.post("/me/children", child_body("小麦", born)).await.created();
    client.post("/me/children", child_body("小米", app.born_months_ago(3))).await.created();
    app.guardian("lin").await.post("/me/children", body.clone()).await.created();

    // Neither does a change of name make two of one; to its own name it may.
    let path = format!("/me/children/{}", twin["id"].as_str().unwrap());
    let refused = client.patch(&path, json!({ "name": "小米" })).await.problem(409, "CHILD_EXISTS");
    assert_eq!(refused["child_id"], id, "{refused}");
    assert_eq!(client.patch(&path, json!({ "name": "小麦" })).await.ok(), twin);
    client.patch(&path, json!({ "name": "大麦" })).await.ok();
    client.post("/me/children", child_body("大麦", born)).await.problem(409, "CHILD_EXISTS");
    // The old name is free again.
    client.post("/me/children", child_body("小麦", born)).await.created();
}

#[tokio::test]
async fn of_16_times_the_same_child_at_once_one_is_added() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let body = child_body("小米", app.born_months_ago(18));
    let replies = at_once((0..16).map(|_| client.post("/me/children", body.clone()))).await;
    let (added, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
    assert_eq!(added.len(), 1);
    let id = added.into_iter().next().unwrap().created()["id"].clone();
    for reply in refused {
        assert_eq!(reply.problem(409, "CHILD_EXISTS")["child_id"], id);
    }
    assert_eq!((app.count(children::Entity).await, app.count(consents::Entity).await), (1, 3));
}

#[tokio::test]
async fn a_refusal_does_not_use_the_key_up() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let mut body = child_body("小米", app.born_months_ago(18));
    body["consent"]["version"] = json!("2020-01");
    client.post_once("/me/children", "key-00000001", body.clone()).await.problem(422, "CONSENT_REQUIRED");
    assert_eq!(app.count(idempotency_keys::Entity).await, 0);
    body["consent"]["version"] = json!(CONSENT_VERSION);
    client.post_once("/me/children", "key-00000001", body).await.created();
}

#[tokio::test]
async fn an_idempotency_key_has_8_to_64_visible_characters() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let long = "k".repeat(65);
    for key in ["", "short", "with a space", &long] {
        let body = child_body("小米", app.born_months_ago(18));
        client.post_once("/me/children", key, body).await.invalid("Idempotency-Key");
    }
    assert_eq!(app.count(children::Entity).await, 0);
}

#[tokio::test]
async fn of_16_equal_requests_at_once_one_is_done_and_all_get_its_answer() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let body = child_body("小米", app.born_months_ago(18));
    let replies = at_once((0..16).map(|_| client.post_once("/me/children", "key-00000001", body.clone()))).await;
    let replayed = replies.iter().filter(|r| r.header("idempotent-replayed") == Some("true")).count();
    assert_eq!(replayed, 15);
    let ids: Vec<Value> = replies.into_iter().map(|reply| reply.created()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!((app.count(children::Entity).await, app.count(consents::Entity).await), (1, 3));
}
