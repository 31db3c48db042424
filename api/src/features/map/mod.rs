//! A page at `/map` that draws the centres and the circle: the answer to "does it work" for a newcomer.
//!
//! Promises: page, script, style and icon are compiled in (those in traditional characters made from them); nothing comes from another host and the
//! Content-Security-Policy lets nothing through; the page reads the same API as any program, and keeps
//! nothing of where somebody stands.

use std::{fmt::Write as _, sync::LazyLock};

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    error::ProblemBody,
    http::{Query, Registry, language},
    language::Language,
    platform::hant,
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
    cfg.service(page).service(script).service(script_hant).service(style).service(icon);
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
enum MapLanguage {
    #[serde(rename = "zh")]
    Hans,
    #[serde(rename = "zh-Hant")]
    Hant,
    #[serde(rename = "en")]
    English,
}

/// As a page's switch shows them: what `lang` says, and the name.
const LANGUAGES: [(Language, &str, &str); 3] =
    [(Language::Hans, "zh", "简体"), (Language::Hant, "zh-Hant", "繁體"), (Language::English, "en", "English")];

static HANT_PAGE: LazyLock<String> =
    LazyLock::new(|| hant::convert(PAGE).replacen("/map/map.js", "/map/map.zh-Hant.js", 1));
/// All Chinese in the script is what people read.
static HANT_SCRIPT: LazyLock<String> = LazyLock::new(|| hant::convert(SCRIPT));

/// The page as it is served: its texts are Chinese, and the script puts the English in their place.
fn written(language: Language) -> String {
    let text = if language == Language::Hant { HANT_PAGE.as_str() } else { PAGE };
    let mut switch = String::new();
    for (other, word, name) in LANGUAGES.into_iter().filter(|(other, ..)| *other != language) {
        let tag = other.tag();
        // Writing to memory can't fail.
        let _ = write!(switch, " · <a href=\"?lang={word}\" lang=\"{tag}\" hreflang=\"{tag}\">{name}</a>");
    }
    text.replacen("zh-CN", language.tag(), 1).replacen("<!-- languages -->", &switch, 1)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MapQuery {
    /// `zh`, `zh-Hant` (traditional characters) or `en`; else as `Accept-Language` says, Chinese first.
    #[param(inline)]
    lang: Option<MapLanguage>,
}

/// Look at the centres and the circle
///
/// A page for people, on a phone or a desktop: a drawing without outside tiles and the same as a list.
#[utoipa::path(tag = "ops", operation_id = "map_page", params(MapQuery),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 400, description = "An unknown language", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/map")]
async fn page(req: HttpRequest, query: Query<MapQuery>) -> HttpResponse {
    let language = match query.0.lang {
        Some(MapLanguage::Hans) => Language::Hans,
        Some(MapLanguage::Hant) => Language::Hant,
        Some(MapLanguage::English) => Language::English,
        None => language(req.headers()),
    };
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header(("permissions-policy", "geolocation=(self), camera=(), microphone=()"))
        .insert_header((VARY, "Accept-Language"))
        .insert_header(FRESH)
        .body(written(language))
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

/// Read the script of the map in traditional characters
///
/// Part of the page.
#[utoipa::path(tag = "ops", operation_id = "map_script_hant",
    responses((status = 200, description = "The script", body = String, content_type = "text/javascript")))]
#[get("/map/map.zh-Hant.js")]
async fn script_hant() -> HttpResponse {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").insert_header(FRESH).body(HANT_SCRIPT.as_str())
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
