//! Between the walkers and a routing engine: how long a question may take, how it is cut to the engine's
//! limits, what becomes of places that the engine can't use, and when it is left alone.
//!
//! A question is answered by the engine as a whole or not at all: then its asker estimates, so that no
//! answer mixes the two.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::LngLat;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use quick_cache::sync::Cache;
use serde::de::DeserializeOwned;

use super::{Area, Travel, Way, estimate, tencent::Tencent, valhalla::Valhalla};
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
/// So many places are answered within `walking_timeout_ms`, and as many more in as long again: families
/// ask about fewer, the work in the background can wait.
const PLACES_IN_TIME: usize = 2000;
/// Farther north or south no engine is asked, in degrees: there are no streets (the northernmost town lies
/// at 78°), but degrees of longitude so short that the grid which Valhalla draws an area on takes
/// gigabytes. Anybody may ask from there.
const LATITUDE_MOST: f64 = 80.0;
/// Bytes of an answer, at most: a matrix has some 200 a place, an area some 10 000.
const ANSWER_MOST: usize = 4 * 1024 * 1024;
/// How long it is remembered that a place is not on the engine's map, and how many such.
const OFF_MAP_FOR: TimeDelta = TimeDelta::minutes(10);
const OFF_MAP_MOST: usize = 20_000;
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
    /// Places of one call, how many calls at once, and how many calls each chunk may take at most until
    /// the places that can't be used are found; a chunk without such takes one.
    const fn limits(&self) -> (usize, usize, usize) {
        match self {
            Self::Valhalla(_) => (50, 4, 128),
            // One to 200; each pair is paid for, and so are pairs in a second.
            Self::Tencent(_) => (200, 1, 16),
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

/// Between us and one kind of call: a matrix may be dead while areas are still drawn.
struct Guard {
    breaker: Breaker,
    /// Whether the last question got no answer.
    failing: AtomicBool,
}

impl Guard {
    fn new() -> Self {
        Self { breaker: Breaker::new(FAILURES, LEFT_ALONE_FOR), failing: AtomicBool::new(false) }
    }

    fn well(&self) {
        self.failing.store(false, Ordering::Relaxed);
        self.breaker.succeeded();
    }

    fn failed(&self, now: DateTime<Utc>) {
        self.failing.store(true, Ordering::Relaxed);
        self.breaker.failed(now);
    }
}

/// A routing engine, guarded. Clones share what is known of it.
#[derive(Clone)]
pub(super) struct Network {
    engine: Engine,
    within: Duration,
    for_ways: Arc<Guard>,
    for_areas: Arc<Guard>,
    /// Places that the engine didn't find, and until when that is believed.
    off_map: Arc<Cache<(u64, u64, Travel), DateTime<Utc>>>,
    clock: Clock,
    metrics: Metrics,
}

impl Network {
    pub(super) fn new(engine: Engine, settings: &Settings, clock: Clock, metrics: Metrics) -> Self {
        Self {
            engine,
            within: Duration::from_millis(settings.walking_timeout_ms.into()),
            for_ways: Arc::new(Guard::new()),
            for_areas: Arc::new(Guard::new()),
            off_map: Arc::new(Cache::new(OFF_MAP_MOST)),
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
        let within = self.within.saturating_mul(rounds);
        self.asked(&self.for_ways, within, self.matrix(from, to, travel)).await
    }

    /// Areas for all minutes, or nothing.
    pub(super) async fn areas(&self, from: LngLat, minutes: &[u32], travel: Travel) -> Option<Vec<Area>> {
        if !self.is_for_it(from, travel) {
            return None;
        }
        let question = self.counted("areas", self.engine.areas(from, minutes, travel));
        self.asked(&self.for_areas, self.within, question).await
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

    /// Whether the engine answers, and both kinds of call may be made. Tencent isn't asked, for each call is
    /// paid for: there it is how the last question fared.
    pub(super) async fn answers(&self) -> bool {
        if self.is_held_back() {
            return false;
        }
        match &self.engine {
            Engine::Valhalla(valhalla) => {
                tokio::time::timeout(PRESENT_WITHIN, valhalla.is_there()).await.unwrap_or(false)
            }
            // It draws no areas.
            Engine::Tencent(_) => !self.for_ways.failing.load(Ordering::Relaxed),
        }
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
        within: Duration,
        question: impl Future<Output = Result<T, Failure>>,
    ) -> Option<T> {
        if guard.breaker.enter(self.clock.now()).is_err() {
            self.metrics.way_fallback("held_back");
            return None;
        }
        let outcome = tokio::time::timeout(within, question).await.unwrap_or(Err(Failure::Away("too_slow")));
        match outcome {
            Ok(answer) => {
                guard.well();
                Some(answer)
            }
            Err(Failure::Away(reason)) => {
                guard.failed(self.clock.now());
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

    async fn call(&self, from: LngLat, to: &[LngLat], travel: Travel) -> Result<Vec<Option<Way>>, Failure> {
        let ways = self.counted("matrix", self.engine.matrix(from, to, travel)).await?;
        if ways.len() == to.len() { Ok(ways) } else { Err(Failure::Away("malformed")) }
    }

    async fn matrix(&self, from: LngLat, to: &[LngLat], travel: Travel) -> Result<Vec<Option<Way>>, Failure> {
        let (chunk, at_once, _) = self.engine.limits();
        let now = self.clock.now();
        let on_map: Vec<(usize, LngLat)> =
            to.iter().copied().enumerate().filter(|(_, place)| !self.is_off_map(*place, travel, now)).collect();
        let mut ways = vec![None; to.len()];
        if on_map.is_empty() {
            // Whether no way leads there, or nothing is known around here.
            self.call(from, &[from], travel).await?;
        }
        let parts: Vec<_> = on_map.chunks(chunk).map(|part| self.part(from, part, travel)).collect();
        let mut parts = stream::iter(parts).buffer_unordered(at_once);
        while let Some(part) = parts.try_next().await? {
            for (n, way) in part {
                ways[n] = way;
            }
        }
        Ok(ways)
    }

    /// The ways to some places. Where the engine refuses them for one it can't use, they are halved until
    /// that one stands alone; to it no way leads, the others are answered.
    async fn part(
        &self,
        from: LngLat,
        places: &[(usize, LngLat)],
        travel: Travel,
    ) -> Result<Vec<(usize, Option<Way>)>, Failure> {
        let (_, _, calls_most) = self.engine.limits();
        let mut found = Vec::with_capacity(places.len());
        let mut waiting = vec![places];
        let (mut calls, mut from_is_known) = (0, false);
        while let Some(some) = waiting.pop() {
            calls += 1;
            if calls > calls_most {
                return Err(Failure::NotForIt("too_many_bad_places"));
            }
            let to: Vec<LngLat> = some.iter().map(|(_, place)| *place).collect();
            match self.call(from, &to, travel).await {
                Ok(ways) => found.extend(some.iter().map(|(n, _)| *n).zip(ways)),
                Err(Failure::Place) => {
                    // The place where the way begins may be the bad one.
                    if !from_is_known {
                        self.call(from, &[from], travel).await?;
                        from_is_known = true;
                    }
                    if let [(n, place)] = some {
                        // Off the map for everyone, or only not to be reached from here?
                        if self.call(*place, &[*place], travel).await == Err(Failure::Place) {
                            let until = self.clock.now() + OFF_MAP_FOR;
                            self.off_map.insert(off_map_key(*place, travel), until);
                        }
                        found.push((*n, None));
                    } else {
                        let (one, other) = some.split_at(some.len() / 2);
                        waiting.extend([other, one]);
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(found)
    }

    fn is_off_map(&self, place: LngLat, travel: Travel, now: DateTime<Utc>) -> bool {
        !has_streets(place) || self.off_map.get(&off_map_key(place, travel)).is_some_and(|until| now < until)
    }
}

/// Whether a place lies where an engine may be asked about it.
fn has_streets(place: LngLat) -> bool {
    place.lat.abs() <= LATITUDE_MOST
}

const fn off_map_key(place: LngLat, travel: Travel) -> (u64, u64, Travel) {
    (place.lng.to_bits(), place.lat.to_bits(), travel)
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
