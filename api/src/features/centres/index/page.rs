//! Some dozens of centres that are neighbours on the map, laid out so that a search reads little and
//! what it reads lies together. A page never changes: a change of one centre makes a new page.

mod spot;

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDate;
use entity::{CareType, CentreId, CentreKind, Fen, Filed, LngLat, OfferUnit, Ownership};

use super::{
    packed::{Open, Packed},
    packer::Packer,
    tree::Bounds,
};
use crate::features::centres::{
    card::{PriceFrom, ten_millionths},
    coords::Coord,
    plan::{CentrePlan, RatingSummary},
    text::is_marked,
};

pub(in crate::features::centres) use self::spot::Spot;

/// What a search reads of a centre beside its point and its texts: in one line of the processor's cache.
#[repr(align(64))]
struct Head {
    id: CentreId,
    /// In ten-millionths of a degree, as most phones ask for it.
    gcj02: [i32; 2],
    /// Answers, satisfied ones, sum of levels.
    rating: [u32; 3],
    inclusive: [Option<NaiveDate>; 2],
    insured_until: Option<NaiveDate>,
    medical_until: Option<NaiveDate>,
    /// Where the name begins in the page's texts; the rest of the address follows it.
    name: u32,
    name_bytes: u16,
    address_bytes: u16,
    flags: u8,
    /// Which of the page's [`Common`].
    common: u8,
}

/// What many neighbours have alike.
#[derive(Clone, PartialEq)]
struct Common {
    /// For each form of care what [`price`] packs.
    prices: [u32; 4],
    /// For each band whether there is a class, and which forms of care it has offers for.
    bands: u32,
    age_grace_months: i32,
    /// Where the township stands in the page's texts.
    township: (u32, u32),
    kind: CentreKind,
    ownership: Ownership,
}

const FILED: u8 = 1;
const SUSPENDED: u8 = 2;
const CROSS_STRAIT: u8 = 4;
const DEMO: u8 = 8;
/// Something in the texts must be escaped in JSON.
const ESCAPED: u8 = 16;
/// The texts are not in lower case and simplified characters.
const MARKED: u8 = 32;

/// See the module.
pub(super) struct Page {
    /// Told apart from every other page that this process made.
    pub(super) stamp: u64,
    pub(super) bounds: Bounds,
    points: Box<[[f64; 2]]>,
    heads: Box<[Head]>,
    /// Where each centre begins in what is packed.
    places: Box<[u32]>,
    commons: Box<[Common]>,
    /// What all addresses begin with, the townships, then each name and the rest of its address.
    texts: Box<str>,
    start: usize,
    packed: Packed,
}

