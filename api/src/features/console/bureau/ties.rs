//! Ties of families to centres: what centres told of, and what families contest, waits for an officer.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{TieId, TieStatus};

use super::super::{
    fields::{Fields, any_of, yes_or_no},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, text},
    values::{Names, centre_name, dash, minute},
    view::{Part, View},
};
use crate::{
    error::Result,
    features::{
        admission::{
            tie_dto::{BureauTieOut, BureauTiesQuery, TieDecisionIn},
            ties,
        },
        auth::Bureau,
    },
    http::{Idempotency, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_ties).service(bureau_confirm_tie).service(bureau_refuse_tie).service(bureau_end_tie);
}

/// Where it is.
pub(super) const LIST: &str = "/bureau/ratings/ties";

#[get("/ratings/ties")]
async fn bureau_ties(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<BureauTiesQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let words = TieStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter = Fields::filter(&shell, LIST).choice("status", t("状态", "State"), any_of(&shell, words)).choice(
        "waiting",
        t("待核实", "Waiting"),
        yes_or_no(&shell, query.waiting),
    );
    let page = shell.list(&query, async |query| ties::page(&ctx, query).await).await?;
    let people = page.items.iter().flat_map(|tie| [tie.declared_by, tie.decided_by]);
    let names = Names::of(&ctx, people.flatten()).await?;
    let columns = [
        t("机构", "Centre"),
        t("关系", "Tie"),
        t("登记理由", "The centre's reason"),
        t("家长异议", "What the family says against it"),
        t("状态", "State"),
        t("登记", "Told by"),
        t("核实", "Decided by"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("关系核实", "Ties to verify"), &columns);
    for tie in page.items {
        let forms = deeds(&shell, &tie);
        let decided = match (tie.decided_by, tie.decided_at) {
            (by @ Some(_), Some(at)) => {
                format!("{} {} {}", names.get(by), minute(at), tie.decision.unwrap_or_default())
            }
            _ => "—".to_owned(),
        };
        let by = match tie.declared_by {
            by @ Some(_) => names.get(by),
            None => t("家庭", "the family").to_owned(),
        };
        let ended = if tie.ended_at.is_some() { t("（已结束）", " (ended)") } else { "" };
        let status = format!("{}{ended}", shell.word(tie.status.zh(), tie.status.as_str()));
        table.row(vec![
            text(centre_name(&ctx, tie.centre_id)),
            text(shell.word(tie.tie.zh(), tie.tie.as_str())),
            text(dash(tie.reason)),
            text(dash(tie.contest)),
            Cell::Mark(if tie.waiting { "wait" } else { "plain" }, status),
            text(format!("{by} {}", minute(tie.since))),
            text(decided),
            if forms.is_empty() { text("—") } else { Cell::Forms(forms) },
        ]);
    }
    let about = t(
        "机构登记的亲属关系经核实后，该家庭今后的评价不计入该机构的满意度；登记前的评价照常计入。不予认定的，已被剔除的评价可由两名工作人员恢复。",
        "A tie that a centre told of leaves a family's answers out only once it is confirmed here. What a refused tie left out can be counted again by two officers.",
    );
    View::new(&shell, t("关系核实", "Ties of families to centres"))
        .part(Part::Text(about.to_owned()))
        .form(filter)
        .table(table.whole(&shell, "/bureau/ties").rest(&shell, page.rest))
        .answer(&ctx)
}

fn deeds(shell: &Shell, tie: &BureauTieOut) -> Vec<(String, Fields)> {
    let post = |rest: &str, name: &str| Fields::post(shell, format!("{LIST}/{}/{rest}", tie.id), name);
    let why = |rest: &str, zh, en| {
        let name = shell.t(zh, en);
        let reason = shell.t("理由（家长可见）", "Reason, which the family may read");
        (name.to_owned(), post(rest, name).area("reason", reason, "", 500))
    };
    let mut deeds = Vec::new();
    if tie.ended_at.is_some() || tie.declared_by.is_none() {
        return deeds;
    }
    if tie.waiting {
        let name = shell.t("确认属实", "Confirm");
        deeds.push((name.to_owned(), post("confirm", name)));
    }
    deeds.push(why("refuse", "不予认定", "Refuse"));
    if tie.status == TieStatus::Confirmed {
        deeds.push(why("end", "关系已结束", "End"));
    }
    deeds
}

#[post("/ratings/ties/{id}/confirm")]
async fn bureau_confirm_tie(ctx: Data<Ctx>, bureau: Bureau, id: Path<TieId>, key: Idempotency) -> Result<HttpResponse> {
    ties::confirm(&ctx, &bureau, &key, id.0).await?;
    Ok(see(LIST, "saved"))
}

#[post("/ratings/ties/{id}/refuse")]
async fn bureau_refuse_tie(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<TieId>,
    key: Idempotency,
    Form(form): Form<TieDecisionIn>,
) -> Result<HttpResponse> {
    ties::over(&ctx, &bureau, &key, (id.0, true), form).await?;
    Ok(see(LIST, "saved"))
}

#[post("/ratings/ties/{id}/end")]
async fn bureau_end_tie(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<TieId>,
    key: Idempotency,
    Form(form): Form<TieDecisionIn>,
) -> Result<HttpResponse> {
    ties::over(&ctx, &bureau, &key, (id.0, false), form).await?;
    Ok(see(LIST, "saved"))
}
