//! Handlers for anyone.

use actix_web::{HttpResponse, get, web::Data};
use entity::CentreId;

use super::{
    dto::{CentreRatingsOut, RatingsQuery},
    service,
};
use crate::{
    error::Result,
    http::{Path, PublicRefusals, Query},
    state::Ctx,
};

/// Read a centre's ratings
///
/// The figures count every rating of the last twelve months; the list holds the texts that
/// moderation passed, newest first, without anything that tells whose they are.
#[utoipa::path(tag = "centres", params(("id" = CentreId, Path, description = "The centre"), RatingsQuery),
    responses((status = 200, description = "Figures and a page of texts", body = CentreRatingsOut), PublicRefusals))]
#[get("/centres/{id}/ratings")]
pub(super) async fn list_centre_ratings(
    ctx: Data<Ctx>,
    id: Path<CentreId>,
    Query(query): Query<RatingsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::of_centre(&ctx, id.0, query).await?))
}
