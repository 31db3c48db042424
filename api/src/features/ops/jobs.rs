//! How background jobs fare: counted per process for `/metrics`, and over all replicas in `job_runs`
//! for `quanxiangtuo jobs`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::job_runs;
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryOrder,
    sea_query::{Expr, OnConflict},
};

use crate::{
    error::Result,
    features::{
        audit, bookings, coverage, exchange::hooks, indicators, moderation, notices, privacy, satisfaction, waitlist,
    },
    platform::clock::Stopwatch,
    state::Ctx,
};

/// Changes of centres that other replicas made.
pub const CATALOGUE: &str = "catalogue";
/// Audit rows into the chain.
pub const AUDIT: &str = "audit_sealing";
/// Requests that no centre answered, offers that no family accepted.
pub const LAPSE: &str = "lapse";
/// Freed places to who waits.
pub const OFFERS: &str = "waitlist_offers";
/// Entries of waiting lists whose offer or first day is over.
pub const WAITING: &str = "waitlist_ends";
/// Days to which nobody came.
pub const MISSED: &str = "no_shows";
/// Reminders of tomorrow's care and of vouchers that end.
pub const REMINDERS: &str = "reminders";
/// Texts that WeChat is asked about.
pub const MODERATION: &str = "moderation";
/// Texts that no moderation is about yet.
pub const UNMODERATED: &str = "unmoderated_texts";
/// Notices as WeChat messages.
pub const MESSAGES: &str = "messages";
/// Changed answers and care into the roll-ups of satisfaction.
pub const SATISFACTION: &str = "satisfaction";
/// Snapshots of closed months.
pub const SNAPSHOTS: &str = "monthly_snapshots";
/// The journal of centres, and the plan's indicators of closed months.
pub const INDICATORS: &str = "indicators";
/// What happened, to the webhooks that want to know.
pub const WEBHOOKS: &str = "webhooks";
/// Messages to webhooks.
pub const DELIVERIES: &str = "webhook_deliveries";
/// Keys of codes that another replica was told of.
pub const CODE_KEYS: &str = "code_keys";
/// Whether WeChat takes our appid and secret.
pub const WECHAT: &str = "wechat_check";
/// Ways between centres and communities.
pub const COVERAGE: &str = "coverage";
/// Policies and contracts that begin after a gap.
pub const REGISTERS: &str = "registers";
/// What has outlived its use.
pub const TIDY: &str = "housekeeping";
/// Accounts and children that are to be erased.
pub const ERASURE: &str = "erasure";
/// What waits for the jobs above.
pub const MEASURE: &str = "measure";

/// Turns are written down together, at most so often.
const WRITTEN_EVERY: Duration = Duration::from_secs(30);
/// Characters of an error that are kept.
const ERROR_LENGTH: usize = 300;

/// The turns of a job in this process that aren't written down yet.
pub struct Tally {
    name: &'static str,
    runs: i64,
    failures: i64,
    done: i64,
    error: Option<String>,
    written: Option<Stopwatch>,
}

impl Tally {
    /// Of a job that hasn't run yet.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, runs: 0, failures: 0, done: 0, error: None, written: None }
    }

    /// The job's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Counts a turn; writes down what was counted, at once after a failure or a turn that did something. What can't be written is
    /// kept for the next turn.
    pub async fn turn(&mut self, ctx: &Ctx, outcome: std::result::Result<u64, String>) {
        let now = ctx.clock.now();
        ctx.metrics.job(self.name, outcome.as_ref().ok().copied(), now);
        self.runs += 1;
        match outcome {
            Ok(done) => {
                self.done += i64::try_from(done).unwrap_or(0);
                self.error = None;
            }
            Err(error) => {
                self.failures += 1;
                self.error = Some(error.chars().take(ERROR_LENGTH).collect());
            }
        }
        // What was done is written down at once, so that a kill forgets none of it.
        let idle = self.error.is_none() && self.done == 0;
        let waits = idle && self.written.is_some_and(|at| at.elapsed() < WRITTEN_EVERY);
        if waits {
            return;
        }
        self.written = Some(Stopwatch::start());
        if self.write(ctx, now).await.is_ok() {
            (self.runs, self.failures, self.done) = (0, 0, 0);
        }
    }

    async fn write(&self, ctx: &Ctx, now: DateTime<Utc>) -> Result<(), DbErr> {
        use job_runs::Column::{Done, Failures, LastError, LastFailedAt, LastOkAt, LastRunAt, Name, Runs};
        let failed = self.error.is_some();
        let row = job_runs::Model {
            name: self.name.to_owned(),
            last_run_at: now,
            last_ok_at: (!failed).then_some(now),
            last_failed_at: failed.then_some(now),
            last_error: self.error.clone(),
            runs: self.runs,
            failures: self.failures,
            done: self.done,
        };
        let more = |column: job_runs::Column, n: i64| (column, Expr::col((job_runs::Entity, column)).add(n));
        let mut over = OnConflict::column(Name);
        over.update_column(LastRunAt).values([
            more(Runs, self.runs),
            more(Failures, self.failures),
            more(Done, self.done),
        ]);
        // The error stays beside a later success, so that it can still be read.
        if failed {
            over.update_columns([LastFailedAt, LastError]);
        } else {
            over.update_column(LastOkAt);
        }
        let row = job_runs::ActiveModel::from(row);
        job_runs::Entity::insert(row).on_conflict(over).exec_without_returning(ctx.db.writer()).await.map(drop)
    }
}

/// What waits for each job that works off what is due.
pub async fn waiting(ctx: &Ctx) -> Result<Vec<(&'static str, u64)>> {
    Ok(vec![
        (AUDIT, audit::service::sealing_waits(ctx).await?),
        (LAPSE, bookings::service::lapse_waiting(ctx).await?),
        (OFFERS, waitlist::offers_waiting(ctx).await?),
        (MISSED, bookings::service::missed_waiting(ctx).await?),
        (REMINDERS, notices::reminders::waiting(ctx).await?),
        (MODERATION, moderation::service::waiting(ctx).await?),
        (MESSAGES, notices::sending::waiting(ctx).await?),
        (SATISFACTION, satisfaction::rollups::waiting(ctx).await?),
        (SNAPSHOTS, satisfaction::snapshots::waiting(ctx).await?),
        (INDICATORS, indicators::snapshots::waiting(ctx).await?),
        (DELIVERIES, hooks::deliver::waiting(ctx).await?),
        (COVERAGE, coverage::service::sweep::waiting(ctx).await?),
        (ERASURE, privacy::service::retention::waiting(ctx).await?),
    ])
}

/// Puts what waits into the metrics.
pub async fn measure(ctx: &Ctx) -> Result<u64> {
    for (job, pieces) in waiting(ctx).await? {
        ctx.metrics.waiting(job, pieces);
    }
    ctx.metrics.misconfigured_messages(notices::sending::misconfigured(ctx).await?);
    ctx.metrics.oldest_message(notices::sending::oldest(ctx).await?);
    Ok(0)
}

/// How every job fared, by name.
pub async fn runs(db: &impl ConnectionTrait) -> Result<Vec<job_runs::Model>, DbErr> {
    job_runs::Entity::find().order_by_asc(job_runs::Column::Name).all(db).await
}

/// Whether the last turn of a job failed.
#[must_use]
pub fn is_failing(run: &job_runs::Model) -> bool {
    run.last_failed_at.is_some_and(|failed| run.last_ok_at.is_none_or(|ok| ok < failed))
}
