-- What callers of the admin's API reach, where it was more than it should be.

-- Workers as somebody sees them who reaches these queues (NULL: all): other queues' names and jobs
-- are left out, and so are workers that serve only others.
CREATE FUNCTION barid.admin_workers(reach text[])
    RETURNS TABLE (id bigint, name text, queues text[], started_at timestamptz,
                   renewed_at timestamptz, lease_ttl interval, claimed bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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
GRANT EXECUTE ON FUNCTION barid.admin_workers(text[]) TO barid_admin;

-- Replaces 0024's: an account has 200 tokens at most, so that nobody can use up the 10,000 that there
-- may be. Those that have ended count as long as they are kept: making and revoking is no way around.
CREATE OR REPLACE FUNCTION barid.admin_token_create(token_hash bytea, prefix text, name text,
                                                    account bigint, permissions jsonb,
                                                    expires_at timestamptz, created_by text)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

--------------------------------------------------------------------------------------------------
-- Segments.

-- The advisory locks that this session holds.
CREATE FUNCTION barid.session_locks() RETURNS text[]
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(format('%s %s %s %s', l.classid, l.objid, l.objsubid, l.mode)), '{}')
    FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.granted
$$;

-- Gives back those that it didn't hold before, however often they were taken.
CREATE FUNCTION barid.release_session_locks(before text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, barid, pg_temp AS $$
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
GRANT EXECUTE ON FUNCTION barid.session_locks, barid.release_session_locks TO barid_segment;

-- Replaces 0015's. A segment is a query that somebody wrote who may send broadcasts, and a query can
-- call functions: what those write, set or announce is rolled back, and locks that they took for
-- the session are given back, or a setting would stay behind in a session that serves others.
CREATE OR REPLACE FUNCTION barid.segment_rows(query text) RETURNS TABLE (user_id text, vars jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
