CREATE SCHEMA barid;
CREATE TYPE barid.cron AS (
	seconds integer[],
	minutes integer[],
	hours integer[],
	days bigint,
	last_day boolean,
	months bigint,
	weekdays bigint,
	either boolean,
	repeating boolean,
	every numeric
);
CREATE TYPE barid.decision AS (
	verdict text,
	reason text,
	until timestamp with time zone
);
CREATE TYPE barid.final_state AS ENUM (
    'completed',
    'failed',
    'cancelled'
);
CREATE TYPE barid.job_state AS ENUM (
    'waiting',
    'running'
);
CREATE TYPE barid.media_state AS ENUM (
    'storing',
    'complete'
);
CREATE TYPE barid.outbox_event AS (
	event_id text,
	aggregate_type text,
	aggregate_id text,
	aggregate_version bigint,
	event_type text,
	payload jsonb,
	occurred_at timestamp with time zone,
	tags text[]
);
CREATE FUNCTION barid.accept_translations(reason text, lang text DEFAULT NULL::text, entity_type text DEFAULT NULL::text, max integer DEFAULT 100, actor text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    review   bigint;
    accepted int := 0;
BEGIN
    IF accept_translations.reason IS NULL THEN
        PERFORM barid.refuse('barid.accept_translations: say which reason',
            'The reasons: SELECT reason, count(*) FROM barid.translation_reviews GROUP BY 1.');
    END IF;
    IF max IS NULL OR max NOT BETWEEN 1 AND 1000 THEN
        PERFORM barid.refuse('barid.accept_translations: max must be 1 to 1,000');
    END IF;
    FOR review IN
        SELECT r.id FROM barid.translation_review r
        WHERE r.state = 'open' AND r.suggestion IS NOT NULL
          AND r.reason = accept_translations.reason
          AND (accept_translations.lang IS NULL OR r.target_lang = accept_translations.lang)
          AND (accept_translations.entity_type IS NULL
               OR r.entity_type = accept_translations.entity_type)
        ORDER BY r.id LIMIT accept_translations.max
    LOOP
        BEGIN
            IF barid.approve_translation(review, actor => accept_translations.actor) THEN
                accepted := accepted + 1;
            END IF;
        EXCEPTION WHEN invalid_parameter_value OR object_not_in_prerequisite_state THEN
            NULL;
        END;
    END LOOP;
    RETURN accepted;
END
$$;
CREATE TABLE barid.translation_review (
    id bigint NOT NULL,
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    field text NOT NULL,
    target_lang text NOT NULL,
    source_lang text NOT NULL,
    format text NOT NULL,
    source_text text NOT NULL,
    source_hash bytea NOT NULL,
    reason text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    suggestion text,
    provider text,
    state text DEFAULT 'open'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    resolved_at timestamp with time zone,
    resolved_by text,
    note text,
    CONSTRAINT translation_review_note_check CHECK ((length(note) <= 2000)),
    CONSTRAINT translation_review_state_check CHECK ((state = ANY (ARRAY['open'::text, 'approved'::text, 'rejected'::text, 'superseded'::text])))
);
CREATE FUNCTION barid.acceptable_reviews(reason text, lang text, entity_type text, upper bigint, size integer) RETURNS SETOF barid.translation_review
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    SELECT r.* FROM barid.translation_review r
    WHERE r.state = 'open' AND r.suggestion IS NOT NULL AND r.reason = $1
      AND ($2 IS NULL OR r.target_lang = $2) AND ($3 IS NULL OR r.entity_type = $3)
      AND ($4 IS NULL OR r.id <= $4)
    ORDER BY r.id LIMIT $5
$_$;
CREATE FUNCTION barid.admin_accept_review(id bigint, version text, text text, actor text, OUT outcome text, OUT state text, OUT before jsonb, OUT after jsonb) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    r    barid.translation_review;
    t    barid.translation;
    done boolean;
BEGIN
    SELECT * INTO r FROM barid.translation_review x WHERE x.id = id;
    IF NOT FOUND THEN RETURN; END IF;
    -- In this order, as everybody else: the shop's row, the translation, the review.
    IF r.state = 'open' THEN
        PERFORM barid.note_entity(r.entity_type, r.entity_id);
    END IF;
    SELECT * INTO t FROM barid.translation x
    WHERE x.entity_type = r.entity_type AND x.entity_id = r.entity_id AND x.field = r.field
      AND x.target_lang = r.target_lang FOR UPDATE;
    SELECT * INTO r FROM barid.translation_review x WHERE x.id = id FOR UPDATE;
    state := r.state;
    before := jsonb_build_object('entity', r.entity_type || ':' || r.entity_id, 'field', r.field,
        'lang', r.target_lang, 'state', r.state, 'text', t.text, 'origin', t.origin);
    IF r.state <> 'open' OR version IS DISTINCT FROM
       barid.review_version(r.source_hash, r.state, r.suggestion, r.reason) THEN
        outcome := 'outdated';
    ELSIF coalesce(text, r.suggestion) IS NULL THEN
        outcome := 'no_suggestion';
    ELSE
        done := barid.approve_translation(id, text, actor);
        SELECT x.state INTO state FROM barid.translation_review x WHERE x.id = id;
        outcome := CASE WHEN done THEN 'accepted' ELSE 'outdated' END;
        after := jsonb_build_object('entity', r.entity_type || ':' || r.entity_id,
            'field', r.field, 'lang', r.target_lang, 'state', state)
            || CASE WHEN done THEN jsonb_build_object('text', coalesce(text, r.suggestion),
                   'edited', coalesce(text <> r.suggestion, text IS NOT NULL),
                   'suggestion', r.suggestion) ELSE '{}' END;
    END IF;
END $$;
CREATE FUNCTION barid.admin_accept_reviews(reason text, lang text, entity_type text, upper bigint, seen_at timestamp with time zone, size integer, actor text) RETURNS TABLE(id bigint, outcome text, detail text, before jsonb, after jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET lock_timeout TO '1s'
    AS $$
#variable_conflict use_variable
DECLARE
    r     barid.translation_review;
    step  record;
BEGIN
    IF size IS NULL OR size NOT BETWEEN 1 AND 200 THEN
        PERFORM barid.refuse('max must be 1 to 200');
    END IF;
    FOR r IN SELECT * FROM barid.acceptable_reviews(reason, lang, entity_type, upper, size) LOOP
        id := r.id; before := NULL; after := NULL; detail := NULL;
        IF r.created_at > seen_at THEN
            outcome := 'outdated';
            detail := 'it came or changed after the preview';
            RETURN NEXT;
            CONTINUE;
        END IF;
        BEGIN
            SELECT * INTO step FROM barid.admin_accept_review(r.id,
                barid.review_version(r.source_hash, r.state, r.suggestion, r.reason), NULL, actor);
            outcome := coalesce(step.outcome, 'outdated');
            before := step.before;
            after := step.after;
            IF outcome = 'outdated' THEN detail := 'the source has changed'; END IF;
        EXCEPTION
            WHEN invalid_parameter_value OR object_not_in_prerequisite_state THEN
                outcome := 'refused'; detail := left(SQLERRM, 500);
            WHEN lock_not_available OR deadlock_detected THEN
                outcome := 'busy'; detail := 'somebody else is changing its row';
        END;
        RETURN NEXT;
    END LOOP;
END $$;
CREATE FUNCTION barid.admin_account_create(login text, name text, must_change boolean) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    made bigint;
BEGIN
    INSERT INTO barid.admin_account AS a (login, name, must_change)
    VALUES (login, name, must_change) RETURNING a.id INTO made;
    RETURN made;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'there is an account "%" already', login
        USING ERRCODE = '23505', HINT = 'Logins are compared without case.';
END $$;
CREATE FUNCTION barid.admin_account_disable(given_login text, disable boolean, actor text, actor_name text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    before bigint := barid.admin_count_admins();
    changed bigint;
BEGIN
    UPDATE barid.admin_account a SET disabled = disable, updated_at = clock_timestamp()
    WHERE lower(a.login) = lower(given_login) RETURNING a.id INTO changed;
    IF changed IS NULL THEN
        RETURN NULL;
    END IF;
    IF before > 0 AND barid.admin_count_admins() = 0 THEN
        RAISE EXCEPTION 'no account could do everything any more'
            USING ERRCODE = '22023', HINT = 'Give another account the role admin first.';
    END IF;
    IF disable THEN
        DELETE FROM barid.admin_session s WHERE s.account_id = changed;
    END IF;
    PERFORM barid.audit(actor, actor_name,
        CASE WHEN disable THEN 'account.disable' ELSE 'account.enable' END, 'account',
        changed::text, NULL, NULL, NULL, NULL, NULL);
    RETURN changed;
END $$;
CREATE FUNCTION barid.admin_account_json(account bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('id', a.id, 'login', a.login, 'name', a.name,
        'roles', (SELECT coalesce(jsonb_agg(r.role ORDER BY r.role), '[]')
                  FROM barid.admin_account_role r WHERE r.account_id = a.id),
        'disabled', a.disabled, 'has_password', a.password_hash IS NOT NULL,
        'must_change_password', a.must_change,
        'created_at', barid.admin_time(a.created_at),
        'updated_at', barid.admin_time(a.updated_at),
        'signed_in_at', barid.admin_time(a.signed_in_at),
        'sessions', (SELECT count(*) FROM barid.admin_session s WHERE s.account_id = a.id
                     AND s.expires_at > now() AND s.last_seen_at + s.idle > now()))
    FROM barid.admin_account a WHERE a.id = account
$$;
CREATE FUNCTION barid.admin_account_password(account bigint) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT password_hash FROM barid.admin_account WHERE id = account AND NOT disabled
$$;
CREATE FUNCTION barid.admin_account_permissions(account bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.admin_role_permissions(
        ARRAY(SELECT role FROM barid.admin_account_role WHERE account_id = account))
$$;
CREATE FUNCTION barid.admin_account_set_password(account bigint, new_hash text, must_change boolean, expected text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    UPDATE barid.admin_account a
    SET password_hash = new_hash, must_change = admin_account_set_password.must_change,
        updated_at = clock_timestamp()
    WHERE a.id = account AND (expected IS NULL OR a.password_hash = expected);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM barid.admin_session s WHERE s.account_id = account;
    RETURN true;
END $$;
CREATE FUNCTION barid.admin_broadcast(id uuid, reach text[], send_reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_broadcast_act(id uuid, action text, actor text, reach text[]) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.uuid_v7() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    AS $$
    SELECT pg_catalog.encode(
        pg_catalog.set_bit(pg_catalog.set_bit(
            pg_catalog.overlay(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()),
                pg_catalog.substring(pg_catalog.int8send((pg_catalog.date_part('epoch',
                    pg_catalog.clock_timestamp()) * 1000)::bigint), 3), 1, 6),
            52, 1), 53, 1), 'hex')::uuid
$$;
CREATE TABLE barid.broadcast (
    id uuid DEFAULT barid.uuid_v7() NOT NULL,
    dedupe_key text NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    category text NOT NULL,
    template_key text,
    template_version integer,
    vars jsonb DEFAULT '{}'::jsonb NOT NULL,
    texts jsonb,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    image text,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    channels text[] NOT NULL,
    segment text,
    personal boolean DEFAULT false NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL,
    ttl interval,
    start_at timestamp with time zone,
    cursor text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    chunks integer DEFAULT 0 NOT NULL,
    users bigint DEFAULT 0 NOT NULL,
    estimated_users bigint,
    error text,
    job_id bigint,
    created_by text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    materialised_at timestamp with time zone,
    finished_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT broadcast_dedupe_key_check CHECK (((octet_length(dedupe_key) >= 1) AND (octet_length(dedupe_key) <= 256))),
    CONSTRAINT broadcast_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'running'::text, 'paused'::text, 'cancelled'::text, 'done'::text, 'failed'::text])))
);
CREATE FUNCTION barid.admin_broadcast_item(b barid.broadcast, send_reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION barid.admin_broadcast_preview(id uuid, reach text[]) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('counts', barid.broadcast_preview(b.id),
        'texts', b.texts, 'vars', b.vars, 'image', b.image,
        'template', barid.template_version(b.template_key, b.template_version),
        'default_locale', barid.default_locale())
    FROM barid.broadcast b
    WHERE b.id = admin_broadcast_preview.id AND barid.admin_reaches_category(b.category, reach)
$$;
CREATE FUNCTION barid.admin_broadcasts(state text, category text, reach text[], send_reach text[], before uuid, size integer) RETURNS TABLE(item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.admin_broadcast_item(k, send_reach), k.id::text
    FROM (SELECT b.* FROM barid.broadcast b
          WHERE (before IS NULL OR b.id < before)
            AND (admin_broadcasts.state IS NULL OR b.state = admin_broadcasts.state)
            AND (admin_broadcasts.category IS NULL OR b.category = admin_broadcasts.category)
            AND barid.admin_reaches_category(b.category, reach)
          ORDER BY b.id DESC LIMIT size) k
    ORDER BY k.id DESC
$$;
CREATE TABLE barid.admin_bulk (
    id bigint NOT NULL,
    action text NOT NULL,
    filter jsonb NOT NULL,
    queues text[],
    upper_id bigint NOT NULL,
    next_below bigint NOT NULL,
    per_second numeric,
    next_start timestamp with time zone,
    state text DEFAULT 'running'::text NOT NULL,
    total bigint,
    changed bigint DEFAULT 0 NOT NULL,
    skipped bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    error text,
    actor text NOT NULL,
    actor_name text NOT NULL,
    reason text NOT NULL,
    job_id bigint,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT admin_bulk_action_check CHECK ((action = ANY (ARRAY['retry'::text, 'cancel'::text, 'run_now'::text, 'redrive'::text]))),
    CONSTRAINT admin_bulk_error_check CHECK ((length(error) <= 1000)),
    CONSTRAINT admin_bulk_per_second_check CHECK (((per_second > (0)::numeric) AND (per_second <= (1000000)::numeric))),
    CONSTRAINT admin_bulk_reason_check CHECK ((length(reason) <= 500)),
    CONSTRAINT admin_bulk_state_check CHECK ((state = ANY (ARRAY['running'::text, 'completed'::text, 'cancelled'::text, 'failed'::text])))
);
CREATE FUNCTION barid.admin_bulk_act(bulk barid.admin_bulk, ids bigint[]) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    letters bigint[];
    start   timestamptz;
BEGIN
    IF ids = '{}' THEN RETURN '{}'; END IF;
    IF bulk.action = 'retry' THEN RETURN barid.retry_jobs(ids, false); END IF;
    IF bulk.action = 'cancel' THEN RETURN barid.cancel_jobs(ids, bulk.reason, false); END IF;
    IF bulk.action = 'run_now' THEN
        RETURN barid.move_jobs(ids, 'run_now', NULL, NULL, NULL, false);
    END IF;
    -- Who may not put jobs into a queue by hand may not do it this way.
    letters := ARRAY(SELECT j.id FROM barid.job j WHERE j.id = ANY (ids)
                     AND j.origin_queue IS NOT NULL
                     AND barid.admin_in(j.origin_queue, bulk.queues));
    IF letters = '{}' THEN RETURN '{}'; END IF;
    SELECT r.next_start INTO start FROM barid.redrive(jsonb_build_object('ids', letters), 1000,
        bulk.per_second, false, NULL, bulk.next_start) r;
    UPDATE barid.admin_bulk b SET next_start = start WHERE b.id = bulk.id;
    RETURN ARRAY(SELECT j.id FROM barid.job j WHERE j.id = ANY (letters)
                 AND j.origin_queue IS NULL);
END $$;
CREATE FUNCTION barid.admin_bulk_cancel(bulk_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    UPDATE barid.admin_bulk b SET state = 'cancelled', finished_at = clock_timestamp()
    WHERE b.id = bulk_id AND b.state = 'running';
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.admin_bulk_fail(bulk_id bigint, problem text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.admin_bulk b SET state = 'failed', error = left(problem, 1000),
        finished_at = clock_timestamp()
    WHERE b.id = bulk_id AND b.state = 'running'
$$;
CREATE FUNCTION barid.admin_bulk_filter(action text, filter jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    may   jsonb := CASE action
        WHEN 'retry' THEN '["failed", "cancelled"]' WHEN 'cancel' THEN '["waiting", "parked", "running"]'
        WHEN 'run_now' THEN '["waiting", "parked"]' WHEN 'redrive' THEN '["waiting", "parked"]' END;
    given jsonb := filter->'state';
BEGIN
    IF may IS NULL THEN
        RAISE EXCEPTION 'there is no action "%": retry, cancel, run_now or redrive', left(action, 40)
            USING ERRCODE = '22023';
    END IF;
    PERFORM barid.admin_check_filter(filter);
    IF filter - 'dead' = '{}' AND action <> 'redrive' THEN
        RAISE EXCEPTION 'the filter names nothing: give at least one of ids, state, queue, kind, tag, unique_key, error, from, to'
            USING ERRCODE = '22023';
    END IF;
    IF given IS NULL THEN
        -- Who cancelled jobs meant it: they are retried when they are named.
        given := CASE WHEN action = 'retry' AND NOT filter ? 'ids' THEN '["failed"]' ELSE may END;
    ELSIF jsonb_typeof(given) <> 'array' THEN
        given := jsonb_build_array(given);
    END IF;
    IF NOT given <@ may THEN
        RAISE EXCEPTION 'filter key "state": % can be done to % jobs only', action,
            (SELECT string_agg(s, ', ') FROM jsonb_array_elements_text(may) s)
            USING ERRCODE = '22023';
    END IF;
    RETURN filter || jsonb_build_object('state', given)
        || CASE WHEN action = 'redrive' THEN '{"dead": true}'::jsonb ELSE '{}' END;
END $$;
CREATE FUNCTION barid.admin_bulk_preview(action text, filter jsonb, queues text[], data boolean, upper bigint DEFAULT NULL::bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
DECLARE
    whole jsonb := barid.admin_bulk_filter(action, filter);
    top   bigint := coalesce(upper, (SELECT s.last_value FROM barid.job_id_seq s));
    hits  record;
BEGIN
    SELECT * INTO hits FROM barid.admin_find_jobs(whole, queues, top + 1, 10001, '1 second');
    RETURN jsonb_build_object(
        'matched', jsonb_build_object('count', least(cardinality(hits.ids), 10000),
                                      'capped', hits.reached IS NOT NULL),
        'upper_id', top,
        'by_queue', coalesce((SELECT jsonb_agg(jsonb_build_object('queue', q.queue,
                'count', q.n) ORDER BY q.n DESC, q.queue)
            FROM (SELECT v.queue, count(*) AS n FROM barid.jobs v
                  WHERE v.id = ANY (hits.ids[:10000]) GROUP BY 1) q), '[]'),
        'sample', coalesce((SELECT jsonb_agg(barid.admin_job(i.id, data, '{}', '{}') ORDER BY i.n)
            FROM unnest(hits.ids[:5]) WITH ORDINALITY i(id, n)), '[]'));
END $$;
CREATE FUNCTION barid.admin_bulk_prune(batch integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    DELETE FROM barid.admin_bulk_outcome o WHERE o.ctid = ANY (ARRAY(
        SELECT p.ctid FROM barid.admin_bulk b JOIN barid.admin_bulk_outcome p ON p.bulk_id = b.id
        WHERE b.created_at < now() - interval '30 days' LIMIT batch));
    DELETE FROM barid.admin_bulk b WHERE b.created_at < now() - interval '30 days'
        AND b.state <> 'running' AND NOT EXISTS (SELECT 1 FROM barid.admin_bulk_outcome o WHERE o.bulk_id = b.id)
$$;
CREATE FUNCTION barid.admin_bulk_start(action text, filter jsonb, queues text[], expected bigint, upper bigint, per_second numeric, actor text, actor_name text, reason text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    whole   jsonb := barid.admin_bulk_filter(action, filter);
    top     bigint := least(upper, (SELECT s.last_value FROM barid.job_id_seq s));
    hits    record;
    matched bigint;
    new_id  bigint;
BEGIN
    IF per_second IS NOT NULL AND action <> 'redrive' THEN
        RAISE EXCEPTION 'per_second is for redrive only' USING ERRCODE = '22023';
    END IF;
    SELECT * INTO hits FROM barid.admin_find_jobs(whole, queues, top + 1, 10001, '1 second');
    matched := cardinality(hits.ids);
    IF (expected < 10000 AND matched > expected + greatest(10, expected / 10)) THEN
        RAISE EXCEPTION '% jobs match now, % were shown', matched, expected
            USING ERRCODE = 'JB409', HINT = 'Look at the preview again and confirm what it says.';
    END IF;
    INSERT INTO barid.admin_bulk (action, filter, queues, upper_id, next_below, per_second, total,
                                  actor, actor_name, reason)
    VALUES (action, whole, queues, top, top + 1, per_second,
            CASE WHEN hits.reached IS NULL THEN matched END, actor, actor_name, reason)
    RETURNING admin_bulk.id INTO new_id;
    UPDATE barid.admin_bulk b SET job_id = barid.enqueue('admin.bulk',
        jsonb_build_object('bulk', new_id), priority => 0, max_attempts => 25,
        unique_key => 'admin.bulk:' || new_id, tags => ARRAY['bulk:' || new_id])
    WHERE b.id = new_id;
    RETURN new_id;
END $$;
CREATE FUNCTION barid.admin_bulk_step(bulk_id bigint, page integer DEFAULT 1000) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    bulk    barid.admin_bulk;
    hits    record;
    done    bigint[] := '{}';
    broken  bigint[] := '{}';
    whys    text[] := '{}';
    one     bigint;
    outcome record;
    kept    bigint;
BEGIN
    SELECT * INTO bulk FROM barid.admin_bulk b WHERE b.id = bulk_id FOR UPDATE;
    IF NOT FOUND OR bulk.state <> 'running' THEN RETURN 'done'; END IF;
    -- More than a step adds, so that old ones always leave in time.
    PERFORM barid.admin_bulk_prune(2000);
    SELECT * INTO hits FROM barid.admin_find_jobs(bulk.filter, bulk.queues, bulk.next_below,
        least(page, 1000), '2 seconds', bulk.created_at);
    BEGIN
        done := barid.admin_bulk_act(bulk, hits.ids);
    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
        -- One of them can't be done: each for itself.
        done := '{}';
        FOREACH one IN ARRAY hits.ids LOOP
            BEGIN
                done := done || barid.admin_bulk_act(bulk, ARRAY[one]);
            EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
                broken := broken || one;
                whys := whys || left(SQLERRM, 500);
            END;
        END LOOP;
    END;
    kept := bulk.changed + bulk.skipped + bulk.failed;
    INSERT INTO barid.admin_bulk_outcome (bulk_id, job_id, outcome, detail)
    SELECT bulk_id, i.id,
           CASE WHEN i.id = ANY (done) THEN 'changed' WHEN i.id = ANY (broken) THEN 'failed'
                ELSE 'skipped' END,
           CASE WHEN i.id = ANY (done) THEN '' WHEN i.id = ANY (broken)
                THEN whys[array_position(broken, i.id)]
                ELSE barid.admin_bulk_why(bulk, i.id) END
    FROM unnest(hits.ids) WITH ORDINALITY i(id, n) WHERE kept + i.n <= 100000
    ON CONFLICT ON CONSTRAINT admin_bulk_outcome_pkey DO NOTHING;
    UPDATE barid.admin_bulk b SET
        changed = b.changed + cardinality(done), failed = b.failed + cardinality(broken),
        skipped = b.skipped + cardinality(hits.ids) - cardinality(done) - cardinality(broken),
        next_below = coalesce(hits.reached, 0),
        state = CASE WHEN hits.reached IS NULL THEN 'completed' ELSE b.state END,
        finished_at = CASE WHEN hits.reached IS NULL THEN clock_timestamp() END
    WHERE b.id = bulk_id;
    RETURN CASE WHEN hits.reached IS NULL THEN 'done' ELSE 'more' END;
END $$;
CREATE FUNCTION barid.admin_bulk_view(bulk_id bigint, reach text[], data boolean, may_stop boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('id', b.id, 'action', b.action,
        'filter', CASE WHEN data OR NOT b.filter ? 'error' THEN b.filter
                       ELSE b.filter || '{"error": "•••"}' END,
        'upper_id', b.upper_id, 'per_second', b.per_second, 'state', s.state, 'total', b.total,
        'changed', b.changed, 'skipped', b.skipped, 'failed', b.failed,
        'progress', CASE WHEN b.state = 'completed' THEN 1
            WHEN b.total > 0 THEN least(1, round((b.changed + b.skipped + b.failed)::numeric
                                                 / b.total, 4))
            WHEN b.total = 0 THEN 0
            ELSE round(1 - b.next_below::numeric / (b.upper_id + 1), 4) END,
        'error', b.error, 'actor', b.actor, 'actor_name', b.actor_name, 'reason', b.reason,
        'created_at', barid.admin_time(b.created_at),
        'finished_at', barid.admin_time(b.finished_at), 'job_id', b.job_id,
        'allowed_actions', CASE WHEN may_stop AND b.state = 'running' THEN '["cancel"]'::jsonb
                                ELSE '[]' END)
    FROM barid.admin_bulk b, LATERAL (SELECT CASE WHEN b.state = 'running' AND NOT EXISTS (
            SELECT 1 FROM barid.job j WHERE j.id = b.job_id) THEN 'failed' ELSE b.state END AS state) s
    WHERE b.id = bulk_id AND (reach IS NULL OR b.queues <@ reach)
$$;
CREATE FUNCTION barid.admin_bulk_why(bulk barid.admin_bulk, id bigint) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    job   record;
    other bigint;
BEGIN
    SELECT v.state, v.queue, v.unique_key, v.origin_queue, v.finished_at INTO job
    FROM barid.jobs v WHERE v.id = id;
    IF NOT FOUND THEN RETURN 'it is no longer kept'; END IF;
    IF bulk.action = 'retry' THEN
        IF job.finished_at IS NULL THEN RETURN 'it is live again'; END IF;
        SELECT j.id INTO other FROM barid.job j
        WHERE j.queue = job.queue AND j.unique_key = job.unique_key;
        IF other IS NOT NULL THEN RETURN 'its unique key is taken by job ' || other; END IF;
    ELSIF job.finished_at IS NOT NULL THEN
        RETURN 'it has ended: ' || job.state;
    ELSIF bulk.action = 'redrive' AND NOT barid.admin_in(job.origin_queue, bulk.queues) THEN
        RETURN 'its queue of origin is out of reach';
    ELSIF job.state = 'running' AND bulk.action <> 'cancel' THEN
        RETURN 'it runs';
    END IF;
    RETURN 'something held it at that moment';
END $$;
CREATE FUNCTION barid.admin_capped(n numeric, capped boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('count', LEAST(n, (10000)::numeric), 'capped', (capped OR (n > (10000)::numeric)));
CREATE FUNCTION barid.admin_categories(reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_check_filter(filter jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $_$
DECLARE
    name  text;
    value jsonb;
    wish  text;
BEGIN
    PERFORM barid.check_keys('filter', filter, ARRAY['ids', 'state', 'queue', 'kind', 'tag',
        'unique_key', 'error', 'from', 'to', 'dead']);
    FOR name, value IN SELECT * FROM jsonb_each(filter) LOOP
        wish := CASE
            WHEN name = 'ids' THEN CASE WHEN jsonb_typeof(value) <> 'array'
                    OR jsonb_array_length(value) NOT BETWEEN 1 AND 1000
                    OR jsonb_path_exists(value, '$[*] ? (@.type() != "number")')
                    OR value::text ~ '[.eE-]|[0-9]{19}' THEN 'an array of 1 to 1000 ids' END
            WHEN name = 'state' THEN CASE WHEN value = '[]' OR NOT (
                    CASE jsonb_typeof(value) WHEN 'array' THEN value
                         ELSE jsonb_build_array(value) END
                    <@ '["waiting", "parked", "running", "completed", "failed", "cancelled"]')
                THEN 'of waiting, parked, running, completed, failed, cancelled: one, or an array'
                END
            WHEN name = 'dead' THEN CASE WHEN value <> 'true' THEN 'true' END
            WHEN jsonb_typeof(value) <> 'string' OR length(value #>> '{}') NOT BETWEEN 1 AND 1000
                THEN 'a text of 1 to 1000 characters' END;
        IF wish IS NULL AND name IN ('from', 'to') THEN
            wish := 'a time with its zone, such as 2026-11-22T08:00:00Z';
            BEGIN
                -- "tomorrow", or a time without a zone, would mean something else each time.
                IF value #>> '{}' ~* '^\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d(\.\d+)?(z|[+-]\d\d:\d\d)$'
                   AND isfinite((value #>> '{}')::timestamptz) THEN
                    wish := NULL;
                END IF;
            EXCEPTION WHEN data_exception THEN
                NULL;
            END;
        END IF;
        IF wish IS NOT NULL THEN
            RAISE EXCEPTION 'filter key "%" is %, it must be %', name, left(value::text, 100), wish
                USING ERRCODE = '22023';
        END IF;
    END LOOP;
END $_$;
CREATE FUNCTION barid.admin_count_admins() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('barid.admin_account', 0));
    SELECT count(DISTINCT a.id)
    FROM barid.admin_account a JOIN barid.admin_account_role ar ON ar.account_id = a.id
    JOIN barid.admin_role r ON r.name = ar.role
    WHERE NOT a.disabled AND r.permissions @> '[{"permission": "admin"}]'
$$;
CREATE FUNCTION barid.admin_count_notifications(filter jsonb, reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('count', least(count(f.id), 10000),
                              'capped', count(f.id) > 10000 OR count(*) > count(f.id))
    FROM barid.admin_find_notifications(filter, reach, NULL, 10001, 50000) f
$$;
CREATE TABLE barid.delivery (
    id bigint NOT NULL,
    notification_id uuid NOT NULL,
    channel text NOT NULL,
    device_id bigint,
    generation integer DEFAULT 0 NOT NULL,
    job_id bigint,
    state text NOT NULL,
    reason text,
    attempts integer DEFAULT 0 NOT NULL,
    not_before timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT delivery_channel_check1 CHECK ((channel = ANY (ARRAY['push'::text, 'inbox'::text, 'email'::text, 'webhook'::text]))),
    CONSTRAINT delivery_state_check1 CHECK ((state = ANY (ARRAY['pending'::text, 'sending'::text, 'accepted'::text, 'failed'::text, 'unknown'::text, 'suppressed'::text, 'deferred'::text, 'collected'::text, 'expired'::text])))
)
PARTITION BY RANGE (notification_id);
CREATE FUNCTION barid.admin_delivery(d barid.delivery, unmasked boolean) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION barid.admin_error_class(error text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    line text := left(split_part(error, E'\n', 1), 300);
BEGIN
    line := regexp_replace(line, '[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}', '…', 'g');
    line := regexp_replace(line, '"[^"]*"', '"…"', 'g');
    line := regexp_replace(line, '(^|[ (=:])''[^'']*''', '\1''…''', 'g');
    line := regexp_replace(line, '[^ @<"]+@[^ @>"]+', '…', 'g');
    line := regexp_replace(line, '\m[0-9a-fA-F]{16,}\M', '…', 'g');
    line := regexp_replace(line, '[0-9]+', '#', 'g');
    RETURN left(line, 200);
END $$;
CREATE FUNCTION barid.admin_explain(user_id text, category text, channels text[], reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.admin_explain(n.user_id, n.category, n.channels, reach)
    FROM barid.notification n WHERE n.id = admin_explain_notification.id
$$;
CREATE FUNCTION barid.admin_find_jobs(filter jsonb, queues text[], before bigint, max integer, budget interval DEFAULT '00:00:00.3'::interval, ended_before timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT ids bigint[], OUT reached bigint) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
DECLARE
    give_up  CONSTANT timestamptz := clock_timestamp() + budget;
    f        record;
    states   text[];
    live     boolean;
    past     boolean;
    only_ids bigint[];
    low      bigint;
    high     bigint;
    lowest   bigint;
    step     bigint := 2000;
    widest   bigint;
    part     bigint[];
BEGIN
    PERFORM barid.admin_check_filter(filter);
    SELECT r.* INTO f FROM jsonb_to_record(filter) AS r(ids bigint[], queue text, kind text,
        tag text, unique_key text, error text, "from" timestamptz, "to" timestamptz,
        dead boolean);
    states := CASE WHEN filter ? 'state' THEN ARRAY(SELECT jsonb_array_elements_text(
        CASE jsonb_typeof(filter->'state') WHEN 'array' THEN filter->'state'
             ELSE jsonb_build_array(filter->'state') END)) END;
    live := states IS NULL OR states && '{waiting,parked,running}';
    past := f.dead IS NULL AND (states IS NULL OR states && '{completed,failed,cancelled}');
    ids := '{}';
    only_ids := f.ids;
    IF states = '{running}' THEN
        -- Claims know them: no walk over a million that wait.
        only_ids := ARRAY(SELECT c.id FROM (
            SELECT unnest(t.job_ids) AS id FROM barid.claim t LIMIT 100000) c
            WHERE f.ids IS NULL OR c.id = ANY (f.ids));
    END IF;
    SELECT s.last_value + 1 INTO high FROM barid.job_id_seq s;
    high := least(high, before);
    SELECT h.id INTO lowest FROM barid.job_history h ORDER BY h.id LIMIT 1;
    lowest := least((SELECT min(j.id) FROM barid.job j WHERE lowest IS NULL OR j.id < lowest),
                    lowest);
    IF only_ids IS NOT NULL THEN
        SELECT greatest(lowest, min(i)), least(high, max(i) + 1) INTO lowest, high
        FROM unnest(only_ids) i;
        IF only_ids = '{}' THEN RETURN; END IF;
        step := 9000000000000000;
    END IF;
    IF lowest IS NULL THEN RETURN; END IF;
    IF f."to" IS NOT NULL THEN
        high := barid.admin_id_at(f."to" + interval '1 hour', lowest, high);
    END IF;
    IF f."from" IS NOT NULL THEN
        lowest := barid.admin_id_at(f."from" - interval '1 hour', lowest, high);
    END IF;
    -- Where an index finds what a window holds, it may be wide.
    widest := greatest(step, CASE
        WHEN f.tag IS NOT NULL OR f.unique_key IS NOT NULL OR f.dead IS NOT NULL
          OR f.error IS NOT NULL OR states <@ '{failed,cancelled}' THEN 200000 ELSE 20000 END);
    LOOP
        IF high <= lowest THEN
            reached := NULL;
            RETURN;
        END IF;
        low := greatest(lowest, high - step);
        SELECT array_agg(m.id) INTO part FROM (
            SELECT u.id FROM (
                SELECT j.id FROM barid.job j
                WHERE live AND j.id >= low AND j.id < high
                  AND (only_ids IS NULL OR j.id = ANY (only_ids))
                  AND (queues IS NULL OR j.queue = ANY (queues))
                  AND (f.queue IS NULL OR j.queue = f.queue)
                  AND (f.kind IS NULL OR j.kind = f.kind)
                  AND (states IS NULL OR CASE WHEN j.state = 'waiting' AND j.run_at = 'infinity'
                       THEN 'parked' ELSE j.state::text END = ANY (states))
                  AND (f.tag IS NULL OR j.tags @> ARRAY[f.tag])
                  AND (f.unique_key IS NULL
                       OR coalesce(j.unique_key, j.released_key) = f.unique_key)
                  AND (f.error IS NULL OR strpos(j.errors->-1->>'error', f.error) > 0)
                  AND (f."from" IS NULL OR j.created_at >= f."from")
                  AND (f."to" IS NULL OR j.created_at <= f."to")
                  AND (f.dead IS NULL OR j.origin_queue IS NOT NULL)
                UNION ALL
                SELECT h.id FROM barid.job_history h
                WHERE past AND h.id >= low AND h.id < high
                  AND (only_ids IS NULL OR h.id = ANY (only_ids))
                  AND (queues IS NULL OR h.queue = ANY (queues))
                  AND (f.queue IS NULL OR h.queue = f.queue)
                  AND (f.kind IS NULL OR h.kind = f.kind)
                  AND (states IS NULL OR h.state::text = ANY (states))
                  AND (states IS NULL OR 'completed' = ANY (states) OR h.state <> 'completed')
                  AND (f.tag IS NULL OR (h.tags IS NOT NULL AND h.tags @> ARRAY[f.tag]))
                  AND (f.unique_key IS NULL OR h.unique_key = f.unique_key)
                  -- The error of a job that completed in the end is nobody's any more.
                  AND (f.error IS NULL OR (h.state <> 'completed'
                       AND strpos(h.errors->-1->>'error', f.error) > 0))
                  AND (f."from" IS NULL OR h.created_at >= f."from")
                  AND (f."to" IS NULL OR h.created_at <= f."to")
                  AND (ended_before IS NULL OR h.finished_at <= ended_before)) u
            ORDER BY u.id DESC LIMIT max - cardinality(ids)) m;
        IF part IS NOT NULL THEN
            ids := ids || part;
            IF cardinality(ids) >= max THEN
                reached := ids[cardinality(ids)];
                RETURN;
            END IF;
            high := low;
        ELSE
            -- Over a gap of the sequence in one leap.
            SELECT h.id INTO high FROM barid.job_history h WHERE h.id < low
            ORDER BY h.id DESC LIMIT 1;
            high := least(low, 1 + greatest(high,
                (SELECT j.id FROM barid.job j WHERE j.id < low AND j.id > coalesce(high, 0)
                 ORDER BY j.id DESC LIMIT 1)));
            IF high IS NULL THEN high := lowest; END IF;
        END IF;
        IF high > lowest AND clock_timestamp() > give_up THEN
            reached := high;
            RETURN;
        END IF;
        step := least(step * 2, widest);
    END LOOP;
END $$;
CREATE FUNCTION barid.admin_find_notifications(filter jsonb, reach text[], before text, size integer, depth integer) RETURNS TABLE(id uuid, place text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
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
END $_$;
CREATE FUNCTION barid.admin_flow(job_id bigint, queues text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
DECLARE
    nodes bigint[] := ARRAY[job_id];
    turn  bigint[] := nodes;
BEGIN
    FOR depth IN 1 .. 5 LOOP
        turn := ARRAY(SELECT DISTINCT p FROM barid.jobs v, unnest(v.after) p
                      WHERE v.id = ANY (turn) AND p <> ALL (nodes) LIMIT 100);
        EXIT WHEN turn = '{}' OR cardinality(nodes) > 100;
        nodes := nodes || turn;
    END LOOP;
    turn := ARRAY[job_id];
    FOR depth IN 1 .. 5 LOOP
        turn := ARRAY(SELECT DISTINCT d.child_id FROM barid.dependency d
                      WHERE d.parent_id = ANY (turn) AND d.child_id <> ALL (nodes) LIMIT 100);
        EXIT WHEN turn = '{}' OR cardinality(nodes) > 200;
        nodes := nodes || turn;
    END LOOP;
    RETURN (
        WITH known AS MATERIALIZED (
            SELECT v.id, v.queue, v.kind, v.state, v.after FROM barid.jobs v
            WHERE v.id = ANY (nodes)
        ), shown AS MATERIALIZED (
            SELECT k.id, k.kind, k.state, k.after FROM known k
            WHERE barid.admin_in(k.queue, queues)
            UNION ALL
            SELECT n, NULL, 'gone', NULL FROM unnest(nodes) n
            WHERE queues IS NULL AND n NOT IN (SELECT k.id FROM known k)
        ), edges AS (
            SELECT p AS parent, s.id AS child FROM shown s, unnest(s.after) p
            UNION
            SELECT d.parent_id, d.child_id FROM barid.dependency d
            WHERE d.parent_id = ANY (nodes)
        )
        SELECT jsonb_build_object(
            'nodes', coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'kind', s.kind,
                'state', s.state) ORDER BY s.id) FROM shown s), '[]'),
            'edges', coalesce((SELECT jsonb_agg(jsonb_build_object('from', e.parent,
                'to', e.child) ORDER BY e.parent, e.child) FROM edges e
                WHERE e.parent IN (SELECT s.id FROM shown s)
                  AND e.child IN (SELECT s.id FROM shown s)), '[]')));
END $$;
CREATE FUNCTION barid.admin_id_at(moment timestamp with time zone, low bigint, high bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET jit TO 'off'
    AS $$
DECLARE
    middle bigint;
    probe  record;
BEGIN
    WHILE low < high LOOP
        middle := low + (high - low) / 2;
        SELECT p.id, p.created_at INTO probe FROM (
            (SELECT j.id, j.created_at FROM barid.job j WHERE j.id >= middle AND j.id < high
             ORDER BY j.id LIMIT 1)
            UNION ALL
            (SELECT h.id, h.created_at FROM barid.job_history h
             WHERE h.id >= middle AND h.id < high ORDER BY h.id LIMIT 1)) p
        ORDER BY p.id LIMIT 1;
        IF probe.id IS NULL OR probe.created_at >= moment THEN
            high := middle;
        ELSE
            low := probe.id + 1;
        END IF;
    END LOOP;
    RETURN low;
END $$;
CREATE FUNCTION barid.admin_in(queue text, queues text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((queues IS NULL) OR (queue = ANY (queues)));
CREATE FUNCTION barid.admin_job(job_id bigint, data boolean, retry text[], cancel text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object(
        'id', v.id, 'queue', v.queue, 'kind', v.kind, 'state', v.state, 'priority', v.priority,
        'attempt', v.attempt, 'max_attempts', v.max_attempts,
        'run_at', barid.admin_time(v.run_at), 'created_at', barid.admin_time(v.created_at),
        'claimed_at', barid.admin_time(v.claimed_at),
        'finished_at', barid.admin_time(v.finished_at),
        'progress', v.progress, 'progress_note', barid.admin_text(v.progress_note, data),
        'tags', coalesce(to_jsonb(v.tags), '[]'),
        'error', barid.admin_text(left(split_part(v.errors->-1->>'error', E'\n', 1), 300), data),
        'parked_by', v.parked_by, 'origin_id', v.origin_id, 'origin_queue', v.origin_queue,
        'cancel_requested', coalesce((SELECT j.cancel_requested FROM barid.job j
                                      WHERE j.id = v.id), false),
        'allowed_actions', to_jsonb(array_remove(ARRAY[
            CASE WHEN a.retry AND v.state IN ('failed', 'cancelled') THEN 'retry' END,
            CASE WHEN a.retry AND v.state IN ('waiting', 'parked') THEN 'run_now' END,
            CASE WHEN a.retry AND v.state IN ('waiting', 'parked') THEN 'reschedule' END,
            CASE WHEN a.retry AND v.finished_at IS NULL THEN 'set_priority' END,
            CASE WHEN a.retry AND v.origin_queue IS NOT NULL
                      AND barid.admin_in(v.origin_queue, admin_job.retry)
                      AND v.state IN ('waiting', 'parked') THEN 'redrive' END,
            CASE WHEN a.cancel AND v.finished_at IS NULL THEN 'cancel' END], NULL)))
    FROM barid.jobs v,
         LATERAL (SELECT barid.admin_in(v.queue, admin_job.retry) AS retry,
                         barid.admin_in(v.queue, admin_job.cancel) AS cancel) a
    WHERE v.id = admin_job.job_id
$$;
CREATE FUNCTION barid.admin_job_detail(job_id bigint, queues text[], data boolean, retry text[], cancel text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.admin_job(v.id, admin_job_detail.data, retry, cancel) || jsonb_build_object(
        'payload', CASE WHEN admin_job_detail.data THEN v.payload
                        ELSE barid.admin_mask(v.payload) END,
        'output', CASE WHEN admin_job_detail.data THEN v.output
                       ELSE barid.admin_mask(v.output) END,
        'unique_key', v.unique_key, 'ordering_key', v.ordering_key, 'limit_key', v.limit_key,
        'request_id', v.request_id, 'traceparent', v.traceparent,
        'attempts', coalesce((SELECT jsonb_agg(jsonb_build_object(
                'attempt', a.attempt, 'outcome', a.outcome,
                'started_at', barid.admin_time(a.started_at),
                'ended_at', barid.admin_time(a.ended_at),
                'duration_ms', round(extract(epoch FROM a.duration) * 1000),
                'worker', a.worker,
                'error', barid.admin_text(a.error, admin_job_detail.data)))
            FROM barid.attempts(v.id) a), '[]'),
        'lineage', coalesce((SELECT jsonb_agg(jsonb_build_object(
                'id', l.job_id, 'role', l.role, 'state', l.state, 'queue', l.queue,
                'kind', l.kind, 'created_at', barid.admin_time(l.created_at),
                'finished_at', barid.admin_time(l.finished_at)) ORDER BY l.job_id)
            FROM (SELECT * FROM barid.lineage(v.id) LIMIT 100) l
            WHERE barid.admin_in(l.queue, queues)), '[]'),
        'flow', barid.admin_flow(v.id, queues),
        'checkpoint', (SELECT jsonb_build_object('attempt', c.attempt,
                'saved_at', barid.admin_time(c.saved_at), 'bytes', octet_length(c.data::text))
            FROM barid.checkpoint c WHERE c.job_id = v.id),
        'batch', (SELECT jsonb_build_object('id', b.id, 'name', b.name,
                'created_at', barid.admin_time(b.created_at),
                'finished_at', barid.admin_time(b.finished_at), 'completed', b.completed,
                'failed', b.failed, 'cancelled', b.cancelled, 'live', (
                    SELECT count(*) FROM (SELECT FROM barid.job j WHERE j.batch_id = b.id
                                          LIMIT 10000) c))
            FROM barid.batch b WHERE b.id = v.batch_id))
    FROM barid.jobs v
    WHERE v.id = admin_job_detail.job_id AND barid.admin_in(v.queue, queues)
$$;
CREATE FUNCTION barid.admin_kinds(queues text[]) RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET jit TO 'off'
    AS $$
    WITH live AS MATERIALIZED (
        SELECT j.kind, j.state, j.parked_by, j.queue FROM barid.job j ORDER BY j.id DESC LIMIT 10000
    ), past AS MATERIALIZED (
        SELECT h.kind, h.state, h.queue FROM barid.job_history h ORDER BY h.id DESC LIMIT 10000
    ), live_counts AS (
        SELECT l.kind, count(*) FILTER (WHERE l.state = 'waiting') AS waiting,
               count(*) FILTER (WHERE l.parked_by = 'kind') AS held,
               count(*) FILTER (WHERE l.state = 'running') AS running
        FROM live l WHERE barid.admin_in(l.queue, queues) GROUP BY 1
    ), past_counts AS (
        SELECT p.kind, count(*) FILTER (WHERE p.state = 'completed') AS completed,
               count(*) FILTER (WHERE p.state = 'failed') AS failed
        FROM past p WHERE barid.admin_in(p.queue, queues) GROUP BY 1
    )
    SELECT jsonb_build_object('kind', n.kind, 'paused', p.kind IS NOT NULL,
               'paused_at', barid.admin_time(p.paused_at),
               'waiting', coalesce(l.waiting, 0), 'held', coalesce(l.held, 0),
               'running', coalesce(l.running, 0), 'completed', coalesce(h.completed, 0),
               'failed', coalesce(h.failed, 0))
    FROM (SELECT k.kind FROM barid.paused_kind k WHERE queues IS NULL
          UNION SELECT c.kind FROM live_counts c
          UNION SELECT c.kind FROM past_counts c) n
    LEFT JOIN barid.paused_kind p ON p.kind = n.kind
    LEFT JOIN live_counts l ON l.kind = n.kind
    LEFT JOIN past_counts h ON h.kind = n.kind
    ORDER BY n.kind LIMIT 1000
$$;
CREATE FUNCTION barid.admin_last_attempt(d barid.delivery, unmasked boolean) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION barid.admin_lock_schedule(name text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT FROM barid.schedule s WHERE s.name = admin_lock_schedule.name FOR UPDATE
$$;
CREATE FUNCTION barid.admin_lock_template(key text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('barid.template:' || key, 0))
$$;
CREATE FUNCTION barid.admin_made_at(from_id bigint) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT p.created_at FROM (
        (SELECT j.id, j.created_at FROM barid.job j WHERE j.id >= from_id ORDER BY j.id LIMIT 1)
        UNION ALL
        (SELECT h.id, h.created_at FROM barid.job_history h WHERE h.id >= from_id
         ORDER BY h.id LIMIT 1)) p
    ORDER BY p.id LIMIT 1
$$;
CREATE FUNCTION barid.admin_mask(value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.admin_mask_value(value, 1)
$$;
CREATE FUNCTION barid.admin_mask_value(value jsonb, depth integer) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF depth > 24 THEN RETURN '"•••"'; END IF;
    RETURN CASE jsonb_typeof(value)
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(m.key,
                                barid.admin_mask_value(m.value, depth + 1)), '{}')
                            FROM jsonb_each(value) m)
        WHEN 'array' THEN (SELECT coalesce(jsonb_agg(
                               barid.admin_mask_value(e.value, depth + 1) ORDER BY e.n), '[]')
                           FROM jsonb_array_elements(value) WITH ORDINALITY e(value, n))
        WHEN 'string' THEN '"•••"'::jsonb
        WHEN 'number' THEN '"•••"'::jsonb
        ELSE value END;
END $$;
CREATE FUNCTION barid.admin_minutes(minutes timestamp with time zone[], budget interval DEFAULT '00:00:00.2'::interval) RETURNS TABLE(minute timestamp with time zone, queue text, completed bigint, failed bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET max_parallel_workers_per_gather TO '0'
    SET enable_sort TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    give_up CONSTANT timestamptz := clock_timestamp() + budget;
    one     timestamptz;
BEGIN
    FOREACH one IN ARRAY minutes LOOP
        EXIT WHEN clock_timestamp() > give_up;
        RETURN QUERY
        SELECT one, c.queue, count(*) FILTER (WHERE c.state = 'completed'),
               count(*) FILTER (WHERE c.state = 'failed')
        FROM (SELECT h.queue, h.state FROM barid.job_history h
              WHERE h.finished_at >= one AND h.finished_at < one + interval '1 minute'
              LIMIT 300000) c
        GROUP BY c.queue;
        RETURN QUERY SELECT one, '', 0::bigint, 0::bigint;
    END LOOP;
END $$;
CREATE FUNCTION barid.admin_notification(id uuid, reach text[], resend_reach text[], unmasked boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE TABLE barid.notification (
    id uuid DEFAULT barid.uuid_v7() NOT NULL,
    user_id text NOT NULL,
    category text NOT NULL,
    dedupe_key text NOT NULL,
    job_id bigint,
    template_key text,
    template_version integer,
    vars jsonb,
    texts jsonb,
    locale text,
    title text,
    body text,
    image text,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    channels text[] DEFAULT '{push,inbox}'::text[] NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    not_before timestamp with time zone,
    broadcast_id uuid,
    digest_id bigint,
    CONSTRAINT notification_dedupe_key_check CHECK (((octet_length(dedupe_key) >= 1) AND (octet_length(dedupe_key) <= 256))),
    CONSTRAINT notification_user_id_check CHECK (((octet_length(user_id) >= 1) AND (octet_length(user_id) <= 256)))
);
CREATE FUNCTION barid.admin_notification_item(n barid.notification, unmasked boolean, resend_reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION barid.admin_notifications(filter jsonb, reach text[], resend_reach text[], unmasked boolean, before text, size integer) RETURNS TABLE(item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT CASE WHEN f.id IS NOT NULL
                THEN barid.admin_notification_item(n, unmasked, resend_reach) END, f.place
    FROM barid.admin_find_notifications(filter, reach, before, size, 10000)
         WITH ORDINALITY AS f (id, place, no)
    LEFT JOIN barid.notification n ON n.id = f.id
    WHERE f.id IS NULL OR n.id IS NOT NULL
    ORDER BY f.no
$$;
CREATE FUNCTION barid.admin_notify_data(value jsonb, unmasked boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE WHEN unmasked OR value IS NULL THEN value ELSE barid.admin_mask(value) END
$$;
CREATE FUNCTION barid.admin_notify_seconds(length interval) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT extract(epoch FROM length)::double precision
$$;
CREATE FUNCTION barid.admin_notify_text(value text, unmasked boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE WHEN unmasked OR value IS NULL THEN value ELSE '•••' END
$$;
CREATE FUNCTION barid.admin_outcome(notification_id uuid, channels text[], OUT status text, OUT counts jsonb) RETURNS record
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION barid.admin_overview(queues text[], data boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT o.document FROM barid.admin_overview(queues, data, NULL) o
$$;
CREATE FUNCTION barid.admin_overview(queues text[], data boolean, overtaken jsonb) RETURNS TABLE(document jsonb, oldest jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET jit TO 'off'
    SET max_parallel_workers_per_gather TO '0'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH every_depth AS MATERIALIZED (
        SELECT s.* FROM barid.queue_depths(NULL,
            CASE WHEN pg_stat_get_dead_tuples('barid.job'::regclass) > 20000 THEN overtaken END) s
    ), depth AS MATERIALIZED (
        SELECT s.* FROM every_depth s WHERE barid.admin_in(s.name, queues)
    ), dead AS (
        SELECT count(*) AS n FROM (SELECT FROM barid.job j
            WHERE j.origin_queue IS NOT NULL AND barid.admin_in(j.queue, queues) LIMIT 10001) d
    ), sample AS MATERIALIZED (
        SELECT h.kind, h.state,
               CASE WHEN isfinite(h.claimed_at) THEN greatest(0,
                    date_part('epoch', h.claimed_at - h.run_at) * 1000) END AS wait,
               CASE WHEN isfinite(h.claimed_at) THEN
                    date_part('epoch', h.finished_at - h.claimed_at) * 1000 END AS run
        FROM (SELECT * FROM barid.job_history ORDER BY id DESC LIMIT 20000) h
        WHERE barid.admin_in(h.queue, queues) AND h.finished_at > now() - interval '1 hour'
        LIMIT 5000
    ), bad AS MATERIALIZED (
        SELECT h.id, h.kind, h.finished_at,
               coalesce(barid.admin_error_class(h.errors->-1->>'error'), '') AS class
        FROM (SELECT * FROM barid.job_history b WHERE b.state <> 'completed'
              ORDER BY b.id DESC LIMIT 2000) h
        WHERE h.state = 'failed' AND barid.admin_in(h.queue, queues)
          AND h.finished_at > now() - interval '1 day'
    )
    SELECT jsonb_build_object(
        'at', barid.admin_time(clock_timestamp()),
        'counts', (SELECT jsonb_build_object(
                'due', barid.admin_capped(coalesce(sum(d.due), 0), coalesce(bool_or(d.due >= d.counted_to), false)),
                'running', barid.admin_capped(coalesce(sum(d.running), 0), false),
                'later', barid.admin_capped(coalesce(sum(d.later), 0), coalesce(bool_or(d.later >= d.counted_to), false)),
                'parked', barid.admin_capped(coalesce(sum(d.parked), 0), coalesce(bool_or(d.parked >= d.counted_to), false)),
                'dead', (SELECT barid.admin_capped(n, false) FROM dead)) FROM depth d),
        'oldest_due_seconds', (SELECT extract(epoch FROM max(d.oldest_due)) FROM depth d),
        'latency', (SELECT jsonb_build_object(
                'p50_ms', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY s.wait)::numeric, 1),
                'p95_ms', round(percentile_cont(0.95) WITHIN GROUP (ORDER BY s.wait)::numeric, 1),
                'p99_ms', round(percentile_cont(0.99) WITHIN GROUP (ORDER BY s.wait)::numeric, 1))
            FROM sample s),
        'duration', (SELECT jsonb_build_object(
                'p50_ms', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY s.run)::numeric, 1),
                'p95_ms', round(percentile_cont(0.95) WITHIN GROUP (ORDER BY s.run)::numeric, 1),
                'p99_ms', round(percentile_cont(0.99) WITHIN GROUP (ORDER BY s.run)::numeric, 1))
            FROM sample s),
        'kinds', coalesce((SELECT jsonb_agg(k.item ORDER BY k.n DESC, k.kind) FROM (
            SELECT s.kind, count(*) AS n, jsonb_build_object('kind', s.kind,
                'completed', count(*) FILTER (WHERE s.state = 'completed'),
                'failed', count(*) FILTER (WHERE s.state = 'failed'),
                'p50_ms', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY s.run)::numeric, 1),
                'p95_ms', round(percentile_cont(0.95) WITHIN GROUP (ORDER BY s.run)::numeric, 1))
                AS item
            FROM sample s GROUP BY s.kind ORDER BY 2 DESC LIMIT 50) k), '[]'),
        'failures', coalesce((SELECT jsonb_agg(f.item ORDER BY f.n DESC, f.last_id DESC) FROM (
            SELECT count(*) AS n, max(b.id) AS last_id, jsonb_build_object('kind', b.kind,
                -- Told apart, but not told.
                'error_class', CASE WHEN data OR b.class = '' THEN b.class
                                    ELSE '••• ' || left(md5(b.class), 6) END,
                'count', count(*), 'last_at', barid.admin_time(max(b.finished_at)),
                'job_id', max(b.id)) AS item
            FROM bad b GROUP BY b.kind, b.class ORDER BY 1 DESC LIMIT 20) f), '[]'),
        'workers', (SELECT jsonb_build_object('count', count(*), 'claimed',
                coalesce(sum(w.claimed), 0)) FROM barid.workers w),
        'queues', coalesce((SELECT jsonb_agg(jsonb_build_object('name', d.name,
                'paused', d.paused, 'due', d.due,
                'oldest_due_seconds', extract(epoch FROM d.oldest_due)) ORDER BY d.name)
            FROM depth d), '[]')),
        coalesce((SELECT jsonb_object_agg(d.name, d.oldest) FROM every_depth d
                  WHERE d.oldest->>0 IS NOT NULL), '{}');
END $$;
CREATE FUNCTION barid.admin_payment_checks(order_id text, shown boolean, before_id bigint, max integer) RETURNS TABLE(item jsonb, id bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('id', c.id, 'order', c.order_id, 'cause', c.cause,
               'verdict', c.verdict, 'checked_at', barid.admin_time(c.checked_at),
               'result', c.result, 'times', c.times, 'job_id', c.job_id,
               'attempts', barid.payment_shown(c.attempts, shown)), c.id
    FROM barid.payment_check c
    WHERE c.order_id = admin_payment_checks.order_id AND (before_id IS NULL OR c.id < before_id)
    ORDER BY c.id DESC LIMIT max
$$;
CREATE FUNCTION barid.admin_permissions_ok(permissions jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    SELECT CASE WHEN jsonb_typeof(permissions) IS DISTINCT FROM 'array' THEN false
           ELSE jsonb_array_length(permissions) <= 50 AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(permissions) p
        WHERE CASE WHEN jsonb_typeof(p) <> 'object' THEN true
              WHEN p - 'permission' - 'limited_to' <> '{}' THEN true
              WHEN jsonb_typeof(p->'permission') IS DISTINCT FROM 'string' THEN true
              WHEN p->>'permission' !~ '^[a-z][a-z_.]{0,62}$' THEN true
              WHEN NOT p ? 'limited_to' OR p->'limited_to' = 'null' THEN false
              WHEN jsonb_typeof(p->'limited_to') <> 'array' THEN true
              WHEN jsonb_array_length(p->'limited_to') NOT BETWEEN 1 AND 100 THEN true
              ELSE EXISTS (SELECT FROM jsonb_array_elements(p->'limited_to') n
                           WHERE jsonb_typeof(n) <> 'string'
                              OR length(n #>> '{}') NOT BETWEEN 1 AND 200)
              END) END
$_$;
CREATE FUNCTION barid.admin_queue_settings(name text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('name', n.name, 'paused', coalesce(q.paused, false),
        'max_attempts', coalesce(q.max_attempts, 10),
        'retention_seconds', extract(epoch FROM coalesce(q.retention, '14 days'))::bigint,
        'keep_history', coalesce(q.keep_history, true), 'dead_letter', q.dead_letter,
        'concurrency', q.concurrency, 'process_concurrency', q.process_concurrency,
        'key_concurrency', q.key_concurrency, 'rate_limit', q.rate_limit,
        'rate_period_seconds', extract(epoch FROM coalesce(q.rate_period, '1 second')),
        'rate_burst', q.rate_burst, 'key_rate_limit', q.key_rate_limit,
        'key_rate_period_seconds', extract(epoch FROM coalesce(q.key_rate_period, '1 second')),
        'key_rate_burst', q.key_rate_burst,
        'on_ordering_failure', coalesce(q.on_ordering_failure, 'continue'),
        'redact', coalesce(to_jsonb(q.redact), '[]'))
    FROM (SELECT admin_queue_settings.name) n LEFT JOIN barid.queue q ON q.name = n.name
    WHERE q.name IS NOT NULL OR EXISTS (SELECT 1 FROM barid.job j WHERE j.queue = n.name)
$$;
CREATE FUNCTION barid.admin_queues(only_name text, queues text[], manage text[]) RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT t.settings || jsonb_build_object('due', s.due, 'later', s.later, 'running', s.running,
        'parked', s.parked, 'parked_by', s.parked_by, 'counted_to', s.counted_to,
        'oldest_due_seconds', extract(epoch FROM s.oldest_due),
        'settings_etag', '"' || encode(sha256(convert_to(t.settings::text, 'UTF8')), 'hex') || '"',
        'allowed_actions', CASE WHEN NOT barid.admin_in(s.name, manage) THEN '[]'::jsonb
            WHEN s.paused THEN '["resume", "change"]' ELSE '["pause", "change"]' END)
    FROM barid.queue_status() s,
         LATERAL (SELECT barid.admin_queue_settings(s.name) AS settings) t
    WHERE (only_name IS NULL OR s.name = only_name) AND barid.admin_in(s.name, queues)
      AND t.settings IS NOT NULL
    ORDER BY s.name COLLATE "C"
$$;
CREATE FUNCTION barid.admin_reaches_category(category text, reach text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT reach IS NULL OR coalesce(category = ANY (reach), false)
$$;
CREATE FUNCTION barid.admin_reject_review(id bigint, version text, reason text, actor text, OUT outcome text, OUT state text, OUT before jsonb, OUT after jsonb) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    r barid.translation_review;
BEGIN
    SELECT * INTO r FROM barid.translation_review x WHERE x.id = id FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    state := r.state;
    before := jsonb_build_object('entity', r.entity_type || ':' || r.entity_id, 'field', r.field,
        'lang', r.target_lang, 'state', r.state, 'suggestion', r.suggestion);
    IF r.state <> 'open' OR version IS DISTINCT FROM
       barid.review_version(r.source_hash, r.state, r.suggestion, r.reason) THEN
        outcome := 'outdated';
        RETURN;
    END IF;
    PERFORM barid.reject_translation(id, reason, actor);
    outcome := 'rejected';
    state := 'rejected';
    after := before || jsonb_build_object('state', 'rejected', 'note', reason);
END $$;
CREATE FUNCTION barid.admin_remove_device(user_id text, device_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    UPDATE barid.device d SET state = 'dead', state_reason = 'removed_by_admin'
    WHERE d.id = device_id AND d.user_id = admin_remove_device.user_id AND d.state <> 'dead';
    RETURN FOUND OR EXISTS (SELECT FROM barid.device d WHERE d.id = device_id
                                AND d.user_id = admin_remove_device.user_id);
END $$;
CREATE FUNCTION barid.admin_resend(id bigint, reach text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.admin_resend_item(r, true) FROM barid.resend r
    WHERE r.id = admin_resend.id AND barid.admin_resend_reached(r.filter, reach)
$$;
CREATE FUNCTION barid.admin_resend_filter(filter jsonb, reach text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE WHEN reach IS NULL THEN filter
                WHEN filter ? 'category' THEN
                    CASE WHEN filter ->> 'category' = ANY (reach) THEN filter END
                WHEN reach <> '{}' THEN
                    filter || jsonb_build_object('categories', (
                        SELECT jsonb_agg(c ORDER BY c) FROM unnest(reach) c)) END
$$;
CREATE TABLE barid.resend (
    id bigint NOT NULL,
    request_key text NOT NULL,
    actor text NOT NULL,
    role text DEFAULT SESSION_USER NOT NULL,
    reason text NOT NULL,
    mode text NOT NULL,
    filter jsonb NOT NULL,
    content text DEFAULT 'frozen'::text NOT NULL,
    override boolean DEFAULT false NOT NULL,
    include_accepted boolean DEFAULT false NOT NULL,
    preview_count bigint NOT NULL,
    deliveries bigint DEFAULT 0 NOT NULL,
    notifications bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT resend_content_check CHECK ((content = ANY (ARRAY['frozen'::text, 'rendered'::text]))),
    CONSTRAINT resend_mode_check CHECK ((mode = ANY (ARRAY['failed'::text, 'unknown'::text, 'new_devices'::text, 'all'::text]))),
    CONSTRAINT resend_reason_check CHECK (((octet_length(reason) >= 1) AND (octet_length(reason) <= 2000))),
    CONSTRAINT resend_request_key_check CHECK (((octet_length(request_key) >= 1) AND (octet_length(request_key) <= 256)))
);
CREATE FUNCTION barid.admin_resend_item(r barid.resend, counted boolean) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION barid.admin_resend_outcomes(id bigint, reach text[], outcome text, after_part integer, after_id bigint, size integer) RETURNS TABLE(item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_resend_preview(mode text, filter jsonb, include_accepted boolean, override boolean, unmasked boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_resend_progress(resend_id bigint, deliveries bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION barid.admin_resend_reached(filter jsonb, reach text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE WHEN reach IS NULL THEN true
                WHEN filter ? 'category' THEN filter ->> 'category' = ANY (reach)
                WHEN filter ? 'categories' THEN NOT EXISTS (
                    SELECT FROM jsonb_array_elements_text(filter -> 'categories') c
                    WHERE NOT c = ANY (reach))
                ELSE false END
$$;
CREATE FUNCTION barid.admin_resends(reach text[], before bigint, size integer) RETURNS TABLE(item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.admin_resend_item(r, false), r.id::text
    FROM (SELECT k.* FROM barid.resend k
          WHERE (before IS NULL OR k.id < before) AND barid.admin_resend_reached(k.filter, reach)
          ORDER BY k.id DESC LIMIT size) r
    ORDER BY r.id DESC
$$;
CREATE FUNCTION barid.admin_role_permissions(roles text[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT coalesce(jsonb_agg(p), '[]')
    FROM barid.admin_role r, jsonb_array_elements(r.permissions) p WHERE r.name = ANY (roles)
$$;
CREATE FUNCTION barid.admin_schedule(name text, queues text[], manage text[], data boolean, whole boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT d.definition || jsonb_build_object(
        'payload', CASE WHEN data THEN s.payload ELSE barid.admin_mask(s.payload) END,
        'paused', s.paused, 'next_at', barid.admin_time(s.next_at),
        'last_fire_at', barid.admin_time(s.last_fire_at), 'last_job_id', s.last_job_id,
        'last_error', barid.admin_text(s.last_error, data),
        'created_at', barid.admin_time(s.created_at), 'updated_at', barid.admin_time(s.updated_at),
        'definition_etag',
            '"' || encode(sha256(convert_to(d.definition::text, 'UTF8')), 'hex') || '"',
        'allowed_actions', CASE WHEN NOT barid.admin_in(s.queue, manage) THEN '[]'::jsonb
            WHEN s.paused THEN '["resume", "run", "change", "delete"]'
            ELSE '["pause", "run", "change", "delete"]' END)
      || CASE WHEN NOT whole THEN '{}'::jsonb ELSE jsonb_build_object(
            'runs', coalesce((SELECT jsonb_agg(jsonb_build_object(
                    'fire_at', barid.admin_time(r.fire_at), 'run_at', barid.admin_time(r.run_at),
                    'fired_at', barid.admin_time(r.fired_at), 'job_id', r.job_id,
                    'manual', r.manual, 'state', (SELECT v.state FROM barid.jobs v
                                                  WHERE v.id = r.job_id))
                    ORDER BY r.fire_at DESC)
                FROM (SELECT * FROM barid.schedule_run o WHERE o.schedule = s.name
                      ORDER BY o.fire_at DESC LIMIT 50) r), '[]'),
            'next', coalesce((SELECT jsonb_agg(barid.admin_time(t.fire) ORDER BY t.fire)
                FROM barid.schedule_preview(s.cron, s.tz, 10,
                    greatest(clock_timestamp(), s.starts_at - interval '1 microsecond')) t(fire)
                WHERE s.ends_at IS NULL OR t.fire <= s.ends_at), '[]')) END
    FROM barid.schedule s, LATERAL (SELECT barid.admin_schedule_definition(s) AS definition) d
    WHERE s.name = admin_schedule.name AND barid.admin_in(s.queue, queues)
$$;
CREATE TABLE barid.schedule (
    name text NOT NULL COLLATE pg_catalog."C",
    cron text NOT NULL,
    tz text DEFAULT 'UTC'::text NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL COLLATE pg_catalog."C",
    priority smallint DEFAULT 5 NOT NULL,
    max_attempts smallint,
    unique_key text COLLATE pg_catalog."C",
    ordering_key text COLLATE pg_catalog."C",
    tags text[],
    missed text DEFAULT 'once'::text NOT NULL,
    jitter interval DEFAULT '00:00:00'::interval NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    paused boolean DEFAULT false NOT NULL,
    next_at timestamp with time zone,
    planned_at timestamp with time zone NOT NULL,
    last_fire_at timestamp with time zone,
    last_job_id bigint,
    last_error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT schedule_check CHECK ((ends_at > starts_at)),
    CONSTRAINT schedule_ends_at_check CHECK (((ends_at >= '1970-01-01 00:00:00+00'::timestamp with time zone) AND (ends_at <= '9000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT schedule_jitter_check CHECK (((jitter >= '00:00:00'::interval) AND (jitter <= '1 day'::interval))),
    CONSTRAINT schedule_kind_check CHECK (((kind ~ '^[a-z0-9][a-z0-9_.-]*$'::text) AND (octet_length(kind) <= 63))),
    CONSTRAINT schedule_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 1000))),
    CONSTRAINT schedule_missed_check CHECK ((missed = ANY (ARRAY['skip'::text, 'once'::text, 'all'::text]))),
    CONSTRAINT schedule_name_check CHECK (((name ~ '^[a-z0-9][a-z0-9_.-]*$'::text) AND (octet_length(name) <= 63))),
    CONSTRAINT schedule_ordering_key_check CHECK ((length(ordering_key) <= 512)),
    CONSTRAINT schedule_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text)),
    CONSTRAINT schedule_priority_check CHECK (((priority >= 0) AND (priority <= 9))),
    CONSTRAINT schedule_queue_check CHECK (((queue ~ '^[a-z0-9][a-z0-9_.-]*$'::text) AND (octet_length(queue) <= 63))),
    CONSTRAINT schedule_starts_at_check CHECK (((starts_at >= '1970-01-01 00:00:00+00'::timestamp with time zone) AND (starts_at <= '9000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT schedule_tags_check CHECK ((cardinality(tags) <= 16)),
    CONSTRAINT schedule_unique_key_check CHECK ((length(unique_key) <= 512))
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='200', autovacuum_vacuum_scale_factor='0');
CREATE FUNCTION barid.admin_schedule_definition(s barid.schedule) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('name', s.name, 'cron', s.cron, 'tz', s.tz, 'kind', s.kind,
        'payload', s.payload, 'queue', s.queue, 'priority', s.priority,
        'max_attempts', s.max_attempts, 'unique_key', s.unique_key,
        'ordering_key', s.ordering_key, 'tags', coalesce(to_jsonb(s.tags), '[]'),
        'missed', s.missed, 'jitter_seconds', extract(epoch FROM s.jitter),
        'starts_at', barid.admin_time(s.starts_at), 'ends_at', barid.admin_time(s.ends_at))
$$;
CREATE FUNCTION barid.admin_send_again(request_key text, reason text, mode text, filter jsonb, override boolean, content text, include_accepted boolean, actor text, expected bigint, unmasked boolean) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_session_principal(session_hash bytea) RETURNS TABLE(account bigint, name text, state text, permissions jsonb, must_change boolean, expires_at text, seconds_left double precision)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    s record;
    moment timestamptz := clock_timestamp();
BEGIN
    SELECT x.*, coalesce(nullif(a.name, ''), a.login) AS shown, a.must_change, a.disabled INTO s
    FROM barid.admin_session x JOIN barid.admin_account a ON a.id = x.account_id
    WHERE x.hash = session_hash;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    state := CASE WHEN s.disabled OR s.expires_at <= moment OR s.last_seen_at + s.idle <= moment
                  THEN 'expired' ELSE 'good' END;
    IF state = 'good' AND s.last_seen_at < moment - interval '1 minute' THEN
        UPDATE barid.admin_session SET last_seen_at = moment
        WHERE hash = (SELECT x.hash FROM barid.admin_session x WHERE x.hash = session_hash
                      FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY SELECT s.account_id, s.shown, state,
        barid.admin_account_permissions(s.account_id), s.must_change,
        barid.admin_time(s.expires_at), extract(epoch FROM s.expires_at - moment)::float8;
END $$;
CREATE FUNCTION barid.admin_set_preferences(id text, choices jsonb, actor text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_sign_in_begin(given_login text, from_address text) RETURNS TABLE(wait_seconds integer, locks boolean, account bigint, password_hash text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    attempt barid.admin_sign_in_attempt;
    moment timestamptz := clock_timestamp();
BEGIN
    DELETE FROM barid.admin_sign_in_attempt WHERE (login, address) IN (
        SELECT a.login, a.address FROM barid.admin_sign_in_attempt a
        WHERE a.last_at < moment - interval '1 day' ORDER BY a.last_at LIMIT 100
        FOR UPDATE SKIP LOCKED);
    DELETE FROM barid.admin_session WHERE hash IN (
        SELECT s.hash FROM barid.admin_session s
        WHERE s.expires_at < moment - interval '1 day' ORDER BY s.expires_at LIMIT 100
        FOR UPDATE SKIP LOCKED);
    INSERT INTO barid.admin_sign_in_attempt AS a (login, address, failures, last_at)
    VALUES (lower(given_login), from_address, 0, moment)
    ON CONFLICT (login, address) DO UPDATE SET login = a.login  -- takes the row's lock
    RETURNING a.* INTO attempt;
    moment := clock_timestamp();
    IF attempt.locked_until > moment THEN
        RETURN QUERY SELECT ceil(extract(epoch FROM attempt.locked_until - moment))::int, true,
                            NULL::bigint, NULL::text;
        RETURN;
    END IF;
    IF attempt.last_at < moment - interval '1 day' THEN
        attempt.failures := 0;
    END IF;
    attempt.failures := least(attempt.failures + 1, 1000);
    UPDATE barid.admin_sign_in_attempt a
    SET failures = attempt.failures, last_at = moment,
        locked_until = CASE WHEN attempt.failures >= 5 THEN moment
            + least(interval '1 hour', interval '30 seconds' * 2 ^ least(attempt.failures - 5, 10))
            END
    WHERE a.login = attempt.login AND a.address = attempt.address;
    RETURN QUERY
        SELECT 0, attempt.failures >= 5, a.id, a.password_hash
        FROM (SELECT) one LEFT JOIN barid.admin_account a
          ON lower(a.login) = lower(given_login) AND NOT a.disabled;
END $$;
CREATE FUNCTION barid.admin_sign_in_finish(account bigint, checked_hash text, better_hash text, from_address text, session_hash bytea, replaced_session bytea, idle interval, lifetime interval, client text, user_agent text, request_id text) RETURNS TABLE(name text, permissions jsonb, must_change boolean, expires_at text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    who barid.admin_account;
    ends timestamptz := clock_timestamp() + lifetime;
BEGIN
    UPDATE barid.admin_account a
    SET signed_in_at = clock_timestamp(), password_hash = coalesce(better_hash, a.password_hash)
    WHERE a.id = account AND NOT a.disabled AND a.password_hash = checked_hash
    RETURNING a.* INTO who;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM barid.admin_sign_in_attempt a
    WHERE a.login = lower(who.login) AND a.address = from_address;
    DELETE FROM barid.admin_session s WHERE s.hash = replaced_session;
    -- At most 20 at once; the oldest go.
    DELETE FROM barid.admin_session s WHERE s.hash IN (
        SELECT o.hash FROM barid.admin_session o WHERE o.account_id = account
        ORDER BY o.created_at DESC OFFSET 19);
    INSERT INTO barid.admin_session (hash, account_id, idle, expires_at, client, user_agent)
    VALUES (session_hash, account, admin_sign_in_finish.idle, ends,
            left(admin_sign_in_finish.client, 100), left(admin_sign_in_finish.user_agent, 200));
    PERFORM barid.audit('account:' || account, coalesce(nullif(who.name, ''), who.login),
        'session.sign_in', 'account', account::text, NULL, NULL, NULL,
        admin_sign_in_finish.request_id, admin_sign_in_finish.client);
    RETURN QUERY SELECT coalesce(nullif(who.name, ''), who.login),
        barid.admin_account_permissions(account), who.must_change, barid.admin_time(ends);
END $$;
CREATE FUNCTION barid.admin_sign_out(session_hash bytea, everywhere boolean) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    whose bigint;
BEGIN
    DELETE FROM barid.admin_session s WHERE s.hash = session_hash RETURNING s.account_id INTO whose;
    IF everywhere THEN
        DELETE FROM barid.admin_session s WHERE s.account_id = whose;
    END IF;
    RETURN whose;
END $$;
CREATE FUNCTION barid.admin_suppressions(after text, size integer, unmasked boolean) RETURNS TABLE(item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('address', barid.admin_notify_text(s.address, unmasked),
               'cause', s.reason, 'detail', barid.admin_notify_text(s.detail, unmasked),
               'since', barid.admin_time(s.created_at)), s.address
    FROM barid.suppression s
    WHERE s.channel = 'email' AND s.address > coalesce(after, '')
    ORDER BY s.address LIMIT size
$$;
CREATE FUNCTION barid.admin_template(key text, version integer, may_edit boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_template_item(key text, version integer, may_edit boolean) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION barid.admin_template_source(key text, version integer) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('template', barid.template_version(key, version),
                              'default_locale', barid.default_locale())
$$;
CREATE FUNCTION barid.admin_template_versions(key text, before integer, size integer, may_edit boolean) RETURNS TABLE(item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.admin_template_item(admin_template_versions.key, v.version, may_edit),
           v.version::text
    FROM (SELECT DISTINCT t.version FROM barid.template t
          WHERE t.key = admin_template_versions.key AND (before IS NULL OR t.version < before)
          ORDER BY t.version DESC LIMIT size) v
    ORDER BY v.version DESC
$$;
CREATE FUNCTION barid.admin_templates(search text, after text, size integer, may_edit boolean) RETURNS TABLE(item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_text(value text, shown boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (shown OR (value IS NULL)) THEN value ELSE '•••'::text END;
CREATE FUNCTION barid.admin_time(instant timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
CREATE FUNCTION barid.admin_timeline(tag text, queues text[], categories text[], with_media boolean, with_translations boolean, with_audit boolean, shown boolean, before_at timestamp with time zone, before_key text, max integer, with_payments boolean DEFAULT false) RETURNS TABLE(item jsonb, at timestamp with time zone, key text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    upto      CONSTANT timestamptz := coalesce(before_at, 'infinity');
    less      CONSTANT text := coalesce(before_key, '');
    of_type   CONSTANT text := split_part(tag, ':', 1);
    of_id     CONSTANT text := nullif(substr(tag, strpos(tag, ':') + 1), '');
    named     CONSTANT boolean := strpos(tag, ':') > 1 AND of_id IS NOT NULL;
    jobs      bigint[];
    notes     uuid[] := '{}';
    pictures  bigint[] := '{}';
BEGIN
    SELECT f.ids INTO jobs FROM barid.admin_find_jobs(jsonb_build_object('tag', tag)
        || CASE WHEN before_at IS NULL THEN '{}' ELSE jsonb_build_object('to', before_at) END,
        queues, NULL, 1000) f;
    IF categories IS NULL OR categories <> '{}' THEN
        notes := ARRAY(SELECT n.id FROM barid.notification n
                       WHERE n.job_id = ANY (jobs) AND barid.admin_in(n.category, categories)
                       ORDER BY n.id DESC LIMIT 1000);
    END IF;
    IF with_media THEN
        pictures := ARRAY(SELECT e.set_id FROM barid.media_entity e WHERE e.entity = tag
                          ORDER BY e.attached_at DESC LIMIT 1000);
    END IF;
    RETURN QUERY
    SELECT jsonb_build_object('at', barid.admin_time(u.at), 'type', u.type, 'title', u.title,
               'state', u.state, 'id', u.id, 'detail', u.detail), u.at, u.key
    FROM (
        SELECT v.created_at AS at, 'job:' || v.id AS key, 'job' AS type, v.kind AS title,
               v.state, v.id::text AS id, jsonb_build_object('queue', v.queue, 'kind', v.kind,
                   'attempt', v.attempt, 'max_attempts', v.max_attempts,
                   'run_at', barid.admin_time(v.run_at),
                   'finished_at', barid.admin_time(v.finished_at),
                   'error', barid.admin_text(left(split_part(v.errors->-1->>'error', E'\n', 1),
                                                  300), shown)) AS detail
        FROM barid.jobs v WHERE v.id = ANY (jobs)
        UNION ALL
        SELECT n.created_at, 'notification:' || n.id, 'notification',
               barid.admin_text(n.title, shown), NULL, n.id::text, jsonb_build_object(
                   'category', n.category, 'template', n.template_key, 'locale', n.locale,
                   'user_id', n.user_id, 'body', barid.admin_text(left(n.body, 300), shown),
                   'job_id', n.job_id)
        FROM barid.notification n WHERE n.id = ANY (notes)
        UNION ALL
        SELECT d.updated_at, 'delivery:' || d.id, 'delivery', d.channel, d.state,
               d.notification_id::text, jsonb_build_object('delivery_id', d.id,
                   'device_id', d.device_id, 'generation', d.generation, 'reason', d.reason,
                   'attempts', d.attempts, 'not_before', barid.admin_time(d.not_before))
        FROM (SELECT * FROM barid.delivery o WHERE o.notification_id = ANY (notes)
              LIMIT 20000) d
        UNION ALL
        SELECT e.attached_at, 'image:' || e.set_id || ':' || e.slot, 'image',
               coalesce(nullif(m.recipe, ''), 'picture'), m.state::text, m.id::text,
               jsonb_build_object('slot', e.slot, 'recipe', m.recipe, 'thumbhash', m.thumbhash,
                   'job_id', nullif(e.job_id, 0),
                   'completed_at', barid.admin_time(m.completed_at))
        FROM barid.media_entity e JOIN barid.media_set m ON m.id = e.set_id
        WHERE e.entity = tag AND e.set_id = ANY (pictures)
        UNION ALL
        SELECT t.updated_at, 'translation:' || t.field || ':' || t.target_lang, 'translation',
               t.field, t.state, t.field || ':' || t.target_lang, jsonb_build_object(
                   'field', t.field, 'lang', t.target_lang, 'origin', t.origin,
                   'provider', t.provider, 'text', left(t.text, 300), 'review', NULL,
                   'reason', NULL)
        FROM barid.translation t
        WHERE with_translations AND named AND t.entity_type = of_type AND t.entity_id = of_id
        UNION ALL
        SELECT coalesce(r.resolved_at, r.created_at), 'review:' || r.id, 'translation', r.field,
               'review ' || r.state, r.field || ':' || r.target_lang, jsonb_build_object(
                   'field', r.field, 'lang', r.target_lang, 'origin', NULL,
                   'provider', r.provider, 'text', left(r.suggestion, 300), 'review', r.id,
                   'reason', r.reason)
        FROM (SELECT * FROM barid.translation_review o
              WHERE with_translations AND named AND o.entity_type = of_type AND o.entity_id = of_id
              ORDER BY o.id DESC LIMIT 1000) r
        UNION ALL
        SELECT a.at, 'audit:' || lpad(a.id::text, 19, '0'), 'audit', a.action, NULL,
               a.id::text, jsonb_build_object('actor', a.actor, 'actor_name', a.actor_name,
                   'target_kind', a.target_kind, 'target', a.target, 'reason', a.reason)
        FROM (SELECT l.* FROM (
                  SELECT of_type AS kind, of_id AS target WHERE named
                  UNION ALL SELECT 'timeline', tag
                  UNION ALL SELECT 'job', j::text FROM unnest(jobs) j
                  UNION ALL SELECT 'notification', n::text FROM unnest(notes) n
                  UNION ALL SELECT k, m::text FROM unnest(pictures) m,
                                unnest('{media,media_set,image}'::text[]) k) w
              CROSS JOIN LATERAL (
                  SELECT * FROM barid.audit_log o
                  WHERE with_audit AND o.target_kind = w.kind AND o.target = w.target
                  ORDER BY o.id DESC LIMIT 200) l) a
        UNION ALL
        SELECT p.checked_at, 'payment:' || lpad(p.id::text, 19, '0'), 'payment', p.cause, p.verdict,
               p.id::text, jsonb_build_object('result', p.result, 'times', p.times,
                   'job_id', p.job_id, 'attempts', barid.payment_shown(p.attempts, shown))
        FROM (SELECT * FROM barid.payment_check o
              WHERE with_payments AND named AND of_type = 'order' AND o.order_id = of_id
              ORDER BY o.id DESC LIMIT 1000) p
    ) u
    WHERE u.at < upto OR (u.at = upto AND u.key COLLATE "C" < less COLLATE "C")
    ORDER BY u.at DESC, u.key COLLATE "C" DESC
    LIMIT max;
END $$;
CREATE FUNCTION barid.admin_token_create(token_hash bytea, prefix text, name text, account bigint, permissions jsonb, expires_at timestamp with time zone, created_by text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    made bigint;
BEGIN
    IF expires_at <= clock_timestamp() OR expires_at > clock_timestamp() + interval '5 years' THEN
        RAISE EXCEPTION 'a token must end between now and five years from now'
            USING ERRCODE = '22023', HINT = 'Give an end such as 90 days.';
    END IF;
    -- Tokens that ended a while ago are of no interest to anybody; the audit log keeps their story.
    DELETE FROM barid.admin_token k WHERE k.id IN (
        SELECT o.id FROM barid.admin_token o
        WHERE least(o.expires_at, o.revoked_at) < clock_timestamp() - interval '90 days'
        ORDER BY o.id LIMIT 100 FOR UPDATE SKIP LOCKED);
    IF account IS NOT NULL THEN
        -- Two requests of one account take turns; each other counts for itself.
        PERFORM FROM barid.admin_account a WHERE a.id = account FOR NO KEY UPDATE;
        IF (SELECT count(*) >= 200 FROM barid.admin_token k WHERE k.account_id = account) THEN
            RAISE EXCEPTION 'the account has 200 tokens already, those of the last 90 days among them'
                USING ERRCODE = '22023', HINT = 'Use a token for more than one request.';
        END IF;
    END IF;
    IF (SELECT count(*) >= 10000 FROM (SELECT FROM barid.admin_token LIMIT 10000) t) THEN
        RAISE EXCEPTION 'there are 10,000 tokens already'
            USING ERRCODE = '22023', HINT = 'Use a token for more than one request.';
    END IF;
    INSERT INTO barid.admin_token AS k (hash, prefix, name, account_id, permissions, expires_at,
                                        created_by)
    VALUES (token_hash, prefix, name, account, permissions, expires_at, left(created_by, 500))
    RETURNING k.id INTO made;
    RETURN made;
END $$;
CREATE FUNCTION barid.admin_token_json(token bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('id', k.id, 'name', k.name, 'prefix', k.prefix,
        'account', CASE WHEN a.id IS NOT NULL
                        THEN jsonb_build_object('id', a.id, 'login', a.login) END,
        'permissions', k.permissions,
        'state', CASE WHEN k.revoked_at IS NOT NULL OR a.disabled THEN 'revoked'
                      WHEN k.expires_at <= now() THEN 'expired' ELSE 'active' END,
        'created_at', barid.admin_time(k.created_at), 'created_by', k.created_by,
        'expires_at', barid.admin_time(k.expires_at),
        'revoked_at', barid.admin_time(k.revoked_at),
        'last_used_at', barid.admin_time(k.last_used_at))
    FROM barid.admin_token k LEFT JOIN barid.admin_account a ON a.id = k.account_id
    WHERE k.id = token
$$;
CREATE FUNCTION barid.admin_token_principal(token_hash bytea) RETURNS TABLE(id bigint, name text, state text, permissions jsonb, owner_permissions jsonb, expires_at text, seconds_left double precision)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    t record;
BEGIN
    SELECT k.*, a.disabled AS owner_disabled INTO t
    FROM barid.admin_token k LEFT JOIN barid.admin_account a ON a.id = k.account_id
    WHERE k.hash = token_hash;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    state := CASE WHEN t.revoked_at IS NOT NULL OR t.owner_disabled THEN 'revoked'
                  WHEN t.expires_at <= clock_timestamp() THEN 'expired' ELSE 'good' END;
    IF state = 'good'
       AND coalesce(t.last_used_at, '-infinity') < clock_timestamp() - interval '1 minute' THEN
        UPDATE barid.admin_token SET last_used_at = clock_timestamp()
        WHERE id = (SELECT k.id FROM barid.admin_token k WHERE k.id = t.id
                    FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY SELECT t.id, t.name, state, t.permissions,
        CASE WHEN t.account_id IS NOT NULL THEN barid.admin_account_permissions(t.account_id) END,
        barid.admin_time(t.expires_at),
        extract(epoch FROM t.expires_at - clock_timestamp())::float8;
END $$;
CREATE FUNCTION barid.admin_user(id text, unmasked boolean, manages boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_users(search text, after text, size integer) RETURNS TABLE(item jsonb, place text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.admin_why_not(n barid.notification, d barid.delivery, unmasked boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
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
CREATE FUNCTION barid.admin_workers(reach text[]) RETURNS TABLE(id bigint, name text, queues text[], started_at timestamp with time zone, renewed_at timestamp with time zone, lease_ttl interval, claimed bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT w.id, w.name,
           CASE WHEN reach IS NULL THEN w.queues
                ELSE ARRAY(SELECT q FROM unnest(w.queues) WITH ORDINALITY u(q, n)
                           WHERE q = '*' OR q = ANY (reach) ORDER BY n) END,
           w.started_at, w.renewed_at, w.lease_ttl,
           CASE WHEN reach IS NULL THEN w.claimed
                ELSE (SELECT count(*)
                      FROM (SELECT unnest(c.job_ids) AS id FROM barid.claim c
                            WHERE c.worker_id = w.id) held
                      JOIN barid.job j ON j.id = held.id
                      WHERE j.queue = ANY (reach)) END
    FROM barid.workers w
    WHERE reach IS NULL OR w.queues && (reach || '*'::text)
$$;
CREATE FUNCTION barid.admit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.allow_function(signature text, timeout interval DEFAULT '00:00:30'::interval, lock_timeout interval DEFAULT '00:00:05'::interval) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.append_error(errors jsonb, attempt integer, error text, worker text, started timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN error IS NULL THEN errors ELSE
        (CASE WHEN jsonb_array_length(coalesce(errors, '[]')) >= 20 THEN errors - 1
              ELSE coalesce(errors, '[]') END)
        || jsonb_build_object('attempt', attempt, 'at', clock_timestamp(),
               'error', left(error, 2000), 'worker', worker,
               'ms', CASE WHEN isfinite(started) THEN
                   round(extract(epoch FROM clock_timestamp() - started) * 1000) END) END
$$;
CREATE FUNCTION barid.approve_translation(review_id bigint, text text DEFAULT NULL::text, actor text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    review       barid.translation_review;
    current_hash bytea;
    final_text   text;
    here         boolean;
    who          text := left(coalesce(approve_translation.actor, session_user), 256);
BEGIN
    SELECT * INTO review FROM barid.translation_review r WHERE r.id = approve_translation.review_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'barid.approve_translation: there is no review %',
            approve_translation.review_id USING ERRCODE = 'no_data_found';
    END IF;
    IF review.state = 'open' THEN
        here := barid.note_entity(review.entity_type, review.entity_id);
        IF here = false THEN
            PERFORM barid.forget_rows(review.entity_type, ARRAY[review.entity_id]);
            RETURN false;
        END IF;
    END IF;
    -- The translation is locked before its review, as the worker and set_translation do.
    SELECT t.source_hash INTO current_hash FROM barid.translation t
    WHERE t.entity_type = review.entity_type AND t.entity_id = review.entity_id
      AND t.field = review.field AND t.target_lang = review.target_lang
    FOR UPDATE;
    SELECT * INTO review FROM barid.translation_review r WHERE r.id = approve_translation.review_id
    FOR UPDATE;
    -- Superseded just now, by what the shop's row says: nothing to approve any more.
    IF review.state = 'superseded' AND review.resolved_at = now() THEN RETURN false; END IF;
    IF review.state <> 'open' THEN
        RAISE EXCEPTION 'barid.approve_translation: review % is % already', review.id, review.state
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    final_text := coalesce(approve_translation.text, review.suggestion);
    IF final_text IS NULL THEN
        PERFORM barid.refuse(format('barid.approve_translation: review %s has no suggestion',
                                    review.id),
                             'Give the text: barid.approve_translation(id, text).');
    END IF;
    IF current_hash IS DISTINCT FROM review.source_hash THEN
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(), resolved_by = who
        WHERE r.id = review.id;
        RETURN false;
    END IF;
    UPDATE barid.translation_review r
    SET state = 'approved', resolved_at = now(), resolved_by = who
    WHERE r.id = review.id;
    RETURN barid.set_translation(review.entity_type, review.entity_id, review.field,
                                 review.target_lang, final_text, actor => who);
END
$$;
CREATE FUNCTION barid.attach_triggers(relation regclass, note text, truncates boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM (VALUES
        ('insert', 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows'),
        ('update', 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
        ('delete', 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows'),
        ('truncate', 'AFTER TRUNCATE', '')) AS v(name, event, referring)
    LOOP
        CONTINUE WHEN t.name = 'truncate' AND NOT truncates;
        EXECUTE format('CREATE TRIGGER barid_translate_%s %s ON %s %s FOR EACH STATEMENT '
                       'EXECUTE FUNCTION %s()', t.name, t.event, relation, t.referring, note);
    END LOOP;
END $$;
CREATE FUNCTION barid.attached_name(relation regclass, part text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT format('barid_%s_%s', CASE WHEN octet_length(c.relname) <= 45 THEN c.relname
                                 ELSE left(c.relname, 16) || '_' || left(md5(c.relname), 8) END, part)
    FROM pg_class c WHERE c.oid = relation
$$;
CREATE FUNCTION barid.attempts(job_id bigint) RETURNS TABLE(attempt integer, outcome text, started_at timestamp with time zone, ended_at timestamp with time zone, duration interval, worker text, error text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.audit(actor text, actor_name text, action text, target_kind text, target text, before jsonb, after jsonb, reason text, request_id text, client text) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    INSERT INTO barid.audit_log (actor, actor_name, action, target_kind, target, before, after,
                                 reason, request_id, client)
    SELECT left(audit.actor, 500), left(audit.actor_name, 500), audit.action, audit.target_kind,
           left(audit.target, 500), barid.audit_value(audit.before),
           barid.audit_value(audit.after), nullif(left(audit.reason, 500), ''),
           left(audit.request_id, 64), left(audit.client, 100)
    RETURNING id
$$;
CREATE FUNCTION barid.audit_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only'
        USING ERRCODE = '55000',
              HINT = 'Old lines leave by docs/admin.md, "Keeping the audit log".';
END $$;
CREATE FUNCTION barid.audit_value(value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT CASE WHEN length(value::text) <= 16384 THEN value
           ELSE jsonb_build_object('bytes', octet_length(value::text), 'sha256',
                    encode(sha256(convert_to(value::text, 'UTF8')), 'hex')) END
$$;
CREATE FUNCTION barid.auto_translate(relation regclass, id text DEFAULT 'id'::text, columns text[] DEFAULT NULL::text[], source text DEFAULT 'auto'::text, source_column text DEFAULT NULL::text, entity_type text DEFAULT NULL::text, formats jsonb DEFAULT '{}'::jsonb, write_back text DEFAULT NULL::text, targets jsonb DEFAULT '{}'::jsonb, translations jsonb DEFAULT NULL::jsonb, queue text DEFAULT 'default'::text, delay interval DEFAULT '00:00:00'::interval) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    t          record;
    id_type    text;
    planned    jsonb := '[]';
    row_values text;
    watched    text[];
    note       text;
    other      text;
    readers    text;
    writers    text;
BEGIN
    SELECT c.oid, c.relname, c.relkind, c.relispartition, c.relowner::regrole AS owner, n.nspname,
           format('%I.%I', n.nspname, c.relname) AS name
    INTO t FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    IF t IS NULL OR t.relkind NOT IN ('r', 'p') OR t.relispartition THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s is not a table', relation));
    END IF;
    IF NOT pg_has_role(current_user, t.owner::oid, 'USAGE') THEN
        RAISE EXCEPTION 'barid.auto_translate: only the owner of % attaches it', relation
            USING ERRCODE = '42501', HINT = format('Its owner is %s.', t.owner);
    END IF;
    IF NOT (has_schema_privilege(t.owner::oid, 'barid', 'USAGE') AND has_function_privilege(t.owner::oid,
            'barid.forget_rows(text, text[])'::regprocedure, 'EXECUTE')) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s, the owner of %s, may not use Barid',
            t.owner, relation), format('GRANT barid_producer TO %s;', t.owner));
    END IF;
    entity_type := coalesce(entity_type, t.relname);
    write_back := coalesce(write_back, CASE WHEN translations IS NULL THEN 'columns' ELSE 'table' END);
    IF write_back NOT IN ('columns', 'table', 'none')
       OR (write_back = 'table') <> (translations IS NOT NULL) THEN
        PERFORM barid.refuse('barid.auto_translate: write_back is columns, none, or table together '
                             'with translations');
    END IF;
    IF source NOT IN ('en', 'ar', 'auto') THEN
        PERFORM barid.refuse(format('barid.auto_translate: source is en, ar or auto, not %s',
                                    quote_literal(source)));
    END IF;
    IF delay < '0' OR delay > '1 day' OR coalesce(length(entity_type), 0) NOT BETWEEN 1 AND 64 THEN
        PERFORM barid.refuse('barid.auto_translate: delay is 0 to 1 day, entity_type has 1 to 64 '
                             'characters');
    END IF;
    IF coalesce(cardinality(columns), 0) NOT BETWEEN 1 AND 32
       OR (SELECT count(DISTINCT c) FROM unnest(columns) c) <> cardinality(columns) THEN
        PERFORM barid.refuse('barid.auto_translate: name 1 to 32 different columns',
                             'For example columns => ''{name,description}''.');
    END IF;
    IF EXISTS (SELECT FROM jsonb_object_keys(formats || targets) k WHERE k <> ALL (columns)) THEN
        PERFORM barid.refuse('barid.auto_translate: formats or targets name a column that is not '
                             'among columns');
    END IF;
    SELECT c.type INTO id_type FROM barid.table_columns(relation) c WHERE c.name = id AND c.is_id;
    IF id_type IS NULL OR NOT EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
         AND a.attnum = i.indkey[0]
        WHERE i.indrelid = relation AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1
          AND a.attname = id) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %I is not an integer, uuid or text column '
            'of %s with a unique index', id, relation), 'Say id => the primary key''s column.');
    END IF;
    IF source_column IS NOT NULL AND NOT EXISTS (
        SELECT FROM barid.table_columns(relation) c WHERE c.name = source_column) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s has no column %I', relation,
                                    source_column));
    END IF;
    IF write_back = 'table' THEN
        translations := barid.check_translations_table(relation, id, translations, columns);
    END IF;
    SELECT jsonb_agg(barid.plan_field(relation, c.name, source, source_column,
                                      coalesce(formats ->> c.name, 'text'), targets -> c.name,
                                      write_back) ORDER BY c.n)
    INTO planned FROM unnest(columns) WITH ORDINALITY AS c(name, n);
    row_values := barid.field_values(planned, source_column, id, translations);
    SELECT array_agg(DISTINCT c) INTO watched FROM (
        SELECT jsonb_array_elements(planned) ->> k AS c FROM unnest(ARRAY['base', 'en', 'ar']) k
        UNION SELECT source_column) w WHERE c IS NOT NULL;
    PERFORM barid.stop_auto_translate(relation);
    note := format('%I.%I', t.nspname, barid.attached_name(relation, 'note'));
    other := format('%I.%I', t.nspname, barid.attached_name(relation, 'other'));
    readers := format('%I.%I', t.nspname, barid.attached_name(relation, 'rows'));
    writers := format('%I.%I', t.nspname, barid.attached_name(relation, 'write'));
    EXECUTE format('CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER '
                   'SET search_path = pg_catalog, pg_temp AS %L', note,
                   barid.note_body(entity_type, id, row_values, watched));
    EXECUTE format('CREATE FUNCTION %s(ids text[], after text, size int) RETURNS TABLE '
                   '(entity_id text, field text, lang text, en text, ar text) LANGUAGE plpgsql '
                   'SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L', readers,
                   barid.rows_body(t.name, id, id_type, row_values,
                                   CASE WHEN translations IS NULL THEN 'NO KEY UPDATE OF x'
                                        ELSE 'UPDATE OF x' END, translations));
    EXECUTE format('CREATE FUNCTION %s(entity_id text, field text, lang text, expected text, '
                   'value text) RETURNS TABLE (stored text) LANGUAGE plpgsql SECURITY DEFINER '
                   'SET search_path = pg_catalog, pg_temp AS %L', writers,
                   barid.write_body(relation, id, id_type, planned, translations));
    PERFORM barid.hand_over(t.owner::oid, note || '()', readers || '(text[], text, int)',
                            writers || '(text, text, text, text, text)');
    PERFORM barid.attach_triggers(relation, note, true);
    IF write_back = 'table' THEN
        EXECUTE format('CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER '
                       'SET search_path = pg_catalog, pg_temp AS %L', other,
                       barid.note_other_body(entity_type, t.name, id, translations ->> 'id',
                                             row_values));
        PERFORM barid.hand_over(t.owner::oid, other || '()');
        PERFORM barid.attach_triggers((translations ->> 'table')::regclass, other, false);
    END IF;
    PERFORM barid.record_auto_translation(relation, entity_type, id, planned, write_back,
                                          translations, queue, delay, current_user);
    RETURN entity_type;
END $$;
CREATE TABLE barid.job (
    id bigint NOT NULL,
    run_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    claimed_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    claim_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    state barid.job_state DEFAULT 'waiting'::barid.job_state NOT NULL,
    progress real DEFAULT 0 NOT NULL,
    priority smallint DEFAULT 5 NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint DEFAULT 10 NOT NULL,
    cancel_requested boolean DEFAULT false NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    unique_key text COLLATE pg_catalog."C",
    ordering_key text COLLATE pg_catalog."C",
    request_id text,
    traceparent text,
    tags text[],
    progress_note text,
    origin_id bigint,
    errors jsonb,
    special boolean DEFAULT false NOT NULL,
    parked_by text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    unique_while text DEFAULT 'finished'::text NOT NULL COLLATE pg_catalog."C",
    released_key text COLLATE pg_catalog."C",
    on_conflict text DEFAULT 'keep'::text NOT NULL COLLATE pg_catalog."C",
    throttle interval,
    debounce interval,
    limit_key text COLLATE pg_catalog."C",
    after bigint[],
    on_parent_failure text DEFAULT 'cancel'::text NOT NULL COLLATE pg_catalog."C",
    batch_id bigint,
    origin_queue text COLLATE pg_catalog."C",
    CONSTRAINT job_after_check CHECK (((cardinality(after) >= 1) AND (cardinality(after) <= 1000))),
    CONSTRAINT job_debounce_check CHECK (((debounce >= '00:00:00.001'::interval) AND (debounce <= '1 year'::interval))),
    CONSTRAINT job_kind_check CHECK (((kind ~ '^[a-z0-9][a-z0-9_.-]*$'::text) AND (octet_length(kind) <= 63))),
    CONSTRAINT job_limit_key_check CHECK ((length(limit_key) <= 600)),
    CONSTRAINT job_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 1000))),
    CONSTRAINT job_on_conflict_check CHECK ((on_conflict = ANY (ARRAY['keep'::text, 'replace'::text]))),
    CONSTRAINT job_on_parent_failure_check CHECK ((on_parent_failure = ANY (ARRAY['cancel'::text, 'run'::text, 'wait'::text]))),
    CONSTRAINT job_ordering_key_check CHECK ((length(ordering_key) <= 512)),
    CONSTRAINT job_payload_check CHECK ((pg_column_size(payload) <= 1048576)),
    CONSTRAINT job_priority_check CHECK (((priority >= 0) AND (priority <= 9))),
    CONSTRAINT job_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
    CONSTRAINT job_request_id_check CHECK ((length(request_id) <= 128)),
    CONSTRAINT job_tags_check CHECK ((cardinality(tags) <= 16)),
    CONSTRAINT job_throttle_check CHECK (((throttle >= '00:00:01'::interval) AND (throttle <= '1 year'::interval))),
    CONSTRAINT job_traceparent_check CHECK ((length(traceparent) <= 128)),
    CONSTRAINT job_unique_key_check CHECK ((length(unique_key) <= 512)),
    CONSTRAINT job_unique_while_check CHECK ((unique_while = ANY (ARRAY['finished'::text, 'waiting'::text, 'running'::text, 'state'::text])))
)
WITH (fillfactor='50', vacuum_truncate=off, autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05');
CREATE TABLE barid.translation_backfill (
    id bigint NOT NULL,
    entity_type text NOT NULL,
    state text DEFAULT 'running'::text NOT NULL,
    ahead integer NOT NULL,
    queue text NOT NULL,
    job_id bigint,
    cursor text,
    exhausted boolean DEFAULT false NOT NULL,
    total bigint NOT NULL,
    seen bigint DEFAULT 0 NOT NULL,
    enqueued bigint DEFAULT 0 NOT NULL,
    error text,
    actor text NOT NULL,
    changed_by text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    worked double precision DEFAULT 0 NOT NULL,
    resumed_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT translation_backfill_ahead_check CHECK (((ahead >= 1) AND (ahead <= 10000))),
    CONSTRAINT translation_backfill_state_check CHECK ((state = ANY (ARRAY['running'::text, 'paused'::text, 'cancelled'::text, 'done'::text, 'failed'::text])))
);
CREATE TABLE barid.translation_backfill_job (
    backfill_id bigint NOT NULL,
    job_id bigint NOT NULL
);
CREATE VIEW barid.translation_backfills AS
 SELECT b.id,
    b.entity_type,
    b.state,
    b.total,
    b.seen,
    b.enqueued,
    ( SELECT count(*) AS count
           FROM (barid.translation_backfill_job j
             JOIN barid.job x ON ((x.id = j.job_id)))
          WHERE (j.backfill_id = b.id)) AS in_flight,
    round(
        CASE
            WHEN ((b.total = 0) OR (b.state = 'done'::text)) THEN (1)::numeric
            ELSE LEAST((1)::numeric, ((b.seen)::numeric / (b.total)::numeric))
        END, 4) AS progress,
        CASE
            WHEN ((b.state = 'running'::text) AND (b.seen > 0)) THEN (now() + make_interval(secs => (((b.worked + (EXTRACT(epoch FROM (now() - b.resumed_at)))::double precision) * (GREATEST((0)::bigint, (b.total - b.seen)))::double precision) / (b.seen)::double precision)))
            ELSE NULL::timestamp with time zone
        END AS estimated_end,
    b.ahead,
    b.queue,
    b.job_id,
    b.actor,
    b.changed_by,
    b.error,
    b.started_at,
    b.finished_at
   FROM barid.translation_backfill b;
CREATE FUNCTION barid.backfill_item(b barid.translation_backfills, may_review boolean) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('id', b.id, 'entity_type', b.entity_type, 'state', b.state,
        'total', b.total, 'seen', b.seen, 'enqueued', b.enqueued, 'in_flight', b.in_flight,
        'progress', b.progress, 'estimated_end', barid.admin_time(b.estimated_end),
        'ahead', b.ahead, 'queue', b.queue, 'job_id', b.job_id, 'actor', b.actor,
        'changed_by', b.changed_by, 'error', b.error,
        'started_at', barid.admin_time(b.started_at),
        'finished_at', barid.admin_time(b.finished_at),
        'allowed_actions', CASE WHEN NOT may_review THEN '[]'::jsonb
            WHEN b.state = 'running' THEN '["pause", "cancel"]'
            WHEN b.state = 'paused' THEN '["resume", "cancel"]' ELSE '[]' END)
$$;
CREATE TABLE barid.auto_translation (
    entity_type text NOT NULL,
    table_schema text NOT NULL,
    table_name text NOT NULL,
    id_column text NOT NULL,
    fields jsonb NOT NULL,
    write_back text NOT NULL,
    translations jsonb,
    rows_function text NOT NULL,
    write_function text NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL,
    delay interval DEFAULT '00:00:00'::interval NOT NULL,
    attached_at timestamp with time zone DEFAULT now() NOT NULL,
    attached_by text NOT NULL,
    CONSTRAINT auto_translation_entity_type_check CHECK (((length(entity_type) >= 1) AND (length(entity_type) <= 64))),
    CONSTRAINT auto_translation_write_back_check CHECK ((write_back = ANY (ARRAY['columns'::text, 'table'::text, 'none'::text])))
);
CREATE FUNCTION barid.backfill_page(attached barid.auto_translation, after text, size integer) RETURNS TABLE(rank bigint, entity_id text, field text, source text, source_hash bytea, target text, due boolean, human boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    ids text[];
    fields text[];
    langs text[];
    en text[];
    ar text[];
BEGIN
    SELECT array_agg(r.entity_id ORDER BY r.n), array_agg(r.field ORDER BY r.n),
           array_agg(r.lang ORDER BY r.n), array_agg(r.en ORDER BY r.n), array_agg(r.ar ORDER BY r.n)
    INTO ids, fields, langs, en, ar
    FROM barid.shop_rows(attached.entity_type, NULL, after, size) WITH ORDINALITY
         AS r(entity_id, field, lang, en, ar, n);
    RETURN QUERY
    SELECT o.rank, o.id, j.field, j.source, j.source_hash, j.target,
           j.id IS NOT NULL AND (
               t.entity_id IS NULL OR t.source_hash IS DISTINCT FROM j.source_hash OR j.turned
               OR barid.was_edited(j.shown_hash, t.shown_hash, t.text)
               OR j.source_hash IS NOT NULL AND (
                   t.text IS NOT NULL AND (t.shown_hash IS NULL OR t.write_error IS NOT NULL)
                      AND j.shown_hash IS DISTINCT FROM '\x'
                   OR t.text_source_hash IS DISTINCT FROM t.source_hash
                      AND t.suggestion_hash IS DISTINCT FROM t.source_hash
                      AND NOT EXISTS (SELECT FROM barid.translation_review r
                          WHERE r.entity_type = t.entity_type AND r.entity_id = t.entity_id
                            AND r.field = t.field AND r.target_lang = t.target_lang
                            AND r.source_hash = t.source_hash
                            AND (r.state = 'rejected'
                                 OR r.state = 'open' AND r.reason <> 'no_provider')))),
           coalesce(t.origin = 'human', false) OR t.entity_id IS NULL AND j.shown IS NOT NULL
    FROM (SELECT i.id, min(i.n) AS rank FROM unnest(ids) WITH ORDINALITY AS i(id, n) GROUP BY 1) o
    LEFT JOIN barid.judge_rows(attached, ids, fields, langs, en, ar) j ON j.id = o.id
    LEFT JOIN LATERAL (
        SELECT x.* FROM barid.translation x
        WHERE x.entity_type = attached.entity_type AND x.entity_id = j.id AND x.field = j.field
          AND x.target_lang = j.target OFFSET 0) t ON true
    ORDER BY o.rank, j.field;
END $$;
CREATE FUNCTION barid.begin_wave(job_id bigint, lease_token text, lanes text[], counts integer[], afters bigint[], lowest bigint, worker text) RETURNS TABLE(attempts integer, notification_id uuid, delivery_id bigint, channel text, device_id bigint, user_id text, lane text, target_kind text, target text, platform text, last_registered_at timestamp with time zone, note_success boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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
CREATE FUNCTION barid.broadcast(category text, template text DEFAULT NULL::text, vars jsonb DEFAULT NULL::jsonb, title jsonb DEFAULT NULL::jsonb, body jsonb DEFAULT NULL::jsonb, data jsonb DEFAULT NULL::jsonb, image text DEFAULT NULL::text, options jsonb DEFAULT NULL::jsonb, channels text[] DEFAULT NULL::text[], segment text DEFAULT NULL::text, users text[] DEFAULT NULL::text[], personal boolean DEFAULT false, ttl interval DEFAULT NULL::interval, start_at timestamp with time zone DEFAULT NULL::timestamp with time zone, queue text DEFAULT 'default'::text, dedupe_key text DEFAULT NULL::text, actor text DEFAULT SESSION_USER) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.broadcast_audience(broadcast_id uuid) RETURNS TABLE(user_id text, vars jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.broadcast_cancel(id uuid, actor text DEFAULT SESSION_USER) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.broadcast_collect(id uuid, job_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.broadcast b
    SET state = 'failed', error = left(problem, 1000), finished_at = now(), updated_at = now()
    WHERE b.id = broadcast_fail.id AND b.state = 'running'
$$;
CREATE FUNCTION barid.broadcast_pause(id uuid, actor text DEFAULT SESSION_USER) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    b barid.broadcast := barid.find_broadcast(id);
BEGIN
    IF b.state <> 'running' THEN RETURN b.state; END IF;
    UPDATE barid.broadcast x SET state = 'paused', updated_at = now() WHERE x.id = b.id;
    INSERT INTO barid.broadcast_event (broadcast_id, actor, action) VALUES (b.id, actor, 'pause');
    RETURN 'paused';
END $$;
CREATE FUNCTION barid.broadcast_preview(id uuid, quota_per_minute integer DEFAULT 600000) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.broadcast_progress(id uuid) RETURNS TABLE(state text, users bigint, materialised bigint, sent_users bigint, accepted bigint, failed bigint, unknown bigint, suppressed bigint, deferred bigint, users_per_second double precision, started_at timestamp with time zone, estimated_end timestamp with time zone, finished_at timestamp with time zone, error text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.broadcast_resume(id uuid, actor text DEFAULT SESSION_USER) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.broadcast_start(id uuid, actor text DEFAULT SESSION_USER) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.broadcast_step(id uuid, job_id bigint, size integer DEFAULT 1000, ahead integer DEFAULT 8, OUT next text, OUT made integer) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
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
CREATE FUNCTION barid.bulk(action text, filter jsonb, arguments jsonb DEFAULT '{}'::jsonb, max integer DEFAULT 1000, preview boolean DEFAULT false) RETURNS TABLE(matched bigint, changed bigint, skipped bigint, more boolean, last_id bigint, total bigint, skipped_ids bigint[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.bulk_states(action text, filter jsonb, arguments jsonb) RETURNS text[]
    LANGUAGE plpgsql STABLE
    AS $$
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
CREATE FUNCTION barid.cancel(id bigint, reason text DEFAULT 'cancelled'::text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.cancel_jobs(ARRAY[id], coalesce(reason, 'cancelled'), true) <> '{}'
$$;
CREATE FUNCTION barid.cancel_jobs(ids bigint[], reason text, patient boolean) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.check_callback(name text, definition jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $_$
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
END $_$;
CREATE FUNCTION barid.check_channels(channels text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF cardinality(channels) NOT BETWEEN 1 AND 4
       OR NOT channels <@ ARRAY['push', 'inbox', 'email', 'webhook']
       OR (SELECT count(DISTINCT c) <> count(*) FROM unnest(channels) c) THEN
        PERFORM barid.refuse('channels must name push, inbox, email, webhook, each once',
                             'Leave it out to use the category''s channels.');
    END IF;
END $$;
CREATE FUNCTION barid.check_data(data jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    item    record;
    problem text;
BEGIN
    IF data = '{}' THEN RETURN; END IF;
    IF jsonb_typeof(data) <> 'object' THEN
        PERFORM barid.refuse('data must be an object of texts', 'For example {"order": "1042"}.');
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(data)) > 64 THEN
        PERFORM barid.refuse('data has more than 64 entries');
    END IF;
    FOR item IN SELECT t.key, t.value FROM jsonb_each(data) t LOOP
        problem := CASE
            WHEN item.key = '' THEN 'a key must not be empty'
            WHEN octet_length(item.key) > 128 THEN 'a key has at most 128 bytes'
            WHEN item.key = 'nid' THEN
                'nid is Barid''s own key: it carries the notification''s id'
            WHEN item.key IN ('from', 'message_type') OR item.key LIKE 'google%'
                 OR item.key LIKE 'gcm%' THEN
                'is reserved by FCM (from, message_type, google…, gcm…)'
            WHEN jsonb_typeof(item.value) <> 'string' THEN 'must be a text'
            WHEN octet_length(item.value #>> '{}') > 3500 THEN 'has more than 3500 bytes'
            END;
        IF problem IS NOT NULL THEN
            PERFORM barid.refuse(format('data.%s %s', left(item.key, 40), problem));
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION barid.check_email(email text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    at_sign int := length(email) - strpos(reverse(email), '@') + 1;
    mailbox text := left(email, at_sign - 1);
    host    text := lower(substr(email, at_sign + 1));
BEGIN
    IF email IS NULL OR octet_length(email) NOT BETWEEN 3 AND 254 OR strpos(email, '@') = 0 THEN
        RAISE EXCEPTION 'email must be an address like name@example.com, of 3 to 254 bytes'
            USING ERRCODE = '22023';
    END IF;
    IF email ~ '[^\x21-\x7e]' THEN
        RAISE EXCEPTION 'email holds a blank, a control character or a letter outside of ASCII'
            USING ERRCODE = '22023',
                  HINT = 'Write an international domain in its ASCII form (xn--…).';
    END IF;
    IF length(mailbox) > 64
       OR mailbox !~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*$' THEN
        RAISE EXCEPTION 'email must have 1 to 64 letters, digits and signs before the @, with '
                        'dots only between them' USING ERRCODE = '22023';
    END IF;
    IF host !~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$' THEN
        RAISE EXCEPTION 'email must end with a domain like example.com after the @'
            USING ERRCODE = '22023';
    END IF;
    RETURN mailbox || '@' || host;
END $_$;
CREATE FUNCTION barid.check_filter(filter jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $_$
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
END $_$;
CREATE FUNCTION barid.check_keys(what text, given jsonb, known text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $$
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
CREATE FUNCTION barid.check_locale(locale text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
BEGIN
    IF locale !~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$' THEN
        RAISE EXCEPTION 'locale % is not a language tag', quote_literal(left(locale, 40))
            USING ERRCODE = '22023', HINT = 'Use a tag such as "ar", "en" or "ar-EG".';
    END IF;
    RETURN replace(locale, '_', '-');
END
$_$;
CREATE FUNCTION barid.check_max(max integer) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    IF max IS NULL OR max NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'max is %, it must be 1 to 10000', coalesce(max::text, 'null')
            USING ERRCODE = '22023';
    END IF;
END $$;
CREATE FUNCTION barid.check_options(options jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    item record;
BEGIN
    IF options = '{}' THEN RETURN; END IF;
    IF jsonb_typeof(options) <> 'object' THEN
        PERFORM barid.refuse('options must be an object of android, apns and webpush');
    END IF;
    FOR item IN SELECT t.key, t.value FROM jsonb_each(options) t LOOP
        IF item.key NOT IN ('android', 'apns', 'webpush') OR jsonb_typeof(item.value) <> 'object'
        THEN
            PERFORM barid.refuse(
                format('options.%s is not understood', left(item.key, 40)),
                'The objects "android", "apns" and "webpush" are, each as FCM wants it.');
        END IF;
    END LOOP;
    IF octet_length(options::text) > 8192 THEN
        PERFORM barid.refuse('options is larger than a push may be');
    END IF;
END $$;
CREATE FUNCTION barid.check_pause(pause interval) RETURNS interval
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    IF pause IS NULL OR pause < '0' OR pause > '100 years' THEN
        RAISE EXCEPTION 'a job is snoozed by 0 to 100 years, not by %', coalesce(pause::text, 'null')
            USING ERRCODE = '22023';
    END IF;
    RETURN pause;
END $$;
CREATE FUNCTION barid.check_priority(priority integer) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    IF priority IS NULL OR priority NOT BETWEEN 0 AND 9 THEN
        RAISE EXCEPTION 'priority is %, it must be 0 (first) to 9', coalesce(priority::text, 'null')
            USING ERRCODE = '22023';
    END IF;
    RETURN priority;
END $$;
CREATE FUNCTION barid.check_resend_filter(filter jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.check_schema(variables jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    item    record;
    spec    jsonb;
    problem text;
    checked jsonb := '{}';
BEGIN
    IF jsonb_typeof(variables) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'variables must be an object of variables'
            USING ERRCODE = '22023',
                  HINT = 'For example {"order": {"type": "string"}, "total": {"type": "money"}}.';
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(variables)) > 32 THEN
        RAISE EXCEPTION 'a template has at most 32 variables' USING ERRCODE = '22023';
    END IF;
    FOR item IN SELECT v.key AS name, v.value AS spec FROM jsonb_each(variables) v LOOP
        spec := item.spec;
        IF item.name !~ '^[A-Za-z][A-Za-z0-9_]{0,63}$' THEN
            RAISE EXCEPTION 'variable % must be a letter, then letters, digits and underscores',
                quote_literal(left(item.name, 80)) USING ERRCODE = '22023';
        END IF;
        problem := CASE
            WHEN jsonb_typeof(spec) <> 'object' THEN 'must be an object'
            WHEN coalesce(spec ->> 'type', '') NOT IN
                 ('string', 'number', 'integer', 'money', 'date', 'boolean')
                THEN 'needs a type: string, number, integer, money, date or boolean'
            WHEN spec - '{type,required,max_length,sample}'::text[] <> '{}'
                THEN 'may have type, required, max_length and sample, nothing else'
            WHEN jsonb_typeof(spec -> 'required') NOT IN ('boolean', 'null')
                THEN 'has a required that is neither true nor false'
            WHEN spec -> 'required' = 'false' AND spec ->> 'type' NOT IN ('string', 'boolean')
                THEN format('is a %s and must be required: only a text can be left out',
                            spec ->> 'type')
            WHEN jsonb_typeof(spec -> 'max_length') NOT IN ('number', 'null')
                OR jsonb_typeof(spec -> 'max_length') = 'number'
                   AND (spec ->> 'max_length' !~ '^[0-9]{1,5}$'
                        OR (spec ->> 'max_length')::int NOT BETWEEN 1 AND 10000)
                THEN 'has a max_length that is not between 1 and 10000'
            WHEN jsonb_typeof(spec -> 'max_length') = 'number' AND spec ->> 'type' <> 'string'
                THEN 'has a max_length, which only a string can have'
            END;
        IF problem IS NULL AND jsonb_typeof(spec -> 'sample') <> 'null' THEN
            problem := 'has a sample that ' || barid.var_problem(spec, spec -> 'sample');
        END IF;
        IF problem IS NOT NULL THEN
            RAISE EXCEPTION 'variables.% %', item.name, problem
                USING ERRCODE = '22023',
                      HINT = 'For example {"type": "string", "max_length": 40, "sample": "A-1042"}.';
        END IF;
        checked := checked || jsonb_build_object(item.name, jsonb_strip_nulls(
            '{"required": true}'::jsonb || jsonb_strip_nulls(spec)));
    END LOOP;
    IF octet_length(checked::text) > 65536 THEN
        RAISE EXCEPTION 'variables have more than 65536 bytes' USING ERRCODE = '22023';
    END IF;
    RETURN checked;
END $_$;
CREATE FUNCTION barid.check_segment(segment text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.check_start(run_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    IF run_at IS NULL OR NOT isfinite(run_at) THEN
        RAISE EXCEPTION 'run_at must be a finite time' USING ERRCODE = '22023';
    END IF;
    RETURN run_at;
END $$;
CREATE FUNCTION barid.check_template_locale(locale text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    parts   text[] := regexp_match(locale,
                '^([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?$');
    tongue  text := lower(parts[1]);
    script  text := initcap(parts[2]);
    region  text := upper(parts[3]);
    regions constant text := ' '
        'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM '
        'BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX '
        'CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE '
        'GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM IN '
        'IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS '
        'LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ '
        'NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY '
        'QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ '
        'TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI '
        'VN VU WF WS XK YE YT ZA ZM ZW ';
BEGIN
    IF parts IS NULL THEN
        RAISE EXCEPTION 'texts.% is not a language tag', coalesce(left(locale, 40), 'NULL')
            USING ERRCODE = '22023',
                  HINT = 'Use a language, with a region if it matters: "ar", "en", "ar-EG".';
    END IF;
    IF barid.plural_classes(tongue, false) IS NULL THEN
        RAISE EXCEPTION 'texts.%: there is no language "%"', locale, tongue
            USING ERRCODE = '22023', HINT = 'Use a language''s ISO 639 code, such as "ar" or "en".';
    END IF;
    IF script NOT IN ('Arab', 'Beng', 'Cyrl', 'Deva', 'Guru', 'Hans', 'Hant', 'Hebr', 'Latn') THEN
        RAISE EXCEPTION 'texts.%: the script "%" is not known', locale, script
            USING ERRCODE = '22023', HINT = 'Leave it out unless the language has several.';
    END IF;
    IF region !~ '^[0-9]' AND strpos(regions, ' ' || region || ' ') = 0
       OR region ~ '^[0-9]' AND region NOT IN ('001', '150', '419') THEN
        RAISE EXCEPTION 'texts.%: there is no region "%"', locale, region
            USING ERRCODE = '22023', HINT = 'Use a region''s ISO 3166 code, such as "EG" or "SA".';
    END IF;
    RETURN concat_ws('-', tongue, script, region);
END $_$;
CREATE FUNCTION barid.check_texts(texts jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    item  record;
    clean jsonb := '{}';
BEGIN
    IF jsonb_typeof(texts) <> 'object' OR texts = '{}' THEN
        PERFORM barid.refuse('texts must be an object of languages',
                             'For example {"en": {"title": "…", "body": "…"}, "ar": {…}}.');
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(texts)) > 8 THEN
        PERFORM barid.refuse('texts has more than 8 languages');
    END IF;
    FOR item IN SELECT t.key, barid.normalize_locale(t.key) AS tag, t.value
                FROM jsonb_each(texts) t LOOP
        IF item.tag IS NULL THEN
            PERFORM barid.refuse(format('texts: %s is not a language tag',
                                        quote_literal(left(item.key, 40))),
                                 'Use a tag such as "ar", "en" or "ar-EG".');
        END IF;
        IF clean ? item.tag THEN
            PERFORM barid.refuse(format('texts names the language %s twice', item.tag));
        END IF;
        IF jsonb_typeof(item.value) <> 'object'
           OR jsonb_typeof(item.value -> 'title') IS DISTINCT FROM 'string'
           OR jsonb_typeof(item.value -> 'body') IS DISTINCT FROM 'string'
           OR item.value - 'title' - 'body' <> '{}' OR item.value ->> 'title' = '' THEN
            PERFORM barid.refuse(format(
                'texts.%s must be an object of exactly "title" (not empty) and "body"', item.tag));
        END IF;
        IF octet_length(item.value ->> 'title') > 1024
           OR octet_length(item.value ->> 'body') > 3500 THEN
            PERFORM barid.refuse(format(
                'texts.%s is too long: a title has at most 1024 bytes, a body 3500', item.tag),
                'An Arabic letter takes two bytes.');
        END IF;
        clean := clean || jsonb_build_object(item.tag, item.value);
    END LOOP;
    RETURN clean;
END $$;
CREATE FUNCTION barid.check_translations_table(relation regclass, id text, translations jsonb, columns text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    other regclass;
    f     text;
BEGIN
    IF jsonb_typeof(translations) IS DISTINCT FROM 'object'
       OR EXISTS (SELECT FROM jsonb_object_keys(translations) k
                  WHERE k NOT IN ('table', 'id', 'lang', 'columns', 'values'))
       OR translations ->> 'table' IS NULL OR translations ->> 'id' IS NULL
       OR translations ->> 'lang' IS NULL THEN
        PERFORM barid.refuse('barid.auto_translate: translations says which table, and its columns '
            'for the id and the language',
            'For example {"table": "public.product_translation", "id": "product_id", "lang": '
            || '"locale"}.');
    END IF;
    other := to_regclass(translations ->> 'table');
    IF other IS NULL THEN
        PERFORM barid.refuse(format('barid.auto_translate: translations: there is no table %s',
            translations ->> 'table'),
            'Write it as in SQL, with its schema: public.product_translation or '
            || 'public."ProductTranslation".');
    END IF;
    IF (SELECT c.relowner FROM pg_class c WHERE c.oid = other)
       <> (SELECT c.relowner FROM pg_class c WHERE c.oid = relation) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s and %s have different owners', relation,
                                    other));
    END IF;
    IF (SELECT count(*) FROM barid.table_columns(other) c
        WHERE c.name IN (translations ->> 'id', translations ->> 'lang')) <> 2 THEN
        PERFORM barid.refuse(format('barid.auto_translate: translations: %s has no such columns for '
                                    'the id and the language', other));
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = other AND i.indisunique AND i.indpred IS NULL
          AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
               WHERE a.attrelid = other AND a.attnum = ANY (i.indkey))
            = (SELECT array_agg(n ORDER BY n) FROM unnest(ARRAY[translations ->> 'id',
                                                                translations ->> 'lang']) n)) THEN
        PERFORM barid.refuse(format('barid.auto_translate: translations: %s must have a unique index '
                                    'on the id and the language', other));
    END IF;
    FOREACH f IN ARRAY columns LOOP
        PERFORM barid.text_column(other, coalesce(translations -> 'columns' ->> f, f),
                                  'translations');
    END LOOP;
    RETURN translations || jsonb_build_object('table', (
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = other));
END $$;
CREATE FUNCTION barid.check_tz(tz text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
BEGIN
    -- PostgreSQL takes "+03" and "FOO3" for POSIX zones; only names of the IANA database (or UTC)
    -- know about daylight saving.
    IF tz IS NULL OR NOT (tz = 'UTC' OR tz ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)+$') THEN
        RAISE EXCEPTION 'time zone % is not an IANA name', quote_literal(left(tz, 60))
            USING ERRCODE = '22023', HINT = 'Use a name such as "Africa/Cairo" or "UTC".';
    END IF;
    PERFORM now() AT TIME ZONE tz;
    RETURN tz;
END
$_$;
CREATE FUNCTION barid.check_uses(uses jsonb, schema jsonb, place text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    item record;
    spec jsonb;
    kind text;
    hint text;
BEGIN
    FOR item IN SELECT u ->> 'name' AS name, u ->> 'kind' AS kind, u ->> 'style' AS style,
                       (u ->> 'at')::int AS at
                FROM jsonb_array_elements(uses) u LOOP
        spec := schema -> item.name;
        kind := spec ->> 'type';
        IF spec IS NULL THEN
            PERFORM barid.refuse_text(place, item.at,
                format('uses {%s}, which is not one of the template''s variables', item.name),
                format('Declared are: %s.', coalesce((SELECT string_agg(k, ', ' ORDER BY k)
                       FROM jsonb_object_keys(schema) k), 'none')));
        END IF;
        hint := CASE
            WHEN item.kind = 'value' AND kind = 'boolean'
                THEN 'true or false is nothing to show: use select.'
            WHEN item.kind IN ('date', 'time') AND kind <> 'date'
                THEN 'Declare it as a date.'
            WHEN item.kind = 'number' AND kind NOT IN ('number', 'integer', 'money')
                THEN 'Declare it as a number, integer or money.'
            WHEN item.kind = 'number' AND kind <> 'money' AND item.style = 'currency'
                THEN 'Say which one, as in ::currency/SAR, or declare it as money.'
            WHEN item.kind = 'number' AND kind = 'money'
                 AND (item.style IN ('integer', 'percent') OR item.style ~ 'percent|currency/')
                THEN 'Money brings its own currency: write {name}, or a style such as ::.00.'
            WHEN item.kind IN ('plural', 'selectordinal') AND kind NOT IN ('number', 'integer')
                THEN 'Declare it as an integer or a number.'
            WHEN item.kind = 'select' AND kind NOT IN ('string', 'boolean')
                THEN 'Declare it as a string or a boolean; for numbers use plural.' END;
        IF hint IS NOT NULL THEN
            PERFORM barid.refuse_text(place, item.at,
                format('{%s%s} doesn''t fit a variable of type %s', item.name,
                       CASE WHEN item.kind <> 'value' THEN ', ' || item.kind ELSE '' END
                       || coalesce(', ' || item.style, ''), kind), hint);
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION barid.check_vars(template text, version integer, vars jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    schema   jsonb;
    problems text;
BEGIN
    SELECT t.variables INTO schema FROM barid.template t
    WHERE t.key = check_vars.template
      AND (check_vars.version IS NULL OR t.version = check_vars.version)
    ORDER BY t.version DESC LIMIT 1;
    IF schema IS NULL THEN
        RAISE EXCEPTION 'template % does not exist',
            concat_ws(' version ', quote_nullable(left(check_vars.template, 80)),
                      check_vars.version::text)
            USING ERRCODE = '22023', HINT = 'Create it with barid.upsert_template.';
    END IF;
    vars := coalesce(vars, '{}');
    IF jsonb_typeof(vars) <> 'object' THEN
        RAISE EXCEPTION 'vars must be an object' USING ERRCODE = '22023';
    END IF;
    IF octet_length(vars::text) > 65536 THEN
        RAISE EXCEPTION 'vars have more than 65536 bytes' USING ERRCODE = '22023';
    END IF;
    SELECT string_agg(format('vars.%s %s', left(p.name, 64), p.problem), '; ' ORDER BY p.name)
    INTO problems
    FROM (SELECT s.key AS name,
                 CASE WHEN coalesce(vars -> s.key, 'null') = 'null'
                      THEN CASE WHEN (s.value ->> 'required')::boolean
                           THEN format('is missing (%s)', s.value ->> 'type') END
                      ELSE barid.var_problem(s.value, vars -> s.key) END AS problem
          FROM jsonb_each(schema) s
          UNION ALL
          SELECT v.key, 'isn''t one of the template''s variables'
          FROM jsonb_each(vars) v WHERE NOT schema ? v.key) p
    WHERE p.problem IS NOT NULL;
    IF problems IS NOT NULL THEN
        RAISE EXCEPTION 'template %: %', check_vars.template, left(problems, 2000)
            USING ERRCODE = '22023',
                  HINT = format('Its variables are: %s.', coalesce(
                      (SELECT string_agg(s.key || ' (' || (s.value ->> 'type') || ')', ', '
                                         ORDER BY s.key) FROM jsonb_each(schema) s), 'none'));
    END IF;
END $$;
CREATE FUNCTION barid.check_zone(tz text) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $_$
BEGIN
    IF tz = 'UTC' OR tz ~ '^[A-Za-z_-]+(/[A-Za-z_-]+)+$' THEN
        PERFORM now() AT TIME ZONE tz;
    ELSIF tz IS NULL
       OR NOT EXISTS (SELECT 1 FROM pg_timezone_names z WHERE lower(z.name) = lower(tz)) THEN
        RAISE EXCEPTION 'time zone "%" is not known: it must be an IANA name such as Asia/Riyadh',
            left(tz, 60) USING ERRCODE = '22023';
    END IF;
END $_$;
CREATE FUNCTION barid.choose_locale(wanted text, available text[], fallback text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    tag    text;
    choice text;
BEGIN
    FOREACH tag IN ARRAY barid.locale_chain(wanted, fallback) LOOP
        FOREACH choice IN ARRAY available LOOP
            IF barid.normalize_locale(choice) = tag THEN RETURN choice; END IF;
        END LOOP;
        CONTINUE WHEN strpos(tag, '-') > 0;
        FOREACH choice IN ARRAY available LOOP
            IF split_part(barid.normalize_locale(choice), '-', 1) = tag THEN RETURN choice; END IF;
        END LOOP;
    END LOOP;
    RETURN available[1];
END $$;
CREATE FUNCTION barid.claim_keyed(worker bigint, worker_epoch integer, claim uuid, ids bigint[]) RETURNS SETOF bigint
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.claim_limited(worker bigint, worker_epoch integer, claim uuid, of_queue text, demand integer, running_here integer, priorities smallint[], run_ats timestamp with time zone[], after_ids bigint[], after_key text) RETURNS TABLE(job_id bigint, next_key text, retry_ms integer)
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.claim_worker(claim uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((('x'::text || "left"(replace((claim)::text, '-'::text, ''::text), 16)))::bit(64))::bigint;
CREATE FUNCTION barid.clean_term(what text, value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    clean text := btrim(regexp_replace(normalize(translate(value,
        U&'\061C\200E\200F\202A\202B\202C\202D\202E\2066\2067\2068\2069', ''), NFC),
        '\s+', ' ', 'g'));
BEGIN
    IF clean IS NULL OR clean = '' OR length(clean) > 200 THEN
        RAISE EXCEPTION 'barid.upsert_term: % must have 1 to 200 characters, not %',
            what, coalesce(length(clean), 0)
            USING ERRCODE = '22023', HINT = 'A term is a word or a short phrase, not a sentence.';
    END IF;
    IF clean !~ '[[:alnum:]\u0621-\u064A]' OR clean ~ '[\u0001-\u001F\u007F]' THEN
        RAISE EXCEPTION 'barid.upsert_term: % needs a letter or a digit, and no control '
            'characters: %', what, quote_literal(left(clean, 60)) USING ERRCODE = '22023';
    END IF;
    RETURN clean;
END
$$;
CREATE FUNCTION barid.clean_terms(what text, listed text[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF cardinality(listed) > 32 THEN
        RAISE EXCEPTION 'barid.upsert_term: % may list 32 forms, not %', what,
            cardinality(listed) USING ERRCODE = '22023';
    END IF;
    RETURN coalesce((SELECT array_agg(barid.clean_term(what, u.form) ORDER BY u.n)
                     FROM unnest(listed) WITH ORDINALITY u(form, n)), '{}');
END
$$;
CREATE FUNCTION barid.clear_job_rows(ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF to_regclass('barid.job_log') IS NOT NULL THEN
        DELETE FROM barid.job_log l WHERE l.job_id = ANY (ids);
    END IF;
    IF to_regclass('barid.checkpoint') IS NOT NULL THEN
        DELETE FROM barid.checkpoint c WHERE c.job_id = ANY (ids);
    END IF;
END $$;
CREATE FUNCTION barid.close_batch(batch bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    UPDATE barid.batch b SET closed_at = coalesce(b.closed_at, clock_timestamp())
    WHERE b.id = batch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no batch %', batch USING ERRCODE = '22023';
    END IF;
    PERFORM barid.finish_batch(batch);
END $$;
CREATE FUNCTION barid.close_digest(digest_id bigint, job_id bigint) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    d      barid.digest;
    c      barid.category;
    newest barid.notification;
    named  text := 'digest:' || digest_id;
    total  int;
    at     timestamptz := clock_timestamp();
    vars   jsonb;
    made   record;
BEGIN
    -- Whoever collects holds this lock until it has committed: no member comes after our look.
    SELECT g.* INTO d FROM barid.digest g WHERE g.id = digest_id FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF d.closed_at IS NOT NULL THEN
        RETURN (SELECT n.id FROM barid.notification n
                WHERE n.user_id = d.user_id AND n.dedupe_key = named);
    END IF;
    UPDATE barid.digest g SET closed_at = at WHERE g.id = digest_id;
    SELECT count(*) INTO total
    FROM barid.digest_item i JOIN barid.notification n ON n.id = i.notification_id
    WHERE i.digest_id = d.id AND n.expires_at > at;
    IF total = 0 THEN RETURN NULL; END IF;
    SELECT n.* INTO newest
    FROM barid.digest_item i JOIN barid.notification n ON n.id = i.notification_id
    WHERE i.digest_id = d.id AND n.expires_at > at
    ORDER BY n.id DESC LIMIT 1;
    SELECT k.* INTO c FROM barid.category k WHERE k.key = d.category;
    IF total > 1 AND c.digest_template IS NOT NULL THEN
        vars := coalesce(newest.vars, '{}') || jsonb_build_object('count', total);
        -- Only what the template has a use for, and a number as a text where it wants a text.
        SELECT coalesce(jsonb_object_agg(v.key, CASE
                   WHEN t.variables -> v.key ->> 'type' = 'string'
                        AND jsonb_typeof(v.value) IN ('number', 'boolean')
                   THEN to_jsonb(v.value #>> '{}') ELSE v.value END), '{}') INTO vars
        FROM jsonb_each(vars) v,
             (SELECT l.variables FROM barid.template l WHERE l.key = c.digest_template
              ORDER BY l.version DESC LIMIT 1) t
        WHERE t.variables ? v.key;
        SELECT * INTO made FROM barid.create_notification(
            d.user_id, d.category, named, job_id, template => c.digest_template, vars => vars,
            data => jsonb_build_object('digest_count', total::text),
            channels => ARRAY[d.channel], digest_id => d.id);
    ELSE
        SELECT * INTO made FROM barid.create_notification(
            d.user_id, d.category, named, job_id, template => newest.template_key,
            template_version => newest.template_version,
            vars => CASE WHEN newest.template_key IS NOT NULL THEN newest.vars END,
            texts => CASE WHEN newest.template_key IS NULL THEN coalesce(newest.texts, (
                SELECT b.texts FROM barid.broadcast b WHERE b.id = newest.broadcast_id)) END,
            data => newest.data, image => newest.image, options => newest.options,
            channels => ARRAY[d.channel], expires_at => newest.expires_at, digest_id => d.id);
    END IF;
    RETURN made.id;
END $$;
CREATE FUNCTION barid.close_epoch(worker bigint, old_epoch integer, known uuid[]) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.collect(notification_id uuid, user_id text, category text, channel text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    d    barid.digest;
    wait interval := (SELECT c.digest_window FROM barid.category c WHERE c.key = category);
BEGIN
    IF EXISTS (SELECT FROM barid.digest_item i JOIN barid.digest g ON g.id = i.digest_id
               WHERE i.notification_id = collect.notification_id AND g.channel = collect.channel)
    THEN
        RETURN;
    END IF;
    LOOP
        -- The row's lock holds off the digest's closing until we have committed.
        SELECT g.* INTO d FROM barid.digest g
        WHERE g.user_id = collect.user_id AND g.category = collect.category
          AND g.channel = collect.channel AND g.closed_at IS NULL
        FOR UPDATE;
        IF FOUND THEN EXIT; END IF;
        -- Another's open digest, not committed yet, makes us wait here and look again.
        INSERT INTO barid.digest AS g (user_id, category, channel, closes_at)
        VALUES (user_id, category, channel,
                clock_timestamp() + coalesce(wait, interval '1 second'))
        ON CONFLICT DO NOTHING
        RETURNING g.* INTO d;
        IF FOUND THEN
            PERFORM barid.enqueue('notify.digest', jsonb_build_object('digest', d.id),
                                  run_at => d.closes_at, unique_key => 'notify.digest:' || d.id);
            EXIT;
        END IF;
    END LOOP;
    -- Somebody may have put it there while we waited.
    IF EXISTS (SELECT FROM barid.digest_item i JOIN barid.digest g ON g.id = i.digest_id
               WHERE i.notification_id = collect.notification_id AND g.channel = collect.channel)
    THEN
        RETURN;
    END IF;
    INSERT INTO barid.digest_item VALUES (d.id, notification_id) ON CONFLICT DO NOTHING;
    -- A digest whose job died closes with its next member; a job that still waits is the one.
    IF d.closes_at < clock_timestamp() - interval '1 minute' THEN
        PERFORM barid.enqueue('notify.digest', jsonb_build_object('digest', d.id),
                              unique_key => 'notify.digest:' || d.id);
    END IF;
END $$;
CREATE FUNCTION barid.column_of(name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE WHEN name IS NULL THEN 'NULL::text' ELSE format('x.%I::text', name) END
$$;
CREATE FUNCTION barid.conclude_run(job_id bigint, lease_token text, OUT in_charge boolean, OUT accepted integer, OUT failed integer, OUT rejected integer, OUT unknown integer, OUT suppressed integer, OUT deferred integer, OUT due integer, OUT next_at timestamp with time zone, OUT lane_pause interval, OUT paused boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
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
CREATE FUNCTION barid.create_notification(user_id text, category text, dedupe_key text, INOUT job_id bigint DEFAULT NULL::bigint, template text DEFAULT NULL::text, template_version integer DEFAULT NULL::integer, vars jsonb DEFAULT NULL::jsonb, texts jsonb DEFAULT NULL::jsonb, data jsonb DEFAULT NULL::jsonb, image text DEFAULT NULL::text, options jsonb DEFAULT NULL::jsonb, channels text[] DEFAULT NULL::text[], not_before timestamp with time zone DEFAULT NULL::timestamp with time zone, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, broadcast_id uuid DEFAULT NULL::uuid, digest_id bigint DEFAULT NULL::bigint, ttl interval DEFAULT NULL::interval, default_locale text DEFAULT NULL::text, OUT id uuid, OUT created boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    at       timestamptz := clock_timestamp();
    c        barid.category;
    fallback text;
    chosen   text;
    title    text;
    body     text;
    inbox    barid.decision;
    owner    bigint;
BEGIN
    IF user_id IS NULL OR octet_length(user_id) NOT BETWEEN 1 AND 256 THEN
        PERFORM barid.refuse('user_id must have 1 to 256 bytes');
    END IF;
    IF dedupe_key IS NULL OR octet_length(dedupe_key) NOT BETWEEN 1 AND 256 THEN
        PERFORM barid.refuse('dedupe_key must have 1 to 256 bytes');
    END IF;
    IF dedupe_key LIKE 'digest:%' AND digest_id IS NULL THEN
        PERFORM barid.refuse('dedupe_key must not begin with "digest:"',
                             'Such keys are those of digests.');
    END IF;
    SELECT n.id, false, n.job_id INTO id, created, owner FROM barid.notification n
    WHERE n.user_id = create_notification.user_id
      AND n.dedupe_key = create_notification.dedupe_key;
    IF FOUND THEN
        job_id := owner;
        RETURN;
    END IF;
    SELECT k.* INTO c FROM barid.category k WHERE k.key = category;
    IF NOT FOUND THEN
        PERFORM barid.refuse(format('category %s does not exist',
                                    quote_nullable(left(category, 80))),
                             'Create it with barid.upsert_category.');
    END IF;
    channels := coalesce(channels, c.channels);
    data := coalesce(data, '{}');
    options := coalesce(options, '{}');
    PERFORM barid.check_channels(channels);
    PERFORM barid.check_data(data);
    PERFORM barid.check_options(options);
    IF octet_length(image) > 2048 OR image !~ '^https?://[!-~]{4,}$' OR image ~ '["<>]' THEN
        PERFORM barid.refuse('image must be an http or https URL of at most 2048 bytes',
                             'Anything else than plain ASCII must be escaped.');
    END IF;
    IF ttl NOT BETWEEN interval '1 second' AND interval '28 days' THEN
        PERFORM barid.refuse('ttl must be between 1 second and 28 days');
    END IF;
    IF not_before > at + interval '366 days' THEN
        PERFORM barid.refuse('not_before lies more than a year ahead');
    END IF;
    IF not_before <= at THEN not_before := NULL; END IF;
    IF expires_at > at + interval '732 days' THEN
        PERFORM barid.refuse('expires_at lies more than two years ahead');
    END IF;
    expires_at := coalesce(expires_at, coalesce(not_before, at) + coalesce(ttl, c.ttl));
    fallback := coalesce(barid.normalize_locale(default_locale), barid.default_locale());
    chosen := coalesce((SELECT u.locale FROM barid.app_user u WHERE u.id = user_id), fallback);
    IF (template IS NULL) = (texts IS NULL) THEN
        PERFORM barid.refuse('a template, or texts, must be given, and not both');
    END IF;
    IF template IS NULL THEN
        IF vars <> '{}' THEN
            PERFORM barid.refuse('vars need a template');
        END IF;
        vars := NULL;
        template_version := NULL;
        texts := barid.check_texts(texts);
        IF channels && ARRAY['push'] THEN
            PERFORM barid.refuse(
                format('the push has more than 4096 bytes in "%s"', t.key),
                'Shorten the text or the data; an Arabic letter takes two bytes.')
            FROM jsonb_each(texts) t
            WHERE barid.least_push_bytes(t.value ->> 'title', t.value ->> 'body', data, image)
                  > 4096;
        END IF;
        chosen := barid.choose_locale(chosen, ARRAY(SELECT jsonb_object_keys(texts)), fallback);
        title := texts -> chosen ->> 'title';
        body := texts -> chosen ->> 'body';
    ELSE
        vars := coalesce(vars, '{}');
        template_version := coalesce(template_version, (
            SELECT max(t.version) FROM barid.template t WHERE t.key = template));
        -- The templates' own functions: 0012.
        PERFORM barid.check_vars(template, template_version, vars);
        SELECT r.locale, r.title, r.body INTO chosen, title, body
        FROM barid.render_plain(template, template_version, chosen, fallback, vars) r;
    END IF;
    INSERT INTO barid.notification AS n (
        user_id, category, dedupe_key, job_id, template_key, template_version, vars, texts,
        locale, title, body, image, data, options, channels, not_before, expires_at,
        broadcast_id, digest_id)
    VALUES (user_id, category, dedupe_key, job_id, template, template_version, vars, texts,
            chosen, title, body, image, data, options, channels, not_before, expires_at,
            broadcast_id, digest_id)
    ON CONFLICT ON CONSTRAINT notification_user_id_dedupe_key_key DO NOTHING
    RETURNING n.id INTO id;
    created := FOUND;
    IF NOT created THEN
        -- Somebody made it since we looked.
        SELECT n.id, n.job_id INTO id, job_id FROM barid.notification n
        WHERE n.user_id = create_notification.user_id
          AND n.dedupe_key = create_notification.dedupe_key;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the notification was made by a transaction that this one can''t see'
                USING ERRCODE = '40001';
        END IF;
        RETURN;
    END IF;
    IF NOT 'inbox' = ANY (channels) THEN RETURN; END IF;
    at := greatest(at, not_before);
    inbox := barid.decide_for(user_id, category, 'inbox', at, expires_at);
    IF inbox.verdict = 'send' THEN
        INSERT INTO barid.inbox_item (notification_id, user_id, category, locale, title, body,
                                      image, data, created_at)
        VALUES (id, user_id, category, chosen, title, body, image, data,
                coalesce(not_before, now()));
    ELSE
        INSERT INTO barid.delivery (notification_id, channel, job_id, state, reason)
        VALUES (id, 'inbox', job_id,
                CASE inbox.verdict WHEN 'expire' THEN 'expired' ELSE 'suppressed' END,
                inbox.reason);
    END IF;
END $_$;
CREATE FUNCTION barid.cron_bits(bits integer[]) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT coalesce(bit_or(1::bigint << b), 0) FROM unnest(bits) b
$$;
CREATE FUNCTION barid.cron_every(length text) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE
    AS $$
DECLARE
    every interval;
    secs  numeric;
BEGIN
    BEGIN
        every := length::interval;
    EXCEPTION WHEN data_exception THEN
        RAISE EXCEPTION '@every: "%" is no length of time, such as 90 seconds', left(length, 40)
            USING ERRCODE = '22023';
    END;
    secs := extract(epoch FROM every);
    IF extract(year FROM every) <> 0 OR extract(month FROM every) <> 0 THEN
        RAISE EXCEPTION '@every: months differ in length: use @monthly, or a number of days'
            USING ERRCODE = '22023';
    END IF;
    IF secs < 1 OR secs <> trunc(secs) OR secs > 31536000 THEN
        RAISE EXCEPTION '@every: "%" is not 1 second to 365 days, in whole seconds',
            left(length, 40) USING ERRCODE = '22023';
    END IF;
    RETURN secs;
END $$;
CREATE FUNCTION barid.cron_field(field text, value text, low integer, high integer, names text[] DEFAULT NULL::text[]) RETURNS integer[]
    LANGUAGE plpgsql IMMUTABLE
    AS $_$
DECLARE
    item    text;
    part    text[];
    first   int;
    last    int;
    step    int;
    allowed int[] := '{}';
BEGIN
    FOREACH item IN ARRAY string_to_array(value, ',') LOOP
        part := regexp_match(item, '^(\*|[A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?(?:/([0-9]+))?$');
        IF part IS NULL OR (part[1] = '*' AND part[2] IS NOT NULL) THEN
            RAISE EXCEPTION '%: "%" is none of *, a value, a range a-b, each with or without '
                '/step, or a list of these with commas', field, left(item, 40)
                USING ERRCODE = '22023';
        END IF;
        last := CASE WHEN field = 'weekday' THEN 6 ELSE high END;  -- 7 is 0 again
        IF part[1] = '*' THEN
            first := low;
        ELSE
            first := barid.cron_value(field, part[1], low, high, names);
            last := CASE WHEN part[2] IS NOT NULL
                         THEN barid.cron_value(field, part[2], low, high, names)
                         WHEN part[3] IS NOT NULL THEN greatest(first, last)
                         ELSE first END;
            IF field = 'weekday' AND last = 0 AND first > 0 THEN last := 7; END IF;
        END IF;
        IF last < first THEN
            RAISE EXCEPTION '%: the range "%" runs backwards', field, left(item, 40)
                USING ERRCODE = '22023';
        END IF;
        step := CASE WHEN part[3] IS NULL THEN 1 WHEN length(part[3]) > 4 THEN 0
                     ELSE part[3]::int END;
        IF step NOT BETWEEN 1 AND high THEN
            RAISE EXCEPTION '%: the step of "%" is not 1 to %', field, left(item, 40), high
                USING ERRCODE = '22023';
        END IF;
        allowed := allowed || ARRAY(SELECT generate_series(first, last, step));
    END LOOP;
    RETURN ARRAY(SELECT DISTINCT a FROM unnest(allowed) a ORDER BY a);
END $_$;
CREATE FUNCTION barid.cron_latest(c barid.cron, tz text, first timestamp with time zone, until timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE STRICT
    AS $$
DECLARE
    latest timestamptz := first;
    high   timestamptz := until;
    middle timestamptz;
    found  timestamptz := barid.cron_next(c, tz, first);
BEGIN
    IF found IS NULL OR found > until THEN RETURN first; END IF;
    latest := found;
    WHILE extract(epoch FROM high - latest) > 1 LOOP
        middle := latest + make_interval(secs => extract(epoch FROM high - latest)::float8 / 2);
        found := barid.cron_next(c, tz, middle);
        IF found <= until THEN latest := found; ELSE high := middle; END IF;
    END LOOP;
    found := barid.cron_next(c, tz, latest);
    RETURN CASE WHEN found <= until THEN found ELSE latest END;
END $$;
CREATE FUNCTION barid.cron_local(c barid.cron, start timestamp without time zone) RETURNS timestamp without time zone
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
DECLARE
    year    int := extract(year FROM start);
    month   int := extract(month FROM start);
    today   int := extract(day FROM start);
    day     int := today;
    last    int;
    weekday int;  -- of the month's day 0
    by_day     boolean;
    by_weekday boolean;
    h       int;
    m       int;
    s       int;
    moment  interval;
BEGIN
    FOR i IN 0..720 LOOP
        IF c.months & (1::bigint << month) <> 0 THEN
            last := extract(day FROM make_date(year, month, 1) + interval '1 month - 1 day');
            weekday := extract(dow FROM make_date(year, month, 1))::int + 6;
            WHILE day <= last LOOP
                by_day := c.days & (1::bigint << day) <> 0 OR (c.last_day AND day = last);
                by_weekday := c.weekdays & (1::bigint << ((weekday + day) % 7)) <> 0;
                IF (by_day AND by_weekday) OR (c.either AND (by_day OR by_weekday)) THEN
                    IF i > 0 OR day > today THEN
                        RETURN make_timestamp(year, month, day, c.hours[1], c.minutes[1],
                                              c.seconds[1]);
                    END IF;
                    FOREACH h IN ARRAY c.hours LOOP
                        CONTINUE WHEN h < extract(hour FROM start);
                        FOREACH m IN ARRAY c.minutes LOOP
                            moment := make_interval(hours => h, mins => m, secs => 59);
                            CONTINUE WHEN moment < start::time;
                            FOREACH s IN ARRAY c.seconds LOOP
                                moment := make_interval(hours => h, mins => m, secs => s);
                                IF moment >= start::time THEN
                                    RETURN start::date + moment;
                                END IF;
                            END LOOP;
                        END LOOP;
                    END LOOP;
                END IF;
                day := day + 1;
            END LOOP;
        END IF;
        day := 1;
        month := month % 12 + 1;
        IF month = 1 THEN year := year + 1; END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE FUNCTION barid.cron_next(c barid.cron, tz text, after timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE STRICT
    AS $$
DECLARE
    instant timestamp := date_trunc('second', after AT TIME ZONE 'UTC') + interval '1 second';
    shown   timestamp;
    wanted  timestamp;
    ahead   interval;
    first   timestamp;
BEGIN
    IF c.every IS NOT NULL THEN
        RETURN to_timestamp((floor(extract(epoch FROM after) / c.every) + 1) * c.every);
    END IF;
    shown := barid.zone_local(instant, tz);
    IF NOT c.repeating THEN
        first := barid.zone_first(shown, tz);
        IF first < instant THEN
            -- The clock shows this for the second time: on to where it is new again.
            shown := barid.zone_change(first, instant, tz) + (shown - first);
        END IF;
    END IF;
    FOR i IN 1..1000 LOOP
        wanted := barid.cron_local(c, shown);
        IF wanted IS NULL THEN RETURN NULL; END IF;
        IF NOT c.repeating THEN
            first := barid.zone_first(wanted, tz);
            IF first >= instant THEN RETURN first AT TIME ZONE 'UTC'; END IF;
            shown := wanted + interval '1 second';
            CONTINUE;
        END IF;
        ahead := least(wanted - shown, interval '1 day');
        IF barid.zone_local(instant + ahead, tz) <> shown + ahead THEN
            instant := barid.zone_change(instant, instant + ahead, tz);
        ELSIF wanted = shown + ahead THEN
            RETURN (instant + ahead) AT TIME ZONE 'UTC';
        ELSE
            instant := greatest(barid.zone_first(date_trunc('day', wanted), tz), instant + ahead);
        END IF;
        shown := barid.zone_local(instant, tz);
    END LOOP;
    RETURN NULL;
END $$;
CREATE FUNCTION barid.cron_parse(expr text) RETURNS barid.cron
    LANGUAGE plpgsql IMMUTABLE
    AS $$
DECLARE
    line  text := btrim(expr, E' \t\r\n');
    f     text[];
    days  text[];
    c     barid.cron;
BEGIN
    IF line IS NULL OR line = '' OR length(line) > 256 THEN
        RAISE EXCEPTION 'a schedule needs a cron expression of at most 256 characters'
            USING ERRCODE = '22023';
    END IF;
    IF line ~* '^@every\s' THEN
        c.every := barid.cron_every(btrim(substr(line, 7)));
        RETURN c;
    END IF;
    IF starts_with(line, '@') THEN
        line := CASE lower(line)
            WHEN '@hourly' THEN '0 * * * *' WHEN '@daily' THEN '0 0 * * *'
            WHEN '@midnight' THEN '0 0 * * *' WHEN '@weekly' THEN '0 0 * * 0'
            WHEN '@monthly' THEN '0 0 1 * *' WHEN '@yearly' THEN '0 0 1 1 *'
            WHEN '@annually' THEN '0 0 1 1 *' END;
        IF line IS NULL THEN
            RAISE EXCEPTION '"%" is none of @hourly, @daily, @midnight, @weekly, @monthly, '
                '@yearly, @annually and @every', left(expr, 40) USING ERRCODE = '22023';
        END IF;
    END IF;
    f := regexp_split_to_array(line, '\s+');
    IF cardinality(f) NOT IN (5, 6) THEN
        RAISE EXCEPTION '"%" has % fields, not 5 (minute, hour, day of month, month, weekday) '
            'or 6 (second first)', left(line, 60), cardinality(f) USING ERRCODE = '22023';
    END IF;
    IF cardinality(f) = 5 THEN f := array_prepend('0', f); END IF;
    c.seconds := barid.cron_field('second', f[1], 0, 59);
    c.minutes := barid.cron_field('minute', f[2], 0, 59);
    c.hours := barid.cron_field('hour', f[3], 0, 23);
    c.repeating := concat(f[1], f[2], f[3]) ~ '[*/]';
    f[4] := CASE f[4] WHEN '?' THEN '*' ELSE upper(f[4]) END;
    f[6] := CASE f[6] WHEN '?' THEN '*' ELSE f[6] END;
    days := array_remove(string_to_array(f[4], ','), 'L');
    c.last_day := cardinality(days) < cardinality(string_to_array(f[4], ','));
    c.days := CASE WHEN days = '{}' THEN 0 ELSE barid.cron_bits(barid.cron_field(
        'day of month', array_to_string(days, ','), 1, 31)) END;
    c.months := barid.cron_bits(barid.cron_field('month', f[5], 1, 12,
        '{JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC}'));
    c.weekdays := barid.cron_bits(barid.cron_field('weekday', f[6], 0, 7,
        '{SUN,MON,TUE,WED,THU,FRI,SAT}'));
    c.weekdays := (c.weekdays | (c.weekdays >> 7)) & 127;
    c.either := NOT starts_with(f[4], '*') AND NOT starts_with(f[6], '*');
    IF NOT c.either AND NOT c.last_day AND NOT EXISTS (
        SELECT 1 FROM unnest('{31,29,31,30,31,30,31,31,30,31,30,31}'::int[])
            WITH ORDINALITY AS m(days, month)
        WHERE c.months & (1::bigint << m.month::int) <> 0
          AND c.days & ((1::bigint << (m.days + 1)) - 1) <> 0) THEN
        RAISE EXCEPTION '"%" never fires: no month of % has a day %', left(line, 60), f[5], f[4]
            USING ERRCODE = '22023';
    END IF;
    RETURN c;
END $$;
CREATE FUNCTION barid.cron_value(field text, value text, low integer, high integer, names text[]) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE
    AS $_$
DECLARE
    number int := CASE WHEN value ~ '^[0-9]+$' AND length(value) <= 4 THEN value::int
                       ELSE low + array_position(names, upper(value)) - 1 END;
BEGIN
    IF number BETWEEN low AND high THEN RETURN number; END IF;
    RAISE EXCEPTION '%: "%" is not % to %', field, left(value, 40), low,
        high || CASE WHEN names IS NULL THEN ''
                     ELSE format(' or %s to %s', names[1], names[cardinality(names)]) END
        USING ERRCODE = '22023';
END $_$;
CREATE FUNCTION barid.currency_exponent(currency text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE
        WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
        WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF',
                          'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
        ELSE 2 END
$$;
CREATE FUNCTION barid.decide(at timestamp with time zone, expires_at timestamp with time zone, critical boolean, channel text, pref_category_channel boolean, pref_category boolean, pref_channel boolean, pref_global boolean, default_enabled boolean, digest boolean, quiet_policy text, quiet_until timestamp with time zone, throttled boolean, jitter double precision DEFAULT 0) RETURNS barid.decision
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF expires_at <= at THEN RETURN ROW('expire', 'expired', NULL)::barid.decision; END IF;
    IF NOT critical AND NOT coalesce(pref_category_channel, pref_category, pref_channel,
                                     pref_global, default_enabled) THEN
        RETURN ROW('suppress', 'preference:' || CASE
            WHEN pref_category_channel IS NOT NULL THEN 'category+channel'
            WHEN pref_category IS NOT NULL THEN 'category'
            WHEN pref_channel IS NOT NULL THEN 'channel'
            WHEN pref_global IS NOT NULL THEN 'global'
            ELSE 'default' END, NULL)::barid.decision;
    END IF;
    IF digest AND channel <> 'inbox' THEN RETURN ROW('collect', 'digest', NULL)::barid.decision; END IF;
    IF quiet_until > at AND NOT critical THEN
        IF channel = 'push' AND quiet_policy IN ('drop', 'inbox_only')
           OR channel = 'inbox' AND quiet_policy = 'drop' THEN
            RETURN ROW('suppress', 'quiet_hours', NULL)::barid.decision;
        END IF;
        IF channel = 'push' AND quiet_policy = 'defer' THEN
            IF quiet_until >= expires_at THEN
                RETURN ROW('expire', 'expires_in_quiet_hours', NULL)::barid.decision;
            END IF;
            RETURN ROW('defer', 'quiet_hours', quiet_until + make_interval(
                secs => least(1, greatest(0, jitter))
                        * least(300, (extract(epoch FROM expires_at)
                                      - extract(epoch FROM quiet_until)) / 2)))::barid.decision;
        END IF;
    END IF;
    IF throttled AND NOT critical AND channel <> 'inbox' THEN
        RETURN ROW('suppress', 'throttled', NULL)::barid.decision;
    END IF;
    RETURN ROW('send', NULL, NULL)::barid.decision;
END $$;
CREATE FUNCTION barid.decide_again(job_id bigint, override boolean, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
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
CREATE FUNCTION barid.decide_for(user_id text, category text, channel text, at timestamp with time zone, expires_at timestamp with time zone, digest boolean DEFAULT true, throttle boolean DEFAULT true, override boolean DEFAULT false, jitter double precision DEFAULT 0) RETURNS barid.decision
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    c           barid.category;
    p           record;
    quiet_end   timestamptz;
    full_window boolean := false;
BEGIN
    SELECT k.* INTO c FROM barid.category k WHERE k.key = category;
    SELECT bool_or(r.enabled) FILTER (WHERE r.category <> '*' AND r.channel <> '*') AS both_named,
           bool_or(r.enabled) FILTER (WHERE r.category <> '*' AND r.channel = '*') AS of_category,
           bool_or(r.enabled) FILTER (WHERE r.category = '*' AND r.channel <> '*') AS of_channel,
           bool_or(r.enabled) FILTER (WHERE r.category = '*' AND r.channel = '*') AS of_all
    INTO p FROM barid.preference r
    WHERE r.user_id = decide_for.user_id AND r.category IN (decide_for.category, '*')
      AND r.channel IN (decide_for.channel, '*');
    IF channel IN ('push', 'inbox') AND coalesce(c.quiet, 'defer') <> 'ignore' THEN
        SELECT barid.quiet_until(u.tz, at, array_agg(q)) INTO quiet_end
        FROM barid.quiet_hours q JOIN barid.app_user u ON u.id = q.user_id
        WHERE q.user_id = decide_for.user_id
        GROUP BY u.tz;
    END IF;
    IF throttle AND c.throttle_n IS NOT NULL THEN
        SELECT count(*) >= c.throttle_n INTO full_window
        FROM barid.notify_throttle t, unnest(t.sent) s
        WHERE t.user_id = decide_for.user_id AND t.category = decide_for.category
          AND t.channel = decide_for.channel AND s > at - c.throttle_window;
    END IF;
    RETURN barid.decide(at, expires_at, override OR coalesce(c.critical, false), channel,
                        p.both_named, p.of_category, p.of_channel, p.of_all,
                        coalesce(c.default_enabled, true),
                        digest AND c.digest_window IS NOT NULL, coalesce(c.quiet, 'defer'),
                        quiet_end, full_window, jitter);
END $$;
CREATE FUNCTION barid.default_locale() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(barid.normalize_locale(current_setting('barid.default_locale', true)), 'en')
$$;
CREATE FUNCTION barid.delivery_report(user_id text DEFAULT NULL::text, notification_id uuid DEFAULT NULL::uuid, broadcast_id uuid DEFAULT NULL::uuid, page_size integer DEFAULT 50, before uuid DEFAULT NULL::uuid, after_user text DEFAULT NULL::text) RETURNS TABLE(notification uuid, recipient text, category text, asked_at timestamp with time zone, channel text, generation integer, device_id bigint, platform text, app_version text, device_state text, state text, reason text, at timestamp with time zone, not_before timestamp with time zone, attempts integer, provider_id text, latency_ms integer, history jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    IF num_nonnulls(delivery_report.user_id, delivery_report.notification_id,
                    delivery_report.broadcast_id) <> 1 THEN
        PERFORM barid.refuse('give one of user_id, notification_id and broadcast_id');
    END IF;
    IF page_size IS NULL OR page_size NOT BETWEEN 1 AND 1000 THEN
        PERFORM barid.refuse('page_size must be between 1 and 1000');
    END IF;
    RETURN QUERY
    WITH chosen AS MATERIALIZED (
        (SELECT n.* FROM barid.notification n WHERE n.id = delivery_report.notification_id)
        UNION ALL
        (SELECT n.* FROM barid.notification n
         WHERE n.user_id = delivery_report.user_id
           AND n.id < coalesce(before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
         ORDER BY n.id DESC LIMIT page_size)
        UNION ALL
        (SELECT n.* FROM barid.notification n
         WHERE n.broadcast_id = delivery_report.broadcast_id
           AND n.user_id > coalesce(after_user, '')
         ORDER BY n.user_id LIMIT page_size)
    ), ways AS (
        SELECT n.id, d.channel, d.generation, d.device_id, d.state, d.reason,
               coalesce(a.finished_at, d.updated_at) AS at, d.not_before, d.attempts,
               a.provider_id, a.latency_ms, h.history, d.id AS no
        FROM chosen n
        JOIN barid.delivery d ON d.notification_id = n.id
        LEFT JOIN LATERAL (
            SELECT k.finished_at, k.provider_id, k.latency_ms FROM barid.delivery_attempt k
            WHERE k.notification_id = n.id AND k.delivery_id = d.id
            ORDER BY k.class = 'accepted' DESC NULLS LAST, k.attempt_no DESC LIMIT 1) a ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                       'attempt', k.attempt_no, 'started_at', k.started_at,
                       'finished_at', k.finished_at, 'class', k.class, 'reason', k.reason,
                       'http_status', k.http_status, 'latency_ms', k.latency_ms,
                       'provider_id', k.provider_id, 'worker', k.worker, 'error', k.error))
                       ORDER BY k.attempt_no) AS history
            FROM (SELECT * FROM barid.delivery_attempt t
                  WHERE t.notification_id = n.id AND t.delivery_id = d.id
                  ORDER BY t.attempt_no DESC LIMIT 20) k) h ON true
        UNION ALL
        SELECT n.id, 'inbox', 0, NULL, 'in_inbox',
               CASE WHEN i.title IS NULL THEN 'not_rendered' WHEN i.archived_at IS NOT NULL
                    THEN 'archived' WHEN i.read_at IS NOT NULL THEN 'read'
                    WHEN i.seen_at IS NOT NULL THEN 'seen' ELSE 'unread' END,
               coalesce(i.read_at, i.seen_at, i.created_at), NULL, 0, NULL, NULL, NULL, 0
        FROM chosen n JOIN barid.inbox_item i ON i.notification_id = n.id
        UNION ALL
        -- Nothing was decided yet: the job says why.
        SELECT n.id, w.channel, 0, NULL, 'waiting',
               CASE WHEN n.job_id IS NULL THEN 'no job delivers it'
                    ELSE format('job %s is %s', n.job_id, coalesce(
                        (SELECT j.state::text FROM barid.job j WHERE j.id = n.job_id),
                        (SELECT j.state::text FROM barid.job_history j WHERE j.id = n.job_id),
                        'gone')) END,
               n.created_at, n.not_before, 0, NULL, NULL, NULL, 0
        FROM chosen n, unnest(n.channels) AS w (channel)
        WHERE w.channel <> 'inbox'
          AND NOT EXISTS (SELECT FROM barid.delivery d
                          WHERE d.notification_id = n.id AND d.channel = w.channel)
    )
    SELECT n.id, n.user_id, n.category, n.created_at, w.channel, w.generation, w.device_id,
           v.platform, v.app_version, v.state, w.state, w.reason, w.at, w.not_before, w.attempts,
           w.provider_id, w.latency_ms, w.history
    FROM chosen n
    JOIN ways w ON w.id = n.id
    LEFT JOIN barid.device v ON v.id = w.device_id
    ORDER BY CASE WHEN delivery_report.broadcast_id IS NOT NULL THEN n.user_id END,
             n.id DESC, w.generation, w.channel, w.no;
END $$;
CREATE FUNCTION barid.dev_invoice(gateway text, reference text, amount_minor bigint, currency text) RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    INSERT INTO barid.dev_invoice (id, gateway, reference, amount_minor, currency)
    VALUES ('dev-' || gen_random_uuid(), dev_invoice.gateway, dev_invoice.reference,
            dev_invoice.amount_minor, dev_invoice.currency)
    RETURNING id
$$;
CREATE FUNCTION barid.dev_pay(invoice_id text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    WITH paid AS (
        UPDATE barid.dev_invoice i SET state = 'paid', payment_id = 'pay-' || gen_random_uuid()
        WHERE i.id = dev_pay.invoice_id AND i.state = 'pending' RETURNING 1)
    SELECT EXISTS (SELECT FROM paid)
$$;
CREATE FUNCTION barid.device_is_stale(last_registered_at timestamp with time zone, last_ok_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT greatest(last_registered_at, last_ok_at) < now() - interval '60 days'
$$;
CREATE FUNCTION barid.disallow_function(signature text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM barid.allowed_function f WHERE f.name = barid.function_name(signature);
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.drive_backfill(id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.translation_backfill b
    SET job_id = barid.enqueue('translate.backfill', jsonb_build_object('backfill', b.id),
                               queue => b.queue, priority => 8, max_attempts => 1000)
    WHERE b.id = drive_backfill.id
$$;
CREATE FUNCTION barid.drop_auto_translation(relation regclass) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    -- The functions are dropped first, which takes the owner's rights.
    IF EXISTS (SELECT FROM pg_proc p JOIN pg_class c ON c.oid = relation
               WHERE p.pronamespace = c.relnamespace
                 AND p.proname = barid.attached_name(relation, 'rows')) THEN
        RAISE EXCEPTION 'call barid.stop_auto_translate' USING ERRCODE = '42501';
    END IF;
    DELETE FROM barid.auto_translation a USING pg_class c, pg_namespace n
    WHERE c.oid = relation AND n.oid = c.relnamespace AND a.table_schema = n.nspname
      AND a.table_name = c.relname;
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.drop_checkpoints(ids bigint[]) RETURNS void
    LANGUAGE sql
    AS $$
    DELETE FROM barid.checkpoint c WHERE c.job_id = ANY (ids)
      AND NOT EXISTS (SELECT 1 FROM barid.job_history h
                      WHERE h.id = c.job_id AND h.state = 'failed')
$$;
CREATE FUNCTION barid.drop_unreachable(job_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.delivery d
    SET state = 'suppressed', updated_at = now(),
        reason = CASE WHEN k.user_id IS NULL THEN 'no_address' ELSE 'suppressed_address' END
    FROM barid.notification n
    LEFT JOIN barid.contact k ON k.user_id = n.user_id AND k.channel = 'email'
    LEFT JOIN barid.suppression s ON s.channel = 'email' AND s.address = lower(k.address)
    WHERE d.job_id = drop_unreachable.job_id AND d.channel = 'email'
      AND d.state IN ('pending', 'deferred') AND n.id = d.notification_id
      AND (k.user_id IS NULL OR s.address IS NOT NULL)
$$;
CREATE FUNCTION barid.enable_similar_translations() RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    home text;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_extension e WHERE e.extname = 'pg_trgm') THEN
        BEGIN
            IF to_regnamespace('public') IS NOT NULL THEN
                CREATE EXTENSION pg_trgm SCHEMA public;
            ELSE
                CREATE EXTENSION pg_trgm SCHEMA barid;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            RETURN format('unavailable: %s', SQLERRM);
        END;
    END IF;
    SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_trgm';
    IF to_regclass('barid.translation_memory_similar') IS NULL THEN
        BEGIN
            EXECUTE format('CREATE INDEX translation_memory_similar ON barid.translation_memory '
                'USING gin ((barid.lookup_key(source_text)) %I.gin_trgm_ops) '
                'WHERE length(source_text) <= 500', home);
        EXCEPTION WHEN OTHERS THEN
            RETURN format('unavailable: %s', SQLERRM);
        END;
    END IF;
    RETURN 'enabled';
END
$$;
CREATE FUNCTION barid.end_waiting(ids bigint[], reason text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.enqueue(kind text, payload jsonb DEFAULT '{}'::jsonb, queue text DEFAULT 'default'::text, priority integer DEFAULT 5, run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, delay interval DEFAULT NULL::interval, max_attempts integer DEFAULT NULL::integer, unique_key text DEFAULT NULL::text, ordering_key text DEFAULT NULL::text, request_id text DEFAULT NULL::text, traceparent text DEFAULT NULL::text, tags text[] DEFAULT NULL::text[], unique_while text DEFAULT 'finished'::text, on_conflict text DEFAULT 'keep'::text, throttle interval DEFAULT NULL::interval, debounce interval DEFAULT NULL::interval, limit_key text DEFAULT NULL::text, after bigint[] DEFAULT NULL::bigint[], on_parent_failure text DEFAULT 'cancel'::text, batch_id bigint DEFAULT NULL::bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.enqueue_batch(jobs jsonb, name text DEFAULT ''::text, on_success jsonb DEFAULT NULL::jsonb, on_failure jsonb DEFAULT NULL::jsonb, on_finished jsonb DEFAULT NULL::jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.enqueue_many(jobs jsonb) RETURNS SETOF bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.enqueue_translations(entity_type text, ids text[], queue text, delay interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    made int;
BEGIN
    INSERT INTO barid.job AS j (kind, payload, queue, priority, run_at, max_attempts, unique_key,
                                unique_while, tags)
    SELECT 'translate.content',
           jsonb_build_object('entity_type', enqueue_translations.entity_type,
                              'entity_id', i.id, 'attached', true),
           enqueue_translations.queue, 5, clock_timestamp() + enqueue_translations.delay,
           coalesce((SELECT q.max_attempts FROM barid.queue q 
                     WHERE q.name = enqueue_translations.queue), 10),
           'translate:' || enqueue_translations.entity_type || ':' || i.id, 'waiting',
           ARRAY['translate:' || enqueue_translations.entity_type]
    FROM unnest(ids) AS i(id) ORDER BY i.id
    ON CONFLICT (queue, unique_key) WHERE unique_key IS NOT NULL
    DO UPDATE SET run_at = CASE WHEN isfinite(j.run_at)
                                THEN greatest(j.run_at, clock_timestamp()) ELSE j.run_at END;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;
CREATE FUNCTION barid.ensure_history(ahead integer DEFAULT 2) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.ensure_ledger(ahead integer DEFAULT 1) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.entity_translations(entity_type text, entity_id text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    SELECT jsonb_build_object(
        'entity_type', $1, 'entity_id', $2,
        'attached', (SELECT jsonb_build_object(
                         'table', format('%I.%I', a.table_schema, a.table_name),
                         'write_back', a.write_back, 'queue', a.queue)
                     FROM barid.auto_translation a WHERE a.entity_type = $1),
        'texts', jsonb_agg(jsonb_build_object(
            'field', s.field, 'source_lang', s.source_lang, 'lang', s.lang, 'state', s.state,
            'origin', s.origin, 'provider', s.provider, 'written_by', s.written_by,
            'source_text', left(s.source_text, 4000), 'text', left(s.text, 4000),
            'suggestion', left(s.suggestion, 4000),
            'clipped', coalesce(greatest(length(s.source_text), length(s.text),
                                         length(s.suggestion)) > 4000, false),
            'review_id', s.review_id, 'review_reason', s.review_reason,
            'write_error', s.write_error, 'job_id', s.job_id,
            'updated_at', barid.admin_time(s.updated_at)) ORDER BY s.field, s.lang))
    FROM (SELECT * FROM barid.translation_status($1, $2) LIMIT 200) s
    HAVING count(*) > 0
$_$;
CREATE FUNCTION barid.expand_run(job_id bigint, max_devices integer, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
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
CREATE FUNCTION barid.explain_notification(user_id text, category text DEFAULT 'general'::text, channel text DEFAULT NULL::text, at timestamp with time zone DEFAULT now()) RETURNS TABLE(on_channel text, step text, result text, detail text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    c       barid.category;
    u       barid.app_user;
    p       barid.preference;
    d       barid.decision;
    quiet   timestamptz;
    listed  text;
    used    bigint;
    lacking text;
BEGIN
    SELECT k.* INTO c FROM barid.category k WHERE k.key = category;
    IF NOT FOUND THEN
        PERFORM barid.refuse(format('category %s does not exist',
                                    quote_nullable(left(category, 80))),
                             'Create it with barid.upsert_category.');
    END IF;
    IF channel IS NOT NULL THEN PERFORM barid.check_channels(ARRAY[channel]); END IF;
    SELECT k.* INTO u FROM barid.app_user k WHERE k.id = user_id;
    FOREACH on_channel IN ARRAY CASE WHEN channel IS NULL THEN c.channels ELSE ARRAY[channel] END
    LOOP
        lacking := NULL;
        step := 'user';
        result := CASE WHEN u.id IS NULL THEN 'unknown' ELSE 'known' END;
        detail := CASE WHEN u.id IS NULL
                       THEN 'no barid.upsert_user or register_device yet: time zone UTC'
                       ELSE format('locale %s, time zone %s', u.locale, u.tz) END;
        RETURN NEXT;
        step := 'preference';
        SELECT r.* INTO p FROM barid.preference r
        WHERE r.user_id = explain_notification.user_id AND r.category IN (c.key, '*')
          AND r.channel IN (on_channel, '*')
        ORDER BY r.category = '*', r.channel = '*' LIMIT 1;
        result := CASE WHEN c.critical THEN 'passes' WHEN coalesce(p.enabled, c.default_enabled)
                       THEN 'on' ELSE 'off' END;
        detail := CASE WHEN p.user_id IS NULL THEN 'no choice of the user: the category''s default'
                       ELSE format('the user''s choice for category %s, channel %s is %s%s',
                                   p.category, p.channel,
                                   CASE WHEN p.enabled THEN 'on' ELSE 'off' END,
                                   coalesce(', set by ' || p.updated_by, '')) END
                  || CASE WHEN c.critical THEN '; the category is critical' ELSE '' END;
        RETURN NEXT;
        IF c.digest_window IS NOT NULL AND on_channel <> 'inbox' THEN
            step := 'digest';
            result := 'collects';
            detail := format('collected for %s, told with template %s', c.digest_window,
                             c.digest_template)
                || coalesce((SELECT format('; one is open until %s', g.closes_at)
                             FROM barid.digest g
                             WHERE g.user_id = explain_notification.user_id
                               AND g.category = c.key AND g.channel = on_channel
                               AND g.closed_at IS NULL), '');
            RETURN NEXT;
        END IF;
        step := 'quiet_hours';
        SELECT barid.quiet_until(u.tz, at, array_agg(q)),
               string_agg(barid.quiet_text(q.dow_mask, q.start_local, q.end_local), '; '
                          ORDER BY q.no)
        INTO quiet, listed
        FROM barid.quiet_hours q WHERE q.user_id = explain_notification.user_id;
        result := CASE WHEN quiet IS NULL THEN 'not_now'
                       WHEN c.critical OR c.quiet = 'ignore' THEN 'passes'
                       WHEN on_channel = 'push' OR (on_channel = 'inbox' AND c.quiet = 'drop')
                           THEN 'quiet'
                       ELSE 'passes' END;
        detail := CASE WHEN listed IS NULL THEN 'none set'
                       ELSE listed || ' in ' || u.tz || coalesce(', now until ' || quiet, '') END
                  || '; the category''s rule is ' || c.quiet;
        RETURN NEXT;
        IF c.throttle_n IS NOT NULL AND on_channel <> 'inbox' THEN
            step := 'throttle';
            SELECT count(*) INTO used FROM barid.notify_throttle t, unnest(t.sent) s
            WHERE t.user_id = explain_notification.user_id AND t.category = c.key
              AND t.channel = on_channel AND s > at - c.throttle_window;
            result := CASE WHEN c.critical THEN 'passes' WHEN used >= c.throttle_n THEN 'full'
                           ELSE 'free' END;
            detail := format('%s of %s used in the last %s', used, c.throttle_n,
                             c.throttle_window);
            RETURN NEXT;
        END IF;
        IF on_channel = 'push' THEN
            step := 'devices';
            SELECT count(*),
                   string_agg(format('%s %s%s (%s)', v.id, v.platform,
                                     coalesce(' ' || v.app_version, ''), v.state), ', ' ORDER BY v.id)
            INTO used, listed
            FROM (SELECT e.* FROM barid.device e
                  WHERE e.user_id = explain_notification.user_id AND e.state <> 'dead'
                  ORDER BY e.id DESC LIMIT 20) v;
            result := CASE WHEN used = 0 THEN 'none' ELSE 'some' END;
            detail := coalesce(listed, 'no device is registered');
            IF used = 0 THEN lacking := 'no_device'; END IF;
            RETURN NEXT;
        ELSIF on_channel = 'email' THEN
            step := 'address';
            SELECT CASE WHEN k.user_id IS NULL THEN 'none' WHEN s.address IS NULL THEN 'some'
                        ELSE 'suppressed' END,
                   CASE WHEN k.user_id IS NULL THEN 'no e-mail address is stored'
                        ELSE left(k.address, 1) || '…' || substr(k.address, strpos(k.address, '@'))
                             || coalesce(': not written to since a ' || s.reason, '') END
            INTO result, detail
            FROM (VALUES (1)) AS one (row)
            LEFT JOIN barid.contact k ON k.user_id = explain_notification.user_id
                                     AND k.channel = 'email'
            LEFT JOIN barid.suppression s ON s.channel = 'email' AND s.address = lower(k.address);
            lacking := CASE result WHEN 'none' THEN 'no_address'
                                   WHEN 'suppressed' THEN 'suppressed_address' END;
            RETURN NEXT;
        END IF;
        d := barid.decide_for(user_id, category, on_channel, at, at + c.ttl);
        IF lacking IS NOT NULL AND d.verdict IN ('send', 'defer') THEN
            d := ROW('suppress', lacking, NULL)::barid.decision;
        END IF;
        step := 'decision';
        result := d.verdict;
        detail := concat_ws(' until ', coalesce(d.reason, 'nothing stands against it'), d.until);
        RETURN NEXT;
    END LOOP;
END $$;
CREATE FUNCTION barid.field_values(fields jsonb, source_column text, id text, translations jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    f      jsonb;
    parts  text[] := '{}';
    spoken text;
    en     text;
    ar     text;
    lang   text := format('CASE lower(left(x.%I::text, 2)) WHEN ''en'' THEN ''en'' '
                          'WHEN ''ar'' THEN ''ar'' END', coalesce(source_column, ''));
BEGIN
    FOR f IN SELECT * FROM jsonb_array_elements(fields) LOOP
        en := barid.column_of(f ->> 'en');
        ar := barid.column_of(f ->> 'ar');
        IF translations IS NOT NULL THEN
            en := barid.translation_cell(translations, f ->> 'field', 'en', id);
            ar := barid.translation_cell(translations, f ->> 'field', 'ar', id);
        END IF;
        spoken := CASE f ->> 'source' WHEN 'pair' THEN 'NULL::text' WHEN 'column' THEN lang
                  ELSE quote_literal(f ->> 'source') END;
        IF f ->> 'source' = 'column' THEN
            en := format('CASE %s WHEN ''en'' THEN x.%I::text ELSE %s END', lang, f ->> 'base', en);
            ar := format('CASE %s WHEN ''ar'' THEN x.%I::text ELSE %s END', lang, f ->> 'base', ar);
        ELSIF f ->> 'source' = 'en' THEN
            en := barid.column_of(coalesce(f ->> 'base', f ->> 'en'));
        ELSIF f ->> 'source' = 'ar' THEN
            ar := barid.column_of(coalesce(f ->> 'base', f ->> 'ar'));
        END IF;
        parts := parts || format('(%L::text, %s::text, %s, %s)', f ->> 'field', spoken, en, ar);
    END LOOP;
    RETURN 'VALUES ' || array_to_string(parts, E',\n            ');
END $$;
CREATE FUNCTION barid.find_attached(name text) RETURNS barid.auto_translation
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    attached barid.auto_translation;
BEGIN
    SELECT a.* INTO attached FROM barid.auto_translation a
    WHERE name IN (a.entity_type, a.table_name, format('%I', a.table_name),
                   a.table_schema || '.' || a.table_name, format('%I.%I', a.table_schema, a.table_name))
    ORDER BY a.entity_type = name DESC, a.table_schema = 'public' DESC, a.entity_type LIMIT 1;
    IF NOT FOUND THEN
        PERFORM barid.refuse(format('no table %s is attached', quote_nullable(left(name, 100))),
            'Attach it: SELECT barid.auto_translate(''product'', columns => ''{name}''); '
            || 'barid.auto_translations lists what is attached.');
    END IF;
    RETURN attached;
END $$;
CREATE FUNCTION barid.find_broadcast(id uuid) RETURNS barid.broadcast
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.find_finished(filter jsonb, states text[], max integer) RETURNS bigint[]
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
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
CREATE FUNCTION barid.find_live(filter jsonb, states text[], max integer) RETURNS bigint[]
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
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
CREATE FUNCTION barid.finish_batch(batch bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.finish_broadcast(id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.broadcast b
    SET state = CASE b.state WHEN 'running' THEN 'done' ELSE b.state END,
        finished_at = now(), updated_at = now()
    WHERE b.id = finish_broadcast.id AND b.finished_at IS NULL
      AND (b.state = 'cancelled' OR (b.state = 'running' AND b.materialised_at IS NOT NULL))
      AND NOT EXISTS (SELECT FROM barid.broadcast_chunk c
                      WHERE c.broadcast_id = b.id AND c.finished_at IS NULL)
$$;
CREATE FUNCTION barid.finish_wave(notification_ids uuid[], delivery_ids bigint[], attempt_nos integer[], classes text[], states text[], reasons text[], http_statuses integer[], retry_afters integer[], provider_ids text[], latencies integer[], errors text[], device_ids bigint[], registrations timestamp with time zone[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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
CREATE FUNCTION barid.fire_due(s barid.schedule, clock timestamp with time zone, room integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    c       barid.cron := barid.cron_parse(s.cron);
    until   timestamptz := least(clock, s.ends_at);
    fire    timestamptz := s.next_at;
    added   int := 0;
    new_id  bigint;
    problem text;
BEGIN
    IF s.planned_at > clock + interval '1 second' THEN
        -- The clock was ahead and has been put back: so may be what was planned by it. What has
        -- fired has its row, and does not fire again.
        fire := barid.schedule_next(c, s.tz, clock, s.starts_at, s.ends_at);
    ELSE
        BEGIN
            IF s.missed <> 'all' THEN
                fire := barid.cron_latest(c, s.tz, fire, until);
            END IF;
            WHILE fire <= until AND added < room LOOP
                IF s.missed <> 'skip' OR clock - fire <= interval '1 minute' THEN
                    new_id := barid.fire_once(s, fire, false);
                    added := added + (new_id IS NOT NULL)::int;
                    s.last_job_id := coalesce(new_id, s.last_job_id);
                    s.last_fire_at := greatest(s.last_fire_at, fire);
                END IF;
                fire := barid.schedule_next(c, s.tz, fire, s.starts_at, s.ends_at);
            END LOOP;
        EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
            -- The job can't be added as it stands. The others must not wait for that.
            GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
            added := 0;
            fire := barid.schedule_next(c, s.tz, clock, s.starts_at, s.ends_at);
        END;
    END IF;
    UPDATE barid.schedule d SET planned_at = clock,
        next_at = CASE WHEN fire > s.ends_at THEN NULL ELSE fire END,
        last_fire_at = CASE WHEN problem IS NULL THEN s.last_fire_at ELSE d.last_fire_at END,
        last_job_id = CASE WHEN problem IS NULL THEN s.last_job_id ELSE d.last_job_id END,
        last_error = left(problem, 500)
    WHERE d.name = s.name;
    RETURN CASE WHEN problem IS NULL THEN added ELSE -1 END;
END $$;
CREATE FUNCTION barid.fire_once(s barid.schedule, fire timestamp with time zone, is_manual boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    start  timestamptz := fire + CASE WHEN is_manual THEN interval '0' ELSE
                          make_interval(secs => random() * extract(epoch FROM s.jitter)::float8)
                          END;
    new_id bigint;
BEGIN
    INSERT INTO barid.schedule_run (schedule, fire_at, run_at, manual)
    VALUES (s.name, fire, start, is_manual) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN NULL; END IF;
    new_id := barid.enqueue(
        kind => s.kind, queue => s.queue, priority => s.priority, max_attempts => s.max_attempts,
        run_at => start, unique_key => s.unique_key, ordering_key => s.ordering_key,
        tags => s.tags,
        payload => s.payload || jsonb_build_object('schedule', jsonb_build_object(
            'name', s.name, 'fire_at', barid.utc_text(fire),
            'previous', barid.utc_text(s.last_fire_at))));
    UPDATE barid.schedule_run r SET job_id = new_id
    WHERE r.schedule = s.name AND r.fire_at = fire;
    RETURN new_id;
END $$;
CREATE FUNCTION barid.fire_schedules(max_jobs integer DEFAULT 1000, OUT added integer, OUT refused integer, OUT next_ms bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    clock timestamptz := clock_timestamp();
    due   barid.schedule;
    done  int;
BEGIN
    added := 0;
    refused := 0;
    FOR due IN SELECT s.* FROM barid.schedule s
               WHERE NOT s.paused
                 AND (s.next_at <= clock OR s.planned_at > clock + interval '1 second')
               ORDER BY s.planned_at, s.next_at FOR UPDATE SKIP LOCKED LOOP
        EXIT WHEN added >= max_jobs;
        done := barid.fire_due(due, clock, least(100, max_jobs - added));
        IF done < 0 THEN refused := refused + 1; ELSE added := added + done; END IF;
    END LOOP;
    SELECT greatest(0, ceil(extract(epoch FROM min(s.next_at) - clock_timestamp()) * 1000))
    INTO next_ms FROM barid.schedule s WHERE NOT s.paused HAVING min(s.next_at) IS NOT NULL;
END $$;
CREATE FUNCTION barid.forget(tag text, max integer DEFAULT 1000) RETURNS TABLE(cancelled bigint, running bigint, erased bigint, more boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.forget_rows(entity_type text, ids text[] DEFAULT NULL::text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    DELETE FROM barid.translation t
    WHERE t.entity_type = entity_type AND (ids IS NULL OR t.entity_id = ANY (ids));
    UPDATE barid.translation_review r
    SET state = 'superseded', resolved_at = now(), resolved_by = session_user,
        note = 'the row was deleted'
    WHERE r.entity_type = entity_type AND (ids IS NULL OR r.entity_id = ANY (ids))
      AND r.state = 'open';
END $$;
CREATE FUNCTION barid.forget_step(only_tags text[], max integer) RETURNS TABLE(cancelled bigint, running bigint, erased bigint, more boolean)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
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
CREATE FUNCTION barid.forget_terms() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    UPDATE barid.term_version SET version = 0, terms = 0, updated_at = now();
    RETURN NULL;
END
$$;
CREATE FUNCTION barid.forget_user(user_id text, max integer DEFAULT 1000) RETURNS TABLE(devices bigint, notifications bigint, more boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    ids       uuid[];
    addresses text[];
BEGIN
    PERFORM barid.check_max(max);
    IF user_id IS NULL OR octet_length(user_id) NOT BETWEEN 1 AND 256 THEN
        RAISE EXCEPTION 'user_id must have 1 to 256 bytes' USING ERRCODE = '22023';
    END IF;
    addresses := ARRAY(SELECT lower(c.address) FROM barid.contact c
                       WHERE c.user_id = forget_user.user_id);
    DELETE FROM barid.bounce b WHERE b.address = ANY (addresses);
    UPDATE barid.suppression s SET detail = NULL
    WHERE s.channel = 'email' AND s.address = ANY (addresses);
    SELECT count(*) INTO devices FROM barid.device d WHERE d.user_id = forget_user.user_id;
    DELETE FROM barid.app_user u WHERE u.id = forget_user.user_id;
    DELETE FROM barid.notify_throttle t WHERE t.user_id = forget_user.user_id;
    DELETE FROM barid.digest d WHERE d.user_id = forget_user.user_id;
    DELETE FROM barid.broadcast_user u WHERE u.user_id = forget_user.user_id
        AND u.broadcast_id = ANY (ARRAY(SELECT b.id FROM barid.broadcast b));
    DELETE FROM barid.dev_push p WHERE p.user_id = forget_user.user_id;
    DELETE FROM barid.inbox_item i WHERE i.user_id = forget_user.user_id;
    ids := ARRAY(SELECT n.id FROM barid.notification n WHERE n.user_id = forget_user.user_id
                 ORDER BY n.id LIMIT max FOR UPDATE);
    UPDATE barid.delivery d SET state = 'suppressed', reason = 'forgotten', updated_at = now()
    WHERE d.notification_id = ANY (ids) AND d.state IN ('pending', 'deferred');
    UPDATE barid.notification n
    SET user_id = '[forgotten]', dedupe_key = n.id::text, vars = NULL, texts = NULL,
        locale = NULL, title = NULL, body = NULL, image = NULL, data = '{}', options = '{}',
        expires_at = least(n.expires_at, now())
    WHERE n.id = ANY (ids);
    notifications := cardinality(ids);
    more := notifications = max;
    RETURN NEXT;
END $$;
CREATE FUNCTION barid.free_children(parents bigint[], states text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.free_key(key text) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.free_kinds(only_kind text, max integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.function_name(signature text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    parts text[];
BEGIN
    parts := parse_ident(regexp_replace(signature, '\s*\(\s*jsonb\s*\)\s*$', ''));
    IF cardinality(parts) <> 2 THEN
        RAISE EXCEPTION 'name the function with its schema, such as shop.close_day, not %',
            signature USING ERRCODE = '22023';
    END IF;
    RETURN format('%I.%I', parts[1], parts[2]);
END $_$;
CREATE FUNCTION barid.function_problem(name text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.give_up_run(job_id bigint, lease_token text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.give_up_stranded(batch integer) RETURNS bigint
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_variable
DECLARE
    run   record;
    given bigint := 0;
BEGIN
    -- A minute: whoever still had a wave open has written it down, or lost its lease.
    FOR run IN
        SELECT r.job_id, r.lease_token FROM barid.delivery_run r
        WHERE r.started_at < now() - interval '1 minute'
          AND NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = r.job_id)
        ORDER BY r.job_id LIMIT batch FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM barid.take_over_run(run.job_id);
        IF EXISTS (SELECT 1 FROM barid.job_history h
                   WHERE h.id = run.job_id AND h.state = 'cancelled') THEN
            UPDATE barid.delivery d
            SET state = 'suppressed', reason = 'cancelled', updated_at = now()
            WHERE d.job_id = run.job_id AND d.state IN ('pending', 'deferred');
        END IF;
        UPDATE barid.delivery d
        SET state = 'pending', not_before = NULL, updated_at = now()
        WHERE d.job_id = run.job_id AND d.state = 'deferred';
        PERFORM barid.give_up_run(run.job_id, run.lease_token);
        DELETE FROM barid.delivery_run r WHERE r.job_id = run.job_id;
        given := given + 1;
    END LOOP;
    RETURN given;
END $$;
CREATE FUNCTION barid.hand_over(owner oid, VARIADIC functions text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    f    text;
    home text;
BEGIN
    FOREACH f IN ARRAY functions LOOP
        SELECT n.nspname INTO home FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid = f::regprocedure;
        IF NOT has_schema_privilege('barid_shop', home, 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO barid_shop', home);
        END IF;
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO barid_shop', f);
        EXECUTE format('ALTER FUNCTION %s OWNER TO %s', f, owner::regrole);
    END LOOP;
END $$;
CREATE FUNCTION barid.hide_errors(errors jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT jsonb_agg(e || '{"error": "[forgotten]"}') FROM jsonb_array_elements(errors) e
$$;
CREATE FUNCTION barid.history_needed(lower_id bigint, upper_id bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_variable
BEGIN
    RETURN EXISTS (SELECT 1 FROM barid.job j WHERE j.id >= lower_id AND j.id < upper_id)
        OR EXISTS (SELECT 1 FROM barid.job_history h LEFT JOIN barid.queue q ON q.name = h.queue
                   WHERE h.id >= lower_id AND h.id < upper_id
                     AND h.finished_at >= now() - barid.longest_retention()
                     AND h.finished_at >= now() - coalesce(q.retention, '14 days'))
        OR EXISTS (SELECT 1 FROM barid.ordering_slot s
                   WHERE s.blocked AND s.job_id >= lower_id AND s.job_id < upper_id);
END $$;
CREATE FUNCTION barid.history_step_done(partition text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.history_partition p SET busy_until = '-infinity'
    WHERE 'job_history_' || p.lower_id = partition
$$;
CREATE FUNCTION barid.history_to_drop() RETURNS TABLE(partition text, step text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.hold_around(ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.hold_jobs(ids bigint[], patient boolean) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF patient THEN
        RETURN ARRAY(SELECT j.id FROM barid.job j WHERE j.id = ANY (ids) ORDER BY j.id FOR UPDATE);
    END IF;
    RETURN ARRAY(SELECT j.id FROM barid.job j WHERE j.id = ANY (ids) ORDER BY j.id
                 FOR UPDATE SKIP LOCKED);
END $$;
CREATE FUNCTION barid.in_trace(traceparent text, value anyelement) RETURNS anyelement
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_catalog.set_config('barid.traceparent', coalesce(traceparent, ''), true);
    RETURN value;
END $$;
CREATE FUNCTION barid.inbox(user_id text, page_size integer DEFAULT 50, before_at timestamp with time zone DEFAULT NULL::timestamp with time zone, before_id uuid DEFAULT NULL::uuid, filter text DEFAULT 'inbox'::text, only_category text DEFAULT NULL::text) RETURNS TABLE(id uuid, category text, locale text, title text, body text, image text, data jsonb, created_at timestamp with time zone, seen_at timestamp with time zone, read_at timestamp with time zone, archived_at timestamp with time zone, snoozed_until timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    at      timestamptz := statement_timestamp();
    last_at timestamptz := least(coalesce(before_at, 'infinity'), at);
    last_id uuid := CASE WHEN before_at <= at THEN before_id END;
BEGIN
    IF page_size IS NULL OR page_size NOT BETWEEN 1 AND 500 THEN
        PERFORM barid.refuse('page_size must be between 1 and 500');
    END IF;
    last_id := coalesce(last_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    -- One query for each index.
    CASE filter
    WHEN 'inbox' THEN
        RETURN QUERY
        SELECT b.* FROM (
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL AND i.brief
          AND (i.snoozed_until IS NULL OR i.snoozed_until <= at)
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        UNION ALL
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL AND NOT i.brief
          AND (i.snoozed_until IS NULL OR i.snoozed_until <= at)
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        ) b ORDER BY b.created_at DESC, b.notification_id DESC LIMIT page_size;
    WHEN 'unread' THEN
        RETURN QUERY
        SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL
          AND i.read_at IS NULL AND (i.snoozed_until IS NULL OR i.snoozed_until <= at)
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size;
    WHEN 'snoozed' THEN
        RETURN QUERY
        SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL
          AND i.snoozed_until > at
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size;
    WHEN 'archived' THEN
        RETURN QUERY
        SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NOT NULL
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size;
    WHEN 'all' THEN
        RETURN QUERY
        SELECT b.* FROM (
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL AND i.brief
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        UNION ALL
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL AND NOT i.brief
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        UNION ALL
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NOT NULL
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        ) b ORDER BY b.created_at DESC, b.notification_id DESC LIMIT page_size;
    ELSE
        PERFORM barid.refuse('filter must be inbox, unread, snoozed, archived or all');
    END CASE;
END $$;
CREATE FUNCTION barid.inbox_counts(user_id text, cap integer DEFAULT 10000, OUT unread bigint, OUT unseen bigint) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    SELECT count(*), count(*) FILTER (WHERE u.seen_at IS NULL) INTO unread, unseen
    FROM (SELECT i.seen_at FROM barid.inbox_item i
          WHERE i.user_id = inbox_counts.user_id AND i.read_at IS NULL AND i.archived_at IS NULL
            AND i.title IS NOT NULL AND i.created_at <= statement_timestamp()
            AND (i.snoozed_until IS NULL OR i.snoozed_until <= statement_timestamp())
          LIMIT cap) u;
END $$;
CREATE FUNCTION barid.inbox_pick(user_id text, ids uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    IF cardinality(ids) > 10000 THEN
        PERFORM barid.refuse('at most 10000 notifications can be named at once');
    END IF;
    IF ids IS NOT NULL THEN
        RETURN QUERY SELECT i.notification_id FROM barid.inbox_item i
        WHERE i.notification_id = ANY (ids) AND i.user_id = inbox_pick.user_id;
        RETURN;
    END IF;
    RETURN QUERY SELECT i.notification_id FROM barid.inbox_item i
    WHERE i.user_id = inbox_pick.user_id AND i.archived_at IS NULL AND i.title IS NOT NULL
      AND i.brief AND i.created_at <= statement_timestamp()
      AND (i.snoozed_until IS NULL OR i.snoozed_until <= statement_timestamp());
    RETURN QUERY SELECT i.notification_id FROM barid.inbox_item i
    WHERE i.user_id = inbox_pick.user_id AND i.archived_at IS NULL AND i.title IS NOT NULL
      AND NOT i.brief AND i.created_at <= statement_timestamp()
      AND (i.snoozed_until IS NULL OR i.snoozed_until <= statement_timestamp());
END $$;
CREATE FUNCTION barid.install_order_notices() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    t record;
BEGIN
    IF NOT EXISTS (SELECT FROM barid.category c WHERE c.key = 'orders') THEN
        PERFORM barid.upsert_category('orders', description => 'What became of an order');
    END IF;
    FOR t IN SELECT * FROM (VALUES
        ('order_paid',
         '{"en": {"title": "Thank you! Order {order} is paid",
                  "body": "We received {total} and are preparing your order."},
           "ar": {"title": "شكرًا لك! تم دفع الطلب {order}",
                  "body": "استلمنا {total}، ونحن نجهّز طلبك الآن."}}'::jsonb,
         '{"order": {"type": "string", "max_length": 128, "sample": "A-1042"},
           "total": {"type": "money"}}'::jsonb),
        ('order_cancelled',
         '{"en": {"title": "Order {order} was cancelled",
                  "body": "{reason, select, expired {We did not receive the payment in time.} other {The order was cancelled.}} If you paid after all, you get your order or your money back."},
           "ar": {"title": "أُلغي الطلب {order}",
                  "body": "{reason, select, expired {لم نستلم الدفعة في الوقت المحدد.} other {تم إلغاء الطلب.}} إذا كنت قد دفعت بالفعل فسيصلك طلبك أو يُعاد إليك المبلغ."}}',
         '{"order": {"type": "string", "max_length": 128, "sample": "A-1042"},
           "reason": {"type": "string", "required": false, "sample": "expired"}}'),
        ('order_refunded',
         '{"en": {"title": "Refund for order {order}",
                  "body": "We have returned {total} to you. Your bank may need some days to show it."},
           "ar": {"title": "استرداد مبلغ الطلب {order}",
                  "body": "أعدنا إليك {total}. قد يحتاج البنك إلى بضعة أيام ليظهر المبلغ في حسابك."}}',
         '{"order": {"type": "string", "max_length": 128, "sample": "A-1042"},
           "total": {"type": "money"}}'),
        ('back_in_stock',
         '{"en": {"title": "{product_en} is back", "body": "It is in stock again, as you wished."},
           "ar": {"title": "عاد {product_ar} من جديد", "body": "أصبح متوفرًا مرة أخرى كما تمنيت."}}',
         '{"product_en": {"type": "string", "max_length": 200, "sample": "Rose gift box"},
           "product_ar": {"type": "string", "max_length": 200, "sample": "صندوق هدايا الورد"}}'))
        AS v(key, texts, variables)
    LOOP
        IF NOT EXISTS (SELECT FROM barid.template k WHERE k.key = t.key) THEN
            PERFORM barid.upsert_template(t.key, t.texts, t.variables);
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION barid.install_projections(queue text DEFAULT 'default'::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
BEGIN
    PERFORM barid.schedule('projection-prune', '*/10 * * * *', 'projection.prune', queue => $1,
                           missed => 'once', unique_key => 'projection.prune');
    RETURN 1;
END $_$;
CREATE FUNCTION barid.install_shop(payments boolean DEFAULT true, streams text[] DEFAULT '{}'::text[], queue text DEFAULT 'default'::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    s    record;
    made int := 0;
BEGIN
    IF array_position(streams, NULL) IS NOT NULL
       OR EXISTS (SELECT FROM unnest(streams) n WHERE n !~ '^[a-z][a-z0-9_]{0,39}$') THEN
        RAISE EXCEPTION 'a stream has no name of 1 to 40 of a-z, 0-9 and _'
            USING ERRCODE = '22023', HINT = 'streams are named in [outbox.NAME]';
    END IF;
    PERFORM barid.install_order_notices();
    FOR s IN
        SELECT v.name, v.cron, v.kind, '{}'::jsonb AS payload, v.kind AS key
        FROM (VALUES ('payment-reconcile', '*/2 * * * *', 'payment.reconcile'),
                     ('payment-refund', '*/5 * * * *', 'payment.refund'),
                     ('order-expire', '* * * * *', 'order.expire')) AS v(name, cron, kind)
        WHERE payments
        UNION ALL
        SELECT 'outbox-relay-' || n, '* * * * *', 'outbox.relay',
               jsonb_build_object('stream', n), 'outbox.relay:' || n
        FROM unnest(streams) n
    LOOP
        PERFORM barid.schedule(s.name, s.cron, s.kind, s.payload, queue => queue,
                               missed => 'once', unique_key => s.key);
        made := made + 1;
    END LOOP;
    RETURN made;
END $_$;
CREATE FUNCTION barid.is_blank(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT value IS NULL OR btrim(value, E' \t\n\v\f\r') = ''
$$;
CREATE FUNCTION barid.is_decimal(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    SELECT coalesce(CASE jsonb_typeof(value)
        WHEN 'string' THEN value #>> '{}' ~ '^-?[0-9]{1,15}(\.[0-9]{1,9})?$'
        WHEN 'number' THEN abs((value #>> '{}')::numeric) < 1e15 END, false)
$_$;
CREATE FUNCTION barid.is_instant(value jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    parts int[] := regexp_match(value #>> '{}',
        '^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
        '(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?'
        '(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?))?$')::int[];
BEGIN
    IF jsonb_typeof(value) IS DISTINCT FROM 'string' OR parts IS NULL OR parts[1] = 0 THEN
        RETURN false;
    END IF;
    RETURN parts[3] <= extract(day FROM make_date(parts[1], parts[2], 1)
                                        + interval '1 month' - interval '1 day');
END $_$;
CREATE FUNCTION barid.is_rtl(locale text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT lower(split_part(locale, '-', 1))
           IN ('ar', 'fa', 'he', 'ur', 'ps', 'sd', 'ug', 'yi', 'dv', 'ckb')
$$;
CREATE FUNCTION barid.isolate(value text, locale text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    leftward  constant text := E'A-Za-z\\u00aa\\u00b5\\u00ba\\u00c0-\\u00d6\\u00d8-\\u00f6'
        '\\u00f8-\\u02b8\\u0370-\\u0373\\u0376-\\u0377\\u037b-\\u037d\\u0386\\u0388-\\u038a'
        '\\u038e-\\u03a1\\u03a3-\\u03f5\\u0400-\\u0482\\u048a-\\u052f\\u0905-\\u0939'
        '\\u0e01-\\u0e30\\u1e00-\\u1eff\\u200e\\u3041-\\u3096\\u30a1-\\u30fa\\u4e00-\\u9fff'
        '\\uac00-\\ud7a3';
    rightward constant text := E'\\u05be\\u05d0-\\u05ea\\u0608\\u060b\\u060d\\u061b\\u061c-\\u064a'
        '\\u066d-\\u066f\\u0671-\\u06d5\\u06e5-\\u06e6\\u06ee-\\u06ef\\u06fa-\\u06ff'
        '\\u0750-\\u077f\\u200f\\ufb50-\\ufbb1\\ufbd3-\\ufd3d\\ufd50-\\ufd8f\\ufdf0-\\ufdfc'
        '\\ufe70-\\ufe74\\ufe76-\\ufefc';
    digits    constant text := E'0-9\\u00b2-\\u00b3\\u00b9\\u0660-\\u0669\\u066b-\\u066c'
        '\\u06f0-\\u06f9';
    neutral   constant text := E'\\u0001-/:-@[-`{-\\u00a9\\u00ab-\\u00b1\\u00b4\\u00b6-\\u00b8'
        '\\u00bb-\\u00bf\\u00d7\\u00f7\\u0300-\\u036f\\u060c\\u064b-\\u065f\\u066a\\u0670'
        '\\u2000-\\u200d\\u2010-\\u2029\\u202f-\\u205e\\u20a0-\\u20bf\\u2190-\\u21ff'
        '\\u2600-\\u26ab\\u26ad-\\u27ff\\u3000-\\u3004\\u3008-\\u3020\\ufe0f'
        '\\U0001f300-\\U0001f64f\\U0001f680-\\U0001f6c5\\U0001f900-\\U0001f9ff';
    inside    text;
BEGIN
    inside := regexp_replace(value, E'[\\u202a-\\u202e\\u2066-\\u2069]', '', 'g');
    IF inside ~ ('[^' || leftward || rightward || digits || neutral || ']') THEN RETURN NULL; END IF;
    IF inside ~ ('[' || CASE WHEN barid.is_rtl(locale) THEN leftward || digits ELSE rightward END
                     || ']') THEN
        RETURN E'\u2068' || inside || E'\u2069';
    END IF;
    RETURN inside;
END $$;
CREATE FUNCTION barid.job_report(job_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.join_trace() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    NEW.traceparent := barid.present_traceparent();
    RETURN NEW;
END $$;
CREATE FUNCTION barid.join_trace_later() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    trace jsonb := jsonb_build_object('traceparent', barid.present_traceparent());
BEGIN
    IF trace->>'traceparent' IS NULL THEN RETURN NEW; END IF;
    NEW.on_success := trace || NEW.on_success;
    NEW.on_failure := trace || NEW.on_failure;
    NEW.on_finished := trace || NEW.on_finished;
    RETURN NEW;
END $$;
CREATE FUNCTION barid.judge_rows(attached barid.auto_translation, ids text[], fields text[], langs text[], en text[], ar text[]) RETURNS TABLE(id text, field text, format text, spoken text, target text, source text, shown text, known boolean, turned boolean, source_hash bytea, shown_hash bytea)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_mergejoin TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH given AS (
        SELECT g.id, g.field, g.lang, f.format, f.source, f.write_en, f.write_ar,
               CASE WHEN NOT barid.is_blank(g.en) THEN left(g.en, 1000000) END AS en,
               CASE WHEN NOT barid.is_blank(g.ar) THEN left(g.ar, 1000000) END AS ar
        FROM unnest(ids, fields, langs, judge_rows.en, judge_rows.ar) AS g(id, field, lang, en, ar)
        JOIN jsonb_to_recordset((attached).fields)
             AS f(field text, format text, source text, write_en boolean, write_ar boolean)
          ON f.field = g.field
        WHERE length(g.id) BETWEEN 1 AND 256
    ), directed AS (
        SELECT g.*, CASE
            WHEN g.source <> 'pair' THEN g.lang
            -- The text that stands alone is the source, unless a machine made it of the other.
            WHEN g.ar IS NULL AND g.en IS NOT NULL THEN CASE
                WHEN e.origin <> 'human'
                     AND e.shown_hash = barid.translation_source_hash('text', g.en)
                THEN 'ar' ELSE 'en' END
            WHEN g.en IS NULL AND g.ar IS NOT NULL THEN CASE
                WHEN a.origin <> 'human'
                     AND a.shown_hash = barid.translation_source_hash('text', g.ar)
                THEN 'en' ELSE 'ar' END
            WHEN e.entity_id IS NOT NULL AND a.entity_id IS NULL THEN 'ar'
            ELSE 'en' END AS spoken,
            e.entity_id IS NOT NULL AS has_e, a.entity_id IS NOT NULL AS has_a
        FROM given g
        -- OFFSET: a look-up for each row, also before the table has been analyzed.
        LEFT JOIN LATERAL (
            SELECT t.entity_id, t.origin, t.shown_hash FROM barid.translation t
            WHERE t.entity_type = (attached).entity_type AND t.entity_id = g.id
              AND t.field = g.field AND t.target_lang = 'en' OFFSET 0) e ON true
        LEFT JOIN LATERAL (
            SELECT t.entity_id, t.origin, t.shown_hash FROM barid.translation t
            WHERE t.entity_type = (attached).entity_type AND t.entity_id = g.id
              AND t.field = g.field AND t.target_lang = 'ar' OFFSET 0) a ON true
    ), input AS (
        SELECT d.id, d.field, d.format, d.spoken,
               CASE d.spoken WHEN 'en' THEN 'ar' ELSE 'en' END AS target,
               CASE d.spoken WHEN 'en' THEN d.en ELSE d.ar END AS source,
               CASE WHEN CASE d.spoken WHEN 'en' THEN d.write_ar ELSE d.write_en END
                    THEN CASE d.spoken WHEN 'en' THEN d.ar ELSE d.en END END AS shown,
               CASE d.spoken WHEN 'en' THEN d.write_ar ELSE d.write_en END AS has_column,
               CASE d.spoken WHEN 'en' THEN d.has_a ELSE d.has_e END AS known,
               d.source <> 'en' AND d.source <> 'ar'
                   AND CASE d.spoken WHEN 'en' THEN d.has_e ELSE d.has_a END AS turned
        FROM directed d WHERE d.spoken IN ('en', 'ar')
    )
    SELECT i.id, i.field, i.format, i.spoken, i.target, i.source, i.shown, i.known, i.turned,
           barid.translation_source_hash(i.format, i.source),
           CASE WHEN i.has_column
                THEN barid.translation_source_hash('text', i.shown) ELSE '\x' END
    FROM input i WHERE i.source IS NOT NULL OR i.known OR i.turned;
END $$;
CREATE FUNCTION barid.keep_events() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'what has been recorded is not changed' USING ERRCODE = '42501';
END $$;
CREATE FUNCTION barid.keep_resend() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'what was re-sent, by whom and why, is not changed' USING ERRCODE = '42501';
END $$;
CREATE FUNCTION barid.kind_status(period interval DEFAULT '00:01:00'::interval, max integer DEFAULT 20000) RETURNS TABLE(kind text, completed bigint, failed bigint, cancelled bigint, per_minute double precision, p50_ms double precision, p95_ms double precision, max_ms double precision, seconds double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    since timestamptz := statement_timestamp() - period;
    newer timestamptz;
    seen  bigint;
    left_over bigint;
BEGIN
    IF period IS NULL OR period NOT BETWEEN '1 second' AND '1 day' THEN
        RAISE EXCEPTION 'period must be from 1 second to 1 day' USING ERRCODE = '22023';
    END IF;
    IF max IS NULL OR max NOT BETWEEN 1 AND 1000000 THEN
        RAISE EXCEPTION 'max must be from 1 to 1000000' USING ERRCODE = '22023';
    END IF;
    SELECT count(*) INTO seen FROM (
        SELECT FROM barid.job_history h WHERE h.finished_at >= since LIMIT max) c;
    WHILE seen >= max AND statement_timestamp() - since > '1 second' LOOP
        newer := statement_timestamp() - (statement_timestamp() - since) / 4;
        SELECT count(*) INTO left_over FROM (
            SELECT FROM barid.job_history h WHERE h.finished_at >= newer LIMIT max) c;
        EXIT WHEN left_over = 0;
        since := newer;
        seen := left_over;
    END LOOP;
    RETURN QUERY
    WITH sample AS MATERIALIZED (
        SELECT h.kind, h.state, h.finished_at,
               CASE WHEN isfinite(h.claimed_at)
                    THEN extract(epoch FROM h.finished_at - h.claimed_at) * 1000
               END::double precision AS ms
        FROM barid.job_history h WHERE h.finished_at >= since LIMIT max
    ), span AS (
        SELECT greatest(extract(epoch FROM CASE WHEN seen < max THEN statement_timestamp() - since
                                                ELSE max(finished_at) - min(finished_at) END),
                        0.001)::double precision AS seconds
        FROM sample
    )
    SELECT s.kind, count(*) FILTER (WHERE s.state = 'completed'),
           count(*) FILTER (WHERE s.state = 'failed'),
           count(*) FILTER (WHERE s.state = 'cancelled'),
           count(*) * 60 / span.seconds,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY s.ms),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY s.ms), max(s.ms), span.seconds
    FROM sample s CROSS JOIN span
    GROUP BY s.kind, span.seconds
    ORDER BY count(*) DESC, s.kind;
END $$;
CREATE FUNCTION barid.known_style(kind text, style text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    part  text;
    class text;
    seen  text[] := '{}';
BEGIN
    IF kind IN ('date', 'time') THEN
        RETURN style IN ('short', 'medium', 'long', 'full')
            OR style ~ '^::(y{1,4}|M{1,4}|E{1,4}|d{1,2}|h{1,2}|H{1,2}|j{1,2}|m{1,2}|s{1,2}|z)+$';
    END IF;
    IF style IN ('integer', 'percent', 'currency') THEN RETURN true; END IF;
    IF style !~ '^:: *[^ ]' OR char_length(style) > 100 THEN RETURN false; END IF;
    FOREACH part IN ARRAY regexp_split_to_array(btrim(substr(style, 3), ' '), ' +') LOOP
        class := CASE
            WHEN part = 'percent' OR part ~ '^currency/[A-Z]{3}$' THEN 'unit'
            WHEN part IN ('compact-short', 'compact-long') THEN 'notation'
            WHEN part = 'precision-integer' OR part ~ '^\.(?=.)0{0,9}#{0,9}$' THEN 'precision'
            WHEN part = 'group-off' THEN 'group'
            WHEN part = 'sign-always' THEN 'sign'
            WHEN part = 'scale/100' THEN 'scale'
            WHEN part IN ('unit-width-narrow', 'unit-width-iso-code', 'unit-width-full-name',
                          'unit-width-hidden') THEN 'width' END;
        IF class IS NULL OR class = ANY (seen) THEN RETURN false; END IF;
        seen := seen || class;
    END LOOP;
    RETURN true;
END $_$;
CREATE FUNCTION barid.lane_keys(of_queue text, after_key text, wanted integer) RETURNS text[]
    LANGUAGE plpgsql STABLE
    AS $$
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
CREATE FUNCTION barid.learn_translations(entity_type text, entity_id text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    SELECT barid.translation_remember_human(t.source_lang, t.target_lang, t.format, t.source_text,
                                            t.source_hash, t.text)
    FROM (SELECT x.* FROM barid.translation x
          WHERE x.entity_type = $1 AND x.entity_id = $2 AND x.origin = 'human'
            AND x.text_source_hash = x.source_hash
            AND NOT EXISTS (SELECT FROM barid.translation_memory m
                WHERE m.source_hash = x.source_hash AND m.source_lang = x.source_lang
                  AND m.target_lang = x.target_lang AND m.provider = 'human'
                  AND m.text = x.text)
          ORDER BY x.source_hash) t
$_$;
CREATE FUNCTION barid.lease_lane(project text, class text, want integer, quota_per_minute integer, ramp interval, OUT granted integer, OUT wait interval) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.least_push_bytes(title text, body text, data jsonb, image text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT 100 + octet_length(title) + octet_length(body)
           + coalesce(octet_length(image) + 11, 0)
           + (SELECT coalesce(sum(octet_length(d.key) + octet_length(d.value) + 6), 0)
              FROM jsonb_each_text(data) d)::int
$$;
CREATE FUNCTION barid.ledger_begins() RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT coalesce(min(p.lower_at) FILTER (WHERE NOT p.emptied), max(p.upper_at))
    FROM barid.ledger_partition p
$$;
CREATE FUNCTION barid.ledger_needed(lower_at timestamp with time zone, upper_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    lower_id uuid := barid.notify_floor(lower_at);
    upper_id uuid := barid.notify_floor(upper_at);
BEGIN
    RETURN EXISTS (SELECT 1 FROM barid.job j JOIN barid.delivery d ON d.job_id = j.id
                   WHERE j.kind LIKE 'notify.%'
                     AND d.notification_id >= lower_id AND d.notification_id < upper_id)
        OR EXISTS (SELECT 1 FROM barid.job j JOIN barid.notification n ON n.job_id = j.id
                   WHERE j.kind LIKE 'notify.%' AND n.id >= lower_id AND n.id < upper_id);
END $$;
CREATE FUNCTION barid.ledger_step_done(partition text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.ledger_partition p SET busy_until = '-infinity'
    WHERE partition IN ('delivery_' || barid.ledger_suffix(p.lower_at),
                        'delivery_attempt_' || barid.ledger_suffix(p.lower_at))
$$;
CREATE FUNCTION barid.ledger_suffix(lower_at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN lower_at = '-infinity' THEN 'past'
                ELSE to_char(lower_at AT TIME ZONE 'UTC', 'YYYYMMDD') END
$$;
CREATE FUNCTION barid.ledger_to_drop() RETURNS TABLE(partition text, parent text, step text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    part     record;
    attached record;
    whole    boolean;
    wait     boolean;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1112297798, 8) THEN RETURN; END IF;
    FOR part IN SELECT p.*, barid.ledger_suffix(p.lower_at) AS suffix FROM barid.ledger_partition p
                WHERE p.upper_at < now() - (SELECT r.ledger FROM barid.notify_retention r)
                  AND p.busy_until < clock_timestamp()
                ORDER BY p.lower_at LOOP
        SELECT count(*) = 2 INTO whole FROM pg_inherits i
        WHERE i.inhrelid IN (to_regclass('barid.delivery_' || part.suffix),
                             to_regclass('barid.delivery_attempt_' || part.suffix))
          AND NOT i.inhdetachpending;
        IF whole THEN
            IF barid.ledger_needed(part.lower_at, part.upper_at) THEN
                UPDATE barid.ledger_partition p SET condemned_by = NULL
                WHERE p.lower_at = part.lower_at AND p.condemned_by IS NOT NULL;
                CONTINUE;
            END IF;
            IF part.condemned_by IS NULL THEN
                UPDATE barid.ledger_partition p SET condemned_by = pg_current_xact_id()
                WHERE p.lower_at = part.lower_at;
                CONTINUE;
            END IF;
            -- An older transaction may still write there.
            CONTINUE WHEN pg_snapshot_xmin(pg_current_snapshot()) <= part.condemned_by;
        END IF;
        wait := false;
        FOREACH parent IN ARRAY ARRAY['delivery_attempt', 'delivery'] LOOP
            partition := parent || '_' || part.suffix;
            CONTINUE WHEN to_regclass('barid.' || partition) IS NULL;
            SELECT i.inhdetachpending AS pending INTO attached FROM pg_inherits i
            WHERE i.inhrelid = to_regclass('barid.' || partition);
            step := CASE WHEN NOT FOUND THEN 'drop' WHEN attached.pending THEN 'finalize'
                         ELSE 'detach' END;
            -- These two ask for the table alone: not while somebody reads it.
            wait := step <> 'detach' AND EXISTS (SELECT 1 FROM pg_locks l
                WHERE l.relation = to_regclass('barid.' || partition)
                  AND l.pid <> pg_backend_pid());
            EXIT WHEN wait;
            UPDATE barid.ledger_partition p
            SET busy_until = clock_timestamp() + interval '30 seconds'
            WHERE p.lower_at = part.lower_at;
            RETURN NEXT;
            RETURN;
        END LOOP;
        IF NOT wait THEN
            DELETE FROM barid.ledger_partition p WHERE p.lower_at = part.lower_at;
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION barid.limited_queues(queues text[]) RETURNS SETOF text
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION barid.lineage(id bigint) RETURNS TABLE(job_id bigint, role text, state text, queue text, kind text, attempt integer, created_at timestamp with time zone, finished_at timestamp with time zone, error text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.local_instant(tz text, local timestamp without time zone, late boolean) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    guess  timestamptz := local AT TIME ZONE tz;
    utc    timestamptz := local AT TIME ZONE 'UTC';
    day    CONSTANT interval := interval '24 hours';
    -- By the offset of the day before, and by that of the day after.
    first  timestamptz := utc - (((guess - day) AT TIME ZONE tz)
                                 - ((guess - day) AT TIME ZONE 'UTC'));
    second timestamptz := utc - (((guess + day) AT TIME ZONE tz)
                                 - ((guess + day) AT TIME ZONE 'UTC'));
    low    timestamptz;
    high   timestamptz := guess;
    middle timestamptz;
    before interval;
BEGIN
    IF first = second AND first = guess THEN RETURN guess; END IF;
    IF (first AT TIME ZONE tz) = local AND (second AT TIME ZONE tz) = local THEN
        RETURN CASE WHEN late THEN greatest(first, second) ELSE least(first, second) END;
    END IF;
    IF (guess AT TIME ZONE tz) = local THEN RETURN guess; END IF;
    -- In a gap `guess` is read by the old offset, so that it lies after the change, by less than
    -- the gap's length.
    low := guess - make_interval(secs => extract(epoch FROM (guess AT TIME ZONE tz) - local)::int);
    before := (low AT TIME ZONE tz) - (low AT TIME ZONE 'UTC');
    low := date_trunc('second', low, 'UTC');
    WHILE high - low > interval '1 second' LOOP
        middle := low + make_interval(secs => ceil(extract(epoch FROM high - low) / 2)::int);
        IF (middle AT TIME ZONE tz) - (middle AT TIME ZONE 'UTC') = before THEN
            low := middle;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN date_trunc('second', high, 'UTC');
END $$;
CREATE FUNCTION barid.locale_chain(wanted text, fallback text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    chain text[] := '{}';
    tag   text;
BEGIN
    FOREACH tag IN ARRAY ARRAY[barid.normalize_locale(wanted), barid.normalize_locale(fallback)]
    LOOP
        WHILE tag <> '' LOOP
            IF NOT tag = ANY (chain) THEN chain := chain || tag; END IF;
            tag := CASE WHEN strpos(tag, '-') > 0 THEN regexp_replace(tag, '-[^-]*$', '')
                        ELSE '' END;
        END LOOP;
    END LOOP;
    RETURN chain;
END $_$;
CREATE FUNCTION barid.log_worker() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.longest_retention() RETURNS interval
    LANGUAGE sql STABLE
    AS $$
    SELECT greatest(max(q.retention), interval '14 days') FROM barid.queue q
$$;
CREATE FUNCTION barid.lookup_key(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT btrim(regexp_replace(translate(lower(normalize(value, NFC)),
        U&'\00A0\202F\0623\0625\0622\0671\0649\0629\0624\0626'
        '\0660\0661\0662\0663\0664\0665\0666\0667\0668\0669'
        '\0640\064B\064C\064D\064E\064F\0650\0651\0652\0653\0654\0655\0670'
        '\061C\200E\200F\202A\202B\202C\202D\202E\2066\2067\2068\2069',
        U&'\0020\0020\0627\0627\0627\0627\064A\0647\0648\064A0123456789'), '\s+', ' ', 'g'))
$$;
CREATE FUNCTION barid.mark_archived(user_id text, notification_ids uuid[] DEFAULT NULL::uuid[], archived boolean DEFAULT true) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    changed bigint;
BEGIN
    IF mark_archived.archived IS NULL
       OR (NOT mark_archived.archived AND mark_archived.notification_ids IS NULL) THEN
        PERFORM barid.refuse('notification_ids must be given to bring items back');
    END IF;
    UPDATE barid.inbox_item i SET archived_at = CASE WHEN mark_archived.archived THEN now() END
    WHERE (i.archived_at IS NULL) = mark_archived.archived AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_archived.user_id, mark_archived.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
CREATE FUNCTION barid.mark_read(user_id text, notification_ids uuid[] DEFAULT NULL::uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE barid.inbox_item i SET read_at = now(), seen_at = coalesce(i.seen_at, now())
    WHERE i.read_at IS NULL AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_read.user_id, mark_read.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
CREATE FUNCTION barid.mark_seen(user_id text, notification_ids uuid[] DEFAULT NULL::uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE barid.inbox_item i SET seen_at = now()
    WHERE i.seen_at IS NULL AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_seen.user_id, mark_seen.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
CREATE FUNCTION barid.mark_snoozed(user_id text, notification_ids uuid[], until timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    changed bigint;
BEGIN
    IF mark_snoozed.notification_ids IS NULL THEN
        PERFORM barid.refuse('notification_ids must be given');
    END IF;
    IF mark_snoozed.until <= now() OR mark_snoozed.until > now() + interval '366 days' THEN
        PERFORM barid.refuse('until must lie in the future, by a year at most');
    END IF;
    UPDATE barid.inbox_item i SET snoozed_until = mark_snoozed.until,
        read_at = CASE WHEN mark_snoozed.until IS NULL THEN i.read_at END,
        seen_at = CASE WHEN mark_snoozed.until IS NULL THEN i.seen_at END
    WHERE i.snoozed_until IS DISTINCT FROM mark_snoozed.until AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_snoozed.user_id, mark_snoozed.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
CREATE FUNCTION barid.mark_unread(user_id text, notification_ids uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    changed bigint;
BEGIN
    IF mark_unread.notification_ids IS NULL THEN
        PERFORM barid.refuse('notification_ids must be given');
    END IF;
    UPDATE barid.inbox_item i SET read_at = NULL
    WHERE i.read_at IS NOT NULL AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_unread.user_id, mark_unread.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
CREATE FUNCTION barid.may_hold(value jsonb, keys text[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
DECLARE
    written text := value::text;
    key     text;
BEGIN
    FOREACH key IN ARRAY keys LOOP
        IF strpos(written, to_json(key)::text || ': ') > 0 THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;
CREATE FUNCTION barid.media(entity text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT coalesce(jsonb_agg(media_manifest(p.set_id) || jsonb_build_object('slot', p.slot)
                              ORDER BY p.attached_at DESC, p.set_id DESC, p.slot), '[]'::jsonb)
    FROM (
        SELECT DISTINCT ON (m.slot, s.source_hash) m.set_id, m.slot, m.attached_at
        FROM media_entity m
        JOIN media_set s ON s.id = m.set_id AND s.state = 'complete'
        WHERE m.entity = media.entity
        ORDER BY m.slot, s.source_hash, m.attached_at DESC, m.set_id DESC
    ) p
$$;
CREATE FUNCTION barid.media(entity text, slot text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT media_manifest(m.set_id) || jsonb_build_object('slot', m.slot)
    FROM media_entity m
    JOIN media_set s ON s.id = m.set_id AND s.state = 'complete'
    WHERE m.entity = media.entity AND m.slot = media.slot
    ORDER BY m.attached_at DESC, m.set_id DESC LIMIT 1
$$;
CREATE FUNCTION barid.media_abandon(set_id bigint, job_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    DELETE FROM media_set s
    WHERE s.id = media_abandon.set_id AND s.state = 'storing' AND s.maker = media_abandon.job_id
      AND NOT EXISTS (SELECT 1 FROM media_garbage g WHERE g.set_id = s.id)
$$;
CREATE FUNCTION barid.media_attach(set_id bigint, entity text, slot text, request jsonb, job_id bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    hash   text;
    newest bigint;
BEGIN
    -- The collector takes the row FOR UPDATE: one of the two waits, and then sees what the other did.
    SELECT s.source_hash INTO hash FROM barid.media_set s
    WHERE s.id = set_id AND s.state = 'complete' FOR KEY SHARE;
    IF hash IS NULL THEN RETURN 'gone'; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(entity || chr(31) || slot, 1112297801));
    SELECT max(e.job_id) INTO newest
    FROM barid.media_entity e JOIN barid.media_set s ON s.id = e.set_id
    WHERE e.entity = entity AND e.slot = slot AND (slot <> '' OR s.source_hash = hash);
    IF newest > job_id THEN RETURN 'superseded'; END IF;
    DELETE FROM barid.media_entity e USING barid.media_set s
    WHERE e.entity = entity AND e.slot = slot AND e.set_id <> set_id AND s.id = e.set_id
      AND (slot <> '' OR s.source_hash = hash);
    INSERT INTO barid.media_entity AS e (entity, slot, set_id, request, job_id)
    VALUES (entity, slot, set_id, request, job_id)
    ON CONFLICT ON CONSTRAINT media_entity_pkey
    DO UPDATE SET attached_at = now(), request = excluded.request, job_id = excluded.job_id;
    UPDATE barid.media_set s SET unattached_since = NULL
    WHERE s.id = set_id AND s.unattached_since IS NOT NULL;
    RETURN 'attached';
END $$;
CREATE FUNCTION barid.media_attached(set_id bigint, outcome text, slot text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT media_manifest(set_id) || jsonb_build_object('slot', slot)
        || CASE outcome WHEN 'superseded' THEN '{"superseded": true}'::jsonb ELSE '{}'::jsonb END
$$;
CREATE FUNCTION barid.media_begin(source_hash text, recipe_hash text, store text, job_id bigint) RETURNS TABLE(id bigint, state text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    known barid.media_set;
BEGIN
    FOR attempt IN 1..10 LOOP
        INSERT INTO barid.media_set AS s (source_hash, recipe_hash, store, maker)
        VALUES (source_hash, recipe_hash, store, job_id)
        ON CONFLICT ON CONSTRAINT media_set_source_hash_recipe_hash_store_key DO NOTHING
        RETURNING s.id INTO id;
        IF id IS NOT NULL THEN
            state := 'mine';
            RETURN NEXT;
            RETURN;
        END IF;
        SELECT * INTO known FROM barid.media_set s
        WHERE s.source_hash = source_hash AND s.recipe_hash = recipe_hash AND s.store = store
        FOR UPDATE;
        CONTINUE WHEN known.id IS NULL;
        id := known.id;
        IF known.state = 'complete' THEN
            state := 'complete';
        ELSIF known.maker <> job_id AND EXISTS (
            SELECT 1 FROM barid.job j WHERE j.id = known.maker AND j.state = 'running') THEN
            state := 'busy';
        ELSE
            UPDATE barid.media_set s SET maker = job_id, touched_at = now() WHERE s.id = known.id;
            state := 'mine';
        END IF;
        RETURN NEXT;
        RETURN;
    END LOOP;
    RAISE EXCEPTION 'the set is made and removed all the time' USING ERRCODE = '40001';
END $$;
CREATE FUNCTION barid.media_collect(store text, grace interval, batch integer DEFAULT 200) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    stale bigint[];
    gone  bigint;
BEGIN
    IF batch IS NULL OR batch NOT BETWEEN 1 AND 10000 OR grace IS NULL
       OR grace < interval '0' THEN
        RAISE EXCEPTION 'batch must be between 1 and 10000, and grace not below zero'
            USING ERRCODE = '22023';
    END IF;
    DELETE FROM barid.media_garbage g WHERE (g.store, g.key) IN (
        SELECT o.store, o.key FROM barid.media_garbage o
        WHERE o.removed_at < now() - interval '1 day' LIMIT batch FOR UPDATE SKIP LOCKED);
    -- Their files are on the list since before the first upload.
    DELETE FROM barid.media_set s WHERE s.id IN (
        SELECT o.id FROM barid.media_set o
        WHERE o.state = 'storing' AND o.touched_at < now() - interval '1 hour' AND o.store = store
          AND NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = o.maker AND j.state = 'running')
        LIMIT batch FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS gone = ROW_COUNT;
    stale := ARRAY(
        SELECT o.id FROM barid.media_set o
        WHERE o.unattached_since <= now() - grace AND o.state = 'complete' AND o.store = store
          AND NOT EXISTS (SELECT 1 FROM barid.media_entity e WHERE e.set_id = o.id)
        ORDER BY o.unattached_since LIMIT batch FOR UPDATE SKIP LOCKED);
    RETURN greatest(gone, barid.media_discard(stale));
END $$;
CREATE FUNCTION barid.media_complete(set_id bigint, variants jsonb, facts jsonb, entity text, slot text, request jsonb, job_id bigint, improve_queue text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    known   barid.media_set;
    outcome text;
BEGIN
    -- Two workers with the same picture take turns; the second finds it complete.
    SELECT * INTO known FROM barid.media_set s WHERE s.id = set_id FOR UPDATE;
    IF known.id IS NULL THEN RETURN NULL; END IF;
    IF known.state = 'storing' THEN
        IF NOT barid.media_keep(set_id, known.store, ARRAY(
            SELECT v->>'key' FROM jsonb_array_elements(variants) v)) THEN
            RETURN NULL;
        END IF;
        INSERT INTO barid.media_variant
            (set_id, width, height, format, content_type, bytes, sha256, key, url)
        SELECT set_id, v.width, v.height, v.format, v.content_type, v.bytes, v.sha256, v.key, v.url
        FROM jsonb_to_recordset(variants) AS v(width int, height int, format text,
            content_type text, bytes bigint, sha256 text, key text, url text);
        UPDATE barid.media_set s
        SET state = 'complete', completed_at = now(), maker = NULL, source = facts->'source',
            recipe = coalesce(facts->>'recipe', ''),
            private = coalesce((facts->>'private')::boolean, false),
            thumbhash = facts->>'thumbhash', dominant = facts->>'dominant',
            attention_x = (facts->>'attention_x')::real,
            attention_y = (facts->>'attention_y')::real
        WHERE s.id = set_id;
        IF improve_queue IS NOT NULL THEN
            PERFORM barid.enqueue('image.improve',
                jsonb_build_object('set', set_id, 'request', request),
                queue => improve_queue, priority => 9, unique_key => 'image.improve:' || set_id);
        END IF;
    END IF;
    outcome := barid.media_attach(set_id, entity, slot, request, job_id);
    RETURN barid.media_attached(set_id, outcome, slot);
END $$;
CREATE FUNCTION barid.media_conditions(entity text, prefix text, state text, recipe text, since timestamp with time zone, upto timestamp with time zone, after text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    SELECT 'true'
        || CASE WHEN entity IS NULL THEN '' ELSE
            ' AND s.id IN (SELECT e.set_id FROM barid.media_entity e WHERE e.entity = $1)' END
        || CASE WHEN prefix IS NULL THEN '' ELSE
            ' AND EXISTS (SELECT FROM barid.media_entity e
                          WHERE e.set_id = s.id AND starts_with(e.entity, $2))' END
        || CASE WHEN state IS NULL THEN '' ELSE format(' AND s.state = %L', state) END
        || CASE WHEN recipe IS NULL THEN '' ELSE ' AND s.recipe = $3' END
        || CASE WHEN since IS NULL THEN '' ELSE ' AND s.created_at >= $4' END
        || CASE WHEN upto IS NULL THEN '' ELSE ' AND s.created_at < $5' END
        || CASE WHEN after IS NULL THEN '' ELSE ' AND (s.created_at, s.id) < '
                '(split_part($6, '' '', 1)::timestamptz, split_part($6, '' '', 2)::bigint)' END
$_$;
CREATE FUNCTION barid.media_count(entity text, prefix text, state text, recipe text, since timestamp with time zone, upto timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    n bigint;
BEGIN
    EXECUTE 'SELECT count(*) FROM (SELECT 1 FROM barid.media_set s WHERE '
        || barid.media_conditions(entity, prefix, state, recipe, since, upto, NULL)
        || ' LIMIT 10001) counted'
    INTO n USING entity, prefix, recipe, since, upto;
    RETURN n;
END $$;
CREATE FUNCTION barid.media_discard(sets bigint[]) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_variable
DECLARE
    free bigint[];
BEGIN
    PERFORM 1 FROM barid.media_set s WHERE s.id = ANY (sets) ORDER BY s.id FOR UPDATE;
    -- A statement of its own: it sees what was attached before the rows were locked.
    free := ARRAY(
        SELECT s.id FROM barid.media_set s
        WHERE s.id = ANY (sets) AND s.state = 'complete'
          AND NOT EXISTS (SELECT 1 FROM barid.media_entity e WHERE e.set_id = s.id));
    INSERT INTO barid.media_garbage AS g (store, key, due_at)
    SELECT s.store, v.key, now()
    FROM barid.media_variant v JOIN barid.media_set s ON s.id = v.set_id
    WHERE s.id = ANY (free)
    ON CONFLICT ON CONSTRAINT media_garbage_pkey DO NOTHING;
    DELETE FROM barid.media_set s WHERE s.id = ANY (free);
    RETURN cardinality(free);
END $$;
CREATE FUNCTION barid.media_document(id bigint, may_manage boolean, see_data boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    WITH places AS MATERIALIZED (
        SELECT * FROM barid.media_entity e WHERE e.set_id = media_document.id
        ORDER BY e.entity, e.slot LIMIT 100),
    known AS (
        SELECT p.job_id AS id FROM places p WHERE p.job_id > 0
        UNION SELECT s.maker FROM barid.media_set s WHERE s.id = media_document.id
        UNION SELECT j.id FROM barid.job j
              WHERE j.queue = 'default'
                AND j.unique_key >= 'media.reprocess:' || media_document.id || ':'
                AND j.unique_key < 'media.reprocess:' || media_document.id || ';'
        UNION SELECT h.id FROM (SELECT x.id FROM barid.job_history x
              WHERE x.tags @> ARRAY['media:' || media_document.id] LIMIT 100) h)
    SELECT barid.media_item(s, may_manage) || jsonb_build_object(
        'variants', coalesce((SELECT jsonb_agg(barid.media_file(v, s.private)
                         ORDER BY v.width, v.height, v.format)
                     FROM barid.media_variant v WHERE v.set_id = s.id), '[]'::jsonb),
        'entities', coalesce((SELECT jsonb_agg(jsonb_build_object('entity', p.entity,
                         'slot', p.slot, 'attached_at', barid.admin_time(p.attached_at),
                         'job_id', nullif(p.job_id, 0), 'source', barid.media_source(p.request))
                         ORDER BY p.entity, p.slot) FROM places p), '[]'::jsonb),
        'entities_capped', (SELECT count(*) = 100 FROM places),
        'jobs', coalesce((
            SELECT jsonb_agg(jsonb_build_object('id', j.id, 'kind', j.kind, 'state', j.state,
                       'attempt', j.attempt, 'max_attempts', j.max_attempts,
                       'created_at', barid.admin_time(j.created_at),
                       'finished_at', barid.admin_time(j.finished_at),
                       'error', CASE WHEN see_data OR j.errors->-1->>'error' IS NULL
                                     THEN j.errors->-1->>'error' ELSE '•••' END)
                       ORDER BY j.id DESC)
            FROM (SELECT k.id FROM known k WHERE k.id IS NOT NULL
                  ORDER BY k.id DESC LIMIT 20) n,
                 -- OFFSET: a look-up for each, never a walk through the history.
                 LATERAL (SELECT x.* FROM barid.jobs x WHERE x.id = n.id OFFSET 0) j),
            '[]'::jsonb))
    FROM barid.media_set s WHERE s.id = media_document.id
$$;
CREATE FUNCTION barid.media_entity_detached() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    UPDATE barid.media_set s SET unattached_since = now()
    WHERE s.id = OLD.set_id
      AND NOT EXISTS (SELECT 1 FROM barid.media_entity e WHERE e.set_id = OLD.set_id);
    RETURN NULL;
END $$;
CREATE TABLE barid.media_variant (
    set_id bigint NOT NULL,
    bytes bigint NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    format text NOT NULL COLLATE pg_catalog."C",
    content_type text NOT NULL COLLATE pg_catalog."C",
    sha256 text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    url text NOT NULL,
    CONSTRAINT media_variant_bytes_check CHECK ((bytes > 0)),
    CONSTRAINT media_variant_format_check CHECK ((format ~ '^[a-z0-9]{2,8}$'::text)),
    CONSTRAINT media_variant_height_check CHECK ((height > 0)),
    CONSTRAINT media_variant_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT media_variant_width_check CHECK ((width > 0))
);
CREATE FUNCTION barid.media_file(v barid.media_variant, private boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('width', v.width, 'height', v.height, 'format', v.format,
        'content_type', v.content_type, 'bytes', v.bytes, 'key', v.key,
        'url', CASE WHEN NOT private THEN v.url END)
$$;
CREATE FUNCTION barid.media_garbage_done(store text, removed text[], failed text[], error text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    UPDATE barid.media_garbage g
    SET removed_at = CASE WHEN g.again THEN NULL ELSE now() END,
        due_at = CASE WHEN g.again THEN now() + interval '1 day' ELSE g.due_at END,
        again = false, attempts = 0, error = NULL
    WHERE g.store = store AND g.key = ANY (removed) AND g.removed_at IS NULL;
    UPDATE barid.media_garbage g
    SET due_at = now() + least(interval '1 minute' * (g.attempts * g.attempts), interval '1 day'),
        claimed_until = now(), error = left(error, 500)
    WHERE g.store = store AND g.key = ANY (failed) AND g.removed_at IS NULL;
END $$;
CREATE FUNCTION barid.media_garbage_take(store text, batch integer DEFAULT 100) RETURNS SETOF text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE media_garbage g
    SET claimed_until = now() + interval '10 minutes', attempts = g.attempts + 1
    WHERE (g.store, g.key) IN (
        SELECT o.store, o.key FROM media_garbage o
        WHERE o.store = media_garbage_take.store AND o.removed_at IS NULL AND o.due_at <= now()
          AND (o.claimed_until IS NULL OR o.claimed_until < now())
          -- Nothing lists a file that is shown; if it were, it would still not be removed.
          AND NOT EXISTS (SELECT 1 FROM media_variant v JOIN media_set s ON s.id = v.set_id
                          WHERE v.key = o.key AND s.store = o.store)
        ORDER BY o.due_at LIMIT media_garbage_take.batch FOR UPDATE SKIP LOCKED)
    RETURNING g.key
$$;
CREATE FUNCTION barid.media_improve(set_id bigint, variants jsonb, grace interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    known   barid.media_set;
    better  record;
    old     barid.media_variant;
    swapped int := 0;
BEGIN
    SELECT * INTO known FROM barid.media_set s
    WHERE s.id = set_id AND s.state = 'complete' FOR UPDATE;
    IF known.id IS NULL THEN RETURN 0; END IF;
    FOR better IN
        SELECT * FROM jsonb_to_recordset(variants) AS v(width int, height int, format text,
            bytes bigint, sha256 text, key text, url text)
    LOOP
        SELECT * INTO old FROM barid.media_variant v
        WHERE v.set_id = set_id AND v.width = better.width AND v.height = better.height
          AND v.format = better.format;
        CONTINUE WHEN old.key IS NULL OR old.key = better.key OR old.bytes <= better.bytes
            OR NOT barid.media_keep(set_id, known.store, ARRAY[better.key]);
        UPDATE barid.media_variant v
        SET bytes = better.bytes, sha256 = better.sha256, key = better.key, url = better.url
        WHERE v.set_id = set_id AND v.width = better.width AND v.height = better.height
          AND v.format = better.format;
        INSERT INTO barid.media_garbage AS g (store, key, due_at)
        VALUES (known.store, old.key, now() + grace)
        ON CONFLICT ON CONSTRAINT media_garbage_pkey DO NOTHING;
        swapped := swapped + 1;
    END LOOP;
    RETURN swapped;
END $$;
CREATE TABLE barid.media_set (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    state barid.media_state DEFAULT 'storing'::barid.media_state NOT NULL,
    source_hash text NOT NULL COLLATE pg_catalog."C",
    recipe_hash text NOT NULL COLLATE pg_catalog."C",
    store text NOT NULL COLLATE pg_catalog."C",
    source jsonb DEFAULT '{}'::jsonb NOT NULL,
    recipe text DEFAULT ''::text NOT NULL,
    thumbhash text COLLATE pg_catalog."C",
    dominant text COLLATE pg_catalog."C",
    attention_x real,
    attention_y real,
    private boolean DEFAULT false NOT NULL,
    maker bigint,
    touched_at timestamp with time zone DEFAULT now() NOT NULL,
    unattached_since timestamp with time zone,
    CONSTRAINT media_set_attention_x_check CHECK (((attention_x >= (0)::double precision) AND (attention_x <= (1)::double precision))),
    CONSTRAINT media_set_attention_y_check CHECK (((attention_y >= (0)::double precision) AND (attention_y <= (1)::double precision))),
    CONSTRAINT media_set_check CHECK (((state = 'complete'::barid.media_state) = (completed_at IS NOT NULL))),
    CONSTRAINT media_set_dominant_check CHECK ((dominant ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT media_set_recipe_check CHECK ((length(recipe) <= 64)),
    CONSTRAINT media_set_recipe_hash_check CHECK ((recipe_hash ~ '^[0-9a-f]{8}$'::text)),
    CONSTRAINT media_set_source_check CHECK ((jsonb_typeof(source) = 'object'::text)),
    CONSTRAINT media_set_source_hash_check CHECK ((source_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT media_set_store_check CHECK (((length(store) >= 1) AND (length(store) <= 64))),
    CONSTRAINT media_set_thumbhash_check CHECK ((length(thumbhash) <= 64))
);
CREATE FUNCTION barid.media_item(s barid.media_set, may_manage boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object(
        'id', s.id, 'state', s.state, 'recipe', s.recipe, 'recipe_hash', s.recipe_hash,
        'source_hash', s.source_hash, 'store', s.store, 'private', s.private,
        'source_format', s.source->>'format', 'source_width', s.source->'width',
        'source_height', s.source->'height',
        'thumbhash', s.thumbhash, 'dominant', s.dominant,
        'focal', CASE WHEN s.attention_x IS NOT NULL THEN jsonb_build_object(
            'x', round(s.attention_x::numeric, 4), 'y', round(s.attention_y::numeric, 4)) END,
        'entities', e.list, 'entities_capped', e.n > 10,
        'files', v.files, 'bytes', v.bytes,
        'preview', (SELECT barid.media_file(p, s.private) FROM barid.media_variant p
                    WHERE p.set_id = s.id AND p.format IN ('webp', 'jpeg')
                    ORDER BY p.width < 160, CASE WHEN p.width < 160 THEN -p.width ELSE p.width END,
                             p.format DESC LIMIT 1),
        'created_at', barid.admin_time(s.created_at),
        'completed_at', barid.admin_time(s.completed_at),
        'unattached_since', barid.admin_time(s.unattached_since),
        'allowed_actions', CASE WHEN may_manage AND s.state = 'complete' AND e.asked
                                THEN '["reprocess"]'::jsonb ELSE '[]' END)
    FROM (SELECT count(*) AS files, coalesce(sum(x.bytes), 0)::bigint AS bytes
          FROM barid.media_variant x WHERE x.set_id = s.id) v,
         (SELECT count(*) AS n, coalesce(bool_or(x.request IS NOT NULL), false) AS asked,
                 coalesce(jsonb_agg(jsonb_build_object('entity', x.entity, 'slot', x.slot,
                     'attached_at', barid.admin_time(x.attached_at),
                     'job_id', nullif(x.job_id, 0), 'source', barid.media_source(x.request))
                     ORDER BY x.entity, x.slot) FILTER (WHERE x.place <= 10), '[]') AS list
          FROM (SELECT m.*, row_number() OVER (ORDER BY m.entity, m.slot) AS place
                FROM (SELECT * FROM barid.media_entity n WHERE n.set_id = s.id
                      LIMIT 11) m) x) e
$$;
CREATE FUNCTION barid.media_keep(set_id bigint, store text, keys text[]) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_variable
DECLARE
    kept bigint;
BEGIN
    DELETE FROM barid.media_garbage g
    WHERE g.store = store AND g.key = ANY (keys) AND g.set_id = set_id
      AND g.claimed_until IS NULL AND g.removed_at IS NULL;
    GET DIAGNOSTICS kept = ROW_COUNT;
    RETURN kept = cardinality(keys);
END $$;
CREATE FUNCTION barid.media_manifest(set_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object(
        'set', s.id,
        'source_hash', s.source_hash,
        'recipe_hash', s.recipe_hash,
        'recipe', s.recipe,
        'store', s.store,
        'private', s.private,
        'source', s.source,
        'width', l.width,
        'height', l.height,
        'sizes', '(max-width: ' || l.width || 'px) 100vw, ' || l.width || 'px',
        'placeholder', jsonb_build_object('thumbhash', s.thumbhash, 'color', s.dominant),
        'focal', jsonb_build_object('x', coalesce(s.attention_x, 0.5),
                                    'y', coalesce(s.attention_y, 0.5)),
        -- For <img src>: what every reader can show, not larger than it has to be.
        'src', (
            SELECT v.url FROM media_variant v WHERE v.set_id = s.id
            ORDER BY CASE v.format WHEN 'jpeg' THEN 0 WHEN 'png' THEN 1 WHEN 'gif' THEN 2
                                   WHEN 'webp' THEN 3 ELSE 4 END,
                     v.width < 640, CASE WHEN v.width < 640 THEN -v.width ELSE v.width END
            LIMIT 1),
        'srcset', (
            SELECT jsonb_object_agg(f.format, f.srcset)
            FROM (SELECT v.format,
                         string_agg(v.url || ' ' || v.width || 'w', ', '
                                    ORDER BY v.width, v.height) AS srcset
                  FROM media_variant v WHERE v.set_id = s.id GROUP BY v.format) f),
        'variants', (
            SELECT jsonb_agg(jsonb_build_object(
                       'width', v.width, 'height', v.height, 'format', v.format,
                       'content_type', v.content_type, 'bytes', v.bytes, 'sha256', v.sha256,
                       'key', v.key, 'url', v.url) ORDER BY v.width, v.height, v.format)
            FROM media_variant v WHERE v.set_id = s.id))
    FROM media_set s
    CROSS JOIN LATERAL (
        SELECT v.width, v.height FROM media_variant v WHERE v.set_id = s.id
        ORDER BY v.width DESC, v.height DESC LIMIT 1) l
    WHERE s.id = media_manifest.set_id AND s.state = 'complete'
$$;
CREATE FUNCTION barid.media_page(entity text, prefix text, state text, recipe text, since timestamp with time zone, upto timestamp with time zone, after text, size integer, may_manage boolean) RETURNS TABLE(item jsonb, at text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
BEGIN
    RETURN QUERY EXECUTE
        'SELECT barid.media_item(s, $8), barid.admin_time(s.created_at) || '' '' || s.id
         FROM barid.media_set s WHERE '
        || barid.media_conditions(entity, prefix, state, recipe, since, upto, after)
        || ' ORDER BY s.created_at DESC, s.id DESC LIMIT $7'
    USING entity, prefix, recipe, since, upto, after, size, may_manage;
END $_$;
CREATE FUNCTION barid.media_plan(set_id bigint, keys text[]) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    of_store text;
    wanted   text[];
    listed   bigint;
BEGIN
    IF keys IS NULL OR cardinality(keys) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'media_plan takes 1 to 1000 keys' USING ERRCODE = '22023';
    END IF;
    UPDATE barid.media_set s SET touched_at = now() WHERE s.id = set_id
    RETURNING s.store INTO of_store;
    IF of_store IS NULL THEN RETURN NULL; END IF;
    -- Somebody else completed the set: what is published must never be listed.
    IF EXISTS (SELECT 1 FROM barid.media_variant v WHERE v.set_id = set_id AND v.key = ANY (keys))
    THEN RETURN NULL; END IF;
    FOR n IN 1..1000 LOOP
        wanted := ARRAY(
            SELECT CASE n WHEN 1 THEN k
                          ELSE regexp_replace(k, '(\.[a-z0-9]+)$', '.g' || n || '\1') END
            FROM unnest(keys) WITH ORDINALITY AS u(k, i) ORDER BY i);
        CONTINUE WHEN EXISTS (
            SELECT 1 FROM barid.media_garbage g
            WHERE g.store = of_store AND g.key = ANY (wanted)
              AND (g.set_id IS DISTINCT FROM set_id OR g.claimed_until IS NOT NULL
                   OR g.removed_at IS NOT NULL));
        WITH listed_now AS (
            INSERT INTO barid.media_garbage AS g (store, key, set_id, due_at, again)
            SELECT DISTINCT of_store, k, set_id, now() + interval '1 hour', true
            FROM unnest(wanted) k
            ON CONFLICT ON CONSTRAINT media_garbage_pkey
            DO UPDATE SET due_at = excluded.due_at
            WHERE g.set_id = excluded.set_id AND g.claimed_until IS NULL AND g.removed_at IS NULL
            RETURNING 1)
        SELECT count(*) INTO listed FROM listed_now;
        -- Fewer: a sweeper came between the two statements.
        IF listed = cardinality(keys) THEN RETURN wanted; END IF;
    END LOOP;
    RAISE EXCEPTION 'no free name was found for %', keys[1] USING ERRCODE = '40001';
END $_$;
CREATE FUNCTION barid.media_remove(entity text DEFAULT NULL::text, slot text DEFAULT NULL::text, set_id bigint DEFAULT NULL::bigint, at_once boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    sets   bigint[];
    places bigint;
BEGIN
    IF (entity IS NULL) = (set_id IS NULL) OR (slot IS NOT NULL AND entity IS NULL) THEN
        RAISE EXCEPTION 'media_remove takes an entity, an entity and a slot, or a set'
            USING ERRCODE = '22023',
                  HINT = 'Call barid.media_remove(''product:42'', slot => ''main'') or '
                         'barid.media_remove(set_id => 7).';
    END IF;
    WITH gone AS (
        DELETE FROM barid.media_entity e
        WHERE (entity IS NULL OR e.entity = entity) AND (slot IS NULL OR e.slot = slot)
          AND (set_id IS NULL OR e.set_id = set_id)
        RETURNING e.set_id)
    SELECT count(*), coalesce(array_agg(DISTINCT g.set_id), '{}') INTO places, sets FROM gone g;
    IF set_id IS NOT NULL THEN sets := ARRAY[set_id]; END IF;
    IF at_once THEN PERFORM barid.media_discard(sets); END IF;
    RETURN places;
END $$;
CREATE FUNCTION barid.media_reprocess_preview(prefix text, recipe text, missing text, before timestamp with time zone) RETURNS TABLE(request text, recipe_hash text, places bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    SELECT l.request::text, l.recipe_hash, count(*)
    FROM (SELECT e.request - 'source' AS request, s.recipe_hash
          FROM barid.media_entity e JOIN barid.media_set s ON s.id = e.set_id
          WHERE s.state = 'complete' AND ($1 = '' OR starts_with(e.entity, $1))
            AND ($2 = '' OR s.recipe = $2)
            AND ($3 = '' OR NOT EXISTS (SELECT 1 FROM barid.media_variant v
                                        WHERE v.set_id = s.id AND v.format = $3))
            AND ($4 IS NULL OR e.attached_at < $4)
          LIMIT 10001) l
    GROUP BY 1, 2
$_$;
CREATE FUNCTION barid.media_reuse(source_hash text, recipe_hash text, store text, entity text, slot text, request jsonb, job_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    known   bigint;
    outcome text;
BEGIN
    SELECT s.id INTO known FROM barid.media_set s
    WHERE s.source_hash = source_hash AND s.recipe_hash = recipe_hash AND s.store = store
      AND s.state = 'complete';
    IF known IS NULL THEN RETURN NULL; END IF;
    outcome := barid.media_attach(known, entity, slot, request, job_id);
    IF outcome = 'gone' THEN RETURN NULL; END IF;
    RETURN barid.media_attached(known, outcome, slot);
END $$;
CREATE FUNCTION barid.media_source(request jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    SELECT CASE
        WHEN request->'source'->>'url' IS NOT NULL THEN jsonb_build_object('kind', 'url', 'at',
            regexp_replace(regexp_replace(request->'source'->>'url', '[?#].*$', ''),
                           '^([A-Za-z][A-Za-z0-9+.-]*:[/\\]*)[^/\\]*@', '\1'))
        WHEN request->'source'->>'path' IS NOT NULL THEN
            jsonb_build_object('kind', 'path', 'at', request->'source'->>'path')
        WHEN request->'source'->>'store_key' IS NOT NULL THEN
            jsonb_build_object('kind', 'store_key', 'at', request->'source'->>'store_key')
    END
$_$;
CREATE FUNCTION barid.media_upkeep(store text, grace interval, queue text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    IF NOT (
        EXISTS (SELECT 1 FROM barid.media_garbage g
                WHERE g.store = store AND g.removed_at IS NULL AND g.due_at <= now()
                  AND (g.claimed_until IS NULL OR g.claimed_until < now()))
        OR EXISTS (SELECT 1 FROM barid.media_set s
                   WHERE s.state = 'storing' AND s.store = store
                     AND s.touched_at < now() - interval '1 hour')
        OR EXISTS (SELECT 1 FROM barid.media_set s
                   WHERE s.unattached_since <= now() - grace AND s.store = store
                     AND NOT EXISTS (SELECT 1 FROM barid.media_entity e WHERE e.set_id = s.id))
        OR EXISTS (SELECT 1 FROM barid.media_garbage g
                   WHERE g.removed_at < now() - interval '1 day'))
    THEN RETURN false; END IF;
    PERFORM barid.enqueue('image.collect', queue => queue, priority => 9,
                          unique_key => 'image.collect:' || store);
    RETURN true;
END $$;
CREATE FUNCTION barid.money(amount_minor bigint, currency text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object(
        'amount', CASE barid.currency_exponent(currency)
                  WHEN 0 THEN amount_minor::text
                  WHEN 3 THEN (amount_minor / 1000::numeric)::numeric(30, 3)::text
                  ELSE (amount_minor / 100::numeric)::numeric(30, 2)::text END,
        'currency', currency)
$$;
CREATE FUNCTION barid.move_jobs(ids bigint[], action text, starts timestamp with time zone, pause interval, level integer, patient boolean) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.next_fire(expr text, tz text DEFAULT 'UTC'::text, after timestamp with time zone DEFAULT clock_timestamp()) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    PERFORM barid.check_zone(tz);
    IF after IS NULL OR after NOT BETWEEN '1900-01-01' AND '9000-01-01' THEN
        RAISE EXCEPTION 'a schedule is looked at from a time between the years 1900 and 9000'
            USING ERRCODE = '22023';
    END IF;
    RETURN barid.cron_next(barid.cron_parse(expr), tz, after);
END $$;
CREATE FUNCTION barid.normalize_locale(tag text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    SELECT string_agg(CASE WHEN p.n = 1 THEN p.part
                           WHEN length(p.part) = 2 THEN upper(p.part)
                           WHEN length(p.part) = 4 THEN upper(left(p.part, 1)) || substr(p.part, 2)
                           ELSE p.part END, '-' ORDER BY p.n)
    FROM regexp_split_to_table(lower(tag COLLATE "C"), '[-_]') WITH ORDINALITY AS p (part, n)
    WHERE octet_length(tag) <= 35
      AND tag COLLATE "C" ~ '^[A-Za-z0-9]{2,3}([-_][A-Za-z0-9]{1,8})*$'
$_$;
CREATE FUNCTION barid.note_body(entity_type text, id text, row_values text, watched text[]) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    SELECT format($f$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM barid.note_rows(%1$L, array_agg(x.%2$I::text), array_agg(v.f), array_agg(v.l),
                                array_agg(v.en), array_agg(v.ar))
        FROM new_rows x CROSS JOIN LATERAL (
            %3$s) AS v(f, l, en, ar)
        HAVING count(*) > 0;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM barid.note_rows(%1$L, array_agg(x.%2$I::text), array_agg(v.f), array_agg(v.l),
                                array_agg(v.en), array_agg(v.ar))
        FROM new_rows x LEFT JOIN old_rows o ON o.%2$I = x.%2$I CROSS JOIN LATERAL (
            %3$s) AS v(f, l, en, ar)
        WHERE (%4$s) IS DISTINCT FROM (%5$s) OR o.%2$I IS NULL
        HAVING count(*) > 0;
        PERFORM barid.forget_rows(%1$L, array_agg(o.%2$I::text))
        FROM old_rows o WHERE NOT EXISTS (SELECT FROM new_rows x WHERE x.%2$I = o.%2$I)
        HAVING count(*) > 0;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM barid.forget_rows(%1$L, array_agg(o.%2$I::text)) FROM old_rows o
        HAVING count(*) > 0;
    ELSE
        PERFORM barid.forget_rows(%1$L);
    END IF;
    RETURN NULL;
END $f$, entity_type, id, row_values,
        'ROW(' || (SELECT string_agg(format('x.%I', w), ', ') FROM unnest(watched) w) || ')',
        'ROW(' || (SELECT string_agg(format('o.%I', w), ', ') FROM unnest(watched) w) || ')')
$_$;
CREATE FUNCTION barid.note_entity(entity_type text, entity_id text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    ids text[];
    fields text[];
    langs text[];
    en text[];
    ar text[];
BEGIN
    IF NOT EXISTS (SELECT FROM barid.auto_translation a WHERE a.entity_type = entity_type) THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(r.entity_id), array_agg(r.field), array_agg(r.lang), array_agg(r.en),
           array_agg(r.ar) INTO ids, fields, langs, en, ar
    FROM barid.shop_rows(entity_type, ARRAY[entity_id]) r;
    IF ids IS NULL THEN RETURN false; END IF;
    PERFORM barid.note_rows(entity_type, ids, fields, langs, en, ar, false);
    RETURN true;
END $$;
CREATE FUNCTION barid.note_other_body(entity_type text, relation text, id text, other_id text, row_values text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    SELECT format(E'\nBEGIN\n' || string_agg(format($f$    IF TG_OP = '%s' THEN
        PERFORM barid.note_rows(%%1$L, array_agg(x.%%3$I::text), array_agg(v.f), array_agg(v.l),
                                array_agg(v.en), array_agg(v.ar))
        FROM %%2$s x CROSS JOIN LATERAL (
            %%5$s) AS v(f, l, en, ar)
        WHERE x.%%3$I IN (%s)
        HAVING count(*) > 0;
    END IF;
$f$, op, rows), '') || E'    RETURN NULL;\nEND ', entity_type, relation, id, other_id, row_values)
    FROM (VALUES ('INSERT', 'SELECT n.%4$I FROM new_rows n'),
                 ('UPDATE', 'SELECT n.%4$I FROM new_rows n UNION SELECT o.%4$I FROM old_rows o'),
                 ('DELETE', 'SELECT o.%4$I FROM old_rows o')) AS b(op, rows)
$_$;
CREATE FUNCTION barid.note_rows(entity_type text, ids text[], fields text[], langs text[], en text[], ar text[], enqueue boolean DEFAULT true) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_mergejoin TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
DECLARE
    attached barid.auto_translation;
    seq      bigint;
    due      text[];
    gone     text[];
    changed  int;
    emptied  record;
BEGIN
    SELECT * INTO attached FROM barid.auto_translation a
    WHERE a.entity_type = note_rows.entity_type;
    IF NOT FOUND OR ids IS NULL THEN RETURN 0; END IF;
    seq := nextval('barid.job_id_seq');
    WITH input AS MATERIALIZED (
        SELECT j.* FROM barid.judge_rows(attached, ids, fields, langs, note_rows.en,
                                         note_rows.ar) j
    ), turned AS (
        -- What was the translation is the source now.
        DELETE FROM barid.translation t USING input i
        WHERE i.turned AND t.entity_type = attached.entity_type AND t.entity_id = i.id
          AND t.field = i.field AND t.target_lang = i.spoken
        RETURNING t.entity_id
    ), hashed AS (
        SELECT i.* FROM input i WHERE i.source IS NOT NULL OR i.known
    ), noted AS (
        INSERT INTO barid.translation AS t (
            entity_type, entity_id, field, target_lang, source_lang, format, source_text,
            source_hash, source_seq, text, text_source_hash, origin, state, shown_hash, written_by)
        SELECT attached.entity_type, h.id, h.field, h.target, h.spoken, h.format, h.source,
               h.source_hash, seq, h.shown,
               CASE WHEN h.shown IS NOT NULL THEN h.source_hash END,
               CASE WHEN h.shown IS NOT NULL THEN 'human' END,
               CASE WHEN h.shown IS NOT NULL THEN 'published' ELSE 'pending' END, h.shown_hash,
               CASE WHEN h.shown IS NOT NULL THEN left(session_user, 256) END
        FROM hashed h ORDER BY h.id, h.field
        ON CONFLICT ON CONSTRAINT translation_pkey DO UPDATE SET
            source_lang = excluded.source_lang,
            format = excluded.format,
            source_text = excluded.source_text,
            source_hash = excluded.source_hash,
            source_seq = greatest(t.source_seq, excluded.source_seq),
            text = CASE WHEN barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                        THEN excluded.text ELSE t.text END,
            origin = CASE WHEN barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                          THEN excluded.origin ELSE t.origin END,
            provider = CASE WHEN NOT barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                            THEN t.provider END,
            written_by = CASE WHEN NOT barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                              THEN t.written_by ELSE excluded.written_by END,
            text_source_hash = CASE
                WHEN barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                THEN excluded.text_source_hash
                WHEN t.origin = 'human' AND t.text_source_hash IS NULL THEN excluded.source_hash
                ELSE t.text_source_hash END,
            suggestion = CASE WHEN NOT barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                              THEN t.suggestion END,
            suggestion_hash = CASE
                WHEN NOT barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                THEN t.suggestion_hash END,
            state = CASE
                WHEN barid.was_edited(excluded.shown_hash, t.shown_hash, t.text)
                THEN CASE WHEN excluded.text IS NULL THEN 'pending' ELSE 'published' END
                WHEN t.text IS NULL THEN CASE
                    WHEN t.source_hash = excluded.source_hash THEN t.state ELSE 'pending' END
                WHEN excluded.source_hash IS NULL
                     OR coalesce(t.text_source_hash, excluded.source_hash) = excluded.source_hash
                THEN 'published' ELSE 'stale' END,
            shown_hash = excluded.shown_hash,
            write_error = CASE WHEN excluded.shown_hash IS NOT DISTINCT FROM t.shown_hash
                               THEN t.write_error END,
            updated_at = now()
        WHERE excluded.source_hash IS DISTINCT FROM t.source_hash
           OR excluded.shown_hash IS DISTINCT FROM t.shown_hash
           OR excluded.source_lang IS DISTINCT FROM t.source_lang
           OR excluded.format <> t.format
        RETURNING t.entity_id, t.field, t.target_lang, t.source_hash, t.origin, t.state,
                  t.text_source_hash
    ), closed AS (
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(), resolved_by = session_user
        FROM noted n CROSS JOIN LATERAL (
            SELECT x.id FROM barid.translation_review x
            WHERE x.entity_type = attached.entity_type AND x.entity_id = n.entity_id
              AND x.field = n.field AND x.target_lang = n.target_lang AND x.state = 'open'
              AND (x.source_hash IS DISTINCT FROM n.source_hash
                   OR n.state IN ('published', 'pending')) OFFSET 0) old
        WHERE r.id = old.id
    )
    -- A person's new text needs no translation, but the memory learns it in the job.
    SELECT count(*), array_agg(DISTINCT n.entity_id) FILTER (
        WHERE n.source_hash IS NOT NULL AND (n.state <> 'published' OR n.origin = 'human')),
        array_agg(DISTINCT n.entity_id) FILTER (
            WHERE n.source_hash IS NULL AND n.origin IS DISTINCT FROM 'human')
    INTO changed, due, gone FROM noted n;
    -- Nothing is left to translate: a machine's text goes, a person's stays.
    IF gone IS NOT NULL THEN
        FOR emptied IN
            DELETE FROM barid.translation t
            WHERE t.entity_type = attached.entity_type AND t.entity_id = ANY (gone)
              AND t.source_hash IS NULL AND t.origin IS DISTINCT FROM 'human'
              AND t.source_seq = seq
            RETURNING t.entity_id, t.field, t.target_lang, t.text, t.shown_hash
        LOOP
            IF nullif(emptied.shown_hash, '\x') IS NOT NULL THEN
                PERFORM barid.shop_write(attached.entity_type, emptied.entity_id, emptied.field,
                                         emptied.target_lang, r.shown, NULL)
                FROM (SELECT CASE emptied.target_lang WHEN 'ar' THEN s.ar ELSE s.en END AS shown
                      FROM barid.shop_rows(attached.entity_type, ARRAY[emptied.entity_id]) s
                      WHERE s.field = emptied.field) r
                WHERE barid.translation_source_hash('text', r.shown) = emptied.shown_hash;
            END IF;
        END LOOP;
    END IF;
    IF enqueue AND due IS NOT NULL THEN
        PERFORM barid.enqueue_translations(attached.entity_type, due, attached.queue,
                                           attached.delay);
    END IF;
    RETURN changed;
END $$;
CREATE FUNCTION barid.note_term() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        UPDATE barid.term_version v
        SET version = v.version # barid.term_fingerprint(OLD), terms = v.terms - 1,
            updated_at = now()
        WHERE v.source_lang = OLD.source_lang AND v.target_lang = OLD.target_lang;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        UPDATE barid.term_version v
        SET version = v.version # barid.term_fingerprint(NEW), terms = v.terms + 1,
            updated_at = now()
        WHERE v.source_lang = NEW.source_lang AND v.target_lang = NEW.target_lang;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION barid.notify(user_id text, category text DEFAULT 'general'::text, template text DEFAULT NULL::text, vars jsonb DEFAULT NULL::jsonb, title jsonb DEFAULT NULL::jsonb, body jsonb DEFAULT NULL::jsonb, data jsonb DEFAULT NULL::jsonb, image text DEFAULT NULL::text, options jsonb DEFAULT NULL::jsonb, channels text[] DEFAULT NULL::text[], dedupe_key text DEFAULT NULL::text, delay interval DEFAULT NULL::interval, run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, ttl interval DEFAULT NULL::interval, template_version integer DEFAULT NULL::integer, queue text DEFAULT 'default'::text, priority integer DEFAULT 5, tags text[] DEFAULT NULL::text[], request_id text DEFAULT NULL::text, traceparent text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    made  record;
    texts jsonb;
    n     barid.notification;
BEGIN
    IF run_at IS NOT NULL AND delay IS NOT NULL THEN
        PERFORM barid.refuse('give run_at or delay, not both');
    END IF;
    IF delay IS NOT NULL THEN run_at := clock_timestamp() + delay; END IF;
    IF NOT isfinite(run_at) THEN PERFORM barid.refuse('run_at must be finite'); END IF;
    IF title IS NOT NULL OR body IS NOT NULL THEN
        texts := barid.texts_of(title, body);
    END IF;
    SELECT * INTO made FROM barid.create_notification(
        user_id, category, coalesce(dedupe_key, gen_random_uuid()::text), template => template,
        template_version => template_version, vars => vars, texts => texts, data => data,
        image => image, options => options, channels => channels, not_before => run_at,
        expires_at => expires_at, ttl => ttl);
    IF NOT made.created THEN RETURN made.id; END IF;
    SELECT k.* INTO n FROM barid.notification k WHERE k.id = made.id;
    -- Nothing is left to do for an inbox item that has its text.
    IF n.channels = '{inbox}' AND (n.title IS NOT NULL OR NOT EXISTS (
        SELECT FROM barid.inbox_item i WHERE i.notification_id = n.id)) THEN
        RETURN n.id;
    END IF;
    UPDATE barid.notification k
    SET job_id = barid.enqueue('notify.deliver', jsonb_build_object('notification', n.id),
                               queue => queue, priority => priority, run_at => n.not_before,
                               tags => tags, request_id => request_id,
                               traceparent => traceparent)
    WHERE k.id = n.id;
    RETURN n.id;
END $$;
CREATE FUNCTION barid.notify_floor(at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE WHEN at <= 'epoch' THEN '00000000-0000-0000-0000-000000000000'::uuid
                WHEN at > '9999-01-01' THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
                ELSE barid.uuid_v7_floor(at) END
$$;
CREATE FUNCTION barid.notify_upkeep(batch integer DEFAULT 1000) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    most bigint;
BEGIN
    IF batch IS NULL OR batch NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'batch must be between 1 and 100000' USING ERRCODE = '22023';
    END IF;
    IF NOT pg_try_advisory_xact_lock(1112297798, 8) THEN RETURN false; END IF;
    PERFORM barid.ensure_ledger();
    most := greatest(barid.give_up_stranded(batch), barid.prune_ledger(batch));
    IF most < batch THEN
        most := greatest(most, barid.prune_notifications(batch), barid.prune_daily(batch));
    END IF;
    RETURN most >= batch;
END $$;
CREATE FUNCTION barid.open_batch(name text DEFAULT ''::text, on_success jsonb DEFAULT NULL::jsonb, on_failure jsonb DEFAULT NULL::jsonb, on_finished jsonb DEFAULT NULL::jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE TABLE barid.translation (
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    field text NOT NULL,
    target_lang text NOT NULL,
    source_lang text,
    format text DEFAULT 'text'::text NOT NULL,
    source_text text,
    source_hash bytea,
    source_seq bigint DEFAULT 0 NOT NULL,
    text text,
    text_source_hash bytea,
    origin text,
    provider text,
    state text DEFAULT 'pending'::text NOT NULL,
    suggestion text,
    suggestion_hash bytea,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    shown_hash bytea,
    write_error text,
    written_by text,
    CONSTRAINT translation_check CHECK (((text IS NULL) = (origin IS NULL))),
    CONSTRAINT translation_check1 CHECK (((text IS NOT NULL) OR (state = ANY (ARRAY['pending'::text, 'review'::text])))),
    CONSTRAINT translation_entity_id_check CHECK (((length(entity_id) >= 1) AND (length(entity_id) <= 256))),
    CONSTRAINT translation_entity_type_check CHECK (((length(entity_type) >= 1) AND (length(entity_type) <= 64))),
    CONSTRAINT translation_field_check CHECK (((length(field) >= 1) AND (length(field) <= 128))),
    CONSTRAINT translation_format_check CHECK ((format = ANY (ARRAY['text'::text, 'html'::text]))),
    CONSTRAINT translation_origin_check CHECK ((origin = ANY (ARRAY['memory'::text, 'provider'::text, 'human'::text]))),
    CONSTRAINT translation_source_lang_check CHECK ((source_lang = ANY (ARRAY['en'::text, 'ar'::text]))),
    CONSTRAINT translation_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'published'::text, 'review'::text, 'stale'::text]))),
    CONSTRAINT translation_target_lang_check CHECK ((target_lang = ANY (ARRAY['en'::text, 'ar'::text]))),
    CONSTRAINT translation_write_error_check CHECK ((length(write_error) <= 1000)),
    CONSTRAINT translation_written_by_check CHECK ((length(written_by) <= 256))
);
CREATE FUNCTION barid.open_review(t barid.translation, reason text, detail text, suggestion text, provider text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    INSERT INTO barid.translation_review AS r
        (entity_type, entity_id, field, target_lang, source_lang, format, source_text, source_hash,
         reason, detail, suggestion, provider)
    VALUES (t.entity_type, t.entity_id, t.field, t.target_lang, t.source_lang, t.format,
            t.source_text, t.source_hash, open_review.reason, left(open_review.detail, 2000),
            open_review.suggestion, nullif(open_review.provider, ''))
    ON CONFLICT (entity_type, entity_id, field, target_lang) WHERE state = 'open'
    DO UPDATE SET source_lang = excluded.source_lang, format = excluded.format,
        source_text = excluded.source_text, source_hash = excluded.source_hash,
        reason = excluded.reason, detail = excluded.detail, suggestion = excluded.suggestion,
        provider = excluded.provider, created_at = now();
$$;
CREATE FUNCTION barid.order_notice(user_id text, notice text, order_id text, vars jsonb DEFAULT '{}'::jsonb, dedupe text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    about text := coalesce(dedupe, 'order:' || order_id || ':' || notice);
    given jsonb;
BEGIN
    IF user_id IS NULL THEN RETURN NULL; END IF;
    IF notice IS NULL OR notice NOT IN ('paid', 'cancelled', 'refunded', 'back_in_stock') THEN
        RAISE EXCEPTION 'a notice is paid, cancelled, refunded or back_in_stock, not %',
            quote_nullable(left(notice, 40)) USING ERRCODE = '22023';
    END IF;
    IF about IS NULL THEN
        RAISE EXCEPTION 'a notice without an order needs dedupe'
            USING ERRCODE = '22023', HINT = 'such as ''stock:'' || variant || '':'' || restock';
    END IF;
    given := CASE WHEN order_id IS NULL THEN '{}'::jsonb
                  ELSE jsonb_build_object('order', order_id) END || coalesce(vars, '{}');
    BEGIN
        RETURN barid.send_order_notice(user_id, notice, order_id, given, about);
    EXCEPTION WHEN OTHERS THEN
        -- What can pass (deadlocks, timeouts, a server that stops) is the caller's to try again.
        IF left(SQLSTATE, 2) IN ('08', '25', '40', '53', '55', '57', '58') THEN RAISE; END IF;
        PERFORM barid.enqueue('order.notice',
            jsonb_strip_nulls(jsonb_build_object('user', user_id, 'notice', notice,
                                                 'order', order_id, 'dedupe', about))
                || jsonb_build_object('vars', given),
            tags => CASE WHEN order_id IS NULL THEN NULL ELSE ARRAY['order:' || order_id] END);
        RETURN NULL;
    END;
END $$;
CREATE FUNCTION barid.outbox_blocked(stream text, max_events integer DEFAULT 100) RETURNS TABLE(event_id text, aggregate_type text, aggregate_id text, aggregate_version bigint, event_type text, error text, attempts integer, blocked_at timestamp with time zone, occurred_at timestamp with time zone, job_id bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
    wanted barid.outbox_stream := barid.outbox_find($1);
    own    text;
BEGIN
    own := CASE WHEN wanted.source IS NULL
        THEN format('SELECT f.* FROM %s($1, $2) f',
                    barid.outbox_function(wanted.shop_schema, 'outbox_blocked'))
        ELSE 'SELECT s.event_id, s.aggregate_type, s.aggregate_id, s.aggregate_version,
                     s.event_type, s.error, s.attempts, s.blocked_at, s.occurred_at
              FROM barid.outbox_stuck s WHERE s.stream = $1 AND s.blocked_at IS NOT NULL' END;
    RETURN QUERY EXECUTE format(
        'SELECT b.* FROM (SELECT own.*, NULL::bigint AS job_id FROM (%s) own
            UNION ALL SELECT j.event_id, j.aggregate_type, j.aggregate_id, j.aggregate_version,
                j.event_type, j.error, j.attempts, j.blocked_at, j.occurred_at, j.job_id
            FROM barid.outbox_blocked_jobs($1, $2) j) b
         ORDER BY 8, 1 LIMIT $2', own) USING $1, $2;
END $_$;
CREATE FUNCTION barid.outbox_blocked_jobs(stream text, max_events integer) RETURNS TABLE(event_id text, aggregate_type text, aggregate_id text, aggregate_version bigint, event_type text, error text, attempts integer, blocked_at timestamp with time zone, occurred_at timestamp with time zone, job_id bigint, ordering_key text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    SELECT m.message->>'event_id', m.message->>'aggregate_type', m.message->>'aggregate_id',
           (m.message->>'version')::bigint, m.message->>'type', h.errors->-1->>'error',
           h.attempt::int, h.finished_at, (m.message->>'occurred_at')::timestamptz, s.job_id,
           s.ordering_key
    FROM barid.ordering_slot s
    LEFT JOIN barid.job_history h ON h.id = s.job_id
    LEFT JOIN LATERAL (SELECT CASE WHEN h.kind = 'http.deliver' THEN h.payload->'data'
                                   ELSE h.payload END AS message) m ON true
    WHERE s.blocked AND s.ordering_key COLLATE "C" >= 'outbox:' || $1 || ':'
      AND s.ordering_key COLLATE "C" < 'outbox:' || $1 || ';'
    ORDER BY h.finished_at, s.ordering_key
    LIMIT $2;
$_$;
CREATE TABLE barid.outbox_stream (
    name text NOT NULL COLLATE pg_catalog."C",
    shop_schema text NOT NULL,
    target text NOT NULL,
    kind text DEFAULT ''::text NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL,
    endpoint text DEFAULT ''::text NOT NULL,
    projection text DEFAULT ''::text NOT NULL,
    max_attempts integer DEFAULT 25 NOT NULL,
    source jsonb,
    configured_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT outbox_stream_name_check CHECK ((name ~ '^[a-z0-9_]{1,40}$'::text)),
    CONSTRAINT outbox_stream_target_check CHECK ((target = ANY (ARRAY['jobs'::text, 'deliver'::text, 'projection'::text])))
);
CREATE FUNCTION barid.outbox_claim_sql(wanted barid.outbox_stream, payload text DEFAULT '%s::jsonb'::text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    part text := '(SELECT %1$s::text AS event_id, %2$s::text AS aggregate_type,
            %3$s::text AS aggregate_id, %4$s::bigint AS aggregate_version,
            %5$s::text AS event_type, %6$s AS payload, %7$s::timestamptz AS occurred_at,
            NULL::text[] AS tags
        FROM %8$s o
        WHERE %9$s IS NULL AND (%2$s::text, %3$s::text) %10$s ($3, $4)
          AND NOT EXISTS (SELECT 1 FROM barid.outbox_stuck s WHERE s.stream = $1
              AND s.aggregate_type = %2$s::text AND s.aggregate_id = %3$s::text
              AND (s.retry_at IS NULL OR s.retry_at > clock_timestamp()))
        ORDER BY %2$s::text, %3$s::text, %4$s LIMIT $2)';
    whole text := '';
BEGIN
    IF wanted.source IS NULL THEN
        RETURN format('SELECT * FROM %s($1, $2)',
                      barid.outbox_function(wanted.shop_schema, 'outbox_claim'));
    END IF;
    FOR turn IN 1 .. 2 LOOP
        whole := whole || CASE turn WHEN 1 THEN '' ELSE ' UNION ALL ' END
            || format(part, barid.outbox_column(wanted.source, 'id'),
                  barid.outbox_column(wanted.source, 'aggregate_type'),
                  barid.outbox_column(wanted.source, 'aggregate_id'),
                  barid.outbox_column(wanted.source, 'version'),
                  barid.outbox_column(wanted.source, 'type'),
                  format(payload, barid.outbox_column(wanted.source, 'payload')),
                  barid.outbox_column(wanted.source, 'occurred_at'),
                  barid.outbox_table(wanted.source),
                  barid.outbox_column(wanted.source, 'delivered_at'),
                  CASE turn WHEN 1 THEN '>' ELSE '<=' END);
    END LOOP;
    RETURN 'SELECT * FROM (' || whole || ') whole LIMIT $2';
END $_$;
CREATE FUNCTION barid.outbox_column(source jsonb, part text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    RETURN format('o.%I'::text, (source ->> part));
CREATE FUNCTION barid.outbox_configure(stream text, options jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
BEGIN
    INSERT INTO barid.outbox_stream AS s (name, shop_schema, target, kind, queue, endpoint,
                                          projection, max_attempts, source)
    SELECT $1, o.shop_schema, o.target, coalesce(o.kind, ''), o.queue, coalesce(o.endpoint, ''),
           coalesce(o.projection, ''), o.max_attempts, o.source
    FROM jsonb_to_record($2) AS o (shop_schema text, target text, kind text, queue text,
        endpoint text, projection text, max_attempts int, source jsonb)
    ON CONFLICT ON CONSTRAINT outbox_stream_pkey DO UPDATE
        SET shop_schema = excluded.shop_schema, target = excluded.target, kind = excluded.kind,
            queue = excluded.queue, endpoint = excluded.endpoint,
            projection = excluded.projection, max_attempts = excluded.max_attempts,
            source = excluded.source, configured_at = now()
        WHERE (s.shop_schema, s.target, s.kind, s.queue, s.endpoint, s.projection,
               s.max_attempts, s.source)
            IS DISTINCT FROM (excluded.shop_schema, excluded.target, excluded.kind,
               excluded.queue, excluded.endpoint, excluded.projection, excluded.max_attempts,
               excluded.source);
    RETURN FOUND;
END $_$;
CREATE FUNCTION barid.outbox_done(wanted barid.outbox_stream, event_ids text[], last_type text, last_id text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    many int;
BEGIN
    IF wanted.source IS NULL THEN
        EXECUTE format('SELECT %s($1, $2)',
                       barid.outbox_function(wanted.shop_schema, 'outbox_ack'))
            INTO many USING wanted.name, event_ids;
        RETURN many;
    END IF;
    EXECUTE format('UPDATE %s o SET %I = clock_timestamp() WHERE %s AND %s IS NULL',
                   barid.outbox_table(wanted.source), wanted.source->>'delivered_at',
                   barid.outbox_ids(wanted.source),
                   barid.outbox_column(wanted.source, 'delivered_at'))
        USING wanted.name, event_ids;
    GET DIAGNOSTICS many = ROW_COUNT;
    DELETE FROM barid.outbox_stuck s WHERE s.stream = wanted.name AND s.event_id = ANY (event_ids);
    INSERT INTO barid.outbox_place AS p (stream, after_type, after_id)
    VALUES (wanted.name, last_type, last_id)
    ON CONFLICT ON CONSTRAINT outbox_place_pkey
        DO UPDATE SET after_type = excluded.after_type, after_id = excluded.after_id;
    RETURN many;
END $_$;
CREATE FUNCTION barid.outbox_failed(wanted barid.outbox_stream, event barid.outbox_event, problem text, retry_at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    answer text := CASE WHEN retry_at IS NULL THEN 'BLOCKED' ELSE 'RETRY' END;
BEGIN
    IF wanted.source IS NULL THEN
        EXECUTE format('SELECT %s($1, $2, $3, $4)',
                       barid.outbox_function(wanted.shop_schema, 'outbox_fail'))
            INTO answer USING wanted.name, event.event_id, problem, retry_at;
        IF answer IS NULL OR answer NOT IN ('RETRY', 'BLOCKED') THEN
            RAISE EXCEPTION '%.outbox_fail answered %, which the contract doesn''t know',
                wanted.shop_schema, coalesce(left(answer, 80), 'nothing') USING ERRCODE = '22023';
        END IF;
        RETURN answer;
    END IF;
    INSERT INTO barid.outbox_stuck AS s (stream, aggregate_type, aggregate_id, event_id,
        aggregate_version, event_type, occurred_at, error, retry_at, blocked_at)
    VALUES (wanted.name, event.aggregate_type, event.aggregate_id, event.event_id,
            event.aggregate_version, event.event_type, event.occurred_at, left(problem, 4000),
            retry_at, CASE WHEN retry_at IS NULL THEN clock_timestamp() END)
    ON CONFLICT ON CONSTRAINT outbox_stuck_pkey DO UPDATE
        SET event_id = excluded.event_id, aggregate_version = excluded.aggregate_version,
            event_type = excluded.event_type, occurred_at = excluded.occurred_at,
            error = excluded.error, retry_at = excluded.retry_at,
            blocked_at = excluded.blocked_at,
            -- What was blocked gets a time from a person: that is no further failure.
            attempts = CASE WHEN s.event_id <> excluded.event_id THEN 1
                            WHEN s.blocked_at IS NOT NULL AND excluded.retry_at IS NOT NULL
                            THEN s.attempts
                            ELSE s.attempts + 1 END;
    RETURN answer;
END $_$;
CREATE FUNCTION barid.outbox_find(stream text) RETURNS barid.outbox_stream
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    wanted barid.outbox_stream;
BEGIN
    SELECT s.* INTO wanted FROM barid.outbox_stream s WHERE s.name = $1;
    IF wanted.name IS NULL THEN
        RAISE EXCEPTION 'there is no stream %', $1 USING ERRCODE = '22023',
            HINT = format('add [outbox.%s] to the configuration of a worker; it is known once that has begun', $1);
    END IF;
    RETURN wanted;
END $_$;
CREATE FUNCTION barid.outbox_function(shop_schema text, function text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    owners boolean;
BEGIN
    SELECT bool_and(p.prosecdef) INTO owners
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = $1 AND p.proname = $2;
    IF owners IS NULL THEN
        RAISE EXCEPTION '%.% is missing', $1, $2 USING ERRCODE = '42883',
            HINT = 'docs/commerce.md has the functions that a shop provides';
    END IF;
    IF NOT owners THEN
        RAISE EXCEPTION '%.% would run with Barid''s rights', $1, $2 USING ERRCODE = '42501',
            HINT = format('ALTER FUNCTION %I.%I SECURITY DEFINER SET search_path = pg_catalog, pg_temp',
                          $1, $2);
    END IF;
    RETURN format('%I.%I', $1, $2);
END $_$;
CREATE FUNCTION barid.outbox_ids(source jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    type text;
BEGIN
    SELECT format_type(a.atttypid, -1) INTO type FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = source->>'schema' AND c.relname = source->>'name'
      AND a.attname = source->>'id' AND NOT a.attisdropped;
    RETURN format('o.%I = ANY ($2::%s[])', source->>'id', coalesce(type, 'text'));
END $_$;
CREATE FUNCTION barid.outbox_jobs_sql(wanted barid.outbox_stream, source text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    RETURN format('INSERT INTO barid.job (run_at, kind, payload, queue, max_attempts, ordering_key, tags)
         SELECT (SELECT clock_timestamp()), %s, %s, %L, %s,
                %L || c.aggregate_type || '':'' || c.aggregate_id,
                CASE WHEN c.tags <> ''{}'' THEN c.tags END
         FROM %s c
         ORDER BY c.aggregate_type COLLATE "C", c.aggregate_id COLLATE "C", c.aggregate_version'::text, CASE WHEN ((wanted).target = 'deliver'::text) THEN quote_literal('http.deliver'::text) WHEN ((wanted).kind <> ''::text) THEN quote_literal((wanted).kind) ELSE 'c.event_type'::text END, ((CASE WHEN ((wanted).target = 'deliver'::text) THEN format('jsonb_build_object(''endpoint'', %L, ''type'', c.event_type, ''data'', '::text, (wanted).endpoint) ELSE ''::text END || format('jsonb_build_object(''stream'', %L, ''event_id'', c.event_id,
                ''type'', c.event_type, ''aggregate_type'', c.aggregate_type,
                ''aggregate_id'', c.aggregate_id, ''version'', c.aggregate_version,
                ''occurred_at'', c.occurred_at, ''data'', c.payload)'::text, (wanted).name)) || CASE WHEN ((wanted).target = 'deliver'::text) THEN ')'::text ELSE ''::text END), (wanted).queue, (wanted).max_attempts, (('outbox:'::text || (wanted).name) || ':'::text), source);
CREATE FUNCTION barid.outbox_json(payload text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN payload::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
END $$;
CREATE FUNCTION barid.outbox_json(payload json) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    RETURN barid.outbox_json((payload)::text);
CREATE FUNCTION barid.outbox_json(payload jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    RETURN payload;
CREATE FUNCTION barid.outbox_prune(stream text, older_than interval, max_events integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
    wanted barid.outbox_stream := barid.outbox_find($1);
    many   int;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1112297802, hashtext($1)) THEN RETURN 0; END IF;
    IF wanted.source IS NULL THEN
        EXECUTE format('SELECT %s($1, $2, $3)',
                       barid.outbox_function(wanted.shop_schema, 'outbox_prune'))
            INTO many USING $1, $2, $3;
        RETURN many;
    END IF;
    EXECUTE format('DELETE FROM %1$s o WHERE o.ctid = ANY (ARRAY(
                        SELECT o.ctid FROM %1$s o WHERE %2$s < clock_timestamp() - $1 LIMIT $2))
                    AND %2$s < clock_timestamp() - $1',
                   barid.outbox_table(wanted.source),
                   barid.outbox_column(wanted.source, 'delivered_at'))
        USING $2, $3;
    GET DIAGNOSTICS many = ROW_COUNT;
    RETURN many;
END $_$;
CREATE FUNCTION barid.outbox_retry(stream text, event_id text, actor text, reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    wanted barid.outbox_stream := barid.outbox_find($1);
    stands record;
    event  barid.outbox_event;
    answer text := 'NOT_BLOCKED';
BEGIN
    PERFORM pg_advisory_xact_lock(1112297802, hashtext($1));
    SELECT b.* INTO stands FROM barid.outbox_blocked($1, 10000) b WHERE b.event_id = $2;
    IF stands.event_id IS NULL THEN RETURN answer; END IF;
    IF stands.job_id IS NOT NULL THEN
        IF barid.retry(stands.job_id) THEN answer := 'RETRY'; END IF;
    ELSE
        event := ROW(stands.event_id, stands.aggregate_type, stands.aggregate_id,
            stands.aggregate_version, stands.event_type, NULL, stands.occurred_at, NULL);
        answer := barid.outbox_failed(wanted, event, stands.error, clock_timestamp());
    END IF;
    IF answer = 'RETRY' THEN
        INSERT INTO barid.outbox_decision (stream, event_id, decision, actor, reason)
        VALUES ($1, $2, 'retry', coalesce($3, ''), coalesce($4, ''));
    END IF;
    RETURN answer;
END $_$;
CREATE FUNCTION barid.outbox_settle(stream text, done text[], last_type text, last_id text, failed jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
    wanted barid.outbox_stream := barid.outbox_find($1);
    failure record;
    many int := 0;
BEGIN
    IF cardinality($2) > 0 THEN
        many := barid.outbox_done(wanted, $2, $3, $4);
        IF many <> cardinality($2) THEN
            RAISE EXCEPTION 'of % events that stream % claimed, % could be acknowledged',
                cardinality($2), $1, many USING ERRCODE = '55000',
                HINT = 'outbox_claim must lock what it returns until the transaction ends';
        END IF;
    END IF;
    FOR failure IN SELECT jsonb_populate_record(NULL::barid.outbox_event, f) AS event,
                          f->>'error' AS error
                   FROM jsonb_array_elements(coalesce($5, '[]')) f LOOP
        PERFORM barid.outbox_failed(wanted, failure.event, failure.error, NULL);
    END LOOP;
    RETURN many;
END $_$;
CREATE FUNCTION barid.outbox_singly(wanted barid.outbox_stream, max_events integer, after_type text, after_id text, OUT events integer, OUT blocked integer) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    claimed barid.outbox_event[];
    event   barid.outbox_event;
    held    text[] := '{}';
    done    text[] := '{}';
    problem text;
    place   text;
BEGIN
    EXECUTE format('SELECT array_agg(ROW(c.event_id, c.aggregate_type, c.aggregate_id,
                        c.aggregate_version, c.event_type, c.payload, c.occurred_at,
                        c.tags)::barid.outbox_event
                        ORDER BY c.aggregate_type, c.aggregate_id, c.aggregate_version)
                    FROM (%s) c', barid.outbox_claim_sql(wanted, 'NULL::jsonb'))
        INTO claimed USING wanted.name, max_events, after_type, after_id;
    events := 0;
    blocked := 0;
    FOREACH event IN ARRAY coalesce(claimed, '{}') LOOP
        place := event.aggregate_type || chr(31) || event.aggregate_id;
        CONTINUE WHEN place = ANY (held);
        problem := NULL;
        BEGIN
            IF wanted.source IS NOT NULL THEN
                EXECUTE format('SELECT %s::jsonb FROM %s o WHERE %s',
                               barid.outbox_column(wanted.source, 'payload'),
                               barid.outbox_table(wanted.source), barid.outbox_ids(wanted.source))
                    INTO event.payload USING wanted.name, ARRAY[event.event_id];
            END IF;
            EXECUTE barid.outbox_jobs_sql(wanted, '(SELECT ($1::barid.outbox_event).*)')
                USING event;
        EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception
                       OR program_limit_exceeded THEN
            problem := format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE);
        END;
        IF problem IS NULL THEN
            done := done || event.event_id;
        ELSE
            PERFORM barid.outbox_failed(wanted, event, problem, NULL);
            held := held || place;
            blocked := blocked + 1;
        END IF;
    END LOOP;
    events := cardinality(done);
    IF events > 0 THEN
        PERFORM barid.outbox_done(wanted, done, after_type, after_id);
    END IF;
END $_$;
CREATE FUNCTION barid.outbox_skip(stream text, event_id text, actor text, reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
    wanted barid.outbox_stream := barid.outbox_find($1);
    answer text := 'NOT_BLOCKED';
    key    text;
BEGIN
    IF btrim(coalesce($3, '')) = '' OR btrim(coalesce($4, '')) = '' THEN
        RAISE EXCEPTION 'who skips the event % of %, and why?', $2, $1 USING ERRCODE = '22023',
            HINT = 'give an actor and a reason: both are kept';
    END IF;
    PERFORM pg_advisory_xact_lock(1112297802, hashtext($1));
    IF wanted.source IS NULL THEN
        EXECUTE format('SELECT %s($1, $2, $3, $4)',
                       barid.outbox_function(wanted.shop_schema, 'outbox_skip'))
            INTO answer USING $1, $2, $3, $4;
        IF answer IS NULL OR answer NOT IN ('SKIPPED', 'NOT_BLOCKED') THEN
            RAISE EXCEPTION '%.outbox_skip answered %, which the contract doesn''t know',
                wanted.shop_schema, coalesce(left(answer, 80), 'nothing') USING ERRCODE = '22023',
                HINT = 'docs/commerce.md has the answers that a function may give';
        END IF;
    ELSE
        DELETE FROM barid.outbox_stuck s
        WHERE s.stream = $1 AND s.event_id = $2 AND s.blocked_at IS NOT NULL;
        IF FOUND THEN
            EXECUTE format('UPDATE %s o SET %I = clock_timestamp() WHERE %s',
                           barid.outbox_table(wanted.source), wanted.source->>'delivered_at',
                           barid.outbox_ids(wanted.source))
                USING $1, ARRAY[$2];
            answer := 'SKIPPED';
        END IF;
    END IF;
    IF answer = 'NOT_BLOCKED' THEN
        SELECT j.ordering_key INTO key FROM barid.outbox_blocked_jobs($1, 10000) j
        WHERE j.event_id = $2;
        IF key IS NOT NULL AND barid.unblock_key(key) THEN
            answer := 'SKIPPED';
        END IF;
    END IF;
    IF answer = 'SKIPPED' THEN
        INSERT INTO barid.outbox_decision (stream, event_id, decision, actor, reason)
        VALUES ($1, $2, 'skip', $3, $4);
    END IF;
    RETURN answer;
END $_$;
CREATE FUNCTION barid.outbox_states() RETURNS TABLE(stream text, target text, pending bigint, oldest timestamp with time zone, blocked bigint, problem text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
#variable_conflict use_column
DECLARE
    wanted barid.outbox_stream;
BEGIN
    FOR wanted IN SELECT s.* FROM barid.outbox_stream s ORDER BY s.name LOOP
        stream := wanted.name;
        target := wanted.target;
        pending := NULL; oldest := NULL; blocked := NULL; problem := NULL;
        BEGIN
            IF wanted.source IS NULL THEN
                EXECUTE format('SELECT * FROM %s($1)',
                               barid.outbox_function(wanted.shop_schema, 'outbox_state'))
                    INTO pending, oldest, blocked USING wanted.name;
            ELSE
                EXECUTE format('SELECT count(*), min(waits.at) FROM (
                        SELECT %s::timestamptz AS at FROM %s o WHERE %s IS NULL LIMIT 10000) waits',
                    barid.outbox_column(wanted.source, 'occurred_at'),
                    barid.outbox_table(wanted.source),
                    barid.outbox_column(wanted.source, 'delivered_at'))
                    INTO pending, oldest;
                SELECT count(*) INTO blocked FROM barid.outbox_stuck s
                WHERE s.stream = wanted.name AND s.blocked_at IS NOT NULL;
            END IF;
            blocked := blocked + (SELECT count(*) FROM barid.ordering_slot s WHERE s.blocked
                AND s.ordering_key COLLATE "C" >= 'outbox:' || wanted.name || ':'
                AND s.ordering_key COLLATE "C" < 'outbox:' || wanted.name || ';');
        EXCEPTION WHEN OTHERS THEN
            problem := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END $_$;
CREATE FUNCTION barid.outbox_step(stream text, max_events integer, OUT outcome text, OUT events integer, OUT blocked integer) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
    wanted  barid.outbox_stream := barid.outbox_find($1);
    place   barid.outbox_place;
    claimed int;
BEGIN
    IF wanted.target = 'projection' THEN
        RAISE EXCEPTION 'the events of % go to a projection', $1 USING ERRCODE = '22023',
            HINT = 'they are taken with barid.outbox_take and given back with barid.outbox_settle';
    END IF;
    outcome := 'relayed';
    events := 0;
    blocked := 0;
    IF NOT pg_try_advisory_xact_lock(1112297802, hashtext($1)) THEN
        outcome := 'busy';
        RETURN;
    END IF;
    SELECT p.* INTO place FROM barid.outbox_place p WHERE p.stream = $1;
    place.after_type := coalesce(place.after_type, '');
    place.after_id := coalesce(place.after_id, '');
    BEGIN
        EXECUTE format('WITH claimed AS MATERIALIZED (%s),
                handed AS (%s RETURNING 1),
                ids AS MATERIALIZED (SELECT array_agg(c.event_id) AS all_of,
                    (array_agg(c.aggregate_type))[count(*)] AS last_type,
                    (array_agg(c.aggregate_id))[count(*)] AS last_id FROM claimed c)
            SELECT coalesce(cardinality(i.all_of), 0),
                   CASE WHEN i.all_of IS NULL OR (SELECT count(*) FROM handed) = 0 THEN 0
                        ELSE barid.outbox_done($5, i.all_of, i.last_type, i.last_id) END
            FROM ids i',
            barid.outbox_claim_sql(wanted), barid.outbox_jobs_sql(wanted, 'claimed'))
            INTO claimed, events
            USING $1, $2, place.after_type, place.after_id, wanted;
        IF claimed <> events THEN
            RAISE EXCEPTION 'of % events that stream % claimed, % could be acknowledged', claimed,
                $1, events USING ERRCODE = '55000',
                HINT = 'outbox_claim must lock what it returns until the transaction ends';
        END IF;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception
                   OR program_limit_exceeded THEN
        SELECT s.events, s.blocked INTO events, blocked
        FROM barid.outbox_singly(wanted, least($2, 200), place.after_type, place.after_id) s;
    END;
END $_$;
CREATE FUNCTION barid.outbox_table(source jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    RETURN format('%I.%I'::text, (source ->> 'schema'::text), (source ->> 'name'::text));
CREATE FUNCTION barid.outbox_take(stream text, max_events integer) RETURNS SETOF barid.outbox_event
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
    place barid.outbox_place;
BEGIN
    SELECT p.* INTO place FROM barid.outbox_place p WHERE p.stream = $1;
    RETURN QUERY EXECUTE format('SELECT c.event_id, c.aggregate_type, c.aggregate_id,
            c.aggregate_version, c.event_type, c.payload, c.occurred_at, c.tags FROM (%s) c
            ORDER BY c.aggregate_type COLLATE "C", c.aggregate_id COLLATE "C", c.aggregate_version',
        barid.outbox_claim_sql(barid.outbox_find($1), 'barid.outbox_json(%s)'))
        USING $1, $2, coalesce(place.after_type, ''), coalesce(place.after_id, '');
END $_$;
CREATE FUNCTION barid.outbox_turn(stream text) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    SELECT pg_try_advisory_xact_lock(1112297802, hashtext($1))
$_$;
CREATE FUNCTION barid.outbox_waits(stream text, since timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
    wanted barid.outbox_stream := barid.outbox_find($1);
    waits  boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %1$s o
            WHERE %2$s IS NULL AND %3$s::timestamptz <= $2
              AND NOT EXISTS (SELECT 1 FROM barid.outbox_stuck s
                  WHERE s.stream = $1 AND s.aggregate_type = %4$s::text
                    AND s.aggregate_id = %5$s::text AND s.blocked_at IS NOT NULL))',
        barid.outbox_table(wanted.source), barid.outbox_column(wanted.source, 'delivered_at'),
        barid.outbox_column(wanted.source, 'occurred_at'),
        barid.outbox_column(wanted.source, 'aggregate_type'),
        barid.outbox_column(wanted.source, 'aggregate_id'))
        INTO waits USING $1, $2;
    RETURN waits;
END $_$;
CREATE FUNCTION barid.parent_outputs(job_id bigint) RETURNS TABLE(parent_id bigint, state text, output jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT p.id, coalesce(h.state::text, l.state::text, 'gone'), h.output
    FROM (SELECT j.after FROM barid.job j WHERE j.id = parent_outputs.job_id
          UNION ALL
          SELECT k.after FROM barid.job_history k WHERE k.id = parent_outputs.job_id) me
    CROSS JOIN LATERAL unnest(me.after) WITH ORDINALITY AS p(id, place)
    LEFT JOIN barid.job_history h ON h.id = p.id
    LEFT JOIN barid.job l ON l.id = p.id
    ORDER BY p.place
$$;
CREATE FUNCTION barid.pass_parents(child bigint, parents bigint[], policy text) RETURNS text
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.pause(queue text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    INSERT INTO barid.queue AS q (name, paused) VALUES (queue, true)
    ON CONFLICT (name) DO UPDATE SET paused = true
$$;
CREATE FUNCTION barid.pause_kind(kind text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
BEGIN
    IF kind IS NULL OR kind !~ '^[a-z0-9][a-z0-9_.-]*$' OR octet_length(kind) > 63 THEN
        RAISE EXCEPTION '"%" is no kind: 1 to 63 of a-z, 0-9, "_", "." and "-"', kind
            USING ERRCODE = '22023';
    END IF;
    INSERT INTO barid.paused_kind (kind) VALUES (kind) ON CONFLICT DO NOTHING;
END $_$;
CREATE FUNCTION barid.pause_schedule(name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    UPDATE barid.schedule s SET paused = true WHERE s.name = pause_schedule.name;
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.payment_again(order_id text, queue text) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.enqueue('payment.reconcile', jsonb_build_object('order', order_id), queue => queue,
                         delay => interval '1 hour', max_attempts => 10,
                         unique_key => 'payment.again:' || order_id, unique_while => 'waiting',
                         tags => ARRAY['order:' || order_id])
$$;
CREATE FUNCTION barid.payment_answered(gateway text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.payment_gateway g SET rests = 0 WHERE g.name = gateway AND g.rests > 0
$$;
CREATE FUNCTION barid.payment_clock() RETURNS timestamp with time zone
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$ SELECT clock_timestamp() $$;
CREATE FUNCTION barid.payment_evidence(order_id text, cause text, verdict text, checked_at timestamp with time zone, attempts jsonb, job_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    subject CONSTANT jsonb := barid.payment_subject(attempts);
    last    barid.payment_check;
    made    bigint;
BEGIN
    IF (cause = 'reconcile' AND verdict IN ('UNPAID', 'UNSURE', 'MISMATCH'))
       OR (cause = 'expire' AND verdict IN ('UNSURE', 'MISMATCH'))
       OR (cause = 'refund' AND verdict = 'MISMATCH') THEN
        SELECT c.* INTO last FROM barid.payment_check c
        WHERE c.order_id = payment_evidence.order_id
          AND barid.payment_subject(c.attempts) = subject
        ORDER BY c.id DESC LIMIT 1;
        -- Nothing follows from a mismatch that is told again: its money is known already.
        IF last.verdict = verdict AND last.attempts = attempts
           AND (last.cause = cause OR verdict <> 'UNPAID')
           AND (last.result IS NULL OR verdict = 'MISMATCH') THEN
            UPDATE barid.payment_check c
            SET times = c.times + 1, checked_at = greatest(c.checked_at, payment_evidence.checked_at)
            WHERE c.id = last.id AND (c.result IS NULL OR verdict = 'MISMATCH')
            RETURNING c.id INTO made;
            IF FOUND THEN RETURN made; END IF;
        END IF;
    END IF;
    INSERT INTO barid.payment_check (order_id, cause, verdict, checked_at, attempts, job_id)
    VALUES (order_id, cause, verdict, checked_at, attempts, job_id) RETURNING id INTO made;
    RETURN made;
END $$;
CREATE FUNCTION barid.payment_gateways() RETURNS TABLE(name text, paused_at timestamp with time zone, paused_why text, rests_until timestamp with time zone, unknown_attempts integer, open_refunds integer, swept_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT g.name, g.paused_at, g.paused_why,
           CASE WHEN g.rests_until > clock_timestamp() THEN g.rests_until END,
           g.unknown_attempts, g.open_refunds, g.swept_at
    FROM barid.payment_gateway g ORDER BY g.name
$$;
CREATE FUNCTION barid.payment_held() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT count(*) FROM (
        SELECT DISTINCT c.order_id FROM barid.payment_check c
        WHERE c.verdict = 'MISMATCH'
          AND (c.result IS NULL OR strpos(c.result, ': MISMATCH') > 0
               OR c.result !~ ': (FLIPPED|ALREADY|LATE_PLACED|REFUND_DUE)')
          AND NOT EXISTS (
              SELECT FROM barid.payment_check n
              WHERE n.order_id = c.order_id
                AND (n.checked_at, n.id) > (c.checked_at, c.id)
                AND (n.cause IN ('person', 'refund')
                     OR EXISTS (SELECT FROM jsonb_array_elements(c.attempts) held,
                                            jsonb_array_elements(n.attempts) later
                                WHERE held ->> 'finding' = 'mismatch'
                                  AND later ->> 'attempt' = held ->> 'attempt')))
        LIMIT 10000) held
$$;
CREATE FUNCTION barid.payment_hint(gateway text, about text, invoice_id text, queue text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    IF about = 'refund' THEN
        RETURN barid.enqueue('payment.refund', '{}', queue => queue, priority => 3,
            delay => interval '1 s', unique_key => 'payment.refund:hint',
            unique_while => 'waiting');
    END IF;
    RETURN barid.enqueue('payment.reconcile',
        jsonb_build_object('gateway', gateway, 'key_type', 'invoice_id', 'key', invoice_id,
                           'cause', 'webhook'),
        queue => queue, priority => 2, delay => interval '1 s', max_attempts => 10,
        unique_key => 'payment.hint:' || gateway || ':' || invoice_id, unique_while => 'waiting');
END $$;
CREATE FUNCTION barid.payment_lane(gateway text, want integer, per_minute integer, OUT granted integer, OUT wait interval, OUT paused_why text, OUT streak integer) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    lane  barid.payment_gateway;
    at    timestamptz;
    rate  CONSTANT double precision := greatest(per_minute, 1) / 60.0;
    burst CONSTANT double precision := greatest(1, rate);
BEGIN
    SELECT g.* INTO lane FROM barid.payment_gateway g WHERE g.name = gateway FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO barid.payment_gateway AS g (name, tokens, refilled_at)
        VALUES (gateway, burst, clock_timestamp())
        ON CONFLICT ON CONSTRAINT payment_gateway_pkey DO NOTHING;
        SELECT g.* INTO lane FROM barid.payment_gateway g WHERE g.name = gateway FOR UPDATE;
    END IF;
    -- Not before our lock was granted: others wrote the row meanwhile.
    at := clock_timestamp();
    granted := 0;
    wait := interval '0';
    streak := lane.rests;
    IF lane.paused_at IS NOT NULL THEN
        paused_why := coalesce(lane.paused_why, 'paused');
        wait := interval '1 minute';
        RETURN;
    END IF;
    IF lane.rests_until > at THEN
        wait := lane.rests_until - at;
        RETURN;
    END IF;
    lane.tokens := least(burst, lane.tokens + rate * greatest(0,
        extract(epoch FROM at - greatest(lane.refilled_at, at - interval '1 minute'))));
    granted := greatest(0, least(want, floor(lane.tokens)::int));
    IF granted = 0 THEN
        wait := make_interval(secs => greatest(0.005, (1 - lane.tokens) / rate));
    END IF;
    UPDATE barid.payment_gateway g
    SET tokens = lane.tokens - granted, refilled_at = at WHERE g.name = gateway;
END $$;
CREATE FUNCTION barid.payment_missing_since(order_id text, attempt_id text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT min(c.created_at) FROM barid.payment_check c
    WHERE c.order_id = payment_missing_since.order_id
      AND c.attempts @> jsonb_build_array(jsonb_build_object('attempt', attempt_id,
                                                             'finding', 'not_found'))
$$;
CREATE FUNCTION barid.payment_pause(gateway text, why text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    INSERT INTO barid.payment_gateway AS g (name, paused_at, paused_why)
    VALUES (gateway, clock_timestamp(), left(why, 120))
    ON CONFLICT (name) DO UPDATE SET paused_at = EXCLUDED.paused_at, paused_why = EXCLUDED.paused_why
    WHERE g.paused_at IS NULL;
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.payment_rest(gateway text, wanted interval) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    INSERT INTO barid.payment_gateway AS g (name, rests, rests_until)
    VALUES (gateway, 1, clock_timestamp()
            + least(greatest(coalesce(wanted, interval '5 s'), interval '0'), interval '1 day'))
    ON CONFLICT (name) DO UPDATE
    SET rests = g.rests + 1, tokens = 0, refilled_at = clock_timestamp(),
        rests_until = greatest(g.rests_until, clock_timestamp() + least(greatest(
            coalesce(wanted, interval '5 s' * least(2 ^ least(g.rests, 10), 60)), interval '0'),
            interval '1 day'))
$$;
CREATE FUNCTION barid.payment_result(id bigint, result text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.payment_check c
    SET result = left(concat_ws('; ', c.result, payment_result.result), 250)
    WHERE c.id = payment_result.id
      AND strpos('; ' || coalesce(c.result, '') || ';', '; ' || payment_result.result || ';') = 0
$$;
CREATE FUNCTION barid.payment_resume(gateway text, actor text, OUT done boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    UPDATE barid.payment_gateway g
    SET paused_at = NULL, paused_why = NULL, rests = 0, rests_until = NULL,
        resumed_at = clock_timestamp(), resumed_by = left(actor, 50)
    WHERE g.name = gateway AND g.paused_at IS NOT NULL;
    done := FOUND;
    IF NOT done AND NOT EXISTS (SELECT FROM barid.payment_gateway g WHERE g.name = gateway) THEN
        RAISE EXCEPTION 'no gateway % was used yet', quote_nullable(left(gateway, 40))
            USING ERRCODE = '22023', HINT = 'gateways are named in [payment.NAME]';
    END IF;
END $$;
CREATE FUNCTION barid.payment_shown(attempts jsonb, shown boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE WHEN shown THEN attempts
           ELSE (SELECT coalesce(jsonb_agg(a - 'problem' - 'transactions' - 'display' ORDER BY n), '[]')
                 FROM jsonb_array_elements(attempts) WITH ORDINALITY e(a, n)) END
$$;
CREATE FUNCTION barid.payment_subject(attempts jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(jsonb_agg(coalesce(a -> 'attempt', a -> 'refund') ORDER BY n), '[]')
    FROM jsonb_array_elements(attempts) WITH ORDINALITY e(a, n)
$$;
CREATE FUNCTION barid.payment_swept(gateway text, unknown integer, refunds integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    INSERT INTO barid.payment_gateway AS g (name, unknown_attempts, open_refunds, swept_at)
    VALUES (gateway, coalesce(unknown, 0), coalesce(refunds, 0), clock_timestamp())
    ON CONFLICT (name) DO UPDATE
    SET unknown_attempts = coalesce(unknown, g.unknown_attempts),
        open_refunds = coalesce(refunds, g.open_refunds), swept_at = clock_timestamp()
$$;
CREATE FUNCTION barid.plan_field(relation regclass, field text, source text, source_column text, format text, target jsonb, write_back text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    base    text;
    en      text;
    ar      text;
    spoken  text := source;
    what    text := format('field %s', field);
BEGIN
    IF length(field) NOT BETWEEN 1 AND 128 THEN
        PERFORM barid.refuse('barid.auto_translate: a field''s name has 1 to 128 characters');
    END IF;
    IF format NOT IN ('text', 'html') THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: the format is text or html, not %s',
                                    what, quote_literal(format)));
    END IF;
    IF jsonb_typeof(coalesce(target, '{}')) <> 'object'
       OR EXISTS (SELECT FROM jsonb_each(coalesce(target, '{}')) e
                  WHERE e.key NOT IN ('en', 'ar') OR jsonb_typeof(e.value) <> 'string') THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: its targets are an object of columns'
                                    ' by language', what), 'For example {"name": {"ar": "nameAr"}}.');
    END IF;
    SELECT c.name INTO base FROM barid.table_columns(relation) c WHERE c.name = field;
    base := barid.text_column(relation, base, what);
    IF write_back <> 'table' THEN
        en := barid.text_column(relation, coalesce(target ->> 'en',
            CASE WHEN write_back <> 'none' OR base IS NULL
                 THEN barid.sibling_column(relation, field, 'en') END), what);
        ar := barid.text_column(relation, coalesce(target ->> 'ar',
            CASE WHEN write_back <> 'none' OR base IS NULL
                 THEN barid.sibling_column(relation, field, 'ar') END), what);
    END IF;
    IF base IS NULL AND en IS NULL AND ar IS NULL THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s has no column %I, and none of it in '
                                    'either language', relation, field),
                             'Names are taken as they are, capitals included.');
    END IF;
    IF source_column IS NOT NULL THEN
        IF base IS NULL OR write_back = 'columns' AND en IS NULL AND ar IS NULL THEN
            PERFORM barid.refuse(format('barid.auto_translate: %s: with a column for the language '
                'there must be the text itself and a column for its translation', what));
        END IF;
        spoken := 'column';
    ELSIF source = 'auto' THEN
        spoken := CASE WHEN base IS NULL AND en IS NOT NULL AND ar IS NOT NULL THEN 'pair'
                       WHEN base IS NULL THEN NULL
                       WHEN en IS NULL AND ar IS NOT NULL THEN 'en'
                       WHEN ar IS NULL AND en IS NOT NULL THEN 'ar' END;
        IF spoken IS NULL THEN
            PERFORM barid.refuse(format('barid.auto_translate: %s: the columns don''t tell which '
                'language is translated', what),
                'Say source => ''en'' or ''ar'', or source_column => a column that tells it.');
        END IF;
    END IF;
    IF spoken = 'en' THEN
        en := coalesce(base, en);
    ELSIF spoken = 'ar' THEN
        ar := coalesce(base, ar);
    END IF;
    IF spoken = 'en' AND en IS NULL OR spoken = 'ar' AND ar IS NULL THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: there is no column with the text in '
                                    'its source language', what));
    END IF;
    IF write_back = 'columns' AND (spoken = 'en' AND ar IS NULL OR spoken = 'ar' AND en IS NULL
                                   OR en = ar) THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: there is no column for its '
            'translation', what),
            'Add one such as name_ar, name it in targets, or say write_back => ''none'' and read '
            || 'barid.translations.');
    END IF;
    RETURN jsonb_build_object('field', field, 'format', format, 'source', spoken, 'base', base,
        'en', en, 'ar', ar,
        'write_en', CASE write_back WHEN 'none' THEN false WHEN 'table' THEN spoken <> 'en'
                    ELSE spoken <> 'en' AND en IS NOT NULL END,
        'write_ar', CASE write_back WHEN 'none' THEN false WHEN 'table' THEN spoken <> 'ar'
                    ELSE spoken <> 'ar' AND ar IS NOT NULL END);
END $$;
CREATE FUNCTION barid.plural_classes(language text, ordinal boolean) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT (CASE WHEN ordinal THEN c.ordinals ELSE c.cardinals END)::text[]
    FROM (VALUES
         ('af ak am asa ast bem bez bg bho brx ce ceb cgg chr ckb da de doi ee el eo et eu fa '
          'ff fi fo fur fy gl gsw ha haw ia is jgo jmc kab kkj kl kn ks ksb ku ky lb lg ln mas '
          'mg mgo ml mn nb nd nl nn nnh no nyn om os pa pcm ps rm rof rwk saq sd seh si sn so '
          'sw ta te teo ti tr tzm ug ur uz vun wae xh xog yi zu',
          '{one,other}', '{other}'),
         ('agq bas bgc bm bo ccp cv dav dje dua dyo dz ebu ewo guz id ig ii ja jv kam kde kea '
          'kgp khq ki kln km ko kok ksf lkt lrc lu luo luy mai mer mfe mgh mi mni mua my mzn '
          'nmg nus qu raj rn rw sa sah sbp ses sg su tg th to tt twq vai wo yav yo yrl yue zgh '
          'zh',
          '{other}', '{other}'),
         ('as bn gu hi or',
          '{one,other}', '{one,two,few,many,other}'),
         ('cs lt pl ru sk',
          '{one,few,many,other}', '{other}'),
         ('fil hu hy ne sv',
          '{one,other}', '{one,other}'),
         ('he naq sat se smn',
          '{one,two,other}', '{other}'),
         ('bs hr shi sr',
          '{one,few,other}', '{other}'),
         ('br gv mt',
          '{one,two,few,many,other}', '{other}'),
         ('dsb hsb sl',
          '{one,two,few,other}', '{other}'),
         ('ksh lag lv',
          '{zero,one,other}', '{other}'),
         ('lo ms vi',
          '{other}', '{one,other}'),
         ('be uk',
          '{one,few,many,other}', '{few,other}'),
         ('en mr',
          '{one,other}', '{one,two,few,other}'),
         ('es pt',
          '{one,many,other}', '{other}'),
         ('ka sq',
          '{one,other}', '{one,many,other}'),
         ('kk sc',
          '{one,other}', '{many,other}'),
         ('ar',
          '{zero,one,two,few,many,other}', '{other}'),
         ('az',
          '{one,other}', '{one,few,many,other}'),
         ('ca',
          '{one,many,other}', '{one,two,few,other}'),
         ('cy',
          '{zero,one,two,few,many,other}', '{zero,one,two,few,many,other}'),
         ('fr',
          '{one,many,other}', '{one,other}'),
         ('ga',
          '{one,two,few,many,other}', '{one,other}'),
         ('gd',
          '{one,two,few,other}', '{one,two,few,other}'),
         ('it',
          '{one,many,other}', '{many,other}'),
         ('kw',
          '{zero,one,two,few,many,other}', '{one,many,other}'),
         ('mk',
          '{one,other}', '{one,two,many,other}'),
         ('ro',
          '{one,few,other}', '{one,other}'),
         ('tk',
          '{one,other}', '{few,other}')
    ) c (languages, cardinals, ordinals)
    WHERE strpos(' ' || c.languages || ' ', ' ' || language || ' ') > 0
$$;
CREATE FUNCTION barid.prepare_run(job_id bigint, lease_token text, max_devices integer DEFAULT 100, override boolean DEFAULT false) RETURNS TABLE(id uuid, user_id text, category text, locale text, title text, body text, image text, data jsonb, options jsonb, template_key text, template_version integer, vars jsonb, texts jsonb, ttl bigint, urgent boolean, collapse boolean, critical boolean, user_locale text, user_tz text, broadcast boolean, email boolean, lanes text[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
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
CREATE FUNCTION barid.present_traceparent() RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    RETURN (SELECT s.setting FROM (SELECT current_setting('barid.traceparent'::text, true) AS current_setting) s(setting) WHERE ((length(s.setting) <= 128) AND (s.setting !~~ 'ff%'::text) AND (s.setting ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$'::text) AND (substr(s.setting, 4, 32) <> repeat('0'::text, 32)) AND (substr(s.setting, 37, 16) <> repeat('0'::text, 16))));
CREATE FUNCTION barid.projection_ask(name text, kind text, payload jsonb, actor text, reason text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    job bigint;
BEGIN
    IF name IS NULL OR name !~ '^[a-z0-9_-]{1,40}$' THEN
        RAISE EXCEPTION 'barid.%: % is no projection''s name', replace(kind, '.', '_'),
                coalesce(quote_literal(left(name, 80)), 'NULL')
            USING ERRCODE = '22023',
                  HINT = 'It is the NAME of [projection.NAME]: 1 to 40 of a-z, 0-9, _ and -.';
    END IF;
    -- One key for both kinds: neither begins while the other is under way.
    job := barid.enqueue(kind, payload, unique_key => 'projection:' || name,
                         tags => ARRAY['projection:' || name]);
    IF (SELECT j.kind FROM barid.job j WHERE j.id = job) <> kind THEN
        RAISE EXCEPTION 'barid.%: job % is at work on %', replace(kind, '.', '_'), job, name
            USING ERRCODE = '55000', HINT = 'Wait until it has ended, or cancel it.';
    END IF;
    INSERT INTO barid.projection_history (projection, action, actor, reason, details)
    VALUES (name, 'asked', actor, reason, jsonb_build_object('kind', kind, 'job', job));
    RETURN job;
END $_$;
CREATE FUNCTION barid.projection_cancel(name text, actor text, reason text DEFAULT ''::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    waiting bigint;
BEGIN
    UPDATE barid.projection p SET cancelled_by = coalesce(p.cancelled_by, actor),
        cancel_reason = coalesce(p.cancel_reason, reason, '')
    WHERE p.name = name AND p.step IS NOT NULL;
    IF FOUND THEN
        PERFORM barid.enqueue('projection.prune', '{}', unique_key => 'projection.prune');
        RETURN true;
    END IF;
    -- One that hasn't begun is a job like any other.
    SELECT j.id INTO waiting FROM barid.job j
    WHERE j.unique_key = 'projection:' || name AND j.kind = 'projection.rebuild'
        AND j.state <> 'running';
    IF waiting IS NULL THEN RETURN false; END IF;
    RETURN barid.cancel(waiting, left(coalesce(reason, ''), 500));
END $$;
CREATE FUNCTION barid.projection_document(name text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    SELECT jsonb_build_object(
        'name', n.name, 'state', coalesce(p.state, 'idle'),
        'active_version', coalesce(p.active_version, 1), 'building_version', p.building_version,
        'kept_version', p.kept_version, 'kept_until', barid.admin_time(p.kept_until),
        'can_roll_back', coalesce(p.can_roll_back AND p.state = 'idle', false),
        'problem', p.problem, 'job_id', p.job_id, 'rows_done', coalesce(p.rows_done, 0),
        'rows_expected', coalesce(p.rows_expected, 0), 'live_rows', p.live_rows,
        'new_rows', p.new_rows, 'started_at', barid.admin_time(p.started_at),
        'finished_at', barid.admin_time(p.finished_at), 'error', p.error,
        'allowed_actions', CASE
            WHEN p.state = 'cancelling' THEN '[]'::jsonb
            WHEN p.state <> 'idle' THEN '["cancel"]'
            WHEN p.can_roll_back THEN '["rebuild", "rollback"]'
            ELSE '["rebuild"]' END,
        'history', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                       'at', barid.admin_time(h.at), 'action', h.action, 'version', h.version,
                       'from_version', h.from_version, 'actor', h.actor, 'reason', h.reason,
                       'error', h.details->>'error') ORDER BY h.id DESC)
            FROM (SELECT x.* FROM barid.projection_history x WHERE x.projection = n.name
                  ORDER BY x.id DESC LIMIT 20) h), '[]'))
    FROM (SELECT $1 AS name) n LEFT JOIN barid.projections p ON p.name = n.name
$_$;
CREATE TABLE barid.projection (
    name text NOT NULL COLLATE pg_catalog."C",
    active_version integer DEFAULT 1 NOT NULL,
    highest_version integer DEFAULT 1 NOT NULL,
    kept_version integer,
    kept_until timestamp with time zone,
    kept_problem text,
    step text,
    building_version integer,
    building_problem text,
    job_id bigint,
    differs boolean DEFAULT false NOT NULL,
    actor text,
    reason text,
    since pg_snapshot,
    cursor text,
    rows_done bigint DEFAULT 0 NOT NULL,
    rows_expected bigint DEFAULT 0 NOT NULL,
    started_at timestamp with time zone,
    filled_at timestamp with time zone,
    cancelled_by text,
    cancel_reason text,
    tries integer DEFAULT 0 NOT NULL,
    live_rows bigint,
    live_hash text,
    new_rows bigint,
    new_hash text,
    finished_at timestamp with time zone,
    error text,
    CONSTRAINT projection_active_version_check CHECK ((active_version > 0)),
    CONSTRAINT projection_check CHECK (((step IS NULL) = (building_version IS NULL))),
    CONSTRAINT projection_check1 CHECK ((kept_version <> active_version)),
    CONSTRAINT projection_check2 CHECK ((building_version <> active_version)),
    CONSTRAINT projection_name_check CHECK ((name ~ '^[a-z0-9_-]{1,40}$'::text)),
    CONSTRAINT projection_step_check CHECK ((step = ANY (ARRAY['draining'::text, 'filling'::text, 'verifying'::text, 'swapping'::text])))
);
CREATE FUNCTION barid.projection_hold(name text, job_id bigint, claim uuid) RETURNS SETOF barid.projection
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    PERFORM pg_advisory_xact_lock(barid.projection_key(name));
    PERFORM FROM barid.job j
    WHERE j.id = job_id AND j.claim_id = claim AND j.state = 'running' FOR KEY SHARE;
    IF NOT FOUND THEN RETURN; END IF;
    INSERT INTO barid.projection (name) VALUES (name) ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT p.* FROM barid.projection p WHERE p.name = name FOR UPDATE;
END $$;
CREATE FUNCTION barid.projection_key(name text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$ SELECT hashtextextended('barid.projection/' || name, 0) $$;
CREATE FUNCTION barid.projection_leave_behind(name text, version integer, problem text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    UPDATE barid.projection p SET
        building_problem = CASE WHEN p.building_version = version
                                THEN coalesce(p.building_problem, left(problem, 1000))
                                ELSE p.building_problem END,
        kept_problem = CASE WHEN p.kept_version = version
                            THEN coalesce(p.kept_problem, left(problem, 1000))
                            ELSE p.kept_problem END
    WHERE p.name = name AND version IN (p.building_version, p.kept_version);
    INSERT INTO barid.projection_history (projection, action, version, details)
    VALUES (name, 'left_behind', version, jsonb_build_object('error', left(problem, 1000)));
END $$;
CREATE FUNCTION barid.projection_prune(name text, retention interval, batch integer DEFAULT 10000) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    WITH old AS (
        SELECT i.event_id FROM barid.projection_inbox i
        WHERE i.projection = $1 AND i.applied_at < now() - $2
        ORDER BY i.applied_at LIMIT $3 FOR UPDATE SKIP LOCKED),
    gone AS (
        DELETE FROM barid.projection_inbox i USING old
        WHERE i.projection = $1 AND i.event_id = old.event_id RETURNING 1)
    SELECT count(*) FROM gone
$_$;
CREATE FUNCTION barid.projection_rebuild(name text, actor text, reason text DEFAULT ''::text, differs boolean DEFAULT false) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    SELECT barid.projection_ask($1, 'projection.rebuild', jsonb_strip_nulls(jsonb_build_object(
        'projection', $1, 'actor', nullif(left($2, 200), ''), 'reason', nullif(left($3, 500), ''),
        'differs', $4)), $2, $3)
$_$;
CREATE FUNCTION barid.projection_rollback(name text, actor text, reason text DEFAULT ''::text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    p barid.projection;
BEGIN
    SELECT x.* INTO p FROM barid.projection x WHERE x.name = name;
    IF p.step IS NOT NULL THEN
        RAISE EXCEPTION 'barid.projection_rollback: % is being rebuilt by job %', name, p.job_id
            USING ERRCODE = '55000', HINT = 'Cancel the rebuild first.';
    END IF;
    IF p.kept_version IS NULL THEN
        RAISE EXCEPTION 'barid.projection_rollback: % has no version to go back to', name
            USING ERRCODE = '55000', HINT = 'It is kept for [projection.NAME] keep_old after a swap.';
    END IF;
    IF p.kept_problem IS NOT NULL THEN
        RAISE EXCEPTION 'barid.projection_rollback: version % of % misses events: %',
                p.kept_version, name, p.kept_problem
            USING ERRCODE = '55000', HINT = 'Rebuild it instead.';
    END IF;
    RETURN barid.projection_ask(name, 'projection.rollback', jsonb_strip_nulls(jsonb_build_object(
        'projection', name, 'version', p.kept_version, 'actor', nullif(left(actor, 200), ''),
        'reason', nullif(left(reason, 500), ''))), actor, reason);
END $$;
CREATE FUNCTION barid.projection_take(name text, events text[]) RETURNS SETOF text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    INSERT INTO barid.projection_inbox (projection, event_id)
    SELECT DISTINCT $1, e COLLATE "C" FROM unnest($2) e ORDER BY 2
    ON CONFLICT DO NOTHING
    RETURNING event_id
$_$;
CREATE FUNCTION barid.projection_versions(name text) RETURNS TABLE(part text, version integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock_shared(barid.projection_key(projection_versions.name));
    IF NOT EXISTS (SELECT FROM barid.projection p WHERE p.name = projection_versions.name) THEN
        INSERT INTO barid.projection (name) VALUES (projection_versions.name)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN QUERY
    SELECT v.part, v.version FROM barid.projection p,
        LATERAL (VALUES (1, 'active', p.active_version),
                 (2, 'building', CASE WHEN p.building_problem IS NULL THEN p.building_version END),
                 (3, 'kept', CASE WHEN p.kept_problem IS NULL THEN p.kept_version END))
            AS v(place, part, version)
    WHERE p.name = projection_versions.name AND v.version IS NOT NULL
    ORDER BY v.place;
END $$;
CREATE FUNCTION barid.translation_today() RETURNS date
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$ SELECT (now() AT TIME ZONE 'UTC')::date $$;
CREATE TABLE barid.provider_state (
    provider text NOT NULL,
    paused_until timestamp with time zone,
    pause_reason text DEFAULT ''::text NOT NULL,
    day date DEFAULT ((now() AT TIME ZONE 'UTC'::text))::date NOT NULL,
    characters bigint DEFAULT 0 NOT NULL,
    budget bigint,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    pause_kind text DEFAULT ''::text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    opened integer DEFAULT 0 NOT NULL,
    probe_until timestamp with time zone,
    CONSTRAINT provider_state_budget_check CHECK ((budget >= 0)),
    CONSTRAINT provider_state_characters_check CHECK ((characters >= 0)),
    CONSTRAINT provider_state_failures_check CHECK ((failures >= 0)),
    CONSTRAINT provider_state_opened_check CHECK ((opened >= 0)),
    CONSTRAINT provider_state_pause_kind_check CHECK ((length(pause_kind) <= 32))
);
CREATE VIEW barid.translation_providers AS
 SELECT p.provider,
        CASE
            WHEN (p.day = barid.translation_today()) THEN p.characters
            ELSE (0)::bigint
        END AS characters_today,
    p.budget AS daily_characters,
    COALESCE((p.paused_until > now()), false) AS paused,
        CASE
            WHEN ((p.paused_until > now()) OR (p.pause_kind <> ''::text)) THEN p.paused_until
            ELSE NULL::timestamp with time zone
        END AS paused_until,
    p.pause_kind,
    p.pause_reason,
    p.failures
   FROM barid.provider_state p;
CREATE FUNCTION barid.provider_item(p barid.translation_providers, may_review boolean) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('name', p.provider, 'paused', p.paused,
        'paused_until', barid.admin_time(p.paused_until), 'pause_kind', nullif(p.pause_kind, ''),
        'pause_reason', nullif(p.pause_reason, ''), 'failures', p.failures,
        'characters_today', p.characters_today, 'daily_characters', p.daily_characters,
        'allowed_actions', CASE WHEN may_review AND (p.paused OR p.pause_kind <> ''
                                                     OR p.failures > 0)
                                THEN '["resume"]'::jsonb ELSE '[]' END)
$$;
CREATE FUNCTION barid.prune_daily(batch integer) RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    keep  barid.notify_retention;
    state barid.notify_upkeep_state;
    seen  bigint[];
    gone  bigint;
    most  bigint := 0;
BEGIN
    SELECT * INTO state FROM barid.notify_upkeep_state;
    IF state.daily_at > now() THEN RETURN 0; END IF;
    SELECT * INTO keep FROM barid.notify_retention;
    seen := ARRAY(SELECT d.id FROM barid.device d WHERE d.id > state.device_cursor
                  ORDER BY d.id LIMIT batch);
    DELETE FROM barid.device d WHERE d.id = ANY (seen)
        AND greatest(d.last_registered_at, d.last_ok_at) < now() - interval '270 days';
    most := cardinality(seen);
    -- A throttle's window has at most 31 days.
    DELETE FROM barid.notify_throttle t WHERE t.ctid = ANY (ARRAY(
        SELECT o.ctid FROM barid.notify_throttle o
        WHERE coalesce(o.sent[cardinality(o.sent)], '-infinity') < now() - interval '31 days'
        LIMIT batch FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    most := greatest(most, gone);
    DELETE FROM barid.digest d WHERE d.id = ANY (ARRAY(
        SELECT o.id FROM barid.digest o WHERE o.closed_at < now() - keep.ledger LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    most := greatest(most, gone);
    DELETE FROM barid.broadcast_user u WHERE u.ctid = ANY (ARRAY(
        SELECT o.ctid FROM barid.broadcast b
        JOIN barid.broadcast_user o ON o.broadcast_id = b.id
        WHERE b.state IN ('done', 'cancelled', 'failed')
          AND coalesce(b.finished_at, b.updated_at) < now() - interval '7 days'
        LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    most := greatest(most, gone);
    -- A broadcast has the texts of its notifications.
    DELETE FROM barid.broadcast b WHERE b.id = ANY (ARRAY(
        SELECT o.id FROM barid.broadcast o
        WHERE o.state IN ('done', 'cancelled', 'failed')
          AND coalesce(o.finished_at, o.updated_at) < now() - greatest(keep.inbox, keep.ledger)
          AND NOT EXISTS (SELECT 1 FROM barid.notification n WHERE n.broadcast_id = o.id)
        LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    most := greatest(most, gone);
    UPDATE barid.notify_upkeep_state
    SET device_cursor = CASE WHEN cardinality(seen) < batch THEN 0 ELSE seen[batch] END,
        daily_at = CASE WHEN most < batch THEN now() + interval '1 day' ELSE daily_at END;
    RETURN most;
END $$;
CREATE FUNCTION barid.prune_history(batch integer DEFAULT 5000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
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
              AND NOT EXISTS (SELECT 1 FROM barid.ordering_slot s
                              WHERE s.ordering_key = h.ordering_key AND s.job_id = h.id
                                AND s.blocked)
            LIMIT batch) o;
        DELETE FROM barid.job_history h WHERE h.id = ANY (ids);
        IF coalesce(cardinality(ids), 0) < batch THEN
            UPDATE barid.prune_cursor c SET done_until = cutoff WHERE c.retention = term;
        END IF;
        total := total + coalesce(cardinality(ids), 0);
    END LOOP;
    RETURN total;
END $$;
CREATE FUNCTION barid.prune_ledger(batch integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
DECLARE
    part record;
    name text;
    gone bigint;
BEGIN
    FOR part IN SELECT p.* FROM barid.ledger_partition p
                WHERE NOT p.emptied AND p.upper_at < now() - interval '1 day'
                    - (SELECT r.ledger FROM barid.notify_retention r)
                ORDER BY p.lower_at LOOP
        CONTINUE WHEN barid.ledger_needed(part.lower_at, part.upper_at);
        FOREACH name IN ARRAY ARRAY['delivery_attempt', 'delivery'] LOOP
            name := name || '_' || barid.ledger_suffix(part.lower_at);
            CONTINUE WHEN to_regclass('barid.' || name) IS NULL;
            EXECUTE format('DELETE FROM barid.%I WHERE ctid = ANY (ARRAY('
                           'SELECT ctid FROM barid.%I LIMIT $1))', name, name) USING batch;
            GET DIAGNOSTICS gone = ROW_COUNT;
            IF gone >= batch THEN RETURN gone; END IF;
        END LOOP;
        UPDATE barid.ledger_partition p SET emptied = true WHERE p.lower_at = part.lower_at;
    END LOOP;
    RETURN 0;
END $_$;
CREATE FUNCTION barid.prune_notifications(batch integer) RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    keep   barid.notify_retention;
    -- Without a ledger before this time.
    begins timestamptz := barid.ledger_begins();
    whole  uuid;
    seen   uuid[];
    gone   bigint;
    most   bigint := 0;
BEGIN
    SELECT * INTO keep FROM barid.notify_retention;
    whole := barid.notify_floor(least(begins, now() - greatest(keep.inbox, keep.ledger)));
    -- With its inbox item.
    DELETE FROM barid.notification n WHERE n.id = ANY (ARRAY(
        SELECT o.id FROM barid.notification o WHERE o.id < whole ORDER BY o.id LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    most := greatest(most, gone);
    DELETE FROM barid.inbox_item i WHERE i.notification_id = ANY (ARRAY(
        SELECT o.notification_id FROM barid.inbox_item o
        WHERE o.notification_id < barid.notify_floor(now() - keep.inbox)
        ORDER BY o.notification_id LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    most := greatest(most, gone);
    DELETE FROM barid.inbox_item i WHERE i.notification_id = ANY (ARRAY(
        SELECT o.notification_id FROM barid.inbox_item o
        WHERE o.archived_at < now() - keep.archived
        ORDER BY o.archived_at LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    most := greatest(most, gone);
    -- Those that are in no inbox, each looked at once, when its ledger has gone.
    seen := ARRAY(
        SELECT n.id FROM barid.notification n, barid.notify_upkeep_state s
        WHERE n.id > s.notification_cursor AND n.id < barid.notify_floor(begins)
        ORDER BY n.id LIMIT batch);
    IF cardinality(seen) > 0 THEN
        DELETE FROM barid.notification n WHERE n.id = ANY (seen)
            AND NOT EXISTS (SELECT 1 FROM barid.inbox_item i WHERE i.notification_id = n.id);
        UPDATE barid.notify_upkeep_state SET notification_cursor = seen[cardinality(seen)];
        most := greatest(most, cardinality(seen));
    END IF;
    DELETE FROM barid.dev_push p WHERE p.at < now() - interval '30 days' AND p.id = ANY (ARRAY(
        SELECT o.id FROM barid.dev_push o ORDER BY o.id LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    most := greatest(most, gone);
    DELETE FROM barid.bounce b WHERE b.id = ANY (ARRAY(
        SELECT o.id FROM barid.bounce o WHERE o.at < now() - interval '90 days'
        ORDER BY o.at LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    most := greatest(most, gone);
    DELETE FROM barid.delivery_run r WHERE r.job_id = ANY (ARRAY(
        SELECT o.job_id FROM barid.delivery_run o
        WHERE o.started_at < now() - interval '1 hour'
          AND NOT EXISTS (SELECT 1 FROM barid.job j WHERE j.id = o.job_id)
        LIMIT batch));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN greatest(most, gone);
END $$;
CREATE FUNCTION barid.prune_payment_checks(keep interval DEFAULT '400 days'::interval, batch integer DEFAULT 5000) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    WITH old AS MATERIALIZED (
        SELECT c.id FROM barid.payment_check c WHERE c.created_at < now() - keep
        ORDER BY c.created_at LIMIT batch FOR UPDATE SKIP LOCKED),
    gone AS (DELETE FROM barid.payment_check c USING old WHERE c.id = old.id RETURNING 1)
    SELECT count(*) FROM gone
$$;
CREATE FUNCTION barid.prune_rest(batch integer DEFAULT 5000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.prune_results(after bigint DEFAULT 0, batch integer DEFAULT 5000, OUT next bigint, OUT pruned bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.prune_schedule_runs(keep interval DEFAULT '7 days'::interval, batch integer DEFAULT 5000) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    WITH gone AS (
        DELETE FROM barid.schedule_run r WHERE (r.schedule, r.fire_at) IN (
            SELECT o.schedule, o.fire_at FROM barid.schedule_run o
            WHERE o.fire_at < clock_timestamp() - keep ORDER BY o.fire_at LIMIT batch
            FOR UPDATE SKIP LOCKED)
        RETURNING 1)
    SELECT count(*) FROM gone
$$;
CREATE FUNCTION barid.publish(topic text, payload jsonb DEFAULT '{}'::jsonb, run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, delay interval DEFAULT NULL::interval, ordering_key text DEFAULT NULL::text, request_id text DEFAULT NULL::text, traceparent text DEFAULT NULL::text, tags text[] DEFAULT NULL::text[]) RETURNS SETOF bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF run_at IS NOT NULL AND delay IS NOT NULL THEN
        RAISE EXCEPTION 'give run_at or delay, not both' USING ERRCODE = '22023';
    END IF;
    RETURN QUERY SELECT barid.publish_many(jsonb_build_array(jsonb_build_object(
        'topic', topic, 'payload', payload, 'run_at', coalesce(run_at, clock_timestamp() + delay),
        'ordering_key', ordering_key, 'request_id', request_id, 'traceparent', traceparent,
        'tags', tags)));
END $$;
CREATE FUNCTION barid.publish_many(messages jsonb) RETURNS SETOF bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    bad bigint;
BEGIN
    IF messages IS NULL OR jsonb_typeof(messages) <> 'array'
       OR jsonb_array_length(messages) > 10000 THEN
        RAISE EXCEPTION 'publish_many takes a JSON array of at most 10,000 messages'
            USING ERRCODE = '22023';
    END IF;
    SELECT n INTO bad FROM jsonb_array_elements(messages) WITH ORDINALITY AS e(message, n)
    WHERE jsonb_typeof(e.message) <> 'object'
       OR coalesce(length(e.message->>'topic') > 255
          OR e.message->>'topic' !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$', true) LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'message %: the topic "%" is not words of A-Z, a-z, 0-9, _ and - with '
            'dots between them, at most 255 characters in all', bad,
            left(messages->(bad::int - 1)->>'topic', 60) USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    WITH input AS MATERIALIZED (
        SELECT e.n, r.*, coalesce(e.message->'payload', '{}') AS payload
        FROM jsonb_array_elements(messages) WITH ORDINALITY AS e(message, n),
             jsonb_to_record(e.message) AS r(topic text, run_at timestamptz, ordering_key text,
                 request_id text, traceparent text, tags text[])
    )
    INSERT INTO barid.job (kind, payload, queue, priority, run_at, max_attempts, ordering_key,
                           request_id, traceparent, tags)
    SELECT s.kind,
           s.payload || CASE WHEN NOT s.merge
                             THEN jsonb_build_object('topic', i.topic, 'message', i.payload)
                             WHEN jsonb_typeof(i.payload) = 'object' THEN i.payload
                             ELSE jsonb_build_object('message', i.payload) END,
           s.queue, s.priority, greatest(i.run_at, clock_timestamp()),
           coalesce(s.max_attempts, q.max_attempts, 10::smallint),
           s.name || ':' || i.ordering_key, i.request_id, i.traceparent, i.tags
    FROM input i
    CROSS JOIN LATERAL (
        SELECT x.* FROM barid.subscription x WHERE NOT x.wild AND x.pattern = i.topic
        UNION ALL
        SELECT x.* FROM barid.subscription x
        WHERE x.wild AND CASE WHEN starts_with('.' || i.topic, x.prefix)
                              THEN '.' || i.topic ~ x.matcher ELSE false END) s
    LEFT JOIN barid.queue q ON q.name = s.queue
    ORDER BY i.n, s.name
    RETURNING job.id;
END $_$;
CREATE FUNCTION barid.publish_translation(entity_type text, entity_id text, field text, lang text, source_hash bytea, text text, provider text, OUT written text, OUT write_error text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    here boolean := barid.note_entity(entity_type, entity_id);
    item barid.translation;
BEGIN
    written := 'moved';
    SELECT * INTO item FROM barid.translation t
    WHERE t.entity_type = publish_translation.entity_type
      AND t.entity_id = publish_translation.entity_id
      AND t.field = publish_translation.field AND t.target_lang = publish_translation.lang
    FOR UPDATE;
    IF NOT FOUND OR item.source_hash IS DISTINCT FROM publish_translation.source_hash
       OR here = false THEN
        RETURN;
    END IF;
    IF item.origin = 'human' THEN
        written := 'human_kept';
        IF item.text_source_hash IS DISTINCT FROM item.source_hash THEN
            UPDATE barid.translation t
            SET state = 'stale', suggestion = publish_translation.text,
                suggestion_hash = item.source_hash
            WHERE (t.entity_type, t.entity_id, t.field, t.target_lang)
                = (item.entity_type, item.entity_id, item.field, item.target_lang);
            -- In the same transaction: a person who empties the field a moment later closes it.
            PERFORM barid.open_review(item, 'human_text_stale',
                'the source of a person''s text has changed', publish_translation.text,
                publish_translation.provider);
            written := 'suggested';
        END IF;
        RETURN;
    END IF;
    written := 'published';
    UPDATE barid.translation t SET
        text = publish_translation.text, text_source_hash = t.source_hash,
        origin = CASE WHEN coalesce(publish_translation.provider, '') = ''
                      THEN 'memory' ELSE 'provider' END,
        provider = nullif(publish_translation.provider, ''), written_by = NULL,
        state = 'published', suggestion = NULL, suggestion_hash = NULL, write_error = NULL,
        updated_at = now()
    WHERE (t.entity_type, t.entity_id, t.field, t.target_lang)
        = (item.entity_type, item.entity_id, item.field, item.target_lang);
    UPDATE barid.translation_review r
    SET state = 'superseded', resolved_at = now(), resolved_by = 'barid'
    WHERE r.entity_type = item.entity_type AND r.entity_id = item.entity_id
      AND r.field = item.field AND r.target_lang = item.target_lang AND r.state = 'open';
    IF here THEN write_error := barid.show_translation(item); END IF;
END $$;
CREATE FUNCTION barid.push_text_bytes() RETURNS integer
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$SELECT 4096 - 250$$;
CREATE FUNCTION barid.queue_depths(max integer, overtaken jsonb) RETURNS TABLE(name text, paused boolean, due bigint, later bigint, running bigint, oldest_due interval, parked bigint, parked_by jsonb, counted_to integer, oldest jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET max_parallel_workers_per_gather TO '0'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    -- From the last queue to the first: a queue's newest entries come last, and are alive.
    WITH RECURSIVE hop (queue, n) AS (
        (SELECT j.queue, 1 FROM barid.job j ORDER BY j.queue DESC LIMIT 1)
        UNION ALL
        SELECT (SELECT j.queue FROM barid.job j WHERE j.queue < hop.queue
                ORDER BY j.queue DESC LIMIT 1), hop.n + 1
        FROM hop WHERE hop.queue IS NOT NULL AND hop.n < 1000
    ), names AS (
        SELECT hop.queue FROM hop WHERE hop.queue IS NOT NULL
        UNION SELECT q.name FROM barid.queue q
    ), bound AS MATERIALIZED (
        SELECT coalesce(max, greatest(100, least(10000, 30000 / greatest(count(*), 1))))::int AS n
        FROM names
    ), held AS MATERIALIZED (
        SELECT j.queue, j.priority, j.run_at, j.id
        FROM (SELECT c.claim_id, unnest(c.job_ids) AS id FROM barid.claim c LIMIT 50000) c
        -- One look-up by id for each, whatever the planner thinks of the number.
        CROSS JOIN LATERAL (SELECT j.queue, j.priority, j.run_at, j.id, j.claim_id, j.state
                            FROM barid.job j WHERE j.id = c.id OFFSET 0) j
        WHERE j.claim_id = c.claim_id AND j.state = 'running'
    ), busy AS MATERIALIZED (
        SELECT h.queue, count(*) AS running FROM held h GROUP BY h.queue
    ), earlier AS MATERIALIZED (
        SELECT o.key AS queue, (o.value->>1)::smallint AS priority,
               (o.value->>2)::timestamptz AS run_at, (o.value->>0)::bigint AS id
        FROM jsonb_each(overtaken) o
    ), front AS MATERIALIZED (
        SELECT f.queue, array_agg(f.priority) AS priorities, array_agg(f.run_at) AS run_ats,
               array_agg(f.id) AS ids
        FROM (SELECT DISTINCT ON (e.queue, e.priority) e.* FROM (
                  SELECT 1 AS choice, h.* FROM held h WHERE overtaken IS NOT NULL
                  UNION ALL SELECT 2, r.* FROM earlier r) e
              ORDER BY e.queue, e.priority, e.choice, e.run_at, e.id) f
        GROUP BY f.queue
    )
    SELECT n.queue, coalesce(q.paused, false),
           greatest(due.count, (overtaker.id IS NOT NULL)::int), later.count,
           coalesce(h.running, 0),
           statement_timestamp() - least(oldest.run_at, overtaker.run_at), parked.count,
           parked.reasons, bound.n,
           CASE WHEN overtaker.run_at < oldest.run_at OR oldest.id IS NULL
                THEN jsonb_build_array(overtaker.id, overtaker.priority, overtaker.run_at)
                ELSE jsonb_build_array(oldest.id, oldest.priority, oldest.run_at) END
    FROM names n
    CROSS JOIN bound
    LEFT JOIN barid.queue q ON q.name = n.queue
    LEFT JOIN busy h ON h.queue = n.queue
    LEFT JOIN front f ON f.queue = n.queue
    LEFT JOIN LATERAL (
        SELECT j.id, j.priority, j.run_at FROM barid.job j
        WHERE j.id = (overtaken->n.queue->>0)::bigint AND j.queue = n.queue AND j.state = 'waiting'
          AND j.run_at <= statement_timestamp()) overtaker ON true
    -- The index is by queue, priority and time: a range for each priority. The newest are counted
    -- first: the dead entries are before the oldest.
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT FROM generate_series(0, 9) p CROSS JOIN LATERAL (
                SELECT FROM barid.job j WHERE j.queue = n.queue AND j.priority = p::smallint
                    AND (j.run_at, j.id) >= (
                        coalesce(f.run_ats[array_position(f.priorities, p::smallint)], '-infinity'),
                        coalesce(f.ids[array_position(f.priorities, p::smallint)], 0))
                    AND j.run_at <= statement_timestamp() AND j.state = 'waiting'
                ORDER BY j.run_at DESC, j.id DESC LIMIT (SELECT b.n FROM bound b)) d
            LIMIT (SELECT b.n FROM bound b)) c) due
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT FROM generate_series(0, 9) p CROSS JOIN LATERAL (
                SELECT FROM barid.job j WHERE j.queue = n.queue AND j.priority = p::smallint
                    AND j.run_at > statement_timestamp() AND j.run_at < 'infinity'
                    AND j.state = 'waiting' LIMIT (SELECT b.n FROM bound b)) d
            LIMIT (SELECT b.n FROM bound b)) c) later
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.count), 0)::bigint AS count,
               coalesce(jsonb_object_agg(r.parked_by, r.count), '{}') AS reasons
        FROM (SELECT c.parked_by, count(*) FROM (
                  SELECT d.parked_by FROM generate_series(0, 9) p CROSS JOIN LATERAL (
                      SELECT j.parked_by FROM barid.job j WHERE j.queue = n.queue
                          AND j.priority = p::smallint AND j.run_at = 'infinity'
                          AND j.state = 'waiting' LIMIT (SELECT b.n FROM bound b)) d
                  LIMIT (SELECT b.n FROM bound b)) c
              GROUP BY c.parked_by) r) parked
    LEFT JOIN LATERAL (
        SELECT d.run_at, d.id, d.priority FROM generate_series(0, 9) p CROSS JOIN LATERAL (
            SELECT j.run_at, j.id, j.priority FROM barid.job j
            WHERE j.queue = n.queue AND j.priority = p::smallint
                AND (j.run_at, j.id) >= (
                    coalesce(f.run_ats[array_position(f.priorities, p::smallint)], '-infinity'),
                    coalesce(f.ids[array_position(f.priorities, p::smallint)], 0))
                AND j.run_at <= statement_timestamp() AND j.state = 'waiting'
            ORDER BY j.run_at, j.id LIMIT 1) d
        ORDER BY d.run_at, d.id LIMIT 1) oldest ON true
    ORDER BY n.queue;
END $$;
CREATE FUNCTION barid.queue_status(max integer DEFAULT NULL::integer) RETURNS TABLE(name text, paused boolean, due bigint, later bigint, running bigint, oldest_due interval, parked bigint, parked_by jsonb, counted_to integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT d.name, d.paused, d.due, d.later, d.running, d.oldest_due, d.parked, d.parked_by,
           d.counted_to
    FROM barid.queue_depths(max, NULL) d ORDER BY d.name
$$;
CREATE FUNCTION barid.quiet_text(dow_mask integer, start_local time without time zone, end_local time without time zone) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE WHEN dow_mask = 127 THEN 'every day' ELSE (
               SELECT string_agg(d.name, ', ' ORDER BY d.n)
               FROM unnest('{mon,tue,wed,thu,fri,sat,sun}'::text[]) WITH ORDINALITY AS d (name, n)
               WHERE dow_mask >> (d.n - 1)::int & 1 = 1) END
           || ' ' || to_char(start_local, 'HH24:MI') || '-' || to_char(end_local, 'HH24:MI')
$$;
CREATE TABLE barid.quiet_hours (
    user_id text NOT NULL,
    no smallint DEFAULT 1 NOT NULL,
    dow_mask smallint DEFAULT 127 NOT NULL,
    start_local time without time zone NOT NULL,
    end_local time without time zone NOT NULL,
    CONSTRAINT quiet_hours_check CHECK ((start_local <> end_local)),
    CONSTRAINT quiet_hours_dow_mask_check CHECK (((dow_mask >= 1) AND (dow_mask <= 127))),
    CONSTRAINT quiet_hours_no_check CHECK (((no >= 1) AND (no <= 7)))
);
CREATE FUNCTION barid.quiet_until(tz text, at timestamp with time zone, windows barid.quiet_hours[]) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    today date := (at AT TIME ZONE tz)::date;
    ends  timestamptz := at;
    day   date;
    w     record;
    upto  timestamptz;
BEGIN
    IF coalesce(cardinality(windows), 0) = 0 THEN RETURN NULL; END IF;
    -- By their starts: whatever begins before the end found so far may move it on.
    FOR n IN -1 .. 10 LOOP
        day := today + n;
        EXIT WHEN n > 0 AND day > (ends AT TIME ZONE tz)::date;
        FOR w IN SELECT q.start_local, q.end_local FROM unnest(windows) q
                 WHERE q.dow_mask >> (extract(isodow FROM day)::int - 1) & 1 = 1
                 ORDER BY q.start_local
        LOOP
            CONTINUE WHEN barid.local_instant(tz, day + w.start_local, false) > ends;
            upto := barid.local_instant(
                tz, day + w.end_local
                    + CASE WHEN w.end_local <= w.start_local THEN interval '1 day'
                           ELSE interval '0' END, true);
            ends := greatest(ends, upto);
        END LOOP;
    END LOOP;
    RETURN nullif(ends, at);
END $$;
CREATE FUNCTION barid.read_message(content text, place text, locale text, OUT min_bytes integer, OUT plain boolean, OUT uses jsonb) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    white  constant text := E'[\\t-\\r \\u0085\\u200e\\u200f\\u2028\\u2029]*';
    naming constant text := 'A variable is {name}: a letter, then letters, digits and underscores.'
                            ' A brace that is meant as one is written ''{'' or ''}''.';
    tokens text[];
    count  int;
    i      int := 1;      -- the token
    pos    int := 1;      -- its first character
    start  int;
    spot   int;           -- where a branch's word begins
    token  text;
    after  text;
    head   text;
    words  text;          -- what stands before a branch's brace; NULL: not at that place
    parts  text[];
    style  text;
    depth  int := 0;
    kinds  text[] := '{}';
    names  text[] := '{}';
    begins int[] := '{}';
    seen   jsonb[] := '{}';
    best   int[] := '{}';
    sizes  int[] := '{0}';
    args   int := 0;
    found_uses jsonb[] := '{}';
BEGIN
    plain := true;
    tokens := ARRAY(SELECT m[1] FROM regexp_matches(content, '([^{}'']+|[{}''])', 'g') m);
    count := cardinality(tokens);
    WHILE i <= count LOOP
        token := tokens[i];
        after := tokens[i + 1];
        words := NULL;
        IF token = '''' THEN
            IF after = '''' THEN
                sizes[depth + 1] := sizes[depth + 1] + 1;
                i := i + 2; pos := pos + 2;
            ELSIF after IN ('{', '}')
                  OR left(after, 1) = '#' AND kinds[depth] IN ('plural', 'selectordinal') THEN
                start := pos;
                i := i + 1; pos := pos + 1;
                LOOP
                    IF i > count THEN
                        PERFORM barid.refuse_text(place, start,
                            'an apostrophe before a brace quotes all that follows',
                            'End the quoted text with another apostrophe; '
                            'write '''' for a plain one.');
                    END IF;
                    IF tokens[i] = '''' AND tokens[i + 1] IS DISTINCT FROM '''' THEN EXIT; END IF;
                    sizes[depth + 1] := sizes[depth + 1] + octet_length(tokens[i]);
                    IF tokens[i] = '''' THEN i := i + 1; pos := pos + 1; END IF;
                    pos := pos + char_length(tokens[i]);
                    i := i + 1;
                END LOOP;
                i := i + 1; pos := pos + 1;
            ELSE
                sizes[depth + 1] := sizes[depth + 1] + 1;
                i := i + 1; pos := pos + 1;
            END IF;
        ELSIF token = '{' THEN
            args := args + 1;
            start := pos;
            i := i + 1; pos := pos + 1;
            head := '';
            IF i <= count AND tokens[i] NOT IN ('{', '}', '''') THEN
                head := tokens[i];
                i := i + 1; pos := pos + char_length(head);
            END IF;
            after := tokens[i];
            parts := regexp_match(head, '^' || white || '([A-Za-z][A-Za-z0-9_]{0,63})' || white
                || '(?:,' || white || '([A-Za-z]+)' || white || '(?:,(.*))?)?$');
            IF args > 100 THEN
                PERFORM barid.refuse_text(place, start, 'a text has at most 100 {…}',
                                          'Make it shorter, or two templates.');
            END IF;
            IF parts IS NULL OR after IS NULL OR after = ''''
               OR after = '{' AND coalesce(parts[2], '')
                                  NOT IN ('plural', 'selectordinal', 'select') THEN
                PERFORM barid.refuse_text(place, start,
                    CASE WHEN after IS NULL
                    THEN format('"{%s" opens a brace that is never closed', left(head, 60))
                    ELSE format('"{%s%s" has a brace that is not part of a {variable}',
                                left(head, 60), left(after, 1)) END, naming);
            END IF;
            style := regexp_replace(parts[3], '^' || white || '|' || white || '$', '', 'g');
            IF parts[2] IS NULL OR parts[2] IN ('number', 'date', 'time') THEN
                IF style IS NOT NULL AND NOT barid.known_style(parts[2], style) THEN
                    PERFORM barid.refuse_text(place, start,
                        format('{%s, %s} has the style "%s", which is not known', parts[1],
                               parts[2], left(style, 60)),
                        CASE parts[2] WHEN 'number'
                        THEN 'Known are integer, percent, currency, and skeletons such as '
                             '::currency/SAR, ::.00, ::compact-short.'
                        ELSE 'Known are short, medium, long, full, and skeletons such as '
                             '::yMMMd or ::jm.' END);
                END IF;
                IF parts[2] IS NOT NULL THEN
                    plain := false;
                    sizes[depth + 1] := sizes[depth + 1] + 1;
                END IF;
                found_uses := found_uses || jsonb_build_object('name', parts[1], 'kind',
                    coalesce(parts[2], 'value'), 'style', style, 'at', start);
                i := i + 1; pos := pos + 1;
            ELSIF parts[2] IN ('plural', 'selectordinal', 'select') THEN
                IF depth >= 4 THEN
                    PERFORM barid.refuse_text(place, start, 'plurals and selects stand inside one '
                        'another 5 times, at most 4 are possible', 'Say it in simpler sentences.');
                END IF;
                depth := depth + 1;
                kinds[depth] := parts[2];
                names[depth] := parts[1];
                begins[depth] := start;
                seen[depth] := '[]';
                best[depth] := NULL;
                plain := false;
                words := coalesce(parts[3], '');
                found_uses := found_uses || jsonb_build_object('name', parts[1], 'kind', parts[2],
                    'at', start);
                IF parts[2] <> 'select' THEN
                    parts := regexp_match(words, '^' || white || 'offset:' || white
                                                 || E'[0-9]{1,4}(?=[\\t-\\r ])(.*)$');
                    words := coalesce(parts[1], words);
                END IF;
            ELSE
                PERFORM barid.refuse_text(place, start,
                    format('{%s, %s} is not supported', parts[1], left(parts[2], 30)),
                    'Supported are number, date, time, plural, selectordinal and select, in '
                    'small letters.');
            END IF;
        ELSIF token = '}' THEN
            IF depth = 0 THEN
                PERFORM barid.refuse_text(place, pos,
                    '"}" is a brace that is not part of a {variable}', naming);
            END IF;
            best[depth] := least(best[depth], sizes[depth + 1]);
            i := i + 1; pos := pos + 1;
            words := '';
            IF i <= count AND tokens[i] NOT IN ('{', '}', '''') THEN
                words := tokens[i];
                i := i + 1; pos := pos + char_length(words);
            END IF;
        ELSE
            IF kinds[depth] = 'select' AND strpos(token, '#') > 0
               AND kinds && '{plural,selectordinal}'::text[] THEN
                PERFORM barid.refuse_text(place, pos + strpos(token, '#') - 1,
                    format('"#" is no number inside {%s, select}', names[depth]),
                    'Write the number as {name}, or put the select around the plural.');
            END IF;
            sizes[depth + 1] := sizes[depth + 1] + octet_length(token);
            i := i + 1; pos := pos + char_length(token);
        END IF;
        CONTINUE WHEN words IS NULL;
        -- Before a branch, or at the end of its plural or select.
        after := tokens[i];
        spot := pos - char_length(regexp_replace(words, '^' || white, ''));
        words := regexp_replace(words, '^' || white || '|' || white || '$', '', 'g');
        IF after IS NULL THEN
            PERFORM barid.refuse_text(place, begins[depth],
                format('{%s, %s is not closed', names[depth], kinds[depth]),
                'Each branch is a word and a {text}; one more "}" ends them all.');
        ELSIF after = '}' AND words = '' THEN
            IF NOT seen[depth] ? 'other' THEN
                PERFORM barid.refuse_text(place, begins[depth],
                    format('{%s, %s} lacks "other"', names[depth], kinds[depth]),
                    'Add other {…}: what is said when no other branch fits.');
            END IF;
            depth := depth - 1;
            sizes[depth + 1] := sizes[depth + 1] + best[depth + 1];
            kinds := kinds[:depth];
        ELSIF after = '{' THEN
            IF kinds[depth] = 'select' THEN
                IF words !~ '^[A-Za-z0-9_]{1,64}$' THEN
                    PERFORM barid.refuse_text(place, spot,
                        format('"%s" can''t be a branch of {%s, select}', left(words, 60),
                               names[depth]),
                        'A branch is one word of letters, digits and underscores, then {text}.');
                END IF;
            ELSIF words !~ '^=[0-9]{1,9}$' AND NOT words = ANY (barid.plural_classes(
                      lower(split_part(locale, '-', 1)), kinds[depth] = 'selectordinal')) THEN
                PERFORM barid.refuse_text(place, spot,
                    format('"%s" can''t be a branch of {%s, %s} in "%s"', left(words, 60),
                           names[depth], kinds[depth], locale),
                    format('The classes of this language are %s; =N is for one number.',
                           array_to_string(barid.plural_classes(lower(split_part(locale, '-', 1)),
                               kinds[depth] = 'selectordinal'), ', ')));
            END IF;
            IF seen[depth] ? words OR jsonb_array_length(seen[depth]) >= 32 THEN
                PERFORM barid.refuse_text(place, spot,
                    CASE WHEN seen[depth] ? words
                    THEN format('{%s, %s} has the branch "%s" twice', names[depth], kinds[depth],
                                words)
                    ELSE format('{%s, %s} has more than 32 branches', names[depth],
                                kinds[depth]) END, 'Keep one of them.');
            END IF;
            seen[depth] := seen[depth] || to_jsonb(words);
            sizes[depth + 1] := 0;
        ELSE
            PERFORM barid.refuse_text(place, spot,
                format('{%s, %s} has "%s" without a {text}', names[depth], kinds[depth],
                       left(words, 60)),
                'Each branch is a word and a {text}: one {…} other {…}.');
        END IF;
        i := i + 1; pos := pos + 1;
    END LOOP;
    IF depth > 0 THEN
        PERFORM barid.refuse_text(place, begins[depth],
            format('{%s, %s is not closed', names[depth], kinds[depth]),
            'Each branch is a word and a {text}; one more "}" ends them all.');
    END IF;
    min_bytes := sizes[1];
    uses := to_jsonb(found_uses);
END $_$;
CREATE FUNCTION barid.record_auto_translation(relation regclass, entity_type text, id_column text, fields jsonb, write_back text, translations jsonb, queue text, delay interval, actor text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    home text;
    name text;
    rows_function text := barid.attached_name(relation, 'rows');
    write_function text := barid.attached_name(relation, 'write');
BEGIN
    SELECT n.nspname, c.relname INTO home, name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    IF (SELECT count(*) FROM pg_proc p JOIN pg_class c ON c.oid = relation
        WHERE p.pronamespace = c.relnamespace AND p.proowner = c.relowner AND p.prosecdef
          AND p.proname IN (rows_function, write_function)) <> 2 THEN
        RAISE EXCEPTION 'barid.auto_translate: only the owner of % attaches it', relation
            USING ERRCODE = '42501';
    END IF;
    IF EXISTS (SELECT FROM barid.auto_translation a WHERE a.entity_type = entity_type
               AND (a.table_schema, a.table_name) IS DISTINCT FROM (home, name)
               AND to_regclass(format('%I.%I', a.table_schema, a.table_name)) IS NOT NULL) THEN
        PERFORM barid.refuse(format('barid.auto_translate: the entity type %s belongs to another '
            'table', quote_literal(entity_type)), 'Give entity_type => another name.');
    END IF;
    DELETE FROM barid.auto_translation a
    WHERE a.entity_type = entity_type OR a.table_schema = home AND a.table_name = name;
    INSERT INTO barid.auto_translation (
        entity_type, table_schema, table_name, id_column, fields, write_back, translations,
        rows_function, write_function, queue, delay, attached_by)
    VALUES (entity_type, home, name, id_column, fields, write_back, translations,
            format('%I.%I', home, rows_function), format('%I.%I', home, write_function),
            queue, delay, actor);
END $$;
CREATE FUNCTION barid.record_bounce(address text, kind text, detail text DEFAULT NULL::text, message_id text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    given text := lower(btrim(address, E' \t\r\n<>'));
    cause text;
    note  text := left(detail, 500);
BEGIN
    IF given IS NULL THEN RETURN false; END IF;
    IF octet_length(given) NOT BETWEEN 3 AND 320 OR strpos(given, '@') = 0 THEN
        RAISE EXCEPTION 'address must be an e-mail address of 3 to 320 bytes'
            USING ERRCODE = '22023';
    END IF;
    IF kind IS NULL OR kind NOT IN ('hard', 'soft', 'complaint') THEN
        RAISE EXCEPTION 'kind must be hard, soft or complaint, not %',
            quote_nullable(left(kind, 40)) USING ERRCODE = '22023';
    END IF;
    IF octet_length(message_id) > 998 THEN
        RAISE EXCEPTION 'message_id must have at most 998 bytes' USING ERRCODE = '22023';
    END IF;
    INSERT INTO barid.bounce (address, kind, detail, message_id, notification_id)
    VALUES (given, kind, note, message_id,
            substring(message_id FROM '^<?([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}'
                                      '-[0-9a-f]{12})(?:@[^<>]*>?)?$')::uuid)
    ON CONFLICT ON CONSTRAINT bounce_address_kind_message_id_key DO NOTHING;
    cause := CASE kind WHEN 'hard' THEN 'bounce' WHEN 'complaint' THEN 'complaint' ELSE
        (SELECT 'bounce' FROM barid.bounce b
         WHERE b.address = given AND b.kind = 'soft' AND b.counts
           AND b.at > now() - interval '30 days'
         HAVING count(*) >= 5) END;
    IF cause IS NOT NULL THEN
        INSERT INTO barid.suppression AS s (channel, address, reason, detail)
        VALUES ('email', given, cause, note)
        ON CONFLICT ON CONSTRAINT suppression_pkey DO NOTHING;
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT 1 FROM barid.suppression s
                   WHERE s.channel = 'email' AND s.address = given);
END $_$;
CREATE FUNCTION barid.record_report(message_id text, kind text, address text DEFAULT NULL::text, detail text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    given  uuid := substring(left(record_report.message_id, 998) FROM
        '^<?([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})@[^<>]*>?$')::uuid;
    reader text;
BEGIN
    SELECT k.address INTO reader
    FROM barid.notification n
    JOIN barid.contact k ON k.user_id = n.user_id AND k.channel = 'email'
    WHERE n.id = given
      AND EXISTS (SELECT 1 FROM barid.delivery d
                  WHERE d.notification_id = n.id AND d.channel = 'email' AND d.attempts > 0)
      AND lower(k.address) = lower(coalesce(record_report.address, k.address));
    IF reader IS NULL THEN RETURN 'ignored'; END IF;
    RETURN CASE WHEN barid.record_bounce(reader, record_report.kind, record_report.detail,
                                         record_report.message_id)
                THEN 'suppressed' ELSE 'noted' END;
END $_$;
CREATE FUNCTION barid.redact(payload jsonb, keys text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
BEGIN
    IF payload IS NULL OR keys IS NULL OR NOT barid.may_hold(payload, keys) THEN
        RETURN payload;
    END IF;
    RETURN barid.redact_value(payload, keys, 1);
END $$;
CREATE FUNCTION barid.redact_value(value jsonb, keys text[], depth integer) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
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
CREATE FUNCTION barid.redrive(filter jsonb, max integer DEFAULT 1000, per_second numeric DEFAULT NULL::numeric, preview boolean DEFAULT false, to_queue text DEFAULT NULL::text, start timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(matched bigint, changed bigint, skipped bigint, more boolean, last_id bigint, total bigint, next_start timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
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
END $_$;
CREATE FUNCTION barid.refilled(tokens double precision, refilled_at timestamp with time zone, rate integer, period interval, burst integer) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$
    SELECT least(coalesce(burst, rate)::double precision, tokens + greatest(0,
        extract(epoch FROM clock_timestamp() - refilled_at)) * rate / extract(epoch FROM period))
$$;
CREATE FUNCTION barid.refuse(problem text, remedy text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF remedy IS NULL THEN RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = problem; END IF;
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = problem, HINT = remedy;
END $$;
CREATE FUNCTION barid.refuse_text(place text, at integer, problem text, hint text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION '%, character %: %', place, at, problem USING ERRCODE = '22023', HINT = hint;
END $$;
CREATE FUNCTION barid.register_device(user_id text, target text, platform text, project text DEFAULT 'default'::text, target_kind text DEFAULT 'token'::text, app_version text DEFAULT NULL::text, locale text DEFAULT NULL::text, tz text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    device_id bigint;
BEGIN
    IF register_device.platform IS NULL
       OR register_device.platform NOT IN ('android', 'ios', 'web') THEN
        RAISE EXCEPTION 'platform must be android, ios or web' USING ERRCODE = '22023';
    END IF;
    IF register_device.target_kind IS NULL
       OR register_device.target_kind NOT IN ('token', 'fid') THEN
        RAISE EXCEPTION 'target_kind must be token or fid' USING ERRCODE = '22023';
    END IF;
    IF register_device.target IS NULL
       OR octet_length(register_device.target) NOT BETWEEN 1 AND 2048 THEN
        RAISE EXCEPTION 'target must have 1 to 2048 bytes' USING ERRCODE = '22023';
    END IF;
    IF register_device.project IS NULL
       OR octet_length(register_device.project) NOT BETWEEN 1 AND 64 THEN
        RAISE EXCEPTION 'project must have 1 to 64 bytes' USING ERRCODE = '22023';
    END IF;
    PERFORM barid.upsert_user(register_device.user_id, register_device.locale, register_device.tz);
    INSERT INTO barid.device AS d (user_id, project, target_kind, target, platform, app_version)
    VALUES (register_device.user_id, register_device.project, register_device.target_kind,
            register_device.target, register_device.platform,
            left(register_device.app_version, 100))
    ON CONFLICT ON CONSTRAINT device_project_target_kind_target_key DO UPDATE
        SET user_id = EXCLUDED.user_id,
            platform = EXCLUDED.platform,
            app_version = coalesce(EXCLUDED.app_version, d.app_version),
            state = 'active', state_reason = NULL, strikes = 0, first_strike_at = NULL,
            last_registered_at = greatest(clock_timestamp(),
                                          d.last_registered_at + interval '1 microsecond')
    RETURNING d.id INTO device_id;
    RETURN device_id;
END
$$;
CREATE FUNCTION barid.reject_translation(review_id bigint, reason text DEFAULT NULL::text, actor text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF length(reject_translation.reason) > 2000 THEN
        PERFORM barid.refuse('barid.reject_translation: reason may have at most 2,000 characters');
    END IF;
    UPDATE barid.translation_review r
    SET state = 'rejected', resolved_at = now(), note = reject_translation.reason,
        resolved_by = left(coalesce(reject_translation.actor, session_user), 256)
    WHERE r.id = reject_translation.review_id AND r.state = 'open';
    RETURN FOUND;
END
$$;
CREATE FUNCTION barid.release_session_locks(before text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    held text;
    part bigint[];
    own  boolean;
BEGIN
    FOREACH held IN ARRAY barid.session_locks() LOOP
        CONTINUE WHEN held = ANY (before);
        part := (string_to_array(held, ' '))[:3]::bigint[];
        LOOP
            -- A key of 64 bits is kept in two halves, as the two keys of 32 bits are.
            own := CASE
                WHEN part[3] = 1 AND held LIKE '%ExclusiveLock' THEN
                    pg_advisory_unlock(part[1] << 32 | part[2])
                WHEN part[3] = 1 THEN pg_advisory_unlock_shared(part[1] << 32 | part[2])
                WHEN held LIKE '%ExclusiveLock' THEN
                    pg_advisory_unlock(part[1]::bit(32)::int, part[2]::bit(32)::int)
                ELSE pg_advisory_unlock_shared(part[1]::bit(32)::int, part[2]::bit(32)::int) END;
            EXIT WHEN NOT own OR held <> ALL (barid.session_locks());
        END LOOP;
    END LOOP;
END $$;
CREATE FUNCTION barid.remove_term(term text, source_lang text DEFAULT 'en'::text, target_lang text DEFAULT 'ar'::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM barid.term t
    WHERE t.source_lang = remove_term.source_lang AND t.target_lang = remove_term.target_lang
      AND t.term = barid.clean_term('term', remove_term.term);
    RETURN FOUND;
END
$$;
CREATE FUNCTION barid.render_message(content text, locale text, vars jsonb, schema jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    tokens text[] := ARRAY(SELECT m[1]
                           FROM regexp_matches(content, '([^{}'']+|[{}''])', 'g') m);
    i      int := 1;
    shown  text := '';
    name   text;
    quoted boolean := false;
    white  constant text := E'[\\t-\\r \\u0085\\u200e\\u200f\\u2028\\u2029]*';
BEGIN
    WHILE i <= cardinality(tokens) LOOP
        IF tokens[i] = '''' THEN
            IF tokens[i + 1] = '''' THEN
                shown := shown || '''';
                i := i + 1;
            ELSIF quoted THEN
                quoted := false;
            ELSIF tokens[i + 1] IN ('{', '}') THEN
                quoted := true;
            ELSE
                shown := shown || '''';
            END IF;
        ELSIF tokens[i] = '{' AND NOT quoted THEN
            name := (regexp_match(tokens[i + 1], '^' || white || '([A-Za-z][A-Za-z0-9_]*)'
                                                 || white || '$'))[1];
            IF name IS NULL OR schema -> name ->> 'type' IS DISTINCT FROM 'string' THEN
                RETURN NULL;
            END IF;
            IF jsonb_typeof(vars -> name) = 'string'
               OR jsonb_typeof(vars -> name) = 'number' AND vars ->> name ~ '^-?[0-9]{1,15}$' THEN
                shown := shown || barid.isolate(vars ->> name, locale);
            ELSIF (schema -> name ->> 'required')::boolean
                  OR coalesce(vars -> name, 'null') <> 'null' THEN
                RETURN NULL;
            END IF;
            i := i + 2;
        ELSE
            shown := shown || tokens[i];
        END IF;
        i := i + 1;
    END LOOP;
    RETURN shown;
END $_$;
CREATE FUNCTION barid.render_plain(template text, version integer, wanted_locale text, fallback text, vars jsonb, OUT locale text, OUT title text, OUT body text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    chosen record;
    tag    text;
    wish   text;
    chose  boolean := false;
    pool   text[] := '{*,push}';
BEGIN
    IF render_plain.version IS NULL THEN
        SELECT max(t.version) INTO render_plain.version FROM barid.template t
        WHERE t.key = render_plain.template;
    END IF;
    -- An e-mail's text serves when there is no other.
    IF NOT EXISTS (SELECT FROM barid.template t
                   WHERE t.key = render_plain.template AND t.version = render_plain.version
                     AND t.channel = ANY (pool)) THEN
        pool := '{email}';
    END IF;
    -- The chain is ar-EG, ar, en: of each tag the same, or any region of a bare language.
    <<chain>>
    FOREACH tag IN ARRAY ARRAY[wanted_locale, fallback] LOOP
        wish := lower(replace(tag, '_', '-'));
        WHILE wish <> '' LOOP
            SELECT t.* INTO chosen FROM barid.template t
            WHERE t.key = render_plain.template AND t.version = render_plain.version
              AND t.channel = ANY (pool)
              AND (lower(t.locale) = wish
                   OR strpos(wish, '-') = 0 AND lower(split_part(t.locale, '-', 1)) = wish)
            ORDER BY lower(t.locale) <> wish, t.channel <> '*', t.locale COLLATE "C" LIMIT 1;
            chose := FOUND;
            EXIT chain WHEN chose;
            wish := CASE WHEN strpos(wish, '-') > 0
                         THEN regexp_replace(wish, '-[^-]*$', '') ELSE '' END;
        END LOOP;
    END LOOP;
    IF NOT chose THEN
        SELECT t.* INTO chosen FROM barid.template t
        WHERE t.key = render_plain.template AND t.version = render_plain.version
          AND t.channel = ANY (pool)
        ORDER BY t.channel <> '*', t.locale COLLATE "C" LIMIT 1;
        IF NOT FOUND THEN RETURN; END IF;
    END IF;
    title := barid.render_message(chosen.title, chosen.locale, coalesce(vars, '{}'),
                                  chosen.variables);
    body := barid.render_message(chosen.body, chosen.locale, coalesce(vars, '{}'),
                                 chosen.variables);
    IF title IS NULL OR body IS NULL THEN
        title := NULL;
        body := NULL;
    ELSE
        locale := chosen.locale;
    END IF;
END $_$;
CREATE FUNCTION barid.request_payment_check(order_id text, queue text DEFAULT NULL::text, request_id text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    place text := coalesce(queue, (SELECT s.queue FROM barid.schedule s
                                   WHERE s.name = 'payment-reconcile'), 'default');
BEGIN
    IF order_id IS NULL OR octet_length(order_id) NOT BETWEEN 1 AND 128 THEN
        RAISE EXCEPTION 'an order''s id has 1 to 128 bytes' USING ERRCODE = '22023';
    END IF;
    RETURN barid.enqueue('payment.reconcile',
        jsonb_build_object('order', order_id, 'cause', 'person'), queue => place, priority => 2,
        max_attempts => 5, unique_key => 'payment.check:' || order_id, unique_while => 'waiting',
        request_id => request_id, tags => ARRAY['order:' || order_id]);
END $$;
CREATE FUNCTION barid.requeue_claim(claim uuid, job_ids bigint[], worker text, reason text, refund boolean) RETURNS SETOF bigint
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.reschedule(id bigint, run_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.move_jobs(ARRAY[id], 'reschedule', barid.check_start(run_at), NULL, NULL,
                           true) <> '{}'
$$;
CREATE FUNCTION barid.rescue(worker bigint, seen bigint) RETURNS SETOF bigint
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.resend(request_key text, reason text, mode text, filter jsonb, override boolean DEFAULT false, content text DEFAULT 'frozen'::text, include_accepted boolean DEFAULT false, actor text DEFAULT NULL::text, queue text DEFAULT 'default'::text, priority integer DEFAULT 5, OUT id bigint, OUT created boolean, OUT notifications bigint, OUT deliveries bigint, OUT jobs bigint[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
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
END $_$;
CREATE FUNCTION barid.resend_preview(mode text, filter jsonb, include_accepted boolean DEFAULT false, OUT notifications bigint, OUT deliveries bigint, OUT users bigint, OUT was jsonb) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT count(DISTINCT t.notification_id), count(*), count(DISTINCT t.user_id),
           (SELECT coalesce(jsonb_object_agg(w.was, w.n), '{}')
            FROM (SELECT r.was, count(*) AS n
                  FROM barid.resend_targets(resend_preview.mode, resend_preview.filter,
                                            resend_preview.include_accepted) r
                  GROUP BY r.was) w)
    FROM barid.resend_targets(resend_preview.mode, resend_preview.filter,
                              resend_preview.include_accepted) t
$$;
CREATE FUNCTION barid.resend_targets(mode text, filter jsonb, include_accepted boolean) RETURNS TABLE(notification_id uuid, user_id text, channel text, device_id bigint, generation integer, was text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
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
END $_$;
CREATE FUNCTION barid.resends(page_size integer DEFAULT 50, before bigint DEFAULT NULL::bigint) RETURNS TABLE(id bigint, asked_at timestamp with time zone, state text, mode text, actor text, reason text, deliveries bigint, accepted bigint, failed bigint, unknown bigint, suppressed bigint, waiting bigint, superseded bigint, request_key text, filter jsonb, override boolean, content text, include_accepted boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.restart_prune() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF (CASE TG_OP WHEN 'INSERT' THEN NEW.retention <> '14 days'
                   WHEN 'DELETE' THEN OLD.retention <> '14 days'
                   ELSE NEW.retention <> OLD.retention END) THEN
        DELETE FROM barid.prune_cursor;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION barid.resume(queue text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.queue q SET paused = false WHERE q.name = queue;
    SELECT barid.wake(queue);
$$;
CREATE FUNCTION barid.resume_kind(kind text, max integer DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    DELETE FROM barid.paused_kind k WHERE k.kind = kind;
    RETURN barid.free_kinds(kind, max);
END $$;
CREATE FUNCTION barid.resume_schedule(name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    clock timestamptz := clock_timestamp();
BEGIN
    UPDATE barid.schedule s SET paused = false, planned_at = clock,
        next_at = barid.schedule_next(barid.cron_parse(s.cron), s.tz, clock, s.starts_at,
                                      s.ends_at)
    WHERE s.name = resume_schedule.name AND s.paused;
    IF NOT FOUND THEN
        RETURN EXISTS (SELECT 1 FROM barid.schedule s WHERE s.name = resume_schedule.name);
    END IF;
    PERFORM barid.wake_schedules();
    RETURN true;
END $$;
CREATE FUNCTION barid.resume_translation_provider(provider text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    UPDATE barid.provider_state p SET
        paused_until = NULL, pause_kind = '', pause_reason = '', failures = 0, opened = 0,
        probe_until = NULL, updated_at = now()
    WHERE p.provider = resume_translation_provider.provider
      AND (p.paused_until IS NOT NULL OR p.pause_kind <> '' OR p.failures > 0);
    RETURN FOUND;
END
$$;
CREATE FUNCTION barid.retry(id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.retry_jobs(ids bigint[], patient boolean) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.review_document(id bigint, may_review boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.review_item(r, NULL, review_document.may_review) || jsonb_build_object(
        'newest_source_text', t.source_text,
        'translation_state', t.state,
        'written_by', t.written_by,
        'write_error', t.write_error,
        'attached_table', (SELECT format('%I.%I', a.table_schema, a.table_name)
                           FROM barid.auto_translation a WHERE a.entity_type = r.entity_type),
        'similar', coalesce((
            SELECT jsonb_agg(jsonb_build_object('source_text', s.source_text,
                       'text', s.translation, 'provider', s.provider,
                       'similarity', round(s.similarity::numeric, 3)))
            FROM barid.similar_translations(r.source_text, r.source_lang, r.target_lang, 5) s),
            '[]'::jsonb),
        'other_fields', coalesce((
            SELECT jsonb_agg(jsonb_build_object('field', o.field, 'lang', o.target_lang,
                       'source_lang', o.source_lang, 'source_text', left(o.source_text, 1000),
                       'text', left(o.text, 1000), 'origin', o.origin, 'state', o.state)
                       ORDER BY o.field, o.target_lang)
            FROM (SELECT x.* FROM barid.translation x
                  WHERE x.entity_type = r.entity_type AND x.entity_id = r.entity_id
                    AND (x.field, x.target_lang) <> (r.field, r.target_lang)
                  ORDER BY x.field, x.target_lang LIMIT 64) o), '[]'::jsonb))
    FROM barid.translation_review r
    LEFT JOIN barid.translation t
      ON t.entity_type = r.entity_type AND t.entity_id = r.entity_id AND t.field = r.field
     AND t.target_lang = r.target_lang
    WHERE r.id = review_document.id
$$;
CREATE FUNCTION barid.review_item(r barid.translation_review, clip integer, may_review boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object(
        'id', r.id, 'entity_type', r.entity_type, 'entity_id', r.entity_id, 'field', r.field,
        'source_lang', r.source_lang, 'lang', r.target_lang, 'format', r.format,
        'reason', r.reason, 'detail', r.detail, 'state', r.state, 'provider', r.provider,
        'source_text', left(r.source_text, c.clip), 'suggestion', left(r.suggestion, c.clip),
        'current_text', left(t.text, c.clip), 'current_origin', t.origin,
        'clipped', clip IS NOT NULL AND greatest(length(r.source_text), length(r.suggestion),
                                                 length(t.text)) > clip,
        'outdated', r.source_hash IS DISTINCT FROM t.source_hash,
        'created_at', barid.admin_time(r.created_at),
        'resolved_at', barid.admin_time(r.resolved_at),
        'resolved_by', r.resolved_by, 'note', r.note,
        'version', barid.review_version(r.source_hash, r.state, r.suggestion, r.reason),
        'allowed_actions', CASE WHEN NOT may_review OR r.state <> 'open' THEN '[]'::jsonb
                                WHEN r.suggestion IS NULL THEN '["edit", "reject"]'
                                ELSE '["accept", "edit", "reject"]' END)
    FROM (SELECT coalesce(review_item.clip, 1048576) AS clip) c
    LEFT JOIN barid.translation t
      ON t.entity_type = r.entity_type AND t.entity_id = r.entity_id AND t.field = r.field
     AND t.target_lang = r.target_lang
$$;
CREATE FUNCTION barid.review_page(state text, lang text, entity_type text, entity_id text, reason text, after bigint, newest_first boolean, size integer, may_review boolean) RETURNS TABLE(item jsonb, at text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
BEGIN
    -- With the filters in the text: a plan for each combination, by the index that fits it.
    RETURN QUERY EXECUTE
        'SELECT barid.review_item(r, 300, $1), r.id::text FROM barid.translation_review r
         WHERE true'
        || CASE WHEN state IS NOT NULL THEN format(' AND r.state = %L', state) ELSE '' END
        || CASE WHEN lang IS NOT NULL THEN ' AND r.target_lang = $2' ELSE '' END
        || CASE WHEN entity_type IS NOT NULL THEN ' AND r.entity_type = $3' ELSE '' END
        || CASE WHEN entity_id IS NOT NULL THEN ' AND r.entity_id = $4' ELSE '' END
        || CASE WHEN reason IS NOT NULL THEN ' AND r.reason = $5' ELSE '' END
        || CASE WHEN after IS NULL THEN '' WHEN newest_first THEN ' AND r.id < $6'
                ELSE ' AND r.id > $6' END
        || CASE WHEN newest_first THEN ' ORDER BY r.id DESC' ELSE ' ORDER BY r.id' END
        || ' LIMIT $7'
    USING may_review, lang, entity_type, entity_id, reason, after, size;
END $_$;
CREATE FUNCTION barid.review_version(source_hash bytea, state text, suggestion text, reason text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT left(encode(sha256(source_hash || convert_to(
        concat_ws(chr(31), state, reason, md5(suggestion)), 'UTF8')), 'hex'), 32)
$$;
CREATE FUNCTION barid.rows_body(relation text, id text, id_type text, row_values text, strength text, translations jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    SELECT format($f$
#variable_conflict use_column
BEGIN
    IF ids IS NOT NULL THEN
        PERFORM FROM %1$s x WHERE x.%2$I = ANY (ids::%3$s[]) ORDER BY x.%2$I FOR %5$s;%6$s
        RETURN QUERY SELECT x.%2$I::text, v.* FROM %1$s x CROSS JOIN LATERAL (
            %4$s) AS v
        WHERE x.%2$I = ANY (ids::%3$s[]);
    ELSIF size = 0 THEN
        RETURN QUERY SELECT count(*)::text, NULL::text, NULL::text, NULL::text, NULL::text
        FROM %1$s x;
    ELSE
        RETURN QUERY SELECT x.%2$I::text, v.* FROM (
            SELECT * FROM %1$s y WHERE after IS NULL OR y.%2$I > after::%3$s
            ORDER BY y.%2$I LIMIT size) x CROSS JOIN LATERAL (
            %4$s) AS v
        ORDER BY x.%2$I;
    END IF;
END $f$, relation, id, id_type, row_values, strength,
        CASE WHEN translations IS NOT NULL THEN format($f$
        -- An editor who holds one of these may want the row above: never wait for them.
        PERFORM FROM %1$s t WHERE t.%2$I = ANY (ids::%3$s[]) ORDER BY t.%2$I, t.%4$I
        FOR UPDATE NOWAIT;$f$, translations ->> 'table', translations ->> 'id', id_type,
        translations ->> 'lang') ELSE '' END)
$_$;
CREATE FUNCTION barid.run_now(id bigint) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.move_jobs(ARRAY[id], 'run_now', NULL, NULL, NULL, true) <> '{}'
$$;
CREATE FUNCTION barid.run_schedule(name text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    s      barid.schedule;
    fire   timestamptz := clock_timestamp();
    new_id bigint;
BEGIN
    SELECT d.* INTO s FROM barid.schedule d WHERE d.name = run_schedule.name FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no schedule "%"', left(run_schedule.name, 63)
            USING ERRCODE = '22023';
    END IF;
    new_id := barid.fire_once(s, fire, true);
    UPDATE barid.schedule d SET last_fire_at = fire, last_job_id = new_id, last_error = NULL
    WHERE d.name = s.name;
    RETURN new_id;
END $$;
CREATE FUNCTION barid.save_checkpoint(job bigint, claim uuid, data text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.save_template(key text, texts jsonb, variables jsonb, untyped boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    latest int;
    item   record;
    field  record;
    read   record;
    bytes  int;
    fields jsonb := '[]';
    use    record;
    schema jsonb;
    twice  text;
BEGIN
    IF save_template.key IS NULL OR save_template.key !~ '^[a-z0-9][a-z0-9._-]{0,63}$' THEN
        RAISE EXCEPTION 'template key % must match [a-z0-9][a-z0-9._-]{0,63}',
            quote_nullable(left(save_template.key, 80)) USING ERRCODE = '22023';
    END IF;
    IF save_template.texts IS NULL OR jsonb_typeof(save_template.texts) <> 'object'
       OR save_template.texts = '{}' THEN
        RAISE EXCEPTION 'texts must be an object of languages'
            USING ERRCODE = '22023',
                  HINT = 'For example {"en": {"title": "…", "body": "…"}, "ar": {…}}.';
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(save_template.texts)) > 50 THEN
        RAISE EXCEPTION 'a template has at most 50 languages' USING ERRCODE = '22023';
    END IF;
    schema := barid.check_schema(save_template.variables);
    SELECT t.locale INTO twice FROM barid.template_texts(save_template.texts) t
    GROUP BY t.channel, t.locale HAVING count(*) > 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'texts has "%" twice, spelled differently', twice USING ERRCODE = '22023';
    END IF;
    FOR item IN SELECT t.* FROM barid.template_texts(save_template.texts) t LOOP
        bytes := 0;
        FOR field IN SELECT f.* FROM (VALUES ('title', item.title, 8192), ('body', item.body, 65536),
                                             ('html', item.html, 65536)) f (name, content, most)
                     WHERE f.content IS NOT NULL LOOP
            IF octet_length(field.content) > field.most THEN
                RAISE EXCEPTION '%.% has % bytes, at most % are possible', item.place, field.name,
                    octet_length(field.content), field.most USING ERRCODE = '22023';
            END IF;
            read := barid.read_message(field.content, item.place || '.' || field.name,
                                       item.locale);
            fields := fields || jsonb_build_array(jsonb_build_object(
                'place', item.place || '.' || field.name, 'uses', read.uses));
            bytes := bytes + CASE field.name WHEN 'html' THEN 0 ELSE read.min_bytes END;
        END LOOP;
        IF item.channel <> 'email' AND bytes > barid.push_text_bytes() THEN
            RAISE EXCEPTION '% has at least % bytes of title and body, at most % fit into a push '
                'of 4096 bytes', item.place, bytes, barid.push_text_bytes()
                USING ERRCODE = '22023', HINT = 'Shorten it: an Arabic letter takes two bytes. '
                    'An e-mail may have a longer text of its own: "email": {…}.';
        END IF;
    END LOOP;
    IF save_template.untyped THEN
        FOR use IN SELECT DISTINCT ON (u ->> 'name') u ->> 'name' AS name, u ->> 'kind' AS kind
                   FROM jsonb_array_elements(fields) f, jsonb_array_elements(f -> 'uses') u
                   WHERE u ->> 'kind' NOT IN ('value', 'select') LOOP
            IF schema ? use.name THEN
                schema := jsonb_set(schema, ARRAY[use.name, 'type'], to_jsonb(
                    CASE WHEN use.kind IN ('date', 'time') THEN 'date' ELSE 'number' END));
            END IF;
        END LOOP;
    END IF;
    FOR item IN SELECT f ->> 'place' AS place, f -> 'uses' AS uses
                FROM jsonb_array_elements(fields) f LOOP
        PERFORM barid.check_uses(item.uses, schema, item.place);
    END LOOP;
    -- Two savers of one template take turns, so that versions have no gaps and no twins.
    PERFORM pg_advisory_xact_lock(hashtextextended('barid.template:' || save_template.key, 0));
    SELECT max(t.version) INTO latest FROM barid.template t WHERE t.key = save_template.key;
    IF latest IS NOT NULL AND NOT EXISTS (
        SELECT FROM (SELECT t.channel, t.locale, t.title, t.body, t.html, t.variables
                     FROM barid.template t
                     WHERE t.key = save_template.key AND t.version = latest) was
        FULL JOIN (SELECT n.channel, n.locale, n.title, n.body, n.html, schema AS variables
                   FROM barid.template_texts(save_template.texts) n) will
          ON was.channel = will.channel AND was.locale = will.locale
        WHERE (was.title, was.body, was.html, was.variables)
              IS DISTINCT FROM (will.title, will.body, will.html, will.variables)) THEN
        RETURN latest;
    END IF;
    INSERT INTO barid.template (key, version, channel, locale, title, body, html, variables)
    SELECT save_template.key, coalesce(latest, 0) + 1, n.channel, n.locale, n.title, n.body,
           n.html, schema
    FROM barid.template_texts(save_template.texts) n;
    RETURN coalesce(latest, 0) + 1;
END $_$;
CREATE FUNCTION barid.schedule(name text, cron text, kind text, payload jsonb DEFAULT '{}'::jsonb, queue text DEFAULT 'default'::text, priority integer DEFAULT 5, max_attempts integer DEFAULT NULL::integer, tz text DEFAULT 'UTC'::text, missed text DEFAULT 'once'::text, jitter interval DEFAULT '00:00:00'::interval, starts_at timestamp with time zone DEFAULT NULL::timestamp with time zone, ends_at timestamp with time zone DEFAULT NULL::timestamp with time zone, unique_key text DEFAULT NULL::text, ordering_key text DEFAULT NULL::text, tags text[] DEFAULT NULL::text[]) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    clock   timestamptz := clock_timestamp();
    planned timestamptz;
BEGIN
    PERFORM barid.check_zone(tz);
    planned := barid.schedule_next(barid.cron_parse(cron), tz, clock, starts_at, ends_at);
    INSERT INTO barid.schedule AS s (name, cron, tz, kind, payload, queue, priority,
        max_attempts, unique_key, ordering_key, tags, missed, jitter, starts_at, ends_at,
        next_at, planned_at)
    VALUES (name, cron, tz, kind, payload, queue, priority, max_attempts, unique_key,
        ordering_key, tags, missed, jitter, starts_at, ends_at, planned, clock)
    ON CONFLICT (name) DO UPDATE SET
        cron = excluded.cron, tz = excluded.tz, kind = excluded.kind,
        payload = excluded.payload, queue = excluded.queue, priority = excluded.priority,
        max_attempts = excluded.max_attempts, unique_key = excluded.unique_key,
        ordering_key = excluded.ordering_key, tags = excluded.tags, missed = excluded.missed,
        jitter = excluded.jitter, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        next_at = CASE WHEN (s.cron, s.tz, s.starts_at, s.ends_at) IS NOT DISTINCT FROM
                            (excluded.cron, excluded.tz, excluded.starts_at, excluded.ends_at)
                       THEN s.next_at ELSE excluded.next_at END,
        planned_at = CASE WHEN (s.cron, s.tz, s.starts_at, s.ends_at) IS NOT DISTINCT FROM
                               (excluded.cron, excluded.tz, excluded.starts_at, excluded.ends_at)
                          THEN s.planned_at ELSE clock END,
        updated_at = clock
    RETURNING s.next_at INTO planned;
    PERFORM barid.wake_schedules();
    RETURN planned;
END $$;
CREATE FUNCTION barid.schedule_next(c barid.cron, tz text, after timestamp with time zone, starts_at timestamp with time zone, ends_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    next_at timestamptz := barid.cron_next(c, tz,
        greatest(after, starts_at - interval '1 microsecond'));
BEGIN
    RETURN CASE WHEN next_at > ends_at THEN NULL ELSE next_at END;
END $$;
CREATE FUNCTION barid.schedule_preview(expr text, tz text DEFAULT 'UTC'::text, n integer DEFAULT 10, after timestamp with time zone DEFAULT clock_timestamp()) RETURNS SETOF timestamp with time zone
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    c    barid.cron := barid.cron_parse(expr);
    fire timestamptz := barid.next_fire(expr, tz, after);
BEGIN
    IF n IS NULL OR n NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'a preview shows 1 to 1000 times' USING ERRCODE = '22023';
    END IF;
    FOR i IN 1..n LOOP
        EXIT WHEN fire IS NULL;
        RETURN NEXT fire;
        fire := barid.cron_next(c, tz, fire);
    END LOOP;
END $$;
CREATE FUNCTION barid.schema_of_names(names text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(jsonb_object_agg(n, '{"type": "string", "required": true}'::jsonb), '{}')
    FROM unnest(names) n
$$;
CREATE FUNCTION barid.segment_rows(query text) RETURNS TABLE(user_id text, vars jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    item record;
    held constant text[] := barid.session_locks();
BEGIN
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
        RAISE EXCEPTION 'the segment has been read' USING ERRCODE = 'BDSEG';
    EXCEPTION
        WHEN SQLSTATE 'BDSEG' THEN
            PERFORM barid.release_session_locks(held);
        WHEN OTHERS OR query_canceled OR assert_failure THEN
            PERFORM barid.release_session_locks(held);
            RAISE;
    END;
END $$;
CREATE FUNCTION barid.send_order_notice(user_id text, notice text, order_id text, vars jsonb, dedupe text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    IF current_setting('barid.quiet', true) = 'on' THEN RETURN NULL; END IF;
    RETURN barid.notify(
        user_id, 'orders',
        template => CASE notice WHEN 'back_in_stock' THEN notice ELSE 'order_' || notice END,
        vars => vars,
        data => jsonb_strip_nulls(jsonb_build_object('type', notice, 'order', order_id)),
        dedupe_key => dedupe,
        tags => CASE WHEN order_id IS NULL THEN NULL ELSE ARRAY['order:' || order_id] END);
END $$;
CREATE FUNCTION barid.session_locks() RETURNS text[]
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(array_agg(format('%s %s %s %s', l.classid, l.objid, l.objsubid, l.mode)), '{}')
    FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.granted
$$;
CREATE FUNCTION barid.set_contact(user_id text, email text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    IF email IS NULL THEN
        DELETE FROM barid.contact c
        WHERE c.user_id = set_contact.user_id AND c.channel = 'email';
        RETURN;
    END IF;
    email := barid.check_email(email);
    PERFORM barid.upsert_user(user_id);
    INSERT INTO barid.contact AS c (user_id, channel, address)
    VALUES (set_contact.user_id, 'email', email)
    ON CONFLICT ON CONSTRAINT contact_pkey DO UPDATE
        SET address = excluded.address, updated_at = now()
        WHERE c.address <> excluded.address;
END $$;
CREATE FUNCTION barid.set_notify_retention(inbox interval DEFAULT NULL::interval, archived interval DEFAULT NULL::interval, ledger interval DEFAULT NULL::interval) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF inbox NOT BETWEEN interval '1 day' AND interval '3660 days' THEN
        RAISE EXCEPTION 'inbox must be between 1 and 3660 days, not %', inbox
            USING ERRCODE = '22023';
    END IF;
    IF archived NOT BETWEEN interval '1 hour' AND interval '3660 days' THEN
        RAISE EXCEPTION 'archived must be between 1 hour and 3660 days, not %', archived
            USING ERRCODE = '22023';
    END IF;
    IF ledger NOT BETWEEN interval '30 days' AND interval '3660 days' THEN
        RAISE EXCEPTION 'ledger must be between 30 and 3660 days, not %', ledger
            USING ERRCODE = '22023', HINT = 'A notification can be sent for up to 28 days.';
    END IF;
    UPDATE barid.notify_retention r
    SET inbox = coalesce(set_notify_retention.inbox, r.inbox),
        archived = coalesce(set_notify_retention.archived, r.archived),
        ledger = coalesce(set_notify_retention.ledger, r.ledger);
END $$;
CREATE FUNCTION barid.set_preference(user_id text, enabled boolean, category text DEFAULT '*'::text, channel text DEFAULT '*'::text, updated_by text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF set_preference.channel IS NULL
       OR set_preference.channel NOT IN ('*', 'push', 'inbox', 'email', 'webhook') THEN
        RAISE EXCEPTION 'channel must be push, inbox, email, webhook or *' USING ERRCODE = '22023';
    END IF;
    IF set_preference.category IS DISTINCT FROM '*' AND NOT EXISTS (
        SELECT FROM barid.category c WHERE c.key = set_preference.category) THEN
        RAISE EXCEPTION 'category % does not exist',
            quote_nullable(left(set_preference.category, 80))
            USING ERRCODE = '22023', HINT = 'Create it with barid.upsert_category, or use *.';
    END IF;
    PERFORM barid.upsert_user(set_preference.user_id);
    IF set_preference.enabled IS NULL THEN
        DELETE FROM barid.preference p
        WHERE p.user_id = set_preference.user_id AND p.category = set_preference.category
          AND p.channel = set_preference.channel;
        RETURN;
    END IF;
    INSERT INTO barid.preference AS p (user_id, category, channel, enabled, updated_by)
    VALUES (set_preference.user_id, set_preference.category, set_preference.channel,
            set_preference.enabled, left(set_preference.updated_by, 200))
    ON CONFLICT ON CONSTRAINT preference_pkey DO UPDATE
        SET enabled = EXCLUDED.enabled, updated_by = EXCLUDED.updated_by, updated_at = now();
END
$$;
CREATE FUNCTION barid.set_priority(id bigint, priority integer) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.move_jobs(ARRAY[id], 'set_priority', NULL, NULL, barid.check_priority(priority),
                           true) <> '{}'
$$;
CREATE FUNCTION barid.set_queue(name text, settings jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
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
END $_$;
CREATE FUNCTION barid.set_quiet_hours(user_id text, windows jsonb, tz text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    names CONSTANT text[] := '{mon,tue,wed,thu,fri,sat,sun}';
    item  record;
    day   jsonb;
    mask  int;
    busy  int4multirange := '{}';
    low   int;
    high  int;
BEGIN
    PERFORM barid.upsert_user(user_id, tz => tz);
    -- Two that set the same user's take turns.
    PERFORM FROM barid.app_user u WHERE u.id = user_id FOR UPDATE;
    DELETE FROM barid.quiet_hours q WHERE q.user_id = set_quiet_hours.user_id;
    IF windows IS NULL OR jsonb_typeof(windows) = 'null' THEN RETURN; END IF;
    IF jsonb_typeof(windows) <> 'array' OR jsonb_array_length(windows) > 7 THEN
        PERFORM barid.refuse('windows must be a list of at most 7 objects',
                             'For example [{"start": "22:00", "end": "07:00"}].');
    END IF;
    FOR item IN SELECT w.value AS w, w.n, w.value ->> 'start' AS s, w.value ->> 'end' AS e
                FROM jsonb_array_elements(windows) WITH ORDINALITY AS w (value, n) LOOP
        IF jsonb_typeof(item.w) <> 'object' OR item.w - 'start' - 'end' - 'days' <> '{}' THEN
            PERFORM barid.refuse(format('windows[%s] must have "start", "end" and perhaps "days"',
                                        item.n));
        END IF;
        IF item.s IS NULL OR item.s !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
           OR item.e IS NULL OR item.e !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' THEN
            PERFORM barid.refuse(format('windows[%s]: start and end must be times', item.n),
                                 'Write hours and minutes, such as "22:00" and "07:30".');
        END IF;
        IF item.s = item.e THEN
            PERFORM barid.refuse(format('windows[%s] begins and ends at the same time', item.n),
                'To turn a channel off at any time, use barid.set_preference.');
        END IF;
        mask := CASE WHEN item.w ? 'days' THEN 0 ELSE 127 END;
        IF mask = 0 AND (jsonb_typeof(item.w -> 'days') <> 'array' OR item.w -> 'days' = '[]') THEN
            PERFORM barid.refuse(format('windows[%s].days must be a list of days', item.n),
                                 'Use "mon" to "sun", or leave it out for every day.');
        END IF;
        IF mask = 0 THEN
            FOR day IN SELECT v FROM jsonb_array_elements(item.w -> 'days') v LOOP
                IF jsonb_typeof(day) <> 'string' OR NOT day #>> '{}' = ANY (names) THEN
                    PERFORM barid.refuse(format('windows[%s].days: %s is no day', item.n,
                                                left(day::text, 20)),
                                         'Use "mon", "tue", "wed", "thu", "fri", "sat", "sun".');
                END IF;
                mask := mask | (1 << (array_position(names, day #>> '{}') - 1));
            END LOOP;
        END IF;
        INSERT INTO barid.quiet_hours AS q (user_id, no, dow_mask, start_local, end_local)
        VALUES (user_id, item.n, mask, item.s::time, item.e::time);
        -- In minutes of a week that goes round.
        FOR bit IN 0 .. 6 LOOP
            CONTINUE WHEN mask >> bit & 1 = 0;
            low := bit * 1440 + extract(epoch FROM item.s::time)::int / 60;
            high := bit * 1440 + extract(epoch FROM item.e::time)::int / 60
                    + CASE WHEN item.e < item.s THEN 1440 ELSE 0 END;
            busy := busy + int4multirange(int4range(low, least(high, 10080)),
                                          int4range(0, greatest(0, high - 10080)));
        END LOOP;
    END LOOP;
    IF busy @> int4range(0, 10080) THEN
        PERFORM barid.refuse('the windows leave no time of the week',
                             'To turn a channel off at any time, use barid.set_preference.');
    END IF;
END $_$;
CREATE FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text DEFAULT NULL::text, format text DEFAULT NULL::text, actor text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    written       barid.translation;
    wanted_format text := set_translation.format;
    here          boolean;
    from_hash     bytea;
    problem       text;
BEGIN
    IF barid.is_blank(set_translation.text) THEN
        PERFORM barid.refuse('barid.set_translation: text must not be empty',
                             'Give the translated text of the field.');
    END IF;
    IF octet_length(set_translation.text) > 1048576
        OR octet_length(set_translation.source_text) > 1048576 THEN
        RAISE EXCEPTION 'barid.set_translation: a text may have at most 1 MiB'
            USING ERRCODE = 'program_limit_exceeded';
    END IF;
    IF set_translation.lang IS NULL OR set_translation.lang NOT IN ('en', 'ar') THEN
        PERFORM barid.refuse(format('barid.set_translation: lang must be ''en'' or ''ar'', not %s',
            quote_nullable(left(set_translation.lang, 40))));
    END IF;
    IF wanted_format NOT IN ('text', 'html') THEN
        PERFORM barid.refuse(format(
            'barid.set_translation: format must be ''text'' or ''html'', not %s',
            quote_literal(left(wanted_format, 40))));
    END IF;
    IF set_translation.entity_type IS NULL OR set_translation.entity_id IS NULL
       OR set_translation.field IS NULL THEN
        PERFORM barid.refuse('barid.set_translation: entity_type, entity_id and field are needed');
    END IF;
    -- The shop's row first: it says what is current.
    here := barid.note_entity(set_translation.entity_type, set_translation.entity_id);
    IF here = false THEN
        PERFORM barid.refuse(format('barid.set_translation: %s %s is not in the attached table',
            quote_literal(set_translation.entity_type), quote_literal(set_translation.entity_id)));
    END IF;
    INSERT INTO barid.translation
        (entity_type, entity_id, field, target_lang, source_lang, format)
    VALUES (set_translation.entity_type, set_translation.entity_id, set_translation.field,
            set_translation.lang, CASE set_translation.lang WHEN 'ar' THEN 'en' ELSE 'ar' END,
            coalesce(wanted_format, 'text'))
    ON CONFLICT ON CONSTRAINT translation_pkey DO NOTHING;
    SELECT * INTO STRICT written FROM barid.translation t
    WHERE t.entity_type = set_translation.entity_type AND t.entity_id = set_translation.entity_id
      AND t.field = set_translation.field AND t.target_lang = set_translation.lang
    FOR UPDATE;
    from_hash := coalesce(
        barid.translation_source_hash(coalesce(wanted_format, written.format),
                                      set_translation.source_text),
        written.source_hash);
    UPDATE barid.translation t SET
        text = set_translation.text,
        origin = 'human',
        provider = NULL,
        written_by = left(coalesce(set_translation.actor, session_user), 256),
        format = coalesce(wanted_format, t.format),
        source_text = coalesce(t.source_text, set_translation.source_text),
        source_hash = coalesce(t.source_hash, from_hash),
        text_source_hash = from_hash,
        state = CASE WHEN from_hash IS NOT DISTINCT FROM coalesce(t.source_hash, from_hash)
                     THEN 'published' ELSE 'stale' END,
        suggestion = CASE WHEN from_hash IS DISTINCT FROM coalesce(t.source_hash, from_hash)
                          THEN t.suggestion END,
        suggestion_hash = CASE WHEN from_hash IS DISTINCT FROM coalesce(t.source_hash, from_hash)
                               THEN t.suggestion_hash END,
        updated_at = now()
    WHERE t.entity_type = written.entity_type AND t.entity_id = written.entity_id
      AND t.field = written.field AND t.target_lang = written.target_lang
    RETURNING * INTO written;
    IF written.state = 'published' THEN
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(),
            resolved_by = left(coalesce(set_translation.actor, session_user), 256)
        WHERE r.entity_type = written.entity_type AND r.entity_id = written.entity_id
          AND r.field = written.field AND r.target_lang = written.target_lang
          AND r.state = 'open';
    END IF;
    IF here THEN problem := barid.show_translation(written); END IF;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'barid.set_translation: the table''s column can''t take the text: %', problem
            USING ERRCODE = '22023';
    END IF;
    IF written.state = 'published' THEN
        PERFORM barid.translation_remember_human(written.source_lang, written.target_lang,
            written.format, written.source_text, written.source_hash, written.text);
    END IF;
    RETURN written.state = 'published';
END
$$;
CREATE FUNCTION barid.settle(ids bigint[], claims uuid[], actions text[], delays_ms bigint[], errors text[], outputs text[], worker text, closed_claims uuid[]) RETURNS TABLE(job_id bigint, result text)
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.shop_rows(entity_type text, ids text[], after text DEFAULT NULL::text, size integer DEFAULT 0) RETURNS TABLE(entity_id text, field text, lang text, en text, ar text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
    call text;
BEGIN
    SELECT a.rows_function INTO call FROM barid.auto_translation a
    WHERE a.entity_type = shop_rows.entity_type;
    IF call IS NULL THEN RETURN; END IF;
    BEGIN
        RETURN QUERY EXECUTE format('SELECT r.entity_id, r.field, r.lang, r.en, r.ar FROM %s($1, $2, $3) r', call)
            USING ids, after, size;
    EXCEPTION WHEN invalid_text_representation OR numeric_value_out_of_range
              OR invalid_datetime_format THEN
        RETURN;  -- no row of this table has such an id
    END;
END $_$;
CREATE FUNCTION barid.shop_write(entity_type text, entity_id text, field text, lang text, expected text, value text) RETURNS TABLE(stored text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
    call text;
BEGIN
    SELECT a.write_function INTO call FROM barid.auto_translation a
    WHERE a.entity_type = shop_write.entity_type;
    RETURN QUERY EXECUTE format('SELECT w.stored FROM %s($1, $2, $3, $4, $5) w', call)
        USING entity_id, field, lang, expected, value;
END $_$;
CREATE FUNCTION barid.show_translation(item barid.translation) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    spot record;
BEGIN
    SELECT * INTO spot FROM barid.shown_text(item.entity_type, item.entity_id, item.field,
                                             item.target_lang);
    SELECT * INTO item FROM barid.translation t
    WHERE (t.entity_type, t.entity_id, t.field, t.target_lang)
        = (item.entity_type, item.entity_id, item.field, item.target_lang);
    IF NOT spot.writable OR spot.shown IS NOT DISTINCT FROM item.text
       OR barid.write_back(item.entity_type, item.entity_id, item.field, item.target_lang,
                           spot.shown, item.text) THEN
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(), resolved_by = 'barid'
        WHERE r.entity_type = item.entity_type AND r.entity_id = item.entity_id
          AND r.field = item.field AND r.target_lang = item.target_lang
          AND r.state = 'open' AND r.reason = 'write_back';
        RETURN NULL;
    END IF;
    SELECT * INTO item FROM barid.translation t
    WHERE (t.entity_type, t.entity_id, t.field, t.target_lang)
        = (item.entity_type, item.entity_id, item.field, item.target_lang);
    PERFORM barid.open_review(item, 'write_back', item.write_error, item.text, item.provider)
    WHERE item.source_hash IS NOT NULL;
    RETURN item.write_error;
END $$;
CREATE FUNCTION barid.shown_text(entity_type text, entity_id text, field text, lang text, OUT writable boolean, OUT shown text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    SELECT CASE lang WHEN 'ar' THEN f.write_ar ELSE f.write_en END INTO writable
    FROM barid.auto_translation a,
         jsonb_to_recordset(a.fields) AS f(field text, write_en boolean, write_ar boolean)
    WHERE a.entity_type = entity_type AND f.field = field;
    IF writable IS NOT TRUE THEN writable := false; RETURN; END IF;
    SELECT CASE lang WHEN 'ar' THEN r.ar ELSE r.en END INTO shown
    FROM barid.shop_rows(entity_type, ARRAY[entity_id]) r
    WHERE r.field = field AND r.lang IS DISTINCT FROM lang;
    writable := FOUND;
END $$;
CREATE FUNCTION barid.sibling_column(relation regclass, name text, lang text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT c.name FROM barid.table_columns(relation) c
    WHERE c.name IN (sibling_column.name || '_' || lang, sibling_column.name || initcap(lang),
                     sibling_column.name || '_' || upper(lang))
    ORDER BY c.name = sibling_column.name || '_' || lang DESC, c.name LIMIT 1
$$;
CREATE FUNCTION barid.similar_translations(text text, source text DEFAULT 'en'::text, target text DEFAULT 'ar'::text, "limit" integer DEFAULT 5) RETURNS TABLE(source_text text, translation text, provider text, similarity real)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET "pg_trgm.similarity_threshold" TO '0.4'
    AS $_$
#variable_conflict use_column
DECLARE
    home text;
BEGIN
    IF "limit" IS NULL OR "limit" NOT BETWEEN 1 AND 50 THEN
        RAISE EXCEPTION 'barid.similar_translations: limit must be between 1 and 50, not %',
            "limit" USING ERRCODE = '22023';
    END IF;
    SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_trgm';
    IF home IS NULL OR similar_translations.text IS NULL
        OR length(similar_translations.text) > 500
        OR to_regclass('barid.translation_memory_similar') IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format($query$
        SELECT s.source_text, s.text, s.provider, s.similarity
        FROM (SELECT DISTINCT ON (m.source_hash) m.source_text, m.text, m.provider,
                     %1$I.similarity(barid.lookup_key(m.source_text), $1) AS similarity
              FROM barid.translation_memory m
              WHERE m.source_lang = $2 AND m.target_lang = $3
                AND length(m.source_text) <= 500
                AND barid.lookup_key(m.source_text) OPERATOR(%1$I.%%) $1
              ORDER BY m.source_hash, (m.provider = 'human') DESC, m.created_at DESC) s
        ORDER BY s.similarity DESC, s.source_text
        LIMIT $4
    $query$, home)
    USING barid.lookup_key(similar_translations.text), similar_translations.source,
          similar_translations.target, similar_translations."limit";
END
$_$;
CREATE FUNCTION barid.snooze(id bigint, pause interval) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.move_jobs(ARRAY[id], 'snooze', NULL, barid.check_pause(pause), NULL,
                           true) <> '{}'
$$;
CREATE FUNCTION barid.sql_call(job_id bigint, claim uuid) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
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
END $_$;
CREATE FUNCTION barid.stop_auto_translate(relation regclass) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET client_min_messages TO 'warning'
    AS $$
DECLARE
    t    record;
    home text;
BEGIN
    SELECT quote_ident(n.nspname) INTO home FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    -- The triggers of this table and of its translations table call this table's functions.
    FOR t IN SELECT g.tgname, g.tgrelid::regclass AS of FROM pg_trigger g
             JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_class c ON c.oid = relation
             WHERE p.pronamespace = c.relnamespace AND NOT g.tgisinternal AND g.tgparentid = 0
               AND p.proname IN (barid.attached_name(relation, 'note'),
                                 barid.attached_name(relation, 'other'))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.of);
    END LOOP;
    EXECUTE format('DROP FUNCTION IF EXISTS %s.%I(), %s.%I(), %s.%I(text[], text, int), '
                   '%s.%I(text, text, text, text, text)',
                   home, barid.attached_name(relation, 'note'),
                   home, barid.attached_name(relation, 'other'),
                   home, barid.attached_name(relation, 'rows'),
                   home, barid.attached_name(relation, 'write'));
    RETURN barid.drop_auto_translation(relation);
END $$;
CREATE FUNCTION barid.subscribe(name text, pattern text, kind text, queue text DEFAULT 'default'::text, payload jsonb DEFAULT '{}'::jsonb, merge boolean DEFAULT false, priority integer DEFAULT 5, max_attempts integer DEFAULT NULL::integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO barid.subscription (name, pattern, kind, queue, payload, merge, priority,
        max_attempts, wild, prefix, matcher)
    VALUES (name, pattern, kind, queue, payload, merge, priority, max_attempts,
        pattern ~ '[*#]', rtrim('.' || substring(pattern FROM '^[^*#]*'), '.'),
        barid.topic_matcher(pattern))
    ON CONFLICT (name) DO UPDATE SET
        pattern = excluded.pattern, kind = excluded.kind, queue = excluded.queue,
        payload = excluded.payload, merge = excluded.merge, priority = excluded.priority,
        max_attempts = excluded.max_attempts, wild = excluded.wild, prefix = excluded.prefix,
        matcher = excluded.matcher, updated_at = now();
END $$;
CREATE FUNCTION barid.suppress(address text, reason text DEFAULT 'manual'::text, detail text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    given text := lower(barid.check_email(address));
BEGIN
    IF reason IS NULL OR reason NOT IN ('bounce', 'complaint', 'manual') THEN
        RAISE EXCEPTION 'reason must be bounce, complaint or manual, not %',
            quote_nullable(left(reason, 40)) USING ERRCODE = '22023';
    END IF;
    INSERT INTO barid.suppression (channel, address, reason, detail)
    VALUES ('email', given, reason, left(detail, 500))
    ON CONFLICT ON CONSTRAINT suppression_pkey DO NOTHING;
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.sweep() RETURNS integer
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.table_columns(relation regclass) RETURNS TABLE(name text, type text, is_text boolean, is_id boolean, required boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT a.attname::text, format_type(a.atttypid, -1),
           a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype),
           a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype,
                          'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype),
           a.attnotnull
    FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
$$;
CREATE FUNCTION barid.take_over_run(job_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
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
CREATE FUNCTION barid.take_throttle(user_id text, category text, channel text, at timestamp with time zone, n integer, win interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
    IF n IS NULL OR win IS NULL THEN RETURN true; END IF;
    IF n < 1 THEN RETURN false; END IF;
    INSERT INTO barid.notify_throttle AS t (user_id, category, channel, sent)
    VALUES (user_id, category, channel, ARRAY[at])
    ON CONFLICT ON CONSTRAINT notify_throttle_pkey DO UPDATE
        SET sent = ARRAY(SELECT s FROM unnest(t.sent || EXCLUDED.sent) s WHERE s > at - win
                         ORDER BY s)
        WHERE (SELECT count(*) FROM unnest(t.sent) s WHERE s > at - win) < n;
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.template_texts(texts jsonb) RETURNS TABLE(channel text, locale text, title text, body text, html text, place text)
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    item  record;
    own   jsonb;
    allowed text[];
BEGIN
    FOR item IN SELECT t.key AS locale, t.value AS content FROM jsonb_each(texts) t LOOP
        locale := barid.check_template_locale(item.locale);
        IF jsonb_typeof(item.content) <> 'object' THEN
            RAISE EXCEPTION 'texts.% must be an object with "title" and "body"', item.locale
                USING ERRCODE = '22023';
        END IF;
        FOREACH channel IN ARRAY ARRAY['*', 'push', 'email'] LOOP
            own := CASE WHEN channel = '*' THEN item.content - 'push' - 'email'
                        ELSE item.content -> channel END;
            place := concat_ws('.', 'texts', item.locale, nullif(channel, '*'));
            allowed := CASE channel WHEN 'push' THEN '{title,body}'
                                    ELSE '{title,body,html}' END::text[];
            CONTINUE WHEN own IS NULL;
            CONTINUE WHEN channel = '*' AND own = '{}' AND item.content ?| '{push,email}';
            IF jsonb_typeof(own) <> 'object'
               OR jsonb_typeof(own -> 'title') IS DISTINCT FROM 'string'
               OR jsonb_typeof(own -> 'body') IS DISTINCT FROM 'string'
               OR jsonb_typeof(own -> 'html') NOT IN ('string', 'null')
               OR own - allowed <> '{}' OR own ->> 'title' = '' THEN
                RAISE EXCEPTION '% must be an object of "title" (not empty) and "body"%', place,
                    CASE channel WHEN '*' THEN '; "html", "push" and "email" may follow'
                                 WHEN 'email' THEN '; "html" may follow' ELSE '' END
                    USING ERRCODE = '22023',
                          HINT = 'For example {"en": {"title": "…", "body": "…"}, "ar": {…}}.';
            END IF;
            title := own ->> 'title';
            body := own ->> 'body';
            html := nullif(own ->> 'html', '');
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;
CREATE FUNCTION barid.template_version(key text, version integer DEFAULT NULL::integer) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('key', t.key, 'version', t.version,
               'variables', (array_agg(t.variables))[1],
               'texts', jsonb_agg(jsonb_build_object('channel', t.channel, 'locale', t.locale,
                   'title', t.title, 'body', t.body, 'html', t.html)
                   ORDER BY t.channel COLLATE "C", t.locale COLLATE "C"))
    FROM barid.template t
    WHERE t.key = template_version.key
      AND t.version = coalesce(template_version.version,
                               (SELECT max(l.version) FROM barid.template l
                                WHERE l.key = template_version.key))
    GROUP BY t.key, t.version
$$;
CREATE TABLE barid.term (
    id bigint NOT NULL,
    source_lang text NOT NULL,
    target_lang text NOT NULL,
    kind text NOT NULL,
    term text NOT NULL,
    target text,
    source_forms text[] DEFAULT '{}'::text[] NOT NULL,
    forms text[] DEFAULT '{}'::text[] NOT NULL,
    case_sensitive boolean DEFAULT false NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT term_check CHECK ((source_lang <> target_lang)),
    CONSTRAINT term_check1 CHECK (((kind = 'translate'::text) = (target IS NOT NULL))),
    CONSTRAINT term_forms_check CHECK ((cardinality(forms) <= 32)),
    CONSTRAINT term_kind_check CHECK ((kind = ANY (ARRAY['translate'::text, 'keep'::text, 'forbid'::text]))),
    CONSTRAINT term_note_check CHECK ((length(note) <= 1000)),
    CONSTRAINT term_source_forms_check CHECK ((cardinality(source_forms) <= 32)),
    CONSTRAINT term_source_lang_check CHECK ((source_lang = ANY (ARRAY['en'::text, 'ar'::text]))),
    CONSTRAINT term_target_check CHECK (((length(target) >= 1) AND (length(target) <= 200))),
    CONSTRAINT term_target_lang_check CHECK ((target_lang = ANY (ARRAY['en'::text, 'ar'::text]))),
    CONSTRAINT term_term_check CHECK (((length(term) >= 1) AND (length(term) <= 200)))
);
CREATE FUNCTION barid.term_fingerprint(t barid.term) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT ('x' || left(md5(jsonb_build_array(t.kind, t.term, t.target, t.source_forms, t.forms,
                                              t.case_sensitive)::text), 16))::bit(64)::bigint
$$;
CREATE FUNCTION barid.text_column(relation regclass, name text, what text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    col record;
BEGIN
    IF name IS NULL THEN RETURN NULL; END IF;
    SELECT * INTO col FROM barid.table_columns(relation) c WHERE c.name = name;
    IF col IS NULL THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: %s has no column %I', what, relation,
                                    name),
                             'Names are taken as they are, capitals included.');
    END IF;
    IF NOT col.is_text THEN
        PERFORM barid.refuse(format('barid.auto_translate: %s: column %I is %s, not a text', what,
                                    name, col.type));
    END IF;
    RETURN name;
END $$;
CREATE FUNCTION barid.texts_of(title jsonb, body jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    lacking text;
BEGIN
    IF jsonb_typeof(title) IS DISTINCT FROM 'object' OR jsonb_typeof(body) IS DISTINCT FROM 'object'
    THEN
        PERFORM barid.refuse('title and body must be objects of languages',
                             'For example {"en": "…", "ar": "…"}.');
    END IF;
    SELECT format('%s is given for the %s only', quote_literal(left(coalesce(t.key, b.key), 40)),
                  CASE WHEN b.key IS NULL THEN 'title' ELSE 'body' END) INTO lacking
    FROM jsonb_each(title) t FULL JOIN jsonb_each(body) b ON b.key = t.key
    WHERE t.key IS NULL OR b.key IS NULL LIMIT 1;
    IF FOUND THEN
        PERFORM barid.refuse('the language ' || lacking, 'Each language needs both.');
    END IF;
    RETURN coalesce((SELECT jsonb_object_agg(t.key, jsonb_build_object('title', t.value,
                                                                       'body', body -> t.key))
                     FROM jsonb_each(title) t), '{}');
END $$;
CREATE FUNCTION barid.tidy(batch integer DEFAULT 5000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.topic_matcher(pattern text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $_$
BEGIN
    IF pattern IS NULL OR length(pattern) > 255
       OR pattern !~ '^([A-Za-z0-9_-]+|\*|#)(\.([A-Za-z0-9_-]+|\*|#))*$' THEN
        RAISE EXCEPTION 'the pattern "%" is not words of A-Z, a-z, 0-9, _ and - with dots '
            'between them, * for one word and # for any number, at most 255 characters in all',
            left(pattern, 60) USING ERRCODE = '22023';
    END IF;
    RETURN (SELECT '^' || string_agg(CASE word WHEN '*' THEN '\.[^.]+' WHEN '#' THEN '(\.[^.]+)*'
                                     ELSE '\.' || word END, '' ORDER BY n) || '$'
            FROM regexp_split_to_table(pattern, '\.') WITH ORDINALITY AS w(word, n));
END $_$;
CREATE FUNCTION barid.topic_matches(topic text, pattern text) RETURNS boolean
    LANGUAGE sql IMMUTABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT '.' || topic ~ barid.topic_matcher(pattern)
$$;
CREATE FUNCTION barid.transactions_left(since pg_snapshot) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT count(*) FROM pg_snapshot_xip(since) AS x
    WHERE EXISTS (
        SELECT FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock'
            AND l.transactionid = x::xid
            AND (a.datid IS NULL
                 OR a.datid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())))
$$;
CREATE FUNCTION barid.translate_backfill(name text, ahead integer DEFAULT 200, queue text DEFAULT NULL::text, actor text DEFAULT SESSION_USER) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    attached barid.auto_translation := barid.find_attached(name);
    known    barid.translation_backfill;
    total    bigint;
BEGIN
    IF ahead IS NULL OR ahead NOT BETWEEN 1 AND 10000 THEN
        PERFORM barid.refuse('barid.translate_backfill: ahead is 1 to 10,000 jobs');
    END IF;
    actor := left(coalesce(actor, session_user), 256);
    SELECT r.entity_id::bigint INTO total
    FROM barid.shop_rows(attached.entity_type, NULL, NULL, 0) r;
    INSERT INTO barid.translation_backfill AS b (entity_type, ahead, queue, total, actor, changed_by)
    VALUES (attached.entity_type, ahead, coalesce(queue, attached.queue), total, actor, actor)
    ON CONFLICT (entity_type) WHERE state IN ('running', 'paused') DO NOTHING;
    SELECT b.* INTO STRICT known FROM barid.translation_backfill b
    WHERE b.entity_type = attached.entity_type AND b.state IN ('running', 'paused') FOR UPDATE;
    IF known.state = 'running'
       AND NOT EXISTS (SELECT FROM barid.job j WHERE j.id = known.job_id) THEN
        PERFORM barid.drive_backfill(known.id);
    END IF;
    RETURN known.id;
END $$;
CREATE FUNCTION barid.translate_backfill_cancel(id bigint, actor text DEFAULT SESSION_USER) RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$ SELECT barid.translate_backfill_set(id, 'cancelled', actor) $$;
CREATE FUNCTION barid.translate_backfill_fail(id bigint, job_id bigint, problem text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    UPDATE barid.translation_backfill b
    SET state = 'failed', error = left(problem, 1000), finished_at = now()
    WHERE b.id = $1 AND b.job_id = $2 AND b.state = 'running'
$_$;
CREATE FUNCTION barid.translate_backfill_pause(id bigint, actor text DEFAULT SESSION_USER) RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$ SELECT barid.translate_backfill_set(id, 'paused', actor) $$;
CREATE FUNCTION barid.translate_backfill_preview(name text, OUT entity_type text, OUT rows bigint, OUT due bigint, OUT fields bigint, OUT human bigint, OUT known bigint, OUT characters bigint) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    attached barid.auto_translation := barid.find_attached(name);
    after    text;
    page     record;
    hashes   bytea[] := '{}';
BEGIN
    entity_type := attached.entity_type;
    rows := 0; due := 0; fields := 0; human := 0; known := 0; characters := 0;
    LOOP
        WITH p AS MATERIALIZED (SELECT * FROM barid.backfill_page(attached, after, 1000)),
        texts AS (
            SELECT DISTINCT ON (p.source_hash, p.target) p.source, p.source_hash, EXISTS (
                SELECT FROM barid.translation_memory m
                WHERE m.source_hash = p.source_hash AND m.target_lang = p.target) AS known
            FROM p WHERE p.due AND NOT p.human AND p.source_hash IS NOT NULL
              AND p.source_hash <> ALL (hashes))
        SELECT (SELECT count(DISTINCT p.rank) FROM p) AS rows,
               (SELECT count(DISTINCT p.rank) FROM p WHERE p.due) AS due,
               (SELECT count(*) FROM p WHERE p.due) AS fields,
               (SELECT count(*) FROM p WHERE p.human) AS human,
               (SELECT p.entity_id FROM p ORDER BY p.rank DESC LIMIT 1) AS last,
               (SELECT count(*) FROM texts t WHERE t.known) AS known,
               (SELECT coalesce(sum(length(t.source)), 0) FROM texts t WHERE NOT t.known) AS characters,
               (SELECT array_agg(t.source_hash) FROM texts t) AS hashes
        INTO page;
        EXIT WHEN page.rows = 0;
        rows := rows + page.rows;
        due := due + page.due;
        fields := fields + page.fields;
        human := human + page.human;
        known := known + page.known;
        characters := characters + page.characters;
        IF cardinality(hashes) < 20000 THEN hashes := hashes || page.hashes; END IF;
        after := page.last;
    END LOOP;
END $$;
CREATE FUNCTION barid.translate_backfill_resume(id bigint, actor text DEFAULT SESSION_USER) RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$ SELECT barid.translate_backfill_set(id, 'running', actor) $$;
CREATE FUNCTION barid.translate_backfill_set(id bigint, state text, actor text DEFAULT SESSION_USER) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    b barid.translation_backfill;
BEGIN
    IF state NOT IN ('running', 'paused', 'cancelled') THEN
        PERFORM barid.refuse('a backfill is set running, paused or cancelled');
    END IF;
    SELECT x.* INTO b FROM barid.translation_backfill x WHERE x.id = id FOR UPDATE;
    IF NOT FOUND THEN PERFORM barid.refuse(format('there is no backfill %s', id)); END IF;
    IF b.state = state OR b.state NOT IN ('running', 'paused') THEN RETURN b.state; END IF;
    UPDATE barid.translation_backfill x SET state = state,
        changed_by = left(coalesce(actor, session_user), 256),
        worked = x.worked + CASE WHEN b.state = 'running'
                            THEN extract(epoch FROM now() - x.resumed_at) ELSE 0 END,
        resumed_at = now(), finished_at = CASE WHEN state = 'cancelled' THEN now() END
    WHERE x.id = id;
    IF state = 'running' THEN PERFORM barid.drive_backfill(id); END IF;
    IF state = 'cancelled' THEN
        PERFORM barid.cancel(j.job_id, 'the backfill was cancelled')
        FROM barid.translation_backfill_job j WHERE j.backfill_id = id;
    END IF;
    RETURN state;
END $$;
CREATE FUNCTION barid.translate_backfill_step(id bigint, job_id bigint, size integer DEFAULT 500) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    b        barid.translation_backfill;
    attached barid.auto_translation;
    room     bigint;
    upto     bigint;
    seen     bigint;
    last     text;
    chosen   text[];
    everything boolean;
BEGIN
    SELECT x.* INTO b FROM barid.translation_backfill x WHERE x.id = id FOR UPDATE;
    IF b.id IS NULL OR b.state <> 'running' OR b.job_id IS DISTINCT FROM job_id THEN
        RETURN 'stop';
    END IF;
    DELETE FROM barid.translation_backfill_job j
    WHERE j.backfill_id = id AND NOT EXISTS (SELECT FROM barid.job x WHERE x.id = j.job_id);
    room := b.ahead - (SELECT count(*) FROM barid.translation_backfill_job j
                       WHERE j.backfill_id = id);
    IF b.exhausted AND room = b.ahead THEN
        UPDATE barid.translation_backfill x SET state = 'done', finished_at = now()
        WHERE x.id = id;
        RETURN 'end';
    END IF;
    IF room <= 0 OR b.exhausted THEN RETURN 'wait'; END IF;
    SELECT a.* INTO attached FROM barid.auto_translation a WHERE a.entity_type = b.entity_type;
    IF NOT FOUND THEN
        UPDATE barid.translation_backfill x SET state = 'failed', finished_at = now(),
            error = 'the table is not attached any more' WHERE x.id = id;
        RETURN 'stop';
    END IF;
    WITH page AS MATERIALIZED (
        SELECT p.rank, p.entity_id, bool_or(p.due) AS due
        FROM barid.backfill_page(attached, b.cursor, size) p GROUP BY 1, 2),
    numbered AS (
        SELECT p.*, row_number() OVER (ORDER BY p.rank) AS row_no,
               count(*) FILTER (WHERE p.due) OVER (ORDER BY p.rank) AS due_no FROM page p),
    taken AS (SELECT n.* FROM numbered n WHERE n.due_no <= room)
    SELECT count(*), array_agg(t.entity_id ORDER BY t.rank) FILTER (WHERE t.due),
           (array_agg(t.entity_id ORDER BY t.rank DESC))[1],
           count(*) = (SELECT count(*) FROM page) AND (SELECT count(*) FROM page) < size
    INTO seen, chosen, last, everything FROM taken t;
    WITH jobs AS (
        INSERT INTO barid.job AS j (kind, payload, queue, priority, run_at, max_attempts, tags)
        SELECT 'translate.content', jsonb_build_object('entity_type', b.entity_type,
                   'entity_id', c.entity_id, 'attached', true),
               b.queue, 8, clock_timestamp(),
               coalesce((SELECT q.max_attempts FROM barid.queue q WHERE q.name = b.queue), 10),
               ARRAY['backfill:' || id]
        FROM unnest(chosen) WITH ORDINALITY AS c(entity_id, n)
        -- An edit's job is there already.
        WHERE NOT EXISTS (SELECT FROM barid.job w WHERE w.queue = b.queue
            AND w.unique_key = 'translate:' || b.entity_type || ':' || c.entity_id)
        ORDER BY c.n
        RETURNING j.id),
    kept AS (INSERT INTO barid.translation_backfill_job (backfill_id, job_id)
             SELECT id, j.id FROM jobs j RETURNING 1)
    UPDATE barid.translation_backfill x
    SET cursor = coalesce(last, x.cursor), seen = x.seen + seen, exhausted = everything,
        enqueued = x.enqueued + (SELECT count(*) FROM kept),
        total = greatest(x.total, x.seen + seen)
    WHERE x.id = id;
    RETURN 'more';
END $$;
CREATE FUNCTION barid.translation_cell(translations jsonb, field text, lang text, id text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT format('(SELECT t.%I::text FROM %s t WHERE t.%I = x.%I AND t.%I::text = %L)',
                  coalesce(translations -> 'columns' ->> field, field), translations ->> 'table',
                  translations ->> 'id', id, translations ->> 'lang',
                  coalesce(translations -> 'values' ->> lang, lang))
$$;
CREATE FUNCTION barid.translation_remember_human(source_lang text, target_lang text, format text, source text, source_hash bytea, human_text text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    INSERT INTO barid.translation_memory AS m
        (source_hash, source_lang, target_lang, provider, format, source_text, text)
    SELECT $5, $1, $2, 'human', $3, $4, $6
    WHERE $5 IS NOT NULL AND $1 IS NOT NULL AND $3 = 'text' AND $1 <> $2
      AND btrim($4, E' \t\n\v\f\r') !~ E'[\n\r]' AND $6 !~ E'[\n\r]'
    ON CONFLICT (source_hash, source_lang, target_lang, provider, provider_version)
    DO UPDATE SET text = excluded.text, created_at = now()
$_$;
CREATE FUNCTION barid.translation_reserve(provider text, characters bigint, texts integer, daily_characters bigint DEFAULT NULL::bigint, overall_characters bigint DEFAULT NULL::bigint, price_per_million numeric DEFAULT 0, probe_for interval DEFAULT '00:00:45'::interval, OUT granted boolean, OUT wait_seconds bigint, OUT kind text, OUT reason text, OUT day date, OUT probe boolean, OUT clean boolean) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    state barid.provider_state;
    used bigint;
    used_by_all bigint := 0;
    fresh boolean;
BEGIN
    IF coalesce(translation_reserve.characters, -1) NOT BETWEEN 0 AND 100000000
        OR coalesce(translation_reserve.texts, 0) NOT BETWEEN 1 AND 100000
        OR coalesce(translation_reserve.price_per_million, -1) NOT BETWEEN 0 AND 1000000 THEN
        RAISE EXCEPTION 'barid.translation_reserve: characters, texts or price out of range'
            USING ERRCODE = '22023',
                  HINT = 'Characters 0 to 100,000,000; texts 1 to 100,000; price 0 to 1,000,000.';
    END IF;
    granted := false;
    probe := false;
    clean := true;
    kind := '';
    day := barid.translation_today();
    INSERT INTO barid.provider_state AS p (provider) VALUES (translation_reserve.provider)
    ON CONFLICT ON CONSTRAINT provider_state_pkey DO NOTHING;
    -- The budget of all providers together is decided under one lock, taken before any row's.
    IF translation_reserve.overall_characters IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('barid.translation_reserve', 0));
    END IF;
    SELECT * INTO STRICT state FROM barid.provider_state p
    WHERE p.provider = translation_reserve.provider FOR UPDATE;
    IF state.paused_until > clock_timestamp() THEN
        kind := state.pause_kind;
        reason := state.pause_reason;
        wait_seconds := ceil(extract(epoch FROM state.paused_until - clock_timestamp()));
        RETURN;
    END IF;
    probe := state.pause_kind NOT IN ('', 'rate_limited');
    IF probe AND state.probe_until > clock_timestamp() THEN
        probe := false;
        kind := state.pause_kind;
        reason := 'being tried again after: ' || state.pause_reason;
        wait_seconds := least(5, ceil(extract(epoch FROM state.probe_until - clock_timestamp())));
        RETURN;
    END IF;
    used := CASE WHEN state.day = translation_reserve.day THEN state.characters ELSE 0 END;
    IF translation_reserve.overall_characters IS NOT NULL THEN
        SELECT coalesce(sum(p.characters), 0) INTO used_by_all
        FROM barid.provider_state p WHERE p.day = translation_reserve.day;
    END IF;
    IF used + translation_reserve.characters > translation_reserve.daily_characters
        OR used_by_all + translation_reserve.characters > translation_reserve.overall_characters
    THEN
        probe := false;
        kind := 'budget';
        reason := CASE
            WHEN used + translation_reserve.characters > translation_reserve.daily_characters
            THEN format('the day''s budget of %s characters is used up (%s so far)',
                        translation_reserve.daily_characters, used)
            ELSE format('the day''s budget of %s characters for all providers is used up '
                        '(%s so far)', translation_reserve.overall_characters, used_by_all) END;
        wait_seconds := ceil(extract(epoch FROM (translation_reserve.day + 1)::timestamp
                                                - (clock_timestamp() AT TIME ZONE 'UTC')));
        wait_seconds := greatest(1, wait_seconds);
        RETURN;
    END IF;
    granted := true;
    clean := state.failures = 0 AND state.pause_kind = '' AND state.paused_until IS NULL;
    UPDATE barid.provider_state p SET
        day = translation_reserve.day,
        characters = used + translation_reserve.characters,
        budget = translation_reserve.daily_characters,
        probe_until = CASE WHEN translation_reserve.probe
                           THEN clock_timestamp() + translation_reserve.probe_for
                           ELSE p.probe_until END,
        updated_at = now()
    WHERE p.provider = translation_reserve.provider;
    INSERT INTO barid.translation_usage AS u (day, provider, requests, texts, characters, cost)
    VALUES (translation_reserve.day, translation_reserve.provider, 1, translation_reserve.texts,
            translation_reserve.characters,
            translation_reserve.characters * translation_reserve.price_per_million / 1000000)
    ON CONFLICT ON CONSTRAINT translation_usage_pkey DO UPDATE SET
        requests = u.requests + 1,
        texts = u.texts + excluded.texts,
        characters = u.characters + excluded.characters,
        cost = u.cost + excluded.cost
    RETURNING u.requests = 1 INTO fresh;
    IF fresh THEN
        DELETE FROM barid.translation_usage u WHERE u.day < translation_reserve.day - 400;
    END IF;
END
$$;
CREATE FUNCTION barid.translation_settle(provider text, day date, characters bigint, price_per_million numeric, kind text, refund boolean, probe boolean, reason text DEFAULT ''::text, pause_for interval DEFAULT NULL::interval, failures_allowed integer DEFAULT 1, longest_pause interval DEFAULT '06:00:00'::interval) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    state barid.provider_state;
    rest interval;
    until_then timestamptz;
    step int;
BEGIN
    SELECT * INTO state FROM barid.provider_state p
    WHERE p.provider = translation_settle.provider FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    IF translation_settle.refund THEN
        UPDATE barid.provider_state p
        SET characters = greatest(0, p.characters - translation_settle.characters)
        WHERE p.provider = translation_settle.provider AND p.day = translation_settle.day;
    END IF;
    IF translation_settle.kind IS NOT NULL THEN
        UPDATE barid.translation_usage u SET
            errors = u.errors + 1,
            characters = CASE WHEN translation_settle.refund
                THEN greatest(0, u.characters - translation_settle.characters)
                ELSE u.characters END,
            cost = CASE WHEN translation_settle.refund
                THEN greatest(0, u.cost - translation_settle.characters
                                          * translation_settle.price_per_million / 1000000)
                ELSE u.cost END
        WHERE u.provider = translation_settle.provider AND u.day = translation_settle.day;
    END IF;
    IF translation_settle.kind IS NULL OR translation_settle.pause_for IS NULL THEN
        -- It answered: what it will not take is no fault of its own.
        -- A late answer from before a pause ends no pause: only the probe's does.
        UPDATE barid.provider_state p SET
            failures = 0,
            opened = CASE WHEN ended THEN 0 ELSE p.opened END,
            pause_kind = CASE WHEN ended THEN '' ELSE p.pause_kind END,
            pause_reason = CASE WHEN ended THEN '' ELSE p.pause_reason END,
            paused_until = CASE WHEN ended THEN NULL ELSE p.paused_until END,
            probe_until = CASE WHEN ended THEN NULL ELSE p.probe_until END,
            updated_at = now()
        FROM (SELECT coalesce(state.paused_until <= clock_timestamp(), true)
                     AND (translation_settle.probe
                          OR state.pause_kind IN ('', 'rate_limited')) AS ended) AS e
        WHERE p.provider = translation_settle.provider;
        RETURN 0;
    END IF;
    rest := translation_settle.pause_for;
    step := state.opened;
    IF translation_settle.kind = 'unavailable' THEN
        IF state.failures + 1 < translation_settle.failures_allowed
            AND NOT translation_settle.probe THEN
            UPDATE barid.provider_state p SET failures = p.failures + 1, updated_at = now()
            WHERE p.provider = translation_settle.provider;
            RETURN 0;
        END IF;
        -- Jobs that failed side by side open it once, not once each.
        IF state.paused_until > clock_timestamp() THEN
            RETURN ceil(extract(epoch FROM state.paused_until - clock_timestamp()));
        END IF;
        rest := rest * power(2, least(step, 10));
        step := least(step + 1, 1000);
    END IF;
    rest := least(greatest(rest, interval '1 second'), translation_settle.longest_pause);
    until_then := clock_timestamp() + rest;
    UPDATE barid.provider_state p SET
        failures = least(p.failures + 1, 1000000),
        opened = step,
        -- Never shortened: the longer pause keeps its reason.
        pause_kind = CASE WHEN longer THEN translation_settle.kind ELSE p.pause_kind END,
        pause_reason = CASE WHEN longer THEN left(translation_settle.reason, 1000)
                            ELSE p.pause_reason END,
        paused_until = CASE WHEN longer THEN until_then ELSE p.paused_until END,
        probe_until = NULL,
        updated_at = now()
    FROM (SELECT coalesce(state.paused_until < until_then, true) AS longer) AS l
    WHERE p.provider = translation_settle.provider;
    RETURN ceil(extract(epoch FROM greatest(state.paused_until, until_then) - clock_timestamp()));
END
$$;
CREATE FUNCTION barid.translation_source_hash(format text, source text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT sha256(convert_to(format || ':' || btrim(normalize(translate(source,
        U&'\061C\200E\200F\202A\202B\202C\202D\202E\2066\2067\2068\2069', ''), NFC),
        E' \t\n\v\f\r'), 'UTF8'))
$$;
CREATE FUNCTION barid.translation_status(entity_type text, entity_id text) RETURNS TABLE(field text, source_lang text, lang text, state text, origin text, provider text, written_by text, source_text text, text text, suggestion text, review_id bigint, review_reason text, write_error text, job_id bigint, updated_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    SELECT t.field, t.source_lang, t.target_lang, t.state, t.origin, t.provider, t.written_by,
           t.source_text, t.text, t.suggestion, r.id, r.reason, t.write_error,
           (SELECT min(j.id) FROM barid.job j
            WHERE j.unique_key = 'translate:' || t.entity_type || ':' || t.entity_id
              AND j.queue = coalesce(a.queue, 'default')), t.updated_at
    FROM barid.translation t
    LEFT JOIN barid.auto_translation a ON a.entity_type = t.entity_type
    LEFT JOIN barid.translation_review r
      ON r.entity_type = t.entity_type AND r.entity_id = t.entity_id AND r.field = t.field
     AND r.target_lang = t.target_lang AND r.state = 'open'
    WHERE t.entity_type = $1 AND t.entity_id = $2
    ORDER BY t.field, t.target_lang
$_$;
CREATE FUNCTION barid.translation_work(entity_type text, entity_id text, max_bytes integer) RETURNS TABLE(field text, format text, source_lang text, target_lang text, source_text text, source_hash text, current boolean, human boolean, suggested boolean, review text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    here boolean := barid.note_entity(entity_type, entity_id);
    item barid.translation;
BEGIN
    IF here IS NOT TRUE THEN
        IF NOT here THEN PERFORM barid.forget_rows(entity_type, ARRAY[entity_id]); END IF;
        RETURN;
    END IF;
    FOR item IN
        SELECT t.* FROM barid.translation t
        WHERE t.entity_type = translation_work.entity_type
          AND t.entity_id = translation_work.entity_id
        ORDER BY t.field, t.target_lang FOR UPDATE
    LOOP
        CONTINUE WHEN item.source_hash IS NULL;
        IF octet_length(item.source_text) > max_bytes
           AND item.text_source_hash IS DISTINCT FROM item.source_hash THEN
            PERFORM barid.open_review(item, 'too_large',
                format('the text has %s bytes, at most %s are translated',
                       octet_length(item.source_text), max_bytes), NULL, NULL);
            CONTINUE;
        END IF;
        IF item.text IS NOT NULL AND (item.shown_hash IS NULL OR item.write_error IS NOT NULL) THEN
            PERFORM barid.show_translation(item);
        END IF;
        RETURN QUERY SELECT item.field, item.format, item.source_lang, item.target_lang,
            item.source_text, encode(item.source_hash, 'hex'),
            item.text IS NOT NULL AND item.text_source_hash IS NOT DISTINCT FROM item.source_hash,
            coalesce(item.origin = 'human', false),
            coalesce(item.suggestion_hash = item.source_hash, false),
            (SELECT r.state || ':' || r.reason FROM barid.translation_review r
             WHERE r.entity_type = item.entity_type AND r.entity_id = item.entity_id
               AND r.field = item.field AND r.target_lang = item.target_lang
               AND r.source_hash = item.source_hash AND r.state IN ('open', 'rejected')
             ORDER BY r.id DESC LIMIT 1);
    END LOOP;
END $$;
CREATE FUNCTION barid.try_enqueue(kind text, payload jsonb DEFAULT '{}'::jsonb, queue text DEFAULT 'default'::text, priority integer DEFAULT 5, run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, delay interval DEFAULT NULL::interval, max_attempts integer DEFAULT NULL::integer, unique_key text DEFAULT NULL::text, ordering_key text DEFAULT NULL::text, request_id text DEFAULT NULL::text, traceparent text DEFAULT NULL::text, tags text[] DEFAULT NULL::text[], unique_while text DEFAULT 'finished'::text, on_conflict text DEFAULT 'keep'::text, throttle interval DEFAULT NULL::interval, debounce interval DEFAULT NULL::interval, limit_key text DEFAULT NULL::text, after bigint[] DEFAULT NULL::bigint[], on_parent_failure text DEFAULT 'cancel'::text, batch_id bigint DEFAULT NULL::bigint) RETURNS TABLE(id bigint, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.try_enqueue_many(jobs jsonb) RETURNS TABLE(n bigint, id bigint, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.unblock_key(key text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM barid.ordering_slot s WHERE s.ordering_key = key AND s.blocked;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM barid.free_key(key);
    RETURN true;
END $$;
CREATE FUNCTION barid.unread_count(user_id text, cap integer DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    RETURN (SELECT count(*)
            FROM (SELECT FROM barid.inbox_item i
                  WHERE i.user_id = unread_count.user_id AND i.read_at IS NULL
                    AND i.archived_at IS NULL AND i.title IS NOT NULL
                    AND i.created_at <= statement_timestamp()
                    AND (i.snoozed_until IS NULL OR i.snoozed_until <= statement_timestamp())
                  LIMIT cap) u);
END $$;
CREATE FUNCTION barid.unregister_device(user_id text, target text, project text DEFAULT 'default'::text, target_kind text DEFAULT 'token'::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    UPDATE barid.device d
    SET state = 'dead', state_reason = 'unregistered_by_app'
    WHERE d.user_id = unregister_device.user_id AND d.target = unregister_device.target
      AND d.project = unregister_device.project
      AND d.target_kind = unregister_device.target_kind;
    RETURN FOUND;
END
$$;
CREATE FUNCTION barid.unschedule(name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM barid.schedule s WHERE s.name = unschedule.name;
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.unsubscribe(name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM barid.subscription s WHERE s.name = unsubscribe.name;
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.unsuppress(address text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    given text := lower(btrim(address));
BEGIN
    UPDATE barid.bounce b SET counts = false WHERE b.address = given AND b.counts;
    DELETE FROM barid.suppression s WHERE s.channel = 'email' AND s.address = given;
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.upsert_category(key text, critical boolean DEFAULT false, ambiguity text DEFAULT 'resend'::text, ttl interval DEFAULT '28 days'::interval, urgent boolean DEFAULT true, collapse boolean DEFAULT false, description text DEFAULT NULL::text, quiet text DEFAULT NULL::text, throttle_n integer DEFAULT NULL::integer, throttle_window interval DEFAULT NULL::interval, digest_window interval DEFAULT NULL::interval, digest_template text DEFAULT NULL::text, channels text[] DEFAULT NULL::text[], default_enabled boolean DEFAULT NULL::boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    no_throttle CONSTANT boolean := throttle_n IS NOT DISTINCT FROM 0;
    no_digest   CONSTANT boolean := digest_window IS NOT DISTINCT FROM interval '0';
BEGIN
    IF key IS NULL OR key !~ '^[a-z0-9][a-z0-9._-]{0,63}$' THEN
        PERFORM barid.refuse(format('category key %s must match [a-z0-9][a-z0-9._-]{0,63}',
                                    quote_nullable(left(key, 80))));
    END IF;
    IF ambiguity IS NULL OR ambiguity NOT IN ('resend', 'hold') THEN
        PERFORM barid.refuse('ambiguity must be resend or hold');
    END IF;
    IF ttl IS NULL OR ttl NOT BETWEEN interval '1 second' AND interval '28 days' THEN
        PERFORM barid.refuse('ttl must be between 1 second and 28 days');
    END IF;
    IF quiet NOT IN ('defer', 'drop', 'inbox_only', 'ignore') THEN
        PERFORM barid.refuse('quiet must be defer, drop, inbox_only or ignore');
    END IF;
    IF channels IS NOT NULL THEN PERFORM barid.check_channels(channels); END IF;
    IF no_throttle THEN
        throttle_n := NULL;
        throttle_window := NULL;
    ELSIF (throttle_n IS NULL) <> (throttle_window IS NULL) OR throttle_n NOT BETWEEN 1 AND 100
          OR throttle_window NOT BETWEEN interval '1 second' AND interval '31 days' THEN
        PERFORM barid.refuse(
            'throttle_n and throttle_window must be given together',
            '1 to 100 messages in 1 second to 31 days; throttle_n => 0 for no throttle.');
    END IF;
    IF no_digest THEN
        digest_window := NULL;
        digest_template := NULL;
    ELSIF (digest_window IS NULL) <> (digest_template IS NULL)
          OR digest_window NOT BETWEEN interval '1 second' AND interval '7 days' THEN
        PERFORM barid.refuse(
            'digest_window and digest_template must be given together',
            'The window has 1 second to 7 days; digest_window => ''0'' for no digest.');
    ELSIF digest_template IS NOT NULL AND NOT EXISTS (
        SELECT FROM barid.template t WHERE t.key = digest_template) THEN
        PERFORM barid.refuse(format('template %s does not exist',
                                    quote_literal(left(digest_template, 80))),
                             'Create it with barid.upsert_template.');
    END IF;
    INSERT INTO barid.category AS c (
        key, critical, ambiguity, ttl, urgent, collapse, description, quiet, throttle_n,
        throttle_window, digest_window, digest_template, channels, default_enabled)
    VALUES (key, coalesce(critical, false), ambiguity, ttl, coalesce(urgent, true),
            coalesce(collapse, false), left(description, 500), coalesce(quiet, 'defer'),
            throttle_n, throttle_window, digest_window, digest_template,
            coalesce(channels, '{push,inbox}'), coalesce(default_enabled, true))
    ON CONFLICT ON CONSTRAINT category_pkey DO UPDATE
        SET critical = EXCLUDED.critical, ambiguity = EXCLUDED.ambiguity, ttl = EXCLUDED.ttl,
            urgent = EXCLUDED.urgent, collapse = EXCLUDED.collapse,
            description = coalesce(EXCLUDED.description, c.description),
            quiet = coalesce(upsert_category.quiet, c.quiet),
            throttle_n = CASE WHEN no_throttle THEN NULL
                              ELSE coalesce(EXCLUDED.throttle_n, c.throttle_n) END,
            throttle_window = CASE WHEN no_throttle THEN NULL
                                   ELSE coalesce(EXCLUDED.throttle_window, c.throttle_window) END,
            digest_window = CASE WHEN no_digest THEN NULL
                                 ELSE coalesce(EXCLUDED.digest_window, c.digest_window) END,
            digest_template = CASE WHEN no_digest THEN NULL
                                   ELSE coalesce(EXCLUDED.digest_template, c.digest_template) END,
            channels = coalesce(upsert_category.channels, c.channels),
            default_enabled = coalesce(upsert_category.default_enabled, c.default_enabled),
            updated_at = now();
END $_$;
CREATE FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF upsert_template.variables && ARRAY[NULL, '']::text[]
       OR array_position(upsert_template.variables, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'a variable has no name' USING ERRCODE = '22023';
    END IF;
    RETURN barid.save_template(upsert_template.key, upsert_template.texts,
                               barid.schema_of_names(upsert_template.variables), true);
END $$;
CREATE FUNCTION barid.upsert_template(key text, texts jsonb, variables jsonb) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.save_template(key, texts, coalesce(variables, '{}'), false)
$$;
CREATE FUNCTION barid.upsert_template(key text, texts jsonb, variables text DEFAULT '{}'::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF upsert_template.variables ~ '^\s*\{\s*("([^"\\]|\\.)*"\s*:|\})' THEN
        RETURN barid.upsert_template(upsert_template.key, upsert_template.texts,
                                     upsert_template.variables::jsonb);
    END IF;
    RETURN barid.upsert_template(upsert_template.key, upsert_template.texts,
                                 upsert_template.variables::text[]);
END $$;
CREATE FUNCTION barid.upsert_term(term text, target text DEFAULT NULL::text, source_lang text DEFAULT 'en'::text, target_lang text DEFAULT 'ar'::text, kind text DEFAULT NULL::text, forms text[] DEFAULT '{}'::text[], source_forms text[] DEFAULT '{}'::text[], case_sensitive boolean DEFAULT false, note text DEFAULT ''::text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    wanted_kind text := coalesce(upsert_term.kind,
        CASE WHEN upsert_term.target IS NULL THEN 'keep' ELSE 'translate' END);
    clean text := barid.clean_term('term', upsert_term.term);
    clean_target text;
    term_id bigint;
BEGIN
    IF upsert_term.source_lang IS NULL OR upsert_term.target_lang IS NULL
        OR (upsert_term.source_lang, upsert_term.target_lang)
            NOT IN (('en', 'ar'), ('ar', 'en')) THEN
        RAISE EXCEPTION 'barid.upsert_term: the languages must be ''en'' and ''ar'' or the '
            'reverse, not % and %', quote_nullable(left(upsert_term.source_lang, 40)),
            quote_nullable(left(upsert_term.target_lang, 40)) USING ERRCODE = '22023';
    END IF;
    IF wanted_kind NOT IN ('translate', 'keep', 'forbid') THEN
        RAISE EXCEPTION 'barid.upsert_term: kind must be ''translate'', ''keep'' or ''forbid'', '
            'not %', quote_literal(left(wanted_kind, 40)) USING ERRCODE = '22023';
    END IF;
    IF (wanted_kind = 'translate') <> (upsert_term.target IS NOT NULL) THEN
        RAISE EXCEPTION 'barid.upsert_term: a term of kind % must % a target', wanted_kind,
            CASE wanted_kind WHEN 'translate' THEN 'have' ELSE 'not have' END
            USING ERRCODE = '22023',
                  HINT = 'Without a target a term is kept as it is (kind ''keep'').';
    END IF;
    IF length(upsert_term.note) > 1000 THEN
        RAISE EXCEPTION 'barid.upsert_term: note may have at most 1000 characters'
            USING ERRCODE = '22023';
    END IF;
    IF upsert_term.target IS NOT NULL THEN
        clean_target := barid.clean_term('target', upsert_term.target);
    END IF;
    INSERT INTO barid.term AS t (source_lang, target_lang, kind, term, target, source_forms,
                                 forms, case_sensitive, note)
    VALUES (upsert_term.source_lang, upsert_term.target_lang, wanted_kind, clean, clean_target,
            barid.clean_terms('source_forms', upsert_term.source_forms),
            barid.clean_terms('forms', upsert_term.forms),
            coalesce(upsert_term.case_sensitive, false), coalesce(upsert_term.note, ''))
    ON CONFLICT ON CONSTRAINT term_once DO UPDATE SET
        kind = excluded.kind, target = excluded.target, source_forms = excluded.source_forms,
        forms = excluded.forms, case_sensitive = excluded.case_sensitive, note = excluded.note,
        updated_at = now(), updated_by = session_user
    RETURNING t.id INTO term_id;
    IF (SELECT v.terms FROM barid.term_version v
        WHERE v.source_lang = upsert_term.source_lang
          AND v.target_lang = upsert_term.target_lang) > 20000 THEN
        RAISE EXCEPTION 'barid.upsert_term: there are 20000 terms from % to % already',
            upsert_term.source_lang, upsert_term.target_lang USING ERRCODE = '54000',
            HINT = 'Remove terms that are not needed with barid.remove_term.';
    END IF;
    RETURN term_id;
END
$$;
CREATE FUNCTION barid.upsert_user(user_id text, locale text DEFAULT NULL::text, tz text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    IF user_id IS NULL OR octet_length(user_id) NOT BETWEEN 1 AND 256 THEN
        RAISE EXCEPTION 'user_id must have 1 to 256 bytes' USING ERRCODE = '22023';
    END IF;
    IF upsert_user.locale IS NOT NULL THEN
        upsert_user.locale := barid.check_locale(upsert_user.locale);
    END IF;
    IF upsert_user.tz IS NOT NULL THEN
        upsert_user.tz := barid.check_tz(upsert_user.tz);
    END IF;
    INSERT INTO barid.app_user AS u (id, locale, tz)
    VALUES (upsert_user.user_id, coalesce(upsert_user.locale, 'en'),
            coalesce(upsert_user.tz, 'UTC'))
    ON CONFLICT (id) DO UPDATE
        SET locale = coalesce(upsert_user.locale, u.locale),
            tz = coalesce(upsert_user.tz, u.tz),
            updated_at = now()
        WHERE (u.locale, u.tz) IS DISTINCT FROM (coalesce(upsert_user.locale, u.locale),
                                                 coalesce(upsert_user.tz, u.tz));
END
$$;
CREATE FUNCTION barid.utc_text(instant timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    RETURN ((to_jsonb((instant AT TIME ZONE 'UTC'::text)) #>> '{}'::text[]) || 'Z'::text);
CREATE FUNCTION barid.uuid_v7_floor(at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT encode(substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3)
                  || '\x70008000000000000000'::bytea, 'hex')::uuid
$$;
CREATE FUNCTION barid.var_problem(spec jsonb, value jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    kind text := spec ->> 'type';
    most int := coalesce((spec ->> 'max_length')::int, 2000);
BEGIN
    CASE kind
    WHEN 'string' THEN
        -- A number stands as it is written: an order's, for instance.
        IF jsonb_typeof(value) = 'number' AND barid.is_decimal(value) THEN RETURN NULL; END IF;
        IF jsonb_typeof(value) <> 'string' THEN RETURN 'must be a text'; END IF;
        IF char_length(value #>> '{}') > most THEN
            RETURN format('has %s characters, at most %s are allowed',
                          char_length(value #>> '{}'), most);
        END IF;
    WHEN 'boolean' THEN
        IF jsonb_typeof(value) <> 'boolean' THEN RETURN 'must be true or false'; END IF;
    WHEN 'number' THEN
        IF NOT barid.is_decimal(value) THEN
            RETURN 'must be a number of at most 15 digits and 9 decimals, or a text of one';
        END IF;
    WHEN 'integer' THEN
        IF NOT barid.is_decimal(value) OR (value #>> '{}')::numeric % 1 <> 0 THEN
            RETURN 'must be a whole number of at most 15 digits';
        END IF;
    WHEN 'money' THEN
        IF jsonb_typeof(value) <> 'object' OR NOT barid.is_decimal(value -> 'amount')
           OR jsonb_typeof(value -> 'currency') IS DISTINCT FROM 'string'
           OR value ->> 'currency' !~ '^[A-Z]{3}$' OR value - 'amount' - 'currency' <> '{}' THEN
            RETURN 'must be like {"amount": "149.50", "currency": "SAR"}';
        END IF;
    WHEN 'date' THEN
        IF NOT barid.is_instant(value) THEN
            RETURN 'must be a time with an offset, like 2026-11-22T07:30:00+03:00, or a day';
        END IF;
    ELSE
        RETURN 'has no type';
    END CASE;
    RETURN NULL;
END $_$;
CREATE FUNCTION barid.vars_fit(template text, version integer, vars jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    PERFORM barid.check_vars(template, version, vars);
    RETURN true;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END $$;
CREATE FUNCTION barid.wake(queue text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    flag int := barid.wake_flag(queue);
BEGIN
    IF pg_try_advisory_lock(1112297796, flag) THEN
        PERFORM pg_advisory_unlock(1112297796, flag);
    ELSE
        PERFORM pg_notify('barid', queue);
    END IF;
END $$;
CREATE FUNCTION barid.wake_before_insert() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION barid.wake_flag(queue text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (hashtext(queue) & 63);
CREATE FUNCTION barid.wake_schedules() RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF current_setting('barid.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_notify('barid_schedule', '');
    END IF;
END $$;
CREATE FUNCTION barid.was_edited(shown bytea, known bytea, published text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT shown IS DISTINCT FROM '\x'::bytea
       AND shown IS DISTINCT FROM nullif(known, '\x'::bytea)
       AND known IS DISTINCT FROM '\x00'::bytea
       AND (shown IS NULL OR published IS NULL
            OR shown <> barid.translation_source_hash('text', published))
$$;
CREATE FUNCTION barid.webhook_counts(endpoint text, see_data boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
    WITH newest AS MATERIALIZED (
        SELECT h.state, h.finished_at, h.errors->-1->>'error' AS error FROM barid.job_history h
        WHERE h.kind = 'http.deliver' AND h.payload->>'endpoint' = $1
        ORDER BY h.id DESC LIMIT 2000),
    day AS (SELECT * FROM newest n WHERE n.finished_at > now() - interval '1 day'),
    live AS MATERIALIZED (
        SELECT j.state, j.attempt, j.run_at FROM barid.job j
        WHERE j.kind = 'http.deliver' AND j.payload->>'endpoint' = $1 LIMIT 2001)
    SELECT jsonb_build_object(
        'counts', (SELECT jsonb_build_object(
            'completed', count(*) FILTER (WHERE d.state = 'completed'),
            'failed', count(*) FILTER (WHERE d.state = 'failed'),
            'cancelled', count(*) FILTER (WHERE d.state = 'cancelled'),
            'capped', count(*) = 2000) FROM day d)
            || (SELECT jsonb_build_object(
            'waiting', count(*) FILTER (WHERE l.state = 'waiting'),
            'retrying', count(*) FILTER (WHERE l.state = 'waiting' AND l.attempt > 0),
            'running', count(*) FILTER (WHERE l.state = 'running'),
            'live_capped', count(*) > 2000) FROM live l),
        'last_success_at', (SELECT barid.admin_time(max(n.finished_at)) FROM newest n
                            WHERE n.state = 'completed'),
        'last_failure_at', (SELECT barid.admin_time(max(n.finished_at)) FROM newest n
                            WHERE n.state = 'failed'),
        'last_error', (SELECT CASE WHEN see_data OR n.error IS NULL THEN n.error ELSE '•••' END
                       FROM newest n WHERE n.state = 'failed'
                       ORDER BY n.finished_at DESC LIMIT 1))
$_$;
CREATE FUNCTION barid.webhook_document(id bigint, may_manage boolean, see_data boolean) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT barid.webhook_item(j, may_manage, see_data) || jsonb_build_object(
        'queue', j.queue, 'request_id', j.request_id, 'traceparent', j.traceparent,
        'data', CASE WHEN see_data THEN j.payload->'data'
                     ELSE barid.admin_mask(j.payload->'data') END,
        'answer', CASE WHEN see_data THEN j.output ELSE barid.admin_mask(j.output) END,
        'attempts', coalesce((
            SELECT jsonb_agg(jsonb_build_object('attempt', e->'attempt', 'at',
                       barid.admin_time((e->>'at')::timestamptz), 'worker', e->>'worker',
                       'duration_ms', e->'ms',
                       'error', CASE WHEN see_data THEN e->>'error' ELSE '•••' END) ORDER BY n)
            FROM jsonb_array_elements(j.errors) WITH ORDINALITY x(e, n)), '[]'))
    FROM barid.jobs j WHERE j.id = webhook_document.id AND j.kind = 'http.deliver'
$$;
CREATE FUNCTION barid.webhook_id(id bigint, created_at timestamp with time zone, payload jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT 'job_' || coalesce(payload#>>'{redelivers,job}', id::text) || '_'
        || coalesce(payload#>>'{redelivers,created_us}',
                    (extract(epoch FROM created_at) * 1000000)::bigint::text)
$$;
CREATE TABLE barid.job_history (
    id bigint NOT NULL,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    run_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    claim_id uuid NOT NULL,
    state barid.final_state NOT NULL,
    priority smallint NOT NULL,
    attempt smallint NOT NULL,
    max_attempts smallint NOT NULL,
    queue text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    payload jsonb NOT NULL,
    unique_key text COLLATE pg_catalog."C",
    ordering_key text COLLATE pg_catalog."C",
    request_id text,
    traceparent text,
    tags text[],
    origin_id bigint,
    errors jsonb,
    output jsonb,
    limit_key text COLLATE pg_catalog."C",
    after bigint[],
    batch_id bigint,
    origin_queue text COLLATE pg_catalog."C"
)
PARTITION BY RANGE (id);
CREATE VIEW barid.jobs AS
 SELECT j.id,
    j.queue,
    j.kind,
        CASE
            WHEN ((j.state = 'waiting'::barid.job_state) AND (j.run_at = 'infinity'::timestamp with time zone)) THEN 'parked'::text
            ELSE (j.state)::text
        END AS state,
    j.priority,
    j.attempt,
    j.max_attempts,
        CASE
            WHEN (j.run_at = 'infinity'::timestamp with time zone) THEN j.due_at
            ELSE j.run_at
        END AS run_at,
    j.created_at,
    NULLIF(j.claimed_at, '-infinity'::timestamp with time zone) AS claimed_at,
    NULL::timestamp with time zone AS finished_at,
    j.payload,
    COALESCE(j.unique_key, j.released_key) AS unique_key,
    j.ordering_key,
    j.request_id,
    j.traceparent,
    j.tags,
    j.progress,
    j.progress_note,
    COALESCE(j.errors, '[]'::jsonb) AS errors,
    NULL::jsonb AS output,
    j.origin_id,
    NULLIF(j.parked_by, ''::text) AS parked_by,
    j.limit_key,
    j.after,
    j.batch_id,
    j.origin_queue
   FROM barid.job j
UNION ALL
 SELECT h.id,
    h.queue,
    h.kind,
    (h.state)::text AS state,
    h.priority,
    h.attempt,
    h.max_attempts,
    h.run_at,
    h.created_at,
    NULLIF(h.claimed_at, '-infinity'::timestamp with time zone) AS claimed_at,
    h.finished_at,
    h.payload,
    h.unique_key,
    h.ordering_key,
    h.request_id,
    h.traceparent,
    h.tags,
    1 AS progress,
    NULL::text AS progress_note,
    COALESCE(h.errors, '[]'::jsonb) AS errors,
    h.output,
    h.origin_id,
    NULL::text AS parked_by,
    h.limit_key,
    h.after,
    h.batch_id,
    h.origin_queue
   FROM barid.job_history h;
CREATE FUNCTION barid.webhook_item(j barid.jobs, may_manage boolean, see_data boolean) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object(
        'job_id', j.id, 'webhook_id', barid.webhook_id(j.id, j.created_at, j.payload),
        'endpoint', j.payload->>'endpoint', 'type', j.payload->>'type', 'state', j.state,
        'attempt', j.attempt, 'max_attempts', j.max_attempts,
        'created_at', barid.admin_time(j.created_at), 'run_at', barid.admin_time(j.run_at),
        'finished_at', barid.admin_time(j.finished_at),
        'http_status', CASE WHEN jsonb_typeof(j.output->'status') = 'number'
                       THEN j.output->'status' END,
        'duration_ms', CASE WHEN jsonb_typeof(j.output->'ms') = 'number' THEN j.output->'ms' END,
        'error', CASE WHEN j.state = 'completed' OR j.errors->-1->>'error' IS NULL THEN NULL
                      WHEN see_data THEN j.errors->-1->>'error' ELSE '•••' END,
        'redelivers_job', CASE WHEN jsonb_typeof(j.payload#>'{redelivers,job}') = 'number'
                               THEN j.payload#>'{redelivers,job}' END,
        'tags', coalesce(to_jsonb(j.tags), '[]'),
        'allowed_actions', CASE WHEN may_manage AND j.state IN ('waiting', 'completed', 'failed',
                                                                'cancelled')
                                THEN '["redeliver"]'::jsonb ELSE '[]' END)
$$;
CREATE FUNCTION barid.webhook_page(endpoint text, state text, type text, after bigint, size integer, may_manage boolean, see_data boolean) RETURNS TABLE(item jsonb, at text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    conditions text := 'x.kind = ''http.deliver'' AND x.payload->>''endpoint'' = $1'
        || CASE WHEN type IS NULL THEN '' ELSE ' AND x.payload->>''type'' = $2' END
        || CASE WHEN after IS NULL THEN '' ELSE ' AND x.id < $3' END;
    live text := 'SELECT x.id FROM barid.job x WHERE ' || conditions
        || CASE state WHEN 'running' THEN ' AND x.state = ''running'''
                      WHEN 'waiting' THEN ' AND x.state = ''waiting'' AND x.run_at <> ''infinity'''
                      WHEN 'parked' THEN ' AND x.state = ''waiting'' AND x.run_at = ''infinity'''
                      ELSE '' END || ' ORDER BY x.id DESC LIMIT $4';
    done text := 'SELECT x.id FROM barid.job_history x WHERE ' || conditions
        || CASE WHEN state IS NULL THEN '' ELSE format(' AND x.state = %L', state) END
        || ' ORDER BY x.id DESC LIMIT $4';
BEGIN
    RETURN QUERY EXECUTE
        'WITH chosen AS MATERIALIZED ('
        || CASE WHEN state IS NULL THEN '(' || live || ') UNION ALL (' || done || ')'
                WHEN state IN ('running', 'waiting', 'parked') THEN live ELSE done END
        || ' ), newest AS MATERIALIZED (SELECT c.id FROM chosen c ORDER BY c.id DESC LIMIT $4)
        SELECT barid.webhook_item((SELECT j FROM barid.jobs j WHERE j.id = n.id), $5, $6),
               n.id::text
        FROM newest n ORDER BY n.id DESC'
    USING endpoint, type, after, size, may_manage, see_data;
END $_$;
CREATE FUNCTION barid.webhook_redeliver(id bigint, request_id text, OUT outcome text, OUT job_id bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    j barid.jobs;
BEGIN
    SELECT x.* INTO j FROM barid.jobs x WHERE x.id = id AND x.kind = 'http.deliver';
    IF j.id IS NULL THEN RETURN; END IF;
    job_id := j.id;
    IF j.state IN ('running', 'parked') THEN
        outcome := j.state;
    ELSIF j.state = 'completed' THEN
        outcome := 'enqueued';
        job_id := barid.enqueue('http.deliver',
            j.payload || jsonb_build_object('redelivers', coalesce(j.payload->'redelivers',
                jsonb_build_object('job', j.id, 'created_us',
                    (extract(epoch FROM j.created_at) * 1000000)::bigint))),
            queue => j.queue, priority => j.priority::int, max_attempts => j.max_attempts::int,
            unique_key => 'webhook.redeliver:' || j.id, ordering_key => j.ordering_key,
            request_id => request_id, tags => j.tags);
    ELSIF barid.retry(j.id) THEN
        outcome := CASE j.state WHEN 'waiting' THEN 'hastened' ELSE 'retried' END;
    ELSE
        outcome := 'gone';
    END IF;
END $$;
CREATE FUNCTION barid.write_back(entity_type text, entity_id text, field text, lang text, expected text, value text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
    now_there text;
    problem   text;
    code      text;
BEGIN
    BEGIN
        -- So the shop's trigger knows whose edit this is; nobody else ever sees the mark.
        UPDATE barid.translation t SET shown_hash = '\x00'
        WHERE t.entity_type = entity_type AND t.entity_id = entity_id AND t.field = field
          AND t.target_lang = lang;
        SELECT w.stored INTO STRICT now_there
        FROM barid.shop_write(entity_type, entity_id, field, lang, expected, value) w;
        -- As it is stored: a trigger of the shop may have tidied it up.
        UPDATE barid.translation t
        SET write_error = NULL, shown_hash = barid.translation_source_hash('text',
            CASE WHEN NOT barid.is_blank(now_there) THEN now_there END)
        WHERE t.entity_type = entity_type AND t.entity_id = entity_id AND t.field = field
          AND t.target_lang = lang;
        RETURN true;
    EXCEPTION
        WHEN no_data_found THEN
            problem := 'the column holds something else now';
        WHEN deadlock_detected OR serialization_failure OR lock_not_available OR query_canceled
             OR admin_shutdown THEN
            RAISE;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, code = RETURNED_SQLSTATE;
            problem := problem || ' (' || code || ')';
    END;
    UPDATE barid.translation t SET write_error = left(problem, 1000)
    WHERE t.entity_type = entity_type AND t.entity_id = entity_id AND t.field = field
      AND t.target_lang = lang;
    RETURN false;
END $$;
CREATE FUNCTION barid.write_body(relation regclass, id text, id_type text, fields jsonb, translations jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
    f       jsonb;
    l       text;
    col     text;
    made    text := E'\n#variable_conflict use_variable\nBEGIN\n';
    other   regclass := translations ->> 'table';
    more    text := '';
    filling text := '';
    c       record;
    name    text;
BEGIN
    -- With its schema, whatever the search path is.
    SELECT format('%I.%I', n.nspname, k.relname) INTO name
    FROM pg_class k JOIN pg_namespace n ON n.oid = k.relnamespace WHERE k.oid = relation;
    FOR f IN SELECT * FROM jsonb_array_elements(fields) LOOP
        FOREACH l IN ARRAY ARRAY['en', 'ar'] LOOP
            CONTINUE WHEN (f ->> ('write_' || l))::boolean IS NOT TRUE;
            made := made || format(E'    IF field = %L AND lang = %L THEN\n', f ->> 'field', l);
            IF translations IS NULL THEN
                col := f ->> l;
                made := made || format($f$        RETURN QUERY UPDATE %1$s x SET %2$I = %3$s
        WHERE x.%4$I = entity_id::%5$s AND x.%2$I::text IS NOT DISTINCT FROM expected
        RETURNING x.%2$I::text;
$f$, name, col, CASE WHEN (SELECT t.required FROM barid.table_columns(relation) t
                               WHERE t.name = col) THEN 'coalesce(value, '''')' ELSE 'value' END,
                    id, id_type);
            ELSE
                col := coalesce(translations -> 'columns' ->> (f ->> 'field'), f ->> 'field');
                more := '';
                filling := '';
                -- What a new row needs beside its text.
                FOR c IN SELECT t.name, t.type, t.is_text, d.adbin IS NOT NULL OR a.attidentity <> ''
                                AS provided
                         FROM barid.table_columns(other) t
                         JOIN pg_attribute a ON a.attrelid = other AND a.attname = t.name
                         LEFT JOIN pg_attrdef d ON d.adrelid = other AND d.adnum = a.attnum
                         WHERE t.required AND t.name NOT IN (col, translations ->> 'id',
                                                             translations ->> 'lang') LOOP
                    CONTINUE WHEN c.provided;
                    more := more || format(', %I', c.name);
                    filling := filling || CASE
                        WHEN c.type LIKE 'timestamp%' OR c.type = 'date' THEN ', now()'
                        WHEN c.type = 'uuid' THEN ', gen_random_uuid()'
                        WHEN c.is_text AND EXISTS (SELECT FROM jsonb_array_elements(fields) o
                            WHERE c.name = coalesce(translations -> 'columns' ->> (o ->> 'field'),
                                                    o ->> 'field')) THEN ', '''''
                        WHEN c.is_text THEN ', gen_random_uuid()::text'
                        ELSE NULL END;
                    IF filling IS NULL THEN
                        PERFORM barid.refuse(format('barid.auto_translate: a new row of %s needs a '
                            'value for %I, and nothing gives it one', other, c.name),
                            'Give the column a DEFAULT.');
                    END IF;
                END LOOP;
                made := made || format($f$        RETURN QUERY UPDATE %1$s t SET %2$I = %3$s
        WHERE t.%4$I = entity_id::%5$s AND t.%6$I::text = %7$L
          AND t.%2$I::text IS NOT DISTINCT FROM expected
        RETURNING t.%2$I::text;
        IF NOT FOUND AND expected IS NULL THEN
            RETURN QUERY INSERT INTO %1$s AS t (%4$I, %6$I, %2$I%8$s)
            VALUES (entity_id::%5$s, %7$L, value%9$s)
            ON CONFLICT DO NOTHING RETURNING t.%2$I::text;
        END IF;
$f$, translations ->> 'table', col, CASE WHEN (SELECT t.required FROM barid.table_columns(other) t
                                               WHERE t.name = col)
                                         THEN 'coalesce(value, '''')' ELSE 'value' END,
                    translations ->> 'id', id_type, translations ->> 'lang',
                    coalesce(translations -> 'values' ->> l, l), more, filling);
            END IF;
            made := made || E'        RETURN;\n    END IF;\n';
        END LOOP;
    END LOOP;
    RETURN made || 'END ';
END $_$;
CREATE FUNCTION barid.write_log(ids bigint[], claims uuid[], attempts integer[], numbers integer[], ages_ms bigint[], lines text[]) RETURNS void
    LANGUAGE sql
    AS $$
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
CREATE FUNCTION barid.zone_change(low timestamp without time zone, high timestamp without time zone, tz text) RETURNS timestamp without time zone
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    shift  CONSTANT interval := barid.zone_local(low, tz) - low;
    middle timestamp;
BEGIN
    WHILE high - low > interval '1 second' LOOP
        middle := low + date_trunc('second', (high - low) / 2);
        IF barid.zone_local(middle, tz) - middle = shift THEN
            low := middle;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN high;
END $$;
CREATE FUNCTION barid.zone_first(shown timestamp without time zone, tz text) RETURNS timestamp without time zone
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    found  timestamp := (shown AT TIME ZONE tz) AT TIME ZONE 'UTC';
    other  timestamp;
    back   interval;
    low    timestamp;
    middle timestamp;
BEGIN
    IF barid.zone_local(found, tz) = shown THEN
        low := found;
        -- The clock may have been put back: by an hour or so, or by a day at the date line.
        FOREACH back IN ARRAY '{3 hours,26 hours}'::interval[] LOOP
            other := shown - (barid.zone_local(low - back, tz) - (low - back));
            IF other < found AND barid.zone_local(other, tz) = shown THEN found := other; END IF;
        END LOOP;
        RETURN found;
    END IF;
    low := found - interval '26 hours';
    found := found + interval '26 hours';
    WHILE found - low > interval '1 second' LOOP
        middle := low + date_trunc('second', (found - low) / 2);
        IF barid.zone_local(middle, tz) < shown THEN low := middle; ELSE found := middle; END IF;
    END LOOP;
    RETURN found;
END $$;
CREATE FUNCTION barid.zone_local(instant timestamp without time zone, tz text) RETURNS timestamp without time zone
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((instant AT TIME ZONE 'UTC'::text) AT TIME ZONE tz);
CREATE TABLE barid.admin_account (
    id bigint NOT NULL,
    login text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    password_hash text,
    disabled boolean DEFAULT false NOT NULL,
    must_change boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    signed_in_at timestamp with time zone,
    CONSTRAINT admin_account_login_check CHECK ((((length(login) >= 1) AND (length(login) <= 200)) AND (login = btrim(login)))),
    CONSTRAINT admin_account_name_check CHECK ((length(name) <= 200)),
    CONSTRAINT admin_account_password_hash_check CHECK ((length(password_hash) <= 200))
);
ALTER TABLE barid.admin_account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.admin_account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.admin_account_role (
    account_id bigint NOT NULL,
    role text NOT NULL
);
ALTER TABLE barid.admin_bulk ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.admin_bulk_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.admin_bulk_outcome (
    bulk_id bigint NOT NULL,
    job_id bigint NOT NULL,
    outcome text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    CONSTRAINT admin_bulk_outcome_detail_check CHECK ((length(detail) <= 500)),
    CONSTRAINT admin_bulk_outcome_outcome_check CHECK ((outcome = ANY (ARRAY['changed'::text, 'skipped'::text, 'failed'::text])))
);
CREATE TABLE barid.admin_idempotency (
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT admin_idempotency_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200)))
);
CREATE TABLE barid.admin_key (
    name text NOT NULL,
    value bytea NOT NULL
);
CREATE TABLE barid.admin_role (
    name text NOT NULL,
    means text DEFAULT ''::text NOT NULL,
    permissions jsonb NOT NULL,
    built_in boolean DEFAULT false NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT admin_role_means_check CHECK ((length(means) <= 200)),
    CONSTRAINT admin_role_name_check CHECK ((name ~ '^[a-z][a-z0-9_.-]{0,62}$'::text)),
    CONSTRAINT admin_role_permissions_check CHECK (barid.admin_permissions_ok(permissions))
);
CREATE TABLE barid.admin_session (
    hash bytea NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    idle interval NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    client text NOT NULL,
    user_agent text NOT NULL,
    CONSTRAINT admin_session_client_check CHECK ((length(client) <= 100)),
    CONSTRAINT admin_session_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT admin_session_idle_check CHECK (((idle > '00:00:00'::interval) AND (idle <= '30 days'::interval))),
    CONSTRAINT admin_session_user_agent_check CHECK ((length(user_agent) <= 200))
);
CREATE TABLE barid.admin_sign_in_attempt (
    login text NOT NULL,
    address text NOT NULL,
    failures integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    locked_until timestamp with time zone,
    CONSTRAINT admin_sign_in_attempt_address_check CHECK ((length(address) <= 100)),
    CONSTRAINT admin_sign_in_attempt_login_check CHECK ((length(login) <= 200))
);
CREATE TABLE barid.admin_token (
    id bigint NOT NULL,
    hash bytea NOT NULL,
    prefix text NOT NULL,
    name text NOT NULL,
    account_id bigint,
    permissions jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT admin_token_created_by_check CHECK ((length(created_by) <= 500)),
    CONSTRAINT admin_token_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT admin_token_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT admin_token_permissions_check CHECK (barid.admin_permissions_ok(permissions)),
    CONSTRAINT admin_token_prefix_check CHECK ((length(prefix) <= 20))
);
ALTER TABLE barid.admin_token ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.admin_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.allowed_function (
    name text NOT NULL COLLATE pg_catalog."C",
    timeout interval DEFAULT '00:00:30'::interval NOT NULL,
    lock_timeout interval DEFAULT '00:00:05'::interval NOT NULL,
    allowed_by text DEFAULT SESSION_USER NOT NULL,
    allowed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT allowed_function_lock_timeout_check CHECK (((lock_timeout >= '00:00:00.01'::interval) AND (lock_timeout <= '00:15:00'::interval))),
    CONSTRAINT allowed_function_timeout_check CHECK (((timeout >= '00:00:00.01'::interval) AND (timeout <= '00:15:00'::interval)))
);
CREATE TABLE barid.app_user (
    id text NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    tz text DEFAULT 'UTC'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT app_user_id_check CHECK (((octet_length(id) >= 1) AND (octet_length(id) <= 256)))
);
CREATE TABLE barid.audit_log (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    actor_name text NOT NULL,
    action text NOT NULL,
    target_kind text NOT NULL,
    target text NOT NULL,
    before jsonb,
    after jsonb,
    reason text,
    request_id text,
    client text,
    CONSTRAINT audit_log_action_check CHECK (((length(action) >= 1) AND (length(action) <= 100))),
    CONSTRAINT audit_log_actor_check CHECK (((length(actor) >= 1) AND (length(actor) <= 500))),
    CONSTRAINT audit_log_actor_name_check CHECK ((length(actor_name) <= 500)),
    CONSTRAINT audit_log_client_check CHECK ((length(client) <= 100)),
    CONSTRAINT audit_log_reason_check CHECK ((length(reason) <= 500)),
    CONSTRAINT audit_log_request_id_check CHECK ((length(request_id) <= 64)),
    CONSTRAINT audit_log_target_check CHECK ((length(target) <= 500)),
    CONSTRAINT audit_log_target_kind_check CHECK (((length(target_kind) >= 1) AND (length(target_kind) <= 100)))
);
ALTER TABLE barid.audit_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW barid.auto_translations AS
 SELECT a.entity_type,
    format('%I.%I'::text, a.table_schema, a.table_name) AS "table",
    a.id_column,
    a.write_back,
    a.translations,
    a.fields,
    a.queue,
    a.delay,
    a.attached_at,
    a.attached_by
   FROM barid.auto_translation a;
CREATE TABLE barid.batch (
    id bigint NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    closed_at timestamp with time zone,
    finished_at timestamp with time zone,
    completed bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    cancelled bigint DEFAULT 0 NOT NULL,
    on_success jsonb,
    on_failure jsonb,
    on_finished jsonb,
    CONSTRAINT batch_name_check CHECK ((length(name) <= 200)),
    CONSTRAINT batch_on_failure_check CHECK ((jsonb_typeof(on_failure) = 'object'::text)),
    CONSTRAINT batch_on_finished_check CHECK ((jsonb_typeof(on_finished) = 'object'::text)),
    CONSTRAINT batch_on_success_check CHECK ((jsonb_typeof(on_success) = 'object'::text))
)
WITH (fillfactor='50');
ALTER TABLE barid.batch ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.batch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW barid.batches AS
 SELECT b.id,
    b.name,
    b.created_at,
    b.closed_at,
    b.finished_at,
    b.completed,
    b.failed,
    b.cancelled,
    l.live,
    (((b.completed + b.failed) + b.cancelled) + l.live) AS total
   FROM (barid.batch b
     CROSS JOIN LATERAL ( SELECT count(*) AS live
           FROM barid.job j
          WHERE (j.batch_id = b.id)) l);
CREATE TABLE barid.bounce (
    id bigint NOT NULL,
    channel text DEFAULT 'email'::text NOT NULL,
    address text NOT NULL,
    kind text NOT NULL,
    detail text,
    message_id text,
    notification_id uuid,
    counts boolean DEFAULT true NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT bounce_address_check CHECK (((octet_length(address) >= 3) AND (octet_length(address) <= 320))),
    CONSTRAINT bounce_channel_check CHECK ((channel = 'email'::text)),
    CONSTRAINT bounce_detail_check CHECK ((octet_length(detail) <= 2000)),
    CONSTRAINT bounce_kind_check CHECK ((kind = ANY (ARRAY['hard'::text, 'soft'::text, 'complaint'::text]))),
    CONSTRAINT bounce_message_id_check CHECK ((octet_length(message_id) <= 998))
);
ALTER TABLE barid.bounce ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.bounce_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.broadcast_chunk (
    broadcast_id uuid NOT NULL,
    chunk_no integer NOT NULL,
    lo_user text NOT NULL,
    hi_user text NOT NULL,
    users integer NOT NULL,
    job_id bigint NOT NULL,
    accepted integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL,
    unknown integer DEFAULT 0 NOT NULL,
    suppressed integer DEFAULT 0 NOT NULL,
    deferred integer DEFAULT 0 NOT NULL,
    resting boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone
);
CREATE TABLE barid.broadcast_event (
    id bigint NOT NULL,
    broadcast_id uuid NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    role text DEFAULT SESSION_USER NOT NULL,
    action text NOT NULL
);
ALTER TABLE barid.broadcast_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.broadcast_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.broadcast_text (
    broadcast_id uuid NOT NULL,
    locale text NOT NULL,
    title text NOT NULL,
    body text NOT NULL
);
CREATE TABLE barid.broadcast_user (
    broadcast_id uuid NOT NULL,
    user_id text NOT NULL COLLATE pg_catalog."C",
    vars jsonb,
    CONSTRAINT broadcast_user_user_id_check CHECK (((octet_length(user_id) >= 1) AND (octet_length(user_id) <= 256)))
);
CREATE TABLE barid.cancel_request (
    job_id bigint NOT NULL,
    reason text NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE barid.category (
    key text NOT NULL,
    critical boolean DEFAULT false NOT NULL,
    ambiguity text DEFAULT 'resend'::text NOT NULL,
    ttl interval DEFAULT '28 days'::interval NOT NULL,
    urgent boolean DEFAULT true NOT NULL,
    collapse boolean DEFAULT false NOT NULL,
    description text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    quiet text DEFAULT 'defer'::text NOT NULL,
    throttle_n integer,
    throttle_window interval,
    digest_window interval,
    digest_template text,
    channels text[] DEFAULT '{push,inbox}'::text[] NOT NULL,
    default_enabled boolean DEFAULT true NOT NULL,
    CONSTRAINT category_ambiguity_check CHECK ((ambiguity = ANY (ARRAY['resend'::text, 'hold'::text]))),
    CONSTRAINT category_channels_check CHECK ((channels <@ ARRAY['push'::text, 'inbox'::text, 'email'::text, 'webhook'::text])),
    CONSTRAINT category_check CHECK (((throttle_n IS NULL) = (throttle_window IS NULL))),
    CONSTRAINT category_check1 CHECK (((digest_window IS NULL) = (digest_template IS NULL))),
    CONSTRAINT category_digest_window_check CHECK (((digest_window >= '00:00:01'::interval) AND (digest_window <= '7 days'::interval))),
    CONSTRAINT category_key_check CHECK ((key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
    CONSTRAINT category_quiet_check CHECK ((quiet = ANY (ARRAY['defer'::text, 'drop'::text, 'inbox_only'::text, 'ignore'::text]))),
    CONSTRAINT category_throttle_n_check CHECK (((throttle_n >= 1) AND (throttle_n <= 100))),
    CONSTRAINT category_throttle_window_check CHECK (((throttle_window >= '00:00:01'::interval) AND (throttle_window <= '31 days'::interval))),
    CONSTRAINT category_ttl_check CHECK (((ttl >= '00:00:01'::interval) AND (ttl <= '28 days'::interval)))
);
CREATE TABLE barid.checkpoint (
    job_id bigint NOT NULL,
    attempt smallint NOT NULL,
    saved_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    data jsonb NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');
CREATE TABLE barid.claim (
    claim_id uuid NOT NULL,
    worker_id bigint NOT NULL,
    job_ids bigint[] NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');
ALTER TABLE ONLY barid.claim ALTER COLUMN job_ids SET STORAGE EXTERNAL;
CREATE TABLE barid.contact (
    user_id text NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT contact_address_check CHECK (((octet_length(address) >= 3) AND (octet_length(address) <= 320))),
    CONSTRAINT contact_channel_check CHECK ((channel = 'email'::text))
);
CREATE VIEW barid.dead_letters AS
 SELECT j.id,
    j.queue,
    j.origin_id,
    j.origin_queue,
    j.kind,
        CASE
            WHEN ((j.state = 'waiting'::barid.job_state) AND (j.run_at = 'infinity'::timestamp with time zone)) THEN 'parked'::text
            ELSE (j.state)::text
        END AS state,
    j.created_at AS died_at,
    ((j.errors -> '-1'::integer) ->> 'error'::text) AS error,
    j.payload,
    j.tags,
    j.request_id,
    COALESCE(j.errors, '[]'::jsonb) AS errors
   FROM barid.job j
  WHERE (j.origin_queue IS NOT NULL);
CREATE TABLE barid.delivery_attempt (
    notification_id uuid NOT NULL,
    delivery_id bigint NOT NULL,
    attempt_no integer NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    registered_at timestamp with time zone,
    class text,
    reason text,
    http_status integer,
    retry_after interval,
    provider_id text,
    latency_ms integer,
    error text,
    worker text,
    CONSTRAINT delivery_attempt_class_check1 CHECK ((class = ANY (ARRAY['accepted'::text, 'device_dead'::text, 'device_suspect'::text, 'payload_rejected'::text, 'auth_refresh'::text, 'third_party_auth'::text, 'sender_mismatch'::text, 'lane_paused'::text, 'retry'::text, 'ambiguous'::text, 'not_sent'::text, 'interrupted'::text])))
)
PARTITION BY RANGE (notification_id);
ALTER TABLE barid.delivery ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME barid.delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.delivery_run (
    job_id bigint NOT NULL,
    lease_token text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE barid.dependency (
    parent_id bigint NOT NULL,
    child_id bigint NOT NULL
);
CREATE TABLE barid.dev_invoice (
    id text NOT NULL,
    gateway text NOT NULL,
    reference text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    payment_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dev_invoice_amount_minor_check CHECK ((amount_minor >= 0)),
    CONSTRAINT dev_invoice_check CHECK (((state = 'paid'::text) = (payment_id IS NOT NULL))),
    CONSTRAINT dev_invoice_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT dev_invoice_gateway_check CHECK (((length(gateway) >= 1) AND (length(gateway) <= 40))),
    CONSTRAINT dev_invoice_id_check CHECK (((length(id) >= 1) AND (length(id) <= 128))),
    CONSTRAINT dev_invoice_payment_id_check CHECK (((length(payment_id) >= 1) AND (length(payment_id) <= 128))),
    CONSTRAINT dev_invoice_reference_check CHECK (((length(reference) >= 1) AND (length(reference) <= 256))),
    CONSTRAINT dev_invoice_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'paid'::text, 'canceled'::text])))
);
CREATE TABLE barid.dev_push (
    id bigint NOT NULL,
    notification_id uuid NOT NULL,
    device_id bigint,
    user_id text NOT NULL,
    platform text NOT NULL,
    locale text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    image text,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    channel text DEFAULT 'push'::text NOT NULL,
    address text,
    html text,
    CONSTRAINT dev_push_channel_check CHECK ((channel = ANY (ARRAY['push'::text, 'email'::text, 'webhook'::text])))
);
ALTER TABLE barid.dev_push ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.dev_push_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.dev_refund (
    id bigint NOT NULL,
    invoice_id text NOT NULL,
    amount_minor bigint NOT NULL,
    reference text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dev_refund_amount_minor_check CHECK ((amount_minor > 0)),
    CONSTRAINT dev_refund_reference_check CHECK ((length(reference) <= 256))
);
ALTER TABLE barid.dev_refund ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.dev_refund_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.device (
    id bigint NOT NULL,
    user_id text NOT NULL,
    project text DEFAULT 'default'::text NOT NULL,
    target_kind text DEFAULT 'token'::text NOT NULL,
    target text NOT NULL,
    platform text NOT NULL,
    app_version text,
    state text DEFAULT 'active'::text NOT NULL,
    state_reason text,
    strikes smallint DEFAULT 0 NOT NULL,
    first_strike_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_registered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_ok_at timestamp with time zone,
    CONSTRAINT device_platform_check CHECK ((platform = ANY (ARRAY['android'::text, 'ios'::text, 'web'::text]))),
    CONSTRAINT device_project_check CHECK (((octet_length(project) >= 1) AND (octet_length(project) <= 64))),
    CONSTRAINT device_state_check CHECK ((state = ANY (ARRAY['active'::text, 'suspect'::text, 'dead'::text]))),
    CONSTRAINT device_target_check CHECK (((octet_length(target) >= 1) AND (octet_length(target) <= 2048))),
    CONSTRAINT device_target_kind_check CHECK ((target_kind = ANY (ARRAY['token'::text, 'fid'::text])))
);
ALTER TABLE barid.device ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.device_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.digest (
    id bigint NOT NULL,
    user_id text NOT NULL,
    category text NOT NULL,
    channel text NOT NULL,
    opened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone
);
ALTER TABLE barid.digest ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.digest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.digest_item (
    digest_id bigint NOT NULL,
    notification_id uuid NOT NULL
);
CREATE TABLE barid.forgotten_tag (
    tag text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    asked_by xid8 NOT NULL,
    CONSTRAINT forgotten_tag_tag_check CHECK (((length(tag) >= 1) AND (length(tag) <= 1000)))
);
CREATE VIEW barid.functions AS
 SELECT f.name,
    f.timeout,
    f.lock_timeout,
    f.allowed_by,
    f.allowed_at,
    barid.function_problem(f.name) AS problem,
    COALESCE((has_schema_privilege('barid_worker'::name, n.oid, 'USAGE'::text) AND has_function_privilege('barid_worker'::name, p.oid, 'EXECUTE'::text)), false) AS worker_may
   FROM ((barid.allowed_function f
     LEFT JOIN pg_proc p ON ((p.oid = (to_regprocedure((f.name || '(jsonb)'::text)))::oid)))
     LEFT JOIN pg_namespace n ON ((n.oid = p.pronamespace)));
CREATE TABLE barid.history_partition (
    lower_id bigint NOT NULL,
    upper_id bigint NOT NULL,
    condemned_by xid8,
    busy_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);
CREATE TABLE barid.inbox_item (
    notification_id uuid NOT NULL,
    user_id text NOT NULL,
    category text NOT NULL,
    locale text,
    title text,
    body text,
    image text,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone,
    read_at timestamp with time zone,
    archived_at timestamp with time zone,
    snoozed_until timestamp with time zone,
    brief boolean GENERATED ALWAYS AS (((((octet_length(COALESCE(title, ''::text)) + octet_length(COALESCE(body, ''::text))) + octet_length(COALESCE(image, ''::text))) + octet_length((data)::text)) <= 1800)) STORED NOT NULL
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02', autovacuum_vacuum_scale_factor='0.02');
CREATE TABLE barid.job_history_1 (
    id bigint NOT NULL,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    run_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    claim_id uuid NOT NULL,
    state barid.final_state NOT NULL,
    priority smallint NOT NULL,
    attempt smallint NOT NULL,
    max_attempts smallint NOT NULL,
    queue text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    payload jsonb NOT NULL,
    unique_key text COLLATE pg_catalog."C",
    ordering_key text COLLATE pg_catalog."C",
    request_id text,
    traceparent text,
    tags text[],
    origin_id bigint,
    errors jsonb,
    output jsonb,
    limit_key text COLLATE pg_catalog."C",
    after bigint[],
    batch_id bigint,
    origin_queue text COLLATE pg_catalog."C"
);
CREATE TABLE barid.job_history_1000001 (
    id bigint NOT NULL,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    run_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    claim_id uuid NOT NULL,
    state barid.final_state NOT NULL,
    priority smallint NOT NULL,
    attempt smallint NOT NULL,
    max_attempts smallint NOT NULL,
    queue text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    payload jsonb NOT NULL,
    unique_key text COLLATE pg_catalog."C",
    ordering_key text COLLATE pg_catalog."C",
    request_id text,
    traceparent text,
    tags text[],
    origin_id bigint,
    errors jsonb,
    output jsonb,
    limit_key text COLLATE pg_catalog."C",
    after bigint[],
    batch_id bigint,
    origin_queue text COLLATE pg_catalog."C"
);
CREATE TABLE barid.job_history_2000001 (
    id bigint NOT NULL,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    run_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    claim_id uuid NOT NULL,
    state barid.final_state NOT NULL,
    priority smallint NOT NULL,
    attempt smallint NOT NULL,
    max_attempts smallint NOT NULL,
    queue text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    payload jsonb NOT NULL,
    unique_key text COLLATE pg_catalog."C",
    ordering_key text COLLATE pg_catalog."C",
    request_id text,
    traceparent text,
    tags text[],
    origin_id bigint,
    errors jsonb,
    output jsonb,
    limit_key text COLLATE pg_catalog."C",
    after bigint[],
    batch_id bigint,
    origin_queue text COLLATE pg_catalog."C"
);
ALTER TABLE barid.job ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.job_log (
    job_id bigint NOT NULL,
    claim_id uuid NOT NULL,
    n integer NOT NULL,
    at timestamp with time zone NOT NULL,
    attempt smallint NOT NULL,
    line text NOT NULL,
    CONSTRAINT job_log_line_check CHECK ((octet_length(line) <= 500))
)
WITH (autovacuum_vacuum_scale_factor='0.05');
CREATE TABLE barid.paused_kind (
    kind text NOT NULL COLLATE pg_catalog."C",
    paused_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE VIEW barid.kinds AS
 SELECT n.kind,
    (p.kind IS NOT NULL) AS paused,
    p.paused_at,
    count(j.id) FILTER (WHERE (j.state = 'waiting'::barid.job_state)) AS waiting,
    count(j.id) FILTER (WHERE (j.parked_by = 'kind'::text)) AS held,
    count(j.id) FILTER (WHERE (j.state = 'running'::barid.job_state)) AS running
   FROM ((( SELECT k.kind
           FROM barid.paused_kind k
        UNION
         SELECT j_1.kind
           FROM barid.job j_1) n
     LEFT JOIN barid.paused_kind p ON ((p.kind = n.kind)))
     LEFT JOIN barid.job j ON ((j.kind = n.kind)))
  GROUP BY n.kind, p.kind, p.paused_at;
CREATE TABLE barid.ledger_partition (
    lower_at timestamp with time zone NOT NULL,
    upper_at timestamp with time zone NOT NULL,
    condemned_by xid8,
    busy_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    emptied boolean DEFAULT false NOT NULL
);
CREATE TABLE barid.limit_bucket (
    queue text NOT NULL COLLATE pg_catalog."C",
    limit_key text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    tokens double precision NOT NULL,
    refilled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');
CREATE TABLE barid.limit_slot (
    job_id bigint NOT NULL,
    queue text NOT NULL COLLATE pg_catalog."C",
    limit_key text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C"
)
WITH (autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');
CREATE TABLE barid.media_entity (
    entity text NOT NULL,
    set_id bigint NOT NULL,
    attached_at timestamp with time zone DEFAULT now() NOT NULL,
    slot text DEFAULT ''::text NOT NULL,
    request jsonb,
    job_id bigint DEFAULT 0 NOT NULL,
    CONSTRAINT media_entity_entity_check CHECK (((length(entity) >= 1) AND (length(entity) <= 256))),
    CONSTRAINT media_entity_request_check CHECK ((jsonb_typeof(request) = 'object'::text)),
    CONSTRAINT media_entity_slot_check CHECK ((length(slot) <= 64))
);
CREATE TABLE barid.media_garbage (
    since timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    removed_at timestamp with time zone,
    set_id bigint,
    attempts integer DEFAULT 0 NOT NULL,
    again boolean DEFAULT false NOT NULL,
    store text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    error text,
    CONSTRAINT media_garbage_error_check CHECK ((length(error) <= 500)),
    CONSTRAINT media_garbage_key_check CHECK (((length(key) >= 1) AND (length(key) <= 512)))
);
CREATE VIEW barid.media_pictures AS
 SELECT e.entity,
    s.source_hash,
    s.recipe_hash,
    e.attached_at,
    v.width,
    v.height,
    v.format,
    v.content_type,
    v.bytes,
    v.sha256,
    v.key,
    v.url,
    e.slot,
    s.recipe,
    s.private,
    s.thumbhash,
    s.dominant,
    s.attention_x,
    s.attention_y
   FROM ((( SELECT DISTINCT ON (m.entity, m.slot, c.source_hash) m.entity,
            m.slot,
            m.set_id,
            m.attached_at
           FROM (barid.media_entity m
             JOIN barid.media_set c ON (((c.id = m.set_id) AND (c.state = 'complete'::barid.media_state))))
          ORDER BY m.entity, m.slot, c.source_hash, m.attached_at DESC, m.set_id DESC) e
     JOIN barid.media_set s ON ((s.id = e.set_id)))
     JOIN barid.media_variant v ON ((v.set_id = s.id)));
ALTER TABLE barid.media_set ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.media_set_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW barid.media_srcset AS
 SELECT e.entity,
    e.slot,
    e.attached_at,
    e.set_id,
    barid.media_manifest(e.set_id) AS picture
   FROM ( SELECT DISTINCT ON (m.entity, m.slot, c.source_hash) m.entity,
            m.slot,
            m.set_id,
            m.attached_at
           FROM (barid.media_entity m
             JOIN barid.media_set c ON (((c.id = m.set_id) AND (c.state = 'complete'::barid.media_state))))
          ORDER BY m.entity, m.slot, c.source_hash, m.attached_at DESC, m.set_id DESC) e;
CREATE TABLE barid.migration (
    version integer NOT NULL,
    name text NOT NULL,
    min_worker integer DEFAULT 1 NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE barid.notify_retention (
    one boolean DEFAULT true NOT NULL,
    inbox interval DEFAULT '180 days'::interval NOT NULL,
    archived interval DEFAULT '90 days'::interval NOT NULL,
    ledger interval DEFAULT '90 days'::interval NOT NULL,
    CONSTRAINT notify_retention_archived_check CHECK (((archived >= '01:00:00'::interval) AND (archived <= '3660 days'::interval))),
    CONSTRAINT notify_retention_inbox_check CHECK (((inbox >= '1 day'::interval) AND (inbox <= '3660 days'::interval))),
    CONSTRAINT notify_retention_ledger_check CHECK (((ledger >= '30 days'::interval) AND (ledger <= '3660 days'::interval))),
    CONSTRAINT notify_retention_one_check CHECK (one)
);
CREATE TABLE barid.notify_throttle (
    user_id text NOT NULL,
    category text NOT NULL,
    channel text NOT NULL,
    sent timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL
);
CREATE TABLE barid.notify_upkeep_state (
    one boolean DEFAULT true NOT NULL,
    device_cursor bigint DEFAULT 0 NOT NULL,
    notification_cursor uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    daily_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT notify_upkeep_state_one_check CHECK (one)
);
CREATE TABLE barid.ordering_slot (
    ordering_key text NOT NULL COLLATE pg_catalog."C",
    job_id bigint NOT NULL,
    blocked boolean DEFAULT false NOT NULL
)
WITH (autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');
CREATE TABLE barid.outbox_decision (
    id bigint NOT NULL,
    decided_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    stream text NOT NULL,
    event_id text NOT NULL,
    decision text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT outbox_decision_decision_check CHECK ((decision = ANY (ARRAY['skip'::text, 'retry'::text])))
);
ALTER TABLE barid.outbox_decision ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.outbox_decision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.outbox_place (
    stream text NOT NULL COLLATE pg_catalog."C",
    after_type text DEFAULT ''::text NOT NULL,
    after_id text DEFAULT ''::text NOT NULL
)
WITH (fillfactor='20');
CREATE TABLE barid.outbox_stuck (
    stream text NOT NULL COLLATE pg_catalog."C",
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    event_id text NOT NULL,
    aggregate_version bigint NOT NULL,
    event_type text NOT NULL,
    occurred_at timestamp with time zone,
    error text NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    retry_at timestamp with time zone,
    blocked_at timestamp with time zone
);
CREATE TABLE barid.payment_check (
    id bigint NOT NULL,
    order_id text NOT NULL,
    cause text NOT NULL,
    verdict text NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    attempts jsonb NOT NULL,
    result text,
    times integer DEFAULT 1 NOT NULL,
    job_id bigint,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT payment_check_attempts_check CHECK (((jsonb_typeof(attempts) = 'array'::text) AND (octet_length((attempts)::text) <= 65536))),
    CONSTRAINT payment_check_cause_check CHECK ((cause = ANY (ARRAY['reconcile'::text, 'webhook'::text, 'expire'::text, 'person'::text, 'refund'::text]))),
    CONSTRAINT payment_check_order_id_check CHECK (((octet_length(order_id) >= 1) AND (octet_length(order_id) <= 128))),
    CONSTRAINT payment_check_result_check CHECK ((octet_length(result) <= 1000)),
    CONSTRAINT payment_check_verdict_check CHECK ((verdict = ANY (ARRAY['PAID'::text, 'UNPAID'::text, 'UNSURE'::text, 'MISMATCH'::text, 'REFUND_REQUESTED'::text, 'REFUNDED'::text, 'REFUND_REJECTED'::text, 'REFUND_UNKNOWN'::text])))
);
ALTER TABLE barid.payment_check ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.payment_check_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.payment_gateway (
    name text NOT NULL,
    tokens double precision DEFAULT 0 NOT NULL,
    refilled_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    rests_until timestamp with time zone,
    rests integer DEFAULT 0 NOT NULL,
    paused_at timestamp with time zone,
    paused_why text,
    resumed_at timestamp with time zone,
    resumed_by text,
    unknown_attempts integer DEFAULT 0 NOT NULL,
    open_refunds integer DEFAULT 0 NOT NULL,
    swept_at timestamp with time zone,
    CONSTRAINT payment_gateway_name_check CHECK ((name ~ '^[a-z0-9_]{1,40}$'::text)),
    CONSTRAINT payment_gateway_paused_why_check CHECK ((octet_length(paused_why) <= 500)),
    CONSTRAINT payment_gateway_resumed_by_check CHECK ((octet_length(resumed_by) <= 200))
)
WITH (fillfactor='50');
CREATE TABLE barid.preference (
    user_id text NOT NULL,
    category text DEFAULT '*'::text NOT NULL,
    channel text DEFAULT '*'::text NOT NULL,
    enabled boolean NOT NULL,
    updated_by text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT preference_channel_check CHECK ((channel = ANY (ARRAY['*'::text, 'push'::text, 'inbox'::text, 'email'::text, 'webhook'::text])))
);
CREATE TABLE barid.projection_history (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    projection text NOT NULL,
    action text NOT NULL,
    version integer,
    from_version integer,
    actor text,
    reason text,
    details jsonb,
    CONSTRAINT projection_history_action_check CHECK ((action = ANY (ARRAY['asked'::text, 'started'::text, 'swapped'::text, 'failed'::text, 'cancelled'::text, 'rolled_back'::text, 'dropped'::text, 'left_behind'::text])))
);
ALTER TABLE barid.projection_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.projection_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.projection_inbox (
    projection text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE VIEW barid.projections AS
 SELECT p.name,
    p.active_version,
    p.building_version,
    p.kept_version,
    p.kept_until,
        CASE
            WHEN (p.kept_version IS NULL) THEN NULL::boolean
            ELSE (p.kept_problem IS NULL)
        END AS can_roll_back,
    COALESCE(p.kept_problem, p.building_problem) AS problem,
        CASE
            WHEN (p.step IS NULL) THEN 'idle'::text
            WHEN (p.cancelled_by IS NOT NULL) THEN 'cancelling'::text
            ELSE p.step
        END AS state,
    p.job_id,
    p.rows_done,
    p.rows_expected,
    p.started_at,
    p.filled_at,
    p.finished_at,
    p.live_rows,
    p.new_rows,
    p.tries,
    p.error
   FROM barid.projection p;
CREATE TABLE barid.prune_cursor (
    retention interval NOT NULL,
    done_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);
CREATE TABLE barid.queue (
    name text NOT NULL COLLATE pg_catalog."C",
    paused boolean DEFAULT false NOT NULL,
    max_attempts smallint DEFAULT 10 NOT NULL,
    retention interval DEFAULT '14 days'::interval NOT NULL,
    keep_history boolean DEFAULT true NOT NULL,
    dead_letter text COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    concurrency integer,
    process_concurrency integer,
    key_concurrency integer,
    rate_limit integer,
    rate_period interval DEFAULT '00:00:01'::interval NOT NULL,
    rate_burst integer,
    key_rate_limit integer,
    key_rate_period interval DEFAULT '00:00:01'::interval NOT NULL,
    key_rate_burst integer,
    on_ordering_failure text DEFAULT 'continue'::text NOT NULL COLLATE pg_catalog."C",
    limited boolean GENERATED ALWAYS AS (((concurrency IS NOT NULL) OR (process_concurrency IS NOT NULL) OR (rate_limit IS NOT NULL))) STORED,
    redact text[],
    CONSTRAINT queue_concurrency_check CHECK (((concurrency >= 1) AND (concurrency <= 1000000))),
    CONSTRAINT queue_key_concurrency_check CHECK (((key_concurrency >= 1) AND (key_concurrency <= 1000000))),
    CONSTRAINT queue_key_rate_burst_check CHECK (((key_rate_burst >= 1) AND (key_rate_burst <= 1000000))),
    CONSTRAINT queue_key_rate_limit_check CHECK (((key_rate_limit >= 1) AND (key_rate_limit <= 1000000))),
    CONSTRAINT queue_key_rate_period_check CHECK (((key_rate_period >= '00:00:00.001'::interval) AND (key_rate_period <= '1 year'::interval))),
    CONSTRAINT queue_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 1000))),
    CONSTRAINT queue_name_check CHECK (((name ~ '^[a-z0-9][a-z0-9_.-]*$'::text) AND (octet_length(name) <= 63))),
    CONSTRAINT queue_on_ordering_failure_check CHECK ((on_ordering_failure = ANY (ARRAY['continue'::text, 'block'::text]))),
    CONSTRAINT queue_process_concurrency_check CHECK (((process_concurrency >= 1) AND (process_concurrency <= 1000000))),
    CONSTRAINT queue_rate_burst_check CHECK (((rate_burst >= 1) AND (rate_burst <= 1000000))),
    CONSTRAINT queue_rate_limit_check CHECK (((rate_limit >= 1) AND (rate_limit <= 1000000))),
    CONSTRAINT queue_rate_period_check CHECK (((rate_period >= '00:00:00.001'::interval) AND (rate_period <= '1 year'::interval))),
    CONSTRAINT queue_retention_check CHECK ((retention >= '00:00:00'::interval))
);
CREATE VIEW barid.queues AS
 SELECT (s.name COLLATE "C") AS name,
    s.paused,
    s.due,
    s.later,
    s.running,
    s.oldest_due,
    s.parked,
    s.parked_by
   FROM barid.queue_status() s(name, paused, due, later, running, oldest_due, parked, parked_by, counted_to);
CREATE TABLE barid.rate_lane (
    project text NOT NULL,
    paused_until timestamp with time zone,
    reason text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    tokens double precision DEFAULT 0 NOT NULL,
    refilled_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    broadcast_tokens double precision DEFAULT 0 NOT NULL,
    broadcast_refilled_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    ramp_started_at timestamp with time zone
);
CREATE TABLE barid.rescue_log (
    worker_id bigint NOT NULL,
    worker_name text NOT NULL,
    job_id bigint NOT NULL,
    attempt smallint NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    rescued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
ALTER TABLE barid.resend ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.resend_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.resend_job (
    resend_id bigint NOT NULL,
    part integer NOT NULL,
    job_id bigint NOT NULL,
    deliveries integer NOT NULL
);
CREATE TABLE barid.schedule_run (
    schedule text NOT NULL COLLATE pg_catalog."C",
    fire_at timestamp with time zone NOT NULL,
    run_at timestamp with time zone NOT NULL,
    fired_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    job_id bigint,
    manual boolean DEFAULT false NOT NULL
);
CREATE VIEW barid.schedules AS
 SELECT s.name,
    s.cron,
    s.tz,
    s.kind,
    s.queue,
    s.paused,
        CASE
            WHEN (NOT s.paused) THEN s.next_at
            ELSE NULL::timestamp with time zone
        END AS next_fire,
    s.last_fire_at AS last_fire,
    s.last_job_id AS last_job,
    s.last_error,
    s.missed,
    s.jitter,
    s.starts_at,
    s.ends_at,
    s.payload,
    s.priority,
    s.max_attempts,
    s.unique_key,
    s.ordering_key,
    s.tags,
    s.created_at,
    s.updated_at
   FROM barid.schedule s;
CREATE TABLE barid.subscription (
    name text NOT NULL COLLATE pg_catalog."C",
    pattern text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    queue text DEFAULT 'default'::text NOT NULL COLLATE pg_catalog."C",
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    merge boolean DEFAULT false NOT NULL,
    priority smallint DEFAULT 5 NOT NULL,
    max_attempts smallint,
    wild boolean NOT NULL,
    prefix text NOT NULL COLLATE pg_catalog."C",
    matcher text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT subscription_kind_check CHECK (((kind ~ '^[a-z0-9][a-z0-9_.-]*$'::text) AND (octet_length(kind) <= 63))),
    CONSTRAINT subscription_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 1000))),
    CONSTRAINT subscription_name_check CHECK (((name ~ '^[a-z0-9][a-z0-9_.-]*$'::text) AND (octet_length(name) <= 63))),
    CONSTRAINT subscription_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text)),
    CONSTRAINT subscription_priority_check CHECK (((priority >= 0) AND (priority <= 9))),
    CONSTRAINT subscription_queue_check CHECK (((queue ~ '^[a-z0-9][a-z0-9_.-]*$'::text) AND (octet_length(queue) <= 63)))
);
CREATE TABLE barid.suppression (
    channel text NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    detail text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT suppression_channel_check CHECK ((channel = 'email'::text)),
    CONSTRAINT suppression_reason_check CHECK ((reason = ANY (ARRAY['bounce'::text, 'complaint'::text, 'manual'::text])))
);
CREATE TABLE barid.template (
    key text NOT NULL,
    version integer NOT NULL,
    locale text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    variables jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    channel text DEFAULT '*'::text NOT NULL,
    html text,
    CONSTRAINT template_channel_check CHECK ((channel = ANY (ARRAY['*'::text, 'push'::text, 'email'::text]))),
    CONSTRAINT template_key_check CHECK ((key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
    CONSTRAINT template_version_check CHECK ((version >= 1))
);
ALTER TABLE barid.term ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.term_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.term_version (
    source_lang text NOT NULL,
    target_lang text NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    terms integer DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE VIEW barid.terms AS
 SELECT term.id,
    term.source_lang,
    term.target_lang,
    term.kind,
    term.term,
    term.target,
    term.source_forms,
    term.forms,
    term.case_sensitive,
    term.note,
    term.updated_at,
    term.updated_by
   FROM barid.term;
CREATE TABLE barid.throttle (
    queue text NOT NULL COLLATE pg_catalog."C",
    unique_key text NOT NULL COLLATE pg_catalog."C",
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    job_id bigint NOT NULL
);
ALTER TABLE barid.translation_backfill ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.translation_backfill_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE barid.translation_usage (
    day date NOT NULL,
    provider text NOT NULL,
    requests bigint DEFAULT 0 NOT NULL,
    texts bigint DEFAULT 0 NOT NULL,
    characters bigint DEFAULT 0 NOT NULL,
    errors bigint DEFAULT 0 NOT NULL,
    cost numeric(20,6) DEFAULT 0 NOT NULL,
    CONSTRAINT translation_usage_characters_check CHECK ((characters >= 0)),
    CONSTRAINT translation_usage_cost_check CHECK ((cost >= (0)::numeric)),
    CONSTRAINT translation_usage_errors_check CHECK ((errors >= 0)),
    CONSTRAINT translation_usage_provider_check CHECK (((length(provider) >= 1) AND (length(provider) <= 64))),
    CONSTRAINT translation_usage_requests_check CHECK ((requests >= 0)),
    CONSTRAINT translation_usage_texts_check CHECK ((texts >= 0))
);
CREATE VIEW barid.translation_cost AS
 SELECT u.day,
    u.provider,
    u.requests,
    u.texts,
    u.characters,
    u.errors,
    u.cost
   FROM barid.translation_usage u;
CREATE VIEW barid.translation_counts AS
 SELECT t.entity_type,
    t.field,
    t.target_lang AS lang,
    count(*) AS entities,
    count(*) FILTER (WHERE (t.state = 'published'::text)) AS published,
    count(*) FILTER (WHERE ((t.state = 'published'::text) AND (t.origin = 'human'::text))) AS human,
    count(*) FILTER (WHERE (t.state = 'stale'::text)) AS stale,
    count(*) FILTER (WHERE (t.state = 'pending'::text)) AS pending,
    count(*) FILTER (WHERE (t.state = 'review'::text)) AS review,
    count(*) FILTER (WHERE (t.write_error IS NOT NULL)) AS not_written
   FROM barid.translation t
  GROUP BY t.entity_type, t.field, t.target_lang;
CREATE TABLE barid.translation_memory (
    source_hash bytea NOT NULL,
    source_lang text NOT NULL,
    target_lang text NOT NULL,
    provider text NOT NULL,
    provider_version text DEFAULT ''::text NOT NULL,
    format text NOT NULL,
    source_text text NOT NULL,
    text text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT translation_memory_format_check CHECK ((format = ANY (ARRAY['text'::text, 'html'::text]))),
    CONSTRAINT translation_memory_source_lang_check CHECK ((source_lang = ANY (ARRAY['en'::text, 'ar'::text]))),
    CONSTRAINT translation_memory_target_lang_check CHECK ((target_lang = ANY (ARRAY['en'::text, 'ar'::text])))
);
ALTER TABLE barid.translation_review ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.translation_review_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW barid.translation_reviews AS
 SELECT r.id,
    r.entity_type,
    r.entity_id,
    r.field,
    r.source_lang,
    r.target_lang AS lang,
    r.format,
    r.source_text,
    r.reason,
    r.detail,
    r.suggestion,
    r.provider,
    r.state,
    r.created_at,
    r.resolved_at,
    r.resolved_by,
    r.note,
    t.text AS current_text,
    t.origin AS current_origin,
    COALESCE((r.source_hash IS DISTINCT FROM t.source_hash), true) AS outdated
   FROM (barid.translation_review r
     LEFT JOIN barid.translation t ON (((t.entity_type = r.entity_type) AND (t.entity_id = r.entity_id) AND (t.field = r.field) AND (t.target_lang = r.target_lang))));
CREATE VIEW barid.translations AS
 SELECT translation.entity_type,
    translation.entity_id,
    translation.field,
    translation.target_lang AS lang,
    translation.text,
    translation.format,
    translation.origin,
    translation.provider,
    (translation.state = 'stale'::text) AS stale,
    translation.suggestion,
    translation.updated_at
   FROM barid.translation
  WHERE (translation.text IS NOT NULL);
CREATE TABLE barid.worker (
    id bigint NOT NULL,
    epoch integer DEFAULT 1 NOT NULL,
    renewals bigint DEFAULT 0 NOT NULL,
    lease_ttl interval NOT NULL,
    name text NOT NULL,
    queues text[] NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    renewed_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='200', autovacuum_vacuum_scale_factor='0');
CREATE TABLE barid.worker_log (
    worker_id bigint NOT NULL,
    name text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone
);
CREATE VIEW barid.workers AS
SELECT
    NULL::bigint AS id,
    NULL::text AS name,
    NULL::text[] AS queues,
    NULL::timestamp with time zone AS started_at,
    NULL::timestamp with time zone AS renewed_at,
    NULL::interval AS lease_ttl,
    NULL::bigint AS claimed;
ALTER TABLE ONLY barid.job_history ATTACH PARTITION barid.job_history_1 FOR VALUES FROM ('1') TO ('1000001');
ALTER TABLE ONLY barid.job_history ATTACH PARTITION barid.job_history_1000001 FOR VALUES FROM ('1000001') TO ('2000001');
ALTER TABLE ONLY barid.job_history ATTACH PARTITION barid.job_history_2000001 FOR VALUES FROM ('2000001') TO ('3000001');
ALTER TABLE ONLY barid.admin_account
    ADD CONSTRAINT admin_account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.admin_account_role
    ADD CONSTRAINT admin_account_role_pkey PRIMARY KEY (account_id, role);
ALTER TABLE ONLY barid.admin_bulk_outcome
    ADD CONSTRAINT admin_bulk_outcome_pkey PRIMARY KEY (bulk_id, job_id);
ALTER TABLE ONLY barid.admin_bulk
    ADD CONSTRAINT admin_bulk_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.admin_idempotency
    ADD CONSTRAINT admin_idempotency_pkey PRIMARY KEY (principal, route, key);
ALTER TABLE ONLY barid.admin_key
    ADD CONSTRAINT admin_key_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.admin_role
    ADD CONSTRAINT admin_role_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.admin_session
    ADD CONSTRAINT admin_session_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY barid.admin_sign_in_attempt
    ADD CONSTRAINT admin_sign_in_attempt_pkey PRIMARY KEY (login, address);
ALTER TABLE ONLY barid.admin_token
    ADD CONSTRAINT admin_token_hash_key UNIQUE (hash);
ALTER TABLE ONLY barid.admin_token
    ADD CONSTRAINT admin_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.allowed_function
    ADD CONSTRAINT allowed_function_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.app_user
    ADD CONSTRAINT app_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.auto_translation
    ADD CONSTRAINT auto_translation_pkey PRIMARY KEY (entity_type);
ALTER TABLE ONLY barid.auto_translation
    ADD CONSTRAINT auto_translation_table_schema_table_name_key UNIQUE (table_schema, table_name);
ALTER TABLE ONLY barid.batch
    ADD CONSTRAINT batch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.bounce
    ADD CONSTRAINT bounce_address_kind_message_id_key UNIQUE (address, kind, message_id);
ALTER TABLE ONLY barid.bounce
    ADD CONSTRAINT bounce_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.broadcast_chunk
    ADD CONSTRAINT broadcast_chunk_pkey PRIMARY KEY (broadcast_id, chunk_no);
ALTER TABLE ONLY barid.broadcast
    ADD CONSTRAINT broadcast_dedupe_key_key UNIQUE (dedupe_key);
ALTER TABLE ONLY barid.broadcast_event
    ADD CONSTRAINT broadcast_event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.broadcast
    ADD CONSTRAINT broadcast_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.broadcast_text
    ADD CONSTRAINT broadcast_text_pkey PRIMARY KEY (broadcast_id, locale);
ALTER TABLE ONLY barid.broadcast_user
    ADD CONSTRAINT broadcast_user_pkey PRIMARY KEY (broadcast_id, user_id);
ALTER TABLE ONLY barid.cancel_request
    ADD CONSTRAINT cancel_request_pkey PRIMARY KEY (job_id);
ALTER TABLE ONLY barid.category
    ADD CONSTRAINT category_pkey PRIMARY KEY (key);
ALTER TABLE ONLY barid.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (job_id);
ALTER TABLE ONLY barid.claim
    ADD CONSTRAINT claim_pkey PRIMARY KEY (claim_id);
ALTER TABLE ONLY barid.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (user_id, channel);
ALTER TABLE ONLY barid.delivery_attempt
    ADD CONSTRAINT delivery_attempt_pkey PRIMARY KEY (notification_id, delivery_id, attempt_no);
ALTER TABLE ONLY barid.delivery
    ADD CONSTRAINT delivery_notification_id_channel_device_id_generation_key UNIQUE NULLS NOT DISTINCT (notification_id, channel, device_id, generation);
ALTER TABLE ONLY barid.delivery_run
    ADD CONSTRAINT delivery_run_pkey PRIMARY KEY (job_id);
ALTER TABLE ONLY barid.dependency
    ADD CONSTRAINT dependency_pkey PRIMARY KEY (parent_id, child_id);
ALTER TABLE ONLY barid.dev_invoice
    ADD CONSTRAINT dev_invoice_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.dev_push
    ADD CONSTRAINT dev_push_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.dev_refund
    ADD CONSTRAINT dev_refund_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.device
    ADD CONSTRAINT device_project_target_kind_target_key UNIQUE (project, target_kind, target);
ALTER TABLE ONLY barid.digest_item
    ADD CONSTRAINT digest_item_pkey PRIMARY KEY (digest_id, notification_id);
ALTER TABLE ONLY barid.digest
    ADD CONSTRAINT digest_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.forgotten_tag
    ADD CONSTRAINT forgotten_tag_pkey PRIMARY KEY (tag);
ALTER TABLE ONLY barid.history_partition
    ADD CONSTRAINT history_partition_pkey PRIMARY KEY (lower_id);
ALTER TABLE ONLY barid.inbox_item
    ADD CONSTRAINT inbox_item_pkey PRIMARY KEY (notification_id);
ALTER TABLE ONLY barid.job_history
    ADD CONSTRAINT job_history_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.job_history_1000001
    ADD CONSTRAINT job_history_1000001_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.job_history_1
    ADD CONSTRAINT job_history_1_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.job_history_2000001
    ADD CONSTRAINT job_history_2000001_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.job_log
    ADD CONSTRAINT job_log_pkey PRIMARY KEY (job_id, claim_id, n);
ALTER TABLE ONLY barid.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);
ALTER TABLE barid.job
    ADD CONSTRAINT job_run_at_finite CHECK ((isfinite(run_at) OR ((run_at = 'infinity'::timestamp with time zone) AND isfinite(due_at)))) NOT VALID;
ALTER TABLE ONLY barid.ledger_partition
    ADD CONSTRAINT ledger_partition_pkey PRIMARY KEY (lower_at);
ALTER TABLE ONLY barid.limit_bucket
    ADD CONSTRAINT limit_bucket_pkey PRIMARY KEY (queue, limit_key);
ALTER TABLE ONLY barid.limit_slot
    ADD CONSTRAINT limit_slot_pkey PRIMARY KEY (job_id);
ALTER TABLE ONLY barid.media_entity
    ADD CONSTRAINT media_entity_pkey PRIMARY KEY (entity, slot, set_id);
ALTER TABLE ONLY barid.media_garbage
    ADD CONSTRAINT media_garbage_pkey PRIMARY KEY (store, key);
ALTER TABLE ONLY barid.media_set
    ADD CONSTRAINT media_set_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.media_set
    ADD CONSTRAINT media_set_source_hash_recipe_hash_store_key UNIQUE (source_hash, recipe_hash, store);
ALTER TABLE ONLY barid.media_variant
    ADD CONSTRAINT media_variant_pkey PRIMARY KEY (set_id, width, height, format);
ALTER TABLE ONLY barid.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);
ALTER TABLE ONLY barid.notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.notification
    ADD CONSTRAINT notification_user_id_dedupe_key_key UNIQUE (user_id, dedupe_key);
ALTER TABLE ONLY barid.notify_retention
    ADD CONSTRAINT notify_retention_pkey PRIMARY KEY (one);
ALTER TABLE ONLY barid.notify_throttle
    ADD CONSTRAINT notify_throttle_pkey PRIMARY KEY (user_id, category, channel);
ALTER TABLE ONLY barid.notify_upkeep_state
    ADD CONSTRAINT notify_upkeep_state_pkey PRIMARY KEY (one);
ALTER TABLE ONLY barid.ordering_slot
    ADD CONSTRAINT ordering_slot_pkey PRIMARY KEY (ordering_key);
ALTER TABLE ONLY barid.outbox_decision
    ADD CONSTRAINT outbox_decision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.outbox_place
    ADD CONSTRAINT outbox_place_pkey PRIMARY KEY (stream);
ALTER TABLE ONLY barid.outbox_stream
    ADD CONSTRAINT outbox_stream_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.outbox_stuck
    ADD CONSTRAINT outbox_stuck_pkey PRIMARY KEY (stream, aggregate_type, aggregate_id);
ALTER TABLE ONLY barid.paused_kind
    ADD CONSTRAINT paused_kind_pkey PRIMARY KEY (kind);
ALTER TABLE ONLY barid.payment_check
    ADD CONSTRAINT payment_check_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.payment_gateway
    ADD CONSTRAINT payment_gateway_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.preference
    ADD CONSTRAINT preference_pkey PRIMARY KEY (user_id, category, channel);
ALTER TABLE ONLY barid.projection_history
    ADD CONSTRAINT projection_history_pkey PRIMARY KEY (id);
ALTER TABLE barid.projection_inbox
    ADD CONSTRAINT projection_inbox_event_id_check CHECK ((octet_length(event_id) <= 172)) NOT VALID;
ALTER TABLE ONLY barid.projection_inbox
    ADD CONSTRAINT projection_inbox_pkey PRIMARY KEY (projection, event_id);
ALTER TABLE ONLY barid.projection
    ADD CONSTRAINT projection_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.provider_state
    ADD CONSTRAINT provider_state_pkey PRIMARY KEY (provider);
ALTER TABLE ONLY barid.prune_cursor
    ADD CONSTRAINT prune_cursor_pkey PRIMARY KEY (retention);
ALTER TABLE ONLY barid.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.quiet_hours
    ADD CONSTRAINT quiet_hours_pkey PRIMARY KEY (user_id, no);
ALTER TABLE ONLY barid.rate_lane
    ADD CONSTRAINT rate_lane_pkey PRIMARY KEY (project);
ALTER TABLE ONLY barid.resend_job
    ADD CONSTRAINT resend_job_job_id_key UNIQUE (job_id);
ALTER TABLE ONLY barid.resend_job
    ADD CONSTRAINT resend_job_pkey PRIMARY KEY (resend_id, part);
ALTER TABLE ONLY barid.resend
    ADD CONSTRAINT resend_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.resend
    ADD CONSTRAINT resend_request_key_key UNIQUE (request_key);
ALTER TABLE ONLY barid.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.schedule_run
    ADD CONSTRAINT schedule_run_pkey PRIMARY KEY (schedule, fire_at);
ALTER TABLE ONLY barid.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.suppression
    ADD CONSTRAINT suppression_pkey PRIMARY KEY (channel, address);
ALTER TABLE ONLY barid.template
    ADD CONSTRAINT template_pkey PRIMARY KEY (key, version, channel, locale);
ALTER TABLE ONLY barid.term
    ADD CONSTRAINT term_once UNIQUE (source_lang, target_lang, term);
ALTER TABLE ONLY barid.term
    ADD CONSTRAINT term_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.term_version
    ADD CONSTRAINT term_version_pkey PRIMARY KEY (source_lang, target_lang);
ALTER TABLE ONLY barid.throttle
    ADD CONSTRAINT throttle_pkey PRIMARY KEY (queue, unique_key, starts_at);
ALTER TABLE ONLY barid.translation_backfill_job
    ADD CONSTRAINT translation_backfill_job_pkey PRIMARY KEY (backfill_id, job_id);
ALTER TABLE ONLY barid.translation_backfill
    ADD CONSTRAINT translation_backfill_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.translation_memory
    ADD CONSTRAINT translation_memory_pkey PRIMARY KEY (source_hash, source_lang, target_lang, provider, provider_version);
ALTER TABLE ONLY barid.translation
    ADD CONSTRAINT translation_pkey PRIMARY KEY (entity_type, entity_id, field, target_lang);
ALTER TABLE ONLY barid.translation_review
    ADD CONSTRAINT translation_review_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.translation_usage
    ADD CONSTRAINT translation_usage_pkey PRIMARY KEY (day, provider);
ALTER TABLE ONLY barid.worker_log
    ADD CONSTRAINT worker_log_pkey PRIMARY KEY (worker_id);
ALTER TABLE ONLY barid.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX admin_account_login ON barid.admin_account USING btree (lower(login));
CREATE INDEX admin_account_role_role ON barid.admin_account_role USING btree (role);
CREATE INDEX admin_idempotency_age ON barid.admin_idempotency USING btree (created_at);
CREATE INDEX admin_session_account ON barid.admin_session USING btree (account_id, created_at);
CREATE INDEX admin_session_end ON barid.admin_session USING btree (expires_at);
CREATE INDEX admin_sign_in_attempt_age ON barid.admin_sign_in_attempt USING btree (last_at);
CREATE INDEX admin_token_account ON barid.admin_token USING btree (account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX app_user_by_prefix ON barid.app_user USING btree (id text_pattern_ops);
CREATE INDEX audit_log_action ON barid.audit_log USING btree (action, id);
CREATE INDEX audit_log_actor ON barid.audit_log USING btree (actor, id);
CREATE INDEX audit_log_at ON barid.audit_log USING btree (at, id);
CREATE INDEX audit_log_target ON barid.audit_log USING btree (target_kind, target, id);
CREATE INDEX bounce_by_age ON barid.bounce USING btree (at);
CREATE INDEX bounce_of_address ON barid.bounce USING btree (address, at);
CREATE INDEX broadcast_chunk_of_job ON barid.broadcast_chunk USING btree (job_id);
CREATE INDEX broadcast_chunk_open ON barid.broadcast_chunk USING btree (broadcast_id) WHERE (finished_at IS NULL);
CREATE INDEX broadcast_event_of ON barid.broadcast_event USING btree (broadcast_id, id);
CREATE INDEX claim_worker ON barid.claim USING btree (worker_id);
CREATE INDEX delivery_of_device ON ONLY barid.delivery USING btree (device_id) WHERE (device_id IS NOT NULL);
CREATE INDEX delivery_of_job ON ONLY barid.delivery USING btree (job_id, id) WHERE (job_id IS NOT NULL);
CREATE INDEX dependency_child ON barid.dependency USING btree (child_id);
CREATE INDEX dev_invoice_payment ON barid.dev_invoice USING btree (gateway, payment_id);
CREATE INDEX dev_invoice_reference ON barid.dev_invoice USING btree (gateway, reference);
CREATE INDEX dev_push_of_user ON barid.dev_push USING btree (user_id, id DESC);
CREATE INDEX dev_refund_invoice ON barid.dev_refund USING btree (invoice_id);
CREATE INDEX device_of_user ON barid.device USING btree (user_id) WHERE (state <> 'dead'::text);
CREATE INDEX digest_item_of_notification ON barid.digest_item USING btree (notification_id);
CREATE UNIQUE INDEX digest_open ON barid.digest USING btree (user_id, category, channel) WHERE (closed_at IS NULL);
CREATE INDEX inbox_archived ON barid.inbox_item USING btree (user_id, created_at DESC, notification_id DESC) WHERE ((archived_at IS NOT NULL) AND (title IS NOT NULL));
CREATE INDEX inbox_by_archived ON barid.inbox_item USING btree (archived_at) WHERE (archived_at IS NOT NULL);
CREATE INDEX inbox_page ON barid.inbox_item USING btree (user_id, created_at DESC, notification_id DESC) INCLUDE (category, locale, title, body, image, data, seen_at, read_at, archived_at, snoozed_until) WHERE ((archived_at IS NULL) AND (title IS NOT NULL) AND brief);
CREATE INDEX inbox_page_long ON barid.inbox_item USING btree (user_id, created_at DESC, notification_id DESC) WHERE ((archived_at IS NULL) AND (title IS NOT NULL) AND (NOT brief));
CREATE INDEX inbox_snoozed ON barid.inbox_item USING btree (user_id, created_at DESC, notification_id DESC) WHERE ((snoozed_until IS NOT NULL) AND (archived_at IS NULL) AND (title IS NOT NULL));
CREATE INDEX inbox_unread ON barid.inbox_item USING btree (user_id, created_at DESC, notification_id DESC) INCLUDE (snoozed_until, seen_at) WHERE ((read_at IS NULL) AND (archived_at IS NULL) AND (title IS NOT NULL));
CREATE INDEX job_batch ON barid.job USING btree (batch_id, id) WHERE (batch_id IS NOT NULL);
CREATE INDEX job_claim ON barid.job USING btree (queue, priority, run_at, id);
CREATE INDEX job_dead_letter ON barid.job USING btree (id) WHERE (origin_queue IS NOT NULL);
CREATE INDEX job_history_webhook ON ONLY barid.job_history USING btree (((payload ->> 'endpoint'::text)), id) WHERE (kind = 'http.deliver'::text);
CREATE INDEX job_history_1000001_expr_id_idx ON barid.job_history_1000001 USING btree (((payload ->> 'endpoint'::text)), id) WHERE (kind = 'http.deliver'::text);
CREATE INDEX job_history_webhook_failed ON ONLY barid.job_history USING btree (((payload ->> 'endpoint'::text)), id) WHERE ((kind = 'http.deliver'::text) AND (state = 'failed'::barid.final_state));
CREATE INDEX job_history_1000001_expr_id_idx1 ON barid.job_history_1000001 USING btree (((payload ->> 'endpoint'::text)), id) WHERE ((kind = 'http.deliver'::text) AND (state = 'failed'::barid.final_state));
CREATE INDEX job_history_finished ON ONLY barid.job_history USING brin (finished_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX job_history_1000001_finished_at_idx ON barid.job_history_1000001 USING brin (finished_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX job_history_not_completed ON ONLY barid.job_history USING btree (id) WHERE (state <> 'completed'::barid.final_state);
CREATE INDEX job_history_1000001_id_idx ON barid.job_history_1000001 USING btree (id) WHERE (state <> 'completed'::barid.final_state);
CREATE INDEX job_history_origin ON ONLY barid.job_history USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_history_1000001_origin_id_id_idx ON barid.job_history_1000001 USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_history_tags ON ONLY barid.job_history USING gin (tags) WHERE (tags IS NOT NULL);
CREATE INDEX job_history_1000001_tags_idx ON barid.job_history_1000001 USING gin (tags) WHERE (tags IS NOT NULL);
CREATE INDEX job_history_unique_key ON ONLY barid.job_history USING btree (unique_key, id) WHERE (unique_key IS NOT NULL);
CREATE INDEX job_history_1000001_unique_key_id_idx ON barid.job_history_1000001 USING btree (unique_key, id) WHERE (unique_key IS NOT NULL);
CREATE INDEX job_history_1_expr_id_idx ON barid.job_history_1 USING btree (((payload ->> 'endpoint'::text)), id) WHERE (kind = 'http.deliver'::text);
CREATE INDEX job_history_1_expr_id_idx1 ON barid.job_history_1 USING btree (((payload ->> 'endpoint'::text)), id) WHERE ((kind = 'http.deliver'::text) AND (state = 'failed'::barid.final_state));
CREATE INDEX job_history_1_finished_at_idx ON barid.job_history_1 USING brin (finished_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX job_history_1_id_idx ON barid.job_history_1 USING btree (id) WHERE (state <> 'completed'::barid.final_state);
CREATE INDEX job_history_1_origin_id_id_idx ON barid.job_history_1 USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_history_1_tags_idx ON barid.job_history_1 USING gin (tags) WHERE (tags IS NOT NULL);
CREATE INDEX job_history_1_unique_key_id_idx ON barid.job_history_1 USING btree (unique_key, id) WHERE (unique_key IS NOT NULL);
CREATE INDEX job_history_2000001_expr_id_idx ON barid.job_history_2000001 USING btree (((payload ->> 'endpoint'::text)), id) WHERE (kind = 'http.deliver'::text);
CREATE INDEX job_history_2000001_expr_id_idx1 ON barid.job_history_2000001 USING btree (((payload ->> 'endpoint'::text)), id) WHERE ((kind = 'http.deliver'::text) AND (state = 'failed'::barid.final_state));
CREATE INDEX job_history_2000001_finished_at_idx ON barid.job_history_2000001 USING brin (finished_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX job_history_2000001_id_idx ON barid.job_history_2000001 USING btree (id) WHERE (state <> 'completed'::barid.final_state);
CREATE INDEX job_history_2000001_origin_id_id_idx ON barid.job_history_2000001 USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_history_2000001_tags_idx ON barid.job_history_2000001 USING gin (tags) WHERE (tags IS NOT NULL);
CREATE INDEX job_history_2000001_unique_key_id_idx ON barid.job_history_2000001 USING btree (unique_key, id) WHERE (unique_key IS NOT NULL);
CREATE INDEX job_lane ON barid.job USING btree (queue, limit_key, priority, due_at, id) WHERE (parked_by = 'limit'::text);
CREATE INDEX job_ordering ON barid.job USING btree (ordering_key, id) WHERE (ordering_key IS NOT NULL);
CREATE INDEX job_origin ON barid.job USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_parked_kind ON barid.job USING btree (kind, id) WHERE (parked_by = 'kind'::text);
CREATE UNIQUE INDEX job_unique ON barid.job USING btree (queue, unique_key) WHERE (unique_key IS NOT NULL);
CREATE INDEX job_webhook ON barid.job USING btree (id) WHERE (kind = 'http.deliver'::text);
CREATE INDEX limit_slot_scope ON barid.limit_slot USING btree (queue, limit_key);
CREATE INDEX media_entity_set ON barid.media_entity USING btree (set_id);
CREATE UNIQUE INDEX media_entity_slot ON barid.media_entity USING btree (entity, slot) WHERE (slot <> ''::text);
CREATE INDEX media_garbage_due ON barid.media_garbage USING btree (store, due_at) WHERE (removed_at IS NULL);
CREATE INDEX media_garbage_removed ON barid.media_garbage USING btree (removed_at) WHERE (removed_at IS NOT NULL);
CREATE INDEX media_garbage_set ON barid.media_garbage USING btree (set_id) WHERE (set_id IS NOT NULL);
CREATE INDEX media_set_recipe ON barid.media_set USING btree (recipe, created_at, id);
CREATE INDEX media_set_storing ON barid.media_set USING btree (touched_at) WHERE (state = 'storing'::barid.media_state);
CREATE INDEX media_set_time ON barid.media_set USING btree (created_at, id);
CREATE INDEX media_set_unattached ON barid.media_set USING btree (unattached_since) WHERE (unattached_since IS NOT NULL);
CREATE INDEX media_variant_key ON barid.media_variant USING btree (key);
CREATE INDEX notification_by_job ON barid.notification USING btree (job_id) WHERE (job_id IS NOT NULL);
CREATE INDEX notification_of_broadcast ON barid.notification USING btree (broadcast_id, user_id) WHERE (broadcast_id IS NOT NULL);
CREATE INDEX notification_of_category ON barid.notification USING btree (category, id);
CREATE INDEX payment_check_age ON barid.payment_check USING btree (created_at);
CREATE INDEX payment_check_held ON barid.payment_check USING btree (order_id, id) WHERE (verdict = 'MISMATCH'::text);
CREATE INDEX payment_check_order ON barid.payment_check USING btree (order_id, id DESC);
CREATE INDEX projection_history_of ON barid.projection_history USING btree (projection, id);
CREATE INDEX projection_inbox_age ON barid.projection_inbox USING btree (projection, applied_at);
CREATE INDEX rescue_log_job ON barid.rescue_log USING btree (job_id);
CREATE INDEX schedule_run_age ON barid.schedule_run USING btree (fire_at);
CREATE INDEX subscription_exact ON barid.subscription USING btree (pattern) WHERE (NOT wild);
CREATE INDEX subscription_wild ON barid.subscription USING btree (name) WHERE wild;
CREATE UNIQUE INDEX translation_backfill_one ON barid.translation_backfill USING btree (entity_type) WHERE (state = ANY (ARRAY['running'::text, 'paused'::text]));
CREATE INDEX translation_memory_similar ON barid.translation_memory USING gin (barid.lookup_key(source_text) public.gin_trgm_ops) WHERE (length(source_text) <= 500);
CREATE INDEX translation_review_entity ON barid.translation_review USING btree (entity_type, entity_id, id);
CREATE UNIQUE INDEX translation_review_open ON barid.translation_review USING btree (entity_type, entity_id, field, target_lang) WHERE (state = 'open'::text);
CREATE INDEX translation_review_queue ON barid.translation_review USING btree (id) WHERE (state = 'open'::text);
CREATE INDEX translation_review_reason ON barid.translation_review USING btree (reason, target_lang, id) WHERE (state = 'open'::text);
CREATE INDEX translation_review_rejected ON barid.translation_review USING btree (entity_type, entity_id, field, target_lang, id) WHERE (state = 'rejected'::text);
CREATE INDEX translation_review_state ON barid.translation_review USING btree (state, id);
CREATE INDEX translation_review_type ON barid.translation_review USING btree (entity_type, id) WHERE (state = 'open'::text);
CREATE INDEX translation_stale ON barid.translation USING btree (updated_at) WHERE (state = 'stale'::text);
ALTER INDEX barid.job_history_webhook ATTACH PARTITION barid.job_history_1000001_expr_id_idx;
ALTER INDEX barid.job_history_webhook_failed ATTACH PARTITION barid.job_history_1000001_expr_id_idx1;
ALTER INDEX barid.job_history_finished ATTACH PARTITION barid.job_history_1000001_finished_at_idx;
ALTER INDEX barid.job_history_not_completed ATTACH PARTITION barid.job_history_1000001_id_idx;
ALTER INDEX barid.job_history_origin ATTACH PARTITION barid.job_history_1000001_origin_id_id_idx;
ALTER INDEX barid.job_history_pkey ATTACH PARTITION barid.job_history_1000001_pkey;
ALTER INDEX barid.job_history_tags ATTACH PARTITION barid.job_history_1000001_tags_idx;
ALTER INDEX barid.job_history_unique_key ATTACH PARTITION barid.job_history_1000001_unique_key_id_idx;
ALTER INDEX barid.job_history_webhook ATTACH PARTITION barid.job_history_1_expr_id_idx;
ALTER INDEX barid.job_history_webhook_failed ATTACH PARTITION barid.job_history_1_expr_id_idx1;
ALTER INDEX barid.job_history_finished ATTACH PARTITION barid.job_history_1_finished_at_idx;
ALTER INDEX barid.job_history_not_completed ATTACH PARTITION barid.job_history_1_id_idx;
ALTER INDEX barid.job_history_origin ATTACH PARTITION barid.job_history_1_origin_id_id_idx;
ALTER INDEX barid.job_history_pkey ATTACH PARTITION barid.job_history_1_pkey;
ALTER INDEX barid.job_history_tags ATTACH PARTITION barid.job_history_1_tags_idx;
ALTER INDEX barid.job_history_unique_key ATTACH PARTITION barid.job_history_1_unique_key_id_idx;
ALTER INDEX barid.job_history_webhook ATTACH PARTITION barid.job_history_2000001_expr_id_idx;
ALTER INDEX barid.job_history_webhook_failed ATTACH PARTITION barid.job_history_2000001_expr_id_idx1;
ALTER INDEX barid.job_history_finished ATTACH PARTITION barid.job_history_2000001_finished_at_idx;
ALTER INDEX barid.job_history_not_completed ATTACH PARTITION barid.job_history_2000001_id_idx;
ALTER INDEX barid.job_history_origin ATTACH PARTITION barid.job_history_2000001_origin_id_id_idx;
ALTER INDEX barid.job_history_pkey ATTACH PARTITION barid.job_history_2000001_pkey;
ALTER INDEX barid.job_history_tags ATTACH PARTITION barid.job_history_2000001_tags_idx;
ALTER INDEX barid.job_history_unique_key ATTACH PARTITION barid.job_history_2000001_unique_key_id_idx;
CREATE OR REPLACE VIEW barid.workers AS
 SELECT w.id,
    w.name,
    w.queues,
    w.started_at,
    w.renewed_at,
    w.lease_ttl,
    COALESCE(sum(cardinality(c.job_ids)), (0)::bigint) AS claimed
   FROM (barid.worker w
     LEFT JOIN barid.claim c ON ((c.worker_id = w.id)))
  GROUP BY w.id;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON barid.audit_log FOR EACH ROW EXECUTE FUNCTION barid.audit_is_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON barid.audit_log FOR EACH STATEMENT EXECUTE FUNCTION barid.audit_is_append_only();
CREATE TRIGGER batch_trace BEFORE INSERT ON barid.batch FOR EACH ROW WHEN ((current_setting('barid.traceparent'::text, true) <> ''::text)) EXECUTE FUNCTION barid.join_trace_later();
CREATE TRIGGER broadcast_event_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON barid.broadcast_event FOR EACH STATEMENT EXECUTE FUNCTION barid.keep_events();
CREATE TRIGGER forget_terms AFTER TRUNCATE ON barid.term FOR EACH STATEMENT EXECUTE FUNCTION barid.forget_terms();
CREATE TRIGGER job_a_trace BEFORE INSERT ON barid.job FOR EACH ROW WHEN (((new.traceparent IS NULL) AND (current_setting('barid.traceparent'::text, true) <> ''::text))) EXECUTE FUNCTION barid.join_trace();
CREATE TRIGGER job_admit BEFORE INSERT ON barid.job FOR EACH ROW WHEN (((new.limit_key IS NOT NULL) OR (new.batch_id IS NOT NULL) OR (new.throttle IS NOT NULL) OR (new.debounce IS NOT NULL) OR (new.unique_while <> 'finished'::text) OR (new.on_conflict <> 'keep'::text))) EXECUTE FUNCTION barid.admit();
CREATE TRIGGER job_wake BEFORE INSERT ON barid.job FOR EACH ROW WHEN ((current_setting('barid.woken'::text, true) IS DISTINCT FROM new.queue)) EXECUTE FUNCTION barid.wake_before_insert();
CREATE TRIGGER media_entity_detached AFTER DELETE ON barid.media_entity FOR EACH ROW EXECUTE FUNCTION barid.media_entity_detached();
CREATE TRIGGER note_term AFTER INSERT OR DELETE OR UPDATE ON barid.term FOR EACH ROW EXECUTE FUNCTION barid.note_term();
CREATE TRIGGER queue_retention AFTER INSERT OR DELETE OR UPDATE OF retention ON barid.queue FOR EACH ROW EXECUTE FUNCTION barid.restart_prune();
CREATE TRIGGER resend_job_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON barid.resend_job FOR EACH STATEMENT EXECUTE FUNCTION barid.keep_resend();
CREATE TRIGGER resend_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON barid.resend FOR EACH STATEMENT EXECUTE FUNCTION barid.keep_resend();
CREATE TRIGGER worker_log AFTER INSERT OR DELETE ON barid.worker FOR EACH ROW EXECUTE FUNCTION barid.log_worker();
ALTER TABLE ONLY barid.admin_account_role
    ADD CONSTRAINT admin_account_role_account_id_fkey FOREIGN KEY (account_id) REFERENCES barid.admin_account(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.admin_account_role
    ADD CONSTRAINT admin_account_role_role_fkey FOREIGN KEY (role) REFERENCES barid.admin_role(name);
ALTER TABLE ONLY barid.admin_bulk_outcome
    ADD CONSTRAINT admin_bulk_outcome_bulk_id_fkey FOREIGN KEY (bulk_id) REFERENCES barid.admin_bulk(id);
ALTER TABLE ONLY barid.admin_session
    ADD CONSTRAINT admin_session_account_id_fkey FOREIGN KEY (account_id) REFERENCES barid.admin_account(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.admin_token
    ADD CONSTRAINT admin_token_account_id_fkey FOREIGN KEY (account_id) REFERENCES barid.admin_account(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.broadcast_chunk
    ADD CONSTRAINT broadcast_chunk_broadcast_id_fkey FOREIGN KEY (broadcast_id) REFERENCES barid.broadcast(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.broadcast_text
    ADD CONSTRAINT broadcast_text_broadcast_id_fkey FOREIGN KEY (broadcast_id) REFERENCES barid.broadcast(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.broadcast_user
    ADD CONSTRAINT broadcast_user_broadcast_id_fkey FOREIGN KEY (broadcast_id) REFERENCES barid.broadcast(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.claim
    ADD CONSTRAINT claim_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES barid.worker(id);
ALTER TABLE ONLY barid.contact
    ADD CONSTRAINT contact_user_id_fkey FOREIGN KEY (user_id) REFERENCES barid.app_user(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.dev_refund
    ADD CONSTRAINT dev_refund_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES barid.dev_invoice(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.device
    ADD CONSTRAINT device_user_id_fkey FOREIGN KEY (user_id) REFERENCES barid.app_user(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.digest_item
    ADD CONSTRAINT digest_item_digest_id_fkey FOREIGN KEY (digest_id) REFERENCES barid.digest(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.inbox_item
    ADD CONSTRAINT inbox_item_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES barid.notification(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.media_entity
    ADD CONSTRAINT media_entity_set_id_fkey FOREIGN KEY (set_id) REFERENCES barid.media_set(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.media_variant
    ADD CONSTRAINT media_variant_set_id_fkey FOREIGN KEY (set_id) REFERENCES barid.media_set(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.preference
    ADD CONSTRAINT preference_user_id_fkey FOREIGN KEY (user_id) REFERENCES barid.app_user(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.queue
    ADD CONSTRAINT queue_dead_letter_fkey FOREIGN KEY (dead_letter) REFERENCES barid.queue(name);
ALTER TABLE ONLY barid.quiet_hours
    ADD CONSTRAINT quiet_hours_user_id_fkey FOREIGN KEY (user_id) REFERENCES barid.app_user(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.resend_job
    ADD CONSTRAINT resend_job_resend_id_fkey FOREIGN KEY (resend_id) REFERENCES barid.resend(id);
ALTER TABLE ONLY barid.translation_backfill_job
    ADD CONSTRAINT translation_backfill_job_backfill_id_fkey FOREIGN KEY (backfill_id) REFERENCES barid.translation_backfill(id) ON DELETE CASCADE;
GRANT USAGE ON SCHEMA barid TO barid_producer;
GRANT USAGE ON SCHEMA barid TO barid_worker;
GRANT USAGE ON SCHEMA barid TO barid_operator;
GRANT USAGE ON SCHEMA barid TO barid_readonly;
GRANT USAGE ON SCHEMA barid TO barid_segment;
GRANT USAGE ON SCHEMA barid TO barid_shop;
GRANT USAGE ON SCHEMA barid TO barid_admin;
REVOKE ALL ON FUNCTION barid.accept_translations(reason text, lang text, entity_type text, max integer, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.accept_translations(reason text, lang text, entity_type text, max integer, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.accept_translations(reason text, lang text, entity_type text, max integer, actor text) TO barid_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.translation_review TO barid_worker;
REVOKE ALL ON FUNCTION barid.acceptable_reviews(reason text, lang text, entity_type text, upper bigint, size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.acceptable_reviews(reason text, lang text, entity_type text, upper bigint, size integer) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_accept_review(id bigint, version text, text text, actor text, OUT outcome text, OUT state text, OUT before jsonb, OUT after jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_accept_review(id bigint, version text, text text, actor text, OUT outcome text, OUT state text, OUT before jsonb, OUT after jsonb) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_accept_reviews(reason text, lang text, entity_type text, upper bigint, seen_at timestamp with time zone, size integer, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_accept_reviews(reason text, lang text, entity_type text, upper bigint, seen_at timestamp with time zone, size integer, actor text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_account_create(login text, name text, must_change boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_account_create(login text, name text, must_change boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_account_disable(given_login text, disable boolean, actor text, actor_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_account_disable(given_login text, disable boolean, actor text, actor_name text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_account_json(account bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_account_json(account bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_account_password(account bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_account_password(account bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_account_permissions(account bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_account_permissions(account bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_account_set_password(account bigint, new_hash text, must_change boolean, expected text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_account_set_password(account bigint, new_hash text, must_change boolean, expected text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_broadcast(id uuid, reach text[], send_reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_broadcast(id uuid, reach text[], send_reach text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_broadcast_act(id uuid, action text, actor text, reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_broadcast_act(id uuid, action text, actor text, reach text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.uuid_v7() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.uuid_v7() TO barid_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.broadcast TO barid_worker;
GRANT SELECT ON TABLE barid.broadcast TO barid_operator;
GRANT SELECT ON TABLE barid.broadcast TO barid_readonly;
REVOKE ALL ON FUNCTION barid.admin_broadcast_item(b barid.broadcast, send_reach text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_broadcast_preview(id uuid, reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_broadcast_preview(id uuid, reach text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_broadcasts(state text, category text, reach text[], send_reach text[], before uuid, size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_broadcasts(state text, category text, reach text[], send_reach text[], before uuid, size integer) TO barid_admin;
GRANT SELECT ON TABLE barid.admin_bulk TO barid_admin;
GRANT SELECT ON TABLE barid.admin_bulk TO barid_worker;
REVOKE ALL ON FUNCTION barid.admin_bulk_act(bulk barid.admin_bulk, ids bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_bulk_cancel(bulk_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_bulk_cancel(bulk_id bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_bulk_fail(bulk_id bigint, problem text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_bulk_fail(bulk_id bigint, problem text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.admin_bulk_filter(action text, filter jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_bulk_preview(action text, filter jsonb, queues text[], data boolean, upper bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_bulk_preview(action text, filter jsonb, queues text[], data boolean, upper bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_bulk_prune(batch integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_bulk_start(action text, filter jsonb, queues text[], expected bigint, upper bigint, per_second numeric, actor text, actor_name text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_bulk_start(action text, filter jsonb, queues text[], expected bigint, upper bigint, per_second numeric, actor text, actor_name text, reason text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_bulk_step(bulk_id bigint, page integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_bulk_step(bulk_id bigint, page integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.admin_bulk_view(bulk_id bigint, reach text[], data boolean, may_stop boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_bulk_view(bulk_id bigint, reach text[], data boolean, may_stop boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_bulk_why(bulk barid.admin_bulk, id bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_capped(n numeric, capped boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_capped(n numeric, capped boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_categories(reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_categories(reach text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_check_filter(filter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_check_filter(filter jsonb) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_count_admins() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_count_admins() TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_count_notifications(filter jsonb, reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_count_notifications(filter jsonb, reach text[]) TO barid_admin;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.delivery TO barid_worker;
GRANT SELECT ON TABLE barid.delivery TO barid_operator;
GRANT SELECT ON TABLE barid.delivery TO barid_readonly;
REVOKE ALL ON FUNCTION barid.admin_delivery(d barid.delivery, unmasked boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_error_class(error text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_explain(user_id text, category text, channels text[], reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_explain(user_id text, category text, channels text[], reach text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_explain_notification(id uuid, reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_explain_notification(id uuid, reach text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_find_jobs(filter jsonb, queues text[], before bigint, max integer, budget interval, ended_before timestamp with time zone, OUT ids bigint[], OUT reached bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_find_jobs(filter jsonb, queues text[], before bigint, max integer, budget interval, ended_before timestamp with time zone, OUT ids bigint[], OUT reached bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_find_notifications(filter jsonb, reach text[], before text, size integer, depth integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_flow(job_id bigint, queues text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_id_at(moment timestamp with time zone, low bigint, high bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_in(queue text, queues text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_in(queue text, queues text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_job(job_id bigint, data boolean, retry text[], cancel text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_job(job_id bigint, data boolean, retry text[], cancel text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_job_detail(job_id bigint, queues text[], data boolean, retry text[], cancel text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_job_detail(job_id bigint, queues text[], data boolean, retry text[], cancel text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_kinds(queues text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_kinds(queues text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_last_attempt(d barid.delivery, unmasked boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_lock_schedule(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_lock_schedule(name text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_lock_template(key text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_lock_template(key text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_made_at(from_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_made_at(from_id bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_mask(value jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_mask(value jsonb) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_mask_value(value jsonb, depth integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_mask_value(value jsonb, depth integer) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_minutes(minutes timestamp with time zone[], budget interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_minutes(minutes timestamp with time zone[], budget interval) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_notification(id uuid, reach text[], resend_reach text[], unmasked boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_notification(id uuid, reach text[], resend_reach text[], unmasked boolean) TO barid_admin;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.notification TO barid_worker;
GRANT SELECT ON TABLE barid.notification TO barid_operator;
GRANT SELECT ON TABLE barid.notification TO barid_readonly;
REVOKE ALL ON FUNCTION barid.admin_notification_item(n barid.notification, unmasked boolean, resend_reach text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_notifications(filter jsonb, reach text[], resend_reach text[], unmasked boolean, before text, size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_notifications(filter jsonb, reach text[], resend_reach text[], unmasked boolean, before text, size integer) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_notify_data(value jsonb, unmasked boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_notify_seconds(length interval) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_notify_text(value text, unmasked boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_outcome(notification_id uuid, channels text[], OUT status text, OUT counts jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_overview(queues text[], data boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_overview(queues text[], data boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_overview(queues text[], data boolean, overtaken jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_overview(queues text[], data boolean, overtaken jsonb) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_payment_checks(order_id text, shown boolean, before_id bigint, max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_payment_checks(order_id text, shown boolean, before_id bigint, max integer) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_permissions_ok(permissions jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_permissions_ok(permissions jsonb) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_queue_settings(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_queue_settings(name text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_queues(only_name text, queues text[], manage text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_queues(only_name text, queues text[], manage text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_reaches_category(category text, reach text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_reject_review(id bigint, version text, reason text, actor text, OUT outcome text, OUT state text, OUT before jsonb, OUT after jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_reject_review(id bigint, version text, reason text, actor text, OUT outcome text, OUT state text, OUT before jsonb, OUT after jsonb) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_remove_device(user_id text, device_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_remove_device(user_id text, device_id bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_resend(id bigint, reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_resend(id bigint, reach text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_resend_filter(filter jsonb, reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_resend_filter(filter jsonb, reach text[]) TO barid_admin;
GRANT SELECT ON TABLE barid.resend TO barid_worker;
GRANT SELECT ON TABLE barid.resend TO barid_operator;
GRANT SELECT ON TABLE barid.resend TO barid_readonly;
REVOKE ALL ON FUNCTION barid.admin_resend_item(r barid.resend, counted boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_resend_outcomes(id bigint, reach text[], outcome text, after_part integer, after_id bigint, size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_resend_outcomes(id bigint, reach text[], outcome text, after_part integer, after_id bigint, size integer) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_resend_preview(mode text, filter jsonb, include_accepted boolean, override boolean, unmasked boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_resend_preview(mode text, filter jsonb, include_accepted boolean, override boolean, unmasked boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_resend_progress(resend_id bigint, deliveries bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_resend_reached(filter jsonb, reach text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_resends(reach text[], before bigint, size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_resends(reach text[], before bigint, size integer) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_role_permissions(roles text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_role_permissions(roles text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_schedule(name text, queues text[], manage text[], data boolean, whole boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_schedule(name text, queues text[], manage text[], data boolean, whole boolean) TO barid_admin;
GRANT SELECT ON TABLE barid.schedule TO barid_worker;
GRANT SELECT ON TABLE barid.schedule TO barid_operator;
GRANT SELECT ON TABLE barid.schedule TO barid_readonly;
GRANT SELECT ON TABLE barid.schedule TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_schedule_definition(s barid.schedule) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_schedule_definition(s barid.schedule) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_send_again(request_key text, reason text, mode text, filter jsonb, override boolean, content text, include_accepted boolean, actor text, expected bigint, unmasked boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_send_again(request_key text, reason text, mode text, filter jsonb, override boolean, content text, include_accepted boolean, actor text, expected bigint, unmasked boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_session_principal(session_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_session_principal(session_hash bytea) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_set_preferences(id text, choices jsonb, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_set_preferences(id text, choices jsonb, actor text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_sign_in_begin(given_login text, from_address text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_sign_in_begin(given_login text, from_address text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_sign_in_finish(account bigint, checked_hash text, better_hash text, from_address text, session_hash bytea, replaced_session bytea, idle interval, lifetime interval, client text, user_agent text, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_sign_in_finish(account bigint, checked_hash text, better_hash text, from_address text, session_hash bytea, replaced_session bytea, idle interval, lifetime interval, client text, user_agent text, request_id text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_sign_out(session_hash bytea, everywhere boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_sign_out(session_hash bytea, everywhere boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_suppressions(after text, size integer, unmasked boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_suppressions(after text, size integer, unmasked boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_template(key text, version integer, may_edit boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_template(key text, version integer, may_edit boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_template_item(key text, version integer, may_edit boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_template_source(key text, version integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_template_source(key text, version integer) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_template_versions(key text, before integer, size integer, may_edit boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_template_versions(key text, before integer, size integer, may_edit boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_templates(search text, after text, size integer, may_edit boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_templates(search text, after text, size integer, may_edit boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_text(value text, shown boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_text(value text, shown boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_time(instant timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_time(instant timestamp with time zone) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_timeline(tag text, queues text[], categories text[], with_media boolean, with_translations boolean, with_audit boolean, shown boolean, before_at timestamp with time zone, before_key text, max integer, with_payments boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_timeline(tag text, queues text[], categories text[], with_media boolean, with_translations boolean, with_audit boolean, shown boolean, before_at timestamp with time zone, before_key text, max integer, with_payments boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_token_create(token_hash bytea, prefix text, name text, account bigint, permissions jsonb, expires_at timestamp with time zone, created_by text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_token_create(token_hash bytea, prefix text, name text, account bigint, permissions jsonb, expires_at timestamp with time zone, created_by text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_token_json(token bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_token_json(token bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_token_principal(token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_token_principal(token_hash bytea) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_user(id text, unmasked boolean, manages boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_user(id text, unmasked boolean, manages boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_users(search text, after text, size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_users(search text, after text, size integer) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admin_why_not(n barid.notification, d barid.delivery, unmasked boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.admin_workers(reach text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.admin_workers(reach text[]) TO barid_admin;
REVOKE ALL ON FUNCTION barid.admit() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.allow_function(signature text, timeout interval, lock_timeout interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.allow_function(signature text, timeout interval, lock_timeout interval) TO barid_operator;
REVOKE ALL ON FUNCTION barid.append_error(errors jsonb, attempt integer, error text, worker text, started timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.append_error(errors jsonb, attempt integer, error text, worker text, started timestamp with time zone) TO barid_worker;
REVOKE ALL ON FUNCTION barid.approve_translation(review_id bigint, text text, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.approve_translation(review_id bigint, text text, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.approve_translation(review_id bigint, text text, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.attach_triggers(relation regclass, note text, truncates boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.attach_triggers(relation regclass, note text, truncates boolean) TO barid_producer;
GRANT ALL ON FUNCTION barid.attach_triggers(relation regclass, note text, truncates boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.attached_name(relation regclass, part text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.attached_name(relation regclass, part text) TO barid_producer;
GRANT ALL ON FUNCTION barid.attached_name(relation regclass, part text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.attempts(job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.attempts(job_id bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.attempts(job_id bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.attempts(job_id bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.audit(actor text, actor_name text, action text, target_kind text, target text, before jsonb, after jsonb, reason text, request_id text, client text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.audit(actor text, actor_name text, action text, target_kind text, target text, before jsonb, after jsonb, reason text, request_id text, client text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.audit_is_append_only() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.audit_value(value jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.audit_value(value jsonb) TO barid_admin;
REVOKE ALL ON FUNCTION barid.auto_translate(relation regclass, id text, columns text[], source text, source_column text, entity_type text, formats jsonb, write_back text, targets jsonb, translations jsonb, queue text, delay interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.auto_translate(relation regclass, id text, columns text[], source text, source_column text, entity_type text, formats jsonb, write_back text, targets jsonb, translations jsonb, queue text, delay interval) TO barid_producer;
GRANT ALL ON FUNCTION barid.auto_translate(relation regclass, id text, columns text[], source text, source_column text, entity_type text, formats jsonb, write_back text, targets jsonb, translations jsonb, queue text, delay interval) TO barid_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.job TO barid_worker;
GRANT SELECT(id) ON TABLE barid.job TO barid_producer;
GRANT INSERT(run_at) ON TABLE barid.job TO barid_producer;
GRANT INSERT(priority) ON TABLE barid.job TO barid_producer;
GRANT INSERT(max_attempts) ON TABLE barid.job TO barid_producer;
GRANT INSERT(queue) ON TABLE barid.job TO barid_producer;
GRANT INSERT(kind) ON TABLE barid.job TO barid_producer;
GRANT INSERT(payload) ON TABLE barid.job TO barid_producer;
GRANT INSERT(unique_key) ON TABLE barid.job TO barid_producer;
GRANT INSERT(ordering_key) ON TABLE barid.job TO barid_producer;
GRANT INSERT(request_id) ON TABLE barid.job TO barid_producer;
GRANT INSERT(traceparent) ON TABLE barid.job TO barid_producer;
GRANT INSERT(tags) ON TABLE barid.job TO barid_producer;
GRANT INSERT(unique_while) ON TABLE barid.job TO barid_producer;
GRANT INSERT(on_conflict) ON TABLE barid.job TO barid_producer;
GRANT INSERT(throttle) ON TABLE barid.job TO barid_producer;
GRANT INSERT(debounce) ON TABLE barid.job TO barid_producer;
GRANT INSERT(limit_key) ON TABLE barid.job TO barid_producer;
GRANT INSERT(after) ON TABLE barid.job TO barid_producer;
GRANT INSERT(on_parent_failure) ON TABLE barid.job TO barid_producer;
GRANT INSERT(batch_id) ON TABLE barid.job TO barid_producer;
GRANT SELECT ON TABLE barid.translation_backfills TO barid_producer;
GRANT SELECT ON TABLE barid.translation_backfills TO barid_worker;
GRANT SELECT ON TABLE barid.translation_backfills TO barid_operator;
GRANT SELECT ON TABLE barid.translation_backfills TO barid_readonly;
REVOKE ALL ON FUNCTION barid.backfill_item(b barid.translation_backfills, may_review boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.backfill_item(b barid.translation_backfills, may_review boolean) TO barid_admin;
GRANT SELECT(entity_type) ON TABLE barid.auto_translation TO barid_shop;
GRANT SELECT(rows_function) ON TABLE barid.auto_translation TO barid_shop;
GRANT SELECT(write_function) ON TABLE barid.auto_translation TO barid_shop;
REVOKE ALL ON FUNCTION barid.backfill_page(attached barid.auto_translation, after text, size integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.begin_wave(job_id bigint, lease_token text, lanes text[], counts integer[], afters bigint[], lowest bigint, worker text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.begin_wave(job_id bigint, lease_token text, lanes text[], counts integer[], afters bigint[], lowest bigint, worker text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.broadcast(category text, template text, vars jsonb, title jsonb, body jsonb, data jsonb, image text, options jsonb, channels text[], segment text, users text[], personal boolean, ttl interval, start_at timestamp with time zone, queue text, dedupe_key text, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast(category text, template text, vars jsonb, title jsonb, body jsonb, data jsonb, image text, options jsonb, channels text[], segment text, users text[], personal boolean, ttl interval, start_at timestamp with time zone, queue text, dedupe_key text, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.broadcast_audience(broadcast_id uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.broadcast_cancel(id uuid, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast_cancel(id uuid, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.broadcast_collect(id uuid, job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast_collect(id uuid, job_id bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.broadcast_fail(id uuid, problem text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast_fail(id uuid, problem text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.broadcast_pause(id uuid, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast_pause(id uuid, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.broadcast_preview(id uuid, quota_per_minute integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast_preview(id uuid, quota_per_minute integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.broadcast_progress(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast_progress(id uuid) TO barid_operator;
GRANT ALL ON FUNCTION barid.broadcast_progress(id uuid) TO barid_worker;
GRANT ALL ON FUNCTION barid.broadcast_progress(id uuid) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.broadcast_resume(id uuid, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast_resume(id uuid, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.broadcast_start(id uuid, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast_start(id uuid, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.broadcast_step(id uuid, job_id bigint, size integer, ahead integer, OUT next text, OUT made integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.broadcast_step(id uuid, job_id bigint, size integer, ahead integer, OUT next text, OUT made integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.bulk(action text, filter jsonb, arguments jsonb, max integer, preview boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.bulk(action text, filter jsonb, arguments jsonb, max integer, preview boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.bulk_states(action text, filter jsonb, arguments jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cancel(id bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.cancel(id bigint, reason text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.cancel_jobs(ids bigint[], reason text, patient boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_callback(name text, definition jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_channels(channels text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_data(data jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_email(email text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.check_email(email text) TO barid_producer;
GRANT ALL ON FUNCTION barid.check_email(email text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.check_filter(filter jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_keys(what text, given jsonb, known text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_locale(locale text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_max(max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_options(options jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_pause(pause interval) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_priority(priority integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_resend_filter(filter jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_schema(variables jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_segment(segment text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_start(run_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_template_locale(locale text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_texts(texts jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_translations_table(relation regclass, id text, translations jsonb, columns text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.check_translations_table(relation regclass, id text, translations jsonb, columns text[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.check_translations_table(relation regclass, id text, translations jsonb, columns text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.check_tz(tz text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_uses(uses jsonb, schema jsonb, place text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_vars(template text, version integer, vars jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.check_vars(template text, version integer, vars jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.check_vars(template text, version integer, vars jsonb) TO barid_operator;
GRANT ALL ON FUNCTION barid.check_vars(template text, version integer, vars jsonb) TO barid_worker;
REVOKE ALL ON FUNCTION barid.check_zone(tz text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.choose_locale(wanted text, available text[], fallback text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.choose_locale(wanted text, available text[], fallback text) TO barid_worker;
GRANT ALL ON FUNCTION barid.choose_locale(wanted text, available text[], fallback text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.claim_keyed(worker bigint, worker_epoch integer, claim uuid, ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.claim_keyed(worker bigint, worker_epoch integer, claim uuid, ids bigint[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.claim_limited(worker bigint, worker_epoch integer, claim uuid, of_queue text, demand integer, running_here integer, priorities smallint[], run_ats timestamp with time zone[], after_ids bigint[], after_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.claim_limited(worker bigint, worker_epoch integer, claim uuid, of_queue text, demand integer, running_here integer, priorities smallint[], run_ats timestamp with time zone[], after_ids bigint[], after_key text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.claim_worker(claim uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.claim_worker(claim uuid) TO barid_worker;
GRANT ALL ON FUNCTION barid.claim_worker(claim uuid) TO barid_operator;
REVOKE ALL ON FUNCTION barid.clean_term(what text, value text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.clean_terms(what text, listed text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.clear_job_rows(ids bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.close_batch(batch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.close_batch(batch bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.close_batch(batch bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.close_batch(batch bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.close_digest(digest_id bigint, job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.close_digest(digest_id bigint, job_id bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.close_epoch(worker bigint, old_epoch integer, known uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.close_epoch(worker bigint, old_epoch integer, known uuid[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.collect(notification_id uuid, user_id text, category text, channel text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.collect(notification_id uuid, user_id text, category text, channel text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.column_of(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.column_of(name text) TO barid_producer;
GRANT ALL ON FUNCTION barid.column_of(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.conclude_run(job_id bigint, lease_token text, OUT in_charge boolean, OUT accepted integer, OUT failed integer, OUT rejected integer, OUT unknown integer, OUT suppressed integer, OUT deferred integer, OUT due integer, OUT next_at timestamp with time zone, OUT lane_pause interval, OUT paused boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.conclude_run(job_id bigint, lease_token text, OUT in_charge boolean, OUT accepted integer, OUT failed integer, OUT rejected integer, OUT unknown integer, OUT suppressed integer, OUT deferred integer, OUT due integer, OUT next_at timestamp with time zone, OUT lane_pause interval, OUT paused boolean) TO barid_worker;
REVOKE ALL ON FUNCTION barid.create_notification(user_id text, category text, dedupe_key text, INOUT job_id bigint, template text, template_version integer, vars jsonb, texts jsonb, data jsonb, image text, options jsonb, channels text[], not_before timestamp with time zone, expires_at timestamp with time zone, broadcast_id uuid, digest_id bigint, ttl interval, default_locale text, OUT id uuid, OUT created boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.create_notification(user_id text, category text, dedupe_key text, INOUT job_id bigint, template text, template_version integer, vars jsonb, texts jsonb, data jsonb, image text, options jsonb, channels text[], not_before timestamp with time zone, expires_at timestamp with time zone, broadcast_id uuid, digest_id bigint, ttl interval, default_locale text, OUT id uuid, OUT created boolean) TO barid_worker;
REVOKE ALL ON FUNCTION barid.cron_bits(bits integer[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_every(length text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_field(field text, value text, low integer, high integer, names text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_latest(c barid.cron, tz text, first timestamp with time zone, until timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_local(c barid.cron, start timestamp without time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_next(c barid.cron, tz text, after timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_parse(expr text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_value(field text, value text, low integer, high integer, names text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.currency_exponent(currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.currency_exponent(currency text) TO barid_producer;
GRANT ALL ON FUNCTION barid.currency_exponent(currency text) TO barid_worker;
GRANT ALL ON FUNCTION barid.currency_exponent(currency text) TO barid_operator;
GRANT ALL ON FUNCTION barid.currency_exponent(currency text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.decide(at timestamp with time zone, expires_at timestamp with time zone, critical boolean, channel text, pref_category_channel boolean, pref_category boolean, pref_channel boolean, pref_global boolean, default_enabled boolean, digest boolean, quiet_policy text, quiet_until timestamp with time zone, throttled boolean, jitter double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.decide(at timestamp with time zone, expires_at timestamp with time zone, critical boolean, channel text, pref_category_channel boolean, pref_category boolean, pref_channel boolean, pref_global boolean, default_enabled boolean, digest boolean, quiet_policy text, quiet_until timestamp with time zone, throttled boolean, jitter double precision) TO barid_worker;
GRANT ALL ON FUNCTION barid.decide(at timestamp with time zone, expires_at timestamp with time zone, critical boolean, channel text, pref_category_channel boolean, pref_category boolean, pref_channel boolean, pref_global boolean, default_enabled boolean, digest boolean, quiet_policy text, quiet_until timestamp with time zone, throttled boolean, jitter double precision) TO barid_operator;
REVOKE ALL ON FUNCTION barid.decide_again(job_id bigint, override boolean, at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.decide_for(user_id text, category text, channel text, at timestamp with time zone, expires_at timestamp with time zone, digest boolean, throttle boolean, override boolean, jitter double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.decide_for(user_id text, category text, channel text, at timestamp with time zone, expires_at timestamp with time zone, digest boolean, throttle boolean, override boolean, jitter double precision) TO barid_worker;
GRANT ALL ON FUNCTION barid.decide_for(user_id text, category text, channel text, at timestamp with time zone, expires_at timestamp with time zone, digest boolean, throttle boolean, override boolean, jitter double precision) TO barid_operator;
REVOKE ALL ON FUNCTION barid.default_locale() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.default_locale() TO barid_worker;
REVOKE ALL ON FUNCTION barid.delivery_report(user_id text, notification_id uuid, broadcast_id uuid, page_size integer, before uuid, after_user text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.delivery_report(user_id text, notification_id uuid, broadcast_id uuid, page_size integer, before uuid, after_user text) TO barid_producer;
GRANT ALL ON FUNCTION barid.delivery_report(user_id text, notification_id uuid, broadcast_id uuid, page_size integer, before uuid, after_user text) TO barid_operator;
GRANT ALL ON FUNCTION barid.delivery_report(user_id text, notification_id uuid, broadcast_id uuid, page_size integer, before uuid, after_user text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.dev_invoice(gateway text, reference text, amount_minor bigint, currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.dev_invoice(gateway text, reference text, amount_minor bigint, currency text) TO barid_producer;
REVOKE ALL ON FUNCTION barid.dev_pay(invoice_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.dev_pay(invoice_id text) TO barid_producer;
REVOKE ALL ON FUNCTION barid.device_is_stale(last_registered_at timestamp with time zone, last_ok_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.device_is_stale(last_registered_at timestamp with time zone, last_ok_at timestamp with time zone) TO barid_worker;
GRANT ALL ON FUNCTION barid.device_is_stale(last_registered_at timestamp with time zone, last_ok_at timestamp with time zone) TO barid_operator;
REVOKE ALL ON FUNCTION barid.disallow_function(signature text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.disallow_function(signature text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.drive_backfill(id bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.drop_auto_translation(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.drop_auto_translation(relation regclass) TO barid_producer;
GRANT ALL ON FUNCTION barid.drop_auto_translation(relation regclass) TO barid_operator;
REVOKE ALL ON FUNCTION barid.drop_checkpoints(ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.drop_checkpoints(ids bigint[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.drop_unreachable(job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.drop_unreachable(job_id bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.enable_similar_translations() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.end_waiting(ids bigint[], reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.end_waiting(ids bigint[], reason text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.enqueue(kind text, payload jsonb, queue text, priority integer, run_at timestamp with time zone, delay interval, max_attempts integer, unique_key text, ordering_key text, request_id text, traceparent text, tags text[], unique_while text, on_conflict text, throttle interval, debounce interval, limit_key text, after bigint[], on_parent_failure text, batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.enqueue(kind text, payload jsonb, queue text, priority integer, run_at timestamp with time zone, delay interval, max_attempts integer, unique_key text, ordering_key text, request_id text, traceparent text, tags text[], unique_while text, on_conflict text, throttle interval, debounce interval, limit_key text, after bigint[], on_parent_failure text, batch_id bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.enqueue(kind text, payload jsonb, queue text, priority integer, run_at timestamp with time zone, delay interval, max_attempts integer, unique_key text, ordering_key text, request_id text, traceparent text, tags text[], unique_while text, on_conflict text, throttle interval, debounce interval, limit_key text, after bigint[], on_parent_failure text, batch_id bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.enqueue(kind text, payload jsonb, queue text, priority integer, run_at timestamp with time zone, delay interval, max_attempts integer, unique_key text, ordering_key text, request_id text, traceparent text, tags text[], unique_while text, on_conflict text, throttle interval, debounce interval, limit_key text, after bigint[], on_parent_failure text, batch_id bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.enqueue_batch(jobs jsonb, name text, on_success jsonb, on_failure jsonb, on_finished jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.enqueue_batch(jobs jsonb, name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.enqueue_batch(jobs jsonb, name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_worker;
GRANT ALL ON FUNCTION barid.enqueue_batch(jobs jsonb, name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.enqueue_many(jobs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.enqueue_many(jobs jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.enqueue_many(jobs jsonb) TO barid_worker;
GRANT ALL ON FUNCTION barid.enqueue_many(jobs jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.enqueue_translations(entity_type text, ids text[], queue text, delay interval) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.ensure_history(ahead integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.ensure_history(ahead integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.ensure_ledger(ahead integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.ensure_ledger(ahead integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.entity_translations(entity_type text, entity_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.entity_translations(entity_type text, entity_id text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.expand_run(job_id bigint, max_devices integer, at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.explain_notification(user_id text, category text, channel text, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.explain_notification(user_id text, category text, channel text, at timestamp with time zone) TO barid_producer;
GRANT ALL ON FUNCTION barid.explain_notification(user_id text, category text, channel text, at timestamp with time zone) TO barid_operator;
GRANT ALL ON FUNCTION barid.explain_notification(user_id text, category text, channel text, at timestamp with time zone) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.field_values(fields jsonb, source_column text, id text, translations jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.field_values(fields jsonb, source_column text, id text, translations jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.field_values(fields jsonb, source_column text, id text, translations jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.find_attached(name text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.find_broadcast(id uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.find_finished(filter jsonb, states text[], max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.find_live(filter jsonb, states text[], max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.finish_batch(batch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.finish_batch(batch bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.finish_broadcast(id uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.finish_wave(notification_ids uuid[], delivery_ids bigint[], attempt_nos integer[], classes text[], states text[], reasons text[], http_statuses integer[], retry_afters integer[], provider_ids text[], latencies integer[], errors text[], device_ids bigint[], registrations timestamp with time zone[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.finish_wave(notification_ids uuid[], delivery_ids bigint[], attempt_nos integer[], classes text[], states text[], reasons text[], http_statuses integer[], retry_afters integer[], provider_ids text[], latencies integer[], errors text[], device_ids bigint[], registrations timestamp with time zone[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.fire_due(s barid.schedule, clock timestamp with time zone, room integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.fire_once(s barid.schedule, fire timestamp with time zone, is_manual boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.fire_schedules(max_jobs integer, OUT added integer, OUT refused integer, OUT next_ms bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.fire_schedules(max_jobs integer, OUT added integer, OUT refused integer, OUT next_ms bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.forget(tag text, max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.forget(tag text, max integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.forget_rows(entity_type text, ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.forget_rows(entity_type text, ids text[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.forget_rows(entity_type text, ids text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.forget_step(only_tags text[], max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.forget_terms() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.forget_user(user_id text, max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.forget_user(user_id text, max integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.free_children(parents bigint[], states text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.free_children(parents bigint[], states text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.free_key(key text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.free_key(key text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.free_kinds(only_kind text, max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.function_name(signature text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.function_name(signature text) TO barid_worker;
GRANT ALL ON FUNCTION barid.function_name(signature text) TO barid_operator;
GRANT ALL ON FUNCTION barid.function_name(signature text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.function_problem(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.function_problem(name text) TO barid_worker;
GRANT ALL ON FUNCTION barid.function_problem(name text) TO barid_operator;
GRANT ALL ON FUNCTION barid.function_problem(name text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.give_up_run(job_id bigint, lease_token text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.give_up_run(job_id bigint, lease_token text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.give_up_stranded(batch integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.hand_over(owner oid, VARIADIC functions text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.hand_over(owner oid, VARIADIC functions text[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.hand_over(owner oid, VARIADIC functions text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.hide_errors(errors jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.history_needed(lower_id bigint, upper_id bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.history_step_done(partition text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.history_step_done(partition text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.history_to_drop() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.history_to_drop() TO barid_worker;
REVOKE ALL ON FUNCTION barid.hold_around(ids bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.hold_jobs(ids bigint[], patient boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.in_trace(traceparent text, value anyelement) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.in_trace(traceparent text, value anyelement) TO barid_worker;
REVOKE ALL ON FUNCTION barid.inbox(user_id text, page_size integer, before_at timestamp with time zone, before_id uuid, filter text, only_category text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.inbox(user_id text, page_size integer, before_at timestamp with time zone, before_id uuid, filter text, only_category text) TO barid_producer;
GRANT ALL ON FUNCTION barid.inbox(user_id text, page_size integer, before_at timestamp with time zone, before_id uuid, filter text, only_category text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.inbox_counts(user_id text, cap integer, OUT unread bigint, OUT unseen bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.inbox_counts(user_id text, cap integer, OUT unread bigint, OUT unseen bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.inbox_counts(user_id text, cap integer, OUT unread bigint, OUT unseen bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.inbox_pick(user_id text, ids uuid[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.install_order_notices() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.install_order_notices() TO barid_operator;
REVOKE ALL ON FUNCTION barid.install_projections(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.install_projections(queue text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.install_shop(payments boolean, streams text[], queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.install_shop(payments boolean, streams text[], queue text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.is_blank(value text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.is_blank(value text) TO barid_producer;
GRANT ALL ON FUNCTION barid.is_blank(value text) TO barid_worker;
GRANT ALL ON FUNCTION barid.is_blank(value text) TO barid_operator;
GRANT ALL ON FUNCTION barid.is_blank(value text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.is_decimal(value jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.is_instant(value jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.is_rtl(locale text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.isolate(value text, locale text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.job_report(job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.job_report(job_id bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.job_report(job_id bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.job_report(job_id bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.join_trace() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.join_trace_later() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.judge_rows(attached barid.auto_translation, ids text[], fields text[], langs text[], en text[], ar text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.keep_events() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.keep_resend() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.kind_status(period interval, max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.kind_status(period interval, max integer) TO barid_worker;
GRANT ALL ON FUNCTION barid.kind_status(period interval, max integer) TO barid_operator;
GRANT ALL ON FUNCTION barid.kind_status(period interval, max integer) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.known_style(kind text, style text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.lane_keys(of_queue text, after_key text, wanted integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.lane_keys(of_queue text, after_key text, wanted integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.learn_translations(entity_type text, entity_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.learn_translations(entity_type text, entity_id text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.lease_lane(project text, class text, want integer, quota_per_minute integer, ramp interval, OUT granted integer, OUT wait interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.lease_lane(project text, class text, want integer, quota_per_minute integer, ramp interval, OUT granted integer, OUT wait interval) TO barid_worker;
REVOKE ALL ON FUNCTION barid.least_push_bytes(title text, body text, data jsonb, image text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.ledger_begins() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.ledger_begins() TO barid_worker;
GRANT ALL ON FUNCTION barid.ledger_begins() TO barid_operator;
REVOKE ALL ON FUNCTION barid.ledger_needed(lower_at timestamp with time zone, upper_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.ledger_step_done(partition text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.ledger_step_done(partition text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.ledger_suffix(lower_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.ledger_to_drop() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.ledger_to_drop() TO barid_worker;
REVOKE ALL ON FUNCTION barid.limited_queues(queues text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.limited_queues(queues text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.lineage(id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.lineage(id bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.lineage(id bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.local_instant(tz text, local timestamp without time zone, late boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.local_instant(tz text, local timestamp without time zone, late boolean) TO barid_worker;
GRANT ALL ON FUNCTION barid.local_instant(tz text, local timestamp without time zone, late boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.locale_chain(wanted text, fallback text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.locale_chain(wanted text, fallback text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.log_worker() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.longest_retention() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.lookup_key(value text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.lookup_key(value text) TO barid_producer;
GRANT ALL ON FUNCTION barid.lookup_key(value text) TO barid_worker;
GRANT ALL ON FUNCTION barid.lookup_key(value text) TO barid_operator;
GRANT ALL ON FUNCTION barid.lookup_key(value text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.mark_archived(user_id text, notification_ids uuid[], archived boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.mark_archived(user_id text, notification_ids uuid[], archived boolean) TO barid_producer;
GRANT ALL ON FUNCTION barid.mark_archived(user_id text, notification_ids uuid[], archived boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.mark_read(user_id text, notification_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.mark_read(user_id text, notification_ids uuid[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.mark_read(user_id text, notification_ids uuid[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.mark_seen(user_id text, notification_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.mark_seen(user_id text, notification_ids uuid[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.mark_seen(user_id text, notification_ids uuid[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.mark_snoozed(user_id text, notification_ids uuid[], until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.mark_snoozed(user_id text, notification_ids uuid[], until timestamp with time zone) TO barid_producer;
GRANT ALL ON FUNCTION barid.mark_snoozed(user_id text, notification_ids uuid[], until timestamp with time zone) TO barid_operator;
REVOKE ALL ON FUNCTION barid.mark_unread(user_id text, notification_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.mark_unread(user_id text, notification_ids uuid[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.mark_unread(user_id text, notification_ids uuid[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.may_hold(value jsonb, keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.may_hold(value jsonb, keys text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.media(entity text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media(entity text) TO barid_producer;
GRANT ALL ON FUNCTION barid.media(entity text) TO barid_worker;
GRANT ALL ON FUNCTION barid.media(entity text) TO barid_operator;
GRANT ALL ON FUNCTION barid.media(entity text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.media(entity text, slot text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media(entity text, slot text) TO barid_producer;
GRANT ALL ON FUNCTION barid.media(entity text, slot text) TO barid_worker;
GRANT ALL ON FUNCTION barid.media(entity text, slot text) TO barid_operator;
GRANT ALL ON FUNCTION barid.media(entity text, slot text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.media_abandon(set_id bigint, job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_abandon(set_id bigint, job_id bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.media_attach(set_id bigint, entity text, slot text, request jsonb, job_id bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.media_attached(set_id bigint, outcome text, slot text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.media_begin(source_hash text, recipe_hash text, store text, job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_begin(source_hash text, recipe_hash text, store text, job_id bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.media_collect(store text, grace interval, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_collect(store text, grace interval, batch integer) TO barid_worker;
GRANT ALL ON FUNCTION barid.media_collect(store text, grace interval, batch integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.media_complete(set_id bigint, variants jsonb, facts jsonb, entity text, slot text, request jsonb, job_id bigint, improve_queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_complete(set_id bigint, variants jsonb, facts jsonb, entity text, slot text, request jsonb, job_id bigint, improve_queue text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.media_conditions(entity text, prefix text, state text, recipe text, since timestamp with time zone, upto timestamp with time zone, after text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.media_count(entity text, prefix text, state text, recipe text, since timestamp with time zone, upto timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_count(entity text, prefix text, state text, recipe text, since timestamp with time zone, upto timestamp with time zone) TO barid_admin;
REVOKE ALL ON FUNCTION barid.media_discard(sets bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.media_document(id bigint, may_manage boolean, see_data boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_document(id bigint, may_manage boolean, see_data boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.media_entity_detached() FROM PUBLIC;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.media_variant TO barid_worker;
GRANT SELECT ON TABLE barid.media_variant TO barid_operator;
GRANT SELECT ON TABLE barid.media_variant TO barid_readonly;
REVOKE ALL ON FUNCTION barid.media_file(v barid.media_variant, private boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_file(v barid.media_variant, private boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.media_garbage_done(store text, removed text[], failed text[], error text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_garbage_done(store text, removed text[], failed text[], error text) TO barid_worker;
GRANT ALL ON FUNCTION barid.media_garbage_done(store text, removed text[], failed text[], error text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.media_garbage_take(store text, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_garbage_take(store text, batch integer) TO barid_worker;
GRANT ALL ON FUNCTION barid.media_garbage_take(store text, batch integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.media_improve(set_id bigint, variants jsonb, grace interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_improve(set_id bigint, variants jsonb, grace interval) TO barid_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.media_set TO barid_worker;
GRANT SELECT ON TABLE barid.media_set TO barid_operator;
GRANT SELECT ON TABLE barid.media_set TO barid_readonly;
REVOKE ALL ON FUNCTION barid.media_item(s barid.media_set, may_manage boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_item(s barid.media_set, may_manage boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.media_keep(set_id bigint, store text, keys text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.media_manifest(set_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_manifest(set_id bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.media_manifest(set_id bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.media_manifest(set_id bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.media_manifest(set_id bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.media_page(entity text, prefix text, state text, recipe text, since timestamp with time zone, upto timestamp with time zone, after text, size integer, may_manage boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_page(entity text, prefix text, state text, recipe text, since timestamp with time zone, upto timestamp with time zone, after text, size integer, may_manage boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.media_plan(set_id bigint, keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_plan(set_id bigint, keys text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.media_remove(entity text, slot text, set_id bigint, at_once boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_remove(entity text, slot text, set_id bigint, at_once boolean) TO barid_producer;
GRANT ALL ON FUNCTION barid.media_remove(entity text, slot text, set_id bigint, at_once boolean) TO barid_worker;
GRANT ALL ON FUNCTION barid.media_remove(entity text, slot text, set_id bigint, at_once boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.media_reprocess_preview(prefix text, recipe text, missing text, before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_reprocess_preview(prefix text, recipe text, missing text, before timestamp with time zone) TO barid_admin;
REVOKE ALL ON FUNCTION barid.media_reuse(source_hash text, recipe_hash text, store text, entity text, slot text, request jsonb, job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_reuse(source_hash text, recipe_hash text, store text, entity text, slot text, request jsonb, job_id bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.media_source(request jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_source(request jsonb) TO barid_admin;
REVOKE ALL ON FUNCTION barid.media_upkeep(store text, grace interval, queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_upkeep(store text, grace interval, queue text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.money(amount_minor bigint, currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.money(amount_minor bigint, currency text) TO barid_producer;
GRANT ALL ON FUNCTION barid.money(amount_minor bigint, currency text) TO barid_worker;
GRANT ALL ON FUNCTION barid.money(amount_minor bigint, currency text) TO barid_operator;
GRANT ALL ON FUNCTION barid.money(amount_minor bigint, currency text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.move_jobs(ids bigint[], action text, starts timestamp with time zone, pause interval, level integer, patient boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) TO barid_producer;
GRANT ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) TO barid_worker;
GRANT ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) TO barid_operator;
GRANT ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.normalize_locale(tag text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.normalize_locale(tag text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.note_body(entity_type text, id text, row_values text, watched text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.note_body(entity_type text, id text, row_values text, watched text[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.note_body(entity_type text, id text, row_values text, watched text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.note_entity(entity_type text, entity_id text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.note_other_body(entity_type text, relation text, id text, other_id text, row_values text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.note_other_body(entity_type text, relation text, id text, other_id text, row_values text) TO barid_producer;
GRANT ALL ON FUNCTION barid.note_other_body(entity_type text, relation text, id text, other_id text, row_values text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.note_rows(entity_type text, ids text[], fields text[], langs text[], en text[], ar text[], enqueue boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.note_rows(entity_type text, ids text[], fields text[], langs text[], en text[], ar text[], enqueue boolean) TO barid_producer;
GRANT ALL ON FUNCTION barid.note_rows(entity_type text, ids text[], fields text[], langs text[], en text[], ar text[], enqueue boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.note_term() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.notify(user_id text, category text, template text, vars jsonb, title jsonb, body jsonb, data jsonb, image text, options jsonb, channels text[], dedupe_key text, delay interval, run_at timestamp with time zone, expires_at timestamp with time zone, ttl interval, template_version integer, queue text, priority integer, tags text[], request_id text, traceparent text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.notify(user_id text, category text, template text, vars jsonb, title jsonb, body jsonb, data jsonb, image text, options jsonb, channels text[], dedupe_key text, delay interval, run_at timestamp with time zone, expires_at timestamp with time zone, ttl interval, template_version integer, queue text, priority integer, tags text[], request_id text, traceparent text) TO barid_worker;
GRANT ALL ON FUNCTION barid.notify(user_id text, category text, template text, vars jsonb, title jsonb, body jsonb, data jsonb, image text, options jsonb, channels text[], dedupe_key text, delay interval, run_at timestamp with time zone, expires_at timestamp with time zone, ttl interval, template_version integer, queue text, priority integer, tags text[], request_id text, traceparent text) TO barid_producer;
GRANT ALL ON FUNCTION barid.notify(user_id text, category text, template text, vars jsonb, title jsonb, body jsonb, data jsonb, image text, options jsonb, channels text[], dedupe_key text, delay interval, run_at timestamp with time zone, expires_at timestamp with time zone, ttl interval, template_version integer, queue text, priority integer, tags text[], request_id text, traceparent text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.notify_floor(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.notify_floor(at timestamp with time zone) TO barid_worker;
REVOKE ALL ON FUNCTION barid.notify_upkeep(batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.notify_upkeep(batch integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_worker;
GRANT ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.translation TO barid_worker;
REVOKE ALL ON FUNCTION barid.open_review(t barid.translation, reason text, detail text, suggestion text, provider text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.order_notice(user_id text, notice text, order_id text, vars jsonb, dedupe text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.order_notice(user_id text, notice text, order_id text, vars jsonb, dedupe text) TO barid_producer;
REVOKE ALL ON FUNCTION barid.outbox_blocked(stream text, max_events integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_blocked(stream text, max_events integer) TO barid_worker;
GRANT ALL ON FUNCTION barid.outbox_blocked(stream text, max_events integer) TO barid_operator;
GRANT ALL ON FUNCTION barid.outbox_blocked(stream text, max_events integer) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.outbox_blocked_jobs(stream text, max_events integer) FROM PUBLIC;
GRANT SELECT ON TABLE barid.outbox_stream TO barid_worker;
GRANT SELECT ON TABLE barid.outbox_stream TO barid_operator;
GRANT SELECT ON TABLE barid.outbox_stream TO barid_readonly;
REVOKE ALL ON FUNCTION barid.outbox_claim_sql(wanted barid.outbox_stream, payload text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_column(source jsonb, part text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_configure(stream text, options jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_configure(stream text, options jsonb) TO barid_worker;
REVOKE ALL ON FUNCTION barid.outbox_done(wanted barid.outbox_stream, event_ids text[], last_type text, last_id text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_failed(wanted barid.outbox_stream, event barid.outbox_event, problem text, retry_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_find(stream text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_function(shop_schema text, function text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_ids(source jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_jobs_sql(wanted barid.outbox_stream, source text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_json(payload text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_json(payload json) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_json(payload jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_prune(stream text, older_than interval, max_events integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_prune(stream text, older_than interval, max_events integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.outbox_retry(stream text, event_id text, actor text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_retry(stream text, event_id text, actor text, reason text) TO barid_worker;
GRANT ALL ON FUNCTION barid.outbox_retry(stream text, event_id text, actor text, reason text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.outbox_settle(stream text, done text[], last_type text, last_id text, failed jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_settle(stream text, done text[], last_type text, last_id text, failed jsonb) TO barid_worker;
REVOKE ALL ON FUNCTION barid.outbox_singly(wanted barid.outbox_stream, max_events integer, after_type text, after_id text, OUT events integer, OUT blocked integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_skip(stream text, event_id text, actor text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_skip(stream text, event_id text, actor text, reason text) TO barid_worker;
GRANT ALL ON FUNCTION barid.outbox_skip(stream text, event_id text, actor text, reason text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.outbox_states() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_states() TO barid_worker;
GRANT ALL ON FUNCTION barid.outbox_states() TO barid_operator;
GRANT ALL ON FUNCTION barid.outbox_states() TO barid_readonly;
REVOKE ALL ON FUNCTION barid.outbox_step(stream text, max_events integer, OUT outcome text, OUT events integer, OUT blocked integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_step(stream text, max_events integer, OUT outcome text, OUT events integer, OUT blocked integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.outbox_table(source jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.outbox_take(stream text, max_events integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_take(stream text, max_events integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.outbox_turn(stream text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_turn(stream text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.outbox_waits(stream text, since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.outbox_waits(stream text, since timestamp with time zone) TO barid_worker;
REVOKE ALL ON FUNCTION barid.parent_outputs(job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.parent_outputs(job_id bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.parent_outputs(job_id bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.parent_outputs(job_id bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.pass_parents(child bigint, parents bigint[], policy text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.pass_parents(child bigint, parents bigint[], policy text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.pause(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.pause(queue text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.pause_kind(kind text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.pause_kind(kind text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.pause_schedule(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.pause_schedule(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.payment_again(order_id text, queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_again(order_id text, queue text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_answered(gateway text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_answered(gateway text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_clock() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_clock() TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_evidence(order_id text, cause text, verdict text, checked_at timestamp with time zone, attempts jsonb, job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_evidence(order_id text, cause text, verdict text, checked_at timestamp with time zone, attempts jsonb, job_id bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_gateways() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_gateways() TO barid_admin;
GRANT ALL ON FUNCTION barid.payment_gateways() TO barid_worker;
GRANT ALL ON FUNCTION barid.payment_gateways() TO barid_operator;
REVOKE ALL ON FUNCTION barid.payment_held() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_held() TO barid_admin;
GRANT ALL ON FUNCTION barid.payment_held() TO barid_worker;
GRANT ALL ON FUNCTION barid.payment_held() TO barid_operator;
REVOKE ALL ON FUNCTION barid.payment_hint(gateway text, about text, invoice_id text, queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_hint(gateway text, about text, invoice_id text, queue text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_lane(gateway text, want integer, per_minute integer, OUT granted integer, OUT wait interval, OUT paused_why text, OUT streak integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_lane(gateway text, want integer, per_minute integer, OUT granted integer, OUT wait interval, OUT paused_why text, OUT streak integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_missing_since(order_id text, attempt_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_missing_since(order_id text, attempt_id text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_pause(gateway text, why text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_pause(gateway text, why text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_rest(gateway text, wanted interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_rest(gateway text, wanted interval) TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_result(id bigint, result text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_result(id bigint, result text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.payment_resume(gateway text, actor text, OUT done boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_resume(gateway text, actor text, OUT done boolean) TO barid_admin;
GRANT ALL ON FUNCTION barid.payment_resume(gateway text, actor text, OUT done boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.payment_shown(attempts jsonb, shown boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_shown(attempts jsonb, shown boolean) TO barid_admin;
GRANT ALL ON FUNCTION barid.payment_shown(attempts jsonb, shown boolean) TO barid_worker;
GRANT ALL ON FUNCTION barid.payment_shown(attempts jsonb, shown boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.payment_subject(attempts jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.payment_swept(gateway text, unknown integer, refunds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.payment_swept(gateway text, unknown integer, refunds integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.plan_field(relation regclass, field text, source text, source_column text, format text, target jsonb, write_back text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.plan_field(relation regclass, field text, source text, source_column text, format text, target jsonb, write_back text) TO barid_producer;
GRANT ALL ON FUNCTION barid.plan_field(relation regclass, field text, source text, source_column text, format text, target jsonb, write_back text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.plural_classes(language text, ordinal boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.prepare_run(job_id bigint, lease_token text, max_devices integer, override boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.prepare_run(job_id bigint, lease_token text, max_devices integer, override boolean) TO barid_worker;
REVOKE ALL ON FUNCTION barid.present_traceparent() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.projection_ask(name text, kind text, payload jsonb, actor text, reason text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.projection_cancel(name text, actor text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_cancel(name text, actor text, reason text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.projection_document(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_document(name text) TO barid_admin;
GRANT ALL ON FUNCTION barid.projection_document(name text) TO barid_operator;
GRANT SELECT,UPDATE ON TABLE barid.projection TO barid_worker;
REVOKE ALL ON FUNCTION barid.projection_hold(name text, job_id bigint, claim uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_hold(name text, job_id bigint, claim uuid) TO barid_worker;
REVOKE ALL ON FUNCTION barid.projection_key(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_key(name text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.projection_leave_behind(name text, version integer, problem text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_leave_behind(name text, version integer, problem text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.projection_prune(name text, retention interval, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_prune(name text, retention interval, batch integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.projection_rebuild(name text, actor text, reason text, differs boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_rebuild(name text, actor text, reason text, differs boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.projection_rollback(name text, actor text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_rollback(name text, actor text, reason text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.projection_take(name text, events text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_take(name text, events text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.projection_versions(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.projection_versions(name text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.translation_today() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translation_today() TO barid_producer;
GRANT ALL ON FUNCTION barid.translation_today() TO barid_worker;
GRANT ALL ON FUNCTION barid.translation_today() TO barid_operator;
GRANT ALL ON FUNCTION barid.translation_today() TO barid_readonly;
GRANT SELECT ON TABLE barid.provider_state TO barid_operator;
GRANT SELECT ON TABLE barid.provider_state TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.provider_state TO barid_worker;
GRANT SELECT ON TABLE barid.translation_providers TO barid_worker;
GRANT SELECT ON TABLE barid.translation_providers TO barid_operator;
GRANT SELECT ON TABLE barid.translation_providers TO barid_readonly;
REVOKE ALL ON FUNCTION barid.provider_item(p barid.translation_providers, may_review boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.provider_item(p barid.translation_providers, may_review boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.prune_daily(batch integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.prune_history(batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.prune_history(batch integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.prune_ledger(batch integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.prune_notifications(batch integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.prune_payment_checks(keep interval, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.prune_payment_checks(keep interval, batch integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.prune_rest(batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.prune_rest(batch integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.prune_results(after bigint, batch integer, OUT next bigint, OUT pruned bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.prune_results(after bigint, batch integer, OUT next bigint, OUT pruned bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.prune_schedule_runs(keep interval, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.prune_schedule_runs(keep interval, batch integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.publish(topic text, payload jsonb, run_at timestamp with time zone, delay interval, ordering_key text, request_id text, traceparent text, tags text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.publish(topic text, payload jsonb, run_at timestamp with time zone, delay interval, ordering_key text, request_id text, traceparent text, tags text[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.publish(topic text, payload jsonb, run_at timestamp with time zone, delay interval, ordering_key text, request_id text, traceparent text, tags text[]) TO barid_worker;
GRANT ALL ON FUNCTION barid.publish(topic text, payload jsonb, run_at timestamp with time zone, delay interval, ordering_key text, request_id text, traceparent text, tags text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.publish_many(messages jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.publish_many(messages jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.publish_many(messages jsonb) TO barid_worker;
GRANT ALL ON FUNCTION barid.publish_many(messages jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.publish_translation(entity_type text, entity_id text, field text, lang text, source_hash bytea, text text, provider text, OUT written text, OUT write_error text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.publish_translation(entity_type text, entity_id text, field text, lang text, source_hash bytea, text text, provider text, OUT written text, OUT write_error text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.push_text_bytes() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.queue_depths(max integer, overtaken jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.queue_status(max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.queue_status(max integer) TO barid_worker;
GRANT ALL ON FUNCTION barid.queue_status(max integer) TO barid_operator;
GRANT ALL ON FUNCTION barid.queue_status(max integer) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.quiet_text(dow_mask integer, start_local time without time zone, end_local time without time zone) FROM PUBLIC;
GRANT SELECT ON TABLE barid.quiet_hours TO barid_worker;
GRANT SELECT ON TABLE barid.quiet_hours TO barid_operator;
GRANT SELECT ON TABLE barid.quiet_hours TO barid_readonly;
REVOKE ALL ON FUNCTION barid.quiet_until(tz text, at timestamp with time zone, windows barid.quiet_hours[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.quiet_until(tz text, at timestamp with time zone, windows barid.quiet_hours[]) TO barid_worker;
GRANT ALL ON FUNCTION barid.quiet_until(tz text, at timestamp with time zone, windows barid.quiet_hours[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.read_message(content text, place text, locale text, OUT min_bytes integer, OUT plain boolean, OUT uses jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.record_auto_translation(relation regclass, entity_type text, id_column text, fields jsonb, write_back text, translations jsonb, queue text, delay interval, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.record_auto_translation(relation regclass, entity_type text, id_column text, fields jsonb, write_back text, translations jsonb, queue text, delay interval, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.record_auto_translation(relation regclass, entity_type text, id_column text, fields jsonb, write_back text, translations jsonb, queue text, delay interval, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.record_bounce(address text, kind text, detail text, message_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.record_bounce(address text, kind text, detail text, message_id text) TO barid_producer;
GRANT ALL ON FUNCTION barid.record_bounce(address text, kind text, detail text, message_id text) TO barid_operator;
GRANT ALL ON FUNCTION barid.record_bounce(address text, kind text, detail text, message_id text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.record_report(message_id text, kind text, address text, detail text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.record_report(message_id text, kind text, address text, detail text) TO barid_producer;
GRANT ALL ON FUNCTION barid.record_report(message_id text, kind text, address text, detail text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.redact(payload jsonb, keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.redact(payload jsonb, keys text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.redact_value(value jsonb, keys text[], depth integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.redact_value(value jsonb, keys text[], depth integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.redrive(filter jsonb, max integer, per_second numeric, preview boolean, to_queue text, start timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.redrive(filter jsonb, max integer, per_second numeric, preview boolean, to_queue text, start timestamp with time zone) TO barid_operator;
REVOKE ALL ON FUNCTION barid.refilled(tokens double precision, refilled_at timestamp with time zone, rate integer, period interval, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.refilled(tokens double precision, refilled_at timestamp with time zone, rate integer, period interval, burst integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.refuse(problem text, remedy text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.refuse(problem text, remedy text) TO barid_producer;
GRANT ALL ON FUNCTION barid.refuse(problem text, remedy text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.refuse_text(place text, at integer, problem text, hint text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.register_device(user_id text, target text, platform text, project text, target_kind text, app_version text, locale text, tz text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.register_device(user_id text, target text, platform text, project text, target_kind text, app_version text, locale text, tz text) TO barid_producer;
GRANT ALL ON FUNCTION barid.register_device(user_id text, target text, platform text, project text, target_kind text, app_version text, locale text, tz text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.reject_translation(review_id bigint, reason text, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.reject_translation(review_id bigint, reason text, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.reject_translation(review_id bigint, reason text, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.release_session_locks(before text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.release_session_locks(before text[]) TO barid_segment;
REVOKE ALL ON FUNCTION barid.remove_term(term text, source_lang text, target_lang text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.remove_term(term text, source_lang text, target_lang text) TO barid_producer;
GRANT ALL ON FUNCTION barid.remove_term(term text, source_lang text, target_lang text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.render_message(content text, locale text, vars jsonb, schema jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.render_plain(template text, version integer, wanted_locale text, fallback text, vars jsonb, OUT locale text, OUT title text, OUT body text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.render_plain(template text, version integer, wanted_locale text, fallback text, vars jsonb, OUT locale text, OUT title text, OUT body text) TO barid_producer;
GRANT ALL ON FUNCTION barid.render_plain(template text, version integer, wanted_locale text, fallback text, vars jsonb, OUT locale text, OUT title text, OUT body text) TO barid_operator;
GRANT ALL ON FUNCTION barid.render_plain(template text, version integer, wanted_locale text, fallback text, vars jsonb, OUT locale text, OUT title text, OUT body text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.request_payment_check(order_id text, queue text, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.request_payment_check(order_id text, queue text, request_id text) TO barid_admin;
GRANT ALL ON FUNCTION barid.request_payment_check(order_id text, queue text, request_id text) TO barid_worker;
GRANT ALL ON FUNCTION barid.request_payment_check(order_id text, queue text, request_id text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.requeue_claim(claim uuid, job_ids bigint[], worker text, reason text, refund boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.requeue_claim(claim uuid, job_ids bigint[], worker text, reason text, refund boolean) TO barid_worker;
REVOKE ALL ON FUNCTION barid.reschedule(id bigint, run_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.reschedule(id bigint, run_at timestamp with time zone) TO barid_operator;
REVOKE ALL ON FUNCTION barid.rescue(worker bigint, seen bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.rescue(worker bigint, seen bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.resend(request_key text, reason text, mode text, filter jsonb, override boolean, content text, include_accepted boolean, actor text, queue text, priority integer, OUT id bigint, OUT created boolean, OUT notifications bigint, OUT deliveries bigint, OUT jobs bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resend(request_key text, reason text, mode text, filter jsonb, override boolean, content text, include_accepted boolean, actor text, queue text, priority integer, OUT id bigint, OUT created boolean, OUT notifications bigint, OUT deliveries bigint, OUT jobs bigint[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.resend(request_key text, reason text, mode text, filter jsonb, override boolean, content text, include_accepted boolean, actor text, queue text, priority integer, OUT id bigint, OUT created boolean, OUT notifications bigint, OUT deliveries bigint, OUT jobs bigint[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.resend_preview(mode text, filter jsonb, include_accepted boolean, OUT notifications bigint, OUT deliveries bigint, OUT users bigint, OUT was jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resend_preview(mode text, filter jsonb, include_accepted boolean, OUT notifications bigint, OUT deliveries bigint, OUT users bigint, OUT was jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.resend_preview(mode text, filter jsonb, include_accepted boolean, OUT notifications bigint, OUT deliveries bigint, OUT users bigint, OUT was jsonb) TO barid_operator;
GRANT ALL ON FUNCTION barid.resend_preview(mode text, filter jsonb, include_accepted boolean, OUT notifications bigint, OUT deliveries bigint, OUT users bigint, OUT was jsonb) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.resend_targets(mode text, filter jsonb, include_accepted boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.resends(page_size integer, before bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resends(page_size integer, before bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.resends(page_size integer, before bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.resends(page_size integer, before bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.restart_prune() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.resume(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resume(queue text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.resume_kind(kind text, max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resume_kind(kind text, max integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.resume_schedule(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resume_schedule(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.resume_translation_provider(provider text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resume_translation_provider(provider text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.retry(id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.retry(id bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.retry_jobs(ids bigint[], patient boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.review_document(id bigint, may_review boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.review_document(id bigint, may_review boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.review_item(r barid.translation_review, clip integer, may_review boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.review_item(r barid.translation_review, clip integer, may_review boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.review_page(state text, lang text, entity_type text, entity_id text, reason text, after bigint, newest_first boolean, size integer, may_review boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.review_page(state text, lang text, entity_type text, entity_id text, reason text, after bigint, newest_first boolean, size integer, may_review boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.review_version(source_hash bytea, state text, suggestion text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.review_version(source_hash bytea, state text, suggestion text, reason text) TO barid_admin;
REVOKE ALL ON FUNCTION barid.rows_body(relation text, id text, id_type text, row_values text, strength text, translations jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.rows_body(relation text, id text, id_type text, row_values text, strength text, translations jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.rows_body(relation text, id text, id_type text, row_values text, strength text, translations jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.run_now(id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.run_now(id bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.run_schedule(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.run_schedule(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.save_checkpoint(job bigint, claim uuid, data text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.save_checkpoint(job bigint, claim uuid, data text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.save_template(key text, texts jsonb, variables jsonb, untyped boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.schedule(name text, cron text, kind text, payload jsonb, queue text, priority integer, max_attempts integer, tz text, missed text, jitter interval, starts_at timestamp with time zone, ends_at timestamp with time zone, unique_key text, ordering_key text, tags text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.schedule(name text, cron text, kind text, payload jsonb, queue text, priority integer, max_attempts integer, tz text, missed text, jitter interval, starts_at timestamp with time zone, ends_at timestamp with time zone, unique_key text, ordering_key text, tags text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.schedule_next(c barid.cron, tz text, after timestamp with time zone, starts_at timestamp with time zone, ends_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) TO barid_producer;
GRANT ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) TO barid_worker;
GRANT ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) TO barid_operator;
GRANT ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.schema_of_names(names text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.segment_rows(query text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.send_order_notice(user_id text, notice text, order_id text, vars jsonb, dedupe text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.send_order_notice(user_id text, notice text, order_id text, vars jsonb, dedupe text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.session_locks() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.session_locks() TO barid_segment;
REVOKE ALL ON FUNCTION barid.set_contact(user_id text, email text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_contact(user_id text, email text) TO barid_producer;
GRANT ALL ON FUNCTION barid.set_contact(user_id text, email text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_notify_retention(inbox interval, archived interval, ledger interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_notify_retention(inbox interval, archived interval, ledger interval) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_preference(user_id text, enabled boolean, category text, channel text, updated_by text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_preference(user_id text, enabled boolean, category text, channel text, updated_by text) TO barid_producer;
GRANT ALL ON FUNCTION barid.set_preference(user_id text, enabled boolean, category text, channel text, updated_by text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_priority(id bigint, priority integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_priority(id bigint, priority integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_queue(name text, settings jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_queue(name text, settings jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_quiet_hours(user_id text, windows jsonb, tz text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_quiet_hours(user_id text, windows jsonb, tz text) TO barid_producer;
GRANT ALL ON FUNCTION barid.set_quiet_hours(user_id text, windows jsonb, tz text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text, format text, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text, format text, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text, format text, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.settle(ids bigint[], claims uuid[], actions text[], delays_ms bigint[], errors text[], outputs text[], worker text, closed_claims uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.settle(ids bigint[], claims uuid[], actions text[], delays_ms bigint[], errors text[], outputs text[], worker text, closed_claims uuid[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.shop_rows(entity_type text, ids text[], after text, size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.shop_rows(entity_type text, ids text[], after text, size integer) TO postgres;
REVOKE ALL ON FUNCTION barid.shop_write(entity_type text, entity_id text, field text, lang text, expected text, value text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.shop_write(entity_type text, entity_id text, field text, lang text, expected text, value text) TO postgres;
REVOKE ALL ON FUNCTION barid.show_translation(item barid.translation) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.shown_text(entity_type text, entity_id text, field text, lang text, OUT writable boolean, OUT shown text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.sibling_column(relation regclass, name text, lang text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.sibling_column(relation regclass, name text, lang text) TO barid_producer;
GRANT ALL ON FUNCTION barid.sibling_column(relation regclass, name text, lang text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.similar_translations(text text, source text, target text, "limit" integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.similar_translations(text text, source text, target text, "limit" integer) TO barid_producer;
GRANT ALL ON FUNCTION barid.similar_translations(text text, source text, target text, "limit" integer) TO barid_worker;
GRANT ALL ON FUNCTION barid.similar_translations(text text, source text, target text, "limit" integer) TO barid_operator;
GRANT ALL ON FUNCTION barid.similar_translations(text text, source text, target text, "limit" integer) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.snooze(id bigint, pause interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.snooze(id bigint, pause interval) TO barid_operator;
REVOKE ALL ON FUNCTION barid.sql_call(job_id bigint, claim uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.sql_call(job_id bigint, claim uuid) TO barid_worker;
REVOKE ALL ON FUNCTION barid.stop_auto_translate(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.stop_auto_translate(relation regclass) TO barid_producer;
GRANT ALL ON FUNCTION barid.stop_auto_translate(relation regclass) TO barid_operator;
REVOKE ALL ON FUNCTION barid.subscribe(name text, pattern text, kind text, queue text, payload jsonb, merge boolean, priority integer, max_attempts integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.subscribe(name text, pattern text, kind text, queue text, payload jsonb, merge boolean, priority integer, max_attempts integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.suppress(address text, reason text, detail text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.suppress(address text, reason text, detail text) TO barid_producer;
GRANT ALL ON FUNCTION barid.suppress(address text, reason text, detail text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.sweep() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.sweep() TO barid_worker;
REVOKE ALL ON FUNCTION barid.table_columns(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.table_columns(relation regclass) TO barid_producer;
GRANT ALL ON FUNCTION barid.table_columns(relation regclass) TO barid_operator;
REVOKE ALL ON FUNCTION barid.take_over_run(job_id bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.take_throttle(user_id text, category text, channel text, at timestamp with time zone, n integer, win interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.take_throttle(user_id text, category text, channel text, at timestamp with time zone, n integer, win interval) TO barid_worker;
REVOKE ALL ON FUNCTION barid.template_texts(texts jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.template_version(key text, version integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.template_version(key text, version integer) TO barid_producer;
GRANT ALL ON FUNCTION barid.template_version(key text, version integer) TO barid_operator;
GRANT ALL ON FUNCTION barid.template_version(key text, version integer) TO barid_worker;
GRANT ALL ON FUNCTION barid.template_version(key text, version integer) TO barid_readonly;
GRANT SELECT ON TABLE barid.term TO barid_worker;
GRANT SELECT ON TABLE barid.term TO barid_admin;
REVOKE ALL ON FUNCTION barid.term_fingerprint(t barid.term) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.text_column(relation regclass, name text, what text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.text_column(relation regclass, name text, what text) TO barid_producer;
GRANT ALL ON FUNCTION barid.text_column(relation regclass, name text, what text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.texts_of(title jsonb, body jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.tidy(batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.tidy(batch integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.topic_matcher(pattern text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.topic_matches(topic text, pattern text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.topic_matches(topic text, pattern text) TO barid_producer;
GRANT ALL ON FUNCTION barid.topic_matches(topic text, pattern text) TO barid_worker;
GRANT ALL ON FUNCTION barid.topic_matches(topic text, pattern text) TO barid_operator;
GRANT ALL ON FUNCTION barid.topic_matches(topic text, pattern text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.transactions_left(since pg_snapshot) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.transactions_left(since pg_snapshot) TO barid_worker;
REVOKE ALL ON FUNCTION barid.translate_backfill(name text, ahead integer, queue text, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translate_backfill(name text, ahead integer, queue text, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.translate_backfill(name text, ahead integer, queue text, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.translate_backfill_cancel(id bigint, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translate_backfill_cancel(id bigint, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.translate_backfill_cancel(id bigint, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.translate_backfill_fail(id bigint, job_id bigint, problem text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translate_backfill_fail(id bigint, job_id bigint, problem text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.translate_backfill_pause(id bigint, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translate_backfill_pause(id bigint, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.translate_backfill_pause(id bigint, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.translate_backfill_preview(name text, OUT entity_type text, OUT rows bigint, OUT due bigint, OUT fields bigint, OUT human bigint, OUT known bigint, OUT characters bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translate_backfill_preview(name text, OUT entity_type text, OUT rows bigint, OUT due bigint, OUT fields bigint, OUT human bigint, OUT known bigint, OUT characters bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.translate_backfill_preview(name text, OUT entity_type text, OUT rows bigint, OUT due bigint, OUT fields bigint, OUT human bigint, OUT known bigint, OUT characters bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.translate_backfill_resume(id bigint, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translate_backfill_resume(id bigint, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.translate_backfill_resume(id bigint, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.translate_backfill_set(id bigint, state text, actor text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translate_backfill_set(id bigint, state text, actor text) TO barid_producer;
GRANT ALL ON FUNCTION barid.translate_backfill_set(id bigint, state text, actor text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.translate_backfill_step(id bigint, job_id bigint, size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translate_backfill_step(id bigint, job_id bigint, size integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.translation_cell(translations jsonb, field text, lang text, id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translation_cell(translations jsonb, field text, lang text, id text) TO barid_producer;
GRANT ALL ON FUNCTION barid.translation_cell(translations jsonb, field text, lang text, id text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.translation_remember_human(source_lang text, target_lang text, format text, source text, source_hash bytea, human_text text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.translation_reserve(provider text, characters bigint, texts integer, daily_characters bigint, overall_characters bigint, price_per_million numeric, probe_for interval, OUT granted boolean, OUT wait_seconds bigint, OUT kind text, OUT reason text, OUT day date, OUT probe boolean, OUT clean boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translation_reserve(provider text, characters bigint, texts integer, daily_characters bigint, overall_characters bigint, price_per_million numeric, probe_for interval, OUT granted boolean, OUT wait_seconds bigint, OUT kind text, OUT reason text, OUT day date, OUT probe boolean, OUT clean boolean) TO barid_worker;
REVOKE ALL ON FUNCTION barid.translation_settle(provider text, day date, characters bigint, price_per_million numeric, kind text, refund boolean, probe boolean, reason text, pause_for interval, failures_allowed integer, longest_pause interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translation_settle(provider text, day date, characters bigint, price_per_million numeric, kind text, refund boolean, probe boolean, reason text, pause_for interval, failures_allowed integer, longest_pause interval) TO barid_worker;
REVOKE ALL ON FUNCTION barid.translation_source_hash(format text, source text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.translation_status(entity_type text, entity_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translation_status(entity_type text, entity_id text) TO barid_producer;
GRANT ALL ON FUNCTION barid.translation_status(entity_type text, entity_id text) TO barid_worker;
GRANT ALL ON FUNCTION barid.translation_status(entity_type text, entity_id text) TO barid_operator;
GRANT ALL ON FUNCTION barid.translation_status(entity_type text, entity_id text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.translation_work(entity_type text, entity_id text, max_bytes integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.translation_work(entity_type text, entity_id text, max_bytes integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.try_enqueue(kind text, payload jsonb, queue text, priority integer, run_at timestamp with time zone, delay interval, max_attempts integer, unique_key text, ordering_key text, request_id text, traceparent text, tags text[], unique_while text, on_conflict text, throttle interval, debounce interval, limit_key text, after bigint[], on_parent_failure text, batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.try_enqueue(kind text, payload jsonb, queue text, priority integer, run_at timestamp with time zone, delay interval, max_attempts integer, unique_key text, ordering_key text, request_id text, traceparent text, tags text[], unique_while text, on_conflict text, throttle interval, debounce interval, limit_key text, after bigint[], on_parent_failure text, batch_id bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.try_enqueue(kind text, payload jsonb, queue text, priority integer, run_at timestamp with time zone, delay interval, max_attempts integer, unique_key text, ordering_key text, request_id text, traceparent text, tags text[], unique_while text, on_conflict text, throttle interval, debounce interval, limit_key text, after bigint[], on_parent_failure text, batch_id bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.try_enqueue(kind text, payload jsonb, queue text, priority integer, run_at timestamp with time zone, delay interval, max_attempts integer, unique_key text, ordering_key text, request_id text, traceparent text, tags text[], unique_while text, on_conflict text, throttle interval, debounce interval, limit_key text, after bigint[], on_parent_failure text, batch_id bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.try_enqueue_many(jobs jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.try_enqueue_many(jobs jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.try_enqueue_many(jobs jsonb) TO barid_worker;
GRANT ALL ON FUNCTION barid.try_enqueue_many(jobs jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.unblock_key(key text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unblock_key(key text) TO barid_worker;
GRANT ALL ON FUNCTION barid.unblock_key(key text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.unread_count(user_id text, cap integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unread_count(user_id text, cap integer) TO barid_producer;
GRANT ALL ON FUNCTION barid.unread_count(user_id text, cap integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.unregister_device(user_id text, target text, project text, target_kind text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unregister_device(user_id text, target text, project text, target_kind text) TO barid_producer;
GRANT ALL ON FUNCTION barid.unregister_device(user_id text, target text, project text, target_kind text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.unschedule(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unschedule(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.unsubscribe(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unsubscribe(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.unsuppress(address text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unsuppress(address text) TO barid_producer;
GRANT ALL ON FUNCTION barid.unsuppress(address text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_category(key text, critical boolean, ambiguity text, ttl interval, urgent boolean, collapse boolean, description text, quiet text, throttle_n integer, throttle_window interval, digest_window interval, digest_template text, channels text[], default_enabled boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_category(key text, critical boolean, ambiguity text, ttl interval, urgent boolean, collapse boolean, description text, quiet text, throttle_n integer, throttle_window interval, digest_window interval, digest_template text, channels text[], default_enabled boolean) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_category(key text, critical boolean, ambiguity text, ttl interval, urgent boolean, collapse boolean, description text, quiet text, throttle_n integer, throttle_window interval, digest_window interval, digest_template text, channels text[], default_enabled boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_term(term text, target text, source_lang text, target_lang text, kind text, forms text[], source_forms text[], case_sensitive boolean, note text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_term(term text, target text, source_lang text, target_lang text, kind text, forms text[], source_forms text[], case_sensitive boolean, note text) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_term(term text, target text, source_lang text, target_lang text, kind text, forms text[], source_forms text[], case_sensitive boolean, note text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_user(user_id text, locale text, tz text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_user(user_id text, locale text, tz text) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_user(user_id text, locale text, tz text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) TO barid_producer;
GRANT ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) TO barid_worker;
GRANT ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) TO barid_operator;
GRANT ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.uuid_v7_floor(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.uuid_v7_floor(at timestamp with time zone) TO barid_worker;
REVOKE ALL ON FUNCTION barid.var_problem(spec jsonb, value jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.vars_fit(template text, version integer, vars jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.wake(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.wake(queue text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.wake_before_insert() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.wake_flag(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.wake_flag(queue text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.wake_schedules() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.was_edited(shown bytea, known bytea, published text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.webhook_counts(endpoint text, see_data boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.webhook_counts(endpoint text, see_data boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.webhook_document(id bigint, may_manage boolean, see_data boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.webhook_document(id bigint, may_manage boolean, see_data boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.webhook_id(id bigint, created_at timestamp with time zone, payload jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.webhook_id(id bigint, created_at timestamp with time zone, payload jsonb) TO barid_admin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.job_history TO barid_worker;
GRANT SELECT ON TABLE barid.jobs TO barid_worker;
GRANT SELECT ON TABLE barid.jobs TO barid_operator;
GRANT SELECT ON TABLE barid.jobs TO barid_readonly;
REVOKE ALL ON FUNCTION barid.webhook_item(j barid.jobs, may_manage boolean, see_data boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.webhook_item(j barid.jobs, may_manage boolean, see_data boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.webhook_page(endpoint text, state text, type text, after bigint, size integer, may_manage boolean, see_data boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.webhook_page(endpoint text, state text, type text, after bigint, size integer, may_manage boolean, see_data boolean) TO barid_admin;
REVOKE ALL ON FUNCTION barid.webhook_redeliver(id bigint, request_id text, OUT outcome text, OUT job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.webhook_redeliver(id bigint, request_id text, OUT outcome text, OUT job_id bigint) TO barid_admin;
REVOKE ALL ON FUNCTION barid.write_back(entity_type text, entity_id text, field text, lang text, expected text, value text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.write_body(relation regclass, id text, id_type text, fields jsonb, translations jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.write_body(relation regclass, id text, id_type text, fields jsonb, translations jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.write_body(relation regclass, id text, id_type text, fields jsonb, translations jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.write_log(ids bigint[], claims uuid[], attempts integer[], numbers integer[], ages_ms bigint[], lines text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.write_log(ids bigint[], claims uuid[], attempts integer[], numbers integer[], ages_ms bigint[], lines text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.zone_change(low timestamp without time zone, high timestamp without time zone, tz text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.zone_first(shown timestamp without time zone, tz text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.zone_local(instant timestamp without time zone, tz text) FROM PUBLIC;
GRANT DELETE ON TABLE barid.admin_account TO barid_admin;
GRANT SELECT(id) ON TABLE barid.admin_account TO barid_admin;
GRANT SELECT(login),UPDATE(login) ON TABLE barid.admin_account TO barid_admin;
GRANT SELECT(name),UPDATE(name) ON TABLE barid.admin_account TO barid_admin;
GRANT SELECT(disabled),UPDATE(disabled) ON TABLE barid.admin_account TO barid_admin;
GRANT SELECT(must_change),UPDATE(must_change) ON TABLE barid.admin_account TO barid_admin;
GRANT SELECT(created_at) ON TABLE barid.admin_account TO barid_admin;
GRANT SELECT(updated_at),UPDATE(updated_at) ON TABLE barid.admin_account TO barid_admin;
GRANT SELECT(signed_in_at) ON TABLE barid.admin_account TO barid_admin;
GRANT SELECT,INSERT,DELETE ON TABLE barid.admin_account_role TO barid_admin;
GRANT SELECT ON TABLE barid.admin_bulk_outcome TO barid_admin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.admin_idempotency TO barid_admin;
GRANT SELECT ON TABLE barid.admin_key TO barid_admin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.admin_role TO barid_admin;
GRANT DELETE ON TABLE barid.admin_session TO barid_admin;
GRANT SELECT(account_id) ON TABLE barid.admin_session TO barid_admin;
GRANT SELECT(created_at) ON TABLE barid.admin_session TO barid_admin;
GRANT SELECT(last_seen_at) ON TABLE barid.admin_session TO barid_admin;
GRANT SELECT(idle) ON TABLE barid.admin_session TO barid_admin;
GRANT SELECT(expires_at) ON TABLE barid.admin_session TO barid_admin;
GRANT SELECT(client) ON TABLE barid.admin_session TO barid_admin;
GRANT SELECT(user_agent) ON TABLE barid.admin_session TO barid_admin;
GRANT SELECT(id) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT(prefix) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT(name) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT(account_id) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT(permissions) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT(created_at) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT(created_by) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT(expires_at) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT(revoked_at),UPDATE(revoked_at) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT(last_used_at) ON TABLE barid.admin_token TO barid_admin;
GRANT SELECT ON TABLE barid.allowed_function TO barid_worker;
GRANT SELECT ON TABLE barid.allowed_function TO barid_operator;
GRANT SELECT ON TABLE barid.allowed_function TO barid_readonly;
GRANT SELECT ON TABLE barid.app_user TO barid_worker;
GRANT SELECT ON TABLE barid.app_user TO barid_operator;
GRANT SELECT ON TABLE barid.app_user TO barid_readonly;
GRANT SELECT ON TABLE barid.audit_log TO barid_admin;
GRANT SELECT ON TABLE barid.auto_translations TO barid_producer;
GRANT SELECT ON TABLE barid.auto_translations TO barid_worker;
GRANT SELECT ON TABLE barid.auto_translations TO barid_operator;
GRANT SELECT ON TABLE barid.auto_translations TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.batch TO barid_worker;
GRANT SELECT ON TABLE barid.batches TO barid_operator;
GRANT SELECT ON TABLE barid.batches TO barid_readonly;
GRANT SELECT ON TABLE barid.batches TO barid_worker;
GRANT SELECT ON TABLE barid.bounce TO barid_operator;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.broadcast_chunk TO barid_worker;
GRANT SELECT ON TABLE barid.broadcast_chunk TO barid_operator;
GRANT SELECT ON TABLE barid.broadcast_chunk TO barid_readonly;
GRANT SELECT ON TABLE barid.broadcast_event TO barid_operator;
GRANT SELECT ON TABLE barid.broadcast_event TO barid_readonly;
GRANT SELECT,INSERT ON TABLE barid.broadcast_text TO barid_worker;
GRANT SELECT ON TABLE barid.broadcast_text TO barid_operator;
GRANT SELECT ON TABLE barid.broadcast_text TO barid_readonly;
GRANT SELECT ON TABLE barid.broadcast_user TO barid_worker;
GRANT SELECT ON TABLE barid.broadcast_user TO barid_operator;
GRANT SELECT ON TABLE barid.broadcast_user TO barid_readonly;
GRANT SELECT ON TABLE barid.category TO barid_worker;
GRANT SELECT ON TABLE barid.category TO barid_operator;
GRANT SELECT ON TABLE barid.category TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.checkpoint TO barid_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.claim TO barid_worker;
GRANT SELECT ON TABLE barid.contact TO barid_worker;
GRANT SELECT ON TABLE barid.contact TO barid_operator;
GRANT SELECT ON TABLE barid.dead_letters TO barid_worker;
GRANT SELECT ON TABLE barid.dead_letters TO barid_operator;
GRANT SELECT ON TABLE barid.dead_letters TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.delivery_attempt TO barid_worker;
GRANT SELECT ON TABLE barid.delivery_attempt TO barid_operator;
GRANT SELECT ON TABLE barid.delivery_attempt TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.delivery_run TO barid_worker;
GRANT SELECT ON TABLE barid.delivery_run TO barid_operator;
GRANT SELECT ON TABLE barid.delivery_run TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.dependency TO barid_worker;
GRANT SELECT ON TABLE barid.dev_invoice TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.dev_invoice TO barid_worker;
GRANT SELECT,INSERT ON TABLE barid.dev_push TO barid_worker;
GRANT SELECT ON TABLE barid.dev_push TO barid_operator;
GRANT SELECT ON TABLE barid.dev_push TO barid_readonly;
GRANT SELECT ON TABLE barid.dev_refund TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.dev_refund TO barid_worker;
GRANT SELECT,UPDATE ON TABLE barid.device TO barid_worker;
GRANT SELECT ON TABLE barid.device TO barid_operator;
GRANT SELECT(id) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(user_id) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(project) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(target_kind) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(platform) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(app_version) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(state) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(state_reason) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(strikes) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(first_strike_at) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(created_at) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(last_registered_at) ON TABLE barid.device TO barid_readonly;
GRANT SELECT(last_ok_at) ON TABLE barid.device TO barid_readonly;
GRANT SELECT ON TABLE barid.digest TO barid_worker;
GRANT SELECT ON TABLE barid.digest TO barid_operator;
GRANT SELECT ON TABLE barid.digest TO barid_readonly;
GRANT SELECT ON TABLE barid.digest_item TO barid_worker;
GRANT SELECT ON TABLE barid.digest_item TO barid_operator;
GRANT SELECT ON TABLE barid.digest_item TO barid_readonly;
GRANT SELECT ON TABLE barid.functions TO barid_worker;
GRANT SELECT ON TABLE barid.functions TO barid_operator;
GRANT SELECT ON TABLE barid.functions TO barid_readonly;
GRANT SELECT ON TABLE barid.history_partition TO barid_worker;
GRANT SELECT ON TABLE barid.history_partition TO barid_operator;
GRANT SELECT ON TABLE barid.history_partition TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.inbox_item TO barid_worker;
GRANT SELECT ON TABLE barid.inbox_item TO barid_operator;
GRANT SELECT ON TABLE barid.inbox_item TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.job_log TO barid_worker;
GRANT SELECT ON TABLE barid.job_log TO barid_admin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.paused_kind TO barid_worker;
GRANT SELECT ON TABLE barid.paused_kind TO barid_operator;
GRANT SELECT ON TABLE barid.paused_kind TO barid_readonly;
GRANT SELECT ON TABLE barid.kinds TO barid_worker;
GRANT SELECT ON TABLE barid.kinds TO barid_operator;
GRANT SELECT ON TABLE barid.kinds TO barid_readonly;
GRANT SELECT ON TABLE barid.ledger_partition TO barid_worker;
GRANT SELECT ON TABLE barid.ledger_partition TO barid_operator;
GRANT SELECT ON TABLE barid.ledger_partition TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.limit_bucket TO barid_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.limit_slot TO barid_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.media_entity TO barid_worker;
GRANT SELECT ON TABLE barid.media_entity TO barid_operator;
GRANT SELECT(entity) ON TABLE barid.media_entity TO barid_readonly;
GRANT SELECT(set_id) ON TABLE barid.media_entity TO barid_readonly;
GRANT SELECT(attached_at) ON TABLE barid.media_entity TO barid_readonly;
GRANT SELECT(slot) ON TABLE barid.media_entity TO barid_readonly;
GRANT SELECT(job_id) ON TABLE barid.media_entity TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.media_garbage TO barid_worker;
GRANT SELECT ON TABLE barid.media_garbage TO barid_operator;
GRANT SELECT ON TABLE barid.media_garbage TO barid_readonly;
GRANT SELECT ON TABLE barid.media_pictures TO barid_producer;
GRANT SELECT ON TABLE barid.media_pictures TO barid_worker;
GRANT SELECT ON TABLE barid.media_pictures TO barid_operator;
GRANT SELECT ON TABLE barid.media_pictures TO barid_readonly;
GRANT SELECT ON TABLE barid.media_srcset TO barid_producer;
GRANT SELECT ON TABLE barid.media_srcset TO barid_worker;
GRANT SELECT ON TABLE barid.media_srcset TO barid_operator;
GRANT SELECT ON TABLE barid.media_srcset TO barid_readonly;
GRANT SELECT ON TABLE barid.migration TO barid_worker;
GRANT SELECT ON TABLE barid.migration TO barid_operator;
GRANT SELECT ON TABLE barid.migration TO barid_readonly;
GRANT SELECT ON TABLE barid.notify_retention TO barid_worker;
GRANT SELECT ON TABLE barid.notify_retention TO barid_operator;
GRANT SELECT ON TABLE barid.notify_retention TO barid_readonly;
GRANT SELECT ON TABLE barid.notify_throttle TO barid_worker;
GRANT SELECT ON TABLE barid.notify_throttle TO barid_operator;
GRANT SELECT ON TABLE barid.notify_throttle TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.ordering_slot TO barid_worker;
GRANT SELECT ON TABLE barid.ordering_slot TO barid_operator;
GRANT SELECT ON TABLE barid.ordering_slot TO barid_readonly;
GRANT SELECT ON TABLE barid.outbox_decision TO barid_worker;
GRANT SELECT ON TABLE barid.outbox_decision TO barid_operator;
GRANT SELECT ON TABLE barid.outbox_decision TO barid_readonly;
GRANT SELECT ON TABLE barid.payment_check TO barid_operator;
GRANT SELECT ON TABLE barid.payment_check TO barid_readonly;
GRANT SELECT ON TABLE barid.payment_gateway TO barid_operator;
GRANT SELECT ON TABLE barid.payment_gateway TO barid_readonly;
GRANT SELECT ON TABLE barid.preference TO barid_worker;
GRANT SELECT ON TABLE barid.preference TO barid_operator;
GRANT SELECT ON TABLE barid.preference TO barid_readonly;
GRANT SELECT,INSERT ON TABLE barid.projection_history TO barid_worker;
GRANT SELECT ON TABLE barid.projection_history TO barid_operator;
GRANT SELECT ON TABLE barid.projection_history TO barid_readonly;
GRANT SELECT ON TABLE barid.projections TO barid_worker;
GRANT SELECT ON TABLE barid.projections TO barid_operator;
GRANT SELECT ON TABLE barid.projections TO barid_readonly;
GRANT SELECT ON TABLE barid.queue TO barid_worker;
GRANT SELECT ON TABLE barid.queue TO barid_operator;
GRANT SELECT ON TABLE barid.queue TO barid_readonly;
GRANT SELECT ON TABLE barid.queues TO barid_worker;
GRANT SELECT ON TABLE barid.queues TO barid_operator;
GRANT SELECT ON TABLE barid.queues TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.rate_lane TO barid_worker;
GRANT SELECT,UPDATE ON TABLE barid.rate_lane TO barid_operator;
GRANT SELECT ON TABLE barid.rate_lane TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.rescue_log TO barid_worker;
GRANT SELECT ON TABLE barid.rescue_log TO barid_operator;
GRANT SELECT ON TABLE barid.rescue_log TO barid_readonly;
GRANT SELECT ON TABLE barid.resend_job TO barid_operator;
GRANT SELECT ON TABLE barid.resend_job TO barid_readonly;
GRANT SELECT ON TABLE barid.resend_job TO barid_worker;
GRANT SELECT ON TABLE barid.schedule_run TO barid_worker;
GRANT SELECT ON TABLE barid.schedule_run TO barid_operator;
GRANT SELECT ON TABLE barid.schedule_run TO barid_readonly;
GRANT SELECT ON TABLE barid.schedules TO barid_worker;
GRANT SELECT ON TABLE barid.schedules TO barid_operator;
GRANT SELECT ON TABLE barid.schedules TO barid_readonly;
GRANT SELECT ON TABLE barid.subscription TO barid_worker;
GRANT SELECT ON TABLE barid.subscription TO barid_operator;
GRANT SELECT ON TABLE barid.subscription TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.suppression TO barid_worker;
GRANT SELECT ON TABLE barid.suppression TO barid_operator;
GRANT SELECT ON TABLE barid.template TO barid_worker;
GRANT SELECT ON TABLE barid.template TO barid_operator;
GRANT SELECT ON TABLE barid.template TO barid_readonly;
GRANT SELECT ON TABLE barid.term_version TO barid_worker;
GRANT SELECT ON TABLE barid.term_version TO barid_admin;
GRANT SELECT ON TABLE barid.terms TO barid_producer;
GRANT SELECT ON TABLE barid.terms TO barid_worker;
GRANT SELECT ON TABLE barid.terms TO barid_operator;
GRANT SELECT ON TABLE barid.terms TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.throttle TO barid_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.translation_usage TO barid_worker;
GRANT SELECT ON TABLE barid.translation_cost TO barid_worker;
GRANT SELECT ON TABLE barid.translation_cost TO barid_operator;
GRANT SELECT ON TABLE barid.translation_cost TO barid_readonly;
GRANT SELECT ON TABLE barid.translation_counts TO barid_producer;
GRANT SELECT ON TABLE barid.translation_counts TO barid_worker;
GRANT SELECT ON TABLE barid.translation_counts TO barid_operator;
GRANT SELECT ON TABLE barid.translation_counts TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.translation_memory TO barid_worker;
GRANT SELECT ON TABLE barid.translation_reviews TO barid_producer;
GRANT SELECT ON TABLE barid.translation_reviews TO barid_worker;
GRANT SELECT ON TABLE barid.translation_reviews TO barid_operator;
GRANT SELECT ON TABLE barid.translation_reviews TO barid_readonly;
GRANT SELECT ON TABLE barid.translations TO barid_producer;
GRANT SELECT ON TABLE barid.translations TO barid_worker;
GRANT SELECT ON TABLE barid.translations TO barid_operator;
GRANT SELECT ON TABLE barid.translations TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.worker TO barid_worker;
GRANT SELECT ON TABLE barid.worker_log TO barid_worker;
GRANT SELECT ON TABLE barid.worker_log TO barid_operator;
GRANT SELECT ON TABLE barid.worker_log TO barid_readonly;
GRANT SELECT ON TABLE barid.workers TO barid_worker;
GRANT SELECT ON TABLE barid.workers TO barid_operator;
GRANT SELECT ON TABLE barid.workers TO barid_readonly;
