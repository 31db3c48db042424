//! The waiting list: first come, first served, per centre and form of care.
//!
//! Promises: a place that is given back is offered to the first who fits (age, dates, room on all of
//! them), held for that family for a limited time, then passes on. Whoever gives a place back adds
//! a row for it in the same transaction; a worker of any replica looks through the centre's list after
//! the commit. An entry is offered by one conditional update in the transaction that holds the places,
//! so several replicas never offer it twice.

mod desk;
pub mod dto;
mod guardians;
pub mod rules;
pub mod service;
mod store;

pub use service::{
    class_closed, live_of,
    offers::{end_due, offer_due, offers_waiting},
    withdraw_all,
};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::join_waitlist)
        .service(guardians::list_waitlist)
        .service(guardians::leave_waitlist)
        .service(guardians::accept_offer)
        .service(desk::list_desk_waitlist);
}
