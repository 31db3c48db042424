//! Moderation of texts that others may read: WeChat is asked (`msg_sec_check`), an officer decides
//! where it can't.
//!
//! Promises: nothing is shown that wasn't passed; a verdict is about one version of a text and never
//! shows another; while WeChat is away a text stays hidden and is tried again; what an officer decides
//! is audited. The text stays with its subject, here is only what became of it.
//!
//! A feature with such texts calls [`submit`] in the transaction that writes one and [`withdraw`] in
//! that which takes one away, both under its subject's lock, and is named in [`subjects`].

mod bureau;
pub mod dto;
pub mod rules;
pub mod service;
mod store;
mod subjects;

pub use service::{submit, withdraw};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::list_moderation).service(bureau::pass_text).service(bureau::refuse_text);
}
