//! What owners of feeds get.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Moment;

/// A calendar feed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CalendarFeedOut {
    /// The secret link, only in the answer that makes it: subscribe to it in a calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://tuoyu.example.cn/api/v1/calendars/7f….ics")]
    pub url: Option<String>,
    /// When it was made.
    pub created_at: Moment,
}
