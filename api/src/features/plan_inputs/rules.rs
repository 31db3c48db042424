//! Pure rules of the plan's figures.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{PlanInputCode, plan_inputs};

use crate::error::{Code, Problem, Result, Text};

/// Nothing counted in a country, and no income in fen, is more.
pub const MOST: i64 = 10_000_000_000;

/// What the figure counts, in Chinese.
#[must_use]
pub const fn unit(code: PlanInputCode) -> &'static str {
    use PlanInputCode::{
        Carers, CertifiedCarers, Communities, CommunitiesCovered, Income, Residents, RuralIncome, RuralTownship,
        UnderThrees, Workplaces, WorkplacesWithCare, YearStartPlaces, YearStartPublicPlaces,
    };
    match code {
        Residents | UnderThrees | Carers | CertifiedCarers => "人",
        Income | RuralIncome => "分",
        Workplaces | WorkplacesWithCare | Communities | CommunitiesCovered => "个",
        YearStartPlaces | YearStartPublicPlaces => "个托位",
        RuralTownship => "是或否",
    }
}

/// Whether the figure is a township's; all others are the district's.
#[must_use]
pub const fn of_a_township(code: PlanInputCode) -> bool {
    matches!(code, PlanInputCode::RuralTownship)
}

/// Checks a figure that was given.
pub fn check(code: PlanInputCode, value: i64, as_of: NaiveDate, today: NaiveDate) -> Result<()> {
    let most = if of_a_township(code) { 1 } else { MOST };
    if !(0..=most).contains(&value) {
        let text = Text::new(format!("须为 0 到 {most} 的整数。"), format!("Must be an integer from 0 to {most}."));
        return Err(Problem::field("value", "out_of_range", text));
    }
    if as_of > today {
        let text = Text::new("数据日期不能晚于今天。", "A figure can't be of a day to come.");
        return Err(Problem::field("as_of", "in_the_future", text));
    }
    Ok(())
}

/// Figures of which the first is a part of the second.
const PARTS: [(PlanInputCode, PlanInputCode); 5] = [
    (PlanInputCode::UnderThrees, PlanInputCode::Residents),
    (PlanInputCode::WorkplacesWithCare, PlanInputCode::Workplaces),
    (PlanInputCode::CertifiedCarers, PlanInputCode::Carers),
    (PlanInputCode::CommunitiesCovered, PlanInputCode::Communities),
    (PlanInputCode::YearStartPublicPlaces, PlanInputCode::YearStartPlaces),
];

/// Whether the figure counts only where the program has none of its own: the register of carers, the list of
/// communities, the journal of what centres were.
#[must_use]
pub const fn is_stand_in(code: PlanInputCode) -> bool {
    use PlanInputCode::{
        Carers, CertifiedCarers, Communities, CommunitiesCovered, YearStartPlaces, YearStartPublicPlaces,
    };
    matches!(
        code,
        Carers | CertifiedCarers | Communities | CommunitiesCovered | YearStartPlaces | YearStartPublicPlaces
    )
}

/// Figures of which one is a part of the other, on the first of the days on which it would be more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess<'a> {
    part: &'a plan_inputs::Model,
    whole: &'a plan_inputs::Model,
}

/// Every day on which a part is more than its whole, as both are known at an instant. What holds changes only on
/// days of figures.
fn excesses<'a>(rows: &'a [plan_inputs::Model], code: PlanInputCode, now: DateTime<Utc>) -> Vec<Excess<'a>> {
    let mut found = Vec::new();
    for (part, whole) in PARTS.into_iter().filter(|of| of.0 == code || of.1 == code) {
        let days: BTreeSet<NaiveDate> =
            rows.iter().filter(|row| row.code == part || row.code == whole).map(|row| row.as_of).collect();
        found.extend(days.into_iter().filter_map(|day| {
            let both = in_force(rows, part, "", day, now).zip(in_force(rows, whole, "", day, now));
            both.filter(|(part, whole)| part.value > whole.value).map(|(part, whole)| Excess { part, whole })
        }));
    }
    found
}

/// Refuses figures by which a part would be greater than its whole on any day on which both hold: of a figure that
/// is entered, however late and for whichever day, and of one that is withdrawn. What was so `before` is let be, so
/// that it can be put right step by step.
pub fn check_parts(
    before: &[plan_inputs::Model],
    after: &[plan_inputs::Model],
    code: PlanInputCode,
    now: DateTime<Utc>,
) -> Result<()> {
    let known = excesses(before, code, now);
    let Some(Excess { part, whole }) = excesses(after, code, now).into_iter().find(|of| !known.contains(of)) else {
        return Ok(());
    };
    let text = Text::new(
        format!(
            "“{}”（{}，{}）将大于“{}”（{}，{}）；如其中一项有误，请先更正。",
            part.code.zh(),
            part.as_of,
            part.value,
            whole.code.zh(),
            whole.as_of,
            whole.value
        ),
        format!(
            "`{}` ({} of {}) would be more than `{}` ({} of {}); put that right first.",
            part.code, part.value, part.as_of, whole.code, whole.value, whole.as_of
        ),
    );
    if before.len() == after.len() {
        // Nothing was entered: it is a withdrawal.
        return Err(Problem::new(Code::WrongState).detail(text).fact("reason", "part_above_whole"));
    }
    let word = if part.code == code { "more_than_whole" } else { "less_than_part" };
    Err(Problem::field("value", word, text))
}

