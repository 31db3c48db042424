//! The rules of funds.

use chrono::NaiveDate;
use entity::{FundRuleId, fund_rules};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};

use crate::platform::db::LockRows as _;
use fund_rules::{Column, Entity, Model};

/// All of them, oldest first: a few dozen.
pub(in super::super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Id).all(db).await
}

/// All of them, read while whoever else adds or ends one waits. Some are there from the beginning and none is
/// ever deleted, so that there is something to hold.
pub(in super::super) async fn held(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Id).lock_rows().all(db).await?;
    // Read again: what came while this waited.
    all(db).await
}

pub(in super::super) async fn one(db: &impl ConnectionTrait, id: FundRuleId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

pub(in super::super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(fund_rules::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Sets the last day of a rule that has none; false if it has one.
pub(in super::super) async fn end(
    db: &impl ConnectionTrait,
    id: FundRuleId,
    last_day: NaiveDate,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::ValidUntil, Expr::value(last_day))
        .filter(Column::Id.eq(id))
        .filter(Column::ValidUntil.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}
