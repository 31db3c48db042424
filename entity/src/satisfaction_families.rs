//! A roll-up: families in care in a month, by the last month before in which the same group served them, so that
//! the distinct families of a range are the sum over its months of those whose last month lies before it.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "satisfaction_families")]
pub struct Model {
    /// `all`, `township`, `kind` or `care_type`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dimension: String,
    /// `YYYY-MM`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    /// The group; empty for `all`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// `YYYY-MM`; empty if there is none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub last: String,
    pub families: i32,
}
crate::plain_table!();
