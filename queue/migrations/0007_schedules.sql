-- Schedules (cron in any time zone) and topics (one message, a job for each subscription).
--
-- When a schedule fires is found here and nowhere else, on the database's clock and by its time
-- zones: workers only ask what is due, so their clocks may disagree, and a preview can't differ
-- from what happens. Any number of workers may ask: a schedule's row is locked while it fires,
-- and (schedule, fire_at) is unique.

--------------------------------------------------------------------------------------------------
-- Time zones. Instants are timestamps in UTC here: adding a day to a timestamptz would take the
-- session's zone into account.

-- What a clock in `tz` shows.
CREATE FUNCTION barid.zone_local(instant timestamp, tz text) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (instant AT TIME ZONE 'UTC') AT TIME ZONE tz;

-- The instant after `low`, up to `high`, at which the clock was changed; there must be one.
CREATE FUNCTION barid.zone_change(low timestamp, high timestamp, tz text) RETURNS timestamp
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
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

-- The first instant at which a clock in `tz` shows `shown`; when it never does (the clock is put
-- forward over it), the first instant after that.
CREATE FUNCTION barid.zone_first(shown timestamp, tz text) RETURNS timestamp
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
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

-- Refuses what is no IANA name: AT TIME ZONE takes any letters before a number for a zone, and
-- with the sign turned round. Listing all names takes 20 ms, so the usual form goes without.
CREATE FUNCTION barid.check_zone(tz text) RETURNS void
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF tz = 'UTC' OR tz ~ '^[A-Za-z_-]+(/[A-Za-z_-]+)+$' THEN
        PERFORM now() AT TIME ZONE tz;
    ELSIF tz IS NULL
       OR NOT EXISTS (SELECT 1 FROM pg_timezone_names z WHERE lower(z.name) = lower(tz)) THEN
        RAISE EXCEPTION 'time zone "%" is not known: it must be an IANA name such as Asia/Riyadh',
            left(tz, 60) USING ERRCODE = '22023';
    END IF;
END $$;

--------------------------------------------------------------------------------------------------
-- Cron expressions.

CREATE TYPE barid.cron AS (
    seconds   int[],
    minutes   int[],
    hours     int[],
    days      bigint,   -- bit n: day n of the month
    last_day  boolean,  -- of the month
    months    bigint,
    weekdays  bigint,   -- bit 0: Sunday
    either    boolean,  -- day of month and weekday are both restricted: one of them is enough
    repeating boolean,  -- a time field has * or /: the clock is followed as it is
    every     numeric   -- seconds between fires; then all the others are NULL
);

CREATE FUNCTION barid.cron_value(field text, value text, low int, high int, names text[])
    RETURNS int
    LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    number int := CASE WHEN value ~ '^[0-9]+$' AND length(value) <= 4 THEN value::int
                       ELSE low + array_position(names, upper(value)) - 1 END;
BEGIN
    IF number BETWEEN low AND high THEN RETURN number; END IF;
    RAISE EXCEPTION '%: "%" is not % to %', field, left(value, 40), low,
        high || CASE WHEN names IS NULL THEN ''
                     ELSE format(' or %s to %s', names[1], names[cardinality(names)]) END
        USING ERRCODE = '22023';
END $$;

-- The values that a field allows: numbers, names, a-b, *, each with /step, in a list.
CREATE FUNCTION barid.cron_field(field text, value text, low int, high int,
                                 names text[] DEFAULT NULL) RETURNS int[]
    LANGUAGE plpgsql IMMUTABLE AS $$
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
END $$;

CREATE FUNCTION barid.cron_bits(bits int[]) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(bit_or(1::bigint << b), 0) FROM unnest(bits) b
$$;

-- `@every 90 seconds`: multiples of that length since 1970.
CREATE FUNCTION barid.cron_every(length text) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE AS $$
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

CREATE FUNCTION barid.cron_parse(expr text) RETURNS barid.cron
    LANGUAGE plpgsql IMMUTABLE AS $$
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

-- The first time from `start` on that the expression allows, as if clocks were never changed.
-- NULL when there is none in 60 years.
CREATE FUNCTION barid.cron_local(c barid.cron, start timestamp) RETURNS timestamp
    LANGUAGE plpgsql IMMUTABLE STRICT AS $$
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

