//! Requests of families for guidance at home; documents of guardians.

use sea_orm_migration::prelude::*;

use crate::columns::*;

const TOPICS: [&str; 6] = ["feeding", "sleep", "development", "adaptation", "safety", "other"];

step!(
    |manager| {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        let live = || column("status").is_in(["open", "assigned"]);
        create(
            manager,
            [
                table("family_documents")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(word("kind", &["mainland_travel_permit"]))
                    .col(blob("number_hash"))
                    .col(blob("tail_sealed"))
                    .col(instant("noted_at"))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .to_owned(),
                table("guidance_requests")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(word("topic", &TOPICS))
                    .col(date("wished_from"))
                    .col(date("wished_until"))
                    .col(
                        ColumnDef::new(Alias::new("half"))
                            .string_len(24)
                            .null()
                            .check(column("half").is_in(["morning", "afternoon"]))
                            .to_owned(),
                    )
                    .col(text("township"))
                    .col(opt(blob("address_sealed")))
                    .col(word("status", &["open", "assigned", "done", "declined", "withdrawn"]))
                    .col(opt(uuid("centre_id")))
                    .col(opt(uuid("staff_id")))
                    .col(opt(date("visit_on")))
                    .col(opt(instant("assigned_at")))
                    .col(opt(blob("answer_sealed")))
                    .col(opt(uuid("answered_by")))
                    .col(instant("created_at"))
                    .col(opt(instant("ended_at")))
                    .check(column("wished_from").lte(column("wished_until")))
                    // One comes, on a day.
                    .check(column("centre_id").is_null().or(column("staff_id").is_null()))
                    .check(column("status").ne("assigned").or(column("visit_on").is_not_null()))
                    .check(
                        column("status")
                            .ne("assigned")
                            .or(column("centre_id").is_not_null())
                            .or(column("staff_id").is_not_null()),
                    )
                    // Where a family lives is kept as long as somebody is to come.
                    .check(column("address_sealed").is_null().or(live()))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("child_id", "children", "id"))
                    .foreign_key(&mut refers("township", "townships", "name"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .foreign_key(&mut refers("answered_by", "staff", "id"))
                    .to_owned(),
            ],
            [
                unique("guidance_requests_live", "guidance_requests", &["child_id"]).and_where(live()).to_owned(),
                unique("family_documents_kind", "family_documents", &["family_id", "kind"]),
                index("guidance_requests_family", "guidance_requests", &["family_id", "id"]),
                index("guidance_requests_centre", "guidance_requests", &["centre_id", "id"]),
            ],
        )
        .await
    },
    drops & ["guidance_requests", "family_documents"]
);
