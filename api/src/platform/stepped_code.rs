//! Codes to show at a desk: of one thing, good for one time step and the one before.
//!
//! A mark, the key's id, then base32 of the thing's 16 bytes, the step's 4 and 10 of an HMAC over all
//! of it: 50 characters of the QR code's alphanumeric set, version 3 at level M. Nothing about the
//! child is in it.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE32_NOPAD;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::crypto::CodeKey;

/// Seconds of one step.
pub const STEP_S: i64 = 30;

const ID_BYTES: usize = 16;
const STEP_BYTES: usize = 4;
const MAC_BYTES: usize = 10;
const BODY_BYTES: usize = ID_BYTES + STEP_BYTES + MAC_BYTES;

/// A code and how long it is shown and accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    /// The text of the QR code.
    pub code: String,
    /// From this instant on it is refused.
    pub expires_at: DateTime<Utc>,
    /// Seconds until the next step begins.
    pub refresh_after_s: i64,
}

fn step_at(now: DateTime<Utc>) -> u32 {
    u32::try_from(now.timestamp().div_euclid(STEP_S)).unwrap_or(0)
}

fn mac(mark: char, key: &CodeKey, body: &[u8]) -> [u8; MAC_BYTES] {
    let mut message = Vec::with_capacity(2 + ID_BYTES + STEP_BYTES);
    message.extend([mark as u8, key.id as u8]);
    message.extend_from_slice(body);
    let whole = key.mac(&message);
    std::array::from_fn(|i| whole[i])
}

/// The code of a thing at `now`; `mark` is an ASCII letter that says what kind of thing.
#[must_use]
pub fn mint(mark: char, key: &CodeKey, id: Uuid, now: DateTime<Utc>) -> Minted {
    let step = step_at(now);
    let mut body = Vec::with_capacity(BODY_BYTES);
    body.extend_from_slice(id.as_bytes());
    body.extend_from_slice(&step.to_be_bytes());
    let mac = mac(mark, key, &body);
    body.extend_from_slice(&mac);
    let next = DateTime::from_timestamp((i64::from(step) + 1) * STEP_S, 0).unwrap_or(now);
    Minted {
        code: format!("{mark}{}{}", key.id, BASE32_NOPAD.encode(&body)),
        expires_at: next + TimeDelta::seconds(STEP_S),
        refresh_after_s: ((next - now).num_milliseconds() + 999) / 1000,
    }
}

/// From when on a code is refused; who reads it has looked at its MAC.
#[must_use]
pub fn ends(code: &str) -> Option<DateTime<Utc>> {
    let mut chars = code.chars();
    let _mark_and_key = (chars.next()?, chars.next()?);
    let body = BASE32_NOPAD.decode(chars.as_str().as_bytes()).ok()?;
    let step = body.get(ID_BYTES..)?.first_chunk::<STEP_BYTES>()?;
    DateTime::from_timestamp((i64::from(u32::from_be_bytes(*step)) + 2) * STEP_S, 0)
}

/// Of which thing an authentic code is, and whether it is of the present step or the one before. The
/// MAC is compared in constant time.
#[must_use]
pub fn read<'k>(
    mark: char,
    code: &str,
    key: impl FnOnce(char) -> Option<&'k CodeKey>,
    now: DateTime<Utc>,
) -> Option<(Uuid, bool)> {
    let mut chars = code.chars();
    if chars.next() != Some(mark) {
        return None;
    }
    let key = key(chars.next()?)?;
    let body = BASE32_NOPAD.decode(chars.as_str().as_bytes()).ok()?;
    let body: [u8; BODY_BYTES] = body.try_into().ok()?;
    let (signed, given) = body.split_at(ID_BYTES + STEP_BYTES);
    if !bool::from(mac(mark, key, signed).ct_eq(given)) {
        return None;
    }
    let (id, step) = signed.split_first_chunk::<ID_BYTES>()?;
    let (step, present) = (u32::from_be_bytes(step.try_into().ok()?), step_at(now));
    Some((Uuid::from_bytes(*id), step == present || step.checked_add(1) == Some(present)))
}
