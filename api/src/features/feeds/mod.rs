//! Calendar feeds (iCalendar, RFC 5545) for phones and desktops: a family's bookings, a centre's days.
//! A feed is read by its secret link alone, for calendars can't sign in; the link is shown once, is
//! stored as a keyed hash, and ends when it is revoked, replaced, or its account is closed.
//!
//! Promises: nothing about a child is in a feed, for links travel; the logs hold the route's template,
//! never the link (invariant 9).

mod calendar;
mod desk;
pub mod dto;
mod guardians;
mod public;
mod service;
mod store;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(public::read_calendar)
        .service(guardians::read_family_feed)
        .service(guardians::make_family_feed)
        .service(guardians::revoke_family_feed)
        .service(desk::read_desk_feed)
        .service(desk::make_desk_feed)
        .service(desk::revoke_desk_feed);
}
