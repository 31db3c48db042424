//! Handlers for the bureau.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::GuidanceId;

use super::{
    dto::{BureauGuidanceQuery, GuidanceAnswerIn, GuidanceAssignIn, StaffGuidanceOut},
    sheet, staff,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals, table},
    state::Ctx,
};

/// List requests for guidance at home
///
/// The latest first. Nothing says whose one is; where the family lives only of those that are the caller's own.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauGuidanceQuery),
    responses((status = 200, description = "One page", body = Page<StaffGuidanceOut>), Refusals))]
#[get("/bureau/guidance")]
pub(super) async fn list_guidance(
    ctx: Data<Ctx>,
    bureau: Bureau,
    Query(query): Query<BureauGuidanceQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(staff::page(&ctx, bureau.staff_id, query).await?))
}

/// Download requests for guidance as a table
///
/// All that the filters leave; no addresses. `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauGuidanceQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/guidance.csv")]
pub(super) async fn list_guidance_csv(
    ctx: Data<Ctx>,
    bureau: Bureau,
    Query(query): Query<BureauGuidanceQuery>,
) -> Result<HttpResponse> {
    sheet::guidance(ctx, bureau.staff_id, query).csv().await
}

/// Download requests for guidance as a workbook
///
/// All that the filters leave, 20 000 at most; no addresses. `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauGuidanceQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/guidance.xlsx")]
pub(super) async fn list_guidance_xlsx(
    ctx: Data<Ctx>,
    bureau: Bureau,
    Query(query): Query<BureauGuidanceQuery>,
) -> Result<HttpResponse> {
    sheet::guidance(ctx, bureau.staff_id, query).xlsx().await
}

/// Say who comes, and when
///
/// A centre in service or an account of the bureau. Of two officers who assign at once one is told
/// (`WRONG_STATE`); what is assigned is handed over with `handing_over` and the `assigned_at` that was read. A day outside
/// the wished ones is refused until it is confirmed (`CONFIRMATION_REQUIRED`). The family is told.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = GuidanceAssignIn,
    params(("id" = GuidanceId, Path, description = "The request"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Assigned", body = StaffGuidanceOut), Refusals))]
#[post("/bureau/guidance/{id}/assign")]
pub(super) async fn assign_guidance(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<GuidanceId>,
    key: Idempotency,
    Json(body): Json<GuidanceAssignIn>,
) -> Result<HttpResponse> {
    Ok(staff::assign(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}

/// Answer a request for guidance
///
/// Done, once somebody was named and the day has come; or declined. The family is told, the address deleted.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = GuidanceAnswerIn,
    params(("id" = GuidanceId, Path, description = "The request"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Answered", body = StaffGuidanceOut), Refusals))]
#[post("/bureau/guidance/{id}/answer")]
pub(super) async fn answer_guidance(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<GuidanceId>,
    key: Idempotency,
    Json(body): Json<GuidanceAnswerIn>,
) -> Result<HttpResponse> {
    Ok(staff::answer(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}
