//! The desk without network, and keys that rotate.

use chrono::TimeDelta;
use data_encoding::{BASE32_NOPAD, BASE64};
use ed25519_dalek::{Signature, VerifyingKey};
use entity::{VisitStatus, campaigns, redemptions, vouchers};
use harness::{Client, Family, Place, TestApp, at_once};
use quanxiangtuo::{
    features::vouchers::code_keys,
    platform::db::{Db, write_txn},
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

struct Scene {
    app: TestApp,
    place: Place,
    desk: Client,
    officer: Client,
    campaign: campaigns::Model,
}

impl Scene {
    /// A campaign that lets a centre redeem so many units offline a day.
    async fn new(daily: i32) -> Self {
        let app = TestApp::spawn().await;
        let place = app.place().await;
        let (desk, officer) = (app.carer(place.centre.id).await, app.officer().await);
        let campaign = app.campaign_with(|row| row.offline_daily_units = Some(daily)).await;
        Self { app, place, desk, officer, campaign }
    }

    async fn family(&self) -> (Family, vouchers::Model) {
        let family = self.app.a_family().await;
        let voucher = self.app.voucher(&self.campaign, &family).await;
        (family, voucher)
    }

    fn scan(&self, code: &str, request_id: &str) -> Value {
        let now = quanxiangtuo::platform::clock::local(self.app.clock.now());
        json!({ "code": code, "scanned_at": now.to_rfc3339(), "request_id": request_id, "device": "平板2" })
    }

    async fn upload(&self, scans: &[Value]) -> Vec<Value> {
        let body = self.desk.post("/desk/redemptions/offline", json!({ "scans": scans })).await.ok();
        body["results"].as_array().unwrap().clone()
    }
}

async fn offline_code(family: &Family, voucher: &vouchers::Model) -> String {
    family.client.get(&format!("/vouchers/{}/offline-code", voucher.id)).await.text("/code")
}

#[tokio::test]
async fn a_desk_verifies_an_offline_code_with_nothing_but_its_pack() {
    let scene = Scene::new(5).await;
    let (family, voucher) = scene.family().await;
    scene.app.visit(&scene.place, &family, scene.app.clock.today(), VisitStatus::Expected).await;
    let (other, other_voucher) = scene.family().await;
    let pack = scene.desk.get("/desk/offline").await.ok();
    let code = offline_code(&family, &voucher).await;

    // As a desk without network does it: key by the second character, signature over the rest.
    assert!(code.len() <= 154 && code.starts_with('O'), "{code}");
    let key = pack["keys"].as_array().unwrap().iter().find(|key| key["id"] == code[1..2]).unwrap();
    let public = BASE64.decode(key["public_key"].as_str().unwrap().as_bytes()).unwrap();
    let public = VerifyingKey::from_bytes(&public.try_into().unwrap()).unwrap();
    let bytes = BASE32_NOPAD.decode(&code.as_bytes()[2..]).unwrap();
    let signed = [&code.as_bytes()[..2], &bytes[..26]].concat();
    public.verify_strict(&signed, &Signature::from_slice(&bytes[26..]).unwrap()).unwrap();
    assert_eq!(bytes[..16], *voucher.id.0.as_bytes());

    assert_eq!(pack["expected"].as_array().unwrap().len(), 1);
    let expected = &pack["expected"][0];
    assert_eq!((&expected["voucher_id"], &expected["units_left"]), (&json!(voucher.id), &json!(15)));
    assert_eq!(expected["child"], json!({ "name": "小*", "age_months": 18, "class": "托小班" }));
    assert_eq!(expected["redeemed_today"], false);
    assert_eq!(pack["campaigns"][0]["daily_units"], 5);

    // Pictures decode to the code of their minute; another's voucher has none for us.
    let picture = family.client.get(&format!("/vouchers/{}/offline-code.png?size=600", voucher.id)).await;
    let picture = image::load_from_memory(&picture.bytes).unwrap().to_luma8();
    let mut prepared = rqrr::PreparedImage::prepare(picture);
    let (_, text) = prepared.detect_grids()[0].decode().unwrap();
    assert_eq!(text[..2], code[..2]);
    other.client.get(&format!("/vouchers/{}/offline-code", voucher.id)).await.problem(404, "NOT_FOUND");
    scene
        .officer
        .patch(&format!("/bureau/campaigns/{}", scene.campaign.id), json!({ "offline_daily_units": 0 }))
        .await
        .ok();
    let off = other.client.get(&format!("/vouchers/{}/offline-code", other_voucher.id)).await;
    off.problem(422, "OFFLINE_NOT_ALLOWED");
    assert_eq!(other.client.get("/vouchers").await.ok()["items"][0]["offline"], false);
}

#[tokio::test]
async fn a_queue_is_uploaded_later_with_its_own_times_and_taken_once() {
    let scene = Scene::new(5).await;
    let (family, voucher) = scene.family().await;
    let code = offline_code(&family, &voucher).await;
    scene.app.clock.advance(TimeDelta::hours(5));
    let scan = scene.scan(&code, "scan-1");
    let monday = scene.app.clock.today();
    // The network comes back the next day.
    scene.app.clock.advance(TimeDelta::days(1));
    let first = scene.upload(std::slice::from_ref(&scan)).await.remove(0);
    assert_eq!((&first["outcome"], &first["conflict_id"]), (&json!("redeemed"), &Value::Null));
    let redemption = &first["redemption"];
    assert_eq!((&redemption["service_date"], &redemption["offline"]), (&json!(monday), &json!(true)));
    assert_eq!(redemption["redeemed_at"], scan["scanned_at"].as_str().unwrap().replace(".000", "").as_str());
    assert_eq!(scene.upload(std::slice::from_ref(&scan)).await.remove(0), first, "sent again");
    let row = redemptions::Entity::find().one(scene.app.db()).await.unwrap().unwrap();
    assert_eq!(row.uploaded_at.map(|at| at > row.redeemed_at), Some(true));
    assert_eq!(scene.app.count(redemptions::Entity).await, 1);
    let listed = scene.desk.get("/desk/redemptions").await.ok();
    assert_eq!(listed["items"][0]["offline"], true);
    let left = family.client.get(&format!("/vouchers/{}", voucher.id)).await.ok();
    assert_eq!(left["units_used"], 1);

    scene.desk.post("/desk/redemptions/offline", json!({ "scans": [] })).await.invalid("scans");
    let many: Vec<_> = (0..51).map(|n| scene.scan(&code, &format!("scan-{n}"))).collect();
    scene.desk.post("/desk/redemptions/offline", json!({ "scans": many })).await.invalid("scans");
    family.client.post("/desk/redemptions/offline", json!({ "scans": [scan] })).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn what_stands_against_an_offline_scan_becomes_a_conflict_that_the_bureau_decides() {
    let scene = Scene::new(3).await;
    let app = &scene.app;
    let elsewhere = app.place().await;
    let (family, voucher) = scene.family().await;
    let code = offline_code(&family, &voucher).await;
    let scan = scene.scan(&code, "used-elsewhere");
    // Meanwhile another centre with network redeems the day.
    let online = family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.ok();
    let there = app.carer(elsewhere.centre.id).await;
    there.post("/desk/redemptions", json!({ "code": online["code"], "request_id": "online-1" })).await.created();

    let (revoked_family, revoked) = scene.family().await;
    let revoked_code = offline_code(&revoked_family, &revoked).await;
    let why = json!({ "reason": "家庭迁出" });
    scene.officer.post(&format!("/bureau/vouchers/{}/revoke", revoked.id), why).await.ok();
    let forged = format!("{}{}", &code[..80], if code[80..].starts_with('A') { "B" } else { "A" }) + &code[81..];
    let mut old = scene.scan(&code, "older-than-a-day");
    old["scanned_at"] = json!("2026-02-20T09:00:00+08:00");
    let results =
        scene.upload(&[scan.clone(), scene.scan(&revoked_code, "revoked"), scene.scan(&forged, "forged"), old]).await;
    let outcomes: Vec<_> =
        results.iter().map(|r| (r["outcome"].as_str().unwrap(), r["reason"].as_str().unwrap())).collect();
    assert_eq!(
        outcomes,
        [
            ("conflict", "ALREADY_REDEEMED_TODAY"),
            ("conflict", "VOUCHER_REVOKED"),
            ("refused", "VOUCHER_INVALID"),
            ("conflict", "VOUCHER_CODE_EXPIRED"),
        ]
    );
    assert_eq!(scene.upload(&[scan]).await[0], results[0], "sent again");
    let refused = scene.desk.get("/desk/refused-scans").await.ok();
    assert_eq!(refused["items"][0]["reason"], "VOUCHER_INVALID");

    let open = scene.officer.get("/bureau/offline-conflicts?status=open").await.ok();
    assert_eq!(open["items"].as_array().unwrap().len(), 3);
    assert_eq!(
        scene.desk.get("/desk/offline-conflicts").await.ok(),
        scene.officer.get("/bureau/offline-conflicts").await.ok()
    );
    assert_eq!(there.get("/desk/offline-conflicts").await.ok()["items"], json!([]));
    let resolve =
        |n: usize| format!("/bureau/offline-conflicts/{}/resolve", results[n]["conflict_id"].as_str().unwrap());
    scene.desk.post(&resolve(0), json!({ "decision": "pay", "note": "自批" })).await.problem(403, "FORBIDDEN");
    let paid = scene.officer.post(&resolve(0), json!({ "decision": "pay", "note": "确有托育" })).await.ok();
    assert_eq!(paid["status"], "paid");
    // The same code under another request: the day is paid once.
    let twice = scene.upload(&[scene.scan(&code, "tapped-twice")]).await[0]["conflict_id"].as_str().unwrap().to_owned();
    let again = format!("/bureau/offline-conflicts/{twice}/resolve");
    let refused = scene.officer.post(&again, json!({ "decision": "pay", "note": "又一次" })).await;
    assert_eq!(refused.problem(409, "WRONG_STATE")["reason"], "paid");
    scene.officer.post(&resolve(0), json!({ "decision": "dismiss", "note": "改判" })).await.problem(409, "WRONG_STATE");
    let dismissed = scene.officer.post(&resolve(1), json!({ "decision": "dismiss", "note": "券已作废" })).await.ok();
    assert_eq!(dismissed["status"], "dismissed");
    let waiting = scene.officer.get("/bureau/adjustments?pending=true").await.ok();
    let waiting = waiting["items"].as_array().unwrap();
    assert_eq!((waiting.len(), &waiting[0]["amount_fen"]), (1, &json!(5000)));
    assert_eq!(waiting[0]["centre_id"], json!(scene.place.centre.id));
    // Paid without a unit: the voucher's books are as before.
    let books = scene.officer.get(&format!("/bureau/campaigns/{}/reconciliation", scene.campaign.id)).await.ok();
    assert_eq!(books["balanced"], true, "{books}");
}

#[tokio::test]
async fn a_key_given_to_two_scans_holds_up_no_other_of_the_queue_and_loses_none() {
    let scene = Scene::new(5).await;
    let mut codes = vec![];
    for _ in 0..4 {
        let (family, voucher) = scene.family().await;
        codes.push(offline_code(&family, &voucher).await);
    }
    let scan = |n: usize, key: &str| scene.scan(&codes[n], key);
    let queue = [scan(0, "same-key"), scan(1, "same-key"), scan(2, "same-key"), scan(3, "another-key")];
    let results = scene.upload(&queue).await;
    let outcomes: Vec<_> = results.iter().map(|r| (r["outcome"].as_str().unwrap(), r["reason"].as_str())).collect();
    let reused = Some("IDEMPOTENCY_KEY_REUSED");
    assert_eq!(outcomes, [("redeemed", None), ("conflict", reused), ("refused", reused), ("redeemed", None)]);
    assert_eq!(scene.upload(&queue).await[..2], results[..2], "sent again");
    assert_eq!(scene.app.count(redemptions::Entity).await, 2);
    assert_eq!(scene.app.count(entity::offline_conflicts::Entity).await, 1);
    let kept = scene.desk.get("/desk/refused-scans").await.ok();
    assert_eq!(kept["items"][0]["reason"], "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn a_centre_redeems_no_more_than_its_daily_bound_offline_whoever_uploads_at_once() {
    let scene = Scene::new(3).await;
    let mut scans = vec![];
    for n in 0..8 {
        let (family, voucher) = scene.family().await;
        scans.push(scene.scan(&offline_code(&family, &voucher).await, &format!("scan-{n}")));
    }
    let results = at_once(scans.iter().map(|scan| scene.upload(std::slice::from_ref(scan)))).await;
    let outcome = |word: &str| results.iter().filter(|r| r[0]["outcome"] == word).count();
    assert_eq!((outcome("redeemed"), outcome("conflict")), (3, 5));
    assert!(results.iter().all(|r| r[0]["outcome"] == "redeemed" || r[0]["reason"] == "OFFLINE_LIMIT"));
    assert_eq!(scene.app.count(redemptions::Entity).await, 3);
    let used: i32 =
        vouchers::Entity::find().all(scene.app.db()).await.unwrap().iter().map(|voucher| voucher.units_used).sum();
    assert_eq!(used, 3, "what the bound refused used no unit");
    // The same scan many times at once is one redemption; tomorrow is another day.
    scene.app.clock.advance(TimeDelta::days(1));
    let (family, voucher) = scene.family().await;
    let scan = scene.scan(&offline_code(&family, &voucher).await, "again-and-again");
    let results = at_once((0..8).map(|_| scene.upload(std::slice::from_ref(&scan)))).await;
    assert!(results.iter().all(|r| r[0] == results[0][0] && r[0]["outcome"] == "redeemed"), "{results:?}");
    assert_eq!(scene.app.count(redemptions::Entity).await, 4);
}

async fn rotate(app: &TestApp, leaked: bool) -> code_keys::Rotated {
    let (keys, now) = (&app.ctx.keys, app.clock.now());
    let db: &Db = &app.ctx.db;
    write_txn(db, async |txn| code_keys::rotate(txn, keys, now, leaked).await).await.unwrap()
}

#[tokio::test]
async fn keys_rotate_without_a_gap_while_replicas_learn_of_them_at_different_times() {
    let scene = Scene::new(5).await;
    let app = &scene.app;
    let replica = app.replica().await;
    let (family, voucher) = scene.family().await;
    let scan = async |desk: &Client, code: &str| {
        let request: entity::RedemptionId = app.id();
        desk.post("/desk/redemptions/preview", json!({ "code": code, "request_id": request.to_string() })).await
    };
    let there = scene.desk.at(&replica);
    let code = async || family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.text("/code");

    let former = code().await;
    let offline = offline_code(&family, &voucher).await;
    let rotated = rotate(app, false).await;
    // Not used before every replica had the time to learn of it.
    assert_eq!(code().await[1..2], former[1..2]);
    app.ctx.code_keys.refresh(app.db()).await.unwrap();
    assert_eq!(code().await[1..2], former[1..2]);
    app.clock.advance(TimeDelta::seconds(31));
    let minted = code().await;
    assert_eq!(minted[1..2], rotated.id.to_string(), "the new key mints");
    // The other replica hasn't looked for keys yet: it does when it sees one it doesn't know.
    scan(&there, &minted).await.ok();
    scan(&scene.desk, &minted).await.ok();
    // A code of the former key, within its time still.
    scan(&there, &former).await.ok();

    // A second rotation; codes of both live, and the offline code of before the first is taken.
    let second = rotate(app, false).await;
    assert_ne!(second.id, rotated.id);
    app.ctx.code_keys.refresh(app.db()).await.unwrap();
    scan(&there, &code().await).await.ok();
    let taken = scene.upload(&[scene.scan(&offline, "signed-by-the-first")]).await;
    assert_eq!(taken[0]["outcome"], "redeemed");
    let keys = scene.desk.get("/desk/offline").await.ok()["keys"].as_array().unwrap().len();
    assert_eq!(keys, 3);
    app.clock.advance(TimeDelta::days(10));
    let desk = app.fresh(&scene.desk);
    assert_eq!(desk.get("/desk/offline").await.ok()["keys"].as_array().unwrap().len(), 1, "the former ones retired");
}

#[tokio::test]
async fn a_leaked_key_verifies_for_a_minute_only() {
    let scene = Scene::new(5).await;
    let app = &scene.app;
    let (family, voucher) = scene.family().await;
    let leaked = offline_code(&family, &voucher).await;
    rotate(app, true).await;
    app.ctx.code_keys.refresh(app.db()).await.unwrap();
    app.clock.advance(TimeDelta::seconds(95));
    let results = scene.upload(&[scene.scan(&leaked, "made-by-a-thief")]).await;
    assert_eq!((&results[0]["outcome"], &results[0]["reason"]), (&json!("refused"), &json!("VOUCHER_INVALID")));
    let good = scene.upload(&[scene.scan(&offline_code(&family, &voucher).await, "made-anew")]).await;
    assert_eq!(good[0]["outcome"], "redeemed");
}

#[tokio::test]
async fn when_every_key_id_is_in_use_nothing_is_rotated() {
    let app = TestApp::spawn().await;
    let first = rotate(&app, false).await;
    let ids = 36 - app.ctx.keys.all().count();
    for _ in 1..ids {
        rotate(&app, false).await;
    }
    let (stored, now) = (app.count(entity::code_keys::Entity).await, app.clock.now());
    let (db, keys): (&Db, _) = (&app.ctx.db, &app.ctx.keys);
    let refused = write_txn(db, async |txn| code_keys::rotate(txn, keys, now, false).await).await.unwrap_err();
    assert!(refused.to_string().contains("rotate again when the oldest has retired"), "{refused}");
    assert_eq!(app.count(entity::code_keys::Entity).await, stored);
    // Once the former ones have retired, their ids are free again.
    app.clock.advance(TimeDelta::days(10));
    assert_eq!(rotate(&app, false).await.id, first.id);
}
