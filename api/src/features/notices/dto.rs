//! What families get, and what the bureau sees of messages.

use std::borrow::Cow;

use entity::{MessageStatus, NoticeId, NoticeKind};
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
    #[schema(value_type = String)]
    pub title: Cow<'static, str>,
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

/// Which messages to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// Only those with this status.
    #[param(inline)]
    pub status: Option<MessageStatus>,
    /// Only those of this kind.
    #[param(inline)]
    pub kind: Option<NoticeKind>,
    /// Items at most, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    pub cursor: Option<Cursor>,
}

/// A notice as a WeChat message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageOut {
    /// The notice's id.
    pub id: NoticeId,
    /// What kind.
    pub kind: NoticeKind,
    /// What became of it.
    pub status: MessageStatus,
    /// The template's fields with their values; null if the kind has no template any more.
    pub fields: Option<serde_json::Value>,
    /// When what it tells happened.
    pub written_at: Moment,
    /// Attempts so far.
    pub attempts: i32,
    /// The next attempt, while it waits.
    pub next_attempt_at: Option<Moment>,
    /// After that it isn't sent any more.
    pub expires_at: Option<Moment>,
    /// When WeChat took it.
    pub sent_at: Option<Moment>,
    /// Why the last attempt failed: class, WeChat's code, field.
    #[schema(example = "caller 47003 thing1")]
    pub error: Option<String>,
}
