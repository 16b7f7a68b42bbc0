-- Traces pass from job to job: what is enqueued in a transaction that says which span it works for
-- is a part of that trace. `SET LOCAL barid.traceparent = '00-…'` says it, for producers as for the
-- functions of sql.call, whose jobs set it for them.

-- The setting, when it is a traceparent that others would accept (W3C Trace Context, section
-- 3.2.2); anything else counts as none, so that a bad one never keeps a job from being added.
CREATE FUNCTION barid.present_traceparent() RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, barid, pg_temp
    RETURN (SELECT s.setting FROM (SELECT current_setting('barid.traceparent', true)) s(setting)
            WHERE length(s.setting) <= 128 AND s.setting NOT LIKE 'ff%'
              AND s.setting ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$'
              AND substr(s.setting, 4, 32) <> repeat('0', 32)
              AND substr(s.setting, 37, 16) <> repeat('0', 16));

CREATE FUNCTION barid.join_trace() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    NEW.traceparent := barid.present_traceparent();
    RETURN NEW;
END $$;

-- Rows without the setting, which are nearly all, cost the comparison alone. The name comes before
-- job_admit's, which may put the row in another's place.
CREATE TRIGGER job_a_trace BEFORE INSERT ON barid.job FOR EACH ROW
    WHEN (NEW.traceparent IS NULL AND current_setting('barid.traceparent', true) <> '')
    EXECUTE FUNCTION barid.join_trace();

-- A batch's callbacks are added when its last job ends, in no trace of theirs: the one that the
-- batch was opened in is kept with them. One that a callback names itself is stronger.
CREATE FUNCTION barid.join_trace_later() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    trace jsonb := jsonb_build_object('traceparent', barid.present_traceparent());
BEGIN
    IF trace->>'traceparent' IS NULL THEN RETURN NEW; END IF;
    NEW.on_success := trace || NEW.on_success;
    NEW.on_failure := trace || NEW.on_failure;
    NEW.on_finished := trace || NEW.on_finished;
    RETURN NEW;
END $$;

CREATE TRIGGER batch_trace BEFORE INSERT ON barid.batch FOR EACH ROW
    WHEN (current_setting('barid.traceparent', true) <> '')
    EXECUTE FUNCTION barid.join_trace_later();

-- `value`, with the transaction's span set on the way: written around an argument, it is there
-- before the function that gets the argument begins. A worker's way to say what it works for in one
-- statement.
CREATE FUNCTION barid.in_trace(traceparent text, value anyelement) RETURNS anyelement
    LANGUAGE plpgsql CALLED ON NULL INPUT AS $$
BEGIN
    PERFORM pg_catalog.set_config('barid.traceparent', coalesce(traceparent, ''), true);
    RETURN value;
END $$;

GRANT EXECUTE ON FUNCTION barid.in_trace(text, anyelement) TO barid_worker;

