//! Vouchers and redemptions as the bureau lists them.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CampaignId, RedemptionId, VoucherId, VoucherStatus, campaigns, redemptions, vouchers};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, SelectStatement},
};

use super::{same, vouchers::WithRevocation};
use crate::{features::vouchers::list_dto::BureauRedemptionsQuery, http::Limit};

/// Redemptions, newest first.
pub(in super::super) async fn redemptions(
    db: &impl ConnectionTrait,
    query: &BureauRedemptionsQuery,
    after: Option<RedemptionId>,
) -> Result<Vec<redemptions::Model>, DbErr> {
    use redemptions::Column as C;
    let uploaded = |offline| if offline { C::UploadedAt.is_not_null() } else { C::UploadedAt.is_null() };
    let day = |day: Option<crate::http::Day>| -> Option<NaiveDate> { day.map(|day| day.0) };
    let condition = Condition::all()
        .add_option(query.centre_id.map(|id| C::CentreId.eq(id)))
        .add_option(query.campaign_id.map(|id| C::CampaignId.eq(id)))
        .add_option(query.voucher_id.map(|id| C::VoucherId.eq(id)))
        .add_option(query.status.map(|status| C::Status.eq(status)))
        .add_option(query.offline.map(uploaded))
        .add_option(day(query.from).map(|from| C::ServiceDate.gte(from)))
        .add_option(day(query.to).map(|to| C::ServiceDate.lte(to)))
        .add_option(after.map(|after| C::Id.lt(after)));
    let rows = redemptions::Entity::find().filter(condition).order_by_desc(C::Id);
    rows.limit(query.limit.plus_one()).all(db).await
}

/// Vouchers, newest first, with the day their campaign was revoked.
pub(in super::super) async fn vouchers(
    db: &impl ConnectionTrait,
    campaign: Option<CampaignId>,
    status: Option<VoucherStatus>,
    limit: Limit,
    after: Option<VoucherId>,
) -> Result<Vec<WithRevocation>, DbErr> {
    let col = |column| Expr::col((vouchers::Entity, column));
    use sea_orm::ExprTrait as _;
    let condition = Condition::all()
        .add_option(campaign.map(|id| col(vouchers::Column::CampaignId).eq(id)))
        .add_option(status.map(|status| col(vouchers::Column::Status).eq(status.as_str())))
        .add_option(after.map(|after| col(vouchers::Column::Id).lt(after)));
    let mut select = vouchers::Entity::find()
        .column_as(Expr::col((campaigns::Entity, campaigns::Column::RevokedOn)), "revoked_on")
        .filter(condition)
        .order_by_desc(vouchers::Column::Id)
        .limit(limit.plus_one());
    QuerySelect::query(&mut select).inner_join(
        campaigns::Entity,
        same((campaigns::Entity, campaigns::Column::Id), (vouchers::Entity, vouchers::Column::CampaignId)),
    );
    select.into_model().all(db).await
}

/// Vouchers of a campaign that some families claimed from one instant to another.
pub(in super::super) async fn claimed_between(
    db: &impl ConnectionTrait,
    id: CampaignId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    families: SelectStatement,
) -> Result<u64, DbErr> {
    vouchers::Entity::find()
        .filter(vouchers::Column::CampaignId.eq(id))
        .filter(vouchers::Column::FamilyId.in_subquery(families))
        .filter(vouchers::Column::ClaimedAt.between(from, to))
        .count(db)
        .await
}
