//! What families send and get.

use chrono::NaiveDate;
use entity::{
    BookingId, BookingStatus, CareType, CentreId, ChildId, ClassId, Fen, Half, MinuteOfDay, VisitId, VisitStatus,
    VoucherId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::{
    life::EntryCheckStatus,
    price::Line as PriceLine,
    stays::{Asked, Skip},
};
use crate::http::{Cursor, Day, Limit, Line, Moment};

/// What care a family asks for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct BookingIn {
    /// One of the family's children.
    pub child_id: ChildId,
    /// Where.
    pub centre_id: CentreId,
    /// Form of care.
    pub care_type: CareType,
    /// First day.
    pub start_date: Day,
    /// Last day; absent: the first. At most 92 days; temporary care at most 5 opening days.
    pub end_date: Option<Day>,
    /// 1 (Monday) to 7; absent: all opening days of the range.
    #[schema(example = json!([1, 3, 5]))]
    pub weekdays: Option<Vec<i64>>,
    /// Half-day care: which half.
    pub half: Option<Half>,
    /// Hourly (required) and temporary care: from, on the half-hour.
    pub from: Option<MinuteOfDay>,
    /// Hourly (required) and temporary care: to, on the half-hour. Temporary care without hours
    /// takes the opening hours, today from the present half-hour.
    pub to: Option<MinuteOfDay>,
    /// A class of the centre; absent: the class of the child's age, with room if there is one.
    pub class_id: Option<ClassId>,
    /// A trial voucher of the child, to pay for the days it covers.
    pub voucher_id: Option<VoucherId>,
    /// Book the dates with a free place and leave out the full ones; without it all or none.
    #[serde(default)]
    pub best_effort: bool,
}

impl BookingIn {
    pub(super) fn asked(&self) -> Asked {
        Asked {
            care_type: self.care_type,
            start: self.start_date.0,
            end: self.end_date.map(|day| day.0),
            weekdays: self.weekdays.clone(),
            half: self.half,
            from: self.from,
            to: self.to,
        }
    }
}

/// A booking's price.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingPriceOut {
    /// The sum of the lines.
    pub total_fen: Fen,
    /// What it is made of.
    pub lines: Vec<PriceLine>,
}

/// A day of the range that is not booked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingSkippedOut {
    /// The date.
    pub date: NaiveDate,
    /// `closed`, or `full` (with `best_effort`).
    #[schema(example = "closed")]
    pub reason: &'static str,
    /// Why, in Chinese.
    #[schema(example = "休息日")]
    pub label: String,
}

impl From<Skip> for BookingSkippedOut {
    fn from(Skip { date, reason, label }: Skip) -> Self {
        Self { date, reason, label }
    }
}

/// Health check and vaccination before the first visit.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct BookingEntryCheckOut {
    /// What the centre has seen.
    pub status: EntryCheckStatus,
    /// The day by which the centre must have seen it; null when nothing is needed.
    pub needed_by: Option<NaiveDate>,
}

/// One day of a booking.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingVisitOut {
    /// Id.
    pub id: VisitId,
    /// The local date.
    pub date: NaiveDate,
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
    /// Where it stands.
    pub status: VisitStatus,
}

/// A booking.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingOut {
    /// Id.
    pub id: BookingId,
    /// Where it stands.
    pub status: BookingStatus,
    /// The child.
    pub child_id: ChildId,
    /// The centre.
    pub centre_id: CentreId,
    /// Its name, while it is listed.
    #[schema(example = "洛阳镇党建+邻里中心托育点")]
    pub centre_name: Option<String>,
    /// The class.
    pub class_id: ClassId,
    /// Its name, while it is listed.
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
    /// As quoted.
    pub price: BookingPriceOut,
    /// Only in the answer to the booking itself: the days left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Vec<BookingSkippedOut>>,
    /// To bring before the first visit.
    pub entry_check: BookingEntryCheckOut,
    /// The voucher that pays for some days.
    pub voucher_id: Option<VoucherId>,
    /// The booking whose days this one takes over; while this one is `pending`, that one stands.
    pub replaces: Option<BookingId>,
    /// While `pending`: the centre answers by then, else the booking lapses.
    pub confirm_by: Option<Moment>,
    /// A place from the waiting list: held for the family to accept until then.
    pub offer_until: Option<Moment>,
    /// Until when the family may cancel; null when nothing is left to cancel.
    pub can_cancel_until: Option<Moment>,
    /// Why it was declined or cancelled.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Moment,
    /// When it last changed.
    pub updated_at: Moment,
}

