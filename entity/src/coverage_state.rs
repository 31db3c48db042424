//! What the stored ways were reckoned from, when all of them last were: one row.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coverage_state")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Counts and versions of communities and centres, and the settings of ways; behind a `#` which order
    /// to find all anew was the last. With nothing before it: since that order not all were reckoned.
    pub gate: String,
    pub computed_at: DateTimeUtc,
}
crate::plain_table!();
