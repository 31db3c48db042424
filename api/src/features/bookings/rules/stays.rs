//! From a wish to days and hours (`domain.md`, Hours and prices).

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::{CareType, Half, MinuteOfDay};

use crate::{
    error::{Code, Problem, Result, Text},
    features::centres::rules::Opening,
    platform::clock::{local, minute_of_day},
};

/// Days from the first to the last of one booking, at most (assumption).
pub const MOST_DAYS: i64 = 92;
/// Opening days of temporary care, at most.
pub const MOST_TEMPORARY_DAYS: usize = 5;

/// What the family asks for, as sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Form of care.
    pub care_type: CareType,
    /// First day.
    pub start: NaiveDate,
    /// Last day; absent: the first.
    pub end: Option<NaiveDate>,
    /// 1 (Monday) to 7.
    pub weekdays: Option<Vec<i64>>,
    /// Which half of the day.
    pub half: Option<Half>,
    /// From.
    pub from: Option<MinuteOfDay>,
    /// To.
    pub to: Option<MinuteOfDay>,
}

/// A wish whose fields agree with each other.
#[derive(Clone, Debug)]
pub struct Wish {
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
    weekdays: [bool; 7],
    hours: Hours,
}

#[derive(Clone, Copy, Debug)]
enum Hours {
    Opening,
    Half(Half),
    Fixed(MinuteOfDay, MinuteOfDay),
    Temporary(Option<MinuteOfDay>, Option<MinuteOfDay>),
}

/// One day of care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The local date.
    pub date: NaiveDate,
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
}

/// A day in the range that is not part of the booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The local date.
    pub date: NaiveDate,
    /// `closed` or `full`; `age`, `elsewhere`, `too_soon`, `too_far` or `terms` with best effort.
    pub reason: &'static str,
    /// Why, in Chinese.
    pub label: String,
}

/// Opening hours and half-day windows of a centre.
pub struct Timetable<'a> {
    /// When it is open on a date.
    pub opening: &'a dyn Fn(NaiveDate) -> Opening,
    /// From and to of a half on a date.
    pub half: &'a dyn Fn(NaiveDate, Half) -> (MinuteOfDay, MinuteOfDay),
}

