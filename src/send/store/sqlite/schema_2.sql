-- Schema 2: what waits or is under way stands in a small table, `queue`; what ended is history.
-- Times are milliseconds since 1970 by this machine's clock; see `sqlite/clock.rs` for what happens when it is set.

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
    -- A replay of a delivered delivery; if it fails, the delivery stays delivered.
    is_replay INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO queue (number, event, endpoint, state, lane, attempts, crashes, size, due, lease, lease_until)
SELECT d.number, d.event, d.endpoint, CASE WHEN d.state = 1 THEN 2 ELSE 0 END, d.lane, d.attempts, d.crashes,
    length(CAST(e.data AS BLOB)), d.due, d.lease, d.lease_until
FROM delivery d JOIN event e ON e.number = d.event WHERE d.state IN (0, 1);
INSERT INTO queue (number, event, endpoint, size, due) SELECT max(number) + 1, 0, '', 0, 0 FROM delivery HAVING max(number) IS NOT NULL;
DELETE FROM queue WHERE event = 0;
CREATE INDEX queue_ready ON queue (endpoint, lane, due) WHERE state = 1;
CREATE INDEX queue_scheduled ON queue (due) WHERE state = 0;
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
SELECT id, (SELECT count(*) FROM delivery WHERE endpoint = id AND state = 1), failing_since, failures,
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
SELECT delivery, endpoint, number, is_manual, started, version, elapsed_ms, status, failure, remote, body, is_truncated
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
    ended INTEGER NOT NULL
) STRICT;
INSERT INTO history SELECT number, event, endpoint, state, attempts, due FROM delivery WHERE state IN (2, 3);
DROP TABLE delivery;
ALTER TABLE history RENAME TO delivery;
CREATE INDEX delivery_event ON delivery (event);
CREATE INDEX delivery_dead ON delivery (endpoint) WHERE state = 3;

-- Numbers of events are not given twice either.
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    event_type TEXT NOT NULL,
    version TEXT NOT NULL,
    time TEXT,
    data TEXT NOT NULL,
    created INTEGER NOT NULL,
    idempotency_key TEXT UNIQUE
) STRICT;
INSERT INTO events SELECT number, id, kind, version, time, data, created, idempotency_key FROM event;
DROP TABLE event;
ALTER TABLE events RENAME TO event;

ALTER TABLE endpoint DROP COLUMN failing_since;
ALTER TABLE endpoint DROP COLUMN failures;
UPDATE endpoint SET settings = json_remove(json_set(settings, '$.eventTypes', json_extract(settings, '$.kinds')), '$.kinds')
WHERE json_valid(settings) AND json_type(settings, '$.kinds') = 'array';

-- When the clock was last looked at: which start of the machine, the steady clock then, and the wall clock then.
CREATE TABLE clock (boot TEXT NOT NULL, steady_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL) STRICT;
