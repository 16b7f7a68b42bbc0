-- What an open page asks all day costs less beside workers that drain a queue. A job that has
-- finished leaves dead entries at the front of the indexes of barid.job until they are vacuumed,
-- and whoever walks over them pays for each, and prunes the pages that they point to. Three
-- questions walked over all of them; now they come from the other side, or begin at what runs.

--------------------------------------------------------------------------------------------------
-- Queues.

-- As barid.queue_status tells it, and each queue's oldest due job: [id, priority, run_at].
--
-- Without `overtaken` the oldest due jobs are looked for from the very beginning: past the dead
-- entries of all that ran since the last vacuum. With it the search begins, for each priority of a
-- queue, at the oldest job that is running, or at the oldest due one of an earlier answer. Jobs are
-- claimed in their order, so what waits before that has been overtaken: its transaction was long,
-- or it was parked. `overtaken` has, for each queue, the oldest due job that an earlier answer has
-- told of: while that waits, it counts.
--
-- Sequential scans, sorts and hashes would read the whole table to count the first thousand rows.
-- What still has to be walked are dead entries of the index while a long transaction holds them:
-- callers set a statement_timeout. A count that has reached `counted_to` means "that many or more":
-- 10,000, and less when there are many queues, unless `max` is given.
CREATE FUNCTION barid.queue_depths(max int, overtaken jsonb)
    RETURNS TABLE (name text, paused boolean, due bigint, later bigint, running bigint,
                   oldest_due interval, parked bigint, parked_by jsonb, counted_to int,
                   oldest jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
    SET enable_mergejoin = off SET max_parallel_workers_per_gather = 0
    SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    -- From the last queue to the first: a queue's newest entries come last, and are alive.
    WITH RECURSIVE hop (queue, n) AS (
        (SELECT j.queue, 1 FROM barid.job j ORDER BY j.queue DESC LIMIT 1)
        UNION ALL
        SELECT (SELECT j.queue FROM barid.job j WHERE j.queue < hop.queue
                ORDER BY j.queue DESC LIMIT 1), hop.n + 1
        FROM hop WHERE hop.queue IS NOT NULL AND hop.n < 1000
    ), names AS (
        SELECT hop.queue FROM hop WHERE hop.queue IS NOT NULL
        UNION SELECT q.name FROM barid.queue q
    ), bound AS MATERIALIZED (
        SELECT coalesce(max, greatest(100, least(10000, 30000 / greatest(count(*), 1))))::int AS n
        FROM names
    ), held AS MATERIALIZED (
        SELECT j.queue, j.priority, j.run_at, j.id
        FROM (SELECT c.claim_id, unnest(c.job_ids) AS id FROM barid.claim c LIMIT 50000) c
        -- One look-up by id for each, whatever the planner thinks of the number.
        CROSS JOIN LATERAL (SELECT j.queue, j.priority, j.run_at, j.id, j.claim_id, j.state
                            FROM barid.job j WHERE j.id = c.id OFFSET 0) j
        WHERE j.claim_id = c.claim_id AND j.state = 'running'
    ), busy AS MATERIALIZED (
        SELECT h.queue, count(*) AS running FROM held h GROUP BY h.queue
    ), earlier AS MATERIALIZED (
        SELECT o.key AS queue, (o.value->>1)::smallint AS priority,
               (o.value->>2)::timestamptz AS run_at, (o.value->>0)::bigint AS id
        FROM jsonb_each(overtaken) o
    ), front AS MATERIALIZED (
        SELECT f.queue, array_agg(f.priority) AS priorities, array_agg(f.run_at) AS run_ats,
               array_agg(f.id) AS ids
        FROM (SELECT DISTINCT ON (e.queue, e.priority) e.* FROM (
                  SELECT 1 AS choice, h.* FROM held h WHERE overtaken IS NOT NULL
                  UNION ALL SELECT 2, r.* FROM earlier r) e
              ORDER BY e.queue, e.priority, e.choice, e.run_at, e.id) f
        GROUP BY f.queue
    )
    SELECT n.queue, coalesce(q.paused, false),
           greatest(due.count, (overtaker.id IS NOT NULL)::int), later.count,
           coalesce(h.running, 0),
           statement_timestamp() - least(oldest.run_at, overtaker.run_at), parked.count,
           parked.reasons, bound.n,
           CASE WHEN overtaker.run_at < oldest.run_at OR oldest.id IS NULL
                THEN jsonb_build_array(overtaker.id, overtaker.priority, overtaker.run_at)
                ELSE jsonb_build_array(oldest.id, oldest.priority, oldest.run_at) END
    FROM names n
    CROSS JOIN bound
    LEFT JOIN barid.queue q ON q.name = n.queue
    LEFT JOIN busy h ON h.queue = n.queue
    LEFT JOIN front f ON f.queue = n.queue
    LEFT JOIN LATERAL (
        SELECT j.id, j.priority, j.run_at FROM barid.job j
        WHERE j.id = (overtaken->n.queue->>0)::bigint AND j.queue = n.queue AND j.state = 'waiting'
          AND j.run_at <= statement_timestamp()) overtaker ON true
    -- The index is by queue, priority and time: a range for each priority. The newest are counted
    -- first: the dead entries are before the oldest.
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT FROM generate_series(0, 9) p CROSS JOIN LATERAL (
                SELECT FROM barid.job j WHERE j.queue = n.queue AND j.priority = p::smallint
                    AND (j.run_at, j.id) >= (
                        coalesce(f.run_ats[array_position(f.priorities, p::smallint)], '-infinity'),
                        coalesce(f.ids[array_position(f.priorities, p::smallint)], 0))
                    AND j.run_at <= statement_timestamp() AND j.state = 'waiting'
                ORDER BY j.run_at DESC, j.id DESC LIMIT (SELECT b.n FROM bound b)) d
            LIMIT (SELECT b.n FROM bound b)) c) due
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT FROM generate_series(0, 9) p CROSS JOIN LATERAL (
                SELECT FROM barid.job j WHERE j.queue = n.queue AND j.priority = p::smallint
                    AND j.run_at > statement_timestamp() AND j.run_at < 'infinity'
                    AND j.state = 'waiting' LIMIT (SELECT b.n FROM bound b)) d
            LIMIT (SELECT b.n FROM bound b)) c) later
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.count), 0)::bigint AS count,
               coalesce(jsonb_object_agg(r.parked_by, r.count), '{}') AS reasons
        FROM (SELECT c.parked_by, count(*) FROM (
                  SELECT d.parked_by FROM generate_series(0, 9) p CROSS JOIN LATERAL (
                      SELECT j.parked_by FROM barid.job j WHERE j.queue = n.queue
                          AND j.priority = p::smallint AND j.run_at = 'infinity'
                          AND j.state = 'waiting' LIMIT (SELECT b.n FROM bound b)) d
                  LIMIT (SELECT b.n FROM bound b)) c
              GROUP BY c.parked_by) r) parked
    LEFT JOIN LATERAL (
        SELECT d.run_at, d.id, d.priority FROM generate_series(0, 9) p CROSS JOIN LATERAL (
            SELECT j.run_at, j.id, j.priority FROM barid.job j
            WHERE j.queue = n.queue AND j.priority = p::smallint
                AND (j.run_at, j.id) >= (
                    coalesce(f.run_ats[array_position(f.priorities, p::smallint)], '-infinity'),
                    coalesce(f.ids[array_position(f.priorities, p::smallint)], 0))
                AND j.run_at <= statement_timestamp() AND j.state = 'waiting'
            ORDER BY j.run_at, j.id LIMIT 1) d
        ORDER BY d.run_at, d.id LIMIT 1) oldest ON true
    ORDER BY n.queue;
