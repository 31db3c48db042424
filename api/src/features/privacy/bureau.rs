//! Handlers for the bureau.

use actix_web::{HttpResponse, get, web::Data};

use super::{dto::RetentionOut, service::retention as rules};
use crate::{error::Result, features::auth::Bureau, http::Refusals, state::Ctx};

/// Read how long personal data is kept
///
/// Rule by rule: for how long, why, what happens then, and how many rows are due now. What has no end
/// says why.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), responses(
    (status = 200, description = "The rules and what is due", body = RetentionOut), Refusals))]
#[get("/bureau/retention")]
pub(super) async fn retention(ctx: Data<Ctx>, _bureau: Bureau) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(rules::report(&ctx).await?))
}
