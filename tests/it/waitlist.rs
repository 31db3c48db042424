//! The waiting list. Every test begins on Monday 2 March 2026, 09:00; a place is held for two hours.

use chrono::TimeDelta;
use entity::{CareType, Confirmation, VisitStatus, WaitlistStatus, bookings, visits, waitlist_entries};
use harness::{Family, Place, TestApp, at_once, day, unknown_id};
use quanxiangtuo::features::{
    bookings::service::lapse_due,
    waitlist::{end_due, offer_due},
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

fn wish(family: &Family, place: &Place, start: &str, end: &str) -> Value {
    json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "full_day", "start_date": start, "end_date": end })
}

async fn join(family: &Family, place: &Place, start: &str, end: &str) -> Value {
    family.client.post("/waitlist", wish(family, place, start, end)).await.created()
}

async fn entry(family: &Family) -> Value {
    family.client.get("/waitlist").await.ok()["items"][0].clone()
}

async fn accept(family: &Family, entry: &Value) -> harness::Reply {
    family.client.post(&format!("/waitlist/{}/accept", entry["id"].as_str().unwrap()), json!({})).await
}

async fn book(family: &Family, place: &Place, start: &str, end: &str) -> Value {
    family.client.post("/bookings", wish(family, place, start, end)).await.created()
}

async fn cancel(family: &Family, booking: &Value) {
    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
    family.client.post(&path, json!({})).await.ok();
}

fn fresh(app: &TestApp, families: &[Family]) -> Vec<Family> {
    families.iter().map(|family| Family { client: app.fresh(&family.client), ..family.clone() }).collect()
}

/// One place, taken on 3 to 5 March by the first of five families.
async fn full() -> (TestApp, Place, Vec<Family>, Value) {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let families = app.many_families(5).await;
    let taken = book(&families[0], &place, "2026-03-03", "2026-03-05").await;
    (app, place, families, taken)
}

