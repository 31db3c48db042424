//! Ties as they are sent and shown.

use entity::{CentreId, StaffId, Tie, TieId, TieStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Limit, Moment, Paragraph};

/// A tie to declare.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct TieIn {
    /// The centre.
    pub centre_id: CentreId,
    /// What the family is to it.
    pub tie: Tie,
}

/// What the family of a booking is to the centre, and how the centre knows.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct DeskTieIn {
    /// What it is.
    pub tie: Tie,
    /// For the officer who looks at it, and read by the family.
    #[schema(example = "家长为本园保育员的妹妹，入职登记表已载明")]
    pub reason: Paragraph<500>,
}

/// What a family says against a tie that its centre told of.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct TieContestIn {
    /// For the officer who looks at it.
    #[schema(example = "我们与该园任何工作人员都没有亲属关系")]
    pub reason: Paragraph<500>,
}

/// Why a tie is refused or ended.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct TieDecisionIn {
    /// For colleagues, auditors and the family.
    #[schema(example = "经与双方核对，不存在亲属关系")]
    pub reason: Paragraph<500>,
}

/// A family's tie to a centre: while it counts, its answers don't there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TieOut {
    /// Id.
    pub id: TieId,
    /// The centre.
    pub centre_id: CentreId,
    /// What the family is to it.
    pub tie: Tie,
    /// Whether the centre said so: then only the bureau can end it.
    pub by_centre: bool,
    /// `declared` and `confirmed` ties count; `proposed` ones wait for an officer.
    pub status: TieStatus,
    /// The centre's grounds.
    pub reason: Option<String>,
    /// Whether the family contests it and no officer has answered yet.
    pub contested: bool,
    /// Since when.
    pub since: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// Why the bureau refused or ended it.
    pub decision: Option<String>,
}

/// The family's ties.
#[derive(Debug, Serialize, ToSchema)]
pub struct TiesOut {
    /// Those that stand.
    pub items: Vec<TieOut>,
    /// Those that centres told of and the bureau refused or ended, with its reason; the latest first, 20 at most.
    pub decided: Vec<TieOut>,
}

/// Which ties.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauTiesQuery {
    /// Only in this state.
    #[param(inline)]
    pub status: Option<TieStatus>,
    /// Only those that wait for an officer (`true`): proposed by a centre, or contested by the family.
    pub waiting: Option<bool>,
    /// Only of this centre.
    pub centre_id: Option<CentreId>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A tie as the bureau sees it: not whose it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BureauTieOut {
    /// Id.
    pub id: TieId,
    /// The centre.
    pub centre_id: CentreId,
    /// What the family is to it.
    pub tie: Tie,
    /// How far it is.
    pub status: TieStatus,
    /// Whether it waits for an officer.
    pub waiting: bool,
    /// Who of the centre said so; null for the family's own word.
    pub declared_by: Option<StaffId>,
    /// The centre's grounds.
    pub reason: Option<String>,
    /// What the family says against it.
    pub contest: Option<String>,
    /// When it said so.
    pub contested_at: Option<Moment>,
    /// Who of the bureau decided last.
    pub decided_by: Option<StaffId>,
    /// When.
    pub decided_at: Option<Moment>,
    /// Why it was refused or ended.
    pub decision: Option<String>,
    /// Since when.
    pub since: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
}
