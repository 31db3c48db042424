//! Which centres' ways to communities are reckoned, and of what.
use sea_orm::entity::prelude::*;

use crate::CentreId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coverage_centres")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    /// A hash of what the ways depend on (where the centre is, the communities near, settings); empty if
    /// they are to be reckoned anew.
    pub inputs: Vec<u8>,
    /// Rises with every claim and its end.
    pub revision: i32,
    /// A replica is at it until then.
    pub leased_until: Option<DateTimeUtc>,
    /// The engine was away: tried again then.
    pub again_at: Option<DateTimeUtc>,
    pub computed_at: Option<DateTimeUtc>,
}
crate::plain_table!();
