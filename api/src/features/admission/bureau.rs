//! Handlers for the bureau: ties that centres told of.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::TieId;

use super::{
    tie_dto::{BureauTieOut, BureauTiesQuery, TieDecisionIn},
    ties,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List ties of families to centres
///
/// Newest first, filtered by state and centre; `waiting=true`: those that need an officer, since a centre told
/// of them or the family contests them. Nothing says whose a tie is.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauTiesQuery),
    responses((status = 200, description = "One page", body = Page<BureauTieOut>), Refusals))]
#[get("/bureau/ties")]
pub(super) async fn list_bureau_ties(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauTiesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(ties::page(&ctx, query).await?))
}

/// Confirm a tie that a centre told of
///
/// What the family rates from now on stays out of the centre's figures; what it rated before counts on. Also
/// the answer to a family that contests a confirmed one. The family is told.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = TieId, Path, description = "The tie"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Confirmed", body = BureauTieOut), Refusals))]
#[post("/bureau/ties/{id}/confirm")]
pub(super) async fn confirm_tie(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<TieId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(ties::confirm(&ctx, &bureau, &key, id.0).await?.respond(StatusCode::OK))
}

/// Refuse a tie that a centre told of
///
/// It isn't so, and never was: it leaves nothing out, and what it left out since it was confirmed can be counted
/// again by two officers (`/bureau/ratings/{id}/inclusions`).
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = TieDecisionIn,
    params(("id" = TieId, Path, description = "The tie"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Refused", body = BureauTieOut), Refusals))]
#[post("/bureau/ties/{id}/refuse")]
pub(super) async fn refuse_tie(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<TieId>,
    key: Idempotency,
    Json(body): Json<TieDecisionIn>,
) -> Result<HttpResponse> {
    Ok(ties::over(&ctx, &bureau, &key, (id.0, true), body).await?.respond(StatusCode::OK))
}

/// End a tie that was confirmed
///
/// It was so and is no longer: care from tomorrow on counts again.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = TieDecisionIn,
    params(("id" = TieId, Path, description = "The tie"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Ended", body = BureauTieOut), Refusals))]
#[post("/bureau/ties/{id}/end")]
pub(super) async fn end_bureau_tie(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<TieId>,
    key: Idempotency,
    Json(body): Json<TieDecisionIn>,
) -> Result<HttpResponse> {
    Ok(ties::over(&ctx, &bureau, &key, (id.0, false), body).await?.respond(StatusCode::OK))
}
