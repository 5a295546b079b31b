-- Schema 2, continued: the functions that keep the tables in order and change what ended.

-- Makes deliveries ready again whose worker was not heard of, and sets those aside whose workers that happened to
-- `most_crashes` times; answers with a row for each of those, and one without a number that says how many leases had ended.
CREATE FUNCTION mambo_reclaim(most_crashes bigint, server text)
RETURNS TABLE (number bigint, endpoint text, event text, event_type text, expired bigint)
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '5s' AS $$
#variable_conflict use_column
DECLARE
    at bigint := mambo_now();
    about text[] := '{}';
    datas jsonb[] := '{}';
BEGIN
    PERFORM 1 FROM mambo_status s WHERE s.endpoint IN (
        SELECT q.endpoint FROM mambo_queue q WHERE q.state = 2 AND q.lease_until < at
    ) ORDER BY s.endpoint FOR NO KEY UPDATE;
    FOR number, endpoint, event, event_type, expired IN WITH lost AS (
        SELECT q.* FROM mambo_queue q WHERE q.state = 2 AND q.lease_until < at FOR UPDATE SKIP LOCKED
    ), ready AS (
        UPDATE mambo_queue q SET state = 1, crashes = q.crashes + 1, lease = NULL
        FROM lost l WHERE q.number = l.number AND l.crashes + 1 < most_crashes
    ), aside AS (
        DELETE FROM mambo_queue q USING lost l WHERE q.number = l.number AND l.crashes + 1 >= most_crashes
    ), history AS (
        INSERT INTO mambo_delivery (number, event, endpoint, state, attempts, ended, replays)
        SELECT number, event, endpoint, 3, attempts, at, replays FROM lost WHERE crashes + 1 >= most_crashes
    ), logged AS (
        INSERT INTO mambo_attempt (delivery, endpoint, number, is_manual, started, elapsed_ms, failure, is_truncated)
        SELECT number, endpoint, attempts + 1, lane = 2, at, 0, 'worker_lost', false FROM lost WHERE crashes + 1 >= most_crashes
    ), counted AS (
        UPDATE mambo_status s SET in_flight = greatest(0, s.in_flight - c.count), dead = s.dead + c.dead
        FROM (SELECT endpoint, count(*), count(*) FILTER (WHERE crashes + 1 >= most_crashes) AS dead FROM lost GROUP BY endpoint) c
        WHERE s.endpoint = c.endpoint
    ) SELECT l.number, l.endpoint, e.id, e.event_type, NULL::bigint FROM lost l JOIN mambo_event e ON e.number = l.event
        WHERE l.crashes + 1 >= most_crashes
    UNION ALL SELECT NULL, NULL, NULL, NULL, count(*) FROM lost ORDER BY number
    LOOP
        IF number IS NOT NULL THEN
            about := about || endpoint;
            datas := datas || jsonb_build_object('delivery', number, 'event', event, 'eventType', event_type);
        END IF;
        RETURN NEXT;
    END LOOP;
    IF cardinality(about) > 0 THEN
        PERFORM mambo_tell(array_fill('delivery_dead'::text, ARRAY[cardinality(about)]), about, datas, server);
    END IF;
END $$;

-- Removes an endpoint, and answers whether it was there. Its row stays, without its settings. Scheduled deliveries become
-- ready, since those are found by an index. With `delivers` what waits is delivered first.
CREATE FUNCTION mambo_remove(of_endpoint text, delivers boolean) RETURNS boolean
LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
BEGIN
    PERFORM 1 FROM mambo_status s WHERE s.endpoint = of_endpoint FOR NO KEY UPDATE;
    UPDATE mambo_endpoint e SET state = CASE WHEN delivers THEN 'leaving' ELSE 'removed' END,
        settings = CASE WHEN delivers THEN settings ELSE '{}' END, revision = nextval('mambo_revision')
    WHERE e.id = of_endpoint AND e.state <> 'removed';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF NOT delivers THEN
        UPDATE mambo_status s SET timeouts = 0, open_until = 0 WHERE s.endpoint = of_endpoint;
        UPDATE mambo_queue q SET state = 1 WHERE q.endpoint = of_endpoint AND q.state = 0;
    END IF;
    RETURN true;
