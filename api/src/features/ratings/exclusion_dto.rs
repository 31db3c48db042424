//! What the bureau's side of ratings takes and answers.

use chrono::NaiveDate;
use entity::{CareType, CentreId, ExclusionAction, ExclusionStatus, RatingExclusionId, RatingId, StaffId, TextStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dto::{Level, RatingSubOut};
use crate::http::{Cursor, Limit, Moment, Month, Paragraph};

/// Which ratings.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauRatingsQuery {
    /// Only of this centre.
    pub centre_id: Option<CentreId>,
    /// Only of this level.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 5)]
    pub level: Option<Level>,
    /// Only of care in this month.
    pub month: Option<Month>,
    /// Only of care in this month and later.
    pub from: Option<Month>,
    /// Only of care in this month and before.
    pub to: Option<Month>,
    /// Only those left out of the figures (`true`) or counted (`false`).
    pub excluded: Option<bool>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A rating as the bureau sees it: not whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct BureauRatingOut {
    /// Id.
    pub id: RatingId,
    /// The rated centre.
    pub centre_id: CentreId,
    /// Form of care of the occasion.
    pub care_type: CareType,
    /// Local date of care.
    pub care_date: NaiveDate,
    /// 1 to 5.
    #[schema(minimum = 1, maximum = 5, example = 2)]
    pub level: i32,
    /// Scores of parts.
    pub sub: RatingSubOut,
    /// The text, once moderation has passed it.
    pub text: Option<String>,
    /// How moderation stands; the score counts at once.
    pub text_status: TextStatus,
    /// Why it is left out of the figures, if it is: `staff_or_relative`, `by_officers`, or `care_reversed` (of a
    /// voucher day that was reversed).
    #[schema(example = "by_officers")]
    pub excluded_for: Option<String>,
    /// Its states so far.
    pub version: i32,
    /// When it was given.
    pub created_at: Moment,
    /// When the family last changed it.
    pub updated_at: Moment,
}

/// Why a rating is to be left out, or counted again.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RatingExclusionIn {
    /// For the record; names nobody.
    #[schema(example = "同一家庭受人请托，多次代评，经核实")]
    pub reason: Paragraph<500>,
}

/// Which proposals.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RatingExclusionsQuery {
    /// Only in this state.
    pub status: Option<ExclusionStatus>,
    /// Only about this rating.
    pub rating_id: Option<RatingId>,
    /// Only about ratings of this centre.
    pub centre_id: Option<CentreId>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A proposal about a rating, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingExclusionOut {
    /// Id.
    pub id: RatingExclusionId,
    /// The rating.
    pub rating_id: RatingId,
    /// Its centre.
    pub centre_id: CentreId,
    /// `exclude` leaves it out of the figures, `include` counts it again.
    pub action: ExclusionAction,
    /// Why.
    pub reason: String,
    /// How far it is.
    pub status: ExclusionStatus,
    /// The first officer.
    pub proposed_by: StaffId,
    /// When.
    pub proposed_at: Moment,
    /// The second officer, another one.
    pub decided_by: Option<StaffId>,
    /// When.
    pub decided_at: Option<Moment>,
}
