-- Control, dead letters, retention and privacy: what operators do to jobs, and what keeps the
-- history as long as it should be kept and no longer.
--
-- Locks: whoever takes several jobs takes the ordering slots of their keys first, then their
-- batches, then the jobs by id, and skips a job that is held (a claim or a settle has it for
-- milliseconds). So no admin statement waits for a job while it holds another.

--------------------------------------------------------------------------------------------------
-- Redaction.

-- False only when none of `keys` stands in `value`: the text is quickly searched.
CREATE FUNCTION barid.may_hold(value jsonb, keys text[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    written text := value::text;
    key     text;
BEGIN
    FOREACH key IN ARRAY keys LOOP
        IF strpos(written, to_json(key)::text || ': ') > 0 THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;

-- Below 64 levels a subtree that may hold a key is replaced whole: nobody reads there, and the
-- recursion stays small.
CREATE FUNCTION barid.redact_value(value jsonb, keys text[], depth int) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF jsonb_typeof(value) NOT IN ('object', 'array') THEN RETURN value; END IF;
    IF depth > 64 THEN
        RETURN CASE WHEN barid.may_hold(value, keys) THEN '"[redacted]"' ELSE value END;
    END IF;
    IF jsonb_typeof(value) = 'array' THEN
        RETURN (SELECT coalesce(jsonb_agg(barid.redact_value(e.item, keys, depth + 1)
                                          ORDER BY e.n), '[]')
                FROM jsonb_array_elements(value) WITH ORDINALITY AS e(item, n));
    END IF;
    RETURN (SELECT coalesce(jsonb_object_agg(e.key, CASE WHEN e.key = ANY (keys)
                       THEN '"[redacted]"' ELSE barid.redact_value(e.value, keys, depth + 1) END),
                   '{}')
            FROM jsonb_each(value) e);
END $$;

-- `payload` with "[redacted]" in place of the value of each of `keys`, wherever it stands.
CREATE FUNCTION barid.redact(payload jsonb, keys text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF payload IS NULL OR keys IS NULL OR NOT barid.may_hold(payload, keys) THEN
        RETURN payload;
    END IF;
    RETURN barid.redact_value(payload, keys, 1);
END $$;

--------------------------------------------------------------------------------------------------
-- Filters. A filter is an object; every key in it must hold.

CREATE FUNCTION barid.check_keys(what text, given jsonb, known text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    name text;
BEGIN
    IF given IS NULL OR jsonb_typeof(given) <> 'object' THEN
        RAISE EXCEPTION '% must be a JSON object', what USING ERRCODE = '22023';
    END IF;
    SELECT k INTO name FROM jsonb_object_keys(given) k WHERE k <> ALL (known) ORDER BY k LIMIT 1;
    IF name IS NOT NULL THEN
        RAISE EXCEPTION '% has no key "%": it takes %', what, name, array_to_string(known, ', ')
            USING ERRCODE = '22023';
    END IF;
END $$;

CREATE FUNCTION barid.check_filter(filter jsonb) RETURNS void
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    name     text;
    value    jsonb;
    expected text;
BEGIN
    PERFORM barid.check_keys('filter', filter, ARRAY['all', 'ids', 'after_id', 'queue', 'kind',
        'state', 'tag', 'request_id', 'unique_key', 'ordering_key', 'limit_key', 'batch_id',
        'created_before', 'created_after', 'error', 'payload', 'dead', 'origin_id',
        'origin_queue']);
    IF NOT filter ? 'all' AND filter - 'after_id' = '{}' THEN
        RAISE EXCEPTION 'filter names nothing: give {"all": true} to mean every job'
            USING ERRCODE = '22023';
    END IF;
    FOR name, value IN SELECT * FROM jsonb_each(filter) LOOP
        expected := CASE
            WHEN name IN ('all', 'dead') AND value <> 'true' THEN 'true'
            WHEN name IN ('after_id', 'batch_id', 'origin_id')
                 AND (jsonb_typeof(value) <> 'number' OR value::text !~ '^[0-9]{1,18}$')
                THEN 'an id'
            WHEN name = 'payload' AND jsonb_typeof(value) <> 'object' THEN 'a JSON object'
            WHEN name = 'ids' AND (jsonb_typeof(value) <> 'array' OR jsonb_path_exists(value,
                     '$[*] ? (@.type() != "number")') OR value::text ~ '[.eE-]|[0-9]{19}')
                THEN 'an array of ids'
            WHEN name = 'state' AND NOT (
                     CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE jsonb_build_array(value)
                     END <@ '["waiting", "parked", "running", "completed", "failed",
                              "cancelled"]') THEN
                'of waiting, parked, running, completed, failed, cancelled: one, or an array'
            WHEN name NOT IN ('all', 'dead', 'after_id', 'batch_id', 'origin_id', 'payload',
                              'ids', 'state')
                 AND jsonb_typeof(value) <> 'string' THEN 'a string'
            END;
        IF expected IS NULL AND name IN ('created_before', 'created_after') THEN
            BEGIN
                PERFORM (value #>> '{}')::timestamptz;
            EXCEPTION WHEN data_exception THEN
                expected := 'a timestamp';
            END;
        END IF;
        IF expected IS NOT NULL THEN
            RAISE EXCEPTION 'filter key "%" is %, it must be %', name, left(value::text, 100),
                expected USING ERRCODE = '22023';
        END IF;
    END LOOP;
END $$;

-- The first `max` live jobs that match, by id. `states` is what the action can be done to.
CREATE FUNCTION barid.find_live(filter jsonb, states text[], max int) RETURNS bigint[]
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    f     record;
    ids   bigint[] := CASE WHEN filter ? 'ids' THEN ARRAY(
                          SELECT e::bigint FROM jsonb_array_elements_text(filter->'ids') e) END;
    found bigint[];
BEGIN
    SELECT r.* INTO f FROM jsonb_to_record(filter) AS r(after_id bigint, queue text, kind text,
        tag text, request_id text, unique_key text, ordering_key text, limit_key text,
        batch_id bigint, created_before timestamptz, created_after timestamptz, error text,
        payload jsonb, dead boolean, origin_id bigint, origin_queue text);
    SELECT array_agg(m.id) INTO found FROM (
        SELECT j.id FROM barid.job j
        WHERE (ids IS NULL OR j.id = ANY (ids))
          AND (f.after_id IS NULL OR j.id > f.after_id)
          AND (f.queue IS NULL OR j.queue = f.queue)
          AND (f.kind IS NULL OR j.kind = f.kind)
          AND CASE WHEN j.state = 'waiting' AND j.run_at = 'infinity' THEN 'parked'
                   ELSE j.state::text END = ANY (states)
          AND (f.tag IS NULL OR j.tags @> ARRAY[f.tag])
          AND (f.request_id IS NULL OR j.request_id = f.request_id)
          AND (f.unique_key IS NULL OR coalesce(j.unique_key, j.released_key) = f.unique_key)
          AND (f.ordering_key IS NULL OR j.ordering_key = f.ordering_key)
          AND (f.limit_key IS NULL OR j.limit_key = f.limit_key)
          AND (f.batch_id IS NULL OR j.batch_id = f.batch_id)
          AND (f.created_before IS NULL OR j.created_at < f.created_before)
          AND (f.created_after IS NULL OR j.created_at >= f.created_after)
          AND (f.error IS NULL OR strpos(j.errors->-1->>'error', f.error) > 0)
          AND (f.payload IS NULL OR j.payload @> f.payload)
          AND (f.dead IS NULL OR j.origin_queue IS NOT NULL)
          AND (f.origin_id IS NULL OR j.origin_id = f.origin_id)
          AND (f.origin_queue IS NULL OR j.origin_queue = f.origin_queue)
        ORDER BY j.id LIMIT max) m;
    RETURN coalesce(found, '{}');
END $$;

-- The same for finished ones.
CREATE FUNCTION barid.find_finished(filter jsonb, states text[], max int) RETURNS bigint[]
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    f     record;
    ids   bigint[] := CASE WHEN filter ? 'ids' THEN ARRAY(
                          SELECT e::bigint FROM jsonb_array_elements_text(filter->'ids') e) END;
    found bigint[];
BEGIN
    SELECT r.* INTO f FROM jsonb_to_record(filter) AS r(after_id bigint, queue text, kind text,
        tag text, request_id text, unique_key text, ordering_key text, limit_key text,
        batch_id bigint, created_before timestamptz, created_after timestamptz, error text,
        payload jsonb, dead boolean, origin_id bigint, origin_queue text);
    SELECT array_agg(m.id) INTO found FROM (
        SELECT h.id FROM barid.job_history h
        WHERE (ids IS NULL OR h.id = ANY (ids))
          AND (f.after_id IS NULL OR h.id > f.after_id)
          AND (f.queue IS NULL OR h.queue = f.queue)
          AND (f.kind IS NULL OR h.kind = f.kind)
          AND h.state::text = ANY (states)
          AND (f.tag IS NULL OR h.tags @> ARRAY[f.tag])
          AND (f.request_id IS NULL OR h.request_id = f.request_id)
          AND (f.unique_key IS NULL OR h.unique_key = f.unique_key)
          AND (f.ordering_key IS NULL OR h.ordering_key = f.ordering_key)
          AND (f.limit_key IS NULL OR h.limit_key = f.limit_key)
          AND (f.batch_id IS NULL OR h.batch_id = f.batch_id)
          AND (f.created_before IS NULL OR h.created_at < f.created_before)
          AND (f.created_after IS NULL OR h.created_at >= f.created_after)
          AND (f.error IS NULL OR strpos(h.errors->-1->>'error', f.error) > 0)
          AND (f.payload IS NULL OR h.payload @> f.payload)
          AND (f.dead IS NULL OR h.origin_queue IS NOT NULL)
          AND (f.origin_id IS NULL OR h.origin_id = f.origin_id)
          AND (f.origin_queue IS NULL OR h.origin_queue = f.origin_queue)
        ORDER BY h.id LIMIT max) m;
    RETURN coalesce(found, '{}');
END $$;

--------------------------------------------------------------------------------------------------
-- One job or many. `patient` waits for a job that is held: for one job only.

-- Running jobs that were asked to stop: the sweep ends those that came back to waiting instead
-- (their worker was lost, their handler failed at that moment).
CREATE TABLE barid.cancel_request (
    job_id   bigint PRIMARY KEY,
    reason   text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Locks what the end of these jobs will touch, in the order that settles keep.
CREATE FUNCTION barid.hold_around(ids bigint[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    keys    text[];
    batches bigint[];
BEGIN
    SELECT array_agg(DISTINCT j.ordering_key) FILTER (WHERE j.ordering_key IS NOT NULL),
           array_agg(DISTINCT j.batch_id) FILTER (WHERE j.batch_id IS NOT NULL)
    INTO keys, batches FROM barid.job j WHERE j.id = ANY (ids);
    IF keys IS NOT NULL THEN
        PERFORM 1 FROM barid.ordering_slot s WHERE s.ordering_key = ANY (keys)
        ORDER BY s.ordering_key FOR UPDATE;
    END IF;
    IF batches IS NOT NULL THEN
        PERFORM 1 FROM barid.batch b WHERE b.id = ANY (batches) ORDER BY b.id FOR NO KEY UPDATE;
    END IF;
END $$;

-- Locks the jobs; returns those that are now held, by id.
CREATE FUNCTION barid.hold_jobs(ids bigint[], patient boolean) RETURNS bigint[]
    LANGUAGE plpgsql AS $$
BEGIN
    IF patient THEN
        RETURN ARRAY(SELECT j.id FROM barid.job j WHERE j.id = ANY (ids) ORDER BY j.id FOR UPDATE);
    END IF;
    RETURN ARRAY(SELECT j.id FROM barid.job j WHERE j.id = ANY (ids) ORDER BY j.id
                 FOR UPDATE SKIP LOCKED);
END $$;

-- Ends waiting jobs and asks running ones to stop; returns those it did one or the other to.
CREATE FUNCTION barid.cancel_jobs(ids bigint[], reason text, patient boolean) RETURNS bigint[]
    LANGUAGE plpgsql AS $$
DECLARE
    held    bigint[];
    waiting bigint[];
    running bigint[];
BEGIN
    FOR turn IN 1 .. 2000 LOOP
        BEGIN
            PERFORM barid.hold_around(ids);
            held := barid.hold_jobs(ids, false);
            EXIT WHEN NOT patient OR NOT EXISTS (
                SELECT 1 FROM barid.job j WHERE j.id = ANY (ids) AND j.id <> ALL (held));
            RAISE EXCEPTION 'job % is in use', ids[1] USING ERRCODE = 'lock_not_available';
        EXCEPTION WHEN lock_not_available THEN
            -- Rolled back with what else was held: a claim may wait for that and hold the job.
            IF turn = 2000 THEN RAISE; END IF;
            PERFORM pg_sleep(0.005);
        END;
    END LOOP;
    SELECT array_agg(j.id) FILTER (WHERE j.state = 'waiting'),
           array_agg(j.id) FILTER (WHERE j.state = 'running')
    INTO waiting, running FROM barid.job j WHERE j.id = ANY (held);
    IF running IS NOT NULL THEN
        UPDATE barid.job j SET cancel_requested = true WHERE j.id = ANY (running);
        INSERT INTO barid.cancel_request (job_id, reason) SELECT r, left(cancel_jobs.reason, 2000)
        FROM unnest(running) r ON CONFLICT (job_id) DO NOTHING;
        PERFORM pg_notify('barid_cancel', r::text) FROM unnest(running) r;
    END IF;
    IF waiting IS NOT NULL THEN PERFORM barid.end_waiting(waiting, reason); END IF;
    RETURN coalesce(waiting, '{}') || coalesce(running, '{}');
END $$;

-- `action`: run_now | reschedule (to `starts`) | snooze (by `pause`) | set_priority. A new time of
-- a parked job takes it out of its place, and the claim decides anew when that time has come. No
-- job moves to where the cursors have passed.
CREATE FUNCTION barid.move_jobs(ids bigint[], action text, starts timestamptz, pause interval,
                                level int, patient boolean) RETURNS bigint[]
    LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    held   bigint[] := barid.hold_jobs(ids, patient);
    moved  bigint[];
    queues text[];
BEGIN
    WITH changed AS (
        UPDATE barid.job j SET
            priority = CASE WHEN action = 'set_priority' THEN level ELSE j.priority END,
            run_at = CASE
                WHEN action = 'reschedule' THEN greatest(starts, moment)
                WHEN action = 'snooze' THEN pause + greatest(moment,
                    CASE WHEN isfinite(j.run_at) THEN j.run_at ELSE j.due_at END)
                WHEN j.run_at = 'infinity' OR j.state = 'running' THEN j.run_at
                WHEN action = 'run_now' THEN moment
                ELSE greatest(j.run_at, moment) END,
            due_at = CASE
                WHEN action IN ('reschedule', 'snooze') THEN '-infinity'
                WHEN action = 'run_now' AND j.run_at = 'infinity' THEN least(j.due_at, moment)
                ELSE j.due_at END,
            parked_by = CASE WHEN action IN ('reschedule', 'snooze') THEN '' ELSE j.parked_by END
        WHERE j.id = ANY (held) AND (j.state = 'waiting' OR action = 'set_priority')
        RETURNING j.id, j.queue
    )
    SELECT array_agg(c.id), array_agg(DISTINCT c.queue) INTO moved, queues FROM changed c;
    PERFORM barid.wake(q) FROM unnest(queues) q;
    RETURN coalesce(moved, '{}');
END $$;

-- Runs failed and cancelled jobs again under their own ids, with fresh attempts. Left out are
-- those that are held, whose unique key is taken, or whose partition is on its way out.
CREATE FUNCTION barid.retry_jobs(ids bigint[], patient boolean) RETURNS bigint[]
    LANGUAGE plpgsql AS $$
DECLARE
    moment  timestamptz := clock_timestamp();
    held    bigint[];
    batches bigint[];
    back    bigint[];
    key     text;
BEGIN
    -- A partition that is being condemned waits for us, or has been and we see it below.
    PERFORM 1 FROM barid.history_partition p
    WHERE EXISTS (SELECT 1 FROM unnest(ids) i WHERE i >= p.lower_id AND i < p.upper_id)
    ORDER BY p.lower_id FOR SHARE;
    SELECT array_agg(DISTINCT h.batch_id) INTO batches FROM barid.job_history h
    WHERE h.id = ANY (ids) AND h.batch_id IS NOT NULL;
    PERFORM 1 FROM barid.ordering_slot s WHERE s.blocked AND s.job_id = ANY (ids)
    ORDER BY s.ordering_key FOR UPDATE;
    PERFORM 1 FROM barid.batch b WHERE b.id = ANY (batches) ORDER BY b.id FOR NO KEY UPDATE;
    IF patient THEN
        held := ARRAY(SELECT h.id FROM barid.job_history h
            WHERE h.id = ANY (ids) AND h.state <> 'completed' ORDER BY h.id FOR UPDATE);
    ELSE
        held := ARRAY(SELECT h.id FROM barid.job_history h
            WHERE h.id = ANY (ids) AND h.state <> 'completed' ORDER BY h.id
            FOR UPDATE SKIP LOCKED);
    END IF;
    held := ARRAY(SELECT i FROM unnest(held) i WHERE EXISTS (
        SELECT 1 FROM barid.history_partition p
        WHERE i >= p.lower_id AND i < p.upper_id AND p.condemned_by IS NULL));
    WITH added AS (
        -- A job that counted as unique while it ran gets its lane and not the key itself; one
        -- whose parents have all ended runs, whatever became of them; a batch that has finished
        -- takes nobody back.
        INSERT INTO barid.job (id, run_at, created_at, priority, max_attempts, queue, kind, payload,
            unique_key, unique_while, released_key, ordering_key, request_id, traceparent, tags,
            origin_id, origin_queue, errors, limit_key, after, on_parent_failure, batch_id, special)
        OVERRIDING SYSTEM VALUE
        SELECT h.id, moment, h.created_at, h.priority, h.max_attempts, h.queue, h.kind, h.payload,
            CASE WHEN u.lane THEN NULL ELSE h.unique_key END,
            CASE WHEN u.lane THEN 'running' ELSE 'finished' END,
            CASE WHEN u.lane THEN h.unique_key END,
            h.ordering_key, h.request_id, h.traceparent, h.tags, h.origin_id, h.origin_queue,
            h.errors, h.limit_key, h.after,
            CASE WHEN EXISTS (SELECT 1 FROM barid.job p WHERE p.id = ANY (h.after))
                 THEN 'cancel' ELSE 'run' END,
            (SELECT b.id FROM barid.batch b WHERE b.id = h.batch_id AND b.finished_at IS NULL),
            EXISTS (SELECT 1 FROM barid.dependency d WHERE d.parent_id = h.id)
        FROM barid.job_history h,
             LATERAL (SELECT coalesce(h.limit_key = 'unique:' || h.unique_key, false) AS lane) u
        WHERE h.id = ANY (held) ORDER BY h.id
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT array_agg(a.id) INTO back FROM added a;
    IF back IS NULL THEN RETURN '{}'; END IF;
    UPDATE barid.batch b SET failed = b.failed - t.failed, cancelled = b.cancelled - t.cancelled
    FROM (SELECT h.batch_id, count(*) FILTER (WHERE h.state = 'failed') AS failed,
                 count(*) FILTER (WHERE h.state = 'cancelled') AS cancelled
          FROM barid.job_history h WHERE h.id = ANY (back) GROUP BY 1) t
    WHERE b.id = t.batch_id AND b.finished_at IS NULL;
    DELETE FROM barid.job_history h WHERE h.id = ANY (back);
    IF to_regclass('barid.checkpoint') IS NOT NULL THEN
        UPDATE barid.job j SET special = true
        WHERE j.id = ANY (back) AND EXISTS (SELECT 1 FROM barid.checkpoint c WHERE c.job_id = j.id);
    END IF;
    FOR key IN SELECT s.ordering_key FROM barid.ordering_slot s
               WHERE s.blocked AND s.job_id = ANY (back) ORDER BY 1 LOOP
        PERFORM barid.unblock_key(key);
    END LOOP;
    RETURN back;
END $$;

CREATE OR REPLACE FUNCTION barid.cancel(id bigint, reason text DEFAULT 'cancelled') RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.cancel_jobs(ARRAY[id], coalesce(reason, 'cancelled'), true) <> '{}'
$$;

CREATE OR REPLACE FUNCTION barid.retry(id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    past  record;
    other bigint;
BEGIN
    SELECT j.state, j.run_at INTO past FROM barid.job j WHERE j.id = id;
    IF FOUND THEN
        RETURN past.state = 'waiting' AND isfinite(past.run_at)
           AND barid.move_jobs(ARRAY[id], 'run_now', NULL, NULL, NULL, true) <> '{}';
    END IF;
    IF barid.retry_jobs(ARRAY[id], true) <> '{}' THEN RETURN true; END IF;
    SELECT h.queue, h.unique_key INTO past FROM barid.job_history h
    WHERE h.id = id AND h.state <> 'completed' AND h.unique_key IS NOT NULL;
    IF NOT FOUND THEN RETURN false; END IF;
    SELECT j.id INTO other FROM barid.job j
    WHERE j.queue = past.queue AND j.unique_key = past.unique_key;
    IF other IS NULL THEN RETURN false; END IF;
    RAISE EXCEPTION 'job % cannot be retried: its unique key "%" is taken by job %', id,
        past.unique_key, other USING ERRCODE = '23505';
END $$;

CREATE FUNCTION barid.run_now(id bigint) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.move_jobs(ARRAY[id], 'run_now', NULL, NULL, NULL, true) <> '{}'
$$;

CREATE FUNCTION barid.check_start(run_at timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF run_at IS NULL OR NOT isfinite(run_at) THEN
        RAISE EXCEPTION 'run_at must be a finite time' USING ERRCODE = '22023';
    END IF;
    RETURN run_at;
END $$;

CREATE FUNCTION barid.check_pause(pause interval) RETURNS interval
    LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF pause IS NULL OR pause < '0' OR pause > '100 years' THEN
        RAISE EXCEPTION 'a job is snoozed by 0 to 100 years, not by %', coalesce(pause::text, 'null')
            USING ERRCODE = '22023';
    END IF;
    RETURN pause;
END $$;

CREATE FUNCTION barid.check_priority(priority int) RETURNS int
    LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF priority IS NULL OR priority NOT BETWEEN 0 AND 9 THEN
        RAISE EXCEPTION 'priority is %, it must be 0 (first) to 9', coalesce(priority::text, 'null')
            USING ERRCODE = '22023';
    END IF;
    RETURN priority;
END $$;

CREATE FUNCTION barid.reschedule(id bigint, run_at timestamptz) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.move_jobs(ARRAY[id], 'reschedule', barid.check_start(run_at), NULL, NULL,
                           true) <> '{}'
$$;

CREATE FUNCTION barid.set_priority(id bigint, priority int) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.move_jobs(ARRAY[id], 'set_priority', NULL, NULL, barid.check_priority(priority),
                           true) <> '{}'
$$;

CREATE FUNCTION barid.snooze(id bigint, pause interval) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.move_jobs(ARRAY[id], 'snooze', NULL, barid.check_pause(pause), NULL,
                           true) <> '{}'
$$;

--------------------------------------------------------------------------------------------------
-- Bulk.

-- What an action takes and to which jobs it can be done.
CREATE FUNCTION barid.bulk_states(action text, filter jsonb, arguments jsonb) RETURNS text[]
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    takes  text[];
    states text[];
    asked  text[];
    wrong  text;
BEGIN
    SELECT t.takes, t.states INTO takes, states FROM (VALUES
        ('cancel', ARRAY['reason'], ARRAY['waiting', 'parked', 'running']),
        ('retry', ARRAY[]::text[], ARRAY['failed', 'cancelled']),
        ('run_now', ARRAY[]::text[], ARRAY['waiting', 'parked']),
        ('reschedule', ARRAY['run_at'], ARRAY['waiting', 'parked']),
        ('set_priority', ARRAY['priority'], ARRAY['waiting', 'parked', 'running']),
        ('snooze', ARRAY['pause'], ARRAY['waiting', 'parked'])
    ) AS t(name, takes, states) WHERE t.name = action;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no action "%": cancel, retry, run_now, reschedule, set_priority or snooze', action
            USING ERRCODE = '22023';
    END IF;
    PERFORM barid.check_keys('arguments of ' || action, arguments, takes);
    SELECT k INTO wrong FROM unnest(takes) k WHERE k <> 'reason' AND NOT arguments ? k;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '% needs the argument "%"', action, wrong USING ERRCODE = '22023';
    END IF;
    PERFORM barid.check_filter(filter);
    IF NOT filter ? 'state' THEN
        -- Who cancelled jobs meant it: they are retried when they are named.
        RETURN CASE WHEN action = 'retry' AND NOT filter ? 'ids' THEN ARRAY['failed']
                    ELSE states END;
    END IF;
    asked := ARRAY(SELECT jsonb_array_elements_text(
        CASE jsonb_typeof(filter->'state') WHEN 'array' THEN filter->'state'
             ELSE jsonb_build_array(filter->'state') END));
    SELECT a INTO wrong FROM unnest(asked) a WHERE a <> ALL (states);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'filter key "state": % cannot be done to % jobs, only to %', action, wrong,
            array_to_string(states, ', ') USING ERRCODE = '22023';
    END IF;
    RETURN asked;
END $$;

CREATE FUNCTION barid.check_max(max int) RETURNS void
    LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF max IS NULL OR max NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'max is %, it must be 1 to 10000', coalesce(max::text, 'null')
            USING ERRCODE = '22023';
    END IF;
END $$;

-- Does `action` to the first `max` jobs that match, by id. A preview changes nothing and counts
-- up to 100,000 in `total` (100001: there are more). Skipped are those that something held at that
-- moment, or whose unique key is taken; `skipped_ids` shows the first 100. When `more` is true,
-- go on with the filter's "after_id" at `last_id`.
CREATE FUNCTION barid.bulk(action text, filter jsonb, arguments jsonb DEFAULT '{}',
                           max int DEFAULT 1000, preview boolean DEFAULT false)
    RETURNS TABLE (matched bigint, changed bigint, skipped bigint, more boolean, last_id bigint,
                   total bigint, skipped_ids bigint[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    states text[] := barid.bulk_states(action, filter, arguments);
    limits int;
    starts timestamptz;
    pause  interval;
    level  int;
    ids    bigint[];
    done   bigint[] := '{}';
BEGIN
    PERFORM barid.check_max(max);
    BEGIN
        IF action = 'reschedule' THEN
            starts := barid.check_start((arguments->>'run_at')::timestamptz);
        ELSIF action = 'snooze' THEN
            pause := barid.check_pause((arguments->>'pause')::interval);
        ELSIF action = 'set_priority' THEN
            level := barid.check_priority((arguments->>'priority')::int);
        END IF;
    EXCEPTION WHEN data_exception THEN
        RAISE EXCEPTION 'arguments of %: %', action, SQLERRM USING ERRCODE = '22023';
    END;
    limits := CASE WHEN preview THEN 100001 ELSE max + 1 END;
    ids := CASE WHEN action = 'retry' THEN barid.find_finished(filter, states, limits)
                ELSE barid.find_live(filter, states, limits) END;
    total := CASE WHEN preview THEN cardinality(ids) END;
    more := cardinality(ids) > max;
    ids := ids[:max];
    IF NOT preview AND ids <> '{}' THEN
        done := CASE
            WHEN action = 'retry' THEN barid.retry_jobs(ids, false)
            WHEN action = 'cancel' THEN
                barid.cancel_jobs(ids, coalesce(arguments->>'reason', 'cancelled'), false)
            ELSE barid.move_jobs(ids, action, starts, pause, level, false) END;
    END IF;
    matched := cardinality(ids);
    changed := cardinality(done);
    last_id := ids[cardinality(ids)];
    skipped := CASE WHEN preview THEN 0 ELSE matched - changed END;
    skipped_ids := CASE WHEN skipped = 0 THEN '{}' ELSE ARRAY(
        SELECT i FROM unnest(ids) i WHERE i <> ALL (done) ORDER BY i LIMIT 100) END;
    RETURN NEXT;
END $$;

--------------------------------------------------------------------------------------------------
-- Kinds.

-- What a claim took before this commits still runs.
CREATE FUNCTION barid.pause_kind(kind text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF kind IS NULL OR kind !~ '^[a-z0-9][a-z0-9_.-]*$' OR octet_length(kind) > 63 THEN
        RAISE EXCEPTION '"%" is no kind: 1 to 63 of a-z, 0-9, "_", "." and "-"', kind
            USING ERRCODE = '22023';
    END IF;
    INSERT INTO barid.paused_kind (kind) VALUES (kind) ON CONFLICT DO NOTHING;
END $$;

-- Frees up to `max` jobs of kinds that are not paused (all of them, or one).
CREATE FUNCTION barid.free_kinds(only_kind text, max int) RETURNS bigint
    LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    queues text[];
    freed  bigint;
BEGIN
    WITH RECURSIVE parked AS (
        (SELECT j.kind FROM barid.job j WHERE j.parked_by = 'kind'
           AND (only_kind IS NULL OR j.kind = only_kind) ORDER BY j.kind LIMIT 1)
        UNION ALL
        SELECT (SELECT j.kind FROM barid.job j WHERE j.parked_by = 'kind' AND j.kind > p.kind
                  AND only_kind IS NULL ORDER BY j.kind LIMIT 1)
        FROM parked p WHERE p.kind IS NOT NULL
    ), mine AS MATERIALIZED (
        SELECT j.id FROM parked p CROSS JOIN LATERAL (
            SELECT b.id FROM barid.job b WHERE b.parked_by = 'kind' AND b.kind = p.kind
            ORDER BY b.id LIMIT max FOR NO KEY UPDATE SKIP LOCKED) j
        WHERE NOT EXISTS (SELECT 1 FROM barid.paused_kind k WHERE k.kind = p.kind)
        LIMIT max
    ), changed AS (
        UPDATE barid.job j SET run_at = greatest(j.due_at, moment), due_at = '-infinity',
            parked_by = ''
        WHERE j.id = ANY (ARRAY(SELECT m.id FROM mine m)) AND j.parked_by = 'kind'
        RETURNING j.queue
    )
    SELECT count(*), array_agg(DISTINCT c.queue) INTO freed, queues FROM changed c;
    PERFORM barid.wake(q) FROM unnest(queues) q;
    RETURN freed;
END $$;

-- Frees up to `max` of its parked jobs and returns their number. The sweep frees the rest, and
-- those that a claim with an older snapshot parks meanwhile; or call it until it returns 0.
CREATE FUNCTION barid.resume_kind(kind text, max int DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    DELETE FROM barid.paused_kind k WHERE k.kind = kind;
    RETURN barid.free_kinds(kind, max);
END $$;

CREATE VIEW barid.kinds AS
    SELECT n.kind, p.kind IS NOT NULL AS paused, p.paused_at,
           count(j.id) FILTER (WHERE j.state = 'waiting') AS waiting,
           count(j.id) FILTER (WHERE j.parked_by = 'kind') AS held,
           count(j.id) FILTER (WHERE j.state = 'running') AS running
    FROM (SELECT k.kind FROM barid.paused_kind k UNION SELECT j.kind FROM barid.job j) n
    LEFT JOIN barid.paused_kind p ON p.kind = n.kind
    LEFT JOIN barid.job j ON j.kind = n.kind
    GROUP BY n.kind, p.kind, p.paused_at;

--------------------------------------------------------------------------------------------------
-- Dead letters: copies of failed jobs in their queue's dead-letter queue. `origin_id` is the
-- first job of the line; `origin_queue` says where a letter came from, and is empty again when it
-- has been sent back there.

CREATE INDEX job_origin ON barid.job (origin_id, id) WHERE origin_id IS NOT NULL;
CREATE INDEX job_history_origin ON barid.job_history (origin_id, id) WHERE origin_id IS NOT NULL;

CREATE VIEW barid.dead_letters AS
    SELECT j.id, j.queue, j.origin_id, j.origin_queue, j.kind,
           CASE WHEN j.state = 'waiting' AND j.run_at = 'infinity' THEN 'parked'
                ELSE j.state::text END AS state,
           j.created_at AS died_at, j.errors->-1->>'error' AS error, j.payload, j.tags,
           j.request_id, coalesce(j.errors, '[]') AS errors
    FROM barid.job j WHERE j.origin_queue IS NOT NULL;

-- Everything that became of a job, by id: the original, its dead letters, and letters that were
-- sent back; live or finished. Any id of the line will do.
CREATE FUNCTION barid.lineage(id bigint)
    RETURNS TABLE (job_id bigint, role text, state text, queue text, kind text, attempt int,
                   created_at timestamptz, finished_at timestamptz, error text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    root bigint;
BEGIN
    SELECT coalesce(
        (SELECT coalesce(j.origin_id, j.id) FROM barid.job j WHERE j.id = lineage.id),
        (SELECT coalesce(h.origin_id, h.id) FROM barid.job_history h WHERE h.id = lineage.id),
        lineage.id) INTO root;
    RETURN QUERY
    SELECT l.id, CASE WHEN l.origin_id IS NULL THEN 'original'
                      WHEN l.origin_queue IS NOT NULL THEN 'dead letter' ELSE 'redriven' END,
           l.state, l.queue, l.kind, l.attempt::int, l.created_at, l.finished_at,
           l.errors->-1->>'error'
    FROM (
        SELECT j.id, j.origin_id, j.origin_queue, j.queue, j.kind, j.attempt, j.created_at,
               NULL::timestamptz AS finished_at, j.errors,
               CASE WHEN j.state = 'waiting' AND j.run_at = 'infinity' THEN 'parked'
                    ELSE j.state::text END AS state
        FROM barid.job j WHERE j.id = root OR j.origin_id = root
        UNION ALL
        SELECT h.id, h.origin_id, h.origin_queue, h.queue, h.kind, h.attempt, h.created_at,
               h.finished_at, h.errors, h.state::text
        FROM barid.job_history h WHERE h.id = root OR h.origin_id = root) l
    ORDER BY l.id;
END $$;

-- Sends waiting dead letters back to where they came from (or to `to_queue`), with fresh attempts.
-- They start at `start`, or now, `per_second` of them a second. A letter is moved, not copied: it
-- goes back once, however many do this at once. Results as of barid.bulk; `next_start` is where
-- the next call goes on to keep the rate.
CREATE FUNCTION barid.redrive(filter jsonb, max int DEFAULT 1000, per_second numeric DEFAULT NULL,
                              preview boolean DEFAULT false, to_queue text DEFAULT NULL,
                              start timestamptz DEFAULT NULL)
    RETURNS TABLE (matched bigint, changed bigint, skipped bigint, more boolean, last_id bigint,
                   total bigint, next_start timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    ids    bigint[];
    held   bigint[];
    queues text[];
    moment timestamptz := greatest(clock_timestamp(), start);
    step   interval := '0';
BEGIN
    PERFORM barid.check_max(max);
    PERFORM barid.check_filter(filter);
    IF per_second <= 0 OR per_second > 1000000 THEN
        RAISE EXCEPTION 'per_second is %, it must be above 0, and 1000000 at most', per_second
            USING ERRCODE = '22023';
    END IF;
    IF NOT isfinite(start) THEN
        RAISE EXCEPTION 'start must be a finite time' USING ERRCODE = '22023';
    END IF;
    IF to_queue !~ '^[a-z0-9][a-z0-9_.-]*$' OR octet_length(to_queue) > 63 THEN
        RAISE EXCEPTION '"%" is no queue''s name', to_queue USING ERRCODE = '22023';
    END IF;
    IF per_second IS NOT NULL THEN step := interval '1 second' / per_second::float8; END IF;
    ids := barid.find_live(filter || '{"dead": true}', CASE WHEN filter ? 'state' THEN ARRAY(
            SELECT jsonb_array_elements_text(CASE jsonb_typeof(filter->'state')
                WHEN 'array' THEN filter->'state' ELSE jsonb_build_array(filter->'state') END))
            ELSE ARRAY['waiting', 'parked'] END,
        CASE WHEN preview THEN 100001 ELSE max + 1 END);
    total := CASE WHEN preview THEN cardinality(ids) END;
    more := cardinality(ids) > max;
    ids := ids[:max];
    matched := cardinality(ids);
    changed := 0;
    last_id := ids[cardinality(ids)];
    IF NOT preview THEN
        held := barid.hold_jobs(ids, false);
        WITH mine AS MATERIALIZED (
            -- A letter carries no keys; its line's limit still holds for it.
            SELECT j.id, coalesce(to_queue, j.origin_queue) AS target, j.limit_key,
                   (SELECT h.limit_key FROM barid.job_history h WHERE h.id = j.origin_id
                      AND h.limit_key NOT LIKE 'unique:%') AS old_limit_key,
                   row_number() OVER (ORDER BY j.id) - 1 AS place
            FROM barid.job j
            WHERE j.id = ANY (held) AND j.state = 'waiting' AND j.origin_queue IS NOT NULL
        ), moved AS (
            UPDATE barid.job j SET queue = m.target, origin_queue = NULL, attempt = 0,
                max_attempts = coalesce(q.max_attempts, 10), parked_by = '', due_at = '-infinity',
                run_at = moment + m.place * step, progress = 0, progress_note = NULL,
                limit_key = coalesce(m.limit_key, m.old_limit_key)
            FROM mine m LEFT JOIN barid.queue q ON q.name = m.target
            WHERE j.id = m.id
            RETURNING j.queue
        )
        SELECT count(*), array_agg(DISTINCT v.queue) INTO changed, queues FROM moved v;
        PERFORM barid.wake(q) FROM unnest(queues) q;
    END IF;
    skipped := CASE WHEN preview THEN 0 ELSE matched - changed END;
    next_start := moment + changed * step;
    RETURN NEXT;
END $$;

--------------------------------------------------------------------------------------------------
-- Settings of a queue.

-- Creates the queue or changes what `settings` names; null puts a setting back to its default.
-- Returns all of them.
CREATE FUNCTION barid.set_queue(name text, settings jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    old    barid.queue;
    new    barid.queue;
    key    text;
    value  jsonb;
    given  text;
    wish   text;
BEGIN
    IF name IS NULL OR name !~ '^[a-z0-9][a-z0-9_.-]*$' OR octet_length(name) > 63 THEN
        RAISE EXCEPTION '"%" is no queue''s name: 1 to 63 of a-z, 0-9, "_", "." and "-"', name
            USING ERRCODE = '22023';
    END IF;
    PERFORM barid.check_keys('settings', settings, ARRAY['paused', 'max_attempts', 'retention',
        'keep_history', 'dead_letter', 'concurrency', 'process_concurrency', 'key_concurrency',
        'rate_limit', 'rate_period', 'rate_burst', 'key_rate_limit', 'key_rate_period',
        'key_rate_burst', 'on_ordering_failure', 'redact']);
    FOR key, value IN SELECT * FROM jsonb_each(settings) LOOP
        given := value #>> '{}';
        CONTINUE WHEN given IS NULL;
        wish := CASE
            WHEN key IN ('paused', 'keep_history') THEN
                CASE WHEN given NOT IN ('true', 'false') THEN 'true or false' END
            WHEN key = 'max_attempts' THEN
                CASE WHEN given !~ '^[0-9]{1,7}$' OR given::int NOT BETWEEN 1 AND 1000
                     THEN 'a whole number from 1 to 1000' END
            WHEN key IN ('concurrency', 'process_concurrency', 'key_concurrency', 'rate_limit',
                         'rate_burst', 'key_rate_limit', 'key_rate_burst') THEN
                CASE WHEN given !~ '^[0-9]{1,8}$' OR given::int NOT BETWEEN 1 AND 1000000
                     THEN 'a whole number from 1 to 1000000' END
            WHEN key = 'on_ordering_failure' THEN
                CASE WHEN given NOT IN ('continue', 'block') THEN 'continue or block' END
            WHEN key = 'redact' THEN
                CASE WHEN jsonb_typeof(value) <> 'array' OR jsonb_array_length(value) > 100
                          OR jsonb_path_exists(value, '$[*] ? (@.type() != "string")')
                     THEN 'an array of up to 100 keys' END
            WHEN key = 'dead_letter' THEN
                CASE WHEN jsonb_typeof(value) <> 'string' OR given !~ '^[a-z0-9][a-z0-9_.-]*$'
                          OR octet_length(given) > 63 OR given = name
                     THEN 'the name of another queue' END
            END;
        IF key IN ('retention', 'rate_period', 'key_rate_period') THEN
            BEGIN
                IF key = 'retention' AND given::interval NOT BETWEEN '0' AND '1000 years' THEN
                    wish := 'an interval from 0 to 1000 years';
                ELSIF key <> 'retention'
                      AND given::interval NOT BETWEEN '1 millisecond' AND '1 year' THEN
                    wish := 'an interval from 1 millisecond to 1 year';
                END IF;
            EXCEPTION WHEN data_exception THEN
                wish := 'an interval, such as "14 days"';
            END;
        END IF;
        IF wish IS NOT NULL THEN
            RAISE EXCEPTION 'setting "%" of queue % is %, it must be %', key, name,
                left(value::text, 100), wish USING ERRCODE = '22023';
        END IF;
    END LOOP;
    IF settings->>'dead_letter' IS NOT NULL THEN
        INSERT INTO barid.queue (name) VALUES (settings->>'dead_letter') ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO barid.queue AS q (name) VALUES (name) ON CONFLICT DO NOTHING;
    SELECT * INTO old FROM barid.queue q WHERE q.name = name FOR UPDATE;
    new := jsonb_populate_record(old, (
        SELECT coalesce(jsonb_object_agg(e.key, coalesce(nullif(e.value, 'null'),
            '{"paused": false, "max_attempts": 10, "retention": "14 days", "keep_history": true,
              "rate_period": "1 second", "key_rate_period": "1 second",
              "on_ordering_failure": "continue"}'::jsonb -> e.key, 'null')), '{}')
        FROM jsonb_each(settings) e));
    UPDATE barid.queue q SET (paused, max_attempts, retention, keep_history, dead_letter,
        concurrency, process_concurrency, key_concurrency, rate_limit, rate_period, rate_burst,
        key_rate_limit, key_rate_period, key_rate_burst, on_ordering_failure, redact) =
        (SELECT new.paused, new.max_attempts, new.retention, new.keep_history, new.dead_letter,
                new.concurrency, new.process_concurrency, new.key_concurrency, new.rate_limit,
                new.rate_period, new.rate_burst, new.key_rate_limit, new.key_rate_period,
                new.key_rate_burst, new.on_ordering_failure, nullif(new.redact, '{}'))
    WHERE q.name = name;
    -- A job that fails in each of a circle's queues would never end.
    IF EXISTS (WITH RECURSIVE line AS (
                   SELECT q.dead_letter AS queue FROM barid.queue q WHERE q.name = name
                   UNION
                   SELECT q.dead_letter FROM line l JOIN barid.queue q ON q.name = l.queue)
               SELECT 1 FROM line l WHERE l.queue = name) THEN
        RAISE EXCEPTION 'setting "dead_letter" of queue % is "%", whose own dead letters come back to %',
            name, new.dead_letter, name USING ERRCODE = '22023';
    END IF;
    PERFORM barid.wake(name);
    RETURN (SELECT to_jsonb(q) - 'limited' FROM barid.queue q WHERE q.name = name);
END $$;

--------------------------------------------------------------------------------------------------
-- Retention.

CREATE INDEX job_history_finished ON barid.job_history USING brin (finished_at)
    WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE barid.history_partition
    -- The transaction that decided to drop it; nothing returns from it to the live jobs then.
    ADD COLUMN condemned_by xid8,
    -- A process works at it until then.
    ADD COLUMN busy_until timestamptz NOT NULL DEFAULT '-infinity';

-- How far finished jobs have been looked at, for each length of retention.
CREATE TABLE barid.prune_cursor (
    retention  interval PRIMARY KEY,
    done_until timestamptz NOT NULL DEFAULT '-infinity'
);

-- Under another retention, jobs that were passed by may have to go now.
CREATE FUNCTION barid.restart_prune() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    IF (CASE TG_OP WHEN 'INSERT' THEN NEW.retention <> '14 days'
                   WHEN 'DELETE' THEN OLD.retention <> '14 days'
                   ELSE NEW.retention <> OLD.retention END) THEN
        DELETE FROM barid.prune_cursor;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER queue_retention AFTER INSERT OR DELETE OR UPDATE OF retention ON barid.queue
    FOR EACH ROW EXECUTE FUNCTION barid.restart_prune();

CREATE FUNCTION barid.longest_retention() RETURNS interval
    LANGUAGE sql STABLE AS $$
    SELECT greatest(max(q.retention), interval '14 days') FROM barid.queue q
$$;

-- Deletes up to `batch` finished jobs for each length of retention; 0 when all is done, or when
-- another process is at it. The longest retention's jobs are left to the partitions' end for a day
-- (or a tenth of it): where much is finished, they go with their partition and cost nothing.
CREATE OR REPLACE FUNCTION barid.prune_history(batch int DEFAULT 5000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    longest interval := barid.longest_retention();
    term    interval;
    cutoff  timestamptz;
    since   timestamptz;
    ids     bigint[];
    total   bigint := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1112297798, 1) THEN RETURN 0; END IF;
    DELETE FROM barid.prune_cursor c WHERE c.retention <> '14 days'
        AND NOT EXISTS (SELECT 1 FROM barid.queue q WHERE q.retention = c.retention);
    FOR term IN SELECT q.retention FROM barid.queue q UNION SELECT interval '14 days' LOOP
        cutoff := clock_timestamp() - term;
        IF term = longest THEN cutoff := cutoff - least(interval '1 day', term / 10); END IF;
        INSERT INTO barid.prune_cursor (retention) VALUES (term) ON CONFLICT DO NOTHING;
        -- What was finished a moment ago may not have been committed when we looked.
        SELECT c.done_until - interval '1 minute' INTO since FROM barid.prune_cursor c
        WHERE c.retention = term;
        SELECT array_agg(o.id) INTO ids FROM (
            SELECT h.id FROM barid.job_history h
            WHERE h.finished_at >= since AND h.finished_at < cutoff
              AND coalesce((SELECT q.retention FROM barid.queue q WHERE q.name = h.queue),
                           '14 days') = term
            LIMIT batch) o;
        DELETE FROM barid.job_history h WHERE h.id = ANY (ids);
        IF coalesce(cardinality(ids), 0) < batch THEN
            UPDATE barid.prune_cursor c SET done_until = cutoff WHERE c.retention = term;
        END IF;
        total := total + coalesce(cardinality(ids), 0);
    END LOOP;
    RETURN total;
END $$;

-- What else grows: windows of throttles that are over, batches and rescues that nobody can look
-- up any more, waits of children that are gone. 0 when all is done.
CREATE FUNCTION barid.prune_rest(batch int DEFAULT 5000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    expired timestamptz := now() - barid.longest_retention();
    gone    bigint;
    total   bigint := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1112297798, 1) THEN RETURN 0; END IF;
    DELETE FROM barid.throttle t WHERE t.ctid = ANY (ARRAY(
        SELECT o.ctid FROM barid.throttle o WHERE o.ends_at < now() - interval '1 minute'
        LIMIT batch FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    total := total + gone;
    DELETE FROM barid.batch b WHERE b.id = ANY (ARRAY(
        SELECT o.id FROM barid.batch o WHERE o.finished_at < expired
          AND NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.batch_id = o.id)
        ORDER BY o.id LIMIT batch FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    total := total + gone;
    DELETE FROM barid.rescue_log r WHERE r.ctid = ANY (ARRAY(
        SELECT o.ctid FROM barid.rescue_log o WHERE o.rescued_at < expired
        LIMIT batch FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    total := total + gone;
    DELETE FROM barid.dependency d WHERE d.ctid = ANY (ARRAY(
        SELECT o.ctid FROM barid.dependency o
        WHERE NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = o.child_id)
        LIMIT batch FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN total + gone;
END $$;

-- True while a partition has a job that somebody may still read, or may still settle into it.
CREATE FUNCTION barid.history_needed(lower_id bigint, upper_id bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_variable
BEGIN
    RETURN EXISTS (SELECT 1 FROM barid.job j WHERE j.id >= lower_id AND j.id < upper_id)
        OR EXISTS (SELECT 1 FROM barid.job_history h LEFT JOIN barid.queue q ON q.name = h.queue
                   WHERE h.id >= lower_id AND h.id < upper_id
                     AND h.finished_at >= now() - barid.longest_retention()
                     AND h.finished_at >= now() - coalesce(q.retention, '14 days'));
END $$;

-- The next thing to do about partitions that nobody needs: detach | finalize | drop, as statements
-- of their own (DETACH CONCURRENTLY runs in no function). No row when there is nothing. A
-- partition is condemned first; it goes when every transaction that is older than that has ended,
-- for one of them may still enqueue under an id of that range, or retry a job.
CREATE FUNCTION barid.history_to_drop() RETURNS TABLE (partition text, step text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    part     record;
    attached record;
    last_id  bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1112297798, 1) THEN RETURN; END IF;
    SELECT s.last_value INTO last_id FROM barid.job_id_seq s;
    FOR part IN SELECT p.* FROM barid.history_partition p
                WHERE p.upper_id <= last_id AND p.busy_until < clock_timestamp()
                ORDER BY p.lower_id LOOP
        partition := 'job_history_' || part.lower_id;
        SELECT i.inhdetachpending AS pending INTO attached FROM pg_inherits i
        WHERE i.inhrelid = to_regclass('barid.' || partition);
        IF attached.pending IS NOT TRUE AND FOUND THEN
            IF barid.history_needed(part.lower_id, part.upper_id) THEN
                UPDATE barid.history_partition p SET condemned_by = NULL
                WHERE p.lower_id = part.lower_id AND p.condemned_by IS NOT NULL;
                CONTINUE;
            END IF;
            IF part.condemned_by IS NULL THEN
                -- Waits for a retry under way, which holds the row.
                UPDATE barid.history_partition p SET condemned_by = pg_current_xact_id()
                WHERE p.lower_id = part.lower_id;
                CONTINUE;
            END IF;
            CONTINUE WHEN pg_snapshot_xmin(pg_current_snapshot()) <= part.condemned_by;
            step := 'detach';
        ELSIF to_regclass('barid.' || partition) IS NULL THEN
            DELETE FROM barid.history_partition p WHERE p.lower_id = part.lower_id;
            CONTINUE;
        ELSE
            step := CASE WHEN attached.pending THEN 'finalize' ELSE 'drop' END;
            -- These two ask for the table alone: not while somebody reads it.
            CONTINUE WHEN EXISTS (SELECT 1 FROM pg_locks l
                WHERE l.relation = to_regclass('barid.' || partition)
                  AND l.pid <> pg_backend_pid());
        END IF;
        UPDATE barid.history_partition p SET busy_until = clock_timestamp() + interval '30 seconds'
        WHERE p.lower_id = part.lower_id;
        RETURN NEXT;
        RETURN;
    END LOOP;
END $$;

-- A step is over: the next one may follow at once.
CREATE FUNCTION barid.history_step_done(partition text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.history_partition p SET busy_until = '-infinity'
    WHERE 'job_history_' || p.lower_id = partition
$$;

--------------------------------------------------------------------------------------------------
-- Forgetting a person: a tag's payloads, outputs and errors.

CREATE INDEX job_history_tags ON barid.job_history USING gin (tags) WHERE tags IS NOT NULL;

-- Tags whose jobs are still to be erased, those that were made until `asked_at`.
CREATE TABLE barid.forgotten_tag (
    tag      text PRIMARY KEY CHECK (length(tag) BETWEEN 1 AND 1000),
    asked_at timestamptz NOT NULL,
    -- A job whose transaction was open then may come to light until all of those have ended.
    asked_by xid8 NOT NULL
);

-- Errors keep when they happened, not what they say.
CREATE FUNCTION barid.hide_errors(errors jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_agg(e || '{"error": "[forgotten]"}') FROM jsonb_array_elements(errors) e
$$;

CREATE FUNCTION barid.clear_job_rows(ids bigint[]) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('barid.job_log') IS NOT NULL THEN
        DELETE FROM barid.job_log l WHERE l.job_id = ANY (ids);
    END IF;
    IF to_regclass('barid.checkpoint') IS NOT NULL THEN
        DELETE FROM barid.checkpoint c WHERE c.job_id = ANY (ids);
    END IF;
END $$;

-- A bounded step for the tags that are to be forgotten. An erased job loses the tag, so that it is
-- not met again.
CREATE FUNCTION barid.forget_step(only_tags text[], max int)
    RETURNS TABLE (cancelled bigint, running bigint, erased bigint, more boolean)
    LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_variable
DECLARE
    all_tags text[];
    live     bigint[];
    held     bigint[];
    waiting  bigint[];
    old      bigint[];
BEGIN
    SELECT array_agg(f.tag) INTO all_tags FROM barid.forgotten_tag f
    WHERE only_tags IS NULL OR f.tag = ANY (only_tags);
    cancelled := 0;
    running := 0;
    SELECT array_agg(l.id) INTO live FROM (
        SELECT j.id FROM barid.job j WHERE j.tags && all_tags AND EXISTS (
            SELECT 1 FROM barid.forgotten_tag f WHERE f.tag = ANY (j.tags)
              AND f.tag = ANY (all_tags) AND j.created_at <= f.asked_at)
        ORDER BY j.id LIMIT max) l;
    IF live IS NOT NULL THEN
        PERFORM barid.hold_around(live);
        held := barid.hold_jobs(live, false);
        SELECT array_agg(j.id) INTO waiting FROM barid.job j
        WHERE j.id = ANY (held) AND j.state = 'waiting';
        IF waiting IS NOT NULL THEN
            UPDATE barid.job j SET payload = '{}', errors = NULL, progress_note = NULL,
                tags = ARRAY(SELECT t FROM unnest(j.tags) t WHERE t <> ALL (all_tags))
            WHERE j.id = ANY (waiting);
            PERFORM barid.end_waiting(waiting, 'forgotten');
            PERFORM barid.clear_job_rows(waiting);
            cancelled := cardinality(waiting);
        END IF;
        -- Erased when they have ended; here their handlers are told.
        running := cardinality(barid.cancel_jobs(ARRAY(SELECT j.id FROM barid.job j
            WHERE j.id = ANY (live) AND j.state = 'running'), 'forgotten', false));
    END IF;
    old := ARRAY(SELECT l.id FROM (
        SELECT h.id FROM barid.job_history h WHERE h.tags IS NOT NULL AND h.tags && all_tags
          AND EXISTS (SELECT 1 FROM barid.forgotten_tag f WHERE f.tag = ANY (h.tags)
                        AND f.tag = ANY (all_tags) AND h.created_at <= f.asked_at)
        ORDER BY h.id LIMIT max FOR UPDATE OF h SKIP LOCKED) l);
    UPDATE barid.job_history h SET payload = '{}', output = NULL,
        errors = barid.hide_errors(h.errors),
        tags = ARRAY(SELECT t FROM unnest(h.tags) t WHERE t <> ALL (all_tags))
    WHERE h.id = ANY (old);
    PERFORM barid.clear_job_rows(old);
    erased := cardinality(old);
    more := coalesce(cardinality(live), 0) = max OR erased = max;
    RETURN NEXT;
END $$;

-- Erases what jobs that were enqueued until now with this tag carry: waiting ones are cancelled,
-- running ones asked to stop and erased when they have ended. Up to `max` live and `max` finished
-- ones in this call; the workers go on until nothing is left, or call it until `more` is false.
CREATE FUNCTION barid.forget(tag text, max int DEFAULT 1000)
    RETURNS TABLE (cancelled bigint, running bigint, erased bigint, more boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM barid.check_max(max);
    IF coalesce(length(tag), 0) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'a tag has 1 to 1000 characters' USING ERRCODE = '22023';
    END IF;
    INSERT INTO barid.forgotten_tag AS f (tag, asked_at, asked_by)
    VALUES (tag, clock_timestamp(), pg_current_xact_id())
    ON CONFLICT ON CONSTRAINT forgotten_tag_pkey
        DO UPDATE SET asked_at = excluded.asked_at, asked_by = excluded.asked_by;
    RETURN QUERY SELECT * FROM barid.forget_step(ARRAY[tag], max);
END $$;

--------------------------------------------------------------------------------------------------
-- What the workers' sweep does about all of this. Returns how many jobs it touched.

CREATE FUNCTION barid.tidy(batch int DEFAULT 5000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    total  bigint := 0;
    ids    bigint[];
    lost   record;
    step   record;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1112297798, 2) THEN RETURN 0; END IF;
    total := barid.free_kinds(NULL, batch);
    -- A job that was asked to stop and came back to waiting instead.
    DELETE FROM barid.cancel_request r
    WHERE NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = r.job_id AND j.cancel_requested);
    FOR lost IN SELECT r.reason, array_agg(r.job_id) AS ids
                FROM barid.cancel_request r JOIN barid.job j ON j.id = r.job_id
                WHERE j.state = 'waiting' GROUP BY r.reason LIMIT 1000 LOOP
        ids := barid.cancel_jobs(lost.ids, lost.reason, false);
        total := total + cardinality(ids);
    END LOOP;
    IF EXISTS (SELECT 1 FROM barid.forgotten_tag) THEN
        SELECT * INTO step FROM barid.forget_step(NULL, batch);
        total := total + step.cancelled + step.erased;
        IF step.cancelled + step.erased + step.running = 0 AND NOT step.more THEN
            DELETE FROM barid.forgotten_tag f
            WHERE f.asked_by < pg_snapshot_xmin(pg_current_snapshot())
              AND NOT EXISTS (SELECT 1 FROM barid.job j
                              WHERE f.tag = ANY (j.tags) AND j.created_at <= f.asked_at)
              AND NOT EXISTS (SELECT 1 FROM barid.job_history h WHERE h.tags IS NOT NULL
                                AND h.tags @> ARRAY[f.tag] AND h.created_at <= f.asked_at);
        END IF;
    END IF;
    RETURN total;
END $$;

--------------------------------------------------------------------------------------------------
-- Grants.

GRANT EXECUTE ON FUNCTION barid.redact, barid.redact_value, barid.may_hold, barid.prune_history,
    barid.prune_rest, barid.history_to_drop, barid.history_step_done, barid.tidy TO barid_worker;
GRANT SELECT ON barid.kinds, barid.dead_letters, barid.paused_kind
    TO barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.run_now, barid.reschedule, barid.set_priority, barid.snooze,
    barid.bulk, barid.pause_kind, barid.resume_kind, barid.lineage, barid.redrive,
    barid.set_queue, barid.forget TO barid_operator;
GRANT EXECUTE ON FUNCTION barid.lineage TO barid_readonly;
