//! Queries of events and sign-ups.

use chrono::{DateTime, Utc};
use entity::{EventId, EventStatus, FamilyId, SignupId, SignupStatus, event_signups, events};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, SelectStatement},
};

use crate::platform::db::LockRows as _;

/// An event.
pub(super) async fn event(db: &impl ConnectionTrait, id: EventId) -> Result<Option<events::Model>, DbErr> {
    events::Entity::find_by_id(id).one(db).await
}

/// The same, held until the transaction ends: who signs up and who gives a place back take turns.
pub(super) async fn lock(db: &impl ConnectionTrait, id: EventId) -> Result<Option<events::Model>, DbErr> {
    events::Entity::find_by_id(id).lock_rows().one(db).await
}

/// Some of the events, by id.
pub(super) async fn events_of(db: &impl ConnectionTrait, ids: Vec<EventId>) -> Result<Vec<events::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    events::Entity::find().filter(events::Column::Id.is_in(ids)).all(db).await
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: events::Model) -> Result<(), DbErr> {
    events::Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(drop)
}

/// Writes an event that is held.
pub(super) async fn update(db: &impl ConnectionTrait, row: events::ActiveModel) -> Result<events::Model, DbErr> {
    events::Entity::update(row).exec(db).await
}

/// Which events.
pub(super) struct Filter {
    pub(super) kind: Option<entity::EventKind>,
    pub(super) township: Option<String>,
    pub(super) status: Option<EventStatus>,
    /// Only those that end after it.
    pub(super) after: Option<DateTime<Utc>>,
    pub(super) cursor: Option<(DateTime<Utc>, EventId)>,
}

/// Those that begin first come first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter, limit: u64) -> Result<Vec<events::Model>, DbErr> {
    use events::Column::{EndsAt, Id, Kind, StartsAt, Status, Township};
    let Filter { kind, township, status, after, cursor } = filter;
    let behind = cursor.map(|(at, id)| {
        Condition::any().add(StartsAt.gt(at)).add(Condition::all().add(StartsAt.eq(at)).add(Id.gt(id)))
    });
    let there = township.map(|name| Condition::any().add(Township.eq(name)).add(Township.is_null()));
    let condition = Condition::all()
        .add_option(kind.map(|kind| Kind.eq(kind)))
        .add_option(status.map(|status| Status.eq(status)))
        .add_option(after.map(|now| EndsAt.gt(now)))
        .add_option(there)
        .add_option(behind);
    events::Entity::find().filter(condition).order_by_asc(StartsAt).order_by_asc(Id).limit(limit).all(db).await
}

pub(super) async fn insert_signup(db: &impl ConnectionTrait, row: event_signups::Model) -> Result<(), DbErr> {
    event_signups::Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(drop)
}

/// The family's sign-up for an event.
pub(super) async fn signup_for(
    db: &impl ConnectionTrait,
    family: FamilyId,
    event: EventId,
) -> Result<Option<event_signups::Model>, DbErr> {
    event_signups::Entity::of_family(family).filter(event_signups::Column::EventId.eq(event)).one(db).await
}

/// One of the family's sign-ups.
pub(super) async fn own(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: SignupId,
) -> Result<Option<event_signups::Model>, DbErr> {
    event_signups::Entity::of_family(family).filter(event_signups::Column::Id.eq(id)).one(db).await
}

/// A page of the family's sign-ups, newest first.
pub(super) async fn of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    after: Option<SignupId>,
    limit: u64,
) -> Result<Vec<event_signups::Model>, DbErr> {
    let rest = Condition::all().add_option(after.map(|id| event_signups::Column::Id.lt(id)));
    let select = event_signups::Entity::of_family(family).filter(rest);
    select.order_by_desc(event_signups::Column::Id).limit(limit).all(db).await
}

/// The family's sign-ups that hold a place or wait for one.
pub(super) async fn live_of(db: &impl ConnectionTrait, family: FamilyId) -> Result<Vec<event_signups::Model>, DbErr> {
    let live = event_signups::Column::Status.is_in([SignupStatus::Waiting, SignupStatus::SignedUp]);
    event_signups::Entity::of_family(family).filter(live).order_by_asc(event_signups::Column::EventId).all(db).await
}

