-- The outbox of the shop: what happened to its aggregates (an order, a customer's wishlist, a
-- product), written in the transaction in which it happened, and the functions by which Barid
-- delivers it (docs/commerce.md, "Outbox relay").
--
-- Three rules make the order strict without a cursor that late commits could fall behind:
--   1. A version is drawn from the aggregate's row, which stays locked until the writer commits:
--      version n + 1 can't be seen before n, and a rollback leaves no gap.
--   2. What waits is a row in shop.outbox, nothing else. A transaction that commits late only
--      appears late; nothing has passed it by.
--   3. The relay never touches the writers' rows, nor do they touch the relay's: a transaction
--      that stays open for ten minutes holds nothing up but its own events.

CREATE SCHEMA IF NOT EXISTS shop;
CREATE SCHEMA IF NOT EXISTS barid_shop;

-- The writers' side: the last version of each aggregate.
CREATE TABLE shop.outbox_aggregate (
    aggregate_type text COLLATE "C" NOT NULL
        CHECK (aggregate_type ~ '^[a-z][a-z0-9_]*$' AND length(aggregate_type) <= 40),
    aggregate_id   text COLLATE "C" NOT NULL CHECK (length(aggregate_id) BETWEEN 1 AND 128),
    last_version   bigint NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id)
) WITH (fillfactor = 70);

-- Events that are still to be delivered.
CREATE TABLE shop.outbox (
    stream            text COLLATE "C" NOT NULL,
    id                bigint GENERATED ALWAYS AS IDENTITY,
    aggregate_type    text COLLATE "C" NOT NULL,
    aggregate_id      text COLLATE "C" NOT NULL,
    aggregate_version bigint NOT NULL,
    event_type        text COLLATE "C" NOT NULL
        CHECK (event_type ~ '^[a-z0-9][a-z0-9_.-]*$' AND length(event_type) <= 63),
    payload           jsonb NOT NULL,
    occurred_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    tags              text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 16),
    PRIMARY KEY (stream, id),
    UNIQUE (stream, aggregate_type, aggregate_id, aggregate_version)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);

-- Events that were delivered, in the order in which they were, until outbox_prune.
CREATE TABLE shop.outbox_delivered (
    stream            text COLLATE "C" NOT NULL,
    position          bigint GENERATED ALWAYS AS IDENTITY,
    delivered_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    id                bigint NOT NULL,
    aggregate_type    text COLLATE "C" NOT NULL,
    aggregate_id      text COLLATE "C" NOT NULL,
    aggregate_version bigint NOT NULL,
    event_type        text COLLATE "C" NOT NULL,
    payload           jsonb NOT NULL,
    occurred_at       timestamptz NOT NULL,
    tags              text[] NOT NULL,
    -- An operator went on without it.
    skipped           boolean NOT NULL DEFAULT false,
    PRIMARY KEY (stream, position)
);

-- The relay's side: a row per stream, locked by whoever claims from it.
CREATE TABLE shop.outbox_stream (
    stream       text COLLATE "C" PRIMARY KEY,
    -- The aggregate after which the next claim begins, so that a busy one can't starve the
    -- others. Only a place to begin at: each claim goes round to it again.
    after_type   text COLLATE "C" NOT NULL DEFAULT '',
    after_id     text COLLATE "C" NOT NULL DEFAULT '',
    pruned       bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);

-- Aggregates whose lowest event couldn't be delivered: retry_at says when it is tried again;
-- without one somebody has to decide.
CREATE TABLE shop.outbox_stuck (
    stream         text COLLATE "C" NOT NULL,
    aggregate_type text COLLATE "C" NOT NULL,
    aggregate_id   text COLLATE "C" NOT NULL,
    id             bigint NOT NULL,
    error          text NOT NULL,
    attempts       int NOT NULL DEFAULT 1,
    retry_at       timestamptz,
    blocked_at     timestamptz,
    PRIMARY KEY (stream, aggregate_type, aggregate_id),
    CHECK ((retry_at IS NULL) = (blocked_at IS NOT NULL))
);

-- Who went on without which event, and why. Nothing prunes it.
CREATE TABLE shop.outbox_skip_log (
    skipped_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    stream            text NOT NULL,
    id                bigint NOT NULL,
    aggregate_type    text NOT NULL,
    aggregate_id      text NOT NULL,
    aggregate_version bigint NOT NULL,
    event_type        text NOT NULL,
    payload           jsonb NOT NULL,
    error             text NOT NULL,
    actor             text NOT NULL CHECK (actor <> ''),
    reason            text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (stream, id)
);

