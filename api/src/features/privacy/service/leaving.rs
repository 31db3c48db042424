//! A family leaves, or takes one child away: what is still to come is called off in the same
//! transaction; what remains is erased later ([`super::erasure`]).

use std::cell::Cell;

use chrono::{DateTime, Days, TimeDelta, Utc};
use entity::{AccountStatus, ChildId, FamilyId, SessionId, families};
use sea_orm::DatabaseTransaction;

use super::super::{
    dto::{ChildRemovedOut, LeavingOut},
    store::erasure as store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        auth,
        bookings::service::{self as bookings, GivenBack},
        events,
        families::store as family_store,
        guidance, waitlist,
    },
    http::Moment,
    platform::db::write_txn,
    state::Ctx,
};

/// How often a family that books meanwhile is looked at again.
const ATTEMPTS: usize = 5;

/// Set when the family booked or joined a list between the look and the lock: begin anew.
pub(super) type Lost = Cell<bool>;

/// What was called off.
pub(super) struct CalledOff {
    pub(super) given: GivenBack,
    pub(super) waiting: u64,
}

/// Calls off all that is to come for a child or for all children, and locks the family's row. Entries of
/// waiting lists are locked first, then bookings, then the family, as everywhere; what came
/// between is seen under the lock, and then all begins anew.
pub(super) async fn call_off(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    family: FamilyId,
    child: Option<ChildId>,
    lost: &Lost,
) -> Result<(families::Model, CalledOff)> {
    let entries = waitlist::live_of(txn, family, child).await?;
    waitlist::withdraw_all(txn, ctx, family, &entries).await?;
    let ids = bookings::live_of(txn, family, child).await?;
    let given = bookings::call_off_all(txn, ctx, family, &ids).await?;
    // The child before the family, as whoever books locks them; to remove it, for a claim's foreign key
    // must wait.
    if let Some(child) = child {
        let found = family_store::lock_child_to_remove(txn, family, child).await?;
        found.ok_or_else(|| Problem::new(Code::NotFound))?;
    }
    let row = store::lock_family(txn, family).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let came = waitlist::live_of(txn, family, child).await?;
    let booked = bookings::live_of(txn, family, child).await?;
    if !came.is_empty() || booked.iter().any(|id| !ids.contains(id)) {
        lost.set(true);
        return Err(Problem::new(Code::Unavailable));
    }
    Ok((row, CalledOff { given, waiting: entries.len() as u64 }))
}

/// Runs a transaction again while the family was faster.
pub(super) async fn again<T>(attempt: impl AsyncFn(&Lost) -> Result<T>) -> Result<T> {
    let mut outcome = Err(Problem::new(Code::Unavailable));
    for _ in 0..ATTEMPTS {
        let lost = Lost::new(false);
        outcome = attempt(&lost).await;
        if !lost.get() {
            break;
        }
    }
    outcome
}

/// What would follow, for who hasn't confirmed yet.
async fn asked_first(ctx: &Ctx, family: FamilyId, child: Option<ChildId>, what: Text, days: u32) -> Result<Problem> {
    let db = ctx.db.reader();
    let open = bookings::live_of(db, family, child).await?.len();
    let waiting = waitlist::live_of(db, family, child).await?.len();
    let vouchers = store::usable_vouchers(db, family, child, ctx.clock.today()).await?.len();
    Ok(Problem::new(Code::ConfirmationRequired)
        .detail(what)
        .fact("bookings_cancelled", open)
        .fact("waiting_left", waiting)
        .fact("vouchers_ended", vouchers)
        .fact("erased_after_days", days))
}

/// Closes the account: everybody is signed out, what is to come is called off, and after the waiting
/// time the account is erased, unless the family signs in with `restore` before.
pub async fn leave(ctx: &Ctx, family: FamilyId, confirmed: bool) -> Result<LeavingOut> {
    let days = ctx.settings.erasure_wait_days;
    if !confirmed {
        let what = Text::new(
            format!(
                "注销后，未完成的预约和候补将立即取消且不能恢复；{days}天内可重新登录恢复账号，之后个人信息将被删除，\
                 未使用的体验券作废，且不能再领取同一批次。请确认后重新提交（confirm=true）。"
            ),
            format!(
                "Open bookings and places in waiting lists are cancelled at once and for good. Within {days} days \
                 signing in with `restore` keeps the account; after that it is erased and unused vouchers end. Send \
                 it again with `confirm=true`."
            ),
        );
        return Err(asked_first(ctx, family, None, what, days).await?);
    }
    let (out, given, ended) =
        again(async |lost| write_txn(&ctx.db, async |txn| close(txn, ctx, family, lost).await).await).await?;
    given.forget_places(ctx);
    auth::service::forget_all(ctx, ended).await;
    ctx.metrics.event("family_leaving");
    Ok(out)
}

