//! Satisfaction (入托家庭满意度): the bureau's figures from the ratings.
//!
//! Promises: the database counts, no rating is loaded; a report takes as long over ten times the
//! ratings, for it reads roll-ups ([`rollups`]), and tells of all that was committed before it was asked; a
//! rate is shown from five answers on; a figure can be recomputed from the versions of the ratings to the
//! same digits (invariant 10).

mod bureau;
pub mod command;
pub mod dto;
pub mod rollups;
pub mod rules;
pub mod service;
mod sheet;
pub mod snapshots;
mod store;

pub use store::Answers;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::read_satisfaction)
        .service(bureau::read_satisfaction_csv)
        .service(bureau::read_satisfaction_xlsx)
        .service(bureau::list_satisfaction_months)
        .service(bureau::list_satisfaction_months_csv)
        .service(bureau::list_satisfaction_months_xlsx);
}
