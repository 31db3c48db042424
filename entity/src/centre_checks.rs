//! On which day the bureau last said what it says of a centre.
use sea_orm::entity::prelude::*;

use crate::CentreId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "centre_checks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    /// Of its filing, with the number.
    pub filed_on: Option<Date>,
    /// Of its recognition as inclusive: days, document and cap.
    pub inclusive_on: Option<Date>,
    /// Of its 泉台融合 label.
    pub label_on: Option<Date>,
}
crate::plain_table!();
