-- Broadcasts: one message to many users, in chunks that are made just ahead of the sender.
--
-- A segment is an SQL query over the shop's own tables. It runs with the rights of the role
-- barid_segment and no others: grant that role what segments may read.

DO $$
BEGIN
    BEGIN
        CREATE ROLE barid_segment NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- roles belong to the whole cluster
    END;
    -- Needed to hand a function over to it; a superuser needs neither.
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        EXECUTE format('GRANT barid_segment TO %I', current_user);
    END IF;
END $$;

-- Who did what to which broadcast, append-only.
CREATE TABLE barid.broadcast_event (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    broadcast_id uuid NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor        text NOT NULL,
    role         text NOT NULL DEFAULT session_user,
    action       text NOT NULL
);
CREATE INDEX broadcast_event_of ON barid.broadcast_event (broadcast_id, id);
CREATE FUNCTION barid.keep_events() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what has been recorded is not changed' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER broadcast_event_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON barid.broadcast_event
    FOR EACH STATEMENT EXECUTE FUNCTION barid.keep_events();

-- The users of a segment. A cursor takes one query and no more, and a subquery only reads.
CREATE FUNCTION barid.segment_rows(query text) RETURNS TABLE (user_id text, vars jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    item record;
BEGIN
    FOR item IN EXECUTE format(
        'SELECT s.user_id::text AS user_id, to_jsonb(s) -> %L AS vars FROM (%s'
        || chr(10) || ') AS s WHERE s.user_id IS NOT NULL', 'vars', query)
    LOOP
        user_id := item.user_id;
        vars := item.vars;
        IF octet_length(user_id) NOT BETWEEN 1 AND 256
           OR (vars IS NOT NULL AND jsonb_typeof(vars) NOT IN ('object', 'null')) THEN
            RAISE EXCEPTION 'the segment has a row whose user_id or vars can''t be used'
                USING ERRCODE = '22023',
                HINT = 'user_id has 1 to 256 bytes, vars (optional) is a JSON object.';
        END IF;
        IF jsonb_typeof(vars) = 'null' THEN vars := NULL; END IF;
        RETURN NEXT;
    END LOOP;
END $$;
GRANT USAGE, CREATE ON SCHEMA barid TO barid_segment;
ALTER FUNCTION barid.segment_rows(text) OWNER TO barid_segment;
REVOKE CREATE ON SCHEMA barid FROM barid_segment;
REVOKE ALL ON FUNCTION barid.segment_rows(text) FROM PUBLIC;

-- A query's text without what would only end it.
CREATE FUNCTION barid.check_segment(segment text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    segment := rtrim(segment, E' \t\r\n;');
    IF segment = '' OR octet_length(segment) > 20000 THEN
        PERFORM barid.refuse('segment must have 1 to 20,000 bytes');
    END IF;
    IF segment !~* '^\s*(select|with|table|values)\M' THEN
        PERFORM barid.refuse('segment must be one SELECT with a column user_id',
            'For example SELECT id AS user_id FROM customers WHERE city = ''Riyadh''.');
    END IF;
    RETURN segment;
END $$;

-- Who is meant: the segment's users, or those that were named.
CREATE FUNCTION barid.broadcast_audience(broadcast_id uuid)
    RETURNS TABLE (user_id text, vars jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    query text;
BEGIN
    SELECT b.segment INTO query FROM barid.broadcast b
    WHERE b.id = broadcast_audience.broadcast_id AND b.estimated_users IS NULL;
    IF query IS NOT NULL THEN
        RETURN QUERY SELECT s.user_id, s.vars FROM barid.segment_rows(query) s;
    ELSE
        RETURN QUERY SELECT u.user_id, u.vars FROM barid.broadcast_user u
                     WHERE u.broadcast_id = broadcast_audience.broadcast_id;
    END IF;
END $$;

-- Makes a draft. `segment` (a query with a column user_id, and optionally vars) or `users`. The
-- same `dedupe_key` gives the same broadcast; without one it is made of the content, so that two
-- people who prepare the same message to the same users at the same time send it once.
CREATE FUNCTION barid.broadcast(
    category text, template text DEFAULT NULL, vars jsonb DEFAULT NULL, title jsonb DEFAULT NULL,
    body jsonb DEFAULT NULL, data jsonb DEFAULT NULL, image text DEFAULT NULL,
    options jsonb DEFAULT NULL, channels text[] DEFAULT NULL, segment text DEFAULT NULL,
    users text[] DEFAULT NULL, personal boolean DEFAULT false, ttl interval DEFAULT NULL,
    start_at timestamptz DEFAULT NULL, queue text DEFAULT 'default',
    dedupe_key text DEFAULT NULL, actor text DEFAULT session_user)
    RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    made    barid.broadcast;
    texts   jsonb;
    version int;
    kind    barid.category;
BEGIN
    SELECT c.* INTO kind FROM barid.category c WHERE c.key = category;
    IF NOT FOUND THEN
        PERFORM barid.refuse(format('category %s does not exist',
                                    quote_nullable(left(category, 80))),
                             'Create it with barid.upsert_category.');
    END IF;
    IF (segment IS NULL) = (users IS NULL) THEN
        PERFORM barid.refuse('give a segment or users, and not both');
    END IF;
    IF cardinality(users) > 100000 THEN
        PERFORM barid.refuse('users has more than 100,000 entries', 'Use a segment.');
    END IF;
    IF segment IS NOT NULL THEN segment := barid.check_segment(segment); END IF;
    IF (template IS NULL) = (title IS NULL AND body IS NULL) THEN
        PERFORM barid.refuse('give a template, or title and body, and not both');
    END IF;
    channels := coalesce(channels, kind.channels);
    PERFORM barid.check_channels(channels);
    PERFORM barid.check_data(coalesce(data, '{}'));
    PERFORM barid.check_options(coalesce(options, '{}'));
    IF ttl NOT BETWEEN interval '1 second' AND interval '28 days' THEN
        PERFORM barid.refuse('ttl must be between 1 second and 28 days');
    END IF;
    IF NOT isfinite(start_at) OR start_at > now() + interval '1 year' THEN
        PERFORM barid.refuse('start_at must lie within a year');
    END IF;
    IF actor IS NULL OR octet_length(actor) NOT BETWEEN 1 AND 200 THEN
        PERFORM barid.refuse('actor must have 1 to 200 bytes');
    END IF;
    IF template IS NULL THEN
        IF coalesce(vars, '{}') <> '{}' OR personal THEN
            PERFORM barid.refuse('vars need a template');
        END IF;
        texts := barid.check_texts(barid.texts_of(title, body));
    ELSE
        SELECT max(t.version) INTO version FROM barid.template t WHERE t.key = template;
        IF NOT personal OR version IS NULL THEN
            PERFORM barid.check_vars(template, version, coalesce(vars, '{}'));
        END IF;
    END IF;
    dedupe_key := coalesce(dedupe_key, 'content:' || encode(sha256(convert_to(jsonb_build_array(
        category, template, version, vars, texts, data, image, options, channels, segment, users,
        personal, start_at)::text, 'UTF8')), 'hex'));

    INSERT INTO barid.broadcast AS b (
        dedupe_key, category, template_key, template_version, vars, texts, data, image, options,
        channels, segment, personal, ttl, start_at, queue, created_by)
    VALUES (dedupe_key, category, template, version, coalesce(vars, '{}'), texts,
            coalesce(data, '{}'), image, coalesce(options, '{}'), channels, segment, personal, ttl,
            start_at, queue, actor)
    ON CONFLICT ON CONSTRAINT broadcast_dedupe_key_key DO NOTHING
    RETURNING b.* INTO made;
    IF NOT FOUND THEN
        SELECT b.* INTO made FROM barid.broadcast b WHERE b.dedupe_key = broadcast.dedupe_key;
        IF (made.category, made.template_key, made.texts, made.segment)
           IS DISTINCT FROM (category, template, texts, segment) THEN
            PERFORM barid.refuse(
                format('dedupe_key %s belongs to another broadcast', quote_literal(dedupe_key)),
                'Give this one a key of its own.');
        END IF;
        RETURN made.id;
    END IF;
    INSERT INTO barid.broadcast_user (broadcast_id, user_id)
    SELECT DISTINCT made.id, u FROM unnest(users) u WHERE u IS NOT NULL;
    INSERT INTO barid.broadcast_event (broadcast_id, actor, action)
    VALUES (made.id, actor, 'create');
    RETURN made.id;
END $$;

CREATE FUNCTION barid.find_broadcast(id uuid) RETURNS barid.broadcast
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    b barid.broadcast;
BEGIN
    SELECT x.* INTO b FROM barid.broadcast x WHERE x.id = find_broadcast.id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM barid.refuse(format('there is no broadcast %s', id));
    END IF;
    RETURN b;
END $$;

-- What starting it would do: users, how many of them a push can reach, who is left out and why,
-- the words in each language, and how long it takes at the project's quota. Counts are of now.
CREATE FUNCTION barid.broadcast_preview(id uuid, quota_per_minute int DEFAULT 600000)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    b      barid.broadcast;
    counts jsonb;
BEGIN
    SELECT x.* INTO b FROM barid.broadcast x WHERE x.id = broadcast_preview.id;
    IF NOT FOUND THEN PERFORM barid.refuse(format('there is no broadcast %s', id)); END IF;
    WITH audience AS MATERIALIZED (
        SELECT DISTINCT a.user_id COLLATE "default" AS user_id FROM barid.broadcast_audience(id) a),
    decided AS MATERIALIZED (
        SELECT a.user_id, coalesce(u.locale, 'unknown') AS locale,
               CASE WHEN p.user_id IS NULL AND k.default_enabled THEN NULL
                    ELSE (barid.decide_for(a.user_id, b.category, 'push', now(),
                          now() + interval '1 day', false, false)) END AS push,
               (SELECT count(*) FROM barid.device d
                WHERE d.user_id = a.user_id AND d.state <> 'dead'
                  AND NOT barid.device_is_stale(d.last_registered_at, d.last_ok_at)) AS devices
        FROM audience a
        LEFT JOIN barid.category k ON k.key = b.category
        LEFT JOIN barid.app_user u ON u.id = a.user_id
        LEFT JOIN LATERAL (SELECT x.user_id FROM barid.preference x
                           WHERE x.user_id = a.user_id LIMIT 1) p ON true)
    SELECT jsonb_build_object(
        'users', count(*),
        'reachable', count(*) FILTER (WHERE d.devices > 0
                                      AND coalesce((d.push).verdict, 'send') <> 'suppress'),
        'devices', coalesce(sum(d.devices) FILTER (
            WHERE coalesce((d.push).verdict, 'send') <> 'suppress'), 0),
        'without_device', count(*) FILTER (WHERE d.devices = 0),
        'opted_out', count(*) FILTER (WHERE (d.push).verdict = 'suppress'),
        'locales', (SELECT coalesce(jsonb_object_agg(l.locale, l.n), '{}') FROM (
            SELECT x.locale, count(*) AS n FROM decided x GROUP BY 1 ORDER BY 2 DESC LIMIT 20) l))
    INTO counts FROM decided d;
    RETURN counts || jsonb_build_object(
        'id', b.id, 'state', b.state, 'category', b.category, 'channels', to_jsonb(b.channels),
        'texts', coalesce(b.texts, (
            SELECT jsonb_object_agg(t.locale, jsonb_build_object('title', t.title, 'body', t.body))
            FROM barid.template t
            WHERE t.key = b.template_key AND t.version = b.template_version)),
        'minutes', CASE WHEN quota_per_minute > 0 THEN
            round((counts ->> 'devices')::numeric / quota_per_minute + 0.5, 1) END);
END $$;

-- Each of these says what the state is now; doing it twice does nothing more.
CREATE FUNCTION barid.broadcast_start(id uuid, actor text DEFAULT session_user) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    b barid.broadcast := barid.find_broadcast(id);
BEGIN
    IF b.state <> 'draft' THEN RETURN b.state; END IF;
    UPDATE barid.broadcast x
    SET state = 'running', started_at = now(), updated_at = now(),
        job_id = barid.enqueue('notify.broadcast', jsonb_build_object('broadcast', b.id),
                               queue => b.queue, priority => 8, run_at => b.start_at,
                               tags => ARRAY['broadcast:' || b.id])
    WHERE x.id = b.id;
    INSERT INTO barid.broadcast_event (broadcast_id, actor, action) VALUES (b.id, actor, 'start');
    RETURN 'running';
END $$;

CREATE FUNCTION barid.broadcast_pause(id uuid, actor text DEFAULT session_user) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    b barid.broadcast := barid.find_broadcast(id);
BEGIN
    IF b.state <> 'running' THEN RETURN b.state; END IF;
    UPDATE barid.broadcast x SET state = 'paused', updated_at = now() WHERE x.id = b.id;
    INSERT INTO barid.broadcast_event (broadcast_id, actor, action) VALUES (b.id, actor, 'pause');
    RETURN 'paused';
END $$;

CREATE FUNCTION barid.broadcast_resume(id uuid, actor text DEFAULT session_user) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    b barid.broadcast := barid.find_broadcast(id);
BEGIN
    IF b.state <> 'paused' THEN RETURN b.state; END IF;
    -- A job of its own: the one from before may be ending just now.
    UPDATE barid.broadcast x
    SET state = 'running', updated_at = now(),
        job_id = barid.enqueue('notify.broadcast', jsonb_build_object('broadcast', b.id),
                               queue => b.queue, priority => 8,
                               tags => ARRAY['broadcast:' || b.id])
    WHERE x.id = b.id;
    INSERT INTO barid.broadcast_event (broadcast_id, actor, action) VALUES (b.id, actor, 'resume');
    RETURN 'running';
END $$;

-- What has left can't be called back; nothing more leaves. Inbox items that are there stay.
CREATE FUNCTION barid.broadcast_cancel(id uuid, actor text DEFAULT session_user) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    b barid.broadcast := barid.find_broadcast(id);
BEGIN
    IF b.state NOT IN ('draft', 'running', 'paused') THEN RETURN b.state; END IF;
    UPDATE barid.broadcast x SET state = 'cancelled', updated_at = now() WHERE x.id = b.id;
    PERFORM barid.finish_broadcast(b.id);
    INSERT INTO barid.broadcast_event (broadcast_id, actor, action) VALUES (b.id, actor, 'cancel');
    RETURN 'cancelled';
END $$;

-- How far it is, and when it will be through at the rate of the last minute.
CREATE FUNCTION barid.broadcast_progress(id uuid)
    RETURNS TABLE (state text, users bigint, materialised bigint, sent_users bigint,
                   accepted bigint, failed bigint, unknown bigint, suppressed bigint,
                   deferred bigint, users_per_second double precision, started_at timestamptz,
                   estimated_end timestamptz, finished_at timestamptz, error text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH part AS (
        SELECT coalesce(sum(c.users) FILTER (WHERE c.finished_at IS NOT NULL OR c.resting), 0)
                   AS done,
               coalesce(sum(c.users) FILTER (WHERE c.finished_at > now() - interval '1 minute'), 0)
                   AS lately,
               coalesce(sum(c.accepted), 0) AS accepted, coalesce(sum(c.failed), 0) AS failed,
               coalesce(sum(c.unknown), 0) AS unknown,
               coalesce(sum(c.suppressed), 0) AS suppressed,
               coalesce(sum(c.deferred), 0) AS deferred
        FROM barid.broadcast_chunk c WHERE c.broadcast_id = broadcast_progress.id)
    SELECT b.state, b.estimated_users, b.users, p.done::bigint, p.accepted::bigint,
           p.failed::bigint, p.unknown::bigint, p.suppressed::bigint, p.deferred::bigint, r.rate,
           b.started_at,
           CASE WHEN b.finished_at IS NULL AND b.state = 'running' AND r.rate > 0
                THEN now() + make_interval(secs => (b.estimated_users - p.done) / r.rate) END,
           b.finished_at, b.error
    FROM barid.broadcast b, part p
    CROSS JOIN LATERAL (
        SELECT p.lately / greatest(1, least(60, extract(epoch FROM now() - (
            SELECT x.started_at FROM barid.broadcast x
            WHERE x.id = broadcast_progress.id))))::double precision AS rate) r
    WHERE b.id = broadcast_progress.id;
END $$;

--------------------------------------------------------------------------------------------------
-- The coordinator's steps.

-- Writes down who is meant, once: the segment as it is when the broadcast begins. False when the
-- broadcast is not to be worked on by this job (any more).
CREATE FUNCTION barid.broadcast_collect(id uuid, job_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    b     barid.broadcast := barid.find_broadcast(id);
    total bigint;
BEGIN
    IF b.state <> 'running' OR b.job_id IS DISTINCT FROM job_id THEN RETURN false; END IF;
    IF b.estimated_users IS NOT NULL THEN RETURN true; END IF;
    IF b.segment IS NOT NULL THEN
        INSERT INTO barid.broadcast_user AS u (broadcast_id, user_id, vars)
        SELECT b.id, a.user_id, CASE WHEN b.personal THEN a.vars END
        FROM barid.segment_rows(b.segment) a
        ON CONFLICT ON CONSTRAINT broadcast_user_pkey DO NOTHING;
    END IF;
    SELECT count(*) INTO total FROM barid.broadcast_user u WHERE u.broadcast_id = b.id;
    UPDATE barid.broadcast x
    SET estimated_users = total, updated_at = now()
    WHERE x.id = b.id;
    RETURN true;
END $$;

CREATE FUNCTION barid.broadcast_fail(id uuid, problem text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.broadcast b
    SET state = 'failed', error = left(problem, 1000), finished_at = now(), updated_at = now()
    WHERE b.id = broadcast_fail.id AND b.state = 'running'
$$;

-- The next chunk: its users' notifications and inbox items, its job, and the cursor, in one
-- transaction. `next`: more | wait (enough chunks are under way) | end (everybody has theirs) |
-- stop (paused, cancelled, or another job is in charge).
CREATE FUNCTION barid.broadcast_step(id uuid, job_id bigint, size int DEFAULT 1000,
                                     ahead int DEFAULT 8, OUT next text, OUT made int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_variable
DECLARE
    b       barid.broadcast := barid.find_broadcast(id);
    chunk   int;
    sender  bigint;
    upto    text;
    lowest  text;
    at      timestamptz := clock_timestamp();
    known   text[];
    term    interval;
    quiet   text;
    usually boolean;
BEGIN
    made := 0;
    next := 'stop';
    IF b.state <> 'running' OR b.job_id IS DISTINCT FROM job_id THEN RETURN; END IF;
    IF (SELECT count(*) FROM barid.broadcast_chunk c
        WHERE c.broadcast_id = b.id AND c.finished_at IS NULL AND NOT c.resting) >= ahead
       OR b.materialised_at IS NOT NULL THEN
        -- Chunks whose job has ended some other way hold nobody up.
        UPDATE barid.broadcast_chunk c SET finished_at = now()
        WHERE c.broadcast_id = b.id AND c.finished_at IS NULL
          AND NOT EXISTS (SELECT FROM barid.job j WHERE j.id = c.job_id);
        IF b.materialised_at IS NOT NULL THEN PERFORM barid.finish_broadcast(b.id); END IF;
        next := CASE WHEN b.materialised_at IS NULL THEN 'wait' ELSE 'end' END;
        RETURN;
    END IF;
    SELECT min(u.user_id), max(u.user_id), count(*) INTO lowest, upto, made FROM (
        SELECT x.user_id FROM barid.broadcast_user x
        WHERE x.broadcast_id = b.id AND x.user_id > b.cursor
        ORDER BY x.user_id LIMIT size) u;
    IF made = 0 THEN
        UPDATE barid.broadcast x SET materialised_at = now(), updated_at = now()
        WHERE x.id = b.id;
        PERFORM barid.finish_broadcast(b.id);
        next := 'end';
        RETURN;
    END IF;
    chunk := b.chunks + 1;
    sender := barid.enqueue('notify.chunk',
                            jsonb_build_object('broadcast', b.id, 'chunk', chunk),
                            queue => b.queue, priority => 9,
                            tags => ARRAY['broadcast:' || b.id]);
    SELECT coalesce(b.ttl, c.ttl), c.quiet, c.default_enabled INTO term, quiet, usually
    FROM barid.category c WHERE c.key = b.category;
    known := ARRAY(SELECT t.locale FROM barid.broadcast_text t WHERE t.broadcast_id = b.id
                   ORDER BY t.locale);
    WITH audience AS MATERIALIZED (
        -- By the other table's collation: its index is of no use for another one.
        SELECT u.user_id COLLATE "default" AS user_id, u.vars, a.locale
        FROM barid.broadcast_user u
        LEFT JOIN barid.app_user a ON a.id = u.user_id COLLATE "default"
        WHERE u.broadcast_id = b.id AND u.user_id > b.cursor AND u.user_id <= upto),
    spoken AS MATERIALIZED (
        SELECT l.locale, CASE WHEN NOT b.personal THEN
                   barid.choose_locale(coalesce(l.locale, barid.default_locale()), known,
                                       barid.default_locale()) END AS chosen
        FROM (SELECT DISTINCT a.locale FROM audience a) l),
    fresh AS (
        INSERT INTO barid.notification AS n (
            user_id, category, dedupe_key, job_id, template_key, template_version, vars, locale,
            image, data, options, channels, expires_at, broadcast_id)
        SELECT a.user_id, b.category, 'broadcast:' || b.id, sender,
               CASE WHEN b.personal THEN b.template_key END,
               CASE WHEN b.personal THEN b.template_version END,
               CASE WHEN b.personal THEN b.vars || coalesce(a.vars, '{}') END, s.chosen,
               b.image, b.data, b.options, b.channels, at + coalesce(term, '28 days'), b.id
        FROM audience a JOIN spoken s ON s.locale IS NOT DISTINCT FROM a.locale
        ON CONFLICT ON CONSTRAINT notification_user_id_dedupe_key_key DO NOTHING
        RETURNING n.id, n.user_id, n.locale, n.expires_at),
    judged AS MATERIALIZED (
        SELECT f.*, CASE
            WHEN NOT EXISTS (SELECT FROM barid.preference p WHERE p.user_id = f.user_id)
                 AND coalesce(usually, true)
                 AND (quiet <> 'drop' OR NOT EXISTS (
                     SELECT FROM barid.quiet_hours q WHERE q.user_id = f.user_id))
                THEN ROW ('send', NULL, NULL)::barid.decision
            ELSE barid.decide_for(f.user_id, b.category, 'inbox', at, f.expires_at)
            END AS decision
        FROM fresh f WHERE 'inbox' = ANY (b.channels) OFFSET 0),
    shown AS (
        INSERT INTO barid.inbox_item (notification_id, user_id, category, locale, title, body,
                                      image, data)
        SELECT j.id, j.user_id, b.category, j.locale, t.title, t.body, b.image, b.data
        FROM judged j
        LEFT JOIN barid.broadcast_text t ON t.broadcast_id = b.id AND t.locale = j.locale
        WHERE (j.decision).verdict = 'send')
    INSERT INTO barid.delivery (notification_id, channel, job_id, state, reason)
    SELECT j.id, 'inbox', sender, 'suppressed', (j.decision).reason
    FROM judged j WHERE (j.decision).verdict <> 'send';
    INSERT INTO barid.broadcast_chunk (broadcast_id, chunk_no, lo_user, hi_user, users, job_id)
    VALUES (b.id, chunk, lowest, upto, made, sender);
    UPDATE barid.broadcast x
    SET cursor = upto, chunks = chunk, users = x.users + made, updated_at = now()
    WHERE x.id = b.id;
    next := 'more';
END $$;

GRANT EXECUTE ON FUNCTION
    barid.broadcast(text, text, jsonb, jsonb, jsonb, jsonb, text, jsonb, text[], text, text[],
                    boolean, interval, timestamptz, text, text, text),
    barid.broadcast_preview(uuid, int), barid.broadcast_start(uuid, text),
    barid.broadcast_pause(uuid, text), barid.broadcast_resume(uuid, text),
    barid.broadcast_cancel(uuid, text), barid.broadcast_progress(uuid)
TO barid_operator;
GRANT EXECUTE ON FUNCTION
    barid.broadcast_collect(uuid, bigint), barid.broadcast_step(uuid, bigint, int, int),
    barid.broadcast_fail(uuid, text), barid.broadcast_progress(uuid)
TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.broadcast_progress(uuid) TO barid_readonly;
GRANT SELECT ON barid.broadcast_event TO barid_operator, barid_readonly;
