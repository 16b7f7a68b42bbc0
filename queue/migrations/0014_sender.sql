-- What the sender of notifications does in the database: who is in charge, what is to be sent.

-- As before, and cheaper: without settings of its own it becomes part of the statement.
CREATE OR REPLACE FUNCTION barid.uuid_v7() RETURNS uuid
    LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT pg_catalog.encode(
        pg_catalog.set_bit(pg_catalog.set_bit(
            pg_catalog.overlay(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()),
                pg_catalog.substring(pg_catalog.int8send((pg_catalog.date_part('epoch',
                    pg_catalog.clock_timestamp()) * 1000)::bigint), 3), 1, 6),
            52, 1), 53, 1), 'hex')::uuid
$$;

-- Texts of a broadcast whose words are the same for everybody, one row a language. Its
-- notifications name their locale and have no text of their own.
CREATE TABLE barid.broadcast_text (
    broadcast_id uuid NOT NULL REFERENCES barid.broadcast (id) ON DELETE CASCADE,
    locale       text NOT NULL,
    title        text NOT NULL,
    body         text NOT NULL,
    PRIMARY KEY (broadcast_id, locale)
);
GRANT SELECT, INSERT ON barid.broadcast_text TO barid_worker;
GRANT SELECT ON barid.broadcast_text TO barid_operator, barid_readonly;

