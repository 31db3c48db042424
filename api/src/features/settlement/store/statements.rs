//! Statements, their states and numbers.

use entity::{CentreId, StatementId, StatementStatus, centres, statement_numbers, statements};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use crate::{
    features::settlement::four_eyes::four_eyes,
    http::{Limit, Month},
};
use statements::{Column, Entity, Model};

four_eyes!(statements);

/// Which statements a page shows.
#[derive(Debug, Default)]
pub(in super::super) struct Filter {
    /// Of the desk's centre only; absent for the bureau.
    pub(in super::super) own: Option<CentreId>,
    pub(in super::super) centre: Option<CentreId>,
    pub(in super::super) month: Option<Month>,
    pub(in super::super) status: Option<StatementStatus>,
    pub(in super::super) after: Option<StatementId>,
}

/// Newest first.
pub(in super::super) async fn page(
    db: &impl ConnectionTrait,
    filter: Filter,
    limit: Limit,
) -> Result<Vec<Model>, DbErr> {
    let Filter { own, centre, month, status, after } = filter;
    let condition = Condition::all()
        .add_option(centre.map(|id| Column::CentreId.eq(id)))
        .add_option(month.map(|month| Column::Month.eq(month.0)))
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(after.map(|after| Column::Id.lt(after)));
    let rows = own.map_or_else(Entity::find, Entity::of_centre).filter(condition);
    rows.order_by_desc(Column::Id).limit(limit.plus_one()).all(db).await
}

pub(in super::super) async fn one(
    db: &impl ConnectionTrait,
    id: StatementId,
    own: Option<CentreId>,
) -> Result<Option<Model>, DbErr> {
    own.map_or_else(Entity::find, Entity::of_centre).filter(Column::Id.eq(id)).one(db).await
}

pub(in super::super) async fn of_month(
    db: &impl ConnectionTrait,
    centre: CentreId,
    month: Month,
) -> Result<Option<Model>, DbErr> {
    Entity::of_centre(centre).filter(Column::Month.eq(month.0)).one(db).await
}

/// The months of a centre that are frozen.
pub(in super::super) async fn frozen_months(db: &impl ConnectionTrait, centre: CentreId) -> Result<Vec<Month>, DbErr> {
    let rows = Entity::of_centre(centre).filter(Column::Status.eq(StatementStatus::Frozen));
    let months: Vec<chrono::NaiveDate> = rows.select_only().column(Column::Month).into_tuple().all(db).await?;
    Ok(months.into_iter().map(Month).collect())
}

/// The centre's name; nothing if there is no such centre.
pub(in super::super) async fn centre_name(db: &impl ConnectionTrait, id: CentreId) -> Result<Option<String>, DbErr> {
    centres::Entity::find_by_id(id).select_only().column(centres::Column::Name).into_tuple().one(db).await
}

pub(in super::super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(statements::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// The next number of a year. Whoever takes one holds the year's row until it commits, and gives
/// the number back by rolling back: no gaps.
pub(in super::super) async fn next_number(db: &impl ConnectionTrait, year: i32) -> Result<String, DbErr> {
    use statement_numbers::Column::{Last, Year};
    let first = statement_numbers::Model { year, last: 1 };
    let next = Expr::col((statement_numbers::Entity, Last)).add(1);
    statement_numbers::Entity::insert(statement_numbers::ActiveModel::from(first))
        .on_conflict(OnConflict::column(Year).value(Last, next).to_owned())
        .exec_without_returning(db)
        .await?;
    let row = statement_numbers::Entity::find_by_id(year).one(db).await?;
    let last = row.ok_or_else(|| DbErr::RecordNotFound("statement number".to_owned()))?.last;
    Ok(format!("{year}-{last:04}"))
}
