//! Who lies inside the circle: layouts reckoned by hand, on a plane around [`HERE`].

use std::time::Duration;

use chrono::TimeDelta;
use entity::{Admits, CentreId, CentreKind, Filed, LngLat, centres, coverage_centres, coverage_ways};
use harness::{Client, TestApp, at_once, day, places::HERE};
use quanxiangtuo::features::coverage::service::sweep;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _};
use serde_json::{Value, json};

/// Metres of a degree of latitude on the sphere that distances are taken on.
const DEGREE_M: f64 = 111_195.08;

/// So many metres east and north of [`HERE`], WGS-84.
pub fn at(east: f64, north: f64) -> LngLat {
    let lng = HERE.lng + east / DEGREE_M / HERE.lat.to_radians().cos();
    LngLat { lng, lat: HERE.lat + north / DEGREE_M }
}

fn pair(p: LngLat) -> Value {
    json!([p.lng, p.lat])
}

/// A point so far away.
pub fn point(east: f64, north: f64) -> Value {
    json!({ "type": "Point", "coordinates": pair(at(east, north)) })
}

/// A box from west to east and south to north.
pub fn area((west, east): (f64, f64), (south, north): (f64, f64)) -> Value {
    let corners = [(west, south), (east, south), (east, north), (west, north), (west, south)];
    json!({ "type": "Polygon", "coordinates": [corners.map(|(x, y)| pair(at(x, y)))] })
}

/// A community of 洛阳镇 as a feature.
pub fn feature(code: &str, under3: impl Into<Value>, geometry: Value) -> Value {
    let mut feature = json!({ "type": "Feature", "properties": {
        "code": code, "name": format!("{code}社区"), "township": "洛阳镇", "kind": "urban", "residents": 5000,
        "under3": under3.into(), "source": "测试统计", "as_of": "2025-12-31" } });
    feature["geometry"] = geometry;
    feature
}

/// A collection.
pub fn map(features: &[Value]) -> Value {
    json!({ "type": "FeatureCollection", "features": features })
}

/// Imports in WGS-84.
pub async fn import(officer: &Client, features: &[Value]) -> Value {
    officer.post("/bureau/imports/communities?coord=wgs84", map(features)).await.ok()
}

