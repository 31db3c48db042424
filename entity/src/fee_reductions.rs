//! By how much a centre reduces the price of care for families that declared a ground (project 5).
use sea_orm::entity::prelude::*;

use crate::{CentreId, ReductionKind};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fee_reductions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: ReductionKind,
    /// Of the price of care, not of meals: 1 to 100.
    pub percent: i32,
}
crate::plain_table!();
