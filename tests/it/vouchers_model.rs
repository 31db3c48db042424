//! Random lives of vouchers against a model that fits on a page: claims, scans, repeats, reversals,
//! revocations, suspensions, steps of the clock and restarts. Every answer is compared, and the books
//! at the end. `MODEL_CASES` sets how many lives; `tests/soak` runs many.

use std::collections::HashSet;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::{RedemptionId, campaigns, refused_scans, vouchers};
use harness::{Client, Family, Place, TestApp, backend::env};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use quanxiangtuo::{
    features::{
        audit::{rules::Verdict, service},
        vouchers::code,
    },
    platform::clock::local,
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

const FAMILIES: usize = 4;
const CENTRES: usize = 2;
/// The first is for all centres; the second for first-time families and the first centre only.
const CAMPAIGNS: [Rules; 2] =
    [Rules { quota: 3, units: 2, days: 3, first_time: false }, Rules { quota: 2, units: 3, days: 6, first_time: true }];

#[derive(Clone, Copy)]
struct Rules {
    quota: usize,
    units: i32,
    days: u64,
    first_time: bool,
}

#[derive(Clone, Debug)]
enum Action {
    Claim { family: usize, campaign: usize },
    Scan { family: usize, campaign: usize, centre: usize, stale: bool },
    Repeat { nth: usize },
    Reverse { nth: usize },
    RevokeVoucher { family: usize, campaign: usize },
    RevokeCampaign { campaign: usize },
    Suspend { centre: usize, suspend: bool },
    Minutes(i64),
    Days(u64),
    Restart,
}

fn action() -> impl Strategy<Value = Action> {
    let (family, campaign, centre) = (0..FAMILIES, 0..CAMPAIGNS.len(), 0..CENTRES);
    let scan = (family.clone(), campaign.clone(), centre.clone(), prop::bool::weighted(0.1))
        .prop_map(|(family, campaign, centre, stale)| Action::Scan { family, campaign, centre, stale });
    prop_oneof![
        6 => (family.clone(), campaign.clone()).prop_map(|(family, campaign)| Action::Claim { family, campaign }),
        12 => scan,
        3 => (0..64_usize).prop_map(|nth| Action::Repeat { nth }),
        3 => (0..64_usize).prop_map(|nth| Action::Reverse { nth }),
        1 => (family, campaign.clone()).prop_map(|(family, campaign)| Action::RevokeVoucher { family, campaign }),
        1 => (0..12 * CAMPAIGNS.len()).prop_map(|n| if n < CAMPAIGNS.len() {
            Action::RevokeCampaign { campaign: n }
        } else {
            Action::Minutes(1)
        }),
        1 => (centre, any::<bool>()).prop_map(|(centre, suspend)| Action::Suspend { centre, suspend }),
        3 => (1..20_i64).prop_map(Action::Minutes),
        4 => (1..3_u64).prop_map(Action::Days),
        1 => Just(Action::Restart),
    ]
}

#[derive(Clone, Debug)]
struct Voucher {
    id: String,
    used: i32,
    until: NaiveDate,
    revoked: bool,
}

struct Redemption {
    centre: usize,
    family: usize,
    campaign: usize,
    day: NaiveDate,
    at: DateTime<Utc>,
    body: Vec<u8>,
    request: Value,
    id: String,
    reversed: bool,
}

/// What should be.
#[derive(Default)]
struct Model {
    vouchers: [[Option<Voucher>; CAMPAIGNS.len()]; FAMILIES],
    revoked_on: [Option<NaiveDate>; CAMPAIGNS.len()],
    suspended: [bool; CENTRES],
    redemptions: Vec<Redemption>,
    refused: i64,
}

impl Model {
    fn claimed(&self, campaign: usize) -> usize {
        self.vouchers.iter().filter(|held| held[campaign].is_some()).count()
    }

    fn claim(&self, family: usize, campaign: usize) -> Result<(), &'static [&'static str]> {
        let held = &self.vouchers[family];
        let served = held.iter().flatten().any(|voucher| voucher.used > 0)
            || (0..CAMPAIGNS.len()).any(|n| CAMPAIGNS[n].first_time && held[n].is_some());
        let sold_out = self.claimed(campaign) >= CAMPAIGNS[campaign].quota;
        if self.revoked_on[campaign].is_some() {
            Err(&["CAMPAIGN_NOT_OPEN"])
        } else if held[campaign].is_some() {
            Err(&["CLAIM_LIMIT"])
        } else if CAMPAIGNS[campaign].first_time && served {
            // Both are true: the early answer knows only one of them.
            Err(if sold_out { &["NOT_ELIGIBLE", "CAMPAIGN_SOLD_OUT"] } else { &["NOT_ELIGIBLE"] })
        } else if sold_out {
            Err(&["CAMPAIGN_SOLD_OUT"])
        } else {
            Ok(())
        }
    }

    fn status(&self, voucher: &Voucher, campaign: usize, today: NaiveDate) -> &'static str {
        let with_campaign = self.revoked_on[campaign].is_some_and(|day| day <= voucher.until);
        match () {
            () if voucher.revoked => "revoked",
            () if voucher.used == CAMPAIGNS[campaign].units => "used",
            () if with_campaign => "revoked",
            () if voucher.until < today => "expired",
            () => "active",
        }
    }

    /// In the order of `domain.md`.
    fn scan(
        &self,
        family: usize,
        campaign: usize,
        centre: usize,
        stale: bool,
        today: NaiveDate,
    ) -> Result<i32, &'static str> {
        let voucher = self.vouchers[family][campaign].as_ref().unwrap();
        let today_already = self.redemptions.iter().any(|r| r.family == family && r.day == today && !r.reversed);
        let left = CAMPAIGNS[campaign].units - voucher.used;
        if stale {
            Err("VOUCHER_CODE_EXPIRED")
        } else if self.status(voucher, campaign, today) == "revoked" {
            Err("VOUCHER_REVOKED")
        } else if voucher.until < today {
            Err("VOUCHER_EXPIRED")
        } else if (CAMPAIGNS[campaign].first_time && centre != 0) || self.suspended[centre] {
            Err("CENTRE_NOT_ALLOWED")
        } else if today_already {
            Err("ALREADY_REDEEMED_TODAY")
        } else if left == 0 {
            Err("VOUCHER_EXHAUSTED")
        } else {
            Ok(left - 1)
        }
    }
}

