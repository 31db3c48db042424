//! Message push (消息推送): what WeChat's servers tell us.
//!
//! Promises: nothing is believed that WeChat didn't sign within five minutes; with a key only what is
//! encrypted for this mini-program; a message sent again, by WeChat or by a thief, does nothing again,
//! on any replica and after a restart; what we don't know is answered `success`, so that WeChat
//! doesn't repeat it.

pub mod dto;
mod public;
pub mod service;
mod store;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(public::verify_push).service(public::receive_push);
}
