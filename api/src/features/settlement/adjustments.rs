//! Handlers for the bureau: adjustments and reconciliation.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::CampaignId;

use super::{
    dto::{AdjustmentIn, AdjustmentOut, AdjustmentsQuery},
    reconciliation_dto::ReconciliationOut,
    service::{adjustments, reconciliation},
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Make an adjustment
///
/// The correction of what a frozen statement paid: it goes into the centre's next one. Of a
/// redemption, once and at most its worth; or of a centre, with the amount.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = AdjustmentIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Made", body = AdjustmentOut), Refusals))]
#[post("/bureau/adjustments")]
pub(super) async fn add_adjustment(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<AdjustmentIn>,
) -> Result<HttpResponse> {
    Ok(adjustments::add(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}

/// List adjustments
///
/// Newest first; `pending=true`: those that wait for a statement.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(AdjustmentsQuery), responses(
    (status = 200, description = "One page", body = Page<AdjustmentOut>), Refusals))]
#[get("/bureau/adjustments")]
pub(super) async fn list_adjustments(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<AdjustmentsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(adjustments::page(&ctx, &query).await?))
}

/// Reconcile a campaign
///
/// The equations that its counts must satisfy, each side from another table, and what breaks them.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "The equations", body = ReconciliationOut), Refusals))]
#[get("/bureau/campaigns/{id}/reconciliation")]
pub(super) async fn reconcile_campaign(ctx: Data<Ctx>, _bureau: Bureau, id: Path<CampaignId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(reconciliation::of_campaign(&ctx, id.0).await?))
}
