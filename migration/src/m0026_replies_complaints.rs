//! What follows from a rating: the centre's reply and the complaint to the bureau. Nicknames of children
//! are moderated.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TEXT_STATUSES: [&str; 3] = ["pending", "shown", "hidden"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        add(manager, "children", int("name_version").default(1).to_owned()).await?;
        add(manager, "children", boolean("name_hidden").default(false).to_owned()).await?;
        create(
            manager,
            [
                table("rating_replies")
                    .col(uuid("rating_id").primary_key().to_owned())
                    .col(uuid("centre_id"))
                    .col(uuid("staff_id"))
                    // Absent once it was taken away; the row stays, so that versions go on rising.
                    .col(opt(text("text")))
                    .col(word("text_status", &TEXT_STATUSES))
                    .col(int("version"))
                    .col(instant("created_at"))
                    .col(instant("updated_at"))
                    .foreign_key(&mut refers("rating_id", "ratings", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("complaints")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(uuid("centre_id"))
                    .col(opt(uuid("rating_id")))
                    .col(opt(blob("text_sealed")))
                    .col(opt(word("text_status", &TEXT_STATUSES)))
                    .col(word("status", &["open", "assigned", "answered", "closed", "withdrawn"]))
                    .col(instant("due_at"))
                    .col(opt(uuid("assigned_to")))
                    .col(opt(instant("assigned_at")))
                    .col(opt(blob("answer_sealed")))
                    .col(opt(uuid("answered_by")))
                    .col(opt(instant("answered_at")))
                    .col(opt(boolean("satisfied")))
                    .col(instant("created_at"))
                    .col(opt(instant("closed_at")))
                    // Whoever answers has it; nobody has one that is open.
                    .check(column("status").ne("open").or(column("assigned_to").is_null()))
                    .check(column("status").ne("assigned").or(column("assigned_to").is_not_null()))
                    .check(
                        column("status")
                            .is_in(["answered", "closed"])
                            .and(column("answered_at").is_not_null())
                            .and(column("answered_by").is_not_null())
                            .or(column("status")
                                .is_in(["open", "assigned", "withdrawn"])
                                .and(column("answered_at").is_null())
                                .and(column("answered_by").is_null())),
                    )
                    .check(
                        column("status")
                            .eq("closed")
                            .and(column("satisfied").is_not_null())
                            .or(column("status").ne("closed").and(column("satisfied").is_null())),
                    )
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("child_id", "children", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("rating_id", "ratings", "id"))
                    .foreign_key(&mut refers("assigned_to", "staff", "id"))
                    .foreign_key(&mut refers("answered_by", "staff", "id"))
                    .to_owned(),
            ],
            [
                index("rating_replies_centre", "rating_replies", &["centre_id"]),
                // A rating opens one at a time; one that was answered isn't opened anew.
                unique("complaints_rating", "complaints", &["rating_id"])
                    .and_where(column("status").ne("withdrawn"))
                    .to_owned(),
                index("complaints_family", "complaints", &["family_id", "id"]),
                index("complaints_child", "complaints", &["child_id"]),
                index("complaints_centre", "complaints", &["centre_id", "id"]),
                index("complaints_status", "complaints", &["status", "id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["complaints", "rating_replies"]).await?;
        remove(manager, "children", "name_hidden").await?;
        remove(manager, "children", "name_version").await
    }
}
