//! The desk's day: check-in by the visit's code and by name, half-hours, corrections. Every test begins
//! on Monday 2 March 2026, 09:00.

use chrono::TimeDelta;
use entity::{BookingStatus, VisitStatus, audit_rows, bookings, visits};
use harness::{Family, Place, TestApp, at_once, day};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};

async fn today_at(app: &TestApp, place: &Place, family: &Family) -> visits::Model {
    app.visit(place, family, day("2026-03-02"), VisitStatus::Expected).await
}

fn code_path(visit: &visits::Model) -> String {
    format!("/bookings/{}/visits/{}/code", visit.booking_id, visit.id)
}

#[tokio::test]
async fn a_child_is_checked_in_by_the_code_of_its_visit() {
    let app = TestApp::spawn().await;
    let (place, family, other) = (app.place().await, app.a_family().await, app.a_family().await);
    let staff = app.staff("c1", entity::StaffRole::Carer, Some(place.centre.id)).await;
    let carer = app.session_of(&staff).await;
    let visit = today_at(&app, &place, &family).await;
    let tomorrow = app.visit(&place, &family, day("2026-03-03"), VisitStatus::Expected).await;
    other.client.get(&code_path(&visit)).await.problem(404, "NOT_FOUND");
    family.client.get(&code_path(&tomorrow)).await.problem(409, "WRONG_STATE");
    let shown = family.client.get(&code_path(&visit)).await;
    assert_eq!(shown.headers["cache-control"], "no-store");
    let code = shown.ok()["code"].as_str().unwrap().to_owned();
    assert!(code.len() <= 64 && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{code}");
    let picture = family.client.get(&format!("{}.svg", code_path(&visit))).await;
    assert!(picture.status == 200 && String::from_utf8_lossy(&picture.bytes).contains("<svg"));

    carer.post("/desk/check-ins", json!({ "code": code })).await.problem(422, "ENTRY_CHECK_REQUIRED");
    app.entry_check(place.centre.id, family.child_id, staff.id).await;
    let foreign = app.place().await;
    app.carer(foreign.centre.id).await.post("/desk/check-ins", json!({ "code": code })).await.problem(404, "NOT_FOUND");
    for bad in ["", "T1", "V1AAAA", &code.replacen('T', "V", 1), &format!("{code}A")] {
        let status = carer.post("/desk/check-ins", json!({ "code": bad })).await.status;
        assert!(status == 422 || (bad.is_empty() && status == 400), "{bad} {status}");
    }
    // A code of a visit is none of a voucher.
    carer.post("/desk/redemptions/preview", json!({ "code": code })).await.problem(422, "VOUCHER_INVALID");
    app.clock.advance(TimeDelta::seconds(61));
    carer.post("/desk/check-ins", json!({ "code": code })).await.problem(422, "VISIT_CODE_EXPIRED");
    let code = family.client.get(&code_path(&visit)).await.ok()["code"].clone();
    let replies = at_once((0..6).map(|_| carer.post("/desk/check-ins", json!({ "code": code })))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
    family.client.get(&code_path(&visit)).await.problem(409, "WRONG_STATE");
    family.client.post("/desk/check-ins", json!({ "code": code })).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_child_is_found_by_name_and_the_day_shows_its_half_hours() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (named, other) = (app.family("lin").await, app.a_family().await);
    let carer = app.carer(place.centre.id).await;
    let visit = today_at(&app, &place, &named).await;
    app.visit_with(&place, &other, day("2026-03-02"), VisitStatus::InCare, |visit| {
        (visit.from_min, visit.to_min) = (harness::hm(9, 0), harness::hm(10, 30));
    })
    .await;
    let found = carer.post("/desk/visits/search", json!({ "name": "小米" })).await.ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["id"], json!(visit.id));
    let none = carer.post("/desk/visits/search", json!({ "name": "小米", "date": "2026-03-03" })).await.ok();
    assert!(none["items"].as_array().unwrap().is_empty());
    let foreign = app.place().await;
    let elsewhere = app.carer(foreign.centre.id).await;
    assert_eq!(elsewhere.post("/desk/visits/search", json!({ "name": "小米" })).await.ok()["items"], json!([]));
    // Masked names aren't to be read letter by letter: one letter finds only who is called so.
    assert_eq!(carer.post("/desk/visits/search", json!({ "name": "小" })).await.ok()["items"], json!([]));
    carer.post("/desk/visits/search", json!({ "name": "小米", "date": "2026-03-04" })).await.invalid("date");
    let searches = audit_rows::Entity::find().filter(audit_rows::Column::Action.eq("visit.search"));
    let searches = searches.order_by_asc(audit_rows::Column::Id).all(app.db()).await.unwrap();
    let found: Vec<&Value> = searches.iter().map(|row| &row.detail["found"]).collect();
    assert_eq!(found, [1, 0, 0, 0], "each search leaves a row, without what was typed");
    assert!(searches.iter().all(|row| !row.detail.to_string().contains('小')));

    let today = carer.get("/desk/today").await.ok();
    let class = &today["classes"][0];
    let at = |time: &str| -> Value {
        let spans = class["half_hours"].as_array().unwrap();
        let here = |span: &&Value| span["from"].as_str().unwrap() <= time && time < span["to"].as_str().unwrap();
        spans.iter().find(here).unwrap().clone()
    };
    let numbers =
        |time: &str| ["expected", "in_care", "left", "places", "carers"].map(|n| at(time)[n].as_i64().unwrap());
    assert_eq!(numbers("07:30"), [0, 0, 0, 15, 3]);
    // The other is booked from nine, and has been there since eight.
    assert_eq!(numbers("08:00"), [1, 1, 0, 15, 3]);
    assert_eq!(numbers("10:00"), [1, 1, 0, 15, 3]);
    assert_eq!(numbers("10:30"), [1, 0, 0, 15, 3]);
    assert_eq!(numbers("17:00"), [0, 0, 0, 15, 3]);
}

async fn stands(app: &TestApp, visit: &visits::Model) -> (VisitStatus, BookingStatus) {
    let row = visits::Entity::find_by_id(visit.id).one(app.db()).await.unwrap().unwrap();
    let booking = bookings::Entity::find_by_id(visit.booking_id).one(app.db()).await.unwrap().unwrap();
    (row.status, booking.status)
}

#[tokio::test]
async fn mistakes_are_put_right_and_the_history_keeps_them() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let staff = app.staff("c2", entity::StaffRole::Carer, Some(place.centre.id)).await;
    let (carer, manager) = (app.session_of(&staff).await, app.manager(place.centre.id).await);
    app.entry_check(place.centre.id, family.child_id, staff.id).await;
    let visit = today_at(&app, &place, &family).await;
    let correct = |visit: &visits::Model| format!("/desk/visits/{}/corrections", visit.id);
    carer.post(&format!("/desk/visits/{}/check-in", visit.id), json!({})).await.ok();
    carer.post(&format!("/desk/visits/{}/check-out", visit.id), json!({})).await.ok();
    assert_eq!(stands(&app, &visit).await, (VisitStatus::Left, BookingStatus::Completed));

    // The wrong child was scanned: expected again, and the booking is open again.
    let back = json!({ "status": "expected", "reason": "扫错了孩子" });
    let step = carer.post(&correct(&visit), back.clone()).await.ok();
    assert_eq!(
        (&step["status"], &step["booking_status"], &step["checked_in_at"]),
        (&json!("expected"), &json!("confirmed"), &Value::Null)
    );
    carer.post(&correct(&visit), back).await.invalid("status");
    // It came and left unseen.
    for (body, field) in [
        (json!({ "status": "left", "reason": "x" }), "checked_in_at"),
        (json!({ "status": "left", "checked_in_at": "2026-03-02T08:01:00+08:00", "reason": "x" }), "checked_out_at"),
        (
            json!({ "status": "left", "checked_in_at": "2026-03-01T08:01:00+08:00", "checked_out_at": "2026-03-02T08:59:00+08:00", "reason": "x" }),
            "checked_in_at",
        ),
        (
            json!({ "status": "left", "checked_in_at": "2026-03-02T08:01:00+08:00", "checked_out_at": "2026-03-02T17:00:00+08:00", "reason": "x" }),
            "checked_out_at",
        ),
        (
            json!({ "status": "left", "checked_in_at": "2026-03-02T08:50:00+08:00", "checked_out_at": "2026-03-02T08:40:00+08:00", "reason": "x" }),
            "checked_out_at",
        ),
        (
            json!({ "status": "in_care", "checked_in_at": "2026-03-02T08:50:00+08:00", "checked_out_at": "2026-03-02T08:55:00+08:00", "reason": "x" }),
            "checked_out_at",
        ),
        (json!({ "status": "absent", "reason": "x" }), "status"),
        (json!({ "status": "no_show", "reason": "x" }), "status"),
        (json!({ "status": "in_care", "reason": "" }), "reason"),
    ] {
        carer.post(&correct(&visit), body).await.invalid(field);
    }
    let full = json!({ "status": "left", "checked_in_at": "2026-03-02T08:01:00+08:00",
        "checked_out_at": "2026-03-02T08:59:00+08:00", "reason": "补记" });
    let stranger = json!({ "collected_by": "陌生人" });
    carer.post(&correct(&visit), harness::care::with(full.clone(), &stranger)).await.problem(422, "PICKUP_NOT_ALLOWED");
    carer.post(&correct(&visit), full.clone()).await.ok();
    assert_eq!(stands(&app, &visit).await, (VisitStatus::Left, BookingStatus::Completed));
    let foreign = app.place().await;
    app.manager(foreign.centre.id).await.post(&correct(&visit), full).await.problem(404, "NOT_FOUND");

    // Rated, it took place.
    family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 5 })).await.created();
    carer.post(&correct(&visit), json!({ "status": "expected", "reason": "x" })).await.problem(409, "WRONG_STATE");

    // A day before is the manager's, within a month; a no-show becomes a visit.
    let missed = app.visit(&place, &family, day("2026-02-27"), VisitStatus::NoShow).await;
    let came = json!({ "status": "left", "checked_in_at": "2026-02-27T08:00:00+08:00",
        "checked_out_at": "2026-02-27T17:00:00+08:00", "reason": "当天系统未登记" });
    carer.post(&correct(&missed), came.clone()).await.problem(403, "FORBIDDEN");
    assert_eq!(family.client.get("/me/attendance").await.ok()["no_shows"], 1);
    manager.post(&correct(&missed), came).await.ok();
    assert_eq!(family.client.get("/me/attendance").await.ok()["no_shows"], 0);
    let old = app.visit(&place, &family, day("2026-01-29"), VisitStatus::NoShow).await;
    manager.post(&correct(&old), json!({ "status": "left", "reason": "x" })).await.problem(409, "WRONG_STATE");

    // Everything is still there, for both sides.
    let history = family.client.get(&format!("/bookings/{}/history", visit.booking_id)).await.ok();
    let lines = history["items"].as_array().unwrap();
    let corrections: Vec<&Value> = lines.iter().filter(|line| !line["correction"].is_null()).collect();
    assert_eq!(corrections.len(), 2);
    assert_eq!(
        (&corrections[0]["correction"]["before"]["status"], &corrections[0]["reason"]),
        (&json!("left"), &json!("扫错了孩子"))
    );
    assert_eq!(corrections[1]["correction"]["after"]["checked_in_at"], "2026-03-02T08:01:00+08:00");
    assert_eq!(corrections[1]["by"], "staff");
    assert_eq!(manager.get(&format!("/desk/bookings/{}/history", visit.booking_id)).await.ok(), history);
    app.carer(foreign.centre.id)
        .await
        .get(&format!("/desk/bookings/{}/history", visit.booking_id))
        .await
        .problem(404, "NOT_FOUND");
    app.a_family().await.client.get(&format!("/bookings/{}/history", visit.booking_id)).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn an_absence_that_was_none_is_put_right_while_there_is_room_and_a_missed_day_may_have_been_one() {
    let app = TestApp::spawn().await;
    let (place, family, other) = (app.place_with(1, 1, |_| {}).await, app.a_family().await, app.a_family().await);
    let staff = app.staff("c3", entity::StaffRole::Carer, Some(place.centre.id)).await;
    let (carer, manager) = (app.session_of(&staff).await, app.manager(place.centre.id).await);
    let wish = |who: &Family, date: &str| json!({ "child_id": who.child(), "centre_id": place.id(), "care_type": "temporary", "start_date": date });
    let booking = family.client.post("/bookings", wish(&family, "2026-03-02")).await.created();
    let path = format!("/bookings/{}", booking["id"].as_str().unwrap());
    let visit = booking["visits"][0]["id"].as_str().unwrap();
    let correct = format!("/desk/visits/{visit}/corrections");
    carer.post(&format!("/desk/visits/{visit}/absent"), json!({})).await.ok();
    assert_eq!(family.client.get(&path).await.ok()["status"], "cancelled");
    assert_eq!(family.client.get("/me/attendance").await.ok()["late_absences"], 1);
    // Somebody else has the place.
    let taken = other.client.post("/bookings", wish(&other, "2026-03-02")).await.created();
    let back = json!({ "status": "expected", "reason": "点错了" });
    carer.post(&correct, back.clone()).await.problem(409, "NO_PLACE");
    carer.post(&format!("/desk/visits/{}/absent", taken["visits"][0]["id"].as_str().unwrap()), json!({})).await.ok();
    let step = carer.post(&correct, back).await.ok();
    assert_eq!((&step["status"], &step["booking_status"]), (&json!("expected"), &json!("confirmed")));
    let read = family.client.get(&path).await.ok();
    assert_eq!((&read["status"], &read["price"]["total_fen"]), (&json!("confirmed"), &booking["price"]["total_fen"]));
    assert_eq!(family.client.get("/me/attendance").await.ok()["late_absences"], 0);
    carer.post(&format!("/desk/visits/{visit}/check-in"), json!({})).await.ok();

    // The parent had phoned: the missed day isn't charged, and not counted.
    let missed = app.visit(&place, &family, day("2026-02-27"), VisitStatus::NoShow).await;
    let path = format!("/desk/visits/{}/corrections", missed.id);
    manager.post(&path, json!({ "status": "absent", "reason": "家长已电话请假" })).await.ok();
    assert_eq!(family.client.get("/me/attendance").await.ok()["no_shows"], 0);
}

#[tokio::test]
async fn a_child_that_nobody_checked_out_is_on_the_next_days_list() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let visit = app.visit(&place, &family, day("2026-02-27"), VisitStatus::InCare).await;
    let carer = app.carer(place.centre.id).await;
    let today = carer.get("/desk/today").await.ok();
    assert_eq!((&today["items"][0]["id"], &today["items"][0]["date"]), (&json!(visit.id), &json!("2026-02-27")));
    carer.post(&format!("/desk/visits/{}/check-out", visit.id), json!({})).await.ok();
    assert_eq!(carer.get("/desk/today").await.ok()["items"], json!([]));
}
