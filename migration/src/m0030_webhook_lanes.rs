//! What is due of one webhook is found by an index of its own: each has a lane, and a long list of one
//! holds up no other.

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
        let pending = Expr::col(Alias::new("status")).eq("pending");
        manager
            .create_index(
                index("webhook_deliveries_lane", "webhook_deliveries", &["webhook_id", "next_at"])
                    .and_where(pending)
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(
                Index::drop().name("webhook_deliveries_lane").table(Alias::new("webhook_deliveries")).to_owned(),
            )
            .await
    }
}
