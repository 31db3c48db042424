//! A notice as a WeChat message: what its fields show, until when it is worth sending, when to try
//! again. Pure.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{MinuteOfDay, NoticeKind};
use serde_json::{Value as Json, json};

use crate::platform::{
    clock::{instant_at, local, minute_of_day},
    wechat::{
        fields::Value,
        templates::{Shown, Template},
    },
};

/// A message that waited so long tells old news.
const WORTH_FOR: TimeDelta = TimeDelta::hours(24);
/// The first pause after a failure…
const FIRST_PAUSE_S: i64 = 30;
/// …doubles up to this.
const LONGEST_PAUSE_S: i64 = 3600;

/// Until when a notice is worth sending.
#[must_use]
pub fn worth_until(kind: NoticeKind, facts: &Json, now: DateTime<Utc>) -> DateTime<Utc> {
    let usual = now + WORTH_FOR;
    match kind {
        // Till the care begins, till the place goes to another.
        NoticeKind::VisitTomorrow => match (date(facts), minute(facts, "from")) {
            (Some(date), Some(from)) => instant_at(date, from),
            _ => usual,
        },
        // Not beyond the hour at which the event begins.
        NoticeKind::EventPlace | NoticeKind::EventMoved => match (date(facts), minute(facts, "from")) {
            (Some(date), Some(from)) => usual.min(instant_at(date, from)),
            _ => usual,
        },
        NoticeKind::PlaceOffered => facts["offer_until"].as_str().and_then(|at| at.parse().ok()).unwrap_or(usual),
        // Not beyond the voucher's own last day.
        NoticeKind::VoucherExpiring => {
            let ends = date(facts).and_then(|last| last.succ_opt()).map(|day| instant_at(day, MinuteOfDay::hm(0, 0)));
            ends.map_or(now + WORTH_FOR * 3, |ends| ends.min(now + WORTH_FOR * 3))
        }
        _ => usual,
    }
}

/// The pause after the `attempts`-th attempt; `chance` (0 to 1) spreads those that failed together.
#[must_use]
pub fn pause(attempts: i32, chance: f64) -> TimeDelta {
    let doubled = FIRST_PAUSE_S << attempts.clamp(1, 10).saturating_sub(1);
    let seconds = doubled.min(LONGEST_PAUSE_S);
    let spread = 0.75 + 0.5 * chance.clamp(0.0, 1.0);
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "at most 4500 s")]
    TimeDelta::milliseconds((seconds as f64 * spread * 1000.0) as i64)
}

/// The template's fields with what the notice says.
#[must_use]
pub fn fields(template: &Template, kind: NoticeKind, facts: &Json, at: DateTime<Utc>) -> Vec<(String, String)> {
    let filled = template.fields.iter().map(|(field, shown)| {
        let value = value(*shown, kind, facts, at);
        // A field of a type that can't show this: the heading or the day of the notice fits somewhere.
        let otherwise = || field.fit(&Value::Text(kind.zh().to_owned())).or_else(|| field.fit(&written(at)));
        let text = field.fit(&value).or_else(otherwise).unwrap_or_else(|| "0".to_owned());
        (field.name().to_owned(), text)
    });
    filled.collect()
}

fn value(shown: Shown, kind: NoticeKind, facts: &Json, at: DateTime<Utc>) -> Value {
    let text = |name: &str| Value::Text(facts[name].as_str().unwrap_or_default().to_owned());
    match shown {
        Shown::Title => Value::Text(kind.zh().to_owned()),
        Shown::Centre => text("centre_name"),
        Shown::Care => text("care"),
        Shown::When => match (date(facts), minute(facts, "from"), minute(facts, "to")) {
            (Some(date), Some(from), Some(to)) => Value::Span(date, from, to),
            (Some(date), Some(from), None) => Value::Time(date, from),
            (Some(date), ..) => Value::Date(date),
            // Several days, or none.
            (None, ..) => written(at),
        },
        Shown::Until => match facts["offer_until"].as_str().and_then(|until| until.parse().ok()) {
            Some(until) => written(until),
            None => date(facts).map_or_else(|| written(at), Value::Date),
        },
        Shown::Units => Value::Number(facts["units_left"].as_i64().unwrap_or(0)),
        Shown::Note => Value::Text(note(kind).to_owned()),
    }
}

fn written(at: DateTime<Utc>) -> Value {
    Value::Time(local(at).date_naive(), minute_of_day(at))
}

fn date(facts: &Json) -> Option<NaiveDate> {
    facts["date"].as_str()?.parse().ok()
}

fn minute(facts: &Json, name: &str) -> Option<MinuteOfDay> {
    facts[name].as_str()?.parse().ok()
}

