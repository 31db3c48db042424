//! Consents: read, given, withdrawn, and that a withdrawal holds at once. Every test begins on Monday 2
//! March 2026, 09:00.

use entity::{
    ConsentPurpose, TextStatus, VisitStatus, bookings, children, consents, entry_checks, idempotency_keys, ratings,
    visits, vouchers,
};
use harness::{
    Client, Family, Place, Reply, TestApp, day,
    people::{CONSENT_VERSION, child_body},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde_json::{Value, json};

fn path(family: &Family, purpose: &str) -> String {
    format!("/me/children/{}/consents/{purpose}", family.child())
}

async fn item(family: &Family, purpose: &str) -> Value {
    let all = family.client.get("/me/consents").await.ok();
    let found = all["items"].as_array().unwrap().iter().find(|item| item["purpose"] == purpose);
    found.unwrap_or_else(|| panic!("no {purpose} in {all:#}")).clone()
}

async fn give(family: &Family, purpose: &str) -> Reply {
    family.client.put(&path(family, purpose), json!({ "version": CONSENT_VERSION })).await
}

async fn book(client: &Client, child: &str, place: &Place, date: &str) -> Reply {
    let body = json!({ "child_id": child, "centre_id": place.id(), "care_type": "full_day", "start_date": date });
    client.post("/bookings", body).await
}

#[tokio::test]
async fn a_family_reads_gives_and_withdraws_each_purpose_with_one_call() {
    let app = TestApp::spawn().await;
    let (family, other) = (app.a_family().await, app.a_family().await);
    let all = family.client.get("/me/consents").await.ok();
    assert_eq!((all["items"].as_array().unwrap().len(), &all["current_version"]), (6, &json!(CONSENT_VERSION)));
    assert_eq!(all["renewal_needed"], false);
    let messages = item(&family, "messages").await;
    assert_eq!((&messages["given"], &messages["version"]), (&json!(false), &Value::Null));
    assert!(messages["withdrawal"].as_str().unwrap().ends_with('。'), "says what would follow");

    let given = give(&family, "messages").await.ok();
    assert_eq!((&given["given"], &given["version"]), (&json!(true), &json!(CONSENT_VERSION)));
    let rows = app.count(consents::Entity).await;
    assert_eq!(give(&family, "messages").await.ok(), given, "again it changes nothing");
    assert_eq!(app.count(consents::Entity).await, rows);
    family.client.delete(&path(&family, "messages")).await.ok();
    let withdrawn = item(&family, "messages").await;
    assert!(withdrawn["given"] == false && withdrawn["withdrawn_at"].is_string(), "{withdrawn}");
    family.client.delete(&path(&family, "messages")).await.problem(409, "WRONG_STATE");
    assert_eq!(give(&family, "messages").await.ok()["withdrawn_at"], Value::Null);
    assert_eq!(app.count(consents::Entity).await, rows + 1, "what was given and withdrawn stays written");

    // Another version, another family's child, a purpose that is none.
    let old = family.client.put(&path(&family, "location"), json!({ "version": "2026-11" })).await;
    assert_eq!(old.problem(422, "CONSENT_REQUIRED")["version"], CONSENT_VERSION);
    other.client.put(&path(&family, "location"), json!({ "version": CONSENT_VERSION })).await.problem(404, "NOT_FOUND");
    other.client.delete(&path(&family, "ratings")).await.problem(404, "NOT_FOUND");
    family.client.put(&path(&family, "selling"), json!({ "version": CONSENT_VERSION })).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn consent_to_an_older_text_stays_valid_for_what_it_said_and_is_to_be_renewed() {
    let app = TestApp::spawn().await;
    let family = app.a_family().await;
    for purpose in [ConsentPurpose::HealthProof, ConsentPurpose::Messages] {
        app.insert(consents::Model {
            id: app.id(),
            family_id: family.family_id,
            child_id: family.child_id,
            purpose,
            version: "2026-11".to_owned(),
            given_at: app.clock.now(),
            withdrawn_at: None,
        })
        .await;
    }
    let health = item(&family, "health_proof").await;
    assert_eq!((&health["given"], &health["renewal_needed"]), (&json!(true), &json!(true)));
    assert_eq!(item(&family, "messages").await["renewal_needed"], false, "the same text as before");
    assert_eq!(family.client.get("/me/consents").await.ok()["renewal_needed"], true);
    let of_then = app.anonymous().get("/consents?version=2026-11").await.ok();
    let of_now = app.anonymous().get("/consents").await.ok();
    let text = |set: &Value| set["items"].as_array().unwrap()[1]["text"].as_str().unwrap().to_owned();
    assert!(text(&of_now).contains("过敏") && !text(&of_then).contains("过敏"), "what was agreed to can be read again");
    app.anonymous().get("/consents?version=2020-01").await.problem(404, "NOT_FOUND");
    // The older text said nothing of allergies.
    let child = format!("/me/children/{}", family.child());
    let peanuts = json!({ "allergies": "花生" });
    family.client.patch(&child, peanuts.clone()).await.problem(422, "CONSENT_REQUIRED");
    give(&family, "health_proof").await.ok();
    assert_eq!(item(&family, "health_proof").await["renewal_needed"], false);
    assert_eq!(family.client.patch(&child, peanuts).await.ok()["allergies"], "花生");
    assert_eq!(family.client.patch(&child, json!({ "allergies": null })).await.ok()["allergies"], Value::Null);
    let long = json!({ "allergies": "花".repeat(201) });
    family.client.patch(&child, long).await.invalid("allergies");
}

#[tokio::test]
async fn nickname_and_birth_date_are_enough_until_the_first_visit_is_near() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.family("chen").await);
    let list = || async { family.client.get("/me/children").await.ok()["items"][0].clone() };
    assert_eq!((&list().await["legal_name"], &list().await["legal_name_needed"]), (&Value::Null, &json!(false)));
    book(&family.client, &family.child(), &place, "2026-03-04").await.created();
    assert_eq!(list().await["legal_name_needed"], true);
    let path = format!("/me/children/{}", family.child());
    let named = family.client.patch(&path, json!({ "legal_name": "陈小米" })).await.ok();
    assert_eq!(named["legal_name_needed"], false);
}

