//! Queries of statements, adjustments and reconciliation.

pub(super) mod adjustments;
pub(super) mod reconciliation;
pub(super) mod rows;
pub(super) mod statements;
