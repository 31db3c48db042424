//! One campaign: its figures, the funnel, the proof that its counts agree, and what can be done.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{CampaignId, CampaignStatus, Fen, VoucherId, VoucherStatus};
use serde::Deserialize;

use super::{
    super::{
        fields::{Fields, any_of},
        form::Form,
        shell::{Shell, see},
        table::{Button, Cell, Table, code, number, text},
        values::{dash, minute, yuan},
        view::{Part, View},
    },
    campaign_form::{CampaignForm, form},
    campaigns::state,
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::Bureau,
        oversight::{funnel_dto::FunnelBy, service as oversight},
        settlement::service::reconciliation,
        vouchers::{
            campaign_dto::BureauCampaignOut,
            list_dto::BureauVouchersQuery,
            service::{campaigns, edits, lists, revocations},
        },
    },
    http::{Cursor, Idempotency, Limit, Paragraph, Path, Query, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_campaign)
        .service(bureau_edit_campaign)
        .service(bureau_open_campaign)
        .service(bureau_pause_campaign)
        .service(bureau_close_campaign)
        .service(bureau_revoke_campaign)
        .service(bureau_revoke_voucher);
}

#[derive(Deserialize)]
struct CampaignPageQuery {
    #[serde(default)]
    by: FunnelBy,
    /// Of the vouchers.
    status: Option<VoucherStatus>,
    cursor: Option<Cursor>,
}

#[get("/campaigns/{id}")]
async fn bureau_campaign(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    id: Path<CampaignId>,
    Query(query): Query<CampaignPageQuery>,
) -> Result<HttpResponse> {
    let campaign = campaigns::bureau_read(&ctx, id.0).await?;
    let CampaignPageQuery { by, status, cursor } = query;
    let view = facts(&shell, View::new(&shell, campaign.name.clone()), &campaign);
    let view = deeds(&shell, view, &campaign);
    // What has been closed stays as it was.
    let edit = if campaign.status == CampaignStatus::Closed {
        None
    } else {
        let form = form(&ctx, &shell, &href(id.0, "/edit"), Some(&campaign))?.stamped();
        Some((shell.t("修改", "Edit").to_owned(), form))
    };
    let revoke = campaign.revoked_at.is_none().then(|| revoke(&shell, &campaign));
    view.forms(edit.into_iter().chain(revoke).collect())
        .table(funnel(&ctx, &shell, id.0, by).await?)
        .table(reconciled(&ctx, &shell, id.0).await?)
        .form(states(&shell, id.0, status))
        .table(vouchers(&ctx, &shell, id.0, status, cursor).await?)
        .answer(&ctx)
}

fn href(id: CampaignId, rest: &str) -> String {
    format!("/bureau/campaigns/{id}{rest}")
}

fn facts(shell: &Shell, view: View, campaign: &BureauCampaignOut) -> View {
    let rules = &campaign.rules;
    let days = rules.valid_days.map(|days| format!("{days} {}", shell.t("天（自领取日起）", "days from the claim")));
    let dates = rules.valid_from.zip(rules.valid_until).map(|(from, until)| format!("{from} – {until}"));
    let listed =
        |list: Vec<String>| if list.is_empty() { shell.t("全部", "all").to_owned() } else { list.join("、") };
    let age = (rules.min_age_months.is_some() || rules.max_age_months.is_some())
        .then(|| format!("{}–{}", dash(rules.min_age_months), dash(rules.max_age_months)));
    let Cell::Mark(_, state) = state(shell, campaign) else { return view };
    let units = campaign.units;
    view.part(Part::Text(campaign.description.clone())).facts(&[
        ("状态", "State", state),
        ("已领取 / 总数", "Claimed of all", format!("{} / {}", campaign.claimed, campaign.quota)),
        ("已领天数", "Days claimed", units.claimed.to_string()),
        ("未使用", "Unused", units.unused.to_string()),
        ("已核销", "Used", units.used.to_string()),
        ("已过期", "Expired", units.expired.to_string()),
        ("已作废", "Revoked", units.revoked.to_string()),
        ("每张天数", "Days of a voucher", campaign.units_per_voucher.to_string()),
        ("面值（元）", "Worth of a day (yuan)", yuan(campaign.face_value_fen)),
        ("领取期", "Claims", format!("{} – {}", minute(campaign.claim_from), minute(campaign.claim_until))),
        ("有效期", "Valid", dash(days.or(dates))),
        ("适用乡镇", "Townships", listed(rules.townships.clone())),
        ("适用机构", "Centres", listed(rules.centres.iter().map(|centre| centre.name.clone()).collect())),
        (
            "适用机构类型",
            "Kinds of centre",
            listed(rules.centre_kinds.iter().map(|kind| shell.word(kind.zh(), kind.as_str())).collect()),
        ),
        ("月龄", "Months of age", dash(age)),
        ("资金来源", "Money of", shell.word(campaign.fund_source.zh(), campaign.fund_source.as_str())),
        ("资金用途", "Spent on", shell.word(campaign.fund_category.zh(), campaign.fund_category.as_str())),
    ])
}

