//! Support of centres (projects 5 and 6): rates with the day they begin, and sheets per kind, centre and month
//! with their gapless numbers.

use sea_orm_migration::{
    prelude::*,
    sea_orm::prelude::{Date, Uuid},
};

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Item, rate and cap in fen a child and month, and the age in months through whose month a child counts.
const RATES: [(&str, i64, Option<i32>); 3] =
    [("infant", 30_000, None), ("toddler_small", 20_000, None), ("mixed", 20_000, Some(24))];
const DOCUMENT: &str = "实施方案 项目5：乳儿班每人每月不超过300元，托小班（含混合编班2岁以下）每人每月不超过200元";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        let items = ["infant", "toddler_small", "mixed", "operating", "rent"];
        create(
            manager,
            [
                table("support_rates")
                    .col(id())
                    .col(word("item", &items))
                    .col(date("valid_from"))
                    .col(big("rate_fen").check(column("rate_fen").gte(0)))
                    .col(opt(big("cap_fen")))
                    .col(opt(int("through_months")))
                    .col(text("source"))
                    // Absent of what the plan says.
                    .col(opt(uuid("staff_id")))
                    .check(column("cap_fen").is_null().or(column("rate_fen").lte(column("cap_fen"))))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("support_sheets")
                    .col(id())
                    .col(word("kind", &["incentive", "operating", "rent"]))
                    .col(uuid("centre_id"))
                    .col(date("month"))
                    .col(word("status", &["draft", "checked", "frozen"]))
                    .col(opt(text("number")))
                    .col(text("fund_source"))
                    .col(text("fund_category"))
                    .col(big("total_fen"))
                    .col(json("evidence"))
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
                table("support_numbers")
                    .col(text("series"))
                    .col(int("year"))
                    .col(int("last"))
                    .primary_key(&mut primary(&["series", "year"]))
                    .to_owned(),
            ],
            [
                unique("support_rates_item", "support_rates", &["item", "valid_from"]),
                unique("support_sheets_month", "support_sheets", &["kind", "centre_id", "month"]),
                unique("support_sheets_number", "support_sheets", &["number"])
                    .and_where(column("number").is_not_null())
                    .to_owned(),
            ],
        )
        .await?;
        let columns = ["id", "item", "valid_from", "rate_fen", "cap_fen", "through_months", "source", "staff_id"];
        let mut seeds = Query::insert();
        seeds.into_table(Alias::new("support_rates")).columns(columns.map(Alias::new));
        for (n, (item, fen, through)) in (1_u128..).zip(RATES) {
            seeds.values_panic([
                Uuid::from_u128(n).into(),
                item.into(),
                Date::from_ymd_opt(2024, 1, 1).into(),
                fen.into(),
                fen.into(),
                through.into(),
                DOCUMENT.into(),
                Option::<Uuid>::None.into(),
            ]);
        }
        manager.execute(seeds).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["support_numbers", "support_sheets", "support_rates"]).await
    }
}
