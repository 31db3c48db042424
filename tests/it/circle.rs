//! The circle: other modes, what is nearest when nothing is inside, and its drawing as GeoJSON.

use entity::LngLat;
use harness::{TestApp, day, hm, places::HERE};
use quanxiangtuo::{features::centres::coords::Coord, platform::walking::metres};
use serde_json::{Value, json};

/// A query around the point of the centres, as a phone in China reports it.
fn here(path: &str, more: &str) -> String {
    let p = Coord::Gcj02.from_wgs84(HERE);
    format!("/api/v1/{path}?lng={}&lat={}{more}", p.lng, p.lat)
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// About so many metres to the north, in degrees.
const fn north(metres: f64) -> f64 {
    metres / 111_195.0
}

async fn centre(app: &TestApp, name: &str, metres: f64) {
    app.place_with(10, 2, |c| {
        c.name = name.to_owned();
        c.lat += north(metres);
    })
    .await;
}

#[actix_web::test]
async fn on_wheels_the_circle_is_wider_and_a_pushchair_stays_on_foot() {
    let app = TestApp::spawn().await;
    // Straight lines whose ways (× 1.3) are 2.6 km, 3.9 km and 6.5 km; 15 minutes are 1, 3, 4.5 and 7.5.
    for (name, metres) in [("甲", 2000.0), ("乙", 3000.0), ("丙", 5000.0)] {
        centre(&app, name, metres).await;
    }
    for (query, expected) in [
        ("", vec![]),
        ("&mode=walk", vec![]),
        ("&pushchair=true", vec![]),
        ("&mode=cycle", vec!["甲"]),
        ("&mode=e_bike", vec!["甲", "乙"]),
        ("&mode=drive", vec!["甲", "乙", "丙"]),
        ("&mode=walk&minutes=60", vec!["甲", "乙"]),
    ] {
        assert_eq!(names(&app.anonymous().get(&here("centres", query)).await.ok()["items"]), expected, "{query}");
    }
    let found = app.anonymous().get(&here("centres", "&mode=drive")).await.ok();
    assert_eq!(found["items"][0]["walk"], json!({ "minutes": 6, "distance_m": 2600, "method": "estimate" }));
    let id = found["items"][0]["id"].as_str().unwrap();
    let page = app.anonymous().get(&here(&format!("centres/{id}"), "&mode=e_bike")).await.ok();
    assert_eq!(page["walk"], json!({ "minutes": 9, "distance_m": 2600, "method": "estimate" }));
    for path in ["centres", "circle", &format!("centres/{id}")] {
        app.anonymous().get(&here(path, "&mode=drive&pushchair=true")).await.invalid("pushchair");
        app.anonymous().get(&here(path, "&mode=boat")).await.invalid("mode");
        app.anonymous().get(&here(path, "&pushchair=maybe")).await.invalid("pushchair");
    }
}

#[actix_web::test]
async fn nothing_inside_answers_with_the_nearest_three_and_what_to_do() {
    let app = TestApp::spawn().await;
    for (name, metres) in [("三", 3000.0), ("一", 1000.0), ("四", 90_000.0), ("二", 2000.0)] {
        centre(&app, name, metres).await;
    }
    let found = app.anonymous().get(&here("centres", "")).await.ok();
    assert!(names(&found["items"]).is_empty() && found["next_cursor"].is_null());
    assert_eq!(names(&found["nearest"]), ["一", "二", "三"]);
    assert_eq!(found["nearest"][0]["walk"], json!({ "minutes": 20, "distance_m": 1300, "method": "estimate" }));
    let message = found["message"].as_str().unwrap();
    assert!(message.contains("步行约20分钟") && message.contains("放宽到20分钟"), "{message}");
    let english = app.anonymous().english().get(&here("centres", "")).await.ok();
    assert!(english["message"].as_str().unwrap().contains("allow 20 minutes"), "{}", english["message"]);
    // Sorted by the way, whatever the search is sorted by.
    assert_eq!(names(&app.anonymous().get(&here("centres", "&sort=price")).await.ok()["nearest"]), ["一", "二", "三"]);
    // Once something is inside they are left out, and so they are past the last page and without a point.
    let found = app.anonymous().get(&here("centres", "&minutes=20")).await.ok();
    assert_eq!(names(&found["items"]), ["一"]);
    assert!(found.get("nearest").is_none() && found.get("message").is_none(), "{found}");
    let first = app.anonymous().get(&here("centres", "&minutes=60&limit=1")).await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let narrowed = app.anonymous().get(&here("centres", &format!("&minutes=20&cursor={cursor}"))).await.ok();
    assert!(narrowed.get("nearest").is_none(), "{narrowed}");
    assert!(app.anonymous().get("/centres?q=无此园").await.ok().get("nearest").is_none());
}

#[actix_web::test]
async fn the_nearest_match_every_other_filter_too() {
    let app = TestApp::spawn().await;
    centre(&app, "近而满", 1000.0).await;
    let full = app.anonymous().get(&here("centres", "&minutes=60")).await.ok()["items"][0]["id"].clone();
    centre(&app, "远而空", 1500.0).await;
    app.place_with(10, 2, |c| {
        c.name = "非普惠".to_owned();
        c.inclusive_from = None;
        c.lat += north(1200.0);
    })
    .await;
    let class = app.ctx.catalogue.centre(serde_json::from_value(full).unwrap()).unwrap().classes[0].id;
    app.roster(class, day("2026-03-09"), hm(7, 30), hm(18, 0), 0).await;
    let nearest = async |more: &str| {
        let found = app.anonymous().get(&here("centres", more)).await.ok();
        assert!(names(&found["items"]).is_empty());
        (names(&found["nearest"]).into_iter().map(str::to_owned).collect::<Vec<_>>(), found["message"].clone())
    };
    assert_eq!(nearest("").await.0, ["近而满", "非普惠", "远而空"]);
    assert_eq!(nearest("&inclusive=true").await.0, ["近而满", "远而空"]);
    let (dated, message) = nearest("&date=2026-03-09&inclusive=true&care_type=hourly&age_months=18").await;
    assert_eq!(dated, ["远而空"]);
    assert!(message.as_str().unwrap().contains("换一个日期"), "{message}");
    let (none, message) = nearest("&age_months=30").await;
    assert!(none.is_empty() && message.as_str().unwrap().contains("减少筛选条件"), "{message}");
    // From Beijing they are as the crow flies; nothing was filtered, so nothing is to be dropped.
    let far = app.anonymous().get("/centres?lng=116.4&lat=39.9&coord=wgs84").await.ok();
    assert_eq!(names(&far["nearest"]), ["远而空", "非普惠", "近而满"]);
    let (first, message) = (&far["nearest"][0], far["message"].as_str().unwrap());
    let straight = metres(LngLat { lng: 116.4, lat: 39.9 }, LngLat { lat: HERE.lat + north(1500.0), ..HERE });
    assert!(first["walk"].is_null() && (first["straight_m"].as_f64().unwrap() - straight).abs() < 2.0, "{first}");
    assert!(message.contains("直线距离约") && !message.contains("筛选") && !message.contains("符合条件"), "{message}");
    let far = app.anonymous().get("/centres?lng=116.4&lat=39.9&date=2026-03-09&inclusive=true").await.ok();
    assert_eq!(names(&far["nearest"]), ["远而空"], "filters and places hold however far");
    assert!(found_without_ways(&far));
}

/// Whether none of the nearest tells a way.
fn found_without_ways(found: &Value) -> bool {
    found["nearest"].as_array().unwrap().iter().all(|one| one["walk"].is_null() && one["straight_m"].is_u64())
}

#[actix_web::test]
async fn sorts_by_price_and_rating_break_ties_alike_on_every_page() {
    let app = TestApp::spawn().await;
    for i in 0..9 {
        centre(&app, &format!("第{i}园"), f64::from(i % 3) * 100.0).await;
    }
    for sort in ["walk", "price", "rating"] {
        let whole = app.anonymous().get(&here("centres", &format!("&sort={sort}&limit=100"))).await.ok();
        let (mut paged, mut next) = (vec![], String::new());
        loop {
            let page = app.anonymous().get(&here("centres", &format!("&sort={sort}&limit=2{next}"))).await.ok();
            paged.extend(names(&page["items"]).into_iter().map(str::to_owned));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("&cursor={cursor}");
        }
        assert_eq!(paged, names(&whole["items"]), "{sort}");
        assert_eq!(paged.len(), 9);
    }
}

/// The features of a role.
fn features<'a>(circle: &'a Value, role: &str) -> Vec<&'a Value> {
    let all = circle["features"].as_array().unwrap().iter();
    all.filter(|feature| feature["properties"]["role"] == role).collect()
}

