//! For operators: alive, ready, metrics, the documentation, stopping.

use std::time::Duration;

use harness::{Answer, FakeWeChat, TestApp, people::child_body};
use serde_json::json;

/// Nothing listens there.
const NOWHERE: &str = "redis://127.0.0.1:1/0";

#[tokio::test]
async fn a_replica_is_alive_and_ready() {
    let app = TestApp::spawn().await;
    assert_eq!(app.anonymous().get("/healthz").await.ok()["status"], "ok");
    let ready = app.anonymous().get("/readyz").await.ok();
    assert_eq!(ready["parts"], json!({ "database": true, "kv": true, "wechat": "sandbox", "walking": "estimate" }));
}

#[tokio::test]
async fn without_redis_it_is_degraded_and_still_right() {
    let app = TestApp::spawn_with(&[("redis_url", NOWHERE)]).await;
    let anyone = app.anonymous();
    anyone.get("/healthz").await.ok();
    let degraded = anyone.get("/readyz").await.ok();
    assert_eq!(degraded["status"], "degraded");
    assert_eq!(degraded["parts"], json!({ "database": true, "kv": false, "wechat": "sandbox", "walking": "estimate" }));
    let client = app.guardian("chen").await;
    client.post("/me/children", child_body("小米", app.born_months_ago(18))).await.created();
    let stays = app.guardian("chen").await;
    client.post("/auth/logout", json!({})).await.no_content();
    client.get("/me").await.problem(401, "NOT_SIGNED_IN");
    stays.get("/me").await.ok();
}

#[tokio::test]
async fn without_redis_rate_limits_let_requests_through() {
    let app = TestApp::spawn_with(&[("redis_url", NOWHERE), ("rate_limits", "on")]).await;
    app.guardian("chen").await.get("/me").await.ok();
}

#[tokio::test]
async fn the_metrics_tell_requests_by_template_the_pool_and_what_happened() {
    let app = TestApp::spawn().await;
    let family = app.family("chen").await;
    let path = format!("/me/children/{}", family.child());
    family.client.patch(&path, json!({})).await.ok();
    app.anonymous().unchecked().get("/no/such/path").await.problem(404, "NOT_FOUND");
    let reply = app.anonymous().get("/metrics").await;
    let text = String::from_utf8(reply.bytes.clone()).unwrap();
    assert_eq!(reply.status, 200);
    for line in [
        r#"http_request_duration_seconds_count{method="PATCH",route="/api/v1/me/children/{id}",status="200"} 1"#,
        r#"http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 1"#,
        r#"http_request_duration_seconds_bucket{method="POST",route="/api/v1/me/children",status="201",le="+Inf"} 1"#,
        r#"domain_events_total{event="family_created"} 1"#,
        r#"db_pool_connections{state="open"}"#,
        r#"db_pool_connections{state="idle"}"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains(&family.child()), "an id among the labels");
}

#[tokio::test]
async fn the_document_served_is_the_committed_one() {
    let app = TestApp::spawn().await;
    let reply = app.anonymous().get("/openapi.yaml").await;
    assert_eq!(reply.bytes, quanxiangtuo::openapi::COMMITTED.as_bytes());
}

/// The values of `src` and `href` of a page.
fn links(html: &str) -> Vec<String> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_documentation_needs_no_other_host() {
    let app = TestApp::spawn().await;
    let anyone = app.anonymous().unchecked();
    let moved = anyone.get("/docs").await;
    assert!((300..400).contains(&moved.status) && moved.header("location").is_some_and(|to| to.ends_with("docs/")));
    let page = anyone.get("/docs/").await;
    assert_eq!(page.status, 200);
    let html = String::from_utf8(page.bytes).unwrap();
    let links = links(&html);
    assert!(links.len() >= 3, "{html}");
    let mut scripts = String::new();
    for link in links {
        assert!(!link.contains("//"), "{link} is on another host");
        let file = anyone.get(&format!("/docs/{}", link.trim_start_matches("./"))).await;
        assert_eq!(file.status, 200, "{link}");
        if link.contains("initializer") {
            scripts.push_str(&String::from_utf8_lossy(&file.bytes));
        }
    }
    assert!(scripts.contains("/openapi.yaml"), "{scripts}");
    assert!(!scripts.contains("http://") && !scripts.contains("https://"), "{scripts}");
    // Unset, the page asks validator.swagger.io about the document.
    assert!(scripts.contains("\"validatorUrl\": \"none\""), "{scripts}");
}

#[tokio::test]
async fn a_stop_finishes_the_requests_in_flight() {
    let wechat = FakeWeChat::start().await;
    let settings = wechat.settings();
    let mut settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    settings.push(("shutdown_seconds", "20"));
    let app = TestApp::spawn_with(&settings).await;
    wechat.answer("slow", Answer::Slow(Duration::from_secs(1), Box::new(Answer::Openid("in-flight"))));
    let client = app.anonymous();
    let request = tokio::spawn(async move { client.post("/auth/wechat", json!({ "code": "slow" })).await });
    while wechat.calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    app.stop().await;
    request.await.unwrap().ok();
    let refused = tokio::net::TcpStream::connect(app.address()).await;
    assert!(refused.is_err(), "it still listens after the stop");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_its_setting() {
    use quanxiangtuo::{config::Settings, startup::Application};
    let app = TestApp::spawn().await;
    let folder = tempfile::tempdir().unwrap();
    let taken = app.address().to_string();
    let settings = [("listen", taken.as_str()), ("demo_data", "off"), ("data_dir", folder.path().to_str().unwrap())];
    let error = Application::build(Settings::with(&settings).unwrap(), app.clock.clone()).await.err().unwrap();
    assert!(format!("{error:#}").contains("LISTEN"), "{error:#}");
}
