//! Invariant 9: no personal data in any log line, metric or refusal. Planted values are looked for in
//! every line that the program wrote, at a level that shows more than an installation would.

use chrono::TimeDelta;
use entity::{Admits, StaffRole, VisitStatus};
use harness::{
    Answer, Client, FakeWeChat, Family, TestApp,
    contract::DOCUMENT,
    day, logs,
    people::{PASSWORD, child_body},
};
use reqwest::Method;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

/// Panics if one of the texts is in a line, but for those that hold `except`.
#[track_caller]
fn assert_in_none(lines: &[String], secrets: &[&str]) {
    for secret in secrets {
        assert!(secret.len() >= 6, "{secret} is too short to be found by chance only");
        if let Some(line) = lines.iter().find(|line| line.contains(secret)) {
            panic!("{secret} is in the log: {line}");
        }
    }
}

/// That the listener hears the log: a marked request is in it.
async fn heard(anyone: &Client, listener: &logs::Listener, mark: &str) -> Vec<String> {
    anyone.send(Method::GET, "/consents", None, &[("X-Request-Id", mark)]).await.ok();
    let lines = listener.lines();
    let answered = |line: &&String| line.contains(mark) && line.contains("answered");
    assert_eq!(lines.iter().filter(answered).count(), 1, "the listener hears the log");
    lines
}

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
    let lines = heard(&anyone, &listener, "the-last-request-of-the-log-test").await;
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
    assert_in_none(&lines, &secrets);
}

const WORDS: [&str; 6] = ["栽种的", "seeded-", "13987651234", "118.7651234", "24.8761234", "o-seeded-openid"];

/// What a schema of the document wants, filled with planted texts where it takes any.
fn planted(schema: &Value, depth: usize) -> Value {
    let schema = match schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        Some(name) => &DOCUMENT["components"]["schemas"][name],
        None => schema,
    };
    if let Some(properties) = schema["properties"].as_object().filter(|_| depth < 4) {
        return properties.iter().map(|(name, of)| (name.clone(), planted(of, depth + 1))).collect();
    }
    json!("栽种的值 13987651234 118.7651234,24.8761234")
}

/// Every operation of the document with its method, its path with planted parameters, and its body's
/// schema.
fn operations() -> Vec<(Method, String, Value)> {
    let mut all = vec![];
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let mut address = path.trim_start_matches("/api/v1").to_owned();
            while let (Some(from), Some(to)) = (address.find('{'), address.find('}')) {
                address.replace_range(from..=to, "seeded-path-0042");
            }
            let mut query = vec!["seeded=seeded-query-0043".to_owned()];
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if let ("query", Some(name)) = (parameter["in"].as_str().unwrap_or(""), parameter["name"].as_str()) {
                    query.push(match name {
                        "lng" => "lng=118.7651234".to_owned(),
                        "lat" => "lat=24.8761234".to_owned(),
                        name => format!("{name}=seeded-query-0044"),
                    });
                }
            }
            let body = operation["requestBody"]["content"]["application/json"]["schema"].clone();
            all.push((method, format!("{address}?{}", query.join("&")), body));
        }
    }
    assert!(all.len() > 100, "{} operations", all.len());
    all
}

