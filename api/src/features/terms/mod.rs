//! What a centre offers, as its manager sets it: whom it takes, its classes, prices and terms, and
//! reductions of fees.
//!
//! Promises: prices of an inclusive centre respect its recognised cap; a booking keeps the price and
//! the cut-off it was made with; a class is closed only when nobody is booked in it.

mod desk;
pub mod dto;
mod rules;
pub mod service;
mod store;

pub use rules::{check_caps, check_class};
pub use store::lock_centre;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(desk::read_desk_centre)
        .service(desk::change_desk_centre)
        .service(desk::list_desk_classes)
        .service(desk::add_desk_class)
        .service(desk::close_desk_class)
        .service(desk::list_desk_offers)
        .service(desk::set_desk_offer);
}
