//! Handlers for the bureau: statements.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, web::Data};
use entity::StatementId;

use super::{
    dto::{StatementDetailOut, StatementIn, StatementOut, StatementsQuery, UnsettledOut, UnsettledQuery},
    print,
    service::statements,
    sheet,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals, printed::printed, table},
    state::Ctx,
};

/// List what is unsettled
///
/// Centres with redemptions of a month that no frozen statement holds, with their statement if there
/// is one.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(UnsettledQuery), responses(
    (status = 200, description = "One page", body = Page<UnsettledOut>), Refusals))]
#[get("/bureau/unsettled")]
pub(super) async fn list_unsettled(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<UnsettledQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(statements::unsettled(&ctx, &query).await?))
}

/// Draft a statement
///
/// Of one centre and a month that is over: its redemptions, reversals and waiting adjustments, and
/// what came late to months that are frozen. Drafting again replaces a draft or a checked statement.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = StatementIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Drafted", body = StatementOut), Refusals))]
#[post("/bureau/statements")]
pub(super) async fn draft_statement(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<StatementIn>,
) -> Result<HttpResponse> {
    Ok(statements::draft(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}

/// List statements
///
/// Newest first, filtered by month, centre and state.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(StatementsQuery), responses(
    (status = 200, description = "One page", body = Page<StatementOut>), Refusals))]
#[get("/bureau/statements")]
pub(super) async fn list_statements(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<StatementsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(statements::page(&ctx, &query, None).await?))
}

/// Download the list of statements as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(StatementsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/statements.csv")]
pub(super) async fn list_statements_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<StatementsQuery>,
) -> Result<HttpResponse> {
    sheet::list(ctx, query).csv().await
}

/// Download the list of statements as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(StatementsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/statements.xlsx")]
pub(super) async fn list_statements_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<StatementsQuery>,
) -> Result<HttpResponse> {
    sheet::list(ctx, query).xlsx().await
}

/// Read a statement
///
/// With its lines, and its figures computed again from the rows: `recomputed.same` tells whether
/// they are the same bytes.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = StatementId, Path, description = "The statement")),
    responses((status = 200, description = "The statement", body = StatementDetailOut), Refusals))]
#[get("/bureau/statements/{id}")]
pub(super) async fn read_statement(ctx: Data<Ctx>, _bureau: Bureau, id: Path<StatementId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(statements::read(&ctx, id.0, None).await?))
}

/// Check a statement
///
/// A draft whose figures are still those of the rows; else it has to be drafted again.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = StatementId, Path, description = "The statement"), ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Checked", body = StatementOut), Refusals))]
#[post("/bureau/statements/{id}/check")]
pub(super) async fn check_statement(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StatementId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(statements::check(&ctx, &bureau, &key, id.0).await?.respond(StatusCode::OK))
}

/// Discard a draft
///
/// Also a checked one; what it listed waits for another. A frozen statement stays
/// (`STATEMENT_FROZEN`).
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = StatementId, Path, description = "The statement")),
    responses((status = 204, description = "Discarded"), Refusals))]
#[delete("/bureau/statements/{id}")]
pub(super) async fn discard_statement(ctx: Data<Ctx>, bureau: Bureau, id: Path<StatementId>) -> Result<HttpResponse> {
    statements::discard(&ctx, &bureau, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Freeze a statement
///
/// By another officer than who checked it. It gets its number and never changes again; what it holds
/// can't be reversed any more. If anything came since the check, nothing happens.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = StatementId, Path, description = "The statement"), ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Frozen", body = StatementOut), Refusals))]
#[post("/bureau/statements/{id}/freeze")]
pub(super) async fn freeze_statement(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StatementId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(statements::freeze(&ctx, &bureau, &key, id.0).await?.respond(StatusCode::OK))
}

/// Download a statement as a table
///
/// Its lines, its adjustments, the sum.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = StatementId, Path, description = "The statement")),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/statements/{id}/statement.csv")]
pub(super) async fn read_statement_csv(ctx: Data<Ctx>, _bureau: Bureau, id: Path<StatementId>) -> Result<HttpResponse> {
    sheet::lines(&statements::read(&ctx, id.0, None).await?).csv()
}

/// Download a statement as a workbook
///
/// The same table as `statement.csv`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = StatementId, Path, description = "The statement")),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/statements/{id}/statement.xlsx")]
pub(super) async fn read_statement_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<StatementId>,
) -> Result<HttpResponse> {
    sheet::lines(&statements::read(&ctx, id.0, None).await?).xlsx()
}

/// Print a statement
///
/// A page on A4 with room for three signatures; it needs nothing from elsewhere.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = StatementId, Path, description = "The statement")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), Refusals))]
#[get("/bureau/statements/{id}/statement.html")]
pub(super) async fn print_statement(ctx: Data<Ctx>, _bureau: Bureau, id: Path<StatementId>) -> Result<HttpResponse> {
    Ok(printed(print::page(&statements::read(&ctx, id.0, None).await?)?))
}
