//! What is told of long work.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::Moment;

/// Where a piece of work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkState {
    /// It goes on.
    Running,
    /// It was done.
    Done,
    /// It was refused, or failed; its own answer says why. Nothing was changed.
    Refused,
    /// It was called off. Nothing was changed.
    Cancelled,
}

/// A piece of work.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WorkOut {
    /// The word it was started with.
    pub work: String,
    /// Where it stands.
    pub state: WorkState,
    /// Rows looked at so far.
    pub done: usize,
    /// Rows in all.
    pub total: usize,
    /// When this was so. Work that stopped telling for a minute is forgotten: its process was stopped.
    pub at: Moment,
}
