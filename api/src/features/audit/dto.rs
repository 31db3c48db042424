//! What the audit log takes and answers.

use entity::{AuditId, CentreId, StaffId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit, Line, Moment};

/// Which rows of the log.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only what this account did.
    pub staff_id: Option<StaffId>,
    /// Only this action, like `redemption.create`.
    pub action: Option<Line<64>>,
    /// From this local date.
    pub from: Option<Day>,
    /// To this local date, included.
    pub to: Option<Day>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A row of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditRowOut {
    /// Id.
    pub id: AuditId,
    /// When it was done.
    pub at: Moment,
    /// Who did it.
    pub staff_id: StaffId,
    /// At which centre; null for the bureau.
    pub centre_id: Option<CentreId>,
    /// What was done.
    #[schema(example = "redemption.create")]
    pub action: String,
    /// The id of what was changed.
    #[schema(example = "rdm_0192f0c18a7c7d10b1c2d3e4f5a6b7c8")]
    pub object: String,
    /// Facts without personal data.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// The reason given for a deed about a child, whose digest is among the facts; null where there is
    /// none, and once the child is erased.
    pub reason: Option<String>,
    /// Place in the chain, from 1; null until sealed.
    pub seq: Option<i64>,
    /// SHA-256 over the hash before and this row, in hexadecimal; null until sealed.
    pub hash: Option<String>,
}
