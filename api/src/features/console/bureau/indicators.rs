//! The plan's fifteen indicators as a board, each with its months and what it is made of, and the progress of
//! projects 1 and 3.

use actix_web::{
    HttpResponse, get,
    web::{Data, ServiceConfig},
};
use chrono::Months;
use entity::{Comparison, Fen, IndicatorCode};

use super::{
    super::{
        chart::{self, Point},
        fields::Fields,
        listed::Listed,
        shell::Shell,
        table::{Cell, Table, link, number, percent, text},
        values::{dash, minute, yes, yuan},
        view::{Part, View},
    },
    indicator_words as words,
};
use crate::{
    error::{Code, Problem, Result},
    features::{
        auth::Bureau,
        indicators::{
            dto::{IndicatorOut, IndicatorTrendOut, IndicatorsOn, IndicatorsOut, IndicatorsQuery, TrendQuery},
            projects,
            projects_dto::{ProjectCentreOut, ProjectTaskOut, ProjectsOut, ProjectsQuery},
            service, snapshots,
        },
    },
    http::{Cursor, Limit, Moment, Month, Page, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_indicators).service(bureau_indicator);
}

const BOARD: &str = "/bureau/indicators";
/// Closed months that are listed.
const MONTHS: Months = Months::new(24);
/// Centres that count for a project, on the page.
const CENTRES: Limit = Limit(100);

#[get("/indicators")]
async fn bureau_indicators(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<IndicatorsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let report = service::report(&ctx, &query).await?;
    let (asked, month) = match query.on {
        Some(IndicatorsOn::Month(month)) => (format!("on={month}"), month.to_string()),
        Some(IndicatorsOn::Day(day)) => (format!("on={}", day.0), String::new()),
        None => (String::new(), String::new()),
    };
    let filter =
        Fields::filter(&shell, BOARD).month("on", t("月份（不填为今天）", "Month; empty: today"), month).optional();
    let state = if report.closed {
        t("该月已封存，为当时统计的数据", "closed: as it was counted then")
    } else {
        t("按现有数据实时统计", "counted now")
    };
    let progress = projects::progress(&ctx, &ProjectsQuery { limit: Limit(1), cursor: None }).await?;
    let read = async |limit, cursor| {
        let ProjectsOut { centres, next_cursor, .. } =
            projects::progress(&ctx, &ProjectsQuery { limit, cursor }).await?;
        Ok(Page { items: centres, next_cursor })
    };
    let count = shell.pages(CENTRES, shell.asked("centres").map(Cursor::from), read).await?;
    View::new(&shell, t("规划指标", "The plan's indicators"))
        .form(filter)
        .part(Part::Big(met(&report), met_beside(&shell, &report)))
        .facts(&[
            ("统计日期", "As of", report.on.0.to_string()),
            ("统计时间", "Counted at", minute(report.as_of)),
            ("状态", "State", state.to_owned()),
        ])
        .part(Part::Links(vec![(
            t("录入规划基础数据", "Enter the plan's figures").to_owned(),
            "/bureau/plan-inputs".to_owned(),
        )]))
        .table(board(&shell, &report).downloads(BOARD, &asked).sortable(&shell, 'i'))
        .table(closed_months(&ctx, &shell).await?)
        .heading("项目1、项目3进度", "Progress of projects 1 and 3")
        .table(tasks(&shell, &progress))
        .part(Part::Folded(counting(&shell, count)))
        .answer(&ctx)
}

/// How many of them are met.
pub(super) fn met(report: &IndicatorsOut) -> String {
    let met = report.items.iter().filter(|item| item.met == Some(true)).count();
    format!("{met} / {}", report.items.len())
}

/// What stands beside it.
pub(super) fn met_beside(shell: &Shell, report: &IndicatorsOut) -> String {
    let unknown = report.items.iter().filter(|item| item.met.is_none()).count();
    let rest = if unknown == 0 {
        String::new()
    } else {
        format!(" · {unknown} {}", shell.t("项缺少数据", "without figures"))
    };
    format!("{}{rest}", shell.t("项指标达标", "met"))
}

/// The board of today, in a few columns, for the first page.
pub(super) fn compact(shell: &Shell, report: &IndicatorsOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("指标", "Indicator"), t("#当前值", "#Value"), t("#目标值", "#Target"), t("是否达标", "Met")];
    let mut table = Table::new(shell, t("十五项规划指标", "The fifteen indicators"), &columns);
    for item in &report.items {
        table.row(vec![named(shell, item), value(item, item.value), wanted(item), mark(shell, item.met)]);
    }
    table.sortable(shell, 'i')
}

fn name<'a>(shell: &Shell, item: &'a IndicatorOut) -> &'a str {
    shell.t(item.name, item.name_en)
}

fn named(shell: &Shell, item: &IndicatorOut) -> Cell {
    link(name(shell, item), format!("{BOARD}/{}", item.code))
}

