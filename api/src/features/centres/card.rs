//! What a search shows of a centre, written straight into the answer: a JSON kept for each centre would
//! take more memory than all else of it, and copying it hardly less time.

use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDate};
use entity::{CareType, CentreKind, Fen, Filed, LngLat, OfferUnit, Ownership, centres};
use serde::Serialize;
use utoipa::ToSchema;

use super::{coords::Coord, index::Spot, plan::RatingSummary};
use crate::{
    features::registers::marks::Marks,
    language::{Language, Word},
    platform::hant,
};

/// Fewer answers than this are shown as a number, not as a rate (`domain.md`, Ratings).
pub(super) const ENOUGH_ANSWERS: i64 = 5;

/// A mark that tells parents something was checked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BadgeOut {
    /// Stable word.
    #[schema(example = "inclusive")]
    pub code: &'static str,
    /// In Chinese, in traditional characters by `Accept-Language: zh-Hant`.
    #[schema(example = "普惠")]
    pub label: Word,
    /// Good until, if it ends.
    pub until: Option<NaiveDate>,
    /// When the bureau saw the document, of `inclusive` and `filed` the day on which it last entered them; on the
    /// centre's page only, and absent where nobody noted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_on: Option<NaiveDate>,
}

/// Ratings of a centre's last twelve months.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CentreRatingOut {
    /// Share of answers that are satisfied or very satisfied; null below five answers.
    #[schema(example = 0.94)]
    pub satisfied_rate: Option<f64>,
    /// Mean level, 1 to 5; null below five answers.
    #[schema(example = 4.6)]
    pub mean: Option<f64>,
    /// Answers.
    #[schema(example = 48)]
    pub n: i64,
}

impl From<RatingSummary> for CentreRatingOut {
    #[expect(clippy::cast_precision_loss, reason = "counts of ratings are far below 2^52")]
    fn from(rating: RatingSummary) -> Self {
        let enough = rating.n >= ENOUGH_ANSWERS;
        let part = |sum: i64| enough.then(|| (sum as f64 / rating.n as f64 * 1000.0).round() / 1000.0);
        Self { satisfied_rate: part(rating.satisfied), mean: part(rating.total), n: rating.n }
    }
}

/// The lowest price of a form of care.
#[derive(Clone, Copy, Debug)]
pub struct PriceFrom {
    /// The price.
    pub fen: Fen,
    /// For what.
    pub unit: OfferUnit,
}

impl PriceFrom {
    /// About what a day of it costs, in fen: to put prices of different units in order
    /// (assumption: 8 hours, 2 halves, a 22nd of a month).
    pub(super) const fn per_day(self) -> i64 {
        match self.unit {
            OfferUnit::Day => self.fen.0,
            OfferUnit::HalfDay => self.fen.0 * 2,
            OfferUnit::Hour => self.fen.0 * 8,
            OfferUnit::Month => self.fen.0 / 22,
        }
    }
}

/// Appends one [`super::dto::CentreCardOut`] up to what depends on the search's point and date, without
/// the closing brace. In few pieces, for each costs a call: what has few values is kept ready.
pub(super) fn write(out: &mut Vec<u8>, spot: &Spot<'_>, coord: Coord, care_type: Option<CareType>) {
    let (name, address) = spot.texts();
    let escaped = spot.escaped();
    let text = |out: &mut Vec<u8>, text: &str| if escaped { escape(out, text) } else { plain(out, text) };
    let mut opening = *b"{\"id\":\"ctr_00000000000000000000000000000000\",\"name\":\"";
    spot.id().0.simple().encode_lower(&mut opening[11..43]);
    out.extend_from_slice(&opening);
    text(out, name);
    plain(out, &WORDS.nature[nature(spot.kind(), spot.ownership(), spot.inclusive(), spot.filed())]);
    address.iter().for_each(|part| text(out, part));
    out.extend_from_slice(b"\",\"township\":\"");
    text(out, spot.township());
    let rated = spot.rating();
    if rated.n == 0 {
        plain(out, &WORDS.unrated[spot.care_types()]);
    } else {
        plain(out, &WORDS.care_types[spot.care_types()]);
        rating(out, rated);
    }
    badges(out, spot);
    let [lng, lat] = match coord {
        Coord::Gcj02 => spot.gcj02(),
        other => ten_millionths(other.from_wgs84(spot.location())),
    };
    degrees(out, lng);
    out.extend_from_slice(b",\"lat\":");
    degrees(out, lat);
    match coord {
        Coord::Gcj02 => out.extend_from_slice(b",\"coord\":\"gcj02\"},\"price_from_fen\":"),
        Coord::Wgs84 => out.extend_from_slice(b",\"coord\":\"wgs84\"},\"price_from_fen\":"),
        Coord::Bd09 => out.extend_from_slice(b",\"coord\":\"bd09\"},\"price_from_fen\":"),
    }
    match spot.price(care_type) {
        Some(price) => {
            number(out, u32::try_from(price.fen.0).unwrap_or_default());
            plain(out, &WORDS.units[price.unit as usize]);
        }
        None => out.extend_from_slice(b"null,\"price_unit\":null"),
    }
}

