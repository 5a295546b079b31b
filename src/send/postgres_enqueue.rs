//! Taking events into PostgreSQL, many in one statement.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::collections::HashMap;

use sqlx::PgConnection;

use super::error::SendError;
use super::event::NewEvent;
use super::postgres_rows::{failed, unsigned};
use super::store::{Enqueued, Lane};
use crate::time::UnixMillis;

/// Takes events: for one endpoint by hand, or for all that want them. All or none, if the transaction is rolled back
/// on an error.
pub(super) async fn enqueue(
    connection: &mut PgConnection,
    events: Vec<NewEvent>,
    only: Option<&str>,
    now: UnixMillis,
) -> Result<Vec<Enqueued>, SendError> {
    let events: Vec<_> = events.into_iter().map(NewEvent::named).collect();
    let sql = "INSERT INTO mambo_event (id, kind, version, time, data, created, idempotency_key)
        SELECT id, kind, version, time, data, $7, key
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
            AS given (id, kind, version, time, data, key)
        ON CONFLICT DO NOTHING RETURNING id, number";
    let inserted: Vec<(String, i64)> = sqlx::query_as(sql)
        .bind(events.iter().map(|(event, _)| event.id.clone()).collect::<Vec<_>>())
        .bind(events.iter().map(|(event, _)| event.kind.clone()).collect::<Vec<_>>())
        .bind(events.iter().map(|(event, _)| event.version.to_string()).collect::<Vec<_>>())
        .bind(events.iter().map(|(event, _)| event.time.clone()).collect::<Vec<_>>())
        .bind(events.iter().map(|(event, _)| event.data.clone()).collect::<Vec<_>>())
        .bind(events.iter().map(|(_, key)| key.clone()).collect::<Vec<_>>())
        .bind(now.0)
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    let sql = "WITH made AS (
            INSERT INTO mambo_delivery (event, endpoint, state, lane, due)
            SELECT event.number, endpoint.id, 0, $3, $4
            FROM mambo_event event JOIN mambo_endpoint endpoint ON CASE WHEN $2::text IS NULL
                THEN endpoint.state = 'enabled' AND (endpoint.kinds IS NULL OR event.kind = ANY(endpoint.kinds))
                ELSE endpoint.id = $2 END
            WHERE event.number = ANY($1) ORDER BY event.number RETURNING event
        ) SELECT event, count(*) FROM made GROUP BY event";
    let lane = if only.is_some() { Lane::Manual } else { Lane::First };
    let made: Vec<(i64, i64)> = sqlx::query_as(sql)
        .bind(inserted.iter().map(|(_, number)| *number).collect::<Vec<_>>())
        .bind(only)
        .bind(i16::try_from(lane.number()).unwrap_or(0))
        .bind(now.0)
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    let made: HashMap<i64, i64> = made.into_iter().collect();
    let mut inserted: HashMap<String, i64> = inserted.into_iter().collect();
    let mut used = HashMap::new();
    if inserted.len() < events.len() {
        let keys = events.iter().filter_map(|(_, key)| key.clone()).collect();
        used = keys_used(connection, keys).await.map_err(failed)?;
    }
    let mut taken = Vec::with_capacity(events.len());
    for (event, key) in events {
        // Taken out, so that a second event of that id in one batch is not taken for the first.
        if let Some(number) = inserted.remove(&event.id) {
            let deliveries = made.get(&number).copied().unwrap_or(0);
            taken.push(Enqueued { event: event.id, deliveries: unsigned(deliveries), is_new: true });
            continue;
        }
        match key.as_ref().and_then(|key| used.get(key)) {
            Some(found) => taken.push(found.clone()),
            None => return Err(in_the_way(connection, event.id).await),
        }
    }
    Ok(taken)
}

/// The events that idempotency keys were used for.
async fn keys_used(connection: &mut PgConnection, keys: Vec<String>) -> Result<HashMap<String, Enqueued>, sqlx::Error> {
    let sql = "SELECT idempotency_key, id, (SELECT count(*) FROM mambo_delivery WHERE event = mambo_event.number)
        FROM mambo_event WHERE idempotency_key = ANY($1)";
    let found: Vec<(String, String, i64)> = sqlx::query_as(sql).bind(keys).fetch_all(connection).await?;
    let pair = |(key, event, deliveries)| (key, Enqueued { event, deliveries: unsigned(deliveries), is_new: false });
    Ok(found.into_iter().map(pair).collect())
}

/// What kept an event out that no key explains: another one of its id, or one that was forgotten a moment later.
async fn in_the_way(connection: &mut PgConnection, id: String) -> SendError {
    let sql = "SELECT EXISTS (SELECT 1 FROM mambo_event WHERE id = $1)";
    match sqlx::query_scalar(sql).bind(&id).fetch_one(connection).await {
        Ok(true) => SendError::EventExists { id },
        Ok(false) => SendError::StoreFailed { what: "what was in the way was forgotten: send it again".into() },
        Err(error) => failed(error),
    }
}
