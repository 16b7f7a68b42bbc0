-- What a job leaves behind beside its output: attempts with their workers, lines for people,
-- checkpoints; what a child reads of its parents; and SQL functions that run in the transaction
-- of their job's settle.

--------------------------------------------------------------------------------------------------
-- Workers' names, kept when their leases are gone: a claim's id begins with its worker's.

CREATE TABLE barid.worker_log (
    worker_id  bigint PRIMARY KEY,
    name       text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz
);
INSERT INTO barid.worker_log (worker_id, name, started_at)
    SELECT w.id, w.name, w.started_at FROM barid.worker w;

-- A trigger, so that workers of an older version leave their names too.
CREATE FUNCTION barid.log_worker() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO barid.worker_log (worker_id, name, started_at)
        VALUES (NEW.id, NEW.name, NEW.started_at)
        ON CONFLICT (worker_id) DO UPDATE SET name = excluded.name,
            started_at = excluded.started_at, ended_at = NULL;
    ELSE
        UPDATE barid.worker_log l SET ended_at = clock_timestamp() WHERE l.worker_id = OLD.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER worker_log AFTER INSERT OR DELETE ON barid.worker
    FOR EACH ROW EXECUTE FUNCTION barid.log_worker();

-- One row an attempt, oldest first: those in `errors` (the first and the newest 19), then the
-- one that runs or has ended well. A cancel while the job waited is a row without a worker.
CREATE FUNCTION barid.attempts(job_id bigint)
    RETURNS TABLE (attempt int, outcome text, started_at timestamptz, ended_at timestamptz,
                   duration interval, worker text, error text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    job   record;
    entry jsonb;
    n     int := 0;
    seen  boolean := false;
BEGIN
    SELECT j.state::text AS state, j.attempt, j.claimed_at, j.claim_id,
           NULL::timestamptz AS finished_at, coalesce(j.errors, '[]') AS errors
    INTO job FROM barid.job j WHERE j.id = attempts.job_id;
    IF NOT FOUND THEN
        SELECT h.state::text AS state, h.attempt, h.claimed_at, h.claim_id, h.finished_at,
               coalesce(h.errors, '[]') AS errors
        INTO job FROM barid.job_history h WHERE h.id = attempts.job_id;
    END IF;
    IF NOT FOUND THEN RETURN; END IF;
    FOR entry IN SELECT e FROM jsonb_array_elements(job.errors) e LOOP
        n := n + 1;
        attempt := (entry->>'attempt')::int;
        ended_at := (entry->>'at')::timestamptz;
        duration := (entry->>'ms')::numeric * interval '1 millisecond';
        started_at := ended_at - duration;
        worker := entry->>'worker';
        error := entry->>'error';
        seen := n = jsonb_array_length(job.errors) AND attempt = job.attempt
                AND ended_at >= job.claimed_at;
        outcome := CASE WHEN seen AND job.state = 'cancelled' THEN 'cancelled'
                        ELSE 'failed' END;
        RETURN NEXT;
    END LOOP;
    IF job.state = 'waiting' OR NOT isfinite(job.claimed_at)
       OR (seen AND job.state IN ('failed', 'cancelled')) THEN
        RETURN;
    END IF;
    attempt := job.attempt;
    outcome := job.state;
    started_at := job.claimed_at;
    ended_at := job.finished_at;
    duration := coalesce(ended_at, clock_timestamp()) - started_at;
    worker := (SELECT l.name FROM barid.worker_log l
               WHERE l.worker_id = barid.claim_worker(job.claim_id));
    error := NULL;
    RETURN NEXT;
END $$;

--------------------------------------------------------------------------------------------------
-- Lines that handlers note for people: the first 20 and the newest 180 of a job. `n` counts
-- within the attempt: a gap says that lines were left out.

CREATE TABLE barid.job_log (
    job_id   bigint NOT NULL,
    claim_id uuid NOT NULL,
    n        int NOT NULL,
    at       timestamptz NOT NULL,
    attempt  smallint NOT NULL,
    line     text NOT NULL CHECK (octet_length(line) <= 500),
    PRIMARY KEY (job_id, claim_id, n)
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- Lines of a claim that is no longer the job's are dropped; those of an attempt that has just
-- been settled are not, and neither is a repeated call's second copy kept.
CREATE FUNCTION barid.write_log(ids bigint[], claims uuid[], attempts int[], numbers int[],
                                ages_ms bigint[], lines text[]) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO barid.job_log (job_id, claim_id, n, at, attempt, line)
    SELECT t.id, t.claim, t.n, clock_timestamp() - t.age * interval '1 millisecond', t.attempt,
           t.line
    FROM unnest(ids, claims, attempts, numbers, ages_ms, lines)
        AS t(id, claim, attempt, n, age, line)
    WHERE EXISTS (SELECT 1 FROM barid.job j WHERE j.id = t.id AND j.claim_id = t.claim)
       OR EXISTS (SELECT 1 FROM barid.job_history h WHERE h.id = t.id AND h.claim_id = t.claim)
    ON CONFLICT DO NOTHING;
    DELETE FROM barid.job_log l
    USING (SELECT DISTINCT u AS id FROM unnest(ids) u) d CROSS JOIN LATERAL (
        SELECT s.claim_id, s.n, row_number() OVER (ORDER BY s.began, s.n) AS place,
               count(*) OVER () AS total
        FROM (SELECT o.claim_id, o.n, min(o.at) OVER (PARTITION BY o.claim_id) AS began
              FROM barid.job_log o WHERE o.job_id = d.id) s) p
    WHERE l.job_id = d.id AND l.claim_id = p.claim_id AND l.n = p.n
      AND p.place > 20 AND p.place <= p.total - 180
$$;

--------------------------------------------------------------------------------------------------
-- Checkpoints: where a long job continues after a crash or a deploy.

CREATE TABLE barid.checkpoint (
    job_id   bigint PRIMARY KEY,
    attempt  smallint NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    data     jsonb NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- False when the claim is no longer the job's: nothing is written then.
CREATE FUNCTION barid.save_checkpoint(job bigint, claim uuid, data text) RETURNS boolean
    LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    number int;
BEGIN
    IF octet_length(data) > 65536 THEN
        RAISE EXCEPTION 'the checkpoint has % bytes, at most 65536 are kept', octet_length(data)
            USING ERRCODE = '22023';
    END IF;
    SELECT j.attempt INTO number FROM barid.job j
    WHERE j.id = job AND j.claim_id = claim AND j.state = 'running' FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    -- From now on its settle goes through barid.settle, which removes the checkpoint.
    UPDATE barid.job j SET special = true WHERE j.id = job AND NOT j.special;
    INSERT INTO barid.checkpoint AS c (job_id, attempt, data) VALUES (job, number, data::jsonb)
    ON CONFLICT (job_id) DO UPDATE SET attempt = excluded.attempt, data = excluded.data,
        saved_at = excluded.saved_at;
    RETURN true;
END $$;

-- Called when special jobs have ended and are in the history. A failed one keeps its checkpoint:
-- an operator's retry continues there.
CREATE OR REPLACE FUNCTION barid.drop_checkpoints(ids bigint[]) RETURNS void
    LANGUAGE sql AS $$
    DELETE FROM barid.checkpoint c WHERE c.job_id = ANY (ids)
      AND NOT EXISTS (SELECT 1 FROM barid.job_history h
                      WHERE h.id = c.job_id AND h.state = 'failed')
$$;

-- Removes lines and checkpoints of jobs that can't be read any more (or, a checkpoint, used),
-- `batch` jobs from id `after` on. `next` is where to go on, 0 at the end.
CREATE FUNCTION barid.prune_results(after bigint DEFAULT 0, batch int DEFAULT 5000,
                                    OUT next bigint, OUT pruned bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    ids  bigint[];
    last bigint;
    more bigint;
BEGIN
    SELECT array_agg(s.id) INTO ids FROM (
        WITH RECURSIVE seen AS (
            (SELECT l.job_id AS id FROM barid.job_log l WHERE l.job_id > after
             ORDER BY l.job_id LIMIT 1)
            UNION ALL
            SELECT (SELECT l.job_id FROM barid.job_log l WHERE l.job_id > s.id
                    ORDER BY l.job_id LIMIT 1)
            FROM seen s WHERE s.id IS NOT NULL
        )
        SELECT s.id FROM seen s WHERE s.id IS NOT NULL LIMIT batch) s;
    next := CASE WHEN cardinality(ids) >= batch THEN ids[cardinality(ids)] ELSE 0 END;
    last := CASE WHEN next = 0 THEN 9223372036854775807 ELSE next END;
    DELETE FROM barid.job_log l WHERE l.job_id = ANY (ARRAY(
        SELECT u FROM unnest(ids) u
        WHERE NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = u)
          AND NOT EXISTS (SELECT 1 FROM barid.job_history h WHERE h.id = u)));
    GET DIAGNOSTICS pruned = ROW_COUNT;
    DELETE FROM barid.checkpoint c WHERE c.job_id > after AND c.job_id <= last
      AND NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = c.job_id)
      AND NOT EXISTS (SELECT 1 FROM barid.job_history h
                      WHERE h.id = c.job_id AND h.state = 'failed');
    GET DIAGNOSTICS more = ROW_COUNT;
    pruned := pruned + more;
    DELETE FROM barid.worker_log w
    WHERE w.ended_at < now() - (SELECT greatest(max(q.retention), interval '14 days')
                                FROM barid.queue q);
END $$;

--------------------------------------------------------------------------------------------------
-- What a child reads of its parents, in the order of its `after`. A parent that is neither live
-- nor in the history (its queue keeps none, or its retention is over) is `gone`.

CREATE FUNCTION barid.parent_outputs(job_id bigint)
    RETURNS TABLE (parent_id bigint, state text, output jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT p.id, coalesce(h.state::text, l.state::text, 'gone'), h.output
    FROM (SELECT j.after FROM barid.job j WHERE j.id = parent_outputs.job_id
          UNION ALL
          SELECT k.after FROM barid.job_history k WHERE k.id = parent_outputs.job_id) me
    CROSS JOIN LATERAL unnest(me.after) WITH ORDINALITY AS p(id, place)
    LEFT JOIN barid.job_history h ON h.id = p.id
    LEFT JOIN barid.job l ON l.id = p.id
    ORDER BY p.place
$$;

-- Everything about one job, for people and for tools; NULL when there is none.
CREATE FUNCTION barid.job_report(job_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT to_jsonb(v) || jsonb_build_object(
        'attempts', coalesce((SELECT jsonb_agg(to_jsonb(a) - 'duration' || jsonb_build_object(
                'ms', round(extract(epoch FROM a.duration) * 1000)))
            FROM barid.attempts(job_report.job_id) a), '[]'),
        'log', coalesce((SELECT jsonb_agg(jsonb_build_object('at', l.at, 'attempt', l.attempt,
                'n', l.n, 'line', l.line) ORDER BY l.began, l.n)
            FROM (SELECT o.*, min(o.at) OVER (PARTITION BY o.claim_id) AS began
                  FROM barid.job_log o WHERE o.job_id = job_report.job_id) l), '[]'),
        'checkpoint', (SELECT jsonb_build_object('attempt', c.attempt, 'saved_at', c.saved_at,
                'bytes', octet_length(c.data::text), 'data', c.data)
            FROM barid.checkpoint c WHERE c.job_id = job_report.job_id),
        'parents', coalesce((SELECT jsonb_agg(jsonb_build_object('id', p.parent_id,
                'state', p.state, 'output', p.output))
            FROM barid.parent_outputs(job_report.job_id) p), '[]'),
        'children', coalesce((SELECT jsonb_agg(jsonb_build_object('id', d.child_id,
                'kind', k.kind, 'state', coalesce(k.state, 'gone')) ORDER BY d.child_id)
            FROM barid.dependency d LEFT JOIN barid.jobs k ON k.id = d.child_id
            WHERE d.parent_id = job_report.job_id), '[]'),
        'batch', (SELECT to_jsonb(b) FROM barid.batches b WHERE b.id = v.batch_id))
    FROM barid.jobs v WHERE v.id = job_report.job_id
$$;

--------------------------------------------------------------------------------------------------
-- sql.call: an allowed function runs in the transaction of its job's settle.

CREATE TABLE barid.allowed_function (
    -- As in a payload: schema.function, each quoted where SQL would.
    name         text COLLATE "C" PRIMARY KEY,
    timeout      interval NOT NULL DEFAULT '30 seconds'
        CHECK (timeout BETWEEN '10 milliseconds' AND '15 minutes'),
    lock_timeout interval NOT NULL DEFAULT '5 seconds'
        CHECK (lock_timeout BETWEEN '10 milliseconds' AND '15 minutes'),
    allowed_by   text NOT NULL DEFAULT session_user,
    allowed_at   timestamptz NOT NULL DEFAULT now()
);

-- `shop.close_day` or `shop.close_day(jsonb)`, in the form of allowed_function.name.
CREATE FUNCTION barid.function_name(signature text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    parts text[];
BEGIN
    parts := parse_ident(regexp_replace(signature, '\s*\(\s*jsonb\s*\)\s*$', ''));
    IF cardinality(parts) <> 2 THEN
        RAISE EXCEPTION 'name the function with its schema, such as shop.close_day, not %',
            signature USING ERRCODE = '22023';
    END IF;
    RETURN format('%I.%I', parts[1], parts[2]);
END $$;

-- Why a function can't be called by sql.call; '' when it can.
CREATE FUNCTION barid.function_problem(name text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    target record;
BEGIN
    IF (parse_ident(name))[1] IN ('pg_catalog', 'information_schema')
       OR (parse_ident(name))[1] LIKE 'pg\_%' THEN
        RETURN 'functions of the system are never allowed';
    END IF;
    SELECT p.* INTO target FROM pg_proc p WHERE p.oid = to_regprocedure(name || '(jsonb)');
    IF NOT FOUND THEN RETURN 'there is no function ' || name || '(jsonb)'; END IF;
    IF target.prokind <> 'f' OR target.proretset THEN
        RETURN name || ' must be a plain function that returns one value';
    END IF;
    IF target.prorettype <> 'void'::regtype AND EXISTS (
        SELECT 1 FROM pg_type t WHERE t.oid = target.prorettype AND t.typtype = 'p') THEN
        RETURN name || ' must return jsonb, void or a plain value';
    END IF;
    RETURN '';
END $$;

CREATE FUNCTION barid.allow_function(signature text, timeout interval DEFAULT '30 seconds',
                                     lock_timeout interval DEFAULT '5 seconds') RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    function text := barid.function_name(signature);
    problem  text := barid.function_problem(function);
BEGIN
    IF problem <> '' THEN RAISE EXCEPTION '%', problem USING ERRCODE = '22023'; END IF;
    INSERT INTO barid.allowed_function AS f (name, timeout, lock_timeout)
    VALUES (function, timeout, lock_timeout)
    ON CONFLICT (name) DO UPDATE SET timeout = excluded.timeout,
        lock_timeout = excluded.lock_timeout, allowed_by = excluded.allowed_by,
        allowed_at = excluded.allowed_at;
    RETURN function;
END $$;

-- False when it was not allowed. Calls that run come to their end.
CREATE FUNCTION barid.disallow_function(signature text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    DELETE FROM barid.allowed_function f WHERE f.name = barid.function_name(signature);
    RETURN FOUND;
END $$;

CREATE VIEW barid.functions AS
    SELECT f.name, f.timeout, f.lock_timeout, f.allowed_by, f.allowed_at,
           barid.function_problem(f.name) AS problem,
           coalesce(has_schema_privilege('barid_worker', n.oid, 'USAGE')
               AND has_function_privilege('barid_worker', p.oid, 'EXECUTE'), false)
               AS worker_may
    FROM barid.allowed_function f
    LEFT JOIN pg_proc p ON p.oid = to_regprocedure(f.name || '(jsonb)')
    LEFT JOIN pg_namespace n ON n.oid = p.pronamespace;

-- Runs the function that the job's payload names and settles the job, all or nothing. Called in a
-- transaction whose statement_timeout and lock_timeout are set. The job's row is not locked while
-- the function runs, so that a cancel or a rescue need not wait for it: the settle at the end
-- takes the lock and looks at the claim again, and a claim lost meanwhile rolls back everything.
-- Returns settled, already (this claim's settle was committed before: the answer was lost) or
-- stale (nothing ran). Errors: JB404 not allowed, JB409 lost meanwhile, else the function's own.
CREATE FUNCTION barid.sql_call(job_id bigint, claim uuid) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    payload  jsonb;
    function text;
    problem  text;
    args     jsonb;
    output   jsonb;
    result   text;
    is_void  boolean;
BEGIN
    SELECT j.payload INTO payload FROM barid.job j
    WHERE j.id = job_id AND j.claim_id = claim AND j.state = 'running';
    IF NOT FOUND THEN
        RETURN CASE WHEN EXISTS (SELECT 1 FROM barid.job_history h
                                 WHERE h.id = job_id AND h.claim_id = claim)
                    THEN 'already' ELSE 'stale' END;
    END IF;
    SELECT f.name INTO function FROM barid.allowed_function f
    WHERE f.name = payload->>'function';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the function % is not allowed', payload->>'function'
            USING ERRCODE = 'JB404';
    END IF;
    problem := barid.function_problem(function);
    IF problem <> '' THEN RAISE EXCEPTION '%', problem USING ERRCODE = 'JB404'; END IF;
    args := coalesce(nullif(payload->'arguments', 'null'), '{}');
    is_void := (SELECT p.prorettype = 'void'::regtype FROM pg_proc p
                WHERE p.oid = to_regprocedure(function || '(jsonb)'));
    PERFORM set_config('search_path', format('%I, pg_temp', (parse_ident(function))[1]), true);
    IF is_void THEN
        EXECUTE format('SELECT %s($1)', function) USING args;
    ELSE
        EXECUTE format('SELECT pg_catalog.to_jsonb(%s($1))', function) INTO output USING args;
    END IF;
    -- As in the settler's sessions: a plan made on an empty table must not scan a full one.
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, barid, pg_temp', true),
            pg_catalog.set_config('enable_seqscan', 'off', true),
            pg_catalog.set_config('enable_hashjoin', 'off', true),
            pg_catalog.set_config('enable_mergejoin', 'off', true),
            pg_catalog.set_config('jit', 'off', true);
    IF octet_length(output::text) > 65536 THEN
        output := jsonb_build_object('omitted', format(
            'the output has %s bytes, at most 65536 are stored', octet_length(output::text)));
    END IF;
    SELECT s.result INTO result FROM barid.settle(ARRAY[job_id], ARRAY[claim],
        ARRAY['complete'], ARRAY[0::bigint], ARRAY[NULL::text], ARRAY[output::text], NULL,
        '{}') s;
    IF result IS DISTINCT FROM 'settled' THEN
        RAISE EXCEPTION 'the claim was lost while the function ran: its effects are undone'
            USING ERRCODE = 'JB409';
    END IF;
    RETURN result;
END $$;

--------------------------------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE, DELETE ON barid.job_log, barid.checkpoint TO barid_worker;
GRANT SELECT ON barid.worker_log, barid.allowed_function TO barid_worker, barid_operator,
    barid_readonly;
GRANT SELECT ON barid.functions TO barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.write_log, barid.save_checkpoint, barid.drop_checkpoints,
    barid.prune_results, barid.sql_call TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.attempts, barid.parent_outputs, barid.job_report,
    barid.function_name, barid.function_problem
    TO barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.allow_function, barid.disallow_function TO barid_operator;
