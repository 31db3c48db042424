//! Redemptions, and the one read that decides them.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CampaignId, CareType, CentreId, ChildId, FamilyId, Fen, Filed, RedemptionId, RedemptionStatus, VisitId,
    VisitStatus, VoucherId, VoucherStatus, campaign_centres, campaigns, centres, children, redemptions, visits,
    vouchers,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Alias, Expr, JoinType, Order, Query, SelectStatement},
};

use super::{columns, same};
use crate::http::Limit;

/// A visit that a redemption can belong to.
const CARED_FOR: [VisitStatus; 3] = [VisitStatus::Expected, VisitStatus::InCare, VisitStatus::Left];

/// Everything that decides a redemption at one desk, in one row.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct DeskFacts {
    pub(in super::super) centre_active: bool,
    pub(in super::super) filed: Filed,
    pub(in super::super) inclusive_from: Option<NaiveDate>,
    pub(in super::super) inclusive_until: Option<NaiveDate>,
    /// What this `request_id` was answered before.
    #[sea_orm(nested)]
    pub(in super::super) again: Option<Again>,
    #[sea_orm(nested)]
    pub(in super::super) voucher: Option<VoucherFacts>,
}

/// An answer given before.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Again {
    #[sea_orm(alias = "again_voucher_id")]
    pub(in super::super) voucher_id: VoucherId,
    #[sea_orm(alias = "again_code_hash")]
    pub(in super::super) code_hash: Vec<u8>,
    #[sea_orm(alias = "again_answer")]
    pub(in super::super) answer_sealed: Vec<u8>,
}

/// A voucher with its child, its campaign and what today knows of the child.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct VoucherFacts {
    pub(in super::super) voucher_id: VoucherId,
    pub(in super::super) campaign_id: CampaignId,
    pub(in super::super) family_id: FamilyId,
    pub(in super::super) child_id: ChildId,
    pub(in super::super) status: VoucherStatus,
    pub(in super::super) valid_from: NaiveDate,
    pub(in super::super) valid_until: NaiveDate,
    pub(in super::super) units_total: i32,
    pub(in super::super) units_used: i32,
    pub(in super::super) campaign_name: String,
    pub(in super::super) face_value_fen: Fen,
    pub(in super::super) all_centres: bool,
    /// The desk's centre, if the campaign names it.
    pub(in super::super) listed: Option<CentreId>,
    pub(in super::super) name_sealed: Vec<u8>,
    pub(in super::super) birth_date: NaiveDate,
    /// Today's visit here.
    pub(in super::super) visit_id: Option<VisitId>,
    pub(in super::super) care_type: Option<CareType>,
    /// Today's redemption anywhere.
    pub(in super::super) redeemed_at: Option<DateTime<Utc>>,
    pub(in super::super) redeemed_centre_id: Option<CentreId>,
    pub(in super::super) redeemed_centre_name: Option<String>,
}

/// What of the past a read of [`desk_facts`] looks for.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Past<'a> {
    /// Nothing: enough for a scan that will go well. The constraints turn away a repeated request
    /// and a second scan of the day; then the read is done again with [`Past::Of`].
    Unasked,
    /// Today's redemption of the child, and the answer given before under a `request_id`.
    Of(Option<&'a str>),
}

/// The one read of a redemption: the desk's centre, and the voucher with all that decides about
/// it. `None` if the centre is gone.
pub(in super::super) async fn desk_facts(
    db: &impl ConnectionTrait,
    centre: CentreId,
    past: Past<'_>,
    voucher: Option<VoucherId>,
    today: NaiveDate,
) -> Result<Option<DeskFacts>, DbErr> {
    let mut select = Query::select();
    columns!(select, centres::Entity, centres::Column, {
        Active as "centre_active", Filed as "filed", InclusiveFrom as "inclusive_from",
        InclusiveUntil as "inclusive_until",
    });
    columns!(select, vouchers::Entity, vouchers::Column, {
        Id as "voucher_id", CampaignId as "campaign_id", FamilyId as "family_id", ChildId as "child_id",
        Status as "status", ValidFrom as "valid_from", ValidUntil as "valid_until", UnitsTotal as "units_total",
        UnitsUsed as "units_used",
    });
    columns!(select, campaigns::Entity, campaigns::Column, {
        Name as "campaign_name", FaceValueFen as "face_value_fen", AllCentres as "all_centres",
    });
    columns!(select, campaign_centres::Entity, campaign_centres::Column, { CentreId as "listed" });
    columns!(select, children::Entity, children::Column, { NameSealed as "name_sealed", BirthDate as "birth_date" });
    columns!(select, visits::Entity, visits::Column, { Id as "visit_id", CareType as "care_type" });
    select
        .from(centres::Entity)
        .left_join(vouchers::Entity, Expr::col((vouchers::Entity, vouchers::Column::Id)).eq(voucher))
        .left_join(
            campaigns::Entity,
            same((campaigns::Entity, campaigns::Column::Id), (vouchers::Entity, vouchers::Column::CampaignId)),
        )
        .left_join(
            campaign_centres::Entity,
            same(
                (campaign_centres::Entity, campaign_centres::Column::CampaignId),
                (vouchers::Entity, vouchers::Column::CampaignId),
            )
            .and(campaign_centres::Column::CentreId.eq(centre)),
        )
        .left_join(
            children::Entity,
            same((children::Entity, children::Column::Id), (vouchers::Entity, vouchers::Column::ChildId)),
        )
        // A child of two half-days has two visits: the morning's comes first.
        .left_join(
            visits::Entity,
            same((visits::Entity, visits::Column::ChildId), (vouchers::Entity, vouchers::Column::ChildId))
                .and(Expr::col((visits::Entity, visits::Column::CentreId)).eq(centre))
                .and(Expr::col((visits::Entity, visits::Column::Date)).eq(today))
                .and(Expr::col((visits::Entity, visits::Column::Status)).is_in(CARED_FOR)),
        )
        .order_by((visits::Entity, visits::Column::FromMin), Order::Asc)
        .order_by((visits::Entity, visits::Column::Id), Order::Asc)
        .limit(1)
        .and_where(Expr::col((centres::Entity, centres::Column::Id)).eq(centre));
    match past {
        Past::Of(request_id) => look_back(&mut select, centre, request_id, today),
        Past::Unasked => {
            for name in [
                "again_voucher_id",
                "again_code_hash",
                "again_answer",
                "redeemed_at",
                "redeemed_centre_id",
                "redeemed_centre_name",
            ] {
                select.expr_as(Expr::cust("NULL"), name);
            }
        }
    }
    db.query_one(&select).await?.map(|row| DeskFacts::from_query_result(&row, "")).transpose()
}

