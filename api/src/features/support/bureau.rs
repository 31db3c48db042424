//! Handlers for the bureau: support sheets.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, web::Data};
use entity::SupportSheetId;

use super::{
    dto::{SupportSheetDetailOut, SupportSheetIn, SupportSheetOut, SupportSheetsQuery},
    print, service, sheet,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals, printed::printed, table},
    state::Ctx,
};

/// Draft a support sheet
///
/// Of one kind, centre and month that is over, from attendance: visits that ended, and redeemed voucher days. Only
/// a centre that was filed and recognised as inclusive at the month's end is paid; `figures.unpaid` says why
/// another isn't. Drafting again replaces a draft or a checked
/// sheet. What the source of funds may not pay for is refused (`FUND_RULE_VIOLATION`).
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = SupportSheetIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Drafted", body = SupportSheetOut), Refusals))]
#[post("/bureau/support-sheets")]
pub(super) async fn draft_support_sheet(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<SupportSheetIn>,
) -> Result<HttpResponse> {
    Ok(service::draft(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}

/// List support sheets
///
/// Newest first, filtered by kind, month, centre, state, and by whether a frozen one no longer agrees with
/// attendance that was put right since.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SupportSheetsQuery), responses(
    (status = 200, description = "One page", body = Page<SupportSheetOut>), Refusals))]
#[get("/bureau/support-sheets")]
pub(super) async fn list_support_sheets(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SupportSheetsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, &query).await?))
}

/// Download the list of support sheets as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SupportSheetsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/support-sheets.csv")]
pub(super) async fn list_support_sheets_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SupportSheetsQuery>,
) -> Result<HttpResponse> {
    sheet::list(ctx, query).csv().await
}

/// Download the list of support sheets as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SupportSheetsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/support-sheets.xlsx")]
pub(super) async fn list_support_sheets_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SupportSheetsQuery>,
) -> Result<HttpResponse> {
    sheet::list(ctx, query).xlsx().await
}

/// Read a support sheet
///
/// With its lines, and its figures computed again from the evidence that it keeps.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = SupportSheetId, Path, description = "The sheet")),
    responses((status = 200, description = "The sheet", body = SupportSheetDetailOut), Refusals))]
#[get("/bureau/support-sheets/{id}")]
pub(super) async fn read_support_sheet(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<SupportSheetId>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::read(&ctx, id.0).await?))
}

/// Check a support sheet
///
/// A draft whose figures are still those of the visits; else it has to be drafted again.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = SupportSheetId, Path, description = "The sheet"), ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Checked", body = SupportSheetOut), Refusals))]
#[post("/bureau/support-sheets/{id}/check")]
pub(super) async fn check_support_sheet(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<SupportSheetId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::check(&ctx, &bureau, &key, id.0).await?.respond(StatusCode::OK))
}

/// Freeze a support sheet
///
/// By another officer than who checked it. It gets its number and never changes again. If anything changed
/// since the check, nothing happens.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = SupportSheetId, Path, description = "The sheet"), ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Frozen", body = SupportSheetOut), Refusals))]
#[post("/bureau/support-sheets/{id}/freeze")]
pub(super) async fn freeze_support_sheet(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<SupportSheetId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::freeze(&ctx, &bureau, &key, id.0).await?.respond(StatusCode::OK))
}

/// Discard a draft of a support sheet
///
/// Also a checked one. A frozen sheet stays (`STATEMENT_FROZEN`).
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = SupportSheetId, Path, description = "The sheet")),
    responses((status = 204, description = "Discarded"), Refusals))]
#[delete("/bureau/support-sheets/{id}")]
pub(super) async fn discard_support_sheet(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<SupportSheetId>,
) -> Result<HttpResponse> {
    service::discard(&ctx, &bureau, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Download a support sheet as a table
///
/// Its lines, the reductions, the sum.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = SupportSheetId, Path, description = "The sheet")),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/support-sheets/{id}/sheet.csv")]
pub(super) async fn read_support_sheet_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<SupportSheetId>,
) -> Result<HttpResponse> {
    sheet::lines(&service::read(&ctx, id.0).await?).csv()
}

/// Download a support sheet as a workbook
///
/// The same table as `sheet.csv`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = SupportSheetId, Path, description = "The sheet")),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/support-sheets/{id}/sheet.xlsx")]
pub(super) async fn read_support_sheet_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<SupportSheetId>,
) -> Result<HttpResponse> {
    sheet::lines(&service::read(&ctx, id.0).await?).xlsx()
}

/// Print a support sheet
///
/// A page on A4 with room for three signatures; it needs nothing from elsewhere.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = SupportSheetId, Path, description = "The sheet")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), Refusals))]
#[get("/bureau/support-sheets/{id}/sheet.html")]
pub(super) async fn print_support_sheet(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<SupportSheetId>,
) -> Result<HttpResponse> {
    Ok(printed(print::page(&service::read(&ctx, id.0).await?)?))
}
