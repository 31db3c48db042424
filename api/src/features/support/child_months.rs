//! Child-months: days of children in classes, and the rates that they are supported at. See [`super::rules`].

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use chrono::{Datelike as _, NaiveDate};
use entity::{Band, CentreId, ChildId, ClassId, Fen, SupportItem, SupportKind, classes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::Month;

/// The kind of sheet that a rate pays on.
#[must_use]
pub const fn kind(item: SupportItem) -> SupportKind {
    match item {
        SupportItem::Infant | SupportItem::ToddlerSmall | SupportItem::Mixed | SupportItem::ReducedFee => {
            SupportKind::Incentive
        }
        SupportItem::Operating => SupportKind::Operating,
        SupportItem::Rent => SupportKind::Rent,
    }
}

/// The rate of children in a class of this band, if there is one.
const fn item(band: Band) -> Option<SupportItem> {
    match band {
        Band::Infant => Some(SupportItem::Infant),
        Band::ToddlerSmall => Some(SupportItem::ToddlerSmall),
        Band::Mixed => Some(SupportItem::Mixed),
        Band::ToddlerBig | Band::Family => None,
    }
}

/// A day of a child in a class, as a visit tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// The child.
    pub child_id: ChildId,
    /// The class.
    pub class_id: ClassId,
    /// Its band.
    pub band: Band,
    /// The child's birth date.
    pub birth_date: NaiveDate,
    /// The day.
    pub date: NaiveDate,
}

/// A child of the month, without its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct SupportChild {
    /// The class in which it was on most days.
    pub class_id: ClassId,
    /// Its band.
    pub band: Band,
    /// The first day of the month of birth.
    pub born: NaiveDate,
    /// Days with attendance.
    pub days: i64,
    /// Its month is another centre's to be supported for. Not written where it isn't, so that what was frozen
    /// before there was such a thing keeps its bytes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    /// Its care of the month was priced with a reduction: third child, special family or disabled (project 5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reduced: bool,
}

impl SupportChild {
    /// The rate at which its month is supported, if its days are enough.
    pub(super) fn rate<'a>(&self, month: Month, rates: &'a [SupportRate]) -> Option<&'a SupportRate> {
        let age = months(self.born, month);
        let rate = item(self.band).and_then(|item| rates.iter().find(|rate| rate.item == item));
        rate.filter(|rate| rate.through_months.is_none_or(|through| age <= through))
    }

    /// Whether its month could be supported at this centre, if no other had it.
    #[must_use]
    pub fn could_be_supported(&self, month: Month, least_days: i64, rates: &[SupportRate]) -> bool {
        let reduced = self.reduced && rates.iter().any(|rate| rate.item == SupportItem::ReducedFee);
        self.days >= least_days && (reduced || self.rate(month, rates).is_some())
    }
}

/// At which of the centres a child is supported that could be at each of them, by its days there.
#[must_use]
pub fn supported_at(centres: impl Iterator<Item = (CentreId, i64)>) -> Option<CentreId> {
    centres.max_by_key(|(id, days)| (*days, Reverse(*id))).map(|(id, _)| id)
}

/// A rate that was in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupportRate {
    /// For what.
    pub item: SupportItem,
    /// In fen.
    pub rate_fen: Fen,
    /// Children count through the month in which they reach this age.
    pub through_months: Option<i32>,
    /// Document and clause.
    pub source: String,
}

/// Gives each child of a centre to one class, and counts each of its days once.
#[must_use]
pub fn children(found: &[Attendance]) -> BTreeMap<ChildId, SupportChild> {
    let mut by_child: BTreeMap<ChildId, Vec<&Attendance>> = BTreeMap::new();
    for row in found {
        by_child.entry(row.child_id).or_default().push(row);
    }
    let child = |rows: Vec<&Attendance>| {
        let days = |of: Option<ClassId>| {
            let of = rows.iter().filter(|row| of.is_none_or(|class| row.class_id == class));
            of.map(|row| row.date).collect::<BTreeSet<_>>().len() as i64
        };
        let most = rows.iter().max_by_key(|row| (days(Some(row.class_id)), Reverse(row.class_id)))?;
        let (class_id, band, born) = (most.class_id, most.band, Month::of(most.birth_date).0);
        Some(SupportChild { class_id, band, born, days: days(None), elsewhere: false, reduced: false })
    };
    by_child.into_iter().filter_map(|(id, rows)| Some((id, child(rows)?))).collect()
}

/// Months from the month of birth to another.
pub(super) fn months(born: NaiveDate, month: Month) -> i32 {
    (month.0.year() - born.year()) * 12 + month.0.month().cast_signed() - born.month().cast_signed()
}

/// A redeemed voucher day: what nobody booked has no class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The child.
    pub child_id: ChildId,
    /// Its birth date.
    pub birth_date: NaiveDate,
    /// The day.
    pub date: NaiveDate,
    /// The class of the day's visit, if there was one.
    pub class: Option<(ClassId, Band)>,
}

/// The days of a centre's month: visits, and voucher days in the class of the day's visit, else in the one where
/// the child was on most days, else in one that takes its age (assumption). Without any class there is no day.
#[must_use]
pub fn with_units(
    mut days: Vec<Attendance>,
    units: &[Unit],
    classes: &[classes::Model],
    month: Month,
) -> Vec<Attendance> {
    let day = |unit: &Unit, (class_id, band): (ClassId, Band)| Attendance {
        child_id: unit.child_id,
        class_id,
        band,
        birth_date: unit.birth_date,
        date: unit.date,
    };
    days.extend(units.iter().filter_map(|unit| Some(day(unit, unit.class?))));
    let known = children(&days);
    let class = |unit: &Unit| match known.get(&unit.child_id) {
        Some(child) => Some((child.class_id, child.band)),
        None => class_for(classes, months(unit.birth_date, month)),
    };
    let placed: Vec<_> =
        units.iter().filter(|unit| unit.class.is_none()).filter_map(|unit| Some(day(unit, class(unit)?))).collect();
    days.extend(placed);
    days
}

/// The class that takes a child of an age, reckoned by months of birth: an open one before a closed one, one of its
/// age before a mixed one, else any.
fn class_for(classes: &[classes::Model], age: i32) -> Option<(ClassId, Band)> {
    let age = (age - 1).max(0);
    let rank = |band: Band| {
        let (fits, rank) = match band {
            Band::Infant => (age < 12, 0),
            Band::ToddlerSmall => ((12..24).contains(&age), 0),
            Band::ToddlerBig => (age >= 24, 0),
            Band::Family => (true, 1),
            Band::Mixed => (age >= 18, 2),
        };
        if fits { rank } else { 9 }
    };
    let best = classes.iter().min_by_key(|class| (rank(class.band), !class.active, class.id));
    best.map(|class| (class.id, class.band))
}