/// What is.
struct World {
    app: TestApp,
    places: Vec<Place>,
    desks: Vec<Client>,
    families: Vec<Family>,
    officer: Client,
    campaigns: Vec<campaigns::Model>,
    requests: u32,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::spawn().await;
        let (mut places, mut desks, mut rows) = (vec![], vec![], vec![]);
        for _ in 0..CENTRES {
            let place = app.place().await;
            desks.push(app.carer(place.centre.id).await);
            places.push(place);
        }
        for rules in CAMPAIGNS {
            let row = app
                .campaign_with(|row| {
                    row.quota = i32::try_from(rules.quota).unwrap();
                    row.units_per_voucher = rules.units;
                    row.valid_days = Some(i32::try_from(rules.days).unwrap());
                    row.first_time_only = rules.first_time;
                    row.all_centres = !rules.first_time;
                })
                .await;
            rows.push(row);
        }
        app.campaign_centre(rows[1].id, places[0].centre.id).await;
        let families = app.many_families(FAMILIES).await;
        let officer = app.officer().await;
        Self { app, places, desks, families, officer, campaigns: rows, requests: 0 }
    }

    fn today(&self) -> NaiveDate {
        self.app.clock.today()
    }

    /// Another process on the same database takes over.
    async fn restart(&mut self) {
        let next = self.app.replica().await;
        for client in &mut self.desks {
            *client = client.at(&next);
        }
        for family in &mut self.families {
            family.client = family.client.at(&next);
        }
        self.officer = self.officer.at(&next);
        self.app = next;
    }

    async fn act(&mut self, model: &mut Model, action: &Action) {
        match *action {
            Action::Claim { family, campaign } => self.claim(model, family, campaign).await,
            Action::Scan { family, campaign, centre, stale } => {
                if model.vouchers[family][campaign].is_some() {
                    self.scan(model, family, campaign, centre, stale).await;
                }
            }
            Action::Repeat { nth } => {
                if let Some(done) = pick(&model.redemptions, nth) {
                    let reply = self.desks[done.centre].post("/desk/redemptions", done.request.clone()).await;
                    assert_eq!((reply.status, &reply.bytes), (201, &done.body), "repeated");
                    assert_eq!(reply.header("idempotent-replayed"), Some("true"));
                }
            }
            Action::Reverse { nth } => self.reverse(model, nth).await,
            Action::RevokeVoucher { family, campaign } => self.revoke_voucher(model, family, campaign).await,
            Action::RevokeCampaign { campaign } => {
                let path = format!("/bureau/campaigns/{}/revoke", self.campaigns[campaign].id);
                let reply = self.officer.post(&path, json!({ "reason": "模型" })).await;
                let expected = if model.revoked_on[campaign].is_some() { 409 } else { 200 };
                assert_eq!(reply.status, expected, "{reply:?}");
                model.revoked_on[campaign].get_or_insert(self.today());
            }
            Action::Suspend { centre, suspend } => {
                let word = if suspend { "suspend" } else { "resume" };
                let path = format!("/bureau/centres/{}/{word}-vouchers", self.places[centre].centre.id);
                let reply = self.officer.post(&path, json!({ "reason": "模型" })).await;
                let expected = if model.suspended[centre] == suspend { 409 } else { 200 };
                assert_eq!(reply.status, expected, "{reply:?}");
                model.suspended[centre] = suspend;
            }
            // Never past midnight, so that the day of a request is known.
            Action::Minutes(minutes) => {
                let at = local(self.app.clock.now()) + TimeDelta::minutes(minutes + 5);
                if at.date_naive() == self.today() {
                    self.app.clock.advance(TimeDelta::minutes(minutes));
                }
            }
            Action::Days(days) => {
                let morning = format!("{}T09:00:00+08:00", self.today() + Days::new(days));
                self.app.clock.set(morning.parse::<DateTime<Utc>>().unwrap());
            }
            Action::Restart => self.restart().await,
        }
    }

    async fn claim(&self, model: &mut Model, family: usize, campaign: usize) {
        let who = &self.families[family];
        let path = format!("/campaigns/{}/vouchers", self.campaigns[campaign].id);
        let reply = who.client.post(&path, json!({ "child_id": who.child() })).await;
        match model.claim(family, campaign) {
            Ok(()) => {
                let until = self.today() + Days::new(CAMPAIGNS[campaign].days - 1);
                let body = reply.created();
                assert_eq!(body["valid_until"], json!(until));
                let id = body["id"].as_str().unwrap().to_owned();
                model.vouchers[family][campaign] = Some(Voucher { id, used: 0, until, revoked: false });
            }
            Err(codes) => assert!(reply.code().is_some_and(|code| codes.contains(&code)), "{codes:?}: {reply:?}"),
        }
    }

    async fn scan(&mut self, model: &mut Model, family: usize, campaign: usize, centre: usize, stale: bool) {
        let now = self.app.clock.now();
        let shown = if stale { now - TimeDelta::minutes(5) } else { now };
        let id = &model.vouchers[family][campaign].as_ref().unwrap().id;
        let key = self.app.ctx.code_keys.present().active(now);
        self.requests += 1;
        let request = json!({
            "code": code::mint(&key, id.parse().unwrap(), shown).code, "request_id": format!("model-{}", self.requests),
        });
        let expected = model.scan(family, campaign, centre, stale, self.today());
        let reply = self.desks[centre].post("/desk/redemptions", request.clone()).await;
        match expected {
            Ok(left) => {
                let bytes = reply.bytes.clone();
                let body = reply.created();
                assert_eq!((&body["units_left"], &body["service_date"]), (&json!(left), &json!(self.today())));
                model.vouchers[family][campaign].as_mut().unwrap().used += 1;
                model.redemptions.push(Redemption {
                    centre,
                    family,
                    campaign,
                    day: self.today(),
                    at: DateTime::parse_from_rfc3339(body["redeemed_at"].as_str().unwrap()).unwrap().to_utc(),
                    body: bytes,
                    request,
                    id: body["id"].as_str().unwrap().to_owned(),
                    reversed: false,
                });
            }
            Err(code) => {
                assert_eq!(reply.code(), Some(code), "{reply:?}");
                model.refused += 1;
            }
        }
    }

    async fn reverse(&self, model: &mut Model, nth: usize) {
        let now = self.app.clock.now();
        let Some(at) = index(&model.redemptions, nth) else { return };
        let done = &mut model.redemptions[at];
        // Too near to the half hour to know which side the request falls on.
        if (now - done.at - TimeDelta::minutes(30)).abs() < TimeDelta::seconds(30) {
            return;
        }
        let path = format!("/desk/redemptions/{}/reverse", done.id);
        let reply = self.desks[done.centre].post(&path, json!({ "reason": "模型" })).await;
        if done.reversed {
            reply.problem(409, "WRONG_STATE");
        } else if now - done.at >= TimeDelta::minutes(30) {
            reply.problem(409, "CANCEL_WINDOW_CLOSED");
        } else {
            reply.ok();
            done.reversed = true;
            model.vouchers[done.family][done.campaign].as_mut().unwrap().used -= 1;
        }
    }

    async fn revoke_voucher(&self, model: &mut Model, family: usize, campaign: usize) {
        let Some(voucher) = model.vouchers[family][campaign].clone() else { return };
        let path = format!("/bureau/vouchers/{}/revoke", voucher.id);
        let reply = self.officer.post(&path, json!({ "reason": "模型" })).await;
        if model.status(&voucher, campaign, self.today()) == "active" {
            reply.ok();
            model.vouchers[family][campaign].as_mut().unwrap().revoked = true;
        } else {
            reply.problem(409, "WRONG_STATE");
        }
    }

    /// The books at the end.
    async fn compare(&self, model: &Model) {
        let today = self.today();
        for (n, rules) in CAMPAIGNS.iter().enumerate() {
            let held: Vec<_> = model.vouchers.iter().filter_map(|held| held[n].as_ref()).collect();
            let left = |word: &str| -> i32 {
                let those = held.iter().filter(|voucher| model.status(voucher, n, today) == word);
                those.map(|voucher| rules.units - voucher.used).sum()
            };
            let used: i32 = held.iter().map(|voucher| voucher.used).sum();
            let expected = json!({
                "claimed": rules.units * i32::try_from(held.len()).unwrap(), "used": used,
                "unused": left("active"), "expired": left("expired"), "revoked": left("revoked"),
            });
            let path = format!("/bureau/campaigns/{}", self.campaigns[n].id);
            let read = self.officer.get(&path).await.ok();
            assert_eq!((&read["units"], &read["claimed"]), (&expected, &json!(held.len())));
            let books = self.officer.get(&format!("{path}/reconciliation")).await.ok();
            assert_eq!(books["balanced"], true, "{books}");
        }
        let ids: HashSet<_> = model.redemptions.iter().map(|r| r.id.parse::<RedemptionId>().unwrap()).collect();
        let rows = entity::redemptions::Entity::find().all(self.app.db()).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<HashSet<_>>(), ids);
        for row in vouchers::Entity::find().all(self.app.db()).await.unwrap() {
            let known = model.vouchers.iter().flatten().flatten().find(|voucher| voucher.id == row.id.to_string());
            assert_eq!(known.map(|voucher| voucher.used), Some(row.units_used));
        }
        assert_eq!(self.app.count(refused_scans::Entity).await, model.refused);
        service::seal_all(&self.app.ctx).await.unwrap();
        let (verdict, _) = service::verify(self.app.db(), &self.app.ctx.keys, None).await.unwrap();
        assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
    }
}

fn index<T>(all: &[T], nth: usize) -> Option<usize> {
    (!all.is_empty()).then(|| nth % all.len())
}

fn pick<T>(all: &[T], nth: usize) -> Option<&T> {
    index(all, nth).map(|at| &all[at])
}

#[test]
fn random_lives_of_vouchers_answer_and_end_as_the_model_says() {
    let cases = env("MODEL_CASES").map_or(24, |cases| cases.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let lives = prop::collection::vec(action(), 20..80);
    TestRunner::new(config)
        .run(&lives, |life| {
            runtime.block_on(async {
                let (mut world, mut model) = (World::new().await, Model::default());
                for action in &life {
                    world.act(&mut model, action).await;
                }
                world.compare(&model).await;
            });
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}
