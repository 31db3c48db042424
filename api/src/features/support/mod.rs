//! Support of centres (补助): the incentive for child-months (project 5), operating support and rent relief
//! (project 6), month by month, as sheets.
//!
//! Promises: a sheet is drafted, checked by one officer and frozen by another, numbered without gaps, then
//! never changed; one a kind, centre and month, and a child's month is supported at one centre, so that nothing
//! is paid twice. Its figures follow from the
//! evidence that it keeps (children by class and month of birth with their days, nobody's id) and from rates
//! that are rows with the day they begin; they are computed again to the same bytes. The source of funds is
//! held against the rules of funds: operating support is never paid from central money. Nothing is paid to a
//! centre that wasn't filed and recognised as inclusive at the month's end, and the sheet says so. Attendance that
//! is put right after a sheet was frozen is told of it ([`attendance_changed`]).

mod bureau;
mod bureau_rates;
mod care_store;
mod changes;
mod child_months;
pub mod dto;
mod evidence;
mod print;
pub mod rules;
pub mod service;
mod sheet;
mod store;

pub use changes::{attendance_changed, differing};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau_rates::list_support_rates)
        .service(bureau_rates::add_support_rate)
        .service(bureau::draft_support_sheet)
        .service(bureau::list_support_sheets)
        .service(bureau::list_support_sheets_csv)
        .service(bureau::list_support_sheets_xlsx)
        .service(bureau::read_support_sheet)
        .service(bureau::check_support_sheet)
        .service(bureau::freeze_support_sheet)
        .service(bureau::discard_support_sheet)
        .service(bureau::read_support_sheet_csv)
        .service(bureau::read_support_sheet_xlsx)
        .service(bureau::print_support_sheet);
}
