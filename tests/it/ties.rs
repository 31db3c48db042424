//! Ties of families to centres: whose answers don't count, and by whose word. Every test begins on Monday
//! 2 March 2026, 09:00.

use entity::{VisitStatus, audit_rows};
use harness::{Family, TestApp, day};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

#[tokio::test]
async fn answers_of_staff_and_their_relatives_stay_out_of_the_figures() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (staff, kin, plain) = (app.a_family().await, app.a_family().await, app.a_family().await);
    let manager = app.manager(place.centre.id).await;
    let tie = staff.client.post("/me/ties", json!({ "centre_id": place.id(), "tie": "staff" })).await.created();
    assert_eq!(tie["by_centre"], false);
    let again = staff.client.post("/me/ties", json!({ "centre_id": place.id(), "tie": "staff" })).await.created();
    assert_eq!(tie["id"], again["id"]);
    let rate = async |family: &Family, date: &str, level: i64| {
        let visit = app.visit(&place, family, day(date), VisitStatus::Left).await;
        family.client.post("/ratings", json!({ "visit_id": visit.id, "level": level })).await.created();
        visit
    };
    rate(&staff, "2026-02-27", 5).await;
    let visit = app.visit(&place, &kin, day("2026-02-26"), VisitStatus::Left).await;
    let path = format!("/desk/bookings/{}/tie", visit.booking_id);
    let says = json!({ "tie": "relative", "reason": "保育员的妹妹" });
    app.carer(place.centre.id).await.post(&path, says.clone()).await.problem(403, "FORBIDDEN");
    let foreign = app.place().await;
    let stranger = app.manager(foreign.centre.id).await;
    stranger.post(&path, says.clone()).await.problem(404, "NOT_FOUND");
    let said = manager.post(&path, says).await.created();
    app.officer().await.post(&format!("/bureau/ties/{}/confirm", said["id"].as_str().unwrap()), json!({})).await.ok();
    kin.client.delete(&format!("/me/ties/{}", said["id"].as_str().unwrap())).await.problem(409, "WRONG_STATE");
    // Its own word doesn't take the centre's back either.
    let own = kin.client.post("/me/ties", json!({ "centre_id": place.id(), "tie": "relative" })).await.created();
    assert_eq!(own["id"], said["id"]);
    rate(&kin, "2026-02-25", 5).await;
    rate(&plain, "2026-02-25", 2).await;

    // Ended: care before stays out, care from the next day on counts.
    let id = tie["id"].as_str().unwrap();
    kin.client.delete(&format!("/me/ties/{id}")).await.problem(404, "NOT_FOUND");
    assert_eq!(staff.client.delete(&format!("/me/ties/{id}")).await.status, 204);
    rate(&staff, "2026-02-24", 5).await;
    app.clock.advance(chrono::TimeDelta::days(2));
    let staff = Family { client: app.fresh(&staff.client), ..staff };
    rate(&staff, "2026-03-03", 4).await;
    let officer = app.officer().await;
    let answers = async |month: &str| {
        let path = format!("/bureau/satisfaction?from={month}&to={month}");
        officer.get(&path).await.ok()["overall"]["answers"].clone()
    };
    assert_eq!((answers("2026-02").await, answers("2026-03").await), (json!(1), json!(1)));
}

