//! A centre's own closed days and extra openings; goes before the bureau's calendar and the week.
use sea_orm::entity::prelude::*;

use crate::{CentreId, MinuteOfDay};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "centre_days")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    /// Absent: closed that day.
    pub opens: Option<MinuteOfDay>,
    pub closes: Option<MinuteOfDay>,
    pub reason: String,
}
crate::plain_table!();
