//! The redemptions that a statement accounts for.

use chrono::NaiveDate;
use entity::{
    CampaignId, CareType, CentreId, Fen, RedemptionId, RedemptionStatus, StatementId, StatementStatus, VoucherId,
    campaigns, centres, redemptions, statements,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{CaseStatement, Expr, Func},
};

use super::super::rules::span;
use crate::http::{Limit, Month};

/// A redemption as a statement sees it.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Row {
    pub(in super::super) id: RedemptionId,
    pub(in super::super) voucher_id: VoucherId,
    pub(in super::super) campaign_id: CampaignId,
    pub(in super::super) service_date: NaiveDate,
    pub(in super::super) care_type: CareType,
    pub(in super::super) status: RedemptionStatus,
    pub(in super::super) uploaded_at: Option<chrono::DateTime<chrono::Utc>>,
    pub(in super::super) face_value_fen: Fen,
}

/// Redemptions of a centre in these months that no frozen statement holds.
fn due(centre: CentreId, months: &[Month]) -> Condition {
    use redemptions::Column::{CentreId as Centre, ServiceDate, StatementId as Statement};
    let days = months.iter().fold(Condition::any(), |any, month| {
        let (from, before) = span(*month);
        any.add(ServiceDate.gte(from).and(ServiceDate.lt(before)))
    });
    Condition::all().add(Centre.eq(centre)).add(Statement.is_null()).add(days)
}

fn as_rows(rows: Select<redemptions::Entity>) -> sea_orm::Selector<sea_orm::SelectModel<Row>> {
    use redemptions::Column as C;
    rows.select_only()
        .columns([
            C::Id,
            C::VoucherId,
            C::CampaignId,
            C::ServiceDate,
            C::CareType,
            C::Status,
            C::UploadedAt,
            C::FaceValueFen,
        ])
        .into_model()
}

pub(in super::super) async fn rows_due(
    db: &impl ConnectionTrait,
    centre: CentreId,
    months: &[Month],
) -> Result<Vec<Row>, DbErr> {
    as_rows(redemptions::Entity::find().filter(due(centre, months))).all(db).await
}

pub(in super::super) async fn rows_of(db: &impl ConnectionTrait, id: StatementId) -> Result<Vec<Row>, DbErr> {
    as_rows(redemptions::Entity::find().filter(redemptions::Column::StatementId.eq(id))).all(db).await
}

/// Puts everything due into a statement. Waits for a reversal under way; one that comes later finds
/// the statement's id and stops.
pub(in super::super) async fn put_into(
    db: &impl ConnectionTrait,
    id: StatementId,
    centre: CentreId,
    months: &[Month],
) -> Result<(), DbErr> {
    redemptions::Entity::update_many()
        .col_expr(redemptions::Column::StatementId, Expr::value(id))
        .filter(due(centre, months))
        .exec(db)
        .await
        .map(drop)
}

/// Names of campaigns, by id.
pub(in super::super) async fn campaign_names(
    db: &impl ConnectionTrait,
    ids: &[CampaignId],
) -> Result<Vec<(CampaignId, String)>, DbErr> {
    campaigns::Entity::find()
        .select_only()
        .columns([campaigns::Column::Id, campaigns::Column::Name])
        .filter(campaigns::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}

/// A centre with something due.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Unsettled {
    pub(in super::super) centre_id: CentreId,
    pub(in super::super) centre_name: String,
    pub(in super::super) units: i64,
    pub(in super::super) amount_fen: i64,
    pub(in super::super) statement_id: Option<StatementId>,
    pub(in super::super) statement_status: Option<StatementStatus>,
}

/// Centres with redemptions of a month that no frozen statement holds, by id.
pub(in super::super) async fn unsettled(
    db: &impl ConnectionTrait,
    month: Month,
    limit: Limit,
    after: Option<CentreId>,
) -> Result<Vec<Unsettled>, DbErr> {
    use redemptions::Column::{CentreId as Centre, FaceValueFen, ServiceDate, StatementId as Statement, Status};
    use sea_orm::sea_query::Alias;
    let (from, before) = span(month);
    let redeemed = || Expr::col((redemptions::Entity, Status)).eq(RedemptionStatus::Redeemed.as_str());
    // The sum of BIGINT is NUMERIC on PostgreSQL.
    let sum_if = |then: Expr| {
        let sum = Expr::from(Func::sum(CaseStatement::new().case(redeemed(), then).finally(0)));
        sum.cast_as(Alias::new("bigint"))
    };
    let status_of = (statements::Entity, statements::Column::Status);
    let mut select = redemptions::Entity::find()
        .select_only()
        .column_as(Expr::col((redemptions::Entity, Centre)), "centre_id")
        .column_as(Expr::col((centres::Entity, centres::Column::Name)), "centre_name")
        .column_as(sum_if(Expr::value(1)), "units")
        .column_as(sum_if(Expr::col((redemptions::Entity, FaceValueFen))), "amount_fen")
        .column_as(Expr::col((statements::Entity, statements::Column::Id)), "statement_id")
        .column_as(Expr::col(status_of), "statement_status")
        .filter(Expr::col((redemptions::Entity, Statement)).is_null())
        .filter(Expr::col((redemptions::Entity, ServiceDate)).gte(from))
        .filter(Expr::col((redemptions::Entity, ServiceDate)).lt(before));
    if let Some(after) = after {
        select = select.filter(Expr::col((redemptions::Entity, Centre)).gt(after));
    }
    QuerySelect::query(&mut select)
        .inner_join(
            centres::Entity,
            Expr::col((centres::Entity, centres::Column::Id)).equals((redemptions::Entity, Centre)),
        )
        .left_join(
            statements::Entity,
            Expr::col((statements::Entity, statements::Column::CentreId))
                .equals((redemptions::Entity, Centre))
                .and(Expr::col((statements::Entity, statements::Column::Month)).eq(from)),
        )
        .add_group_by([
            Expr::col((redemptions::Entity, Centre)),
            Expr::col((centres::Entity, centres::Column::Name)),
            Expr::col((statements::Entity, statements::Column::Id)),
            Expr::col(status_of),
        ]);
    select.order_by_asc(Expr::col((redemptions::Entity, Centre))).limit(limit.plus_one()).into_model().all(db).await
}

/// The first day with a redemption that no frozen statement holds, of those before a day, and how many there are.
pub(in super::super) async fn unsettled_before(
    db: &impl ConnectionTrait,
    day: NaiveDate,
) -> Result<Option<(NaiveDate, i64)>, DbErr> {
    use redemptions::Column::{Id, ServiceDate, StatementId as Statement, Status};
    let found: Option<(Option<NaiveDate>, i64)> = redemptions::Entity::find()
        .select_only()
        .column_as(ServiceDate.min(), "first")
        .column_as(Id.count(), "n")
        .filter(Statement.is_null())
        .filter(Status.eq(RedemptionStatus::Redeemed))
        .filter(ServiceDate.lt(day))
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.and_then(|(first, n)| first.map(|first| (first, n))))
}
