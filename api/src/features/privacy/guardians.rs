//! Handlers for guardians.

use actix_web::{HttpResponse, delete, get, put, web::Data};
use entity::{ChildId, ConsentPurpose};

use super::{
    dto::{
        ChildRemovedOut, ConfirmQuery, ConsentWithdrawnOut, ExportOut, GiveConsentIn, GivenConsentOut,
        GivenConsentsOut, LeavingOut, LookOut, LooksQuery,
    },
    service::{consents, export as exports, leaving, looks},
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Read what the family agreed to
///
/// Every child and purpose, given or not. `renewal_needed` says that the text is another one now: what
/// was agreed to stays valid for what it said, the new one is to be asked for.
#[utoipa::path(tag = "family", security(("bearer" = [])), responses(
    (status = 200, description = "The consents", body = GivenConsentsOut), Refusals))]
#[get("/me/consents")]
pub(super) async fn list_given_consents(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(consents::given(&ctx, guardian.family_id).await?))
}

/// Agree to a purpose
///
/// Under today's texts. Sent again it changes nothing.
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = GiveConsentIn,
    params(("id" = ChildId, Path, description = "The child"),
        ("purpose" = ConsentPurpose, Path, description = "What the data is used for")),
    responses((status = 200, description = "In force", body = GivenConsentOut), Refusals))]
#[put("/me/children/{id}/consents/{purpose}")]
pub(super) async fn give_consent(
    ctx: Data<Ctx>,
    guardian: Guardian,
    path: Path<(ChildId, ConsentPurpose)>,
    Json(body): Json<GiveConsentIn>,
) -> Result<HttpResponse> {
    let (child, purpose) = path.0;
    Ok(HttpResponse::Ok().json(consents::give(&ctx, guardian.family_id, child, purpose, &body.version).await?))
}

/// Withdraw a consent
///
/// It holds at once. Without `booking` the child is removed: its open bookings and places in waiting lists
/// are cancelled, its vouchers end, its data is erased after some time; so that takes `confirm=true`, and
/// without it `CONFIRMATION_REQUIRED` says what would follow.
#[utoipa::path(tag = "family", security(("bearer" = [])),
    params(("id" = ChildId, Path, description = "The child"),
        ("purpose" = ConsentPurpose, Path, description = "What the data is used for"), ConfirmQuery),
    responses((status = 200, description = "Withdrawn", body = ConsentWithdrawnOut), Refusals))]
#[delete("/me/children/{id}/consents/{purpose}")]
pub(super) async fn withdraw_consent(
    ctx: Data<Ctx>,
    guardian: Guardian,
    path: Path<(ChildId, ConsentPurpose)>,
    Query(query): Query<ConfirmQuery>,
) -> Result<HttpResponse> {
    let (child, purpose) = path.0;
    let done = consents::withdraw(&ctx, guardian.family_id, child, purpose, query.confirm).await?;
    Ok(HttpResponse::Ok().json(done))
}

/// Take a child away
///
/// The same as withdrawing the consent to `booking`.
#[utoipa::path(tag = "family", security(("bearer" = [])),
    params(("id" = ChildId, Path, description = "The child"), ConfirmQuery),
    responses((status = 200, description = "Taken away", body = ChildRemovedOut), Refusals))]
#[delete("/me/children/{id}")]
pub(super) async fn remove_child(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<ChildId>,
    Query(query): Query<ConfirmQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(leaving::remove_child(&ctx, guardian.family_id, id.0, query.confirm).await?))
}

/// Export everything that is stored of the family
///
/// One JSON document, written while it is read. Six times an hour at most.
#[utoipa::path(tag = "family", security(("bearer" = [])), responses(
    (status = 200, description = "Everything", body = ExportOut), Refusals))]
#[get("/me/export")]
pub(super) async fn export(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    let document = exports::export(&ctx, guardian.family_id).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("Content-Disposition", "attachment; filename=\"quanxiangtuo-export.json\""))
        .streaming(document))
}

/// Erase the account
///
/// Everybody is signed out and what is to come is cancelled at once; the person is erased after a waiting
/// time, until which `POST /auth/wechat` with `restore` keeps the account. Takes `confirm=true`;
/// without it `CONFIRMATION_REQUIRED` says what would follow. Figures and ledgers stay, without names.
#[utoipa::path(tag = "family", security(("bearer" = [])), params(ConfirmQuery), responses(
    (status = 200, description = "Closed, and to be erased", body = LeavingOut), Refusals))]
#[delete("/me")]
pub(super) async fn leave(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<ConfirmQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(leaving::leave(&ctx, guardian.family_id, query.confirm).await?))
}

/// See who looked at whole names
///
/// Staff as centre and role, newest first.
#[utoipa::path(tag = "family", security(("bearer" = [])), params(LooksQuery), responses(
    (status = 200, description = "One page", body = Page<LookOut>), Refusals))]
#[get("/me/access-log")]
pub(super) async fn list_looks(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<LooksQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(looks::page(&ctx, guardian.family_id, query).await?))
}
