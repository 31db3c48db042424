//! Figures of the plan that no centre can know: what counts now, their versions, and a form to enter one.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{Fen, PlanInputCode, PlanInputId};
use serde::Deserialize;

use super::super::{
    fields::{Fields, choices},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, link, number, text},
    values::{Names, dash, minute, read_yuan, yuan},
    view::{Part, View},
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        auth::Bureau,
        plan_inputs::{
            dto::{PlanInputHistoryQuery, PlanInputIn, PlanInputOut, PlanInputWithdrawIn, PlanInputsQuery},
            rules, service,
        },
    },
    http::{Cursor, Day, Idempotency, Limit, Line, Once, Path, Query, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_plan_inputs)
        .service(bureau_plan_input)
        .service(bureau_add_plan_input)
        .service(bureau_withdraw_plan_input);
}

const LIST: &str = "/bureau/plan-inputs";
/// Versions on a page.
const VERSIONS: Limit = Limit(50);

/// Kept in fen, written and read in yuan.
const fn is_money(code: PlanInputCode) -> bool {
    matches!(code, PlanInputCode::Income | PlanInputCode::RuralIncome)
}

fn written(shell: &Shell, code: PlanInputCode, value: i64) -> String {
    match code {
        PlanInputCode::RuralTownship => {
            shell.t(if value == 1 { "是" } else { "否" }, if value == 1 { "yes" } else { "no" }).to_owned()
        }
        code if is_money(code) => yuan(Fen(value)),
        _ => value.to_string(),
    }
}

fn unit(shell: &Shell, code: PlanInputCode) -> String {
    let english = match rules::unit(code) {
        "人" => "people",
        "分" => "yuan",
        "个托位" => "places",
        "是或否" => "yes or no",
        _ => "",
    };
    let zh = if is_money(code) { "元" } else { rules::unit(code) };
    shell.t(zh, english).to_owned()
}

fn named(shell: &Shell, code: PlanInputCode) -> String {
    shell.word(code.zh(), code.as_str())
}

#[get("/plan-inputs")]
async fn bureau_plan_inputs(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<PlanInputsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let list = service::list(&ctx, &query).await?;
    let filter = Fields::filter(&shell, LIST).date("on", t("哪天有效", "What counts on"), list.on.0.to_string());
    let columns = [
        t("数据", "Figure"),
        t("乡镇", "Township"),
        t("#数值", "#Number"),
        t("单位", "Unit"),
        t("数据日期", "As of"),
        t("来源", "Source"),
        t("#版本", "#Version"),
        t("录入人", "Entered by"),
        t("录入时间", "Entered at"),
    ];
    let names =
        Names::of(&ctx, list.items.iter().filter_map(|item| item.current.as_ref()).map(|of| of.staff_id)).await?;
    let mut table = Table::new(&shell, t("规划基础数据", "The plan's figures"), &columns);
    for item in &list.items {
        let current = item.current.as_ref();
        // A star leads to the note below the heading.
        let star = if item.stand_in { " *" } else { "" };
        table.row(vec![
            link(format!("{}{star}", named(&shell, item.code)), format!("{LIST}/{}", item.code)),
            text(dash(item.township.clone())),
            Cell::Number(dash(current.map(|of| written(&shell, item.code, of.value)))),
            text(unit(&shell, item.code)),
            text(dash(current.map(|of| of.as_of.0))),
            text(dash(current.map(|of| of.source.clone()))),
            Cell::Number(dash(current.map(|of| of.version))),
            text(names.get(current.map(|of| of.staff_id))),
            text(dash(current.map(|of| minute(of.created_at)))),
        ]);
    }
    View::new(&shell, t("规划基础数据", "The plan's figures"))
        .text(
            "机构无法得知、由民生保障局录入的数据。每次录入都是新版本，旧版本保留。",
            "What no centre can know, entered by the bureau. Each entry is another version; those before stay.",
        )
        .text(
            "带 * 的数据仅在本系统没有相应统计时使用：保育人员以台账为准，社区（村）以导入的名单为准，年初托位以系统记录为准。",
            "Those with * count only where the program has no figure of its own: its register of carers, its list of communities, its record of places at the year's beginning.",
        )
        .form(filter)
        .table(table.sortable(&shell, 'p'))
        .form(entry(&ctx, &shell, None))
        .part(Part::Links(vec![(t("查看规划指标", "See the indicators").to_owned(), "/bureau/indicators".to_owned())]))
        .answer(&ctx)
}

