//! Ways that a routing engine found, remembered by where they start: in this process, and behind it in
//! the key-value store, so that the replicas ask once.
//!
//! What is remembered is a cell of about 50 m, how one travels, and the ways from the cell's middle to
//! centres. Nothing tells who asked, from where in the cell, or when; after an hour it is gone.
//!
//! Each way is kept with the centre's position: a centre that moved, or is new, is asked for alone.
//! Callers in one cell wait for the one that asks. What the engine couldn't answer is not remembered.
//!
//! What it costs: who stands in a corner is up to 36 m from the middle, half a minute on foot, and where
//! a cell lies across narrow water, a wall or a railway some are told the ways of the other side. Asking
//! from where the first caller stands would not mend that (the next one may stand across the water) and
//! would keep an exact place and show it to whoever asks next; an answer that depends on who asked before
//! can't be explained to anybody either. Ways whose minutes must be exact from a given place, such as
//! those to the samples of a community, don't go through here.

use std::{
    collections::HashMap,
    convert::Infallible,
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{CentreId, LngLat};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};

use super::start::Start;
use crate::{
    config::Settings,
    platform::{
        breaker::Breaker,
        kv::{Kv, KvError},
        walking::{Travel, TravelMode, Way, WayMethod, Ways},
    },
    state::Ctx,
};

/// Breadth and height of a cell in metres.
const CELL_M: f64 = 50.0;
/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_195.0;
/// How long ways are remembered: streets change slowly, where people stood is soon forgotten.
const LIFE: TimeDelta = TimeDelta::hours(1);
/// Cells in process at most; some tens of bytes a way.
const MOST_CELLS: usize = 2_000;
/// Ways of one cell that are kept; past it only those of the latest search are.
const MOST_WAYS: usize = 2_000;

/// How long the key-value store is waited for: the engine itself answers in some tens of milliseconds, and a
/// memory that is slower than what it saves is none. The store's own time-outs, made for what is found
/// nowhere else, are ten times as long.
const STORED_WITHIN: Duration = Duration::from_millis(100);
/// How long a store that didn't answer in time, or is away, isn't asked again.
const STORE_LEFT_ALONE: TimeDelta = TimeDelta::seconds(10);

/// A cell of the grid; its columns are as many to a row as make it about square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    row: i32,
    column: i32,
}

impl Cell {
    const HEIGHT: f64 = CELL_M / DEGREE_M;

    /// The cell that a point lies in.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "degrees over a height of 0.0004 fit")]
    pub fn of(point: LngLat) -> Self {
        let row = (point.lat / Self::HEIGHT).floor() as i32;
        Self { row, column: (point.lng / Self::breadth(row)).floor() as i32 }
    }

    /// Its middle.
    #[must_use]
    pub fn middle(self) -> LngLat {
        LngLat {
            lng: (f64::from(self.column) + 0.5) * Self::breadth(self.row),
            lat: (f64::from(self.row) + 0.5) * Self::HEIGHT,
        }
    }

    fn breadth(row: i32) -> f64 {
        let cos = ((f64::from(row) + 0.5) * Self::HEIGHT).to_radians().cos();
        // Near the poles cells are narrower than they are high.
        Self::HEIGHT / cos.max(0.01)
    }
}

/// A position to a tenth of a metre.
type At = (i32, i32);

#[expect(clippy::cast_possible_truncation, reason = "degrees in millionths fit")]
fn at(p: LngLat) -> At {
    ((p.lng * 1e6).round() as i32, (p.lat * 1e6).round() as i32)
}

/// Hashes an id by its last 64 bits, which are random, or count up in tests: nobody floods a map with
/// ids that we make.
#[derive(Default)]
struct LastBits(u64);

impl Hasher for LastBits {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk() {
            self.0 = u64::from_be_bytes(*last);
        }
    }

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// What is known of one cell.
#[derive(Clone, Default)]
struct Known {
    since: DateTime<Utc>,
    /// As they were asked for: who asks again does so in the same order, and reads on from one to the next.
    ways: Vec<(CentreId, At, Option<Way>)>,
    /// Where in it each is.
    places: HashMap<CentreId, usize, BuildHasherDefault<LastBits>>,
}

/// The same in the key-value store.
#[derive(Serialize, Deserialize)]
struct Stored {
    since: DateTime<Utc>,
    ways: Vec<(CentreId, At, Option<Way>)>,
}

