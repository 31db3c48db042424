//! Communities (社区、村) with their figures and every former state of them, and how long the ways from
//! centres to them are.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const KINDS: [&str; 2] = ["urban", "village"];

/// The columns that a state of a community has.
fn with_state(mut table: TableCreateStatement) -> TableCreateStatement {
    let column = |name: &'static str| Expr::col(Alias::new(name));
    table
        .col(text("name"))
        .col(text("township"))
        .col(word("kind", &KINDS))
        .col(boolean("rural"))
        .col(opt(int("residents")))
        .col(opt(int("under3")))
        .col(text("source"))
        .col(date("as_of"))
        .col(text("geometry"))
        .col(opt(date("ended_on")))
        .col(int("version"))
        .check(column("residents").gte(0))
        .check(column("under3").gte(0))
        // Where one isn't known this isn't false.
        .check(column("under3").lte(column("residents")))
        .foreign_key(&mut refers("township", "townships", "name"))
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        create(
            manager,
            [
                with_state(table("communities").col(id()).col(text("code")).to_owned())
                    .col(double("lng"))
                    .col(double("lat"))
                    .col(double("radius_m"))
                    .col(blob("samples"))
                    .col(int("samples_n").check(column("samples_n").gt(0)))
                    .col(int("shape"))
                    .col(instant("created_at"))
                    .col(instant("changed_at"))
                    .check(column("lng").between(-180.0, 180.0))
                    .check(column("lat").between(-90.0, 90.0))
                    .to_owned(),
                with_state(table("community_versions").col(uuid("community_id")).to_owned())
                    // Absent of what was loaded and not entered.
                    .col(opt(uuid("staff_id")))
                    .col(instant("recorded_at"))
                    .primary_key(&mut primary(&["community_id", "version"]))
                    .foreign_key(&mut refers("community_id", "communities", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("coverage_centres")
                    .col(uuid("centre_id").primary_key())
                    .col(blob("inputs"))
                    .col(int("revision"))
                    .col(opt(instant("leased_until")))
                    .col(opt(instant("again_at")))
                    .col(opt(instant("computed_at")))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
                table("coverage_ways")
                    .col(uuid("community_id"))
                    .col(uuid("centre_id"))
                    .col(int("shape"))
                    .col(boolean("estimated"))
                    .col(blob("seconds"))
                    .primary_key(&mut primary(&["community_id", "centre_id"]))
                    .foreign_key(&mut refers("community_id", "communities", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
                table("coverage_state")
                    .col(int("id").primary_key().check(column("id").eq(1)))
                    .col(text("gate"))
                    .col(instant("computed_at"))
                    .to_owned(),
            ],
            [
                unique("communities_code", "communities", &["code"]),
                index("coverage_ways_centre", "coverage_ways", &["centre_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let all = ["coverage_state", "coverage_ways", "coverage_centres", "community_versions", "communities"];
        drop(manager, &all).await
    }
}
