//! Guidance at home: asked for by a family, assigned by the bureau, answered by whoever comes.

use chrono::TimeDelta;
use entity::{GuidanceStatus, NoticeKind, StaffRole, audit_rows, guidance_requests, notices};
use harness::{Browser, Client, Family, Place, TestApp, at_once};
use quanxiangtuo::features::privacy::service::erasure::erase_due;
use reqwest::Method;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::{Value, json};

const ADDRESS: &str = "霞星花园3栋502室";

fn body(family: &Family) -> Value {
    json!({ "child_id": family.child(), "topic": "feeding", "wished_from": "2026-03-04", "wished_until": "2026-03-20",
        "half": "morning", "address": ADDRESS, "agreed": true })
}

async fn asked(family: &Family) -> String {
    family.client.post("/me/guidance", body(family)).await.created()["id"].as_str().unwrap().to_owned()
}

async fn assign(officer: &Client, id: &str, place: &Place) -> Value {
    let to = json!({ "centre_id": place.id(), "visit_on": "2026-03-05" });
    officer.post(&format!("/bureau/guidance/{id}/assign"), to).await.ok()
}

#[tokio::test]
async fn a_request_is_assigned_to_a_centre_which_alone_reads_where_and_answers() {
    let app = TestApp::spawn().await;
    let (place, other) = (app.place().await, app.place().await);
    let (me, family) = (app.staff("wang", StaffRole::Officer, None).await, app.family("chen").await);
    let officer = app.session_of(&me).await;
    let (desk, stranger) = (app.carer(place.centre.id).await, app.carer(other.centre.id).await);
    let id = asked(&family).await;
    let answer = json!({ "outcome": "done", "text": "已指导辅食添加。" });
    desk.post(&format!("/desk/guidance/{id}/answer"), answer.clone()).await.problem(404, "NOT_FOUND");
    let listed = officer.get("/bureau/guidance?status=open").await.ok();
    assert_eq!((&listed["items"][0]["topic"], &listed["items"][0]["address"]), (&json!("feeding"), &json!(null)));
    assert_eq!(listed["items"][0]["child_name"], json!(null));

    let assigned = assign(&officer, &id, &place).await;
    assert_eq!((&assigned["status"], &assigned["address"]), (&json!("assigned"), &json!(null)), "{assigned}");
    let name = place.centre.name.clone();
    let told = family.client.send(Method::GET, "/me/notices", None, &[("Accept-Language", "zh-TW, zh;q=0.5")]).await;
    assert_eq!(told.header("content-language"), Some("zh-Hant"));
    assert_eq!(told.text("/items/0/title"), "入戶指導已安排");
    let text = format!("您申請的入戶指導已安排在2026-03-05，由{name}上門，請安排家長在家。");
    assert_eq!(told.text("/items/0/text"), text, "what a centre is called stays as it is");
    let path = format!("/bureau/guidance/{id}/assign");
    let mine = json!({ "staff_id": me.id, "visit_on": "2026-03-06" });
    officer.post(&path, mine.clone()).await.problem(409, "WRONG_STATE");
    let at_desk = desk.get("/desk/guidance").await.ok();
    assert_eq!((&at_desk["items"][0]["address"], &at_desk["items"][0]["child_name"]), (&json!(ADDRESS), &json!("小*")));
    assert_eq!(stranger.get("/desk/guidance").await.ok()["items"], json!([]));
    stranger.post(&format!("/desk/guidance/{id}/answer"), answer.clone()).await.problem(404, "NOT_FOUND");
    let mut over = mine;
    over["handing_over"] = json!(true);
    officer.post(&path, over.clone()).await.invalid("assigned_at");
    over["assigned_at"] = assigned["assigned_at"].clone();
    let mut elsewhen = over.clone();
    elsewhen["visit_on"] = json!("2026-03-21");
    officer.post(&path, elsewhen).await.problem(409, "CONFIRMATION_REQUIRED");
    app.clock.advance(TimeDelta::milliseconds(5));
    let handed = officer.post(&path, over.clone()).await.ok();
    assert_eq!(handed["address"], ADDRESS, "its own now");
    officer.post(&path, over).await.problem(409, "WRONG_STATE");
    assert_eq!(desk.get("/desk/guidance").await.ok()["items"], json!([]));
    let back = json!({ "centre_id": place.id(), "visit_on": "2026-03-05", "handing_over": true,
        "assigned_at": handed["assigned_at"] });
    officer.post(&path, back).await.ok();

    let early = desk.post(&format!("/desk/guidance/{id}/answer"), answer.clone()).await;
    early.problem(409, "WRONG_STATE");
    app.clock.advance(TimeDelta::days(3));
    let desk = app.fresh(&desk);
    let done = desk.post(&format!("/desk/guidance/{id}/answer"), answer.clone()).await.ok();
    assert_eq!((&done["status"], &done["address"]), (&json!("done"), &json!(null)));
    desk.post(&format!("/desk/guidance/{id}/answer"), answer).await.problem(409, "WRONG_STATE");
    let own = app.fresh(&family.client).get("/me/guidance").await.ok();
    assert_eq!((&own["items"][0]["answer"], &own["items"][0]["address"]), (&json!("已指导辅食添加。"), &json!(null)));
    let told =
        notices::Entity::find().filter(notices::Column::Kind.starts_with("guidance_")).all(app.db()).await.unwrap();
    let kinds: Vec<&str> = told.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == NoticeKind::GuidanceAssigned.as_str()).count(), 3);
    assert!(kinds.contains(&NoticeKind::GuidanceAnswered.as_str()));
    let deeds = audit_rows::Entity::find().filter(audit_rows::Column::Action.starts_with("guidance."));
    assert_eq!(deeds.count(app.db()).await.unwrap(), 4);
}

