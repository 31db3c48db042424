//! The access token that every server call carries (`cgi-bin/stable_token`). One for all replicas, in
//! the key-value store; one refresher at a time over all replicas. With the store away each process
//! keeps what it got: the stable token is the same for whoever asks.
//!
//! `force_refresh` ends the token of everyone who has it, and WeChat allows it 20 times a day, 30 s
//! apart. It is asked for only after a plain request gave back the very token that was refused, under
//! the lock, with growing pauses and at most so often a day, all counted in the store. Where forcing
//! doesn't help, calls are refused for some other reason than the token: that is told as an error of
//! the configuration, and WeChat is left alone until the pause is over. With the store away nobody
//! forces: without lock and count two replicas would end each other's tokens in turn.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    ANSWER_WITHIN, Call, Inner, JSON_MOST,
    errors::{Class, WeChatError},
};
use crate::platform::{
    crypto::{random_bytes, sha256},
    kv::Kv,
};

/// A token is dropped so long before it ends.
const MARGIN_S: u64 = 300;
/// What is done under the lock ends within this: two requests to WeChat, and the store's answers.
const REFRESHED_WITHIN: Duration = Duration::from_secs(2 * ANSWER_WITHIN.as_secs() + 4);
/// Longer, so that the lock's holder is done or dead when it ends.
const LOCK_FOR: Duration = Duration::from_secs(REFRESHED_WITHIN.as_secs() + 2);
/// How long a caller waits for another one's refresh.
const WAIT_AT_MOST: Duration = Duration::from_secs(4);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// A token that was refused and is the present one is asked about again, plainly, at most so often.
const ASKED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Pauses after so many forced refreshes in a row; the last one from then on.
const PAUSES: [TimeDelta; 5] =
    [TimeDelta::zero(), TimeDelta::minutes(1), TimeDelta::minutes(5), TimeDelta::minutes(30), TimeDelta::hours(2)];
/// A forced token that wasn't refused for so long was good: the pauses begin anew.
const GOOD_FOR: TimeDelta = TimeDelta::hours(1);
/// Forced refreshes in 24 hours: half of what WeChat allows, for it may be needed by hand too.
const FORCED_A_DAY: usize = 10;
/// How long the store keeps what it knows of refusals.
const REMEMBERED_FOR: Duration = Duration::from_secs(48 * 3600);
/// Not the latest token: what WeChat says of a refused one.
const NOT_TAKEN: i64 = 40001;
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
    /// A refused token about which WeChat is not asked again before then.
    hopeless: Option<(String, DateTime<Utc>)>,
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

/// What the store knows of refused tokens; changed under the lock only.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Refusals {
    /// The last refused token that was the present one, hashed, and when WeChat was asked about it.
    token: String,
    asked_at: DateTime<Utc>,
    /// Forced refreshes of the last 24 hours, and how many came in a row.
    forced: Vec<DateTime<Utc>>,
    row: usize,
}

impl Refusals {
    /// Whether WeChat was asked about this token a moment ago.
    fn asked_lately(&self, token: &str, now: DateTime<Utc>) -> bool {
        self.token == token && (self.asked_at..self.asked_at + ASKED_EVERY).contains(&now)
    }

    /// Notes that the present token was refused; whether a new one may be forced now, which counts.
    fn refused(&mut self, token: &str, now: DateTime<Utc>) -> bool {
        self.forced.retain(|at| now < *at + TimeDelta::hours(24));
        let last = self.forced.last().copied();
        if last.is_none_or(|last| self.asked_at <= last && now >= last + GOOD_FOR) {
            self.row = 0;
        }
        (self.token, self.asked_at) = (token.to_owned(), now);
        let pause = PAUSES[self.row.min(PAUSES.len() - 1)];
        let allowed = self.forced.len() < FORCED_A_DAY && last.is_none_or(|last| now >= last + pause);
        if allowed {
            self.forced.push(now);
            self.row += 1;
        }
        allowed
    }
}

/// The names in the store. They change with the account, so that a wrong secret never lives on
/// another's token.
struct Names {
    token: String,
    lock: String,
    refusals: String,
}

fn names(inner: &Inner) -> Names {
    let account = sha256(&[inner.base_url.as_bytes(), b"\0", inner.appid.as_bytes(), b"\0", inner.secret.as_bytes()]);
    let account = HEXLOWER.encode(&account[..8]);
    Names {
        token: format!("wechat:token:{account}"),
        lock: format!("wechat:token-lock:{account}"),
        refusals: format!("wechat:token-refusals:{account}"),
    }
}

