//! What counts as a signal and as staying: pure functions of rows.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use entity::{FamilyId, Fen};

use super::funnel_dto::{FunnelBy, FunnelSteps};
use crate::platform::clock::local;

/// A family stayed if its child is in care on its own account within so many days of the first use
/// (issue: 60 days; what "enrolled" means is an assumption, shown in the API's description).
pub const STAYED_WITHIN: Days = Days::new(60);

/// The longest runs of at least `least` instants within `window`: of a run and one that begins in it
/// only the first is given. As index ranges into `times`, which are in order.
#[must_use]
pub fn bursts(times: &[DateTime<Utc>], least: usize, window: TimeDelta) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < times.len() {
        let end = start + times[start..].partition_point(|at| *at - times[start] <= window);
        if end - start >= least.max(1) {
            found.push(start..end);
            start = end;
        } else {
            start += 1;
        }
    }
    found
}

/// Whether so many within a short time are many for who usually gets so many in a whole day.
#[must_use]
pub fn unusual(n: usize, a_day: f64, factor: f64) -> bool {
    n as f64 >= a_day * factor
}

/// A voucher with what became of it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Whose.
    pub family_id: FamilyId,
    /// Where the child lives.
    pub township: String,
    /// When it was claimed.
    pub claimed_at: DateTime<Utc>,
    /// Days redeemed, net of reversals.
    pub used_on: Vec<NaiveDate>,
    /// Whether all units are used.
    pub fully_used: bool,
    /// Worth of the units used.
    pub cost: Fen,
    /// Days on which the child was in care and no voucher paid.
    pub own_days: Vec<NaiveDate>,
}

impl Trial {
    /// Whether the child was in care on its own account soon after its first use.
    #[must_use]
    pub fn stayed(&self) -> bool {
        self.used_on
            .iter()
            .min()
            .is_some_and(|first| self.own_days.iter().any(|day| first < day && *day <= *first + STAYED_WITHIN))
    }

    fn key(&self, by: FunnelBy) -> String {
        match by {
            FunnelBy::Township => self.township.clone(),
            FunnelBy::Week => {
                let day = local(self.claimed_at).date_naive();
                let monday = day - Days::new(day.weekday().num_days_from_monday().into());
                monday.to_string()
            }
        }
    }
}

/// Adds vouchers up, without keeping them.
#[derive(Debug, Default)]
pub struct Funnel {
    by: FunnelBy,
    total: Sums,
    groups: BTreeMap<String, Sums>,
}

#[derive(Debug, Default)]
struct Sums {
    steps: FunnelSteps,
    stayed: HashSet<FamilyId>,
}

impl Sums {
    fn add(&mut self, trial: &Trial) {
        let stayed = trial.stayed();
        self.steps.claimed += 1;
        self.steps.first_used += i64::from(!trial.used_on.is_empty());
        self.steps.fully_used += i64::from(trial.fully_used);
        self.steps.enrolled += i64::from(stayed);
        self.steps.cost_fen += trial.cost.0;
        if stayed {
            self.stayed.insert(trial.family_id);
        }
    }

    fn steps(&self) -> FunnelSteps {
        let families_stayed = i64::try_from(self.stayed.len()).unwrap_or(i64::MAX);
        let cost_per_family_fen = (families_stayed > 0).then(|| {
            // Rounded half up.
            (2 * self.steps.cost_fen + families_stayed) / (2 * families_stayed)
        });
        FunnelSteps { families_stayed, cost_per_family_fen, ..self.steps }
    }
}

impl Funnel {
    /// Nothing yet.
    #[must_use]
    pub fn by(by: FunnelBy) -> Self {
        Self { by, ..Self::default() }
    }

    /// One more voucher.
    pub fn add(&mut self, trial: &Trial) {
        self.total.add(trial);
        self.groups.entry(trial.key(self.by)).or_default().add(trial);
    }

    /// The sums: of all, and of the groups by key.
    #[must_use]
    pub fn sums(&self) -> (FunnelSteps, Vec<(String, FunnelSteps)>) {
        (self.total.steps(), self.groups.iter().map(|(key, sums)| (key.clone(), sums.steps())).collect())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_burst_is_enough_scans_within_the_window_and_counts_once() {
        let at = |seconds: &[i64]| -> Vec<DateTime<Utc>> {
            seconds.iter().map(|s| DateTime::from_timestamp(1_800_000_000 + s, 0).unwrap()).collect()
        };
        let window = TimeDelta::seconds(60);
        assert_eq!(bursts(&at(&[0, 10, 20, 30]), 4, window).first(), Some(&(0..4)));
        assert_eq!(bursts(&at(&[0, 10, 20, 61]), 4, window), Vec::<std::ops::Range<usize>>::new());
        assert_eq!(bursts(&at(&[0, 30, 60, 90, 120, 500, 501, 502]), 3, window), [0..3, 5..8]);
        assert_eq!(bursts(&at(&[]), 3, window), Vec::<std::ops::Range<usize>>::new());
    }

    #[test]
    fn what_is_many_depends_on_what_is_usual() {
        assert!(unusual(8, 0.0, 3.0) && unusual(9, 3.0, 3.0));
        assert!(!unusual(8, 3.0, 3.0));
    }

    fn trial(family: u128, used: &[&str], own: &[&str]) -> Trial {
        Trial {
            family_id: Uuid::from_u128(family).into(),
            township: "洛阳镇".to_owned(),
            claimed_at: "2026-03-01T16:30:00Z".parse().unwrap(),
            used_on: used.iter().map(|text| day(text)).collect(),
            fully_used: used.len() == 2,
            cost: Fen(5000 * i64::try_from(used.len()).unwrap()),
            own_days: own.iter().map(|text| day(text)).collect(),
        }
    }

    #[test]
    fn a_family_stayed_if_its_child_came_on_its_own_account_within_sixty_days() {
        let stayed = |own: &[&str]| trial(1, &["2026-03-04", "2026-03-02"], own).stayed();
        assert!(stayed(&["2026-03-05"]) && stayed(&["2026-05-01"]));
        assert!(!stayed(&[]) && !stayed(&["2026-03-02"]) && !stayed(&["2026-02-01"]) && !stayed(&["2026-05-02"]));
        assert!(!trial(1, &[], &["2026-03-05"]).stayed());
    }

    #[test]
    fn the_cost_is_shared_by_the_families_that_stayed() {
        let mut funnel = Funnel::by(FunnelBy::Week);
        for trial in [
            trial(1, &["2026-03-02", "2026-03-03"], &["2026-03-05"]),
            trial(1, &["2026-03-02"], &["2026-03-05"]),
            trial(2, &["2026-03-02"], &["2026-03-06"]),
            trial(3, &["2026-03-02"], &[]),
            trial(4, &[], &[]),
        ] {
            funnel.add(&trial);
        }
        let (total, groups) = funnel.sums();
        let expected = FunnelSteps {
            claimed: 5,
            first_used: 4,
            fully_used: 1,
            enrolled: 3,
            families_stayed: 2,
            cost_fen: 25_000,
            cost_per_family_fen: Some(12_500),
        };
        assert_eq!(total, expected);
        // Claimed at half past midnight on Monday, local time.
        assert_eq!(groups, [("2026-03-02".to_owned(), expected)]);
    }
}
