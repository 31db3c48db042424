//! The guardian's phone, through WeChat's phone button.

use entity::families;
use harness::{
    Answer, FakeWeChat, Family, TestApp,
    wechat::{APPID, PHONE, phone_number},
};
use quanxiangtuo::features::families::phone::PHONE_PLACE;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

async fn app_with(wechat: &FakeWeChat) -> TestApp {
    let settings = wechat.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    TestApp::spawn_with(&settings).await
}

async fn row(app: &TestApp, family: &Family) -> families::Model {
    families::Entity::find_by_id(family.family_id).one(app.db()).await.unwrap().unwrap()
}

async fn verify(family: &Family, code: &str) -> harness::Reply {
    family.client.post("/me/phone", json!({ "code": code })).await
}

#[tokio::test]
async fn a_phone_is_kept_sealed_found_by_its_hash_and_shown_masked() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat).await;
    let family = app.a_family().await;
    assert_eq!(family.client.get("/me").await.ok()["phone"], Value::Null);
    wechat.answer("text", phone_number("13912341234", "86", APPID));
    wechat.answer("number", phone_number("13800005678", 86, APPID));
    wechat.answer("abroad", phone_number("912345678", 886, APPID));
    assert_eq!(verify(&family, "text").await.ok()["masked"], "139****1234");
    let kept = row(&app, &family).await;
    let sealed = kept.phone_sealed.unwrap();
    assert!(!sealed.windows(11).any(|part| part == b"13912341234"));
    assert_eq!(app.ctx.keys.open_text(PHONE_PLACE, &sealed).unwrap(), "13912341234");
    assert_eq!(kept.phone_hash.unwrap(), app.ctx.keys.lookup_hash(PHONE_PLACE, "13912341234"));
    assert!(kept.phone_verified_at.is_some_and(|at| at <= app.clock.now()));
    assert_eq!(family.client.get("/me").await.ok()["phone"]["masked"], "139****1234");
    // A new one takes its place; abroad it keeps its country.
    assert_eq!(verify(&family, "number").await.ok()["masked"], "138****5678");
    assert_eq!(verify(&family, "abroad").await.ok()["masked"], "+88****5678");
    assert_eq!(wechat.faults(), Vec::<String>::new());
    let manager = app.officer().await;
    manager.post("/me/phone", json!({ "code": "x" })).await.problem(403, "FORBIDDEN");
    app.anonymous().post("/me/phone", json!({ "code": "x" })).await.problem(401, "NOT_SIGNED_IN");
    family.client.post("/me/phone", json!({})).await.invalid("code");
}

#[tokio::test]
async fn a_number_of_another_mini_program_and_a_bad_code_change_nothing() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat).await;
    let family = app.a_family().await;
    wechat.answer("foreign", phone_number("13912341234", "86", "wxanother"));
    for code in ["foreign", "unknown"] {
        let problem = verify(&family, code).await.problem(422, "WX_CODE_INVALID");
        assert_eq!(problem["errors"][0]["field"], "code");
    }
    // A code of another mini-program's button is the caller's fault, and no settings of ours.
    wechat.answer("stranger", Answer::Error(40013, "invalid appid hint: [VGAfM53Vf-0x58Ga]"));
    verify(&family, "stranger").await.problem(422, "WX_CODE_INVALID");
    assert!(app.ctx.wechat.faults().is_empty());
    for answer in [Answer::HangUp, Answer::Error(-1, "system error"), Answer::Page("<html></html>")] {
        wechat.next(PHONE, answer);
        let reply = verify(&family, "unknown").await;
        assert!(reply.header("retry-after").is_some());
        reply.problem(503, "WX_BUSY");
    }
    let kept = row(&app, &family).await;
    assert_eq!((kept.phone_sealed, kept.phone_hash, kept.phone_verified_at), (None, None, None));
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_although_its_code_is_used() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat).await;
    let family = app.a_family().await;
    wechat.answer("once", phone_number("13912341234", "86", APPID));
    let body = json!({ "code": "once" });
    let first = family.client.post_once("/me/phone", "phone-key-1", body.clone()).await.ok();
    let again = family.client.post_once("/me/phone", "phone-key-1", body.clone()).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.ok(), first);
    family.client.post_once("/me/phone", "phone-key-2", body).await.problem(422, "WX_CODE_INVALID");
}

#[tokio::test]
async fn the_sandbox_takes_a_number_as_its_code_and_few_tries_are_allowed() {
    let app = TestApp::spawn_with(&[("rate_limits", "on")]).await;
    let family = app.family("chen").await;
    assert_eq!(verify(&family, "dev:13912341234").await.ok()["masked"], "139****1234");
    for code in ["13912341234", "dev:", "dev:1391234123x", "dev:mum"] {
        verify(&family, code).await.problem(422, "WX_CODE_INVALID");
    }
    let refused = verify(&family, "dev:13912341234").await;
    assert!(refused.header("retry-after").is_some());
    refused.problem(429, "RATE_LIMITED");
}

#[tokio::test]
async fn what_wechat_never_answered_locks_no_parent_out() {
    let wechat = FakeWeChat::start().await;
    let settings = wechat.settings();
    let mut changes: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    changes.push(("rate_limits", "on"));
    let app = TestApp::spawn_with(&changes).await;
    let family = app.a_family().await;
    wechat.always(PHONE, Answer::HangUp);
    for n in 0..8 {
        let reply = verify(&family, &format!("away-{n}")).await;
        assert!(reply.header("retry-after").is_some());
        reply.problem(503, "WX_BUSY");
        app.clock.advance(chrono::TimeDelta::seconds(11));
    }
    wechat.always(PHONE, Answer::Usual);
    wechat.answer("good", phone_number("13912341234", "86", APPID));
    assert_eq!(verify(&family, "good").await.ok()["masked"], "139****1234");
    // What WeChat judged counts as before.
    for code in ["a", "b", "c", "d"] {
        verify(&family, code).await.problem(422, "WX_CODE_INVALID");
    }
    verify(&family, "e").await.problem(429, "RATE_LIMITED");
}
