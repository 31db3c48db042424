//! Pure rules of the figures. The definitions:
//!
//! - An *answer* is the latest rating (by its last change, then its id) of one child at one centre
//!   in one calendar month of care, unless it was excluded. It belongs to the form of care of the
//!   occasion it rates.
//! - *Satisfied* answers are those of level 4 or 5; the *rate* is satisfied ÷ answers, the *mean*
//!   the mean level.
//! - *Care* is a checked-out visit or a redeemed voucher day. *Families served* are the distinct
//!   families with care. The *response rate* is answers ÷ distinct (child, centre, month) with
//!   care; within a form of care ÷ those with care of that form. A child all of whose answers about a
//!   centre and month were left out (of staff, of relatives, by officers) is not among those who could
//!   have answered. A voucher day is reversed only once its rating is left out; of one from before
//!   that rule the care may be gone, so the quotient is capped at 1.
//! - The *interval* is Wilson's score interval at 95 %. The target is *met* if the rate is at
//!   least the target, *met with confidence* if the lower bound is.
//! - A *sub-score* has the same figures among the answers that gave it, by its own levels.
//! - Fewer than five answers are *too few*: neither rate nor mean nor interval nor verdict, nor how many of them
//!   are satisfied, of which the rate is a division away.
//! - Fractions and means have four decimals, rounded half up; verdicts use unrounded values.

use chrono::{Datelike as _, Months, NaiveDate};

use super::dto::{SatisfactionFigures, SatisfactionInterval, SatisfactionScores};
use crate::{
    error::{Problem, Result, Text},
    http::Month,
};

/// Fewer answers than this are a number, not a rate (`domain.md`, Ratings).
pub const ENOUGH_ANSWERS: i64 = 5;
/// The longest range of one question, in months.
pub const MOST_MONTHS: i32 = 36;
/// The range if none is named, in months.
const USUAL_MONTHS: u32 = 12;
/// The two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// Fractions are rounded to this many parts.
const PARTS: i64 = 10_000;

/// The sub-scores of a rating.
pub const SCORES: [&str; 5] = ["environment", "carers", "meals", "safety", "communication"];

/// What is counted of answers, under these names: those of each level; of each sub-score those who gave it,
/// those of 4 or 5, and the sum.
pub(super) const TALLIES: [&str; 20] = [
    "level_1",
    "level_2",
    "level_3",
    "level_4",
    "level_5",
    "environment_n",
    "environment_satisfied",
    "environment_total",
    "carers_n",
    "carers_satisfied",
    "carers_total",
    "meals_n",
    "meals_satisfied",
    "meals_total",
    "safety_n",
    "safety_satisfied",
    "safety_total",
    "communication_n",
    "communication_satisfied",
    "communication_total",
];

/// What the database counted of one sub-score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Answers that gave it.
    pub answers: i64,
    /// Those of 4 or 5.
    pub satisfied: i64,
    /// Their sum.
    pub total: i64,
}

impl From<Score> for Counts {
    fn from(score: Score) -> Self {
        let Score { answers, satisfied, total } = score;
        Self { answers, satisfied, total, ..Self::default() }
    }
}

/// What the database counted of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answers.
    pub answers: i64,
    /// Answers of 4 or 5.
    pub satisfied: i64,
    /// Sum of levels.
    pub total: i64,
    /// Distinct (child, centre, month) with care.
    pub units: i64,
    /// Distinct families with care.
    pub families: i64,
    /// The sub-scores, in the order of [`SCORES`].
    pub scores: [Score; 5],
}

impl Counts {
    /// Of what was counted of answers, in the order of [`TALLIES`].
    pub(super) fn of(n: [i64; TALLIES.len()]) -> Self {
        let [one, two, three, four, five, scores @ ..] = n;
        let mut counts = Self {
            answers: one + two + three + four + five,
            satisfied: four + five,
            total: one + 2 * two + 3 * three + 4 * four + 5 * five,
            ..Self::default()
        };
        for (score, n) in counts.scores.iter_mut().zip(scores.chunks_exact(3)) {
            *score = Score { answers: n[0], satisfied: n[1], total: n[2] };
        }
        counts
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        let Self { answers, satisfied, total, units, families, scores } = other;
        self.answers += answers;
        self.satisfied += satisfied;
        self.total += total;
        self.units += units;
        self.families += families;
        for (score, other) in self.scores.iter_mut().zip(scores) {
            score.answers += other.answers;
            score.satisfied += other.satisfied;
            score.total += other.total;
        }
    }
}

