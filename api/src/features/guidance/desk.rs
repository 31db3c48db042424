//! Handlers for the centre's desk.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::GuidanceId;

use super::{
    dto::{GuidanceAnswerIn, GuidancePageQuery, StaffGuidanceOut},
    staff,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List the centre's guidance at home
///
/// What the bureau assigned to the centre, the latest first; names masked, with the address as long as somebody is to come.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(GuidancePageQuery),
    responses((status = 200, description = "One page", body = Page<StaffGuidanceOut>), Refusals))]
#[get("/desk/guidance")]
pub(super) async fn list_desk_guidance(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<GuidancePageQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(staff::desk_page(&ctx, &desk, query).await?))
}

/// Answer a request that is the centre's
///
/// Done, once the day has come, or declined. The family is told, the address deleted.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = GuidanceAnswerIn,
    params(("id" = GuidanceId, Path, description = "The request"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Answered", body = StaffGuidanceOut), Refusals))]
#[post("/desk/guidance/{id}/answer")]
pub(super) async fn answer_desk_guidance(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<GuidanceId>,
    key: Idempotency,
    Json(body): Json<GuidanceAnswerIn>,
) -> Result<HttpResponse> {
    Ok(staff::desk_answer(&ctx, &desk, &key, id.0, body).await?.respond(StatusCode::OK))
}
