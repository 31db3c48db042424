//! Ids and chance without chance: the same name and instant give the same id, the same seed the
//! same numbers.

use chrono::{DateTime, Utc};
use entity::Id;
use uuid::Builder;

use crate::platform::crypto::sha256;

/// An id shaped like the clock's (UUIDv7 at `at`), its random part a hash of `name`: in lists that
/// go by id, demonstration rows stand where they happened.
pub(super) fn id<T: Id>(at: DateTime<Utc>, name: &str) -> T {
    let hash = sha256(&[T::PREFIX.as_bytes(), b"/", name.as_bytes()]);
    let random: [u8; 10] = std::array::from_fn(|i| hash[i]);
    let ms = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    T::from(Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
}

/// SplitMix64: small, and the same everywhere for ever.
pub(super) struct Dice(u64);

impl Dice {
    /// A sequence of its own for each name, so that a change in one place doesn't shift the others.
    pub(super) fn named(name: &str) -> Self {
        let hash = sha256(&[b"demo dice/", name.as_bytes()]);
        Self(hash.iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `n` − 1; 0 if there is nothing to choose from.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(1).max(1);
        usize::try_from(self.next() % n).unwrap_or(0)
    }

    /// From `from` to `to`, both inclusive.
    pub(super) fn between(&mut self, from: i32, to: i32) -> i32 {
        let span = usize::try_from(to - from + 1).unwrap_or(1);
        from + i32::try_from(self.below(span)).unwrap_or(0)
    }

    /// True in `percent` of a hundred.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the list; none of an empty one.
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        list.get(self.below(list.len())).copied()
    }
}
