//! Events (活动; project 13): policy talks, lectures, parents' classes, family days, with sign-up, waiting list
//! and attendance; vouchers are given out there from a campaign.
//!
//! Promises: never more persons than places, whoever signs up at once; a place that is given back goes to who
//! has waited longest; a family is known at the door by a number, so that nobody learns its name.

mod bureau;
pub mod dto;
mod guardians;
mod public;
pub mod rules;
pub mod service;
mod sheet;
pub mod signups;
mod store;
mod told;

pub use signups::withdraw_all;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(public::list_events)
        .service(public::read_event)
        .service(guardians::sign_up)
        .service(guardians::list_signups)
        .service(guardians::withdraw_signup)
        .service(bureau::list_bureau_events)
        .service(bureau::list_bureau_events_csv)
        .service(bureau::list_bureau_events_xlsx)
        .service(bureau::create_event)
        .service(bureau::edit_event)
        .service(bureau::publish_event)
        .service(bureau::cancel_event)
        .service(bureau::list_event_signups)
        .service(bureau::list_event_signups_csv)
        .service(bureau::list_event_signups_xlsx)
        .service(bureau::mark_attended)
        .service(bureau::unmark_attended)
        .service(bureau::mark_no_show);
}
