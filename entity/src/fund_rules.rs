//! What a source of funds may not pay for, with the days it is in force: the lists will change.
use sea_orm::entity::prelude::*;

use crate::{FundCategory, FundRuleId, FundSource};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fund_rules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FundRuleId,
    /// Whose money…
    pub fund_source: FundSource,
    /// …may not pay for this.
    pub fund_category: FundCategory,
    /// First day in force.
    pub valid_from: Date,
    /// Last day in force; absent while it holds.
    pub valid_until: Option<Date>,
    /// The clause, as told to officers.
    pub clause: String,
    /// The document it stands in.
    pub document: String,
}
crate::plain_table!();
