//! Sums over a campaign's rows, each taken from another table than the one it is compared with.

use chrono::NaiveDate;
use entity::{
    CampaignId, Fen, RedemptionId, RedemptionStatus, StatementId, StatementStatus, VoucherId, VoucherStatus, campaigns,
    redemption_reversals, redemptions, statements, vouchers,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Alias, CaseStatement, Expr, Func, Query, SimpleExpr},
};

/// Ids of what breaks an equation, at most.
const MOST_BREAKS: u64 = 50;

pub(in super::super) async fn campaign(
    db: &impl ConnectionTrait,
    id: CampaignId,
) -> Result<Option<campaigns::Model>, DbErr> {
    campaigns::Entity::find_by_id(id).one(db).await
}

/// A whole number: the sum of BIGINT is NUMERIC on PostgreSQL, and of no rows NULL.
fn whole(sum: SimpleExpr) -> SimpleExpr {
    Expr::expr(Func::coalesce([sum, Expr::value(0)])).cast_as(Alias::new("bigint"))
}

fn sum_if(condition: SimpleExpr, then: SimpleExpr) -> SimpleExpr {
    whole(Func::sum(CaseStatement::new().case(condition, then).finally(0)).into())
}

/// Sums over a campaign's vouchers.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(in super::super) struct VoucherSums {
    pub(in super::super) vouchers: i64,
    pub(in super::super) units: i64,
    pub(in super::super) used: i64,
    pub(in super::super) unused: i64,
    pub(in super::super) expired: i64,
    pub(in super::super) revoked: i64,
}

/// Each part is summed by its own condition, so that a voucher in no state, or in two, shows.
pub(in super::super) async fn voucher_sums(
    db: &impl ConnectionTrait,
    campaign: &campaigns::Model,
    today: NaiveDate,
) -> Result<VoucherSums, DbErr> {
    use vouchers::Column::{CampaignId as Campaign, Id, Status, UnitsTotal, UnitsUsed, ValidUntil};
    let left = || Expr::col(UnitsTotal).sub(Expr::col(UnitsUsed));
    let is = |status: VoucherStatus| Expr::col(Status).eq(status.as_str());
    // Within the campaign's revocation, if there was one.
    let taken = || match campaign.revoked_on {
        Some(day) => Expr::col(ValidUntil).gte(day),
        None => Expr::value(1).eq(2),
    };
    let over = || Expr::col(ValidUntil).lt(today);
    let row = vouchers::Entity::find()
        .select_only()
        .column_as(Id.count(), "vouchers")
        .column_as(whole(UnitsTotal.sum()), "units")
        .column_as(whole(UnitsUsed.sum()), "used")
        .column_as(sum_if(is(VoucherStatus::Active).and(over().not()).and(taken().not()), left()), "unused")
        .column_as(sum_if(is(VoucherStatus::Active).and(over()).and(taken().not()), left()), "expired")
        .column_as(sum_if(is(VoucherStatus::Revoked).or(is(VoucherStatus::Active).and(taken())), left()), "revoked")
        .filter(Campaign.eq(campaign.id))
        .into_model()
        .one(db)
        .await?;
    row.ok_or_else(|| DbErr::RecordNotFound("sums".to_owned()))
}

/// Sums over a campaign's redemptions.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(in super::super) struct RedemptionSums {
    pub(in super::super) redeemed: i64,
    pub(in super::super) reversed: i64,
    pub(in super::super) redeemed_fen: i64,
    pub(in super::super) settled_fen: i64,
}

pub(in super::super) async fn redemption_sums(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
) -> Result<RedemptionSums, DbErr> {
    use redemptions::Column::{CampaignId as Campaign, FaceValueFen, StatementId as Statement, Status};
    let is = |status: RedemptionStatus| Expr::col(Status).eq(status.as_str());
    let redeemed = || is(RedemptionStatus::Redeemed);
    let row = redemptions::Entity::find()
        .select_only()
        .column_as(sum_if(redeemed(), Expr::value(1)), "redeemed")
        .column_as(sum_if(is(RedemptionStatus::Reversed), Expr::value(1)), "reversed")
        .column_as(sum_if(redeemed(), Expr::col(FaceValueFen)), "redeemed_fen")
        .column_as(sum_if(redeemed().and(Statement.is_not_null()), Expr::col(FaceValueFen)), "settled_fen")
        .filter(Campaign.eq(campaign))
        .into_model()
        .one(db)
        .await?;
    row.ok_or_else(|| DbErr::RecordNotFound("sums".to_owned()))
}

