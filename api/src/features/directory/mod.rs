//! The bureau's directory of centres (机构名录): it enters them, changes what is the bureau's to say, and
//! takes them out of service.
//!
//! Promises: a name is there once a township; recognition as inclusive has its document, its cap and a
//! filing, and no standing price is beyond the cap; a centre leaves service only when nobody is booked in
//! it; every change reaches searches as any change of a centre does.
//!
//! Hours are set when a centre is entered and are its desk's afterwards, for a change of hours hits
//! bookings (`features/planning`); classes and prices are the desk's (`features/terms`), or come with an
//! import (`features/imports`).

mod bureau;
pub mod checks;
pub mod dto;
pub mod rules;
pub mod service;
mod sheet;
pub mod store;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::list_centres)
        .service(bureau::list_centres_csv)
        .service(bureau::list_centres_xlsx)
        .service(bureau::add_centre)
        .service(bureau::read_bureau_centre)
        .service(bureau::edit_centre)
        .service(bureau::deactivate_centre)
        .service(bureau::reactivate_centre)
        .service(bureau::check_centre);
}
