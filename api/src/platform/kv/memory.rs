//! The in-process stand-in: a bounded cache with an end per entry.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use quick_cache::{
    UnitWeighter,
    sync::{Cache, EntryAction, EntryResult},
};

/// More entries than this and the least used go: a cache may forget. What has ended goes with them,
/// or when its key is set again.
const MOST_ENTRIES: usize = 200_000;

#[derive(Clone)]
enum Stored {
    Text(Arc<str>),
    Count(u64),
}

#[derive(Clone)]
struct Entry {
    stored: Stored,
    until: Instant,
}

/// An in-process store; clones share it.
#[derive(Clone)]
pub struct MemoryKv(Arc<Cache<String, Entry>>);

impl Default for MemoryKv {
    fn default() -> Self {
        Self(Arc::new(Cache::with_weighter(MOST_ENTRIES, MOST_ENTRIES as u64, UnitWeighter)))
    }
}

#[expect(clippy::disallowed_methods, reason = "expiry runs on the machine's own monotonic time, as Redis's does")]
fn after(ttl: Duration) -> Instant {
    Instant::now() + ttl
}

fn now() -> Instant {
    after(Duration::ZERO)
}

impl MemoryKv {
    pub(super) fn get(&self, key: &str) -> Option<String> {
        let entry = self.0.get(key).filter(|entry| now() < entry.until)?;
        Some(match entry.stored {
            Stored::Text(text) => text.as_ref().to_owned(),
            Stored::Count(n) => n.to_string(),
        })
    }

    pub(super) fn put(&self, key: &str, value: &str, ttl: Duration) {
        self.0.insert(key.to_owned(), Entry { stored: Stored::Text(value.into()), until: after(ttl) });
    }

    pub(super) fn put_if_absent(&self, key: &str, value: &str, ttl: Duration) -> bool {
        let fresh = Entry { stored: Stored::Text(value.into()), until: after(ttl) };
        self.change(key, &fresh, |entry| {
            let ended = entry.until <= now();
            if ended {
                entry.clone_from(&fresh);
            }
            ended
        })
        .unwrap_or(true)
    }

    pub(super) fn remove_if(&self, key: &str, value: &str) -> bool {
        let held = |entry: &Entry| matches!(&entry.stored, Stored::Text(text) if text.as_ref() == value);
        self.0.remove_if(key, held).is_some_and(|(_, entry)| now() < entry.until)
    }

    pub(super) fn count(&self, key: &str, by: u64, window: Duration) -> (u64, Duration) {
        let first = Entry { stored: Stored::Count(by), until: after(window) };
        self.change(key, &first, |entry| {
            let now = now();
            match &mut entry.stored {
                Stored::Count(n) if now < entry.until => *n += by,
                _ => entry.clone_from(&first),
            }
            let n = if let Stored::Count(n) = entry.stored { n } else { by };
            (n, entry.until.saturating_duration_since(now))
        })
        .unwrap_or((by, window))
    }

    pub(super) fn uncount(&self, key: &str, by: u64) {
        self.0.entry(key, None, |_, entry| {
            if let Stored::Count(n) = &mut entry.stored {
                *n = n.saturating_sub(by);
            }
            EntryAction::<()>::Retain(())
        });
    }

    /// Changes what is at `key` under its lock, or puts `fresh` there, which gives nothing.
    fn change<T>(&self, key: &str, fresh: &Entry, mut change: impl FnMut(&mut Entry) -> T) -> Option<T> {
        loop {
            match self.0.entry(key, None, |_, entry| EntryAction::Retain(change(entry))) {
                EntryResult::Retained(told) => return Some(told),
                // Fails if somebody has put something there meanwhile: that is looked at then.
                EntryResult::Vacant(place) => {
                    if place.insert(fresh.clone()).is_ok() {
                        return None;
                    }
                }
                EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_has_ended_is_not_there() {
        let kv = MemoryKv::default();
        kv.put("a", "1", Duration::ZERO);
        assert_eq!(kv.get("a"), None);
        assert!(kv.put_if_absent("a", "2", LONG));
        assert!(!kv.put_if_absent("a", "3", LONG));
        assert_eq!(kv.get("a").as_deref(), Some("2"));
        kv.put("a", "4", LONG);
        assert_eq!(kv.get("a").as_deref(), Some("4"));
        assert_eq!(kv.count("b", 1, Duration::ZERO).0, 1);
        assert_eq!(kv.count("b", 1, LONG).0, 1);
        let (n, left) = kv.count("b", 1, LONG);
        assert_eq!(n, 2);
        assert!(left <= LONG && left > LONG / 2);
    }

    #[test]
    fn a_lock_is_given_back_by_its_holder_only() {
        let kv = MemoryKv::default();
        assert!(kv.put_if_absent("lock", "a", LONG));
        assert!(!kv.remove_if("lock", "b"));
        assert!(!kv.put_if_absent("lock", "b", LONG));
        assert!(kv.remove_if("lock", "a"));
        assert!(kv.put_if_absent("lock", "b", LONG));
    }

    #[test]
    fn one_of_many_puts_first_and_each_count_counts() {
        let kv = MemoryKv::default();
        let firsts: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        (0..500)
                            .filter(|i| kv.count("n", 1, LONG).0 > 0 && kv.put_if_absent(&i.to_string(), "x", LONG))
                            .count()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(firsts, 500);
        assert_eq!(kv.count("n", 1, LONG).0, 8 * 500 + 1);
    }
}
