//! Handlers for the centre's desk. All see and touch the rows of the caller's own centre only.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::{BookingId, ChildId, VisitId};

use super::{
    desk_dto::{
        DeskAbsentIn, DeskBookingOut, DeskCheckInIn, DeskCheckOutIn, DeskDayOut, DeskEntryCheckIn, DeskEntryCheckOut,
        DeskReasonIn, DeskTodayQuery, DeskVisitStepOut,
    },
    dto::BookingsQuery,
    service::{self, Decision},
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Read the day
///
/// Whom to expect on a date, ordered by the hour; cancelled visits are left out. Each class with how
/// many children are where, and today whether enough carers are on duty for those who are there.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(DeskTodayQuery), responses(
    (status = 200, description = "The day", body = DeskDayOut), Refusals))]
#[get("/desk/today")]
pub(super) async fn read_desk_day(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<DeskTodayQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::day(&ctx, &desk, query.date.map(|day| day.0)).await?))
}

/// List the centre's bookings
///
/// Newest first.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(BookingsQuery), responses(
    (status = 200, description = "A page of bookings", body = Page<DeskBookingOut>), Refusals))]
#[get("/desk/bookings")]
pub(super) async fn list_desk_bookings(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<BookingsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::bookings_of_centre(&ctx, &desk, query).await?))
}

/// Confirm a booking
///
/// A request that waits for the centre's answer.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = BookingId, Path, description = "The booking"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Confirmed", body = DeskBookingOut), Refusals))]
#[post("/desk/bookings/{id}/confirm")]
pub(super) async fn confirm_desk_booking(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<BookingId>,
) -> Result<HttpResponse> {
    let done = service::decide(&ctx, &desk, &key, id.0, Decision::Confirm, None).await?;
    Ok(done.respond(StatusCode::OK))
}

/// Decline a booking
///
/// A request that waits for the centre's answer; its places are free again.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskReasonIn,
    params(("id" = BookingId, Path, description = "The booking"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Declined", body = DeskBookingOut), Refusals))]
#[post("/desk/bookings/{id}/decline")]
pub(super) async fn decline_desk_booking(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<BookingId>,
    Json(DeskReasonIn { reason }): Json<DeskReasonIn>,
) -> Result<HttpResponse> {
    let done = service::decide(&ctx, &desk, &key, id.0, Decision::Decline, Some(&reason)).await?;
    Ok(done.respond(StatusCode::OK))
}

/// Cancel a booking for the centre
///
/// With a reason that the family reads; what is still to come is cancelled, whatever the cut-off.
/// While the child is in care it is checked out first (`WRONG_STATE`).
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskReasonIn,
    params(("id" = BookingId, Path, description = "The booking"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Cancelled", body = DeskBookingOut), Refusals))]
#[post("/desk/bookings/{id}/cancel")]
pub(super) async fn cancel_desk_booking(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<BookingId>,
    Json(DeskReasonIn { reason }): Json<DeskReasonIn>,
) -> Result<HttpResponse> {
    let done = service::decide(&ctx, &desk, &key, id.0, Decision::Cancel, Some(&reason)).await?;
    Ok(done.respond(StatusCode::OK))
}

/// Check a child in
///
/// On the visit's own date. Full-day and half-day care needs a passed entry check
/// (`ENTRY_CHECK_REQUIRED` otherwise).
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskCheckInIn,
    params(("id" = VisitId, Path, description = "The visit"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "In care", body = DeskVisitStepOut), Refusals))]
#[post("/desk/visits/{id}/check-in")]
pub(super) async fn check_in_visit(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
    Json(DeskCheckInIn {}): Json<DeskCheckInIn>,
) -> Result<HttpResponse> {
    Ok(service::check_in(&ctx, &desk, &key, id.0).await?.respond(StatusCode::OK))
}

/// Check a child out
///
/// To the guardian, to somebody the family named (`collected_by`), or to whom a one-time code names
/// (`pickup_code`); to nobody else. The last visit completes the booking.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskCheckOutIn,
    params(("id" = VisitId, Path, description = "The visit"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Left", body = DeskVisitStepOut), Refusals))]
#[post("/desk/visits/{id}/check-out")]
pub(super) async fn check_out_visit(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
    Json(body): Json<DeskCheckOutIn>,
) -> Result<HttpResponse> {
    Ok(service::check_out(&ctx, &desk, &key, id.0, body).await?.respond(StatusCode::OK))
}

/// Mark a child as absent
///
/// The family told in time; the place is free again.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskAbsentIn,
    params(("id" = VisitId, Path, description = "The visit"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Absent", body = DeskVisitStepOut), Refusals))]
#[post("/desk/visits/{id}/absent")]
pub(super) async fn mark_visit_absent(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
    Json(body): Json<DeskAbsentIn>,
) -> Result<HttpResponse> {
    Ok(service::absent(&ctx, &desk, &key, id.0, body).await?.respond(StatusCode::OK))
}

/// Record a child's entry check
///
/// Health check and vaccination as seen by the centre, a status and a date, no scans. For a child
/// that has or had a booking here; a later record replaces the one before.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskEntryCheckIn,
    params(("id" = ChildId, Path, description = "The child"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Recorded", body = DeskEntryCheckOut), Refusals))]
#[post("/desk/children/{id}/entry-check")]
pub(super) async fn record_entry_check(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<ChildId>,
    Json(body): Json<DeskEntryCheckIn>,
) -> Result<HttpResponse> {
    Ok(service::record_entry_check(&ctx, &desk, &key, id.0, &body).await?.respond(StatusCode::OK))
}