/// One day of a quote.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct QuoteVisitOut {
    /// The local date.
    pub date: NaiveDate,
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
    /// Whether the class has a place through all these hours.
    pub available: bool,
}

/// Where the child already is at these hours.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct BookingOverlapOut {
    /// The booking that is in the way.
    pub booking_id: BookingId,
    /// Its centre.
    pub centre_id: CentreId,
    /// The local date.
    pub date: NaiveDate,
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
}

/// What a booking would be.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuoteOut {
    /// Whether the booking would succeed now.
    pub available: bool,
    /// The child.
    pub child_id: ChildId,
    /// The centre.
    pub centre_id: CentreId,
    /// The class it would be.
    pub class_id: ClassId,
    /// Its name.
    #[schema(example = "托小班")]
    pub class_name: String,
    /// Form of care.
    pub care_type: CareType,
    /// First day asked for.
    pub start_date: NaiveDate,
    /// Last day asked for.
    pub end_date: NaiveDate,
    /// The days, earliest first.
    pub visits: Vec<QuoteVisitOut>,
    /// The dates without a place.
    pub full_dates: Vec<NaiveDate>,
    /// Where the child already is at these hours.
    pub overlaps: Vec<BookingOverlapOut>,
    /// The price, to the fen what the booking would cost.
    pub price: BookingPriceOut,
    /// The days left out.
    pub skipped: Vec<BookingSkippedOut>,
    /// To bring before the first visit.
    pub entry_check: BookingEntryCheckOut,
    /// The voucher that would pay for some days.
    pub voucher_id: Option<VoucherId>,
    /// Whether the centre must confirm first.
    pub needs_confirmation: bool,
    /// Until when the family could cancel.
    pub can_cancel_until: Option<Moment>,
}

/// The code of a visit to show at the desk.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VisitCodeOut {
    /// The text of the QR code: upper-case letters and digits.
    pub code: String,
    /// From this instant on it is refused.
    pub expires_at: Moment,
    /// Ask for the next one after so many seconds.
    #[schema(example = 23)]
    pub refresh_after_s: i64,
}

/// A line of a booking's history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingEventOut {
    /// When.
    pub at: Moment,
    /// The day it is about; null: the whole booking.
    pub visit_id: Option<VisitId>,
    /// `family`, `staff` or `system`.
    #[schema(example = "staff")]
    pub by: &'static str,
    /// Where the booking or the day stood after.
    #[schema(example = "left")]
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// Of a correction: `before` and `after`, each with `status`, `checked_in_at`, `checked_out_at`.
    pub correction: Option<serde_json::Value>,
}

/// What happened to a booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingHistoryOut {
    /// The earliest first.
    pub items: Vec<BookingEventOut>,
}

/// Which bookings to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BookingsQuery {
    /// Only those in this status.
    pub status: Option<BookingStatus>,
    /// Items at most, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    pub cursor: Option<Cursor>,
}

/// Other days for a booking: the same care for the same child at the same centre.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct RescheduleIn {
    /// First day.
    pub start_date: Day,
    /// Last day; absent: the first.
    pub end_date: Option<Day>,
    /// 1 (Monday) to 7; absent: all opening days of the range.
    #[schema(example = json!([1, 3, 5]))]
    pub weekdays: Option<Vec<i64>>,
    /// Half-day care: which half.
    pub half: Option<Half>,
    /// Hourly (required) and temporary care: from, on the half-hour.
    pub from: Option<MinuteOfDay>,
    /// Hourly (required) and temporary care: to, on the half-hour.
    pub to: Option<MinuteOfDay>,
    /// A class of the centre; absent: the class of the child's age, with room if there is one.
    pub class_id: Option<ClassId>,
}

/// How a family keeps its bookings.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct AttendanceOut {
    /// Counted from this day on.
    pub since: NaiveDate,
    /// Days to which nobody came.
    pub no_shows: i64,
    /// Absences told after the cut-off.
    pub late_absences: i64,
    /// So many of both, and bookings need the centre's confirmation; 0: never.
    pub most: i64,
    /// Whether bookings now need the centre's confirmation.
    pub request_only: bool,
}

/// Why a family cancels.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CancelBookingIn {
    /// For the centre.
    #[schema(example = "孩子发烧")]
    pub reason: Option<Line<200>>,
}
