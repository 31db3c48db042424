//! Values with units: money, points on the earth, minutes of the day.

use std::{fmt, str::FromStr};

use sea_orm::DeriveValueType;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

/// A text or number that is not a value of its kind; says what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueError(pub &'static str);

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ValueError {}

/// Money in fen (分, 1/100 yuan). `Decimal` is not safe on SQLite, so money is an integer.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    /// The sum, saturating: no price in this system comes near the limit.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This many times the amount.
    #[must_use]
    pub const fn times(self, n: i64) -> Self {
        Self(self.0.saturating_mul(n))
    }

    /// `self × part ÷ whole`, rounded half up, `whole` > 0.
    #[must_use]
    pub const fn share(self, part: i64, whole: i64) -> Self {
        Self((self.0.saturating_mul(part).saturating_mul(2).saturating_add(whole)).div_euclid(whole * 2))
    }
}

impl std::iter::Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self(0), Self::plus)
    }
}

impl utoipa::PartialSchema for Fen {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some("Money in fen (分): 1/100 yuan."))
            .examples([serde_json::json!(12800)])
            .into()
    }
}
impl utoipa::ToSchema for Fen {}

/// A point in WGS-84 degrees, as stored. Other systems are converted where they enter and leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LngLat {
    /// Longitude, degrees east.
    pub lng: f64,
    /// Latitude, degrees north.
    pub lat: f64,
}

/// A minute of the local day, 0 to 1440 (`24:00`, the end of a day); outside it is `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct MinuteOfDay(pub i32);

impl MinuteOfDay {
    /// Minutes in one slot of the grid of places: places are counted by the half-hour.
    pub const SLOT: i32 = 30;

    /// From hours and minutes; the caller vouches for the range.
    #[must_use]
    pub const fn hm(hour: i32, minute: i32) -> Self {
        Self(hour * 60 + minute)
    }

    /// Whether the minute lies on the half-hour.
    #[must_use]
    pub const fn on_the_half_hour(self) -> bool {
        self.0 % Self::SLOT == 0
    }

    /// The half-hour at or before this minute.
    #[must_use]
    pub const fn floor_half_hour(self) -> Self {
        Self(self.0 - self.0 % Self::SLOT)
    }

    /// The index of the half-hour slot that begins here or contains this minute.
    #[must_use]
    pub const fn slot(self) -> usize {
        (self.0 / Self::SLOT) as usize
    }
}

impl fmt::Display for MinuteOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for MinuteOfDay {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let bad = ValueError("expected a time of day HH:MM, 00:00 to 24:00");
        let bytes = text.as_bytes();
        let digit = |i: usize| match bytes.get(i) {
            Some(b) if b.is_ascii_digit() => Ok(i32::from(b - b'0')),
            _ => Err(bad),
        };
        if bytes.len() != 5 || bytes[2] != b':' {
            return Err(bad);
        }
        let (hour, minute) = (digit(0)? * 10 + digit(1)?, digit(3)? * 10 + digit(4)?);
        let value = Self::hm(hour, minute);
        if minute < 60 && value.0 <= 1440 { Ok(value) } else { Err(bad) }
    }
}

impl Serialize for MinuteOfDay {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MinuteOfDay {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

impl utoipa::PartialSchema for MinuteOfDay {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"))
            .description(Some("Local time of day (+08:00), `HH:MM`."))
            .examples([serde_json::json!("08:30")])
            .into()
    }
}
impl utoipa::ToSchema for MinuteOfDay {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_parsed_strictly() {
        assert_eq!("07:30".parse(), Ok(MinuteOfDay::hm(7, 30)));
        assert_eq!("24:00".parse(), Ok(MinuteOfDay(1440)));
        for bad in ["7:30", "07:60", "24:01", "0730", "07:3０", "-1:00", ""] {
            assert!(bad.parse::<MinuteOfDay>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_share_is_rounded_half_up() {
        assert_eq!(Fen(100).share(1, 3), Fen(33));
        assert_eq!(Fen(101).share(1, 2), Fen(51));
        assert_eq!(Fen(0).share(5, 22), Fen(0));
    }
}
