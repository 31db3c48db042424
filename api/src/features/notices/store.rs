//! Queries about notices, and about what reminders look for.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    BookingStatus, ChildId, ConsentPurpose, FamilyId, NoticeId, VisitId, VisitStatus, VoucherId, bookings, consents,
    notices, ratings, visits, vouchers,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, JoinType, PaginatorTrait as _, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{Expr, OnConflict},
};

use crate::http::Limit;

/// Writes notices; those that are there already stay as they are.
pub(super) async fn insert(db: &impl ConnectionTrait, rows: Vec<notices::Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let once = OnConflict::columns([notices::Column::Kind, notices::Column::Subject]).do_nothing().to_owned();
    notices::Entity::insert_many(rows.into_iter().map(notices::ActiveModel::from))
        .on_conflict(once)
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// A page of the family's notices, the newest first.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    family: FamilyId,
    unread: bool,
    after: Option<NoticeId>,
    limit: Limit,
) -> Result<Vec<notices::Model>, DbErr> {
    let mut rows = notices::Entity::of_family(family).order_by_desc(notices::Column::Id).limit(limit.plus_one());
    if unread {
        rows = rows.filter(notices::Column::ReadAt.is_null());
    }
    if let Some(id) = after {
        rows = rows.filter(notices::Column::Id.lt(id));
    }
    rows.all(db).await
}

/// Marks the family's notices up to one as read.
pub(super) async fn read(
    db: &impl ConnectionTrait,
    family: FamilyId,
    until: NoticeId,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let done = notices::Entity::update_many()
        .col_expr(notices::Column::ReadAt, Expr::value(now))
        .filter(notices::Column::FamilyId.eq(family))
        .filter(notices::Column::Id.lte(until))
        .filter(notices::Column::ReadAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// The word written out, not bound: a general plan can't use a partial index otherwise.
pub(super) fn word(column: impl sea_orm::IntoSimpleExpr, word: &'static str) -> Expr {
    column.into_simple_expr().eq(Expr::Constant(word.into()))
}

fn visits_of(date: NaiveDate) -> Select<visits::Entity> {
    let booking = visits::Entity::belongs_to(bookings::Entity).from(visits::Column::BookingId).to(bookings::Column::Id);
    visits::Entity::find()
        .join(JoinType::InnerJoin, booking.into())
        .filter(word(Expr::col((visits::Entity, visits::Column::Status)), VisitStatus::Expected.as_str()))
        .filter(visits::Column::Date.eq(date))
        .filter(visits::Column::RemindedAt.is_null())
        .filter(bookings::Column::Status.eq(BookingStatus::Confirmed))
}

/// Visits of a date that nobody was reminded of.
pub(super) async fn unreminded(
    db: &impl ConnectionTrait,
    date: NaiveDate,
    most: u64,
) -> Result<Vec<visits::Model>, DbErr> {
    visits_of(date).order_by_asc(visits::Column::Id).limit(most).all(db).await
}

/// How many there are.
pub(super) async fn count_unreminded(db: &impl ConnectionTrait, date: NaiveDate) -> Result<u64, DbErr> {
    visits_of(date).count(db).await
}

/// Marks visits as reminded of.
pub(super) async fn reminded(db: &impl ConnectionTrait, ids: Vec<VisitId>, now: DateTime<Utc>) -> Result<(), DbErr> {
    visits::Entity::update_many()
        .col_expr(visits::Column::RemindedAt, Expr::value(now))
        .filter(visits::Column::Id.is_in(ids))
        .exec(db)
        .await
        .map(drop)
}

fn left((from, until): (NaiveDate, NaiveDate)) -> Select<visits::Entity> {
    visits::Entity::find()
        .filter(word(Expr::col((visits::Entity, visits::Column::Status)), VisitStatus::Left.as_str()))
        .filter(visits::Column::Date.between(from, until))
        .filter(visits::Column::InvitedAt.is_null())
}

/// Visits of these dates that ended and weren't looked at yet, and whether to invite their families to
/// rate them: they agreed to it and haven't done so.
pub(super) async fn uninvited(
    db: &impl ConnectionTrait,
    dates: (NaiveDate, NaiveDate),
    most: u64,
) -> Result<Vec<(visits::Model, bool)>, DbErr> {
    let due = left(dates).order_by_asc(visits::Column::Id).limit(most).all(db).await?;
    let (visits, children): (Vec<_>, Vec<_>) = due.iter().map(|visit| (visit.id, visit.child_id)).unzip();
    let rated: Vec<Option<VisitId>> = ratings::Entity::find()
        .select_only()
        .column(ratings::Column::VisitId)
        .filter(ratings::Column::VisitId.is_in(visits))
        .into_tuple()
        .all(db)
        .await?;
    let agreed: Vec<ChildId> = consents::Entity::find()
        .select_only()
        .column(consents::Column::ChildId)
        .filter(consents::Column::ChildId.is_in(children))
        .filter(consents::Column::Purpose.eq(ConsentPurpose::Ratings))
        .filter(consents::Column::WithdrawnAt.is_null())
        .into_tuple()
        .all(db)
        .await?;
    let invite = |visit: &visits::Model| agreed.contains(&visit.child_id) && !rated.contains(&Some(visit.id));
    Ok(due.into_iter().map(|visit| (invite(&visit), visit)).map(|(invite, visit)| (visit, invite)).collect())
}

/// How many there are.
pub(super) async fn count_uninvited(db: &impl ConnectionTrait, dates: (NaiveDate, NaiveDate)) -> Result<u64, DbErr> {
    left(dates).count(db).await
}

/// Marks visits as looked at.
pub(super) async fn invited(db: &impl ConnectionTrait, ids: Vec<VisitId>, now: DateTime<Utc>) -> Result<(), DbErr> {
    visits::Entity::update_many()
        .col_expr(visits::Column::InvitedAt, Expr::value(now))
        .filter(visits::Column::Id.is_in(ids))
        .exec(db)
        .await
        .map(drop)
}

fn ending(from: NaiveDate, until: NaiveDate) -> Select<vouchers::Entity> {
    vouchers::Entity::find()
        .filter(word(Expr::col((vouchers::Entity, vouchers::Column::Status)), "active"))
        .filter(vouchers::Column::ValidUntil.between(from, until))
        .filter(vouchers::Column::RemindedAt.is_null())
}

/// Vouchers with units left that end within these dates and of which nobody was reminded.
pub(super) async fn expiring(
    db: &impl ConnectionTrait,
    (from, until): (NaiveDate, NaiveDate),
    most: u64,
) -> Result<Vec<vouchers::Model>, DbErr> {
    ending(from, until).order_by_asc(vouchers::Column::Id).limit(most).all(db).await
}

/// How many there are.
pub(super) async fn count_expiring(
    db: &impl ConnectionTrait,
    (from, until): (NaiveDate, NaiveDate),
) -> Result<u64, DbErr> {
    ending(from, until).count(db).await
}

/// Marks vouchers as reminded of.
pub(super) async fn voucher_reminded(
    db: &impl ConnectionTrait,
    ids: Vec<VoucherId>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    vouchers::Entity::update_many()
        .col_expr(vouchers::Column::RemindedAt, Expr::value(now))
        .filter(vouchers::Column::Id.is_in(ids))
        .exec(db)
        .await
        .map(drop)
}
