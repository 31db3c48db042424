//! Taking WeChat's pushes.

use chrono::{DateTime, Utc};
use entity::{push_events, push_nonces};

use super::{
    dto::{PushQuery, PushVerifyQuery},
    store::{self, Nonce},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{auth, credits},
    platform::{
        crypto::sha256,
        db::write_txn,
        wechat_push::{Push, PushKeys, Refused},
    },
    state::Ctx,
};

fn keys(ctx: &Ctx) -> Result<PushKeys> {
    ctx.settings.push_keys().map_err(Problem::internal)?.ok_or_else(|| Problem::new(Code::NotFound))
}

fn refusal(ctx: &Ctx, refused: Refused) -> Problem {
    ctx.metrics.event("push_refused");
    tracing::warn!(%refused, "a push was refused");
    match refused {
        Refused::Malformed => Problem::field(
            "body",
            "malformed",
            Text::new("消息内容格式不正确。", "The body is not a message of WeChat."),
        ),
        Refused::Signature | Refused::Stale | Refused::Foreign => forbidden(),
    }
}

/// Says no more: only WeChat's servers have a reason to ask.
fn forbidden() -> Problem {
    Problem::new(Code::Forbidden).detail(Text::new("签名无效或已过期。", "The signature is wrong or too old."))
}

/// Whether the call that sets the address is WeChat's. Its signature would fit a plain push too, so its
/// nonce is used up for the echo.
pub async fn verify(ctx: &Ctx, query: &PushVerifyQuery) -> Result<()> {
    let now = ctx.clock.now();
    keys(ctx)?
        .verify(&query.signature, &query.timestamp, &query.nonce, now)
        .map_err(|refused| refusal(ctx, refused))?;
    let fingerprint = sha256(&[b"echo\0", query.echostr.as_bytes()]);
    let nonce = nonce(&query.signature, fingerprint, now);
    let used = write_txn(&ctx.db, async |txn| store::use_nonce(txn, nonce).await).await?;
    if used == Nonce::Stolen { Err(forbidden()) } else { Ok(()) }
}

/// What a plain signature was used for. By the signature itself: however timestamp and nonce are cut,
/// one signature serves once.
fn nonce(signature: &str, fingerprint: Vec<u8>, at: DateTime<Utc>) -> push_nonces::Model {
    push_nonces::Model { nonce_hash: sha256(&[signature.as_bytes()]), fingerprint, at }
}

/// Takes a push: once, whoever sends it again.
pub async fn receive(ctx: &Ctx, query: &PushQuery, body: &[u8]) -> Result<()> {
    let now = ctx.clock.now();
    let push = Push {
        signature: query.signature.as_deref().unwrap_or_default(),
        msg_signature: query.msg_signature.as_deref().unwrap_or_default(),
        timestamp: &query.timestamp,
        nonce: &query.nonce,
        body,
    };
    let message = keys(ctx)?.receive(&push, now).map_err(|refused| refusal(ctx, refused))?;
    // The message has who, when and what in it; two deliveries of it differ in their nonces only.
    let fingerprint = sha256(&[&message.bytes]);
    let event = credits::rules::read(&message.value);
    let taken = write_txn(&ctx.db, async |txn| {
        if !message.sealed {
            let nonce = nonce(push.signature, fingerprint.clone(), now);
            if store::use_nonce(txn, nonce).await? == Nonce::Stolen {
                return Err(forbidden());
            }
        }
        if !store::first(txn, push_events::Model { fingerprint, at: now }).await? {
            return Ok(false);
        }
        let Some((openid, events)) = event else {
            return Ok(true);
        };
        // Someone who never signed in here, or is gone: not ours to remember.
        if let Some(family) = auth::service::family_of(ctx, txn, &openid).await? {
            credits::enter(ctx, txn, family, events).await?;
        }
        Ok(true)
    })
    .await?;
    ctx.metrics.event(if taken { "push_taken" } else { "push_repeated" });
    Ok(())
}
