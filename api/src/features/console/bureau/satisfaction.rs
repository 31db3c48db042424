//! Satisfaction: filters, the trend, and a table by whatever is asked for.

use actix_web::{HttpResponse, get, web::Data};
use chrono::Months;
use serde::Deserialize;

use super::super::{
    chart::{self, Point},
    fields::Fields,
    shell::Shell,
    table::{Cell, Table, interval, number, percent, text},
    values::{centre_name, dash},
    view::{Part, View},
};
use super::{satisfaction_months as months, signals};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        oversight::service as oversight,
        ratings::{exclusion_dto::BureauRatingsQuery, exclusions},
        satisfaction::{
            Answers,
            dto::{SatisfactionBy, SatisfactionFigures, SatisfactionOut, SatisfactionQuery, SatisfactionScores},
            service,
        },
    },
    http::{Cursor, Limit, Month, Query},
    state::Ctx,
};

#[derive(Deserialize)]
pub(super) struct PageQuery {
    from: Option<Month>,
    to: Option<Month>,
    by: Option<SatisfactionBy>,
    cursor: Option<Cursor>,
}

const GROUPS: [(SatisfactionBy, &str, &str, &str); 6] = [
    (SatisfactionBy::Centre, "centre", "按机构", "By centre"),
    (SatisfactionBy::Township, "township", "按乡镇", "By township"),
    (SatisfactionBy::Kind, "kind", "按机构类型", "By kind"),
    (SatisfactionBy::CareType, "care_type", "按服务形式", "By form of care"),
    (SatisfactionBy::Month, "month", "按月", "By month"),
    (SatisfactionBy::SubScore, "sub_score", "按分项", "By sub-score"),
];

/// Months of the trend.
const TREND: u32 = 24;

#[get("/satisfaction")]
pub(super) async fn bureau_satisfaction(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse> {
    let by = query.by.unwrap_or(SatisfactionBy::Centre);
    let asked = |by| SatisfactionQuery { from: query.from, to: query.to, by: Some(by) };
    let report = service::report(&ctx, asked(by), Answers::Present).await?;
    // Two years at least, whatever the figures are of: a trend isn't seen in a month.
    let two_years = report.to.0.checked_sub_months(Months::new(TREND - 1)).map(Month);
    let since = two_years.map(|month| month.min(report.from));
    let trend_query = SatisfactionQuery { from: since, ..asked(SatisfactionBy::Month) };
    let by_month = service::report(&ctx, trend_query, Answers::Present).await?;
    let trend_range = format!("from={}&to={}", by_month.from, by_month.to);
    let (_, word, zh, en) = GROUPS.into_iter().find(|(group, ..)| *group == by).unwrap_or(GROUPS[0]);
    let range = format!("from={}&to={}", report.from, report.to);
    let groups = GROUPS.map(|(group, word, zh, en)| (word.to_owned(), shell.t(zh, en).to_owned(), group == by));
    let filter = Fields::filter(&shell, "/bureau/satisfaction")
        .month("from", shell.t("从", "From"), report.from.to_string())
        .month("to", shell.t("到", "To"), report.to.to_string())
        .choice("by", shell.t("分组", "Group by"), groups.to_vec());
    let beside = format!(
        "{} {} · n = {} · {}",
        shell.t("目标", "target"),
        percent(Some(report.target)),
        report.overall.answers,
        interval(report.overall.interval)
    );
    View::new(&shell, shell.t("入托家庭满意度", "Satisfaction of families"))
        .form(filter)
        .part(Part::Links(vec![(
            shell.t("已关账月份的快照与修订", "Closed months: as taken, and as revised").to_owned(),
            months::LIST.to_owned(),
        )]))
        .part(Part::Big(percent(report.overall.rate), beside))
        .part(trend(&shell, &by_month)?)
        .table(
            table(&shell, shell.t(zh, en), &report)
                .downloads("/bureau/satisfaction", &format!("{range}&by={word}"))
                .sortable(&shell, 'g'),
        )
        .part(Part::Folded(
            table(&shell, shell.t("逐月数据", "Figures by month"), &by_month)
                .downloads("/bureau/satisfaction", &format!("{trend_range}&by=month")),
        ))
        .heading("分项评价", "Sub-scores")
        .part(scores_chart(&shell, &report)?)
        .table(scores_table(&shell, &report).downloads("/bureau/satisfaction", &format!("{range}&by=sub_score")))
        .heading("异常评价提示", "Unusual patterns")
        .text(
            "仅供人工核查，不代表违规；答案仍计入统计，除非两位工作人员决定剔除。",
            "For people to look at; what is flagged still counts, unless two officers leave it out.",
        )
        .table(unusual(&ctx, &shell, report.to).await?)
        .table(comments(&ctx, &shell, (report.from, report.to), query.cursor).await?)
        .answer(&ctx)
}

/// The rates of the months as a line.
pub(super) fn trend(shell: &Shell, months: &SatisfactionOut) -> Result<Part> {
    let points: Vec<Point> = months
        .groups
        .iter()
        .map(|group| Point {
            label: group.key.clone(),
            value: group.figures.rate,
            interval: group.figures.interval.map(|interval| (interval.low, interval.high)),
        })
        .collect();
    let words = shell.t(
        "逐月满意率、95%区间与目标线；数据见表格。",
        "Rate by month with its 95% interval and the target; the figures are in the table.",
    );
    Ok(Part::Picture(chart::rates(&points, months.target)?, words.to_owned()))
}

/// Signals about the ratings given in the last month of the report, as far as it is over.
async fn unusual(ctx: &Ctx, shell: &Shell, month: Month) -> Result<Table> {
    let last = month.0.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(month.0);
    let signals = oversight::of_ratings(ctx, month.0, last).await?;
    Ok(signals::listed(shell, shell.t("异常评价", "Unusual answers"), signals))
}

/// The rates of the sub-scores beside each other.
fn scores_chart(shell: &Shell, report: &SatisfactionOut) -> Result<Part> {
    let points: Vec<Point> = report
        .overall
        .sub
        .iter()
        .flat_map(SatisfactionScores::named)
        .map(|(_, zh, en, score)| Point {
            label: shell.t(zh, en).to_owned(),
            value: score.rate,
            interval: score.interval.map(|interval| (interval.low, interval.high)),
        })
        .collect();
    let words = shell.t(
        "各分项的满意率、95%区间与目标线；数据见表格。",
        "Rate of each sub-score with its 95% interval and the target; the figures are in the table.",
    );
    Ok(Part::Picture(chart::bars(&points, report.target)?, words.to_owned()))
}

/// The sub-scores, a line each.
fn scores_table(shell: &Shell, report: &SatisfactionOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("分项", "Sub-score"),
        t("#评价", "#Answers"),
        t("#满意", "#Satisfied"),
        t("#满意率", "#Rate"),
        t("#95%区间", "#95% interval"),
        t("#均分", "#Mean"),
        t("是否达标", "Met"),
    ];
    let mut table = Table::new(shell, t("分项数据", "Figures by sub-score"), &columns);
    for (_, zh, en, score) in report.overall.sub.iter().flat_map(SatisfactionScores::named) {
        table.row(vec![
            text(t(zh, en)),
            number(score.answers),
            Cell::Number(dash(score.satisfied)),
            Cell::Number(percent(score.rate)),
            Cell::Number(interval(score.interval)),
            Cell::Number(mean(score.mean)),
            verdict(shell, score.met, score.met_with_confidence),
        ]);
    }
    table.sortable(shell, 'd')
}