-- The first fire after `after`. Where clocks are changed: a fixed time that is left out fires at
-- the first instant after the gap, and one that comes twice fires the first time; an expression
-- with * or / in a time field fires whenever the clock shows such a time.
CREATE FUNCTION barid.cron_next(c barid.cron, tz text, after timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql STABLE STRICT AS $$
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

-- The last fire up to `until`, given one. Bisects: a second's schedule may have missed a year.
CREATE FUNCTION barid.cron_latest(c barid.cron, tz text, first timestamptz, until timestamptz)
    RETURNS timestamptz
    LANGUAGE plpgsql STABLE STRICT AS $$
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

CREATE FUNCTION barid.next_fire(expr text, tz text DEFAULT 'UTC',
                                after timestamptz DEFAULT clock_timestamp()) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    PERFORM barid.check_zone(tz);
    IF after IS NULL OR after NOT BETWEEN '1900-01-01' AND '9000-01-01' THEN
        RAISE EXCEPTION 'a schedule is looked at from a time between the years 1900 and 9000'
            USING ERRCODE = '22023';
    END IF;
    RETURN barid.cron_next(barid.cron_parse(expr), tz, after);
END $$;

CREATE FUNCTION barid.schedule_preview(expr text, tz text DEFAULT 'UTC', n int DEFAULT 10,
                                       after timestamptz DEFAULT clock_timestamp())
    RETURNS SETOF timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

--------------------------------------------------------------------------------------------------
-- Schedules.

CREATE TABLE barid.schedule (
    name         text COLLATE "C" PRIMARY KEY
                 CHECK (name ~ '^[a-z0-9][a-z0-9_.-]*$' AND octet_length(name) <= 63),
    cron         text NOT NULL,
    tz           text NOT NULL DEFAULT 'UTC',
    kind         text COLLATE "C" NOT NULL
                 CHECK (kind ~ '^[a-z0-9][a-z0-9_.-]*$' AND octet_length(kind) <= 63),
    payload      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
    queue        text COLLATE "C" NOT NULL DEFAULT 'default'
                 CHECK (queue ~ '^[a-z0-9][a-z0-9_.-]*$' AND octet_length(queue) <= 63),
    priority     smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 0 AND 9),
    max_attempts smallint CHECK (max_attempts BETWEEN 1 AND 1000),
    unique_key   text COLLATE "C" CHECK (length(unique_key) <= 512),
    ordering_key text COLLATE "C" CHECK (length(ordering_key) <= 512),
    tags         text[] CHECK (cardinality(tags) <= 16),
    -- Times that passed while nobody fired: none, one job for all of them, or a job for each.
    missed       text NOT NULL DEFAULT 'once' CHECK (missed IN ('skip', 'once', 'all')),
    jitter       interval NOT NULL DEFAULT '0' CHECK (jitter BETWEEN '0' AND '1 day'),
    starts_at    timestamptz CHECK (starts_at BETWEEN '1970-01-01' AND '9000-01-01'),
    ends_at      timestamptz CHECK (ends_at BETWEEN '1970-01-01' AND '9000-01-01'),
    paused       boolean NOT NULL DEFAULT false,
    next_at      timestamptz,                    -- NULL: never again
    planned_at   timestamptz NOT NULL,           -- the clock when next_at was found
    last_fire_at timestamptz,
    last_job_id  bigint,
    last_error   text,                           -- why the last fire added no job
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CHECK (ends_at > starts_at)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Outlives its schedule: made again under its name, one must not fire a second time at once.
CREATE TABLE barid.schedule_run (
    schedule text COLLATE "C" NOT NULL,
    fire_at  timestamptz NOT NULL,
    run_at   timestamptz NOT NULL,     -- fire_at and the jitter that was drawn
    fired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    job_id   bigint,
    manual   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (schedule, fire_at)
);
CREATE INDEX schedule_run_age ON barid.schedule_run (fire_at);

-- Workers sleep until the next fire; a change wakes them.
CREATE FUNCTION barid.wake_schedules() RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('barid.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_notify('barid_schedule', '');
    END IF;
END $$;

-- The fire that follows `after`, within the schedule's life.
CREATE FUNCTION barid.schedule_next(c barid.cron, tz text, after timestamptz,
                                    starts_at timestamptz, ends_at timestamptz)
    RETURNS timestamptz
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    next_at timestamptz := barid.cron_next(c, tz,
        greatest(after, starts_at - interval '1 microsecond'));
BEGIN
    RETURN CASE WHEN next_at > ends_at THEN NULL ELSE next_at END;
END $$;

-- Makes a schedule, or changes the one of that name; returns its next fire. What has been missed
-- is kept when cron, tz, starts_at and ends_at stay as they are, so that an application may call
-- this at each start.
CREATE FUNCTION barid.schedule(
    name         text,
    cron         text,
    kind         text,
    payload      jsonb DEFAULT '{}',
    queue        text DEFAULT 'default',
    priority     int DEFAULT 5,
    max_attempts int DEFAULT NULL,
    tz           text DEFAULT 'UTC',
    missed       text DEFAULT 'once',
    jitter       interval DEFAULT '0',
    starts_at    timestamptz DEFAULT NULL,
    ends_at      timestamptz DEFAULT NULL,
    unique_key   text DEFAULT NULL,
    ordering_key text DEFAULT NULL,
    tags         text[] DEFAULT NULL
) RETURNS timestamptz
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

-- These return false when there is no schedule of that name. Jobs that it added stay.
CREATE FUNCTION barid.unschedule(name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    DELETE FROM barid.schedule s WHERE s.name = unschedule.name;
    RETURN FOUND;
END $$;

CREATE FUNCTION barid.pause_schedule(name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    UPDATE barid.schedule s SET paused = true WHERE s.name = pause_schedule.name;
    RETURN FOUND;
END $$;

-- What would have fired during the pause is not made up for.
CREATE FUNCTION barid.resume_schedule(name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

-- Adds the job of one fire, and its row; NULL when this fire has its row already.
CREATE FUNCTION barid.fire_once(s barid.schedule, fire timestamptz, is_manual boolean)
    RETURNS bigint
    LANGUAGE plpgsql AS $$
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

-- 2026-03-29T02:30:00Z, whatever the session's zone.
CREATE FUNCTION barid.utc_text(instant timestamptz) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    RETURN (to_jsonb(instant AT TIME ZONE 'UTC') #>> '{}') || 'Z';

-- Adds a job now, as if the schedule had fired, paused or not.
CREATE FUNCTION barid.run_schedule(name text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

-- Fires what is due of one schedule, whose row is locked: at most `room` jobs, the oldest first.
CREATE FUNCTION barid.fire_due(s barid.schedule, clock timestamptz, room int) RETURNS int
    LANGUAGE plpgsql AS $$
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

-- Called by every worker. Adds the jobs that are due, at most max_jobs, and says how many
-- schedules could not add theirs and how long nothing more is due (NULL: no schedule has a next
-- fire). What another session is firing is left to it. A schedule that has much to make up for
-- gets 100 jobs a call, and its turn comes after those that were looked at longer ago.
CREATE FUNCTION barid.fire_schedules(max_jobs int DEFAULT 1000, OUT added int, OUT refused int,
                                     OUT next_ms bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

CREATE FUNCTION barid.prune_schedule_runs(keep interval DEFAULT '7 days', batch int DEFAULT 5000)
    RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    WITH gone AS (
        DELETE FROM barid.schedule_run r WHERE (r.schedule, r.fire_at) IN (
            SELECT o.schedule, o.fire_at FROM barid.schedule_run o
            WHERE o.fire_at < clock_timestamp() - keep ORDER BY o.fire_at LIMIT batch
            FOR UPDATE SKIP LOCKED)
        RETURNING 1)
    SELECT count(*) FROM gone
$$;

CREATE VIEW barid.schedules AS
    SELECT s.name, s.cron, s.tz, s.kind, s.queue, s.paused,
           CASE WHEN NOT s.paused THEN s.next_at END AS next_fire,
           s.last_fire_at AS last_fire, s.last_job_id AS last_job, s.last_error, s.missed,
           s.jitter, s.starts_at, s.ends_at, s.payload, s.priority, s.max_attempts, s.unique_key,
           s.ordering_key, s.tags, s.created_at, s.updated_at
    FROM barid.schedule s;

--------------------------------------------------------------------------------------------------
-- Topics. A topic is words with dots between them. In a subscription's pattern * stands for one
-- word and # for any number of them, none included.

CREATE TABLE barid.subscription (
    name         text COLLATE "C" PRIMARY KEY
                 CHECK (name ~ '^[a-z0-9][a-z0-9_.-]*$' AND octet_length(name) <= 63),
    pattern      text COLLATE "C" NOT NULL,
    kind         text COLLATE "C" NOT NULL
                 CHECK (kind ~ '^[a-z0-9][a-z0-9_.-]*$' AND octet_length(kind) <= 63),
    queue        text COLLATE "C" NOT NULL DEFAULT 'default'
                 CHECK (queue ~ '^[a-z0-9][a-z0-9_.-]*$' AND octet_length(queue) <= 63),
    payload      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
    -- The message's members become the payload's own, for kinds that know nothing of topics.
    merge        boolean NOT NULL DEFAULT false,
    priority     smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 0 AND 9),
    max_attempts smallint CHECK (max_attempts BETWEEN 1 AND 1000),
    -- Found from the pattern. An exact one is looked up; the others are tried in turn, each a
    -- prefix and a regular expression, on the topic with a dot before it.
    wild         boolean NOT NULL,
    prefix       text COLLATE "C" NOT NULL,
    matcher      text COLLATE "C" NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX subscription_exact ON barid.subscription (pattern) WHERE NOT wild;
CREATE INDEX subscription_wild ON barid.subscription (name) WHERE wild;

CREATE FUNCTION barid.topic_matcher(pattern text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE AS $$
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
END $$;

CREATE FUNCTION barid.topic_matches(topic text, pattern text) RETURNS boolean
    LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT '.' || topic ~ barid.topic_matcher(pattern)
$$;

-- Makes a subscription, or changes the one of that name.
CREATE FUNCTION barid.subscribe(
    name         text,
    pattern      text,
    kind         text,
    queue        text DEFAULT 'default',
    payload      jsonb DEFAULT '{}',
    merge        boolean DEFAULT false,
    priority     int DEFAULT 5,
    max_attempts int DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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

-- False when there is no subscription of that name. Jobs that it got stay.
CREATE FUNCTION barid.unsubscribe(name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    DELETE FROM barid.subscription s WHERE s.name = unsubscribe.name;
    RETURN FOUND;
END $$;

-- An array of {"topic", "payload", "run_at", "ordering_key", "request_id", "traceparent",
-- "tags"}: a job for each message and subscription, in the order of the array and of the
-- subscriptions' names, whose ids come back. Ordering keys hold within a subscription.
CREATE FUNCTION barid.publish_many(messages jsonb) RETURNS SETOF bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
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
END $$;

-- Adds a job for each subscription that matches, in the caller's transaction; their ids come
-- back, none when nobody subscribed. Needs no rights on the subscriptions.
CREATE FUNCTION barid.publish(
    topic        text,
    payload      jsonb DEFAULT '{}',
    run_at       timestamptz DEFAULT NULL,
    delay        interval DEFAULT NULL,
    ordering_key text DEFAULT NULL,
    request_id   text DEFAULT NULL,
    traceparent  text DEFAULT NULL,
    tags         text[] DEFAULT NULL
) RETURNS SETOF bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    IF run_at IS NOT NULL AND delay IS NOT NULL THEN
        RAISE EXCEPTION 'give run_at or delay, not both' USING ERRCODE = '22023';
    END IF;
    RETURN QUERY SELECT barid.publish_many(jsonb_build_array(jsonb_build_object(
        'topic', topic, 'payload', payload, 'run_at', coalesce(run_at, clock_timestamp() + delay),
        'ordering_key', ordering_key, 'request_id', request_id, 'traceparent', traceparent,
        'tags', tags)));
END $$;

--------------------------------------------------------------------------------------------------
-- Grants.

GRANT SELECT ON barid.schedule, barid.schedule_run, barid.schedules, barid.subscription
    TO barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.publish, barid.publish_many
    TO barid_producer, barid_worker, barid_operator;
GRANT EXECUTE ON FUNCTION barid.next_fire, barid.schedule_preview, barid.topic_matches,
    barid.utc_text
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION barid.fire_schedules, barid.prune_schedule_runs TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.schedule, barid.unschedule, barid.pause_schedule,
    barid.resume_schedule, barid.run_schedule, barid.subscribe, barid.unsubscribe
    TO barid_operator;
