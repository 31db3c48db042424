//! Queries about feeds.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    AccountStatus, BookingStatus, CentreId, FamilyId, StaffId, VisitStatus, bookings, calendar_feeds, families, staff,
    visits,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, JoinType, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use crate::platform::db::LockRows as _;

/// Whose feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A family's bookings.
    Family(FamilyId),
    /// A centre's days, for a member of its staff.
    Desk(StaffId, CentreId),
}

fn of(owner: Owner) -> Condition {
    let live = Condition::all().add(calendar_feeds::Column::RevokedAt.is_null());
    match owner {
        Owner::Family(family) => live.add(calendar_feeds::Column::FamilyId.eq(family)),
        Owner::Desk(staff, _) => live.add(calendar_feeds::Column::StaffId.eq(staff)),
    }
}

/// The owner's account, locked until the transaction ends, so that it has one link.
pub(super) async fn lock(db: &impl ConnectionTrait, owner: Owner) -> Result<(), DbErr> {
    match owner {
        Owner::Family(family) => families::Entity::find_by_id(family).lock_rows().one(db).await.map(drop),
        Owner::Desk(staff, _) => staff::Entity::find_by_id(staff).lock_rows().one(db).await.map(drop),
    }
}

/// The owner's feed.
pub(super) async fn present(db: &impl ConnectionTrait, owner: Owner) -> Result<Option<calendar_feeds::Model>, DbErr> {
    calendar_feeds::Entity::find().filter(of(owner)).one(db).await
}

/// Revokes the owner's feed; whether there was one.
pub(super) async fn revoke(db: &impl ConnectionTrait, owner: Owner, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let done = calendar_feeds::Entity::update_many()
        .col_expr(calendar_feeds::Column::RevokedAt, Expr::value(now))
        .filter(of(owner))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

pub(super) async fn insert(db: &impl ConnectionTrait, feed: calendar_feeds::Model) -> Result<(), DbErr> {
    calendar_feeds::Entity::insert(calendar_feeds::ActiveModel::from(feed)).exec_without_returning(db).await.map(drop)
}

/// Whose feed a link is, if it stands and its account does.
pub(super) async fn owner(db: &impl ConnectionTrait, hash: Vec<u8>) -> Result<Option<Owner>, DbErr> {
    let feed = calendar_feeds::Entity::find()
        .filter(calendar_feeds::Column::TokenHash.eq(hash))
        .filter(calendar_feeds::Column::RevokedAt.is_null())
        .one(db)
        .await?;
    let Some(feed) = feed else { return Ok(None) };
    if let Some(family) = feed.family_id {
        let row = families::Entity::find_by_id(family).one(db).await?;
        return Ok(row.filter(|row| row.status == AccountStatus::Active).map(|_| Owner::Family(family)));
    }
    let (Some(staff_id), Some(centre)) = (feed.staff_id, feed.centre_id) else { return Ok(None) };
    let row = staff::Entity::find_by_id(staff_id).one(db).await?;
    let works = |row: &staff::Model| row.status == AccountStatus::Active && row.centre_id == Some(centre);
    Ok(row.filter(works).map(|_| Owner::Desk(staff_id, centre)))
}

/// The family's visits of some dates that take place, or may, with their bookings' status.
pub(super) async fn visits_of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    (from, to): (NaiveDate, NaiveDate),
    most: u64,
) -> Result<Vec<(visits::Model, BookingStatus)>, DbErr> {
    let booking = visits::Entity::belongs_to(bookings::Entity).from(visits::Column::BookingId).to(bookings::Column::Id);
    let rows = visits::Entity::of_family(family)
        .join(JoinType::InnerJoin, booking.into())
        .select_also(bookings::Entity)
        .filter(Expr::col((visits::Entity, visits::Column::Date)).between(from, to))
        .filter(visits::Column::Status.is_in([VisitStatus::Expected, VisitStatus::InCare, VisitStatus::Left]))
        .order_by_asc(visits::Column::Date)
        .limit(most)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(visit, booking)| booking.map(|booking| (visit, booking.status))).collect())
}
