//! Which WeChat account signs in as which staff account.
use sea_orm::entity::prelude::*;

use crate::StaffId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_bindings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    /// Keyed hash of the openid; the openid itself is not kept.
    pub openid_hash: Vec<u8>,
    pub bound_at: DateTimeUtc,
}
crate::plain_table!();
