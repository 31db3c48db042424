//! Handing over: to the guardian, to people the family named, to one-time codes. Every test begins on
//! Monday 2 March 2026, 09:00.

use entity::{VisitStatus, pickup_persons, visits};
use harness::{Client, Family, TestApp, at_once, day};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

struct Scene {
    app: TestApp,
    desk: Client,
    family: Family,
    visit: visits::Model,
}

impl Scene {
    /// A child in care today.
    async fn new(changes: &[(&str, &str)]) -> Self {
        let app = TestApp::spawn_with(changes).await;
        let (place, family) = (app.place().await, app.a_family().await);
        let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::InCare).await;
        let desk = app.carer(place.centre.id).await;
        Self { app, desk, family, visit }
    }

    async fn check_out(&self, body: Value) -> harness::Reply {
        self.desk.post(&format!("/desk/visits/{}/check-out", self.visit.id), body).await
    }

    async fn code(&self, name: &str) -> String {
        let path = format!("/bookings/{}/visits/{}/pickup-code", self.visit.booking_id, self.visit.id);
        self.family.client.post(&path, json!({ "name": name })).await.created()["code"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn up_to_five_people_are_named_shown_at_the_desk_and_taken_off() {
    let scene = Scene::new(&[]).await;
    let (family, other) = (&scene.family, scene.app.a_family().await);
    let add =
        async |name: &str| family.client.post("/me/pickup-persons", json!({ "name": name, "relation": "亲属" })).await;
    let first = add("林秀英").await.created();
    add("林秀英").await.invalid("name");
    add("").await.invalid("name");
    let named =
        at_once((0..8).map(|n| {
            family.client.post("/me/pickup-persons", json!({ "name": format!("亲属{n}"), "relation": "亲属" }))
        }))
        .await;
    assert_eq!(named.iter().filter(|reply| reply.status == 201).count(), 4, "five in all, however many at once");
    assert!(named.iter().all(|reply| reply.status == 201 || reply.code() == Some("WRONG_STATE")));
    let rows = pickup_persons::Entity::find().all(scene.app.db()).await.unwrap();
    assert!(rows.iter().all(|row| !row.name_sealed.windows(3).any(|bytes| bytes == "林".as_bytes())), "sealed");

    let path = format!("/desk/visits/{}/pickup-persons", scene.visit.id);
    let list = scene.desk.get(&path).await.ok();
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["name"]), (5, &json!("林秀英")));
    // Whole names at the desk: the family sees that somebody looked.
    let looks = family.client.get("/me/access-log").await.ok();
    assert_eq!(
        (&looks["items"][0]["reason"], &looks["items"][0]["fields"]),
        (&json!("handover"), &json!(["pickup_persons"]))
    );
    let stranger = scene.app.carer(scene.app.place().await.centre.id).await;
    stranger.get(&path).await.problem(404, "NOT_FOUND");
    family.client.get(&path).await.problem(403, "FORBIDDEN");

    let person = format!("/me/pickup-persons/{}", first["id"].as_str().unwrap());
    other.client.delete(&person).await.problem(404, "NOT_FOUND");
    family.client.delete(&person).await.no_content();
    scene.check_out(json!({ "collected_by": "林秀英" })).await.problem(422, "PICKUP_NOT_ALLOWED");
    scene.check_out(json!({ "collected_by": first["id"] })).await.problem(422, "PICKUP_NOT_ALLOWED");
    let second = list["items"][1]["id"].clone();
    assert_eq!(scene.check_out(json!({ "collected_by": second })).await.ok()["status"], "left");
    scene.desk.get(&path).await.problem(409, "WRONG_STATE");
}

#[tokio::test]
async fn a_one_time_code_is_good_once_for_its_visit_and_the_last_one_counts() {
    let scene = Scene::new(&[]).await;
    let other = scene.app.a_family().await;
    let path = format!("/bookings/{}/visits/{}/pickup-code", scene.visit.booking_id, scene.visit.id);
    other.client.post(&path, json!({ "name": "陌生人" })).await.problem(404, "NOT_FOUND");
    let former = scene.code("王建国").await;
    let code = scene.code("王建军").await;
    for wrong in [former.as_str(), "000000", "abc", "１２３４５６"] {
        if wrong != code {
            scene.check_out(json!({ "pickup_code": wrong })).await.problem(422, "PICKUP_CODE_INVALID");
        }
    }
    let all = at_once((0..6).map(|_| scene.check_out(json!({ "pickup_code": code.clone() })))).await;
    assert_eq!(all.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(all.iter().all(|reply| reply.status == 200 || reply.code() == Some("WRONG_STATE")));
    let row = visits::Entity::find_by_id(scene.visit.id).one(scene.app.db()).await.unwrap().unwrap();
    let name = scene.app.ctx.keys.open_text("visits.collected_by", &row.collected_by_sealed.unwrap()).unwrap();
    assert_eq!(name, "王建军");
    scene.family.client.post(&path, json!({ "name": "王建国" })).await.problem(409, "WRONG_STATE");
}

#[tokio::test]
async fn codes_end_with_the_day_and_guessing_is_slow() {
    let scene = Scene::new(&[("rate_limits", "on")]).await;
    let code = scene.code("王建国").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        scene.check_out(json!({ "pickup_code": wrong })).await.problem(422, "PICKUP_CODE_INVALID");
    }
    let refused = scene.check_out(json!({ "pickup_code": code.clone() })).await;
    assert!(refused.header("retry-after").is_some());
    refused.problem(429, "RATE_LIMITED");
    scene.app.clock.set("2026-03-03T00:00:00+08:00".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    let late = scene.app.carer(scene.visit.centre_id).await;
    let path = format!("/desk/visits/{}/check-out", scene.visit.id);
    late.post(&path, json!({ "pickup_code": code })).await.problem(422, "PICKUP_CODE_INVALID");
    assert_eq!(late.post(&path, json!({})).await.ok()["status"], "left");
}
