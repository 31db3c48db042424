//! Pure rules of the plan's figures.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{PlanInputCode, plan_inputs};

use crate::error::{Problem, Result, Text};

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

/// Refuses a part greater than its whole, as both are known for the day of the new figure; whichever of the
/// two comes second.
pub fn check_parts(
    rows: &[plan_inputs::Model],
    code: PlanInputCode,
    value: i64,
    as_of: NaiveDate,
    now: DateTime<Utc>,
) -> Result<()> {
    let known = |other| in_force(rows, other, "", as_of, now);
    for (part, whole) in PARTS {
        let (other, refused) = if code == part {
            (whole, known(whole).filter(|of| value > of.value))
        } else if code == whole {
            (part, known(part).filter(|of| value < of.value))
        } else {
            continue;
        };
        if let Some(of) = refused {
            let (word, than, en) =
                if code == part { ("more_than_whole", "大于", "more") } else { ("less_than_part", "小于", "less") };
            let text = Text::new(
                format!("不能{than}“{}”（{}，{}）；如该数据有误，请先更正。", other.zh(), of.as_of, of.value),
                format!("Must not be {en} than `{other}` ({} of {}); put that right first.", of.value, of.as_of),
            );
            return Err(Problem::field("value", word, text));
        }
    }
    Ok(())
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
    fn a_part_is_never_more_than_its_whole_whichever_comes_second() {
        let rows = [row(1, 100, "2024-12-31", "2025-02-01", None)];
        let check = |code, value, day: &str| {
            let now = "2026-03-02T12:00:00Z".parse().unwrap();
            check_parts(&rows, code, value, day.parse().unwrap(), now).is_ok()
        };
        assert!(check(PlanInputCode::UnderThrees, 100, "2024-12-31"));
        assert!(!check(PlanInputCode::UnderThrees, 101, "2025-12-31"), "the whole of a day before");
        assert!(check(PlanInputCode::UnderThrees, 101, "2024-12-30"), "no whole is known yet");
        assert!(check(PlanInputCode::Workplaces, 101, "2025-12-31"));
        let rows = [plan_inputs::Model { code: PlanInputCode::UnderThrees, ..rows[0].clone() }];
        let day = "2025-12-31".parse().unwrap();
        let whole = |value| check_parts(&rows, PlanInputCode::Residents, value, day, rows[0].created_at);
        assert!(whole(100).is_ok() && whole(99).is_err());
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
