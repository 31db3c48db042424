//! Use cases of articles. Whoever changes one holds its row.

use chrono::{DateTime, Utc};
use entity::{ArticleId, ArticleStatus, StaffId, article_versions, articles};
use serde_json::json;

use super::{
    dto::{
        ArticleCardOut, ArticleIn, ArticleOut, ArticlePatch, ArticleVersionOut, ArticleVersionsQuery,
        ArticleWithdrawIn, ArticlesQuery, BureauArticleCardOut, BureauArticleOut, BureauArticlesQuery,
    },
    rules, store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Bureau},
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    language::Language,
    platform::{db::write_txn, hant},
    state::Ctx,
};

fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

fn state(zh: &'static str, en: &'static str, row: &articles::Model) -> Problem {
    Problem::new(Code::WrongState).detail(Text::new(zh, en)).fact("state", row.status)
}

/// What the bureau publishes, in the reader's characters: written once, as our own texts are.
fn read_as(text: String) -> String {
    if Language::of_reader() == Language::Hant { hant::convert(&text) } else { text }
}

/// Published ones, the latest first.
pub(super) async fn published(ctx: &Ctx, query: ArticlesQuery) -> Result<Page<ArticleCardOut>> {
    let ArticlesQuery { kind, q, limit, cursor } = query;
    let after: Option<(DateTime<Utc>, ArticleId)> = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::published(ctx.db.reader(), (kind, q.as_deref()), after, limit.plus_one()).await?;
    let at = |row: &articles::Model| row.published_at.unwrap_or(row.created_at);
    let card = |row: articles::Model| ArticleCardOut {
        id: row.id,
        kind: row.kind,
        summary: read_as(rules::summary(&row.text)),
        published_at: Moment(at(&row)),
        title: read_as(row.title),
    };
    Ok(Page::of(rows, limit, |row| (at(row), row.id), card))
}

/// A published one.
pub(super) async fn read(ctx: &Ctx, id: ArticleId) -> Result<ArticleOut> {
    let row = store::one(ctx.db.reader(), id).await?;
    let row = row.filter(|row| row.status == ArticleStatus::Published).ok_or_else(not_found)?;
    Ok(ArticleOut {
        id: row.id,
        kind: row.kind,
        title: read_as(row.title),
        text: read_as(row.text),
        source: row.source.map(read_as),
        published_at: Moment(row.published_at.unwrap_or(row.created_at)),
        changed_at: Moment(row.changed_at),
    })
}

/// A page of the bureau's.
pub async fn page(ctx: &Ctx, query: BureauArticlesQuery) -> Result<Page<BureauArticleCardOut>> {
    let BureauArticlesQuery { kind, status, q, limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::page(ctx.db.reader(), (kind, status, q.as_deref()), after, limit.plus_one()).await?;
    let card = |row: articles::Model| BureauArticleCardOut {
        id: row.id,
        kind: row.kind,
        title: row.title,
        status: row.status,
        version: row.version,
        source: row.source,
        published_at: row.published_at.map(Moment),
        changed_at: Moment(row.changed_at),
    };
    Ok(Page::of(rows, limit, |row| row.id, card))
}

/// One of the bureau's.
pub async fn bureau_read(ctx: &Ctx, id: ArticleId) -> Result<BureauArticleOut> {
    store::one(ctx.db.reader(), id).await?.map(out).ok_or_else(not_found)
}

/// What an article said, the latest version first.
pub async fn versions(ctx: &Ctx, id: ArticleId, query: ArticleVersionsQuery) -> Result<Page<ArticleVersionOut>> {
    let ArticleVersionsQuery { limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let db = ctx.db.reader();
    store::one(db, id).await?.ok_or_else(not_found)?;
    let rows = store::versions(db, id, after, limit.plus_one()).await?;
    Ok(Page::of(rows, limit, |row| row.version, version_out))
}

/// Writes an article, as a draft that families don't see.
pub async fn create(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, body: ArticleIn) -> Result<Once<BureauArticleOut>> {
    let ArticleIn { kind, title, text, source } = body;
    let now = ctx.clock.now();
    let row = articles::Model {
        id: ctx.clock.id(),
        kind,
        title: title.into_inner(),
        text: rules::plain(&text),
        source: source.map(|source| source.into_inner()),
        status: ArticleStatus::Draft,
        version: 1,
        published_at: None,
        created_by: bureau.staff_id,
        created_at: now,
        changed_at: now,
    };
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        store::insert(txn, row.clone()).await?;
        store::keep(txn, version(&row, bureau.staff_id)).await?;
        audit::record(ctx, txn, bureau.into(), "article.create", row.id.to_string(), json!({ "kind": kind })).await?;
        Ok(out(row))
    })
    .await
}

