//! Other systems: access keys, and what they read.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::access_keys;
use harness::{Client, Family, Place, TestApp, contract::DOCUMENT, people::unknown_id};
use quanxiangtuo::features::auth::{permissions, scope::Scope};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

const ALL: &[&str] = &["centres:read", "bookings:read", "visits:read", "redemptions:read", "statistics:read"];
const READS: &[&str] = &["centres", "bookings", "visits", "redemptions", "satisfaction"];

fn wanted(app: &TestApp, scopes: &[&str]) -> Value {
    let end: DateTime<Utc> = app.clock.now() + TimeDelta::days(90);
    json!({ "label": "泉州市托育综合管理智慧平台", "scopes": scopes, "expires_at": end.to_rfc3339() })
}

/// Makes a key as somebody; its id and a client that has it.
async fn key(app: &TestApp, who: &Client, scopes: &[&str]) -> (String, Client) {
    let side = if who.get("/bureau/access-keys?limit=1").await.status == 200 { "bureau" } else { "desk" };
    let made = who.post(&format!("/{side}/access-keys"), wanted(app, scopes)).await.created();
    (made["id"].as_str().unwrap().to_owned(), app.anonymous().with_token(made["key"].as_str().unwrap()))
}

/// Books a Wednesday over the API.
async fn booked(place: &Place, family: &Family) -> String {
    let body = json!({
        "child_id": family.child(), "centre_id": place.id(), "care_type": "hourly", "start_date": "2026-03-04",
        "from": "09:00", "to": "11:00",
    });
    let reply = family.client.post("/bookings", body).await.created();
    reply["id"].as_str().unwrap().to_owned()
}

/// Reads all pages of so many; the items.
async fn all(client: &Client, what: &str, limit: u32) -> Vec<Value> {
    let (mut items, mut cursor) = (vec![], String::new());
    loop {
        let page = client.get(&format!("/exchange/{what}?limit={limit}{cursor}")).await.ok();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        if page["more"] == false {
            return items;
        }
        cursor = format!("&cursor={}", page["cursor"].as_str().unwrap());
    }
}

fn ids(items: &[Value]) -> BTreeSet<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[test]
fn the_document_says_the_scope_of_each_operation() {
    let mut named = BTreeSet::new();
    for item in DOCUMENT["paths"].as_object().unwrap().values().filter_map(Value::as_object) {
        for operation in item.values().filter(|operation| operation["security"][0].get("access_key").is_some()) {
            let id = operation["operationId"].as_str().unwrap();
            let scope = permissions::scope(id).map(Scope::as_str);
            assert_eq!(operation["security"][0]["access_key"], json!([scope]), "{id}");
            named.insert(id);
        }
    }
    assert_eq!(named, permissions::exchange_operations().collect());
}

#[tokio::test]
async fn a_key_is_shown_once_stored_hashed_and_audited() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let body = wanted(&app, ALL);
    let made = admin.post_once("/bureau/access-keys", "make-a-key-1", body.clone()).await.created();
    let secret = made["key"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("qxk_") && made["live"] == true && made["centre_id"] == Value::Null);
    let again = admin.post_once("/bureau/access-keys", "make-a-key-1", body).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(app.count(access_keys::Entity).await, 1);
    let listed = admin.get("/bureau/access-keys").await.ok();
    assert_eq!((&listed["items"][0]["id"], listed["items"][0].get("key")), (&made["id"], None));
    let row = access_keys::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert!(!format!("{row:?}").contains(&secret) && row.key_hash.len() == 32);
    let audit = admin.get("/bureau/audit").await.ok();
    assert_eq!(audit["items"][0]["action"], "access_key.make");
    assert!(!audit.to_string().contains(&secret));
}

