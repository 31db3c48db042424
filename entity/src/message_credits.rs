//! How many subscription messages of a template a family still takes, as far as WeChat told us.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::FamilyId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_credits")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: FamilyId,
    #[sea_orm(primary_key, auto_increment = false)]
    /// WeChat's id of the template.
    pub template_id: String,
    pub balance: i32,
    /// Since when the family refuses the template in WeChat's own settings.
    pub blocked_at: Option<DateTimeUtc>,
    pub updated_at: DateTimeUtc,
}
crate::plain_table!();

impl Entity {
    /// The family's credits.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
