//! Handlers for the bureau: the coverage of the circle.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};

use super::{
    bureau::GEOJSON,
    figures_dto::{
        CoverageCollection, CoverageGapOut, CoverageGapsQuery, CoverageIndicatorOut, CoverageMapQuery, CoverageOut,
        CoverageQuery, CoverageRecomputeOut,
    },
    service::{figures, what_if},
    sheet,
    what_if_dto::{CoverageWhatIfIn, CoverageWhatIfOut},
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Moment, Page, Query, Refusals, table},
    state::Ctx,
};

/// Read the coverage of the circle
///
/// Communities of which a large enough share lies within so many minutes on foot of some centre that
/// counts, and the under-threes there; by township or by community. Counting are active centres that are
/// filed and don't take their employer's staff only.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CoverageQuery),
    responses((status = 200, description = "The coverage", body = CoverageOut), Refusals))]
#[get("/bureau/coverage")]
pub(super) async fn read_coverage(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CoverageQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(figures::report(&ctx, query).await?))
}

/// Download the coverage as a table
///
/// A row per community.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CoverageMapQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/coverage.csv")]
pub(super) async fn read_coverage_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CoverageMapQuery>,
) -> Result<HttpResponse> {
    sheet::table(&figures::all(&ctx, &query).await?, query.coord, Moment(ctx.clock.now())).csv()
}

/// Download the coverage as a workbook
///
/// The same table as `/bureau/coverage.csv`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CoverageMapQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/coverage.xlsx")]
pub(super) async fn read_coverage_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CoverageMapQuery>,
) -> Result<HttpResponse> {
    sheet::table(&figures::all(&ctx, &query).await?, query.coord, Moment(ctx.clock.now())).xlsx()
}

/// Download the coverage as a map
///
/// A GeoJSON feature per community, with what is drawn of it.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CoverageMapQuery),
    responses((status = 200, description = "The map", body = CoverageCollection, content_type = GEOJSON), Refusals))]
#[get("/bureau/coverage.geojson")]
pub(super) async fn read_coverage_geojson(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CoverageMapQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().content_type(GEOJSON).body(figures::map(&ctx, &query).await?))
}

/// List gaps of the coverage
///
/// Communities that aren't covered, or with under-threes outside: most under-threes outside first, each
/// with the nearest centre.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CoverageGapsQuery),
    responses((status = 200, description = "One page", body = Page<CoverageGapOut>), Refusals))]
#[get("/bureau/coverage/gaps")]
pub(super) async fn list_coverage_gaps(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CoverageGapsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(figures::gaps(&ctx, &query).await?))
}

/// Ask what a site would bring
///
/// What up to 10 proposed sites would add to the coverage, each alone and all together, and what the
/// closing of up to 10 centres would take. Nothing is written.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CoverageWhatIfIn,
    responses((status = 200, description = "Before and after", body = CoverageWhatIfOut), Refusals))]
#[post("/bureau/coverage/what-if")]
pub(super) async fn ask_what_if(
    ctx: Data<Ctx>,
    bureau: Bureau,
    Json(body): Json<CoverageWhatIfIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(what_if::what_if(&ctx, &bureau, body).await?))
}

/// Find all ways anew
///
/// In the background. Changes of centres, communities and settings are noticed without it; a new map of
/// the routing engine isn't. What is remembered of the engine's answers is forgotten within seconds, by
/// every replica and for families' searches too.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key gets the first answer again")),
    responses((status = 202, description = "Begun", body = CoverageRecomputeOut), Refusals))]
#[post("/bureau/coverage/recompute")]
pub(super) async fn recompute_coverage(ctx: Data<Ctx>, bureau: Bureau, key: Idempotency) -> Result<HttpResponse> {
    Ok(figures::recompute(&ctx, &bureau, &key).await?.respond(StatusCode::ACCEPTED))
}

/// Read the indicator of community coverage
///
/// `community_coverage` of the plan: communities with a filed centre within 15 minutes on foot ÷
/// communities, with its target, its sources and their dates.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    responses((status = 200, description = "The indicator", body = CoverageIndicatorOut), Refusals))]
#[get("/bureau/indicators/community_coverage")]
pub(super) async fn read_community_coverage(ctx: Data<Ctx>, _bureau: Bureau) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(figures::indicator(&ctx).await?))
}
