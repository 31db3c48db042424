//! What a centre's card shows of its answers: the roll-ups of whole months, and counted afresh what they
//! don't hold yet. A card is right at once after a rating, and costs no more over ten times the ratings.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use entity::{CentreId, ratings, satisfaction_answers as answers};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, ExprTrait as _,
    sea_query::{Func, Query, SelectStatement},
};

use super::{
    super::{
        rules::{Counts, TALLIES},
        store::{of, present, tallied, tally},
    },
    counts::{ANY, Key, Keys},
    store,
};
use crate::http::Month;

/// Keys that are counted afresh by name; beyond it everything is.
const MOST_KEYS: u64 = 500;

/// Sums over the answers of a centre.
#[derive(Clone, Copy, Debug)]
pub struct CentreSums {
    /// The centre.
    pub centre_id: CentreId,
    /// Answers.
    pub n: i64,
    /// Answers of 4 or 5.
    pub satisfied: i64,
    /// Sum of levels.
    pub total: i64,
}

/// The sums of some centres over the answers about care since a day; none for a centre without.
///
/// A change that commits between these reads raises its centre's version, and is read then.
pub async fn centre_sums(
    db: &impl ConnectionTrait,
    only: &[CentreId],
    since: NaiveDate,
) -> Result<Vec<CentreSums>, DbErr> {
    use ratings::Column::{CareDate, CentreId as Centre, Month as OfMonth};
    let begun = Month::of(since);
    let of_centres = || Centre.is_in(only.iter().copied()).and(CareDate.gte(since));
    let mut sums = BTreeMap::new();
    match store::marked(db, only, MOST_KEYS).await? {
        None => add(&mut sums, db, fresh(Condition::all().add(of_centres()))).await?,
        Some(marked) => {
            let marked: BTreeSet<Key> = marked.into_iter().filter(|(month, _)| *month > begun).collect();
            let keys = Keys::These(&marked);
            // The month in which it begins counts in part.
            let mut which = Condition::any().add(of_centres().and(OfMonth.eq(begun.0)));
            if !marked.is_empty() {
                which = which.add(keys.by_day(Centre, OfMonth));
            }
            add(&mut sums, db, fresh(which)).await?;
            let mut whole = Query::select();
            whole
                .expr(of("centre_id"))
                .from_as(answers::Entity, "facts")
                .and_where(of("form").eq(ANY))
                .and_where(of("month").gt(begun.to_string()))
                .and_where(of("centre_id").is_in(only.iter().copied()))
                .add_group_by([of("centre_id")]);
            if !marked.is_empty() {
                whole.cond_where(keys.by_month().not());
            }
            for name in TALLIES {
                whole.expr_as(Func::sum(of(name)), name);
            }
            add(&mut sums, db, whole).await?;
        }
    }
    let row =
        |(centre_id, Counts { answers, satisfied, total, .. })| CentreSums { centre_id, n: answers, satisfied, total };
    Ok(sums.into_iter().map(row).collect())
}

/// Counted of the ratings.
fn fresh(which: Condition) -> SelectStatement {
    let mut query = Query::select();
    query
        .expr(of("centre_id"))
        .from_subquery(present(which), "facts")
        .and_where(of("nth").eq(1))
        .add_group_by([of("centre_id")]);
    tally(&mut query);
    query
}

async fn add(
    sums: &mut BTreeMap<CentreId, Counts>,
    db: &impl ConnectionTrait,
    query: SelectStatement,
) -> Result<(), DbErr> {
    for row in db.query_all(&query).await? {
        *sums.entry(row.try_get("", "centre_id")?).or_default() += tallied(&row)?;
    }
    Ok(())
}
