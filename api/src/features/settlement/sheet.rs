//! Statements as tables: the same figures as the JSON, a header in Chinese with the units.

use super::dto::{StatementDetailOut, StatementOut};
use crate::http::table::{Cell, Table};

const LINES: [&str; 9] =
    ["类别", "日期", "核销编号", "体验券编号", "批次编号", "批次名称", "服务形式", "备注", "金额（分）"];
const LIST: [&str; 12] = [
    "结算单编号",
    "机构编号",
    "机构名称",
    "月份",
    "状态",
    "文号",
    "核销（天）",
    "撤销（天）",
    "应付（天）",
    "调整（分）",
    "合计（分）",
    "数据摘要（SHA-256）",
];

/// Line by line, then the sums.
pub(super) fn lines(detail: &StatementDetailOut) -> Table<'static> {
    let statement = &detail.statement;
    let mut rows = Vec::new();
    for line in &detail.figures.lines {
        let reversed = line.status == entity::RedemptionStatus::Reversed;
        let notes = [(reversed, "已撤销，不计"), (line.offline, "离线核销"), (line.late, "往月补报")];
        let note = notes.iter().filter(|(is, _)| *is).map(|(_, note)| *note).collect::<Vec<_>>().join("；");
        let campaign = line.campaign_id.to_string();
        rows.push(vec![
            Cell::text("核销"),
            Cell::text(&line.service_date.to_string()),
            Cell::text(&line.redemption_id.to_string()),
            Cell::text(&line.voucher_id.to_string()),
            Cell::text(&campaign),
            Cell::text(detail.campaign_names.get(&campaign).map_or("", String::as_str)),
            Cell::text(line.care_type.zh()),
            Cell::text(&note),
            Cell::from(if reversed { 0 } else { line.face_value_fen.0 }),
        ]);
    }
    for adjustment in &detail.figures.adjustments {
        let mut row = vec![Cell::Empty; LINES.len()];
        row[0] = Cell::text("调整");
        row[2] = adjustment.redemption_id.map_or(Cell::Empty, |id| Cell::text(&id.to_string()));
        row[7] = Cell::text(&adjustment.reason);
        row[8] = Cell::from(adjustment.amount_fen.0);
        rows.push(row);
    }
    let mut total = vec![Cell::Empty; LINES.len()];
    total[0] = Cell::text("合计");
    total[7] = Cell::text(&format!("应付{}天", statement.totals.net_units));
    total[8] = Cell::from(statement.totals.total_fen);
    rows.push(total);
    let name = statement.number.clone().unwrap_or_else(|| statement.id.to_string());
    let as_of = statement.frozen_at.or(statement.checked_at).unwrap_or(statement.drafted_at);
    Table { filename: format!("statement_{name}"), header: &LINES, rows, as_of }
}

/// A row for each statement.
pub(super) fn list(statements: &[StatementOut], as_of: crate::http::Moment) -> Table<'static> {
    let rows = statements.iter().map(|statement| {
        let totals = &statement.totals;
        vec![
            Cell::text(&statement.id.to_string()),
            Cell::text(&statement.centre_id.to_string()),
            Cell::text(&statement.centre_name),
            Cell::text(&statement.month.to_string()),
            Cell::text(statement.status.zh()),
            statement.number.as_deref().map_or(Cell::Empty, Cell::text),
            totals.redeemed_units.into(),
            totals.reversed_units.into(),
            totals.net_units.into(),
            totals.adjustments_fen.into(),
            totals.total_fen.into(),
            Cell::text(&statement.figures_sha256),
        ]
    });
    Table { filename: "statements".to_owned(), header: &LIST, rows: rows.collect(), as_of }
}
