//! Queries of the plan's figures.

use chrono::{DateTime, Utc};
use entity::{PlanInputCode, PlanInputId, StaffId, plan_inputs};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::http::Limit;
use plan_inputs::{Column, Entity, Model};

/// Every version of every figure: some dozens a year.
pub async fn known(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Code).order_by_asc(Column::Township).order_by_asc(Column::Version).all(db).await
}

pub(super) async fn one(db: &impl ConnectionTrait, id: PlanInputId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// The last version of a figure; 0 if there is none.
pub(super) async fn last_version(db: &impl ConnectionTrait, code: PlanInputCode, township: &str) -> Result<i32, DbErr> {
    let found = Entity::find().filter(Column::Code.eq(code)).filter(Column::Township.eq(township));
    let last: Option<i32> =
        found.select_only().column(Column::Version).order_by_desc(Column::Version).into_tuple().one(db).await?;
    Ok(last.unwrap_or(0))
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(plan_inputs::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Withdraws a version; false if it was before.
pub(super) async fn withdraw(
    db: &impl ConnectionTrait,
    id: PlanInputId,
    (by, at): (StaffId, DateTime<Utc>),
    reason: &str,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::WithdrawnAt, Expr::value(at))
        .col_expr(Column::WithdrawnBy, Expr::value(by))
        .col_expr(Column::WithdrawnReason, Expr::value(reason))
        .filter(Column::Id.eq(id))
        .filter(Column::WithdrawnAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Versions of a figure, the newest first.
pub(super) async fn history(
    db: &impl ConnectionTrait,
    code: PlanInputCode,
    township: Option<&str>,
    limit: Limit,
    before: Option<PlanInputId>,
) -> Result<Vec<Model>, DbErr> {
    let condition = Condition::all()
        .add(Column::Code.eq(code))
        .add_option(township.map(|township| Column::Township.eq(township)))
        .add_option(before.map(|before| Column::Id.lt(before)));
    Entity::find().filter(condition).order_by_desc(Column::Id).limit(limit.plus_one()).all(db).await
}
