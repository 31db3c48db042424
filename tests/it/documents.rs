//! 台胞证 as a guardian's document: noted without its number, compared at the desk, exported and erased.

use chrono::TimeDelta;
use entity::{StaffRole, VisitStatus, audit_rows, family_documents};
use harness::{Browser, TestApp, day};
use quanxiangtuo::features::privacy::service::erasure::erase_due;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;

const PATH: &str = "/me/documents/mainland_travel_permit";

#[tokio::test]
async fn a_permit_is_noted_without_its_number_and_forgotten_with_the_account() {
    let app = TestApp::spawn().await;
    let (family, other) = (app.family("chen").await, app.a_family().await);
    for number in ["1234567", "123456789", "12345678901", "1234567a", "１２３４５６７８"] {
        family.client.put(PATH, json!({ "number": number, "agreed": true })).await.invalid("number");
    }
    let silent = json!({ "number": "01234567", "agreed": false });
    family.client.put(PATH, silent).await.problem(422, "CONSENT_REQUIRED");
    let old = json!({ "number": "0123456789", "agreed": true });
    assert_eq!(family.client.put(PATH, old).await.ok()["masked"], "****6789");
    let noted = family.client.put(PATH, json!({ "number": "01234567", "agreed": true })).await.ok();
    assert_eq!((&noted["masked"], &noted["name"]), (&json!("****4567"), &json!("台湾居民来往大陆通行证")));
    let me = family.client.get("/me").await.ok();
    assert_eq!(me["documents"].as_array().unwrap().len(), 1, "in place of the one before");
    assert_eq!(other.client.get("/me").await.ok()["documents"], json!([]));
    other.client.delete(PATH).await.problem(404, "NOT_FOUND");
    other.client.put(PATH, json!({ "number": "01234567", "agreed": true })).await.ok();
    let rows = family_documents::Entity::find().all(app.db()).await.unwrap();
    assert_ne!(rows[0].number_hash, rows[1].number_hash, "equal numbers of two families don't show");
    other.client.delete(PATH).await.no_content();

    let export = family.client.get("/me/export").await.ok();
    assert_eq!(export["documents"][0]["masked"], "****4567");
    assert!(!export.to_string().contains("01234567"));
    family.client.delete("/me?confirm=true").await.ok();
    app.clock.advance(TimeDelta::days(8));
    erase_due(&app.ctx).await.unwrap();
    assert_eq!(app.count(family_documents::Entity).await, 0);
}

#[tokio::test]
async fn the_desk_compares_a_permit_that_is_shown_at_the_door() {
    let app = TestApp::spawn_with(&[("rate_limits", "on")]).await;
    let place = app.place().await;
    let (family, silent) = (app.family("chen").await, app.a_family().await);
    family.client.put(PATH, json!({ "number": "01234567", "agreed": true })).await.ok();
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::InCare).await;
    let none = app.visit(&place, &silent, day("2026-03-02"), VisitStatus::InCare).await;
    let desk = app.carer(place.centre.id).await;
    let check = async |visit: entity::VisitId, number: &str| {
        let body = json!({ "kind": "mainland_travel_permit", "number": number });
        desk.post(&format!("/desk/visits/{visit}/document-check"), body).await.ok()["result"].clone()
    };
    assert_eq!(check(visit.id, "01234567").await, "matches");
    assert_eq!(check(visit.id, "01234568").await, "differs");
    assert_eq!(check(none.id, "01234567").await, "not_noted");
    let stranger = app.carer(app.place().await.centre.id).await;
    let body = json!({ "kind": "mainland_travel_permit", "number": "01234567" });
    let path = format!("/desk/visits/{}/document-check", visit.id);
    stranger.post(&path, body.clone()).await.problem(404, "NOT_FOUND");
    let looked = audit_rows::Entity::find().filter(audit_rows::Column::Action.eq("visit.document_check"));
    assert_eq!(looked.count(app.db()).await.unwrap(), 3);
    let carer = app.staff("lin", StaffRole::Carer, Some(place.centre.id)).await;
    let browser = Browser::at(&app);
    browser.sign_in("/desk", &carer.username).await;
    let form = format!("/desk/visits/{}/document", visit.id);
    let seen = browser.get(&browser.post(&form, &[("number", "01234567")]).await.sent()).await.expect(200);
    assert!(seen.contains("证件号码一致"), "{seen}");
    let seen = browser.get(&browser.post(&form, &[("number", "76543210")]).await.sent()).await.expect(200);
    assert!(seen.contains("与家长登记的不一致"), "{seen}");
    harness::client::limited_after(7, async || desk.post(&path, body.clone()).await).await;
}