/// The figure that counts on a day as it was known at an instant: of the latest day, of these the latest
/// version. One that was withdrawn since had not been yet.
#[must_use]
pub fn in_force<'a>(
    rows: &'a [plan_inputs::Model],
    code: PlanInputCode,
    township: &str,
    day: NaiveDate,
    known_at: DateTime<Utc>,
) -> Option<&'a plan_inputs::Model> {
    rows.iter()
        .filter(|row| row.code == code && row.township == township && row.as_of <= day && row.created_at <= known_at)
        .filter(|row| row.withdrawn_at.is_none_or(|at| at > known_at))
        .max_by_key(|row| (row.as_of, row.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: i32, value: i64, as_of: &str, created: &str, withdrawn: Option<&str>) -> plan_inputs::Model {
        let at = |day: &str| format!("{day}T01:00:00Z").parse::<DateTime<Utc>>().unwrap();
        plan_inputs::Model {
            id: uuid::Uuid::nil().into(),
            code: PlanInputCode::Residents,
            township: String::new(),
            version,
            value,
            as_of: as_of.parse().unwrap(),
            source: "统计公报".to_owned(),
            staff_id: uuid::Uuid::nil().into(),
            created_at: at(created),
            withdrawn_at: withdrawn.map(at),
            withdrawn_by: None,
            withdrawn_reason: None,
        }
    }

    #[test]
    fn a_part_is_never_more_than_its_whole_on_any_day_on_which_both_hold() {
        let now = "2026-09-01T00:00:00Z".parse().unwrap();
        let part = |version, value, day: &str| plan_inputs::Model {
            code: PlanInputCode::UnderThrees,
            ..row(version, value, day, "2025-02-01", None)
        };
        let whole = |version, value, day: &str| row(version, value, day, "2025-02-01", None);
        let check = |before: &[plan_inputs::Model], new: plan_inputs::Model| {
            check_parts(before, &[before, std::slice::from_ref(&new)].concat(), new.code, now).is_ok()
        };
        let rows = [whole(1, 100, "2024-12-31")];
        assert!(check(&rows, part(1, 100, "2024-12-31")));
        assert!(!check(&rows, part(1, 101, "2025-12-31")), "the whole of a day before");
        assert!(!check(&rows, part(1, 101, "2024-12-30")), "it holds on until the whole is known");
        let rows = [part(1, 40, "2026-06-30")];
        assert!(!check(&rows, whole(1, 30, "2026-05-31")), "an older report that comes later");
        assert!(check(&rows, whole(1, 40, "2026-05-31")));
        // Withdrawn, a lower whole of before would hold again.
        let rows = [whole(1, 48, "2024-12-31"), whole(2, 100, "2026-07-31"), part(1, 90, "2026-08-31")];
        let gone =
            [rows[0].clone(), plan_inputs::Model { withdrawn_at: Some(now), ..rows[1].clone() }, rows[2].clone()];
        assert!(check_parts(&rows, &gone, PlanInputCode::Residents, now).is_err());
        // What was wrong before may be put right step by step.
        let wrong = [whole(1, 10, "2024-12-31"), part(1, 40, "2024-12-31")];
        assert!(check(&wrong, part(2, 8, "2025-12-31")) && check(&wrong, whole(2, 50, "2024-12-31")));
    }

    #[test]
    fn the_latest_day_up_to_the_day_counts_and_of_it_the_latest_version_known_then() {
        let rows = [
            row(1, 100, "2024-12-31", "2025-02-01", None),
            row(2, 110, "2025-12-31", "2026-02-01", Some("2026-02-10")),
            row(3, 120, "2025-12-31", "2026-02-12", None),
            // Found in an old yearbook later: of an earlier day, so it doesn't count for the present.
            row(4, 90, "2023-12-31", "2026-03-01", None),
        ];
        let on = |day: &str, known: &str| {
            let known = format!("{known}T12:00:00Z").parse().unwrap();
            in_force(&rows, PlanInputCode::Residents, "", day.parse().unwrap(), known).map(|row| row.value)
        };
        assert_eq!(on("2026-03-02", "2026-03-02"), Some(120));
        assert_eq!(on("2025-06-30", "2026-03-02"), Some(100));
        assert_eq!(on("2024-06-30", "2026-03-02"), Some(90));
        assert_eq!(on("2022-06-30", "2026-03-02"), None);
        assert_eq!(on("2026-02-05", "2026-02-05"), Some(110), "as it was known before it was withdrawn");
        assert_eq!(on("2026-02-05", "2026-02-11"), Some(100), "between withdrawal and the next version");
    }
}
