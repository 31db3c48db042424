//! Communities: import, export, change, end.

use entity::{communities, community_versions};
use harness::{TestApp, unknown_id};
use reqwest::Method;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use crate::coverage::{area, at, feature, import, map, point};

const IMPORT: &str = "/bureau/imports/communities";

#[tokio::test]
async fn an_import_is_whole_or_nothing_and_names_every_problem() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let good = feature("good", 10, point(0.0, 0.0));
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut bad = feature("bad", 10, point(0.0, 0.0));
        change(&mut bad);
        bad
    };
    let square = |from: f64, to: f64| {
        json!([[from, from], [to, from], [to, to], [from, to], [from, from]].map(|[x, y]| [118.79 + x, 24.89 + y]))
    };
    let twice = [square(0.0, 0.01), square(0.002, 0.004), square(0.002, 0.004)];
    let bow = json!([[[118.79, 24.89], [118.8, 24.9], [118.8, 24.89], [118.79, 24.9], [118.79, 24.89]]]);
    let features = [
        good.clone(),
        changed(&|f| f["properties"]["township"] = json!("别处镇")),
        changed(&|f| {
            f["properties"]["under3"] = json!(-1);
            f["properties"]["as_of"] = json!("昨天");
        }),
        changed(&|f| f["properties"]["under3"] = json!(5001)),
        changed(&|f| f["geometry"] = json!({ "type": "Polygon", "coordinates": bow })),
        changed(&|f| f["geometry"] = json!({ "type": "Polygon", "coordinates": twice })),
        changed(&|f| f["geometry"]["coordinates"] = json!([24.89, 118.79])),
        changed(&|f| f["geometry"] = Value::Null),
        changed(&|f| f["properties"]["name"] = Value::Null),
        changed(&|f| f["properties"] = json!([])),
        changed(&|f| f["type"] = json!("Point")),
        json!(7),
        good.clone(),
    ];
    let fields = [
        "features[1].properties.township",
        "features[2].properties.under3",
        "features[2].properties.as_of",
        "features[3].properties.under3",
        "features[4].geometry",
        "features[5].geometry",
        "features[6].geometry",
        "features[7].geometry",
        "features[8].properties.name",
        "features[9].properties",
        "features[10].type",
        "features[11]",
        "features[12].properties.code",
    ];
    for dry in ["true", "false"] {
        let path = format!("{IMPORT}?coord=wgs84&dry_run={dry}");
        let problem = officer.post(&path, map(&features)).await.invalid(fields[0]);
        let named: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields);
        assert_eq!(problem["problems"], fields.len());
        assert!(problem["errors"].as_array().unwrap().iter().all(|e| !e["detail"].as_str().unwrap().is_ascii()));
    }
    assert_eq!(app.count(communities::Entity).await, 0);

    let dry = officer.post(&format!("{IMPORT}?coord=wgs84&dry_run=true"), map(std::slice::from_ref(&good))).await.ok();
    assert_eq!(dry, json!({ "dry_run": true, "features": 1, "created": 1, "updated": 0, "unchanged": 0 }));
    assert_eq!(app.count(communities::Entity).await, 0);
    assert_eq!(import(&officer, std::slice::from_ref(&good)).await["created"], 1);
    assert_eq!(import(&officer, std::slice::from_ref(&good)).await["unchanged"], 1);
    // Sent again under the same key it is answered as the first time.
    let next = map(&[feature("next", Value::Null, point(10.0, 0.0))]);
    let path = format!("{IMPORT}?coord=wgs84");
    let first = officer.post_once(&path, "import-once", next.clone()).await.ok();
    let again = officer.post_once(&path, "import-once", next.clone()).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first));
    // The same points of another system are another request.
    let other = officer.post_once(&format!("{IMPORT}?coord=bd09"), "import-once", next).await;
    other.problem(422, "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn each_system_is_stored_as_the_same_place_and_the_export_goes_back_in() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let strip = area((0.0, 300.0), (0.0, 250.0));
    import(&officer, &[feature("a", 10, point(123.0, 45.0)), feature("b", Value::Null, strip.clone())]).await;
    let stored = communities::Entity::find().all(app.db()).await.unwrap();
    for coord in ["gcj02", "wgs84", "bd09"] {
        let export = officer.get(&format!("/bureau/communities.geojson?coord={coord}")).await;
        assert_eq!(harness::client::content_type(&export.headers).as_deref(), Some("application/geo+json"));
        assert_eq!(export.body["coord"], coord);
        let drawn = officer.get(&format!("/bureau/coverage.geojson?coord={coord}")).await.ok();
        assert_eq!(drawn["coord"], coord);
        let first = &export.body["features"][0]["geometry"]["coordinates"];
        let east = first[0].as_f64().unwrap() - at(123.0, 45.0).lng;
        assert_eq!(east.abs() < 1e-7, coord == "wgs84", "{coord}: {east}");
        let headers = [("Content-Type", "application/geo+json")];
        let path = format!("{IMPORT}?coord={coord}");
        let back = officer.send_bytes(Method::POST, &path, Some(export.bytes), &headers).await.ok();
        assert_eq!((&back["unchanged"], &back["updated"]), (&json!(2), &json!(0)), "{coord}");
    }
    assert_eq!(communities::Entity::find().all(app.db()).await.unwrap(), stored);
    // Not said: GCJ-02, as phones have it, some 560 m from the same numbers in WGS-84.
    officer.post(IMPORT, map(&[feature("a", 10, point(123.0, 45.0))])).await.ok();
    let moved = officer.get("/bureau/communities?coord=gcj02").await.ok();
    assert!((moved["items"][0]["location"]["lng"].as_f64().unwrap() - at(123.0, 45.0).lng).abs() < 1e-7);
    assert_eq!(moved["items"][0]["version"], 2);
}

