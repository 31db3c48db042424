//! A roll-up: the valid answers of a centre, month of care and form of care, `any` for all forms. Made of the
//! ratings; `satisfaction_marks` says what is yet to be counted again.
use sea_orm::entity::prelude::*;

use crate::CentreId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "satisfaction_answers")]
pub struct Model {
    /// `YYYY-MM`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub form: String,
    /// Answers of each level.
    pub level_1: i32,
    pub level_2: i32,
    pub level_3: i32,
    pub level_4: i32,
    pub level_5: i32,
    /// Of each sub-score: how many gave it, those of 4 or 5, the sum.
    pub environment_n: i32,
    pub environment_satisfied: i32,
    pub environment_total: i32,
    pub carers_n: i32,
    pub carers_satisfied: i32,
    pub carers_total: i32,
    pub meals_n: i32,
    pub meals_satisfied: i32,
    pub meals_total: i32,
    pub safety_n: i32,
    pub safety_satisfied: i32,
    pub safety_total: i32,
    pub communication_n: i32,
    pub communication_satisfied: i32,
    pub communication_total: i32,
}
crate::plain_table!();
