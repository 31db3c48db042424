//! Handlers for guardians.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, web::Data};
use entity::{CentreId, TieId};

use super::{
    dto::{EmployerOut, EmployerProofIn, EmployersOut},
    service,
    tie_dto::{TieContestIn, TieIn, TieOut, TiesOut},
    ties,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Idempotency, Json, Path, Refusals},
    state::Ctx,
};

/// List employers' centres of the family
///
/// Where it books as own staff.
#[utoipa::path(tag = "family", security(("bearer" = [])), responses(
    (status = 200, description = "The centres", body = EmployersOut), Refusals))]
#[get("/me/employers")]
pub(super) async fn list_employers(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::employers(&ctx, guardian.family_id).await?))
}

/// Prove to be an employer's own staff
///
/// By the code that the employer gave out (`EMPLOYER_CODE_INVALID` otherwise).
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = EmployerProofIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Proven", body = EmployerOut), Refusals))]
#[post("/me/employers")]
pub(super) async fn prove_employer(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    Json(body): Json<EmployerProofIn>,
) -> Result<HttpResponse> {
    Ok(service::prove(&ctx, guardian.family_id, &key, body).await?.respond(StatusCode::CREATED))
}

/// Leave an employer's centre
///
/// Bookings made before stay.
#[utoipa::path(tag = "family", security(("bearer" = [])),
    params(("centre_id" = CentreId, Path, description = "The centre")),
    responses((status = 204, description = "Left"), Refusals))]
#[delete("/me/employers/{centre_id}")]
pub(super) async fn leave_employer(ctx: Data<Ctx>, guardian: Guardian, id: Path<CentreId>) -> Result<HttpResponse> {
    service::leave(&ctx, guardian.family_id, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the family's ties to centres
///
/// Where it works, or a relative does: its ratings don't count in the satisfaction there. What a centre told of
/// (`proposed`) counts only once an officer has confirmed it. Beside them what the bureau decided against or ended,
/// with its reason.
#[utoipa::path(tag = "family", security(("bearer" = [])), responses(
    (status = 200, description = "The ties", body = TiesOut), Refusals))]
#[get("/me/ties")]
pub(super) async fn list_ties(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(ties::of_family(&ctx, guardian.family_id).await?))
}

/// Declare a tie to a centre
///
/// The family of somebody who works there, or of a relative. It may book and rate, but its ratings
/// don't count in the satisfaction there.
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = TieIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Declared", body = TieOut), Refusals))]
#[post("/me/ties")]
pub(super) async fn declare_tie(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    Json(body): Json<TieIn>,
) -> Result<HttpResponse> {
    Ok(ties::declare(&ctx, guardian.family_id, &key, body).await?.respond(StatusCode::CREATED))
}

/// End a tie to a centre
///
/// Ratings of care given meanwhile still don't count. One that the centre told of stays; contest it instead.
#[utoipa::path(tag = "family", security(("bearer" = [])),
    params(("id" = TieId, Path, description = "The tie")),
    responses((status = 204, description = "Ended"), Refusals))]
#[delete("/me/ties/{id}")]
pub(super) async fn end_tie(ctx: Data<Ctx>, guardian: Guardian, id: Path<TieId>) -> Result<HttpResponse> {
    ties::end(&ctx, guardian.family_id, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Contest a tie that a centre told of
///
/// An officer decides; whether it counts doesn't change meanwhile.
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = TieContestIn,
    params(("id" = TieId, Path, description = "The tie"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Contested", body = TieOut), Refusals))]
#[post("/me/ties/{id}/contest")]
pub(super) async fn contest_tie(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    id: Path<TieId>,
    Json(body): Json<TieContestIn>,
) -> Result<HttpResponse> {
    Ok(ties::contest(&ctx, guardian.family_id, &key, id.0, body).await?.respond(StatusCode::OK))
}
