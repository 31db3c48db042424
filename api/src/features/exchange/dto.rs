//! What the making of access keys takes and answers.

use entity::{AccessKeyId, CentreId, StaffId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    features::auth::scope::Scope,
    http::{Cursor, Limit, Line, Moment},
};

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AccessKeyIn {
    /// What it is for.
    #[schema(example = "泉州市托育综合管理智慧平台")]
    pub label: Line<60>,
    /// What it may read; at least one.
    #[schema(min_items = 1, max_items = 10)]
    pub scopes: Vec<Scope>,
    /// When it ends: later than now, within a year.
    pub expires_at: Moment,
    /// The key that it follows: children keep their pseudonyms.
    #[serde(default)]
    pub successor_of: Option<AccessKeyId>,
}

/// An access key.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct AccessKeyOut {
    /// Id.
    pub id: AccessKeyId,
    /// The one centre whose rows it reads; null: all.
    pub centre_id: Option<CentreId>,
    /// What it is for.
    pub label: String,
    /// What it may read.
    pub scopes: Vec<Scope>,
    /// The key itself, only in the answer that makes it: send it as `Authorization: Bearer qxk_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^qxk_[A-Za-z0-9_-]{43}$")]
    pub key: Option<String>,
    /// Whether it works now.
    pub live: bool,
    /// Who made it.
    pub created_by: StaffId,
    /// When.
    pub created_at: Moment,
    /// When it ends by itself.
    pub expires_at: Moment,
    /// Who revoked it.
    pub revoked_by: Option<StaffId>,
    /// When.
    pub revoked_at: Option<Moment>,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Moment>,
}

/// Which keys.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AccessKeysQuery {
    /// Only of this centre.
    pub centre_id: Option<CentreId>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// Which page of the centre's keys.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OwnAccessKeysQuery {
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}
