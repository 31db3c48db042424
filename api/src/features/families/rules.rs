//! Pure rules about children.

use chrono::{Datelike, Months, NaiveDate};
use entity::DocumentKind;

use crate::error::{Problem, Result, Text};

/// Care ends when a child is this old, in completed months (`domain.md`, Classes).
pub const CARE_ENDS_AT_MONTHS: i32 = 36;

/// What staff read in the place of a name that moderation refused or has not passed yet.
pub const UNNAMED: &str = "小朋友";

/// Completed months of life on `day`: 31 January plus one month is the last day of February.
/// Negative before birth.
#[must_use]
pub fn age_months(birth: NaiveDate, day: NaiveDate) -> i32 {
    let months = (day.year() - birth.year()) * 12 + day.month().cast_signed() - birth.month().cast_signed();
    if months <= 0 {
        return if day < birth { -1 } else { 0 };
    }
    let reached = birth.checked_add_months(Months::new(months.cast_unsigned())).is_some_and(|due| due <= day);
    if reached { months } else { months - 1 }
}

/// A birth date that a child in care may have, seen from `today`.
pub fn check_birth_date(birth: NaiveDate, today: NaiveDate) -> Result<()> {
    if birth > today {
        return Err(Problem::field(
            "birth_date",
            "in_the_future",
            Text::new("出生日期不能晚于今天。", "The birth date lies in the future."),
        ));
    }
    if age_months(birth, today) >= CARE_ENDS_AT_MONTHS {
        return Err(Problem::field(
            "birth_date",
            "too_old",
            Text::new(
                "孩子已满36个月，不在托育服务年龄内，可咨询幼儿园入园。",
                "The child is 36 months or older: too old for childcare.",
            ),
        ));
    }
    Ok(())
}

/// A birth date never changes: it decided the class of what was booked and claimed.
pub fn check_same_birth_date(asked: NaiveDate, stored: NaiveDate) -> Result<()> {
    if asked == stored {
        return Ok(());
    }
    Err(Problem::field(
        "birth_date",
        "unchangeable",
        Text::new(
            "出生日期不能修改；如填写有误，请用正确的出生日期重新添加孩子。",
            "The birth date can't be changed: if it is wrong, add the child again with the right one.",
        ),
    ))
}

/// A name as centres see it, all but its ends hidden, so that siblings are told apart: `小明` → `小*`,
/// `陈小明` → `陈*明`. How long it is isn't told.
#[must_use]
pub fn masked(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(String::from).unwrap_or_default();
    match chars.next_back() {
        Some(last) if chars.next().is_some() => format!("{first}*{last}"),
        _ => first + "*",
    }
}

/// A phone number with its middle hidden: `13912341234` → `139****1234`. Of a short one less is shown.
#[must_use]
pub fn masked_phone(phone: &str) -> String {
    let chars: Vec<char> = phone.chars().collect();
    let (head, tail) = if chars.len() >= 11 { (3, 4) } else { (2.min(chars.len() / 3), 2.min(chars.len() / 3)) };
    let shown = |chars: &[char]| chars.iter().collect::<String>();
    format!("{}****{}", shown(&chars[..head]), shown(&chars[chars.len() - tail..]))
}

/// Refuses a number that no document of the kind has: a 台胞证 has eight digits since 2015, one of before ten.
pub fn check_document(kind: DocumentKind, number: &str) -> Result<()> {
    let fits = match kind {
        DocumentKind::MainlandTravelPermit => {
            matches!(number.len(), 8 | 10) && number.bytes().all(|b| b.is_ascii_digit())
        }
    };
    if fits {
        return Ok(());
    }
    Err(Problem::field(
        "number",
        "not_a_number_of_it",
        Text::new("须为台胞证号码：8位数字（旧证10位）。", "Eight digits, or ten of an older permit."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn months_are_completed_on_the_same_day_or_the_last_of_a_shorter_month() {
        for (birth, day, months) in [
            ("2025-01-31", "2025-02-27", 0),
            ("2025-01-31", "2025-02-28", 1),
            ("2024-01-31", "2024-02-28", 0),
            ("2024-01-31", "2024-02-29", 1),
            ("2024-02-29", "2025-02-28", 12),
            ("2025-05-10", "2026-11-09", 17),
            ("2025-05-10", "2026-11-10", 18),
            ("2025-05-10", "2025-05-10", 0),
            ("2025-05-10", "2025-05-09", -1),
        ] {
            assert_eq!(age_months(date(birth), date(day)), months, "{birth} on {day}");
        }
    }

    #[test]
    fn a_child_is_too_old_on_the_day_it_completes_36_months() {
        assert!(check_birth_date(date("2023-11-24"), date("2026-11-23")).is_ok());
        assert!(check_birth_date(date("2023-11-23"), date("2026-11-23")).is_err());
        assert!(check_birth_date(date("2026-11-24"), date("2026-11-23")).is_err());
    }

    #[test]
    fn a_masked_phone_hides_its_middle() {
        assert_eq!(masked_phone("13912341234"), "139****1234");
        assert_eq!(masked_phone("+88691234567"), "+88****4567");
        assert_eq!(masked_phone("5551234"), "55****34");
        assert_eq!(masked_phone("12345"), "1****5");
        assert_eq!(masked_phone(""), "****");
    }

    #[test]
    fn a_masked_name_keeps_only_its_first_character() {
        assert_eq!(masked("小明"), "小*");
        assert_eq!(masked("陈小明"), "陈*明");
        assert_eq!(masked("欧阳小明明"), "欧*明");
        assert_eq!(masked("安"), "安*");
    }
}
