//! The figures of a support sheet: pure sums over what was counted, with one way to write them as bytes.
//!
//! A *child-month* is a child with attendance on at least so many days of the month (assumption, a setting),
//! in full-day or half-day care; it belongs to the class in which it was on most of them, and a day in two
//! classes is one day. A child is supported at one centre a month: where it could be at several, at the one
//! where it was on more days, of two alike at the one with the lower id (assumption; the plan's rate is a
//! child's and month's, 每人每月). Ages are reckoned
//! by months of birth, and a child counts through the month in which it reaches an age (assumption), so that
//! the erasure of a day of birth changes no figure.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use chrono::{Datelike as _, NaiveDate};
use entity::{Band, CentreId, ChildId, ClassId, Fen, Filed, FundCategory, ReductionKind, SupportItem, SupportKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{http::Month, platform::crypto::sha256};

/// What the money of a kind is, to the rules of funds (plan, annex).
#[must_use]
pub const fn category(kind: SupportKind) -> FundCategory {
    match kind {
        SupportKind::Incentive => FundCategory::Incentive,
        SupportKind::Operating => FundCategory::OperatingSubsidy,
        SupportKind::Rent => FundCategory::RentRelief,
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
}

impl SupportChild {
    /// The rate at which its month is supported, if its days are enough.
    fn rate<'a>(&self, month: Month, rates: &'a [SupportRate]) -> Option<&'a SupportRate> {
        let age = months(self.born, month);
        let rate = item(self.band).and_then(|item| rates.iter().find(|rate| rate.item == item));
        rate.filter(|rate| rate.through_months.is_none_or(|through| age <= through))
    }

    /// Whether its month could be supported at this centre, if no other had it.
    #[must_use]
    pub fn could_be_supported(&self, month: Month, least_days: i64, rates: &[SupportRate]) -> bool {
        self.days >= least_days && self.rate(month, rates).is_some()
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

/// Families whose fees were reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupportReduction {
    /// On this ground.
    pub kind: ReductionKind,
    /// So many.
    pub families: i64,
}

/// Everything that a sheet is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The month.
    pub month: Month,
    /// Days that make a child-month.
    pub least_days: i64,
    /// Every child with attendance.
    pub children: Vec<SupportChild>,
    /// Rates in force in the month.
    pub rates: Vec<SupportRate>,
    /// The centre's registration at the month's end.
    pub filed: Filed,
    /// Days on which it cared for somebody.
    pub days_run: i64,
    /// Months of the year up to this one in which it did.
    pub months_run: i64,
    /// Families with reduced fees.
    pub reductions: Vec<SupportReduction>,
}

/// Children of a class and age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupportLine {
    /// The class.
    pub class_id: ClassId,
    /// Its band.
    pub band: Band,
    /// Age in years through the month: 0, 1, 2.
    #[schema(example = 1)]
    pub age_years: i32,
    /// Children with attendance.
    pub children: i64,
    /// Those with enough days.
    pub child_months: i64,
    /// Those that are supported. A child with enough days at two centres is supported at one: where it was on
    /// more days.
    pub supported: i64,
    /// A child-month, in fen; null where there is no rate.
    pub rate_fen: Option<Fen>,
    /// In fen.
    pub amount_fen: Fen,
}

/// The figures of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupportFigures {
    /// The kind.
    pub kind: SupportKind,
    /// The centre.
    pub centre_id: CentreId,
    /// The month.
    #[schema(value_type = Month)]
    pub month: Month,
    /// Days that make a child-month.
    pub least_days: i64,
    /// By class and age.
    pub lines: Vec<SupportLine>,
    /// Families with reduced fees, by ground.
    pub reductions: Vec<SupportReduction>,
    /// The registration at the month's end.
    pub filed: Filed,
    /// Days on which the centre cared for somebody.
    pub days_run: i64,
    /// Months of the year up to this one in which it did.
    pub months_run: i64,
    /// Children it cared for.
    pub children: i64,
    /// Child-months that are supported.
    pub supported: i64,
    /// Of operating support and rent relief: what a month that ran comes to.
    pub month_fen: Option<Fen>,
    /// What is paid, in fen.
    pub total_fen: Fen,
    /// SHA-256 of what was counted, hexadecimal: days that change no sum are told by it.
    pub evidence_sha256: String,
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
        Some(SupportChild { class_id, band, born, days: days(None), elsewhere: false })
    };
    by_child.into_iter().filter_map(|(id, rows)| Some((id, child(rows)?))).collect()
}

/// Months from the month of birth to another.
fn months(born: NaiveDate, month: Month) -> i32 {
    (month.0.year() - born.year()) * 12 + month.0.month().cast_signed() - born.month().cast_signed()
}

impl SupportFigures {
    /// Of what was counted.
    #[must_use]
    pub fn of(kind: SupportKind, centre_id: CentreId, evidence: &Evidence) -> Self {
        let rate = |item: SupportItem| evidence.rates.iter().find(|rate| rate.item == item);
        let pays = kind == SupportKind::Incentive;
        let mut lines: BTreeMap<(ClassId, i32), SupportLine> = BTreeMap::new();
        for child in &evidence.children {
            let age = months(child.born, evidence.month);
            // Through the month in which it reaches the next year.
            let age_years = ((age - 1).max(0)) / 12;
            let rate = child.rate(evidence.month, &evidence.rates).filter(|_| pays);
            let line = lines.entry((child.class_id, age_years)).or_insert_with(|| SupportLine {
                class_id: child.class_id,
                band: child.band,
                age_years,
                children: 0,
                child_months: 0,
                supported: 0,
                rate_fen: rate.map(|rate| rate.rate_fen),
                amount_fen: Fen(0),
            });
            line.children += 1;
            if child.days >= evidence.least_days {
                line.child_months += 1;
                if let Some(rate) = rate.filter(|_| !child.elsewhere) {
                    line.supported += 1;
                    line.amount_fen = line.amount_fen.plus(rate.rate_fen);
                }
            }
        }
        let lines: Vec<SupportLine> = lines.into_values().collect();
        let of_the_month = match kind {
            SupportKind::Incentive => None,
            SupportKind::Operating => rate(SupportItem::Operating),
            SupportKind::Rent => rate(SupportItem::Rent),
        };
        let ran = evidence.filed == Filed::Filed && evidence.days_run > 0;
        let month_fen = of_the_month.map(|rate| rate.rate_fen);
        let paid = if ran { month_fen.unwrap_or_default() } else { Fen(0) };
        Self {
            kind,
            centre_id,
            month: evidence.month,
            least_days: evidence.least_days,
            reductions: evidence.reductions.clone(),
            filed: evidence.filed,
            days_run: evidence.days_run,
            months_run: evidence.months_run,
            children: evidence.children.len() as i64,
            supported: lines.iter().map(|line| line.supported).sum(),
            month_fen,
            total_fen: lines.iter().map(|line| line.amount_fen).sum::<Fen>().plus(paid),
            lines,
            evidence_sha256: hashed(evidence),
        }
    }

    /// SHA-256 of the figures' JSON, members in the order of their declaration; hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        hashed(self)
    }
}

fn hashed(value: &impl Serialize) -> String {
    // Writing into memory what derives Serialize doesn't fail.
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    data_encoding::HEXLOWER.encode(&sha256(&[&bytes]))
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
