//! Families of a centre's staff and of their relatives: their answers don't count there (`domain.md`,
//! Classes and who may enter). A tie is ended, never deleted: what was rated meanwhile stays out. One that
//! the centre tells of counts only once an officer confirms it.
use sea_orm::entity::prelude::*;

use crate::{CentreId, FamilyId, StaffId, Tie, TieId, TieStatus};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "centre_ties")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TieId,
    pub family_id: FamilyId,
    pub centre_id: CentreId,
    pub tie: Tie,
    /// Who said so: `fam_…` or `stf_…`.
    pub declared_by: String,
    pub since: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    pub status: TieStatus,
    /// The centre's grounds; a family needs none.
    pub reason: Option<String>,
    /// What the family says against a centre's word…
    pub contest: Option<String>,
    /// …and whether no officer has answered it.
    pub contest_open: bool,
    pub contested_at: Option<DateTimeUtc>,
    /// The officer who confirmed, refused or ended it.
    pub decided_by: Option<StaffId>,
    pub decided_at: Option<DateTimeUtc>,
    /// Why it was refused or ended.
    pub decision: Option<String>,
}
crate::plain_table!();