impl Stored {
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now < self.since + LIFE
    }
}

impl Known {
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now < self.since + LIFE
    }

    /// A way and where it is; looked for first at `guess`.
    fn way(&self, id: CentreId, to: LngLat, guess: usize) -> Option<(usize, Option<Way>)> {
        let is_there = self.ways.get(guess).is_some_and(|(there, ..)| *there == id);
        let place = if is_there { guess } else { *self.places.get(&id)? };
        let (_, where_to, way) = self.ways.get(place)?;
        (*where_to == at(to)).then_some((place, *way))
    }

    /// All of them, if it is fresh and knows all.
    fn all(&self, now: DateTime<Utc>, to: &[(CentreId, LngLat)]) -> Option<Vec<Option<Way>>> {
        if !self.is_fresh(now) {
            return None;
        }
        let mut guess = 0;
        let mut way = |(id, to): &(CentreId, LngLat)| {
            let (place, way) = self.way(*id, *to, guess)?;
            guess = place + 1;
            Some(way)
        };
        to.iter().map(&mut way).collect()
    }

    /// With more ways; `since` stays that of the oldest. If they are too many, only those that are asked for
    /// now stay beside the new ones.
    fn with(
        &self,
        now: DateTime<Utc>,
        asked: &[(CentreId, LngLat)],
        more: impl IntoIterator<Item = (CentreId, At, Option<Way>)>,
    ) -> Self {
        if !self.is_fresh(now) {
            return Self { since: now, ..Self::default() }.and(more);
        }
        if self.ways.len() <= MOST_WAYS {
            return self.clone().and(more);
        }
        let still = |(id, to): &(CentreId, LngLat)| Some((*id, at(*to), self.way(*id, *to, 0)?.1));
        Self { since: self.since, ..Self::default() }.and(asked.iter().filter_map(still)).and(more)
    }

    fn and(self, more: impl IntoIterator<Item = (CentreId, At, Option<Way>)>) -> Self {
        let (mut known, more) = (self, more.into_iter());
        known.ways.reserve(more.size_hint().0);
        known.places.reserve(more.size_hint().0);
        for (id, at, way) in more {
            let place = *known.places.entry(id).or_insert(known.ways.len());
            match known.ways.get_mut(place) {
                Some(old) => *old = (id, at, way),
                None => known.ways.push((id, at, way)),
            }
        }
        known
    }
}

#[derive(Default)]
struct Slot {
    /// Held by the caller that asks the engine.
    asking: tokio::sync::Mutex<()>,
    /// How often it didn't answer: whoever waited for such a call doesn't ask again at once.
    unanswered: AtomicU64,
    known: Mutex<Arc<Known>>,
}

impl Slot {
    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&known);
        known
    }
}

/// See the module.
pub struct WayCache {
    slots: Cache<(Cell, Travel), Arc<Slot>>,
    /// Between it and the key-value store.
    store: Arc<Breaker>,
    /// Which order to find all ways anew was the last.
    round: RwLock<Arc<str>>,
}

impl Default for WayCache {
    fn default() -> Self {
        let store = Arc::new(Breaker::new(1, STORE_LEFT_ALONE));
        Self { slots: Cache::new(MOST_CELLS), store, round: RwLock::new(Arc::from("")) }
    }
}

impl WayCache {
    /// Forgets what was remembered before an order to find all ways anew, here and in the key-value store.
    pub fn begin_round(&self, round: &str) {
        if *self.round() == *round {
            return;
        }
        *self.round.write().unwrap_or_else(PoisonError::into_inner) = Arc::from(round);
        self.slots.clear();
    }

