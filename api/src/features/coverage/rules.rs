//! Who is covered: pure functions of ways and figures.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{Admits, CentreId, CentreKind, CommunityId, Filed, LngLat};

use sea_orm::FromQueryResult;

use super::{figures_dto::CoverageFigures, store::Community};
use crate::{
    error::{Problem, Result, Text},
    platform::walking::WayMethod,
};

/// The circle of the plan (15分钟托育服务圈).
pub const CIRCLE_MINUTES: u32 = 15;
/// Ways longer than this aren't kept.
pub const MOST_MINUTES: u32 = 30;
/// No way that is short enough.
pub const FAR: u16 = u16::MAX;

/// A centre as the coverage knows it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Centre {
    /// Its id.
    pub id: CentreId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: CentreKind,
    /// How far its filing is.
    pub filed: Filed,
    /// Whom it takes.
    pub admits: Admits,
    /// Recognised as inclusive from…
    pub inclusive_from: Option<NaiveDate>,
    /// …until.
    pub inclusive_until: Option<NaiveDate>,
    /// Where it is, WGS-84 degrees.
    pub lng: f64,
    /// …and its latitude.
    pub lat: f64,
}

impl Centre {
    /// Where it is, WGS-84.
    #[must_use]
    pub const fn location(&self) -> LngLat {
        LngLat { lng: self.lng, lat: self.lat }
    }
}

/// Which centres count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which {
    /// Recognised as inclusive, or not.
    pub inclusive: Option<bool>,
    /// Of this kind.
    pub kind: Option<CentreKind>,
    /// Filed, or not; filed if not said.
    pub filed: Option<bool>,
}

impl Which {
    /// Whether a centre counts on a day. One that takes its employer's staff only covers no community
    /// (assumption).
    #[must_use]
    pub fn counts(&self, centre: &Centre, today: NaiveDate) -> bool {
        let inclusive = centre.inclusive_from.is_some_and(|from| from <= today)
            && centre.inclusive_until.is_none_or(|until| today <= until);
        centre.admits != Admits::OwnStaff
            && (centre.filed == Filed::Filed) == self.filed.unwrap_or(true)
            && self.kind.is_none_or(|kind| centre.kind == kind)
            && self.inclusive.is_none_or(|asked| inclusive == asked)
    }
}

/// The minutes asked for.
pub fn minutes(asked: Option<u32>) -> Result<u32> {
    match asked.unwrap_or(CIRCLE_MINUTES) {
        minutes @ 1..=MOST_MINUTES => Ok(minutes),
        _ => Err(Problem::field(
            "minutes",
            "out_of_range",
            Text::new(
                format!("步行时间须为 1 到 {MOST_MINUTES} 分钟。"),
                format!("minutes must be from 1 to {MOST_MINUTES}."),
            ),
        )),
    }
}

/// What is wrong with the day of figures, if anything: it is still to come, which the plan's figures may not be
/// either, or older than that of the stored ones. A stored day to come, of when such were taken, refuses
/// nothing.
#[must_use]
pub fn day_flaw(as_of: NaiveDate, stored: Option<NaiveDate>, today: NaiveDate) -> Option<(&'static str, Text)> {
    if as_of > today {
        return Some(("in_the_future", Text::new("数据日期不能晚于今天。", "figures can't be of a day to come.")));
    }
    let stored = stored.filter(|stored| (as_of..=today).contains(stored) && *stored != as_of)?;
    let text = Text::new(
        format!("早于已有数据的日期 {stored}，不能用旧数据覆盖新数据。"),
        format!("older than the stored figures of {stored}."),
    );
    Some(("too_old", text))
}

/// Ways between one centre and the samples of one community.
#[derive(Clone, Debug)]
pub struct Ways {
    /// The centre.
    pub centre: CentreId,
    /// Seconds each sample; [`FAR`] where no way is short enough.
    pub seconds: Vec<u16>,
    /// By estimate, not on the street network.
    pub estimated: bool,
}

/// Communities, centres and the ways between them, as they were read.
pub struct World {
    /// Communities that are, by code.
    pub communities: Vec<Community>,
    /// Active centres.
    pub centres: HashMap<CentreId, Centre>,
    /// Ways to each community.
    pub ways: HashMap<CommunityId, Vec<Ways>>,
    /// How the ways of centres were reckoned, of those that lie near some community: also of one that none is
    /// short enough from, of which [`Self::ways`] knows nothing.
    pub reckoned: HashMap<CentreId, WayMethod>,
}

/// How much of a community lies inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Samples inside.
    pub inside: i64,
    /// All samples.
    pub samples: i64,
}

impl Cover {
    /// Of the shortest way of each sample.
    #[must_use]
    pub fn of(best: &[u16], minutes: u32) -> Self {
        let inside = best.iter().filter(|seconds| u32::from(**seconds) <= minutes * 60).count();
        Self { inside: inside as i64, samples: best.len() as i64 }
    }

