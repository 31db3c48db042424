//! Sends what is due. A delivery is taken by a conditional update that leases it; who dies with it
//! loses the lease, and another one sends it again under the same `webhook-id`.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{WebhookId, webhook_deliveries, webhooks};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use sea_orm::DbErr;

use super::{
    rules::{self, Secret},
    service::SECRET_PLACE,
    store,
};
use crate::{
    error::{Problem, Result},
    platform::{clock::Stopwatch, crypto::random_bytes, db::write_txn},
    state::Ctx,
};

/// Longer than any try: who is silent for so long is dead.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Sent to one webhook at the same time.
const OF_ONE: u64 = 8;
/// Webhooks served at the same time.
const LANES: usize = 64;
/// No lane begins anything after so long; those under way end their calls.
const TURN: Duration = Duration::from_secs(60);
/// Beside lanes under way, others are looked for this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Sends what is due; how many were taken by their receivers. Each webhook has a lane of its own, so that
/// a slow receiver, and a long list for it, holds nobody else up.
pub async fn deliver_due(ctx: &Ctx) -> Result<u64> {
    let turn = Stopwatch::start();
    let (mut lanes, mut busy) = (FuturesUnordered::new(), HashSet::new());
    let (mut taken, mut failed) = (0, None);
    loop {
        if turn.elapsed() < TURN && !ctx.stopping.begun() {
            // A look that fails is the end of the turn only once the lanes have ended.
            match store::with_due(ctx.db.reader(), ctx.clock.now()).await {
                Ok(due) => {
                    for hook in due {
                        if lanes.len() < LANES && busy.insert(hook.id) {
                            lanes.push(lane(ctx, hook, &turn));
                        }
                    }
                }
                Err(error) => failed = Some(error.into()),
            }
        }
        tokio::select! {
            ended = lanes.next() => match ended {
                Some((hook, Ok(n))) => {
                    taken += n;
                    busy.remove(&hook);
                }
                // It isn't begun again in this turn.
                Some((_, Err(problem))) => failed = Some(problem),
                None => return failed.map_or(Ok(taken), Err),
            },
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Sends what is due of one webhook, the longest due first.
async fn lane(ctx: &Ctx, hook: webhooks::Model, turn: &Stopwatch) -> (WebhookId, Result<u64>) {
    let mut taken = 0;
    while turn.elapsed() < TURN && !ctx.stopping.begun() {
        let due = match store::due(ctx.db.reader(), hook.id, ctx.clock.now(), OF_ONE).await {
            Ok(due) if due.is_empty() => break,
            Ok(due) => due,
            Err(error) => return (hook.id, Err(error.into())),
        };
        let outcomes = futures_util::future::join_all(due.into_iter().map(|row| deliver(ctx, row, &hook))).await;
        for outcome in outcomes {
            match outcome {
                Ok(done) => taken += u64::from(done),
                Err(problem) => return (hook.id, Err(problem)),
            }
        }
    }
    (hook.id, Ok(taken))
}

/// Deliveries that are due.
pub async fn waiting(ctx: &Ctx) -> Result<u64, DbErr> {
    store::count_due(ctx.db.reader(), ctx.clock.now()).await
}

/// Sends one, unless another has it; whether it was taken.
async fn deliver(ctx: &Ctx, row: webhook_deliveries::Model, hook: &webhooks::Model) -> Result<bool> {
    // What was sent must be written down, so a process that is stopping takes nothing more.
    if ctx.stopping.begun() {
        return Ok(false);
    }
    let now = ctx.clock.now();
    if !write_txn(&ctx.db, async |txn| store::take(txn, &row, now, now + LEASE).await).await? {
        return Ok(false);
    }
    let (id, timestamp) = (row.id.to_string(), now.timestamp());
    let signature = rules::signatures(&secrets(ctx, hook, now)?, &id, timestamp, &row.payload);
    let headers = [("webhook-id", id), ("webhook-timestamp", timestamp.to_string()), ("webhook-signature", signature)];
    let sent = ctx.outgoing.post(&hook.url, headers, row.payload).await;
    let attempts = row.attempts + 1;
    let jitter = f64::from(u16::from_le_bytes(random_bytes())) / f64::from(u16::MAX);
    let now = ctx.clock.now();
    let outcome = rules::judge(sent, attempts, now, jitter);
    if outcome.error.is_some() {
        ctx.metrics.event("webhook_failed");
    }
    write_txn(&ctx.db, async |txn| store::settle(txn, row.id, attempts, &outcome, now).await).await?;
    Ok(outcome.error.is_none())
}

/// The secrets that sign now, the present one first.
fn secrets(ctx: &Ctx, hook: &webhooks::Model, now: DateTime<Utc>) -> Result<Vec<Secret>> {
    let former = hook.former_sealed.as_ref().filter(|_| hook.former_until.is_some_and(|until| now < until));
    let open = |sealed: &Vec<u8>| -> Result<Secret> {
        ctx.keys.open(SECRET_PLACE, sealed)?.try_into().map_err(|_| Problem::internal("a secret of another length"))
    };
    std::iter::once(&hook.secret_sealed).chain(former).map(open).collect()
}
