//! Access tokens (JWT, HS256). The algorithm is pinned, the key is found by `kid` among our live
//! keys, times are checked against our clock.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use entity::{CentreId, SessionId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};

use super::dto::{Role, UserOut};
use crate::platform::crypto::{Keyring, random_bytes, sha256};

const ISSUER: &str = "quanxiangtuo";
const AUDIENCE: &str = "quanxiangtuo-api";
/// A cookie is signed anew at most so often.
const RENEWED_AFTER_S: i64 = 60;

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// `fam_…` or `stf_…`.
    pub sub: String,
    /// What the account may do.
    pub role: Role,
    /// The centre of a carer or manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctr: Option<CentreId>,
    /// The session; revoked with it.
    pub sid: SessionId,
    jti: String,
    iat: i64,
    exp: i64,
    /// When the sign-in at a console began; absent in a token of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun: Option<i64>,
}

/// How long a console's sign-in lasts.
#[derive(Clone, Copy, Debug)]
pub struct ConsoleLife {
    /// Without a call.
    pub idle_minutes: u32,
    /// In any case.
    pub hours: u32,
}

/// Signs what a console's cookie holds.
pub fn issue_console(
    keys: &Keyring,
    user: &UserOut,
    session: SessionId,
    now: DateTime<Utc>,
    life: ConsoleLife,
) -> Result<String, jsonwebtoken::errors::Error> {
    let mut claims = Claims::of(user, session, now, life.idle_minutes);
    claims.begun = Some(claims.iat);
    claims.sign(keys)
}

impl Claims {
    fn of(user: &UserOut, session: SessionId, now: DateTime<Utc>, minutes: u32) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.id.clone(),
            role: user.role,
            ctr: user.centre_id,
            sid: session,
            jti: HEXLOWER.encode(&random_bytes::<12>()),
            iat: now.timestamp(),
            exp: (now + TimeDelta::minutes(i64::from(minutes))).timestamp(),
            begun: None,
        }
    }

    fn sign(&self, keys: &Keyring) -> Result<String, jsonwebtoken::errors::Error> {
        let key = keys.active();
        let header = Header { kid: Some(key.id.to_string()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, self, &EncodingKey::from_secret(&key.token))
    }

    /// Whether this is what a console's cookie holds.
    #[must_use]
    pub const fn of_console(&self) -> bool {
        self.begun.is_some()
    }

    /// The same with a new end, if this one is some time old and the sign-in may go on.
    pub fn renewed(&self, keys: &Keyring, now: DateTime<Utc>, life: ConsoleLife) -> Option<String> {
        let last = self.begun? + i64::from(life.hours) * 3600;
        let exp = (now.timestamp() + i64::from(life.idle_minutes) * 60).min(last);
        if now.timestamp() - self.iat < RENEWED_AFTER_S || exp <= self.exp {
            return None;
        }
        Self { iat: now.timestamp(), exp, ..self.clone() }.sign(keys).ok()
    }
}

/// Signs a token for `user` in `session`, good for `minutes` from `now`.
pub fn issue(
    keys: &Keyring,
    user: &UserOut,
    session: SessionId,
    now: DateTime<Utc>,
    minutes: u32,
) -> Result<String, jsonwebtoken::errors::Error> {
    Claims::of(user, session, now, minutes).sign(keys)
}

/// The claims of a token that is ours and not ended at `now`.
#[must_use]
pub fn verify(keys: &Keyring, token: &str, now: DateTime<Utc>) -> Option<Claims> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    let mut kid = header.kid.as_deref()?.chars();
    let key = match (kid.next(), kid.next()) {
        (Some(id), None) => keys.by_id(id)?,
        _ => return None,
    };
    let mut validation = Validation::new(Algorithm::HS256);
    // The library would compare with the system's clock; ours may run elsewhere.
    validation.validate_exp = false;
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let claims = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(&key.token), &validation).ok()?.claims;
    (claims.exp > now.timestamp()).then_some(claims)
}

/// How many tokens one process remembers as ours.
const REMEMBERED: usize = 10_000;

/// Tokens whose signature was checked before: whether a text is signed by us never changes while the
/// process runs, so it needs no second check. Its end and its session are looked at each time.
#[derive(Debug)]
pub struct Tokens(Cache<[u8; 32], Arc<Claims>>);

impl Default for Tokens {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Tokens {
    /// As [`verify`]. Known by its hash, so that no token lies in memory.
    #[must_use]
    pub fn verify(&self, keys: &Keyring, token: &str, now: DateTime<Utc>) -> Option<Arc<Claims>> {
        let hash: [u8; 32] = sha256(&[token.as_bytes()]).try_into().ok()?;
        if let Some(claims) = self.0.get(&hash) {
            return (claims.exp > now.timestamp()).then_some(claims);
        }
        let claims = Arc::new(verify(keys, token, now)?);
        self.0.insert(hash, Arc::clone(&claims));
        Some(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(list: &str) -> Keyring {
        Keyring::parse(list, "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=").unwrap()
    }

    const A: &str = "A:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const B: &str = "B:CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA=";

    fn user() -> UserOut {
        UserOut { id: "fam_x".to_owned(), role: Role::Guardian, centre_id: None }
    }

    #[test]
    fn a_token_outlives_a_key_rotation_but_not_its_time() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let session = SessionId(uuid::Uuid::from_u128(1));
        let token = issue(&keys(A), &user(), session, now, 30).unwrap();
        assert_eq!(verify(&keys(&format!("{B},{A}")), &token, now).unwrap().sid, session);
        assert!(verify(&keys(A), &token, now + TimeDelta::minutes(30)).is_none());
        assert!(verify(&keys(B), &token, now).is_none());
    }

    #[test]
    fn a_remembered_token_ends_in_its_time_and_a_changed_one_is_another() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (ring, tokens) = (keys(A), Tokens::default());
        let token = issue(&ring, &user(), SessionId(uuid::Uuid::nil()), now, 30).unwrap();
        assert!(tokens.verify(&ring, &token, now).is_some());
        assert!(tokens.verify(&ring, &token, now + TimeDelta::minutes(29)).is_some());
        assert!(tokens.verify(&ring, &token, now + TimeDelta::minutes(30)).is_none());
        let changed = format!("{}A", &token[..token.len() - 1]);
        assert!(changed == token || tokens.verify(&ring, &changed, now).is_none());
        assert!(tokens.verify(&ring, &format!("{token} "), now).is_none());
    }

    #[test]
    fn another_algorithm_or_key_is_refused() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let token = issue(&keys(A), &user(), SessionId(uuid::Uuid::nil()), now, 30).unwrap();
        let payload = token.split('.').nth(1).unwrap();
        let none = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT","kid":"A"}"#);
        assert!(verify(&keys(A), &format!("{none}.{payload}."), now).is_none());
        let other = keys("A:DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDA=");
        assert!(verify(&other, &token, now).is_none());
    }
}
