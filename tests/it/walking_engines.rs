//! What a routing engine may do to us: be away, slow, wrong, refuse a place; and Tencent's shapes.

use std::time::Duration;

use chrono::TimeDelta;
use entity::LngLat;
use harness::{
    FakeRouter, TestApp, logs,
    router::{KEY, Routed},
    streets::at,
};
use quanxiangtuo::platform::{
    coords::Coord,
    walking::{Travel, TravelMode, Way, WayMethod, Ways, metres},
};
use serde_json::{Value, json};

const ON_FOOT: Travel = Travel { mode: TravelMode::Walk, pushchair: false };
/// The fake's way at the time it tells.
const TOLD: Option<Way> = Some(Way { seconds: 600, metres: 500 });

async fn app_with(router: &FakeRouter, more: &[(&str, &str)]) -> TestApp {
    let url = router.url();
    let own = [("walking_engine", "valhalla"), ("valhalla_url", url.as_str()), ("walking_timeout_ms", "10000")];
    TestApp::spawn_with(&[more, &own].concat()).await
}

async fn app_by_tencent(router: &FakeRouter, key: &str) -> TestApp {
    let url = router.url();
    let own = [("walking_engine", "tencent"), ("tencent_base_url", url.as_str()), ("tencent_key", key)];
    TestApp::spawn_with(&[&own[..], &[("walking_timeout_ms", "10000")]].concat()).await
}

fn places(n: u32) -> Vec<LngLat> {
    (1..=n).map(|n| at(f64::from(n), 0.0)).collect()
}

async fn ways(app: &TestApp, to: &[LngLat]) -> Ways {
    app.ctx.walking.ways(at(0.0, 0.0), to, ON_FOOT).await
}

/// Asks, and checks that all of the answer is one or all of it the other.
async fn method(app: &TestApp, to: &[LngLat]) -> WayMethod {
    let found = ways(app, to).await;
    assert_eq!(found.ways.len(), to.len());
    for (place, way) in to.iter().zip(&found.ways) {
        match found.method {
            WayMethod::Network => assert_eq!(*way, TOLD),
            WayMethod::Estimate => {
                assert_eq!(*way, Some(app.ctx.walking.estimate(ON_FOOT, metres(at(0.0, 0.0), *place))));
            }
        }
    }
    found.method
}

async fn metrics(app: &TestApp) -> String {
    String::from_utf8(app.anonymous().get("/metrics").await.bytes).unwrap()
}

async fn ready(app: &TestApp) -> (String, String) {
    let ready = app.anonymous().get("/readyz").await;
    (ready.text("/status"), ready.text("/parts/walking"))
}

