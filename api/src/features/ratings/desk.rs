//! Handlers for the centre: its ratings, and its replies.

use actix_web::{HttpResponse, delete, get, put, web::Data};
use entity::RatingAliasId;

use super::{
    replies,
    reply_dto::{DeskRatingOut, DeskRatingsQuery, ReplyIn},
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List the centre's ratings
///
/// Those that count, the newest month first and in it the lowest level first, so that the order doesn't
/// tell when a rating came. Nothing says whose a rating is.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(DeskRatingsQuery),
    responses((status = 200, description = "A page of ratings", body = Page<DeskRatingOut>), Refusals))]
#[get("/desk/ratings")]
pub(super) async fn list_desk_ratings(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<DeskRatingsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(replies::page(&ctx, desk.centre_id, query).await?))
}

/// Reply to a rating
///
/// One reply a rating; another takes its place. It is shown beside the rating's text once an officer has
/// passed it, and a changed one waits again.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = ReplyIn,
    params(("id" = RatingAliasId, Path, description = "The rating, as the desk's list names it")),
    responses((status = 200, description = "Stored", body = DeskRatingOut), Refusals))]
#[put("/desk/ratings/{id}/reply")]
pub(super) async fn reply_to_rating(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<RatingAliasId>,
    Json(body): Json<ReplyIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(replies::write(&ctx, &desk, id.0, Some(body.text.into_inner())).await?))
}

/// Take a reply away
///
/// Nobody sees it any more; another may be given. Without one nothing happens.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = RatingAliasId, Path, description = "The rating, as the desk's list names it")),
    responses((status = 200, description = "The rating without a reply", body = DeskRatingOut), Refusals))]
#[delete("/desk/ratings/{id}/reply")]
pub(super) async fn withdraw_reply(ctx: Data<Ctx>, desk: Desk, id: Path<RatingAliasId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(replies::write(&ctx, &desk, id.0, None).await?))
}
