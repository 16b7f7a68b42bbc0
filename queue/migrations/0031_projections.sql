-- Projections: which version of a shop's read model its readers see, which is being built, which
-- events were applied, and who had what done. The tables of the versions are the shop's own.
--
-- One lock for each projection orders everything (barid.projection_key): whoever applies events
-- holds it shared, whoever moves a rebuild or swaps holds it alone, both until their transaction
-- ends. So a version that begins to be built gets every event whose transaction applies it later,
-- and each event is in all versions or in none. docs/decisions/0024 says why that is enough.

CREATE TABLE barid.projection (
    name             text COLLATE "C" PRIMARY KEY
                     CHECK (name ~ '^[a-z0-9_-]{1,40}$'),
    active_version   int NOT NULL DEFAULT 1 CHECK (active_version > 0),
    highest_version  int NOT NULL DEFAULT 1,
    -- What was read before the last swap; events still reach it, so that it can be read again.
    kept_version     int,
    kept_until       timestamptz,
    -- Since it has one the kept version misses events: there is no way back to it.
    kept_problem     text,

    -- A rebuild under way, NULL without one.
    step             text CHECK (step IN ('draining', 'filling', 'verifying', 'swapping')),
    building_version int,
    building_problem text,
    job_id           bigint,
    differs          boolean NOT NULL DEFAULT false,
    actor            text,
    reason           text,
    since            pg_snapshot,
    cursor           text,
    rows_done        bigint NOT NULL DEFAULT 0,
    rows_expected    bigint NOT NULL DEFAULT 0,
    started_at       timestamptz,
    filled_at        timestamptz,
    cancelled_by     text,
    cancel_reason    text,

    -- Of the last rebuild, for people.
    tries            int NOT NULL DEFAULT 0,
    live_rows        bigint,
    live_hash        text,
    new_rows         bigint,
    new_hash         text,
    finished_at      timestamptz,
    error            text,
    CHECK ((step IS NULL) = (building_version IS NULL)),
    CHECK (kept_version <> active_version),
    CHECK (building_version <> active_version)
);

-- Who had what done, and what became of it.
CREATE TABLE barid.projection_history (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT now(),
    projection   text NOT NULL,
    action       text NOT NULL CHECK (action IN ('asked', 'started', 'swapped', 'failed',
                     'cancelled', 'rolled_back', 'dropped', 'left_behind')),
    version      int,
    from_version int,
    actor        text,
    reason       text,
    details      jsonb
);
CREATE INDEX projection_history_of ON barid.projection_history (projection, id);

-- The events that a projection has had, whatever version they went to. Kept longer than an event
-- may come late: [projection.NAME] inbox_retention.
CREATE TABLE barid.projection_inbox (
    projection text COLLATE "C" NOT NULL,
    event_id   text COLLATE "C" NOT NULL CHECK (octet_length(event_id) <= 128),
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, event_id)
);
CREATE INDEX projection_inbox_age ON barid.projection_inbox (projection, applied_at);

