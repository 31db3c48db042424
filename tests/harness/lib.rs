//! What the suite stands on. A test spawns an application of its own on a database of its own
//! ([`TestApp::spawn`]), calls it as a persona ([`Client`]) and arranges rows directly with the
//! builders ([`places`], [`people`], [`care`]). Every answer is checked against `openapi.yaml`
//! ([`contract`]).
//!
//! `TEST_BACKEND` chooses `sqlite` (the default, with the in-process store) or `postgres` (with
//! Redis, at `TEST_DATABASE_URL` and `TEST_REDIS_URL`); `tests/run` runs the suite on both.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a harness fails by panicking")]

pub mod app;
pub mod backend;
pub mod browser;
pub mod care;
pub mod client;
pub mod contract;
pub mod listening;
pub mod logs;
pub mod people;
pub mod places;
pub mod process;
pub mod push;
pub mod router;
pub mod streets;
pub mod wechat;

pub use self::{
    app::TestApp,
    backend::{Backend, backend},
    browser::{Browser, Seen, form_of},
    client::{Client, Reply},
    people::{Family, unknown_id},
    places::Place,
    router::FakeRouter,
    wechat::{Answer, FakeWeChat},
};

/// A date of a test: `day("2026-03-02")`.
#[must_use]
pub fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap_or_else(|_| panic!("{text} is not a date"))
}

/// A time of day of a test: `hm(8, 30)`.
#[must_use]
pub const fn hm(hour: i32, minute: i32) -> entity::MinuteOfDay {
    entity::MinuteOfDay::hm(hour, minute)
}

/// Starts all at once and waits for all: the requests of a race.
pub async fn at_once<T>(all: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::future::join_all(all).await
}
