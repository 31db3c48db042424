//! Handlers for guardians.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, web::Data};
use entity::WaitlistEntryId;

use super::{
    dto::{WaitlistOut, WaitlistQuery},
    service,
};
use crate::{
    error::Result,
    features::{
        auth::Guardian,
        bookings::dto::{BookingIn, BookingOut},
    },
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Join the waiting list
///
/// For care that has no place now (`PLACE_FREE` otherwise), on all of its days; what can't be booked
/// for another reason is refused as a booking would be. A child waits once for the same care from the
/// same day on (`ALREADY_WAITING`), a family for at most 10. The body is a booking's, without
/// `voucher_id` and `best_effort`: a voucher pays at the desk all the same.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), request_body = BookingIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Waiting", body = WaitlistOut), Refusals))]
#[post("/waitlist")]
pub(super) async fn join_waitlist(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    Json(body): Json<BookingIn>,
) -> Result<HttpResponse> {
    Ok(service::join(&ctx, guardian.family_id, &key, &body).await?.respond(StatusCode::CREATED))
}

/// List the family's waiting
///
/// Newest first, with the position of each and the places on offer.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(WaitlistQuery), responses(
    (status = 200, description = "A page of entries", body = Page<WaitlistOut>), Refusals))]
#[get("/waitlist")]
pub(super) async fn list_waitlist(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<WaitlistQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::list(&ctx, guardian.family_id, query).await?))
}

/// Leave the waiting list
///
/// Also declines a place that is on offer: it passes on. Leaving twice is no error.
#[utoipa::path(tag = "bookings", security(("bearer" = [])),
    params(("id" = WaitlistEntryId, Path, description = "The entry")),
    responses((status = 204, description = "Left"), Refusals))]
#[delete("/waitlist/{id}")]
pub(super) async fn leave_waitlist(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<WaitlistEntryId>,
) -> Result<HttpResponse> {
    service::leave(&ctx, guardian.family_id, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Accept an offered place
///
/// Until `offer.until`. The booking is `confirmed`, or `pending` where the centre confirms by hand.
#[utoipa::path(tag = "bookings", security(("bearer" = [])),
    params(("id" = WaitlistEntryId, Path, description = "The entry"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "The booking", body = BookingOut), Refusals))]
#[post("/waitlist/{id}/accept")]
pub(super) async fn accept_offer(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    id: Path<WaitlistEntryId>,
) -> Result<HttpResponse> {
    Ok(service::accept(&ctx, guardian.family_id, &key, id.0).await?.respond(StatusCode::OK))
}
