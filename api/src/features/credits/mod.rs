//! Credits of subscription messages (订阅消息授权): each consent of a family in WeChat's dialogue
//! allows one message of a template.
//!
//! Promises: the ledger is appended to, and what is left of a template is kept by updates that can't
//! lose one another and never fall below zero; a message is spent once, however often WeChat says so.
//! WeChat decides what is sent: this is what it told us, so that the mini-program knows when to ask
//! again. It gates no message.

pub mod dto;
mod guardians;
pub mod rules;
mod service;
mod store;

pub use service::enter;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::list_message_credits);
}
