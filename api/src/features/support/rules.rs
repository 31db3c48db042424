//! The figures of a support sheet: pure sums over what was counted, with one way to write them as bytes.
//!
//! A *child-month* is a child with attendance on at least so many days of the month (assumption, a setting),
//! in full-day or half-day care: a visit that ended, or a redeemed voucher day. It belongs to the class in which
//! it was on most of them, and a day in two
//! classes is one day. Money goes to centres alone that were filed and recognised as inclusive at the month's end
//! (plan, projects 5 and 6: 普惠托育机构). A child is supported at one centre a month: where it could be at several, at the one
//! where it was on more days, of two alike at the one with the lower id (assumption; the plan's rate is a
//! child's and month's, 每人每月). Ages are reckoned
//! by months of birth, and a child counts through the month in which it reaches an age (assumption), so that
//! the erasure of a day of birth changes no figure.

use std::collections::BTreeMap;

use entity::{Band, CentreId, ClassId, Fen, Filed, FundCategory, ReductionKind, SupportItem, SupportKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::child_months::months;
pub use super::child_months::{Attendance, SupportChild, SupportRate, Unit, children, kind, supported_at, with_units};
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
    /// Whether the centre was recognised as inclusive at the month's end. Absent of sheets that were drafted before
    /// this was asked: their figures follow the rules of then, and so keep their bytes. The next two likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inclusive: Option<bool>,
    /// Children cared for in any form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cared_for: Option<i64>,
    /// Places at the month's end; of rent relief.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<i64>,
}

impl Evidence {
    /// What an item's rate comes to, if it has one.
    fn rate(&self, item: SupportItem) -> Option<Fen> {
        self.rates.iter().find(|rate| rate.item == item).map(|rate| rate.rate_fen)
    }

    /// Why nothing may be paid, if nothing may.
    fn unpaid(&self) -> Option<SupportUnpaid> {
        let inclusive = self.inclusive?;
        if self.filed != Filed::Filed {
            Some(SupportUnpaid::NotFiled)
        } else if !inclusive {
            Some(SupportUnpaid::NotInclusive)
        } else {
            (self.days_run == 0).then_some(SupportUnpaid::NoAttendance)
        }
    }
}

/// Why a centre gets nothing for a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupportUnpaid {
    /// It wasn't filed at the month's end.
    NotFiled,
    /// It wasn't recognised as inclusive at the month's end.
    NotInclusive,
    /// It cared for nobody.
    NoAttendance,
}

impl SupportUnpaid {
    /// In Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NotFiled => "月末未备案，不予补助",
            Self::NotInclusive => "月末不在普惠认定有效期内，不予补助",
            Self::NoAttendance => "当月没有出勤，不予补助",
        }
    }

    /// In English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::NotFiled => "not filed at the month's end: nothing is paid",
            Self::NotInclusive => "not recognised as inclusive at the month's end: nothing is paid",
            Self::NoAttendance => "cared for nobody: nothing is paid",
        }
    }
}

/// Child-months of children whose fees were reduced (project 5), whatever their class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupportReducedFees {
    /// Those with enough days.
    pub child_months: i64,
    /// Those that are paid for.
    pub supported: i64,
    /// A child-month, in fen; null where the bureau has set no rate: nothing is paid.
    pub rate_fen: Option<Fen>,
    /// In fen.
    pub amount_fen: Fen,
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
    /// Why nothing is paid; absent where something may be, and of sheets drafted before this was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpaid: Option<SupportUnpaid>,
    /// Of an incentive: children whose fees were reduced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduced_fees: Option<SupportReducedFees>,
    /// Of rent relief: places at the month's end. The month's rate is paid by how full the centre was: children
    /// cared for ÷ places, 1 at most, rounded down to the fen (project 6: 按照实际入托情况折算).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<i64>,
}

/// A month's rate by how full the centre was.
fn by_fullness(month: Fen, children: i64, places: i64) -> Fen {
    if places <= 0 {
        return Fen(0);
    }
    Fen(month.0 * children.clamp(0, places) / places)
}

/// Children by class and age; whether the kind pays for child-months, and whether the centre may be paid.
fn lines(evidence: &Evidence, pays: bool, may: bool) -> Vec<SupportLine> {
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
            if let Some(rate) = rate.filter(|_| may && !child.elsewhere) {
                line.supported += 1;
                line.amount_fen = line.amount_fen.plus(rate.rate_fen);
            }
        }
    }
    lines.into_values().collect()
}

fn reduced_fees(evidence: &Evidence, may: bool) -> SupportReducedFees {
    let rate_fen = evidence.rate(SupportItem::ReducedFee);
    let months = || evidence.children.iter().filter(|child| child.reduced && child.days >= evidence.least_days);
    let paid = may && rate_fen.is_some();
    let supported = if paid { months().filter(|child| !child.elsewhere).count() as i64 } else { 0 };
    SupportReducedFees {
        child_months: months().count() as i64,
        supported,
        rate_fen,
        amount_fen: Fen(rate_fen.unwrap_or_default().0 * supported),
    }
}

impl SupportFigures {
    /// Of what was counted.
    #[must_use]
    pub fn of(kind: SupportKind, centre_id: CentreId, evidence: &Evidence) -> Self {
        let (unpaid, pays) = (evidence.unpaid(), kind == SupportKind::Incentive);
        let lines = lines(evidence, pays, unpaid.is_none());
        let reduced_fees = (pays && evidence.inclusive.is_some()).then(|| reduced_fees(evidence, unpaid.is_none()));
        let month_fen = match kind {
            SupportKind::Incentive => None,
            SupportKind::Operating => evidence.rate(SupportItem::Operating),
            SupportKind::Rent => evidence.rate(SupportItem::Rent),
        };
        let children = evidence.cared_for.unwrap_or(evidence.children.len() as i64);
        let ran = unpaid.is_none() && evidence.filed == Filed::Filed && evidence.days_run > 0;
        let month = if ran { month_fen.unwrap_or_default() } else { Fen(0) };
        let places = evidence.places.filter(|_| kind == SupportKind::Rent);
        let month = places.map_or(month, |places| by_fullness(month, children, places));
        let of_reduced = reduced_fees.as_ref().map_or(Fen(0), |of| of.amount_fen);
        Self {
            kind,
            centre_id,
            month: evidence.month,
            least_days: evidence.least_days,
            reductions: evidence.reductions.clone(),
            filed: evidence.filed,
            days_run: evidence.days_run,
            months_run: evidence.months_run,
            children,
            supported: lines.iter().map(|line| line.supported).sum(),
            month_fen,
            total_fen: lines.iter().map(|line| line.amount_fen).sum::<Fen>().plus(of_reduced).plus(month),
            lines,
            evidence_sha256: hashed(evidence),
            unpaid,
            reduced_fees,
            places,
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
