//! Families of a centre's staff and of their relatives: their answers don't count there (`domain.md`,
//! Classes and who may enter). A tie is ended, never deleted: what was rated meanwhile stays out.
use sea_orm::entity::prelude::*;

use crate::{CentreId, FamilyId, Tie, TieId};

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
}
crate::plain_table!();