#[tokio::test]
async fn a_map_that_names_another_system_than_its_query_is_refused() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let named = |member: &str, value: Value| {
        let mut named = map(&[feature("a", 10, point(0.0, 0.0))]);
        named[member] = value;
        named
    };
    for (query, word) in [("", "wgs84"), ("?coord=gcj02", "bd09"), ("?coord=wgs84", "gcj02")] {
        let problem = officer.post(&format!("{IMPORT}{query}"), named("coord", json!(word))).await.invalid("coord");
        let told = problem["detail"].as_str().unwrap();
        let asked = query.strip_prefix("?coord=").unwrap_or("gcj02");
        assert!(told.contains(word) && told.contains(asked), "{told}");
    }
    officer.post(IMPORT, named("coord", json!(4490))).await.invalid("coord");
    for crs in [Value::Null, json!({ "type": "name", "properties": { "name": "urn:ogc:def:crs:OGC:1.3:CRS84" } })] {
        officer.post(&format!("{IMPORT}?coord=wgs84"), named("crs", crs.clone())).await.invalid("crs");
        // GeoJSON of 2008 let every object name its own.
        let (mut a, mut b) = (feature("a", 10, point(0.0, 0.0)), feature("b", 10, point(0.0, 0.0)));
        a["crs"] = crs.clone();
        b["geometry"]["crs"] = crs;
        let good = feature("c", 10, point(0.0, 0.0));
        let problem =
            officer.post(&format!("{IMPORT}?coord=wgs84"), map(&[good, a, b])).await.invalid("features[1].crs");
        assert_eq!(problem["errors"][1]["field"], "features[2].geometry.crs");
        assert_eq!(problem["problems"], 2);
        assert!(problem["detail"].as_str().unwrap().starts_with("features[1].crs"), "{problem}");
    }
    assert_eq!(app.count(communities::Entity).await, 0);
    officer.post(&format!("{IMPORT}?coord=bd09"), named("coord", json!("bd09"))).await.ok();
    officer.post(IMPORT, named("coord", json!("gcj02"))).await.ok();
}

