//! The waiting list: care that a family would take if a place were free.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{BookingId, CareType, CentreId, ChildId, FamilyId, WaitlistEntryId, WaitlistStatus};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "waitlist_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WaitlistEntryId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    pub centre_id: CentreId,
    pub care_type: CareType,
    pub start_date: Date,
    pub end_date: Date,
    /// Weekdays, half, hours and class, as asked for.
    pub wish: Json,
    pub status: WaitlistStatus,
    /// The booking that holds the offered place.
    pub booking_id: Option<BookingId>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}
crate::plain_table!();

impl Entity {
    /// The family's entries.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }

    /// The centre's entries.
    pub fn of_centre(centre: CentreId) -> Select<Self> {
        Self::find().filter(Column::CentreId.eq(centre))
    }
}