fn of(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

#[tokio::test]
async fn without_an_engine_everything_is_estimated_and_that_is_no_trouble() {
    let app = TestApp::spawn().await;
    assert_eq!(method(&app, &places(3)).await, WayMethod::Estimate);
    assert!(!app.ctx.walking.has_network());
    assert_eq!(ready(&app).await, of("ok", "estimate"));
    assert!(!metrics(&app).await.contains("walking_fallbacks_total"));
}

#[tokio::test]
async fn an_engine_that_is_away_is_replaced_by_the_estimate_and_shown() {
    // Nothing listens there.
    let more = [("walking_engine", "valhalla"), ("valhalla_url", "http://127.0.0.1:1")];
    let app = TestApp::spawn_with(&more).await;
    assert_eq!(method(&app, &places(3)).await, WayMethod::Estimate);
    let areas = app.ctx.walking.areas(at(0.0, 0.0), &[5, 15], ON_FOOT).await;
    assert_eq!((areas.method, areas.areas.len()), (WayMethod::Estimate, 2));
    assert_eq!(app.anonymous().get("/readyz").await.status, 200);
    assert_eq!(ready(&app).await, of("degraded", "away"));
    let metrics = metrics(&app).await;
    assert!(metrics.contains("walking_fallbacks_total{reason=\"no_connection\"} 2"), "{metrics}");
    assert!(metrics.contains("walking_call_duration_seconds_count{call=\"matrix\",outcome=\"no_connection\"} 1"));
}

#[tokio::test]
async fn whatever_an_engine_answers_wrongly_is_estimated() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    let cell = json!({ "time": 1.0, "distance": 0.1 });
    let point = json!({ "lat": 24.89, "lon": 118.79 });
    let matrix = |cells: Value, targets: Value| {
        Routed::json(200, &json!({ "sources_to_targets": [cells], "sources": [point], "targets": targets }))
    };
    let wrong = [
        (Routed::HangUp, "no_answer"),
        (Routed::HangUpInTheMiddle, "no_answer"),
        (Routed::Flood(8 * 1024 * 1024), "too_large"),
        (Routed::Body(200, "<html>Bad Gateway</html>".to_owned()), "malformed"),
        (Routed::Body(502, "<html>Bad Gateway</html>".to_owned()), "bad_status"),
        (Routed::Body(302, String::new()), "bad_status"),
        (Routed::Body(400, "no such thing".to_owned()), "malformed"),
        (Routed::json(400, &json!({ "error_code": 125, "error": "No costing method found" })), "refused"),
        (Routed::json(404, &json!({ "error_code": 106, "error": "Try any of" })), "bad_status"),
        (Routed::json(200, &json!({ "sources_to_targets": [], "sources": [], "targets": [] })), "malformed"),
        (matrix(json!([cell]), json!([point])), "malformed"),
        (matrix(json!([cell, cell]), json!([point])), "malformed"),
        (matrix(json!([cell, "soon"]), json!([point, point])), "malformed"),
    ];
    for (n, (routed, reason)) in wrong.into_iter().enumerate() {
        let before = metrics(&app).await;
        router.next(routed.clone());
        if matches!(routed, Routed::Body(500.., _)) {
            // What may be for one of the places is asked about the beginning too.
            router.next(routed.clone());
        }
        assert_eq!(method(&app, &places(2)).await, WayMethod::Estimate, "{n}: {routed:?}");
        let line = |text: &str| {
            let start = format!("walking_fallbacks_total{{reason=\"{reason}\"}} ");
            text.lines().find_map(|l| l.strip_prefix(&start)?.parse::<u32>().ok()).unwrap_or(0)
        };
        assert_eq!(line(&metrics(&app).await), line(&before) + 1, "{n}: {routed:?}");
        // A good one between, so that the breaker stays shut.
        assert_eq!(method(&app, &places(2)).await, WayMethod::Network, "{n}");
    }
    // Times and distances that are none are no way.
    router.next(matrix(
        json!([{ "time": -5.0, "distance": 0.1 }, { "time": 1e300, "distance": 0.1 }]),
        json!([point, point]),
    ));
    let found = ways(&app, &places(2)).await;
    assert_eq!(found.method, WayMethod::Network);
    assert_eq!(found.ways[1], None);
    // Areas too.
    for routed in [Routed::HangUp, Routed::json(200, &json!({ "features": [] })), Routed::Body(200, "{}".to_owned())] {
        router.next(routed);
        let areas = app.ctx.walking.areas(at(0.0, 0.0), &[15], ON_FOOT).await;
        assert_eq!((areas.method, areas.areas.len()), (WayMethod::Estimate, 1));
    }
}

#[tokio::test]
async fn an_engine_that_never_answers_is_given_up_in_time() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[("walking_timeout_ms", "300")]).await;
    router.always(Routed::Never);
    assert_eq!(method(&app, &places(2)).await, WayMethod::Estimate);
    assert_eq!(router.calls().len(), 2, "and the beginning");
    assert!(metrics(&app).await.contains("walking_fallbacks_total{reason=\"too_slow\"} 1"));
}

#[tokio::test]
async fn no_answer_mixes_what_the_engine_found_with_estimates() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    // Of three calls one fails, whichever comes second.
    router.next(Routed::Usual);
    router.next(Routed::HangUp);
    assert_eq!(method(&app, &places(130)).await, WayMethod::Estimate);
}

