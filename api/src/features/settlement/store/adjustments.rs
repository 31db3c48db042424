//! Adjustments.

use entity::{AdjustmentId, CentreId, RedemptionId, StatementId, adjustments, redemptions};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::http::Limit;
use adjustments::{Column, Entity, Model};

pub(in super::super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(adjustments::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Those of a centre that no frozen statement holds.
pub(in super::super) async fn due(db: &impl ConnectionTrait, centre: CentreId) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::CentreId.eq(centre)).filter(Column::StatementId.is_null()).all(db).await
}

pub(in super::super) async fn of_statement(db: &impl ConnectionTrait, id: StatementId) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::StatementId.eq(id)).all(db).await
}

/// Puts those that are due into a statement.
pub(in super::super) async fn put_into(
    db: &impl ConnectionTrait,
    id: StatementId,
    centre: CentreId,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::StatementId, Expr::value(id))
        .filter(Column::CentreId.eq(centre))
        .filter(Column::StatementId.is_null())
        .exec(db)
        .await
        .map(drop)
}

/// Newest first.
pub(in super::super) async fn page(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    pending: Option<bool>,
    limit: Limit,
    after: Option<AdjustmentId>,
) -> Result<Vec<Model>, DbErr> {
    let state = |pending| if pending { Column::StatementId.is_null() } else { Column::StatementId.is_not_null() };
    let condition = Condition::all()
        .add_option(centre.map(|id| Column::CentreId.eq(id)))
        .add_option(pending.map(state))
        .add_option(after.map(|after| Column::Id.lt(after)));
    Entity::find().filter(condition).order_by_desc(Column::Id).limit(limit.plus_one()).all(db).await
}

/// A redemption to be corrected.
pub(in super::super) async fn redemption(
    db: &impl ConnectionTrait,
    id: RedemptionId,
) -> Result<Option<redemptions::Model>, DbErr> {
    redemptions::Entity::find_by_id(id).one(db).await
}
