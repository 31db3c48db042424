//! On what terms a class takes a wish: age, notice, horizon, length; and where it is full.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::{Band, CareType, ClassId, MinuteOfDay, class_rules, classes, offers};

use super::stays::{Skip, Stay};
use crate::{
    error::{Code, Problem, Text},
    features::centres::{
        grid::Grid,
        rules::{age_fits, class_rule},
    },
    http::Moment,
    platform::clock::{instant_at, local, minute_of_day},
};

/// Why a class doesn't take a wish.
#[derive(Clone, Debug)]
pub enum Unfit {
    /// Too young or too old on these dates.
    Age(Vec<NaiveDate>),
    /// Another of its terms.
    Terms(Box<Problem>),
}

impl Unfit {
    /// The day left out for it.
    #[must_use]
    pub fn skip(&self, date: NaiveDate) -> Skip {
        let (reason, label) = match self {
            Self::Age(_) => ("age", "孩子当天的月龄不符合班级要求"),
            Self::Terms(problem) => match problem.code() {
                Code::NoticeTooShort => ("too_soon", "已过最晚预约时间"),
                Code::HorizonExceeded => ("too_far", "尚未开放预约"),
                _ => ("terms", "不符合该班级的预约条件"),
            },
        };
        Skip { date, reason, label: label.to_owned() }
    }
}

/// What the terms are checked against.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The child's date of birth.
    pub birth: NaiveDate,
    /// Months past the upper age that the centre allows.
    pub grace: i32,
    /// Ages and ratios.
    pub rules: &'a [class_rules::Model],
    /// Days and hours, in order.
    pub stays: &'a [Stay],
    /// The present.
    pub now: DateTime<Utc>,
}

impl Case<'_> {
    /// The dates on which the child's age doesn't fit the band.
    #[must_use]
    pub fn misfits(&self, band: Band) -> Vec<NaiveDate> {
        let fits =
            |date| class_rule(self.rules, band, date).is_some_and(|rule| age_fits(rule, self.grace, self.birth, date));
        self.stays.iter().map(|stay| stay.date).filter(|date| !fits(*date)).collect()
    }

    /// Checks age, notice, horizon and length for one class.
    pub fn check(&self, class: &classes::Model, offer: &offers::Model) -> Result<(), Unfit> {
        let misfits = self.misfits(class.band);
        if !misfits.is_empty() {
            return Err(Unfit::Age(misfits));
        }
        let (Some(first), Some(last)) = (self.stays.first(), self.stays.last()) else { return Ok(()) };
        let earliest = earliest(offer, self.now);
        if instant_at(first.date, first.from) < earliest {
            return Err(Unfit::Terms(Box::new(too_short(offer.notice_minutes, earliest))));
        }
        let horizon = Days::new(u64::try_from(offer.horizon_days).unwrap_or(0));
        let latest = local(self.now).date_naive() + horizon;
        if last.date > latest {
            let text = Text::new(
                format!("目前只能预约{latest}及以前的日期，请选择更近的日期。"),
                format!("Dates up to {latest} can be booked."),
            );
            let field = if first.date > latest { "start_date" } else { "end_date" };
            return Err(Unfit::Terms(Box::new(
                Problem::new(Code::HorizonExceeded)
                    .detail(text.clone())
                    .and_field(field, "too_far", text)
                    .fact("latest_date", latest),
            )));
        }
        let short = |stay: &Stay| stay.to.0 - stay.from.0 < offer.min_minutes;
        if offer.care_type == CareType::Hourly && self.stays.iter().any(short) {
            let least = offer.min_minutes;
            return Err(Unfit::Terms(Box::new(Problem::field(
                "to",
                "too_short",
                Text::new(
                    format!("计时托至少{least}分钟，请延长时间。"),
                    format!("Hourly care takes at least {least} minutes."),
                ),
            ))));
        }
        Ok(())
    }
}

