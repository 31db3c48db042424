//! What the desk sends and gets. Children's names are masked: the desk sees whom to expect.

use chrono::NaiveDate;
use entity::{BookingId, BookingStatus, CareType, ChildId, ClassId, Fen, MinuteOfDay, VisitId, VisitStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dto::{BookingEntryCheckOut, BookingVisitOut};
use crate::http::{Day, Line, Moment};

/// Which day.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeskTodayQuery {
    /// The local date; today if absent.
    pub date: Option<Day>,
}

/// A child as its centre sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskChildOut {
    /// Id.
    pub id: ChildId,
    /// All but the first character hidden.
    #[schema(example = "小*")]
    pub name: String,
    /// Completed months on the day.
    #[schema(example = 18)]
    pub age_months: i32,
}

/// A visit of the day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskVisitOut {
    /// Id.
    pub id: VisitId,
    /// Its booking.
    pub booking_id: BookingId,
    /// Whom to expect.
    pub child: DeskChildOut,
    /// The class.
    pub class_id: ClassId,
    /// Its name, while the class exists.
    #[schema(example = "托小班")]
    pub class_name: Option<String>,
    /// Form of care.
    pub care_type: CareType,
    /// The local date.
    pub date: NaiveDate,
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
    /// Where it stands.
    pub status: VisitStatus,
    /// Whether the child holds a trial voucher that is good on this day.
    pub has_voucher: bool,
    /// Health check and vaccination.
    pub entry_check: BookingEntryCheckOut,
    /// When the child came.
    pub checked_in_at: Option<Moment>,
    /// When the child left.
    pub checked_out_at: Option<Moment>,
}

/// A class on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeskClassDayOut {
    /// The class.
    pub class_id: ClassId,
    /// Its name.
    #[schema(example = "托小班")]
    pub class_name: String,
    /// Visits still to come.
    pub expected: i64,
    /// Children there now.
    pub in_care: i64,
    /// Visits that are over.
    pub left: i64,
    /// Absences told.
    pub absent: i64,
    /// Visits to which nobody came.
    pub no_show: i64,
    /// Today: carers on duty in the present half-hour.
    pub carers_now: Option<i32>,
    /// Today: carers that the children there now need (§58).
    pub carers_needed: Option<i32>,
    /// More carers are needed than are there.
    pub too_few_carers: bool,
    /// The opening hours, cut where the numbers change.
    pub half_hours: Vec<DeskHalfHoursOut>,
}

/// A time of the day with the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeskHalfHoursOut {
    /// From, on the half-hour.
    pub from: MinuteOfDay,
    /// To, on the half-hour.
    pub to: MinuteOfDay,
    /// Children booked for this time who haven't come yet.
    pub expected: i64,
    /// Children booked for this time who are there.
    pub in_care: i64,
    /// Children booked for this time who left.
    pub left: i64,
    /// Places that may be held then.
    pub places: i32,
    /// Carers on duty then.
    pub carers: i32,
}

/// The visits of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskDayOut {
    /// The local date.
    pub date: NaiveDate,
    /// The classes, with how many children are where.
    pub classes: Vec<DeskClassDayOut>,
    /// Ordered by the hour they begin.
    pub items: Vec<DeskVisitOut>,
}

/// A booking as its centre sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskBookingOut {
    /// Id.
    pub id: BookingId,
    /// Where it stands.
    pub status: BookingStatus,
    /// For whom.
    pub child: DeskChildOut,
    /// The class.
    pub class_id: ClassId,
    /// Its name, while the class exists.
    #[schema(example = "托小班")]
    pub class_name: Option<String>,
    /// Form of care.
    pub care_type: CareType,
    /// First day asked for.
    pub start_date: NaiveDate,
    /// Last day asked for.
    pub end_date: NaiveDate,
    /// The days, earliest first.
    pub visits: Vec<BookingVisitOut>,
    /// The price as quoted.
    pub total_fen: Fen,
    /// Health check and vaccination.
    pub entry_check: BookingEntryCheckOut,
    /// While `pending`: answer by then.
    pub confirm_by: Option<Moment>,
    /// Why it was declined or cancelled.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Moment,
}

/// Why the centre declines or cancels; the family reads it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskReasonIn {
    /// For the family.
    #[schema(example = "当日停电，暂停服务")]
    pub reason: Line<200>,
}

/// Nothing to say: `{}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskCheckInIn {}

/// Who takes the child home.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskCheckOutIn {
    /// Who takes the child home, by name or id, of those the family named (`PICKUP_NOT_ALLOWED`
    /// otherwise); absent: the guardian.
    #[schema(example = "林秀英")]
    pub collected_by: Option<Line<40>>,
    /// The one-time code that somebody else shows; it names who that is (`PICKUP_CODE_INVALID` if it
    /// is wrong, used or over).
    #[schema(example = "604913")]
    pub pickup_code: Option<Line<16>>,
}

/// The code that a family shows.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskCheckInCodeIn {
    /// As scanned.
    #[schema(example = "T1AGJPB3A2PT6RBMOC2PSPLJVXZAAAAAABGQYTENJVGY3TQOJQ")]
    pub code: Line<80>,
}

/// A child's name.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskNameIn {
    /// A part of what the family calls the child, or of its name in the register.
    #[schema(example = "小米")]
    pub name: Line<40>,
    /// The local date; today if absent.
    pub date: Option<Day>,
}

/// Visits of children of this name.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskNamedOut {
    /// Ordered by the hour they begin.
    pub items: Vec<DeskVisitOut>,
}

/// What a visit should have been.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskCorrectionIn {
    /// Where it should stand: `expected` or `in_care` (today), `left`, or `no_show` (a past day).
    pub status: VisitStatus,
    /// When the child came; absent: as recorded.
    pub checked_in_at: Option<Moment>,
    /// When the child left; absent: as recorded.
    pub checked_out_at: Option<Moment>,
    /// Who took the child home, of those the family named; absent: as recorded, else the guardian.
    #[schema(example = "林秀英")]
    pub collected_by: Option<Line<40>>,
    /// Why; the family reads it.
    #[schema(example = "扫错了孩子")]
    pub reason: Line<200>,
}

/// Why the child doesn't come.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskAbsentIn {
    /// As the family told.
    #[schema(example = "孩子发烧")]
    pub reason: Option<Line<200>>,
}

/// A visit after a step at the desk.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskVisitStepOut {
    /// Id.
    pub id: VisitId,
    /// Its booking.
    pub booking_id: BookingId,
    /// Where the booking stands now.
    pub booking_status: BookingStatus,
    /// The child.
    pub child_id: ChildId,
    /// The local date.
    pub date: NaiveDate,
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
    /// Where it stands now.
    pub status: VisitStatus,
    /// When the child came.
    pub checked_in_at: Option<Moment>,
    /// When the child left.
    pub checked_out_at: Option<Moment>,
}

/// Health check and vaccination as seen by the centre.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskEntryCheckIn {
    /// The day of the passed health check; not in the future.
    pub passed_on: Day,
    /// Whether the vaccinations of the age are complete.
    pub vaccinated: bool,
}

/// The entry check as recorded.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskEntryCheckOut {
    /// The child.
    pub child_id: ChildId,
    /// The day of the passed health check.
    pub passed_on: NaiveDate,
    /// Whether the vaccinations of the age are complete.
    pub vaccinated: bool,
    /// Whether full-day and half-day care may begin today.
    pub entry_check: BookingEntryCheckOut,
    /// When it was recorded.
    pub recorded_at: Moment,
}
