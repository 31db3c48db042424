//! What ratings take and answer.

use chrono::NaiveDate;
use entity::{CareType, CentreId, ChildId, RatingId, RedemptionId, TextStatus, VisitId, ratings};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    features::centres::CentreRatingOut,
    http::{Cursor, Limit, Moment, Month, Paragraph, Whole, nullable, values::object},
};

/// 1 (非常不满意) to 5 (非常满意).
pub type Level = Whole<1, 5>;

/// A rating to give. Exactly one of `visit_id` and `redemption_id` names the occasion.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RatingIn {
    /// A visit of the family that was checked out.
    #[serde(default)]
    pub visit_id: Option<VisitId>,
    /// A redeemed voucher day of the family.
    #[serde(default)]
    pub redemption_id: Option<RedemptionId>,
    /// 1 非常不满意, 2 不满意, 3 一般, 4 满意, 5 非常满意.
    pub level: Level,
    /// Scores of parts.
    #[serde(default, deserialize_with = "object")]
    pub sub: Option<RatingSubIn>,
    /// In words; shown after moderation, without a name.
    #[serde(default)]
    pub text: Option<Paragraph<500>>,
}

/// Scores of parts, each 1 to 5 and each optional.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub struct RatingSubIn {
    /// 环境.
    #[serde(default)]
    pub environment: Option<Level>,
    /// 保育人员.
    #[serde(default)]
    pub carers: Option<Level>,
    /// 膳食.
    #[serde(default)]
    pub meals: Option<Level>,
    /// 安全.
    #[serde(default)]
    pub safety: Option<Level>,
    /// 沟通.
    #[serde(default)]
    pub communication: Option<Level>,
}

/// Changes to a rating; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RatingPatch {
    /// The new level.
    #[serde(default)]
    pub level: Option<Level>,
    /// New scores of parts.
    #[serde(default, deserialize_with = "object")]
    pub sub: Option<RatingSubPatch>,
    /// The new text, moderated again; null removes it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Paragraph<500>>)]
    pub text: Option<Option<Paragraph<500>>>,
}

/// Changes to the scores of parts; what is absent stays, null removes a score.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub struct RatingSubPatch {
    /// 环境.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Level>)]
    pub environment: Option<Option<Level>>,
    /// 保育人员.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Level>)]
    pub carers: Option<Option<Level>>,
    /// 膳食.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Level>)]
    pub meals: Option<Option<Level>>,
    /// 安全.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Level>)]
    pub safety: Option<Option<Level>>,
    /// 沟通.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Level>)]
    pub communication: Option<Option<Level>>,
}

/// Which page of a list of ratings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RatingsQuery {
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A rating of the family.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingOut {
    /// Id.
    pub id: RatingId,
    /// The rated centre.
    pub centre_id: CentreId,
    /// Its name, while it is open to the public.
    pub centre_name: Option<String>,
    /// The child that was cared for.
    pub child_id: ChildId,
    /// The rated visit, if it was a visit.
    pub visit_id: Option<VisitId>,
    /// The rated voucher day, if it was one.
    pub redemption_id: Option<RedemptionId>,
    /// Form of care of the occasion.
    pub care_type: CareType,
    /// Local date of care; its month is the period that the rating counts in.
    pub care_date: NaiveDate,
    /// 1 to 5.
    #[schema(minimum = 1, maximum = 5, example = 5)]
    pub level: i32,
    /// Scores of parts.
    pub sub: RatingSubOut,
    /// The text, if any.
    pub text: Option<String>,
    /// Whether others may read the text; the score counts at once.
    pub text_status: TextStatus,
    /// What the centre replied, once moderation has passed it.
    pub reply: Option<String>,
    /// The rating may be changed until then.
    pub editable_until: Moment,
    /// When it was given.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// Scores of parts, 1 to 5; null where none was given.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingSubOut {
    /// 环境.
    pub environment: Option<i32>,
    /// 保育人员.
    pub carers: Option<i32>,
    /// 膳食.
    pub meals: Option<i32>,
    /// 安全.
    pub safety: Option<i32>,
    /// 沟通.
    pub communication: Option<i32>,
}

impl From<&ratings::Model> for RatingSubOut {
    fn from(row: &ratings::Model) -> Self {
        Self {
            environment: row.environment,
            carers: row.carers,
            meals: row.meals,
            safety: row.safety,
            communication: row.communication,
        }
    }
}

/// What anyone may read of a centre's ratings.
#[derive(Debug, Serialize, ToSchema)]
pub struct CentreRatingsOut {
    /// Figures of the last twelve months, over all ratings.
    pub rating: CentreRatingOut,
    /// Ratings whose text was passed by moderation, newest first.
    pub items: Vec<PublicRatingOut>,
    /// Pass as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// A rating without anything that tells whose it is: the month instead of the day, no id (ours
/// carry the time).
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicRatingOut {
    /// Month of care.
    pub month: Month,
    /// 1 to 5.
    #[schema(minimum = 1, maximum = 5, example = 5)]
    pub level: i32,
    /// Scores of parts.
    pub sub: RatingSubOut,
    /// The text.
    pub text: String,
    /// What the centre replied, once moderation has passed it.
    pub reply: Option<String>,
}
