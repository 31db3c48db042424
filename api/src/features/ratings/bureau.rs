//! Handlers for the bureau: ratings, and leaving one out of the figures.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::{ExclusionAction, ExclusionStatus, RatingExclusionId, RatingId};

use super::{
    exclusion_dto::{
        BureauRatingOut, BureauRatingsQuery, RatingExclusionIn, RatingExclusionOut, RatingExclusionsQuery,
    },
    exclusions,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List ratings
///
/// Newest first, filtered by centre, level, month of care and whether they count. A text is shown
/// once moderation has passed it; nothing says whose a rating is.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauRatingsQuery),
    responses((status = 200, description = "One page", body = Page<BureauRatingOut>), Refusals))]
#[get("/bureau/ratings")]
pub(super) async fn list_bureau_ratings(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauRatingsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(exclusions::ratings(&ctx, query).await?))
}

/// Propose to leave a rating out of the figures
///
/// With a reason. It counts until another officer confirms; a rating has one open proposal at a time
/// (`WRONG_STATE`).
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = RatingExclusionIn,
    params(("id" = RatingId, Path, description = "The rating"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Proposed", body = RatingExclusionOut), Refusals))]
#[post("/bureau/ratings/{id}/exclusions")]
pub(super) async fn propose_exclusion(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RatingId>,
    key: Idempotency,
    Json(body): Json<RatingExclusionIn>,
) -> Result<HttpResponse> {
    Ok(exclusions::propose(&ctx, &bureau, &key, id.0, ExclusionAction::Exclude, body)
        .await?
        .respond(StatusCode::CREATED))
}

/// Propose to count an excluded rating again
///
/// The way back: of a rating that officers left out, or that a tie left out which was refused since; with a
/// reason, confirmed by another officer. Not of one whose care was reversed.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = RatingExclusionIn,
    params(("id" = RatingId, Path, description = "The rating"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Proposed", body = RatingExclusionOut), Refusals))]
#[post("/bureau/ratings/{id}/inclusions")]
pub(super) async fn propose_inclusion(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RatingId>,
    key: Idempotency,
    Json(body): Json<RatingExclusionIn>,
) -> Result<HttpResponse> {
    Ok(exclusions::propose(&ctx, &bureau, &key, id.0, ExclusionAction::Include, body)
        .await?
        .respond(StatusCode::CREATED))
}

/// List proposals about ratings
///
/// Newest first, filtered by state, rating and centre.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(RatingExclusionsQuery),
    responses((status = 200, description = "One page", body = Page<RatingExclusionOut>), Refusals))]
#[get("/bureau/ratings/exclusions")]
pub(super) async fn list_exclusions(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<RatingExclusionsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(exclusions::page(&ctx, query).await?))
}

/// Confirm a proposal about a rating
///
/// By another officer than the one who proposed (else 403). It takes effect at once; the snapshot of
/// a closed month stays, and the revised figure shows beside it.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = RatingExclusionId, Path, description = "The proposal"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Confirmed", body = RatingExclusionOut), Refusals))]
#[post("/bureau/ratings/exclusions/{id}/confirm")]
pub(super) async fn confirm_exclusion(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RatingExclusionId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(exclusions::decide(&ctx, &bureau, &key, id.0, ExclusionStatus::Confirmed).await?.respond(StatusCode::OK))
}

/// Reject a proposal about a rating
///
/// By another officer than the one who proposed (else 403). Nothing changes in the figures.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = RatingExclusionId, Path, description = "The proposal"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Rejected", body = RatingExclusionOut), Refusals))]
#[post("/bureau/ratings/exclusions/{id}/reject")]
pub(super) async fn reject_exclusion(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RatingExclusionId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(exclusions::decide(&ctx, &bureau, &key, id.0, ExclusionStatus::Rejected).await?.respond(StatusCode::OK))
}