/// Joins the answer given before under `request_id` and today's redemption of the child anywhere.
fn look_back(select: &mut SelectStatement, centre: CentreId, request_id: Option<&str>, today: NaiveDate) {
    let again = || Alias::new("again");
    let earlier = || Alias::new("earlier");
    let elsewhere = || Alias::new("elsewhere");
    columns!(select, again(), redemptions::Column, {
        VoucherId as "again_voucher_id", CodeHash as "again_code_hash", AnswerSealed as "again_answer",
    });
    columns!(select, earlier(), redemptions::Column, {
        RedeemedAt as "redeemed_at", CentreId as "redeemed_centre_id",
    });
    columns!(select, elsewhere(), centres::Column, { Name as "redeemed_centre_name" });
    select
        .join_as(
            JoinType::LeftJoin,
            redemptions::Entity,
            again(),
            Expr::col((again(), redemptions::Column::CentreId))
                .eq(centre)
                .and(Expr::col((again(), redemptions::Column::RequestId)).eq(request_id.map(str::to_owned))),
        )
        .join_as(
            JoinType::LeftJoin,
            redemptions::Entity,
            earlier(),
            same((earlier(), redemptions::Column::ChildId), (vouchers::Entity, vouchers::Column::ChildId))
                .and(Expr::col((earlier(), redemptions::Column::ServiceDate)).eq(today))
                .and(Expr::col((earlier(), redemptions::Column::Status)).eq(RedemptionStatus::Redeemed.as_str())),
        )
        .join_as(
            JoinType::LeftJoin,
            centres::Entity,
            elsewhere(),
            same((elsewhere(), centres::Column::Id), (earlier(), redemptions::Column::CentreId)),
        );
}

pub(in super::super) async fn insert(db: &impl ConnectionTrait, row: redemptions::Model) -> Result<(), DbErr> {
    redemptions::Entity::insert(redemptions::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// A line of the centre's list.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Line {
    pub(in super::super) id: RedemptionId,
    pub(in super::super) voucher_id: VoucherId,
    pub(in super::super) campaign_name: String,
    pub(in super::super) name_sealed: Vec<u8>,
    pub(in super::super) service_date: NaiveDate,
    pub(in super::super) redeemed_at: DateTime<Utc>,
    pub(in super::super) care_type: CareType,
    pub(in super::super) status: RedemptionStatus,
    pub(in super::super) face_value_fen: Fen,
}

/// The centre's redemptions, newest first.
pub(in super::super) async fn of_centre(
    db: &impl ConnectionTrait,
    centre: CentreId,
    date: Option<NaiveDate>,
    limit: Limit,
    after: Option<RedemptionId>,
) -> Result<Vec<Line>, DbErr> {
    use redemptions::Column as R;
    let mut select = redemptions::Entity::of_centre(centre)
        .select_only()
        .columns([R::Id, R::VoucherId, R::ServiceDate, R::RedeemedAt, R::CareType, R::Status, R::FaceValueFen])
        .column_as(Expr::col((campaigns::Entity, campaigns::Column::Name)), "campaign_name")
        .column_as(Expr::col((children::Entity, children::Column::NameSealed)), "name_sealed")
        .order_by_desc(R::Id)
        .limit(limit.plus_one());
    if let Some(date) = date {
        select = select.filter(R::ServiceDate.eq(date));
    }
    if let Some(after) = after {
        select = select.filter(R::Id.lt(after));
    }
    QuerySelect::query(&mut select)
        .inner_join(
            campaigns::Entity,
            same((campaigns::Entity, campaigns::Column::Id), (redemptions::Entity, R::CampaignId)),
        )
        .inner_join(
            children::Entity,
            same((children::Entity, children::Column::Id), (redemptions::Entity, R::ChildId)),
        );
    select.into_model().all(db).await
}
