//! Values as people read and write them in a form.

use std::collections::HashMap;

use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDateTime, NaiveTime, SubsecRound as _, Utc};
use entity::{CentreId, Fen, StaffId};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IntoDeserializer as _, value::StringDeserializer},
};

use super::{
    fields::{Choice, Fields},
    shell::{Shell, see},
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        auth::staff,
        centres::all::{AllQuery, all},
    },
    http::{Limit, Moment},
    platform::clock::{instant_at, local},
    state::Ctx,
};

/// Monday first, in both languages.
pub(super) const WEEKDAYS: [(&str, &str); 7] = [
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
];

/// The lines of a field that was ticked more than once.
#[derive(Debug)]
pub(super) struct Lines<T>(pub(super) Vec<T>);

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lines<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let line = |line: &str| {
            let line: StringDeserializer<D::Error> = line.to_owned().into_deserializer();
            T::deserialize(line)
        };
        text.lines().map(line).collect::<std::result::Result<_, _>>().map(Self)
    }
}

/// An instant as a field for date and time has it: the district's time.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalTime(pub(super) DateTime<Utc>);

impl<'de> Deserialize<'de> for LocalTime {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        use chrono::Datelike as _;
        let text = String::deserialize(d)?;
        let read = |format| NaiveDateTime::parse_from_str(&text, format).ok();
        let at = read("%Y-%m-%dT%H:%M").or_else(|| read("%Y-%m-%dT%H:%M:%S%.f"));
        let at = at.filter(|at| (2000..=2100).contains(&at.year())).ok_or_else(|| {
            D::Error::custom(
                "@not_an_instant|须为 2000 至 2100 年间的时间，格式如 2026-03-02T09:00。|Must be like 2026-03-02T09:00.",
            )
        })?;
        let midnight = instant_at(at.date(), entity::MinuteOfDay::hm(0, 0));
        Ok(Self(midnight + at.time().signed_duration_since(NaiveTime::MIN)))
    }
}

/// Yuan with at most two decimals, as fen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Yuan(pub(super) i64);

impl<'de> Deserialize<'de> for Yuan {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        read_yuan(text.trim()).map(Self).ok_or_else(|| {
            D::Error::custom("@out_of_range|须为金额（元），最多两位小数。|Must be yuan with at most two decimals.")
        })
    }
}

/// Yuan as text; nothing if it is none.
pub(super) fn read_yuan(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || part.len() > 2 || !digits(whole) || !digits(part) {
        return None;
    }
    let fen = whole.parse::<i64>().ok()? * 100 + format!("{part:0<2}").parse::<i64>().ok()?;
    Some(if negative { -fen } else { fen })
}

/// Fen as yuan.
pub(super) fn yuan(Fen(fen): Fen) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", fen.unsigned_abs() / 100, fen.unsigned_abs() % 100)
}

/// An instant, to the minute.
pub(super) fn minute(Moment(at): Moment) -> String {
    local(at).format("%Y-%m-%d %H:%M").to_string()
}

/// The same for a field; to the millisecond where it isn't a whole minute, so that a form sent back changes
/// nothing.
pub(super) fn field_time(Moment(at): Moment) -> String {
    let text = local(at).trunc_subsecs(3).format("%Y-%m-%dT%H:%M:%S%.f").to_string();
    text.strip_suffix(":00").map(ToOwned::to_owned).unwrap_or(text)
}

/// A dash for what isn't there.
pub(super) fn dash(text: Option<impl ToString>) -> String {
    text.map_or_else(|| "—".to_owned(), |text| text.to_string())
}

/// A centre's name while it is open, else its id.
pub(super) fn centre_name(ctx: &Ctx, id: CentreId) -> String {
    ctx.catalogue.centre(id).map_or_else(|| id.to_string(), |plan| plan.row.name.clone())
}