/// Changes the words of an article; of a published one families read the new ones at once.
pub async fn edit(ctx: &Ctx, bureau: &Bureau, id: ArticleId, patch: ArticlePatch) -> Result<BureauArticleOut> {
    let ArticlePatch { version: read, kind, title, text, source } = patch;
    write_txn(&ctx.db, async |txn| {
        let row = store::lock(txn, id).await?.ok_or_else(not_found)?;
        if row.version != read.0 {
            return Err(rules::outdated(&row));
        }
        let next = articles::Model {
            kind: kind.unwrap_or(row.kind),
            title: title.map_or_else(|| row.title.clone(), |title| title.into_inner()),
            text: text.map_or_else(|| row.text.clone(), |text| rules::plain(&text)),
            source: source.map_or_else(|| row.source.clone(), |source| source.map(|source| source.into_inner())),
            ..row.clone()
        };
        if next == row {
            return Ok(out(row));
        }
        let next = articles::Model { version: row.version + 1, changed_at: ctx.clock.now(), ..next };
        let next = store::put(txn, next).await?;
        store::keep(txn, version(&next, bureau.staff_id)).await?;
        let detail = json!({ "version": next.version });
        audit::record(ctx, txn, bureau.into(), "article.edit", id.to_string(), detail).await?;
        Ok(out(next))
    })
    .await
}

/// Anybody reads it from now on.
pub async fn publish(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, id: ArticleId) -> Result<Once<BureauArticleOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = store::lock(txn, id).await?.ok_or_else(not_found)?;
        if row.status == ArticleStatus::Published {
            return Err(state("文章已发布。", "It is published already.", &row));
        }
        let (status, published_at) = (ArticleStatus::Published, Some(ctx.clock.now()));
        let row = store::put(txn, articles::Model { status, published_at, ..row }).await?;
        let detail = json!({ "version": row.version });
        audit::record(ctx, txn, bureau.into(), "article.publish", id.to_string(), detail).await?;
        Ok(out(row))
    })
    .await
}

/// Nobody but the bureau reads it from now on.
pub async fn withdraw(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: ArticleId,
    body: ArticleWithdrawIn,
) -> Result<Once<BureauArticleOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = store::lock(txn, id).await?.ok_or_else(not_found)?;
        if row.status != ArticleStatus::Published {
            return Err(state("只有已发布的文章可以撤下。", "Only a published one can be withdrawn.", &row));
        }
        let row = store::put(txn, articles::Model { status: ArticleStatus::Withdrawn, ..row }).await?;
        let detail = json!({ "version": row.version, "reason": &*body.reason });
        audit::record(ctx, txn, bureau.into(), "article.withdraw", id.to_string(), detail).await?;
        Ok(out(row))
    })
    .await
}

fn out(row: articles::Model) -> BureauArticleOut {
    let articles::Model {
        id,
        kind,
        title,
        text,
        source,
        status,
        version,
        published_at,
        created_by,
        created_at,
        changed_at,
    } = row;
    BureauArticleOut {
        id,
        kind,
        title,
        text,
        source,
        status,
        version,
        published_at: published_at.map(Moment),
        created_by,
        created_at: Moment(created_at),
        changed_at: Moment(changed_at),
    }
}

/// What an article says now, by whom.
pub fn version(row: &articles::Model, staff_id: StaffId) -> article_versions::Model {
    article_versions::Model {
        article_id: row.id,
        version: row.version,
        kind: row.kind,
        title: row.title.clone(),
        text: row.text.clone(),
        source: row.source.clone(),
        staff_id,
        recorded_at: row.changed_at,
    }
}

fn version_out(row: article_versions::Model) -> ArticleVersionOut {
    let article_versions::Model { article_id: _, version, kind, title, text, source, staff_id, recorded_at } = row;
    ArticleVersionOut { version, kind, title, text, source, staff_id, recorded_at: Moment(recorded_at) }
}
