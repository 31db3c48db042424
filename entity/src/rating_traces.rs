//! From which device a rating came: what the same device gives again at the same centre on the same day, and
//! nothing else. Deleted after weeks.
use sea_orm::entity::prelude::*;

use crate::RatingId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rating_traces")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub rating_id: RatingId,
    /// Keyed hash of centre, day, address and program, cut to eight bytes.
    pub trace: Vec<u8>,
    pub at: DateTimeUtc,
}
crate::plain_table!();
