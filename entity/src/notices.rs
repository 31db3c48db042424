//! Notices to families: written in the transaction of what they tell, once a kind and subject.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{ChildId, FamilyId, MessageStatus, NoticeId};

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
    /// Whose consent decides whether it is sent; absent on rows from before messages were.
    pub child_id: Option<ChildId>,
    /// Absent: only in the program's own list.
    pub send_status: Option<MessageStatus>,
    /// The next attempt to send it; while one is made, the end of its lease.
    pub send_after: Option<DateTimeUtc>,
    /// Later it would tell nothing any more.
    pub send_until: Option<DateTimeUtc>,
    pub send_attempts: i32,
    /// Class, WeChat's code and field of the last failure; nothing that was sent.
    pub send_error: Option<String>,
    pub sent_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The family's notices.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
