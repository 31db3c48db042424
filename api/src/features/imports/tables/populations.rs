//! Populations of communities that are there, by code.

use super::{Import, Line, checked, once_each};
use crate::{
    error::Result,
    features::{
        coverage::service::{
            Judged,
            populations::{self, Outcome, Population},
        },
        imports::columns::{Column, Holds, maybe, needed, read},
    },
};

pub(super) const COLUMNS: &[Column] = &[
    needed("社区编码", "code", Holds::Text, "与社区地图一致；请设为文本格式，以免丢失数字", "350521001001"),
    maybe("常住人口（人）", "residents", Holds::Whole, "不填则保留原数据", "5200"),
    maybe("3岁以下（人）", "under3", Holds::Whole, "不填则保留原数据", "130"),
    needed("数据来源", "source", Holds::Text, "最多100字", "2025年人口抽样调查"),
    needed("数据日期", "as_of", Holds::Day, "不早于已有数据的日期", "2025-11-01"),
];

pub(super) async fn run(import: &mut Import<'_, '_>, lines: &[Line]) -> Result<()> {
    let rows = read::<Population>(lines, COLUMNS, &mut import.problems);
    import.has(rows.len());
    let rows = once_each(import, rows, |row| row.code.to_string());
    let judged = rows.into_iter().map(|row| {
        let (wrong, unknown) = (import.problems.has(row.at), import.problems.has_cell(row.at, COLUMNS[0].title));
        (row.at, Judged { row: row.value, wrong, unknown })
    });
    let (lines, rows): (Vec<usize>, Vec<_>) = judged.unzip();
    let outcomes = populations::set(import.ctx, import.txn, import.bureau, &rows).await?;
    for (at, outcome) in lines.into_iter().zip(outcomes) {
        import.step().await?;
        match checked(import, COLUMNS, at, outcome)? {
            Some(Outcome::Changed(id, detail)) => {
                import.did("community.change", id.to_string(), detail);
                import.changed += 1;
            }
            Some(Outcome::Unchanged) => import.unchanged += 1,
            None => {}
        }
    }
    Ok(())
}
