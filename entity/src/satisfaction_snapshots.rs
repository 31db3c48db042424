//! The answers of a closed month as they stood at an instant: recomputed from the versions of the
//! ratings they must be the same.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "satisfaction_snapshots")]
pub struct Model {
    /// Its first day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: Date,
    pub as_of: DateTimeUtc,
    /// JSON text: per centre the answers, those satisfied and the sum of levels.
    pub figures: String,
    /// SHA-256 of `figures`.
    pub sha256: Vec<u8>,
}
crate::plain_table!();
