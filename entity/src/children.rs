//! Children of a family. Names are sealed; a birth date is kept because age decides the class.
use sea_orm::{QueryFilter, QueryOrder, entity::prelude::*};

use crate::{ChildId, FamilyId, TextStatus};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "children")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChildId,
    pub family_id: FamilyId,
    /// What the family calls the child, sealed.
    pub name_sealed: Vec<u8>,
    /// Keyed hash of the family and that name: two children of one birth date and name are one.
    pub name_hash: Option<Vec<u8>>,
    /// The name in the register, sealed; asked for before the first visit.
    pub legal_name_sealed: Option<Vec<u8>>,
    pub birth_date: Date,
    pub township: String,
    /// Declared by the family: third child, special family, disabled (reductions of project 5).
    pub third_child: bool,
    pub special_family: bool,
    pub disabled: bool,
    pub created_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
    /// What the child must not eat or touch, sealed; under consent to `health_proof` only.
    pub allergies_sealed: Option<Vec<u8>>,
    /// When names and the day of birth were erased: the row stays for the figures.
    pub erased_at: Option<DateTimeUtc>,
    /// Starts at 1, rises with every other name: a verdict of moderation is about one.
    pub name_version: i32,
    /// What moderation thinks of the name: staff read it whole once it is `shown`.
    pub name_status: TextStatus,
}
crate::plain_table!();

impl Entity {
    /// The family's children that were not removed, oldest row first.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find()
            .filter(Column::FamilyId.eq(family))
            .filter(Column::RemovedAt.is_null())
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
    }

    /// The family's child of that name and birth date.
    pub fn same(family: FamilyId, name_hash: &[u8], birth_date: Date) -> Select<Self> {
        Self::of_family(family).filter(Column::NameHash.eq(name_hash)).filter(Column::BirthDate.eq(birth_date))
    }

    /// One child, if it is the family's.
    pub fn one_of_family(family: FamilyId, child: ChildId) -> Select<Self> {
        Self::of_family(family).filter(Column::Id.eq(child))
    }
}
