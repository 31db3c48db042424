//! Signals of abuse and the funnel of a campaign.

use chrono::{Days, NaiveDate, TimeDelta};
use entity::{RedemptionStatus, VisitStatus, rating_traces, ratings, vouchers};
use harness::{Family, Place, TestApp, day, hm};
use quanxiangtuo::{features::privacy::service::retention, platform::clock::instant_at};
use reqwest::Method;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde_json::{Value, json};

#[tokio::test]
async fn unusual_ratings_are_flagged_and_still_count() {
    let app = TestApp::spawn_with(&[("signal_rating_families", "3")]).await;
    let (busy, quiet) = (app.place().await, app.place().await);
    let officer = app.officer().await;
    let today = app.clock.today();
    let rate = async |family: &Family, place: &Place, program: &str| {
        let visit = app.visit(place, family, today - Days::new(1), VisitStatus::Left).await;
        let body = Some(json!({ "visit_id": visit.id, "level": 5 }));
        let sent = family.client.send(Method::POST, "/ratings", body, &[("user-agent", program)]).await;
        sent.created()["id"].clone()
    };
    let path = format!("/bureau/signals?from={today}&to={today}");
    let families = app.many_families(11).await;
    // Seven within the hour from seven phones, and two from one.
    for (n, family) in families[..7].iter().enumerate() {
        rate(family, &busy, &format!("phone {n}")).await;
    }
    rate(&families[7], &quiet, "one phone").await;
    rate(&families[8], &quiet, "one phone").await;
    assert_eq!(officer.get(&path).await.ok()["items"], json!([]));

    let eighth = rate(&families[9], &busy, "phone 9").await;
    let third = rate(&families[9], &quiet, "one phone").await;
    // The same phone at another centre is another's.
    rate(&families[8], &busy, "phone 8").await;
    let found = officer.get(&path).await.ok();
    assert_eq!(kinds(&found), ["rating_burst", "rating_device"]);
    let (burst, device) = (&found["items"][0], &found["items"][1]);
    assert_eq!((&burst["count"], &burst["centre_id"]), (&json!(9), &json!(busy.centre.id)));
    assert_eq!(burst["rating_ids"][7], eighth);
    assert_eq!((&device["count"], &device["centre_id"]), (&json!(3), &json!(quiet.centre.id)));
    assert_eq!((&device["rating_ids"][2], &device["device"]), (&third, &json!(null)));
    let figures = officer.get("/bureau/satisfaction").await.ok();
    assert_eq!(figures["overall"]["answers"], 12, "{figures:#}");

    // What a centre usually gets in a day is no burst.
    ratings::Entity::update_many()
        .col_expr(ratings::Column::CreatedAt, Expr::value(instant_at(today - Days::new(20), hm(9, 0))))
        .filter(ratings::Column::CentreId.eq(quiet.centre.id))
        .exec(app.db())
        .await
        .unwrap();
    let family = &families[10];
    let staff = rate(family, &quiet, "own phone").await;
    ratings::Entity::update_many()
        .col_expr(ratings::Column::ExcludedFor, Expr::value("staff_or_relative"))
        .filter(ratings::Column::FamilyId.eq(family.family_id))
        .exec(app.db())
        .await
        .unwrap();
    let found = officer.get(&format!("{path}&centre_id={}", quiet.id())).await.ok();
    assert_eq!(kinds(&found), ["rating_staff"]);
    assert_eq!(found["items"][0]["rating_ids"], json!([staff]));
    let sheet = officer.get(&format!("/bureau/signals.csv?from={today}&to={today}")).await;
    assert!(String::from_utf8(sheet.bytes).unwrap().contains("短时间集中评价"));

    // The trace goes after its days, the rating stays.
    let traces = app.count(rating_traces::Entity).await;
    app.clock.advance(TimeDelta::days(36));
    retention::apply(&app.ctx).await.unwrap();
    assert_eq!((traces, app.count(rating_traces::Entity).await), (13, 0));
}

