//! Requests of families for guidance at home (入户指导; project 13).
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{CentreId, ChildId, FamilyId, GuidanceId, GuidanceStatus, GuidanceTopic, Half, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "guidance_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GuidanceId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    pub topic: GuidanceTopic,
    /// Somebody may come from this day…
    pub wished_from: Date,
    /// …until this one, inclusive…
    pub wished_until: Date,
    /// …in this half of the day; absent: either.
    pub half: Option<Half>,
    pub township: String,
    /// Where, sealed; gone as soon as nobody is to come any more.
    pub address_sealed: Option<Vec<u8>>,
    pub status: GuidanceStatus,
    /// The centre that comes…
    pub centre_id: Option<CentreId>,
    /// …or somebody of the bureau.
    pub staff_id: Option<StaffId>,
    pub visit_on: Option<Date>,
    pub assigned_at: Option<DateTimeUtc>,
    /// What the family is told at the end, sealed.
    pub answer_sealed: Option<Vec<u8>>,
    pub answered_by: Option<StaffId>,
    pub created_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The family's requests.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
