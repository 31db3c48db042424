//! Notices to families: written in the transaction of what they tell, once a kind and subject.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{FamilyId, NoticeId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NoticeId,
    pub family_id: FamilyId,
    /// `booking_confirmed`, `visit_tomorrow`, …
    pub kind: String,
    /// What it is about: a prefixed id, perhaps with a date.
    pub subject: String,
    /// Ids, dates and times for the text; nothing about the child.
    pub facts: Json,
    pub at: DateTimeUtc,
    pub read_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The family's notices.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
