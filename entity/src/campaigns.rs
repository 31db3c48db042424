//! Campaigns of trial vouchers (体验券批次).
use sea_orm::entity::prelude::*;

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use crate::{CampaignId, CampaignStatus, CentreKind, Fen, FundCategory, FundSource};

/// Kinds of centre, stored as a JSON list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct CentreKinds(pub Vec<CentreKind>);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
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
    /// Only centres of these kinds; absent: of any.
    pub centre_kinds: Option<CentreKinds>,
    /// Units that one centre may redeem without network a day; absent: none.
    pub offline_daily_units: Option<i32>,
    pub fund_source: FundSource,
    pub fund_category: FundCategory,
    pub status: CampaignStatus,
    pub created_at: DateTimeUtc,
    /// When the bureau revoked it with all its vouchers; `revoked_on` is the same as a local date.
    pub revoked_at: Option<DateTimeUtc>,
    pub revoked_on: Option<Date>,
}
crate::plain_table!();
