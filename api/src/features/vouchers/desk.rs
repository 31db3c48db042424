//! Handlers for the desk.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::RedemptionId;

use super::{
    dto::{
        RedemptionIn, RedemptionLineOut, RedemptionOut, RedemptionPreviewIn, RedemptionPreviewOut, RedemptionsQuery,
    },
    refusal_dto::{RefusedScanOut, RefusedScansQuery},
    reversal_dto::{ReversalIn, ReversalOut},
    service::{self, reversals},
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Look at a voucher code
///
/// Says what a redemption would do, or why it would be refused; changes nothing.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = RedemptionPreviewIn, responses(
    (status = 200, description = "It may be redeemed", body = RedemptionPreviewOut), Refusals))]
#[post("/desk/redemptions/preview")]
pub(super) async fn preview_redemption(
    ctx: Data<Ctx>,
    desk: Desk,
    Json(body): Json<RedemptionPreviewIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::desk::preview(&ctx, &desk, &body.code).await?))
}

/// Redeem a voucher code
///
/// One unit for today. The same `request_id` again gets the first answer again, byte for byte,
/// whatever the code's age. A refused scan is kept in `/desk/refused-scans`.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = RedemptionIn, responses(
    (status = 201, description = "Redeemed", body = RedemptionOut,
        headers(("Idempotent-Replayed" = String, description = "`true` if this request was answered before"))), Refusals))]
#[post("/desk/redemptions")]
pub(super) async fn redeem_voucher(ctx: Data<Ctx>, desk: Desk, Json(body): Json<RedemptionIn>) -> Result<HttpResponse> {
    let answer = service::desk::redeem(&ctx, &desk, body).await?;
    let mut response = HttpResponse::Created();
    if answer.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    Ok(response.content_type("application/json").body(answer.body))
}

/// List the centre's refused scans
///
/// Newest first: when, by whom, on which device, why.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(RefusedScansQuery), responses(
    (status = 200, description = "One page", body = Page<RefusedScanOut>), Refusals))]
#[get("/desk/refused-scans")]
pub(super) async fn list_refused_scans(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<RefusedScansQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::refusals::page(&ctx, Some(desk.centre_id), &query).await?))
}

/// List the centre's redemptions
///
/// Newest first; with `date` only those of that day of care.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(RedemptionsQuery), responses(
    (status = 200, description = "One page", body = Page<RedemptionLineOut>), Refusals))]
#[get("/desk/redemptions")]
pub(super) async fn list_redemptions(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<RedemptionsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::desk::page(&ctx, &desk, &query).await?))
}

/// Reverse a redemption of the centre
///
/// Within 30 minutes; later only the bureau can, and of a day that the family has rated (`WRONG_STATE` with
/// `reason` `rated`). The unit returns, and the child may be redeemed again that day. Nothing is deleted: the reversal is a second row with its reason.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = ReversalIn,
    params(("id" = RedemptionId, Path, description = "The redemption"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Reversed", body = ReversalOut), Refusals))]
#[post("/desk/redemptions/{id}/reverse")]
pub(super) async fn reverse_redemption(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<RedemptionId>,
    key: Idempotency,
    Json(body): Json<ReversalIn>,
) -> Result<HttpResponse> {
    Ok(reversals::reverse(&ctx, (&desk).into(), &key, id.0, &body.reason).await?.respond(StatusCode::OK))
}
