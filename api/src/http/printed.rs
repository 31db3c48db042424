//! Pages to print: of themselves, with nothing from elsewhere.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY},
};
use data_encoding::BASE64;

use crate::platform::crypto::sha256;

/// Answers a page. Its one style sheet is all that it may use.
pub fn printed(page: String) -> HttpResponse {
    let style = page.split_once("<style>").and_then(|(_, rest)| Some(rest.split_once("</style>")?.0));
    let style = BASE64.encode(&sha256(&[style.unwrap_or_default().as_bytes()]));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(page)
}
