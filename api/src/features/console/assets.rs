//! Style, scripts and icon, compiled in.

use actix_web::{HttpRequest, HttpResponse, get, http::header::CACHE_CONTROL, web::ServiceConfig};
use serde::Deserialize;

use super::shell;
use crate::http::Query;

const STYLE: &str = include_str!("assets/console.css");
const SCRIPT: &str = include_str!("assets/console.js");
const DESK_STYLE: &str = include_str!("assets/desk.css");
const DESK_SCRIPT: &str = include_str!("assets/desk.js");
const PROGRESS_SCRIPT: &str = include_str!("assets/progress.js");
const WAITING_SCRIPT: &str = include_str!("assets/waiting.js");
const SCAN_SCRIPT: &str = include_str!("assets/scan.js");
/// Where the browser can't read codes itself; see `assets/qr/README.md`.
const QR_DECODE: &str = include_str!("assets/qr/decode.js");
const QR_INDEX: &str = include_str!("assets/qr/index.js");
const ICON: &str = include_str!("../map/icon.svg");

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(style).service(script).service(progress_script).service(icon).service(language);
    cfg.service(desk_style)
        .service(desk_script)
        .service(scan_script)
        .service(waiting_script)
        .service(qr_decode)
        .service(qr_index);
}

fn file(content_type: &'static str, body: &'static str) -> HttpResponse {
    // After an upgrade page and script must belong together.
    HttpResponse::Ok().content_type(content_type).insert_header((CACHE_CONTROL, "no-cache")).body(body)
}

#[get("/console.css")]
async fn style() -> HttpResponse {
    file("text/css; charset=utf-8", STYLE)
}

#[get("/console.js")]
async fn script() -> HttpResponse {
    file("text/javascript; charset=utf-8", SCRIPT)
}

#[get("/progress.js")]
async fn progress_script() -> HttpResponse {
    file("text/javascript; charset=utf-8", PROGRESS_SCRIPT)
}

#[get("/desk.css")]
async fn desk_style() -> HttpResponse {
    file("text/css; charset=utf-8", DESK_STYLE)
}

#[get("/desk.js")]
async fn desk_script() -> HttpResponse {
    file("text/javascript; charset=utf-8", DESK_SCRIPT)
}

#[get("/waiting.js")]
async fn waiting_script() -> HttpResponse {
    file("text/javascript; charset=utf-8", WAITING_SCRIPT)
}

#[get("/scan.js")]
async fn scan_script() -> HttpResponse {
    file("text/javascript; charset=utf-8", SCAN_SCRIPT)
}

#[get("/qr/decode.js")]
async fn qr_decode() -> HttpResponse {
    file("text/javascript; charset=utf-8", QR_DECODE)
}

#[get("/qr/index.js")]
async fn qr_index() -> HttpResponse {
    file("text/javascript; charset=utf-8", QR_INDEX)
}

#[get("/icon.svg")]
async fn icon() -> HttpResponse {
    file("image/svg+xml", ICON)
}

#[derive(Deserialize)]
struct LanguageQuery {
    to: String,
    back: Option<String>,
}

/// Remembers the language, and goes back.
#[get("/language")]
async fn language(req: HttpRequest, query: Query<LanguageQuery>) -> HttpResponse {
    shell::remember_language(&req, &query.0.to, query.0.back.as_deref())
}
