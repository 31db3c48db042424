//! Campaigns with their townships and centres.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CampaignId, CampaignStatus, CentreId, ChildId, VoucherStatus, campaign_centres, campaign_townships, campaigns,
    centres, children, vouchers,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{CaseStatement, Condition, Expr, Func, Query},
};

use crate::http::Limit;

pub(in super::super) async fn insert(
    db: &impl ConnectionTrait,
    row: campaigns::Model,
    townships: &[String],
    centres: &[CentreId],
) -> Result<(), DbErr> {
    let id = row.id;
    campaigns::Entity::insert(campaigns::ActiveModel::from(row)).exec_without_returning(db).await?;
    insert_scope(db, id, townships, centres).await
}

/// The townships and centres of a campaign.
async fn insert_scope(
    db: &impl ConnectionTrait,
    id: CampaignId,
    townships: &[String],
    centres: &[CentreId],
) -> Result<(), DbErr> {
    let townships: Vec<campaign_townships::ActiveModel> = townships
        .iter()
        .map(|township| campaign_townships::Model { campaign_id: id, township: township.clone() }.into())
        .collect();
    if !townships.is_empty() {
        campaign_townships::Entity::insert_many(townships).exec_without_returning(db).await?;
    }
    let centres: Vec<campaign_centres::ActiveModel> =
        centres.iter().map(|centre| campaign_centres::Model { campaign_id: id, centre_id: *centre }.into()).collect();
    if !centres.is_empty() {
        campaign_centres::Entity::insert_many(centres).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Puts another row in place of a draft's, with its townships and centres; false if it is no draft
/// any more.
pub(in super::super) async fn replace_draft(
    db: &impl ConnectionTrait,
    row: campaigns::Model,
    townships: &[String],
    centres: &[CentreId],
) -> Result<bool, DbErr> {
    let id = row.id;
    let done = campaigns::Entity::update_many()
        .set(campaigns::ActiveModel::from(row).reset_all())
        .filter(campaigns::Column::Id.eq(id))
        .filter(campaigns::Column::Status.eq(CampaignStatus::Draft))
        .exec(db)
        .await?;
    if done.rows_affected == 0 {
        return Ok(false);
    }
    campaign_townships::Entity::delete_many().filter(campaign_townships::Column::CampaignId.eq(id)).exec(db).await?;
    campaign_centres::Entity::delete_many().filter(campaign_centres::Column::CampaignId.eq(id)).exec(db).await?;
    insert_scope(db, id, townships, centres).await?;
    Ok(true)
}

/// Writes what may change once families know a campaign; false if its state, its quota or the end
/// of its claims is another than `seen`. The number of vouchers given out isn't touched.
pub(in super::super) async fn amend(
    db: &impl ConnectionTrait,
    seen: &campaigns::Model,
    row: &campaigns::Model,
) -> Result<bool, DbErr> {
    use campaigns::Column as C;
    let done = campaigns::Entity::update_many()
        .col_expr(C::Name, Expr::value(row.name.clone()))
        .col_expr(C::Description, Expr::value(row.description.clone()))
        .col_expr(C::Quota, Expr::value(row.quota))
        .col_expr(C::ClaimUntil, Expr::value(row.claim_until))
        .col_expr(C::OfflineDailyUnits, Expr::value(row.offline_daily_units))
        .filter(C::Id.eq(seen.id))
        .filter(C::Status.eq(seen.status))
        .filter(C::Quota.eq(seen.quota))
        .filter(C::ClaimUntil.eq(seen.claim_until))
        .filter(C::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Revokes a campaign with all its vouchers, once families could claim it; false if it can't.
pub(in super::super) async fn revoke(
    db: &impl ConnectionTrait,
    id: CampaignId,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use campaigns::Column::{Id, RevokedAt, RevokedOn, Status};
    let done = campaigns::Entity::update_many()
        .col_expr(Status, Expr::value(CampaignStatus::Closed.as_str()))
        .col_expr(RevokedAt, Expr::value(now))
        .col_expr(RevokedOn, Expr::value(today))
        .filter(Id.eq(id))
        .filter(Status.ne(CampaignStatus::Draft))
        .filter(RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Which of these centres are active, filed and inclusive on `day`, as every redemption requires.
pub(in super::super) async fn fit_centres(
    db: &impl ConnectionTrait,
    ids: &[CentreId],
    day: NaiveDate,
) -> Result<Vec<CentreId>, DbErr> {
    use centres::Column::{Active, Filed, InclusiveFrom, InclusiveUntil};
    centres::Entity::find()
        .select_only()
        .column(centres::Column::Id)
        .filter(centres::Column::Id.is_in(ids.iter().copied()))
        .filter(Active.eq(true))
        .filter(Filed.eq(entity::Filed::Filed))
        .filter(InclusiveFrom.lte(day))
        .filter(InclusiveUntil.is_null().or(InclusiveUntil.gte(day)))
        .into_tuple()
        .all(db)
        .await
}

pub(in super::super) async fn one(
    db: &impl ConnectionTrait,
    id: CampaignId,
) -> Result<Option<campaigns::Model>, DbErr> {
    campaigns::Entity::find_by_id(id).one(db).await
}

/// Newest first.
pub(in super::super) async fn page(
    db: &impl ConnectionTrait,
    limit: Limit,
    after: Option<CampaignId>,
) -> Result<Vec<campaigns::Model>, DbErr> {
    let mut select = campaigns::Entity::find();
    if let Some(after) = after {
        select = select.filter(campaigns::Column::Id.lt(after));
    }
    select.order_by_desc(campaigns::Column::Id).limit(limit.plus_one()).all(db).await
}

/// Open ones whose claims haven't ended, newest first.
pub(in super::super) async fn open_page(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: Limit,
    after: Option<CampaignId>,
) -> Result<Vec<campaigns::Model>, DbErr> {
    let mut select = campaigns::Entity::find()
        .filter(campaigns::Column::Status.eq(CampaignStatus::Open))
        .filter(campaigns::Column::ClaimUntil.gt(now));
    if let Some(after) = after {
        select = select.filter(campaigns::Column::Id.lt(after));
    }
    select.order_by_desc(campaigns::Column::Id).limit(limit.plus_one()).all(db).await
}

/// Those that families may know of: open or paused, claims not over; newest first.
pub(in super::super) async fn known_page(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: Limit,
    after: Option<CampaignId>,
) -> Result<Vec<campaigns::Model>, DbErr> {
    let condition = Condition::all()
        .add(campaigns::Column::Status.is_in([CampaignStatus::Open, CampaignStatus::Paused]))
        .add(campaigns::Column::ClaimUntil.gt(now))
        .add_option(after.map(|after| campaigns::Column::Id.lt(after)));
    let rows = campaigns::Entity::find().filter(condition).order_by_desc(campaigns::Column::Id);
    rows.limit(limit.plus_one()).all(db).await
}

/// The townships of some campaigns.
pub(in super::super) async fn townships(
    db: &impl ConnectionTrait,
    ids: &[CampaignId],
) -> Result<HashMap<CampaignId, Vec<String>>, DbErr> {
    let rows = campaign_townships::Entity::find()
        .filter(campaign_townships::Column::CampaignId.is_in(ids.iter().copied()))
        .order_by_asc(campaign_townships::Column::Township)
        .all(db)
        .await?;
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        all.entry(row.campaign_id).or_default().push(row.township);
    }
    Ok(all)
}

/// The centres of some campaigns, with their names.
pub(in super::super) async fn centres(
    db: &impl ConnectionTrait,
    ids: &[CampaignId],
) -> Result<HashMap<CampaignId, Vec<(CentreId, String)>>, DbErr> {
    use campaign_centres::Column::{CampaignId as Campaign, CentreId as Centre};
    let mut select = campaign_centres::Entity::find()
        .select_only()
        .columns([Campaign, Centre])
        .column(centres::Column::Name)
        .filter(Campaign.is_in(ids.iter().copied()))
        .order_by_asc(centres::Column::Id);
    QuerySelect::query(&mut select).inner_join(
        centres::Entity,
        super::same((centres::Entity, centres::Column::Id), (campaign_centres::Entity, Centre)),
    );
    let rows: Vec<(CampaignId, CentreId, String)> = select.into_tuple().all(db).await?;
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for (campaign, centre, name) in rows {
        all.entry(campaign).or_default().push((centre, name));
    }
    Ok(all)
}

/// Sums over a campaign's vouchers, in units.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(in super::super) struct UnitSums {
    pub(in super::super) campaign_id: CampaignId,
    pub(in super::super) claimed: i64,
    pub(in super::super) used: i64,
    pub(in super::super) expired: i64,
    pub(in super::super) revoked: i64,
}

/// The units of some campaigns on `today`.
pub(in super::super) async fn units(
    db: &impl ConnectionTrait,
    ids: &[CampaignId],
    today: NaiveDate,
) -> Result<HashMap<CampaignId, UnitSums>, DbErr> {
    use vouchers::Column::{CampaignId as Campaign, Status, UnitsTotal, UnitsUsed, ValidUntil};
    let left = || Expr::col(UnitsTotal).sub(Expr::col(UnitsUsed));
    let revoked_on = || Expr::col((campaigns::Entity, campaigns::Column::RevokedOn));
    let until = || Expr::col((vouchers::Entity, ValidUntil));
    // As `rules::status_on` has it.
    let revoked = || {
        Expr::col((vouchers::Entity, Status))
            .eq(VoucherStatus::Revoked.as_str())
            .or(revoked_on().is_not_null().and(revoked_on().lte(until())))
    };
    let over = until().lt(today);
    let sum_if = |condition: Expr| Expr::from(Func::sum(CaseStatement::new().case(condition, left()).finally(0)));
    let mut select = vouchers::Entity::find()
        .select_only()
        .column(Campaign)
        .column_as(UnitsTotal.sum(), "claimed")
        .column_as(UnitsUsed.sum(), "used")
        .column_as(sum_if(over.and(revoked().not())), "expired")
        .column_as(sum_if(revoked()), "revoked")
        .filter(Campaign.is_in(ids.iter().copied()))
        .group_by(Campaign);
    QuerySelect::query(&mut select).inner_join(
        campaigns::Entity,
        super::same((campaigns::Entity, campaigns::Column::Id), (vouchers::Entity, Campaign)),
    );
    let rows: Vec<UnitSums> = select.into_model().all(db).await?;
    Ok(rows.into_iter().map(|row| (row.campaign_id, row)).collect())
}

/// Moves a campaign on from one of `from`; false if it is in another state.
pub(in super::super) async fn set_status(
    db: &impl ConnectionTrait,
    id: CampaignId,
    from: &[CampaignStatus],
    to: CampaignStatus,
) -> Result<bool, DbErr> {
    use campaigns::Column::{Id, Status};
    let done = campaigns::Entity::update_many()
        .col_expr(Status, Expr::value(to.as_str()))
        .filter(Id.eq(id))
        .filter(Status.is_in(from.iter().copied()))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Takes one voucher of the quota, if the campaign gives out at `now`; the one guard that counts
/// (invariant 3). The child must not have been removed meanwhile: whoever removes one holds its row, for
/// which the voucher's foreign key waited before this.
pub(in super::super) async fn take_one(
    db: &impl ConnectionTrait,
    id: CampaignId,
    child: ChildId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use campaigns::Column::{ClaimFrom, ClaimUntil, Claimed, Id, Quota, Status};
    let there = Query::select()
        .expr(Expr::val(1))
        .from(children::Entity)
        .and_where(Expr::col((children::Entity, children::Column::Id)).eq(child))
        .and_where(Expr::col((children::Entity, children::Column::RemovedAt)).is_null())
        .to_owned();
    let done = campaigns::Entity::update_many()
        .col_expr(Claimed, Expr::col(Claimed).add(1))
        .filter(Id.eq(id))
        .filter(Status.eq(CampaignStatus::Open))
        .filter(Expr::col(Claimed).lt(Expr::col(Quota)))
        .filter(ClaimFrom.lte(now))
        .filter(ClaimUntil.gt(now))
        .filter(Expr::exists(there))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}
