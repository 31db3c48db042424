//! Sign-in: WeChat for guardians, passwords for staff.
//!
//! Promises: access tokens live 15 minutes to 2 hours, name their key and are checked against our
//! clock; a refresh token works once, and its second use ends the whole session; a sign-out works
//! at once on every replica, and so does closing an account; repeated failures lock a staff account for a while.

pub mod access_key;
pub mod accounts;
mod bureau;
pub mod dto;
pub mod extract;
mod handlers;
pub mod limits;
pub mod password;
pub mod permissions;
pub mod scope;
pub mod service;
mod session;
mod staff;
pub mod staff_dto;
mod staff_store;
mod store;
pub mod token;

pub use access_key::KeyHolder;
pub use extract::{Bureau, Desk, Guardian, Knock, SignedIn};

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(handlers::sign_in_wechat)
        .service(handlers::sign_in_staff)
        .service(handlers::refresh)
        .service(handlers::sign_out)
        .service(bureau::list_staff)
        .service(bureau::close_staff)
        .service(bureau::reopen_staff)
        .service(bureau::sign_out_staff);
}
