//! Pure rules of moderation.

use chrono::TimeDelta;
use entity::ModerationStatus;

use crate::{
    error::{Code, Problem, Result, Text},
    platform::wechat::{Class, Suggest, TextCheck, WeChatError},
};

/// A claimed text is asked about again after so long, should the process have died meanwhile. Longer
/// than WeChat may take with a new token.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);
/// The pause after the first failure; it doubles…
const FIRST_PAUSE_S: i64 = 5;
/// …up to this.
const LONGEST_PAUSE_S: i64 = 600;

/// What to do after a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is decided, or an officer decides; with WeChat's label.
    Becomes(ModerationStatus, Option<i32>),
    /// WeChat is asked again later.
    Again,
}

/// What becomes of a text after WeChat was asked.
#[must_use]
pub fn next(outcome: &Result<TextCheck, WeChatError>) -> Next {
    let label = |label: i64| i32::try_from(label).ok();
    match outcome {
        Ok(TextCheck::Judged(Suggest::Pass, code)) => Next::Becomes(ModerationStatus::Passed, label(*code)),
        Ok(TextCheck::Judged(Suggest::Risky, code)) => Next::Becomes(ModerationStatus::Hidden, label(*code)),
        Ok(TextCheck::Judged(Suggest::Review, code)) => Next::Becomes(ModerationStatus::Review, label(*code)),
        Ok(TextCheck::NotHereLately) => Next::Becomes(ModerationStatus::Review, None),
        Err(error) => match error.class {
            // Asking again is no use: the openid isn't taken, or WeChat won't judge this user.
            Class::Caller | Class::Policy => Next::Becomes(ModerationStatus::Review, None),
            Class::Limited | Class::Pace | Class::Token | Class::Configuration => Next::Again,
        },
    }
}

/// How long to wait after so many failures in a row; `chance` from 0 to 1 spreads replicas and texts
/// over a fifth of it.
#[must_use]
pub fn pause(attempts: i32, chance: f64) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
    let seconds = (FIRST_PAUSE_S << doublings).min(LONGEST_PAUSE_S);
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "at most 600 000 ms")]
    let spread = (seconds as f64 * 200.0 * chance.clamp(0.0, 1.0)) as i64;
    TimeDelta::seconds(seconds) + TimeDelta::milliseconds(spread)
}

/// Whether an officer may pass or refuse a text in this state: anything but what the text has already,
/// or a text that is another by now.
pub fn check_decision(before: ModerationStatus, after: ModerationStatus) -> Result<()> {
    let text = match before {
        ModerationStatus::Stale => Text::new(
            "该内容已被修改或删除，请处理新的版本。",
            "The text was changed or taken away; decide about the new one.",
        ),
        before if before == after => {
            Text::new(format!("该内容当前已是“{}”。", before.zh()), format!("The text is {before} already."))
        }
        _ => return Ok(()),
    };
    Err(Problem::new(Code::WrongState).detail(text).fact("state", before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_ten_minutes_and_are_spread_over_a_fifth() {
        let seconds: Vec<_> = [1, 2, 3, 7, 8, 50, i32::MAX].map(|n| pause(n, 0.0).num_seconds()).to_vec();
        assert_eq!(seconds, [5, 10, 20, 320, 600, 600, 600]);
        assert_eq!(pause(1, 1.0), TimeDelta::seconds(6));
        assert_eq!(pause(0, 0.5), TimeDelta::milliseconds(5500));
    }

    #[test]
    fn only_a_pass_passes() {
        use ModerationStatus::{Hidden, Passed, Review};
        let judged = |suggest| next(&Ok(TextCheck::Judged(suggest, 20001)));
        assert_eq!(judged(Suggest::Pass), Next::Becomes(Passed, Some(20001)));
        assert_eq!(judged(Suggest::Review), Next::Becomes(Review, Some(20001)));
        assert_eq!(judged(Suggest::Risky), Next::Becomes(Hidden, Some(20001)));
        assert_eq!(next(&Ok(TextCheck::NotHereLately)), Next::Becomes(Review, None));
    }

    #[test]
    fn officers_decide_about_any_state_but_the_same_and_a_text_that_is_gone() {
        use ModerationStatus::{Hidden, Passed, Review, Stale, Waiting};
        for (before, after, allowed) in [
            (Review, Passed, true),
            (Waiting, Hidden, true),
            (Hidden, Passed, true),
            (Passed, Hidden, true),
            (Passed, Passed, false),
            (Hidden, Hidden, false),
            (Stale, Passed, false),
        ] {
            assert_eq!(check_decision(before, after).is_ok(), allowed, "{before} {after}");
        }
    }
}
