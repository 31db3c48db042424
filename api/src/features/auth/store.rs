//! Queries of sign-in.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    AccessKeyId, AccountStatus, CentreId, FamilyId, SessionId, StaffId, access_keys, centres, families, refresh_tokens,
    sessions, staff,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QuerySelect as _,
    sea_query::{CaseStatement, Expr},
};

/// Who a session belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    Family(FamilyId),
    Staff(StaffId),
}

pub(super) async fn family_by_openid(db: &impl ConnectionTrait, hash: &[u8]) -> Result<Option<families::Model>, DbErr> {
    families::Entity::find().filter(families::Column::OpenidHash.eq(hash.to_vec())).one(db).await
}

pub(super) async fn insert_family(db: &impl ConnectionTrait, family: families::ActiveModel) -> Result<(), DbErr> {
    families::Entity::insert(family).exec_without_returning(db).await.map(drop)
}

pub(super) async fn staff_by_username(
    db: &impl ConnectionTrait,
    username: &str,
) -> Result<Option<staff::Model>, DbErr> {
    staff::Entity::find().filter(staff::Column::Username.eq(username)).one(db).await
}

pub(super) async fn insert_staff(db: &impl ConnectionTrait, staff: staff::ActiveModel) -> Result<(), DbErr> {
    staff::Entity::insert(staff).exec_without_returning(db).await.map(drop)
}

pub(super) async fn centre_exists(db: &impl ConnectionTrait, id: CentreId) -> Result<bool, DbErr> {
    Ok(centres::Entity::find_by_id(id).one(db).await?.is_some())
}

/// Counts a failure; the one that reaches `most` locks until `until` and starts the count anew.
pub(super) async fn count_failure(
    db: &impl ConnectionTrait,
    id: StaffId,
    most: i32,
    until: DateTime<Utc>,
) -> Result<(), DbErr> {
    use staff::Column::{FailedAttempts, Id, LockedUntil};
    let reached = || Expr::col(FailedAttempts).gte(most - 1);
    staff::Entity::update_many()
        .col_expr(
            LockedUntil,
            CaseStatement::new().case(reached(), Expr::value(until)).finally(Expr::col(LockedUntil)).into(),
        )
        .col_expr(
            FailedAttempts,
            CaseStatement::new().case(reached(), 0).finally(Expr::col(FailedAttempts).add(1)).into(),
        )
        .filter(Id.eq(id))
        .exec(db)
        .await
        .map(drop)
}

