//! Properties of everything that reads outside text.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::{CentreId, Fen, LngLat, MinuteOfDay, SessionId, VoucherId};
use proptest::{prelude::*, test_runner::TestCaseResult};
use quanxiangtuo::{
    features::{
        auth::{
            dto::{Role, UserOut},
            token,
        },
        centres::coords::Coord,
        vouchers::{
            code::{self, Reading},
            code_keys::Keyset,
            offline_code::{self, OfflineCode},
        },
    },
    http::{Cursor, Limit, values},
    platform::crypto::{Keyring, as_typed},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{config, json, text};

const LOOKUP: &str = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=";
const KEY: &str = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const OTHER: &str = "1:DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDA=";

fn ring(list: &str) -> Keyring {
    Keyring::parse(list, LOOKUP).unwrap()
}

/// Seconds that a clock may show: 2000 to 2100.
fn now() -> impl Strategy<Value = DateTime<Utc>> {
    (946_684_800..4_102_444_800_i64).prop_map(|s| DateTime::from_timestamp(s, 0).unwrap())
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

/// The text with one character more, less or other.
fn changed(text: &str, at: prop::sample::Index, how: u8, into: char) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at.index(chars.len());
    match how % 3 {
        0 => chars[at] = into,
        1 => chars.insert(at, into),
        _ => drop(chars.remove(at)),
    }
    chars.into_iter().collect()
}

// Ed25519 without optimisation takes its time.
proptest! {
    #![proptest_config(config(400, 8))]

    #[test]
    fn an_offline_code_reads_back_and_a_changed_one_is_none(
        id in uuid(), now in now(), from in 0..40_000_u64, days in 0..20_000_u64, units_left: u16,
        at: prop::sample::Index, how: u8, into in "[A-Z0-9a-z ]",
    ) {
        let (keys, others) = (Keyset::of(&ring(KEY), vec![]), Keyset::of(&ring(OTHER), vec![]));
        let valid_from = NaiveDate::default() + Days::new(from);
        let issued_at = now - TimeDelta::seconds(now.timestamp() % 60);
        let said = OfflineCode {
            voucher: VoucherId(id), issued_at, valid_from, valid_until: valid_from + Days::new(days), units_left,
        };
        let minted = offline_code::mint(&keys.active(now), &said);
        prop_assert_eq!(offline_code::read(&keys, &minted, now), Some(said));
        prop_assert_eq!(offline_code::read(&others, &minted, now), None);
        let forged = changed(&minted, at, how, into.chars().next().unwrap());
        if forged != minted {
            prop_assert_eq!(offline_code::read(&keys, &forged, now), None);
        }
    }
}

proptest! {
    #![proptest_config(config(400, 1))]

    #[test]
    fn a_voucher_code_reads_back_and_a_changed_one_is_invalid(
        id in uuid(), now in now(), later in 0..200_i64, at: prop::sample::Index, how: u8, into in "[A-Z0-9a-z ]",
    ) {
        let (keys, others) = (Keyset::of(&ring(KEY), vec![]), Keyset::of(&ring(OTHER), vec![]));
        let voucher = VoucherId(id);
        let minted = code::mint(&keys.active(now), voucher, now);
        let then = now + TimeDelta::seconds(later);
        let expected = if then < minted.expires_at { Reading::Fresh(voucher) } else { Reading::Old(voucher) };
        prop_assert_eq!(code::read(&keys, &minted.code, then), expected);
        // As people and scanners type it: the case, and blanks around it.
        prop_assert_eq!(code::read(&keys, &as_typed(&format!(" {} ", minted.code.to_lowercase())), then), expected);
        prop_assert_eq!(code::read(&others, &minted.code, then), Reading::Invalid);
        let forged = changed(&minted.code, at, how, into.chars().next().unwrap());
        if forged != minted.code {
            prop_assert_eq!(code::read(&keys, &forged, now), Reading::Invalid);
        }
    }

    #[test]
    fn no_text_at_the_desk_is_a_code_by_chance(text in text(), now in now()) {
        let keys = Keyset::of(&ring(KEY), vec![]);
        for text in [as_typed(&text), as_typed(&format!("V1{text}")), as_typed(&format!("O1{text}")), text] {
            prop_assert_eq!(as_typed(&as_typed(&text)), as_typed(&text));
            prop_assert!(matches!(code::read(&keys, &text, now), Reading::Invalid | Reading::Manual));
            prop_assert_eq!(offline_code::read(&keys, &text, now), None);
            let _ = code::names_other_key(&keys, &text, now);
        }
    }

    #[test]
    fn a_token_reads_back_in_its_time_and_no_other_text_does(
        id in uuid(), session in uuid(), centre in prop::option::of(uuid()), now in now(), minutes in 15..120_u32,
        at: prop::sample::Index, how: u8, into in "[A-Za-z0-9._-]", other in text(),
    ) {
        let keys = ring(KEY);
        let user = UserOut { id: VoucherId(id).to_string(), role: Role::Manager, centre_id: centre.map(CentreId) };
        let issued = token::issue(&keys, &user, SessionId(session), now, minutes).unwrap();
        let life = TimeDelta::minutes(minutes.into());
        let claims = token::verify(&keys, &issued, now + life - TimeDelta::seconds(1)).unwrap();
        prop_assert_eq!((claims.sub, claims.sid.0, claims.ctr.map(|id| id.0)), (user.id, session, centre));
        prop_assert!(token::verify(&keys, &issued, now + life).is_none());
        prop_assert!(token::verify(&ring(OTHER), &issued, now).is_none());
        prop_assert!(token::verify(&keys, &other, now).is_none());
        let forged = changed(&issued, at, how, into.chars().next().unwrap());
        if forged != issued {
            prop_assert!(token::verify(&keys, &forged, now).is_none());
        }
    }

    #[test]
    fn a_sealed_text_opens_in_its_place_and_a_changed_one_nowhere(plain in text(), at: prop::sample::Index, bit in 0..8_u8) {
        let keys = ring(KEY);
        let mut sealed = keys.seal("fuzz.place", plain.as_bytes());
        prop_assert_eq!(keys.open_text("fuzz.place", &sealed).unwrap(), plain);
        prop_assert!(keys.open("fuzz.other", &sealed).is_err());
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(keys.open("fuzz.place", &sealed).is_err());
        sealed.truncate(at);
        prop_assert!(keys.open("fuzz.place", &sealed).is_err());
    }

    #[test]
    fn a_cursor_unpacks_to_its_key_and_any_other_text_is_refused(number: i64, word in text(), other in text()) {
        let cursor = |text: &str| serde_json::from_value::<Cursor>(json!(text)).unwrap();
        let packed = Cursor::pack(&(number, &word));
        prop_assert!(packed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        prop_assert_eq!(cursor(&packed).unpack::<(i64, String)>().ok(), Some((number, word)));
        prop_assert!(cursor(&packed).unpack::<(Uuid, i64)>().is_err());
        prop_assert!(cursor(&other).unpack::<(i64, Uuid, String)>().is_err());
    }

    #[test]
    fn a_point_comes_back_from_every_system_and_no_number_hangs(
        lng in 73.0..135.0_f64, lat in 3.0..53.0_f64, any_lng: f64, any_lat: f64,
    ) {
        for coord in [Coord::Gcj02, Coord::Wgs84, Coord::Bd09] {
            let back = coord.to_wgs84(coord.from_wgs84(LngLat { lng, lat }));
            prop_assert!((back.lng - lng).abs() < 1e-7 && (back.lat - lat).abs() < 1e-7, "{coord:?}: {back:?}");
            // What a query can say, and more.
            let _ = coord.from_wgs84(coord.to_wgs84(LngLat { lng: any_lng, lat: any_lat }));
        }
    }

    #[test]
    fn a_value_of_a_body_is_refused_or_reads_back(value in json(), text in text()) {
        for value in [value, json!(text)] {
            stands::<values::Day>(&value)?;
            stands::<values::Moment>(&value)?;
            stands::<values::Month>(&value)?;
            stands::<values::Line<20>>(&value)?;
            stands::<values::Paragraph<500>>(&value)?;
            stands::<values::Whole<1, 5>>(&value)?;
            stands::<MinuteOfDay>(&value)?;
            stands::<Fen>(&value)?;
            stands::<VoucherId>(&value)?;
            let _ = serde_json::from_value::<Limit>(value);
        }
        if let Ok(id) = text.parse::<CentreId>() {
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
        if let Ok(minute) = text.parse::<MinuteOfDay>() {
            prop_assert_eq!(minute.to_string().parse(), Ok(minute));
        }
    }

    #[test]
    fn every_right_value_is_taken(days in 0..36_890_u64, minute in 0..=1440_i32, seconds in 946_684_800..4_102_444_800_i64) {
        let day = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Days::new(days);
        let read: values::Day = serde_json::from_value(json!(day)).unwrap();
        prop_assert_eq!(read.0, day);
        let month: values::Month = serde_json::from_value(json!(day.format("%Y-%m").to_string())).unwrap();
        prop_assert_eq!(month, values::Month::of(day));
        let time = json!(MinuteOfDay(minute));
        prop_assert_eq!(serde_json::from_value::<MinuteOfDay>(time).unwrap(), MinuteOfDay(minute));
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        let read: values::Moment = serde_json::from_value(json!(at.to_rfc3339())).unwrap();
        prop_assert_eq!(read.0, at);
    }

    #[test]
    fn money_is_shared_without_loss(fen in -1_000_000_000_000..1_000_000_000_000_i64, part in 0..400_i64, whole in 1..400_i64) {
        let part = part.min(whole);
        let (one, other) = (Fen(fen).share(part, whole), Fen(fen).share(whole - part, whole));
        // Rounded half up on both sides: a fen more at most.
        prop_assert!((one.0 + other.0 - fen).abs() <= 1);
        prop_assert_eq!(Fen(fen).share(whole, whole), Fen(fen));
        let _ = (Fen(i64::MAX).plus(Fen(fen)), Fen(fen).times(i64::MIN));
    }
}

/// What was taken is written and taken again as the same.
fn stands<T: DeserializeOwned + Serialize>(value: &Value) -> TestCaseResult {
    if let Ok(read) = serde_json::from_value::<T>(value.clone()) {
        let written = serde_json::to_value(&read).unwrap();
        let again = serde_json::from_value::<T>(written.clone());
        prop_assert!(again.is_ok(), "{value} is taken, written as {written}, and then refused");
        prop_assert_eq!(serde_json::to_value(again.ok()).unwrap(), written);
    }
    Ok(())
}
