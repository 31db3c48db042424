//! A centre's replies to ratings: one each, moderated, and nothing that tells whose a rating is.

use entity::{ModeratedKind, ModerationStatus, RatingAliasId, VisitStatus, audit_rows, moderations, rating_replies};
use harness::{Client, Family, Place, TestApp, at_once, day, unknown_id};
use quanxiangtuo::features::{moderation::service::check_due, ratings::replies::alias};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};

/// Until WeChat's sandbox has judged everything that was written.
async fn judged(app: &TestApp) {
    let waiting = moderations::Column::Status.eq(ModerationStatus::Waiting);
    for _ in 0..400 {
        check_due(&app.ctx).await.unwrap();
        if moderations::Entity::find().filter(waiting.clone()).one(app.db()).await.unwrap().is_none() {
            return;
        }
        // Another of the workers has it.
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("texts still wait");
}

async fn rated(app: &TestApp, place: &Place, family: &Family, date: &str, level: i32, text: &str) -> Value {
    let visit = app.visit(place, family, day(date), VisitStatus::Left).await;
    let body = json!({ "visit_id": visit.id, "level": level, "text": text });
    family.client.post("/ratings", body).await.created()
}

fn reply_path(app: &TestApp, rating: &Value) -> String {
    let id = rating["id"].as_str().unwrap().parse().unwrap();
    format!("/desk/ratings/{}/reply", alias(&app.ctx.keys, id))
}

async fn public_reply(app: &TestApp, place: &Place) -> Value {
    let list = app.anonymous().get(&format!("/centres/{}/ratings", place.id())).await.ok();
    list["items"][0]["reply"].clone()
}

async fn in_review(officer: &Client) -> Vec<Value> {
    officer.get("/bureau/moderation?kind=reply").await.ok()["items"].as_array().unwrap().clone()
}

async fn decide(officer: &Client, word: &str) {
    let list = in_review(officer).await;
    assert_eq!(list.len(), 1, "{list:?}");
    let path = format!("/bureau/moderation/{}/{word}", list[0]["id"].as_str().unwrap());
    officer.post(&path, json!({ "reason": "已核对" })).await.ok();
}

#[tokio::test]
async fn a_reply_is_shown_beside_the_rating_once_an_officer_has_passed_it() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let (manager, officer) = (app.manager(place.centre.id).await, app.officer().await);
    let rating = rated(&app, &place, &family, "2026-03-02", 3, "午饭有点凉").await;
    judged(&app).await;
    let path = reply_path(&app, &rating);

    let stored = manager.put(&path, json!({ "text": "已改用保温餐车" })).await.ok();
    assert_eq!((&stored["reply"]["text_status"], &stored["text"]), (&json!("pending"), &json!("午饭有点凉")));
    assert_eq!(public_reply(&app, &place).await, Value::Null);
    assert_eq!(family.client.get("/ratings").await.ok()["items"][0]["reply"], Value::Null);
    let waits = in_review(&officer).await;
    assert_eq!((&waits[0]["text"], &waits[0]["subject"]), (&json!("已改用保温餐车"), &rating["id"]));

    decide(&officer, "pass").await;
    assert_eq!(public_reply(&app, &place).await, "已改用保温餐车");
    assert_eq!(family.client.get("/ratings").await.ok()["items"][0]["reply"], "已改用保温餐车");
    let export = family.client.get("/me/export").await.ok();
    assert_eq!(export["ratings"][0]["reply"], "已改用保温餐车");
    let mine = manager.get("/desk/ratings").await.ok();
    assert_eq!(mine["items"][0]["reply"]["text_status"], "shown");

    // The same words change nothing; others wait anew, and what an officer refuses stays hidden.
    manager.put(&path, json!({ "text": "已改用保温餐车" })).await.ok();
    assert_eq!(public_reply(&app, &place).await, "已改用保温餐车");
    manager.put(&path, json!({ "text": "您家孩子挑食" })).await.ok();
    assert_eq!(public_reply(&app, &place).await, Value::Null);
    decide(&officer, "refuse").await;
    assert_eq!(public_reply(&app, &place).await, Value::Null);
    assert_eq!(manager.get("/desk/ratings").await.ok()["items"][0]["reply"]["text_status"], "hidden");

    // Taken away, and given again in the same words: that is another version, which waits too.
    assert_eq!(manager.delete(&path).await.ok()["reply"], Value::Null);
    assert_eq!(manager.delete(&path).await.ok()["reply"], Value::Null);
    assert!(in_review(&officer).await.is_empty());
    manager.put(&path, json!({ "text": "已改用保温餐车" })).await.ok();
    assert_eq!(public_reply(&app, &place).await, Value::Null);
    decide(&officer, "pass").await;
    assert_eq!(public_reply(&app, &place).await, "已改用保温餐车");

    let rows = audit_rows::Entity::find().order_by_asc(audit_rows::Column::Id).all(app.db()).await.unwrap();
    let of_replies = rows.iter().filter(|row| row.action.starts_with("reply."));
    let deeds: Vec<_> = of_replies.map(|row| (row.action.as_str(), row.object.as_str())).collect();
    let id = rating["id"].as_str().unwrap();
    let (write, withdraw) = ("reply.write", "reply.withdraw");
    assert_eq!(deeds, [(write, id), (write, id), (withdraw, id), (write, id)]);
    assert!(rows.iter().all(|row| !row.detail.to_string().contains("保温")), "no text in the audit log");
}

