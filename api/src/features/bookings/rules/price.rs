//! What a booking costs: lines that add up to the total, in integer fen.

use chrono::{Datelike, NaiveDate};
use entity::{CareType, Fen, OfferUnit, ReductionKind, children, fee_reductions, offers};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use super::stays::Stay;

/// A stay longer than this counts as two half-days where the offer's unit is the half-day.
const HALF_DAY_MINUTES: i32 = 300;

/// How many units, in halves, so that 1.5 hours need no floating point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    halves: i64,
}

impl Quantity {
    /// Whole units.
    #[must_use]
    pub const fn whole(n: i64) -> Self {
        Self { halves: n * 2 }
    }
}

impl Serialize for Quantity {
    #[expect(clippy::cast_precision_loss, reason = "half-hours of one booking")]
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.halves % 2 == 0 { s.serialize_i64(self.halves / 2) } else { s.serialize_f64(self.halves as f64 / 2.0) }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    #[expect(clippy::cast_possible_truncation, reason = "written by Serialize above")]
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        f64::deserialize(d).map(|n| Self { halves: (n * 2.0).round() as i64 })
    }
}

impl utoipa::PartialSchema for Quantity {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("How many units; hours may be halves."))
            .examples([serde_json::json!(15)])
            .into()
    }
}
impl utoipa::ToSchema for Quantity {}

/// One line of a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BookingPriceLine)]
pub struct Line {
    /// `care`, `meals`, `reduction` or `voucher`; `cancelled` and `absent` take days off again.
    #[schema(example = "care")]
    pub code: String,
    /// For people, in Chinese.
    #[schema(example = "全日托（每天）")]
    pub label: String,
    /// How many; for care priced by the month the opening days booked in that month.
    pub quantity: Quantity,
    /// Price of one unit; negative for a reduction, a voucher and for days taken off. For care priced by the month the month's price.
    pub unit_fen: Fen,
    /// What the line comes to.
    pub amount_fen: Fen,
}

/// What a voucher pays for.
#[derive(Clone, Debug)]
pub struct Cover {
    /// At most, a day.
    pub face_value: Fen,
    /// Days it still covers.
    pub units_left: i64,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
    /// Days on which another booking of the child uses a voucher: one unit a child and day.
    pub promised: Vec<NaiveDate>,
}

impl Cover {
    /// Whether it may pay for care on a date.
    #[must_use]
    pub fn covers(&self, date: NaiveDate) -> bool {
        (self.from..=self.until).contains(&date) && !self.promised.contains(&date)
    }
}

/// The reduction that a child's family may have at a centre: of the grounds it declared the one that
/// takes off most.
#[must_use]
pub fn reduction<'a>(
    offered: &'a [fee_reductions::Model],
    child: &children::Model,
) -> Option<&'a fee_reductions::Model> {
    let declared = |kind| match kind {
        ReductionKind::ThirdChild => child.third_child,
        ReductionKind::SpecialFamily => child.special_family,
        ReductionKind::Disabled => child.disabled,
    };
    offered.iter().filter(|row| declared(row.kind)).max_by_key(|row| row.percent)
}

/// What one day comes to, in the order of the stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayPrice {
    /// Care and meals, less the reduction and what the voucher pays.
    pub amount: Fen,
    /// Whether the voucher pays for it.
    pub with_voucher: bool,
}

/// The lines of a price and what each day comes to; both add up to the same total. `opening_days`
/// counts the centre's opening days in the month of a date.
pub fn price(
    offer: &offers::Model,
    stays: &[Stay],
    opening_days: &dyn Fn(NaiveDate) -> i64,
    reduction: Option<&fee_reductions::Model>,
    cover: Option<Cover>,
) -> (Vec<Line>, Vec<DayPrice>) {
    let (mut lines, mut care) = care(offer, stays, opening_days);
    if offer.meals_fen.0 > 0 {
        lines.push(line("meals", "餐费（每天）".to_owned(), Quantity::whole(count(stays)), offer.meals_fen));
    }
    if let Some(reduction) = reduction {
        lines.extend(reduced(reduction, &mut care));
    }
    let mut days: Vec<DayPrice> =
        care.iter().map(|(_, care)| DayPrice { amount: care.plus(offer.meals_fen), with_voucher: false }).collect();
    if let Some(cover) = cover {
        lines.extend(covered(&cover, &care, &mut days));
    }
    (lines, days)
}

/// The lines that take days off a price again: alike amounts together, so that quantity × unit is
/// the amount.
#[must_use]
pub fn taken_off(code: &str, label: &str, amounts: &[Fen]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for amount in amounts.iter().filter(|amount| amount.0 != 0) {
        one_more(&mut lines, Fen(-amount.0), code, label);
    }
    lines
}

/// Counts one more unit of this price in the line that has it, or in a new one.
fn one_more(lines: &mut Vec<Line>, unit: Fen, code: &str, label: &str) {
    match lines.iter_mut().find(|line| line.unit_fen == unit) {
        Some(line) => {
            line.quantity.halves += 2;
            line.amount_fen = line.amount_fen.plus(unit);
        }
        None => lines.push(line(code, label.to_owned(), Quantity::whole(1), unit)),
    }
}

/// The sum of the lines.
#[must_use]
pub fn total(lines: &[Line]) -> Fen {
    lines.iter().map(|line| line.amount_fen).sum()
}

