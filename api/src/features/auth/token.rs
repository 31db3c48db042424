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
}

/// Signs a token for `user` in `session`, good for `minutes` from `now`.
pub fn issue(
    keys: &Keyring,
    user: &UserOut,
    session: SessionId,
    now: DateTime<Utc>,
    minutes: u32,
) -> Result<String, jsonwebtoken::errors::Error> {
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: user.id.clone(),
        role: user.role,
        ctr: user.centre_id,
        sid: session,
        jti: HEXLOWER.encode(&random_bytes::<12>()),
        iat: now.timestamp(),
        exp: (now + TimeDelta::minutes(i64::from(minutes))).timestamp(),
    };
    let key = keys.active();
    let header = Header { kid: Some(key.id.to_string()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&key.token))
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