#[tokio::test]
async fn the_desk_reads_its_ratings_without_a_trace_of_the_family() {
    let app = TestApp::spawn().await;
    let (place, other) = (app.place().await, app.place().await);
    let families = app.many_families(5).await;
    for (family, (date, level)) in families.iter().zip([
        ("2026-02-10", 5),
        ("2026-03-01", 4),
        ("2026-02-11", 1),
        ("2026-03-02", 2),
        ("2026-03-02", 4),
    ]) {
        rated(&app, &place, family, date, level, &format!("第{level}档")).await;
        app.clock.advance(chrono::TimeDelta::seconds(1));
    }
    rated(&app, &other, &families[0], "2026-03-02", 3, "别处").await;
    judged(&app).await;
    let manager = app.manager(place.centre.id).await;
    let (mut got, mut cursor) = (vec![], String::new());
    loop {
        let page = manager.get(&format!("/desk/ratings?limit=2{cursor}")).await.ok();
        got.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        assert!(
            !String::from_utf8_lossy(&data_encoding::BASE64URL_NOPAD.decode(next.as_bytes()).unwrap()).contains("rtg_")
        );
        cursor = format!("&cursor={next}");
    }
    let order: Vec<_> = got.iter().map(|i| (i["month"].as_str().unwrap(), i["level"].as_i64().unwrap())).collect();
    assert_eq!(order, [("2026-03", 2), ("2026-03", 4), ("2026-03", 4), ("2026-02", 1), ("2026-02", 5)]);
    let members: Vec<_> = got[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["id", "level", "month", "reply", "sub", "text"]);
    let text = json!(got).to_string();
    for trace in ["fam_", "chd_", "rtg_", "vis_", "2026-03-0", "created_at"] {
        assert!(!text.contains(trace), "{trace}: {text}");
    }
    let march = manager.get("/desk/ratings?month=2026-03").await.ok();
    assert_eq!(march["items"].as_array().unwrap().len(), 3);
    // The name at the desk is always the same, and no time is in it: the ids' own beginning is.
    assert_eq!(manager.get("/desk/ratings?limit=1").await.ok()["items"][0]["id"], got[0]["id"]);
    let aliases: Vec<_> = got.iter().map(|item| item["id"].as_str().unwrap()["rta_".len()..][..8].to_owned()).collect();
    assert!(aliases.iter().skip(1).all(|begin| *begin != aliases[0]), "{aliases:?}");

    // Whoever takes the consent to `ratings` back is no longer quoted; the score stays.
    let path = format!("/me/children/{}/consents/ratings", families[3].child());
    families[3].client.delete(&path).await;
    let first = manager.get("/desk/ratings?limit=1").await.ok()["items"][0].clone();
    assert_eq!((&first["level"], &first["text"]), (&json!(2), &Value::Null));
    manager.get("/desk/ratings?cursor=x").await.invalid("cursor");
    manager.get("/desk/ratings?month=2026").await.invalid("month");
}

