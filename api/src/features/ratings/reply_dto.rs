//! What a centre's side of ratings takes and answers.

use entity::{RatingAliasId, TextStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dto::RatingSubOut;
use crate::http::{Cursor, Limit, Moment, Month, Paragraph};

/// Which ratings of the centre.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeskRatingsQuery {
    /// Only of care in this month.
    pub month: Option<Month>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A rating as its centre sees it: nothing that tells whose it is, nor the day of care.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskRatingOut {
    /// The rating's name at the desk. Unlike an id it doesn't tell when the rating was given.
    pub id: RatingAliasId,
    /// Month of care.
    pub month: Month,
    /// 1 to 5.
    #[schema(minimum = 1, maximum = 5, example = 2)]
    pub level: i32,
    /// Scores of parts.
    pub sub: RatingSubOut,
    /// The text, once moderation has passed it and while the family agrees that it is shown.
    pub text: Option<String>,
    /// What the centre replied.
    pub reply: Option<ReplyOut>,
}

/// A centre's reply.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplyOut {
    /// The reply.
    pub text: String,
    /// Others read it once it is `shown`.
    pub text_status: TextStatus,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// A reply to give, or to put in the place of the one before.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ReplyIn {
    /// In words; anyone may read it after moderation, so nothing about the child or family.
    #[schema(example = "感谢您的反馈，我们已调整午餐安排。")]
    pub text: Paragraph<500>,
}
