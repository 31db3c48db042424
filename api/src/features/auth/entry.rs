//! The last step of every staff sign-in, whatever the first factor was: under the account's lock, so
//! that guesses made at once are counted one by one and a session never begins after an account was
//! closed or a WeChat account unbound.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{AccountStatus, SessionId, StaffId};

use super::{
    binding_store as bindings,
    dto::{SignedInOut, UserOut},
    second_factor::{self, Second},
    service, staff_store as rows,
    store::{self, Owner},
};
use crate::{
    error::{Code, Problem, Result, Text},
    platform::db::write_txn,
    state::Ctx,
};

/// So many failures in a row lock a staff account…
pub(super) const FAILURES: i32 = 5;
/// …for so long.
pub(super) const LOCKED_FOR: TimeDelta = TimeDelta::minutes(15);

/// What somebody has shown already.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shown<'a> {
    /// The password.
    Password,
    /// A WeChat account, by the hash of its openid.
    WeChat(&'a [u8]),
}

pub(super) fn account_closed() -> Problem {
    Problem::new(Code::Forbidden).detail(Text::new("该账号已停用，请联系管理员。", "This account is closed."))
}

pub(super) fn locked(until: DateTime<Utc>, now: DateTime<Utc>) -> Problem {
    Problem::new(Code::AccountLocked).retry_after(u64::try_from((until - now).num_seconds().max(1)).unwrap_or(1))
}

enum Entered {
    In(SessionId, UserOut, String),
    Refused(Problem),
}

/// Lets in who has shown the first factor, and the second where one is on.
pub(super) async fn enter(ctx: &Ctx, id: StaffId, shown: Shown<'_>, otp: Option<&str>) -> Result<SignedInOut> {
    let now = ctx.clock.now();
    // A refusal may have counted a failure, which stays: it is no rollback.
    let entered = write_txn(&ctx.db, async |txn| -> Result<Entered> {
        let Some(row) = rows::lock(txn, id).await? else {
            return Ok(Entered::Refused(Problem::new(Code::WrongCredentials)));
        };
        if let Shown::WeChat(openid) = shown
            && bindings::staff_of(txn, openid).await? != Some(id)
        {
            return Ok(Entered::Refused(Problem::new(Code::WechatNotBound)));
        }
        if row.status != AccountStatus::Active {
            return Ok(Entered::Refused(account_closed()));
        }
        if let Some(until) = row.locked_until.filter(|until| *until > now) {
            return Ok(Entered::Refused(locked(until, now)));
        }
        match second_factor::check(ctx, txn, id, otp).await? {
            Second::Passed => {}
            Second::Missing => return Ok(Entered::Refused(Problem::new(Code::SecondFactorRequired))),
            Second::Wrong => {
                store::count_failure(txn, id, FAILURES, now + LOCKED_FOR).await?;
                return Ok(Entered::Refused(wrong_otp()));
            }
        }
        store::forget_failures(txn, id).await?;
        let user = UserOut { id: id.to_string(), role: row.role.into(), centre_id: row.centre_id };
        let (session, refresh) = service::open_session(ctx, txn, Owner::Staff(id)).await?;
        Ok(Entered::In(session, user, refresh))
    })
    .await?;
    match entered {
        Entered::In(session, user, refresh) => service::signed_in(ctx, session, user, refresh),
        Entered::Refused(problem) => {
            ctx.metrics.event("sign_in_failed");
            Err(problem)
        }
    }
}

fn wrong_otp() -> Problem {
    let text = Code::SecondFactorInvalid.text();
    Problem::new(Code::WrongCredentials).detail(text.clone()).and_field("otp", "invalid", text)
}
