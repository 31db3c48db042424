//! Roll-ups: what the report reads, so that it takes as long over ten times the ratings.
//!
//! They are counted from marks, which triggers write in the transaction of whatever changes a rating or
//! care (`migration/src/m0039_satisfaction.rs`). Whoever counts holds one row, reads marks, counts anew
//! what they name and takes exactly these marks away, in one transaction: a kill leaves the marks, a change
//! that commits meanwhile leaves its own, and nobody sees a half. A worker counts every few seconds, and a
//! report before it reads, so that it tells of what was committed before it was asked.
//!
//! Answers and children in care add up over months and centres; distinct families don't. A family is
//! therefore counted in each month by the last month before in which the same group (all, a township, a
//! kind, a form of care, a centre) served it: the families of a range are those whose last month lies before
//! the range. `satisfaction_served` holds what is counted of each family, so that it can be taken away again.

mod cards;
pub(super) mod counts;
mod recount;
mod store;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CentreId, FamilyId, satisfaction_marks as marks};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, sea_query::SelectStatement};

use self::counts::{Families, Key, Keys};
use crate::{
    http::Month,
    platform::db::{Db, unhurried, write_txn},
    state::Ctx,
};

pub use cards::{CentreSums, centre_sums};
pub use recount::{Difference, recount, repair};

/// Marks counted in one transaction.
const BATCH: usize = 500;
/// Transactions of one turn of the worker, and of one report, at most.
const TURN: usize = 200;
const REPORT: usize = 4;

/// Counts what is marked; for how many marks.
pub async fn settle(ctx: &Ctx) -> Result<u64, DbErr> {
    count(&ctx.db, Some(ctx.clock.now()), TURN).await
}

/// The same after a migration or a load, whatever is marked.
pub async fn fill(db: &Db) -> Result<(), DbErr> {
    count(db, None, usize::MAX).await.map(drop)
}

/// The same before a report. A failure costs only freshness: the report says as of when it is.
pub(super) async fn freshen(ctx: &Ctx) {
    if let Err(error) = count(&ctx.db, Some(ctx.clock.now()), REPORT).await {
        tracing::warn!(%error, "the roll-ups of satisfaction can't be brought up to date by a report");
    }
}

/// The instant whose state the roll-ups hold, asked at `now`.
pub(super) async fn as_of(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<DateTime<Utc>, DbErr> {
    if store::marks(db, 1).await?.is_empty() {
        return Ok(now);
    }
    Ok(store::settled_at(db).await?.unwrap_or(now))
}

/// Marks that wait.
pub async fn waiting(ctx: &Ctx) -> Result<u64, DbErr> {
    store::count_marks(ctx.db.reader()).await
}

async fn count(db: &Db, now: Option<DateTime<Utc>>, turns: usize) -> Result<u64, DbErr> {
    let mut done = 0;
    for _ in 0..turns {
        if store::marks(db.reader(), 1).await?.is_empty() {
            break;
        }
        done += write_txn(db, async |txn| step(txn, now).await).await?;
    }
    Ok(done)
}

/// Counts anew what the oldest marks name.
async fn step(txn: &DatabaseTransaction, now: Option<DateTime<Utc>>) -> Result<u64, DbErr> {
    store::hold(txn).await?;
    let marks = store::marks(txn, BATCH as u64 + 1).await?;
    let all = marks.len() <= BATCH;
    let marks = &marks[..marks.len().min(BATCH)];
    let named = Named::of(marks);
    if named.everything {
        rebuild(txn).await?;
    } else {
        if !named.answers.is_empty() {
            store::renew_answers(txn, Keys::These(&named.answers)).await?;
        }
        if !named.care.is_empty() {
            store::renew_care(txn, Keys::These(&named.care)).await?;
        }
        let changed = changed(txn, named.families.into_iter().collect()).await?;
        if !changed.is_empty() {
            let which = Families::These(&changed);
            store::add_families(txn, which, -1).await?;
            store::renew_served(txn, which).await?;
            store::add_families(txn, which, 1).await?;
        }
        for centre in named.moved {
            unhurried(txn).await?;
            store::add_families(txn, Families::Of(centre), -1).await?;
            store::rename_served(txn, centre).await?;
            store::add_families(txn, Families::Of(centre), 1).await?;
        }
    }
    store::unmark(txn, marks.iter().map(|mark| mark.id).collect()).await?;
    if let Some(now) = now.filter(|_| all) {
        store::note_settled(txn, now).await?;
    }
    Ok(marks.len() as u64)
}

/// Counts everything anew; the counting must be held. What is changed meanwhile keeps its marks.
async fn rebuild(txn: &DatabaseTransaction) -> Result<(), DbErr> {
    unhurried(txn).await?;
    store::renew_answers(txn, Keys::All).await?;
    store::renew_care(txn, Keys::All).await?;
    store::renew_served(txn, Families::All).await?;
    store::clear_families(txn).await?;
    store::add_families(txn, Families::All, 1).await
}

/// What marks name.
#[derive(Default)]
struct Named {
    everything: bool,
    answers: BTreeSet<Key>,
    care: BTreeSet<Key>,
    families: BTreeSet<FamilyId>,
    moved: BTreeSet<CentreId>,
}

impl Named {
    fn of(marks: &[marks::Model]) -> Self {
        let mut named = Self::default();
        for mark in marks {
            let month = mark.month.as_deref().map(month);
            match (mark.centre_id, month, mark.family_id) {
                (Some(centre), Some(Some(month)), None) => {
                    named.answers.insert((month, centre));
                    // Who isn't heard isn't among those in care either.
                    named.care.insert((month, centre));
                }
                (Some(centre), Some(Some(month)), Some(family)) => {
                    named.care.insert((month, centre));
                    named.families.insert(family);
                }
                (Some(centre), None, _) => drop(named.moved.insert(centre)),
                (None, ..) | (_, Some(None), _) => named.everything = true,
            }
        }
        named
    }
}

fn month(text: &str) -> Option<Month> {
    NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok().map(Month)
}

/// A row of `satisfaction_served` without its family.
type Served = (String, CentreId, [String; 3]);

/// Those of whom something else is counted than what is.
async fn changed(txn: &DatabaseTransaction, families: Vec<FamilyId>) -> Result<Vec<FamilyId>, DbErr> {
    if families.is_empty() {
        return Ok(families);
    }
    let which = Families::These(&families);
    let counted = served(txn, &counts::counted_care_of(which)).await?;
    let present = served(txn, &counts::care_of(which)).await?;
    Ok(families.iter().copied().filter(|family| counted.get(family) != present.get(family)).collect())
}

async fn served(
    txn: &DatabaseTransaction,
    query: &SelectStatement,
) -> Result<HashMap<FamilyId, BTreeSet<Served>>, DbErr> {
    let mut found: HashMap<FamilyId, BTreeSet<Served>> = HashMap::new();
    for row in txn.query_all(query).await? {
        let text = |column| row.try_get::<String>("", column);
        let of = (text("month")?, row.try_get("", "centre_id")?, [text("form")?, text("township")?, text("kind")?]);
        found.entry(row.try_get("", "family_id")?).or_default().insert(of);
    }
    Ok(found)
}
