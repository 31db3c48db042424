//! Handlers for the bureau.

use actix_web::{HttpResponse, get, web::Data};
use entity::IndicatorCode;

use super::{
    dto::{IndicatorTrendOut, IndicatorsOut, IndicatorsQuery, TrendQuery},
    projects,
    projects_dto::{ProjectsOut, ProjectsQuery},
    service, sheet,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Path, Query, Refusals, table},
    state::Ctx,
};

/// Read the plan's indicators
///
/// The fifteen, each with its target, what it is made of, and where that comes from; null with a reason
/// where something is missing. A day's are counted now; a closed month's are as they were kept. Coverage is
/// that of now, so a past day has it only in its month's snapshot.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(IndicatorsQuery),
    responses((status = 200, description = "The indicators", body = IndicatorsOut), Refusals))]
#[get("/bureau/indicators")]
pub(super) async fn read_indicators(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<IndicatorsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::report(&ctx, &query).await?))
}

/// Download the plan's indicators as a table
///
/// A row per indicator, with the digits of `/bureau/indicators`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(IndicatorsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/indicators.csv")]
pub(super) async fn read_indicators_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<IndicatorsQuery>,
) -> Result<HttpResponse> {
    sheet::table(&service::report(&ctx, &query).await?).csv()
}

/// Download the plan's indicators as a workbook
///
/// The same table as `/bureau/indicators.csv`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(IndicatorsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/indicators.xlsx")]
pub(super) async fn read_indicators_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<IndicatorsQuery>,
) -> Result<HttpResponse> {
    sheet::table(&service::report(&ctx, &query).await?).xlsx()
}

/// Read the trend of an indicator
///
/// Its values at the ends of the closed months, as they were counted then; at most 24.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("indicator" = IndicatorCode, Path, description = "The indicator"), TrendQuery),
    responses((status = 200, description = "The trend", body = IndicatorTrendOut), Refusals))]
#[get("/bureau/indicators/{indicator}/trend")]
pub(super) async fn read_indicator_trend(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    indicator: Path<IndicatorCode>,
    Query(query): Query<TrendQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::trend(&ctx, indicator.0, query).await?))
}

/// Read the progress of projects 1 and 3
///
/// What the plan counts (sites, places, a site in each township; kindergartens' places), and a page of the
/// centres that count: those of the projects' kinds in service that have a class with places and are filed or being
/// filed.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(ProjectsQuery),
    responses((status = 200, description = "The progress", body = ProjectsOut), Refusals))]
#[get("/bureau/projects/progress")]
pub(super) async fn read_project_progress(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<ProjectsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(projects::progress(&ctx, &query).await?))
}
