//! Handlers for the centre's desk; each member of the staff has a link of their own.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, web::Data};

use super::{
    dto::CalendarFeedOut,
    service::{self, Owner},
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Refusals},
    state::Ctx,
};

/// Read one's calendar feed
///
/// Of the centre's days; without its link, which is shown once.
#[utoipa::path(tag = "desk", security(("bearer" = [])), responses(
    (status = 200, description = "The feed", body = CalendarFeedOut), Refusals))]
#[get("/desk/calendar")]
pub(super) async fn read_desk_feed(ctx: Data<Ctx>, desk: Desk) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::present(&ctx, Owner::Desk(desk.staff_id, desk.centre_id)).await?))
}

/// Make a calendar feed
///
/// Of the centre's days, with a secret link to subscribe to; a link made before ends.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Made", body = CalendarFeedOut), Refusals))]
#[post("/desk/calendar")]
pub(super) async fn make_desk_feed(ctx: Data<Ctx>, desk: Desk, key: Idempotency) -> Result<HttpResponse> {
    let made = service::make(&ctx, Owner::Desk(desk.staff_id, desk.centre_id), Some(&desk), &key).await?;
    Ok(made.respond(StatusCode::CREATED))
}

/// Revoke one's calendar feed
///
/// Its link answers 404 from now on.
#[utoipa::path(tag = "desk", security(("bearer" = [])), responses(
    (status = 204, description = "Revoked"), Refusals))]
#[delete("/desk/calendar")]
pub(super) async fn revoke_desk_feed(ctx: Data<Ctx>, desk: Desk) -> Result<HttpResponse> {
    service::revoke(&ctx, Owner::Desk(desk.staff_id, desk.centre_id), Some(&desk)).await?;
    Ok(HttpResponse::NoContent().finish())
}