/// The first so many who wait for an event, in the order of their numbers. Who is more than the event has
/// places for, since it was made smaller, holds nobody up.
pub(super) async fn waiting(
    db: &impl ConnectionTrait,
    event: &events::Model,
    most: u64,
) -> Result<Vec<event_signups::Model>, DbErr> {
    event_signups::Entity::find()
        .filter(event_signups::Column::EventId.eq(event.id))
        .filter(event_signups::Column::Status.eq(SignupStatus::Waiting))
        .filter(event_signups::Column::Persons.lte(event.places))
        .order_by_asc(event_signups::Column::Number)
        .limit(most)
        .all(db)
        .await
}

/// The sign-ups of an event that hold a place or wait for one.
pub(super) async fn live(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<event_signups::Model>, DbErr> {
    let live = event_signups::Column::Status.is_in([SignupStatus::Waiting, SignupStatus::SignedUp]);
    event_signups::Entity::find().filter(event_signups::Column::EventId.eq(event)).filter(live).all(db).await
}

/// The families that came, as a query.
pub(super) fn attended(event: EventId) -> SelectStatement {
    event_signups::Entity::find()
        .select_only()
        .column(event_signups::Column::FamilyId)
        .filter(event_signups::Column::EventId.eq(event))
        .filter(event_signups::Column::Status.eq(SignupStatus::Attended))
        .into_query()
}

/// Moves a sign-up on from one of these states; tells whether it was in one.
pub(super) async fn step(
    db: &impl ConnectionTrait,
    id: SignupId,
    from: &[SignupStatus],
    to: SignupStatus,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let moved = event_signups::Entity::update_many()
        .col_expr(event_signups::Column::Status, Expr::value(to))
        .col_expr(event_signups::Column::UpdatedAt, Expr::value(now))
        .filter(event_signups::Column::Id.eq(id))
        .filter(event_signups::Column::Status.is_in(from.iter().copied()))
        .exec(db)
        .await?;
    Ok(moved.rows_affected == 1)
}

/// One that was withdrawn comes again, behind all others.
pub(super) async fn come_again(db: &impl ConnectionTrait, row: &event_signups::Model) -> Result<(), DbErr> {
    event_signups::Entity::update_many()
        .col_expr(event_signups::Column::Status, Expr::value(row.status))
        .col_expr(event_signups::Column::Number, Expr::value(row.number))
        .col_expr(event_signups::Column::Persons, Expr::value(row.persons))
        .col_expr(event_signups::Column::UpdatedAt, Expr::value(row.updated_at))
        .filter(event_signups::Column::Id.eq(row.id))
        .exec(db)
        .await
        .map(drop)
}

/// The sign-ups of an event, by number.
pub(super) async fn signups(
    db: &impl ConnectionTrait,
    event: EventId,
    status: Option<SignupStatus>,
    after: Option<i32>,
    limit: u64,
) -> Result<Vec<event_signups::Model>, DbErr> {
    let rest = Condition::all()
        .add_option(status.map(|status| event_signups::Column::Status.eq(status)))
        .add_option(after.map(|number| event_signups::Column::Number.gt(number)));
    event_signups::Entity::find()
        .filter(event_signups::Column::EventId.eq(event))
        .filter(rest)
        .order_by_asc(event_signups::Column::Number)
        .limit(limit)
        .all(db)
        .await
}

/// Sign-ups of one state, counted.
#[derive(Debug, FromQueryResult)]
pub(super) struct Tally {
    pub(super) status: SignupStatus,
    pub(super) families: i64,
    pub(super) persons: i64,
}

/// The sign-ups of an event by state.
pub(super) async fn tally(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<Tally>, DbErr> {
    event_signups::Entity::find()
        .select_only()
        .column(event_signups::Column::Status)
        .column_as(event_signups::Column::Id.count(), "families")
        .column_as(event_signups::Column::Persons.sum(), "persons")
        .filter(event_signups::Column::EventId.eq(event))
        .group_by(event_signups::Column::Status)
        .into_model()
        .all(db)
        .await
}