#[tokio::test]
async fn a_centres_word_silences_no_family_before_an_officer_confirms_it() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let (manager, officer, second) = (app.manager(place.centre.id).await, app.officer().await, app.officer().await);
    let rate = async |date: &str| {
        let visit = app.visit(&place, &family, day(date), VisitStatus::Left).await;
        let body = json!({ "visit_id": visit.id, "level": 1 });
        family.client.post("/ratings", body).await.created()["id"].as_str().unwrap().to_owned()
    };
    let answers = async || {
        let report = officer.get("/bureau/satisfaction?from=2026-01&to=2026-02&by=month").await.ok();
        report["overall"]["answers"].clone()
    };
    let visit = app.visit(&place, &family, day("2026-01-05"), VisitStatus::Left).await;
    let path = format!("/desk/bookings/{}/tie", visit.booking_id);
    manager.post(&path, json!({ "tie": "relative" })).await.invalid("reason");
    let said = manager.post(&path, json!({ "tie": "relative", "reason": "据说是亲戚" })).await.created();
    let tie = format!("/bureau/ties/{}", said["id"].as_str().unwrap());
    let shown = family.client.get("/me/ties").await.ok();
    assert_eq!(
        (&shown["items"][0]["status"], &shown["items"][0]["reason"]),
        (&json!("proposed"), &json!("据说是亲戚"))
    );
    assert_eq!(family.client.get("/me/notices").await.text("/items/0/kind"), "tie_proposed");

    // It waits for an officer, and what the family rates counts.
    rate("2026-01-06").await;
    assert_eq!(answers().await, 1);
    let waiting = officer.get("/bureau/ties?waiting=true").await.ok();
    assert_eq!(waiting["items"][0]["id"], said["id"]);
    assert!(!waiting.to_string().contains("fam_"), "{waiting}");
    manager.post(&format!("{tie}/confirm"), json!({})).await.problem(403, "FORBIDDEN");

    // Confirmed, it leaves out what is rated from then on, and nothing else.
    officer.post(&format!("{tie}/confirm"), json!({})).await.ok();
    officer.post(&format!("{tie}/confirm"), json!({})).await.problem(409, "WRONG_STATE");
    let left_out = rate("2026-02-02").await;
    assert_eq!(answers().await, 1);
    let include = format!("/bureau/ratings/{left_out}/inclusions");
    let because = json!({ "reason": "家长否认，经核实" });
    officer.post(&include, because.clone()).await.problem(409, "WRONG_STATE");

    // Contested, it comes before an officer again; refused, two officers count again what it left out.
    let contest = format!("/me/ties/{}/contest", said["id"].as_str().unwrap());
    let words = json!({ "reason": "没有亲属关系" });
    assert_eq!(family.client.post(&contest, words.clone()).await.ok()["contested"], true);
    family.client.post(&contest, words).await.problem(409, "WRONG_STATE");
    assert_eq!(officer.get("/bureau/ties?waiting=true").await.text("/items/0/contest"), "没有亲属关系");
    officer.post(&format!("{tie}/refuse"), because.clone()).await.ok();
    officer.post(&format!("{tie}/refuse"), because.clone()).await.problem(409, "WRONG_STATE");
    // The family hears how it ended, and why.
    let over = family.client.get("/me/ties").await.ok();
    assert_eq!((&over["items"], &over["decided"][0]["status"]), (&json!([]), &json!("refused")));
    assert_eq!(over["decided"][0]["decision"], because["reason"]);
    let told = family.client.get("/me/notices").await.ok();
    assert_eq!(told["items"][0]["kind"], "tie_refused");
    assert!(told["items"][0]["text"].as_str().unwrap().contains("家长否认，经核实"), "{told}");
    let proposal = officer.post(&include, because).await.created();
    let confirm = format!("/bureau/ratings/exclusions/{}/confirm", proposal["id"].as_str().unwrap());
    second.post(&confirm, json!({})).await.ok();
    assert_eq!(answers().await, 2);
    rate("2026-02-03").await;
    let done = audit_rows::Column::Action.starts_with("tie.");
    assert_eq!(audit_rows::Entity::find().filter(done).all(app.db()).await.unwrap().len(), 2);

    // The family's own word counts at once, whatever a centre said before, which waits as it did; taken back, it
    // takes nothing else with it.
    let said = manager.post(&path, json!({ "tie": "staff", "reason": "据说是员工" })).await.created();
    let own = json!({ "centre_id": place.id(), "tie": "relative" });
    let declared = family.client.post("/me/ties", own.clone()).await.created();
    assert_eq!(declared["status"], "declared");
    assert_eq!(family.client.post("/me/ties", own).await.created()["id"], declared["id"]);
    family.client.delete(&format!("/me/ties/{}", declared["id"].as_str().unwrap())).await.no_content();
    let waits = async || {
        let waiting = officer.get("/bureau/ties?waiting=true").await.ok();
        waiting["items"].as_array().unwrap().iter().map(|tie| tie["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(waits().await, [said["id"].clone()]);
    // A centre tells it anew while nobody has objected, and not afterwards.
    let anew = manager.post(&path, json!({ "tie": "relative", "reason": "实为亲属" })).await.created();
    assert_eq!(waits().await, [anew["id"].clone()]);
    let contest = format!("/me/ties/{}/contest", anew["id"].as_str().unwrap());
    family.client.post(&contest, json!({ "reason": "我们不是" })).await.ok();
    let again = json!({ "tie": "staff", "reason": "换个说法" });
    manager.post(&path, again).await.problem(409, "WRONG_STATE");
    assert_eq!(officer.get("/bureau/ties?waiting=true").await.text("/items/0/contest"), "我们不是");
    let table = String::from_utf8(officer.get("/bureau/ties.csv?waiting=true").await.bytes).unwrap();
    assert!(table.lines().count() == 2 && table.contains("我们不是"), "{table}");
}

#[tokio::test]
async fn what_an_officer_confirms_stands_whatever_the_family_says_at_the_same_time() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let (manager, officer) = (app.manager(place.centre.id).await, app.officer().await);
    let visit = app.visit(&place, &family, day("2026-01-05"), VisitStatus::Left).await;
    let path = format!("/desk/bookings/{}/tie", visit.booking_id);
    let said = manager.post(&path, json!({ "tie": "staff", "reason": "在职" })).await.created();
    let confirm = format!("/bureau/ties/{}/confirm", said["id"].as_str().unwrap());
    let (confirmed, declared, told) = tokio::join!(
        officer.post(&confirm, json!({})),
        family.client.post("/me/ties", json!({ "centre_id": place.id(), "tie": "relative" })),
        manager.post(&path, json!({ "tie": "relative", "reason": "更正" })),
    );
    declared.created();
    let ties = family.client.get("/me/ties").await.ok();
    let standing = |id: &serde_json::Value| ties["items"].as_array().unwrap().iter().any(|tie| &tie["id"] == id);
    if confirmed.status == 200 {
        assert!(standing(&said["id"]), "{ties}");
        told.problem(409, "WRONG_STATE");
    } else {
        assert!(standing(&told.created()["id"]), "{ties}");
    }
}

#[tokio::test]
async fn an_edit_asks_whose_word_it_is_and_who_is_left_out_lowers_no_response() {
    let app = TestApp::spawn().await;
    let (place, family, other) = (app.place().await, app.a_family().await, app.a_family().await);
    let officer = app.officer().await;
    let figures = async || {
        let report = officer.get("/bureau/satisfaction?from=2026-02&to=2026-02&by=care_type").await.ok();
        let of = |figures: &serde_json::Value| {
            ["answers", "families_served", "response_rate"].map(|name| figures[name].clone())
        };
        assert_eq!(of(&report["overall"]), of(&report["groups"][0]));
        of(&report["overall"])
    };
    let visit = app.visit(&place, &family, day("2026-02-27"), VisitStatus::Left).await;
    app.visit(&place, &other, day("2026-02-27"), VisitStatus::Left).await;
    let rated = family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 3 })).await.id();
    assert_eq!(figures().await, [json!(1), json!(2), json!(0.5)]);
    family.client.post("/me/ties", json!({ "centre_id": place.id(), "tie": "staff" })).await.created();
    assert_eq!(figures().await, [json!(1), json!(2), json!(0.5)], "what was said before counts");
    family.client.patch(&format!("/ratings/{rated}"), json!({ "level": 5 })).await.ok();
    assert_eq!(figures().await, [json!(0), json!(2), json!(0.0)]);
    let visit = app.visit(&place, &other, day("2026-02-26"), VisitStatus::Left).await;
    other.client.post("/ratings", json!({ "visit_id": visit.id, "level": 4 })).await.created();
    assert_eq!(figures().await, [json!(1), json!(2), json!(1.0)]);
    let differs = quanxiangtuo::features::satisfaction::rollups::recount(&app.ctx.db).await.unwrap();
    assert_eq!(differs, []);
}