pub(super) fn mean(mean: Option<f64>) -> String {
    mean.map_or_else(|| "—".to_owned(), |mean| format!("{mean:.2}"))
}

/// What families wrote about care in the months that the page shows, once moderation has passed it.
async fn comments(ctx: &Ctx, shell: &Shell, months: (Month, Month), cursor: Option<Cursor>) -> Result<Table> {
    let (from, to) = (Some(months.0), Some(months.1));
    let query = BureauRatingsQuery {
        centre_id: None,
        level: None,
        month: None,
        from,
        to,
        excluded: None,
        limit: Limit(50),
        cursor,
    };
    let page = shell.list(&query, async |query| exclusions::ratings(ctx, query).await).await?;
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("托育日期", "Day of care"), t("机构", "Centre"), t("#评分", "#Level"), t("文字", "Text")];
    let mut table = Table::new(shell, t("家长评价文字（审核通过）", "What families wrote, after moderation"), &columns);
    for rating in &page.items {
        if let Some(words) = &rating.text {
            table.row(vec![
                text(rating.care_date.to_string()),
                text(centre_name(ctx, rating.centre_id)),
                number(rating.level.into()),
                text(words.clone()),
            ]);
        }
    }
    Ok(table.rest(shell, page.rest))
}

/// Figures, a line a group.
pub(super) fn table(shell: &Shell, caption: &str, report: &SatisfactionOut) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("分组", "Group"),
        t("#有效评价", "#Answers"),
        t("#满意", "#Satisfied"),
        t("#满意率", "#Rate"),
        t("#95%区间", "#95% interval"),
        t("#均分", "#Mean"),
        t("#服务家庭", "#Families served"),
        t("#回收率", "#Response"),
        t("是否达标", "Met"),
    ];
    let mut table = Table::new(shell, caption, &columns);
    for group in &report.groups {
        let figures = &group.figures;
        let label = match report.by {
            Some(SatisfactionBy::Month) => {
                let month = &group.key;
                Cell::Link(group.label.clone(), format!("/bureau/satisfaction?from={month}&to={month}&by=centre"))
            }
            _ => text(group.label.clone()),
        };
        table.row(vec![
            label,
            number(figures.answers),
            Cell::Number(dash(figures.satisfied)),
            Cell::Number(percent(figures.rate)),
            Cell::Number(interval(figures.interval)),
            Cell::Number(mean(figures.mean)),
            number(figures.families_served),
            Cell::Number(percent(figures.response_rate)),
            met(shell, figures),
        ]);
    }
    table
}

/// Whether the target is met, in a word.
pub(in super::super) fn met(shell: &Shell, figures: &SatisfactionFigures) -> Cell {
    verdict(shell, figures.met, figures.met_with_confidence)
}

pub(super) fn verdict(shell: &Shell, met: Option<bool>, with_confidence: Option<bool>) -> Cell {
    let (class, zh, en) = match (met, with_confidence) {
        (Some(true), Some(true)) => ("good", "达标（可信）", "met with confidence"),
        (Some(true), _) => ("good", "达标", "met"),
        (Some(false), _) => ("bad", "未达标", "not met"),
        (None, _) => ("plain", "样本过少", "too few"),
    };
    Cell::Mark(class, shell.t(zh, en).to_owned())
}
