//! Campaigns of trial vouchers: the list, and a new one.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::CampaignStatus;

use super::{
    super::{
        form::Form,
        shell::{Shell, see},
        table::{Cell, Table, link, number, text},
        values::{minute, yuan},
        view::{Part, View},
    },
    campaign_form::{CampaignForm, form},
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        vouchers::{campaign_dto::BureauCampaignOut, dto::VoucherPageQuery, service::campaigns},
    },
    http::{Idempotency, Once, Query, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_campaigns).service(bureau_new_campaign).service(bureau_create_campaign);
}

#[get("/campaigns")]
async fn bureau_campaigns(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<VoucherPageQuery>,
) -> Result<HttpResponse> {
    let page = shell.list(&query, async |query| campaigns::bureau_page(&ctx, &query).await).await?;
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("批次", "Campaign"),
        t("状态", "State"),
        t("领取期", "Claims"),
        t("#发放总数", "#Vouchers"),
        t("#已领取", "#Claimed"),
        t("#剩余", "#Left"),
        t("#已核销天数", "#Days used"),
        t("#面值（元）", "#Worth of a day (yuan)"),
        t("资金来源", "Money"),
    ];
    let mut table = Table::new(&shell, t("体验券批次", "Campaigns"), &columns);
    for campaign in &page.items {
        table.row(vec![
            link(campaign.name.clone(), format!("/bureau/campaigns/{}", campaign.id)),
            state(&shell, campaign),
            text(format!("{} – {}", minute(campaign.claim_from), minute(campaign.claim_until))),
            number(campaign.quota.into()),
            number(campaign.claimed.into()),
            number(campaign.remaining.into()),
            number(campaign.used),
            Cell::Number(yuan(campaign.face_value_fen)),
            text(shell.word(campaign.fund_source.zh(), campaign.fund_source.as_str())),
        ]);
    }
    View::new(&shell, t("托育体验券", "Trial vouchers"))
        .part(Part::Links(vec![(t("新建批次", "New campaign").to_owned(), "/bureau/campaigns/new".to_owned())]))
        .table(table.rest(&shell, page.rest).whole(&shell, "/bureau/campaigns"))
        .answer(&ctx)
}

/// Its state, in a word with a colour.
pub(super) fn state(shell: &Shell, campaign: &BureauCampaignOut) -> Cell {
    if campaign.revoked_at.is_some() {
        return Cell::Mark("bad", shell.t("已作废", "revoked").to_owned());
    }
    let class = match campaign.status {
        CampaignStatus::Draft | CampaignStatus::Paused => "wait",
        CampaignStatus::Open => "good",
        CampaignStatus::Closed => "plain",
    };
    Cell::Mark(class, shell.word(campaign.status.zh(), campaign.status.as_str()))
}

#[get("/campaigns/new")]
async fn bureau_new_campaign(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau) -> Result<HttpResponse> {
    View::new(&shell, shell.t("新建批次（草稿）", "A new campaign, as a draft"))
        .form(form(&ctx, &shell, "/bureau/campaigns", None)?)
        .answer(&ctx)
}

#[post("/campaigns")]
async fn bureau_create_campaign(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
    sent: Result<Form<CampaignForm>, crate::error::Problem>,
) -> Result<HttpResponse> {
    let made = async { campaigns::create(&ctx, &bureau, &key, sent?.0.into_new()?).await };
    match made.await {
        Ok(Once::First(campaign)) => Ok(see(&format!("/bureau/campaigns/{}", campaign.id), "saved")),
        Ok(Once::Again(_)) => Ok(see("/bureau/campaigns", "saved")),
        Err(problem) => View::new(&shell, shell.t("新建批次（草稿）", "A new campaign, as a draft"))
            .form(form(&ctx, &shell, "/bureau/campaigns", None)?.again(&shell, &Body::of(&req), &problem))
            .answer(&ctx),
    }
}
