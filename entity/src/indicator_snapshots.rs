//! The plan's indicators of a closed month, as they were counted at an instant.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator_snapshots")]
pub struct Model {
    /// Its first day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: Date,
    pub as_of: DateTimeUtc,
    /// JSON text: what was counted.
    pub facts: String,
    /// JSON text: the indicators made of it.
    pub figures: String,
    /// SHA-256 of both.
    pub sha256: Vec<u8>,
}
crate::plain_table!();