/// Opening, pausing, closing; the poster.
fn deeds(shell: &Shell, view: View, campaign: &BureauCampaignOut) -> View {
    let t = |zh, en| shell.t(zh, en);
    let deed = |deed: &str, zh, en| Fields::post(shell, href(campaign.id, deed), t(zh, en));
    let poster = |ending: &str| {
        let name = format!("{} {}", t("海报", "Poster"), ending.to_uppercase());
        (name, format!("/api/v1/bureau/campaigns/{}/poster.{ending}", campaign.id))
    };
    let view = view.part(Part::Links(vec![poster("svg"), poster("png")]));
    if campaign.revoked_at.is_some() {
        return view;
    }
    let open = || deed("/open", "开放领取", "Open");
    let close = || {
        deed("/close", "结束发放", "Close").ask(t("结束后不能再开放，确定吗？", "It can't be opened again. Close it?"))
    };
    match campaign.status {
        CampaignStatus::Draft => view.form(open()),
        CampaignStatus::Open => view.form(deed("/pause", "暂停领取", "Pause")).form(close()),
        CampaignStatus::Paused => view.form(open()).form(close()),
        CampaignStatus::Closed => view,
    }
}

fn revoke(shell: &Shell, campaign: &BureauCampaignOut) -> (String, Fields) {
    let t = |zh, en| shell.t(zh, en);
    let ask = t("整批体验券将全部作废，不能恢复，确定吗？", "Every voucher of it will be revoked for good. Go on?");
    let name = t("整批作废", "Revoke all of it");
    (name.to_owned(), Fields::reason(shell, href(campaign.id, "/revoke"), name).ask(ask))
}

async fn funnel(ctx: &Ctx, shell: &Shell, id: CampaignId, by: FunnelBy) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let funnel = oversight::funnel(ctx, id, by).await?;
    let columns = [
        t("分组", "Group"),
        t("#已领取", "#Claimed"),
        t("#首次使用", "#First used"),
        t("#全部用完", "#Fully used"),
        t("#60天内续托", "#Stayed within 60 days"),
        t("#核销金额（元）", "#Cost (yuan)"),
        t("#每户成本（元）", "#Cost a family (yuan)"),
    ];
    let mut table = Table::new(shell, t("转化漏斗", "The funnel"), &columns);
    let total = std::iter::once((t("合计", "All").to_owned(), funnel.total));
    for (key, steps) in total.chain(funnel.groups.into_iter().map(|group| (group.key, group.steps))) {
        table.row(vec![
            text(key),
            number(steps.claimed),
            number(steps.first_used),
            number(steps.fully_used),
            number(steps.enrolled),
            Cell::Number(yuan(Fen(steps.cost_fen))),
            Cell::Number(dash(steps.cost_per_family_fen.map(|fen| yuan(Fen(fen))))),
        ]);
    }
    let by = if by == FunnelBy::Week { "week" } else { "township" };
    Ok(table.downloads(&format!("/bureau/campaigns/{id}/funnel"), &format!("by={by}")).sortable(shell, 'f'))
}

async fn reconciled(ctx: &Ctx, shell: &Shell, id: CampaignId) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let report = reconciliation::of_campaign(ctx, id).await?;
    let columns = [
        t("等式", "Equation"),
        t("#左", "#Left"),
        t("#右", "#Right"),
        t("是否相符", "Holds"),
        t("不符的编号", "What breaks it"),
    ];
    let caption = if report.balanced {
        t("对账：账目相符", "Reconciliation: everything agrees")
    } else {
        t("对账：账目不符", "Reconciliation: something does not agree")
    };
    let mut table = Table::new(shell, caption, &columns);
    for equation in report.equations {
        let (class, zh, en) = if equation.holds { ("good", "相符", "yes") } else { ("bad", "不符", "no") };
        table.row(vec![
            text(shell.t(equation.text, equation.code)),
            number(equation.left),
            number(equation.right),
            Cell::Mark(class, t(zh, en).to_owned()),
            code(equation.breaks.join(" ")),
        ]);
    }
    Ok(table)
}

