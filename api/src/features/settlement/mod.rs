//! Settlement (结算): what a centre is paid for the vouchers it redeemed, month by month, and the
//! proof that a campaign's counts agree.
//!
//! Promises: a statement is drafted, checked by one officer and frozen by another, numbered without
//! gaps, then never changed; its figures are computed again to the same bytes. A frozen statement
//! holds its redemptions (`redemptions.statement_id`), so a reversal and a freeze exclude each other
//! row by row; later corrections are adjustments in a later statement.

pub mod dto;
pub mod four_eyes;
pub mod reconciliation_dto;
pub mod rules;

mod adjustments;
mod bureau;
mod desk;
mod print;
pub mod service;
mod sheet;
mod store;

pub use print::yuan;
pub use service::adjustments::adjust;

pub use service::{adjustments::page as list_adjustments, statements::unsettled as list_unsettled};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::list_unsettled)
        .service(bureau::draft_statement)
        .service(bureau::list_statements)
        .service(bureau::list_statements_csv)
        .service(bureau::list_statements_xlsx)
        .service(bureau::read_statement)
        .service(bureau::check_statement)
        .service(bureau::freeze_statement)
        .service(bureau::discard_statement)
        .service(bureau::read_statement_csv)
        .service(bureau::read_statement_xlsx)
        .service(bureau::print_statement)
        .service(adjustments::add_adjustment)
        .service(adjustments::list_adjustments)
        .service(adjustments::reconcile_campaign)
        .service(desk::list_own_statements)
        .service(desk::read_own_statement);
}
