//! What happens to a booking later: single days, absences, missed days, other days instead. Every
//! test begins on Monday 2 March 2026, 09:00; offers can be cancelled until two hours before.

use chrono::TimeDelta;
use entity::{BookingStatus, CareType, Confirmation, VisitStatus, bookings, visits};
use harness::{Client, Family, Place, TestApp, at_once, day, unknown_id};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

fn wish(family: &Family, place: &Place, start: &str, end: &str) -> Value {
    json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "full_day", "start_date": start, "end_date": end })
}

async fn book(family: &Family, place: &Place, start: &str, end: &str) -> Value {
    family.client.post("/bookings", wish(family, place, start, end)).await.created()
}

async fn of_day(client: &Client, booking: &Value, nth: usize, what: &str) -> harness::Reply {
    let (id, visit) = (booking["id"].as_str().unwrap(), booking["visits"][nth]["id"].as_str().unwrap());
    client.post(&format!("/bookings/{id}/visits/{visit}/{what}"), json!({ "reason": "外出" })).await
}

async fn reschedule(family: &Family, booking: &Value, body: Value) -> harness::Reply {
    family.client.post(&format!("/bookings/{}/reschedule", booking["id"].as_str().unwrap()), body).await
}

fn statuses(booking: &Value) -> Vec<&str> {
    booking["visits"].as_array().unwrap().iter().map(|visit| visit["status"].as_str().unwrap()).collect()
}

async fn read(family: &Family, booking: &Value) -> Value {
    family.client.get(&format!("/bookings/{}", booking["id"].as_str().unwrap())).await.ok()
}

async fn fits(family: &Family, place: &Place, date: &str) -> bool {
    family.client.post("/bookings/quote", wish(family, place, date, date)).await.ok()["available"] == true
}

/// A care a day and its meals, as the harness offers them.
const A_DAY: i64 = 8000 + 1200;

#[tokio::test]
async fn one_day_is_cancelled_until_its_cut_off_and_taken_off_the_price() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let (family, other) = (app.a_family().await, app.a_family().await);
    let booking = book(&family, &place, "2026-03-03", "2026-03-05").await;
    assert!(!fits(&other, &place, "2026-03-04").await);
    let after = of_day(&family.client, &booking, 1, "cancel").await.ok();
    assert_eq!(statuses(&after), ["expected", "cancelled", "expected"]);
    assert_eq!((&after["status"], &after["price"]["total_fen"]), (&json!("confirmed"), &json!(2 * A_DAY)));
    let off = after["price"]["lines"].as_array().unwrap().last().unwrap();
    assert_eq!((&off["code"], &off["amount_fen"]), (&json!("cancelled"), &json!(-A_DAY)));
    assert!(fits(&other, &place, "2026-03-04").await, "the place is free again");
    of_day(&family.client, &booking, 1, "cancel").await.problem(409, "WRONG_STATE");

    // Others' rows are nobody's: another family, an unknown day, a day of another booking.
    of_day(&other.client, &booking, 0, "cancel").await.problem(404, "NOT_FOUND");
    let mut strange = booking.clone();
    strange["visits"][0]["id"] = json!(unknown_id::<entity::VisitId>());
    of_day(&family.client, &strange, 0, "absent").await.problem(404, "NOT_FOUND");
    let desk = app.manager(place.centre.id).await;
    of_day(&desk, &booking, 0, "cancel").await.problem(403, "FORBIDDEN");

    // Tuesday 05:31: past the cut-off of 07:30 less two hours.
    app.clock.advance(TimeDelta::minutes(20 * 60 + 31));
    let family = Family { client: app.fresh(&family.client), ..family };
    let refused = of_day(&family.client, &booking, 0, "cancel").await.problem(409, "CANCEL_WINDOW_CLOSED");
    assert_eq!(refused["can_cancel_until"], "2026-03-03T05:30:00+08:00");
    assert_eq!(refused["absence_until"], "2026-03-03T07:30:00+08:00");
    assert!(refused["phone"].is_string(), "{refused}");
    // The days after it can still be called off, and then nothing is left but the first.
    let last = of_day(&family.client, &booking, 2, "cancel").await.ok();
    assert_eq!(
        (statuses(&last), &last["price"]["total_fen"]),
        (vec!["expected", "cancelled", "cancelled"], &json!(A_DAY))
    );
}

