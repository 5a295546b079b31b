//! A replay store in memory.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use core::convert::Infallible;
use core::fmt;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::store::{ReplayStore, Reservation};
use crate::time::UnixMillis;

/// A store in memory, for one process. It holds a bounded number of keys and forgets only keys that have expired.
pub struct MemoryReplayStore<C> {
    keys: Mutex<Keys>,
    max_keys: usize,
    clock: C,
}

#[derive(Default)]
struct Keys {
    entries: BTreeMap<String, Entry>,
    /// The keys in the order in which they expire.
    ends: BTreeSet<(i64, String)>,
}

struct Entry {
    ends_ms: i64,
    /// The token of the attempt that reserved it; `None` once it was handled.
    token: Option<String>,
}

impl<C> fmt::Debug for MemoryReplayStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (keys, max_keys) = (self.len(), self.max_keys);
        f.debug_struct("MemoryReplayStore").field("keys", &keys).field("max_keys", &max_keys).finish_non_exhaustive()
    }
}

impl<C: Fn() -> UnixMillis> MemoryReplayStore<C> {
    /// Creates a store of at most `max_keys` keys, with the clock that tells when they expire:
    /// `|| SystemTime::now().into()`.
    #[must_use]
    pub fn new(max_keys: usize, clock: C) -> Self {
        Self { keys: Mutex::default(), max_keys, clock }
    }
}

impl<C> MemoryReplayStore<C> {
    /// How many keys it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Returns whether the store holds no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Locks the keys. A panic while they were locked does no harm, since no call leaves them half changed.
    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    fn forget_over(&mut self, now: UnixMillis) {
        while self.ends.first().is_some_and(|(ends_ms, _)| *ends_ms <= now.0) {
            if let Some((_, key)) = self.ends.pop_first() {
                self.entries.remove(&key);
            }
        }
    }

    fn put(&mut self, key: &str, now: UnixMillis, ttl: Duration, token: Option<String>) {
        self.remove(key);
        let ends_ms = now.0.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
        self.ends.insert((ends_ms, key.into()));
        self.entries.insert(key.into(), Entry { ends_ms, token });
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.ends.remove(&(entry.ends_ms, key.into()));
        }
    }
}

impl<C: Fn() -> UnixMillis + Send + Sync> ReplayStore for MemoryReplayStore<C> {
    type Error = Infallible;

    async fn reserve(&self, key: &str, ttl: Duration, token: &str) -> Result<Reservation, Infallible> {
        let now = (self.clock)();
        let mut keys = self.lock();
        keys.forget_over(now);
        Ok(match keys.entries.get(key) {
            Some(Entry { token: None, .. }) => Reservation::Done,
            Some(_) => Reservation::Pending,
            None if keys.entries.len() >= self.max_keys => Reservation::Full,
            None => {
                keys.put(key, now, ttl, Some(token.into()));
                Reservation::Yours
            }
        })
    }

    async fn commit(&self, key: &str, ttl: Duration) -> Result<(), Infallible> {
        self.lock().put(key, (self.clock)(), ttl, None);
        Ok(())
    }

    async fn release(&self, key: &str, token: &str) -> Result<(), Infallible> {
        let mut keys = self.lock();
        if keys.entries.get(key).is_some_and(|entry| entry.token.as_deref() == Some(token)) {
            keys.remove(key);
        }
        Ok(())
    }
}