impl Page {
    /// At most 255 centres.
    pub(super) fn of(plans: &[CentrePlan]) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let start = common_start(plans);
        let mut texts = plans.first().map_or(String::new(), |plan| plan.row.address[..start].to_owned());
        let townships = townships(plans, &mut texts);
        let (mut packer, mut commons) = (Packer::default(), Vec::new());
        let head = |(plan, township): (&CentrePlan, _)| {
            let common = Common::of(plan, township);
            let at = commons.iter().position(|known| *known == common).unwrap_or_else(|| {
                commons.push(common);
                commons.len() - 1
            });
            Head::of(plan, u8::try_from(at).unwrap_or(u8::MAX), &mut texts, start)
        };
        let heads = plans.iter().zip(townships).map(head).collect();
        let points: Box<[_]> = plans.iter().map(|plan| [plan.row.lng, plan.row.lat]).collect();
        Self {
            stamp: MADE.fetch_add(1, Ordering::Relaxed),
            bounds: Bounds::of(&points),
            points,
            heads,
            places: plans.iter().map(|plan| short(packer.add(plan))).collect(),
            commons: commons.into(),
            texts: texts.into(),
            start,
            packed: packer.done(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    pub(super) fn points(&self) -> &[[f64; 2]] {
        &self.points
    }

    pub(super) fn id(&self, at: usize) -> CentreId {
        self.heads[at].id
    }

    pub(super) fn find(&self, id: CentreId) -> Option<usize> {
        self.heads.iter().position(|head| head.id == id)
    }

    /// The centre, unpacked.
    pub(super) fn plan(&self, at: usize) -> CentrePlan {
        let head = &self.heads[at];
        let common = self.common(at);
        let (name, [address_start, address]) = self.texts(at);
        let [lng, lat] = self.points[at];
        let open = Open {
            id: head.id,
            name,
            address: [address_start, address].concat(),
            township: self.township(common),
            kind: common.kind,
            ownership: common.ownership,
            location: LngLat { lng, lat },
            inclusive: head.inclusive,
            insured_until: head.insured_until,
            medical_until: head.medical_until,
            cross_strait: head.flags & CROSS_STRAIT != 0,
            demo: head.flags & DEMO != 0,
            age_grace_months: common.age_grace_months,
            rating: rating(head.rating),
        };
        self.packed.plan(self.places[at] as usize, open)
    }

    fn common(&self, at: usize) -> &Common {
        &self.commons[usize::from(self.heads[at].common)]
    }

    fn township(&self, common: &Common) -> &str {
        &self.texts[common.township.0 as usize..common.township.1 as usize]
    }

    /// The name, and the two parts of the address.
    fn texts(&self, at: usize) -> (&str, [&str; 2]) {
        let head = &self.heads[at];
        let (name, rest) = self.texts[head.name as usize..].split_at(head.name_bytes.into());
        (name, [&self.texts[..self.start], &rest[..head.address_bytes.into()]])
    }
}

/// How many bytes all addresses have in common at the beginning.
fn common_start(plans: &[CentrePlan]) -> usize {
    let Some((first, others)) = plans.split_first() else { return 0 };
    let first = &first.row.address;
    let same = |other: &str| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let mut start = others.iter().map(|plan| same(&plan.row.address)).min().unwrap_or(0);
    while !first.is_char_boundary(start) {
        start -= 1;
    }
    start
}

/// Writes each township once; tells for each centre where its own stands.
fn townships(plans: &[CentrePlan], texts: &mut String) -> Vec<(u32, u32)> {
    let mut places: Vec<(u32, u32)> = Vec::with_capacity(plans.len());
    for (at, plan) in plans.iter().enumerate() {
        let township = &plan.row.township;
        let known = plans[..at].iter().position(|other| other.row.township == *township);
        let place = known.map_or_else(
            || {
                let begin = short(texts.len());
                texts.push_str(township);
                (begin, short(texts.len()))
            },
            |known| places[known],
        );
        places.push(place);
    }
    places
}

/// Pages are some kilobytes long.
fn short(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Common {
    fn of(plan: &CentrePlan, township: (u32, u32)) -> Self {
        Self {
            prices: std::array::from_fn(|i| lowest(plan, CareType::ALL[i]).map_or(NO_PRICE, packed_price)),
            bands: bands(plan),
            age_grace_months: plan.row.age_grace_months,
            township,
            kind: plan.row.kind,
            ownership: plan.row.ownership,
        }
    }
}

impl Head {
    fn of(plan: &CentrePlan, common: u8, texts: &mut String, start: usize) -> Self {
        let row = &plan.row;
        let name = short(texts.len());
        // No name or address is as long as that.
        let mut add = |text: &str| {
            let text = &text[..text.floor_char_boundary(usize::from(u16::MAX))];
            texts.push_str(text);
            u16::try_from(text.len()).unwrap_or(u16::MAX)
        };
        let (name_bytes, address_bytes) = (add(&row.name), add(&row.address[start..]));
        let all = [&row.name, &row.address, &row.township];
        let escaped = all.iter().any(|text| text.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\'));
        let marked = all[..2].iter().any(|text| is_marked(text));
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let count = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
        Self {
            id: row.id,
            gcj02: ten_millionths(Coord::Gcj02.from_wgs84(row.location())),
            rating: [count(plan.rating.n), count(plan.rating.satisfied), count(plan.rating.total)],
            inclusive: [row.inclusive_from, row.inclusive_until],
            insured_until: row.insured_until,
            medical_until: row.medical_until,
            name,
            name_bytes,
            address_bytes,
            flags: flag(row.filed == Filed::Filed, FILED)
                | flag(row.vouchers_suspended_at.is_some(), SUSPENDED)
                | flag(row.cross_strait, CROSS_STRAIT)
                | flag(row.demo, DEMO)
                | flag(escaped, ESCAPED)
                | flag(marked, MARKED),
            common,
        }
    }
}

/// The lowest price of a form of care in a class that is open.
fn lowest(plan: &CentrePlan, care_type: CareType) -> Option<PriceFrom> {
    let live = plan.offers.iter().filter(|o| o.care_type == care_type && plan.class(o.class_id).is_some());
    live.min_by_key(|o| o.price_fen).map(|o| PriceFrom { fen: o.price_fen, unit: o.unit })
}

const NO_PRICE: u32 = u32::MAX;
const FEN_BITS: u32 = 30;

/// A price in one word: ten million yuan at most, and no offer may cost a hundredth of that.
fn packed_price(price: PriceFrom) -> u32 {
    let fen = u32::try_from(price.fen.0.max(0)).unwrap_or(u32::MAX).min((1 << FEN_BITS) - 2);
    (price.unit as u32) << FEN_BITS | fen
}

const fn price(packed: u32) -> Option<PriceFrom> {
    if packed == NO_PRICE {
        return None;
    }
    let fen = packed & ((1 << FEN_BITS) - 1);
    Some(PriceFrom { fen: Fen(fen as i64), unit: OfferUnit::ALL[(packed >> FEN_BITS) as usize] })
}

fn rating([n, satisfied, total]: [u32; 3]) -> RatingSummary {
    RatingSummary { n: n.into(), satisfied: satisfied.into(), total: total.into() }
}

/// Bits of a band: that there is a class, then a bit for each form of care.
const BAND_BITS: u32 = 5;

fn bands(plan: &CentrePlan) -> u32 {
    let mut bits = 0;
    for class in &plan.classes {
        let first = class.band as u32 * BAND_BITS;
        bits |= 1 << first;
        for offer in plan.offers.iter().filter(|offer| offer.class_id == class.id) {
            bits |= 2 << (first + offer.care_type as u32);
        }
    }
    bits
}
