//! Populations of many communities at once, as an import has them; their places come with the map.

use chrono::NaiveDate;
use entity::{CommunityId, communities};
use sea_orm::DatabaseTransaction;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{rules::day_flaw, store},
    Judged, all_of,
    communities::{has_ended, next},
};
use crate::{
    error::{Problem, Result, Text},
    features::auth::Bureau,
    http::{Day, Line, Whole},
    state::Ctx,
};

/// The figures of a community.
#[derive(Debug, Deserialize)]
pub struct Population {
    /// Says which community it is.
    pub code: Line<40>,
    /// Residents; absent: as they were.
    pub residents: Option<Whole<0, 10_000_000>>,
    /// Children under three; absent: as they were.
    pub under3: Option<Whole<0, 1_000_000>>,
    /// Where the figures come from.
    pub source: Line<100>,
    /// Of which day they are.
    pub as_of: Day,
}

/// What became of one.
#[derive(Debug)]
pub enum Outcome {
    /// Its former state is kept; with what the audit log tells.
    Changed(CommunityId, Value),
    /// They were so already.
    Unchanged,
}

/// Sets figures in the transaction of an import; for each what became of it, or why nothing did.
pub async fn set(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    bureau: &Bureau,
    rows: &[Judged<Population>],
) -> Result<Vec<Result<Outcome>>> {
    let codes: Vec<String> = rows.iter().map(|judged| judged.row.code.to_string()).collect();
    let stored = store::lock_by_code(txn, &codes).await?;
    let (mut outcomes, mut changed) = (Vec::with_capacity(rows.len()), Vec::new());
    for Judged { row, wrong, unknown } in rows {
        let before = stored.get(&*row.code).filter(|_| !unknown);
        outcomes.push(judged(ctx, before, row).map(|after| match after.filter(|_| !wrong) {
            None => Outcome::Unchanged,
            Some(after) => {
                let after = next(ctx, after);
                let detail = json!({ "version": after.version, "residents": after.residents,
                    "under3": after.under3, "as_of": after.as_of });
                let id = after.id;
                changed.push(after);
                Outcome::Changed(id, detail)
            }
        }));
    }
    store::put(txn, &changed).await?;
    store::keep(txn, &changed, Some(bureau.staff_id), ctx.clock.now()).await?;
    Ok(outcomes)
}

/// The community with new figures; nothing if they are the same.
fn judged(ctx: &Ctx, stored: Option<&communities::Model>, row: &Population) -> Result<Option<communities::Model>> {
    let people = check_people(
        row.residents.map(|n| n.0).or_else(|| stored?.residents),
        row.under3.map(|n| n.0).or_else(|| stored?.under3),
    );
    let follows = may_follow(stored, row.as_of.0, ctx.clock.today());
    let Some(before) = stored else {
        let text = Text::new(
            "没有这个社区，请先导入社区（地图或社区位置表）。",
            "no such community: import communities first, as a map or as points.",
        );
        all_of([Err(Problem::field("code", "unknown", text)), people, follows])?;
        return Ok(None);
    };
    all_of([people, follows])?;
    let after = communities::Model {
        residents: row.residents.map(|n| n.0).or(before.residents),
        under3: row.under3.map(|n| n.0).or(before.under3),
        source: row.source.to_string(),
        as_of: row.as_of.0,
        ..before.clone()
    };
    Ok((after != *before).then_some(after))
}

/// Refuses figures of what is no community any more, those of a day to come, and those older than the stored
/// ones.
pub(super) fn may_follow(before: Option<&communities::Model>, as_of: NaiveDate, today: NaiveDate) -> Result<()> {
    if before.is_some_and(|before| before.ended_on.is_some()) {
        return Err(Problem::field("code", "ended", has_ended().text().clone()));
    }
    let flaw = day_flaw(as_of, before.map(|before| before.as_of), today);
    flaw.map_or(Ok(()), |(code, text)| Err(Problem::field("as_of", code, text)))
}

/// Refuses more under-threes than residents.
pub(super) fn check_people(residents: Option<i32>, under3: Option<i32>) -> Result<()> {
    if residents.zip(under3).is_none_or(|(all, under3)| under3 <= all) {
        return Ok(());
    }
    let text = Text::new("3岁以下人数不能多于常住人口。", "more under-threes than residents.");
    Err(Problem::field("under3", "out_of_range", text))
}
