//! Complaints (投诉): a family tells the bureau what went wrong at a centre, and is answered in time.
//!
//! Promises: a rating of level 1 or 2 opens one in its own transaction, one a rating, which goes on where it
//! was if the rating is changed to and fro; a family files one
//! only about a centre that it booked or that cared for its child; officers read what was written and never
//! whose it is; the centre sees nothing of it; each step is one conditional update, and what officers
//! do is audited; an answered complaint stays answered, whatever becomes of the rating.
//!
//! Words and answer are sealed at rest. WeChat is asked about the words too, but hides nothing from the
//! officers they are written to: a refused text is marked, so that a console shows it folded.

mod bureau;
pub mod dto;
mod guardians;
pub mod rules;
pub mod service;
mod store;

pub use service::{follow, hand_back, lock_text, show_text, texts};

pub use service::page as list_complaints;

use crate::http::Registry;

/// Where the family's words live.
pub const TEXT_PLACE: &str = "complaints.text";
/// Where the bureau's answers live.
pub const ANSWER_PLACE: &str = "complaints.answer";

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::file_complaint)
        .service(guardians::list_own_complaints)
        .service(guardians::close_complaint)
        .service(bureau::list_complaints)
        .service(bureau::assign_complaint)
        .service(bureau::answer_complaint);
}
