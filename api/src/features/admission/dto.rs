//! What families and desks send and get.

use chrono::NaiveDate;
use entity::{CentreId, EmployerCodeId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit, Line, Moment, Whole};

/// The code that an employer gave its staff.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EmployerProofIn {
    /// As given; spaces, hyphens and case don't matter.
    #[schema(example = "K7QM-X4RD-PW3H")]
    pub code: Line<40>,
}

/// An employer's centre that takes the family as its own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EmployerOut {
    /// The centre.
    pub centre_id: CentreId,
    /// Its name, while it is listed.
    pub centre_name: Option<String>,
    /// For whom the code was made.
    #[schema(example = "泉州台商投资区某公司")]
    pub label: String,
    /// The last day on which the family books as own staff.
    pub valid_until: NaiveDate,
}

/// Employers' centres of the family.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmployersOut {
    /// Those that stand today.
    pub items: Vec<EmployerOut>,
}

/// A code for an employer's staff.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EmployerCodeIn {
    /// For whom: the employer or department.
    #[schema(example = "泉州台商投资区某公司")]
    pub label: Line<60>,
    /// Its last day, and the last of what it proves.
    pub valid_until: Day,
    /// Families that may use it; absent: 200.
    pub families_max: Option<Whole<1, 10_000>>,
}

/// A code for an employer's staff.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EmployerCodeOut {
    /// Id.
    pub id: EmployerCodeId,
    /// Only in the answer that makes it: pass it to the staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "K7QMX4RDPW3H")]
    pub code: Option<String>,
    /// For whom.
    pub label: String,
    /// Its last day.
    pub valid_until: NaiveDate,
    /// Families that may use it.
    pub families_max: i32,
    /// Families that did.
    pub families: i32,
    /// When it was made.
    pub created_at: Moment,
    /// When it was revoked.
    pub revoked_at: Option<Moment>,
}

/// Which codes to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EmployerCodesQuery {
    /// Items at most, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    pub cursor: Option<Cursor>,
}