#[tokio::test]
async fn after_failures_in_a_row_the_engine_is_left_alone_and_tried_again_when_the_time_is_up() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    router.always(Routed::HangUp);
    for _ in 0..5 {
        assert_eq!(method(&app, &places(2)).await, WayMethod::Estimate);
    }
    router.always(Routed::Usual);
    let asked = router.calls().len();
    assert!(asked >= 5, "{asked}");
    for _ in 0..3 {
        assert_eq!(method(&app, &places(2)).await, WayMethod::Estimate);
    }
    assert_eq!(router.calls().len(), 0, "left alone");
    assert_eq!(ready(&app).await, of("degraded", "away"));
    let told = metrics(&app).await;
    assert!(told.contains("walking_held_back 1") && told.contains("reason=\"held_back\"} 3"), "{told}");

    app.clock.advance(TimeDelta::seconds(11));
    assert_eq!(method(&app, &places(2)).await, WayMethod::Network);
    assert_eq!(method(&app, &places(2)).await, WayMethod::Network);
    assert_eq!(ready(&app).await, of("ok", "ok"));
    assert!(metrics(&app).await.contains("walking_held_back 0"));
}

#[tokio::test]
async fn a_dead_matrix_is_left_alone_while_areas_are_drawn() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    let ring = [at(-9.0, -9.0), at(9.0, -9.0), at(9.0, 9.0), at(-9.0, -9.0)].map(|p| [p.lng, p.lat]);
    let drawn = json!({ "features": [
        { "geometry": { "type": "Polygon", "coordinates": [ring] }, "properties": { "contour": 15 } },
        { "geometry": { "type": "MultiPoint", "coordinates": [ring[0]] }, "properties": {} },
    ] });
    for _ in 0..5 {
        router.next(Routed::HangUp);
        assert_eq!(method(&app, &places(2)).await, WayMethod::Estimate);
        router.next(Routed::json(200, &drawn));
        let areas = app.ctx.walking.areas(at(0.0, 0.0), &[15], ON_FOOT).await;
        assert_eq!(areas.method, WayMethod::Network);
    }
    assert_eq!(router.calls().len(), 10);
    assert_eq!(method(&app, &places(2)).await, WayMethod::Estimate);
    assert!(router.calls().is_empty(), "left alone");
    assert_eq!(ready(&app).await, of("degraded", "away"));
    assert!(metrics(&app).await.contains("walking_held_back 1"));
}

#[tokio::test]
async fn ready_is_only_an_engine_that_answers_what_it_left_unanswered() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    assert_eq!(ready(&app).await, of("ok", "ok"));
    // It says that it is there, and answers no matrix.
    for n in 0..3 {
        router.next(Routed::Body(500, "oops".to_owned()));
        router.next(Routed::Body(500, "oops".to_owned()));
        assert_eq!(method(&app, &places(50)).await, WayMethod::Estimate);
        router.next(Routed::Body(500, "oops".to_owned()));
        assert_eq!(ready(&app).await, of("degraded", "away"), "{n}: seen at once");
        let _ = router.calls();
    }
    // Without traffic, after the breaker's pause too.
    for minutes in 1..3 {
        app.clock.advance(TimeDelta::minutes(minutes));
        router.next(Routed::Body(500, "oops".to_owned()));
        assert_eq!(ready(&app).await, of("degraded", "away"), "{minutes}");
        assert_eq!(router.calls()[0]["targets"].as_array().unwrap().len(), 50, "asked again what it left");
    }
    // Back, and seen without traffic; then it isn't asked for nothing.
    for asked in [1, 0] {
        assert_eq!(ready(&app).await, of("ok", "ok"));
        assert_eq!(router.calls().len(), asked);
    }
}

#[tokio::test]
async fn a_slow_engine_and_a_bad_place_cost_some_answers_their_streets_and_not_the_engine() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[("walking_timeout_ms", "800")]).await;
    router.takes(Duration::from_millis(250));
    let to = places(500);
    router.is_bad(to[317]);
    // Each call is answered well in time; halving takes ten of them one after another.
    let mut asked = 0;
    loop {
        asked += 1;
        let found = ways(&app, &to).await;
        assert_eq!(found.ways.len(), 500);
        if found.method == WayMethod::Network {
            for (n, way) in found.ways.iter().enumerate() {
                assert_eq!(*way, if n == 317 { None } else { TOLD }, "{n}");
            }
            break;
        }
        assert!(asked < 5, "goes on from what was learnt");
    }
    assert!(asked > 1, "or the test tries nothing");
    assert_eq!(ready(&app).await, of("ok", "ok"));
    let told = metrics(&app).await;
    assert!(told.contains(&format!("walking_fallbacks_total{{reason=\"out_of_time\"}} {}", asked - 1)), "{told}");
    assert!(!told.contains("too_slow") && !told.contains("reason=\"held_back\""), "{told}");
    // From elsewhere the bad place is known.
    let _ = router.calls();
    let found = app.ctx.walking.ways(at(0.0, 50.0), &to, ON_FOOT).await;
    assert_eq!((found.method, router.calls().len()), (WayMethod::Network, 10));
}

