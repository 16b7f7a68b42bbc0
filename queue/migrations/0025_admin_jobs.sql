-- What admins ask about jobs, queues and schedules: lists over live and finished jobs, bulk actions
-- that run as jobs, the timeline of one business entity, the overview.
--
-- Every question has a bound. Lists walk jobs by id, newest first, window by window, until a page is
-- full or their time is over; then they say how far they came, and the next page goes on there. No
-- filter can make a statement read the whole history. docs/decisions/0022 has the figures.

-- Finished jobs that did not complete are few, and what people look for; completed ones, which the
-- workers write all day, have no entry here.
CREATE INDEX job_history_not_completed ON barid.job_history (id) WHERE state <> 'completed';
CREATE INDEX job_history_unique_key ON barid.job_history (unique_key, id)
    WHERE unique_key IS NOT NULL;
CREATE INDEX job_dead_letter ON barid.job (id) WHERE origin_queue IS NOT NULL;
CREATE INDEX translation_review_entity ON barid.translation_review (entity_type, entity_id, id);

--------------------------------------------------------------------------------------------------
-- Finding jobs.

-- A filter as the API takes it: an object, every key of which must hold.
CREATE FUNCTION barid.admin_check_filter(filter jsonb) RETURNS void
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    name  text;
    value jsonb;
    wish  text;
