-- What is kept of notifications, and for how long; and how a person is forgotten.

-- FCM takes a token that was not heard of for about two months for stale, and Android drops it
-- after 270 days: broadcasts leave the former out, and the latter are deleted.
CREATE FUNCTION barid.device_is_stale(last_registered_at timestamptz, last_ok_at timestamptz)
    RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT greatest(last_registered_at, last_ok_at) < now() - interval '60 days'
$$;

-- One row. A notification can be sent for up to 28 days, so its ledger is kept for longer.
CREATE TABLE barid.notify_retention (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    inbox    interval NOT NULL DEFAULT '180 days'
             CHECK (inbox BETWEEN interval '1 day' AND interval '3660 days'),
    archived interval NOT NULL DEFAULT '90 days'  -- since the user archived the item
             CHECK (archived BETWEEN interval '1 hour' AND interval '3660 days'),
    ledger   interval NOT NULL DEFAULT '90 days'
             CHECK (ledger BETWEEN interval '30 days' AND interval '3660 days')
);
INSERT INTO barid.notify_retention DEFAULT VALUES;

-- Where the walks over tables without an index by age are.
CREATE TABLE barid.notify_upkeep_state (
    one                 boolean PRIMARY KEY DEFAULT true CHECK (one),
    device_cursor       bigint NOT NULL DEFAULT 0,
    notification_cursor uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    daily_at            timestamptz NOT NULL DEFAULT '-infinity'  -- when those are due again
);
INSERT INTO barid.notify_upkeep_state DEFAULT VALUES;

ALTER TABLE barid.ledger_partition
    -- The transaction that found it to be needed no more.
    ADD COLUMN condemned_by xid8,
    ADD COLUMN busy_until timestamptz NOT NULL DEFAULT '-infinity',
    -- Its rows were deleted one by one, since nobody could drop it.
    ADD COLUMN emptied boolean NOT NULL DEFAULT false;

CREATE INDEX inbox_by_archived ON barid.inbox_item (archived_at) WHERE archived_at IS NOT NULL;

-- Changes what is given; NULL leaves a time as it is.
CREATE FUNCTION barid.set_notify_retention(inbox interval DEFAULT NULL,
                                           archived interval DEFAULT NULL,
                                           ledger interval DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

--------------------------------------------------------------------------------------------------
-- The ledger: whole weeks are dropped.

-- barid.uuid_v7_floor for any time.
CREATE FUNCTION barid.notify_floor(at timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN at <= 'epoch' THEN '00000000-0000-0000-0000-000000000000'::uuid
                WHEN at > '9999-01-01' THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
                ELSE barid.uuid_v7_floor(at) END
$$;

-- Notifications that are older have no deliveries any more, and nowhere to write new ones to.
CREATE FUNCTION barid.ledger_begins() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT coalesce(min(p.lower_at) FILTER (WHERE NOT p.emptied), max(p.upper_at))
    FROM barid.ledger_partition p
$$;

CREATE FUNCTION barid.ledger_suffix(lower_at timestamptz) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN lower_at = '-infinity' THEN 'past'
                ELSE to_char(lower_at AT TIME ZONE 'UTC', 'YYYYMMDD') END
$$;

-- True while a job that lives may still send, or note what it sent, in that week.
CREATE FUNCTION barid.ledger_needed(lower_at timestamptz, upper_at timestamptz) RETURNS boolean
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
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

-- The next thing to do about weeks that nobody needs, as barid.history_to_drop has it: detach |
-- finalize | drop, as statements of their own. No row when there is nothing.
CREATE FUNCTION barid.ledger_to_drop() RETURNS TABLE (partition text, parent text, step text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

-- A step is over: the next one may follow at once.
CREATE FUNCTION barid.ledger_step_done(partition text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.ledger_partition p SET busy_until = '-infinity'
    WHERE partition IN ('delivery_' || barid.ledger_suffix(p.lower_at),
                        'delivery_attempt_' || barid.ledger_suffix(p.lower_at))
$$;

-- Deletes up to `batch` rows of each table of a week that should have been dropped a day ago, and
-- was not, since no process owns the schema. Returns the last table's, 0 when all is done.
CREATE FUNCTION barid.prune_ledger(batch int) RETURNS bigint
    LANGUAGE plpgsql AS $$
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
END $$;

--------------------------------------------------------------------------------------------------
-- Everything else that grows, a bounded step at a time.

-- Steps of barid.notify_upkeep whose rows are found by age. Returns the largest step's rows.
CREATE FUNCTION barid.prune_notifications(batch int) RETURNS bigint
    LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
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

-- Steps that walk over whole tables: once a day.
CREATE FUNCTION barid.prune_daily(batch int) RETURNS bigint
    LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
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

-- A bounded step of all that keeps notifications from growing without end. True when there is more
-- to do at once; false when not, or when another process is at it.
CREATE FUNCTION barid.notify_upkeep(batch int DEFAULT 1000) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    most bigint;
BEGIN
    IF batch IS NULL OR batch NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'batch must be between 1 and 100000' USING ERRCODE = '22023';
    END IF;
    IF NOT pg_try_advisory_xact_lock(1112297798, 8) THEN RETURN false; END IF;
    PERFORM barid.ensure_ledger();
    most := barid.prune_ledger(batch);
    IF most < batch THEN
        most := greatest(most, barid.prune_notifications(batch), barid.prune_daily(batch));
    END IF;
    RETURN most >= batch;
END $$;

--------------------------------------------------------------------------------------------------
-- Forgetting a person.

-- Erases what is kept of a user: devices, addresses, choices, the inbox, and what their
-- notifications said and whom they were for. That there were some, and what became of them, stays.
-- Up to `max` notifications a call: call it until `more` is false. What jobs carry is erased by
-- barid.forget(tag). An address that complained or bounced stays suppressed.
CREATE FUNCTION barid.forget_user(user_id text, max int DEFAULT 1000)
    RETURNS TABLE (devices bigint, notifications bigint, more boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

--------------------------------------------------------------------------------------------------
-- Grants.

GRANT EXECUTE ON FUNCTION barid.device_is_stale(timestamptz, timestamptz)
TO barid_worker, barid_operator;
GRANT EXECUTE ON FUNCTION barid.notify_floor(timestamptz), barid.ledger_begins(),
    barid.ledger_to_drop(), barid.ledger_step_done(text), barid.notify_upkeep(int)
TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.ledger_begins(), barid.set_notify_retention(interval, interval,
    interval), barid.forget_user(text, int)
TO barid_operator;
GRANT SELECT ON barid.notify_retention TO barid_worker, barid_operator, barid_readonly;