#[tokio::test]
async fn a_booking_whose_days_are_all_called_off_is_cancelled_and_free() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let booking = book(&family, &place, "2026-03-03", "2026-03-04").await;
    of_day(&family.client, &booking, 0, "absent").await.ok();
    let over = of_day(&family.client, &booking, 1, "cancel").await.ok();
    assert_eq!(statuses(&over), ["absent", "cancelled"]);
    assert_eq!((&over["status"], &over["price"]["total_fen"]), (&json!("cancelled"), &json!(0)));
    let codes: Vec<_> = over["price"]["lines"].as_array().unwrap().iter().map(|line| line["code"].clone()).collect();
    assert_eq!(codes, ["care", "meals", "absent", "cancelled"]);
    // Cancelled as a whole it comes to nothing as well.
    let whole = book(&family, &place, "2026-03-09", "2026-03-13").await;
    let path = format!("/bookings/{}/cancel", whole["id"].as_str().unwrap());
    let cancelled = family.client.post(&path, json!({})).await.ok();
    assert_eq!((&cancelled["status"], &cancelled["price"]["total_fen"]), (&json!("cancelled"), &json!(0)));
}

#[tokio::test]
async fn an_absence_frees_the_place_and_is_late_after_the_cut_off() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let (family, other) = (app.a_family().await, app.a_family().await);
    let booking = book(&family, &place, "2026-03-03", "2026-03-04").await;
    // Tuesday 07:00, half an hour before it begins.
    app.clock.advance(TimeDelta::hours(22));
    let [family, other] = [family, other].map(|family| Family { client: app.fresh(&family.client), ..family });
    let after = of_day(&family.client, &booking, 0, "absent").await.ok();
    assert_eq!((statuses(&after), &after["status"]), (vec!["absent", "expected"], &json!("confirmed")));
    assert_eq!(after["price"]["total_fen"], 2 * A_DAY, "told too late, it is paid for");
    let temporary = json!({ "child_id": other.child(), "centre_id": place.id(), "care_type": "temporary", "start_date": "2026-03-03" });
    other.client.post("/bookings", temporary).await.created();
    let attendance = family.client.get("/me/attendance").await.ok();
    assert_eq!((&attendance["late_absences"], &attendance["no_shows"]), (&json!(1), &json!(0)));
    // The desk's word counts by the same clock; Wednesday 07:31 is too late for the family's own.
    app.clock.advance(TimeDelta::minutes(24 * 60 + 31));
    let family = Family { client: app.fresh(&family.client), ..family };
    of_day(&family.client, &booking, 1, "absent").await.problem(409, "CANCEL_WINDOW_CLOSED");
    let desk = app.carer(place.centre.id).await;
    let visit = booking["visits"][1]["id"].as_str().unwrap();
    desk.post(&format!("/desk/visits/{visit}/absent"), json!({})).await.ok();
    assert_eq!(family.client.get("/me/attendance").await.ok()["late_absences"], 2);
}

