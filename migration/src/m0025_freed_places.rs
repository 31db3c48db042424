//! Places that were given back, each a row of its own: a row that is raised for each centre would be
//! waited for, by whoever gives a place back under other locks.

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
        create(
            manager,
            [table("freed_places").col(id()).col(uuid("centre_id")).col(instant("at")).to_owned()],
            [index("freed_places_centre", "freed_places", &["centre_id"])],
        )
        .await?;
        // A mark is about a centre, so its centre's id serves as the row's.
        manager
            .get_connection()
            .execute_unprepared(
                "INSERT INTO freed_places (id, centre_id, at) SELECT centre_id, centre_id, at FROM freed_centres",
            )
            .await?;
        drop(manager, &["freed_centres"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let marks =
            table("freed_centres").col(uuid("centre_id").primary_key()).col(big("marks")).col(instant("at")).to_owned();
        create(manager, [marks], []).await?;
        manager
            .get_connection()
            .execute_unprepared(
                "INSERT INTO freed_centres (centre_id, marks, at) \
                 SELECT centre_id, count(*), min(at) FROM freed_places GROUP BY centre_id",
            )
            .await?;
        drop(manager, &["freed_places"]).await
    }
}
