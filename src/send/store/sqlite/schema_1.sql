CREATE TABLE endpoint (
    id TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    failing_since INTEGER,
    failures INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    time TEXT,
    data TEXT NOT NULL,
    created INTEGER NOT NULL,
    idempotency_key TEXT UNIQUE
) STRICT;
CREATE TABLE delivery (
    number INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES event,
    endpoint TEXT NOT NULL REFERENCES endpoint,
    state INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    lease INTEGER,
    lease_until INTEGER
) STRICT;
CREATE INDEX delivery_event ON delivery (event);
CREATE INDEX delivery_due ON delivery (endpoint, lane, due) WHERE state = 0;
CREATE INDEX delivery_next ON delivery (due) WHERE state = 0;
CREATE INDEX delivery_leased ON delivery (endpoint, lease_until) WHERE state = 1;
CREATE INDEX delivery_dead ON delivery (endpoint) WHERE state = 3;
CREATE TABLE attempt (
    delivery INTEGER NOT NULL REFERENCES delivery,
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
CREATE INDEX attempt_delivery ON attempt (delivery);
CREATE INDEX attempt_endpoint ON attempt (endpoint, started);
