//! Use cases of settlement.

pub mod adjustments;
pub mod reconciliation;
pub mod statements;
