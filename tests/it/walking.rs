//! Ways and areas on the streets of the tests' own map, by a real Valhalla.

use entity::LngLat;
use harness::{
    TestApp,
    streets::{app_on_streets, at},
};
use quanxiangtuo::platform::walking::{Travel, TravelMode, Way, WayMethod, metres};

const ON_FOOT: Travel = Travel { mode: TravelMode::Walk, pushchair: false };
const PUSHCHAIR: Travel = Travel { mode: TravelMode::Walk, pushchair: true };
const MODES: [TravelMode; 4] = [TravelMode::Walk, TravelMode::Cycle, TravelMode::EBike, TravelMode::Drive];
/// Fifteen minutes.
const CIRCLE: u32 = 900;

async fn ways(app: &TestApp, from: LngLat, to: &[LngLat], travel: Travel) -> Vec<Option<Way>> {
    let ways = app.ctx.walking.ways(from, to, travel).await;
    assert_eq!(ways.method, WayMethod::Network);
    assert_eq!(ways.ways.len(), to.len());
    ways.ways
}

async fn way(app: &TestApp, from: LngLat, to: LngLat, travel: Travel) -> Option<Way> {
    ways(app, from, &[to], travel).await[0]
}

/// The polygons within some minutes.
async fn area(app: &TestApp, from: LngLat, minutes: &[u32], travel: Travel) -> Vec<Vec<Vec<Vec<LngLat>>>> {
    let areas = app.ctx.walking.areas(from, minutes, travel).await;
    assert_eq!(areas.method, WayMethod::Network);
    assert_eq!(areas.areas.iter().map(|area| area.minutes).collect::<Vec<_>>(), minutes);
    areas.areas.into_iter().map(|area| area.polygons).collect()
}

async fn metrics(app: &TestApp) -> String {
    String::from_utf8(app.anonymous().get("/metrics").await.bytes).unwrap()
}

fn is_within(polygons: &[Vec<Vec<LngLat>>], p: LngLat) -> bool {
    let crosses = |edge: &[LngLat]| {
        let (a, b) = (edge[0], edge[1]);
        (a.lat > p.lat) != (b.lat > p.lat) && p.lng < (b.lng - a.lng) * (p.lat - a.lat) / (b.lat - a.lat) + a.lng
    };
    let is_in = |ring: &Vec<LngLat>| ring.windows(2).filter(|edge| crosses(edge)).count() % 2 == 1;
    polygons.iter().any(|rings| is_in(&rings[0]) && !rings[1..].iter().any(is_in))
}

#[tokio::test]
async fn the_centre_across_the_river_is_out_and_the_one_along_the_street_is_in() {
    let app = app_on_streets().await;
    let (home, along, across) = (at(0.0, 0.0), at(-400.0, 0.0), at(400.0, 0.0));
    assert!((metres(home, across) - 400.0).abs() < 1.0 && (metres(home, along) - 400.0).abs() < 1.0);
    let found = ways(&app, home, &[along, across], ON_FOOT).await;
    let (along, across_way) = (found[0].unwrap(), found[1].unwrap());
    assert!((398..=402).contains(&along.metres), "{along:?}");
    assert!((358..=370).contains(&along.seconds), "4 km/h and not the engine's own 5.1: {along:?}");
    // North to the bridge, over, and back.
    assert!((3390..=3410).contains(&across_way.metres), "{across_way:?}");
    assert!(across_way.seconds > CIRCLE && along.seconds <= CIRCLE);

    let areas = area(&app, home, &[15], ON_FOOT).await;
    assert!(!is_within(&areas[0], across) && is_within(&areas[0], at(-400.0, 0.0)));
    // By estimate both would be in.
    let estimate = app.ctx.walking.estimate(ON_FOOT, metres(home, across));
    assert!(estimate.seconds < CIRCLE);
}

