-- Schema 2, continued: how attempts ended, and what that says.

-- Takes an event of the tenant `operator` for each notice that an enabled endpoint of that tenant subscribes to, except for
-- notices about its own endpoints. `names` are those of `Notice` in the library, `datas` its data beside tenant and endpoint.
CREATE FUNCTION mambo_tell(names text[], endpoints text[], datas jsonb[], server text) RETURNS void
LANGUAGE plpgsql SET jit = off AS $$
DECLARE
    told text[];
BEGIN
    told := ARRAY(SELECT n.name || '|' || (jsonb_build_object('tenant', mambo_tenant_of(n.endpoint), 'endpoint',
            mambo_id_of(n.endpoint)) || n.data)
        FROM unnest(names, endpoints, datas) WITH ORDINALITY AS n (name, endpoint, data, place)
        WHERE mambo_tenant_of(n.endpoint) <> 'operator' AND EXISTS (SELECT 1 FROM mambo_endpoint e
            WHERE e.id >= 'operator' || chr(31) AND e.id < 'operator' || chr(32) AND e.state = 'enabled'
                AND (e.event_types IS NULL OR e.event_types && mambo_subscriptions('operator.' || n.name))) ORDER BY n.place);
    IF cardinality(told) > 0 THEN
        PERFORM mambo_enqueue('operator', array_agg(gen_random_uuid()::text), array_agg('operator.' || split_part(t, '|', 1)),
            array_agg(server), array_agg(NULL::text), array_agg(substr(t, strpos(t, '|') + 1)), array_agg(NULL::text),
            array_agg(NULL::text), NULL) FROM unnest(told) t;
    END IF;
END $$;

-- Ends attempts whose lease still holds, and answers with those, and with a row for each notice, which has a name. `nexts`: 0
-- tries again in `delays_ms`, 2 delivered, 3 dead. The columns named `seen_…` have a row for each endpoint: what its attempts
-- say of it, whether they count or not. Notices come in the order of the deliveries, then of the endpoints.
CREATE FUNCTION mambo_settle(numbers bigint[], leases bigint[], nexts bigint[], delays_ms bigint[], endpoints text[],
    attempt_numbers bigint[], manuals boolean[], starts bigint[], versions text[], elapsed bigint[], statuses bigint[],
    failure_names text[], remotes text[], bodies bytea[], truncated boolean[],
    seen_endpoints text[], seen_latencies bigint[], seen_answers boolean[], seen_timeouts bigint[],
    seen_successes boolean[], seen_failures bigint[], seen_gone boolean[], failing_ms bigint, failing_count bigint, server text)
RETURNS TABLE (number bigint, lease bigint, notice text, endpoint text, event text, event_type text, until bigint)
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '5s' AS $$
#variable_conflict use_column
DECLARE
    at bigint := mambo_now();
    names text[] := '{}';
    about text[] := '{}';
    datas jsonb[] := '{}';
