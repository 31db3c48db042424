//! Requests for guidance as a table; without children's names and without addresses.

use actix_web::web::Data;
use entity::StaffId;

use super::{
    dto::{BureauGuidanceQuery, StaffGuidanceOut},
    staff,
};
use crate::{
    features::exports::names::{Called, Ids, called},
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet},
    },
    state::Ctx,
};

const GUIDANCE: [&str; 15] = [
    "编号",
    "乡镇",
    "主题",
    "月龄",
    "期望开始",
    "期望结束",
    "状态",
    "上门机构",
    "经办账号编号",
    "上门日期",
    "申请时间",
    "办结时间",
    "经办人",
    "答复",
    "已逾期",
];

/// All of them, as far as the filters leave them.
pub(super) fn guidance(ctx: Data<Ctx>, me: StaffId, query: BureauGuidanceQuery) -> Sheet<(StaffGuidanceOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(StaffGuidanceOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauGuidanceQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            let page = staff::page(&ctx, me, query).await?;
            called(&ctx, page, |row| Ids { staff: row.staff_id, ..Ids::default() }).await
        })
    });
    let row: fn((StaffGuidanceOut, Called)) -> Vec<Cell> = |(row, called)| {
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
            called.staff,
            Cell::maybe(row.answer.as_deref()),
            Some(row.overdue).into(),
        ]
    };
    Pages { filename: "guidance", header: &GUIDANCE, as_of, list, row }
}
