//! Whether a session still stands. The database knows; the key-value store remembers for a short
//! time. A revocation overwrites what is remembered, on every replica at once, and keeps trying
//! while the store is away.

use std::time::Duration;

use entity::SessionId;

use super::store;
use crate::{error::Result, state::Ctx};

/// How long "live" is believed without asking the database.
const REMEMBER_LIVE: Duration = Duration::from_secs(15);
/// How often a revocation that the store didn't take is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(100);

fn key(session: SessionId) -> String {
    format!("session:{session}")
}

/// Whether the session and its account stand.
pub(super) async fn is_live(ctx: &Ctx, session: SessionId) -> Result<bool> {
    let key = key(session);
    match ctx.kv.get(&key).await {
        Ok(Some(state)) => return Ok(state == "live"),
        Ok(None) => {}
        Err(error) => tracing::debug!(%error, "session asked of the database"),
    }
    // Boxed: rare, and large.
    Box::pin(ask_database(ctx, session, &key)).await
}

/// What the database says; "live" is remembered for a while.
async fn ask_database(ctx: &Ctx, session: SessionId, key: &str) -> Result<bool> {
    let live = store::session_is_live(ctx.db.reader(), session).await?;
    if live {
        // Only if absent: a revocation written since the database was asked must stand.
        let _ = ctx.kv.put_if_absent(key, "live", REMEMBER_LIVE).await;
    }
    Ok(live)
}

/// Tells every replica that the session is over; the database has it already.
pub(super) async fn forget(ctx: &Ctx, session: SessionId) {
    let (key, kv) = (key(session), ctx.kv.clone());
    let life = Duration::from_secs(u64::from(ctx.settings.access_token_minutes) * 60);
    if kv.put(&key, "revoked", life).await.is_ok() {
        return;
    }
    tracing::warn!("key-value store away at a sign-out; trying until it takes it");
    actix_web::rt::spawn(async move {
        // Beyond the life of "live" nothing can be remembered wrongly.
        for _ in 0..(2 * REMEMBER_LIVE.as_millis() / TRY_AGAIN.as_millis()) {
            tokio::time::sleep(TRY_AGAIN).await;
            if kv.put(&key, "revoked", life).await.is_ok() {
                return;
            }
        }
    });
}
