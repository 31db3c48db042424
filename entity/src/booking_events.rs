//! The history of bookings and visits; appended, never changed.
use sea_orm::entity::prelude::*;

use crate::{BookingEventId, BookingId, VisitId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "booking_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BookingEventId,
    pub booking_id: BookingId,
    pub visit_id: Option<VisitId>,
    pub at: DateTimeUtc,
    /// `fam_…`, `stf_…` or `system`.
    pub actor: String,
    /// The status after.
    pub status: String,
    pub reason: Option<String>,
    /// Of a correction: what was before and after.
    pub detail: Option<Json>,
}
crate::plain_table!();