-- What became of a claim that died: what was being sent may have arrived. What had run out of
-- attempts is tried again, since somebody asked the job to.
CREATE FUNCTION barid.take_over_run(job_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    UPDATE barid.delivery_attempt a
    SET finished_at = clock_timestamp(), class = 'interrupted', reason = 'interrupted'
    FROM barid.delivery d
    WHERE d.job_id = take_over_run.job_id AND d.state = 'sending'
      AND a.notification_id = d.notification_id AND a.delivery_id = d.id
      AND a.attempt_no = d.attempts AND a.finished_at IS NULL;
    UPDATE barid.delivery d
    SET state = CASE WHEN d.state = 'sending' THEN 'unknown' ELSE 'pending' END,
        reason = CASE WHEN d.state = 'sending' THEN 'interrupted' END,
        updated_at = now()
    WHERE d.job_id = take_over_run.job_id
      AND (d.state = 'sending' OR (d.state = 'failed' AND d.reason = 'attempts_exhausted'));
END $$;

-- What is made already and not final is decided anew. What may have arrived and is to be sent again
-- is due once more, or stays in doubt for good (not_before 'infinity') when it is not wanted now.
CREATE FUNCTION barid.decide_again(job_id bigint, override boolean, at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    WITH open AS MATERIALIZED (
        SELECT d.notification_id, d.id, d.state, d.channel, n.user_id, n.category, c.critical,
               c.throttle_n, c.throttle_window, x.decision
        FROM barid.delivery d
        JOIN barid.notification n ON n.id = d.notification_id
        LEFT JOIN barid.category c ON c.key = n.category
        CROSS JOIN LATERAL (
            SELECT barid.decide_for(n.user_id, n.category, d.channel, at, n.expires_at, false,
                                    d.state = 'deferred', override, random()) AS decision
            OFFSET 0) x
        WHERE d.job_id = decide_again.job_id
          AND (d.state = 'pending' OR (d.state = 'deferred' AND d.not_before <= at)
               -- A webhook's receiver knows it by its id: once more does no harm.
               OR (d.state = 'unknown' AND d.not_before IS NULL
                   AND (c.ambiguity = 'resend' OR d.channel = 'webhook')))),
    taken AS MATERIALIZED (
        SELECT o.*, (o.decision).verdict = 'send' AND o.state = 'deferred'
                    AND o.throttle_n IS NOT NULL AND NOT o.critical AND NOT override
                    AND NOT barid.take_throttle(o.user_id, o.category, o.channel, at,
                                                o.throttle_n, o.throttle_window) AS throttled
        FROM open o)
    UPDATE barid.delivery d
    SET state = CASE WHEN t.throttled THEN 'suppressed'
                     WHEN (t.decision).verdict = 'send' THEN 'pending'
                     WHEN (t.decision).verdict = 'defer' THEN 'deferred'
                     WHEN t.state = 'unknown' THEN 'unknown'
                     WHEN (t.decision).verdict = 'expire' THEN 'expired'
                     ELSE 'suppressed' END,
        reason = CASE WHEN t.throttled THEN 'throttled' ELSE (t.decision).reason END,
        not_before = CASE WHEN t.state = 'unknown' AND (t.decision).verdict NOT IN ('send', 'defer')
                          THEN 'infinity' ELSE (t.decision).until END,
        updated_at = now()
    FROM taken t
    WHERE d.notification_id = t.notification_id AND d.id = t.id
      AND (t.throttled OR t.state <> 'pending' OR (t.decision).verdict <> 'send');
END $$;

-- One row for each device, or other way out, of the job's own notifications that have none yet.
CREATE FUNCTION barid.expand_run(job_id bigint, max_devices int, at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    WITH wanted AS MATERIALIZED (
        SELECT n.id, n.user_id, n.category, n.broadcast_id IS NOT NULL AS broadcast, w.channel,
               c.critical, c.throttle_n, c.throttle_window, x.decision
        FROM barid.notification n
        LEFT JOIN barid.category c ON c.key = n.category
        CROSS JOIN LATERAL unnest(n.channels) AS w (channel)
        CROSS JOIN LATERAL (
            SELECT CASE
                -- Nothing of this user's or category's can say no.
                WHEN n.expires_at > at AND n.not_before IS NULL AND c.default_enabled
                     AND c.throttle_n IS NULL AND c.digest_window IS NULL
                     AND NOT EXISTS (SELECT FROM barid.preference p WHERE p.user_id = n.user_id)
                     AND NOT EXISTS (SELECT FROM barid.quiet_hours q WHERE q.user_id = n.user_id)
                    THEN ROW ('send', NULL, NULL)::barid.decision
                WHEN n.not_before > at AND n.not_before < n.expires_at
                    THEN ROW ('defer', 'not_before', n.not_before)::barid.decision
                ELSE barid.decide_for(n.user_id, n.category, w.channel, at, n.expires_at,
                                      n.digest_id IS NULL, true, false, random())
                END AS decision
            OFFSET 0) x
        WHERE n.job_id = expand_run.job_id AND w.channel <> 'inbox'
          -- Not as an anti-join, which would read the whole ledger.
          AND (SELECT d.id FROM barid.delivery d
               WHERE d.notification_id = n.id AND d.channel = w.channel LIMIT 1) IS NULL),
    taken AS MATERIALIZED (
        SELECT t.*, CASE
            WHEN (t.decision).verdict = 'send' AND t.throttle_n IS NOT NULL AND NOT t.critical
                 AND NOT barid.take_throttle(t.user_id, t.category, t.channel, at, t.throttle_n,
                                             t.throttle_window) THEN 'throttled'
            WHEN (t.decision).verdict = 'send' THEN 'pending'
            WHEN (t.decision).verdict = 'defer' THEN 'deferred'
            WHEN (t.decision).verdict = 'collect' THEN 'collected'
            WHEN (t.decision).verdict = 'expire' THEN 'expired'
            ELSE 'suppressed' END AS fate
        FROM wanted t),
    made AS (
        INSERT INTO barid.delivery (notification_id, channel, device_id, job_id, state, reason,
                                    not_before)
        SELECT t.id, t.channel, v.id, expand_run.job_id,
               CASE WHEN b.reason IS NOT NULL OR t.fate = 'throttled' THEN 'suppressed'
                    ELSE t.fate END,
               CASE WHEN b.reason IS NOT NULL THEN b.reason
                    WHEN t.fate = 'throttled' THEN 'throttled'
                    ELSE (t.decision).reason END,
               CASE WHEN b.reason IS NULL THEN (t.decision).until END
        FROM taken t
        LEFT JOIN LATERAL (
            SELECT d.id FROM barid.device d
            WHERE d.user_id = t.user_id AND d.state <> 'dead'
              AND NOT (t.broadcast AND barid.device_is_stale(d.last_registered_at, d.last_ok_at))
            ORDER BY d.last_registered_at DESC LIMIT max_devices) v
            ON t.channel = 'push' AND t.fate IN ('pending', 'deferred')
        CROSS JOIN LATERAL (SELECT CASE
            WHEN t.fate NOT IN ('pending', 'deferred') THEN NULL
            WHEN t.channel = 'push' AND v.id IS NULL THEN 'no_device'
            WHEN t.channel = 'email' THEN (
                SELECT CASE WHEN k.user_id IS NULL THEN 'no_address'
                            WHEN s.address IS NOT NULL THEN 'suppressed_address' END
                FROM (VALUES (1)) AS one (row)
                LEFT JOIN barid.contact k ON k.user_id = t.user_id AND k.channel = 'email'
                LEFT JOIN barid.suppression s ON s.channel = 'email'
                                             AND s.address = lower(k.address))
            END AS reason) b
        ON CONFLICT ON CONSTRAINT delivery_notification_id_channel_device_id_generation_key
            DO NOTHING
        RETURNING notification_id, channel, state)
    SELECT count(barid.collect(t.id, t.user_id, t.category, t.channel)::text)
    FROM made m JOIN taken t ON t.id = m.notification_id AND t.channel = m.channel
    WHERE m.state = 'collected' INTO max_devices;
END $$;

-- Puts a claim of a job in charge of its deliveries, decides about them, and lists the
-- notifications that have something to send now or no text yet. `lanes`: one entry for each
-- message that is due, the project of its device or the name of another channel.
CREATE FUNCTION barid.prepare_run(job_id bigint, lease_token text, max_devices int DEFAULT 100,
                                  override boolean DEFAULT false)
    RETURNS TABLE (
        id uuid, user_id text, category text, locale text, title text, body text, image text,
        data jsonb, options jsonb, template_key text, template_version int, vars jsonb,
        texts jsonb, ttl bigint, urgent boolean, collapse boolean, critical boolean,
        user_locale text, user_tz text, broadcast boolean, email boolean, lanes text[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    again    boolean;
    campaign text;
    at       timestamptz := clock_timestamp();
BEGIN
    -- The row's lock comes first: a wave that an older claim is opening is waited for, and seen.
    INSERT INTO barid.delivery_run AS r (job_id, lease_token)
    VALUES (prepare_run.job_id, prepare_run.lease_token)
    ON CONFLICT ON CONSTRAINT delivery_run_pkey
        DO UPDATE SET lease_token = EXCLUDED.lease_token
    RETURNING r.xmax <> 0 INTO again;
    IF again OR EXISTS (SELECT FROM barid.delivery d
                        WHERE d.job_id = prepare_run.job_id AND d.state = 'failed'
                          AND d.reason = 'attempts_exhausted') THEN
        PERFORM barid.take_over_run(prepare_run.job_id);
    END IF;

    SELECT b.state INTO campaign FROM barid.broadcast_chunk c
    JOIN barid.broadcast b ON b.id = c.broadcast_id WHERE c.job_id = prepare_run.job_id;
    IF campaign = 'paused' THEN RETURN; END IF;
    IF campaign = 'cancelled' THEN
        INSERT INTO barid.delivery (notification_id, channel, job_id, state, reason)
        SELECT n.id, w.channel, prepare_run.job_id, 'suppressed', 'cancelled'
        FROM barid.notification n CROSS JOIN unnest(n.channels) AS w (channel)
        WHERE n.job_id = prepare_run.job_id AND w.channel <> 'inbox'
          AND NOT EXISTS (SELECT FROM barid.delivery d
                          WHERE d.notification_id = n.id AND d.channel = w.channel)
        ON CONFLICT ON CONSTRAINT delivery_notification_id_channel_device_id_generation_key
            DO NOTHING;
        UPDATE barid.delivery d
        SET state = 'suppressed', reason = 'cancelled', updated_at = now()
        WHERE d.job_id = prepare_run.job_id AND d.state IN ('pending', 'deferred');
        RETURN;
    END IF;

    PERFORM barid.decide_again(prepare_run.job_id, override, at);
    PERFORM barid.drop_unreachable(prepare_run.job_id);
    PERFORM barid.expand_run(prepare_run.job_id, max_devices, at);

    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT d.notification_id, array_agg(coalesce(v.project, d.channel)) AS lanes,
               bool_or(d.channel = 'email') AS email
        FROM barid.delivery d
        LEFT JOIN barid.device v ON v.id = d.device_id
        WHERE d.job_id = prepare_run.job_id AND d.state = 'pending'
        GROUP BY 1),
    listed AS (
        SELECT due.notification_id, due.lanes, due.email FROM due
        UNION ALL
        SELECT n.id, '{}', false FROM barid.notification n
        WHERE n.job_id = prepare_run.job_id AND n.title IS NULL AND n.broadcast_id IS NULL
          AND NOT EXISTS (SELECT FROM due WHERE due.notification_id = n.id))
    SELECT n.id, n.user_id, n.category, coalesce(n.locale, t.locale), coalesce(n.title, t.title),
           coalesce(n.body, t.body), n.image, n.data, n.options, n.template_key,
           n.template_version, n.vars, n.texts,
           greatest(0, extract(epoch FROM n.expires_at - at)::bigint), coalesce(c.urgent, true),
           coalesce(c.collapse, false), coalesce(c.critical, false), u.locale,
           u.tz, n.broadcast_id IS NOT NULL, l.email, l.lanes
    FROM listed l
    JOIN barid.notification n ON n.id = l.notification_id
    LEFT JOIN barid.category c ON c.key = n.category
    LEFT JOIN barid.app_user u ON u.id = n.user_id
    LEFT JOIN barid.broadcast_text t ON t.broadcast_id = n.broadcast_id AND t.locale = n.locale;
END $$;

-- What is due of each lane, by its share: the attempts opened, the targets to write to. A lane that
-- has been paused meanwhile gives nothing. Plans with indexes only, since tables that grow by the
-- second make liars of the statistics.
CREATE FUNCTION barid.begin_wave(job_id bigint, lease_token text, lanes text[], counts int[],
                                 afters bigint[], lowest bigint, worker text)
    RETURNS TABLE (
        attempts int, notification_id uuid, delivery_id bigint, channel text, device_id bigint,
        user_id text, lane text, target_kind text, target text, platform text,
        last_registered_at timestamptz, note_success boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH owner AS MATERIALIZED (
        SELECT r.job_id FROM barid.delivery_run r
        WHERE r.job_id = begin_wave.job_id AND r.lease_token = begin_wave.lease_token
        FOR SHARE),
    share AS MATERIALIZED (
        SELECT s.lane, s.wanted, s.after
        FROM unnest(begin_wave.lanes, begin_wave.counts, begin_wave.afters) AS s (lane, wanted, after)
        LEFT JOIN barid.rate_lane l ON l.project = s.lane
        WHERE l.paused_until IS NULL OR l.paused_until <= now()),
    due AS MATERIALIZED (
        SELECT x.*, row_number() OVER (PARTITION BY x.lane ORDER BY x.delivery_id) AS no
        FROM (
            SELECT d.notification_id, d.id AS delivery_id, d.channel, v.id AS device_id,
                   n.user_id, coalesce(v.project, d.channel) AS lane, v.target_kind,
                   coalesce(v.target, k.address) AS target, v.platform,
                   v.last_registered_at,
                   v.state = 'suspect' OR v.last_ok_at IS NULL
                       OR v.last_ok_at < now() - interval '1 day' AS note_success
            FROM owner
            JOIN barid.delivery d ON d.job_id = owner.job_id
            JOIN barid.notification n ON n.id = d.notification_id
            LEFT JOIN barid.device v ON v.id = d.device_id AND v.user_id = n.user_id
                                    AND v.state <> 'dead'
            LEFT JOIN barid.contact k ON d.channel = 'email' AND k.user_id = n.user_id
                                     AND k.channel = 'email'
            WHERE d.state = 'pending' AND n.expires_at > now()
              AND d.id > begin_wave.lowest
              AND CASE d.channel WHEN 'push' THEN v.id IS NOT NULL
                                 WHEN 'email' THEN k.user_id IS NOT NULL
                                 ELSE true END) x
        JOIN share ON share.lane = x.lane AND x.delivery_id > share.after),
    taken AS MATERIALIZED (
        SELECT due.* FROM due JOIN share ON share.lane = due.lane
        WHERE due.no <= share.wanted),
    marked AS (
        UPDATE barid.delivery d
        SET state = 'sending', attempts = d.attempts + 1, reason = NULL, updated_at = now()
        FROM taken
        WHERE d.notification_id = taken.notification_id AND d.id = taken.delivery_id
          AND d.state = 'pending'
        -- No join with `taken` afterwards: nobody tells the planner how long it is.
        RETURNING d.attempts, taken.*),
    opened AS (
        INSERT INTO barid.delivery_attempt (notification_id, delivery_id, attempt_no,
                                            registered_at, worker)
        SELECT marked.notification_id, marked.delivery_id, marked.attempts,
               marked.last_registered_at, begin_wave.worker
        FROM marked)
    SELECT m.attempts, m.notification_id, m.delivery_id, m.channel, m.device_id, m.user_id,
           m.lane, m.target_kind, m.target, m.platform, m.last_registered_at, m.note_success
    FROM marked m ORDER BY m.delivery_id;
END $$;

-- Closes attempts, moves the deliveries on and tells the devices. An answer about an older
-- registration says nothing about the one that a device has now. The devices are locked in one
-- order, since two jobs may hold the same ones.
CREATE FUNCTION barid.finish_wave(
    notification_ids uuid[], delivery_ids bigint[], attempt_nos int[], classes text[],
    states text[], reasons text[], http_statuses int[], retry_afters int[], provider_ids text[],
    latencies int[], errors text[], device_ids bigint[], registrations timestamptz[])
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    WITH result AS MATERIALIZED (
        SELECT * FROM unnest(notification_ids, delivery_ids, attempt_nos, classes, states,
                             reasons, http_statuses, retry_afters, provider_ids, latencies,
                             errors, device_ids, registrations)
            AS r (notification_id, delivery_id, attempt_no, class, state, reason,
                  http_status, retry_after, provider_id, latency_ms, error, device_id,
                  registered_at)),
    closed AS (
        UPDATE barid.delivery_attempt a
        SET finished_at = clock_timestamp(), class = r.class, reason = r.reason,
            http_status = r.http_status,
            retry_after = make_interval(secs => r.retry_after),
            provider_id = r.provider_id, latency_ms = r.latency_ms, error = r.error
        FROM result r
        WHERE a.notification_id = r.notification_id AND a.delivery_id = r.delivery_id
          AND a.attempt_no = r.attempt_no),
    settled AS (
        UPDATE barid.delivery d
        SET state = r.state, reason = r.reason, updated_at = now()
        FROM result r
        WHERE d.notification_id = r.notification_id AND d.id = r.delivery_id
          AND d.attempts = r.attempt_no AND d.state IN ('sending', 'unknown')),
    answered AS MATERIALIZED (
        SELECT v.id, r.class, r.reason, r.registered_at
        FROM result r
        JOIN barid.device v ON v.id = r.device_id
        WHERE r.device_id IS NOT NULL AND v.last_registered_at = r.registered_at
          AND v.state <> 'dead'
        ORDER BY v.id
        FOR NO KEY UPDATE OF v)
    UPDATE barid.device v
    SET state = CASE
            WHEN r.class = 'accepted' THEN 'active'
            WHEN r.class <> 'device_suspect' THEN 'dead'
            -- Working targets have been called unregistered: a day's distance between two
            -- such answers, or a long silence, is what convinces.
            WHEN v.first_strike_at <= now() - interval '24 hours' THEN 'dead'
            WHEN greatest(v.last_registered_at, v.last_ok_at) < now() - interval '30 days'
                THEN 'dead'
            ELSE 'suspect' END,
        state_reason = CASE WHEN r.class = 'accepted' THEN NULL ELSE r.reason END,
        strikes = CASE
            WHEN r.class = 'accepted' THEN 0
            WHEN r.class <> 'device_suspect' THEN v.strikes
            WHEN v.first_strike_at IS NULL THEN 1
            WHEN v.first_strike_at <= now() - interval '24 hours' THEN 2
            ELSE v.strikes END,
        first_strike_at = CASE
            WHEN r.class = 'accepted' THEN NULL
            WHEN r.class = 'device_suspect' THEN coalesce(v.first_strike_at, now())
            ELSE v.first_strike_at END,
        last_ok_at = CASE WHEN r.class = 'accepted' THEN now() ELSE v.last_ok_at END
    FROM answered r
    WHERE v.id = r.id AND v.last_registered_at = r.registered_at;
END $$;

-- The job has no attempts left: what is pending has failed, or stays in doubt where a try of it may
-- have arrived.
CREATE FUNCTION barid.give_up_run(job_id bigint, lease_token text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    PERFORM FROM barid.delivery_run r
    WHERE r.job_id = give_up_run.job_id AND r.lease_token = give_up_run.lease_token FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE barid.delivery d
    SET state = CASE WHEN EXISTS (
                    SELECT FROM barid.delivery_attempt a
                    WHERE a.notification_id = d.notification_id AND a.delivery_id = d.id
                      AND a.class IN ('ambiguous', 'interrupted')) THEN 'unknown'
                ELSE 'failed' END,
        reason = 'attempts_exhausted', updated_at = now()
    WHERE d.job_id = give_up_run.job_id AND d.state = 'pending';
    PERFORM barid.conclude_run(give_up_run.job_id, give_up_run.lease_token);
END $$;

-- A broadcast is over when everybody has been looked at and no chunk is left. The caller holds its
-- row.
CREATE FUNCTION barid.finish_broadcast(id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.broadcast b
    SET state = CASE b.state WHEN 'running' THEN 'done' ELSE b.state END,
        finished_at = now(), updated_at = now()
    WHERE b.id = finish_broadcast.id AND b.finished_at IS NULL
      AND (b.state = 'cancelled' OR (b.state = 'running' AND b.materialised_at IS NOT NULL))
      AND NOT EXISTS (SELECT FROM barid.broadcast_chunk c
                      WHERE c.broadcast_id = b.id AND c.finished_at IS NULL)
$$;

-- What has become of a job's deliveries. When nothing is left to do, the claim's mark goes.
CREATE FUNCTION barid.conclude_run(
    job_id bigint, lease_token text, OUT in_charge boolean, OUT accepted int, OUT failed int,
    OUT rejected int, OUT unknown int, OUT suppressed int, OUT deferred int, OUT due int,
    OUT next_at timestamptz, OUT lane_pause interval, OUT paused boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    chunk record;
BEGIN
    SELECT count(*) > 0 INTO in_charge FROM (
        SELECT FROM barid.delivery_run r
        WHERE r.job_id = conclude_run.job_id AND r.lease_token = conclude_run.lease_token
        FOR UPDATE) mine;
    SELECT c.broadcast_id, b.state, b.materialised_at INTO chunk FROM barid.broadcast_chunk c
    JOIN barid.broadcast b ON b.id = c.broadcast_id WHERE c.job_id = conclude_run.job_id;
    paused := coalesce(chunk.state = 'paused', false);
    IF in_charge THEN
        UPDATE barid.delivery d
        SET state = CASE WHEN n.expires_at <= now() THEN 'expired' ELSE 'suppressed' END,
            reason = CASE WHEN n.expires_at <= now() THEN 'expired' ELSE 'device_gone' END,
            updated_at = now()
        FROM barid.notification n
        WHERE d.job_id = conclude_run.job_id AND d.state = 'pending' AND n.id = d.notification_id
          AND (n.expires_at <= now()
               OR (d.device_id IS NOT NULL AND NOT EXISTS (
                   SELECT FROM barid.device v WHERE v.id = d.device_id AND v.user_id = n.user_id
                                                AND v.state <> 'dead')));
    END IF;
    SELECT count(*) FILTER (WHERE d.state = 'accepted'),
           count(*) FILTER (WHERE d.state = 'failed'),
           count(*) FILTER (WHERE d.state = 'failed'
                            AND d.reason IN ('invalid_argument', 'too_large')),
           count(*) FILTER (WHERE d.state = 'unknown'),
           count(*) FILTER (WHERE d.state IN ('suppressed', 'expired', 'collected')),
           count(*) FILTER (WHERE d.state = 'deferred'),
           count(*) FILTER (WHERE d.state = 'pending' OR again),
           min(d.not_before) FILTER (WHERE d.state = 'deferred'),
           max(l.paused_until) FILTER (WHERE l.paused_until > now()
                                       AND (d.state = 'pending' OR again)) - now()
    INTO accepted, failed, rejected, unknown, suppressed, deferred, due, next_at, lane_pause
    FROM barid.delivery d
    JOIN barid.notification n ON n.id = d.notification_id
    LEFT JOIN barid.category c ON c.key = n.category
    LEFT JOIN barid.device v ON v.id = d.device_id
    LEFT JOIN barid.rate_lane l ON l.project = coalesce(v.project, d.channel)
    CROSS JOIN LATERAL (SELECT d.state = 'unknown' AND d.not_before IS NULL
                               AND (c.ambiguity = 'resend' OR d.channel = 'webhook')
                               AND n.expires_at > now() AS again) a
    WHERE d.job_id = conclude_run.job_id;
    IF in_charge AND due = 0 AND deferred = 0 AND NOT paused THEN
        DELETE FROM barid.delivery_run r WHERE r.job_id = conclude_run.job_id;
    END IF;
    IF in_charge AND chunk.broadcast_id IS NOT NULL THEN
        -- The broadcast's row comes first, as in broadcast_step: one of two last chunks sees the
        -- other's end. While chunks are still made, the coordinator will look.
        IF chunk.materialised_at IS NOT NULL THEN
            PERFORM FROM barid.broadcast b WHERE b.id = chunk.broadcast_id FOR UPDATE;
        END IF;
        UPDATE barid.broadcast_chunk c
        SET accepted = conclude_run.accepted, failed = conclude_run.failed,
            unknown = conclude_run.unknown, suppressed = conclude_run.suppressed,
            deferred = conclude_run.deferred,
            resting = conclude_run.due = 0 AND conclude_run.deferred > 0,
            finished_at = CASE WHEN conclude_run.due = 0 AND conclude_run.deferred = 0
                                    AND NOT conclude_run.paused THEN now() END
        WHERE c.job_id = conclude_run.job_id;
        IF chunk.materialised_at IS NOT NULL THEN
            PERFORM barid.finish_broadcast(chunk.broadcast_id);
        END IF;
    END IF;
END $$;

GRANT EXECUTE ON FUNCTION
    barid.prepare_run(bigint, text, int, boolean), barid.conclude_run(bigint, text),
    barid.give_up_run(bigint, text),
    barid.begin_wave(bigint, text, text[], int[], bigint[], bigint, text),
    barid.finish_wave(uuid[], bigint[], int[], text[], text[], text[], int[], int[], text[], int[],
                      text[], bigint[], timestamptz[])
TO barid_worker;
