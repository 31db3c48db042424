//! Every state a rating had, so that a closed month can be recomputed as it stood.
use sea_orm::entity::prelude::*;

use crate::{RatingId, RatingVersionId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rating_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RatingVersionId,
    pub rating_id: RatingId,
    pub version: i32,
    pub level: i32,
    pub environment: Option<i32>,
    pub carers: Option<i32>,
    pub meals: Option<i32>,
    pub safety: Option<i32>,
    pub communication: Option<i32>,
    pub excluded_for: Option<String>,
    /// When this state began.
    pub at: DateTimeUtc,
    /// When the family gave this answer; absent in rows of before, then `at`.
    pub answered_at: Option<DateTimeUtc>,
}
crate::plain_table!();
