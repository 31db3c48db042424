//! Long work (耗时操作): how far it is, and how to call it off.
//!
//! Whoever starts a long piece of work may name it with a word of their own; under that word the same
//! account reads how far it is and calls it off, from any page and on any replica. Work that is called off
//! in time ends with `WORK_CANCELLED` and has changed nothing; what the work itself answers is the truth,
//! for a call can come when all is done.
//!
//! It lives in the key-value store for minutes: where that is away, the work is done all the same, and
//! nobody can watch it.

mod bureau;
pub mod dto;
mod service;

pub use service::Progress;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::read_progress).service(bureau::cancel_work);
}
