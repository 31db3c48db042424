//! Support sheets as tables: the same figures as the JSON, a header in Chinese with the units.

use actix_web::web::Data;
use entity::Fen;

use super::{
    dto::{SupportSheetDetailOut, SupportSheetOut, SupportSheetsQuery},
    service,
};
use crate::{
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet, Table},
    },
    platform::clock::local,
    state::Ctx,
};

const LINES: [&str; 12] = [
    "类别",
    "班级编号",
    "班级名称",
    "班型",
    "年龄（周岁）",
    "当月出勤儿童（人）",
    "满足出勤天数（人月）",
    "计补（人月）",
    "标准（分）",
    "金额（分）",
    "标准（元）",
    "金额（元）",
];
const LIST: [&str; 13] = [
    "补助单编号",
    "补助类别",
    "机构编号",
    "机构名称",
    "月份",
    "状态",
    "文号",
    "资金来源",
    "计补（人月）",
    "合计（分）",
    "数据摘要（SHA-256）",
    "与签到不符自",
    "合计（元）",
];

/// Line by line, then the month, the reductions and the sum.
pub(super) fn lines(detail: &SupportSheetDetailOut) -> Table<'static> {
    let (sheet, figures) = (&detail.sheet, &detail.figures);
    let fen = |fen: Option<Fen>| fen.map_or(Cell::Empty, |fen| Cell::from(fen.0));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for line in &figures.lines {
        let class = line.class_id.to_string();
        rows.push(vec![
            Cell::text("班级"),
            Cell::text(&class),
            Cell::text(detail.class_names.get(&class).map_or("", String::as_str)),
            Cell::text(line.band.zh()),
            i64::from(line.age_years).into(),
            line.children.into(),
            line.child_months.into(),
            line.supported.into(),
            fen(line.rate_fen),
            line.amount_fen.0.into(),
            Cell::yuan(line.rate_fen),
            Cell::yuan(Some(line.amount_fen)),
        ]);
    }
    let row = |what: &str, note: &str, n: i64, rate: Option<Fen>, amount: Option<Fen>| {
        let mut row = vec![Cell::Empty; LINES.len()];
        (row[0], row[2], row[5]) = (Cell::text(what), Cell::text(note), n.into());
        (row[8], row[9], row[10], row[11]) = (fen(rate), fen(amount), Cell::yuan(rate), Cell::yuan(amount));
        row
    };
    if let Some(of) = &figures.reduced_fees {
        let mut row =
            row("减免儿童", "三孩、计生特殊家庭再生育、残疾", of.child_months, of.rate_fen, Some(of.amount_fen));
        (row[5], row[6], row[7]) = (Cell::Empty, of.child_months.into(), of.supported.into());
        rows.push(row);
    }
    let run =
        format!("当月运营{}天，本年已运营{}个月，月末{}", figures.days_run, figures.months_run, figures.filed.zh());
    let run = match figures.places {
        Some(places) => format!("{run}；在托{}人÷托位{places}个折算", figures.children),
        None => run,
    };
    let run = figures.unpaid.map_or_else(|| run.clone(), |why| format!("{run}；{}", why.zh()));
    rows.push(row("运营", &run, figures.children, figures.month_fen, None));
    for reduction in &figures.reductions {
        rows.push(row("减免家庭（户）", reduction.kind.zh(), reduction.families, None, None));
    }
    rows.push(row("合计", "", detail.attended(), None, Some(figures.total_fen)));
    let name = sheet.number.clone().unwrap_or_else(|| sheet.id.to_string());
    let as_of = sheet.frozen_at.or(sheet.checked_at).unwrap_or(sheet.drafted_at);
    Table { filename: format!("support_{name}"), header: &LINES, rows, as_of }
}

/// All sheets, as far as the filters leave them.
pub(super) fn list(ctx: Data<Ctx>, query: SupportSheetsQuery) -> Sheet<SupportSheetOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<SupportSheetOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), SupportSheetsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { service::page(&ctx, &query).await })
    });
    let row: fn(SupportSheetOut) -> Vec<Cell> = |sheet| {
        vec![
            Cell::Text(sheet.id.to_string()),
            Cell::text(sheet.kind.zh()),
            Cell::Text(sheet.centre_id.to_string()),
            Cell::Text(sheet.centre_name),
            Cell::Text(sheet.month.to_string()),
            Cell::text(sheet.status.zh()),
            Cell::maybe(sheet.number.as_deref()),
            Cell::text(sheet.fund_source.zh()),
            sheet.supported.into(),
            sheet.total_fen.0.into(),
            Cell::Text(sheet.figures_sha256),
            sheet.differs_since.map_or(Cell::Empty, |at| Cell::Text(local(at.0).date_naive().to_string())),
            Cell::yuan(Some(sheet.total_fen)),
        ]
    };
    Pages { filename: "support_sheets", header: &LIST, as_of, list, row }
}
