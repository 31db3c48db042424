//! Handlers for guardians.

use actix_web::{
    HttpResponse, get,
    http::{StatusCode, header::CACHE_CONTROL},
    post,
    web::Data,
};
use entity::{BookingId, VisitId, VisitStatus};

use super::{
    dto::{
        AttendanceOut, BookingHistoryOut, BookingIn, BookingOut, BookingsQuery, CancelBookingIn, QuoteOut,
        RescheduleIn, VisitCodeOut,
    },
    service,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{
        Idempotency, Json, Page, Path, Query, Refusals,
        picture::{self, PictureQuery},
    },
    state::Ctx,
};

/// Ask what care would cost
///
/// The same body as for a booking, the same price, days and class; says for each day whether there
/// is a place. Changes nothing. Days on which the centre is closed are left out and listed.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), request_body = BookingIn, responses(
    (status = 200, description = "What the booking would be", body = QuoteOut), Refusals))]
#[post("/bookings/quote")]
pub(super) async fn quote_booking(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Json(body): Json<BookingIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::quote(&ctx, guardian.family_id, &body).await?))
}

/// Book care
///
/// All days or none (`NO_PLACE` with the full `dates`), unless `best_effort` is set. `confirmed` at
/// once, or `pending` until the centre answers, by `confirm_by`. A missing entry check doesn't
/// refuse the booking: `entry_check` says by when it is needed.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), request_body = BookingIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Booked", body = BookingOut), Refusals))]
#[post("/bookings")]
pub(super) async fn create_booking(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    Json(body): Json<BookingIn>,
) -> Result<HttpResponse> {
    Ok(service::book(&ctx, guardian.family_id, &key, &body).await?.respond(StatusCode::CREATED))
}

/// List the family's bookings
///
/// Newest first.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(BookingsQuery), responses(
    (status = 200, description = "A page of bookings", body = Page<BookingOut>), Refusals))]
#[get("/bookings")]
pub(super) async fn list_bookings(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<BookingsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::bookings(&ctx, guardian.family_id, query).await?))
}

/// Read a booking
///
/// With its days and where each stands.
#[utoipa::path(tag = "bookings", security(("bearer" = [])),
    params(("id" = BookingId, Path, description = "The booking")),
    responses((status = 200, description = "The booking", body = BookingOut), Refusals))]
#[get("/bookings/{id}")]
pub(super) async fn read_booking(ctx: Data<Ctx>, guardian: Guardian, id: Path<BookingId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::booking(&ctx, guardian.family_id, id.0).await?))
}

