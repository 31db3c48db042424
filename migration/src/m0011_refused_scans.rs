//! Every refused scan is kept, and the device of each redemption.

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
        add(manager, "redemptions", opt(text("device"))).await?;
        create(
            manager,
            [table("refused_scans")
                .col(id())
                .col(uuid("centre_id"))
                .col(uuid("staff_id"))
                .col(opt(text("device")))
                .col(text("reason"))
                .col(text("request_id"))
                .col(blob("code_hash"))
                .col(boolean("manual"))
                .col(opt(uuid("voucher_id")))
                .col(instant("at"))
                .foreign_key(&mut refers("centre_id", "centres", "id"))
                .to_owned()],
            [index("refused_scans_centre", "refused_scans", &["centre_id", "id"])],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["refused_scans"]).await?;
        remove(manager, "redemptions", "device").await
    }
}
