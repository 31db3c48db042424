//! Everything about one centre that is read often, as rows of the database.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike as _, Days, Months, NaiveDate};
use entity::{
    CareType, CentreId, ClassId, centre_days, centre_hours, centre_weeks, centres, classes, fee_reductions, offers,
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{self, WeekPlan},
    store,
};

/// Ratings of care in this many months make the figure on a centre's card (assumption).
const RATED_MONTHS: u32 = 12;

/// Ratings behind a centre's card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RatingSummary {
    /// Answers.
    pub n: i64,
    /// Answers of 4 or 5.
    pub satisfied: i64,
    /// Sum of levels.
    pub total: i64,
}

/// Everything about one centre that is read often.
#[derive(Clone, Debug, PartialEq)]
pub struct CentrePlan {
    /// The stored row.
    pub row: centres::Model,
    /// Weekly hours and half-day windows, the earliest first; the first applies from the beginning.
    pub weeks: Vec<WeekPlan>,
    /// Its own special days, from the first of this month on: prices by the month count its opening days.
    pub days: BTreeMap<NaiveDate, centre_days::Model>,
    /// Active classes.
    pub classes: Vec<classes::Model>,
    /// Active offers.
    pub offers: Vec<offers::Model>,
    /// Reductions of fees.
    pub reductions: Vec<fee_reductions::Model>,
    /// Ratings of the last twelve months.
    pub rating: RatingSummary,
}

impl CentrePlan {
    /// One centre as this connection, or this transaction, sees it.
    pub async fn load(db: &impl ConnectionTrait, id: CentreId, today: NaiveDate) -> Result<Option<Self>, DbErr> {
        Ok(load_plans(db, &[id], today).await?.pop())
    }

    /// The week that applies on a date.
    #[must_use]
    pub fn week_on(&self, date: NaiveDate) -> &WeekPlan {
        let later = self.weeks.iter().skip(1).rev().find(|plan| plan.valid_from <= date);
        later.unwrap_or(&self.weeks[0])
    }

    /// The offer of a class for a form of care.
    #[must_use]
    pub fn offer(&self, class: ClassId, care_type: CareType) -> Option<&offers::Model> {
        self.offers.iter().find(|o| o.class_id == class && o.care_type == care_type)
    }

    /// One of its classes.
    #[must_use]
    pub fn class(&self, id: ClassId) -> Option<&classes::Model> {
        self.classes.iter().find(|c| c.id == id)
    }
}

/// The first day of the month of `day`.
pub(super) fn first_of_month(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.day0()))
}

/// The first day of care whose ratings count on `today`.
pub(super) fn rated_since(today: NaiveDate) -> NaiveDate {
    today.checked_sub_months(Months::new(RATED_MONTHS)).unwrap_or(today)
}

/// The active ones of some centres, in no order.
pub(super) async fn load_plans(
    db: &impl ConnectionTrait,
    only: &[CentreId],
    today: NaiveDate,
) -> Result<Vec<CentrePlan>, DbErr> {
    let rows = store::load(db, only, first_of_month(today), rated_since(today)).await?;
    let mut hours = group(rows.hours, |h: &centre_hours::Model| h.centre_id);
    let mut later = group(rows.weeks, |w: &centre_weeks::Model| w.centre_id);
    let mut days: HashMap<CentreId, BTreeMap<NaiveDate, centre_days::Model>> = HashMap::new();
    for day in rows.days {
        days.entry(day.centre_id).or_default().insert(day.date, day);
    }
    let mut classes = group(rows.classes, |c: &classes::Model| c.centre_id);
    let mut offers = group(rows.offers, |o: &offers::Model| o.centre_id);
    let mut reductions = group(rows.reductions, |r: &fee_reductions::Model| r.centre_id);
    let mut ratings: HashMap<CentreId, RatingSummary> = rows
        .ratings
        .into_iter()
        .map(|r| (r.centre_id, RatingSummary { n: r.n, satisfied: r.satisfied, total: r.total }))
        .collect();
    Ok(rows
        .centres
        .into_iter()
        .filter(|row| row.active)
        .map(|row| {
            let id = row.id;
            CentrePlan {
                weeks: rules::weeks(
                    &row,
                    &hours.remove(&id).unwrap_or_default(),
                    &later.remove(&id).unwrap_or_default(),
                ),
                days: days.remove(&id).unwrap_or_default(),
                classes: classes.remove(&id).unwrap_or_default(),
                offers: offers.remove(&id).unwrap_or_default(),
                reductions: reductions.remove(&id).unwrap_or_default(),
                rating: ratings.remove(&id).unwrap_or_default(),
                row,
            }
        })
        .collect())
}

fn group<T>(rows: Vec<T>, key: impl Fn(&T) -> CentreId) -> HashMap<CentreId, Vec<T>> {
    let mut groups: HashMap<CentreId, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
