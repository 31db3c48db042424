//! Handing over (`domain.md`, Classes and who may enter): a child leaves with the guardian, with one
//! of up to five people whom the guardian named, or with somebody who shows a one-time code of the
//! guardian for this very visit.
//!
//! Names are sealed; a code is stored as a keyed hash and used by one conditional update.

mod desk;
pub mod dto;
mod guardians;
pub mod service;
mod store;

pub use service::{Collector, authorise, may_try};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::list_pickup_persons)
        .service(guardians::add_pickup_person)
        .service(guardians::remove_pickup_person)
        .service(guardians::make_pickup_code)
        .service(desk::list_visit_pickup)
        .service(desk::check_document);
}
