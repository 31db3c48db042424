//! Sign-in: WeChat for guardians, passwords for staff.
//!
//! Promises: access tokens live 15 minutes to 2 hours, name their key and are checked against our
//! clock; a refresh token works once, and its second use ends the whole session; a sign-out works
//! at once on every replica, and so does closing an account; repeated failures lock a staff account for a while.
//! Staff may also sign in with the WeChat account that an invitation bound, one to one; who decides
//! may turn a second factor on, whose codes work once.

pub mod access_key;
pub mod accounts;
pub mod binding_dto;
mod binding_store;
pub mod bindings;
mod bureau;
pub mod cookie;
mod desk;
pub mod dto;
mod entry;
pub mod extract;
pub mod factor_dto;
mod factor_handlers;
mod factor_store;
mod handlers;
pub mod limits;
pub mod password;
pub mod permissions;
pub mod scope;
pub mod second_factor;
pub mod service;
mod session;
pub mod staff;
pub mod staff_dto;
mod staff_store;
mod store;
pub mod token;
pub mod totp;
mod unknown;

pub use access_key::KeyHolder;
pub use extract::{Bureau, Desk, Guardian, Knock, SignedIn, Staff};
pub use staff::sign_out_everywhere;

pub use staff::page as list_staff;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(handlers::sign_in_wechat)
        .service(handlers::sign_in_staff)
        .service(handlers::refresh)
        .service(handlers::sign_out)
        .service(handlers::bind_wechat)
        .service(handlers::unbind_wechat)
        .service(handlers::sign_in_wechat_staff)
        .service(factor_handlers::read_second_factor)
        .service(factor_handlers::begin_second_factor)
        .service(factor_handlers::confirm_second_factor)
        .service(factor_handlers::turn_off_second_factor)
        .service(desk::list_desk_staff)
        .service(desk::invite_desk_staff)
        .service(desk::unbind_desk_staff)
        .service(bureau::list_staff)
        .service(bureau::close_staff)
        .service(bureau::reopen_staff)
        .service(bureau::sign_out_staff)
        .service(bureau::invite_staff)
        .service(bureau::unbind_staff)
        .service(bureau::reset_second_factor);
}