/// The earliest begin. A temporary visit may begin in the half-hour that has begun.
fn earliest(offer: &offers::Model, now: DateTime<Utc>) -> DateTime<Utc> {
    let earliest = now + TimeDelta::minutes(i64::from(offer.notice_minutes.max(0)));
    if offer.care_type == CareType::Temporary {
        instant_at(local(earliest).date_naive(), minute_of_day(earliest).floor_half_hour())
    } else {
        earliest
    }
}

fn too_short(notice_minutes: i32, earliest: DateTime<Utc>) -> Problem {
    // Care begins on the half-hour.
    let slot = i64::from(MinuteOfDay::SLOT) * 60;
    let earliest =
        DateTime::from_timestamp((earliest.timestamp() + slot - 1).div_euclid(slot) * slot, 0).unwrap_or(earliest);
    let at = local(earliest).format("%Y-%m-%d %H:%M");
    let text = if notice_minutes == 0 {
        Text::new(
            format!("该时段已经开始，请选择{at}或以后开始的时间。"),
            format!("That time has begun: choose care that begins at {at} or later."),
        )
    } else {
        Text::new(
            format!("须提前{}预约，请选择{at}或以后开始的时间。", span_zh(notice_minutes)),
            format!("Book {notice_minutes} minutes ahead: care that begins at {at} or later."),
        )
    };
    Problem::new(Code::NoticeTooShort)
        .detail(text.clone())
        .and_field("start_date", "too_soon", text)
        .fact("earliest", Moment(earliest))
}

/// A span of minutes as people say it.
fn span_zh(minutes: i32) -> String {
    match minutes {
        days if days > 0 && days % (24 * 60) == 0 => format!("{}天", days / (24 * 60)),
        hours if hours > 0 && hours % 60 == 0 => format!("{}小时", hours / 60),
        minutes => format!("{minutes}分钟"),
    }
}

/// Classes made for one age before mixed groups, so that mixed places stay for those who need them.
#[must_use]
pub const fn preference(band: Band) -> u8 {
    match band {
        Band::Infant | Band::ToddlerSmall | Band::ToddlerBig => 0,
        Band::Mixed => 1,
        Band::Family => 2,
    }
}

/// The dates on which one more stay would take the class over its places or its carers, or into those
/// kept for full-day care, at any half-hour (invariant 1).
#[must_use]
pub fn full(
    grid: &Grid,
    class: &classes::Model,
    rules: &[class_rules::Model],
    care: CareType,
    stays: &[Stay],
) -> Vec<NaiveDate> {
    let is_full = |stay: &&Stay| grid.day(class, rules, stay.date).free_through(care, stay.from, stay.to) <= 0;
    stays.iter().filter(is_full).map(|stay| stay.date).collect()
}

/// Of the classes that a child fits nowhere whole: the refusal, with the dates past the class that it is
/// in on the `first` day, or else of the one that fits longest.
#[must_use]
pub fn age_mismatch(
    misfits: &BTreeMap<ClassId, Vec<NaiveDate>>,
    first: Option<NaiveDate>,
    names: &dyn Fn(ClassId) -> String,
) -> Problem {
    let later = |dates: &Vec<NaiveDate>| dates.first().copied() == first;
    let Some((class, dates)) = misfits.iter().min_by_key(|(_, dates)| (later(dates), dates.len())) else {
        return Problem::new(Code::AgeClassMismatch);
    };
    let (name, listed) = (names(*class), listed(dates));
    Problem::new(Code::AgeClassMismatch)
        .detail(
            Text::new(
                format!("孩子在{listed}的月龄不符合“{name}”的要求，请调整日期或选择其他班级。"),
                format!("On {} of these dates the child's age does not fit the class; see `dates`.", dates.len()),
            )
            .keeping(name),
        )
        .fact("dates", dates)
        .fact("class_id", class)
}

/// Up to three dates for people, and how many in all.
#[must_use]
pub fn listed(dates: &[NaiveDate]) -> String {
    let first: Vec<_> = dates.iter().take(3).map(NaiveDate::to_string).collect();
    let first = first.join("、");
    if dates.len() > 3 { format!("{first}等{}天", dates.len()) } else { first }
}

#[cfg(test)]
#[path = "terms_tests.rs"]
mod tests;
