//! Days of a booking that are called off one by one, missed days, and bookings that replace others.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const EXPECTED: &str = "visits_expected";
const MISSED: &str = "visits_missed";
const ON_VOUCHER: &str = "bookings_voucher";
const REPLACES: &str = "bookings_replaces";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        add(manager, "visits", opt(big("amount_fen"))).await?;
        add(manager, "visits", opt(boolean("with_voucher"))).await?;
        add(manager, "visits", opt(instant("late_told_at"))).await?;
        add(manager, "bookings", opt(uuid("replaces_id"))).await?;
        add(manager, "families", opt(date("missed_on"))).await?;
        let indexes = [
            // What the worker that looks for missed days reads.
            index(EXPECTED, "visits", &["date"]).and_where(column("status").eq("expected")).to_owned(),
            // What a family missed or told too late; few rows.
            index(MISSED, "visits", &["family_id", "date"])
                .and_where(column("status").eq("no_show").or(column("late_told_at").is_not_null()))
                .to_owned(),
            // The days that a voucher is promised to.
            index(ON_VOUCHER, "bookings", &["voucher_id"]).and_where(column("voucher_id").is_not_null()).to_owned(),
            // One request at a time to take over a booking's days.
            unique(REPLACES, "bookings", &["replaces_id"])
                .and_where(column("status").eq("pending").and(column("replaces_id").is_not_null()))
                .to_owned(),
        ];
        create(manager, [], indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in
            [(REPLACES, "bookings"), (ON_VOUCHER, "bookings"), (MISSED, "visits"), (EXPECTED, "visits")]
        {
            manager.drop_index(Index::drop().name(name).table(Alias::new(table)).to_owned()).await?;
        }
        remove(manager, "families", "missed_on").await?;
        remove(manager, "bookings", "replaces_id").await?;
        remove(manager, "visits", "late_told_at").await?;
        remove(manager, "visits", "with_voucher").await?;
        remove(manager, "visits", "amount_fen").await
    }
}
