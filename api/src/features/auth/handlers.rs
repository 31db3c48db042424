//! Sign-in, refresh, sign-out. Tokens and codes travel in bodies and headers only.

use actix_web::{HttpResponse, post, web::Data};

use super::{
    dto::{RefreshIn, SignInStaffIn, SignInWechatIn, SignedInOut},
    extract::SignedIn,
    service,
};
use crate::{
    error::Result,
    http::{
        Json, PublicRefusals, Refusals,
        address::ClientAddress,
        ratelimit::{Rule, limit},
    },
    state::Ctx,
};

const SIGN_IN_ADDRESS: Rule = Rule { name: "sign-in", most: 60, seconds: 60 };
const SIGN_IN_STAFF: Rule = Rule { name: "sign-in-staff", most: 20, seconds: 60 };

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
    limit(&ctx, SIGN_IN_ADDRESS, &address.0).await?;
    Ok(HttpResponse::Ok().json(service::sign_in_wechat(&ctx, &body.code, body.restore).await?))
}

/// Sign in as staff
///
/// Five failures in a row lock the account for 15 minutes (`ACCOUNT_LOCKED`, with `Retry-After`).
#[utoipa::path(tag = "sign-in", request_body = SignInStaffIn, responses(
    (status = 200, description = "Signed in", body = SignedInOut), Refusals))]
#[post("/auth/staff")]
pub(super) async fn sign_in_staff(
    ctx: Data<Ctx>,
    address: ClientAddress,
    Json(body): Json<SignInStaffIn>,
) -> Result<HttpResponse> {
    limit(&ctx, SIGN_IN_ADDRESS, &address.0).await?;
    limit(&ctx, SIGN_IN_STAFF, &body.username).await?;
    Ok(HttpResponse::Ok().json(service::sign_in_staff(&ctx, &body.username, body.password.into_inner()).await?))
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
    limit(&ctx, SIGN_IN_ADDRESS, &address.0).await?;
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
