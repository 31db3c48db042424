//! Revocations at the API.

use entity::{CentreId, VoucherId, VoucherStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Moment, Paragraph};

/// Why something is revoked, suspended or resumed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RevocationIn {
    /// For the audit log; no names in it.
    pub reason: Paragraph<200>,
}

/// A revoked voucher.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoucherRevokedOut {
    /// Id.
    pub id: VoucherId,
    /// `revoked`.
    pub status: VoucherStatus,
    /// When.
    pub revoked_at: Moment,
}

/// Whether a centre may redeem vouchers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuspensionOut {
    /// The centre.
    pub centre_id: CentreId,
    /// Since when it may not; null if it may.
    pub vouchers_suspended_at: Option<Moment>,
}
