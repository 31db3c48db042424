//! Reasons of deeds about a child move out of the audit log's chain into a table of their own, where
//! they can be erased. What was sealed into the chain before stays there: the chain proves it.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        create(
            manager,
            [table("audit_reasons")
                .col(uuid("audit_id").primary_key())
                .col(uuid("child_id"))
                .col(opt(blob("text_sealed")))
                .col(opt(blob("salt")))
                .check(
                    column("text_sealed")
                        .is_null()
                        .and(column("salt").is_null())
                        .or(column("text_sealed").is_not_null().and(column("salt").is_not_null())),
                )
                .foreign_key(&mut refers("audit_id", "audit_rows", "id"))
                .foreign_key(&mut refers("child_id", "children", "id"))
                .to_owned()],
            [index("audit_reasons_child", "audit_reasons", &["child_id"])],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["audit_reasons"]).await
    }
}
