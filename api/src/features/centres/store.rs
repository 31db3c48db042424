//! Queries about centres. Each loads a whole batch; none runs per centre.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CampaignId, CampaignStatus, CareType, CentreId, CentreKinds, ClassId, LngLat, MinuteOfDay, VisitStatus,
    calendar_days, campaign_centres, campaigns, centre_days, centre_hours, centre_weeks, centres, class_rules, classes,
    fee_reductions, offers, ratings, rosters, townships, visits,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use crate::{
    features::satisfaction::rollups::{self, CentreSums},
    platform::db::LockRows as _,
};

/// Everything stored about some centres.
pub(super) struct Rows {
    pub(super) centres: Vec<centres::Model>,
    pub(super) hours: Vec<centre_hours::Model>,
    pub(super) weeks: Vec<centre_weeks::Model>,
    pub(super) days: Vec<centre_days::Model>,
    pub(super) classes: Vec<classes::Model>,
    pub(super) offers: Vec<offers::Model>,
    pub(super) reductions: Vec<fee_reductions::Model>,
    pub(super) ratings: Vec<CentreSums>,
}

/// Points read at once.
const POINTS: u64 = 10_000;

/// Where the active centres lie: some, by id, after one.
pub(super) async fn points(
    db: &impl ConnectionTrait,
    after: Option<CentreId>,
) -> Result<Vec<(CentreId, LngLat)>, DbErr> {
    use centres::Column::{Active, Id, Lat, Lng};
    let rows: Vec<(CentreId, f64, f64)> = centres::Entity::find()
        .select_only()
        .columns([Id, Lng, Lat])
        .filter(Active.eq(true))
        .filter(sea_orm::Condition::all().add_option(after.map(|after| Id.gt(after))))
        .order_by_asc(Id)
        .limit(POINTS)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(id, lng, lat)| (id, LngLat { lng, lat })).collect())
}

/// Loads some centres; special days from `days_since`, ratings of care since `rated_since`.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    only: &[CentreId],
    days_since: NaiveDate,
    rated_since: NaiveDate,
) -> Result<Rows, DbErr> {
    macro_rules! rows {
        ($table:ident, $column:ident) => {
            $table::Entity::find().filter($table::Column::$column.is_in(only.iter().copied()))
        };
    }
    Ok(Rows {
        centres: rows!(centres, Id).all(db).await?,
        hours: rows!(centre_hours, CentreId).all(db).await?,
        weeks: rows!(centre_weeks, CentreId).order_by_asc(centre_weeks::Column::ValidFrom).all(db).await?,
        days: rows!(centre_days, CentreId).filter(centre_days::Column::Date.gte(days_since)).all(db).await?,
        classes: rows!(classes, CentreId)
            .filter(classes::Column::Active.eq(true))
            .order_by_asc(classes::Column::Id)
            .all(db)
            .await?,
        offers: rows!(offers, CentreId)
            .filter(offers::Column::Active.eq(true))
            .order_by_asc(offers::Column::Id)
            .all(db)
            .await?,
        reductions: rows!(fee_reductions, CentreId).order_by_asc(fee_reductions::Column::Kind).all(db).await?,
        ratings: rollups::centre_sums(db, only, rated_since).await?,
    })
}

