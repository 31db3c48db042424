//! Handlers for the bureau: revocations, refused scans and the rules of funds.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::{CampaignId, CentreId, FundRuleId, VoucherId};

use super::{
    campaign_dto::BureauCampaignOut,
    fund_dto::{FundRuleEndIn, FundRuleIn, FundRuleOut, FundRulesOut},
    refusal_dto::{RefusedScanOut, RefusedScansQuery},
    revocation_dto::{RevocationIn, SuspensionOut, VoucherRevokedOut},
    service::{funds, refusals, revocations},
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Revoke a voucher
///
/// One that can still be used; what was redeemed stays. Holds from the next scan on. The reason
/// goes to the audit log.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = RevocationIn,
    params(("id" = VoucherId, Path, description = "The voucher"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Revoked", body = VoucherRevokedOut), Refusals))]
#[post("/bureau/vouchers/{id}/revoke")]
pub(super) async fn revoke_voucher(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<VoucherId>,
    key: Idempotency,
    Json(body): Json<RevocationIn>,
) -> Result<HttpResponse> {
    Ok(revocations::revoke_voucher(&ctx, &bureau, &key, id.0, &body.reason).await?.respond(StatusCode::OK))
}

/// Revoke a campaign
///
/// It is closed, and its vouchers that are still good are redeemed no more from the next scan on;
/// what was redeemed stays. For good.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = RevocationIn,
    params(("id" = CampaignId, Path, description = "The campaign"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Revoked", body = BureauCampaignOut), Refusals))]
#[post("/bureau/campaigns/{id}/revoke")]
pub(super) async fn revoke_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CampaignId>,
    key: Idempotency,
    Json(body): Json<RevocationIn>,
) -> Result<HttpResponse> {
    Ok(revocations::revoke_campaign(&ctx, &bureau, &key, id.0, &body.reason).await?.respond(StatusCode::OK))
}

/// Suspend vouchers at a centre
///
/// It redeems none from the next scan on, until they are resumed.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = RevocationIn,
    params(("id" = CentreId, Path, description = "The centre"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Suspended", body = SuspensionOut), Refusals))]
#[post("/bureau/centres/{id}/suspend-vouchers")]
pub(super) async fn suspend_centre_vouchers(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Json(body): Json<RevocationIn>,
) -> Result<HttpResponse> {
    Ok(revocations::suspend_centre(&ctx, &bureau, &key, id.0, true, &body.reason).await?.respond(StatusCode::OK))
}

/// Resume vouchers at a centre
///
/// Filed and inclusive as every redemption requires, it may redeem again.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = RevocationIn,
    params(("id" = CentreId, Path, description = "The centre"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Resumed", body = SuspensionOut), Refusals))]
#[post("/bureau/centres/{id}/resume-vouchers")]
pub(super) async fn resume_centre_vouchers(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Json(body): Json<RevocationIn>,
) -> Result<HttpResponse> {
    Ok(revocations::suspend_centre(&ctx, &bureau, &key, id.0, false, &body.reason).await?.respond(StatusCode::OK))
}

/// List the refused scans
///
/// Of every centre, newest first; filtered by centre, reason and days.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(RefusedScansQuery), responses(
    (status = 200, description = "One page", body = Page<RefusedScanOut>), Refusals))]
#[get("/bureau/refused-scans")]
pub(super) async fn list_bureau_refused_scans(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<RefusedScansQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(refusals::page(&ctx, None, &query).await?))
}

/// List the rules of funds
///
/// What a source of money may not pay for, with the days each rule is in force.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), responses(
    (status = 200, description = "Every rule", body = FundRulesOut), Refusals))]
#[get("/bureau/fund-rules")]
pub(super) async fn list_fund_rules(ctx: Data<Ctx>, _bureau: Bureau) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(funds::list(&ctx).await?))
}

/// Add a rule of funds
///
/// Administrators only. Campaigns created, changed or opened from its first day on must follow it.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = FundRuleIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Added", body = FundRuleOut), Refusals))]
#[post("/bureau/fund-rules")]
pub(super) async fn add_fund_rule(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<FundRuleIn>,
) -> Result<HttpResponse> {
    Ok(funds::add(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}

/// End a rule of funds
///
/// Administrators only. It stays in the list with its last day; nothing is deleted.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = FundRuleEndIn,
    params(("id" = FundRuleId, Path, description = "The rule"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "As it is now", body = FundRuleOut), Refusals))]
#[post("/bureau/fund-rules/{id}/end")]
pub(super) async fn end_fund_rule(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<FundRuleId>,
    key: Idempotency,
    Json(body): Json<FundRuleEndIn>,
) -> Result<HttpResponse> {
    Ok(funds::end(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}
