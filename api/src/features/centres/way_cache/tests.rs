use std::sync::atomic::AtomicUsize;

use super::*;
use crate::platform::{kv::MemoryKv, walking::metres};

const HERE: LngLat = LngLat { lng: 118.79, lat: 24.89 };

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn start() -> Start {
    Start { from: Cell::of(HERE).middle(), travel: Travel::default() }
}

fn centre(n: u32) -> (CentreId, LngLat) {
    (CentreId(uuid::Uuid::from_u128(n.into())), LngLat { lng: HERE.lng + f64::from(n) * 0.001, ..HERE })
}

/// An engine that counts what it is asked, and answers metres as the crow flies.
#[derive(Default)]
struct Engine {
    calls: AtomicUsize,
    targets: AtomicUsize,
}

impl Engine {
    async fn ask(&self, to: Vec<LngLat>) -> Ways {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.targets.fetch_add(to.len(), Ordering::Relaxed);
        tokio::task::yield_now().await;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "short ways")]
        let way = |to: &LngLat| Some(Way { seconds: 60, metres: metres(HERE, *to).round() as u32 });
        Ways { method: WayMethod::Network, ways: to.iter().map(way).collect() }
    }

    fn asked(&self) -> (usize, usize) {
        (self.calls.load(Ordering::Relaxed), self.targets.load(Ordering::Relaxed))
    }
}

struct World {
    settings: Settings,
    kv: Kv,
    engine: Engine,
}

impl World {
    fn new() -> Self {
        Self { settings: Settings::with(&[]).unwrap(), kv: Kv::Memory(MemoryKv::default()), engine: Engine::default() }
    }

    async fn ways(&self, cache: &WayCache, at: DateTime<Utc>, to: &[(CentreId, LngLat)]) -> Option<Vec<Option<Way>>> {
        let ask = async |to: Vec<LngLat>| self.engine.ask(to).await;
        let ways = cache.remembered((&self.settings, &self.kv), at, &start(), to, ask).await;
        // What is stored beside the answer is stored now.
        tokio::task::yield_now().await;
        ways
    }
}

#[test]
fn a_cell_is_about_fifty_metres_wide_and_holds_its_middle() {
    for (lng, lat) in [(118.79, 24.89), (-0.3, 51.5), (179.99, -75.0), (116.4, 0.0001), (12.0, 89.99)] {
        let point = LngLat { lng, lat };
        let cell = Cell::of(point);
        assert_eq!(Cell::of(cell.middle()), cell, "{point:?}");
        assert!(metres(point, cell.middle()) < 36.0, "{point:?}");
    }
}

#[tokio::test]
async fn only_what_is_new_or_moved_is_asked_for() {
    let (world, cache) = (World::new(), WayCache::default());
    let first = [centre(1), centre(2)];
    let known = world.ways(&cache, now(), &first).await.unwrap();
    assert_eq!(world.ways(&cache, now(), &first).await.unwrap(), known);
    assert_eq!(world.engine.asked(), (1, 2), "warm: nothing is asked");
    world.ways(&cache, now(), &[centre(1), centre(2), centre(3)]).await.unwrap();
    assert_eq!(world.engine.asked(), (2, 3), "the new one alone");
    let moved = (centre(2).0, centre(9).1);
    let after = world.ways(&cache, now(), &[centre(1), moved]).await.unwrap();
    assert_eq!(world.engine.asked(), (3, 4), "the moved one alone");
    assert!(after[1].unwrap().metres > known[1].unwrap().metres);
    let turned = world.ways(&cache, now(), &[centre(3), moved, centre(1)]).await.unwrap();
    assert_eq!(turned[1..], [after[1], after[0]], "in whatever order");
    assert_eq!(world.engine.asked(), (3, 4));
    assert!(world.ways(&cache, now() + LIFE, &first).await.is_some());
    assert_eq!(world.engine.asked(), (4, 6), "after an hour all are asked for again");
}

#[tokio::test]
async fn another_replica_reads_what_one_was_told_and_no_longer_than_an_hour() {
    let world = World::new();
    world.ways(&WayCache::default(), now(), &[centre(1), centre(2)]).await.unwrap();
    let other = WayCache::default();
    let later = now() + TimeDelta::minutes(40);
    world.ways(&other, later, &[centre(2), centre(3)]).await.unwrap();
    assert_eq!(world.engine.asked(), (2, 3));
    // Forty minutes old where it was found: twenty are left, not sixty.
    world.ways(&other, now() + TimeDelta::minutes(61), &[centre(2)]).await.unwrap();
    assert_eq!(world.engine.asked(), (3, 4));
}

#[tokio::test]
async fn callers_in_one_cell_wait_for_the_one_that_asks() {
    let (world, cache) = (World::new(), WayCache::default());
    let to = [centre(1), centre(2)];
    let all = futures_util::future::join_all((0..20).map(|_| world.ways(&cache, now(), &to))).await;
    assert!(all.iter().all(|ways| *ways == all[0] && ways.is_some()));
    assert_eq!(world.engine.asked(), (1, 2));
}

#[tokio::test]
async fn an_estimate_is_not_remembered_and_whoever_waited_for_it_does_not_ask_again() {
    let (world, cache) = (World::new(), WayCache::default());
    let calls = AtomicUsize::new(0);
    let away = async |to: Vec<LngLat>| {
        calls.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        Ways { method: WayMethod::Estimate, ways: vec![None; to.len()] }
    };
    let (to, here) = ([centre(1)], start());
    let ask = || cache.remembered((&world.settings, &world.kv), now(), &here, &to, &away);
    let all = futures_util::future::join_all((0..5).map(|_| ask())).await;
    assert!(all.iter().all(Option::is_none));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert!(world.ways(&cache, now(), &to).await.is_some(), "the engine is back");
}

#[tokio::test]
async fn what_the_engine_answered_is_told_however_many_ways_a_cell_has() {
    let (world, cache) = (World::new(), WayCache::default());
    let many: Vec<_> = (1..=2_001).map(centre).collect();
    world.ways(&cache, now(), &many).await.unwrap();
    let known = world.ways(&cache, now(), &[centre(5), centre(3_000)]).await.unwrap();
    assert!(known.iter().all(Option::is_some));
    assert_eq!(world.engine.asked(), (2, 2_002), "the new one alone");
    // The others made room.
    world.ways(&cache, now(), &many[..10]).await.unwrap();
    assert_eq!(world.engine.asked(), (3, 2_011));
}

#[tokio::test]
async fn another_round_begins_with_nothing_here_and_in_the_store() {
    let (world, cache, other) = (World::new(), WayCache::default(), WayCache::default());
    let to = [centre(1), centre(2)];
    world.ways(&cache, now(), &to).await.unwrap();
    cache.begin_round("next");
    world.ways(&cache, now(), &to).await.unwrap();
    assert_eq!(world.engine.asked(), (2, 4));
    cache.begin_round("next");
    other.begin_round("next");
    for known in [&cache, &other] {
        world.ways(known, now(), &to).await.unwrap();
    }
    assert_eq!(world.engine.asked(), (2, 4), "known in this round");
}
