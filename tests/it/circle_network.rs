//! Searches, pages and circles with a routing engine: exact ways, remembered by the cell; and on the
//! streets of the tests' own map.

use std::time::Duration;

use chrono::TimeDelta;
use entity::{LngLat, centres};
use futures_util::future::join_all;
use harness::{
    FakeRouter, TestApp,
    listening::Listening,
    router::Routed,
    streets::{app_on_streets, at},
};
use quanxiangtuo::{features::centres::way_cache::Cell, platform::clock::Stopwatch};
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::{Value, json};

/// The middle of a cell: the fake's ways begin there whoever asks from the cell.
fn middle() -> LngLat {
    Cell::of(at(0.0, 0.0)).middle()
}

fn around(path: &str, p: LngLat, more: &str) -> String {
    format!("/{path}?lng={:.7}&lat={:.7}&coord=wgs84{more}", p.lng, p.lat)
}

async fn app_with(router: &FakeRouter) -> TestApp {
    let url = router.url();
    TestApp::spawn_with(&[("walking_engine", "valhalla"), ("valhalla_url", &url), ("walking_timeout_ms", "10000")])
        .await
}

async fn centre(app: &TestApp, name: &str, p: LngLat) -> centres::Model {
    app.centre_with(|c| {
        c.name = name.to_owned();
        (c.lng, c.lat) = (p.lng, p.lat);
    })
    .await
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// How many places each call of the engine since the last look asked for.
fn asked(router: &FakeRouter) -> Vec<usize> {
    router.calls().iter().map(|call| call["targets"].as_array().unwrap().len()).collect()
}

#[actix_web::test]
async fn a_search_asks_the_engine_once_a_cell_and_only_for_what_is_new_or_moved() {
    let router = FakeRouter::start().await;
    let app = app_with(&router).await;
    centre(&app, "甲", at(300.0, 0.0)).await;
    // Past the estimate's 769 m, within the way's own 1000.
    let second = centre(&app, "乙", at(0.0, 900.0)).await;
    centre(&app, "远", at(0.0, 1500.0)).await;
    app.reload_catalogue().await;
    let search = async |p: LngLat, more: &str| app.anonymous().get(&around("centres", p, more)).await.ok();
    let found = search(middle(), "").await;
    assert_eq!(names(&found["items"]), ["甲", "乙"]);
    assert_eq!(found["items"][0]["walk"], json!({ "minutes": 10, "distance_m": 500, "method": "network" }));
    assert_eq!(asked(&router), [2], "the two that can be reached, in one call");
    // Warm: from anywhere in the cell, filtered or sorted or paged, and on the centre's page.
    let beside = LngLat { lng: middle().lng + 0.0001, lat: middle().lat - 0.0001 };
    for more in ["", "&sort=price", "&limit=1", "&inclusive=true", "&minutes=12"] {
        search(beside, more).await;
    }
    let page = app.anonymous().get(&around(&format!("centres/{}", second.id), beside, "")).await.ok();
    assert_eq!(page["walk"]["method"], "network");
    assert_eq!(asked(&router), Vec::<usize>::new(), "warm");
    // Another cell, another mode: asked for anew.
    search(at(0.0, 120.0), "").await;
    search(middle(), "&pushchair=true").await;
    assert_eq!(asked(&router).len(), 2);

    centre(&app, "新", at(-300.0, 0.0)).await;
    app.reload_catalogue().await;
    assert_eq!(search(middle(), "").await["items"].as_array().unwrap().len(), 3);
    assert_eq!(asked(&router), [1], "the new one alone");
    let moved = at(0.0, -800.0);
    let change = centres::ActiveModel {
        id: Set(second.id),
        lng: Set(moved.lng),
        lat: Set(moved.lat),
        version: Set(second.version + 1),
        ..Default::default()
    };
    centres::Entity::update(change).exec(app.db()).await.unwrap();
    app.reload_catalogue().await;
    search(middle(), "").await;
    assert_eq!(asked(&router), [1], "the moved one alone");
}

#[actix_web::test]
async fn callers_in_one_cell_share_one_call_of_the_engine() {
    let router = FakeRouter::start().await;
    let app = app_with(&router).await;
    for n in 1..=5 {
        centre(&app, &format!("第{n}园"), at(f64::from(n) * 50.0, 0.0)).await;
    }
    app.reload_catalogue().await;
    let who = app.anonymous();
    let all = join_all((0..20).map(|_| async { who.get(&around("centres", middle(), "")).await.ok() })).await;
    assert!(all.iter().all(|found| found == &all[0]));
    assert_eq!(asked(&router), [5]);
}

#[actix_web::test]
async fn the_nearest_by_street_is_named_though_many_across_the_river_are_nearer_by_line() {
    let app = app_on_streets().await;
    for n in 0..15 {
        centre(&app, &format!("东岸{n}"), at(310.0 + 100.0 * f64::from(n % 3), -1500.0 + 50.0 * f64::from(n / 3)))
            .await;
    }
    centre(&app, "西岸", at(-1150.0, -1500.0)).await;
    app.reload_catalogue().await;
    let found = app.anonymous().get(&around("centres", at(200.0, -1500.0), "")).await.ok();
    assert_eq!(found["items"], json!([]));
    assert_eq!((names(&found["nearest"])[0], &found["nearest"][0]["walk"]["method"]), ("西岸", &json!("network")));
    let minutes = found["nearest"][0]["walk"]["minutes"].as_i64().unwrap();
    assert!((20..=25).contains(&minutes), "{minutes}");
    assert!(found["message"].as_str().unwrap().contains(&format!("{minutes}分钟")), "{}", found["message"]);
}

#[actix_web::test]
async fn the_nearest_never_contradict_the_empty_circle_when_the_engine_goes_away() {
    let router = FakeRouter::start().await;
    let app = app_with(&router).await;
    // Near by the line, ten minutes by street as everything is there.
    centre(&app, "近", at(300.0, 0.0)).await;
    app.reload_catalogue().await;
    let here = around("centres", middle(), "&minutes=9");
    let empty = app.anonymous().get(&here).await.ok();
    assert_eq!((&empty["items"], names(&empty["nearest"])), (&json!([]), vec!["近"]));
    let by_network = empty["nearest"][0]["walk"].clone();
    // One more that the engine was never asked for, and the engine is gone.
    centre(&app, "新而远", at(3000.0, 0.0)).await;
    app.reload_catalogue().await;
    router.always(Routed::HangUp);
    let later = app.anonymous().get(&here).await.ok();
    assert_eq!((&later["items"], names(&later["nearest"])), (&json!([]), vec!["近", "新而远"]));
    assert_eq!(later["nearest"][0]["walk"], by_network, "as it was found to be too far");
    let new = &later["nearest"][1];
    let straight = new["straight_m"].as_i64().unwrap();
    assert!(new["walk"].is_null() && (2950..3050).contains(&straight), "no estimate beside a way by street: {new}");
}

#[actix_web::test]
async fn from_an_island_without_a_bridge_the_nearest_are_told_by_the_line() {
    let app = app_on_streets().await;
    for (name, east) in [("甲", 0.0), ("乙", -400.0), ("丙", -800.0), ("丁", -900.0)] {
        centre(&app, name, at(east, 0.0)).await;
    }
    app.reload_catalogue().await;
    let found = app.anonymous().get(&around("centres", at(4500.0, 0.0), "")).await.ok();
    assert_eq!((&found["items"], names(&found["nearest"])), (&json!([]), vec!["甲", "乙", "丙"]));
    let first = &found["nearest"][0];
    assert!(first["walk"].is_null() && (4450..4550).contains(&first["straight_m"].as_i64().unwrap()), "{first}");
    let message = found["message"].as_str().unwrap();
    assert!(message.contains("直线距离约4.5公里，没有找到可到达的路线") && !message.contains("筛选"), "{message}");
}

#[actix_web::test]
async fn a_circle_is_by_street_or_by_estimate_and_never_both() {
    let router = FakeRouter::start().await;
    let app = app_with(&router).await;
    centre(&app, "甲", at(300.0, 0.0)).await;
    app.reload_catalogue().await;
    let ring = [at(-900.0, -900.0), at(900.0, -900.0), at(900.0, 900.0), at(-900.0, -900.0)].map(|p| [p.lng, p.lat]);
    let drawn = Routed::json(
        200,
        &json!({ "features": [
            { "geometry": { "type": "Polygon", "coordinates": [ring] }, "properties": { "contour": 15 } },
            { "geometry": { "type": "MultiPoint", "coordinates": [ring[0]] }, "properties": {} },
        ] }),
    );
    let methods = async || {
        let circle = app.anonymous().get(&around("circle", middle(), "&minutes=15")).await.ok();
        let all = circle["features"].as_array().unwrap().iter();
        let said: Vec<Value> = all.filter_map(|feature| feature["properties"].get("method")).cloned().collect();
        (said, circle["attribution"].is_string())
    };
    // The one is answered, the other not, or isn't asked for any more; then both.
    for (answers, method, owed) in [
        (vec![drawn.clone(), Routed::HangUp], "estimate", false),
        (vec![Routed::HangUp], "estimate", false),
        (vec![drawn, Routed::Usual], "network", true),
    ] {
        answers.into_iter().for_each(|answer| router.next(answer));
        assert_eq!(methods().await, (vec![json!(method), json!(method)], owed));
        let _ = router.calls();
    }
}

#[actix_web::test]
async fn too_far_on_the_network_is_out_and_named_as_the_nearest() {
    let router = FakeRouter::start().await;
    let app = app_with(&router).await;
    for n in 1..=4 {
        centre(&app, &format!("第{n}园"), at(f64::from(n) * 50.0, 0.0)).await;
    }
    app.reload_catalogue().await;
    // Each takes ten minutes there, though the first is 50 m away as the crow flies.
    let found = app.anonymous().get(&around("centres", middle(), "&minutes=9")).await.ok();
    assert!(names(&found["items"]).is_empty());
    assert_eq!(found["nearest"].as_array().unwrap().len(), 3);
    assert_eq!(found["nearest"][0]["walk"], json!({ "minutes": 10, "distance_m": 500, "method": "network" }));
    assert!(found["message"].as_str().unwrap().contains("放宽到10分钟"), "{}", found["message"]);
}

#[actix_web::test]
async fn while_the_engine_is_away_all_is_estimated_and_nothing_of_it_remembered() {
    let router = FakeRouter::start().await;
    let app = app_with(&router).await;
    centre(&app, "甲", at(100.0, 0.0)).await;
    // Within 1000 m as the crow flies, but not by estimate.
    centre(&app, "乙", at(0.0, 900.0)).await;
    app.reload_catalogue().await;
    router.always(Routed::HangUp);
    let away = app.anonymous().get(&around("centres", middle(), "")).await.ok();
    assert_eq!((names(&away["items"]), &away["items"][0]["walk"]["method"]), (vec!["甲"], &json!("estimate")));
    let circle = app.anonymous().get(&around("circle", middle(), "")).await.ok();
    assert!(circle["attribution"].is_null());
    router.always(Routed::Usual);
    let back = app.anonymous().get(&around("centres", middle(), "")).await.ok();
    assert_eq!((names(&back["items"]), &back["items"][0]["walk"]["method"]), (vec!["甲", "乙"], &json!("network")));
}

#[actix_web::test]
async fn across_the_river_is_out_of_the_circle_though_400_metres_away() {
    let app = app_on_streets().await;
    centre(&app, "岸这边", at(-400.0, 0.0)).await;
    centre(&app, "河对岸", at(400.0, 0.0)).await;
    app.reload_catalogue().await;
    let found = app.anonymous().get(&around("centres", at(0.0, 0.0), "")).await.ok();
    assert_eq!((names(&found["items"]), &found["items"][0]["walk"]["method"]), (vec!["岸这边"], &json!("network")));
    let circle = app.anonymous().get(&around("circle", at(0.0, 0.0), "")).await.ok();
    let role = |role: &str| -> Vec<Value> {
        let all = circle["features"].as_array().unwrap().iter();
        all.filter(|feature| feature["properties"]["role"] == role).cloned().collect()
    };
    let (areas, centres) = (role("area"), role("centre"));
    assert_eq!((areas.len(), centres.len()), (3, 1));
    assert!(areas.iter().all(|area| area["properties"]["method"] == "network"));
    assert_eq!(circle["attribution"], "© OpenStreetMap contributors");
    // Only the other side is asked for: named as the nearest, by the bridge.
    let found = app.anonymous().get(&around("centres", at(0.0, 0.0), "&q=河对岸")).await.ok();
    assert!(names(&found["items"]).is_empty());
    assert_eq!(names(&found["nearest"]), ["河对岸"]);
    assert!(found["nearest"][0]["walk"]["minutes"].as_u64().unwrap() > 45, "{}", found["nearest"][0]["walk"]);
}

/// Pages of one centre each, from a cursor on.
async fn pages(app: &TestApp, mut cursor: Option<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        let more = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let page = app.anonymous().get(&around("centres", middle(), &format!("&limit=1{more}"))).await.ok();
        for item in page["items"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            found.push((text(&item["name"]), text(&item["walk"]["method"])));
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return found;
        }
    }
}

