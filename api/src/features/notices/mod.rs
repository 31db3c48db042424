//! What families hear: a notice is written in the transaction of what it tells, or by the reminders'
//! worker, once a kind and subject, whoever writes it first.
//!
//! Promises: nothing about the child is in a notice; a killed process loses none and doubles none.
//! The mini-program lists them; WeChat's subscription messages are sent from the same rows
//! ([`sending`]), after the commit, to families that agreed to `messages`.

mod bureau;
pub mod dto;
mod guardians;
pub mod message;
pub mod reminders;
pub mod rules;
pub mod sending;
mod sending_store;
mod service;
mod still;
mod still_store;
mod store;

pub use service::{Notice, about_booking, is_sent, tell, tell_all};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::list_notices)
        .service(guardians::mark_notices_read)
        .service(bureau::list_messages)
        .service(bureau::retry_message);
}
