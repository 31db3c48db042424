//! Handlers for the bureau: rates of support.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};

use super::{
    dto::{SupportRateIn, SupportRateOut, SupportRatesOut},
    service,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Refusals},
    state::Ctx,
};

/// List the rates of support
///
/// Every rate that was ever set, with its cap and where it stands.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    responses((status = 200, description = "The rates", body = SupportRatesOut), Refusals))]
#[get("/bureau/support-rates")]
pub(super) async fn list_support_rates(ctx: Data<Ctx>, _bureau: Bureau) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::rates(&ctx).await?))
}

/// Set a rate of support
///
/// From a month on, at most the item's cap; not for months that have a frozen sheet of it.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = SupportRateIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Set", body = SupportRateOut), Refusals))]
#[post("/bureau/support-rates")]
pub(super) async fn add_support_rate(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<SupportRateIn>,
) -> Result<HttpResponse> {
    Ok(service::add_rate(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}
