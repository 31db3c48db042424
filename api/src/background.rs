//! Work that no request asks for. Every replica runs it; each job is safe to run on several at
//! once, and a job that fails is tried again at its next turn.

use std::{fmt::Display, time::Duration};

use crate::{
    features::{audit, bookings, ops::housekeeping, waitlist},
    state::Ctx,
};

/// Starts every job on the present runtime.
pub fn start(ctx: &Ctx) {
    let poll = Duration::from_millis(ctx.settings.catalogue_poll_ms.max(50));
    every(ctx, poll, "catalogue", async |ctx: &Ctx| ctx.catalogue.refresh(ctx.db.reader(), &ctx.clock).await);
    every(ctx, Duration::from_secs(3), "audit sealing", audit::service::keep_sealed);
    every(ctx, Duration::from_secs(5), "lapsing of requests", bookings::service::keep_lapsed);
    every(ctx, Duration::from_secs(2), "waiting lists", waitlist::keep_offering);
    every(ctx, Duration::from_secs(30), "ends of waiting", waitlist::end_due);
    every(ctx, Duration::from_secs(30), "missed days", bookings::service::keep_missed);
    every(ctx, Duration::from_secs(5), "keys of codes", async |ctx: &Ctx| ctx.code_keys.refresh(ctx.db.reader()).await);
    every(ctx, Duration::from_secs(3600), "housekeeping", housekeeping::tidy);
}

/// Runs `job` now and then again `pause` after it ended.
fn every<E: Display>(
    ctx: &Ctx,
    pause: Duration,
    name: &'static str,
    job: impl AsyncFn(&Ctx) -> Result<(), E> + 'static,
) {
    let ctx = ctx.clone();
    actix_web::rt::spawn(async move {
        loop {
            if let Err(error) = job(&ctx).await {
                tracing::warn!(%error, job = name, "a background job failed; it is tried again");
                ctx.metrics.event("background_job_failed");
            }
            tokio::time::sleep(pause).await;
        }
    });
}
