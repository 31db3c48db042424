//! Documents of guardians (证件): what is enough to know one again, not its number.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{DocumentId, DocumentKind, FamilyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "family_documents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DocumentId,
    pub family_id: FamilyId,
    /// One of a kind.
    pub kind: DocumentKind,
    /// Keyed hash of family and number: compared with, never read back from it.
    pub number_hash: Vec<u8>,
    /// The last four digits, sealed; shown to the family.
    pub tail_sealed: Vec<u8>,
    pub noted_at: DateTimeUtc,
}
crate::plain_table!();

impl Entity {
    /// The family's documents.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
