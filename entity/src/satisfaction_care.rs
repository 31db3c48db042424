//! A roll-up: distinct children in care at a centre in a month, by form of care and `any`.
use sea_orm::entity::prelude::*;

use crate::CentreId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "satisfaction_care")]
pub struct Model {
    /// `YYYY-MM`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub form: String,
    pub units: i32,
}
crate::plain_table!();
