//! Weekly hours and half-day windows that apply from a date on, instead of those of `centre_hours` and
//! of the centre's row.
use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{CentreId, MinuteOfDay};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "centre_weeks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub valid_from: Date,
    /// The open days.
    #[sea_orm(column_type = "JsonBinary")]
    pub hours: WeekHours,
    pub morning_from: MinuteOfDay,
    pub morning_to: MinuteOfDay,
    pub afternoon_from: MinuteOfDay,
    pub afternoon_to: MinuteOfDay,
}
crate::plain_table!();

/// Weekday (1, Monday, to 7), opens, closes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct WeekHours(pub Vec<(u8, MinuteOfDay, MinuteOfDay)>);
