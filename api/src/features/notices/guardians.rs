//! Handlers for guardians.

use actix_web::{HttpResponse, get, post, web::Data};

use super::{
    dto::{NoticeOut, NoticesQuery, NoticesReadIn},
    service,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Json, Page, Query, Refusals},
    state::Ctx,
};

/// List the family's notices
///
/// Newest first: answers of centres, offered places, reminders.
#[utoipa::path(tag = "family", security(("bearer" = [])), params(NoticesQuery), responses(
    (status = 200, description = "A page of notices", body = Page<NoticeOut>), Refusals))]
#[get("/me/notices")]
pub(super) async fn list_notices(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<NoticesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, guardian.family_id, query).await?))
}

/// Mark notices as read
///
/// One and all before it. Sent again it changes nothing.
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = NoticesReadIn,
    responses((status = 204, description = "Read"), Refusals))]
#[post("/me/notices/read")]
pub(super) async fn mark_notices_read(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Json(body): Json<NoticesReadIn>,
) -> Result<HttpResponse> {
    service::read(&ctx, guardian.family_id, body).await?;
    Ok(HttpResponse::NoContent().finish())
}
