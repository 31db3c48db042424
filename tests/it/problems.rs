//! Refusals: one shape everywhere, in both languages, also where no handler was reached.

use entity::ChildId;
use harness::{
    Client, TestApp,
    contract::DOCUMENT,
    people::{child_body, unknown_id},
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn an_unknown_route_is_a_problem_too() {
    let app = TestApp::spawn().await;
    let anyone = app.anonymous().unchecked();
    for path in ["/nothing", "/api/v1", "/api", "/api/v2/centres", "/centres/../../etc/passwd"] {
        anyone.get(path).await.problem(404, "NOT_FOUND");
    }
    anyone.post("/nothing", json!({ "a": 1 })).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let app = TestApp::spawn().await;
    let anyone = app.anonymous().unchecked();
    let id = unknown_id::<ChildId>();
    for (method, path, allowed) in [
        (Method::DELETE, "/consents".to_owned(), "GET"),
        (Method::POST, "/healthz".to_owned(), "GET"),
        (Method::GET, "/auth/wechat".to_owned(), "POST"),
        (Method::PUT, format!("/me/children/{id}"), "PATCH"),
        (Method::PUT, "/me/children".to_owned(), "GET, POST"),
    ] {
        let reply = anyone.send(method.clone(), &path, None, &[]).await;
        let allow = reply.header("allow").unwrap_or("").to_owned();
        for one in allowed.split(", ") {
            assert!(allow.split(", ").any(|found| found == one), "{method} {path}: Allow: {allow}");
        }
        reply.problem(405, "METHOD_NOT_ALLOWED");
    }
}

async fn send_text(client: &Client, text: impl Into<Vec<u8>>) -> harness::Reply {
    let headers = [("Content-Type", "application/json")];
    client.send_bytes(Method::POST, "/me/children", Some(text.into()), &headers).await
}

#[tokio::test]
async fn a_body_that_is_not_what_was_asked_for_names_the_field() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let good = child_body("小米", app.born_months_ago(18)).to_string();
    for bad in ["{", "{\"name\":", "nonsense", "\u{feff}{}", "{'name':'a'}"] {
        send_text(&client, bad).await.invalid("body");
    }
    send_text(&client, b"{\"name\":\"\xff\xfe\"}".to_vec()).await.problem(400, "INVALID_INPUT");
    for bad in ["[]", "\"text\"", "5", "null", "true"] {
        send_text(&client, bad).await.problem(400, "INVALID_INPUT");
    }
    let deep = "[".repeat(30_000);
    send_text(&client, deep).await.problem(400, "INVALID_INPUT");
    send_text(&client, format!("{good} {{}}")).await.invalid("body");
    send_text(&client, "{}").await.invalid("name");
    send_text(&client, good.replace("\"小米\"", "5")).await.invalid("name");
    send_text(&client, good.replace("\"小米\"", "null")).await.invalid("name");
    send_text(&client, good.replace("\"booking\"", "\"everything\"")).await.problem(400, "INVALID_INPUT");
    assert_eq!(app.count(entity::children::Entity).await, 0);
    send_text(&client, good).await.created();
}

#[tokio::test]
async fn a_body_of_a_megabyte_is_refused_and_the_answer_arrives() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    for _ in 0..10 {
        let big = json!({ "name": "大".repeat(350_000) });
        client.post("/me/children", big).await.problem(413, "BODY_TOO_LARGE");
    }
    // The limit is on the body, not only on what it holds.
    let headers = [("Content-Type", "application/json")];
    let blank = vec![b' '; 1_000_000];
    client.send_bytes(Method::POST, "/me/children", Some(blank), &headers).await.problem(413, "BODY_TOO_LARGE");
    client.get("/me").await.ok();
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let good = child_body("小米", app.born_months_ago(18)).to_string().into_bytes();
    for wrong in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"]
    {
        let reply =
            client.send_bytes(Method::POST, "/me/children", Some(good.clone()), &[("Content-Type", wrong)]).await;
        reply.problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    client
        .send_bytes(Method::POST, "/me/children", Some(good.clone()), &[])
        .await
        .problem(415, "UNSUPPORTED_MEDIA_TYPE");
    let right = [("Content-Type", "Application/JSON; charset=utf-8")];
    client.send_bytes(Method::POST, "/me/children", Some(good), &right).await.created();
}