/// What to do next, within the 20 characters of a `thing`.
const fn note(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::BookingConfirmed => "请按时送托，如不能来请提前请假",
        NoticeKind::BookingDeclined => "请选择其他日期或机构",
        NoticeKind::BookingLapsed => "请重新预约或选择其他机构",
        NoticeKind::WaitEnded => "请改选其他班级或机构",
        NoticeKind::OfferLapsed => "托位已让给其他家庭",
        NoticeKind::BookingCancelled | NoticeKind::DaysCancelled => "费用不收取，如有疑问请联系机构",
        NoticeKind::PlaceOffered => "请尽快接受，超时将让给其他家庭",
        NoticeKind::VisitTomorrow => "请按时送托，如不能来请提前请假",
        NoticeKind::VoucherExpiring => "请尽快预约使用，过期作废",
        NoticeKind::VoucherClaimed => "请预约托育，到园出示券码",
        NoticeKind::UnitUsed => "如非本人使用，请联系机构",
        NoticeKind::RatingInvitation => "请为今天的托育服务打分",
        NoticeKind::ComplaintAnswered => "请查看答复并告知是否满意",
        NoticeKind::GuidanceAssigned => "请安排家长在家，如不便请及时撤回",
        NoticeKind::GuidanceAnswered => "请在小程序查看答复",
        NoticeKind::EventPlace => "已为您报名，如不能来请及时取消",
        NoticeKind::EventMoved => "请留意新安排，如不能来请取消",
        NoticeKind::EventCancelled => "请关注其他活动",
        NoticeKind::TieProposed | NoticeKind::TieConfirmed => "如不属实，请在小程序提出异议",
        NoticeKind::TieRefused | NoticeKind::TieEnded => "请在小程序“我的关系”查看理由",
    }
}

/// The fields as the bureau sees them.
#[must_use]
pub fn shown(fields: Vec<(String, String)>) -> Json {
    json!(fields.into_iter().collect::<std::collections::BTreeMap<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::wechat::templates::Templates;

    fn now() -> DateTime<Utc> {
        "2026-03-02T18:30:00+08:00".parse().unwrap()
    }

    #[test]
    fn every_kind_fills_every_type_of_field_within_its_limits() {
        let facts = json!({ "centre_name": "洛".repeat(30), "care": "全日托", "date": "2026-03-03", "reason": "停电\n",
            "from": "08:00", "to": "17:00", "offer_until": "2026-03-02T20:00:00+08:00", "units_left": 3 });
        for facts in [facts, json!({}), json!({ "date": "2026-03-03、2026-03-04" })] {
            for kind in NoticeKind::ALL {
                for (_, word) in Shown::ALL {
                    let names = ["thing1", "phrase2", "time3", "date4", "number5", "character_string6", "name7"];
                    let all: Vec<_> = names.iter().map(|name| format!("{name}={word}")).collect();
                    let templates: Templates = format!("{kind}:t:{}", all.join(",")).parse().unwrap();
                    let fields = fields(templates.of(*kind).unwrap(), *kind, &facts, now());
                    let [thing, phrase, time, date, number, string, name] = &fields[..] else { panic!("{fields:?}") };
                    assert!((1..=20).contains(&thing.1.chars().count()), "{thing:?}");
                    assert!((1..=5).contains(&phrase.1.chars().count()), "{phrase:?}");
                    assert!(time.1.contains('年') && date.1.contains('年'), "{time:?} {date:?}");
                    assert!(number.1.parse::<i64>().is_ok(), "{number:?}");
                    assert!(!string.1.is_empty() && string.1.is_ascii(), "{string:?}");
                    assert!((1..=10).contains(&name.1.chars().count()), "{name:?}");
                }
            }
        }
        assert!(NoticeKind::ALL.iter().all(|kind| note(*kind).chars().count() <= 20));
    }

    #[test]
    fn a_message_is_worth_sending_until_what_it_is_about_begins() {
        let until = |kind, facts| local(worth_until(kind, &facts, now())).to_rfc3339();
        let facts = json!({ "date": "2026-03-03", "from": "08:00" });
        assert_eq!(until(NoticeKind::VisitTomorrow, facts), "2026-03-03T08:00:00+08:00");
        let facts = json!({ "offer_until": "2026-03-02T20:00:00+08:00" });
        assert_eq!(until(NoticeKind::PlaceOffered, facts), "2026-03-02T20:00:00+08:00");
        assert_eq!(until(NoticeKind::UnitUsed, json!({})), "2026-03-03T18:30:00+08:00");
    }

    #[test]
    fn pauses_double_up_to_an_hour_and_are_spread() {
        let seconds: Vec<_> = (1..=9).map(|attempt| pause(attempt, 0.5).num_seconds()).collect();
        assert_eq!(seconds, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!((pause(1, 0.0).num_milliseconds(), pause(1, 1.0).num_milliseconds()), (22_500, 37_500));
        assert_eq!(pause(i32::MAX, 0.5).num_seconds(), 3600);
        assert_eq!(pause(0, 0.5).num_seconds(), 30);
    }
}
