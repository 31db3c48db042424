//! Searching centres, their pages, their free places.

use entity::{Band, CareType, CentreKind, VisitStatus};
use harness::{TestApp, day, hm, places::HERE};
use quanxiangtuo::features::centres::coords::Coord;
use serde_json::{Value, json};

/// The point of the centres, as a phone in China reports it.
fn here(more: &str) -> String {
    let p = Coord::Gcj02.from_wgs84(HERE);
    format!("/api/v1/centres?lng={}&lat={}{more}", p.lng, p.lat)
}

fn names(reply: &Value) -> Vec<&str> {
    reply["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// About so many metres to the north, in degrees.
const fn north(metres: f64) -> f64 {
    metres / 111_195.0
}

#[actix_web::test]
async fn the_circle_holds_what_is_fifteen_minutes_away_by_street_nearest_first() {
    let app = TestApp::spawn().await;
    // 1000 m of street are 769 m as the crow flies, at the detour of 1.3.
    for (name, metres) in [("远", 780.0), ("近", 100.0), ("中", 760.0)] {
        app.place_with(10, 2, |c| {
            c.name = name.to_owned();
            c.lat += north(metres);
        })
        .await;
    }
    let found = app.anonymous().get(&here("")).await.ok();
    assert_eq!(names(&found), ["近", "中"]);
    let walk = &found["items"][0]["walk"];
    assert_eq!((walk["minutes"].as_i64(), walk["distance_m"].as_i64()), (Some(2), Some(130)), "{walk}");
    assert_eq!(walk["method"], "estimate");
    assert_eq!(names(&app.anonymous().get(&here("&minutes=16")).await.ok()), ["近", "中", "远"]);
    assert_eq!(names(&app.anonymous().get(&here("&minutes=5")).await.ok()), ["近"]);
    // The same numbers read as WGS-84 are half a kilometre off: the far one is near then.
    let p = Coord::Gcj02.from_wgs84(HERE);
    let as_wgs =
        app.anonymous().get(&format!("/api/v1/centres?lng={}&lat={}&coord=wgs84&minutes=60", p.lng, p.lat)).await.ok();
    assert_ne!(as_wgs["items"][0]["walk"]["distance_m"], 130);
}

#[actix_web::test]
async fn a_point_comes_back_in_the_system_that_was_asked_for() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    for coord in [Coord::Gcj02, Coord::Wgs84, Coord::Bd09] {
        let expected = coord.from_wgs84(HERE);
        let query = format!("lng={}&lat={}&coord={}", expected.lng, expected.lat, coord.as_str());
        for location in [
            &app.anonymous().get(&format!("/api/v1/centres?{query}")).await.ok()["items"][0]["location"],
            &app.anonymous().get(&format!("/api/v1/centres/{}?{query}", place.id())).await.ok()["location"],
        ] {
            assert_eq!(location["coord"], coord.as_str());
            assert!((location["lng"].as_f64().unwrap() - expected.lng).abs() < 1e-7, "{location}");
            assert!((location["lat"].as_f64().unwrap() - expected.lat).abs() < 1e-7, "{location}");
        }
    }
}

#[actix_web::test]
async fn filters_all_hold_at_once() {
    let app = TestApp::spawn().await;
    app.place_with(10, 2, |c| c.name = "甲".to_owned()).await;
    app.place_with(10, 2, |c| {
        c.name = "乙".to_owned();
        c.kind = CentreKind::Community;
        c.township = "东园镇".to_owned();
        c.inclusive_from = None;
        c.address = "东园镇滨海路8号".to_owned();
    })
    .await;
    for (query, expected) in [
        ("&kind=community", vec!["乙"]),
        ("&township=洛阳镇", vec!["甲"]),
        ("&inclusive=true", vec!["甲"]),
        ("&inclusive=false", vec!["乙"]),
        ("&q=滨海", vec!["乙"]),
        ("&q=甲&kind=community", vec![]),
        ("&age_months=18", vec!["甲", "乙"]),
        ("&age_months=24", vec![]),
        ("&age_months=11", vec![]),
        ("&care_type=hourly&age_months=23&township=东园镇", vec!["乙"]),
        ("&voucher=true", vec![]),
    ] {
        let reply = app.anonymous().get(&here(query)).await.ok();
        let mut got = names(&reply);
        got.sort_by_key(|name| *name == "乙");
        assert_eq!(got, expected, "{query}");
    }
    app.campaign().await;
    app.reload_catalogue().await;
    assert_eq!(
        names(&app.anonymous().get(&here("&voucher=true")).await.ok()),
        ["甲"],
        "only filed and inclusive centres"
    );
}

#[actix_web::test]
async fn with_a_date_only_centres_with_a_free_place_are_found() {
    let app = TestApp::spawn().await;
    let place = app.place_with(2, 1, |_| {}).await;
    let monday = day("2026-03-09");
    let families = app.many_families(2).await;
    let search = |more: &str| here(&format!("&care_type=hourly&age_months=18&date=2026-03-09{more}"));
    let free = async |more: &str| app.anonymous().get(&search(more)).await.ok()["items"][0]["free_places"].as_i64();
    assert_eq!(free("").await, Some(2));
    app.visit_with(&place, &families[0], monday, VisitStatus::Expected, |v| {
        (v.from_min, v.to_min) = (hm(9, 0), hm(11, 0));
    })
    .await;
    app.visit_with(&place, &families[1], monday, VisitStatus::Expected, |v| {
        (v.from_min, v.to_min) = (hm(10, 30), hm(12, 0));
    })
    .await;
    assert_eq!(free("&from=09:00&to=10:30").await, Some(1));
    assert_eq!(free("&from=10:30&to=11:00").await, None, "both places are held");
    assert_eq!(free("").await, None, "the day has a full half-hour");
    assert_eq!(free("&half=afternoon").await, Some(2));
    assert_eq!(free("&from=17:30&to=18:30").await, None, "past closing");
    // Sunday.
    assert!(names(&app.anonymous().get(&here("&date=2026-03-08")).await.ok()).is_empty());
    // An absence gives the place back; fewer carers take it.
    app.roster(place.class.id, day("2026-03-10"), hm(7, 30), hm(12, 0), 1).await;
    assert!(names(&app.anonymous().get(&here("&date=2026-03-10&half=afternoon")).await.ok()).is_empty(), "no carer");
}

#[actix_web::test]
async fn only_what_could_be_booked_now_is_found() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let horizon = i64::from(place.offer(CareType::FullDay).horizon_days);
    let last = app.clock.today() + chrono::TimeDelta::days(horizon);
    // Monday 09:00; the centre opened at 07:30.
    for (query, found) in [
        ("&care_type=full_day&date=2026-03-02".to_owned(), false),
        ("&care_type=temporary&date=2026-03-02".to_owned(), true),
        ("&care_type=hourly&date=2026-03-02&from=08:00&to=10:00".to_owned(), false),
        ("&care_type=hourly&date=2026-03-02&from=10:00&to=12:00".to_owned(), true),
        ("&care_type=half_day&half=morning&date=2026-03-02".to_owned(), false),
        ("&care_type=half_day&half=afternoon&date=2026-03-02".to_owned(), true),
        (format!("&date={}", last + chrono::TimeDelta::days(7)), false),
        ("&date=2026-02-27".to_owned(), false),
    ] {
        let reply = app.anonymous().get(&here(&query)).await.ok();
        assert_eq!(!names(&reply).is_empty(), found, "{query}");
    }
    app.anonymous().get(&here("&date=2026-03-03&from=09:10&to=10:00")).await.invalid("from");
}

