//! Sign-ins. Revoking one stops its access token and its whole family of refresh tokens.
use sea_orm::entity::prelude::*;

use crate::{FamilyId, SessionId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Exactly one of the two owners is set.
    pub family_id: Option<FamilyId>,
    pub staff_id: Option<StaffId>,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    /// `logout`, `reuse`, `closed`.
    pub revoked_for: Option<String>,
}
crate::plain_table!();
