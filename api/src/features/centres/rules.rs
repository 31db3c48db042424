//! Pure rules about centres: when they are open, whom a class takes, how many it may hold.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use entity::{
    Band, CalendarKind, Half, MinuteOfDay, calendar_days, centre_days, centre_hours, centre_weeks, centres,
    class_rules, rosters,
};

use crate::features::families::rules::age_months;

/// Half-hour slots of a day.
pub const SLOTS: usize = 48;

/// Opening hours of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Open from, to.
    Open(MinuteOfDay, MinuteOfDay),
    /// Closed, and why (Chinese, for people).
    Closed(String),
}

/// A centre's week, Monday first; a day without hours is closed.
pub type Week = [Option<(MinuteOfDay, MinuteOfDay)>; 7];

/// Weekly hours and half-day windows from a date on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekPlan {
    /// The first day they apply to.
    pub valid_from: NaiveDate,
    /// The hours.
    pub week: Week,
    /// `half=morning`.
    pub morning: (MinuteOfDay, MinuteOfDay),
    /// `half=afternoon`.
    pub afternoon: (MinuteOfDay, MinuteOfDay),
}

impl WeekPlan {
    /// From and to of a half.
    #[must_use]
    pub const fn half(&self, half: Half) -> (MinuteOfDay, MinuteOfDay) {
        match half {
            Half::Morning => self.morning,
            Half::Afternoon => self.afternoon,
        }
    }
}

/// A week from weekdays (1, Monday, to 7) with their hours.
#[must_use]
pub fn week(hours: impl IntoIterator<Item = (i32, MinuteOfDay, MinuteOfDay)>) -> Week {
    let mut week = Week::default();
    for (weekday, opens, closes) in hours {
        if let Some(day) = usize::try_from(weekday - 1).ok().and_then(|day| week.get_mut(day)) {
            *day = Some((opens, closes));
        }
    }
    week
}

/// The week of the centre's row, and those that follow it.
#[must_use]
pub fn weeks(row: &centres::Model, hours: &[centre_hours::Model], later: &[centre_weeks::Model]) -> Vec<WeekPlan> {
    let first = WeekPlan {
        valid_from: NaiveDate::MIN,
        week: week(hours.iter().map(|day| (day.weekday, day.opens, day.closes))),
        morning: (row.morning_from, row.morning_to),
        afternoon: (row.afternoon_from, row.afternoon_to),
    };
    let later = later.iter().map(|row| WeekPlan {
        valid_from: row.valid_from,
        week: week(row.hours.0.iter().map(|(weekday, opens, closes)| (i32::from(*weekday), *opens, *closes))),
        morning: (row.morning_from, row.morning_to),
        afternoon: (row.afternoon_from, row.afternoon_to),
    });
    std::iter::once(first).chain(later).collect()
}

/// When a centre is open on `date`. Its own special days go first, then the bureau's calendar
/// (holidays; swapped working days, which take the hours of the weekday they stand for), then the
/// week.
#[must_use]
pub fn opening(
    week: &Week,
    own_days: &BTreeMap<NaiveDate, centre_days::Model>,
    calendar: &BTreeMap<NaiveDate, calendar_days::Model>,
    date: NaiveDate,
) -> Opening {
    if let Some(day) = own_days.get(&date) {
        return match (day.opens, day.closes) {
            (Some(opens), Some(closes)) => Opening::Open(opens, closes),
            _ => Opening::Closed(day.reason.clone()),
        };
    }
    let mut weekday = date.weekday().num_days_from_monday() as usize;
    match calendar.get(&date) {
        Some(day) if day.kind == CalendarKind::Holiday => return Opening::Closed(day.name.clone()),
        Some(calendar_days::Model { works_as: Some(day @ 1..=7), .. }) => {
            weekday = usize::try_from(day - 1).unwrap_or(weekday);
        }
        _ => {}
    }
    match week[weekday] {
        Some((opens, closes)) => Opening::Open(opens, closes),
        None => Opening::Closed("休息日".to_owned()),
    }
}

/// The rule of a band in force on `date`.
#[must_use]
pub fn class_rule(rules: &[class_rules::Model], band: Band, date: NaiveDate) -> Option<&class_rules::Model> {
    rules.iter().filter(|r| r.band == band && r.valid_from <= date).max_by_key(|r| r.valid_from)
}

/// Whether a child may be in a class of this rule on `date`; `grace` months past the upper age.
/// No grace goes past the end of care at 36 months.
#[must_use]
pub fn age_fits(rule: &class_rules::Model, grace: i32, birth: NaiveDate, date: NaiveDate) -> bool {
    let months = age_months(birth, date);
    months >= rule.min_months
        && months < (rule.max_months + grace).min(crate::features::families::rules::CARE_ENDS_AT_MONTHS)
}

