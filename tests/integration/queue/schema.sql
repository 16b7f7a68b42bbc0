CREATE SCHEMA barid;
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
CREATE FUNCTION barid.approve_translation(review_id bigint, text text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    review barid.translation_review;
    current_hash bytea;
    final_text text;
BEGIN
    SELECT * INTO review FROM barid.translation_review r WHERE r.id = approve_translation.review_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'barid.approve_translation: there is no review %',
            approve_translation.review_id USING ERRCODE = 'no_data_found';
    END IF;
    -- The translation is locked before its review, as the worker and set_translation do.
    SELECT t.source_hash INTO current_hash FROM barid.translation t
    WHERE t.entity_type = review.entity_type AND t.entity_id = review.entity_id
      AND t.field = review.field AND t.target_lang = review.target_lang
    FOR UPDATE;
    SELECT * INTO review FROM barid.translation_review r WHERE r.id = approve_translation.review_id
    FOR UPDATE;
    IF review.state <> 'open' THEN
        RAISE EXCEPTION 'barid.approve_translation: review % is % already', review.id, review.state
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    final_text := coalesce(approve_translation.text, review.suggestion);
    IF final_text IS NULL THEN
        RAISE EXCEPTION 'barid.approve_translation: review % has no suggestion', review.id
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the text: barid.approve_translation(id, text).';
    END IF;
    IF current_hash IS DISTINCT FROM review.source_hash THEN
        UPDATE barid.translation_review r
        SET state = 'superseded', resolved_at = now(), resolved_by = session_user
        WHERE r.id = review.id;
        RETURN false;
    END IF;
    UPDATE barid.translation_review r
    SET state = 'approved', resolved_at = now(), resolved_by = session_user
    WHERE r.id = review.id;
    RETURN barid.set_translation(review.entity_type, review.entity_id, review.field,
                                 review.target_lang, final_text);
END
$$;
CREATE FUNCTION barid.cancel(id bigint, reason text DEFAULT 'cancelled'::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.check_placeholders(content text, variables text[], place text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    unknown text;
BEGIN
    SELECT m[1] INTO unknown
    FROM regexp_matches(content, '\{([A-Za-z][A-Za-z0-9_]{0,63})\}', 'g') m
    WHERE NOT m[1] = ANY (variables)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% uses {%}, which is not one of the template''s variables', place, unknown
            USING ERRCODE = '22023',
                  HINT = format('Declared are: %s.',
                                coalesce(nullif(array_to_string(variables, ', '), ''), 'none'));
    END IF;
    IF regexp_replace(content, '\{[A-Za-z][A-Za-z0-9_]{0,63}\}', '', 'g') ~ '[{}]' THEN
        RAISE EXCEPTION '% has a brace that is not part of a {variable}', place
            USING ERRCODE = '22023',
                  HINT = 'A variable is {name}: a letter, then letters, digits and underscores.';
    END IF;
END
$$;
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
CREATE FUNCTION barid.claim_keyed(worker bigint, worker_epoch integer, claim uuid, ids bigint[]) RETURNS SETOF bigint
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    child   record;
    key     text;
    head    bigint;
    ready   boolean;
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
        IF barid.pass_parents(child.id, child.after, child.on_parent_failure) = 'later' THEN
            UPDATE barid.job j SET run_at = clock_timestamp() + interval '50 milliseconds'
            WHERE j.id = child.id;
        END IF;
    END LOOP;
    UPDATE barid.job j SET due_at = j.run_at, run_at = 'infinity', parked_by = 'limit'
    WHERE j.id = ANY (ARRAY(
        SELECT p.id FROM barid.job p WHERE p.id = ANY (ids) AND p.state = 'waiting'
          AND p.run_at <= now() AND p.limit_key IS NOT NULL
        ORDER BY p.id FOR NO KEY UPDATE SKIP LOCKED));
    -- What is left without an ordering key runs.
    free := ARRAY(SELECT p.id FROM barid.job p WHERE p.id = ANY (ids) AND p.state = 'waiting'
                    AND p.run_at <= now() AND p.ordering_key IS NULL
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
                 AND j.run_at <= now() ORDER BY 1 LOOP
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
CREATE FUNCTION barid.drop_checkpoints(ids bigint[]) RETURNS void
    LANGUAGE sql
    AS $$ SELECT $$;
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
CREATE FUNCTION barid.inbox(user_id text, page_size integer DEFAULT 50, before_at timestamp with time zone DEFAULT NULL::timestamp with time zone, before_id uuid DEFAULT NULL::uuid) RETURNS TABLE(id uuid, category text, locale text, title text, body text, image text, data jsonb, created_at timestamp with time zone, seen_at timestamp with time zone, read_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    IF inbox.page_size IS NULL OR inbox.page_size NOT BETWEEN 1 AND 500 THEN
        RAISE EXCEPTION 'page_size must be between 1 and 500' USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
           i.created_at, i.seen_at, i.read_at
    FROM barid.inbox_item i
    WHERE i.user_id = inbox.user_id AND i.archived_at IS NULL
      AND (i.created_at, i.notification_id)
          < (coalesce(inbox.before_at, 'infinity'),
             coalesce(inbox.before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    ORDER BY i.created_at DESC, i.notification_id DESC
    LIMIT inbox.page_size;
END
$$;
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
CREATE FUNCTION barid.mark_read(user_id text, notification_ids uuid[] DEFAULT NULL::uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE barid.inbox_item i
    SET read_at = now(), seen_at = coalesce(i.seen_at, now())
    WHERE i.user_id = mark_read.user_id AND i.read_at IS NULL AND i.archived_at IS NULL
      AND (mark_read.notification_ids IS NULL
           OR i.notification_id = ANY (mark_read.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;
CREATE FUNCTION barid.media(entity text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT coalesce(jsonb_agg(media_manifest(p.set_id) ORDER BY p.attached_at DESC, p.set_id DESC),
                    '[]'::jsonb)
    FROM (
        SELECT DISTINCT ON (s.source_hash) m.set_id, m.attached_at
        FROM media_entity m
        JOIN media_set s ON s.id = m.set_id AND s.state = 'complete'
        WHERE m.entity = media.entity
        ORDER BY s.source_hash, m.attached_at DESC, m.set_id DESC
    ) p
$$;
CREATE FUNCTION barid.media_manifest(set_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT jsonb_build_object(
        'source_hash', s.source_hash,
        'recipe_hash', s.recipe_hash,
        'store', s.store,
        'source', s.source,
        'srcset', (
            SELECT jsonb_object_agg(f.format, f.srcset)
            FROM (SELECT v.format,
                         string_agg(v.url || ' ' || v.width || 'w', ', ' ORDER BY v.width) AS srcset
                  FROM media_variant v WHERE v.set_id = s.id GROUP BY v.format) f),
        'variants', (
            SELECT jsonb_agg(jsonb_build_object(
                       'width', v.width, 'height', v.height, 'format', v.format,
                       'content_type', v.content_type, 'bytes', v.bytes, 'sha256', v.sha256,
                       'key', v.key, 'url', v.url) ORDER BY v.width, v.format)
            FROM media_variant v WHERE v.set_id = s.id))
    FROM media_set s
    WHERE s.id = media_manifest.set_id AND s.state = 'complete'
$$;
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
CREATE FUNCTION barid.prune_history(batch integer DEFAULT 5000) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    WITH oldest AS (SELECT h.id, h.queue, h.finished_at FROM barid.job_history h
                    ORDER BY h.id LIMIT batch),
    gone AS (DELETE FROM barid.job_history h USING oldest o
             LEFT JOIN barid.queue q ON q.name = o.queue
             WHERE h.id = o.id
               AND o.finished_at < now() - coalesce(q.retention, '14 days') RETURNING 1)
    SELECT count(*) FROM gone
$$;
CREATE FUNCTION barid.redact(payload jsonb, keys text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT payload - keys $$;
CREATE FUNCTION barid.refilled(tokens double precision, refilled_at timestamp with time zone, rate integer, period interval, burst integer) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$
    SELECT least(coalesce(burst, rate)::double precision, tokens + greatest(0,
        extract(epoch FROM clock_timestamp() - refilled_at)) * rate / extract(epoch FROM period))
$$;
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
CREATE FUNCTION barid.reject_translation(review_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    UPDATE barid.translation_review r
    SET state = 'rejected', resolved_at = now(), resolved_by = session_user
    WHERE r.id = reject_translation.review_id AND r.state = 'open';
    RETURN FOUND;
END
$$;
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
CREATE FUNCTION barid.resume(queue text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    UPDATE barid.queue q SET paused = false WHERE q.name = queue;
    SELECT barid.wake(queue);
$$;
CREATE FUNCTION barid.retry(id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
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
CREATE FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text DEFAULT NULL::text, format text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    written barid.translation;
    wanted_format text := coalesce(set_translation.format, 'text');
    from_hash bytea;
BEGIN
    IF set_translation.text IS NULL OR btrim(set_translation.text, E' \t\n\v\f\r') = '' THEN
        RAISE EXCEPTION 'barid.set_translation: text must not be empty'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the translated text of the field.';
    END IF;
    IF octet_length(set_translation.text) > 1048576
        OR octet_length(set_translation.source_text) > 1048576 THEN
        RAISE EXCEPTION 'barid.set_translation: a text may have at most 1 MiB'
            USING ERRCODE = 'program_limit_exceeded';
    END IF;
    IF set_translation.lang IS NULL OR set_translation.lang NOT IN ('en', 'ar') THEN
        RAISE EXCEPTION 'barid.set_translation: lang must be ''en'' or ''ar'', not %',
            quote_nullable(left(set_translation.lang, 40))
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF wanted_format NOT IN ('text', 'html') THEN
        RAISE EXCEPTION 'barid.set_translation: format must be ''text'' or ''html'', not %',
            quote_literal(left(wanted_format, 40))
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO barid.translation
        (entity_type, entity_id, field, target_lang, source_lang, format)
    VALUES (set_translation.entity_type, set_translation.entity_id, set_translation.field,
            set_translation.lang, CASE set_translation.lang WHEN 'ar' THEN 'en' ELSE 'ar' END,
            wanted_format)
    ON CONFLICT (entity_type, entity_id, field, target_lang) DO NOTHING;
    SELECT * INTO STRICT written FROM barid.translation t
    WHERE t.entity_type = set_translation.entity_type AND t.entity_id = set_translation.entity_id
      AND t.field = set_translation.field AND t.target_lang = set_translation.lang
    FOR UPDATE;
    from_hash := coalesce(
        barid.translation_source_hash(coalesce(set_translation.format, written.format),
                                      set_translation.source_text),
        written.source_hash);
    UPDATE barid.translation t SET
        text = set_translation.text,
        origin = 'human',
        provider = NULL,
        format = coalesce(set_translation.format, t.format),
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
        SET state = 'superseded', resolved_at = now(), resolved_by = session_user
        WHERE r.entity_type = written.entity_type AND r.entity_id = written.entity_id
          AND r.field = written.field AND r.target_lang = written.target_lang
          AND r.state = 'open';
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
CREATE FUNCTION barid.sweep() RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    orphan record;
    key    text;
    batch  bigint;
    freed  int;
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
    UPDATE barid.job j SET run_at = greatest(j.due_at, clock_timestamp()), due_at = '-infinity',
        parked_by = ''
    WHERE j.id = ANY (ARRAY(
        SELECT p.id FROM barid.job p WHERE p.parked_by = 'kind'
          AND p.kind NOT IN (SELECT k.kind FROM barid.paused_kind k)
        ORDER BY p.id LIMIT 10000 FOR NO KEY UPDATE SKIP LOCKED));
    GET DIAGNOSTICS freed = ROW_COUNT;
    RETURN mended + freed;
END $$;
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
CREATE FUNCTION barid.translation_source_hash(format text, source text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT sha256(convert_to(format || ':' || btrim(normalize(translate(source,
        U&'\061C\200E\200F\202A\202B\202C\202D\202E\2066\2067\2068\2069', ''), NFC),
        E' \t\n\v\f\r'), 'UTF8'))
$$;
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
CREATE FUNCTION barid.unread_count(user_id text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
    SELECT count(*) FROM barid.inbox_item i
    WHERE i.user_id = unread_count.user_id AND i.read_at IS NULL AND i.archived_at IS NULL
$$;
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
CREATE FUNCTION barid.upsert_category(key text, critical boolean DEFAULT false, ambiguity text DEFAULT 'resend'::text, ttl interval DEFAULT '28 days'::interval, urgent boolean DEFAULT true, collapse boolean DEFAULT false, description text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
BEGIN
    IF upsert_category.key IS NULL OR upsert_category.key !~ '^[a-z0-9][a-z0-9._-]{0,63}$' THEN
        RAISE EXCEPTION 'category key % must match [a-z0-9][a-z0-9._-]{0,63}',
            quote_nullable(left(upsert_category.key, 80)) USING ERRCODE = '22023';
    END IF;
    IF upsert_category.ambiguity IS NULL
       OR upsert_category.ambiguity NOT IN ('resend', 'hold') THEN
        RAISE EXCEPTION 'ambiguity must be resend or hold' USING ERRCODE = '22023';
    END IF;
    IF upsert_category.ttl IS NULL
       OR upsert_category.ttl NOT BETWEEN interval '1 second' AND interval '28 days' THEN
        RAISE EXCEPTION 'ttl must be between 1 second and 28 days' USING ERRCODE = '22023';
    END IF;
    INSERT INTO barid.category (key, critical, ambiguity, ttl, urgent, collapse, description)
    VALUES (upsert_category.key, coalesce(upsert_category.critical, false),
            upsert_category.ambiguity, upsert_category.ttl,
            coalesce(upsert_category.urgent, true), coalesce(upsert_category.collapse, false),
            left(upsert_category.description, 500))
    ON CONFLICT ON CONSTRAINT category_pkey DO UPDATE
        SET critical = EXCLUDED.critical, ambiguity = EXCLUDED.ambiguity, ttl = EXCLUDED.ttl,
            urgent = EXCLUDED.urgent, collapse = EXCLUDED.collapse,
            description = coalesce(EXCLUDED.description, category.description),
            updated_at = now();
END
$_$;
CREATE FUNCTION barid.upsert_template(key text, texts jsonb, variables text[] DEFAULT '{}'::text[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $_$
DECLARE
    latest int;
    item record;
    variable text;
BEGIN
    IF upsert_template.key IS NULL OR upsert_template.key !~ '^[a-z0-9][a-z0-9._-]{0,63}$' THEN
        RAISE EXCEPTION 'template key % must match [a-z0-9][a-z0-9._-]{0,63}',
            quote_nullable(left(upsert_template.key, 80)) USING ERRCODE = '22023';
    END IF;
    IF upsert_template.texts IS NULL OR jsonb_typeof(upsert_template.texts) <> 'object'
       OR upsert_template.texts = '{}' THEN
        RAISE EXCEPTION 'texts must be an object of languages'
            USING ERRCODE = '22023',
                  HINT = 'For example {"en": {"title": "…", "body": "…"}, "ar": {…}}.';
    END IF;
    upsert_template.variables := coalesce(upsert_template.variables, '{}');
    IF cardinality(upsert_template.variables) > 32 THEN
        RAISE EXCEPTION 'a template has at most 32 variables' USING ERRCODE = '22023';
    END IF;
    FOREACH variable IN ARRAY upsert_template.variables LOOP
        IF variable IS NULL OR variable !~ '^[A-Za-z][A-Za-z0-9_]{0,63}$' THEN
            RAISE EXCEPTION 'variable % must be a letter, then letters, digits and underscores',
                quote_nullable(left(variable, 80)) USING ERRCODE = '22023';
        END IF;
    END LOOP;
    FOR item IN SELECT t.key AS locale, t.value AS content FROM jsonb_each(upsert_template.texts) t
    LOOP
        PERFORM barid.check_locale(item.locale);
        IF jsonb_typeof(item.content) <> 'object'
           OR jsonb_typeof(item.content -> 'title') IS DISTINCT FROM 'string'
           OR jsonb_typeof(item.content -> 'body') IS DISTINCT FROM 'string'
           OR item.content - 'title' - 'body' <> '{}'
           OR item.content ->> 'title' = '' THEN
            RAISE EXCEPTION 'texts.% must be an object of exactly "title" (not empty) and "body"',
                item.locale USING ERRCODE = '22023';
        END IF;
        IF octet_length(item.content ->> 'title')
           + octet_length(item.content ->> 'body') > 3500 THEN
            RAISE EXCEPTION 'texts.% has % bytes of title and body, at most 3500 fit into a push',
                item.locale,
                octet_length(item.content ->> 'title') + octet_length(item.content ->> 'body')
                USING ERRCODE = '22023', HINT = 'An Arabic letter takes two bytes.';
        END IF;
        PERFORM barid.check_placeholders(item.content ->> 'title', upsert_template.variables,
                                         format('texts.%s.title', item.locale));
        PERFORM barid.check_placeholders(item.content ->> 'body', upsert_template.variables,
                                         format('texts.%s.body', item.locale));
    END LOOP;
    -- Two savers of one template take turns, so that versions have no gaps and no twins.
    PERFORM pg_advisory_xact_lock(hashtextextended('barid.template:' || upsert_template.key, 0));
    SELECT max(t.version) INTO latest FROM barid.template t WHERE t.key = upsert_template.key;
    IF latest IS NOT NULL AND NOT EXISTS (
        (SELECT t.locale, t.title, t.body, t.variables FROM barid.template t
         WHERE t.key = upsert_template.key AND t.version = latest
         EXCEPT
         SELECT barid.check_locale(n.key), n.value ->> 'title', n.value ->> 'body',
                upsert_template.variables
         FROM jsonb_each(upsert_template.texts) n)
        UNION ALL
        (SELECT barid.check_locale(n.key), n.value ->> 'title', n.value ->> 'body',
                upsert_template.variables
         FROM jsonb_each(upsert_template.texts) n
         EXCEPT
         SELECT t.locale, t.title, t.body, t.variables FROM barid.template t
         WHERE t.key = upsert_template.key AND t.version = latest)) THEN
        RETURN latest;
    END IF;
    INSERT INTO barid.template (key, version, locale, title, body, variables)
    SELECT upsert_template.key, coalesce(latest, 0) + 1, barid.check_locale(n.key),
           n.value ->> 'title', n.value ->> 'body', upsert_template.variables
    FROM jsonb_each(upsert_template.texts) n;
    RETURN coalesce(latest, 0) + 1;
END
$_$;
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
CREATE FUNCTION barid.uuid_v7() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    PLACING substring(
                        int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                    FROM 1 FOR 6),
            52, 1), 53, 1), 'hex')::uuid
$$;
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
CREATE FUNCTION barid.wake_after_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    -- Two-phase commit can't NOTIFY: `SET LOCAL barid.notify = off` leaves it to polling.
    IF current_setting('barid.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM barid.wake(q.queue) FROM (SELECT DISTINCT queue FROM inserted) q;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION barid.wake_flag(queue text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (hashtext(queue) & 63);
CREATE TABLE barid.app_user (
    id text NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    tz text DEFAULT 'UTC'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT app_user_id_check CHECK (((octet_length(id) >= 1) AND (octet_length(id) <= 256)))
);
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
    CONSTRAINT category_ambiguity_check CHECK ((ambiguity = ANY (ARRAY['resend'::text, 'hold'::text]))),
    CONSTRAINT category_key_check CHECK ((key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
    CONSTRAINT category_ttl_check CHECK (((ttl >= '00:00:01'::interval) AND (ttl <= '28 days'::interval)))
);
CREATE TABLE barid.claim (
    claim_id uuid NOT NULL,
    worker_id bigint NOT NULL,
    job_ids bigint[] NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');
ALTER TABLE ONLY barid.claim ALTER COLUMN job_ids SET STORAGE EXTERNAL;
CREATE TABLE barid.delivery (
    id uuid DEFAULT barid.uuid_v7() NOT NULL,
    notification_id uuid NOT NULL,
    channel text NOT NULL,
    device_id bigint,
    generation integer DEFAULT 0 NOT NULL,
    state text NOT NULL,
    reason text,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT delivery_channel_check CHECK ((channel = ANY (ARRAY['push'::text, 'inbox'::text, 'email'::text, 'webhook'::text]))),
    CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sending'::text, 'accepted'::text, 'failed'::text, 'unknown'::text, 'suppressed'::text, 'expired'::text])))
);
CREATE TABLE barid.delivery_attempt (
    delivery_id uuid NOT NULL,
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
    CONSTRAINT delivery_attempt_class_check CHECK ((class = ANY (ARRAY['accepted'::text, 'device_dead'::text, 'device_suspect'::text, 'payload_rejected'::text, 'auth_refresh'::text, 'third_party_auth'::text, 'sender_mismatch'::text, 'lane_paused'::text, 'retry'::text, 'ambiguous'::text, 'not_sent'::text, 'interrupted'::text])))
);
CREATE TABLE barid.dependency (
    parent_id bigint NOT NULL,
    child_id bigint NOT NULL
);
CREATE TABLE barid.dev_push (
    id bigint NOT NULL,
    notification_id uuid NOT NULL,
    device_id bigint NOT NULL,
    user_id text NOT NULL,
    platform text NOT NULL,
    locale text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    image text,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
ALTER TABLE barid.dev_push ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME barid.dev_push_id_seq
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
CREATE TABLE barid.history_partition (
    lower_id bigint NOT NULL,
    upper_id bigint NOT NULL
);
CREATE TABLE barid.inbox_item (
    notification_id uuid NOT NULL,
    user_id text NOT NULL,
    category text NOT NULL,
    locale text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    image text,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone,
    read_at timestamp with time zone,
    archived_at timestamp with time zone,
    snoozed_until timestamp with time zone
);
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
    CONSTRAINT media_entity_entity_check CHECK (((length(entity) >= 1) AND (length(entity) <= 256)))
);
CREATE TABLE barid.media_set (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    state barid.media_state DEFAULT 'storing'::barid.media_state NOT NULL,
    source_hash text NOT NULL COLLATE pg_catalog."C",
    recipe_hash text NOT NULL COLLATE pg_catalog."C",
    store text NOT NULL COLLATE pg_catalog."C",
    source jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT media_set_check CHECK (((state = 'complete'::barid.media_state) = (completed_at IS NOT NULL))),
    CONSTRAINT media_set_recipe_hash_check CHECK ((recipe_hash ~ '^[0-9a-f]{8}$'::text)),
    CONSTRAINT media_set_source_check CHECK ((jsonb_typeof(source) = 'object'::text)),
    CONSTRAINT media_set_source_hash_check CHECK ((source_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT media_set_store_check CHECK (((length(store) >= 1) AND (length(store) <= 64)))
);
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
    CONSTRAINT media_variant_format_check CHECK ((format = ANY (ARRAY['webp'::text, 'avif'::text, 'jpeg'::text]))),
    CONSTRAINT media_variant_height_check CHECK ((height > 0)),
    CONSTRAINT media_variant_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT media_variant_width_check CHECK ((width > 0))
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
    v.url
   FROM ((( SELECT DISTINCT ON (m.entity, c.source_hash) m.entity,
            m.set_id,
            m.attached_at
           FROM (barid.media_entity m
             JOIN barid.media_set c ON (((c.id = m.set_id) AND (c.state = 'complete'::barid.media_state))))
          ORDER BY m.entity, c.source_hash, m.attached_at DESC, m.set_id DESC) e
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
CREATE TABLE barid.migration (
    version integer NOT NULL,
    name text NOT NULL,
    min_worker integer DEFAULT 1 NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE barid.notification (
    id uuid DEFAULT barid.uuid_v7() NOT NULL,
    user_id text NOT NULL,
    category text NOT NULL,
    dedupe_key text NOT NULL,
    job_id bigint,
    lease_token text,
    template_key text,
    template_version integer,
    vars jsonb,
    texts jsonb,
    locale text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    image text,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT notification_dedupe_key_check CHECK (((octet_length(dedupe_key) >= 1) AND (octet_length(dedupe_key) <= 256))),
    CONSTRAINT notification_user_id_check CHECK (((octet_length(user_id) >= 1) AND (octet_length(user_id) <= 256)))
);
CREATE TABLE barid.ordering_slot (
    ordering_key text NOT NULL COLLATE pg_catalog."C",
    job_id bigint NOT NULL,
    blocked boolean DEFAULT false NOT NULL
)
WITH (autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');
CREATE TABLE barid.paused_kind (
    kind text NOT NULL COLLATE pg_catalog."C",
    paused_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE barid.preference (
    user_id text NOT NULL,
    category text DEFAULT '*'::text NOT NULL,
    channel text DEFAULT '*'::text NOT NULL,
    enabled boolean NOT NULL,
    updated_by text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT preference_channel_check CHECK ((channel = ANY (ARRAY['*'::text, 'push'::text, 'inbox'::text, 'email'::text, 'webhook'::text])))
);
CREATE TABLE barid.provider_state (
    provider text NOT NULL,
    paused_until timestamp with time zone,
    pause_reason text DEFAULT ''::text NOT NULL,
    day date DEFAULT ((now() AT TIME ZONE 'UTC'::text))::date NOT NULL,
    characters bigint DEFAULT 0 NOT NULL,
    budget bigint,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT provider_state_budget_check CHECK ((budget >= 0)),
    CONSTRAINT provider_state_characters_check CHECK ((characters >= 0))
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
 SELECT n.name,
    COALESCE(q.paused, false) AS paused,
    count(j.id) FILTER (WHERE ((j.state = 'waiting'::barid.job_state) AND (j.run_at <= now()))) AS due,
    count(j.id) FILTER (WHERE ((j.state = 'waiting'::barid.job_state) AND (j.run_at > now()))) AS later,
    count(j.id) FILTER (WHERE (j.state = 'running'::barid.job_state)) AS running,
    (now() - min(j.run_at) FILTER (WHERE ((j.state = 'waiting'::barid.job_state) AND (j.run_at <= now())))) AS oldest_due
   FROM ((( SELECT queue.name
           FROM barid.queue
        UNION
         SELECT DISTINCT job.queue
           FROM barid.job) n
     LEFT JOIN barid.queue q ON ((q.name = n.name)))
     LEFT JOIN barid.job j ON ((j.queue = n.name)))
  GROUP BY n.name, q.paused;
CREATE TABLE barid.rate_lane (
    project text NOT NULL,
    paused_until timestamp with time zone,
    reason text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE barid.rescue_log (
    worker_id bigint NOT NULL,
    worker_name text NOT NULL,
    job_id bigint NOT NULL,
    attempt smallint NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    rescued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE barid.template (
    key text NOT NULL,
    version integer NOT NULL,
    locale text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    variables text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT template_key_check CHECK ((key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
    CONSTRAINT template_version_check CHECK ((version >= 1))
);
CREATE TABLE barid.throttle (
    queue text NOT NULL COLLATE pg_catalog."C",
    unique_key text NOT NULL COLLATE pg_catalog."C",
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    job_id bigint NOT NULL
);
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
    CONSTRAINT translation_check CHECK (((text IS NULL) = (origin IS NULL))),
    CONSTRAINT translation_check1 CHECK (((text IS NOT NULL) OR (state = ANY (ARRAY['pending'::text, 'review'::text])))),
    CONSTRAINT translation_entity_id_check CHECK (((length(entity_id) >= 1) AND (length(entity_id) <= 256))),
    CONSTRAINT translation_entity_type_check CHECK (((length(entity_type) >= 1) AND (length(entity_type) <= 64))),
    CONSTRAINT translation_field_check CHECK (((length(field) >= 1) AND (length(field) <= 128))),
    CONSTRAINT translation_format_check CHECK ((format = ANY (ARRAY['text'::text, 'html'::text]))),
    CONSTRAINT translation_origin_check CHECK ((origin = ANY (ARRAY['memory'::text, 'provider'::text, 'human'::text]))),
    CONSTRAINT translation_source_lang_check CHECK ((source_lang = ANY (ARRAY['en'::text, 'ar'::text]))),
    CONSTRAINT translation_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'published'::text, 'review'::text, 'stale'::text]))),
    CONSTRAINT translation_target_lang_check CHECK ((target_lang = ANY (ARRAY['en'::text, 'ar'::text])))
);
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
    CONSTRAINT translation_review_state_check CHECK ((state = ANY (ARRAY['open'::text, 'approved'::text, 'rejected'::text, 'superseded'::text])))
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
 SELECT translation_review.id,
    translation_review.entity_type,
    translation_review.entity_id,
    translation_review.field,
    translation_review.source_lang,
    translation_review.target_lang AS lang,
    translation_review.format,
    translation_review.source_text,
    translation_review.reason,
    translation_review.detail,
    translation_review.suggestion,
    translation_review.provider,
    translation_review.state,
    translation_review.created_at,
    translation_review.resolved_at,
    translation_review.resolved_by
   FROM barid.translation_review;
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
ALTER TABLE ONLY barid.app_user
    ADD CONSTRAINT app_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.batch
    ADD CONSTRAINT batch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.category
    ADD CONSTRAINT category_pkey PRIMARY KEY (key);
ALTER TABLE ONLY barid.claim
    ADD CONSTRAINT claim_pkey PRIMARY KEY (claim_id);
ALTER TABLE ONLY barid.delivery_attempt
    ADD CONSTRAINT delivery_attempt_pkey PRIMARY KEY (delivery_id, attempt_no);
ALTER TABLE ONLY barid.delivery
    ADD CONSTRAINT delivery_notification_id_channel_device_id_generation_key UNIQUE NULLS NOT DISTINCT (notification_id, channel, device_id, generation);
ALTER TABLE ONLY barid.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.dependency
    ADD CONSTRAINT dependency_pkey PRIMARY KEY (parent_id, child_id);
ALTER TABLE ONLY barid.dev_push
    ADD CONSTRAINT dev_push_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.device
    ADD CONSTRAINT device_project_target_kind_target_key UNIQUE (project, target_kind, target);
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
ALTER TABLE ONLY barid.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);
ALTER TABLE barid.job
    ADD CONSTRAINT job_run_at_finite CHECK ((isfinite(run_at) OR ((run_at = 'infinity'::timestamp with time zone) AND isfinite(due_at)))) NOT VALID;
ALTER TABLE ONLY barid.limit_bucket
    ADD CONSTRAINT limit_bucket_pkey PRIMARY KEY (queue, limit_key);
ALTER TABLE ONLY barid.limit_slot
    ADD CONSTRAINT limit_slot_pkey PRIMARY KEY (job_id);
ALTER TABLE ONLY barid.media_entity
    ADD CONSTRAINT media_entity_pkey PRIMARY KEY (entity, set_id);
ALTER TABLE ONLY barid.media_set
    ADD CONSTRAINT media_set_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.media_set
    ADD CONSTRAINT media_set_source_hash_recipe_hash_store_key UNIQUE (source_hash, recipe_hash, store);
ALTER TABLE ONLY barid.media_variant
    ADD CONSTRAINT media_variant_pkey PRIMARY KEY (set_id, width, format);
ALTER TABLE ONLY barid.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);
ALTER TABLE ONLY barid.notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.notification
    ADD CONSTRAINT notification_user_id_dedupe_key_key UNIQUE (user_id, dedupe_key);
ALTER TABLE ONLY barid.ordering_slot
    ADD CONSTRAINT ordering_slot_pkey PRIMARY KEY (ordering_key);
ALTER TABLE ONLY barid.paused_kind
    ADD CONSTRAINT paused_kind_pkey PRIMARY KEY (kind);
ALTER TABLE ONLY barid.preference
    ADD CONSTRAINT preference_pkey PRIMARY KEY (user_id, category, channel);
ALTER TABLE ONLY barid.provider_state
    ADD CONSTRAINT provider_state_pkey PRIMARY KEY (provider);
ALTER TABLE ONLY barid.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.rate_lane
    ADD CONSTRAINT rate_lane_pkey PRIMARY KEY (project);
ALTER TABLE ONLY barid.template
    ADD CONSTRAINT template_pkey PRIMARY KEY (key, version, locale);
ALTER TABLE ONLY barid.throttle
    ADD CONSTRAINT throttle_pkey PRIMARY KEY (queue, unique_key, starts_at);
ALTER TABLE ONLY barid.translation_memory
    ADD CONSTRAINT translation_memory_pkey PRIMARY KEY (source_hash, source_lang, target_lang, provider, provider_version);
ALTER TABLE ONLY barid.translation
    ADD CONSTRAINT translation_pkey PRIMARY KEY (entity_type, entity_id, field, target_lang);
ALTER TABLE ONLY barid.translation_review
    ADD CONSTRAINT translation_review_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (id);
CREATE INDEX claim_worker ON barid.claim USING btree (worker_id);
CREATE INDEX delivery_of_device ON barid.delivery USING btree (device_id) WHERE (device_id IS NOT NULL);
CREATE INDEX delivery_open ON barid.delivery USING btree (updated_at) WHERE (state = ANY (ARRAY['pending'::text, 'sending'::text, 'unknown'::text]));
CREATE INDEX dependency_child ON barid.dependency USING btree (child_id);
CREATE INDEX dev_push_of_user ON barid.dev_push USING btree (user_id, id DESC);
CREATE INDEX device_of_user ON barid.device USING btree (user_id) WHERE (state <> 'dead'::text);
CREATE INDEX inbox_page ON barid.inbox_item USING btree (user_id, created_at DESC, notification_id DESC) WHERE (archived_at IS NULL);
CREATE INDEX inbox_unread ON barid.inbox_item USING btree (user_id) WHERE ((read_at IS NULL) AND (archived_at IS NULL));
CREATE INDEX job_batch ON barid.job USING btree (batch_id, id) WHERE (batch_id IS NOT NULL);
CREATE INDEX job_claim ON barid.job USING btree (queue, priority, run_at, id);
CREATE INDEX job_lane ON barid.job USING btree (queue, limit_key, priority, due_at, id) WHERE (parked_by = 'limit'::text);
CREATE INDEX job_ordering ON barid.job USING btree (ordering_key, id) WHERE (ordering_key IS NOT NULL);
CREATE INDEX job_parked_kind ON barid.job USING btree (kind, id) WHERE (parked_by = 'kind'::text);
CREATE UNIQUE INDEX job_unique ON barid.job USING btree (queue, unique_key) WHERE (unique_key IS NOT NULL);
CREATE INDEX limit_slot_scope ON barid.limit_slot USING btree (queue, limit_key);
CREATE INDEX media_entity_set ON barid.media_entity USING btree (set_id);
CREATE INDEX media_set_storing ON barid.media_set USING btree (created_at) WHERE (state = 'storing'::barid.media_state);
CREATE INDEX notification_by_job ON barid.notification USING btree (job_id) WHERE (job_id IS NOT NULL);
CREATE INDEX rescue_log_job ON barid.rescue_log USING btree (job_id);
CREATE UNIQUE INDEX translation_review_open ON barid.translation_review USING btree (entity_type, entity_id, field, target_lang) WHERE (state = 'open'::text);
CREATE INDEX translation_stale ON barid.translation USING btree (updated_at) WHERE (state = 'stale'::text);
ALTER INDEX barid.job_history_pkey ATTACH PARTITION barid.job_history_1000001_pkey;
ALTER INDEX barid.job_history_pkey ATTACH PARTITION barid.job_history_1_pkey;
ALTER INDEX barid.job_history_pkey ATTACH PARTITION barid.job_history_2000001_pkey;
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
CREATE TRIGGER job_admit BEFORE INSERT ON barid.job FOR EACH ROW WHEN (((new.limit_key IS NOT NULL) OR (new.batch_id IS NOT NULL) OR (new.throttle IS NOT NULL) OR (new.debounce IS NOT NULL) OR (new.unique_while <> 'finished'::text) OR (new.on_conflict <> 'keep'::text))) EXECUTE FUNCTION barid.admit();
CREATE TRIGGER job_wake AFTER INSERT ON barid.job REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION barid.wake_after_insert();
ALTER TABLE ONLY barid.claim
    ADD CONSTRAINT claim_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES barid.worker(id);
ALTER TABLE ONLY barid.delivery_attempt
    ADD CONSTRAINT delivery_attempt_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES barid.delivery(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.delivery
    ADD CONSTRAINT delivery_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES barid.notification(id) ON DELETE CASCADE;
ALTER TABLE ONLY barid.device
    ADD CONSTRAINT device_user_id_fkey FOREIGN KEY (user_id) REFERENCES barid.app_user(id) ON DELETE CASCADE;
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
GRANT USAGE ON SCHEMA barid TO barid_producer;
GRANT USAGE ON SCHEMA barid TO barid_worker;
GRANT USAGE ON SCHEMA barid TO barid_operator;
GRANT USAGE ON SCHEMA barid TO barid_readonly;
REVOKE ALL ON FUNCTION barid.admit() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.append_error(errors jsonb, attempt integer, error text, worker text, started timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.append_error(errors jsonb, attempt integer, error text, worker text, started timestamp with time zone) TO barid_worker;
REVOKE ALL ON FUNCTION barid.approve_translation(review_id bigint, text text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.approve_translation(review_id bigint, text text) TO barid_producer;
GRANT ALL ON FUNCTION barid.approve_translation(review_id bigint, text text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.cancel(id bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.cancel(id bigint, reason text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.check_callback(name text, definition jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_locale(locale text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_placeholders(content text, variables text[], place text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_tz(tz text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.claim_keyed(worker bigint, worker_epoch integer, claim uuid, ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.claim_keyed(worker bigint, worker_epoch integer, claim uuid, ids bigint[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.claim_limited(worker bigint, worker_epoch integer, claim uuid, of_queue text, demand integer, running_here integer, priorities smallint[], run_ats timestamp with time zone[], after_ids bigint[], after_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.claim_limited(worker bigint, worker_epoch integer, claim uuid, of_queue text, demand integer, running_here integer, priorities smallint[], run_ats timestamp with time zone[], after_ids bigint[], after_key text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.claim_worker(claim uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.claim_worker(claim uuid) TO barid_worker;
GRANT ALL ON FUNCTION barid.claim_worker(claim uuid) TO barid_operator;
REVOKE ALL ON FUNCTION barid.close_batch(batch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.close_batch(batch bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.close_batch(batch bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.close_batch(batch bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.close_epoch(worker bigint, old_epoch integer, known uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.close_epoch(worker bigint, old_epoch integer, known uuid[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.drop_checkpoints(ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.drop_checkpoints(ids bigint[]) TO barid_worker;
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
REVOKE ALL ON FUNCTION barid.ensure_history(ahead integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.ensure_history(ahead integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.finish_batch(batch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.finish_batch(batch bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.free_children(parents bigint[], states text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.free_children(parents bigint[], states text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.free_key(key text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.free_key(key text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.inbox(user_id text, page_size integer, before_at timestamp with time zone, before_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.inbox(user_id text, page_size integer, before_at timestamp with time zone, before_id uuid) TO barid_producer;
GRANT ALL ON FUNCTION barid.inbox(user_id text, page_size integer, before_at timestamp with time zone, before_id uuid) TO barid_operator;
REVOKE ALL ON FUNCTION barid.lane_keys(of_queue text, after_key text, wanted integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.lane_keys(of_queue text, after_key text, wanted integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.limited_queues(queues text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.limited_queues(queues text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.mark_read(user_id text, notification_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.mark_read(user_id text, notification_ids uuid[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.mark_read(user_id text, notification_ids uuid[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.media(entity text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media(entity text) TO barid_producer;
GRANT ALL ON FUNCTION barid.media(entity text) TO barid_worker;
GRANT ALL ON FUNCTION barid.media(entity text) TO barid_operator;
GRANT ALL ON FUNCTION barid.media(entity text) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.media_manifest(set_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.media_manifest(set_id bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.media_manifest(set_id bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.media_manifest(set_id bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.media_manifest(set_id bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_worker;
GRANT ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.pass_parents(child bigint, parents bigint[], policy text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.pass_parents(child bigint, parents bigint[], policy text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.pause(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.pause(queue text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.prune_history(batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.prune_history(batch integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.redact(payload jsonb, keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.redact(payload jsonb, keys text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.refilled(tokens double precision, refilled_at timestamp with time zone, rate integer, period interval, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.refilled(tokens double precision, refilled_at timestamp with time zone, rate integer, period interval, burst integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.register_device(user_id text, target text, platform text, project text, target_kind text, app_version text, locale text, tz text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.register_device(user_id text, target text, platform text, project text, target_kind text, app_version text, locale text, tz text) TO barid_producer;
GRANT ALL ON FUNCTION barid.register_device(user_id text, target text, platform text, project text, target_kind text, app_version text, locale text, tz text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.reject_translation(review_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.reject_translation(review_id bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.reject_translation(review_id bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.requeue_claim(claim uuid, job_ids bigint[], worker text, reason text, refund boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.requeue_claim(claim uuid, job_ids bigint[], worker text, reason text, refund boolean) TO barid_worker;
REVOKE ALL ON FUNCTION barid.rescue(worker bigint, seen bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.rescue(worker bigint, seen bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.resume(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resume(queue text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.retry(id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.retry(id bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_preference(user_id text, enabled boolean, category text, channel text, updated_by text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_preference(user_id text, enabled boolean, category text, channel text, updated_by text) TO barid_producer;
GRANT ALL ON FUNCTION barid.set_preference(user_id text, enabled boolean, category text, channel text, updated_by text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text, format text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text, format text) TO barid_producer;
GRANT ALL ON FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text, format text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.settle(ids bigint[], claims uuid[], actions text[], delays_ms bigint[], errors text[], outputs text[], worker text, closed_claims uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.settle(ids bigint[], claims uuid[], actions text[], delays_ms bigint[], errors text[], outputs text[], worker text, closed_claims uuid[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.sweep() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.sweep() TO barid_worker;
REVOKE ALL ON FUNCTION barid.translation_remember_human(source_lang text, target_lang text, format text, source text, source_hash bytea, human_text text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.translation_source_hash(format text, source text) FROM PUBLIC;
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
REVOKE ALL ON FUNCTION barid.unread_count(user_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unread_count(user_id text) TO barid_producer;
GRANT ALL ON FUNCTION barid.unread_count(user_id text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.unregister_device(user_id text, target text, project text, target_kind text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unregister_device(user_id text, target text, project text, target_kind text) TO barid_producer;
GRANT ALL ON FUNCTION barid.unregister_device(user_id text, target text, project text, target_kind text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_category(key text, critical boolean, ambiguity text, ttl interval, urgent boolean, collapse boolean, description text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_category(key text, critical boolean, ambiguity text, ttl interval, urgent boolean, collapse boolean, description text) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_category(key text, critical boolean, ambiguity text, ttl interval, urgent boolean, collapse boolean, description text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_user(user_id text, locale text, tz text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_user(user_id text, locale text, tz text) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_user(user_id text, locale text, tz text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.uuid_v7() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.uuid_v7() TO barid_worker;
REVOKE ALL ON FUNCTION barid.wake(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.wake(queue text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.wake_after_insert() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.wake_flag(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.wake_flag(queue text) TO barid_worker;
GRANT SELECT ON TABLE barid.app_user TO barid_worker;
GRANT SELECT ON TABLE barid.app_user TO barid_operator;
GRANT SELECT ON TABLE barid.app_user TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.batch TO barid_worker;
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
GRANT SELECT ON TABLE barid.batches TO barid_operator;
GRANT SELECT ON TABLE barid.batches TO barid_readonly;
GRANT SELECT ON TABLE barid.batches TO barid_worker;
GRANT SELECT ON TABLE barid.category TO barid_worker;
GRANT SELECT ON TABLE barid.category TO barid_operator;
GRANT SELECT ON TABLE barid.category TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.claim TO barid_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.delivery TO barid_worker;
GRANT SELECT ON TABLE barid.delivery TO barid_operator;
GRANT SELECT ON TABLE barid.delivery TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.delivery_attempt TO barid_worker;
GRANT SELECT ON TABLE barid.delivery_attempt TO barid_operator;
GRANT SELECT ON TABLE barid.delivery_attempt TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.dependency TO barid_worker;
GRANT SELECT,INSERT ON TABLE barid.dev_push TO barid_worker;
GRANT SELECT ON TABLE barid.dev_push TO barid_operator;
GRANT SELECT ON TABLE barid.dev_push TO barid_readonly;
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
GRANT SELECT ON TABLE barid.history_partition TO barid_worker;
GRANT SELECT ON TABLE barid.history_partition TO barid_operator;
GRANT SELECT ON TABLE barid.history_partition TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.inbox_item TO barid_worker;
GRANT SELECT ON TABLE barid.inbox_item TO barid_operator;
GRANT SELECT ON TABLE barid.inbox_item TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.job_history TO barid_worker;
GRANT SELECT ON TABLE barid.jobs TO barid_worker;
GRANT SELECT ON TABLE barid.jobs TO barid_operator;
GRANT SELECT ON TABLE barid.jobs TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.limit_bucket TO barid_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.limit_slot TO barid_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.media_entity TO barid_worker;
GRANT SELECT ON TABLE barid.media_entity TO barid_operator;
GRANT SELECT ON TABLE barid.media_entity TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.media_set TO barid_worker;
GRANT SELECT ON TABLE barid.media_set TO barid_operator;
GRANT SELECT ON TABLE barid.media_set TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.media_variant TO barid_worker;
GRANT SELECT ON TABLE barid.media_variant TO barid_operator;
GRANT SELECT ON TABLE barid.media_variant TO barid_readonly;
GRANT SELECT ON TABLE barid.media_pictures TO barid_producer;
GRANT SELECT ON TABLE barid.media_pictures TO barid_worker;
GRANT SELECT ON TABLE barid.media_pictures TO barid_operator;
GRANT SELECT ON TABLE barid.media_pictures TO barid_readonly;
GRANT SELECT ON TABLE barid.migration TO barid_worker;
GRANT SELECT ON TABLE barid.migration TO barid_operator;
GRANT SELECT ON TABLE barid.migration TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.notification TO barid_worker;
GRANT SELECT ON TABLE barid.notification TO barid_operator;
GRANT SELECT ON TABLE barid.notification TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.ordering_slot TO barid_worker;
GRANT SELECT ON TABLE barid.ordering_slot TO barid_operator;
GRANT SELECT ON TABLE barid.ordering_slot TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.paused_kind TO barid_worker;
GRANT SELECT ON TABLE barid.paused_kind TO barid_operator;
GRANT SELECT ON TABLE barid.paused_kind TO barid_readonly;
GRANT SELECT ON TABLE barid.preference TO barid_worker;
GRANT SELECT ON TABLE barid.preference TO barid_operator;
GRANT SELECT ON TABLE barid.preference TO barid_readonly;
GRANT SELECT ON TABLE barid.provider_state TO barid_operator;
GRANT SELECT ON TABLE barid.provider_state TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.provider_state TO barid_worker;
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
GRANT SELECT ON TABLE barid.template TO barid_worker;
GRANT SELECT ON TABLE barid.template TO barid_operator;
GRANT SELECT ON TABLE barid.template TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.throttle TO barid_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.translation TO barid_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.translation_memory TO barid_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.translation_review TO barid_worker;
GRANT SELECT ON TABLE barid.translation_reviews TO barid_producer;
GRANT SELECT ON TABLE barid.translation_reviews TO barid_worker;
GRANT SELECT ON TABLE barid.translation_reviews TO barid_operator;
GRANT SELECT ON TABLE barid.translation_reviews TO barid_readonly;
GRANT SELECT ON TABLE barid.translations TO barid_producer;
GRANT SELECT ON TABLE barid.translations TO barid_worker;
GRANT SELECT ON TABLE barid.translations TO barid_operator;
GRANT SELECT ON TABLE barid.translations TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.worker TO barid_worker;
GRANT SELECT ON TABLE barid.workers TO barid_worker;
GRANT SELECT ON TABLE barid.workers TO barid_operator;
GRANT SELECT ON TABLE barid.workers TO barid_readonly;
