//! Ages, sizes and ratios per band, with the day they begin: the rules will change.
use sea_orm::entity::prelude::*;

use crate::Band;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "class_rules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub band: Band,
    #[sea_orm(primary_key, auto_increment = false)]
    pub valid_from: Date,
    /// Completed months on the day of care, from (inclusive) and to (exclusive).
    pub min_months: i32,
    pub max_months: i32,
    /// Places at most in one class.
    pub max_places: i32,
    /// Children at most per carer on duty.
    pub per_carer: i32,
    /// Document and article.
    pub source: String,
}
crate::plain_table!();
