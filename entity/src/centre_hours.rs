//! A centre's weekly opening hours; a weekday without a row is closed.
use sea_orm::entity::prelude::*;

use crate::{CentreId, MinuteOfDay};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "centre_hours")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    /// 1 (Monday) to 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub weekday: i32,
    pub opens: MinuteOfDay,
    pub closes: MinuteOfDay,
}
crate::plain_table!();
