//! Handlers for guardians.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, web::Data};
use entity::{BookingId, PickupPersonId, VisitId};

use super::{
    dto::{PickupCodeIn, PickupCodeOut, PickupPersonIn, PickupPersonOut, PickupPersonsOut},
    service,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Idempotency, Json, Path, Refusals},
    state::Ctx,
};

/// List who may take the children home
///
/// Besides the guardian; at most five.
#[utoipa::path(tag = "family", security(("bearer" = [])), responses(
    (status = 200, description = "The people", body = PickupPersonsOut), Refusals))]
#[get("/me/pickup-persons")]
pub(super) async fn list_pickup_persons(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::persons(&ctx, guardian.family_id).await?))
}

/// Name somebody who may take the children home
///
/// The centre hands a child over to nobody else, but for one-time codes.
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = PickupPersonIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Named", body = PickupPersonOut), Refusals))]
#[post("/me/pickup-persons")]
pub(super) async fn add_pickup_person(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    Json(body): Json<PickupPersonIn>,
) -> Result<HttpResponse> {
    Ok(service::add(&ctx, guardian.family_id, &key, body).await?.respond(StatusCode::CREATED))
}

/// Take somebody off the list
///
/// From the next hand-over on.
#[utoipa::path(tag = "family", security(("bearer" = [])),
    params(("id" = PickupPersonId, Path, description = "The person")),
    responses((status = 204, description = "Taken off"), Refusals))]
#[delete("/me/pickup-persons/{id}")]
pub(super) async fn remove_pickup_person(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<PickupPersonId>,
) -> Result<HttpResponse> {
    service::remove(&ctx, guardian.family_id, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Make a one-time pick-up code
///
/// For somebody who isn't named, for this day only; a new one ends the one before.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), request_body = PickupCodeIn,
    params(("id" = BookingId, Path, description = "The booking"), ("visit_id" = VisitId, Path, description = "The day"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "The code", body = PickupCodeOut), Refusals))]
#[post("/bookings/{id}/visits/{visit_id}/pickup-code")]
pub(super) async fn make_pickup_code(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    ids: Path<(BookingId, VisitId)>,
    Json(body): Json<PickupCodeIn>,
) -> Result<HttpResponse> {
    Ok(service::make_code(&ctx, guardian.family_id, &key, ids.0, body).await?.respond(StatusCode::CREATED))
}
