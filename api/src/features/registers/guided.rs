//! What the plan's indicators and parents ask about guidance visits, carers and devices.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use entity::{CentreId, RecordKind, carers, centre_records, centres};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, Func},
};

use super::store::working;

/// Centres in service with a medical contract on a day and at least two guidance visits in its calendar year so far
/// (每年开展健康指导不少于2次).
pub async fn guided_twice(db: &impl ConnectionTrait, day: NaiveDate) -> Result<u64, DbErr> {
    use centre_records::Column::{CentreId as Centre, Kind, ValidFrom};
    let year = day.with_ordinal(1).unwrap_or(day);
    let often = centre_records::Entity::live()
        .select_only()
        .column(Centre)
        .filter(Kind.eq(RecordKind::GuidanceVisit))
        .filter(ValidFrom.between(year, day))
        .group_by(Centre)
        // Days, however many rows they were entered in.
        .having(Expr::from(Func::count_distinct(Expr::col(ValidFrom))).gte(2))
        .into_query();
    centres::Entity::find()
        .filter(centres::Column::Active.eq(true))
        .filter(centres::Column::MedicalUntil.gte(day))
        .filter(centres::Column::Id.in_subquery(often))
        .count(db)
        .await
}

/// Whether another row says that the centre was guided on the day of this one.
pub(super) async fn is_entered(db: &impl ConnectionTrait, row: &centre_records::Model) -> Result<bool, DbErr> {
    use centre_records::Column::{Id, Kind, ValidFrom};
    if row.kind != RecordKind::GuidanceVisit {
        return Ok(false);
    }
    let others = centre_records::Entity::of_centre(row.centre_id).filter(Kind.eq(row.kind));
    Ok(others.filter(ValidFrom.eq(row.valid_from)).filter(Id.ne(row.id)).count(db).await? > 0)
}

/// The days of a centre's guidance visits from one to another, with when each row was checked.
pub(super) async fn days(
    db: &impl ConnectionTrait,
    centre: CentreId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<BTreeMap<NaiveDate, NaiveDate>, DbErr> {
    use centre_records::Column::{CheckedOn, Kind, ValidFrom};
    let rows: Vec<(NaiveDate, NaiveDate)> = centre_records::Entity::of_centre(centre)
        .select_only()
        .columns([ValidFrom, CheckedOn])
        .filter(Kind.eq(RecordKind::GuidanceVisit))
        .filter(ValidFrom.between(from, to))
        .order_by_asc(CheckedOn)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Carers of a centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certified {
    /// Certified today.
    pub certified: i64,
    /// At work.
    pub carers: i64,
    /// When the one of them was checked that was checked longest ago.
    pub checked_on: NaiveDate,
}

/// The carers at work at a centre; nothing where there is none.
pub(super) async fn certified(
    db: &impl ConnectionTrait,
    centre: CentreId,
    day: NaiveDate,
) -> Result<Option<Certified>, DbErr> {
    let rows = carers::Entity::of_centre(centre).filter(working(day)).all(db).await?;
    let checked_on = rows.iter().map(|row| row.checked_on).min();
    let certified = rows.iter().filter(|row| row.certified_on(day)).count() as i64;
    Ok(checked_on.map(|checked_on| Certified { certified, carers: rows.len() as i64, checked_on }))
}
