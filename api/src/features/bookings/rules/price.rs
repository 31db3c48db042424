//! What a booking costs: lines that add up to the total, in integer fen.

use chrono::{Datelike, NaiveDate};
use entity::{CareType, Fen, OfferUnit, offers};
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
    /// `care`, `meals` or `voucher`.
    #[schema(example = "care")]
    pub code: String,
    /// For people, in Chinese.
    #[schema(example = "全日托（每天）")]
    pub label: String,
    /// How many; for care priced by the month the opening days booked in that month.
    pub quantity: Quantity,
    /// Price of one unit; negative for a voucher. For care priced by the month the month's price.
    pub unit_fen: Fen,
    /// What the line comes to.
    pub amount_fen: Fen,
}

/// What a voucher pays for.
#[derive(Clone, Copy, Debug)]
pub struct Cover {
    /// At most, a day.
    pub face_value: Fen,
    /// Days it still covers.
    pub units_left: i64,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
}

/// The lines of a price; their amounts are the total. `opening_days` counts the centre's opening
/// days in the month of a date.
pub fn lines(
    offer: &offers::Model,
    stays: &[Stay],
    opening_days: &dyn Fn(NaiveDate) -> i64,
    cover: Option<Cover>,
) -> Vec<Line> {
    let (mut lines, days) = care(offer, stays, opening_days);
    if offer.meals_fen.0 > 0 {
        lines.push(line("meals", "餐费（每天）".to_owned(), Quantity::whole(count(stays)), offer.meals_fen));
    }
    if let Some(cover) = cover {
        lines.extend(covered(cover, &days));
    }
    lines
}

/// The sum of the lines.
#[must_use]
pub fn total(lines: &[Line]) -> Fen {
    lines.iter().map(|line| line.amount_fen).sum()
}

/// The days that a voucher pays for in stored lines.
#[must_use]
pub fn voucher_days(lines: &serde_json::Value) -> i64 {
    let lines: Vec<Line> = serde_json::from_value(lines.clone()).unwrap_or_default();
    lines.iter().filter(|line| line.code == "voucher").map(|line| line.quantity.halves / 2).sum()
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

/// The lines of care, and what each day of it costs (never more in sum than the lines).
fn care(
    offer: &offers::Model,
    stays: &[Stay],
    opening_days: &dyn Fn(NaiveDate) -> i64,
) -> (Vec<Line>, Vec<(NaiveDate, Fen)>) {
    let name = offer.care_type.zh();
    if offer.unit != OfferUnit::Month {
        let quantity = Quantity { halves: stays.iter().map(|stay| halves(offer, stay)).sum() };
        let days = stays.iter().map(|stay| (stay.date, Fen(offer.price_fen.0 * halves(offer, stay) / 2))).collect();
        return (vec![line("care", format!("{name}（每{}）", offer.unit.zh()), quantity, offer.price_fen)], days);
    }
    let (mut lines, mut days) = (Vec::new(), Vec::new());
    for month in stays.chunk_by(|a, b| (a.date.year(), a.date.month()) == (b.date.year(), b.date.month())) {
        let Some(first) = month.first() else { continue };
        let visited = count(month);
        // A stay lies on an opening day, so the month has at least as many of them.
        let whole = opening_days(first.date).max(visited);
        let amount = offer.price_fen.share(visited, whole);
        lines.push(Line {
            code: "care".to_owned(),
            label: format!("{name} {}（按开放日{visited}/{whole}计）", first.date.format("%Y-%m")),
            quantity: Quantity::whole(visited),
            unit_fen: offer.price_fen,
            amount_fen: amount,
        });
        days.extend(month.iter().map(|stay| (stay.date, Fen(amount.0 / visited))));
    }
    (lines, days)
}

/// The voucher pays for care, not for meals: the first days in its validity, each up to its face
/// value. Days of different amounts get lines of their own, so that quantity × unit is the amount.
fn covered(cover: Cover, days: &[(NaiveDate, Fen)]) -> Vec<Line> {
    let units = usize::try_from(cover.units_left).unwrap_or(0);
    let mut lines: Vec<Line> = Vec::new();
    for (_, cost) in days.iter().filter(|(date, _)| (cover.from..=cover.until).contains(date)).take(units) {
        let unit = Fen(-cost.0.min(cover.face_value.0));
        match lines.iter_mut().find(|line| line.unit_fen == unit) {
            Some(line) => {
                line.quantity.halves += 2;
                line.amount_fen = line.amount_fen.plus(unit);
            }
            None => lines.push(line("voucher", "托育体验券抵扣（每天）".to_owned(), Quantity::whole(1), unit)),
        }
    }
    lines
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
