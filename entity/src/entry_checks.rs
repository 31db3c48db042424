//! Health check and vaccination as seen by a centre before the first visit (§58 11, 76 18):
//! a status and a date, no scans.
use sea_orm::entity::prelude::*;

use crate::{CentreId, ChildId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry_checks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub child_id: ChildId,
    pub passed_on: Date,
    pub vaccinated: bool,
    pub staff_id: StaffId,
    pub recorded_at: DateTimeUtc,
}
crate::plain_table!();
