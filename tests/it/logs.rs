//! Invariant 9: no personal data in any log line. Planted values are looked for in every line
//! that the program wrote, at a level that shows more than an installation would.

use entity::StaffRole;
use harness::{
    Answer, FakeWeChat, TestApp, logs,
    people::{PASSWORD, child_body},
};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn planted_personal_data_appears_in_no_log_line() {
    const OPENID: &str = "o-planted-openid-5f3a9c";
    let listener = logs::listen();
    let wechat = FakeWeChat::start().await;
    let settings = wechat.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let app = TestApp::spawn_with(&settings).await;
    wechat.answer("planted-code-77aa", Answer::Openid(OPENID));
    wechat.answer("planted-code-78bb", Answer::HangUp);
    let anyone = app.anonymous();
    let signed_in = anyone.post("/auth/wechat", json!({ "code": "planted-code-77aa" })).await;
    let client = anyone.signed_in(&signed_in);
    anyone.post("/auth/wechat", json!({ "code": "planted-code-78bb" })).await.problem(503, "WX_BUSY");
    anyone.post("/auth/wechat", json!({ "code": "planted-code-79cc" })).await.problem(422, "WX_CODE_INVALID");

    let mut body = child_body("植入的乳名", app.born_months_ago(18));
    body["legal_name"] = json!("植入的大名");
    let child = client.post_once("/me/children", "planted-key-123", body.clone()).await.created();
    client.post_once("/me/children", "planted-key-123", body.clone()).await.created();
    let path = format!("/me/children/{}", child["id"].as_str().unwrap());
    client.patch(&path, json!({ "name": "植入的新名" })).await.ok();
    // Where values are most easily repeated: in refusals.
    body["township"] = json!("植入的地名");
    client.post("/me/children", body.clone()).await.invalid("township");
    body["birth_date"] = json!("植入的日子");
    client.post("/me/children", body.clone()).await.invalid("birth_date");
    body["consent"] = json!("植入的同意");
    client.post("/me/children", body).await.problem(400, "INVALID_INPUT");
    client.get("/me?planted-query-99=1").await.ok();
    client.unchecked().get("/planted-path-88").await.problem(404, "NOT_FOUND");
    client.patch("/me/children/planted-id-66", json!({})).await.problem(404, "NOT_FOUND");
    client.with_token("planted.token.55").get("/me").await.problem(401, "NOT_SIGNED_IN");

    app.staff("planted-username-44", StaffRole::Officer, None).await;
    app.sign_in_staff("planted-username-44", "planted-password-33").await.problem(401, "WRONG_CREDENTIALS");
    let officer = anyone.signed_in(&app.sign_in_staff("planted-username-44", PASSWORD).await);

    let refreshed = client.post("/auth/refresh", json!({ "refresh_token": client.refresh_token() })).await;
    let next = client.signed_in(&refreshed);
    client
        .post("/auth/refresh", json!({ "refresh_token": client.refresh_token() }))
        .await
        .problem(401, "NOT_SIGNED_IN");
    officer.post("/auth/logout", json!({})).await.no_content();
    let marked = [("X-Request-Id", "the-last-request-of-the-log-test")];
    anyone.send(Method::GET, "/consents", None, &marked).await.ok();

    let lines = listener.lines();
    let answered = |line: &&String| line.contains("the-last-request-of-the-log-test") && line.contains("answered");
    assert_eq!(lines.iter().filter(answered).count(), 1, "the listener hears the log");
    let secrets = [
        OPENID,
        "planted-",
        "植入的",
        "planted.token",
        "dGhpcyBpcyBhIHNlc3Npb24ga2V5",
        "fake-secret-for-tests-only",
        PASSWORD,
        client.token(),
        client.refresh_token(),
        next.token(),
        next.refresh_token(),
        officer.token(),
        officer.refresh_token(),
        client.token().split('.').nth(2).unwrap(),
    ];
    for secret in secrets {
        if let Some(line) = lines.iter().find(|line| line.contains(secret)) {
            panic!("{secret} is in the log: {line}");
        }
    }
}
