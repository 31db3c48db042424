//! Notices as WeChat messages: once over all replicas, again after a kill, only with consent. Every test
//! begins on Monday 2 March 2026, 09:00.

use std::time::Duration;

use chrono::TimeDelta;
use entity::{
    CareType, Confirmation, ConsentPurpose, CreditKind, MessageStatus, NoticeKind, VisitStatus, audit_rows, consents,
    credit_entries, notices,
};
use harness::{
    Answer, Client, FakeWeChat, Family, Place, TestApp, at_once, day,
    people::{CONSENT_VERSION, unknown_id},
    process::ServerProcess,
    wechat::MESSAGE,
};
use quanxiangtuo::{
    config::Settings,
    features::{
        notices::{
            reminders::remind,
            sending::{oldest, send_due, waiting},
        },
        ops::jobs::measure,
    },
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde_json::{Value, json};

const TEMPLATES: &str = "booking_confirmed:tpl-confirmed:thing1=centre,phrase2=title,time3=when,thing4=note;\
    booking_declined:tpl-declined:thing1=centre,thing2=note;\
    visit_tomorrow:tpl-tomorrow:thing1=centre,time2=when;\
    rating_invitation:tpl-rate:thing1=centre,date2=when";

struct Scene {
    wechat: FakeWeChat,
    app: TestApp,
    place: Place,
    manager: Client,
    family: Family,
}

impl Scene {
    /// A centre that confirms by hand, and a family that agreed to messages.
    async fn new() -> Self {
        let wechat = FakeWeChat::start().await;
        let settings = wechat.settings();
        let mut changes = vec![("wechat_templates", TEMPLATES)];
        changes.extend(settings.iter().map(|(key, value)| (*key, value.as_str())));
        let app = TestApp::spawn_with(&changes).await;
        let (place, family) = (app.place().await, app.a_family().await);
        app.offer_confirmation(&place, CareType::FullDay, Confirmation::Request).await;
        let manager = app.manager(place.centre.id).await;
        agree(&app, &family).await;
        Self { wechat, app, place, manager, family }
    }

    /// The centre answers a request of the family: a notice is written.
    async fn answered(&self, family: &Family, date: &str, answer: &str) {
        let body = json!({ "child_id": family.child(), "centre_id": self.place.id(), "care_type": "full_day",
            "start_date": date });
        let booking = family.client.post("/bookings", body).await.created();
        let path = format!("/desk/bookings/{}/{answer}", booking["id"].as_str().unwrap());
        self.manager.post(&path, json!({ "reason": "停电检修" })).await.ok();
    }

    async fn confirmed(&self, date: &str) {
        self.answered(&self.family, date, "confirm").await;
    }
}

async fn agree(app: &TestApp, family: &Family) {
    app.insert(consents::Model {
        id: app.id(),
        family_id: family.family_id,
        child_id: family.child_id,
        purpose: ConsentPurpose::Messages,
        version: CONSENT_VERSION.to_owned(),
        given_at: app.clock.now(),
        withdrawn_at: None,
    })
    .await;
}

async fn rows(app: &TestApp) -> Vec<notices::Model> {
    notices::Entity::find().filter(notices::Column::SendStatus.is_not_null()).all(app.db()).await.unwrap()
}

async fn only(app: &TestApp) -> notices::Model {
    let mut rows = rows(app).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

/// The only message, once it is so. The servers' own workers may be there before the test: nothing here
/// counts who did it.
async fn once(app: &TestApp, so: impl Fn(&notices::Model) -> bool) -> notices::Model {
    for _ in 0..1200 {
        send_due(&app.ctx).await.unwrap();
        let row = only(app).await;
        if so(&row) {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the message doesn't settle: {:?}", only(app).await);
}

/// Once it has come to an end.
async fn ended(app: &TestApp) -> notices::Model {
    once(app, |row| row.send_status != Some(MessageStatus::Waiting)).await
}

/// Once its first attempt failed and it waits for the next.
async fn put_off(app: &TestApp) -> notices::Model {
    once(app, |row| row.send_error.is_some()).await
}

#[tokio::test]
async fn a_message_is_sent_once_however_many_replicas_do_it() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let replica = app.replica().await;
    let silent = app.a_family().await;
    scene.wechat.always(MESSAGE, Answer::Slow(Duration::from_millis(100), Box::new(Answer::Usual)));
    for date in ["2026-03-04", "2026-03-05", "2026-03-06"] {
        scene.confirmed(date).await;
    }
    // A family that didn't agree gets none; its notice is in the program's list.
    scene.answered(&silent, "2026-03-04", "confirm").await;
    for outcome in at_once([send_due(&app.ctx), send_due(&replica.ctx), send_due(&app.ctx)]).await {
        outcome.unwrap();
    }
    while waiting(&app.ctx).await.unwrap() > 0 {
        send_due(&replica.ctx).await.unwrap();
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let sent = scene.wechat.messages();
    assert_eq!(sent.len(), 3, "{sent:#?}");
    let message = &sent[0];
    assert_eq!(message["template_id"], "tpl-confirmed");
    assert_eq!(message["data"]["phrase2"]["value"], "预约已确认");
    assert!(message["data"]["time3"]["value"].as_str().unwrap().starts_with("2026年3月"), "{message:#}");
    assert!(message["page"].as_str().unwrap().starts_with("pages/notices/index?notice=ntc_"), "{message:#}");
    assert!(!message.to_string().contains("小豆"), "nothing about the child");
    assert_eq!(scene.wechat.faults(), Vec::<String>::new());
    let mut statuses: Vec<_> = rows(app).await.into_iter().map(|row| row.send_status.unwrap().as_str()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["no_consent", "sent", "sent", "sent"]);
    assert_eq!(silent.client.get("/me/notices").await.ok()["items"].as_array().unwrap().len(), 1);

    let officer = app.officer().await;
    let list = officer.get("/bureau/messages?status=sent&limit=2").await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let first = &list["items"][0];
    assert_eq!((&first["kind"], &first["attempts"]), (&json!("booking_confirmed"), &json!(1)));
    assert!(first["sent_at"].is_string() && first["next_attempt_at"].is_null());
    let cursor = list["next_cursor"].as_str().unwrap();
    let rest = officer.get(&format!("/bureau/messages?status=sent&cursor={cursor}")).await.ok();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert!(officer.get("/bureau/messages?kind=unit_used").await.ok()["items"].as_array().unwrap().is_empty());
    assert!(!list.to_string().contains(&scene.family.family_id.to_string()));
    scene.manager.get("/bureau/messages").await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_booking_that_is_confirmed_at_once_is_told_to_who_agreed() {
    let app = TestApp::spawn().await;
    let (place, family, silent) = (app.place().await, app.a_family().await, app.a_family().await);
    agree(&app, &family).await;
    for family in [&family, &silent] {
        let body = json!({ "child_id": family.child(), "centre_id": place.id(), "care_type": "full_day",
            "start_date": "2026-03-04" });
        assert_eq!(family.client.post("/bookings", body).await.created()["status"], "confirmed");
    }
    let row = ended(&app).await;
    assert_eq!((row.kind.as_str(), row.family_id), ("booking_confirmed", family.family_id));
    assert_eq!(row.send_status, Some(MessageStatus::Sent));
}

#[tokio::test]
async fn a_family_without_credit_ends_the_message_and_is_no_failure() {
    let scene = Scene::new().await;
    scene.wechat.next(MESSAGE, Answer::Error(43101, "user refuse to accept the msg"));
    scene.confirmed("2026-03-04").await;
    let row = ended(&scene.app).await;
    assert_eq!((row.send_status, row.send_error, row.send_attempts), (Some(MessageStatus::NoCredit), None, 1));
    assert!(scene.app.ctx.wechat.faults().is_empty());
    // Entered: the mini-program knows that it must ask again.
    let credits = scene.family.client.get("/me/message-credits").await.ok()["items"].clone();
    assert_eq!((&credits[0]["template_id"], &credits[0]["balance"]), (&json!("tpl-confirmed"), &json!(0)));
    let entries = credit_entries::Entity::find().all(scene.app.db()).await.unwrap();
    assert_eq!((entries.len(), entries[0].kind, entries[0].error_code), (1, CreditKind::Failed, Some(43101)));
}

#[tokio::test]
async fn a_bad_field_is_a_dead_letter_that_the_bureau_sends_again() {
    let scene = Scene::new().await;
    let app = &scene.app;
    scene.wechat.next(MESSAGE, Answer::Error(47003, "argument invalid! data.thing4.value invalid"));
    scene.confirmed("2026-03-04").await;
    let row = ended(app).await;
    assert_eq!((row.send_status, row.send_error.as_deref()), (Some(MessageStatus::Dead), Some("caller 47003 thing4")));
    app.clock.advance(TimeDelta::hours(2));
    let officer = app.officer().await;
    let dead = officer.get("/bureau/messages?status=dead").await.ok();
    assert_eq!(dead["items"][0]["error"], "caller 47003 thing4");
    let id = dead["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/bureau/messages/{id}/retry");
    scene.manager.post(&path, json!({})).await.problem(403, "FORBIDDEN");
    officer
        .post(&format!("/bureau/messages/{}/retry", unknown_id::<entity::NoticeId>()), json!({}))
        .await
        .problem(404, "NOT_FOUND");
    let first = officer.post_once(&path, "retry-key-1", json!({})).await.ok();
    assert_eq!((&first["status"], &first["attempts"]), (&json!("waiting"), &json!(0)));
    assert_eq!(officer.post_once(&path, "retry-key-1", json!({})).await.ok(), first);
    let row = ended(app).await;
    assert_eq!((row.send_status, scene.wechat.messages().len()), (Some(MessageStatus::Sent), 1));
    officer.post(&path, json!({})).await.problem(409, "WRONG_STATE");
    let deeds = audit_rows::Entity::find().filter(audit_rows::Column::Action.eq("message.retry"));
    let deeds = deeds.all(app.db()).await.unwrap();
    assert_eq!((deeds.len(), deeds[0].object.as_str()), (1, id.as_str()));
    assert_eq!(deeds[0].detail["error"], "caller 47003 thing4");
}

#[tokio::test]
async fn a_limit_puts_a_message_off() {
    let scene = Scene::new().await;
    let app = &scene.app;
    scene.wechat.always(MESSAGE, Answer::Error(45009, "reach max api daily quota limit"));
    scene.confirmed("2026-03-04").await;
    let row = put_off(app).await;
    assert_eq!((row.send_status, row.send_error.as_deref()), (Some(MessageStatus::Waiting), Some("limited 45009")));
    let pause = row.send_after.unwrap() - app.clock.now();
    assert!(pause > TimeDelta::seconds(15) && pause < TimeDelta::seconds(40), "{pause}");
    assert!(send_due(&app.ctx).await.is_ok());
    assert_eq!(only(app).await.send_attempts, 1, "not before its time");
    app.clock.advance(TimeDelta::seconds(10));
    assert!(oldest(&app.ctx).await.unwrap() >= 10);
    scene.wechat.always(MESSAGE, Answer::Usual);
    app.clock.advance(TimeDelta::minutes(5));
    let row = ended(app).await;
    assert_eq!((row.send_status, row.send_attempts), (Some(MessageStatus::Sent), 2));
    assert_eq!(scene.wechat.messages().len(), 1);
}

#[tokio::test]
async fn old_news_are_not_sent() {
    let scene = Scene::new().await;
    scene.wechat.always(MESSAGE, Answer::HangUpInTheMiddle);
    scene.confirmed("2026-03-04").await;
    put_off(&scene.app).await;
    scene.app.clock.advance(TimeDelta::hours(25));
    let row = ended(&scene.app).await;
    assert_eq!((row.send_status, row.send_error.as_deref()), (Some(MessageStatus::Dead), Some("limited 0")));
    assert!(scene.wechat.messages().is_empty());
}

#[tokio::test]
async fn a_message_whose_sender_was_killed_is_sent_when_the_lease_is_over() {
    let mut scene = Scene::new().await;
    // Whoever claims it never hears from WeChat.
    scene.wechat.next(MESSAGE, Answer::Slow(Duration::from_secs(60), Box::new(Answer::HangUpInTheMiddle)));
    scene.confirmed("2026-03-04").await;
    while scene.wechat.came(MESSAGE) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Its workers end in the middle of the call.
    scene.app.kill().await;
    let survivor = scene.app.replica().await;
    send_due(&survivor.ctx).await.unwrap();
    let row = only(&survivor).await;
    assert_eq!((row.send_status, row.send_attempts), (Some(MessageStatus::Waiting), 1), "not before the lease is over");
    survivor.clock.advance(TimeDelta::seconds(61));
    let row = ended(&survivor).await;
    assert_eq!((row.send_status, row.send_attempts), (Some(MessageStatus::Sent), 2));
    assert_eq!(scene.wechat.messages().len(), 1);
}

#[tokio::test]
async fn consent_that_is_withdrawn_stops_what_waits() {
    let scene = Scene::new().await;
    let app = &scene.app;
    scene.wechat.always(MESSAGE, Answer::Error(-1, "system error"));
    scene.confirmed("2026-03-04").await;
    put_off(app).await;
    consents::Entity::update_many()
        .col_expr(consents::Column::WithdrawnAt, Expr::value(app.clock.now()))
        .filter(consents::Column::ChildId.eq(scene.family.child_id))
        .filter(consents::Column::Purpose.eq(ConsentPurpose::Messages))
        .exec(app.db())
        .await
        .unwrap();
    scene.wechat.always(MESSAGE, Answer::Usual);
    app.clock.advance(TimeDelta::minutes(5));
    assert_eq!(ended(app).await.send_status, Some(MessageStatus::NoConsent));
    assert!(scene.wechat.messages().is_empty());
}

#[tokio::test]
async fn in_the_evening_after_a_visit_the_family_is_invited_to_rate_it_once() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let replica = app.replica().await;
    let others = app.many_families(2).await;
    let today = day("2026-03-02");
    app.visit(&scene.place, &scene.family, today, VisitStatus::Left).await;
    let rated = app.visit(&scene.place, &others[0], today, VisitStatus::Left).await;
    others[0].client.post("/ratings", json!({ "visit_id": rated.id, "level": 5 })).await.created();
    app.visit(&scene.place, &others[1], today, VisitStatus::NoShow).await;
    remind(&app.ctx).await.unwrap();
    assert_eq!(app.count(notices::Entity).await, 0, "not by day");
    app.clock.advance(TimeDelta::hours(10));
    for outcome in at_once([remind(&app.ctx), remind(&replica.ctx)]).await {
        outcome.unwrap();
    }
    assert_eq!(ended(app).await.send_status, Some(MessageStatus::Sent));
    let row = only(app).await;
    assert_eq!((row.kind.as_str(), row.family_id), (NoticeKind::RatingInvitation.as_str(), scene.family.family_id));
    assert_eq!(scene.wechat.messages()[0]["data"]["date2"]["value"], "2026年3月2日");
    assert_eq!(remind(&app.ctx).await.unwrap(), 0);
}

#[tokio::test]
async fn in_the_sandbox_a_parent_sees_a_scan_and_the_bureau_the_message() {
    let app = TestApp::spawn().await;
    let (place, family, campaign) = (app.place().await, app.a_family().await, app.campaign().await);
    agree(&app, &family).await;
    let path = format!("/campaigns/{}/vouchers", campaign.id);
    let claim = json!({ "child_id": family.child() });
    let voucher = family.client.post(&path, claim).await.created();
    let path = format!("/vouchers/{}/code", voucher["id"].as_str().unwrap());
    let code = family.client.get(&path).await.ok()["code"].clone();
    let desk = app.carer(place.centre.id).await;
    desk.post("/desk/redemptions", json!({ "code": code, "request_id": "scan-0001" })).await.created();
    let told = family.client.get("/me/notices").await.ok();
    let kinds: Vec<&Value> = told["items"].as_array().unwrap().iter().map(|notice| &notice["kind"]).collect();
    assert_eq!(kinds, ["unit_used", "voucher_claimed"]);
    assert!(told["items"][0]["text"].as_str().unwrap().contains(&place.centre.name), "{told:#}");
    // The same scan again tells nothing again.
    desk.post("/desk/redemptions", json!({ "code": code, "request_id": "scan-0001" })).await.created();
    while waiting(&app.ctx).await.unwrap() > 0 {
        send_due(&app.ctx).await.unwrap();
    }
    let list = app.officer().await.get("/bureau/messages?status=sent").await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!(list["items"][0]["kind"], "unit_used");
    assert_eq!(list["items"][0]["fields"]["thing1"], "体验券核销提醒");
}

#[tokio::test]
async fn settings_that_one_replica_found_refused_are_shown_by_all_while_messages_wait_for_them() {
    let scene = Scene::new().await;
    let (app, replica) = (&scene.app, scene.app.replica().await);
    let shown = async |of: &TestApp| {
        measure(&of.ctx).await.unwrap();
        of.anonymous().get("/readyz").await.ok()["parts"]["wechat"].clone()
    };
    assert_eq!(shown(&replica).await, "ok");
    scene.wechat.always(MESSAGE, Answer::Error(40037, "invalid template_id"));
    scene.confirmed("2026-03-04").await;
    let row = put_off(app).await;
    assert_eq!(row.send_error.as_deref(), Some("configuration 40037"));
    for of in [app, &replica] {
        assert_eq!(shown(of).await, "misconfigured");
    }
    // One that never spoke with WeChat, as after a restart.
    let fresh = app.replica().await;
    assert_eq!(shown(&fresh).await, "misconfigured");
    let metrics = String::from_utf8(fresh.anonymous().get("/metrics").await.bytes).unwrap();
    assert!(metrics.contains("messages_waiting_misconfigured 1"), "{metrics}");
    scene.wechat.always(MESSAGE, Answer::Usual);
    app.clock.advance(TimeDelta::minutes(20));
    ended(app).await;
    assert_eq!(shown(&fresh).await, "ok");
}

#[tokio::test]
async fn what_staff_wrote_leaves_in_no_message() {
    let scene = Scene::new().await;
    scene.answered(&scene.family, "2026-03-04", "decline").await;
    assert_eq!(ended(&scene.app).await.send_status, Some(MessageStatus::Sent));
    assert!(!scene.wechat.messages()[0].to_string().contains("停电检修"));
    let told = scene.family.client.get("/me/notices").await.ok();
    assert!(told["items"][0]["text"].as_str().unwrap().contains("停电检修"), "{told:#}");
    let refused = Settings::with(&[("wechat_templates", "booking_declined:t:thing1=reason")]).unwrap_err();
    assert!(refused.to_string().contains("no longer offered"), "{refused}");
}

#[tokio::test]
async fn a_reminder_of_a_day_that_was_called_off_is_not_sent() {
    let scene = Scene::new().await;
    let app = &scene.app;
    scene.wechat.always(MESSAGE, Answer::Error(-1, "system error"));
    let visit = app.visit(&scene.place, &scene.family, day("2026-03-03"), VisitStatus::Expected).await;
    app.clock.advance(TimeDelta::hours(9));
    remind(&app.ctx).await.unwrap();
    put_off(app).await;
    let family = app.fresh(&scene.family.client);
    family.post(&format!("/bookings/{}/cancel", visit.booking_id), json!({})).await.ok();
    scene.wechat.always(MESSAGE, Answer::Usual);
    app.clock.advance(TimeDelta::minutes(5));
    let row = ended(app).await;
    assert_eq!((row.kind.as_str(), row.send_status), ("visit_tomorrow", Some(MessageStatus::Obsolete)));
    assert!(scene.wechat.messages().is_empty());
    let listed = app.officer().await.get("/bureau/messages?status=obsolete").await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_confirmation_of_a_booking_that_was_cancelled_since_is_not_sent() {
    let scene = Scene::new().await;
    let app = &scene.app;
    scene.wechat.always(MESSAGE, Answer::Error(-1, "system error"));
    scene.confirmed("2026-03-04").await;
    put_off(app).await;
    let booking = scene.family.client.get("/bookings").await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    scene.family.client.post(&format!("/bookings/{booking}/cancel"), json!({})).await.ok();
    scene.wechat.always(MESSAGE, Answer::Usual);
    app.clock.advance(TimeDelta::minutes(5));
    assert_eq!(ended(app).await.send_status, Some(MessageStatus::Obsolete));
    assert!(scene.wechat.messages().is_empty());
}

/// A reminder of tomorrow's care that WeChat wouldn't take.
async fn dead_reminder(scene: &Scene) -> notices::Model {
    let app = &scene.app;
    scene.wechat.next(MESSAGE, Answer::Error(47003, "argument invalid! data.thing1.value invalid"));
    app.visit(&scene.place, &scene.family, day("2026-03-03"), VisitStatus::Expected).await;
    app.clock.advance(TimeDelta::hours(9));
    remind(&app.ctx).await.unwrap();
    let row = ended(app).await;
    assert_eq!(row.send_status, Some(MessageStatus::Dead));
    row
}

#[tokio::test]
async fn an_old_reminder_is_not_sent_again_however_an_officer_asks() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let row = dead_reminder(&scene).await;
    let path = format!("/bureau/messages/{}/retry", row.id);
    // The care has begun.
    app.clock.advance(TimeDelta::hours(15));
    let refused = app.officer().await.post(&path, json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(refused["state"], "dead");
    assert!(scene.wechat.messages().is_empty());
}

#[tokio::test]
async fn a_revived_message_keeps_its_own_end() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let row = dead_reminder(&scene).await;
    let path = format!("/bureau/messages/{}/retry", row.id);
    app.clock.advance(TimeDelta::hours(2));
    let again = app.officer().await.post(&path, json!({})).await.ok();
    assert_eq!(again["expires_at"], "2026-03-03T08:00:00+08:00");
    assert_eq!(ended(app).await.send_status, Some(MessageStatus::Sent));
}

#[tokio::test]
async fn a_server_that_is_asked_to_stop_ends_what_it_sends_and_begins_nothing() {
    let wechat = FakeWeChat::start().await;
    let settings = wechat.settings();
    let mut changes = vec![("wechat_templates", TEMPLATES), ("shutdown_seconds", "20")];
    changes.extend(settings.iter().map(|(key, value)| (*key, value.as_str())));
    let mut app = TestApp::spawn_now(&changes).await;
    let family = app.a_family().await;
    agree(&app, &family).await;
    // Only the other process sends.
    app.kill().await;
    wechat.always(MESSAGE, Answer::Slow(Duration::from_secs(4), Box::new(Answer::Usual)));
    let now = app.clock.now();
    let rows = (0..12).map(|n| notices::Model {
        id: app.id(),
        family_id: family.family_id,
        kind: NoticeKind::BookingDeclined.as_str().to_owned(),
        subject: format!("declined-{n}"),
        facts: json!({ "centre_name": "甲园" }),
        at: now,
        read_at: None,
        child_id: Some(family.child_id),
        send_status: Some(MessageStatus::Waiting),
        send_after: Some(now),
        send_until: Some(now + TimeDelta::hours(1)),
        send_attempts: 0,
        send_error: None,
        sent_at: None,
    });
    app.insert_all(rows.collect()).await;
    let server = ServerProcess::start(&app).await;
    while wechat.came(MESSAGE) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(server.terminate().await.success());
    let (sent, untouched) = (wechat.messages().len(), 12 - wechat.came(MESSAGE));
    assert!((1..=8).contains(&sent), "eight at a time: {sent}");
    let found = self::rows(&app).await;
    let count = |status, attempts| {
        found.iter().filter(|row| row.send_status == Some(status) && row.send_attempts == attempts).count()
    };
    assert_eq!(count(MessageStatus::Sent, 1), sent, "{found:#?}");
    assert_eq!(count(MessageStatus::Waiting, 0), untouched);
    assert_eq!(sent + untouched, 12, "none in between, which would be sent twice");
}