#[tokio::test]
async fn an_engine_too_slow_for_whole_questions_is_seen_and_left_alone_until_it_answers_one() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[("walking_timeout_ms", "600")]).await;
    // Each call is answered in time, and thirty, four at once, take far longer than a question may, as do those that are
    // left when a few were answered.
    router.takes(Duration::from_millis(400));
    let to = places(1500);
    let from = |n: u32| app.ctx.walking.ways(at(0.0, f64::from(n)), &to, ON_FOOT);
    assert_eq!(from(0).await.method, WayMethod::Estimate);
    let _ = router.calls();
    assert_eq!(ready(&app).await, of("degraded", "away"));
    let asked: usize = router.calls().iter().map(|call| call["targets"].as_array().unwrap().len()).sum();
    assert!(asked > 100, "the question that it left, and not a small one: {asked}");
    for found in futures_util::future::join_all((1..5).map(from)).await {
        assert_eq!(found.method, WayMethod::Estimate);
    }
    let _ = router.calls();
    let told = metrics(&app).await;
    assert!(told.contains("walking_fallbacks_total{reason=\"out_of_time\"} 5"), "{told}");
    assert_eq!(from(9).await.method, WayMethod::Estimate);
    assert!(router.calls().is_empty(), "left alone: nobody waits for nothing");
    app.clock.advance(TimeDelta::seconds(11));
    assert_eq!(ready(&app).await, of("degraded", "away"), "without traffic too");
    router.takes(Duration::ZERO);
    assert_eq!(ready(&app).await, of("ok", "ok"));
    assert_eq!(from(9).await.method, WayMethod::Network);
}

#[tokio::test]
async fn one_place_that_the_engine_fails_over_takes_it_from_nobody() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[("walking_timeout_ms", "1000")]).await;
    let to = places(500);
    router.chokes_on(to[76], Routed::Body(500, "oops".to_owned()));
    router.chokes_on(to[317], Routed::Never);
    let mut asked = 1;
    let found = loop {
        let found = ways(&app, &to).await;
        if found.method == WayMethod::Network {
            break found;
        }
        // On a busy machine the time may be up first.
        asked += 1;
        assert!(asked < 5, "{}", metrics(&app).await);
    };
    for (n, way) in found.ways.iter().enumerate() {
        assert_eq!(*way, if [76, 317].contains(&n) { None } else { TOLD }, "{n}");
    }
    assert_eq!(ready(&app).await, of("ok", "ok"));
    let calls = router.calls().len();
    assert!(calls < 10 + 2 * 20 * asked, "{calls}");
    // From elsewhere both are known.
    let found = app.ctx.walking.ways(at(0.0, 50.0), &to, ON_FOOT).await;
    assert_eq!((found.method, router.calls().len()), (WayMethod::Network, 10));
    // Where it fails over whoever asks from there, it is the others' still.
    let bad = at(0.0, 99.0);
    router.chokes_on(bad, Routed::Body(503, String::new()));
    for _ in 0..7 {
        assert_eq!(app.ctx.walking.ways(bad, &to[..60], ON_FOOT).await.method, WayMethod::Estimate);
    }
    assert!(router.calls().len() <= 7 * 4, "two chunks, the beginning, and one that was answered before");
    assert_eq!(method(&app, &to[..60]).await, WayMethod::Network);
    assert_eq!(ready(&app).await, of("ok", "ok"));
    // Dead it is left alone after five questions, and a few calls for each.
    let _ = router.calls();
    router.always(Routed::Body(503, String::new()));
    for _ in 0..6 {
        assert_eq!(app.ctx.walking.ways(at(0.0, 60.0), &to, ON_FOOT).await.method, WayMethod::Estimate);
    }
    assert!(router.calls().len() <= 5 * 7, "four chunks, the beginning, and another place");
    assert!(metrics(&app).await.contains("walking_held_back 1"));
}

