//! Whether a child's nickname passed moderation is stored: waiting is not passing.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TEXT_STATUSES: [&str; 3] = ["pending", "shown", "hidden"];

fn column(name: &'static str) -> Expr {
    Expr::col(Alias::new(name))
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What was there passed, unless it was refused or somebody is still to judge it.
        add(manager, "children", word("name_status", &TEXT_STATUSES).default("shown").to_owned()).await?;
        let judged = Query::select()
            .expr(Expr::val(1))
            .from(Alias::new("moderations"))
            .and_where(column("kind").eq("nickname"))
            .and_where(column("status").is_in(["waiting", "review"]))
            .and_where(column("subject_id").eq(Expr::col((Alias::new("children"), Alias::new("id")))))
            .and_where(column("version").eq(Expr::col((Alias::new("children"), Alias::new("name_version")))))
            .to_owned();
        let set = |status: &'static str, which: Expr| {
            Query::update()
                .table(Alias::new("children"))
                .value(Alias::new("name_status"), status)
                .and_where(which)
                .to_owned()
        };
        let db = manager.get_connection();
        db.execute(&set("pending", Expr::exists(judged))).await?;
        db.execute(&set("hidden", column("name_hidden").eq(true))).await?;
        remove(manager, "children", "name_hidden").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "children", boolean("name_hidden").default(false).to_owned()).await?;
        let hidden = Query::update()
            .table(Alias::new("children"))
            .value(Alias::new("name_hidden"), true)
            .and_where(column("name_status").eq("hidden"))
            .to_owned();
        manager.get_connection().execute(&hidden).await?;
        remove(manager, "children", "name_status").await
    }
}
