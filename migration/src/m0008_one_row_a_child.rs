//! One row a child: a form sent twice must not give a family two children and so two vouchers.
//!
//! Names are sealed, so equal ones can't be seen: a keyed hash beside the name can. Rows of before
//! have none (the key isn't known here) and so never clash, until their name is changed.

use sea_orm_migration::prelude::*;

use crate::columns::{blob, opt, unique};

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEX: &str = "children_family_name_birth";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let children = || Alias::new("children");
        manager.alter_table(Table::alter().table(children()).add_column(opt(blob("name_hash"))).to_owned()).await?;
        let one = unique(INDEX, "children", &["family_id", "name_hash", "birth_date"])
            .and_where(Expr::col(Alias::new("removed_at")).is_null())
            .to_owned();
        manager.create_index(one).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let children = || Alias::new("children");
        manager.drop_index(Index::drop().name(INDEX).table(children()).to_owned()).await?;
        manager.alter_table(Table::alter().table(children()).drop_column(Alias::new("name_hash")).to_owned()).await
    }
}
