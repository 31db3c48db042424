//! Vouchers, what decides a claim, and manual codes.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CampaignId, CampaignStatus, ChildId, ConsentPurpose, FamilyId, VoucherId, VoucherStatus, campaign_townships,
    campaigns, children, consents, manual_codes, vouchers,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{CaseStatement, Condition, Expr, OnConflict, Query},
};

use super::{exists, same};
use crate::http::Limit;
use crate::platform::db::LockRows as _;

/// Everything that decides a claim, in one row.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct ClaimFacts {
    #[sea_orm(nested)]
    pub(in super::super) campaign: campaigns::Model,
    /// Absent if the child isn't the family's.
    pub(in super::super) birth_date: Option<NaiveDate>,
    pub(in super::super) in_township: bool,
    pub(in super::super) has_one: bool,
    pub(in super::super) visited: bool,
    pub(in super::super) redeemed: bool,
    pub(in super::super) first_timer: bool,
    /// Whether the guardian agreed to messages about the child.
    pub(in super::super) messages: bool,
}

/// One read for a claim; nothing for a draft or an unknown campaign.
pub(in super::super) async fn claim_facts(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
    family: FamilyId,
    child: ChildId,
) -> Result<Option<ClaimFacts>, DbErr> {
    let own_township = (children::Entity, children::Column::Township);
    let of_campaign = || {
        Query::select()
            .expr(Expr::val(1))
            .from(campaign_townships::Entity)
            .and_where(campaign_townships::Column::CampaignId.eq(campaign))
            .to_owned()
    };
    let named = of_campaign()
        .and_where(same((campaign_townships::Entity, campaign_townships::Column::Township), own_township))
        .to_owned();
    let has_one = Query::select()
        .expr(Expr::val(1))
        .from(vouchers::Entity)
        .and_where(vouchers::Column::CampaignId.eq(campaign))
        .and_where(vouchers::Column::ChildId.eq(child))
        .to_owned();
    let messages = Query::select()
        .expr(Expr::val(1))
        .from(consents::Entity)
        .and_where(consents::Column::ChildId.eq(child))
        .and_where(consents::Column::Purpose.eq(ConsentPurpose::Messages))
        .and_where(consents::Column::WithdrawnAt.is_null())
        .to_owned();
    let [visited, redeemed, first_timer, marked] = super::stories::traces(family);
    let mut select = campaigns::Entity::find()
        .filter(campaigns::Column::Id.eq(campaign))
        .filter(campaigns::Column::Status.ne(CampaignStatus::Draft))
        .column_as(Expr::col((children::Entity, children::Column::BirthDate)), "birth_date")
        .column_as(exists(of_campaign()).not().or(exists(named)), "in_township")
        .column_as(exists(has_one).or(super::stories::had_before(family, campaign)), "has_one")
        .column_as(exists(visited), "visited")
        .column_as(exists(redeemed), "redeemed")
        .column_as(exists(first_timer).or(exists(marked)), "first_timer")
        .column_as(exists(messages), "messages");
    QuerySelect::query(&mut select).left_join(
        children::Entity,
        children::Column::Id
            .eq(child)
            .and(children::Column::FamilyId.eq(family))
            .and(children::Column::RemovedAt.is_null()),
    );
    select.into_model().one(db).await
}

/// The families with a voucher of a campaign.
pub(in super::super) async fn families_with(
    db: &impl ConnectionTrait,
    campaign: CampaignId,
) -> Result<Vec<FamilyId>, DbErr> {
    let rows = vouchers::Entity::find().filter(vouchers::Column::CampaignId.eq(campaign));
    rows.select_only().column(vouchers::Column::FamilyId).into_tuple().all(db).await
}

