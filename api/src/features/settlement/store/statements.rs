//! Statements, their states and numbers.

use chrono::{DateTime, Utc};
use entity::{CentreId, StaffId, StatementId, StatementStatus, centres, statement_numbers, statements};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use crate::http::{Limit, Month};
use statements::{Column, Entity, Model};

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

/// Puts a new draft in place of one that isn't frozen; false if it is.
pub(in super::super) async fn redraft(db: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let id = row.id;
    let done = Entity::update_many()
        .set(statements::ActiveModel::from(row).reset_all())
        .filter(Column::Id.eq(id))
        .filter(Column::Status.ne(StatementStatus::Frozen))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Takes a statement away that isn't frozen; false if it is.
pub(in super::super) async fn discard(db: &impl ConnectionTrait, id: StatementId) -> Result<bool, DbErr> {
    let done = Entity::delete_many()
        .filter(Column::Id.eq(id))
        .filter(Column::Status.ne(StatementStatus::Frozen))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Marks a draft with these figures as checked; false if it is no draft or has others.
pub(in super::super) async fn check(
    db: &impl ConnectionTrait,
    id: StatementId,
    figures_sha256: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(StatementStatus::Checked.as_str()))
        .col_expr(Column::CheckedBy, Expr::value(by))
        .col_expr(Column::CheckedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(StatementStatus::Draft))
        .filter(Column::FiguresSha256.eq(figures_sha256))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Freezes a statement that someone else checked; false if nobody did, or it is frozen.
pub(in super::super) async fn freeze(
    db: &impl ConnectionTrait,
    id: StatementId,
    number: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(StatementStatus::Frozen.as_str()))
        .col_expr(Column::Number, Expr::value(number))
        .col_expr(Column::FrozenBy, Expr::value(by))
        .col_expr(Column::FrozenAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(StatementStatus::Checked))
        .filter(Column::CheckedBy.ne(by))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
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