#[tokio::test]
async fn what_a_key_may_be_is_bounded() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let with = |field: &str, value: Value| {
        let mut body = wanted(&app, ALL);
        body[field] = value;
        body
    };
    let path = "/bureau/access-keys";
    let at = |days| (app.clock.now() + TimeDelta::days(days)).to_rfc3339();
    admin.post(path, with("expires_at", json!(at(-1)))).await.invalid("expires_at");
    admin.post(path, with("expires_at", json!(at(367)))).await.invalid("expires_at");
    admin.post(path, with("scopes", json!([]))).await.invalid("scopes");
    admin.post(path, with("scopes", json!(["everything:write"]))).await.invalid("scopes[0]");
    admin.post(path, with("successor_of", json!(unknown_id::<entity::AccessKeyId>()))).await.problem(404, "NOT_FOUND");
    app.officer().await.post(path, wanted(&app, ALL)).await.problem(403, "FORBIDDEN");
    let place = app.place().await;
    app.carer(place.centre.id).await.post("/desk/access-keys", wanted(&app, ALL)).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_nothing_else() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    for (scope, own) in ALL.iter().zip(READS) {
        let (_, client) = key(&app, &admin, &[scope]).await;
        for read in READS {
            let reply = client.get(&format!("/exchange/{read}")).await;
            if read == own {
                reply.ok();
            } else {
                reply.problem(403, "FORBIDDEN");
            }
        }
        client.get("/bureau/audit").await.problem(401, "NOT_SIGNED_IN");
        client.get("/me").await.problem(401, "NOT_SIGNED_IN");
    }
    for read in READS {
        let path = format!("/exchange/{read}");
        app.anonymous().get(&path).await.problem(401, "NOT_SIGNED_IN");
        admin.get(&path).await.problem(401, "NOT_SIGNED_IN");
        let made_up = app.anonymous().with_token(&format!("qxk_{}", "A".repeat(43)));
        made_up.get(&path).await.problem(401, "NOT_SIGNED_IN");
    }
}

#[tokio::test]
async fn a_key_ends_at_its_time_and_a_revoked_one_at_once_on_every_replica() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let admin = app.admin().await;
    let (id, client) = key(&app, &admin, ALL).await;
    client.get("/exchange/centres").await.ok();
    client.at(&replica).get("/exchange/centres").await.ok();
    let used = admin.get("/bureau/access-keys").await.ok()["items"][0]["last_used_at"].clone();
    assert!(used.as_str().unwrap().starts_with("2026-03-02T09:0"), "{used}");
    app.clock.advance(TimeDelta::minutes(30));
    client.get("/exchange/centres").await.ok();
    assert_eq!(admin.get("/bureau/access-keys").await.ok()["items"][0]["last_used_at"], used, "written once an hour");

    let revoked = admin.post(&format!("/bureau/access-keys/{id}/revoke"), json!({})).await.ok();
    assert_eq!(revoked["live"], false);
    client.at(&replica).get("/exchange/centres").await.problem(401, "NOT_SIGNED_IN");
    client.get("/exchange/centres").await.problem(401, "NOT_SIGNED_IN");
    admin.post(&format!("/bureau/access-keys/{id}/revoke"), json!({})).await.problem(409, "WRONG_STATE");

    let (_, client) = key(&app, &admin, ALL).await;
    app.clock.advance(TimeDelta::days(90) - TimeDelta::seconds(5));
    client.get("/exchange/centres").await.ok();
    app.clock.advance(TimeDelta::seconds(5));
    client.get("/exchange/centres").await.problem(401, "NOT_SIGNED_IN");
}

#[tokio::test]
async fn changes_come_once_they_are_settled_without_names_and_none_twice_or_missed() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let places = [app.place().await, app.place().await];
    let families = app.many_families(5).await;
    let mut bookings = vec![];
    for (n, family) in families.iter().enumerate() {
        bookings.push(booked(&places[n % 2], family).await);
    }
    families[0].client.post(&format!("/bookings/{}/cancel", bookings[0]), json!({})).await.ok();
    let (_, platform) = key(&app, &admin, ALL).await;
    assert_eq!(all(&platform, "bookings", 100).await.len(), 0, "a transaction may still be under way");
    app.clock.advance(TimeDelta::minutes(3));

    let whole = all(&platform, "bookings", 100).await;
    assert_eq!(ids(&whole), bookings.iter().map(String::as_str).collect());
    assert_eq!(whole.len(), 5, "each once, as it is now");
    let cancelled = whole.iter().find(|item| item["id"] == bookings[0]).unwrap();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(ids(&all(&platform, "bookings", 2).await), ids(&whole), "page by page");
    let visits = all(&platform, "visits", 2).await;
    assert_eq!(ids(&visits).len(), 5);
    let children: BTreeSet<&str> = visits.iter().map(|visit| visit["child"].as_str().unwrap()).collect();
    assert_eq!(children.len(), 5);
    let text = format!("{whole:?}{visits:?}");
    assert!(
        !families.iter().any(|family| text.contains(&family.child()) || text.contains(&family.family_id.to_string()))
    );

    // Nothing new: the cursor stays where it is, and goes on from there.
    let last = platform.get("/exchange/bookings?limit=100").await.ok();
    let next = format!("/exchange/bookings?cursor={}", last["cursor"].as_str().unwrap());
    let none = platform.get(&next).await.ok();
    assert_eq!((&none["items"], &none["cursor"]), (&json!([]), &last["cursor"]));
    let again = app.fresh(&families[1].client);
    again.post(&format!("/bookings/{}/cancel", bookings[1]), json!({})).await.ok();
    app.clock.advance(TimeDelta::minutes(3));
    let news = platform.get(&next).await.ok();
    assert_eq!((news["items"].as_array().unwrap().len(), &news["items"][0]["id"]), (1, &json!(bookings[1])));
    let since = (app.clock.now() - TimeDelta::minutes(4)).to_rfc3339().replace('+', "%2B");
    let recent = platform.get(&format!("/exchange/bookings?since={since}")).await.ok();
    assert_eq!(recent["items"], news["items"]);
}

