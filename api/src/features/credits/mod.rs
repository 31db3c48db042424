//! Credits of subscription messages (订阅消息授权): each consent of a family in WeChat's dialogue
//! allows one message of a template.
//!
//! Promises: the ledger is appended to, and what is left of a template is what its entries come to in the
//! order in which they happened, however WeChat's events overtake each other; never less than nothing.
//! A message is spent once, however often WeChat says so, and one that it refused for want of credit
//! leaves none.
//! WeChat decides what is sent: this is what it told us, so that the mini-program knows when to ask
//! again. It gates no message.

pub mod dto;
mod guardians;
pub mod rules;
mod service;
mod store;

pub use service::{enter, refused};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::list_message_credits);
}
