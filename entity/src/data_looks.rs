//! Looks at whole names: which staff, of which child, why. The family may read them.

use sea_orm::entity::prelude::*;

use crate::{CentreId, ChildId, DataLookId, FamilyId, LookReason, StaffId, StaffRole, VisitId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_looks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DataLookId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    pub visit_id: VisitId,
    pub centre_id: CentreId,
    pub staff_id: StaffId,
    /// As it was then: carer or manager.
    pub role: StaffRole,
    pub reason: LookReason,
    /// What was shown, with commas between: `legal_name,allergies`.
    pub fields: String,
    pub at: DateTimeUtc,
}

crate::plain_table!();

impl Entity {
    /// The looks at the family's children.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