/// As the plan writes it: a share as a percentage, places per thousand as they are. Four decimals are known.
fn written(per: i64, value: f64) -> String {
    if per == 1 { percent(Some(value)) } else { format!("{value:.2}") }
}

fn value(item: &IndicatorOut, value: Option<f64>) -> Cell {
    Cell::Number(dash(value.map(|value| written(item.per, value))))
}

/// The sign stands behind, so that the column sorts by the figure.
fn wanted(item: &IndicatorOut) -> Cell {
    let sign = match item.comparison {
        Comparison::AtLeast => "≥",
        Comparison::AtMost => "≤",
    };
    Cell::Number(format!("{} {sign}", written(item.per, item.target)))
}

fn mark(shell: &Shell, met: Option<bool>) -> Cell {
    let (class, zh, en) = match met {
        Some(true) => ("good", "达标", "met"),
        Some(false) => ("bad", "未达标", "not met"),
        None => ("plain", "无法计算", "no figure"),
    };
    Cell::Mark(class, shell.t(zh, en).to_owned())
}

/// Counted, or money.
fn counted(shell: &Shell, code: IndicatorCode, counted: Option<i64>) -> Cell {
    let money = matches!(code, IndicatorCode::PriceToIncome | IndicatorCode::RuralPriceToIncome);
    let yuan = |fen| format!("{} {}", yuan(Fen(fen)), shell.t("元", "yuan"));
    Cell::Number(dash(counted.map(|n| if money { yuan(n) } else { n.to_string() })))
}

fn why(shell: &Shell, item: &IndicatorOut) -> Option<String> {
    item.reason.as_ref().map(|reason| shell.t(&reason.detail, &reason.detail_en).to_owned())
}

fn board(shell: &Shell, report: &IndicatorsOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("指标", "Indicator"),
        t("#当前值", "#Value"),
        t("#目标值", "#Target"),
        t("#差距", "#Gap"),
        t("是否达标", "Met"),
        t("#分子", "#Numerator"),
        t("#分母", "#Denominator"),
        t("数据来源（日期）", "Sources, with their days"),
    ];
    let mut table = Table::new(shell, t("十五项规划指标", "The fifteen indicators"), &columns);
    for item in &report.items {
        let sources: Vec<String> = item.sources.iter().map(|source| words::line(shell, source)).collect();
        table.row(vec![
            named(shell, item),
            value(item, item.value),
            wanted(item),
            value(item, item.gap),
            mark(shell, item.met),
            counted(shell, item.code, item.numerator),
            counted(shell, item.code, item.denominator),
            text(why(shell, item).unwrap_or_else(|| sources.join(shell.t("；", "; ")))),
        ]);
    }
    table
}

/// Months whose figures are kept as they were counted.
async fn closed_months(ctx: &Ctx, shell: &Shell) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("月份", "Month"), t("封存时间", "Counted at"), t("#达标项数", "#Met")];
    let mut table = Table::new(shell, t("已封存的月份", "Closed months"), &columns);
    let first = Month::of(ctx.clock.today()).0.checked_sub_months(MONTHS);
    let first = first.ok_or_else(|| Problem::internal("a month before all"))?;
    for (month, as_of, figures) in snapshots::since(ctx, first).await?.into_iter().rev() {
        let month = Month(month);
        table.row(vec![
            link(month.to_string(), format!("{BOARD}?on={month}")),
            text(minute(Moment(as_of))),
            number(figures.iter().filter(|figure| figure.met == Some(true)).count() as i64),
        ]);
    }
    t("还没有封存的月份。", "No month is closed yet.").clone_into(&mut table.empty);
    Ok(table.sortable(shell, 'm'))
}

fn task_name(shell: &Shell, task: &ProjectTaskOut) -> String {
    let english = match (task.project, task.task) {
        (1, "party_neighbourhood_centres") => "Sites in party-neighbourhood centres",
        (1, "community_centres") => "Sites in communities",
        (1, "places") => "Places of both",
        (1, "townships") => "Townships with a site",
        _ => "Places in kindergartens",
    };
    shell.t(task.name, english).to_owned()
}

fn tasks(shell: &Shell, progress: &ProjectsOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("项目", "Project"),
        t("任务", "Task"),
        t("#已完成", "#Done"),
        t("#目标", "#Target"),
        t("是否完成", "Met"),
        t("尚无托育点的乡镇", "Townships without a site"),
    ];
    let mut table = Table::new(shell, t("项目进度", "Progress"), &columns);
    for task in &progress.tasks {
        let (class, zh, en) = if task.met { ("good", "已完成", "met") } else { ("wait", "进行中", "under way") };
        table.row(vec![
            text(format!("{} {}", t("项目", "Project"), task.project)),
            text(task_name(shell, task)),
            number(task.count),
            number(task.target),
            Cell::Mark(class, t(zh, en).to_owned()),
            text(if task.missing_townships.is_empty() { "—".to_owned() } else { task.missing_townships.join("、") }),
        ]);
    }
    table.sortable(shell, 'p')
}

