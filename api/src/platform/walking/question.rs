//! One question for ways, cut to the engine's limits: so many calls at once, and what becomes of a chunk
//! that the engine refuses for one place in it. It is halved until that one stands alone; to it no way
//! leads, the others are answered.
//!
//! What a question learns outlives it when its time is up: the ways so far, and the places that are on
//! nobody's map. Whoever asks again goes on from there, so that a slow engine and a bad place cost some
//! answers their streets, and not all of them.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use entity::LngLat;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use quick_cache::sync::Cache;

use super::{
    Travel, Way,
    network::{Failure, Network},
};

/// How long it is remembered what a question learnt: longer than what an engine's absence left to the
/// estimate waits until it is asked for again (`coverage/service/sweep.rs`).
const REMEMBERED_FOR: TimeDelta = TimeDelta::minutes(20);
/// Places off the map that are remembered.
const OFF_MAP_MOST: usize = 20_000;
/// Questions without an answer whose ways so far are remembered, and how many ways of each: some 50 bytes
/// a way, and a family's question is about hundreds.
const QUESTIONS_MOST: usize = 128;
const WAYS_MOST: usize = 5_000;
/// Farther north or south no engine is asked, in degrees: there are no streets (the northernmost town lies
/// at 78°), but degrees of longitude so short that the grid which Valhalla draws an area on takes
/// gigabytes. Anybody may ask from there.
const LATITUDE_MOST: f64 = 80.0;

/// A place, to the last bit.
type Spot = (u64, u64);

const fn spot(place: LngLat) -> Spot {
    (place.lng.to_bits(), place.lat.to_bits())
}

/// Whether a place lies where an engine may be asked about it.
pub(super) fn has_streets(place: LngLat) -> bool {
    place.lat.abs() <= LATITUDE_MOST
}

/// What a question found before its time was up.
struct Found {
    until: DateTime<Utc>,
    ways: HashMap<Spot, Option<Way>>,
}

/// What questions learnt.
pub(super) struct Learnt {
    /// Places that the engine didn't find, and until when that is believed.
    off_map: Cache<(Spot, Travel), DateTime<Utc>>,
    /// By where the ways begin.
    found: Cache<(Spot, Travel), Arc<Found>>,
}

impl Default for Learnt {
    fn default() -> Self {
        Self { off_map: Cache::new(OFF_MAP_MOST), found: Cache::new(QUESTIONS_MOST) }
    }
}

impl Learnt {
    fn is_off_map(&self, place: LngLat, travel: Travel, now: DateTime<Utc>) -> bool {
        !has_streets(place) || self.off_map.get(&(spot(place), travel)).is_some_and(|until| now < until)
    }
}

/// A call that a question needs.
enum Call {
    /// The ways to some places, with where in the question each stands.
    Ways(Vec<(usize, LngLat)>),
    /// Whether the place where the ways begin can be used.
    Beginning,
    /// Whether a place that was refused by itself can be used by anybody.
    Alone(LngLat),
}

/// What is known of the place where the ways begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Unknown,
    /// Something was refused: it may be for this place, and is asked about before all else.
    Doubted,
    Asked,
    Known,
}

