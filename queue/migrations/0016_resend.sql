-- Re-sends: a new generation of the same notifications' deliveries. The inbox is never touched.
--
-- What was asked for stands in barid.resend and is never changed; what became of it follows from
-- the deliveries of its jobs.

ALTER TABLE barid.resend DROP COLUMN state, DROP COLUMN job_id, DROP COLUMN finished_at;
CREATE TABLE barid.resend_job (
    resend_id  bigint NOT NULL REFERENCES barid.resend (id),
    part       int NOT NULL,
    job_id     bigint NOT NULL UNIQUE,
    deliveries int NOT NULL,
    PRIMARY KEY (resend_id, part)
);
CREATE FUNCTION barid.keep_resend() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what was re-sent, by whom and why, is not changed' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER resend_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON barid.resend
    FOR EACH STATEMENT EXECUTE FUNCTION barid.keep_resend();
CREATE TRIGGER resend_job_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON barid.resend_job
    FOR EACH STATEMENT EXECUTE FUNCTION barid.keep_resend();

-- The filter with its values checked: {"notification_ids", "user_ids", "broadcast_id", "category",
-- "since", "until", "channel", "reasons"}. One of the first three, or since, must be there.
CREATE FUNCTION barid.check_resend_filter(filter jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item record;
BEGIN
    IF filter IS NULL OR jsonb_typeof(filter) <> 'object' THEN
        PERFORM barid.refuse('filter must be an object', 'For example {"broadcast_id": "…"}.');
    END IF;
    FOR item IN SELECT f.key, f.value, jsonb_typeof(f.value) AS kind FROM jsonb_each(filter) f LOOP
        IF item.key IN ('notification_ids', 'user_ids', 'reasons') THEN
            IF item.kind <> 'array' OR jsonb_array_length(item.value) NOT BETWEEN 1 AND 10000
               OR EXISTS (SELECT FROM jsonb_array_elements(item.value) e
                          WHERE jsonb_typeof(e) <> 'string') THEN
                PERFORM barid.refuse(format('filter.%s must be a list of 1 to 10000 texts',
                                            item.key));
            END IF;
        ELSIF item.key IN ('broadcast_id', 'category', 'since', 'until', 'channel') THEN
            IF item.kind <> 'string' THEN
                PERFORM barid.refuse(format('filter.%s must be a text', item.key));
            END IF;
        ELSE
            PERFORM barid.refuse(
                format('filter.%s is not understood', left(item.key, 40)),
                'There are notification_ids, user_ids, broadcast_id, category, since, until, '
                'channel and reasons.');
        END IF;
    END LOOP;
    IF octet_length(filter::text) > 1048576 THEN
        PERFORM barid.refuse('filter has more than 1 MiB', 'Name fewer, and call again.');
    END IF;
    IF NOT filter ?| '{notification_ids,user_ids,broadcast_id,since}' THEN
        PERFORM barid.refuse('filter must have notification_ids, user_ids, broadcast_id or since');
    END IF;
    IF filter ->> 'channel' NOT IN ('push', 'email', 'webhook') THEN
        PERFORM barid.refuse('filter.channel must be push, email or webhook');
    END IF;
END $$;

-- What a re-send would send: each way out by which nothing is under way now, and its state until
-- now ('new_device' where there is none). A job that is gone leaves what it had not sent behind as
-- failed, and what it was sending as unknown.
CREATE FUNCTION barid.resend_targets(mode text, filter jsonb, include_accepted boolean)
    RETURNS TABLE (notification_id uuid, user_id text, channel text, device_id bigint,
                   generation int, was text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    chosen text := 'n.expires_at > statement_timestamp()';
BEGIN
    IF mode IS NULL OR mode NOT IN ('failed', 'unknown', 'new_devices', 'all') THEN
        PERFORM barid.refuse('mode must be failed, unknown, new_devices or all');
    END IF;
    PERFORM barid.check_resend_filter(filter);
    -- Only the conditions that are there, so that each can use its index.
    chosen := chosen
        || CASE WHEN filter ? 'notification_ids' THEN
                ' AND n.id = ANY (ARRAY(SELECT jsonb_array_elements_text('
                '$1 -> ''notification_ids''))::uuid[])'
           ELSE '' END
        || CASE WHEN filter ? 'user_ids' THEN
                ' AND n.user_id = ANY (ARRAY(SELECT jsonb_array_elements_text('
                '$1 -> ''user_ids'')))'
           ELSE '' END
        || CASE WHEN filter ? 'broadcast_id' THEN
                ' AND n.broadcast_id = ($1 ->> ''broadcast_id'')::uuid' ELSE '' END
        || CASE WHEN filter ? 'category' THEN ' AND n.category = $1 ->> ''category''' ELSE '' END
        || CASE WHEN filter ? 'since' THEN
                ' AND n.id >= barid.uuid_v7_floor(($1 ->> ''since'')::timestamptz)' ELSE '' END
        || CASE WHEN filter ? 'until' THEN
                ' AND n.id < barid.uuid_v7_floor(($1 ->> ''until'')::timestamptz)' ELSE '' END;
    RETURN QUERY EXECUTE format($query$
    WITH chosen AS MATERIALIZED (
        SELECT n.id, n.user_id, n.channels FROM barid.notification n WHERE %s
    ), known AS MATERIALIZED (
        SELECT DISTINCT ON (d.notification_id, d.channel, d.device_id)
               c.id, c.user_id, d.channel, d.device_id, d.reason,
               max(d.generation) OVER whole + 1 AS next,
               bool_or(d.state = 'accepted') OVER way AS ever_accepted,
               CASE WHEN d.state NOT IN ('pending', 'sending', 'deferred', 'unknown') THEN d.state
                    WHEN EXISTS (SELECT FROM barid.job j WHERE j.id = d.job_id) THEN 'busy'
                    WHEN d.state IN ('sending', 'unknown') THEN 'unknown'
                    ELSE 'failed' END AS was
        FROM chosen c JOIN barid.delivery d ON d.notification_id = c.id
        WHERE d.channel <> 'inbox'
        WINDOW whole AS (PARTITION BY d.notification_id),
               way AS (PARTITION BY d.notification_id, d.channel, d.device_id)
        ORDER BY d.notification_id, d.channel, d.device_id, d.generation DESC
    ), again AS (
        SELECT k.id, k.user_id, k.channel, k.device_id, k.next, k.was FROM known k
        WHERE ($2 = 'all' AND k.was IN ('accepted', 'failed', 'unknown', 'suppressed', 'expired')
               OR k.was = $2)
          AND ($3 OR NOT k.ever_accepted)
          AND ($1 -> 'reasons' IS NULL OR $1 -> 'reasons' ? k.reason)
          AND CASE k.channel
              WHEN 'push' THEN EXISTS (
                  SELECT FROM barid.device v WHERE v.id = k.device_id AND v.user_id = k.user_id
                                               AND v.state <> 'dead')
              WHEN 'email' THEN EXISTS (
                  SELECT FROM barid.contact a
                  WHERE a.user_id = k.user_id AND a.channel = 'email'
                    AND NOT EXISTS (SELECT FROM barid.suppression s WHERE s.channel = 'email'
                                                        AND s.address = lower(a.address)))
              ELSE true END
    ), pushed AS (
        -- Without a device there was none, or (to be decided anew) none was wanted.
        SELECT k.id, k.user_id, k.next,
               $1 -> 'reasons' IS NULL OR bool_or($1 -> 'reasons' ? k.reason)
        FROM known k WHERE k.channel = 'push'
        GROUP BY k.id, k.user_id, k.next
        HAVING bool_and(k.device_id IS NOT NULL OR k.reason = 'no_device'
                        OR ($2 = 'all' AND k.was IN ('suppressed', 'expired')))
    ), fresh AS (
        SELECT p.id, p.user_id, 'push', v.id, p.next, 'new_device'
        FROM pushed p (id, user_id, next, meant)
        JOIN barid.device v ON v.user_id = p.user_id AND v.state <> 'dead'
        WHERE $2 IN ('new_devices', 'all') AND p.meant
          AND NOT EXISTS (SELECT FROM known k WHERE k.id = p.id AND k.device_id = v.id)
    )
    SELECT t.* FROM (SELECT * FROM again UNION ALL SELECT * FROM fresh)
        AS t (id, user_id, channel, device_id, next, was)
    WHERE $1 ->> 'channel' IS NULL OR t.channel = $1 ->> 'channel'
    $query$, chosen) USING filter, mode, include_accepted;
END $$;

-- How many a re-send would send now, at most: what the user doesn't want is left out when it is
-- sent. `was`: how many of each state until now.
CREATE FUNCTION barid.resend_preview(mode text, filter jsonb,
                                     include_accepted boolean DEFAULT false,
                                     OUT notifications bigint, OUT deliveries bigint,
                                     OUT users bigint, OUT was jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT count(DISTINCT t.notification_id), count(*), count(DISTINCT t.user_id),
           (SELECT coalesce(jsonb_object_agg(w.was, w.n), '{}')
            FROM (SELECT r.was, count(*) AS n
                  FROM barid.resend_targets(resend_preview.mode, resend_preview.filter,
                                            resend_preview.include_accepted) r
                  GROUP BY r.was) w)
    FROM barid.resend_targets(resend_preview.mode, resend_preview.filter,
                              resend_preview.include_accepted) t
$$;

-- Whether a version of a template can be filled with `vars`.
CREATE FUNCTION barid.vars_fit(template text, version int, vars jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    PERFORM barid.check_vars(template, version, vars);
    RETURN true;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END $$;

-- Sends again, once for each request_key. `override` passes what users have chosen, as a critical
-- category does; members of barid_operator may. `content`: frozen, the words as they were, or
-- rendered, with the newest version of the template (where its variables fit) in the language that
-- the user has now; the inbox keeps what it shows.
CREATE FUNCTION barid.resend(
    request_key text, reason text, mode text, filter jsonb, override boolean DEFAULT false,
    content text DEFAULT 'frozen', include_accepted boolean DEFAULT false,
    actor text DEFAULT NULL, queue text DEFAULT 'default', priority int DEFAULT 5,
    OUT id bigint, OUT created boolean, OUT notifications bigint, OUT deliveries bigint,
    OUT jobs bigint[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    per_job CONSTANT int := 10000;
    most    CONSTANT int := 1000000;
    login   text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
    before  barid.resend;
    found_n bigint;
BEGIN
    IF request_key IS NULL OR octet_length(request_key) NOT BETWEEN 1 AND 256 THEN
        PERFORM barid.refuse('request_key must have 1 to 256 bytes',
                             'The same key again does nothing more.');
    END IF;
    IF reason IS NULL OR octet_length(reason) NOT BETWEEN 1 AND 2000 OR reason ~ '^\s*$' THEN
        PERFORM barid.refuse('reason must have 1 to 2000 bytes', 'Say why this is sent again.');
    END IF;
    IF content IS NULL OR content NOT IN ('frozen', 'rendered') THEN
        PERFORM barid.refuse('content must be frozen or rendered');
    END IF;
    IF octet_length(actor) NOT BETWEEN 1 AND 256 THEN
        PERFORM barid.refuse('actor must have 1 to 256 bytes');
    END IF;
    override := coalesce(override, false);
    include_accepted := coalesce(include_accepted, false);
    IF override AND NOT pg_has_role(login, 'barid_operator', 'MEMBER') THEN
        RAISE EXCEPTION 'only members of barid_operator may pass what users have chosen'
            USING ERRCODE = '42501', HINT = 'Leave override out.';
    END IF;

    -- Re-sends take turns: the second one sees what the first has under way.
    PERFORM pg_advisory_xact_lock(1112297798, 16);
    SELECT r.* INTO before FROM barid.resend r WHERE r.request_key = resend.request_key;
    IF FOUND THEN
        IF (before.mode, before.filter, before.override, before.content, before.include_accepted)
           IS DISTINCT FROM (mode, filter, override, content, include_accepted) THEN
            PERFORM barid.refuse(format('request_key %s stands for another re-send',
                                        quote_literal(left(request_key, 80))),
                                 'Use a new key for a new request.');
        END IF;
        id := before.id;
        created := false;
        notifications := before.notifications;
        deliveries := before.deliveries;
        jobs := ARRAY(SELECT j.job_id FROM barid.resend_job j WHERE j.resend_id = before.id
                      ORDER BY j.part);
        RETURN;
    END IF;

    SELECT p.deliveries INTO found_n FROM barid.resend_preview(mode, filter, include_accepted) p;
    IF found_n > most THEN
        PERFORM barid.refuse(format('that would send %s, at most %s can be sent at once', found_n,
                                    most), 'Narrow it by since and until.');
    END IF;
    id := nextval(pg_get_serial_sequence('barid.resend', 'id'));
    jobs := '{}';
    FOR part IN 1 .. ceil(found_n / per_job::numeric) LOOP
        jobs := jobs || barid.enqueue('notify.resend',
                                      jsonb_build_object('resend', id, 'part', part),
                                      queue => queue, priority => priority);
    END LOOP;
    WITH target AS MATERIALIZED (
        SELECT t.*, (row_number() OVER (ORDER BY t.notification_id, t.channel, t.device_id) - 1)
                    / per_job + 1 AS part
        FROM barid.resend_targets(mode, filter, include_accepted) t
    ), made AS (
        INSERT INTO barid.delivery AS d (notification_id, channel, device_id, generation, job_id,
                                         state)
        SELECT t.notification_id, t.channel, t.device_id, t.generation,
               jobs[least(t.part, cardinality(jobs))], 'pending'
        FROM target t WHERE cardinality(jobs) > 0
        ON CONFLICT ON CONSTRAINT delivery_notification_id_channel_device_id_generation_key
            DO NOTHING
        RETURNING d.notification_id, d.channel, d.device_id, d.generation
    ), superseded AS (
        -- A job that is asked to run again must not send beside us.
        UPDATE barid.delivery d SET job_id = NULL
        FROM made m
        WHERE d.notification_id = m.notification_id AND d.channel = m.channel
          AND d.device_id IS NOT DISTINCT FROM m.device_id AND d.generation < m.generation
          AND d.job_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM barid.job j WHERE j.id = d.job_id))
    SELECT count(DISTINCT m.notification_id), count(*) INTO notifications, deliveries FROM made m;

    IF content = 'rendered' THEN
        UPDATE barid.notification n
        SET template_version = v.newest, title = NULL, body = NULL, locale = NULL
        FROM (SELECT d.notification_id, max(t.version) AS newest
              FROM (SELECT DISTINCT k.notification_id FROM barid.delivery k
                    WHERE k.job_id = ANY (jobs)) d
              JOIN barid.notification o ON o.id = d.notification_id
              JOIN barid.template t ON t.key = o.template_key
              WHERE o.broadcast_id IS NULL
              GROUP BY d.notification_id) v
        WHERE n.id = v.notification_id AND barid.vars_fit(n.template_key, v.newest, n.vars);
    END IF;

    INSERT INTO barid.resend (id, request_key, actor, role, reason, mode, filter, content, override,
                              include_accepted, preview_count, deliveries, notifications)
    OVERRIDING SYSTEM VALUE
    VALUES (id, request_key, coalesce(actor, login), login, reason, mode, filter, content,
            override, include_accepted, found_n, deliveries, notifications);
    INSERT INTO barid.resend_job (resend_id, part, job_id, deliveries)
    SELECT id, j.part, j.job_id, (SELECT count(*) FROM barid.delivery d WHERE d.job_id = j.job_id)
    FROM unnest(jobs) WITH ORDINALITY AS j (job_id, part);
    created := true;
END $$;

-- The re-sends, newest first, and what has become of them. `waiting` is still to be sent;
-- `superseded` was sent again by a later one.
CREATE FUNCTION barid.resends(page_size int DEFAULT 50, before bigint DEFAULT NULL)
    RETURNS TABLE (id bigint, asked_at timestamptz, state text, mode text, actor text, reason text,
                   deliveries bigint, accepted bigint, failed bigint, unknown bigint,
                   suppressed bigint, waiting bigint, superseded bigint, request_key text,
                   filter jsonb, override boolean, content text, include_accepted boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF page_size IS NULL OR page_size NOT BETWEEN 1 AND 500 THEN
        PERFORM barid.refuse('page_size must be between 1 and 500');
    END IF;
    RETURN QUERY
    SELECT r.id, r.created_at, CASE WHEN s.live OR s.waiting > 0 THEN 'running' ELSE 'done' END,
           r.mode, r.actor, r.reason, r.deliveries, s.accepted, s.failed, s.unknown, s.suppressed,
           s.waiting, r.deliveries - s.seen, r.request_key, r.filter, r.override, r.content,
           r.include_accepted
    FROM (SELECT k.* FROM barid.resend k WHERE k.id < coalesce(before, 9223372036854775807)
          ORDER BY k.id DESC LIMIT page_size) r
    CROSS JOIN LATERAL (
        SELECT count(d.id) AS seen, count(*) FILTER (WHERE d.state = 'accepted') AS accepted,
               count(*) FILTER (WHERE d.state = 'failed') AS failed,
               count(*) FILTER (WHERE d.state = 'unknown') AS unknown,
               count(*) FILTER (WHERE d.state IN ('suppressed', 'expired', 'collected'))
                   AS suppressed,
               count(*) FILTER (WHERE d.state IN ('pending', 'sending', 'deferred')) AS waiting,
               coalesce(bool_or(EXISTS (SELECT FROM barid.job q WHERE q.id = j.job_id)), false)
                   AS live
        FROM barid.resend_job j LEFT JOIN barid.delivery d ON d.job_id = j.job_id
        WHERE j.resend_id = r.id) s
    ORDER BY r.id DESC;
END $$;

GRANT SELECT ON barid.resend_job TO barid_operator, barid_readonly, barid_worker;
REVOKE INSERT, UPDATE ON barid.resend FROM barid_worker;
GRANT EXECUTE ON FUNCTION barid.resend_preview(text, jsonb, boolean), barid.resends(int, bigint)
TO barid_producer, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.resend(text, text, text, jsonb, boolean, text, boolean, text, text,
                                       int)
TO barid_producer, barid_operator;