#[tokio::test]
async fn missed_days_are_marked_counted_and_lead_to_bookings_by_request() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let booking = book(&family, &place, "2026-03-03", "2026-03-05").await;
    let marked = async || quanxiangtuo::features::bookings::service::mark_missed(&app.ctx).await.unwrap();
    // Tuesday 17:59, then 18:00 when its hours are over.
    app.clock.advance(TimeDelta::minutes(33 * 60 - 1));
    assert_eq!(marked().await, 0);
    app.clock.advance(TimeDelta::minutes(1));
    let replica = app.replica().await;
    let both = at_once(
        [&app, &replica]
            .map(async |app| quanxiangtuo::features::bookings::service::mark_missed(&app.ctx).await.unwrap()),
    )
    .await;
    let family = Family { client: app.fresh(&family.client), ..family };
    assert!(both.iter().sum::<u64>() <= 1, "{both:?}");
    assert_eq!(statuses(&read(&family, &booking).await), ["no_show", "expected", "expected"]);
    let attendance = family.client.get("/me/attendance").await.ok();
    assert_eq!((&attendance["no_shows"], &attendance["request_only"]), (&json!(1), &json!(false)));

    app.clock.advance(TimeDelta::days(3));
    marked().await;
    let family = Family { client: app.fresh(&family.client), ..family };
    let over = read(&family, &booking).await;
    assert_eq!((statuses(&over), &over["status"]), (vec!["no_show"; 3], &json!("completed")));
    let attendance = family.client.get("/me/attendance").await.ok();
    assert_eq!(
        attendance,
        json!({ "since": "2025-12-06", "no_shows": 3, "late_absences": 0, "most": 3, "request_only": true })
    );
    let quote = family.client.post("/bookings/quote", wish(&family, &place, "2026-03-09", "2026-03-09")).await.ok();
    assert_eq!(quote["needs_confirmation"], true);
    let asked = book(&family, &place, "2026-03-09", "2026-03-09").await;
    assert_eq!(asked["status"], "pending");
    // After ninety days it is forgotten.
    app.clock.advance(TimeDelta::days(90));
    let family = Family { client: app.fresh(&family.client), ..family };
    assert_eq!(family.client.get("/me/attendance").await.ok()["request_only"], false);
}

#[tokio::test]
async fn a_reschedule_moves_within_the_familys_own_places_or_changes_nothing() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let (family, other) = (app.a_family().await, app.a_family().await);
    let booking = book(&family, &place, "2026-03-03", "2026-03-05").await;
    let taken = book(&other, &place, "2026-03-09", "2026-03-09").await;
    // Over a day that is taken: nothing changes.
    let body = json!({ "start_date": "2026-03-04", "end_date": "2026-03-09" });
    let refused = reschedule(&family, &booking, body).await.problem(409, "NO_PLACE");
    assert_eq!(refused["dates"], json!(["2026-03-09"]));
    assert_eq!(read(&family, &booking).await, booking_as_read(&booking));
    // Two of the days are its own.
    let key = "moved-by-a-day";
    let path = format!("/bookings/{}/reschedule", booking["id"].as_str().unwrap());
    let body = json!({ "start_date": "2026-03-04", "end_date": "2026-03-06" });
    let moved = family.client.post_once(&path, key, body.clone()).await.created();
    assert_eq!((&moved["status"], &moved["replaces"]), (&json!("confirmed"), &booking["id"]));
    assert_eq!(moved["price"]["total_fen"], 3 * A_DAY);
    let old = read(&family, &booking).await;
    assert_eq!((&old["status"], statuses(&old)), (&json!("cancelled"), vec!["cancelled"; 3]));
    assert_eq!(old["price"]["total_fen"], 0);
    assert!(fits(&other, &place, "2026-03-03").await && !fits(&other, &place, "2026-03-06").await);
    let again = family.client.post_once(&path, key, body).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.created(), moved);
    reschedule(&family, &booking, json!({ "start_date": "2026-03-10" })).await.problem(409, "WRONG_STATE");
    reschedule(&family, &taken, json!({ "start_date": "2026-03-10" })).await.problem(404, "NOT_FOUND");
    // Too late for the first day, too late for all.
    app.clock.advance(TimeDelta::minutes(44 * 60 + 31));
    let family = Family { client: app.fresh(&family.client), ..family };
    let late = reschedule(&family, &moved, json!({ "start_date": "2026-03-11" })).await;
    late.problem(409, "CANCEL_WINDOW_CLOSED");
}

/// A booking as it is read again: what only the answer to the booking itself says is gone.
fn booking_as_read(booking: &Value) -> Value {
    let mut booking = booking.clone();
    booking.as_object_mut().unwrap().remove("skipped");
    booking
}

