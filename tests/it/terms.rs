//! What a centre offers: classes, prices, reductions, places kept for full-day care, and what a
//! booking makes of them. Every test begins on Monday 2 March 2026, 09:00.

use entity::{CentreKind, Fen, audit_rows};
use harness::{Client, Family, Place, TestApp, at_once, day, people::CONSENT_VERSION};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

fn wish(family: &Family, place: &Place, care: &str, start: &str, end: &str) -> Value {
    let mut body = json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": care,
        "start_date": start, "end_date": end });
    if care == "hourly" {
        (body["from"], body["to"]) = (json!("09:00"), json!("11:00"));
    }
    body
}

fn offer(price: i64) -> Value {
    json!({ "unit": "day", "price_fen": price, "meals_fen": 1500, "notice_minutes": 0, "horizon_days": 30,
        "cutoff_minutes": 60, "confirmation": "instant" })
}

async fn declared(family: &Family, changes: Value) -> Value {
    let path = format!("/me/children/{}", family.child());
    let mut body = json!({ "consent": { "version": CONSENT_VERSION, "purposes": ["reductions"] } });
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    family.client.patch(&path, body).await.ok()
}

#[tokio::test]
async fn a_manager_opens_a_class_prices_it_and_closes_it_again() {
    let app = TestApp::spawn().await;
    let (place, family, foreign) = (app.place().await, app.a_family().await, app.place().await);
    let (manager, carer) = (app.manager(place.centre.id).await, app.carer(place.centre.id).await);
    let class = json!({ "name": "托小二班", "band": "toddler_small", "places": 15, "carers": 3 });
    carer.post("/desk/classes", class.clone()).await.problem(403, "FORBIDDEN");
    family.client.post("/desk/classes", class.clone()).await.problem(403, "FORBIDDEN");
    let made = manager.post("/desk/classes", class.clone()).await.created();
    manager.post("/desk/classes", class.clone()).await.invalid("name");
    for (field, value) in
        [("places", json!(16)), ("band", json!("family")), ("kept_full_day", json!(20)), ("carers", json!(-1))]
    {
        let mut bad = class.clone();
        bad["name"] = json!("另一班");
        bad[field] = value;
        manager.post("/desk/classes", bad).await.invalid(field);
    }
    let id = made["id"].as_str().unwrap();
    let mut body = wish(&family, &place, "full_day", "2026-03-03", "2026-03-03");
    body["class_id"] = json!(id);
    family.client.post("/bookings", body.clone()).await.problem(422, "NO_OFFER");

    // Priced, it can be booked at once; other prices later leave what is booked alone.
    let path = format!("/desk/classes/{id}/offers/full_day");
    carer.put(&path, offer(10_000)).await.problem(403, "FORBIDDEN");
    let stranger = app.manager(foreign.centre.id).await;
    stranger.put(&path, offer(10_000)).await.problem(404, "NOT_FOUND");
    stranger.delete(&format!("/desk/classes/{id}")).await.problem(404, "NOT_FOUND");
    manager.put(&format!("/desk/classes/{id}/offers/overnight"), offer(1)).await.problem(404, "NOT_FOUND");
    let mut by_hour = offer(10_000);
    by_hour["unit"] = json!("hour");
    manager.put(&path, by_hour).await.invalid("unit");
    let set = manager.put(&path, offer(10_000)).await.ok();
    let booked = family.client.post("/bookings", body.clone()).await.created();
    assert_eq!(booked["price"]["total_fen"], 11_500);
    assert_eq!(manager.put(&path, offer(12_000)).await.ok()["id"], set["id"], "one offer a class and care");
    let read = family.client.get(&format!("/bookings/{}", booked["id"].as_str().unwrap())).await.ok();
    assert_eq!(read["price"]["total_fen"], 11_500);
    body["start_date"] = json!("2026-03-04");
    body["end_date"] = Value::Null;
    assert_eq!(family.client.post("/bookings/quote", body.clone()).await.ok()["price"]["total_fen"], 13_500);
    assert_eq!(manager.get("/desk/offers").await.ok()["items"].as_array().unwrap().len(), 5);
    assert_eq!(manager.get("/desk/classes").await.ok()["items"].as_array().unwrap().len(), 2);

    // Out of sale, and closed only once nobody is booked.
    let mut off = offer(12_000);
    off["active"] = json!(false);
    manager.put(&path, off).await.ok();
    family.client.post("/bookings/quote", body).await.problem(422, "NO_OFFER");
    let close = format!("/desk/classes/{id}");
    carer.delete(&close).await.problem(403, "FORBIDDEN");
    let refused = manager.delete(&close).await.problem(409, "BOOKINGS_AFFECTED");
    assert_eq!(refused["affected"], 1);
    family.client.post(&format!("/bookings/{}/cancel", booked["id"].as_str().unwrap()), json!({})).await.ok();
    assert_eq!(manager.delete(&close).await.status, 204);
    manager.delete(&close).await.problem(404, "NOT_FOUND");
    let page = family.client.get(&format!("/centres/{}", place.id())).await.ok();
    assert_eq!(page["classes"].as_array().unwrap().len(), 1);
    let rows = audit_rows::Entity::find().all(app.db()).await.unwrap();
    let count = |action: &str| rows.iter().filter(|row| row.action == action).count();
    assert_eq!((count("class.add"), count("offer.set"), count("class.close")), (1, 3, 1));
}

