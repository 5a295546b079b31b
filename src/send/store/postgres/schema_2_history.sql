-- Schema 2, continued: what ended comes again, or is forgotten.

-- When a delivery of this event to this endpoint may go out: a second after the last attempt, so that no two share a timestamp
-- and a signature.
CREATE FUNCTION mambo_earliest(of_event bigint, of_endpoint text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(max(a.started) + 1000, 0) FROM mambo_delivery d JOIN mambo_attempt a ON a.delivery = d.number
    WHERE d.event = of_event AND d.endpoint = of_endpoint
$$;

-- Makes ended deliveries of a tenant ready once more: one, or dead ones, or those of events that came in from one time to
-- another; of one endpoint if it is named. A dead one itself, a delivered one as another delivery; of each event and endpoint
-- only the last one.
CREATE FUNCTION mambo_retry(of_tenant text, one bigint, only_dead boolean, created_from bigint, created_until bigint, of_endpoint text)
RETURNS bigint LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
DECLARE
    at bigint := mambo_now();
    found bigint;
BEGIN
    WITH picked AS (
        SELECT max(d.number) AS number
        FROM mambo_delivery d WHERE (one IS NULL OR d.number = one) AND (d.state = 3 OR NOT only_dead)
            AND (of_endpoint IS NULL OR d.endpoint = of_endpoint)
            AND (created_from IS NULL OR d.event IN (SELECT e.number FROM mambo_event e WHERE e.created BETWEEN created_from AND created_until))
            AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.event = d.event AND q.endpoint = d.endpoint)
            AND d.endpoint >= of_tenant || chr(31) AND d.endpoint < of_tenant || chr(32)
            AND EXISTS (SELECT 1 FROM mambo_endpoint e WHERE e.id = d.endpoint AND e.state <> 'removed')
        GROUP BY d.event, d.endpoint
    ), chosen AS (
        SELECT d.*, mambo_earliest(d.event, d.endpoint) AS earliest FROM mambo_delivery d
        WHERE d.number IN (SELECT number FROM picked) ORDER BY d.number FOR UPDATE
    ), queued AS (
        INSERT INTO mambo_queue AS q (number, event, endpoint, state, lane, attempts, size, due, replays)
        SELECT CASE WHEN c.state = 3 THEN c.number ELSE nextval(pg_get_serial_sequence('mambo_queue', 'number')) END, c.event, c.endpoint,
            (c.earliest <= at)::int, 2, CASE WHEN c.state = 3 THEN c.attempts ELSE 0 END, octet_length(e.data),
            greatest(at, c.earliest), CASE WHEN c.state = 3 THEN c.replays ELSE c.number END
        FROM chosen c JOIN mambo_event e ON e.number = c.event ORDER BY c.number ON CONFLICT DO NOTHING RETURNING q.number, q.endpoint
    ), revived AS (
        DELETE FROM mambo_delivery d USING queued q WHERE d.number = q.number RETURNING d.endpoint
    ), locked AS (
        SELECT s.endpoint FROM mambo_status s WHERE s.endpoint IN (SELECT endpoint FROM revived) ORDER BY s.endpoint FOR NO KEY UPDATE
    ), counted AS (
        UPDATE mambo_status s SET dead = s.dead - c.count
        FROM (SELECT endpoint, count(*) FROM revived GROUP BY endpoint) c JOIN locked USING (endpoint) WHERE s.endpoint = c.endpoint
    ) SELECT count(*) INTO found FROM queued;
    PERFORM pg_notify('mambo_webhooks', '');
    RETURN found;
END $$;

-- Recovers events of the next `step` after a number for an endpoint: those that it has no delivery of, and those whose delivery
-- is dead. How many, and the number to go on after, null at the end.
CREATE FUNCTION mambo_recover(of_endpoint text, since bigint, after bigint, step bigint, OUT recovered bigint, OUT last bigint)
LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
DECLARE
    at bigint := mambo_now();