fn bad<T>(field: &str, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Result<T> {
    Err(Problem::field(field, code, Text::new(zh.into(), en.into())))
}

impl Wish {
    /// Checks that the fields agree; names the one that doesn't.
    pub fn of(asked: &Asked) -> Result<Self> {
        let (start, end) = (asked.start, asked.end.unwrap_or(asked.start));
        if end < start {
            return bad("end_date", "before_start", "结束日期不能早于开始日期。", "The end lies before the start.");
        }
        if (end - start).num_days() >= MOST_DAYS {
            return bad(
                "end_date",
                "too_long",
                format!("一次最多预约{MOST_DAYS}天，请缩短日期范围后分次预约。"),
                format!("A booking spans at most {MOST_DAYS} days."),
            );
        }
        let weekdays = weekdays(asked.weekdays.as_deref())?;
        for (field, minute) in [("from", asked.from), ("to", asked.to)] {
            if minute.is_some_and(|m| !m.on_the_half_hour()) {
                return bad(field, "off_half_hour", "时间须为整点或半点。", "Times lie on the half-hour.");
            }
        }
        if let (Some(from), Some(to)) = (asked.from, asked.to)
            && from >= to
        {
            return bad("to", "not_after_from", "结束时间须晚于开始时间。", "`to` must be later than `from`.");
        }
        let timed = matches!(asked.care_type, CareType::Hourly | CareType::Temporary);
        let strays = [
            ("half", asked.half.is_some() && asked.care_type != CareType::HalfDay),
            ("from", asked.from.is_some() && !timed),
            ("to", asked.to.is_some() && !timed),
        ];
        if let Some((field, _)) = strays.into_iter().find(|(_, stray)| *stray) {
            let care = asked.care_type;
            return bad(
                field,
                "not_for_this_care",
                format!("{}不能填写{field}，请删除后重试，或改选其他托育形式。", care.zh()),
                format!("{care} takes no `{field}`."),
            );
        }
        let hours = match asked.care_type {
            CareType::FullDay => Hours::Opening,
            CareType::HalfDay => match asked.half {
                Some(half) => Hours::Half(half),
                None => {
                    return bad(
                        "half",
                        "missing",
                        "半日托请选择上午或下午。",
                        "Half-day care needs `half`: morning or afternoon.",
                    );
                }
            },
            CareType::Hourly => match (asked.from, asked.to) {
                (Some(from), Some(to)) => Hours::Fixed(from, to),
                (None, _) => {
                    return bad("from", "missing", "计时托请选择开始时间。", "Hourly care needs `from`.");
                }
                (_, None) => return bad("to", "missing", "计时托请选择结束时间。", "Hourly care needs `to`."),
            },
            CareType::Temporary => Hours::Temporary(asked.from, asked.to),
        };
        Ok(Self { start, end, weekdays, hours })
    }

    /// The days and hours of the wish, and the days of the range that are left out because the
    /// centre is closed. None left is `CENTRE_CLOSED`.
    pub fn expand(&self, timetable: &Timetable<'_>, now: DateTime<Utc>) -> Result<(Vec<Stay>, Vec<Skip>)> {
        let today = local(now).date_naive();
        if self.start < today {
            let text = Text::new("开始日期已过，请选择今天或以后的日期。", "The first day is past.");
            return Err(Problem::new(Code::NoticeTooShort).detail(text.clone()).and_field("start_date", "past", text));
        }
        let (mut stays, mut skipped) = (Vec::new(), Vec::new());
        for date in self.start.iter_days().take_while(|date| *date <= self.end) {
            let chosen = self.weekdays[date.weekday().num_days_from_monday() as usize];
            let (opens, closes) = match (timetable.opening)(date) {
                Opening::Open(opens, closes) => (opens, closes),
                Opening::Closed(label) => {
                    if chosen {
                        skipped.push(Skip { date, reason: "closed", label });
                    }
                    continue;
                }
            };
            if !chosen {
                if matches!(self.hours, Hours::Temporary(..)) {
                    return bad(
                        "weekdays",
                        "not_consecutive",
                        "临时托须为连续的开放日，请不要选择星期。",
                        "Temporary care takes consecutive opening days: leave out `weekdays`.",
                    );
                }
                continue;
            }
            match self.on(date, (opens, closes), timetable, now)? {
                Ok((from, to)) => stays.push(Stay { date, from, to }),
                Err(label) => skipped.push(Skip { date, reason: "closed", label }),
            }
        }
        if matches!(self.hours, Hours::Temporary(..)) && stays.len() > MOST_TEMPORARY_DAYS {
            return bad(
                "end_date",
                "too_long",
                format!("临时托一次最多{MOST_TEMPORARY_DAYS}个开放日，更长时间请预约全日托。"),
                format!("Temporary care takes at most {MOST_TEMPORARY_DAYS} opening days."),
            );
        }
        if stays.is_empty() {
            return Err(nothing_open(&skipped));
        }
        Ok((stays, skipped))
    }

    /// Hours on an opening day; the inner error says why the day is left out.
    fn on(
        &self,
        date: NaiveDate,
        (opens, closes): (MinuteOfDay, MinuteOfDay),
        timetable: &Timetable<'_>,
        now: DateTime<Utc>,
    ) -> Result<std::result::Result<(MinuteOfDay, MinuteOfDay), String>> {
        let inside = |from: MinuteOfDay, to: MinuteOfDay| opens <= from && to <= closes;
        match self.hours {
            Hours::Opening => Ok(Ok((opens, closes))),
            Hours::Half(half) => {
                let (from, to) = (timetable.half)(date, half);
                let label = || format!("{}时段不开放（开放{opens}–{closes}）", half.zh());
                Ok(if inside(from, to) { Ok((from, to)) } else { Err(label()) })
            }
            Hours::Fixed(from, to) => {
                if inside(from, to) {
                    Ok(Ok((from, to)))
                } else {
                    Err(outside_hours(date, from, (opens, closes)))
                }
            }
            Hours::Temporary(from, to) => {
                if !inside(from.unwrap_or(opens), to.unwrap_or(closes)) {
                    return Err(outside_hours(date, from.unwrap_or(opens), (opens, closes)));
                }
                let to = to.unwrap_or(closes);
                let from = from.unwrap_or_else(|| {
                    let present = minute_of_day(now).floor_half_hour();
                    if date == local(now).date_naive() { opens.max(present) } else { opens }
                });
                Ok(if from < to { Ok((from, to)) } else { Err(format!("今天{to}前的时段已过")) })
            }
        }
    }
}

fn weekdays(asked: Option<&[i64]>) -> Result<[bool; 7]> {
    let Some(list) = asked else { return Ok([true; 7]) };
    if list.is_empty() {
        return bad("weekdays", "empty", "请至少选择一个星期几，或不填表示全部开放日。", "Name at least one weekday.");
    }
    let mut chosen = [false; 7];
    for day in list {
        match day.checked_sub(1).and_then(|i| usize::try_from(i).ok()).and_then(|i| chosen.get_mut(i)) {
            Some(slot) => *slot = true,
            None => {
                return bad(
                    "weekdays",
                    "out_of_range",
                    "星期须为 1（周一）到 7（周日）。",
                    "Weekdays run from 1 (Monday) to 7.",
                );
            }
        }
    }
    Ok(chosen)
}

fn outside_hours(date: NaiveDate, from: MinuteOfDay, (opens, closes): (MinuteOfDay, MinuteOfDay)) -> Problem {
    let text = Text::new(
        format!("该机构{date}的开放时间为{opens}–{closes}，请在此时间内选择。"),
        format!("On {date} the centre is open from {opens} to {closes}."),
    );
    let field = if from < opens { "from" } else { "to" };
    Problem::new(Code::CentreClosed)
        .detail(text.clone())
        .and_field(field, "outside_hours", text)
        .fact("dates", [date])
        .fact("hours", serde_json::json!({ "opens": opens, "closes": closes }))
}

fn nothing_open(skipped: &[Skip]) -> Problem {
    let dates: Vec<_> = skipped.iter().map(|skip| skip.date).collect();
    let (field, text) = match skipped.first() {
        Some(skip) => (
            "start_date",
            Text::new(
                format!("该机构在所选日期不开放（{}：{}），请另选日期。", skip.date, skip.label),
                "The centre isn't open on any of these dates.",
            )
            .keeping(skip.label.clone()),
        ),
        None => (
            "weekdays",
            Text::new(
                "所选日期范围内没有您选择的星期，请调整日期或星期。",
                "None of these weekdays lies in the range of dates.",
            ),
        ),
    };
    let problem = Problem::new(Code::CentreClosed).detail(text.clone()).and_field(field, "closed", text);
    problem.fact("dates", dates)
}

#[cfg(test)]
#[path = "stays_tests.rs"]
mod tests;
