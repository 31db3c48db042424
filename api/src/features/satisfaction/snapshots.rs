//! Snapshots of closed months: the answers per centre as they stood at an instant. A worker takes
//! them once a month is over; `satisfaction verify` recomputes each from the versions of the ratings
//! and compares it byte for byte (invariant 10).

use chrono::{Months, NaiveDate, TimeDelta};
use entity::satisfaction_snapshots;
use sea_orm::{ConnectionTrait, DbErr};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    dto::SatisfactionBy,
    store::{self, Answers},
};
use crate::{
    error::{Problem, Result},
    http::Month,
    state::Ctx,
};

/// Months back that are looked for.
const MONTHS: u32 = 24;
/// A rating carries the time its transaction began: none that is under way is older than this.
const SETTLED: TimeDelta = TimeDelta::minutes(2);

#[derive(Serialize)]
struct Line {
    centre: String,
    answers: i64,
    satisfied: i64,
    total: i64,
}

async fn figures(db: &impl ConnectionTrait, month: Month, as_of: chrono::DateTime<chrono::Utc>) -> Result<String> {
    let rows = store::answers(db, Answers::AsOf(as_of), (month, month), Some(SatisfactionBy::Centre)).await?;
    let line = |row: store::AnswerRow| Line {
        centre: row.key,
        answers: row.answers,
        satisfied: row.satisfied,
        total: row.total,
    };
    let mut lines: Vec<Line> = rows.into_iter().map(line).collect();
    lines.sort_by(|a, b| a.centre.cmp(&b.centre));
    serde_json::to_string(&lines).map_err(Problem::internal)
}

fn closed(today: NaiveDate) -> Vec<NaiveDate> {
    let present = Month::of(today).0;
    (1..=MONTHS).filter_map(|n| present.checked_sub_months(Months::new(n))).collect()
}

async fn missing(ctx: &Ctx) -> Result<Vec<NaiveDate>, DbErr> {
    let taken = store::snapshot_months(ctx.db.reader()).await?;
    Ok(closed(ctx.clock.today()).into_iter().filter(|month| !taken.contains(month)).collect())
}

/// Takes the snapshots of closed months that have none; for how many. Of two replicas that take one at
/// once the first stands.
pub async fn take_due(ctx: &Ctx) -> Result<u64> {
    let mut taken = 0;
    for month in missing(ctx).await? {
        let as_of = ctx.clock.now() - SETTLED;
        if as_of < crate::platform::clock::instant_at(month + Months::new(1), entity::MinuteOfDay(0)) {
            continue;
        }
        let figures = figures(ctx.db.reader(), Month(month), as_of).await?;
        let sha256 = Sha256::digest(&figures).to_vec();
        let row = satisfaction_snapshots::Model { month, as_of, figures, sha256 };
        store::insert_snapshot(ctx.db.writer(), row).await?;
        taken += 1;
    }
    Ok(taken)
}

/// Closed months without a snapshot.
pub async fn waiting(ctx: &Ctx) -> Result<u64, DbErr> {
    Ok(missing(ctx).await?.len() as u64)
}

/// A snapshot that isn't what it was, or isn't what the versions say.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// The month.
    pub month: NaiveDate,
    /// The stored text isn't the one that was hashed.
    pub changed: bool,
}

/// Recomputes every snapshot; how many there are, and which don't hold.
pub async fn verify(db: &impl ConnectionTrait) -> Result<(usize, Vec<Broken>)> {
    let rows = store::snapshots(db).await?;
    let (n, mut broken) = (rows.len(), Vec::new());
    for row in rows {
        let changed = Sha256::digest(&row.figures).as_slice() != row.sha256;
        if changed || figures(db, Month(row.month), row.as_of).await? != row.figures {
            broken.push(Broken { month: row.month, changed });
        }
    }
    Ok((n, broken))
}
