-- The outbox relay (docs/commerce.md, "Outbox relay"): events that a shop wrote in its own
-- transactions become jobs, deliveries or changes of a projection, in the order of each aggregate.
--
-- A batch is one statement of barid.outbox_step: it claims, hands on and acknowledges in one
-- transaction, so that an event's job is there exactly when the event is done. Relays of a stream
-- take turns by an advisory lock, which a killed one leaves with its session.
--
-- Streams are the operator's: workers write [outbox.NAME] here, and only names from here ever
-- become a part of a statement. What has an owner's rights calls a shop's function only when that
-- has its own owner's rights, too: it can't borrow ours.

CREATE TABLE barid.outbox_stream (
    name          text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9_]{1,40}$'),
    shop_schema   text NOT NULL,
    target        text NOT NULL CHECK (target IN ('jobs', 'deliver', 'projection')),
    kind          text NOT NULL DEFAULT '',
    queue         text NOT NULL DEFAULT 'default',
    endpoint      text NOT NULL DEFAULT '',
    projection    text NOT NULL DEFAULT '',
    max_attempts  int NOT NULL DEFAULT 25,
    -- A table of the shop's instead of its functions: {"schema", "name", "id", "aggregate_type",
    -- "aggregate_id", "version", "type", "payload", "occurred_at", "delivered_at"}.
    source        jsonb,
    configured_at timestamptz NOT NULL DEFAULT now()
);

-- Where the claims of a mapped table go on; only a place to begin at.
CREATE TABLE barid.outbox_place (
    stream     text COLLATE "C" PRIMARY KEY,
    after_type text NOT NULL DEFAULT '',
    after_id   text NOT NULL DEFAULT ''
) WITH (fillfactor = 20);

-- Aggregates of mapped tables whose lowest event couldn't be handed on. The contract's functions
-- keep their own.
CREATE TABLE barid.outbox_stuck (
    stream            text COLLATE "C" NOT NULL,
    aggregate_type    text NOT NULL,
    aggregate_id      text NOT NULL,
    event_id          text NOT NULL,
    aggregate_version bigint NOT NULL,
    event_type        text NOT NULL,
    occurred_at       timestamptz,
    error             text NOT NULL,
    attempts          int NOT NULL DEFAULT 1,
    retry_at          timestamptz,
    blocked_at        timestamptz,
    PRIMARY KEY (stream, aggregate_type, aggregate_id)
);

-- Who went on without which event, or had it tried again, and why.
CREATE TABLE barid.outbox_decision (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    stream     text NOT NULL,
    event_id   text NOT NULL,
    decision   text NOT NULL CHECK (decision IN ('skip', 'retry')),
    actor      text NOT NULL,
    reason     text NOT NULL
);

CREATE TYPE barid.outbox_event AS (
    event_id text, aggregate_type text, aggregate_id text, aggregate_version bigint,
    event_type text, payload jsonb, occurred_at timestamptz, tags text[]);

