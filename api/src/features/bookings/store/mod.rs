//! Queries about bookings and visits. Whoever changes a booking or its visits holds the booking's
//! row ([`lock`]); whoever makes one holds the child's and the family's row and then the classes'.

mod bookings;
mod checks;
mod facts;
mod visits;

pub use self::bookings::freed;
pub use self::visits::visit_of_child_on;
pub(super) use self::{bookings::*, checks::*, facts::*, visits::*};
