//! What the plan's indicators are counted from: figures that no centre can know, what each centre was at
//! any time, and the indicators of closed months.
//!
//! `centre_states` is a journal: a row per centre and change of what the indicators read of it. Before its
//! first row nothing is known of a centre.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const INPUTS: [&str; 13] = [
    "residents",
    "under_threes",
    "income",
    "rural_income",
    "workplaces",
    "workplaces_with_care",
    "year_start_places",
    "year_start_public_places",
    "carers",
    "certified_carers",
    "communities",
    "communities_covered",
    "rural_township",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        let withdrawn = || column("withdrawn_by").is_not_null().and(column("withdrawn_reason").is_not_null());
        let mut states = table("centre_states");
        states.col(uuid("centre_id")).col(instant("since"));
        for name in ["kind", "ownership", "township", "filed"] {
            states.col(text(name));
        }
        states.col(boolean("active"));
        for name in ["inclusive_from", "inclusive_until", "medical_until"] {
            states.col(opt(date(name)));
        }
        for name in ["infant", "toddler_small", "toddler_big", "mixed", "family", "day_offers", "month_offers"] {
            states.col(int(name));
        }
        states
            .col(big("day_fen"))
            .col(big("month_fen"))
            .col(instant("recorded_at"))
            .primary_key(&mut primary(&["centre_id", "since", "recorded_at"]))
            .foreign_key(&mut refers("centre_id", "centres", "id"));
        create(
            manager,
            [
                table("plan_inputs")
                    .col(id())
                    .col(word("code", &INPUTS))
                    // Empty where the figure is the district's.
                    .col(text("township"))
                    .col(int("version").check(column("version").gt(0)))
                    .col(big("value").check(column("value").gte(0)))
                    .col(date("as_of"))
                    .col(text("source"))
                    .col(uuid("staff_id"))
                    .col(instant("created_at"))
                    .col(opt(instant("withdrawn_at")))
                    .col(opt(uuid("withdrawn_by")))
                    .col(opt(text("withdrawn_reason")))
                    .check(column("withdrawn_at").is_null().or(withdrawn()))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .foreign_key(&mut refers("withdrawn_by", "staff", "id"))
                    .to_owned(),
                states,
                table("indicator_snapshots")
                    .col(date("month").primary_key())
                    .col(instant("as_of"))
                    .col(text("facts"))
                    .col(text("figures"))
                    .col(blob("sha256"))
                    .to_owned(),
            ],
            [
                unique("plan_inputs_version", "plan_inputs", &["code", "township", "version"]),
                index("centre_states_since", "centre_states", &["since"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["indicator_snapshots", "centre_states", "plan_inputs"]).await
    }
}
