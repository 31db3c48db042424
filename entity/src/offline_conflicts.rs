//! Scans of a desk without network that couldn't be redeemed when they were uploaded: kept for the
//! bureau to decide.
use sea_orm::entity::prelude::*;

use crate::{CentreId, ConflictStatus, OfflineConflictId, StaffId, VoucherId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "offline_conflicts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OfflineConflictId,
    pub centre_id: CentreId,
    pub staff_id: StaffId,
    pub device: Option<String>,
    pub voucher_id: VoucherId,
    /// The desk's key of the scan; unique within the centre.
    pub request_id: String,
    pub code_hash: Vec<u8>,
    /// The stable code of what stood against it.
    pub reason: String,
    pub service_date: Date,
    pub scanned_at: DateTimeUtc,
    pub uploaded_at: DateTimeUtc,
    pub status: ConflictStatus,
    /// Why it was decided so.
    pub note: Option<String>,
    pub resolved_by: Option<StaffId>,
    pub resolved_at: Option<DateTimeUtc>,
}
crate::plain_table!();