    /// Share inside, 0 to 1.
    #[must_use]
    pub fn share(self) -> f64 {
        if self.samples == 0 { 0.0 } else { self.inside as f64 / self.samples as f64 }
    }

    /// Whether that is enough.
    #[must_use]
    pub fn is_enough(self, share: f64) -> bool {
        self.inside > 0 && self.share() >= share
    }

    /// Of so many people those inside, to whole people, half up: sums of groups are the total.
    #[must_use]
    pub fn people(self, all: i64) -> i64 {
        if self.samples == 0 { 0 } else { (2 * all * self.inside + self.samples) / (2 * self.samples) }
    }
}

impl World {
    /// The centres that count.
    #[must_use]
    pub fn counting(&self, which: Which, today: NaiveDate) -> HashSet<CentreId> {
        self.centres.values().filter(|centre| which.counts(centre, today)).map(|centre| centre.id).collect()
    }

    /// The shortest way of each sample of a community from some centres.
    #[must_use]
    pub fn best(&self, community: &Community, centres: &HashSet<CentreId>) -> Vec<u16> {
        let mut best = vec![FAR; usize::try_from(community.samples_n).unwrap_or(0)];
        for ways in self.ways.get(&community.id).into_iter().flatten() {
            if centres.contains(&ways.centre) {
                shorten(&mut best, &ways.seconds);
            }
        }
        best
    }

    /// Whether any of the ways from some centres was estimated, be they short enough or not.
    #[must_use]
    pub fn any_estimated(&self, centres: &HashSet<CentreId>) -> bool {
        centres.iter().any(|centre| self.reckoned.get(centre) == Some(&WayMethod::Estimate))
            || self.ways.values().flatten().any(|ways| ways.estimated && centres.contains(&ways.centre))
    }
}

/// Keeps the shorter of two ways, sample by sample.
pub fn shorten(best: &mut [u16], other: &[u16]) {
    for (best, other) in best.iter_mut().zip(other) {
        *best = (*best).min(*other);
    }
}

/// Sums over communities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    communities: i64,
    covered: i64,
    under3: i64,
    under3_covered: i64,
    under3_unknown: i64,
}

impl Sums {
    /// Adds a community.
    pub fn add(&mut self, community: &Community, cover: Cover, share: f64) {
        self.communities += 1;
        self.covered += i64::from(cover.is_enough(share));
        match community.under3 {
            Some(under3) => {
                self.under3 += i64::from(under3);
                self.under3_covered += cover.people(under3.into());
            }
            None => self.under3_unknown += 1,
        }
    }

    /// What these have more than others: communities covered, under-threes inside.
    #[must_use]
    pub const fn gain_over(&self, before: &Self) -> (i64, i64) {
        (self.covered - before.covered, self.under3_covered - before.under3_covered)
    }

    /// As figures, against a target.
    #[must_use]
    pub fn figures(&self, target: f64) -> CoverageFigures {
        let Self { communities, covered, under3, under3_covered, under3_unknown } = *self;
        CoverageFigures {
            communities,
            covered,
            rate: rate(covered, communities),
            // Of the whole numbers: a rounded rate may reach what they don't.
            met: (communities > 0).then_some(covered as f64 >= target * communities as f64),
            under3,
            under3_covered,
            under3_rate: rate(under3_covered, under3),
            under3_unknown,
        }
    }
}

fn rate(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| rounded(part as f64 / whole as f64))
}

/// Four decimals.
#[must_use]
pub fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_counted_in_samples_and_people_in_whole_people() {
        let cover = Cover::of(&[0, 300, 900, 901, FAR], 15);
        assert_eq!(cover, Cover { inside: 3, samples: 5 });
        assert!((cover.share() - 0.6).abs() < 1e-12);
        assert!(cover.is_enough(0.5) && cover.is_enough(0.6) && !cover.is_enough(0.61));
        assert_eq!((cover.people(10), cover.people(11), cover.people(0)), (6, 7, 0));
        let none = Cover::of(&[], 15);
        assert!(none.share() == 0.0 && none.people(10) == 0 && !none.is_enough(0.0));
    }

    #[test]
    fn a_target_of_six_tenths_is_met_by_three_of_five() {
        let figures = Sums { communities: 5, covered: 3, ..Sums::default() }.figures(0.6);
        assert_eq!((figures.rate, figures.met), (Some(0.6), Some(true)));
        assert_eq!(Sums { communities: 7, covered: 4, ..Sums::default() }.figures(0.6).met, Some(false));
        assert_eq!((Sums::default().figures(0.6).rate, Sums::default().figures(0.6).met), (None, None));
        // 59.9999 % rounds to 0.6 and isn't.
        let nearly = Sums { communities: 100_001, covered: 60_000, ..Sums::default() }.figures(0.6);
        assert_eq!((nearly.rate, nearly.met), (Some(0.6), Some(false)));
    }
}
