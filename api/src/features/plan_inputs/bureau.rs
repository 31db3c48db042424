//! Handlers for the bureau.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::{PlanInputCode, PlanInputId};

use super::{
    dto::{PlanInputHistoryQuery, PlanInputIn, PlanInputOut, PlanInputWithdrawIn, PlanInputsOut, PlanInputsQuery},
    service,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List the plan's figures
///
/// What no centre can know: each figure with the version that counts on a day, or none.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(PlanInputsQuery),
    responses((status = 200, description = "The figures", body = PlanInputsOut), Refusals))]
#[get("/bureau/plan-inputs")]
pub(super) async fn list_plan_inputs(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<PlanInputsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::list(&ctx, &query).await?))
}

/// Enter a figure of the plan
///
/// As another version; those before stay. It counts from the day that it is of.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = PlanInputIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Entered", body = PlanInputOut), Refusals))]
#[post("/bureau/plan-inputs")]
pub(super) async fn add_plan_input(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<PlanInputIn>,
) -> Result<HttpResponse> {
    Ok(service::add(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}

/// List the versions of a figure
///
/// The newest first, withdrawn ones among them.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("input" = PlanInputCode, Path, description = "The figure"), PlanInputHistoryQuery),
    responses((status = 200, description = "One page", body = Page<PlanInputOut>), Refusals))]
#[get("/bureau/plan-inputs/{input}/history")]
pub(super) async fn list_plan_input_history(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    input: Path<PlanInputCode>,
    Query(query): Query<PlanInputHistoryQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::history(&ctx, input.0, &query).await?))
}

/// Withdraw a figure of the plan
///
/// It stays in the history with the reason and counts no more; the version before it does again.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = PlanInputWithdrawIn,
    params(("id" = PlanInputId, Path, description = "The version"), ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Withdrawn", body = PlanInputOut), Refusals))]
#[post("/bureau/plan-inputs/{id}/withdraw")]
pub(super) async fn withdraw_plan_input(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<PlanInputId>,
    key: Idempotency,
    Json(body): Json<PlanInputWithdrawIn>,
) -> Result<HttpResponse> {
    Ok(service::withdraw(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}
