//! Handlers for the bureau.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    dto::{AuditQuery, AuditRowOut},
    service,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Page, Query, Refusals},
    state::Ctx,
};

/// Read the audit log
///
/// What staff did, newest first. A row is sealed into the hash chain within seconds; `seq` is its
/// place there and may differ from the order of the list.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(AuditQuery),
    responses((status = 200, description = "A page of the log", body = Page<AuditRowOut>), Refusals))]
#[get("/bureau/audit")]
pub(super) async fn list_audit(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<AuditQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::list(&ctx, query).await?))
}
