//! How attempts ended, in SQLite.

use rusqlite::{Connection, OptionalExtension, params};

use super::aside::dead;
use super::record::record;
use crate::send::clock::milliseconds;
use crate::send::notice::Notice;
use crate::send::outcome::{DisableRule, Next};
use crate::send::state::DisableReason;
use crate::send::store::contract::{SettleReport, Settled, Settlement};
use crate::send::store::observed::{BREAKER_FIRST_MS, BREAKER_MOST_MS, BREAKER_TIMEOUTS, Observed, observe};
use crate::send::tenant::EndpointKey;
use crate::time::UnixMillis;

/// Records how attempts ended. Notices come in the order of the settlements, then of the endpoints.
pub(super) fn settle(
    connection: &Connection,
    settlements: &[Settlement],
    rule: DisableRule,
    now: UnixMillis,
) -> rusqlite::Result<SettleReport> {
    let mut report = SettleReport::default();
    for settlement in settlements {
        let (settled, notice) = one(connection, settlement, now)?;
        report.settled.push(settled);
        report.notices.extend(notice);
    }
    let observed = observe(settlements);
    for (endpoint, seen) in &observed {
        report.notices.extend(learn(connection, endpoint, seen, now)?);
    }
    for (endpoint, seen) in &observed {
        report.notices.extend(disable(connection, endpoint, seen, rule, now)?);
    }
    Ok(report)
}

/// Ends a lease, if it still holds.
fn one(
    connection: &Connection,
    settlement: &Settlement,
    now: UnixMillis,
) -> rusqlite::Result<(Settled, Option<Notice>)> {
    let Settlement { lease, endpoint, attempt, next, .. } = settlement;
    let key = endpoint.as_stored();
    let state = match next {
        Next::Retry(delay) => {
            let due = now.0.saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX));
            let sql = "UPDATE queue SET state = 0, lane = 1, attempts = ?3, crashes = 0, due = ?4, lease = NULL, lease_until = NULL
                WHERE number = ?1 AND lease = ?2 AND state = 2";
            let row = params![lease.delivery, lease.token, attempt.number, due];
            if connection.prepare_cached(sql)?.execute(row)? == 0 {
                return Ok((Settled::LeaseLost, None));
            }
            None
        }
        Next::Delivered => Some(2),
        Next::Dead => Some(3),
    };
    let mut notice = None;
    if let Some(state) = state {
        let sql = "DELETE FROM queue WHERE number = ?1 AND lease = ?2 AND state = 2 RETURNING event, replays";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?));
        let ended = connection.prepare_cached(sql)?.query_row(params![lease.delivery, lease.token], row).optional()?;
        let Some((event, replays)) = ended else { return Ok((Settled::LeaseLost, None)) };
        let sql = "INSERT INTO delivery (number, event, endpoint, state, attempts, ended, replays) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let row = params![lease.delivery, event, key, state, attempt.number, now.0, replays];
        connection.prepare_cached(sql)?.execute(row)?;
        if state == 3 {
            notice = Some(dead(connection, endpoint.clone(), lease.delivery, event)?);
        }
    }
    let sql = "UPDATE status SET in_flight = max(0, in_flight - 1), delivered = delivered + ?2, dead = dead + ?3
        WHERE endpoint = ?1";
    connection.prepare_cached(sql)?.execute(params![key, state == Some(2), state == Some(3)])?;
    record(connection, lease.delivery, key, attempt)?;
    Ok((Settled::Done, notice))
}

/// Keeps latency, concurrency, circuit breaker and failures of an endpoint up to date. As in `mambo_settle`.
fn learn(
    connection: &Connection,
    endpoint: &EndpointKey,
    seen: &Observed,
    now: UnixMillis,
) -> rusqlite::Result<Option<Notice>> {
    let sql = "SELECT timeouts FROM status WHERE endpoint = ?1";
    let before: Option<u32> =
        connection.prepare_cached(sql)?.query_row([endpoint.as_stored()], |row| row.get(0)).optional()?;
    let Some(before) = before else { return Ok(None) };
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
        WHERE endpoint = ?1 RETURNING timeouts, open_until";
    let Observed { latency_ms, is_answered, timeouts, is_success, failures, .. } = seen;
    let row = params![
        endpoint.as_stored(),
        latency_ms,
        is_answered,
        timeouts,
        is_success,
        failures,
        now.0,
        BREAKER_TIMEOUTS,
        BREAKER_FIRST_MS,
        BREAKER_MOST_MS
    ];
    let (after, until): (u32, i64) =
        connection.prepare_cached(sql)?.query_row(row, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let endpoint = || endpoint.clone();
    Ok(match (before >= BREAKER_TIMEOUTS, after >= BREAKER_TIMEOUTS) {
        (false, true) => Some(Notice::BreakerOpened { endpoint: endpoint(), until: UnixMillis(until) }),
        (true, false) => Some(Notice::BreakerClosed { endpoint: endpoint() }),
        _ => None,
    })
}

/// Disables an endpoint that is gone, or has failed for as long and as often as the rule says.
fn disable(
    connection: &Connection,
    endpoint: &EndpointKey,
    seen: &Observed,
    rule: DisableRule,
    now: UnixMillis,
) -> rusqlite::Result<Option<Notice>> {
    if !seen.is_gone && seen.failures == 0 {
        return Ok(None);
    }
    let reason = if seen.is_gone { DisableReason::Gone } else { DisableReason::Failing };
    let sql = "UPDATE endpoint SET state = ?2, revision = 1 + (SELECT max(revision) FROM endpoint)
        WHERE id = ?1 AND state = 'enabled' AND (?3 OR EXISTS (SELECT 1 FROM status
            WHERE status.endpoint = ?1 AND failing_since <= ?4 AND failures >= ?5))";
    let before = now.0.saturating_sub(milliseconds(rule.failing));
    let row = params![endpoint.as_stored(), reason.as_str(), seen.is_gone, before, rule.failures];
    let is_disabled = connection.prepare_cached(sql)?.execute(row)? > 0;
    Ok(is_disabled.then(|| Notice::EndpointDisabled { endpoint: endpoint.clone(), reason }))
}
