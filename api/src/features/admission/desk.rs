//! Handlers for the centre's desk.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, web::Data};
use entity::{BookingId, EmployerCodeId};

use super::{
    dto::{EmployerCodeIn, EmployerCodeOut, EmployerCodesQuery},
    service,
    tie_dto::{DeskTieIn, TieOut},
    ties,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List codes for own staff
///
/// Newest first, without the codes themselves. The manager's.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(EmployerCodesQuery), responses(
    (status = 200, description = "A page of codes", body = Page<EmployerCodeOut>), Refusals))]
#[get("/desk/employer-codes")]
pub(super) async fn list_employer_codes(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<EmployerCodesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::codes(&ctx, &desk, query).await?))
}

/// Make a code for own staff
///
/// Whoever enters it books as the employer's own until its last day. The code is in this answer only.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = EmployerCodeIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Made", body = EmployerCodeOut), Refusals))]
#[post("/desk/employer-codes")]
pub(super) async fn make_employer_code(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    Json(body): Json<EmployerCodeIn>,
) -> Result<HttpResponse> {
    Ok(service::make_code(&ctx, &desk, &key, body).await?.respond(StatusCode::CREATED))
}

/// Revoke a code for own staff
///
/// Whoever proved by it books as others do from now on; bookings stay.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = EmployerCodeId, Path, description = "The code")),
    responses((status = 204, description = "Revoked"), Refusals))]
#[delete("/desk/employer-codes/{id}")]
pub(super) async fn revoke_employer_code(ctx: Data<Ctx>, desk: Desk, id: Path<EmployerCodeId>) -> Result<HttpResponse> {
    service::revoke_code(&ctx, &desk, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Say what the family of a booking is to the centre
///
/// Staff or their relatives: their ratings don't count in the centre's satisfaction, once an officer has
/// confirmed it. The family is told, reads the reason and may contest it. Where the family said so itself, its
/// own word stands. What was told of and nobody has contested may be told of anew. The manager's.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskTieIn,
    params(("id" = BookingId, Path, description = "The booking"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Said", body = TieOut), Refusals))]
#[post("/desk/bookings/{id}/tie")]
pub(super) async fn tie_booking(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<BookingId>,
    Json(body): Json<DeskTieIn>,
) -> Result<HttpResponse> {
    Ok(ties::tie_booking(&ctx, &desk, &key, id.0, body).await?.respond(StatusCode::CREATED))
}
