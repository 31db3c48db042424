//! The audit log: what staff did, written with the deed, sealed into a hash chain soon after.
use sea_orm::entity::prelude::*;

use crate::{AuditId, CentreId, StaffId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditId,
    pub at: DateTimeUtc,
    pub staff_id: StaffId,
    pub centre_id: Option<CentreId>,
    /// `redemption.create`, `visit.check_in`, …
    pub action: String,
    /// The prefixed id of what was changed.
    pub object: String,
    /// Facts without personal data.
    pub detail: Json,
    /// Place in the chain, from 1; absent until sealed.
    #[sea_orm(unique)]
    pub seq: Option<i64>,
    /// SHA-256 over the hash before and this row.
    pub hash: Option<Vec<u8>>,
}
crate::plain_table!();