#[tokio::test]
async fn one_place_that_no_area_is_drawn_around_takes_areas_from_nobody() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    let ring = [at(-9.0, -9.0), at(9.0, -9.0), at(9.0, 9.0), at(-9.0, -9.0)].map(|p| [p.lng, p.lat]);
    let drawn = |minutes: u32| {
        Routed::json(
            200,
            &json!({ "features": [
            { "geometry": { "type": "Polygon", "coordinates": [ring] }, "properties": { "contour": minutes } },
            { "geometry": { "type": "MultiPoint", "coordinates": [ring[0]] }, "properties": {} },
        ] }),
        )
    };
    let area = async |p: LngLat| app.ctx.walking.areas(p, &[15], ON_FOOT).await.method;
    router.next(drawn(15));
    assert_eq!(area(at(0.0, 0.0)).await, WayMethod::Network);
    for _ in 0..6 {
        router.next(Routed::Body(500, "oops".to_owned()));
        router.next(drawn(1));
        assert_eq!(area(at(50.0, 0.0)).await, WayMethod::Estimate);
    }
    router.next(drawn(15));
    assert_eq!(area(at(0.0, 0.0)).await, WayMethod::Network, "not held back");
}

#[tokio::test]
async fn a_question_is_cut_to_the_engines_limits() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    assert_eq!(method(&app, &places(620)).await, WayMethod::Network);
    let calls = router.calls();
    let mut sizes: Vec<usize> = calls.iter().map(|call| call["targets"].as_array().unwrap().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [vec![20], vec![50; 12]].concat());
    // Held back, so that all that may come at once are there: four, and no more while they wait.
    router.hold();
    let many = places(620);
    let asked = ways(&app, &many);
    let held = async {
        while router.under_way() < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for _ in 0..20 {
            // Time for others on the same thread, and for a fifth on the way.
            app.anonymous().get("/healthz").await.ok();
        }
        assert_eq!(router.under_way(), 4);
        router.let_go();
    };
    assert_eq!(futures_util::future::join(asked, held).await.0.method, WayMethod::Network);
    assert_eq!((router.at_once(), router.calls().len()), (4, 13));
    let call = &calls[0];
    assert_eq!(call["costing"], "pedestrian");
    assert_eq!(call["costing_options"], json!({ "pedestrian": { "walking_speed": 4.0 } }));
    assert_eq!(call["sources"][0]["search_cutoff"], 100);
    // Nothing asked, nothing called; too much asked, estimated.
    assert!(ways(&app, &[]).await.ways.is_empty());
    assert_eq!(method(&app, &places(20_001)).await, WayMethod::Estimate);
    assert!(router.calls().is_empty());
    // What a job in the background asks: more chunks than one may be halved into.
    assert_eq!(method(&app, &places(7010)).await, WayMethod::Network);
    assert_eq!(router.calls().len(), 141);
    assert!(router.at_once() <= 4, "{}", router.at_once());
}

#[tokio::test]
async fn a_large_question_may_take_longer_but_no_call_of_it() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[("walking_timeout_ms", "300")]).await;
    router.always(Routed::Never);
    assert_eq!(method(&app, &places(7010)).await, WayMethod::Estimate);
    assert!(metrics(&app).await.contains("walking_fallbacks_total{reason=\"too_slow\"} 1"));
    assert!(router.calls().len() <= 5, "given up at the first, and the beginning");
}

#[tokio::test]
async fn a_bad_place_is_found_by_halving_and_remembered_for_a_while() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    let to = places(50);
    router.is_bad(to[17]);
    for (asked, minutes) in [(16, 0), (1, 19), (16, 2)] {
        app.clock.advance(TimeDelta::minutes(minutes));
        let found = ways(&app, &to).await;
        assert_eq!(found.method, WayMethod::Network);
        for (n, way) in found.ways.iter().enumerate() {
            assert_eq!(*way, if n == 17 { None } else { TOLD }, "{n}");
        }
        let calls = router.calls().len();
        assert!(calls <= asked, "{calls} calls after {minutes} minutes");
        assert!(asked == 1 || calls > 5, "forgotten after twenty minutes: {calls}");
    }
    // One that can't be used by anybody, alone: the place it begins at is asked about instead.
    assert_eq!(ways(&app, &[to[17]]).await.ways, [None]);
}