/// The figures of a group, against a target (a fraction).
#[must_use]
pub fn figures(counts: Counts, target: f64) -> SatisfactionFigures {
    let scores = counts.scores.map(|score| figures_of(Counts::from(score), target, None).into());
    let [environment, carers, meals, safety, communication] = scores;
    figures_of(counts, target, Some(SatisfactionScores { environment, carers, meals, safety, communication }))
}

/// The figures of a sub-score as a group of its own: within the care of all.
#[must_use]
pub fn score_figures(score: Score, of: Counts, target: f64) -> SatisfactionFigures {
    let Counts { units, families, .. } = of;
    figures_of(Counts { units, families, ..Counts::from(score) }, target, None)
}

fn figures_of(counts: Counts, target: f64, sub: Option<SatisfactionScores>) -> SatisfactionFigures {
    let Counts { answers, satisfied, total, units, families, scores: _ } = counts;
    let enough = answers >= ENOUGH_ANSWERS;
    let (low, high) = wilson(satisfied, answers);
    SatisfactionFigures {
        answers,
        satisfied: enough.then_some(satisfied),
        too_few: !enough,
        rate: enough.then(|| quotient(satisfied, answers)),
        mean: enough.then(|| quotient(total, answers)),
        families_served: families,
        response_rate: (units > 0).then(|| quotient(answers.min(units), units)),
        interval: enough.then(|| SatisfactionInterval { low: rounded(low), high: rounded(high) }),
        met: enough.then(|| reaches(satisfied, answers, target)),
        met_with_confidence: enough.then_some(low >= target),
        sub,
    }
}

/// `part ÷ whole` with four decimals, rounded half up in integers, so that the digits are the same
/// everywhere.
#[must_use]
pub fn quotient(part: i64, whole: i64) -> f64 {
    let whole = whole.max(1);
    (part.saturating_mul(2 * PARTS).saturating_add(whole) / (2 * whole)) as f64 / PARTS as f64
}

fn rounded(fraction: f64) -> f64 {
    (fraction * PARTS as f64).round() / PARTS as f64
}

/// Whether `part ÷ whole` is at least `target`, compared in integers: the target has at most four
/// decimals.
fn reaches(part: i64, whole: i64, target: f64) -> bool {
    let target = (target * PARTS as f64).round() as i64;
    part.saturating_mul(PARTS) >= whole.saturating_mul(target)
}

/// Wilson's score interval at 95 % of `part` in `n`; 0 to 1 without observations.
#[must_use]
pub fn wilson(part: i64, n: i64) -> (f64, f64) {
    if n <= 0 {
        return (0.0, 1.0);
    }
    let (part, n) = (part as f64, n as f64);
    let p = part / n;
    let z2 = Z * Z;
    let middle = p + z2 / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (((middle - half) / scale).clamp(0.0, 1.0), ((middle + half) / scale).clamp(0.0, 1.0))
}

/// The months asked for: by default the last twelve, the present one included.
pub fn period(from: Option<Month>, to: Option<Month>, today: NaiveDate) -> Result<(Month, Month)> {
    let last = to.unwrap_or_else(|| Month::of(today));
    let usual = last.0.checked_sub_months(Months::new(USUAL_MONTHS - 1)).map_or(last, Month);
    let first = from.unwrap_or(usual);
    if first > last {
        let field = if to.is_some() { "to" } else { "from" };
        return Err(Problem::field(
            field,
            "out_of_range",
            Text::new("起始月份不能晚于结束月份。", "The first month must not be later than the last."),
        ));
    }
    if months_between(first, last) > MOST_MONTHS {
        return Err(Problem::field(
            "from",
            "out_of_range",
            Text::new(
                format!("一次最多查询{MOST_MONTHS}个月，请缩小范围。"),
                format!("At most {MOST_MONTHS} months at once."),
            ),
        ));
    }
    Ok((first, last))
}

