//! Which WeChat account was bound to which account of a centre, and until when: what its family says of care there
//! up to that day is the centre's own word (`domain.md`, Classes and who may enter).
use sea_orm::entity::prelude::*;

use crate::{CentreId, FormerBindingId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "former_bindings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FormerBindingId,
    pub staff_id: StaffId,
    pub centre_id: CentreId,
    /// Keyed hash of the openid, as in `staff_bindings`.
    pub openid_hash: Vec<u8>,
    pub bound_at: DateTimeUtc,
    pub ended_at: DateTimeUtc,
}
crate::plain_table!();
