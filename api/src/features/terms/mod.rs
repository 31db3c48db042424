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

pub use rules::{Cap, check_band, check_caps, check_class, check_unit};
pub use service::offer_row;
pub use store::{lock_centre, put_offer};

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
