//! Centres: what families search, read and book at.
//!
//! Promises: a search touches no database unless it names a date; every replica knows a change to
//! a centre within `catalogue_poll_ms`; a point that enters or leaves names its coordinate system.

pub mod all;
mod availability_dto;
mod badges;
mod card;
mod catalogue;
pub mod dto;
pub mod free_places;
mod geo;
pub mod grid;
mod index;
pub mod inside;
mod nearest;
mod on_date;
mod plan;
mod public;
pub mod rules;
pub mod scan;
mod search;
pub mod service;
mod simplified;
pub mod start;
pub mod store;
mod text;
mod voucher_scope;
pub mod way_cache;

pub use crate::platform::coords;
pub use badges::BadgeOut;
pub use card::CentreRatingOut;
pub use catalogue::Catalogue;
pub use dto::LocationOut;
pub use plan::CentrePlan;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(public::search_centres).service(public::read_centre).service(public::read_availability);
}
