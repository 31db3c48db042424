//! A rate of support for children whose fees are reduced (project 5), since when a frozen support sheet no longer
//! agrees with attendance, and on which day somebody last saw a centre's 泉台融合 label.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const ITEMS: &[&str] = &["infant", "toddler_small", "mixed", "operating", "rent"];
const ITEMS_NOW: &[&str] = &["infant", "toddler_small", "mixed", "reduced_fee", "operating", "rent"];

/// Rates with another list of items: SQLite can't change a CHECK, so the table is made anew.
async fn rates(manager: &SchemaManager<'_>, items: &[&'static str]) -> Result<(), DbErr> {
    let columns = ["id", "item", "valid_from", "rate_fen", "cap_fen", "through_months", "source", "staff_id"];
    let columns = columns.map(Alias::new);
    let column = |name: &'static str| Expr::col(Alias::new(name));
    let (name, former) = ("support_rates", "former_support_rates");
    manager.drop_index(Index::drop().name("support_rates_item").table(Alias::new(name)).to_owned()).await?;
    manager.rename_table(Table::rename().table(Alias::new(name), Alias::new(former)).to_owned()).await?;
    let anew = table(name)
        .col(id())
        .col(word("item", items))
        .col(date("valid_from"))
        .col(big("rate_fen").check(column("rate_fen").gte(0)))
        .col(opt(big("cap_fen")))
        .col(opt(int("through_months")))
        .col(text("source"))
        .col(opt(uuid("staff_id")))
        .check(column("cap_fen").is_null().or(column("rate_fen").lte(column("cap_fen"))))
        .foreign_key(&mut refers("staff_id", "staff", "id"))
        .to_owned();
    create(manager, [anew], []).await?;
    let mut rows = Query::select();
    rows.columns(columns.clone()).from(Alias::new(former)).and_where(column("item").is_in(items.iter().copied()));
    let mut copy = Query::insert();
    copy.into_table(Alias::new(name)).columns(columns).select_from(rows).map_err(|e| DbErr::Custom(e.to_string()))?;
    manager.execute(copy).await?;
    drop(manager, &[former]).await?;
    create(manager, [], [unique("support_rates_item", name, &["item", "valid_from"])]).await
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rates(manager, ITEMS_NOW).await?;
        add(manager, "support_sheets", opt(instant("differs_since"))).await?;
        add(manager, "centre_checks", opt(date("label_on"))).await?;
        // Those of a month, of all kinds and centres.
        manager.create_index(index("support_sheets_of_month", "support_sheets", &["month", "centre_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let gone = Index::drop().name("support_sheets_of_month").table(Alias::new("support_sheets")).to_owned();
        manager.drop_index(gone).await?;
        remove(manager, "centre_checks", "label_on").await?;
        remove(manager, "support_sheets", "differs_since").await?;
        rates(manager, ITEMS).await
    }
}
