-- Schema 2, continued: which deliveries a worker gets.

CREATE INDEX mambo_tenant_limited ON mambo_tenant (name) WHERE rate_per_second IS NOT NULL OR max_in_flight IS NOT NULL;

-- Up to `most` tenants that have ready deliveries, from the key `start` on: one look into the index for each.
CREATE FUNCTION mambo_ready_tenants(start text, most bigint) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    WITH RECURSIVE ready (endpoint, place) AS (
        (SELECT endpoint, 1 FROM mambo_queue WHERE state = 1 AND endpoint >= start ORDER BY endpoint LIMIT 1)
        UNION ALL
        SELECT next.endpoint, place + 1 FROM ready CROSS JOIN LATERAL (
            SELECT q.endpoint FROM mambo_queue q WHERE q.state = 1 AND q.endpoint >= mambo_tenant_of(ready.endpoint) || chr(32)
            ORDER BY q.endpoint LIMIT 1
        ) next WHERE place < most
    ) SELECT mambo_tenant_of(endpoint) FROM ready WHERE most > 0
$$;

-- Up to `most` endpoints that have ready deliveries, after the key `after` and before `until`: one look for each.
CREATE FUNCTION mambo_ready(after text, until text, most bigint) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    WITH RECURSIVE ready (endpoint, place) AS (
        (SELECT endpoint, 1 FROM mambo_queue WHERE state = 1 AND endpoint > after AND endpoint < until ORDER BY endpoint LIMIT 1)
        UNION ALL
        SELECT next.endpoint, place + 1 FROM ready CROSS JOIN LATERAL (
            SELECT q.endpoint FROM mambo_queue q WHERE q.state = 1 AND q.endpoint > ready.endpoint AND q.endpoint < until
            ORDER BY q.endpoint LIMIT 1
        ) next WHERE place < most
    ) SELECT endpoint FROM ready WHERE most > 0
$$;

-- Up to `most` endpoints that have ready deliveries, as many of each tenant. Begins with the tenants behind that of the key
-- `after`, and within a tenant behind its key in `after_of`; then from the start.
CREATE FUNCTION mambo_look(after text, after_of text[], most bigint) RETURNS text[]
LANGUAGE plpgsql STABLE SET jit = off AS $$
DECLARE
    last text := mambo_tenant_of(after);
    tenants text[];
    share bigint;
BEGIN
    tenants := ARRAY(SELECT t FROM mambo_ready_tenants(CASE WHEN after = '' THEN '' ELSE last || chr(32) END, most) t);
    IF after <> '' THEN
        tenants := tenants || ARRAY(
            SELECT t FROM mambo_ready_tenants('', most - cardinality(tenants)) t WHERE t COLLATE "C" <= last);
    END IF;
    share := greatest(1, most / greatest(1, cardinality(tenants)));
    RETURN ARRAY(
        SELECT e.key FROM unnest(tenants) WITH ORDINALITY AS t (tenant, place)
        LEFT JOIN unnest(after_of) AS a (key) ON mambo_tenant_of(a.key) = t.tenant
        CROSS JOIN LATERAL (
            SELECT key FROM (
                SELECT key FROM mambo_ready(coalesce(a.key, t.tenant || chr(31)), t.tenant || chr(32), share) AS r (key)
                UNION ALL SELECT key FROM mambo_ready(t.tenant || chr(31), t.tenant || chr(32), share) AS r (key)
                WHERE a.key IS NOT NULL AND key COLLATE "C" <= a.key
            ) both_parts LIMIT share
        ) e ORDER BY t.place);
END $$;

-- Leases ready deliveries. Chooses endpoints with ready work first, then their rows: as many as the limits of the endpoint and
-- of its tenant and the circuit breaker leave, at most `most`, `most_slow` of slow endpoints and `most_bytes` of data. The
-- data of an event is in the first row that has it. With `hot` it looks at those endpoints only. The last row has no number:
-- it says what time it is, in how many milliseconds something else may be due, in how many a rate limit lets the next one
-- through, whether `hot` has ready ones of which none was leased, and in `looked_at` the last endpoint of each tenant.
CREATE FUNCTION mambo_claim(most bigint, most_slow bigint, most_bytes bigint, lease_ms bigint, turn bigint, after text,
    after_of text[], hot text[], unreadable text[], unreadable_revisions bigint[])
