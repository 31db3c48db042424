//! Use cases of bookings: [`book`] for quotes and bookings, [`together`] for those that come at once, [`family`] for what the guardian does
//! later, [`reschedule`] for other days instead, [`days`] for single days that don't take place,
//! [`desk`] for the centre's steps, [`desk_lists`] for what it reads, [`visit_codes`] and [`corrections`] for codes and mistakes there, [`lapse`] for requests that nobody answered.

mod attendance;
mod book;
mod choose;
mod class_days;
mod consider;
mod corrections;
mod cover;
mod days;
mod desk;
mod desk_lists;
mod family;
mod lapse;
mod leaving;
mod offers;
mod reschedule;
mod show;
mod together;
mod visit_codes;

pub use attendance::attendance;
pub use book::{book, quote, quote_in};
pub use consider::Stale;
pub use corrections::{correct, history, history_at_desk};
pub use days::{cancel_for_centre, mark_missed, missed_waiting, not_coming};
pub use desk::{absent, check_in, check_out, decide, record_entry_check};
pub use desk_lists::{bookings_of_centre, day, search_by_name, visit_at_desk};
pub use family::{booking, bookings, cancel};
pub use lapse::{lapse_due, lapse_waiting};
pub use leaving::{GivenBack, call_off_all, live_of};
pub use offers::{accept, give_up, hold};
pub use reschedule::reschedule;
pub use together::Together;
pub use visit_codes::{check_in_by_code, is_visit_code, visit_code, visit_code_text};

use entity::{BookingEventId, BookingId, BookingStatus, VisitId, VisitStatus, booking_events};

use crate::{
    error::{Code, Problem, Text},
    state::Ctx,
};

/// What the centre answers to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It takes the request.
    Confirm,
    /// It doesn't.
    Decline,
    /// It can't keep what was agreed.
    Cancel,
}

/// A line of a booking's history.
fn event(
    ctx: &Ctx,
    booking: BookingId,
    visit: Option<VisitId>,
    actor: String,
    status: &str,
    reason: Option<&str>,
) -> booking_events::Model {
    booking_events::Model {
        id: ctx.clock.id::<BookingEventId>(),
        booking_id: booking,
        visit_id: visit,
        at: ctx.clock.now(),
        actor,
        status: status.to_owned(),
        reason: reason.map(str::to_owned),
        detail: None,
    }
}

fn wrong_booking_state(status: BookingStatus) -> Problem {
    Problem::new(Code::WrongState)
        .detail(Text::new(
            format!("该预约{}，不能进行这项操作，请刷新后查看。", status.zh()),
            format!("The booking is {status}."),
        ))
        .fact("state", status)
}

/// Nothing is cancelled under a child that is there: it is checked out first. The booking is locked,
/// and so is every step of its visits.
fn nobody_in_care(visits: &[entity::visits::Model]) -> crate::error::Result<()> {
    if visits.iter().any(|visit| visit.status == VisitStatus::InCare) {
        return Err(Problem::new(Code::WrongState)
            .detail(Text::new(
                "孩子正在园，请先办理离园再取消余下的日期。",
                "The child is in care: check it out first.",
            ))
            .fact("state", VisitStatus::InCare));
    }
    Ok(())
}

fn wrong_visit_state(status: VisitStatus) -> Problem {
    Problem::new(Code::WrongState)
        .detail(Text::new(
            format!("该次托育{}，不能进行这项操作，请刷新后查看。", status.zh()),
            format!("The visit is {status}."),
        ))
        .fact("state", status)
}