fn counting(shell: &Shell, count: Listed<ProjectCentreOut>) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("机构", "Centre"),
        t("#项目", "#Project"),
        t("类型", "Kind"),
        t("乡镇", "Township"),
        t("备案", "Filing"),
        t("#托位", "#Places"),
        t("登记日期", "Entered on"),
    ];
    let mut table = Table::new(shell, t("计入项目的机构", "Centres that count"), &columns);
    for centre in &count.items {
        table.row(vec![
            link(centre.name.clone(), format!("/bureau/centres/{}", centre.id)),
            number(centre.project.into()),
            text(shell.word(centre.kind.zh(), centre.kind.as_str())),
            text(centre.township.clone()),
            text(shell.word(centre.filed.zh(), centre.filed.as_str())),
            number(centre.places),
            text(centre.entered_on.0.to_string()),
        ]);
    }
    table.rest_by(shell, count.rest, "centres").sortable(shell, 'k')
}

#[get("/indicators/{indicator}")]
async fn bureau_indicator(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    indicator: Path<IndicatorCode>,
) -> Result<HttpResponse> {
    let report = service::report(&ctx, &IndicatorsQuery::default()).await?;
    let found = report.items.iter().find(|item| item.code == indicator.0);
    let item = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    let trend = service::trend(&ctx, indicator.0, TrendQuery::default()).await?;
    let Cell::Number(wanted) = wanted(item) else { return Err(Problem::internal("a target is a figure")) };
    let beside = format!("{} {wanted}", shell.t("目标", "target"));
    let view = View::new(&shell, name(&shell, item))
        .part(Part::Big(dash(item.value.map(|value| written(item.per, value))), beside))
        .facts(&[
            ("差距", "Gap", dash(item.gap.map(|gap| written(item.per, gap)))),
            ("计算公式", "Formula", shell.t(item.formula, item.formula_en).to_owned()),
            ("统计时间", "Counted at", minute(report.as_of)),
        ]);
    let view = match why(&shell, item) {
        Some(why) => view.part(Part::Text(why)),
        None => view,
    };
    let words = shell.t(
        "已封存各月的指标值与当前目标线；数据见表格。",
        "Values of the closed months and the target of now; the figures are in the table.",
    );
    let points: Vec<Point> = trend
        .items
        .iter()
        .map(|point| Point { label: point.month.to_string(), value: point.value, interval: None })
        .collect();
    let picture = Part::Picture(chart::figures(&points, item.target, item.per == 1)?, words.to_owned());
    view.part(picture)
        .table(months(&shell, item, &trend))
        .table(sources(&shell, item))
        .part(Part::Links(vec![(shell.t("返回规划指标", "Back to the board").to_owned(), BOARD.to_owned())]))
        .answer(&ctx)
}

fn months(shell: &Shell, item: &IndicatorOut, trend: &IndicatorTrendOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("月份", "Month"),
        t("#指标值", "#Value"),
        t("#当时目标", "#Target then"),
        t("是否达标", "Met"),
        t("#分子", "#Numerator"),
        t("#分母", "#Denominator"),
        t("统计时间", "Counted at"),
    ];
    let mut table = Table::new(shell, t("逐月数据", "Figures by month"), &columns);
    for point in trend.items.iter().rev() {
        table.row(vec![
            text(point.month.to_string()),
            value(item, point.value),
            value(item, Some(point.target)),
            mark(shell, point.met),
            counted(shell, item.code, point.numerator),
            counted(shell, item.code, point.denominator),
            text(minute(point.as_of)),
        ]);
    }
    t("还没有封存的月份。", "No month is closed yet.").clone_into(&mut table.empty);
    table.sortable(shell, 'm')
}

/// What it is made of, and the same counted in other ways.
fn sources(shell: &Shell, item: &IndicatorOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("数据", "What"), t("#数值", "#Number"), t("来源", "Source"), t("数据日期", "As of")];
    let mut table = Table::new(shell, t("数据来源", "Sources"), &columns);
    for source in &item.sources {
        table.row(vec![
            text(words::what(shell, source)),
            if words::is_a_word(source) {
                text(yes(shell, source.value == 1))
            } else {
                counted(shell, item.code, Some(source.value))
            },
            text(words::source(shell, source)),
            text(source.as_of.0.to_string()),
        ]);
    }
    for variant in &item.variants {
        table.row(vec![
            text(words::basis(shell, &variant.basis)),
            value(item, variant.value),
            text(format!("{} ÷ {}", variant.numerator, variant.denominator)),
            text("—"),
        ]);
    }
    table.sortable(shell, 's')
}