/// Months from `first` to `last`, both counted.
fn months_between(first: Month, last: Month) -> i32 {
    let index = |month: Month| month.0.year() * 12 + month.0.month0().cast_signed();
    index(last) - index(first) + 1
}

/// Every month from `first` to `last`.
pub fn months(first: Month, last: Month) -> impl Iterator<Item = Month> {
    (0..months_between(first, last).max(0).cast_unsigned())
        .filter_map(move |n| first.0.checked_add_months(Months::new(n)).map(Month))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn counts(satisfied: i64, answers: i64) -> Counts {
        Counts { answers, satisfied, total: satisfied * 5, units: answers, families: answers, ..Counts::default() }
    }

    fn confident(satisfied: i64, answers: i64) -> Option<bool> {
        figures(counts(satisfied, answers), 0.9).met_with_confidence
    }

    fn month(text: &str) -> Month {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn the_plans_examples_are_met_with_confidence_and_one_less_is_not() {
        for (satisfied, answers) in [(50, 50), (96, 100), (189, 200), (464, 500)] {
            assert_eq!(confident(satisfied, answers), Some(true), "{satisfied}/{answers}");
            assert_eq!(confident(satisfied - 1, answers), Some(false), "{}/{answers}", satisfied - 1);
        }
    }

    #[test]
    fn the_target_is_met_at_exactly_nine_tenths() {
        for answers in [10, 30, 70, 110, 990] {
            let needed = answers * 9 / 10;
            assert_eq!(figures(counts(needed, answers), 0.9).met, Some(true), "{needed}/{answers}");
            assert_eq!(figures(counts(needed - 1, answers), 0.9).met, Some(false), "{}/{answers}", needed - 1);
        }
    }

    #[test]
    fn wilson_agrees_with_published_values() {
        // Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29.
        for (part, n, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let (l, h) = wilson(part, n);
            assert_eq!((rounded(l), rounded(h)), (low, high), "{part}/{n}");
        }
        assert_eq!(wilson(20, 20).1, 1.0);
    }

    #[test]
    fn fewer_than_five_answers_are_no_rate() {
        let few = figures(counts(4, 4), 0.9);
        assert!(few.too_few && few.rate.is_none() && few.mean.is_none() && few.interval.is_none());
        assert!(few.met.is_none() && few.met_with_confidence.is_none());
        assert_eq!((few.answers, few.satisfied, few.response_rate), (4, None, Some(1.0)));
        assert!(!figures(counts(5, 5), 0.9).too_few);
        assert_eq!(figures(Counts::default(), 0.9).response_rate, None);
    }

    #[test]
    fn quotients_are_rounded_half_up_to_four_decimals() {
        assert_eq!(quotient(2, 3), 0.6667);
        assert_eq!(quotient(1, 3), 0.3333);
        assert_eq!(quotient(1, 20_000), 0.0001);
        assert_eq!(quotient(1, 20_001), 0.0);
        assert_eq!(quotient(23, 5), 4.6);
    }

    #[test]
    fn a_response_rate_never_exceeds_one() {
        let odd = Counts { answers: 7, satisfied: 7, total: 35, units: 6, families: 6, ..Counts::default() };
        assert_eq!(figures(odd, 0.9).response_rate, Some(1.0));
    }

    #[test]
    fn the_usual_period_is_the_last_twelve_months() {
        let today = "2026-11-23".parse().unwrap();
        assert_eq!(period(None, None, today).unwrap(), (month("2025-12"), month("2026-11")));
        assert_eq!(period(None, Some(month("2026-02")), today).unwrap(), (month("2025-03"), month("2026-02")));
        assert_eq!(months(month("2025-12"), month("2026-02")).count(), 3);
    }

    #[test]
    fn a_period_has_an_order_and_a_length() {
        let today = "2026-11-23".parse().unwrap();
        for (from, to, fine) in [
            ("2026-03", "2026-03", true),
            ("2026-04", "2026-03", false),
            ("2023-12", "2026-11", true),
            ("2023-11", "2026-11", false),
        ] {
            let got = period(Some(month(from)), Some(month(to)), today);
            assert_eq!(got.is_ok(), fine, "{from} to {to}");
            assert!(got.is_ok() || got.unwrap_err().code() == Code::InvalidInput);
        }
        assert!(period(Some(month("2027-01")), None, today).is_err());
    }
}
