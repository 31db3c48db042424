//! What is to be counted again into the roll-ups of satisfaction: written by triggers, taken away by whoever counts.
use sea_orm::entity::prelude::*;

use crate::{CentreId, FamilyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "satisfaction_marks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Set where care changed, absent where an answer did.
    pub family_id: Option<FamilyId>,
    /// Absent: everything.
    pub centre_id: Option<CentreId>,
    /// `YYYY-MM`; absent: the centre has another township or kind.
    pub month: Option<String>,
}
crate::plain_table!();
