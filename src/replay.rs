//! Replay protection: a delivery is handled once, also when it comes twice at the same time.
//!
//! `reserve` before the handler, `commit` after it, `release` when it failed. The keys come from what was signed
//! ([`Verified::replay_key`](crate::Verified::replay_key)), never from an unsigned header, and are remembered for as
//! long as a replay could pass the window ([`Window::replay_ms`](crate::Window::replay_ms)).
//!
//! A store serves one webhook. Where several share one, each puts a name in front of its keys: two may send the same event
//! id, and whoever signs for one could otherwise have an event of another taken for handled.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use crate::time::UnixMillis;

/// What a store says to somebody who wants to handle a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// Nobody handled it: it is yours until you commit or release it.
    Yours,
    /// Somebody is handling it now.
    Pending,
    /// It was handled.
    Done,
    /// The store has no room, and forgets nothing that could still be replayed.
    Full,
}

/// Remembers which deliveries were handled. Each call must be one atomic step.
pub trait ReplayStore {
    /// What can go wrong in the store itself.
    type Error;

    /// Takes a key for `ttl_ms` milliseconds from `now`, unless somebody has it.
    ///
    /// # Errors
    /// When the store cannot be asked. The delivery must not be handled then.
    fn reserve(&mut self, key: &str, now: UnixMillis, ttl_ms: u64) -> Result<Reservation, Self::Error>;

    /// Remembers that a reserved key was handled, for `ttl_ms` milliseconds from `now`.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn commit(&mut self, key: &str, now: UnixMillis, ttl_ms: u64) -> Result<(), Self::Error>;

    /// Gives a reserved key back, so that a retry can have it. A committed key stays.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn release(&mut self, key: &str) -> Result<(), Self::Error>;
}

/// A store in memory, for one process. It holds a bounded number of keys and forgets only those that are over.
#[derive(Clone, Debug)]
pub struct MemoryReplayStore {
    entries: BTreeMap<String, Entry>,
    /// The same entries by the time when they are over.
    ends: BTreeSet<(i64, String)>,
    max_entries: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    ends_ms: i64,
    is_done: bool,
}

impl MemoryReplayStore {
    /// A store of at most so many keys.
    #[must_use]
    pub const fn new(max_entries: usize) -> Self {
        Self { entries: BTreeMap::new(), ends: BTreeSet::new(), max_entries }
    }

    /// How many keys it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn forget_over(&mut self, now: UnixMillis) {
        while self.ends.first().is_some_and(|(ends_ms, _)| *ends_ms <= now.0) {
            if let Some((_, key)) = self.ends.pop_first() {
                self.entries.remove(&key);
            }
        }
    }

    fn put(&mut self, key: &str, entry: Entry) {
        self.remove(key);
        self.ends.insert((entry.ends_ms, key.into()));
        self.entries.insert(key.into(), entry);
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.ends.remove(&(entry.ends_ms, key.into()));
        }
    }
}

impl ReplayStore for MemoryReplayStore {
    type Error = core::convert::Infallible;

    fn reserve(&mut self, key: &str, now: UnixMillis, ttl_ms: u64) -> Result<Reservation, Self::Error> {
        self.forget_over(now);
        Ok(match self.entries.get(key) {
            Some(Entry { is_done: true, .. }) => Reservation::Done,
            Some(_) => Reservation::Pending,
            None if self.entries.len() >= self.max_entries => Reservation::Full,
            None => {
                self.put(key, Entry { ends_ms: now.0.saturating_add_unsigned(ttl_ms), is_done: false });
                Reservation::Yours
            }
        })
    }

    fn commit(&mut self, key: &str, now: UnixMillis, ttl_ms: u64) -> Result<(), Self::Error> {
        self.put(key, Entry { ends_ms: now.0.saturating_add_unsigned(ttl_ms), is_done: true });
        Ok(())
    }

    fn release(&mut self, key: &str) -> Result<(), Self::Error> {
        if self.entries.get(key).is_some_and(|entry| !entry.is_done) {
            self.remove(key);
        }
        Ok(())
    }
}

/// Tries out a store with keys of its own: run it in the tests of a store that you wrote.
///
/// # Errors
/// The first thing that the store does not do as it must; `Err(None)` when it could not be asked.
pub fn check_store<S: ReplayStore>(store: &mut S, now: UnixMillis) -> Result<(), Option<&'static str>> {
    const TTL_MS: u64 = 60_000;
    let at = |ms: i64| UnixMillis(now.0.saturating_add(ms));
    let step = |store: &mut S, wanted: Reservation, key: &str, ms: i64, otherwise: &'static str| {
        let found = store.reserve(key, at(ms), TTL_MS).map_err(|_| None)?;
        if found == wanted { Ok(()) } else { Err(Some(otherwise)) }
    };
    step(store, Reservation::Yours, "check-a", 0, "a new key was not given")?;
    step(store, Reservation::Pending, "check-a", 0, "a reserved key was given twice")?;
    step(store, Reservation::Yours, "check-b", 0, "one key took another one with it")?;
    store.release("check-a").map_err(|_| None)?;
    step(store, Reservation::Yours, "check-a", 1, "a released key was not given again")?;
    step(store, Reservation::Pending, "check-b", 1, "releasing one key released another")?;
    store.commit("check-a", at(2), TTL_MS).map_err(|_| None)?;
    store.release("check-a").map_err(|_| None)?;
    step(store, Reservation::Done, "check-a", 3, "a committed key was given again, or released")?;
    step(store, Reservation::Done, "check-a", 60_001, "a committed key was forgotten before its time")?;
    step(store, Reservation::Yours, "check-a", 60_002, "a key was kept after its time")?;
    step(store, Reservation::Yours, "check-b", 60_002, "a reserved key was kept after its time")
}
