//! Handlers for the centre's desk.

use actix_web::{HttpResponse, get, web::Data};
use entity::VisitId;

use super::{dto::PickupPersonsOut, service};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Path, Refusals},
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
