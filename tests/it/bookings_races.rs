//! Bookings under concurrency: places, a child's whereabouts, one key sent many times.

use entity::{BookingStatus, MinuteOfDay, VisitStatus, bookings, visits};
use harness::{TestApp, at_once, day};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

const DATE: &str = "2026-03-03";

/// The four forms of care; all of them take the hours from 09:00 to 11:00.
fn care(i: usize) -> Value {
    match i % 4 {
        0 => json!({ "care_type": "full_day", "start_date": DATE }),
        1 => json!({ "care_type": "half_day", "half": "morning", "start_date": DATE }),
        2 => json!({ "care_type": "hourly", "from": "09:00", "to": "11:00", "start_date": DATE }),
        _ => json!({ "care_type": "temporary", "start_date": DATE }),
    }
}

fn body(mut care: Value, child: &str, centre: &str) -> Value {
    care["child_id"] = json!(child);
    care["centre_id"] = json!(centre);
    care
}

async fn holding(app: &TestApp) -> Vec<visits::Model> {
    let holding = visits::Column::Status.is_in(VisitStatus::HOLDING);
    visits::Entity::find().filter(holding).all(app.db()).await.unwrap()
}

#[tokio::test]
async fn the_last_places_go_to_as_many_of_32_families_as_there_are_places() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    // Fifteen places, but one carer, who may have five children; two are there already.
    let place = app.place_with(15, 1, |_| {}).await;
    replica.reload_catalogue().await;
    for family in app.many_families(2).await {
        app.visit(&place, &family, day(DATE), VisitStatus::Expected).await;
    }
    let families = app.many_families(32).await;
    let replies = at_once(families.iter().enumerate().map(|(i, family)| {
        let client = if i % 2 == 0 { family.client.clone() } else { family.client.at(&replica) };
        let body = body(care(i / 2), &family.child(), &place.id());
        async move { client.post("/bookings", body).await }
    }))
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
    assert_eq!((won.len(), lost.len()), (3, 29));
    for reply in lost {
        assert_eq!(reply.problem(409, "NO_PLACE")["dates"], json!([DATE]));
    }
    let held = holding(&app).await;
    assert_eq!(held.len(), 5);
    for slot in 0..48 {
        let minute = MinuteOfDay(slot * 30);
        let there = held.iter().filter(|v| v.from_min <= minute && minute < v.to_min).count();
        assert!(there <= 5, "{there} children at {minute}");
    }
    assert_eq!(app.count(bookings::Entity).await, 5, "a loser leaves nothing behind");
}

#[tokio::test]
async fn a_child_booked_at_two_centres_at_once_is_booked_at_one() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let (one, other) = (app.place().await, app.place().await);
    replica.reload_catalogue().await;
    for family in app.many_families(4).await {
        let replies = at_once((0..8).map(|i| {
            let client = if i % 2 == 0 { family.client.clone() } else { family.client.at(&replica) };
            let place = if i % 4 < 2 { &one } else { &other };
            let body = body(care(i), &family.child(), &place.id());
            async move { client.post("/bookings", body).await }
        }))
        .await;
        let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
        assert_eq!((won.len(), lost.len()), (1, 7));
        for reply in lost {
            assert_eq!(reply.problem(409, "CHILD_OVERLAP")["dates"], json!([DATE]));
        }
        let there = holding(&app).await.into_iter().filter(|visit| visit.child_id == family.child_id).count();
        assert_eq!(there, 1);
    }
}

#[tokio::test]
async fn sixteen_identical_requests_with_one_key_make_one_booking() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    replica.reload_catalogue().await;
    let family = app.a_family().await;
    let body = body(care(0), &family.child(), &place.id());
    let replies = at_once((0..16).map(|i| {
        let client = if i % 2 == 0 { family.client.clone() } else { family.client.at(&replica) };
        let body = body.clone();
        async move { client.post_once("/bookings", "one-key-for-sixteen", body).await }
    }))
    .await;
    let replayed = replies.iter().filter(|reply| reply.header("Idempotent-Replayed") == Some("true")).count();
    assert_eq!(replayed, 15);
    let bodies: Vec<Value> = replies.into_iter().map(|reply| reply.created()).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(app.count(bookings::Entity).await, 1);
    assert_eq!(app.count(visits::Entity).await, 1);
    let row = bookings::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!(row.status, BookingStatus::Confirmed);
}

#[tokio::test]
async fn bookings_go_through_while_the_manager_sets_prices() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    replica.reload_catalogue().await;
    let manager = app.manager(place.centre.id).await;
    let path = format!("/desk/classes/{}/offers/full_day", place.class_id());
    let offer = |price: i64| {
        json!({ "unit": "day", "price_fen": price, "meals_fen": 0, "notice_minutes": 0, "horizon_days": 60,
            "cutoff_minutes": 120, "confirmation": "instant" })
    };
    let changes = async {
        for n in 0..16 {
            manager.put(&path, offer(5000 + n)).await.ok();
        }
    };
    let families = app.many_families(10).await;
    let bookings = at_once(families.iter().map(|family| {
        let body = json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "full_day",
            "start_date": "2026-03-03" });
        let client = family.client.at(&replica);
        async move { client.post("/bookings", body).await }
    }));
    let (replies, ()) = tokio::join!(bookings, changes);
    for reply in replies {
        let total = reply.created()["price"]["total_fen"].as_i64().unwrap();
        assert!((5000..5016).contains(&total) || total == 9200, "{total} is no price there was");
    }
}

