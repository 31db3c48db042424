//! As `satisfaction_families`, by centre.
use sea_orm::entity::prelude::*;

use crate::CentreId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "satisfaction_centre_families")]
pub struct Model {
    /// `YYYY-MM`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    /// `YYYY-MM`; empty if there is none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub last: String,
    pub families: i32,
}
crate::plain_table!();
