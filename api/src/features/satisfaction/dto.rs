//! What the satisfaction report takes and answers.

use entity::CentreId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Limit, Moment, Month};

/// What the groups of a report are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SatisfactionBy {
    /// A group per centre.
    Centre,
    /// A group per township of the centre.
    Township,
    /// A group per kind of centre.
    Kind,
    /// A group per form of care.
    CareType,
    /// A group per calendar month of care.
    Month,
    /// A group per sub-score: its figures are those of the sub-score, among the answers that gave it.
    SubScore,
}

/// Which report.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SatisfactionQuery {
    /// First month of care, `YYYY-MM`; by default eleven months before `to`.
    pub from: Option<Month>,
    /// Last month of care; by default the present one. At most 36 months in all.
    pub to: Option<Month>,
    /// What the groups are; absent: the overall figures only.
    pub by: Option<SatisfactionBy>,
}

/// Satisfaction over a range of months.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SatisfactionOut {
    /// First month of care.
    pub from: Month,
    /// Last month of care.
    pub to: Month,
    /// What the groups are.
    pub by: Option<SatisfactionBy>,
    /// The rate to reach, a fraction of 1.
    #[schema(example = 0.9)]
    pub target: f64,
    /// The instant whose state of the ratings was counted.
    pub as_of: Moment,
    /// All centres together.
    pub overall: SatisfactionFigures,
    /// Satisfied answers of all, however few: what is computed on. Shown to nobody.
    #[serde(skip)]
    pub satisfied: i64,
    /// A group each; townships, kinds, forms of care, months and sub-scores are all listed, centres only
    /// if they had care or answers.
    pub groups: Vec<SatisfactionGroup>,
}

/// The figures of one group.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SatisfactionGroup {
    /// The centre's id, the township, the word of the kind or form of care, or the month.
    #[schema(example = "full_day")]
    pub key: String,
    /// For people.
    #[schema(example = "全日托")]
    pub label: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: SatisfactionFigures,
}

/// Figures of satisfaction. Rates are fractions of 1; fractions and means have four decimals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct SatisfactionFigures {
    /// Valid answers: the latest rating per child, centre and month.
    #[schema(example = 100)]
    pub answers: i64,
    /// Answers of 4 (满意) or 5 (非常满意); null if too few, for the rate is a division away.
    #[schema(example = 96)]
    pub satisfied: Option<i64>,
    /// Fewer than five answers: no rate is given.
    pub too_few: bool,
    /// Satisfied ÷ answers; null if too few.
    #[schema(example = 0.96)]
    pub rate: Option<f64>,
    /// Mean level, 1 to 5; null if too few.
    #[schema(example = 4.71)]
    pub mean: Option<f64>,
    /// Distinct families with a checked-out visit or a redeemed voucher day.
    #[schema(example = 118)]
    pub families_served: i64,
    /// Answers ÷ distinct (child, centre, month) with care, without those whose answers are all left out, at most 1;
    /// null without care.
    #[schema(example = 0.7143)]
    pub response_rate: Option<f64>,
    /// Wilson's 95 % interval of the rate; null if too few.
    pub interval: Option<SatisfactionInterval>,
    /// Whether the rate is at least the target; null if too few.
    pub met: Option<bool>,
    /// Whether the interval's lower bound is at least the target; null if too few.
    pub met_with_confidence: Option<bool>,
    /// The sub-scores; null in a group by sub-score.
    pub sub: Option<SatisfactionScores>,
}

/// The sub-scores of answers: each counted among the answers that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct SatisfactionScores {
    /// 环境.
    pub environment: SatisfactionCounted,
    /// 保育人员.
    pub carers: SatisfactionCounted,
    /// 餐食.
    pub meals: SatisfactionCounted,
    /// 安全.
    pub safety: SatisfactionCounted,
    /// 家园沟通.
    pub communication: SatisfactionCounted,
}

impl SatisfactionScores {
    /// Each with its word and its name in Chinese and English.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &'static str, &'static str, SatisfactionCounted); 5] {
        let Self { environment, carers, meals, safety, communication } = *self;
        let figures = [environment, carers, meals, safety, communication];
        std::array::from_fn(|i| {
            let (word, zh, en) = SCORE_NAMES[i];
            (word, zh, en, figures[i])
        })
    }
}

/// Word, Chinese and English name of each sub-score.
pub const SCORE_NAMES: [(&str, &str, &str); 5] = [
    ("environment", "环境", "Environment"),
    ("carers", "保育人员", "Carers"),
    ("meals", "餐食", "Meals"),
    ("safety", "安全", "Safety"),
    ("communication", "家园沟通", "Communication"),
];

/// An interval of confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct SatisfactionInterval {
    /// Lower bound.
    #[schema(example = 0.9016)]
    pub low: f64,
    /// Upper bound.
    #[schema(example = 0.9843)]
    pub high: f64,
}

/// Which closed months.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SatisfactionMonthsQuery {
    /// Only this month.
    pub month: Option<Month>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A closed month: the figures as its snapshot holds them, and as the ratings say now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SatisfactionMonthOut {
    /// The month of care.
    pub month: Month,
    /// The instant whose state of the ratings the snapshot holds.
    pub as_of: Moment,
    /// All centres together, as taken.
    pub taken: SatisfactionCounted,
    /// The same from the ratings as they are: later changes and exclusions included.
    pub revised: SatisfactionCounted,
    /// Whether anything differs.
    pub changed: bool,
    /// The centres whose figures differ, by id.
    pub centres: Vec<SatisfactionCentreRevisedOut>,
}

/// A centre whose figures of a closed month were revised.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SatisfactionCentreRevisedOut {
    /// The centre.
    pub centre_id: CentreId,
    /// As taken.
    pub taken: SatisfactionCounted,
    /// As the ratings say now.
    pub revised: SatisfactionCounted,
}

/// Figures of answers alone. Rates are fractions of 1; fractions and means have four decimals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct SatisfactionCounted {
    /// Valid answers.
    #[schema(example = 100)]
    pub answers: i64,
    /// Answers of 4 or 5; null if too few.
    #[schema(example = 96)]
    pub satisfied: Option<i64>,
    /// Fewer than five answers: no rate is given.
    pub too_few: bool,
    /// Satisfied ÷ answers; null if too few.
    pub rate: Option<f64>,
    /// Mean level; null if too few.
    pub mean: Option<f64>,
    /// Wilson's 95 % interval of the rate; null if too few.
    pub interval: Option<SatisfactionInterval>,
    /// Whether the rate is at least the target; null if too few.
    pub met: Option<bool>,
    /// Whether the interval's lower bound is at least the target; null if too few.
    pub met_with_confidence: Option<bool>,
}

impl From<SatisfactionFigures> for SatisfactionCounted {
    fn from(figures: SatisfactionFigures) -> Self {
        let SatisfactionFigures {
            answers,
            satisfied,
            too_few,
            rate,
            mean,
            families_served: _,
            response_rate: _,
            interval,
            met,
            met_with_confidence,
            sub: _,
        } = figures;
        Self { answers, satisfied, too_few, rate, mean, interval, met, met_with_confidence }
    }
}
