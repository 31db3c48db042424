use super::{full as full_dates, *};
use entity::{Confirmation, OfferUnit, rosters};

use crate::features::centres::store::Held;
use uuid::Uuid;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rule(band: Band, min: i32, max: i32, per_carer: i32) -> class_rules::Model {
    class_rules::Model {
        band,
        valid_from: date("2019-10-08"),
        min_months: min,
        max_months: max,
        max_places: 20,
        per_carer,
        source: String::new(),
    }
}

fn rules() -> Vec<class_rules::Model> {
    vec![rule(Band::Infant, 6, 12, 3), rule(Band::ToddlerSmall, 12, 24, 5), rule(Band::ToddlerBig, 24, 36, 7)]
}

fn class(band: Band, places: i32, carers: i32) -> classes::Model {
    let id = Uuid::from_u128(1);
    classes::Model {
        id: id.into(),
        centre_id: id.into(),
        name: "班".into(),
        band,
        places,
        carers,
        kept_full_day: 0,
        active: true,
    }
}

fn offer(care_type: CareType, notice: i32) -> offers::Model {
    let id = Uuid::nil();
    offers::Model {
        id: id.into(),
        centre_id: id.into(),
        class_id: id.into(),
        care_type,
        unit: OfferUnit::Day,
        price_fen: entity::Fen(1),
        meals_fen: entity::Fen(0),
        min_minutes: 60,
        notice_minutes: notice,
        horizon_days: 90,
        cutoff_minutes: 0,
        confirmation: Confirmation::Instant,
        active: true,
    }
}

fn stay(day: &str, from: &str, to: &str) -> Stay {
    Stay { date: date(day), from: from.parse().unwrap(), to: to.parse().unwrap() }
}

fn check(stays: &[Stay], birth: &str, band: Band, offer: &offers::Model, now: (&str, &str)) -> Result<(), Unfit> {
    let now = instant_at(date(now.0), now.1.parse().unwrap());
    Case { birth: date(birth), grace: 0, rules: &rules(), stays, now }.check(&class(band, 5, 1), offer)
}

fn code(result: Result<(), Unfit>) -> Option<Code> {
    match result {
        Err(Unfit::Terms(problem)) => Some(problem.code()),
        Err(Unfit::Age(_)) => Some(Code::AgeClassMismatch),
        Ok(()) => None,
    }
}

#[test]
fn a_child_that_outgrows_the_class_is_refused_for_the_dates_past_it() {
    let stays = ["2026-03-09", "2026-03-10", "2026-03-11"].map(|day| stay(day, "08:00", "17:00"));
    let born = |birth| check(&stays, birth, Band::ToddlerSmall, &offer(CareType::FullDay, 0), ("2026-03-01", "08:00"));
    assert!(born("2024-03-12").is_ok());
    match born("2024-03-10") {
        Err(Unfit::Age(dates)) => assert_eq!(dates, ["2026-03-10", "2026-03-11"].map(date)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn care_begins_no_sooner_than_the_notice_allows() {
    let at = |care_type, notice, from, now| {
        let stays = [stay("2026-03-09", from, "17:00")];
        code(check(&stays, "2024-09-09", Band::ToddlerSmall, &offer(care_type, notice), ("2026-03-09", now)))
    };
    assert_eq!(at(CareType::Hourly, 0, "10:00", "10:00"), None);
    assert_eq!(at(CareType::Hourly, 0, "10:00", "10:01"), Some(Code::NoticeTooShort));
    assert_eq!(at(CareType::Hourly, 120, "12:00", "10:00"), None);
    assert_eq!(at(CareType::Hourly, 121, "12:00", "10:00"), Some(Code::NoticeTooShort));
    assert_eq!(at(CareType::Temporary, 0, "10:00", "10:29"), None);
    assert_eq!(at(CareType::Temporary, 0, "10:00", "10:30"), Some(Code::NoticeTooShort));
    assert_eq!(at(CareType::Temporary, 60, "11:00", "10:29"), None);
    assert_eq!(at(CareType::Temporary, 60, "10:00", "10:29"), Some(Code::NoticeTooShort));
}

#[test]
fn the_horizon_counts_days_and_its_last_day_can_be_booked() {
    let on = |day| {
        let stays = [stay("2026-03-09", "08:00", "17:00"), stay(day, "08:00", "17:00")];
        code(check(&stays, "2025-01-01", Band::ToddlerSmall, &offer(CareType::FullDay, 0), ("2026-03-01", "08:00")))
    };
    assert_eq!(on("2026-05-30"), None);
    assert_eq!(on("2026-05-31"), Some(Code::HorizonExceeded));
}

#[test]
fn hourly_care_has_a_minimum_length() {
    let long = |to| {
        let stays = [stay("2026-03-09", "08:00", to)];
        code(check(&stays, "2025-01-01", Band::ToddlerSmall, &offer(CareType::Hourly, 0), ("2026-03-01", "08:00")))
    };
    assert_eq!(long("08:30"), Some(Code::InvalidInput));
    assert_eq!(long("09:00"), None);
}

#[test]
fn a_date_is_full_when_any_half_hour_is() {
    let class = class(Band::ToddlerSmall, 5, 1);
    let held = |from: &str, to: &str, n| Held {
        class_id: class.id,
        date: date("2026-03-09"),
        care_type: CareType::FullDay,
        from_min: from.parse().unwrap(),
        to_min: to.parse().unwrap(),
        n,
        absent: false,
    };
    let grid = Grid::of(vec![held("08:00", "12:00", 3), held("11:00", "17:00", 2)], Vec::new());
    let full = |from, to| full_dates(&grid, &class, &rules(), CareType::Hourly, &[stay("2026-03-09", from, to)]);
    assert!(full("08:00", "11:00").is_empty());
    assert_eq!(full("08:00", "11:30"), [date("2026-03-09")]);
    assert!(full("12:00", "18:00").is_empty());
    assert!(full_dates(&grid, &class, &rules(), CareType::Hourly, &[stay("2026-03-10", "08:00", "18:00")]).is_empty());
}

#[test]
fn a_roster_line_rules_its_date_and_unrostered_hours_are_full() {
    let class = class(Band::ToddlerSmall, 10, 2);
    let line = rosters::Model {
        id: Uuid::nil().into(),
        class_id: class.id,
        date: date("2026-03-09"),
        from_min: "08:00".parse().unwrap(),
        to_min: "12:00".parse().unwrap(),
        carers: 1,
    };
    let grid = Grid::of(Vec::new(), vec![line]);
    let full =
        |from, to| !full_dates(&grid, &class, &rules(), CareType::Hourly, &[stay("2026-03-09", from, to)]).is_empty();
    assert!(!full("08:00", "12:00") && full("08:00", "12:30") && full("07:30", "09:00"));
}
