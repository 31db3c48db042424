//! Handlers for anyone.

use actix_web::{HttpResponse, get, web::Data};
use entity::CentreId;

use super::{
    availability_dto::{AvailabilityOut, AvailabilityQuery},
    dto::{CentreCardsOut, CentreOut, CentrePageQuery, CentreSearch},
    search, service,
};
use crate::{
    error::Result,
    http::{Path, PublicRefusals, Query},
    state::Ctx,
};

/// Search centres
///
/// With a point: those within `minutes` on foot (or by another `mode`), nearest first; if there are none,
/// `nearest` and `message` say where the nearest are and what to do. With a date: only those with a place
/// free through the time asked for. Without a point: all, by rating. The point serves the search and is
/// not stored; a routing engine's ways are found from the middle of a cell of 50 m and remembered for an
/// hour by the cell, without who asked: across narrow water or a wall they may be those of the other side.
/// With such an engine the 500 nearest as the crow flies that pass the other filters are looked at. Pages of
/// one list are all by street or all by estimate.
#[utoipa::path(tag = "centres", params(CentreSearch), responses(
    (status = 200, description = "The centres found", body = CentreCardsOut), PublicRefusals))]
#[get("/centres")]
pub(super) async fn search_centres(ctx: Data<Ctx>, query: Query<CentreSearch>) -> Result<HttpResponse> {
    let body = search::search(&ctx, &query.0).await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

/// Read a centre's page
///
/// Hours, classes, offers and terms, badges, rating; with a point also the way, on foot or by another `mode`.
#[utoipa::path(tag = "centres", params(("id" = CentreId, Path, description = "The centre"), CentrePageQuery), responses(
    (status = 200, description = "The page", body = CentreOut), PublicRefusals))]
#[get("/centres/{id}")]
pub(super) async fn read_centre(
    ctx: Data<Ctx>,
    id: Path<CentreId>,
    query: Query<CentrePageQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, id.0, &query.0).await?))
}

/// Read a centre's free places
///
/// Per date and class, with the times at which the number changes; closed dates say why. At most
/// 92 days.
#[utoipa::path(tag = "centres", params(("id" = CentreId, Path, description = "The centre"), AvailabilityQuery), responses(
    (status = 200, description = "Free places", body = AvailabilityOut), PublicRefusals))]
#[get("/centres/{id}/availability")]
pub(super) async fn read_availability(
    ctx: Data<Ctx>,
    id: Path<CentreId>,
    query: Query<AvailabilityQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::availability(&ctx, id.0, &query.0).await?))
}
