//! Events for families (活动; project 13): talks, lectures, parents' classes, family days.
use sea_orm::entity::prelude::*;

use crate::{CampaignId, EventId, EventKind, EventStatus, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    pub kind: EventKind,
    pub title: String,
    pub text: String,
    /// Where, in words.
    pub place: String,
    /// A row of `townships`; absent: for the whole district.
    pub township: Option<String>,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    /// Sign-ups come until then.
    pub signup_until: DateTimeUtc,
    /// For so many persons…
    pub places: i32,
    /// …of whom so many have signed up.
    pub taken: i32,
    /// Persons of a family at most.
    pub persons_max: i32,
    /// The last number that was given to a sign-up.
    pub last_number: i32,
    /// The campaign whose vouchers are given out there.
    pub campaign_id: Option<CampaignId>,
    pub status: EventStatus,
    /// Why it was cancelled, for families.
    pub cancel_reason: Option<String>,
    pub created_by: StaffId,
    pub created_at: DateTimeUtc,
}
crate::plain_table!();
