-- Deliveries whose job ended without its handler: killed at its last attempt, or cancelled while
-- nobody had it. Nobody would ever write down what became of them.

-- Resolves up to `batch` such runs as a claim with no attempts left would have: what was being sent
-- is in doubt, what was waiting has failed (or is suppressed, when somebody cancelled the job).
-- barid.retry(job) still sends what failed. Returns how many there were.
CREATE FUNCTION barid.give_up_stranded(batch int) RETURNS bigint
    LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off AS $$
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

-- Replaces 0017's: looks for stranded runs first.
CREATE OR REPLACE FUNCTION barid.notify_upkeep(batch int DEFAULT 1000) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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
