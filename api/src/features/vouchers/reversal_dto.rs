//! Reversals at the API.

use entity::{RedemptionId, ReversalId, VoucherId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Moment, Paragraph};

/// Why a redemption is reversed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ReversalIn {
    /// Kept with the reversal and in the audit log; no names in it.
    pub reason: Paragraph<200>,
}

/// A reversed redemption.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReversalOut {
    /// Id of the reversal.
    pub id: ReversalId,
    /// What was reversed.
    pub redemption_id: RedemptionId,
    /// Whose unit came back.
    pub voucher_id: VoucherId,
    /// Units that the voucher has left now.
    pub units_left: i32,
    /// When.
    pub reversed_at: Moment,
    /// One sentence for the desk.
    pub message: String,
}
