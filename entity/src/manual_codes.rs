//! Manual codes for a broken camera: one live per voucher, found by hash.
use sea_orm::entity::prelude::*;

use crate::VoucherId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "manual_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub voucher_id: VoucherId,
    /// Keyed hash of the code.
    #[sea_orm(unique)]
    pub code_hash: Vec<u8>,
    /// The code, sealed, so that a refresh of the page shows the same one.
    pub code_sealed: Vec<u8>,
    pub expires_at: DateTimeUtc,
}
crate::plain_table!();
