//! Refused scans at the API.

use entity::{CentreId, RefusedScanId, StaffId, VoucherId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit, Line, Moment};

/// Which refused scans.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RefusedScansQuery {
    /// Only of this centre; a desk sees only its own.
    #[param(value_type = Option<CentreId>)]
    pub centre_id: Option<CentreId>,
    /// Only with this code of refusal.
    #[param(value_type = Option<String>, example = "VOUCHER_CODE_EXPIRED")]
    pub reason: Option<Line<40>>,
    /// From this day on.
    #[param(value_type = Option<Day>)]
    pub from: Option<Day>,
    /// Until this day, inclusive.
    #[param(value_type = Option<Day>)]
    pub to: Option<Day>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A scan that was refused. The code itself isn't kept, only a keyed hash.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedScanOut {
    /// Id.
    pub id: RefusedScanId,
    /// Where.
    pub centre_id: CentreId,
    /// Who scanned.
    pub staff_id: StaffId,
    /// On which device, as the desk named it.
    pub device: Option<String>,
    /// When.
    pub at: Moment,
    /// The stable code of the refusal.
    #[schema(example = "VOUCHER_CODE_EXPIRED")]
    pub reason: String,
    /// Whether it was typed in.
    pub manual: bool,
    /// The voucher, if the code was one of ours.
    pub voucher_id: Option<VoucherId>,
    /// The desk's key of the request.
    pub request_id: String,
    /// Keyed hash of the code, hexadecimal: the same code has the same.
    pub code_hash: String,
}
