//! Claims in SQLite.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension, params};
use tokio::time::Instant;

use super::fair::{Candidate, Room, TenantRoom, choose, interleave};
use super::log::parsed;
use super::ready::{self, Ready};
use super::tenants;
use super::writer::Context;
use crate::send::endpoint::Endpoint;
use crate::send::event::StoredEvent;
use crate::send::seal::Seal;
use crate::send::store::contract::{Capacity, Claim, Claimed, Lease};
use crate::send::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;

/// The endpoints that a claim looks at, with what may go out to each, and their tenants.
#[derive(Default)]
struct Open {
    endpoints: Vec<Arc<Endpoint>>,
    rooms: Vec<Room>,
    tenants: Vec<(Tenant, TenantRoom)>,
}

/// Ready deliveries of one endpoint and lane, oldest first.
const CANDIDATES: &str = "SELECT number, event, size, attempts, attempts_before FROM queue INDEXED BY queue_ready
    WHERE state = 1 AND endpoint = ?1 AND lane = ?2 ORDER BY due LIMIT ?3";

/// Scheduled deliveries that are due become ready.
const PROMOTE: &str = "UPDATE queue SET state = 1 WHERE number IN (
    SELECT number FROM queue WHERE state = 0 AND due <= ?1 ORDER BY due LIMIT 1000)";
const NEXT_DUE: &str = "SELECT due FROM queue WHERE state = 0 ORDER BY due LIMIT 1";

/// Leases due deliveries: of hot endpoints, or if nothing is ready for those, of any.
pub(super) fn claim(context: &mut Context, capacity: Capacity, lease: Duration) -> rusqlite::Result<Claimed> {
    context.endpoints.refresh(&context.connection)?;
    promote(&context.connection, context.now)?;
    context.turn.0 = context.turn.0.wrapping_add(1);
    if let Some(hot) = context.turn.1.endpoints() {
        let ready = ready::of(&context.connection, hot)?;
        let mut claimed = claim_from(context, &ready, capacity, lease)?;
        let has_ready = claimed.claims.is_empty() && ready::is_any(&context.connection, &ready)?;
        if context.turn.1.is_enough(&mut claimed, has_ready) {
            return Ok(claimed);
        }
    }
    let began = Instant::now();
    let ready = ready::all(&context.connection, &context.turn.1, capacity.deliveries.saturating_mul(2))?;
    let claimed = claim_from(context, &ready, capacity, lease)?;
    context.turn.1.found(&claimed.claims, ready.into_iter().map(|(key, _)| key), began);
    Ok(claimed)
}

/// Chooses endpoints first, then rows of the chosen endpoints.
fn claim_from(context: &Context, ready: &[Ready], capacity: Capacity, lease: Duration) -> rusqlite::Result<Claimed> {
    let Context { connection, endpoints, now, turn, .. } = context;
    let now = *now;
    let mut open = Open::default();
    let mut due: Option<i64> = connection.prepare_cached(NEXT_DUE)?.query_row([], |row| row.get(0)).optional()?;
    let mut rate_due = None;
    let mut candidates = Vec::new();
    let mut counts: BTreeMap<Tenant, usize> = BTreeMap::new();
    for (key, _) in ready {
        let count = counts.entry(key.tenant()).or_default();
        *count = count.saturating_add(1);
    }
    // Twice an equal share, as some endpoints have less ready. The next claim takes what this leaves free.
    let of_tenant = capacity.deliveries.saturating_mul(2).checked_div(counts.len()).unwrap_or(0);
    for (key, status) in ready {
        let Some(Ok(endpoint)) = endpoints.find(key.as_stored()).map(|known| known.endpoint.clone()) else { continue };
        let tenant = open.tenant(connection, &endpoint.tenant, now)?;
        let share = of_tenant.checked_div(counts.get(&endpoint.tenant).copied().unwrap_or(1)).unwrap_or(0).max(1);
        let room = status.room(&endpoint.settings, endpoint.is_enabled(), now.0);
        let room = Room { free: room.free.min(share), ..room };
        let mut lanes = [Vec::new(), Vec::new(), Vec::new()];
        for (lane, found) in (0_u8..).zip(&mut lanes) {
            if room.free > 0 && (lane == 2 || !room.is_manual_only) {
                let place = (tenant, open.endpoints.len(), lane);
                *found = candidates_of(connection, key, place, room.free)?;
            }
        }
        if room.is_manual_only && endpoint.is_enabled() {
            due = earlier(due, Some(status.open_until));
        }
        let rates = [room.rate, open.tenants.get(tenant).and_then(|(_, room)| room.rate)];
        for (slot, _) in rates.into_iter().flatten().filter(|(slot, _)| *slot > now.0.saturating_mul(1000)) {
            rate_due = earlier(rate_due, Some(rounded_up_ms(slot)));
        }
        candidates.extend(interleave(lanes, turn.0, room.free));
        open.endpoints.push(endpoint);
        open.rooms.push(room);
    }
    let tenants: Vec<TenantRoom> = open.tenants.iter().map(|(_, room)| *room).collect();
    let chosen = choose(candidates, &open.rooms, &tenants, capacity);
    let until = later(now, lease);
    let (claims, next_slot) = take(connection, &endpoints.seal, &chosen, &open, until)?;
    rate_due = earlier(rate_due, next_slot);
    let wait = |at: i64| Duration::from_millis(u64::try_from(at.saturating_sub(now.0)).unwrap_or(0));
    let due = earlier(due, rate_due);
    Ok(Claimed { claims, now, due_in: due.map(wait), rate_in: rate_due.map(wait) })
}

