//! The outside world: database, key-value store, clock, secrets, WeChat. Knows no feature.

pub mod batch;
pub mod breaker;
pub mod clock;
pub mod constraint;
pub mod coords;
pub mod crypto;
pub mod db;
pub mod hant;
pub mod kv;
pub mod like;
pub mod outgoing;
pub mod stepped_code;
pub mod stopping;
pub mod walking;
pub mod wechat;
pub mod wechat_push;
