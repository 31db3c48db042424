//! Figures of the plan that no centre can know, entered by the bureau: never overwritten, a new version
//! follows the one before; a wrong one is withdrawn.
use sea_orm::entity::prelude::*;

use crate::{PlanInputCode, PlanInputId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan_inputs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanInputId,
    pub code: PlanInputCode,
    /// A row of `townships`; empty where the figure is the district's.
    pub township: String,
    /// From 1, of this code and township.
    pub version: i32,
    /// Whole numbers; money in fen.
    pub value: i64,
    /// The day that the figure is of.
    pub as_of: Date,
    /// Where it stands.
    pub source: String,
    pub staff_id: StaffId,
    pub created_at: DateTimeUtc,
    pub withdrawn_at: Option<DateTimeUtc>,
    pub withdrawn_by: Option<StaffId>,
    pub withdrawn_reason: Option<String>,
}
crate::plain_table!();
