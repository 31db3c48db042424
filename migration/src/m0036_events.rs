//! Events for families and their sign-ups.

use sea_orm_migration::prelude::*;

use crate::columns::*;

fn column(name: &'static str) -> Expr {
    Expr::col(Alias::new(name))
}

step!(
    |manager| {
        create(
            manager,
            [
                table("events")
                    .col(id())
                    .col(word("kind", &["policy_talk", "lecture", "parents_class", "family_day"]))
                    .col(text("title"))
                    .col(text("text"))
                    .col(text("place"))
                    .col(opt(text("township")))
                    .col(instant("starts_at"))
                    .col(instant("ends_at"))
                    .col(instant("signup_until"))
                    .col(int("places"))
                    .col(int("taken"))
                    .col(int("persons_max"))
                    .col(int("last_number"))
                    .col(opt(uuid("campaign_id")))
                    .col(word("status", &["draft", "published", "cancelled"]))
                    .col(opt(text("cancel_reason")))
                    .col(uuid("created_by"))
                    .col(instant("created_at"))
                    .check(column("starts_at").lt(column("ends_at")))
                    .check(column("signup_until").lte(column("ends_at")))
                    .check(column("persons_max").between(1, 20))
                    // No more persons than places, whoever signs up at once.
                    .check(column("taken").gte(0).and(column("taken").lte(column("places"))))
                    .check(column("status").eq("cancelled").or(column("cancel_reason").is_null()))
                    .foreign_key(&mut refers("township", "townships", "name"))
                    .foreign_key(&mut refers("campaign_id", "campaigns", "id"))
                    .foreign_key(&mut refers("created_by", "staff", "id"))
                    .to_owned(),
                table("event_signups")
                    .col(id())
                    .col(uuid("event_id"))
                    .col(uuid("family_id"))
                    .col(int("number"))
                    .col(int("persons").check(column("persons").between(1, 20)))
                    .col(word("status", &["waiting", "signed_up", "attended", "withdrawn"]))
                    .col(instant("created_at"))
                    .col(instant("updated_at"))
                    .foreign_key(&mut refers("event_id", "events", "id"))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .to_owned(),
            ],
            [
                index("events_starts", "events", &["starts_at", "id"]),
                unique("event_signups_family", "event_signups", &["event_id", "family_id"]),
                unique("event_signups_number", "event_signups", &["event_id", "number"]),
                index("event_signups_of_family", "event_signups", &["family_id", "id"]),
            ],
        )
        .await
    },
    drops & ["event_signups", "events"]
);
