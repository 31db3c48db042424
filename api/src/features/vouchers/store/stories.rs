//! What a family has had before, and what of each campaign its children hold.

use std::collections::{HashMap, HashSet};

use entity::{CampaignId, ChildId, FamilyId, VisitStatus, VoucherId, children, served_marks, visits, vouchers};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, DynIden, Expr, Func, IntoIden as _, JoinType, Query, SelectStatement},
};

use super::{exists, same};

/// What shows that a family was served before: a checked-out visit, a redemption, a voucher of a
/// first-time campaign (`domain.md`, Vouchers), or what remains of an erased account of the same openid.
pub(super) fn traces(family: FamilyId) -> [SelectStatement; 4] {
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
    let marked = Query::select()
        .expr(Expr::val(1))
        .from(served_marks::Entity)
        .and_where(served_marks::Column::FamilyId.eq(family))
        .and_where(served_marks::Column::CampaignId.is_null())
        .to_owned();
    [visited, redeemed, first_timer, marked]
}

/// `YYYY-MM` of a day of birth: both databases write a date as text in ISO form.
fn birth_month(child: Alias) -> Expr {
    let child: DynIden = child.into_iden();
    let birth = Expr::col((child, children::Column::BirthDate)).cast_as(Alias::new("text"));
    Expr::from(Func::cust("SUBSTR").args([birth, 1.into(), 7.into()]))
}

/// Whether a child of the family that was removed, or one of an erased account of the same openid, had a
/// voucher of the campaign and was born in the same month as the child of the outer select: then it
/// is taken for the same child.
pub(super) fn had_before(family: FamilyId, campaign: CampaignId) -> Expr {
    let former = || Alias::new("former");
    let own = || birth_month(Alias::new("children"));
    // A family has few vouchers, a campaign many: written so that only the family's index serves, for a plan
    // made while the campaign was new must be good when it is full.
    let of_campaign = || Expr::col((vouchers::Entity, vouchers::Column::CampaignId));
    let of_campaign = Expr::from(Func::coalesce([of_campaign(), of_campaign()]));
    let removed = Query::select()
        .expr(Expr::val(1))
        .from(vouchers::Entity)
        .join_as(
            JoinType::InnerJoin,
            children::Entity,
            former(),
            same((former(), children::Column::Id), (vouchers::Entity, vouchers::Column::ChildId)),
        )
        .and_where(of_campaign.eq(campaign))
        .and_where(Expr::col((vouchers::Entity, vouchers::Column::FamilyId)).eq(family))
        .and_where(Expr::col((former(), children::Column::RemovedAt)).is_not_null())
        .and_where(birth_month(former()).eq(own()))
        .to_owned();
    let marked = Query::select()
        .expr(Expr::val(1))
        .from(served_marks::Entity)
        .and_where(served_marks::Column::FamilyId.eq(family))
        .and_where(served_marks::Column::CampaignId.eq(campaign))
        .and_where(Expr::col((served_marks::Entity, served_marks::Column::BirthMonth)).eq(own()))
        .to_owned();
    exists(removed).or(exists(marked))
}

/// Of which campaigns such a child had a voucher, with the month of its birth.
pub(in super::super) async fn had_before_of(
    db: &impl ConnectionTrait,
    family: FamilyId,
) -> Result<HashSet<(CampaignId, String)>, DbErr> {
    let mut removed = vouchers::Entity::of_family(family).select_only().column(vouchers::Column::CampaignId);
    QuerySelect::query(&mut removed)
        .expr(birth_month(Alias::new("children")))
        .inner_join(
            children::Entity,
            same((children::Entity, children::Column::Id), (vouchers::Entity, vouchers::Column::ChildId)),
        )
        .and_where(Expr::col((children::Entity, children::Column::RemovedAt)).is_not_null());
    let mut had: HashSet<(CampaignId, String)> = removed.into_tuple().all(db).await?.into_iter().collect();
    let marks: Vec<(CampaignId, String)> = served_marks::Entity::find()
        .select_only()
        .columns([served_marks::Column::CampaignId, served_marks::Column::BirthMonth])
        .filter(served_marks::Column::FamilyId.eq(family))
        .filter(served_marks::Column::CampaignId.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    had.extend(marks);
    Ok(had)
}

/// Whether the family was served before.
pub(in super::super) async fn served(db: &impl ConnectionTrait, family: FamilyId) -> Result<bool, DbErr> {
    let [visited, redeemed, first_timer, marked] = traces(family);
    let any = exists(visited).or(exists(redeemed)).or(exists(first_timer)).or(exists(marked));
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
