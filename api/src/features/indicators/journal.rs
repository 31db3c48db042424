//! The journal of what centres were: a worker compares them with their last rows and writes down what
//! changed, as of the instant of the change (`centres.changed_at`, which rises with every change). Whoever
//! changes a centre needs to know nothing of it. Two changes within a turn leave one row.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::store::states;
use crate::{error::Result, state::Ctx};

/// A transaction that was under way at the last turn was not older.
const OVERLAP: TimeDelta = TimeDelta::hours(1);

/// Writes down what changed since the last turn; for how many centres.
pub async fn record(ctx: &Ctx) -> Result<u64> {
    let (db, now) = (ctx.db.reader(), ctx.clock.now());
    let since = states::span(db).await?.map(|(_, last)| last.min(now) - OVERLAP);
    let present = states::present(db, since, now).await?;
    if present.is_empty() {
        return Ok(0);
    }
    let last: HashMap<_, _> = states::last(db).await?.into_iter().map(|state| (state.centre_id, state)).collect();
    let new: Vec<_> = present
        .into_iter()
        .filter(|state| last.get(&state.centre_id).is_none_or(|last| !last.same_as(state)))
        .collect();
    let n = new.len() as u64;
    states::put(ctx.db.writer(), new).await?;
    Ok(n)
}
