//! Claims, leases and settlements in SQLite.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::endpoint::{Endpoint, Reason, State};
use super::event::StoredEvent;
use super::outcome::{AttemptRecord, DisableRule, Effect, Failure};
use super::sqlite_writer::Context;
use super::store::{Claim, LAST_PASS, Lane, Lease, MAX_CRASHES, Settled, Settlement, part, quotas, settled};
use crate::time::UnixMillis;

/// Hands out due deliveries, in turn between the endpoints.
pub(super) fn claim(
    context: &mut Context,
    most: usize,
    now: UnixMillis,
    until: UnixMillis,
) -> rusqlite::Result<Vec<Claim>> {
    take_back(&context.connection, now)?;
    let mut under_way: HashMap<String, usize> = HashMap::new();
    let sql = "SELECT endpoint, count(*) FROM delivery WHERE state = 1 GROUP BY endpoint";
    let mut rows = context.connection.prepare_cached(sql)?;
    for row in rows.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))? {
        let (endpoint, count) = row?;
        under_way.insert(endpoint, usize::try_from(count).unwrap_or(usize::MAX));
    }
    drop(rows);
    let turn = context.turn;
    context.turn = turn.wrapping_add(1);
    let all = context.endpoints.len();
    // First everybody's share, then what is left to whoever has more.
    let share = most.checked_div(all).unwrap_or(0).max(1);
    let mut claims = Vec::new();
    for (pass, (lane, quota)) in quotas(most, turn).into_iter().enumerate() {
        let end = claims.len().saturating_add(quota).min(most);
        // Of retries, the part of an endpoint's room is its share, and there is no second helping.
        let is_part = lane == Lane::Retry && pass != LAST_PASS;
        let shares: &[usize] = if is_part { &[usize::MAX] } else { &[share, usize::MAX] };
        for &share in shares {
            for endpoint in context.endpoints.iter().cycle().skip(turn.checked_rem(all).unwrap_or(0)).take(all) {
                if lane != Lane::Manual && !endpoint.is_enabled() {
                    continue;
                }
                let busy = under_way.get(&endpoint.id).copied().unwrap_or(0);
                let cap = usize::try_from(endpoint.settings.max_in_flight).unwrap_or(usize::MAX);
                let free = part(lane, pass == LAST_PASS, cap.saturating_sub(busy), turn);
                let room = free.min(end.saturating_sub(claims.len())).min(share);
                if room > 0 {
                    let taken = take(&context.connection, endpoint, lane, room, now, until)?;
                    under_way.insert(endpoint.id.clone(), busy.saturating_add(taken.len()));
                    claims.extend(taken);
                }
            }
        }
    }
    Ok(claims)
}

/// Due deliveries of one endpoint, oldest first.
fn take(
    connection: &Connection,
    endpoint: &Arc<Endpoint>,
    lane: Lane,
    most: usize,
    now: UnixMillis,
    until: UnixMillis,
) -> rusqlite::Result<Vec<Claim>> {
    let sql = "SELECT delivery.number, attempts, id, kind, version, time, data
        FROM delivery INDEXED BY delivery_due JOIN event ON event.number = delivery.event
        WHERE state = 0 AND endpoint = ?1 AND lane = ?2 AND due <= ?3 ORDER BY due LIMIT ?4";
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = connection.prepare_cached(sql)?;
    let claims: Vec<Claim> = rows
        .query_map(params![endpoint.id, lane.number(), now.0, limit], |row| {
            let version: String = row.get(4)?;
            let event = StoredEvent {
                id: row.get(2)?,
                kind: row.get(3)?,
                version: parsed(4, &version)?,
                time: row.get(5)?,
                data: row.get(6)?,
            };
            let lease = Lease { delivery: row.get(0)?, token: fastrand::i64(1..) };
            let (endpoint, attempts) = (Arc::clone(endpoint), row.get(1)?);
            Ok(Claim { lease, endpoint, event, attempts, is_manual: lane == Lane::Manual })
        })?
        .collect::<Result<_, _>>()?;
    let sql = "UPDATE delivery SET state = 1, lease = ?2, lease_until = ?3 WHERE number = ?1";
    let mut update = connection.prepare_cached(sql)?;
    for Claim { lease, .. } in &claims {
        update.execute(params![lease.delivery, lease.token, until.0])?;
    }
    Ok(claims)
}

