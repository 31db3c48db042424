//! Handlers for the bureau: carers and their trainings.

use actix_web::{HttpResponse, delete, get, http::StatusCode, patch, post, web::Data};
use entity::{CarerId, CentreId, TrainingId};

use super::{
    carers_dto::{CarerDetailOut, CarerIn, CarerOut, CarerPatch, CarersQuery, TrainingIn, TrainingOut},
    service::carers,
    sheet,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals, table},
    state::Ctx,
};

/// List carers
///
/// Of all centres, or by centre and township, with or without a valid certificate.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CarersQuery),
    responses((status = 200, description = "One page", body = Page<CarerOut>), Refusals))]
#[get("/bureau/carers")]
pub(super) async fn list_carers(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CarersQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(carers::page(&ctx, &query).await?))
}

/// Download carers as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CarersQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/carers.csv")]
pub(super) async fn list_carers_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CarersQuery>,
) -> Result<HttpResponse> {
    sheet::carers(ctx, query).csv().await
}

/// Download carers as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CarersQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/carers.xlsx")]
pub(super) async fn list_carers_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CarersQuery>,
) -> Result<HttpResponse> {
    sheet::carers(ctx, query).xlsx().await
}

/// Enter a carer
///
/// With the certificate that was seen, or none. Name and number are sealed where they are stored.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CarerIn,
    params(("id" = CentreId, Path, description = "The centre"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Entered", body = CarerOut), Refusals))]
#[post("/bureau/centres/{id}/carers")]
pub(super) async fn add_carer(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Json(body): Json<CarerIn>,
) -> Result<HttpResponse> {
    Ok(carers::add(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::CREATED))
}

/// Read a carer
///
/// With the latest 100 trainings.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = CarerId, Path, description = "The carer")),
    responses((status = 200, description = "The carer", body = CarerDetailOut), Refusals))]
#[get("/bureau/carers/{id}")]
pub(super) async fn read_carer(ctx: Data<Ctx>, _bureau: Bureau, id: Path<CarerId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(carers::read(&ctx, id.0).await?))
}

/// Change a carer
///
/// A new certificate, or that somebody has left; what is absent stays.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CarerPatch,
    params(("id" = CarerId, Path, description = "The carer")),
    responses((status = 200, description = "Changed", body = CarerOut), Refusals))]
#[patch("/bureau/carers/{id}")]
pub(super) async fn change_carer(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CarerId>,
    Json(body): Json<CarerPatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(carers::change(&ctx, &bureau, id.0, body).await?))
}

/// Delete a carer
///
/// With the trainings; for a mistake, or when the data isn't needed any more. Who leaves gets `left_on`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = CarerId, Path, description = "The carer")),
    responses((status = 204, description = "Deleted"), Refusals))]
#[delete("/bureau/carers/{id}")]
pub(super) async fn remove_carer(ctx: Data<Ctx>, bureau: Bureau, id: Path<CarerId>) -> Result<HttpResponse> {
    carers::remove(&ctx, &bureau, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Enter a training
///
/// Of a carer.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = TrainingIn,
    params(("id" = CarerId, Path, description = "The carer"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Entered", body = TrainingOut), Refusals))]
#[post("/bureau/carers/{id}/trainings")]
pub(super) async fn add_training(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CarerId>,
    key: Idempotency,
    Json(body): Json<TrainingIn>,
) -> Result<HttpResponse> {
    Ok(carers::train(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::CREATED))
}

/// Take back a training
///
/// One that was a mistake.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = TrainingId, Path, description = "The training")),
    responses((status = 204, description = "Taken back"), Refusals))]
#[delete("/bureau/trainings/{id}")]
pub(super) async fn remove_training(ctx: Data<Ctx>, bureau: Bureau, id: Path<TrainingId>) -> Result<HttpResponse> {
    carers::untrain(&ctx, &bureau, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
