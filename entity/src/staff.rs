//! Staff accounts of centres and of the bureau.
use sea_orm::entity::prelude::*;

use crate::{AccountStatus, CentreId, StaffId, StaffRole};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StaffId,
    #[sea_orm(unique)]
    pub username: String,
    /// argon2id, PHC string.
    pub password_hash: String,
    pub role: StaffRole,
    /// Set exactly for carers and managers.
    pub centre_id: Option<CentreId>,
    /// Shown to colleagues, sealed.
    pub name_sealed: Vec<u8>,
    pub status: AccountStatus,
    /// Failed sign-ins since the last good one.
    pub failed_attempts: i32,
    pub locked_until: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}
crate::plain_table!();
