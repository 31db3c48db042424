//! Style, scripts and icon, compiled in.

use actix_web::{HttpRequest, HttpResponse, get, http::header::CACHE_CONTROL, web::ServiceConfig};
use serde::Deserialize;

use super::shell;
use crate::http::Query;

const STYLE: &str = include_str!("assets/console.css");
const SCRIPT: &str = include_str!("assets/console.js");
const ICON: &str = include_str!("../map/icon.svg");

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(style).service(script).service(icon).service(language);
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
    let english = query.0.to == "en";
    shell::remember_language(&req, english, query.0.back.as_deref())
}
