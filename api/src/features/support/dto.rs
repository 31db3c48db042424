//! What the support of centres is at the API.

use std::collections::BTreeMap;

use entity::{
    CentreId, Fen, FundCategory, FundSource, StaffId, StatementStatus, SupportItem, SupportKind, SupportRateId,
    SupportSheetId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::{SupportFigures, SupportRate};
use crate::http::{Cursor, Day, Limit, Line, Moment, Month};

/// A sheet to draft.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SupportSheetIn {
    /// Which support.
    pub kind: SupportKind,
    /// The centre.
    pub centre_id: CentreId,
    /// A month that is over.
    #[schema(value_type = Month)]
    pub month: Month,
    /// Whose money pays.
    #[schema(example = "district")]
    pub fund_source: FundSource,
}

/// Which sheets.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SupportSheetsQuery {
    /// Only of this kind.
    #[param(inline)]
    pub kind: Option<SupportKind>,
    /// Only of this month.
    #[param(value_type = Option<Month>)]
    pub month: Option<Month>,
    /// Only of this centre.
    #[param(value_type = Option<CentreId>)]
    pub centre_id: Option<CentreId>,
    /// Only in this state.
    pub status: Option<StatementStatus>,
    /// Only frozen sheets that no longer agree with attendance (or only others).
    pub differs: Option<bool>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A sheet without its lines.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupportSheetOut {
    /// Id.
    pub id: SupportSheetId,
    /// Which support.
    pub kind: SupportKind,
    /// The centre.
    pub centre_id: CentreId,
    /// Its name when the sheet was drafted.
    pub centre_name: String,
    /// The month.
    #[schema(value_type = Month)]
    pub month: Month,
    /// Where it is in its life.
    pub status: StatementStatus,
    /// Given when it is frozen, without gaps within a kind and year.
    #[schema(example = "incentive-2026-0001")]
    pub number: Option<String>,
    /// Whose money pays.
    pub fund_source: FundSource,
    /// What the money is, to the rules of funds.
    pub fund_category: FundCategory,
    /// Child-months that are supported.
    pub supported: i64,
    /// What is paid, in fen.
    pub total_fen: Fen,
    /// SHA-256 of the figures, hexadecimal.
    pub figures_sha256: String,
    /// When it was drafted, the last time.
    pub drafted_at: Moment,
    /// By whom.
    pub drafted_by: StaffId,
    /// When it was checked.
    pub checked_at: Option<Moment>,
    /// By whom.
    pub checked_by: Option<StaffId>,
    /// When it was frozen.
    pub frozen_at: Option<Moment>,
    /// By whom; never who checked it.
    pub frozen_by: Option<StaffId>,
    /// Since when attendance, put right after the sheet was frozen, would make other figures; null while it agrees.
    pub differs_since: Option<Moment>,
}

/// The figures computed again.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportRecomputedOut {
    /// SHA-256 of the figures of the sheet's evidence, hexadecimal.
    pub figures_sha256: String,
    /// Whether they are the same bytes; false: the sheet was changed outside this system.
    pub same: bool,
    /// Whether the visits of now would make the same figures; false: something was put right since.
    pub same_now: bool,
}

/// A sheet with its lines.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportSheetDetailOut {
    /// The sheet.
    #[serde(flatten)]
    pub sheet: SupportSheetOut,
    /// Lines and sums.
    pub figures: SupportFigures,
    /// Rates that were in force.
    pub rates: Vec<SupportRate>,
    /// Names of its classes when it was drafted, by id.
    pub class_names: BTreeMap<String, String>,
    /// The figures computed again.
    pub recomputed: SupportRecomputedOut,
}

impl SupportSheetDetailOut {
    /// Children with days that count, as the lines add up.
    #[must_use]
    pub fn attended(&self) -> i64 {
        self.figures.lines.iter().map(|line| line.children).sum()
    }
}

/// A rate to set.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SupportRateIn {
    /// For what.
    pub item: SupportItem,
    /// In fen a child-month, or a month for `operating` and `rent`; at most the cap. `reduced_fee` has none until it is
    /// set: nothing is paid for it.
    #[schema(minimum = 0, maximum = 100_000_000, example = 20_000)]
    pub rate_fen: i64,
    /// The first day of the first month that it holds for.
    #[schema(value_type = Month)]
    pub from_month: Month,
    /// Document and clause.
    #[schema(example = "区财政局补助标准")]
    pub source: Line<200>,
}

/// A rate.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportRateOut {
    /// Id.
    pub id: SupportRateId,
    /// For what.
    pub item: SupportItem,
    /// The first day that it holds for, until another begins.
    pub valid_from: Day,
    /// In fen.
    pub rate_fen: Fen,
    /// No rate may be higher.
    pub cap_fen: Option<Fen>,
    /// Children count through the month in which they reach this age.
    pub through_months: Option<i32>,
    /// Document and clause.
    pub source: String,
    /// Who set it; null of what the plan says.
    pub staff_id: Option<StaffId>,
}

/// Every rate, the newest first within each item.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportRatesOut {
    /// The rates.
    pub items: Vec<SupportRateOut>,
}
