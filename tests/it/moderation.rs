//! Moderation of texts: WeChat is asked, officers decide where it can't.

use chrono::TimeDelta;
use entity::{ModeratedKind, ModerationStatus, TextStatus, VisitId, VisitStatus, audit_rows, moderations, ratings};
use harness::{Answer, Client, FakeWeChat, Family, Place, TestApp, at_once, day, unknown_id, wechat::TEXT};
use quanxiangtuo::features::moderation::service::{adopt, check_due};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, sea_query::Expr};
use serde_json::{Value, json};

/// An application in front of a fake WeChat that judges nothing until it is told to.
async fn with_wechat() -> (FakeWeChat, TestApp) {
    let wechat = FakeWeChat::start().await;
    wechat.always(TEXT, Answer::Error(-1, "system error"));
    let settings = wechat.settings();
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let app = TestApp::spawn_with(&settings).await;
    (wechat, app)
}

fn judged(suggest: &str, label: &Value) -> Answer {
    Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "detail": [], "trace_id": "t",
        "result": { "suggest": suggest, "label": label } }))
}

async fn visit(app: &TestApp, place: &Place, family: &Family) -> VisitId {
    app.visit(place, family, day("2026-03-02"), VisitStatus::Left).await.id
}

async fn rate(app: &TestApp, place: &Place, family: &Family, text: &str) -> Value {
    let visit = visit(app, place, family).await;
    family.client.post("/ratings", json!({ "visit_id": visit, "level": 2, "text": text })).await.created()
}

