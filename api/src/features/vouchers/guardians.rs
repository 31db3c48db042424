//! Handlers for guardians.

use actix_web::{
    HttpResponse, get,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, HeaderValue},
    },
    post,
    web::Data,
};
use entity::{CampaignId, VoucherId};

use super::{
    dto::{ClaimIn, VoucherCodeOut, VoucherOut, VoucherPageQuery},
    service,
    story_dto::FamilyCampaignOut,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{
        Idempotency, Json, Page, Path, Query, Refusals,
        address::ClientAddress,
        picture::{self, PictureQuery},
    },
    state::Ctx,
};

/// A code is for this moment only: no cache may keep it.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Claim a voucher
///
/// One per campaign and child. `NOT_ELIGIBLE` gives every reason at once in `reasons`.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])), request_body = ClaimIn,
    params(("id" = CampaignId, Path, description = "The campaign"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Claimed", body = VoucherOut), Refusals))]
#[post("/campaigns/{id}/vouchers")]
pub(super) async fn claim_voucher(
    ctx: Data<Ctx>,
    guardian: Guardian,
    address: ClientAddress,
    id: Path<CampaignId>,
    key: Idempotency,
    Json(body): Json<ClaimIn>,
) -> Result<HttpResponse> {
    let claimed = service::claims::claim(&ctx, guardian.family_id, &address, &key, id.0, body.child_id).await?;
    Ok(claimed.respond(StatusCode::CREATED))
}

/// List the campaigns as they stand for the family
///
/// Those that run or rest, newest first, and for each child: claimed already, to be claimed, or
/// why not, with every reason at once.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])), params(VoucherPageQuery), responses(
    (status = 200, description = "One page", body = Page<FamilyCampaignOut>), Refusals))]
#[get("/me/campaigns")]
pub(super) async fn list_family_campaigns(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<VoucherPageQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::stories::page(&ctx, guardian.family_id, &query).await?))
}

/// List the family's vouchers
///
/// Newest first, used and expired ones too.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])), params(VoucherPageQuery), responses(
    (status = 200, description = "One page", body = Page<VoucherOut>), Refusals))]
#[get("/vouchers")]
pub(super) async fn list_vouchers(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<VoucherPageQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::claims::page(&ctx, guardian.family_id, &query).await?))
}

/// Read a voucher
///
/// With the days left and its last day.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])), params(("id" = VoucherId, Path, description = "The voucher")),
    responses((status = 200, description = "The voucher", body = VoucherOut), Refusals))]
#[get("/vouchers/{id}")]
pub(super) async fn read_voucher(ctx: Data<Ctx>, guardian: Guardian, id: Path<VoucherId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::claims::read(&ctx, guardian.family_id, id.0).await?))
}

/// Get the code to show at the desk
///
/// It changes every 30 seconds: ask again after `refresh_after_s`. The manual code is for a broken
/// camera and lives five minutes.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])), params(("id" = VoucherId, Path, description = "The voucher")),
    responses((status = 200, description = "The codes of this moment", body = VoucherCodeOut), Refusals))]
#[get("/vouchers/{id}/code")]
pub(super) async fn voucher_code(ctx: Data<Ctx>, guardian: Guardian, id: Path<VoucherId>) -> Result<HttpResponse> {
    let codes = service::codes::both(&ctx, guardian.family_id, id.0).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, NO_STORE)).json(codes))
}

/// Get the code as SVG
///
/// The QR code of this moment, with its quiet zone.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])), params(("id" = VoucherId, Path, description = "The voucher"), PictureQuery),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml"), Refusals))]
#[get("/vouchers/{id}/code.svg")]
pub(super) async fn voucher_code_svg(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<VoucherId>,
    Query(query): Query<PictureQuery>,
) -> Result<HttpResponse> {
    let code = service::codes::text(&ctx, guardian.family_id, id.0).await?;
    let picture = picture::svg(&code, query.size)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, NO_STORE)).content_type("image/svg+xml").body(picture))
}

/// Get the code as PNG
///
/// The QR code of this moment, with its quiet zone.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])), params(("id" = VoucherId, Path, description = "The voucher"), PictureQuery),
    responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/png"), Refusals))]
#[get("/vouchers/{id}/code.png")]
pub(super) async fn voucher_code_png(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<VoucherId>,
    Query(query): Query<PictureQuery>,
) -> Result<HttpResponse> {
    let code = service::codes::text(&ctx, guardian.family_id, id.0).await?;
    let picture = picture::png(&code, query.size)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, NO_STORE)).content_type("image/png").body(picture))
}
