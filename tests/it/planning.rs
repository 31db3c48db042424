//! Closed days, the bureau's calendar, places and carers, and the bookings that a change hits. Every
//! test begins on Monday 2 March 2026, 09:00.

use chrono::TimeDelta;
use entity::{VisitStatus, centre_days, visits};
use harness::{Client, Family, Place, TestApp, at_once, day};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

async fn book(family: &Family, place: &Place, start: &str, end: &str) -> harness::Reply {
    let body = json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "full_day",
        "start_date": start, "end_date": end });
    family.client.post("/bookings", body).await
}

async fn close(desk: &Client, date: &str, decision: Option<&str>) -> harness::Reply {
    let mut body = json!({ "reason": "消防演练" });
    if let Some(decision) = decision {
        body["decision"] = json!(decision);
    }
    desk.put(&format!("/desk/centre/days/{date}"), body).await
}

async fn statuses(family: &Family, booking: &Value) -> Vec<String> {
    let booking = family.client.get(&format!("/bookings/{}", booking["id"].as_str().unwrap())).await.ok();
    booking["visits"].as_array().unwrap().iter().map(|visit| visit["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_closed_day_asks_what_becomes_of_its_bookings_and_takes_no_new_ones() {
    let app = TestApp::spawn().await;
    let (place, family, other) = (app.place().await, app.a_family().await, app.a_family().await);
    let (manager, carer) = (app.manager(place.centre.id).await, app.carer(place.centre.id).await);
    let booking = book(&family, &place, "2026-03-03", "2026-03-05").await.created();
    let refused = close(&manager, "2026-03-04", None).await.problem(409, "BOOKINGS_AFFECTED");
    assert_eq!((&refused["affected"], &refused["errors"][0]["field"]), (&json!(1), &json!("decision")));
    assert_eq!(refused["conflicts"][0]["visit_id"], booking["visits"][1]["id"]);
    assert_eq!(app.count(centre_days::Entity).await, 0, "nothing changed");
    close(&carer, "2026-03-04", Some("keep")).await.problem(403, "FORBIDDEN");
    family.client.get("/desk/conflicts").await.problem(403, "FORBIDDEN");

    // Kept: the visit stands and stays on the list; nobody else can book the day.
    let kept = close(&manager, "2026-03-04", Some("keep")).await.ok();
    assert_eq!((&kept["affected"], &kept["cancelled"]), (&json!(1), &json!(0)));
    assert_eq!(statuses(&family, &booking).await, ["expected"; 3]);
    let conflicts = carer.get("/desk/conflicts").await.ok();
    assert_eq!(conflicts["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&conflicts["items"][0]["kind"], &conflicts["items"][0]["date"]),
        (&json!("outside_hours"), &json!("2026-03-04"))
    );
    book(&other, &place, "2026-03-04", "2026-03-04").await.problem(422, "CENTRE_CLOSED");

    // Decided anew: cancelled, and not charged.
    let cancelled = close(&manager, "2026-03-04", Some("cancel")).await.ok();
    assert_eq!((&cancelled["affected"], &cancelled["cancelled"]), (&json!(1), &json!(1)));
    assert_eq!(statuses(&family, &booking).await, ["expected", "cancelled", "expected"]);
    let read = family.client.get(&format!("/bookings/{}", booking["id"].as_str().unwrap())).await.ok();
    assert_eq!(read["price"]["total_fen"], 2 * 9200);
    assert_eq!(close(&manager, "2026-03-04", Some("cancel")).await.ok()["affected"], 0, "again changes nothing");
    assert!(carer.get("/desk/conflicts").await.ok()["items"].as_array().unwrap().is_empty());

    // Shorter hours hit whoever is booked past them; the day's own hours go again.
    let short = json!({ "from": "09:00", "to": "12:00", "reason": "半日开放" });
    manager.put("/desk/centre/days/2026-03-05", short).await.problem(409, "BOOKINGS_AFFECTED");
    manager.delete("/desk/centre/days/2026-03-04").await.ok();
    manager.delete("/desk/centre/days/2026-03-04").await.problem(404, "NOT_FOUND");
    book(&other, &place, "2026-03-04", "2026-03-04").await.created();
    // A Saturday opens.
    let open = json!({ "from": "08:00", "to": "12:00", "reason": "开放日" });
    manager.put("/desk/centre/days/2026-03-07", open).await.ok();
    let saturday = book(&other, &place, "2026-03-07", "2026-03-07").await.created();
    assert_eq!((&saturday["visits"][0]["from"], &saturday["visits"][0]["to"]), (&json!("08:00"), &json!("12:00")));
    assert_eq!(carer.get("/desk/centre/days").await.ok()["items"].as_array().unwrap().len(), 1);
    manager.delete("/desk/centre/days/2026-03-07").await.problem(409, "BOOKINGS_AFFECTED");
    for (body, field) in [
        (json!({ "from": "09:00", "reason": "x" }), "to"),
        (json!({ "to": "09:00", "reason": "x" }), "from"),
        (json!({ "from": "10:00", "to": "09:00", "reason": "x" }), "to"),
        (json!({ "reason": "" }), "reason"),
    ] {
        manager.put("/desk/centre/days/2026-03-09", body).await.invalid(field);
    }
    close(&manager, "2026-03-01", None).await.invalid("date");
    manager.put("/desk/centre/days/tomorrow", json!({ "reason": "x" })).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn the_bureaus_calendar_reaches_every_centre_and_replica_at_once() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let (place, there) = (app.place().await, app.place().await);
    replica.reload_catalogue().await;
    let families = app.many_families(3).await;
    let officer = app.officer().await;
    let booking = book(&families[0], &place, "2026-03-05", "2026-03-06").await.created();
    let holiday = |decision: Value| json!({ "kind": "holiday", "name": "临时假日", "decision": decision });
    let refused = officer.put("/bureau/calendar/2026-03-06", holiday(Value::Null)).await;
    assert_eq!(refused.problem(409, "BOOKINGS_AFFECTED")["affected"], 1);
    officer.put("/bureau/calendar/2026-03-06", holiday(json!("cancel"))).await.ok();
    assert_eq!(statuses(&families[0], &booking).await, ["expected", "cancelled"]);
    // The other replica books by it, for it reads a centre's version in the booking's transaction.
    let elsewhere = Family { client: families[1].client.at(&replica), ..families[1].clone() };
    book(&elsewhere, &there, "2026-03-06", "2026-03-06").await.problem(422, "CENTRE_CLOSED");
    // A Sunday that is worked as a Friday.
    let bare = json!({ "kind": "workday", "name": "调休上班" });
    officer.put("/bureau/calendar/2026-03-07", bare).await.invalid("works_as");
    let swapped = json!({ "kind": "workday", "works_as": 5, "name": "调休上班" });
    officer.put("/bureau/calendar/2026-03-08", swapped).await.ok();
    book(&families[2], &there, "2026-03-08", "2026-03-08").await.created();
    let list = officer.get("/bureau/calendar").await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    officer.delete("/bureau/calendar/2026-03-08").await.problem(409, "BOOKINGS_AFFECTED");
    officer.delete("/bureau/calendar/2026-03-06").await.ok();
    book(&elsewhere, &there, "2026-03-06", "2026-03-06").await.created();
    let bad = json!({ "kind": "holiday", "works_as": 5, "name": "x" });
    officer.put("/bureau/calendar/2026-03-09", bad).await.invalid("works_as");
    let manager = app.manager(place.centre.id).await;
    manager.put("/bureau/calendar/2026-03-09", holiday(Value::Null)).await.problem(403, "FORBIDDEN");
    officer.get("/bureau/calendar?from=2026-03-01&to=2028-03-01").await.invalid("to");
}

#[tokio::test]
async fn fewer_places_or_carers_block_new_bookings_and_list_those_they_hit() {
    let app = TestApp::spawn().await;
    let place = app.place_with(6, 2, |_| {}).await;
    let families = app.many_families(6).await;
    let manager = app.manager(place.centre.id).await;
    for family in &families[..3] {
        book(family, &place, "2026-03-03", "2026-03-03").await.created();
    }
    let class = format!("/desk/classes/{}", place.class_id());
    let cut = manager.patch(&class, json!({ "places": 2 })).await.ok();
    assert_eq!((&cut["affected"], &cut["cancelled"]), (&json!(3), &json!(0)));
    assert_eq!(cut["conflicts"][0]["kind"], "over_capacity");
    book(&families[3], &place, "2026-03-03", "2026-03-03").await.problem(409, "NO_PLACE");
    assert_eq!(app.count(visits::Entity).await, 3, "nobody was turned away");
    // The list comes in pages, each visit once.
    let (mut seen, mut next) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = manager.get(&format!("/desk/conflicts?limit=1{next}")).await.ok();
        seen.extend(page["items"].as_array().unwrap().iter().map(|hit| hit["visit_id"].to_string()));
        next = page["next_cursor"].as_str().map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
    }
    assert!(next.is_empty());
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
    manager.get("/desk/conflicts?cursor=x").await.invalid("cursor");
    assert_eq!(manager.patch(&class, json!({ "places": 6 })).await.ok()["affected"], 0);
    book(&families[3], &place, "2026-03-03", "2026-03-03").await.created();
    // Nobody is rostered in the afternoon of that day.
    let roster = format!("{class}/rosters/2026-03-03");
    let morning = json!({ "lines": [{ "from": "07:30", "to": "12:00", "carers": 2 }] });
    assert_eq!(manager.put(&roster, morning).await.ok()["affected"], 4);
    book(&families[4], &place, "2026-03-03", "2026-03-03").await.problem(409, "NO_PLACE");
    assert_eq!(manager.put(&roster, json!({ "lines": [] })).await.ok()["affected"], 0);
    book(&families[4], &place, "2026-03-03", "2026-03-03").await.created();

    let over = manager.patch(&class, json!({ "places": 16 })).await.invalid("places");
    assert!(over["detail"].as_str().unwrap().contains("15"), "{over}");
    manager
        .put(&roster, json!({ "lines": [{ "from": "12:00", "to": "08:00", "carers": 1 }] }))
        .await
        .invalid("lines[0].to");
    app.carer(place.centre.id).await.patch(&class, json!({ "places": 1 })).await.problem(403, "FORBIDDEN");
    let stranger = app.manager(app.place().await.centre.id).await;
    stranger.patch(&class, json!({ "places": 1 })).await.problem(404, "NOT_FOUND");
    stranger.put(&roster, json!({ "lines": [] })).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_closing_day_and_bookings_race_and_no_booking_is_broken_silently() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place_with(15, 5, |_| {}).await;
    replica.reload_catalogue().await;
    let families = app.many_families(12).await;
    let manager = app.manager(place.centre.id).await;
    let (closed, booked) = tokio::join!(
        async { close(&manager, "2026-03-04", Some("cancel")).await.ok() },
        at_once(families.iter().enumerate().map(async |(n, family)| {
            let client = if n % 2 == 0 { family.client.clone() } else { family.client.at(&replica) };
            book(&Family { client, ..family.clone() }, &place, "2026-03-04", "2026-03-04").await.status
        }))
    );
    let made = booked.iter().filter(|status| **status == 201).count();
    assert!(booked.iter().all(|status| [201, 422].contains(status)), "{booked:?}");
    let rows = visits::Entity::find().all(app.db()).await.unwrap();
    assert!(rows.iter().all(|row| row.status == VisitStatus::Cancelled && row.date == day("2026-03-04")), "{rows:?}");
    assert_eq!((rows.len(), closed["cancelled"].as_u64()), (made, Some(made as u64)));
    assert!(manager.get("/desk/conflicts").await.ok()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_later_week_is_announced_decided_about_and_applies_from_its_day() {
    let app = TestApp::spawn().await;
    let (place, family, other) = (app.place().await, app.a_family().await, app.a_family().await);
    let manager = app.manager(place.centre.id).await;
    let booking = book(&family, &place, "2026-03-05", "2026-03-10").await.created();
    let half = |from: &str, to: &str| json!({ "from": from, "to": to });
    // From Monday the 9th: Tuesday to Saturday, shorter.
    let week = |decision: Value| {
        let hours: Vec<Value> = (2..=6).map(|day| json!({ "weekday": day, "from": "07:30", "to": "17:00" })).collect();
        json!({ "hours": hours, "morning": half("08:30", "11:30"), "afternoon": half("14:00", "17:00"), "decision": decision })
    };
    let path = "/desk/centre/weeks/2026-03-09";
    let refused = manager.put(path, week(Value::Null)).await.problem(409, "BOOKINGS_AFFECTED");
    assert_eq!(refused["affected"], 2, "Monday is closed, Tuesday ends earlier");
    let done = manager.put(path, week(json!("cancel"))).await.ok();
    assert_eq!((&done["affected"], &done["cancelled"]), (&json!(2), &json!(2)));
    assert_eq!(statuses(&family, &booking).await, ["expected", "expected", "cancelled", "cancelled"]);
    let weeks = manager.get("/desk/centre/weeks").await.ok();
    assert_eq!((weeks["items"].as_array().unwrap().len(), &weeks["items"][1]["valid_from"]), (2, &json!("2026-03-09")));

    // Before its day as ever, from its day on the new hours and windows.
    book(&other, &place, "2026-03-07", "2026-03-07").await.problem(422, "CENTRE_CLOSED");
    book(&other, &place, "2026-03-09", "2026-03-09").await.problem(422, "CENTRE_CLOSED");
    let saturday = book(&other, &place, "2026-03-14", "2026-03-14").await.created();
    assert_eq!((&saturday["visits"][0]["from"], &saturday["visits"][0]["to"]), (&json!("07:30"), &json!("17:00")));
    let morning = |date: &str| json!({ "child_id": other.child(), "centre_id": place.id(), "care_type": "half_day", "half": "morning", "start_date": date });
    let early = other.client.post("/bookings", morning("2026-03-06")).await.created();
    let late = other.client.post("/bookings", morning("2026-03-10")).await.created();
    assert_eq!((&early["visits"][0]["from"], &late["visits"][0]["from"]), (&json!("08:00"), &json!("08:30")));
    let availability = format!("/centres/{}/availability?start_date=2026-03-07&end_date=2026-03-10", place.id());
    let days = other.client.get(&availability).await.ok();
    let open: Vec<bool> = days["days"].as_array().unwrap().iter().map(|day| !day["open"].is_null()).collect();
    assert_eq!(open, [false, false, false, true]);

    // Taken back, Saturday's visit is in the way.
    manager.delete(path).await.problem(409, "BOOKINGS_AFFECTED");
    manager.delete(&format!("{path}?decision=keep")).await.ok();
    let conflicts = manager.get("/desk/conflicts").await.ok();
    assert_eq!(
        (conflicts["items"].as_array().unwrap().len(), &conflicts["items"][0]["date"]),
        (1, &json!("2026-03-14"))
    );
    for (hours, field) in [
        (json!([{ "weekday": 0, "from": "08:00", "to": "17:00" }]), "hours[0].weekday"),
        (
            json!([{ "weekday": 1, "from": "08:00", "to": "17:00" }, { "weekday": 1, "from": "08:00", "to": "17:00" }]),
            "hours[1].weekday",
        ),
        (json!([{ "weekday": 1, "from": "17:00", "to": "17:00" }]), "hours[0].to"),
    ] {
        let body = json!({ "hours": hours, "morning": half("08:00", "12:00"), "afternoon": half("14:00", "17:00") });
        manager.put(path, body).await.invalid(field);
    }
    let open = json!([{ "weekday": 1, "from": "08:00", "to": "17:00" }]);
    for (hours, morning, afternoon, field) in [
        (
            json!([{ "weekday": 1, "from": "08:15", "to": "17:00" }]),
            half("09:00", "12:00"),
            half("14:00", "17:00"),
            "hours[0].from",
        ),
        (open.clone(), half("08:00", "12:10"), half("14:00", "17:00"), "morning.to"),
        (open.clone(), half("08:00", "15:00"), half("14:00", "17:00"), "afternoon.from"),
        (open, half("05:00", "06:00"), half("14:00", "17:00"), "morning"),
    ] {
        let body = json!({ "hours": hours, "morning": morning, "afternoon": afternoon });
        manager.put(path, body).await.invalid(field);
    }
    manager
        .put("/desk/centre/days/2026-03-12", json!({ "reason": "x", "from": "08:10", "to": "12:00" }))
        .await
        .invalid("from");
    let roster = format!("/desk/classes/{}/rosters/2026-03-12", place.class_id());
    let lines = json!({ "lines": [{ "from": "09:15", "to": "12:00", "carers": 1 }] });
    manager.put(&roster, lines).await.invalid("lines[0].from");
    manager.put("/desk/centre/weeks/2026-03-01", week(Value::Null)).await.invalid("valid_from");
    app.carer(place.centre.id).await.put(path, week(Value::Null)).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn the_desk_sees_its_classes_and_is_warned_of_too_few_carers() {
    let app = TestApp::spawn().await;
    let place = app.place_with(15, 2, |_| {}).await;
    let families = app.many_families(9).await;
    let today = day("2026-03-02");
    for (n, family) in families.iter().enumerate() {
        let status = match n {
            0..6 => VisitStatus::InCare,
            6 => VisitStatus::Expected,
            7 => VisitStatus::Absent,
            _ => VisitStatus::Left,
        };
        app.visit(&place, family, today, status).await;
    }
    let (carer, manager) = (app.carer(place.centre.id).await, app.manager(place.centre.id).await);
    let class = async || {
        let mut class = carer.get("/desk/today").await.ok()["classes"][0].clone();
        class.as_object_mut().unwrap().remove("half_hours");
        class
    };
    let counts = json!({ "class_id": place.class_id(), "class_name": place.class.name, "expected": 1, "in_care": 6,
        "left": 1, "absent": 1, "no_show": 0, "carers_now": 2, "carers_needed": 2, "too_few_carers": false });
    assert_eq!(class().await, counts, "six children, one carer for five");
    // One of the two goes at nine.
    let roster = json!({ "lines": [{ "from": "07:30", "to": "18:00", "carers": 1 }, { "from": "07:30", "to": "09:00", "carers": 1 }] });
    manager.put(&format!("/desk/classes/{}/rosters/2026-03-02", place.class_id()), roster).await.ok();
    let short = class().await;
    assert_eq!((&short["carers_now"], &short["too_few_carers"]), (&json!(1), &json!(true)));
    let tomorrow = carer.get("/desk/today?date=2026-03-03").await.ok();
    assert_eq!(tomorrow["classes"][0]["carers_needed"], Value::Null);
}

#[tokio::test]
async fn what_is_past_is_not_shown_as_free() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    app.clock.advance(TimeDelta::minutes(190));
    let path = |from: &str, to: &str| format!("/centres/{}/availability?start_date={from}&end_date={to}", place.id());
    let days = family.client.get(&path("2026-02-27", "2026-03-02")).await.ok();
    assert_eq!((&days["days"][0]["open"], &days["days"][0]["reason"]), (&Value::Null, &json!("日期已过")));
    let today = &days["days"][3];
    assert_eq!((&today["open"]["from"], &today["classes"][0]["spans"][0]["from"]), (&json!("12:00"), &json!("12:00")));
    app.clock.advance(TimeDelta::hours(6));
    let today = family.client.get(&path("2026-03-02", "2026-03-02")).await.ok();
    assert_eq!((&today["days"][0]["open"], &today["days"][0]["reason"]), (&Value::Null, &json!("今天的开放时间已过")));
}
