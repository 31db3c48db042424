//! Whom a family lets take its children home, and one-time codes for others.

use crate::columns::*;

step!(
    |manager| {
        create(
            manager,
            [
                table("pickup_persons")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(blob("name_sealed"))
                    .col(text("relation"))
                    .col(instant("created_at"))
                    .col(opt(instant("removed_at")))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .to_owned(),
                table("pickup_codes")
                    .col(uuid("visit_id").primary_key().to_owned())
                    .col(blob("code_hash"))
                    .col(blob("name_sealed"))
                    .col(instant("expires_at"))
                    .col(opt(instant("used_at")))
                    .foreign_key(&mut refers("visit_id", "visits", "id"))
                    .to_owned(),
            ],
            [index("pickup_persons_family", "pickup_persons", &["family_id"])],
        )
        .await
    },
    drops & ["pickup_codes", "pickup_persons"]
);