/// Cancel a booking
///
/// What is still to come is cancelled and its places are free again; until `can_cancel_until`,
/// afterwards `CANCEL_WINDOW_CLOSED` with the centre's phone.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), request_body = CancelBookingIn,
    params(("id" = BookingId, Path, description = "The booking"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Cancelled", body = BookingOut), Refusals))]
#[post("/bookings/{id}/cancel")]
pub(super) async fn cancel_booking(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    id: Path<BookingId>,
    Json(CancelBookingIn { reason }): Json<CancelBookingIn>,
) -> Result<HttpResponse> {
    let cancelled = service::cancel(&ctx, guardian.family_id, &key, id.0, reason.as_deref()).await?;
    Ok(cancelled.respond(StatusCode::OK))
}

/// Reschedule a booking
///
/// Other days or hours in place of what is still to come, until `can_cancel_until`: the new places
/// are held and the old ones given back together, or nothing changes. The answer is a new booking
/// that names the old one in `replaces`. Where the centre confirms by hand, the new one is `pending`
/// and the old one stands until the centre has confirmed.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), request_body = RescheduleIn,
    params(("id" = BookingId, Path, description = "The booking"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Rescheduled", body = BookingOut), Refusals))]
#[post("/bookings/{id}/reschedule")]
pub(super) async fn reschedule_booking(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    id: Path<BookingId>,
    Json(body): Json<RescheduleIn>,
) -> Result<HttpResponse> {
    let done = service::reschedule(&ctx, guardian.family_id, &key, id.0, &body).await?;
    Ok(done.respond(StatusCode::CREATED))
}

/// Cancel one day
///
/// The others stand. Until the booking's cut-off before the day begins, afterwards
/// `CANCEL_WINDOW_CLOSED` with the centre's phone; the day is taken off the price.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), request_body = CancelBookingIn,
    params(("id" = BookingId, Path, description = "The booking"), ("visit_id" = VisitId, Path, description = "The day"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Cancelled", body = BookingOut), Refusals))]
#[post("/bookings/{id}/visits/{visit_id}/cancel")]
pub(super) async fn cancel_visit(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    ids: Path<(BookingId, VisitId)>,
    Json(CancelBookingIn { reason }): Json<CancelBookingIn>,
) -> Result<HttpResponse> {
    let done =
        service::not_coming(&ctx, guardian.family_id, &key, ids.0, VisitStatus::Cancelled, reason.as_deref()).await?;
    Ok(done.respond(StatusCode::OK))
}

/// Tell that the child is absent
///
/// Until the day begins; its place is free again for others. Before the cut-off the day is taken off
/// the price; after it the day is paid for, and counted among late absences.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), request_body = CancelBookingIn,
    params(("id" = BookingId, Path, description = "The booking"), ("visit_id" = VisitId, Path, description = "The day"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Absent", body = BookingOut), Refusals))]
#[post("/bookings/{id}/visits/{visit_id}/absent")]
pub(super) async fn tell_absent(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    ids: Path<(BookingId, VisitId)>,
    Json(CancelBookingIn { reason }): Json<CancelBookingIn>,
) -> Result<HttpResponse> {
    let done =
        service::not_coming(&ctx, guardian.family_id, &key, ids.0, VisitStatus::Absent, reason.as_deref()).await?;
    Ok(done.respond(StatusCode::OK))
}

/// Read the family's attendance
///
/// Days missed and absences told too late, of the last 90 days by default; from `most` on the centre
/// confirms each booking by hand.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), responses(
    (status = 200, description = "The attendance", body = AttendanceOut), Refusals))]
#[get("/me/attendance")]
pub(super) async fn read_attendance(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::attendance(&ctx, guardian.family_id).await?))
}

/// Read a booking's history
///
/// Every step of the booking and its days, corrections with what was before.
#[utoipa::path(tag = "bookings", security(("bearer" = [])),
    params(("id" = BookingId, Path, description = "The booking")),
    responses((status = 200, description = "The history", body = BookingHistoryOut), Refusals))]
#[get("/bookings/{id}/history")]
pub(super) async fn read_history(ctx: Data<Ctx>, guardian: Guardian, id: Path<BookingId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::history(&ctx, guardian.family_id, id.0).await?))
}

/// Get a day's code to show at the desk
///
/// Of a day of today that is expected; it changes every 30 seconds: ask again after `refresh_after_s`.
#[utoipa::path(tag = "bookings", security(("bearer" = [])),
    params(("id" = BookingId, Path, description = "The booking"), ("visit_id" = VisitId, Path, description = "The day")),
    responses((status = 200, description = "The code of this moment", body = VisitCodeOut), Refusals))]
#[get("/bookings/{id}/visits/{visit_id}/code")]
pub(super) async fn visit_code(
    ctx: Data<Ctx>,
    guardian: Guardian,
    ids: Path<(BookingId, VisitId)>,
) -> Result<HttpResponse> {
    let code = service::visit_code(&ctx, guardian.family_id, ids.0).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(code))
}

/// Get a day's code as SVG
///
/// The QR code of this moment, with its quiet zone.
#[utoipa::path(tag = "bookings", security(("bearer" = [])),
    params(("id" = BookingId, Path, description = "The booking"), ("visit_id" = VisitId, Path, description = "The day"), PictureQuery),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml"), Refusals))]
#[get("/bookings/{id}/visits/{visit_id}/code.svg")]
pub(super) async fn visit_code_svg(
    ctx: Data<Ctx>,
    guardian: Guardian,
    ids: Path<(BookingId, VisitId)>,
    Query(query): Query<PictureQuery>,
) -> Result<HttpResponse> {
    let code = service::visit_code_text(&ctx, guardian.family_id, ids.0).await?;
    let picture = picture::svg(&code, query.size)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type("image/svg+xml").body(picture))
}
