//! First answers by idempotency key, and the audit log.

use sea_orm_migration::prelude::*;

use crate::columns::*;

step!(
    |manager| {
        create(
            manager,
            [
                table("idempotency_keys")
                    .col(text("account"))
                    .col(text("route"))
                    .col(text("key"))
                    .col(blob("fingerprint"))
                    .col(opt(blob("answer_sealed")))
                    .col(instant("created_at"))
                    .primary_key(&mut primary(&["account", "route", "key"]))
                    .to_owned(),
                table("audit_rows")
                    .col(id())
                    .col(instant("at"))
                    .col(uuid("staff_id"))
                    .col(opt(uuid("centre_id")))
                    .col(text("action"))
                    .col(text("object"))
                    .col(json("detail"))
                    .col(opt(big("seq")))
                    .col(opt(blob("hash")))
                    // No foreign key: the log outlives what it speaks of.
                    .to_owned(),
            ],
            [
                index("idempotency_keys_created", "idempotency_keys", &["created_at"]),
                unique("audit_rows_seq", "audit_rows", &["seq"])
                    .and_where(Expr::col(Alias::new("seq")).is_not_null())
                    .to_owned(),
                index("audit_rows_unsealed", "audit_rows", &["id"])
                    .and_where(Expr::col(Alias::new("seq")).is_null())
                    .to_owned(),
            ],
        )
        .await
    },
    drops & ["audit_rows", "idempotency_keys"]
);
