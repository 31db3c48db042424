//! Quanxiangtuo (泉享托): the backend of a mini-program for inclusive childcare of children under
//! three. `docs/ARCHITECTURE.md` is the map; begin with [`startup`] and [`routes`].

pub mod background;
pub mod config;
pub mod error;
pub mod features;
pub mod http;
pub mod language;
pub mod openapi;
pub mod platform;
pub mod routes;
pub mod startup;
pub mod state;
pub mod telemetry;
