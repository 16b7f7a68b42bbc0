-- Watching: how deep queues are, how fast jobs finish, how long they take. Every function here is
-- one short statement that reads a bounded number of rows, whatever the tables hold.

--------------------------------------------------------------------------------------------------
-- Queues.

-- Sequential scans, sorts and hashes would read the whole table to count the first thousand rows.
-- What still has to be walked are dead entries of the index while a long transaction holds them:
-- callers set a statement_timeout. A count that has reached `counted_to` means "that many or more":
-- 10,000, and less when there are many queues, unless `max` is given.
CREATE FUNCTION barid.queue_status(max int DEFAULT NULL)
    RETURNS TABLE (name text, paused boolean, due bigint, later bigint, running bigint,
                   oldest_due interval, parked bigint, parked_by jsonb, counted_to int)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
    SET enable_mergejoin = off SET max_parallel_workers_per_gather = 0 AS $$
    WITH RECURSIVE hop (queue, n) AS (
        (SELECT j.queue, 1 FROM barid.job j ORDER BY j.queue LIMIT 1)
        UNION ALL
        SELECT (SELECT j.queue FROM barid.job j WHERE j.queue > hop.queue ORDER BY j.queue LIMIT 1),
               hop.n + 1
        FROM hop WHERE hop.queue IS NOT NULL AND hop.n < 1000
    ), names AS (
        SELECT hop.queue FROM hop WHERE hop.queue IS NOT NULL
        UNION SELECT q.name FROM barid.queue q
    ), bound AS MATERIALIZED (
        SELECT coalesce(max, greatest(100, least(10000, 30000 / greatest(count(*), 1))))::int AS n
        FROM names
    ), held AS MATERIALIZED (
        SELECT j.queue, count(*) AS running
        FROM (SELECT c.claim_id, unnest(c.job_ids) AS id FROM barid.claim c LIMIT 50000) c
        -- One look-up by id for each, whatever the planner thinks of the number.
        CROSS JOIN LATERAL (SELECT j.queue, j.claim_id, j.state FROM barid.job j
                            WHERE j.id = c.id OFFSET 0) j
        WHERE j.claim_id = c.claim_id AND j.state = 'running'
        GROUP BY j.queue
    )
    SELECT n.queue, coalesce(q.paused, false), due.count, later.count, coalesce(h.running, 0),
           statement_timestamp() - oldest.run_at, parked.count, parked.reasons, bound.n
    FROM names n
    CROSS JOIN bound
    LEFT JOIN barid.queue q ON q.name = n.queue
    LEFT JOIN held h ON h.queue = n.queue
    -- The index is by queue, priority and time: a range for each priority.
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT FROM generate_series(0, 9) p CROSS JOIN LATERAL (
                SELECT FROM barid.job j WHERE j.queue = n.queue AND j.priority = p::smallint
                    AND j.run_at <= statement_timestamp() AND j.state = 'waiting' LIMIT (SELECT b.n FROM bound b)) d
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
    CROSS JOIN LATERAL (
        SELECT min(d.run_at) AS run_at FROM generate_series(0, 9) p CROSS JOIN LATERAL (
            SELECT j.run_at FROM barid.job j WHERE j.queue = n.queue AND j.priority = p::smallint
                AND j.run_at <= statement_timestamp() AND j.state = 'waiting'
            ORDER BY j.run_at LIMIT 1) d) oldest
    ORDER BY n.queue
$$;

CREATE OR REPLACE VIEW barid.queues AS
    SELECT s.name COLLATE "C" AS name, s.paused, s.due, s.later, s.running, s.oldest_due,
           s.parked, s.parked_by
    FROM barid.queue_status() s;

--------------------------------------------------------------------------------------------------
-- Rates and durations.

-- From the history of the last `period`, or of its newest part when more than `max` jobs have
-- finished in it: `seconds` says what was looked at. A duration counts from the claim to the
-- settle. Queues that keep no history don't appear.
CREATE FUNCTION barid.kind_status(period interval DEFAULT '1 minute', max int DEFAULT 20000)
    RETURNS TABLE (kind text, completed bigint, failed bigint, cancelled bigint,
                   per_minute double precision, p50_ms double precision, p95_ms double precision,
                   max_ms double precision, seconds double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    since timestamptz := statement_timestamp() - period;
    newer timestamptz;
    seen  bigint;
    left_over bigint;
BEGIN
    IF period IS NULL OR period NOT BETWEEN '1 second' AND '1 day' THEN
        RAISE EXCEPTION 'period must be from 1 second to 1 day' USING ERRCODE = '22023';
    END IF;
    IF max IS NULL OR max NOT BETWEEN 1 AND 1000000 THEN
        RAISE EXCEPTION 'max must be from 1 to 1000000' USING ERRCODE = '22023';
    END IF;
    SELECT count(*) INTO seen FROM (
        SELECT FROM barid.job_history h WHERE h.finished_at >= since LIMIT max) c;
    WHILE seen >= max AND statement_timestamp() - since > '1 second' LOOP
        newer := statement_timestamp() - (statement_timestamp() - since) / 4;
        SELECT count(*) INTO left_over FROM (
            SELECT FROM barid.job_history h WHERE h.finished_at >= newer LIMIT max) c;
        EXIT WHEN left_over = 0;
        since := newer;
        seen := left_over;
    END LOOP;
    RETURN QUERY
    WITH sample AS MATERIALIZED (
        SELECT h.kind, h.state, h.finished_at,
               CASE WHEN isfinite(h.claimed_at)
                    THEN extract(epoch FROM h.finished_at - h.claimed_at) * 1000
               END::double precision AS ms
        FROM barid.job_history h WHERE h.finished_at >= since LIMIT max
    ), span AS (
        SELECT greatest(extract(epoch FROM CASE WHEN seen < max THEN statement_timestamp() - since
                                                ELSE max(finished_at) - min(finished_at) END),
                        0.001)::double precision AS seconds
        FROM sample
    )
    SELECT s.kind, count(*) FILTER (WHERE s.state = 'completed'),
           count(*) FILTER (WHERE s.state = 'failed'),
           count(*) FILTER (WHERE s.state = 'cancelled'),
           count(*) * 60 / span.seconds,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY s.ms),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY s.ms), max(s.ms), span.seconds
    FROM sample s CROSS JOIN span
    GROUP BY s.kind, span.seconds
    ORDER BY count(*) DESC, s.kind;
END $$;

GRANT EXECUTE ON FUNCTION barid.queue_status, barid.kind_status
    TO barid_worker, barid_operator, barid_readonly;