/// Forgets past failures and the lock they brought: whoever calls holds the account's row, and has let its
/// owner in or vouches for it.
pub(super) async fn forget_failures(db: &impl ConnectionTrait, id: StaffId) -> Result<(), DbErr> {
    staff::Entity::update_many()
        .col_expr(staff::Column::FailedAttempts, Expr::value(0))
        .col_expr(staff::Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(staff::Column::Id.eq(id))
        .exec(db)
        .await
        .map(drop)
}

pub(super) async fn insert_session(
    db: &impl ConnectionTrait,
    id: SessionId,
    owner: Owner,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let (family_id, staff_id) = match owner {
        Owner::Family(id) => (Some(id), None),
        Owner::Staff(id) => (None, Some(id)),
    };
    let row = sessions::ActiveModel {
        id: Set(id),
        family_id: Set(family_id),
        staff_id: Set(staff_id),
        created_at: Set(now),
        revoked_at: Set(None),
        revoked_for: Set(None),
    };
    sessions::Entity::insert(row).exec_without_returning(db).await.map(drop)
}

pub(super) async fn insert_refresh(
    db: &impl ConnectionTrait,
    hash: Vec<u8>,
    session: SessionId,
    now: DateTime<Utc>,
    days: u32,
) -> Result<(), DbErr> {
    let row = refresh_tokens::ActiveModel {
        hash: Set(hash),
        session_id: Set(session),
        expires_at: Set(now + TimeDelta::days(i64::from(days))),
        used_at: Set(None),
    };
    refresh_tokens::Entity::insert(row).exec_without_returning(db).await.map(drop)
}

/// Marks a refresh token as used; true for exactly one of many callers.
pub(super) async fn use_refresh(db: &impl ConnectionTrait, hash: &[u8], now: DateTime<Utc>) -> Result<bool, DbErr> {
    let updated = refresh_tokens::Entity::update_many()
        .col_expr(refresh_tokens::Column::UsedAt, Expr::value(now))
        .filter(refresh_tokens::Column::Hash.eq(hash.to_vec()))
        .filter(refresh_tokens::Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

pub(super) async fn refresh_token(
    db: &impl ConnectionTrait,
    hash: &[u8],
) -> Result<Option<refresh_tokens::Model>, DbErr> {
    refresh_tokens::Entity::find_by_id(hash.to_vec()).one(db).await
}

pub(super) async fn session(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<sessions::Model>, DbErr> {
    sessions::Entity::find_by_id(id).one(db).await
}

pub(super) async fn revoke(
    db: &impl ConnectionTrait,
    id: SessionId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    sessions::Entity::update_many()
        .col_expr(sessions::Column::RevokedAt, Expr::value(now))
        .col_expr(sessions::Column::RevokedFor, Expr::value(reason))
        .filter(sessions::Column::Id.eq(id))
        .filter(sessions::Column::RevokedAt.is_null())
        .exec(db)
        .await
        .map(drop)
}

pub(super) async fn family(db: &impl ConnectionTrait, id: FamilyId) -> Result<Option<families::Model>, DbErr> {
    families::Entity::find_by_id(id).one(db).await
}

pub(super) async fn staff(db: &impl ConnectionTrait, id: StaffId) -> Result<Option<staff::Model>, DbErr> {
    staff::Entity::find_by_id(id).one(db).await
}

/// Remembers the day on which a family was last here.
pub(super) async fn seen(db: &impl ConnectionTrait, id: FamilyId, today: NaiveDate) -> Result<(), DbErr> {
    use families::Column::{Id, SeenOn};
    families::Entity::update_many()
        .col_expr(SeenOn, Expr::value(today))
        .filter(Id.eq(id))
        .filter(SeenOn.is_null().or(SeenOn.lt(today)))
        .exec(db)
        .await
        .map(drop)
}

/// Opens an account again that is to be erased; false if it was erased meanwhile.
pub(super) async fn restore(db: &impl ConnectionTrait, id: FamilyId) -> Result<bool, DbErr> {
    use families::Column::{EraseAt, ErasedAt, Id, Status};
    let done = families::Entity::update_many()
        .col_expr(Status, Expr::value(AccountStatus::Active.as_str()))
        .col_expr(EraseAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Id.eq(id))
        .filter(EraseAt.is_not_null())
        .filter(ErasedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Ends every live session of a family; answers which.
pub(super) async fn end_sessions(
    db: &impl ConnectionTrait,
    id: FamilyId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<Vec<SessionId>, DbErr> {
    use sessions::Column::{FamilyId as Family, Id, RevokedAt, RevokedFor};
    let live = Family.eq(id).and(RevokedAt.is_null());
    let ids = sessions::Entity::find().select_only().column(Id).filter(live.clone()).into_tuple().all(db).await?;
    sessions::Entity::update_many()
        .col_expr(RevokedAt, Expr::value(now))
        .col_expr(RevokedFor, Expr::value(reason))
        .filter(live)
        .exec(db)
        .await?;
    Ok(ids)
}

/// Whether the session is not revoked and its account not closed.
pub(super) async fn session_is_live(db: &impl ConnectionTrait, id: SessionId) -> Result<bool, DbErr> {
    let active_family = families::Entity::find()
        .select_only()
        .column(families::Column::Id)
        .filter(families::Column::Status.eq(AccountStatus::Active))
        .filter(
            Expr::col((families::Entity, families::Column::Id)).equals((sessions::Entity, sessions::Column::FamilyId)),
        );
    let active_staff = staff::Entity::find()
        .select_only()
        .column(staff::Column::Id)
        .filter(staff::Column::Status.eq(AccountStatus::Active))
        .filter(Expr::col((staff::Entity, staff::Column::Id)).equals((sessions::Entity, sessions::Column::StaffId)));
    use sea_orm::QueryTrait as _;
    let found = sessions::Entity::find()
        .filter(sessions::Column::Id.eq(id))
        .filter(sessions::Column::RevokedAt.is_null())
        .filter(Expr::exists(active_family.into_query()).or(Expr::exists(active_staff.into_query())))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// The access key of a hash, whatever its state.
pub(super) async fn access_key(db: &impl ConnectionTrait, hash: Vec<u8>) -> Result<Option<access_keys::Model>, DbErr> {
    access_keys::Entity::find().filter(access_keys::Column::KeyHash.eq(hash)).one(db).await
}

/// Notes that a key was used, unless that was noted since `since`.
pub(super) async fn access_key_used(
    db: &impl ConnectionTrait,
    id: AccessKeyId,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<(), DbErr> {
    use access_keys::Column::{Id, LastUsedAt};
    access_keys::Entity::update_many()
        .col_expr(LastUsedAt, Expr::value(now))
        .filter(Id.eq(id))
        .filter(Condition::any().add(LastUsedAt.is_null()).add(LastUsedAt.lte(since)))
        .exec(db)
        .await
        .map(drop)
}
