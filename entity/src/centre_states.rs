//! What a centre was for the plan's indicators, from an instant on: a journal, a row per change.
use sea_orm::entity::prelude::*;

use crate::{CentreId, CentreKind, Filed, Ownership};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "centre_states")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub since: DateTimeUtc,
    pub kind: CentreKind,
    pub ownership: Ownership,
    pub township: String,
    pub filed: Filed,
    pub active: bool,
    pub inclusive_from: Option<Date>,
    pub inclusive_until: Option<Date>,
    pub medical_until: Option<Date>,
    /// Places of its active classes, by band.
    pub infant: i32,
    pub toddler_small: i32,
    pub toddler_big: i32,
    pub mixed: i32,
    pub family: i32,
    /// Full-day offers of active classes priced by the day and by the month, and the sums of their prices.
    pub day_offers: i32,
    pub month_offers: i32,
    pub day_fen: i64,
    pub month_fen: i64,
    /// When it was noticed; of rows of one instant the last counts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub recorded_at: DateTimeUtc,
}
crate::plain_table!();

impl Model {
    /// Places of all bands.
    #[must_use]
    pub const fn places(&self) -> i32 {
        self.infant + self.toddler_small + self.toddler_big + self.mixed + self.family
    }

    /// Recognised as inclusive on `day`.
    #[must_use]
    pub fn inclusive_on(&self, day: Date) -> bool {
        self.inclusive_from.is_some_and(|from| from <= day) && self.inclusive_until.is_none_or(|until| day <= until)
    }

    /// The same but for when it began and was noticed.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let Self { since, recorded_at, .. } = *self;
        *self == Self { since, recorded_at, ..other.clone() }
    }
}
