//! Queries of invitations and of staff's WeChat accounts.

use chrono::{DateTime, Utc};
use entity::{CentreId, StaffId, former_bindings, staff_bindings, staff_invitations};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

pub(super) async fn insert_invitation(db: &impl ConnectionTrait, row: staff_invitations::Model) -> Result<(), DbErr> {
    staff_invitations::Entity::insert(staff_invitations::ActiveModel::from(row))
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Ends the account's invitations that are open.
pub(super) async fn revoke_invitations(
    db: &impl ConnectionTrait,
    id: StaffId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use staff_invitations::Column::{RevokedAt, StaffId as Staff, UsedAt};
    staff_invitations::Entity::update_many()
        .col_expr(RevokedAt, Expr::value(now))
        .filter(Staff.eq(id))
        .filter(UsedAt.is_null())
        .filter(RevokedAt.is_null())
        .exec(db)
        .await
        .map(drop)
}

fn open(hash: &[u8], now: DateTime<Utc>) -> Condition {
    use staff_invitations::Column::{CodeHash, ExpiresAt, RevokedAt, UsedAt};
    Condition::all()
        .add(CodeHash.eq(hash.to_vec()))
        .add(UsedAt.is_null())
        .add(RevokedAt.is_null())
        .add(ExpiresAt.gt(now))
}

/// Whom an open invitation is for.
pub(super) async fn invited(
    db: &impl ConnectionTrait,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<StaffId>, DbErr> {
    Ok(staff_invitations::Entity::find().filter(open(hash, now)).one(db).await?.map(|row| row.staff_id))
}

/// Uses an invitation up; true for exactly one of many callers.
pub(super) async fn use_invitation(db: &impl ConnectionTrait, hash: &[u8], now: DateTime<Utc>) -> Result<bool, DbErr> {
    let updated = staff_invitations::Entity::update_many()
        .col_expr(staff_invitations::Column::UsedAt, Expr::value(now))
        .filter(open(hash, now))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: staff_bindings::Model) -> Result<(), DbErr> {
    staff_bindings::Entity::insert(staff_bindings::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// The staff account of a WeChat account.
pub(super) async fn staff_of(db: &impl ConnectionTrait, openid_hash: &[u8]) -> Result<Option<StaffId>, DbErr> {
    let found = staff_bindings::Entity::find().filter(staff_bindings::Column::OpenidHash.eq(openid_hash.to_vec()));
    Ok(found.one(db).await?.map(|row| row.staff_id))
}

/// The account's WeChat account.
pub(super) async fn binding(db: &impl ConnectionTrait, id: StaffId) -> Result<Option<staff_bindings::Model>, DbErr> {
    staff_bindings::Entity::find_by_id(id).one(db).await
}

/// Keeps that a WeChat account was bound.
pub(super) async fn insert_former(db: &impl ConnectionTrait, row: former_bindings::Model) -> Result<(), DbErr> {
    former_bindings::Entity::insert(former_bindings::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Whether a WeChat account was bound to an account of a centre at some time since an instant.
pub(super) async fn was_bound(
    db: &impl ConnectionTrait,
    openid_hash: &[u8],
    centre: CentreId,
    since: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use former_bindings::Column::{CentreId as Centre, EndedAt, OpenidHash};
    let found = former_bindings::Entity::find()
        .filter(OpenidHash.eq(openid_hash.to_vec()))
        .filter(Centre.eq(centre))
        .filter(EndedAt.gte(since));
    Ok(found.one(db).await?.is_some())
}

/// Forgets what a WeChat account was bound to.
pub(super) async fn forget(db: &impl ConnectionTrait, openid_hash: &[u8]) -> Result<(), DbErr> {
    let its = former_bindings::Column::OpenidHash.eq(openid_hash.to_vec());
    former_bindings::Entity::delete_many().filter(its).exec(db).await.map(drop)
}

/// Whether the account is bound.
pub(super) async fn is_bound(db: &impl ConnectionTrait, id: StaffId) -> Result<bool, DbErr> {
    Ok(staff_bindings::Entity::find_by_id(id).one(db).await?.is_some())
}

/// Unbinds the account; false if it wasn't bound.
pub(super) async fn remove(db: &impl ConnectionTrait, id: StaffId) -> Result<bool, DbErr> {
    Ok(staff_bindings::Entity::delete_by_id(id).exec(db).await?.rows_affected == 1)
}

/// Which of these accounts are bound.
pub(super) async fn bound(db: &impl ConnectionTrait, ids: &[StaffId]) -> Result<Vec<StaffId>, DbErr> {
    let rows = staff_bindings::Entity::find()
        .filter(staff_bindings::Column::StaffId.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.staff_id).collect())
}
