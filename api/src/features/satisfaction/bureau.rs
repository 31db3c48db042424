//! Handlers for the bureau.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    dto::{SatisfactionMonthOut, SatisfactionMonthsQuery, SatisfactionOut, SatisfactionQuery},
    service, sheet, snapshots,
    store::Answers,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Page, Query, Refusals, table},
    state::Ctx,
};

/// Read satisfaction
///
/// An answer is the latest rating per child, centre and month of care that was not excluded.
/// `families_served` counts the families with a checked-out visit or a redeemed voucher day;
/// `response_rate` is answers ÷ distinct (child, centre, month) with care (by form of care: with
/// care of that form), without those whose answers are all left out. The interval is Wilson's at 95 %. Fewer than five answers are `too_few`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SatisfactionQuery),
    responses((status = 200, description = "The figures", body = SatisfactionOut), Refusals))]
#[get("/bureau/satisfaction")]
pub(super) async fn read_satisfaction(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SatisfactionQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::report(&ctx, query, Answers::Present).await?))
}

/// Download satisfaction as a table
///
/// The same figures as `/bureau/satisfaction`, the overall row first: UTF-8 with a byte order
/// mark, a header in Chinese with the units.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SatisfactionQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/satisfaction.csv")]
pub(super) async fn read_satisfaction_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SatisfactionQuery>,
) -> Result<HttpResponse> {
    let report = service::report(&ctx, query, Answers::Present).await?;
    sheet::table(&report).csv()
}

/// Download satisfaction as a workbook
///
/// The same table as `/bureau/satisfaction.csv`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SatisfactionQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/satisfaction.xlsx")]
pub(super) async fn read_satisfaction_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SatisfactionQuery>,
) -> Result<HttpResponse> {
    sheet::table(&service::report(&ctx, query, Answers::Present).await?).xlsx()
}

/// Read the closed months
///
/// The latest first: what the snapshot of each holds, and beside it what the ratings say now, with
/// the changes and exclusions that came after it. The snapshot itself never changes.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SatisfactionMonthsQuery),
    responses((status = 200, description = "One page", body = Page<SatisfactionMonthOut>), Refusals))]
#[get("/bureau/satisfaction/months")]
pub(super) async fn list_satisfaction_months(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SatisfactionMonthsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(snapshots::months(&ctx, query).await?))
}

/// Download the closed months as a table
///
/// All that the filters leave, a row a month: the figures as taken, and beside them as the ratings say now;
/// `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SatisfactionMonthsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/satisfaction/months.csv")]
pub(super) async fn list_satisfaction_months_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SatisfactionMonthsQuery>,
) -> Result<HttpResponse> {
    sheet::months(ctx, query).csv().await
}

/// Download the closed months as a workbook
///
/// The same table as `/bureau/satisfaction/months.csv`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SatisfactionMonthsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/satisfaction/months.xlsx")]
pub(super) async fn list_satisfaction_months_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SatisfactionMonthsQuery>,
) -> Result<HttpResponse> {
    sheet::months(ctx, query).xlsx().await
}
