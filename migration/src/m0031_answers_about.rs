//! First answers to staff tell whose family they are about, so that they go when the family is erased.

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
        add(manager, "idempotency_keys", opt(uuid("family_id"))).await?;
        let told = Expr::col(Alias::new("family_id")).is_not_null();
        let about = index("idempotency_keys_about", "idempotency_keys", &["family_id"]).and_where(told).to_owned();
        manager.create_index(about).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let about = Index::drop().name("idempotency_keys_about").table(Alias::new("idempotency_keys")).to_owned();
        manager.drop_index(about).await?;
        remove(manager, "idempotency_keys", "family_id").await
    }
}