async fn close(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    family: FamilyId,
    lost: &Lost,
) -> Result<(LeavingOut, GivenBack, Vec<SessionId>)> {
    let (row, CalledOff { given, waiting }) = call_off(txn, ctx, family, None, lost).await?;
    let erase_at = ctx.clock.now() + TimeDelta::days(i64::from(ctx.settings.erasure_wait_days));
    if row.status != AccountStatus::Active || !store::close(txn, family, erase_at).await? {
        return Err(Problem::new(Code::WrongState).fact("state", row.status));
    }
    let vouchers = store::usable_vouchers(txn, family, None, ctx.clock.today()).await?.len() as u64;
    store::end_feeds(txn, family, ctx.clock.now()).await?;
    events::withdraw_all(txn, ctx, family).await?;
    guidance::withdraw_live(ctx, txn, family, None).await?;
    let ended = auth::service::end_sessions_of(txn, ctx, family).await?;
    let out = LeavingOut {
        erase_at: Moment(erase_at),
        bookings_cancelled: given.bookings,
        waiting_left: waiting,
        vouchers_ending: vouchers,
    };
    Ok((out, given, ended))
}

/// Closes an account that nobody used for years, as if its family had asked for it; false if it isn't
/// open any more.
pub(super) async fn close_unused(ctx: &Ctx, family: FamilyId) -> Result<bool> {
    let closed = again(async |lost| write_txn(&ctx.db, async |txn| close(txn, ctx, family, lost).await).await).await;
    match closed {
        Ok((_, given, ended)) => {
            given.forget_places(ctx);
            auth::service::forget_all(ctx, ended).await;
            Ok(true)
        }
        Err(problem) if problem.code() == Code::WrongState => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// Until when the row of a child that is removed now is kept.
pub(super) fn erased_on(ctx: &Ctx, now: DateTime<Utc>) -> Moment {
    Moment(now + Days::new(u64::from(ctx.settings.retention_removed_child_days)))
}

/// Takes a child away: the consent to `booking` ends, and so does everything that rests on it.
pub async fn remove_child(ctx: &Ctx, family: FamilyId, id: ChildId, confirmed: bool) -> Result<ChildRemovedOut> {
    let db = ctx.db.reader();
    if family_store::child(db, family, id).await?.is_none() {
        return Err(Problem::new(Code::NotFound));
    }
    if !confirmed {
        let days = ctx.settings.retention_removed_child_days;
        let what = Text::new(
            format!(
                "撤回“预约托育服务”的同意即移除该孩子：未完成的预约和候补将立即取消，未使用的体验券作废，\
                 孩子的信息将在{days}天后删除。请确认后重新提交（confirm=true）。"
            ),
            format!(
                "Without consent to `booking` the child is removed: its open bookings and places in waiting lists are \
                 cancelled at once, its vouchers end, and its data is erased after {days} days. Send it again with \
                 `confirm=true`."
            ),
        );
        return Err(asked_first(ctx, family, Some(id), what, days).await?);
    }
    let (out, given) = again(async |lost| {
        write_txn(&ctx.db, async |txn| {
            let (_, CalledOff { given, waiting }) = call_off(txn, ctx, family, Some(id), lost).await?;
            let now = ctx.clock.now();
            store::remove_child(txn, id, now).await?;
            store::withdraw(txn, id, None, now).await?;
            let vouchers = store::revoke_vouchers(txn, id, now).await?;
            store::erase_health(txn, id).await?;
            store::erase_declared(txn, id).await?;
            guidance::withdraw_live(ctx, txn, family, Some(id)).await?;
            // What was answered before shows its name.
            store::forget_answers(txn, family).await?;
            let out = ChildRemovedOut {
                id,
                bookings_cancelled: given.bookings,
                waiting_left: waiting,
                vouchers_ended: vouchers,
                erased_on: erased_on(ctx, now),
            };
            Ok((out, given))
        })
        .await
    })
    .await?;
    given.forget_places(ctx);
    ctx.metrics.event("child_removed");
    Ok(out)
}
