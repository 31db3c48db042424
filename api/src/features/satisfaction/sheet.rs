//! The report as a table: the same digits as the JSON, a header in Chinese with the units.

use super::dto::{SatisfactionFigures, SatisfactionOut};
use crate::http::table::{Cell, Table};

/// The columns. Rates are fractions of 1, as in the JSON.
const HEADER: [&str; 33] = [
    "编码",
    "名称",
    "起始月份",
    "结束月份",
    "有效评价（份）",
    "满意及以上（份）",
    "满意率（小数，1即100%）",
    "平均分（1–5分）",
    "服务家庭（户）",
    "应答率（小数，1即100%）",
    "满意率95%置信下限（小数）",
    "满意率95%置信上限（小数）",
    "目标值（小数）",
    "是否达标",
    "是否稳定达标（置信下限达标）",
    "评价数不足（少于5份）",
    "统计维度",
    "统计时间",
    "环境：评价（份）",
    "环境：满意率（小数）",
    "环境：平均分（1–5分）",
    "保育人员：评价（份）",
    "保育人员：满意率（小数）",
    "保育人员：平均分（1–5分）",
    "餐食：评价（份）",
    "餐食：满意率（小数）",
    "餐食：平均分（1–5分）",
    "安全：评价（份）",
    "安全：满意率（小数）",
    "安全：平均分（1–5分）",
    "家园沟通：评价（份）",
    "家园沟通：满意率（小数）",
    "家园沟通：平均分（1–5分）",
];

/// The overall row, then a row per group.
pub(super) fn table(report: &SatisfactionOut) -> Table<'static> {
    let mut rows = vec![row(report, "overall", "总体", &report.overall)];
    rows.extend(report.groups.iter().map(|group| row(report, &group.key, &group.label, &group.figures)));
    let filename = format!("satisfaction_{}_{}", report.from, report.to);
    Table { filename, header: &HEADER, rows, as_of: report.as_of }
}

fn row(report: &SatisfactionOut, key: &str, label: &str, figures: &SatisfactionFigures) -> Vec<Cell> {
    use super::dto::SatisfactionBy::{CareType, Centre, Kind, Month, SubScore, Township};
    let SatisfactionFigures {
        answers,
        satisfied,
        too_few,
        rate,
        mean,
        families_served,
        response_rate,
        interval,
        met,
        met_with_confidence,
        sub,
    } = *figures;
    let by = match report.by {
        None => "总体",
        Some(Centre) => "托育机构",
        Some(Township) => "乡镇",
        Some(Kind) => "机构类型",
        Some(CareType) => "服务形式",
        Some(Month) => "月份",
        Some(SubScore) => "分项",
    };
    let mut cells = vec![
        Cell::text(key),
        Cell::text(label),
        Cell::text(&report.from.to_string()),
        Cell::text(&report.to.to_string()),
        answers.into(),
        satisfied.map_or(Cell::Empty, Cell::from),
        rate.into(),
        mean.into(),
        families_served.into(),
        response_rate.into(),
        interval.map(|interval| interval.low).into(),
        interval.map(|interval| interval.high).into(),
        Some(report.target).into(),
        met.into(),
        met_with_confidence.into(),
        Some(too_few).into(),
        Cell::text(by),
        Cell::moment(report.as_of),
    ];
    match sub {
        Some(sub) => {
            for (_, _, _, score) in sub.named() {
                cells.extend([score.answers.into(), score.rate.into(), score.mean.into()]);
            }
        }
        // A row of a sub-score has none of its own.
        None => cells.extend((18..HEADER.len()).map(|_| Cell::Empty)),
    }
    cells
}
