//! The key-value store: caches, counters, revocations. In process or on Redis, behind one small
//! interface. Never the truth (invariant 6): a caller that gets [`KvError`] asks the database.

mod memory;
mod redis;

use std::time::Duration;

pub use self::{memory::MemoryKv, redis::RedisKv};

/// The store is away; slower, never wrong.
#[derive(Debug, thiserror::Error)]
#[error("key-value store unavailable: {0}")]
pub struct KvError(pub String);

/// A handle; clones share the store.
#[derive(Clone)]
pub enum Kv {
    /// In process, for one replica.
    Memory(MemoryKv),
    /// Redis, shared by all replicas.
    Redis(RedisKv),
}

impl Kv {
    /// The value at `key`, if there is one and it hasn't expired.
    pub async fn get(&self, key: &str) -> Result<Option<String>, KvError> {
        match self {
            Self::Memory(kv) => Ok(kv.get(key)),
            // Boxed, so that the in-process path doesn't carry the room of this one about.
            Self::Redis(kv) => Box::pin(kv.get(key)).await,
        }
    }

    /// Sets `key` for `ttl`.
    pub async fn put(&self, key: &str, value: &str, ttl: Duration) -> Result<(), KvError> {
        match self {
            Self::Memory(kv) => {
                kv.put(key, value, ttl);
                Ok(())
            }
            Self::Redis(kv) => Box::pin(kv.put(key, value, ttl)).await,
        }
    }

    /// Sets `key` for `ttl` unless it is set; tells whether it did.
    pub async fn put_if_absent(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, KvError> {
        match self {
            Self::Memory(kv) => Ok(kv.put_if_absent(key, value, ttl)),
            Self::Redis(kv) => Box::pin(kv.put_if_absent(key, value, ttl)).await,
        }
    }

    /// Removes `key` if it holds `value`: how a lock is given back by who holds it.
    pub async fn remove_if(&self, key: &str, value: &str) -> Result<bool, KvError> {
        match self {
            Self::Memory(kv) => Ok(kv.remove_if(key, value)),
            Self::Redis(kv) => Box::pin(kv.remove_if(key, value)).await,
        }
    }

    /// Counts so many more in the window that began with the first count; gives the count and the
    /// time left in the window.
    pub async fn count(&self, key: &str, by: u64, window: Duration) -> Result<(u64, Duration), KvError> {
        match self {
            Self::Memory(kv) => Ok(kv.count(key, by, window)),
            Self::Redis(kv) => Box::pin(kv.count(key, by, window)).await,
        }
    }

    /// Takes back some of what was counted in the window that still runs, if one does.
    pub async fn uncount(&self, key: &str, by: u64) -> Result<(), KvError> {
        match self {
            Self::Memory(kv) => {
                kv.uncount(key, by);
                Ok(())
            }
            Self::Redis(kv) => Box::pin(kv.uncount(key, by)).await,
        }
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), KvError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Redis(kv) => kv.ping().await,
        }
    }
}
