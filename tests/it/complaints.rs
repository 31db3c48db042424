//! Complaints: opened by low ratings or filed, answered by the bureau, never shown to the centre.

use chrono::TimeDelta;
use entity::{
    ComplaintId, ComplaintStatus, ModerationStatus, StaffRole, VisitStatus, audit_rows, complaints, moderations,
    notices, staff,
};
use harness::{Client, Family, Place, TestApp, at_once, client::limited_after, day, unknown_id};
use quanxiangtuo::features::{moderation::service::check_due, privacy::service::erasure::erase_due};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};

async fn judged(app: &TestApp) {
    let waiting = moderations::Column::Status.eq(ModerationStatus::Waiting);
    for _ in 0..400 {
        check_due(&app.ctx).await.unwrap();
        if moderations::Entity::find().filter(waiting.clone()).one(app.db()).await.unwrap().is_none() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("texts still wait");
}

async fn rated(app: &TestApp, place: &Place, family: &Family, level: i32) -> String {
    let visit = app.visit(place, family, day("2026-03-02"), VisitStatus::Left).await;
    let body = json!({ "visit_id": visit.id, "level": level, "text": "饭菜是凉的" });
    family.client.post("/ratings", body).await.created()["id"].as_str().unwrap().to_owned()
}

async fn mine(client: &Client) -> Vec<Value> {
    client.get("/complaints").await.ok()["items"].as_array().unwrap().clone()
}

async fn all(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/bureau/complaints{query}")).await.ok()["items"].as_array().unwrap().clone()
}

fn path(id: &Value, step: &str) -> String {
    format!("/bureau/complaints/{}/{step}", id.as_str().unwrap())
}

/// A family that was at the place, with a filed complaint.
async fn filed(app: &TestApp, place: &Place, text: &str) -> (Family, Value) {
    let family = app.a_family().await;
    app.visit(place, &family, day("2026-03-02"), VisitStatus::Left).await;
    let body = json!({ "centre_id": place.id(), "text": text });
    let complaint = family.client.post("/complaints", body).await.created();
    (family, complaint["id"].clone())
}

async fn officer(app: &TestApp, name: &str) -> (Client, staff::Model) {
    let row = app.staff(name, StaffRole::Officer, None).await;
    (app.session_of(&row).await, row)
}

#[tokio::test]
async fn a_low_rating_opens_one_complaint_and_a_raised_one_withdraws_it_until_it_is_answered() {
    let app = TestApp::spawn().await;
    let (place, other, families) = (app.place().await, app.place().await, app.many_families(2).await);
    let family = &families[0];
    rated(&app, &other, &families[1], 3).await;
    assert_eq!(app.count(complaints::Entity).await, 0, "three is no complaint");
    let rating = rated(&app, &place, family, 2).await;
    let list = mine(&family.client).await;
    assert_eq!((list.len(), &list[0]["status"], &list[0]["rating_id"]), (1, &json!("open"), &json!(rating)));
    assert_eq!(list[0]["text"], Value::Null);
    assert!(list[0]["due_at"].as_str().unwrap().starts_with("2026-03-09T09:00:"), "{list:?}");
    let edit = async |level: i32| {
        app.clock.advance(TimeDelta::seconds(1));
        family.client.patch(&format!("/ratings/{rating}"), json!({ "level": level })).await.ok();
        mine(&family.client).await.iter().map(|c| c["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(edit(1).await, ["open"], "still one");
    assert_eq!(edit(3).await, ["withdrawn"]);
    assert_eq!(edit(5).await, ["withdrawn"]);
    let first = list[0].clone();
    assert_eq!(edit(2).await, ["open"], "an edit down opens the same one again");
    let again = mine(&family.client).await[0].clone();
    assert_eq!((&again["id"], &again["due_at"], &again["closed_at"]), (&first["id"], &first["due_at"], &Value::Null));

    // Whoever had it has it again, however often the family changes its mind.
    let bureau = app.officer().await;
    let (mei, row) = officer(&app, "mei").await;
    mei.post(&path(&first["id"], "assign"), json!({ "staff_id": row.id })).await.ok();
    for level in [4, 1, 5, 2] {
        let state = if level > 2 { "withdrawn" } else { "assigned" };
        assert_eq!(edit(level).await, [state]);
    }
    let assigned = all(&bureau, "?status=assigned").await;
    assert_eq!((&assigned[0]["id"], &assigned[0]["assigned_to"]), (&first["id"], &json!(row.id)));
    assert_eq!(assigned[0]["due_at"], first["due_at"]);
    assert_eq!(app.count(complaints::Entity).await, 1);
    judged(&app).await;
    let open = all(&bureau, "?status=assigned").await;
    assert_eq!((&open[0]["rating"]["level"], &open[0]["rating"]["text"]), (&json!(2), &json!("饭菜是凉的")));
    let text = open[0].to_string();
    assert!(!text.contains("fam_") && !text.contains("chd_"), "nothing says whose it is: {text}");
    mei.post(&path(&open[0]["id"], "answer"), json!({ "text": "已责令整改" })).await.ok();
    assert_eq!(edit(5).await, ["answered"], "what was answered stays");
    assert_eq!(edit(1).await, ["answered"], "and isn't opened anew");
}

#[tokio::test]
async fn a_family_complains_only_about_a_centre_that_it_knows() {
    let app = TestApp::spawn().await;
    let (place, other, family) = (app.place().await, app.place().await, app.a_family().await);
    let stranger = app.a_family().await;
    let body = json!({ "centre_id": place.id(), "text": "没有户外活动" });
    let refused = family.client.post("/complaints", body.clone()).await.problem(422, "COMPLAINT_NOT_ALLOWED");
    assert_eq!(refused["errors"][0]["field"], "centre_id");
    app.visit(&place, &family, day("2026-03-05"), VisitStatus::Expected).await;
    let elsewhere = json!({ "centre_id": other.id(), "text": "没有户外活动" });
    family.client.post("/complaints", elsewhere).await.problem(422, "COMPLAINT_NOT_ALLOWED");
    stranger.client.post("/complaints", body.clone()).await.problem(422, "COMPLAINT_NOT_ALLOWED");
    let of = |child: String| json!({ "centre_id": place.id(), "text": "没有户外活动", "child_id": child });
    family.client.post("/complaints", of(stranger.child())).await.problem(404, "NOT_FOUND");
    // Of the family's children only one was there.
    let sibling = app.child(&family.client, app.born_months_ago(20)).await;
    family.client.post("/complaints", of(sibling.to_string())).await.problem(422, "COMPLAINT_NOT_ALLOWED");
    family.client.post("/complaints", json!({ "centre_id": place.id(), "text": " " })).await.invalid("text");
    let long = json!({ "centre_id": place.id(), "text": "字".repeat(1001) });
    family.client.post("/complaints", long).await.invalid("text");

    let first = family.client.post_once("/complaints", "complaint-key-1", body.clone()).await.created();
    let again = family.client.post_once("/complaints", "complaint-key-1", body.clone()).await.created();
    assert_eq!((&first, &first["child_id"]), (&again, &json!(family.child())));
    assert_eq!(app.count(complaints::Entity).await, 1);
    // Of a centre that only redeemed a voucher day.
    let campaign = app.campaign().await;
    let voucher = app.voucher(&campaign, &stranger).await;
    app.redemption(&voucher, other.centre.id, day("2026-03-02"), |_| {}).await;
    let about = json!({ "centre_id": other.id(), "text": "没有户外活动", "child_id": stranger.child() });
    stranger.client.post("/complaints", about).await.created();
    assert_eq!((mine(&family.client).await.len(), mine(&stranger.client).await.len()), (1, 1));
    // Nothing of it is to be read at the desk, by anyone of the centre.
    for client in [app.carer(place.centre.id).await, app.manager(place.centre.id).await] {
        client.get("/bureau/complaints").await.problem(403, "FORBIDDEN");
        client.get("/complaints").await.problem(403, "FORBIDDEN");
        client.post("/complaints", body.clone()).await.problem(403, "FORBIDDEN");
    }
    app.officer().await.post("/complaints", body).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn complaints_are_few_an_hour() {
    let app = TestApp::spawn_with(&[("rate_limits", "on")]).await;
    let (place, family) = (app.place().await, app.a_family().await);
    app.visit(&place, &family, day("2026-03-02"), VisitStatus::Left).await;
    let body = json!({ "centre_id": place.id(), "text": "没有户外活动" });
    limited_after(10, async || family.client.post("/complaints", body.clone()).await).await;
}

#[tokio::test]
async fn the_words_are_sealed_and_moderation_only_marks_them_for_officers() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let bureau = app.officer().await;
    let mut ids = vec![];
    for text in ["老师不接电话", "这里有待审词", "这里有违规词"] {
        ids.push(filed(&app, &place, text).await.1);
        app.clock.advance(TimeDelta::seconds(1));
    }
    judged(&app).await;
    let read = async || {
        let list = all(&bureau, "").await.into_iter();
        list.map(|c| (c["text"].as_str().unwrap().to_owned(), c["text_status"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let marked = |a: &str, b: &str, c: &str| {
        [("这里有违规词", a), ("这里有待审词", b), ("老师不接电话", c)].map(|(t, s)| (t.to_owned(), s.to_owned()))
    };
    assert_eq!(read().await, marked("hidden", "pending", "shown"));
    let waits = bureau.get("/bureau/moderation?kind=complaint").await.ok()["items"].clone();
    assert_eq!((&waits[0]["subject"], &waits[0]["text"]), (&ids[1], &json!("这里有待审词")));
    let verdict = format!("/bureau/moderation/{}/refuse", waits[0]["id"].as_str().unwrap());
    bureau.post(&verdict, json!({ "reason": "辱骂" })).await.ok();
    assert_eq!(read().await, marked("hidden", "hidden", "shown"));
    for row in complaints::Entity::find().all(app.db()).await.unwrap() {
        let sealed = row.text_sealed.unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("这里") && sealed.len() > 20);
    }
}

#[tokio::test]
async fn a_complaint_is_assigned_answered_and_closed_and_every_step_of_an_officer_is_audited() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (family, id) = filed(&app, &place, "没有户外活动").await;
    let stranger = app.a_family().await;
    let ((one, first), (two, second)) = (officer(&app, "one").await, officer(&app, "two").await);
    let carer = app.staff("carer-x", StaffRole::Carer, Some(place.centre.id)).await;
    let (assign, answer) = (path(&id, "assign"), path(&id, "answer"));
    let close = format!("/complaints/{}/close", id.as_str().unwrap());
    let words = json!({ "text": "已现场检查并恢复" });

    family.client.post(&close, json!({ "satisfied": true })).await.problem(409, "WRONG_STATE");
    one.post(&assign, json!({ "staff_id": carer.id })).await.invalid("staff_id");
    one.post(&assign, json!({ "staff_id": unknown_id::<entity::StaffId>() })).await.invalid("staff_id");
    assert_eq!(all(&one, "?status=open").await.len(), 1, "a refusal assigns nothing");
    let unknown = json!(unknown_id::<ComplaintId>());
    one.post(&path(&unknown, "assign"), json!({ "staff_id": first.id })).await.problem(404, "NOT_FOUND");
    one.post(&path(&unknown, "answer"), words.clone()).await.problem(404, "NOT_FOUND");

    let taken = one.post(&assign, json!({ "staff_id": first.id })).await.ok();
    assert_eq!((&taken["status"], &taken["assigned_to"]), (&json!("assigned"), &json!(first.id)));
    let told = two.post(&assign, json!({ "staff_id": second.id })).await.problem(409, "WRONG_STATE");
    assert_eq!(told["assigned_to"], json!(first.id));
    two.post(&answer, words.clone()).await.problem(409, "WRONG_STATE");
    let wrong = json!({ "staff_id": second.id, "instead_of": second.id });
    two.post(&assign, wrong).await.problem(409, "WRONG_STATE");
    two.post(&assign, json!({ "staff_id": second.id, "instead_of": first.id })).await.ok();
    one.post(&answer, words.clone()).await.problem(409, "WRONG_STATE");
    two.post(&answer, json!({ "text": "" })).await.invalid("text");
    let answered = two.post_once(&answer, "answer-key-1", words.clone()).await.ok();
    assert_eq!((&answered["status"], &answered["answered_by"]), (&json!("answered"), &json!(second.id)));
    assert_eq!(two.post_once(&answer, "answer-key-1", words.clone()).await.ok(), answered);
    two.post(&answer, words).await.problem(409, "WRONG_STATE");
    two.post(&assign, json!({ "staff_id": first.id })).await.problem(409, "WRONG_STATE");

    // The family is told once, without a word of what was written.
    let told = family.client.get("/me/notices").await.ok()["items"].clone();
    assert_eq!((told.as_array().unwrap().len(), &told[0]["kind"]), (1, &json!("complaint_answered")));
    let text = told[0]["text"].as_str().unwrap();
    assert!(text.contains("2026-03-02") && text.contains(&place.centre.name) && !text.contains("户外"), "{text}");
    let seen = mine(&family.client).await;
    assert_eq!((&seen[0]["answer"], &seen[0]["text"]), (&json!("已现场检查并恢复"), &json!("没有户外活动")));
    assert!(!seen[0].to_string().contains("stf_"), "the family isn't told who answered");

    stranger.client.post(&close, json!({ "satisfied": true })).await.problem(404, "NOT_FOUND");
    family.client.post(&close, json!({})).await.invalid("satisfied");
    two.post(&close, json!({ "satisfied": true })).await.problem(403, "FORBIDDEN");
    let closed = family.client.post(&close, json!({ "satisfied": false })).await.ok();
    assert_eq!((&closed["status"], &closed["satisfied"]), (&json!("closed"), &json!(false)));
    family.client.post(&close, json!({ "satisfied": true })).await.problem(409, "WRONG_STATE");
    assert_eq!(all(&one, "?status=closed").await[0]["satisfied"], false);
    let rows = audit_rows::Entity::find().order_by_asc(audit_rows::Column::Id).all(app.db()).await.unwrap();
    let deeds: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.staff_id)).collect();
    let (a, b) = ("complaint.assign", "complaint.answer");
    assert_eq!(deeds, [(a, first.id), (a, second.id), (b, second.id)]);
    assert!(rows.iter().all(|row| !row.detail.to_string().contains("现场")), "no text in the audit log");
}

#[tokio::test]
async fn of_officers_who_assign_or_answer_at_once_one_does() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    let ((one, first), (two, second)) = (officer(&app, "one").await, officer(&app, "two").await);
    let two = two.at(&replica);
    for round in 0..4 {
        let (family, id) = filed(&app, &place, "没有户外活动").await;
        let assign = path(&id, "assign");
        let (a, b) = (json!({ "staff_id": first.id }), json!({ "staff_id": second.id }));
        let replies = at_once([one.post(&assign, a), two.post(&assign, b)]).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {replies:?}");

        let (other, open) = filed(&app, &place, "没有户外活动").await;
        let answer = path(&open, "answer");
        let replies = at_once([&one, &two].map(|client| client.post(&answer, json!({ "text": "已处理" })))).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {replies:?}");
        assert_eq!(other.client.get("/me/notices").await.ok()["items"].as_array().unwrap().len(), 1);
        assert_eq!(family.client.get("/me/notices").await.ok()["items"], json!([]));
    }
    assert_eq!(app.count(audit_rows::Entity).await, 8);
}

#[tokio::test]
async fn a_rating_raised_while_its_complaint_is_answered_leaves_one_of_both() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    let bureau = app.officer().await.at(&replica);
    for family in app.many_families(6).await {
        let rating = rated(&app, &place, &family, 1).await;
        let id = mine(&family.client).await[0]["id"].clone();
        let (answer, edit) = (path(&id, "answer"), format!("/ratings/{rating}"));
        let (answered, edited) = tokio::join!(
            bureau.post(&answer, json!({ "text": "已处理" })),
            family.client.patch(&edit, json!({ "level": 4 }))
        );
        edited.ok();
        let status = mine(&family.client).await[0]["status"].clone();
        let told = family.client.get("/me/notices").await.ok()["items"].as_array().unwrap().len();
        match answered.status {
            200 => assert_eq!((status, told), (json!("answered"), 1)),
            409 => assert_eq!((status, told), (json!("withdrawn"), 0)),
            _ => panic!("{answered:?}"),
        }
    }
}

#[tokio::test]
async fn officers_filter_by_state_centre_and_lateness() {
    let app = TestApp::spawn_with(&[("complaint_days", "2")]).await;
    let (place, other) = (app.place().await, app.place().await);
    let (_, late) = filed(&app, &place, "一").await;
    let (_, answered) = filed(&app, &place, "二").await;
    app.clock.advance(TimeDelta::days(1));
    let (_, fresh) = filed(&app, &other, "三").await;
    app.clock.advance(TimeDelta::hours(23));
    let bureau = app.officer().await;
    assert!(all(&bureau, "?overdue=true").await.is_empty(), "47 hours are in time");
    bureau.post(&path(&answered, "answer"), json!({ "text": "已处理" })).await.ok();
    app.clock.advance(TimeDelta::hours(1));
    let found = async |query: &str| all(&bureau, query).await.iter().map(|c| c["id"].clone()).collect::<Vec<_>>();
    assert_eq!(found("?overdue=true").await, std::slice::from_ref(&late));
    assert_eq!(all(&bureau, "?overdue=true").await[0]["overdue"], true);
    assert_eq!(found("?overdue=false").await.len(), 2);
    assert_eq!(found(&format!("?centre_id={}", other.id())).await, std::slice::from_ref(&fresh));
    assert_eq!(found("?status=answered").await, [answered]);
    let page = bureau.get("/bureau/complaints?limit=2").await.ok();
    assert_eq!(page["items"][0]["id"], fresh);
    let next = page["next_cursor"].as_str().unwrap();
    let rest = bureau.get(&format!("/bureau/complaints?limit=2&cursor={next}")).await.ok();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
    bureau.get("/bureau/complaints?cursor=x").await.invalid("cursor");
    bureau.get("/bureau/complaints?status=x").await.invalid("status");
}

#[tokio::test]
async fn an_erased_familys_complaints_lose_their_words_and_wait_for_nobody() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (family, waiting) = filed(&app, &place, "没有户外活动，待审词").await;
    judged(&app).await;
    let body = json!({ "centre_id": place.id(), "text": "第二件" });
    let answered = family.client.post("/complaints", body).await.created()["id"].clone();
    let bureau = app.officer().await;
    bureau.post(&path(&answered, "answer"), json!({ "text": "已处理" })).await.ok();
    let export = family.client.get("/me/export").await.ok();
    let words: Vec<_> = export["complaints"].as_array().unwrap().iter().map(|c| c["text"].clone()).collect();
    assert_eq!(words, ["没有户外活动，待审词", "第二件"]);
    assert_eq!(export["complaints"][1]["answer"], "已处理");

    family.client.delete("/me?confirm=true").await.ok();
    app.clock.advance(TimeDelta::days(8));
    assert_eq!(erase_due(&app.ctx).await.unwrap(), 1);
    let rows = complaints::Entity::find().order_by_asc(complaints::Column::Id).all(app.db()).await.unwrap();
    let state: Vec<_> = rows.iter().map(|row| (json!(row.id), row.status)).collect();
    assert!(state.contains(&(waiting, ComplaintStatus::Withdrawn)), "{state:?}");
    assert!(state.contains(&(answered, ComplaintStatus::Answered)), "{state:?}");
    assert!(rows.iter().all(|row| row.text_sealed.is_none() && row.answer_sealed.is_none()));
    assert_eq!(app.count(notices::Entity).await, 0);
    let bureau = app.fresh(&bureau);
    assert_eq!(bureau.get("/bureau/moderation").await.ok()["items"], json!([]), "nothing is left to decide");
    assert_eq!(all(&bureau, "").await.len(), 2, "the record stays");
}
