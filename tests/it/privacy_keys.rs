//! Another master key, beside a running service.

use entity::{VisitStatus, children, families};
use harness::{TestApp, day, people::child_body};
use quanxiangtuo::{
    features::privacy::service::reseal::{self, Done, Stopped},
    platform::crypto::Keyring,
};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _};
use serde_json::json;

const OLD: &str = "0:cXVhbnhpYW5ndHVvIGRlbW9uc3RyYXRpb24ga2V5LCBub3Qgc2VjcmV0IQ==";
const NEW: &str = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const LOOKUP: &str = "cXVhbnhpYW5ndHVvIGRlbW9uc3RyYXRpb24gbG9va3VwIGtleSBub3Qgc2VjcmV0";

fn ring(list: &[&str]) -> Keyring {
    Keyring::parse(&list.join(","), LOOKUP).unwrap()
}

/// An application that seals with the old key and opens both, with something sealed in every column
/// that a few calls reach.
async fn scene() -> (TestApp, harness::Client) {
    let keys = format!("{OLD},{NEW}");
    let app = TestApp::spawn_with(&[("keys", &keys)]).await;
    let place = app.place().await;
    let client = app.guardian("chen").await;
    let mut body = child_body("小米", app.born_months_ago(18));
    body["legal_name"] = json!("陈小米");
    body["allergies"] = json!("花生");
    body["consent"]["purposes"] = json!(["booking", "ratings", "health_proof"]);
    let child = client.post_once("/me/children", "key-00000001", body).await.id();
    let family = harness::Family {
        client: client.clone(),
        family_id: client.user_id().parse().unwrap(),
        child_id: child.parse().unwrap(),
    };
    client.post("/me/pickup-persons", json!({ "name": "陈外婆", "relation": "外婆" })).await.created();
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::InCare).await;
    let path = format!("/bookings/{}/visits/{}/pickup-code", visit.booking_id, visit.id);
    client.post(&path, json!({ "name": "陈舅舅" })).await.created();
    let desk = app.carer(place.centre.id).await;
    let campaign = app.campaign().await;
    let voucher = app.voucher(&campaign, &family).await;
    let code = client.get(&format!("/vouchers/{}/code", voucher.id)).await.ok()["code"].clone();
    desk.post("/desk/redemptions", json!({ "code": code, "request_id": "desk-0001" })).await.created();
    desk.post(&format!("/desk/visits/{}/check-out", visit.id), json!({ "collected_by": "陈外婆" })).await.ok();
    (app, client)
}

#[tokio::test]
async fn every_value_is_sealed_with_the_new_key_while_the_service_reads_on() {
    let (app, client) = scene().await;
    let keys = ring(&[NEW, OLD]);
    let before = reseal::status(&app.ctx.db).await.unwrap();
    assert!(before[&'0'] >= 10 && !before.contains_key(&'1'), "{before:?}");
    let mut heard = vec![];
    let done = reseal::run(&app.ctx.db, &keys, |of, _| heard.push(of.table)).await.unwrap();
    assert_eq!(done.sealed, before[&'0']);
    for table in ["families", "children", "visits", "redemptions", "pickup_persons", "pickup_codes", "manual_codes"] {
        assert!(heard.contains(&table), "{table} had something to seal: {heard:?}");
    }
    assert!(heard.contains(&"idempotency_keys") && heard.contains(&"staff"), "{heard:?}");
    let after = reseal::status(&app.ctx.db).await.unwrap();
    assert_eq!((after.get(&'0'), after[&'1']), (None, before[&'0']));
    // The running service reads everything; so does one that has the new key only.
    assert_eq!(client.get("/me/children").await.ok()["items"][0]["legal_name"], "陈小米");
    let export = client.get("/me/export").await.ok();
    assert_eq!(export["visits"][0]["collected_by"], "陈外婆");
    let row = children::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!(ring(&[NEW]).open_text("children.name", &row.name_sealed).unwrap(), "小米");
    let body = child_body("小米", app.born_months_ago(18));
    assert_eq!(client.post("/me/children", body).await.problem(409, "CHILD_EXISTS")["child_id"], row.id.to_string());

    // Again: nothing is left to do.
    assert_eq!(reseal::run(&app.ctx.db, &keys, |_, _| {}).await.unwrap(), Done::default());
}

#[tokio::test]
async fn a_run_that_stopped_in_the_middle_goes_on_where_values_are_left() {
    let (app, _) = scene().await;
    let keys = ring(&[NEW, OLD]);
    // A value that no key opens stops it, by the names of table, row and column only.
    let row = children::Entity::find().one(app.db()).await.unwrap().unwrap();
    let good = row.legal_name_sealed.clone();
    let mut broken = good.clone().unwrap();
    *broken.last_mut().unwrap() ^= 1;
    let mut change = row.clone().into_active_model();
    change.legal_name_sealed = Set(Some(broken));
    change.update(app.db()).await.unwrap();
    let stopped = reseal::run(&app.ctx.db, &keys, |_, _| {}).await.unwrap_err();
    let said = stopped.to_string();
    assert!(matches!(stopped, Stopped::Shut { table: "children", column: "legal_name_sealed", .. }), "{said}");
    assert!(said.contains(&row.id.0.simple().to_string()) && !said.contains("陈"), "{said}");
    let half = reseal::status(&app.ctx.db).await.unwrap();
    assert!(half[&'0'] > 0 && half[&'1'] > 0, "{half:?}");
    let mut change = row.into_active_model();
    change.legal_name_sealed = Set(good);
    // The name before it was sealed anew already; only this column is put back.
    change.name_sealed = sea_orm::ActiveValue::NotSet;
    change.legal_name_sealed.reset();
    change.update(app.db()).await.unwrap();
    let rest = reseal::run(&app.ctx.db, &keys, |_, _| {}).await.unwrap();
    assert_eq!(rest.sealed, half[&'0']);
    assert!(!reseal::status(&app.ctx.db).await.unwrap().contains_key(&'0'));
}

#[tokio::test]
async fn names_that_are_changed_meanwhile_are_the_ones_that_stay() {
    let keys = format!("{OLD},{NEW}");
    let app = TestApp::spawn_with(&[("keys", &keys)]).await;
    let families = app.many_families(300).await;
    let ring = ring(&[NEW, OLD]);
    let changes = async {
        for family in families.iter().step_by(3) {
            let path = format!("/me/children/{}", family.child());
            family.client.patch(&path, json!({ "name": "新名字" })).await.ok();
        }
    };
    let (done, ()) = tokio::join!(reseal::run(&app.ctx.db, &ring, |_, _| {}), changes);
    done.unwrap();
    for (n, family) in families.iter().enumerate() {
        let row = children::Entity::find_by_id(family.child_id).one(app.db()).await.unwrap().unwrap();
        let name = ring.open_text("children.name", &row.name_sealed).unwrap();
        assert_eq!(name, if n % 3 == 0 { "新名字" } else { "小豆" }, "child {n}");
    }
    // What the service wrote with the old key meanwhile is sealed by another run.
    reseal::run(&app.ctx.db, &ring, |_, _| {}).await.unwrap();
    let after = reseal::status(&app.ctx.db).await.unwrap();
    assert!(!after.contains_key(&'0'), "{after:?}");
    assert_eq!(app.count(families::Entity).await, 300);
}