BEGIN
    PERFORM barid.check_keys('filter', filter, ARRAY['ids', 'state', 'queue', 'kind', 'tag',
        'unique_key', 'error', 'from', 'to', 'dead']);
    FOR name, value IN SELECT * FROM jsonb_each(filter) LOOP
        wish := CASE
            WHEN name = 'ids' THEN CASE WHEN jsonb_typeof(value) <> 'array'
                    OR jsonb_array_length(value) NOT BETWEEN 1 AND 1000
                    OR jsonb_path_exists(value, '$[*] ? (@.type() != "number")')
                    OR value::text ~ '[.eE-]|[0-9]{19}' THEN 'an array of 1 to 1000 ids' END
            WHEN name = 'state' THEN CASE WHEN value = '[]' OR NOT (
                    CASE jsonb_typeof(value) WHEN 'array' THEN value
                         ELSE jsonb_build_array(value) END
                    <@ '["waiting", "parked", "running", "completed", "failed", "cancelled"]')
                THEN 'of waiting, parked, running, completed, failed, cancelled: one, or an array'
                END
            WHEN name = 'dead' THEN CASE WHEN value <> 'true' THEN 'true' END
            WHEN jsonb_typeof(value) <> 'string' OR length(value #>> '{}') NOT BETWEEN 1 AND 1000
                THEN 'a text of 1 to 1000 characters' END;
        IF wish IS NULL AND name IN ('from', 'to') THEN
            wish := 'a time with its zone, such as 2026-11-22T08:00:00Z';
            BEGIN
                -- "tomorrow", or a time without a zone, would mean something else each time.
                IF value #>> '{}' ~* '^\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d(\.\d+)?(z|[+-]\d\d:\d\d)$'
                   AND isfinite((value #>> '{}')::timestamptz) THEN
                    wish := NULL;
                END IF;
            EXCEPTION WHEN data_exception THEN
                NULL;
            END;
        END IF;
        IF wish IS NOT NULL THEN
            RAISE EXCEPTION 'filter key "%" is %, it must be %', name, left(value::text, 100), wish
                USING ERRCODE = '22023';
        END IF;
    END LOOP;
END $$;

-- The lowest id of a job that was made at `moment` or later, between two ids, as far as ids follow
-- time: a long transaction draws an id later than its created_at. Callers leave an hour for that.
CREATE FUNCTION barid.admin_id_at(moment timestamptz, low bigint, high bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp SET jit = off AS $$
DECLARE
    middle bigint;
    probe  record;
BEGIN
    WHILE low < high LOOP
        middle := low + (high - low) / 2;
        SELECT p.id, p.created_at INTO probe FROM (
            (SELECT j.id, j.created_at FROM barid.job j WHERE j.id >= middle AND j.id < high
             ORDER BY j.id LIMIT 1)
            UNION ALL
            (SELECT h.id, h.created_at FROM barid.job_history h
             WHERE h.id >= middle AND h.id < high ORDER BY h.id LIMIT 1)) p
        ORDER BY p.id LIMIT 1;
        IF probe.id IS NULL OR probe.created_at >= moment THEN
            high := middle;
        ELSE
            low := probe.id + 1;
        END IF;
    END LOOP;
    RETURN low;
END $$;

-- Up to `max` jobs that match, live and finished, by id from `before` (exclusive) downwards, in
-- queues that the caller reaches (NULL: all). `reached` is NULL when nothing is left below; else
-- the page goes on below it: there may be more, or time was over. A job keeps its id when it
-- finishes or is retried, so pages neither skip nor repeat one that moves between them.
-- `ended_before` leaves out what finished later than that.
CREATE FUNCTION barid.admin_find_jobs(filter jsonb, queues text[], before bigint, max int,
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
    lowest := least((SELECT min(j.id) FROM barid.job j),
                    (SELECT h.id FROM barid.job_history h ORDER BY h.id LIMIT 1));
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
            high := least(low, 1 + greatest(
                (SELECT j.id FROM barid.job j WHERE j.id < low ORDER BY j.id DESC LIMIT 1),
                (SELECT h.id FROM barid.job_history h WHERE h.id < low
                 ORDER BY h.id DESC LIMIT 1)));
            IF high IS NULL THEN high := lowest; END IF;
        END IF;
        IF high > lowest AND clock_timestamp() > give_up THEN
            reached := high;
            RETURN;
        END IF;
        step := least(step * 2, widest);
    END LOOP;
END $$;

-- When the first job from this id on was made: how far a page that ran out of time looked back.
CREATE FUNCTION barid.admin_made_at(from_id bigint) RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT p.created_at FROM (
        (SELECT j.id, j.created_at FROM barid.job j WHERE j.id >= from_id ORDER BY j.id LIMIT 1)
        UNION ALL
        (SELECT h.id, h.created_at FROM barid.job_history h WHERE h.id >= from_id
         ORDER BY h.id LIMIT 1)) p
    ORDER BY p.id LIMIT 1
$$;

--------------------------------------------------------------------------------------------------
-- How a job is shown. `data`: texts that handlers and producers wrote may be seen. `retry` and
-- `cancel` are the queues in which the caller may do that: NULL all, empty none.

CREATE FUNCTION barid.admin_text(value text, shown boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN shown OR value IS NULL THEN value ELSE '•••' END;

CREATE FUNCTION barid.admin_in(queue text, queues text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN queues IS NULL OR queue = ANY (queues);

-- Replaces 0023's: below 24 levels a value is hidden whole, so that no payload is too deep to mask.
CREATE FUNCTION barid.admin_mask_value(value jsonb, depth int) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    IF depth > 24 THEN RETURN '"•••"'; END IF;
    RETURN CASE jsonb_typeof(value)
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(m.key,
                                barid.admin_mask_value(m.value, depth + 1)), '{}')
                            FROM jsonb_each(value) m)
        WHEN 'array' THEN (SELECT coalesce(jsonb_agg(
                               barid.admin_mask_value(e.value, depth + 1) ORDER BY e.n), '[]')
                           FROM jsonb_array_elements(value) WITH ORDINALITY e(value, n))
        WHEN 'string' THEN '"•••"'::jsonb
        WHEN 'number' THEN '"•••"'::jsonb
        ELSE value END;
END $$;

CREATE OR REPLACE FUNCTION barid.admin_mask(value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_mask_value(value, 1)
$$;

-- Nothing when there is no such job.
CREATE FUNCTION barid.admin_job(job_id bigint, data boolean, retry text[], cancel text[])
    RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object(
        'id', v.id, 'queue', v.queue, 'kind', v.kind, 'state', v.state, 'priority', v.priority,
        'attempt', v.attempt, 'max_attempts', v.max_attempts,
        'run_at', barid.admin_time(v.run_at), 'created_at', barid.admin_time(v.created_at),
        'claimed_at', barid.admin_time(v.claimed_at),
        'finished_at', barid.admin_time(v.finished_at),
        'progress', v.progress, 'progress_note', barid.admin_text(v.progress_note, data),
        'tags', coalesce(to_jsonb(v.tags), '[]'),
        'error', barid.admin_text(left(split_part(v.errors->-1->>'error', E'\n', 1), 300), data),
        'parked_by', v.parked_by, 'origin_id', v.origin_id, 'origin_queue', v.origin_queue,
        'cancel_requested', coalesce((SELECT j.cancel_requested FROM barid.job j
                                      WHERE j.id = v.id), false),
        'allowed_actions', to_jsonb(array_remove(ARRAY[
            CASE WHEN a.retry AND v.state IN ('failed', 'cancelled') THEN 'retry' END,
            CASE WHEN a.retry AND v.state IN ('waiting', 'parked') THEN 'run_now' END,
            CASE WHEN a.retry AND v.state IN ('waiting', 'parked') THEN 'reschedule' END,
            CASE WHEN a.retry AND v.finished_at IS NULL THEN 'set_priority' END,
            CASE WHEN a.retry AND v.origin_queue IS NOT NULL
                      AND barid.admin_in(v.origin_queue, admin_job.retry)
                      AND v.state IN ('waiting', 'parked') THEN 'redrive' END,
            CASE WHEN a.cancel AND v.finished_at IS NULL THEN 'cancel' END], NULL)))
    FROM barid.jobs v,
         LATERAL (SELECT barid.admin_in(v.queue, admin_job.retry) AS retry,
                         barid.admin_in(v.queue, admin_job.cancel) AS cancel) a
    WHERE v.id = admin_job.job_id
$$;

-- The jobs around one that wait for each other: what it came after and what came after that, up to
-- 5 steps and 100 jobs in either direction. Jobs that have finished no longer know who waited.
CREATE FUNCTION barid.admin_flow(job_id bigint, queues text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
    nodes bigint[] := ARRAY[job_id];
    turn  bigint[] := nodes;
BEGIN
    FOR depth IN 1 .. 5 LOOP
        turn := ARRAY(SELECT DISTINCT p FROM barid.jobs v, unnest(v.after) p
                      WHERE v.id = ANY (turn) AND p <> ALL (nodes) LIMIT 100);
        EXIT WHEN turn = '{}' OR cardinality(nodes) > 100;
        nodes := nodes || turn;
    END LOOP;
    turn := ARRAY[job_id];
    FOR depth IN 1 .. 5 LOOP
        turn := ARRAY(SELECT DISTINCT d.child_id FROM barid.dependency d
                      WHERE d.parent_id = ANY (turn) AND d.child_id <> ALL (nodes) LIMIT 100);
        EXIT WHEN turn = '{}' OR cardinality(nodes) > 200;
        nodes := nodes || turn;
    END LOOP;
    RETURN (
        WITH known AS MATERIALIZED (
            SELECT v.id, v.queue, v.kind, v.state, v.after FROM barid.jobs v
            WHERE v.id = ANY (nodes)
        ), shown AS MATERIALIZED (
            SELECT k.id, k.kind, k.state, k.after FROM known k
            WHERE barid.admin_in(k.queue, queues)
            UNION ALL
            SELECT n, NULL, 'gone', NULL FROM unnest(nodes) n
            WHERE queues IS NULL AND n NOT IN (SELECT k.id FROM known k)
        ), edges AS (
            SELECT p AS parent, s.id AS child FROM shown s, unnest(s.after) p
            UNION
            SELECT d.parent_id, d.child_id FROM barid.dependency d
            WHERE d.parent_id = ANY (nodes)
        )
        SELECT jsonb_build_object(
            'nodes', coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'kind', s.kind,
                'state', s.state) ORDER BY s.id) FROM shown s), '[]'),
            'edges', coalesce((SELECT jsonb_agg(jsonb_build_object('from', e.parent,
                'to', e.child) ORDER BY e.parent, e.child) FROM edges e
                WHERE e.parent IN (SELECT s.id FROM shown s)
                  AND e.child IN (SELECT s.id FROM shown s)), '[]')));
END $$;

-- Everything about one job within reach; NULL when there is none.
CREATE FUNCTION barid.admin_job_detail(job_id bigint, queues text[], data boolean, retry text[],
                                       cancel text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_job(v.id, admin_job_detail.data, retry, cancel) || jsonb_build_object(
        'payload', CASE WHEN admin_job_detail.data THEN v.payload
                        ELSE barid.admin_mask(v.payload) END,
        'output', CASE WHEN admin_job_detail.data THEN v.output
                       ELSE barid.admin_mask(v.output) END,
        'unique_key', v.unique_key, 'ordering_key', v.ordering_key, 'limit_key', v.limit_key,
        'request_id', v.request_id, 'traceparent', v.traceparent,
        'attempts', coalesce((SELECT jsonb_agg(jsonb_build_object(
                'attempt', a.attempt, 'outcome', a.outcome,
                'started_at', barid.admin_time(a.started_at),
                'ended_at', barid.admin_time(a.ended_at),
                'duration_ms', round(extract(epoch FROM a.duration) * 1000),
                'worker', a.worker,
                'error', barid.admin_text(a.error, admin_job_detail.data)))
            FROM barid.attempts(v.id) a), '[]'),
        'lineage', coalesce((SELECT jsonb_agg(jsonb_build_object(
                'id', l.job_id, 'role', l.role, 'state', l.state, 'queue', l.queue,
                'kind', l.kind, 'created_at', barid.admin_time(l.created_at),
                'finished_at', barid.admin_time(l.finished_at)) ORDER BY l.job_id)
            FROM (SELECT * FROM barid.lineage(v.id) LIMIT 100) l
            WHERE barid.admin_in(l.queue, queues)), '[]'),
        'flow', barid.admin_flow(v.id, queues),
        'checkpoint', (SELECT jsonb_build_object('attempt', c.attempt,
                'saved_at', barid.admin_time(c.saved_at), 'bytes', octet_length(c.data::text))
            FROM barid.checkpoint c WHERE c.job_id = v.id),
        'batch', (SELECT jsonb_build_object('id', b.id, 'name', b.name,
                'created_at', barid.admin_time(b.created_at),
                'finished_at', barid.admin_time(b.finished_at), 'completed', b.completed,
                'failed', b.failed, 'cancelled', b.cancelled, 'live', (
                    SELECT count(*) FROM (SELECT FROM barid.job j WHERE j.batch_id = b.id
                                          LIMIT 10000) c))
            FROM barid.batch b WHERE b.id = v.batch_id))
    FROM barid.jobs v
    WHERE v.id = admin_job_detail.job_id AND barid.admin_in(v.queue, queues)
$$;

-- Kinds of the newest jobs, and those that are paused. Counts are of the newest 10,000 live and
-- the newest 10,000 finished jobs.
CREATE FUNCTION barid.admin_kinds(queues text[]) RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET jit = off AS $$
    WITH live AS MATERIALIZED (
        SELECT j.kind, j.state, j.parked_by, j.queue FROM barid.job j ORDER BY j.id DESC LIMIT 10000
    ), past AS MATERIALIZED (
        SELECT h.kind, h.state, h.queue FROM barid.job_history h ORDER BY h.id DESC LIMIT 10000
    ), live_counts AS (
        SELECT l.kind, count(*) FILTER (WHERE l.state = 'waiting') AS waiting,
               count(*) FILTER (WHERE l.parked_by = 'kind') AS held,
               count(*) FILTER (WHERE l.state = 'running') AS running
        FROM live l WHERE barid.admin_in(l.queue, queues) GROUP BY 1
    ), past_counts AS (
        SELECT p.kind, count(*) FILTER (WHERE p.state = 'completed') AS completed,
               count(*) FILTER (WHERE p.state = 'failed') AS failed
        FROM past p WHERE barid.admin_in(p.queue, queues) GROUP BY 1
    )
    SELECT jsonb_build_object('kind', n.kind, 'paused', p.kind IS NOT NULL,
               'paused_at', barid.admin_time(p.paused_at),
               'waiting', coalesce(l.waiting, 0), 'held', coalesce(l.held, 0),
               'running', coalesce(l.running, 0), 'completed', coalesce(h.completed, 0),
               'failed', coalesce(h.failed, 0))
    FROM (SELECT k.kind FROM barid.paused_kind k WHERE queues IS NULL
          UNION SELECT c.kind FROM live_counts c
          UNION SELECT c.kind FROM past_counts c) n
    LEFT JOIN barid.paused_kind p ON p.kind = n.kind
    LEFT JOIN live_counts l ON l.kind = n.kind
    LEFT JOIN past_counts h ON h.kind = n.kind
    ORDER BY n.kind LIMIT 1000
$$;

--------------------------------------------------------------------------------------------------
-- Bulk actions: what was asked is frozen here, and a job of the kind `admin.bulk` does it.

CREATE TABLE barid.admin_bulk (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action      text NOT NULL CHECK (action IN ('retry', 'cancel', 'run_now', 'redrive')),
    filter      jsonb NOT NULL,
    -- The queues that the actor reached when it was asked; NULL: all.
    queues      text[],
    -- Nothing newer is touched, and nothing that finished after created_at.
    upper_id    bigint NOT NULL,
    -- Jobs from here (exclusive) downwards are still to be looked at.
    next_below  bigint NOT NULL,
    per_second  numeric CHECK (per_second > 0 AND per_second <= 1000000),
    next_start  timestamptz,
    state       text NOT NULL DEFAULT 'running'
                CHECK (state IN ('running', 'completed', 'cancelled', 'failed')),
    total       bigint,      -- that matched when it was asked; NULL: more than 10,000
    changed     bigint NOT NULL DEFAULT 0,
    skipped     bigint NOT NULL DEFAULT 0,
    failed      bigint NOT NULL DEFAULT 0,
    error       text CHECK (length(error) <= 1000),
    actor       text NOT NULL,
    actor_name  text NOT NULL,
    reason      text NOT NULL CHECK (length(reason) <= 500),
    job_id      bigint,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);

-- One row a job that a bulk action came to: the first 100,000 of each action, for 30 days.
CREATE TABLE barid.admin_bulk_outcome (
    bulk_id bigint NOT NULL REFERENCES barid.admin_bulk (id),
    job_id  bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('changed', 'skipped', 'failed')),
    detail  text NOT NULL DEFAULT '' CHECK (length(detail) <= 500),
    PRIMARY KEY (bulk_id, job_id)
);

-- The filter of an action with the states that it can be done to.
CREATE FUNCTION barid.admin_bulk_filter(action text, filter jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    may   jsonb := CASE action
        WHEN 'retry' THEN '["failed", "cancelled"]' WHEN 'cancel' THEN '["waiting", "parked", "running"]'
        WHEN 'run_now' THEN '["waiting", "parked"]' WHEN 'redrive' THEN '["waiting", "parked"]' END;
    given jsonb := filter->'state';
BEGIN
    IF may IS NULL THEN
        RAISE EXCEPTION 'there is no action "%": retry, cancel, run_now or redrive', left(action, 40)
            USING ERRCODE = '22023';
    END IF;
    PERFORM barid.admin_check_filter(filter);
    IF filter - 'dead' = '{}' AND action <> 'redrive' THEN
        RAISE EXCEPTION 'the filter names nothing: give at least one of ids, state, queue, kind, tag, unique_key, error, from, to'
            USING ERRCODE = '22023';
    END IF;
    IF given IS NULL THEN
        -- Who cancelled jobs meant it: they are retried when they are named.
        given := CASE WHEN action = 'retry' AND NOT filter ? 'ids' THEN '["failed"]' ELSE may END;
    ELSIF jsonb_typeof(given) <> 'array' THEN
        given := jsonb_build_array(given);
    END IF;
    IF NOT given <@ may THEN
        RAISE EXCEPTION 'filter key "state": % can be done to % jobs only', action,
            (SELECT string_agg(s, ', ') FROM jsonb_array_elements_text(may) s)
            USING ERRCODE = '22023';
    END IF;
    RETURN filter || jsonb_build_object('state', given)
        || CASE WHEN action = 'redrive' THEN '{"dead": true}'::jsonb ELSE '{}' END;
END $$;

-- How many match now, capped at 10,000, up to which id, in which queues, and the newest five.
CREATE FUNCTION barid.admin_bulk_preview(action text, filter jsonb, queues text[], data boolean,
                                         upper bigint DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
    whole jsonb := barid.admin_bulk_filter(action, filter);
    top   bigint := coalesce(upper, (SELECT s.last_value FROM barid.job_id_seq s));
    hits  record;
BEGIN
    SELECT * INTO hits FROM barid.admin_find_jobs(whole, queues, top + 1, 10001, '1 second');
    RETURN jsonb_build_object(
        'matched', jsonb_build_object('count', least(cardinality(hits.ids), 10000),
                                      'capped', hits.reached IS NOT NULL),
        'upper_id', top,
        'by_queue', coalesce((SELECT jsonb_agg(jsonb_build_object('queue', q.queue,
                'count', q.n) ORDER BY q.n DESC, q.queue)
            FROM (SELECT v.queue, count(*) AS n FROM barid.jobs v
                  WHERE v.id = ANY (hits.ids[:10000]) GROUP BY 1) q), '[]'),
        'sample', coalesce((SELECT jsonb_agg(barid.admin_job(i.id, data, '{}', '{}') ORDER BY i.n)
            FROM unnest(hits.ids[:5]) WITH ORDINALITY i(id, n)), '[]'));
END $$;

-- Freezes it and adds its job. Refuses (22023 is the request's fault; JB409: the world changed)
-- when clearly more match than `expected`: a tenth more, and ten at least. NULL of `upper`: until
-- now.
CREATE FUNCTION barid.admin_bulk_start(action text, filter jsonb, queues text[], expected bigint,
                                       upper bigint, per_second numeric, actor text,
                                       actor_name text, reason text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    whole   jsonb := barid.admin_bulk_filter(action, filter);
    top     bigint := least(upper, (SELECT s.last_value FROM barid.job_id_seq s));
    hits    record;
    matched bigint;
    new_id  bigint;
BEGIN
    IF per_second IS NOT NULL AND action <> 'redrive' THEN
        RAISE EXCEPTION 'per_second is for redrive only' USING ERRCODE = '22023';
    END IF;
    SELECT * INTO hits FROM barid.admin_find_jobs(whole, queues, top + 1, 10001, '1 second');
    matched := cardinality(hits.ids);
    IF (expected < 10000 AND matched > expected + greatest(10, expected / 10)) THEN
        RAISE EXCEPTION '% jobs match now, % were shown', matched, expected
            USING ERRCODE = 'JB409', HINT = 'Look at the preview again and confirm what it says.';
    END IF;
    INSERT INTO barid.admin_bulk (action, filter, queues, upper_id, next_below, per_second, total,
                                  actor, actor_name, reason)
    VALUES (action, whole, queues, top, top + 1, per_second,
            CASE WHEN hits.reached IS NULL THEN matched END, actor, actor_name, reason)
    RETURNING admin_bulk.id INTO new_id;
    UPDATE barid.admin_bulk b SET job_id = barid.enqueue('admin.bulk',
        jsonb_build_object('bulk', new_id), priority => 0, max_attempts => 25,
        unique_key => 'admin.bulk:' || new_id, tags => ARRAY['bulk:' || new_id])
    WHERE b.id = new_id;
    RETURN new_id;
END $$;

-- Does the action to these jobs; returns those to which it was done.
CREATE FUNCTION barid.admin_bulk_act(bulk barid.admin_bulk, ids bigint[]) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    letters bigint[];
    start   timestamptz;
BEGIN
    IF ids = '{}' THEN RETURN '{}'; END IF;
    IF bulk.action = 'retry' THEN RETURN barid.retry_jobs(ids, false); END IF;
    IF bulk.action = 'cancel' THEN RETURN barid.cancel_jobs(ids, bulk.reason, false); END IF;
    IF bulk.action = 'run_now' THEN
        RETURN barid.move_jobs(ids, 'run_now', NULL, NULL, NULL, false);
    END IF;
    -- Who may not put jobs into a queue by hand may not do it this way.
    letters := ARRAY(SELECT j.id FROM barid.job j WHERE j.id = ANY (ids)
                     AND j.origin_queue IS NOT NULL
                     AND barid.admin_in(j.origin_queue, bulk.queues));
    IF letters = '{}' THEN RETURN '{}'; END IF;
    SELECT r.next_start INTO start FROM barid.redrive(jsonb_build_object('ids', letters), 1000,
        bulk.per_second, false, NULL, bulk.next_start) r;
    UPDATE barid.admin_bulk b SET next_start = start WHERE b.id = bulk.id;
    RETURN ARRAY(SELECT j.id FROM barid.job j WHERE j.id = ANY (letters)
                 AND j.origin_queue IS NULL);
END $$;

-- Why nothing was done to a job.
CREATE FUNCTION barid.admin_bulk_why(bulk barid.admin_bulk, id bigint) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    job   record;
    other bigint;
BEGIN
    SELECT v.state, v.queue, v.unique_key, v.origin_queue, v.finished_at INTO job
    FROM barid.jobs v WHERE v.id = id;
    IF NOT FOUND THEN RETURN 'it is no longer kept'; END IF;
    IF bulk.action = 'retry' THEN
        IF job.finished_at IS NULL THEN RETURN 'it is live again'; END IF;
        SELECT j.id INTO other FROM barid.job j
        WHERE j.queue = job.queue AND j.unique_key = job.unique_key;
        IF other IS NOT NULL THEN RETURN 'its unique key is taken by job ' || other; END IF;
    ELSIF job.finished_at IS NOT NULL THEN
        RETURN 'it has ended: ' || job.state;
    ELSIF bulk.action = 'redrive' AND NOT barid.admin_in(job.origin_queue, bulk.queues) THEN
        RETURN 'its queue of origin is out of reach';
    ELSIF job.state = 'running' AND bulk.action <> 'cancel' THEN
        RETURN 'it runs';
    END IF;
    RETURN 'something held it at that moment';
END $$;

-- The next step, in one transaction with where the one after it begins, so that a kill at any
-- point leaves either all of it or nothing, and a repeated job goes on behind it. Two that run at
-- once take turns at the row. Returns more | done.
CREATE FUNCTION barid.admin_bulk_step(bulk_id bigint, page int DEFAULT 1000) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    bulk    barid.admin_bulk;
    hits    record;
    done    bigint[] := '{}';
    broken  bigint[] := '{}';
    whys    text[] := '{}';
    one     bigint;
    outcome record;
    kept    bigint;
BEGIN
    SELECT * INTO bulk FROM barid.admin_bulk b WHERE b.id = bulk_id FOR UPDATE;
    IF NOT FOUND OR bulk.state <> 'running' THEN RETURN 'done'; END IF;
    -- More than a step adds, so that old ones always leave in time.
    PERFORM barid.admin_bulk_prune(2000);
    SELECT * INTO hits FROM barid.admin_find_jobs(bulk.filter, bulk.queues, bulk.next_below,
        least(page, 1000), '2 seconds', bulk.created_at);
    BEGIN
        done := barid.admin_bulk_act(bulk, hits.ids);
    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
        -- One of them can't be done: each for itself.
        done := '{}';
        FOREACH one IN ARRAY hits.ids LOOP
            BEGIN
                done := done || barid.admin_bulk_act(bulk, ARRAY[one]);
            EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
                broken := broken || one;
                whys := whys || left(SQLERRM, 500);
            END;
        END LOOP;
    END;
    kept := bulk.changed + bulk.skipped + bulk.failed;
    INSERT INTO barid.admin_bulk_outcome (bulk_id, job_id, outcome, detail)
    SELECT bulk_id, i.id,
           CASE WHEN i.id = ANY (done) THEN 'changed' WHEN i.id = ANY (broken) THEN 'failed'
                ELSE 'skipped' END,
           CASE WHEN i.id = ANY (done) THEN '' WHEN i.id = ANY (broken)
                THEN whys[array_position(broken, i.id)]
                ELSE barid.admin_bulk_why(bulk, i.id) END
    FROM unnest(hits.ids) WITH ORDINALITY i(id, n) WHERE kept + i.n <= 100000
    ON CONFLICT ON CONSTRAINT admin_bulk_outcome_pkey DO NOTHING;
    UPDATE barid.admin_bulk b SET
        changed = b.changed + cardinality(done), failed = b.failed + cardinality(broken),
        skipped = b.skipped + cardinality(hits.ids) - cardinality(done) - cardinality(broken),
        next_below = coalesce(hits.reached, 0),
        state = CASE WHEN hits.reached IS NULL THEN 'completed' ELSE b.state END,
        finished_at = CASE WHEN hits.reached IS NULL THEN clock_timestamp() END
    WHERE b.id = bulk_id;
    RETURN CASE WHEN hits.reached IS NULL THEN 'done' ELSE 'more' END;
END $$;

-- Its job can't go on.
CREATE FUNCTION barid.admin_bulk_fail(bulk_id bigint, problem text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.admin_bulk b SET state = 'failed', error = left(problem, 1000),
        finished_at = clock_timestamp()
    WHERE b.id = bulk_id AND b.state = 'running'
$$;

-- False when it had ended.
CREATE FUNCTION barid.admin_bulk_cancel(bulk_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    UPDATE barid.admin_bulk b SET state = 'cancelled', finished_at = clock_timestamp()
    WHERE b.id = bulk_id AND b.state = 'running';
    RETURN FOUND;
END $$;

-- Bulk actions that are older than 30 days leave, with what they noted. Called by each step: only
-- steps make such rows.
CREATE FUNCTION barid.admin_bulk_prune(batch int) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    DELETE FROM barid.admin_bulk_outcome o WHERE o.ctid = ANY (ARRAY(
        SELECT p.ctid FROM barid.admin_bulk b JOIN barid.admin_bulk_outcome p ON p.bulk_id = b.id
        WHERE b.created_at < now() - interval '30 days' LIMIT batch));
    DELETE FROM barid.admin_bulk b WHERE b.created_at < now() - interval '30 days'
        AND b.state <> 'running' AND NOT EXISTS (SELECT 1 FROM barid.admin_bulk_outcome o WHERE o.bulk_id = b.id)
$$;

-- How one is shown; NULL when there is none that the caller reaches: its queues are among his.
-- One whose job was cancelled or has failed counts as failed until that is retried.
CREATE FUNCTION barid.admin_bulk_view(bulk_id bigint, reach text[], data boolean, may_stop boolean)
    RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('id', b.id, 'action', b.action,
        'filter', CASE WHEN data OR NOT b.filter ? 'error' THEN b.filter
                       ELSE b.filter || '{"error": "•••"}' END,
        'upper_id', b.upper_id, 'per_second', b.per_second, 'state', s.state, 'total', b.total,
        'changed', b.changed, 'skipped', b.skipped, 'failed', b.failed,
        'progress', CASE WHEN b.state = 'completed' THEN 1
            WHEN b.total > 0 THEN least(1, round((b.changed + b.skipped + b.failed)::numeric
                                                 / b.total, 4))
            WHEN b.total = 0 THEN 0
            ELSE round(1 - b.next_below::numeric / (b.upper_id + 1), 4) END,
        'error', b.error, 'actor', b.actor, 'actor_name', b.actor_name, 'reason', b.reason,
        'created_at', barid.admin_time(b.created_at),
        'finished_at', barid.admin_time(b.finished_at), 'job_id', b.job_id,
        'allowed_actions', CASE WHEN may_stop AND b.state = 'running' THEN '["cancel"]'::jsonb
                                ELSE '[]' END)
    FROM barid.admin_bulk b, LATERAL (SELECT CASE WHEN b.state = 'running' AND NOT EXISTS (
            SELECT 1 FROM barid.job j WHERE j.id = b.job_id) THEN 'failed' ELSE b.state END AS state) s
    WHERE b.id = bulk_id AND (reach IS NULL OR b.queues <@ reach)
$$;

--------------------------------------------------------------------------------------------------
-- The overview.

-- What an error says without what differs each time: numbers, ids, addresses, quoted words.
CREATE FUNCTION barid.admin_error_class(error text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    line text := left(split_part(error, E'\n', 1), 300);
BEGIN
    line := regexp_replace(line, '[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}', '…', 'g');
    line := regexp_replace(line, '"[^"]*"', '"…"', 'g');
    line := regexp_replace(line, '(^|[ (=:])''[^'']*''', '\1''…''', 'g');
    line := regexp_replace(line, '[^ @<"]+@[^ @>"]+', '…', 'g');
    line := regexp_replace(line, '\m[0-9a-fA-F]{16,}\M', '…', 'g');
    line := regexp_replace(line, '[0-9]+', '#', 'g');
    RETURN left(line, 200);
END $$;

-- How many jobs finished in each of these minutes, by queue, the first minute first, until the time
-- is over: a minute that has no row was not counted. Queue '' stands for "counted". A caller keeps
-- what it was told of minutes that are over. At most 300,000 jobs of a minute are counted.
CREATE FUNCTION barid.admin_minutes(minutes timestamptz[],
                                    budget interval DEFAULT '200 milliseconds')
    RETURNS TABLE (minute timestamptz, queue text, completed bigint, failed bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off SET enable_seqscan = off
    SET max_parallel_workers_per_gather = 0 AS $$
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

CREATE FUNCTION barid.admin_capped(n numeric, capped boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('count', least(n, 10000), 'capped', capped OR n > 10000);

-- All but the throughput. Durations are those of the newest 5,000 jobs that finished within the
-- last hour; failures those of the newest 2,000 that did not complete, within a day.
CREATE FUNCTION barid.admin_overview(queues text[], data boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
    WITH depth AS MATERIALIZED (
        SELECT s.* FROM barid.queue_status() s WHERE barid.admin_in(s.name, queues)
    ), dead AS (
        SELECT count(*) AS n FROM (SELECT FROM barid.job j
            WHERE j.origin_queue IS NOT NULL AND barid.admin_in(j.queue, queues) LIMIT 10001) d
    ), sample AS MATERIALIZED (
        SELECT h.kind, h.state,
               CASE WHEN isfinite(h.claimed_at) THEN greatest(0,
                    extract(epoch FROM h.claimed_at - h.run_at) * 1000) END AS wait,
               CASE WHEN isfinite(h.claimed_at) THEN
                    extract(epoch FROM h.finished_at - h.claimed_at) * 1000 END AS run
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
            FROM depth d), '[]'))
$$;

--------------------------------------------------------------------------------------------------
-- Queues and schedules.

-- What PATCH changes, and If-Match speaks of.
CREATE FUNCTION barid.admin_queue_settings(name text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('name', n.name, 'paused', coalesce(q.paused, false),
        'max_attempts', coalesce(q.max_attempts, 10),
        'retention_seconds', extract(epoch FROM coalesce(q.retention, '14 days'))::bigint,
        'keep_history', coalesce(q.keep_history, true), 'dead_letter', q.dead_letter,
        'concurrency', q.concurrency, 'process_concurrency', q.process_concurrency,
        'key_concurrency', q.key_concurrency, 'rate_limit', q.rate_limit,
        'rate_period_seconds', extract(epoch FROM coalesce(q.rate_period, '1 second')),
        'rate_burst', q.rate_burst, 'key_rate_limit', q.key_rate_limit,
        'key_rate_period_seconds', extract(epoch FROM coalesce(q.key_rate_period, '1 second')),
        'key_rate_burst', q.key_rate_burst,
        'on_ordering_failure', coalesce(q.on_ordering_failure, 'continue'),
        'redact', coalesce(to_jsonb(q.redact), '[]'))
    FROM (SELECT admin_queue_settings.name) n LEFT JOIN barid.queue q ON q.name = n.name
    WHERE q.name IS NOT NULL OR EXISTS (SELECT 1 FROM barid.job j WHERE j.queue = n.name)
$$;

-- All queues within reach, or one; `manage`: the queues that the caller may change.
CREATE FUNCTION barid.admin_queues(only_name text, queues text[], manage text[]) RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT t.settings || jsonb_build_object('due', s.due, 'later', s.later, 'running', s.running,
        'parked', s.parked, 'parked_by', s.parked_by, 'counted_to', s.counted_to,
        'oldest_due_seconds', extract(epoch FROM s.oldest_due),
        'settings_etag', '"' || encode(sha256(convert_to(t.settings::text, 'UTF8')), 'hex') || '"',
        'allowed_actions', CASE WHEN NOT barid.admin_in(s.name, manage) THEN '[]'::jsonb
            WHEN s.paused THEN '["resume", "change"]' ELSE '["pause", "change"]' END)
    FROM barid.queue_status() s,
         LATERAL (SELECT barid.admin_queue_settings(s.name) AS settings) t
    WHERE (only_name IS NULL OR s.name = only_name) AND barid.admin_in(s.name, queues)
      AND t.settings IS NOT NULL
    ORDER BY s.name COLLATE "C"
$$;

-- What PUT sets, and If-Match speaks of.
CREATE FUNCTION barid.admin_schedule_definition(s barid.schedule) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('name', s.name, 'cron', s.cron, 'tz', s.tz, 'kind', s.kind,
        'payload', s.payload, 'queue', s.queue, 'priority', s.priority,
        'max_attempts', s.max_attempts, 'unique_key', s.unique_key,
        'ordering_key', s.ordering_key, 'tags', coalesce(to_jsonb(s.tags), '[]'),
        'missed', s.missed, 'jitter_seconds', extract(epoch FROM s.jitter),
        'starts_at', barid.admin_time(s.starts_at), 'ends_at', barid.admin_time(s.ends_at))
$$;

-- Until the end of the transaction nobody else changes or fires it.
CREATE FUNCTION barid.admin_lock_schedule(name text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT FROM barid.schedule s WHERE s.name = admin_lock_schedule.name FOR UPDATE
$$;

CREATE FUNCTION barid.admin_schedule(name text, queues text[], manage text[], data boolean,
                                     whole boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT d.definition || jsonb_build_object(
        'payload', CASE WHEN data THEN s.payload ELSE barid.admin_mask(s.payload) END,
        'paused', s.paused, 'next_at', barid.admin_time(s.next_at),
        'last_fire_at', barid.admin_time(s.last_fire_at), 'last_job_id', s.last_job_id,
        'last_error', barid.admin_text(s.last_error, data),
        'created_at', barid.admin_time(s.created_at), 'updated_at', barid.admin_time(s.updated_at),
        'definition_etag',
            '"' || encode(sha256(convert_to(d.definition::text, 'UTF8')), 'hex') || '"',
        'allowed_actions', CASE WHEN NOT barid.admin_in(s.queue, manage) THEN '[]'::jsonb
            WHEN s.paused THEN '["resume", "run", "change", "delete"]'
            ELSE '["pause", "run", "change", "delete"]' END)
      || CASE WHEN NOT whole THEN '{}'::jsonb ELSE jsonb_build_object(
            'runs', coalesce((SELECT jsonb_agg(jsonb_build_object(
                    'fire_at', barid.admin_time(r.fire_at), 'run_at', barid.admin_time(r.run_at),
                    'fired_at', barid.admin_time(r.fired_at), 'job_id', r.job_id,
                    'manual', r.manual, 'state', (SELECT v.state FROM barid.jobs v
                                                  WHERE v.id = r.job_id))
                    ORDER BY r.fire_at DESC)
                FROM (SELECT * FROM barid.schedule_run o WHERE o.schedule = s.name
                      ORDER BY o.fire_at DESC LIMIT 50) r), '[]'),
            'next', coalesce((SELECT jsonb_agg(barid.admin_time(t.fire) ORDER BY t.fire)
                FROM barid.schedule_preview(s.cron, s.tz, 10,
                    greatest(clock_timestamp(), s.starts_at - interval '1 microsecond')) t(fire)
                WHERE s.ends_at IS NULL OR t.fire <= s.ends_at), '[]')) END
    FROM barid.schedule s, LATERAL (SELECT barid.admin_schedule_definition(s) AS definition) d
    WHERE s.name = admin_schedule.name AND barid.admin_in(s.queue, queues)
$$;

--------------------------------------------------------------------------------------------------
-- The timeline of one business entity: what carries a tag such as `order:123`, newest first.
-- `categories` and the flags: what else the caller may see; `shown`: texts too. It follows the
-- newest 1,000 jobs of the tag and their newest 1,000 notifications.

CREATE FUNCTION barid.admin_timeline(tag text, queues text[], categories text[],
                                     with_media boolean, with_translations boolean,
                                     with_audit boolean, shown boolean, before_at timestamptz, before_key text, max int)
    RETURNS TABLE (item jsonb, at timestamptz, key text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
    upto      CONSTANT timestamptz := coalesce(before_at, 'infinity');
    less      CONSTANT text := coalesce(before_key, '');
    of_type   CONSTANT text := split_part(tag, ':', 1);
    of_id     CONSTANT text := nullif(substr(tag, strpos(tag, ':') + 1), '');
    named     CONSTANT boolean := strpos(tag, ':') > 1 AND of_id IS NOT NULL;
    jobs      bigint[];
    notes     uuid[] := '{}';
    pictures  bigint[] := '{}';
BEGIN
    SELECT f.ids INTO jobs FROM barid.admin_find_jobs(jsonb_build_object('tag', tag)
        || CASE WHEN before_at IS NULL THEN '{}' ELSE jsonb_build_object('to', before_at) END,
        queues, NULL, 1000) f;
    IF categories IS NULL OR categories <> '{}' THEN
        notes := ARRAY(SELECT n.id FROM barid.notification n
                       WHERE n.job_id = ANY (jobs) AND barid.admin_in(n.category, categories)
                       ORDER BY n.id DESC LIMIT 1000);
    END IF;
    IF with_media THEN
        pictures := ARRAY(SELECT e.set_id FROM barid.media_entity e WHERE e.entity = tag
                          ORDER BY e.attached_at DESC LIMIT 1000);
    END IF;
    RETURN QUERY
    SELECT jsonb_build_object('at', barid.admin_time(u.at), 'type', u.type, 'title', u.title,
               'state', u.state, 'id', u.id, 'detail', u.detail), u.at, u.key
    FROM (
        SELECT v.created_at AS at, 'job:' || v.id AS key, 'job' AS type, v.kind AS title,
               v.state, v.id::text AS id, jsonb_build_object('queue', v.queue, 'kind', v.kind,
                   'attempt', v.attempt, 'max_attempts', v.max_attempts,
                   'run_at', barid.admin_time(v.run_at),
                   'finished_at', barid.admin_time(v.finished_at),
                   'error', barid.admin_text(left(split_part(v.errors->-1->>'error', E'\n', 1),
                                                  300), shown)) AS detail
        FROM barid.jobs v WHERE v.id = ANY (jobs)
        UNION ALL
        SELECT n.created_at, 'notification:' || n.id, 'notification',
               barid.admin_text(n.title, shown), NULL, n.id::text, jsonb_build_object(
                   'category', n.category, 'template', n.template_key, 'locale', n.locale,
                   'user_id', n.user_id, 'body', barid.admin_text(left(n.body, 300), shown),
                   'job_id', n.job_id)
        FROM barid.notification n WHERE n.id = ANY (notes)
        UNION ALL
        SELECT d.updated_at, 'delivery:' || d.id, 'delivery', d.channel, d.state,
               d.notification_id::text, jsonb_build_object('delivery_id', d.id,
                   'device_id', d.device_id, 'generation', d.generation, 'reason', d.reason,
                   'attempts', d.attempts, 'not_before', barid.admin_time(d.not_before))
        FROM (SELECT * FROM barid.delivery o WHERE o.notification_id = ANY (notes)
              LIMIT 20000) d
        UNION ALL
        SELECT e.attached_at, 'image:' || e.set_id || ':' || e.slot, 'image',
               coalesce(nullif(m.recipe, ''), 'picture'), m.state::text, m.id::text,
               jsonb_build_object('slot', e.slot, 'recipe', m.recipe, 'thumbhash', m.thumbhash,
                   'job_id', nullif(e.job_id, 0),
                   'completed_at', barid.admin_time(m.completed_at))
        FROM barid.media_entity e JOIN barid.media_set m ON m.id = e.set_id
        WHERE e.entity = tag AND e.set_id = ANY (pictures)
        UNION ALL
        SELECT t.updated_at, 'translation:' || t.field || ':' || t.target_lang, 'translation',
               t.field, t.state, t.field || ':' || t.target_lang, jsonb_build_object(
                   'field', t.field, 'lang', t.target_lang, 'origin', t.origin,
                   'provider', t.provider, 'text', left(t.text, 300), 'review', NULL,
                   'reason', NULL)
        FROM barid.translation t
        WHERE with_translations AND named AND t.entity_type = of_type AND t.entity_id = of_id
        UNION ALL
        SELECT coalesce(r.resolved_at, r.created_at), 'review:' || r.id, 'translation', r.field,
               'review ' || r.state, r.field || ':' || r.target_lang, jsonb_build_object(
                   'field', r.field, 'lang', r.target_lang, 'origin', NULL,
                   'provider', r.provider, 'text', left(r.suggestion, 300), 'review', r.id,
                   'reason', r.reason)
        FROM (SELECT * FROM barid.translation_review o
              WHERE with_translations AND named AND o.entity_type = of_type AND o.entity_id = of_id
              ORDER BY o.id DESC LIMIT 1000) r
        UNION ALL
        SELECT a.at, 'audit:' || lpad(a.id::text, 19, '0'), 'audit', a.action, NULL,
               a.id::text, jsonb_build_object('actor', a.actor, 'actor_name', a.actor_name,
                   'target_kind', a.target_kind, 'target', a.target, 'reason', a.reason)
        FROM (SELECT l.* FROM (
                  SELECT of_type AS kind, of_id AS target WHERE named
                  UNION ALL SELECT 'timeline', tag
                  UNION ALL SELECT 'job', j::text FROM unnest(jobs) j
                  UNION ALL SELECT 'notification', n::text FROM unnest(notes) n
                  UNION ALL SELECT k, m::text FROM unnest(pictures) m,
                                unnest('{media,media_set,image}'::text[]) k) w
              CROSS JOIN LATERAL (
                  SELECT * FROM barid.audit_log o
                  WHERE with_audit AND o.target_kind = w.kind AND o.target = w.target
                  ORDER BY o.id DESC LIMIT 200) l) a
    ) u
    WHERE u.at < upto OR (u.at = upto AND u.key COLLATE "C" < less COLLATE "C")
    ORDER BY u.at DESC, u.key COLLATE "C" DESC
    LIMIT max;
END $$;

--------------------------------------------------------------------------------------------------
-- Grants.

GRANT EXECUTE ON FUNCTION barid.admin_check_filter, barid.admin_find_jobs, barid.admin_made_at,
    barid.admin_job,
    barid.admin_text, barid.admin_in, barid.admin_mask_value, barid.admin_job_detail, barid.admin_kinds,
    barid.admin_bulk_preview, barid.admin_bulk_start, barid.admin_bulk_cancel,
    barid.admin_bulk_view, barid.admin_minutes, barid.admin_overview, barid.admin_capped,
    barid.admin_queue_settings, barid.admin_queues, barid.admin_schedule,
    barid.admin_lock_schedule, barid.admin_schedule_definition, barid.admin_timeline
    TO barid_admin;
GRANT SELECT ON barid.admin_bulk, barid.admin_bulk_outcome, barid.job_log, barid.schedule
    TO barid_admin;
GRANT EXECUTE ON FUNCTION barid.admin_bulk_step, barid.admin_bulk_fail TO barid_worker;
GRANT SELECT ON barid.admin_bulk TO barid_worker;
