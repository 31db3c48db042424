//! Personal data: accounts that are to be erased, children whose consent was withdrawn, allergies,
//! who looked at whole names, and what remains of an erased account so that nobody is served twice.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Indexes on tables of earlier steps.
const INDEXES: &[(&str, &str)] = &[
    ("families_erase_at", "families"),
    ("children_removed", "children"),
    ("sessions_created", "sessions"),
    ("notices_at", "notices"),
    ("refused_scans_at", "refused_scans"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        add(manager, "families", opt(instant("erase_at"))).await?;
        add(manager, "families", opt(instant("erased_at"))).await?;
        add(manager, "families", opt(date("seen_on"))).await?;
        add(manager, "children", opt(blob("allergies_sealed"))).await?;
        add(manager, "children", opt(instant("erased_at"))).await?;
        create(
            manager,
            [
                table("data_looks")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(uuid("visit_id"))
                    .col(uuid("centre_id"))
                    .col(uuid("staff_id"))
                    .col(word("role", &["carer", "manager"]))
                    .col(word("reason", &["emergency", "handover", "health_care", "complaint"]))
                    .col(text("fields"))
                    .col(instant("at"))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("child_id", "children", "id"))
                    .foreign_key(&mut refers("visit_id", "visits", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                // A keyed hash, not an account: only whoever signs in with the same openid again gets
                // the row's `family_id`.
                table("served_marks")
                    .col(id())
                    .col(blob("mark"))
                    .col(opt(uuid("campaign_id")))
                    .col(opt(text("birth_month")))
                    .col(opt(uuid("family_id")))
                    .col(instant("at"))
                    .check(
                        column("campaign_id")
                            .is_null()
                            .and(column("birth_month").is_null())
                            .or(column("campaign_id").is_not_null().and(column("birth_month").is_not_null())),
                    )
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .to_owned(),
            ],
            [
                index("data_looks_family", "data_looks", &["family_id", "id"]),
                index("served_marks_mark", "served_marks", &["mark"]),
                index("served_marks_family", "served_marks", &["family_id"]),
                index("families_erase_at", "families", &["erase_at"])
                    .and_where(column("erase_at").is_not_null().and(column("erased_at").is_null()))
                    .to_owned(),
                index("children_removed", "children", &["removed_at"])
                    .and_where(column("removed_at").is_not_null().and(column("erased_at").is_null()))
                    .to_owned(),
                index("sessions_created", "sessions", &["created_at"]),
                index("notices_at", "notices", &["at"]),
                index("refused_scans_at", "refused_scans", &["at"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in INDEXES {
            manager.drop_index(Index::drop().name(*name).table(Alias::new(*table)).to_owned()).await?;
        }
        drop(manager, &["served_marks", "data_looks"]).await?;
        remove(manager, "children", "erased_at").await?;
        remove(manager, "children", "allergies_sealed").await?;
        remove(manager, "families", "seen_on").await?;
        remove(manager, "families", "erased_at").await?;
        remove(manager, "families", "erase_at").await
    }
}
