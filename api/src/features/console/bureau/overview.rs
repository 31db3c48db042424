//! The first page of officers: what needs somebody today, satisfaction against the target, the funnel of what
//! runs, and the circle. The board of the plan's indicators and what runs out at centres stand here too.

use actix_web::{HttpResponse, get, web::Data};
use entity::CampaignStatus;

use super::{
    super::{
        shell::Shell,
        table::{Cell, Table, interval, link, number, percent},
        values::yuan,
        view::{Part, View},
    },
    attention, indicators, map, satisfaction,
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        coverage::{
            figures_dto::{CoverageBy, CoverageOut, CoverageQuery},
            service::figures,
        },
        indicators::{dto::IndicatorsQuery, service as plan},
        oversight::{funnel_dto::FunnelBy, service as oversight},
        satisfaction::{
            Answers,
            dto::{SatisfactionBy, SatisfactionQuery},
            service,
        },
        vouchers::{dto::VoucherPageQuery, service::campaigns},
    },
    http::Limit,
    platform::clock::local,
    state::Ctx,
};

#[get("")]
pub(super) async fn bureau_overview(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau) -> Result<HttpResponse> {
    // The same for every officer.
    ctx.overview.page(&ctx, &shell, async || page(&ctx, &shell).await).await
}

async fn page(ctx: &Ctx, shell: &Shell) -> Result<View> {
    let at = local(ctx.clock.now()).format("%Y-%m-%d %H:%M:%S");
    let view = View::new(shell, shell.t("总览", "Overview"))
        .text(&format!("数据截至 {at}"), &format!("As of {at}"))
        .table(attention::of_today(ctx, shell).await?);
    let view = satisfied(ctx, shell, view).await?;
    let board = plan::report(ctx, &IndicatorsQuery::default()).await?;
    let see = |zh, en, at: &str| Part::Links(vec![(shell.t(zh, en).to_owned(), at.to_owned())]);
    let view = view
        .heading("规划指标", "The plan's indicators")
        .part(Part::Big(indicators::met(&board), indicators::met_beside(shell, &board)))
        .table(indicators::compact(shell, &board))
        .part(see("查看规划指标", "See the indicators", "/bureau/indicators"));
    let view = view.heading("发放中的体验券", "Vouchers being given out").table(funnels(ctx, shell).await?);
    let circle = figures::report(ctx, circle_query(CoverageBy::Township)).await?;
    Ok(view
        .heading("15分钟托育服务圈", "The 15-minute circle")
        .part(Part::Big(percent(circle.total.rate), beside(shell, &circle)))
        .part(map::picture(ctx, shell, map::query(None)).await?)
        .table(townships(shell, &circle))
        .part(see("查看服务圈", "See the circle", "/bureau/coverage")))
}

async fn satisfied(ctx: &Ctx, shell: &Shell, view: View) -> Result<View> {
    let asked = SatisfactionQuery { by: Some(SatisfactionBy::Month), ..SatisfactionQuery::default() };
    let report = service::report(ctx, asked, Answers::Present).await?;
    let overall = &report.overall;
    let beside = format!("{} {}", shell.t("目标", "target"), percent(Some(report.target)));
    Ok(view
        .heading("入托家庭满意度", "Satisfaction of families")
        .part(Part::Big(percent(overall.rate), beside))
        .facts(&[
            ("有效评价", "Answers", overall.answers.to_string()),
            ("95%区间", "95% interval", interval(overall.interval)),
            ("服务家庭", "Families served", overall.families_served.to_string()),
            ("月份", "Months", format!("{} – {}", report.from, report.to)),
        ])
        .part(satisfaction::trend(shell, &report)?)
        .part(Part::Folded(satisfaction::table(shell, shell.t("逐月数据", "Figures by month"), &report)))
        .part(Part::Links(vec![(
            shell.t("查看满意度", "See satisfaction").to_owned(),
            "/bureau/satisfaction".to_owned(),
        )])))
}

/// A line for each campaign that gives out vouchers.
async fn funnels(ctx: &Ctx, shell: &Shell) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("批次", "Campaign"),
        t("#发放", "#Issued"),
        t("#已领取", "#Claimed"),
        t("#首次使用", "#First used"),
        t("#全部用完", "#Fully used"),
        t("#60天内续托", "#Stayed within 60 days"),
        t("#每户成本（元）", "#Cost a family (yuan)"),
    ];
    let mut table = Table::new(shell, t("体验券转化漏斗", "The funnel of vouchers"), &columns);
    let query = VoucherPageQuery { limit: Limit(100), cursor: None };
    let page = campaigns::bureau_page(ctx, &query).await?;
    for campaign in page.items.iter().filter(|campaign| campaign.status == CampaignStatus::Open) {
        let funnel = oversight::funnel(ctx, campaign.id, FunnelBy::Township).await?;
        let total = funnel.total;
        table.row(vec![
            link(funnel.campaign_name, format!("/bureau/campaigns/{}", campaign.id)),
            number(funnel.issued),
            number(total.claimed),
            number(total.first_used),
            number(total.fully_used),
            number(total.enrolled),
            Cell::Number(total.cost_per_family_fen.map_or_else(|| "—".to_owned(), |fen| yuan(entity::Fen(fen)))),
        ]);
    }
    Ok(table.sortable(shell, 'f'))
}

/// The circle of the plan: every community, filed centres, the plan's minutes.
pub(super) fn circle_query(by: CoverageBy) -> CoverageQuery {
    CoverageQuery {
        by,
        minutes: None,
        inclusive: None,
        kind: None,
        filed: None,
        rural: None,
        township: None,
        limit: Limit(100),
        cursor: None,
    }
}

/// What stands beside the rate of the circle.
pub(super) fn beside(shell: &Shell, circle: &CoverageOut) -> String {
    let (covered, all) = (circle.total.covered, circle.total.communities);
    let fresh = if circle.up_to_date { "" } else { shell.t(" · 正在重新计算", " · being reckoned anew") };
    format!(
        "{} {} · {covered} / {all} {}{fresh}",
        shell.t("目标", "target"),
        percent(Some(circle.target)),
        shell.t("个社区（村）", "communities"),
    )
}

/// The circle by groups.
pub(super) fn townships(shell: &Shell, circle: &CoverageOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("乡镇", "Township"),
        t("#社区（村）", "#Communities"),
        t("#已覆盖", "#Covered"),
        t("#覆盖率", "#Rate"),
        t("#3岁以下", "#Under three"),
        t("#圈内3岁以下", "#Under three inside"),
    ];
    let mut table = Table::new(shell, t("各乡镇覆盖情况", "Coverage by township"), &columns);
    for group in &circle.groups {
        let figures = &group.figures;
        table.row(vec![
            Cell::Text(group.label.clone()),
            number(figures.communities),
            number(figures.covered),
            Cell::Number(percent(figures.rate)),
            number(figures.under3),
            number(figures.under3_covered),
        ]);
    }
    table.sortable(shell, 't')
}