BEGIN
    SELECT max(number) INTO last FROM (SELECT number FROM mambo_event WHERE number > after ORDER BY number LIMIT step) e;
    WITH missed AS (
        SELECT v.number, octet_length(v.data) AS size FROM mambo_event v JOIN mambo_endpoint e ON e.id = of_endpoint
        WHERE v.number > after AND v.number <= last AND v.tenant = mambo_tenant_of(of_endpoint) AND v.created >= since
            AND v.target IS NULL AND (e.event_types IS NULL OR e.event_types && mambo_subscriptions(v.event_type))
            AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.event = v.number AND q.endpoint = of_endpoint)
            AND NOT EXISTS (SELECT 1 FROM mambo_delivery d WHERE d.event = v.number AND d.endpoint = of_endpoint AND d.state = 2)
    ), dead AS (
        SELECT d.*, m.size, mambo_earliest(d.event, d.endpoint) AS earliest FROM mambo_delivery d JOIN missed m ON m.number = d.event
        WHERE d.number IN (SELECT max(o.number) FROM mambo_delivery o WHERE o.event = m.number AND o.endpoint = of_endpoint)
        ORDER BY d.number FOR UPDATE OF d
    ), queued AS (
        INSERT INTO mambo_queue AS q (number, event, endpoint, state, lane, attempts, attempts_before, size, due, replays)
        SELECT coalesce(d.number, nextval(pg_get_serial_sequence('mambo_queue', 'number'))), m.number, of_endpoint,
            (coalesce(d.earliest, 0) <= at)::int, 1, coalesce(d.attempts, 0), coalesce(d.attempts, 0), m.size,
            greatest(at, coalesce(d.earliest, 0)), d.replays
        FROM missed m LEFT JOIN dead d ON d.event = m.number ORDER BY m.number ON CONFLICT DO NOTHING RETURNING q.number
    ), revived AS (
        DELETE FROM mambo_delivery d USING queued q WHERE d.number = q.number RETURNING d.number
    ), counted AS (
        UPDATE mambo_status s SET dead = s.dead - (SELECT count(*) FROM revived) WHERE s.endpoint = of_endpoint
    ) SELECT count(*) INTO recovered FROM queued;
    PERFORM pg_notify('mambo_webhooks', '');
END $$;

-- Deletes events with their deliveries and their part of the log; answers with how many.
CREATE FUNCTION mambo_forget(numbers bigint[]) RETURNS bigint LANGUAGE plpgsql SET jit = off AS $$
DECLARE
    events bigint;
BEGIN
    WITH deliveries AS (
        DELETE FROM mambo_delivery d WHERE d.event = ANY (numbers) RETURNING d.number, d.endpoint, d.state
    ), attempts AS (
        DELETE FROM mambo_attempt a USING deliveries d WHERE a.delivery = d.number
    ), forgotten AS (
        DELETE FROM mambo_event e WHERE e.number = ANY (numbers) RETURNING e.number
    ), locked AS (
        SELECT s.endpoint FROM mambo_status s WHERE s.endpoint IN (SELECT endpoint FROM deliveries) ORDER BY s.endpoint FOR NO KEY UPDATE
    ), counted AS (
        UPDATE mambo_status s SET delivered = s.delivered - c.delivered, dead = s.dead - c.dead
        FROM (SELECT endpoint, count(*) FILTER (WHERE state = 2) AS delivered, count(*) FILTER (WHERE state = 3) AS dead
            FROM deliveries GROUP BY endpoint) c JOIN locked USING (endpoint)
        WHERE s.endpoint = c.endpoint
    ) SELECT count(*) INTO events FROM forgotten;
    RETURN events;
END $$;

-- Forgets what came in and ended before a time, of a tenant or of all, of the next `step` events after a number: how many
-- events, and the number to go on after, null at the end.
CREATE FUNCTION mambo_prune(of_tenant text, before_ms bigint, with_dead boolean, after bigint, step bigint, OUT events bigint, OUT last bigint)
LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
BEGIN
    SELECT max(number) INTO last FROM (SELECT number FROM mambo_event WHERE number > after ORDER BY number LIMIT step) e;
    -- Locked before the look that counts, so that no delivery is retried meanwhile.
    PERFORM 1 FROM mambo_delivery d WHERE d.event > after AND d.event <= last AND d.ended < before_ms
        AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.event = d.event) ORDER BY d.number FOR UPDATE;
    events := mambo_forget(ARRAY(
        SELECT e.number FROM mambo_event e
        WHERE e.number > after AND e.number <= last AND e.created < before_ms AND (of_tenant IS NULL OR e.tenant = of_tenant)
            AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.event = e.number)
            AND NOT EXISTS (SELECT 1 FROM mambo_delivery d WHERE d.event = e.number
                AND (d.ended >= before_ms OR (d.state = 3 AND NOT with_dead)))));
