//! Handlers for the centre's desk.

use actix_web::{HttpResponse, post, web::Data};
use entity::VisitId;

use super::{
    dto::{RevealIn, RevealedOut},
    service::looks,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Json, Path, Refusals},
    state::Ctx,
};

/// Look at the whole name behind a visit
///
/// Lists show names masked. For a visit within some days of today, for a reason; every look is in the audit
/// log and shown to the family. Allergies are shown on the day of care only, and only while the
/// family agrees to `health_proof`.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = RevealIn,
    params(("id" = VisitId, Path, description = "The visit")),
    responses((status = 200, description = "The child", body = RevealedOut), Refusals))]
#[post("/desk/visits/{id}/reveal")]
pub(super) async fn reveal(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<VisitId>,
    Json(body): Json<RevealIn>,
) -> Result<HttpResponse> {
    let shown = looks::reveal(&ctx, &desk, id.0, body.reason).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(shown))
}
