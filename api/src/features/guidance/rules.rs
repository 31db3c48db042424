//! Pure rules of guidance at home.

use chrono::{Days, NaiveDate};
use entity::{GuidanceStatus, guidance_requests};

use super::dto::{GuidanceAssignIn, GuidanceOutcome};
use crate::error::{Code, Problem, Result, Text};

/// A wish lies within so many days.
const WISHED_WITHIN: u64 = 60;
/// And a visit within so many.
const VISIT_WITHIN: u64 = 90;
/// The states in which somebody is still to come.
pub const LIVE: [GuidanceStatus; 2] = [GuidanceStatus::Open, GuidanceStatus::Assigned];

/// Refuses days that can't be wished for.
pub fn wished(from: NaiveDate, until: NaiveDate, today: NaiveDate) -> Result<()> {
    if from < today {
        let text = Text::new("期望日期不能早于今天。", "The first day lies in the past.");
        return Err(Problem::field("wished_from", "in_the_past", text));
    }
    if until < from {
        let text = Text::new("结束日期不能早于开始日期。", "The last day is before the first.");
        return Err(Problem::field("wished_until", "not_after_start", text));
    }
    within("wished_until", until, today, WISHED_WITHIN)
}

fn within(field: &str, day: NaiveDate, today: NaiveDate, days: u64) -> Result<()> {
    if day <= today + Days::new(days) {
        return Ok(());
    }
    let text = Text::new(format!("请选择{days}天以内的日期。"), format!("At most {days} days ahead."));
    Err(Problem::field(field, "too_far", text))
}

/// Refuses an assignment that names nobody, two, or a day that can't be.
pub fn assigned(body: &GuidanceAssignIn, today: NaiveDate) -> Result<()> {
    if body.centre_id.is_some() == body.staff_id.is_some() {
        let text = Text::new("请选择一个机构或一名经办人，二者只选其一。", "Name a centre or an account, one of them.");
        return Err(Problem::field("centre_id", "one_of", text));
    }
    if body.visit_on.0 < today {
        let text = Text::new("上门日期不能早于今天。", "The day lies in the past.");
        return Err(Problem::field("visit_on", "in_the_past", text));
    }
    if body.handing_over && body.assigned_at.is_none() {
        let text = Text::new("改派时请附上原安排的时间。", "Say which assignment is handed over: its `assigned_at`.");
        return Err(Problem::field("assigned_at", "missing", text));
    }
    within("visit_on", body.visit_on.0, today, VISIT_WITHIN)
}

/// Refuses a day that the family didn't wish for, unless whoever assigns says that it knows.
pub fn within_wish(row: &guidance_requests::Model, day: NaiveDate, confirmed: bool) -> Result<()> {
    if confirmed || (row.wished_from..=row.wished_until).contains(&day) {
        return Ok(());
    }
    let (from, until) = (row.wished_from, row.wished_until);
    let text = Text::new(
        format!("上门日期不在家长期望的{from}至{until}之内；如已与家长另行约定，请确认后再提交。"),
        format!("The family wished for {from} to {until}: say with `confirm` that it knows of another day."),
    );
    Err(Problem::new(Code::ConfirmationRequired).detail(text.clone()).and_field("confirm", "required", text))
}

/// Whether somebody should have come, or have been named, by now.
#[must_use]
pub fn overdue(row: &guidance_requests::Model, today: NaiveDate) -> bool {
    match row.status {
        GuidanceStatus::Open => row.wished_until < today,
        GuidanceStatus::Assigned => row.visit_on.is_some_and(|day| day < today),
        GuidanceStatus::Done | GuidanceStatus::Declined | GuidanceStatus::Withdrawn => false,
    }
}

/// The states from which a request ends so; a centre answers what is assigned to it.
#[must_use]
pub const fn ends_from(outcome: GuidanceOutcome, at_desk: bool) -> &'static [GuidanceStatus] {
    match (outcome, at_desk) {
        (GuidanceOutcome::Declined, false) => &LIVE,
        _ => &[GuidanceStatus::Assigned],
    }
}

/// Nobody has come before the day.
pub fn may_be_done(row: &guidance_requests::Model, outcome: GuidanceOutcome, today: NaiveDate) -> Result<()> {
    if outcome == GuidanceOutcome::Done && row.visit_on.is_some_and(|day| day > today) {
        let text = Text::new("还没到上门日期，不能登记为已完成。", "The day of the visit is still to come.");
        return Err(Problem::new(Code::WrongState).detail(text).fact("state", row.status));
    }
    Ok(())
}

/// Why a step isn't taken: the request isn't as whoever asks thinks.
#[must_use]
pub fn not_so(row: &guidance_requests::Model) -> Problem {
    let text = Text::new(
        format!("该入户指导申请“{}”，请刷新后查看。", row.status.zh()),
        format!("The request is {}; look again.", row.status),
    );
    Problem::new(Code::WrongState).detail(text).fact("state", row.status)
}

/// One at a time.
#[must_use]
pub fn has_one() -> Problem {
    let text = Text::new(
        "孩子已有一个进行中的入户指导申请，请等待安排或先撤回。",
        "The child has a request under way; wait for it or withdraw it.",
    );
    Problem::new(Code::WrongState).detail(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_lie_ahead_in_order_and_not_too_far() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-03-02");
        for (from, until, good) in [
            ("2026-03-02", "2026-03-02", true),
            ("2026-03-01", "2026-03-02", false),
            ("2026-03-05", "2026-03-04", false),
            ("2026-03-05", "2026-05-01", true),
            ("2026-03-05", "2026-05-02", false),
        ] {
            assert_eq!(wished(day(from), day(until), today).is_ok(), good, "{from} {until}");
        }
    }

    #[test]
    fn only_the_bureau_ends_what_nobody_was_named_for() {
        assert!(ends_from(GuidanceOutcome::Declined, false).contains(&GuidanceStatus::Open));
        for (outcome, at_desk) in
            [(GuidanceOutcome::Declined, true), (GuidanceOutcome::Done, false), (GuidanceOutcome::Done, true)]
        {
            assert_eq!(ends_from(outcome, at_desk), [GuidanceStatus::Assigned]);
        }
    }
}
