//! An acknowledged redemption is never lost (invariant 4), and Redis may vanish at any instant
//! (invariant 6): the server is killed under load, Redis is, and everything is sent again.
//!
//! `CRASH_ROUNDS` sets how often; `tests/soak` does it many times.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use entity::{VoucherId, audit_rows, redemptions, vouchers};
use harness::{
    Client, TestApp, at_once,
    backend::env,
    process::{OwnRedis, ServerProcess},
};
use quanxiangtuo::features::vouchers::code;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

/// Vouchers of a round.
const SCANS: usize = 160;
/// Desks that scan at once.
const DESKS: usize = 16;

/// The scans of a morning, each of another voucher.
struct Morning {
    app: TestApp,
    desk: Client,
    vouchers: Vec<VoucherId>,
}

impl Morning {
    async fn new(changes: &[(&str, &str)]) -> Self {
        let app = TestApp::spawn_now(changes).await;
        let place = app.place().await;
        let desk = app.carer(place.centre.id).await;
        let campaign = app.campaign_with(|row| row.quota = 1000).await;
        let mut vouchers = vec![];
        for family in app.many_families(SCANS).await {
            vouchers.push(app.voucher(&campaign, &family).await.id);
        }
        Self { app, desk, vouchers }
    }

    /// The scan of a voucher, of this moment; its `request_id` is always the same.
    fn scan(&self, n: usize) -> Option<Value> {
        let now = self.app.clock.now();
        let key = self.app.ctx.code_keys.present().active(now);
        let code = code::mint(&key, *self.vouchers.get(n)?, now).code;
        Some(json!({ "code": code, "request_id": format!("scan-{n:04}") }))
    }

    /// Every voucher is used once, by one redemption with one audit row.
    async fn books(&self) {
        let rows = redemptions::Entity::find().all(self.app.db()).await.unwrap();
        assert_eq!(rows.len(), SCANS);
        let vouchers = vouchers::Entity::find().all(self.app.db()).await.unwrap();
        assert!(vouchers.iter().all(|voucher| voucher.units_used == 1));
        let audited = audit_rows::Entity::find()
            .filter(audit_rows::Column::Action.eq("redemption.create"))
            .all(self.app.db())
            .await
            .unwrap();
        assert_eq!(audited.len(), SCANS);
    }
}

fn rounds() -> usize {
    env("CRASH_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap())
}

#[tokio::test]
async fn a_server_killed_under_load_loses_no_acknowledged_redemption_and_doubles_none() {
    for _ in 0..rounds() {
        let morning = Morning::new(&[]).await;
        // Only the process serves: nothing of ours helps it.
        morning.app.stop().await;
        let server = ServerProcess::start(&morning.app).await;
        let desk = server.client(&morning.desk);
        let answers: Vec<Mutex<Option<Vec<u8>>>> = (0..SCANS).map(|_| Mutex::default()).collect();
        let (next, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let server = Mutex::new(Some(server));
        at_once((0..DESKS).map(|_| async {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = morning.scan(n) else { return };
                // No answer: the server died, and so has the desk's morning.
                let Some((status, _, body)) = desk.try_post("/desk/redemptions", &request).await else { return };
                assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
                *answers[n].lock().unwrap() = Some(body);
                if answered.fetch_add(1, Ordering::Relaxed) == SCANS / 3 {
                    server.lock().unwrap().take().unwrap().kill();
                }
            }
        }))
        .await;
        let known = answers.iter().filter(|answer| answer.lock().unwrap().is_some()).count();
        assert!((SCANS / 3..SCANS).contains(&known), "{known} answered before the end");

        let server = ServerProcess::start(&morning.app).await;
        let desk = server.client(&morning.desk);
        let kept = usize::try_from(morning.app.count(redemptions::Entity).await).unwrap();
        assert!((known..=known + DESKS).contains(&kept), "{kept} kept of {known} acknowledged");
        for (n, answer) in answers.iter().enumerate() {
            let request = morning.scan(n).unwrap();
            let (status, headers, body) = desk.try_post("/desk/redemptions", &request).await.unwrap();
            assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
            if let Some(first) = answer.lock().unwrap().take() {
                assert_eq!(body, first, "the same bytes");
                assert_eq!(headers.get("idempotent-replayed").map(|v| v.as_bytes()), Some(&b"true"[..]));
            }
        }
        morning.books().await;
    }
}

#[tokio::test]
async fn redis_stopped_and_started_under_load_makes_redemptions_slower_but_never_wrong() {
    for _ in 0..rounds() {
        let redis = Arc::new(Mutex::new(OwnRedis::start()));
        let url = redis.lock().unwrap().url();
        let morning = Morning::new(&[("redis_url", &url)]).await;
        let (next, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let bodies: Vec<Mutex<Vec<u8>>> = (0..SCANS).map(|_| Mutex::default()).collect();
        at_once((0..DESKS).map(|_| async {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = morning.scan(n) else { return };
                let reply = morning.desk.post("/desk/redemptions", request).await;
                *bodies[n].lock().unwrap() = reply.bytes.clone();
                reply.created();
                let done = answered.fetch_add(1, Ordering::Relaxed);
                let redis = Arc::clone(&redis);
                if done == SCANS / 4 {
                    redis.lock().unwrap().kill();
                } else if done == SCANS * 3 / 4 {
                    tokio::task::spawn_blocking(move || redis.lock().unwrap().go()).await.unwrap();
                }
            }
        }))
        .await;
        // All of it again, as a desk does that lost its network.
        for (n, first) in bodies.iter().enumerate() {
            let again = morning.desk.post("/desk/redemptions", morning.scan(n).unwrap()).await;
            assert_eq!(again.bytes, *first.lock().unwrap());
        }
        morning.books().await;
    }
}
