//! Support of centres: the sheets, drafting one, and the rates with the day they begin.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{CentreId, FundSource, StatementStatus, SupportItem, SupportKind};
use serde::Deserialize;

use super::{
    super::{
        fields::{Fields, any_of, choices, yes_or_no},
        form::{Form, needed},
        shell::{Shell, see},
        table::{Cell, Table, code, link, number, text},
        values::{Names, Yuan, by_other_centre, centres, dash, minute, other_centre, with_other_centre, yuan},
        view::View,
    },
    four_eyes::state,
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::Bureau,
        support::{
            dto::{SupportRateIn, SupportSheetIn, SupportSheetsQuery},
            service,
        },
    },
    http::{Idempotency, Line, Month, Once, Query, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_support)
        .service(bureau_draft_support)
        .service(bureau_support_rates)
        .service(bureau_add_support_rate);
}

const LIST: &str = "/bureau/support";
const RATES: &str = "/bureau/support/rates";

#[get("/support")]
async fn bureau_support(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<SupportSheetsQuery>,
) -> Result<HttpResponse> {
    if let Some(elsewhere) = by_other_centre(&ctx, &shell)? {
        return Ok(elsewhere);
    }
    let t = |zh, en| shell.t(zh, en);
    let kinds = SupportKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), Some(*kind) == query.kind));
    let states = StatementStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter = Fields::filter(&shell, LIST)
        .choice("kind", t("类别", "Kind"), any_of(&shell, kinds))
        .month("month", t("月份", "Month"), query.month.map(|month| month.to_string()).unwrap_or_default())
        .choice("centre_id", t("机构", "Centre"), centres(&ctx, t("全部", "All"), query.centre_id)?)
        .choice("status", t("状态", "State"), any_of(&shell, states))
        .choice("differs", t("定稿后与签到不符", "Differs from attendance since"), yes_or_no(&shell, query.differs));
    let filter = with_other_centre(&shell, filter);
    let table = listed(&ctx, &shell, &query).await?;
    View::new(&shell, t("机构补助", "Support of centres"))
        .links(&[("补助标准", "Rates", RATES), ("资金规则", "Rules of funds", "/bureau/funds")])
        .form(filter)
        .table(table)
        .form(draft_form(&ctx, &shell)?)
        .answer(&ctx)
}

async fn listed(ctx: &Ctx, shell: &Shell, query: &SupportSheetsQuery) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("机构", "Centre"),
        t("类别", "Kind"),
        t("月份", "Month"),
        t("状态", "State"),
        t("编号", "Number"),
        t("资金来源", "Money of"),
        t("#计补（人月）", "#Child-months"),
        t("#金额（元）", "#Amount (yuan)"),
        t("起草", "Drafted"),
        t("与签到", "With attendance"),
    ];
    let mut table = Table::new(shell, t("补助单", "Sheets of support"), &columns);
    let page = shell.list(query, async |query| service::page(ctx, &query).await).await?;
    let names = Names::of(ctx, page.items.iter().map(|sheet| sheet.drafted_by)).await?;
    for sheet in page.items {
        table.row(vec![
            link(sheet.centre_name, format!("{LIST}/{}", sheet.id)),
            text(shell.word(sheet.kind.zh(), sheet.kind.as_str())),
            text(sheet.month.to_string()),
            state(shell, sheet.status),
            code(dash(sheet.number)),
            text(shell.word(sheet.fund_source.zh(), sheet.fund_source.as_str())),
            number(sheet.supported),
            Cell::Number(yuan(sheet.total_fen)),
            text(format!("{} {}", minute(sheet.drafted_at), names.get(Some(sheet.drafted_by)))),
            match sheet.differs_since {
                Some(since) => Cell::Mark("bad", format!("{} {}", t("不符，自", "differs since"), minute(since))),
                None => text("—"),
            },
        ]);
    }
    Ok(table.rest(shell, page.rest).whole(shell, "/bureau/support-sheets"))
}

fn draft_form(ctx: &Ctx, shell: &Shell) -> Result<Fields> {
    let t = |zh, en| shell.t(zh, en);
    let kinds = SupportKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), false));
    let sources = FundSource::ALL.iter().map(|word| (word.as_str(), word.zh(), *word == FundSource::District));
    let last = Month::of(ctx.clock.today()).0 - chrono::Months::new(1);
    let form = Fields::post(shell, LIST, t("起草", "Draft"))
        .legend(t("起草补助单（再次起草即按现有数据重做草稿）", "Draft a sheet; again: a draft is made anew"))
        .choice("kind", t("类别", "Kind"), choices(shell, kinds))
        .choice("centre_id", t("机构", "Centre"), centres(ctx, t("请选择", "Choose"), None)?);
    Ok(with_other_centre(shell, form)
        .month("month", t("月份", "Month"), Month(last).to_string())
        .choice("fund_source", t("资金来源", "Money of"), choices(shell, sources))
        .hint(t("中央资金不得用于运营补助", "central money never pays operating support")))
}