-- What a worker's configuration says of a stream. True when that is news.
CREATE FUNCTION barid.outbox_configure(stream text, options jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

-- One of the shop's functions as SQL writes it, or an error that says how to mend what it isn't.
CREATE FUNCTION barid.outbox_function(shop_schema text, function text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

CREATE FUNCTION barid.outbox_find(stream text) RETURNS barid.outbox_stream
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    wanted barid.outbox_stream;
BEGIN
    SELECT s.* INTO wanted FROM barid.outbox_stream s WHERE s.name = $1;
    IF wanted.name IS NULL THEN
        RAISE EXCEPTION 'there is no stream %', $1 USING ERRCODE = '22023',
            HINT = format('add [outbox.%s] to the configuration of a worker; it is known once that has begun', $1);
    END IF;
    RETURN wanted;
END $$;

-- A mapped table's column, by what the operator says that it is called.
CREATE FUNCTION barid.outbox_column(source jsonb, part text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN format('o.%I', source->>part);

CREATE FUNCTION barid.outbox_table(source jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN format('%I.%I', source->>'schema', source->>'name');

-- "o.id = ANY ($2::uuid[])": the parameter becomes what the column is, so that its index serves.
CREATE FUNCTION barid.outbox_ids(source jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    type text;
BEGIN
    SELECT format_type(a.atttypid, NULL) INTO type FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = source->>'schema' AND c.relname = source->>'name'
      AND a.attname = source->>'id' AND NOT a.attisdropped;
    RETURN format('o.%I = ANY ($2::%s[])', source->>'id', coalesce(type, 'text'));
END $$;

-- The query that claims: $1 is the stream, $2 how many, $3 and $4 the aggregate to go on after.
-- What waits in a mapped table is a row without delivered_at; the second part, which goes round to
-- the place again, is only read when the first one is too short.
CREATE FUNCTION barid.outbox_claim_sql(wanted barid.outbox_stream) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    part text := '(SELECT %1$s::text AS event_id, %2$s::text AS aggregate_type,
            %3$s::text AS aggregate_id, %4$s::bigint AS aggregate_version,
            %5$s::text AS event_type, %6$s::jsonb AS payload, %7$s::timestamptz AS occurred_at,
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
                  barid.outbox_column(wanted.source, 'payload'),
                  barid.outbox_column(wanted.source, 'occurred_at'),
                  barid.outbox_table(wanted.source),
                  barid.outbox_column(wanted.source, 'delivered_at'),
                  CASE turn WHEN 1 THEN '>' ELSE '<=' END);
    END LOOP;
    RETURN 'SELECT * FROM (' || whole || ') whole LIMIT $2';
END $$;

-- Acknowledges; how many were not before.
CREATE FUNCTION barid.outbox_done(wanted barid.outbox_stream, event_ids text[], last_type text,
                                  last_id text) RETURNS int
    LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

CREATE FUNCTION barid.outbox_failed(wanted barid.outbox_stream, event barid.outbox_event,
                                    problem text, retry_at timestamptz) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

-- Jobs of an aggregate run one after the other, in the order of their ids; "outbox:" and the
-- stream's name are what a blocked one is found by.
CREATE FUNCTION barid.outbox_jobs_sql(wanted barid.outbox_stream, source text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    RETURN format(
        'INSERT INTO barid.job (run_at, kind, payload, queue, max_attempts, ordering_key, tags)
         SELECT (SELECT clock_timestamp()), %s, %s, %L, %s,
                %L || c.aggregate_type || '':'' || c.aggregate_id,
                CASE WHEN c.tags <> ''{}'' THEN c.tags END
         FROM %s c
         ORDER BY c.aggregate_type COLLATE "C", c.aggregate_id COLLATE "C", c.aggregate_version',
        CASE WHEN wanted.target = 'deliver' THEN quote_literal('http.deliver')
             WHEN wanted.kind <> '' THEN quote_literal(wanted.kind)
             ELSE 'c.event_type' END,
        CASE WHEN wanted.target = 'deliver'
             THEN format('jsonb_build_object(''endpoint'', %L, ''type'', c.event_type, ''data'', ',
                         wanted.endpoint)
             ELSE '' END
        || format('jsonb_build_object(''stream'', %L, ''event_id'', c.event_id,
                ''type'', c.event_type, ''aggregate_type'', c.aggregate_type,
                ''aggregate_id'', c.aggregate_id, ''version'', c.aggregate_version,
                ''occurred_at'', c.occurred_at, ''data'', c.payload)', wanted.name)
        || CASE WHEN wanted.target = 'deliver' THEN ')' ELSE '' END,
        wanted.queue, wanted.max_attempts, 'outbox:' || wanted.name || ':', source);

-- One event after the other, each undone alone when it can't be handed on: its aggregate is
-- blocked then, and the rest of it left where it is. Only what the data may be to blame for is
-- caught; a lock that took too long or a missing right ends the step.
CREATE FUNCTION barid.outbox_singly(wanted barid.outbox_stream, max_events int, after_type text,
                                    after_id text, OUT events int, OUT blocked int)
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
                    FROM (%s) c', barid.outbox_claim_sql(wanted))
        INTO claimed USING wanted.name, max_events, after_type, after_id;
    events := 0;
    blocked := 0;
    FOREACH event IN ARRAY coalesce(claimed, '{}') LOOP
        place := event.aggregate_type || chr(31) || event.aggregate_id;
        CONTINUE WHEN place = ANY (held);
        problem := NULL;
        BEGIN
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

-- One batch. `outcome`: relayed (events may be 0: nothing waits), busy (another relay has the
-- stream). To be called in a transaction of its own.
CREATE FUNCTION barid.outbox_step(stream text, max_events int,
                                  OUT outcome text, OUT events int, OUT blocked int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET TimeZone = 'UTC' AS $$
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
END $$;

-- For what is done with events outside of this schema, in one transaction: false when another relay
-- has the stream, then a batch, then what became of it. `failed`: [{"event_id", "error"}].
CREATE FUNCTION barid.outbox_turn(stream text) RETURNS boolean
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_try_advisory_xact_lock(1112297802, hashtext($1))
$$;

CREATE FUNCTION barid.outbox_take(stream text, max_events int) RETURNS SETOF barid.outbox_event
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET TimeZone = 'UTC' AS $$
DECLARE
    place barid.outbox_place;
BEGIN
    SELECT p.* INTO place FROM barid.outbox_place p WHERE p.stream = $1;
    RETURN QUERY EXECUTE format('SELECT c.event_id, c.aggregate_type, c.aggregate_id,
            c.aggregate_version, c.event_type, c.payload, c.occurred_at, c.tags FROM (%s) c
            ORDER BY c.aggregate_type COLLATE "C", c.aggregate_id COLLATE "C", c.aggregate_version',
        barid.outbox_claim_sql(barid.outbox_find($1)))
        USING $1, $2, coalesce(place.after_type, ''), coalesce(place.after_id, '');
END $$;

CREATE FUNCTION barid.outbox_settle(stream text, done text[], last_type text, last_id text,
                                    failed jsonb) RETURNS int
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET TimeZone = 'UTC' AS $$
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
END $$;

-- Removes delivered events; how many.
CREATE FUNCTION barid.outbox_prune(stream text, older_than interval, max_events int) RETURNS int
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
    EXECUTE format('DELETE FROM %1$s d WHERE d.ctid = ANY (ARRAY(
                        SELECT o.ctid FROM %1$s o WHERE %2$s < clock_timestamp() - $1 LIMIT $2))',
                   barid.outbox_table(wanted.source),
                   barid.outbox_column(wanted.source, 'delivered_at'))
        USING $2, $3;
    GET DIAGNOSTICS many = ROW_COUNT;
    RETURN many;
END $$;

--------------------------------------------------------------------------------------------------
-- For people: what waits and what stands still. An event that was handed on as a job and whose job
-- failed for good stands still in its queue, when that blocks (on_ordering_failure); it is found by
-- its ordering key.

CREATE FUNCTION barid.outbox_blocked_jobs(stream text, max_events int)
    RETURNS TABLE (event_id text, aggregate_type text, aggregate_id text,
                   aggregate_version bigint, event_type text, error text, attempts int,
                   blocked_at timestamptz, occurred_at timestamptz, job_id bigint,
                   ordering_key text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
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
$$;

-- The oldest first. `job_id` is there where a job of the event failed.
CREATE FUNCTION barid.outbox_blocked(stream text, max_events int DEFAULT 100)
    RETURNS TABLE (event_id text, aggregate_type text, aggregate_id text,
                   aggregate_version bigint, event_type text, error text, attempts int,
                   blocked_at timestamptz, occurred_at timestamptz, job_id bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

-- A row each stream. `problem`: why nothing could be told of it.
CREATE FUNCTION barid.outbox_states()
    RETURNS TABLE (stream text, target text, pending bigint, oldest timestamptz, blocked bigint,
                   problem text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp
    SET TimeZone = 'UTC' AS $$
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
END $$;

-- An operator goes on without an event. SKIPPED or NOT_BLOCKED.
CREATE FUNCTION barid.outbox_skip(stream text, event_id text, actor text, reason text)
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

-- The cause has been mended: the event is tried again. RETRY or NOT_BLOCKED.
CREATE FUNCTION barid.outbox_retry(stream text, event_id text, actor text, reason text)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

GRANT EXECUTE ON FUNCTION barid.outbox_configure, barid.outbox_step, barid.outbox_turn,
    barid.outbox_take, barid.outbox_settle, barid.outbox_prune,
    barid.outbox_blocked, barid.outbox_states, barid.outbox_skip, barid.outbox_retry
    TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.outbox_blocked, barid.outbox_states, barid.outbox_skip,
    barid.outbox_retry TO barid_operator;
GRANT EXECUTE ON FUNCTION barid.outbox_states, barid.outbox_blocked TO barid_readonly;
GRANT SELECT ON barid.outbox_stream, barid.outbox_decision TO barid_worker, barid_operator,
    barid_readonly;
