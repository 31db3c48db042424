//! How long an offered place is held.

use chrono::{DateTime, Days, TimeDelta, Utc};
use entity::MinuteOfDay;

use crate::platform::clock::{instant_at, local, minute_of_day};

/// Nobody is expected to answer from this hour on…
const NIGHT_FROM: MinuteOfDay = MinuteOfDay::hm(21, 0);
/// …to this one (assumption).
const NIGHT_UNTIL: MinuteOfDay = MinuteOfDay::hm(7, 0);

/// Until when a place offered at `now` is held: so many minutes, by night counted from the morning,
/// to the whole minute.
#[must_use]
pub fn offer_until(now: DateTime<Utc>, minutes: u32) -> DateTime<Utc> {
    let (today, minute) = (local(now).date_naive(), minute_of_day(now));
    let from = if minute >= NIGHT_FROM {
        instant_at(today + Days::new(1), NIGHT_UNTIL)
    } else {
        now.max(instant_at(today, NIGHT_UNTIL))
    };
    let until = from + TimeDelta::minutes(i64::from(minutes));
    until - TimeDelta::milliseconds(until.timestamp_millis().rem_euclid(60_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_made_by_night_lasts_into_the_morning() {
        let until = |now: &str| {
            let now: DateTime<Utc> = now.parse().unwrap();
            local(offer_until(now, 120)).format("%dT%H:%M").to_string()
        };
        assert_eq!(until("2026-03-02T09:00:59+08:00"), "02T11:00");
        assert_eq!(until("2026-03-02T20:59:00+08:00"), "02T22:59");
        assert_eq!(until("2026-03-02T23:30:00+08:00"), "03T09:00");
        assert_eq!(until("2026-03-03T00:10:00+08:00"), "03T09:00");
    }
}
