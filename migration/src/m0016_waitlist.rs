//! The waiting list, and the places that are offered from it.

use sea_orm_migration::prelude::*;

use crate::{columns::*, m0001_places::CARE_TYPES};

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let live = || Expr::col(Alias::new("status")).is_in(["waiting", "offered"]);
        add(manager, "bookings", opt(instant("offer_until"))).await?;
        create(
            manager,
            [
                table("waitlist_entries")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(uuid("centre_id"))
                    .col(word("care_type", CARE_TYPES))
                    .col(date("start_date"))
                    .col(date("end_date"))
                    .col(json("wish"))
                    .col(word("status", &["waiting", "offered", "accepted", "lapsed", "withdrawn", "over"]))
                    .col(opt(uuid("booking_id")))
                    .col(instant("created_at"))
                    .col(instant("updated_at"))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("child_id", "children", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("booking_id", "bookings", "id"))
                    .to_owned(),
                // Centres where a place was given back since the waiting list was last looked through.
                table("freed_centres")
                    .col(uuid("centre_id").primary_key())
                    .col(big("marks"))
                    .col(instant("at"))
                    .to_owned(),
            ],
            [
                // A child waits once for the same care from the same day on.
                unique(
                    "waitlist_entries_child",
                    "waitlist_entries",
                    &["child_id", "centre_id", "care_type", "start_date"],
                )
                .and_where(live())
                .to_owned(),
                index("waitlist_entries_centre", "waitlist_entries", &["centre_id", "id"]).and_where(live()).to_owned(),
                index("waitlist_entries_start", "waitlist_entries", &["start_date"]).and_where(live()).to_owned(),
                index("waitlist_entries_family", "waitlist_entries", &["family_id", "id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["freed_centres", "waitlist_entries"]).await?;
        remove(manager, "bookings", "offer_until").await
    }
}
