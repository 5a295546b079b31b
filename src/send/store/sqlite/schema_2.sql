-- Schema 2: what waits or is under way stands in a small table, `queue`; what ended is history.
-- Times are milliseconds since 1970 by this machine's clock; see `sqlite/clock.rs` for what happens when it is set.
-- The columns named `endpoint`, and `endpoint.id`, hold an endpoint's key: its tenant, U+001F, its id.

CREATE TABLE queue (
    -- The delivery's number, also in the history and the log; none is given twice.
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    event INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    -- 0 scheduled: waits for `due`. 1 ready. 2 leased: with a worker until `lease_until`.
    state INTEGER NOT NULL DEFAULT 1,
    -- 0 first attempt, 1 retry, 2 asked for by hand.
    lane INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Leases that ended without a word of their worker since the last attempt.
    crashes INTEGER NOT NULL DEFAULT 0,
    -- Bytes of the event's data.
    size INTEGER NOT NULL,
    -- When it becomes, or became, ready.
    due INTEGER NOT NULL,
    lease INTEGER,
    lease_until INTEGER,
    -- The delivered delivery that this one replays.
    replays INTEGER,
    -- Attempts that were made before the schedule began, when a dead delivery was recovered.
    attempts_before INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO queue (number, event, endpoint, state, lane, attempts, crashes, size, due, lease, lease_until)
SELECT d.number, d.event, 'default' || char(31) || d.endpoint, CASE WHEN d.state = 1 THEN 2 ELSE 0 END, d.lane, d.attempts, d.crashes,
    length(CAST(e.data AS BLOB)), d.due, d.lease, d.lease_until
FROM delivery d JOIN event e ON e.number = d.event WHERE d.state IN (0, 1);
INSERT INTO queue (number, event, endpoint, size, due) SELECT max(number) + 1, 0, '', 0, 0 FROM delivery HAVING max(number) IS NOT NULL;
DELETE FROM queue WHERE event = 0;
CREATE INDEX queue_ready ON queue (endpoint, lane, due) WHERE state = 1;
CREATE INDEX queue_scheduled ON queue (due, endpoint) WHERE state = 0;
CREATE INDEX queue_leased ON queue (lease_until) WHERE state = 2;
CREATE INDEX queue_event ON queue (event);

-- What the workers know of each endpoint.
CREATE TABLE status (
    endpoint TEXT PRIMARY KEY,
    in_flight INTEGER NOT NULL DEFAULT 0,
    -- How many may be in flight: doubles with answers, 1 after a timeout.
    concurrency INTEGER NOT NULL DEFAULT 1,
    -- A moving average; null before the first attempt.
    latency_ms INTEGER,
    -- The circuit breaker: timeouts in a row, how long it opened last, and until when it is open.
    timeouts INTEGER NOT NULL DEFAULT 0,
    open_ms INTEGER NOT NULL DEFAULT 0,
    open_until INTEGER NOT NULL DEFAULT 0,
    -- The rate limit: the earliest time of the next attempt, in microseconds since 1970.
    next_slot_us INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO status (endpoint, in_flight, failing_since, failures, delivered, dead)
SELECT 'default' || char(31) || id, (SELECT count(*) FROM delivery WHERE endpoint = id AND state = 1), failing_since, failures,
    (SELECT count(*) FROM delivery WHERE endpoint = id AND state = 2),
    (SELECT count(*) FROM delivery WHERE endpoint = id AND state = 3)
FROM endpoint;

-- The log without a reference to the deliveries, which are in two tables now.
CREATE TABLE log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    number INTEGER NOT NULL,
    is_manual INTEGER NOT NULL,
    started INTEGER NOT NULL,
    version TEXT,
    elapsed_ms INTEGER NOT NULL,
    status INTEGER,
    failure TEXT,
    remote TEXT,
    body BLOB,
    is_truncated INTEGER NOT NULL
) STRICT;
INSERT INTO log (delivery, endpoint, number, is_manual, started, version, elapsed_ms, status, failure, remote, body, is_truncated)
SELECT delivery, 'default' || char(31) || endpoint, number, is_manual, started, version, elapsed_ms, status, failure, remote,
    body, is_truncated
FROM attempt ORDER BY rowid;
DROP TABLE attempt;
ALTER TABLE log RENAME TO attempt;
CREATE INDEX attempt_delivery ON attempt (delivery);
CREATE INDEX attempt_endpoint ON attempt (endpoint, started);

CREATE TABLE history (
    number INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    -- 2 delivered, 3 dead.
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    -- The delivered delivery that this one replays.
    replays INTEGER
) STRICT;
INSERT INTO history SELECT number, event, 'default' || char(31) || endpoint, state, attempts, due, NULL FROM delivery
WHERE state IN (2, 3);
DROP TABLE delivery;
ALTER TABLE history RENAME TO delivery;
CREATE INDEX delivery_event ON delivery (event);
CREATE INDEX delivery_dead ON delivery (endpoint) WHERE state = 3;

-- Numbers of events are not given twice either.
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    version TEXT NOT NULL,
    time TEXT,
    data TEXT NOT NULL,
    created INTEGER NOT NULL,
    idempotency_key TEXT,
    -- The caller's trace context.
    traceparent TEXT,
    -- The endpoint that alone gets it, as a Ping.
    target TEXT,
    UNIQUE (tenant, id)
) STRICT;
INSERT INTO events SELECT number, 'default', id, kind, version, time, data, created, idempotency_key, NULL, CASE WHEN kind = 'Ping' THEN '' END
FROM event;
DROP TABLE event;
ALTER TABLE events RENAME TO event;
CREATE UNIQUE INDEX event_idempotency_key ON event (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;

UPDATE endpoint SET id = 'default' || char(31) || id;
ALTER TABLE endpoint DROP COLUMN failing_since;
ALTER TABLE endpoint DROP COLUMN failures;
UPDATE endpoint SET settings = json_remove(json_set(settings, '$.eventTypes', json_extract(settings, '$.kinds')), '$.kinds')
WHERE json_valid(settings) AND json_type(settings, '$.kinds') = 'array';

-- When the clock was last looked at: which start of the machine, the steady clock then, and the wall clock then.
CREATE TABLE clock (boot TEXT NOT NULL, steady_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL) STRICT;

-- Limits and retention of tenants that have some. No time means: as the worker says.
CREATE TABLE tenant (
    name TEXT PRIMARY KEY,
    rate_per_second INTEGER,
    max_in_flight INTEGER,
    keep_delivered_ms INTEGER,
    keep_dead_ms INTEGER,
    keep_log_ms INTEGER,
    -- The rate limit: the earliest time of the next attempt, in microseconds since 1970.
    next_slot_us INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Where the pass of retention is, which all workers share: after which event and which line of the log it goes on, and
-- when the next pass begins.
CREATE TABLE upkeep (after_event INTEGER NOT NULL, after_attempt INTEGER NOT NULL, due INTEGER NOT NULL) STRICT;
INSERT INTO upkeep VALUES (0, 0, 0);
