//! What makes a child the same as another of the family: the columns of `children` under its
//! unique index, apart from [`crate::children`], for nothing else reads them.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{ChildId, FamilyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "children")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChildId,
    pub family_id: FamilyId,
    /// Keyed hash of the family and what it calls the child.
    pub name_hash: Option<Vec<u8>>,
    pub birth_date: Date,
    pub removed_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The family's child of that name and birth date.
    pub fn same(family: FamilyId, name_hash: &[u8], birth_date: Date) -> Select<Self> {
        Self::find()
            .filter(Column::FamilyId.eq(family))
            .filter(Column::NameHash.eq(name_hash))
            .filter(Column::BirthDate.eq(birth_date))
            .filter(Column::RemovedAt.is_null())
    }
}
