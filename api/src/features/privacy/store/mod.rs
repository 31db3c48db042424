//! Queries about personal data.

pub(super) mod erasure;
pub(super) mod export;
pub(super) mod looks;
pub(super) mod reasons;
pub(super) mod reseal;
pub(super) mod retention;
