//! People whom a family lets take its children home.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{FamilyId, PickupPersonId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pickup_persons")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PickupPersonId,
    pub family_id: FamilyId,
    pub name_sealed: Vec<u8>,
    /// What the person is to the child: 奶奶.
    pub relation: String,
    pub created_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// Those whom the family names now.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family)).filter(Column::RemovedAt.is_null())
    }
}
