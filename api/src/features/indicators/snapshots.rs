//! The indicators of closed months, as they were counted once the month was over. A snapshot keeps what was
//! counted and what followed from it; `quanxiangtuo indicators verify` makes the figures of the facts
//! again, and counts the facts again that have journals, byte for byte.

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use entity::indicator_snapshots;
use sha2::{Digest as _, Sha256};

use super::{
    facts::Facts,
    journal,
    rules::{self, Figure},
    service::{View, end_of, gather, kept, last_day},
    store::{snapshots as store, states},
};
use crate::{
    error::{Problem, Result},
    http::Month,
    state::Ctx,
};

/// Months back that are looked for.
const MONTHS: u32 = 24;
/// A change carries the time its transaction began: none that is under way is older than this.
const SETTLED: TimeDelta = TimeDelta::minutes(2);
/// The coverage is kept by a snapshot that is taken so soon after the month's end.
const COVERED: TimeDelta = TimeDelta::days(1);

/// Months that are over, the latest first.
fn closed(today: NaiveDate) -> Vec<NaiveDate> {
    let present = Month::of(today).0;
    (1..=MONTHS).filter_map(|n| present.checked_sub_months(Months::new(n))).collect()
}

/// Closed months without a snapshot, of which something can be known.
async fn missing(ctx: &Ctx) -> Result<Vec<NaiveDate>> {
    let Some((first, _)) = states::span(ctx.db.reader()).await? else { return Ok(Vec::new()) };
    let taken = store::months(ctx.db.reader()).await?;
    let wanted = |month: &NaiveDate| !taken.contains(month) && first < end_of(last_day(*month));
    Ok(closed(ctx.clock.today()).into_iter().filter(wanted).collect())
}

/// Writes down what centres are, and takes the snapshots of closed months that have none; for how many. Of
/// two replicas that take one at once the first stands.
pub async fn take_due(ctx: &Ctx) -> Result<u64> {
    journal::record(ctx).await?;
    let mut taken = 0;
    for month in missing(ctx).await? {
        let (as_of, end) = (ctx.clock.now(), end_of(last_day(month)));
        if as_of < end + SETTLED {
            continue;
        }
        let coverage = as_of < end + COVERED;
        let facts = gather(ctx, View { day: last_day(month), known_at: as_of, live: false, coverage }).await?;
        let row = snapshot(month, as_of, &facts)?;
        store::insert(ctx.db.writer(), row).await?;
        taken += 1;
    }
    Ok(taken)
}

fn snapshot(month: NaiveDate, as_of: DateTime<Utc>, facts: &Facts) -> Result<indicator_snapshots::Model> {
    let figures = serde_json::to_string(&rules::all(facts)).map_err(Problem::internal)?;
    let facts = serde_json::to_string(facts).map_err(Problem::internal)?;
    let sha256 = digest(&facts, &figures);
    Ok(indicator_snapshots::Model { month, as_of, facts, figures, sha256 })
}

fn digest(facts: &str, figures: &str) -> Vec<u8> {
    Sha256::new().chain_update(facts).chain_update("\n").chain_update(figures).finalize().to_vec()
}

/// Closed months that wait for their snapshot.
pub async fn waiting(ctx: &Ctx) -> Result<u64> {
    let now = ctx.clock.now();
    Ok(missing(ctx).await?.into_iter().filter(|month| end_of(last_day(*month)) + SETTLED <= now).count() as u64)
}

fn figures(row: &indicator_snapshots::Model) -> Result<Vec<Figure>> {
    serde_json::from_str(&row.figures).map_err(Problem::internal)
}

/// The figures of a closed month, and when they were counted.
pub async fn of(ctx: &Ctx, month: Month) -> Result<Option<(DateTime<Utc>, Vec<Figure>)>> {
    let row = store::of(ctx.db.reader(), month.0).await?;
    row.map(|row| Ok((row.as_of, figures(&row)?))).transpose()
}

/// The same from a month on, the earliest first.
pub async fn since(ctx: &Ctx, first: NaiveDate) -> Result<Vec<(NaiveDate, DateTime<Utc>, Vec<Figure>)>> {
    let rows = store::since(ctx.db.reader(), first).await?;
    rows.into_iter().map(|row| Ok((row.month, row.as_of, figures(&row)?))).collect()
}

/// What a snapshot isn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The stored texts aren't those that were hashed.
    Changed,
    /// Its figures don't follow from what was counted.
    Figures,
    /// Journals say otherwise than what was counted.
    Facts,
}

/// Makes and counts every snapshot again; how many there are, and which don't hold.
pub async fn verify(ctx: &Ctx) -> Result<(usize, Vec<(NaiveDate, Fault)>)> {
    let rows = store::all(ctx.db.reader()).await?;
    let (n, mut broken) = (rows.len(), Vec::new());
    for row in rows {
        if let Some(fault) = fault(ctx, &row).await? {
            broken.push((row.month, fault));
        }
    }
    Ok((n, broken))
}

async fn fault(ctx: &Ctx, row: &indicator_snapshots::Model) -> Result<Option<Fault>> {
    if digest(&row.facts, &row.figures) != row.sha256 {
        return Ok(Some(Fault::Changed));
    }
    let Ok(facts) = serde_json::from_str::<Facts>(&row.facts) else { return Ok(Some(Fault::Changed)) };
    if serde_json::to_string(&rules::all(&facts)).map_err(Problem::internal)? != row.figures {
        return Ok(Some(Fault::Figures));
    }
    let view = View { day: facts.day, known_at: row.as_of, live: false, coverage: false };
    let again = kept(ctx, view, facts.month_days, facts.targets.clone()).await?;
    // What has no journal is as it was kept.
    let again = Facts { care: facts.care, coverage: facts.coverage.clone(), registers: facts.registers, ..again };
    let again = serde_json::to_string(&again).map_err(Problem::internal)?;
    Ok((again != row.facts).then_some(Fault::Facts))
}

/// An indicator of a closed month that is another by what is known now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revised {
    /// The month.
    pub month: NaiveDate,
    /// As it was kept.
    pub kept: Figure,
    /// As the rows say now.
    pub now: Figure,
}

/// Takes what is missing, then counts every closed month anew by what is known now. The snapshots stay.
pub async fn recompute(ctx: &Ctx) -> Result<(u64, Vec<Revised>)> {
    let taken = take_due(ctx).await?;
    let mut revised = Vec::new();
    for row in store::all(ctx.db.reader()).await? {
        let stored: Facts = serde_json::from_str(&row.facts).map_err(Problem::internal)?;
        let view = View { day: stored.day, known_at: ctx.clock.now(), live: false, coverage: false };
        let now = gather(ctx, view).await?;
        // Judged by the targets of then; what coverage and registers were then isn't known any more.
        let Facts { targets, month_days, coverage, registers, .. } = stored;
        let now = Facts { targets, month_days, coverage, registers, ..now };
        let differing = figures(&row)?.into_iter().zip(rules::all(&now)).filter(|(kept, now)| kept != now);
        revised.extend(differing.map(|(kept, now)| Revised { month: row.month, kept, now }));
    }
    Ok((taken, revised))
}
