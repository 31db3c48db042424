//! Bookings of care: one child, one class, one or more visits.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{BookingId, BookingStatus, CareType, CentreId, ChildId, ClassId, FamilyId, Fen, VoucherId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bookings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BookingId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    pub centre_id: CentreId,
    pub class_id: ClassId,
    pub care_type: CareType,
    pub status: BookingStatus,
    pub start_date: Date,
    pub end_date: Date,
    pub total_fen: Fen,
    /// The lines of the price as quoted: `[{code, label, quantity, unit_fen, amount_fen}]`.
    pub price_lines: Json,
    pub voucher_id: Option<VoucherId>,
    /// The booking whose days this one takes over once it is confirmed.
    pub replaces_id: Option<BookingId>,
    /// While `pending`: the centre must answer by then.
    pub confirm_by: Option<DateTimeUtc>,
    /// While a place from the waiting list is held: the family must accept it by then.
    pub offer_until: Option<DateTimeUtc>,
    /// Minutes before the first visit until which the family may cancel, as offered.
    pub cutoff_minutes: i32,
    /// Why it was declined or cancelled.
    pub reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}
crate::plain_table!();

impl Entity {
    /// The family's bookings.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }

    /// The centre's bookings.
    pub fn of_centre(centre: CentreId) -> Select<Self> {
        Self::find().filter(Column::CentreId.eq(centre))
    }
}
