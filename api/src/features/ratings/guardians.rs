//! Handlers for guardians.

use actix_web::{HttpResponse, get, http::StatusCode, patch, post, web::Data};
use entity::RatingId;

use super::{
    dto::{RatingIn, RatingOut, RatingPatch, RatingsQuery},
    service,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Idempotency, Json, Page, Path, Query, Refusals, address::ClientDevice},
    state::Ctx,
};

/// Rate a visit or a voucher day
///
/// Once per occasion, after the child was checked out or the voucher day redeemed; else
/// `RATING_NOT_ALLOWED`. The score counts at once; the text is shown, without a name, when
/// moderation has passed it.
#[utoipa::path(tag = "ratings", security(("bearer" = [])), request_body = RatingIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Rated", body = RatingOut), Refusals))]
#[post("/ratings")]
pub(super) async fn rate(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    device: ClientDevice,
    Json(body): Json<RatingIn>,
) -> Result<HttpResponse> {
    Ok(service::rate(&ctx, guardian.family_id, &key, &device, body).await?.respond(StatusCode::CREATED))
}

/// List the family's ratings
///
/// Newest first.
#[utoipa::path(tag = "ratings", security(("bearer" = [])), params(RatingsQuery),
    responses((status = 200, description = "A page of ratings", body = Page<RatingOut>), Refusals))]
#[get("/ratings")]
pub(super) async fn list_own_ratings(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<RatingsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::own(&ctx, guardian.family_id, query).await?))
}

/// Change a rating
///
/// Within 30 days of giving it; later `WRONG_STATE`. What is absent stays as it is. A changed text
/// is moderated again.
#[utoipa::path(tag = "ratings", security(("bearer" = [])), request_body = RatingPatch,
    params(("id" = RatingId, Path, description = "The rating")),
    responses((status = 200, description = "Changed", body = RatingOut), Refusals))]
#[patch("/ratings/{id}")]
pub(super) async fn change_rating(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<RatingId>,
    Json(body): Json<RatingPatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::change(&ctx, guardian.family_id, id.0, body).await?))
}
