//! What centres and the bureau send and get.

use chrono::NaiveDate;
use entity::{
    BookingId, CalendarKind, CareType, CentreId, ClassId, MinuteOfDay, VisitId, calendar_days, centre_days, visits,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::ConflictKind;
use crate::{
    features::centres::rules::WeekPlan,
    http::{Cursor, Day, Limit, Line, Whole},
};

/// What becomes of the visits that a change hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// They stand; care is given all the same.
    Keep,
    /// They are cancelled for the centre, and not charged.
    Cancel,
}

/// The hours of one day, instead of those of the week.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskDayIn {
    /// Opens; absent with `to`: closed.
    pub from: Option<MinuteOfDay>,
    /// Closes; absent with `from`: closed.
    pub to: Option<MinuteOfDay>,
    /// Why, for families.
    #[schema(example = "消防演练")]
    pub reason: Line<100>,
    /// What becomes of the visits that this hits; asked for with `BOOKINGS_AFFECTED`.
    pub decision: Option<Decision>,
}

/// What becomes of the visits that a change hits.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DecisionQuery {
    /// Asked for with `BOOKINGS_AFFECTED`.
    pub decision: Option<Decision>,
}

/// The hours of a weekday.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct WeekdayHours {
    /// 1 (Monday) to 7.
    pub weekday: u8,
    /// Opens.
    pub from: MinuteOfDay,
    /// Closes.
    pub to: MinuteOfDay,
}

/// From and to.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct HalfDayHours {
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
}

/// Weekly hours and half-day windows from a date on.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskWeekIn {
    /// The open days.
    pub hours: Vec<WeekdayHours>,
    /// `half=morning`.
    pub morning: HalfDayHours,
    /// `half=afternoon`.
    pub afternoon: HalfDayHours,
    /// What becomes of the visits that this hits; asked for with `BOOKINGS_AFFECTED`.
    pub decision: Option<Decision>,
}

/// Weekly hours and half-day windows from a date on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskWeekOut {
    /// The first day they apply to; null: from the beginning.
    pub valid_from: Option<NaiveDate>,
    /// The open days.
    pub hours: Vec<WeekdayHours>,
    /// `half=morning`.
    pub morning: HalfDayHours,
    /// `half=afternoon`.
    pub afternoon: HalfDayHours,
}

impl From<&WeekPlan> for DeskWeekOut {
    fn from(plan: &WeekPlan) -> Self {
        let half = |(from, to)| HalfDayHours { from, to };
        let hours = (1..)
            .zip(plan.week)
            .filter_map(|(weekday, hours)| hours.map(|(from, to)| WeekdayHours { weekday, from, to }));
        Self {
            valid_from: (plan.valid_from != NaiveDate::MIN).then_some(plan.valid_from),
            hours: hours.collect(),
            morning: half(plan.morning),
            afternoon: half(plan.afternoon),
        }
    }
}

/// The centre's weeks.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskWeeksOut {
    /// The one that applies today, and those that follow it.
    pub items: Vec<DeskWeekOut>,
}

/// A day with hours of its own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskPlanDayOut {
    /// The local date.
    pub date: NaiveDate,
    /// Opens; null: closed.
    pub from: Option<MinuteOfDay>,
    /// Closes.
    pub to: Option<MinuteOfDay>,
    /// Why.
    pub reason: String,
}

impl From<centre_days::Model> for DeskPlanDayOut {
    fn from(row: centre_days::Model) -> Self {
        Self { date: row.date, from: row.opens, to: row.closes, reason: row.reason }
    }
}

/// The centre's own days from today on.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskPlanDaysOut {
    /// The earliest first.
    pub items: Vec<DeskPlanDayOut>,
}

/// A visit that the plan has no room for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConflictOut {
    /// What is wrong.
    pub kind: ConflictKind,
    /// The visit.
    pub visit_id: VisitId,
    /// Its booking.
    pub booking_id: BookingId,
    /// Its centre.
    pub centre_id: CentreId,
    /// Its class.
    pub class_id: ClassId,
    /// Form of care.
    pub care_type: CareType,
    /// The local date.
    pub date: NaiveDate,
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
}

impl ConflictOut {
    pub(super) fn of(kind: ConflictKind, visit: &visits::Model) -> Self {
        Self {
            kind,
            visit_id: visit.id,
            booking_id: visit.booking_id,
            centre_id: visit.centre_id,
            class_id: visit.class_id,
            care_type: visit.care_type,
            date: visit.date,
            from: visit.from_min,
            to: visit.to_min,
        }
    }
}

/// What a change did.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanChangeOut {
    /// How many visits it hit.
    pub affected: u64,
    /// How many of them were cancelled.
    pub cancelled: u64,
    /// Those that stand against it, the earliest first, at most 100.
    pub conflicts: Vec<ConflictOut>,
}

/// Which conflicts to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConflictsQuery {
    /// Items at most, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    pub cursor: Option<Cursor>,
}

/// Places, carers and kept places of a class; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskClassIn {
    /// Places; at most what the law allows for its age.
    pub places: Option<Whole<0, 100>>,
    /// Carers on duty through the opening hours of a day without a roster.
    pub carers: Option<Whole<0, 100>>,
    /// Places that only full-day care may take.
    pub kept_full_day: Option<Whole<0, 100>>,
}

/// Carers on duty on one day, instead of the standing ones.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskRosterIn {
    /// Who is there when; lines add up. Empty: the standing carers again.
    pub lines: Vec<DeskRosterLine>,
}

/// Some carers from one time to another.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct DeskRosterLine {
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
    /// How many.
    pub carers: Whole<0, 100>,
}

/// A day of the bureau's calendar.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CalendarDayIn {
    /// A statutory holiday, or a swapped working day (调休).
    pub kind: CalendarKind,
    /// Of a swapped working day, and needed there: whose hours apply, 1 (Monday) to 7.
    pub works_as: Option<Whole<1, 7>>,
    /// For families.
    #[schema(example = "国庆节")]
    pub name: Line<40>,
    /// What becomes of the visits that this hits; asked for with `BOOKINGS_AFFECTED`.
    pub decision: Option<Decision>,
}

/// Which days to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CalendarQuery {
    /// First day; today if absent.
    pub from: Option<Day>,
    /// Last day; a year after the first if absent, and at most.
    pub to: Option<Day>,
}

/// A day of the bureau's calendar.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CalendarDayOut {
    /// The local date.
    pub date: NaiveDate,
    /// A statutory holiday, or a swapped working day (调休).
    pub kind: CalendarKind,
    /// Of a swapped working day: whose hours apply, 1 (Monday) to 7.
    pub works_as: Option<i32>,
    /// For families.
    pub name: String,
}

impl From<calendar_days::Model> for CalendarDayOut {
    fn from(row: calendar_days::Model) -> Self {
        Self { date: row.date, kind: row.kind, works_as: row.works_as, name: row.name }
    }
}

/// Days of the bureau's calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarOut {
    /// The earliest first.
    pub items: Vec<CalendarDayOut>,
}
