//! Requests for guidance as a table; without names, addresses and answers.

use actix_web::web::Data;
use entity::StaffId;

use super::{
    dto::{BureauGuidanceQuery, StaffGuidanceOut},
    staff,
};
use crate::{
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet},
    },
    state::Ctx,
};

const GUIDANCE: [&str; 12] = [
    "编号",
    "乡镇",
    "主题",
    "月龄",
    "期望开始",
    "期望结束",
    "状态",
    "上门机构",
    "经办账号",
    "上门日期",
    "申请时间",
    "办结时间",
];

/// All of them, as far as the filters leave them.
pub(super) fn guidance(ctx: Data<Ctx>, me: StaffId, query: BureauGuidanceQuery) -> Sheet<StaffGuidanceOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<StaffGuidanceOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauGuidanceQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { staff::page(&ctx, me, query).await })
    });
    let row: fn(StaffGuidanceOut) -> Vec<Cell> = |row| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.township),
            Cell::text(row.topic.zh()),
            Cell::Integer(row.age_months.into()),
            Cell::date(Some(row.wished_from)),
            Cell::date(Some(row.wished_until)),
            Cell::text(row.status.zh()),
            Cell::maybe(row.centre_name.as_deref()),
            Cell::id(row.staff_id),
            Cell::date(row.visit_on),
            Cell::moment(row.created_at),
            row.ended_at.map_or(Cell::Empty, Cell::moment),
        ]
    };
    Pages { filename: "guidance", header: &GUIDANCE, as_of, list, row }
}
