//! Campaigns as they stand for one family.

use entity::{ChildId, VoucherId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{campaign_dto::CampaignOut, rules::Reason};

/// Where a child stands with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A voucher can be claimed now.
    Claimable,
    /// The child has one.
    Claimed,
    /// The child isn't one of the campaign's; see `reasons`.
    NotEligible,
    /// All vouchers are taken.
    SoldOut,
    /// Claims haven't begun, rest, or are over; see the campaign's `availability`.
    NotOpen,
}

/// A child and a campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChildStandingOut {
    /// The child.
    pub child_id: ChildId,
    /// Where it stands.
    pub standing: Standing,
    /// Every reason why not, if it is `not_eligible`.
    pub reasons: Vec<Reason>,
    /// The child's voucher, if it has one.
    pub voucher_id: Option<VoucherId>,
    /// One sentence for the parent.
    #[schema(example = "可以领取。")]
    pub message: String,
}

/// A campaign with the family's children.
#[derive(Debug, Serialize, ToSchema)]
pub struct FamilyCampaignOut {
    /// The campaign.
    #[serde(flatten)]
    pub campaign: CampaignOut,
    /// The family's children, oldest entry first.
    pub children: Vec<ChildStandingOut>,
}
