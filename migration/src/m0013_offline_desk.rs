//! Scans of a desk without network: when they were uploaded, and those that couldn't be redeemed.

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
        add(manager, "redemptions", opt(instant("uploaded_at"))).await?;
        create(
            manager,
            [
                table("offline_conflicts")
                    .col(id())
                    .col(uuid("centre_id"))
                    .col(uuid("staff_id"))
                    .col(opt(text("device")))
                    .col(uuid("voucher_id"))
                    .col(text("request_id"))
                    .col(blob("code_hash"))
                    .col(text("reason"))
                    .col(date("service_date"))
                    .col(instant("scanned_at"))
                    .col(instant("uploaded_at"))
                    .col(word("status", &["open", "paid", "dismissed"]))
                    .col(opt(text("note")))
                    .col(opt(uuid("resolved_by")))
                    .col(opt(instant("resolved_at")))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("voucher_id", "vouchers", "id"))
                    .to_owned(),
                // How many units a centre redeemed offline on a day: one row, counted by a
                // conditional update, so that the bound holds whoever uploads at once.
                table("offline_days")
                    .col(uuid("campaign_id"))
                    .col(uuid("centre_id"))
                    .col(date("day"))
                    .col(int("units"))
                    .primary_key(&mut primary(&["campaign_id", "centre_id", "day"]))
                    .to_owned(),
            ],
            [
                unique("offline_conflicts_centre_request", "offline_conflicts", &["centre_id", "request_id"]),
                index("offline_conflicts_status", "offline_conflicts", &["status", "id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["offline_days", "offline_conflicts"]).await?;
        remove(manager, "redemptions", "uploaded_at").await
    }
}
