//! The district's townships; data, so that another district brings its own.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "townships")]
pub struct Model {
    /// The Chinese name, as used at the API: `洛阳镇`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Order in lists.
    pub sort: i32,
}
crate::plain_table!();
