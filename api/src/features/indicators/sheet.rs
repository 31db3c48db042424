//! The indicators as a table: the same digits as the JSON, a header in Chinese with the units.

use super::dto::{IndicatorOut, IndicatorsOut};
use crate::http::table::{Cell, Table};

const HEADER: [&str; 14] = [
    "编码",
    "指标",
    "指标值（占比为小数，1即100%）",
    "目标值",
    "要求",
    "是否达标",
    "差距",
    "分子（个、人、天或分）",
    "分母（个、人、天或分）",
    "计算公式",
    "数据来源",
    "未能计算的原因",
    "其他口径",
    "统计日期",
];

/// A row per indicator.
pub(super) fn table(report: &IndicatorsOut) -> Table<'static> {
    let rows = report.items.iter().map(|item| row(report, item)).collect();
    let on = report.month.map_or_else(|| report.on.0.to_string(), |month| month.to_string());
    Table { filename: format!("indicators_{on}"), header: &HEADER, rows, as_of: report.as_of }
}

fn row(report: &IndicatorsOut, item: &IndicatorOut) -> Vec<Cell> {
    let whole = |n: Option<i64>| n.map_or(Cell::Empty, Cell::Integer);
    let sources: Vec<String> = item
        .sources
        .iter()
        .map(|source| format!("{} {}：{}，{}", source.what, source.value, source.source, source.as_of.0))
        .collect();
    let variants: Vec<String> = item
        .variants
        .iter()
        .map(|variant| {
            let basis = match &*variant.basis {
                "attendance" => "按出勤",
                "guided_twice" => "签约且本年巡回指导满两次",
                _ => "按在托",
            };
            let value = variant.value.map_or_else(|| "—".to_owned(), |value| value.to_string());
            format!("{basis} {value}（{}÷{}）", variant.numerator, variant.denominator)
        })
        .collect();
    vec![
        Cell::text(item.code.as_str()),
        Cell::text(item.name),
        item.value.into(),
        Some(item.target).into(),
        Cell::text(item.comparison.zh()),
        item.met.into(),
        item.gap.into(),
        whole(item.numerator),
        whole(item.denominator),
        Cell::text(item.formula),
        Cell::text(&sources.join("；")),
        item.reason.as_ref().map_or(Cell::Empty, |reason| Cell::text(&reason.detail)),
        Cell::text(&variants.join("；")),
        Cell::text(&report.on.0.to_string()),
    ]
}
