//! The in-process stand-in: a bounded cache with an expiry per entry.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, sync::Cache};

/// More entries than this and the least used go: a cache may forget.
const MOST_ENTRIES: u64 = 200_000;

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

struct UntilItsTime;

impl Expiry<String, Entry> for UntilItsTime {
    fn expire_after_create(&self, _: &String, entry: &Entry, now: Instant) -> Option<Duration> {
        Some(entry.until.saturating_duration_since(now))
    }
    fn expire_after_update(&self, _: &String, entry: &Entry, now: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.until.saturating_duration_since(now))
    }
}

/// An in-process store; clones share it.
#[derive(Clone)]
pub struct MemoryKv(Cache<String, Entry>);

impl Default for MemoryKv {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST_ENTRIES).expire_after(UntilItsTime).build())
    }
}

#[expect(clippy::disallowed_methods, reason = "expiry runs on the machine's own monotonic time, as Redis's does")]
fn after(ttl: Duration) -> Instant {
    Instant::now() + ttl
}

impl MemoryKv {
    pub(super) fn get(&self, key: &str) -> Option<String> {
        match self.0.get(key)?.stored {
            Stored::Text(text) => Some(text.as_ref().to_owned()),
            Stored::Count(n) => Some(n.to_string()),
        }
    }

    pub(super) fn put(&self, key: &str, value: &str, ttl: Duration) {
        self.0.insert(key.to_owned(), Entry { stored: Stored::Text(value.into()), until: after(ttl) });
    }

    pub(super) fn put_if_absent(&self, key: &str, value: &str, ttl: Duration) -> bool {
        let fresh = || Entry { stored: Stored::Text(value.into()), until: after(ttl) };
        self.0.entry_by_ref(key).or_insert_with(fresh).is_fresh()
    }

    pub(super) fn count(&self, key: &str, window: Duration) -> (u64, Duration) {
        let entry = self.0.entry_by_ref(key).and_upsert_with(|present| match present.map(moka::Entry::into_value) {
            Some(Entry { stored: Stored::Count(n), until }) => Entry { stored: Stored::Count(n + 1), until },
            _ => Entry { stored: Stored::Count(1), until: after(window) },
        });
        let Entry { stored, until } = entry.into_value();
        let left = until.saturating_duration_since(after(Duration::ZERO));
        match stored {
            Stored::Count(n) => (n, left),
            Stored::Text(_) => (1, left),
        }
    }
}