#[tokio::test]
async fn withdrawing_booking_takes_the_child_away_after_it_was_confirmed() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let (family, waiting) = (app.family("chen").await, app.a_family().await);
    book(&family.client, &family.child(), &place, "2026-03-10").await.created();
    let campaign = app.campaign().await;
    app.voucher(&campaign, &family).await;
    let asked = family.client.delete(&path(&family, "booking")).await.problem(409, "CONFIRMATION_REQUIRED");
    let facts = (&asked["bookings_cancelled"], &asked["vouchers_ended"], &asked["erased_after_days"]);
    assert_eq!(facts, (&json!(1), &json!(1), &json!(30)), "{asked}");
    assert!(asked["detail"].as_str().unwrap().contains("取消"), "{asked}");
    assert_eq!(app.count(children::Entity).await, 2);
    assert!(item(&family, "booking").await["given"] == true);

    let gone = family.client.delete(&format!("{}?confirm=true", path(&family, "booking"))).await.ok();
    assert_eq!(gone["removed"]["bookings_cancelled"], 1, "{gone}");
    assert_eq!(family.client.get("/me/children").await.ok()["items"], json!([]));
    assert_eq!(family.client.get("/me/consents").await.ok()["items"], json!([]));
    book(&family.client, &family.child(), &place, "2026-03-11").await.problem(404, "NOT_FOUND");
    book(&waiting.client, &waiting.child(), &place, "2026-03-10").await.created();
    assert_eq!(family.client.get("/vouchers").await.ok()["items"][0]["status"], "revoked");
    family.client.delete(&format!("{}?confirm=true", path(&family, "booking"))).await.problem(404, "NOT_FOUND");
    // The same child may be added anew, under consent.
    family.client.post("/me/children", child_body("小米", app.born_months_ago(18))).await.created();
}

#[tokio::test]
async fn a_withdrawal_and_bookings_at_once_leave_no_place_held_without_consent() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    replica.reload_catalogue().await;
    let mut won = 0;
    for (n, family) in app.many_families(12).await.into_iter().enumerate() {
        let (other, child) = (family.client.at(&replica), family.child());
        let away = format!("{}?confirm=true", path(&family, "booking"));
        let dates = ["2026-03-10", "2026-03-11", "2026-03-12"];
        let (a, b, c, gone) = tokio::join!(
            book(&family.client, &child, &place, dates[0]),
            book(&other, &child, &place, dates[1]),
            book(if n % 2 == 0 { &other } else { &family.client }, &child, &place, dates[2]),
            family.client.delete(&away),
        );
        assert_eq!(gone.status, 200, "{gone:?}");
        for reply in [&a, &b, &c] {
            assert!(matches!(reply.status, 201 | 404 | 503), "{reply:?}");
            won += usize::from(reply.status == 201);
        }
        let held = visits::Entity::find()
            .filter(visits::Column::ChildId.eq(family.child_id))
            .filter(visits::Column::Status.is_in(VisitStatus::HOLDING))
            .all(app.db())
            .await
            .unwrap();
        assert!(held.is_empty(), "a place is held for a child without consent: {held:?}");
        let live = consents::Entity::find()
            .filter(consents::Column::ChildId.eq(family.child_id))
            .filter(consents::Column::WithdrawnAt.is_null())
            .one(app.db())
            .await
            .unwrap();
        assert!(live.is_none());
    }
    assert_eq!(app.count(bookings::Entity).await, i64::try_from(won).unwrap());
}