#[tokio::test]
async fn a_reschedule_by_request_keeps_the_old_days_until_the_centre_confirms() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (family, desk) = (app.a_family().await, app.carer(place.centre.id).await);
    let booking = book(&family, &place, "2026-03-03", "2026-03-04").await;
    app.offer_confirmation(&place, CareType::FullDay, Confirmation::Request).await;
    // It would be in two places at once while the centre thinks about it.
    let overlapping = json!({ "start_date": "2026-03-04", "end_date": "2026-03-05" });
    reschedule(&family, &booking, overlapping).await.problem(409, "CHILD_OVERLAP");
    let body = json!({ "start_date": "2026-03-09", "end_date": "2026-03-10" });
    let asked = reschedule(&family, &booking, body.clone()).await.created();
    assert_eq!((&asked["status"], &asked["replaces"]), (&json!("pending"), &booking["id"]));
    assert_eq!(statuses(&read(&family, &booking).await), ["expected", "expected"]);
    reschedule(&family, &booking, body.clone()).await.problem(409, "WRONG_STATE");
    let decide = async |asked: &Value, what: &str| {
        let path = format!("/desk/bookings/{}/{what}", asked["id"].as_str().unwrap());
        desk.post(&path, json!({ "reason": "当日有活动" })).await.ok()
    };
    decide(&asked, "decline").await;
    assert_eq!(read(&family, &booking).await["status"], "confirmed");
    let asked = reschedule(&family, &booking, body).await.created();
    decide(&asked, "confirm").await;
    let old = read(&family, &booking).await;
    assert_eq!((&old["status"], statuses(&old)), (&json!("cancelled"), vec!["cancelled"; 2]));
    assert_eq!(read(&family, &asked).await["status"], "confirmed");
}

#[tokio::test]
async fn a_reschedule_and_bookings_race_for_one_place_and_no_place_is_lost() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let families = app.many_families(9).await;
    let (mover, rivals) = families.split_first().unwrap();
    let booking = book(mover, &place, "2026-03-03", "2026-03-03").await;
    let all = rivals.iter().map(|rival| (rival, None)).chain([(mover, Some(&booking))]);
    let codes = at_once(all.map(async |(family, old)| match old {
        Some(old) => reschedule(family, old, json!({ "start_date": "2026-03-04" })).await.status,
        None => family.client.post("/bookings", wish(family, &place, "2026-03-04", "2026-03-04")).await.status,
    }))
    .await;
    assert_eq!(codes.iter().filter(|status| **status == 201).count(), 1, "{codes:?}");
    let held: Vec<visits::Model> =
        visits::Entity::find().order_by_asc(visits::Column::Date).all(app.db()).await.unwrap();
    let held: Vec<_> = held.into_iter().filter(|visit| visit.status == VisitStatus::Expected).collect();
    let moved = codes.last() == Some(&201);
    let of_mover: Vec<_> = held.iter().filter(|visit| visit.family_id == mover.family_id).map(|v| v.date).collect();
    assert_eq!(of_mover, [day(if moved { "2026-03-04" } else { "2026-03-03" })], "one place, the old or the new");
    assert_eq!(held.len(), if moved { 1 } else { 2 });
    let live = bookings::Entity::find().all(app.db()).await.unwrap();
    assert_eq!(live.iter().filter(|row| row.status == BookingStatus::Confirmed).count(), held.len());
}

#[tokio::test]
async fn a_request_is_taken_back_until_it_is_answered_and_what_comes_to_nothing_costs_nothing() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    app.offer_confirmation(&place, CareType::FullDay, Confirmation::Request).await;
    let manager = app.manager(place.centre.id).await;
    let long = json!({ "unit": "day", "price_fen": 8000, "meals_fen": 1200, "notice_minutes": 0, "horizon_days": 60,
        "cutoff_minutes": 10_000, "confirmation": "request" });
    manager.put(&format!("/desk/classes/{}/offers/full_day", place.class_id()), long).await.ok();
    let request = book(&family, &place, "2026-03-03", "2026-03-03").await;
    let path = |booking: &Value| format!("/bookings/{}", booking["id"].as_str().unwrap());
    let taken_back = family.client.post(&format!("{}/cancel", path(&request)), json!({})).await.ok();
    assert_eq!((&taken_back["status"], &taken_back["price"]["total_fen"]), (&json!("cancelled"), &json!(0)));
    let declined = book(&family, &place, "2026-03-03", "2026-03-03").await;
    manager.post(&format!("/desk{}/decline", path(&declined)), json!({ "reason": "满员" })).await.ok();
    assert_eq!(read(&family, &declined).await["price"]["total_fen"], 0);
    let lapses = book(&family, &place, "2026-03-04", "2026-03-04").await;
    app.clock.advance(TimeDelta::hours(25));
    quanxiangtuo::features::bookings::service::lapse_due(&app.ctx).await.unwrap();
    let family = Family { client: app.fresh(&family.client), ..family };
    let lapsed = read(&family, &lapses).await;
    assert_eq!((&lapsed["status"], &lapsed["price"]["total_fen"]), (&json!("lapsed"), &json!(0)));
}

