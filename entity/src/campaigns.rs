//! Campaigns of trial vouchers (体验券批次).
use sea_orm::entity::prelude::*;

use crate::{CampaignId, CampaignStatus, Fen, FundCategory, FundSource};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaigns")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CampaignId,
    pub name: String,
    pub description: String,
    pub quota: i32,
    /// Vouchers issued; a CHECK keeps it within the quota.
    pub claimed: i32,
    pub units_per_voucher: i32,
    /// What the centre is paid for a unit.
    pub face_value_fen: Fen,
    pub claim_from: DateTimeUtc,
    pub claim_until: DateTimeUtc,
    /// Fixed validity, or `valid_days` from the claim.
    pub valid_from: Option<Date>,
    pub valid_until: Option<Date>,
    pub valid_days: Option<i32>,
    /// Completed months on the day of the claim, from and to, both inclusive.
    pub min_age_months: Option<i32>,
    pub max_age_months: Option<i32>,
    pub first_time_only: bool,
    /// True: every filed and inclusive centre; false: the rows of `campaign_centres`.
    pub all_centres: bool,
    pub fund_source: FundSource,
    pub fund_category: FundCategory,
    pub status: CampaignStatus,
    pub created_at: DateTimeUtc,
}
crate::plain_table!();