#[actix_web::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let app = TestApp::spawn().await;
    for i in 0..7 {
        // Pairs at the same distance: the id decides.
        app.centre_with(|c| c.lat += north(f64::from(i / 2) * 50.0)).await;
    }
    app.reload_catalogue().await;
    let whole = app.anonymous().get(&here("&limit=100")).await.ok();
    let paged = pages(&app, "&limit=3").await;
    assert_eq!(paged, names(&whole));
    assert_eq!(paged.len(), 7);
    // A cursor of one order says nothing in another.
    let page = app.anonymous().get(&here("&limit=3")).await.ok();
    let other = format!("&limit=3&sort=price&cursor={}", page["next_cursor"].as_str().unwrap());
    app.anonymous().get(&here(&other)).await.invalid("cursor");
}

/// The names on all pages of a search.
async fn pages(app: &TestApp, query: &str) -> Vec<String> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = app.anonymous().get(&here(&format!("{query}{next}"))).await.ok();
        all.extend(names(&page).into_iter().map(str::to_owned));
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return all,
        }
    }
}

#[actix_web::test]
async fn pages_of_a_date_pass_over_the_full_centres() {
    let app = TestApp::spawn().await;
    let mut free = Vec::new();
    for i in 0..13 {
        let place = app
            .place_with(1, 1, |c| {
                c.name = format!("第{i}园");
                c.lat += north(f64::from(i) * 30.0);
            })
            .await;
        // The first eight are full but for the fourth: more than a page has to be looked at.
        if i < 8 && i != 3 {
            app.roster(place.class.id, day("2026-03-09"), hm(7, 30), hm(18, 30), 0).await;
        } else {
            free.push(place.centre.name.clone());
        }
    }
    let query = "&care_type=hourly&date=2026-03-09&from=09:00&to=11:00";
    for limit in [1, 2, 5, 6, 7, 100] {
        assert_eq!(pages(&app, &format!("{query}&limit={limit}")).await, free, "{limit} a page");
    }
}

