//! One-time codes for a staff member without their authenticator.
use sea_orm::entity::prelude::*;

use crate::StaffId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    #[sea_orm(primary_key, auto_increment = false)]
    /// Keyed hash of the code.
    pub code_hash: Vec<u8>,
    pub used_at: Option<DateTimeUtc>,
}
crate::plain_table!();
