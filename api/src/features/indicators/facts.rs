//! What was counted for the plan's indicators: whole numbers, dates and texts, so that the same facts make
//! the same bytes.

use chrono::NaiveDate;
use entity::{PlanInputCode, centre_states};
use serde::{Deserialize, Serialize};

use super::{registers, targets::Target};

/// Everything that the indicators of a day are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The day.
    pub day: NaiveDate,
    /// What is to be reached.
    pub targets: Vec<Target>,
    /// Days of care that a month's price stands for.
    pub month_days: i64,
    /// The figures that the bureau entered.
    pub inputs: Vec<Input>,
    /// Townships that count as rural.
    pub rural: Vec<Input>,
    /// The centres; absent where it isn't known what they were on the day.
    pub centres: Option<Centres>,
    /// What changed since the year's beginning; absent where that isn't known.
    pub year: Option<Year>,
    /// Children in care.
    pub care: Care,
    /// The answers of the twelve months up to the day's.
    pub satisfaction: Satisfaction,
    /// Communities in the circle; kept for the day itself only.
    pub coverage: Option<Coverage>,
    /// What the registers know, by their rows of the day it was counted. Absent of months that were counted before
    /// they were asked, whose bytes stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registers: Option<Registers>,
}

/// What the registers know of the centres in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registers {
    /// Carers at work.
    pub carers: i64,
    /// Those certified.
    pub certified: i64,
    /// Centres with a medical contract and two guidance visits in the calendar year.
    pub guided_twice: i64,
}

/// A figure that the bureau entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Which.
    pub code: PlanInputCode,
    /// The township, or nothing.
    pub township: String,
    /// The figure.
    pub value: i64,
    /// The day that it is of.
    pub as_of: NaiveDate,
    /// Where it stands.
    pub source: String,
}

/// Sums over the active centres.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Centres {
    /// Active centres.
    pub centres: i64,
    /// Those publicly owned.
    pub public_centres: i64,
    /// Those with a medical contract.
    pub signed_centres: i64,
    /// Places.
    pub places: i64,
    /// In classes for infants and small toddlers.
    pub under2_places: i64,
    /// Of inclusive centres.
    pub inclusive_places: i64,
    /// Of publicly owned centres.
    pub public_places: i64,
    /// Full-day prices.
    pub prices: Prices,
    /// Those of rural townships.
    pub rural_prices: Prices,
}

/// Full-day prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// Classes that offer full-day care.
    pub offers: i64,
    /// The sum of what a month costs, in fen.
    pub month_fen: i64,
}

impl Prices {
    /// The mean price of a month, rounded half up.
    #[must_use]
    pub const fn mean(self) -> Option<i64> {
        if self.offers == 0 { None } else { Some((self.month_fen * 2 + self.offers) / (self.offers * 2)) }
    }

    const fn add(&mut self, state: &centre_states::Model, month_days: i64) {
        self.offers += state.day_offers as i64 + state.month_offers as i64;
        self.month_fen += state.day_fen * month_days + state.month_fen;
    }
}

/// Places that came since the year's beginning, centre by centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Year {
    /// Places that centres have over those of the year's beginning.
    pub new_places: i64,
    /// Of publicly owned centres.
    pub new_public_places: i64,
}

/// Children in care in the day's month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Care {
    /// Children with a full-day or half-day visit that holds a place, once a centre.
    pub enrolled: i64,
    /// The last day whose attendance is counted; absent on the first day of the present month.
    pub until: Option<NaiveDate>,
    /// Distinct child, centre and day with care.
    pub child_days: i64,
    /// Places on opening days.
    pub place_days: i64,
}

/// Answers of families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Satisfaction {
    /// First month.
    pub from: NaiveDate,
    /// Last month.
    pub to: NaiveDate,
    /// Valid answers.
    pub answers: i64,
    /// Those of 4 or 5.
    pub satisfied: i64,
    /// Too few for a rate.
    pub too_few: bool,
}

/// Communities in the circle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Those covered.
    pub covered: i64,
    /// All.
    pub communities: i64,
    /// Where the list comes from: source, day, how many.
    pub sources: Vec<(String, NaiveDate, i64)>,
}

impl Centres {
    /// Adds what some centres were on a day.
    pub fn add(&mut self, states: &[centre_states::Model], day: NaiveDate, rural: &[Input], month_days: i64) {
        for state in states.iter().filter(|state| state.active) {
            let places = i64::from(state.places());
            let counted = |yes: bool, n: i64| if yes { n } else { 0 };
            let public = state.ownership == entity::Ownership::Public;
            self.centres += 1;
            self.public_centres += counted(public, 1);
            self.signed_centres += counted(registers::has_medical_contract(state, day), 1);
            self.places += places;
            self.under2_places += i64::from(state.infant + state.toddler_small);
            self.inclusive_places += counted(state.inclusive_on(day), places);
            self.public_places += counted(public, places);
            self.prices.add(state, month_days);
            if rural.iter().any(|township| township.township == state.township) {
                self.rural_prices.add(state, month_days);
            }
        }
    }
}

impl Year {
    /// Adds what some centres have over what they had.
    pub fn add(&mut self, then: &[centre_states::Model], now: &[centre_states::Model]) {
        let places = |state: &centre_states::Model| if state.active { i64::from(state.places()) } else { 0 };
        let before: std::collections::HashMap<_, _> =
            then.iter().map(|state| (state.centre_id, places(state))).collect();
        for state in now {
            let new = (places(state) - before.get(&state.centre_id).copied().unwrap_or(0)).max(0);
            self.new_places += new;
            if state.ownership == entity::Ownership::Public {
                self.new_public_places += new;
            }
        }
    }
}
