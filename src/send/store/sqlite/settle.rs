//! How attempts ended, in SQLite.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rusqlite::{Connection, OptionalExtension, params};

use crate::send::clock::milliseconds;
use crate::send::endpoint::{DisableReason, State};
use crate::send::outcome::{AttemptRecord, DisableRule, Failure, Next};
use crate::send::store::contract::{Settled, Settlement};
use crate::send::store::observed::{BREAKER_FIRST_MS, BREAKER_MOST_MS, BREAKER_TIMEOUTS, Observed, observe};
use crate::time::UnixMillis;

/// Records how attempts ended.
pub(super) fn settle(
    connection: &Connection,
    settlements: &[Settlement],
    rule: DisableRule,
    now: UnixMillis,
) -> rusqlite::Result<Vec<Settled>> {
    let settled = settlements.iter().map(|settlement| one(connection, settlement, now));
    let settled = settled.collect::<rusqlite::Result<_>>()?;
    for (endpoint, seen) in observe(settlements) {
        learn(connection, endpoint, &seen, now)?;
        disable(connection, endpoint, &seen, rule, now)?;
    }
    Ok(settled)
}

/// Ends a lease, if it still holds.
fn one(connection: &Connection, settlement: &Settlement, now: UnixMillis) -> rusqlite::Result<Settled> {
    let Settlement { lease, endpoint, attempt, next, .. } = settlement;
    let state = match next {
        Next::Retry(delay) => {
            let due = now.0.saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX));
            let sql = "UPDATE queue SET state = 0, lane = 1, attempts = ?3, crashes = 0, due = ?4, lease = NULL, lease_until = NULL
                WHERE number = ?1 AND lease = ?2 AND state = 2";
            let row = params![lease.delivery, lease.token, attempt.number, due];
            if connection.prepare_cached(sql)?.execute(row)? == 0 {
                return Ok(Settled::LeaseLost);
            }
            None
        }
        Next::Delivered => Some(2),
        Next::Dead => Some(3),
    };
    let mut is_replay = false;
    if let Some(state) = state {
        let sql = "DELETE FROM queue WHERE number = ?1 AND lease = ?2 AND state = 2 RETURNING event, is_replay";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get(1)?));
        let ended = connection.prepare_cached(sql)?.query_row(params![lease.delivery, lease.token], row).optional()?;
        let Some((event, replay)) = ended else { return Ok(Settled::LeaseLost) };
        is_replay = replay;
        // A replay of a delivered delivery leaves it delivered.
        let sql =
            "INSERT INTO delivery (number, event, endpoint, state, attempts, ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (number) DO UPDATE SET attempts = excluded.attempts, ended = excluded.ended";
        let row = params![lease.delivery, event, endpoint, state, attempt.number, now.0];
        connection.prepare_cached(sql)?.execute(row)?;
    }
    let sql = "UPDATE status SET in_flight = max(0, in_flight - 1), delivered = delivered + ?2, dead = dead + ?3
        WHERE endpoint = ?1";
    let ended = [2, 3].map(|ended| !is_replay && state == Some(ended));
    connection.prepare_cached(sql)?.execute(params![endpoint, ended[0], ended[1]])?;
    record(connection, lease.delivery, endpoint, attempt)?;
    Ok(Settled::Done)
}

/// Writes a line of the log.
pub(super) fn record(
    connection: &Connection,
    delivery: i64,
    endpoint: &str,
    attempt: &AttemptRecord,
) -> rusqlite::Result<()> {
    let AttemptRecord { number, is_manual, started, version, answer } = attempt;
    let version: Option<String> = version.map(|version| version.to_string());
    let elapsed = milliseconds(answer.elapsed);
    let failure = answer.failure.map(Failure::as_str);
    let body = Some(&answer.body).filter(|body| !body.is_empty());
    let sql = "INSERT INTO attempt
        (delivery, endpoint, number, is_manual, started, version, elapsed_ms, status, failure, remote, body, is_truncated)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let row = params![
        delivery,
        endpoint,
        number,
        is_manual,
        started.0,
        version,
        elapsed,
        answer.status,
        failure,
        answer.remote,
        body,
        answer.is_truncated
    ];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

/// Keeps latency, concurrency, circuit breaker and failures of an endpoint up to date. As in `mambo_settle`.
fn learn(connection: &Connection, endpoint: &str, seen: &Observed, now: UnixMillis) -> rusqlite::Result<()> {
    let sql = "UPDATE status SET
            latency_ms = (coalesce(latency_ms, ?2) * 3 + ?2) / 4,
            concurrency = CASE WHEN ?4 > 0 THEN 1 WHEN ?3 THEN min(1024, concurrency * 2) ELSE concurrency END,
            timeouts = CASE WHEN ?3 THEN 0 ELSE timeouts END + ?4,
            open_ms = CASE WHEN ?3 THEN 0 WHEN timeouts + ?4 >= ?8 AND ?4 > 0 AND open_until <= ?7
                THEN min(?10, max(?9, open_ms * 2)) ELSE open_ms END,
            open_until = CASE WHEN ?3 THEN 0 WHEN timeouts + ?4 >= ?8 AND ?4 > 0 AND open_until <= ?7
                THEN ?7 + min(?10, max(?9, open_ms * 2)) ELSE open_until END,
            failures = CASE WHEN ?5 THEN 0 ELSE failures END + ?6,
            failing_since = CASE WHEN ?6 > 0 THEN coalesce(CASE WHEN NOT ?5 THEN failing_since END, ?7)
                WHEN ?5 THEN NULL ELSE failing_since END
        WHERE endpoint = ?1";
    let Observed { latency_ms, is_answered, timeouts, is_success, failures, .. } = seen;
    connection
        .prepare_cached(sql)?
        .execute(params![
            endpoint,
            latency_ms,
            is_answered,
            timeouts,
            is_success,
            failures,
            now.0,
            BREAKER_TIMEOUTS,
            BREAKER_FIRST_MS,
            BREAKER_MOST_MS
        ])
        .map(drop)
}

/// Disables an endpoint that is gone, or has failed for as long and as often as the rule says.
fn disable(
    connection: &Connection,
    endpoint: &str,
    seen: &Observed,
    rule: DisableRule,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    if !seen.is_gone && seen.failures == 0 {
        return Ok(());
    }
    let reason = if seen.is_gone { DisableReason::Gone } else { DisableReason::Failing };
    let sql = "UPDATE endpoint SET state = ?2, revision = 1 + (SELECT max(revision) FROM endpoint)
        WHERE id = ?1 AND state = 'enabled' AND (?3 OR EXISTS (SELECT 1 FROM status
            WHERE status.endpoint = ?1 AND failing_since <= ?4 AND failures >= ?5))";
    let before = now.0.saturating_sub(milliseconds(rule.failing));
    let row = params![endpoint, State::Disabled(reason).as_str(), seen.is_gone, before, rule.failures];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}