RETURNS TABLE (number bigint, lease bigint, lane smallint, attempts bigint, attempts_before bigint, endpoint text, revision bigint,
    is_slow boolean, event bigint, id text, event_type text, version text, "time" text, data text, traceparent text,
    now_ms bigint, due_in_ms bigint, rate_in_ms bigint, has_ready boolean, looked_at text[])
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '5s' AS $$
#variable_conflict use_column
DECLARE
    at bigint := mambo_now();
    ready text[];
    -- Those of them that nothing keeps back at first sight.
    open text[];
    locked text[];
    -- Tenants with a limit whose row is locked.
    limited text[] := '{}';
    due_at bigint;
    rate_at bigint;
    has_claimed boolean;
BEGIN
    -- A claim that a crash of the database forgets is made again: it need not be on disk before it is used.
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE mambo_queue SET state = 1 WHERE number IN (
        SELECT number FROM mambo_queue WHERE state = 0 AND due <= at ORDER BY due LIMIT 1000 FOR UPDATE SKIP LOCKED);
    SELECT due INTO due_at FROM mambo_queue WHERE state = 0 ORDER BY due LIMIT 1;
    ready := coalesce(hot, mambo_look(after, after_of, 2 * most));
    -- Endpoints that another claim or settlement holds at this moment are left to it, unless there are no others.
    open := ARRAY(SELECT s.endpoint FROM mambo_status s WHERE s.endpoint = ANY (ready)
        AND s.in_flight < s.concurrency AND s.next_slot_us <= at * 1000 AND (s.timeouts < 5 OR s.in_flight = 0 AND (s.open_until <= at
            OR EXISTS (SELECT 1 FROM mambo_queue q WHERE q.state = 1 AND q.endpoint = s.endpoint AND q.lane = 2))));
    locked := ARRAY(SELECT s.endpoint FROM mambo_status s WHERE s.endpoint = ANY (open)
        ORDER BY s.endpoint FOR NO KEY UPDATE SKIP LOCKED);
    IF cardinality(locked) = 0 AND cardinality(open) > 0 THEN
        locked := ARRAY(SELECT s.endpoint FROM mambo_status s WHERE s.endpoint = ANY (open) ORDER BY s.endpoint
            FOR NO KEY UPDATE);
    END IF;
    IF EXISTS (SELECT 1 FROM mambo_tenant t WHERE t.rate_per_second IS NOT NULL OR t.max_in_flight IS NOT NULL) THEN
        limited := ARRAY(SELECT t.name FROM mambo_tenant t WHERE (t.rate_per_second IS NOT NULL OR t.max_in_flight IS NOT NULL)
            AND t.name = ANY (ARRAY(SELECT DISTINCT mambo_tenant_of(l) FROM unnest(locked) l)) ORDER BY t.name
            FOR NO KEY UPDATE SKIP LOCKED);
        -- A tenant with a limit that another claim holds at this moment is left to it.
        locked := ARRAY(SELECT l FROM unnest(locked) l WHERE mambo_tenant_of(l) = ANY (limited) OR NOT EXISTS (
            SELECT 1 FROM mambo_tenant t WHERE t.name = mambo_tenant_of(l)
                AND (t.rate_per_second IS NOT NULL OR t.max_in_flight IS NOT NULL)));
    END IF;
    -- A separate statement, so that it sees what was committed before the locks were granted.
    RETURN QUERY WITH known AS (
        SELECT s.endpoint, mambo_tenant_of(s.endpoint) AS tenant, e.revision,
            -- Who is first among equals changes with every claim.
            md5(s.endpoint || turn) COLLATE "C" AS luck, md5(mambo_tenant_of(s.endpoint) || turn) COLLATE "C" AS tenant_luck,
            coalesce(s.latency_ms, 1000) >= 1000 AS is_slow,
            e.state IN ('enabled', 'leaving') AND (s.timeouts < 5 OR s.open_until <= at) AS is_open,
            CASE WHEN s.timeouts < 5 THEN least(e.max_in_flight, s.concurrency) - s.in_flight
                WHEN s.in_flight = 0 THEN 1 ELSE 0 END AS free,
            CASE WHEN e.rate_per_second IS NOT NULL THEN greatest(1, 1000000 / e.rate_per_second) END AS interval_us,
            -- A burst of what 50 milliseconds allow, so that a worker that looks less often still keeps the rate.
            CASE WHEN e.rate_per_second IS NOT NULL THEN greatest(s.next_slot_us, at * 1000
                - (greatest(1, e.rate_per_second / 20) - 1) * greatest(1, 1000000 / e.rate_per_second)) END AS slot_us
        FROM mambo_status s JOIN mambo_endpoint e ON e.id = s.endpoint
        WHERE s.endpoint = ANY (locked) AND e.state <> 'removed' AND NOT EXISTS (SELECT 1 FROM unnest(unreadable, unreadable_revisions) AS u (id, revision)
            WHERE u.id = s.endpoint AND u.revision = e.revision)
    ), tenant_rate AS (
        SELECT t.name AS tenant,
            coalesce(t.max_in_flight - (SELECT sum(s.in_flight) FROM mambo_status s
                WHERE s.endpoint >= t.name || chr(31) AND s.endpoint < t.name || chr(32)), most) AS free,
            CASE WHEN t.rate_per_second IS NOT NULL THEN greatest(1, 1000000 / t.rate_per_second) END AS interval_us,
            CASE WHEN t.rate_per_second IS NOT NULL THEN greatest(t.next_slot_us, at * 1000
                - (greatest(1, t.rate_per_second / 20) - 1) * greatest(1, 1000000 / t.rate_per_second)) END AS slot_us
        FROM mambo_tenant t WHERE t.name = ANY (limited)
    ), tenant_room AS (
        SELECT *, least(free, CASE WHEN interval_us IS NULL THEN most
            WHEN slot_us > at * 1000 THEN 0 ELSE 1 + (at * 1000 - slot_us) / interval_us END) AS room FROM tenant_rate
    ), capacity AS (
        -- Twice what each would get if all had enough: what this leaves free, the next claim takes.
        SELECT *, least(greatest(1, 2 * most / (SELECT count(DISTINCT tenant) FROM known) / count(*) OVER (PARTITION BY tenant)), free,
            CASE WHEN interval_us IS NULL THEN most
                WHEN slot_us > at * 1000 THEN 0 ELSE 1 + (at * 1000 - slot_us) / interval_us END) AS room FROM known
    ), candidate AS (
        SELECT c.endpoint, c.tenant, c.luck, c.tenant_luck, c.revision, c.is_slow, q.number, q.size,
            row_number() OVER (PARTITION BY c.endpoint ORDER BY q.rank, q.lane) AS place
        FROM capacity c CROSS JOIN LATERAL (
            -- Of five, three are first attempts, one is a retry, one was asked for; what one lane leaves, others take.
            SELECT * FROM (
                SELECT l.number, l.size, 0 AS lane, row_number() OVER (ORDER BY l.due, l.number) / 3.0 AS rank FROM (
                    SELECT number, size, due FROM mambo_queue WHERE state = 1 AND endpoint = c.endpoint AND lane = 0 AND c.is_open
                    ORDER BY due LIMIT greatest(0, c.room)) l
                UNION ALL SELECT l.number, l.size, 1, row_number() OVER (ORDER BY l.due, l.number) - (turn % 4) / 4.0 FROM (
                    SELECT number, size, due FROM mambo_queue WHERE state = 1 AND endpoint = c.endpoint AND lane = 1 AND c.is_open
                    ORDER BY due LIMIT greatest(0, c.room)) l
                UNION ALL SELECT l.number, l.size, 2, row_number() OVER (ORDER BY l.due, l.number) - ((turn + 2) % 4) / 4.0 FROM (
                    SELECT number, size, due FROM mambo_queue WHERE state = 1 AND endpoint = c.endpoint AND lane = 2
                    ORDER BY due LIMIT greatest(0, c.room)) l
            ) lanes ORDER BY rank, lane LIMIT greatest(0, c.room)
        ) q
    ), turns AS (
        -- Tenants take turns, and a tenant's turns go round among its endpoints.
        SELECT *, row_number() OVER (PARTITION BY tenant ORDER BY place, luck) AS round FROM candidate
    ), fair AS (
        SELECT t.*, row_number() OVER (PARTITION BY is_slow ORDER BY round, tenant_luck) AS slow_place
        FROM turns t LEFT JOIN tenant_room r USING (tenant) WHERE r.room IS NULL OR t.round <= r.room
    ), chosen AS (
        SELECT number, revision, is_slow FROM (
            SELECT *, row_number() OVER turns AS total, sum(size) OVER turns AS bytes FROM fair
            WHERE NOT is_slow OR slow_place <= most_slow WINDOW turns AS (ORDER BY round, tenant_luck)
        ) ranked WHERE total <= most AND bytes <= most_bytes
    ), claimed AS (
        UPDATE mambo_queue q SET state = 2, lease = (random() * 9007199254740991)::bigint, lease_until = at + lease_ms
        -- By a list, and not `= 1`: a plan made when few were ready would read all that are.
        WHERE q.number = ANY (ARRAY(SELECT number FROM chosen)) AND q.state < 2
        RETURNING q.number, q.lease, q.lane, q.attempts, q.attempts_before, q.endpoint, q.event
    ), counted AS (
        UPDATE mambo_status s SET in_flight = s.in_flight + c.count,
            next_slot_us = CASE WHEN k.interval_us IS NULL THEN s.next_slot_us ELSE k.slot_us + c.count * k.interval_us END
        FROM (SELECT endpoint, count(*) FROM claimed GROUP BY endpoint) c JOIN known k ON k.endpoint = c.endpoint
        WHERE s.endpoint = c.endpoint
    ), counted_tenants AS (
        UPDATE mambo_tenant t SET next_slot_us = r.slot_us + c.count * r.interval_us
        FROM (SELECT mambo_tenant_of(endpoint) AS tenant, count(*) FROM claimed GROUP BY 1) c JOIN tenant_room r USING (tenant)
        WHERE t.name = c.tenant AND r.interval_us IS NOT NULL
    )
    SELECT c.number, c.lease, c.lane, c.attempts, c.attempts_before, c.endpoint, chosen.revision, chosen.is_slow, c.event,
        e.id, e.event_type, e.version, e.time,
        CASE WHEN row_number() OVER (PARTITION BY c.event ORDER BY c.number) = 1 THEN e.data END, e.traceparent,
        NULL::bigint, NULL::bigint, NULL::bigint, NULL::boolean, NULL::text[]
    FROM claimed c JOIN chosen USING (number)
        -- `OFFSET 0`: one look into the index for each, for any size that the plan was made for.
        CROSS JOIN LATERAL (SELECT id, event_type, version, time, data, traceparent FROM mambo_event WHERE number = c.event OFFSET 0) e
    ORDER BY c.event, c.number;
    has_claimed := FOUND;
    SELECT min((s.next_slot_us + 999) / 1000) FILTER (WHERE s.next_slot_us > at * 1000 AND e.rate_per_second IS NOT NULL),
        least(due_at, min(s.open_until) FILTER (WHERE s.timeouts >= 5 AND s.open_until > at)) INTO rate_at, due_at
    FROM mambo_status s JOIN mambo_endpoint e ON e.id = s.endpoint
    WHERE s.endpoint = ANY (ready) AND e.state IN ('enabled', 'leaving');
    IF cardinality(limited) > 0 THEN
        rate_at := least(rate_at, (SELECT min((t.next_slot_us + 999) / 1000) FROM mambo_tenant t
            WHERE t.name = ANY (limited) AND t.next_slot_us > at * 1000 AND t.rate_per_second IS NOT NULL));
    END IF;
    now_ms := at;
    due_in_ms := least(due_at, rate_at) - at;
    rate_in_ms := rate_at - at;
    has_ready := cardinality(hot) > 0 AND NOT has_claimed
        AND EXISTS (SELECT 1 FROM mambo_queue q WHERE q.state = 1 AND q.endpoint = ANY (hot));
    IF hot IS NULL THEN
        looked_at := ARRAY(SELECT (array_agg(r ORDER BY place DESC))[1] FROM unnest(ready) WITH ORDINALITY AS l (r, place)
            GROUP BY mambo_tenant_of(r));
    END IF;
    number := NULL;
    RETURN NEXT;
END $$;
