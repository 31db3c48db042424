//! The sign-ups of an event as a table.

use super::dto::{BureauSignupOut, EventOut};
use crate::http::{
    Moment,
    table::{Cell, Table},
};

const HEADER: &[&str] = &["报名号", "人数", "状态", "报名时间"];

/// By number, without a name.
pub(super) fn signups(event: &EventOut, rows: &[BureauSignupOut], as_of: Moment) -> Table<'static> {
    let row = |row: &BureauSignupOut| {
        vec![
            Cell::from(i64::from(row.number)),
            Cell::from(i64::from(row.persons)),
            Cell::text(row.status.zh()),
            Cell::moment(row.created_at),
        ]
    };
    Table { filename: format!("signups-{}", event.id), header: HEADER, rows: rows.iter().map(row).collect(), as_of }
}
