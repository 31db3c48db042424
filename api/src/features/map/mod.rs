//! A page at `/map` that draws the centres and the circle: the answer to "does it work" for a newcomer.
//!
//! Promises: page, script, style and icon are compiled in; nothing comes from another host and the
//! Content-Security-Policy lets nothing through; the page reads the same API as any program, and keeps
//! nothing of where somebody stands.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    error::ProblemBody,
    http::{Query, Registry, language},
};

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("map.js");
const STYLE: &str = include_str!("map.css");
const ICON: &str = include_str!("icon.svg");

/// Only what this server itself serves, and no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// After an upgrade page and script must belong together.
const FRESH: (actix_web::http::header::HeaderName, &str) = (CACHE_CONTROL, "no-cache");

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(page).service(script).service(style).service(icon);
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Language {
    Zh,
    En,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MapQuery {
    /// `zh` or `en`; else as `Accept-Language` says, Chinese first.
    #[param(inline)]
    lang: Option<Language>,
}

/// Look at the centres and the circle
///
/// A page for people, on a phone or a desktop: a drawing without outside tiles and the same as a list.
#[utoipa::path(tag = "ops", operation_id = "map_page", params(MapQuery),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 400, description = "An unknown language", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/map")]
async fn page(req: HttpRequest, query: Query<MapQuery>) -> HttpResponse {
    let english = match query.0.lang {
        Some(language) => matches!(language, Language::En),
        None => language(req.headers()).is_english(),
    };
    // The page is Chinese as it stands; its script puts the English in place.
    let body = if english { PAGE.replacen("lang=\"zh-CN\"", "lang=\"en\"", 1) } else { PAGE.to_owned() };
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header(("permissions-policy", "geolocation=(self), camera=(), microphone=()"))
        .insert_header((VARY, "Accept-Language"))
        .insert_header(FRESH)
        .body(body)
}

/// Read the script of the map
///
/// Part of the page.
#[utoipa::path(tag = "ops", operation_id = "map_script",
    responses((status = 200, description = "The script", body = String, content_type = "text/javascript")))]
#[get("/map/map.js")]
async fn script() -> HttpResponse {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").insert_header(FRESH).body(SCRIPT)
}

/// Read the style of the map
///
/// Part of the page.
#[utoipa::path(tag = "ops", operation_id = "map_style",
    responses((status = 200, description = "The style", body = String, content_type = "text/css")))]
#[get("/map/map.css")]
async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").insert_header(FRESH).body(STYLE)
}

/// Read the icon of the map
///
/// Part of the page.
#[utoipa::path(tag = "ops", operation_id = "map_icon",
    responses((status = 200, description = "The icon", body = String, content_type = "image/svg+xml")))]
#[get("/map/icon.svg")]
async fn icon() -> HttpResponse {
    HttpResponse::Ok().content_type("image/svg+xml").insert_header(FRESH).body(ICON)
}