#[tokio::test]
async fn a_freed_place_is_offered_to_the_first_who_fits_held_and_passed_on() {
    let (app, place, families, taken) = full().await;
    let [_, first, second, third, rival] = &families[..] else { unreachable!() };
    // The first also wants a day that stays full.
    book(rival, &place, "2026-03-06", "2026-03-06").await;
    let waits = join(first, &place, "2026-03-05", "2026-03-06").await;
    assert_eq!((&waits["status"], &waits["position"], &waits["offer"]), (&json!("waiting"), &json!(1), &Value::Null));
    assert_eq!(join(second, &place, "2026-03-04", "2026-03-05").await["position"], 2);
    assert_eq!(join(third, &place, "2026-03-03", "2026-03-05").await["position"], 3);
    assert_eq!(offer_due(&app.ctx).await.unwrap(), 0);
    cancel(&families[0], &taken).await;
    offer_due(&app.ctx).await.unwrap();
    let offered = entry(second).await;
    assert_eq!((&offered["status"], &offered["position"]), (&json!("offered"), &Value::Null));
    assert_eq!(offered["offer"]["until"], "2026-03-02T11:00:00+08:00");
    assert_eq!((&entry(first).await["status"], &entry(third).await["position"]), (&json!("waiting"), &json!(2)));
    // It is held: nobody walks in, and the centre can't answer for the family.
    rival.client.post("/bookings", wish(rival, &place, "2026-03-04", "2026-03-04")).await.problem(409, "NO_PLACE");
    let held = offered["offer"]["booking_id"].as_str().unwrap();
    let desk = app.carer(place.centre.id).await;
    desk.post(&format!("/desk/bookings/{held}/confirm"), json!({})).await.problem(409, "WRONG_STATE");
    accept(third, &offered).await.problem(404, "NOT_FOUND");
    accept(third, &entry(third).await).await.problem(409, "WRONG_STATE");

    // Not answered in time it passes on to the next.
    app.clock.advance(TimeDelta::minutes(121));
    let families = fresh(&app, &families);
    let [_, first, second, third, _] = &families[..] else { unreachable!() };
    assert_eq!(entry(second).await["status"], "lapsed", "known before the worker has come by");
    accept(second, &offered).await.problem(409, "WRONG_STATE");
    lapse_due(&app.ctx).await.unwrap();
    offer_due(&app.ctx).await.unwrap();
    let offered = entry(third).await;
    let booking = accept(third, &offered).await.ok();
    assert_eq!((&booking["status"], &booking["offer_until"]), (&json!("confirmed"), &Value::Null));
    assert_eq!(booking["id"], offered["offer"]["booking_id"]);
    assert_eq!(booking["price"]["total_fen"], 3 * 9200);
    assert_eq!((&entry(third).await["status"], &entry(first).await["status"]), (&json!("accepted"), &json!("waiting")));
    let desk = app.carer(place.centre.id).await;
    let standing = async || {
        let list = desk.get("/desk/waitlist").await.ok();
        list["items"].as_array().unwrap().iter().map(|entry| entry["status"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(standing().await, ["waiting", "lapsed"], "known at the desk before the worker has come by");
    end_due(&app.ctx).await.unwrap();
    let list = app.carer(place.centre.id).await.get("/desk/waitlist").await.ok();
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["position"]), (1, &json!(1)));
}

#[tokio::test]
async fn who_may_wait_and_for_what() {
    let (app, place, families, _) = full().await;
    let [taker, family, other, ..] = &families[..] else { unreachable!() };
    let ask = async |family: &Family, body: Value| family.client.post("/waitlist", body).await;
    ask(family, wish(family, &place, "2026-03-09", "2026-03-09")).await.problem(409, "PLACE_FREE");
    ask(taker, wish(taker, &place, "2026-03-05", "2026-03-06")).await.problem(409, "CHILD_OVERLAP");
    ask(family, wish(other, &place, "2026-03-03", "2026-03-03")).await.problem(404, "NOT_FOUND");
    ask(family, wish(family, &place, "2026-03-07", "2026-03-07")).await.problem(422, "CENTRE_CLOSED");
    ask(family, wish(family, &place, "2026-02-27", "2026-03-03")).await.problem(422, "NOTICE_TOO_SHORT");
    for (field, value) in [
        ("weekdays", json!("x")),
        ("half", json!("noon")),
        ("from", json!("25:00")),
        ("start_date", json!("2026-02-30")),
        ("best_effort", json!(true)),
        ("voucher_id", json!(app.id::<entity::VoucherId>())),
    ] {
        let mut body = wish(family, &place, "2026-03-03", "2026-03-03");
        body[field] = value;
        ask(family, body).await.invalid(field);
    }
    let desk = app.manager(place.centre.id).await;
    desk.post("/waitlist", wish(family, &place, "2026-03-03", "2026-03-03")).await.problem(403, "FORBIDDEN");
    family.client.get("/desk/waitlist").await.problem(403, "FORBIDDEN");
    let (body, key) = (wish(family, &place, "2026-03-03", "2026-03-03"), "wait-for-tuesday");
    let waits = family.client.post_once("/waitlist", key, body.clone()).await.created();
    let again = family.client.post_once("/waitlist", key, body.clone()).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let codes = at_once((0..4).map(|_| ask(family, body.clone()))).await;
    assert!(codes.iter().all(|reply| reply.code() == Some("ALREADY_WAITING")));
    let path = format!("/waitlist/{}", waits["id"].as_str().unwrap());
    other.client.delete(&path).await.problem(404, "NOT_FOUND");
    family.client.delete(&path).await.no_content();
    family.client.delete(&path).await.no_content();
    assert_eq!(entry(family).await["status"], "withdrawn");
    family
        .client
        .delete(&format!("/waitlist/{}", unknown_id::<entity::WaitlistEntryId>()))
        .await
        .problem(404, "NOT_FOUND");
    ask(family, body).await.created();
    // Its day goes by.
    app.clock.advance(TimeDelta::days(2));
    offer_due(&app.ctx).await.unwrap();
    assert_eq!(entry(&fresh(&app, &families)[1]).await["status"], "over");
}

#[tokio::test]
async fn a_declined_offer_passes_on_at_once_and_by_hand_the_centre_still_confirms() {
    let (app, place, families, taken) = full().await;
    let [taker, first, second, ..] = &families[..] else { unreachable!() };
    app.offer_confirmation(&place, CareType::FullDay, Confirmation::Request).await;
    for family in [first, second] {
        join(family, &place, "2026-03-04", "2026-03-04").await;
    }
    // One day told as absent frees that day only.
    let visit = taken["visits"][1]["id"].as_str().unwrap();
    let path = format!("/bookings/{}/visits/{visit}/absent", taken["id"].as_str().unwrap());
    taker.client.post(&path, json!({})).await.ok();
    offer_due(&app.ctx).await.unwrap();
    let offered = entry(first).await;
    first.client.delete(&format!("/waitlist/{}", offered["id"].as_str().unwrap())).await.no_content();
    offer_due(&app.ctx).await.unwrap();
    let booking = accept(second, &entry(second).await).await.ok();
    assert_eq!((&booking["status"], &booking["offer_until"]), (&json!("pending"), &Value::Null));
    let desk = app.carer(place.centre.id).await;
    let path = format!("/desk/bookings/{}/confirm", booking["id"].as_str().unwrap());
    assert_eq!(desk.post(&path, json!({})).await.ok()["status"], "confirmed");
}

#[tokio::test]
async fn several_replicas_and_a_walk_in_race_for_a_freed_place_and_one_gets_it() {
    let (app, place, families, taken) = full().await;
    let replica = app.replica().await;
    let (taker, others) = families.split_first().unwrap();
    let (walk_in, waiting) = others.split_last().unwrap();
    for family in waiting {
        join(family, &place, "2026-03-04", "2026-03-04").await;
    }
    cancel(taker, &taken).await;
    let body = wish(walk_in, &place, "2026-03-04", "2026-03-04");
    let (_, status) = tokio::join!(
        at_once([&app, &replica, &app, &replica].map(async |app| offer_due(&app.ctx).await.unwrap())),
        async { walk_in.client.post("/bookings", body).await.status }
    );
    offer_due(&app.ctx).await.unwrap();
    let held = visits::Entity::find().all(app.db()).await.unwrap();
    let held: Vec<_> = held.into_iter().filter(|visit| visit.status == VisitStatus::Expected).collect();
    assert_eq!(held.iter().map(|visit| visit.date).collect::<Vec<_>>(), [day("2026-03-04")], "one place, one child");
    let entries = waitlist_entries::Entity::find().all(app.db()).await.unwrap();
    let offered = entries.iter().filter(|entry| entry.status == WaitlistStatus::Offered).count();
    assert_eq!(offered, usize::from(status != 201), "walked in: {status}");
    assert_eq!(app.count(bookings::Entity).await, 2);
}

#[tokio::test]
async fn an_accepted_and_a_lapsing_offer_race_and_one_thing_is_true() {
    let (app, place, families, taken) = full().await;
    let waiting = &families[1];
    join(waiting, &place, "2026-03-04", "2026-03-04").await;
    cancel(&families[0], &taken).await;
    offer_due(&app.ctx).await.unwrap();
    let offered = entry(waiting).await;
    let replies = at_once((0..6).map(|_| accept(waiting, &offered))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "accepted once");
    app.clock.advance(TimeDelta::hours(3));
    lapse_due(&app.ctx).await.unwrap();
    offer_due(&app.ctx).await.unwrap();
    assert_eq!(entry(&fresh(&app, &families)[1]).await["status"], "accepted");
}

#[tokio::test]
async fn a_reopened_day_is_offered_to_who_waits_for_it() {
    let (app, place, families, _) = full().await;
    let waiting = &families[1];
    join(waiting, &place, "2026-03-04", "2026-03-04").await;
    let manager = app.manager(place.centre.id).await;
    let path = "/desk/centre/days/2026-03-04";
    manager.put(path, json!({ "reason": "停电", "decision": "cancel" })).await.ok();
    offer_due(&app.ctx).await.unwrap();
    assert_eq!(entry(waiting).await["status"], "waiting", "nobody is offered a closed day");
    manager.delete(path).await.ok();
    offer_due(&app.ctx).await.unwrap();
    assert_eq!(entry(waiting).await["status"], "offered");
}

#[tokio::test]
async fn a_family_waits_for_ten_places_at_most_however_many_it_asks_for_at_once() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let families = app.many_families(2).await;
    book(&families[0], &place, "2026-03-03", "2026-03-20").await;
    let days = (3..=20).filter(|day| ![7, 8, 14, 15].contains(day));
    let replies = at_once(days.map(async |day| {
        let day = format!("2026-03-{day:02}");
        families[1].client.post("/waitlist", wish(&families[1], &place, &day, &day)).await
    }))
    .await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 10);
    assert!(replies.iter().all(|reply| reply.status == 201 || reply.code() == Some("WRONG_STATE")));
}

