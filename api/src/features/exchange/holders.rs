//! Handlers for other systems, with an access key.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    read_dto::{
        ChangesPage, ChangesQuery, ExchangeBookingOut, ExchangeCentreOut, ExchangeRedemptionOut,
        ExchangeSatisfactionOut, ExchangeSatisfactionQuery, ExchangeVisitOut,
    },
    reads,
};
use crate::{
    error::Result,
    features::auth::KeyHolder,
    http::{Query, Refusals},
    state::Ctx,
};

/// Read centres that changed
///
/// With their places; a centre's key reads its own.
/// Changes appear two minutes after they were made; read on from `cursor`.
#[utoipa::path(tag = "exchange", security(("access_key" = ["centres:read"])), params(ChangesQuery),
    responses((status = 200, description = "One page", body = ChangesPage<ExchangeCentreOut>), Refusals))]
#[get("/exchange/centres")]
pub(super) async fn exchange_centres(
    ctx: Data<Ctx>,
    holder: KeyHolder,
    Query(query): Query<ChangesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(reads::centres(&ctx, &holder, &query).await?))
}

/// Read bookings that changed
///
/// As they are now, without names: the child has a pseudonym.
/// Changes appear two minutes after they were made; read on from `cursor`.
#[utoipa::path(tag = "exchange", security(("access_key" = ["bookings:read"])), params(ChangesQuery),
    responses((status = 200, description = "One page", body = ChangesPage<ExchangeBookingOut>), Refusals))]
#[get("/exchange/bookings")]
pub(super) async fn exchange_bookings(
    ctx: Data<Ctx>,
    holder: KeyHolder,
    Query(query): Query<ChangesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(reads::bookings(&ctx, &holder, &query).await?))
}

/// Read visits that changed
///
/// As they are now, without names: the child has a pseudonym.
/// Changes appear two minutes after they were made; read on from `cursor`.
#[utoipa::path(tag = "exchange", security(("access_key" = ["visits:read"])), params(ChangesQuery),
    responses((status = 200, description = "One page", body = ChangesPage<ExchangeVisitOut>), Refusals))]
#[get("/exchange/visits")]
pub(super) async fn exchange_visits(
    ctx: Data<Ctx>,
    holder: KeyHolder,
    Query(query): Query<ChangesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(reads::visits(&ctx, &holder, &query).await?))
}

/// Read redemptions that were made or reversed
///
/// As they are now, without names: the child has a pseudonym.
/// Changes appear two minutes after they were made; read on from `cursor`.
#[utoipa::path(tag = "exchange", security(("access_key" = ["redemptions:read"])), params(ChangesQuery),
    responses((status = 200, description = "One page", body = ChangesPage<ExchangeRedemptionOut>), Refusals))]
#[get("/exchange/redemptions")]
pub(super) async fn exchange_redemptions(
    ctx: Data<Ctx>,
    holder: KeyHolder,
    Query(query): Query<ChangesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(reads::redemptions(&ctx, &holder, &query).await?))
}

/// Read satisfaction by centre
///
/// The figures that the bureau reads; a centre's key reads its own.
#[utoipa::path(tag = "exchange", security(("access_key" = ["statistics:read"])), params(ExchangeSatisfactionQuery),
    responses((status = 200, description = "The figures", body = ExchangeSatisfactionOut), Refusals))]
#[get("/exchange/satisfaction")]
pub(super) async fn exchange_satisfaction(
    ctx: Data<Ctx>,
    holder: KeyHolder,
    Query(query): Query<ExchangeSatisfactionQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(reads::satisfaction(&ctx, &holder, query).await?))
}