#[tokio::test]
async fn prices_of_an_inclusive_centre_stay_below_its_cap() {
    let app = TestApp::spawn().await;
    let place = app.place_with(15, 3, |row| row.price_cap_fen = Some(Fen(230_000))).await;
    let manager = app.manager(place.centre.id).await;
    let path = |care: &str| format!("/desk/classes/{}/offers/{care}", place.class_id());
    manager.put(&path("full_day"), offer(10_000)).await.ok();
    let refused = manager.put(&path("full_day"), offer(10_001)).await.problem(400, "INVALID_INPUT");
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
        (&json!("price_fen"), &json!("above_cap"))
    );
    assert_eq!(refused["most_fen"], 10_000);
    let month = |price: i64| {
        let mut body = offer(price);
        body["unit"] = json!("month");
        body
    };
    manager.put(&path("full_day"), month(230_000)).await.ok();
    manager.put(&path("full_day"), month(230_001)).await.invalid("price_fen");
    manager.put(&path("half_day"), month(230_001)).await.invalid("price_fen");
    // A day of short care costs three times the cap's share of a day at most; 21 half-hours a day.
    manager.put(&path("temporary"), offer(30_000)).await.ok();
    manager.put(&path("temporary"), offer(30_001)).await.invalid("price_fen");
    let hour = |price: i64| harness::care::with(offer(price), &json!({ "unit": "hour" }));
    manager.put(&path("hourly"), hour(2_857)).await.ok();
    manager.put(&path("hourly"), hour(2_858)).await.invalid("price_fen");
    // Hours by which a month by the day would cost more than the cap.
    manager.put(&path("full_day"), offer(10_000)).await.ok();
    let week = |days: i64| {
        let hours: Vec<Value> =
            (1..=days).map(|day| json!({ "weekday": day, "from": "07:30", "to": "18:00" })).collect();
        json!({ "hours": hours, "morning": { "from": "08:00", "to": "12:00" }, "afternoon": { "from": "14:00", "to": "17:30" } })
    };
    let refused = manager.put("/desk/centre/weeks/2026-04-01", week(7)).await.problem(400, "INVALID_INPUT");
    assert_eq!((&refused["errors"][0]["field"], &refused["most_fen"]), (&json!("hours"), &json!(230_000 / 31)));
    manager.put(&path("full_day"), offer(7_400)).await.ok();
    manager.put(&path("temporary"), offer(20_000)).await.ok();
    manager.put(&path("hourly"), hour(2_000)).await.ok();
    manager.put("/desk/centre/weeks/2026-04-01", week(7)).await.ok();
    manager.put(&path("full_day"), offer(10_000)).await.invalid("price_fen");
    // Not inclusive any more: no cap.
    let free = app.place_with(15, 3, |row| {
        row.price_cap_fen = Some(Fen(230_000));
        row.inclusive_until = Some(day("2026-03-01"));
    });
    let free = free.await;
    let manager = app.manager(free.centre.id).await;
    manager.put(&format!("/desk/classes/{}/offers/full_day", free.class_id()), offer(50_000)).await.ok();
}

