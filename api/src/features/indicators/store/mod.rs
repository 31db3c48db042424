//! Queries of the indicators.

pub(super) mod care;
pub(super) mod snapshots;
pub mod states;