#[tokio::test]
async fn only_the_centres_manager_replies() {
    let app = TestApp::spawn().await;
    let (place, other, family) = (app.place().await, app.place().await, app.a_family().await);
    let rating = rated(&app, &place, &family, "2026-03-02", 5, "很好").await;
    let (path, body) = (reply_path(&app, &rating), json!({ "text": "谢谢" }));
    let stranger = app.manager(other.centre.id).await;
    stranger.put(&path, body.clone()).await.problem(404, "NOT_FOUND");
    stranger.delete(&path).await.problem(404, "NOT_FOUND");
    assert_eq!(stranger.get("/desk/ratings").await.ok()["items"], json!([]));
    for client in [app.carer(place.centre.id).await, family.client.clone(), app.officer().await] {
        client.put(&path, body.clone()).await.problem(403, "FORBIDDEN");
        client.delete(&path).await.problem(403, "FORBIDDEN");
        client.get("/desk/ratings").await.problem(403, "FORBIDDEN");
    }
    app.anonymous().put(&path, body.clone()).await.problem(401, "NOT_SIGNED_IN");
    let manager = app.manager(place.centre.id).await;
    let unknown = format!("/desk/ratings/{}/reply", unknown_id::<RatingAliasId>());
    manager.put(&unknown, body.clone()).await.problem(404, "NOT_FOUND");
    // A rating's own id is no name at the desk, whatever its prefix.
    let own_id = rating["id"].as_str().unwrap().replace("rtg_", "rta_");
    manager.put(&format!("/desk/ratings/{own_id}/reply"), body.clone()).await.problem(404, "NOT_FOUND");
    manager.put(&path, json!({ "text": " " })).await.invalid("text");
    manager.put(&path, json!({ "text": "字".repeat(501) })).await.invalid("text");
    assert_eq!(app.count(rating_replies::Entity).await, 0);
    manager.put(&path, json!({ "text": "字".repeat(500) })).await.ok();
}

#[tokio::test]
async fn managers_who_reply_at_once_leave_one_reply_and_one_text_to_decide() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let rating = rated(&app, &place, &family, "2026-03-02", 5, "很好").await;
    let path = reply_path(&app, &rating);
    let manager = app.manager(place.centre.id).await;
    let clients: Vec<Client> =
        (0..8).map(|i| if i % 2 == 0 { manager.clone() } else { manager.at(&replica) }).collect();
    let replies =
        at_once(clients.iter().enumerate().map(|(i, client)| client.put(&path, json!({ "text": format!("谢谢{i}") }))))
            .await;
    assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
    let row = rating_replies::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!((row.version, app.count(rating_replies::Entity).await), (8, 1));
    let live = moderations::Entity::find()
        .filter(moderations::Column::Kind.eq(ModeratedKind::Reply))
        .filter(moderations::Column::Status.ne(ModerationStatus::Stale))
        .all(app.db())
        .await
        .unwrap();
    assert_eq!(live.iter().map(|row| row.version).collect::<Vec<_>>(), [8]);
    let officer = app.officer().await;
    decide(&officer, "pass").await;
    judged(&app).await;
    assert_eq!(public_reply(&app, &place).await, row.text.unwrap());
}
