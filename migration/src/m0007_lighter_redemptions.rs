//! Spares each redemption the check of a foreign key: its transaction updates exactly one row of
//! `vouchers` with that id, or nothing is kept. SQLite can't drop a constraint, and checks it for
//! next to nothing.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const NAME: &str = "redemptions_voucher_id_fkey";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let sql = format!("ALTER TABLE redemptions DROP CONSTRAINT {NAME}");
        manager.get_connection().execute_unprepared(&sql).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let sql =
            format!("ALTER TABLE redemptions ADD CONSTRAINT {NAME} FOREIGN KEY (voucher_id) REFERENCES vouchers (id)");
        manager.get_connection().execute_unprepared(&sql).await.map(drop)
    }
}
