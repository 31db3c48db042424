//! What the support of a centre comes to, from a day on: data, for the rates will change.
use sea_orm::entity::prelude::*;

use crate::{Fen, StaffId, SupportItem, SupportRateId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "support_rates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SupportRateId,
    pub item: SupportItem,
    pub valid_from: Date,
    /// A child and month, or a month.
    pub rate_fen: Fen,
    /// No rate may be higher.
    pub cap_fen: Option<Fen>,
    /// A child counts through the month in which it reaches this age.
    pub through_months: Option<i32>,
    /// Document and clause.
    pub source: String,
    pub staff_id: Option<StaffId>,
}
crate::plain_table!();
