//! From which device a rating came, as a keyed hash that holds for one centre and day, and for weeks only.

use sea_orm_migration::prelude::*;

use crate::columns::*;

const GIVEN: &str = "ratings_created";

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            [table("rating_traces")
                .col(uuid("rating_id").primary_key())
                .col(blob("trace"))
                .col(instant("at"))
                .foreign_key(&mut refers("rating_id", "ratings", "id"))
                .to_owned()],
            [
                index("rating_traces_trace", "rating_traces", &["trace"]),
                index("rating_traces_at", "rating_traces", &["at"]),
                index(GIVEN, "ratings", &["created_at"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(GIVEN).table(Alias::new("ratings")).to_owned()).await?;
        drop(manager, &["rating_traces"]).await
    }
}
