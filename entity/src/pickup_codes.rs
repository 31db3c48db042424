//! One-time codes for somebody who isn't named: one live per visit, found by hash.
use sea_orm::entity::prelude::*;

use crate::VisitId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pickup_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub visit_id: VisitId,
    /// Keyed hash of the code.
    pub code_hash: Vec<u8>,
    pub name_sealed: Vec<u8>,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
}
crate::plain_table!();
