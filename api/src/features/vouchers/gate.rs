//! The gate before claims: a campaign that is sold out, paused or over is told so without asking
//! the database, from what a refused claim or the bureau left in the key-value store. It stands
//! before the router ([`early`]), so that a rush that comes too late costs hardly more than hearing it.
//!
//! Never authoritative: it only ever says no, for some seconds, and what it lets through the
//! database decides. Whoever has a voucher already is let through, to be told so; so is a request
//! with an `Idempotency-Key`, for it may have been answered before.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    Error, HttpMessage as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::Data,
};
use arc_swap::ArcSwap;
use entity::{CampaignId, FamilyId, campaigns::Model};
use quick_cache::{Weighter, sync::Cache};

use super::{
    rules,
    store::{campaigns, vouchers},
};
use crate::{
    error::{Code, Problem},
    features::auth::Knock,
    http::observe::Route,
    platform::clock::Stopwatch,
    state::Ctx,
};

/// How long a refusal is believed on all replicas; a change by the bureau overwrites it at once.
const BELIEVED: Duration = Duration::from_secs(5);
/// How long what the bureau changed stands against the memory of a claim that read it before.
const CHANGED: Duration = Duration::from_secs(1);
/// How long a process goes without asking the store again.
const LOCAL: Duration = Duration::from_millis(250);
/// Beyond this many families with a voucher, the database tells who has one.
const MOST_HOLDERS: i32 = 50_000;
/// Campaigns remembered at once before unknown ones are asked about again each time.
const MOST_KNOWN: usize = 256;
/// Families of sold-out campaigns remembered in all, 16 bytes each.
const HOLDERS_IN_ALL: u64 = 500_000;

type Holders = Arc<HashSet<FamilyId>>;

/// What was last known of a campaign, and who has a voucher of it, if it is sold out.
#[derive(Clone, Debug)]
struct Known {
    row: Option<Arc<Model>>,
    holders: Option<Holders>,
    since: Stopwatch,
}

/// What one process remembers of campaigns that give out nothing.
#[derive(Debug)]
pub struct Gate {
    /// Read by every claim on every worker without a lock or a counter that they would contend for.
    known: ArcSwap<HashMap<CampaignId, Known>>,
    /// Of a sold-out campaign and its quota: complete until the quota is raised.
    holders: Cache<(CampaignId, i32), Holders, Families>,
}

#[derive(Clone, Debug)]
struct Families;

impl Weighter<(CampaignId, i32), Holders> for Families {
    fn weight(&self, _: &(CampaignId, i32), holders: &Holders) -> u64 {
        holders.len() as u64 + 1
    }
}

impl Default for Gate {
    fn default() -> Self {
        // Few expected items make few parts, so that each has room for the largest campaign.
        let holders = Cache::with_weighter(MOST_KNOWN, HOLDERS_IN_ALL, Families);
        Self { known: ArcSwap::default(), holders }
    }
}

/// Where claims come in.
const BEFORE_ID: &str = "/api/v1/campaigns/";
const AFTER_ID: &str = "/vouchers";
const ROUTE: Route = Route("/api/v1/campaigns/{id}/vouchers");

/// Answers a claim that can't succeed before it is routed; everything else goes its way.
pub async fn early(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match refusal(&req).await {
        Some(problem) => {
            req.extensions_mut().insert(ROUTE);
            Ok(req.error_response(problem))
        }
        None => next.call(req).await.map(ServiceResponse::map_into_boxed_body),
    }
}

async fn refusal(req: &ServiceRequest) -> Option<Problem> {
    if *req.method() != Method::POST {
        return None;
    }
    let id = req.path().strip_prefix(BEFORE_ID)?.strip_suffix(AFTER_ID)?.parse().ok()?;
    if req.headers().contains_key("Idempotency-Key") {
        return None;
    }
    let ctx = req.app_data::<Data<Ctx>>()?.clone();
    // Who says who it is; whether that still stands is asked only if there is something to refuse.
    let knock = Knock::of(&ctx, req.request())?;
    let problem = ctx.gate.refusal(&ctx, id, knock.family_id).await?;
    knock.stands(&ctx).await.then_some(problem)
}

