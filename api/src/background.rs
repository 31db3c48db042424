//! Work that no request asks for. Every replica runs every job; each is a sweep over what the database
//! says is due, in steps that are conditional updates, so that several replicas share it without doing
//! it twice and a kill loses nothing. A job that fails is tried again at its next turn.
//!
//! No queue: what is to be done is in the rows already (a deadline, a mark, a date), written by the
//! transaction that makes it due. `docs/decisions/background-work.md` says which libraries were
//! weighed.

use std::{fmt::Display, time::Duration};

use futures_util::future::join_all;
use tokio::task::{AbortHandle, JoinHandle};

use crate::{
    features::{
        audit, bookings,
        coverage::service::sweep,
        exchange::hooks,
        indicators, moderation, notices,
        ops::jobs::{self, Tally},
        privacy::service::{erasure, retention},
        registers, satisfaction, waitlist,
    },
    state::Ctx,
};

/// The jobs of this process.
pub struct Jobs {
    /// What they do is found again wherever they are ended.
    found_again: Vec<JoinHandle<()>>,
    /// They tell others something, who would hear it twice: they end by themselves, once the process is
    /// stopping and what they began is done.
    finishing: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Ends them, and waits for it: a transaction that is given up needs the runtime. Those that finish
    /// what they began have so long for it.
    pub async fn stop(mut self, within: Duration) {
        for job in &self.found_again {
            job.abort();
        }
        if tokio::time::timeout(within, join_all(&mut self.finishing)).await.is_err() {
            tracing::warn!("messages are being sent still: they are sent again later");
            for job in &self.finishing {
                job.abort();
            }
            join_all(self.finishing.iter_mut().filter(|job| !job.is_finished())).await;
        }
        // Cancelled, as they were told to be.
        join_all(self.found_again).await;
    }

    /// To end each where it is.
    #[must_use]
    pub fn handles(&self) -> Vec<AbortHandle> {
        self.found_again.iter().chain(&self.finishing).map(JoinHandle::abort_handle).collect()
    }
}

/// Starts every job on the present runtime.
#[must_use]
pub fn start(ctx: &Ctx) -> Jobs {
    let poll = Duration::from_millis(ctx.settings.catalogue_poll_ms.max(50));
    let seconds = Duration::from_secs;
    let found_again = vec![
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
        every(ctx, seconds(2), jobs::SATISFACTION, satisfaction::rollups::settle),
        every(ctx, seconds(600), jobs::SNAPSHOTS, satisfaction::snapshots::take_due),
        every(ctx, seconds(60), jobs::INDICATORS, indicators::snapshots::take_due),
        every(ctx, seconds(5), jobs::CODE_KEYS, async |ctx: &Ctx| {
            ctx.code_keys.refresh(ctx.db.reader()).await.map(|()| 0)
        }),
        every(ctx, seconds(2), jobs::WEBHOOKS, hooks::spread::spread),
        every(ctx, seconds(300), jobs::WECHAT, async |ctx: &Ctx| ctx.wechat.check(&ctx.kv).await.map(|()| 0)),
        every(ctx, seconds(5), jobs::COVERAGE, sweep::compute_due),
        every(ctx, seconds(600), jobs::REGISTERS, registers::service::records::begin_due),
        every(ctx, seconds(30), jobs::ERASURE, erasure::erase_due),
        every(ctx, seconds(3600), jobs::TIDY, retention::apply),
        every(ctx, seconds(30), jobs::MEASURE, jobs::measure),
    ];
    let finishing = vec![
        until_stopping(ctx, seconds(2), jobs::MESSAGES, notices::sending::send_due),
        until_stopping(ctx, seconds(1), jobs::DELIVERIES, hooks::deliver::deliver_due),
    ];
    Jobs { found_again, finishing }
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
            turn(&ctx, &job, &mut tally).await;
            tokio::time::sleep(pause).await;
        }
    })
}

/// The same until the process is stopping; the turn that is under way then is finished. The job begins
/// nothing new by itself then.
fn until_stopping<E: Display>(
    ctx: &Ctx,
    pause: Duration,
    name: &'static str,
    job: impl AsyncFn(&Ctx) -> Result<u64, E> + 'static,
) -> JoinHandle<()> {
    let ctx = ctx.clone();
    actix_web::rt::spawn(async move {
        let mut tally = Tally::new(name);
        while !ctx.stopping.begun() {
            turn(&ctx, &job, &mut tally).await;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = ctx.stopping.wait() => {}
            }
        }
    })
}

async fn turn<E: Display>(ctx: &Ctx, job: &impl AsyncFn(&Ctx) -> Result<u64, E>, tally: &mut Tally) {
    let outcome = job(ctx).await;
    if let Err(error) = &outcome {
        tracing::warn!(%error, job = tally.name(), "a background job failed; it is tried again");
        ctx.metrics.event("background_job_failed");
    }
    tally.turn(ctx, outcome.map_err(|error| error.to_string())).await;
}
