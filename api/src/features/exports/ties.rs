//! Ties of families to centres' staff, with the list's filters.

use actix_web::web::Data;

use super::names::{Called, Ids, called};
use crate::{
    features::admission::{
        tie_dto::{BureauTieOut, BureauTiesQuery},
        ties,
    },
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet},
    },
    state::Ctx,
};

const TIES: [&str; 17] = [
    "编号",
    "机构编号",
    "关系",
    "状态",
    "待核实",
    "登记账号编号（空为家庭申报）",
    "登记理由",
    "家长异议",
    "异议时间",
    "核实账号编号",
    "核实时间",
    "核实理由",
    "登记时间",
    "结束时间",
    "机构",
    "登记人",
    "核实人",
];

/// All of them, as far as the filters leave them.
pub(super) fn bureau_ties(ctx: Data<Ctx>, query: BureauTiesQuery) -> Sheet<(BureauTieOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(BureauTieOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauTiesQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, ties::page(&ctx, query).await?, |tie| Ids {
                centre: Some(tie.centre_id),
                staff: tie.declared_by,
                second: tie.decided_by,
                ..Ids::default()
            })
            .await
        })
    });
    let row: fn((BureauTieOut, Called)) -> Vec<Cell> = |(tie, called)| {
        let at = |at: Option<Moment>| at.map_or(Cell::Empty, Cell::moment);
        vec![
            Cell::Text(tie.id.to_string()),
            Cell::Text(tie.centre_id.to_string()),
            Cell::text(tie.tie.zh()),
            Cell::text(tie.status.zh()),
            Some(tie.waiting).into(),
            Cell::id(tie.declared_by),
            Cell::maybe(tie.reason.as_deref()),
            Cell::maybe(tie.contest.as_deref()),
            at(tie.contested_at),
            Cell::id(tie.decided_by),
            at(tie.decided_at),
            Cell::maybe(tie.decision.as_deref()),
            Cell::moment(tie.since),
            at(tie.ended_at),
            called.centre,
            called.staff,
            called.second,
        ]
    };
    Pages { filename: "ties", header: &TIES, as_of, list, row }
}
