//! The integration tests: one binary, a module a subject. `tests/run` runs them on SQLite with
//! the in-process store and again on PostgreSQL with Redis.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod audit;
mod families;
mod openapi;
mod ratings;
mod satisfaction;
