//! The OpenAPI document: generated from the handlers, committed as `openapi.yaml`, served from the
//! committed text. A test compares the two; `UPDATE_OPENAPI=1` rewrites the file.

use actix_web::{App, http::Method};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components, Content, KnownFormat, ObjectBuilder, RefOr, Required, Schema, SchemaFormat,
        extensions::Extensions,
        path::HttpMethod,
        schema::Type,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt as _;

use crate::{
    error::ProblemBody,
    features::auth::{dto::Role, permissions},
    http::{Cursor, Limit},
    routes,
};

/// The committed document.
pub const COMMITTED: &str = include_str!("../../openapi.yaml");

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Quanxiangtuo 泉享托",
        description = "Inclusive childcare of children under three: centres in the 15-minute circle, bookings, trial vouchers, ratings and the bureau's figures.\n\nConventions: times are RFC 3339 with +08:00, dates `YYYY-MM-DD`, money integer fen (`*_fen`). Lists take `limit` (1–100) and an opaque `cursor`. Refusals are `application/problem+json` (RFC 9457) with a stable `code`; texts are Chinese, or English with `Accept-Language: en`; with `zh-Hant`, `zh-TW` or `zh-HK` refusals and notices are in traditional characters (names and what people wrote stay as they are), as `Content-Language` says. `POST`s that create or change take `Idempotency-Key`.",
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
        (name = "complaints", description = "Complain about a centre"),
        (name = "events", description = "Talks, classes and family days, with sign-up"),
        (name = "articles", description = "Policy and parenting knowledge, to read"),
        (name = "guidance", description = "Guidance at home: ask for it, withdraw it"),
        (name = "desk", description = "The centre's day"),
        (name = "calendars", description = "Calendar feeds by secret link"),
        (name = "bureau", description = "Campaigns and figures"),
        (name = "exchange", description = "Reads of other systems, with an access key"),
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
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("qxk_…")
            .description(Some("An access key of another system; the list names the scope that the operation needs."))
            .build();
        let components = openapi.components.get_or_insert_with(Components::new);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
        components.add_security_scheme("access_key", SecurityScheme::Http(key));
    }
}

/// The document as the handlers describe it.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) =
        App::new().into_utoipa_app().openapi(Base::openapi()).configure(routes::describe).split_for_parts();
    name_roles(&mut document);
    say_what_handlers_mean(&mut document);
    document
}

/// Two things that a handler's types don't tell: a `Vec<u8>` is a file, no list of numbers; and a body
/// whose members are all optional may be left out ([`crate::http::Json`] takes none as `{}`).
fn say_what_handlers_mean(document: &mut utoipa::openapi::OpenApi) {
    let schemas = document.components.as_ref().map(|components| &components.schemas);
    let schema = |content: &RefOr<Content>| match content {
        RefOr::T(content) => content.schema.clone(),
        RefOr::Ref(_) => None,
    };
    let needs_nothing = |schema: RefOr<Schema>| {
        let schema = match &schema {
            RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().and_then(|name| schemas?.get(name)),
            RefOr::T(_) => Some(&schema),
        };
        matches!(schema, Some(RefOr::T(Schema::Object(object))) if object.required.is_empty())
    };
    let file =
        || ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            if let Some(RefOr::T(body)) = &mut operation.request_body
                && body.content.values().all(|content| schema(content).is_some_and(needs_nothing))
            {
                body.required = Some(Required::False);
            }
            for response in operation.responses.responses.values_mut() {
                let RefOr::T(response) = response else { continue };
                for (_, content) in response.content.iter_mut().filter(|(kind, _)| !kind.ends_with("json")) {
                    if let RefOr::T(content) = content
                        && matches!(content.schema, Some(RefOr::T(Schema::Array(_))))
                    {
                        content.schema = Some(file().into());
                    }
                }
            }
        }
    }
}

/// Says of each operation which roles may call it, from the one table.
fn name_roles(document: &mut utoipa::openapi::OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let Some(roles) = operation.operation_id.as_deref().and_then(permissions::roles) else { continue };
            let words: Vec<&str> = roles.iter().map(Role::as_str).collect();
            let roles = Extensions::builder().add("x-roles", words).build();
            operation.extensions.get_or_insert_with(Extensions::default).merge(roles);
        }
    }
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