fn key(id: CampaignId) -> String {
    format!("campaign:{id}")
}

impl Gate {
    /// Why this family's claim is refused, if that is known without the database.
    async fn refusal(&self, ctx: &Ctx, id: CampaignId, family: FamilyId) -> Option<Problem> {
        if let Some(known) = self.known.load().get(&id).filter(|known| known.since.elapsed() < LOCAL) {
            return known.refusal(ctx, family);
        }
        // Boxed: rare, and large.
        Box::pin(self.look(ctx, id)).await.refusal(ctx, family)
    }

    /// Asks the store how a campaign stands, and remembers the answer.
    async fn look(&self, ctx: &Ctx, id: CampaignId) -> Known {
        let stored = ctx.kv.get(&key(id)).await.ok().flatten();
        let row = stored.and_then(|text| serde_json::from_str(&text).ok());
        self.remember(ctx, id, row).await
    }

    async fn remember(&self, ctx: &Ctx, id: CampaignId, row: Option<Model>) -> Known {
        let holders = match &row {
            Some(row) if row.claimed >= row.quota && row.quota <= MOST_HOLDERS => self.holders(ctx, row).await,
            _ => None,
        };
        let known = Known { row: row.map(Arc::new), holders, since: Stopwatch::start() };
        self.known.rcu(|all| {
            // What is too old to be believed goes.
            let fresh = all.iter().filter(|(_, known)| known.since.elapsed() < LOCAL);
            let mut all: HashMap<_, _> = fresh.map(|(id, known)| (*id, known.clone())).collect();
            // Ids that nobody knows must not fill it: each change copies the whole.
            if known.row.is_some() || all.len() < MOST_KNOWN {
                all.insert(id, known.clone());
            }
            all
        });
        known
    }

    /// Who has a voucher of a sold-out campaign.
    async fn holders(&self, ctx: &Ctx, row: &Model) -> Option<Holders> {
        let key = (row.id, row.quota);
        if let Some(known) = self.holders.get(&key) {
            return Some(known);
        }
        let families = vouchers::families_with(ctx.db.reader(), row.id).await.ok()?;
        let holders: Holders = Arc::new(families.into_iter().collect());
        self.holders.insert(key, Arc::clone(&holders));
        Some(holders)
    }

    /// Remembers a campaign that refused a claim, unless the bureau has just changed it.
    pub(super) async fn learn(&self, ctx: &Ctx, row: &Model) {
        let Ok(text) = serde_json::to_string(row) else { return };
        if let Ok(true) = ctx.kv.put_if_absent(&key(row.id), &text, BELIEVED).await {
            self.remember(ctx, row.id, Some(row.clone())).await;
        }
    }

    /// Tells every replica how a campaign stands after the bureau changed it. A store that is away
    /// forgets by itself: what it had lives [`BELIEVED`].
    pub(super) async fn changed(&self, ctx: &Ctx, id: CampaignId) {
        let row = match campaigns::one(ctx.db.reader(), id).await {
            Ok(Some(row)) => row,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "a changed campaign is known to all within seconds, not at once");
                return;
            }
        };
        let Ok(text) = serde_json::to_string(&row) else { return };
        if let Err(error) = ctx.kv.put(&key(id), &text, CHANGED).await {
            tracing::warn!(%error, "a changed campaign is known to all within seconds, not at once");
        }
        self.remember(ctx, id, Some(row)).await;
    }
}

impl Known {
    fn refusal(&self, ctx: &Ctx, family: FamilyId) -> Option<Problem> {
        let row = self.row.as_ref()?;
        if let Some(refusal) = rules::not_open(row, ctx.clock.now()) {
            return Some(refusal);
        }
        // Without the list of those who have one nobody can be told apart: the database does.
        let sold_out = row.claimed >= row.quota && !self.holders.as_ref()?.contains(&family);
        sold_out.then(|| Problem::new(Code::CampaignSoldOut))
    }
}
