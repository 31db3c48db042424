//! The plan's targets, as the setting `plan_targets` gives them.

use entity::{Comparison, IndicatorCode};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// Values have four decimals: so many parts make 1.
pub const PARTS: i64 = 10_000;

/// Those whose targets are settings of their own features.
const ELSEWHERE: [IndicatorCode; 2] = [IndicatorCode::CommunityCoverage, IndicatorCode::Satisfaction];

/// What an indicator is to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Which.
    pub code: IndicatorCode,
    /// On which side it must be.
    pub comparison: Comparison,
    /// The value × 10 000.
    pub parts: i64,
}

impl Target {
    /// A share that must be reached at least.
    #[must_use]
    pub fn at_least(code: IndicatorCode, share: f64) -> Self {
        Self { code, comparison: Comparison::AtLeast, parts: (share * PARTS as f64).round() as i64 }
    }
}

/// The targets of all indicators but the two that other features have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTargets(pub Vec<Target>);

impl PlanTargets {
    /// Reads `code>=value` and `code<=value`, with spaces between them; each indicator once.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut targets: Vec<Target> = Vec::new();
        for part in text.split_whitespace() {
            let (code, comparison, value) = [(">=", Comparison::AtLeast), ("<=", Comparison::AtMost)]
                .into_iter()
                .find_map(|(sign, comparison)| part.split_once(sign).map(|(code, value)| (code, comparison, value)))
                .ok_or_else(|| format!("`{part}` is not like under2_places>=0.29"))?;
            let code: IndicatorCode = code.parse().map_err(|_| format!("`{code}` is no indicator"))?;
            if ELSEWHERE.contains(&code) {
                return Err(format!("`{code}` has a setting of its own"));
            }
            if targets.iter().any(|target| target.code == code) {
                return Err(format!("`{code}` stands there twice"));
            }
            targets.push(Target { code, comparison, parts: parts(value)? });
        }
        let missing = IndicatorCode::ALL.iter().filter(|code| !ELSEWHERE.contains(code));
        match missing.into_iter().find(|code| targets.iter().all(|target| target.code != **code)) {
            Some(code) => Err(format!("`{code}` has no target")),
            None => Ok(Self(targets)),
        }
    }
}

/// A decimal of at most four places, as parts.
fn parts(value: &str) -> Result<i64, String> {
    let bad = || format!("`{value}` is not a number with at most four decimals");
    let (whole, rest) = value.split_once('.').unwrap_or((value, ""));
    if whole.is_empty() || rest.len() > 4 || !value.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err(bad());
    }
    let whole: i64 = whole.parse().map_err(|_| bad())?;
    let rest: i64 = format!("{rest:0<4}").parse().map_err(|_| bad())?;
    whole.checked_mul(PARTS).map(|whole| whole + rest).filter(|parts| *parts < 1_000_000_000_000).ok_or_else(bad)
}

impl<'de> Deserialize<'de> for PlanTargets {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        assert_eq!(
            ["4.6", "212", "0.35", "1.0001", "0"].map(parts).map(Result::unwrap),
            [46_000, 2_120_000, 3500, 10_001, 0]
        );
        for bad in ["", ".5", "1.23456", "-1", "1e3", "1.2.3", "９"] {
            assert!(parts(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_indicator_is_there_once() {
        assert!(PlanTargets::read("under2_places>=0.29").unwrap_err().contains("no target"));
        assert!(PlanTargets::read("under2_places=0.29").unwrap_err().contains("is not like"));
        assert!(PlanTargets::read("under2_places>=1 under2_places>=1").unwrap_err().contains("twice"));
        assert!(PlanTargets::read("satisfaction>=0.9").unwrap_err().contains("of its own"));
        assert!(PlanTargets::read("gdp>=1").unwrap_err().contains("no indicator"));
    }
}
