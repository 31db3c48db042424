//! Events of a feed.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{BookingStatus, CareType, MinuteOfDay, VisitStatus, visits};
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus};

use crate::{
    features::centres::{CentrePlan, store::Held},
    platform::clock::instant_at,
};

/// Calendars ask again after this long.
const REFRESH: &str = "PT1H";

/// An empty calendar.
pub(super) fn empty(name: &str) -> Calendar {
    // Not `new`, which names the library as the product: RFC 5545 wants one product.
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0"));
    calendar.append_property(("PRODID", "-//quanxiangtuo//tuoyu//ZH"));
    calendar.append_property(("CALSCALE", "GREGORIAN"));
    calendar.name(name);
    calendar.append_property(("REFRESH-INTERVAL;VALUE=DURATION", REFRESH));
    calendar.append_property(("X-PUBLISHED-TTL", REFRESH));
    calendar
}

fn event(uid: &str, now: DateTime<Utc>, (date, from, to): (NaiveDate, MinuteOfDay, MinuteOfDay)) -> Event {
    let mut event = Event::new();
    event.uid(uid).timestamp(now).starts(instant_at(date, from)).ends(instant_at(date, to));
    event
}

/// A family's day of care: where and what, and nothing about the child.
pub(super) fn visit(
    visit: &visits::Model,
    booking: BookingStatus,
    plan: Option<&CentrePlan>,
    now: DateTime<Utc>,
) -> Event {
    let mut event = event(&format!("{}@quanxiangtuo", visit.id), now, (visit.date, visit.from_min, visit.to_min));
    let care = visit.care_type.zh();
    let pending = booking == BookingStatus::Pending;
    let state = match (pending, visit.status) {
        (true, _) => "待确认",
        (_, VisitStatus::Expected) => "已确认",
        (_, status) => status.zh(),
    };
    event.status(if pending { EventStatus::Tentative } else { EventStatus::Confirmed });
    match plan {
        Some(plan) => {
            let phone = plan.row.phone.as_deref().map(|phone| format!("，电话{phone}")).unwrap_or_default();
            event.summary(&format!("{care}·{}", plan.row.name));
            event.location(&plan.row.address).description(&format!("{state}{phone}"));
        }
        None => {
            event.summary(care).description(state);
        }
    }
    event.done()
}

/// So many children of a class from one time to another.
pub(super) fn group(held: &Held, class: &str, now: DateTime<Utc>) -> Event {
    let Held { class_id, date, care_type, from_min, to_min, n, absent: _ } = *held;
    let uid = format!("{class_id}-{date}-{}-{}-{}@quanxiangtuo", from_min.0, to_min.0, CareType::as_str(care_type));
    let mut event = event(&uid, now, (date, from_min, to_min));
    event.summary(&format!("{class} {} {n}人", care_type.zh())).done()
}
