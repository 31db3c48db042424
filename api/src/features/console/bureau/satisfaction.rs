//! Satisfaction: filters, the trend, and a table by whatever is asked for.

use actix_web::{HttpResponse, get, web::Data};
use askama::Template;
use serde::Deserialize;

use super::super::{
    chart::{self, Point},
    shell::{Shell, show},
    table::{Cell, Table, interval, number, percent, text},
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        satisfaction::{
            Answers,
            dto::{SatisfactionBy, SatisfactionFigures, SatisfactionOut, SatisfactionQuery},
            service,
        },
    },
    http::{Month, Query},
    state::Ctx,
};

#[derive(Deserialize)]
pub(super) struct PageQuery {
    from: Option<Month>,
    to: Option<Month>,
    by: Option<SatisfactionBy>,
    #[expect(dead_code, reason = "read by the shell")]
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "console/bureau/satisfaction.html")]
struct SatisfactionPage {
    shell: Shell,
    from: String,
    to: String,
    /// Word, name, whether it is the one shown.
    groups: Vec<(&'static str, &'static str, bool)>,
    rate: String,
    interval: String,
    answers: i64,
    target: String,
    trend: String,
    months: Table,
    table: Table,
}

const GROUPS: [(SatisfactionBy, &str, &str, &str); 5] = [
    (SatisfactionBy::Centre, "centre", "按机构", "By centre"),
    (SatisfactionBy::Township, "township", "按乡镇", "By township"),
    (SatisfactionBy::Kind, "kind", "按机构类型", "By kind"),
    (SatisfactionBy::CareType, "care_type", "按服务形式", "By form of care"),
    (SatisfactionBy::Month, "month", "按月", "By month"),
];

#[get("/satisfaction")]
pub(super) async fn bureau_satisfaction(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse> {
    let by = query.by.unwrap_or(SatisfactionBy::Centre);
    let asked = |by| SatisfactionQuery { from: query.from, to: query.to, by: Some(by) };
    let months = service::report(&ctx, asked(SatisfactionBy::Month), Answers::Present).await?;
    let report = service::report(&ctx, asked(by), Answers::Present).await?;
    let (_, word, zh, en) = GROUPS.into_iter().find(|(group, ..)| *group == by).unwrap_or(GROUPS[0]);
    let points: Vec<Point> = months
        .groups
        .iter()
        .map(|group| Point {
            label: group.key.clone(),
            value: group.figures.rate,
            interval: group.figures.interval.map(|interval| (interval.low, interval.high)),
        })
        .collect();
    let range = format!("from={}&to={}", report.from, report.to);
    show(&SatisfactionPage {
        from: report.from.to_string(),
        to: report.to.to_string(),
        groups: GROUPS.map(|(group, word, zh, en)| (word, shell.t(zh, en), group == by)).to_vec(),
        rate: percent(report.overall.rate),
        interval: interval(report.overall.interval),
        answers: report.overall.answers,
        target: percent(Some(report.target)),
        trend: chart::rates(&points, months.target)?,
        months: table(&shell, shell.t("逐月满意度", "Satisfaction by month"), &months)
            .downloads("/bureau/satisfaction", &format!("{range}&by=month")),
        table: table(&shell, shell.t(zh, en), &report).downloads("/bureau/satisfaction", &format!("{range}&by={word}")),
        shell,
    })
}

fn table(shell: &Shell, caption: &str, report: &SatisfactionOut) -> Table {
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
            number(figures.satisfied),
            Cell::Number(percent(figures.rate)),
            Cell::Number(interval(figures.interval)),
            Cell::Number(figures.mean.map_or_else(|| "—".to_owned(), |mean| format!("{mean:.2}"))),
            number(figures.families_served),
            Cell::Number(percent(figures.response_rate)),
            met(shell, figures),
        ]);
    }
    table
}

/// Whether the target is met, in a word.
pub(in super::super) fn met(shell: &Shell, figures: &SatisfactionFigures) -> Cell {
    let (class, zh, en) = match (figures.met, figures.met_with_confidence) {
        (Some(true), Some(true)) => ("good", "达标（可信）", "met with confidence"),
        (Some(true), _) => ("good", "达标", "met"),
        (Some(false), _) => ("bad", "未达标", "not met"),
        (None, _) => ("plain", "样本过少", "too few"),
    };
    Cell::Mark(class, shell.t(zh, en).to_owned())
}
