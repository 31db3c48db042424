//! Centres: what families search, read and book at.
//!
//! Promises: a search touches no database unless it names a date; every replica knows a change to
//! a centre within `catalogue_poll_ms`; a point that enters or leaves names its coordinate system.

mod card;
mod catalogue;
pub mod coords;
mod geo;
pub mod rules;
pub mod store;

pub use card::CentreRatingOut;
pub use catalogue::{Catalogue, CentrePlan};
