//! Personal data: what a family agreed to, reads and takes back; who looked at it; how long it is kept.
//!
//! Promises: a consent is withdrawn as easily as given and the withdrawal holds at once (个人信息保护法
//! 第十五条); everything stored of a family is in its export (第四十五条); an erased account leaves
//! figures, ledgers and the audit chain as they were, without the person (第四十七条); whole names are
//! shown for a reason only, and the family sees who looked; every kind of data has an end or a reason
//! why it has none ([`rules`]); where a table with personal data stands in all this is written in
//! [`tables`], which a test holds against the schema. Location is used for a search and kept nowhere.

mod bureau;
mod desk;
pub mod dto;
mod export_ratings;
mod export_rows;
mod guardians;
pub mod marks;
pub mod rules;
pub mod service;
mod store;
pub mod tables;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::list_given_consents)
        .service(guardians::give_consent)
        .service(guardians::withdraw_consent)
        .service(guardians::remove_child)
        .service(guardians::export)
        .service(guardians::leave)
        .service(guardians::list_looks)
        .service(desk::reveal)
        .service(bureau::retention);
}
