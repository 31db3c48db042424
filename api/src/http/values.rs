//! Values of bodies and queries that are checked while they are parsed, so that a handler never
//! sees a bad one. A failure carries its stable word and both texts (see [`super::json`]).

use std::ops::Deref;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type};

use crate::platform::clock::local;

/// Packs a stable word and both texts into a serde error; [`super::json`] takes it apart.
pub(super) fn coded<E: Error>(code: &str, zh: &str, en: &str) -> E {
    E::custom(format_args!("@{code}|{zh}|{en}"))
}

fn checked<'de, D: Deserializer<'de>>(d: D, most: usize, breaks: bool) -> Result<String, D::Error> {
    let raw = String::deserialize(d)?;
    let text = raw.trim();
    if text.chars().any(|c| c.is_control() && !(breaks && matches!(c, '\n' | '\t' | '\r')) || is_invisible(c)) {
        return Err(coded(
            "control_character",
            "含有不可见的控制字符，请删除后重试。",
            "Remove the control characters.",
        ));
    }
    if text.is_empty() {
        return Err(coded("empty", "不能为空。", "Must not be empty."));
    }
    if text.chars().count() > most {
        return Err(coded("too_long", &format!("不能超过{most}个字。"), &format!("At most {most} characters.")));
    }
    Ok(text.to_owned())
}

/// Overrides of text direction, which make a name read as another, and spaces of no width, which
/// make a name that can't be seen.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn text_schema(most: usize) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(most)).into()
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $breaks:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub struct $name<const MOST: usize>(String);

        impl<const MOST: usize> $name<MOST> {
            /// The text itself.
            #[must_use]
            pub fn into_inner(self) -> String { self.0 }
        }
        impl<const MOST: usize> Deref for $name<MOST> {
            type Target = str;
            fn deref(&self) -> &str { &self.0 }
        }
        impl<'de, const MOST: usize> Deserialize<'de> for $name<MOST> {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                checked(d, MOST, $breaks).map(Self)
            }
        }
        impl<const MOST: usize> utoipa::PartialSchema for $name<MOST> {
            fn schema() -> RefOr<Schema> { text_schema(MOST) }
        }
        impl<const MOST: usize> utoipa::ToSchema for $name<MOST> {
            fn name() -> std::borrow::Cow<'static, str> { format!("{}{MOST}", stringify!($name)).into() }
        }
    )*};
}

texts! {
    /// One line of text, trimmed, 1 to `MOST` characters, no control characters.
    Line, false;
    /// Text that may have line breaks, trimmed, 1 to `MOST` characters.
    Paragraph, true;
}

/// A value that must come as a JSON object: serde would also take an array, field by field.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct OnlyMaps<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for OnlyMaps<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Object)
            }
        }
        d.deserialize_map(OnlyMaps(std::marker::PhantomData))
    }
}

/// For an optional member that is an object: `#[serde(default, deserialize_with = "object")]`.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    Option::<Object<T>>::deserialize(d).map(|value| value.map(|Object(value)| value))
}

/// For a member that is an object and must be there: `#[serde(deserialize_with = "the_object")]`.
pub fn the_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<T, D::Error> {
    Object::deserialize(d).map(|Object(value)| value)
}

/// A local date `YYYY-MM-DD`, from 2000 to 2100, so that arithmetic on it never leaves the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub NaiveDate);

impl Deref for Day {
    type Target = NaiveDate;
    fn deref(&self) -> &NaiveDate {
        &self.0
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(s)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use chrono::Datelike as _;
        let text = String::deserialize(d)?;
        match NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
            Ok(date) if text.len() == 10 && (2000..=2100).contains(&date.year()) => Ok(Self(date)),
            _ => Err(coded(
                "not_a_date",
                "须为 2000 至 2100 年间的日期，格式如 2026-03-02。",
                "Must be a date like 2026-03-02.",
            )),
        }
    }
}

impl utoipa::PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .examples([serde_json::json!("2026-03-02")])
            .into()
    }
}
impl utoipa::ToSchema for Day {}

/// An instant at the API: RFC 3339, answered with +08:00, accepted with any offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub DateTime<Utc>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&local(self.0).to_rfc3339_opts(SecondsFormat::AutoSi, false))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use chrono::{Datelike as _, SubsecRound as _};
        match DateTime::parse_from_rfc3339(&String::deserialize(d)?) {
            // The year that it will be answered in, whatever offset it came with.
            Ok(instant) if (2000..=2100).contains(&local(instant.to_utc()).year()) => {
                Ok(Self(instant.to_utc().trunc_subsecs(3)))
            }
            _ => Err(coded(
                "not_an_instant",
                "须为带时区的时刻，格式如 2026-03-02T09:00:00+08:00。",
                "Must be an instant like 2026-03-02T09:00:00+08:00.",
            )),
        }
    }
}

impl utoipa::PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples([serde_json::json!("2026-03-02T09:00:00+08:00")])
            .into()
    }
}
impl utoipa::ToSchema for Moment {}

/// A month `YYYY-MM`, from 2000 to 2100, held as its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub NaiveDate);

impl Month {
    /// The month that a date is in.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        use chrono::Datelike as _;
        Self(date.with_day(1).unwrap_or(date))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use chrono::Datelike as _;
        let text = String::deserialize(d)?;
        match NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d") {
            Ok(date) if text.len() == 7 && (2000..=2100).contains(&date.year()) => Ok(Self(date)),
            _ => Err(coded(
                "not_a_month",
                "须为 2000 至 2100 年间的月份，格式如 2026-03。",
                "Must be a month like 2026-03.",
            )),
        }
    }
}

impl utoipa::PartialSchema for Month {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9]{4}-[0-9]{2}$"))
            .examples([serde_json::json!("2026-03")])
            .into()
    }
}
impl utoipa::ToSchema for Month {}

/// An integer from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Whole<const LEAST: i32, const MOST: i32>(pub i32);

impl<'de, const LEAST: i32, const MOST: i32> Deserialize<'de> for Whole<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(d)?;
        match i32::try_from(number) {
            Ok(number) if (LEAST..=MOST).contains(&number) => Ok(Self(number)),
            _ => Err(coded(
                "out_of_range",
                &format!("须为 {LEAST} 到 {MOST} 的整数。"),
                &format!("Must be an integer from {LEAST} to {MOST}."),
            )),
        }
    }
}

impl<const LEAST: i32, const MOST: i32> utoipa::PartialSchema for Whole<LEAST, MOST> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(LEAST)).maximum(Some(MOST)).into()
    }
}
impl<const LEAST: i32, const MOST: i32> utoipa::ToSchema for Whole<LEAST, MOST> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Whole{LEAST}To{MOST}").into()
    }
}

/// A number of a query, of digits alone: `parse` takes a sign too, which the document doesn't; for
/// `#[serde(default, deserialize_with = "digits")]`.
pub fn digits<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u32>, D::Error> {
    let text = String::deserialize(d)?;
    let is_plain = text.bytes().all(|b| b.is_ascii_digit());
    // Told as every other number that is none.
    is_plain.then(|| text.parse().ok()).flatten().map(Some).ok_or_else(|| D::Error::custom("invalid digit found"))
}

/// A member of a PATCH that tells absent (`None`: stays) from null (`Some(None)`: is removed); for
/// `#[serde(default, deserialize_with = "nullable")]`.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}
