//! The OpenAPI document: generated from the handlers, committed as `openapi.yaml`, served from the
//! committed text. A test compares the two; `UPDATE_OPENAPI=1` rewrites the file.

use actix_web::{App, http::Method};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components,
        path::HttpMethod,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt as _;

use crate::{
    error::ProblemBody,
    http::{Cursor, Limit},
    routes,
};

/// The committed document.
pub const COMMITTED: &str = include_str!("../../openapi.yaml");

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Quanxiangtuo 泉享托",
        description = "Inclusive childcare of children under three: centres in the 15-minute circle, bookings, trial vouchers, ratings and the bureau's figures.\n\nConventions: times are RFC 3339 with +08:00, dates `YYYY-MM-DD`, money integer fen (`*_fen`). Lists take `limit` (1–100) and an opaque `cursor`. Refusals are `application/problem+json` (RFC 9457) with a stable `code`; texts are Chinese, or English with `Accept-Language: en`. `POST`s that create or change take `Idempotency-Key`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "centres", description = "Search and read centres"),
        (name = "sign-in", description = "Tokens for guardians and staff"),
        (name = "family", description = "The guardian's account and children"),
        (name = "bookings", description = "Quote, book, cancel"),
        (name = "vouchers", description = "Campaigns and trial vouchers"),
        (name = "ratings", description = "Rate a centre"),
        (name = "desk", description = "The centre's day"),
        (name = "calendars", description = "Calendar feeds by secret link"),
        (name = "bureau", description = "Campaigns and figures"),
        (name = "wechat", description = "Calls by WeChat's servers"),
        (name = "ops", description = "For operators")
    ),
    components(schemas(ProblemBody, Limit, Cursor)),
    modifiers(&Bearer)
)]
struct Base;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        openapi
            .components
            .get_or_insert_with(Components::new)
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document as the handlers describe it.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, document) =
        App::new().into_utoipa_app().openapi(Base::openapi()).configure(routes::describe).split_for_parts();
    document
}

/// Every path template of the document with its methods, to tell a wrong method from an unknown path.
#[must_use]
pub fn methods() -> Vec<(String, Vec<Method>)> {
    let document = document();
    let of = |path: &str, item: &utoipa::openapi::PathItem| {
        let known = [
            (HttpMethod::Get, Method::GET, &item.get),
            (HttpMethod::Post, Method::POST, &item.post),
            (HttpMethod::Put, Method::PUT, &item.put),
            (HttpMethod::Patch, Method::PATCH, &item.patch),
            (HttpMethod::Delete, Method::DELETE, &item.delete),
        ];
        let methods = known.into_iter().filter(|(_, _, op)| op.is_some()).map(|(_, method, _)| method).collect();
        (path.to_owned(), methods)
    };
    document.paths.paths.iter().map(|(path, item)| of(path, item)).collect()
}
