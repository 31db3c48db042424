//! What needs two officers, and what other systems may read: exclusions of ratings,
//! access keys, webhooks.

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
        // When the family answered, beside when the state began: an exclusion is no new answer.
        add(manager, "rating_versions", opt(instant("answered_at"))).await?;
        let mut answered = Query::update();
        answered.table(Alias::new("rating_versions")).value(Alias::new("answered_at"), column("at"));
        manager.execute(answered).await?;
        create(
            manager,
            [
                table("rating_exclusions")
                    .col(id())
                    .col(uuid("rating_id"))
                    .col(uuid("centre_id"))
                    .col(word("action", &["exclude", "include"]))
                    .col(text("reason"))
                    .col(word("status", &["proposed", "confirmed", "rejected"]))
                    .col(uuid("proposed_by"))
                    .col(instant("proposed_at"))
                    .col(opt(uuid("decided_by")))
                    .col(opt(instant("decided_at")))
                    // Two officers, whatever the program thinks.
                    .check(column("decided_by").is_null().or(column("decided_by").ne(column("proposed_by"))))
                    .check(
                        column("status")
                            .eq("proposed")
                            .and(column("decided_by").is_null())
                            .and(column("decided_at").is_null())
                            .or(column("status")
                                .ne("proposed")
                                .and(column("decided_by").is_not_null())
                                .and(column("decided_at").is_not_null())),
                    )
                    .foreign_key(&mut refers("rating_id", "ratings", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("proposed_by", "staff", "id"))
                    .foreign_key(&mut refers("decided_by", "staff", "id"))
                    .to_owned(),
                table("access_keys")
                    .col(id())
                    .col(opt(uuid("centre_id")))
                    .col(text("label"))
                    .col(text("scopes"))
                    .col(blob("key_hash"))
                    .col(uuid("pseudonym"))
                    .col(uuid("created_by"))
                    .col(instant("created_at"))
                    .col(instant("expires_at"))
                    .col(opt(uuid("revoked_by")))
                    .col(opt(instant("revoked_at")))
                    .col(opt(instant("last_used_at")))
                    .check(column("expires_at").gt(column("created_at")))
                    .check(
                        column("revoked_at")
                            .is_null()
                            .and(column("revoked_by").is_null())
                            .or(column("revoked_at").is_not_null().and(column("revoked_by").is_not_null())),
                    )
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("created_by", "staff", "id"))
                    .foreign_key(&mut refers("revoked_by", "staff", "id"))
                    .to_owned(),
                table("webhooks")
                    .col(id())
                    .col(opt(uuid("centre_id")))
                    .col(text("url"))
                    .col(text("events"))
                    .col(blob("secret_sealed"))
                    .col(opt(blob("former_sealed")))
                    .col(opt(instant("former_until")))
                    .col(uuid("pseudonym"))
                    .col(uuid("created_by"))
                    .col(instant("created_at"))
                    .col(instant("scanned_to"))
                    .col(opt(uuid("ended_by")))
                    .col(opt(instant("ended_at")))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("created_by", "staff", "id"))
                    .foreign_key(&mut refers("ended_by", "staff", "id"))
                    .to_owned(),
                table("webhook_deliveries")
                    .col(id())
                    .col(uuid("webhook_id"))
                    .col(uuid("event_id"))
                    .col(text("event"))
                    .col(text("payload"))
                    .col(word("status", &["pending", "delivered", "dead"]))
                    .col(int("attempts"))
                    .col(instant("next_at"))
                    .col(opt(instant("lease_until")))
                    .col(opt(int("last_status")))
                    .col(opt(text("last_error")))
                    .col(instant("created_at"))
                    .col(opt(instant("delivered_at")))
                    .check(column("attempts").gte(0))
                    .foreign_key(&mut refers("webhook_id", "webhooks", "id"))
                    .to_owned(),
            ],
            [
                // One open proposal a rating.
                unique("rating_exclusions_open", "rating_exclusions", &["rating_id"])
                    .and_where(column("status").eq("proposed"))
                    .to_owned(),
                index("rating_exclusions_rating", "rating_exclusions", &["rating_id", "id"]),
                index("rating_exclusions_status", "rating_exclusions", &["status", "id"]),
                index("webhooks_live", "webhooks", &["id"]).and_where(column("ended_at").is_null()).to_owned(),
                index("webhooks_centre", "webhooks", &["centre_id", "id"]),
                // What happened is told once to each who wants to know.
                unique("webhook_deliveries_event", "webhook_deliveries", &["webhook_id", "event_id"]),
                index("webhook_deliveries_due", "webhook_deliveries", &["next_at"])
                    .and_where(column("status").eq("pending"))
                    .to_owned(),
                index("webhook_deliveries_webhook", "webhook_deliveries", &["webhook_id", "id"]),
                unique("access_keys_hash", "access_keys", &["key_hash"]),
                index("access_keys_centre", "access_keys", &["centre_id", "id"]),
                index("rating_exclusions_centre", "rating_exclusions", &["centre_id", "id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["webhook_deliveries", "webhooks", "access_keys", "rating_exclusions"]).await?;
        remove(manager, "rating_versions", "answered_at").await
    }
}
