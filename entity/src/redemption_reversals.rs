//! Reversals: the second row of a redemption that was a mistake. At most one a redemption.
use sea_orm::entity::prelude::*;

use crate::{CentreId, RedemptionId, ReversalId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redemption_reversals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReversalId,
    #[sea_orm(unique)]
    pub redemption_id: RedemptionId,
    pub staff_id: StaffId,
    /// The centre that reversed its own; absent for the bureau.
    pub centre_id: Option<CentreId>,
    pub reason: String,
    pub reversed_at: DateTimeUtc,
}
crate::plain_table!();