#[tokio::test]
async fn a_pushchair_goes_round_the_steps_and_nowhere_else_longer() {
    let app = app_on_streets().await;
    let (above, below) = (at(0.0, 0.0), at(0.0, -700.0));
    let (on_foot, pushed) = (way(&app, above, below, ON_FOOT).await, way(&app, above, below, PUSHCHAIR).await);
    let (on_foot, pushed) = (on_foot.unwrap(), pushed.unwrap());
    assert!((698..=702).contains(&on_foot.metres) && on_foot.seconds <= CIRCLE, "{on_foot:?}");
    assert!((2090..=2110).contains(&pushed.metres) && pushed.seconds > CIRCLE, "round the terrace: {pushed:?}");
    let level = at(-400.0, 300.0);
    assert_eq!(way(&app, above, level, ON_FOOT).await, way(&app, above, level, PUSHCHAIR).await);

    let (on_foot, pushed) = (area(&app, above, &[15], ON_FOOT).await, area(&app, above, &[15], PUSHCHAIR).await);
    assert!(is_within(&on_foot[0], below) && !is_within(&pushed[0], below));
    assert!(is_within(&pushed[0], level));
}

#[tokio::test]
async fn what_no_way_leads_to_is_none_and_its_neighbours_are_answered() {
    let app = app_on_streets().await;
    let island = at(4500.0, 0.0);
    let islet = at(4050.0, 2000.0);
    let lake = at(-1300.0, 1300.0);
    let sea = at(9000.0, 9000.0);
    let elsewhere = LngLat { lng: 116.4, lat: 39.9 };
    let bad = [island, islet, lake, sea, elsewhere];
    // Some of each chunk, the last one not full.
    let to: Vec<LngLat> =
        (0..130).map(|n| if n % 13 == 5 { bad[n / 13 % 5] } else { at(-10.0 * n as f64, 0.0) }).collect();
    let found = ways(&app, at(0.0, 0.0), &to, ON_FOOT).await;
    for (n, way) in found.iter().enumerate() {
        if n % 13 == 5 {
            assert_eq!(*way, None, "{n}");
        } else {
            let metres = way.unwrap_or_else(|| panic!("{n} has a way")).metres;
            assert!(metres.abs_diff(10 * u32::try_from(n).unwrap()) <= 1, "{n}: {metres}, in order");
        }
    }
    assert_eq!(ways(&app, at(0.0, 0.0), &[lake, sea], ON_FOOT).await, [None, None], "remembered");
    // From the island only the island is reached.
    let found = ways(&app, island, &[at(4600.0, 0.0), at(0.0, 0.0)], ON_FOOT).await;
    assert!(found[0].is_some() && found[1].is_none());
    let found = ways(&app, at(4000.0, 2000.0), &[islet, at(0.0, 0.0)], ON_FOOT).await;
    assert!(found[0].is_some() && found[1].is_none());
}

#[tokio::test]
async fn around_a_place_that_is_not_on_the_map_everything_is_estimated() {
    let app = app_on_streets().await;
    for from in [at(-1300.0, 1300.0), at(9000.0, 9000.0), LngLat { lng: 116.4, lat: 39.9 }] {
        for travel in [ON_FOOT, PUSHCHAIR] {
            let to = [at(0.0, 0.0), at(-400.0, 0.0)];
            let found = app.ctx.walking.ways(from, &to, travel).await;
            assert_eq!(found.method, WayMethod::Estimate);
            assert_eq!(found.ways[0], Some(app.ctx.walking.estimate(travel, metres(from, to[0]))));
            let areas = app.ctx.walking.areas(from, &[5, 15], travel).await;
            assert_eq!((areas.method, areas.areas.len()), (WayMethod::Estimate, 2));
        }
    }
    let metrics = metrics(&app).await;
    assert!(metrics.contains("walking_fallbacks_total{reason=\"off_map\"} 12"), "{metrics}");
    assert_eq!(app.anonymous().get("/readyz").await.ok()["parts"]["walking"], "ok", "it is not the engine's fault");
}

#[tokio::test]
async fn what_lies_off_the_street_is_walked_to_and_too_far_off_it_is_no_way() {
    let app = app_on_streets().await;
    let shore = at(-1500.0, 1300.0);
    let found = ways(&app, shore, &[at(-1440.0, 1300.0), at(-1410.0, 1300.0), at(-1390.0, 1300.0)], ON_FOOT).await;
    let (near, far) = (found[0].unwrap(), found[1].unwrap());
    assert!((59..=61).contains(&near.metres) && (52..=58).contains(&near.seconds), "{near:?}");
    assert!((89..=91).contains(&far.metres), "{far:?}");
    assert_eq!(found[2], None, "beyond 100 m");
}

