//! The one place that reads the time and mints ids. Instants are UTC, cut to milliseconds (what
//! both databases keep); local dates are Asia/Shanghai, always +08:00 (`domain.md`, Hours).

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use entity::{Id, MinuteOfDay};
use uuid::{NoContext, Timestamp, Uuid};

/// Seconds that Shanghai is ahead of UTC.
const SHANGHAI_SECONDS: i32 = 8 * 3600;

/// A clock that runs with the system's, at an offset. Clones share the offset, so that a test
/// can move the time of a running server.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that shows `start` now and runs on from there (`CLOCK_START`).
    #[must_use]
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        let clock = Self::default();
        clock.set(start);
        clock
    }

    /// Moves the clock to `now`; it runs on from there.
    pub fn set(&self, now: DateTime<Utc>) {
        self.offset_ms.store((now - system_now()).num_milliseconds(), Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        self.offset_ms.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }

    /// The present instant, to the millisecond.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let ms = system_now().timestamp_millis() + self.offset_ms.load(Ordering::Relaxed);
        DateTime::from_timestamp_millis(ms).unwrap_or_default()
    }

    /// The present local date.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        local(self.now()).date_naive()
    }

    /// A new id of any kind (UUIDv7 at this clock's time).
    #[must_use]
    pub fn id<T: Id>(&self) -> T {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        T::from(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos())))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

/// Measures how long something took; not the time of day, and not moved with the clock.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Time between another's start and this one's; zero if the other started later.
    #[must_use]
    pub fn after(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

/// Asia/Shanghai.
const SHANGHAI: FixedOffset = match FixedOffset::east_opt(SHANGHAI_SECONDS) {
    Some(offset) => offset,
    None => unreachable!(),
};

/// The instant in local time, for answers and for dates.
#[must_use]
pub fn local(instant: DateTime<Utc>) -> DateTime<FixedOffset> {
    instant.with_timezone(&SHANGHAI)
}

/// The minute of the local day of an instant.
#[must_use]
pub fn minute_of_day(instant: DateTime<Utc>) -> MinuteOfDay {
    use chrono::Timelike as _;
    let time = local(instant);
    MinuteOfDay((time.hour() * 60 + time.minute()).cast_signed())
}

/// The instant at which a minute of a local day begins.
#[must_use]
pub fn instant_at(date: NaiveDate, minute: MinuteOfDay) -> DateTime<Utc> {
    date.and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::seconds(i64::from(SHANGHAI_SECONDS))
        + TimeDelta::minutes(i64::from(minute.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_past_eleven_at_night_in_shanghai_is_another_utc_date() {
        let date = NaiveDate::from_ymd_opt(2026, 12, 31).unwrap();
        let instant = instant_at(date, MinuteOfDay::hm(23, 30));
        assert_eq!(instant.to_rfc3339(), "2026-12-31T15:30:00+00:00");
        assert_eq!(local(instant).date_naive(), date);
        assert_eq!(local(instant_at(date, MinuteOfDay::hm(7, 0))).date_naive(), date);
        assert_eq!(minute_of_day(instant), MinuteOfDay::hm(23, 30));
    }
}
