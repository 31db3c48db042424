//! Redemptions.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CareType, CentreId, Fen, RedemptionId, RedemptionStatus, TextStatus, VoucherId, campaigns, children,
    redemption_reversals, redemptions,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::same;
use crate::http::Limit;

pub(in super::super) async fn insert(db: &impl ConnectionTrait, rows: Vec<redemptions::Model>) -> Result<(), DbErr> {
    let rows = rows.into_iter().map(redemptions::ActiveModel::from);
    redemptions::Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}

/// A redemption; of this centre, if one is named.
pub(in super::super) async fn one(
    db: &impl ConnectionTrait,
    id: RedemptionId,
    centre: Option<CentreId>,
) -> Result<Option<redemptions::Model>, DbErr> {
    let rows = centre.map_or_else(redemptions::Entity::find, redemptions::Entity::of_centre);
    rows.filter(redemptions::Column::Id.eq(id)).one(db).await
}

/// Writes the second row of a redemption; false if it was reversed before, or a frozen statement
/// holds it.
pub(in super::super) async fn reverse(
    db: &impl ConnectionTrait,
    reversal: redemption_reversals::Model,
) -> Result<bool, DbErr> {
    use redemptions::Column::{Id, StatementId, Status};
    let done = redemptions::Entity::update_many()
        .col_expr(Status, Expr::value(RedemptionStatus::Reversed.as_str()))
        .filter(Id.eq(reversal.redemption_id))
        .filter(Status.eq(RedemptionStatus::Redeemed))
        .filter(StatementId.is_null())
        .exec(db)
        .await?;
    if done.rows_affected == 0 {
        return Ok(false);
    }
    let row = redemption_reversals::ActiveModel::from(reversal);
    redemption_reversals::Entity::insert(row).exec_without_returning(db).await?;
    Ok(true)
}

/// A line of the centre's list.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Line {
    pub(in super::super) id: RedemptionId,
    pub(in super::super) voucher_id: VoucherId,
    pub(in super::super) campaign_name: String,
    pub(in super::super) name_sealed: Vec<u8>,
    pub(in super::super) name_status: TextStatus,
    pub(in super::super) service_date: NaiveDate,
    pub(in super::super) redeemed_at: DateTime<Utc>,
    pub(in super::super) care_type: CareType,
    pub(in super::super) status: RedemptionStatus,
    pub(in super::super) face_value_fen: Fen,
    pub(in super::super) uploaded_at: Option<DateTime<Utc>>,
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
        .columns([
            R::Id,
            R::VoucherId,
            R::ServiceDate,
            R::RedeemedAt,
            R::CareType,
            R::Status,
            R::FaceValueFen,
            R::UploadedAt,
        ])
        .column_as(Expr::col((campaigns::Entity, campaigns::Column::Name)), "campaign_name")
        .column_as(Expr::col((children::Entity, children::Column::NameSealed)), "name_sealed")
        .column_as(Expr::col((children::Entity, children::Column::NameStatus)), "name_status")
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
