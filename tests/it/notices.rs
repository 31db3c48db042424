//! What families are told, once, and how background jobs fare. Every test begins on Monday 2 March
//! 2026, 09:00.

use chrono::TimeDelta;
use entity::{CareType, Confirmation, VisitStatus, job_runs, notices, satisfaction_snapshots};
use harness::{Family, Place, TestApp, at_once, day};
use quanxiangtuo::features::{
    bookings::service::lapse_due,
    notices::reminders::{remind, waiting},
    ops::jobs::{self, Tally, is_failing},
    satisfaction::snapshots,
    waitlist::offer_due,
};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _};
use serde_json::{Value, json};

async fn kinds(family: &Family) -> Vec<String> {
    let list = family.client.get("/me/notices").await.ok();
    list["items"].as_array().unwrap().iter().map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
}

async fn book(family: &Family, place: &Place, date: &str) -> Value {
    let body =
        json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "full_day", "start_date": date });
    family.client.post("/bookings", body).await.created()
}

#[tokio::test]
async fn a_family_hears_what_became_of_its_bookings() {
    let app = TestApp::spawn().await;
    let (place, family, other) = (app.place().await, app.a_family().await, app.a_family().await);
    app.offer_confirmation(&place, CareType::FullDay, Confirmation::Request).await;
    let manager = app.manager(place.centre.id).await;
    let id = |booking: &Value| booking["id"].as_str().unwrap().to_owned();
    let first = book(&family, &place, "2026-03-04").await;
    manager.post(&format!("/desk/bookings/{}/confirm", id(&first)), json!({})).await.ok();
    let second = book(&family, &place, "2026-03-05").await;
    manager.post(&format!("/desk/bookings/{}/decline", id(&second)), json!({ "reason": "停电" })).await.ok();
    let third = book(&family, &place, "2026-03-06").await;
    manager.post(&format!("/desk/bookings/{}/cancel", id(&first)), json!({ "reason": "停电检修" })).await.ok();
    assert_eq!(kinds(&family).await, ["booking_cancelled", "booking_declined", "booking_confirmed"]);
    app.clock.advance(TimeDelta::days(2));
    let family = Family { client: app.fresh(&family.client), ..family };
    lapse_due(&app.ctx).await.unwrap();
    assert_eq!(lapse_due(&app.ctx).await.unwrap(), 0);
    let list = family.client.get("/me/notices?limit=1").await.ok();
    let notice = &list["items"][0];
    assert_eq!((&notice["kind"], &notice["facts"]["booking_id"]), (&json!("booking_lapsed"), &third["id"]));
    assert!(notice["text"].as_str().unwrap().contains(&place.centre.name), "{notice:#}");
    let next =
        family.client.get(&format!("/me/notices?limit=1&cursor={}", list["next_cursor"].as_str().unwrap())).await.ok();
    assert_eq!(next["items"][0]["kind"], "booking_cancelled");
    assert!(next["items"][0]["text"].as_str().unwrap().contains("停电检修"));

    // Read up to one; another family's are its own.
    assert!(kinds(&other).await.is_empty());
    let until = next["items"][0]["id"].clone();
    let other = Family { client: app.fresh(&other.client), ..other };
    assert_eq!(other.client.post("/me/notices/read", json!({ "until": until })).await.status, 204);
    assert_eq!(family.client.get("/me/notices?unread=true").await.ok()["items"].as_array().unwrap().len(), 4);
    for _ in 0..2 {
        assert_eq!(family.client.post("/me/notices/read", json!({ "until": until })).await.status, 204);
    }
    let unread = family.client.get("/me/notices?unread=true").await.ok();
    assert_eq!(unread["items"].as_array().unwrap().len(), 1);
    manager.get("/me/notices").await.problem(403, "FORBIDDEN");
    // Nothing about the child.
    for row in notices::Entity::find().all(app.db()).await.unwrap() {
        assert!(
            !row.facts.to_string().contains("小") && !row.facts.to_string().contains(&family.child()),
            "{}",
            row.facts
        );
    }
}

