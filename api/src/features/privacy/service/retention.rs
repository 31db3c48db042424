//! Retention: the report of what is due, and the job that does it.

use chrono::TimeDelta;

use super::{
    super::{
        dto::{RetentionOut, RetentionRuleOut},
        rules::{KEPT, Rule},
        store::retention as store,
    },
    leaving,
};
use crate::{error::Result, http::Moment, platform::db::write_txn, state::Ctx};

/// Accounts closed in one go.
const ACCOUNTS: u64 = 50;
/// Due within so many days more is due soon.
const SOON: TimeDelta = TimeDelta::days(30);

/// What is kept for how long and why, and how much of it is due.
pub async fn report(ctx: &Ctx) -> Result<RetentionOut> {
    let (db, now) = (ctx.db.reader(), ctx.clock.now());
    let mut items = Vec::with_capacity(Rule::ALL.len() + KEPT.len());
    for rule in Rule::ALL {
        let (name, what) = rule.named();
        let due = store::count(db, rule, rule.before(&ctx.settings, now)).await?;
        let later = store::count(db, rule, rule.before(&ctx.settings, now + SOON)).await?;
        items.push(RetentionRuleOut {
            rule: name,
            what,
            days: Some(rule.days(&ctx.settings)),
            reason: rule.reason(),
            then: Some(rule.then()),
            due,
            due_soon: later.saturating_sub(due),
        });
    }
    items.extend(KEPT.iter().map(|&(rule, what, reason)| RetentionRuleOut {
        rule,
        what,
        days: None,
        reason,
        then: None,
        due: 0,
        due_soon: 0,
    }));
    Ok(RetentionOut { as_of: Moment(now), items })
}

/// Deletes what is over, and closes accounts that nobody used; how many rows. What is to be erased by
/// name is done by [`super::erasure`].
pub async fn apply(ctx: &Ctx) -> Result<u64> {
    let mut done = 0;
    for rule in Rule::ALL {
        let before = rule.before(&ctx.settings, ctx.clock.now());
        match rule {
            Rule::LeavingAccounts | Rule::RemovedChildren => {}
            // One that can't be closed (its child is in care) comes again in the next turn.
            Rule::InactiveAccounts => loop {
                let mut closed = 0;
                for family in store::inactive_families(ctx.db.reader(), before, ACCOUNTS).await? {
                    closed += u64::from(leaving::close_unused(ctx, family).await?);
                }
                done += closed;
                if closed == 0 {
                    break;
                }
            },
            // Each batch a transaction of its own: nobody waits long for the one writer of SQLite.
            _ => loop {
                let n = write_txn(&ctx.db, async |txn| store::delete(txn, rule, before).await).await?;
                done += n;
                if n == 0 {
                    break;
                }
            },
        }
    }
    Ok(done)
}

/// What is due by the rules that this job and the erasure work off.
pub async fn waiting(ctx: &Ctx) -> Result<u64> {
    let mut waiting = 0;
    for rule in [Rule::LeavingAccounts, Rule::RemovedChildren] {
        waiting += store::count(ctx.db.reader(), rule, rule.before(&ctx.settings, ctx.clock.now())).await?;
    }
    Ok(waiting)
}
