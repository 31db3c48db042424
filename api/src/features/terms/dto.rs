//! What managers send and get.

use entity::{
    Admits, Band, CareType, CentreId, ClassId, Confirmation, Fen, OfferId, OfferUnit, ReductionKind, classes, offers,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    features::centres::dto::ReductionOut,
    http::{Line, Paragraph, Whole, values::nullable},
};

/// The centre as its desk sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskCentreOut {
    /// Id.
    pub id: CentreId,
    /// Its name; the bureau's to change.
    pub name: String,
    /// The telephone that families call.
    pub phone: Option<String>,
    /// For families.
    pub intro: String,
    /// Recognised as inclusive today.
    pub inclusive: bool,
    /// The recognised cap on a month of full-day care; no offer goes beyond it.
    pub price_cap_fen: Option<Fen>,
    /// Whom it takes.
    pub admits: Admits,
    /// With `own_first`: others book so many days ahead at most.
    pub others_days: i32,
    /// Reductions of fees.
    pub reductions: Vec<ReductionOut>,
}

/// Changes to the centre; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskCentrePatch {
    /// The telephone that families call; null removes it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Line<30>>, example = "0595-87551234")]
    pub phone: Option<Option<Line<30>>>,
    /// For families.
    pub intro: Option<Paragraph<500>>,
    /// Whom it takes; an employer's own centre only may take its own staff first, or nobody else.
    pub admits: Option<Admits>,
    /// With `own_first`: others book so many days ahead at most.
    pub others_days: Option<Whole<0, 90>>,
    /// All reductions, in place of those before.
    pub reductions: Option<Vec<ReductionIn>>,
}

/// A reduction of fees.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct ReductionIn {
    /// The ground.
    pub kind: ReductionKind,
    /// Of the price of care, not of meals.
    pub percent: Whole<1, 100>,
}

/// A class to add.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskClassNew {
    /// For families.
    #[schema(example = "托小一班")]
    pub name: Line<20>,
    /// Its age band.
    pub band: Band,
    /// Places; at most what the law allows for its age.
    pub places: Whole<1, 100>,
    /// Carers on duty through the opening hours of a day without a roster.
    pub carers: Whole<0, 100>,
    /// Places that only full-day care may take.
    pub kept_full_day: Option<Whole<0, 100>>,
}

/// A class as its desk sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskClassOut {
    /// Id.
    pub id: ClassId,
    /// Its name.
    pub name: String,
    /// Its age band.
    pub band: Band,
    /// Places.
    pub places: i32,
    /// Carers on duty through the opening hours of a day without a roster.
    pub carers: i32,
    /// Places that only full-day care may take.
    pub kept_full_day: i32,
}

impl From<&classes::Model> for DeskClassOut {
    fn from(row: &classes::Model) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            band: row.band,
            places: row.places,
            carers: row.carers,
            kept_full_day: row.kept_full_day,
        }
    }
}

/// The centre's classes.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskClassesOut {
    /// The open ones.
    pub items: Vec<DeskClassOut>,
}

/// Price and terms of one form of care in one class.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct DeskOfferIn {
    /// What the price is for: `day` or `month` of full-day care, `half_day`, `day` or `month` of
    /// half-day care, `hour` of hourly care, `day`, `half_day` or `hour` of temporary care.
    pub unit: OfferUnit,
    /// The price of one unit, without meals.
    #[schema(example = 9800)]
    pub price_fen: Whole<0, 10_000_000>,
    /// Meals, per day of care, apart from the price.
    #[schema(example = 1500)]
    pub meals_fen: Whole<0, 1_000_000>,
    /// Hourly care: the shortest, in minutes; absent: 60.
    pub min_minutes: Option<Whole<30, 720>>,
    /// Minutes between booking and the begin of care, at least.
    pub notice_minutes: Whole<0, 43_200>,
    /// Days ahead that can be booked.
    pub horizon_days: Whole<0, 365>,
    /// Minutes before the begin of care until which the family may cancel.
    pub cutoff_minutes: Whole<0, 43_200>,
    /// Confirmed at once, or by the centre.
    pub confirmation: Confirmation,
    /// Whether it can be booked; absent: yes.
    pub active: Option<bool>,
}

/// An offer as its desk sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskOfferOut {
    /// Id.
    pub id: OfferId,
    /// The class.
    pub class_id: ClassId,
    /// Form of care.
    pub care_type: CareType,
    /// What the price is for.
    pub unit: OfferUnit,
    /// The price of one unit.
    pub price_fen: Fen,
    /// Meals, per day of care.
    pub meals_fen: Fen,
    /// Shortest care in minutes (hourly).
    pub min_minutes: i32,
    /// Minutes between booking and the begin of care, at least.
    pub notice_minutes: i32,
    /// Days ahead that can be booked.
    pub horizon_days: i32,
    /// Minutes before the begin of care until which the family may cancel.
    pub cutoff_minutes: i32,
    /// Confirmed at once, or by the centre.
    pub confirmation: Confirmation,
    /// Whether it can be booked.
    pub active: bool,
}

impl From<offers::Model> for DeskOfferOut {
    fn from(row: offers::Model) -> Self {
        Self {
            id: row.id,
            class_id: row.class_id,
            care_type: row.care_type,
            unit: row.unit,
            price_fen: row.price_fen,
            meals_fen: row.meals_fen,
            min_minutes: row.min_minutes,
            notice_minutes: row.notice_minutes,
            horizon_days: row.horizon_days,
            cutoff_minutes: row.cutoff_minutes,
            confirmation: row.confirmation,
            active: row.active,
        }
    }
}

/// The centre's offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskOffersOut {
    /// By class and form of care; those that can't be booked too.
    pub items: Vec<DeskOfferOut>,
}
