//! Ties that a centre tells of: with a reason, and of no effect until an officer confirms them.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const STATUSES: &[&str] = &["declared", "proposed", "confirmed", "refused"];
const COLUMNS: [&str; 8] =
    ["status", "reason", "contest", "contest_open", "contested_at", "decided_by", "decided_at", "decision"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "centre_ties";
        add(manager, table, word("status", STATUSES).default("declared").to_owned()).await?;
        // The centre's grounds.
        add(manager, table, opt(text("reason"))).await?;
        // What the family says against it, and whether nobody has answered yet.
        add(manager, table, opt(text("contest"))).await?;
        add(manager, table, boolean("contest_open").default(false).to_owned()).await?;
        add(manager, table, opt(instant("contested_at"))).await?;
        add(manager, table, opt(uuid("decided_by"))).await?;
        add(manager, table, opt(instant("decided_at"))).await?;
        // Why the bureau refused or ended it.
        add(manager, table, opt(text("decision"))).await?;
        // What a centre said so far was looked at by nobody: it waits for an officer as well.
        let unseen = Query::update()
            .table(Alias::new(table))
            .value(Alias::new("status"), "proposed")
            .and_where(Expr::col(Alias::new("declared_by")).like("stf%"))
            .to_owned();
        manager.execute(unseen).await?;
        manager.create_index(index("centre_ties_status", table, &["status", "id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let gone = Index::drop().name("centre_ties_status").table(Alias::new("centre_ties")).to_owned();
        manager.drop_index(gone).await?;
        for column in COLUMNS.iter().rev() {
            remove(manager, "centre_ties", column).await?;
        }
        Ok(())
    }
}
