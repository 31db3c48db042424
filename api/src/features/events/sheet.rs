//! Events, and the sign-ups of one, as tables.

use actix_web::web::Data;

use super::{
    dto::{BureauEventsQuery, BureauSignupOut, EventOut},
    service,
};
use crate::{
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet, Table},
    },
    state::Ctx,
};

const EVENTS: [&str; 13] = [
    "编号",
    "类型",
    "名称",
    "地点",
    "乡镇",
    "开始",
    "结束",
    "报名截止",
    "名额（人）",
    "剩余（人）",
    "状态",
    "取消原因",
    "体验券批次",
];

/// All events, as far as the filters leave them.
pub(super) fn events(ctx: Data<Ctx>, query: BureauEventsQuery) -> Sheet<EventOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<EventOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauEventsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { service::page(&ctx, query).await })
    });
    let row: fn(EventOut) -> Vec<Cell> = |event| {
        vec![
            Cell::Text(event.id.to_string()),
            Cell::text(event.kind.zh()),
            Cell::Text(event.title),
            Cell::Text(event.place),
            Cell::maybe(event.township.as_deref()),
            Cell::moment(event.starts_at),
            Cell::moment(event.ends_at),
            Cell::moment(event.signup_until),
            i64::from(event.places).into(),
            i64::from(event.places_left).into(),
            Cell::text(event.status.zh()),
            Cell::maybe(event.cancel_reason.as_deref()),
            Cell::id(event.campaign_id),
        ]
    };
    Pages { filename: "events", header: &EVENTS, as_of, list, row }
}

const HEADER: &[&str] = &["报名号", "人数", "状态", "报名时间"];

/// By number, without a name.
pub(super) fn signups(event: &EventOut, rows: &[BureauSignupOut], as_of: Moment) -> Table<'static> {
    let row = |row: &BureauSignupOut| {
        vec![
            Cell::from(i64::from(row.number)),
            Cell::from(i64::from(row.persons)),
            Cell::text(row.status.zh()),
            Cell::moment(row.created_at),
        ]
    };
    Table { filename: format!("signups-{}", event.id), header: HEADER, rows: rows.iter().map(row).collect(), as_of }
}
