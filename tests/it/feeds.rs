//! Calendar feeds by secret link. Every test begins on Monday 2 March 2026, 09:00.

use entity::{AccountStatus, StaffRole, VisitStatus, audit_rows, staff};
use harness::{TestApp, client::content_type, day};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _};
use serde_json::Value;

/// The path of a link, as the client calls it.
fn path(feed: &Value) -> String {
    let url = feed["url"].as_str().unwrap();
    let at = url.find("/calendars/").unwrap();
    url[at..].to_owned()
}

/// The lines of a calendar, unfolded.
async fn lines(app: &TestApp, path: &str) -> Vec<String> {
    let reply = app.anonymous().get(path).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(content_type(&reply.headers).as_deref(), Some("text/calendar"));
    let text = String::from_utf8(reply.bytes).unwrap();
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

#[tokio::test]
async fn a_family_subscribes_to_its_bookings_until_it_revokes_the_link() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.family("chen").await);
    let visit = app.visit(&place, &family, day("2026-03-03"), VisitStatus::Expected).await;
    app.visit(&place, &family, day("2026-03-04"), VisitStatus::Cancelled).await;
    app.visit(&place, &app.a_family().await, day("2026-03-05"), VisitStatus::Expected).await;
    family.client.get("/me/calendar").await.problem(404, "NOT_FOUND");
    let made = family.client.post("/me/calendar", Value::Null).await.created();
    let link = path(&made);
    assert!(link.len() > 50 && family.client.get("/me/calendar").await.ok()["url"].is_null());
    let calendar = lines(&app, &link).await;
    let has = |line: &str| assert!(calendar.iter().any(|known| known == line), "{line} isn't in {calendar:#?}");
    assert_eq!((calendar[0].as_str(), calendar[1].as_str()), ("BEGIN:VCALENDAR", "VERSION:2.0"));
    has(&format!("UID:{}@quanxiangtuo", visit.id));
    has("DTSTART:20260303T000000Z");
    has("DTEND:20260303T090000Z");
    has(&format!("SUMMARY:全日托·{}", place.centre.name));
    has("STATUS:CONFIRMED");
    assert_eq!(calendar.iter().filter(|line| *line == "BEGIN:VEVENT").count(), 1);
    assert!(!calendar.join("\n").contains("小米"), "nothing about the child");

    // Made many times at once, one link is left.
    let many = harness::at_once((0..12).map(|_| family.client.post("/me/calendar", Value::Null))).await;
    let mut alive = 0;
    for made in many {
        alive += u32::from(app.anonymous().get(&path(&made.created())).await.status == 200);
    }
    assert_eq!(alive, 1);
    app.anonymous().get(&link).await.problem(404, "NOT_FOUND");

    // A new link ends the one before, and revoking ends that.
    let link = path(&family.client.post("/me/calendar", Value::Null).await.created());
    let again = path(&family.client.post("/me/calendar", Value::Null).await.created());
    app.anonymous().get(&link).await.problem(404, "NOT_FOUND");
    assert_eq!(lines(&app, &again).await.len(), calendar.len());
    assert_eq!(family.client.delete("/me/calendar").await.status, 204);
    app.anonymous().get(&again).await.problem(404, "NOT_FOUND");
    family.client.delete("/me/calendar").await.problem(404, "NOT_FOUND");
    for bad in ["/calendars/x", "/calendars/.ics", "/calendars/%00"] {
        app.anonymous().get(bad).await.problem(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_centres_days_are_counted_by_class_and_end_with_the_account() {
    let app = TestApp::spawn().await;
    let (place, families) = (app.place().await, app.many_families(3).await);
    for family in &families {
        app.visit(&place, family, day("2026-03-03"), VisitStatus::Expected).await;
    }
    let row = app.staff("feeds", StaffRole::Carer, Some(place.centre.id)).await;
    let carer = app.session_of(&row).await;
    let link = path(&carer.post("/desk/calendar", Value::Null).await.created());
    let other = app.carer(place.centre.id).await;
    other.get("/desk/calendar").await.problem(404, "NOT_FOUND");
    let calendar = lines(&app, &link).await;
    assert!(calendar.contains(&"SUMMARY:托小班 全日托 3人".to_owned()), "{calendar:#?}");
    assert_eq!(audit_rows::Entity::find().all(app.db()).await.unwrap().len(), 1);
    // No longer on the staff: the link is over.
    let mut change = staff::Entity::find_by_id(row.id).one(app.db()).await.unwrap().unwrap().into_active_model();
    change.status = Set(AccountStatus::Closed);
    change.update(app.db()).await.unwrap();
    app.anonymous().get(&link).await.problem(404, "NOT_FOUND");
    families[0].client.post("/desk/calendar", Value::Null).await.problem(403, "FORBIDDEN");
    carer.post("/me/calendar", Value::Null).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_feed_is_read_so_often_a_minute() {
    let app = TestApp::spawn_with(&[("rate_limits", "on")]).await;
    let family = app.a_family().await;
    let link = path(&family.client.post("/me/calendar", Value::Null).await.created());
    for _ in 0..60 {
        assert_eq!(app.anonymous().get(&link).await.status, 200);
    }
    app.anonymous().get(&link).await.problem(429, "RATE_LIMITED");
}
