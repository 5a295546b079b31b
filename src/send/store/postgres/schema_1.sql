CREATE SEQUENCE mambo_revision;
CREATE SEQUENCE mambo_lease;
CREATE TABLE mambo_endpoint (
    id text PRIMARY KEY,
    settings text NOT NULL,
    kinds text[],
    max_in_flight bigint NOT NULL,
    state text NOT NULL,
    revision bigint NOT NULL DEFAULT nextval('mambo_revision'),
    failing_since bigint,
    failures bigint NOT NULL DEFAULT 0
);
CREATE TABLE mambo_event (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    kind text NOT NULL,
    version text NOT NULL,
    time text,
    data text NOT NULL,
    created bigint NOT NULL,
    idempotency_key text UNIQUE
);
CREATE TABLE mambo_delivery (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event bigint NOT NULL REFERENCES mambo_event,
    endpoint text NOT NULL REFERENCES mambo_endpoint,
    state smallint NOT NULL,
    lane smallint NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    crashes bigint NOT NULL DEFAULT 0,
    due bigint NOT NULL,
    lease bigint,
    lease_until bigint
) WITH (fillfactor = 70);
CREATE INDEX mambo_delivery_event ON mambo_delivery (event);
CREATE INDEX mambo_delivery_due ON mambo_delivery (endpoint, lane, due) WHERE state = 0;
CREATE INDEX mambo_delivery_next ON mambo_delivery (due) WHERE state = 0;
CREATE INDEX mambo_delivery_leased ON mambo_delivery (endpoint, lease_until) WHERE state = 1;
CREATE INDEX mambo_delivery_dead ON mambo_delivery (endpoint) WHERE state = 3;
CREATE TABLE mambo_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery bigint NOT NULL REFERENCES mambo_delivery,
    endpoint text NOT NULL,
    number bigint NOT NULL,
    is_manual boolean NOT NULL,
    started bigint NOT NULL,
    version text,
    elapsed_ms bigint NOT NULL,
    status bigint,
    failure text,
    remote text,
    body bytea,
    is_truncated boolean NOT NULL
);
CREATE INDEX mambo_attempt_delivery ON mambo_attempt (delivery);
CREATE INDEX mambo_attempt_endpoint ON mambo_attempt (endpoint, started);
