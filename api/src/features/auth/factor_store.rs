//! Queries of second factors.

use chrono::{DateTime, Utc};
use entity::{StaffId, recovery_codes, second_factors};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait as _, QueryFilter, sea_query::Expr};

pub(super) async fn factor(db: &impl ConnectionTrait, id: StaffId) -> Result<Option<second_factors::Model>, DbErr> {
    second_factors::Entity::find_by_id(id).one(db).await
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: second_factors::Model) -> Result<(), DbErr> {
    second_factors::Entity::insert(second_factors::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Puts it in force; the step that confirmed it is used up.
pub(super) async fn confirm(
    db: &impl ConnectionTrait,
    id: StaffId,
    step: i64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    second_factors::Entity::update_many()
        .col_expr(second_factors::Column::ConfirmedAt, Expr::value(now))
        .col_expr(second_factors::Column::LastStep, Expr::value(step))
        .filter(second_factors::Column::StaffId.eq(id))
        .exec(db)
        .await
        .map(drop)
}

/// Uses a step up; false if it, or a later one, was used before.
pub(super) async fn take_step(db: &impl ConnectionTrait, id: StaffId, step: i64) -> Result<bool, DbErr> {
    let updated = second_factors::Entity::update_many()
        .col_expr(second_factors::Column::LastStep, Expr::value(step))
        .filter(second_factors::Column::StaffId.eq(id))
        .filter(second_factors::Column::LastStep.lt(step))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

pub(super) async fn insert_recovery(db: &impl ConnectionTrait, rows: Vec<recovery_codes::Model>) -> Result<(), DbErr> {
    let rows = rows.into_iter().map(recovery_codes::ActiveModel::from);
    recovery_codes::Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}

/// Uses a recovery code up; false if it is none, or was used.
pub(super) async fn use_recovery(
    db: &impl ConnectionTrait,
    id: StaffId,
    hash: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let updated = recovery_codes::Entity::update_many()
        .col_expr(recovery_codes::Column::UsedAt, Expr::value(now))
        .filter(recovery_codes::Column::StaffId.eq(id))
        .filter(recovery_codes::Column::CodeHash.eq(hash))
        .filter(recovery_codes::Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Recovery codes that weren't used.
pub(super) async fn recovery_left(db: &impl ConnectionTrait, id: StaffId) -> Result<u64, DbErr> {
    recovery_codes::Entity::find()
        .filter(recovery_codes::Column::StaffId.eq(id))
        .filter(recovery_codes::Column::UsedAt.is_null())
        .count(db)
        .await
}

/// Takes the factor and its recovery codes away; false if there was none.
pub(super) async fn remove(db: &impl ConnectionTrait, id: StaffId) -> Result<bool, DbErr> {
    recovery_codes::Entity::delete_many().filter(recovery_codes::Column::StaffId.eq(id)).exec(db).await?;
    let deleted = second_factors::Entity::delete_by_id(id).exec(db).await?;
    Ok(deleted.rows_affected == 1)
}

/// Which of these accounts have it on.
pub(super) async fn on(db: &impl ConnectionTrait, ids: &[StaffId]) -> Result<Vec<StaffId>, DbErr> {
    let rows = second_factors::Entity::find()
        .filter(second_factors::Column::StaffId.is_in(ids.iter().copied()))
        .filter(second_factors::Column::ConfirmedAt.is_not_null())
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.staff_id).collect())
}
