//! Handlers for guardians.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, web::Data};

use super::{
    dto::CalendarFeedOut,
    service::{self, Owner},
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Idempotency, Refusals},
    state::Ctx,
};

/// Read one's calendar feed
///
/// Of the family's bookings; without its link, which is shown once.
#[utoipa::path(tag = "family", security(("bearer" = [])), responses(
    (status = 200, description = "The feed", body = CalendarFeedOut), Refusals))]
#[get("/me/calendar")]
pub(super) async fn read_family_feed(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::present(&ctx, Owner::Family(guardian.family_id)).await?))
}

/// Make a calendar feed
///
/// Of the family's bookings, with a secret link to subscribe to; a link made before ends.
#[utoipa::path(tag = "family", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Made", body = CalendarFeedOut), Refusals))]
#[post("/me/calendar")]
pub(super) async fn make_family_feed(ctx: Data<Ctx>, guardian: Guardian, key: Idempotency) -> Result<HttpResponse> {
    let made = service::make(&ctx, Owner::Family(guardian.family_id), None, &key).await?;
    Ok(made.respond(StatusCode::CREATED))
}

/// Revoke one's calendar feed
///
/// Its link answers 404 from now on.
#[utoipa::path(tag = "family", security(("bearer" = [])), responses(
    (status = 204, description = "Revoked"), Refusals))]
#[delete("/me/calendar")]
pub(super) async fn revoke_family_feed(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    service::revoke(&ctx, Owner::Family(guardian.family_id), None).await?;
    Ok(HttpResponse::NoContent().finish())
}
