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
CREATE FUNCTION barid.check_start(run_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    IF run_at IS NULL OR NOT isfinite(run_at) THEN
        RAISE EXCEPTION 'run_at must be a finite time' USING ERRCODE = '22023';
    END IF;
    RETURN run_at;
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
CREATE FUNCTION barid.disallow_function(signature text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM barid.allowed_function f WHERE f.name = barid.function_name(signature);
    RETURN FOUND;
END $$;
CREATE FUNCTION barid.drop_checkpoints(ids bigint[]) RETURNS void
    LANGUAGE sql
    AS $$
    DELETE FROM barid.checkpoint c WHERE c.job_id = ANY (ids)
      AND NOT EXISTS (SELECT 1 FROM barid.job_history h
                      WHERE h.id = c.job_id AND h.state = 'failed')
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
                     AND h.finished_at >= now() - coalesce(q.retention, '14 days'));
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
            LIMIT batch) o;
        DELETE FROM barid.job_history h WHERE h.id = ANY (ids);
        IF coalesce(cardinality(ids), 0) < batch THEN
            UPDATE barid.prune_cursor c SET done_until = cutoff WHERE c.retention = term;
        END IF;
        total := total + coalesce(cardinality(ids), 0);
    END LOOP;
    RETURN total;
END $$;
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
CREATE FUNCTION barid.queue_status(max integer DEFAULT NULL::integer) RETURNS TABLE(name text, paused boolean, due bigint, later bigint, running bigint, oldest_due interval, parked bigint, parked_by jsonb, counted_to integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'barid', 'pg_temp'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
    WITH RECURSIVE hop (queue, n) AS (
        (SELECT j.queue, 1 FROM barid.job j ORDER BY j.queue LIMIT 1)
        UNION ALL
        SELECT (SELECT j.queue FROM barid.job j WHERE j.queue > hop.queue ORDER BY j.queue LIMIT 1),
               hop.n + 1
        FROM hop WHERE hop.queue IS NOT NULL AND hop.n < 1000
    ), names AS (
        SELECT hop.queue FROM hop WHERE hop.queue IS NOT NULL
        UNION SELECT q.name FROM barid.queue q
    ), bound AS MATERIALIZED (
        SELECT coalesce(max, greatest(100, least(10000, 30000 / greatest(count(*), 1))))::int AS n
        FROM names
    ), held AS MATERIALIZED (
        SELECT j.queue, count(*) AS running
        FROM (SELECT c.claim_id, unnest(c.job_ids) AS id FROM barid.claim c LIMIT 50000) c
        -- One look-up by id for each, whatever the planner thinks of the number.
        CROSS JOIN LATERAL (SELECT j.queue, j.claim_id, j.state FROM barid.job j
                            WHERE j.id = c.id OFFSET 0) j
        WHERE j.claim_id = c.claim_id AND j.state = 'running'
        GROUP BY j.queue
    )
    SELECT n.queue, coalesce(q.paused, false), due.count, later.count, coalesce(h.running, 0),
           statement_timestamp() - oldest.run_at, parked.count, parked.reasons, bound.n
    FROM names n
    CROSS JOIN bound
    LEFT JOIN barid.queue q ON q.name = n.queue
    LEFT JOIN held h ON h.queue = n.queue
    -- The index is by queue, priority and time: a range for each priority.
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT FROM generate_series(0, 9) p CROSS JOIN LATERAL (
                SELECT FROM barid.job j WHERE j.queue = n.queue AND j.priority = p::smallint
                    AND j.run_at <= statement_timestamp() AND j.state = 'waiting' LIMIT (SELECT b.n FROM bound b)) d
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
    CROSS JOIN LATERAL (
        SELECT min(d.run_at) AS run_at FROM generate_series(0, 9) p CROSS JOIN LATERAL (
            SELECT j.run_at FROM barid.job j WHERE j.queue = n.queue AND j.priority = p::smallint
                AND j.run_at <= statement_timestamp() AND j.state = 'waiting'
            ORDER BY j.run_at LIMIT 1) d) oldest
    ORDER BY n.queue
$$;
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
CREATE FUNCTION barid.utc_text(instant timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    RETURN ((to_jsonb((instant AT TIME ZONE 'UTC'::text)) #>> '{}'::text[]) || 'Z'::text);
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
    CONSTRAINT category_ambiguity_check CHECK ((ambiguity = ANY (ARRAY['resend'::text, 'hold'::text]))),
    CONSTRAINT category_key_check CHECK ((key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
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
ALTER TABLE ONLY barid.allowed_function
    ADD CONSTRAINT allowed_function_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.app_user
    ADD CONSTRAINT app_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.batch
    ADD CONSTRAINT batch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY barid.cancel_request
    ADD CONSTRAINT cancel_request_pkey PRIMARY KEY (job_id);
ALTER TABLE ONLY barid.category
    ADD CONSTRAINT category_pkey PRIMARY KEY (key);
ALTER TABLE ONLY barid.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (job_id);
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
ALTER TABLE ONLY barid.prune_cursor
    ADD CONSTRAINT prune_cursor_pkey PRIMARY KEY (retention);
ALTER TABLE ONLY barid.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.rate_lane
    ADD CONSTRAINT rate_lane_pkey PRIMARY KEY (project);
ALTER TABLE ONLY barid.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (name);
ALTER TABLE ONLY barid.schedule_run
    ADD CONSTRAINT schedule_run_pkey PRIMARY KEY (schedule, fire_at);
ALTER TABLE ONLY barid.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (name);
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
ALTER TABLE ONLY barid.worker_log
    ADD CONSTRAINT worker_log_pkey PRIMARY KEY (worker_id);
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
CREATE INDEX job_history_finished ON ONLY barid.job_history USING brin (finished_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX job_history_1000001_finished_at_idx ON barid.job_history_1000001 USING brin (finished_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX job_history_origin ON ONLY barid.job_history USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_history_1000001_origin_id_id_idx ON barid.job_history_1000001 USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_history_tags ON ONLY barid.job_history USING gin (tags) WHERE (tags IS NOT NULL);
CREATE INDEX job_history_1000001_tags_idx ON barid.job_history_1000001 USING gin (tags) WHERE (tags IS NOT NULL);
CREATE INDEX job_history_1_finished_at_idx ON barid.job_history_1 USING brin (finished_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX job_history_1_origin_id_id_idx ON barid.job_history_1 USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_history_1_tags_idx ON barid.job_history_1 USING gin (tags) WHERE (tags IS NOT NULL);
CREATE INDEX job_history_2000001_finished_at_idx ON barid.job_history_2000001 USING brin (finished_at) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX job_history_2000001_origin_id_id_idx ON barid.job_history_2000001 USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_history_2000001_tags_idx ON barid.job_history_2000001 USING gin (tags) WHERE (tags IS NOT NULL);
CREATE INDEX job_lane ON barid.job USING btree (queue, limit_key, priority, due_at, id) WHERE (parked_by = 'limit'::text);
CREATE INDEX job_ordering ON barid.job USING btree (ordering_key, id) WHERE (ordering_key IS NOT NULL);
CREATE INDEX job_origin ON barid.job USING btree (origin_id, id) WHERE (origin_id IS NOT NULL);
CREATE INDEX job_parked_kind ON barid.job USING btree (kind, id) WHERE (parked_by = 'kind'::text);
CREATE UNIQUE INDEX job_unique ON barid.job USING btree (queue, unique_key) WHERE (unique_key IS NOT NULL);
CREATE INDEX limit_slot_scope ON barid.limit_slot USING btree (queue, limit_key);
CREATE INDEX media_entity_set ON barid.media_entity USING btree (set_id);
CREATE INDEX media_set_storing ON barid.media_set USING btree (created_at) WHERE (state = 'storing'::barid.media_state);
CREATE INDEX notification_by_job ON barid.notification USING btree (job_id) WHERE (job_id IS NOT NULL);
CREATE INDEX rescue_log_job ON barid.rescue_log USING btree (job_id);
CREATE INDEX schedule_run_age ON barid.schedule_run USING btree (fire_at);
CREATE INDEX subscription_exact ON barid.subscription USING btree (pattern) WHERE (NOT wild);
CREATE INDEX subscription_wild ON barid.subscription USING btree (name) WHERE wild;
CREATE UNIQUE INDEX translation_review_open ON barid.translation_review USING btree (entity_type, entity_id, field, target_lang) WHERE (state = 'open'::text);
CREATE INDEX translation_stale ON barid.translation USING btree (updated_at) WHERE (state = 'stale'::text);
ALTER INDEX barid.job_history_finished ATTACH PARTITION barid.job_history_1000001_finished_at_idx;
ALTER INDEX barid.job_history_origin ATTACH PARTITION barid.job_history_1000001_origin_id_id_idx;
ALTER INDEX barid.job_history_pkey ATTACH PARTITION barid.job_history_1000001_pkey;
ALTER INDEX barid.job_history_tags ATTACH PARTITION barid.job_history_1000001_tags_idx;
ALTER INDEX barid.job_history_finished ATTACH PARTITION barid.job_history_1_finished_at_idx;
ALTER INDEX barid.job_history_origin ATTACH PARTITION barid.job_history_1_origin_id_id_idx;
ALTER INDEX barid.job_history_pkey ATTACH PARTITION barid.job_history_1_pkey;
ALTER INDEX barid.job_history_tags ATTACH PARTITION barid.job_history_1_tags_idx;
ALTER INDEX barid.job_history_finished ATTACH PARTITION barid.job_history_2000001_finished_at_idx;
ALTER INDEX barid.job_history_origin ATTACH PARTITION barid.job_history_2000001_origin_id_id_idx;
ALTER INDEX barid.job_history_pkey ATTACH PARTITION barid.job_history_2000001_pkey;
ALTER INDEX barid.job_history_tags ATTACH PARTITION barid.job_history_2000001_tags_idx;
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
CREATE TRIGGER job_wake BEFORE INSERT ON barid.job FOR EACH ROW WHEN ((current_setting('barid.woken'::text, true) IS DISTINCT FROM new.queue)) EXECUTE FUNCTION barid.wake_before_insert();
CREATE TRIGGER queue_retention AFTER INSERT OR DELETE OR UPDATE OF retention ON barid.queue FOR EACH ROW EXECUTE FUNCTION barid.restart_prune();
CREATE TRIGGER worker_log AFTER INSERT OR DELETE ON barid.worker FOR EACH ROW EXECUTE FUNCTION barid.log_worker();
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
REVOKE ALL ON FUNCTION barid.allow_function(signature text, timeout interval, lock_timeout interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.allow_function(signature text, timeout interval, lock_timeout interval) TO barid_operator;
REVOKE ALL ON FUNCTION barid.append_error(errors jsonb, attempt integer, error text, worker text, started timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.append_error(errors jsonb, attempt integer, error text, worker text, started timestamp with time zone) TO barid_worker;
REVOKE ALL ON FUNCTION barid.approve_translation(review_id bigint, text text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.approve_translation(review_id bigint, text text) TO barid_producer;
GRANT ALL ON FUNCTION barid.approve_translation(review_id bigint, text text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.attempts(job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.attempts(job_id bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.attempts(job_id bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.attempts(job_id bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.bulk(action text, filter jsonb, arguments jsonb, max integer, preview boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.bulk(action text, filter jsonb, arguments jsonb, max integer, preview boolean) TO barid_operator;
REVOKE ALL ON FUNCTION barid.bulk_states(action text, filter jsonb, arguments jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cancel(id bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.cancel(id bigint, reason text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.cancel_jobs(ids bigint[], reason text, patient boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_callback(name text, definition jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_filter(filter jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_keys(what text, given jsonb, known text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_locale(locale text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_max(max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_pause(pause interval) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_placeholders(content text, variables text[], place text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_priority(priority integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_start(run_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_tz(tz text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.check_zone(tz text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.claim_keyed(worker bigint, worker_epoch integer, claim uuid, ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.claim_keyed(worker bigint, worker_epoch integer, claim uuid, ids bigint[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.claim_limited(worker bigint, worker_epoch integer, claim uuid, of_queue text, demand integer, running_here integer, priorities smallint[], run_ats timestamp with time zone[], after_ids bigint[], after_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.claim_limited(worker bigint, worker_epoch integer, claim uuid, of_queue text, demand integer, running_here integer, priorities smallint[], run_ats timestamp with time zone[], after_ids bigint[], after_key text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.claim_worker(claim uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.claim_worker(claim uuid) TO barid_worker;
GRANT ALL ON FUNCTION barid.claim_worker(claim uuid) TO barid_operator;
REVOKE ALL ON FUNCTION barid.clear_job_rows(ids bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.close_batch(batch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.close_batch(batch bigint) TO barid_producer;
GRANT ALL ON FUNCTION barid.close_batch(batch bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.close_batch(batch bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.close_epoch(worker bigint, old_epoch integer, known uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.close_epoch(worker bigint, old_epoch integer, known uuid[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.cron_bits(bits integer[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_every(length text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_field(field text, value text, low integer, high integer, names text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_latest(c barid.cron, tz text, first timestamp with time zone, until timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_local(c barid.cron, start timestamp without time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_next(c barid.cron, tz text, after timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_parse(expr text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.cron_value(field text, value text, low integer, high integer, names text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.disallow_function(signature text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.disallow_function(signature text) TO barid_operator;
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
REVOKE ALL ON FUNCTION barid.find_finished(filter jsonb, states text[], max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.find_live(filter jsonb, states text[], max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.finish_batch(batch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.finish_batch(batch bigint) TO barid_worker;
GRANT SELECT ON TABLE barid.schedule TO barid_worker;
GRANT SELECT ON TABLE barid.schedule TO barid_operator;
GRANT SELECT ON TABLE barid.schedule TO barid_readonly;
REVOKE ALL ON FUNCTION barid.fire_due(s barid.schedule, clock timestamp with time zone, room integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.fire_once(s barid.schedule, fire timestamp with time zone, is_manual boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.fire_schedules(max_jobs integer, OUT added integer, OUT refused integer, OUT next_ms bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.fire_schedules(max_jobs integer, OUT added integer, OUT refused integer, OUT next_ms bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.forget(tag text, max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.forget(tag text, max integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.forget_step(only_tags text[], max integer) FROM PUBLIC;
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
REVOKE ALL ON FUNCTION barid.hide_errors(errors jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.history_needed(lower_id bigint, upper_id bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.history_step_done(partition text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.history_step_done(partition text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.history_to_drop() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.history_to_drop() TO barid_worker;
REVOKE ALL ON FUNCTION barid.hold_around(ids bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.hold_jobs(ids bigint[], patient boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.inbox(user_id text, page_size integer, before_at timestamp with time zone, before_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.inbox(user_id text, page_size integer, before_at timestamp with time zone, before_id uuid) TO barid_producer;
GRANT ALL ON FUNCTION barid.inbox(user_id text, page_size integer, before_at timestamp with time zone, before_id uuid) TO barid_operator;
REVOKE ALL ON FUNCTION barid.job_report(job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.job_report(job_id bigint) TO barid_worker;
GRANT ALL ON FUNCTION barid.job_report(job_id bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.job_report(job_id bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.kind_status(period interval, max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.kind_status(period interval, max integer) TO barid_worker;
GRANT ALL ON FUNCTION barid.kind_status(period interval, max integer) TO barid_operator;
GRANT ALL ON FUNCTION barid.kind_status(period interval, max integer) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.lane_keys(of_queue text, after_key text, wanted integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.lane_keys(of_queue text, after_key text, wanted integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.limited_queues(queues text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.limited_queues(queues text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.lineage(id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.lineage(id bigint) TO barid_operator;
GRANT ALL ON FUNCTION barid.lineage(id bigint) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.log_worker() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.longest_retention() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.mark_read(user_id text, notification_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.mark_read(user_id text, notification_ids uuid[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.mark_read(user_id text, notification_ids uuid[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.may_hold(value jsonb, keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.may_hold(value jsonb, keys text[]) TO barid_worker;
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
REVOKE ALL ON FUNCTION barid.move_jobs(ids bigint[], action text, starts timestamp with time zone, pause interval, level integer, patient boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) TO barid_producer;
GRANT ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) TO barid_worker;
GRANT ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) TO barid_operator;
GRANT ALL ON FUNCTION barid.next_fire(expr text, tz text, after timestamp with time zone) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_producer;
GRANT ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_worker;
GRANT ALL ON FUNCTION barid.open_batch(name text, on_success jsonb, on_failure jsonb, on_finished jsonb) TO barid_operator;
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
REVOKE ALL ON FUNCTION barid.prune_history(batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.prune_history(batch integer) TO barid_worker;
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
REVOKE ALL ON FUNCTION barid.queue_status(max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.queue_status(max integer) TO barid_worker;
GRANT ALL ON FUNCTION barid.queue_status(max integer) TO barid_operator;
GRANT ALL ON FUNCTION barid.queue_status(max integer) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.redact(payload jsonb, keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.redact(payload jsonb, keys text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.redact_value(value jsonb, keys text[], depth integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.redact_value(value jsonb, keys text[], depth integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.redrive(filter jsonb, max integer, per_second numeric, preview boolean, to_queue text, start timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.redrive(filter jsonb, max integer, per_second numeric, preview boolean, to_queue text, start timestamp with time zone) TO barid_operator;
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
REVOKE ALL ON FUNCTION barid.reschedule(id bigint, run_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.reschedule(id bigint, run_at timestamp with time zone) TO barid_operator;
REVOKE ALL ON FUNCTION barid.rescue(worker bigint, seen bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.rescue(worker bigint, seen bigint) TO barid_worker;
REVOKE ALL ON FUNCTION barid.restart_prune() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.resume(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resume(queue text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.resume_kind(kind text, max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resume_kind(kind text, max integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.resume_schedule(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.resume_schedule(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.retry(id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.retry(id bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.retry_jobs(ids bigint[], patient boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.run_now(id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.run_now(id bigint) TO barid_operator;
REVOKE ALL ON FUNCTION barid.run_schedule(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.run_schedule(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.save_checkpoint(job bigint, claim uuid, data text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.save_checkpoint(job bigint, claim uuid, data text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.schedule(name text, cron text, kind text, payload jsonb, queue text, priority integer, max_attempts integer, tz text, missed text, jitter interval, starts_at timestamp with time zone, ends_at timestamp with time zone, unique_key text, ordering_key text, tags text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.schedule(name text, cron text, kind text, payload jsonb, queue text, priority integer, max_attempts integer, tz text, missed text, jitter interval, starts_at timestamp with time zone, ends_at timestamp with time zone, unique_key text, ordering_key text, tags text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.schedule_next(c barid.cron, tz text, after timestamp with time zone, starts_at timestamp with time zone, ends_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) TO barid_producer;
GRANT ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) TO barid_worker;
GRANT ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) TO barid_operator;
GRANT ALL ON FUNCTION barid.schedule_preview(expr text, tz text, n integer, after timestamp with time zone) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.set_preference(user_id text, enabled boolean, category text, channel text, updated_by text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_preference(user_id text, enabled boolean, category text, channel text, updated_by text) TO barid_producer;
GRANT ALL ON FUNCTION barid.set_preference(user_id text, enabled boolean, category text, channel text, updated_by text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_priority(id bigint, priority integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_priority(id bigint, priority integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_queue(name text, settings jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_queue(name text, settings jsonb) TO barid_operator;
REVOKE ALL ON FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text, format text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text, format text) TO barid_producer;
GRANT ALL ON FUNCTION barid.set_translation(entity_type text, entity_id text, field text, lang text, text text, source_text text, format text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.settle(ids bigint[], claims uuid[], actions text[], delays_ms bigint[], errors text[], outputs text[], worker text, closed_claims uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.settle(ids bigint[], claims uuid[], actions text[], delays_ms bigint[], errors text[], outputs text[], worker text, closed_claims uuid[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.snooze(id bigint, pause interval) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.snooze(id bigint, pause interval) TO barid_operator;
REVOKE ALL ON FUNCTION barid.sql_call(job_id bigint, claim uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.sql_call(job_id bigint, claim uuid) TO barid_worker;
REVOKE ALL ON FUNCTION barid.subscribe(name text, pattern text, kind text, queue text, payload jsonb, merge boolean, priority integer, max_attempts integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.subscribe(name text, pattern text, kind text, queue text, payload jsonb, merge boolean, priority integer, max_attempts integer) TO barid_operator;
REVOKE ALL ON FUNCTION barid.sweep() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.sweep() TO barid_worker;
REVOKE ALL ON FUNCTION barid.tidy(batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.tidy(batch integer) TO barid_worker;
REVOKE ALL ON FUNCTION barid.topic_matcher(pattern text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.topic_matches(topic text, pattern text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.topic_matches(topic text, pattern text) TO barid_producer;
GRANT ALL ON FUNCTION barid.topic_matches(topic text, pattern text) TO barid_worker;
GRANT ALL ON FUNCTION barid.topic_matches(topic text, pattern text) TO barid_operator;
GRANT ALL ON FUNCTION barid.topic_matches(topic text, pattern text) TO barid_readonly;
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
REVOKE ALL ON FUNCTION barid.unschedule(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unschedule(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.unsubscribe(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.unsubscribe(name text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_category(key text, critical boolean, ambiguity text, ttl interval, urgent boolean, collapse boolean, description text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_category(key text, critical boolean, ambiguity text, ttl interval, urgent boolean, collapse boolean, description text) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_category(key text, critical boolean, ambiguity text, ttl interval, urgent boolean, collapse boolean, description text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_template(key text, texts jsonb, variables text[]) TO barid_operator;
REVOKE ALL ON FUNCTION barid.upsert_user(user_id text, locale text, tz text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.upsert_user(user_id text, locale text, tz text) TO barid_producer;
GRANT ALL ON FUNCTION barid.upsert_user(user_id text, locale text, tz text) TO barid_operator;
REVOKE ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) TO barid_producer;
GRANT ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) TO barid_worker;
GRANT ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) TO barid_operator;
GRANT ALL ON FUNCTION barid.utc_text(instant timestamp with time zone) TO barid_readonly;
REVOKE ALL ON FUNCTION barid.uuid_v7() FROM PUBLIC;
GRANT ALL ON FUNCTION barid.uuid_v7() TO barid_worker;
REVOKE ALL ON FUNCTION barid.wake(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.wake(queue text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.wake_before_insert() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.wake_flag(queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.wake_flag(queue text) TO barid_worker;
REVOKE ALL ON FUNCTION barid.wake_schedules() FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.write_log(ids bigint[], claims uuid[], attempts integer[], numbers integer[], ages_ms bigint[], lines text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION barid.write_log(ids bigint[], claims uuid[], attempts integer[], numbers integer[], ages_ms bigint[], lines text[]) TO barid_worker;
REVOKE ALL ON FUNCTION barid.zone_change(low timestamp without time zone, high timestamp without time zone, tz text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.zone_first(shown timestamp without time zone, tz text) FROM PUBLIC;
REVOKE ALL ON FUNCTION barid.zone_local(instant timestamp without time zone, tz text) FROM PUBLIC;
GRANT SELECT ON TABLE barid.allowed_function TO barid_worker;
GRANT SELECT ON TABLE barid.allowed_function TO barid_operator;
GRANT SELECT ON TABLE barid.allowed_function TO barid_readonly;
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
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.checkpoint TO barid_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.claim TO barid_worker;
GRANT SELECT ON TABLE barid.dead_letters TO barid_worker;
GRANT SELECT ON TABLE barid.dead_letters TO barid_operator;
GRANT SELECT ON TABLE barid.dead_letters TO barid_readonly;
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
GRANT SELECT ON TABLE barid.functions TO barid_worker;
GRANT SELECT ON TABLE barid.functions TO barid_operator;
GRANT SELECT ON TABLE barid.functions TO barid_readonly;
GRANT SELECT ON TABLE barid.history_partition TO barid_worker;
GRANT SELECT ON TABLE barid.history_partition TO barid_operator;
GRANT SELECT ON TABLE barid.history_partition TO barid_readonly;
GRANT SELECT,INSERT,UPDATE ON TABLE barid.inbox_item TO barid_worker;
GRANT SELECT ON TABLE barid.inbox_item TO barid_operator;
GRANT SELECT ON TABLE barid.inbox_item TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.job_history TO barid_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.job_log TO barid_worker;
GRANT SELECT ON TABLE barid.jobs TO barid_worker;
GRANT SELECT ON TABLE barid.jobs TO barid_operator;
GRANT SELECT ON TABLE barid.jobs TO barid_readonly;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE barid.paused_kind TO barid_worker;
GRANT SELECT ON TABLE barid.paused_kind TO barid_operator;
GRANT SELECT ON TABLE barid.paused_kind TO barid_readonly;
GRANT SELECT ON TABLE barid.kinds TO barid_worker;
GRANT SELECT ON TABLE barid.kinds TO barid_operator;
GRANT SELECT ON TABLE barid.kinds TO barid_readonly;
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
GRANT SELECT ON TABLE barid.schedule_run TO barid_worker;
GRANT SELECT ON TABLE barid.schedule_run TO barid_operator;
GRANT SELECT ON TABLE barid.schedule_run TO barid_readonly;
GRANT SELECT ON TABLE barid.schedules TO barid_worker;
GRANT SELECT ON TABLE barid.schedules TO barid_operator;
GRANT SELECT ON TABLE barid.schedules TO barid_readonly;
GRANT SELECT ON TABLE barid.subscription TO barid_worker;
GRANT SELECT ON TABLE barid.subscription TO barid_operator;
GRANT SELECT ON TABLE barid.subscription TO barid_readonly;
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
GRANT SELECT ON TABLE barid.worker_log TO barid_worker;
GRANT SELECT ON TABLE barid.worker_log TO barid_operator;
GRANT SELECT ON TABLE barid.worker_log TO barid_readonly;
GRANT SELECT ON TABLE barid.workers TO barid_worker;
GRANT SELECT ON TABLE barid.workers TO barid_operator;
GRANT SELECT ON TABLE barid.workers TO barid_readonly;
