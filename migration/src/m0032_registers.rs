//! Registers of centres: insurance policies, medical contracts and guidance visits, safety packages,
//! devices and the like, and their carers with certificates and trainings.

use sea_orm_migration::prelude::*;

use crate::columns::*;

const KINDS: &[&str] =
    &["insurance", "medical_contract", "guidance_visit", "safety_package", "device", "utility", "employer"];
const ITEMS: &[&str] = &[
    "kitchen",
    "fire",
    "physical",
    "technical",
    "guards",
    "bracelet",
    "video",
    "other_device",
    "water",
    "electricity",
];
const CERTIFICATES: &[&str] = &["none", "junior", "intermediate", "senior", "technician", "senior_technician"];

step!(
    |manager| {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        create(
            manager,
            [
                table("centre_records")
                    .col(id())
                    .col(uuid("centre_id"))
                    .col(word("kind", KINDS))
                    .col(opt(word("item", ITEMS)))
                    .col(opt(text("party")))
                    .col(opt(text("number")))
                    .col(opt(date("valid_from")))
                    .col(opt(date("valid_until")))
                    .col(opt(int("quantity").check(column("quantity").gte(0)).to_owned()))
                    .col(opt(big("amount_fen").check(column("amount_fen").gte(0)).to_owned()))
                    .col(opt(text("note")))
                    .col(date("checked_on"))
                    // Absent of what was loaded and not entered.
                    .col(opt(uuid("staff_id")))
                    .col(instant("created_at"))
                    .col(instant("changed_at"))
                    .col(opt(instant("removed_at")))
                    // Where one isn't given this isn't false.
                    .check(column("valid_from").lte(column("valid_until")))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("carers")
                    .col(id())
                    .col(uuid("centre_id"))
                    .col(blob("name_sealed"))
                    .col(blob("name_hash"))
                    .col(word("certificate", CERTIFICATES))
                    .col(opt(blob("certificate_no_sealed")))
                    .col(opt(date("certificate_until")))
                    .col(date("checked_on"))
                    .col(opt(date("left_on")))
                    .col(opt(uuid("staff_id")))
                    .col(instant("created_at"))
                    .col(instant("changed_at"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("carer_trainings")
                    .col(id())
                    .col(uuid("carer_id"))
                    .col(date("held_on"))
                    .col(int("hours").check(column("hours").between(1, 1000)))
                    .col(text("topic"))
                    .col(opt(uuid("staff_id")))
                    .col(instant("created_at"))
                    .foreign_key(&mut refers("carer_id", "carers", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
            ],
            [
                index("centre_records_centre", "centre_records", &["centre_id", "kind"]),
                index("centre_records_kind", "centre_records", &["kind", "valid_until"]),
                unique("carers_centre_name", "carers", &["centre_id", "name_hash"]),
                index("carers_until", "carers", &["certificate_until"]),
                index("carer_trainings_carer", "carer_trainings", &["carer_id"]),
            ],
        )
        .await
    },
    drops & ["carer_trainings", "carers", "centre_records"]
);
