//! Snapshots of closed months: the answers per centre as they stood at an instant. A worker takes
//! them once a month is over; `satisfaction verify` recomputes each from the versions of the ratings
//! and compares it byte for byte (invariant 10).

use std::collections::BTreeSet;

use chrono::{Months, NaiveDate, TimeDelta};
use entity::satisfaction_snapshots;
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    dto::{
        SatisfactionBy, SatisfactionCentreRevisedOut, SatisfactionCounted, SatisfactionMonthOut,
        SatisfactionMonthsQuery,
    },
    rollups,
    rules::{self, Counts},
    store::{self, Answers},
};
use crate::{
    error::{Problem, Result},
    http::{Cursor, Moment, Month, Page},
    state::Ctx,
};

/// Months back that are looked for.
const MONTHS: u32 = 24;
/// A rating carries the time its transaction began: none that is under way is older than this.
const SETTLED: TimeDelta = TimeDelta::minutes(2);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    centre: String,
    answers: i64,
    satisfied: i64,
    total: i64,
}

async fn lines(db: &impl ConnectionTrait, month: Month, state: Answers) -> Result<Vec<Line>> {
    let rows = store::answers(db, state, (month, month), Some(SatisfactionBy::Centre)).await?;
    let line = |row: store::Row| Line {
        centre: row.key,
        answers: row.counts.answers,
        satisfied: row.counts.satisfied,
        total: row.counts.total,
    };
    let mut lines: Vec<Line> = rows.into_iter().map(line).collect();
    lines.sort_by(|a, b| a.centre.cmp(&b.centre));
    Ok(lines)
}

async fn figures(db: &impl ConnectionTrait, month: Month, as_of: chrono::DateTime<chrono::Utc>) -> Result<String> {
    serde_json::to_string(&lines(db, month, Answers::AsOf(as_of)).await?).map_err(Problem::internal)
}

impl Line {
    fn counts(&self) -> Counts {
        let Self { centre: _, answers, satisfied, total } = *self;
        Counts { answers, satisfied, total, ..Counts::default() }
    }
}

fn counted(lines: &[Line], target: f64) -> SatisfactionCounted {
    let mut all = Counts::default();
    for line in lines {
        all.answers += line.answers;
        all.satisfied += line.satisfied;
        all.total += line.total;
    }
    rules::figures(all, target).into()
}

/// A page of closed months, the latest first, each with what its snapshot holds and what the ratings
/// say now.
pub async fn months(ctx: &Ctx, query: SatisfactionMonthsQuery) -> Result<Page<SatisfactionMonthOut>> {
    let SatisfactionMonthsQuery { month, limit, cursor } = query;
    let before = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let db = ctx.db.reader();
    let found = store::snapshot_page(db, month.map(|month| month.0), before, limit.plus_one()).await?;
    let page = Page::of(found, limit, |row| row.month, |row| row);
    rollups::freshen(ctx).await;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let taken: Vec<Line> = serde_json::from_str(&row.figures).map_err(Problem::internal)?;
        let now = lines(db, Month(row.month), Answers::Present).await?;
        items.push(revised(&row, &taken, &now, ctx.settings.satisfaction_target));
    }
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// One closed month with its revised figures beside those of the snapshot.
fn revised(row: &satisfaction_snapshots::Model, taken: &[Line], now: &[Line], target: f64) -> SatisfactionMonthOut {
    let ids: BTreeSet<&str> = taken.iter().chain(now).map(|line| line.centre.as_str()).collect();
    let of = |lines: &[Line], centre: &str| {
        lines.iter().find(|line| line.centre == centre).map(Line::counts).unwrap_or_default()
    };
    let centres = ids.into_iter().filter(|id| of(taken, id) != of(now, id)).filter_map(|id| {
        Some(SatisfactionCentreRevisedOut {
            centre_id: id.parse().ok()?,
            taken: rules::figures(of(taken, id), target).into(),
            revised: rules::figures(of(now, id), target).into(),
        })
    });
    SatisfactionMonthOut {
        month: Month(row.month),
        as_of: Moment(row.as_of),
        taken: counted(taken, target),
        revised: counted(now, target),
        changed: taken != now,
        centres: centres.collect(),
    }
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