/// A question while it is asked.
pub(super) struct Question<'a> {
    network: &'a Network,
    from: LngLat,
    to: &'a [LngLat],
    travel: Travel,
    until: DateTime<Utc>,
    beginning: Beginning,
    /// The outer option: whether it was found; the inner one: whether a way leads there.
    found: Vec<Option<Option<Way>>>,
    /// The next call is the last.
    waiting: Vec<Call>,
    calls_left: usize,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        network: &'a Network,
        from: LngLat,
        to: &'a [LngLat],
        travel: Travel,
        now: DateTime<Utc>,
    ) -> Self {
        let learnt = &network.learnt;
        let before = learnt.found.get(&(spot(from), travel)).filter(|before| now < before.until);
        let known = |place: &LngLat| {
            let found = || before.as_ref()?.ways.get(&spot(*place)).copied();
            if learnt.is_off_map(*place, travel, now) { Some(None) } else { found() }
        };
        let found: Vec<_> = to.iter().map(known).collect();
        let open: Vec<_> = (0..to.len()).filter(|n| found[*n].is_none()).map(|n| (n, to[n])).collect();
        let (chunk, _, calls_a_chunk) = network.engine.limits();
        let chunks = open.chunks(chunk);
        let beginning = match before {
            Some(_) => Beginning::Known,
            // Whether no way leads to any, or nothing is known around here.
            None if open.is_empty() => Beginning::Doubted,
            None => Beginning::Unknown,
        };
        let calls_left = calls_a_chunk * chunks.len().max(1);
        let waiting = chunks.rev().map(|some| Call::Ways(some.to_vec())).collect();
        let until = before.map_or(now + REMEMBERED_FOR, |before| before.until);
        Self { network, from, to, travel, until, beginning, found, waiting, calls_left }
    }

    /// Makes its calls until all is found.
    pub(super) async fn pursue(&mut self) -> Result<(), Failure> {
        let (_, at_once, _) = self.network.engine.limits();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < at_once
                && let Some(call) = self.next_call()
            {
                let left = self.calls_left.checked_sub(1);
                self.calls_left = left.ok_or(Failure::NotForIt("too_many_bad_places"))?;
                running.push(made(self.network, self.from, self.travel, call));
            }
            let Some((call, answer)) = running.next().await else { return Ok(()) };
            self.learn(call, answer)?;
        }
    }

    fn next_call(&mut self) -> Option<Call> {
        match self.beginning {
            Beginning::Doubted => {
                self.beginning = Beginning::Asked;
                Some(Call::Beginning)
            }
            // If that is the bad one, nothing else needs to be asked.
            Beginning::Asked => None,
            Beginning::Unknown | Beginning::Known => self.waiting.pop(),
        }
    }

    fn learn(&mut self, call: Call, answer: Result<Vec<Option<Way>>, Failure>) -> Result<(), Failure> {
        match (call, answer) {
            (Call::Ways(places), Ok(ways)) => {
                self.beginning = Beginning::Known;
                for ((n, _), way) in places.iter().zip(ways) {
                    self.found[*n] = Some(way);
                }
            }
            (Call::Ways(mut places), Err(Failure::Place)) => {
                if self.beginning == Beginning::Unknown {
                    self.beginning = Beginning::Doubted;
                }
                if let [(n, place)] = places[..] {
                    self.found[n] = Some(None);
                    self.waiting.push(Call::Alone(place));
                } else {
                    let other = places.split_off(places.len() / 2);
                    self.waiting.extend([Call::Ways(other), Call::Ways(places)]);
                }
            }
            (Call::Alone(place), Err(Failure::Place)) => {
                let until = self.network.clock.now() + REMEMBERED_FOR;
                self.network.learnt.off_map.insert((spot(place), self.travel), until);
            }
            (Call::Beginning, Ok(_)) => self.beginning = Beginning::Known,
            // Not to be reached from here only.
            (Call::Alone(_), Ok(_)) => {}
            (_, Err(failure)) => return Err(failure),
        }
        Ok(())
    }

    /// The whole answer.
    pub(super) fn answered(self) -> Vec<Option<Way>> {
        self.network.learnt.found.remove(&(spot(self.from), self.travel));
        self.found.into_iter().map(Option::flatten).collect()
    }

    /// Its time is up: keeps what it found, for whoever asks again. What was refused says nothing as long
    /// as that may be for the beginning.
    pub(super) fn keep(self) {
        let found = self.to.iter().zip(self.found).filter_map(|(place, way)| Some((spot(*place), way?)));
        let ways: HashMap<_, _> = found.take(WAYS_MOST).collect();
        if self.beginning == Beginning::Known && !ways.is_empty() {
            let found = Arc::new(Found { until: self.until, ways });
            self.network.learnt.found.insert((spot(self.from), self.travel), found);
        }
    }
}

/// One call, with what it was.
async fn made(
    network: &Network,
    from: LngLat,
    travel: Travel,
    call: Call,
) -> (Call, Result<Vec<Option<Way>>, Failure>) {
    let answer = match &call {
        Call::Ways(places) => {
            let to: Vec<LngLat> = places.iter().map(|(_, place)| *place).collect();
            network.call(from, &to, travel).await
        }
        Call::Beginning => network.call(from, &[from], travel).await,
        Call::Alone(place) => network.call(*place, &[*place], travel).await,
    };
    (call, answer)
}
