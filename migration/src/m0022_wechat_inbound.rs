//! What comes in from WeChat, and who it is: pushed events seen once, the ledger of subscription
//! credits, texts that wait for moderation, staff bound to WeChat accounts, second factors.

use sea_orm_migration::prelude::*;

use crate::columns::*;

step!(
    |manager| {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        create(
            manager,
            [
                table("push_events").col(blob("fingerprint").primary_key().to_owned()).col(instant("at")).to_owned(),
                table("push_nonces")
                    .col(blob("nonce_hash").primary_key().to_owned())
                    .col(blob("fingerprint"))
                    .col(instant("at"))
                    .to_owned(),
                table("message_credits")
                    .col(uuid("family_id"))
                    .col(text("template_id"))
                    .col(int("balance").check(column("balance").gte(0)))
                    .col(opt(instant("blocked_at")))
                    .col(instant("updated_at"))
                    .primary_key(&mut primary(&["family_id", "template_id"]))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .to_owned(),
                table("credit_entries")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(text("template_id"))
                    .col(word("kind", &["granted", "refused", "blocked", "spent", "failed"]))
                    .col(opt(text("message_id")))
                    .col(opt(int("error_code")))
                    .col(instant("at"))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .to_owned(),
                table("moderations")
                    .col(id())
                    .col(word("kind", &["rating", "reply", "complaint", "nickname"]))
                    .col(uuid("subject_id"))
                    .col(int("version"))
                    .col(opt(uuid("family_id")))
                    .col(word("status", &["waiting", "review", "passed", "hidden", "stale"]))
                    .col(int("attempts"))
                    .col(instant("next_at"))
                    .col(opt(int("label")))
                    .col(opt(uuid("staff_id")))
                    .col(opt(text("reason")))
                    .col(instant("created_at"))
                    .col(opt(instant("decided_at")))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("staff_invitations")
                    .col(id())
                    .col(uuid("staff_id"))
                    .col(blob("code_hash"))
                    .col(uuid("made_by"))
                    .col(instant("created_at"))
                    .col(instant("expires_at"))
                    .col(opt(instant("used_at")))
                    .col(opt(instant("revoked_at")))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .foreign_key(&mut refers("made_by", "staff", "id"))
                    .to_owned(),
                table("staff_bindings")
                    .col(uuid("staff_id").primary_key().to_owned())
                    .col(blob("openid_hash"))
                    .col(instant("bound_at"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("second_factors")
                    .col(uuid("staff_id").primary_key().to_owned())
                    .col(blob("secret_sealed"))
                    .col(opt(instant("confirmed_at")))
                    .col(big("last_step"))
                    .col(instant("created_at"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
                table("recovery_codes")
                    .col(uuid("staff_id"))
                    .col(blob("code_hash"))
                    .col(opt(instant("used_at")))
                    .primary_key(&mut primary(&["staff_id", "code_hash"]))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
            ],
            [
                index("push_events_at", "push_events", &["at"]),
                index("push_nonces_at", "push_nonces", &["at"]),
                index("credit_entries_family", "credit_entries", &["family_id", "id"]),
                // A message is spent once, however often WeChat says so.
                unique("credit_entries_message", "credit_entries", &["message_id"]),
                // One verdict per version of a text.
                unique("moderations_subject", "moderations", &["kind", "subject_id", "version"]),
                index("moderations_due", "moderations", &["next_at"])
                    .and_where(column("status").eq("waiting"))
                    .to_owned(),
                index("moderations_status", "moderations", &["status", "id"]),
                unique("staff_invitations_code", "staff_invitations", &["code_hash"]),
                index("staff_invitations_staff", "staff_invitations", &["staff_id"]),
                // One WeChat account, one staff account; the other way round is the primary key.
                unique("staff_bindings_openid", "staff_bindings", &["openid_hash"]),
            ],
        )
        .await
    },
    drops
        & [
            "recovery_codes",
            "second_factors",
            "staff_bindings",
            "staff_invitations",
            "moderations",
            "credit_entries",
            "message_credits",
            "push_nonces",
            "push_events",
        ]
);
