//! Handlers for the bureau.

use actix_web::{HttpResponse, delete, get, web::Data};

use super::{dto::WorkOut, service};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Path, Refusals},
    state::Ctx,
};

/// Read how far a piece of work is
///
/// `work` is the word that the same account gave where it started the work. What was never started, or
/// ended a while ago, isn't found.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("work" = String, Path, description = "The word it was started with")),
    responses((status = 200, description = "How far it is", body = WorkOut), Refusals))]
#[get("/bureau/progress/{work}")]
pub(super) async fn read_progress(ctx: Data<Ctx>, bureau: Bureau, work: Path<String>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::read(&ctx, bureau.staff_id, &work.0).await?))
}

/// Call off a piece of work
///
/// Also before it has begun, while its file is still being sent. The work ends with `WORK_CANCELLED` at its
/// next row and has changed nothing; what has ended by then answers `WRONG_STATE`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("work" = String, Path, description = "The word it was started with")),
    responses((status = 204, description = "It ends at its next row"), Refusals))]
#[delete("/bureau/progress/{work}")]
pub(super) async fn cancel_work(ctx: Data<Ctx>, bureau: Bureau, work: Path<String>) -> Result<HttpResponse> {
    service::cancel(&ctx, bureau.staff_id, &work.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