/// How many children a class may hold in each half-hour of a date: the places, or what the carers
/// on duty allow, whichever is less. `roster` are the lines of that date; without any the class's
/// standing carers count.
#[must_use]
pub fn capacity(places: i32, standing_carers: i32, per_carer: i32, roster: &[rosters::Model]) -> [i32; SLOTS] {
    std::array::from_fn(|slot| places.min(on_duty(standing_carers, roster, slot) * per_carer))
}

/// The carers on duty in a half-hour: those of the roster's lines that cover it whole, or the
/// standing ones on a date without lines.
#[must_use]
pub fn on_duty(standing_carers: i32, roster: &[rosters::Model], slot: usize) -> i32 {
    if roster.is_empty() {
        return standing_carers;
    }
    let minute = i32::try_from(slot).unwrap_or(0) * MinuteOfDay::SLOT;
    let covers = |line: &&rosters::Model| line.from_min.0 <= minute && minute + MinuteOfDay::SLOT <= line.to_min.0;
    roster.iter().filter(covers).map(|line| line.carers).sum()
}

/// The slots that a stay from `from` to `to` touches.
#[must_use]
pub fn slots(from: MinuteOfDay, to: MinuteOfDay) -> std::ops::Range<usize> {
    let end = (to.0 + MinuteOfDay::SLOT - 1) / MinuteOfDay::SLOT;
    from.slot()..usize::try_from(end).unwrap_or(0).min(SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hm(h: i32, m: i32) -> MinuteOfDay {
        MinuteOfDay::hm(h, m)
    }

    fn line(from: MinuteOfDay, to: MinuteOfDay, carers: i32) -> rosters::Model {
        let id = uuid::Uuid::nil();
        rosters::Model { id: id.into(), class_id: id.into(), date: NaiveDate::MIN, from_min: from, to_min: to, carers }
    }

    #[test]
    fn the_smaller_of_places_and_carers_counts() {
        assert_eq!(capacity(15, 2, 5, &[])[20], 10);
        assert_eq!(capacity(8, 2, 5, &[])[20], 8);
        let roster = [line(hm(8, 0), hm(12, 0), 3), line(hm(10, 0), hm(17, 30), 1)];
        let per_slot = capacity(15, 9, 5, &roster);
        assert_eq!((per_slot[hm(7, 30).slot()], per_slot[hm(8, 0).slot()]), (0, 15));
        assert_eq!((per_slot[hm(12, 0).slot()], per_slot[hm(17, 30).slot()]), (5, 0));
    }

    #[test]
    fn a_stay_takes_every_half_hour_it_touches() {
        assert_eq!(slots(hm(8, 0), hm(9, 0)), 16..18);
        assert_eq!(slots(hm(8, 10), hm(8, 40)), 16..18);
    }

    #[test]
    fn own_days_go_before_the_calendar_and_the_calendar_before_the_week() {
        let open = Some((hm(8, 0), hm(18, 0)));
        let week: Week = [open, open, open, open, Some((hm(8, 0), hm(16, 0))), None, None];
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (saturday, monday, friday) = (date("2026-02-28"), date("2026-03-02"), date("2026-03-06"));
        let calendar = BTreeMap::from([
            (
                saturday,
                calendar_days::Model {
                    date: saturday,
                    kind: CalendarKind::Workday,
                    works_as: Some(5),
                    name: "调休".into(),
                },
            ),
            (
                monday,
                calendar_days::Model {
                    date: monday, kind: CalendarKind::Holiday, works_as: None, name: "节日".into()
                },
            ),
            (
                friday,
                calendar_days::Model {
                    date: friday, kind: CalendarKind::Holiday, works_as: None, name: "节日".into()
                },
            ),
        ]);
        let own = BTreeMap::from([(
            friday,
            centre_days::Model {
                centre_id: uuid::Uuid::nil().into(),
                date: friday,
                opens: Some(hm(9, 0)),
                closes: Some(hm(11, 0)),
                reason: "开放日".into(),
            },
        )]);
        let on = |day| opening(&week, &own, &calendar, day);
        assert_eq!(on(saturday), Opening::Open(hm(8, 0), hm(16, 0)));
        assert_eq!(on(monday), Opening::Closed("节日".into()));
        assert_eq!(on(friday), Opening::Open(hm(9, 0), hm(11, 0)));
        assert!(matches!(on(date("2026-03-08")), Opening::Closed(_)));
    }
}
