//! Queries about ties. What an officer or a family does to one is one conditional update.

use chrono::{DateTime, Utc};
use entity::{BookingId, CentreId, FamilyId, StaffId, TieId, TieStatus, bookings, centre_ties};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    UpdateMany, sea_query::Expr,
};

use centre_ties::{ActiveModel, Column, Entity, Model};

/// What a family is shown of decisions.
const MOST_DECIDED: u64 = 20;

/// The ties of a family that stand, at one centre or at all.
pub(super) async fn standing(
    db: &impl ConnectionTrait,
    family: FamilyId,
    centre: Option<CentreId>,
) -> Result<Vec<Model>, DbErr> {
    let here = Condition::all().add_option(centre.map(|centre| Column::CentreId.eq(centre)));
    Entity::find()
        .filter(Column::FamilyId.eq(family))
        .filter(Column::EndedAt.is_null())
        .filter(here)
        .order_by_asc(Column::Since)
        .all(db)
        .await
}

pub(super) async fn insert(db: &impl ConnectionTrait, tie: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(tie)).exec_without_returning(db).await.map(drop)
}

pub(super) async fn one(db: &impl ConnectionTrait, id: TieId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// Changes of a tie that stands in one of these states.
fn change(id: TieId, from: &[TieStatus]) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null())
        .filter(Column::Status.is_in(from.iter().copied()))
}

/// A tie ends by the word of whoever told of it, as long as it is in the state that was read and nobody contests it.
pub(super) async fn end(
    db: &impl ConnectionTrait,
    id: TieId,
    from: TieStatus,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let ends = change(id, &[from]).filter(Column::ContestOpen.eq(false)).col_expr(Column::EndedAt, Expr::value(now));
    Ok(ends.exec(db).await?.rows_affected == 1)
}

/// What officers decided against, or ended, of what centres told of a family; the latest first.
pub(super) async fn decided_against(db: &impl ConnectionTrait, family: FamilyId) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::FamilyId.eq(family))
        .filter(Column::EndedAt.is_not_null())
        .filter(Column::Decision.is_not_null())
        .order_by_desc(Column::EndedAt)
        .limit(MOST_DECIDED)
        .all(db)
        .await
}

/// The family says something against a centre's word, unless what it said before waits for an answer.
pub(super) async fn contest(
    db: &impl ConnectionTrait,
    id: TieId,
    words: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let contested = change(id, &[TieStatus::Proposed, TieStatus::Confirmed])
        .filter(Column::ContestOpen.eq(false))
        .col_expr(Column::Contest, Expr::value(words))
        .col_expr(Column::ContestOpen, Expr::value(true))
        .col_expr(Column::ContestedAt, Expr::value(now));
    Ok(contested.exec(db).await?.rows_affected == 1)
}

/// What waits for an officer.
fn waits() -> Condition {
    let contested = Column::Status.eq(TieStatus::Confirmed).and(Column::ContestOpen.eq(true));
    Condition::all()
        .add(Column::EndedAt.is_null())
        .add(Condition::any().add(Column::Status.eq(TieStatus::Proposed)).add(contested))
}

/// Confirms a tie that waits for an officer.
pub(super) async fn confirm(
    db: &impl ConnectionTrait,
    id: TieId,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let confirmed = decided(change(id, TieStatus::ALL).filter(waits()), by, now)
        .col_expr(Column::Status, Expr::value(TieStatus::Confirmed.as_str()));
    Ok(confirmed.exec(db).await?.rows_affected == 1)
}

/// Ends a centre's tie: as refused, as if it had never been, or only from now on.
pub(super) async fn over(
    db: &impl ConnectionTrait,
    id: TieId,
    refused: bool,
    (by, now, why): (StaffId, DateTime<Utc>, &str),
) -> Result<bool, DbErr> {
    let from: &[_] = if refused { &[TieStatus::Proposed, TieStatus::Confirmed] } else { &[TieStatus::Confirmed] };
    let mut ends = decided(change(id, from), by, now)
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::Decision, Expr::value(why));
    if refused {
        ends = ends.col_expr(Column::Status, Expr::value(TieStatus::Refused.as_str()));
    }
    Ok(ends.exec(db).await?.rows_affected == 1)
}

fn decided(update: UpdateMany<Entity>, by: StaffId, now: DateTime<Utc>) -> UpdateMany<Entity> {
    update
        .col_expr(Column::DecidedBy, Expr::value(by))
        .col_expr(Column::DecidedAt, Expr::value(now))
        .col_expr(Column::ContestOpen, Expr::value(false))
}

/// Whether a family is, or at some time since `since` was, tied to a centre by a tie that counts.
pub(super) async fn was_tied(
    db: &impl ConnectionTrait,
    family: FamilyId,
    centre: CentreId,
    since: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let found = Entity::find()
        .filter(Column::FamilyId.eq(family))
        .filter(Column::CentreId.eq(centre))
        .filter(Column::Status.is_in([TieStatus::Declared, TieStatus::Confirmed]))
        .filter(Column::EndedAt.is_null().or(Column::EndedAt.gte(since)));
    Ok(found.one(db).await?.is_some())
}

/// Which ties a page shows.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) status: Option<TieStatus>,
    pub(super) waiting: Option<bool>,
    pub(super) centre: Option<CentreId>,
    pub(super) after: Option<TieId>,
}

/// Ties, newest first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter, limit: u64) -> Result<Vec<Model>, DbErr> {
    let Filter { status, waiting, centre, after } = filter;
    let condition = Condition::all()
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(waiting.map(|yes| if yes { waits() } else { waits().not() }))
        .add_option(centre.map(|id| Column::CentreId.eq(id)))
        .add_option(after.map(|after| Column::Id.lt(after)));
    Entity::find().filter(condition).order_by_desc(Column::Id).limit(limit).all(db).await
}

/// A booking of the centre.
pub(super) async fn booking(
    db: &impl ConnectionTrait,
    centre: CentreId,
    id: BookingId,
) -> Result<Option<bookings::Model>, DbErr> {
    bookings::Entity::of_centre(centre).filter(bookings::Column::Id.eq(id)).one(db).await
}
