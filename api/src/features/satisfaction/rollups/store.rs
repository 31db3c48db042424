//! Counting into the roll-ups, and the marks of what is to be counted.

use chrono::{DateTime, Utc};
use entity::{
    CentreId, centres, satisfaction_answers as answers, satisfaction_care as care,
    satisfaction_centre_families as centre_families, satisfaction_families as families, satisfaction_marks as marks,
    satisfaction_served as served, satisfaction_state as state,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
    sea_query::{Expr, InsertStatement, IntoTableRef, OnConflict, Query, SelectStatement},
};

use super::{
    super::rules::TALLIES,
    counts::{
        Dimension, Families, Key, Keys, SERVED, care_of, counted_answers, counted_care, counted_families,
        summed_answers,
    },
    month,
};
use crate::platform::db::LockRows as _;

fn insert(
    table: impl IntoTableRef,
    columns: &[&'static str],
    select: SelectStatement,
) -> Result<InsertStatement, DbErr> {
    let mut statement = Query::insert();
    statement.into_table(table).columns(columns.iter().copied());
    statement.select_from(select).map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(statement)
}

/// Counts the answers of centres and months anew.
pub(super) async fn renew_answers(db: &impl ConnectionTrait, keys: Keys<'_>) -> Result<(), DbErr> {
    answers::Entity::delete_many().filter(keys.by_month()).exec(db).await?;
    let columns: Vec<_> = ["month", "centre_id", "form"].into_iter().chain(TALLIES).collect();
    db.execute(&insert(answers::Entity, &columns, counted_answers(keys))?).await?;
    db.execute(&insert(answers::Entity, &columns, summed_answers(keys))?).await.map(drop)
}

/// Counts the care of centres and months anew.
pub(super) async fn renew_care(db: &impl ConnectionTrait, keys: Keys<'_>) -> Result<(), DbErr> {
    care::Entity::delete_many().filter(keys.by_month()).exec(db).await?;
    for any in [false, true] {
        let counted = counted_care(keys, any);
        db.execute(&insert(care::Entity, &["month", "centre_id", "form", "units"], counted)?).await?;
    }
    Ok(())
}

/// Adds these families to the figures, or (`-1`) takes them away, as they are counted.
pub(super) async fn add_families(db: &impl ConnectionTrait, which: Families<'_>, sign: i64) -> Result<(), DbErr> {
    for dimension in Dimension::EVERY {
        let counted = counted_families(dimension, which, sign);
        let mut statement = match dimension {
            Dimension::Centre => insert(centre_families::Entity, &["month", "centre_id", "last", "families"], counted)?,
            _ => insert(families::Entity, &["dimension", "month", "key", "last", "families"], counted)?,
        };
        let (table, key): (&str, &[&str]) = match dimension {
            Dimension::Centre => ("satisfaction_centre_families", &["month", "centre_id", "last"]),
            _ => ("satisfaction_families", &["dimension", "month", "key", "last"]),
        };
        let sum = Expr::col((table, "families")).add(Expr::col(("excluded", "families")));
        statement.on_conflict(OnConflict::columns(key.iter().copied()).value("families", sum).to_owned());
        db.execute(&statement).await?;
    }
    Ok(())
}

/// Counts the care of some families anew.
pub(super) async fn renew_served(db: &impl ConnectionTrait, which: Families<'_>) -> Result<(), DbErr> {
    served::Entity::delete_many().filter(which.among(served::Column::FamilyId)).exec(db).await?;
    db.execute(&insert(served::Entity, &SERVED, care_of(which))?).await.map(drop)
}

/// Counts what a centre served as of its present township and kind.
pub(super) async fn rename_served(db: &impl ConnectionTrait, centre: CentreId) -> Result<(), DbErr> {
    let Some(row) = centres::Entity::find_by_id(centre).one(db).await? else { return Ok(()) };
    served::Entity::update_many()
        .col_expr(served::Column::Township, Expr::value(row.township))
        .col_expr(served::Column::Kind, Expr::value(row.kind.as_str()))
        .filter(served::Column::CentreId.eq(centre))
        .exec(db)
        .await
        .map(drop)
}

/// Nothing is counted of any family.
pub(super) async fn clear_families(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    families::Entity::delete_many().exec(db).await?;
    centre_families::Entity::delete_many().exec(db).await.map(drop)
}

/// One counts at a time: until the transaction ends.
pub(super) async fn hold(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    state::Entity::find_by_id(1).lock_rows().one(db).await.map(drop)
}

/// Until when everything is counted, as far as it was noted.
pub(super) async fn settled_at(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, DbErr> {
    Ok(state::Entity::find_by_id(1).one(db).await?.and_then(|row| row.settled_at))
}

/// Notes that everything was counted.
pub(super) async fn note_settled(db: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<(), DbErr> {
    state::Entity::update_many().col_expr(state::Column::SettledAt, Expr::value(at)).exec(db).await.map(drop)
}

/// Marks, the oldest first.
pub(super) async fn marks(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<marks::Model>, DbErr> {
    marks::Entity::find().order_by_asc(marks::Column::Id).limit(limit).all(db).await
}

/// Takes marks away.
pub(super) async fn unmark(db: &impl ConnectionTrait, ids: Vec<i64>) -> Result<(), DbErr> {
    marks::Entity::delete_many().filter(marks::Column::Id.is_in(ids)).exec(db).await.map(drop)
}

/// How many marks there are.
pub(super) async fn count_marks(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    use sea_orm::PaginatorTrait as _;
    marks::Entity::find().count(db).await
}

/// The months of some centres whose answers are to be counted again; nothing if that is everything, or more
/// than `most`.
pub(super) async fn marked(db: &impl ConnectionTrait, only: &[CentreId], most: u64) -> Result<Option<Vec<Key>>, DbErr> {
    use marks::Column::{CentreId as Centre, FamilyId, Month as OfMonth};
    let answers = FamilyId.is_null().and(OfMonth.is_not_null()).and(Centre.is_in(only.iter().copied()));
    let rows: Vec<(Option<CentreId>, Option<String>)> = marks::Entity::find()
        .select_only()
        .columns([Centre, OfMonth])
        .distinct()
        .filter(Centre.is_null().or(answers))
        .limit(most + 1)
        .into_tuple()
        .all(db)
        .await?;
    if rows.len() as u64 > most {
        return Ok(None);
    }
    Ok(rows.into_iter().map(|(centre, of_month)| Some((month(&of_month?)?, centre?))).collect())
}
