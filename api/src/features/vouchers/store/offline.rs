//! Offline scans: what a desk expects, the daily bound, conflicts.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CampaignId, CareType, CentreId, ConflictStatus, Fen, MinuteOfDay, OfflineConflictId, RedemptionStatus, StaffId,
    TextStatus, VisitId, VisitStatus, VoucherId, VoucherStatus, campaigns, children, offline_conflicts, offline_days,
    redemptions, visits, vouchers,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, TryInsertResult,
    sea_query::{Expr, OnConflict, Query},
};

use super::{exists, same};
use crate::{http::Limit, platform::db::LockRows as _};

/// Expected children in one pack at most: far more than any centre has places.
const MOST_EXPECTED: u64 = 500;

/// A child with an offline voucher that is expected.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Expected {
    pub(in super::super) visit_id: VisitId,
    pub(in super::super) voucher_id: VoucherId,
    pub(in super::super) campaign_id: CampaignId,
    pub(in super::super) name_sealed: Vec<u8>,
    pub(in super::super) name_status: TextStatus,
    pub(in super::super) birth_date: NaiveDate,
    pub(in super::super) care_type: CareType,
    pub(in super::super) from_min: MinuteOfDay,
    pub(in super::super) to_min: MinuteOfDay,
    pub(in super::super) units_total: i32,
    pub(in super::super) units_used: i32,
    pub(in super::super) redeemed_today: bool,
}

/// The children that come to a centre on `day` and hold a voucher that may be redeemed offline.
pub(in super::super) async fn expected(
    db: &impl ConnectionTrait,
    centre: CentreId,
    day: NaiveDate,
) -> Result<Vec<Expected>, DbErr> {
    let mut select = visits::Entity::find().select_only();
    QuerySelect::query(&mut select)
        .expr_as(Expr::col((visits::Entity, visits::Column::Id)), "visit_id")
        .expr_as(Expr::col((visits::Entity, visits::Column::CareType)), "care_type")
        .expr_as(Expr::col((visits::Entity, visits::Column::FromMin)), "from_min")
        .expr_as(Expr::col((visits::Entity, visits::Column::ToMin)), "to_min")
        .expr_as(Expr::col((vouchers::Entity, vouchers::Column::Id)), "voucher_id")
        .expr_as(Expr::col((vouchers::Entity, vouchers::Column::CampaignId)), "campaign_id")
        .expr_as(Expr::col((vouchers::Entity, vouchers::Column::UnitsTotal)), "units_total")
        .expr_as(Expr::col((vouchers::Entity, vouchers::Column::UnitsUsed)), "units_used")
        .expr_as(Expr::col((children::Entity, children::Column::NameSealed)), "name_sealed")
        .expr_as(Expr::col((children::Entity, children::Column::NameStatus)), "name_status")
        .expr_as(Expr::col((children::Entity, children::Column::BirthDate)), "birth_date")
        .expr_as(
            exists(
                Query::select()
                    .expr(Expr::val(1))
                    .from(redemptions::Entity)
                    .and_where(same(
                        (redemptions::Entity, redemptions::Column::ChildId),
                        (visits::Entity, visits::Column::ChildId),
                    ))
                    .and_where(Expr::col((redemptions::Entity, redemptions::Column::ServiceDate)).eq(day))
                    .and_where(
                        Expr::col((redemptions::Entity, redemptions::Column::Status))
                            .eq(RedemptionStatus::Redeemed.as_str()),
                    )
                    .to_owned(),
            ),
            "redeemed_today",
        )
        .inner_join(
            vouchers::Entity,
            same((vouchers::Entity, vouchers::Column::ChildId), (visits::Entity, visits::Column::ChildId)),
        )
        .inner_join(
            campaigns::Entity,
            same((campaigns::Entity, campaigns::Column::Id), (vouchers::Entity, vouchers::Column::CampaignId)),
        )
        .inner_join(
            children::Entity,
            same((children::Entity, children::Column::Id), (visits::Entity, visits::Column::ChildId)),
        );
    let col = |column| Expr::col((vouchers::Entity, column));
    select
        .filter(visits::Column::CentreId.eq(centre))
        .filter(visits::Column::Date.eq(day))
        .filter(visits::Column::Status.is_in([VisitStatus::Expected, VisitStatus::InCare, VisitStatus::Left]))
        .filter(col(vouchers::Column::Status).eq(VoucherStatus::Active.as_str()))
        .filter(col(vouchers::Column::ValidFrom).lte(day))
        .filter(col(vouchers::Column::ValidUntil).gte(day))
        .filter(Expr::col((campaigns::Entity, campaigns::Column::OfflineDailyUnits)).is_not_null())
        .filter(Expr::col((campaigns::Entity, campaigns::Column::RevokedAt)).is_null())
        .order_by_asc(visits::Column::FromMin)
        .order_by_asc(visits::Column::Id)
        .limit(MOST_EXPECTED)
        .into_model()
        .all(db)
        .await
}