/// Centres to choose from, and first of all none of them.
pub(super) fn centres(ctx: &Ctx, first: &str, chosen: Option<CentreId>) -> Result<Vec<Choice>> {
    let found = all(ctx, &AllQuery { limit: Limit(200), ..AllQuery::default() })?.items;
    let choices = found.iter().map(|centre| {
        let row = &centre.row;
        (row.id.to_string(), row.name.clone(), Some(row.id) == chosen)
    });
    let none = (String::new(), first.to_owned(), chosen.is_none());
    let mut choices: Vec<Choice> = std::iter::once(none).chain(choices).collect();
    // One that isn't among them.
    if let Some(id) = chosen.filter(|_| !choices.iter().any(|(.., chosen)| *chosen)) {
        choices.push((id.to_string(), centre_name(ctx, id), true));
    }
    Ok(choices)
}

/// A centre that isn't among those listed, by its id or its whole name.
pub(super) fn other_centre(ctx: &Ctx, typed: &str) -> Result<CentreId> {
    if let Ok(id) = typed.parse() {
        return Ok(id);
    }
    // A part is looked for first: a search takes less than a name may have.
    let part: String = typed.chars().take(40).collect();
    let q = serde_json::from_value(part.into()).ok();
    let found = match q {
        Some(_) => all(ctx, &AllQuery { q, limit: Limit(200), ..AllQuery::default() })?.items,
        None => Vec::new(),
    };
    let mut named = found.iter().filter(|plan| plan.row.name == typed);
    if let (Some(one), None) = (named.next(), named.next()) {
        return Ok(one.row.id);
    }
    Err(Problem::field(
        "other_centre",
        "unknown",
        Text::new(
            "没有找到这家机构：请填写完整名称；有同名机构的，填写机构页上的编号。",
            "No such centre: give its whole name, or the id that its page shows.",
        ),
    ))
}

/// The same as a field of a form.
pub(super) fn with_other_centre(shell: &Shell, fields: Fields) -> Fields {
    fields.text("other_centre", shell.t("或者其他机构", "Or another centre"), "", 60).optional().hint(
        shell.t(
            "名单列出200家，其余填完整名称或编号，以此为准",
            "whole name or id, of more than the 200 listed; it counts",
        ),
    )
}

/// A filter by a centre that isn't among those listed: the page is asked for anew by its id.
pub(super) fn by_other_centre(ctx: &Ctx, shell: &Shell) -> Result<Option<HttpResponse>> {
    let Some(typed) = shell.asked("other_centre") else { return Ok(None) };
    let id = other_centre(ctx, typed.trim())?.to_string();
    Ok(Some(see(&shell.with(&[("centre_id", &id), ("other_centre", "")]), "")))
}

/// What accounts are called.
pub(super) struct Names(HashMap<StaffId, String>);

impl Names {
    /// Of those that a page names.
    pub(super) async fn of(ctx: &Ctx, ids: impl Iterator<Item = StaffId>) -> Result<Self> {
        let mut ids: Vec<StaffId> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(Self(staff::names(ctx, &ids).await?))
    }

    /// One of them; a dash for nobody.
    pub(super) fn get(&self, id: Option<StaffId>) -> String {
        dash(id.map(|id| self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())))
    }
}

/// Yes or no.
pub(super) fn yes(shell: &Shell, yes: bool) -> String {
    shell.t(if yes { "是" } else { "否" }, if yes { "yes" } else { "no" }).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_comes_back_from_its_field_as_it_was() {
        for text in ["2026-03-02T09:00:00+08:00", "2026-06-30T23:59:59+08:00", "2026-06-30T23:59:59.999+08:00"] {
            let at: DateTime<Utc> = text.parse().unwrap();
            let typed: LocalTime = serde_json::from_value(field_time(Moment(at)).into()).unwrap();
            assert_eq!(typed.0, at, "{text}");
        }
        assert!(field_time(Moment("2026-03-02T09:00:00+08:00".parse().unwrap())).ends_with("T09:00"));
    }

    #[test]
    fn yuan_are_read_to_the_fen() {
        for (text, fen) in [("80", Some(8000)), ("80.5", Some(8050)), ("-12.34", Some(-1234)), ("0.07", Some(7))] {
            assert_eq!(read_yuan(text), fen, "{text}");
        }
        for text in ["", "-", ".5", "1.234", "八十", "1e3", "12345678901"] {
            assert_eq!(read_yuan(text), None, "{text}");
        }
        assert_eq!((yuan(Fen(8050)), yuan(Fen(-7))), ("80.50".to_owned(), "-0.07".to_owned()));
    }
}
