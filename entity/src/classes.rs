//! Classes (班): a group with an age band and a number of places. Its row is the lock under
//! which places are taken.
use sea_orm::entity::prelude::*;

use crate::{Band, CentreId, ClassId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "classes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClassId,
    pub centre_id: CentreId,
    pub name: String,
    pub band: Band,
    pub places: i32,
    /// Carers on duty through the opening hours of a day without roster lines.
    pub carers: i32,
    /// Places that only full-day care may take.
    pub kept_full_day: i32,
    pub active: bool,
}
crate::plain_table!();
