-- Schema 2, continued: the functions that keep the tables in order and change what ended.

-- Makes deliveries ready again whose worker was not heard of, and sets those aside whose workers that happened to
-- `most_crashes` times; answers with how many leases had ended.
CREATE FUNCTION mambo_reclaim(most_crashes bigint) RETURNS bigint
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '5s' AS $$
DECLARE
    at bigint := mambo_now();
    expired bigint;
BEGIN
    PERFORM 1 FROM mambo_status s WHERE s.endpoint IN (
        SELECT q.endpoint FROM mambo_queue q WHERE q.state = 2 AND q.lease_until < at
    ) ORDER BY s.endpoint FOR NO KEY UPDATE;
    WITH lost AS (
        SELECT q.* FROM mambo_queue q WHERE q.state = 2 AND q.lease_until < at FOR UPDATE SKIP LOCKED
    ), ready AS (
        UPDATE mambo_queue q SET state = 1, crashes = q.crashes + 1, lease = NULL
        FROM lost l WHERE q.number = l.number AND l.crashes + 1 < most_crashes
    ), aside AS (
        DELETE FROM mambo_queue q USING lost l WHERE q.number = l.number AND l.crashes + 1 >= most_crashes
    ), history AS (
        INSERT INTO mambo_delivery (number, event, endpoint, state, attempts, ended)
        SELECT number, event, endpoint, 3, attempts, at FROM lost WHERE crashes + 1 >= most_crashes ON CONFLICT DO NOTHING
    ), logged AS (
        INSERT INTO mambo_attempt (delivery, endpoint, number, is_manual, started, elapsed_ms, failure, is_truncated)
        SELECT number, endpoint, attempts + 1, lane = 2, at, 0, 'worker_lost', false FROM lost WHERE crashes + 1 >= most_crashes
    ), counted AS (
        UPDATE mambo_status s SET in_flight = greatest(0, s.in_flight - c.count), dead = s.dead + c.dead
        FROM (SELECT endpoint, count(*), count(*) FILTER (WHERE crashes + 1 >= most_crashes AND NOT is_replay) AS dead
            FROM lost GROUP BY endpoint) c
        WHERE s.endpoint = c.endpoint
    ) SELECT count(*) INTO expired FROM lost;
    RETURN expired;
END $$;

-- Removes an endpoint, and answers whether it was there. Its row stays, without its settings. Scheduled deliveries become
-- ready, since those are found by an index.
CREATE FUNCTION mambo_remove(of_endpoint text) RETURNS boolean
LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
BEGIN
    PERFORM 1 FROM mambo_status s WHERE s.endpoint = of_endpoint FOR NO KEY UPDATE;
    UPDATE mambo_endpoint e SET state = 'removed', settings = '{}', revision = nextval('mambo_revision')
    WHERE e.id = of_endpoint AND e.state <> 'removed';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE mambo_status s SET timeouts = 0, open_until = 0 WHERE s.endpoint = of_endpoint;
    UPDATE mambo_queue q SET state = 1 WHERE q.endpoint = of_endpoint AND q.state = 0;
    RETURN true;
END $$;

-- Sets aside as dead up to `most` deliveries that wait for removed endpoints; answers with how many.
CREATE FUNCTION mambo_abandon(most bigint) RETURNS bigint
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '5s' AS $$
DECLARE
    at bigint := mambo_now();
    removed text[] := ARRAY(SELECT e.id FROM mambo_endpoint e WHERE e.state = 'removed' ORDER BY e.id);
    abandoned bigint;
BEGIN
    PERFORM 1 FROM mambo_status s WHERE s.endpoint = ANY (removed)
        AND EXISTS (SELECT 1 FROM mambo_queue q WHERE q.endpoint = s.endpoint AND q.state = 1)
    ORDER BY s.endpoint FOR NO KEY UPDATE;
    WITH waiting AS (
        SELECT q.* FROM mambo_queue q WHERE q.state = 1 AND q.endpoint = ANY (removed) LIMIT most FOR UPDATE SKIP LOCKED
    ), aside AS (
        DELETE FROM mambo_queue q USING waiting w WHERE q.number = w.number
    ), history AS (
        INSERT INTO mambo_delivery (number, event, endpoint, state, attempts, ended)
        SELECT number, event, endpoint, 3, attempts, at FROM waiting ON CONFLICT DO NOTHING
    ), logged AS (
        INSERT INTO mambo_attempt (delivery, endpoint, number, is_manual, started, elapsed_ms, failure, is_truncated)
        SELECT number, endpoint, attempts + 1, lane = 2, at, 0, 'endpoint_removed', false FROM waiting
    ), counted AS (
        UPDATE mambo_status s SET dead = s.dead + c.dead
        FROM (SELECT endpoint, count(*) FILTER (WHERE NOT is_replay) AS dead FROM waiting GROUP BY endpoint) c
        WHERE s.endpoint = c.endpoint
    ) SELECT count(*) INTO abandoned FROM waiting;
    RETURN abandoned;
END $$;

