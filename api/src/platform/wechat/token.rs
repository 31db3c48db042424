//! The access token that every server call carries (`cgi-bin/stable_token`). One for all replicas, in
//! the key-value store; one refresher at a time over all replicas. With the store away each process
//! keeps what it got: the stable token is the same for whoever asks.
//!
//! `force_refresh` ends the token of everyone who has it, and WeChat allows it 20 times a day, 30 s
//! apart: it is asked for at most once a minute over all replicas, and only after a plain request gave
//! back the very token that was refused.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::json;

use super::{
    Call, Inner, JSON_MOST,
    errors::{Class, WeChatError},
};
use crate::platform::{
    crypto::{random_bytes, sha256},
    kv::Kv,
};

/// A token is dropped so long before it ends.
const MARGIN_S: u64 = 300;
/// Longer than a request to WeChat may take, so that the lock's holder is done or dead when it ends.
const LOCK_FOR: Duration = Duration::from_secs(6);
/// How long a caller waits for another one's refresh.
const WAIT_AT_MOST: Duration = Duration::from_secs(4);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// A forced refresh, over all replicas, at most so often.
const FORCED_EVERY: Duration = Duration::from_secs(60);
/// A refresh that failed is not tried again by those who waited for it.
const FAILED_FOR: TimeDelta = TimeDelta::seconds(1);

/// What this process knows of the token.
#[derive(Default)]
pub(super) struct TokenState {
    /// One refresher of this process at a time: the others need not ask the store meanwhile.
    turn: tokio::sync::Mutex<()>,
    known: std::sync::Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The last token and when it is dropped; used while the store is away.
    token: Option<(String, DateTime<Utc>)>,
    forced_at: Option<DateTime<Utc>>,
    failed: Option<(WeChatError, DateTime<Utc>)>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    expires_in: u64,
}

impl TokenState {
    fn known<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The names in the store. They change with the account, so that a wrong secret never lives on
/// another's token.
struct Names {
    token: String,
    lock: String,
    forced: String,
}

fn names(inner: &Inner) -> Names {
    let account = sha256(&[inner.base_url.as_bytes(), b"\0", inner.appid.as_bytes(), b"\0", inner.secret.as_bytes()]);
    let account = HEXLOWER.encode(&account[..8]);
    Names {
        token: format!("wechat:token:{account}"),
        lock: format!("wechat:token-lock:{account}"),
        forced: format!("wechat:token-forced:{account}"),
    }
}

/// The token to use; one other than `refused`, if that was refused.
pub(super) async fn token(inner: &Arc<Inner>, kv: &Kv, refused: Option<&str>) -> Result<String, WeChatError> {
    if let Some(token) = present(inner, kv, refused).await {
        return Ok(token);
    }
    // In a task of its own: a client that hangs up must not leave the lock behind.
    let task = {
        let (inner, kv, refused) = (Arc::clone(inner), kv.clone(), refused.map(str::to_owned));
        tokio::spawn(async move {
            tokio::time::timeout(WAIT_AT_MOST + LOCK_FOR, refresh(&inner, &kv, refused.as_deref())).await
        })
    };
    match task.await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) | Err(_) => Err(WeChatError::away(Call::Token)),
    }
}

/// What the store holds, or this process if the store is away.
async fn present(inner: &Inner, kv: &Kv, refused: Option<&str>) -> Option<String> {
    let token = match kv.get(&names(inner).token).await {
        Ok(token) => token,
        Err(_) => {
            let now = inner.clock.now();
            inner.token.known(|known| known.token.clone().filter(|(_, until)| now < *until).map(|(token, _)| token))
        }
    };
    token.filter(|token| refused != Some(token))
}

async fn refresh(inner: &Inner, kv: &Kv, refused: Option<&str>) -> Result<String, WeChatError> {
    let Ok(_turn) = tokio::time::timeout(WAIT_AT_MOST, inner.token.turn.lock()).await else {
        return Err(WeChatError::away(Call::Token));
    };
    let names = names(inner);
    let holder = HEXLOWER.encode(&random_bytes::<8>());
    let mut away = false;
    let looks = WAIT_AT_MOST.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        if let Some(token) = present(inner, kv, refused).await {
            return Ok(token);
        }
        let now = inner.clock.now();
        let failed = inner.token.known(|known| known.failed.clone());
        if let Some((error, _)) = failed.filter(|(_, at)| (*at..*at + FAILED_FOR).contains(&now)) {
            return Err(error);
        }
        match kv.put_if_absent(&names.lock, &holder, LOCK_FOR).await {
            Ok(false) => tokio::time::sleep(LOOK_EVERY).await,
            // One late answer is not a store that is away.
            Err(_) if !std::mem::replace(&mut away, true) => tokio::time::sleep(LOOK_EVERY).await,
            locked => {
                // Another may have been done between the look and the lock.
                let outcome = match present(inner, kv, refused).await {
                    Some(token) => Ok(token),
                    None => replace(inner, kv, &names, refused).await,
                };
                let failed = outcome.as_ref().err().map(|error| (error.clone(), inner.clock.now()));
                inner.token.known(|known| known.failed = failed);
                if locked.is_ok() && kv.remove_if(&names.lock, &holder).await.is_err() {
                    tracing::debug!("the lock of wechat's token runs out by itself");
                }
                return outcome;
            }
        }
    }
    Err(WeChatError::away(Call::Token))
}

/// Asks WeChat, under the lock.
async fn replace(inner: &Inner, kv: &Kv, names: &Names, refused: Option<&str>) -> Result<String, WeChatError> {
    let mut answer = ask(inner, false).await?;
    if refused == Some(&answer.access_token) {
        if !may_force(inner, kv, names).await {
            return Err(WeChatError::of(Call::Token, Class::Token));
        }
        answer = ask(inner, true).await?;
    }
    // Two hours by WeChat's documents; more than a day is no time of theirs.
    let life = answer.expires_in.min(86_400).saturating_sub(MARGIN_S).max(1);
    let until = inner.clock.now() + TimeDelta::seconds(i64::try_from(life).unwrap_or(1));
    inner.token.known(|known| known.token = Some((answer.access_token.clone(), until)));
    if let Err(error) = kv.put(&names.token, &answer.access_token, Duration::from_secs(life)).await {
        tracing::debug!(%error, "wechat's token is known to this process only");
    }
    Ok(answer.access_token)
}

async fn may_force(inner: &Inner, kv: &Kv, names: &Names) -> bool {
    let now = inner.clock.now();
    let every = TimeDelta::from_std(FORCED_EVERY).unwrap_or_default();
    let lately = inner.token.known(|known| known.forced_at.is_some_and(|at| now < at + every));
    if lately || matches!(kv.put_if_absent(&names.forced, "1", FORCED_EVERY).await, Ok(false)) {
        return false;
    }
    inner.token.known(|known| known.forced_at = Some(now));
    true
}

async fn ask(inner: &Inner, force: bool) -> Result<Answer, WeChatError> {
    let request = inner.client.post(format!("{}/cgi-bin/stable_token", inner.base_url)).json(&json!({
        "grant_type": "client_credential", "appid": inner.appid, "secret": inner.secret, "force_refresh": force,
    }));
    let body = inner.exchange(Call::Token, "", request, JSON_MOST).await?;
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| WeChatError::away(Call::Token))?;
    if answer.access_token.is_empty() {
        return Err(WeChatError::away(Call::Token));
    }
    Ok(answer)
}