/// Deliveries whose worker has not been heard of: they wait again, or are set aside when that happens too often.
fn take_back(connection: &Connection, now: UnixMillis) -> rusqlite::Result<()> {
    let sql = "SELECT number, endpoint, attempts, crashes, lane FROM delivery WHERE state = 1 AND lease_until < ?1";
    let mut lost = connection.prepare_cached(sql)?;
    let lost: Vec<(i64, String, u32, u32, i64)> = lost
        .query_map([now.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
        .collect::<Result<_, _>>()?;
    for (delivery, endpoint, attempts, crashes, lane) in lost {
        let crashes = crashes.saturating_add(1);
        let state = if crashes < MAX_CRASHES { 0 } else { 3 };
        let sql = "UPDATE delivery SET state = ?2, crashes = ?3, lease = NULL, lease_until = NULL, due = ?4 WHERE number = ?1";
        connection.execute(sql, params![delivery, state, crashes, now.0])?;
        if state == 3 {
            let attempt = AttemptRecord::worker_lost(attempts, lane == Lane::Manual.number(), now);
            record(connection, delivery, &endpoint, &attempt)?;
        }
    }
    Ok(())
}

/// Makes leases longer; hands back those that are lost.
pub(super) fn extend(connection: &Connection, leases: Vec<Lease>, until: UnixMillis) -> rusqlite::Result<Vec<Lease>> {
    let sql = "UPDATE delivery SET lease_until = ?3 WHERE number = ?1 AND lease = ?2 AND state = 1";
    let mut update = connection.prepare_cached(sql)?;
    let mut lost = Vec::new();
    for lease in leases {
        if update.execute(params![lease.delivery, lease.token, until.0])? == 0 {
            lost.push(lease);
        }
    }
    Ok(lost)
}

/// Says how attempts ended.
pub(super) fn settle(
    connection: &Connection,
    settlements: &[Settlement],
    rule: DisableRule,
    now: UnixMillis,
) -> rusqlite::Result<Vec<Settled>> {
    let sql = "UPDATE delivery SET state = ?3, lane = 1, attempts = ?4, crashes = 0, due = ?5, lease = NULL, lease_until = NULL
        WHERE number = ?1 AND lease = ?2 AND state = 1";
    let mut update = connection.prepare_cached(sql)?;
    let one = |settlement: &Settlement| {
        let Settlement { lease, endpoint, attempt, next, effect } = settlement;
        let (state, due) = settled(*next, now);
        if update.execute(params![lease.delivery, lease.token, state, attempt.number, due])? == 0 {
            return Ok(Settled::LeaseLost);
        }
        record(connection, lease.delivery, endpoint, attempt)?;
        affect(connection, endpoint, *effect, rule, now)?;
        Ok(Settled::Done)
    };
    settlements.iter().map(one).collect()
}

fn record(connection: &Connection, delivery: i64, endpoint: &str, attempt: &AttemptRecord) -> rusqlite::Result<()> {
    let AttemptRecord { number, is_manual, started, version, answer } = attempt;
    let version = version.map(|version| version.to_string());
    let elapsed = i64::try_from(answer.elapsed_ms).unwrap_or(i64::MAX);
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

fn affect(
    connection: &Connection,
    endpoint: &str,
    effect: Effect,
    rule: DisableRule,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    let disable = |reason, failing_before: Option<i64>| {
        let sql = "UPDATE endpoint SET state = ?2, revision = 1 + (SELECT max(revision) FROM endpoint)
            WHERE id = ?1 AND state = 'enabled' AND (?3 IS NULL OR (failing_since <= ?3 AND failures >= ?4))";
        let state = State::Disabled(reason).as_str();
        connection.prepare_cached(sql)?.execute(params![endpoint, state, failing_before, rule.failures]).map(drop)
    };
    match effect {
        Effect::None => Ok(()),
        Effect::Works => {
            let sql = "UPDATE endpoint SET failing_since = NULL, failures = 0 WHERE id = ?1 AND failures > 0";
            connection.prepare_cached(sql)?.execute([endpoint]).map(drop)
        }
        Effect::Fails => {
            let sql = "UPDATE endpoint SET failing_since = coalesce(failing_since, ?2), failures = failures + 1 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![endpoint, now.0])?;
            disable(Reason::Failing, Some(now.0.saturating_sub(rule.failing_ms)))
        }
        Effect::Gone => disable(Reason::Gone, None),
    }
}

/// A value in its stored text.
pub(super) fn parsed<T: core::str::FromStr>(column: usize, text: &str) -> rusqlite::Result<T> {
    let unread = || {
        let what = alloc::format!("`{text}` cannot be read").into();
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what)
    };
    text.parse().map_err(|_| unread())
}
