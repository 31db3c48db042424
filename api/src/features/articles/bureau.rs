//! Handlers for the bureau.

use actix_web::{HttpResponse, get, http::StatusCode, patch, post, web::Data};
use entity::ArticleId;

use super::{
    dto::{
        ArticleIn, ArticlePatch, ArticleVersionOut, ArticleVersionsQuery, ArticleWithdrawIn, BureauArticleCardOut,
        BureauArticleOut, BureauArticlesQuery,
    },
    service, sheet,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals, table},
    state::Ctx,
};

/// List the articles
///
/// Of every state, the latest begun first; with `q` only those that say it.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauArticlesQuery),
    responses((status = 200, description = "One page", body = Page<BureauArticleCardOut>), Refusals))]
#[get("/bureau/articles")]
pub(super) async fn list_bureau_articles(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauArticlesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, query).await?))
}

/// Download articles as a table
///
/// All that the filters leave, without their texts; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauArticlesQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/articles.csv")]
pub(super) async fn list_bureau_articles_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauArticlesQuery>,
) -> Result<HttpResponse> {
    sheet::articles(ctx, query).csv().await
}

/// Download articles as a workbook
///
/// All that the filters leave, without their texts, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauArticlesQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/articles.xlsx")]
pub(super) async fn list_bureau_articles_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauArticlesQuery>,
) -> Result<HttpResponse> {
    sheet::articles(ctx, query).xlsx().await
}

/// Write an article
///
/// As a draft, which families don't see. Plain text: markup isn't read.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = ArticleIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Written", body = BureauArticleOut), Refusals))]
#[post("/bureau/articles")]
pub(super) async fn create_article(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<ArticleIn>,
) -> Result<HttpResponse> {
    Ok(service::create(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}

/// Read an article of any state
///
/// With the version that an edit names.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = ArticleId, Path, description = "The article")),
    responses((status = 200, description = "The article", body = BureauArticleOut), Refusals))]
#[get("/bureau/articles/{id}")]
pub(super) async fn read_bureau_article(ctx: Data<Ctx>, _bureau: Bureau, id: Path<ArticleId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::bureau_read(&ctx, id.0).await?))
}

/// Change an article
///
/// Of the version that was read: if somebody else has changed it since, `WRONG_STATE`. What it said stays
/// among its versions; of a published one families read the new words at once.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = ArticlePatch,
    params(("id" = ArticleId, Path, description = "The article")),
    responses((status = 200, description = "As it is now", body = BureauArticleOut), Refusals))]
#[patch("/bureau/articles/{id}")]
pub(super) async fn edit_article(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ArticleId>,
    Json(body): Json<ArticlePatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::edit(&ctx, &bureau, id.0, body).await?))
}

/// Publish an article
///
/// Anybody reads it; one that was withdrawn comes back.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = ArticleId, Path, description = "The article"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Published", body = BureauArticleOut), Refusals))]
#[post("/bureau/articles/{id}/publish")]
pub(super) async fn publish_article(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ArticleId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::publish(&ctx, &bureau, &key, id.0).await?.respond(StatusCode::OK))
}

/// Withdraw an article
///
/// Nobody but the bureau reads it any more; the reason stays in the audit log.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = ArticleWithdrawIn,
    params(("id" = ArticleId, Path, description = "The article"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Withdrawn", body = BureauArticleOut), Refusals))]
#[post("/bureau/articles/{id}/withdraw")]
pub(super) async fn withdraw_article(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ArticleId>,
    key: Idempotency,
    Json(body): Json<ArticleWithdrawIn>,
) -> Result<HttpResponse> {
    Ok(service::withdraw(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}

/// List the versions of an article
///
/// What it said, and who wrote it; the latest first.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = ArticleId, Path, description = "The article"), ArticleVersionsQuery),
    responses((status = 200, description = "One page", body = Page<ArticleVersionOut>), Refusals))]
#[get("/bureau/articles/{id}/versions")]
pub(super) async fn list_article_versions(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<ArticleId>,
    Query(query): Query<ArticleVersionsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::versions(&ctx, id.0, query).await?))
}
