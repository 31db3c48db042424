//! Families that proved to be an employer's own, by which code.
use sea_orm::entity::prelude::*;

use crate::{CentreId, EmployerCodeId, FamilyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "employer_families")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: FamilyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    pub code_id: EmployerCodeId,
    pub since: DateTimeUtc,
}
crate::plain_table!();
