//! Keys of voucher codes that rotate without a restart, and the signed head of the audit chain.

use crate::columns::*;

step!(
    |manager| {
        create(
            manager,
            [
                table("code_keys")
                    .col(text("id").primary_key())
                    .col(blob("secret_sealed"))
                    .col(instant("created_at"))
                    .col(instant("active_from"))
                    .col(opt(instant("retired_at")))
                    .to_owned(),
                // One row: the last sealed place, signed, so that a cut-off tail is seen.
                table("audit_heads")
                    .col(int("id").primary_key())
                    .col(big("seq"))
                    .col(blob("hash"))
                    .col(instant("sealed_at"))
                    .col(blob("signature"))
                    .to_owned(),
            ],
            [],
        )
        .await
    },
    drops & ["audit_heads", "code_keys"]
);
