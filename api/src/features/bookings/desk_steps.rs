//! Handlers for the desk: check-in by code, search by name, corrections and history.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::{BookingId, VisitId};

use super::{
    desk_dto::{DeskCheckInCodeIn, DeskCorrectionIn, DeskNameIn, DeskNamedOut, DeskVisitStepOut},
    dto::BookingHistoryOut,
    service,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Json, Path, Refusals},
    state::Ctx,
};

/// Check a child in by its code
///
/// The QR code of a visit of today, as the family shows it (`VISIT_CODE_INVALID`,
/// `VISIT_CODE_EXPIRED`); then as checking in by the visit.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskCheckInCodeIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "In care", body = DeskVisitStepOut), Refusals))]
#[post("/desk/check-ins")]
pub(super) async fn check_in_by_code(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    Json(body): Json<DeskCheckInCodeIn>,
) -> Result<HttpResponse> {
    Ok(service::check_in_by_code(&ctx, &desk, &key, &body.code).await?.respond(StatusCode::OK))
}

/// Find visits by a child's name
///
/// Of a day at the centre. A POST, so that the name is in no address.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskNameIn,
    responses((status = 200, description = "The visits", body = DeskNamedOut), Refusals))]
#[post("/desk/visits/search")]
pub(super) async fn search_desk_visits(
    ctx: Data<Ctx>,
    desk: Desk,
    Json(body): Json<DeskNameIn>,
) -> Result<HttpResponse> {
    let items = service::search_by_name(&ctx, &desk, &body.name, body.date.map(|day| day.0)).await?;
    Ok(HttpResponse::Ok().json(DeskNamedOut { items }))
}

/// Correct a visit
///
/// Where it stands and when the child came and left, with the reason. Appended to the history, which
/// keeps what was before. A carer corrects the records of today, the manager those of the last 31 days.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskCorrectionIn,
    params(("id" = VisitId, Path, description = "The visit"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Corrected", body = DeskVisitStepOut), Refusals))]
#[post("/desk/visits/{id}/corrections")]
pub(super) async fn correct_visit(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
    Json(body): Json<DeskCorrectionIn>,
) -> Result<HttpResponse> {
    Ok(service::correct(&ctx, &desk, &key, id.0, body).await?.respond(StatusCode::OK))
}

/// Read a booking's history
///
/// Every step of the booking and its days, corrections with what was before.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = BookingId, Path, description = "The booking")),
    responses((status = 200, description = "The history", body = BookingHistoryOut), Refusals))]
#[get("/desk/bookings/{id}/history")]
pub(super) async fn read_desk_history(ctx: Data<Ctx>, desk: Desk, id: Path<BookingId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::history_at_desk(&ctx, &desk, id.0).await?))
}
