//! Bookings of care: quote, book, cancel; the desk's day, coming and going.
//!
//! Promises: no write takes a class over its places or its carers at any half-hour (invariant 1);
//! a child is never in two places at once (invariant 2); a quote's price is the booking's to the
//! fen; every step is one conditional update with a line of history, and by staff an audit row.
//!
//! Read [`rules`] first, then `service/consider.rs`.

mod desk;
pub mod desk_dto;
mod desk_steps;
pub mod dto;
mod guardians;
pub mod rules;
pub mod service;
pub mod store;

pub use rules::price::{is_reduced, reductions_in};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::quote_booking)
        .service(guardians::create_booking)
        .service(guardians::list_bookings)
        .service(guardians::read_booking)
        .service(guardians::cancel_booking)
        .service(guardians::reschedule_booking)
        .service(guardians::cancel_visit)
        .service(guardians::tell_absent)
        .service(guardians::read_attendance)
        .service(guardians::read_history)
        .service(guardians::visit_code)
        .service(guardians::visit_code_svg)
        .service(desk::read_desk_day)
        .service(desk::list_desk_bookings)
        .service(desk::confirm_desk_booking)
        .service(desk::decline_desk_booking)
        .service(desk::cancel_desk_booking)
        .service(desk::check_in_visit)
        .service(desk::check_out_visit)
        .service(desk::mark_visit_absent)
        .service(desk::record_entry_check)
        .service(desk_steps::check_in_by_code)
        .service(desk_steps::search_desk_visits)
        .service(desk_steps::correct_visit)
        .service(desk_steps::read_desk_history);
}
