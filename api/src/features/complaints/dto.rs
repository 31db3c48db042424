//! What complaints take and answer.

use chrono::NaiveDate;
use entity::{CareType, CentreId, ChildId, ComplaintId, ComplaintStatus, RatingId, StaffId, TextStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    features::ratings::dto::RatingSubOut,
    http::{Cursor, Limit, Moment, Paragraph},
};

/// A complaint to file.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ComplaintIn {
    /// A centre that the family booked, or that cared for a child of it.
    pub centre_id: CentreId,
    /// What happened. Officers of the bureau read it, the centre doesn't.
    #[schema(example = "约定每天户外活动两小时，本周一次也没有。")]
    pub text: Paragraph<1000>,
    /// The child that it is about; if absent, the one that was booked there last.
    #[serde(default)]
    pub child_id: Option<ChildId>,
}

/// What the family says of the answer.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct ComplaintCloseIn {
    /// Whether the answer satisfies it.
    pub satisfied: bool,
}

/// Which page of the family's complaints.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ComplaintsQuery {
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A complaint of the family.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComplaintOut {
    /// Id.
    pub id: ComplaintId,
    /// The centre.
    pub centre_id: CentreId,
    /// Its name, while it is open to the public.
    pub centre_name: Option<String>,
    /// The child that it is about.
    pub child_id: ChildId,
    /// The rating of level 1 or 2 that opened it, if one did.
    pub rating_id: Option<RatingId>,
    /// What the family wrote; null of one that a rating opened.
    pub text: Option<String>,
    /// How far it is. `withdrawn`: the rating was raised before an answer.
    pub status: ComplaintStatus,
    /// The bureau answers by then.
    pub due_at: Moment,
    /// The bureau's answer.
    pub answer: Option<String>,
    /// When it was answered.
    pub answered_at: Option<Moment>,
    /// What the family said of the answer.
    pub satisfied: Option<bool>,
    /// When it was opened.
    pub created_at: Moment,
    /// When it was closed or withdrawn.
    pub closed_at: Option<Moment>,
}

/// Which complaints.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauComplaintsQuery {
    /// Only in this state.
    pub status: Option<ComplaintStatus>,
    /// Only about this centre.
    pub centre_id: Option<CentreId>,
    /// Only those that should have been answered by now (`true`), or all others (`false`).
    pub overdue: Option<bool>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A complaint as officers see it: not whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct BureauComplaintOut {
    /// Id.
    pub id: ComplaintId,
    /// The centre.
    pub centre_id: CentreId,
    /// Its name, while it is open to the public.
    pub centre_name: Option<String>,
    /// The rating that opened it, if one did.
    pub rating: Option<ComplaintRatingOut>,
    /// What the family wrote; null of one that a rating opened, and once the account was erased.
    pub text: Option<String>,
    /// What moderation thinks of it: show a `hidden` one folded.
    pub text_status: Option<TextStatus>,
    /// How far it is.
    pub status: ComplaintStatus,
    /// To be answered by then.
    pub due_at: Moment,
    /// It should have been answered by now.
    pub overdue: bool,
    /// The officer who has it.
    pub assigned_to: Option<StaffId>,
    /// Since when.
    pub assigned_at: Option<Moment>,
    /// The answer.
    pub answer: Option<String>,
    /// Who answered.
    pub answered_by: Option<StaffId>,
    /// When.
    pub answered_at: Option<Moment>,
    /// What the family said of the answer.
    pub satisfied: Option<bool>,
    /// When it was opened.
    pub created_at: Moment,
    /// When it was closed or withdrawn.
    pub closed_at: Option<Moment>,
}

/// The rating behind a complaint, as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComplaintRatingOut {
    /// Id.
    pub id: RatingId,
    /// Form of care of the occasion.
    pub care_type: CareType,
    /// Local date of care.
    pub care_date: NaiveDate,
    /// 1 to 5.
    #[schema(minimum = 1, maximum = 5, example = 1)]
    pub level: i32,
    /// Scores of parts.
    pub sub: RatingSubOut,
    /// Its text, once moderation has passed it.
    pub text: Option<String>,
}

/// Who is to take a complaint.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct ComplaintAssignIn {
    /// An account of the bureau in use.
    pub staff_id: StaffId,
    /// Who has it now, to hand it over; absent of one that is open.
    #[serde(default)]
    pub instead_of: Option<StaffId>,
}

/// What the family is answered.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ComplaintAnswerIn {
    /// The family reads it as it is.
    #[schema(example = "经现场检查，该机构已恢复每日户外活动，感谢您的监督。")]
    pub text: Paragraph<1000>,
}
