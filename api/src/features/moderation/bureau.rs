//! Handlers for the bureau.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::{ModerationId, ModerationStatus};

use super::{
    dto::{ModerationOut, ModerationQuery, ModerationReasonIn},
    service,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List texts under moderation
///
/// Those that wait for an officer, unless another state is asked for; newest first, without who wrote
/// them.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(ModerationQuery), responses(
    (status = 200, description = "One page", body = Page<ModerationOut>), Refusals))]
#[get("/bureau/moderation")]
pub(super) async fn list_moderation(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<ModerationQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, query).await?))
}

/// Pass a text
///
/// It is shown at once. Also for one that WeChat hid wrongly.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = ModerationReasonIn,
    params(("id" = ModerationId, Path, description = "The text under moderation"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Shown", body = ModerationOut), Refusals))]
#[post("/bureau/moderation/{id}/pass")]
pub(super) async fn pass_text(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ModerationId>,
    key: Idempotency,
    Json(body): Json<ModerationReasonIn>,
) -> Result<HttpResponse> {
    let done = service::decide(&ctx, &bureau, &key, id.0, ModerationStatus::Passed, &body.reason).await?;
    Ok(done.respond(StatusCode::OK))
}

/// Refuse a text
///
/// It isn't shown, or no more; a score that came with it counts all the same.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = ModerationReasonIn,
    params(("id" = ModerationId, Path, description = "The text under moderation"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Hidden", body = ModerationOut), Refusals))]
#[post("/bureau/moderation/{id}/refuse")]
pub(super) async fn refuse_text(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ModerationId>,
    key: Idempotency,
    Json(body): Json<ModerationReasonIn>,
) -> Result<HttpResponse> {
    let done = service::decide(&ctx, &bureau, &key, id.0, ModerationStatus::Hidden, &body.reason).await?;
    Ok(done.respond(StatusCode::OK))
}
