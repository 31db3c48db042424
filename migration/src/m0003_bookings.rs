//! Bookings, visits and their history.

use sea_orm_migration::prelude::*;

use crate::{columns::*, m0001_places::CARE_TYPES};

step!(
    |manager| {
        create(
            manager,
            [
                table("bookings")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(uuid("centre_id"))
                    .col(uuid("class_id"))
                    .col(word("care_type", CARE_TYPES))
                    .col(word("status", &["pending", "confirmed", "completed", "declined", "lapsed", "cancelled"]))
                    .col(date("start_date"))
                    .col(date("end_date"))
                    .col(big("total_fen"))
                    .col(json("price_lines"))
                    .col(opt(uuid("voucher_id")))
                    .col(opt(instant("confirm_by")))
                    .col(int("cutoff_minutes"))
                    .col(opt(text("reason")))
                    .col(instant("created_at"))
                    .col(instant("updated_at"))
                    .check(Expr::col(Alias::new("start_date")).lte(Expr::col(Alias::new("end_date"))))
                    .check(Expr::col(Alias::new("total_fen")).gte(0))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("child_id", "children", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("class_id", "classes", "id"))
                    .to_owned(),
                table("visits")
                    .col(id())
                    .col(uuid("booking_id"))
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(uuid("centre_id"))
                    .col(uuid("class_id"))
                    .col(word("care_type", CARE_TYPES))
                    .col(date("date"))
                    .col(int("from_min"))
                    .col(int("to_min"))
                    .col(word("status", &["expected", "in_care", "left", "absent", "no_show", "cancelled"]))
                    .col(opt(instant("checked_in_at")))
                    .col(opt(instant("checked_out_at")))
                    .col(opt(blob("collected_by_sealed")))
                    .check(
                        Expr::col(Alias::new("from_min"))
                            .gte(0)
                            .and(Expr::col(Alias::new("to_min")).lte(1440))
                            .and(Expr::col(Alias::new("from_min")).lt(Expr::col(Alias::new("to_min")))),
                    )
                    .foreign_key(&mut refers("booking_id", "bookings", "id"))
                    // The other ids are copies of the booking's, which refers to their rows.
                    .to_owned(),
                table("entry_checks")
                    .col(uuid("centre_id"))
                    .col(uuid("child_id"))
                    .col(date("passed_on"))
                    .col(boolean("vaccinated"))
                    .col(uuid("staff_id"))
                    .col(instant("recorded_at"))
                    .primary_key(&mut primary(&["centre_id", "child_id"]))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("child_id", "children", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("booking_events")
                    .col(id())
                    .col(uuid("booking_id"))
                    .col(opt(uuid("visit_id")))
                    .col(instant("at"))
                    .col(text("actor"))
                    .col(text("status"))
                    .col(opt(text("reason")))
                    .foreign_key(&mut refers("booking_id", "bookings", "id"))
                    .to_owned(),
            ],
            [
                index("bookings_family", "bookings", &["family_id", "id"]),
                index("bookings_centre", "bookings", &["centre_id", "id"]),
                index("visits_booking", "visits", &["booking_id"]),
                index("visits_class_date", "visits", &["class_id", "date"]),
                index("visits_child_date", "visits", &["child_id", "date"]),
                index("visits_centre_date", "visits", &["centre_id", "date"]),
                index("visits_family", "visits", &["family_id"]),
                index("booking_events_booking", "booking_events", &["booking_id"]),
            ],
        )
        .await
    },
    drops & ["booking_events", "entry_checks", "visits", "bookings"]
);
