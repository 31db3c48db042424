//! Ratings (评价): a family tells how its child was cared for.
//!
//! Promises: only who was there rates (a checked-out visit, a redeemed voucher day), once per
//! occasion, editable for 30 days; the score counts at once, the text waits for moderation; every
//! state is kept as a version, so that a figure can be recomputed; nobody sees who rated.

pub mod dto;
mod guardians;
mod public;
pub mod rules;
pub mod service;
mod store;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::rate)
        .service(guardians::list_own_ratings)
        .service(guardians::change_rating)
        .service(public::list_centre_ratings);
}
