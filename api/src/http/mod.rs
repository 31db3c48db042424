//! Plumbing without business: what every request and answer has in common.

pub mod address;
pub mod counters;
pub mod idempotency;
pub mod json;
pub mod multipart;
pub mod observe;
pub mod page;
pub mod path;
pub mod picture;
pub mod printed;
pub mod query;
pub mod ratelimit;
pub mod refusals;
pub mod registry;
pub mod table;
pub mod values;

pub use self::{
    idempotency::{Answered, Idempotency, Once, keep_answers, once},
    json::Json,
    observe::language,
    page::{Cursor, Limit, Page},
    path::Path,
    query::Query,
    refusals::{PublicRefusals, Refusals},
    registry::Registry,
    values::{Day, Line, Moment, Month, Paragraph, Whole, digits, nullable},
};
