-- Uniqueness policies, limits, flows, batches, pausing of kinds: what a job may wait for beyond its
-- time. Rules for statements of older workers, which run on beside this schema while a fleet is
-- upgraded: every added column has a default, and what an older worker settles without knowing of
-- it is put right by barid.sweep.

--------------------------------------------------------------------------------------------------
-- Columns.

ALTER TABLE barid.job
    -- Settled by barid.settle only: it holds a limit's slot, has children, a checkpoint, …
    ADD COLUMN special boolean NOT NULL DEFAULT false,
    -- Why run_at is infinite: ordering_key | limit | parents | kind; '' while it isn't.
    ADD COLUMN parked_by text COLLATE "C" NOT NULL DEFAULT '',
    -- How long unique_key is taken: finished (until the job has ended), waiting (until it is
    -- claimed), running (many may wait, one runs), state (one waits and one runs).
    ADD COLUMN unique_while text COLLATE "C" NOT NULL DEFAULT 'finished'
        CHECK (unique_while IN ('finished', 'waiting', 'running', 'state')),
    -- The unique_key that the claim of a `waiting` or `state` job gave up, for people.
    ADD COLUMN released_key text COLLATE "C",
    -- What to do when unique_key is taken: keep what is there, or replace it while it waits.
    ADD COLUMN on_conflict text COLLATE "C" NOT NULL DEFAULT 'keep'
        CHECK (on_conflict IN ('keep', 'replace')),
    ADD COLUMN throttle interval CHECK (throttle BETWEEN '1 second' AND '1 year'),
    ADD COLUMN debounce interval CHECK (debounce BETWEEN '1 millisecond' AND '1 year'),
    ADD COLUMN limit_key text COLLATE "C" CHECK (length(limit_key) <= 600),
    -- Ids of the jobs that must have finished before this one starts.
    ADD COLUMN after bigint[] CHECK (cardinality(after) BETWEEN 1 AND 1000),
    ADD COLUMN on_parent_failure text COLLATE "C" NOT NULL DEFAULT 'cancel'
        CHECK (on_parent_failure IN ('cancel', 'run', 'wait')),
    ADD COLUMN batch_id bigint,
    -- Where a dead letter came from; origin_id says which job it was.
    ADD COLUMN origin_queue text COLLATE "C";

ALTER TABLE barid.job DROP CONSTRAINT job_run_at_finite;
ALTER TABLE barid.job ADD CONSTRAINT job_run_at_finite
    CHECK (isfinite(run_at) OR (run_at = 'infinity' AND isfinite(due_at))) NOT VALID;

CREATE INDEX job_lane ON barid.job (queue, limit_key, priority, due_at, id)
    WHERE parked_by = 'limit';
CREATE INDEX job_parked_kind ON barid.job (kind, id) WHERE parked_by = 'kind';
CREATE INDEX job_batch ON barid.job (batch_id, id) WHERE batch_id IS NOT NULL;

ALTER TABLE barid.job_history
    ADD COLUMN limit_key text COLLATE "C",
    ADD COLUMN after bigint[],
    ADD COLUMN batch_id bigint,
    ADD COLUMN origin_queue text COLLATE "C";

ALTER TABLE barid.queue
    -- Jobs that run at once: in the fleet, in each process, for each limit_key in the fleet.
    ADD COLUMN concurrency int CHECK (concurrency BETWEEN 1 AND 1000000),
    ADD COLUMN process_concurrency int CHECK (process_concurrency BETWEEN 1 AND 1000000),
    ADD COLUMN key_concurrency int CHECK (key_concurrency BETWEEN 1 AND 1000000),
    -- Starts per period, for the queue and for each limit_key; a burst is the bucket's size.
    ADD COLUMN rate_limit int CHECK (rate_limit BETWEEN 1 AND 1000000),
    ADD COLUMN rate_period interval NOT NULL DEFAULT '1 second'
        CHECK (rate_period BETWEEN '1 millisecond' AND '1 year'),
    ADD COLUMN rate_burst int CHECK (rate_burst BETWEEN 1 AND 1000000),
    ADD COLUMN key_rate_limit int CHECK (key_rate_limit BETWEEN 1 AND 1000000),
    ADD COLUMN key_rate_period interval NOT NULL DEFAULT '1 second'
        CHECK (key_rate_period BETWEEN '1 millisecond' AND '1 year'),
    ADD COLUMN key_rate_burst int CHECK (key_rate_burst BETWEEN 1 AND 1000000),
    -- After the final failure of a job with an ordering key: the next one, or nothing until
    -- somebody retries it or unblocks the key.
    ADD COLUMN on_ordering_failure text COLLATE "C" NOT NULL DEFAULT 'continue'
        CHECK (on_ordering_failure IN ('continue', 'block')),
    -- Its jobs are claimed by barid.claim_limited, under the lock of its bucket.
    ADD COLUMN limited boolean GENERATED ALWAYS AS (concurrency IS NOT NULL
        OR process_concurrency IS NOT NULL OR rate_limit IS NOT NULL) STORED,
    -- Keys of the payload, at any depth, whose values are not kept in the history.
    ADD COLUMN redact text[];

ALTER TABLE barid.ordering_slot ADD COLUMN blocked boolean NOT NULL DEFAULT false;

CREATE TABLE barid.paused_kind (
    kind      text COLLATE "C" PRIMARY KEY,
    paused_at timestamptz NOT NULL DEFAULT now()
);

