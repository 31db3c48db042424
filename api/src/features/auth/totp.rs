//! Time-based one-time passwords (RFC 6238 with SHA-1, 6 digits, 30 seconds: what every
//! authenticator app reads).

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

/// Seconds of a step.
const PERIOD: i64 = 30;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// Clocks of phones may be so many steps off.
const DRIFT: i64 = 1;
/// Who the account is with, shown by the app.
const ISSUER: &str = "Quanxiangtuo";

/// The step of an instant.
#[must_use]
pub const fn step_of(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(PERIOD)
}

/// The code of a step.
#[must_use]
pub fn code(secret: &[u8], step: i64) -> String {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).unwrap_or_else(|_| unreachable!());
    mac.update(&step.to_be_bytes());
    let hash: [u8; 20] = mac.finalize().into_bytes().into();
    // RFC 4226, 5.3: the last four bits say where the code is taken from.
    let at = usize::from(hash[19] & 0x0f);
    let word = u32::from_be_bytes([hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]]);
    format!("{:06}", word % 1_000_000)
}

/// The step whose code was typed, if it is one of the present ones.
#[must_use]
pub fn matching(secret: &[u8], typed: &str, now: DateTime<Utc>) -> Option<i64> {
    let present = step_of(now);
    (present - DRIFT..=present + DRIFT).find(|step| code(secret, *step).as_bytes().ct_eq(typed.as_bytes()).into())
}

/// The secret as people type it.
#[must_use]
pub fn written(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// What an authenticator app reads from a QR code. User names hold nothing that must be escaped.
#[must_use]
pub fn url(username: &str, secret: &[u8]) -> String {
    let secret = written(secret);
    format!(
        "otpauth://totp/{ISSUER}:{username}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={PERIOD}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let secret = b"12345678901234567890";
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, step_of(at(seconds))), expected, "{seconds}");
        }
    }

    #[test]
    fn the_code_before_and_after_is_taken_too() {
        let (secret, now) = (b"12345678901234567890", at(1_111_111_111));
        let present = step_of(now);
        for (step, taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let typed = code(secret, present + step);
            assert_eq!(matching(secret, &typed, now), taken.then_some(present + step), "{step}");
        }
        assert_eq!(matching(secret, "", now), None);
    }
}
