//! What the plan's indicators ask about guidance visits.

use chrono::{Datelike as _, NaiveDate};
use entity::{RecordKind, centre_records, centres};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, PaginatorTrait as _, QueryFilter as _,
    QuerySelect as _, QueryTrait as _,
};

/// Centres in service with a medical contract on a day and at least two guidance visits in its calendar year so far
/// (每年开展健康指导不少于2次).
pub async fn guided_twice(db: &impl ConnectionTrait, day: NaiveDate) -> Result<u64, DbErr> {
    use centre_records::Column::{CentreId as Centre, Id, Kind, ValidFrom};
    let year = day.with_ordinal(1).unwrap_or(day);
    let often = centre_records::Entity::live()
        .select_only()
        .column(Centre)
        .filter(Kind.eq(RecordKind::GuidanceVisit))
        .filter(ValidFrom.between(year, day))
        .group_by(Centre)
        .having(Id.count().gte(2))
        .into_query();
    centres::Entity::find()
        .filter(centres::Column::Active.eq(true))
        .filter(centres::Column::MedicalUntil.gte(day))
        .filter(centres::Column::Id.in_subquery(often))
        .count(db)
        .await
}
