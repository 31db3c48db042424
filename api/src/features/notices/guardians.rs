//! Handlers for guardians.

use actix_web::{HttpRequest, HttpResponse, get, http::header::CONTENT_LANGUAGE, post, web::Data};

use super::{
    dto::{NoticeOut, NoticesQuery, NoticesReadIn},
    service,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Json, Page, Query, Refusals, language},
    language::Language,
    state::Ctx,
};

/// List the family's notices
///
/// Newest first: answers of centres, offered places, reminders. In Chinese, in traditional characters by
/// `Accept-Language: zh-Hant` (`zh-TW`, `zh-HK`); names and reasons stay as they were entered.
#[utoipa::path(tag = "family", security(("bearer" = [])), params(NoticesQuery), responses(
    (status = 200, description = "A page of notices", body = Page<NoticeOut>), Refusals))]
#[get("/me/notices")]
pub(super) async fn list_notices(
    ctx: Data<Ctx>,
    req: HttpRequest,
    guardian: Guardian,
    Query(query): Query<NoticesQuery>,
) -> Result<HttpResponse> {
    // They have no English.
    let language = if language(req.headers()) == Language::Hant { Language::Hant } else { Language::Hans };
    let page = service::page(&ctx, guardian.family_id, language, query).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, language.tag())).json(page))
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
