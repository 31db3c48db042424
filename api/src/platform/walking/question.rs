//! One question for ways, cut to the engine's limits: so many calls at once, and what becomes of a chunk
//! that the engine refuses for one place in it. It is halved until that one stands alone; to it no way
//! leads, the others are answered.
//!
//! So it is with a chunk that the engine chokes on (no answer in time, or a status of its own failure), but
//! that it may be the engine that fails, or the place where the ways begin: it is asked about a way of no
//! length there, and if it chokes on that too, about one elsewhere, where it answered last.
//!
//! What a question learns outlives it when its time is up: the ways so far, and the places that are on
//! nobody's map. Whoever asks again goes on from there, so that a slow engine and a bad place cost some
//! answers their streets, and not all of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::LngLat;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use quick_cache::sync::Cache;

use super::{
    Travel, Way,
    network::{Failure, Network, TOO_SLOW},
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
/// A chunk that the engine chokes on is cut in so many parts: fewer rounds than halving takes, where each may
/// have to be waited for.
const PARTS: usize = 8;
/// So many calls of a question without an answer, and none between that has one: it is the engine itself.
const CHOKES_MOST: usize = 16;
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

/// What questions learnt since the last order to find all ways anew.
#[derive(Default)]
pub(super) struct Memory(Mutex<(String, Arc<Learnt>)>);

impl Memory {
    /// What is learnt by questions that are under way is forgotten too.
    pub(super) fn begin_round(&self, round: &str) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.0 != round {
            *held = (round.to_owned(), Arc::default());
        }
    }

    fn learnt(&self) -> Arc<Learnt> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner).1)
    }
}

