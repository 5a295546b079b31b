//! The store's time, also after the machine's clock was set.
//!
//! Times in the file are the wall clock's. A clock that is set would end leases early, or keep retries back: so it is
//! compared with the steady clock, which cannot be set, and what is stored is moved along. The file remembers both
//! clocks, so that the first process that looks does this, once.

use alloc::string::String;
use alloc::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use crate::send::clock;
use crate::time::UnixMillis;

/// How far the clocks may drift apart before the difference counts as a clock that was set.
const DRIFT_MS: i64 = 1000;

type Source = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// A wall clock, a steady clock, and what they showed when they were last compared.
#[derive(Clone)]
pub(super) struct Clock {
    wall: Source,
    steady: Source,
    boot: Arc<str>,
    compared: Option<(UnixMillis, UnixMillis)>,
}

impl Clock {
    /// This machine's clocks.
    pub(super) fn system() -> Self {
        let boot: Arc<str> = clock::boot().into();
        Self { wall: Arc::new(clock::now), steady: Arc::new(clock::steady), boot, compared: None }
    }

    /// A clock whose two readings a test sets.
    pub(super) fn new(wall: Source, steady: Source) -> Self {
        Self { wall, steady, boot: "test".into(), compared: None }
    }

    pub(super) fn wall(&self) -> UnixMillis {
        (self.wall)()
    }

    /// Forgets the comparison: the transaction that wrote it down is undone.
    pub(super) fn forget(&mut self) {
        self.compared = None;
    }

    /// The time, within a transaction that may write.
    pub(super) fn now(&mut self, connection: &Connection) -> rusqlite::Result<UnixMillis> {
        let (wall, steady) = ((self.wall)(), (self.steady)());
        let was_set = |(then, steady_then): (UnixMillis, UnixMillis)| {
            let difference = wall.since(then).saturating_sub(steady.since(steady_then));
            if difference.abs() > DRIFT_MS { difference } else { 0 }
        };
        if self.compared.is_some_and(|compared| was_set(compared) == 0) {
            return Ok(wall);
        }
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, UnixMillis(row.get(1)?), UnixMillis(row.get(2)?)));
        let known: Option<(String, UnixMillis, UnixMillis)> =
            connection.query_row("SELECT boot, steady_ms, wall_ms FROM clock", [], row).optional()?;
        match known {
            Some((boot, steady_then, then)) if boot == *self.boot => {
                let difference = was_set((then, steady_then));
                if difference != 0 {
                    shift(connection, difference)?;
                    remember(connection, &self.boot, steady, wall)?;
                }
            }
            Some((_, _, then)) => {
                // The machine was started anew: no worker of before is left. How long it was off is not known, only
                // that time does not go back.
                shift(connection, wall.since(then).min(0))?;
                connection.execute("UPDATE queue SET lease_until = 0 WHERE state = 2", [])?;
                remember(connection, &self.boot, steady, wall)?;
            }
            None => remember(connection, &self.boot, steady, wall)?,
        }
        self.compared = Some((wall, steady));
        Ok(wall)
    }
}

/// Moves every stored time that something waits for.
fn shift(connection: &Connection, by_ms: i64) -> rusqlite::Result<()> {
    if by_ms == 0 {
        return Ok(());
    }
    tracing::warn!(by_ms, "the clock was set; what waits is moved along");
    connection.execute("UPDATE queue SET due = due + ?1 WHERE state = 0", [by_ms])?;
    connection.execute("UPDATE queue SET lease_until = lease_until + ?1 WHERE state = 2", [by_ms])?;
    let sql = "UPDATE status SET open_until = open_until + ?1, next_slot_us = next_slot_us + ?1 * 1000,
        failing_since = failing_since + ?1";
    connection.execute(sql, [by_ms]).map(drop)
}

fn remember(connection: &Connection, boot: &str, steady: UnixMillis, wall: UnixMillis) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM clock", [])?;
    let sql = "INSERT INTO clock (boot, steady_ms, wall_ms) VALUES (?1, ?2, ?3)";
    connection.execute(sql, params![boot, steady.0, wall.0]).map(drop)
}

impl core::fmt::Debug for Clock {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}
