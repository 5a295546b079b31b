//! Which endpoints have ready deliveries, in SQLite: one look into an index for each tenant and each endpoint.

use alloc::vec::Vec;

use rusqlite::{Connection, Row, params};

use super::fair::Status;
use crate::send::store::hot::Hot;
use crate::send::tenant::{EndpointKey, Tenant};

/// The first endpoints with ready deliveries of up to `?2` tenants, from the key `?1` on.
const TENANTS: &str = "WITH RECURSIVE first (endpoint) AS (
        SELECT (SELECT endpoint FROM queue INDEXED BY queue_ready WHERE state = 1 AND endpoint >= ?1 ORDER BY endpoint LIMIT 1)
        UNION ALL
        SELECT (SELECT endpoint FROM queue INDEXED BY queue_ready WHERE state = 1
            AND endpoint >= substr(first.endpoint, 1, instr(first.endpoint, char(31)) - 1) || char(32) ORDER BY endpoint LIMIT 1)
        FROM first WHERE endpoint IS NOT NULL LIMIT ?2
    ) SELECT endpoint FROM first WHERE endpoint IS NOT NULL";
/// Up to `?3` endpoints with ready deliveries, after the key `?1` and before `?2`, with their status.
const READY: &str = "WITH RECURSIVE ready (endpoint) AS (
        SELECT (SELECT endpoint FROM queue INDEXED BY queue_ready WHERE state = 1 AND endpoint > ?1 AND endpoint < ?2
            ORDER BY endpoint LIMIT 1)
        UNION ALL
        SELECT (SELECT endpoint FROM queue INDEXED BY queue_ready WHERE state = 1 AND endpoint > ready.endpoint AND endpoint < ?2
            ORDER BY endpoint LIMIT 1)
        FROM ready WHERE endpoint IS NOT NULL LIMIT ?3
    ) SELECT endpoint, in_flight, concurrency, latency_ms, timeouts, open_until, next_slot_us
    FROM ready CROSS JOIN status USING (endpoint)";
/// The status of one endpoint.
const STATUS: &str =
    "SELECT endpoint, in_flight, concurrency, latency_ms, timeouts, open_until, next_slot_us FROM status
    WHERE endpoint = ?1";

/// An endpoint with ready deliveries.
pub(super) type Ready = (EndpointKey, Status);

/// Returns up to `most` endpoints with ready deliveries, as many of each tenant; each full look begins behind the one
/// before.
pub(super) fn all(connection: &Connection, hot: &Hot, most: usize) -> rusqlite::Result<Vec<Ready>> {
    let tenants = tenants(connection, hot.after(), most)?;
    let share = most.checked_div(tenants.len()).unwrap_or(0).max(1);
    let mut found = Vec::new();
    for tenant in &tenants {
        let after = hot.after_of().find(|(other, _)| *other == tenant).map(|(_, key)| key);
        found.extend(of_tenant(connection, tenant, after, share)?);
    }
    Ok(found)
}

/// What is known of these endpoints.
pub(super) fn of(connection: &Connection, keys: Vec<EndpointKey>) -> rusqlite::Result<Vec<Ready>> {
    let mut statement = connection.prepare_cached(STATUS)?;
    keys.into_iter().map(|key| Ok((key.clone(), statement.query_row([key.as_stored()], status_of)?))).collect()
}

/// Whether something is ready for one of these endpoints.
pub(super) fn is_any(connection: &Connection, endpoints: &[Ready]) -> rusqlite::Result<bool> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM queue INDEXED BY queue_ready WHERE state = 1 AND endpoint = ?1")?;
    for (key, _) in endpoints {
        if statement.exists([key.as_stored()])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Up to `most` tenants with ready deliveries: those behind the tenant of `after` first, then from the start.
fn tenants(connection: &Connection, after: &str, most: usize) -> rusqlite::Result<Vec<Tenant>> {
    let last = (!after.is_empty()).then(|| EndpointKey::from_stored(after.into()).tenant());
    let behind = last.as_ref().map(|tenant| tenant.key_range().1).unwrap_or_default();
    let mut statement = connection.prepare_cached(TENANTS)?;
    let mut found: Vec<Tenant> = Vec::new();
    let first = last.as_ref().map(|_| (behind.as_str(), None));
    for (start, until) in first.into_iter().chain([("", last.as_ref())]) {
        let left = i64::try_from(most.saturating_sub(found.len())).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![start, left])?;
        while let Some(row) = rows.next()? {
            let tenant = EndpointKey::from_stored(row.get(0)?).tenant();
            if until.is_some_and(|until| tenant > *until) {
                break;
            }
            found.push(tenant);
        }
    }
    Ok(found)
}

/// Up to `most` endpoints of a tenant with ready deliveries: those behind `after` first, then from the start.
fn of_tenant(
    connection: &Connection,
    tenant: &Tenant,
    after: Option<&EndpointKey>,
    most: usize,
) -> rusqlite::Result<Vec<Ready>> {
    let (start, end) = tenant.key_range();
    let mut statement = connection.prepare_cached(READY)?;
    let mut found: Vec<Ready> = Vec::new();
    let behind = after.map(|after| (after.as_stored(), None));
    for (from, until) in behind.into_iter().chain([(start.as_str(), after)]) {
        let left = i64::try_from(most.saturating_sub(found.len())).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![from, end, left])?;
        while let Some(row) = rows.next()? {
            let key = EndpointKey::from_stored(row.get(0)?);
            if until.is_some_and(|until| key > *until) {
                break;
            }
            found.push((key, status_of(row)?));
        }
    }
    Ok(found)
}

fn status_of(row: &Row<'_>) -> rusqlite::Result<Status> {
    Ok(Status {
        in_flight: row.get(1)?,
        concurrency: row.get(2)?,
        latency_ms: row.get(3)?,
        timeouts: row.get(4)?,
        open_until: row.get(5)?,
        next_slot_us: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::plans::assert_indexed;
    use super::{READY, STATUS, TENANTS};

    #[test]
    fn a_look_finds_every_row_by_an_index() {
        for sql in [TENANTS, READY, STATUS] {
            // What is scanned are the endpoints that were found.
            assert_indexed(sql, &["SCAN ready", "SCAN first", "SCAN CONSTANT ROW"]);
        }
    }
}
