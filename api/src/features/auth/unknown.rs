//! Sign-in with a user name that no account has: it is refused, counted and locked as an account is, so
//! that neither an answer nor its time tells which names there are.

use std::time::Duration;

use chrono::DateTime;

use super::{
    entry::{self, FAILURES, LOCKED_FOR},
    password,
};
use crate::{
    error::{Code, Problem, Result},
    platform::kv::KvError,
    state::Ctx,
};

/// What hashes of names are bound to: whoever reads the store learns no name that was tried.
const NAME_PLACE: &str = "sign_in.unknown_name";
/// An account's failures stay until it signs in; a name's that nobody has, for so long.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);

/// How a sign-in with this name is refused.
pub(super) async fn refused(ctx: &Ctx, username: &str, password: String) -> Result<Problem> {
    let name = data_encoding::HEXLOWER.encode(&ctx.keys.lookup_hash(NAME_PLACE, username));
    // A store that is away locks no name that nobody has: the refusal stands in any case.
    let away = |error: KvError| tracing::warn!(%error, "a sign-in with an unknown name isn't counted");
    if let Some(problem) = locked(ctx, &name).await.unwrap_or_else(|error| {
        away(error);
        None
    }) {
        return Ok(problem);
    }
    password::verify(password, None).await?;
    count(ctx, &name).await.unwrap_or_else(away);
    ctx.metrics.event("sign_in_failed");
    Ok(Problem::new(Code::WrongCredentials))
}

fn lock_key(name: &str) -> String {
    format!("unknown-name-lock:{name}")
}

async fn locked(ctx: &Ctx, name: &str) -> Result<Option<Problem>, KvError> {
    let until = ctx.kv.get(&lock_key(name)).await?.and_then(|millis| millis.parse().ok());
    let until = until.and_then(DateTime::from_timestamp_millis);
    let now = ctx.clock.now();
    Ok(until.filter(|until| *until > now).map(|until| entry::locked(until, now)))
}

/// Counts a failure; each fifth locks, as the fifth of an account does.
async fn count(ctx: &Ctx, name: &str) -> Result<(), KvError> {
    let (failures, _) = ctx.kv.count(&format!("unknown-name:{name}"), 1, REMEMBERED).await?;
    if failures.is_multiple_of(u64::from(FAILURES.unsigned_abs())) {
        let until = ctx.clock.now() + LOCKED_FOR;
        let life = LOCKED_FOR.to_std().unwrap_or_default();
        ctx.kv.put(&lock_key(name), &until.timestamp_millis().to_string(), life).await?;
    }
    Ok(())
}
