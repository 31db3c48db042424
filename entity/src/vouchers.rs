//! Trial vouchers (托育体验券): child-bound, not transferable, N free care days.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{CampaignId, ChildId, FamilyId, VoucherId, VoucherStatus};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "vouchers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VoucherId,
    pub campaign_id: CampaignId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    /// The family's id again in a first-time campaign, else absent; unique over all campaigns,
    /// so that no first-time campaign serves a family twice.
    pub first_time_family_id: Option<FamilyId>,
    pub units_total: i32,
    /// A CHECK keeps it within 0 and `units_total`.
    pub units_used: i32,
    pub valid_from: Date,
    /// The last day of use.
    pub valid_until: Date,
    /// `active`, `used` or `revoked`; `expired` is derived from `valid_until`.
    pub status: VoucherStatus,
    pub claimed_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    /// When the family was reminded that it ends.
    pub reminded_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The family's vouchers.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
