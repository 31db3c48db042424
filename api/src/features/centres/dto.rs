//! What searches and pages of centres take and answer.

use entity::{
    Admits, Band, CareType, CentreId, CentreKind, ClassId, Confirmation, Fen, Filed, Half, MinuteOfDay, OfferId,
    OfferUnit, Ownership, ReductionKind, fee_reductions,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{badges::BadgeOut, card::CentreRatingOut, coords::Coord};
use crate::{
    http::{Cursor, Day, Limit, Line, digits},
    language::Word,
    platform::walking::{TravelMode, Way, WayMethod},
};

/// Order of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CentreSort {
    /// Nearest first (needs `lng` and `lat`).
    Walk,
    /// Cheapest first.
    Price,
    /// Most satisfied families first.
    Rating,
}

/// What to search for. All filters must hold.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CentreSearch {
    /// Longitude of the family; with `lat`.
    #[param(example = 118.79)]
    pub lng: Option<f64>,
    /// Latitude of the family; with `lng`.
    #[param(example = 24.89)]
    pub lat: Option<f64>,
    /// Coordinate system of the point, and of the points in the answer.
    #[serde(default)]
    #[param(inline)]
    pub coord: Coord,
    /// By what the family comes; on foot if not said.
    #[serde(default)]
    #[param(inline)]
    pub mode: TravelMode,
    /// With a pushchair: ways over steps are avoided. On foot only.
    pub pushchair: Option<bool>,
    /// Time on the way at most, 1 to 60 minutes; 15 if not said.
    #[serde(default, deserialize_with = "digits")]
    #[param(minimum = 1, maximum = 60)]
    pub minutes: Option<u32>,
    /// Only centres that offer this form of care.
    #[param(inline)]
    pub care_type: Option<CareType>,
    /// Only centres with a class for a child of this age in completed months, 0 to 36.
    #[param(minimum = 0, maximum = 36)]
    pub age_months: Option<i32>,
    /// Only centres with a free place on this date.
    pub date: Option<Day>,
    /// …from this time (with `to`); without times, the opening hours.
    pub from: Option<MinuteOfDay>,
    /// …to this time.
    pub to: Option<MinuteOfDay>,
    /// …or in this half-day window.
    #[param(inline)]
    pub half: Option<Half>,
    /// Only centres recognised as inclusive (or only others).
    pub inclusive: Option<bool>,
    /// Only this kind.
    #[param(inline)]
    pub kind: Option<CentreKind>,
    /// Only this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
    /// Only centres where vouchers of a running campaign can be used (or only others).
    pub voucher: Option<bool>,
    /// Part of the name or address, in simplified or traditional characters, or its pinyin or initials.
    #[param(value_type = Option<String>)]
    pub q: Option<Line<40>>,
    /// Order: `walk` with a point, else `rating`.
    #[param(inline)]
    pub sort: Option<CentreSort>,
    /// Items a page, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before, with the same point and filters. It goes on as it began: after a page
    /// by estimate with estimates; after one by street, where those ways can't be had any more, it is refused
    /// (`errors[0].code` is `stale`): begin again without it.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A point and its system. It comes back from a round trip to within a centimetre, but may not within two
/// kilometres of the bounds of the box around China that GCJ-02 and BD-09 hold in.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct LocationOut {
    /// Longitude.
    pub lng: f64,
    /// Latitude.
    pub lat: f64,
    /// Coordinate system of the two.
    pub coord: Coord,
}

/// The way, on foot or by the mode that was asked for.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct WalkOut {
    /// Minutes, rounded up.
    #[schema(example = 9)]
    pub minutes: u32,
    /// Metres along the way.
    #[schema(example = 588)]
    pub distance_m: u32,
    /// `network` (from a router) or `estimate` (straight line × detour factor).
    pub method: WayMethod,
}

impl WalkOut {
    /// As the API tells it: whoever is told 15 minutes is there within 15.
    #[must_use]
    pub const fn of(way: Way, method: WayMethod) -> Self {
        Self { minutes: way.seconds.div_ceil(60), distance_m: way.metres, method }
    }
}

/// A centre in a list of results.
#[derive(Serialize, ToSchema)]
pub struct CentreCardOut {
    /// Id.
    pub id: CentreId,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: CentreKind,
    /// Who owns it.
    pub ownership: Ownership,
    /// Recognised as inclusive today.
    pub inclusive: bool,
    /// Registered with the health authority.
    pub filed: bool,
    /// Street address.
    pub address: String,
    /// Township, by its Chinese name.
    pub township: String,
    /// Forms of care on offer.
    pub care_types: Vec<CareType>,
    /// Ratings of the last twelve months.
    pub rating: CentreRatingOut,
    /// Marks that tell parents something was checked.
    pub badges: Vec<BadgeOut>,
    /// Demonstration data.
    pub demo: bool,
    /// Where it is, in the system that was asked for.
    pub location: LocationOut,
    /// The way from the point of the search; null without one, and in `nearest` where `straight_m` stands.
    pub walk: Option<WalkOut>,
    /// In `nearest` only, of a centre that no way was found to, or that lies more than 100 km away: metres as
    /// the crow flies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub straight_m: Option<u32>,
    /// Lowest price of the form of care searched for, or of the first on offer.
    pub price_from_fen: Option<Fen>,
    /// What that price is for.
    pub price_unit: Option<OfferUnit>,
    /// Vouchers of a running campaign can be used here.
    pub voucher: bool,
    /// With a date: places free through the whole time asked for, in the best class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_places: Option<i32>,
}