/// What the form sends: an empty choice doesn't arrive.
#[derive(Deserialize)]
struct DraftForm {
    kind: SupportKind,
    centre_id: Option<CentreId>,
    other_centre: Option<Line<60>>,
    month: Month,
    fund_source: FundSource,
}

#[post("/support")]
async fn bureau_draft_support(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
    sent: Result<Form<DraftForm>, Problem>,
) -> Result<HttpResponse> {
    let drafted = async {
        let DraftForm { kind, centre_id, other_centre: typed, month, fund_source } = sent?.0;
        let centre_id = match typed {
            Some(typed) => other_centre(&ctx, &typed)?,
            None => needed("centre_id", centre_id)?,
        };
        service::draft(&ctx, &bureau, &key, SupportSheetIn { kind, centre_id, month, fund_source }).await
    };
    match drafted.await {
        Ok(Once::First(sheet)) => Ok(see(&format!("{LIST}/{}", sheet.id), "saved")),
        Ok(Once::Again(_)) => Ok(see(LIST, "saved")),
        Err(problem) => View::new(&shell, shell.t("机构补助", "Support of centres"))
            .form(draft_form(&ctx, &shell)?.again(&shell, &Body::of(&req), &problem))
            .answer(&ctx),
    }
}

#[get("/support/rates")]
async fn bureau_support_rates(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let rates = service::rates(&ctx).await?.items;
    let names = Names::of(&ctx, rates.iter().filter_map(|rate| rate.staff_id)).await?;
    let columns = [
        t("项目", "For"),
        t("生效日期", "From"),
        t("#标准（元）", "#Rate (yuan)"),
        t("#上限（元）", "#Cap (yuan)"),
        t("#计至月龄", "#Through months of age"),
        t("依据", "Source"),
        t("设定人", "Set by"),
    ];
    let mut table = Table::new(
        &shell,
        t("补助标准（每人月；运营、租金为每月，租金按在托折算）", "Rates, a child-month or a month; rent by how full"),
        &columns,
    );
    for rate in rates {
        table.row(vec![
            text(shell.word(rate.item.zh(), rate.item.as_str())),
            text(rate.valid_from.to_string()),
            Cell::Number(yuan(rate.rate_fen)),
            Cell::Number(dash(rate.cap_fen.map(yuan))),
            Cell::Number(dash(rate.through_months)),
            text(rate.source),
            text(names.get(rate.staff_id)),
        ]);
    }
    let view = View::new(&shell, t("补助标准", "Rates of support"))
        .links(&[("返回补助单", "Back", LIST)])
        .table(table.downloads("/bureau/exports/support_rates", ""));
    // Kept by administrators.
    let view = if shell.administers() { view.form(rate_form(&shell)) } else { view };
    view.answer(&ctx)
}

fn rate_form(shell: &Shell) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let items = SupportItem::ALL.iter().map(|item| (item.as_str(), item.zh(), false));
    Fields::post(shell, RATES, t("保存", "Save"))
        .legend(t("新标准", "A new rate"))
        .choice("item", t("项目", "For"), choices(shell, items))
        .yuan("rate_fen", t("标准（元）", "Rate (yuan)"), "")
        .month("from_month", t("自哪个月起", "From the month"), "")
        .text("source", t("依据（文件与条款）", "Document and clause"), "", 200)
}

#[derive(Deserialize)]
struct RateForm {
    item: SupportItem,
    rate_fen: Yuan,
    from_month: Month,
    source: Line<200>,
}

#[post("/support/rates")]
async fn bureau_add_support_rate(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
    sent: Result<Form<RateForm>, Problem>,
) -> Result<HttpResponse> {
    let added = async {
        let RateForm { item, rate_fen: Yuan(rate_fen), from_month, source } = sent?.0;
        service::add_rate(&ctx, &bureau, &key, SupportRateIn { item, rate_fen, from_month, source }).await
    };
    match added.await {
        Ok(_) => Ok(see(RATES, "saved")),
        Err(problem) => View::new(&shell, shell.t("补助标准", "Rates of support"))
            .form(rate_form(&shell).again(&shell, &Body::of(&req), &problem))
            .answer(&ctx),
    }
}
