//! Statements as tables: the same figures as the JSON, a header in Chinese with the units.

use actix_web::web::Data;
use entity::Fen;

use super::{
    dto::{StatementDetailOut, StatementOut, StatementsQuery},
    service::statements,
};
use crate::{
    http::{
        Limit, Moment,
        table::{Cell, List, Pages, Sheet, Table},
    },
    state::Ctx,
};

const LINES: [&str; 10] =
    ["类别", "日期", "核销编号", "体验券编号", "批次编号", "批次名称", "服务形式", "备注", "金额（分）", "金额（元）"];
const LIST: [&str; 14] = [
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
    "调整（元）",
    "应付（元）",
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
            Cell::yuan(Some(if reversed { Fen(0) } else { line.face_value_fen })),
        ]);
    }
    for adjustment in &detail.figures.adjustments {
        let mut row = vec![Cell::Empty; LINES.len()];
        row[0] = Cell::text("调整");
        row[2] = adjustment.redemption_id.map_or(Cell::Empty, |id| Cell::text(&id.to_string()));
        row[7] = Cell::text(&adjustment.reason);
        row[8] = Cell::from(adjustment.amount_fen.0);
        row[9] = Cell::yuan(Some(adjustment.amount_fen));
        rows.push(row);
    }
    let mut total = vec![Cell::Empty; LINES.len()];
    total[0] = Cell::text("合计");
    total[7] = Cell::text(&format!("应付{}天", statement.totals.net_units));
    total[8] = Cell::from(statement.totals.total_fen);
    total[9] = Cell::yuan(Some(Fen(statement.totals.total_fen)));
    rows.push(total);
    let name = statement.number.clone().unwrap_or_else(|| statement.id.to_string());
    let as_of = statement.frozen_at.or(statement.checked_at).unwrap_or(statement.drafted_at);
    Table { filename: format!("statement_{name}"), header: &LINES, rows, as_of }
}

/// Statements read at once: each comes with all of its lines.
const AT_ONCE: u32 = 50;

/// All statements, as far as the filters leave them.
pub(super) fn list(ctx: Data<Ctx>, query: StatementsQuery) -> Sheet<StatementOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<StatementOut> = Box::new(move |limit, cursor| {
        let limit = Limit(limit.0.min(AT_ONCE));
        let (ctx, query) = (ctx.clone(), StatementsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { statements::page(&ctx, &query, None).await })
    });
    let row: fn(StatementOut) -> Vec<Cell> = |statement| {
        let totals = &statement.totals;
        vec![
            Cell::Text(statement.id.to_string()),
            Cell::Text(statement.centre_id.to_string()),
            Cell::text(&statement.centre_name),
            Cell::Text(statement.month.to_string()),
            Cell::text(statement.status.zh()),
            Cell::maybe(statement.number.as_deref()),
            totals.redeemed_units.into(),
            totals.reversed_units.into(),
            totals.net_units.into(),
            totals.adjustments_fen.into(),
            totals.total_fen.into(),
            Cell::text(&statement.figures_sha256),
            Cell::yuan(Some(Fen(totals.adjustments_fen))),
            Cell::yuan(Some(Fen(totals.total_fen))),
        ]
    };
    Pages { filename: "statements", header: &LIST, as_of, list, row }
}
