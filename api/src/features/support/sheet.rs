//! Support sheets as tables: the same figures as the JSON, a header in Chinese with the units.

use super::dto::{SupportSheetDetailOut, SupportSheetOut};
use crate::http::{
    Moment,
    table::{Cell, Table},
};

const LINES: [&str; 10] = [
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
];
const LIST: [&str; 11] = [
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
];

/// Line by line, then the month, the reductions and the sum.
pub(super) fn lines(detail: &SupportSheetDetailOut) -> Table<'static> {
    let (sheet, figures) = (&detail.sheet, &detail.figures);
    let fen = |fen: Option<entity::Fen>| fen.map_or(Cell::Empty, |fen| Cell::from(fen.0));
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
        ]);
    }
    let row = |what: &str, note: &str, n: i64, rate: Cell, amount: Cell| {
        let mut row = vec![Cell::Empty; LINES.len()];
        (row[0], row[2], row[5], row[8], row[9]) = (Cell::text(what), Cell::text(note), n.into(), rate, amount);
        row
    };
    let run =
        format!("当月运营{}天，本年已运营{}个月，月末{}", figures.days_run, figures.months_run, figures.filed.zh());
    rows.push(row("运营", &run, figures.children, fen(figures.month_fen), Cell::Empty));
    for reduction in &figures.reductions {
        rows.push(row("减免家庭（户）", reduction.kind.zh(), reduction.families, Cell::Empty, Cell::Empty));
    }
    rows.push(row("合计", "", figures.children, Cell::Empty, figures.total_fen.0.into()));
    let name = sheet.number.clone().unwrap_or_else(|| sheet.id.to_string());
    let as_of = sheet.frozen_at.or(sheet.checked_at).unwrap_or(sheet.drafted_at);
    Table { filename: format!("support_{name}"), header: &LINES, rows, as_of }
}

/// A row for each sheet.
pub(super) fn list(sheets: &[SupportSheetOut], as_of: Moment) -> Table<'static> {
    let rows = sheets.iter().map(|sheet| {
        vec![
            Cell::text(&sheet.id.to_string()),
            Cell::text(sheet.kind.zh()),
            Cell::text(&sheet.centre_id.to_string()),
            Cell::text(&sheet.centre_name),
            Cell::text(&sheet.month.to_string()),
            Cell::text(sheet.status.zh()),
            sheet.number.as_deref().map_or(Cell::Empty, Cell::text),
            Cell::text(sheet.fund_source.zh()),
            sheet.supported.into(),
            sheet.total_fen.0.into(),
            Cell::text(&sheet.figures_sha256),
        ]
    });
    Table { filename: "support_sheets".to_owned(), header: &LIST, rows: rows.collect(), as_of }
}
