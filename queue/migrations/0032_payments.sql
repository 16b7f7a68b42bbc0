-- Payments: what gateways said about orders, and the way out to each gateway for the whole fleet.
-- Jobs: payment.reconcile, payment.execute, payment.refund, order.expire (docs/commerce.md).

-- One answer about one order: what was asked, what the gateway said of each attempt, what came of it.
-- A decision about money names the row that it was made by. No secrets, no card data.
CREATE TABLE barid.payment_check (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   text NOT NULL CHECK (octet_length(order_id) BETWEEN 1 AND 128),
    cause      text NOT NULL CHECK (cause IN ('reconcile', 'webhook', 'expire', 'person', 'refund')),
    verdict    text NOT NULL CHECK (verdict IN
        ('PAID', 'UNPAID', 'UNSURE', 'MISMATCH',
         'REFUND_REQUESTED', 'REFUNDED', 'REFUND_REJECTED', 'REFUND_UNKNOWN')),
    -- By this database's clock, before the first request left: what happened later isn't in it.
    checked_at timestamptz NOT NULL,
    attempts   jsonb NOT NULL CHECK (jsonb_typeof(attempts) = 'array'
                                     AND octet_length(attempts::text) <= 65536),
    result     text CHECK (octet_length(result) <= 1000),
    times      int NOT NULL DEFAULT 1,  -- the same answer again, which nothing was decided by
    job_id     bigint,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX payment_check_order ON barid.payment_check (order_id, id DESC);
CREATE INDEX payment_check_age ON barid.payment_check (created_at);
CREATE INDEX payment_check_held ON barid.payment_check (order_id, id) WHERE verdict = 'MISMATCH';

CREATE TABLE barid.payment_gateway (
    name             text PRIMARY KEY CHECK (name ~ '^[a-z0-9_]{1,40}$'),
    -- Requests that may leave at once; refilled by the account's rate, as of refilled_at.
    tokens           double precision NOT NULL DEFAULT 0,
    refilled_at      timestamptz NOT NULL DEFAULT '-infinity',
    rests_until      timestamptz,          -- it said 429
    rests            int NOT NULL DEFAULT 0,  -- in a row
    paused_at        timestamptz,          -- it said 401: until somebody resumes it
    paused_why       text CHECK (octet_length(paused_why) <= 500),
    resumed_at       timestamptz,
    resumed_by       text CHECK (octet_length(resumed_by) <= 200),
    -- As the last whole sweep found them.
    unknown_attempts int NOT NULL DEFAULT 0,
    open_refunds     int NOT NULL DEFAULT 0,
    swept_at         timestamptz
) WITH (fillfactor = 50);

--------------------------------------------------------------------------------------------------
-- The lane.

-- Takes up to `want` requests' worth. None: ask again after `wait`, unless the gateway is paused.
CREATE FUNCTION barid.payment_lane(gateway text, want int, per_minute int, OUT granted int,
                                   OUT wait interval, OUT paused_why text, OUT streak int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

-- The gateway wants to be left alone: for as long as it says (up to a day), or for 5 seconds that
-- double each time in a row, up to 5 minutes.
CREATE FUNCTION barid.payment_rest(gateway text, wanted interval) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    INSERT INTO barid.payment_gateway AS g (name, rests, rests_until)
    VALUES (gateway, 1, clock_timestamp()
            + least(greatest(coalesce(wanted, interval '5 s'), interval '0'), interval '1 day'))
    ON CONFLICT (name) DO UPDATE
    SET rests = g.rests + 1, tokens = 0, refilled_at = clock_timestamp(),
        rests_until = greatest(g.rests_until, clock_timestamp() + least(greatest(
            coalesce(wanted, interval '5 s' * least(2 ^ least(g.rests, 10), 60)), interval '0'),
            interval '1 day'))
$$;

CREATE FUNCTION barid.payment_answered(gateway text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.payment_gateway g SET rests = 0 WHERE g.name = gateway AND g.rests > 0
$$;

-- True when it wasn't paused before.
CREATE FUNCTION barid.payment_pause(gateway text, why text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    INSERT INTO barid.payment_gateway AS g (name, paused_at, paused_why)
    VALUES (gateway, clock_timestamp(), left(why, 120))
    ON CONFLICT (name) DO UPDATE SET paused_at = EXCLUDED.paused_at, paused_why = EXCLUDED.paused_why
    WHERE g.paused_at IS NULL;
    RETURN FOUND;
END $$;

-- `done` is false when it wasn't paused. Raises 22023 for a gateway that was never used.
CREATE FUNCTION barid.payment_resume(gateway text, actor text, OUT done boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

CREATE FUNCTION barid.payment_swept(gateway text, unknown int, refunds int) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    INSERT INTO barid.payment_gateway AS g (name, unknown_attempts, open_refunds, swept_at)
    VALUES (gateway, coalesce(unknown, 0), coalesce(refunds, 0), clock_timestamp())
    ON CONFLICT (name) DO UPDATE
    SET unknown_attempts = coalesce(unknown, g.unknown_attempts),
        open_refunds = coalesce(refunds, g.open_refunds), swept_at = clock_timestamp()
$$;

CREATE FUNCTION barid.payment_gateways()
    RETURNS TABLE (name text, paused_at timestamptz, paused_why text, rests_until timestamptz,
                   unknown_attempts int, open_refunds int, swept_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT g.name, g.paused_at, g.paused_why,
           CASE WHEN g.rests_until > clock_timestamp() THEN g.rests_until END,
           g.unknown_attempts, g.open_refunds, g.swept_at
    FROM barid.payment_gateway g ORDER BY g.name
$$;

-- Orders whose last answer was a mismatch: somebody has to look. Counted up to 10,000.
CREATE FUNCTION barid.payment_held() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT count(*) FROM (
        SELECT FROM barid.payment_check c
        WHERE c.verdict = 'MISMATCH'
          AND NOT EXISTS (SELECT FROM barid.payment_check n
                          WHERE n.order_id = c.order_id AND n.id > c.id)
        LIMIT 10000) held
$$;

--------------------------------------------------------------------------------------------------
-- Evidence.

CREATE FUNCTION barid.payment_clock() RETURNS timestamptz
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$ SELECT clock_timestamp() $$;

-- A sweep that hears of an order what it heard last time counts that instead of adding a row, as
-- long as nothing was decided by it.
CREATE FUNCTION barid.payment_evidence(order_id text, cause text, verdict text, checked_at timestamptz,
                                       attempts jsonb, job_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    last barid.payment_check;
    made bigint;
BEGIN
    IF cause = 'reconcile' AND verdict IN ('UNPAID', 'UNSURE') THEN
        SELECT c.* INTO last FROM barid.payment_check c
        WHERE c.order_id = payment_evidence.order_id ORDER BY c.id DESC LIMIT 1;
        IF last.cause = cause AND last.verdict = verdict AND last.result IS NULL
           AND last.attempts = attempts THEN
            UPDATE barid.payment_check c
            SET times = c.times + 1, checked_at = greatest(c.checked_at, payment_evidence.checked_at)
            WHERE c.id = last.id AND c.result IS NULL RETURNING c.id INTO made;
            IF FOUND THEN RETURN made; END IF;
        END IF;
    END IF;
    INSERT INTO barid.payment_check (order_id, cause, verdict, checked_at, attempts, job_id)
    VALUES (order_id, cause, verdict, checked_at, attempts, job_id) RETURNING id INTO made;
    RETURN made;
END $$;

-- Since when a gateway has been saying that it doesn't know an attempt.
CREATE FUNCTION barid.payment_missing_since(order_id text, attempt_id text) RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT min(c.created_at) FROM barid.payment_check c
    WHERE c.order_id = payment_missing_since.order_id
      AND c.attempts @> jsonb_build_array(jsonb_build_object('attempt', attempt_id,
                                                             'finding', 'not_found'))
$$;

-- What came of it: "a1: FLIPPED". Added to what is there.
CREATE FUNCTION barid.payment_result(id bigint, result text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.payment_check c
    SET result = left(concat_ws('; ', c.result, payment_result.result), 250)
    WHERE c.id = payment_result.id
$$;

-- An order's checks, the newest first; `shown`: with what the gateway wrote.
CREATE FUNCTION barid.payment_shown(attempts jsonb, shown boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN shown THEN attempts
           ELSE (SELECT coalesce(jsonb_agg(a - 'problem' - 'transactions' - 'display' ORDER BY n), '[]')
                 FROM jsonb_array_elements(attempts) WITH ORDINALITY e(a, n)) END
$$;

CREATE FUNCTION barid.admin_payment_checks(order_id text, shown boolean, before_id bigint, max int)
    RETURNS TABLE (item jsonb, id bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('id', c.id, 'order', c.order_id, 'cause', c.cause,
               'verdict', c.verdict, 'checked_at', barid.admin_time(c.checked_at),
               'result', c.result, 'times', c.times, 'job_id', c.job_id,
               'attempts', barid.payment_shown(c.attempts, shown)), c.id
    FROM barid.payment_check c
    WHERE c.order_id = admin_payment_checks.order_id AND (before_id IS NULL OR c.id < before_id)
    ORDER BY c.id DESC LIMIT max
$$;

-- Kept for 400 days: chargebacks come late. At most `batch` rows; how many.
CREATE FUNCTION barid.prune_payment_checks(keep interval DEFAULT '400 days', batch int DEFAULT 5000)
    RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    WITH old AS MATERIALIZED (
        SELECT c.id FROM barid.payment_check c WHERE c.created_at < now() - keep
        ORDER BY c.created_at LIMIT batch FOR UPDATE SKIP LOCKED),
    gone AS (DELETE FROM barid.payment_check c USING old WHERE c.id = old.id RETURNING 1)
    SELECT count(*) FROM gone
$$;

--------------------------------------------------------------------------------------------------
-- Asking again.

-- Somebody wants to know now. While such a job waits there is no second one; one that runs already
-- may have asked before, so it doesn't count.
-- Without a queue it goes where the sweeps go.
CREATE FUNCTION barid.request_payment_check(order_id text, queue text DEFAULT NULL,
                                            request_id text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

-- A gateway's webhook, which proves nothing: the gateway is asked. A message that comes again and
-- again makes one job a second of each invoice.
CREATE FUNCTION barid.payment_hint(gateway text, about text, invoice_id text, queue text)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

--------------------------------------------------------------------------------------------------
-- The timeline of 0025, with the checks of an order's payments (type "payment") where the caller may
-- see them.

DROP FUNCTION barid.admin_timeline(text, text[], text[], boolean, boolean, boolean, boolean,
                                   timestamptz, text, int);
CREATE FUNCTION barid.admin_timeline(tag text, queues text[], categories text[],
                                     with_media boolean, with_translations boolean,
                                     with_audit boolean, shown boolean, before_at timestamptz, before_key text, max int,
                                     with_payments boolean DEFAULT false)
    RETURNS TABLE (item jsonb, at timestamptz, key text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off AS $$
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

--------------------------------------------------------------------------------------------------
-- Grants.

GRANT EXECUTE ON FUNCTION barid.admin_timeline, barid.admin_payment_checks, barid.payment_shown,
    barid.payment_gateways(), barid.payment_held(), barid.payment_resume(text, text),
    barid.request_payment_check(text, text, text)
TO barid_admin;
GRANT EXECUTE ON FUNCTION barid.payment_lane(text, int, int), barid.payment_rest(text, interval),
    barid.payment_answered(text), barid.payment_pause(text, text),
    barid.payment_swept(text, int, int), barid.payment_gateways(), barid.payment_held(),
    barid.payment_clock(), barid.payment_evidence(text, text, text, timestamptz, jsonb, bigint),
    barid.payment_result(bigint, text), barid.payment_missing_since(text, text),
    barid.payment_shown(jsonb, boolean), barid.prune_payment_checks(interval, int), barid.payment_hint(text, text, text, text),
    barid.request_payment_check(text, text, text)
TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.payment_gateways(), barid.payment_held(),
    barid.payment_resume(text, text), barid.request_payment_check(text, text, text),
    barid.payment_shown(jsonb, boolean)
TO barid_operator;
GRANT EXECUTE ON FUNCTION barid.payment_gateways(), barid.payment_held() TO barid_worker;
GRANT SELECT ON barid.payment_check, barid.payment_gateway TO barid_operator, barid_readonly;
