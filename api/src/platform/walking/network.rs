//! Between the walkers and a routing engine: how long a call and a question may take, what the engine's
//! limits are, and when it is left alone. How a question is cut to the limits stands in `question.rs`.
//!
//! A question is answered by the engine as a whole or not at all: then its asker estimates, so that no
//! answer mixes the two.

use std::{sync::Arc, time::Duration};

use entity::LngLat;
use futures_util::{StreamExt as _, future::ready, stream};
use serde::de::DeserializeOwned;

use super::{
    Area, Travel, Way, estimate,
    guard::{Guard, Unanswered},
    question::{Memory, Question, has_streets},
    tencent::Tencent,
    valhalla::Valhalla,
};
use crate::{
    config::Settings,
    platform::clock::{Clock, Stopwatch},
    telemetry::Metrics,
};

/// Places of one question, at most; a million centres may lie within an hour's drive.
const PLACES_MOST: usize = 20_000;
/// So many places are answered within [`CALLS_IN_TIME`] × `walking_timeout_ms`, and as many more in as long
/// again: families ask about fewer, the work in the background can wait.
const PLACES_IN_TIME: usize = 2000;
/// One call has `walking_timeout_ms`; a question takes several, and waits for as many one after another.
const CALLS_IN_TIME: u32 = 2;
/// Where a call got no answer in time, those that look for the place it was for have so small a part of that
/// time each: four of them, one after another, are over when the question's time is.
const HURRIED: u32 = 4;
/// Bytes of an answer, at most: a matrix has some 200 a place, an area some 10 000.
const ANSWER_MOST: usize = 4 * 1024 * 1024;
/// How long the engine may take to say that it is there.
const PRESENT_WITHIN: Duration = Duration::from_secs(1);

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// One of the places can't be used; the others can.
    Place,
    /// No answer to this call, be it for one of its places or for good; the word as below.
    Choked(&'static str),
    /// The engine can't answer; a stable word for logs and metrics.
    Away(&'static str),
    /// The engine is well, but the question is not for it.
    NotForIt(&'static str),
}

/// The word for a call without an answer in time.
pub(super) const TOO_SLOW: &str = "too_slow";

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

/// A routing engine, guarded. Clones share what is known of it.
#[derive(Clone)]
pub(super) struct Network {
    pub(super) engine: Engine,
    /// How long a call may take; its client sees to that.
    within: Duration,
    pub(super) for_ways: Arc<Guard>,
    for_areas: Arc<Guard>,
    /// Held by whoever asks an unanswered question again to see how the engine fares.
    looking: Arc<tokio::sync::Mutex<()>>,
    pub(super) memory: Arc<Memory>,
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
            memory: Arc::default(),
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
        let mut question = Question::new(self, from, to, travel, self.clock.now());
        let outcome = self.asked(&self.for_ways, rounds, question.pursue()).await?;
        if outcome.is_ok() && !question.asked {
            // All was known: that says nothing about the engine.
            return Some(question.answered());
        }
        let again = || Unanswered::Ways(from, question.unanswered(PLACES_IN_TIME), travel);
        if self.told(&self.for_ways, from, outcome, again).is_some() {
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
        let question = async {
            match self.drawn(from, minutes, travel).await {
                Err(Failure::Choked(reason)) => Err(self.blamed(from, travel, reason).await),
                outcome => outcome,
            }
        };
        let outcome = self.asked(&self.for_areas, 1, question).await?;
        self.told(&self.for_areas, from, outcome, || Unanswered::Areas(from, minutes.to_vec(), travel))
    }

    /// Whose fault it is that no area came: the place's, if one is drawn around another.
    async fn blamed(&self, from: LngLat, travel: Travel, reason: &'static str) -> Failure {
        let Some(other) = self.for_areas.proven(from) else { return Failure::Away(reason) };
        let drawn = tokio::time::timeout(self.hurried(), self.drawn(other, &[1], travel)).await;
        if matches!(drawn, Ok(Ok(_) | Err(Failure::Place))) { Failure::Place } else { Failure::Away(reason) }
    }

    /// How long a call has that looks for the place another one was too slow for.
    pub(super) fn hurried(&self) -> Duration {
        self.within / HURRIED
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
                guard.answered();
            }
            true
        };
        tokio::time::timeout(PRESENT_WITHIN, look).await.unwrap_or(false)
    }

    /// Whether a question is answered now, be it by the refusal of a place.
    async fn is_answered(&self, asked: Unanswered) -> bool {
        let is_told = |failure: Option<Failure>| matches!(failure, None | Some(Failure::Place));
        match asked {
            Unanswered::Ways(from, to, travel) => {
                let (chunk, at_once, _) = self.engine.limits();
                let calls = to.chunks(chunk).map(|some| self.call(from, some, travel, None));
                let calls = stream::iter(calls).buffer_unordered(at_once);
                calls.all(|answer| ready(is_told(answer.err()))).await
            }
            Unanswered::Areas(from, minutes, travel) => is_told(self.drawn(from, &minutes, travel).await.err()),
        }
    }

    /// Whether calls of either kind are held back.
    pub(super) fn is_held_back(&self) -> bool {
        let now = self.clock.now();
        self.for_ways.breaker.is_open(now) || self.for_areas.breaker.is_open(now)
    }

    /// One question: in time. Nothing if its breaker is open.
    async fn asked<T>(
        &self,
        guard: &Guard,
        rounds: u32,
        question: impl Future<Output = Result<T, Failure>>,
    ) -> Option<Result<T, Failure>> {
        if guard.breaker.enter(self.clock.now()).is_err() {
            self.metrics.way_fallback("held_back");
            return None;
        }
        let budget = self.within.saturating_mul(CALLS_IN_TIME).saturating_mul(rounds);
        // Though no call was too slow: whoever asks waits as long, and for an estimate.
        let out_of_time = Err(Failure::Away("out_of_time"));
        Some(tokio::time::timeout(budget, question).await.unwrap_or(out_of_time))
    }

    /// Tells the guard how a question that began there fared, and what to ask `again` if it got no answer.
    fn told<T>(
        &self,
        guard: &Guard,
        from: LngLat,
        outcome: Result<T, Failure>,
        again: impl FnOnce() -> Unanswered,
    ) -> Option<T> {
        let reason = match outcome {
            Ok(answer) => {
                guard.proved(from);
                return Some(answer);
            }
            Err(Failure::Away(reason)) => {
                guard.failed(self.clock.now(), again());
                tracing::warn!(reason, "the routing engine did not answer: estimated");
                reason
            }
            Err(Failure::Choked(reason)) => {
                guard.left(again());
                tracing::warn!(reason, "the routing engine answered a part only: estimated");
                reason
            }
            Err(Failure::NotForIt(reason)) => {
                guard.well();
                reason
            }
            // Nothing is known around the place itself: what can be said of it is an estimate.
            Err(Failure::Place) => {
                guard.well();
                "off_map"
            }
        };
        self.metrics.way_fallback(reason);
        None
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
            Err(Failure::Choked(reason) | Failure::Away(reason) | Failure::NotForIt(reason)) => reason,
        };
        self.metrics.way_call(call, outcome, taken.elapsed());
        answer
    }

    /// One call for ways; `within` less time than every call has.
    pub(super) async fn call(
        &self,
        from: LngLat,
        to: &[LngLat],
        travel: Travel,
        within: Option<Duration>,
    ) -> Result<Vec<Option<Way>>, Failure> {
        let matrix = self.engine.matrix(from, to, travel);
        let answer = async {
            let Some(within) = within else { return matrix.await };
            tokio::time::timeout(within, matrix).await.unwrap_or(Err(Failure::Choked(TOO_SLOW)))
        };
        let ways = self.counted("matrix", answer).await?;
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
            () if error.is_timeout() => TOO_SLOW,
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
