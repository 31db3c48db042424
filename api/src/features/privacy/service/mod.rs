//! Use cases of personal data: [`consents`], [`leaving`] and [`erasure`], [`export`], [`looks`],
//! [`retention`], and [`reseal`] for another key.

pub mod consents;
pub mod erasure;
pub mod export;
pub mod leaving;
pub mod looks;
pub mod reseal;
pub mod retention;