#[tokio::test]
async fn redemptions_come_when_made_and_again_when_reversed() {
    let app = TestApp::spawn().await;
    let (admin, place, family) = (app.admin().await, app.place().await, app.a_family().await);
    let campaign = app.campaign().await;
    let voucher = app.voucher_with(&campaign, &family, |row| row.units_used = 1).await;
    let row = app.redemption(&voucher, place.centre.id, app.clock.today(), |_| {}).await;
    let (_, platform) = key(&app, &admin, ALL).await;
    app.clock.advance(TimeDelta::minutes(3));
    let made = all(&platform, "redemptions", 10).await;
    assert_eq!((made.len(), &made[0]["id"], &made[0]["status"]), (1, &json!(row.id), &json!("redeemed")));
    let cursor = platform.get("/exchange/redemptions").await.ok()["cursor"].as_str().unwrap().to_owned();
    let body = json!({ "reason": "误核销" });
    app.officer().await.post(&format!("/bureau/redemptions/{}/reverse", row.id), body).await.ok();
    app.clock.advance(TimeDelta::minutes(3));
    let news = platform.get(&format!("/exchange/redemptions?cursor={cursor}")).await.ok();
    assert_eq!((&news["items"][0]["id"], &news["items"][0]["status"]), (&json!(row.id), &json!("reversed")));
}

#[tokio::test]
async fn a_centres_key_sees_its_centre_only_and_its_manager_only_its_keys() {
    let app = TestApp::spawn().await;
    let (mine, other) = (app.place().await, app.place().await);
    let families = app.many_families(2).await;
    let (booking, _) = (booked(&mine, &families[0]).await, booked(&other, &families[1]).await);
    let (manager, stranger) = (app.manager(mine.centre.id).await, app.manager(other.centre.id).await);
    let (id, software) = key(&app, &manager, ALL).await;
    app.clock.advance(TimeDelta::minutes(3));
    let bookings = all(&software, "bookings", 10).await;
    assert_eq!((bookings.len(), &bookings[0]["id"]), (1, &json!(booking)));
    assert_eq!(ids(&all(&software, "centres", 10).await), [mine.id().as_str()].into());
    let visits = all(&software, "visits", 10).await;
    assert!(!visits.is_empty() && visits.iter().all(|visit| visit["centre_id"] == mine.id()));
    assert_eq!(software.get("/exchange/satisfaction").await.ok()["items"], json!([]));

    assert_eq!(stranger.get("/desk/access-keys").await.ok()["items"], json!([]));
    stranger.post(&format!("/desk/access-keys/{id}/revoke"), json!({})).await.problem(404, "NOT_FOUND");
    let mut body = wanted(&app, ALL);
    body["successor_of"] = json!(id);
    stranger.post("/desk/access-keys", body.clone()).await.problem(404, "NOT_FOUND");
    software.get("/exchange/centres").await.ok();

    // A successor knows the children by the same names; another holder by others.
    let child = bookings[0]["child"].clone();
    let successor = manager.post("/desk/access-keys", body).await.created()["key"].as_str().unwrap().to_owned();
    let successor = app.anonymous().with_token(&successor);
    assert_eq!(all(&successor, "bookings", 10).await[0]["child"], child);
    let admin = app.admin().await;
    let (_, platform) = key(&app, &admin, ALL).await;
    let seen = all(&platform, "bookings", 10).await;
    assert!(seen.len() == 2 && seen.iter().all(|booking| booking["child"] != child));
    admin.post(&format!("/bureau/access-keys/{id}/revoke"), json!({})).await.ok();
    software.get("/exchange/centres").await.problem(401, "NOT_SIGNED_IN");
}
