//! Families, children, consents, staff, sign-ins.

use sea_orm_migration::prelude::*;

use crate::columns::*;

step!(
    |manager| {
        create(
            manager,
            [
                table("families")
                    .col(id())
                    .col(blob("openid_hash"))
                    .col(blob("openid_sealed"))
                    .col(opt(blob("nickname_sealed")))
                    .col(opt(text("township")))
                    .col(word("status", &["active", "closed"]))
                    .col(instant("created_at"))
                    .to_owned(),
                table("children")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(blob("name_sealed"))
                    .col(opt(blob("legal_name_sealed")))
                    .col(date("birth_date"))
                    .col(text("township"))
                    .col(boolean("third_child"))
                    .col(boolean("special_family"))
                    .col(boolean("disabled"))
                    .col(instant("created_at"))
                    .col(opt(instant("removed_at")))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("township", "townships", "name"))
                    .to_owned(),
                table("consents")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(word("purpose", &["booking", "health_proof", "location", "ratings", "messages"]))
                    .col(text("version"))
                    .col(instant("given_at"))
                    .col(opt(instant("withdrawn_at")))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("child_id", "children", "id"))
                    .to_owned(),
                table("staff")
                    .col(id())
                    .col(text("username"))
                    .col(text("password_hash"))
                    .col(word("role", &["carer", "manager", "officer", "admin"]))
                    .col(opt(uuid("centre_id")))
                    .col(blob("name_sealed"))
                    .col(word("status", &["active", "closed"]))
                    .col(int("failed_attempts"))
                    .col(opt(instant("locked_until")))
                    .col(instant("created_at"))
                    .check(
                        Expr::col(Alias::new("role"))
                            .is_in(["carer", "manager"])
                            .and(Expr::col(Alias::new("centre_id")).is_not_null())
                            .or(Expr::col(Alias::new("role"))
                                .is_in(["officer", "admin"])
                                .and(Expr::col(Alias::new("centre_id")).is_null())),
                    )
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
                table("sessions")
                    .col(id())
                    .col(opt(uuid("family_id")))
                    .col(opt(uuid("staff_id")))
                    .col(instant("created_at"))
                    .col(opt(instant("revoked_at")))
                    .col(opt(text("revoked_for")))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("refresh_tokens")
                    .col(blob("hash").primary_key())
                    .col(uuid("session_id"))
                    .col(instant("expires_at"))
                    .col(opt(instant("used_at")))
                    .foreign_key(&mut refers("session_id", "sessions", "id"))
                    .to_owned(),
            ],
            [
                unique("families_openid_hash", "families", &["openid_hash"]),
                index("children_family", "children", &["family_id"]),
                index("consents_child", "consents", &["child_id"]),
                index("consents_family", "consents", &["family_id"]),
                unique("staff_username", "staff", &["username"]),
                index("sessions_family", "sessions", &["family_id"]),
                index("sessions_staff", "sessions", &["staff_id"]),
                index("refresh_tokens_session", "refresh_tokens", &["session_id"]),
            ],
        )
        .await
    },
    drops & ["refresh_tokens", "sessions", "staff", "consents", "children", "families"]
);
