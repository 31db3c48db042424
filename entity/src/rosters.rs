//! Carers on duty in a class on a date. A date with any line is ruled by its lines alone;
//! a date without follows `classes.carers`.
use sea_orm::entity::prelude::*;

use crate::{ClassId, MinuteOfDay, RosterId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rosters")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RosterId,
    pub class_id: ClassId,
    pub date: Date,
    pub from_min: MinuteOfDay,
    pub to_min: MinuteOfDay,
    pub carers: i32,
}
crate::plain_table!();
