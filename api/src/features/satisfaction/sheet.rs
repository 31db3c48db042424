//! The report as a table: the same digits as the JSON, a header in Chinese with the units.

use actix_web::web::Data;

use super::{
    dto::{SatisfactionCounted, SatisfactionFigures, SatisfactionMonthOut, SatisfactionMonthsQuery, SatisfactionOut},
    snapshots,
};
use crate::{
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet, Table},
    },
    state::Ctx,
};

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

/// The columns of closed months.
const MONTHS: [&str; 20] = [
    "月份",
    "快照时间",
    "快照：有效评价（份）",
    "快照：满意及以上（份）",
    "快照：满意率（小数，1即100%）",
    "快照：平均分（1–5分）",
    "快照：满意率95%置信下限（小数）",
    "快照：满意率95%置信上限（小数）",
    "快照：是否达标",
    "快照：是否稳定达标（置信下限达标）",
    "修订：有效评价（份）",
    "修订：满意及以上（份）",
    "修订：满意率（小数，1即100%）",
    "修订：平均分（1–5分）",
    "修订：满意率95%置信下限（小数）",
    "修订：满意率95%置信上限（小数）",
    "修订：是否达标",
    "修订：是否稳定达标（置信下限达标）",
    "是否有修订",
    "有修订的机构（家）",
];

/// Every closed month, as far as the filter leaves them.
pub(super) fn months(ctx: Data<Ctx>, query: SatisfactionMonthsQuery) -> Sheet<SatisfactionMonthOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<SatisfactionMonthOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), SatisfactionMonthsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { snapshots::months(&ctx, query).await })
    });
    let row: fn(SatisfactionMonthOut) -> Vec<Cell> = |month| {
        let mut cells = vec![Cell::text(&month.month.to_string()), Cell::moment(month.as_of)];
        cells.extend(counted(&month.taken));
        cells.extend(counted(&month.revised));
        cells.extend([Some(month.changed).into(), Cell::Integer(month.centres.len() as i64)]);
        cells
    };
    Pages { filename: "satisfaction_months", header: &MONTHS, as_of, list, row }
}

fn counted(figures: &SatisfactionCounted) -> [Cell; 8] {
    let SatisfactionCounted { answers, satisfied, too_few: _, rate, mean, interval, met, met_with_confidence } =
        *figures;
    [
        answers.into(),
        Cell::whole(satisfied),
        rate.into(),
        mean.into(),
        interval.map(|interval| interval.low).into(),
        interval.map(|interval| interval.high).into(),
        met.into(),
        met_with_confidence.into(),
    ]
}
