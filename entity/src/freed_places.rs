//! Places that were given back: whom to offer them is looked for after the commit, by any replica. Rows are
//! only added and taken away, never changed, so that nobody waits for another's.
use sea_orm::entity::prelude::*;

use crate::{CentreId, FreedPlaceId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "freed_places")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FreedPlaceId,
    pub centre_id: CentreId,
    /// Since when.
    pub at: DateTimeUtc,
}
crate::plain_table!();
