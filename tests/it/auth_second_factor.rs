//! The second factor of staff who decide.

use chrono::TimeDelta;
use entity::{StaffRole, audit_rows, second_factors, staff, staff_bindings};
use harness::{Client, Reply, TestApp, at_once, people::PASSWORD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};
use sha1::Sha1;

/// An authenticator app, written apart from the program's own.
fn code_at(secret: &str, seconds: i64) -> String {
    let key = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&u64::try_from(seconds / 30).unwrap().to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[hash.len() - 1] & 15);
    let bytes: [u8; 4] = hash[offset..offset + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000)
}

fn code(app: &TestApp, secret: &str) -> String {
    code_at(secret, app.clock.now().timestamp())
}

/// A code that is none of the present ones.
fn wrong(app: &TestApp, secret: &str) -> String {
    let now = app.clock.now().timestamp();
    let near: Vec<_> = (-3..=3).map(|step| code_at(secret, now + step * 30)).collect();
    (0..10).map(|n| format!("{n}00000")).find(|code| !near.contains(code)).unwrap()
}

async fn sign_in(app: &TestApp, name: &str, otp: &str) -> Reply {
    let body = json!({ "username": name, "password": PASSWORD, "otp": otp });
    app.anonymous().post("/auth/staff", body).await
}

/// An officer with the second factor on: the account, a session, the secret, the recovery codes.
async fn secured(app: &TestApp, name: &str) -> (staff::Model, Client, String, Vec<String>) {
    let row = app.staff(name, StaffRole::Officer, None).await;
    let (client, elsewhere) = (app.session_of(&row).await, app.session_of(&row).await);
    let begun = client.post("/me/second-factor", json!({})).await.created();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let done = client.post("/me/second-factor/confirm", json!({ "code": code(app, &secret) })).await.ok();
    let codes = done["recovery_codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect();
    elsewhere.get("/me/second-factor").await.problem(401, "NOT_SIGNED_IN");
    // The code that confirmed it was used.
    app.clock.advance(TimeDelta::seconds(60));
    (row, client, secret, codes)
}

#[tokio::test]
async fn with_it_on_the_password_alone_is_not_enough() {
    let app = TestApp::spawn().await;
    let row = app.staff("chen", StaffRole::Manager, Some(app.place().await.centre.id)).await;
    let client = app.session_of(&row).await;
    assert_eq!(client.get("/me/second-factor").await.ok()["on"], false);
    let begun = client.post("/me/second-factor", json!({})).await.created();
    let secret = begun["secret"].as_str().unwrap();
    let url = begun["otpauth_url"].as_str().unwrap();
    assert!(url.starts_with("otpauth://totp/Quanxiangtuo:chen?secret=") && url.contains(secret), "{url}");
    // Until it is confirmed nothing changes.
    app.sign_in_staff("chen", PASSWORD).await.ok();
    let confirm = async |code: &str| client.post("/me/second-factor/confirm", json!({ "code": code })).await;
    confirm(&wrong(&app, secret)).await.problem(422, "SECOND_FACTOR_INVALID");
    // An answer that was lost is had again.
    let body = json!({ "code": code(&app, secret) });
    let once = async || client.post_once("/me/second-factor/confirm", "confirm-key-1", body.clone()).await;
    let codes = once().await.ok();
    assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(once().await.ok(), codes);
    confirm(&code(&app, secret)).await.problem(409, "WRONG_STATE");
    client.post("/me/second-factor", json!({})).await.problem(409, "WRONG_STATE");
    let state = client.get("/me/second-factor").await.ok();
    assert_eq!((&state["on"], &state["recovery_codes_left"]), (&json!(true), &json!(10)));

    // Nothing is told without the right password.
    app.sign_in_staff("chen", "another password").await.problem(401, "WRONG_CREDENTIALS");
    app.sign_in_staff("chen", PASSWORD).await.problem(401, "SECOND_FACTOR_REQUIRED");
    app.clock.advance(TimeDelta::seconds(60));
    let refused = sign_in(&app, "chen", &wrong(&app, secret)).await.problem(401, "WRONG_CREDENTIALS");
    assert_eq!(refused["errors"][0]["field"], "otp");
    sign_in(&app, "chen", &code(&app, secret)).await.ok();
    // At rest the secret is sealed.
    let stored = second_factors::Entity::find().one(app.db()).await.unwrap().unwrap();
    let plain = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    assert!(!stored.secret_sealed.windows(plain.len()).any(|window| window == plain));
}

#[tokio::test]
async fn a_code_lets_in_once_even_when_sent_twice_at_once() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let (_, _, secret, recovery) = secured(&app, "chen").await;
    let now = code(&app, &secret);
    let replies =
        at_once([sign_in(&app, "chen", &now), sign_in(&replica, "chen", &now), sign_in(&app, "chen", &now)]).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
    sign_in(&app, "chen", &now).await.problem(401, "WRONG_CREDENTIALS");
    app.clock.advance(TimeDelta::seconds(60));
    sign_in(&app, "chen", &code(&app, &secret)).await.ok();
    // Nor an earlier one after a later one.
    let before = code_at(&secret, app.clock.now().timestamp() - 30);
    sign_in(&app, "chen", &before).await.problem(401, "WRONG_CREDENTIALS");
    let spoken = recovery[0].to_lowercase();
    let replies = at_once([sign_in(&app, "chen", &spoken), sign_in(&replica, "chen", &spoken)]).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
    sign_in(&app, "chen", &recovery[1].replace('-', "")).await.ok();
}

