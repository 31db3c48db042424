//! Ratings and their versions.

use sea_orm_migration::prelude::*;

use crate::{columns::*, m0001_places::CARE_TYPES};

fn level(name: &'static str) -> ColumnDef {
    int(name).check(Expr::col(Alias::new(name)).between(1, 5)).to_owned()
}

step!(
    |manager| {
        create(
            manager,
            [
                table("ratings")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(uuid("centre_id"))
                    .col(opt(uuid("visit_id")))
                    .col(opt(uuid("redemption_id")))
                    .col(word("care_type", CARE_TYPES))
                    .col(date("care_date"))
                    .col(date("month"))
                    .col(level("level"))
                    .col(opt(level("environment")))
                    .col(opt(level("carers")))
                    .col(opt(level("meals")))
                    .col(opt(level("safety")))
                    .col(opt(level("communication")))
                    .col(opt(text("text")))
                    .col(word("text_status", &["pending", "shown", "hidden"]))
                    .col(opt(text("excluded_for")))
                    .col(int("version"))
                    .col(instant("created_at"))
                    .col(instant("updated_at"))
                    .check(
                        Expr::col(Alias::new("visit_id"))
                            .is_null()
                            .and(Expr::col(Alias::new("redemption_id")).is_not_null())
                            .or(Expr::col(Alias::new("visit_id"))
                                .is_not_null()
                                .and(Expr::col(Alias::new("redemption_id")).is_null())),
                    )
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("child_id", "children", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("visit_id", "visits", "id"))
                    .foreign_key(&mut refers("redemption_id", "redemptions", "id"))
                    .to_owned(),
                table("rating_versions")
                    .col(id())
                    .col(uuid("rating_id"))
                    .col(int("version"))
                    .col(int("level"))
                    .col(opt(int("environment")))
                    .col(opt(int("carers")))
                    .col(opt(int("meals")))
                    .col(opt(int("safety")))
                    .col(opt(int("communication")))
                    .col(opt(text("excluded_for")))
                    .col(instant("at"))
                    .foreign_key(&mut refers("rating_id", "ratings", "id"))
                    .to_owned(),
            ],
            [
                unique("ratings_visit", "ratings", &["visit_id"]),
                unique("ratings_redemption", "ratings", &["redemption_id"]),
                index("ratings_centre_month", "ratings", &["centre_id", "month"]),
                index("ratings_month", "ratings", &["month"]),
                index("ratings_family", "ratings", &["family_id"]),
                unique("rating_versions_version", "rating_versions", &["rating_id", "version"]),
            ],
        )
        .await
    },
    drops & ["rating_versions", "ratings"]
);
