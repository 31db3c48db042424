//! The funnel of a campaign at the API.

use entity::CampaignId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::Moment;

/// What the groups are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelBy {
    /// The child's township.
    #[default]
    Township,
    /// The week of the claim, by its Monday.
    Week,
}

/// How it is grouped.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FunnelQuery {
    /// `township` if not said.
    #[serde(default)]
    #[param(value_type = Option<FunnelBy>)]
    pub by: FunnelBy,
}

/// From claim to staying. Each step counts vouchers of the step before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FunnelSteps {
    /// Vouchers claimed.
    pub claimed: i64,
    /// With a unit used.
    pub first_used: i64,
    /// With all units used.
    pub fully_used: i64,
    /// Whose child was in care on a day that no voucher paid, within 60 days of the first use.
    pub enrolled: i64,
    /// Families of these.
    pub families_stayed: i64,
    /// Worth of the units used, net of reversals, in fen.
    pub cost_fen: i64,
    /// Worth of all units used per family that stayed, in fen; null if none stayed.
    pub cost_per_family_fen: Option<i64>,
}

/// The steps of one group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelGroupOut {
    /// The township, or the Monday.
    #[schema(example = "洛阳镇")]
    pub key: String,
    /// Its steps.
    #[serde(flatten)]
    pub steps: FunnelSteps,
}

/// The funnel of a campaign.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelOut {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Its name.
    pub campaign_name: String,
    /// When it was computed.
    pub as_of: Moment,
    /// Vouchers that the campaign gives out in all.
    pub issued: i64,
    /// All vouchers.
    pub total: FunnelSteps,
    /// What the groups are.
    pub by: FunnelBy,
    /// The groups, by key.
    pub groups: Vec<FunnelGroupOut>,
}