-- Gives leased deliveries back that were not attempted.
CREATE FUNCTION mambo_release(numbers bigint[], leases bigint[]) RETURNS void
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '5s' AS $$
BEGIN
    PERFORM 1 FROM mambo_status s WHERE s.endpoint IN (SELECT q.endpoint FROM mambo_queue q WHERE q.number = ANY (numbers))
    ORDER BY s.endpoint FOR NO KEY UPDATE;
    WITH given AS (
        UPDATE mambo_queue q SET state = 1, lease = NULL FROM unnest(numbers, leases) AS g (number, lease)
        WHERE q.number = g.number AND q.lease = g.lease AND q.state = 2 RETURNING q.endpoint
    ) UPDATE mambo_status s SET in_flight = greatest(0, s.in_flight - c.count)
    FROM (SELECT endpoint, count(*) FROM given GROUP BY endpoint) c WHERE s.endpoint = c.endpoint;
END $$;

-- Makes ended deliveries ready once more: one, or dead ones, or those of events that came in from one time to another;
-- of one endpoint if it is named. A second after the attempt before, so that no two share a timestamp and signature.
CREATE FUNCTION mambo_retry(one bigint, only_dead boolean, created_from bigint, created_until bigint, of_endpoint text) RETURNS bigint
LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
DECLARE
    at bigint := mambo_now();
    found bigint;
BEGIN
    WITH chosen AS (
        SELECT d.*, coalesce((SELECT max(a.started) + 1000 FROM mambo_attempt a WHERE a.delivery = d.number), 0) AS least
        FROM mambo_delivery d WHERE (one IS NULL OR d.number = one) AND (d.state = 3 OR NOT only_dead)
            AND (of_endpoint IS NULL OR d.endpoint = of_endpoint)
            AND (created_from IS NULL OR d.event IN (SELECT e.number FROM mambo_event e WHERE e.created BETWEEN created_from AND created_until))
            AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.number = d.number)
            AND EXISTS (SELECT 1 FROM mambo_endpoint e WHERE e.id = d.endpoint AND e.state <> 'removed')
        ORDER BY d.number FOR UPDATE
    ), queued AS (
        INSERT INTO mambo_queue AS q (number, event, endpoint, state, lane, attempts, size, due, is_replay)
        SELECT c.number, c.event, c.endpoint, (c.least <= at)::int, 2, c.attempts, octet_length(e.data), greatest(at, c.least), c.state = 2
        FROM chosen c JOIN mambo_event e ON e.number = c.event ORDER BY c.number ON CONFLICT DO NOTHING RETURNING q.number, q.is_replay, q.endpoint
    ), revived AS (
        DELETE FROM mambo_delivery d USING queued q WHERE d.number = q.number AND NOT q.is_replay
    ), counted AS (
        UPDATE mambo_status s SET dead = s.dead - c.count
        FROM (SELECT endpoint, count(*) FROM queued WHERE NOT is_replay GROUP BY endpoint) c WHERE s.endpoint = c.endpoint
    ) SELECT count(*) INTO found FROM queued;
    PERFORM pg_notify('mambo_webhooks', '');
    RETURN found;
END $$;

-- Forgets what came in and ended before a time, of the next `step` events after a number: how many events, and the
-- number to go on after, null at the end.
CREATE FUNCTION mambo_prune(before_ms bigint, with_dead boolean, after bigint, step bigint, OUT events bigint, OUT last bigint)
LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
BEGIN
    SELECT max(number) INTO last FROM (SELECT number FROM mambo_event WHERE number > after ORDER BY number LIMIT step) e;
    -- Locked before the look that counts, so that no delivery is retried meanwhile.
    PERFORM 1 FROM mambo_delivery d WHERE d.event > after AND d.event <= last AND d.ended < before_ms
        AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.event = d.event) ORDER BY d.number FOR UPDATE;
    WITH ended AS (
        SELECT e.number FROM mambo_event e
        WHERE e.number > after AND e.number <= last AND e.created < before_ms
            AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.event = e.number)
            AND NOT EXISTS (SELECT 1 FROM mambo_delivery d WHERE d.event = e.number
                AND (d.ended >= before_ms OR (d.state = 3 AND NOT with_dead)))
    ), deliveries AS (
        DELETE FROM mambo_delivery d USING ended e WHERE d.event = e.number RETURNING d.number, d.endpoint, d.state
    ), attempts AS (
        DELETE FROM mambo_attempt a USING deliveries d WHERE a.delivery = d.number
    ), forgotten AS (
        DELETE FROM mambo_event e USING ended WHERE e.number = ended.number RETURNING e.number
    ), locked AS (
        SELECT s.endpoint FROM mambo_status s WHERE s.endpoint IN (SELECT endpoint FROM deliveries) ORDER BY s.endpoint FOR NO KEY UPDATE
    ), counted AS (
        UPDATE mambo_status s SET delivered = s.delivered - c.delivered, dead = s.dead - c.dead
        FROM (SELECT endpoint, count(*) FILTER (WHERE state = 2) AS delivered, count(*) FILTER (WHERE state = 3) AS dead
            FROM deliveries GROUP BY endpoint) c JOIN locked USING (endpoint)
        WHERE s.endpoint = c.endpoint
    ) SELECT count(*) INTO events FROM forgotten;
END $$;
