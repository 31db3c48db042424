//! Handlers for guardians.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::ComplaintId;

use super::{
    dto::{ComplaintCloseIn, ComplaintIn, ComplaintOut, ComplaintsQuery},
    service,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Complain about a centre
///
/// That the family booked, or that cared for a child of it; else `COMPLAINT_NOT_ALLOWED`. The bureau
/// answers; the centre doesn't learn who complained. A rating of level 1 or 2 opens a complaint by itself.
#[utoipa::path(tag = "complaints", security(("bearer" = [])), request_body = ComplaintIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Filed", body = ComplaintOut), Refusals))]
#[post("/complaints")]
pub(super) async fn file_complaint(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    Json(body): Json<ComplaintIn>,
) -> Result<HttpResponse> {
    Ok(service::file(&ctx, guardian.family_id, &key, body).await?.respond(StatusCode::CREATED))
}

/// List the family's complaints
///
/// Newest first, those that a rating opened too, with their answers.
#[utoipa::path(tag = "complaints", security(("bearer" = [])), params(ComplaintsQuery),
    responses((status = 200, description = "A page of complaints", body = Page<ComplaintOut>), Refusals))]
#[get("/complaints")]
pub(super) async fn list_own_complaints(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<ComplaintsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::own(&ctx, guardian.family_id, query).await?))
}

/// Close a complaint
///
/// After the answer (else `WRONG_STATE`), saying whether it satisfies.
#[utoipa::path(tag = "complaints", security(("bearer" = [])), request_body = ComplaintCloseIn,
    params(("id" = ComplaintId, Path, description = "The complaint"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Closed", body = ComplaintOut), Refusals))]
#[post("/complaints/{id}/close")]
pub(super) async fn close_complaint(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<ComplaintId>,
    key: Idempotency,
    Json(body): Json<ComplaintCloseIn>,
) -> Result<HttpResponse> {
    Ok(service::close(&ctx, guardian.family_id, &key, id.0, body.satisfied).await?.respond(StatusCode::OK))
}
