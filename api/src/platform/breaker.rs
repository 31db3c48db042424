//! A circuit breaker: after so many failures in a row the other side is left alone for a while, then
//! one call is let through; its outcome decides. Of one process; each replica finds out by itself.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

/// Between us and one thing outside.
#[derive(Debug)]
pub struct Breaker {
    failures_most: u32,
    open_for: TimeDelta,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// In a row.
    failures: u32,
    /// Set while it is open; past, the next call is let through as a trial.
    open_until: Option<DateTime<Utc>>,
}

impl Breaker {
    /// Opens after `failures_most` failures in a row, for `open_for`.
    #[must_use]
    pub fn new(failures_most: u32, open_for: TimeDelta) -> Self {
        Self { failures_most, open_for, state: Mutex::default() }
    }

    /// Whether a call may be made now, else how long until one may be tried. When the time is up one
    /// caller goes ahead and the others wait another round, so that a trial that never reports (its
    /// client hung up) blocks nothing for ever.
    pub fn enter(&self, now: DateTime<Utc>) -> Result<(), Duration> {
        let mut state = self.lock();
        match state.open_until {
            None => Ok(()),
            Some(until) if now < until => Err((until - now).to_std().unwrap_or_default()),
            Some(_) => {
                state.open_until = Some(now + self.open_for);
                Ok(())
            }
        }
    }

    /// A call was answered: closed.
    pub fn succeeded(&self) {
        *self.lock() = State::default();
    }

    /// A call failed for want of the other side.
    pub fn failed(&self, now: DateTime<Utc>) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.failures_most {
            state.open_until = Some(now + self.open_for);
        }
    }

    /// Whether calls are held back at present.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.lock().open_until.is_some_and(|until| now < until)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Every state is whole between two statements, even if a holder panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_through_when_the_time_is_up() {
        let breaker = Breaker::new(3, TimeDelta::seconds(10));
        breaker.failed(at(0));
        breaker.failed(at(0));
        breaker.succeeded();
        breaker.failed(at(1));
        breaker.failed(at(1));
        assert_eq!(breaker.enter(at(1)), Ok(()), "a success between began the row anew");
        breaker.failed(at(1));
        assert_eq!(breaker.enter(at(4)), Err(Duration::from_secs(7)));
        assert!(breaker.is_open(at(10)) && !breaker.is_open(at(11)));
        assert_eq!(breaker.enter(at(11)), Ok(()), "the trial");
        assert_eq!(breaker.enter(at(11)), Err(Duration::from_secs(10)), "one at a time");
        breaker.failed(at(12));
        assert_eq!(breaker.enter(at(21)), Err(Duration::from_secs(1)));
        assert_eq!(breaker.enter(at(22)), Ok(()));
        breaker.succeeded();
        assert_eq!(breaker.enter(at(22)), Ok(()));
        assert_eq!(breaker.enter(at(22)), Ok(()));
    }

    #[test]
    fn a_trial_that_never_reports_blocks_nothing_for_ever() {
        let breaker = Breaker::new(1, TimeDelta::seconds(5));
        breaker.failed(at(0));
        assert_eq!(breaker.enter(at(5)), Ok(()));
        assert!(breaker.enter(at(9)).is_err());
        assert_eq!(breaker.enter(at(10)), Ok(()));
    }
}