async fn first_page(app: &TestApp) -> (String, String) {
    let page = app.anonymous().get(&around("centres", middle(), "&limit=1")).await.ok();
    (page["items"][0]["name"].as_str().unwrap().to_owned(), page["next_cursor"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn pages_go_on_as_they_began_or_say_that_they_cannot() {
    let router = FakeRouter::start().await;
    let app = app_with(&router).await;
    centre(&app, "甲", at(100.0, 0.0)).await;
    centre(&app, "乙", at(300.0, 0.0)).await;
    // Within 1000 m as the crow flies: inside by street, outside by estimate.
    centre(&app, "丙", at(0.0, 900.0)).await;
    app.reload_catalogue().await;

    // Begun by estimate, and the engine comes back.
    router.always(Routed::HangUp);
    let (first, cursor) = first_page(&app).await;
    router.always(Routed::Usual);
    let calls = router.calls().len();
    let rest = pages(&app, Some(cursor)).await;
    assert_eq!((first.as_str(), rest), ("甲", vec![("乙".to_owned(), "estimate".to_owned())]));
    assert!(calls > 0 && router.calls().is_empty(), "the engine isn't asked to go on by estimate");

    // Begun by street, and the engine goes away: the ways are remembered.
    let (first, cursor) = first_page(&app).await;
    router.always(Routed::HangUp);
    let rest = pages(&app, Some(cursor.clone())).await;
    assert!(rest.iter().all(|(_, method)| method == "network"), "{rest:?}");
    let mut all: Vec<&str> = rest.iter().map(|(name, _)| &**name).chain([&*first]).collect();
    all.sort_unstable();
    assert_eq!(all, ["丙", "乙", "甲"]);

    // Until they are forgotten.
    app.clock.advance(TimeDelta::minutes(61));
    let path = around("centres", middle(), &format!("&limit=1&cursor={cursor}"));
    let problem = app.anonymous().get(&path).await.invalid("cursor");
    assert_eq!(problem["errors"][0]["code"], "stale");
    assert_eq!(first_page(&app).await.0, "甲", "from the first page on all is estimated");
    router.always(Routed::Usual);

    // A cursor of a search without a point says nothing in one with a point.
    let page = app.anonymous().get("/centres?limit=1&sort=price").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = around("centres", middle(), &format!("&limit=1&sort=price&cursor={cursor}"));
    assert_eq!(app.anonymous().get(&path).await.invalid("cursor")["errors"][0]["code"], "invalid");
}

#[actix_web::test]
async fn a_key_value_store_that_never_answers_hardly_delays_a_search() {
    let router = FakeRouter::start().await;
    let hung = Listening::start(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let (engine, store) = (router.url(), format!("redis://{}", hung.address));
    let settings =
        [("walking_engine", "valhalla"), ("valhalla_url", &*engine), ("redis_url", &*store), ("workers", "1")];
    let app = TestApp::spawn_with(&settings).await;
    centre(&app, "甲", at(100.0, 0.0)).await;
    app.reload_catalogue().await;
    let began = Stopwatch::start();
    // Cells that nobody asked from before.
    for cell in 0..5 {
        let here = around("centres", at(f64::from(cell) * 100.0, 0.0), "");
        let found = app.anonymous().get(&here).await.ok();
        assert_eq!(found["items"][0]["walk"]["method"], "network");
    }
    // The store's own time-outs are two seconds for each look.
    let took = began.elapsed();
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}
