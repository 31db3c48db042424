//! Statements per centre and month, their gapless numbers, and adjustments.
//!
//! A frozen statement writes its id on the redemptions it pays; a reversal is one conditional
//! update that asks for none. So the two exclude each other row by row, whichever comes first.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEX: &str = "redemptions_statement";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        add(manager, "redemptions", opt(uuid("statement_id"))).await?;
        create(
            manager,
            [
                table("statements")
                    .col(id())
                    .col(uuid("centre_id"))
                    .col(date("month"))
                    .col(word("status", &["draft", "checked", "frozen"]))
                    .col(opt(text("number")))
                    .col(big("total_fen"))
                    .col(json("figures"))
                    .col(text("figures_sha256"))
                    .col(json("labels"))
                    .col(instant("drafted_at"))
                    .col(uuid("drafted_by"))
                    .col(opt(instant("checked_at")))
                    .col(opt(uuid("checked_by")))
                    .col(opt(instant("frozen_at")))
                    .col(opt(uuid("frozen_by")))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    // Four eyes: one checks, another freezes.
                    .check(column("frozen_by").is_null().or(column("frozen_by").not_equals(Alias::new("checked_by"))))
                    .check(
                        column("status")
                            .ne("frozen")
                            .or(column("number").is_not_null().and(column("checked_by").is_not_null())),
                    )
                    .to_owned(),
                table("statement_numbers").col(int("year").primary_key()).col(int("last")).to_owned(),
                table("adjustments")
                    .col(id())
                    .col(uuid("centre_id"))
                    .col(opt(uuid("redemption_id")))
                    .col(big("amount_fen").check(column("amount_fen").ne(0)))
                    .col(text("reason"))
                    .col(uuid("staff_id"))
                    .col(instant("created_at"))
                    .col(opt(uuid("statement_id")))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("redemption_id", "redemptions", "id"))
                    .to_owned(),
            ],
            [
                unique("statements_centre_month", "statements", &["centre_id", "month"]),
                unique("statements_number", "statements", &["number"])
                    .and_where(column("number").is_not_null())
                    .to_owned(),
                index("statements_month", "statements", &["month", "id"]),
                // A redemption is corrected once at most.
                unique("adjustments_redemption", "adjustments", &["redemption_id"])
                    .and_where(column("redemption_id").is_not_null())
                    .to_owned(),
                index("adjustments_centre", "adjustments", &["centre_id", "id"]),
                index(INDEX, "redemptions", &["statement_id"])
                    .and_where(column("statement_id").is_not_null())
                    .to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(INDEX).table(Alias::new("redemptions")).to_owned()).await?;
        drop(manager, &["adjustments", "statement_numbers", "statements"]).await?;
        remove(manager, "redemptions", "statement_id").await
    }
}
