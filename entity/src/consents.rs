//! Consents by a guardian for a child, one row a purpose and version (个人信息保护法 第三十一条).
use sea_orm::entity::prelude::*;

use crate::{ChildId, ConsentId, ConsentPurpose, FamilyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConsentId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    pub purpose: ConsentPurpose,
    /// Version of the set of texts that was shown.
    pub version: String,
    pub given_at: DateTimeUtc,
    pub withdrawn_at: Option<DateTimeUtc>,
}
crate::plain_table!();