pub(in super::super) async fn insert(db: &impl ConnectionTrait, row: vouchers::Model) -> Result<(), DbErr> {
    vouchers::Entity::insert(vouchers::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// A voucher with its campaign's name.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Named {
    #[sea_orm(nested)]
    pub(in super::super) voucher: vouchers::Model,
    pub(in super::super) campaign_name: String,
    pub(in super::super) revoked_on: Option<NaiveDate>,
    pub(in super::super) offline_daily_units: Option<i32>,
}

/// The family's vouchers, newest first; only one if `only` is given.
pub(in super::super) async fn of_family(
    db: &impl ConnectionTrait,
    family: FamilyId,
    only: Option<VoucherId>,
    limit: Limit,
    after: Option<VoucherId>,
) -> Result<Vec<Named>, DbErr> {
    let mut select = vouchers::Entity::of_family(family)
        .column_as(Expr::col((campaigns::Entity, campaigns::Column::Name)), "campaign_name")
        .column_as(Expr::col((campaigns::Entity, campaigns::Column::RevokedOn)), "revoked_on")
        .column_as(Expr::col((campaigns::Entity, campaigns::Column::OfflineDailyUnits)), "offline_daily_units")
        .order_by_desc(vouchers::Column::Id)
        .limit(limit.plus_one());
    if let Some(id) = only {
        select = select.filter(vouchers::Column::Id.eq(id));
    }
    if let Some(after) = after {
        select = select.filter(vouchers::Column::Id.lt(after));
    }
    QuerySelect::query(&mut select).inner_join(
        campaigns::Entity,
        same((campaigns::Entity, campaigns::Column::Id), (vouchers::Entity, vouchers::Column::CampaignId)),
    );
    select.into_model().all(db).await
}

/// A voucher of the family with its manual code, if there is one.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Coded {
    #[sea_orm(nested)]
    pub(in super::super) voucher: vouchers::Model,
    pub(in super::super) revoked_on: Option<NaiveDate>,
    pub(in super::super) code_sealed: Option<Vec<u8>>,
    pub(in super::super) expires_at: Option<DateTime<Utc>>,
}

pub(in super::super) async fn with_code(
    db: &impl ConnectionTrait,
    family: FamilyId,
    id: VoucherId,
) -> Result<Option<Coded>, DbErr> {
    let mut select = vouchers::Entity::of_family(family)
        .filter(vouchers::Column::Id.eq(id))
        .column_as(Expr::col((campaigns::Entity, campaigns::Column::RevokedOn)), "revoked_on")
        .column_as(Expr::col((manual_codes::Entity, manual_codes::Column::CodeSealed)), "code_sealed")
        .column_as(Expr::col((manual_codes::Entity, manual_codes::Column::ExpiresAt)), "expires_at");
    QuerySelect::query(&mut select)
        .inner_join(
            campaigns::Entity,
            same((campaigns::Entity, campaigns::Column::Id), (vouchers::Entity, vouchers::Column::CampaignId)),
        )
        .left_join(
            manual_codes::Entity,
            same((manual_codes::Entity, manual_codes::Column::VoucherId), (vouchers::Entity, vouchers::Column::Id)),
        );
    select.into_model().one(db).await
}

/// The voucher's row, locked: whoever issues a manual code holds it, so that two pages show the
/// same code.
pub(in super::super) async fn lock(db: &impl ConnectionTrait, id: VoucherId) -> Result<Option<vouchers::Model>, DbErr> {
    vouchers::Entity::find_by_id(id).lock_rows().one(db).await
}

pub(in super::super) async fn manual_code(
    db: &impl ConnectionTrait,
    voucher: VoucherId,
) -> Result<Option<manual_codes::Model>, DbErr> {
    manual_codes::Entity::find_by_id(voucher).one(db).await
}

