//! What families get.

use entity::{NoticeId, NoticeKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Limit, Moment};

/// Which notices to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NoticesQuery {
    /// Only those not read yet.
    pub unread: Option<bool>,
    /// Items at most, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    pub cursor: Option<Cursor>,
}

/// A notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoticeOut {
    /// Id.
    pub id: NoticeId,
    /// What kind.
    pub kind: NoticeKind,
    /// Heading, in Chinese.
    #[schema(example = "明日托育提醒")]
    pub title: &'static str,
    /// For people, in Chinese; says what to do next.
    pub text: String,
    /// Ids, dates and times to go on from.
    pub facts: serde_json::Value,
    /// When.
    pub at: Moment,
    /// When it was read.
    pub read_at: Option<Moment>,
}

/// Up to which notice the family has read.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct NoticesReadIn {
    /// The newest one that was shown; it and those before it are read.
    pub until: NoticeId,
}