-- A row a running job under a concurrency limit: limits count these, never a counter.
CREATE TABLE barid.limit_slot (
    job_id    bigint PRIMARY KEY,
    queue     text COLLATE "C" NOT NULL,
    limit_key text COLLATE "C" NOT NULL DEFAULT ''
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
CREATE INDEX limit_slot_scope ON barid.limit_slot (queue, limit_key);

-- Token buckets, filled when they are looked at; limit_key '' is the queue's own. The row of a
-- limited queue is also the lock under which its jobs are claimed.
CREATE TABLE barid.limit_bucket (
    queue       text COLLATE "C" NOT NULL,
    limit_key   text COLLATE "C" NOT NULL DEFAULT '',
    tokens      double precision NOT NULL,
    refilled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (queue, limit_key)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- Aligned windows in which a key was used (throttle), kept until they are over.
CREATE TABLE barid.throttle (
    queue      text COLLATE "C" NOT NULL,
    unique_key text COLLATE "C" NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    job_id     bigint NOT NULL,
    PRIMARY KEY (queue, unique_key, starts_at)
);

-- Written when a child is parked; read by the settle of its parents.
CREATE TABLE barid.dependency (
    parent_id bigint NOT NULL,
    child_id  bigint NOT NULL,
    PRIMARY KEY (parent_id, child_id)
);
CREATE INDEX dependency_child ON barid.dependency (child_id);

CREATE TABLE barid.batch (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- No more jobs will be added from outside: it may finish.
    closed_at   timestamptz,
    finished_at timestamptz,
    completed   bigint NOT NULL DEFAULT 0,
    failed      bigint NOT NULL DEFAULT 0,
    cancelled   bigint NOT NULL DEFAULT 0,
    -- Jobs to enqueue, in the form that enqueue_many takes: when the last one has ended (all
    -- completed; at least one not; in any case).
    on_success  jsonb CHECK (jsonb_typeof(on_success) = 'object'),
    on_failure  jsonb CHECK (jsonb_typeof(on_failure) = 'object'),
    on_finished jsonb CHECK (jsonb_typeof(on_finished) = 'object')
) WITH (fillfactor = 50);

--------------------------------------------------------------------------------------------------
-- Admission: what a new row needs when it says more than when and what. Plain rows never come here.

-- Where it refuses or replaces, the row is not inserted, and `barid.admitted` says what stands for
-- it: id:outcome.
CREATE FUNCTION barid.admit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    other  bigint;
    period double precision;
    starts timestamptz;
BEGIN
    IF NEW.unique_key IS NULL AND (NEW.throttle IS NOT NULL OR NEW.debounce IS NOT NULL
            OR NEW.on_conflict = 'replace' OR NEW.unique_while <> 'finished') AND NEW.released_key IS NULL THEN
        RAISE EXCEPTION 'throttle, debounce, on_conflict and unique_while need a unique_key'
            USING ERRCODE = '22023';
    END IF;
    IF NEW.throttle IS NOT NULL AND NEW.debounce IS NOT NULL THEN
        RAISE EXCEPTION 'give throttle or debounce, not both' USING ERRCODE = '22023';
    END IF;
    IF NEW.limit_key IS NOT NULL AND (NEW.ordering_key IS NOT NULL
            OR NEW.unique_while IN ('running', 'state') AND NEW.unique_key IS NOT NULL) THEN
        RAISE EXCEPTION 'a job has a limit_key, an ordering_key or a unique_key that counts while it runs: give one of them'
            USING ERRCODE = '22023';
    END IF;
    IF NEW.unique_while IN ('running', 'state') AND NEW.ordering_key IS NOT NULL THEN
        RAISE EXCEPTION 'jobs of an ordering_key run one at a time already: leave out unique_while'
            USING ERRCODE = '22023';
    END IF;
    IF NEW.batch_id IS NOT NULL THEN
        -- Until we commit, nobody finishes the batch; its jobs are settled all the same.
        PERFORM 1 FROM barid.batch b WHERE b.id = NEW.batch_id AND b.finished_at IS NULL
        FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'batch % does not exist or has finished', NEW.batch_id
                USING ERRCODE = '22023';
        END IF;
    END IF;
    IF NEW.throttle IS NOT NULL THEN
        period := extract(epoch FROM NEW.throttle);
        starts := to_timestamp(floor(extract(epoch FROM clock_timestamp()) / period) * period);
        INSERT INTO barid.throttle AS t (queue, unique_key, starts_at, ends_at, job_id)
        VALUES (NEW.queue, NEW.unique_key, starts, starts + NEW.throttle, NEW.id)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            SELECT t.job_id INTO other FROM barid.throttle t
            WHERE t.queue = NEW.queue AND t.unique_key = NEW.unique_key AND t.starts_at = starts;
            PERFORM set_config('barid.admitted', other || ':deduplicated', true);
            RETURN NULL;
        END IF;
        NEW.released_key := NEW.unique_key;
        NEW.unique_key := NULL;
    ELSIF NEW.debounce IS NOT NULL THEN
        NEW.unique_while := 'waiting';
        NEW.on_conflict := 'replace';
        NEW.run_at := clock_timestamp() + NEW.debounce;
    END IF;
    IF NEW.on_conflict = 'replace' AND NEW.unique_key IS NOT NULL THEN
        UPDATE barid.job j SET kind = NEW.kind, payload = NEW.payload, priority = NEW.priority,
            max_attempts = NEW.max_attempts, tags = NEW.tags, request_id = NEW.request_id,
            traceparent = NEW.traceparent,
            run_at = CASE WHEN isfinite(j.run_at) THEN greatest(NEW.run_at, clock_timestamp())
                          ELSE j.run_at END,
            due_at = CASE WHEN isfinite(j.run_at) THEN j.due_at ELSE NEW.run_at END
        WHERE j.queue = NEW.queue AND j.unique_key = NEW.unique_key AND j.state = 'waiting'
        RETURNING j.id INTO other;
        IF other IS NOT NULL THEN
            PERFORM set_config('barid.admitted', other || ':replaced', true);
            PERFORM barid.wake(NEW.queue);
            RETURN NULL;
        END IF;
    END IF;
    IF NEW.unique_while IN ('running', 'state') AND NEW.limit_key IS NULL
       AND coalesce(NEW.unique_key, NEW.released_key) IS NOT NULL THEN
        NEW.limit_key := 'unique:' || coalesce(NEW.unique_key, NEW.released_key);
        IF NEW.unique_while = 'running' THEN
            NEW.released_key := coalesce(NEW.unique_key, NEW.released_key);
            NEW.unique_key := NULL;
        END IF;
    END IF;
    -- Due jobs of a key wait in their key's lane, where the claims of other keys never meet them.
    IF NEW.limit_key IS NOT NULL AND NEW.after IS NULL AND NEW.run_at <= clock_timestamp() THEN
        NEW.due_at := NEW.run_at;
        NEW.run_at := 'infinity';
        NEW.parked_by := 'limit';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER job_admit BEFORE INSERT ON barid.job FOR EACH ROW
    WHEN (NEW.limit_key IS NOT NULL OR NEW.batch_id IS NOT NULL OR NEW.throttle IS NOT NULL
          OR NEW.debounce IS NOT NULL OR NEW.unique_while <> 'finished'
          OR NEW.on_conflict <> 'keep')
    EXECUTE FUNCTION barid.admit();

--------------------------------------------------------------------------------------------------
-- Wake-ups, once for a queue in a transaction and not for every statement: a transition table and
-- its query cost a quarter of a plain insert. The transaction has its xid before the flag is tried; a
-- worker that lies down later waits until we have ended (see queue/wakeup.hpp), so what we insert after
-- the try is found as well. Runs with the producer's own rights and needs none.

CREATE FUNCTION barid.wake_before_insert() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    flag int := pg_catalog.hashtext(NEW.queue) OPERATOR(pg_catalog.&) 63;
BEGIN
    -- Two-phase commit can't NOTIFY: `SET LOCAL barid.notify = off` leaves it to polling.
    IF pg_catalog.current_setting('barid.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_catalog.pg_current_xact_id();
        IF pg_catalog.pg_try_advisory_lock(1112297796, flag) THEN
            PERFORM pg_catalog.pg_advisory_unlock(1112297796, flag);
        ELSE
            PERFORM pg_catalog.pg_notify('barid', NEW.queue);
        END IF;
    END IF;
    PERFORM pg_catalog.set_config('barid.woken', NEW.queue, true);
    RETURN NEW;
END $$;

DROP TRIGGER job_wake ON barid.job;
DROP FUNCTION barid.wake_after_insert();
CREATE TRIGGER job_wake BEFORE INSERT ON barid.job FOR EACH ROW
    WHEN (current_setting('barid.woken', true) IS DISTINCT FROM NEW.queue)
    EXECUTE FUNCTION barid.wake_before_insert();

--------------------------------------------------------------------------------------------------
-- Enqueue.

DROP FUNCTION barid.enqueue(text, jsonb, text, int, timestamptz, interval, int, text, text, text,
                            text, text[]);

-- `outcome`: inserted; deduplicated (`id` is the job that stands for the request, which may have
-- finished already when it was throttled); replaced (`id` waits on with what was given here).
CREATE FUNCTION barid.try_enqueue(
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
    tags         text[] DEFAULT NULL,
    unique_while text DEFAULT 'finished',
    on_conflict  text DEFAULT 'keep',
    throttle     interval DEFAULT NULL,
    debounce     interval DEFAULT NULL,
    limit_key    text DEFAULT NULL,
    after        bigint[] DEFAULT NULL,
    on_parent_failure text DEFAULT 'cancel',
    batch_id     bigint DEFAULT NULL
) RETURNS TABLE (id bigint, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    starts   timestamptz := clock_timestamp();
    admitted text;
    holder   record;
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
    FOR turn IN 1 .. 100 LOOP
        PERFORM set_config('barid.admitted', '', true);
        INSERT INTO barid.job AS j (kind, payload, queue, priority, run_at, max_attempts,
            unique_key, ordering_key, request_id, traceparent, tags, unique_while, on_conflict,
            throttle, debounce, limit_key, after, on_parent_failure, batch_id)
        VALUES (kind, payload, queue, priority, starts,
                coalesce(max_attempts, (SELECT q.max_attempts FROM barid.queue q
                                        WHERE q.name = try_enqueue.queue), 10),
                unique_key, ordering_key, request_id, traceparent, tags,
                coalesce(unique_while, 'finished'), coalesce(on_conflict, 'keep'), throttle,
                debounce, limit_key, after, coalesce(on_parent_failure, 'cancel'), batch_id)
        ON CONFLICT DO NOTHING
        RETURNING j.id INTO id;
        IF id IS NOT NULL THEN
            outcome := 'inserted';
            RETURN NEXT;
            RETURN;
        END IF;
        admitted := current_setting('barid.admitted', true);
        IF admitted <> '' THEN
            id := split_part(admitted, ':', 1);
            outcome := split_part(admitted, ':', 2);
            RETURN NEXT;
            RETURN;
        END IF;
        -- The job that holds the key; gone again when it finished meanwhile. One that began to
        -- wait meanwhile is still to be replaced.
        SELECT j.id, j.state INTO holder FROM barid.job j
        WHERE j.queue = try_enqueue.queue AND j.unique_key = try_enqueue.unique_key;
        CONTINUE WHEN holder.id IS NULL;
        CONTINUE WHEN holder.state = 'waiting' AND (on_conflict = 'replace' OR debounce IS NOT NULL);
        id := holder.id;
        outcome := 'deduplicated';
        RETURN NEXT;
        RETURN;
    END LOOP;
    RAISE EXCEPTION 'unique_key % of queue % changes hands too fast', unique_key, queue
        USING ERRCODE = '40001';
END $$;

-- The id that stands for the request: see try_enqueue.
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
    tags         text[] DEFAULT NULL,
    unique_while text DEFAULT 'finished',
    on_conflict  text DEFAULT 'keep',
    throttle     interval DEFAULT NULL,
    debounce     interval DEFAULT NULL,
    limit_key    text DEFAULT NULL,
    after        bigint[] DEFAULT NULL,
    on_parent_failure text DEFAULT 'cancel',
    batch_id     bigint DEFAULT NULL
) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    new_id bigint;
BEGIN
    -- The plain job, by the short way.
    IF unique_key IS NULL AND limit_key IS NULL AND after IS NULL AND batch_id IS NULL
       AND throttle IS NULL AND debounce IS NULL AND run_at IS NULL AND delay IS NULL
       AND on_conflict = 'keep' AND unique_while = 'finished'
       AND jsonb_typeof(payload) = 'object' THEN
        INSERT INTO barid.job AS j (kind, payload, queue, priority, run_at, max_attempts,
                                    ordering_key, request_id, traceparent, tags)
        VALUES (kind, payload, queue, priority, clock_timestamp(),
                coalesce(max_attempts, (SELECT q.max_attempts FROM barid.queue q
                                        WHERE q.name = enqueue.queue), 10),
                ordering_key, request_id, traceparent, tags)
        RETURNING j.id INTO new_id;
        RETURN new_id;
    END IF;
    SELECT t.id INTO new_id FROM barid.try_enqueue(kind, payload, queue, priority, run_at, delay,
        max_attempts, unique_key, ordering_key, request_id, traceparent, tags, unique_while,
        on_conflict, throttle, debounce, limit_key, after, on_parent_failure, batch_id) t;
    RETURN new_id;
END $$;

-- An array of objects whose names are enqueue's arguments, `delay` apart; ids come back in the
-- order of the array, and NULL stands where a unique key was taken, throttled or replaced.
CREATE OR REPLACE FUNCTION barid.enqueue_many(jobs jsonb) RETURNS SETOF bigint
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
                 request_id text, traceparent text, tags text[], unique_while text,
                 on_conflict text, throttle interval, debounce interval, limit_key text,
                 after bigint[], on_parent_failure text, batch_id bigint)
    ), added AS (
        INSERT INTO barid.job (id, kind, payload, queue, priority, run_at, max_attempts,
            unique_key, ordering_key, request_id, traceparent, tags, unique_while, on_conflict,
            throttle, debounce, limit_key, after, on_parent_failure, batch_id)
        OVERRIDING SYSTEM VALUE
        SELECT i.id, i.kind, coalesce(i.payload, '{}'), coalesce(i.queue, 'default'),
               coalesce(i.priority, 5::smallint), greatest(i.run_at, clock_timestamp()),
               coalesce(i.max_attempts, q.max_attempts, 10::smallint), i.unique_key,
               i.ordering_key, i.request_id, i.traceparent, i.tags,
               coalesce(i.unique_while, 'finished'), coalesce(i.on_conflict, 'keep'),
               i.throttle, i.debounce, i.limit_key, i.after,
               coalesce(i.on_parent_failure, 'cancel'), i.batch_id
        FROM input i LEFT JOIN barid.queue q ON q.name = coalesce(i.queue, 'default')
        ORDER BY i.n
        ON CONFLICT (queue, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
        RETURNING job.id
    )
    SELECT a.id FROM input i LEFT JOIN added a ON a.id = i.id ORDER BY i.n;
END $$;

-- What enqueue_many does, and for each what happened to it (see try_enqueue); jobs with a unique
-- key are added one by one.
CREATE FUNCTION barid.try_enqueue_many(jobs jsonb)
    RETURNS TABLE (n bigint, id bigint, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    keyed record;
BEGIN
    IF jsonb_typeof(jobs) <> 'array' THEN
        RAISE EXCEPTION 'try_enqueue_many takes a JSON array of jobs' USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    WITH plain AS MATERIALIZED (
        SELECT row_number() OVER (ORDER BY e.n) AS place, e.n, e.job
        FROM jsonb_array_elements(jobs) WITH ORDINALITY AS e(job, n)
        WHERE e.job->>'unique_key' IS NULL
    ), added AS MATERIALIZED (
        SELECT a.id, a.place FROM barid.enqueue_many(
            (SELECT coalesce(jsonb_agg(p.job ORDER BY p.n), '[]') FROM plain p))
            WITH ORDINALITY AS a(id, place)
    )
    SELECT p.n, a.id, 'inserted' FROM plain p JOIN added a USING (place) ORDER BY p.n;
    FOR keyed IN
        SELECT e.n, e.job->>'kind' AS kind, e.job->'payload' AS payload, r.*
        FROM jsonb_array_elements(jobs) WITH ORDINALITY AS e(job, n),
             jsonb_to_record(e.job) AS r(queue text, priority int, run_at timestamptz,
                 max_attempts int, unique_key text, ordering_key text, request_id text,
                 traceparent text, tags text[], unique_while text, on_conflict text,
                 throttle interval, debounce interval, limit_key text, after bigint[],
                 on_parent_failure text, batch_id bigint)
        WHERE e.job->>'unique_key' IS NOT NULL ORDER BY e.n LOOP
        RETURN QUERY SELECT keyed.n, t.id, t.outcome FROM barid.try_enqueue(keyed.kind,
            coalesce(keyed.payload, '{}'), coalesce(keyed.queue, 'default'),
            coalesce(keyed.priority, 5), keyed.run_at, NULL, keyed.max_attempts, keyed.unique_key,
            keyed.ordering_key, keyed.request_id, keyed.traceparent, keyed.tags,
            keyed.unique_while, keyed.on_conflict, keyed.throttle, keyed.debounce,
            keyed.limit_key, keyed.after, keyed.on_parent_failure, keyed.batch_id) t;
    END LOOP;
END $$;

--------------------------------------------------------------------------------------------------
-- Batches: jobs that belong together, and what follows when the last of them has ended.

CREATE FUNCTION barid.check_callback(name text, definition jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF definition IS NULL THEN RETURN; END IF;
    IF jsonb_typeof(definition) <> 'object'
       OR coalesce(definition->>'kind', '') !~ '^[a-z0-9][a-z0-9_.-]{0,62}$'
       OR jsonb_typeof(coalesce(definition->'payload', '{}')) <> 'object' THEN
        RAISE EXCEPTION '% must be a job as enqueue_many takes it: an object with "kind" and, if any, an object as "payload"', name
            USING ERRCODE = '22023';
    END IF;
    IF definition ?| ARRAY['after', 'batch_id', 'unique_key'] THEN
        RAISE EXCEPTION '% cannot have after, batch_id or unique_key', name USING ERRCODE = '22023';
    END IF;
END $$;

-- An open batch: add jobs with batch_id, then close it; nothing follows before that.
CREATE FUNCTION barid.open_batch(name text DEFAULT '', on_success jsonb DEFAULT NULL,
                                 on_failure jsonb DEFAULT NULL, on_finished jsonb DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    PERFORM barid.check_callback('on_success', on_success);
    PERFORM barid.check_callback('on_failure', on_failure);
    PERFORM barid.check_callback('on_finished', on_finished);
    INSERT INTO barid.batch AS b (name, on_success, on_failure, on_finished)
    VALUES (name, on_success, on_failure, on_finished) RETURNING b.id INTO made;
    RETURN made;
END $$;

-- Ends the batch when it is closed and no job of it lives. A producer that is adding a job holds
-- the row: then its job's end, or the sweep, comes here again.
CREATE FUNCTION barid.finish_batch(batch bigint) RETURNS boolean
    LANGUAGE plpgsql AS $$
DECLARE
    ended    barid.batch;
    follow   jsonb := '[]';
    callback jsonb;
BEGIN
    PERFORM 1 FROM barid.batch b WHERE b.id = batch AND b.closed_at IS NOT NULL
        AND b.finished_at IS NULL FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM 1 FROM barid.job j WHERE j.batch_id = batch LIMIT 1;
    IF FOUND THEN RETURN false; END IF;
    UPDATE barid.batch b SET finished_at = clock_timestamp() WHERE b.id = batch
    RETURNING b.* INTO ended;
    FOREACH callback IN ARRAY ARRAY[
        CASE WHEN ended.failed + ended.cancelled = 0 THEN ended.on_success ELSE ended.on_failure END,
        ended.on_finished] LOOP
        CONTINUE WHEN callback IS NULL;
        follow := follow || jsonb_build_array(callback || jsonb_build_object('payload',
            coalesce(callback->'payload', '{}') || jsonb_build_object('batch', jsonb_build_object(
                'id', ended.id, 'name', ended.name, 'completed', ended.completed,
                'failed', ended.failed, 'cancelled', ended.cancelled))));
    END LOOP;
    IF follow <> '[]' THEN PERFORM barid.enqueue_many(follow); END IF;
    RETURN true;
END $$;

CREATE FUNCTION barid.close_batch(batch bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    UPDATE barid.batch b SET closed_at = coalesce(b.closed_at, clock_timestamp())
    WHERE b.id = batch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no batch %', batch USING ERRCODE = '22023';
    END IF;
    PERFORM barid.finish_batch(batch);
END $$;

-- Opens, fills and closes a batch.
CREATE FUNCTION barid.enqueue_batch(jobs jsonb, name text DEFAULT '', on_success jsonb DEFAULT NULL,
                                    on_failure jsonb DEFAULT NULL, on_finished jsonb DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    made bigint := barid.open_batch(name, on_success, on_failure, on_finished);
BEGIN
    IF jsonb_typeof(jobs) <> 'array' THEN
        RAISE EXCEPTION 'enqueue_batch takes a JSON array of jobs' USING ERRCODE = '22023';
    END IF;
    PERFORM barid.enqueue_many((SELECT coalesce(jsonb_agg(
            CASE jsonb_typeof(e.job) WHEN 'object'
                 THEN e.job || jsonb_build_object('batch_id', made) ELSE e.job END ORDER BY e.n), '[]')
        FROM jsonb_array_elements(jobs) WITH ORDINALITY AS e(job, n)));
    PERFORM barid.close_batch(made);
    RETURN made;
END $$;

--------------------------------------------------------------------------------------------------
-- Endings. Locks are taken in one order everywhere: ordering slots, batches, jobs by id.

CREATE FUNCTION barid.claim_worker(claim uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ('x' || left(replace(claim::text, '-', ''), 16))::bit(64)::bigint;

-- The last 20 errors, each cut at 2,000 characters: what a job says of itself stays small.
CREATE OR REPLACE FUNCTION barid.append_error(errors jsonb, attempt int, error text, worker text,
                                              started timestamptz) RETURNS jsonb
    LANGUAGE sql STABLE CALLED ON NULL INPUT AS $$
    SELECT CASE WHEN error IS NULL THEN errors ELSE
        (CASE WHEN jsonb_array_length(coalesce(errors, '[]')) >= 20 THEN errors - 1
              ELSE coalesce(errors, '[]') END)
        || jsonb_build_object('attempt', attempt, 'at', clock_timestamp(),
               'error', left(error, 2000), 'worker', worker,
               'ms', CASE WHEN isfinite(started) THEN
                   round(extract(epoch FROM clock_timestamp() - started) * 1000) END) END
$$;

-- Gives a key to its next job. Called with the key's slot held or just deleted.
CREATE OR REPLACE FUNCTION barid.free_key(key text) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    freed text;
BEGIN
    UPDATE barid.job j SET run_at = greatest(j.due_at, clock_timestamp()), due_at = '-infinity',
        parked_by = ''
    WHERE j.id = (SELECT h.id FROM barid.job h WHERE h.ordering_key = key ORDER BY h.id LIMIT 1)
      AND j.run_at = 'infinity' AND j.parked_by IN ('', 'ordering_key')
    RETURNING j.queue INTO freed;
    IF freed IS NOT NULL THEN PERFORM barid.wake(freed); END IF;
END $$;

-- Frees a key that a final failure blocked; its next job runs. False when it isn't blocked.
CREATE FUNCTION barid.unblock_key(key text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    DELETE FROM barid.ordering_slot s WHERE s.ordering_key = key AND s.blocked;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM barid.free_key(key);
    RETURN true;
END $$;

CREATE FUNCTION barid.end_waiting(ids bigint[], reason text) RETURNS int
    LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    ended   bigint[];
    keys    text[];
    batches bigint[];
    key     text;
    batch   bigint;
BEGIN
    SELECT array_agg(DISTINCT j.batch_id) INTO batches FROM barid.job j
    WHERE j.id = ANY (ids) AND j.batch_id IS NOT NULL;
    IF batches IS NOT NULL THEN
        PERFORM 1 FROM barid.batch b WHERE b.id = ANY (batches) ORDER BY b.id FOR NO KEY UPDATE;
    END IF;
    WITH live AS MATERIALIZED (
        SELECT j.id FROM barid.job j WHERE j.id = ANY (ids) AND j.state = 'waiting'
        ORDER BY j.id FOR UPDATE
    ), gone AS (
        DELETE FROM barid.job j WHERE j.id = ANY (ARRAY(SELECT l.id FROM live l)) RETURNING j.*
    ), kept AS (
        INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state,
            priority, attempt, max_attempts, queue, kind, payload, unique_key, ordering_key,
            request_id, traceparent, tags, origin_id, errors, limit_key, after, batch_id,
            origin_queue)
        SELECT g.id, CASE WHEN isfinite(g.run_at) THEN g.run_at ELSE g.due_at END, g.created_at,
            g.claimed_at, g.claim_id, 'cancelled', g.priority, g.attempt, g.max_attempts, g.queue,
            g.kind, CASE WHEN q.redact IS NULL THEN g.payload
                         ELSE barid.redact(g.payload, q.redact) END,
            coalesce(g.unique_key, g.released_key), g.ordering_key, g.request_id, g.traceparent,
            g.tags, g.origin_id, barid.append_error(g.errors, g.attempt, reason, NULL, now()),
            g.limit_key, g.after, g.batch_id, g.origin_queue
        FROM gone g LEFT JOIN barid.queue q ON q.name = g.queue
        WHERE coalesce(q.keep_history, true)
    ), counted AS (
        UPDATE barid.batch b SET cancelled = b.cancelled + t.jobs
        FROM (SELECT g.batch_id, count(*) AS jobs FROM gone g GROUP BY 1) t
        WHERE b.id = t.batch_id
    )
    SELECT array_agg(g.id), array_agg(DISTINCT g.ordering_key)
        FILTER (WHERE g.ordering_key IS NOT NULL), array_agg(DISTINCT g.batch_id)
        FILTER (WHERE g.batch_id IS NOT NULL)
    INTO ended, keys, batches FROM gone g;
    IF ended IS NULL THEN RETURN 0; END IF;
    FOREACH key IN ARRAY coalesce(keys, '{}') LOOP PERFORM barid.free_key(key); END LOOP;
    DELETE FROM barid.dependency d WHERE d.child_id = ANY (ended);
    PERFORM barid.free_children(ended, array_fill('cancelled'::text, ARRAY[cardinality(ended)]));
    FOREACH batch IN ARRAY coalesce(batches, '{}') LOOP PERFORM barid.finish_batch(batch); END LOOP;
    RETURN cardinality(ended);
END $$;

-- What the children of jobs that ended do now. A child whose parents have all ended becomes due;
-- the claim looks at it once more and decides.
CREATE FUNCTION barid.free_children(parents bigint[], states text[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    children bigint[];
    doomed   bigint[];
    woken    text[];
BEGIN
    SELECT array_agg(DISTINCT d.child_id) INTO children FROM barid.dependency d
    WHERE d.parent_id = ANY (parents);
    IF children IS NULL THEN RETURN; END IF;
    PERFORM 1 FROM barid.job j WHERE j.id = ANY (children) ORDER BY j.id FOR NO KEY UPDATE;
    SELECT array_agg(DISTINCT j.id) INTO doomed
    FROM unnest(parents, states) AS p(id, state)
    JOIN barid.dependency d ON d.parent_id = p.id JOIN barid.job j ON j.id = d.child_id
    WHERE p.state <> 'completed' AND j.on_parent_failure = 'cancel' AND j.state = 'waiting';
    IF doomed IS NOT NULL THEN
        PERFORM barid.end_waiting(doomed, 'a job that it waited for has failed or was cancelled');
    END IF;
    -- A child that waits for its parent to be repaired stays behind it.
    DELETE FROM barid.dependency d USING unnest(parents, states) AS p(id, state)
    WHERE d.parent_id = p.id
      AND (p.state = 'completed' OR NOT EXISTS (
          SELECT 1 FROM barid.job j WHERE j.id = d.child_id AND j.on_parent_failure = 'wait'));
    WITH freed AS (
        UPDATE barid.job j SET run_at = greatest(j.due_at, clock_timestamp()),
            due_at = '-infinity', parked_by = ''
        WHERE j.id = ANY (children) AND j.parked_by = 'parents'
          AND NOT EXISTS (SELECT 1 FROM barid.dependency d WHERE d.child_id = j.id)
        RETURNING j.queue
    )
    SELECT array_agg(DISTINCT f.queue) INTO woken FROM freed f;
    IF woken IS NOT NULL THEN PERFORM barid.wake(q) FROM unnest(woken) q; END IF;
END $$;

--------------------------------------------------------------------------------------------------
-- The claim of jobs that have more to pass than their time.

-- Parks the child behind the parents that still live, or says how it stands: ready, parked, ended,
-- or later (a parent is just being settled).
CREATE FUNCTION barid.pass_parents(child bigint, parents bigint[], policy text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    live   bigint[];
    locked bigint[];
    failed bigint[];
BEGIN
    SELECT array_agg(j.id) INTO live FROM barid.job j WHERE j.id = ANY (parents);
    SELECT array_agg(t.id) INTO locked FROM (
        SELECT j.id FROM barid.job j WHERE j.id = ANY (parents) ORDER BY j.id
        FOR NO KEY UPDATE SKIP LOCKED) t;
    IF coalesce(cardinality(live), 0) > coalesce(cardinality(locked), 0) THEN RETURN 'later'; END IF;
    IF policy <> 'run' THEN
        SELECT array_agg(h.id) INTO failed FROM barid.job_history h
        WHERE h.id = ANY (parents) AND h.state <> 'completed';
        IF failed IS NOT NULL AND policy = 'cancel' THEN
            PERFORM barid.end_waiting(ARRAY[child],
                format('job %s, which it waited for, has failed or was cancelled', failed[1]));
            RETURN 'ended';
        END IF;
    END IF;
    live := coalesce(locked, '{}') || coalesce(failed, '{}');
    IF live = '{}' THEN RETURN 'ready'; END IF;
    UPDATE barid.job j SET special = true WHERE j.id = ANY (locked) AND NOT j.special;
    INSERT INTO barid.dependency (parent_id, child_id) SELECT unnest(live), child
    ON CONFLICT DO NOTHING;
    UPDATE barid.job j SET due_at = j.run_at, run_at = 'infinity', parked_by = 'parents'
    WHERE j.id = child;
    RETURN 'parked';
END $$;

-- Claims those of the due jobs `ids` that may run now, and parks the others behind what they wait
-- for: a paused kind, parents, their limit key's lane, an earlier job of their ordering key. The
-- slot row is an ordering key's lock: parking holds it too, so that a settle can't free the key
-- between our look and our park.
CREATE OR REPLACE FUNCTION barid.claim_keyed(worker bigint, worker_epoch int, claim uuid,
                                             ids bigint[]) RETURNS SETOF bigint
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    child   record;
    key     text;
    head    bigint;
    ready   boolean;
    stand   text;
    passed  bigint[] := '{}';
    free    bigint[];
    claimed bigint[] := '{}';
BEGIN
    PERFORM 1 FROM barid.worker w WHERE w.id = worker AND w.epoch = worker_epoch FOR KEY SHARE;
    IF NOT FOUND THEN RETURN; END IF;

    UPDATE barid.job j SET due_at = j.run_at, run_at = 'infinity', parked_by = 'kind'
    WHERE j.id = ANY (ARRAY(
        SELECT p.id FROM barid.job p WHERE p.id = ANY (ids) AND p.state = 'waiting'
          AND p.run_at <= now() AND p.kind IN (SELECT k.kind FROM barid.paused_kind k)
        ORDER BY p.id FOR NO KEY UPDATE SKIP LOCKED));

    FOR child IN SELECT j.id, j.after, j.on_parent_failure FROM barid.job j
                 WHERE j.id = ANY (ids) AND j.after IS NOT NULL AND j.state = 'waiting'
                   AND j.run_at <= now()
                 ORDER BY j.id FOR NO KEY UPDATE SKIP LOCKED LOOP
        stand := barid.pass_parents(child.id, child.after, child.on_parent_failure);
        IF stand = 'ready' THEN
            passed := passed || child.id;
        ELSIF stand = 'later' THEN
            UPDATE barid.job j SET run_at = clock_timestamp() + interval '50 milliseconds'
            WHERE j.id = child.id;
        END IF;
    END LOOP;

    UPDATE barid.job j SET due_at = j.run_at, run_at = 'infinity', parked_by = 'limit'
    WHERE j.id = ANY (ARRAY(
        SELECT p.id FROM barid.job p WHERE p.id = ANY (ids) AND p.state = 'waiting'
          AND p.run_at <= now() AND p.limit_key IS NOT NULL
          AND (p.after IS NULL OR p.id = ANY (passed))
        ORDER BY p.id FOR NO KEY UPDATE SKIP LOCKED));

    -- What is left without a key runs. What somebody else held a moment ago, and so was not
    -- looked at above, stays due.
    free := ARRAY(SELECT p.id FROM barid.job p WHERE p.id = ANY (ids) AND p.state = 'waiting'
                    AND p.run_at <= now() AND p.ordering_key IS NULL AND p.limit_key IS NULL
                    AND (p.after IS NULL OR p.id = ANY (passed))
                    AND p.kind NOT IN (SELECT k.kind FROM barid.paused_kind k)
                  ORDER BY p.id FOR NO KEY UPDATE SKIP LOCKED);
    IF free <> '{}' THEN
        UPDATE barid.job j SET state = 'running', attempt = j.attempt + 1, claim_id = claim,
            claimed_at = clock_timestamp(),
            released_key = CASE WHEN j.unique_while IN ('waiting', 'state')
                                THEN coalesce(j.unique_key, j.released_key) ELSE j.released_key END,
            unique_key = CASE WHEN j.unique_while IN ('waiting', 'state') THEN NULL
                              ELSE j.unique_key END
        WHERE j.id = ANY (free);
        claimed := free;
    END IF;

    FOR key IN SELECT DISTINCT j.ordering_key FROM barid.job j
               WHERE j.id = ANY (ids) AND j.ordering_key IS NOT NULL AND j.state = 'waiting'
                 AND j.run_at <= now() AND (j.after IS NULL OR j.id = ANY (passed))
               ORDER BY 1 LOOP
        -- A claim lost in a server crash would break the key's order: this one is made durable.
        PERFORM set_config('synchronous_commit', 'on', true);
        head := NULL;
        INSERT INTO barid.ordering_slot (ordering_key, job_id) VALUES (key, 0)
        ON CONFLICT (ordering_key) DO NOTHING;
        IF FOUND THEN
            SELECT h.id, h.state = 'waiting' AND (h.run_at <= now() OR (h.run_at = 'infinity'
                         AND h.parked_by IN ('', 'ordering_key') AND h.due_at <= now()))
            INTO head, ready
            FROM barid.job h WHERE h.ordering_key = key ORDER BY h.id LIMIT 1;
            IF ready THEN
                PERFORM 1 FROM barid.job h WHERE h.id = head AND h.state = 'waiting'
                  AND (h.after IS NULL OR h.id = ANY (passed))
                  AND h.kind NOT IN (SELECT k.kind FROM barid.paused_kind k)
                FOR NO KEY UPDATE SKIP LOCKED;
                ready := FOUND;
            END IF;
            IF ready THEN
                UPDATE barid.job h SET state = 'running', attempt = h.attempt + 1,
                    claim_id = claim, claimed_at = clock_timestamp(),
                    run_at = CASE WHEN h.run_at = 'infinity' THEN h.due_at ELSE h.run_at END,
                    due_at = '-infinity', parked_by = '',
                    released_key = CASE WHEN h.unique_while = 'waiting'
                                        THEN coalesce(h.unique_key, h.released_key)
                                        ELSE h.released_key END,
                    unique_key = CASE WHEN h.unique_while = 'waiting' THEN NULL
                                      ELSE h.unique_key END
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
        UPDATE barid.job j SET due_at = j.run_at, run_at = 'infinity', parked_by = 'ordering_key'
        WHERE j.id = ANY (ARRAY(
            SELECT p.id FROM barid.job p WHERE p.id = ANY (ids) AND p.ordering_key = key
              AND p.state = 'waiting' AND isfinite(p.run_at)
              AND (p.id > (SELECT h.id FROM barid.job h WHERE h.ordering_key = key
                           ORDER BY h.id LIMIT 1)
                   OR EXISTS (SELECT 1 FROM barid.ordering_slot s
                              WHERE s.ordering_key = key AND s.blocked))
            FOR NO KEY UPDATE SKIP LOCKED));
    END LOOP;
    IF claimed <> '{}' THEN
        INSERT INTO barid.claim AS c (claim_id, worker_id, job_ids) VALUES (claim, worker, claimed)
        ON CONFLICT (claim_id) DO UPDATE SET job_ids = c.job_ids || excluded.job_ids;
    END IF;
    RETURN QUERY SELECT unnest(claimed);
END $$;

--------------------------------------------------------------------------------------------------
-- Limits. The queue's own bucket row is the lock under which its limited jobs are claimed, so that
-- two workers never count the same free slot; it is held for one short statement, and who finds
-- it taken comes back. Slots are rows of running jobs, deleted by whatever ends the run.

-- The next `wanted` keys after `after_key` in the queue's lanes, wrapping around once.
CREATE FUNCTION barid.lane_keys(of_queue text, after_key text, wanted int) RETURNS text[]
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    listed text[] := '{}';
    next   text := after_key;
    last   boolean := after_key = '';
BEGIN
    LOOP
        IF last AND after_key <> '' THEN
            SELECT j.limit_key INTO next FROM barid.job j
            WHERE j.queue = of_queue AND j.parked_by = 'limit' AND j.limit_key > next
              AND j.limit_key <= after_key
            ORDER BY j.limit_key LIMIT 1;
        ELSE
            SELECT j.limit_key INTO next FROM barid.job j
            WHERE j.queue = of_queue AND j.parked_by = 'limit' AND j.limit_key > next
            ORDER BY j.limit_key LIMIT 1;
        END IF;
        IF FOUND THEN
            listed := listed || next;
            EXIT WHEN cardinality(listed) >= wanted;
        ELSE
            EXIT WHEN last;
            last := true;
            next := '';
        END IF;
    END LOOP;
    RETURN listed;
END $$;

-- Refills a bucket to now. NULL limit: no bucket.
CREATE FUNCTION barid.refilled(tokens double precision, refilled_at timestamptz, rate int,
                               period interval, burst int) RETURNS double precision
    LANGUAGE sql STABLE AS $$
    SELECT least(coalesce(burst, rate)::double precision, tokens + greatest(0,
        extract(epoch FROM clock_timestamp() - refilled_at)) * rate / extract(epoch FROM period))
$$;

-- Claims up to `demand` jobs of one queue within its limits. `running_here`: how many of its jobs
-- this process runs. The arrays are the claim cursor's rows of this queue; `after_key` is the key
-- after which the round over the keys goes on. Returns the claimed ids (`next_key` says whether each comes from the
-- queue or a lane), and one last row without an id: the next after_key, and after how many ms it is worth asking again (0: at once, NULL: when something changes).
-- No row at all: the worker's lease or epoch is gone.
CREATE FUNCTION barid.claim_limited(
    worker bigint, worker_epoch int, claim uuid, of_queue text, demand int, running_here int,
    priorities smallint[], run_ats timestamptz[], after_ids bigint[], after_key text
) RETURNS TABLE (job_id bigint, next_key text, retry_ms int)
    LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    q        barid.queue;
    free     int := demand;
    tokens   double precision;
    wait_ms  int;
    picked   bigint[] := '{}';
    keyed    bigint[];
    taken    bigint[];
    claimed  bigint[] := '{}';
    queued   bigint[] := '{}';
    keys     text[];
    allowed  int[];
    round    int;
    share    int;
    got      int;
    served   text := after_key;
    started  int;
    more     boolean;
    visited  text;
BEGIN
    PERFORM 1 FROM barid.worker w WHERE w.id = worker AND w.epoch = worker_epoch FOR KEY SHARE;
    IF NOT FOUND THEN RETURN; END IF;
    SELECT * INTO q FROM barid.queue t WHERE t.name = of_queue;
    IF coalesce(q.paused, false) OR demand <= 0 THEN
        RETURN QUERY SELECT NULL::bigint, after_key, NULL::int;
        RETURN;
    END IF;
    INSERT INTO barid.limit_bucket (queue, limit_key, tokens)
    VALUES (of_queue, '', coalesce(q.rate_burst, q.rate_limit, 0)) ON CONFLICT DO NOTHING;
    SELECT barid.refilled(b.tokens, b.refilled_at, coalesce(q.rate_limit, 0), q.rate_period,
                          q.rate_burst)
    INTO tokens FROM barid.limit_bucket b WHERE b.queue = of_queue AND b.limit_key = ''
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN QUERY SELECT NULL::bigint, after_key, 2;
        RETURN;
    END IF;
    IF q.concurrency IS NOT NULL THEN
        free := least(free, q.concurrency
                            - (SELECT count(*) FROM barid.limit_slot s WHERE s.queue = of_queue)::int);
    END IF;
    IF q.process_concurrency IS NOT NULL THEN
        free := least(free, q.process_concurrency - running_here);
    END IF;
    IF q.rate_limit IS NOT NULL THEN
        free := least(free, floor(tokens)::int);
        IF tokens < 1 THEN
            wait_ms := ceil((1 - tokens) * extract(epoch FROM q.rate_period) * 1000 / q.rate_limit);
        END IF;
    END IF;
    started := free;

    IF free > 0 AND coalesce(q.limited, false) THEN
        picked := ARRAY(
            SELECT j.id FROM unnest(priorities, run_ats, after_ids) AS c(priority, run_at, id)
            CROSS JOIN LATERAL (
                SELECT b.id FROM barid.job b
                WHERE b.queue = of_queue AND b.priority = c.priority
                  AND (b.run_at, b.id) > (c.run_at, c.id) AND b.run_at <= now()
                  AND b.state = 'waiting'
                ORDER BY b.run_at, b.id LIMIT free FOR NO KEY UPDATE SKIP LOCKED) j
            LIMIT free);
        keyed := ARRAY(SELECT j.id FROM barid.job j WHERE j.id = ANY (picked)
                       AND (j.ordering_key IS NOT NULL OR j.after IS NOT NULL
                            OR j.limit_key IS NOT NULL
                            OR j.kind IN (SELECT k.kind FROM barid.paused_kind k)));
        IF keyed <> '{}' THEN
            claimed := ARRAY(SELECT barid.claim_keyed(worker, worker_epoch, claim, keyed));
            UPDATE barid.job j SET special = true WHERE j.id = ANY (claimed);
        END IF;
        WITH run AS (
            UPDATE barid.job j SET state = 'running', attempt = j.attempt + 1, claim_id = claim,
                claimed_at = clock_timestamp(), special = j.special OR q.concurrency IS NOT NULL,
                released_key = CASE WHEN j.unique_while = 'waiting'
                                    THEN coalesce(j.unique_key, j.released_key)
                                    ELSE j.released_key END,
                unique_key = CASE WHEN j.unique_while = 'waiting' THEN NULL ELSE j.unique_key END
            WHERE j.id = ANY (ARRAY(SELECT unnest(picked) EXCEPT SELECT unnest(keyed)))
            RETURNING j.id
        )
        SELECT claimed || coalesce(array_agg(r.id), '{}') INTO claimed FROM run r;
        IF q.concurrency IS NOT NULL THEN
            INSERT INTO barid.limit_slot (job_id, queue) SELECT unnest(claimed), of_queue
            ON CONFLICT ON CONSTRAINT limit_slot_pkey DO NOTHING;
        END IF;
        queued := claimed;
        free := free - cardinality(claimed);
        IF free > 0 THEN
            SELECT least(wait_ms, greatest(1, ceil(extract(
                epoch FROM least(min(j.run_at), now() + interval '1 hour') - now()) * 1000))::int)
            INTO wait_ms
            FROM unnest(priorities) AS c(priority) CROSS JOIN LATERAL (
                SELECT b.run_at FROM barid.job b
                WHERE b.queue = of_queue AND b.priority = c.priority AND b.run_at > now()
                  AND b.run_at < 'infinity'
                ORDER BY b.run_at LIMIT 1) j
            HAVING count(*) > 0;
        END IF;
        -- More may be due: come again at once.
        IF free = 0 AND wait_ms IS NULL THEN wait_ms := 0; END IF;
    END IF;

    -- The lanes: one round visits each key once, and gives each the same share.
    round := 0;
    WHILE free > 0 AND round < 4 LOOP
        round := round + 1;
        keys := barid.lane_keys(of_queue, served, least(1000, 2 * free + 16));
        EXIT WHEN keys = '{}';
        more := cardinality(keys) >= least(1000, 2 * free + 16);
        visited := keys[cardinality(keys)];
        SELECT array_agg(least(
                   CASE WHEN k.key LIKE 'unique:%' THEN 1 - u.used
                        WHEN q.key_concurrency IS NULL THEN free
                        ELSE q.key_concurrency - u.used END,
                   CASE WHEN q.key_rate_limit IS NULL THEN free
                        ELSE floor(coalesce(barid.refilled(b.tokens, b.refilled_at,
                                 q.key_rate_limit, q.key_rate_period, q.key_rate_burst),
                             q.key_rate_burst, q.key_rate_limit))::int END)
               ORDER BY k.place)
        INTO allowed
        FROM unnest(keys) WITH ORDINALITY AS k(key, place)
        CROSS JOIN LATERAL (SELECT count(*)::int AS used FROM barid.limit_slot s
                            WHERE s.queue = of_queue AND s.limit_key = k.key) u
        LEFT JOIN barid.limit_bucket b ON b.queue = of_queue AND b.limit_key = k.key;
        share := greatest(1, free / cardinality(keys));
        SELECT coalesce(array_agg(t.id ORDER BY t.turn, t.place), '{}'),
               (array_agg(t.key ORDER BY t.turn, t.place))
        INTO picked, keys
        FROM (
            SELECT j.id, j.turn, k.place, k.key
            FROM unnest(keys, allowed) WITH ORDINALITY AS k(key, allowance, place)
            CROSS JOIN LATERAL (
                SELECT i.id, row_number() OVER () AS turn FROM (
                    SELECT b.id FROM barid.job b
                    WHERE b.queue = of_queue AND b.limit_key = k.key AND b.parked_by = 'limit'
                      AND b.state = 'waiting'
                    ORDER BY b.priority, b.due_at, b.id LIMIT greatest(0, least(k.allowance, share))
                    FOR NO KEY UPDATE SKIP LOCKED) i
            ) j
            ORDER BY j.turn, k.place LIMIT free
        ) t;
        IF picked = '{}' THEN
            -- All of these keys are at their limits: the round goes on behind them.
            served := visited;
            EXIT WHEN NOT more;
            IF round = 4 THEN wait_ms := coalesce(wait_ms, 10); END IF;
            CONTINUE;
        END IF;
        served := keys[cardinality(keys)];
        UPDATE barid.job j SET due_at = j.due_at, parked_by = 'kind'
        WHERE j.id = ANY (picked) AND j.kind IN (SELECT k.kind FROM barid.paused_kind k);
        WITH run AS (
            UPDATE barid.job j SET state = 'running', attempt = j.attempt + 1, claim_id = claim,
                claimed_at = clock_timestamp(), special = true,
                run_at = j.due_at, due_at = '-infinity', parked_by = '',
                released_key = CASE WHEN j.unique_while IN ('waiting', 'state')
                                    THEN coalesce(j.unique_key, j.released_key)
                                    ELSE j.released_key END,
                unique_key = CASE WHEN j.unique_while IN ('waiting', 'state') THEN NULL
                                  ELSE j.unique_key END
            WHERE j.id = ANY (picked) AND j.parked_by = 'limit'
            RETURNING j.id, j.limit_key
        ), slots AS (
            INSERT INTO barid.limit_slot (job_id, queue, limit_key)
            SELECT r.id, of_queue, r.limit_key FROM run r
            WHERE q.concurrency IS NOT NULL OR q.key_concurrency IS NOT NULL
               OR r.limit_key LIKE 'unique:%'
        ), spent AS (
            INSERT INTO barid.limit_bucket AS b (queue, limit_key, tokens)
            SELECT of_queue, r.limit_key, coalesce(q.key_rate_burst, q.key_rate_limit) - count(*)
            FROM run r WHERE q.key_rate_limit IS NOT NULL GROUP BY r.limit_key
            ON CONFLICT (queue, limit_key) DO UPDATE
            SET tokens = barid.refilled(b.tokens, b.refilled_at, q.key_rate_limit,
                             q.key_rate_period, q.key_rate_burst)
                         - (coalesce(q.key_rate_burst, q.key_rate_limit) - excluded.tokens),
                refilled_at = clock_timestamp()
        )
        SELECT coalesce(array_agg(r.id), '{}') INTO taken FROM run r;
        got := cardinality(taken);
        claimed := claimed || taken;
        free := free - got;
        EXIT WHEN got = 0;
    END LOOP;
    IF free = 0 AND wait_ms IS NULL AND started > 0 THEN wait_ms := 0; END IF;
    IF q.key_rate_limit IS NOT NULL AND wait_ms IS NULL THEN
        wait_ms := least(1000, greatest(5, ceil(extract(epoch FROM q.key_rate_period) * 1000
                                                 / q.key_rate_limit)));
    END IF;

    UPDATE barid.limit_bucket b SET tokens = refill.tokens - cardinality(claimed),
        refilled_at = clock_timestamp()
    FROM (SELECT tokens) refill
    WHERE q.rate_limit IS NOT NULL AND b.queue = of_queue AND b.limit_key = '';
    taken := ARRAY(SELECT unnest(claimed) EXCEPT
                   SELECT unnest(c.job_ids) FROM barid.claim c WHERE c.claim_id = claim);
    IF taken <> '{}' THEN
        INSERT INTO barid.claim AS c (claim_id, worker_id, job_ids) VALUES (claim, worker, taken)
        ON CONFLICT (claim_id) DO UPDATE SET job_ids = c.job_ids || excluded.job_ids;
    END IF;
    RETURN QUERY SELECT u.id, CASE WHEN u.id = ANY (queued) THEN 'queue' ELSE 'lane' END, NULL::int
    FROM unnest(claimed) AS u(id);
    RETURN QUERY SELECT NULL::bigint, served, wait_ms;
END $$;

-- Which of these queues barid.claim_limited serves: those with limits, and those with lanes.
CREATE FUNCTION barid.limited_queues(queues text[]) RETURNS SETOF text
    LANGUAGE sql STABLE AS $$
    SELECT q.name FROM barid.queue q WHERE q.name = ANY (queues) AND q.limited AND NOT q.paused
    UNION
    (WITH RECURSIVE lanes AS (
        (SELECT j.queue FROM barid.job j WHERE j.parked_by = 'limit' ORDER BY j.queue LIMIT 1)
        UNION ALL
        SELECT (SELECT j.queue FROM barid.job j WHERE j.parked_by = 'limit' AND j.queue > l.queue
                ORDER BY j.queue LIMIT 1)
        FROM lanes l WHERE l.queue IS NOT NULL
    )
    SELECT l.queue FROM lanes l WHERE l.queue = ANY (queues)
       AND NOT EXISTS (SELECT 1 FROM barid.queue q WHERE q.name = l.queue AND q.paused))
$$;

--------------------------------------------------------------------------------------------------
-- Settle, sweep.

-- Settles a batch of outcomes. `actions`: complete | fail | cancel | retry | refund, where refund
-- gives the attempt back (snooze, hand-back, paused lane). Returns for each id: settled, already (this
-- very claim was settled before: the answer was lost) or stale (the claim is no longer ours).
CREATE OR REPLACE FUNCTION barid.settle(
    ids bigint[], claims uuid[], actions text[], delays_ms bigint[], errors text[],
    outputs text[], worker text, closed_claims uuid[]
) RETURNS TABLE (job_id bigint, result text)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    keys     text[];
    batches  bigint[];
    special  boolean;
    wakes    text[];
    key      text;
    batch    bigint;
    done     bigint[];  -- settled, in any way
    ended    bigint[];  -- gone to the history
    states   text[];    -- how, beside `ended`
    barred   text[];    -- keys that a final failure blocks
    answers  text[];
    asked    bigint[];
BEGIN
    SELECT array_agg(DISTINCT j.ordering_key) FILTER (WHERE j.ordering_key IS NOT NULL),
           array_agg(DISTINCT j.batch_id) FILTER (WHERE j.batch_id IS NOT NULL),
           bool_or(j.special)
    INTO keys, batches, special FROM barid.job j WHERE j.id = ANY (ids);
    IF keys IS NOT NULL THEN
        PERFORM 1 FROM barid.ordering_slot s WHERE s.ordering_key = ANY (keys)
        ORDER BY s.ordering_key FOR UPDATE;
    END IF;
    IF batches IS NOT NULL THEN
        PERFORM 1 FROM barid.batch b WHERE b.id = ANY (batches) ORDER BY b.id FOR NO KEY UPDATE;
    END IF;

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
            request_id, traceparent, tags, origin_id, errors, output, limit_key, after, batch_id,
            origin_queue)
        SELECT g.id, g.run_at, g.created_at, g.claimed_at, g.claim_id,
               (CASE g.action WHEN 'complete' THEN 'completed' WHEN 'fail' THEN 'failed'
                              ELSE 'cancelled' END)::barid.final_state,
               g.priority, g.attempt, g.max_attempts, g.queue, g.kind,
               CASE WHEN q.redact IS NULL THEN g.payload ELSE barid.redact(g.payload, q.redact) END,
               coalesce(g.unique_key, g.released_key),
               g.ordering_key, g.request_id, g.traceparent, g.tags, g.origin_id,
               barid.append_error(g.errors, g.attempt, g.error, worker, g.claimed_at),
               g.output::jsonb, g.limit_key, g.after, g.batch_id, g.origin_queue
        FROM gone g LEFT JOIN barid.queue q ON q.name = g.queue
        WHERE coalesce(q.keep_history, true)
    ), dead AS (
        INSERT INTO barid.job (queue, kind, payload, priority, max_attempts, request_id,
                               traceparent, tags, origin_id, origin_queue, errors)
        SELECT q.dead_letter, g.kind, g.payload, g.priority, d.max_attempts, g.request_id,
               g.traceparent, g.tags, coalesce(g.origin_id, g.id),
               coalesce(g.origin_queue, g.queue),
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
    ), counted AS (
        UPDATE barid.batch b SET completed = b.completed + t.completed,
            failed = b.failed + t.failed, cancelled = b.cancelled + t.cancelled
        FROM (SELECT g.batch_id, count(*) FILTER (WHERE g.action = 'complete') AS completed,
                     count(*) FILTER (WHERE g.action = 'fail') AS failed,
                     count(*) FILTER (WHERE g.action = 'cancel') AS cancelled
              FROM gone g WHERE g.batch_id IS NOT NULL GROUP BY 1) t
        WHERE b.id = t.batch_id
    ), answer AS (
        SELECT i.job_id, CASE
            WHEN l.job_id IS NOT NULL THEN 'settled'
            WHEN EXISTS (SELECT 1 FROM barid.job_history h
                         WHERE h.id = i.job_id AND h.claim_id = i.claim) THEN 'already'
            WHEN EXISTS (SELECT 1 FROM barid.job j WHERE j.id = i.job_id AND j.claim_id = i.claim
                         AND j.state = 'waiting') THEN 'already'
            ELSE 'stale' END AS result
        FROM input i LEFT JOIN live l USING (job_id)
    )
    SELECT a.ids, a.results, l.done, g.ended, g.states, g.barred
    INTO asked, answers, done, ended, states, barred
    FROM (SELECT array_agg(n.job_id) AS ids, array_agg(n.result) AS results FROM answer n) a,
         (SELECT array_agg(v.job_id) AS done FROM live v) l,
         (SELECT array_agg(o.id) AS ended,
                 array_agg(CASE o.action WHEN 'complete' THEN 'completed' ELSE 'failed' END)
                     AS states,
                 array_agg(o.ordering_key) FILTER (WHERE o.action = 'fail'
                     AND q.on_ordering_failure = 'block') AS barred
          FROM gone o LEFT JOIN barid.queue q ON q.name = o.queue) g;

    IF special AND done IS NOT NULL THEN
        WITH freed AS (
            DELETE FROM barid.limit_slot s WHERE s.job_id = ANY (done) RETURNING s.queue
        )
        SELECT array_agg(DISTINCT f.queue) INTO wakes FROM freed f;
        IF wakes IS NOT NULL THEN PERFORM barid.wake(q) FROM unnest(wakes) q; END IF;
        IF ended IS NOT NULL THEN
            PERFORM barid.drop_checkpoints(ARRAY(
                SELECT e.id FROM unnest(ended, states) AS e(id, state) WHERE e.state = 'completed'));
            PERFORM barid.free_children(ended, states);
        END IF;
    END IF;
    IF keys IS NOT NULL THEN
        UPDATE barid.ordering_slot s SET blocked = true
        WHERE s.ordering_key = ANY (barred) AND s.job_id = ANY (ended);
        DELETE FROM barid.ordering_slot s WHERE s.ordering_key = ANY (keys) AND NOT s.blocked
          AND s.job_id = ANY (ids)
          AND NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = s.job_id AND j.state = 'running');
        FOREACH key IN ARRAY keys LOOP
            CONTINUE WHEN key = ANY (barred);
            PERFORM barid.free_key(key);
        END LOOP;
    END IF;
    IF batches IS NOT NULL AND ended IS NOT NULL THEN
        FOREACH batch IN ARRAY batches LOOP PERFORM barid.finish_batch(batch); END LOOP;
    END IF;
    -- Those that came back change what a sleeper waits for.
    SELECT array_agg(DISTINCT j.queue) INTO wakes
    FROM barid.job j WHERE j.id = ANY (ids) AND j.state = 'waiting';
    IF wakes IS NOT NULL THEN PERFORM barid.wake(q) FROM unnest(wakes) q; END IF;
    RETURN QUERY SELECT * FROM unnest(asked, answers);
END $$;

-- Until job_side tables have rows to drop (see the results' migration).
CREATE FUNCTION barid.drop_checkpoints(ids bigint[]) RETURNS void
    LANGUAGE sql AS $$ SELECT $$;

-- Repairs what should not happen: running jobs without a claim (an asynchronous commit lost in a
-- server crash, a hand-made UPDATE), slots without a running job, parked heads, children and
-- batches that nobody freed (an older worker settled what they waited for).
CREATE OR REPLACE FUNCTION barid.sweep() RETURNS int
    LANGUAGE plpgsql AS $$
DECLARE
    orphan record;
    key    text;
    batch  bigint;
    freed  int;
    wakes  text[];
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
               WHERE NOT s.blocked AND NOT EXISTS (SELECT 1 FROM barid.job j
                                 WHERE j.id = s.job_id AND j.state = 'running')
               ORDER BY 1 LIMIT 1000 FOR UPDATE SKIP LOCKED LOOP
        DELETE FROM barid.ordering_slot s WHERE s.ordering_key = key;
        PERFORM barid.free_key(key);
        mended := mended + 1;
    END LOOP;
    FOR key IN
        WITH RECURSIVE heads AS (
            (SELECT j.ordering_key, j.run_at, j.parked_by FROM barid.job j
             WHERE j.ordering_key IS NOT NULL ORDER BY j.ordering_key, j.id LIMIT 1)
            UNION ALL
            SELECT n.ordering_key, n.run_at, n.parked_by FROM heads h CROSS JOIN LATERAL (
                SELECT j.ordering_key, j.run_at, j.parked_by FROM barid.job j
                WHERE j.ordering_key > h.ordering_key ORDER BY j.ordering_key, j.id LIMIT 1) n
        )
        SELECT h.ordering_key FROM heads h
        WHERE h.run_at = 'infinity' AND h.parked_by IN ('', 'ordering_key')
          AND NOT EXISTS (SELECT 1 FROM barid.ordering_slot s
                          WHERE s.ordering_key = h.ordering_key)
        LIMIT 1000 LOOP
        PERFORM barid.free_key(key);
        mended := mended + 1;
    END LOOP;

    DELETE FROM barid.limit_slot s WHERE s.job_id = ANY (ARRAY(
        SELECT t.job_id FROM barid.limit_slot t
        WHERE NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = t.job_id AND j.state = 'running')
        ORDER BY t.job_id LIMIT 1000 FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS freed = ROW_COUNT;
    mended := mended + freed;
    -- A child whose policy is to wait for a failed parent stays where it is.
    UPDATE barid.job j SET run_at = greatest(j.due_at, clock_timestamp()), due_at = '-infinity',
        parked_by = ''
    WHERE j.parked_by = 'parents' AND j.id = ANY (ARRAY(
        SELECT d.child_id FROM barid.dependency d
        WHERE NOT EXISTS (SELECT 1 FROM barid.job p WHERE p.id = d.parent_id)
          AND NOT EXISTS (SELECT 1 FROM barid.job_history h JOIN barid.job c ON c.id = d.child_id
                          WHERE h.id = d.parent_id AND h.state <> 'completed'
                            AND c.on_parent_failure = 'wait')
        LIMIT 1000));
    GET DIAGNOSTICS freed = ROW_COUNT;
    mended := mended + freed;
    DELETE FROM barid.dependency d WHERE (d.parent_id, d.child_id) IN (
        SELECT e.parent_id, e.child_id FROM barid.dependency e
        WHERE NOT EXISTS (SELECT 1 FROM barid.job c WHERE c.id = e.child_id) LIMIT 1000);
    FOR batch IN SELECT b.id FROM barid.batch b
                 WHERE b.closed_at IS NOT NULL AND b.finished_at IS NULL
                   AND NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.batch_id = b.id)
                 ORDER BY b.id LIMIT 1000 LOOP
        IF barid.finish_batch(batch) THEN mended := mended + 1; END IF;
    END LOOP;
    WITH back AS (
        UPDATE barid.job j SET run_at = greatest(j.due_at, clock_timestamp()),
            due_at = '-infinity', parked_by = ''
        WHERE j.id = ANY (ARRAY(
            SELECT p.id FROM barid.job p WHERE p.parked_by = 'kind'
              AND p.kind NOT IN (SELECT k.kind FROM barid.paused_kind k)
            ORDER BY p.id LIMIT 10000 FOR NO KEY UPDATE SKIP LOCKED))
        RETURNING j.queue
    )
    SELECT count(*), array_agg(DISTINCT t.queue) INTO freed, wakes FROM back t;
    IF freed > 0 THEN PERFORM barid.wake(q) FROM unnest(wakes) q; END IF;
    RETURN mended + freed;
END $$;

--------------------------------------------------------------------------------------------------
-- Looking.

CREATE OR REPLACE VIEW barid.jobs AS
    SELECT j.id, j.queue, j.kind,
           CASE WHEN j.state = 'waiting' AND j.run_at = 'infinity' THEN 'parked'
                ELSE j.state::text END AS state,
           j.priority, j.attempt, j.max_attempts,
           CASE WHEN j.run_at = 'infinity' THEN j.due_at ELSE j.run_at END AS run_at,
           j.created_at, nullif(j.claimed_at, '-infinity') AS claimed_at,
           NULL::timestamptz AS finished_at, j.payload,
           coalesce(j.unique_key, j.released_key) AS unique_key, j.ordering_key,
           j.request_id, j.traceparent, j.tags, j.progress, j.progress_note,
           coalesce(j.errors, '[]') AS errors, NULL::jsonb AS output, j.origin_id,
           nullif(j.parked_by, '') AS parked_by, j.limit_key, j.after, j.batch_id, j.origin_queue
    FROM barid.job j
    UNION ALL
    SELECT h.id, h.queue, h.kind, h.state::text, h.priority, h.attempt, h.max_attempts, h.run_at,
           h.created_at, nullif(h.claimed_at, '-infinity'), h.finished_at, h.payload,
           h.unique_key, h.ordering_key, h.request_id, h.traceparent, h.tags, 1, NULL,
           coalesce(h.errors, '[]'), h.output, h.origin_id, NULL, h.limit_key, h.after,
           h.batch_id, h.origin_queue
    FROM barid.job_history h;

CREATE VIEW barid.batches AS
    SELECT b.id, b.name, b.created_at, b.closed_at, b.finished_at, b.completed, b.failed,
           b.cancelled, l.live, b.completed + b.failed + b.cancelled + l.live AS total
    FROM barid.batch b
    CROSS JOIN LATERAL (SELECT count(*) AS live FROM barid.job j WHERE j.batch_id = b.id) l;

--------------------------------------------------------------------------------------------------
-- Grants.

GRANT EXECUTE ON FUNCTION barid.enqueue, barid.try_enqueue, barid.enqueue_many,
    barid.try_enqueue_many, barid.open_batch, barid.close_batch, barid.enqueue_batch
    TO barid_producer, barid_worker, barid_operator;
GRANT INSERT (unique_while, on_conflict, throttle, debounce, limit_key, after, on_parent_failure,
              batch_id) ON barid.job TO barid_producer;
GRANT SELECT, INSERT, UPDATE, DELETE ON barid.limit_slot, barid.limit_bucket, barid.throttle,
    barid.dependency, barid.batch, barid.paused_kind TO barid_worker;
GRANT SELECT ON barid.batches, barid.paused_kind, barid.ordering_slot
    TO barid_operator, barid_readonly;
GRANT SELECT ON barid.batches TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.claim_limited, barid.limited_queues, barid.lane_keys,
    barid.refilled, barid.pass_parents, barid.end_waiting, barid.free_children,
    barid.finish_batch, barid.unblock_key, barid.claim_worker, barid.drop_checkpoints
    TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.unblock_key, barid.claim_worker TO barid_operator;
