//! Coverage with a routing engine: what is said to be found by street is what the engine has answered.

use chrono::TimeDelta;
use entity::LngLat;
use harness::{FakeRouter, TestApp, router::Routed};
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
        quanxiangtuo::features::coverage::service::sweep::compute_due(&app.ctx).await.unwrap();
        if seen().await.0 == "network" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (method, ways) = seen().await;
    assert_eq!(method, "network");
    assert_eq!(ways, [json!([10, "network"]), json!([null, "network"]), json!([null, "estimate"])]);
}
