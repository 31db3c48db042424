//! One row: it is held by whoever counts into the roll-ups of satisfaction.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "satisfaction_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// When nothing was left to be counted.
    pub settled_at: Option<DateTimeUtc>,
}
crate::plain_table!();
