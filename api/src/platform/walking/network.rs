//! Between the walkers and a routing engine: how long a call and a question may take, what the engine's
//! limits are, and when it is left alone. How a question is cut to the limits stands in `question.rs`.
//!
//! A question is answered by the engine as a whole or not at all: then its asker estimates, so that no
//! answer mixes the two.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::LngLat;
use serde::de::DeserializeOwned;

use super::{
    Area, Travel, Way, estimate,
    question::{Learnt, Question, has_streets},
    tencent::Tencent,
    valhalla::Valhalla,
};
use crate::{
    config::Settings,
    platform::{
        breaker::Breaker,
        clock::{Clock, Stopwatch},
    },
    telemetry::Metrics,
};

/// So many questions in a row without an answer, and the engine is left alone…
const FAILURES: u32 = 5;
/// …for so long.
const LEFT_ALONE_FOR: TimeDelta = TimeDelta::seconds(10);
/// Places of one question, at most; a million centres may lie within an hour's drive.
const PLACES_MOST: usize = 20_000;
/// So many places are answered within [`CALLS_IN_TIME`] × `walking_timeout_ms`, and as many more in as long
/// again: families ask about fewer, the work in the background can wait.
const PLACES_IN_TIME: usize = 2000;
/// One call has `walking_timeout_ms`; a question takes several, and waits for as many one after another.
const CALLS_IN_TIME: u32 = 2;
/// Bytes of an answer, at most: a matrix has some 200 a place, an area some 10 000.
const ANSWER_MOST: usize = 4 * 1024 * 1024;
/// How long the engine may take to say that it is there.
const PRESENT_WITHIN: Duration = Duration::from_secs(1);

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// One of the places can't be used; the others can.
    Place,
    /// The engine can't answer; a stable word for logs and metrics.
    Away(&'static str),
    /// The engine is well, but the question is not for it.
    NotForIt(&'static str),
}

/// The engines.
#[derive(Clone)]
pub(super) enum Engine {
    Valhalla(Valhalla),
    Tencent(Tencent),
}

impl Engine {
    /// Places of one call, how many calls at once, and how many calls a question may take for each of its
    /// chunks, on average, until the places that can't be used are found: a chunk without such takes one.
    pub(super) const fn limits(&self) -> (usize, usize, usize) {
        match self {
            // As many as it takes though all are bad.
            Self::Valhalla(_) => (50, 4, 160),
            // One to 200; each pair is paid for, and so are pairs in a second. A bad place takes 19 calls
            // at most (the chunk, eight times two halves, the beginning, the place alone), another one
            // fewer than those: for four or more, what they learn is left to the next question.
            Self::Tencent(_) => (200, 1, 64),
        }
    }

    /// Whether it can keep a way clear of steps.
    const fn knows_steps(&self) -> bool {
        matches!(self, Self::Valhalla(_))
    }

    async fn matrix(&self, from: LngLat, to: &[LngLat], travel: Travel) -> Result<Vec<Option<Way>>, Failure> {
        match self {
            Self::Valhalla(valhalla) => valhalla.matrix(from, to, travel).await,
            Self::Tencent(tencent) => tencent.matrix(from, to, travel).await,
        }
    }

    async fn areas(&self, from: LngLat, minutes: &[u32], travel: Travel) -> Result<Vec<Area>, Failure> {
        match self {
            Self::Valhalla(valhalla) => valhalla.areas(from, minutes, travel).await,
            Self::Tencent(_) => Err(Failure::NotForIt("no_areas")),
        }
    }
}

/// A question that got no answer, to be asked again by whoever wants to know how the engine fares.
#[derive(Clone)]
enum Unanswered {
    Ways(LngLat, Vec<LngLat>, Travel),
    Areas(LngLat, Vec<u32>, Travel),
}

/// Between us and one kind of call: a matrix may be dead while areas are still drawn.
struct Guard {
    breaker: Breaker,
    /// The last question, if it got no answer.
    unanswered: Mutex<Option<Unanswered>>,
}

impl Guard {
    fn new() -> Self {
        Self { breaker: Breaker::new(FAILURES, LEFT_ALONE_FOR), unanswered: Mutex::default() }
    }

    fn well(&self) {
        self.answered();
        self.breaker.succeeded();
    }

    fn failed(&self, now: DateTime<Utc>, question: Unanswered) {
        *self.unanswered.lock().unwrap_or_else(PoisonError::into_inner) = Some(question);
        self.breaker.failed(now);
    }

    fn answered(&self) {
        *self.unanswered.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn unanswered(&self) -> Option<Unanswered> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A routing engine, guarded. Clones share what is known of it.
#[derive(Clone)]
pub(super) struct Network {
    pub(super) engine: Engine,
    /// How long a call may take; its client sees to that.
    within: Duration,
    for_ways: Arc<Guard>,
    for_areas: Arc<Guard>,
    /// Held by whoever asks an unanswered question again to see how the engine fares.
    looking: Arc<tokio::sync::Mutex<()>>,
    pub(super) learnt: Arc<Learnt>,
    pub(super) clock: Clock,
    metrics: Metrics,
}

impl Network {
    pub(super) fn new(engine: Engine, settings: &Settings, clock: Clock, metrics: Metrics) -> Self {
        Self {
            engine,
            within: Duration::from_millis(settings.walking_timeout_ms.into()),
            for_ways: Arc::new(Guard::new()),
            for_areas: Arc::new(Guard::new()),
            looking: Arc::default(),
            learnt: Arc::default(),
            clock,
            metrics,
        }
    }

    /// The same, reached by a client of its own.
    pub(super) fn through(&self, engine: Engine) -> Self {
        Self { engine, ..self.clone() }
    }

    /// Ways to all places, or nothing: then they are to be estimated.
    pub(super) async fn ways(&self, from: LngLat, to: &[LngLat], travel: Travel) -> Option<Vec<Option<Way>>> {
        if to.is_empty() {
            return Some(Vec::new());
        }
        if !self.is_for_it(from, travel) {
            return None;
        }
        if to.len() > PLACES_MOST {
            self.metrics.way_fallback("too_many_places");
            return None;
        }
        let rounds = u32::try_from(to.len().div_ceil(PLACES_IN_TIME)).unwrap_or(u32::MAX);
        let (chunk, ..) = self.engine.limits();
        let again = Unanswered::Ways(from, to.iter().take(chunk).copied().collect(), travel);
        let mut question = Question::new(self, from, to, travel, self.clock.now());
        if self.asked(&self.for_ways, rounds, again, question.pursue()).await.is_some() {
            Some(question.answered())
        } else {
            question.keep();
            None
        }
    }

    /// Areas for all minutes, or nothing.
    pub(super) async fn areas(&self, from: LngLat, minutes: &[u32], travel: Travel) -> Option<Vec<Area>> {
        if !self.is_for_it(from, travel) {
            return None;
        }
        let again = Unanswered::Areas(from, minutes.to_vec(), travel);
        self.asked(&self.for_areas, 1, again, self.drawn(from, minutes, travel)).await
    }

    /// Whether the engine is asked at all; that it isn't says nothing about how it fares.
    fn is_for_it(&self, from: LngLat, travel: Travel) -> bool {
        let reason = if !has_streets(from) {
            "off_map"
        } else if travel.pushchair && !self.engine.knows_steps() {
            // Its way may lead over steps: no way for a pushchair, however well it is measured.
            "pushchair"
        } else {
            return true;
        };
        self.metrics.way_fallback(reason);
        false
    }

    /// Whether the engine answers, and both kinds of call may be made. That it is there isn't enough where
    /// the last question got no answer: that one is asked again. Tencent isn't asked, for each call is paid
    /// for: there it is how the last question fared.
    pub(super) async fn answers(&self) -> bool {
        if self.is_held_back() {
            return false;
        }
        let unanswered = [&self.for_ways, &self.for_areas].map(|guard| guard.unanswered().map(|asked| (guard, asked)));
        let Engine::Valhalla(valhalla) = &self.engine else { return unanswered.iter().all(Option::is_none) };
        // By one caller at a time: anybody may want to know, and a call is dearer than the question.
        let looking = self.looking.try_lock();
        if unanswered.iter().any(Option::is_some) && looking.is_err() {
            return false;
        }
        let look = async {
            if !valhalla.is_there().await {
                return false;
            }
            for (guard, asked) in unanswered.into_iter().flatten() {
                if !self.is_answered(asked).await {
                    return false;
                }
                // The breaker counts what families ask.
                guard.answered();
            }
            true
        };
        tokio::time::timeout(PRESENT_WITHIN, look).await.unwrap_or(false)
    }

    /// Whether a question is answered now, be it by the refusal of a place.
    async fn is_answered(&self, asked: Unanswered) -> bool {
        let failure = match asked {
            Unanswered::Ways(from, to, travel) => self.call(from, &to, travel).await.err(),
            Unanswered::Areas(from, minutes, travel) => self.drawn(from, &minutes, travel).await.err(),
        };
        matches!(failure, None | Some(Failure::Place))
    }

    /// Whether calls of either kind are held back.
    pub(super) fn is_held_back(&self) -> bool {
        let now = self.clock.now();
        self.for_ways.breaker.is_open(now) || self.for_areas.breaker.is_open(now)
    }

    /// One question: in time, and unless its breaker is open.
    async fn asked<T>(
        &self,
        guard: &Guard,
        rounds: u32,
        again: Unanswered,
        question: impl Future<Output = Result<T, Failure>>,
    ) -> Option<T> {
        if guard.breaker.enter(self.clock.now()).is_err() {
            self.metrics.way_fallback("held_back");
            return None;
        }
        let budget = self.within.saturating_mul(CALLS_IN_TIME).saturating_mul(rounds);
        // No call has overrun its own time, or its failure would have ended the question.
        let out_of_time = Err(Failure::NotForIt("out_of_time"));
        match tokio::time::timeout(budget, question).await.unwrap_or(out_of_time) {
            Ok(answer) => {
                guard.well();
                Some(answer)
            }
            Err(Failure::Away(reason)) => {
                guard.failed(self.clock.now(), again);
                self.metrics.way_fallback(reason);
                tracing::warn!(reason, "the routing engine did not answer: estimated");
                None
            }
            Err(Failure::NotForIt(reason)) => {
                guard.well();
                self.metrics.way_fallback(reason);
                None
            }
            // Nothing is known around the place itself: what can be said of it is an estimate.
            Err(Failure::Place) => {
                guard.well();
                self.metrics.way_fallback("off_map");
                None
            }
        }
    }

    async fn counted<T>(
        &self,
        call: &'static str,
        answer: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let taken = Stopwatch::start();
        let answer = answer.await;
        let outcome = match &answer {
            Ok(_) => "ok",
            Err(Failure::Place) => "place",
            Err(Failure::Away(reason) | Failure::NotForIt(reason)) => reason,
        };
        self.metrics.way_call(call, outcome, taken.elapsed());
        answer
    }

    /// One call for ways.
    pub(super) async fn call(&self, from: LngLat, to: &[LngLat], travel: Travel) -> Result<Vec<Option<Way>>, Failure> {
        let ways = self.counted("matrix", self.engine.matrix(from, to, travel)).await?;
        if ways.len() == to.len() { Ok(ways) } else { Err(Failure::Away("malformed")) }
    }

    async fn drawn(&self, from: LngLat, minutes: &[u32], travel: Travel) -> Result<Vec<Area>, Failure> {
        self.counted("areas", self.engine.areas(from, minutes, travel)).await
    }
}

/// A way as the engine tells it, but no faster than the configured speed, with what is walked between the
/// streets and the two places. Nothing for figures that are none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be positive and short")]
pub(super) fn way(settings: &Settings, travel: Travel, seconds: f64, metres: f64, off_streets: f64) -> Option<Way> {
    let walked = |metres: f64, travel: Travel| metres / estimate::per_minute(settings, travel) * 60.0;
    let seconds = seconds.max(walked(metres, travel)) + walked(off_streets, Travel::default());
    let metres = metres + off_streets;
    let is_way = (0.0..1e7).contains(&seconds) && (0.0..1e8).contains(&metres);
    // A whole second stays one, whatever the reckoning adds in its last digits.
    is_way.then(|| Way { seconds: (seconds - 0.001).ceil() as u32, metres: metres.round() as u32 })
}

/// The client of an engine; its errors are never shown with their URL.
pub(super) fn client(settings: &Arc<Settings>) -> reqwest::ClientBuilder {
    let within = Duration::from_millis(settings.walking_timeout_ms.into());
    reqwest::Client::builder()
        .timeout(within)
        .connect_timeout(within)
        // The URLs may hold a key: they go nowhere else.
        .redirect(reqwest::redirect::Policy::none())
}

/// Status and body, if it came whole and is not too large.
pub(super) async fn answer(request: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>), Failure> {
    // Only a word of it is kept: the error quotes the URL, where a key and places are.
    let away = |error: reqwest::Error| {
        Failure::Away(match () {
            () if error.is_timeout() => "too_slow",
            () if error.is_connect() => "no_connection",
            () => "no_answer",
        })
    };
    let mut response = request.send().await.map_err(away)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(away)? {
        if body.len() + chunk.len() > ANSWER_MOST {
            return Err(Failure::Away("too_large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status().as_u16(), body))
}

/// What the engine's JSON says.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|_| Failure::Away("malformed"))
}
