//! Guidance at home (入户指导; project 13): a family asks that somebody comes, the bureau says who and when, and
//! whoever comes answers.
//!
//! Promises: a child has one live request; where the family lives is sealed, read by nobody but whom the request
//! was assigned to, and gone as soon as nobody is to come any more; a centre sees its own only, names masked; each
//! step is one conditional update, and what staff do is audited.

mod bureau;
mod desk;
pub mod dto;
mod guardians;
pub mod rules;
pub mod service;
mod sheet;
pub mod staff;
mod store;

pub use service::{blank, hand_back, lapse, overdue, waiting, withdraw_live};

use crate::http::Registry;

/// Where sealed addresses live.
pub const ADDRESS_PLACE: &str = "guidance_requests.address";
/// Where sealed answers live.
pub const ANSWER_PLACE: &str = "guidance_requests.answer";

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::request_guidance)
        .service(guardians::list_own_guidance)
        .service(guardians::withdraw_guidance)
        .service(bureau::list_guidance_csv)
        .service(bureau::list_guidance_xlsx)
        .service(bureau::list_guidance)
        .service(bureau::assign_guidance)
        .service(bureau::answer_guidance)
        .service(desk::list_desk_guidance)
        .service(desk::answer_desk_guidance);
}
