//! Handlers of the desk without network: for families, the desk and the bureau.

use actix_web::{
    HttpResponse, get,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, HeaderValue},
    },
    post,
    web::Data,
};
use entity::{OfflineConflictId, VoucherId};

use super::{
    offline_dto::{
        ConflictResolveIn, OfflineCodeOut, OfflineConflictOut, OfflineConflictsQuery, OfflinePackOut, OfflineUploadIn,
        OfflineUploadOut,
    },
    service::{conflicts, offline},
};
use crate::{
    error::Result,
    features::auth::{Bureau, Desk, Guardian},
    http::{
        Idempotency, Json, Page, Path, Query, Refusals,
        picture::{self, PictureQuery},
    },
    state::Ctx,
};

/// A code is for its voucher and day only: no cache may keep it.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Get the code for a desk without network
///
/// Good for a day: fetch it while there is network and keep it. Only of campaigns that allow it.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])), params(("id" = VoucherId, Path, description = "The voucher")),
    responses((status = 200, description = "The code", body = OfflineCodeOut), Refusals))]
#[get("/vouchers/{id}/offline-code")]
pub(super) async fn voucher_offline_code(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<VoucherId>,
) -> Result<HttpResponse> {
    let code = offline::family_code(&ctx, guardian.family_id, id.0).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, NO_STORE)).json(code))
}

/// Get the offline code as SVG
///
/// The QR code with its quiet zone, version 6 at level M.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])),
    params(("id" = VoucherId, Path, description = "The voucher"), PictureQuery),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml"), Refusals))]
#[get("/vouchers/{id}/offline-code.svg")]
pub(super) async fn voucher_offline_code_svg(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<VoucherId>,
    Query(query): Query<PictureQuery>,
) -> Result<HttpResponse> {
    let code = offline::family_code(&ctx, guardian.family_id, id.0).await?;
    let picture = picture::svg(&code.code, query.size)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, NO_STORE)).content_type("image/svg+xml").body(picture))
}

/// Get the offline code as PNG
///
/// The QR code with its quiet zone, version 6 at level M.
#[utoipa::path(tag = "vouchers", security(("bearer" = [])),
    params(("id" = VoucherId, Path, description = "The voucher"), PictureQuery),
    responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/png"), Refusals))]
#[get("/vouchers/{id}/offline-code.png")]
pub(super) async fn voucher_offline_code_png(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<VoucherId>,
    Query(query): Query<PictureQuery>,
) -> Result<HttpResponse> {
    let code = offline::family_code(&ctx, guardian.family_id, id.0).await?;
    let picture = picture::png(&code.code, query.size)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, NO_STORE)).content_type("image/png").body(picture))
}

/// Get what a desk needs without network
///
/// The keys that verify offline codes, the campaigns that allow them with their bounds, and the
/// voucher children expected today. Fetch it every few minutes while there is network.
#[utoipa::path(tag = "desk", security(("bearer" = [])), responses(
    (status = 200, description = "Today's pack", body = OfflinePackOut), Refusals))]
#[get("/desk/offline")]
pub(super) async fn offline_pack(ctx: Data<Ctx>, desk: Desk) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, NO_STORE)).json(offline::pack(&ctx, &desk).await?))
}

/// Upload scans made without network
///
/// Each is taken once by its `request_id`, however often it is sent. One whose code is ours becomes a
/// redemption or, if something stands against it, a conflict for the bureau.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = OfflineUploadIn, responses(
    (status = 200, description = "An outcome for each scan", body = OfflineUploadOut), Refusals))]
#[post("/desk/redemptions/offline")]
pub(super) async fn upload_offline_scans(
    ctx: Data<Ctx>,
    desk: Desk,
    Json(body): Json<OfflineUploadIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(offline::upload(&ctx, &desk, body).await?))
}

/// List the centre's offline conflicts
///
/// Newest first.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(OfflineConflictsQuery), responses(
    (status = 200, description = "One page", body = Page<OfflineConflictOut>), Refusals))]
#[get("/desk/offline-conflicts")]
pub(super) async fn list_own_conflicts(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<OfflineConflictsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(conflicts::page(&ctx, Some(desk.centre_id), &query).await?))
}

/// List the offline conflicts
///
/// Scans made without network that couldn't be redeemed when they came, newest first.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(OfflineConflictsQuery), responses(
    (status = 200, description = "One page", body = Page<OfflineConflictOut>), Refusals))]
#[get("/bureau/offline-conflicts")]
pub(super) async fn list_conflicts(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<OfflineConflictsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(conflicts::page(&ctx, None, &query).await?))
}

/// Decide an offline conflict
///
/// `pay`: an adjustment of a unit's worth waits for the centre's next statement. `dismiss`: nothing.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = ConflictResolveIn,
    params(("id" = OfflineConflictId, Path, description = "The conflict"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "As it is now", body = OfflineConflictOut), Refusals))]
#[post("/bureau/offline-conflicts/{id}/resolve")]
pub(super) async fn resolve_conflict(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<OfflineConflictId>,
    key: Idempotency,
    Json(body): Json<ConflictResolveIn>,
) -> Result<HttpResponse> {
    Ok(conflicts::resolve(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}
