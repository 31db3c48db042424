//! Queries of signals and funnels.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CampaignId, CentreId, ChildId, FamilyId, Fen, MinuteOfDay, RedemptionId, RedemptionStatus, StaffId, VisitStatus,
    VoucherId, campaigns, centres, children, classes, redemptions, visits, vouchers,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{Alias, Expr, Func, Query},
};

use crate::platform::clock::instant_at;

/// Rows that one kind of signal reads at most: beyond it the range is too wide to look at by hand.
pub(super) const MOST_ROWS: u64 = 5000;

/// A range of days, of one centre or of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
    pub(super) centre: Option<CentreId>,
}

/// A redemption as signals see it.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Scan {
    pub(super) id: RedemptionId,
    pub(super) centre_id: CentreId,
    pub(super) staff_id: StaffId,
    pub(super) device: Option<String>,
    pub(super) service_date: NaiveDate,
    pub(super) redeemed_at: DateTime<Utc>,
}

fn scans(scope: Scope) -> Select<redemptions::Entity> {
    use redemptions::Column as C;
    let condition = Condition::all()
        .add(C::ServiceDate.between(scope.from, scope.to))
        .add(C::Status.eq(RedemptionStatus::Redeemed))
        .add_option(scope.centre.map(|centre| C::CentreId.eq(centre)));
    redemptions::Entity::find()
        .select_only()
        .columns([C::Id, C::CentreId, C::StaffId, C::Device, C::ServiceDate, C::RedeemedAt])
        .filter(condition)
}

/// Scans before `day_from` or from `day_until` on, by centre and time.
pub(super) async fn night_scans(
    db: &impl ConnectionTrait,
    scope: Scope,
    day_from: MinuteOfDay,
    day_until: MinuteOfDay,
) -> Result<Vec<Scan>, DbErr> {
    use redemptions::Column::{CentreId as Centre, RedeemedAt, ServiceDate};
    // Day by day: the databases reckon with dates differently.
    let nights = scope.from.iter_days().take_while(|day| *day <= scope.to).fold(Condition::any(), |any, day| {
        let out = RedeemedAt.lt(instant_at(day, day_from)).or(RedeemedAt.gte(instant_at(day, day_until)));
        any.add(ServiceDate.eq(day).and(out))
    });
    let rows = scans(scope).filter(nights).order_by_asc(Centre).order_by_asc(RedeemedAt).limit(MOST_ROWS);
    rows.into_model().all(db).await
}

/// Scans of the centres and days that have at least `least`, by centre, device and time.
pub(super) async fn busy_devices(db: &impl ConnectionTrait, scope: Scope, least: i64) -> Result<Vec<Scan>, DbErr> {
    use redemptions::Column::{CentreId as Centre, Device, Id, RedeemedAt, ServiceDate, StaffId as Staff};
    let busy = scans(scope)
        .select_only()
        .columns([Centre, ServiceDate])
        .group_by(Centre)
        .group_by(ServiceDate)
        .having(Id.count().gte(least))
        .limit(1000)
        .into_tuple::<(CentreId, NaiveDate)>()
        .all(db)
        .await?;
    if busy.is_empty() {
        return Ok(Vec::new());
    }
    let those = busy
        .into_iter()
        .fold(Condition::any(), |any, (centre, day)| any.add(Centre.eq(centre).and(ServiceDate.eq(day))));
    scans(scope)
        .filter(those)
        .order_by_asc(Centre)
        .order_by_asc(Device)
        .order_by_asc(Staff)
        .order_by_asc(RedeemedAt)
        .limit(MOST_ROWS * 4)
        .into_model()
        .all(db)
        .await
}

/// Scans of children who weren't checked in at the centre that day, by centre and time.
pub(super) async fn unchecked_scans(db: &impl ConnectionTrait, scope: Scope) -> Result<Vec<Scan>, DbErr> {
    use redemptions::Column::{CentreId as Centre, RedeemedAt};
    let same = |visit, redemption| Expr::col((visits::Entity, visit)).equals((redemptions::Entity, redemption));
    let checked_in = Query::select()
        .expr(Expr::val(1))
        .from(visits::Entity)
        .and_where(same(visits::Column::ChildId, redemptions::Column::ChildId))
        .and_where(same(visits::Column::CentreId, redemptions::Column::CentreId))
        .and_where(same(visits::Column::Date, redemptions::Column::ServiceDate))
        .and_where(Expr::col((visits::Entity, visits::Column::CheckedInAt)).is_not_null())
        .to_owned();
    let rows = scans(scope).filter(Expr::exists(checked_in).not());
    rows.order_by_asc(Centre).order_by_asc(RedeemedAt).limit(MOST_ROWS).into_model().all(db).await
}

/// How many were redeemed at a centre on a day.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct DayCount {
    pub(super) centre_id: CentreId,
    pub(super) service_date: NaiveDate,
    pub(super) n: i64,
}

