//! Reversals of redemptions: a second row with its reason, never a delete.

use crate::columns::*;

step!(
    |manager| {
        create(
            manager,
            [table("redemption_reversals")
                .col(id())
                .col(uuid("redemption_id"))
                .col(uuid("staff_id"))
                .col(opt(uuid("centre_id")))
                .col(text("reason"))
                .col(instant("reversed_at"))
                .foreign_key(&mut refers("redemption_id", "redemptions", "id"))
                .to_owned()],
            [unique("redemption_reversals_redemption", "redemption_reversals", &["redemption_id"])],
        )
        .await
    },
    drops & ["redemption_reversals"]
);
