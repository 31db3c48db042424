//! The figures of a support sheet: pure sums over what was counted, with one way to write them as bytes.
//!
//! A *child-month* is a child with attendance on at least so many days of the month (assumption, a setting),
//! in full-day or half-day care; it belongs to the class in which it was on most of them. Ages are reckoned
//! by months of birth, and a child counts through the month in which it reaches an age (assumption), so that
//! the erasure of a day of birth changes no figure.

use std::collections::BTreeMap;

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

/// The days of a child in a class, as the visits tell.
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
    /// Days.
    pub days: i64,
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
    /// Those that are supported.
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

/// Leaves the ids away and gives each child to one class.
#[must_use]
pub fn children(found: &[Attendance]) -> Vec<SupportChild> {
    let mut by_child: BTreeMap<ChildId, Vec<&Attendance>> = BTreeMap::new();
    for row in found {
        by_child.entry(row.child_id).or_default().push(row);
    }
    let mut children: Vec<SupportChild> = by_child
        .into_values()
        .filter_map(|rows| {
            let most = rows.iter().max_by_key(|row| (row.days, std::cmp::Reverse(row.class_id)))?;
            let (class_id, band, born) = (most.class_id, most.band, Month::of(most.birth_date).0);
            Some(SupportChild { class_id, band, born, days: rows.iter().map(|row| row.days).sum() })
        })
        .collect();
    children.sort_unstable();
    children
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
            let rate = item(child.band).and_then(rate).filter(|_| pays);
            let rate = rate.filter(|rate| rate.through_months.is_none_or(|through| age <= through));
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
                if let Some(rate) = rate {
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
mod tests {
    use uuid::Uuid;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn row(child: u128, class: u128, band: Band, born: &str, days: i64) -> Attendance {
        let (child_id, class_id) = (Uuid::from_u128(child).into(), Uuid::from_u128(class).into());
        Attendance { child_id, class_id, band, birth_date: day(born), days }
    }

    fn evidence(found: &[Attendance]) -> Evidence {
        let rate = |item, fen, through_months| SupportRate {
            item,
            rate_fen: Fen(fen),
            through_months,
            source: "项目5".to_owned(),
        };
        Evidence {
            month: Month(day("2026-02-01")),
            least_days: 10,
            children: children(found),
            rates: vec![
                rate(SupportItem::Infant, 30_000, None),
                rate(SupportItem::ToddlerSmall, 20_000, None),
                rate(SupportItem::Mixed, 20_000, Some(24)),
                rate(SupportItem::Operating, 100_000, None),
            ],
            filed: Filed::Filed,
            days_run: 18,
            months_run: 2,
            reductions: Vec::new(),
        }
    }

    #[test]
    fn child_months_are_paid_by_class_and_of_mixed_ones_the_under_twos() {
        let found = [
            row(1, 1, Band::Infant, "2025-06-03", 18),
            row(2, 1, Band::Infant, "2025-06-03", 9),
            row(3, 2, Band::ToddlerSmall, "2024-08-20", 10),
            // Turns two in the month: counts through it; one of the month before doesn't.
            row(4, 3, Band::Mixed, "2024-02-27", 12),
            row(5, 3, Band::Mixed, "2024-01-31", 12),
            row(6, 4, Band::ToddlerBig, "2023-09-01", 18),
        ];
        let figures = SupportFigures::of(SupportKind::Incentive, Uuid::nil().into(), &evidence(&found));
        let lines: Vec<_> = figures
            .lines
            .iter()
            .map(|l| (l.band, l.age_years, l.children, l.child_months, l.supported, l.amount_fen.0))
            .collect();
        assert_eq!(
            lines,
            [
                (Band::Infant, 0, 2, 1, 1, 30_000),
                (Band::ToddlerSmall, 1, 1, 1, 1, 20_000),
                (Band::Mixed, 1, 1, 1, 1, 20_000),
                (Band::Mixed, 2, 1, 1, 0, 0),
                (Band::ToddlerBig, 2, 1, 1, 0, 0),
            ]
        );
        assert_eq!((figures.supported, figures.total_fen, figures.month_fen), (3, Fen(70_000), None));
    }

    #[test]
    fn a_child_in_two_classes_counts_once_where_it_was_longest() {
        let found = [row(1, 1, Band::Infant, "2025-03-03", 4), row(1, 2, Band::ToddlerSmall, "2025-03-03", 7)];
        let children = children(&found);
        assert_eq!((children.len(), children[0].band, children[0].days), (1, Band::ToddlerSmall, 11));
    }

    #[test]
    fn the_erasure_of_a_day_of_birth_changes_nothing() {
        let (known, erased) = ([row(1, 1, Band::Mixed, "2024-02-27", 12)], [row(1, 1, Band::Mixed, "2024-02-01", 12)]);
        let digest = |found: &[Attendance]| {
            SupportFigures::of(SupportKind::Incentive, Uuid::nil().into(), &evidence(found)).digest()
        };
        assert_eq!(digest(&known), digest(&erased));
    }

    #[test]
    fn a_month_that_ran_is_supported_if_the_centre_was_filed() {
        let found = [row(1, 1, Band::Infant, "2025-06-03", 18)];
        let total = |change: fn(&mut Evidence)| {
            let mut evidence = evidence(&found);
            change(&mut evidence);
            SupportFigures::of(SupportKind::Operating, Uuid::nil().into(), &evidence).total_fen
        };
        assert_eq!(total(|_| {}), Fen(100_000), "child-months are the incentive's");
        assert_eq!(total(|evidence| evidence.filed = Filed::Pending), Fen(0));
        assert_eq!(total(|evidence| evidence.days_run = 0), Fen(0));
    }
}
