//! Handlers for the bureau.

use actix_web::{HttpResponse, get, http::StatusCode, patch, post, web::Data};
use entity::{CampaignId, CampaignStatus, RedemptionId};

use super::{
    campaign_dto::{BureauCampaignOut, CampaignIn, CampaignPatch},
    dto::VoucherPageQuery,
    reversal_dto::{ReversalIn, ReversalOut},
    service::{campaigns, edits, reversals},
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Create a campaign
///
/// As a draft, which families don't see. Either `valid_from` and `valid_until`, or `valid_days`.
/// Central money for a use on the negative list is refused with the clause.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CampaignIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Created", body = BureauCampaignOut), Refusals))]
#[post("/bureau/campaigns")]
pub(super) async fn create_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<CampaignIn>,
) -> Result<HttpResponse> {
    Ok(campaigns::create(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}

/// List the campaigns
///
/// Of every state, newest first, with the units claimed, used, expired and revoked.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(VoucherPageQuery), responses(
    (status = 200, description = "One page", body = Page<BureauCampaignOut>), Refusals))]
#[get("/bureau/campaigns")]
pub(super) async fn list_bureau_campaigns(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<VoucherPageQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(campaigns::bureau_page(&ctx, &query).await?))
}

/// Read a campaign
///
/// With the units claimed, used, expired and revoked.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "The campaign", body = BureauCampaignOut), Refusals))]
#[get("/bureau/campaigns/{id}")]
pub(super) async fn read_bureau_campaign(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<CampaignId>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(campaigns::bureau_read(&ctx, id.0).await?))
}

/// Change a campaign
///
/// A draft in everything. Once it is open only where no family is hurt: more vouchers, later end of
/// claims, the text, the bound of the offline desk; other fields are refused with `WRONG_STATE` and
/// named in `errors`. Money that may not pay for the purpose needs another `fund_source`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CampaignPatch,
    params(("id" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "As it is now", body = BureauCampaignOut), Refusals))]
#[patch("/bureau/campaigns/{id}")]
pub(super) async fn edit_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CampaignId>,
    Json(body): Json<CampaignPatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(edits::edit(&ctx, &bureau, id.0, body).await?))
}

/// Open a campaign
///
/// A draft or a paused one: families see it and may claim within its window.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = CampaignId, Path, description = "The campaign"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Open", body = BureauCampaignOut), Refusals))]
#[post("/bureau/campaigns/{id}/open")]
pub(super) async fn open_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CampaignId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(campaigns::set_status(&ctx, &bureau, &key, id.0, CampaignStatus::Open).await?.respond(StatusCode::OK))
}

/// Pause a campaign
///
/// Stops claims; vouchers already claimed redeem as before.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = CampaignId, Path, description = "The campaign"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Paused", body = BureauCampaignOut), Refusals))]
#[post("/bureau/campaigns/{id}/pause")]
pub(super) async fn pause_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CampaignId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(campaigns::set_status(&ctx, &bureau, &key, id.0, CampaignStatus::Paused).await?.respond(StatusCode::OK))
}

/// Close a campaign
///
/// Ends claims for good; vouchers already claimed redeem until their own last day.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = CampaignId, Path, description = "The campaign"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Closed", body = BureauCampaignOut), Refusals))]
#[post("/bureau/campaigns/{id}/close")]
pub(super) async fn close_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CampaignId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(campaigns::set_status(&ctx, &bureau, &key, id.0, CampaignStatus::Closed).await?.respond(StatusCode::OK))
}

/// Reverse a redemption of any centre
///
/// The unit returns. A day whose rating counts, and that no other care proves, is refused (`WRONG_STATE`) until two
/// officers have left the rating out. Nothing is deleted: the reversal is a second row with its reason.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = ReversalIn,
    params(("id" = RedemptionId, Path, description = "The redemption"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Reversed", body = ReversalOut), Refusals))]
#[post("/bureau/redemptions/{id}/reverse")]
pub(super) async fn reverse_any_redemption(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RedemptionId>,
    key: Idempotency,
    Json(body): Json<ReversalIn>,
) -> Result<HttpResponse> {
    Ok(reversals::reverse(&ctx, (&bureau).into(), &key, id.0, &body.reason).await?.respond(StatusCode::OK))
}
