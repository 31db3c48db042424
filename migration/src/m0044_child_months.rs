//! Which support sheet a child's month was paid by: none is paid twice, whatever is put right between the sheets
//! of two centres. Sheets frozen before this step named nobody.

use crate::columns::*;

step!(
    |manager| {
        create(
            manager,
            [table("support_child_months")
                .col(date("month"))
                .col(uuid("child_id"))
                .col(uuid("sheet_id"))
                .primary_key(&mut primary(&["month", "child_id"]))
                .foreign_key(&mut refers("child_id", "children", "id"))
                .foreign_key(&mut refers("sheet_id", "support_sheets", "id"))
                .to_owned()],
            [index("support_child_months_sheet", "support_child_months", &["sheet_id"])],
        )
        .await
    },
    drops & ["support_child_months"]
);
