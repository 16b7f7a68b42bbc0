-- The queue: live jobs, their history, the workers' leases, and the functions that producers call.
--
-- Rules that other migrations must keep: no index and no index predicate names a column that the
-- claim writes (state, attempt, claim_id, claimed_at), and those columns are NOT NULL, so that a
-- claim is always a heap-only update.

CREATE SCHEMA barid;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['barid_producer', 'barid_worker', 'barid_operator',
                                'barid_readonly'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- roles belong to the whole cluster: another database of it has them already
        END;
    END LOOP;
END $$;

CREATE TABLE barid.migration (
    version    int PRIMARY KEY,
    name       text NOT NULL,
    -- A worker refuses a schema whose newest migration demands a newer one than it knows.
    min_worker int NOT NULL DEFAULT 1,
    applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TYPE barid.job_state AS ENUM ('waiting', 'running');
CREATE TYPE barid.final_state AS ENUM ('completed', 'failed', 'cancelled');

CREATE TABLE barid.queue (
    name           text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9_.-]*$' AND octet_length(name) <= 63),
    paused         boolean NOT NULL DEFAULT false,
    max_attempts   smallint NOT NULL DEFAULT 10 CHECK (max_attempts BETWEEN 1 AND 1000),
    -- How long finished jobs can be read; their partition is dropped after that.
    retention      interval NOT NULL DEFAULT '14 days' CHECK (retention >= '0'),
    keep_history   boolean NOT NULL DEFAULT true,
    dead_letter    text COLLATE "C" REFERENCES barid.queue (name),
    created_at     timestamptz NOT NULL DEFAULT now()
);
INSERT INTO barid.queue (name) VALUES ('default');

-- Live jobs only: a finished one moves to job_history. Fixed-width columns first. Checks run again
-- with every claim's UPDATE: a bounded repetition in the pattern would cost ten times as much.
CREATE TABLE barid.job (
    id           bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    run_at       timestamptz NOT NULL DEFAULT now(),
    -- Finite while the job is parked (run_at = 'infinity'): when it wanted to start.
    due_at       timestamptz NOT NULL DEFAULT '-infinity',
    created_at   timestamptz NOT NULL DEFAULT now(),
    claimed_at   timestamptz NOT NULL DEFAULT '-infinity',
    claim_id     uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    state        barid.job_state NOT NULL DEFAULT 'waiting',
    progress     real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    priority     smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 0 AND 9),
    attempt      smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL DEFAULT 10 CHECK (max_attempts BETWEEN 1 AND 1000),
    cancel_requested boolean NOT NULL DEFAULT false,
    queue        text COLLATE "C" NOT NULL DEFAULT 'default',
    kind         text COLLATE "C" NOT NULL CHECK (kind ~ '^[a-z0-9][a-z0-9_.-]*$' AND octet_length(kind) <= 63),
    payload      jsonb NOT NULL DEFAULT '{}' CHECK (pg_column_size(payload) <= 1048576),
    unique_key   text COLLATE "C" CHECK (length(unique_key) <= 512),
    ordering_key text COLLATE "C" CHECK (length(ordering_key) <= 512),
    request_id   text CHECK (length(request_id) <= 128),
    traceparent  text CHECK (length(traceparent) <= 128),
    tags         text[] CHECK (cardinality(tags) <= 16),
    progress_note text,
    origin_id    bigint,
    -- One object an attempt that did not end well: attempt, at, error, worker, ms. Bounded by
    -- barid.append_error.
    errors       jsonb,
    CONSTRAINT job_run_at_finite CHECK (isfinite(run_at)
        OR (run_at = 'infinity' AND isfinite(due_at) AND ordering_key IS NOT NULL))
) WITH (fillfactor = 50, vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
        autovacuum_analyze_scale_factor = 0.05);

CREATE INDEX job_claim ON barid.job (queue, priority, run_at, id);
CREATE INDEX job_ordering ON barid.job (ordering_key, id) WHERE ordering_key IS NOT NULL;
CREATE UNIQUE INDEX job_unique ON barid.job (queue, unique_key) WHERE unique_key IS NOT NULL;

-- Finished jobs, partitioned by id (ids follow time), dropped a partition at a time.
CREATE TABLE barid.job_history (
    id           bigint NOT NULL,
    finished_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    run_at       timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    claimed_at   timestamptz NOT NULL,
    claim_id     uuid NOT NULL,
    state        barid.final_state NOT NULL,
    priority     smallint NOT NULL,
    attempt      smallint NOT NULL,
    max_attempts smallint NOT NULL,
    queue        text COLLATE "C" NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    payload      jsonb NOT NULL,
    unique_key   text COLLATE "C",
    ordering_key text COLLATE "C",
    request_id   text,
    traceparent  text,
    tags         text[],
    origin_id    bigint,
    errors       jsonb,
    output       jsonb,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);

