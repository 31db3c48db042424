//! Imports of tables (表格导入): centres, classes, offers, carers, the calendar and populations of
//! communities, from `.xlsx` or `.csv`. Communities themselves come as a map (`features/coverage`).
//!
//! Promises: an import is whole or nothing and names every problem by row and column; the same file again
//! changes nothing; a dry run says what an import at this instant would say; what an import writes keeps
//! the rules that the same change by hand keeps, and is audited as it is.
//!
//! Read [`sheet`] (a file becomes rows of texts), [`columns`] (a row becomes what the API would take), `cells.rs`, then
//! `service.rs` and a file of `tables/`.

mod bureau;
mod cells;
pub mod columns;
pub mod dto;
mod hidden;
mod quotes;
pub mod service;
pub mod sheet;
mod store;
mod surroundings;
mod tables;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::read_template_csv).service(bureau::read_template_xlsx).service(bureau::import_table);
}
