//! What a booking refuses, by field; nothing is stored.

use entity::bookings;
use harness::TestApp;
use serde_json::json;

#[tokio::test]
async fn fields_of_another_care_and_arrays_for_objects_are_refused() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.family("chen").await);
    let ids = json!({ "child_id": family.child(), "centre_id": place.id(), "start_date": "2026-03-03" });
    for (more, field) in [
        (json!({ "care_type": "full_day", "from": "09:00", "to": "10:00" }), "from"),
        (json!({ "care_type": "full_day", "half": "morning" }), "half"),
        (json!({ "care_type": "half_day", "half": "morning", "to": "23:00" }), "to"),
        (json!({ "care_type": "temporary", "half": "morning" }), "half"),
        (json!({ "care_type": "hourly", "half": "morning", "from": "09:00", "to": "10:00" }), "half"),
    ] {
        let mut body = ids.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        for path in ["/bookings", "/bookings/quote"] {
            family.client.post(path, body.clone()).await.invalid(field);
        }
    }
    let array = json!([family.child(), place.id(), "full_day", "2026-03-03"]);
    family.client.post("/bookings", array).await.problem(400, "INVALID_INPUT");
    app.anonymous().post("/auth/wechat", json!(["dev:chen"])).await.problem(400, "INVALID_INPUT");
    let child =
        json!({ "name": "甲", "birth_date": "2025-01-01", "township": "洛阳镇", "consent": ["2026-11", ["booking"]] });
    family.client.post("/me/children", child).await.invalid("consent");
    assert_eq!(app.count(bookings::Entity).await, 0);
}
