//! What may still happen to a booking and its visits.

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use entity::{BookingStatus, CareType, VisitStatus, bookings, visits};
use serde::Serialize;
use utoipa::ToSchema;

use crate::platform::clock::instant_at;

/// After being away for longer than this many months a child is checked again (§58 11, 76 18).
const CHECKED_AGAIN_AFTER_MONTHS: u32 = 3;
/// A centre that must answer a request for care about to begin gets at least this long.
const LEAST_ANSWER: TimeDelta = TimeDelta::minutes(30);

/// Health check and vaccination as the centre saw them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryCheckStatus {
    /// Seen, and still good on the day of care.
    Passed,
    /// To be shown before the first full-day or half-day visit.
    Needed,
    /// Not asked for in this form of care; please bring it all the same.
    Reminder,
}

/// Whether care of this form may not begin without a passed entry check.
#[must_use]
pub const fn needs_entry_check(care_type: CareType) -> bool {
    matches!(care_type, CareType::FullDay | CareType::HalfDay)
}

/// The state of the entry check on a day of care: when it was passed and whether the child was
/// vaccinated; `last_visit` is the child's last at the centre.
#[must_use]
pub fn entry_check(
    check: Option<(NaiveDate, bool)>,
    last_visit: Option<NaiveDate>,
    care_type: CareType,
    date: NaiveDate,
) -> EntryCheckStatus {
    let good_since = date.checked_sub_months(Months::new(CHECKED_AGAIN_AFTER_MONTHS)).unwrap_or(date);
    let last_seen = |passed_on: NaiveDate| last_visit.map_or(passed_on, |day| day.max(passed_on));
    match check {
        Some((passed_on, true)) if last_seen(passed_on) >= good_since => EntryCheckStatus::Passed,
        _ if needs_entry_check(care_type) => EntryCheckStatus::Needed,
        _ => EntryCheckStatus::Reminder,
    }
}

/// The status to show: a request whose deadline has passed has lapsed, written so or not.
#[must_use]
pub fn shown(booking: &bookings::Model, now: DateTime<Utc>) -> BookingStatus {
    match (booking.status, booking.confirm_by) {
        (BookingStatus::Pending, Some(by)) if by < now => BookingStatus::Lapsed,
        (status, _) => status,
    }
}

/// Until when the centre must answer: within the configured time and before care begins, but never
/// so soon that nobody could.
#[must_use]
pub fn confirm_by(now: DateTime<Utc>, within_hours: u32, first_begin: DateTime<Utc>) -> DateTime<Utc> {
    (now + TimeDelta::hours(i64::from(within_hours))).min(first_begin).max(now + LEAST_ANSWER)
}

/// Until when the family may cancel: the cut-off before the first visit still expected. Absent
/// when nothing is left to cancel.
#[must_use]
pub fn can_cancel_until(booking: &bookings::Model, visits: &[visits::Model]) -> Option<DateTime<Utc>> {
    if !matches!(booking.status, BookingStatus::Pending | BookingStatus::Confirmed) {
        return None;
    }
    visits.iter().filter(|visit| visit.status == VisitStatus::Expected).map(|visit| cutoff(booking, visit)).min()
}

/// Until when one day of a booking can be called off without being charged. A request that the centre
/// hasn't confirmed can be taken back until care begins.
#[must_use]
pub fn cutoff(booking: &bookings::Model, visit: &visits::Model) -> DateTime<Utc> {
    let before = if booking.status == BookingStatus::Pending { 0 } else { booking.cutoff_minutes };
    instant_at(visit.date, visit.from_min) - TimeDelta::minutes(i64::from(before))
}

/// What becomes of a booking none of whose days is still open: `completed` if care took place or was
/// missed, `cancelled` if every day was called off. Absent while a day is open.
#[must_use]
pub fn outcome(visits: &[visits::Model]) -> Option<BookingStatus> {
    let any = |of: &[VisitStatus]| visits.iter().any(|visit| of.contains(&visit.status));
    if any(&[VisitStatus::Expected, VisitStatus::InCare]) {
        return None;
    }
    Some(if any(&[VisitStatus::Left, VisitStatus::NoShow]) {
        BookingStatus::Completed
    } else {
        BookingStatus::Cancelled
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn check(passed_on: &str, vaccinated: bool) -> (NaiveDate, bool) {
        (date(passed_on), vaccinated)
    }

    #[test]
    fn an_entry_check_is_good_for_three_months_of_absence() {
        let on = |check: Option<(NaiveDate, bool)>, last: Option<&str>, day: &str| {
            entry_check(check, last.map(date), CareType::FullDay, date(day))
        };
        let passed = check("2026-03-31", true);
        assert_eq!(on(Some(passed), None, "2026-06-30"), EntryCheckStatus::Passed);
        assert_eq!(on(Some(passed), None, "2026-07-01"), EntryCheckStatus::Needed);
        assert_eq!(on(Some(passed), Some("2026-06-01"), "2026-08-31"), EntryCheckStatus::Passed);
        assert_eq!(on(Some(passed), Some("2026-06-01"), "2026-09-02"), EntryCheckStatus::Needed);
        assert_eq!(on(Some(check("2026-06-01", false)), None, "2026-06-02"), EntryCheckStatus::Needed);
        assert_eq!(on(None, Some("2026-06-01"), "2026-06-02"), EntryCheckStatus::Needed);
        assert_eq!(entry_check(None, None, CareType::Hourly, date("2026-06-02")), EntryCheckStatus::Reminder);
    }

    #[test]
    fn the_centre_answers_before_care_begins_but_gets_half_an_hour() {
        let now = DateTime::UNIX_EPOCH;
        let after = |hours| now + TimeDelta::hours(hours);
        assert_eq!(confirm_by(now, 24, after(100)), after(24));
        assert_eq!(confirm_by(now, 24, after(3)), after(3));
        assert_eq!(confirm_by(now, 24, after(-1)), now + TimeDelta::minutes(30));
    }
}
