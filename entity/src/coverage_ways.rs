//! How long the ways between a centre and the samples of a community are; only where one is short.
use sea_orm::entity::prelude::*;

use crate::{CentreId, CommunityId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coverage_ways")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    /// The community's `shape` whose samples these are.
    pub shape: i32,
    /// By estimate, not on the street network.
    pub estimated: bool,
    /// A little-endian `u16` each sample; its largest value where no way is short enough.
    pub seconds: Vec<u8>,
}
crate::plain_table!();
