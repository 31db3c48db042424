//! What happens every day: corrections in the history of a visit, notices to families, calendar feeds
//! with a secret link, snapshots of closed months, and how background jobs fare.

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
        let column = |name: &'static str| Expr::col(Alias::new(name));
        add(manager, "booking_events", opt(json("detail"))).await?;
        add(manager, "visits", opt(instant("reminded_at"))).await?;
        add(manager, "vouchers", opt(instant("reminded_at"))).await?;
        create(
            manager,
            [
                table("notices")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(text("kind"))
                    .col(text("subject"))
                    .col(json("facts"))
                    .col(instant("at"))
                    .col(opt(instant("read_at")))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .to_owned(),
                table("calendar_feeds")
                    .col(id())
                    .col(opt(uuid("family_id")))
                    .col(opt(uuid("centre_id")))
                    .col(opt(uuid("staff_id")))
                    .col(blob("token_hash"))
                    .col(instant("created_at"))
                    .col(opt(instant("revoked_at")))
                    .check(
                        column("family_id")
                            .is_null()
                            .and(column("centre_id").is_not_null())
                            .or(column("family_id").is_not_null().and(column("centre_id").is_null())),
                    )
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("satisfaction_snapshots")
                    .col(date("month").primary_key().to_owned())
                    .col(instant("as_of"))
                    .col(text("figures"))
                    .col(blob("sha256"))
                    .to_owned(),
                table("job_runs")
                    .col(text("name").primary_key().to_owned())
                    .col(instant("last_run_at"))
                    .col(opt(instant("last_ok_at")))
                    .col(opt(instant("last_failed_at")))
                    .col(opt(text("last_error")))
                    .col(big("runs"))
                    .col(big("failures"))
                    .col(big("done"))
                    .to_owned(),
            ],
            [
                // One notice of a kind about one thing, whoever writes it first.
                unique("notices_once", "notices", &["kind", "subject"]),
                index("notices_family", "notices", &["family_id", "id"]),
                unique("calendar_feeds_token", "calendar_feeds", &["token_hash"]),
                unique("calendar_feeds_family", "calendar_feeds", &["family_id"])
                    .and_where(column("revoked_at").is_null().and(column("family_id").is_not_null()))
                    .to_owned(),
                unique("calendar_feeds_staff", "calendar_feeds", &["staff_id"])
                    .and_where(column("revoked_at").is_null().and(column("staff_id").is_not_null()))
                    .to_owned(),
                // Vouchers whose end the reminder looks for.
                index("vouchers_until", "vouchers", &["valid_until"])
                    .and_where(column("status").eq("active"))
                    .to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop_index = Index::drop().name("vouchers_until").table(Alias::new("vouchers")).to_owned();
        manager.drop_index(drop_index).await?;
        drop(manager, &["job_runs", "satisfaction_snapshots", "calendar_feeds", "notices"]).await?;
        remove(manager, "vouchers", "reminded_at").await?;
        remove(manager, "visits", "reminded_at").await?;
        remove(manager, "booking_events", "detail").await
    }
}
