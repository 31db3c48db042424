//! Queries of requests for guidance.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CentreId, ChildId, FamilyId, GuidanceId, GuidanceStatus, StaffId, children, guidance_requests,
    guidance_requests::{ActiveModel, Column, Entity, Model},
    staff,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    UpdateMany, sea_query::SelectStatement,
};

use super::rules::LIVE;
use crate::platform::db::LockRows as _;
pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(drop)
}

/// A request.
pub(super) async fn one(db: &impl ConnectionTrait, id: GuidanceId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// A request of the family.
pub(super) async fn own(db: &impl ConnectionTrait, family: FamilyId, id: GuidanceId) -> Result<Option<Model>, DbErr> {
    Entity::of_family(family).filter(Column::Id.eq(id)).one(db).await
}

/// Whether a child has a live request; asked under the child's lock.
pub(super) async fn has_live(db: &impl ConnectionTrait, child: ChildId) -> Result<bool, DbErr> {
    let live = Entity::find().filter(Column::ChildId.eq(child)).filter(Column::Status.is_in(LIVE));
    Ok(live.one(db).await?.is_some())
}

/// The family's requests, the latest first.
pub(super) async fn of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    after: Option<GuidanceId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let older = Condition::all().add_option(after.map(|after| Column::Id.lt(after)));
    Entity::of_family(family).filter(older).order_by_desc(Column::Id).limit(limit).all(db).await
}

/// Which requests a page of staff shows.
#[derive(Debug, Default)]
pub(super) struct Filter<'a> {
    pub(super) status: Option<GuidanceStatus>,
    pub(super) township: Option<&'a str>,
    pub(super) centre: Option<CentreId>,
    /// Late on this day, or not.
    pub(super) overdue: Option<(bool, NaiveDate)>,
    pub(super) after: Option<GuidanceId>,
}

/// As `rules::overdue`.
fn late(today: NaiveDate) -> Condition {
    let nobody = Condition::all().add(Column::Status.eq(GuidanceStatus::Open)).add(Column::WishedUntil.lt(today));
    let named = Condition::all().add(Column::Status.eq(GuidanceStatus::Assigned)).add(Column::VisitOn.lt(today));
    Condition::any().add(nobody).add(named)
}

fn ids(of: Condition) -> SelectStatement {
    Entity::find().select_only().column(Column::Id).filter(of).into_query()
}

/// Requests, the latest first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter<'_>, limit: u64) -> Result<Vec<Model>, DbErr> {
    let Filter { status, township, centre, overdue, after } = filter;
    let condition = Condition::all()
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(township.map(|township| Column::Township.eq(township)))
        .add_option(centre.map(|centre| Column::CentreId.eq(centre)))
        .add_option(overdue.map(|(late_ones, today)| {
            if late_ones { late(today) } else { Condition::all().add(Column::Id.not_in_subquery(ids(late(today)))) }
        }))
        .add_option(after.map(|after| Column::Id.lt(after)));
    Entity::find().filter(condition).order_by_desc(Column::Id).limit(limit).all(db).await
}

