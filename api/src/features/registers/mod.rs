//! Registers of centres (机构台账), as the plan's projects need them: insurance policies (project 7), medical
//! contracts and guidance visits (10), safety packages (9), devices (8), utilities at a household's price
//! (4), employers (2), and carers with certificates and trainings (12); and what runs out or is due.
//!
//! Promises: what a centre's badges say follows from its register's rows in the same transaction, and the
//! centre's page says when they were checked; a gap between two policies is none; a row that was a mistake
//! counts no more, and its audit rows stay; names and numbers of carers are sealed.
//!
//! Rows differ by kind only in which members they have: [`rules::shape`] is the table of that.

mod bureau;
mod bureau_carers;
pub mod carers_dto;
mod desk;
pub mod dto;
mod guided;
pub mod marks;
pub mod rules;
pub mod service;
mod sheet;
pub mod store;

pub use guided::{Certified, guided_twice};

use crate::http::Registry;

/// What the sealed names of carers are bound to.
pub const NAME_PLACE: &str = "carers.name";
/// What the sealed numbers of their certificates are bound to.
pub const NUMBER_PLACE: &str = "carers.certificate_no";

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::list_records)
        .service(bureau::list_records_csv)
        .service(bureau::list_records_xlsx)
        .service(bureau::add_record)
        .service(bureau::change_record)
        .service(bureau::remove_record)
        .service(bureau::list_warnings)
        .service(bureau::list_warnings_csv)
        .service(bureau::list_warnings_xlsx)
        .service(bureau_carers::list_carers)
        .service(bureau_carers::list_carers_csv)
        .service(bureau_carers::list_carers_xlsx)
        .service(bureau_carers::add_carer)
        .service(bureau_carers::read_carer)
        .service(bureau_carers::change_carer)
        .service(bureau_carers::remove_carer)
        .service(bureau_carers::add_training)
        .service(bureau_carers::remove_training)
        .service(desk::read_desk_register)
        .service(desk::list_desk_carers);
}
