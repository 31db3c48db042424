//! What may be done with an event and when: functions of values and time.

use chrono::{DateTime, Utc};
use entity::{EventStatus, SignupStatus, events};

use crate::{
    error::{Code, Problem, Result, Text},
    platform::clock::local,
};

/// Where persons come to who sign up now: in, as long as there is room and nobody waits before them.
#[must_use]
pub const fn place(event: &events::Model, persons: i32, waiting: bool) -> SignupStatus {
    if waiting || event.taken + persons > event.places { SignupStatus::Waiting } else { SignupStatus::SignedUp }
}

/// Refuses a sign-up for an event that takes none, or of too many persons.
pub fn may_sign_up(event: &events::Model, persons: i32, now: DateTime<Utc>) -> Result<()> {
    if event.status == EventStatus::Cancelled {
        return Err(state("活动已取消，无法报名。", "The event was cancelled.").fact("state", event.status));
    }
    if now > event.signup_until {
        return Err(state("报名已截止，请关注其他活动。", "Sign-up is over."));
    }
    // A family larger than the event would wait for ever.
    let most = event.persons_max.min(event.places);
    if persons > most {
        let text = Text::new(format!("每个家庭最多 {most} 人参加。"), format!("At most {most} persons of a family."));
        return Err(Problem::field("persons", "too_many", text));
    }
    Ok(())
}

/// Whether nobody comes or stays away any more: it was cancelled, or is over.
#[must_use]
pub fn is_past(event: &events::Model, now: DateTime<Utc>) -> bool {
    event.status == EventStatus::Cancelled || now >= event.ends_at
}

/// Refuses to take a place back once the event is over: who had it, had it.
pub fn may_withdraw(event: &events::Model, now: DateTime<Utc>) -> Result<()> {
    if now < event.ends_at {
        return Ok(());
    }
    Err(state("活动已结束，不能再取消报名。", "The event is over."))
}

/// Refuses to tick somebody off at an event that doesn't take place, or before the day on which it begins;
/// lists written on paper may be entered later.
pub fn may_attend(event: &events::Model, now: DateTime<Utc>) -> Result<()> {
    if event.status != EventStatus::Published {
        let text = "活动未发布或已取消，不能登记到场。";
        return Err(state(text, "The event doesn't take place.").fact("state", event.status));
    }
    if local(now).date_naive() < local(event.starts_at).date_naive() {
        let text = "活动当天才能登记到场。";
        return Err(state(text, "Nobody comes before the day on which it begins.").fact("reason", "too_early"));
    }
    Ok(())
}

/// Refuses to give somebody's place away before the event has begun.
pub fn may_miss(event: &events::Model, now: DateTime<Utc>) -> Result<()> {
    may_attend(event, now)?;
    if now < event.starts_at {
        let text = "活动开始后才能登记未到。";
        return Err(state(text, "Nobody is missing before it begins.").fact("reason", "too_early"));
    }
    Ok(())
}

/// Refuses to let somebody in from the waiting list, at the door, where no place was left free.
pub fn may_come_in(event: &events::Model, persons: i32, now: DateTime<Utc>) -> Result<()> {
    if now < event.starts_at {
        let text = "没有名额的家庭在活动开始后、有名额空出时才能入场。";
        return Err(state(text, "Who waits comes in once it has begun.").fact("reason", "too_early"));
    }
    if event.taken + persons > event.places {
        let text = "没有空出的名额；请先将未到的家庭登记为未到。";
        return Err(state(text, "No place is free: mark who didn't come first.").fact("reason", "full"));
    }
    Ok(())
}

/// Refuses times that don't follow each other.
pub fn times(starts: DateTime<Utc>, ends: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
    if starts >= ends {
        let text = Text::new("结束时间须晚于开始时间。", "It ends after it begins.");
        return Err(Problem::field("ends_at", "not_after_start", text));
    }
    if until > ends {
        let text = Text::new("报名截止时间不能晚于活动结束。", "Sign-up ends before the event does.");
        return Err(Problem::field("signup_until", "after_end", text));
    }
    Ok(())
}

/// Refuses to plan for what is past.
pub fn to_come(field: &'static str, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    if at > now {
        return Ok(());
    }
    Err(Problem::field(field, "past", Text::new("活动时间须晚于现在。", "It must be in the future.")))
}

/// `WRONG_STATE` with what to tell.
pub(super) fn state(zh: &'static str, en: &'static str) -> Problem {
    Problem::new(Code::WrongState).detail(Text::new(zh, en))
}
