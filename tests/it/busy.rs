//! What takes long holds up nobody else: it is done beside the workers, and not on all cores.

use std::{sync::mpsc, time::Duration};

use entity::communities;
use harness::{TestApp, streets::at};
use quanxiangtuo::{features::centres::scan::Scans, platform::clock::Stopwatch};
use sea_orm::{EntityTrait as _, sea_query::Expr};

use crate::coverage::{feature, import, point};

#[tokio::test]
async fn looks_through_all_centres_wait_for_their_turn_and_no_one_waits_for_them() {
    let app = TestApp::spawn_with(&[("workers", "1")]).await;
    let here = at(0.0, 0.0);
    app.centre_with(|c| (c.name, c.lng, c.lat) = ("洛阳托育园".to_owned(), here.lng, here.lat)).await;
    app.reload_catalogue().await;
    let anyone = app.anonymous();
    let everywhere = ["/centres", "/centres?q=lytyy", "/centres?sort=price"];
    for path in everywhere {
        assert_eq!(anyone.get(path).await.ok()["items"].as_array().unwrap().len(), 1, "{path}");
    }
    // Every turn is taken.
    let mut ends = Vec::new();
    let mut busy = Vec::new();
    for _ in 0..Scans::at_once() {
        let ((end, ended), (begin, mut begun)) = (mpsc::channel::<()>(), tokio::sync::mpsc::channel(1));
        let ctx = app.context().clone();
        let look = move || {
            begin.blocking_send(()).unwrap();
            // Until the sender is dropped.
            let _ = ended.recv();
        };
        busy.push(tokio::spawn(async move { ctx.catalogue.scans().run(look).await.unwrap() }));
        begun.recv().await.unwrap();
        ends.push(end);
    }
    let waiting = everywhere.map(|path| {
        let anyone = app.anonymous();
        tokio::spawn(async move { anyone.get(path).await })
    });
    // With a point nobody waits, though there is one worker.
    let near = format!("/centres?lng={}&lat={}&coord=wgs84&q=lytyy", here.lng, here.lat);
    let began = Stopwatch::start();
    assert_eq!(anyone.get(&near).await.ok()["items"].as_array().unwrap().len(), 1);
    assert!(began.elapsed() < Duration::from_millis(1_500), "{:?}", began.elapsed());
    for reply in waiting {
        reply.await.unwrap().problem(503, "UNAVAILABLE");
    }
    ends.clear();
    for look in busy {
        look.await.unwrap();
    }
    for path in everywhere {
        assert_eq!(anyone.get(path).await.ok()["items"].as_array().unwrap().len(), 1, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maps_of_hundreds_of_thousands_of_points_are_written_beside_the_workers() {
    let app = TestApp::spawn_with(&[("workers", "1")]).await;
    let officer = app.officer().await;
    import(&officer, &[feature("a", 10, point(0.0, 0.0))]).await;
    // What is stored isn't judged again.
    let ring: Vec<String> = (0..200_000).map(|n| format!("[118.{n:07},24.89]")).collect();
    let many = format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, ring.join(","));
    let change = communities::Entity::update_many().col_expr(communities::Column::Geometry, Expr::value(many));
    change.exec(app.db()).await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["communities.geojson", "coverage.geojson"] {
        let call = http.get(format!("{}/api/v1/bureau/{path}?coord=bd09", app.url())).bearer_auth(officer.token());
        let export = tokio::spawn(async move {
            let began = Stopwatch::start();
            let reply = call.send().await.unwrap();
            assert_eq!(reply.status(), 200);
            (reply.bytes().await.unwrap().len(), began.elapsed())
        });
        let (mut longest, mut calls) = (Duration::ZERO, 0);
        while !export.is_finished() {
            let began = Stopwatch::start();
            assert_eq!(http.get(format!("{}/healthz", app.url())).send().await.unwrap().status(), 200);
            longest = longest.max(began.elapsed());
            calls += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (bytes, took) = export.await.unwrap();
        assert!(bytes > 4_000_000, "{path}: {bytes}");
        assert!(longest < took * 2 / 3, "{path}: one of {calls} calls waited {longest:?} of the {took:?} of a map");
    }
}
