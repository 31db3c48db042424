//! Queries of articles.

use chrono::{DateTime, Utc};
use entity::{ArticleId, ArticleKind, ArticleStatus, article_versions, articles};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};

use crate::platform::{db::LockRows as _, like::contains};

pub(super) async fn one(db: &impl ConnectionTrait, id: ArticleId) -> Result<Option<articles::Model>, DbErr> {
    articles::Entity::find_by_id(id).one(db).await
}

/// The same, held until the transaction ends: of two who edit one comes second and sees it.
pub(super) async fn lock(db: &impl ConnectionTrait, id: ArticleId) -> Result<Option<articles::Model>, DbErr> {
    articles::Entity::find_by_id(id).lock_rows().one(db).await
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: articles::Model) -> Result<(), DbErr> {
    articles::Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(drop)
}

/// Writes an article that is held.
pub(super) async fn put(db: &impl ConnectionTrait, row: articles::Model) -> Result<articles::Model, DbErr> {
    articles::Entity::update(row.into_active_model().reset_all()).exec(db).await
}

/// Keeps what an article says.
pub(super) async fn keep(db: &impl ConnectionTrait, row: article_versions::Model) -> Result<(), DbErr> {
    article_versions::Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(drop)
}

fn about(kind: Option<ArticleKind>, q: Option<&str>) -> Select<articles::Entity> {
    use articles::Column::{Kind, Text, Title};
    let says = q.map(|q| Condition::any().add(contains(Title, q)).add(contains(Text, q)));
    let kind = kind.map(|kind| Kind.eq(kind));
    articles::Entity::find().filter(Condition::all().add_option(kind).add_option(says))
}

/// Published ones, the latest first.
pub(super) async fn published(
    db: &impl ConnectionTrait,
    (kind, q): (Option<ArticleKind>, Option<&str>),
    after: Option<(DateTime<Utc>, ArticleId)>,
    limit: u64,
) -> Result<Vec<articles::Model>, DbErr> {
    use articles::Column::{Id, PublishedAt, Status};
    let behind = after.map(|(at, id)| {
        Condition::any().add(PublishedAt.lt(at)).add(Condition::all().add(PublishedAt.eq(at)).add(Id.lt(id)))
    });
    about(kind, q)
        .filter(Status.eq(ArticleStatus::Published))
        .filter(Condition::all().add_option(behind))
        .order_by_desc(PublishedAt)
        .order_by_desc(Id)
        .limit(limit)
        .all(db)
        .await
}

/// All of them, the latest begun first.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    (kind, status, q): (Option<ArticleKind>, Option<ArticleStatus>, Option<&str>),
    after: Option<ArticleId>,
    limit: u64,
) -> Result<Vec<articles::Model>, DbErr> {
    use articles::Column::{Id, Status};
    let condition =
        Condition::all().add_option(status.map(|status| Status.eq(status))).add_option(after.map(|after| Id.lt(after)));
    about(kind, q).filter(condition).order_by_desc(Id).limit(limit).all(db).await
}

/// What an article said, the latest first.
pub(super) async fn versions(
    db: &impl ConnectionTrait,
    id: ArticleId,
    after: Option<i32>,
    limit: u64,
) -> Result<Vec<article_versions::Model>, DbErr> {
    use article_versions::Column::{ArticleId as Article, Version};
    let older = Condition::all().add_option(after.map(|after| Version.lt(after)));
    let rows = article_versions::Entity::find().filter(Article.eq(id)).filter(older);
    rows.order_by_desc(Version).limit(limit).all(db).await
}
