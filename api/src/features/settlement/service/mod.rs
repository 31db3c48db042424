//! Use cases of settlement.

pub(super) mod adjustments;
pub(super) mod reconciliation;
pub mod statements;