#[actix_web::test]
async fn a_bad_search_names_the_field() {
    let app = TestApp::spawn().await;
    for (query, field) in [
        ("lng=118.79", "lat"),
        ("lat=24.89", "lng"),
        ("lng=180.01&lat=24", "lng"),
        ("lng=118&lat=-90.5", "lat"),
        ("lng=NaN&lat=24", "lng"),
        ("lng=inf&lat=24", "lng"),
        ("lng=x&lat=24", "lng"),
        ("coord=utm", "coord"),
        ("minutes=0", "minutes"),
        ("minutes=-1", "minutes"),
        ("minutes=%2B5", "minutes"),
        ("age_months=37", "age_months"),
        ("age_months=-1", "age_months"),
        ("age_months=99999999999999999999", "age_months"),
        ("limit=101", "limit"),
        ("limit=0", "limit"),
        ("limit=2&limit=3", "limit"),
        ("cursor=zzz", "cursor"),
        ("kind=castle", "kind"),
        ("date=2026-02-30", "date"),
        ("from=08:00&to=09:00", "date"),
        ("date=2026-03-09&from=09:00&to=08:00", "to"),
        ("date=2026-03-09&from=08:00", "to"),
        ("date=2026-03-09&to=08:00", "from"),
        ("date=2026-03-09&half=morning&from=08:00&to=09:00", "half"),
        ("sort=walk", "sort"),
        ("mode=boat", "mode"),
        ("mode=cycle&pushchair=true", "pushchair"),
        ("q=%00", "q"),
    ] {
        app.anonymous().get(&format!("/api/v1/centres?{query}")).await.invalid(field);
    }
}

