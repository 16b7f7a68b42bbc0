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
    ADD COLUMN limit_key text COLLATE "C" CHECK (length(limit_key) <= 512),
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