#[tokio::test]
async fn a_child_has_one_live_request_whoever_asks_at_once() {
    let app = TestApp::spawn().await;
    let family = app.a_family().await;
    let calls = (0..6).map(|_| {
        let (client, body) = (family.client.clone(), body(&family));
        async move { client.post("/me/guidance", body).await.status }
    });
    let statuses = at_once(calls).await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(app.count(guidance_requests::Entity).await, 1);
    let id = family.client.get("/me/guidance").await.text("/items/0/id");
    let withdraw = format!("/me/guidance/{id}/withdraw");
    app.a_family().await.client.post(&withdraw, json!({})).await.problem(404, "NOT_FOUND");
    let gone = family.client.post(&withdraw, json!({})).await.ok();
    assert_eq!((&gone["status"], &gone["address"]), (&json!("withdrawn"), &json!(null)));
    family.client.post(&withdraw, json!({})).await.problem(409, "WRONG_STATE");
    asked(&family).await;
    // Nobody comes, and nobody says so: the address is not kept for ever.
    app.clock.advance(TimeDelta::days(48));
    erase_due(&app.ctx).await.unwrap();
    let row = |rows: Vec<guidance_requests::Model>| rows.into_iter().find(|row| row.id.to_string() != id).unwrap();
    let kept = row(guidance_requests::Entity::find().all(app.db()).await.unwrap());
    assert!(kept.address_sealed.is_some(), "30 days after the last that was wished for");
    app.clock.advance(TimeDelta::days(1));
    erase_due(&app.ctx).await.unwrap();
    let kept = row(guidance_requests::Entity::find().all(app.db()).await.unwrap());
    assert_eq!((kept.status, kept.address_sealed), (GuidanceStatus::Declined, None));
    let told = app.fresh(&family.client).get("/me/notices").await.ok();
    assert!(told["items"][0]["text"].as_str().unwrap().contains("未能安排"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_asked_for_or_assigned_is_told() {
    let app = TestApp::spawn().await;
    let (family, other) = (app.a_family().await, app.a_family().await);
    let me = app.staff("wang", StaffRole::Officer, None).await;
    let officer = app.session_of(&me).await;
    for (field, value) in [
        ("wished_from", json!("2026-03-01")),
        ("wished_until", json!("2026-03-03")),
        ("wished_until", json!("2026-09-03")),
        ("address", json!(" ")),
    ] {
        let mut bad = body(&family);
        bad[field] = value;
        family.client.post("/me/guidance", bad).await.invalid(field);
    }
    let mut silent = body(&family);
    silent["agreed"] = json!(false);
    family.client.post("/me/guidance", silent).await.problem(422, "CONSENT_REQUIRED");
    let mut theirs = body(&family);
    theirs["child_id"] = json!(other.child());
    family.client.post("/me/guidance", theirs).await.problem(404, "NOT_FOUND");
    let id = asked(&family).await;
    let path = format!("/bureau/guidance/{id}/assign");
    officer.post(&path, json!({ "visit_on": "2026-03-05" })).await.invalid("centre_id");
    let carer = app.staff("lin", StaffRole::Carer, Some(app.place().await.centre.id)).await;
    officer.post(&path, json!({ "staff_id": carer.id, "visit_on": "2026-03-05" })).await.invalid("staff_id");
    officer.post(&path, json!({ "staff_id": me.id, "visit_on": "2026-03-01" })).await.invalid("visit_on");
    let done = json!({ "outcome": "done", "text": "好" });
    officer.post(&format!("/bureau/guidance/{id}/answer"), done).await.problem(409, "WRONG_STATE");
    let declined = json!({ "outcome": "declined", "text": "请到社区服务点咨询。" });
    officer.post(&format!("/bureau/guidance/{id}/answer"), declined).await.ok();
}

#[tokio::test]
async fn a_family_that_leaves_is_expected_by_nobody_and_its_answers_go() {
    let app = TestApp::spawn().await;
    let (place, officer) = (app.place().await, app.officer().await);
    let (family, away) = (app.family("chen").await, app.family("lin").await);
    let id = asked(&family).await;
    assign(&officer, &id, &place).await;
    let export = family.client.get("/me/export").await.ok();
    assert_eq!(export["guidance_requests"][0]["address"], ADDRESS);
    let declined = json!({ "outcome": "declined", "text": "植答复" });
    officer.post(&format!("/bureau/guidance/{id}/answer"), declined).await.ok();
    asked(&family).await;
    family.client.delete("/me?confirm=true").await.ok();
    let rows = guidance_requests::Entity::find().all(app.db()).await.unwrap();
    assert!(rows.iter().all(|row| row.address_sealed.is_none()), "{rows:?}");
    app.clock.advance(TimeDelta::days(8));
    erase_due(&app.ctx).await.unwrap();
    let rows = guidance_requests::Entity::find().all(app.db()).await.unwrap();
    assert!(rows.len() == 2 && rows.iter().all(|row| row.answer_sealed.is_none()));
    // A child that is taken away is expected by nobody either.
    let away = Family { client: app.fresh(&away.client), ..away };
    let mut later = body(&away);
    (later["wished_from"], later["wished_until"]) = (json!("2026-03-12"), json!("2026-03-20"));
    away.client.post("/me/guidance", later).await.created();
    away.client.delete(&format!("/me/children/{}?confirm=true", away.child())).await.ok();
    let rows = guidance_requests::Entity::find().all(app.db()).await.unwrap();
    assert!(rows.iter().all(|row| row.address_sealed.is_none() && row.ended_at.is_some()), "{rows:?}");
}

#[tokio::test]
async fn the_pages_of_bureau_and_desk_assign_and_answer() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.family("chen").await;
    let id = asked(&family).await;
    let (bureau, _) = app.at_bureau(StaffRole::Officer).await;
    let page = bureau.get("/bureau/guidance").await.expect(200);
    assert!(page.contains("喂养与辅食") && page.contains("由我上门") && !page.contains(ADDRESS));
    // A centre that isn't among the 200 listed is named.
    let name = &*place.centre.name;
    let mut to = vec![("to", "me"), ("other_centre", name), ("visit_on", "2026-03-02"), ("handing_over", "false")];
    let asks = bureau.post(&format!("/bureau/guidance/{id}/assign"), &to).await.expect(200);
    assert!(asks.contains("已与家长约好") && asks.contains("2026-03-04至2026-03-20"), "{asks}");
    to.push(("confirm", "true"));
    bureau.post(&format!("/bureau/guidance/{id}/assign"), &to).await.sent();
    let csv = bureau.get("/api/v1/bureau/guidance.csv").await.expect(200);
    assert!(csv.contains("喂养与辅食") && csv.contains("已安排") && !csv.contains(ADDRESS), "{csv}");
    let carer = app.staff("lin", StaffRole::Carer, Some(place.centre.id)).await;
    let desk = Browser::at(&app);
    desk.sign_in("/desk", &carer.username).await;
    let day = desk.get("/desk").await.expect(200);
    assert!(day.contains("入户指导</caption>") && day.contains("喂养与辅食") && !day.contains(ADDRESS), "{day}");
    let page = desk.get("/desk/guidance").await.expect(200);
    assert!(page.contains(ADDRESS) && page.contains("小*") && !page.contains("小米"), "{page}");
    let answer = [("outcome", "done"), ("text", "已指导。")];
    desk.post(&format!("/desk/guidance/{id}/answer"), &answer).await.sent();
    let page = desk.get("/desk/guidance").await.expect(200);
    assert!(page.contains("已指导。") && !page.contains(ADDRESS), "{page}");
}

#[tokio::test]
async fn what_is_late_is_marked_and_what_a_closed_account_had_is_open_again() {
    let app = TestApp::spawn().await;
    let (admin, place) = (app.admin().await, app.place().await);
    let me = app.staff("wang", StaffRole::Officer, None).await;
    let (one, two) = (app.family("chen").await, app.family("lin").await);
    let (theirs, mine) = (asked(&one).await, asked(&two).await);
    assign(&admin, &theirs, &place).await;
    let to = json!({ "staff_id": me.id, "visit_on": "2026-03-05" });
    admin.post(&format!("/bureau/guidance/{mine}/assign"), to).await.ok();
    let close = format!("/bureau/staff/{}/close", me.id);
    let closed = admin.post(&close, json!({ "reason": "离职" })).await.ok();
    assert_eq!((&closed["guidance_handed_back"], &closed["complaints_handed_back"]), (&json!(1), &json!(0)));
    let open = admin.get("/bureau/guidance?status=open").await.ok();
    assert_eq!(open["items"][0]["id"], json!(mine));
    assert_eq!((&open["items"][0]["staff_id"], &open["items"][0]["visit_on"]), (&json!(null), &json!(null)));
    assert_eq!(admin.get("/bureau/guidance?overdue=true").await.ok()["items"], json!([]));
    app.clock.advance(TimeDelta::days(4));
    let admin = app.fresh(&admin);
    let late = admin.get("/bureau/guidance?overdue=true").await.ok();
    assert_eq!(late["items"].as_array().unwrap().len(), 1);
    assert_eq!((&late["items"][0]["id"], &late["items"][0]["overdue"]), (&json!(theirs), &json!(true)));
    assert_eq!(admin.get("/bureau/guidance?overdue=false").await.ok()["items"][0]["id"], json!(mine));
    let (bureau, _) = app.at_bureau(StaffRole::Officer).await;
    assert!(bureau.get("/bureau").await.expect(200).contains("/bureau/guidance?overdue=true"));
    assert!(bureau.get("/bureau/guidance").await.expect(200).contains("已逾期"));
}