#[tokio::test]
async fn a_booking_that_has_begun_names_the_days_that_can_still_be_called_off() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let booking = book(&family, &place, "2026-03-03", "2026-03-05").await;
    app.clock.advance(TimeDelta::hours(22));
    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
    let refused = family.client.post(&path, json!({})).await.problem(409, "CANCEL_WINDOW_CLOSED");
    assert_eq!(refused["dates"], json!(["2026-03-04", "2026-03-05"]));
    assert!(refused["detail"].as_str().unwrap().ends_with("2026-03-04、2026-03-05仍可逐日取消。"), "{refused:#}");
}

#[tokio::test]
async fn a_closed_day_that_was_a_bookings_only_one_is_told_as_its_end() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    book(&family, &place, "2026-03-04", "2026-03-04").await;
    let manager = app.manager(place.centre.id).await;
    let refused = manager.put("/desk/centre/days/2026-03-04", json!({ "reason": "停电" })).await;
    let refused = refused.problem(409, "BOOKINGS_AFFECTED");
    assert_eq!(
        (refused["bookings"].as_array().unwrap().len(), &refused["bookings"][0]["dates"]),
        (1, &json!(["2026-03-04"]))
    );
    manager.put("/desk/centre/days/2026-03-04", json!({ "reason": "停电", "decision": "cancel" })).await.ok();
    let told = family.client.get("/me/notices").await.ok();
    assert_eq!(told["items"][0]["kind"], "booking_cancelled");
    assert!(told["items"][0]["text"].as_str().unwrap().contains("原因：停电。"));
}

#[tokio::test]
async fn best_effort_leaves_out_days_that_cannot_be_and_says_why() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    // Twelve months old on the 5th, and the class takes children from twelve months on.
    let families = app.many_families_born(2, day("2025-03-05")).await;
    let old = app.a_family().await;
    book(&old, &place, "2026-03-06", "2026-03-06").await;
    let elsewhere = app.place().await;
    let mut other = wish(&families[0], &elsewhere, "2026-03-09", "2026-03-09");
    other["care_type"] = json!("hourly");
    (other["from"], other["to"]) = (json!("10:00"), json!("11:00"));
    families[0].client.post("/bookings", other).await.created();
    let mut body = wish(&families[0], &place, "2026-03-03", "2026-03-10");
    families[0].client.post("/bookings", body.clone()).await.problem(422, "AGE_CLASS_MISMATCH");
    body["best_effort"] = json!(true);
    let quote = families[0].client.post("/bookings/quote", body.clone()).await.ok();
    let booking = families[0].client.post("/bookings", body).await.created();
    let dates: Vec<&str> = booking["visits"].as_array().unwrap().iter().map(|v| v["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2026-03-05", "2026-03-10"]);
    let skipped: Vec<(&str, &str)> = booking["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skip| (skip["date"].as_str().unwrap(), skip["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        skipped,
        [
            ("2026-03-03", "age"),
            ("2026-03-04", "age"),
            ("2026-03-06", "full"),
            ("2026-03-07", "closed"),
            ("2026-03-08", "closed"),
            ("2026-03-09", "elsewhere")
        ]
    );
    assert_eq!((&quote["skipped"], &quote["price"]), (&booking["skipped"], &booking["price"]));
    assert_eq!(booking["price"]["total_fen"], 2 * A_DAY);
}