/// The centres with ratings of care from one day until before another.
pub(super) async fn rated_between(
    db: &impl ConnectionTrait,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<CentreId>, DbErr> {
    use ratings::Column::{CareDate, CentreId};
    ratings::Entity::find()
        .select_only()
        .column(CentreId)
        .distinct()
        .filter(CareDate.gte(from))
        .filter(CareDate.lt(until))
        .into_tuple()
        .all(db)
        .await
}

/// Which centres changed at or after an instant, with their versions.
pub(super) async fn changed_since(
    db: &impl ConnectionTrait,
    since: DateTime<Utc>,
) -> Result<Vec<(CentreId, i64)>, DbErr> {
    centres::Entity::find()
        .select_only()
        .columns([centres::Column::Id, centres::Column::Version])
        .filter(centres::Column::ChangedAt.gte(since))
        .into_tuple()
        .all(db)
        .await
}

pub(super) async fn townships(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let rows = townships::Entity::find().order_by_asc(townships::Column::Sort).all(db).await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

pub(super) async fn class_rules(db: &impl ConnectionTrait) -> Result<Vec<class_rules::Model>, DbErr> {
    class_rules::Entity::find().all(db).await
}

pub(super) async fn calendar(db: &impl ConnectionTrait, from: NaiveDate) -> Result<Vec<calendar_days::Model>, DbErr> {
    calendar_days::Entity::find().filter(calendar_days::Column::Date.gte(from)).all(db).await
}

/// A running campaign, and where its vouchers can be used.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Running {
    pub(super) id: CampaignId,
    pub(super) all_centres: bool,
    pub(super) centre_kinds: Option<CentreKinds>,
}

/// The campaigns that give out vouchers at `now`.
pub(super) async fn running_campaigns(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Running>, DbErr> {
    use campaigns::Column::{AllCentres, CentreKinds, ClaimFrom, ClaimUntil, Id, Status};
    campaigns::Entity::find()
        .select_only()
        .columns([Id, AllCentres, CentreKinds])
        .filter(Status.eq(CampaignStatus::Open))
        .filter(ClaimFrom.lte(now))
        .filter(ClaimUntil.gt(now))
        .into_model()
        .all(db)
        .await
}

/// The centres that these campaigns name.
pub(super) async fn named_centres(db: &impl ConnectionTrait, ids: Vec<CampaignId>) -> Result<Vec<CentreId>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    campaign_centres::Entity::find()
        .select_only()
        .column(campaign_centres::Column::CentreId)
        .filter(campaign_centres::Column::CampaignId.is_in(ids))
        .into_tuple()
        .all(db)
        .await
}

/// Raises the version of a centre, or of all; part of every transaction that changes what the
/// catalogue shows.
pub async fn touch(db: &impl ConnectionTrait, centre: Option<CentreId>, now: DateTime<Utc>) -> Result<(), DbErr> {
    centres::Entity::update_many()
        .col_expr(centres::Column::Version, Expr::col(centres::Column::Version).add(1))
        .col_expr(centres::Column::ChangedAt, Expr::value(now))
        .filter(sea_orm::Condition::all().add_option(centre.map(|id| centres::Column::Id.eq(id))))
        .exec(db)
        .await
        .map(drop)
}

/// Places held: how many stays of one class, date, form of care and hours. Or stays of full-day care that
/// are called off for the day: they hold no place, but what is kept for full-day care isn't kept for them
/// a second time, so that others may have the place.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Held {
    /// The class.
    pub class_id: ClassId,
    /// The date of care.
    pub date: NaiveDate,
    /// Form of care.
    pub care_type: CareType,
    /// From, to, local time.
    pub from_min: MinuteOfDay,
    /// To.
    pub to_min: MinuteOfDay,
    /// Stays.
    pub n: i64,
    /// Called off for the day.
    pub absent: bool,
}

/// Visits that hold a place, and absences from full-day care; see [`Held`].
pub fn holds_or_absent() -> Expr {
    let visit = |column: visits::Column| Expr::col((visits::Entity, column));
    let absent = visit(visits::Column::CareType).eq(Expr::Constant(CareType::FullDay.as_str().into()));
    visit(visits::Column::Status).is_in(VisitStatus::HOLDING).or(is_absent().and(absent))
}

/// Whether a visit is an absence. The word is written out, not bound, for it is also grouped by.
pub fn is_absent() -> Expr {
    Expr::col((visits::Entity, visits::Column::Status)).eq(Expr::Constant(VisitStatus::Absent.as_str().into()))
}

/// What holds places in these classes from `from` to `to`, counted by the database.
pub async fn held(
    db: &impl ConnectionTrait,
    classes: &[ClassId],
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<Held>, DbErr> {
    use visits::Column::{CareType as Care, ClassId as Class, Date, FromMin, Id, ToMin};
    visits::Entity::find()
        .select_only()
        .columns([Class, Date, Care, FromMin, ToMin])
        .column_as(Id.count(), "n")
        .column_as(is_absent(), "absent")
        .filter(Class.is_in(classes.iter().copied()))
        .filter(Date.between(from, to))
        .filter(holds_or_absent())
        .group_by(is_absent())
        .group_by(Class)
        .group_by(Date)
        .group_by(Care)
        .group_by(FromMin)
        .group_by(ToMin)
        .into_model()
        .all(db)
        .await
}

/// The roster lines of these classes from `from` to `to`.
pub async fn rosters(
    db: &impl ConnectionTrait,
    classes: &[ClassId],
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<rosters::Model>, DbErr> {
    rosters::Entity::find()
        .filter(rosters::Column::ClassId.is_in(classes.iter().copied()))
        .filter(rosters::Column::Date.between(from, to))
        .all(db)
        .await
}

/// The open classes of a centre.
pub async fn active_classes(db: &impl ConnectionTrait, centre: CentreId) -> Result<Vec<classes::Model>, DbErr> {
    let rows = classes::Entity::find().filter(classes::Column::CentreId.eq(centre));
    rows.filter(classes::Column::Active.eq(true)).order_by_asc(classes::Column::Id).all(db).await
}

/// The classes, locked in id order until the transaction ends: whoever takes or cuts places holds
/// them (invariant 1).
pub async fn lock_classes(db: &impl ConnectionTrait, ids: &[ClassId]) -> Result<Vec<classes::Model>, DbErr> {
    classes::Entity::find()
        .filter(classes::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(classes::Column::Id)
        .lock_rows()
        .all(db)
        .await
}
