-- Notifications, the second model: what was asked for (notification), where it can be read
-- (inbox_item), each way out of it (delivery) and each try (delivery_attempt).
--
-- A notification may be made by a backend's transaction, by a job, by a broadcast. `job_id` of a
-- delivery names the job that sends it: one job may send one notification or a thousand.
-- `delivery_run` says which claim of that job is in charge.

-- The smallest identifier that barid.uuid_v7() can give at `at`: where a partition begins.
CREATE FUNCTION barid.uuid_v7_floor(at timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3)
                  || '\x70008000000000000000'::bytea, 'hex')::uuid
$$;

--------------------------------------------------------------------------------------------------
-- What a shop says about its users and categories.

ALTER TABLE barid.category
    -- While a user's quiet hours last, a push waits for their end, is dropped together with the
    -- inbox item, or is dropped alone. `ignore`: the category makes its noise at any time.
    ADD COLUMN quiet text NOT NULL DEFAULT 'defer'
        CHECK (quiet IN ('defer', 'drop', 'inbox_only', 'ignore')),
    -- At most throttle_n of this category reach a user on one channel in any throttle_window.
    ADD COLUMN throttle_n int CHECK (throttle_n BETWEEN 1 AND 100),
    ADD COLUMN throttle_window interval
        CHECK (throttle_window BETWEEN interval '1 second' AND interval '31 days'),
    -- Messages of one user are collected for digest_window and told as one.
    ADD COLUMN digest_window interval
        CHECK (digest_window BETWEEN interval '1 second' AND interval '7 days'),
    ADD COLUMN digest_template text,
    -- Where it goes when the caller doesn't say.
    ADD COLUMN channels text[] NOT NULL DEFAULT '{push,inbox}'
        CHECK (channels <@ ARRAY['push', 'inbox', 'email', 'webhook']),
    -- What a user without a choice of their own gets.
    ADD COLUMN default_enabled boolean NOT NULL DEFAULT true,
    ADD CHECK ((throttle_n IS NULL) = (throttle_window IS NULL)),
    ADD CHECK ((digest_window IS NULL) = (digest_template IS NULL));

-- In the user's own time zone (app_user.tz). `dow_mask`: bit 0 is Monday, 127 every day; it names
-- the day on which the window begins. An end that is not after the start is on the next day.
CREATE TABLE barid.quiet_hours (
    user_id     text NOT NULL REFERENCES barid.app_user (id) ON DELETE CASCADE,
    no          smallint NOT NULL DEFAULT 1 CHECK (no BETWEEN 1 AND 7),
    dow_mask    smallint NOT NULL DEFAULT 127 CHECK (dow_mask BETWEEN 1 AND 127),
    start_local time NOT NULL,
    end_local   time NOT NULL,
    CHECK (start_local <> end_local),
    PRIMARY KEY (user_id, no)
);

-- Times of the last messages of a throttled category, oldest first.
CREATE TABLE barid.notify_throttle (
    user_id  text NOT NULL,
    category text NOT NULL,
    channel  text NOT NULL,
    sent     timestamptz[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (user_id, category, channel)
);

CREATE TABLE barid.digest (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id   text NOT NULL,
    category  text NOT NULL,
    channel   text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closes_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE UNIQUE INDEX digest_open ON barid.digest (user_id, category, channel)
    WHERE closed_at IS NULL;
CREATE TABLE barid.digest_item (
    digest_id       bigint NOT NULL REFERENCES barid.digest (id) ON DELETE CASCADE,
    notification_id uuid NOT NULL,
    PRIMARY KEY (digest_id, notification_id)
);

-- Where a user can be reached beside their devices.
CREATE TABLE barid.contact (
    user_id    text NOT NULL REFERENCES barid.app_user (id) ON DELETE CASCADE,
    channel    text NOT NULL CHECK (channel IN ('email')),
    address    text NOT NULL CHECK (octet_length(address) BETWEEN 3 AND 320),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, channel)
);
-- An address that must not be written to any more, whoever has it.
CREATE TABLE barid.suppression (
    channel    text NOT NULL CHECK (channel IN ('email')),
    address    text NOT NULL,  -- in lower case
    reason     text NOT NULL CHECK (reason IN ('bounce', 'complaint', 'manual')),
    detail     text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel, address)
);

--------------------------------------------------------------------------------------------------
-- The notification and its inbox item. Their text is NULL until it has been rendered.