async fn shown(app: &TestApp, place: &Place) -> Vec<String> {
    let list = app.anonymous().get(&format!("/centres/{}/ratings", place.id())).await.ok();
    assert_eq!(list["rating"]["n"], 1, "the score counts, whatever becomes of the text");
    list["items"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

async fn states(app: &TestApp) -> Vec<ModerationStatus> {
    // Children have nicknames, which are looked at too: tests/it/nicknames.rs.
    let rows = moderations::Entity::find().filter(moderations::Column::Kind.ne(ModeratedKind::Nickname));
    let rows = rows.order_by_asc(moderations::Column::Id).all(app.db()).await.unwrap();
    rows.into_iter().map(|row| row.status).collect()
}

/// Until the workers have brought the texts into these states.
async fn until(app: &TestApp, expected: &[ModerationStatus]) {
    for _ in 0..400 {
        // Past every pause after a failure.
        app.clock.advance(TimeDelta::seconds(30));
        check_due(&app.ctx).await.unwrap();
        if states(app).await == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("expected {expected:?}, but the texts are {:?}", states(app).await);
}

async fn waiting_list(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/bureau/moderation{query}")).await.ok()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_passed_text_is_shown_and_a_changed_score_leaves_it_alone() {
    let (wechat, app) = with_wechat().await;
    let place = app.place().await;
    wechat.answer("c1", Answer::Openid("o-lin"));
    let anyone = app.anonymous();
    let client = anyone.signed_in(&anyone.post("/auth/wechat", json!({ "code": "c1" })).await);
    let family_id = client.user_id().parse().unwrap();
    let child_id = app.child(&client, app.born_months_ago(18)).await;
    let family = Family { client, family_id, child_id };
    rate(&app, &place, &family, "老师很耐心").await;
    assert_eq!(shown(&app, &place).await, Vec::<String>::new());
    wechat.always(TEXT, judged("pass", &json!("100")));
    until(&app, &[ModerationStatus::Passed]).await;
    assert_eq!(shown(&app, &place).await, ["老师很耐心"]);
    // The family sees it too, and a change of the score alone asks for nothing.
    let rating = family.client.get("/ratings").await.ok()["items"][0].clone();
    assert_eq!(rating["text_status"], "shown");
    let path = format!("/ratings/{}", rating["id"].as_str().unwrap());
    family.client.patch(&path, json!({ "level": 4 })).await.ok();
    assert_eq!((states(&app).await, shown(&app, &place).await.len()), (vec![ModerationStatus::Passed], 1));
}

#[tokio::test]
async fn wechat_is_asked_with_version_scene_and_openid() {
    let (wechat, app) = with_wechat().await;
    let place = app.place().await;
    wechat.answer("c1", Answer::Openid("o-lin"));
    let anyone = app.anonymous();
    let client = anyone.signed_in(&anyone.post("/auth/wechat", json!({ "code": "c1" })).await);
    let family_id = client.user_id().parse().unwrap();
    let child_id = app.child(&client, app.born_months_ago(18)).await;
    rate(&app, &place, &Family { client, family_id, child_id }, "饭菜可口").await;
    wechat.always(TEXT, Answer::Usual);
    until(&app, &[ModerationStatus::Passed]).await;
    let mut asked = wechat.texts();
    asked.retain(|text| text["content"] != "小麦");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((&asked[0]["openid"], &asked[0]["content"]), (&json!("o-lin"), &json!("饭菜可口")));
    assert_eq!((&asked[0]["version"], &asked[0]["scene"]), (&json!(2), &json!(2)));
    assert_eq!(wechat.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn a_risky_text_is_hidden_and_one_to_review_goes_to_an_officer() {
    let (wechat, app) = with_wechat().await;
    let (place, other) = (app.place().await, app.place().await);
    let families = app.many_families(2).await;
    wechat.always(TEXT, judged("risky", &json!(20003)));
    rate(&app, &place, &families[0], "骂人的话").await;
    until(&app, &[ModerationStatus::Hidden]).await;
    wechat.always(TEXT, judged("review", &json!("10001")));
    rate(&app, &other, &families[1], "加微信 12345").await;
    until(&app, &[ModerationStatus::Hidden, ModerationStatus::Review]).await;
    assert!(shown(&app, &place).await.is_empty() && shown(&app, &other).await.is_empty());
    assert_eq!(families[0].client.get("/ratings").await.ok()["items"][0]["text_status"], "hidden");

    let officer = app.fresh(&app.officer().await);
    let list = waiting_list(&officer, "").await;
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0]["text"], &list[0]["label"]), (&json!("加微信 12345"), &json!(10001)));
    assert!(!list[0].to_string().contains("fam_"), "{}", list[0]);
    let path = format!("/bureau/moderation/{}", list[0]["id"].as_str().unwrap());
    officer.post(&format!("{path}/refuse"), json!({})).await.invalid("reason");
    let why = json!({ "reason": "包含联系方式" });
    let refused = officer.post_once(&format!("{path}/refuse"), "refuse-key-1", why.clone()).await.ok();
    assert_eq!((&refused["status"], &refused["reason"]), (&json!("hidden"), &json!("包含联系方式")));
    assert_eq!(officer.post_once(&format!("{path}/refuse"), "refuse-key-1", why.clone()).await.ok(), refused);
    officer.post(&format!("{path}/refuse"), why.clone()).await.problem(409, "WRONG_STATE");
    // An officer may think otherwise, of the other's verdict and of WeChat's.
    officer.post(&format!("{path}/pass"), json!({ "reason": "复核后通过" })).await.ok();
    assert_eq!(shown(&app, &other).await, ["加微信 12345"]);
    let hidden = waiting_list(&officer, "?status=hidden&kind=rating").await;
    let path = format!("/bureau/moderation/{}", hidden[0]["id"].as_str().unwrap());
    officer.post(&format!("{path}/pass"), json!({ "reason": "误判" })).await.ok();
    assert_eq!(shown(&app, &place).await, ["骂人的话"]);
    officer.post(&format!("{path}/refuse"), why.clone()).await.ok();
    assert!(shown(&app, &place).await.is_empty());
    let unknown = unknown_id::<entity::ModerationId>();
    officer.post(&format!("/bureau/moderation/{unknown}/pass"), why).await.problem(404, "NOT_FOUND");
    let rows = audit_rows::Entity::find().order_by_asc(audit_rows::Column::Id).all(app.db()).await.unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    let (pass, refuse) = ("moderation.pass", "moderation.refuse");
    assert_eq!(actions, [refuse, pass, pass, refuse]);
    app.manager(place.centre.id).await.get("/bureau/moderation").await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn while_wechat_is_away_a_text_stays_hidden_and_is_tried_again() {
    let (wechat, app) = with_wechat().await;
    let place = app.place().await;
    let family = app.a_family().await;
    wechat.always(TEXT, Answer::HangUp);
    rate(&app, &place, &family, "老师很耐心").await;
    check_due(&app.ctx).await.unwrap();
    let tried = async || {
        let row = moderations::Entity::find().one(app.db()).await.unwrap().unwrap();
        assert_eq!(row.status, ModerationStatus::Waiting);
        (row.attempts, row.next_at)
    };
    let (mut before, mut at) = tried().await;
    for _ in 0..3 {
        // Whoever of the workers comes first, each later try waits longer.
        app.clock.set(at);
        for _ in 0..200 {
            check_due(&app.ctx).await.unwrap();
            if tried().await.0 > before {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        let (attempts, next) = tried().await;
        assert!(attempts > before && next > app.clock.now(), "{attempts} {next}");
        (before, at) = (attempts, next);
    }
    assert!(shown(&app, &place).await.is_empty());
    wechat.always(TEXT, judged("pass", &json!(100)));
    until(&app, &[ModerationStatus::Passed]).await;
    assert_eq!(shown(&app, &place).await, ["老师很耐心"]);
}

#[tokio::test]
async fn a_user_who_is_long_gone_is_judged_by_an_officer() {
    let (wechat, app) = with_wechat().await;
    let place = app.place().await;
    let family = app.a_family().await;
    wechat.always(TEXT, Answer::Error(61010, "code is expired"));
    rate(&app, &place, &family, "老师很耐心").await;
    until(&app, &[ModerationStatus::Review]).await;
    let officer = app.fresh(&app.officer().await);
    let list = waiting_list(&officer, "?status=review").await;
    let path = format!("/bureau/moderation/{}/pass", list[0]["id"].as_str().unwrap());
    officer.post(&path, json!({ "reason": "内容正常" })).await.ok();
    assert_eq!(shown(&app, &place).await, ["老师很耐心"]);
}

#[tokio::test]
async fn a_verdict_about_an_older_text_never_shows_a_newer_one() {
    let (wechat, app) = with_wechat().await;
    let place = app.place().await;
    let family = app.a_family().await;
    let rating = rate(&app, &place, &family, "第一版").await;
    let path = format!("/ratings/{}", rating["id"].as_str().unwrap());
    // WeChat is slow with the first text; meanwhile it is changed.
    let slow = std::time::Duration::from_millis(1500);
    wechat.always(TEXT, Answer::Slow(slow, Box::new(judged("pass", &json!(100)))));
    app.clock.advance(TimeDelta::minutes(15));
    let checking = check_due(&app.ctx);
    let editing = async {
        tokio::time::sleep(slow / 3).await;
        wechat.always(TEXT, Answer::Error(-1, "system error"));
        app.fresh(&family.client).patch(&path, json!({ "text": "第二版" })).await.ok();
    };
    let (checked, ()) = tokio::join!(checking, editing);
    checked.unwrap();
    // A background worker may have been the one that asked.
    tokio::time::sleep(slow).await;
    assert_eq!(states(&app).await, [ModerationStatus::Stale, ModerationStatus::Waiting]);
    assert!(shown(&app, &place).await.is_empty());
    let officer = app.fresh(&app.officer().await);
    let stale = waiting_list(&officer, "?status=stale").await;
    assert_eq!(stale[0]["text"], Value::Null);
    let pass = format!("/bureau/moderation/{}/pass", stale[0]["id"].as_str().unwrap());
    officer.post(&pass, json!({ "reason": "内容正常" })).await.problem(409, "WRONG_STATE");
    wechat.always(TEXT, judged("pass", &json!(100)));
    until(&app, &[ModerationStatus::Stale, ModerationStatus::Passed]).await;
    assert_eq!(shown(&app, &place).await, ["第二版"]);
    // A changed text is hidden until it passes, and a removed one waits for nothing.
    wechat.always(TEXT, Answer::Error(-1, "system error"));
    let client = app.fresh(&family.client);
    client.patch(&path, json!({ "text": "第三版" })).await.ok();
    assert!(shown(&app, &place).await.is_empty());
    client.patch(&path, json!({ "text": null })).await.ok();
    assert!(states(&app).await.iter().all(|status| *status == ModerationStatus::Stale));
}

#[tokio::test]
async fn officers_and_workers_who_decide_at_once_leave_one_verdict() {
    let (wechat, app) = with_wechat().await;
    let replica = app.replica().await;
    let place = app.place().await;
    let family = app.a_family().await;
    wechat.always(TEXT, judged("review", &json!(10001)));
    rate(&app, &place, &family, "老师很耐心").await;
    until(&app, &[ModerationStatus::Review]).await;
    let (one, two) = (app.fresh(&app.officer().await), app.fresh(&app.officer().await).at(&replica));
    let id = waiting_list(&one, "").await[0]["id"].as_str().unwrap().to_owned();
    let why = || json!({ "reason": "同时处理" });
    let (pass, again) = (format!("/bureau/moderation/{id}/pass"), format!("/bureau/moderation/{id}/pass"));
    let replies = at_once([one.post(&pass, why()), two.post(&again, why())]).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
    assert_eq!(app.count(audit_rows::Entity).await, 1);
    let row = ratings::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!(row.text_status, TextStatus::Shown);
}

#[tokio::test]
async fn two_replicas_ask_about_a_text_once() {
    let (wechat, app) = with_wechat().await;
    let replica = app.replica().await;
    let place = app.place().await;
    let families = app.many_families(6).await;
    wechat.always(TEXT, Answer::Usual);
    at_once(families.iter().map(|family| rate(&app, &place, family, "老师很耐心"))).await;
    let all = vec![ModerationStatus::Passed; 6];
    for _ in 0..200 {
        at_once([&app.ctx, &replica.ctx].map(async |ctx| check_due(ctx).await.unwrap())).await;
        if states(&app).await == all {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(states(&app).await, all);
    assert_eq!(wechat.texts().len(), 6);
}

#[tokio::test]
async fn texts_from_before_there_was_moderation_join_it() {
    let (wechat, app) = with_wechat().await;
    let place = app.place().await;
    let family = app.a_family().await;
    rate(&app, &place, &family, "老师很耐心").await;
    moderations::Entity::delete_many().exec(app.db()).await.unwrap();
    let counts = at_once([adopt(&app.ctx), adopt(&app.ctx)]).await;
    assert!(counts.into_iter().any(|count| count.unwrap() == 1));
    assert_eq!(states(&app).await.iter().filter(|status| **status == ModerationStatus::Waiting).count(), 1);
    assert_eq!(adopt(&app.ctx).await.unwrap(), 0);
    wechat.always(TEXT, judged("pass", &json!(100)));
    until(&app, &[ModerationStatus::Passed]).await;
    // Shown by hand, as an older version did: nothing to do.
    ratings::Entity::update_many()
        .col_expr(ratings::Column::TextStatus, Expr::value(TextStatus::Shown.as_str()))
        .filter(ratings::Column::Text.is_not_null())
        .exec(app.db())
        .await
        .unwrap();
    assert_eq!(adopt(&app.ctx).await.unwrap(), 0);
}

#[tokio::test]
async fn the_demonstration_shows_all_three_ways() {
    let app = TestApp::spawn().await;
    let places = [app.place().await, app.place().await, app.place().await];
    let families = app.many_families(3).await;
    let texts = ["老师很耐心", "这里有待审词", "这里有违规词"];
    for ((place, family), text) in places.iter().zip(&families).zip(texts) {
        rate(&app, place, family, text).await;
    }
    until(&app, &[ModerationStatus::Passed, ModerationStatus::Review, ModerationStatus::Hidden]).await;
}