/// The children of some requests.
pub(super) async fn children(
    db: &impl ConnectionTrait,
    ids: Vec<ChildId>,
) -> Result<HashMap<ChildId, children::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = children::Entity::find().filter(children::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// An account, held as it is until the transaction ends.
pub(super) async fn lock_staff(db: &impl ConnectionTrait, id: StaffId) -> Result<Option<staff::Model>, DbErr> {
    staff::Entity::find_by_id(id).lock_shared().one(db).await
}

async fn moved(update: UpdateMany<Entity>, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Names who comes and when, of an open request, or of one that was assigned at `from`; false if it isn't so any more.
pub(super) async fn assign(
    db: &impl ConnectionTrait,
    id: GuidanceId,
    from: Option<DateTime<Utc>>,
    (centre_id, staff_id, visit_on): (Option<CentreId>, Option<StaffId>, NaiveDate),
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = ActiveModel {
        status: Set(GuidanceStatus::Assigned),
        centre_id: Set(centre_id),
        staff_id: Set(staff_id),
        visit_on: Set(Some(visit_on)),
        assigned_at: Set(Some(now)),
        ..Default::default()
    };
    let as_seen = match from {
        None => Column::Status.eq(GuidanceStatus::Open),
        Some(at) => Column::Status.eq(GuidanceStatus::Assigned).and(Column::AssignedAt.eq(at)),
    };
    moved(Entity::update_many().set(row).filter(Column::Id.eq(id)).filter(as_seen), db).await
}

/// What an account was named for is open again; which requests.
pub(super) async fn hand_back(db: &impl ConnectionTrait, staff: StaffId) -> Result<Vec<GuidanceId>, DbErr> {
    let own = Condition::all().add(Column::StaffId.eq(staff)).add(Column::Status.eq(GuidanceStatus::Assigned));
    // Held, so that those which are told are those which are opened.
    let found = Entity::find().select_only().column(Column::Id).filter(own).order_by_asc(Column::Id).lock_rows();
    let found: Vec<GuidanceId> = found.into_tuple().all(db).await?;
    let row = ActiveModel {
        status: Set(GuidanceStatus::Open),
        staff_id: Set(None),
        visit_on: Set(None),
        assigned_at: Set(None),
        ..Default::default()
    };
    Entity::update_many().set(row).filter(Column::Id.is_in(found.iter().copied())).exec(db).await?;
    Ok(found)
}

/// The visits that a centre has to make on a day, and those of earlier days that nobody has answered.
pub(super) async fn visits_until(
    db: &impl ConnectionTrait,
    centre: CentreId,
    (from, until): (Option<NaiveDate>, NaiveDate),
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::CentreId.eq(centre))
        .filter(Column::Status.eq(GuidanceStatus::Assigned))
        .filter(Condition::all().add_option(from.map(|from| Column::VisitOn.gte(from))))
        .filter(Column::VisitOn.lte(until))
        .order_by_asc(Column::VisitOn)
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Whose requests may be ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    Anyone,
    Centre(CentreId),
    Family(FamilyId),
}

impl Of {
    fn condition(self) -> Condition {
        match self {
            Self::Anyone => Condition::all(),
            Self::Centre(centre) => Condition::all().add(Column::CentreId.eq(centre)),
            Self::Family(family) => Condition::all().add(Column::FamilyId.eq(family)),
        }
    }
}

/// Ends a request from one of these states: where the family lives goes at once. False if it isn't in one.
pub(super) async fn end(
    db: &impl ConnectionTrait,
    (id, of): (GuidanceId, Of),
    from: &[GuidanceStatus],
    to: GuidanceStatus,
    answer: Option<(StaffId, Vec<u8>)>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let mut row = ended(to, now);
    if let Some((by, sealed)) = answer {
        (row.answered_by, row.answer_sealed) = (Set(Some(by)), Set(Some(sealed)));
    }
    let update = Entity::update_many().set(row).filter(Column::Id.eq(id)).filter(of.condition());
    moved(update.filter(Column::Status.is_in(from.iter().copied())), db).await
}

fn ended(to: GuidanceStatus, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel { status: Set(to), address_sealed: Set(None), ended_at: Set(Some(now)), ..Default::default() }
}

/// Withdraws the live requests of a family, or of one child of it.
pub(super) async fn withdraw_live(
    db: &impl ConnectionTrait,
    family: FamilyId,
    child: Option<ChildId>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    Entity::update_many()
        .set(ended(GuidanceStatus::Withdrawn, now))
        .filter(Column::FamilyId.eq(family))
        .filter(Condition::all().add_option(child.map(|child| Column::ChildId.eq(child))))
        .filter(Column::Status.is_in(LIVE))
        .exec(db)
        .await
        .map(drop)
}

/// What nobody came for in all the days before one.
fn lapsed(before: NaiveDate) -> Condition {
    Condition::all()
        .add(Column::Status.is_in(LIVE))
        .add(Column::WishedUntil.lt(before))
        .add(Condition::any().add(Column::VisitOn.is_null()).add(Column::VisitOn.lt(before)))
}

/// Some of it.
pub(super) async fn to_lapse(db: &impl ConnectionTrait, before: NaiveDate) -> Result<Vec<GuidanceId>, DbErr> {
    let rows = Entity::find().select_only().column(Column::Id).filter(lapsed(before)).order_by_asc(Column::Id);
    rows.limit(200).into_tuple().all(db).await
}

/// Ends one of it; false if somebody did something meanwhile.
pub(super) async fn lapse(
    db: &impl ConnectionTrait,
    id: GuidanceId,
    before: NaiveDate,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let update = Entity::update_many().set(ended(GuidanceStatus::Declined, now));
    moved(update.filter(Column::Id.eq(id)).filter(lapsed(before)), db).await
}

/// Requests that are late.
pub(super) async fn count_late(db: &impl ConnectionTrait, today: NaiveDate) -> Result<u64, DbErr> {
    Entity::find().filter(late(today)).count(db).await
}

/// Requests that nobody is named for.
pub(super) async fn count_open(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    Entity::find().filter(Column::Status.eq(GuidanceStatus::Open)).count(db).await
}

/// What was answered about a child goes.
pub(super) async fn blank(db: &impl ConnectionTrait, child: ChildId) -> Result<(), DbErr> {
    let row = guidance_requests::ActiveModel { answer_sealed: Set(None), ..Default::default() };
    Entity::update_many().set(row).filter(Column::ChildId.eq(child)).exec(db).await.map(drop)
}
