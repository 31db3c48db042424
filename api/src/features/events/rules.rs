//! What may be done with an event and when: functions of values and time.

use chrono::{DateTime, Utc};
use entity::{EventStatus, SignupStatus, events};

use crate::error::{Code, Problem, Result, Text};

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
    if persons > event.persons_max {
        let most = event.persons_max;
        let text = Text::new(format!("每个家庭最多 {most} 人参加。"), format!("At most {most} persons of a family."));
        return Err(Problem::field("persons", "too_many", text));
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

/// `WRONG_STATE` with what to tell.
pub(super) fn state(zh: &'static str, en: &'static str) -> Problem {
    Problem::new(Code::WrongState).detail(Text::new(zh, en))
}
