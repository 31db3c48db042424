//! What the plan's figures are at the API.

use entity::{PlanInputCode, PlanInputId, StaffId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit, Line, Moment, Paragraph};

/// A figure to enter: another version of the one before.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PlanInputIn {
    /// Which figure. `carers`, `certified_carers`, `communities`, `communities_covered`, `year_start_places` and
    /// `year_start_public_places` count only where the program has no figure of its own.
    pub code: PlanInputCode,
    /// Of `rural_township` only, and needed there.
    #[serde(default)]
    pub township: Option<Line<20>>,
    /// A whole number in the unit of the figure; incomes in fen a month and head. Not more than what it is a part
    /// of (`under_threes` of `residents`, `workplaces_with_care` of `workplaces` and so on), as far as that is
    /// known of the same day or before; nor less than such a part.
    #[schema(minimum = 0, maximum = 10_000_000_000_i64, example = 1)]
    pub value: i64,
    /// The day that it is of, not later than today.
    #[schema(example = "2025-12-31")]
    pub as_of: Day,
    /// Where it stands: document, table, page.
    #[schema(example = "2025年国民经济和社会发展统计公报")]
    pub source: Line<200>,
}

/// Why a figure is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PlanInputWithdrawIn {
    /// For colleagues and auditors.
    #[schema(example = "抄错了一位数")]
    pub reason: Paragraph<200>,
}

/// Which figures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanInputsQuery {
    /// Those that count on this day; today if not said.
    #[param(value_type = Option<Day>)]
    pub on: Option<Day>,
}

/// Which versions.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanInputHistoryQuery {
    /// Only of this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A version of a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanInputOut {
    /// Id.
    pub id: PlanInputId,
    /// Which figure.
    pub code: PlanInputCode,
    /// The township, of `rural_township`.
    pub township: Option<String>,
    /// From 1 on.
    pub version: i32,
    /// In the unit of the figure.
    pub value: i64,
    /// The day that it is of.
    pub as_of: Day,
    /// Where it stands.
    pub source: String,
    /// Who entered it.
    pub staff_id: StaffId,
    /// When.
    pub created_at: Moment,
    /// When it was withdrawn: it doesn't count since then.
    pub withdrawn_at: Option<Moment>,
    /// By whom.
    pub withdrawn_by: Option<StaffId>,
    /// Why.
    pub withdrawn_reason: Option<String>,
}

/// A figure of the plan, and the version that counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanInputKindOut {
    /// Which figure.
    pub code: PlanInputCode,
    /// In Chinese.
    #[schema(example = "常住人口数")]
    pub name: &'static str,
    /// What it counts.
    #[schema(example = "人")]
    pub unit: &'static str,
    /// The township, of `rural_township`.
    pub township: Option<String>,
    /// Whether it counts only where the program has no figure of its own: carers and certified carers where no
    /// register of carers is kept, communities where none were imported, places at the year's beginning where
    /// the program didn't run yet.
    pub stand_in: bool,
    /// The version that counts; null while there is none.
    pub current: Option<PlanInputOut>,
}

/// Every figure of the plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanInputsOut {
    /// The day they count on.
    pub on: Day,
    /// Each figure once, `rural_township` once a township.
    pub items: Vec<PlanInputKindOut>,
}