#[tokio::test]
async fn a_closed_day_and_an_offered_place_are_told() {
    let app = TestApp::spawn().await;
    let (place, family, waits) = (app.place_with(1, 1, |_| {}).await, app.a_family().await, app.a_family().await);
    let manager = app.manager(place.centre.id).await;
    let body = json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "full_day",
        "start_date": "2026-03-04", "end_date": "2026-03-05" });
    family.client.post("/bookings", body).await.created();
    let wish = json!({ "child_id": waits.child(), "centre_id": place.id(), "care_type": "full_day", "start_date": "2026-03-05" });
    waits.client.post("/waitlist", wish).await.created();
    manager.put("/desk/centre/days/2026-03-04", json!({ "reason": "消防演练", "decision": "cancel" })).await.ok();
    let told = family.client.get("/me/notices").await.ok();
    assert_eq!(
        (&told["items"][0]["kind"], &told["items"][0]["facts"]["date"]),
        (&json!("days_cancelled"), &json!("2026-03-04"))
    );
    assert!(told["items"][0]["text"].as_str().unwrap().contains("消防演练"));
    let visit = family.client.get("/bookings").await.ok()["items"][0].clone();
    let path = format!("/bookings/{}/cancel", visit["id"].as_str().unwrap());
    family.client.post(&path, json!({})).await.ok();
    let replica = app.replica().await;
    // The servers' own workers may be there before: whoever it is, one offer.
    for offered in at_once([offer_due(&app.ctx), offer_due(&replica.ctx)]).await {
        offered.unwrap();
    }
    let told = waits.client.get("/me/notices").await.ok();
    assert_eq!(told["items"].as_array().unwrap().len(), 1);
    assert!(told["items"][0]["text"].as_str().unwrap().contains("3月2日11:00前接受"), "{told:#}");
}

#[tokio::test]
async fn reminders_are_written_in_the_evening_once_however_many_replicas_do_it() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let (place, families) = (app.place().await, app.many_families(7).await);
    for family in &families[..5] {
        app.visit(&place, family, day("2026-03-03"), VisitStatus::Expected).await;
    }
    app.visit(&place, &families[5], day("2026-03-03"), VisitStatus::Absent).await;
    app.visit(&place, &families[6], day("2026-03-04"), VisitStatus::Expected).await;
    let campaign = app.campaign().await;
    for (n, until) in [(0, "2026-03-09"), (1, "2026-03-10"), (2, "2026-03-01")] {
        app.voucher_with(&campaign, &families[n], |voucher| {
            voucher.valid_from = day("2026-01-01");
            voucher.valid_until = day(until);
        })
        .await;
    }
    // The servers' own workers may be there before, so nothing here counts who did it.
    remind(&app.ctx).await.unwrap();
    let told = notices::Entity::find().all(app.db()).await.unwrap();
    assert!(told.len() == 1 && told[0].kind == "voucher_expiring", "by day only the voucher: {told:?}");
    app.clock.advance(TimeDelta::hours(9));
    for outcome in at_once([remind(&app.ctx), remind(&replica.ctx), remind(&app.ctx)]).await {
        outcome.unwrap();
    }
    let rows = notices::Entity::find().all(app.db()).await.unwrap();
    let count = |kind: &str| rows.iter().filter(|row| row.kind == kind).count();
    assert_eq!((count("visit_tomorrow"), count("voucher_expiring"), rows.len()), (5, 1, 6));
    assert_eq!((waiting(&app.ctx).await.unwrap(), remind(&app.ctx).await.unwrap()), (0, 0));
    let first = Family { client: app.fresh(&families[0].client), ..families[0].clone() };
    let list = first.client.get("/me/notices").await.ok();
    assert!(list["items"][0]["text"].as_str().unwrap().contains("2026-03-03 08:00–17:00"), "{list:#}");
}

#[tokio::test]
async fn nobody_is_told_at_night_that_a_voucher_ends() {
    let app = TestApp::spawn().await;
    let (family, campaign) = (app.a_family().await, app.campaign().await);
    // 20:00, 00:30, 08:59: vouchers that begin to be within a week at midnight wait for the morning.
    for (hours, minutes) in [(11, 0), (4, 30), (8, 29)] {
        app.clock.advance(TimeDelta::hours(hours) + TimeDelta::minutes(minutes));
        if hours == 11 {
            app.voucher_with(&campaign, &family, |voucher| {
                voucher.valid_from = day("2026-01-01");
                voucher.valid_until = day("2026-03-10");
            })
            .await;
        }
        remind(&app.ctx).await.unwrap();
        assert_eq!((app.count(notices::Entity).await, waiting(&app.ctx).await.unwrap()), (0, 0));
    }
    app.clock.advance(TimeDelta::minutes(1));
    remind(&app.ctx).await.unwrap();
    assert_eq!(app.count(notices::Entity).await, 1);
}