CREATE FUNCTION barid.projection_key(name text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT hashtextextended('barid.projection/' || name, 0) $$;

--------------------------------------------------------------------------------------------------
-- Applying events

-- To which versions events go, in this transaction and until it ends; a projection that nobody
-- knows yet begins with version 1. Each version is told apart by its part: active, building, kept.
CREATE FUNCTION barid.projection_versions(name text)
    RETURNS TABLE (part text, version int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

-- Notes events as applied; answers those that weren't yet. They are a part of the caller's
-- transaction like what it does with them.
CREATE FUNCTION barid.projection_take(name text, events text[]) RETURNS SETOF text
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    INSERT INTO barid.projection_inbox (projection, event_id)
    SELECT DISTINCT $1, e COLLATE "C" FROM unnest($2) e ORDER BY 2
    ON CONFLICT DO NOTHING
    RETURNING event_id
$$;

-- An event couldn't be applied to a version that nobody reads: it gets no more, and whoever wants
-- to read it is told. The version that is read is never given up.
CREATE FUNCTION barid.projection_leave_behind(name text, version int, problem text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

--------------------------------------------------------------------------------------------------
-- Moving a rebuild

-- The projection, for one who is going to change it: nobody applies events to it until this
-- transaction ends. Answers no row unless the job is really being run under this claim.
CREATE FUNCTION barid.projection_hold(name text, job_id bigint, claim uuid)
    RETURNS SETOF barid.projection
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM pg_advisory_xact_lock(barid.projection_key(name));
    PERFORM FROM barid.job j
    WHERE j.id = job_id AND j.claim_id = claim AND j.state = 'running' FOR KEY SHARE;
    IF NOT FOUND THEN RETURN; END IF;
    INSERT INTO barid.projection (name) VALUES (name) ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT p.* FROM barid.projection p WHERE p.name = name FOR UPDATE;
END $$;

-- How many transactions of this database that were at work then still are. They may have looked
-- for the versions before one was added, and commit what they wrote to the others alone.
CREATE FUNCTION barid.transactions_left(since pg_snapshot) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT count(*) FROM pg_snapshot_xip(since) AS x
    WHERE EXISTS (
        SELECT FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock'
            AND l.transactionid = x::xid
            AND (a.datid IS NULL
                 OR a.datid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())))
$$;

-- At most `batch` events less in the inbox; how many.
CREATE FUNCTION barid.projection_prune(name text, retention interval, batch int DEFAULT 10000)
    RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    WITH old AS (
        SELECT i.event_id FROM barid.projection_inbox i
        WHERE i.projection = $1 AND i.applied_at < now() - $2
        ORDER BY i.applied_at LIMIT $3 FOR UPDATE SKIP LOCKED),
    gone AS (
        DELETE FROM barid.projection_inbox i USING old
        WHERE i.projection = $1 AND i.event_id = old.event_id RETURNING 1)
    SELECT count(*) FROM gone
$$;

--------------------------------------------------------------------------------------------------
-- What people ask for

CREATE FUNCTION barid.projection_ask(name text, kind text, payload jsonb, actor text, reason text)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

-- The job that builds the projection anew; the one that is at it already, if any. `differs`: the
-- new version is meant to differ from the one that is read, so that they aren't compared.
CREATE FUNCTION barid.projection_rebuild(name text, actor text, reason text DEFAULT '',
                                         differs boolean DEFAULT false) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.projection_ask($1, 'projection.rebuild', jsonb_strip_nulls(jsonb_build_object(
        'projection', $1, 'actor', nullif(left($2, 200), ''), 'reason', nullif(left($3, 500), ''),
        'differs', $4)), $2, $3)
$$;

-- The job that has readers see the kept version again. Refused when there is none that had every
-- event.
CREATE FUNCTION barid.projection_rollback(name text, actor text, reason text DEFAULT '')
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

-- Ends the rebuild under way at its next step; readers go on with what they have. False: there is
-- none. One whose job is gone is cleared by projection.prune.
CREATE FUNCTION barid.projection_cancel(name text, actor text, reason text DEFAULT '')
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

CREATE VIEW barid.projections AS
SELECT p.name, p.active_version, p.building_version, p.kept_version, p.kept_until,
       CASE WHEN p.kept_version IS NULL THEN NULL ELSE p.kept_problem IS NULL END AS can_roll_back,
       coalesce(p.kept_problem, p.building_problem) AS problem,
       CASE WHEN p.step IS NULL THEN 'idle'
            WHEN p.cancelled_by IS NOT NULL THEN 'cancelling' ELSE p.step END AS state,
       p.job_id, p.rows_done, p.rows_expected, p.started_at, p.filled_at, p.finished_at,
       p.live_rows, p.new_rows, p.tries, p.error
FROM barid.projection p;

-- What the admin's API shows; one that nothing was applied to yet is idle at version 1.
CREATE FUNCTION barid.projection_document(name text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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
$$;

-- Keeps the inbox and the kept versions in bounds: `barid shop install`.
CREATE FUNCTION barid.install_projections(queue text DEFAULT 'default') RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    PERFORM barid.schedule('projection-prune', '*/10 * * * *', 'projection.prune', queue => $1,
                           missed => 'once', unique_key => 'projection.prune');
    RETURN 1;
END $$;

-- Replaces 0029's: a version that nobody reads yet, or any more, tells nobody anything.
CREATE OR REPLACE FUNCTION barid.send_order_notice(user_id text, notice text, order_id text,
                                                   vars jsonb, dedupe text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

--------------------------------------------------------------------------------------------------

GRANT SELECT, UPDATE ON barid.projection TO barid_worker;
GRANT SELECT, INSERT ON barid.projection_history TO barid_worker;
GRANT SELECT ON barid.projections, barid.projection_history
    TO barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION
    barid.projection_key(text), barid.projection_versions(text),
    barid.projection_take(text, text[]), barid.projection_leave_behind(text, int, text),
    barid.projection_hold(text, bigint, uuid), barid.transactions_left(pg_snapshot),
    barid.projection_prune(text, interval, int) TO barid_worker;
GRANT EXECUTE ON FUNCTION
    barid.projection_rebuild(text, text, text, boolean),
    barid.projection_rollback(text, text, text),
    barid.projection_cancel(text, text, text), barid.install_projections(text) TO barid_operator;
GRANT EXECUTE ON FUNCTION barid.projection_document(text) TO barid_admin, barid_operator;
