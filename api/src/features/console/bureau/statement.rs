//! One statement: its lines and sums, and the steps from draft to frozen.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{Fen, StatementId};

use super::{
    super::{
        shell::{Shell, see},
        table::{Cell, Table, code, text},
        values::{Names, yes, yuan},
        view::View,
    },
    four_eyes::{Life, step, steps},
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        settlement::{dto::StatementDetailOut, service::statements},
    },
    http::{Idempotency, Path},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_statement)
        .service(bureau_check_statement)
        .service(bureau_freeze_statement)
        .service(bureau_discard_statement);
}

fn href(id: StatementId, rest: &str) -> String {
    format!("/bureau/statements/{id}{rest}")
}

#[get("/statements/{id}")]
async fn bureau_statement(ctx: Data<Ctx>, shell: Shell, bureau: Bureau, id: Path<StatementId>) -> Result<HttpResponse> {
    let found = statements::read(&ctx, id.0, None).await?;
    let statement = &found.statement;
    let people = [Some(statement.drafted_by), statement.checked_by, statement.frozen_by];
    let names = Names::of(&ctx, people.into_iter().flatten()).await?;
    let number = statement.number.clone().unwrap_or_else(|| shell.t("未编号", "no number yet").to_owned());
    let totals = statement.totals;
    let title = format!("{} {} {}", shell.t("结算单", "Statement"), statement.centre_name, statement.month);
    let view = View::new(&shell, title)
        .facts(&[
            ("编号", "Number", number),
            ("状态", "State", shell.word(statement.status.zh(), statement.status.as_str())),
            ("核销天数（净）", "Days, net", totals.net_units.to_string()),
            ("核销金额（元）", "Redeemed (yuan)", yuan(Fen(totals.redeemed_fen))),
            ("冲正金额（元）", "Reversed (yuan)", yuan(Fen(totals.reversed_fen))),
            ("调整（元）", "Adjustments (yuan)", yuan(Fen(totals.adjustments_fen))),
            ("应付（元）", "To pay (yuan)", yuan(Fen(totals.total_fen))),
            ("起草", "Drafted", step(&names, Some(statement.drafted_at), Some(statement.drafted_by))),
            ("复核", "Checked", step(&names, statement.checked_at, statement.checked_by)),
            ("定稿", "Frozen", step(&names, statement.frozen_at, statement.frozen_by)),
            ("重算相符", "Computed again to the same", yes(&shell, found.recomputed.same)),
        ])
        .links(&[("打印", "Print", &format!("/api/v1{}", href(id.0, "/statement.html")))]);
    let life = Life {
        status: statement.status,
        checked_by: statement.checked_by,
        me: bureau.staff_id,
        same: found.recomputed.same,
    };
    steps(&shell, view, &href(id.0, ""), &life)
        .table(lines(&shell, &found))
        .table(adjusted(&shell, &found))
        .answer(&ctx)
}

fn lines(shell: &Shell, found: &StatementDetailOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("托育日期", "Day of care"),
        t("批次", "Campaign"),
        t("服务形式", "Care"),
        t("状态", "State"),
        t("离线", "Offline"),
        t("迟到", "Late"),
        t("#金额（元）", "#Worth (yuan)"),
        t("核销编号", "Redemption"),
    ];
    let mut table = Table::new(shell, t("明细", "Lines"), &columns);
    for line in &found.figures.lines {
        let campaign = line.campaign_id.to_string();
        table.row(vec![
            text(line.service_date.to_string()),
            text(found.campaign_names.get(&campaign).cloned().unwrap_or(campaign)),
            text(shell.word(line.care_type.zh(), line.care_type.as_str())),
            text(shell.word(line.status.zh(), line.status.as_str())),
            text(yes(shell, line.offline)),
            text(yes(shell, line.late)),
            Cell::Number(yuan(line.face_value_fen)),
            code(line.redemption_id),
        ]);
    }
    table.downloads(&format!("{}/statement", href(found.statement.id, "")), "").sortable(shell, 'l')
}

fn adjusted(shell: &Shell, found: &StatementDetailOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("#金额（元）", "#Amount (yuan)"), t("理由", "Why"), t("核销编号", "Redemption")];
    let mut table = Table::new(shell, t("调整项", "Adjustments"), &columns);
    for adjustment in &found.figures.adjustments {
        table.row(vec![
            Cell::Number(yuan(adjustment.amount_fen)),
            text(adjustment.reason.clone()),
            adjustment.redemption_id.map_or_else(|| text("—"), code),
        ]);
    }
    table
}

#[post("/statements/{id}/check")]
async fn bureau_check_statement(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StatementId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    statements::check(&ctx, &bureau, &key, id.0).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[post("/statements/{id}/freeze")]
async fn bureau_freeze_statement(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StatementId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    statements::freeze(&ctx, &bureau, &key, id.0).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[post("/statements/{id}/discard")]
async fn bureau_discard_statement(ctx: Data<Ctx>, bureau: Bureau, id: Path<StatementId>) -> Result<HttpResponse> {
    statements::discard(&ctx, &bureau, id.0).await?;
    Ok(see("/bureau/statements", "saved"))
}