#[tokio::test]
async fn wrong_codes_lock_the_account_also_when_guessed_at_once() {
    let app = TestApp::spawn().await;
    let (_, client, secret, recovery) = secured(&app, "chen").await;
    let guess = wrong(&app, &secret);
    let replies = at_once((0..9).map(|_| sign_in(&app, "chen", &guess))).await;
    let wrong_ones = replies.iter().filter(|reply| reply.code() == Some("WRONG_CREDENTIALS")).count();
    assert_eq!(wrong_ones, 5, "{replies:?}");
    assert!(replies.iter().all(|reply| matches!(reply.code(), Some("WRONG_CREDENTIALS" | "ACCOUNT_LOCKED"))));
    sign_in(&app, "chen", &code(&app, &secret)).await.problem(429, "ACCOUNT_LOCKED");
    // Whoever has the session can't go on guessing where it is turned off.
    client.delete_with("/me/second-factor", json!({ "code": recovery[0] })).await.problem(429, "ACCOUNT_LOCKED");
    app.clock.advance(TimeDelta::minutes(15));
    sign_in(&app, "chen", &code(&app, &secret)).await.ok();
    // The right password in between doesn't forgive: four, a hint, a fifth.
    app.clock.advance(TimeDelta::seconds(60));
    for _ in 0..4 {
        sign_in(&app, "chen", &wrong(&app, &secret)).await.problem(401, "WRONG_CREDENTIALS");
    }
    app.sign_in_staff("chen", PASSWORD).await.problem(401, "SECOND_FACTOR_REQUIRED");
    sign_in(&app, "chen", &wrong(&app, &secret)).await.problem(401, "WRONG_CREDENTIALS");
    sign_in(&app, "chen", &code(&app, &secret)).await.problem(429, "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn it_is_turned_off_with_a_code_and_reset_by_another_administrator() {
    let app = TestApp::spawn().await;
    let (row, client, secret, recovery) = secured(&app, "chen").await;
    let off = async |code: &str| client.delete_with("/me/second-factor", json!({ "code": code })).await;
    off(&wrong(&app, &secret)).await.problem(422, "SECOND_FACTOR_INVALID");
    off(&recovery[0]).await.no_content();
    off(&recovery[1]).await.problem(409, "WRONG_STATE");
    app.sign_in_staff("chen", PASSWORD).await.ok();

    let (admin_row, admin, ..) = {
        let row = app.staff("root", StaffRole::Admin, None).await;
        let client = app.session_of(&row).await;
        (row, client)
    };
    let (other, lost, theirs, _) = secured(&app, "wang").await;
    for _ in 0..5 {
        sign_in(&app, "wang", &wrong(&app, &theirs)).await.problem(401, "WRONG_CREDENTIALS");
    }
    app.sign_in_staff("wang", PASSWORD).await.problem(429, "ACCOUNT_LOCKED");
    let why = json!({ "reason": "手机遗失" });
    let openid_hash = app.ctx.keys.lookup_hash("families.openid", "lost");
    app.insert(staff_bindings::Model { staff_id: other.id, openid_hash, bound_at: app.clock.now() }).await;
    let path = |id| format!("/bureau/staff/{id}/second-factor/reset");
    client.post(&path(other.id), why.clone()).await.problem(403, "FORBIDDEN");
    admin.post(&path(admin_row.id), why.clone()).await.problem(403, "FORBIDDEN");
    admin.post(&path(row.id), why.clone()).await.problem(409, "WRONG_STATE");
    assert_eq!(admin.post(&path(other.id), why).await.ok()["sessions_ended"], 1);
    lost.get("/bureau/staff").await.problem(401, "NOT_SIGNED_IN");
    assert_eq!(app.count(staff_bindings::Entity).await, 0, "WeChat on the lost phone would sign in by itself");
    // The lock that the tries without the phone brought is off too.
    app.sign_in_staff("wang", PASSWORD).await.ok();
    let rows = audit_rows::Entity::find().order_by_asc(audit_rows::Column::Id).all(app.db()).await.unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    let (begin, on, off, reset) =
        ("second_factor.begin", "second_factor.on", "second_factor.off", "second_factor.reset");
    assert_eq!(actions, [begin, on, off, begin, on, reset]);
    assert!(rows.iter().all(|row| !row.detail.to_string().contains(&secret)));
}

#[tokio::test]
async fn sign_in_with_wechat_asks_for_it_too() {
    let app = TestApp::spawn().await;
    let (row, _, secret, recovery) = secured(&app, "chen").await;
    let admin = app.admin().await;
    let invited = admin.post(&format!("/bureau/staff/{}/invitations", row.id), json!({})).await.text("/code");
    let bind = json!({ "code": "dev:chen-phone", "invitation": invited, "password": PASSWORD });
    app.anonymous().post("/auth/wechat/bind", bind).await.ok();
    let enter = async |otp: Value| {
        let body = json!({ "code": "dev:chen-phone", "otp": otp });
        app.anonymous().post("/auth/wechat/staff", body).await
    };
    enter(Value::Null).await.problem(401, "SECOND_FACTOR_REQUIRED");
    enter(json!(wrong(&app, &secret))).await.problem(401, "WRONG_CREDENTIALS");
    let now = code(&app, &secret);
    enter(json!(now)).await.ok();
    // Used here, it is used at the other door as well.
    sign_in(&app, "chen", &now).await.problem(401, "WRONG_CREDENTIALS");
    enter(json!(recovery[3])).await.ok();
}

#[tokio::test]
async fn it_is_for_staff_who_decide() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let carer = app.carer(place.centre.id).await;
    for refused in [carer.get("/me/second-factor").await, carer.post("/me/second-factor", json!({})).await] {
        refused.problem(403, "FORBIDDEN");
    }
    let family = app.a_family().await;
    family.client.post("/me/second-factor", json!({})).await.problem(403, "FORBIDDEN");
    let officer = app.officer().await;
    officer.post("/me/second-factor/confirm", json!({ "code": "123456" })).await.problem(409, "WRONG_STATE");
    officer.delete_with("/me/second-factor", json!({ "code": "123456" })).await.problem(409, "WRONG_STATE");
}