/// The token to use; one other than `refused`, if that was refused.
pub(super) async fn token(inner: &Arc<Inner>, kv: &Kv, refused: Option<&str>) -> Result<String, WeChatError> {
    if let Some(token) = present(inner, kv, refused).await {
        return Ok(token);
    }
    let hopeless = inner.token.known(|known| known.hopeless.clone());
    if refused.is_some() && hopeless.is_some_and(|(token, until)| refused == Some(&token) && inner.clock.now() < until)
    {
        return Err(not_taken());
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

/// The present token isn't taken, and a new one is no help: not the token's fault.
pub(super) fn not_taken() -> WeChatError {
    WeChatError { errcode: NOT_TAKEN, ..WeChatError::of(Call::Token, Class::Configuration) }
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
                let done = async {
                    match present(inner, kv, refused).await {
                        Some(token) => Ok(token),
                        None => replace(inner, kv, &names, refused, locked.is_ok()).await,
                    }
                };
                let outcome = tokio::time::timeout(REFRESHED_WITHIN, done).await;
                let outcome = outcome.unwrap_or(Err(WeChatError::away(Call::Token)));
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
async fn replace(
    inner: &Inner,
    kv: &Kv,
    names: &Names,
    refused: Option<&str>,
    locked: bool,
) -> Result<String, WeChatError> {
    let hash = refused.map(|token| HEXLOWER.encode(&sha256(&[token.as_bytes()])[..8]));
    let mut refusals = match &hash {
        Some(_) if locked => {
            kv.get(&names.refusals).await.ok().map(|text| text.as_deref().map(read).unwrap_or_default())
        }
        _ => None,
    };
    if let (Some(hash), Some(refusals)) = (&hash, &refusals)
        && refusals.asked_lately(hash, inner.clock.now())
    {
        return Err(give_up(inner, refused, refusals.asked_at));
    }
    let mut answer = ask(inner, false).await?;
    if refused == Some(&answer.access_token) {
        let now = inner.clock.now();
        let may = match (&hash, &mut refusals) {
            (Some(hash), Some(refusals)) => {
                let may = refusals.refused(hash, now);
                // Counted before it is done; what can't be counted isn't done.
                let text = serde_json::to_string(refusals).unwrap_or_default();
                kv.put(&names.refusals, &text, REMEMBERED_FOR).await.is_ok() && may
            }
            _ => false,
        };
        if !may {
            return Err(give_up(inner, refused, now));
        }
        tracing::warn!("wechat refuses its own token: a new one is forced");
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

/// What can't be read is as good as nothing: the day's count begins anew.
fn read(text: &str) -> Refusals {
    serde_json::from_str(text).unwrap_or_default()
}

/// This process doesn't ask again about the refused token for a while.
fn give_up(inner: &Inner, refused: Option<&str>, asked_at: DateTime<Utc>) -> WeChatError {
    let hopeless = refused.map(|token| (token.to_owned(), asked_at + ASKED_EVERY));
    inner.token.known(|known| known.hopeless = hopeless);
    not_taken()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minute)
    }

    #[test]
    fn pauses_between_forced_refreshes_grow_and_a_day_has_ten() {
        let mut refusals = Refusals::default();
        // Whatever comes, once a minute, for a day and a half.
        let forced: Vec<_> = (0..36 * 60).filter(|minute| refusals.refused(&minute.to_string(), at(*minute))).collect();
        assert_eq!(&forced[..7], [0, 1, 6, 36, 156, 276, 396]);
        for from in 0..24 * 60 {
            let day = forced.iter().filter(|minute| (from..from + 24 * 60).contains(*minute)).count();
            assert!(day <= FORCED_A_DAY, "{day} from {from}");
        }
    }

    #[test]
    fn a_forced_token_that_was_good_for_an_hour_begins_anew() {
        let mut refusals = Refusals::default();
        for minute in [0, 1, 6, 36] {
            assert!(refusals.refused("a", at(minute)));
        }
        assert!(!refusals.clone().refused("b", at(95)), "59 minutes");
        assert!(refusals.refused("b", at(97)) && refusals.row == 1);
        // Refused at once: no good one, whenever it is refused again.
        assert!(!refusals.refused("c", at(97) + TimeDelta::seconds(30)));
        assert!(refusals.refused("c", at(170)) && refusals.row == 2);
    }
}
