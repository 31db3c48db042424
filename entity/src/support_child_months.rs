//! Which support sheet a child's month was paid by: at one centre, however many it was at. The attendance itself
//! stands with the visits.
use sea_orm::entity::prelude::*;

use crate::{ChildId, SupportSheetId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "support_child_months")]
pub struct Model {
    /// The first day of the month.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: Date,
    #[sea_orm(primary_key, auto_increment = false)]
    pub child_id: ChildId,
    /// A frozen incentive.
    pub sheet_id: SupportSheetId,
}
crate::plain_table!();
