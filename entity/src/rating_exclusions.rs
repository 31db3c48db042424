//! Proposals to leave a rating out of the figures, or to count it again: a reason and two officers.
use sea_orm::entity::prelude::*;

use crate::{CentreId, ExclusionAction, ExclusionStatus, RatingExclusionId, RatingId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rating_exclusions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RatingExclusionId,
    pub rating_id: RatingId,
    pub centre_id: CentreId,
    pub action: ExclusionAction,
    pub reason: String,
    pub status: ExclusionStatus,
    pub proposed_by: StaffId,
    pub proposed_at: DateTimeUtc,
    /// Never who proposed: a CHECK.
    pub decided_by: Option<StaffId>,
    pub decided_at: Option<DateTimeUtc>,
}
crate::plain_table!();
