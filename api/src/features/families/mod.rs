//! Families: the guardian's account, its children, and the consents for them.
//!
//! Promises: no child's row without the guardian's consent to `booking` under the current texts
//! (个人信息保护法 第三十一条); names are sealed at rest; another family's child is a 404.

pub mod consents;
pub mod documents;
pub mod documents_dto;
pub mod dto;
mod guardians;
mod names;
pub mod phone;
pub mod rules;
pub mod service;
pub mod store;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(guardians::list_consents)
        .service(guardians::me)
        .service(guardians::verify_phone)
        .service(guardians::put_document)
        .service(guardians::delete_document)
        .service(guardians::list_children)
        .service(guardians::add_child)
        .service(guardians::change_child);
}
