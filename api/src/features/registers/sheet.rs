//! Registers and warnings as tables.

use actix_web::web::Data;

use super::{
    carers_dto::{CarerOut, CarersQuery},
    dto::{RecordOut, RecordsQuery, WarningOut, WarningsQuery},
    service::{carers, records, warnings},
};
use crate::{
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet},
    },
    state::Ctx,
};

const RECORDS: [&str; 12] = [
    "机构",
    "类别",
    "具体项目",
    "单位名称",
    "保单或协议编号",
    "起始日期",
    "截止日期",
    "数量",
    "金额（元）",
    "说明",
    "核验日期",
    "登记时间",
];

/// All rows that the filters leave.
pub(super) fn records(ctx: Data<Ctx>, query: RecordsQuery) -> Sheet<RecordOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<RecordOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), RecordsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { records::page(&ctx, &query).await })
    });
    let row: fn(RecordOut) -> Vec<Cell> = |row| {
        vec![
            Cell::Text(row.centre_name),
            Cell::text(row.label.0),
            Cell::maybe(row.item_label.map(|word| word.0)),
            Cell::maybe(row.party.as_deref()),
            Cell::maybe(row.number.as_deref()),
            Cell::date(row.from),
            Cell::date(row.until),
            Cell::whole(row.quantity.map(i64::from)),
            Cell::yuan(row.amount_fen),
            Cell::maybe(row.note.as_deref()),
            Cell::date(Some(row.checked_on)),
            Cell::moment(row.created_at),
        ]
    };
    Pages { filename: "records", header: &RECORDS, as_of, list, row }
}

const CARERS: [&str; 9] =
    ["机构", "姓名", "证书等级", "证书编号", "证书有效期至", "是否持证", "核验日期", "离职日期", "本年培训（学时）"];

/// All carers that the filters leave.
pub(super) fn carers(ctx: Data<Ctx>, query: CarersQuery) -> Sheet<CarerOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<CarerOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), CarersQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { carers::page(&ctx, &query).await })
    });
    let row: fn(CarerOut) -> Vec<Cell> = |row| {
        vec![
            Cell::Text(row.centre_name),
            Cell::Text(row.name),
            Cell::text(row.label.0),
            Cell::maybe(row.certificate_no.as_deref()),
            Cell::date(row.certificate_until),
            Some(row.certified).into(),
            Cell::date(Some(row.checked_on)),
            Cell::date(row.left_on),
            Cell::Integer(row.hours_this_year),
        ]
    };
    Pages { filename: "carers", header: &CARERS, as_of, list, row }
}

const WARNINGS: [&str; 6] = ["提醒事项", "机构", "乡镇", "人员", "日期", "剩余天数（负数为已逾期）"];

/// All warnings that the filters leave.
pub(super) fn warnings(ctx: Data<Ctx>, query: WarningsQuery) -> Sheet<WarningOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<WarningOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), WarningsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { warnings::page(&ctx, &query).await })
    });
    let row: fn(WarningOut) -> Vec<Cell> = |row| {
        vec![
            Cell::text(row.label.0),
            Cell::Text(row.centre_name),
            Cell::Text(row.township),
            Cell::maybe(row.carer.as_deref()),
            if row.on.is_some() { Cell::date(row.on) } else { Cell::text("未登记") },
            Cell::whole(row.days_left),
        ]
    };
    Pages { filename: "warnings", header: &WARNINGS, as_of, list, row }
}
