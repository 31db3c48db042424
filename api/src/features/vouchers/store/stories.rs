//! What a family has had before, and what of each campaign its children hold.

use std::collections::HashMap;

use entity::{CampaignId, ChildId, FamilyId, VisitStatus, VoucherId, children, visits, vouchers};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query, SelectStatement},
};

use super::exists;

/// What shows that a family was served before: a checked-out visit, a redemption, a voucher of a
/// first-time campaign (`domain.md`, Vouchers).
pub(super) fn traces(family: FamilyId) -> [SelectStatement; 3] {
    let visited = Query::select()
        .expr(Expr::val(1))
        .from(visits::Entity)
        .and_where(visits::Column::FamilyId.eq(family))
        .and_where(visits::Column::Status.eq(VisitStatus::Left))
        .to_owned();
    let redeemed = Query::select()
        .expr(Expr::val(1))
        .from(vouchers::Entity)
        .and_where(vouchers::Column::FamilyId.eq(family))
        .and_where(vouchers::Column::UnitsUsed.gt(0))
        .to_owned();
    let first_timer = Query::select()
        .expr(Expr::val(1))
        .from(vouchers::Entity)
        .and_where(vouchers::Column::FirstTimeFamilyId.eq(family))
        .to_owned();
    [visited, redeemed, first_timer]
}

/// Whether the family was served before.
pub(in super::super) async fn served(db: &impl ConnectionTrait, family: FamilyId) -> Result<bool, DbErr> {
    let [visited, redeemed, first_timer] = traces(family);
    let any = exists(visited).or(exists(redeemed)).or(exists(first_timer));
    let select = Query::select().expr_as(any, "served").to_owned();
    db.query_one(&select).await?.map_or(Ok(false), |row| row.try_get("", "served"))
}

/// The family's children, oldest entry first.
pub(in super::super) async fn children(
    db: &impl ConnectionTrait,
    family: FamilyId,
) -> Result<Vec<children::Model>, DbErr> {
    children::Entity::find()
        .filter(children::Column::FamilyId.eq(family))
        .filter(children::Column::RemovedAt.is_null())
        .order_by_asc(children::Column::Id)
        .all(db)
        .await
}

/// The family's vouchers of some campaigns, by campaign and child.
pub(in super::super) async fn vouchers_of(
    db: &impl ConnectionTrait,
    family: FamilyId,
    campaigns: &[CampaignId],
) -> Result<HashMap<(CampaignId, ChildId), VoucherId>, DbErr> {
    use vouchers::Column::{CampaignId as Campaign, ChildId as Child, Id};
    let rows: Vec<(CampaignId, ChildId, VoucherId)> = vouchers::Entity::of_family(family)
        .select_only()
        .columns([Campaign, Child, Id])
        .filter(Campaign.is_in(campaigns.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(campaign, child, id)| ((campaign, child), id)).collect())
}
