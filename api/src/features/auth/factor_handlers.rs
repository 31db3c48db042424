//! Handlers for staff: their second factor.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, web::Data};

use super::{
    extract::Staff,
    factor_dto::{RecoveryCodesOut, SecondFactorCodeIn, SecondFactorOut, SecondFactorSecretOut},
    second_factor,
};
use crate::{
    error::Result,
    http::{
        Idempotency, Json, Refusals,
        ratelimit::{SECOND_FACTOR, limit},
    },
    state::Ctx,
};

/// Read the state of the second factor
///
/// For managers, officers and administrators.
#[utoipa::path(tag = "sign-in", security(("bearer" = [])), responses(
    (status = 200, description = "Whether it is on", body = SecondFactorOut), Refusals))]
#[get("/me/second-factor")]
pub(super) async fn read_second_factor(ctx: Data<Ctx>, staff: Staff) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(second_factor::state(&ctx, &staff).await?))
}

/// Set up the second factor
///
/// Makes a secret for an authenticator app, shown once; nothing changes until a code of it is
/// confirmed. Asked again before that, it makes another. For managers, officers and administrators.
#[utoipa::path(tag = "sign-in", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "The secret", body = SecondFactorSecretOut), Refusals))]
#[post("/me/second-factor")]
pub(super) async fn begin_second_factor(ctx: Data<Ctx>, staff: Staff, key: Idempotency) -> Result<HttpResponse> {
    limit(&ctx, &SECOND_FACTOR, &staff.staff_id.to_string()).await?;
    Ok(second_factor::begin(&ctx, &staff, &key).await?.respond(StatusCode::CREATED))
}

/// Confirm the second factor
///
/// From now on sign-in takes `otp` too. Answers ten recovery codes, shown once, each good for one
/// sign-in without the app.
#[utoipa::path(tag = "sign-in", security(("bearer" = [])), request_body = SecondFactorCodeIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "It is on", body = RecoveryCodesOut), Refusals))]
#[post("/me/second-factor/confirm")]
pub(super) async fn confirm_second_factor(
    ctx: Data<Ctx>,
    staff: Staff,
    key: Idempotency,
    Json(body): Json<SecondFactorCodeIn>,
) -> Result<HttpResponse> {
    limit(&ctx, &SECOND_FACTOR, &staff.staff_id.to_string()).await?;
    Ok(second_factor::confirm(&ctx, &staff, &key, &body.code).await?.respond(StatusCode::OK))
}

/// Turn the second factor off
///
/// Takes a code of the app or a recovery code. A wrong one counts as a failed sign-in.
#[utoipa::path(tag = "sign-in", security(("bearer" = [])), request_body = SecondFactorCodeIn, responses(
    (status = 204, description = "It is off"), Refusals))]
#[delete("/me/second-factor")]
pub(super) async fn turn_off_second_factor(
    ctx: Data<Ctx>,
    staff: Staff,
    Json(body): Json<SecondFactorCodeIn>,
) -> Result<HttpResponse> {
    limit(&ctx, &SECOND_FACTOR, &staff.staff_id.to_string()).await?;
    second_factor::turn_off(&ctx, &staff, &body.code).await?;
    Ok(HttpResponse::NoContent().finish())
}
