//! Handlers for guardians.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::GuidanceId;

use super::{
    dto::{GuidanceIn, GuidanceOut, GuidancePageQuery},
    service,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// Ask for guidance at home
///
/// For a child without a live request (else `WRONG_STATE`). The bureau says who comes and when. The address is
/// told to nobody else, and deleted as soon as nobody is to come any more.
#[utoipa::path(tag = "guidance", security(("bearer" = [])), request_body = GuidanceIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Asked for", body = GuidanceOut), Refusals))]
#[post("/me/guidance")]
pub(super) async fn request_guidance(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    Json(body): Json<GuidanceIn>,
) -> Result<HttpResponse> {
    Ok(service::request(&ctx, guardian.family_id, &key, body).await?.respond(StatusCode::CREATED))
}

/// List the family's requests for guidance
///
/// The latest first, with who comes and what was answered.
#[utoipa::path(tag = "guidance", security(("bearer" = [])), params(GuidancePageQuery),
    responses((status = 200, description = "One page", body = Page<GuidanceOut>), Refusals))]
#[get("/me/guidance")]
pub(super) async fn list_own_guidance(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<GuidancePageQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::own(&ctx, guardian.family_id, query).await?))
}

/// Withdraw a request for guidance
///
/// As long as it hasn't ended. The address is deleted at once.
#[utoipa::path(tag = "guidance", security(("bearer" = [])),
    params(("id" = GuidanceId, Path, description = "The request"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Withdrawn", body = GuidanceOut), Refusals))]
#[post("/me/guidance/{id}/withdraw")]
pub(super) async fn withdraw_guidance(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<GuidanceId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::withdraw(&ctx, guardian.family_id, &key, id.0).await?.respond(StatusCode::OK))
}
