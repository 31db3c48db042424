//! What requests for guidance take and answer.

use chrono::NaiveDate;
use entity::{CentreId, ChildId, GuidanceId, GuidanceStatus, GuidanceTopic, Half, StaffId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit, Line, Moment, Paragraph};

/// A request for guidance at home.
#[derive(Debug, Deserialize, ToSchema)]
pub struct GuidanceIn {
    /// For which child.
    pub child_id: ChildId,
    /// About what.
    pub topic: GuidanceTopic,
    /// Somebody may come from this day…
    pub wished_from: Day,
    /// …until this one; 60 days from today at the latest.
    pub wished_until: Day,
    /// Only in this half of the day.
    #[serde(default)]
    pub half: Option<Half>,
    /// Where, within the child's township. Told to whom the request is assigned, to nobody else, and deleted
    /// as soon as nobody is to come any more.
    #[schema(example = "霞星花园3栋502室")]
    pub address: Line<100>,
    /// The guardian agrees that the address and what it is about are told to whoever is to come.
    pub agreed: bool,
}

/// Which page of requests.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GuidancePageQuery {
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A request of the family.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuidanceOut {
    /// Id.
    pub id: GuidanceId,
    /// For which child.
    pub child_id: ChildId,
    /// About what.
    pub topic: GuidanceTopic,
    /// Somebody may come from this day…
    pub wished_from: NaiveDate,
    /// …until this one.
    pub wished_until: NaiveDate,
    /// Only in this half of the day.
    pub half: Option<Half>,
    /// The township.
    pub township: String,
    /// Where; null as soon as nobody is to come any more.
    pub address: Option<String>,
    /// How far it is.
    pub status: GuidanceStatus,
    /// The centre that comes; null while nobody is named, and where the bureau comes itself.
    pub centre_name: Option<String>,
    /// When somebody comes.
    pub visit_on: Option<NaiveDate>,
    /// What was answered at the end.
    pub answer: Option<String>,
    /// When it was asked for.
    pub created_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
}

/// Which of the bureau's requests.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauGuidanceQuery {
    /// Only in this state.
    pub status: Option<GuidanceStatus>,
    /// Only of this township.
    pub township: Option<Line<30>>,
    /// Only those of this centre.
    pub centre_id: Option<CentreId>,
    /// Only those that are late, or only the others: the day of the visit is past and nobody has said that somebody
    /// came, or the wished days are and nobody is named.
    pub overdue: Option<bool>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A request as staff see it: no name at the bureau, a masked one at the desk.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffGuidanceOut {
    /// Id.
    pub id: GuidanceId,
    /// The child's name, masked; null at the bureau.
    pub child_name: Option<String>,
    /// Completed months of the child today.
    pub age_months: i32,
    /// About what.
    pub topic: GuidanceTopic,
    /// Somebody may come from this day…
    pub wished_from: NaiveDate,
    /// …until this one.
    pub wished_until: NaiveDate,
    /// Only in this half of the day.
    pub half: Option<Half>,
    /// The township.
    pub township: String,
    /// Where: told to whom the request is assigned, as long as it is.
    pub address: Option<String>,
    /// How far it is.
    pub status: GuidanceStatus,
    /// The day of the visit is past and nobody has said that somebody came, or the wished days are and nobody is
    /// named.
    pub overdue: bool,
    /// The centre that comes…
    pub centre_id: Option<CentreId>,
    /// …its name…
    pub centre_name: Option<String>,
    /// …or somebody of the bureau.
    pub staff_id: Option<StaffId>,
    /// When somebody comes.
    pub visit_on: Option<NaiveDate>,
    /// What was answered at the end.
    pub answer: Option<String>,
    /// When it was asked for.
    pub created_at: Moment,
    /// When somebody was named.
    pub assigned_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
}

/// Who comes, and when.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct GuidanceAssignIn {
    /// A centre in service…
    #[serde(default)]
    pub centre_id: Option<CentreId>,
    /// …or an account of the bureau in use.
    #[serde(default)]
    pub staff_id: Option<StaffId>,
    /// The day, from today; 90 days ahead at the latest.
    pub visit_on: Day,
    /// Somebody is named already and hands it over, or the day changes; without it only an open request is
    /// assigned.
    #[serde(default)]
    pub handing_over: bool,
    /// The `assigned_at` of what is handed over, as it was read: refused (`WRONG_STATE`) if somebody handed it over
    /// meanwhile. Needed with `handing_over`.
    #[serde(default)]
    pub assigned_at: Option<Moment>,
    /// The day lies outside the wished ones, and the family knows; without it such a day is refused
    /// (`CONFIRMATION_REQUIRED`).
    #[serde(default)]
    pub confirm: bool,
}

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuidanceOutcome {
    /// Somebody came.
    Done,
    /// Nobody comes.
    Declined,
}

/// What the family is answered.
#[derive(Debug, Deserialize, ToSchema)]
pub struct GuidanceAnswerIn {
    /// Whether somebody came.
    pub outcome: GuidanceOutcome,
    /// The family reads it as it is.
    #[schema(example = "已上门指导辅食添加，建议两周后复诊。")]
    pub text: Paragraph<500>,
}