/// The centres and days with the most redemptions first.
pub(super) async fn day_counts(db: &impl ConnectionTrait, scope: Scope, least: i64) -> Result<Vec<DayCount>, DbErr> {
    use redemptions::Column::{CentreId as Centre, Id, ServiceDate};
    scans(scope)
        .select_only()
        .columns([Centre, ServiceDate])
        .column_as(Id.count(), "n")
        .group_by(Centre)
        .group_by(ServiceDate)
        .having(Id.count().gte(least))
        .order_by_desc(Id.count())
        .limit(MOST_ROWS)
        .into_model()
        .all(db)
        .await
}

/// The places of some centres.
pub(super) async fn places(db: &impl ConnectionTrait, ids: &[CentreId]) -> Result<HashMap<CentreId, i64>, DbErr> {
    use classes::Column::{Active, CentreId as Centre, Places};
    let sum = Expr::expr(Func::sum(Expr::col(Places))).cast_as(Alias::new("bigint"));
    let rows: Vec<(CentreId, i64)> = classes::Entity::find()
        .select_only()
        .column(Centre)
        .column_as(sum, "places")
        .filter(Centre.is_in(ids.iter().copied()))
        .filter(Active.eq(true))
        .group_by(Centre)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The names of some centres.
pub(super) async fn names(db: &impl ConnectionTrait, ids: &[CentreId]) -> Result<HashMap<CentreId, String>, DbErr> {
    let rows: Vec<(CentreId, String)> = centres::Entity::find()
        .select_only()
        .columns([centres::Column::Id, centres::Column::Name])
        .filter(centres::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Families with vouchers for at least `least` children, claimed in a time.
pub(super) async fn large_families(
    db: &impl ConnectionTrait,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
    least: i64,
) -> Result<Vec<(FamilyId, i64)>, DbErr> {
    use vouchers::Column::{ChildId as Child, ClaimedAt, FamilyId as Family};
    let children = || Expr::expr(Func::count_distinct(Expr::col(Child)));
    let lately = Query::select()
        .column(Family)
        .from(vouchers::Entity)
        .and_where(ClaimedAt.gte(from))
        .and_where(ClaimedAt.lt(before))
        .to_owned();
    vouchers::Entity::find()
        .select_only()
        .column(Family)
        .column_as(children(), "n")
        .filter(Family.in_subquery(lately))
        .group_by(Family)
        .having(children().gte(least))
        .order_by_asc(Family)
        .limit(MOST_ROWS)
        .into_tuple()
        .all(db)
        .await
}

pub(super) async fn campaign(db: &impl ConnectionTrait, id: CampaignId) -> Result<Option<campaigns::Model>, DbErr> {
    campaigns::Entity::find_by_id(id).one(db).await
}

/// A voucher of a campaign.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Voucher {
    pub(super) id: VoucherId,
    pub(super) family_id: FamilyId,
    pub(super) child_id: ChildId,
    pub(super) units_total: i32,
    pub(super) units_used: i32,
    pub(super) claimed_at: DateTime<Utc>,
    pub(super) township: String,
}

/// A page of a campaign's vouchers.
pub(super) async fn vouchers_after(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
    after: Option<VoucherId>,
    limit: u64,
) -> Result<Vec<Voucher>, DbErr> {
    use vouchers::Column as C;
    let mut select = vouchers::Entity::find()
        .select_only()
        .columns([C::Id, C::FamilyId, C::ChildId, C::UnitsTotal, C::UnitsUsed, C::ClaimedAt])
        .column_as(Expr::col((children::Entity, children::Column::Township)), "township")
        .filter(C::CampaignId.eq(campaign));
    if let Some(after) = after {
        select = select.filter(C::Id.gt(after));
    }
    QuerySelect::query(&mut select).inner_join(
        children::Entity,
        Expr::col((children::Entity, children::Column::Id)).equals((vouchers::Entity, C::ChildId)),
    );
    select.order_by_asc(C::Id).limit(limit).into_model().all(db).await
}

/// The redeemed days of some children: voucher, child, day, worth.
pub(super) async fn redeemed_days(
    db: &impl ConnectionTrait,
    children: &[ChildId],
) -> Result<Vec<(VoucherId, ChildId, NaiveDate, Fen)>, DbErr> {
    use redemptions::Column::{ChildId as Child, FaceValueFen, ServiceDate, Status, VoucherId as Voucher};
    redemptions::Entity::find()
        .select_only()
        .columns([Voucher, Child, ServiceDate, FaceValueFen])
        .filter(Child.is_in(children.iter().copied()))
        .filter(Status.eq(RedemptionStatus::Redeemed))
        .into_tuple()
        .all(db)
        .await
}

/// The days on which some children were in care to the end.
pub(super) async fn care_days(
    db: &impl ConnectionTrait,
    children: &[ChildId],
) -> Result<Vec<(ChildId, NaiveDate)>, DbErr> {
    use visits::Column::{ChildId as Child, Date, Status};
    visits::Entity::find()
        .select_only()
        .columns([Child, Date])
        .filter(Child.is_in(children.iter().copied()))
        .filter(Status.eq(VisitStatus::Left))
        .into_tuple()
        .all(db)
        .await
}
