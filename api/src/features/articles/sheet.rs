//! Articles as a table; without their texts.

use actix_web::web::Data;

use super::{
    dto::{BureauArticleCardOut, BureauArticlesQuery},
    service,
};
use crate::{
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet},
    },
    state::Ctx,
};

const ARTICLES: [&str; 8] = ["编号", "类别", "标题", "状态", "版本", "来源", "发布时间", "修改时间"];

/// All of them, as far as the filters leave them.
pub(super) fn articles(ctx: Data<Ctx>, query: BureauArticlesQuery) -> Sheet<BureauArticleCardOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<BureauArticleCardOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauArticlesQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { service::page(&ctx, query).await })
    });
    let row: fn(BureauArticleCardOut) -> Vec<Cell> = |row| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::text(row.kind.zh()),
            Cell::Text(row.title),
            Cell::text(row.status.zh()),
            Cell::Integer(row.version.into()),
            Cell::maybe(row.source.as_deref()),
            row.published_at.map_or(Cell::Empty, Cell::moment),
            Cell::moment(row.changed_at),
        ]
    };
    Pages { filename: "articles", header: &ARTICLES, as_of, list, row }
}