/// Vouchers whose used units aren't the number of their redemptions.
pub(in super::super) async fn vouchers_out_of_step(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
) -> Result<Vec<VoucherId>, DbErr> {
    use redemptions::Column::{Status, VoucherId as Voucher};
    let count = Query::select()
        .expr(Expr::col((redemptions::Entity, redemptions::Column::Id)).count())
        .from(redemptions::Entity)
        .and_where(Expr::col((redemptions::Entity, Voucher)).equals((vouchers::Entity, vouchers::Column::Id)))
        .and_where(Expr::col((redemptions::Entity, Status)).eq(RedemptionStatus::Redeemed.as_str()))
        .to_owned();
    vouchers::Entity::find()
        .select_only()
        .column(vouchers::Column::Id)
        .filter(vouchers::Column::CampaignId.eq(campaign))
        .filter(
            Expr::col((vouchers::Entity, vouchers::Column::UnitsUsed))
                .ne(SimpleExpr::SubQuery(None, Box::new(count.into()))),
        )
        .order_by_asc(vouchers::Column::Id)
        .limit(MOST_BREAKS)
        .into_tuple()
        .all(db)
        .await
}

/// How many of a campaign's redemptions have a row of reversal.
pub(in super::super) async fn reversal_rows(db: &impl ConnectionTrait, campaign: CampaignId) -> Result<i64, DbErr> {
    let mut select = redemption_reversals::Entity::find()
        .select_only()
        .column_as(redemption_reversals::Column::Id.count(), "n")
        .filter(Expr::col((redemptions::Entity, redemptions::Column::CampaignId)).eq(campaign));
    QuerySelect::query(&mut select).inner_join(
        redemptions::Entity,
        Expr::col((redemptions::Entity, redemptions::Column::Id))
            .equals((redemption_reversals::Entity, redemption_reversals::Column::RedemptionId)),
    );
    Ok(select.into_tuple().one(db).await?.unwrap_or(0))
}

/// Redemptions whose state and row of reversal disagree.
pub(in super::super) async fn reversals_out_of_step(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
) -> Result<Vec<RedemptionId>, DbErr> {
    use redemptions::Column::{CampaignId as Campaign, Id, Status};
    let reversed = Query::select()
        .column(redemption_reversals::Column::RedemptionId)
        .from(redemption_reversals::Entity)
        .to_owned();
    let is = |status: RedemptionStatus| Status.eq(status);
    redemptions::Entity::find()
        .select_only()
        .column(Id)
        .filter(Campaign.eq(campaign))
        .filter(
            is(RedemptionStatus::Reversed)
                .and(Id.not_in_subquery(reversed.clone()))
                .or(is(RedemptionStatus::Redeemed).and(Id.in_subquery(reversed))),
        )
        .order_by_asc(Id)
        .limit(MOST_BREAKS)
        .into_tuple()
        .all(db)
        .await
}

/// Redemptions worth something else than the campaign says.
pub(in super::super) async fn odd_face_values(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
    face_value: Fen,
) -> Result<Vec<RedemptionId>, DbErr> {
    use redemptions::Column::{CampaignId as Campaign, FaceValueFen, Id};
    redemptions::Entity::find()
        .select_only()
        .column(Id)
        .filter(Campaign.eq(campaign))
        .filter(FaceValueFen.ne(face_value))
        .order_by_asc(Id)
        .limit(MOST_BREAKS)
        .into_tuple()
        .all(db)
        .await
}

/// A frozen statement's stored figures.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Frozen {
    pub(in super::super) id: StatementId,
    pub(in super::super) figures: serde_json::Value,
}

/// A page of the frozen statements that hold redemptions of a campaign.
pub(in super::super) async fn frozen_with(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
    after: Option<StatementId>,
    limit: u64,
) -> Result<Vec<Frozen>, DbErr> {
    use statements::Column::{Figures, Id, Status};
    let holding = Query::select()
        .column(redemptions::Column::StatementId)
        .from(redemptions::Entity)
        .and_where(redemptions::Column::CampaignId.eq(campaign))
        .and_where(redemptions::Column::StatementId.is_not_null())
        .to_owned();
    let mut select = statements::Entity::find()
        .select_only()
        .columns([Id, Figures])
        .filter(Status.eq(StatementStatus::Frozen))
        .filter(Id.in_subquery(holding));
    if let Some(after) = after {
        select = select.filter(Id.gt(after));
    }
    select.order_by_asc(Id).limit(limit).into_model().all(db).await
}

/// What the rows of a frozen statement are worth, of one campaign and net of reversals.
pub(in super::super) async fn worth_in(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
    ids: &[StatementId],
) -> Result<Vec<(StatementId, i64)>, DbErr> {
    use redemptions::Column::{CampaignId as Campaign, FaceValueFen, StatementId as Statement, Status};
    let redeemed = Expr::col(Status).eq(RedemptionStatus::Redeemed.as_str());
    redemptions::Entity::find()
        .select_only()
        .column(Statement)
        .column_as(sum_if(redeemed, Expr::col(FaceValueFen)), "worth")
        .filter(Campaign.eq(campaign))
        .filter(Statement.is_in(ids.iter().copied()))
        .group_by(Statement)
        .into_tuple()
        .all(db)
        .await
}
