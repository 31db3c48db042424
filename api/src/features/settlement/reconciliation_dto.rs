//! The proof that a campaign's counts agree.

use entity::CampaignId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Moment;

/// Two figures that must be the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EquationOut {
    /// `vouchers`, `units`, `redemptions`, `reversals`, `face_values` or `statements`.
    #[schema(value_type = String, example = "redemptions")]
    pub code: &'static str,
    /// What must be equal, in words.
    #[schema(value_type = String, example = "体验券已用天数 = 有效核销次数")]
    pub text: &'static str,
    /// The left side.
    pub left: i64,
    /// The right side.
    pub right: i64,
    /// Whether they are the same, and so is every single part.
    pub holds: bool,
    /// Ids of what breaks it, 50 at most; empty if it holds.
    pub breaks: Vec<String>,
}

/// Fen of a campaign.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CampaignMoneyOut {
    /// Worth of the redemptions, net of reversals.
    pub redeemed_fen: i64,
    /// Of these, in frozen statements.
    pub settled_fen: i64,
    /// Of these, in none yet.
    pub unsettled_fen: i64,
}

/// Whether a campaign's counts agree (invariant 5).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReconciliationOut {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// When it was computed.
    pub as_of: Moment,
    /// Whether every equation holds.
    pub balanced: bool,
    /// The equations.
    pub equations: Vec<EquationOut>,
    /// Its money.
    pub money: CampaignMoneyOut,
}
