//! The bureau's calendar for all centres: statutory holidays and swapped working days (调休).
use sea_orm::entity::prelude::*;

use crate::CalendarKind;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_days")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub kind: CalendarKind,
    /// For a swapped working day: the weekday (1–7) whose hours apply.
    pub works_as: Option<i32>,
    pub name: String,
}
crate::plain_table!();
