//! Coverage with a routing engine: what is said to be found by street is what the engine has answered.

use chrono::TimeDelta;
use entity::LngLat;
use harness::{FakeRouter, TestApp, router::Routed};
use quanxiangtuo::{features::coverage::service::sweep, platform::walking::Travel};
use serde_json::{Value, json};

use crate::coverage::{at, centre_at, feature, import, settled};

#[tokio::test]
async fn nothing_is_said_to_be_found_by_street_that_the_engine_never_answered() {
    let router = FakeRouter::start().await;
    let url = router.url();
    let settings = [("walking_engine", "valhalla"), ("valhalla_url", &*url), ("walking_timeout_ms", "10000")];
    let app = TestApp::spawn_with(&settings).await;
    let officer = app.officer().await;
    router.always(Routed::HangUp);
    // Within 2000 m as the crow flies, half an hour of street, but not by estimate; on no street; far away.
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    let of = |p: LngLat| json!({ "type": "Point", "coordinates": [round(p.lng), round(p.lat)] });
    let bad = at(0.0, -300.0);
    let all = [("a", at(0.0, 1750.0)), ("b", bad), ("c", at(6000.0, 0.0))];
    import(&officer, &all.map(|(code, p)| feature(code, 10, of(p)))).await;
    centre_at(&app, 0.0, 0.0).await;
    settled(&app, &officer).await;
    let seen = async || {
        let report = officer.get("/bureau/coverage?by=community").await.ok();
        let groups = report["groups"].as_array().unwrap().iter();
        let nearest = groups.map(|group| &group["coverage"]["nearest"]);
        let ways: Vec<Value> = nearest.map(|nearest| json!([nearest["minutes"], nearest["method"]])).collect();
        (report["method"].clone(), ways)
    };
    let (method, ways) = seen().await;
    assert_eq!(method, "estimate", "though no way is short enough to be kept");
    // 1750 m × 1.3 at 4 km/h; 300 m.
    assert_eq!(ways, [json!([35, "estimate"]), json!([6, "estimate"]), json!([null, "estimate"])]);

    router.is_bad(LngLat { lng: round(bad.lng), lat: round(bad.lat) });
    router.always(Routed::Usual);
    app.clock.advance(TimeDelta::minutes(11));
    for _ in 0..100 {
        sweep::compute_due(&app.ctx).await.unwrap();
        if seen().await.0 == "network" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (method, ways) = seen().await;
    assert_eq!(method, "network");
    assert_eq!(ways, [json!([10, "network"]), json!([null, "network"]), json!([null, "estimate"])]);
}

#[tokio::test]
async fn an_order_to_find_all_anew_forgets_what_the_engine_refused_and_no_sweep_undoes_it() {
    let router = FakeRouter::start().await;
    let url = router.url();
    let settings = [("walking_engine", "valhalla"), ("valhalla_url", &*url), ("walking_timeout_ms", "10000")];
    let app = TestApp::spawn_with(&settings).await;
    let other = app.replica().await;
    let officer = app.officer().await;
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    let p = at(0.0, 300.0);
    let place = LngLat { lng: round(p.lng), lat: round(p.lat) };
    router.is_bad(place);
    import(&officer, &[feature("a", 10, json!({ "type": "Point", "coordinates": [place.lng, place.lat] }))]).await;
    centre_at(&app, 0.0, 0.0).await;
    settled(&app, &officer).await;
    let minutes = async || {
        let report = officer.get("/bureau/coverage?by=community").await.ok();
        json!([report["groups"][0]["coverage"]["nearest"]["minutes"], report["total"]["covered"], report["method"]])
    };
    assert_eq!(minutes().await, json!([null, 0, "network"]));
    let way_by_other = async || {
        let ways = other.ctx.walking.ways(at(0.0, 0.0), &[place, at(0.0, 1.0)], Travel::default()).await.ways;
        assert!(ways[1].is_some());
        ways[0]
    };
    assert!(way_by_other().await.is_none());

    // The engine has another map. The order comes when a sweep has passed over the centres and not yet said so.
    router.takes_all();
    centre_at(&app, 90_000.0, 0.0).await;
    let sweep = sweep::pass(&app.ctx).await.unwrap();
    officer.post("/bureau/coverage/recompute", json!({})).await.expect(202);
    sweep.finish(&app.ctx).await.unwrap();
    let begun = officer.get("/bureau/coverage").await.ok();
    assert!(begun["up_to_date"] == false || minutes().await[0] == 10, "the sweep before says nothing: {begun}");
    settled(&app, &officer).await;
    assert_eq!(minutes().await, json!([10, 1, "network"]), "though twenty minutes are not over");
    sweep::compute_due(&other.ctx).await.unwrap();
    assert!(way_by_other().await.is_some(), "on each replica, whoever got the order and whoever swept");
}
