//! Signed webhooks: other systems are told what happened.
//!
//! The outbox is what the business writes anyway: every step of a booking or visit leaves a line of
//! history, every redemption, reversal and rating a row, in the transaction of the deed. So a webhook
//! costs the deed nothing, whether there is one or not, and none that was just made misses anything
//! that commits after it. [`spread`] reads those rows and makes a delivery for each webhook that wants
//! to know, once (a unique constraint); [`deliver`] sends them, signed as standardwebhooks.com says,
//! and tries again for about a day. `docs/decisions/webhooks.md` says what was weighed.

pub(super) mod bureau;
pub mod deliver;
pub(super) mod desk;
pub mod dto;
pub mod rules;
pub mod service;
pub mod spread;
mod store;
