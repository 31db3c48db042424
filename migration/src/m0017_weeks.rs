//! Weekly hours and half-day windows with a first day: a later week is announced before it applies.

use crate::columns::*;

step!(
    |manager| {
        create(
            manager,
            [table("centre_weeks")
                .col(uuid("centre_id"))
                .col(date("valid_from"))
                .col(json("hours"))
                .col(int("morning_from"))
                .col(int("morning_to"))
                .col(int("afternoon_from"))
                .col(int("afternoon_to"))
                .primary_key(&mut primary(&["centre_id", "valid_from"]))
                .foreign_key(&mut refers("centre_id", "centres", "id"))
                .to_owned()],
            [],
        )
        .await
    },
    drops & ["centre_weeks"]
);