/// A campaign that allows offline scans, with what a centre used of its bound on `day`.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Allowed {
    pub(in super::super) id: CampaignId,
    pub(in super::super) name: String,
    pub(in super::super) offline_daily_units: i32,
    pub(in super::super) units: Option<i32>,
}

/// Campaigns with vouchers about that allow offline scans, newest first.
pub(in super::super) async fn allowed(
    db: &impl ConnectionTrait,
    centre: CentreId,
    day: NaiveDate,
) -> Result<Vec<Allowed>, DbErr> {
    use campaigns::Column::{Claimed, Id, Name, OfflineDailyUnits, RevokedAt};
    let mut select = campaigns::Entity::find().select_only().columns([Id, Name, OfflineDailyUnits]);
    QuerySelect::query(&mut select)
        .expr_as(Expr::col((offline_days::Entity, offline_days::Column::Units)), "units")
        .left_join(
            offline_days::Entity,
            same((offline_days::Entity, offline_days::Column::CampaignId), (campaigns::Entity, Id))
                .and(Expr::col((offline_days::Entity, offline_days::Column::CentreId)).eq(centre))
                .and(Expr::col((offline_days::Entity, offline_days::Column::Day)).eq(day)),
        );
    select
        .filter(OfflineDailyUnits.is_not_null())
        .filter(RevokedAt.is_null())
        .filter(Claimed.gt(0))
        .order_by_desc(Id)
        .limit(100)
        .into_model()
        .all(db)
        .await
}

