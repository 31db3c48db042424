//! Sign-in, refresh, sign-out. Tokens and codes travel in bodies and headers only.

use actix_web::{HttpResponse, delete, post, web::Data};

use super::{
    binding_dto::{BindWechatIn, SignInWechatStaffIn, WechatBoundOut},
    bindings,
    dto::{RefreshIn, SignInStaffIn, SignInWechatIn, SignedInOut},
    extract::{SignedIn, Staff},
    service,
};
use crate::{
    error::Result,
    http::{
        Json, PublicRefusals, Refusals,
        address::ClientAddress,
        ratelimit::{BIND_ADDRESS, SIGN_IN_ADDRESS, SIGN_IN_STAFF, limit},
    },
    state::Ctx,
};

/// Sign in with WeChat
///
/// Exchanges a code from `wx.login` for the guardian's tokens; the account is made at the first
/// sign-in. In the demonstration the code `dev:<name>` signs in as that guardian. An account that is
/// to be erased answers `ACCOUNT_CLOSING` with `erase_at`; `restore` undoes that and signs in.
#[utoipa::path(tag = "sign-in", request_body = SignInWechatIn, responses(
    (status = 200, description = "Signed in", body = SignedInOut), PublicRefusals, Refusals))]
#[post("/auth/wechat")]
pub(super) async fn sign_in_wechat(
    ctx: Data<Ctx>,
    address: ClientAddress,
    Json(body): Json<SignInWechatIn>,
) -> Result<HttpResponse> {
    limit(&ctx, &SIGN_IN_ADDRESS, &address.0).await?;
    Ok(HttpResponse::Ok().json(service::sign_in_wechat(&ctx, &body.code, body.restore).await?))
}

/// Sign in as staff
///
/// Five failures in a row lock the account for 15 minutes (`ACCOUNT_LOCKED`, with `Retry-After`). With
/// the second factor on, the right password alone answers `SECOND_FACTOR_REQUIRED`: send it again with
/// `otp`. A wrong `otp` is a failure.
#[utoipa::path(tag = "sign-in", request_body = SignInStaffIn, responses(
    (status = 200, description = "Signed in", body = SignedInOut), Refusals))]
#[post("/auth/staff")]
pub(super) async fn sign_in_staff(
    ctx: Data<Ctx>,
    address: ClientAddress,
    Json(body): Json<SignInStaffIn>,
) -> Result<HttpResponse> {
    limit(&ctx, &SIGN_IN_ADDRESS, &address.0).await?;
    limit(&ctx, &SIGN_IN_STAFF, &body.username).await?;
    let SignInStaffIn { username, password, otp } = body;
    let signed_in = service::sign_in_staff(&ctx, &username, password.into_inner(), otp.as_deref()).await?;
    Ok(HttpResponse::Ok().json(signed_in))
}

/// Bind WeChat to a staff account
///
/// With an invitation of the centre's manager or of an administrator, and the account's password. Afterwards sign in at
/// `POST /auth/wechat/staff` with a new code of `wx.login`; as a guardian the same WeChat account
/// signs in as before.
#[utoipa::path(tag = "sign-in", request_body = BindWechatIn, responses(
    (status = 200, description = "Bound", body = WechatBoundOut), Refusals))]
#[post("/auth/wechat/bind")]
pub(super) async fn bind_wechat(
    ctx: Data<Ctx>,
    address: ClientAddress,
    Json(body): Json<BindWechatIn>,
) -> Result<HttpResponse> {
    limit(&ctx, &BIND_ADDRESS, &address.0).await?;
    Ok(HttpResponse::Ok().json(bindings::bind(&ctx, &body.code, &body.invitation, body.password.into_inner()).await?))
}

/// Unbind one's own WeChat account
///
/// It signs in as staff no more; present sign-ins go on.
#[utoipa::path(tag = "sign-in", security(("bearer" = [])), responses(
    (status = 204, description = "Unbound"), Refusals))]
#[delete("/auth/wechat/bind")]
pub(super) async fn unbind_wechat(ctx: Data<Ctx>, staff: Staff) -> Result<HttpResponse> {
    bindings::unbind_own(&ctx, &staff).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign in as staff with WeChat
///
/// As the staff account that the WeChat account is bound to. With the second factor on it takes `otp`
/// too: after `SECOND_FACTOR_REQUIRED` get a new code of `wx.login`, for each works once.
#[utoipa::path(tag = "sign-in", request_body = SignInWechatStaffIn, responses(
    (status = 200, description = "Signed in", body = SignedInOut), Refusals))]
#[post("/auth/wechat/staff")]
pub(super) async fn sign_in_wechat_staff(
    ctx: Data<Ctx>,
    address: ClientAddress,
    Json(body): Json<SignInWechatStaffIn>,
) -> Result<HttpResponse> {
    limit(&ctx, &SIGN_IN_ADDRESS, &address.0).await?;
    Ok(HttpResponse::Ok().json(bindings::sign_in(&ctx, &body.code, body.otp.as_deref()).await?))
}

/// Refresh the tokens
///
/// Each refresh token works once. Using one again ends the session on all devices that share it.
#[utoipa::path(tag = "sign-in", request_body = RefreshIn, responses(
    (status = 200, description = "The next pair of tokens", body = SignedInOut), Refusals))]
#[post("/auth/refresh")]
pub(super) async fn refresh(
    ctx: Data<Ctx>,
    address: ClientAddress,
    Json(body): Json<RefreshIn>,
) -> Result<HttpResponse> {
    limit(&ctx, &SIGN_IN_ADDRESS, &address.0).await?;
    Ok(HttpResponse::Ok().json(service::refresh(&ctx, &body.refresh_token).await?))
}

/// Sign out
///
/// The session's tokens stop working at once, on every replica.
#[utoipa::path(tag = "sign-in", security(("bearer" = [])), responses(
    (status = 204, description = "Signed out"), Refusals))]
#[post("/auth/logout")]
pub(super) async fn sign_out(ctx: Data<Ctx>, caller: SignedIn) -> Result<HttpResponse> {
    service::sign_out(&ctx, caller.session_id()).await?;
    Ok(HttpResponse::NoContent().finish())
}
