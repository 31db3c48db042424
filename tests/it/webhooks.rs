//! Signed webhooks, against a receiver that checks what it gets.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::TimeDelta;
use entity::{DeliveryStatus, VisitStatus, WebhookDeliveryId, webhook_deliveries, webhooks};
use harness::{Client, Family, Place, TestApp, at_once, listening::Listening, people::unknown_id};
use quanxiangtuo::{
    features::exchange::hooks::{
        deliver::deliver_due,
        rules::{Secret, signatures},
        spread::spread,
    },
    state::Ctx,
};
use reqwest::Method;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _, QueryOrder as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
};

/// What the receiver does with a message.
#[derive(Clone, Debug)]
enum Behaviour {
    Answer(u16),
    Redirect(String),
    /// Answers 200 once it is told to.
    Wait(Arc<Notify>),
    HangUp,
}

/// A message as it came.
#[derive(Clone, Debug)]
struct Message {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Message {
    fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn signed_by(&self, secrets: &[&str]) -> bool {
        let keys: Vec<Secret> = secrets
            .iter()
            .map(|secret| {
                let base64 = secret.strip_prefix("whsec_").unwrap();
                data_encoding::BASE64.decode(base64.as_bytes()).unwrap().try_into().unwrap()
            })
            .collect();
        let timestamp = self.headers["webhook-timestamp"].parse().unwrap();
        signatures(&keys, self.id(), timestamp, &self.body) == self.headers["webhook-signature"]
    }
}

/// A receiver on this machine; stops when dropped.
struct Receiver {
    listening: Listening,
    got: Arc<Mutex<Vec<Message>>>,
    behaviour: Arc<Mutex<Behaviour>>,
    came: Arc<Notify>,
}

impl Receiver {
    async fn start() -> Self {
        let (got, behaviour) = (Arc::new(Mutex::new(vec![])), Arc::new(Mutex::new(Behaviour::Answer(204))));
        let came = Arc::new(Notify::new());
        let (kept, does, tell) = (Arc::clone(&got), Arc::clone(&behaviour), Arc::clone(&came));
        let listening =
            Listening::start(move |stream| receive(stream, Arc::clone(&kept), Arc::clone(&does), Arc::clone(&tell)))
                .await;
        Self { listening, got, behaviour, came }
    }

    fn url(&self) -> String {
        format!("http://{}/hooks", self.listening.address)
    }

