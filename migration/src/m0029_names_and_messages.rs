//! Whether a child's nickname passed moderation is stored: waiting is not passing. A message may end as
//! obsolete, when what it tells is so no more. Credits know when WeChat's events happened.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const STATUSES: [&str; 6] = ["waiting", "sent", "no_credit", "no_consent", "dead", "obsolete"];
const STATUSES_BEFORE: [&str; 5] = ["waiting", "sent", "no_credit", "no_consent", "dead"];
const TEXT_STATUSES: [&str; 3] = ["pending", "shown", "hidden"];

fn column(name: &'static str) -> Expr {
    Expr::col(Alias::new(name))
}

/// Gives `notices.send_status` another list of words. A CHECK can't be changed on SQLite, so a new column
/// takes the place of the old one.
async fn restate(manager: &SchemaManager<'_>, list: &[&'static str]) -> Result<(), DbErr> {
    let notices = || Alias::new("notices");
    let indexes = [("notices_to_send", "send_after", "waiting"), ("notices_dead", "id", "dead")];
    for (name, ..) in indexes {
        manager.drop_index(Index::drop().name(name).table(notices()).to_owned()).await?;
    }
    add(manager, "notices", opt(word("message_status", list))).await?;
    let copy = Query::update().table(notices()).value(Alias::new("message_status"), column("send_status")).to_owned();
    manager.get_connection().execute(&copy).await?;
    remove(manager, "notices", "send_status").await?;
    let renamed = Table::alter()
        .table(notices())
        .rename_column(Alias::new("message_status"), Alias::new("send_status"))
        .to_owned();
    manager.alter_table(renamed).await?;
    for (name, of, status) in indexes {
        let index = index(name, "notices", &[of]).and_where(column("send_status").eq(status)).to_owned();
        manager.create_index(index).await?;
    }
    Ok(())
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
        remove(manager, "children", "name_hidden").await?;
        restate(manager, &STATUSES).await?;
        add(manager, "credit_entries", opt(instant("happened_at"))).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dead = Query::update()
            .table(Alias::new("notices"))
            .value(Alias::new("send_status"), "dead")
            .and_where(column("send_status").eq("obsolete"))
            .to_owned();
        manager.get_connection().execute(&dead).await?;
        restate(manager, &STATUSES_BEFORE).await?;
        remove(manager, "credit_entries", "happened_at").await?;
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
