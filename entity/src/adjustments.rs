//! Adjustments: corrections of what was frozen, paid or taken back in a later statement.
use sea_orm::entity::prelude::*;

use crate::{AdjustmentId, CentreId, Fen, RedemptionId, StaffId, StatementId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "adjustments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AdjustmentId,
    pub centre_id: CentreId,
    /// The redemption it corrects, if one; at most one adjustment a redemption.
    #[sea_orm(unique)]
    pub redemption_id: Option<RedemptionId>,
    /// Negative: taken back. Never 0.
    pub amount_fen: Fen,
    pub reason: String,
    pub staff_id: StaffId,
    pub created_at: DateTimeUtc,
    /// The frozen statement that holds it.
    pub statement_id: Option<StatementId>,
}
crate::plain_table!();
