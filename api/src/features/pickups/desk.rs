//! Handlers for the centre's desk.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::VisitId;

use super::{
    dto::{DocumentCheckIn, DocumentCheckOut, PickupPersonsOut},
    service,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Json, Path, Refusals},
    state::Ctx,
};

/// List who may take a child home
///
/// Besides the guardian; while the child is in care.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = VisitId, Path, description = "The visit")),
    responses((status = 200, description = "The people", body = PickupPersonsOut), Refusals))]
#[get("/desk/visits/{id}/pickup-persons")]
pub(super) async fn list_visit_pickup(ctx: Data<Ctx>, desk: Desk, id: Path<VisitId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::of_visit(&ctx, &desk, id.0).await?))
}

/// Compare a document with the guardian's
///
/// Of whoever brings or fetches a child: whether the 台胞证 that is shown is the one that the guardian noted. Nothing
/// else of it is told; every comparison is in the audit log.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DocumentCheckIn,
    params(("id" = VisitId, Path, description = "The visit"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Compared", body = DocumentCheckOut), Refusals))]
#[post("/desk/visits/{id}/document-check")]
pub(super) async fn check_document(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<VisitId>,
    key: Idempotency,
    Json(body): Json<DocumentCheckIn>,
) -> Result<HttpResponse> {
    Ok(service::check_document(&ctx, &desk, &key, id.0, body).await?.respond(StatusCode::OK))
}