/// A form to enter a figure.
fn entry(ctx: &Ctx, shell: &Shell, code: Option<PlanInputCode>) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let codes = PlanInputCode::ALL.iter().map(|known| (known.as_str(), known.zh(), Some(*known) == code));
    let mut townships = vec![(String::new(), t("（全区数据不填）", "(not of the district's)").to_owned(), true)];
    townships.extend(ctx.catalogue.townships().iter().map(|name| (name.clone(), name.clone(), false)));
    Fields::post(shell, LIST, t("录入", "Enter"))
        .legend(t("录入一项数据", "Enter a figure"))
        .choice("code", t("数据", "Figure"), choices(shell, codes))
        .choice("township", t("乡镇（仅“是否农村乡镇”填写）", "Township, of a rural township only"), townships)
        .text("value", t("数值", "Number"), "", 14)
        .hint(t("整数；收入按元填写，可有两位小数；是否填1或0", "whole; incomes in yuan; yes or no as 1 or 0"))
        .date("as_of", t("数据日期", "As of"), "")
        .text("source", t("来源（文件、表、页）", "Source: document, table, page"), "", 200)
}

#[derive(Deserialize)]
struct EntryForm {
    code: PlanInputCode,
    township: Option<Line<20>>,
    value: Line<14>,
    as_of: Day,
    source: Line<200>,
}

impl EntryForm {
    fn into_new(self) -> Result<PlanInputIn> {
        let Self { code, township, value, as_of, source } = self;
        let read = if is_money(code) { read_yuan(&value) } else { value.parse().ok() };
        let value = read.ok_or_else(|| {
            let text = if is_money(code) {
                Text::new("须为金额（元），最多两位小数。", "Must be yuan with at most two decimals.")
            } else {
                Text::new("须为整数，不带单位和分隔符。", "Must be a whole number, without a unit or separators.")
            };
            Problem::field("value", "out_of_range", text)
        })?;
        Ok(PlanInputIn { code, township, value, as_of, source })
    }
}

#[post("/plan-inputs")]
async fn bureau_add_plan_input(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
    sent: Result<Form<EntryForm>, Problem>,
) -> Result<HttpResponse> {
    let added = async { service::add(&ctx, &bureau, &key, sent?.0.into_new()?).await };
    match added.await {
        Ok(Once::First(added)) => Ok(see(&format!("{LIST}/{}", added.code), "saved")),
        Ok(Once::Again(_)) => Ok(see(LIST, "saved")),
        Err(problem) => View::new(&shell, shell.t("录入规划基础数据", "Enter a figure of the plan"))
            .form(entry(&ctx, &shell, None).again(&shell, &Body::of(&req), &problem))
            .answer(&ctx),
    }
}

#[derive(Deserialize)]
struct VersionsQuery {
    cursor: Option<Cursor>,
}

#[get("/plan-inputs/{input}")]
async fn bureau_plan_input(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    input: Path<PlanInputCode>,
    Query(query): Query<VersionsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let query = PlanInputHistoryQuery { township: None, limit: VERSIONS, cursor: query.cursor };
    let page = shell.list(&query, async |query| service::history(&ctx, input.0, &query).await).await?;
    let staff = |of: &PlanInputOut| std::iter::once(of.staff_id).chain(of.withdrawn_by);
    let names = Names::of(&ctx, page.items.iter().flat_map(staff)).await?;
    let columns = [
        t("#版本", "#Version"),
        t("乡镇", "Township"),
        t("#数值", "#Number"),
        t("数据日期", "As of"),
        t("来源", "Source"),
        t("录入人", "Entered by"),
        t("录入时间", "Entered at"),
        t("撤回", "Withdrawn"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("各版本", "Versions"), &columns);
    for of in &page.items {
        let name = t("撤回", "Withdraw");
        let withdraw = Fields::reason(&shell, format!("{LIST}/{}/withdraw", of.id), name);
        let gone = of.withdrawn_at.map(|at| {
            let reason = of.withdrawn_reason.clone().unwrap_or_default();
            format!("{} {}：{reason}", minute(at), names.get(of.withdrawn_by))
        });
        table.row(vec![
            number(of.version.into()),
            text(dash(of.township.clone())),
            Cell::Number(written(&shell, of.code, of.value)),
            text(of.as_of.0.to_string()),
            text(of.source.clone()),
            text(names.get(Some(of.staff_id))),
            text(minute(of.created_at)),
            text(dash(gone.clone())),
            Cell::Forms(if gone.is_none() { vec![(name.to_owned(), withdraw)] } else { Vec::new() }),
        ]);
    }
    let table = table.rest(&shell, page.rest);
    View::new(&shell, named(&shell, input.0))
        .facts(&[("单位", "Unit", unit(&shell, input.0))])
        .table(table)
        .form(entry(&ctx, &shell, Some(input.0)))
        .part(Part::Links(vec![(t("返回规划基础数据", "Back to the figures").to_owned(), LIST.to_owned())]))
        .answer(&ctx)
}

#[post("/plan-inputs/{id}/withdraw")]
async fn bureau_withdraw_plan_input(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<PlanInputId>,
    key: Idempotency,
    Form(form): Form<PlanInputWithdrawIn>,
) -> Result<HttpResponse> {
    Ok(match service::withdraw(&ctx, &bureau, &key, id.0, form).await? {
        Once::First(gone) => see(&format!("{LIST}/{}", gone.code), "saved"),
        Once::Again(_) => see(LIST, "saved"),
    })
}
