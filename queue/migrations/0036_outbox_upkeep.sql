-- What the outbox relay and the projections got wrong at their edges: tables in partitions, ids of a
-- fixed length, payloads that are no JSON, event ids that two streams share, and events whose job
-- failed so long ago that it was forgotten.

-- A key is "STREAM:EVENT" where a relay brings the event: ids are a stream's own. Those that are there
-- are shorter, so that nobody waits until all are looked at (NOT VALID).
ALTER TABLE barid.projection_inbox DROP CONSTRAINT projection_inbox_event_id_check,
    ADD CONSTRAINT projection_inbox_event_id_check CHECK (octet_length(event_id) <= 172) NOT VALID;

-- Replaces 0030's: "character[]" would be of one character each, "bpchar[]" is of any length.
CREATE OR REPLACE FUNCTION barid.outbox_ids(source jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    type text;
BEGIN
    SELECT format_type(a.atttypid, -1) INTO type FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = source->>'schema' AND c.relname = source->>'name'
      AND a.attname = source->>'id' AND NOT a.attisdropped;
    RETURN format('o.%I = ANY ($2::%s[])', source->>'id', coalesce(type, 'text'));
END $$;

-- A mapped table's payload, NULL when it is none: one that is no JSON must not keep the claim from
-- reading the others.
CREATE FUNCTION barid.outbox_json(payload jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp RETURN payload;
CREATE FUNCTION barid.outbox_json(payload text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN payload::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
END $$;
CREATE FUNCTION barid.outbox_json(payload json) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp
    RETURN barid.outbox_json(payload::text);

-- Replaces 0030's, with how the payload of a mapped table is read.
DROP FUNCTION barid.outbox_claim_sql(barid.outbox_stream);
CREATE FUNCTION barid.outbox_claim_sql(wanted barid.outbox_stream,
                                       payload text DEFAULT '%s::jsonb') RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

-- Replaces 0030's: a mapped table's payloads are read one by one, for one may be no JSON.
CREATE OR REPLACE FUNCTION barid.outbox_singly(wanted barid.outbox_stream, max_events int,
                                               after_type text, after_id text,
                                               OUT events int, OUT blocked int)
    LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

-- Replaces 0030's: a payload that is no JSON comes as NULL, which no projector takes.
CREATE OR REPLACE FUNCTION barid.outbox_take(stream text, max_events int)
    RETURNS SETOF barid.outbox_event
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET TimeZone = 'UTC' AS $$
DECLARE
    place barid.outbox_place;
BEGIN
    SELECT p.* INTO place FROM barid.outbox_place p WHERE p.stream = $1;
    RETURN QUERY EXECUTE format('SELECT c.event_id, c.aggregate_type, c.aggregate_id,
            c.aggregate_version, c.event_type, c.payload, c.occurred_at, c.tags FROM (%s) c
            ORDER BY c.aggregate_type COLLATE "C", c.aggregate_id COLLATE "C", c.aggregate_version',
        barid.outbox_claim_sql(barid.outbox_find($1), 'barid.outbox_json(%s)'))
        USING $1, $2, coalesce(place.after_type, ''), coalesce(place.after_id, '');
END $$;

-- Replaces 0030's. A place (ctid) is one in each partition, and a row may have been taken back since
-- it was looked at: what is removed must itself be old.
CREATE OR REPLACE FUNCTION barid.outbox_prune(stream text, older_than interval, max_events int)
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET TimeZone = 'UTC' AS $$
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
END $$;

-- Whether a mapped table has an event of before `since` that a relay may still hand on.
CREATE FUNCTION barid.outbox_waits(stream text, since timestamptz) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET TimeZone = 'UTC' AS $$
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
END $$;

-- Replaces 0030's: of the shop's answers only the contract's are taken.
CREATE OR REPLACE FUNCTION barid.outbox_skip(stream text, event_id text, actor text, reason text)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET TimeZone = 'UTC' AS $$
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
END $$;

--------------------------------------------------------------------------------------------------
-- A job that blocks its ordering key is the only copy of what was to be done. It is kept until
-- somebody has decided, however long its queue keeps others; it goes with its partition then.

-- Replaces 0006's.
CREATE OR REPLACE FUNCTION barid.prune_history(batch int DEFAULT 5000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
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

-- Replaces 0006's.
CREATE OR REPLACE FUNCTION barid.history_needed(lower_id bigint, upper_id bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
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

GRANT EXECUTE ON FUNCTION barid.outbox_waits TO barid_worker;