#[tokio::test]
async fn a_hole_that_touches_its_ring_goes_out_and_back_in_as_phones_have_it() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let (w, s, e, n) = (118.7033, 24.8509, 118.7113, 24.8589);
    let outer = json!([[w, s], [e, s], [e, n], [w, n], [w, s]]);
    let hole = json!([[w, 24.8549], [118.7053, 24.8539], [118.7053, 24.8559], [w, 24.8549]]);
    let touching = json!({ "type": "Polygon", "coordinates": [outer, hole] });
    assert_eq!(import(&officer, &[feature("a", 10, touching)]).await["created"], 1);
    let export = officer.get("/bureau/communities.geojson").await;
    let headers = [("Content-Type", "application/geo+json")];
    // As programs on Windows and programs of maps save it.
    let text = String::from_utf8(export.bytes).unwrap().replace("\"residents\":5000,", "\"residents\":5000.0,");
    assert!(text.contains("5000.0"));
    let saved = [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat();
    let back = officer.send_bytes(Method::POST, IMPORT, Some(saved), &headers).await.ok();
    assert_eq!((&back["unchanged"], &back["updated"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn former_figures_are_kept_and_older_ones_refused() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    import(&officer, &[feature("a", 10, point(0.0, 0.0))]).await;
    let mut later = feature("a", 12, point(0.0, 0.0));
    later["properties"]["as_of"] = json!("2026-02-28");
    assert_eq!(import(&officer, &[later]).await["updated"], 1);
    let refused = officer.post(&format!("{IMPORT}?coord=wgs84"), map(&[feature("a", 10, point(0.0, 0.0))])).await;
    refused.invalid("features[0].properties.as_of");

    // Nor figures of a day to come: every correction would be older.
    for (code, dry) in [("a", "false"), ("new", "false"), ("new", "true")] {
        let mut typo = feature(code, 10, point(0.0, 0.0));
        typo["properties"]["as_of"] = json!("2062-11-01");
        let refused = officer.post(&format!("{IMPORT}?coord=wgs84&dry_run={dry}"), map(&[typo])).await;
        let told = refused.invalid("features[0].properties.as_of");
        assert_eq!(told["errors"][0]["code"], "in_the_future");
    }

    let id = officer.get("/bureau/communities").await.text("/items/0/id");
    let path = format!("/bureau/communities/{id}");
    officer.patch(&path, json!({ "as_of": "2025-01-01" })).await.invalid("as_of");
    officer.patch(&path, json!({ "as_of": "2026-03-03" })).await.invalid("as_of");
    officer.patch(&path, json!({ "under3": 5001 })).await.invalid("under3");
    officer.patch(&path, json!({ "township": "别处镇" })).await.invalid("township");
    let body = json!({ "name": "新名社区", "kind": "village", "rural": true, "residents": null, "under3": 13 });
    let changed = officer.patch(&path, body).await.ok();
    assert_eq!(
        (&changed["version"], &changed["residents"], &changed["rural"]),
        (&json!(3), &Value::Null, &json!(true))
    );
    officer.patch(&path, json!({})).await.ok();
    let states = community_versions::Entity::find().all(app.db()).await.unwrap();
    let mut kept: Vec<_> = states.iter().map(|row| (row.version, row.under3, row.as_of.to_string())).collect();
    kept.sort();
    let of = |n, under3, as_of: &str| (n, Some(under3), as_of.to_owned());
    assert_eq!(kept, [of(1, 10, "2025-12-31"), of(2, 12, "2026-02-28"), of(3, 13, "2026-02-28")]);
    assert!(states.iter().all(|row| row.staff_id.is_some()));

    officer.post(&format!("{path}/end"), json!({ "reason": "并入", "on": "2026-03-03" })).await.invalid("on");
    officer.post(&format!("{path}/end"), json!({})).await.invalid("reason");
    let ended = officer.post(&format!("{path}/end"), json!({ "reason": "并入", "on": "2026-03-01" })).await.ok();
    assert_eq!(ended["ended_on"], "2026-03-01");
    officer.post(&format!("{path}/end"), json!({ "reason": "并入" })).await.problem(409, "WRONG_STATE");
    officer.patch(&path, json!({ "under3": 1 })).await.problem(409, "WRONG_STATE");
    let mut again = feature("a", 10, point(0.0, 0.0));
    again["properties"]["as_of"] = json!("2026-03-01");
    let refused = officer.post(&format!("{IMPORT}?coord=wgs84"), map(&[again])).await;
    refused.invalid("features[0].properties.code");
    assert_eq!(officer.get("/bureau/communities").await.ok()["items"], json!([]));
    assert_eq!(officer.get("/bureau/communities?ended=true").await.ok()["items"][0]["code"], "a");
    let nobody = unknown_id::<entity::CommunityId>();
    officer.patch(&format!("/bureau/communities/{nobody}"), json!({})).await.problem(404, "NOT_FOUND");

    let audit = officer.get("/bureau/audit").await.ok();
    let actions: Vec<&str> = audit["items"].as_array().unwrap().iter().map(|r| r["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["community.end", "community.change", "community.import", "community.import"]);
}

#[tokio::test]
async fn hostile_maps_are_refused_and_large_ones_taken() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let headers = [("Content-Type", "application/json")];
    let send = async |body: Vec<u8>| officer.send_bytes(Method::POST, IMPORT, Some(body), &headers).await;
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"type":"FeatureCollection"}"#,
        r#"{"type":"FeatureCollection","features":{}}"#,
    ] {
        assert_eq!(send(body.as_bytes().to_vec()).await.status, 400, "{body}");
    }
    send(br#"{"type":"FeatureCollection","features":[]}"#.to_vec()).await.invalid("features");
    send(br#"{"type":"Feature","features":[]}"#.to_vec()).await.invalid("type");
    let deep = format!(r#"{{"type":"FeatureCollection","features":[{}1{}]}}"#, "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(send(deep.into_bytes()).await.status, 400);
    let ring: Vec<_> = (0..3000).map(|n| json!([118.0 + f64::from(n % 1000) / 1e4, 24.0])).collect();
    let many = feature("many", 1, json!({ "type": "Polygon", "coordinates": [ring] }));
    officer.post(IMPORT, map(&[many])).await.invalid("features[0].geometry");
    for (lng, lat) in [(200.0, 24.0), (-118.0, 24.0), (118.0, 89.0), (0.0, 0.0)] {
        let bad = feature("far", 1, json!({ "type": "Point", "coordinates": [lng, lat] }));
        officer.post(IMPORT, map(&[bad])).await.invalid("features[0].geometry");
    }
    let wrong = officer.send_bytes(Method::POST, IMPORT, Some(b"x".to_vec()), &[("Content-Type", "text/plain")]).await;
    wrong.problem(415, "UNSUPPORTED_MEDIA_TYPE");
    // Longer than any other body may be, and more problems than are named.
    let crowd: Vec<Value> = (0..1_000).map(|n| feature(&format!("c{n:04}"), 1, point(f64::from(n), 0.0))).collect();
    assert_eq!(import(&officer, &crowd).await["created"], 1_000);
    let bad: Vec<Value> = (0..300).map(|n| feature(&format!("d{n}"), -1, point(0.0, 0.0))).collect();
    let problem = officer.post(IMPORT, map(&bad)).await.invalid("features[0].properties.under3");
    assert_eq!((problem["errors"].as_array().unwrap().len(), &problem["problems"]), (200, &json!(300)));
    let blank = vec![b' '; 8 * 1024 * 1024 + 1];
    let problem = send(blank).await.problem(413, "BODY_TOO_LARGE");
    assert_eq!(problem["most_bytes"], 8 * 1024 * 1024);
    let too_many: Vec<Value> = (0..5_001).map(|_| json!(0)).collect();
    officer.post(IMPORT, map(&too_many)).await.invalid("features");
}

#[tokio::test]
async fn communities_and_their_coverage_are_the_bureaus() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let callers = [app.carer(place.centre.id).await, app.manager(place.centre.id).await, app.a_family().await.client];
    for client in callers {
        for path in [
            "/bureau/communities",
            "/bureau/communities.geojson",
            "/bureau/coverage",
            "/bureau/coverage.csv",
            "/bureau/coverage/gaps",
            "/bureau/indicators/community_coverage",
        ] {
            client.get(path).await.problem(403, "FORBIDDEN");
        }
        client.post(IMPORT, map(&[])).await.problem(403, "FORBIDDEN");
        client.post("/bureau/coverage/what-if", json!({})).await.problem(403, "FORBIDDEN");
        client.post("/bureau/coverage/recompute", json!({})).await.problem(403, "FORBIDDEN");
    }
    app.anonymous().get("/bureau/coverage").await.problem(401, "NOT_SIGNED_IN");
    let officer = app.officer().await;
    let empty = officer.get("/bureau/coverage").await.ok();
    assert_eq!((&empty["total"]["rate"], &empty["groups"]), (&Value::Null, &json!([])));
    for query in ["minutes=0", "minutes=31", "minutes=-1"] {
        officer.get(&format!("/bureau/coverage?{query}")).await.invalid("minutes");
    }
    officer.get("/bureau/coverage?township=别处镇").await.invalid("township");
    officer.get("/bureau/coverage?by=street").await.invalid("by");
    officer.get("/bureau/coverage?by=community&cursor=x").await.invalid("cursor");
    officer.get("/bureau/coverage/gaps?cursor=e30").await.invalid("cursor");
    officer.get("/bureau/coverage?by=township&cursor=x").await.invalid("cursor");
    officer.get("/bureau/coverage?by=township&limit=0").await.invalid("limit");

    // Townships come in pages too, and the total is of all.
    let mut other = feature("b", 7, point(0.0, 0.0));
    other["properties"]["township"] = json!("东园镇");
    import(&officer, &[feature("a", 5, point(0.0, 0.0)), other]).await;
    let all = officer.get("/bureau/coverage?by=township").await.ok();
    assert_eq!((all["groups"].as_array().unwrap().len(), &all["next_cursor"]), (2, &Value::Null));
    let first = officer.get("/bureau/coverage?by=township&limit=1").await.ok();
    let next = first["next_cursor"].as_str().unwrap();
    let last = officer.get(&format!("/bureau/coverage?by=township&limit=1&cursor={next}")).await.ok();
    assert_eq!(json!([first["groups"][0], last["groups"][0]]), all["groups"]);
    assert_eq!((&last["groups"][1], &last["next_cursor"]), (&Value::Null, &Value::Null));
    assert_eq!((&first["total"], &last["total"]), (&all["total"], &all["total"]));
    let communities = officer.get("/bureau/coverage?by=community&limit=1").await.text("/next_cursor");
    officer.get(&format!("/bureau/coverage?by=township&cursor={communities}")).await.invalid("cursor");
}
