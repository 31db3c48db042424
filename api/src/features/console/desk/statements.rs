//! The centre's frozen statements.

use actix_web::{HttpResponse, get, web::Data};
use entity::{Fen, StatementId};
use serde::Deserialize;

use super::super::{
    shell::Shell,
    table::{Cell, Table, number, text},
    values::yuan,
    view::{Part, View},
};
use crate::{
    error::Result,
    features::{
        auth::Desk,
        settlement::{
            dto::{StatementDetailOut, StatementsQuery},
            service::statements,
        },
    },
    http::{Cursor, Limit, Path, Query},
    state::Ctx,
};

#[derive(Deserialize)]
pub(super) struct ListQuery {
    cursor: Option<Cursor>,
}

#[get("/statements")]
pub(super) async fn desk_statements(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse> {
    let asked =
        StatementsQuery { month: None, centre_id: None, status: None, limit: Limit::default(), cursor: query.cursor };
    let own = Some(desk.centre_id);
    let found = shell.list(&asked, async |asked| statements::page(&ctx, &asked, own).await).await?;
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("月份", "Month"),
        t("文号", "Number"),
        t("#计费天数", "#Units"),
        t("#调整（元）", "#Adjusted (yuan)"),
        t("#合计（元）", "#Total (yuan)"),
    ];
    let title = t("体验券结算单", "Voucher statements");
    let mut table = Table::new(&shell, title, &columns);
    for statement in &found.items {
        table.row(vec![
            Cell::Link(statement.month.to_string(), format!("/desk/statements/{}", statement.id)),
            text(statement.number.clone().unwrap_or_else(|| "—".to_owned())),
            number(statement.totals.net_units),
            Cell::Number(yuan(Fen(statement.totals.adjustments_fen))),
            Cell::Number(yuan(Fen(statement.totals.total_fen))),
        ]);
    }
    View::new(&shell, title).table(table.rest(&shell, found.rest)).answer(&ctx)
}

/// One, to be read and printed.
#[get("/statements/{id}")]
pub(super) async fn desk_statement(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    id: Path<StatementId>,
) -> Result<HttpResponse> {
    let detail = statements::read(&ctx, id.0, Some(desk.centre_id)).await?;
    let number = detail.statement.number.clone().unwrap_or_default();
    let title = format!("{} {} {number}", shell.t("体验券结算单", "Voucher statement"), detail.statement.month);
    View::new(&shell, title)
        .part(Part::Text(detail.statement.centre_name.clone()))
        .part(Part::Print)
        .table(sums(&shell, &detail))
        .table(lines(&shell, &detail))
        .part(Part::Text(format!("SHA-256 {}", detail.statement.figures_sha256)))
        .answer(&ctx)
}

fn sums(shell: &Shell, detail: &StatementDetailOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let mut table = Table::new(
        shell,
        t("合计", "Sums"),
        &[t("项目", "What"), t("#天数", "#Units"), t("#金额（元）", "#Amount (yuan)")],
    );
    let totals = &detail.figures.totals;
    let rows = [
        (t("核销", "Redeemed"), Some(totals.redeemed_units), totals.redeemed_fen),
        (t("冲正", "Reversed"), Some(-totals.reversed_units), -totals.reversed_fen),
        (t("调整", "Adjusted"), None, totals.adjustments_fen),
        (t("合计", "Total"), Some(totals.net_units), totals.total_fen),
    ];
    for (what, units, amount) in rows {
        table.row(vec![
            text(what),
            units.map_or_else(|| Cell::Number("—".to_owned()), number),
            Cell::Number(yuan(Fen(amount))),
        ]);
    }
    for one in &detail.figures.adjustments {
        let what = format!("{}：{}", t("调整", "Adjusted"), one.reason);
        table.row(vec![text(what), Cell::Number("—".to_owned()), Cell::Number(yuan(one.amount_fen))]);
    }
    table
}

fn lines(shell: &Shell, detail: &StatementDetailOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("日期", "Day"),
        t("批次", "Campaign"),
        t("服务形式", "Care"),
        t("状态", "State"),
        t("#面值（元）", "#Worth (yuan)"),
    ];
    let mut table = Table::new(shell, t("明细", "Lines"), &columns);
    for line in &detail.figures.lines {
        let campaign = detail.campaign_names.get(&line.campaign_id.to_string());
        table.row(vec![
            text(line.service_date.to_string()),
            text(campaign.cloned().unwrap_or_default()),
            text(t(line.care_type.zh(), line.care_type.as_str())),
            text(t(line.status.zh(), line.status.as_str())),
            Cell::Number(yuan(line.face_value_fen)),
        ]);
    }
    table
}
