//! Sign-ups of families for events (活动报名), with a number that is told at the door instead of a name.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{EventId, FamilyId, SignupId, SignupStatus};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_signups")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignupId,
    pub event_id: EventId,
    pub family_id: FamilyId,
    /// Told at the door; unique within the event, in the order of signing up.
    pub number: i32,
    pub persons: i32,
    pub status: SignupStatus,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}
crate::plain_table!();

impl Entity {
    /// The family's sign-ups.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