/// Counts one more unit of a day within the bound; false if it is reached.
pub(in super::super) async fn count_one(
    db: &impl ConnectionTrait,
    row: offline_days::Model,
    most: i32,
) -> Result<bool, DbErr> {
    use offline_days::Column::{CampaignId as Campaign, CentreId as Centre, Day, Units};
    if most < 1 {
        return Ok(false);
    }
    let (campaign, centre, day) = (row.campaign_id, row.centre_id, row.day);
    // The first unit of a day makes the row; whoever comes second counts on it.
    let first = offline_days::Entity::insert(offline_days::ActiveModel::from(row))
        .on_conflict_do_nothing_on([Campaign, Centre, Day])
        .exec_without_returning(db)
        .await?;
    if matches!(first, TryInsertResult::Inserted(1)) {
        return Ok(true);
    }
    let done = offline_days::Entity::update_many()
        .col_expr(Units, Expr::col(Units).add(1))
        .filter(Campaign.eq(campaign))
        .filter(Centre.eq(centre))
        .filter(Day.eq(day))
        .filter(Units.lt(most))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The conflict that a scan became when it was uploaded before.
pub(in super::super) async fn conflict_of(
    db: &impl ConnectionTrait,
    centre: CentreId,
    request_id: &str,
) -> Result<Option<offline_conflicts::Model>, DbErr> {
    use offline_conflicts::Column::{CentreId as Centre, RequestId};
    offline_conflicts::Entity::find().filter(Centre.eq(centre)).filter(RequestId.eq(request_id)).one(db).await
}

/// Keeps a conflict; false if the scan has one.
pub(in super::super) async fn keep_conflict(
    db: &impl ConnectionTrait,
    row: offline_conflicts::Model,
) -> Result<bool, DbErr> {
    use offline_conflicts::Column::{CentreId as Centre, RequestId};
    let kept = offline_conflicts::Entity::insert(offline_conflicts::ActiveModel::from(row))
        .on_conflict(OnConflict::columns([Centre, RequestId]).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(db)
        .await?;
    Ok(matches!(kept, TryInsertResult::Inserted(1)))
}

/// Conflicts, newest first; of one centre for its desk.
pub(in super::super) async fn conflicts(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    status: Option<ConflictStatus>,
    limit: Limit,
    after: Option<OfflineConflictId>,
) -> Result<Vec<offline_conflicts::Model>, DbErr> {
    use offline_conflicts::Column::{CentreId as Centre, Id, Status};
    let condition = Condition::all()
        .add_option(centre.map(|id| Centre.eq(id)))
        .add_option(status.map(|status| Status.eq(status)))
        .add_option(after.map(|after| Id.lt(after)));
    let rows = offline_conflicts::Entity::find().filter(condition).order_by_desc(Id);
    rows.limit(limit.plus_one()).all(db).await
}

pub(in super::super) async fn conflict(
    db: &impl ConnectionTrait,
    id: OfflineConflictId,
) -> Result<Option<offline_conflicts::Model>, DbErr> {
    offline_conflicts::Entity::find_by_id(id).one(db).await
}

/// Decides an open conflict; false if it was decided before.
pub(in super::super) async fn resolve(
    db: &impl ConnectionTrait,
    id: OfflineConflictId,
    to: ConflictStatus,
    note: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use offline_conflicts::Column::{Id, Note, ResolvedAt, ResolvedBy, Status};
    let done = offline_conflicts::Entity::update_many()
        .col_expr(Status, Expr::value(to.as_str()))
        .col_expr(Note, Expr::value(note))
        .col_expr(ResolvedBy, Expr::value(by))
        .col_expr(ResolvedAt, Expr::value(now))
        .filter(Id.eq(id))
        .filter(Status.eq(ConflictStatus::Open))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// What a unit of a voucher is worth.
pub(in super::super) async fn face_value(db: &impl ConnectionTrait, voucher: VoucherId) -> Result<Option<Fen>, DbErr> {
    let mut select = vouchers::Entity::find_by_id(voucher).select_only();
    QuerySelect::query(&mut select)
        .expr_as(Expr::col((campaigns::Entity, campaigns::Column::FaceValueFen)), "face_value_fen")
        .inner_join(
            campaigns::Entity,
            same((campaigns::Entity, campaigns::Column::Id), (vouchers::Entity, vouchers::Column::CampaignId)),
        );
    select.into_tuple().one(db).await
}

/// Whether a centre has been paid for the day of a conflict already: by a redemption of the voucher there, or by
/// another conflict. The voucher is held: who redeems it, or decides its other conflict, waits.
pub(in super::super) async fn is_paid(db: &impl ConnectionTrait, of: &offline_conflicts::Model) -> Result<bool, DbErr> {
    use offline_conflicts::Column as C;
    use redemptions::Column as R;
    vouchers::Entity::find_by_id(of.voucher_id).lock_rows().one(db).await?;
    let redeemed = redemptions::Entity::of_centre(of.centre_id)
        .filter(R::VoucherId.eq(of.voucher_id))
        .filter(R::ServiceDate.eq(of.service_date))
        .filter(R::Status.eq(RedemptionStatus::Redeemed));
    if redeemed.one(db).await?.is_some() {
        return Ok(true);
    }
    let paid = offline_conflicts::Entity::find()
        .filter(C::VoucherId.eq(of.voucher_id))
        .filter(C::CentreId.eq(of.centre_id))
        .filter(C::ServiceDate.eq(of.service_date))
        .filter(C::Status.eq(ConflictStatus::Paid))
        .filter(C::Id.ne(of.id));
    Ok(paid.one(db).await?.is_some())
}
