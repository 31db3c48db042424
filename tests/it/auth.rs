//! Sign-in: WeChat, passwords, tokens, sessions, roles.

use std::time::Duration;

use chrono::TimeDelta;
use entity::{AccountStatus, StaffRole, families, sessions};
use harness::{
    Answer, Backend, Client, FakeWeChat, Reply, TestApp, at_once, backend,
    people::{PASSWORD, child_body},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use quanxiangtuo::platform::clock::Stopwatch;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _};
use serde_json::{Value, json};

async fn app_with(wechat: &FakeWeChat) -> TestApp {
    let settings = wechat.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    TestApp::spawn_with(&settings).await
}

async fn sign_in(app: &TestApp, code: &str) -> Reply {
    app.anonymous().post("/auth/wechat", json!({ "code": code })).await
}

async fn refresh(client: &Client) -> Reply {
    client.post("/auth/refresh", json!({ "refresh_token": client.refresh_token() })).await
}

#[tokio::test]
async fn every_failure_of_wechat_has_its_own_answer() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat).await;
    let cases = [
        (Answer::Error(40029, "invalid code"), 422, "WX_CODE_INVALID"),
        (Answer::Error(40163, "code been used"), 422, "WX_CODE_INVALID"),
        (Answer::Error(45011, "api minute-quota reach limit, please retry next minute"), 503, "WX_BUSY"),
        (Answer::Error(-1, "system error"), 503, "WX_BUSY"),
        (Answer::Error(40226, "code blocked"), 403, "FORBIDDEN"),
        (Answer::Error(40013, "invalid appid"), 503, "WX_BUSY"),
        (Answer::HangUp, 503, "WX_BUSY"),
        (Answer::HangUpInTheMiddle, 503, "WX_BUSY"),
        (Answer::Page("<html>502 Bad Gateway</html>"), 503, "WX_BUSY"),
    ];
    for (i, (answer, status, code)) in cases.into_iter().enumerate() {
        let wx_code = format!("code-{i}");
        wechat.answer(&wx_code, answer);
        sign_in(&app, &wx_code).await.problem(status, code);
    }
    assert_eq!(wechat.faults(), Vec::<String>::new());
    assert_eq!(app.count(families::Entity).await, 0, "a failed sign-in makes no account");
}

#[tokio::test]
async fn a_code_signs_in_once_and_an_openid_is_one_account() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat).await;
    wechat.answer("first", Answer::Openid("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"));
    wechat.answer(
        "second",
        Answer::Slow(Duration::from_millis(300), Box::new(Answer::Openid("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"))),
    );
    let first = sign_in(&app, "first").await.ok();
    sign_in(&app, "first").await.problem(422, "WX_CODE_INVALID");
    let second = sign_in(&app, "second").await.ok();
    assert_eq!(first["user"], second["user"]);
    assert_eq!(first["user"]["role"], "guardian");
    assert_eq!(wechat.calls(), ["first", "first", "second"]);
    assert_eq!(wechat.faults(), Vec::<String>::new());
    // With WeChat configured there is no sandbox.
    sign_in(&app, "dev:chen").await.problem(422, "WX_CODE_INVALID");
}

#[tokio::test]
async fn a_wechat_that_does_not_answer_is_busy_and_not_waited_for_long() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat).await;
    wechat.answer("slow", Answer::Slow(Duration::from_secs(40), Box::new(Answer::Openid("late"))));
    let watch = Stopwatch::start();
    let reply = sign_in(&app, "slow").await;
    assert!(watch.elapsed() < Duration::from_secs(15), "took {:?}", watch.elapsed());
    assert!(reply.header("retry-after").is_some());
    reply.problem(503, "WX_BUSY");
}

