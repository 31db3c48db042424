//! Visits: one day of a booking. The rows in a holding status are the occupancy of a class.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{BookingId, CareType, CentreId, ChildId, ClassId, FamilyId, Fen, MinuteOfDay, VisitId, VisitStatus};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "visits")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VisitId,
    pub booking_id: BookingId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    pub centre_id: CentreId,
    pub class_id: ClassId,
    pub care_type: CareType,
    pub date: Date,
    pub from_min: MinuteOfDay,
    pub to_min: MinuteOfDay,
    pub status: VisitStatus,
    pub checked_in_at: Option<DateTimeUtc>,
    pub checked_out_at: Option<DateTimeUtc>,
    /// What the day comes to in its booking's price; absent for days booked before it was kept.
    pub amount_fen: Option<Fen>,
    /// Whether a voucher is to pay for the day; absent for days booked before it was kept.
    pub with_voucher: Option<bool>,
    /// When an absence was told after the cut-off.
    pub late_told_at: Option<DateTimeUtc>,
    /// Who took the child home, sealed; absent means the guardian.
    pub collected_by_sealed: Option<Vec<u8>>,
    /// When the family was reminded of it.
    pub reminded_at: Option<DateTimeUtc>,
    /// When the family was invited to rate it, or it was seen that it isn't to be.
    pub invited_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The family's visits.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }

    /// The centre's visits.
    pub fn of_centre(centre: CentreId) -> Select<Self> {
        Self::find().filter(Column::CentreId.eq(centre))
    }
}
