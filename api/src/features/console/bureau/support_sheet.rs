//! One sheet of support: its lines and sums, and the steps from draft to frozen.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::SupportSheetId;

use super::{
    super::{
        shell::{Shell, see},
        table::{Cell, Table, number, text},
        values::{Names, dash, minute, yes, yuan},
        view::{Part, View},
    },
    four_eyes::{Life, step, steps},
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        support::{dto::SupportSheetDetailOut, service},
    },
    http::{Idempotency, Path},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_support_sheet)
        .service(bureau_check_support)
        .service(bureau_freeze_support)
        .service(bureau_discard_support);
}

fn href(id: SupportSheetId) -> String {
    format!("/bureau/support/{id}")
}

#[get("/support/{id}")]
async fn bureau_support_sheet(
    ctx: Data<Ctx>,
    shell: Shell,
    bureau: Bureau,
    id: Path<SupportSheetId>,
) -> Result<HttpResponse> {
    let found = service::read(&ctx, id.0).await?;
    let (sheet, figures) = (&found.sheet, &found.figures);
    let people = [Some(sheet.drafted_by), sheet.checked_by, sheet.frozen_by];
    let names = Names::of(&ctx, people.into_iter().flatten()).await?;
    let kind = shell.word(sheet.kind.zh(), sheet.kind.as_str());
    let view = View::new(&shell, format!("{kind} {} {}", sheet.centre_name, sheet.month))
        .facts(&[
            ("状态", "State", shell.word(sheet.status.zh(), sheet.status.as_str())),
            ("合计（元）", "In all (yuan)", yuan(sheet.total_fen)),
            ("资金来源", "Money of", shell.word(sheet.fund_source.zh(), sheet.fund_source.as_str())),
            ("资金用途", "Spent on", shell.word(sheet.fund_category.zh(), sheet.fund_category.as_str())),
            ("计补（人月）", "Child-months", sheet.supported.to_string()),
            ("在托儿童", "Children cared for", figures.children.to_string()),
            ("当月运营天数", "Days run", figures.days_run.to_string()),
            ("托位（折算用）", "Places, to pay by", dash(figures.places)),
            ("不予补助的原因", "Why nothing is paid", dash(figures.unpaid.map(|why| shell.t(why.zh(), why.en())))),
            ("本年运营月数", "Months run this year", figures.months_run.to_string()),
            ("月末备案", "Filed at the month's end", shell.word(figures.filed.zh(), figures.filed.as_str())),
            ("每月标准（元）", "A month (yuan)", dash(figures.month_fen.map(yuan))),
            ("计一人月的天数", "Days of a child-month", figures.least_days.to_string()),
            ("起草", "Drafted", step(&names, Some(sheet.drafted_at), Some(sheet.drafted_by))),
            ("复核", "Checked", step(&names, sheet.checked_at, sheet.checked_by)),
            ("定稿", "Frozen", step(&names, sheet.frozen_at, sheet.frozen_by)),
            ("重算相符", "Computed again to the same", yes(&shell, found.recomputed.same)),
            ("与现有签到相符", "As the visits are now", yes(&shell, found.recomputed.same_now)),
            ("与签到不符自", "Differs since", dash(sheet.differs_since.map(minute))),
        ])
        .part(Part::Codes(sheet.number.iter().cloned().chain([sheet.figures_sha256.clone()]).collect()))
        .links(&[("打印", "Print", &format!("/api/v1/bureau/support-sheets/{}/sheet.html", sheet.id))]);
    let life = Life {
        status: sheet.status,
        checked_by: sheet.checked_by,
        me: bureau.staff_id,
        same: found.recomputed.same && found.recomputed.same_now,
    };
    steps(&shell, view, &href(id.0), &life)
        .table(lines(&shell, &found))
        .table(reductions(&shell, &found))
        .table(rates(&shell, &found))
        .answer(&ctx)
}

fn lines(shell: &Shell, found: &SupportSheetDetailOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("班级", "Class"),
        t("年龄段", "Age band"),
        t("#周岁", "#Years"),
        t("#出勤儿童", "#Children"),
        t("#满天数（人月）", "#With enough days"),
        t("#计补（人月）", "#Supported"),
        t("#标准（元）", "#Rate (yuan)"),
        t("#金额（元）", "#Amount (yuan)"),
    ];
    let mut table = Table::new(shell, t("明细", "Lines"), &columns);
    for line in &found.figures.lines {
        let class = line.class_id.to_string();
        table.row(vec![
            text(found.class_names.get(&class).cloned().unwrap_or(class)),
            text(shell.word(line.band.zh(), line.band.as_str())),
            number(line.age_years.into()),
            number(line.children),
            number(line.child_months),
            number(line.supported),
            Cell::Number(dash(line.rate_fen.map(yuan))),
            Cell::Number(yuan(line.amount_fen)),
        ]);
    }
    if let Some(of) = &found.figures.reduced_fees {
        table.row(vec![
            text(t("减免托育费的儿童", "Children with reduced fees")),
            text("—"),
            Cell::Number("—".to_owned()),
            Cell::Number("—".to_owned()),
            number(of.child_months),
            number(of.supported),
            Cell::Number(of.rate_fen.map_or_else(|| t("未定标准", "no rate").to_owned(), yuan)),
            Cell::Number(yuan(of.amount_fen)),
        ]);
    }
    table.downloads(&format!("/bureau/support-sheets/{}/sheet", found.sheet.id), "")
}

fn reductions(shell: &Shell, found: &SupportSheetDetailOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let mut table =
        Table::new(shell, t("减免家庭", "Families with reduced fees"), &[t("类别", "Ground"), t("#户数", "#Families")]);
    for reduction in &found.figures.reductions {
        table.row(vec![text(shell.word(reduction.kind.zh(), reduction.kind.as_str())), number(reduction.families)]);
    }
    table
}

fn rates(shell: &Shell, found: &SupportSheetDetailOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("项目", "For"),
        t("#标准（元）", "#Rate (yuan)"),
        t("#计至月龄", "#Through months of age"),
        t("依据", "Source"),
    ];
    let mut table = Table::new(shell, t("适用标准", "Rates in force"), &columns);
    for rate in &found.rates {
        table.row(vec![
            text(shell.word(rate.item.zh(), rate.item.as_str())),
            Cell::Number(yuan(rate.rate_fen)),
            Cell::Number(dash(rate.through_months)),
            text(rate.source.clone()),
        ]);
    }
    table
}

#[post("/support/{id}/check")]
async fn bureau_check_support(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<SupportSheetId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    service::check(&ctx, &bureau, &key, id.0).await?;
    Ok(see(&href(id.0), "saved"))
}

#[post("/support/{id}/freeze")]
async fn bureau_freeze_support(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<SupportSheetId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    service::freeze(&ctx, &bureau, &key, id.0).await?;
    Ok(see(&href(id.0), "saved"))
}

#[post("/support/{id}/discard")]
async fn bureau_discard_support(ctx: Data<Ctx>, bureau: Bureau, id: Path<SupportSheetId>) -> Result<HttpResponse> {
    service::discard(&ctx, &bureau, id.0).await?;
    Ok(see("/bureau/support", "saved"))
}
