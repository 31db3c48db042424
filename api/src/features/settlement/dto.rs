//! What settlement takes and answers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::{AdjustmentId, CentreId, Fen, RedemptionId, StaffId, StatementId, StatementStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::{Figures, StatementTotals};
use crate::http::{Cursor, Limit, Moment, Month, Paragraph};

/// A statement to draft.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StatementIn {
    /// The centre.
    pub centre_id: CentreId,
    /// A month that is over.
    #[schema(value_type = Month)]
    pub month: Month,
}

/// Which statements.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatementsQuery {
    /// Only of this month.
    #[param(value_type = Option<Month>)]
    pub month: Option<Month>,
    /// Only of this centre.
    #[param(value_type = Option<CentreId>)]
    pub centre_id: Option<CentreId>,
    /// Only in this state.
    pub status: Option<StatementStatus>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A statement without its lines.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatementOut {
    /// Id.
    pub id: StatementId,
    /// The centre.
    pub centre_id: CentreId,
    /// Its name when the statement was drafted.
    pub centre_name: String,
    /// The month of care.
    #[schema(value_type = Month)]
    pub month: Month,
    /// Where it is in its life.
    pub status: StatementStatus,
    /// Given when it is frozen, without gaps within a year.
    #[schema(example = "2026-0001")]
    pub number: Option<String>,
    /// Sums.
    pub totals: StatementTotals,
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
}

/// The figures computed again from the rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecomputedOut {
    /// SHA-256 of the figures of now, hexadecimal.
    pub figures_sha256: String,
    /// Whether they are the same bytes. False for a draft that something changed since; for a frozen
    /// statement: rows were changed outside this system.
    pub same: bool,
}

/// A statement with its lines.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementDetailOut {
    /// The statement.
    #[serde(flatten)]
    pub statement: StatementOut,
    /// Lines, adjustments, sums by campaign.
    pub figures: Figures,
    /// Names of its campaigns when it was drafted, by id.
    pub campaign_names: BTreeMap<String, String>,
    /// The figures computed again.
    pub recomputed: RecomputedOut,
}

/// Which month.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UnsettledQuery {
    /// The month.
    #[param(value_type = Month)]
    pub month: Month,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A centre with units of a month that no frozen statement holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnsettledOut {
    /// The centre.
    pub centre_id: CentreId,
    /// Its name.
    pub centre_name: String,
    /// Units redeemed, net of reversals.
    pub units: i64,
    /// Their worth, in fen.
    pub amount_fen: Fen,
    /// The statement of the month, if there is one.
    pub statement_id: Option<StatementId>,
    /// Its state.
    pub statement_status: Option<StatementStatus>,
}

/// An adjustment to make: of a redemption in a frozen statement, or of a centre.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AdjustmentIn {
    /// The redemption to take back; then `amount_fen` is minus its worth if absent.
    #[serde(default)]
    pub redemption_id: Option<RedemptionId>,
    /// The centre, if no redemption is named.
    #[serde(default)]
    pub centre_id: Option<CentreId>,
    /// In fen, not 0; negative: taken back.
    #[serde(default)]
    #[schema(example = -8000)]
    pub amount_fen: Option<i64>,
    /// Printed on the statement; no names in it.
    #[schema(example = "误核销，从下期扣回")]
    pub reason: Paragraph<200>,
}

/// Which adjustments.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AdjustmentsQuery {
    /// Only of this centre.
    #[param(value_type = Option<CentreId>)]
    pub centre_id: Option<CentreId>,
    /// Only those that wait for a statement, or only those that are in one.
    pub pending: Option<bool>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// An adjustment.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdjustmentOut {
    /// Id.
    pub id: AdjustmentId,
    /// The centre it is paid to or taken from.
    pub centre_id: CentreId,
    /// The redemption it corrects, if one.
    pub redemption_id: Option<RedemptionId>,
    /// In fen; negative: taken back.
    pub amount_fen: Fen,
    /// Why.
    pub reason: String,
    /// Who made it.
    pub staff_id: StaffId,
    /// When.
    pub created_at: Moment,
    /// The frozen statement that holds it; null while it waits.
    pub statement_id: Option<StatementId>,
}

/// The name of a month in Chinese.
#[must_use]
pub fn month_zh(month: NaiveDate) -> String {
    month.format("%Y年%-m月").to_string()
}