#[tokio::test]
async fn bookings_that_come_at_once_each_get_their_own_answer() {
    let app = TestApp::spawn().await;
    let (roomy, small) = (app.place().await, app.place_with(2, 1, |_| {}).await);
    let families = app.many_families(20).await;
    // Booked before, under a key: the same request again is in the rush too.
    let before =
        families[19].client.post_once("/bookings", "booked-before", body(care(0), &families[19].child(), &roomy.id()));
    let before = before.await.created();
    let replies = at_once(families.iter().enumerate().map(|(i, family)| {
        let (client, child) = (family.client.clone(), family.child());
        let stranger = families[(i + 1) % 20].child();
        let (roomy, small) = (roomy.id(), small.id());
        async move {
            match i {
                // Two places for six.
                0..6 => client.post("/bookings", body(care(i), &child, &small)).await,
                6..12 => client.post_once("/bookings", "a-key-of-each-own", body(care(i), &child, &roomy)).await,
                12 => client.post("/bookings", body(care(i), &stranger, &roomy)).await,
                13 => client.post("/bookings", body(care(i), &child, "ctr_00000000000000000000000000000000")).await,
                14 => client.post("/bookings", body(json!({ "care_type": "full_day", "start_date": "2026-03-07" }), &child, &roomy)).await,
                15 => client.post("/bookings", body(json!({ "care_type": "full_day", "start_date": "2026-03-02", "end_date": "2026-03-31", "weekdays": [2] }), &child, &roomy)).await,
                19 => client.post_once("/bookings", "booked-before", body(care(0), &child, &roomy)).await,
                _ => client.post("/bookings", body(care(i), &child, &roomy)).await,
            }
        }
    }))
    .await;
    let codes: Vec<Option<&str>> = replies.iter().map(harness::Reply::code).collect();
    assert_eq!(codes[..6].iter().filter(|code| code.is_none()).count(), 2);
    assert_eq!(codes[..6].iter().filter(|code| **code == Some("NO_PLACE")).count(), 4);
    assert!(codes[6..12].iter().all(Option::is_none), "{codes:?}");
    assert_eq!(&codes[12..15], [Some("NOT_FOUND"), Some("NOT_FOUND"), Some("CENTRE_CLOSED")]);
    assert!(codes[15..].iter().all(Option::is_none), "{codes:?}");
    let mut made = 0;
    for (i, reply) in replies.into_iter().enumerate() {
        let replayed = reply.header("Idempotent-Replayed") == Some("true");
        assert_eq!(replayed, i == 19);
        if reply.status == 201 && !replayed {
            made += 1;
            let booking = reply.created();
            let read = families[i].client.get(&format!("/bookings/{}", booking["id"].as_str().unwrap())).await.ok();
            assert_eq!((&read["visits"], &read["price"]), (&booking["visits"], &booking["price"]));
            let child = families[i].child();
            assert_eq!(read["child_id"], json!(child));
        } else if replayed {
            assert_eq!(reply.created(), before);
        }
    }
    assert_eq!(app.count(bookings::Entity).await, made + 1);
    // The keys of a rush are kept: the same again is answered as the first time, another body is refused.
    let again = families[6].client.post_once(
        "/bookings",
        "a-key-of-each-own",
        body(care(6), &families[6].child(), &roomy.id()),
    );
    assert_eq!(again.await.header("Idempotent-Replayed"), Some("true"));
    let other = families[6].client.post_once(
        "/bookings",
        "a-key-of-each-own",
        body(care(7), &families[6].child(), &roomy.id()),
    );
    other.await.problem(422, "IDEMPOTENCY_KEY_REUSED");
}

/// Whoever plans holds the classes and then frees places; whoever calls off frees them while it holds the
/// booking. Neither may wait for the other.
#[tokio::test]
async fn planning_bookings_and_cancellations_at_once_wait_for_nobody_in_a_circle() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place_with(15, 5, |_| {}).await;
    replica.reload_catalogue().await;
    let (families, manager) = (app.many_families(12).await, app.manager(place.centre.id).await);
    let roster = format!("/desk/classes/{}/rosters/{DATE}", place.class_id());
    let class = format!("/desk/classes/{}", place.class_id());
    let plans = async {
        for n in 0..16 {
            manager.put(&roster, json!({ "lines": [] })).await.ok();
            if n % 8 == 0 {
                manager.patch(&class, json!({ "kept_full_day": n / 8 })).await.ok();
            }
        }
    };
    let lives = at_once(families.iter().enumerate().map(|(i, family)| {
        let client = if i % 2 == 0 { family.client.clone() } else { family.client.at(&replica) };
        let (child, centre) = (family.child(), place.id());
        async move {
            for n in 0..4 {
                let booking = client.post("/bookings", body(care(i), &child, &centre)).await.created();
                let (id, visit) = (booking["id"].as_str().unwrap(), booking["visits"][0]["id"].as_str().unwrap());
                let moved = json!({ "start_date": "2026-03-04", "from": "09:00", "to": "11:00" });
                match (n, i % 4) {
                    (0, _) => client.post(&format!("/bookings/{id}/visits/{visit}/absent"), json!({})).await.ok(),
                    (1, 2) => {
                        let other = client.post(&format!("/bookings/{id}/reschedule"), moved).await.created();
                        client
                            .post(&format!("/bookings/{}/cancel", other["id"].as_str().unwrap()), json!({}))
                            .await
                            .ok()
                    }
                    _ => client.post(&format!("/bookings/{id}/cancel"), json!({})).await.ok(),
                };
            }
        }
    }));
    tokio::join!(plans, lives);
    assert!(holding(&app).await.is_empty());
}
