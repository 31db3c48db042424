//! Staff accounts at the API.

use entity::{AccountStatus, CentreId, StaffId, StaffRole};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Limit, Moment, Paragraph};

/// Which accounts.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StaffQuery {
    /// Only of this centre.
    #[param(value_type = Option<CentreId>)]
    pub centre_id: Option<CentreId>,
    /// Only with this role.
    pub role: Option<StaffRole>,
    /// Only in this state.
    pub status: Option<AccountStatus>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// Which accounts of the centre.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeskStaffQuery {
    /// Only with this role.
    pub role: Option<StaffRole>,
    /// Only in this state.
    pub status: Option<AccountStatus>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl DeskStaffQuery {
    /// The same over all accounts, with the centre fixed.
    #[must_use]
    pub fn of(self, centre: CentreId) -> StaffQuery {
        let Self { role, status, limit, cursor } = self;
        StaffQuery { centre_id: Some(centre), role, status, limit, cursor }
    }
}

/// A staff account.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffOut {
    /// Id.
    pub id: StaffId,
    /// For sign-in.
    #[schema(example = "carer")]
    pub username: String,
    /// Shown to colleagues.
    #[schema(example = "林老师")]
    pub name: String,
    /// What it may do.
    pub role: StaffRole,
    /// Of a carer or manager.
    pub centre_id: Option<CentreId>,
    /// Whether it may sign in.
    pub status: AccountStatus,
    /// Whether it signs in with WeChat too.
    pub wechat_bound: bool,
    /// Whether its sign-in takes a second factor.
    pub second_factor: bool,
    /// When it was made.
    pub created_at: Moment,
}

/// Why an account is closed, opened again or signed out.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StaffReasonIn {
    /// For the audit log; no names in it.
    #[schema(example = "手机遗失")]
    pub reason: Paragraph<200>,
}

/// What became of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffStateOut {
    /// The account.
    pub id: StaffId,
    /// Whether it may sign in.
    pub status: AccountStatus,
    /// Sign-ins that ended with this.
    pub sessions_ended: u64,
    /// Complaints that it had, which are open again.
    pub complaints_handed_back: u64,
    /// Visits at home that it was to make, for which nobody is named now.
    pub guidance_handed_back: u64,
}