impl Open {
    /// The index of a tenant, whose room is read when it comes for the first time.
    fn tenant(&mut self, connection: &Connection, tenant: &Tenant, now: UnixMillis) -> rusqlite::Result<usize> {
        if let Some(index) = self.tenants.iter().rposition(|(other, _)| other == tenant) {
            return Ok(index);
        }
        self.tenants.push((tenant.clone(), tenants::room(connection, tenant, now)?));
        Ok(self.tenants.len().saturating_sub(1))
    }
}

/// Microseconds as milliseconds, so that a wait does not end before them.
const fn rounded_up_ms(microseconds: i64) -> i64 {
    microseconds.saturating_add(999) / 1000
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

fn later(now: UnixMillis, by: Duration) -> UnixMillis {
    UnixMillis(now.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

/// Makes scheduled deliveries ready that are due.
fn promote(connection: &Connection, now: UnixMillis) -> rusqlite::Result<()> {
    connection.prepare_cached(PROMOTE)?.execute([now.0]).map(drop)
}

fn candidates_of(
    connection: &Connection,
    key: &EndpointKey,
    (tenant, endpoint, lane): (usize, usize, u8),
    most: usize,
) -> rusqlite::Result<Vec<Candidate>> {
    let mut rows = connection.prepare_cached(CANDIDATES)?;
    let rows = rows.query_map(params![key.as_stored(), lane, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
        let size = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(usize::MAX);
        let (number, event, attempts, attempts_before) = (row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?);
        Ok(Candidate { tenant, endpoint, place: 0, number, event, size, attempts, attempts_before, lane })
    })?;
    rows.collect()
}

/// Leases the chosen deliveries. Also returns when the next of their rate limits allows another one.
fn take(
    connection: &Connection,
    seal: &Seal,
    chosen: &[Candidate],
    open: &Open,
    until: UnixMillis,
) -> rusqlite::Result<(Vec<Claim>, Option<i64>)> {
    let mut update =
        connection.prepare_cached("UPDATE queue SET state = 2, lease = ?2, lease_until = ?3 WHERE number = ?1")?;
    let mut events: HashMap<i64, Arc<StoredEvent>> = HashMap::new();
    let (mut counts, mut of_tenants): (BTreeMap<usize, i64>, BTreeMap<usize, i64>) = Default::default();
    let mut claims = Vec::with_capacity(chosen.len());
    for candidate in chosen {
        let at = candidate.endpoint;
        let (Some(endpoint), Some(room)) = (open.endpoints.get(at), open.rooms.get(at)) else { continue };
        let lease = Lease { delivery: candidate.number, token: fastrand::i64(1..) };
        update.execute(params![lease.delivery, lease.token, until.0])?;
        let event = if let Some(event) = events.get(&candidate.event) {
            Arc::clone(event)
        } else {
            let mut event = event(connection, candidate.event)?;
            seal.open_event(&endpoint.tenant, &mut event);
            Arc::new(event)
        };
        events.insert(candidate.event, Arc::clone(&event));
        for count in [counts.entry(at).or_default(), of_tenants.entry(candidate.tenant).or_default()] {
            *count = count.saturating_add(1);
        }
        let (endpoint, Candidate { attempts, attempts_before, .. }) = (Arc::clone(endpoint), *candidate);
        let (is_manual, is_slow) = (candidate.lane == 2, room.is_slow);
        claims.push(Claim { lease, endpoint, event, attempts, attempts_before, is_manual, is_slow });
    }
    let mut next = None;
    let sql =
        "UPDATE status SET in_flight = in_flight + ?2, next_slot_us = coalesce(?3, next_slot_us) WHERE endpoint = ?1";
    for (at, count) in counts {
        let (Some(endpoint), Some(room)) = (open.endpoints.get(at), open.rooms.get(at)) else { continue };
        let slot = room.rate.map(|(slot, interval)| slot.saturating_add(count.saturating_mul(interval)));
        connection.prepare_cached(sql)?.execute(params![endpoint.key().as_stored(), count, slot])?;
        next = earlier(next, slot.map(rounded_up_ms));
    }
    for (at, count) in of_tenants {
        let Some((tenant, TenantRoom { rate: Some((slot, interval)), .. })) = open.tenants.get(at) else { continue };
        let slot = slot.saturating_add(count.saturating_mul(*interval));
        tenants::set_next_slot(connection, tenant, slot)?;
        next = earlier(next, Some(rounded_up_ms(slot)));
    }
    Ok((claims, next))
}

fn event(connection: &Connection, number: i64) -> rusqlite::Result<StoredEvent> {
    let sql = "SELECT id, event_type, version, time, data, traceparent FROM event WHERE number = ?1";
    connection.prepare_cached(sql)?.query_row([number], |row| {
        let version = parsed(2, &row.get::<_, String>(2)?)?;
        let (id, event_type, time) = (row.get(0)?, row.get(1)?, row.get(3)?);
        Ok(StoredEvent { id, event_type, version, time, data: row.get(4)?, traceparent: row.get(5)?, unopened: None })
    })
}

#[cfg(test)]
mod tests {
    use super::super::plans::assert_indexed;
    use super::{CANDIDATES, NEXT_DUE, PROMOTE};

    #[test]
    fn a_claim_finds_every_row_by_an_index() {
        for sql in [CANDIDATES, PROMOTE] {
            assert_indexed(sql, &[]);
        }
        // What is scanned is the first entry of an index that is in order.
        assert_indexed(NEXT_DUE, &["USING COVERING INDEX queue_scheduled"]);
    }
}