/// Waits until everything is reckoned. The application's own job takes part.
pub async fn settled(app: &TestApp, officer: &Client) {
    for _ in 0..200 {
        sweep::compute_due(&app.ctx).await.unwrap();
        if officer.get("/bureau/coverage").await.ok()["up_to_date"] == true {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the ways are never up to date");
}

pub async fn centre_at(app: &TestApp, east: f64, north: f64) -> centres::Model {
    let p = at(east, north);
    app.centre_with(|row| (row.lng, row.lat) = (p.lng, p.lat)).await
}

/// Changes a centre as the program does: its version rises.
async fn change(app: &TestApp, centre: &centres::Model, set: impl FnOnce(&mut centres::ActiveModel)) {
    let row = centres::Entity::find_by_id(centre.id).one(app.db()).await.unwrap().unwrap();
    let mut change = centres::ActiveModel { id: Set(row.id), version: Set(row.version + 1), ..Default::default() };
    set(&mut change);
    change.update(app.db()).await.unwrap();
}

/// One centre at the middle; points at 200, 500, 760 and 800 m (ways of 260, 650, 988 and 1040 m), and a
/// strip two kilometres to the north whose samples lie at 50, 150, … 1950 m.
async fn layout(app: &TestApp, officer: &Client) -> centres::Model {
    let strip = area((-49.5, 49.5), (0.0, 1999.5));
    let features = [
        feature("a", 10, point(200.0, 0.0)),
        feature("b", 20, point(500.0, 0.0)),
        feature("c", 30, point(760.0, 0.0)),
        feature("d", 40, point(800.0, 0.0)),
        feature("e", 100, strip),
        feature("f", Value::Null, point(-5000.0, 0.0)),
    ];
    import(officer, &features).await;
    let centre = centre_at(app, 0.0, 0.0).await;
    settled(app, officer).await;
    centre
}

fn total(report: &Value) -> (i64, i64, i64, i64, i64) {
    let n = |name: &str| report["total"][name].as_i64().unwrap();
    (n("communities"), n("covered"), n("under3"), n("under3_covered"), n("under3_unknown"))
}

#[tokio::test]
async fn a_community_is_covered_when_half_of_it_is_within_reach() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let centre = layout(&app, &officer).await;

    // Within 1000 m of way: a, b, c, and 8 of the strip's 20 samples (50 to 750 m, 769 m at most).
    let report = officer.get("/bureau/coverage").await.ok();
    assert_eq!(total(&report), (6, 3, 200, 10 + 20 + 30 + 40, 1));
    assert_eq!((&report["total"]["rate"], &report["total"]["met"]), (&json!(0.5), &json!(false)));
    assert_eq!(
        (&report["method"], &report["minutes"], &report["target"]),
        (&json!("estimate"), &json!(15), &json!(0.6))
    );
    assert_eq!((&report["figures_from"], &report["figures_to"]), (&json!("2025-12-31"), &json!("2025-12-31")));
    assert_eq!(report["groups"].as_array().unwrap().len(), 1);
    assert_eq!(report["groups"][0]["figures"], report["total"]);
    // 5 minutes: 256 m; 20 minutes: 1025 m, half of the strip.
    assert_eq!(total(&officer.get("/bureau/coverage?minutes=5").await.ok()), (6, 1, 200, 10 + 15, 1));
    let twenty = officer.get("/bureau/coverage?minutes=20&by=community&limit=5").await.ok();
    assert_eq!(total(&twenty), (6, 5, 200, 10 + 20 + 30 + 40 + 50, 1));
    let strip = &twenty["groups"][4];
    assert_eq!((&strip["label"], &strip["coverage"]["share"]), (&json!("e社区"), &json!(0.5)));
    assert_eq!(strip["coverage"]["covered"], true);
    let cursor = twenty["next_cursor"].as_str().unwrap();
    let rest = officer.get(&format!("/bureau/coverage?minutes=20&by=community&limit=5&cursor={cursor}")).await.ok();
    assert_eq!((rest["groups"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
    assert_eq!(total(&rest), total(&twenty), "the total is of all pages");
    // The nearest centre of one far away is told too.
    let nearest = &rest["groups"][0]["coverage"]["nearest"];
    assert_eq!((&nearest["centre_id"], &nearest["straight_m"]), (&json!(centre.id), &json!(5000)));
    assert_eq!(nearest["minutes"], 98, "6500 m at 4 km/h are 97.5 minutes");

    let indicator = officer.get("/bureau/indicators/community_coverage").await.ok();
    assert_eq!((&indicator["numerator"], &indicator["denominator"]), (&json!(3), &json!(6)));
    assert_eq!(
        (&indicator["value"], &indicator["met"], &indicator["up_to_date"]),
        (&json!(0.5), &json!(false), &json!(true))
    );
    let source = json!([{ "source": "测试统计", "as_of": "2025-12-31", "communities": 6 }]);
    assert_eq!(indicator["sources"], source);

    let covered = officer.get("/bureau/communities?covered=true").await.ok();
    let codes: Vec<&str> = covered["items"].as_array().unwrap().iter().map(|i| i["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["a", "b", "c"]);
    let table = String::from_utf8(officer.get("/bureau/coverage.csv").await.bytes).unwrap();
    assert!(table.contains("e,e社区,洛阳镇,社区,否,5000,100,否,0.4,40,60,"), "{table}");
    assert!(officer.get("/bureau/coverage.xlsx").await.bytes.starts_with(b"PK"));
    let drawn = officer.get("/bureau/coverage.geojson?coord=wgs84").await.ok();
    assert_eq!(drawn["features"][4]["properties"]["coverage"]["share"], 0.4);
    assert_eq!(drawn["features"][4]["geometry"]["type"], "Polygon");
}

#[tokio::test]
async fn only_centres_that_are_open_to_the_community_count() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let centre = layout(&app, &officer).await;
    let covered = async |query: &str| {
        settled(&app, &officer).await;
        officer.get(&format!("/bureau/coverage?{query}")).await.ok()["total"]["covered"].as_i64().unwrap()
    };
    assert_eq!((covered("kind=private").await, covered("kind=party_neighbourhood").await), (0, 3));
    assert_eq!((covered("inclusive=true").await, covered("inclusive=false").await), (3, 0));
    assert_eq!((covered("township=东园镇").await, covered("rural=true").await), (0, 0));
    change(&app, &centre, |row| row.inclusive_until = Set(Some(day("2026-03-01")))).await;
    assert_eq!((covered("inclusive=true").await, covered("inclusive=false").await), (0, 3));
    change(&app, &centre, |row| row.filed = Set(Filed::Pending)).await;
    assert_eq!((covered("").await, covered("filed=false").await), (0, 3));
    let own = |row: &mut centres::ActiveModel| (row.filed, row.admits) = (Set(Filed::Filed), Set(Admits::OwnStaff));
    change(&app, &centre, own).await;
    assert_eq!(covered("").await, 0);
    change(&app, &centre, |row| (row.kind, row.admits) = (Set(CentreKind::Employer), Set(Admits::OwnFirst))).await;
    assert_eq!(covered("kind=employer").await, 3);
}

#[tokio::test]
async fn gaps_are_ranked_by_the_under_threes_outside() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    layout(&app, &officer).await;
    let first = officer.get("/bureau/coverage/gaps?limit=2&coord=wgs84").await.ok();
    let seen = |page: &Value| -> Vec<(String, Value)> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|gap| (gap["code"].as_str().unwrap().to_owned(), gap["under3_uncovered"].clone())).collect()
    };
    assert_eq!(seen(&first), [("e".to_owned(), json!(60)), ("d".to_owned(), json!(40))]);
    // From the end of the strip, though its middle is a kilometre off.
    assert_eq!(first["items"][0]["coverage"]["nearest"]["minutes"], 1);
    let gap = &first["items"][1];
    assert_eq!(gap["coverage"]["nearest"]["minutes"], 16);
    assert!((gap["location"]["lng"].as_f64().unwrap() - at(800.0, 0.0).lng).abs() < 1e-7);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = officer.get(&format!("/bureau/coverage/gaps?limit=2&cursor={cursor}")).await.ok();
    assert_eq!(seen(&rest), [("f".to_owned(), Value::Null)], "what has no figures comes last");
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn what_a_site_is_said_to_bring_is_what_it_brings() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let centre = layout(&app, &officer).await;
    // 1000 m up the strip it reaches 1950 − 1000 > 769: samples from 250 to 1750 m; and d is 1281 m away.
    let (strip, none) = (at(0.0, 1000.0), at(3000.0, -3000.0));
    let site = |p: LngLat, name: &str| json!({ "lng": p.lng, "lat": p.lat, "coord": "wgs84", "name": name });
    let body = json!({ "sites": [site(strip, "北"), site(none, "远")], "without": [centre.id] });
    let answer = officer.post("/bureau/coverage/what-if", body).await.ok();
    assert_eq!(answer["before"], officer.get("/bureau/coverage").await.ok()["total"]);
    let gain = &answer["sites"][0]["change"];
    // 16 samples, 50 and 150 m are the centre's: 18 of 20.
    assert_eq!((&gain["communities"], &gain["under3"]), (&json!(1), &json!(50)));
    let changed = &gain["which"][0];
    assert_eq!(
        (&changed["code"], &changed["share_before"], &changed["share_after"]),
        (&json!("e"), &json!(0.4), &json!(0.9))
    );
    assert_eq!((&changed["covered_before"], &changed["covered_after"]), (&json!(false), &json!(true)));
    let nothing = &answer["sites"][1]["change"];
    assert_eq!((&nothing["communities"], &nothing["under3"], &nothing["which"]), (&json!(0), &json!(0), &json!([])));
    let loss = &answer["without"][0];
    assert_eq!((&loss["centre_id"], &loss["counts"]), (&json!(centre.id), &json!(true)));
    assert_eq!((&loss["change"]["communities"], &loss["change"]["under3"]), (&json!(-3), &json!(-100)));
    // Together: the site's 16 samples alone.
    assert_eq!(answer["together"]["under3"], 80 - 100);
    assert_eq!(answer["together"]["communities"], 1 - 3);

    // Nothing was written by the question.
    assert_eq!(app.count(centres::Entity).await, 1);
    // And so it comes.
    centre_at(&app, 0.0, 1000.0).await;
    settled(&app, &officer).await;
    assert_eq!(officer.get("/bureau/coverage").await.ok()["total"], gain["after"]);
    change(&app, &centre, |row| row.active = Set(false)).await;
    settled(&app, &officer).await;
    assert_eq!(officer.get("/bureau/coverage").await.ok()["total"], answer["together"]["after"]);

    // What can't be asked.
    let ask = async |body: Value| officer.post("/bureau/coverage/what-if", body).await;
    ask(json!({})).await.invalid("sites");
    ask(json!({ "sites": vec![site(strip, "x"); 11] })).await.invalid("sites");
    ask(json!({ "sites": [{ "lng": 24.89, "lat": 118.79 }] })).await.invalid("sites[0]");
    ask(json!({ "sites": [site(strip, "x")], "minutes": 31 })).await.invalid("minutes");
    ask(json!({ "without": [centre.id] })).await.problem(404, "NOT_FOUND");
    ask(json!({ "without": [app.id::<CentreId>()] })).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_change_of_centres_communities_or_settings_is_reckoned() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let centre = layout(&app, &officer).await;
    let figures = async || total(&officer.get("/bureau/coverage").await.ok());
    // To the point five kilometres away, and back.
    let there = at(-5000.0, 0.0);
    change(&app, &centre, |row| (row.lng, row.lat) = (Set(there.lng), Set(there.lat))).await;
    settled(&app, &officer).await;
    assert_eq!(figures().await, (6, 1, 200, 0, 1));
    change(&app, &centre, |row| (row.lng, row.lat) = (Set(HERE.lng), Set(HERE.lat))).await;
    settled(&app, &officer).await;
    assert_eq!(figures().await, (6, 3, 200, 100, 1));
    // A community moves with an import of the same day.
    import(&officer, &[feature("f", Value::Null, point(-700.0, 0.0))]).await;
    settled(&app, &officer).await;
    assert_eq!(figures().await, (6, 4, 200, 100, 1));
    // One that ends counts no more.
    let all = officer.get("/bureau/communities").await.ok();
    let id = all["items"][0]["id"].as_str().unwrap();
    officer.post(&format!("/bureau/communities/{id}/end"), json!({ "reason": "并入 b" })).await.ok();
    settled(&app, &officer).await;
    assert_eq!(figures().await, (5, 3, 190, 90, 1));
    // A change of figures alone needs no ways.
    let ways = coverage_ways::Entity::find().all(app.db()).await.unwrap();
    import(&officer, &[feature("b", 21, point(500.0, 0.0))]).await;
    settled(&app, &officer).await;
    assert_eq!(figures().await, (5, 3, 191, 91, 1));
    assert_eq!(coverage_ways::Entity::find().all(app.db()).await.unwrap(), ways);
    // One closes, and another of its version opens elsewhere within a moment: as many, as often changed.
    let closed = centres::Entity::find_by_id(centre.id).one(app.db()).await.unwrap().unwrap();
    change(&app, &centre, |row| row.active = Set(false)).await;
    let there = at(-700.0, 0.0);
    app.centre_with(|row| (row.lng, row.lat, row.version) = (there.lng, there.lat, closed.version)).await;
    settled(&app, &officer).await;
    // f, and three samples of the strip.
    assert_eq!(figures().await, (5, 1, 191, 15, 1));
    // Somebody who walks at twice the speed.
    let fast = TestApp::spawn_with(&[("walking_speed_kmh", "8.0"), ("coverage_target", "0.5")]).await;
    let officer = fast.officer().await;
    layout(&fast, &officer).await;
    let report = officer.get("/bureau/coverage").await.ok();
    assert_eq!(total(&report), (6, 5, 200, 175, 1));
    assert_eq!(report["total"]["met"], true);
    // By order, everything again.
    let order = officer.post("/bureau/coverage/recompute", json!({})).await.expect(202);
    assert_eq!(order["centres"], 1);
    settled(&fast, &officer).await;
    assert_eq!(total(&officer.get("/bureau/coverage").await.ok()), (6, 5, 200, 175, 1));
}

#[tokio::test]
async fn two_replicas_reckon_each_centre_once_and_a_dead_one_loses_a_lease() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let features: Vec<Value> =
        (0..40).map(|n| feature(&format!("c{n:02}"), n, point(f64::from(n) * 150.0, 0.0))).collect();
    import(&officer, &features).await;
    let other = app.replica().await;
    for n in 0..12 {
        centre_at(&app, f64::from(n) * 500.0, 100.0).await;
    }
    let turns = (0..6).map(|n| sweep::compute_due(if n % 2 == 0 { &app.ctx } else { &other.ctx }));
    for turn in at_once(turns).await {
        turn.unwrap();
    }
    settled(&other, &officer).await;
    let done = coverage_centres::Entity::find().all(app.db()).await.unwrap();
    assert_eq!(done.len(), 12);
    // One claim and its end.
    assert!(done.iter().all(|row| row.revision == 2 && row.leased_until.is_none()), "{done:?}");
    let alone = officer.get("/bureau/coverage").await.ok();

    // A replica that died at a centre: nobody else takes it while its lease runs.
    let dead = coverage_centres::ActiveModel {
        centre_id: Set(done[0].centre_id),
        inputs: Set(Vec::new()),
        leased_until: Set(Some(app.clock.now() + TimeDelta::minutes(5))),
        ..Default::default()
    };
    dead.update(app.db()).await.unwrap();
    let row = centres::Entity::find_by_id(done[0].centre_id).one(app.db()).await.unwrap().unwrap();
    change(&app, &row, |_| {}).await;
    sweep::compute_due(&app.ctx).await.unwrap();
    assert_eq!(officer.get("/bureau/coverage").await.ok()["up_to_date"], false);
    app.clock.advance(TimeDelta::minutes(6));
    settled(&app, &officer).await;
    assert_eq!(officer.get("/bureau/coverage").await.ok()["total"], alone["total"]);
}

#[tokio::test]
async fn the_demonstration_shows_coverage_at_once() {
    let app = TestApp::spawn_demo().await;
    let officer = app.officer().await;
    settled(&app, &officer).await;
    let report = officer.get("/bureau/coverage").await.ok();
    assert_eq!(report["groups"].as_array().unwrap().len(), 4);
    let (communities, covered, under3, inside, _) = total(&report);
    assert!(communities >= 15 && covered > 3 && covered < communities, "{report:#}");
    assert!(0 < inside && inside < under3);
    let gaps = officer.get("/bureau/coverage/gaps").await.ok();
    assert!(gaps["items"].as_array().unwrap().len() > 2);
    let listed = officer.get("/bureau/communities").await.ok();
    assert!(listed["items"].as_array().unwrap().iter().all(|c| c["name"].as_str().unwrap().ends_with("（演示）")));
}
