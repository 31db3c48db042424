//! Communities that are points, by code. Those with an area come with the map.

use entity::CommunityKind;

use super::{Import, Line, Surroundings, centres::coords, checked, once_each, words};
use crate::{
    error::Result,
    features::{
        coverage::service::{
            Judged,
            points::{self, CommunityPoint, PointOutcome},
        },
        imports::columns::{Column, Holds, maybe, needed, read},
    },
};

pub(super) const COLUMNS: &[Column] = &[
    needed("社区编码", "code", Holds::Text, "本区统一编码；请设为文本格式，以免丢失数字", "350521001001"),
    needed("社区名称", "name", Holds::Text, "最多60字", "锦绣社区"),
    needed("乡镇", "township", Holds::Text, "本区乡镇全称", "东园镇"),
    needed("类型", "kind", words!(CommunityKind), "社区或村", "社区"),
    needed("经度", "lng", Holds::Number, "社区中心点，度，如118.79", "118.7942"),
    needed("纬度", "lat", Holds::Number, "度，如24.89", "24.8952"),
    maybe("坐标系", "coord", Holds::Word(coords), "不填为gcj02（微信、高德、腾讯）；百度为bd09", "gcj02"),
    maybe("常住人口（人）", "residents", Holds::Whole, "不填则保留原数据", "5200"),
    maybe("3岁以下（人）", "under3", Holds::Whole, "不填则保留原数据", "130"),
    needed("数据来源", "source", Holds::Text, "最多100字", "2025年人口抽样调查"),
    needed("数据日期", "as_of", Holds::Day, "不早于已有数据的日期", "2025-11-01"),
];

pub(super) async fn run(import: &mut Import<'_, '_>, lines: &[Line]) -> Result<()> {
    let rows = read::<CommunityPoint>(lines, COLUMNS, &mut import.problems);
    import.has(rows.len());
    let rows = once_each(import, rows, |row| row.code.to_string());
    let around = Surroundings::of(import.txn, rows.iter().map(|row| (row.value.lng, row.value.lat))).await?;
    let judged = rows.into_iter().map(|row| {
        // One with something wrong is held against the rules too, and nothing is made of it. What has no code of
        // its own is no community that is there.
        let (wrong, unknown) = (import.problems.has(row.at), import.problems.has_cell(row.at, COLUMNS[0].title));
        (row.at, Judged { row: row.value, wrong, unknown })
    });
    let (lines, rows): (Vec<usize>, Vec<_>) = judged.unzip();
    let outcomes = points::set(import.ctx, import.txn, import.bureau, &rows).await?;
    let places: Vec<_> = rows.iter().map(|judged| judged.row.at()).collect();
    for ((at, outcome), place) in lines.into_iter().zip(outcomes).zip(places) {
        import.step().await?;
        let outcome = outcome.and_then(|outcome| around.check("lng", place).map(|()| outcome));
        match checked(import, COLUMNS, at, outcome)? {
            Some(PointOutcome::Created(id, detail)) => {
                import.did("community.add", id.to_string(), detail);
                import.created += 1;
            }
            Some(PointOutcome::Changed(id, detail)) => {
                import.did("community.change", id.to_string(), detail);
                import.changed += 1;
            }
            Some(PointOutcome::Unchanged) => import.unchanged += 1,
            None => {}
        }
    }
    Ok(())
}
