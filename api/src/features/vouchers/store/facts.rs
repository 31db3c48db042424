//! What decides a redemption: read for one scan with its past, or for several without.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CampaignId, CareType, CentreId, CentreKind, CentreKinds, ChildId, FamilyId, Fen, Filed, RedemptionStatus,
    TextStatus, VisitId, VisitStatus, VoucherId, VoucherStatus, campaign_centres, campaigns, centres, children,
    redemptions, visits, vouchers,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter,
    sea_query::{Alias, CaseStatement, Expr, JoinType, Order, Query, SelectStatement},
};

use super::{columns, same};

/// A visit that a redemption can belong to.
const CARED_FOR: [VisitStatus; 3] = [VisitStatus::Expected, VisitStatus::InCare, VisitStatus::Left];

/// Everything that decides a redemption at one desk, in one row.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct DeskFacts {
    pub(in super::super) centre_active: bool,
    pub(in super::super) centre_kind: CentreKind,
    pub(in super::super) suspended_at: Option<DateTime<Utc>>,
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
    pub(in super::super) centre_kinds: Option<CentreKinds>,
    pub(in super::super) offline_daily_units: Option<i32>,
    pub(in super::super) revoked_on: Option<NaiveDate>,
    /// The desk's centre, if the campaign names it.
    pub(in super::super) listed: Option<CentreId>,
    pub(in super::super) name_sealed: Vec<u8>,
    pub(in super::super) name_status: TextStatus,
    pub(in super::super) birth_date: NaiveDate,
    /// Today's visit here.
    pub(in super::super) visit_id: Option<VisitId>,
    pub(in super::super) care_type: Option<CareType>,
    /// Today's redemption anywhere.
    pub(in super::super) redeemed_at: Option<DateTime<Utc>>,
    pub(in super::super) redeemed_centre_id: Option<CentreId>,
    pub(in super::super) redeemed_centre_name: Option<String>,
}

/// The one read of a redemption: the desk's centre, and the voucher with all that decides about
/// it; with a `request_id` also what that was answered before. `None` if the centre is gone.
pub(in super::super) async fn desk_facts(
    db: &impl ConnectionTrait,
    centre: CentreId,
    request_id: Option<&str>,
    voucher: Option<VoucherId>,
    today: NaiveDate,
) -> Result<Option<DeskFacts>, DbErr> {
    let mut select = Query::select();
    centre_columns(&mut select);
    voucher_columns(&mut select);
    columns!(select, campaign_centres::Entity, campaign_centres::Column, { CentreId as "listed" });
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
        .and_where(Expr::col((centres::Entity, centres::Column::Id)).eq(centre))
        .limit(1);
    join_visit(&mut select, centre, today);
    look_back(&mut select, centre, request_id, today);
    db.query_one(&select).await?.map(|row| DeskFacts::from_query_result(&row, "")).transpose()
}

/// A scan of a batch: which desk's centre, which voucher.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Scanned {
    pub(in super::super) centre: CentreId,
    pub(in super::super) voucher: VoucherId,
}

/// The facts of several scans of one day, in their order, without looking at the past: neither
/// today's redemptions nor the answers given before. The constraints turn a repeated request and a
/// second scan of the day away. `None` where the voucher or the centre is gone, and for every scan
/// of a voucher but its first: which visit belongs to it depends on the desk.
pub(in super::super) async fn facts_of_each(
    db: &impl ConnectionTrait,
    scans: &[Scanned],
    today: NaiveDate,
) -> Result<Vec<Option<DeskFacts>>, DbErr> {
    let ids: Vec<_> = scans.iter().map(|scan| scan.centre).collect();
    let mut found = found_vouchers(db, scans, today).await?;
    let standing = standing(db, &ids).await?;
    let lists = if found.iter().all(|voucher| voucher.all_centres) {
        HashSet::new()
    } else {
        let campaigns = found.iter().map(|voucher| voucher.campaign_id);
        listed(db, campaigns, &ids).await?
    };
    let facts = scans.iter().map(|scan| {
        let centre = standing.iter().find(|centre| centre.id == scan.centre)?.clone();
        let place = found.iter().position(|voucher| voucher.voucher_id == scan.voucher)?;
        let mut voucher = found.swap_remove(place);
        voucher.listed = Some(scan.centre).filter(|centre| lists.contains(&(voucher.campaign_id, *centre)));
        Some(DeskFacts {
            centre_active: centre.active,
            centre_kind: centre.kind,
            suspended_at: centre.vouchers_suspended_at,
            filed: centre.filed,
            inclusive_from: centre.inclusive_from,
            inclusive_until: centre.inclusive_until,
            again: None,
            voucher: Some(voucher),
        })
    });
    Ok(facts.collect())
}

