//! One-time invitations to bind a WeChat account to a staff account.
use sea_orm::entity::prelude::*;

use crate::{InvitationId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvitationId,
    pub staff_id: StaffId,
    /// Keyed hash of the code.
    pub code_hash: Vec<u8>,
    pub made_by: StaffId,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
}
crate::plain_table!();