/// Pieces of JSON that have few values.
struct Words {
    /// Kind, ownership, recognition and registration, from the end of the name to the address; see [`nature`].
    nature: Vec<String>,
    /// For every set of forms of care, a bit for each, from the end of the township to the rating.
    care_types: [String; 16],
    /// The same with the rating of a centre that nobody has rated.
    unrated: [String; 16],
    /// See [`badges`].
    badges: Vec<Badges>,
    /// Each unit, from the end of the price on.
    units: Vec<String>,
}

/// The badges of a centre, whether it is of the demonstration, and on to its longitude.
struct Badges {
    json: String,
    /// Where the dates stand that some of them have.
    dates: [usize; BADGES.len()],
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut nature = Vec::new();
    for kind in CentreKind::ALL {
        for ownership in Ownership::ALL {
            for (inclusive, filed) in [(false, false), (false, true), (true, false), (true, true)] {
                nature.push(format!(
                    "\",\"kind\":\"{kind}\",\"ownership\":\"{ownership}\",\"inclusive\":{inclusive},\"filed\":{filed},\"address\":\""
                ));
            }
        }
    }
    let care_types = std::array::from_fn(|set| {
        let listed = CareType::ALL.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1);
        let words: Vec<String> = listed.map(|(_, care_type)| format!("\"{care_type}\"")).collect();
        format!("\",\"care_types\":[{}],\"rating\":", words.join(","))
    });
    let unrated = std::array::from_fn(|set| {
        let mut json = String::clone(&care_types[set]).into_bytes();
        rating(&mut json, RatingSummary::default());
        String::from_utf8(json).unwrap_or_default()
    });
    let badges = (0..2 * DEMO).map(Badges::of).collect();
    let units = OfferUnit::ALL.iter().map(|unit| format!(",\"price_unit\":\"{unit}\"")).collect();
    Words { nature, care_types, unrated, badges, units }
});

/// Bits above those of the badges: the recognition has an end; a centre of the demonstration.
const ENDS: usize = 1 << BADGES.len();
const DEMO: usize = 2 * ENDS;

const fn nature(kind: CentreKind, ownership: Ownership, inclusive: bool, filed: bool) -> usize {
    ((kind as usize * Ownership::ALL.len() + ownership as usize) * 2 + inclusive as usize) * 2 + filed as usize
}

