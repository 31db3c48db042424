//! The centres in memory: found by text, fresh after a change, right on the next day.

use chrono::TimeDelta;
use entity::{VisitStatus, centres};
use harness::{TestApp, day, places::HERE};
use reqwest::Method;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, IntoActiveModel as _};
use serde_json::Value;

fn names(reply: &Value) -> Vec<&str> {
    reply["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// Around the centres, a long way.
fn around(more: &str) -> String {
    format!("/api/v1/centres?lng={}&lat={}&coord=wgs84&minutes=60{more}", HERE.lng, HERE.lat)
}

#[actix_web::test]
async fn centres_are_found_by_a_part_of_their_texts_and_by_pinyin() {
    let app = TestApp::spawn().await;
    for (name, address) in [
        ("洛阳镇中心托育园", "泉州市台商投资区洛阳镇惠南路1号"),
        ("重庆路ABC托育园", "泉州市台商投资区东园镇重庆路2号"),
        ("泉享托长乐园", "泉州市台商投資區張坂鎮呂厝路3號"),
    ] {
        app.centre_with(|c| (c.name, c.address) = (name.to_owned(), address.to_owned())).await;
    }
    app.reload_catalogue().await;
    let (luoyang, chongqing, changle) = ("洛阳镇中心托育园", "重庆路ABC托育园", "泉享托长乐园");
    for (text, mut expected) in [
        ("心托", vec![luoyang]),
        ("路2", vec![chongqing]),
        ("abc", vec![chongqing]),
        ("Abc托", vec![chongqing]),
        ("lyz", vec![luoyang]),
        ("LYZ", vec![luoyang]),
        ("luoyang", vec![luoyang]),
        ("luoyz", vec![luoyang]),
        // A character with two readings is found by both.
        ("cql", vec![chongqing]),
        ("zhongqing", vec![chongqing]),
        ("cly", vec![changle]),
        ("zhangle", vec![changle]),
        ("qxt", vec![changle]),
        ("lvcuo", vec![changle]),
        ("台商投资区", vec![luoyang, chongqing, changle]),
        ("tstzq", vec![luoyang, chongqing, changle]),
        // In traditional characters what is written in simplified ones, and the other way round.
        ("重慶路", vec![chongqing]),
        ("託育園", vec![luoyang, chongqing]),
        ("张坂镇", vec![changle]),
        ("張坂镇", vec![changle]),
        // Not across the end of the name, and not by a single letter.
        ("园泉", vec![]),
        ("xyz", vec![]),
        ("l", vec![]),
    ] {
        expected.sort_unstable();
        for path in [around(&format!("&q={text}")), format!("/api/v1/centres?q={text}")] {
            let reply = app.anonymous().get(&path).await.ok();
            let mut got = names(&reply);
            got.sort_unstable();
            assert_eq!(got, expected, "{path}");
        }
    }
}

#[actix_web::test]
async fn texts_that_json_escapes_come_out_as_they_are() {
    let app = TestApp::spawn().await;
    let name = "\"甲\"\\园\u{2028}";
    app.centre_with(|c| (c.name, c.address) = (name.to_owned(), "路\"1\"号\\".to_owned())).await;
    app.reload_catalogue().await;
    let item = &app.anonymous().get(&around("")).await.ok()["items"][0];
    assert_eq!((item["name"].as_str(), item["address"].as_str()), (Some(name), Some("路\"1\"号\\")));
}

/// Writes a change as a service does: with the next version.
async fn change(app: &TestApp, row: &centres::Model, change: impl FnOnce(&mut centres::ActiveModel)) -> centres::Model {
    let mut active = row.clone().into_active_model();
    change(&mut active);
    active.version = Set(row.version + 1);
    active.changed_at = Set(app.clock.now());
    let row = active.update(app.db()).await.unwrap();
    app.ctx.catalogue.refresh(app.db(), &app.clock).await.unwrap();
    row
}

#[actix_web::test]
async fn a_centre_that_opens_moves_or_closes_is_found_where_it_is() {
    let app = TestApp::spawn().await;
    let mut others = Vec::new();
    for i in 0..5 {
        let name = format!("邻{i}");
        others.push(app.centre_with(|c| (c.name, c.lat) = (name, c.lat + f64::from(i) * 1e-4)).await.name);
    }
    app.reload_catalogue().await;
    let found = async |more: &str| {
        let reply = app.anonymous().get(&around(more)).await.ok();
        names(&reply).iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, others);
    let new = app.centre_with(|c| c.name = "新园".to_owned()).await;
    app.ctx.catalogue.refresh(app.db(), &app.clock).await.unwrap();
    assert_eq!(found("&q=新园").await, ["新园"]);
    assert_eq!(found("").await.len(), 6);
    let moved = change(&app, &new, |row| row.lat = Set(HERE.lat + 1.0)).await;
    assert_eq!(found("").await, others);
    let there = format!("/api/v1/centres?lng={}&lat={}&coord=wgs84", HERE.lng, HERE.lat + 1.0);
    assert_eq!(names(&app.anonymous().get(&there).await.ok()), ["新园"]);
    change(&app, &moved, |row| row.active = Set(false)).await;
    assert!(names(&app.anonymous().get(&there).await.ok()).is_empty());
    app.anonymous().get(&format!("/api/v1/centres/{}", new.id)).await.problem(404, "NOT_FOUND");
    assert_eq!(found("").await, others);
}

#[actix_web::test]
async fn a_new_day_ends_recognitions_and_forgets_old_ratings() {
    let app = TestApp::spawn().await;
    let today = app.clock.today();
    let place = app
        .place_with(10, 2, |c| {
            (c.inclusive_until, c.insured_until) = (Some(today), Some(today));
        })
        .await;
    // Five answers of exactly a year ago, the fewest that make a figure.
    let care = today.checked_sub_months(chrono::Months::new(12)).unwrap();
    for family in app.many_families(5).await {
        let visit = app.visit(&place, &family, care, VisitStatus::Left).await;
        app.insert(entity::ratings::Model {
            id: app.id(),
            family_id: family.family_id,
            child_id: family.child_id,
            centre_id: place.centre.id,
            visit_id: Some(visit.id),
            redemption_id: None,
            care_type: visit.care_type,
            care_date: care,
            month: day(&format!("{}-01", care.format("%Y-%m"))),
            level: 5,
            environment: None,
            carers: None,
            meals: None,
            safety: None,
            communication: None,
            text: None,
            text_status: entity::TextStatus::Shown,
            excluded_for: None,
            version: 1,
            created_at: app.clock.now(),
            updated_at: app.clock.now(),
        })
        .await;
    }
    app.reload_catalogue().await;
    let look = async || {
        let item = app.anonymous().get(&around("")).await.ok()["items"][0].clone();
        let badges: Vec<String> =
            item["badges"].as_array().unwrap().iter().map(|b| b["code"].as_str().unwrap().to_owned()).collect();
        (item["inclusive"].as_bool().unwrap(), item["rating"]["n"].as_i64().unwrap(), badges)
    };
    let codes = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(look().await, (true, 5, codes(&["inclusive", "filed", "insured", "medical"])));
    // Our own words come in the reader's characters, what was entered as it was.
    let page = format!("/api/v1/centres/{}", place.id());
    for path in [around(""), page.clone()] {
        let hant = app.anonymous().send(Method::GET, &path, None, &[("Accept-Language", "zh-Hant")]).await.ok();
        let (plain, hant) = (app.anonymous().get(&path).await.ok().to_string(), hant.to_string());
        assert!(plain.contains("已备案") && plain.contains("医育结合") && !hant.contains("已备案"), "{hant}");
        assert!(hant.contains("\"已備案\"") && hant.contains("\"醫育結合\""), "{hant}");
        assert!(plain.contains(&place.centre.name) && hant.contains(&place.centre.name));
    }
    app.clock.advance(TimeDelta::days(1));
    app.ctx.catalogue.refresh(app.db(), &app.clock).await.unwrap();
    assert_eq!(look().await, (false, 0, codes(&["filed", "medical"])));
    assert_eq!(names(&app.anonymous().get(&around("&inclusive=true")).await.ok()), Vec::<&str>::new());
    let page = app.anonymous().get(&page).await.ok();
    assert_eq!((page["inclusive"].as_bool(), page["rating"]["n"].as_i64()), (Some(false), Some(0)));
}

#[actix_web::test]
async fn pages_without_a_point_hold_every_centre_once() {
    let app = TestApp::spawn().await;
    let mut all = Vec::new();
    // More than a search keeps while it looks for the first page.
    for i in 0..90 {
        let name = format!("园{i}");
        let row = app.centre_with(|c| (c.name, c.lat) = (name, c.lat + f64::from(i * 37 % 90) * 1e-3)).await;
        all.push((row.id, row.name));
    }
    // Unrated all, so that the ids decide.
    all.sort();
    let all: Vec<String> = all.into_iter().map(|(_, name)| name).collect();
    app.reload_catalogue().await;
    for limit in [1, 2, 7, 100] {
        let (mut got, mut next) = (Vec::new(), String::new());
        loop {
            let page = app.anonymous().get(&format!("/api/v1/centres?limit={limit}{next}")).await.ok();
            got.extend(names(&page).into_iter().map(str::to_owned));
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(got, all, "{limit} a page");
    }
}
