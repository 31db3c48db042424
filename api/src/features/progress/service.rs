//! Progress is told a few times a second, and a call to end it is looked for as often.

use std::time::Duration;

use entity::StaffId;

use super::dto::{WorkOut, WorkState};
use crate::{
    error::{Code, Problem, Result, Text},
    http::Moment,
    platform::{clock::Stopwatch, kv::KvError},
    state::Ctx,
};

/// How often work tells how far it is.
const EVERY: Duration = Duration::from_millis(200);
/// What no longer tells is forgotten after this: its process was stopped.
const SILENT: Duration = Duration::from_secs(60);
/// How long an end is told, and a call to end is kept.
const KEPT: Duration = Duration::from_secs(600);

/// Where a piece of work is told of, and where it is called off.
struct Keys {
    told: String,
    called_off: String,
}

impl Keys {
    fn of(account: StaffId, work: &str) -> Option<Self> {
        let fits = (8..=64).contains(&work.len()) && work.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fits.then(|| Self { told: format!("work:{account}:{work}"), called_off: format!("work-off:{account}:{work}") })
    }
}

fn away(error: &KvError) -> Problem {
    tracing::warn!(%error, "long work can't be watched");
    Problem::new(Code::Unavailable)
}

async fn told(ctx: &Ctx, keys: &Keys) -> Result<Option<WorkOut>> {
    let told = ctx.kv.get(&keys.told).await.map_err(|error| away(&error))?;
    Ok(told.and_then(|told| serde_json::from_str(&told).ok()))
}

/// How far it is.
pub(super) async fn read(ctx: &Ctx, account: StaffId, work: &str) -> Result<WorkOut> {
    let keys = Keys::of(account, work).ok_or_else(|| Problem::new(Code::NotFound))?;
    told(ctx, &keys).await?.ok_or_else(|| Problem::new(Code::NotFound))
}

/// Calls it off.
pub(super) async fn cancel(ctx: &Ctx, account: StaffId, work: &str) -> Result<()> {
    let keys = Keys::of(account, work).ok_or_else(|| Problem::new(Code::NotFound))?;
    match told(ctx, &keys).await? {
        Some(told) if told.state != WorkState::Running => Err(Problem::new(Code::WrongState)),
        _ => ctx.kv.put(&keys.called_off, "1", KEPT).await.map_err(|error| away(&error)),
    }
}

/// Work that may be watched; without a word it tells nobody and can't be called off.
pub struct Progress<'a> {
    ctx: &'a Ctx,
    watched: Option<(Keys, WorkOut)>,
    /// Since it told last.
    since: Option<Stopwatch>,
}

impl<'a> Progress<'a> {
    /// Begins a piece of work. A word that can't be one is refused by its field.
    pub async fn begin(ctx: &'a Ctx, account: StaffId, work: Option<&str>) -> Result<Self> {
        let watched = match work {
            None => None,
            Some(work) => {
                let keys = Keys::of(account, work).ok_or_else(bad_word)?;
                let (work, at) = (work.to_owned(), Moment(ctx.clock.now()));
                Some((keys, WorkOut { work, state: WorkState::Running, done: 0, total: 0, at }))
            }
        };
        let mut progress = Self { ctx, watched, since: None };
        progress.tell(SILENT).await;
        Ok(progress)
    }

    /// It has so many rows.
    pub fn has(&mut self, total: usize) {
        if let Some((_, out)) = &mut self.watched {
            out.total = total;
        }
    }

    /// One more row is looked at. Refuses if the work was called off.
    pub async fn step(&mut self) -> Result<()> {
        let Some((_, out)) = &mut self.watched else { return Ok(()) };
        out.done += 1;
        if self.since.is_some_and(|since| since.elapsed() < EVERY) {
            return Ok(());
        }
        self.since = Some(Stopwatch::start());
        self.tell(SILENT).await;
        self.go_on().await
    }

    /// Refuses if the work was called off.
    pub async fn go_on(&self) -> Result<()> {
        let Some((keys, _)) = &self.watched else { return Ok(()) };
        // A store that is away stops nobody's work.
        match self.ctx.kv.get(&keys.called_off).await {
            Ok(Some(_)) => Err(Problem::new(Code::WorkCancelled)),
            _ => Ok(()),
        }
    }

    /// Tells how it ended.
    pub async fn end<T>(mut self, outcome: &Result<T>) {
        if let Some((_, out)) = &mut self.watched {
            out.state = match outcome {
                Ok(_) => WorkState::Done,
                Err(problem) if problem.code() == Code::WorkCancelled => WorkState::Cancelled,
                Err(_) => WorkState::Refused,
            };
            self.tell(KEPT).await;
        }
    }

    async fn tell(&mut self, ttl: Duration) {
        let Some((keys, out)) = &mut self.watched else { return };
        out.at = Moment(self.ctx.clock.now());
        if let Ok(text) = serde_json::to_string(out)
            && let Err(error) = self.ctx.kv.put(&keys.told, &text, ttl).await
        {
            tracing::warn!(%error, "long work can't be watched");
        }
    }
}

fn bad_word() -> Problem {
    let text =
        Text::new("work 须为 8 到 64 个字母、数字或连字符。", "`work` takes 8 to 64 letters, digits and hyphens.");
    Problem::field("work", "out_of_range", text)
}
