//! Centres where a place was given back: whom to offer it is looked for after the commit, by any
//! replica.
use sea_orm::entity::prelude::*;

use crate::CentreId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "freed_centres")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    /// Raised with each place: a mark that was raised meanwhile is not taken away.
    pub marks: i64,
    /// Since when.
    pub at: DateTimeUtc,
}
crate::plain_table!();
