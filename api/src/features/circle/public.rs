//! Handlers for anyone.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    dto::{CircleOut, CircleQuery},
    service,
};
use crate::{
    error::Result,
    http::{PublicRefusals, Query},
    state::Ctx,
};

/// Read the circle around a point or a centre
///
/// GeoJSON (RFC 7946): the areas reached within each number of minutes, the largest first; the origin; and
/// the centres inside the largest, nearest first, 100 at most (`more` says whether there are others). All of
/// it is found on the street network, or all of it is estimated: `method` says which. An area across 180° is
/// in two pieces. RFC 7946 knows WGS-84 only: in another system, which a map of a phone in China wants, the foreign member
/// `coord` says so. The point serves the answer and is not stored.
#[utoipa::path(tag = "centres", params(CircleQuery), responses(
    (status = 200, description = "The circle", body = CircleOut, content_type = "application/geo+json"), PublicRefusals))]
#[get("/circle")]
pub(super) async fn read_circle(ctx: Data<Ctx>, query: Query<CircleQuery>) -> Result<HttpResponse> {
    let circle: CircleOut = service::circle(&ctx, &query.0).await?;
    Ok(HttpResponse::Ok().content_type("application/geo+json").json(circle))
}