#[tokio::test]
async fn an_id_in_the_path_that_is_none_is_not_found() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let long = format!("chd_{}", "0".repeat(5_000));
    let unknown = unknown_id::<ChildId>();
    let upper = unknown.to_uppercase();
    for id in [
        "1",
        "chd_1",
        "%00",
        "chd_%E4%BD%A0",
        "%FF",
        "fam_0192f0c18a7c7d10b1c2d3e4f5a6b7c8",
        "'%20OR%201=1",
        &long,
        &upper,
        &unknown,
    ] {
        client.patch(&format!("/me/children/{id}"), json!({})).await.problem(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn characters_that_nobody_sees_are_refused_and_change_nothing() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let born = app.born_months_ago(18);
    for name in ["小\u{0}米", "小\u{7}米", "小\n米", "\u{202e}米小", "小\u{feff}米", "\u{85}小米x\u{9f}y"] {
        let problem = client.post("/me/children", child_body(name, born)).await.invalid("name");
        assert_eq!(problem["errors"][0]["code"], "control_character", "{name:?}");
    }
    let problem = client.post("/me/children", child_body(" \t ", born)).await.invalid("name");
    assert!(["empty", "control_character"].contains(&problem["errors"][0]["code"].as_str().unwrap()));
    let problem = client.post("/me/children", child_body(&"米".repeat(21), born)).await.invalid("name");
    assert_eq!(problem["errors"][0]["code"], "too_long");
    let mut body = child_body("小米", born);
    body["township"] = json!("洛阳\u{0}镇");
    client.post("/me/children", body).await.invalid("township");
    assert_eq!(app.count(entity::children::Entity).await, 0);
    assert_eq!(app.count(entity::consents::Entity).await, 0);
}

#[tokio::test]
async fn refusals_are_chinese_and_on_request_english() {
    let app = TestApp::spawn().await;
    let ask = async |language: Option<&str>| {
        let headers: Vec<(&str, &str)> = language.map(|l| ("Accept-Language", l)).into_iter().collect();
        app.anonymous().send(Method::GET, "/me", None, &headers).await
    };
    for language in [None, Some("zh-CN,zh;q=0.9,en;q=0.8"), Some("fr"), Some("*"), Some("en;q=0.1, zh")] {
        let reply = ask(language).await;
        assert_eq!(reply.header("content-language"), Some("zh-CN"), "{language:?}");
        assert!(!reply.text("/detail").is_ascii() && !reply.text("/title").is_ascii());
    }
    for language in ["en", "en-GB,en;q=0.9", "EN-us", "zh;q=0.5,en"] {
        let reply = ask(Some(language)).await;
        assert_eq!(reply.header("content-language"), Some("en"), "{language}");
        assert!(reply.text("/detail").is_ascii() && reply.text("/title").is_ascii());
    }
    for language in ["zh-TW", "zh-HK,zh;q=0.9,en;q=0.8", "zh-Hant;q=0.9, zh;q=0.5, en;q=0.1"] {
        let reply = ask(Some(language)).await;
        assert_eq!(reply.header("content-language"), Some("zh-Hant"), "{language}");
        assert_eq!(reply.text("/detail"), "請先登錄後再試。");
    }
    let client = app.guardian("chen").await;
    let hant = [("Accept-Language", "zh-Hant")];
    let reply = client.send(Method::POST, "/me/children", Some(json!({})), &hant).await;
    assert_eq!(reply.text("/errors/0/detail"), "缺少必填項 name。");
    let consents = client.send(Method::GET, "/consents", None, &hant).await;
    assert_eq!(consents.header("content-language"), Some("zh-Hant"));
    let (text, hans) = (consents.text("/items/0/text"), client.get("/consents").await.text("/items/0/text"));
    assert!(text.contains("辦理預約") && text != hans && text.chars().count() == hans.chars().count(), "{text}");
    let client = client.english();
    let problem = client.post("/me/children", json!({})).await.invalid("name");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().is_ascii());
}

#[tokio::test]
async fn a_request_id_is_echoed_if_it_is_a_plain_word() {
    let app = TestApp::spawn().await;
    let ask = async |id: &str| {
        let reply = app.anonymous().send(Method::GET, "/me", None, &[("X-Request-Id", id)]).await;
        assert_eq!(reply.body["request_id"].as_str(), reply.header("x-request-id"));
        reply.header("x-request-id").unwrap().to_owned()
    };
    for id in ["abcdef12", "0192f0c1-8a7c-7d10-b1c2-d3e4f5a6b7c8"] {
        assert_eq!(ask(id).await, id);
    }
    for id in ["short", "with space here", "sneaky\"quote", &"x".repeat(65), "under_score_"] {
        let given = ask(id).await;
        assert_ne!(given, id);
        assert!(given.len() >= 16 && given.bytes().all(|b| b.is_ascii_hexdigit()), "{given}");
    }
    let reply = app.anonymous().get("/healthz").await;
    assert!(reply.header("x-request-id").is_some());
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
}

