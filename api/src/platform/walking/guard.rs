//! Between us and one kind of call to a routing engine: how its last question fared, and whether it is left
//! alone. Clones of an engine share it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use entity::LngLat;

use super::Travel;
use crate::platform::breaker::Breaker;

/// So many questions in a row without an answer, and the engine is left alone…
const FAILURES: u32 = 5;
/// …for so long.
const LEFT_ALONE_FOR: TimeDelta = TimeDelta::seconds(10);

/// A question that got no answer, to be asked again by whoever wants to know how the engine fares.
#[derive(Clone)]
pub(super) enum Unanswered {
    Ways(LngLat, Vec<LngLat>, Travel),
    Areas(LngLat, Vec<u32>, Travel),
}

/// See the module. A matrix may be dead while areas are still drawn.
pub(super) struct Guard {
    pub(super) breaker: Breaker,
    /// The last question, if it got no answer.
    unanswered: Mutex<Option<Unanswered>>,
    /// Where the last question that was answered began: if that is answered still, whoever is not may be
    /// where the engine can't answer anybody.
    proven: Mutex<Option<LngLat>>,
}

impl Guard {
    pub(super) fn new() -> Self {
        Self { breaker: Breaker::new(FAILURES, LEFT_ALONE_FOR), unanswered: Mutex::default(), proven: Mutex::default() }
    }

    /// A question that began there was answered.
    pub(super) fn proved(&self, from: LngLat) {
        *lock(&self.proven) = Some(from);
        self.well();
    }

    /// The engine is well, though this question was not for it.
    pub(super) fn well(&self) {
        self.answered();
        self.breaker.succeeded();
    }

    /// It answered some of a question, and not all.
    pub(super) fn left(&self, question: Unanswered) {
        *lock(&self.unanswered) = Some(question);
        self.breaker.succeeded();
    }

    pub(super) fn failed(&self, now: DateTime<Utc>, question: Unanswered) {
        *lock(&self.unanswered) = Some(question);
        self.breaker.failed(now);
    }

    /// What it left unanswered it answered when asked again; the breaker counts what families ask.
    pub(super) fn answered(&self) {
        *lock(&self.unanswered) = None;
    }

    pub(super) fn unanswered(&self) -> Option<Unanswered> {
        lock(&self.unanswered).clone()
    }

    /// See [`Self::proved`]; another place than this one.
    pub(super) fn proven(&self, but: LngLat) -> Option<LngLat> {
        lock(&self.proven).filter(|place| *place != but)
    }
}

/// Every state is whole, even if a holder panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