/// A call that a question needs.
enum Call {
    /// The ways to some places, with where in the question each stands.
    Ways(Vec<(usize, LngLat)>),
    /// The same of a part of those that the engine choked on.
    Part(Vec<(usize, LngLat)>),
    /// Whether the place where the ways begin can be used.
    Beginning,
    /// Whether the engine still answers here, as it did; for what it choked on the beginning.
    Elsewhere(LngLat, &'static str),
    /// Whether a place that was refused by itself can be used by anybody.
    Alone(LngLat),
    /// The same of one that it choked on, where that stands, and for what it did.
    AloneChoked(usize, LngLat, &'static str),
    /// Whether it is well after that.
    StillWell(usize, LngLat),
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
    learnt: Arc<Learnt>,
    from: LngLat,
    to: &'a [LngLat],
    travel: Travel,
    until: DateTime<Utc>,
    beginning: Beginning,
    /// The outer option: whether it was found; the inner one: whether a way leads there.
    found: Vec<Option<Option<Way>>>,
    /// The next call is the last.
    waiting: Vec<Call>,
    /// Before all of these.
    first: Option<Call>,
    calls_left: usize,
    /// Whether the engine was asked at all.
    pub(super) asked: bool,
    /// Calls in a row that it choked on, and whether one was too slow.
    choked: usize,
    hurry: bool,
    /// The first call for ways that got no answer.
    unanswered: Vec<(usize, LngLat)>,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        network: &'a Network,
        from: LngLat,
        to: &'a [LngLat],
        travel: Travel,
        now: DateTime<Utc>,
    ) -> Self {
        let learnt = network.memory.learnt();
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
        Self {
            network,
            learnt,
            from,
            to,
            travel,
            until,
            beginning,
            found,
            waiting,
            first: None,
            calls_left,
            asked: false,
            choked: 0,
            hurry: false,
            unanswered: Vec::new(),
        }
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
                self.asked = true;
                let whole = matches!(call, Call::Ways(_));
                let within = (self.hurry && !whole).then(|| self.network.hurried());
                running.push(made(self.network, self.from, self.travel, call, within));
            }
            let Some((call, answer)) = running.next().await else { return Ok(()) };
            self.learn(call, answer)?;
        }
    }

    fn next_call(&mut self) -> Option<Call> {
        if let Some(call) = self.first.take() {
            return Some(call);
        }
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
        if let Err(Failure::Choked(reason)) = answer {
            return self.learn_choked(call, reason);
        }
        self.choked = 0;
        match (call, answer) {
            (Call::Ways(places) | Call::Part(places), Ok(ways)) => {
                self.beginning = Beginning::Known;
                for ((n, _), way) in places.iter().zip(ways) {
                    self.found[*n] = Some(way);
                }
            }
            (Call::Ways(mut places) | Call::Part(mut places), Err(Failure::Place)) => {
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
            (Call::Alone(place), Err(Failure::Place)) => self.off_map(place),
            (Call::AloneChoked(n, place, _), Err(Failure::Place)) | (Call::StillWell(n, place), Ok(_)) => {
                self.found[n] = Some(None);
                self.off_map(place);
            }
            (Call::Beginning, Ok(_)) => self.beginning = Beginning::Known,
            // Not to be reached from here only.
            (Call::Alone(_), Ok(_)) => {}
            // From here only it can't tell, and nobody else can.
            (Call::AloneChoked(_, _, reason), Ok(_)) => return Err(Failure::Choked(reason)),
            // It answered others from here meanwhile.
            (Call::Elsewhere(..), _) if self.beginning == Beginning::Known => {}
            // The engine is well, but not here.
            (Call::Elsewhere(..), Ok(_) | Err(Failure::Place)) => return Err(Failure::Place),
            (Call::Elsewhere(_, reason), Err(_)) => return Err(Failure::Away(reason)),
            (call, Err(failure)) => {
                self.leave(call);
                return Err(failure);
            }
        }
        Ok(())
    }

    /// The same of a call that the engine choked on.
    fn learn_choked(&mut self, call: Call, reason: &'static str) -> Result<(), Failure> {
        self.choked += 1;
        self.hurry |= reason == TOO_SLOW;
        let dead = self.choked > CHOKES_MOST;
        match call {
            Call::Ways(places) | Call::Part(places) => {
                if self.beginning == Beginning::Unknown {
                    self.beginning = Beginning::Doubted;
                }
                if let [(n, place)] = places[..] {
                    self.waiting.push(Call::AloneChoked(n, place, reason));
                } else {
                    let part = if places.len() > PARTS { places.len().div_ceil(PARTS) } else { 1 };
                    self.waiting.extend(places.chunks(part).rev().map(|some| Call::Part(some.to_vec())));
                }
                self.leave(Call::Ways(places));
            }
            Call::AloneChoked(n, place, _) => self.waiting.push(Call::StillWell(n, place)),
            // It answered others from here meanwhile.
            Call::Beginning if self.beginning == Beginning::Known => {}
            Call::Beginning => match self.network.for_ways.proven(self.from) {
                Some(other) => self.first = Some(Call::Elsewhere(other, reason)),
                None => return Err(Failure::Away(reason)),
            },
            // Refused before: that it chokes now tells nothing more.
            Call::Alone(_) => {}
            Call::Elsewhere(..) | Call::StillWell(..) => return Err(Failure::Away(reason)),
        }
        if dead { Err(Failure::Away(reason)) } else { Ok(()) }
    }

    /// Nobody can use this place.
    fn off_map(&self, place: LngLat) {
        let until = self.network.clock.now() + REMEMBERED_FOR;
        self.learnt.off_map.insert((spot(place), self.travel), until);
    }

    /// Keeps what a call asked for that got no answer.
    fn leave(&mut self, call: Call) {
        if let Call::Ways(places) | Call::Part(places) = call
            && self.unanswered.is_empty()
        {
            self.unanswered = places;
        }
    }

    /// What got no answer: of the first call that had none what has none still, or else as many places as were
    /// asked for, up to so many; but not those that are known to have no way.
    pub(super) fn unanswered(&self, most: usize) -> Vec<LngLat> {
        let left = self.unanswered.iter().filter(|(n, _)| self.found[*n].is_none()).map(|(_, place)| *place);
        let left: Vec<LngLat> = left.collect();
        if !left.is_empty() {
            return left;
        }
        let all = self.to.iter().zip(&self.found).filter(|(_, found)| **found != Some(None));
        all.map(|(place, _)| *place).take(most).collect()
    }

    /// The whole answer.
    pub(super) fn answered(self) -> Vec<Option<Way>> {
        self.learnt.found.remove(&(spot(self.from), self.travel));
        self.found.into_iter().map(Option::flatten).collect()
    }

    /// Its time is up: keeps what it found, for whoever asks again. What was refused says nothing as long
    /// as that may be for the beginning.
    pub(super) fn keep(self) {
        let found = self.to.iter().zip(self.found).filter_map(|(place, way)| Some((spot(*place), way?)));
        let ways: HashMap<_, _> = found.take(WAYS_MOST).collect();
        if self.beginning == Beginning::Known && !ways.is_empty() {
            let found = Arc::new(Found { until: self.until, ways });
            self.learnt.found.insert((spot(self.from), self.travel), found);
        }
    }
}

/// One call, with what it was.
async fn made(
    network: &Network,
    from: LngLat,
    travel: Travel,
    call: Call,
    within: Option<Duration>,
) -> (Call, Result<Vec<Option<Way>>, Failure>) {
    let there = async |place: LngLat| network.call(place, &[place], travel, within).await;
    let answer = match &call {
        Call::Ways(places) | Call::Part(places) => {
            let to: Vec<LngLat> = places.iter().map(|(_, place)| *place).collect();
            network.call(from, &to, travel, within).await
        }
        Call::Beginning | Call::StillWell(..) => there(from).await,
        Call::Elsewhere(place, _) | Call::Alone(place) | Call::AloneChoked(_, place, _) => there(*place).await,
    };
    (call, answer)
}