/// Every documented operation: method, a path with ids that exist nowhere, and what it says.
fn operations() -> Vec<(Method, String, &'static Value)> {
    let mut all = vec![];
    for (template, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let mut path = template.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "path" {
                    let name = format!("{{{}}}", parameter["name"].as_str().unwrap());
                    path = path.replace(&name, &unknown_of(&parameter["schema"]));
                }
            }
            all.push((method, path, operation));
        }
    }
    all
}

/// An id of the kind that a schema's pattern names, else a word.
fn unknown_of(schema: &Value) -> String {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    let pattern = schema["pattern"].as_str().unwrap_or("");
    match pattern.strip_prefix('^').and_then(|p| p.split_once("_[0-9a-f]{32}")) {
        Some((prefix, _)) => format!("{prefix}_0192f0c18a7c7d10b1c2d3e4f5a6b7c8"),
        None => "unknown".to_owned(),
    }
}

fn with_body(method: &Method) -> Option<Value> {
    (*method != Method::GET && *method != Method::DELETE).then(|| json!({}))
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_so_before_anything_else() {
    let app = TestApp::spawn().await;
    for (method, path, operation) in operations() {
        let reply = app.anonymous().send(method.clone(), &path, with_body(&method), &[]).await;
        if operation["security"].is_array() {
            assert_eq!(reply.code(), Some("NOT_SIGNED_IN"), "{method} {path} answered {}", reply.status);
        } else {
            assert!(!matches!(reply.status, 403 | 500..), "{method} {path} answered {}", reply.status);
        }
    }
}

#[tokio::test]
async fn who_has_another_role_is_told_so_before_anything_else() {
    let app = TestApp::spawn().await;
    let centre = app.centre().await;
    let (guardian, carer, officer) = (app.guardian("chen").await, app.carer(centre.id).await, app.officer().await);
    for (method, path, operation) in operations() {
        if !operation["security"].is_array() {
            continue;
        }
        let strangers = match operation["tags"][0].as_str().unwrap() {
            "desk" => [&guardian, &officer],
            "bureau" => [&guardian, &carer],
            "family" | "bookings" | "vouchers" | "ratings" => [&carer, &officer],
            _ => continue,
        };
        for stranger in strangers {
            let reply = stranger.send(method.clone(), &path, with_body(&method), &[]).await;
            assert_eq!(reply.code(), Some("FORBIDDEN"), "{method} {path} answered {}", reply.status);
        }
    }
}

#[tokio::test]
async fn no_garbage_in_a_body_is_our_own_fault() {
    let app = TestApp::spawn().await;
    let centre = app.centre().await;
    let (guardian, carer, officer) = (app.guardian("chen").await, app.carer(centre.id).await, app.officer().await);
    let garbage =
        ["[]", "\"x\"", "-1", "1e400", "{\"\":{}}", "{\"id\":-9223372036854775809}", "{\"a\":1e308}", "\u{0}"];
    for (method, path, operation) in operations() {
        if operation["requestBody"].is_null() || path.contains("/auth/") {
            continue;
        }
        let client = match operation["tags"][0].as_str().unwrap() {
            "desk" => &carer,
            "bureau" => &officer,
            _ => &guardian,
        };
        for text in garbage {
            let headers = [("Content-Type", "application/json")];
            let body = Some(text.as_bytes().to_vec());
            let reply = client.send_bytes(method.clone(), &path, body, &headers).await;
            assert!(matches!(reply.status, 400..500), "{method} {path} answered {} to {text}", reply.status);
        }
    }
}

#[tokio::test]
async fn no_garbage_in_a_query_is_our_own_fault() {
    let app = TestApp::spawn().await;
    let centre = app.centre().await;
    let (guardian, carer, officer) = (app.guardian("chen").await, app.carer(centre.id).await, app.officer().await);
    let values = ["%00", "%FF%FE", "-1", "99999999999999999999", "NaN", "1e999", "%27%3B--", "2026-13-45", "x%0Ay"];
    for (method, path, operation) in operations() {
        let client = match operation["tags"][0].as_str().unwrap() {
            "desk" => &carer,
            "bureau" => &officer,
            _ => &guardian,
        };
        let names = operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query");
        for name in names.filter_map(|p| p["name"].as_str()) {
            for value in values {
                let call = format!("{path}?{name}={value}");
                let reply = client.send(method.clone(), &call, with_body(&method), &[]).await;
                assert!(reply.status < 500, "{method} {call} answered {}", reply.status);
            }
        }
    }
}
