//! Which mistakes at the desk can be put right, and what a visit is afterwards.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{VisitStatus, visits};

use crate::{
    error::{Code, Problem, Result, Text},
    platform::clock::local,
};

/// The manager corrects this long after the day of care; carers on the day itself (assumption).
const MANAGERS_DAYS: i64 = 31;

/// What a visit should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Where it should stand.
    pub status: VisitStatus,
    /// When the child came, if that is to be changed.
    pub came: Option<DateTime<Utc>>,
    /// When the child left, if that is to be changed.
    pub left: Option<DateTime<Utc>>,
}

/// When the child came and left according to a visit.
pub type Times = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

fn field<T>(name: &'static str, code: &'static str, zh: &'static str, en: &'static str) -> Result<T> {
    Err(Problem::field(name, code, Text::new(zh, en)))
}

/// The times of the visit after the correction; refuses what can't have been. A visit that holds its place
/// goes on holding it, so no class is taken over by it; one that was wrongly marked absent must find room
/// again, which the caller sees to.
pub fn corrected(visit: &visits::Model, correction: Correction, now: DateTime<Utc>, manager: bool) -> Result<Times> {
    use VisitStatus::{Absent, Expected, InCare, Left, NoShow};
    let today = local(now).date_naive();
    if ![Expected, InCare, Left, NoShow, Absent].contains(&visit.status) {
        return Err(Problem::new(Code::WrongState)
            .detail(Text::new(
                format!("该次托育{}，托位已让出，不能更正；孩子实际来园的，请为其办理临时托。", visit.status.zh()),
                format!("The visit is {}: its place was given back.", visit.status),
            ))
            .fact("state", visit.status));
    }
    check_when(visit.date, today, manager)?;
    let possible = match correction.status {
        Expected | InCare => visit.date == today,
        Left => visit.date <= today,
        // The worker marks who didn't come; a past day on which nobody came was one.
        NoShow => visit.date < today && visit.status != NoShow,
        // The family had told, and nobody wrote it down.
        Absent => visit.status == NoShow,
        VisitStatus::Cancelled => false,
    };
    if !possible {
        return field(
            "status",
            "not_possible",
            "该日期不能更正为此状态。",
            "The visit can't have been so on that day.",
        );
    }
    let times = match correction.status {
        Left => (correction.came.or(visit.checked_in_at), correction.left.or(visit.checked_out_at)),
        InCare => (correction.came.or(visit.checked_in_at), None),
        _ => (None, None),
    };
    if correction.left.is_some() && correction.status != Left {
        return field(
            "checked_out_at",
            "not_for_this_status",
            "未离园不能填写离园时间。",
            "Only who left has left at a time.",
        );
    }
    if correction.came.is_some() && times.0.is_none() {
        return field(
            "checked_in_at",
            "not_for_this_status",
            "未入园不能填写入园时间。",
            "Only who came has come at a time.",
        );
    }
    match (correction.status, times) {
        (Left | InCare, (None, _)) => {
            return field("checked_in_at", "missing", "请填写入园时间。", "Say when the child came.");
        }
        (Left, (_, None)) => {
            return field("checked_out_at", "missing", "请填写离园时间。", "Say when the child left.");
        }
        _ => {}
    }
    let outside = |at: Option<DateTime<Utc>>| at.is_some_and(|at| local(at).date_naive() != visit.date || at > now);
    if outside(times.0) {
        return field(
            "checked_in_at",
            "not_that_day",
            "入园时间须在当日且不晚于现在。",
            "Not on that day, or in the future.",
        );
    }
    if outside(times.1) {
        return field(
            "checked_out_at",
            "not_that_day",
            "离园时间须在当日且不晚于现在。",
            "Not on that day, or in the future.",
        );
    }
    if times.1.is_some_and(|left| times.0.is_some_and(|came| left < came)) {
        return field(
            "checked_out_at",
            "before_check_in",
            "离园时间不能早于入园时间。",
            "The child left before it came.",
        );
    }
    if (correction.status, times) == (visit.status, (visit.checked_in_at, visit.checked_out_at)) {
        return field("status", "unchanged", "与现有记录一致，无需更正。", "That is what it is.");
    }
    Ok(times)
}

fn check_when(date: NaiveDate, today: NaiveDate, manager: bool) -> Result<()> {
    if manager && today - date > TimeDelta::days(MANAGERS_DAYS) {
        return Err(Problem::new(Code::WrongState).detail(Text::new(
            format!("托育日期已过{MANAGERS_DAYS}天，不能再更正。"),
            format!("Corrections are made within {MANAGERS_DAYS} days."),
        )));
    }
    if !manager && date != today {
        return Err(Problem::new(Code::Forbidden).detail(Text::new(
            "只有园所负责人可以更正以往日期的记录。",
            "Only the manager corrects the records of other days.",
        )));
    }
    Ok(())
}
