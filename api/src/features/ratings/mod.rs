//! Ratings (评价): a family tells how its child was cared for.
//!
//! Promises: only who was there rates (a checked-out visit, a redeemed voucher day), once per
//! occasion, editable for 30 days; the score counts at once, the text waits for moderation; every
//! state is kept as a version, so that a figure can be recomputed; nobody sees who rated; one is left
//! out of the figures for a reason and by two officers, so that no answer that counts loses the care that it is
//! about; the centre gives one reply to each, which is shown after moderation.

mod bureau;
mod desk;
pub mod dto;
pub mod exclusion_dto;
mod exclusion_store;
pub mod exclusions;
mod guardians;
mod public;
pub mod replies;
pub mod reply_dto;
mod reply_store;
pub mod reversed;
pub mod rules;
pub mod service;
mod store;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::rate)
        .service(guardians::list_own_ratings)
        .service(guardians::change_rating)
        .service(public::list_centre_ratings)
        .service(desk::list_desk_ratings)
        .service(desk::reply_to_rating)
        .service(desk::withdraw_reply)
        .service(bureau::list_bureau_ratings)
        .service(bureau::list_exclusions)
        .service(bureau::propose_exclusion)
        .service(bureau::propose_inclusion)
        .service(bureau::confirm_exclusion)
        .service(bureau::reject_exclusion);
}
