//! Work that no request asks for. Every replica runs every job; each is a sweep over what the database
//! says is due, in steps that are conditional updates, so that several replicas share it without doing
//! it twice and a kill loses nothing. A job that fails is tried again at its next turn.
//!
//! No queue: what is to be done is in the rows already (a deadline, a mark, a date), written by the
//! transaction that makes it due. `docs/decisions/background-work.md` says which libraries were
//! weighed.

use std::{fmt::Display, time::Duration};

use tokio::task::JoinHandle;

use crate::{
    features::{
        audit, bookings,
        coverage::service::sweep,
        exchange::hooks,
        moderation, notices,
        ops::jobs::{self, Tally},
        privacy::service::{erasure, retention},
        satisfaction, waitlist,
    },
    state::Ctx,
};

/// The jobs of this process.
pub struct Jobs(Vec<JoinHandle<()>>);

impl Jobs {
    /// Ends them where they are, and waits for it: a transaction that is given up needs the runtime. What
    /// was under way is found again.
    pub async fn stop(self) {
        for job in &self.0 {
            job.abort();
        }
        for job in self.0 {
            // Cancelled, as it was told to be.
            let _ = job.await;
        }
    }
}

/// Starts every job on the present runtime.
#[must_use]
pub fn start(ctx: &Ctx) -> Jobs {
    let poll = Duration::from_millis(ctx.settings.catalogue_poll_ms.max(50));
    let seconds = Duration::from_secs;
    Jobs(vec![
        every(ctx, poll, jobs::CATALOGUE, async |ctx: &Ctx| {
            ctx.catalogue.refresh(ctx.db.reader(), &ctx.clock).await.map(|()| 0)
        }),
        every(ctx, seconds(3), jobs::AUDIT, audit::service::seal_all),
        every(ctx, seconds(5), jobs::LAPSE, bookings::service::lapse_due),
        every(ctx, seconds(2), jobs::OFFERS, waitlist::offer_due),
        every(ctx, seconds(30), jobs::WAITING, waitlist::end_due),
        every(ctx, seconds(30), jobs::MISSED, bookings::service::mark_missed),
        every(ctx, seconds(60), jobs::REMINDERS, notices::reminders::remind),
        every(ctx, seconds(2), jobs::MODERATION, moderation::service::check_due),
        every(ctx, seconds(600), jobs::UNMODERATED, moderation::service::adopt),
        every(ctx, seconds(2), jobs::MESSAGES, notices::sending::send_due),
        every(ctx, seconds(600), jobs::SNAPSHOTS, satisfaction::snapshots::take_due),
        every(ctx, seconds(5), jobs::CODE_KEYS, async |ctx: &Ctx| {
            ctx.code_keys.refresh(ctx.db.reader()).await.map(|()| 0)
        }),
        every(ctx, seconds(2), jobs::WEBHOOKS, hooks::spread::spread),
        every(ctx, seconds(1), jobs::DELIVERIES, hooks::deliver::deliver_due),
        every(ctx, seconds(300), jobs::WECHAT, async |ctx: &Ctx| ctx.wechat.check(&ctx.kv).await.map(|()| 0)),
        every(ctx, seconds(5), jobs::COVERAGE, sweep::compute_due),
        every(ctx, seconds(30), jobs::ERASURE, erasure::erase_due),
        every(ctx, seconds(3600), jobs::TIDY, retention::apply),
        every(ctx, seconds(30), jobs::MEASURE, jobs::measure),
    ])
}

/// Runs `job` now and then again `pause` after it ended; it says how many pieces it did.
fn every<E: Display>(
    ctx: &Ctx,
    pause: Duration,
    name: &'static str,
    job: impl AsyncFn(&Ctx) -> Result<u64, E> + 'static,
) -> JoinHandle<()> {
    let ctx = ctx.clone();
    actix_web::rt::spawn(async move {
        let mut tally = Tally::new(name);
        loop {
            let outcome = job(&ctx).await;
            if let Err(error) = &outcome {
                tracing::warn!(%error, job = name, "a background job failed; it is tried again");
                ctx.metrics.event("background_job_failed");
            }
            tally.turn(&ctx, outcome.map_err(|error| error.to_string())).await;
            tokio::time::sleep(pause).await;
        }
    })
}
