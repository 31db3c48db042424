//! Queries about complaints.

use chrono::{DateTime, Utc};
use entity::{
    CentreId, ChildId, ComplaintId, ComplaintStatus, FamilyId, RatingId, StaffId, TextStatus, bookings, children,
    complaints::{ActiveModel, Column, Entity, Model},
    ratings, redemptions, staff,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _, UpdateMany, sea_query::Expr,
};

use super::rules::OWED;
use crate::platform::db::LockRows as _;

/// Stores a complaint.
pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Whether a rating has a complaint that wasn't withdrawn; asked under the rating's lock.
pub(super) async fn has_one(db: &impl ConnectionTrait, rating: RatingId) -> Result<bool, DbErr> {
    let live = Entity::find().filter(Column::RatingId.eq(rating)).filter(Column::Status.ne(ComplaintStatus::Withdrawn));
    Ok(live.one(db).await?.is_some())
}

/// Withdraws a rating's complaint, as long as nobody answered it.
pub(super) async fn withdraw(db: &impl ConnectionTrait, rating: RatingId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let done = owed()
        .col_expr(Column::Status, Expr::value(ComplaintStatus::Withdrawn.as_str()))
        .col_expr(Column::ClosedAt, Expr::value(now))
        .filter(Column::RatingId.eq(rating))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Opens a rating's latest withdrawn complaint again, as it was; false if there is none. Asked under the
/// rating's lock.
pub(super) async fn reopen(db: &impl ConnectionTrait, rating: RatingId) -> Result<bool, DbErr> {
    let withdrawn = Entity::find()
        .filter(Column::RatingId.eq(rating))
        .filter(Column::Status.eq(ComplaintStatus::Withdrawn))
        .order_by_desc(Column::Id);
    let Some(row) = withdrawn.one(db).await? else { return Ok(false) };
    let status = if row.assigned_to.is_some() { ComplaintStatus::Assigned } else { ComplaintStatus::Open };
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::ClosedAt, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Status.eq(ComplaintStatus::Withdrawn))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Changes of complaints without an answer.
fn owed() -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Status.is_in(OWED))
}

/// A complaint.
pub(super) async fn one(db: &impl ConnectionTrait, id: ComplaintId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// A complaint of the family.
pub(super) async fn own(db: &impl ConnectionTrait, family: FamilyId, id: ComplaintId) -> Result<Option<Model>, DbErr> {
    Entity::of_family(family).filter(Column::Id.eq(id)).one(db).await
}

/// A complaint, locked until the transaction ends.
pub(super) async fn lock(db: &impl ConnectionTrait, id: ComplaintId) -> Result<(), DbErr> {
    Entity::find_by_id(id).lock_rows().one(db).await.map(drop)
}

/// Some complaints.
pub(super) async fn all(db: &impl ConnectionTrait, ids: Vec<ComplaintId>) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids)).all(db).await
}

/// What moderation thinks of the words.
pub(super) async fn set_text_status(
    db: &impl ConnectionTrait,
    id: ComplaintId,
    status: TextStatus,
) -> Result<(), DbErr> {
    let row = Entity::update_many().col_expr(Column::TextStatus, Expr::value(status.as_str()));
    row.filter(Column::Id.eq(id)).exec(db).await.map(drop)
}

/// Gives an open complaint to an officer, or one of `from` to another; false if it isn't so any more.
pub(super) async fn assign(
    db: &impl ConnectionTrait,
    id: ComplaintId,
    from: Option<StaffId>,
    to: StaffId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let as_seen = match from {
        None => Column::Status.eq(ComplaintStatus::Open),
        Some(from) => Column::Status.eq(ComplaintStatus::Assigned).and(Column::AssignedTo.eq(from)),
    };
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(ComplaintStatus::Assigned.as_str()))
        .col_expr(Column::AssignedTo, Expr::value(to))
        .col_expr(Column::AssignedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(as_seen)
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// What an officer has is open again; which complaints.
pub(super) async fn hand_back(db: &impl ConnectionTrait, officer: StaffId) -> Result<Vec<ComplaintId>, DbErr> {
    let own = Column::Status.eq(ComplaintStatus::Assigned).and(Column::AssignedTo.eq(officer));
    // Held, so that those which are told are those which are opened.
    let found = Entity::find().select_only().column(Column::Id).filter(own).order_by_asc(Column::Id).lock_rows();
    let found: Vec<ComplaintId> = found.into_tuple().all(db).await?;
    let nobody = Option::<StaffId>::None;
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(ComplaintStatus::Open.as_str()))
        .col_expr(Column::AssignedTo, Expr::value(nobody))
        .col_expr(Column::AssignedAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Column::Id.is_in(found.iter().copied()))
        .exec(db)
        .await?;
    Ok(found)
}