/// The vouchers of a batch, each with its child's visit today at the desk that scanned it first.
async fn found_vouchers(
    db: &impl ConnectionTrait,
    scans: &[Scanned],
    today: NaiveDate,
) -> Result<Vec<VoucherFacts>, DbErr> {
    let mut select = Query::select();
    voucher_columns(&mut select);
    for absent in ["listed", "redeemed_at", "redeemed_centre_id", "redeemed_centre_name"] {
        select.expr_as(Expr::cust("NULL"), absent);
    }
    select
        .from(vouchers::Entity)
        .inner_join(
            campaigns::Entity,
            same((campaigns::Entity, campaigns::Column::Id), (vouchers::Entity, vouchers::Column::CampaignId)),
        )
        .inner_join(
            children::Entity,
            same((children::Entity, children::Column::Id), (vouchers::Entity, vouchers::Column::ChildId)),
        )
        .and_where(Expr::col((vouchers::Entity, vouchers::Column::Id)).is_in(scans.iter().map(|scan| scan.voucher)));
    let desk = scans.iter().fold(CaseStatement::new(), |desks, Scanned { centre, voucher }| {
        desks.case(Expr::col((vouchers::Entity, vouchers::Column::Id)).eq(*voucher), *centre)
    });
    join_visit(&mut select, desk, today);
    db.query_all(&select).await?.iter().map(|row| VoucherFacts::from_query_result(row, "")).collect()
}

/// What of a centre decides whether it may redeem.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "centres::Entity")]
struct Standing {
    id: CentreId,
    active: bool,
    kind: CentreKind,
    vouchers_suspended_at: Option<DateTime<Utc>>,
    filed: Filed,
    inclusive_from: Option<NaiveDate>,
    inclusive_until: Option<NaiveDate>,
}

async fn standing(db: &impl ConnectionTrait, ids: &[CentreId]) -> Result<Vec<Standing>, DbErr> {
    let rows = centres::Entity::find().filter(centres::Column::Id.is_in(ids.iter().copied()));
    rows.into_partial_model().all(db).await
}

/// Which of these campaigns list which of these centres.
async fn listed(
    db: &impl ConnectionTrait,
    campaigns: impl Iterator<Item = CampaignId>,
    centres: &[CentreId],
) -> Result<HashSet<(CampaignId, CentreId)>, DbErr> {
    use campaign_centres::Column as C;
    let rows = campaign_centres::Entity::find()
        .filter(C::CampaignId.is_in(campaigns))
        .filter(C::CentreId.is_in(centres.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.campaign_id, row.centre_id)).collect())
}

fn centre_columns(select: &mut SelectStatement) {
    columns!(select, centres::Entity, centres::Column, {
        Active as "centre_active", Kind as "centre_kind", VouchersSuspendedAt as "suspended_at", Filed as "filed", InclusiveFrom as "inclusive_from",
        InclusiveUntil as "inclusive_until",
    });
}

fn voucher_columns(select: &mut SelectStatement) {
    columns!(select, vouchers::Entity, vouchers::Column, {
        Id as "voucher_id", CampaignId as "campaign_id", FamilyId as "family_id", ChildId as "child_id",
        Status as "status", ValidFrom as "valid_from", ValidUntil as "valid_until", UnitsTotal as "units_total",
        UnitsUsed as "units_used",
    });
    columns!(select, campaigns::Entity, campaigns::Column, {
        Name as "campaign_name", FaceValueFen as "face_value_fen", AllCentres as "all_centres",
        CentreKinds as "centre_kinds", OfflineDailyUnits as "offline_daily_units", RevokedOn as "revoked_on",
    });
    columns!(select, children::Entity, children::Column, { NameSealed as "name_sealed", NameStatus as "name_status", BirthDate as "birth_date" });
    columns!(select, visits::Entity, visits::Column, { Id as "visit_id", CareType as "care_type" });
}

/// Joins the child's visit of today at this centre. A child of two half-days has two: the morning's
/// comes first. By its key and not by its columns, so that it is looked up for each child and no
/// plan reads the day of all others.
fn join_visit(select: &mut SelectStatement, centre: impl Into<Expr>, today: NaiveDate) {
    use visits::Column as V;
    let here = || Alias::new("here");
    let of_today = Query::select()
        .column((here(), V::Id))
        .from_as(visits::Entity, here())
        .and_where(same((here(), V::ChildId), (vouchers::Entity, vouchers::Column::ChildId)))
        .and_where(Expr::col((here(), V::Date)).eq(today))
        .and_where(Expr::col((here(), V::CentreId)).eq(centre))
        .and_where(Expr::col((here(), V::Status)).is_in(CARED_FOR))
        .order_by((here(), V::FromMin), Order::Asc)
        .order_by((here(), V::Id), Order::Asc)
        .limit(1)
        .take();
    select.left_join(visits::Entity, Expr::col((visits::Entity, V::Id)).eq(of_today));
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
