//! Claims, leases and settlements in PostgreSQL.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::{BTreeMap, HashMap};

use sqlx::{PgConnection, Row};

use super::endpoint::{Endpoint, Reason, State};
use super::outcome::{AttemptRecord, DisableRule, Effect, Failure};
use super::postgres_rows::{event, unsigned};
use super::store::{Claim, LAST_PASS, Lane, Lease, MAX_CRASHES, Settled, Settlement, quotas, settled};
use crate::time::UnixMillis;

/// Claims of one lane: an equal turn for every endpoint, oldest first, within what each may have under way. Rows that
/// somebody else holds are passed over.
const TAKE: &str = "
WITH busy AS (
    SELECT endpoint, count(*) AS under_way FROM mambo_delivery WHERE state = 1 GROUP BY endpoint
), due AS (
    SELECT d.number, d.due, row_number() OVER (PARTITION BY d.endpoint ORDER BY d.due) AS turn
    FROM mambo_endpoint e LEFT JOIN busy ON busy.endpoint = e.id
    CROSS JOIN LATERAL (
        SELECT number, endpoint, due FROM mambo_delivery
        WHERE state = 0 AND endpoint = e.id AND lane = $1 AND due <= $2
        ORDER BY due LIMIT greatest(0, least($3, CASE
            WHEN $5 AND e.max_in_flight - coalesce(busy.under_way, 0) >= 4
                THEN (e.max_in_flight - coalesce(busy.under_way, 0)) / 4
            WHEN $5 AND NOT $6 THEN 0
            ELSE e.max_in_flight - coalesce(busy.under_way, 0) END))
        FOR UPDATE SKIP LOCKED
    ) d
    WHERE $1 = 2 OR e.state = 'enabled'
), chosen AS (
    SELECT number FROM due ORDER BY turn, due LIMIT $3
), claimed AS (
    UPDATE mambo_delivery d SET state = 1, lease = nextval('mambo_lease'), lease_until = $4
    FROM chosen WHERE d.number = chosen.number
    RETURNING d.number, d.lease, d.attempts, d.endpoint, d.event
)
SELECT c.number, c.lease, c.attempts, c.endpoint, e.id, e.kind, e.version, e.time, e.data
FROM claimed c JOIN mambo_event e ON e.number = c.event";

/// Lets claims go one after the other, so that two workers cannot both fill an endpoint's room.
pub(super) async fn begin(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    // A claim that a crash of the database forgets is made again: it need not be on disk before it is used.
    let sql = "SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(hashtext('mambo_claim'))";
    sqlx::query(sql).execute(connection).await.map(drop)
}

/// Hands out due deliveries.
pub(super) async fn claim(
    connection: &mut PgConnection,
    endpoints: &HashMap<String, Arc<Endpoint>>,
    (most, turn): (usize, usize),
    now: UnixMillis,
    until: UnixMillis,
) -> Result<Vec<Claim>, sqlx::Error> {
    take_back(connection, now).await?;
    let mut claims = Vec::new();
    for (pass, (lane, quota)) in quotas(most, turn).into_iter().enumerate() {
        let room = quota.min(most.saturating_sub(claims.len()));
        if room == 0 {
            continue;
        }
        let rows = sqlx::query(TAKE)
            .bind(i16::try_from(lane.number()).unwrap_or(i16::MAX))
            .bind(now.0)
            .bind(i64::try_from(room).unwrap_or(i64::MAX))
            .bind(until.0)
            // As in `part`: retries take a part of an endpoint's room, until first attempts had their turn.
            .bind(lane == Lane::Retry && pass != LAST_PASS)
            .bind(turn % 4 == 0)
            .fetch_all(&mut *connection)
            .await?;
        for row in rows {
            let id: String = row.try_get("endpoint")?;
            // An endpoint that was added since they were read: all of this is undone, and done again.
            let endpoint = endpoints.get(&id).cloned().ok_or(sqlx::Error::RowNotFound)?;
            let lease = Lease { delivery: row.try_get("number")?, token: row.try_get("lease")? };
            let attempts = unsigned(row.try_get("attempts")?);
            claims.push(Claim { lease, endpoint, event: event(&row)?, attempts, is_manual: lane == Lane::Manual });
        }
    }
    Ok(claims)
}

