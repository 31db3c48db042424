//! Sends what is due. A delivery is taken by a conditional update that leases it; who dies with it
//! loses the lease, and another one sends it again under the same `webhook-id`.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{webhook_deliveries, webhooks};
use futures_util::{StreamExt as _, stream};
use sea_orm::DbErr;

use super::{
    rules::{self, Secret},
    service::SECRET_PLACE,
    store,
};
use crate::{
    error::{Problem, Result},
    platform::{crypto::random_bytes, db::write_txn},
    state::Ctx,
};

/// Longer than any try: who is silent for so long is dead.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Deliveries looked at in a turn.
const LOOKED_AT: u64 = 200;
/// Of one webhook in a turn, so that a slow receiver holds nobody else up.
const OF_ONE: usize = 8;
/// Sent at the same time.
const AT_ONCE: usize = 16;

/// Sends what is due; how many were taken by their receivers.
pub async fn deliver_due(ctx: &Ctx) -> Result<u64> {
    let due = store::due(ctx.db.reader(), ctx.clock.now(), LOOKED_AT).await?;
    let mut of_one: HashMap<_, usize> = HashMap::new();
    let turn = due.into_iter().filter(|(_, hook)| {
        let n = of_one.entry(hook.id).or_default();
        *n += 1;
        *n <= OF_ONE
    });
    let turn: Vec<_> = turn.collect();
    let mut sent = stream::iter(turn.into_iter().map(|(row, hook)| deliver(ctx, row, hook))).buffer_unordered(AT_ONCE);
    let (mut taken, mut failed) = (0, None);
    while let Some(outcome) = sent.next().await {
        match outcome {
            Ok(true) => taken += 1,
            Ok(false) => {}
            Err(problem) => failed = Some(problem),
        }
    }
    failed.map_or(Ok(taken), Err)
}

/// Deliveries that are due.
pub async fn waiting(ctx: &Ctx) -> Result<u64, DbErr> {
    store::count_due(ctx.db.reader(), ctx.clock.now()).await
}

/// Sends one, unless another has it; whether it was taken.
async fn deliver(ctx: &Ctx, row: webhook_deliveries::Model, hook: webhooks::Model) -> Result<bool> {
    // What was sent must be written down, so a process that is stopping takes nothing more.
    if ctx.stopping.begun() {
        return Ok(false);
    }
    let now = ctx.clock.now();
    if !write_txn(&ctx.db, async |txn| store::take(txn, &row, now, now + LEASE).await).await? {
        return Ok(false);
    }
    let (id, timestamp) = (row.id.to_string(), now.timestamp());
    let signature = rules::signatures(&secrets(ctx, &hook, now)?, &id, timestamp, &row.payload);
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
