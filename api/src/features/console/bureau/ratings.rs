//! Ratings, and leaving one out of the figures: one officer proposes, another decides.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{ExclusionAction, ExclusionStatus, RatingExclusionId, RatingId};

use super::super::{
    fields::{Fields, any_of, yes_or_no},
    form::Form,
    shell::{Shell, see},
    table::{Button, Cell, Table, code, number, text},
    values::{Names, centre_name, dash, minute},
    view::{Part, View},
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        ratings::{
            exclusion_dto::{BureauRatingOut, BureauRatingsQuery, RatingExclusionIn, RatingExclusionsQuery},
            exclusions,
        },
    },
    http::{Idempotency, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_ratings)
        .service(bureau_exclusions)
        .service(bureau_propose_exclusion)
        .service(bureau_propose_inclusion)
        .service(bureau_confirm_exclusion)
        .service(bureau_reject_exclusion);
}

const LIST: &str = "/bureau/ratings/exclusions";

#[get("/ratings")]
async fn bureau_ratings(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<BureauRatingsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let level = query.level.map(|level| level.0.into());
    let month = query.month.map(|month| month.to_string()).unwrap_or_default();
    let filter = Fields::filter(&shell, "/bureau/ratings")
        .number("level", t("评分", "Level"), level, (1, 5))
        .month("month", t("托育月份", "Month of care"), month)
        .choice("excluded", t("已剔除", "Left out"), yes_or_no(&shell, query.excluded));
    let page = shell.list(&query, async |query| exclusions::ratings(&ctx, query).await).await?;
    let columns = [
        t("托育日期", "Day of care"),
        t("机构", "Centre"),
        t("服务形式", "Care"),
        t("#评分", "#Level"),
        t("文字", "Text"),
        t("是否计入", "Counts"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("评价", "Ratings"), &columns);
    for rating in &page.items {
        table.row(vec![
            text(rating.care_date.to_string()),
            text(centre_name(&ctx, rating.centre_id)),
            text(shell.word(rating.care_type.zh(), rating.care_type.as_str())),
            number(rating.level.into()),
            text(dash(rating.text.clone())),
            counts(&shell, rating),
            Cell::Forms(deeds(&shell, rating)),
        ]);
    }
    View::new(&shell, t("评价", "Ratings"))
        .part(Part::Links(vec![
            (t("剔除复核", "Proposals to leave one out").to_owned(), LIST.to_owned()),
            (t("关系核实", "Ties of families to centres").to_owned(), super::ties::LIST.to_owned()),
        ]))
        .form(filter)
        .table(table.rest(&shell, page.rest).whole(&shell, "/bureau/ratings"))
        .answer(&ctx)
}

fn counts(shell: &Shell, rating: &BureauRatingOut) -> Cell {
    let (class, zh, en) = match rating.excluded_for.as_deref() {
        None => ("good", "计入", "counts"),
        Some("staff_or_relative") => ("plain", "本园人员或亲属，不计入", "of staff or a relative"),
        Some("care_reversed") => ("plain", "核销已冲正，不计入", "of a reversed voucher day"),
        Some(_) => ("bad", "已剔除", "left out by officers"),
    };
    Cell::Mark(class, shell.t(zh, en).to_owned())
}

fn deeds(shell: &Shell, rating: &BureauRatingOut) -> Vec<(String, Fields)> {
    let (rest, zh, en) = match rating.excluded_for.as_deref() {
        None => ("exclusions", "提议剔除", "Propose to leave it out"),
        // One of staff or a relative only if the tie was refused since.
        Some("by_officers" | "staff_or_relative") => ("inclusions", "提议恢复", "Propose to count it again"),
        Some(_) => return Vec::new(),
    };
    let name = shell.t(zh, en);
    let form = Fields::post(shell, format!("/bureau/ratings/{}/{rest}", rating.id), name).area(
        "reason",
        shell.t("理由（勿写姓名）", "Reason, without names"),
        "",
        500,
    );
    vec![(name.to_owned(), form)]
}

#[get("/ratings/exclusions")]
async fn bureau_exclusions(
    ctx: Data<Ctx>,
    shell: Shell,
    bureau: Bureau,
    Query(query): Query<RatingExclusionsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let words = ExclusionStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter = Fields::filter(&shell, LIST).choice("status", t("状态", "State"), any_of(&shell, words));
    let page = shell.list(&query, async |query| exclusions::page(&ctx, query).await).await?;
    let people = page.items.iter().flat_map(|proposal| [Some(proposal.proposed_by), proposal.decided_by]);
    let names = Names::of(&ctx, people.flatten()).await?;
    let columns = [
        t("机构", "Centre"),
        t("提议", "Proposal"),
        t("理由", "Reason"),
        t("状态", "State"),
        t("提议人", "Proposed by"),
        t("复核人", "Decided by"),
        t("评价编号", "Rating"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("剔除复核", "Proposals"), &columns);
    for proposal in page.items {
        let open = proposal.status == ExclusionStatus::Proposed;
        let button = |rest: &str, zh, en| Button {
            action: format!("{LIST}/{}/{rest}", proposal.id),
            label: t(zh, en).to_owned(),
            fields: Vec::new(),
            ask: None,
        };
        let do_next = match (open, proposal.proposed_by == bureau.staff_id) {
            (true, true) => text(t("待另一名工作人员复核", "waits for another officer")),
            (true, false) => {
                Cell::Buttons(vec![button("confirm", "确认", "Confirm"), button("reject", "驳回", "Reject")])
            }
            (false, _) => text("—"),
        };
        table.row(vec![
            text(centre_name(&ctx, proposal.centre_id)),
            text(shell.word(proposal.action.zh(), proposal.action.as_str())),
            text(proposal.reason),
            Cell::Mark(if open { "wait" } else { "plain" }, shell.word(proposal.status.zh(), proposal.status.as_str())),
            text(format!("{} {}", names.get(Some(proposal.proposed_by)), minute(proposal.proposed_at))),
            text(names.get(proposal.decided_by)),
            code(proposal.rating_id),
            do_next,
        ]);
    }
    View::new(&shell, t("剔除复核", "Proposals to leave a rating out"))
        .form(filter)
        .table(table.rest(&shell, page.rest))
        .answer(&ctx)
}

#[post("/ratings/{id}/exclusions")]
async fn bureau_propose_exclusion(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RatingId>,
    key: Idempotency,
    Form(form): Form<RatingExclusionIn>,
) -> Result<HttpResponse> {
    exclusions::propose(&ctx, &bureau, &key, id.0, ExclusionAction::Exclude, form).await?;
    Ok(see(LIST, "sent"))
}

#[post("/ratings/{id}/inclusions")]
async fn bureau_propose_inclusion(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RatingId>,
    key: Idempotency,
    Form(form): Form<RatingExclusionIn>,
) -> Result<HttpResponse> {
    exclusions::propose(&ctx, &bureau, &key, id.0, ExclusionAction::Include, form).await?;
    Ok(see(LIST, "sent"))
}

#[post("/ratings/exclusions/{id}/confirm")]
async fn bureau_confirm_exclusion(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RatingExclusionId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    exclusions::decide(&ctx, &bureau, &key, id.0, ExclusionStatus::Confirmed).await?;
    Ok(see(LIST, "saved"))
}

#[post("/ratings/exclusions/{id}/reject")]
async fn bureau_reject_exclusion(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RatingExclusionId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    exclusions::decide(&ctx, &bureau, &key, id.0, ExclusionStatus::Rejected).await?;
    Ok(see(LIST, "saved"))
}
