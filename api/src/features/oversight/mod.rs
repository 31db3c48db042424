//! Oversight (监管): signals of abuse and the funnel of a campaign, for the bureau.
//!
//! Promises: a signal is a flag for people to look at; nothing is refused, held back or punished by
//! it. Its thresholds are settings. Both are read from the rows of redemptions, vouchers, visits and ratings;
//! nothing is stored.

mod bureau;
pub mod funnel_dto;
pub mod rating_signals;
mod rating_store;
pub mod rules;
pub mod service;
pub mod signal_dto;
mod store;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::list_signals)
        .service(bureau::list_signals_csv)
        .service(bureau::list_signals_xlsx)
        .service(bureau::read_funnel)
        .service(bureau::read_funnel_csv)
        .service(bureau::read_funnel_xlsx);
}