END $$;

CREATE OR REPLACE FUNCTION barid.queue_status(max int DEFAULT NULL)
    RETURNS TABLE (name text, paused boolean, due bigint, later bigint, running bigint,
                   oldest_due interval, parked bigint, parked_by jsonb, counted_to int)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT d.name, d.paused, d.due, d.later, d.running, d.oldest_due, d.parked, d.parked_by,
           d.counted_to
    FROM barid.queue_depths(max, NULL) d ORDER BY d.name
$$;

--------------------------------------------------------------------------------------------------
-- Lists and counts.

-- Replaces 0025's: where the jobs begin is looked for below the history's first only, and the next
-- one below a gap above the history's next. Between them are all ids that have finished, whose
-- entries are dead.
CREATE OR REPLACE FUNCTION barid.admin_find_jobs(filter jsonb, queues text[], before bigint, max int,
                                      budget interval DEFAULT '300 milliseconds',
                                      ended_before timestamptz DEFAULT NULL,
                                      OUT ids bigint[], OUT reached bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off SET max_parallel_workers_per_gather = 0
    AS $$
DECLARE
    give_up  CONSTANT timestamptz := clock_timestamp() + budget;
    f        record;
    states   text[];
    live     boolean;
    past     boolean;
    only_ids bigint[];
    low      bigint;
    high     bigint;
    lowest   bigint;
    step     bigint := 2000;
    widest   bigint;
    part     bigint[];
BEGIN
    PERFORM barid.admin_check_filter(filter);
    SELECT r.* INTO f FROM jsonb_to_record(filter) AS r(ids bigint[], queue text, kind text,
        tag text, unique_key text, error text, "from" timestamptz, "to" timestamptz,
        dead boolean);
    states := CASE WHEN filter ? 'state' THEN ARRAY(SELECT jsonb_array_elements_text(
        CASE jsonb_typeof(filter->'state') WHEN 'array' THEN filter->'state'
             ELSE jsonb_build_array(filter->'state') END)) END;
    live := states IS NULL OR states && '{waiting,parked,running}';
    past := f.dead IS NULL AND (states IS NULL OR states && '{completed,failed,cancelled}');
    ids := '{}';

    only_ids := f.ids;
    IF states = '{running}' THEN
        -- Claims know them: no walk over a million that wait.
        only_ids := ARRAY(SELECT c.id FROM (
            SELECT unnest(t.job_ids) AS id FROM barid.claim t LIMIT 100000) c
            WHERE f.ids IS NULL OR c.id = ANY (f.ids));
    END IF;
    SELECT s.last_value + 1 INTO high FROM barid.job_id_seq s;
    high := least(high, before);
    SELECT h.id INTO lowest FROM barid.job_history h ORDER BY h.id LIMIT 1;
    lowest := least((SELECT min(j.id) FROM barid.job j WHERE lowest IS NULL OR j.id < lowest),
                    lowest);
    IF only_ids IS NOT NULL THEN
        SELECT greatest(lowest, min(i)), least(high, max(i) + 1) INTO lowest, high
        FROM unnest(only_ids) i;
        IF only_ids = '{}' THEN RETURN; END IF;
        step := 9000000000000000;
    END IF;
    IF lowest IS NULL THEN RETURN; END IF;
    IF f."to" IS NOT NULL THEN
        high := barid.admin_id_at(f."to" + interval '1 hour', lowest, high);
    END IF;
    IF f."from" IS NOT NULL THEN
        lowest := barid.admin_id_at(f."from" - interval '1 hour', lowest, high);
    END IF;

    -- Where an index finds what a window holds, it may be wide.
    widest := greatest(step, CASE
        WHEN f.tag IS NOT NULL OR f.unique_key IS NOT NULL OR f.dead IS NOT NULL
          OR f.error IS NOT NULL OR states <@ '{failed,cancelled}' THEN 200000 ELSE 20000 END);
    LOOP
        IF high <= lowest THEN
            reached := NULL;
            RETURN;
        END IF;
        low := greatest(lowest, high - step);
        SELECT array_agg(m.id) INTO part FROM (
            SELECT u.id FROM (
                SELECT j.id FROM barid.job j
                WHERE live AND j.id >= low AND j.id < high
                  AND (only_ids IS NULL OR j.id = ANY (only_ids))
                  AND (queues IS NULL OR j.queue = ANY (queues))
                  AND (f.queue IS NULL OR j.queue = f.queue)
                  AND (f.kind IS NULL OR j.kind = f.kind)
                  AND (states IS NULL OR CASE WHEN j.state = 'waiting' AND j.run_at = 'infinity'
                       THEN 'parked' ELSE j.state::text END = ANY (states))
                  AND (f.tag IS NULL OR j.tags @> ARRAY[f.tag])
                  AND (f.unique_key IS NULL
                       OR coalesce(j.unique_key, j.released_key) = f.unique_key)
                  AND (f.error IS NULL OR strpos(j.errors->-1->>'error', f.error) > 0)
                  AND (f."from" IS NULL OR j.created_at >= f."from")
                  AND (f."to" IS NULL OR j.created_at <= f."to")
                  AND (f.dead IS NULL OR j.origin_queue IS NOT NULL)
                UNION ALL
                SELECT h.id FROM barid.job_history h
                WHERE past AND h.id >= low AND h.id < high
                  AND (only_ids IS NULL OR h.id = ANY (only_ids))
                  AND (queues IS NULL OR h.queue = ANY (queues))
                  AND (f.queue IS NULL OR h.queue = f.queue)
                  AND (f.kind IS NULL OR h.kind = f.kind)
                  AND (states IS NULL OR h.state::text = ANY (states))
                  AND (states IS NULL OR 'completed' = ANY (states) OR h.state <> 'completed')
                  AND (f.tag IS NULL OR (h.tags IS NOT NULL AND h.tags @> ARRAY[f.tag]))
                  AND (f.unique_key IS NULL OR h.unique_key = f.unique_key)
                  -- The error of a job that completed in the end is nobody's any more.
                  AND (f.error IS NULL OR (h.state <> 'completed'
                       AND strpos(h.errors->-1->>'error', f.error) > 0))
                  AND (f."from" IS NULL OR h.created_at >= f."from")
                  AND (f."to" IS NULL OR h.created_at <= f."to")
                  AND (ended_before IS NULL OR h.finished_at <= ended_before)) u
            ORDER BY u.id DESC LIMIT max - cardinality(ids)) m;
        IF part IS NOT NULL THEN
            ids := ids || part;
            IF cardinality(ids) >= max THEN
                reached := ids[cardinality(ids)];
                RETURN;
            END IF;
            high := low;
        ELSE
            -- Over a gap of the sequence in one leap.
            SELECT h.id INTO high FROM barid.job_history h WHERE h.id < low
            ORDER BY h.id DESC LIMIT 1;
            high := least(low, 1 + greatest(high,
                (SELECT j.id FROM barid.job j WHERE j.id < low AND j.id > coalesce(high, 0)
                 ORDER BY j.id DESC LIMIT 1)));
            IF high IS NULL THEN high := lowest; END IF;
        END IF;
        IF high > lowest AND clock_timestamp() > give_up THEN
            reached := high;
            RETURN;
        END IF;
        step := least(step * 2, widest);
    END LOOP;
END $$;

--------------------------------------------------------------------------------------------------
-- The overview.

-- Replaces 0025's: hundreds of thousands of rows of two queues are hashed, not sorted.
CREATE OR REPLACE FUNCTION barid.admin_minutes(minutes timestamptz[],
                                    budget interval DEFAULT '200 milliseconds')
    RETURNS TABLE (minute timestamptz, queue text, completed bigint, failed bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET max_parallel_workers_per_gather = 0 SET enable_sort = off AS $$
#variable_conflict use_column
DECLARE
    give_up CONSTANT timestamptz := clock_timestamp() + budget;
    one     timestamptz;
BEGIN
    FOREACH one IN ARRAY minutes LOOP
        EXIT WHEN clock_timestamp() > give_up;
        RETURN QUERY
        SELECT one, c.queue, count(*) FILTER (WHERE c.state = 'completed'),
               count(*) FILTER (WHERE c.state = 'failed')
        FROM (SELECT h.queue, h.state FROM barid.job_history h
              WHERE h.finished_at >= one AND h.finished_at < one + interval '1 minute'
              LIMIT 300000) c
        GROUP BY c.queue;
        RETURN QUERY SELECT one, '', 0::bigint, 0::bigint;
    END LOOP;
END $$;

-- Replaces 0025's. `overtaken` and `oldest` are queue_depths': hand back what the last one gave.
-- While few entries are dead, the look from the beginning is cheap, and each answer takes it.
CREATE FUNCTION barid.admin_overview(queues text[], data boolean, overtaken jsonb)
    RETURNS TABLE (document jsonb, oldest jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET jit = off SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH every_depth AS MATERIALIZED (
        SELECT s.* FROM barid.queue_depths(NULL,
            CASE WHEN pg_stat_get_dead_tuples('barid.job'::regclass) > 20000 THEN overtaken END) s
    ), depth AS MATERIALIZED (
        SELECT s.* FROM every_depth s WHERE barid.admin_in(s.name, queues)
    ), dead AS (
        SELECT count(*) AS n FROM (SELECT FROM barid.job j
            WHERE j.origin_queue IS NOT NULL AND barid.admin_in(j.queue, queues) LIMIT 10001) d
    ), sample AS MATERIALIZED (
        SELECT h.kind, h.state,
               CASE WHEN isfinite(h.claimed_at) THEN greatest(0,
                    date_part('epoch', h.claimed_at - h.run_at) * 1000) END AS wait,
               CASE WHEN isfinite(h.claimed_at) THEN
                    date_part('epoch', h.finished_at - h.claimed_at) * 1000 END AS run
        FROM (SELECT * FROM barid.job_history ORDER BY id DESC LIMIT 20000) h
        WHERE barid.admin_in(h.queue, queues) AND h.finished_at > now() - interval '1 hour'
        LIMIT 5000
    ), bad AS MATERIALIZED (
        SELECT h.id, h.kind, h.finished_at,
               coalesce(barid.admin_error_class(h.errors->-1->>'error'), '') AS class
        FROM (SELECT * FROM barid.job_history b WHERE b.state <> 'completed'
              ORDER BY b.id DESC LIMIT 2000) h
        WHERE h.state = 'failed' AND barid.admin_in(h.queue, queues)
          AND h.finished_at > now() - interval '1 day'
    )
    SELECT jsonb_build_object(
        'at', barid.admin_time(clock_timestamp()),
        'counts', (SELECT jsonb_build_object(
                'due', barid.admin_capped(coalesce(sum(d.due), 0), coalesce(bool_or(d.due >= d.counted_to), false)),
                'running', barid.admin_capped(coalesce(sum(d.running), 0), false),
                'later', barid.admin_capped(coalesce(sum(d.later), 0), coalesce(bool_or(d.later >= d.counted_to), false)),
                'parked', barid.admin_capped(coalesce(sum(d.parked), 0), coalesce(bool_or(d.parked >= d.counted_to), false)),
                'dead', (SELECT barid.admin_capped(n, false) FROM dead)) FROM depth d),
        'oldest_due_seconds', (SELECT extract(epoch FROM max(d.oldest_due)) FROM depth d),
        'latency', (SELECT jsonb_build_object(
                'p50_ms', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY s.wait)::numeric, 1),
                'p95_ms', round(percentile_cont(0.95) WITHIN GROUP (ORDER BY s.wait)::numeric, 1),
                'p99_ms', round(percentile_cont(0.99) WITHIN GROUP (ORDER BY s.wait)::numeric, 1))
            FROM sample s),
        'duration', (SELECT jsonb_build_object(
                'p50_ms', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY s.run)::numeric, 1),
                'p95_ms', round(percentile_cont(0.95) WITHIN GROUP (ORDER BY s.run)::numeric, 1),
                'p99_ms', round(percentile_cont(0.99) WITHIN GROUP (ORDER BY s.run)::numeric, 1))
            FROM sample s),
        'kinds', coalesce((SELECT jsonb_agg(k.item ORDER BY k.n DESC, k.kind) FROM (
            SELECT s.kind, count(*) AS n, jsonb_build_object('kind', s.kind,
                'completed', count(*) FILTER (WHERE s.state = 'completed'),
                'failed', count(*) FILTER (WHERE s.state = 'failed'),
                'p50_ms', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY s.run)::numeric, 1),
                'p95_ms', round(percentile_cont(0.95) WITHIN GROUP (ORDER BY s.run)::numeric, 1))
                AS item
            FROM sample s GROUP BY s.kind ORDER BY 2 DESC LIMIT 50) k), '[]'),
        'failures', coalesce((SELECT jsonb_agg(f.item ORDER BY f.n DESC, f.last_id DESC) FROM (
            SELECT count(*) AS n, max(b.id) AS last_id, jsonb_build_object('kind', b.kind,
                -- Told apart, but not told.
                'error_class', CASE WHEN data OR b.class = '' THEN b.class
                                    ELSE '••• ' || left(md5(b.class), 6) END,
                'count', count(*), 'last_at', barid.admin_time(max(b.finished_at)),
                'job_id', max(b.id)) AS item
            FROM bad b GROUP BY b.kind, b.class ORDER BY 1 DESC LIMIT 20) f), '[]'),
        'workers', (SELECT jsonb_build_object('count', count(*), 'claimed',
                coalesce(sum(w.claimed), 0)) FROM barid.workers w),
        'queues', coalesce((SELECT jsonb_agg(jsonb_build_object('name', d.name,
                'paused', d.paused, 'due', d.due,
                'oldest_due_seconds', extract(epoch FROM d.oldest_due)) ORDER BY d.name)
            FROM depth d), '[]')),
        coalesce((SELECT jsonb_object_agg(d.name, d.oldest) FROM every_depth d
                  WHERE d.oldest->>0 IS NOT NULL), '{}');
END $$;

CREATE OR REPLACE FUNCTION barid.admin_overview(queues text[], data boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT o.document FROM barid.admin_overview(queues, data, NULL) o
$$;

GRANT EXECUTE ON FUNCTION barid.admin_overview(text[], boolean, jsonb) TO barid_admin;