fn count(stays: &[Stay]) -> i64 {
    i64::try_from(stays.len()).unwrap_or(i64::MAX)
}

fn line(code: &str, label: String, quantity: Quantity, unit_fen: Fen) -> Line {
    let amount_fen = unit_fen.share(quantity.halves, 2);
    Line { code: code.to_owned(), label, quantity, unit_fen, amount_fen }
}

/// Half-units that a stay counts for, by the day, half-day or hour.
fn halves(offer: &offers::Model, stay: &Stay) -> i64 {
    let minutes = stay.to.0 - stay.from.0;
    match offer.unit {
        OfferUnit::HalfDay if offer.care_type != CareType::HalfDay && minutes > HALF_DAY_MINUTES => 4,
        OfferUnit::Hour => i64::from((minutes + 29) / 30),
        _ => 2,
    }
}

/// The lines of care, and what each day of it costs: in sum as much as the lines.
fn care(
    offer: &offers::Model,
    stays: &[Stay],
    opening_days: &dyn Fn(NaiveDate) -> i64,
) -> (Vec<Line>, Vec<(NaiveDate, Fen)>) {
    let name = offer.care_type.zh();
    if offer.unit != OfferUnit::Month {
        let quantity = Quantity { halves: stays.iter().map(|stay| halves(offer, stay)).sum() };
        let line = line("care", format!("{name}（每{}）", offer.unit.zh()), quantity, offer.price_fen);
        let cost = |stay: &Stay| Fen(offer.price_fen.0 * halves(offer, stay) / 2);
        let days = whole(stays.iter().map(|stay| (stay.date, cost(stay))).collect(), line.amount_fen);
        return (vec![line], days);
    }
    let (mut lines, mut days) = (Vec::new(), Vec::new());
    for month in stays.chunk_by(|a, b| (a.date.year(), a.date.month()) == (b.date.year(), b.date.month())) {
        let Some(first) = month.first() else { continue };
        let visited = count(month);
        // A stay lies on an opening day, so the month has at least as many of them.
        let in_all = opening_days(first.date).max(visited);
        let amount = offer.price_fen.share(visited, in_all);
        lines.push(Line {
            code: "care".to_owned(),
            label: format!("{name} {}（按开放日{visited}/{in_all}计）", first.date.format("%Y-%m")),
            quantity: Quantity::whole(visited),
            unit_fen: offer.price_fen,
            amount_fen: amount,
        });
        days.extend(whole(month.iter().map(|stay| (stay.date, Fen(amount.0 / visited))).collect(), amount));
    }
    (lines, days)
}

/// The days with what rounding left over on the last, so that they add up to `sum`.
fn whole(mut days: Vec<(NaiveDate, Fen)>, sum: Fen) -> Vec<(NaiveDate, Fen)> {
    let told: i64 = days.iter().map(|(_, amount)| amount.0).sum();
    if let Some((_, last)) = days.last_mut() {
        last.0 += sum.0 - told;
    }
    days
}

/// The grounds on which a price was reduced, by its lines as they are stored. One whose ground was forgotten
/// tells none.
#[must_use]
pub fn reductions_in(lines: &serde_json::Value) -> Vec<ReductionKind> {
    let labels = lines.as_array().into_iter().flatten().filter(|line| line["code"] == "reduction");
    let labels: Vec<&str> = labels.filter_map(|line| line["label"].as_str()).collect();
    // As the label below begins.
    let told = |kind: &&ReductionKind| labels.iter().any(|label| label.starts_with(&format!("{}减免", kind.zh())));
    ReductionKind::ALL.iter().filter(told).copied().collect()
}

/// Whether a price was reduced, on whatever ground, forgotten or not.
#[must_use]
pub fn is_reduced(lines: &serde_json::Value) -> bool {
    lines.as_array().into_iter().flatten().any(|line| line["code"] == "reduction")
}

/// A reduction is of care, not of meals, day by day, so that a day called off takes its own part back.
fn reduced(reduction: &fee_reductions::Model, care: &mut [(NaiveDate, Fen)]) -> Vec<Line> {
    let label = format!("{}减免{}%（每天）", reduction.kind.zh(), reduction.percent);
    let mut lines = Vec::new();
    for (_, cost) in care {
        let off = Fen(-cost.share(i64::from(reduction.percent), 100).0);
        *cost = cost.plus(off);
        one_more(&mut lines, off, "reduction", &label);
    }
    lines
}

/// The voucher pays for care, not for meals: the first days in its validity on which the child uses no
/// other, each up to its face value. Days of different amounts get lines of their own, so that quantity × unit is the amount.
fn covered(cover: &Cover, care: &[(NaiveDate, Fen)], days: &mut [DayPrice]) -> Vec<Line> {
    let units = usize::try_from(cover.units_left).unwrap_or(0);
    let mut lines: Vec<Line> = Vec::new();
    let within = care.iter().zip(days).filter(|((date, _), _)| cover.covers(*date));
    for ((_, cost), day) in within.take(units) {
        let unit = Fen(-cost.0.min(cover.face_value.0));
        *day = DayPrice { amount: day.amount.plus(unit), with_voucher: true };
        one_more(&mut lines, unit, "voucher", "托育体验券抵扣（每天）");
    }
    lines
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