fn plain(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// A text with something that JSON escapes, without the quotes around it.
fn escape(out: &mut Vec<u8>, text: &str) {
    // A text can't fail to serialise.
    let json = serde_json::to_string(text).unwrap_or_default();
    out.extend_from_slice(json.get(1..json.len() - 1).unwrap_or_default().as_bytes());
}

/// Appends a number: in half the time that `write!` takes.
pub(super) fn number(out: &mut Vec<u8>, n: u32) {
    match n {
        0..=9 => out.extend_from_slice(&pair(n)[1..]),
        10..=99 => out.extend_from_slice(&pair(n)),
        _ => {
            number(out, n / 100);
            out.extend_from_slice(&pair(n));
        }
    }
}

fn rating(out: &mut Vec<u8>, rating: RatingSummary) {
    if rating.n < ENOUGH_ANSWERS {
        out.extend_from_slice(b"{\"satisfied_rate\":null,\"mean\":null,\"n\":");
        number(out, u32::try_from(rating.n).unwrap_or_default());
        out.push(b'}');
    } else {
        // Plain data can't fail to serialise.
        let _ = serde_json::to_writer(out, &CentreRatingOut::from(rating));
    }
}

/// Every number of two digits.
static PAIRS: [[u8; 2]; 100] = {
    let (mut pairs, mut n) = ([[0; 2]; 100], 0);
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// The last two digits of a number.
fn pair(n: u32) -> [u8; 2] {
    PAIRS[n as usize % 100]
}

/// A date in a fifth of the time that chrono takes; years of five digits never come.
fn iso(date: NaiveDate) -> [u8; 10] {
    let year = date.year().unsigned_abs();
    let ([a, b], [c, d]) = (pair(year / 100), pair(year));
    let ([e, f], [g, h]) = (pair(date.month()), pair(date.day()));
    [a, b, c, d, b'-', e, f, b'-', g, h]
}

/// Degrees as ten-millionths: a centimetre.
#[expect(clippy::cast_possible_truncation, reason = "at most 1.8 milliards, which an i32 holds")]
pub(super) fn ten_millionths(p: LngLat) -> [i32; 2] {
    [p.lng, p.lat].map(|degrees| (degrees * 1e7).round() as i32)
}

/// Appends degrees with all seven digits.
fn degrees(out: &mut Vec<u8>, ten_millionths: i32) {
    let n = ten_millionths.unsigned_abs();
    let whole = n / 10_000_000;
    let ([_, a], [b, c]) = (pair(whole / 100), pair(whole));
    let ([d, e], [f, g], [h, i], [_, j]) = (pair(n / 100_000), pair(n / 1_000), pair(n / 10), pair(n));
    if ten_millionths < 0 {
        out.push(b'-');
    }
    match whole {
        100.. => out.extend_from_slice(&[a, b, c, b'.', d, e, f, g, h, i, j]),
        10..=99 => out.extend_from_slice(&[b, c, b'.', d, e, f, g, h, i, j]),
        _ => out.extend_from_slice(&[c, b'.', d, e, f, g, h, i, j]),
    }
}

/// Code and label of the badges, in their order.
const BADGES: [(&str, &str); 5] = [
    ("inclusive", "普惠"),
    ("filed", "已备案"),
    ("insured", "已投保"),
    ("medical", "医育结合"),
    ("cross_strait", "泉台融合"),
];

/// Cards in a reader's characters: their labels are all words of ours that they have, and nothing that was
/// entered holds a bare quote.
pub(super) fn written(cards: Vec<u8>, reader: Language) -> Vec<u8> {
    if reader != Language::Hant {
        return cards;
    }
    let quoted = |label: &str| format!("\"label\":\"{label}\"");
    let label = |cards: String, (_, label): (_, &str)| cards.replace(&quoted(label), &quoted(hant::known(label)));
    BADGES.into_iter().fold(String::from_utf8(cards).unwrap_or_default(), label).into_bytes()
}

/// On a centre's page only: a public one with safety packages (安防“五大包”, project 9).
const SAFETY: (&str, &str) = ("safety", "安防升级");

/// The badges that a centre has: until when, if they end.
fn checked(spot: &Spot<'_>) -> [Option<Option<NaiveDate>>; BADGES.len()] {
    [
        spot.inclusive().then(|| spot.inclusive_until()),
        spot.filed().then_some(None),
        spot.insured_until().map(Some),
        spot.medical_until().map(Some),
        spot.cross_strait().then_some(None),
    ]
}

impl Badges {
    /// Of a set: a bit for each of [`BADGES`], [`ENDS`] and [`DEMO`].
    fn of(set: usize) -> Self {
        let (mut json, mut dates) = (String::from(",\"badges\":["), [0; BADGES.len()]);
        // Insurance and contract always end, recognition sometimes.
        let ends = [set & ENDS != 0, false, true, true, false];
        for (i, (code, label)) in BADGES.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1) {
            json.push_str(if json.ends_with('[') { "" } else { "," });
            json.push_str(&format!("{{\"code\":\"{code}\",\"label\":\"{label}\",\"until\":"));
            dates[i] = if ends[i] { json.len() + 1 } else { 0 };
            json.push_str(if ends[i] { "\"0000-00-00\"}" } else { "null}" });
        }
        json.push_str(&format!("],\"demo\":{},\"location\":{{\"lng\":", set & DEMO != 0));
        Self { json, dates }
    }
}

/// Appends the badges and what follows, up to the longitude: ready but for the dates.
fn badges(out: &mut Vec<u8>, spot: &Spot<'_>) {
    let checked = checked(spot);
    let mut set = if spot.demo() { DEMO } else { 0 };
    set |= if spot.inclusive_until().is_some() { ENDS } else { 0 };
    set |= checked.iter().enumerate().map(|(i, badge)| usize::from(badge.is_some()) << i).sum::<usize>();
    let (ready, begin) = (&WORDS.badges[set], out.len());
    plain(out, &ready.json);
    for (at, until) in ready.dates.iter().zip(checked) {
        if let (1.., Some(Some(until))) = (*at, until) {
            out[begin + at..][..10].copy_from_slice(&iso(until));
        }
    }
}

/// The badges of a centre's row, with when they were checked, and what no card has room for.
pub(super) fn badges_of(row: &centres::Model, marks: Marks, today: NaiveDate) -> Vec<BadgeOut> {
    let dated = |until: Option<NaiveDate>| until.filter(|until| *until >= today).map(Some);
    let checked = [
        (row.inclusive_on(today).then_some(row.inclusive_until), marks.inclusive),
        ((row.filed == Filed::Filed).then_some(None), marks.filed),
        (dated(row.insured_until), marks.insured),
        (dated(row.medical_until), marks.medical),
        (row.cross_strait.then_some(None), None),
        (marks.safety.map(|_| None), marks.safety),
    ];
    let badge = |((code, label), (until, checked_on)): (_, (Option<_>, _))| {
        until.map(|until| BadgeOut { code, label: Word(label), until, checked_on })
    };
    BADGES.into_iter().chain([SAFETY]).zip(checked).filter_map(badge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_have_seven_digits_behind_the_point() {
        for (ten_millionths, text) in [
            (0, "0.0000000"),
            (-1, "-0.0000001"),
            (1_187_900_000, "118.7900000"),
            (240_000_123, "24.0000123"),
            (-1_800_000_000, "-180.0000000"),
            (99_999_999, "9.9999999"),
            (1_187_971_123, "118.7971123"),
        ] {
            let mut out = Vec::new();
            degrees(&mut out, ten_millionths);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn numbers_have_all_their_digits() {
        for n in [0, 7, 10, 42, 100, 105, 999, 1_000, 9_800, 10_000, 100_203, 98_765_432, u32::MAX] {
            let mut out = Vec::new();
            number(&mut out, n);
            assert_eq!(String::from_utf8(out).unwrap(), n.to_string());
        }
    }

    #[test]
    fn every_set_of_badges_is_json_with_its_dates_where_they_are_written() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 9).unwrap();
        for set in 0..2 * DEMO {
            let mut ready = Badges::of(set);
            for at in ready.dates.iter().filter(|at| **at > 0) {
                ready.json.replace_range(at..&(at + 10), std::str::from_utf8(&iso(day)).unwrap());
            }
            let json: serde_json::Value = serde_json::from_str(&format!("{{{}0}}}}", &ready.json[1..])).unwrap();
            let expected = BADGES.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(i, (code, label))| {
                let (ends, label) = (matches!(i, 2 | 3) || i == 0 && set & ENDS != 0, crate::language::Word(label));
                serde_json::json!(BadgeOut { code, label, until: ends.then_some(day), checked_on: None })
            });
            assert_eq!(json["badges"].as_array().unwrap(), &expected.collect::<Vec<_>>());
            assert_eq!(json["demo"], set & DEMO != 0);
        }
    }

    #[test]
    fn the_ready_pieces_stand_where_they_are_looked_for() {
        let at = nature(CentreKind::Family, Ownership::Private, true, false);
        assert_eq!(
            WORDS.nature[at],
            "\",\"kind\":\"family\",\"ownership\":\"private\",\"inclusive\":true,\"filed\":false,\"address\":\""
        );
        assert_eq!(WORDS.care_types[0b101], "\",\"care_types\":[\"full_day\",\"hourly\"],\"rating\":");
    }
}