ALTER TABLE barid.notification
    ALTER COLUMN locale DROP NOT NULL,
    ALTER COLUMN title DROP NOT NULL,
    ALTER COLUMN body DROP NOT NULL,
    ADD COLUMN channels text[] NOT NULL DEFAULT '{push,inbox}',
    ADD COLUMN options jsonb NOT NULL DEFAULT '{}',  -- blocks for android, apns, webpush
    ADD COLUMN not_before timestamptz,
    ADD COLUMN broadcast_id uuid,
    ADD COLUMN digest_id bigint,
    DROP COLUMN lease_token;
CREATE INDEX notification_of_broadcast ON barid.notification (broadcast_id, user_id)
    WHERE broadcast_id IS NOT NULL;
ALTER TABLE barid.inbox_item
    ALTER COLUMN locale DROP NOT NULL,
    ALTER COLUMN title DROP NOT NULL,
    ALTER COLUMN body DROP NOT NULL;

--------------------------------------------------------------------------------------------------
-- The ledger, partitioned by the notification's id (which follows time) four weeks at a time.

-- The claim of a job that may open attempts for its deliveries.
CREATE TABLE barid.delivery_run (
    job_id      bigint PRIMARY KEY,
    lease_token text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE barid.delivery RENAME TO delivery_old;
ALTER TABLE barid.delivery_attempt RENAME TO delivery_attempt_old;
ALTER INDEX barid.delivery_of_device RENAME TO delivery_old_of_device;
ALTER TABLE barid.delivery_old RENAME CONSTRAINT
    delivery_notification_id_channel_device_id_generation_key TO delivery_old_key;
ALTER TABLE barid.delivery_attempt_old RENAME CONSTRAINT
    delivery_attempt_pkey TO delivery_attempt_old_pkey;

-- One row per device, or one without a device: another channel's, or why nothing was sent.
--   pending    to be sent            sending    handed to the provider, no answer yet
--   accepted   the provider took it  failed     it did not and will not
--   unknown    may have been sent    suppressed not to be sent, `reason` says why
--   deferred   waits for not_before  collected  told by a digest
--   expired    too late
CREATE TABLE barid.delivery (
    id              bigint GENERATED BY DEFAULT AS IDENTITY,
    notification_id uuid NOT NULL,
    channel         text NOT NULL CHECK (channel IN ('push', 'inbox', 'email', 'webhook')),
    device_id       bigint,
    generation      int NOT NULL DEFAULT 0,
    job_id          bigint,
    state           text NOT NULL CHECK (state IN (
                        'pending', 'sending', 'accepted', 'failed', 'unknown', 'suppressed',
                        'deferred', 'collected', 'expired')),
    reason          text,
    attempts        int NOT NULL DEFAULT 0,
    not_before      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (notification_id, channel, device_id, generation)
) PARTITION BY RANGE (notification_id);
-- No index names a column that a send writes: its updates stay on the page.
CREATE INDEX delivery_of_job ON barid.delivery (job_id, id) WHERE job_id IS NOT NULL;
CREATE INDEX delivery_of_device ON barid.delivery (device_id) WHERE device_id IS NOT NULL;

-- `class` is NULL while the request is under way; afterwards it is what the answer meant.
CREATE TABLE barid.delivery_attempt (
    notification_id uuid NOT NULL,
    delivery_id     bigint NOT NULL,
    attempt_no      int NOT NULL,
    started_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at     timestamptz,
    -- The device's registration that this attempt used: a later one is not touched by its answer.
    registered_at   timestamptz,
    class           text CHECK (class IN (
                        'accepted', 'device_dead', 'device_suspect', 'payload_rejected',
                        'auth_refresh', 'third_party_auth', 'sender_mismatch', 'lane_paused',
                        'retry', 'ambiguous', 'not_sent', 'interrupted')),
    reason          text,
    http_status     int,
    retry_after     interval,
    provider_id     text,
    latency_ms      int,
    error           text,
    worker          text,
    PRIMARY KEY (notification_id, delivery_id, attempt_no)
) PARTITION BY RANGE (notification_id);

CREATE TABLE barid.ledger_partition (
    lower_at timestamptz PRIMARY KEY,
    upper_at timestamptz NOT NULL  -- exclusive
);

-- Makes the partitions that the next months need. Returns how many.
CREATE FUNCTION barid.ensure_ledger(ahead int DEFAULT 1) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    lower_at timestamptz;
    upper_at timestamptz;
    parent   text;
    part     text;
    made     int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(1112297798, 7);
    LOOP
        SELECT max(p.upper_at) INTO lower_at FROM barid.ledger_partition p;
        EXIT WHEN lower_at > now() + ahead * interval '28 days' OR made >= 1000;
        upper_at := lower_at + interval '28 days';
        FOREACH parent IN ARRAY ARRAY['delivery', 'delivery_attempt'] LOOP
            part := parent || '_' || to_char(lower_at AT TIME ZONE 'UTC', 'YYYYMMDD');
            EXECUTE format('CREATE TABLE barid.%I (LIKE barid.%I INCLUDING ALL EXCLUDING IDENTITY)',
                           part, parent);
            EXECUTE format('ALTER TABLE barid.%I ALTER COLUMN %I SET (n_distinct = -1)', part,
                           'notification_id');
            EXECUTE format('ALTER TABLE barid.%I SET (fillfactor = 70)', part);
            EXECUTE format('ALTER TABLE barid.%I ATTACH PARTITION barid.%I '
                           'FOR VALUES FROM (%L) TO (%L)', parent, part,
                           barid.uuid_v7_floor(lower_at), barid.uuid_v7_floor(upper_at));
        END LOOP;
        INSERT INTO barid.ledger_partition VALUES (lower_at, upper_at);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- The first partition holds all that came before today's end.
DO $$
DECLARE
    upper_at timestamptz := (date_trunc('day', now() AT TIME ZONE 'UTC') + interval '1 day')
                            AT TIME ZONE 'UTC';
BEGIN
    CREATE TABLE barid.delivery_past (LIKE barid.delivery INCLUDING ALL EXCLUDING IDENTITY);
    EXECUTE format('ALTER TABLE barid.delivery ATTACH PARTITION barid.delivery_past '
                   'FOR VALUES FROM (MINVALUE) TO (%L)', barid.uuid_v7_floor(upper_at));
    CREATE TABLE barid.delivery_attempt_past (LIKE barid.delivery_attempt INCLUDING ALL);
    EXECUTE format('ALTER TABLE barid.delivery_attempt ATTACH PARTITION '
                   'barid.delivery_attempt_past FOR VALUES FROM (MINVALUE) TO (%L)',
                   barid.uuid_v7_floor(upper_at));
    ALTER TABLE barid.delivery_past SET (fillfactor = 70);
    ALTER TABLE barid.delivery_attempt_past SET (fillfactor = 70);
    INSERT INTO barid.ledger_partition VALUES ('-infinity', upper_at);
END $$;
SELECT barid.ensure_ledger();

ALTER TABLE barid.delivery_old ADD COLUMN new_id bigint GENERATED ALWAYS AS IDENTITY;
INSERT INTO barid.delivery (id, notification_id, channel, device_id, generation, job_id, state,
                            reason, attempts, created_at, updated_at)
SELECT d.new_id, d.notification_id, d.channel, d.device_id, d.generation, n.job_id, d.state,
       d.reason, d.attempts, d.created_at, d.updated_at
FROM barid.delivery_old d JOIN barid.notification n ON n.id = d.notification_id;
INSERT INTO barid.delivery_attempt (
    notification_id, delivery_id, attempt_no, started_at, finished_at, registered_at, class,
    reason, http_status, retry_after, provider_id, latency_ms, error, worker)
SELECT d.notification_id, d.new_id, a.attempt_no, a.started_at, a.finished_at, a.registered_at,
       a.class, a.reason, a.http_status, a.retry_after, a.provider_id, a.latency_ms, a.error,
       a.worker
FROM barid.delivery_attempt_old a JOIN barid.delivery_old d ON d.id = a.delivery_id;
SELECT setval(pg_get_serial_sequence('barid.delivery', 'id'),
              (SELECT greatest(1, max(d.new_id)) FROM barid.delivery_old d));
DROP TABLE barid.delivery_attempt_old, barid.delivery_old;

--------------------------------------------------------------------------------------------------
-- The way out to a provider's project, for the whole fleet: pauses, quota, ramp.

ALTER TABLE barid.rate_lane
    -- Messages that may leave at once; refilled by quota_per_minute, as of refilled_at.
    ADD COLUMN tokens double precision NOT NULL DEFAULT 0,
    ADD COLUMN refilled_at timestamptz NOT NULL DEFAULT '-infinity',
    -- The same for broadcasts, whose rate rises from nothing to the quota during the ramp.
    ADD COLUMN broadcast_tokens double precision NOT NULL DEFAULT 0,
    ADD COLUMN broadcast_refilled_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN ramp_started_at timestamptz;

-- Takes up to `want` messages' worth of the lane. `granted` may be less or 0: then the caller asks
-- again after `wait`. A broadcast passes its ramp, and leaves others a quarter of a second's
-- quota. `quota_per_minute` 0: no limit.
CREATE FUNCTION barid.lease_lane(project text, class text, want int, quota_per_minute int,
                                 ramp interval, OUT granted int, OUT wait interval)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    lane    barid.rate_lane;
    at      timestamptz := clock_timestamp();
    rate    double precision := quota_per_minute / 60.0;
    burst   double precision := greatest(1, rate);
    reserve double precision := burst / 4;
    own     double precision;
    share   double precision;
BEGIN
    SELECT l.* INTO lane FROM barid.rate_lane l WHERE l.project = lease_lane.project FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO barid.rate_lane AS l (project, tokens, refilled_at)
        VALUES (project, burst, at) ON CONFLICT ON CONSTRAINT rate_lane_pkey DO NOTHING;
        SELECT l.* INTO lane FROM barid.rate_lane l WHERE l.project = lease_lane.project FOR UPDATE;
    END IF;
    -- Not before our lock was granted: others wrote the row meanwhile.
    at := greatest(at, clock_timestamp());
    IF lane.paused_until > at THEN
        granted := 0;
        wait := lane.paused_until - at;
        RETURN;
    END IF;
    IF quota_per_minute = 0 AND (class <> 'broadcast' OR ramp <= interval '0') THEN
        granted := want;
        wait := interval '0';
        RETURN;
    END IF;
    IF quota_per_minute = 0 THEN rate := 10000; burst := 10000; reserve := 0; END IF;
    lane.tokens := least(burst, lane.tokens + rate * greatest(0,
        extract(epoch FROM at - greatest(lane.refilled_at, at - interval '1 minute'))));
    granted := least(want, floor(lane.tokens)::int);
    IF class = 'broadcast' THEN
        granted := least(want, floor(lane.tokens - reserve)::int);
        -- A lane that no broadcast has used for a minute starts from nothing again.
        IF lane.ramp_started_at IS NULL
           OR lane.broadcast_refilled_at < at - interval '1 minute' THEN
            lane.ramp_started_at := at;
            lane.broadcast_tokens := 0;
            lane.broadcast_refilled_at := at;
        END IF;
        share := CASE WHEN ramp <= interval '0' THEN 1
                 ELSE least(1, greatest(0.01, extract(epoch FROM at - lane.ramp_started_at)
                                              / extract(epoch FROM ramp))) END;
        own := least(greatest(1, rate * share), lane.broadcast_tokens + rate * share
                     * extract(epoch FROM at - lane.broadcast_refilled_at));
        granted := greatest(0, least(granted, floor(own)::int));
        lane.broadcast_tokens := own - granted;
        lane.broadcast_refilled_at := at;
        rate := rate * share;
    END IF;
    granted := greatest(0, granted);
    wait := make_interval(secs => least(1, greatest(0.01, (least(want, 100) - granted) / rate)));
    UPDATE barid.rate_lane l
    SET tokens = lane.tokens - granted, refilled_at = at,
        broadcast_tokens = lane.broadcast_tokens,
        broadcast_refilled_at = lane.broadcast_refilled_at,
        ramp_started_at = lane.ramp_started_at
    WHERE l.project = lease_lane.project;
END $$;

--------------------------------------------------------------------------------------------------
-- Broadcasts and re-sends.

CREATE TABLE barid.broadcast (
    id               uuid PRIMARY KEY DEFAULT barid.uuid_v7(),
    dedupe_key       text NOT NULL UNIQUE CHECK (octet_length(dedupe_key) BETWEEN 1 AND 256),
    state            text NOT NULL DEFAULT 'draft' CHECK (state IN (
                         'draft', 'running', 'paused', 'cancelled', 'done', 'failed')),
    category         text NOT NULL,
    template_key     text,
    template_version int,
    vars             jsonb NOT NULL DEFAULT '{}',
    texts            jsonb,
    data             jsonb NOT NULL DEFAULT '{}',
    image            text,
    options          jsonb NOT NULL DEFAULT '{}',
    channels         text[] NOT NULL,
    segment          text,          -- an SQL query; NULL: the rows of broadcast_user
    -- The segment's rows bring vars of their own, or the text names dates: each user's is made
    -- apart, in their time zone.
    personal         boolean NOT NULL DEFAULT false,
    queue            text NOT NULL DEFAULT 'default',
    ttl              interval,
    start_at         timestamptz,
    -- Progress: everybody up to `cursor` has their notification.
    cursor           text COLLATE "C" NOT NULL DEFAULT '',
    chunks           int NOT NULL DEFAULT 0,
    users            bigint NOT NULL DEFAULT 0,
    estimated_users  bigint,
    error            text,
    job_id           bigint,
    created_by       text NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    started_at       timestamptz,
    materialised_at  timestamptz,
    finished_at      timestamptz,
    updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE barid.broadcast_user (
    broadcast_id uuid NOT NULL REFERENCES barid.broadcast (id) ON DELETE CASCADE,
    user_id      text COLLATE "C" NOT NULL CHECK (octet_length(user_id) BETWEEN 1 AND 256),
    vars         jsonb,
    PRIMARY KEY (broadcast_id, user_id)
);
-- One chunk is one transaction and one job.
CREATE TABLE barid.broadcast_chunk (
    broadcast_id uuid NOT NULL REFERENCES barid.broadcast (id) ON DELETE CASCADE,
    chunk_no     int NOT NULL,
    lo_user      text NOT NULL,
    hi_user      text NOT NULL,
    users        int NOT NULL,
    job_id       bigint NOT NULL,
    -- What became of its messages, as of its job's last run. A resting chunk waits for the end of
    -- its users' quiet hours alone.
    accepted     int NOT NULL DEFAULT 0,
    failed       int NOT NULL DEFAULT 0,
    unknown      int NOT NULL DEFAULT 0,
    suppressed   int NOT NULL DEFAULT 0,
    deferred     int NOT NULL DEFAULT 0,
    resting      boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    PRIMARY KEY (broadcast_id, chunk_no)
);
CREATE INDEX broadcast_chunk_open ON barid.broadcast_chunk (broadcast_id)
    WHERE finished_at IS NULL;
CREATE INDEX broadcast_chunk_of_job ON barid.broadcast_chunk (job_id);

CREATE TABLE barid.resend (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_key   text NOT NULL UNIQUE CHECK (octet_length(request_key) BETWEEN 1 AND 256),
    actor         text NOT NULL,
    role          text NOT NULL DEFAULT session_user,
    reason        text NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 2000),
    mode          text NOT NULL CHECK (mode IN ('failed', 'unknown', 'new_devices', 'all')),
    filter        jsonb NOT NULL,
    content       text NOT NULL DEFAULT 'frozen' CHECK (content IN ('frozen', 'rendered')),
    override      boolean NOT NULL DEFAULT false,
    include_accepted boolean NOT NULL DEFAULT false,
    preview_count bigint NOT NULL,
    state         text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed')),
    deliveries    bigint NOT NULL DEFAULT 0,
    notifications bigint NOT NULL DEFAULT 0,
    job_id        bigint,
    created_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz
);

--------------------------------------------------------------------------------------------------
-- Who may do what.

GRANT SELECT ON barid.quiet_hours, barid.contact, barid.suppression, barid.digest,
    barid.digest_item, barid.notify_throttle, barid.ledger_partition
TO barid_worker;
GRANT SELECT, INSERT, UPDATE ON barid.delivery, barid.delivery_attempt TO barid_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON barid.delivery_run TO barid_worker;
GRANT SELECT, INSERT, UPDATE ON barid.suppression, barid.broadcast, barid.broadcast_chunk,
    barid.resend TO barid_worker;
GRANT SELECT ON barid.broadcast_user TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.uuid_v7_floor(timestamptz), barid.ensure_ledger(int),
    barid.lease_lane(text, text, int, int, interval) TO barid_worker;
GRANT SELECT ON barid.quiet_hours, barid.contact, barid.suppression, barid.digest,
    barid.digest_item, barid.notify_throttle, barid.ledger_partition, barid.delivery,
    barid.delivery_attempt, barid.delivery_run, barid.broadcast, barid.broadcast_user,
    barid.broadcast_chunk, barid.resend
TO barid_operator;
GRANT SELECT ON barid.quiet_hours, barid.digest, barid.digest_item, barid.notify_throttle,
    barid.ledger_partition, barid.delivery, barid.delivery_attempt, barid.delivery_run,
    barid.broadcast, barid.broadcast_user, barid.broadcast_chunk, barid.resend
TO barid_readonly;
