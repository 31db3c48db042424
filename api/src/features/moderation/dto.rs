//! Moderation at the API.

use entity::{ModeratedKind, ModerationId, ModerationStatus, StaffId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Limit, Moment, Paragraph};

/// Which texts.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ModerationQuery {
    /// Only in this state; `review` if absent.
    pub status: Option<ModerationStatus>,
    /// Only of this kind.
    pub kind: Option<ModeratedKind>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A text under moderation, without who wrote it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModerationOut {
    /// Id.
    pub id: ModerationId,
    /// What kind of text.
    pub kind: ModeratedKind,
    /// What it belongs to.
    #[schema(example = "rtg_0192f0c18a7c7d10b1c2d3e4f5a6b7c8")]
    pub subject: String,
    /// The text; null of one that was changed or taken away since, and of a child's nickname that is
    /// neither to be decided nor hidden.
    pub text: Option<String>,
    /// What became of it.
    pub status: ModerationStatus,
    /// WeChat's label of what it found: 100 nothing, 10001 advertising, 20001 politics, 20002
    /// pornography, 20003 abuse, 20006 crime, 20008 fraud, 20012 vulgarity, 20013 copyright, 21000 other.
    pub label: Option<i32>,
    /// The officer who decided, if one did.
    pub staff_id: Option<StaffId>,
    /// Why.
    pub reason: Option<String>,
    /// When it was written.
    pub created_at: Moment,
    /// When it was decided.
    pub decided_at: Option<Moment>,
}

/// Why a text is passed or refused.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ModerationReasonIn {
    /// For the audit log; no names in it.
    #[schema(example = "包含联系方式")]
    pub reason: Paragraph<200>,
}