-- All events of an aggregate are in one stream. A stream is named by what it carries; "order" is
-- plural because [outbox.orders] reads better.
CREATE FUNCTION shop.outbox_stream_of(aggregate_type text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE aggregate_type WHEN 'order' THEN 'orders' ELSE aggregate_type END;

-- Writes an event and returns its version. Call it last in a transaction: it locks the aggregate's
-- row until the commit. Of several aggregates in one transaction, emit by (type, id).
CREATE FUNCTION shop.emit(aggregate_type text, aggregate_id text, event_type text, payload jsonb,
                          tags text[] DEFAULT '{}') RETURNS bigint
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, shop, pg_temp AS $$
    WITH drawn AS (
        INSERT INTO shop.outbox_aggregate AS a (aggregate_type, aggregate_id, last_version)
        VALUES ($1, $2, 1)
        ON CONFLICT ON CONSTRAINT outbox_aggregate_pkey
            DO UPDATE SET last_version = a.last_version + 1
        RETURNING a.last_version)
    INSERT INTO shop.outbox AS o (stream, aggregate_type, aggregate_id, aggregate_version,
                                  event_type, payload, tags)
    SELECT shop.outbox_stream_of($1), $1, $2, d.last_version, $3, $4, coalesce($5, '{}')
    FROM drawn d
    RETURNING o.aggregate_version;
$$;

--------------------------------------------------------------------------------------------------
-- The contract.

-- Takes the stream's row first: of two relays, one waits until the other has committed, and sees
-- what it did. Each statement below has a snapshot of its own, taken after that.
CREATE FUNCTION shop.outbox_lock(stream text) RETURNS shop.outbox_stream
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    place shop.outbox_stream;
BEGIN
    SELECT s.* INTO place FROM shop.outbox_stream s WHERE s.stream = $1 FOR UPDATE;
    IF place.stream IS NULL THEN
        INSERT INTO shop.outbox_stream (stream) VALUES ($1) ON CONFLICT DO NOTHING;
        SELECT s.* INTO place FROM shop.outbox_stream s WHERE s.stream = $1 FOR UPDATE;
    END IF;
    RETURN place;
END $$;

-- Claims whole aggregates round the stream, from the one after the last acknowledged; each claim
-- sees all that waits. A blocked aggregate, and one whose next try is yet to come, is left out.
-- Scans of the index in its order: statistics of a table that is mostly empty suggest others.
CREATE FUNCTION barid_shop.outbox_claim(stream text, max_events int)
    RETURNS TABLE (event_id text, aggregate_type text, aggregate_id text,
                   aggregate_version bigint, event_type text, payload jsonb,
                   occurred_at timestamptz, tags text[])
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1000
    SET search_path = pg_catalog, shop, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
    SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    place shop.outbox_stream := shop.outbox_lock($1);
    many  int;
BEGIN
    RETURN QUERY
        SELECT o.id::text, o.aggregate_type, o.aggregate_id, o.aggregate_version, o.event_type,
               o.payload, o.occurred_at, o.tags
        FROM shop.outbox o
        WHERE o.stream = $1
          AND (o.aggregate_type, o.aggregate_id) > (place.after_type, place.after_id)
          AND NOT EXISTS (
              SELECT 1 FROM shop.outbox_stuck s
              WHERE s.stream = o.stream AND s.aggregate_type = o.aggregate_type
                AND s.aggregate_id = o.aggregate_id
                AND (s.retry_at IS NULL OR s.retry_at > clock_timestamp()))
        ORDER BY o.aggregate_type, o.aggregate_id, o.aggregate_version
        LIMIT $2;
    GET DIAGNOSTICS many = ROW_COUNT;
    IF many >= $2 OR place.after_type = '' THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT o.id::text, o.aggregate_type, o.aggregate_id, o.aggregate_version, o.event_type,
               o.payload, o.occurred_at, o.tags
        FROM shop.outbox o
        WHERE o.stream = $1
          AND (o.aggregate_type, o.aggregate_id) <= (place.after_type, place.after_id)
          AND NOT EXISTS (
              SELECT 1 FROM shop.outbox_stuck s
              WHERE s.stream = o.stream AND s.aggregate_type = o.aggregate_type
                AND s.aggregate_id = o.aggregate_id
                AND (s.retry_at IS NULL OR s.retry_at > clock_timestamp()))
        ORDER BY o.aggregate_type, o.aggregate_id, o.aggregate_version
        LIMIT $2 - many;
END $$;

CREATE FUNCTION barid_shop.outbox_ack(stream text, event_ids text[]) RETURNS int
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, shop, pg_temp SET enable_seqscan = off AS $$
DECLARE
    many int;
BEGIN
    PERFORM shop.outbox_lock($1);
    -- Ids are drawn under the aggregate's lock, like versions: their order is the versions'.
    WITH gone AS (
        DELETE FROM shop.outbox o
        WHERE o.stream = $1 AND o.id = ANY ($2::bigint[])
        RETURNING o.*),
    kept AS (
        INSERT INTO shop.outbox_delivered (stream, id, aggregate_type, aggregate_id,
                                           aggregate_version, event_type, payload, occurred_at, tags)
        SELECT g.stream, g.id, g.aggregate_type, g.aggregate_id, g.aggregate_version, g.event_type,
               g.payload, g.occurred_at, g.tags
        FROM gone g
        ORDER BY g.id),
    place AS (
        UPDATE shop.outbox_stream s SET after_type = g.aggregate_type, after_id = g.aggregate_id
        FROM gone g
        WHERE s.stream = $1 AND g.id = ($2[cardinality($2)])::bigint)
    SELECT count(*) INTO many FROM gone;
    DELETE FROM shop.outbox_stuck s
    WHERE s.stream = $1 AND s.id = ANY ($2::bigint[]);
    RETURN many;
END $$;

-- With a time, the event's aggregate waits until then (one that was blocked, too); without one it
-- is blocked.
CREATE FUNCTION barid_shop.outbox_fail(stream text, event_id text, error text,
                                       retry_at timestamptz) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, shop, pg_temp AS $$
BEGIN
    PERFORM shop.outbox_lock($1);
    INSERT INTO shop.outbox_stuck AS s (stream, aggregate_type, aggregate_id, id, error, retry_at,
                                        blocked_at)
    SELECT o.stream, o.aggregate_type, o.aggregate_id, o.id, left($3, 4000), $4,
           CASE WHEN $4 IS NULL THEN clock_timestamp() END
    FROM shop.outbox o WHERE o.stream = $1 AND o.id = $2::bigint
    ON CONFLICT ON CONSTRAINT outbox_stuck_pkey DO UPDATE
        SET id = excluded.id, error = excluded.error, retry_at = excluded.retry_at,
            blocked_at = CASE WHEN excluded.retry_at IS NULL
                              THEN coalesce(s.blocked_at, excluded.blocked_at) END,
            -- What was blocked gets a time from a person: that is no further failure.
            attempts = CASE WHEN s.id <> excluded.id THEN 1
                            WHEN s.blocked_at IS NOT NULL AND excluded.retry_at IS NOT NULL
                            THEN s.attempts
                            ELSE s.attempts + 1 END;
    RETURN CASE WHEN $4 IS NULL THEN 'BLOCKED' ELSE 'RETRY' END;
END $$;

CREATE FUNCTION barid_shop.outbox_skip(stream text, event_id text, actor text, reason text)
    RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    many int;
BEGIN
    IF coalesce($3, '') = '' OR coalesce($4, '') = '' THEN
        RAISE EXCEPTION 'who skips the event % of %, and why?', $2, $1 USING ERRCODE = '22023',
            HINT = 'give an actor and a reason: both are kept in shop.outbox_skip_log';
    END IF;
    PERFORM shop.outbox_lock($1);
    WITH freed AS (
        DELETE FROM shop.outbox_stuck s
        WHERE s.stream = $1 AND s.id = $2::bigint AND s.blocked_at IS NOT NULL
        RETURNING s.id, s.error),
    gone AS (
        DELETE FROM shop.outbox o USING freed f
        WHERE o.stream = $1 AND o.id = f.id
        RETURNING o.*, f.error),
    kept AS (
        INSERT INTO shop.outbox_delivered (stream, id, aggregate_type, aggregate_id,
            aggregate_version, event_type, payload, occurred_at, tags, skipped)
        SELECT g.stream, g.id, g.aggregate_type, g.aggregate_id, g.aggregate_version, g.event_type,
               g.payload, g.occurred_at, g.tags, true
        FROM gone g)
    INSERT INTO shop.outbox_skip_log (stream, id, aggregate_type, aggregate_id, aggregate_version,
                                      event_type, payload, error, actor, reason)
    SELECT g.stream, g.id, g.aggregate_type, g.aggregate_id, g.aggregate_version, g.event_type,
           g.payload, g.error, $3, $4
    FROM gone g;
    GET DIAGNOSTICS many = ROW_COUNT;
    RETURN CASE WHEN many = 1 THEN 'SKIPPED' ELSE 'NOT_BLOCKED' END;
END $$;

CREATE FUNCTION barid_shop.outbox_blocked(stream text, max_events int)
    RETURNS TABLE (event_id text, aggregate_type text, aggregate_id text,
                   aggregate_version bigint, event_type text, error text, attempts int,
                   blocked_at timestamptz, occurred_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT s.id::text, o.aggregate_type, o.aggregate_id, o.aggregate_version, o.event_type, s.error,
           s.attempts, s.blocked_at, o.occurred_at
    FROM shop.outbox_stuck s JOIN shop.outbox o ON o.stream = s.stream AND o.id = s.id
    WHERE s.stream = $1 AND s.blocked_at IS NOT NULL
    ORDER BY s.blocked_at, s.id
    LIMIT $2;
$$;

CREATE FUNCTION barid_shop.outbox_state(stream text)
    RETURNS TABLE (pending bigint, oldest timestamptz, blocked bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, shop, pg_temp AS $$
    SELECT (SELECT count(*) FROM (SELECT 1 FROM shop.outbox o WHERE o.stream = $1
                                  LIMIT 10000) counted),
           (SELECT o.occurred_at FROM shop.outbox o WHERE o.stream = $1 ORDER BY o.id LIMIT 1),
           (SELECT count(*) FROM shop.outbox_stuck s
            WHERE s.stream = $1 AND s.blocked_at IS NOT NULL);
$$;

-- The first delivered are the first to go, so that what is left of an aggregate has no gap.
CREATE FUNCTION barid_shop.outbox_prune(stream text, older_than interval, max_events int)
    RETURNS int
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, shop, pg_temp AS $$
DECLARE
    many int;
BEGIN
    PERFORM shop.outbox_lock($1);
    WITH old AS (
        SELECT d.position, d.delivered_at FROM shop.outbox_delivered d WHERE d.stream = $1
        ORDER BY d.position LIMIT $3)
    DELETE FROM shop.outbox_delivered d USING old
    WHERE d.stream = $1 AND d.position = old.position
      AND old.delivered_at < clock_timestamp() - $2;
    GET DIAGNOSTICS many = ROW_COUNT;
    IF many > 0 THEN
        UPDATE shop.outbox_stream s SET pruned = s.pruned + many WHERE s.stream = $1;
    END IF;
    RETURN many;
END $$;

--------------------------------------------------------------------------------------------------
-- I9: what was delivered of each aggregate went out in the order of its versions, none is missing
-- or was there twice, and what waits follows on it. A row each violation; none is as it should be.
CREATE FUNCTION shop.violations_i9() RETURNS TABLE (what text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, shop, pg_temp AS $$
    WITH steps AS (
        SELECT d.stream, d.aggregate_type, d.aggregate_id, d.aggregate_version,
               lag(d.aggregate_version) OVER of_aggregate AS before
        FROM shop.outbox_delivered d
        WINDOW of_aggregate AS (PARTITION BY d.aggregate_type, d.aggregate_id
                                ORDER BY d.position)),
    waiting AS (
        SELECT o.aggregate_type, o.aggregate_id, min(o.aggregate_version) AS lowest,
               max(o.aggregate_version) AS highest, count(*) AS many
        FROM shop.outbox o GROUP BY 1, 2),
    delivered AS (
        SELECT d.aggregate_type, d.aggregate_id, max(d.aggregate_version) AS highest
        FROM shop.outbox_delivered d GROUP BY 1, 2)
    SELECT format('I9: %s %s: version %s was delivered after %s', s.aggregate_type, s.aggregate_id,
                  s.aggregate_version, s.before)
    FROM steps s WHERE s.aggregate_version <> s.before + 1
    UNION ALL
    SELECT format('I9: %s %s: version %s was delivered first', s.aggregate_type, s.aggregate_id,
                  s.aggregate_version)
    FROM steps s LEFT JOIN shop.outbox_stream p ON p.stream = s.stream
    WHERE s.before IS NULL AND s.aggregate_version <> 1 AND coalesce(p.pruned, 0) = 0
    UNION ALL
    SELECT format('I9: %s %s: versions %s to %s wait, %s of them, the last one that was delivered '
                  'is %s and the last one at all %s', a.aggregate_type, a.aggregate_id, w.lowest,
                  w.highest, coalesce(w.many, 0), d.highest, a.last_version)
    FROM shop.outbox_aggregate a
    LEFT JOIN waiting w USING (aggregate_type, aggregate_id)
    LEFT JOIN delivered d USING (aggregate_type, aggregate_id)
    LEFT JOIN shop.outbox_stream p ON p.stream = shop.outbox_stream_of(a.aggregate_type)
    WHERE coalesce(w.highest, d.highest, CASE WHEN p.pruned > 0 THEN a.last_version END)
              IS DISTINCT FROM a.last_version
       OR w.many <> w.highest - w.lowest + 1
       OR w.lowest <> d.highest + 1
       OR (d.highest IS NULL AND w.lowest <> 1 AND coalesce(p.pruned, 0) = 0);
$$;

GRANT USAGE ON SCHEMA barid_shop TO barid_commerce;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA barid_shop FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA barid_shop TO barid_commerce;
