//! Everything counted again, against what the roll-ups hold.

use entity::{CentreId, FamilyId};
use sea_orm::{
    ConnectionTrait, DbErr, QueryResult,
    sea_query::{SelectStatement, UnionType},
};

use super::{
    Named,
    counts::{
        Dimension, Families, Keys, care_of, counted_answers, counted_care, counted_care_of, counted_families,
        stored_answers, stored_care, stored_families, summed_answers,
    },
    month, rebuild, store,
};
use crate::platform::db::{Db, read_txn, unhurried, write_txn};

/// Rows of one comparison that are named at most.
const MOST: u64 = 10_000;

/// A row of a roll-up that isn't what a recount says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is counted.
    pub of: &'static str,
    /// The month, `YYYY-MM`.
    pub month: String,
    /// The centre or the group.
    pub group: String,
    /// Stored and not counted; otherwise counted and not stored.
    pub stored: bool,
}

/// Counts everything again and compares, all in one state of the database; what is marked is not looked at,
/// for it is to be counted anyhow.
pub async fn recount(db: &Db) -> Result<Vec<Difference>, DbErr> {
    read_txn(db, async |txn| {
        unhurried(txn).await?;
        let marked = Named::of(&store::marks(txn, i64::MAX as u64).await?);
        let mut found = Vec::new();
        if marked.everything {
            return Ok(found);
        }
        let pairs = [
            ("answers", stored_answers(false), counted_answers(Keys::All)),
            ("answers", stored_answers(true), summed_answers(Keys::All)),
            ("care", stored_care(false), counted_care(Keys::All, false)),
            ("care", stored_care(true), counted_care(Keys::All, true)),
            ("served", counted_care_of(Families::All), care_of(Families::All)),
        ];
        let by_dimension = Dimension::EVERY
            .map(|dimension| ("families", stored_families(dimension), counted_families(dimension, Families::All, 1)));
        for (of, stored, counted) in pairs.into_iter().chain(by_dimension) {
            for (is_stored, surplus) in [(true, except(&stored, &counted)), (false, except(&counted, &stored))] {
                for row in txn.query_all(&surplus).await? {
                    if !waits(&marked, of, &row)? {
                        found.push(difference(of, &row, is_stored)?);
                    }
                }
            }
        }
        Ok(found)
    })
    .await
}

/// Counts everything anew into the roll-ups.
pub async fn repair(db: &Db) -> Result<(), DbErr> {
    write_txn(db, async |txn| {
        store::hold(txn).await?;
        rebuild(txn).await
    })
    .await?;
    super::fill(db).await
}

fn except(these: &SelectStatement, those: &SelectStatement) -> SelectStatement {
    let mut query = these.clone();
    query.union(UnionType::Except, those.clone()).limit(MOST);
    query
}

/// Whether a mark says that the row is to be counted anew.
fn waits(marked: &Named, of: &str, row: &QueryResult) -> Result<bool, DbErr> {
    let key = || -> Result<_, DbErr> {
        let centre: CentreId = row.try_get("", "centre_id")?;
        Ok(month(&row.try_get::<String>("", "month")?).map(|month| (month, centre)))
    };
    Ok(match of {
        "answers" => key()?.is_some_and(|key| marked.answers.contains(&key)),
        "care" => key()?.is_some_and(|key| marked.care.contains(&key)),
        "served" => {
            marked.families.contains(&row.try_get::<FamilyId>("", "family_id")?)
                || marked.moved.contains(&row.try_get("", "centre_id")?)
        }
        // Made of what is counted of each family, in the same transaction.
        _ => false,
    })
}

fn difference(of: &'static str, row: &QueryResult, stored: bool) -> Result<Difference, DbErr> {
    let group = ["key", "township", "kind", "form"].into_iter().find_map(|column| row.try_get("", column).ok());
    let group = match row.try_get::<CentreId>("", "centre_id") {
        Ok(centre) => centre.to_string(),
        Err(_) => group.unwrap_or_default(),
    };
    Ok(Difference { of, month: row.try_get("", "month")?, group, stored })
}
