//! Counters of this process for the rules that aren't exact; see [`super::ratelimit`].

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;

use super::ratelimit::Rule;

/// Subjects counted at a time; of more the least used are forgotten.
const MOST: usize = 100_000;
/// The store is told of this part of a limit at a time.
const LOT: u64 = 20;
/// A store that is away is asked again after so long.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Window {
    until: Instant,
    /// What all replicas counted, as far as is known here.
    seen: u64,
    /// Of these not told to the store.
    untold: u64,
    /// The store is being told, or was away: not again before.
    quiet_until: Option<Instant>,
}

/// The counters, shared by the workers.
pub struct Counters {
    windows: Cache<u64, Arc<Mutex<Window>>>,
    hasher: RandomState,
}

impl Default for Counters {
    fn default() -> Self {
        Self { windows: Cache::new(MOST), hasher: RandomState::new() }
    }
}

/// A lot to tell the store of.
pub struct Sync {
    window: Arc<Mutex<Window>>,
    /// How many.
    pub lot: u64,
}

#[expect(clippy::disallowed_methods, reason = "windows run on the machine's own monotonic time, as the store's do")]
fn now() -> Instant {
    Instant::now()
}

fn lock(window: &Mutex<Window>) -> std::sync::MutexGuard<'_, Window> {
    // Nothing in here panics halfway.
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Counters {
    /// Counts one; the count, the time left in the window, and what to tell the store of.
    pub fn count(&self, rule: &Rule, subject: &str) -> (u64, Duration, Option<Sync>) {
        let (now, length) = (now(), Duration::from_secs(rule.seconds));
        let fresh = || Window { until: now + length, seen: 0, untold: 0, quiet_until: None };
        let key = self.hasher.hash_one((rule.name, subject));
        let made =
            self.windows.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Arc::new(Mutex::new(fresh()))));
        let Ok(shared) = made;
        let mut window = lock(&shared);
        if window.until <= now {
            *window = fresh();
        }
        let left = window.until - now;
        if window.seen > rule.most {
            // Refused anyway: nobody need know how often.
            return (window.seen, left, None);
        }
        window.seen += 1;
        window.untold += 1;
        let due = window.untold >= (rule.most / LOT).max(1) && window.quiet_until.is_none_or(|until| until <= now);
        let lot = due.then(|| {
            window.quiet_until = Some(now + length);
            std::mem::take(&mut window.untold)
        });
        let seen = window.seen;
        drop(window);
        (seen, left, lot.map(|lot| Sync { window: shared, lot }))
    }
}

impl Sync {
    /// The store's count of all replicas, and the time left in its window.
    pub fn told(&self, total: u64, left: Duration) {
        let mut window = lock(&self.window);
        window.seen = total + window.untold;
        window.until = now() + left;
        window.quiet_until = None;
    }

    /// The store is away: the lot is told with a later one.
    pub fn failed(&self) {
        let mut window = lock(&self.window);
        window.untold += self.lot;
        window.quiet_until = Some(now() + PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ratelimit::{READ, SCAN};

    #[test]
    fn the_store_is_told_of_lots_and_what_it_knows_counts() {
        let counters = Counters::default();
        let mut lots = vec![];
        for n in 1..=90 {
            let (seen, left, sync) = counters.count(&READ, "a");
            assert!(seen == n && left <= Duration::from_secs(60));
            if let Some(sync) = sync {
                lots.push(n);
                sync.told(n, Duration::from_secs(30));
            }
        }
        assert_eq!(lots, [30, 60, 90]);
        // The store knows of another replica's calls.
        for _ in 0..29 {
            assert!(counters.count(&READ, "a").2.is_none());
        }
        counters.count(&READ, "a").2.unwrap().told(700, Duration::from_secs(30));
        let (seen, left, sync) = counters.count(&READ, "a");
        assert!(seen > READ.most && left <= Duration::from_secs(30) && sync.is_none());
        assert_eq!(counters.count(&READ, "b").0, 1, "another subject");
        assert_eq!(counters.count(&SCAN, "a").0, 1, "another rule");
    }

    #[test]
    fn while_the_store_is_away_each_process_counts_by_itself() {
        let counters = Counters::default();
        let mut told = 0;
        for n in 1..=SCAN.most + 10 {
            let (seen, _, sync) = counters.count(&SCAN, "a");
            assert_eq!(seen, n.min(SCAN.most + 1));
            if let Some(sync) = sync {
                told += 1;
                sync.failed();
            }
        }
        assert_eq!(told, 1, "not asked again at once");
    }

    #[test]
    fn an_ended_window_counts_anew() {
        let counters = Counters::default();
        for _ in 0..30 {
            if let Some(sync) = counters.count(&READ, "a").2 {
                sync.told(601, Duration::ZERO);
            }
        }
        assert_eq!(counters.count(&READ, "a").0, 1);
    }
}