/// A district's batch is long: by state the database looks through it.
fn states(shell: &Shell, id: CampaignId, status: Option<VoucherStatus>) -> Fields {
    let words = VoucherStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == status));
    let filter = Fields::filter(shell, &href(id, "")).choice(
        "status",
        shell.t("体验券状态（已过期的在“有效”中）", "State of its vouchers; active ones may have expired"),
        any_of(shell, words),
    );
    shell.asked("by").into_iter().fold(filter, |filter, by| filter.hidden("by", by))
}

async fn vouchers(
    ctx: &Ctx,
    shell: &Shell,
    id: CampaignId,
    status: Option<VoucherStatus>,
    cursor: Option<Cursor>,
) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let query = BureauVouchersQuery { campaign_id: Some(id), status, limit: Limit(20), cursor };
    let of_status = status.map(|status| format!("&status={status}")).unwrap_or_default();
    let of_api = format!("campaign_id={id}{of_status}");
    let page = shell.list(&query, async |query| lists::vouchers(ctx, &query).await).await?;
    let columns = [
        t("体验券", "Voucher"),
        t("状态", "State"),
        t("#已用", "#Used"),
        t("#总天数", "#Days"),
        t("有效期至", "Valid until"),
        t("领取时间", "Claimed"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(shell, t("体验券", "Its vouchers"), &columns);
    for voucher in page.items {
        let usable = voucher.status == VoucherStatus::Active;
        let action = format!("/bureau/vouchers/{}/revoke", voucher.id);
        let revoke = Fields::reason(shell, action, t("作废", "Revoke")).hidden("campaign", id.to_string());
        table.row(vec![
            code(voucher.id),
            text(shell.word(voucher.status.zh(), voucher.status.as_str())),
            number(voucher.units_used.into()),
            number(voucher.units_total.into()),
            text(voucher.valid_until.to_string()),
            text(minute(voucher.claimed_at)),
            if usable {
                Cell::Forms(vec![(t("作废", "Revoke").to_owned(), revoke)])
            } else {
                Cell::Buttons(Vec::<Button>::new())
            },
        ]);
    }
    Ok(table.rest(shell, page.rest).downloads("/bureau/vouchers", &of_api))
}

#[post("/campaigns/{id}/edit")]
async fn bureau_edit_campaign(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<CampaignId>,
    sent: Result<Form<CampaignForm>, Problem>,
) -> Result<HttpResponse> {
    let campaign = campaigns::bureau_read(&ctx, id.0).await?;
    let draft = campaign.status == CampaignStatus::Draft;
    let (form, body) = (form(&ctx, &shell, &href(id.0, "/edit"), Some(&campaign))?.stamped(), Body::of(&req));
    let edited = async {
        let patch = sent?.0.into_patch(draft);
        form.uncrossed(&body)?;
        edits::edit(&ctx, &bureau, id.0, patch).await
    };
    match edited.await {
        Ok(_) => Ok(see(&href(id.0, ""), "saved")),
        Err(problem) => View::new(&shell, campaign.name.clone()).form(form.again(&shell, &body, &problem)).answer(&ctx),
    }
}

async fn turn(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: CampaignId,
    to: CampaignStatus,
) -> Result<HttpResponse> {
    campaigns::set_status(ctx, bureau, key, id, to).await?;
    Ok(see(&href(id, ""), "saved"))
}

#[post("/campaigns/{id}/open")]
async fn bureau_open_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CampaignId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    turn(&ctx, &bureau, &key, id.0, CampaignStatus::Open).await
}

#[post("/campaigns/{id}/pause")]
async fn bureau_pause_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CampaignId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    turn(&ctx, &bureau, &key, id.0, CampaignStatus::Paused).await
}

#[post("/campaigns/{id}/close")]
async fn bureau_close_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CampaignId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    turn(&ctx, &bureau, &key, id.0, CampaignStatus::Closed).await
}

#[derive(Deserialize)]
struct RevokeForm {
    reason: Paragraph<200>,
    campaign: Option<CampaignId>,
}

#[post("/campaigns/{id}/revoke")]
async fn bureau_revoke_campaign(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CampaignId>,
    key: Idempotency,
    Form(form): Form<RevokeForm>,
) -> Result<HttpResponse> {
    revocations::revoke_campaign(&ctx, &bureau, &key, id.0, &form.reason).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[post("/vouchers/{id}/revoke")]
async fn bureau_revoke_voucher(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<VoucherId>,
    key: Idempotency,
    Form(form): Form<RevokeForm>,
) -> Result<HttpResponse> {
    revocations::revoke_voucher(&ctx, &bureau, &key, id.0, &form.reason).await?;
    Ok(see(&form.campaign.map_or_else(|| "/bureau/campaigns".to_owned(), |id| href(id, "")), "saved"))
}
