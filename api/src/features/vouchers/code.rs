//! The voucher code: a [`stepped_code`] of the signed-in owner's voucher. And the manual code, for a
//! broken camera: 8 characters without look-alikes, random, known to the database only as a hash.

use chrono::{DateTime, TimeDelta, Utc};
use entity::VoucherId;

use super::code_keys::Keyset;
use crate::platform::{
    crypto::{CodeKey, TYPED_LETTERS, typed_code},
    stepped_code::{self, Minted},
};

/// How long a manual code lives.
pub const MANUAL_LIFE: TimeDelta = TimeDelta::minutes(5);
/// A manual code with less life left than this is replaced when it is asked for.
pub const MANUAL_REISSUE: TimeDelta = TimeDelta::seconds(60);

const MARK: char = 'V';
/// What codes of visits begin with (托); they are minted under the same keys.
pub const VISIT_MARK: char = 'T';
const MANUAL_LENGTH: usize = 8;

/// What a text held up at the desk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Ours, of this voucher, and of the present step or the one before.
    Fresh(VoucherId),
    /// Ours, but of another time: a screenshot.
    Old(VoucherId),
    /// Looks like a manual code; only the database knows.
    Manual,
    /// Not ours.
    Invalid,
}

/// The code of a voucher at `now`, under the active key.
#[must_use]
pub fn mint(key: &CodeKey, voucher: VoucherId, now: DateTime<Utc>) -> Minted {
    stepped_code::mint(MARK, key, voucher.into(), now)
}

/// Reads a text [`as_typed`]. The MAC is compared in constant time.
#[must_use]
pub fn read(keys: &Keyset, code: &str, now: DateTime<Utc>) -> Reading {
    if code.len() == MANUAL_LENGTH && code.bytes().all(|b| TYPED_LETTERS.contains(&b)) {
        return Reading::Manual;
    }
    match stepped_code::read(MARK, code, |id| keys.by_id(id, now), now) {
        Some((voucher, true)) => Reading::Fresh(voucher.into()),
        Some((voucher, false)) => Reading::Old(voucher.into()),
        None => Reading::Invalid,
    }
}

/// When a code that was read as fresh ends.
#[must_use]
pub fn ends(code: &str) -> Option<DateTime<Utc>> {
    stepped_code::ends(code)
}

/// Whether a code looks like one of ours under a key that isn't known here.
#[must_use]
pub fn names_other_key(keys: &Keyset, code: &str, now: DateTime<Utc>) -> bool {
    let mut chars = code.chars();
    matches!(chars.next(), Some(MARK | VISIT_MARK | 'O'))
        && chars.next().is_some_and(|id| keys.by_id(id, now).is_none())
}

/// A new manual code.
#[must_use]
pub fn manual() -> String {
    typed_code(MANUAL_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::crypto::{Keyring, as_typed};
    use uuid::Uuid;

    const LOOKUP: &str = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=";
    const KEY_1: &str = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const KEY_2: &str = "2:CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA=";

    fn ring(list: &str) -> Keyset {
        Keyset::of(&Keyring::parse(list, LOOKUP).unwrap(), Vec::new())
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn voucher() -> VoucherId {
        VoucherId(Uuid::from_u128(0x0192_f0c1_8a7c_7d10_b1c2_d3e4_f5a6_b7c8))
    }

    #[test]
    fn a_code_is_good_in_its_step_and_the_next_and_old_ever_after() {
        let ring = ring(KEY_1);
        let code = mint(&ring.active(at(0)), voucher(), at(7)).code;
        for (when, reading) in [
            (0, Reading::Fresh(voucher())),
            (29, Reading::Fresh(voucher())),
            (30, Reading::Fresh(voucher())),
            (59, Reading::Fresh(voucher())),
            (60, Reading::Old(voucher())),
            (120, Reading::Old(voucher())),
            (-1, Reading::Old(voucher())),
        ] {
            assert_eq!(read(&ring, &code, at(when)), reading, "{when} s");
        }
        assert_eq!(ends(&code), Some(at(60)));
    }

    #[test]
    fn the_answer_says_when_to_refresh_and_when_it_ends() {
        let ring = ring(KEY_1);
        let minted = mint(&ring.active(at(0)), voucher(), at(7) + TimeDelta::milliseconds(500));
        assert_eq!((minted.refresh_after_s, minted.expires_at), (23, at(60)));
    }

    #[test]
    fn codes_of_one_step_are_equal_and_of_two_steps_differ() {
        let ring = ring(KEY_1);
        let code = |s| mint(&ring.active(at(0)), voucher(), at(s)).code;
        assert_eq!(code(0), code(29));
        assert_ne!(code(0), code(30));
    }

    #[test]
    fn any_changed_character_makes_it_invalid() {
        let ring = ring(KEY_1);
        let code = mint(&ring.active(at(0)), voucher(), at(0)).code;
        for i in 0..code.len() {
            let mut forged = code.clone().into_bytes();
            forged[i] = if forged[i] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(read(&ring, &forged, at(0)), Reading::Invalid, "character {i}");
        }
    }

    #[test]
    fn garbage_is_invalid() {
        let ring = ring(KEY_1);
        let long = "A".repeat(200);
        let code = mint(&ring.active(at(0)), voucher(), at(0)).code;
        for text in ["", "V", "V1", "V1AAAA", "你好", "V你AAAA", &long, &code[..49], &format!("{code}A")] {
            assert_eq!(read(&ring, text, at(0)), Reading::Invalid, "{text}");
        }
    }

    #[test]
    fn a_code_of_the_key_before_is_read_while_that_key_lives() {
        let code = mint(&ring(KEY_1).active(at(0)), voucher(), at(0)).code;
        let both = ring(&format!("{KEY_2},{KEY_1}"));
        assert_eq!(read(&both, &code, at(0)), Reading::Fresh(voucher()));
        assert_eq!(mint(&both.active(at(0)), voucher(), at(0)).code.chars().nth(1), Some('2'));
        assert_eq!(read(&ring(KEY_2), &code, at(0)), Reading::Invalid);
        // The same id with another secret is another key.
        let other = ring(&KEY_2.replace("2:", "1:"));
        assert_eq!(read(&other, &code, at(0)), Reading::Invalid);
    }

    #[test]
    fn a_code_fits_the_alphanumeric_set_and_64_characters() {
        let code = mint(&ring(KEY_1).active(at(0)), voucher(), at(0)).code;
        assert_eq!(code.len(), 50);
        assert!(code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
        let (sixteen, short) = (b"0192", &code);
        assert!(!short.as_bytes().windows(4).any(|w| w == sixteen), "the id isn't readable in it");
    }

    #[test]
    fn manual_codes_have_no_look_alikes_and_survive_typing() {
        let ring = ring(KEY_1);
        let codes: std::collections::BTreeSet<_> = (0..200).map(|_| manual()).collect();
        assert_eq!(codes.len(), 200);
        for code in codes {
            assert_eq!(code.len(), 8);
            assert!(!code.contains(['0', 'O', '1', 'I', 'L', '2', 'Z', '5', 'S', '8', 'B', 'U', 'V']), "{code}");
            let typed = format!(" {}-{} ", &code[..4].to_lowercase(), &code[4..].to_lowercase());
            assert_eq!(as_typed(&typed), code);
            assert_eq!(read(&ring, &as_typed(&typed), at(0)), Reading::Manual);
        }
    }
}