#[tokio::test]
async fn a_reduction_is_declared_consented_quoted_booked_and_taken_back_with_its_day() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let manager = app.manager(place.centre.id).await;
    let reductions = json!([{ "kind": "third_child", "percent": 10 }, { "kind": "disabled", "percent": 50 }]);
    app.carer(place.centre.id)
        .await
        .patch("/desk/centre", json!({ "reductions": reductions }))
        .await
        .problem(403, "FORBIDDEN");
    let centre = manager.patch("/desk/centre", json!({ "reductions": reductions })).await.ok();
    assert_eq!(centre["reductions"].as_array().unwrap().len(), 2);
    let twice = json!([{ "kind": "disabled", "percent": 10 }, { "kind": "disabled", "percent": 20 }]);
    manager.patch("/desk/centre", json!({ "reductions": twice })).await.invalid("reductions[1].kind");
    let body = wish(&family, &place, "full_day", "2026-03-03", "2026-03-04");
    let total = async || family.client.post("/bookings/quote", body.clone()).await.ok()["price"]["total_fen"].clone();
    assert_eq!(total().await, 18_400, "nothing declared");

    // Without the consent nothing is stored.
    let path = format!("/me/children/{}", family.child());
    family.client.patch(&path, json!({ "third_child": true })).await.problem(422, "CONSENT_REQUIRED");
    let child = declared(&family, json!({ "third_child": true })).await;
    assert_eq!((&child["third_child"], &child["disabled"]), (&json!(true), &json!(false)));
    assert!(child["consent"]["purposes"].as_array().unwrap().contains(&json!("reductions")));
    assert_eq!(total().await, 18_400 - 1600);
    declared(&family, json!({ "disabled": true })).await;
    let quote = family.client.post("/bookings/quote", body.clone()).await.ok();
    let line = quote["price"]["lines"].as_array().unwrap().iter().find(|line| line["code"] == "reduction").unwrap();
    assert_eq!((&line["quantity"], &line["unit_fen"], &line["amount_fen"]), (&json!(2), &json!(-4000), &json!(-8000)));
    let booked = family.client.post("/bookings", body.clone()).await.created();
    assert_eq!(booked["price"], quote["price"]);

    // A day called off takes its own part of the reduction back.
    let (id, visit) = (booked["id"].as_str().unwrap(), booked["visits"][0]["id"].as_str().unwrap());
    family.client.post(&format!("/bookings/{id}/visits/{visit}/cancel"), json!({})).await.ok();
    let read = family.client.get(&format!("/bookings/{id}")).await.ok();
    assert_eq!(read["price"]["total_fen"], 9200 - 4000);
    manager.patch("/desk/centre", json!({ "reductions": [] })).await.ok();
    let read = family.client.get(&format!("/bookings/{id}")).await.ok();
    assert_eq!(read["price"]["total_fen"], 9200 - 4000, "what is booked stays");
    assert_eq!(family.client.get(&format!("/centres/{}", place.id())).await.ok()["reductions"], json!([]));
}

#[tokio::test]
async fn places_kept_for_full_day_care_are_left_to_it() {
    let app = TestApp::spawn().await;
    let (place, families) = (app.place_with(3, 1, |_| {}).await, app.many_families(4).await);
    let manager = app.manager(place.centre.id).await;
    let class = format!("/desk/classes/{}", place.class_id());
    manager.patch(&class, json!({ "kept_full_day": 2 })).await.ok();
    manager.patch(&class, json!({ "places": 1 })).await.invalid("kept_full_day");
    let span = async || {
        let path = format!("/centres/{}/availability?start_date=2026-03-03&end_date=2026-03-03", place.id());
        let day = families[0].client.get(&path).await.ok();
        let spans = day["days"][0]["classes"][0]["spans"].as_array().unwrap().clone();
        let at = |span: &&Value| span["from"].as_str().unwrap() <= "09:00" && "09:00" < span["to"].as_str().unwrap();
        spans.iter().find(at).unwrap().clone()
    };
    let numbers = |span: Value| [&span["taken"], &span["free"], &span["kept_full_day"]].map(|n| n.as_i64().unwrap());
    assert_eq!(numbers(span().await), [0, 3, 2]);
    let book = async |n: usize, care: &str| {
        let body = wish(&families[n], &place, care, "2026-03-03", "2026-03-03");
        families[n].client.post("/bookings", body).await
    };
    book(0, "hourly").await.created();
    book(1, "hourly").await.problem(409, "NO_PLACE");
    book(1, "temporary").await.problem(409, "NO_PLACE");
    let search = |care: &str| {
        format!(
            "/centres?lng=118.79&lat=24.89&coord=wgs84&minutes=60&date=2026-03-03&from=09:00&to=11:00&care_type={care}"
        )
    };
    let found = families[0].client.get(&search("hourly")).await.ok();
    assert!(!found["items"].as_array().unwrap().iter().any(|item| item["id"] == place.id()));
    assert_eq!(numbers(span().await), [1, 2, 2]);
    book(1, "full_day").await.created();
    book(2, "full_day").await.created();
    assert_eq!(numbers(span().await), [3, 0, 0]);
    book(3, "full_day").await.problem(409, "NO_PLACE");
    // A full day told as an absence frees its place for others, though two are kept.
    let away = families[1].client.get("/bookings").await.ok()["items"][0].clone();
    let absent = format!(
        "/bookings/{}/visits/{}/absent",
        away["id"].as_str().unwrap(),
        away["visits"][0]["id"].as_str().unwrap()
    );
    families[1].client.post(&absent, json!({})).await.ok();
    assert_eq!(numbers(span().await), [2, 1, 0]);
    book(3, "temporary").await.created();
    assert_eq!(numbers(span().await), [3, 0, 0]);
    // Given up by the centre: others may take it again.
    manager.patch(&class, json!({ "kept_full_day": 0 })).await.ok();
    assert_eq!(numbers(span().await), [3, 0, 0]);
}

