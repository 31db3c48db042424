//! The integration tests: one binary, a module a subject. `tests/run` runs them on SQLite with
//! the in-process store and again on PostgreSQL with Redis.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod audit;
mod auth;
mod auth_staff;
mod bookings;
mod bookings_changes;
mod bookings_input;
mod bookings_model;
mod bookings_races;
mod centres;
mod desk_day;
mod docs;
mod families;
mod feeds;
mod logs;
mod notices;
mod openapi;
mod ops;
mod oversight;
mod pickups;
mod planning;
mod privacy;
mod privacy_consents;
mod privacy_erasure;
mod privacy_keys;
mod problems;
mod ratings;
mod readme;
mod satisfaction;
mod satisfaction_answers;
mod settlement;
mod terms;
mod upgrades;
mod vouchers;
mod vouchers_campaigns;
mod vouchers_claims;
mod vouchers_crashes;
mod vouchers_model;
mod vouchers_offline;
mod vouchers_posters;
mod vouchers_races;
mod vouchers_reversals;
mod waitlist;