    fn does(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    fn got(&self) -> Vec<Message> {
        self.got.lock().unwrap().clone()
    }

    /// Waits until so many messages came.
    async fn until(&self, n: usize) -> Vec<Message> {
        let all = async {
            while self.got().len() < n {
                self.came.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await.unwrap_or_else(|_| panic!("{:?}", self.got()));
        self.got()
    }
}

async fn receive(
    mut stream: TcpStream,
    got: Arc<Mutex<Vec<Message>>>,
    behaviour: Arc<Mutex<Behaviour>>,
    came: Arc<Notify>,
) {
    let mut bytes = vec![];
    let mut chunk = [0; 4096];
    let message = loop {
        let Ok(n @ 1..) = stream.read(&mut chunk).await else { return };
        bytes.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let headers: BTreeMap<String, String> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        if body.len() >= headers["content-length"].parse::<usize>().unwrap() {
            break Message { body: body.to_owned(), headers };
        }
    };
    got.lock().unwrap().push(message);
    came.notify_one();
    let behaviour = behaviour.lock().unwrap().clone();
    let answer = match behaviour {
        Behaviour::HangUp => return,
        Behaviour::Answer(status) => format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n"),
        Behaviour::Redirect(to) => format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"),
        Behaviour::Wait(go) => {
            go.notified().await;
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
    };
    let _ = stream.write_all(answer.as_bytes()).await;
}

const ALL: &[&str] = &[
    "booking.requested",
    "booking.confirmed",
    "booking.cancelled",
    "visit.checked_in",
    "visit.left",
    "redemption.made",
    "redemption.reversed",
    "rating.given",
    "rating.changed",
];
const OF_CENTRES: &[&str] = &["booking.confirmed", "booking.cancelled", "visit.checked_in", "visit.left"];

/// Makes a webhook; its id and its secret.
async fn hook(who: &Client, side: &str, receiver: &Receiver, events: &[&str]) -> (String, String) {
    let made =
        who.post(&format!("/{side}/webhooks"), json!({ "url": receiver.url(), "events": events })).await.created();
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

async fn booked(place: &Place, family: &Family) -> String {
    let body = json!({
        "child_id": family.child(), "centre_id": place.id(), "care_type": "hourly", "start_date": "2026-03-04",
        "from": "09:00", "to": "11:00",
    });
    family.client.post("/bookings", body).await.created()["id"].as_str().unwrap().to_owned()
}

/// The server's own workers may be there before: what is asserted is what stands afterwards.
async fn work(ctx: &Ctx) {
    spread(ctx).await.unwrap();
    deliver_due(ctx).await.unwrap();
}

async fn delivery(app: &TestApp) -> webhook_deliveries::Model {
    let newest = webhook_deliveries::Entity::find().order_by_desc(webhook_deliveries::Column::Id);
    newest.one(app.db()).await.unwrap().unwrap()
}

/// Waits until the newest delivery is as wanted; the sweeps of the server go on meanwhile.
async fn until(app: &TestApp, wanted: impl Fn(&webhook_deliveries::Model) -> bool) -> webhook_deliveries::Model {
    for _ in 0..600 {
        work(&app.ctx).await;
        let row = delivery(app).await;
        if wanted(&row) && row.lease_until.is_none() {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", delivery(app).await)
}

#[tokio::test]
async fn what_happens_is_told_once_signed_and_without_names() {
    let app = TestApp::spawn().await;
    let (place, family, admin, receiver) =
        (app.place().await, app.a_family().await, app.admin().await, Receiver::start().await);
    booked(&place, &app.a_family().await).await;
    let (id, secret) = hook(&admin, "bureau", &receiver, ALL).await;
    let booking = booked(&place, &family).await;
    family.client.post(&format!("/bookings/{booking}/cancel"), json!({})).await.ok();
    let visit = app.visit(&place, &family, app.clock.today(), VisitStatus::Left).await;
    family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 5 })).await.created();
    until(&app, |row| row.status == DeliveryStatus::Delivered).await;
    let got = receiver.until(3).await;
    let mut events: Vec<String> = got.iter().map(|m| m.json()["type"].as_str().unwrap().to_owned()).collect();
    events.sort();
    assert_eq!(events, ["booking.cancelled", "booking.confirmed", "rating.given"], "none of before");
    for message in &got {
        assert!(message.signed_by(&[&secret]), "{message:?}");
        assert!(!message.signed_by(&[&format!("whsec_{}=", "A".repeat(43))]));
        assert!(message.id().starts_with("whd_") && message.headers["content-type"] == "application/json");
        let body = &message.body;
        assert!(!body.contains(&family.child()) && !body.contains(&family.family_id.to_string()), "{body}");
        assert_eq!(message.json()["data"]["centre_id"], place.id());
    }
    let confirmed = got.iter().find(|m| m.json()["type"] == "booking.confirmed").unwrap().json();
    assert_eq!(confirmed["data"]["booking_id"], booking);
    assert!(confirmed["data"]["child"].as_str().unwrap().starts_with("psn_"));
    // Again and again: nothing is told twice, and nothing of the secret is shown.
    for _ in 0..3 {
        work(&app.ctx).await;
    }
    assert_eq!((receiver.got().len(), app.count(webhook_deliveries::Entity).await), (3, 3));
    let listed = admin.get("/bureau/webhooks").await.ok();
    assert_eq!((&listed["items"][0]["id"], listed["items"][0].get("secret")), (&json!(id), None));
    let deliveries = admin.get(&format!("/bureau/webhooks/{id}/deliveries?status=delivered")).await.ok();
    assert_eq!((deliveries["items"].as_array().unwrap().len(), &deliveries["items"][0]["attempts"]), (3, &json!(1)));
    let audit = admin.get("/bureau/audit?action=webhook.make").await.ok().to_string();
    assert!(audit.contains(&id) && !audit.contains(&secret));
}

#[tokio::test]
async fn redemptions_and_reversals_are_told() {
    let app = TestApp::spawn().await;
    let (place, family, admin, receiver) =
        (app.place().await, app.a_family().await, app.admin().await, Receiver::start().await);
    hook(&admin, "bureau", &receiver, ALL).await;
    let campaign = app.campaign().await;
    let voucher = app.voucher_with(&campaign, &family, |row| row.units_used = 1).await;
    let row = app.redemption(&voucher, place.centre.id, app.clock.today(), |_| {}).await;
    let reverse = format!("/bureau/redemptions/{}/reverse", row.id);
    app.officer().await.post(&reverse, json!({ "reason": "误核销" })).await.ok();
    until(&app, |row| row.status == DeliveryStatus::Delivered).await;
    let mut told: Vec<Value> = receiver.until(2).await.iter().map(Message::json).collect();
    told.sort_by_key(|body| body["type"].to_string());
    assert_eq!((&told[0]["type"], &told[0]["data"]["status"]), (&json!("redemption.made"), &json!("redeemed")));
    assert_eq!((&told[1]["type"], &told[1]["data"]["status"]), (&json!("redemption.reversed"), &json!("reversed")));
    assert!(told.iter().all(|body| body["data"]["redemption_id"] == json!(row.id)));
}

#[tokio::test]
async fn a_receiver_that_fails_is_told_again_later_under_the_same_id() {
    let app = TestApp::spawn().await;
    let (place, family, admin, receiver) =
        (app.place().await, app.a_family().await, app.admin().await, Receiver::start().await);
    let (_, secret) = hook(&admin, "bureau", &receiver, &["booking.confirmed"]).await;
    receiver.does(Behaviour::Answer(500));
    booked(&place, &family).await;
    let row = until(&app, |row| row.attempts == 1).await;
    assert_eq!(
        (row.status, row.last_status, row.last_error.as_deref()),
        (DeliveryStatus::Pending, Some(500), Some("status"))
    );
    assert!(row.next_at > app.clock.now());
    receiver.does(Behaviour::HangUp);
    app.clock.advance(TimeDelta::seconds(6));
    let row = until(&app, |row| row.attempts == 2).await;
    assert_eq!((row.last_status, row.last_error.as_deref()), (None, Some("no_answer")));
    receiver.does(Behaviour::Answer(200));
    app.clock.advance(TimeDelta::seconds(31));
    let row = until(&app, |row| row.status == DeliveryStatus::Delivered).await;
    let got = receiver.until(3).await;
    assert_eq!((row.attempts, got.len()), (3, 3));
    assert!(got.iter().all(|message| message.id() == row.id.to_string() && message.signed_by(&[&secret])));
    assert!(got.iter().all(|message| message.body == got[0].body), "the same message");
    let times: Vec<i64> = got.iter().map(|m| m.headers["webhook-timestamp"].parse().unwrap()).collect();
    assert!(times[0] < times[1] && times[1] < times[2], "each try says its own time: {times:?}");
}

#[tokio::test]
async fn what_no_try_delivers_is_given_up_listed_and_begins_anew_by_hand() {
    let app = TestApp::spawn().await;
    let (place, family, admin, receiver) =
        (app.place().await, app.a_family().await, app.admin().await, Receiver::start().await);
    let (id, _) = hook(&admin, "bureau", &receiver, &["booking.confirmed"]).await;
    receiver.does(Behaviour::Redirect(receiver.url()));
    booked(&place, &family).await;
    let row = until(&app, |row| row.attempts == 1).await;
    assert_eq!((row.last_status, row.last_error.as_deref()), (Some(302), Some("redirect")));
    assert_eq!(receiver.got().len(), 1, "a redirect isn't followed");
    let retry = format!("/bureau/webhook-deliveries/{}/retry", row.id);
    admin.post(&retry, json!({})).await.problem(409, "WRONG_STATE");
    let mut last = row.into_active_model();
    last.attempts = Set(10);
    last.next_at = Set(app.clock.now() + TimeDelta::hours(1));
    last.update(app.db()).await.unwrap();
    app.clock.advance(TimeDelta::minutes(61));
    let row = until(&app, |row| row.attempts == 11).await;
    assert_eq!(row.status, DeliveryStatus::Dead);
    app.clock.advance(TimeDelta::days(1));
    work(&app.ctx).await;
    assert_eq!(delivery(&app).await, row, "it rests");

    let admin = app.fresh(&admin);
    let dead = admin.get(&format!("/bureau/webhooks/{id}/deliveries?status=dead")).await.ok();
    assert_eq!((&dead["items"][0]["id"], &dead["items"][0]["next_at"]), (&json!(row.id), &Value::Null));
    receiver.does(Behaviour::Answer(200));
    admin.post(&retry, json!({})).await.ok();
    until(&app, |row| row.status == DeliveryStatus::Delivered).await;
    assert!(receiver.got().iter().all(|message| message.id() == row.id.to_string()));
}

#[tokio::test]
async fn replicas_that_look_at_once_tell_once() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let (place, admin, receiver) = (app.place().await, app.admin().await, Receiver::start().await);
    hook(&admin, "bureau", &receiver, &["booking.confirmed"]).await;
    let families = app.many_families(6).await;
    at_once(families.iter().map(|family| booked(&place, family))).await;
    let ctxs = [&app.ctx, &replica.ctx, &app.ctx, &replica.ctx];
    for made in at_once(ctxs.map(spread)).await {
        made.unwrap();
    }
    assert_eq!(app.count(webhook_deliveries::Entity).await, 6);
    for taken in at_once(ctxs.map(deliver_due)).await {
        taken.unwrap();
    }
    receiver.until(6).await;
    until(&app, |row| row.status == DeliveryStatus::Delivered).await;
    for ctx in ctxs {
        work(ctx).await;
    }
    let mut ids: Vec<String> = receiver.got().iter().map(|message| message.id().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((receiver.got().len(), ids.len()), (6, 6));
}

#[tokio::test]
async fn who_dies_with_a_message_loses_it_and_it_is_sent_again_under_the_same_id() {
    let app = TestApp::spawn().await;
    let (place, family, admin, receiver) =
        (app.place().await, app.a_family().await, app.admin().await, Receiver::start().await);
    hook(&admin, "bureau", &receiver, &["booking.confirmed"]).await;
    let go = Arc::new(Notify::new());
    receiver.does(Behaviour::Wait(Arc::clone(&go)));
    booked(&place, &family).await;
    spread(&app.ctx).await.unwrap();
    // The first that sends (this test's, or the server's own) hangs at the slow receiver and is
    // given up, as by a kill.
    let ctx = app.ctx.clone();
    let sending = async {
        let _ = deliver_due(&ctx).await;
        // The server's own has it.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = sending => {}
        _ = receiver.until(1) => {}
    }
    let row = delivery(&app).await;
    assert!(row.attempts == 1 && row.status == DeliveryStatus::Pending && row.lease_until.is_some(), "{row:?}");
    // While the lease runs nobody else sends it.
    deliver_due(&app.ctx).await.unwrap();
    assert_eq!(receiver.got().len(), 1);
    receiver.does(Behaviour::Answer(200));
    app.clock.advance(TimeDelta::seconds(61));
    let row = until(&app, |row| row.status == DeliveryStatus::Delivered).await;
    let got = receiver.got();
    assert!(got.len() == 2 && got.iter().all(|message| message.id() == row.id.to_string()), "{got:?}");
}

#[tokio::test]
async fn a_slow_receiver_and_its_long_list_hold_nobody_else_up() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.family("chen").await);
    let (slow, fast) = (Receiver::start().await, Receiver::start().await);
    let manager = app.manager(place.centre.id).await;
    let events = ["booking.confirmed", "booking.cancelled"];
    hook(&manager, "desk", &slow, &events).await;
    let go = Arc::new(Notify::new());
    slow.does(Behaviour::Wait(Arc::clone(&go)));
    // More than any one look takes, and all longer due than what the other is to hear.
    let booking = booked(&place, &family).await;
    spread(&app.ctx).await.unwrap();
    let row = delivery(&app).await;
    let backlog = (0..300).map(|_| webhook_deliveries::Model {
        id: app.id(),
        event_id: app.id::<WebhookDeliveryId>().0,
        status: DeliveryStatus::Pending,
        attempts: 0,
        lease_until: None,
        ..row.clone()
    });
    app.insert_all(backlog.collect()).await;
    hook(&manager, "desk", &fast, &events).await;
    let path = format!("/bookings/{booking}/cancel");
    family.client.post(&path, json!({})).await.ok();
    // The slow one answers nobody until the fast one has heard: this waits for ever if it holds it up.
    let heard = fast.until(1).await;
    assert_eq!(heard[0].json()["type"], "booking.cancelled");
    go.notify_waiters();
    slow.does(Behaviour::Answer(204));
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day() {
    let app = TestApp::spawn().await;
    let (place, admin, receiver) = (app.place().await, app.admin().await, Receiver::start().await);
    let families = app.many_families(3).await;
    let (id, old) = hook(&admin, "bureau", &receiver, &["booking.confirmed"]).await;
    let rotated = admin.post(&format!("/bureau/webhooks/{id}/rotate-secret"), json!({})).await.ok();
    let new = rotated["secret"].as_str().unwrap();
    assert!(new != old && rotated["former_until"].is_string());
    booked(&place, &families[0]).await;
    until(&app, |row| row.status == DeliveryStatus::Delivered).await;
    assert!(receiver.got()[0].signed_by(&[new, &old]));
    app.clock.advance(TimeDelta::hours(25));
    booked(&place, &Family { client: app.fresh(&families[1].client), ..families[1].clone() }).await;
    receiver_after(&app, &receiver, 2).await;
    assert!(receiver.got()[1].signed_by(&[new]));
    let stored = webhooks::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert!(!format!("{stored:?}").contains(new));
}

async fn receiver_after(app: &TestApp, receiver: &Receiver, n: usize) {
    work(&app.ctx).await;
    receiver.until(n).await;
}

#[tokio::test]
async fn a_centre_hears_of_itself_only_and_ends_its_own() {
    let app = TestApp::spawn().await;
    let (mine, other) = (app.place().await, app.place().await);
    let (manager, stranger) = (app.manager(mine.centre.id).await, app.manager(other.centre.id).await);
    let receiver = Receiver::start().await;
    let (id, _) = hook(&manager, "desk", &receiver, OF_CENTRES).await;
    let families = app.many_families(3).await;
    booked(&other, &families[0]).await;
    let booking = booked(&mine, &families[1]).await;
    until(&app, |row| row.status == DeliveryStatus::Delivered).await;
    let got = receiver.until(1).await;
    assert_eq!((got.len(), &got[0].json()["data"]["booking_id"]), (1, &json!(booking)));

    assert_eq!(stranger.get("/desk/webhooks").await.ok()["items"], json!([]));
    for (method, path) in [
        (Method::GET, format!("/desk/webhooks/{id}/deliveries")),
        (Method::POST, format!("/desk/webhooks/{id}/rotate-secret")),
        (Method::POST, format!("/desk/webhooks/{id}/end")),
        (Method::POST, format!("/desk/webhook-deliveries/{}/retry", delivery(&app).await.id)),
        (Method::POST, format!("/desk/webhook-deliveries/{}/retry", unknown_id::<entity::WebhookDeliveryId>())),
    ] {
        stranger.send(method, &path, None, &[]).await.problem(404, "NOT_FOUND");
    }
    manager.post(&format!("/desk/webhooks/{id}/end"), json!({})).await.ok();
    manager.post(&format!("/desk/webhooks/{id}/end"), json!({})).await.problem(409, "WRONG_STATE");
    manager.post(&format!("/desk/webhooks/{id}/rotate-secret"), json!({})).await.problem(409, "WRONG_STATE");
    booked(&mine, &families[2]).await;
    work(&app.ctx).await;
    assert_eq!((receiver.got().len(), app.count(webhook_deliveries::Entity).await), (1, 1));
}

#[tokio::test]
async fn what_a_webhook_may_be_is_bounded() {
    let app = TestApp::spawn().await;
    let (admin, place) = (app.admin().await, app.place().await);
    let manager = app.manager(place.centre.id).await;
    let body = |url: &str, events: Value| json!({ "url": url, "events": events });
    let good = json!(["booking.confirmed"]);
    for url in ["hooks", "ftp://example.com/", "https://a:b@example.com/", "https://example.com/#part"] {
        admin.post("/bureau/webhooks", body(url, good.clone())).await.invalid("url");
    }
    let url = "https://example.com/hooks";
    admin.post("/bureau/webhooks", body(url, json!([]))).await.invalid("events");
    admin.post("/bureau/webhooks", body(url, json!(["booking.wished"]))).await.invalid("events[0]");
    manager.post("/desk/webhooks", body(url, json!(["rating.given"]))).await.invalid("events");
    let mut with_key = body(url, good);
    with_key["access_key_id"] = json!(unknown_id::<entity::AccessKeyId>());
    admin.post("/bureau/webhooks", with_key).await.problem(404, "NOT_FOUND");
    assert_eq!(app.count(webhooks::Entity).await, 0);
}
