//! What the program does, a folder a feature, each with the same rooms: `mod.rs` (its promises and
//! routes), handlers by audience, `dto.rs`, `rules.rs` (pure), `service.rs` (use cases, the only
//! place that opens a write transaction), `store.rs` (queries).

pub mod admission;
pub mod articles;
pub mod audit;
pub mod auth;
pub mod bookings;
pub mod centres;
pub mod circle;
pub mod complaints;
pub mod console;
pub mod coverage;
pub mod credits;
pub mod demo;
pub mod directory;
pub mod events;
pub mod exchange;
pub mod exports;
pub mod families;
pub mod feeds;
pub mod guidance;
pub mod imports;
pub mod indicators;
pub mod map;
pub mod moderation;
pub mod notices;
pub mod ops;
pub mod oversight;
pub mod pickups;
pub mod plan_inputs;
pub mod planning;
pub mod privacy;
pub mod progress;
pub mod push;
pub mod ratings;
pub mod registers;
pub mod satisfaction;
pub mod settlement;
pub mod support;
pub mod terms;
pub mod vouchers;
pub mod waitlist;
