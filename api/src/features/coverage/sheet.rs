//! The coverage as a table: the same digits as the JSON, a header in Chinese with the units.

use super::{dto::CommunityCoverageOut, store::Community};
use crate::{
    features::centres::coords::Coord,
    http::{
        Moment,
        table::{Cell, Table},
    },
};

const HEADER: [&str; 19] = [
    "编码",
    "名称",
    "乡镇",
    "类别",
    "农村口径",
    "常住人口（人）",
    "3岁以下（人）",
    "是否覆盖",
    "覆盖比例（小数，1即100%）",
    "3岁以下已覆盖（人）",
    "3岁以下未覆盖（人）",
    "最近机构",
    "步行（分钟）",
    "直线距离（米）",
    "经度",
    "纬度",
    "坐标系",
    "数据来源",
    "数据日期",
];

/// A row per community.
pub(super) fn table(rows: &[(Community, CommunityCoverageOut)], coord: Coord, as_of: Moment) -> Table<'static> {
    let rows = rows.iter().map(|(community, coverage)| row(community, coverage, coord)).collect();
    Table { filename: "coverage".to_owned(), header: &HEADER, rows, as_of }
}

fn row(community: &Community, coverage: &CommunityCoverageOut, coord: Coord) -> Vec<Cell> {
    let whole = |n: Option<i64>| n.map_or(Cell::Empty, Cell::Integer);
    let at = coord.from_wgs84(community.location());
    let outside = community.under3.zip(coverage.under3_covered).map(|(all, inside)| i64::from(all) - inside);
    let nearest = coverage.nearest.as_ref();
    vec![
        Cell::text(&community.code),
        Cell::text(&community.name),
        Cell::text(&community.township),
        Cell::text(community.kind.zh()),
        Some(community.rural).into(),
        whole(community.residents.map(i64::from)),
        whole(community.under3.map(i64::from)),
        Some(coverage.covered).into(),
        Cell::Number(coverage.share),
        whole(coverage.under3_covered),
        whole(outside),
        nearest.map_or(Cell::Empty, |nearest| Cell::text(&nearest.centre_name)),
        whole(nearest.and_then(|nearest| nearest.minutes).map(i64::from)),
        whole(nearest.map(|nearest| nearest.straight_m.into())),
        Cell::Number((at.lng * 1e7).round() / 1e7),
        Cell::Number((at.lat * 1e7).round() / 1e7),
        Cell::text(coord.as_str()),
        Cell::text(&community.source),
        Cell::text(&community.as_of.to_string()),
    ]
}
