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
const LOT: u64 = 40;
/// A store that is away is asked again after so long.
const PAUSE: Duration = Duration::from_secs(1);
/// Ends of one window, as two answers of the store tell them, differ by less.
const SAME: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Window {
    until: Instant,
    /// What all replicas counted, as far as is known here.
    seen: u64,
    /// Of these not told to the store.
    untold: u64,
    /// Of these told to the store, which hasn't answered yet.
    unanswered: u64,
    /// The store was away: not asked again before.
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
    answered: bool,
}

/// Whether the store is to be told.
pub enum Tell {
    /// Not now.
    Nothing,
    /// Beside the request.
    Beside(Sync),
    /// Before the request goes on: a burst has outrun the store by two lots, and whoever doesn't wait for
    /// it would let the whole limit through on each replica.
    First(Sync),
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
    pub fn count(&self, rule: &Rule, subject: &str) -> (u64, Duration, Tell) {
        let (now, length) = (now(), Duration::from_secs(rule.seconds));
        let fresh = || Window { until: now + length, seen: 0, untold: 0, unanswered: 0, quiet_until: None };
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
            return (window.seen, left, Tell::Nothing);
        }
        window.seen += 1;
        window.untold += 1;
        let (seen, lot) = (window.seen, (rule.most / LOT).max(1));
        let asked = window.quiet_until.is_none_or(|until| until <= now);
        let first = window.unanswered + window.untold > 2 * lot;
        if !asked || !(first || (window.untold >= lot && window.unanswered == 0)) {
            return (seen, left, Tell::Nothing);
        }
        let lot = std::mem::take(&mut window.untold);
        window.unanswered += lot;
        drop(window);
        let sync = Sync { window: shared, lot, answered: false };
        (seen, left, if first { Tell::First(sync) } else { Tell::Beside(sync) })
    }
}

impl Sync {
    /// The store's count of all replicas, and the time left in its window.
    pub fn told(mut self, total: u64, left: Duration) {
        self.answered = true;
        let mut window = lock(&self.window);
        window.unanswered = window.unanswered.saturating_sub(self.lot);
        let (until, known) = (now() + left, total + window.untold);
        // Answers may cross: within a window the highest is the latest. The store's next window begins anew.
        let next = until > window.until + SAME;
        window.seen = if next { known } else { window.seen.max(known) };
        window.until = until;
        window.quiet_until = None;
    }

    /// The store is away: the lot is told with a later one, and until then this process counts alone.
    pub fn failed(self) {
        let window = Arc::clone(&self.window);
        drop(self);
        lock(&window).quiet_until = Some(now() + PAUSE);
    }
}

impl Drop for Sync {
    /// Nobody was told: the request was given up, or the store is away.
    fn drop(&mut self) {
        if !self.answered {
            let mut window = lock(&self.window);
            window.untold += self.lot;
            window.unanswered = window.unanswered.saturating_sub(self.lot);
        }
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
            if let Tell::Beside(sync) = sync {
                lots.push(n);
                sync.told(n, Duration::from_secs(30));
            }
        }
        assert_eq!(lots, [15, 30, 45, 60, 75, 90]);
        // The store knows of another replica's calls.
        for _ in 0..14 {
            assert!(matches!(counters.count(&READ, "a").2, Tell::Nothing));
        }
        beside(&counters).told(700, Duration::from_secs(30));
        let (seen, left, sync) = counters.count(&READ, "a");
        assert!(seen > READ.most && left <= Duration::from_secs(30) && matches!(sync, Tell::Nothing));
        assert_eq!(counters.count(&READ, "b").0, 1, "another subject");
        assert_eq!(counters.count(&SCAN, "a").0, 1, "another rule");
    }

    /// The next lot of reads.
    fn beside(counters: &Counters) -> Sync {
        loop {
            match counters.count(&READ, "a").2 {
                Tell::Beside(sync) => return sync,
                Tell::First(_) => panic!("a lot is under way"),
                Tell::Nothing => {}
            }
        }
    }

    #[test]
    fn a_burst_that_outruns_the_store_waits_for_it() {
        let counters = Counters::default();
        let first = beside(&counters);
        let mut waiting = vec![];
        for _ in 0..45 {
            match counters.count(&READ, "a").2 {
                Tell::Nothing => {}
                Tell::Beside(_) => panic!("nobody waits for the store"),
                Tell::First(sync) => waiting.push(sync),
            }
        }
        // Two lots go ahead; from then on each one waits.
        assert_eq!(waiting.len(), 30);
        // Another replica has used up the limit; the answers cross.
        let last = waiting.pop().unwrap();
        last.told(READ.most + 60, Duration::from_secs(30));
        first.told(15, Duration::from_secs(30));
        assert!(counters.count(&READ, "a").0 > READ.most, "an older answer changes nothing");
        // Given up: told with a later lot.
        drop(waiting);
        assert!(counters.count(&READ, "a").0 > READ.most);
    }

    #[test]
    fn while_the_store_is_away_each_process_counts_by_itself() {
        let counters = Counters::default();
        let mut told = 0;
        for n in 1..=SCAN.most + 10 {
            let (seen, _, sync) = counters.count(&SCAN, "a");
            assert_eq!(seen, n.min(SCAN.most + 1));
            if let Tell::Beside(sync) = sync {
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
            if let Tell::Beside(sync) = counters.count(&READ, "a").2 {
                sync.told(601, Duration::ZERO);
            }
        }
        assert_eq!(counters.count(&READ, "a").0, 1);
    }
}