END $$;

-- One step of retention: events among the next `step`, and lines of the log among the next `log_step`, that are older than
-- their tenant keeps them, or else than the three times. Steps of all workers share one pass; a new one begins `pause_ms` after
-- the end of the one before. `next_in_ms` says when the next step has something to do.
CREATE FUNCTION mambo_retain(delivered_ms bigint, dead_ms bigint, log_ms bigint, step bigint, log_step bigint, pause_ms bigint,
    OUT events bigint, OUT attempts bigint, OUT next_in_ms bigint)
LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
DECLARE
    at bigint := mambo_now();
    pass mambo_upkeep;
    last_event bigint;
    last_attempt bigint;
BEGIN
    events := 0;
    attempts := 0;
    SELECT * INTO pass FROM mambo_upkeep FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        next_in_ms := 1000;
        RETURN;
    END IF;
    next_in_ms := least(pause_ms, pass.due - at);
    IF next_in_ms > 0 THEN
        RETURN;
    END IF;
    -- Events come in in the order of their numbers, so behind the first that is young enough for all there is nothing.
    SELECT max(e.number) INTO last_event FROM (
        SELECT number, created FROM mambo_event WHERE number > pass.after_event ORDER BY number LIMIT step) e
    WHERE e.created < at - (SELECT least(delivered_ms, dead_ms, min(keep_delivered_ms), min(keep_dead_ms)) FROM mambo_tenant);
    IF last_event IS NOT NULL THEN
        PERFORM 1 FROM mambo_delivery d WHERE d.event > pass.after_event AND d.event <= last_event
            AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.event = d.event) ORDER BY d.number FOR UPDATE;
        events := mambo_forget(ARRAY(SELECT e.number FROM (
                SELECT v.number, v.created, coalesce(t.keep_delivered_ms, delivered_ms) AS keep_delivered, coalesce(t.keep_dead_ms, dead_ms) AS keep_dead
                FROM mambo_event v LEFT JOIN mambo_tenant t ON t.name = v.tenant WHERE v.number > pass.after_event AND v.number <= last_event
            ) e
            WHERE NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.event = e.number)
                AND NOT EXISTS (SELECT 1 FROM mambo_delivery d WHERE d.event = e.number
                    AND coalesce(d.ended >= at - CASE d.state WHEN 2 THEN e.keep_delivered ELSE e.keep_dead END, true))
                AND (EXISTS (SELECT 1 FROM mambo_delivery d WHERE d.event = e.number) OR e.created < at - e.keep_delivered)));
    END IF;
    SELECT max(a.id) INTO last_attempt FROM (
        SELECT id, started FROM mambo_attempt WHERE id > pass.after_attempt ORDER BY id LIMIT log_step) a
    WHERE a.started < at - (SELECT least(log_ms, min(keep_log_ms)) FROM mambo_tenant);
    IF last_attempt IS NOT NULL THEN
        WITH old AS (
            DELETE FROM mambo_attempt WHERE id IN (
                SELECT a.id FROM mambo_attempt a LEFT JOIN mambo_tenant t ON t.name = mambo_tenant_of(a.endpoint)
                WHERE a.id > pass.after_attempt AND a.id <= last_attempt AND a.started < at - coalesce(t.keep_log_ms, log_ms)) RETURNING id
        ) SELECT count(*) INTO attempts FROM old;
    END IF;
    IF last_event IS NULL AND last_attempt IS NULL THEN
        UPDATE mambo_upkeep SET after_event = 0, after_attempt = 0, due = at + pause_ms;
        next_in_ms := pause_ms;
    ELSE
        -- What is at its end stays there until the other is.
        UPDATE mambo_upkeep SET after_event = coalesce(last_event, after_event), after_attempt = coalesce(last_attempt, after_attempt), due = 0;
        next_in_ms := 0;
    END IF;
END $$;
