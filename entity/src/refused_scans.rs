//! Scans that were refused: who, where, when, why. The code only as a keyed hash.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{CentreId, RefusedScanId, StaffId, VoucherId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refused_scans")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefusedScanId,
    pub centre_id: CentreId,
    pub staff_id: StaffId,
    /// As the desk named it.
    pub device: Option<String>,
    /// The stable code of the refusal.
    pub reason: String,
    pub request_id: String,
    pub code_hash: Vec<u8>,
    /// Typed in, not scanned.
    pub manual: bool,
    /// If the code was ours.
    pub voucher_id: Option<VoucherId>,
    pub at: DateTimeUtc,
}
crate::plain_table!();

impl Entity {
    /// The centre's.
    pub fn of_centre(centre: CentreId) -> Select<Self> {
        Self::find().filter(Column::CentreId.eq(centre))
    }
}