#[tokio::test]
async fn what_any_operation_refuses_is_neither_logged_nor_said_back() {
    let listener = logs::listen();
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.a_family().await;
    let callers = [
        app.anonymous(),
        app.anonymous().with_token("seeded.token.seeded-signature"),
        family.client.clone(),
        app.manager(place.centre.id).await,
        app.admin().await,
    ];
    let mut refused = 0;
    for (method, path, schema) in operations() {
        let broken = br#"{"name":"\u683d\u79cd\u7684", "phone": "13987651234", "code": "seeded-code-0045""#.to_vec();
        let bodies = if method == Method::GET {
            vec![None]
        } else {
            vec![
                Some(planted(&schema, 0).to_string().into_bytes()),
                Some(broken),
                Some("[\"栽种的\"]".as_bytes().to_vec()),
                Some(
                    json!({ "name": { "栽种的": 13_987_651_234_u64 }, "birth_date": "栽种的日子" }).to_string().into(),
                ),
            ]
        };
        for caller in &callers {
            for body in &bodies {
                let headers = [("Content-Type", "application/json"), ("Accept-Language", "en")];
                // Nobody is to be signed out before the end.
                if path.starts_with("/auth/logout") || path.starts_with("/me?") && method == Method::DELETE {
                    continue;
                }
                let reply = caller.unchecked().send_bytes(method.clone(), &path, body.clone(), &headers).await;
                assert!(reply.status < 500 || path.starts_with("/readyz"), "{method} {path}: {reply:?}");
                if reply.status >= 400 {
                    refused += 1;
                    let said = String::from_utf8_lossy(&reply.bytes).into_owned();
                    let repeated = WORDS.iter().find(|word| said.contains(**word));
                    assert!(repeated.is_none(), "{method} {path} says {repeated:?} back: {said}");
                }
            }
        }
    }
    assert!(refused > 1000, "{refused} refusals");
    let lines = heard(&app.anonymous(), &listener, "the-last-request-of-every-operation").await;
    assert_in_none(&lines, &WORDS);
    let metrics = app.anonymous().get("/metrics").await;
    let metrics = String::from_utf8(metrics.bytes).unwrap();
    assert!(metrics.contains("http_request_duration_seconds"));
    assert_in_none(&[metrics], &WORDS);
}

/// A day at a centre with everything that is shown or typed once; answers every secret that was made.
async fn a_day(app: &TestApp) -> (Vec<String>, Client) {
    let place = app.place_with(15, 3, |row| row.admits = Admits::OwnFirst).await;
    let client = app.guardian("seeded-guardian").await;
    let mut body = child_body("撒下的乳名", app.born_months_ago(18));
    body["legal_name"] = json!("撒下的大名");
    body["allergies"] = json!("撒下的花生");
    body["consent"]["purposes"] = json!(["booking", "ratings", "health_proof"]);
    let child_id = client.post("/me/children", body).await.id().parse().unwrap();
    let family = Family { family_id: client.user_id().parse().unwrap(), child_id, client: client.clone() };
    let (carer, manager) = (app.carer(place.centre.id).await, app.manager(place.centre.id).await);
    let mut secrets: Vec<String> =
        ["撒下的", "sandbox-seeded-guardian", "118.7961234", "24.8911234"].map(str::to_owned).into();
    secrets.push(client.token().to_owned());
    secrets.push(client.refresh_token().to_owned());

    app.anonymous().get("/centres?lng=118.7961234&lat=24.8911234&minutes=15&q=撒下的园").await.ok();
    let employer = json!({ "label": "撒下的单位", "valid_until": "2026-12-31", "families_max": 5 });
    let employer = manager.post("/desk/employer-codes", employer).await.created();
    let code = employer["code"].as_str().unwrap().to_owned();
    client.post("/me/employers", json!({ "code": code })).await;
    client.post("/me/employers", json!({ "code": "AAAA-撒下的" })).await;
    secrets.push(code);
    let feed = client.post("/me/calendar", json!({})).await.created();
    let url = feed["url"].as_str().unwrap().to_owned();
    let secret = url.rsplit('/').next().unwrap().trim_end_matches(".ics").to_owned();
    let path = url.split_once("/api/v1").unwrap().1.to_owned();
    app.anonymous().unchecked().get(&path).await;
    secrets.push(secret);

    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Expected).await;
    let of_visit = |what: &str| format!("/bookings/{}/visits/{}/{what}", visit.booking_id, visit.id);
    let shown = client.get(&of_visit("code")).await.ok();
    carer.post("/desk/check-ins", json!({ "code": shown["code"] })).await.problem(422, "ENTRY_CHECK_REQUIRED");
    secrets.push(shown["code"].as_str().unwrap().to_owned());
    let staff = app.staff("seeded-checker", StaffRole::Carer, Some(place.centre.id)).await;
    app.entry_check(place.centre.id, child_id, staff.id).await;
    carer.post(&format!("/desk/visits/{}/check-in", visit.id), json!({})).await;
    let pickup = client.post(&of_visit("pickup-code"), json!({ "name": "撒下的舅舅" })).await.created();
    let check_out = format!("/desk/visits/{}/check-out", visit.id);
    let wrong = json!({ "pickup_code": "撒下的码", "collected_by": "撒下的人" });
    carer.post(&check_out, wrong).await;
    carer.post(&check_out, json!({ "pickup_code": pickup["code"] })).await.ok();
    carer.post("/desk/visits/search", json!({ "name": "撒下的大名" })).await;
    carer.post(&format!("/desk/visits/{}/reveal", visit.id), json!({ "reason": "emergency" })).await.ok();

    let campaign = app.campaign_with(|row| row.offline_daily_units = Some(5)).await;
    let voucher = app.voucher(&campaign, &family).await;
    let codes = client.get(&format!("/vouchers/{}/code", voucher.id)).await.ok();
    let offline = client.get(&format!("/vouchers/{}/offline-code", voucher.id)).await.ok();
    for code in [&codes["code"], &codes["manual_code"], &offline["code"]] {
        secrets.push(code.as_str().unwrap().to_owned());
        carer.post("/desk/redemptions/preview", json!({ "code": code })).await;
    }
    let scan = json!({ "code": codes["code"], "request_id": "seeded-request-1", "device": "desk" });
    let unit = carer.post("/desk/redemptions", scan.clone()).await.created();
    carer.post("/desk/redemptions", scan).await.created();
    let again = json!({ "code": codes["manual_code"], "request_id": "seeded-request-2" });
    carer.post("/desk/redemptions", again).await.problem(409, "ALREADY_REDEEMED_TODAY");
    client.post("/ratings", json!({ "redemption_id": unit["id"], "level": 2, "text": "撒下的评语" })).await.created();
    client.post("/me/pickup-persons", json!({ "name": "撒下的外婆", "relation": "外婆" })).await.created();
    client.get("/me/export").await.ok();
    (secrets, client)
}

