//! Handlers for the centre's desk.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    carers_dto::{CarerOut, DeskCarersQuery},
    dto::{DeskRecordsQuery, RecordOut},
    service::{carers, records},
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Page, Query, Refusals},
    state::Ctx,
};

/// Read the centre's register
///
/// Policies, contracts, visits, packages, devices and the like, the newest first; entered by the bureau.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(DeskRecordsQuery),
    responses((status = 200, description = "One page", body = Page<RecordOut>), Refusals))]
#[get("/desk/register")]
pub(super) async fn read_desk_register(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<DeskRecordsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(records::own(&ctx, &desk, &query).await?))
}

/// List the centre's carers in the register
///
/// With certificates and hours of training; the manager's to read.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(DeskCarersQuery),
    responses((status = 200, description = "One page", body = Page<CarerOut>), Refusals))]
#[get("/desk/register/carers")]
pub(super) async fn list_desk_carers(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<DeskCarersQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(carers::own(&ctx, &desk, &query).await?))
}