    fn round(&self) -> Arc<str> {
        Arc::clone(&self.round.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ways from a start to centres; none if the engine doesn't answer.
    pub(super) async fn ways(&self, ctx: &Ctx, start: &Start, to: &[(CentreId, LngLat)]) -> Option<Vec<Option<Way>>> {
        let ask = async |to: Vec<LngLat>| ctx.walking.ways(start.from, &to, start.travel).await;
        self.remembered((&ctx.settings, &ctx.kv), ctx.clock.now(), start, to, ask).await
    }

    async fn remembered(
        &self,
        (settings, kv): (&Settings, &Kv),
        now: DateTime<Utc>,
        start: &Start,
        to: &[(CentreId, LngLat)],
        ask: impl AsyncFnOnce(Vec<LngLat>) -> Ways,
    ) -> Option<Vec<Option<Way>>> {
        let cell = Cell::of(start.from);
        if let Some(slot) = self.slots.get(&(cell, start.travel))
            && let Some(ways) = slot.known().all(now, to)
        {
            return Some(ways);
        }
        // Before the slot: what is found for a slot of a former round is never stored as of the next.
        let round = self.round();
        let made = self.slots.get_or_insert_with(&(cell, start.travel), || Ok::<_, Infallible>(Arc::default()));
        let Ok(slot) = made;
        let unanswered = slot.unanswered.load(Ordering::Relaxed);
        let _asking = slot.asking.lock().await;
        let mut known = slot.known();
        if let Some(ways) = known.all(now, to) {
            return Some(ways);
        }
        if slot.unanswered.load(Ordering::Relaxed) != unanswered {
            return None;
        }
        let key = key(settings, &round, cell, start.travel);
        if let Some(stored) = stored(&self.store, now, kv, &key).await
            && stored.is_fresh(now)
        {
            let since = if known.is_fresh(now) { known.since.min(stored.since) } else { stored.since };
            let both = Known { since, ..known.with(now, to, stored.ways) };
            known = slot.keep(both);
            if let Some(ways) = known.all(now, to) {
                return Some(ways);
            }
        }
        let missing: Vec<(CentreId, LngLat)> =
            to.iter().filter(|(id, to)| !known.is_fresh(now) || known.way(*id, *to, 0).is_none()).copied().collect();
        let found = ask(missing.iter().map(|(_, to)| *to).collect()).await;
        if found.method != WayMethod::Network || found.ways.len() != missing.len() {
            slot.unanswered.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let news = missing.iter().zip(found.ways).map(|((id, to), way)| (*id, at(*to), way));
        let known = slot.keep(known.with(now, to, news));
        let ways = known.all(now, to);
        store_beside(Arc::clone(&self.store), kv.clone(), key, now, known);
        ways
    }
}

/// Everything that the ways depend on but the centres.
fn key(settings: &Settings, round: &str, cell: Cell, travel: Travel) -> String {
    let (mode, speed) = match travel.mode {
        TravelMode::Walk => ("walk", settings.walking_speed_kmh),
        TravelMode::Cycle => ("cycle", settings.cycling_speed_kmh),
        TravelMode::EBike => ("e_bike", settings.e_bike_speed_kmh),
        TravelMode::Drive => ("drive", settings.driving_speed_kmh),
    };
    let engine = settings.walking_engine.as_str();
    let (pushchair, off) = (u8::from(travel.pushchair), settings.walking_off_network_m);
    format!("ways:{engine}:{round}:{mode}:{pushchair}:{speed}:{off}:{}:{}", cell.row, cell.column)
}

/// What a replica stored; a store that is away, or slow, knows nothing.
async fn stored(store: &Breaker, now: DateTime<Utc>, kv: &Kv, key: &str) -> Option<Stored> {
    let text = in_time(store, now, kv.get(key)).await??;
    serde_json::from_str(&text).ok()
}

/// For the other replicas: the family doesn't wait for it. Without effect while the store is away.
fn store_beside(store: Arc<Breaker>, kv: Kv, key: String, now: DateTime<Utc>, known: Arc<Known>) {
    let left = (known.since + LIFE - now).to_std().unwrap_or(Duration::ZERO);
    if left.is_zero() {
        return;
    }
    tokio::spawn(async move {
        let stored = Stored { since: known.since, ways: known.ways.clone() };
        if let Ok(text) = serde_json::to_string(&stored) {
            in_time(&store, now, kv.put(&key, &text, left)).await;
        }
    });
}

/// What the store answers within [`STORED_WITHIN`]; none while it is left alone.
async fn in_time<T>(store: &Breaker, now: DateTime<Utc>, call: impl Future<Output = Result<T, KvError>>) -> Option<T> {
    store.enter(now).ok()?;
    if let Ok(Ok(answer)) = tokio::time::timeout(STORED_WITHIN, call).await {
        store.succeeded();
        Some(answer)
    } else {
        store.failed(now);
        None
    }
}

#[cfg(test)]
mod tests;
