//! What a search shows of a centre, written straight into the answer: a JSON kept for each centre would
//! take more memory than all else of it, and copying it hardly less time.

use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDate};
use entity::{CareType, CentreKind, Fen, Filed, LngLat, OfferUnit, Ownership, centres};
use serde::Serialize;
use utoipa::ToSchema;

use super::{coords::Coord, index::Spot, plan::RatingSummary};
use crate::features::registers::marks::Marks;

/// Fewer answers than this are shown as a number, not as a rate (`domain.md`, Ratings).
pub(super) const ENOUGH_ANSWERS: i64 = 5;

/// A mark that tells parents something was checked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BadgeOut {
    /// Stable word.
    #[schema(example = "inclusive")]
    pub code: &'static str,
    /// In Chinese.
    #[schema(example = "普惠")]
    pub label: &'static str,
    /// Good until, if it ends.
    pub until: Option<NaiveDate>,
    /// When the bureau saw the document; on the centre's page only, and absent where no register says.
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
    let text: fn(&mut Vec<u8>, &str) = if spot.escaped() { escape } else { plain };
    out.extend_from_slice(b"{\"id\":\"ctr_");
    let mut hex = [0; 32];
    spot.id().0.simple().encode_lower(&mut hex);
    out.extend_from_slice(&hex);
    out.extend_from_slice(b"\",\"name\":\"");
    text(out, name);
    plain(out, &WORDS.nature[nature(spot.kind(), spot.ownership(), spot.inclusive(), spot.filed())]);
    address.iter().for_each(|part| text(out, part));
    out.extend_from_slice(b"\",\"township\":\"");
    text(out, spot.township());
    plain(out, &WORDS.care_types[spot.care_types()]);
    rating(out, spot.rating());
    badges(out, spot);
    let demo: &[u8] = if spot.demo() { b",\"demo\":true,\"location\":{" } else { b",\"demo\":false,\"location\":{" };
    out.extend_from_slice(demo);
    let [lng, lat] = match coord {
        Coord::Gcj02 => spot.gcj02(),
        other => millionths(other.from_wgs84(spot.location())),
    };
    out.extend_from_slice(b"\"lng\":");
    degrees(out, lng);
    out.extend_from_slice(b",\"lat\":");
    degrees(out, lat);
    out.extend_from_slice(b",\"coord\":\"");
    plain(out, coord.as_str());
    out.extend_from_slice(b"\"},\"price_from_fen\":");
    match spot.price(care_type) {
        Some(price) => {
            number(out, price.fen.0);
            out.extend_from_slice(b",\"price_unit\":\"");
            plain(out, price.unit.as_str());
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null,\"price_unit\":null"),
    }
}

/// Pieces of JSON that have few values.
struct Words {
    /// Kind, ownership, recognition and registration, from the end of the name to the address; see [`nature`].
    nature: Vec<String>,
    /// For every set of forms of care, a bit for each, from the end of the township on.
    care_types: [String; 16],
    /// Each of [`BADGES`] up to its date.
    badges: [String; BADGES.len()],
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
    let badges = BADGES.map(|(code, label)| format!(",{{\"code\":\"{code}\",\"label\":\"{label}\",\"until\":"));
    Words { nature, care_types, badges }
});

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
pub(super) fn number(out: &mut Vec<u8>, n: impl Serialize) {
    // Writing a number to memory can't fail.
    let _ = serde_json::to_writer(out, &n);
}

fn rating(out: &mut Vec<u8>, rating: RatingSummary) {
    if rating.n < ENOUGH_ANSWERS {
        out.extend_from_slice(b"{\"satisfied_rate\":null,\"mean\":null,\"n\":");
        number(out, rating.n);
        out.push(b'}');
    } else {
        // Plain data can't fail to serialise.
        let _ = serde_json::to_writer(out, &CentreRatingOut::from(rating));
    }
}

fn date(out: &mut Vec<u8>, date: NaiveDate) {
    // In a fifth of the time that chrono takes; years of five digits never come.
    let year = u32::try_from(date.year()).unwrap_or(0) % 10_000;
    let mut text = *b"\"0000-00-00\"";
    for (at, mut n) in [(1, year), (6, date.month()), (9, date.day())] {
        let digits = if at == 1 { 4 } else { 2 };
        for digit in text[at..at + digits].iter_mut().rev() {
            *digit = b'0' + u8::try_from(n % 10).unwrap_or(0);
            n /= 10;
        }
    }
    out.extend_from_slice(&text);
}

/// Degrees as millionths.
#[expect(clippy::cast_possible_truncation, reason = "at most 180 million")]
pub(super) fn millionths(p: LngLat) -> [i32; 2] {
    [p.lng, p.lat].map(|degrees| (degrees * 1e6).round() as i32)
}

/// Appends degrees with all six digits.
fn degrees(out: &mut Vec<u8>, millionths: i32) {
    let (mut text, mut rest, mut begin) = (*b"-000.000000", millionths.unsigned_abs(), 10);
    while rest > 0 || begin > 2 {
        text[begin] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        // Over the point.
        begin -= if begin == 5 { 2 } else { 1 };
    }
    // `begin` is before the first digit.
    if millionths < 0 {
        text[begin] = b'-';
    } else {
        begin += 1;
    }
    out.extend_from_slice(&text[begin..]);
}

/// Code and label of the badges, in their order.
const BADGES: [(&str, &str); 5] = [
    ("inclusive", "普惠"),
    ("filed", "已备案"),
    ("insured", "已投保"),
    ("medical", "医育结合"),
    ("cross_strait", "泉台融合"),
];

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

fn badges(out: &mut Vec<u8>, spot: &Spot<'_>) {
    out.extend_from_slice(b",\"badges\":");
    let opening = out.len();
    for (badge, until) in WORDS.badges.iter().zip(checked(spot)) {
        let Some(until) = until else { continue };
        plain(out, badge);
        match until {
            Some(until) => date(out, until),
            None => out.extend_from_slice(b"null"),
        }
        out.push(b'}');
    }
    // The first comma is where the list opens.
    match out.get_mut(opening) {
        Some(comma) => *comma = b'[',
        None => out.push(b'['),
    }
    out.push(b']');
}

/// The badges of a centre's row, with when they were checked, and what no card has room for.
pub(super) fn badges_of(row: &centres::Model, marks: Marks, today: NaiveDate) -> Vec<BadgeOut> {
    let dated = |until: Option<NaiveDate>| until.filter(|until| *until >= today).map(Some);
    let checked = [
        (row.inclusive_on(today).then_some(row.inclusive_until), None),
        ((row.filed == Filed::Filed).then_some(None), None),
        (dated(row.insured_until), marks.insured),
        (dated(row.medical_until), marks.medical),
        (row.cross_strait.then_some(None), None),
        (marks.safety.map(|_| None), marks.safety),
    ];
    let badge = |((code, label), (until, checked_on)): (_, (Option<_>, _))| {
        until.map(|until| BadgeOut { code, label, until, checked_on })
    };
    BADGES.into_iter().chain([SAFETY]).zip(checked).filter_map(badge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_have_six_digits_behind_the_point() {
        for (millionths, text) in [
            (0, "0.000000"),
            (-1, "-0.000001"),
            (118_790_000, "118.790000"),
            (24_000_012, "24.000012"),
            (-179_999_999, "-179.999999"),
            (9_999_999, "9.999999"),
        ] {
            let mut out = Vec::new();
            degrees(&mut out, millionths);
            assert_eq!(String::from_utf8(out).unwrap(), text);
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
