//! Who may book where, and whose answers count: an employer's own staff prove it by a code; families
//! of a centre's staff and their relatives say so, and their ratings stay out of its satisfaction
//! (`domain.md`, Classes and who may enter; project 2).
//!
//! Promises: a code is stored as a keyed hash and never serves more families than it may; revoking a
//! code ends what it proved; a tie is ended, never deleted; a centre's word silences no family: it needs a
//! reason, the family reads it and may contest it, and it counts only once an officer confirms it.

mod bureau;
mod desk;
pub mod dto;
mod guardians;
mod service;
mod store;
pub mod tie_dto;
mod tie_store;
pub mod ties;

pub use service::check;
pub use ties::tied;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::list_employers)
        .service(guardians::prove_employer)
        .service(guardians::leave_employer)
        .service(guardians::list_ties)
        .service(guardians::declare_tie)
        .service(guardians::end_tie)
        .service(guardians::contest_tie)
        .service(desk::list_employer_codes)
        .service(desk::make_employer_code)
        .service(desk::revoke_employer_code)
        .service(desk::tie_booking)
        .service(bureau::list_bureau_ties)
        .service(bureau::confirm_tie)
        .service(bureau::refuse_tie)
        .service(bureau::end_bureau_tie);
}
