//! What events take and answer.

use entity::{CampaignId, EventId, EventKind, EventStatus, SignupId, SignupStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit, Line, Moment, Paragraph, Whole, nullable};

/// An event to plan.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EventIn {
    /// What it is.
    pub kind: EventKind,
    /// Its name.
    #[schema(example = "普惠托育政策宣讲会")]
    pub title: Line<60>,
    /// What families are told.
    pub text: Paragraph<2000>,
    /// Where, in words.
    #[schema(example = "洛阳镇党群服务中心二楼")]
    pub place: Line<100>,
    /// For one township; absent: for the whole district.
    #[serde(default)]
    pub township: Option<Line<30>>,
    /// Begins.
    pub starts_at: Moment,
    /// Ends.
    pub ends_at: Moment,
    /// Sign-ups come until then; absent: until it begins.
    #[serde(default)]
    pub signup_until: Option<Moment>,
    /// Persons.
    pub places: Whole<1, 100_000>,
    /// Persons of a family at most; absent: 3.
    #[serde(default)]
    pub persons_max: Option<Whole<1, 20>>,
    /// The campaign whose vouchers are given out there.
    #[serde(default)]
    pub campaign_id: Option<CampaignId>,
}

/// What is to change; a field that is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EventPatch {
    /// The `seen` of the event that was changed: refused (`WRONG_STATE`) if somebody else changed it meanwhile;
    /// absent: whatever it says now.
    #[serde(default)]
    pub seen: Option<Line<64>>,
    /// What it is.
    pub kind: Option<EventKind>,
    /// For one township; null: for the whole district.
    #[serde(default, deserialize_with = "nullable")]
    pub township: Option<Option<Line<30>>>,
    /// Persons of a family at most; who has signed up already stays.
    pub persons_max: Option<Whole<1, 20>>,
    /// Its name.
    pub title: Option<Line<60>>,
    /// What families are told.
    pub text: Option<Paragraph<2000>>,
    /// Where.
    pub place: Option<Line<100>>,
    /// Begins.
    pub starts_at: Option<Moment>,
    /// Ends.
    pub ends_at: Option<Moment>,
    /// Sign-ups come until then.
    pub signup_until: Option<Moment>,
    /// Persons; not fewer than have signed up. More let in who waits.
    pub places: Option<Whole<1, 100_000>>,
    /// The campaign whose vouchers are given out there; null: none.
    #[serde(default, deserialize_with = "nullable")]
    pub campaign_id: Option<Option<CampaignId>>,
}

/// Why an event doesn't take place.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EventCancelIn {
    /// Families read it.
    #[schema(example = "因台风改期，请关注后续通知。")]
    pub reason: Line<200>,
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Only of this kind.
    pub kind: Option<EventKind>,
    /// Only of this township, and those of the whole district.
    pub township: Option<Line<30>>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// Which of the bureau's events.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauEventsQuery {
    /// Only of this kind.
    pub kind: Option<EventKind>,
    /// Only of this township, and those of the whole district.
    pub township: Option<Line<30>>,
    /// Only in this state.
    pub status: Option<EventStatus>,
    /// Only those that end on this day or later.
    #[param(value_type = Option<Day>)]
    pub from: Option<Day>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventOut {
    /// Id.
    pub id: EventId,
    /// What it is.
    pub kind: EventKind,
    /// Its name.
    pub title: String,
    /// What families are told.
    pub text: String,
    /// Where.
    pub place: String,
    /// For one township; null: for the whole district.
    pub township: Option<String>,
    /// Begins.
    pub starts_at: Moment,
    /// Ends.
    pub ends_at: Moment,
    /// Sign-ups come until then.
    pub signup_until: Moment,
    /// Persons.
    pub places: i32,
    /// Persons that may still sign up.
    pub places_left: i32,
    /// Persons of a family at most.
    pub persons_max: i32,
    /// The campaign whose vouchers are given out there.
    pub campaign_id: Option<CampaignId>,
    /// How far it is.
    pub status: EventStatus,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// A word of what it says: sent back with a change, so that nobody undoes another's.
    pub seen: String,
}

/// A sign-up.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SignupIn {
    /// Persons that come, children too.
    pub persons: Whole<1, 20>,
}

/// Which page of the family's sign-ups.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SignupsQuery {
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// Which of an event's sign-ups.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauSignupsQuery {
    /// Only in this state; `waiting`: the waiting list.
    pub status: Option<SignupStatus>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// Which of an event's sign-ups, in a whole table.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SignupsTableQuery {
    /// Only in this state; `waiting`: the waiting list.
    pub status: Option<SignupStatus>,
}

/// A family's sign-up.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignupOut {
    /// Id.
    pub id: SignupId,
    /// The event.
    pub event: EventOut,
    /// Told at the door.
    #[schema(example = 17)]
    pub number: i32,
    /// Persons that come.
    pub persons: i32,
    /// How far it is.
    pub status: SignupStatus,
    /// When it was made.
    pub created_at: Moment,
}

/// A sign-up as officers see it: not whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct BureauSignupOut {
    /// Id.
    pub id: SignupId,
    /// Told at the door.
    pub number: i32,
    /// Persons that come.
    pub persons: i32,
    /// How far it is.
    pub status: SignupStatus,
    /// When it was made.
    pub created_at: Moment,
}
