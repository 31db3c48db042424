//! Queries of requests for guidance.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CentreId, ChildId, FamilyId, GuidanceId, GuidanceStatus, StaffId, children, guidance_requests,
    guidance_requests::{ActiveModel, Column, Entity, Model},
    staff,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, UpdateMany,
};

use super::rules::LIVE;
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
    pub(super) after: Option<GuidanceId>,
}

/// Requests, the latest first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter<'_>, limit: u64) -> Result<Vec<Model>, DbErr> {
    let Filter { status, township, centre, after } = filter;
    let condition = Condition::all()
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(township.map(|township| Column::Township.eq(township)))
        .add_option(centre.map(|centre| Column::CentreId.eq(centre)))
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

/// Names who comes and when; false if the request isn't in this state.
pub(super) async fn assign(
    db: &impl ConnectionTrait,
    id: GuidanceId,
    from: GuidanceStatus,
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
    moved(Entity::update_many().set(row).filter(Column::Id.eq(id)).filter(Column::Status.eq(from)), db).await
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

/// Ends what nobody came for in all the days before one.
pub(super) async fn lapse(db: &impl ConnectionTrait, before: NaiveDate, now: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::update_many()
        .set(ended(GuidanceStatus::Declined, now))
        .filter(Column::Status.is_in(LIVE))
        .filter(Column::WishedUntil.lt(before))
        .filter(Condition::any().add(Column::VisitOn.is_null()).add(Column::VisitOn.lt(before)))
        .exec(db)
        .await
        .map(drop)
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
