//! Demonstration data for the embedded default: centres of every kind, accounts, a campaign, half
//! a year of care and ratings. Never in production.
//!
//! Promises: deterministic (the same day makes the same rows with the same ids; only sealing
//! nonces and the password's salt differ); one transaction, only into an empty database, so that a
//! second run changes nothing; nothing on or after the day of seeding but the open campaign and two events.
//!
//! Where to stand: [`HOME`], WGS-84 118.792000 E 24.894000 N, which a phone in China reports as
//! GCJ-02 118.796613, 24.891151. Within 15 minutes on foot of it (1000 m by street, 769 m as the
//! crow flies) lie the desk centre of `carer` and `manager`, a community centre, a kindergarten, a
//! private and a family centre; one more lies just outside.
//!
//! Accounts: staff `carer` and `manager` (the desk centre), `carer2` (a kindergarten outside the
//! campaign), `officer`, `officer2`, `admin`, password [`PASSWORD`]; guardians by `dev:<name>`, the
//! families of the past by `dev:past-001` and so on.
//!
//! No holidays: the calendar stays empty, because the data is seeded on any day (`CLOCK_START`) and
//! the desk centre must be open on every Monday to Friday around it.
//!
//! Read [`sites`] (what there is), then `history` (what happened), then [`service`].

mod articles;
mod campaigns;
mod communities;
mod events;
mod guidance;
mod history;
mod mint;
mod people;
mod plan;
mod registers;
pub mod service;
mod site;
mod sites;
mod store;
mod ties;
mod welcome;

pub use service::{Refused, Seeded, seed};
pub use store::is_in;
pub use welcome::welcome;

use entity::LngLat;

/// The password of every demonstration account of staff.
pub const PASSWORD: &str = "tuoyu-demo-2026";

/// Where the demonstration stands (WGS-84).
pub const HOME: LngLat = LngLat { lng: 118.792, lat: 24.894 };
