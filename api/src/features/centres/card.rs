//! What a search shows of a centre, rendered once when the centre is loaded: a search then copies
//! bytes instead of serialising twenty objects.

use chrono::NaiveDate;
use entity::{CareType, CentreId, CentreKind, Fen, Filed, LngLat, OfferUnit, Ownership, centres, classes, offers};
use serde::Serialize;
use utoipa::ToSchema;

use super::{catalogue::RatingSummary, coords::Coord};

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

/// The part of a search result that doesn't depend on the search.
#[derive(Serialize)]
struct Fixed<'a> {
    id: CentreId,
    name: &'a str,
    kind: CentreKind,
    ownership: Ownership,
    inclusive: bool,
    filed: bool,
    address: &'a str,
    township: &'a str,
    care_types: &'a [CareType],
    rating: CentreRatingOut,
    badges: &'a [BadgeOut],
    demo: bool,
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

/// See the module.
#[derive(Clone, Debug)]
pub struct Card {
    /// Forms of care on offer.
    pub care_types: Vec<CareType>,
    /// Lowest price of each form of care.
    pub prices: [Option<PriceFrom>; 4],
    /// Marks.
    pub badges: Vec<BadgeOut>,
    /// Recognised as inclusive on the day the card was made.
    pub inclusive: bool,
    /// Name and address in lower case, for text search.
    pub haystack: String,
    /// The object's JSON without its closing brace.
    pub json: String,
}

impl Card {
    pub(super) fn of(
        row: &centres::Model,
        classes: &[classes::Model],
        offers: &[offers::Model],
        rating: RatingSummary,
        today: NaiveDate,
    ) -> Self {
        let live = |o: &&offers::Model| classes.iter().any(|c| c.id == o.class_id);
        let prices = CareType::ALL
            .iter()
            .map(|care_type| {
                let of_type = offers.iter().filter(live).filter(|o| o.care_type == *care_type);
                of_type.min_by_key(|o| o.price_fen).map(|o| PriceFrom { fen: o.price_fen, unit: o.unit })
            })
            .collect::<Vec<_>>();
        let prices: [Option<PriceFrom>; 4] = std::array::from_fn(|i| prices[i]);
        let care_types: Vec<_> =
            CareType::ALL.iter().zip(&prices).filter(|(_, p)| p.is_some()).map(|(c, _)| *c).collect();
        let inclusive = row.inclusive_on(today);
        let badges = badges(row, inclusive, today);
        let fixed = Fixed {
            id: row.id,
            name: &row.name,
            kind: row.kind,
            ownership: row.ownership,
            inclusive,
            filed: row.filed == Filed::Filed,
            address: &row.address,
            township: &row.township,
            care_types: &care_types,
            rating: rating.into(),
            badges: &badges,
            demo: row.demo,
        };
        // Plain data can't fail to serialise.
        let mut json = serde_json::to_string(&fixed).unwrap_or_default();
        json.pop();
        let haystack = format!("{}\n{}", row.name, row.address).to_lowercase();
        Self { care_types, prices, badges, inclusive, haystack, json }
    }

    /// The object's JSON without its closing brace, with the location and the price as most phones
    /// ask for them.
    pub(super) fn usual(&self, location: LngLat) -> String {
        [&*self.json, &*location_json(Coord::Gcj02, location), &*price_json(self.price(None))].concat()
    }

    /// The lowest price of a form of care, or of the first form on offer.
    #[must_use]
    pub fn price(&self, care_type: Option<CareType>) -> Option<PriceFrom> {
        match care_type {
            Some(wanted) => CareType::ALL.iter().position(|c| *c == wanted).and_then(|i| self.prices[i]),
            None => self.prices.iter().flatten().next().copied(),
        }
    }
}

/// The members `price_from_fen` and `price_unit` of a result.
pub(super) fn price_json(price: Option<PriceFrom>) -> String {
    match price {
        Some(price) => format!(",\"price_from_fen\":{},\"price_unit\":\"{}\"", price.fen.0, price.unit),
        None => ",\"price_from_fen\":null,\"price_unit\":null".to_owned(),
    }
}

/// The member `location` of a result, for a stored point in the system asked for.
pub(super) fn location_json(coord: Coord, stored: LngLat) -> String {
    let p = coord.from_wgs84(stored);
    format!(",\"location\":{{\"lng\":{:.6},\"lat\":{:.6},\"coord\":\"{}\"}}", p.lng, p.lat, coord.as_str())
}

fn badges(row: &centres::Model, inclusive: bool, today: NaiveDate) -> Vec<BadgeOut> {
    let dated = |until: Option<NaiveDate>| until.filter(|until| *until >= today);
    let mut badges = Vec::new();
    if inclusive {
        badges.push(BadgeOut { code: "inclusive", label: "普惠", until: row.inclusive_until });
    }
    if row.filed == Filed::Filed {
        badges.push(BadgeOut { code: "filed", label: "已备案", until: None });
    }
    if let Some(until) = dated(row.insured_until) {
        badges.push(BadgeOut { code: "insured", label: "已投保", until: Some(until) });
    }
    if let Some(until) = dated(row.medical_until) {
        badges.push(BadgeOut { code: "medical", label: "医育结合", until: Some(until) });
    }
    if row.cross_strait {
        badges.push(BadgeOut { code: "cross_strait", label: "泉台融合", until: None });
    }
    badges
}