#[tokio::test]
async fn withdrawing_ratings_hides_texts_at_once_and_refuses_new_ones_but_keeps_the_score() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let visit = app.visit(&place, &family, day("2026-02-26"), VisitStatus::Left).await;
    let next = app.visit(&place, &family, day("2026-02-27"), VisitStatus::Left).await;
    let rated = json!({ "visit_id": visit.id, "level": 5, "text": "老师耐心" });
    let rating = family.client.post("/ratings", rated).await.created();
    ratings::Entity::update_many()
        .col_expr(ratings::Column::TextStatus, Expr::value(TextStatus::Shown.as_str()))
        .exec(app.db())
        .await
        .unwrap();
    let shown = || async { app.anonymous().get(&format!("/centres/{}/ratings", place.id())).await.ok() };
    assert_eq!(shown().await["items"][0]["text"], "老师耐心");
    let officer = app.officer().await;
    let read = || async { officer.get("/bureau/ratings").await.ok()["items"][0]["text"].clone() };
    assert_eq!(read().await, "老师耐心");
    family.client.delete(&path(&family, "ratings")).await.ok();
    assert_eq!(read().await, Value::Null);
    let hidden = shown().await;
    assert_eq!(hidden["items"], json!([]));
    assert_eq!(hidden["rating"]["n"], 1, "{hidden}");
    let more = json!({ "visit_id": next.id, "level": 4 });
    family.client.post("/ratings", more.clone()).await.problem(422, "CONSENT_REQUIRED");
    let edit = format!("/ratings/{}", rating["id"].as_str().unwrap());
    family.client.patch(&edit, json!({ "level": 1 })).await.problem(422, "CONSENT_REQUIRED");
    give(&family, "ratings").await.ok();
    assert_eq!(shown().await["items"][0]["text"], "老师耐心");
    family.client.post("/ratings", more).await.created();
}

#[tokio::test]
async fn withdrawing_health_proof_erases_what_was_recorded_and_stops_recording() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    give(&family, "health_proof").await.ok();
    let child = format!("/me/children/{}", family.child());
    family.client.patch(&child, json!({ "allergies": "花生" })).await.ok();
    let sibling = child_body("小石", app.born_months_ago(18));
    family.client.post_once("/me/children", "sibling-1", sibling).await.created();
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Expected).await;
    let carer = app.carer(place.centre.id).await;
    let record = format!("/desk/children/{}/entry-check", family.child());
    let check = json!({ "passed_on": "2026-03-01", "vaccinated": true });
    carer.post(&record, check.clone()).await.ok();
    family.client.delete(&path(&family, "health_proof")).await.ok();
    assert_eq!(app.count(entry_checks::Entity).await, 0);
    let mine = idempotency_keys::Column::Account.eq(family.family_id.to_string());
    let kept = idempotency_keys::Entity::find().filter(mine).one(app.db()).await.unwrap();
    assert_eq!(kept, None, "what was answered before shows the allergies");
    let audited = app.officer().await.get("/bureau/audit?action=child.entry_check").await.ok();
    assert_eq!(audited["items"][0]["detail"], json!({}), "the chain keeps no health");
    assert_eq!(family.client.get("/me/children").await.ok()["items"][0]["allergies"], Value::Null);
    let check_in = format!("/desk/visits/{}/check-in", visit.id);
    carer.post(&check_in, json!({})).await.problem(422, "ENTRY_CHECK_REQUIRED");
    carer.post(&record, check.clone()).await.problem(422, "CONSENT_REQUIRED");
    give(&family, "health_proof").await.ok();
    carer.post(&record, check).await.ok();
    carer.post(&check_in, json!({})).await.ok();
}

#[tokio::test]
async fn withdrawing_reductions_forgets_what_was_declared_from_the_next_quote_on() {
    let app = TestApp::spawn().await;
    let family = app.a_family().await;
    give(&family, "reductions").await.ok();
    let child = format!("/me/children/{}", family.child());
    family.client.patch(&child, json!({ "third_child": true, "disabled": true })).await.ok();
    family.client.delete(&path(&family, "reductions")).await.ok();
    let after = family.client.get("/me/children").await.ok()["items"][0].clone();
    assert_eq!((&after["third_child"], &after["disabled"]), (&json!(false), &json!(false)));
    family.client.patch(&child, json!({ "third_child": true })).await.problem(422, "CONSENT_REQUIRED");
}

#[tokio::test]
async fn no_child_has_a_row_that_is_in_use_without_consent_to_booking() {
    let app = TestApp::spawn().await;
    let family = app.family("chen").await;
    family.client.delete(&format!("/me/children/{}?confirm=true", family.child())).await.ok();
    app.many_families(3).await;
    for child in children::Entity::find().all(app.db()).await.unwrap() {
        let agreed = consents::Entity::find()
            .filter(consents::Column::ChildId.eq(child.id))
            .filter(consents::Column::Purpose.eq(ConsentPurpose::Booking))
            .filter(consents::Column::WithdrawnAt.is_null())
            .one(app.db())
            .await
            .unwrap();
        assert_eq!(agreed.is_some(), child.removed_at.is_none());
    }
    assert_eq!(app.count(vouchers::Entity).await, 0);
}