fn position(value: &Value) -> LngLat {
    LngLat { lng: value[0].as_f64().unwrap(), lat: value[1].as_f64().unwrap() }
}

fn outer(area: &Value) -> Vec<LngLat> {
    assert_eq!(area["geometry"]["type"], "Polygon");
    area["geometry"]["coordinates"][0].as_array().unwrap().iter().map(position).collect()
}

/// Even-odd, by a ray to the east.
fn holds(ring: &[LngLat], p: LngLat) -> bool {
    let crosses = |a: LngLat, b: LngLat| {
        (a.lat > p.lat) != (b.lat > p.lat) && p.lng < a.lng + (p.lat - a.lat) / (b.lat - a.lat) * (b.lng - a.lng)
    };
    ring.windows(2).filter(|edge| crosses(edge[0], edge[1])).count() % 2 == 1
}

#[actix_web::test]
async fn a_circle_is_geojson_whose_areas_agree_with_the_minutes_of_the_centres() {
    let app = TestApp::spawn().await;
    // Ways of 130, 520, 715 and 975 m: 2, 8, 11 and 15 minutes; the last is outside.
    for (name, metres) in [("丁", 750.0), ("甲", 100.0), ("丙", 550.0), ("乙", 400.0), ("外", 790.0)] {
        centre(&app, name, metres).await;
    }
    for coord in [Coord::Gcj02, Coord::Wgs84, Coord::Bd09] {
        let p = coord.from_wgs84(HERE);
        let query = format!("/circle?lng={}&lat={}&coord={}", p.lng, p.lat, coord.as_str());
        let reply = app.anonymous().get(&query).await;
        assert_eq!(reply.header("content-type"), Some("application/geo+json"));
        let circle = reply.ok();
        assert_eq!(
            (&circle["type"], &circle["coord"], &circle["more"]),
            (&json!("FeatureCollection"), &json!(coord.as_str()), &json!(false))
        );
        assert!(circle["attribution"].is_null(), "an estimate owes nobody");
        let areas = features(&circle, "area");
        let minutes: Vec<_> = areas.iter().map(|area| area["properties"]["minutes"].as_u64().unwrap()).collect();
        assert_eq!(minutes, [15, 10, 5], "the largest first, so that the smaller lie on top");
        let origin = features(&circle, "origin");
        let centres = features(&circle, "centre");
        let shown: Vec<_> = centres.iter().map(|c| c["properties"]["name"].as_str().unwrap()).collect();
        assert_eq!(shown, ["甲", "乙", "丙", "丁"], "nearest first");
        assert_eq!(centres[1]["properties"]["minutes"], 8);
        assert_eq!(centres[1]["properties"]["distance_m"], 520);
        assert_eq!(centres[1]["properties"]["price_from_fen"], 8000);
        for area in &areas {
            let ring = outer(area);
            assert_eq!(ring.first(), ring.last(), "closed");
            let twice: f64 = ring
                .windows(2)
                .map(|e| (e[0].lng - p.lng) * (e[1].lat - p.lat) - (e[1].lng - p.lng) * (e[0].lat - p.lat))
                .sum();
            assert!(twice > 0.0, "an outer ring runs against the clock");
            for centre in &centres {
                let inside = centre["properties"]["minutes"].as_u64() <= area["properties"]["minutes"].as_u64();
                let at = position(&centre["geometry"]["coordinates"]);
                assert_eq!(holds(&ring, at), inside, "{} in {}", centre["properties"], area["properties"]);
            }
        }
        // In one system all through: the centre stands 100 m north of the origin, as drawn.
        let nearest = position(&centres[0]["geometry"]["coordinates"]);
        assert!((metres(nearest, p) - 100.0).abs() < 0.5, "{coord:?} {}", metres(nearest, p));
        // Seven digits: what went in comes out to a centimetre.
        let digits = |n: f64| (n * 1e7 - (n * 1e7).round()).abs() < 1e-3;
        assert!(outer(areas[0]).iter().all(|p| digits(p.lng) && digits(p.lat)));
        assert!(metres(position(&origin[0]["geometry"]["coordinates"]), p) < 0.01, "{coord:?}");
    }
}

