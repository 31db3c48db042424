//! Pure rules of complaints.

use chrono::{DateTime, Utc};
use entity::{ComplaintStatus, StaffId, complaints};

use crate::error::{Code, Problem, Result, Text};

/// A rating of this level or below opens a complaint (`domain.md`, Ratings).
pub const DISSATISFIED: i32 = 2;
/// The states in which an answer is owed.
pub const OWED: [ComplaintStatus; 2] = [ComplaintStatus::Open, ComplaintStatus::Assigned];

/// What a rating means for its complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// One is opened, or the withdrawn one again, unless there is one.
    Opened,
    /// One without an answer is withdrawn.
    Withdrawn,
    /// Nothing.
    Nothing,
}

/// What follows from a rating of `after`, that was `before` if it was changed.
#[must_use]
pub fn follows(before: Option<i32>, after: i32) -> Follows {
    let low = |level: i32| level <= DISSATISFIED;
    match (before.is_some_and(low), low(after)) {
        (false, true) => Follows::Opened,
        (true, false) => Follows::Withdrawn,
        _ => Follows::Nothing,
    }
}

/// Whether an answer is owed and late.
#[must_use]
pub fn overdue(row: &complaints::Model, now: DateTime<Utc>) -> bool {
    OWED.contains(&row.status) && row.due_at < now
}

/// Why a complaint can't be assigned: it isn't as whoever asks thinks.
#[must_use]
pub fn not_assigned(row: &complaints::Model) -> Problem {
    let text = match row.status {
        ComplaintStatus::Open | ComplaintStatus::Assigned => Text::new(
            "该投诉的经办人已变化，请刷新后重新转派。",
            "Somebody else has it by now; name them in `instead_of` to hand it over.",
        ),
        status => Text::new(
            format!("该投诉“{}”，无需再分派。", status.zh()),
            format!("The complaint is {status}: there is nothing to assign."),
        ),
    };
    Problem::new(Code::WrongState).detail(text).fact("state", row.status).fact("assigned_to", row.assigned_to)
}

/// Why an officer can't answer a complaint.
#[must_use]
pub fn not_answered(row: &complaints::Model, officer: StaffId) -> Problem {
    let text = match row.status {
        ComplaintStatus::Assigned if row.assigned_to != Some(officer) => Text::new(
            "该投诉由其他经办人办理，请先转派给您再答复。",
            "Another officer has it; have it handed over to you first.",
        ),
        status => Text::new(
            format!("该投诉“{}”，不能再答复。", status.zh()),
            format!("The complaint is {status}: it can't be answered."),
        ),
    };
    Problem::new(Code::WrongState).detail(text).fact("state", row.status).fact("assigned_to", row.assigned_to)
}

/// Why a family can't close a complaint.
#[must_use]
pub fn not_closed(row: &complaints::Model) -> Problem {
    let text = match row.status {
        ComplaintStatus::Open | ComplaintStatus::Assigned => {
            Text::new("该投诉尚未答复，请在答复后再评价。", "It isn't answered yet; close it after the answer.")
        }
        status => Text::new(format!("该投诉已是“{}”。", status.zh()), format!("The complaint is {status} already.")),
    };
    Problem::new(Code::WrongState).detail(text).fact("state", row.status)
}

/// A centre that never had anything to do with the family.
#[must_use]
pub fn no_care() -> Problem {
    let text = Text::new(
        "只能投诉孩子预约过或托育过的机构；其他问题请拨打12345。",
        "Only a centre that you booked, or that cared for your child, can be complained about.",
    );
    Problem::new(Code::ComplaintNotAllowed).detail(text.clone()).and_field("centre_id", "no_care", text)
}

/// Only the bureau's own accounts, in use, take complaints.
pub fn takes(staff: Option<&entity::staff::Model>) -> Result<()> {
    use entity::{AccountStatus, StaffRole};
    let fit = staff.is_some_and(|row| {
        row.status == AccountStatus::Active && matches!(row.role, StaffRole::Officer | StaffRole::Admin)
    });
    if fit {
        return Ok(());
    }
    let text = Text::new("经办人须为在用的主管部门账号。", "Name an account of the bureau that is in use.");
    Err(Problem::field("staff_id", "unknown", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_crossing_the_line_opens_or_withdraws() {
        for (before, after, expected) in [
            (None, 1, Follows::Opened),
            (None, 2, Follows::Opened),
            (None, 3, Follows::Nothing),
            (Some(1), 2, Follows::Nothing),
            (Some(2), 3, Follows::Withdrawn),
            (Some(1), 5, Follows::Withdrawn),
            (Some(5), 2, Follows::Opened),
            (Some(4), 3, Follows::Nothing),
        ] {
            assert_eq!(follows(before, after), expected, "{before:?} {after}");
        }
    }
}
