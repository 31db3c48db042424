//! Handlers for anyone.

use actix_web::{HttpResponse, get, web::Data};
use entity::CampaignId;

use super::{campaign_dto::CampaignOut, dto::VoucherPageQuery, service};
use crate::{
    error::Result,
    http::{Page, Path, PublicRefusals, Query},
    state::Ctx,
};

/// List the campaigns of trial vouchers
///
/// Those that are open and whose claims haven't ended, newest first, with what is left of each.
#[utoipa::path(tag = "vouchers", params(VoucherPageQuery), responses(
    (status = 200, description = "One page", body = Page<CampaignOut>), PublicRefusals))]
#[get("/campaigns")]
pub(super) async fn list_campaigns(ctx: Data<Ctx>, Query(query): Query<VoucherPageQuery>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::campaigns::public_page(&ctx, &query).await?))
}

/// Read a campaign
///
/// What a poster's link leads to; a draft is not there.
#[utoipa::path(tag = "vouchers", params(("id" = CampaignId, Path, description = "The campaign")), responses(
    (status = 200, description = "The campaign", body = CampaignOut), PublicRefusals))]
#[get("/campaigns/{id}")]
pub(super) async fn read_campaign(ctx: Data<Ctx>, id: Path<CampaignId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::campaigns::public_read(&ctx, id.0).await?))
}