/// Answers a complaint that is open or that the officer has; false if it is neither.
pub(super) async fn answer(
    db: &impl ConnectionTrait,
    id: ComplaintId,
    by: StaffId,
    answer_sealed: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let own = Column::Status.eq(ComplaintStatus::Assigned).and(Column::AssignedTo.eq(by));
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(ComplaintStatus::Answered.as_str()))
        // Of one that was open: whoever answers has it.
        .col_expr(Column::AssignedAt, Expr::col(Column::AssignedAt).if_null(now))
        .col_expr(Column::AssignedTo, Expr::value(by))
        .col_expr(Column::AnswerSealed, Expr::value(answer_sealed))
        .col_expr(Column::AnsweredBy, Expr::value(by))
        .col_expr(Column::AnsweredAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Condition::any().add(Column::Status.eq(ComplaintStatus::Open)).add(own))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Closes an answered complaint of the family; false if it isn't answered, or closed already.
pub(super) async fn close(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: ComplaintId,
    satisfied: bool,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(ComplaintStatus::Closed.as_str()))
        .col_expr(Column::Satisfied, Expr::value(satisfied))
        .col_expr(Column::ClosedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::FamilyId.eq(family))
        .filter(Column::Status.eq(ComplaintStatus::Answered))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The family's complaints, newest first.
pub(super) async fn of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    after: Option<ComplaintId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let condition = Condition::all().add_option(after.map(|after| Column::Id.lt(after)));
    Entity::of_family(family).filter(condition).order_by_desc(Column::Id).limit(limit).all(db).await
}

/// Which complaints a page shows.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) status: Option<ComplaintStatus>,
    pub(super) centre: Option<CentreId>,
    pub(super) overdue: Option<bool>,
    pub(super) now: DateTime<Utc>,
    pub(super) after: Option<ComplaintId>,
}

/// Complaints, newest first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter, limit: u64) -> Result<Vec<Model>, DbErr> {
    let Filter { status, centre, overdue, now, after } = filter;
    let late = overdue.map(|yes| {
        let late = Condition::all().add(Column::Status.is_in(OWED)).add(Column::DueAt.lt(now));
        if yes { late } else { late.not() }
    });
    let condition = Condition::all()
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(centre.map(|id| Column::CentreId.eq(id)))
        .add_option(late)
        .add_option(after.map(|after| Column::Id.lt(after)));
    Entity::find().filter(condition).order_by_desc(Column::Id).limit(limit).all(db).await
}

/// The ratings behind complaints.
pub(super) async fn ratings(db: &impl ConnectionTrait, ids: Vec<RatingId>) -> Result<Vec<ratings::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    ratings::Entity::find().filter(ratings::Column::Id.is_in(ids)).all(db).await
}

/// An account, held as it is until the transaction ends.
pub(super) async fn lock_staff(db: &impl ConnectionTrait, id: StaffId) -> Result<Option<staff::Model>, DbErr> {
    staff::Entity::find_by_id(id).lock_shared().one(db).await
}

/// Whether a child is the family's and wasn't taken away.
pub(super) async fn is_child(db: &impl ConnectionTrait, family: FamilyId, id: ChildId) -> Result<bool, DbErr> {
    Ok(children::Entity::one_of_family(family, id).one(db).await?.is_some())
}

/// The family's child that was booked last at a centre, or had a voucher day there last; of one child, if
/// one is named.
pub(super) async fn cared_for(
    db: &impl ConnectionTrait,
    family: FamilyId,
    centre: CentreId,
    child: Option<ChildId>,
) -> Result<Option<ChildId>, DbErr> {
    let there = children::Entity::of_family(family).select_only().column(children::Column::Id);
    // Its order means nothing within IN, and some databases refuse it there.
    let there = there.into_query().clear_order_by().to_owned();
    let booked: Option<ChildId> = bookings::Entity::find()
        .select_only()
        .column(bookings::Column::ChildId)
        .filter(bookings::Column::FamilyId.eq(family))
        .filter(bookings::Column::CentreId.eq(centre))
        .filter(bookings::Column::ChildId.in_subquery(there.clone()))
        .filter(Condition::all().add_option(child.map(|id| bookings::Column::ChildId.eq(id))))
        .order_by_desc(bookings::Column::Id)
        .into_tuple()
        .one(db)
        .await?;
    if booked.is_some() {
        return Ok(booked);
    }
    redemptions::Entity::of_family(family)
        .select_only()
        .column(redemptions::Column::ChildId)
        .filter(redemptions::Column::CentreId.eq(centre))
        .filter(redemptions::Column::ChildId.in_subquery(there))
        .filter(Condition::all().add_option(child.map(|id| redemptions::Column::ChildId.eq(id))))
        .order_by_desc(redemptions::Column::Id)
        .into_tuple()
        .one(db)
        .await
}
