use super::*;
use crate::platform::clock::instant_at;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn hm(text: &str) -> MinuteOfDay {
    text.parse().unwrap()
}

fn asked(care_type: CareType, start: &str, end: Option<&str>) -> Asked {
    Asked { care_type, start: date(start), end: end.map(date), weekdays: None, half: None, from: None, to: None }
}

/// Open Monday to Friday 07:30–18:00, 2026-03-04 (a Wednesday) only 09:00–11:00.
fn opening(day: NaiveDate) -> Opening {
    match day.weekday().number_from_monday() {
        _ if day == date("2026-03-04") => Opening::Open(hm("09:00"), hm("11:00")),
        1..=5 => Opening::Open(hm("07:30"), hm("18:00")),
        _ => Opening::Closed("休息日".into()),
    }
}

fn expand_at(asked: &Asked, now: &str) -> Result<(Vec<Stay>, Vec<Skip>)> {
    let (day, time) = now.split_once(' ').unwrap();
    let now = instant_at(date(day), hm(time));
    let half = |_, half| match half {
        Half::Morning => (hm("08:00"), hm("12:00")),
        Half::Afternoon => (hm("14:00"), hm("17:30")),
    };
    Wish::of(asked)?.expand(&Timetable { opening: &opening, half: &half }, now)
}

fn expand(asked: &Asked) -> Result<(Vec<Stay>, Vec<Skip>)> {
    expand_at(asked, "2026-01-05 06:00")
}

fn texts(stays: &[Stay]) -> Vec<String> {
    stays.iter().map(|s| format!("{} {}-{}", s.date, s.from, s.to)).collect()
}

fn refusal(asked: &Asked) -> (Code, String) {
    let problem = expand(asked).unwrap_err();
    (problem.code(), problem.fields().next().unwrap_or_default().to_owned())
}

#[test]
fn a_full_day_takes_the_opening_hours_of_each_day_and_lists_closed_days() {
    let (stays, skipped) = expand(&asked(CareType::FullDay, "2026-03-03", Some("2026-03-09"))).unwrap();
    assert_eq!(
        texts(&stays),
        [
            "2026-03-03 07:30-18:00",
            "2026-03-04 09:00-11:00",
            "2026-03-05 07:30-18:00",
            "2026-03-06 07:30-18:00",
            "2026-03-09 07:30-18:00"
        ]
    );
    let skipped: Vec<_> = skipped.iter().map(|s| (s.date.to_string(), s.reason, s.label.as_str())).collect();
    assert_eq!(skipped, [("2026-03-07".into(), "closed", "休息日"), ("2026-03-08".into(), "closed", "休息日")]);
}

#[test]
fn chosen_weekdays_are_kept_and_the_others_are_not_called_skipped() {
    let mut three_weeks = asked(CareType::FullDay, "2026-03-02", Some("2026-03-22"));
    three_weeks.weekdays = Some(vec![1, 3, 6, 3]);
    let (stays, skipped) = expand(&three_weeks).unwrap();
    let days: Vec<_> = stays.iter().map(|s| s.date.to_string()).collect();
    assert_eq!(days, ["2026-03-02", "2026-03-04", "2026-03-09", "2026-03-11", "2026-03-16", "2026-03-18"]);
    assert_eq!(
        skipped.iter().map(|s| s.date).collect::<Vec<_>>(),
        ["2026-03-07", "2026-03-14", "2026-03-21"].map(date)
    );
    three_weeks.weekdays = Some(vec![6, 7]);
    assert_eq!(refusal(&three_weeks).0, Code::CentreClosed);
    // A range that holds none of the weekdays at all.
    let mut monday = asked(CareType::FullDay, "2026-03-02", None);
    monday.weekdays = Some(vec![2]);
    assert_eq!(refusal(&monday).0, Code::CentreClosed);
}

#[test]
fn a_leap_day_and_month_ends_are_days_like_others() {
    let (stays, _) =
        expand_at(&asked(CareType::FullDay, "2028-02-28", Some("2028-03-01")), "2028-01-03 06:00").unwrap();
    assert_eq!(stays.iter().map(|s| s.date).collect::<Vec<_>>(), ["2028-02-28", "2028-02-29", "2028-03-01"].map(date));
    let (stays, _) = expand(&asked(CareType::FullDay, "2026-02-27", Some("2026-03-02"))).unwrap();
    assert_eq!(stays.iter().map(|s| s.date).collect::<Vec<_>>(), ["2026-02-27", "2026-03-02"].map(date));
    let (stays, _) = expand(&asked(CareType::FullDay, "2026-12-31", Some("2027-01-01"))).unwrap();
    assert_eq!(stays.len(), 2);
}