fn kinds(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

/// A voucher of a new campaign for a new family.
async fn voucher(app: &TestApp) -> (Family, vouchers::Model) {
    let family = app.a_family().await;
    let campaign = app.campaign().await;
    let voucher = app.voucher(&campaign, &family).await;
    (family, voucher)
}

/// Redeemed after a check-in at 08:05, at this minute.
async fn unsuspicious(app: &TestApp, place: &Place, date: NaiveDate, minute: i32) {
    let (family, voucher) = voucher(app).await;
    app.visit(place, &family, date, VisitStatus::Left).await;
    app.redemption(&voucher, place.centre.id, date, |row| {
        row.redeemed_at = instant_at(date, hm(8, minute));
        row.device = Some("前台1号机".to_owned());
    })
    .await;
}

#[tokio::test]
async fn an_ordinary_week_gives_no_signal_and_each_kind_of_abuse_its_own() {
    let app = TestApp::spawn().await;
    let place = app.place_with(4, 2, |_| {}).await;
    let officer = app.officer().await;
    let monday = day("2026-02-23");
    for n in 0..4 {
        unsuspicious(&app, &place, monday + Days::new(n), 10).await;
    }
    let range = "from=2026-02-23&to=2026-03-01";
    let signals = async |more: &str| officer.get(&format!("/bureau/signals?{range}{more}")).await.ok();
    assert_eq!(signals("").await["items"], json!([]));

    // At 22:30, with a check-in.
    let (family, late) = voucher(&app).await;
    let friday = monday + Days::new(4);
    app.visit(&place, &family, friday, VisitStatus::Left).await;
    let night =
        app.redemption(&late, place.centre.id, friday, |row| row.redeemed_at = instant_at(friday, hm(22, 30))).await;
    // A reversed one doesn't count.
    let (_, undone) = voucher(&app).await;
    app.redemption(&undone, place.centre.id, monday, |row| {
        row.redeemed_at = instant_at(monday, hm(23, 0));
        row.status = RedemptionStatus::Reversed;
    })
    .await;
    let found = signals("").await;
    assert_eq!(kinds(&found), ["night_scan"]);
    let item = &found["items"][0];
    assert_eq!((&item["centre_id"], &item["date"]), (&json!(place.centre.id), &json!(friday)));
    assert_eq!((&item["count"], &item["redemption_ids"]), (&json!(1), &json!([night.id])));
    assert!(item["detail"].as_str().unwrap().contains("22:30"), "{item}");
    assert_eq!(item["centre_name"], json!(place.centre.name));

    // Eight within a minute on one device, without a check-in, at a centre of four places.
    let saturday = monday + Days::new(5);
    for n in 0..8 {
        let (_, voucher) = voucher(&app).await;
        app.redemption(&voucher, place.centre.id, saturday, |row| {
            row.redeemed_at = instant_at(saturday, hm(9, 0)) + TimeDelta::seconds(n * 7);
            row.device = Some("平板2".to_owned());
        })
        .await;
    }
    let found = signals("").await;
    assert_eq!(kinds(&found), ["night_scan", "device_burst", "no_check_in", "above_places"]);
    let burst = &found["items"][1];
    assert_eq!((&burst["count"], &burst["threshold"], &burst["device"]), (&json!(8), &json!(8), &json!("平板2")));
    assert_eq!(found["items"][2]["count"], 8);
    assert_eq!((&found["items"][3]["count"], &found["items"][3]["threshold"]), (&json!(8), &json!(5)));

    // One guardian with vouchers for four children.
    let (family, _) = voucher(&app).await;
    let campaign = app.campaign().await;
    for months in [8, 14, 20] {
        let child_id = app.child(&app.guardian(&format!("g{months}")).await, app.born_months_ago(months)).await;
        app.voucher(&campaign, &Family { child_id, ..family.clone() }).await;
    }
    let today = "from=2026-03-02&to=2026-03-02";
    let many = officer.get(&format!("/bureau/signals?{today}")).await.ok();
    assert_eq!(kinds(&many), ["many_children"]);
    assert_eq!((&many["items"][0]["family_id"], &many["items"][0]["count"]), (&json!(family.family_id), &json!(4)));

    // Filters, pages, tables, roles.
    assert_eq!(kinds(&signals("&kind=above_places").await), ["above_places"]);
    let elsewhere = app.place().await;
    assert_eq!(signals(&format!("&centre_id={}", elsewhere.centre.id)).await["items"], json!([]));
    let first = signals("&limit=3").await;
    let rest = signals(&format!("&limit=3&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((kinds(&first).len(), kinds(&rest), &rest["next_cursor"]), (3, vec!["above_places"], &Value::Null));
    let table = officer.get(&format!("/bureau/signals.csv?{range}")).await;
    assert!(String::from_utf8(table.bytes).unwrap().contains("同一设备短时间集中核销"));
    assert!(officer.get(&format!("/bureau/signals.xlsx?{range}")).await.bytes.starts_with(b"PK"));
    officer.get("/bureau/signals?from=2026-01-01&to=2026-02-28").await.invalid("to");
    officer.get("/bureau/signals?from=2026-03-02&to=2026-03-01").await.invalid("to");
    app.manager(place.centre.id).await.get(&format!("/bureau/signals?{range}")).await.problem(403, "FORBIDDEN");
    // A flag punishes nobody: the centre redeems as before.
    let (family, voucher) = voucher(&app).await;
    let code = family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.text("/code");
    let desk = app.carer(place.centre.id).await;
    desk.post("/desk/redemptions", json!({ "code": code, "request_id": "after-the-flag" })).await.created();
}

#[tokio::test]
async fn the_funnel_leads_from_issued_to_the_families_that_stayed_and_their_cost() {
    let app = TestApp::spawn().await;
    let (place, officer) = (app.place().await, app.officer().await);
    let campaign = app.campaign_with(|row| (row.quota, row.units_per_voucher) = (50, 2)).await;
    let used = |days: &'static [&'static str]| {
        let (app, place, campaign) = (&app, &place, &campaign);
        async move {
            let family = app.a_family().await;
            let units = i32::try_from(days.len()).unwrap();
            let voucher = app.voucher_with(campaign, &family, |row| row.units_used = units).await;
            for date in days {
                app.redemption(&voucher, place.centre.id, day(date), |_| {}).await;
                // Care on a voucher's day is no sign of staying.
                app.visit(place, &family, day(date), VisitStatus::Left).await;
            }
            family
        }
    };
    let stayed = used(&["2026-01-05", "2026-01-06"]).await;
    app.visit(&place, &stayed, day("2026-03-06"), VisitStatus::Left).await;
    let too_late = used(&["2026-01-05"]).await;
    app.visit(&place, &too_late, day("2026-03-07"), VisitStatus::Left).await;
    let absent = used(&["2026-01-05"]).await;
    app.visit(&place, &absent, day("2026-01-08"), VisitStatus::NoShow).await;
    used(&[]).await;

    let path = |rest: &str| format!("/bureau/campaigns/{}/funnel{rest}", campaign.id);
    let funnel = officer.get(&path("")).await.ok();
    let steps = json!({
        "claimed": 4, "first_used": 3, "fully_used": 1, "enrolled": 1, "families_stayed": 1,
        "cost_fen": 20_000, "cost_per_family_fen": 20_000,
    });
    assert_eq!((&funnel["issued"], &funnel["total"]), (&json!(50), &steps));
    let mut group = steps.clone();
    group["key"] = json!("洛阳镇");
    assert_eq!(funnel["groups"], json!([group]));
    let weeks = officer.get(&path("?by=week")).await.ok();
    assert_eq!((&weeks["groups"][0]["key"], &weeks["total"]), (&json!("2026-03-02"), &steps));
    let table = String::from_utf8(officer.get(&path(".csv?by=week")).await.bytes).unwrap();
    assert!(table.contains("合计,50,4,3,1,1,1,20000,20000"), "{table}");
    assert!(officer.get(&path(".xlsx")).await.bytes.starts_with(b"PK"));
    officer.get(&path("?by=colour")).await.invalid("by");
    app.a_family().await.client.get(&path("")).await.problem(403, "FORBIDDEN");
    let empty = app.campaign().await;
    let none = officer.get(&format!("/bureau/campaigns/{}/funnel", empty.id)).await.ok();
    assert_eq!((&none["groups"], &none["total"]["cost_per_family_fen"]), (&json!([]), &Value::Null));
}
