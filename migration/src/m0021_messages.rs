//! A guardian's phone, and notices that are also sent as WeChat messages: a notice's row is the outbox
//! of its message, so that what is to be sent costs the deed no row more.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const STATUSES: [&str; 5] = ["waiting", "sent", "no_credit", "no_consent", "dead"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        add(manager, "families", opt(blob("phone_sealed"))).await?;
        add(manager, "families", opt(blob("phone_hash"))).await?;
        add(manager, "families", opt(instant("phone_verified_at"))).await?;
        // Whose consent decides; absent on the rows of before.
        add(manager, "notices", opt(uuid("child_id"))).await?;
        // Absent: only in the program's own list.
        add(manager, "notices", opt(word("send_status", &STATUSES))).await?;
        // The next attempt; while one is made, the end of its lease.
        add(manager, "notices", opt(instant("send_after"))).await?;
        add(manager, "notices", opt(instant("send_until"))).await?;
        add(manager, "notices", int("send_attempts").default(0).to_owned()).await?;
        add(manager, "notices", opt(text("send_error"))).await?;
        add(manager, "notices", opt(instant("sent_at"))).await?;
        add(manager, "visits", opt(instant("invited_at"))).await?;
        let indexes = [
            index("families_phone", "families", &["phone_hash"])
                .and_where(column("phone_hash").is_not_null())
                .to_owned(),
            index("notices_to_send", "notices", &["send_after"])
                .and_where(column("send_status").eq("waiting"))
                .to_owned(),
            index("notices_dead", "notices", &["id"]).and_where(column("send_status").eq("dead")).to_owned(),
            // Visits whose family wasn't invited to rate yet.
            index("visits_uninvited", "visits", &["date"])
                .and_where(column("status").eq("left").and(column("invited_at").is_null()))
                .to_owned(),
        ];
        for index in indexes {
            manager.create_index(index).await?;
        }
        // Nobody is invited to rate what is long over.
        let past = Query::update()
            .table(Alias::new("visits"))
            .value(Alias::new("invited_at"), column("checked_out_at"))
            .and_where(column("status").eq("left"))
            .to_owned();
        manager.get_connection().execute(&past).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in [
            ("visits_uninvited", "visits"),
            ("notices_dead", "notices"),
            ("notices_to_send", "notices"),
            ("families_phone", "families"),
        ] {
            manager.drop_index(Index::drop().name(name).table(Alias::new(table)).to_owned()).await?;
        }
        for (table, columns) in [
            ("visits", &["invited_at"][..]),
            (
                "notices",
                &["sent_at", "send_error", "send_attempts", "send_until", "send_after", "send_status", "child_id"],
            ),
            ("families", &["phone_verified_at", "phone_hash", "phone_sealed"]),
        ] {
            for column in columns {
                remove(manager, table, column).await?;
            }
        }
        Ok(())
    }
}
