//! What a cell says: as people type it, in simplified or traditional characters where it is a word of ours.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{
    columns::{Column, Holds},
    sheet::Line,
};
use crate::{error::Text, platform::hant::spelled};

/// A title without the marks of spreadsheets around it.
pub fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | '＊')).collect()
}

/// The titles of the first line, bare; of a column of ours as we write it.
pub fn titles(head: &Line, columns: &[Column]) -> Vec<String> {
    let ours: Vec<String> = columns.iter().map(|column| bare(column.title)).collect();
    let title = |cell: &String| {
        let title = bare(cell);
        spelled(&title, ours.iter().map(String::as_str)).map_or(title, ToOwned::to_owned)
    };
    head.cells.iter().map(title).collect()
}

/// The lines with the townships as the district writes them.
pub fn with_townships<'a>(lines: &'a [Line], columns: &[Column], known: &[String]) -> Cow<'a, [Line]> {
    let of_ours = columns.iter().find(|column| column.field == "township");
    let place = of_ours
        .zip(lines.first())
        .and_then(|(column, head)| titles(head, columns).iter().position(|title| *title == bare(column.title)));
    let Some(place) = place else { return Cow::Borrowed(lines) };
    let ours = |line: &Line| {
        let cell = line.cells.get(place).filter(|cell| !known.contains(cell))?;
        spelled(cell, known.iter().map(String::as_str))
    };
    let mut spelt = Cow::Borrowed(lines);
    for (at, township) in lines.iter().enumerate().skip(1).filter_map(|(at, line)| Some((at, ours(line)?))) {
        township.clone_into(&mut spelt.to_mut()[at].cells[place]);
    }
    spelt
}

/// What a cell of a column becomes.
pub fn value(cell: &str, holds: Holds) -> Result<Value, (&'static str, Text)> {
    match holds {
        Holds::Text => Ok(json!(cell)),
        Holds::Whole => {
            let not = || ("wrong_type", Text::new("须为整数。", "must be a whole number."));
            cell.parse::<i64>().map(|n| json!(n)).map_err(|_| not())
        }
        Holds::Number => {
            let not = || ("wrong_type", Text::new("须为数字。", "must be a number."));
            cell.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| json!(n)).ok_or_else(not)
        }
        Holds::Yuan => fen(cell).map(|fen| json!(fen)).ok_or_else(|| {
            (
                "wrong_type",
                Text::new("须为以元为单位的金额，最多两位小数。", "must be yuan, with at most two decimals."),
            )
        }),
        Holds::YesNo => match cell {
            "是" | "有" | "true" | "TRUE" | "1" => Ok(json!(true)),
            "否" | "无" | "無" | "false" | "FALSE" | "0" => Ok(json!(false)),
            _ => Err(("unknown_value", Text::new("须填“是”或“否”。", "must be 是 (yes) or 否 (no)."))),
        },
        Holds::Day => day(cell)
            .map(|day| json!(day))
            .ok_or_else(|| ("not_a_date", Text::new("须为日期，如 2026-03-02。", "must be a date like 2026-03-02."))),
        Holds::Word(list) => {
            let list = list();
            let word = spelled(cell, list.iter().map(|(zh, _)| *zh)).unwrap_or(cell);
            let found = list.iter().find(|(zh, known)| *zh == word || *known == word).map(|(_, word)| json!(word));
            found.ok_or_else(|| {
                let all: Vec<&str> = list.iter().map(|(zh, _)| *zh).collect();
                let text = format!("须为以下之一：{}。", all.join("、"));
                let text = Text::new(text, format!("must be one of: {}.", all.join(", ")));
                ("unknown_value", all.into_iter().fold(text, Text::keeping))
            })
        }
    }
}

/// Yuan as typed, exactly.
fn fen(text: &str) -> Option<i64> {
    let text = text.trim_end_matches('元').trim();
    let (yuan, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if yuan.is_empty() || yuan.len() > 12 || decimals.len() > 2 || !digits(yuan) || !digits(decimals) {
        return None;
    }
    let part: i64 = format!("{decimals:0<2}").parse().ok()?;
    Some(yuan.parse::<i64>().ok()? * 100 + part)
}

/// A date as people type it.
fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim_end_matches('日').replace(['年', '月', '/', '.'], "-");
    let mut parts = text.split('-').map(str::trim);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_dates_are_read_as_people_type_them() {
        for (text, expected) in [("2600", 260_000), ("2600.5", 260_050), ("0.05", 5), ("12.00元", 1200)] {
            assert_eq!(fen(text), Some(expected), "{text}");
        }
        for text in ["", "-1", "1.005", "1,000", "二十", "1e3", ".5"] {
            assert_eq!(fen(text), None, "{text}");
        }
        for text in ["2026-03-02", "2026/3/2", "2026年3月2日", "2026.3.2"] {
            assert_eq!(day(text).unwrap().to_string(), "2026-03-02");
        }
        for text in ["26-3-2", "2026-02-30", "3月2日", "2026-3", "2026-3-2-1"] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
