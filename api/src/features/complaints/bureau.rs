//! Handlers for the bureau.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::ComplaintId;

use super::{
    dto::{BureauComplaintOut, BureauComplaintsQuery, ComplaintAnswerIn, ComplaintAssignIn},
    service,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List complaints
///
/// Newest first, filtered by state, centre and whether they are overdue. Nothing says whose one is.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauComplaintsQuery),
    responses((status = 200, description = "One page", body = Page<BureauComplaintOut>), Refusals))]
#[get("/bureau/complaints")]
pub(super) async fn list_complaints(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauComplaintsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, query).await?))
}

/// Assign a complaint
///
/// To an account of the bureau. One that somebody has is handed over by naming them in `instead_of`, so
/// that of two officers who assign at once one is told (`WRONG_STATE`).
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = ComplaintAssignIn,
    params(("id" = ComplaintId, Path, description = "The complaint"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Assigned", body = BureauComplaintOut), Refusals))]
#[post("/bureau/complaints/{id}/assign")]
pub(super) async fn assign_complaint(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ComplaintId>,
    key: Idempotency,
    Json(body): Json<ComplaintAssignIn>,
) -> Result<HttpResponse> {
    Ok(service::assign(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}

/// Answer a complaint
///
/// Once, by the officer who has it; one that is open becomes the caller's. The family is told.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = ComplaintAnswerIn,
    params(("id" = ComplaintId, Path, description = "The complaint"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Answered", body = BureauComplaintOut), Refusals))]
#[post("/bureau/complaints/{id}/answer")]
pub(super) async fn answer_complaint(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ComplaintId>,
    key: Idempotency,
    Json(body): Json<ComplaintAnswerIn>,
) -> Result<HttpResponse> {
    Ok(service::answer(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}