/// Deliveries whose worker has not been heard of: they wait again, or are set aside when that happens too often.
async fn take_back(connection: &mut PgConnection, now: UnixMillis) -> Result<(), sqlx::Error> {
    let sql = "UPDATE mambo_delivery SET crashes = crashes + 1, lease = NULL, lease_until = NULL, due = $1,
            state = CASE WHEN crashes + 1 < $2 THEN 0 ELSE 3 END
        WHERE number IN (
            SELECT number FROM mambo_delivery WHERE state = 1 AND lease_until < $1 FOR UPDATE SKIP LOCKED
        ) RETURNING number, endpoint, attempts, lane, state";
    let rows = sqlx::query(sql).bind(now.0).bind(i64::from(MAX_CRASHES)).fetch_all(&mut *connection).await?;
    let mut lost = Vec::new();
    for row in rows {
        if row.try_get::<i16, _>("state")? == 3 {
            let lane: i16 = row.try_get("lane")?;
            let is_manual = i64::from(lane) == Lane::Manual.number();
            let attempt = AttemptRecord::worker_lost(unsigned(row.try_get("attempts")?), is_manual, now);
            lost.push((row.try_get("number")?, row.try_get("endpoint")?, attempt));
        }
    }
    let rows: Vec<_> = lost
        .iter()
        .map(|(delivery, endpoint, attempt): &(i64, String, _)| (*delivery, endpoint.as_str(), attempt))
        .collect();
    record(connection, &rows).await
}

/// Makes leases longer; hands back those that are lost.
pub(super) async fn extend(
    connection: &mut PgConnection,
    leases: Vec<Lease>,
    until: UnixMillis,
) -> Result<Vec<Lease>, sqlx::Error> {
    let sql =
        "UPDATE mambo_delivery d SET lease_until = $3 FROM unnest($1::bigint[], $2::bigint[]) AS given (number, lease)
        WHERE d.number = given.number AND d.lease = given.lease AND d.state = 1 RETURNING d.number, d.lease";
    let (numbers, tokens): (Vec<i64>, Vec<i64>) = leases.iter().map(|lease| (lease.delivery, lease.token)).unzip();
    let held: Vec<(i64, i64)> =
        sqlx::query_as(sql).bind(numbers).bind(tokens).bind(until.0).fetch_all(connection).await?;
    Ok(leases.into_iter().filter(|lease| !held.contains(&(lease.delivery, lease.token))).collect())
}

/// Says how attempts ended.
pub(super) async fn settle(
    connection: &mut PgConnection,
    settlements: &[Settlement],
    rule: DisableRule,
    now: UnixMillis,
) -> Result<Vec<Settled>, sqlx::Error> {
    let sql = "UPDATE mambo_delivery d SET state = given.state, lane = 1, attempts = given.attempts, crashes = 0, due = given.due,
            lease = NULL, lease_until = NULL
        FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[])
            AS given (number, lease, state, attempts, due)
        WHERE d.number = given.number AND d.lease = given.lease AND d.state = 1 RETURNING d.number, given.lease";
    let after: Vec<(i64, i64)> = settlements.iter().map(|settlement| settled(settlement.next, now)).collect();
    let column = |value: fn(&Settlement) -> i64| settlements.iter().map(value).collect::<Vec<i64>>();
    let done: Vec<(i64, i64)> = sqlx::query_as(sql)
        .bind(column(|settlement| settlement.lease.delivery))
        .bind(column(|settlement| settlement.lease.token))
        .bind(after.iter().map(|(state, _)| i16::try_from(*state).unwrap_or(0)).collect::<Vec<_>>())
        .bind(column(|settlement| settlement.attempt.number.into()))
        .bind(after.iter().map(|(_, due)| *due).collect::<Vec<_>>())
        .fetch_all(&mut *connection)
        .await?;
    let done: std::collections::HashSet<(i64, i64)> = done.into_iter().collect();
    let is_done = |settlement: &&Settlement| done.contains(&(settlement.lease.delivery, settlement.lease.token));
    let rows: Vec<_> = settlements
        .iter()
        .filter(is_done)
        .map(|settlement| (settlement.lease.delivery, settlement.endpoint.as_str(), &settlement.attempt))
        .collect();
    record(connection, &rows).await?;
    let mut effects: BTreeMap<&str, Vec<Effect>> = BTreeMap::new();
    for settlement in settlements.iter().filter(is_done) {
        effects.entry(&settlement.endpoint).or_default().push(settlement.effect);
    }
    // Locked in the order of their ids, so that two workers cannot wait for one another. What a delivery's insertion
    // holds of an endpoint does not stand in the way.
    let changed: Vec<String> = effects.keys().map(ToString::to_string).collect();
    let sql = "SELECT id FROM mambo_endpoint WHERE id = ANY($1) AND (failures > 0 OR id = ANY($2)) ORDER BY id FOR NO KEY UPDATE";
    let is_fine = |effects: &Vec<Effect>| effects.iter().all(|&effect| matches!(effect, Effect::Works | Effect::None));
    let failing: Vec<String> =
        effects.iter().filter(|(_, effects)| !is_fine(effects)).map(|(id, _)| (*id).to_string()).collect();
    let locked: Vec<String> = sqlx::query_scalar(sql).bind(changed).bind(failing).fetch_all(&mut *connection).await?;
    for endpoint in locked {
        if let Some(effects) = effects.get(endpoint.as_str()) {
            affect(connection, &endpoint, effects, rule, now).await?;
        }
    }
    Ok(settlements
        .iter()
        .map(|settlement| if is_done(&settlement) { Settled::Done } else { Settled::LeaseLost })
        .collect())
}

