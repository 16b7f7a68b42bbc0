-- The admin's side of notifications: finding them, saying why somebody got nothing, re-sends,
-- broadcasts, templates, and users' devices and choices, as the JSON that the API answers.
--
-- `reach` in all of these: the categories that the caller's permission reaches, NULL for all, '{}'
-- for none. What is out of reach is as if it weren't there. `unmasked`: the caller may see texts,
-- data and addresses. Nothing here gives more of a device's target than its last six characters.

-- A category's notifications, newest first: an admin who sees one category alone must not walk over
-- all others. Each category's new rows come at its right edge.
CREATE INDEX notification_of_category ON barid.notification (category, id);
-- Users by the beginning of their id, whatever the database's collation is.
CREATE INDEX app_user_by_prefix ON barid.app_user (id text_pattern_ops);

CREATE FUNCTION barid.admin_notify_text(value text, unmasked boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN unmasked OR value IS NULL THEN value ELSE '•••' END
$$;
CREATE FUNCTION barid.admin_notify_data(value jsonb, unmasked boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN unmasked OR value IS NULL THEN value ELSE barid.admin_mask(value) END
$$;
CREATE FUNCTION barid.admin_reaches_category(category text, reach text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT reach IS NULL OR coalesce(category = ANY (reach), false)
$$;
CREATE FUNCTION barid.admin_notify_seconds(length interval) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT extract(epoch FROM length)::double precision
$$;

--------------------------------------------------------------------------------------------------
-- Finding notifications.

-- What has become of a notification: of each way out (channel and device) its last generation.
-- `status` in one word: what is still open counts first, then what went wrong, then what arrived,
-- then what was left out. Left out is not failed.
CREATE FUNCTION barid.admin_outcome(notification_id uuid, channels text[],
                                    OUT status text, OUT counts jsonb)
    LANGUAGE sql STABLE AS $$
    WITH way AS (
        SELECT DISTINCT ON (d.channel, d.device_id) d.state FROM barid.delivery d
        WHERE d.notification_id = admin_outcome.notification_id
        ORDER BY d.channel, d.device_id, d.generation DESC),
    n AS (
        SELECT count(*) AS ways,
               count(*) FILTER (WHERE w.state = 'accepted') AS accepted,
               count(*) FILTER (WHERE w.state = 'failed') AS failed,
               count(*) FILTER (WHERE w.state = 'unknown') AS unknown,
               count(*) FILTER (WHERE w.state = 'suppressed') AS suppressed,
               count(*) FILTER (WHERE w.state = 'deferred') AS deferred,
               count(*) FILTER (WHERE w.state IN ('pending', 'sending')) AS pending,
               count(*) FILTER (WHERE w.state = 'expired') AS expired,
               count(*) FILTER (WHERE w.state = 'collected') AS collected
        FROM way w)
    SELECT CASE WHEN n.pending > 0 THEN 'pending'
                WHEN n.ways = 0 THEN CASE WHEN channels <@ '{inbox}' THEN 'inbox' ELSE 'waiting' END
                WHEN n.deferred > 0 THEN 'deferred'
                WHEN n.accepted > 0 THEN CASE WHEN n.failed + n.unknown > 0 THEN 'partial'
                                              ELSE 'accepted' END
                WHEN n.failed > 0 THEN 'failed'
                WHEN n.unknown > 0 THEN 'unknown'
                WHEN n.collected > 0 THEN 'collected'
                WHEN n.expired > 0 THEN 'expired'
                ELSE 'suppressed' END,
           jsonb_build_object('accepted', n.accepted, 'failed', n.failed, 'unknown', n.unknown,
               'suppressed', n.suppressed, 'deferred', n.deferred, 'pending', n.pending,
               'expired', n.expired, 'collected', n.collected)
    FROM n
$$;

-- The ids of a page, newest first (a broadcast's: by user), and each one's position. `filter` has
-- user, device, status, category, channel, broadcast, from, to; all optional. What no index can
-- answer is looked for among the next `depth` candidates only; when that wasn't all, a last row
-- without an id says where to go on.
CREATE FUNCTION barid.admin_find_notifications(filter jsonb, reach text[], before text, size int,
                                               depth int)
    RETURNS TABLE (id uuid, place text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    by_user  constant boolean := filter ? 'broadcast';
    wanted   text[] := CASE WHEN NOT filter ? 'category' THEN reach
                            WHEN barid.admin_reaches_category(filter ->> 'category', reach)
                                THEN ARRAY[filter ->> 'category'] ELSE '{}' END;
    states   constant text[] := CASE filter ->> 'status'
                 WHEN 'pending' THEN '{pending,sending}'
                 WHEN 'skipped' THEN '{suppressed,expired,collected}'
                 ELSE ARRAY[filter ->> 'status'] END;
    columns  constant text := 'n.id, n.user_id, n.category, n.channels';
    shape    text := '';
    chosen   text;
    residual text := '';
    seen     int := 0;
BEGIN
    IF wanted = '{}' THEN RETURN; END IF;
    shape := shape
        || CASE WHEN filter ? 'user' THEN ' AND n.user_id = $1 ->> ''user''' ELSE '' END
        || CASE WHEN filter ? 'broadcast' THEN ' AND n.broadcast_id = ($1 ->> ''broadcast'')::uuid'
           ELSE '' END
        || CASE WHEN filter ? 'from' THEN
               ' AND n.id >= barid.notify_floor(($1 ->> ''from'')::timestamptz)' ELSE '' END
        || CASE WHEN filter ? 'to' THEN
               ' AND n.id < barid.notify_floor(($1 ->> ''to'')::timestamptz)' ELSE '' END
        || CASE WHEN before IS NULL THEN '' WHEN by_user THEN ' AND n.user_id > $2'
           ELSE ' AND n.id < $2::uuid' END;
    IF filter ? 'device' THEN
        chosen := format(
            'SELECT %s FROM (SELECT DISTINCT d.notification_id AS id FROM barid.delivery d '
            'WHERE d.device_id = ($1 ->> ''device'')::bigint) k '
            'JOIN barid.notification n ON n.id = k.id WHERE true%s', columns, shape);
    ELSIF wanted IS NOT NULL AND NOT by_user AND NOT filter ? 'user'
          AND cardinality(wanted) <= 16 THEN
        -- An index scan for each, merged.
        SELECT string_agg(format(
                   '(SELECT %s FROM barid.notification n WHERE n.category = %L%s '
                   'ORDER BY n.id DESC LIMIT $5)', columns, c, shape), ' UNION ALL ')
        INTO chosen FROM unnest(wanted) c;
        chosen := format('SELECT %s FROM (%s) n WHERE true', columns, chosen);
    ELSE
        chosen := format('SELECT %s FROM barid.notification n WHERE true%s', columns, shape);
    END IF;
    chosen := chosen || CASE WHEN by_user THEN ' ORDER BY n.user_id LIMIT $5'
                             ELSE ' ORDER BY n.id DESC LIMIT $5' END;
    IF wanted IS NOT NULL THEN residual := ' AND c.category = ANY ($3)'; END IF;
    IF filter ->> 'status' = 'waiting' THEN
        residual := residual || ' AND NOT c.channels <@ ''{inbox}'' AND NOT EXISTS ('
            'SELECT FROM barid.delivery d WHERE d.notification_id = c.id)';
    ELSIF filter ? 'status' THEN
        residual := residual || ' AND EXISTS (SELECT FROM (SELECT DISTINCT ON '
            '(d.channel, d.device_id) d.channel, d.device_id, d.state FROM barid.delivery d '
            'WHERE d.notification_id = c.id ORDER BY d.channel, d.device_id, d.generation DESC) w '
            'WHERE w.state = ANY ($4)'
            || CASE WHEN filter ? 'channel' THEN ' AND w.channel = $1 ->> ''channel''' ELSE '' END
            || CASE WHEN filter ? 'device' THEN
                   ' AND w.device_id = ($1 ->> ''device'')::bigint' ELSE '' END || ')';
    END IF;
    IF filter ? 'channel' THEN
        residual := residual || ' AND $1 ->> ''channel'' = ANY (c.channels)';
    END IF;
    FOR id, place IN EXECUTE format(
        'SELECT c.id, %s FROM (%s) c WHERE true%s ORDER BY %s LIMIT $6',
        CASE WHEN by_user THEN 'c.user_id' ELSE 'c.id::text' END, chosen, residual,
        CASE WHEN by_user THEN 'c.user_id' ELSE 'c.id DESC' END)
        USING filter, before, wanted, states, depth, size
    LOOP
        seen := seen + 1;
        RETURN NEXT;
    END LOOP;
    IF seen < size AND residual <> '' THEN
        id := NULL;
        EXECUTE format('SELECT %s FROM (%s) c OFFSET $5 - 1',
                       CASE WHEN by_user THEN 'c.user_id' ELSE 'c.id::text' END, chosen)
        INTO place USING filter, before, wanted, states, depth;
        IF place IS NOT NULL THEN RETURN NEXT; END IF;
    END IF;
END $$;

-- A notification as lists show it.
CREATE FUNCTION barid.admin_notification_item(n barid.notification, unmasked boolean,
                                              resend_reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', n.id, 'user_id', n.user_id, 'category', n.category,
        'title', barid.admin_notify_text(coalesce(n.title, t.title), unmasked),
        'body', barid.admin_notify_text(coalesce(n.body, t.body), unmasked),
        'locale', coalesce(n.locale, t.locale), 'template', n.template_key,
        'template_version', n.template_version,
        'channels', to_jsonb(n.channels),
        'created_at', barid.admin_time(n.created_at),
        'expires_at', barid.admin_time(n.expires_at), 'job_id', n.job_id,
        'broadcast_id', n.broadcast_id, 'status', o.status, 'deliveries', o.counts,
        'masked', NOT unmasked,
        'allowed_actions', CASE WHEN n.expires_at > now()
                                     AND barid.admin_reaches_category(n.category, resend_reach)
                                THEN '["resend"]'::jsonb ELSE '[]' END)
    FROM (SELECT (barid.admin_outcome(n.id, n.channels)).*) o
    LEFT JOIN barid.broadcast_text t ON n.broadcast_id IS NOT NULL AND n.title IS NULL
        AND t.broadcast_id = n.broadcast_id AND t.locale = n.locale
$$;

CREATE FUNCTION barid.admin_notifications(filter jsonb, reach text[], resend_reach text[],
                                          unmasked boolean, before text, size int)
    RETURNS TABLE (item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT CASE WHEN f.id IS NOT NULL
                THEN barid.admin_notification_item(n, unmasked, resend_reach) END, f.place
    FROM barid.admin_find_notifications(filter, reach, before, size, 10000)
         WITH ORDINALITY AS f (id, place, no)
    LEFT JOIN barid.notification n ON n.id = f.id
    WHERE f.id IS NULL OR n.id IS NOT NULL
    ORDER BY f.no
$$;

-- Up to 10,000 of them, among the newest 50,000 candidates.
CREATE FUNCTION barid.admin_count_notifications(filter jsonb, reach text[])
    RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('count', least(count(f.id), 10000),
                              'capped', count(f.id) > 10000 OR count(*) > count(f.id))
    FROM barid.admin_find_notifications(filter, reach, NULL, 10001, 50000) f
$$;

--------------------------------------------------------------------------------------------------
-- One notification: each way out, and why not.

-- The last attempt of a delivery.
CREATE FUNCTION barid.admin_last_attempt(d barid.delivery, unmasked boolean) RETURNS jsonb
    LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('attempts', d.attempts, 'class', a.class, 'reason', a.reason,
               'http_status', a.http_status, 'error', barid.admin_notify_text(a.error, unmasked),
               'at', barid.admin_time(coalesce(a.finished_at, a.started_at)),
               'retry_after_seconds', barid.admin_notify_seconds(a.retry_after))
    FROM (VALUES (1)) AS one (row)
    LEFT JOIN LATERAL (
        SELECT k.* FROM barid.delivery_attempt k
        WHERE k.notification_id = d.notification_id AND k.delivery_id = d.id
        ORDER BY k.attempt_no DESC LIMIT 1) a ON true
$$;

-- Why a delivery has not been accepted: `outcome` (failed, unknown, skipped, waiting), the `step`
-- of the way at which it stopped, a `code` for programs to translate, and facts. NULL for one that
-- was accepted.
CREATE FUNCTION barid.admin_why_not(n barid.notification, d barid.delivery, unmasked boolean)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
    c     barid.category;
    step  text;
    code  text := d.reason;
    facts jsonb := '{}';
    last  jsonb;
BEGIN
    IF d.state = 'accepted' THEN RETURN NULL; END IF;
    SELECT k.* INTO c FROM barid.category k WHERE k.key = n.category;
    IF d.reason LIKE 'preference:%' THEN
        step := 'preference';
        code := 'preference';
        facts := jsonb_build_object('level', substr(d.reason, 12)) || coalesce((
            SELECT jsonb_build_object('category', p.category, 'channel', p.channel,
                       'set_by', p.updated_by, 'set_at', barid.admin_time(p.updated_at))
            FROM barid.preference p
            WHERE p.user_id = n.user_id AND NOT p.enabled
              AND (p.category <> '*') = (d.reason ~ 'category')
              AND (p.channel <> '*') = (d.reason ~ 'channel')
              AND p.category IN (n.category, '*') AND p.channel IN (d.channel, '*')), '{}');
    ELSIF d.reason IN ('quiet_hours', 'expires_in_quiet_hours') THEN
        step := 'quiet_hours';
        facts := jsonb_build_object('until', barid.admin_time(d.not_before), 'rule', c.quiet,
            'tz', (SELECT u.tz FROM barid.app_user u WHERE u.id = n.user_id),
            'expires_at', barid.admin_time(n.expires_at));
    ELSIF d.reason = 'not_before' THEN
        step := 'schedule';
        facts := jsonb_build_object('until', barid.admin_time(d.not_before));
    ELSIF d.reason = 'throttled' THEN
        step := 'throttle';
        facts := jsonb_build_object('most', c.throttle_n,
                                    'window_seconds', barid.admin_notify_seconds(c.throttle_window));
    ELSIF d.reason = 'digest' THEN
        step := 'digest';
        facts := coalesce((
            SELECT jsonb_build_object('digest_id', g.id, 'closes_at', barid.admin_time(g.closes_at),
                       'closed_at', barid.admin_time(g.closed_at),
                       'told_by', (SELECT t.id FROM barid.notification t
                                   WHERE t.user_id = n.user_id
                                     AND t.dedupe_key = 'digest:' || g.id))
            FROM barid.digest_item i JOIN barid.digest g ON g.id = i.digest_id
            WHERE i.notification_id = n.id AND g.channel = d.channel LIMIT 1), '{}');
    ELSIF d.reason = 'expired' OR d.state = 'expired' THEN
        step := 'expiry';
        code := 'expired';
        facts := jsonb_build_object('expires_at', barid.admin_time(n.expires_at));
    ELSIF d.reason = 'no_device' THEN
        step := 'devices';
        facts := jsonb_build_object('devices_now', (SELECT count(*) FROM barid.device v
            WHERE v.user_id = n.user_id AND v.state <> 'dead'));
    ELSIF d.reason = 'device_gone' THEN
        step := 'devices';
        facts := coalesce((SELECT jsonb_build_object('device_state', v.state,
                               'device_reason', v.state_reason, 'same_user', v.user_id = n.user_id)
                           FROM barid.device v WHERE v.id = d.device_id), '{}');
    ELSIF d.reason IN ('no_address', 'suppressed_address') THEN
        step := 'address';
        facts := coalesce((SELECT jsonb_build_object('cause', s.reason,
                               'since', barid.admin_time(s.created_at))
                           FROM barid.contact k
                           JOIN barid.suppression s ON s.channel = 'email'
                                                   AND s.address = lower(k.address)
                           WHERE k.user_id = n.user_id AND k.channel = 'email'), '{}');
    ELSIF d.reason = 'cancelled' THEN
        step := 'broadcast';
        facts := jsonb_build_object('broadcast_id', n.broadcast_id);
    ELSIF d.reason = 'forgotten' THEN
        step := 'user';
    ELSIF d.reason = 'cannot_render' THEN
        step := 'render';
        facts := jsonb_build_object('template', n.template_key, 'version', n.template_version);
    ELSE
        step := 'provider';
        last := barid.admin_last_attempt(d, unmasked);
        facts := last;
        code := CASE
            WHEN d.reason = 'attempts_exhausted' THEN 'attempts_exhausted'
            WHEN last ->> 'class' IN ('device_dead', 'device_suspect') THEN 'token_unregistered'
            WHEN last ->> 'class' = 'sender_mismatch' THEN 'sender_mismatch'
            WHEN last ->> 'class' = 'payload_rejected' THEN 'payload_rejected'
            WHEN last ->> 'class' = 'third_party_auth' THEN 'provider_credentials'
            WHEN d.state = 'unknown' THEN 'in_doubt'
            WHEN d.reason IN ('no_channel', 'no_credentials') THEN d.reason
            WHEN d.state IN ('pending', 'sending', 'deferred') THEN 'in_progress'
            ELSE 'provider_error' END;
        IF d.state IN ('pending', 'deferred') THEN
            facts := facts || coalesce((
                SELECT jsonb_build_object('lane', l.project, 'lane_reason', l.reason,
                           'lane_paused_until', barid.admin_time(l.paused_until))
                FROM barid.rate_lane l
                WHERE l.paused_until > now() AND l.project = coalesce(
                    (SELECT v.project FROM barid.device v WHERE v.id = d.device_id), d.channel)),
                '{}');
            IF facts ? 'lane' THEN code := 'lane_paused'; END IF;
        END IF;
        IF d.reason IS NOT NULL THEN
            facts := facts || jsonb_build_object('reason', d.reason);
        END IF;
    END IF;
    RETURN jsonb_build_object('channel', d.channel, 'device_id', d.device_id,
        'delivery_id', d.id, 'generation', d.generation,
        'outcome', CASE WHEN d.state IN ('failed', 'unknown') THEN d.state
                        WHEN d.state IN ('suppressed', 'expired', 'collected') THEN 'skipped'
                        ELSE 'waiting' END,
        'state', d.state, 'step', step, 'code', code, 'facts', jsonb_strip_nulls(facts));
END $$;

CREATE FUNCTION barid.admin_delivery(d barid.delivery, unmasked boolean) RETURNS jsonb
    LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', d.id, 'channel', d.channel,
        'device', CASE WHEN d.device_id IS NOT NULL THEN jsonb_build_object(
            'id', d.device_id, 'platform', v.platform, 'app_version', v.app_version,
            'state', coalesce(v.state, 'gone')) END,
        'generation', d.generation, 'state', d.state, 'reason', d.reason, 'attempts', d.attempts,
        'job_id', d.job_id, 'created_at', barid.admin_time(d.created_at),
        'updated_at', barid.admin_time(d.updated_at),
        'not_before', barid.admin_time(d.not_before),
        'history', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                       'attempt', a.attempt_no, 'at', barid.admin_time(a.started_at),
                       'finished_at', barid.admin_time(a.finished_at), 'class', a.class,
                       'reason', a.reason, 'http_status', a.http_status,
                       'latency_ms', a.latency_ms, 'provider_id', a.provider_id,
                       'worker', a.worker, 'error', barid.admin_notify_text(a.error, unmasked))
                       ORDER BY a.attempt_no)
            FROM (SELECT * FROM barid.delivery_attempt k
                  WHERE k.notification_id = d.notification_id AND k.delivery_id = d.id
                  ORDER BY k.attempt_no DESC LIMIT 20) a), '[]'))
    FROM (VALUES (1)) AS one (row)
    LEFT JOIN barid.device v ON v.id = d.device_id
$$;

-- Everything about one; NULL when there is none within reach. At most 500 deliveries, the newest
-- generations first. `why_not` is of each way's last generation.
CREATE FUNCTION barid.admin_notification(id uuid, reach text[], resend_reach text[],
                                         unmasked boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    n       barid.notification;
    item    jsonb;
    waiting text;
BEGIN
    SELECT k.* INTO n FROM barid.notification k
    WHERE k.id = admin_notification.id AND barid.admin_reaches_category(k.category, reach);
    IF NOT FOUND THEN RETURN NULL; END IF;
    item := barid.admin_notification_item(n, unmasked, resend_reach);
    waiting := CASE WHEN n.job_id IS NULL THEN 'none' ELSE coalesce(
        (SELECT j.state::text FROM barid.job j WHERE j.id = n.job_id),
        (SELECT j.state::text FROM barid.job_history j WHERE j.id = n.job_id), 'gone') END;
    RETURN item || jsonb_build_object(
        'counts', item -> 'deliveries',
        'deliveries', coalesce((
            SELECT jsonb_agg(barid.admin_delivery(k.d, unmasked)
                             ORDER BY (k.d).generation DESC, (k.d).channel, (k.d).id)
            FROM (SELECT d FROM barid.delivery d WHERE d.notification_id = n.id
                  ORDER BY d.generation DESC, d.channel, d.id LIMIT 500) k), '[]'),
        'why_not', coalesce((
            SELECT jsonb_agg(w.why ORDER BY w.no)
            FROM (SELECT barid.admin_why_not(n, k.d, unmasked) AS why,
                         row_number() OVER (ORDER BY (k.d).channel, (k.d).id) AS no
                  FROM (SELECT DISTINCT ON (d.channel, d.device_id) d FROM barid.delivery d
                        WHERE d.notification_id = n.id
                        ORDER BY d.channel, d.device_id, d.generation DESC LIMIT 200) k
                  UNION ALL
                  SELECT jsonb_build_object('channel', w.channel, 'device_id', NULL,
                             'delivery_id', NULL, 'generation', 0, 'outcome', 'waiting',
                             'state', 'waiting', 'step', 'job',
                             'code', CASE WHEN n.not_before > now() THEN 'not_before'
                                          WHEN waiting IN ('none', 'gone') THEN 'no_job'
                                          ELSE 'waiting_for_job' END,
                             'facts', jsonb_strip_nulls(jsonb_build_object(
                                 'job_id', n.job_id, 'job_state', waiting,
                                 'until', barid.admin_time(n.not_before)))),
                         1000 + w.no
                  FROM unnest(n.channels) WITH ORDINALITY AS w (channel, no)
                  WHERE w.channel <> 'inbox' AND NOT EXISTS (
                      SELECT FROM barid.delivery d
                      WHERE d.notification_id = n.id AND d.channel = w.channel)) w
            WHERE w.why IS NOT NULL), '[]'),
        'image', barid.admin_notify_text(n.image, unmasked),
        'data', barid.admin_notify_data(n.data, unmasked),
        'vars', barid.admin_notify_data(n.vars, unmasked),
        'options', barid.admin_notify_data(n.options, unmasked),
        'not_before', barid.admin_time(n.not_before), 'digest_id', n.digest_id,
        'job_state', nullif(waiting, 'none'),
        'dir', CASE WHEN barid.is_rtl(coalesce(item ->> 'locale', barid.default_locale()))
                    THEN 'rtl' ELSE 'ltr' END,
        'inbox', (SELECT jsonb_build_object(
                      'state', CASE WHEN i.title IS NULL THEN 'not_rendered'
                                    WHEN i.archived_at IS NOT NULL THEN 'archived'
                                    WHEN i.read_at IS NOT NULL THEN 'read'
                                    WHEN i.seen_at IS NOT NULL THEN 'seen' ELSE 'unread' END,
                      'at', barid.admin_time(coalesce(i.archived_at, i.read_at, i.seen_at,
                                                      i.created_at)))
                  FROM barid.inbox_item i WHERE i.notification_id = n.id));
END $$;

-- What would happen to a notification of this category now: barid.explain_notification, with the
-- decision's reason and time apart. NULL when the category isn't there, or out of reach.
CREATE FUNCTION barid.admin_explain(user_id text, category text, channels text[], reach text[])
    RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('user_id', admin_explain.user_id, 'category', k.key,
               'at', barid.admin_time(now()), 'items', coalesce(
        (SELECT jsonb_agg(jsonb_build_object('channel', e.on_channel, 'step', e.step,
                    'result', e.result, 'detail', e.detail,
                    'facts', CASE WHEN e.step <> 'decision' THEN '{}'::jsonb
                        ELSE jsonb_strip_nulls(jsonb_build_object(
                            'reason', CASE WHEN e.detail !~ ' ' OR e.detail ~ ' until '
                                           THEN split_part(e.detail, ' until ', 1) END,
                            'until', barid.admin_time(nullif(
                                split_part(e.detail, ' until ', 2), '')::timestamptz))) END)
                ORDER BY c.no, e.no)
         FROM unnest(coalesce(admin_explain.channels, k.channels)) WITH ORDINALITY AS c (channel, no)
         CROSS JOIN LATERAL barid.explain_notification(
             admin_explain.user_id, k.key, c.channel)
             WITH ORDINALITY AS e (on_channel, step, result, detail, no)), '[]'))
    FROM barid.category k
    WHERE k.key = admin_explain.category AND barid.admin_reaches_category(k.key, reach)
$$;

CREATE FUNCTION barid.admin_explain_notification(id uuid, reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_explain(n.user_id, n.category, n.channels, reach)
    FROM barid.notification n WHERE n.id = admin_explain_notification.id
$$;

--------------------------------------------------------------------------------------------------
-- Re-sends. The filter has one more member, `categories`, by which an admin who reaches some
-- categories only is kept to them; both functions take the place of 0016's.
-- The second one also reads less where little is asked for.

CREATE OR REPLACE FUNCTION barid.check_resend_filter(filter jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item record;
BEGIN
    IF filter IS NULL OR jsonb_typeof(filter) <> 'object' THEN
        PERFORM barid.refuse('filter must be an object', 'For example {"broadcast_id": "…"}.');
    END IF;
    FOR item IN SELECT f.key, f.value, jsonb_typeof(f.value) AS kind FROM jsonb_each(filter) f LOOP
        IF item.key IN ('notification_ids', 'user_ids', 'reasons', 'categories') THEN
            IF item.kind <> 'array'
               OR jsonb_array_length(item.value) NOT BETWEEN 1 AND 10000
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
                'There are notification_ids, user_ids, broadcast_id, category, categories, since, '
                'until, channel and reasons.');
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

CREATE OR REPLACE FUNCTION barid.resend_targets(mode text, filter jsonb, include_accepted boolean)
    RETURNS TABLE (notification_id uuid, user_id text, channel text, device_id bigint,
                   generation int, was text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    chosen text := 'n.expires_at > statement_timestamp()';
    -- The same part of the ledger, said once more: its other partitions aren't looked at.
    within text := CASE WHEN filter ? 'since' THEN
                ' AND d.notification_id >= barid.uuid_v7_floor(($1 ->> ''since'')::timestamptz)'
           ELSE '' END
        || CASE WHEN filter ? 'until' THEN
                ' AND d.notification_id < barid.uuid_v7_floor(($1 ->> ''until'')::timestamptz)'
           ELSE '' END;
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
        || CASE WHEN filter ? 'categories' THEN
                ' AND n.category = ANY (ARRAY(SELECT jsonb_array_elements_text('
                '$1 -> ''categories'')))' ELSE '' END
        || CASE WHEN filter ? 'since' THEN
                ' AND n.id >= barid.uuid_v7_floor(($1 ->> ''since'')::timestamptz)' ELSE '' END
        || CASE WHEN filter ? 'until' THEN
                ' AND n.id < barid.uuid_v7_floor(($1 ->> ''until'')::timestamptz)' ELSE '' END;
    -- Of a million that arrived, only those few are looked at closely that may have what is asked.
    IF mode IN ('failed', 'unknown') THEN
        chosen := chosen || format(
            ' AND EXISTS (SELECT FROM barid.delivery d WHERE d.notification_id = n.id%s '
            'AND d.state IN (%s))', within,
            CASE mode WHEN 'failed' THEN '''failed'', ''pending'', ''deferred'''
                      ELSE '''unknown'', ''sending''' END);
    END IF;
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
        WHERE d.channel <> 'inbox'%s
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
    $query$, chosen, within) USING filter, mode, include_accepted;
END $$;

-- The filter as it may be used by somebody who reaches `reach`; NULL when it names a category
-- beyond.
CREATE FUNCTION barid.admin_resend_filter(filter jsonb, reach text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN reach IS NULL THEN filter
                WHEN filter ? 'category' THEN
                    CASE WHEN filter ->> 'category' = ANY (reach) THEN filter END
                WHEN reach <> '{}' THEN
                    filter || jsonb_build_object('categories', (
                        SELECT jsonb_agg(c ORDER BY c) FROM unnest(reach) c)) END
$$;
-- Whether all that a re-send may have touched is within reach.
CREATE FUNCTION barid.admin_resend_reached(filter jsonb, reach text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN reach IS NULL THEN true
                WHEN filter ? 'category' THEN filter ->> 'category' = ANY (reach)
                WHEN filter ? 'categories' THEN NOT EXISTS (
                    SELECT FROM jsonb_array_elements_text(filter -> 'categories') c
                    WHERE NOT c = ANY (reach))
                ELSE false END
$$;

-- What a re-send would do now: counts by what they were, some of them, and (of the first 1,000)
-- how many the users' own wishes would let through. `override_needed`: some would not be.
CREATE FUNCTION barid.admin_resend_preview(mode text, filter jsonb, include_accepted boolean,
                                           override boolean, unmasked boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    WITH target AS MATERIALIZED (
        SELECT t.* FROM barid.resend_targets(mode, filter, coalesce(include_accepted, false)) t),
    looked AS MATERIALIZED (
        SELECT t.*, n.category, n.title, n.created_at,
               barid.decide_for(n.user_id, n.category, t.channel, now(), n.expires_at, false, true,
                                coalesce(override, false)) AS wish
        FROM (SELECT * FROM target t ORDER BY t.notification_id DESC, t.channel, t.device_id
              LIMIT 1000) t
        JOIN barid.notification n ON n.id = t.notification_id),
    wishes AS (
        SELECT count(*) AS checked,
               count(*) FILTER (WHERE (l.wish).verdict = 'send') AS send,
               count(*) FILTER (WHERE (l.wish).verdict = 'defer') AS wait,
               count(*) FILTER (WHERE (l.wish).verdict NOT IN ('send', 'defer')) AS skip
        FROM looked l)
    SELECT jsonb_build_object(
        'notifications', (SELECT count(DISTINCT t.notification_id) FROM target t),
        'deliveries', (SELECT count(*) FROM target),
        'users', (SELECT count(DISTINCT t.user_id) FROM target t),
        'most', 1000000,
        'was', (SELECT coalesce(jsonb_object_agg(w.was, w.n), '{}')
                FROM (SELECT t.was, count(*) AS n FROM target t GROUP BY 1) w),
        'channels', (SELECT coalesce(jsonb_object_agg(w.channel, w.n), '{}')
                     FROM (SELECT t.channel, count(*) AS n FROM target t GROUP BY 1) w),
        'wishes', jsonb_build_object('checked', w.checked, 'send', w.send, 'wait', w.wait,
            'skip', w.skip,
            'reasons', (SELECT coalesce(jsonb_object_agg(r.reason, r.n), '{}')
                        FROM (SELECT (l.wish).reason AS reason, count(*) AS n FROM looked l
                              WHERE (l.wish).reason IS NOT NULL GROUP BY 1) r)),
        'override_needed', w.skip + w.wait > 0,
        'sample', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'notification_id', s.notification_id, 'user_id', s.user_id,
                       'category', s.category, 'channel', s.channel, 'device_id', s.device_id,
                       'title', barid.admin_notify_text(s.title, unmasked), 'was', s.was,
                       'created_at', barid.admin_time(s.created_at),
                       'verdict', (s.wish).verdict, 'reason', (s.wish).reason)), '[]')
                   FROM (SELECT * FROM looked l LIMIT 10) s))
    FROM wishes w
$$;

-- A re-send as its page shows it. Up to 100,000 deliveries are counted; of a larger one every
-- k-th job's are, and `approximate` says so.
CREATE FUNCTION barid.admin_resend_progress(resend_id bigint, deliveries bigint) RETURNS jsonb
    LANGUAGE sql STABLE AS $$
    WITH shape AS (
        SELECT greatest(1, ceil(count(*) / 10.0))::int AS every,
               coalesce(sum(j.deliveries), 0) AS total FROM barid.resend_job j
        WHERE j.resend_id = admin_resend_progress.resend_id),
    part AS MATERIALIZED (
        SELECT j.job_id, j.deliveries FROM barid.resend_job j, shape s
        WHERE j.resend_id = admin_resend_progress.resend_id AND j.part % s.every = 0),
    seen AS MATERIALIZED (
        SELECT d.state, d.reason, count(*) AS n
        FROM part p JOIN barid.delivery d ON d.job_id = p.job_id GROUP BY 1, 2),
    scale AS (
        SELECT s.every > 1 AS approximate, coalesce(s.total / nullif((
                   SELECT sum(p.deliveries) FROM part p)::numeric, 0), 1) AS factor, s.total
        FROM shape s),
    counted AS (
        SELECT coalesce(sum(n) FILTER (WHERE state = 'accepted'), 0) AS accepted,
               coalesce(sum(n) FILTER (WHERE state = 'failed'), 0) AS failed,
               coalesce(sum(n) FILTER (WHERE state = 'unknown'), 0) AS unknown,
               coalesce(sum(n) FILTER (WHERE state IN ('suppressed', 'expired', 'collected')), 0)
                   AS skipped,
               coalesce(sum(n) FILTER (WHERE state = 'deferred'), 0) AS deferred,
               coalesce(sum(n) FILTER (WHERE state IN ('pending', 'sending')), 0) AS waiting,
               coalesce(sum(n), 0) AS seen FROM seen)
    SELECT jsonb_build_object('total', x.total,
        'accepted', round(c.accepted * x.factor), 'failed', round(c.failed * x.factor),
        'unknown', round(c.unknown * x.factor), 'skipped', round(c.skipped * x.factor),
        'deferred', round(c.deferred * x.factor), 'waiting', round(c.waiting * x.factor),
        'superseded', greatest(0, x.total - round(c.seen * x.factor)),
        'reasons', (SELECT coalesce(jsonb_object_agg(r.reason, r.n), '{}')
                    FROM (SELECT s.reason, round(sum(s.n) * x.factor) AS n FROM seen s
                          WHERE s.reason IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 20) r),
        'approximate', x.approximate)
    FROM counted c, scale x
$$;

-- As lists show it. `counted`: with its progress; a list leaves that out for large ones.
CREATE FUNCTION barid.admin_resend_item(r barid.resend, counted boolean) RETURNS jsonb
    LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', r.id, 'request_key', r.request_key, 'actor', r.actor, 'reason', r.reason,
        'mode', r.mode, 'filter', r.filter, 'content', r.content, 'override', r.override,
        'include_accepted', r.include_accepted, 'notifications', r.notifications,
        'deliveries', r.deliveries, 'expected', r.preview_count,
        'created_at', barid.admin_time(r.created_at),
        'state', CASE WHEN EXISTS (SELECT FROM barid.resend_job j JOIN barid.job q ON q.id = j.job_id
                                   WHERE j.resend_id = r.id) THEN 'running' ELSE 'done' END,
        'progress', CASE WHEN counted OR r.deliveries <= 2000
                         THEN barid.admin_resend_progress(r.id, r.deliveries) END,
        'job_ids', (SELECT coalesce(jsonb_agg(j.job_id ORDER BY j.part), '[]')
                    FROM (SELECT * FROM barid.resend_job k WHERE k.resend_id = r.id
                          ORDER BY k.part LIMIT 100) j))
$$;
CREATE FUNCTION barid.admin_resend(id bigint, reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_resend_item(r, true) FROM barid.resend r
    WHERE r.id = admin_resend.id AND barid.admin_resend_reached(r.filter, reach)
$$;
CREATE FUNCTION barid.admin_resends(reach text[], before bigint, size int)
    RETURNS TABLE (item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_resend_item(r, false), r.id::text
    FROM (SELECT k.* FROM barid.resend k
          WHERE (before IS NULL OR k.id < before) AND barid.admin_resend_reached(k.filter, reach)
          ORDER BY k.id DESC LIMIT size) r
    ORDER BY r.id DESC
$$;

-- Sends again as barid.resend does, if no more would be sent than somebody has seen in a preview:
-- {"created": …, "id": …} or, when the count has grown, {"changed": the new preview}. The lock is
-- barid.resend's own: nothing comes between the look and the deed but a new device, and the count
-- is compared once more afterwards.
CREATE FUNCTION barid.admin_send_again(request_key text, reason text, mode text, filter jsonb,
                                       override boolean, content text, include_accepted boolean,
                                       actor text, expected bigint, unmasked boolean)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    seen jsonb;
    made record;
BEGIN
    PERFORM pg_advisory_xact_lock(1112297798, 16);
    IF NOT EXISTS (SELECT FROM barid.resend r WHERE r.request_key = admin_send_again.request_key)
    THEN
        seen := barid.admin_resend_preview(mode, filter, include_accepted, override, unmasked);
        IF (seen ->> 'deliveries')::bigint > expected THEN
            RETURN jsonb_build_object('changed', seen);
        END IF;
    END IF;
    BEGIN
        SELECT * INTO made FROM barid.resend(request_key, reason, mode, filter, override, content,
                                             include_accepted, actor);
        IF made.created AND made.deliveries > expected THEN
            RAISE EXCEPTION USING ERRCODE = 'BD409', MESSAGE = 'the count has grown';
        END IF;
    EXCEPTION WHEN SQLSTATE 'BD409' THEN
        RETURN jsonb_build_object('changed', barid.admin_resend_preview(
            mode, filter, include_accepted, override, unmasked));
    END;
    RETURN jsonb_build_object('created', made.created, 'id', made.id);
END $$;

-- What became of each delivery of a re-send, by part and number.
CREATE FUNCTION barid.admin_resend_outcomes(id bigint, reach text[], outcome text, after_part int,
                                            after_id bigint, size int)
    RETURNS TABLE (item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('notification_id', d.notification_id, 'user_id', n.user_id,
               'channel', d.channel, 'device_id', d.device_id, 'state', d.state,
               'reason', d.reason, 'attempts', d.attempts,
               'updated_at', barid.admin_time(d.updated_at)),
           x.part || ':' || d.id
    FROM barid.resend r
    CROSS JOIN LATERAL (
        SELECT j.part, d.notification_id, d.id AS no FROM barid.resend_job j
        JOIN barid.delivery d ON d.job_id = j.job_id
        WHERE j.resend_id = r.id AND j.part >= coalesce(after_part, 0)
          AND (j.part > coalesce(after_part, 0) OR d.id > coalesce(after_id, 0))
          AND (outcome IS NULL OR d.state = ANY (CASE outcome
               WHEN 'skipped' THEN '{suppressed,expired,collected}'::text[]
               WHEN 'waiting' THEN '{pending,sending}' ELSE ARRAY[outcome] END))
        ORDER BY j.part, d.id LIMIT size) x
    JOIN barid.delivery d ON d.notification_id = x.notification_id AND d.id = x.no
    LEFT JOIN barid.notification n ON n.id = d.notification_id
    WHERE r.id = admin_resend_outcomes.id AND barid.admin_resend_reached(r.filter, reach)
    ORDER BY x.part, d.id
$$;

--------------------------------------------------------------------------------------------------
-- Broadcasts. Their words and values are everybody's: nothing of them is masked.

CREATE FUNCTION barid.admin_broadcast_item(b barid.broadcast, send_reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', b.id, 'state', b.state, 'category', b.category,
        'template', b.template_key, 'template_version', b.template_version,
        'titles', coalesce((SELECT jsonb_object_agg(t.key, t.value ->> 'title')
                            FROM jsonb_each(b.texts) t), '{}'),
        'channels', to_jsonb(b.channels), 'personal', b.personal,
        'audience', CASE WHEN b.segment IS NULL THEN 'users' ELSE 'segment' END,
        'users', b.estimated_users, 'materialised', b.users, 'created_by', b.created_by,
        'created_at', barid.admin_time(b.created_at), 'start_at', barid.admin_time(b.start_at),
        'started_at', barid.admin_time(b.started_at),
        'finished_at', barid.admin_time(b.finished_at), 'error', b.error,
        'allowed_actions', CASE
            WHEN NOT barid.admin_reaches_category(b.category, send_reach) THEN '[]'::jsonb
            WHEN b.state = 'draft' THEN '["start", "cancel"]'
            WHEN b.state = 'running' THEN '["pause", "cancel"]'
            WHEN b.state = 'paused' THEN '["resume", "cancel"]' ELSE '[]' END)
$$;
CREATE FUNCTION barid.admin_broadcasts(state text, category text, reach text[], send_reach text[],
                                       before uuid, size int)
    RETURNS TABLE (item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_broadcast_item(k, send_reach), k.id::text
    FROM (SELECT b.* FROM barid.broadcast b
          WHERE (before IS NULL OR b.id < before)
            AND (admin_broadcasts.state IS NULL OR b.state = admin_broadcasts.state)
            AND (admin_broadcasts.category IS NULL OR b.category = admin_broadcasts.category)
            AND barid.admin_reaches_category(b.category, reach)
          ORDER BY b.id DESC LIMIT size) k
    ORDER BY k.id DESC
$$;
CREATE FUNCTION barid.admin_broadcast(id uuid, reach text[], send_reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_broadcast_item(b, send_reach) || jsonb_build_object(
        'texts', b.texts, 'vars', b.vars, 'data', b.data, 'image', b.image, 'options', b.options,
        'segment', b.segment, 'queue', b.queue, 'job_id', b.job_id,
        'ttl_seconds', barid.admin_notify_seconds(b.ttl), 'dedupe_key', b.dedupe_key,
        'progress', (SELECT jsonb_build_object('users', p.users, 'materialised', p.materialised,
                         'sent_users', p.sent_users, 'accepted', p.accepted, 'failed', p.failed,
                         'unknown', p.unknown, 'skipped', p.suppressed, 'deferred', p.deferred,
                         'users_per_second', round(p.users_per_second::numeric, 2),
                         'estimated_end', barid.admin_time(p.estimated_end))
                     FROM barid.broadcast_progress(b.id) p),
        'events', coalesce((
            SELECT jsonb_agg(jsonb_build_object('at', barid.admin_time(e.at), 'actor', e.actor,
                                                'action', e.action) ORDER BY e.id)
            FROM (SELECT * FROM barid.broadcast_event v WHERE v.broadcast_id = b.id
                  ORDER BY v.id DESC LIMIT 100) e), '[]'))
    FROM barid.broadcast b
    WHERE b.id = admin_broadcast.id AND barid.admin_reaches_category(b.category, reach)
$$;
-- barid.broadcast_preview, and what its words are made of.
CREATE FUNCTION barid.admin_broadcast_preview(id uuid, reach text[]) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('counts', barid.broadcast_preview(b.id),
        'texts', b.texts, 'vars', b.vars, 'image', b.image,
        'template', barid.template_version(b.template_key, b.template_version),
        'default_locale', barid.default_locale())
    FROM barid.broadcast b
    WHERE b.id = admin_broadcast_preview.id AND barid.admin_reaches_category(b.category, reach)
$$;
-- Starts, pauses, resumes or cancels; NULL when there is none within reach. `done` is false when
-- its state doesn't allow that; doing it twice does nothing more.
CREATE FUNCTION barid.admin_broadcast_act(id uuid, action text, actor text, reach text[])
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    was text;
    now text;
BEGIN
    SELECT b.state INTO was FROM barid.broadcast b
    WHERE b.id = admin_broadcast_act.id AND barid.admin_reaches_category(b.category, reach)
    FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF NOT (CASE action WHEN 'start' THEN was IN ('draft', 'running')
                        WHEN 'pause' THEN was IN ('running', 'paused')
                        WHEN 'resume' THEN was IN ('paused', 'running')
                        WHEN 'cancel' THEN was IN ('draft', 'running', 'paused', 'cancelled')
                        ELSE false END) THEN
        RETURN jsonb_build_object('done', false, 'was', was, 'now', was);
    END IF;
    now := CASE action WHEN 'start' THEN barid.broadcast_start(id, actor)
                       WHEN 'pause' THEN barid.broadcast_pause(id, actor)
                       WHEN 'resume' THEN barid.broadcast_resume(id, actor)
                       ELSE barid.broadcast_cancel(id, actor) END;
    RETURN jsonb_build_object('done', true, 'was', was, 'now', now);
END $$;

--------------------------------------------------------------------------------------------------
-- Templates.

CREATE FUNCTION barid.admin_template_item(key text, version int, may_edit boolean) RETURNS jsonb
    LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('key', admin_template_item.key, 'version', t.version,
        'locales', jsonb_agg(DISTINCT t.locale), 'channels', jsonb_agg(DISTINCT t.channel),
        'variables', (SELECT coalesce(jsonb_agg(v ORDER BY v), '[]')
                      FROM jsonb_object_keys((array_agg(t.variables))[1]) v),
        'created_at', barid.admin_time(min(t.created_at)),
        'allowed_actions', CASE WHEN may_edit THEN '["edit"]'::jsonb ELSE '[]' END)
    FROM barid.template t
    WHERE t.key = admin_template_item.key AND t.version = admin_template_item.version
    GROUP BY t.version
$$;
-- Each key's newest version, by steps from key to key.
CREATE FUNCTION barid.admin_templates(search text, after text, size int, may_edit boolean)
    RETURNS TABLE (item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    WITH RECURSIVE step AS (
        (SELECT t.key FROM barid.template t WHERE t.key > coalesce(after, '')
         ORDER BY t.key LIMIT 1)
        UNION ALL
        SELECT (SELECT t.key FROM barid.template t WHERE t.key > s.key ORDER BY t.key LIMIT 1)
        FROM step s WHERE s.key IS NOT NULL),
    chosen AS (SELECT s.key FROM step s
               WHERE s.key IS NOT NULL AND (search IS NULL OR strpos(s.key, search) > 0)
               LIMIT size)
    SELECT barid.admin_template_item(c.key, (
               SELECT t.version FROM barid.template t WHERE t.key = c.key
               ORDER BY t.version DESC LIMIT 1), may_edit), c.key
    FROM chosen c
$$;
-- One version (the newest unless named) with its texts.
CREATE FUNCTION barid.admin_template(key text, version int, may_edit boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_template_item(admin_template.key, v.version, may_edit)
           || jsonb_build_object('newest', v.newest,
        'variables', (SELECT t.variables FROM barid.template t
                      WHERE t.key = admin_template.key AND t.version = v.version LIMIT 1),
        'texts', (SELECT jsonb_agg(jsonb_build_object('channel', t.channel, 'locale', t.locale,
                             'dir', CASE WHEN barid.is_rtl(t.locale) THEN 'rtl' ELSE 'ltr' END,
                             'title', t.title, 'body', t.body, 'html', t.html)
                         ORDER BY t.channel COLLATE "C", t.locale COLLATE "C")
                  FROM barid.template t
                  WHERE t.key = admin_template.key AND t.version = v.version))
    FROM (SELECT coalesce(admin_template.version, max(t.version)) AS version,
                 max(t.version) AS newest
          FROM barid.template t WHERE t.key = admin_template.key) v
    WHERE EXISTS (SELECT FROM barid.template t
                  WHERE t.key = admin_template.key AND t.version = v.version)
$$;
CREATE FUNCTION barid.admin_template_versions(key text, before int, size int, may_edit boolean)
    RETURNS TABLE (item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_template_item(admin_template_versions.key, v.version, may_edit),
           v.version::text
    FROM (SELECT DISTINCT t.version FROM barid.template t
          WHERE t.key = admin_template_versions.key AND (before IS NULL OR t.version < before)
          ORDER BY t.version DESC LIMIT size) v
    ORDER BY v.version DESC
$$;
-- What a preview is made of.
CREATE FUNCTION barid.admin_template_source(key text, version int) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('template', barid.template_version(key, version),
                              'default_locale', barid.default_locale())
$$;
-- Takes barid.upsert_template's own lock, so that who compares versions first isn't overtaken.
CREATE FUNCTION barid.admin_lock_template(key text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('barid.template:' || key, 0))
$$;

--------------------------------------------------------------------------------------------------
-- Users, their devices and choices.

CREATE FUNCTION barid.admin_users(search text, after text, size int)
    RETURNS TABLE (item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('user_id', u.id, 'locale', u.locale, 'tz', u.tz,
               'devices', (SELECT count(*) FROM (
                   SELECT FROM barid.device d WHERE d.user_id = u.id AND d.state <> 'dead'
                   LIMIT 1000) d),
               'created_at', barid.admin_time(u.created_at)), u.id
    FROM barid.app_user u
    -- By bytes, as the index is; no character comes after the last one.
    WHERE u.id ~>=~ coalesce(search, '') AND u.id ~<=~ (coalesce(search, '') || U&'\+10FFFF')
      AND u.id ~>~ coalesce(after, '')
    ORDER BY u.id USING ~<~ LIMIT size
$$;
CREATE FUNCTION barid.admin_user(id text, unmasked boolean, manages boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('user_id', u.id, 'locale', u.locale, 'tz', u.tz,
        'created_at', barid.admin_time(u.created_at), 'masked', NOT unmasked,
        'contact', (SELECT jsonb_build_object(
                        'email', barid.admin_notify_text(k.address, unmasked),
                        'updated_at', barid.admin_time(k.updated_at),
                        'suppressed', (SELECT jsonb_build_object('cause', s.reason,
                                           'detail', barid.admin_notify_text(s.detail, unmasked),
                                           'since', barid.admin_time(s.created_at))
                                       FROM barid.suppression s
                                       WHERE s.channel = 'email' AND s.address = lower(k.address)))
                    FROM barid.contact k WHERE k.user_id = u.id AND k.channel = 'email'),
        'devices', coalesce((
            SELECT jsonb_agg(jsonb_build_object('id', d.id, 'project', d.project,
                       'platform', d.platform, 'app_version', d.app_version, 'state', d.state,
                       'state_reason', d.state_reason, 'token_kind', d.target_kind,
                       'token', '…' || right(d.target, least(6, length(d.target) / 2)),
                       'created_at', barid.admin_time(d.created_at),
                       'last_registered_at', barid.admin_time(d.last_registered_at),
                       'last_ok_at', barid.admin_time(d.last_ok_at),
                       'allowed_actions', CASE WHEN manages AND d.state <> 'dead'
                                               THEN '["remove"]'::jsonb ELSE '[]' END)
                       ORDER BY d.state = 'dead', d.last_registered_at DESC)
            FROM (SELECT * FROM barid.device v WHERE v.user_id = u.id
                  ORDER BY v.state = 'dead', v.last_registered_at DESC LIMIT 100) d), '[]'),
        'preferences', coalesce((
            SELECT jsonb_agg(jsonb_build_object('category', p.category, 'channel', p.channel,
                       'enabled', p.enabled, 'updated_by', p.updated_by,
                       'updated_at', barid.admin_time(p.updated_at))
                       ORDER BY p.category, p.channel)
            FROM (SELECT * FROM barid.preference r WHERE r.user_id = u.id
                  ORDER BY r.category, r.channel LIMIT 1000) p), '[]'),
        'quiet_hours', coalesce((
            SELECT jsonb_agg(jsonb_build_object('start', to_char(q.start_local, 'HH24:MI'),
                       'end', to_char(q.end_local, 'HH24:MI'),
                       'days', (SELECT jsonb_agg(d.name ORDER BY d.n)
                                FROM unnest('{mon,tue,wed,thu,fri,sat,sun}'::text[])
                                     WITH ORDINALITY AS d (name, n)
                                WHERE q.dow_mask >> (d.n - 1)::int & 1 = 1)) ORDER BY q.no)
            FROM barid.quiet_hours q WHERE q.user_id = u.id), '[]'),
        'unread', barid.unread_count(u.id),
        'allowed_actions', CASE WHEN manages THEN '["set_preferences"]'::jsonb ELSE '[]' END)
    FROM barid.app_user u WHERE u.id = admin_user.id
$$;
-- `choices`: [{"category", "channel", "enabled"}]; false when there is no such user.
CREATE FUNCTION barid.admin_set_preferences(id text, choices jsonb, actor text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    choice jsonb;
BEGIN
    PERFORM FROM barid.app_user u WHERE u.id = admin_set_preferences.id FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    FOR choice IN SELECT c FROM jsonb_array_elements(choices) c LOOP
        PERFORM barid.set_preference(id, (choice ->> 'enabled')::boolean, choice ->> 'category',
                                     choice ->> 'channel', actor);
    END LOOP;
    RETURN true;
END $$;
-- The device gets nothing more until the app registers it again. False when the user has none such.
CREATE FUNCTION barid.admin_remove_device(user_id text, device_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    UPDATE barid.device d SET state = 'dead', state_reason = 'removed_by_admin'
    WHERE d.id = device_id AND d.user_id = admin_remove_device.user_id AND d.state <> 'dead';
    RETURN FOUND OR EXISTS (SELECT FROM barid.device d WHERE d.id = device_id
                                AND d.user_id = admin_remove_device.user_id);
END $$;

CREATE FUNCTION barid.admin_categories(reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('next', NULL, 'items', coalesce(jsonb_agg(jsonb_build_object(
        'key', c.key, 'description', c.description, 'critical', c.critical,
        'ambiguity', c.ambiguity, 'ttl_seconds', barid.admin_notify_seconds(c.ttl),
        'urgent', c.urgent, 'collapse', c.collapse, 'quiet', c.quiet,
        'channels', to_jsonb(c.channels), 'default_enabled', c.default_enabled,
        'throttle', CASE WHEN c.throttle_n IS NOT NULL THEN jsonb_build_object('most', c.throttle_n,
            'window_seconds', barid.admin_notify_seconds(c.throttle_window)) END,
        'digest', CASE WHEN c.digest_window IS NOT NULL THEN jsonb_build_object(
            'window_seconds', barid.admin_notify_seconds(c.digest_window),
            'template', c.digest_template) END) ORDER BY c.key), '[]'))
    FROM (SELECT k.* FROM barid.category k WHERE barid.admin_reaches_category(k.key, reach)
          ORDER BY k.key LIMIT 1000) c
$$;

CREATE FUNCTION barid.admin_suppressions(after text, size int, unmasked boolean)
    RETURNS TABLE (item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('address', barid.admin_notify_text(s.address, unmasked),
               'cause', s.reason, 'detail', barid.admin_notify_text(s.detail, unmasked),
               'since', barid.admin_time(s.created_at)), s.address
    FROM barid.suppression s
    WHERE s.channel = 'email' AND s.address > coalesce(after, '')
    ORDER BY s.address LIMIT size
$$;

--------------------------------------------------------------------------------------------------
-- Who may do what.

GRANT EXECUTE ON FUNCTION
    barid.admin_notifications(jsonb, text[], text[], boolean, text, int),
    barid.admin_count_notifications(jsonb, text[]),
    barid.admin_notification(uuid, text[], text[], boolean),
    barid.admin_explain(text, text, text[], text[]),
    barid.admin_explain_notification(uuid, text[]),
    barid.admin_resend_filter(jsonb, text[]),
    barid.admin_resend_preview(text, jsonb, boolean, boolean, boolean),
    barid.admin_send_again(text, text, text, jsonb, boolean, text, boolean, text, bigint, boolean),
    barid.admin_resend(bigint, text[]), barid.admin_resends(text[], bigint, int),
    barid.admin_resend_outcomes(bigint, text[], text, int, bigint, int)
TO barid_admin;
GRANT EXECUTE ON FUNCTION
    barid.admin_broadcasts(text, text, text[], text[], uuid, int),
    barid.admin_broadcast(uuid, text[], text[]),
    barid.admin_broadcast_preview(uuid, text[]),
    barid.admin_broadcast_act(uuid, text, text, text[]),
    barid.admin_templates(text, text, int, boolean), barid.admin_template(text, int, boolean),
    barid.admin_template_versions(text, int, int, boolean),
    barid.admin_template_source(text, int), barid.admin_lock_template(text),
    barid.admin_users(text, text, int), barid.admin_user(text, boolean, boolean),
    barid.admin_set_preferences(text, jsonb, text), barid.admin_remove_device(text, bigint),
    barid.admin_categories(text[]), barid.admin_suppressions(text, int, boolean)
TO barid_admin;
