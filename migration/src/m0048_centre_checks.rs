//! On which day the bureau last said what it says of a centre's filing and of its recognition as inclusive. What it
//! said before this step has no day.

use crate::columns::*;

step!(
    |manager| {
        create(
            manager,
            [table("centre_checks")
                .col(uuid("centre_id").primary_key())
                .col(opt(date("filed_on")))
                .col(opt(date("inclusive_on")))
                .foreign_key(&mut refers("centre_id", "centres", "id"))
                .to_owned()],
            [],
        )
        .await
    },
    drops & ["centre_checks"]
);
