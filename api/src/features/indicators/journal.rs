//! The journal of what centres were: a worker compares them with their last rows and writes down what
//! changed, as of the instant of the change (`centres.changed_at`, which rises with every change). Whoever
//! changes a centre needs to know nothing of it. Two changes within a turn leave one row.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::store::states;
use crate::{error::Result, platform::db::write_txn, state::Ctx};

/// A transaction that was under way at the last turn was not older.
const OVERLAP: TimeDelta = TimeDelta::hours(1);

/// Writes down what changed since the last turn; for how many centres. All of a turn or nothing: the next
/// begins where the last one that was written ended.
pub async fn record(ctx: &Ctx) -> Result<u64> {
    let (db, now) = (ctx.db.reader(), ctx.clock.now());
    let since = states::span(db).await?.map(|(_, last)| last.min(now) - OVERLAP);
    if states::next_part(db, None, since).await?.is_none() {
        return Ok(0);
    }
    write_txn(&ctx.db, async |txn| {
        let (mut n, mut part) = (0, None);
        while let Some(next) = states::next_part(txn, part, since).await? {
            let last: HashMap<_, _> =
                states::last(txn, next).await?.into_iter().map(|state| (state.centre_id, state)).collect();
            let mut new = states::present(txn, next, since, now).await?;
            new.retain(|state| last.get(&state.centre_id).is_none_or(|last| !last.same_as(state)));
            n += new.len() as u64;
            states::put(txn, new).await?;
            part = Some(next);
        }
        Ok(n)
    })
    .await
}
