//! What a centre and the bureau plan: weeks from a date on, closed days and extra openings, statutory holidays and swapped
//! working days, places and carers; and which bookings a change hits.
//!
//! Promises: no change breaks a booking silently. A change of a day's hours that hits bookings is
//! refused with their list until somebody decides what becomes of them; fewer places or carers block
//! new bookings and list those they hit (invariant 1 speaks of writes that take places). Whoever
//! changes a plan holds the rows of the classes, as whoever books does: a booking is made before the
//! change, and then seen, or after it, and then by it.

mod bureau;
mod desk;
pub mod dto;
pub mod rules;
pub mod service;
mod store;

pub use service::{check_calendar_day, check_week, over_capacity, put_calendar_days};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(desk::list_desk_weeks)
        .service(desk::set_desk_week)
        .service(desk::clear_desk_week)
        .service(desk::list_desk_days)
        .service(desk::set_desk_day)
        .service(desk::clear_desk_day)
        .service(desk::change_desk_class)
        .service(desk::set_desk_roster)
        .service(desk::list_desk_conflicts)
        .service(bureau::list_calendar)
        .service(bureau::set_calendar_day)
        .service(bureau::clear_calendar_day);
}
