//! Queries of staff accounts for the bureau.

use chrono::{DateTime, Utc};
use entity::{AccountStatus, CentreId, SessionId, StaffId, StaffRole, sessions, staff};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::http::Limit;
use crate::platform::db::LockRows as _;

/// Which accounts a page shows.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) centre: Option<CentreId>,
    pub(super) role: Option<StaffRole>,
    pub(super) status: Option<AccountStatus>,
    pub(super) after: Option<StaffId>,
}

/// Newest first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter, limit: Limit) -> Result<Vec<staff::Model>, DbErr> {
    use staff::Column::{CentreId as Centre, Id, Role, Status};
    let Filter { centre, role, status, after } = filter;
    let condition = Condition::all()
        .add_option(centre.map(|id| Centre.eq(id)))
        .add_option(role.map(|role| Role.eq(role)))
        .add_option(status.map(|status| Status.eq(status)))
        .add_option(after.map(|after| Id.lt(after)));
    staff::Entity::find().filter(condition).order_by_desc(Id).limit(limit.plus_one()).all(db).await
}

/// The account, locked: whoever signs in meanwhile comes before or after.
pub(super) async fn lock(db: &impl ConnectionTrait, id: StaffId) -> Result<Option<staff::Model>, DbErr> {
    staff::Entity::find_by_id(id).lock_rows().one(db).await
}

pub(super) async fn set_status(db: &impl ConnectionTrait, id: StaffId, to: AccountStatus) -> Result<(), DbErr> {
    staff::Entity::update_many()
        .col_expr(staff::Column::Status, Expr::value(to.as_str()))
        .filter(staff::Column::Id.eq(id))
        .exec(db)
        .await
        .map(drop)
}

/// One account.
pub(super) async fn account(db: &impl ConnectionTrait, id: StaffId) -> Result<Option<staff::Model>, DbErr> {
    staff::Entity::find_by_id(id).one(db).await
}

/// Ends every live session of the account; answers which.
pub(super) async fn end_sessions(
    db: &impl ConnectionTrait,
    id: StaffId,
    reason: &str,
    now: DateTime<Utc>,
    keep: Option<SessionId>,
) -> Result<Vec<SessionId>, DbErr> {
    use sessions::Column::{Id, RevokedAt, RevokedFor, StaffId as Staff};
    let live = Condition::all().add(Staff.eq(id)).add(RevokedAt.is_null());
    let live = live.add_option(keep.map(|session| Id.ne(session)));
    let ids: Vec<SessionId> = sessions::Entity::find()
        .select_only()
        .column(sessions::Column::Id)
        .filter(live.clone())
        .into_tuple()
        .all(db)
        .await?;
    sessions::Entity::update_many()
        .col_expr(RevokedAt, Expr::value(now))
        .col_expr(RevokedFor, Expr::value(reason))
        .filter(live)
        .exec(db)
        .await?;
    Ok(ids)
}

/// Some accounts.
pub(super) async fn some(db: &impl ConnectionTrait, ids: &[StaffId]) -> Result<Vec<staff::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    staff::Entity::find().filter(staff::Column::Id.is_in(ids.iter().copied())).all(db).await
}