END $$;

-- Enables or disables an endpoint, and answers whether it was there. Its record of failures starts anew.
CREATE FUNCTION mambo_set_state(of_endpoint text, new_state text) RETURNS boolean
LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
BEGIN
    PERFORM 1 FROM mambo_status s WHERE s.endpoint = of_endpoint FOR NO KEY UPDATE;
    UPDATE mambo_endpoint e SET state = new_state, revision = nextval('mambo_revision')
    WHERE e.id = of_endpoint AND e.state <> 'removed';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE mambo_status s SET failing_since = NULL, failures = 0, timeouts = 0, open_ms = 0, open_until = 0
    WHERE s.endpoint = of_endpoint;
    PERFORM pg_notify('mambo_webhooks', '');
    RETURN true;
END $$;

-- Sets deliveries aside as dead that wait, with a failure in the log; answers with how many. The caller holds their
-- endpoints' rows of `mambo_status`.
CREATE FUNCTION mambo_set_aside(numbers bigint[], why text) RETURNS bigint
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    at bigint := mambo_now();
    gone bigint;
BEGIN
    WITH waiting AS (
        DELETE FROM mambo_queue q WHERE q.number = ANY (numbers) AND q.state < 2 RETURNING q.*
    ), history AS (
        INSERT INTO mambo_delivery (number, event, endpoint, state, attempts, ended, replays)
        SELECT number, event, endpoint, 3, attempts, at, replays FROM waiting
    ), logged AS (
        INSERT INTO mambo_attempt (delivery, endpoint, number, is_manual, started, elapsed_ms, failure, is_truncated)
        SELECT number, endpoint, attempts + 1, lane = 2, at, 0, why, false FROM waiting
    ), counted AS (
        UPDATE mambo_status s SET dead = s.dead + c.count
        FROM (SELECT endpoint, count(*) FROM waiting GROUP BY endpoint) c WHERE s.endpoint = c.endpoint
    ) SELECT count(*) INTO gone FROM waiting;
    RETURN gone;
END $$;

-- Sets aside as dead up to `most` deliveries that wait for removed endpoints, and removes endpoints that leave and have
-- nothing left; answers with how many deliveries.
CREATE FUNCTION mambo_abandon(most bigint) RETURNS bigint
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '5s' AS $$
DECLARE
    removed text[];
BEGIN
    UPDATE mambo_endpoint e SET state = 'removed', settings = '{}', revision = nextval('mambo_revision')
    WHERE e.state = 'leaving' AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.state = 1 AND q.endpoint = e.id)
        AND NOT EXISTS (SELECT 1 FROM mambo_queue q WHERE q.endpoint = e.id);
    removed := ARRAY(SELECT e.id FROM mambo_endpoint e WHERE e.state = 'removed' ORDER BY e.id);
    PERFORM 1 FROM mambo_status s WHERE s.endpoint = ANY (removed)
        AND EXISTS (SELECT 1 FROM mambo_queue q WHERE q.endpoint = s.endpoint AND q.state = 1)
    ORDER BY s.endpoint FOR NO KEY UPDATE;
    RETURN mambo_set_aside(ARRAY(
        SELECT q.number FROM mambo_queue q WHERE q.state = 1 AND q.endpoint = ANY (removed) LIMIT most), 'endpoint_removed');
END $$;

-- Sets aside as dead what waits for an endpoint, among the next `step` deliveries of the queue after a number: how many, and
-- the number to go on after, null at the end.
CREATE FUNCTION mambo_cancel(of_endpoint text, after bigint, step bigint, OUT cancelled bigint, OUT last bigint)
LANGUAGE plpgsql SET jit = off SET lock_timeout = '5s' AS $$
BEGIN
    SELECT max(number) INTO last FROM (SELECT number FROM mambo_queue WHERE number > after ORDER BY number LIMIT step) q;
    PERFORM 1 FROM mambo_status s WHERE s.endpoint = of_endpoint FOR NO KEY UPDATE;
    cancelled := mambo_set_aside(ARRAY(SELECT q.number FROM mambo_queue q
        WHERE q.number > after AND q.number <= last AND q.endpoint = of_endpoint), 'cancelled');
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