/// Puts the voucher's one manual code in place of the one before.
pub(in super::super) async fn put_manual_code(
    db: &impl ConnectionTrait,
    row: manual_codes::Model,
) -> Result<(), DbErr> {
    use manual_codes::Column::{CodeHash, CodeSealed, ExpiresAt, VoucherId as Voucher};
    manual_codes::Entity::insert(manual_codes::ActiveModel::from(row))
        .on_conflict(OnConflict::column(Voucher).update_columns([CodeHash, CodeSealed, ExpiresAt]).to_owned())
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Which voucher a manual code is of, and until when.
pub(in super::super) async fn by_manual_code(
    db: &impl ConnectionTrait,
    hash: Vec<u8>,
) -> Result<Option<manual_codes::Model>, DbErr> {
    manual_codes::Entity::find().filter(manual_codes::Column::CodeHash.eq(hash)).one(db).await
}

/// Uses one unit of each voucher that still stands as it was read, with so many units used;
/// answers how many did. The one guard that counts (invariant 4).
pub(in super::super) async fn use_one_of_each(
    db: &impl ConnectionTrait,
    seen: &[(VoucherId, i32)],
) -> Result<u64, DbErr> {
    use vouchers::Column::{Id, Status, UnitsTotal, UnitsUsed};
    let next = || Expr::col(UnitsUsed).add(1);
    let status = CaseStatement::new()
        .case(next().eq(Expr::col(UnitsTotal)), VoucherStatus::Used.as_str())
        .finally(VoucherStatus::Active.as_str());
    let as_read = seen.iter().fold(Condition::any(), |any, &(id, used)| any.add(Id.eq(id).and(UnitsUsed.eq(used))));
    let done = vouchers::Entity::update_many()
        .col_expr(UnitsUsed, next())
        .col_expr(Status, status.into())
        // The index serves the list of ids, not the alternatives.
        .filter(Id.is_in(seen.iter().map(|&(id, _)| id)))
        .filter(as_read)
        .filter(Status.eq(VoucherStatus::Active))
        .filter(Expr::col(UnitsUsed).lt(Expr::col(UnitsTotal)))
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// Gives one used unit back: a voucher that was used up can be used again, a revoked one stays
/// revoked. False if none was used.
pub(in super::super) async fn give_one_back(db: &impl ConnectionTrait, id: VoucherId) -> Result<bool, DbErr> {
    use vouchers::Column::{Id, Status, UnitsUsed};
    let status = CaseStatement::new()
        .case(Expr::col(Status).eq(VoucherStatus::Used.as_str()), VoucherStatus::Active.as_str())
        .finally(Expr::col(Status));
    let done = vouchers::Entity::update_many()
        .col_expr(UnitsUsed, Expr::col(UnitsUsed).sub(1))
        .col_expr(Status, status.into())
        .filter(Id.eq(id))
        .filter(UnitsUsed.gt(0))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Revokes a voucher that can still be used; false if it can't or isn't there.
pub(in super::super) async fn revoke(
    db: &impl ConnectionTrait,
    id: VoucherId,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use vouchers::Column::{Id, RevokedAt, Status, ValidUntil};
    let done = vouchers::Entity::update_many()
        .col_expr(Status, Expr::value(VoucherStatus::Revoked.as_str()))
        .col_expr(RevokedAt, Expr::value(now))
        .filter(Id.eq(id))
        .filter(Status.eq(VoucherStatus::Active))
        .filter(ValidUntil.gte(today))
        .filter(
            vouchers::Column::CampaignId.not_in_subquery(
                Query::select()
                    .column(campaigns::Column::Id)
                    .from(campaigns::Entity)
                    .and_where(campaigns::Column::RevokedOn.is_not_null())
                    .to_owned(),
            ),
        )
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

pub(in super::super) async fn one(db: &impl ConnectionTrait, id: VoucherId) -> Result<Option<vouchers::Model>, DbErr> {
    vouchers::Entity::find_by_id(id).one(db).await
}

/// A voucher with the day its campaign was revoked.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct WithRevocation {
    #[sea_orm(nested)]
    pub(in super::super) voucher: vouchers::Model,
    pub(in super::super) revoked_on: Option<NaiveDate>,
}

pub(in super::super) async fn with_revocation(
    db: &impl ConnectionTrait,
    id: VoucherId,
) -> Result<Option<WithRevocation>, DbErr> {
    let mut select = vouchers::Entity::find_by_id(id)
        .column_as(Expr::col((campaigns::Entity, campaigns::Column::RevokedOn)), "revoked_on");
    QuerySelect::query(&mut select).inner_join(
        campaigns::Entity,
        same((campaigns::Entity, campaigns::Column::Id), (vouchers::Entity, vouchers::Column::CampaignId)),
    );
    select.into_model().one(db).await
}