#[tokio::test]
async fn a_whole_day_with_all_its_codes_leaves_none_of_them_in_log_or_metrics() {
    let listener = logs::listen();
    let app = TestApp::spawn().await;
    let (secrets, client) = a_day(&app).await;
    client.delete("/me?confirm=true").await.ok();
    app.clock.advance(TimeDelta::days(7));
    quanxiangtuo::features::privacy::service::erasure::erase_due(&app.ctx).await.unwrap();
    let lines = heard(&app.anonymous(), &listener, "the-last-request-of-the-whole-day").await;
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    assert_in_none(&lines, &secrets);
    let metrics = String::from_utf8(app.anonymous().get("/metrics").await.bytes).unwrap();
    assert_in_none(&[metrics], &secrets);
}

#[tokio::test]
async fn a_database_that_fails_in_the_middle_says_nothing_of_what_was_written() {
    let listener = logs::listen();
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.family("ruined").await;
    let carer = app.carer(place.centre.id).await;
    for table in ["children", "consents", "pickup_persons", "visits", "ratings", "idempotency_keys"] {
        app.db().execute_unprepared(&format!("ALTER TABLE {table} RENAME TO gone_{table}")).await.unwrap();
    }
    let body = child_body("毁掉的乳名", app.born_months_ago(10));
    let (client, carer) = (family.client.unchecked(), carer.unchecked());
    let token = client.token().to_owned();
    let calls = [
        client.post("/me/children", body.clone()).await,
        client.post_once("/me/children", "ruined-key-0001", body).await,
        client.post("/me/pickup-persons", json!({ "name": "毁掉的外婆", "relation": "外婆" })).await,
        client.patch(&format!("/me/children/{}", family.child()), json!({ "name": "毁掉的新名" })).await,
        carer.post("/desk/visits/search", json!({ "name": "毁掉的大名" })).await,
    ];
    for reply in &calls {
        assert_eq!(reply.status, 500, "{reply:?}");
        assert!(!String::from_utf8_lossy(&reply.bytes).contains("毁掉的"), "{reply:?}");
    }
    // A document that can't be finished is cut off: it must not look whole.
    let cut = tokio::spawn(async move { client.get("/me/export").await });
    assert!(cut.await.is_err(), "an export without the children came to its end");
    let lines = heard(&app.anonymous(), &listener, "the-last-request-of-the-ruined-test").await;
    assert!(
        lines.iter().any(|line| line.contains("internal error") && line.contains("children")),
        "the cause is logged"
    );
    assert_in_none(&lines, &["毁掉的", "sandbox-ruined", "ruined-key-0001", &token]);
}
