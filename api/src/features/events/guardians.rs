//! Handlers for guardians.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::{EventId, SignupId};

use super::{
    dto::{SignupIn, SignupOut, SignupsQuery},
    signups,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Sign up for an event
///
/// Once a family. Without room for all persons, or with others waiting, it goes to the waiting list
/// (`waiting`) and moves up by itself; then a notice (`event_place`) tells.
#[utoipa::path(tag = "events", security(("bearer" = [])), request_body = SignupIn,
    params(("id" = EventId, Path, description = "The event"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Signed up, or waiting", body = SignupOut), Refusals))]
#[post("/events/{id}/signups")]
pub(super) async fn sign_up(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<EventId>,
    key: Idempotency,
    Json(body): Json<SignupIn>,
) -> Result<HttpResponse> {
    Ok(signups::sign_up(&ctx, guardian.family_id, &key, id.0, body).await?.respond(StatusCode::CREATED))
}

/// List the family's sign-ups
///
/// Newest first, each with its event.
#[utoipa::path(tag = "events", security(("bearer" = [])), params(SignupsQuery),
    responses((status = 200, description = "One page", body = Page<SignupOut>), Refusals))]
#[get("/me/signups")]
pub(super) async fn list_signups(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<SignupsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(signups::own(&ctx, guardian.family_id, query).await?))
}

/// Withdraw a sign-up
///
/// The place goes to who has waited longest.
#[utoipa::path(tag = "events", security(("bearer" = [])),
    params(("id" = SignupId, Path, description = "The sign-up"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Withdrawn", body = SignupOut), Refusals))]
#[post("/me/signups/{id}/withdraw")]
pub(super) async fn withdraw_signup(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<SignupId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(signups::withdraw(&ctx, guardian.family_id, &key, id.0).await?.respond(StatusCode::OK))
}