#[tokio::test]
async fn a_closed_months_snapshot_is_recomputed_to_the_same_bytes() {
    let app = TestApp::spawn().await;
    let (place, families) = (app.place().await, app.many_families(3).await);
    let mut rated = Vec::new();
    for (family, level) in families.iter().zip([5, 4, 2]) {
        let visit = app.visit(&place, family, day("2026-03-02"), VisitStatus::Left).await;
        let body = json!({ "visit_id": visit.id, "level": level });
        rated.push(family.client.post("/ratings", body).await.created()["id"].as_str().unwrap().to_owned());
    }
    app.clock.advance(TimeDelta::hours(29 * 24 + 20));
    let replica = app.replica().await;
    // The server's own worker may be there before: the first stands.
    for taken in at_once([snapshots::take_due(&app.ctx), snapshots::take_due(&replica.ctx)]).await {
        taken.unwrap();
    }
    assert_eq!(snapshots::waiting(&app.ctx).await.unwrap(), 0);
    let row = satisfaction_snapshots::Entity::find_by_id(day("2026-03-01")).one(app.db()).await.unwrap().unwrap();
    assert!(row.figures.contains(r#""answers":3,"satisfied":2,"total":11"#), "{}", row.figures);
    // Changed later: the snapshot stands, and the versions still say so.
    let later = app.fresh(&families[2].client);
    later.patch(&format!("/ratings/{}", rated[2]), json!({ "level": 5 })).await.ok();
    let (n, broken) = snapshots::verify(app.db()).await.unwrap();
    assert!(n >= 1 && broken.is_empty(), "{broken:?}");
    // Touched, it is named.
    let mut change = row.into_active_model();
    change.figures = Set("[]".to_owned());
    change.update(app.db()).await.unwrap();
    let broken = snapshots::verify(app.db()).await.unwrap().1;
    assert!(broken.len() == 1 && broken[0].changed && broken[0].month == day("2026-03-01"), "{broken:?}");
}

#[tokio::test]
async fn how_jobs_fare_is_written_down_and_measured() {
    let app = TestApp::spawn().await;
    let mut tally = Tally::new("a_job");
    tally.turn(&app.ctx, Ok(3)).await;
    let read = async || job_runs::Entity::find_by_id("a_job").one(app.db()).await.unwrap().unwrap();
    let row = read().await;
    assert_eq!((row.runs, row.done, row.failures, is_failing(&row)), (1, 3, 0, false));
    // A turn that did nothing waits to be written; one that did something, or failed, is written at once.
    tally.turn(&app.ctx, Ok(0)).await;
    assert_eq!(read().await.runs, 1);
    tally.turn(&app.ctx, Ok(2)).await;
    assert_eq!((read().await.runs, read().await.done), (3, 5));
    app.clock.advance(TimeDelta::seconds(1));
    tally.turn(&app.ctx, Err("the disk is full".to_owned())).await;
    let row = read().await;
    assert_eq!((row.runs, row.done, row.failures, row.last_error.as_deref()), (4, 5, 1, Some("the disk is full")));
    assert!(is_failing(&row));
    app.clock.advance(TimeDelta::seconds(1));
    let mut elsewhere = Tally::new("a_job");
    elsewhere.turn(&app.ctx, Ok(1)).await;
    let row = read().await;
    assert!(!is_failing(&row) && row.last_error.is_some(), "good again, and the error can still be read");
    jobs::measure(&app.ctx).await.unwrap();
    let metrics = app.anonymous().get("/metrics").await;
    let text = String::from_utf8(metrics.bytes).unwrap();
    for line in [
        r#"job_runs_total{job="a_job",outcome="failed"} 1"#,
        r#"job_done_total{job="a_job"} 6"#,
        r#"job_waiting{job="lapse"} 0"#,
    ] {
        assert!(text.contains(line), "{line} isn't in {text}");
    }
}