-- One row a worker process: its lease. Rescuers watch `renewals` stand still on their own clock.
CREATE TABLE barid.worker (
    id         bigint PRIMARY KEY,  -- random, never reused
    -- Claims carry it; closing an epoch makes every claim still on its way a no-op.
    epoch      int NOT NULL DEFAULT 1,
    renewals   bigint NOT NULL DEFAULT 0,
    lease_ttl  interval NOT NULL,
    name       text NOT NULL,
    queues     text[] NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    renewed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- One row a claimed batch, deleted when its last job is settled. No cascade: a rescue must see
-- a claim that lands while it runs, or fail and try again.
CREATE TABLE barid.claim (
    claim_id   uuid PRIMARY KEY,
    worker_id  bigint NOT NULL REFERENCES barid.worker (id),
    job_ids    bigint[] NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
-- Compressing the ids costs more than the pages it saves: the row lives for milliseconds.
ALTER TABLE barid.claim ALTER COLUMN job_ids SET STORAGE EXTERNAL;
CREATE INDEX claim_worker ON barid.claim (worker_id);

-- A row a keyed job that runs: the key's lock, and the proof that it runs alone.
CREATE TABLE barid.ordering_slot (
    ordering_key text COLLATE "C" PRIMARY KEY,
    job_id       bigint NOT NULL
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- What rescues did, newest first, for people; pruned by maintenance.
CREATE TABLE barid.rescue_log (
    worker_id   bigint NOT NULL,
    worker_name text NOT NULL,
    job_id      bigint NOT NULL,
    attempt     smallint NOT NULL,
    claimed_at  timestamptz NOT NULL,
    rescued_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX rescue_log_job ON barid.rescue_log (job_id);

--------------------------------------------------------------------------------------------------
-- Wake-ups. An idle worker holds a shared advisory lock on its queues' flags, on the session that
-- listens. A producer whose transaction has its xid tries the flag exclusively: when nobody holds
-- it nobody sleeps, and no NOTIFY (an instance-wide lock at commit) is paid for.

CREATE FUNCTION barid.wake_flag(queue text) RETURNS int
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (hashtext(queue) & 63);

CREATE FUNCTION barid.wake(queue text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    flag int := barid.wake_flag(queue);
BEGIN
    IF pg_try_advisory_lock(1112297796, flag) THEN
        PERFORM pg_advisory_unlock(1112297796, flag);
    ELSE
        PERFORM pg_notify('barid', queue);
    END IF;
END $$;

CREATE FUNCTION barid.wake_after_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    -- Two-phase commit can't NOTIFY: `SET LOCAL barid.notify = off` leaves it to polling.
    IF current_setting('barid.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM barid.wake(q.queue) FROM (SELECT DISTINCT queue FROM inserted) q;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER job_wake AFTER INSERT ON barid.job
    REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION barid.wake_after_insert();

--------------------------------------------------------------------------------------------------
-- Enqueue.

CREATE FUNCTION barid.enqueue(
    kind         text,
    payload      jsonb DEFAULT '{}',
    queue        text DEFAULT 'default',
    priority     int DEFAULT 5,
    run_at       timestamptz DEFAULT NULL,
    delay        interval DEFAULT NULL,
    max_attempts int DEFAULT NULL,
    unique_key   text DEFAULT NULL,
    ordering_key text DEFAULT NULL,
    request_id   text DEFAULT NULL,
    traceparent  text DEFAULT NULL,
    tags         text[] DEFAULT NULL
) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    new_id bigint;
    starts timestamptz := clock_timestamp();
BEGIN
    IF run_at IS NOT NULL AND delay IS NOT NULL THEN
        RAISE EXCEPTION 'give run_at or delay, not both' USING ERRCODE = '22023';
    END IF;
    IF NOT isfinite(run_at) THEN
        RAISE EXCEPTION 'run_at must be finite' USING ERRCODE = '22023';
    END IF;
    IF payload IS NULL OR jsonb_typeof(payload) <> 'object' THEN
        RAISE EXCEPTION 'the payload of % must be a JSON object', kind USING ERRCODE = '22023';
    END IF;
    -- A start in the past would sort below the cursors that workers have passed.
    starts := greatest(starts, coalesce(run_at, starts + delay));
    LOOP
        INSERT INTO barid.job AS j (kind, payload, queue, priority, run_at, max_attempts,
                                    unique_key, ordering_key, request_id, traceparent, tags)
        VALUES (kind, payload, queue, priority, starts,
                coalesce(max_attempts, (SELECT q.max_attempts FROM barid.queue q
                                        WHERE q.name = enqueue.queue), 10),
                unique_key, ordering_key, request_id, traceparent, tags)
        ON CONFLICT (queue, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
        RETURNING j.id INTO new_id;
        IF new_id IS NOT NULL THEN RETURN new_id; END IF;
        -- The job that stands for this request; gone again when it finished meanwhile.
        SELECT j.id INTO new_id FROM barid.job j
        WHERE j.queue = enqueue.queue AND j.unique_key = enqueue.unique_key;
        IF new_id IS NOT NULL THEN RETURN new_id; END IF;
    END LOOP;
END $$;

-- An array of {"kind", "payload", "queue", "priority", "run_at", "max_attempts", "unique_key",
-- "ordering_key", "request_id", "traceparent"}; ids come back in the order of the array, and
-- NULL stands where a unique key was taken.
CREATE FUNCTION barid.enqueue_many(jobs jsonb) RETURNS SETOF bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    bad bigint;
BEGIN
    IF jsonb_typeof(jobs) <> 'array' THEN
        RAISE EXCEPTION 'enqueue_many takes a JSON array of jobs' USING ERRCODE = '22023';
    END IF;
    IF jsonb_array_length(jobs) > 100000 THEN
        RAISE EXCEPTION 'enqueue_many takes at most 100,000 jobs a call' USING ERRCODE = '22023';
    END IF;
    SELECT n INTO bad FROM jsonb_array_elements(jobs) WITH ORDINALITY AS e(job, n)
    WHERE jsonb_typeof(e.job) <> 'object' OR e.job->>'kind' IS NULL
       OR jsonb_typeof(coalesce(e.job->'payload', '{}')) <> 'object' LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'job % of the array needs a "kind" and an object as "payload"', bad
            USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    WITH input AS MATERIALIZED (
        SELECT e.n, nextval('barid.job_id_seq') AS id, r.*
        FROM jsonb_array_elements(jobs) WITH ORDINALITY AS e(job, n),
             jsonb_to_record(e.job) AS r(kind text, payload jsonb, queue text, priority smallint,
                 run_at timestamptz, max_attempts smallint, unique_key text, ordering_key text,
                 request_id text, traceparent text)
    ), added AS (
        INSERT INTO barid.job (id, kind, payload, queue, priority, run_at, max_attempts,
                               unique_key, ordering_key, request_id, traceparent)
        OVERRIDING SYSTEM VALUE
        SELECT i.id, i.kind, coalesce(i.payload, '{}'), coalesce(i.queue, 'default'),
               coalesce(i.priority, 5::smallint), greatest(i.run_at, clock_timestamp()),
               coalesce(i.max_attempts, q.max_attempts, 10::smallint), i.unique_key,
               i.ordering_key, i.request_id, i.traceparent
        FROM input i LEFT JOIN barid.queue q ON q.name = coalesce(i.queue, 'default')
        ORDER BY i.n
        ON CONFLICT (queue, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
        RETURNING job.id
    )
    SELECT a.id FROM input i LEFT JOIN added a ON a.id = i.id ORDER BY i.n;
END $$;

--------------------------------------------------------------------------------------------------
-- History partitions. Made by LIKE + ATTACH, which holds up no settle; there is no DEFAULT one.

CREATE TABLE barid.history_partition (
    lower_id bigint PRIMARY KEY,
    upper_id bigint NOT NULL  -- exclusive
);

CREATE FUNCTION barid.ensure_history(ahead int DEFAULT 2) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    step     CONSTANT bigint := 1000000;
    last_id  bigint;
    lower_id bigint;
    made     int := 0;
    part     text;
BEGIN
    PERFORM pg_advisory_xact_lock(1112297798, 0);
    SELECT s.last_value INTO last_id FROM barid.job_id_seq s;
    LOOP
        SELECT coalesce(max(h.upper_id), 1) INTO lower_id FROM barid.history_partition h;
        EXIT WHEN lower_id > last_id + ahead * step OR made >= 1000;
        part := 'job_history_' || lower_id;
        EXECUTE format('CREATE TABLE barid.%I (LIKE barid.job_history INCLUDING ALL)', part);
        EXECUTE format('ALTER TABLE barid.job_history ATTACH PARTITION barid.%I '
                       'FOR VALUES FROM (%s) TO (%s)', part, lower_id, lower_id + step);
        INSERT INTO barid.history_partition VALUES (lower_id, lower_id + step);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
SELECT barid.ensure_history();

-- Deletes up to `batch` of the oldest finished jobs whose queue's retention has passed.
CREATE FUNCTION barid.prune_history(batch int DEFAULT 5000) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    WITH oldest AS (SELECT h.id, h.queue, h.finished_at FROM barid.job_history h
                    ORDER BY h.id LIMIT batch),
    gone AS (DELETE FROM barid.job_history h USING oldest o
             LEFT JOIN barid.queue q ON q.name = o.queue
             WHERE h.id = o.id
               AND o.finished_at < now() - coalesce(q.retention, '14 days') RETURNING 1)
    SELECT count(*) FROM gone
$$;

--------------------------------------------------------------------------------------------------
-- Workers.

-- The last 20 errors, each cut at 2,000 characters: what a job says of itself stays small.
CREATE FUNCTION barid.append_error(errors jsonb, attempt int, error text, worker text,
                                   started timestamptz) RETURNS jsonb
    LANGUAGE sql STABLE CALLED ON NULL INPUT AS $$
    SELECT CASE WHEN error IS NULL THEN errors ELSE
        (CASE WHEN jsonb_array_length(coalesce(errors, '[]')) >= 20 THEN errors - 1
              ELSE coalesce(errors, '[]') END)
        || jsonb_build_object('attempt', attempt, 'at', clock_timestamp(),
               'error', left(error, 2000), 'worker', worker,
               'ms', round(extract(epoch FROM clock_timestamp() - started) * 1000)) END
$$;

-- Gives a key to its next job. Called with the key's slot held or just deleted.
CREATE FUNCTION barid.free_key(key text) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    freed text;
BEGIN
    UPDATE barid.job j SET run_at = greatest(j.due_at, clock_timestamp()), due_at = '-infinity'
    WHERE j.id = (SELECT h.id FROM barid.job h WHERE h.ordering_key = key ORDER BY h.id LIMIT 1)
      AND j.run_at = 'infinity'
    RETURNING j.queue INTO freed;
    IF freed IS NOT NULL THEN PERFORM barid.wake(freed); END IF;
END $$;

-- Claims those of the due keyed jobs `ids` that are the head of their key, and parks the others.
-- The slot row is the key's lock: parking holds it too, so that a settle can't free the key
-- between our look and our park.
CREATE FUNCTION barid.claim_keyed(worker bigint, worker_epoch int, claim uuid, ids bigint[])
    RETURNS SETOF bigint
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    key     text;
    head    bigint;
    ready   boolean;
    claimed bigint[] := '{}';
BEGIN
    PERFORM 1 FROM barid.worker w WHERE w.id = worker AND w.epoch = worker_epoch FOR KEY SHARE;
    IF NOT FOUND THEN RETURN; END IF;
    -- A claim lost in a server crash would break the key's order: this one is made durable.
    PERFORM set_config('synchronous_commit', 'on', true);
    FOR key IN SELECT DISTINCT j.ordering_key FROM barid.job j
               WHERE j.id = ANY (ids) AND j.ordering_key IS NOT NULL ORDER BY 1 LOOP
        head := NULL;
        INSERT INTO barid.ordering_slot (ordering_key, job_id) VALUES (key, 0)
        ON CONFLICT (ordering_key) DO NOTHING;
        IF FOUND THEN
            SELECT h.id, h.state = 'waiting'
                         AND (h.run_at <= now() OR (h.run_at = 'infinity' AND h.due_at <= now()))
            INTO head, ready
            FROM barid.job h WHERE h.ordering_key = key ORDER BY h.id LIMIT 1;
            IF ready THEN
                PERFORM 1 FROM barid.job h WHERE h.id = head AND h.state = 'waiting'
                FOR NO KEY UPDATE SKIP LOCKED;
                ready := FOUND;
            END IF;
            IF ready THEN
                UPDATE barid.job h SET state = 'running', attempt = h.attempt + 1,
                    claim_id = claim, claimed_at = clock_timestamp(),
                    run_at = CASE WHEN h.run_at = 'infinity' THEN h.due_at ELSE h.run_at END,
                    due_at = '-infinity'
                WHERE h.id = head;
                UPDATE barid.ordering_slot s SET job_id = head WHERE s.ordering_key = key;
                claimed := claimed || head;
            ELSE
                DELETE FROM barid.ordering_slot s WHERE s.ordering_key = key;
            END IF;
        ELSE
            PERFORM 1 FROM barid.ordering_slot s WHERE s.ordering_key = key FOR UPDATE;
            -- Gone meanwhile: the key is free; its jobs stay due and are looked at again.
            CONTINUE WHEN NOT FOUND;
        END IF;
        UPDATE barid.job j SET due_at = j.run_at, run_at = 'infinity'
        WHERE j.id = ANY (ARRAY(
            SELECT p.id FROM barid.job p WHERE p.id = ANY (ids) AND p.ordering_key = key
              AND p.state = 'waiting' AND isfinite(p.run_at)
              AND p.id > (SELECT h.id FROM barid.job h WHERE h.ordering_key = key
                          ORDER BY h.id LIMIT 1)
            FOR NO KEY UPDATE SKIP LOCKED));
    END LOOP;
    IF claimed <> '{}' THEN
        INSERT INTO barid.claim (claim_id, worker_id, job_ids) VALUES (claim, worker, claimed);
    END IF;
    RETURN QUERY SELECT unnest(claimed);
END $$;

-- Settles a batch. `actions`: complete | fail | cancel | retry | refund, where refund gives the
-- attempt back (snooze, hand-back, paused lane). Returns for each id: settled, already (this very
-- claim was settled before: the answer was lost) or stale (the claim is no longer ours).
CREATE FUNCTION barid.settle(
    ids bigint[], claims uuid[], actions text[], delays_ms bigint[], errors text[],
    outputs text[], worker text, closed_claims uuid[]
) RETURNS TABLE (job_id bigint, result text)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    keys   text[];
    wakes  text[];
    key    text;
BEGIN
    -- Slots after rows would deadlock with nobody, but two settles need one order of slots.
    SELECT array_agg(j.ordering_key ORDER BY j.ordering_key) INTO keys
    FROM barid.job j WHERE j.id = ANY (ids) AND j.ordering_key IS NOT NULL;
    IF keys IS NOT NULL THEN
        PERFORM 1 FROM barid.ordering_slot s WHERE s.ordering_key = ANY (keys)
        ORDER BY s.ordering_key FOR UPDATE;
    END IF;

    RETURN QUERY
    WITH input AS MATERIALIZED (
        SELECT * FROM unnest(ids, claims, actions, delays_ms, errors, outputs)
            AS t(job_id, claim, action, delay, error, output)
    ), live AS MATERIALIZED (
        SELECT i.* FROM input i JOIN barid.job j ON j.id = i.job_id
        WHERE j.claim_id = i.claim AND j.state = 'running'
        ORDER BY j.id FOR UPDATE OF j
    ), gone AS (
        DELETE FROM barid.job j USING live l
        WHERE j.id = l.job_id AND l.action IN ('complete', 'fail', 'cancel')
        RETURNING j.*, l.action, l.error, l.output
    ), kept AS (
        INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state,
            priority, attempt, max_attempts, queue, kind, payload, unique_key, ordering_key,
            request_id, traceparent, tags, origin_id, errors, output)
        SELECT g.id, g.run_at, g.created_at, g.claimed_at, g.claim_id,
               (CASE g.action WHEN 'complete' THEN 'completed' WHEN 'fail' THEN 'failed'
                              ELSE 'cancelled' END)::barid.final_state,
               g.priority, g.attempt, g.max_attempts, g.queue, g.kind, g.payload, g.unique_key,
               g.ordering_key, g.request_id, g.traceparent, g.tags, g.origin_id,
               barid.append_error(g.errors, g.attempt, g.error, worker, g.claimed_at),
               g.output::jsonb
        FROM gone g LEFT JOIN barid.queue q ON q.name = g.queue
        WHERE coalesce(q.keep_history, true)
    ), dead AS (
        INSERT INTO barid.job (queue, kind, payload, priority, max_attempts, request_id,
                               traceparent, tags, origin_id, errors)
        SELECT q.dead_letter, g.kind, g.payload, g.priority, d.max_attempts, g.request_id,
               g.traceparent, g.tags, coalesce(g.origin_id, g.id),
               barid.append_error(g.errors, g.attempt, g.error, worker, g.claimed_at)
        FROM gone g JOIN barid.queue q ON q.name = g.queue
        JOIN barid.queue d ON d.name = q.dead_letter
        WHERE g.action = 'fail'
    ), back AS (
        UPDATE barid.job j SET state = 'waiting', progress = 0, progress_note = NULL,
            run_at = clock_timestamp() + l.delay * interval '1 millisecond',
            attempt = greatest(0, j.attempt - CASE l.action WHEN 'refund' THEN 1 ELSE 0 END),
            errors = barid.append_error(j.errors, j.attempt, l.error, worker, j.claimed_at)
        FROM live l WHERE j.id = l.job_id AND l.action IN ('retry', 'refund')
        RETURNING j.queue
    ), tickets AS (
        DELETE FROM barid.claim c WHERE c.claim_id = ANY (closed_claims)
    )
    SELECT i.job_id, CASE
        WHEN l.job_id IS NOT NULL THEN 'settled'
        WHEN EXISTS (SELECT 1 FROM barid.job_history h
                     WHERE h.id = i.job_id AND h.claim_id = i.claim) THEN 'already'
        WHEN EXISTS (SELECT 1 FROM barid.job j WHERE j.id = i.job_id AND j.claim_id = i.claim
                     AND j.state = 'waiting') THEN 'already'
        ELSE 'stale' END
    FROM input i LEFT JOIN live l USING (job_id);

    IF keys IS NOT NULL THEN
        DELETE FROM barid.ordering_slot s WHERE s.ordering_key = ANY (keys)
          AND s.job_id = ANY (ids)
          AND NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = s.job_id AND j.state = 'running');
        FOREACH key IN ARRAY keys LOOP
            PERFORM barid.free_key(key);
        END LOOP;
    END IF;
    -- Those that came back change what a sleeper waits for.
    SELECT array_agg(DISTINCT j.queue) INTO wakes
    FROM barid.job j WHERE j.id = ANY (ids) AND j.state = 'waiting';
    IF wakes IS NOT NULL THEN PERFORM barid.wake(q) FROM unnest(wakes) q; END IF;
END $$;

-- Puts a claim's running jobs back (or ends them when their attempts are used up).
CREATE FUNCTION barid.requeue_claim(claim uuid, job_ids bigint[], worker text, reason text,
                                    refund boolean) RETURNS SETOF bigint
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    ids     bigint[];
    actions text[];
BEGIN
    SELECT array_agg(j.id), array_agg(CASE WHEN refund THEN 'refund'
                                           WHEN j.attempt >= j.max_attempts THEN 'fail'
                                           ELSE 'retry' END)
    INTO ids, actions FROM barid.job j
    WHERE j.id = ANY (job_ids) AND j.claim_id = claim AND j.state = 'running';
    IF ids IS NOT NULL THEN
        RETURN QUERY SELECT s.job_id FROM barid.settle(ids, array_fill(claim, ARRAY[cardinality(ids)]),
            actions, array_fill(0::bigint, ARRAY[cardinality(ids)]),
            array_fill(reason, ARRAY[cardinality(ids)]),
            array_fill(NULL::text, ARRAY[cardinality(ids)]), worker, ARRAY[claim]) s
        WHERE s.result = 'settled';
        -- A late settle of the old holder must look stale, not answered.
        UPDATE barid.job j SET claim_id = '00000000-0000-0000-0000-000000000000'
        WHERE j.id = ANY (ids) AND j.claim_id = claim AND j.state = 'waiting';
    ELSE
        DELETE FROM barid.claim c WHERE c.claim_id = claim;
    END IF;
END $$;

-- Takes a worker's work away, if its lease still stands at `seen`. The worker row is locked first
-- and its claims are read in a new statement: a claim on its way either is seen, or finds the
-- row gone and does nothing.
CREATE FUNCTION barid.rescue(worker bigint, seen bigint) RETURNS SETOF bigint
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    lost   record;
    ticket record;
    ids    bigint[];
BEGIN
    SELECT * INTO lost FROM barid.worker w WHERE w.id = worker AND w.renewals = seen
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN; END IF;
    FOR ticket IN SELECT * FROM barid.claim c WHERE c.worker_id = worker ORDER BY c.claim_id LOOP
        INSERT INTO barid.rescue_log (worker_id, worker_name, job_id, attempt, claimed_at)
        SELECT worker, lost.name, j.id, j.attempt, j.claimed_at FROM barid.job j
        WHERE j.id = ANY (ticket.job_ids) AND j.claim_id = ticket.claim_id
          AND j.state = 'running';
        SELECT array_agg(r) INTO ids FROM barid.requeue_claim(ticket.claim_id, ticket.job_ids,
            lost.name, 'the worker process was lost', false) r;
        RETURN QUERY SELECT unnest(ids);
    END LOOP;
    DELETE FROM barid.worker w WHERE w.id = worker;
END $$;

-- Closes a worker's epoch (every claim on its way becomes a no-op) and gives back the claims that
-- the process does not know of: their answer was lost. Returns the new epoch, 0 when the lease
-- is gone.
CREATE FUNCTION barid.close_epoch(worker bigint, old_epoch int, known uuid[]) RETURNS int
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    next_epoch int;
    ticket     record;
BEGIN
    PERFORM 1 FROM barid.worker w WHERE w.id = worker FOR UPDATE;
    UPDATE barid.worker w SET epoch = w.epoch + 1 WHERE w.id = worker
    RETURNING w.epoch INTO next_epoch;
    IF next_epoch IS NULL THEN RETURN 0; END IF;
    FOR ticket IN SELECT * FROM barid.claim c WHERE c.worker_id = worker
                  AND c.claim_id <> ALL (known) ORDER BY c.claim_id LOOP
        PERFORM barid.requeue_claim(ticket.claim_id, ticket.job_ids, NULL, NULL, true);
    END LOOP;
    RETURN next_epoch;
END $$;

-- Repairs what should not happen: running jobs without a claim (an asynchronous commit lost in a
-- server crash, a hand-made UPDATE), slots without a running job, parked heads nobody freed.
CREATE FUNCTION barid.sweep() RETURNS int
    LANGUAGE plpgsql AS $$
DECLARE
    orphan record;
    key    text;
    mended int := 0;
BEGIN
    FOR orphan IN
        SELECT j.id, j.claim_id FROM barid.job j
        WHERE j.state = 'running' AND j.claimed_at < clock_timestamp() - interval '30 seconds'
          AND NOT EXISTS (SELECT 1 FROM barid.claim c WHERE c.claim_id = j.claim_id)
        LIMIT 1000 LOOP
        PERFORM barid.requeue_claim(orphan.claim_id, ARRAY[orphan.id], NULL,
                                    'the claim was lost', false);
        mended := mended + 1;
    END LOOP;
    FOR key IN SELECT s.ordering_key FROM barid.ordering_slot s
               WHERE NOT EXISTS (SELECT 1 FROM barid.job j
                                 WHERE j.id = s.job_id AND j.state = 'running')
               ORDER BY 1 LIMIT 1000 FOR UPDATE SKIP LOCKED LOOP
        DELETE FROM barid.ordering_slot s WHERE s.ordering_key = key;
        PERFORM barid.free_key(key);
        mended := mended + 1;
    END LOOP;
    FOR key IN
        WITH RECURSIVE heads AS (
            (SELECT j.ordering_key, j.run_at FROM barid.job j WHERE j.ordering_key IS NOT NULL
             ORDER BY j.ordering_key, j.id LIMIT 1)
            UNION ALL
            SELECT n.ordering_key, n.run_at FROM heads h CROSS JOIN LATERAL (
                SELECT j.ordering_key, j.run_at FROM barid.job j
                WHERE j.ordering_key > h.ordering_key ORDER BY j.ordering_key, j.id LIMIT 1) n
        )
        SELECT h.ordering_key FROM heads h WHERE h.run_at = 'infinity'
          AND NOT EXISTS (SELECT 1 FROM barid.ordering_slot s
                          WHERE s.ordering_key = h.ordering_key)
        LIMIT 1000 LOOP
        PERFORM barid.free_key(key);
        mended := mended + 1;
    END LOOP;
    RETURN mended;
END $$;

--------------------------------------------------------------------------------------------------
-- Operators.

-- True when the job was cancelled or its handler was told; false when there is no such live job.
CREATE FUNCTION barid.cancel(id bigint, reason text DEFAULT 'cancelled') RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    found_state barid.job_state;
    key         text;
BEGIN
    SELECT j.state, j.ordering_key INTO found_state, key FROM barid.job j WHERE j.id = id
    FOR UPDATE;
    IF found_state IS NULL THEN RETURN false; END IF;
    IF found_state = 'running' THEN
        UPDATE barid.job j SET cancel_requested = true WHERE j.id = id;
        PERFORM pg_notify('barid_cancel', id::text);
        RETURN true;
    END IF;
    WITH gone AS (DELETE FROM barid.job j WHERE j.id = id RETURNING j.*)
    INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state, priority,
        attempt, max_attempts, queue, kind, payload, unique_key, ordering_key, request_id,
        traceparent, tags, origin_id, errors)
    SELECT g.id, least(g.run_at, now()), g.created_at, g.claimed_at, g.claim_id, 'cancelled',
        g.priority, g.attempt, g.max_attempts, g.queue, g.kind, g.payload, g.unique_key,
        g.ordering_key, g.request_id, g.traceparent, g.tags, g.origin_id,
        barid.append_error(g.errors, g.attempt, reason, NULL, now())
    FROM gone g;
    IF key IS NOT NULL THEN PERFORM barid.free_key(key); END IF;
    RETURN true;
END $$;

-- Runs a failed or cancelled job again under its own id, with fresh attempts; a waiting one at
-- once. False when there is nothing to retry.
CREATE FUNCTION barid.retry(id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    target text;
BEGIN
    UPDATE barid.job j SET run_at = clock_timestamp() WHERE j.id = id AND j.state = 'waiting'
       AND isfinite(j.run_at) RETURNING j.queue INTO target;
    IF target IS NOT NULL THEN
        PERFORM barid.wake(target);
        RETURN true;
    END IF;
    WITH gone AS (DELETE FROM barid.job_history h
                  WHERE h.id = id AND h.state <> 'completed' RETURNING h.*)
    INSERT INTO barid.job (id, run_at, created_at, priority, max_attempts, queue, kind, payload,
        unique_key, ordering_key, request_id, traceparent, tags, origin_id, errors)
    OVERRIDING SYSTEM VALUE
    SELECT g.id, clock_timestamp(), g.created_at, g.priority, g.max_attempts, g.queue, g.kind,
        g.payload, g.unique_key, g.ordering_key, g.request_id, g.traceparent, g.tags,
        g.origin_id, g.errors FROM gone g;
    RETURN FOUND;
END $$;

CREATE FUNCTION barid.pause(queue text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    INSERT INTO barid.queue AS q (name, paused) VALUES (queue, true)
    ON CONFLICT (name) DO UPDATE SET paused = true
$$;

CREATE FUNCTION barid.resume(queue text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.queue q SET paused = false WHERE q.name = queue;
    SELECT barid.wake(queue);
$$;

CREATE VIEW barid.jobs AS
    SELECT j.id, j.queue, j.kind,
           CASE WHEN j.state = 'waiting' AND j.run_at = 'infinity' THEN 'parked'
                ELSE j.state::text END AS state,
           j.priority, j.attempt, j.max_attempts,
           CASE WHEN j.run_at = 'infinity' THEN j.due_at ELSE j.run_at END AS run_at,
           j.created_at, nullif(j.claimed_at, '-infinity') AS claimed_at,
           NULL::timestamptz AS finished_at, j.payload, j.unique_key, j.ordering_key,
           j.request_id, j.traceparent, j.tags, j.progress, j.progress_note,
           coalesce(j.errors, '[]') AS errors, NULL::jsonb AS output, j.origin_id
    FROM barid.job j
    UNION ALL
    SELECT h.id, h.queue, h.kind, h.state::text, h.priority, h.attempt, h.max_attempts, h.run_at,
           h.created_at, nullif(h.claimed_at, '-infinity'), h.finished_at, h.payload,
           h.unique_key, h.ordering_key, h.request_id, h.traceparent, h.tags, 1, NULL,
           coalesce(h.errors, '[]'), h.output, h.origin_id
    FROM barid.job_history h;

CREATE VIEW barid.queues AS
    SELECT n.name, coalesce(q.paused, false) AS paused,
           count(j.id) FILTER (WHERE j.state = 'waiting' AND j.run_at <= now()) AS due,
           count(j.id) FILTER (WHERE j.state = 'waiting' AND j.run_at > now()) AS later,
           count(j.id) FILTER (WHERE j.state = 'running') AS running,
           now() - min(j.run_at) FILTER (WHERE j.state = 'waiting' AND j.run_at <= now())
               AS oldest_due
    FROM (SELECT name FROM barid.queue UNION SELECT DISTINCT queue FROM barid.job) n
    LEFT JOIN barid.queue q ON q.name = n.name
    LEFT JOIN barid.job j ON j.queue = n.name
    GROUP BY n.name, q.paused;

CREATE VIEW barid.workers AS
    SELECT w.id, w.name, w.queues, w.started_at, w.renewed_at, w.lease_ttl,
           coalesce(sum(cardinality(c.job_ids)), 0) AS claimed
    FROM barid.worker w LEFT JOIN barid.claim c ON c.worker_id = w.id
    GROUP BY w.id;

--------------------------------------------------------------------------------------------------
-- Grants. Every function is closed to PUBLIC by the migrator, after each migration.

GRANT USAGE ON SCHEMA barid TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.enqueue, barid.enqueue_many TO barid_producer;
GRANT INSERT (kind, payload, queue, priority, run_at, max_attempts, unique_key, ordering_key,
              request_id, traceparent, tags), SELECT (id) ON barid.job TO barid_producer;

GRANT SELECT, INSERT, UPDATE, DELETE ON barid.job, barid.job_history, barid.worker, barid.claim,
    barid.ordering_slot, barid.rescue_log TO barid_worker;
GRANT SELECT ON barid.queue, barid.migration, barid.history_partition, barid.jobs, barid.queues,
    barid.workers TO barid_worker, barid_operator, barid_readonly;
GRANT SELECT ON barid.rescue_log TO barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.enqueue, barid.enqueue_many, barid.wake, barid.wake_flag,
    barid.ensure_history, barid.prune_history, barid.append_error, barid.free_key,
    barid.claim_keyed, barid.settle, barid.requeue_claim, barid.rescue, barid.close_epoch,
    barid.sweep TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.enqueue, barid.enqueue_many, barid.cancel, barid.retry,
    barid.pause, barid.resume TO barid_operator;