#[test]
fn a_half_day_takes_its_window_where_the_centre_is_open_through_it() {
    let mut morning = asked(CareType::HalfDay, "2026-03-03", Some("2026-03-05"));
    assert_eq!(refusal(&morning), (Code::InvalidInput, "half".into()));
    morning.half = Some(Half::Morning);
    let (stays, skipped) = expand(&morning).unwrap();
    assert_eq!(texts(&stays), ["2026-03-03 08:00-12:00", "2026-03-05 08:00-12:00"]);
    assert_eq!(skipped[0].date, date("2026-03-04"));
    morning.half = Some(Half::Afternoon);
    assert_eq!(texts(&expand(&morning).unwrap().0)[0], "2026-03-03 14:00-17:30");
    let short_day = Asked { start: date("2026-03-04"), end: None, ..morning };
    assert_eq!(refusal(&short_day).0, Code::CentreClosed);
}

#[test]
fn hourly_care_lies_on_the_half_hour_inside_the_opening_hours() {
    let hourly = |from: &str, to: &str| Asked {
        from: Some(hm(from)),
        to: Some(hm(to)),
        ..asked(CareType::Hourly, "2026-03-03", None)
    };
    assert_eq!(texts(&expand(&hourly("09:00", "10:30")).unwrap().0), ["2026-03-03 09:00-10:30"]);
    assert_eq!(texts(&expand(&hourly("07:30", "18:00")).unwrap().0), ["2026-03-03 07:30-18:00"]);
    for (from, to, code, field) in [
        ("07:00", "09:00", Code::CentreClosed, "from"),
        ("17:00", "18:30", Code::CentreClosed, "to"),
        ("09:10", "10:00", Code::InvalidInput, "from"),
        ("09:00", "10:15", Code::InvalidInput, "to"),
        ("10:00", "10:00", Code::InvalidInput, "to"),
        ("11:00", "10:00", Code::InvalidInput, "to"),
    ] {
        assert_eq!(refusal(&hourly(from, to)), (code, field.into()), "{from}-{to}");
    }
    assert_eq!(refusal(&asked(CareType::Hourly, "2026-03-03", None)), (Code::InvalidInput, "from".into()));
    let open_ended = Asked { to: None, ..hourly("09:00", "10:00") };
    assert_eq!(refusal(&open_ended), (Code::InvalidInput, "to".into()));
}

#[test]
fn temporary_care_today_begins_in_the_present_half_hour() {
    let today = asked(CareType::Temporary, "2026-03-03", None);
    let at = |now: &str| expand_at(&today, now).map(|(stays, _)| texts(&stays));
    assert_eq!(at("2026-03-03 06:10").unwrap(), ["2026-03-03 07:30-18:00"]);
    assert_eq!(at("2026-03-03 10:29").unwrap(), ["2026-03-03 10:00-18:00"]);
    assert_eq!(at("2026-03-03 10:30").unwrap(), ["2026-03-03 10:30-18:00"]);
    assert_eq!(at("2026-03-03 17:59").unwrap(), ["2026-03-03 17:30-18:00"]);
    assert_eq!(at("2026-03-03 18:00").unwrap_err().code(), Code::CentreClosed);
    assert_eq!(at("2026-03-02 10:29").unwrap(), ["2026-03-03 07:30-18:00"]);
    let until_noon = Asked { to: Some(hm("12:00")), ..today };
    assert_eq!(texts(&expand_at(&until_noon, "2026-03-03 10:29").unwrap().0), ["2026-03-03 10:00-12:00"]);
}

#[test]
fn temporary_care_takes_at_most_five_consecutive_opening_days() {
    let (stays, skipped) = expand(&asked(CareType::Temporary, "2026-03-05", Some("2026-03-11"))).unwrap();
    assert_eq!((stays.len(), skipped.len()), (5, 2));
    assert_eq!(
        refusal(&asked(CareType::Temporary, "2026-03-05", Some("2026-03-12"))),
        (Code::InvalidInput, "end_date".into())
    );
    let with_gaps =
        Asked { weekdays: Some(vec![1, 3]), ..asked(CareType::Temporary, "2026-03-09", Some("2026-03-11")) };
    assert_eq!(refusal(&with_gaps), (Code::InvalidInput, "weekdays".into()));
}

#[test]
fn fields_that_contradict_are_named() {
    let full = asked(CareType::FullDay, "2026-03-03", Some("2026-03-02"));
    assert_eq!(refusal(&full), (Code::InvalidInput, "end_date".into()));
    let longest = asked(CareType::FullDay, "2026-03-03", Some("2026-06-02"));
    assert!(expand(&longest).is_ok());
    let too_long = asked(CareType::FullDay, "2026-03-03", Some("2026-06-03"));
    assert_eq!(refusal(&too_long), (Code::InvalidInput, "end_date".into()));
    for bad in [vec![], vec![0], vec![8], vec![-1], vec![i64::MIN], vec![i64::MAX], vec![1, 9]] {
        let asked = Asked { weekdays: Some(bad.clone()), ..asked(CareType::FullDay, "2026-03-03", None) };
        assert_eq!(refusal(&asked), (Code::InvalidInput, "weekdays".into()), "{bad:?}");
    }
    let past = asked(CareType::FullDay, "2026-01-04", None);
    assert_eq!(refusal(&past), (Code::NoticeTooShort, "start_date".into()));
}
