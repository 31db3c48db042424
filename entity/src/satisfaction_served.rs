//! What of each family is counted into the roll-ups of families: a row per month, centre and form of care. The
//! township and kind are those as which it is counted.
use sea_orm::entity::prelude::*;

use crate::{CentreId, FamilyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "satisfaction_served")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: FamilyId,
    /// `YYYY-MM`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub form: String,
    pub township: String,
    pub kind: String,
}
crate::plain_table!();
