//! Handlers for anyone.

use actix_web::{HttpResponse, get, web::Data};
use entity::ArticleId;

use super::{
    dto::{ArticleCardOut, ArticleOut, ArticlesQuery},
    service,
};
use crate::{
    error::Result,
    http::{Page, Path, PublicRefusals, Query},
    state::Ctx,
};

/// List the published articles
///
/// Policy and parenting knowledge, the latest first; with `q` only those that say it. In traditional characters for
/// whoever reads those (`Accept-Language`); `q` takes the stored ones.
#[utoipa::path(tag = "articles", params(ArticlesQuery), responses(
    (status = 200, description = "One page", body = Page<ArticleCardOut>), PublicRefusals))]
#[get("/articles")]
pub(super) async fn list_articles(ctx: Data<Ctx>, Query(query): Query<ArticlesQuery>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::published(&ctx, query).await?))
}

/// Read an article
///
/// One that isn't published, or isn't any more, isn't found. In traditional characters for whoever reads those.
#[utoipa::path(tag = "articles", params(("id" = ArticleId, Path, description = "The article")), responses(
    (status = 200, description = "The article", body = ArticleOut), PublicRefusals))]
#[get("/articles/{id}")]
pub(super) async fn read_article(ctx: Data<Ctx>, id: Path<ArticleId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::read(&ctx, id.0).await?))
}
