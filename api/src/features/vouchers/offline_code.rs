//! The offline code: a voucher's proof for a desk without network, shown by a phone that had some
//! in the last day.
//!
//! `O`, the key's id, then base32 (no padding) of 26 bytes and their Ed25519 signature: voucher 16,
//! minutes since 1970 of its making 4, first and last day of use as days since 1970 2 and 2, care
//! days left 2, all big-endian. What is signed: `O`, the key's id, the 26 bytes. 146 characters of
//! the QR code's alphanumeric set: version 6 at level M. Nothing about the child is in it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use data_encoding::BASE32_NOPAD;
use entity::VoucherId;
use uuid::Uuid;

use super::code_keys::Keyset;
use crate::platform::crypto::CodeKey;

/// How long after it was made an offline code may be scanned.
pub const LIFE: TimeDelta = TimeDelta::hours(24);

const MARK: char = 'O';
const BODY_BYTES: usize = 26;
const SIGNATURE_BYTES: usize = 64;

/// What an offline code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfflineCode {
    /// The voucher.
    pub voucher: VoucherId,
    /// When it was made, to the minute.
    pub issued_at: DateTime<Utc>,
    /// First day of use.
    pub valid_from: NaiveDate,
    /// Last day of use.
    pub valid_until: NaiveDate,
    /// Care days left when it was made.
    pub units_left: u16,
}

fn days(date: NaiveDate) -> u16 {
    u16::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(0)
}

fn message(key: &CodeKey, body: &[u8]) -> Vec<u8> {
    let mut message = vec![MARK as u8, key.id as u8];
    message.extend_from_slice(body);
    message
}

/// The code under a key. Dates from 1970 to 2149.
#[must_use]
pub fn mint(key: &CodeKey, said: &OfflineCode) -> String {
    let mut bytes = Vec::with_capacity(BODY_BYTES + SIGNATURE_BYTES);
    bytes.extend_from_slice(said.voucher.0.as_bytes());
    bytes.extend_from_slice(&u32::try_from(said.issued_at.timestamp().div_euclid(60)).unwrap_or(0).to_be_bytes());
    bytes.extend_from_slice(&days(said.valid_from).to_be_bytes());
    bytes.extend_from_slice(&days(said.valid_until).to_be_bytes());
    bytes.extend_from_slice(&said.units_left.to_be_bytes());
    let signature = key.sign(&message(key, &bytes));
    bytes.extend_from_slice(&signature);
    format!("{MARK}{}{}", key.id, BASE32_NOPAD.encode(&bytes))
}

/// Reads a [typed](crate::platform::crypto::as_typed) text, if a key that lives at `now` signed it.
#[must_use]
pub fn read(keys: &Keyset, code: &str, now: DateTime<Utc>) -> Option<OfflineCode> {
    let mut chars = code.chars();
    if chars.next() != Some(MARK) {
        return None;
    }
    let key = keys.by_id(chars.next()?, now)?;
    let bytes = BASE32_NOPAD.decode(chars.as_str().as_bytes()).ok()?;
    let (body, signature) = bytes.split_at_checked(BODY_BYTES)?;
    if !key.verifies(&message(key, body), signature.try_into().ok()?) {
        return None;
    }
    let (voucher, rest) = body.split_first_chunk::<16>()?;
    let (minutes, rest) = rest.split_first_chunk::<4>()?;
    let (from, rest) = rest.split_first_chunk::<2>()?;
    let (until, rest) = rest.split_first_chunk::<2>()?;
    let day = |bytes: &[u8; 2]| NaiveDate::default() + TimeDelta::days(u16::from_be_bytes(*bytes).into());
    Some(OfflineCode {
        voucher: VoucherId(Uuid::from_bytes(*voucher)),
        issued_at: DateTime::from_timestamp(i64::from(u32::from_be_bytes(*minutes)) * 60, 0)?,
        valid_from: day(from),
        valid_until: day(until),
        units_left: u16::from_be_bytes(rest.try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::crypto::Keyring;

    const LOOKUP: &str = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=";

    fn ring(list: &str) -> Keyset {
        Keyset::of(&Keyring::parse(list, LOOKUP).unwrap(), Vec::new())
    }

    fn keys() -> Keyset {
        ring("1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    }

    fn now() -> DateTime<Utc> {
        "2026-03-02T01:02:00Z".parse().unwrap()
    }

    fn said() -> OfflineCode {
        OfflineCode {
            voucher: VoucherId(Uuid::from_u128(0x0192_f0c1_8a7c_7d10_b1c2_d3e4_f5a6_b7c8)),
            issued_at: now(),
            valid_from: "2026-03-01".parse().unwrap(),
            valid_until: "2026-05-30".parse().unwrap(),
            units_left: 15,
        }
    }

    #[test]
    fn a_code_says_what_was_signed_and_fits_version_6_at_level_m() {
        let code = mint(&keys().active(now()), &said());
        assert_eq!(read(&keys(), &code, now()), Some(said()));
        assert!(code.len() <= 154, "{}", code.len());
        assert!(code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
        let qr = qrcode::QrCode::with_error_correction_level(&code, qrcode::EcLevel::M).unwrap();
        assert_eq!(qr.version(), qrcode::Version::Normal(6));
    }

    #[test]
    fn any_changed_character_another_key_and_garbage_are_refused() {
        let code = mint(&keys().active(now()), &said());
        for i in 0..code.len() {
            let mut forged = code.clone().into_bytes();
            forged[i] = if forged[i] == b'A' { b'B' } else { b'A' };
            assert_eq!(read(&keys(), &String::from_utf8(forged).unwrap(), now()), None, "character {i}");
        }
        let other = ring("1:CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA=");
        assert_eq!(read(&other, &code, now()), None);
        for text in ["", "O", "O1", "O1AAAA", "O你", &code[..145], &format!("{code}A"), &code.replacen('O', "V", 1)] {
            assert_eq!(read(&keys(), text, now()), None, "{text}");
        }
    }
}
