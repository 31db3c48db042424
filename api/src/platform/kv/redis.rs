//! Redis: one multiplexed, self-mending connection per worker, with short time-outs.

use std::time::Duration;

use redis::{
    AsyncCommands, Client, ExistenceCheck, RedisError, Script, SetExpiry, SetOptions,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use super::KvError;

/// Slower than this and the database is asked instead.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// A connection to Redis; clones share it.
#[derive(Clone)]
pub struct RedisKv {
    connection: ConnectionManager,
    prefix: String,
}

impl From<RedisError> for KvError {
    fn from(error: RedisError) -> Self {
        // Only the kind: the text may repeat a key.
        Self(format!("{:?}", error.kind()))
    }
}

/// Counts and starts the window in one step, so that a lost reply can't leave a counter that
/// never expires.
const COUNT: &str = "local n = redis.call('INCRBY', KEYS[1], ARGV[2]) \
     if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end \
     return {n, redis.call('PTTL', KEYS[1])}";

/// Takes back in one step, so that a window that ended meanwhile stays ended and no count is below zero.
const UNCOUNT: &str = "local n = tonumber(redis.call('GET', KEYS[1])) \
     if n then redis.call('DECRBY', KEYS[1], math.min(n, tonumber(ARGV[1]))) end return 0";

/// Looks and removes in one step, so that a lock that ran out and was taken by another stays.
const REMOVE_IF: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

impl RedisKv {
    /// Opens lazily: a Redis that is away delays nothing and fails nothing at start-up. `prefix`
    /// separates installations on one Redis.
    pub fn open(url: &str, prefix: &str) -> Result<Self, KvError> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(ANSWER_WITHIN))
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(200));
        let connection = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        Ok(Self { connection, prefix: prefix.to_owned() })
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<String>, KvError> {
        Ok(self.connection.clone().get(self.key(key)).await?)
    }

    pub(super) async fn put(&self, key: &str, value: &str, ttl: Duration) -> Result<(), KvError> {
        let options = SetOptions::default().with_expiration(SetExpiry::PX(millis(ttl)));
        Ok(self.connection.clone().set_options(self.key(key), value, options).await?)
    }

    pub(super) async fn put_if_absent(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, KvError> {
        let options =
            SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::PX(millis(ttl)));
        let set: Option<String> = self.connection.clone().set_options(self.key(key), value, options).await?;
        Ok(set.is_some())
    }

    pub(super) async fn remove_if(&self, key: &str, value: &str) -> Result<bool, KvError> {
        let script = Script::new(REMOVE_IF);
        let mut call = script.key(self.key(key));
        call.arg(value);
        let removed: u64 = call.invoke_async(&mut self.connection.clone()).await?;
        Ok(removed > 0)
    }

    pub(super) async fn count(&self, key: &str, by: u64, window: Duration) -> Result<(u64, Duration), KvError> {
        let script = Script::new(COUNT);
        let mut call = script.key(self.key(key));
        call.arg(millis(window)).arg(by);
        let (n, left): (u64, i64) = call.invoke_async(&mut self.connection.clone()).await?;
        Ok((n, Duration::from_millis(u64::try_from(left).unwrap_or(0))))
    }

    pub(super) async fn uncount(&self, key: &str, by: u64) -> Result<(), KvError> {
        let script = Script::new(UNCOUNT);
        let mut call = script.key(self.key(key));
        call.arg(by);
        let _: u64 = call.invoke_async(&mut self.connection.clone()).await?;
        Ok(())
    }

    pub(super) async fn ping(&self) -> Result<(), KvError> {
        let _: String = redis::cmd("PING").query_async(&mut self.connection.clone()).await?;
        Ok(())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}