#[tokio::test]
async fn a_bad_beginning_is_found_at_once_and_the_engine_is_not_blamed() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    router.is_bad(at(0.0, 0.0));
    for _ in 0..8 {
        assert_eq!(method(&app, &places(50)).await, WayMethod::Estimate);
    }
    assert_eq!(router.calls().len(), 16, "the question and the check, no halving");
    assert_eq!(ready(&app).await, of("ok", "ok"));
}

#[tokio::test]
async fn no_engine_is_asked_about_places_near_a_pole_and_none_is_blamed() {
    let router = FakeRouter::start().await;
    let app = app_with(&router, &[]).await;
    router.always(Routed::HangUp);
    for lat in [85.0, -80.1] {
        let pole = LngLat { lng: 118.79, lat };
        for _ in 0..5 {
            let found = app.ctx.walking.ways(pole, &places(2), ON_FOOT).await;
            assert_eq!((found.method, found.ways.len()), (WayMethod::Estimate, 2));
            let found = app.ctx.walking.areas(pole, &[15], ON_FOOT).await;
            assert_eq!((found.method, found.areas.len()), (WayMethod::Estimate, 1));
        }
    }
    assert!(router.calls().is_empty());
    assert!(metrics(&app).await.contains("walking_fallbacks_total{reason=\"off_map\"} 20"));
    router.always(Routed::Usual);
    assert_eq!(ready(&app).await, of("ok", "ok"));
    // As a place to go to it is as any that is off the map: the others are answered.
    let found = ways(&app, &[at(1.0, 0.0), LngLat { lng: 118.79, lat: 85.0 }]).await;
    assert_eq!((found.method, found.ways), (WayMethod::Network, vec![TOLD, None]));
    assert_eq!(router.calls()[0]["targets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn tencent_is_asked_in_its_own_shapes() {
    let log = logs::listen();
    let router = FakeRouter::start().await;
    let app = app_by_tencent(&router, KEY).await;
    assert!(app.ctx.walking.has_network());
    let to = places(201);
    let found = ways(&app, &to).await;
    assert_eq!(found.method, WayMethod::Network);
    // 500 m at 4 km/h, whatever the time it tells.
    assert_eq!(found.ways, vec![Some(Way { seconds: 450, metres: 500 }); 201]);
    let calls = router.calls();
    assert_eq!(calls.len(), 2, "one to 200");
    assert_eq!((calls[0]["mode"].as_str(), calls[0]["key"].as_str()), (Some("walking"), Some(KEY)));
    let here = Coord::Gcj02.from_wgs84(at(0.0, 0.0));
    assert_eq!(calls[0]["from"], format!("{:.6},{:.6}", here.lat, here.lng));
    assert_eq!(calls[0]["to"].as_str().unwrap().split(';').count(), 200);

    for (mode, word, seconds) in [
        (TravelMode::Cycle, "bicycling", 150),
        (TravelMode::EBike, "bicycling", 100),
        (TravelMode::Drive, "driving", 600),
    ] {
        let found = app.ctx.walking.ways(at(0.0, 0.0), &to[..1], Travel { mode, pushchair: false }).await;
        assert_eq!(found.ways, [Some(Way { seconds, metres: 500 })], "{mode:?}");
        assert_eq!(router.calls()[0]["mode"], word);
    }
    // No road near one of them: the distance is the straight line's then.
    let elements = json!([{ "distance": 90, "duration": 0, "status": 4 }, { "distance": 500, "duration": 480 }]);
    router.next(Routed::json(
        200,
        &json!({ "status": 0, "message": "Success", "result": { "rows": [{ "elements": elements }] } }),
    ));
    let found = ways(&app, &to[..2]).await;
    assert_eq!(found.ways, [None, Some(Way { seconds: 450, metres: 500 })]);
    // Nor does a way lead where it tells no distance.
    let elements = json!([{ "distance": null }, { "duration": 480 }, { "distance": 500 }]);
    router.next(Routed::json(200, &json!({ "status": 0, "result": { "rows": [{ "elements": elements }] } })));
    let found = ways(&app, &to[..3]).await;
    assert_eq!(found.method, WayMethod::Network);
    assert_eq!(found.ways, [None, None, Some(Way { seconds: 450, metres: 500 })]);
    // It draws no areas.
    let areas = app.ctx.walking.areas(at(0.0, 0.0), &[15], ON_FOOT).await;
    assert_eq!(areas.method, WayMethod::Estimate);
    assert_eq!(ready(&app).await, of("ok", "ok"));
    assert!(log.lines().iter().all(|line| !line.contains(KEY)), "the key is in no log line");
}

#[tokio::test]
async fn with_a_pushchair_tencent_is_not_asked_for_it_knows_no_steps() {
    let router = FakeRouter::start().await;
    let app = app_by_tencent(&router, KEY).await;
    let travel = Travel { mode: TravelMode::Walk, pushchair: true };
    let found = app.ctx.walking.ways(at(0.0, 0.0), &places(2), travel).await;
    assert_eq!(found.method, WayMethod::Estimate);
    assert!(found.ways.iter().all(Option::is_some) && router.calls().is_empty());
    assert_eq!(ready(&app).await, of("ok", "ok"));
    // Valhalla does.
    let app = app_with(&router, &[]).await;
    assert_eq!(app.ctx.walking.ways(at(0.0, 0.0), &places(2), travel).await.method, WayMethod::Network);
    assert_eq!(router.calls()[0]["costing_options"]["pedestrian"]["type"], "wheelchair");
}

#[tokio::test]
async fn what_tencent_refuses_is_estimated_but_for_a_single_place() {
    let log = logs::listen();
    let router = FakeRouter::start().await;
    let app = app_by_tencent(&router, KEY).await;
    let said = |status: i64, message: &str| Routed::json(200, &json!({ "status": status, "message": message }));
    for (status, message, reason) in [
        (120, "此key每秒请求量已达到上限", "limited"),
        (121, "此key每日调用量已达到上限", "limited"),
        (311, "key格式错误", "misconfigured"),
        (500, "后端超时", "refused"),
    ] {
        router.next(said(status, message));
        assert_eq!(ways(&app, &places(3)).await.method, WayMethod::Estimate, "{status}");
        assert_eq!(ready(&app).await, of("degraded", "away"));
        assert!(metrics(&app).await.contains(&format!("reason=\"{reason}\"")), "{status}");
        assert_eq!(ways(&app, &places(3)).await.method, WayMethod::Network);
        assert_eq!(ready(&app).await, of("ok", "ok"));
    }
    // One of three is on no street: the question, the beginning, one half, the bad one, and the others.
    let _ = router.calls();
    for routed in [
        said(333, "存在无法吸附的坐标点"),
        Routed::Usual,
        said(333, "存在无法吸附的坐标点"),
        said(333, "存在无法吸附的坐标点"),
    ] {
        router.next(routed);
    }
    let found = ways(&app, &places(3)).await;
    assert_eq!(found.method, WayMethod::Network);
    assert_eq!(found.ways.iter().filter(|way| way.is_none()).count(), 1);
    // One of a full call, wherever it stands.
    let to = places(400);
    for bad in [1, 199, 350] {
        router.is_bad(to[bad]);
        let _ = router.calls();
        let found = ways(&app, &to).await;
        assert_eq!(found.method, WayMethod::Network, "{bad}");
        assert!(found.ways[bad].is_none() && found.ways.iter().flatten().count() >= 396);
        let calls = router.calls().len();
        assert!((15..=20).contains(&calls), "each is paid for: {calls}");
    }
    // So near that there is no way: there already.
    router.next(said(326, "起终点距离过近"));
    assert_eq!(ways(&app, &[at(0.0, 2.0)]).await.ways, [Some(Way { seconds: 2, metres: 2 })]);
    assert!(log.lines().iter().all(|line| !line.contains(KEY)));

    // A key that it doesn't know.
    let other = app_by_tencent(&router, "ANOTH-ER0NE-N0T15").await;
    assert_eq!(method(&other, &places(3)).await, WayMethod::Estimate);
    let lines = log.lines();
    assert!(lines.iter().any(|line| line.contains("check TENCENT_KEY") && line.contains("ERROR")));
    assert!(lines.iter().all(|line| !line.contains("ANOTH-ER0NE-N0T15")));
}