#[tokio::test]
async fn a_family_has_so_many_open_bookings_however_many_it_asks_for_at_once() {
    let app = TestApp::spawn_with(&[("bookings_per_family", "3")]).await;
    let (place, other, family) = (app.place().await, app.place().await, app.a_family().await);
    let second = app.child(&family.client, app.born_months_ago(20)).await;
    // Each child at a centre of its own, so that no class's lock brings them into line.
    let of = |child: String, date: &str| {
        let at = if child == family.child() { &place } else { &other };
        let mut body = wish(&family, at, "full_day", date, date);
        body["child_id"] = json!(child);
        body
    };
    let dates = ["2026-03-03", "2026-03-04", "2026-03-05"];
    let children = [family.child(), second.to_string()];
    let wishes: Vec<Value> =
        dates.iter().flat_map(|date| children.iter().map(|child| of(child.clone(), date))).collect();
    let replies = at_once(wishes.into_iter().map(|body| family.client.post("/bookings", body))).await;
    let (taken, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
    assert_eq!(taken.len(), 3);
    assert!(refused.iter().all(|reply| reply.code() == Some("BOOKING_LIMIT")), "{refused:?}");
    let quote = family.client.post("/bookings/quote", of(family.child(), "2026-03-06")).await;
    assert_eq!(quote.problem(409, "BOOKING_LIMIT")["most"], 3);
    // Other days instead are no new booking; a cancelled one makes room.
    let id = taken[0].body["id"].as_str().unwrap();
    family.client.post(&format!("/bookings/{id}/reschedule"), json!({ "start_date": "2026-03-09" })).await.created();
    let open = family.client.get("/bookings?status=confirmed").await.ok();
    let any = open["items"][0]["id"].as_str().unwrap().to_owned();
    family.client.post(&format!("/bookings/{any}/cancel"), json!({})).await.ok();
    family.client.post("/bookings", of(family.child(), "2026-03-10")).await.created();
}

async fn code(manager: &Client, changes: Value) -> Value {
    let mut body = json!({ "label": "某公司", "valid_until": "2026-12-31" });
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    manager.post("/desk/employer-codes", body).await.created()
}

#[tokio::test]
async fn an_employers_centre_takes_its_own_staff_only_or_first() {
    let app = TestApp::spawn().await;
    let place = app.place_with(15, 3, |row| row.kind = CentreKind::Employer).await;
    let (own, other) = (app.a_family().await, app.a_family().await);
    let manager = app.manager(place.centre.id).await;
    let common = app.place().await;
    app.manager(common.centre.id).await.patch("/desk/centre", json!({ "admits": "own_staff" })).await.invalid("admits");
    manager.patch("/desk/centre", json!({ "admits": "own_staff" })).await.ok();
    let page = own.client.get(&format!("/centres/{}", place.id())).await.ok();
    assert_eq!(page["admits"], "own_staff");
    let body = |family: &Family, date: &str| wish(family, &place, "full_day", date, date);
    let refused = own.client.post("/bookings", body(&own, "2026-03-03")).await.problem(422, "NOT_ELIGIBLE");
    assert_eq!(refused["reasons"], json!(["own_staff_only"]));
    own.client.post("/bookings/quote", body(&own, "2026-03-03")).await.problem(422, "NOT_ELIGIBLE");
    own.client.post("/waitlist", body(&own, "2026-03-03")).await.problem(422, "NOT_ELIGIBLE");

    // Proven by the code as people type it; the code itself is shown once.
    app.carer(place.centre.id).await.get("/desk/employer-codes").await.problem(403, "FORBIDDEN");
    let made = code(&manager, json!({ "families_max": 1 })).await;
    let text = made["code"].as_str().unwrap();
    let typed = format!(" {}-{} ", text[..4].to_lowercase(), &text[4..]);
    own.client.post("/me/employers", json!({ "code": "AAAA-BBBB-CCCC" })).await.problem(422, "EMPLOYER_CODE_INVALID");
    for _ in 0..2 {
        let proven = own.client.post("/me/employers", json!({ "code": typed })).await.created();
        assert_eq!((&proven["centre_id"], &proven["valid_until"]), (&json!(place.id()), &json!("2026-12-31")));
    }
    let list = manager.get("/desk/employer-codes").await.ok();
    assert_eq!((&list["items"][0]["families"], &list["items"][0]["code"]), (&json!(1), &Value::Null));
    other.client.post("/me/employers", json!({ "code": text })).await.problem(422, "EMPLOYER_CODE_INVALID");
    own.client.post("/bookings", body(&own, "2026-03-03")).await.created();
    other.client.post("/bookings", body(&other, "2026-03-03")).await.problem(422, "NOT_ELIGIBLE");

    // Own staff first: others a week ahead.
    manager.patch("/desk/centre", json!({ "admits": "own_first", "others_days": 7 })).await.ok();
    other.client.post("/bookings", body(&other, "2026-03-09")).await.created();
    let refused = other.client.post("/bookings", body(&other, "2026-03-10")).await.problem(422, "NOT_ELIGIBLE");
    assert_eq!((&refused["reasons"], &refused["open_until"]), (&json!(["own_staff_first"]), &json!("2026-03-09")));
    own.client.post("/bookings", body(&own, "2026-03-20")).await.created();

    // Revoked, or left: as others.
    let id = made["id"].as_str().unwrap();
    app.manager(common.centre.id).await.delete(&format!("/desk/employer-codes/{id}")).await.problem(404, "NOT_FOUND");
    assert_eq!(manager.delete(&format!("/desk/employer-codes/{id}")).await.status, 204);
    own.client.post("/bookings", body(&own, "2026-03-23")).await.problem(422, "NOT_ELIGIBLE");
    assert!(own.client.get("/me/employers").await.ok()["items"].as_array().unwrap().is_empty());
    let again = code(&manager, json!({})).await;
    own.client.post("/me/employers", json!({ "code": again["code"] })).await.created();
    own.client.post("/bookings", body(&own, "2026-03-23")).await.created();
    assert_eq!(own.client.delete(&format!("/me/employers/{}", place.id())).await.status, 204);
    own.client.delete(&format!("/me/employers/{}", place.id())).await.problem(404, "NOT_FOUND");
    own.client.post("/bookings", body(&own, "2026-03-24")).await.problem(422, "NOT_ELIGIBLE");
    manager
        .post("/desk/employer-codes", json!({ "label": "x", "valid_until": "2026-03-01" }))
        .await
        .invalid("valid_until");
}

#[tokio::test]
async fn a_code_serves_no_more_families_than_it_may() {
    let app = TestApp::spawn().await;
    let place = app.place_with(15, 3, |row| row.kind = CentreKind::Employer).await;
    let manager = app.manager(place.centre.id).await;
    let made = code(&manager, json!({ "families_max": 3 })).await;
    let families = app.many_families(8).await;
    let prove = |family: &Family| {
        let (client, code) = (family.client.clone(), made["code"].clone());
        async move { client.post("/me/employers", json!({ "code": code })).await }
    };
    let replies = at_once(families.iter().map(prove)).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 3, "{replies:?}");
    assert_eq!(manager.get("/desk/employer-codes").await.ok()["items"][0]["families"], 3);
}