#[actix_web::test]
async fn a_circle_goes_around_a_centre_too_and_by_other_modes() {
    let app = TestApp::spawn().await;
    centre(&app, "中", 0.0).await;
    centre(&app, "邻", 300.0).await;
    let found = app.anonymous().get(&here("centres", "")).await.ok();
    let id = found["items"][0]["id"].as_str().unwrap();
    let circle = app.anonymous().get(&format!("/circle?centre_id={id}&coord=wgs84&minutes=10")).await.ok();
    let origin = features(&circle, "origin")[0];
    assert_eq!(origin["properties"], json!({ "role": "origin", "name": "中", "centre_id": id }));
    assert!(metres(position(&origin["geometry"]["coordinates"]), HERE) < 0.2);
    let centres = features(&circle, "centre");
    assert_eq!((centres.len(), &centres[0]["properties"]["name"]), (1, &json!("邻")), "itself is not listed");
    assert_eq!(features(&circle, "area").len(), 1);
    let radius = |circle: &Value| metres(outer(features(circle, "area")[0])[0], HERE);
    let driven = app.anonymous().get(&format!("/circle?centre_id={id}&coord=wgs84&minutes=10&mode=drive")).await.ok();
    assert!((radius(&driven) / radius(&circle) - 30.0 / 4.0).abs() < 0.01, "30 km/h against 4");
    assert_eq!((&driven["mode"], &driven["pushchair"]), (&json!("drive"), &json!(false)));
    app.anonymous().get("/circle?centre_id=ctr_0192f0c18a7c7d10b1c2d3e4f5a6b7c8").await.problem(404, "NOT_FOUND");
    app.anonymous().get(&here("circle", &format!("&centre_id={id}"))).await.invalid("centre_id");
    app.anonymous().get("/circle").await.invalid("lng");
    app.anonymous().get("/circle?lng=118").await.invalid("lat");
    for minutes in ["0", "61", "5,x", "1,2,3,4,5", "%2B5", "005", "5,%2010"] {
        app.anonymous().get(&here("circle", &format!("&minutes={minutes}"))).await.invalid("minutes");
    }
    for edge in ["lng=180&lat=0", "lng=-180&lat=-90", "lng=0&lat=90", "lng=179.9999&lat=89.9999"] {
        let circle = app.anonymous().get(&format!("/circle?{edge}&mode=drive&minutes=60")).await.ok();
        let area = &features(&circle, "area")[0]["geometry"];
        let text = area["coordinates"].to_string().replace(['[', ']'], "");
        let numbers: Vec<f64> = text.split(',').map(|n| n.parse().unwrap()).collect();
        assert!(numbers.chunks(2).all(|p| p[0].abs() <= 180.0 && p[1].abs() <= 90.0), "{edge}: {area}");
    }
}

#[actix_web::test]
async fn a_circle_lists_the_hundred_nearest_and_says_that_there_are_more() {
    let app = TestApp::spawn().await;
    for i in 0..101 {
        app.centre_with(|c| {
            c.name = format!("第{i}园");
            c.lat += north(f64::from(i) * 5.0);
        })
        .await;
    }
    app.reload_catalogue().await;
    let circle = app.anonymous().get(&here("circle", "")).await.ok();
    let centres = features(&circle, "centre");
    assert_eq!((centres.len(), &circle["more"]), (100, &json!(true)));
    assert_eq!(centres[99]["properties"]["name"], "第99园");
    let circle = app.anonymous().get(&here("circle", "&minutes=5")).await.ok();
    assert_eq!(circle["more"], false);
    assert_eq!(features(&circle, "centre").len(), 52, "333 m of way are 256 m");
}
