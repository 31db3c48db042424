//! Every state of a community, the present one too: figures of a past day can be recomputed.
use sea_orm::entity::prelude::*;

use crate::{CommunityId, CommunityKind, StaffId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "community_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    pub name: String,
    pub township: String,
    pub kind: CommunityKind,
    pub rural: bool,
    pub residents: Option<i32>,
    pub under3: Option<i32>,
    pub source: String,
    pub as_of: Date,
    pub geometry: String,
    pub ended_on: Option<Date>,
    /// Who entered it; absent of the demonstration.
    pub staff_id: Option<StaffId>,
    pub recorded_at: DateTimeUtc,
}
crate::plain_table!();
