//! Handlers for the bureau: staff accounts.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::StaffId;

use super::{
    binding_dto::StaffInvitationOut,
    bindings::{self, Keeper},
    extract::Bureau,
    second_factor,
    staff::{self, Deed},
    staff_dto::{StaffOut, StaffQuery, StaffReasonIn, StaffStateOut},
};
use crate::{
    error::Result,
    http::{
        Idempotency, Json, Page, Path, Query, Refusals,
        ratelimit::{INVITE, limit},
    },
    state::Ctx,
};

/// List staff accounts
///
/// Of centres and of the bureau, newest first.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(StaffQuery), responses(
    (status = 200, description = "One page", body = Page<StaffOut>), Refusals))]
#[get("/bureau/staff")]
pub(super) async fn list_staff(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<StaffQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(staff::page(&ctx, &query).await?))
}

/// Close a staff account
///
/// It signs in no more, and every sign-in of it ends at once, on every replica. Officers close
/// carers and managers, administrators anyone but themselves. Complaints that it had, and visits at home that it was to
/// make, are open again, counted in the answer.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = StaffReasonIn,
    params(("id" = StaffId, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Closed", body = StaffStateOut), Refusals))]
#[post("/bureau/staff/{id}/close")]
pub(super) async fn close_staff(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    Json(body): Json<StaffReasonIn>,
) -> Result<HttpResponse> {
    Ok(staff::change(&ctx, &bureau, &key, id.0, Deed::Close, &body.reason).await?.respond(StatusCode::OK))
}

/// Open a closed staff account again
///
/// It may sign in; sign-ins that ended stay ended.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = StaffReasonIn,
    params(("id" = StaffId, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Open again", body = StaffStateOut), Refusals))]
#[post("/bureau/staff/{id}/reopen")]
pub(super) async fn reopen_staff(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    Json(body): Json<StaffReasonIn>,
) -> Result<HttpResponse> {
    Ok(staff::change(&ctx, &bureau, &key, id.0, Deed::Reopen, &body.reason).await?.respond(StatusCode::OK))
}

/// Sign a staff account out everywhere
///
/// For a lost phone: every sign-in of it ends at once, on every replica; the account goes on.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = StaffReasonIn,
    params(("id" = StaffId, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Signed out", body = StaffStateOut), Refusals))]
#[post("/bureau/staff/{id}/sign-out")]
pub(super) async fn sign_out_staff(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    Json(body): Json<StaffReasonIn>,
) -> Result<HttpResponse> {
    Ok(staff::change(&ctx, &bureau, &key, id.0, Deed::SignOut, &body.reason).await?.respond(StatusCode::OK))
}

/// Invite a staff member to bind WeChat
///
/// For administrators. The code works once, within 48 hours; invitations before it end.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = StaffId, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "The invitation, its code shown once", body = StaffInvitationOut), Refusals))]
#[post("/bureau/staff/{id}/invitations")]
pub(super) async fn invite_staff(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    limit(&ctx, &INVITE, &bureau.staff_id.to_string()).await?;
    Ok(bindings::invite(&ctx, Keeper::Bureau(&bureau), &key, id.0).await?.respond(StatusCode::CREATED))
}

/// Unbind a staff member's WeChat account
///
/// When the phone is lost: every sign-in of the account ends at once. Officers do it for carers and
/// managers, administrators for anyone.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = StaffReasonIn,
    params(("id" = StaffId, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Unbound", body = StaffStateOut), Refusals))]
#[post("/bureau/staff/{id}/wechat/unbind")]
pub(super) async fn unbind_staff(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    Json(body): Json<StaffReasonIn>,
) -> Result<HttpResponse> {
    let done = bindings::unbind(&ctx, Keeper::Bureau(&bureau), &key, id.0, &body.reason).await?;
    Ok(done.respond(StatusCode::OK))
}

/// Reset a staff member's second factor
///
/// For another administrator, when phone and recovery codes are lost: it is off, and every sign-in of
/// the account ends at once.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = StaffReasonIn,
    params(("id" = StaffId, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Off", body = StaffStateOut), Refusals))]
#[post("/bureau/staff/{id}/second-factor/reset")]
pub(super) async fn reset_second_factor(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    Json(body): Json<StaffReasonIn>,
) -> Result<HttpResponse> {
    Ok(second_factor::reset(&ctx, &bureau, &key, id.0, &body.reason).await?.respond(StatusCode::OK))
}