/// A page of results. Written by hand (`search.rs`) in this shape.
#[derive(Serialize, ToSchema)]
pub struct CentreCardsOut {
    /// In the order asked for.
    pub items: Vec<CentreCardOut>,
    /// Pass as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
    /// When nothing is found around the point: the nearest three that match the other filters (fewer only where
    /// there are no more). First those within 100 km that a way leads to, nearest first, with `walk`; then,
    /// if these are fewer, the nearest as the crow flies, with `straight_m` in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Vec<CentreCardOut>>,
    /// With `nearest`: what to tell the family, in Chinese or English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Where a page is read from.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CentrePageQuery {
    /// Longitude of the family; with `lat`.
    pub lng: Option<f64>,
    /// Latitude of the family; with `lng`.
    pub lat: Option<f64>,
    /// Coordinate system of the point, and of the points in the answer.
    #[serde(default)]
    #[param(inline)]
    pub coord: Coord,
    /// By what the family comes; on foot if not said.
    #[serde(default)]
    #[param(inline)]
    pub mode: TravelMode,
    /// With a pushchair: ways over steps are avoided. On foot only.
    pub pushchair: Option<bool>,
}

/// A centre's page.
#[derive(Serialize, ToSchema)]
pub struct CentreOut {
    /// Id.
    pub id: CentreId,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: CentreKind,
    /// Kind in Chinese.
    pub kind_label: Word,
    /// Who owns it.
    pub ownership: Ownership,
    /// Recognised as inclusive today.
    pub inclusive: bool,
    /// Registered with the health authority.
    pub filed: bool,
    /// Registration.
    pub filing: FilingOut,
    /// Recognised cap on a month of full-day care.
    pub price_cap_fen: Option<Fen>,
    /// Whom it takes: an employer's own staff only, them first, or all.
    pub admits: Admits,
    /// Own staff first: others book so many days ahead at most.
    pub others_days: Option<i32>,
    /// By how much it reduces fees for families that declare a ground.
    pub reductions: Vec<ReductionOut>,
    /// Street address.
    pub address: String,
    /// Township.
    pub township: String,
    /// Where it is.
    pub location: LocationOut,
    /// The way from the point given; null without one, and where no way leads there.
    pub walk: Option<WalkOut>,
    /// Telephone.
    pub phone: Option<String>,
    /// About the centre.
    pub intro: String,
    /// Weekly hours; weekdays that are missing are closed.
    pub hours: Vec<HoursOut>,
    /// The two half-day windows.
    pub half_days: HalfDaysOut,
    /// Classes.
    pub classes: Vec<ClassOut>,
    /// Offers.
    pub offers: Vec<OfferOut>,
    /// Ratings of the last twelve months.
    pub rating: CentreRatingOut,
    /// Marks.
    pub badges: Vec<BadgeOut>,
    /// Vouchers of a running campaign can be used here.
    pub voucher: bool,
    /// Demonstration data.
    pub demo: bool,
}

/// Registration with the health authority.
#[derive(Serialize, ToSchema)]
pub struct FilingOut {
    /// State.
    pub status: Filed,
    /// Number.
    pub number: Option<String>,
}

/// Opening hours of a weekday.
#[derive(Serialize, ToSchema)]
pub struct HoursOut {
    /// 1 (Monday) to 7.
    pub weekday: u8,
    /// Opens.
    pub from: MinuteOfDay,
    /// Closes.
    pub to: MinuteOfDay,
}

/// Two times of a day.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub struct TimesOut {
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
}

/// Half-day windows.
#[derive(Serialize, ToSchema)]
pub struct HalfDaysOut {
    /// `half=morning`.
    pub morning: TimesOut,
    /// `half=afternoon`.
    pub afternoon: TimesOut,
}

/// A class.
#[derive(Serialize, ToSchema)]
pub struct ClassOut {
    /// Id.
    pub id: ClassId,
    /// Name.
    pub name: String,
    /// Age band.
    pub band: Band,
    /// Age in completed months on the day of care, from.
    pub min_months: i32,
    /// …and to, exclusive.
    pub max_months: i32,
    /// Places.
    pub places: i32,
}

/// An offer.
#[derive(Serialize, ToSchema)]
pub struct OfferOut {
    /// Id.
    pub id: OfferId,
    /// Class.
    pub class_id: ClassId,
    /// Form of care.
    pub care_type: CareType,
    /// Form of care in Chinese.
    pub label: Word,
    /// What the price is for.
    pub unit: OfferUnit,
    /// Price of a unit.
    pub price_fen: Fen,
    /// Meals, per day of care, apart.
    pub meals_fen: Fen,
    /// Shortest care in minutes.
    pub min_minutes: i32,
    /// Minutes before the begin by which to book.
    pub notice_minutes: i32,
    /// Days ahead that can be booked.
    pub horizon_days: i32,
    /// Minutes before the begin until which to cancel.
    pub cutoff_minutes: i32,
    /// Confirmed at once, or by the centre.
    pub confirmation: Confirmation,
}

/// A reduction of fees (project 5). Of several grounds the largest counts.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ReductionOut {
    /// The ground.
    pub kind: ReductionKind,
    /// In Chinese.
    #[schema(example = "三孩")]
    pub label: Word,
    /// Of the price of care.
    #[schema(example = 20)]
    pub percent: i32,
}

impl ReductionOut {
    /// As stored.
    #[must_use]
    pub const fn of(row: &fee_reductions::Model) -> Self {
        Self { kind: row.kind, label: Word(row.kind.zh()), percent: row.percent }
    }
}
