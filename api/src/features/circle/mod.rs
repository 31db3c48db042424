//! The 15-minute circle as a drawing: what is reached on the pavement, and the centres in it.
//!
//! Promises: areas and minutes of one answer start at the same point, are found the same way, by street or by
//! estimate, and say which; a point that enters or leaves names its coordinate system; whose circle it is, is not stored.

mod dto;
mod public;
mod rules;
mod service;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(public::read_circle);
}
