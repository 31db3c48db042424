//! The plan's fifteen indicators (规划指标), month by month, and the progress of its projects 1 and 3.
//!
//! Promises: every figure shows what it is made of, with sources and days; one that lacks something is
//! null and says what; targets are settings; a closed month is kept as it was counted, and what of it
//! can be counted again from journals is the same to the byte. Coverage and satisfaction are those of
//! their own features.
//!
//! [`facts`] is what was counted, [`rules`] makes the indicators of it and of nothing else. What a centre
//! was on a past day is read from a journal (`journal.rs`); attendance and coverage have none: a snapshot
//! keeps them (`snapshots.rs`).

mod bureau;
pub mod command;
pub mod dto;
pub mod facts;
pub mod journal;
pub mod projects;
pub mod projects_dto;
mod registers;
pub mod rules;
pub mod service;
mod sheet;
pub mod snapshots;
mod store;
pub mod targets;

pub use store::states::one_at as state_of;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::read_indicators)
        .service(bureau::read_indicators_csv)
        .service(bureau::read_indicators_xlsx)
        .service(bureau::read_indicator_trend)
        .service(bureau::read_project_progress);
}
