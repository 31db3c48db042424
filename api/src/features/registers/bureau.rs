//! Handlers for the bureau: rows of registers, and warnings.

use actix_web::{HttpResponse, delete, get, http::StatusCode, patch, post, web::Data};
use entity::{CentreId, RecordId};

use super::{
    dto::{RecordIn, RecordOut, RecordPatch, RecordsQuery, WarningOut, WarningsQuery},
    service::{records, warnings},
    sheet,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals, table},
    state::Ctx,
};

/// List rows of registers
///
/// The newest first; of all centres, or by centre, township and kind.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(RecordsQuery),
    responses((status = 200, description = "One page", body = Page<RecordOut>), Refusals))]
#[get("/bureau/records")]
pub(super) async fn list_records(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<RecordsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(records::page(&ctx, &query).await?))
}

/// Download rows of registers as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(RecordsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/records.csv")]
pub(super) async fn list_records_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<RecordsQuery>,
) -> Result<HttpResponse> {
    sheet::records(ctx, query).csv().await
}

/// Download rows of registers as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(RecordsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/records.xlsx")]
pub(super) async fn list_records_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<RecordsQuery>,
) -> Result<HttpResponse> {
    sheet::records(ctx, query).xlsx().await
}

/// Enter a row of a centre's register
///
/// Which members it has depends on its kind. Policies and contracts make the centre's badges; safety
/// packages are for public centres, within their caps.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = RecordIn,
    params(("id" = CentreId, Path, description = "The centre"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Entered", body = RecordOut), Refusals))]
#[post("/bureau/centres/{id}/records")]
pub(super) async fn add_record(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Json(body): Json<RecordIn>,
) -> Result<HttpResponse> {
    Ok(records::add(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::CREATED))
}

/// Change a row of a register
///
/// What is absent stays; its centre and kind don't change.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = RecordPatch,
    params(("id" = RecordId, Path, description = "The row")),
    responses((status = 200, description = "Changed", body = RecordOut), Refusals))]
#[patch("/bureau/records/{id}")]
pub(super) async fn change_record(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RecordId>,
    Json(body): Json<RecordPatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(records::change(&ctx, &bureau, id.0, body).await?))
}

/// Take back a row of a register
///
/// One that was a mistake: it counts no more. What is over stays, for it is history.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = RecordId, Path, description = "The row")),
    responses((status = 204, description = "Taken back"), Refusals))]
#[delete("/bureau/records/{id}")]
pub(super) async fn remove_record(ctx: Data<Ctx>, bureau: Bureau, id: Path<RecordId>) -> Result<HttpResponse> {
    records::remove(&ctx, &bureau, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List warnings
///
/// What runs out or is due at centres in service: insurance, medical contract, recognition, carers'
/// certificates, guidance visits (two a calendar year). What is over or missing comes first.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(WarningsQuery),
    responses((status = 200, description = "One page", body = Page<WarningOut>), Refusals))]
#[get("/bureau/warnings")]
pub(super) async fn list_warnings(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<WarningsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(warnings::page(&ctx, &query).await?))
}

/// Download warnings as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(WarningsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/warnings.csv")]
pub(super) async fn list_warnings_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<WarningsQuery>,
) -> Result<HttpResponse> {
    sheet::warnings(ctx, query).csv().await
}

/// Download warnings as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(WarningsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/warnings.xlsx")]
pub(super) async fn list_warnings_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<WarningsQuery>,
) -> Result<HttpResponse> {
    sheet::warnings(ctx, query).xlsx().await
}