fn column<T>(rows: &[(i64, &str, &AttemptRecord)], value: impl Fn(&AttemptRecord) -> T) -> Vec<T> {
    rows.iter().map(|(.., attempt)| value(attempt)).collect()
}

async fn record(connection: &mut PgConnection, rows: &[(i64, &str, &AttemptRecord)]) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO mambo_attempt
            (delivery, endpoint, number, is_manual, started, version, elapsed_ms, status, failure, remote, body, is_truncated)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::bigint[], $6::text[], $7::bigint[],
            $8::bigint[], $9::text[], $10::text[], $11::bytea[], $12::boolean[])";
    let query = sqlx::query(sql)
        .bind(rows.iter().map(|(delivery, ..)| *delivery).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, endpoint, _)| (*endpoint).to_string()).collect::<Vec<_>>())
        .bind(column(rows, |attempt| i64::from(attempt.number)))
        .bind(column(rows, |attempt| attempt.is_manual))
        .bind(column(rows, |attempt| attempt.started.0))
        .bind(column(rows, |attempt| attempt.version.map(|version| version.to_string())))
        .bind(column(rows, |attempt| i64::try_from(attempt.answer.elapsed_ms).unwrap_or(i64::MAX)))
        .bind(column(rows, |attempt| attempt.answer.status.map(i64::from)))
        .bind(column(rows, |attempt| attempt.answer.failure.map(Failure::as_str)))
        .bind(column(rows, |attempt| attempt.answer.remote.clone()))
        .bind(column(rows, |attempt| Some(attempt.answer.body.clone()).filter(|body| !body.is_empty())))
        .bind(column(rows, |attempt| attempt.answer.is_truncated));
    query.execute(connection).await.map(drop)
}

/// What attempts, in their order, mean for their endpoint.
async fn affect(
    connection: &mut PgConnection,
    endpoint: &str,
    effects: &[Effect],
    rule: DisableRule,
    now: UnixMillis,
) -> Result<(), sqlx::Error> {
    let since_success: i64 = effects
        .iter()
        .rev()
        .take_while(|&&effect| effect != Effect::Works)
        .map(|&effect| i64::from(effect == Effect::Fails))
        .sum();
    if effects.contains(&Effect::Works) {
        let sql = "UPDATE mambo_endpoint SET failing_since = NULL, failures = 0 WHERE id = $1 AND failures > 0";
        sqlx::query(sql).bind(endpoint).execute(&mut *connection).await?;
    }
    if since_success > 0 {
        let sql = "UPDATE mambo_endpoint SET failing_since = coalesce(failing_since, $2), failures = failures + $3 WHERE id = $1";
        sqlx::query(sql).bind(endpoint).bind(now.0).bind(since_success).execute(&mut *connection).await?;
        let sql = "UPDATE mambo_endpoint SET state = $2, revision = nextval('mambo_revision')
            WHERE id = $1 AND state = 'enabled' AND failing_since <= $3 AND failures >= $4";
        let since = now.0.saturating_sub(rule.failing_ms);
        let state = State::Disabled(Reason::Failing).as_str();
        let query = sqlx::query(sql).bind(endpoint).bind(state).bind(since).bind(i64::from(rule.failures));
        query.execute(&mut *connection).await?;
    }
    if effects.contains(&Effect::Gone) {
        let sql = "UPDATE mambo_endpoint SET state = $2, revision = nextval('mambo_revision') WHERE id = $1 AND state = 'enabled'";
        let state = State::Disabled(Reason::Gone).as_str();
        sqlx::query(sql).bind(endpoint).bind(state).execute(&mut *connection).await?;
    }
    Ok(())
}