BEGIN
    PERFORM 1 FROM mambo_status s WHERE s.endpoint = ANY (seen_endpoints) ORDER BY s.endpoint FOR NO KEY UPDATE;
    FOR number, lease, notice, endpoint, event, event_type, until IN WITH before AS (
        SELECT s.endpoint, s.timeouts FROM mambo_status s WHERE s.endpoint = ANY (seen_endpoints)
    ), given AS (
        SELECT * FROM unnest(numbers, leases, nexts, delays_ms, endpoints, attempt_numbers, manuals, starts, versions, elapsed,
            statuses, failure_names, remotes, bodies, truncated) WITH ORDINALITY AS g (number, lease, next, delay_ms, endpoint, attempt,
            is_manual, started, version, elapsed_ms, status, failure, remote, body, is_truncated, place)
    ), ended AS (
        DELETE FROM mambo_queue q USING given g
        WHERE g.next <> 0 AND q.number = g.number AND q.lease = g.lease AND q.state = 2
        RETURNING q.number, q.lease, q.event, q.endpoint, q.replays, g.next, g.attempt, g.place
    ), again AS (
        UPDATE mambo_queue q SET state = 0, lane = 1, attempts = g.attempt, crashes = 0, due = at + g.delay_ms, lease = NULL
        FROM given g WHERE g.next = 0 AND q.number = g.number AND q.lease = g.lease AND q.state = 2
        RETURNING q.number, g.lease, q.endpoint
    ), history AS (
        INSERT INTO mambo_delivery (number, event, endpoint, state, attempts, ended, replays)
        SELECT e.number, e.event, e.endpoint, e.next, e.attempt, at, e.replays FROM ended e
    ), done AS (
        SELECT number, lease, endpoint, 0 AS delivered, 0 AS dead FROM again
        UNION ALL SELECT number, lease, endpoint, (next = 2)::int, (next = 3)::int FROM ended
    ), logged AS (
        INSERT INTO mambo_attempt
            (delivery, endpoint, number, is_manual, started, version, elapsed_ms, status, failure, remote, body, is_truncated)
        SELECT g.number, g.endpoint, g.attempt, g.is_manual, g.started, g.version, g.elapsed_ms, g.status, g.failure, g.remote,
            g.body, g.is_truncated
        FROM given g JOIN done d ON d.number = g.number AND d.lease = g.lease
    ), counted AS (
        UPDATE mambo_status s SET
            in_flight = greatest(0, s.in_flight - c.ended),
            delivered = s.delivered + c.delivered,
            dead = s.dead + c.dead,
            latency_ms = (coalesce(s.latency_ms, g.latency) * 3 + g.latency) / 4,
            concurrency = CASE WHEN g.timeouts > 0 THEN 1 WHEN g.answered THEN least(1024, s.concurrency * 2) ELSE s.concurrency END,
            timeouts = CASE WHEN g.answered THEN 0 ELSE s.timeouts END + g.timeouts,
            open_ms = CASE WHEN g.answered THEN 0 WHEN s.timeouts + g.timeouts >= 5 AND g.timeouts > 0 AND s.open_until <= at
                THEN least(600000, greatest(30000, s.open_ms * 2)) ELSE s.open_ms END,
            open_until = CASE WHEN g.answered THEN 0 WHEN s.timeouts + g.timeouts >= 5 AND g.timeouts > 0 AND s.open_until <= at
                THEN at + least(600000, greatest(30000, s.open_ms * 2)) ELSE s.open_until END,
            failures = CASE WHEN g.succeeded THEN 0 ELSE s.failures END + g.failures,
            failing_since = CASE WHEN g.failures > 0 THEN coalesce(CASE WHEN NOT g.succeeded THEN s.failing_since END, at)
                WHEN g.succeeded THEN NULL ELSE s.failing_since END
        FROM unnest(seen_endpoints, seen_latencies, seen_answers, seen_timeouts, seen_successes, seen_failures)
            WITH ORDINALITY AS g (endpoint, latency, answered, timeouts, succeeded, failures, place)
        LEFT JOIN LATERAL (
            SELECT count(*) AS ended, coalesce(sum(d.delivered), 0) AS delivered, coalesce(sum(d.dead), 0) AS dead
            FROM done d WHERE d.endpoint = g.endpoint
        ) c ON true
        WHERE s.endpoint = g.endpoint RETURNING s.endpoint, s.timeouts, s.open_until, g.place
    )
    SELECT n.number, n.lease, n.notice, n.endpoint, n.event, n.event_type, n.until FROM (
        SELECT number, lease, NULL AS notice, NULL AS endpoint, NULL AS event, NULL AS event_type, NULL::bigint AS until,
            0 AS kind, 0 AS place FROM done
        UNION ALL SELECT e.number, NULL, 'delivery_dead', e.endpoint, v.id, v.event_type, NULL, 1, e.place
        FROM ended e JOIN mambo_event v ON v.number = e.event WHERE e.next = 3
        UNION ALL SELECT NULL, NULL, CASE WHEN c.timeouts >= 5 THEN 'breaker_opened' ELSE 'breaker_closed' END, c.endpoint, NULL, NULL,
            CASE WHEN c.timeouts >= 5 THEN c.open_until END, 2, c.place
        FROM counted c JOIN before b USING (endpoint) WHERE (b.timeouts >= 5) <> (c.timeouts >= 5)
    ) n ORDER BY n.kind, n.place
    LOOP
        IF notice IS NOT NULL THEN
            names := names || notice;
            about := about || endpoint;
            datas := datas || jsonb_strip_nulls(
                jsonb_build_object('delivery', number, 'event', event, 'eventType', event_type, 'untilMs', until));
        END IF;
        RETURN NEXT;
    END LOOP;
    number := NULL;
    notice := 'endpoint_disabled';
    FOR endpoint, event_type IN WITH disabled AS (
        UPDATE mambo_endpoint e SET state = CASE WHEN g.gone THEN 'disabled_gone' ELSE 'disabled_failing' END,
            revision = nextval('mambo_revision')
        FROM unnest(seen_endpoints, seen_failures, seen_gone) WITH ORDINALITY AS g (endpoint, failures, gone, place), mambo_status s
        WHERE (g.gone OR g.failures > 0) AND e.id = g.endpoint AND e.state = 'enabled' AND s.endpoint = g.endpoint
            AND (g.gone OR (s.failing_since <= at - failing_ms AND s.failures >= failing_count))
        RETURNING e.id, e.state, g.place
    ) SELECT d.id, d.state FROM disabled d ORDER BY d.place
    LOOP
        names := names || notice;
        about := about || endpoint;
        datas := datas || jsonb_build_object('reason', event_type);
        RETURN NEXT;
    END LOOP;
    IF cardinality(names) > 0 THEN
        PERFORM mambo_tell(names, about, datas, server);
    END IF;
END $$;