#[tokio::test]
async fn one_guardian_on_many_phones_at_once_is_one_account() {
    let app = TestApp::spawn().await;
    let replies = at_once((0..8).map(|_| sign_in(&app, "dev:chen"))).await;
    let ids: Vec<Value> = replies.into_iter().map(|reply| reply.ok()["user"]["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(app.count(families::Entity).await, 1);
}

#[tokio::test]
async fn a_sandbox_code_needs_a_name() {
    let app = TestApp::spawn().await;
    for code in ["dev:", "chen", "DEV:chen"] {
        sign_in(&app, code).await.problem(422, "WX_CODE_INVALID");
    }
    app.anonymous().post("/auth/wechat", json!({})).await.invalid("code");
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_second_use_ends_the_session() {
    let app = TestApp::spawn().await;
    let before = app.guardian("chen").await;
    let after = before.signed_in(&refresh(&before).await);
    assert_ne!(before.refresh_token(), after.refresh_token());
    after.get("/me").await.ok();
    refresh(&before).await.problem(401, "NOT_SIGNED_IN");
    for client in [&before, &after] {
        client.get("/me").await.problem(401, "NOT_SIGNED_IN");
        refresh(client).await.problem(401, "NOT_SIGNED_IN");
    }
    let session = sessions::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!(session.revoked_for.as_deref(), Some("reuse"));
    // Another session of the same guardian is not touched.
    app.guardian("chen").await.get("/me").await.ok();
}

#[tokio::test]
async fn of_many_refreshes_at_once_at_most_one_wins() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let replies = at_once((0..16).map(|_| refresh(&client))).await;
    let (won, lost): (Vec<Reply>, Vec<Reply>) = replies.into_iter().partition(Reply::is_success);
    assert_eq!(won.len(), 1);
    for reply in lost {
        reply.problem(401, "NOT_SIGNED_IN");
    }
    client.signed_in(&won[0]).get("/me").await.problem(401, "NOT_SIGNED_IN");
}

#[tokio::test]
async fn tokens_end_with_their_time() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    app.clock.advance(TimeDelta::minutes(29));
    client.get("/me").await.ok();
    app.clock.advance(TimeDelta::minutes(1));
    client.get("/me").await.problem(401, "NOT_SIGNED_IN");
    let client = client.signed_in(&refresh(&client).await);
    client.get("/me").await.ok();
    app.clock.advance(TimeDelta::days(30));
    refresh(&client).await.problem(401, "NOT_SIGNED_IN");
    client.post("/auth/refresh", json!({ "refresh_token": "not-one-of-ours" })).await.problem(401, "NOT_SIGNED_IN");
}

#[tokio::test]
async fn a_sign_out_works_at_once_on_every_replica() {
    let app = TestApp::spawn().await;
    // The in-process store is for one replica only (the settings refuse more), so there the other
    // replica is the same one with its other worker.
    let replica = match backend() {
        Backend::Postgres => Some(app.replica().await),
        Backend::Sqlite => None,
    };
    let other = replica.as_ref().unwrap_or(&app);
    let client = app.guardian("chen").await;
    let stays = app.guardian("chen").await;
    for at in [&app, other, &app, other] {
        client.at(at).get("/me").await.ok();
        stays.at(at).get("/me").await.ok();
    }
    client.post("/auth/logout", json!({})).await.no_content();
    for at in [other, &app, other] {
        client.at(at).get("/me").await.problem(401, "NOT_SIGNED_IN");
        refresh(&client.at(at)).await.problem(401, "NOT_SIGNED_IN");
        stays.at(at).get("/me").await.ok();
    }
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour() {
    let app = TestApp::spawn().await;
    app.staff("lin", StaffRole::Officer, None).await;
    // A good sign-in in between begins the count anew.
    for _ in 0..4 {
        app.sign_in_staff("lin", "wrong").await.problem(401, "WRONG_CREDENTIALS");
    }
    let body = app.sign_in_staff("lin", PASSWORD).await.ok();
    assert_eq!(body["user"]["role"], "officer");
    for _ in 0..5 {
        app.sign_in_staff("lin", "wrong").await.problem(401, "WRONG_CREDENTIALS");
    }
    let locked = app.sign_in_staff("lin", PASSWORD).await;
    let wait: i64 = locked.header("retry-after").unwrap().parse().unwrap();
    assert!((880..=900).contains(&wait), "{wait}");
    locked.problem(429, "ACCOUNT_LOCKED");
    app.clock.advance(TimeDelta::minutes(15));
    app.sign_in_staff("lin", PASSWORD).await.ok();
    // A name that nobody has is answered in the same way, so that the lock tells nothing of names.
    for _ in 0..2 {
        for _ in 0..5 {
            app.sign_in_staff("nobody", "wrong").await.problem(401, "WRONG_CREDENTIALS");
        }
        let locked = app.sign_in_staff("nobody", PASSWORD).await;
        let wait: i64 = locked.header("retry-after").unwrap().parse().unwrap();
        assert!((880..=900).contains(&wait), "{wait}");
        locked.problem(429, "ACCOUNT_LOCKED");
        app.clock.advance(TimeDelta::minutes(15));
    }
    app.sign_in_staff("nobody", PASSWORD).await.problem(401, "WRONG_CREDENTIALS");
}

#[tokio::test]
async fn a_closed_account_is_out() {
    let app = TestApp::spawn().await;
    let row = app.staff("lin", StaffRole::Admin, None).await;
    let client = app.session_of(&row).await;
    let mut row = row.into_active_model();
    row.status = Set(AccountStatus::Closed);
    row.update(app.db()).await.unwrap();
    app.sign_in_staff("lin", PASSWORD).await.problem(403, "FORBIDDEN");
    client.post("/auth/logout", json!({})).await.problem(401, "NOT_SIGNED_IN");
}

#[tokio::test]
async fn sign_ins_are_limited_by_address() {
    let app = TestApp::spawn_with(&[("rate_limits", "on")]).await;
    for _ in 0..60 {
        sign_in(&app, "not-a-code").await.problem(422, "WX_CODE_INVALID");
    }
    let reply = sign_in(&app, "dev:chen").await;
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    reply.problem(429, "RATE_LIMITED");
}

/// The claims of a token, to be forged with changes.
fn claims(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode_claims(token).unwrap()
}

fn sign(claims: &Value, kid: Option<&str>, algorithm: Algorithm, key: &[u8]) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).unwrap()
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let officer = app.officer().await;
    let good = claims(client.token());
    let keys = app.ctx.keys.active();
    let kid = keys.id.to_string();
    let with = |member: &str, value: Value| {
        let mut changed = good.clone();
        changed[member] = value;
        changed
    };
    let signed = |claims: &Value| sign(claims, Some(&kid), Algorithm::HS256, &keys.token);
    // The control: what is forged below with the right key and nothing changed is let in.
    client.with_token(&signed(&good)).get("/me").await.ok();

    let [header, payload, signature]: [&str; 3] = client.token().split('.').collect::<Vec<_>>().try_into().unwrap();
    let other_payload = officer.token().split('.').nth(1).unwrap();
    // {"alg":"none","typ":"JWT","kid":"0"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoiMCJ9";
    let mut without_exp = good.clone();
    without_exp.as_object_mut().unwrap().remove("exp");
    let forged = [
        ("no algorithm", format!("{none}.{payload}.")),
        ("no algorithm, with a signature", format!("{none}.{payload}.{signature}")),
        ("no signature", format!("{header}.{payload}.")),
        ("another's claims", format!("{header}.{other_payload}.{signature}")),
        ("another key", sign(&good, Some(&kid), Algorithm::HS256, &[7; 32])),
        ("an empty key", sign(&good, Some(&kid), Algorithm::HS256, &[])),
        ("another algorithm", sign(&good, Some(&kid), Algorithm::HS512, &keys.token)),
        ("an unknown key id", sign(&good, Some("Z"), Algorithm::HS256, &keys.token)),
        ("a long key id", sign(&good, Some("00"), Algorithm::HS256, &keys.token)),
        ("no key id", sign(&good, None, Algorithm::HS256, &keys.token)),
        ("ended", signed(&with("exp", json!(app.clock.now().timestamp() - 1)))),
        ("without an end", signed(&without_exp)),
        ("another issuer", signed(&with("iss", json!("someone")))),
        ("another audience", signed(&with("aud", json!("someone")))),
        ("an unknown session", signed(&with("sid", json!("ses_0192f0c18a7c7d10b1c2d3e4f5a6b7c8")))),
        ("an unknown role", signed(&with("role", json!("root")))),
        ("nonsense", "x.y.z".to_owned()),
        ("dots", "..".to_owned()),
    ];
    for (what, token) in forged {
        let reply = client.with_token(&token).get("/me").await;
        assert_eq!((reply.status, reply.code()), (401, Some("NOT_SIGNED_IN")), "{what}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{what}");
    }
    for scheme in ["Basic", "Token", ""] {
        let value = format!("{scheme} {}", client.token());
        let headers = [("Authorization", value.as_str())];
        let reply = app.anonymous().send(reqwest::Method::GET, "/me", None, &headers).await;
        reply.problem(401, "NOT_SIGNED_IN");
    }
}

#[tokio::test]
async fn a_role_reaches_only_its_own() {
    let app = TestApp::spawn().await;
    let centre = app.centre().await;
    app.anonymous().get("/me").await.problem(401, "NOT_SIGNED_IN");
    for client in [app.carer(centre.id).await, app.manager(centre.id).await, app.officer().await, app.admin().await] {
        client.get("/me").await.problem(403, "FORBIDDEN");
        let body = child_body("小米", app.born_months_ago(18));
        client.post("/me/children", body).await.problem(403, "FORBIDDEN");
    }
}

#[tokio::test]
async fn staff_are_told_their_centre() {
    let app = TestApp::spawn().await;
    let centre = app.centre().await;
    app.staff("carer-1", StaffRole::Carer, Some(centre.id)).await;
    let body = app.sign_in_staff("carer-1", PASSWORD).await.ok();
    assert_eq!(body["user"]["role"], "carer");
    assert_eq!(body["user"]["centre_id"], centre.id.to_string());
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 1800);
}
