//! Work that no request asks for. Every replica runs every job; each is a sweep over what the database
//! says is due, in steps that are conditional updates, so that several replicas share it without doing
//! it twice and a kill loses nothing. A job that fails is tried again at its next turn.
//!
//! No queue: what is to be done is in the rows already (a deadline, a mark, a date), written by the
//! transaction that makes it due. `docs/decisions/background-work.md` says which libraries were
//! weighed.

use std::{cell::Cell, fmt::Display, time::Duration};

use crate::{
    features::{
        audit, bookings, notices,
        ops::{
            housekeeping,
            jobs::{self, Tally},
        },
        satisfaction, waitlist,
    },
    state::Ctx,
};

/// Between the first turns of two jobs: all at once would each open a connection of their own.
const APART: Duration = Duration::from_millis(40);

/// Starts every job on the present runtime.
pub fn start(ctx: &Ctx) {
    let jobs = Jobs { ctx, started: Cell::new(0) };
    let poll = Duration::from_millis(ctx.settings.catalogue_poll_ms.max(50));
    let seconds = Duration::from_secs;
    jobs.every(poll, jobs::CATALOGUE, async |ctx: &Ctx| {
        ctx.catalogue.refresh(ctx.db.reader(), &ctx.clock).await.map(|()| 0)
    });
    jobs.every(seconds(3), jobs::AUDIT, audit::service::seal_all);
    jobs.every(seconds(5), jobs::LAPSE, bookings::service::lapse_due);
    jobs.every(seconds(2), jobs::OFFERS, waitlist::offer_due);
    jobs.every(seconds(30), jobs::WAITING, waitlist::end_due);
    jobs.every(seconds(30), jobs::MISSED, bookings::service::mark_missed);
    jobs.every(seconds(60), jobs::REMINDERS, notices::reminders::remind);
    jobs.every(seconds(600), jobs::SNAPSHOTS, satisfaction::snapshots::take_due);
    jobs.every(seconds(5), jobs::CODE_KEYS, async |ctx: &Ctx| ctx.code_keys.refresh(ctx.db.reader()).await.map(|()| 0));
    jobs.every(seconds(3600), jobs::TIDY, housekeeping::tidy);
    jobs.every(seconds(30), jobs::MEASURE, jobs::measure);
}

struct Jobs<'a> {
    ctx: &'a Ctx,
    started: Cell<u32>,
}

impl Jobs<'_> {
    /// Runs `job` soon and then again `pause` after it ended; it says how many pieces it did.
    fn every<E: Display>(
        &self,
        pause: Duration,
        name: &'static str,
        job: impl AsyncFn(&Ctx) -> Result<u64, E> + 'static,
    ) {
        let (ctx, before) = (self.ctx.clone(), self.started.get());
        self.started.set(before + 1);
        actix_web::rt::spawn(async move {
            tokio::time::sleep(APART * before).await;
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
        });
    }
}
