//! Handlers for the bureau.

use actix_web::{HttpResponse, get, http::StatusCode, patch, post, web::Data};
use entity::CentreId;

use super::{
    checks,
    dto::{
        BureauCentreIn, BureauCentreOut, BureauCentrePatch, BureauCentresQuery, CentreChecksIn, CentreChecksOut,
        CentreReasonIn,
    },
    service, sheet,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals, table},
    state::Ctx,
};

/// List centres
///
/// Every centre, out of service too, by name or the newest first; filtered by township, kind, ownership, filing,
/// recognition and a text in name or address.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauCentresQuery),
    responses((status = 200, description = "One page", body = Page<BureauCentreOut>), Refusals))]
#[get("/bureau/centres")]
pub(super) async fn list_centres(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauCentresQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, &query).await?))
}

/// Download centres as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauCentresQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/centres.csv")]
pub(super) async fn list_centres_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauCentresQuery>,
) -> Result<HttpResponse> {
    sheet::centres(ctx, query).csv().await
}

/// Download centres as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauCentresQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/centres.xlsx")]
pub(super) async fn list_centres_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauCentresQuery>,
) -> Result<HttpResponse> {
    sheet::centres(ctx, query).xlsx().await
}

/// Enter a centre
///
/// With its weekly hours; classes and prices are set by its desk afterwards, or come with an import. A
/// name is there once a township.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = BureauCentreIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Entered", body = BureauCentreOut), Refusals))]
#[post("/bureau/centres")]
pub(super) async fn add_centre(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<BureauCentreIn>,
) -> Result<HttpResponse> {
    Ok(service::add(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}

/// Read a centre
///
/// As the bureau has it, out of service too.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = CentreId, Path, description = "The centre")),
    responses((status = 200, description = "The centre", body = BureauCentreOut), Refusals))]
#[get("/bureau/centres/{id}")]
pub(super) async fn read_bureau_centre(ctx: Data<Ctx>, _bureau: Bureau, id: Path<CentreId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::read(&ctx, id.0).await?))
}

/// Change a centre
///
/// What is absent stays, null removes. Whom it takes, its hours, classes and prices are its desk's to
/// change. A cap below a price that stands is refused.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = BureauCentrePatch,
    params(("id" = CentreId, Path, description = "The centre")),
    responses((status = 200, description = "Changed", body = BureauCentreOut), Refusals))]
#[patch("/bureau/centres/{id}")]
pub(super) async fn edit_centre(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    Json(body): Json<BureauCentrePatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::edit(&ctx, &bureau, id.0, None, body).await?))
}

/// Take a centre out of service
///
/// Only when no booked day is still to come (`BOOKINGS_AFFECTED`). It is found and booked no more, whoever
/// waits for a place is told, and its history stays.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CentreReasonIn,
    params(("id" = CentreId, Path, description = "The centre"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Out of service", body = BureauCentreOut), Refusals))]
#[post("/bureau/centres/{id}/deactivate")]
pub(super) async fn deactivate_centre(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Json(body): Json<CentreReasonIn>,
) -> Result<HttpResponse> {
    Ok(service::set_active(&ctx, &bureau, &key, id.0, false, body).await?.respond(StatusCode::OK))
}

/// Put a centre into service again
///
/// As it was.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CentreReasonIn,
    params(("id" = CentreId, Path, description = "The centre"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "In service", body = BureauCentreOut), Refusals))]
#[post("/bureau/centres/{id}/reactivate")]
pub(super) async fn reactivate_centre(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Json(body): Json<CentreReasonIn>,
) -> Result<HttpResponse> {
    Ok(service::set_active(&ctx, &bureau, &key, id.0, true, body).await?.respond(StatusCode::OK))
}

/// Look again at what stands of a centre
///
/// On which day somebody saw the document of its filing or recognition, or its label, again; it stays as it is.
/// Parents see the day with the badge.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CentreChecksIn,
    params(("id" = CentreId, Path, description = "The centre"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Kept", body = CentreChecksOut), Refusals))]
#[post("/bureau/centres/{id}/checks")]
pub(super) async fn check_centre(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Json(body): Json<CentreChecksIn>,
) -> Result<HttpResponse> {
    Ok(checks::seen_again(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}
