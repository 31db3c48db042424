//! Handlers for the bureau: communities.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode, http::header::CONTENT_TYPE, patch, post, web::Data};
use entity::CommunityId;

use super::{
    dto::{
        CommunitiesQuery, CommunityCollection, CommunityEndIn, CommunityExportQuery, CommunityImportOut,
        CommunityImportQuery, CommunityOut, CommunityPatch,
    },
    service::communities as service,
};
use crate::{
    error::{Code, Problem, Result},
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals, observe::Body},
    state::Ctx,
};

/// The content type of a map.
pub(super) const GEOJSON: &str = "application/geo+json";

/// Refuses a body that is neither JSON nor GeoJSON.
fn check_type(req: &HttpRequest) -> Result<()> {
    let value = req.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let kind = value.split(';').next().unwrap_or("").trim();
    let known = ["application/json", GEOJSON].iter().any(|known| kind.eq_ignore_ascii_case(known));
    if known { Ok(()) } else { Err(Problem::new(Code::UnsupportedMediaType)) }
}

/// Import communities
///
/// A GeoJSON FeatureCollection of points, polygons or multi-polygons, at most 5 000 features and 8 MiB, as
/// `application/json` or `application/geo+json`. New codes become communities, known ones get new figures
/// or another place; what is there already and not named stays. All of it or nothing: every problem is
/// named by feature and property (`features[3].properties.under3`), the first 200 of them, and `problems`
/// counts all. `dry_run=true` says the same and writes nothing. Former states are kept.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CommunityCollection,
    params(CommunityImportQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Imported, or what an import would do", body = CommunityImportOut), Refusals))]
#[post("/bureau/imports/communities")]
pub(super) async fn import_communities(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Query(query): Query<CommunityImportQuery>,
    req: HttpRequest,
) -> Result<HttpResponse> {
    check_type(&req)?;
    Ok(service::import(&ctx, &bureau, &key, query, Body::of(&req).to_vec()).await?.respond(StatusCode::OK))
}

/// List communities
///
/// By code, each with its coverage in the 15-minute circle of filed centres.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CommunitiesQuery),
    responses((status = 200, description = "One page", body = Page<CommunityOut>), Refusals))]
#[get("/bureau/communities")]
pub(super) async fn list_communities(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CommunitiesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, &query).await?))
}

/// Download communities as a map
///
/// All that are, in the shape of an import: imported again it changes nothing.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CommunityExportQuery),
    responses((status = 200, description = "The map", body = CommunityCollection, content_type = GEOJSON), Refusals))]
#[get("/bureau/communities.geojson")]
pub(super) async fn list_communities_geojson(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CommunityExportQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().content_type(GEOJSON).body(service::export(&ctx, query.coord).await?))
}

/// Change a community
///
/// Its figures, name or township; its place changes with an import. The former state is kept.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CommunityPatch,
    params(("id" = CommunityId, Path, description = "The community")),
    responses((status = 200, description = "Changed; without its coverage", body = CommunityOut), Refusals))]
#[patch("/bureau/communities/{id}")]
pub(super) async fn change_community(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CommunityId>,
    Json(body): Json<CommunityPatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::change(&ctx, &bureau, id.0, body).await?))
}

/// End a community
///
/// One that was merged, split or renamed under another code. It counts no more; its states are kept, and
/// its code isn't used again.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CommunityEndIn,
    params(("id" = CommunityId, Path, description = "The community"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Ended", body = CommunityOut), Refusals))]
#[post("/bureau/communities/{id}/end")]
pub(super) async fn end_community(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CommunityId>,
    key: Idempotency,
    Json(body): Json<CommunityEndIn>,
) -> Result<HttpResponse> {
    Ok(service::end(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}