#[tokio::test]
async fn areas_contain_what_the_matrix_says_is_within() {
    let app = app_on_streets().await;
    let minutes = [5, 10, 15];
    // Nodes and points between them, on both sides of the river and of the terrace.
    let places: Vec<LngLat> =
        (-11..=4).flat_map(|x| (-44..=44).map(move |y| at(f64::from(x) * 100.0, f64::from(y) * 25.0))).collect();
    for (from, travel) in [(at(0.0, 0.0), ON_FOOT), (at(0.0, 0.0), PUSHCHAIR), (at(200.0, 1200.0), ON_FOOT)] {
        let found = ways(&app, from, &places, travel).await;
        let areas = area(&app, from, &minutes, travel).await;
        for (polygons, minutes) in areas.iter().zip(minutes) {
            let (mut within, mut beyond) = (0, 0);
            for (place, way) in places.iter().zip(&found) {
                let seconds = way.map_or(u32::MAX, |way| way.seconds);
                if seconds <= minutes * 60 {
                    assert!(is_within(polygons, *place), "{travel:?} {minutes}: {place:?} takes {seconds} s");
                    within += 1;
                }
                // The engine draws on a grid: up to a street's length (90 s) more is in.
                if seconds > minutes * 60 + 90 {
                    assert!(!is_within(polygons, *place), "{travel:?} {minutes}: {place:?} takes {seconds} s");
                    beyond += 1;
                }
            }
            assert!(within > 20 && beyond > 20, "{minutes}: {within} {beyond}");
        }
    }
}

#[tokio::test]
async fn more_numbers_of_minutes_than_the_engine_takes_at_once_are_answered() {
    let app = app_on_streets().await;
    let areas = area(&app, at(0.0, 0.0), &[2, 4, 6, 8, 10, 15], ON_FOOT).await;
    for pair in areas.windows(2) {
        let farther = &pair[1];
        assert!(pair[0].iter().flat_map(|rings| &rings[0]).filter(|p| !is_within(farther, **p)).count() <= 2);
    }
}

#[tokio::test]
async fn no_way_is_faster_than_configured_nor_shorter_than_the_straight_line() {
    let app = app_on_streets().await;
    let walking = &app.ctx.walking;
    assert!(walking.has_network());
    let from = at(30.0, 60.0);
    let places: Vec<LngLat> =
        (-9..=9).flat_map(|x| (-9..=9).map(move |y| at(f64::from(x) * 210.0, f64::from(y) * 190.0))).collect();
    let mut sooner = u64::MAX;
    for mode in MODES {
        let travel = Travel { mode, pushchair: false };
        let found = ways(&app, from, &places, travel).await;
        let mut seconds = 0;
        for (place, way) in places.iter().zip(&found) {
            let Some(way) = way else { continue };
            let straight = metres(from, *place);
            assert!(f64::from(way.metres) > straight - 2.0, "{mode:?} {place:?}: {way:?}, {straight} m straight");
            let reach = walking.reach(travel, f64::from(way.seconds) / 60.0);
            assert!(straight <= reach + 2.0, "{mode:?} {place:?}: {way:?} is beyond its reach {reach}");
            seconds += u64::from(way.seconds);
        }
        assert!(found.iter().flatten().count() > 300, "{mode:?}");
        assert!(seconds < sooner, "{mode:?} is faster than the one before");
        sooner = seconds;
    }
}

#[tokio::test]
async fn a_well_engine_is_shown_and_counted() {
    let app = app_on_streets().await;
    let ready = app.anonymous().get("/readyz").await.ok();
    assert_eq!((ready["status"].as_str(), ready["parts"]["walking"].as_str()), (Some("ok"), Some("ok")));
    ways(&app, at(0.0, 0.0), &[at(-400.0, 0.0)], ON_FOOT).await;
    area(&app, at(0.0, 0.0), &[15], ON_FOOT).await;
    let metrics = metrics(&app).await;
    for call in ["matrix", "areas"] {
        let line = format!("walking_call_duration_seconds_count{{call=\"{call}\",outcome=\"ok\"}} 1");
        assert!(metrics.contains(&line), "{line}");
    }
    assert!(metrics.contains("walking_held_back 0"));
}
