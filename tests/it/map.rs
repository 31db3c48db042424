//! The page `/map` as it is served; how it draws is tried in a browser by `tests/browser`.

use harness::{Client, TestApp};

const PARTS: &[(&str, &str)] = &[
    ("/map", "text/html; charset=utf-8"),
    ("/map/map.js", "text/javascript; charset=utf-8"),
    ("/map/map.zh-Hant.js", "text/javascript; charset=utf-8"),
    ("/map/map.css", "text/css; charset=utf-8"),
    ("/map/icon.svg", "image/svg+xml"),
];

async fn text(who: &Client, path: &str) -> String {
    String::from_utf8(who.get(path).await.bytes).unwrap()
}

#[actix_web::test]
async fn the_map_is_whole_in_this_server_and_lets_nothing_else_in() {
    let app = TestApp::spawn().await;
    for (path, kind) in PARTS {
        let reply = app.anonymous().get(path).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(*kind)), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-cache"), "{path}");
        let text = String::from_utf8(reply.bytes).unwrap();
        // Names of XML are no addresses.
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("\"//"), "{path}");
        assert!(!text.contains("<style") && !text.contains("style=") && !text.contains("onclick"), "{path}");
    }
    let reply = app.anonymous().get("/map").await;
    let policy = reply.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && !policy.contains('*'),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
}

#[actix_web::test]
async fn the_map_is_chinese_unless_english_is_asked_for() {
    let app = TestApp::spawn().await;
    let english = |page: &str| page.contains("<html lang=\"en\">");
    assert!(text(&app.anonymous(), "/map").await.contains("<html lang=\"zh-CN\">"));
    assert!(english(&text(&app.anonymous(), "/map?lang=en").await));
    assert!(english(&text(&app.anonymous().english(), "/map").await));
    assert!(!english(&text(&app.anonymous().english(), "/map?lang=zh").await), "what is asked for goes first");
    app.anonymous().get("/map?lang=fr").await.invalid("lang");
    let hant = text(&app.anonymous(), "/map?lang=zh-Hant").await;
    assert!(
        hant.contains("<html lang=\"zh-Hant\">") && hant.contains("托育服務圈") && !hant.contains("服务圈"),
        "{hant}"
    );
    assert!(hant.contains("/map/map.zh-Hant.js") && hant.contains("?lang=zh\"") && hant.contains("?lang=en\""));
    assert!(text(&app.anonymous(), "/map/map.zh-Hant.js").await.contains("騎自行車"));
    // Whatever is Chinese on the page has its English beside it.
    let page = text(&app.anonymous(), "/map").await;
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for line in page.lines().filter(|line| line.chars().any(chinese)) {
        let told = ["data-en", "<title>", "<noscript>"].iter().any(|mark| line.contains(mark));
        assert!(told, "{line}");
    }
}