#[actix_web::test]
async fn availability_shows_every_day_with_its_reason() {
    let app = TestApp::spawn().await;
    let place = app.place_with(5, 1, |_| {}).await;
    let toddlers = app.class(place.centre.id, Band::ToddlerBig, 7, 1).await;
    let family = app.family("mother").await;
    app.visit_with(&place, &family, day("2026-03-04"), VisitStatus::Expected, |v| {
        (v.from_min, v.to_min) = (hm(9, 0), hm(11, 0));
    })
    .await;
    app.visit_with(&place, &family, day("2026-03-05"), VisitStatus::Absent, |_| {}).await;
    app.special_day(place.centre.id, day("2026-03-06"), None).await;
    app.reload_catalogue().await;
    let url = format!("/api/v1/centres/{}/availability?start_date=2026-03-04&end_date=2026-03-07", place.id());
    let all = app.anonymous().get(&url).await.ok();
    assert_eq!(all["days"].as_array().unwrap().len(), 4);
    assert_eq!(all["days"][0]["classes"].as_array().unwrap().len(), 2);
    let own = app.anonymous().get(&format!("{url}&class_id={}", place.class_id())).await.ok();
    let wednesday = &own["days"][0]["classes"][0];
    assert_eq!(wednesday["free_all_day"], 4);
    let spans: Vec<_> = wednesday["spans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["from"].as_str().unwrap(), s["to"].as_str().unwrap(), s["free"].as_i64().unwrap()))
        .collect();
    assert_eq!(spans, [("07:30", "09:00", 5), ("09:00", "11:00", 4), ("11:00", "18:00", 5)]);
    assert_eq!(own["days"][1]["classes"][0]["free_all_day"], 5, "a told absence gives the place back");
    for (day, closed) in [(2, true), (3, true), (0, false)] {
        assert_eq!(own["days"][day]["open"].is_null(), closed);
        assert_eq!(own["days"][day]["reason"].is_string(), closed);
    }
    let young = app.anonymous().get(&format!("{url}&age_months=30")).await.ok();
    assert_eq!(young["days"][0]["classes"][0]["class_id"], toddlers.id.to_string());
    for (query, field) in [
        ("start_date=2026-03-04&end_date=2026-03-03", "end_date"),
        ("start_date=2026-03-01&end_date=2026-06-01", "end_date"),
    ] {
        app.anonymous().get(&format!("/api/v1/centres/{}/availability?{query}", place.id())).await.invalid(field);
    }
    app.anonymous()
        .get(&format!("/api/v1/centres/{}", harness::people::unknown_id::<entity::CentreId>()))
        .await
        .problem(404, "NOT_FOUND");
}

#[actix_web::test]
async fn a_page_shows_offers_and_terms_and_a_change_is_seen_on_every_replica() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let replica = app.replica().await;
    let url = format!("/api/v1/centres/{}", place.id());
    let page = app.anonymous().get(&url).await.ok();
    assert_eq!(page["hours"].as_array().unwrap().len(), 5);
    assert_eq!(page["offers"].as_array().unwrap().len(), 4);
    assert_eq!(page["classes"][0]["max_months"], 24);
    let offer = page["offers"].as_array().unwrap().iter().find(|o| o["care_type"] == "hourly").unwrap();
    assert_eq!(offer["price_fen"], place.offer(CareType::Hourly).price_fen.0);
    use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, IntoActiveModel as _};
    let mut row = place.centre.clone().into_active_model();
    row.name = Set("改名后的托育点".to_owned());
    row.version = Set(place.centre.version + 1);
    row.changed_at = Set(app.clock.now());
    row.update(app.db()).await.unwrap();
    for app in [&app, &replica] {
        let mut tries = 0;
        while app.anonymous().get(&url).await.ok()["name"] != "改名后的托育点" {
            tries += 1;
            assert!(tries < 200, "the change was not seen");
            app.ctx.catalogue.refresh(app.db(), &app.clock).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_search_with_a_date_may_be_a_moment_old_but_not_after_ones_own_booking() {
    let app = TestApp::spawn_with(&[("search_places_ms", "600000")]).await;
    let (place, families) = (app.place_with(2, 1, |_| {}).await, app.many_families(2).await);
    let path = "/centres?lng=118.79&lat=24.89&coord=wgs84&minutes=60&date=2026-03-04&care_type=full_day";
    let free = async || {
        let found = families[0].client.get(path).await.ok();
        let item = found["items"].as_array().unwrap().iter().find(|item| item["id"] == place.id()).cloned();
        item.map_or(0, |item| item["free_places"].as_i64().unwrap())
    };
    assert_eq!(free().await, 2);
    // Behind this replica's back: seen when what it remembers has lived.
    app.visit(&place, &families[1], harness::day("2026-03-04"), entity::VisitStatus::Expected).await;
    assert_eq!(free().await, 2);
    // Its own booking is seen at once, and with it what it had missed; cancelled, the place is free.
    let body = json!({ "child_id": families[0].child(), "centre_id": place.id(), "care_type": "full_day",
        "start_date": "2026-03-04" });
    let booking = families[0].client.post("/bookings", body).await.created();
    assert_eq!(free().await, 0);
    families[0].client.post(&format!("/bookings/{}/cancel", booking["id"].as_str().unwrap()), json!({})).await.ok();
    assert_eq!(free().await, 1);
}
