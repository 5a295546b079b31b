//! Tenants in SQLite: their limits, their retention, and how their deliveries do.

use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fair::TenantRoom;
use crate::send::clock::milliseconds;
use crate::send::retention::{Retention, TenantSettings};
use crate::send::store::report::TenantReport;
use crate::send::tenant::Tenant;
use crate::time::UnixMillis;

/// The columns that [`settings_of`] reads.
const SETTINGS: &str = "rate_per_second, max_in_flight, keep_delivered_ms, keep_dead_ms, keep_log_ms";

/// What may go out to a tenant's endpoints together.
pub(super) fn room(connection: &Connection, tenant: &Tenant, now: UnixMillis) -> rusqlite::Result<TenantRoom> {
    let sql = ["SELECT ", SETTINGS, ", next_slot_us FROM tenant WHERE name = ?1"].concat();
    let row = |row: &Row<'_>| Ok((settings_of(row, 0)?, row.get::<_, i64>(5)?));
    let found = connection.prepare_cached(&sql)?.query_row([tenant.as_str()], row).optional()?;
    let (settings, next_slot_us) = found.unwrap_or_default();
    let mut in_flight = 0;
    if settings.max_in_flight.is_some() {
        let (start, end) = tenant.key_range();
        let sql = "SELECT coalesce(sum(in_flight), 0) FROM status WHERE endpoint >= ?1 AND endpoint < ?2";
        in_flight = connection.prepare_cached(sql)?.query_row([start, end], |row| row.get(0))?;
    }
    Ok(TenantRoom::new(&settings, in_flight, next_slot_us, now.0))
}

/// Writes down when a tenant's rate lets the next delivery through.
pub(super) fn set_next_slot(connection: &Connection, tenant: &Tenant, slot_us: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE tenant SET next_slot_us = ?2 WHERE name = ?1";
    connection.prepare_cached(sql)?.execute(params![tenant.as_str(), slot_us]).map(drop)
}

/// Sets a tenant's limits and retention.
pub(super) fn set(connection: &Connection, tenant: &Tenant, settings: &TenantSettings) -> rusqlite::Result<()> {
    let TenantSettings { rate_per_second, max_in_flight, retention } = settings;
    let Retention { delivered, dead, log } = retention;
    let sql = "INSERT INTO tenant (name, rate_per_second, max_in_flight, keep_delivered_ms, keep_dead_ms, keep_log_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO UPDATE SET rate_per_second = excluded.rate_per_second,
        max_in_flight = excluded.max_in_flight, keep_delivered_ms = excluded.keep_delivered_ms,
        keep_dead_ms = excluded.keep_dead_ms, keep_log_ms = excluded.keep_log_ms";
    let [delivered, dead, log] = [delivered, dead, log].map(|time| time.map(milliseconds));
    let [rate, most] = [rate_per_second, max_in_flight].map(|limit| limit.map(NonZeroU32::get));
    connection.execute(sql, params![tenant.as_str(), rate, most, delivered, dead, log]).map(drop)
}

/// Every tenant that has endpoints or settings.
pub(super) fn reports(connection: &Connection) -> rusqlite::Result<Vec<TenantReport>> {
    let mut found: BTreeMap<String, TenantReport> = BTreeMap::new();
    let sql = ["SELECT name, ", SETTINGS, " FROM tenant"].concat();
    for (name, settings) in rows(connection, &sql, |row| settings_of(row, 1))? {
        found.entry(name.clone()).or_insert_with(|| TenantReport::new(&name)).settings = settings;
    }
    let sql = "SELECT substr(id, 1, instr(id, char(31)) - 1) AS name, count(*) FROM endpoint WHERE state <> 'removed' GROUP BY name";
    for (name, endpoints) in rows(connection, sql, |row| count(row, 1))? {
        found.entry(name.clone()).or_insert_with(|| TenantReport::new(&name)).endpoints = endpoints;
    }
    let sql =
        "SELECT substr(endpoint, 1, instr(endpoint, char(31)) - 1) AS name, sum(in_flight), sum(delivered), sum(dead)
        FROM status GROUP BY name";
    for (name, [in_flight, delivered, dead]) in
        rows(connection, sql, |row| Ok([count(row, 1)?, count(row, 2)?, count(row, 3)?]))?
    {
        // A tenant whose last endpoint was removed has history, and is still one.
        let report = found.entry(name.clone()).or_insert_with(|| TenantReport::new(&name));
        (report.in_flight, report.delivered, report.dead) = (in_flight, delivered, dead);
    }
    let sql = "SELECT substr(endpoint, 1, instr(endpoint, char(31)) - 1) AS name, count(*) FROM queue WHERE state < 2 GROUP BY name";
    for (name, waiting) in rows(connection, sql, |row| count(row, 1))? {
        found.entry(name.clone()).or_insert_with(|| TenantReport::new(&name)).waiting = waiting;
    }
    Ok(found.into_values().collect())
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<(String, T)>> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([], |row| Ok((row.get(0)?, read(row)?)))?.collect()
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

/// Reads five columns from one on.
fn settings_of(row: &Row<'_>, from: usize) -> rusqlite::Result<TenantSettings> {
    let limit = |column: usize| -> rusqlite::Result<Option<NonZeroU32>> {
        Ok(row.get::<_, Option<u32>>(from.saturating_add(column))?.and_then(NonZeroU32::new))
    };
    let time = |column: usize| -> rusqlite::Result<Option<Duration>> {
        let ms: Option<i64> = row.get(from.saturating_add(column))?;
        Ok(ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0))))
    };
    let retention = Retention { delivered: time(2)?, dead: time(3)?, log: time(4)? };
    Ok(TenantSettings { rate_per_second: limit(0)?, max_in_flight: limit(1)?, retention })
}