#[tokio::test]
async fn an_offer_of_care_about_to_begin_says_the_time_it_is_really_held() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let (first, waits) = (app.a_family().await, app.a_family().await);
    let hours = |family: &Family| {
        json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "hourly",
        "start_date": "2026-03-02", "from": "10:00", "to": "11:00" })
    };
    let taken = first.client.post("/bookings", hours(&first)).await.created();
    waits.client.post("/waitlist", hours(&waits)).await.created();
    let absent = format!(
        "/bookings/{}/visits/{}/absent",
        taken["id"].as_str().unwrap(),
        taken["visits"][0]["id"].as_str().unwrap()
    );
    first.client.post(&absent, json!({})).await.ok();
    offer_due(&app.ctx).await.unwrap();
    assert_eq!(entry(&waits).await["offer"]["until"], "2026-03-02T10:00:00+08:00");
    let told = waits.client.get("/me/notices").await.ok();
    assert_eq!(told["items"][0]["facts"]["offer_until"], "2026-03-02T10:00:00+08:00");
    assert!(told["items"][0]["text"].as_str().unwrap().contains("3月2日10:00前"), "{told:#}");
}

#[tokio::test]
async fn who_waits_for_a_class_that_is_closed_hears_of_it() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let second = app.class(place.centre.id, entity::Band::ToddlerSmall, 1, 1).await;
    app.offers(&second).await;
    app.reload_catalogue().await;
    let (first, waits, other) = (app.a_family().await, app.a_family().await, app.a_family().await);
    let named = |family: &Family, class: &str| {
        harness::care::with(wish(family, &place, "2026-03-04", "2026-03-04"), &json!({ "class_id": class }))
    };
    let taken = first.client.post("/bookings", named(&first, &second.id.to_string())).await.created();
    waits.client.post("/waitlist", named(&waits, &second.id.to_string())).await.created();
    book(&other, &place, "2026-03-04", "2026-03-04").await;
    let manager = app.manager(place.centre.id).await;
    // Of those booked the manager must dispose first; the place then freed is offered, and that is a booking too.
    manager.delete(&format!("/desk/classes/{}", second.id)).await.problem(409, "BOOKINGS_AFFECTED");
    manager.patch(&format!("/desk/classes/{}", second.id), json!({ "carers": 0 })).await.ok();
    cancel(&first, &taken).await;
    manager.delete(&format!("/desk/classes/{}", second.id)).await.no_content();
    let entry = entry(&waits).await;
    assert_eq!((&entry["status"], &entry["position"]), (&json!("over"), &Value::Null));
    assert_eq!(waits.client.get("/me/notices").await.ok()["items"][0]["kind"], "wait_ended");
}
