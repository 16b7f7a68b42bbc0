-- What translation costs, and when a provider is left alone: one truth for the whole fleet.
--
-- Before a batch is sent, `translation_reserve` says yes or how long to wait, and counts the
-- characters as spent; after the answer `translation_settle` gives back what is known not to be
-- billed and notes what went wrong. A worker that dies in between leaves them spent, which is the
-- safe side. The statements of earlier workers go on working on barid.provider_state: they count
-- against today's budget, but not in barid.translation_usage.

-- Why a provider rests: rate_limited, quota, unauthorized, misconfigured, unavailable; '' when it
-- does not, or when an earlier worker paused it.
ALTER TABLE barid.provider_state
    ADD COLUMN pause_kind text NOT NULL DEFAULT '' CHECK (length(pause_kind) <= 32),
    -- Failures since the last answer, and how often in a row it was paused for being unavailable.
    ADD COLUMN failures int NOT NULL DEFAULT 0 CHECK (failures >= 0),
    ADD COLUMN opened int NOT NULL DEFAULT 0 CHECK (opened >= 0),
    -- One job of the fleet tries whether it works again; the others wait until this time.
    ADD COLUMN probe_until timestamptz;

-- Kept 400 days: a year and the month to compare it with.
CREATE TABLE barid.translation_usage (
    day date NOT NULL,
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 64),
    requests bigint NOT NULL DEFAULT 0 CHECK (requests >= 0),
    texts bigint NOT NULL DEFAULT 0 CHECK (texts >= 0),
    characters bigint NOT NULL DEFAULT 0 CHECK (characters >= 0),
    errors bigint NOT NULL DEFAULT 0 CHECK (errors >= 0),
    -- At the price of each request's time, in the currency of the price.
    cost numeric(20, 6) NOT NULL DEFAULT 0 CHECK (cost >= 0),
    PRIMARY KEY (day, provider)
);

CREATE FUNCTION barid.translation_today() RETURNS date
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT (now() AT TIME ZONE 'UTC')::date $$;

-- May a request with so many characters go to the provider now? `granted`, or how long to wait and
-- why. `clean` says that a success need not be told; `probe` that this request decides for all.
CREATE FUNCTION barid.translation_reserve(
    provider text, characters bigint, texts int, daily_characters bigint DEFAULT NULL,
    overall_characters bigint DEFAULT NULL, price_per_million numeric DEFAULT 0,
    probe_for interval DEFAULT '45 seconds',
    OUT granted boolean, OUT wait_seconds bigint, OUT kind text, OUT reason text,
    OUT day date, OUT probe boolean, OUT clean boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    state barid.provider_state;
    used bigint;
    used_by_all bigint := 0;
    fresh boolean;
BEGIN
    IF coalesce(translation_reserve.characters, -1) NOT BETWEEN 0 AND 100000000
        OR coalesce(translation_reserve.texts, 0) NOT BETWEEN 1 AND 100000
        OR coalesce(translation_reserve.price_per_million, -1) NOT BETWEEN 0 AND 1000000 THEN
        RAISE EXCEPTION 'barid.translation_reserve: characters, texts or price out of range'
            USING ERRCODE = '22023',
                  HINT = 'Characters 0 to 100,000,000; texts 1 to 100,000; price 0 to 1,000,000.';
    END IF;
    granted := false;
    probe := false;
    clean := true;
    kind := '';
    day := barid.translation_today();
    INSERT INTO barid.provider_state AS p (provider) VALUES (translation_reserve.provider)
    ON CONFLICT ON CONSTRAINT provider_state_pkey DO NOTHING;
    -- The budget of all providers together is decided under one lock, taken before any row's.
    IF translation_reserve.overall_characters IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('barid.translation_reserve', 0));
    END IF;
    SELECT * INTO STRICT state FROM barid.provider_state p
    WHERE p.provider = translation_reserve.provider FOR UPDATE;

    IF state.paused_until > clock_timestamp() THEN
        kind := state.pause_kind;
        reason := state.pause_reason;
        wait_seconds := ceil(extract(epoch FROM state.paused_until - clock_timestamp()));
        RETURN;
    END IF;
    probe := state.pause_kind NOT IN ('', 'rate_limited');
    IF probe AND state.probe_until > clock_timestamp() THEN
        probe := false;
        kind := state.pause_kind;
        reason := 'being tried again after: ' || state.pause_reason;
        wait_seconds := least(5, ceil(extract(epoch FROM state.probe_until - clock_timestamp())));
        RETURN;
    END IF;

    used := CASE WHEN state.day = translation_reserve.day THEN state.characters ELSE 0 END;
    IF translation_reserve.overall_characters IS NOT NULL THEN
        SELECT coalesce(sum(p.characters), 0) INTO used_by_all
        FROM barid.provider_state p WHERE p.day = translation_reserve.day;
    END IF;
    IF used + translation_reserve.characters > translation_reserve.daily_characters
        OR used_by_all + translation_reserve.characters > translation_reserve.overall_characters
    THEN
        probe := false;
        kind := 'budget';
        reason := CASE
            WHEN used + translation_reserve.characters > translation_reserve.daily_characters
            THEN format('the day''s budget of %s characters is used up (%s so far)',
                        translation_reserve.daily_characters, used)
            ELSE format('the day''s budget of %s characters for all providers is used up '
                        '(%s so far)', translation_reserve.overall_characters, used_by_all) END;
        wait_seconds := ceil(extract(epoch FROM (translation_reserve.day + 1)::timestamp
                                                - (clock_timestamp() AT TIME ZONE 'UTC')));
        wait_seconds := greatest(1, wait_seconds);
        RETURN;
    END IF;

    granted := true;
    clean := state.failures = 0 AND state.pause_kind = '' AND state.paused_until IS NULL;
    UPDATE barid.provider_state p SET
        day = translation_reserve.day,
        characters = used + translation_reserve.characters,
        budget = translation_reserve.daily_characters,
        probe_until = CASE WHEN translation_reserve.probe
                           THEN clock_timestamp() + translation_reserve.probe_for
                           ELSE p.probe_until END,
        updated_at = now()
    WHERE p.provider = translation_reserve.provider;
    INSERT INTO barid.translation_usage AS u (day, provider, requests, texts, characters, cost)
    VALUES (translation_reserve.day, translation_reserve.provider, 1, translation_reserve.texts,
            translation_reserve.characters,
            translation_reserve.characters * translation_reserve.price_per_million / 1000000)
    ON CONFLICT ON CONSTRAINT translation_usage_pkey DO UPDATE SET
        requests = u.requests + 1,
        texts = u.texts + excluded.texts,
        characters = u.characters + excluded.characters,
        cost = u.cost + excluded.cost
    RETURNING u.requests = 1 INTO fresh;
    IF fresh THEN
        DELETE FROM barid.translation_usage u WHERE u.day < translation_reserve.day - 400;
    END IF;
END
$$;

-- What became of a reserved request. `kind` is NULL for an answer that could be used. `refund`
-- gives the characters back; the request and its error stay counted.
-- `pause_for` is how long the kind asks to rest, NULL when the provider is well; what is unavailable is paused after `failures_allowed`
-- failures in a row, each time for longer, up to `longest_pause`. Returns the seconds that the
-- provider now rests, 0 when it does not.
CREATE FUNCTION barid.translation_settle(
    provider text, day date, characters bigint, price_per_million numeric, kind text,
    refund boolean, probe boolean, reason text DEFAULT '', pause_for interval DEFAULT NULL,
    failures_allowed int DEFAULT 1, longest_pause interval DEFAULT '6 hours') RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    state barid.provider_state;
    rest interval;
    until_then timestamptz;
    step int;
BEGIN
    SELECT * INTO state FROM barid.provider_state p
    WHERE p.provider = translation_settle.provider FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    IF translation_settle.refund THEN
        UPDATE barid.provider_state p
        SET characters = greatest(0, p.characters - translation_settle.characters)
        WHERE p.provider = translation_settle.provider AND p.day = translation_settle.day;
    END IF;
    IF translation_settle.kind IS NOT NULL THEN
        UPDATE barid.translation_usage u SET
            errors = u.errors + 1,
            characters = CASE WHEN translation_settle.refund
                THEN greatest(0, u.characters - translation_settle.characters)
                ELSE u.characters END,
            cost = CASE WHEN translation_settle.refund
                THEN greatest(0, u.cost - translation_settle.characters
                                          * translation_settle.price_per_million / 1000000)
                ELSE u.cost END
        WHERE u.provider = translation_settle.provider AND u.day = translation_settle.day;
    END IF;
    IF translation_settle.kind IS NULL OR translation_settle.pause_for IS NULL THEN
        -- It answered: what it will not take is no fault of its own.
        -- A late answer from before a pause ends no pause: only the probe's does.
        UPDATE barid.provider_state p SET
            failures = 0,
            opened = CASE WHEN ended THEN 0 ELSE p.opened END,
            pause_kind = CASE WHEN ended THEN '' ELSE p.pause_kind END,
            pause_reason = CASE WHEN ended THEN '' ELSE p.pause_reason END,
            paused_until = CASE WHEN ended THEN NULL ELSE p.paused_until END,
            probe_until = CASE WHEN ended THEN NULL ELSE p.probe_until END,
            updated_at = now()
        FROM (SELECT coalesce(state.paused_until <= clock_timestamp(), true)
                     AND (translation_settle.probe
                          OR state.pause_kind IN ('', 'rate_limited')) AS ended) AS e
        WHERE p.provider = translation_settle.provider;
        RETURN 0;
    END IF;

    rest := translation_settle.pause_for;
    step := state.opened;
    IF translation_settle.kind = 'unavailable' THEN
        IF state.failures + 1 < translation_settle.failures_allowed
            AND NOT translation_settle.probe THEN
            UPDATE barid.provider_state p SET failures = p.failures + 1, updated_at = now()
            WHERE p.provider = translation_settle.provider;
            RETURN 0;
        END IF;
        -- Jobs that failed side by side open it once, not once each.
        IF state.paused_until > clock_timestamp() THEN
            RETURN ceil(extract(epoch FROM state.paused_until - clock_timestamp()));
        END IF;
        rest := rest * power(2, least(step, 10));
        step := least(step + 1, 1000);
    END IF;
    rest := least(greatest(rest, interval '1 second'), translation_settle.longest_pause);
    until_then := clock_timestamp() + rest;
    UPDATE barid.provider_state p SET
        failures = least(p.failures + 1, 1000000),
        opened = step,
        -- Never shortened: the longer pause keeps its reason.
        pause_kind = CASE WHEN longer THEN translation_settle.kind ELSE p.pause_kind END,
        pause_reason = CASE WHEN longer THEN left(translation_settle.reason, 1000)
                            ELSE p.pause_reason END,
        paused_until = CASE WHEN longer THEN until_then ELSE p.paused_until END,
        probe_until = NULL,
        updated_at = now()
    FROM (SELECT coalesce(state.paused_until < until_then, true) AS longer) AS l
    WHERE p.provider = translation_settle.provider;
    RETURN ceil(extract(epoch FROM greatest(state.paused_until, until_then) - clock_timestamp()));
END
$$;

-- Lets a provider be asked again at once: after its key, plan or address has been mended.
CREATE FUNCTION barid.resume_translation_provider(provider text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    UPDATE barid.provider_state p SET
        paused_until = NULL, pause_kind = '', pause_reason = '', failures = 0, opened = 0,
        probe_until = NULL, updated_at = now()
    WHERE p.provider = resume_translation_provider.provider
      AND (p.paused_until IS NOT NULL OR p.pause_kind <> '' OR p.failures > 0);
    RETURN FOUND;
END
$$;

-- What was sent and what it is estimated to cost, by day and provider.
CREATE VIEW barid.translation_cost AS
    SELECT u.day, u.provider, u.requests, u.texts, u.characters, u.errors, u.cost
    FROM barid.translation_usage u;

-- Each provider as it is now: today's share of its budget, and whether it rests.
CREATE VIEW barid.translation_providers AS
    SELECT p.provider,
           CASE WHEN p.day = barid.translation_today() THEN p.characters ELSE 0 END
               AS characters_today,
           p.budget AS daily_characters,
           coalesce(p.paused_until > now(), false) AS paused,
           CASE WHEN p.paused_until > now() OR p.pause_kind <> '' THEN p.paused_until END
               AS paused_until,
           p.pause_kind, p.pause_reason, p.failures
    FROM barid.provider_state p;

REVOKE ALL ON FUNCTION
    barid.translation_today(),
    barid.translation_reserve(text, bigint, int, bigint, bigint, numeric, interval),
    barid.translation_settle(text, date, bigint, numeric, text, boolean, boolean, text, interval,
                             int, interval),
    barid.resume_translation_provider(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION barid.translation_today()
    TO barid_producer, barid_worker, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION
    barid.translation_reserve(text, bigint, int, bigint, bigint, numeric, interval),
    barid.translation_settle(text, date, bigint, numeric, text, boolean, boolean, text, interval,
                             int, interval) TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.resume_translation_provider(text) TO barid_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON barid.translation_usage TO barid_worker;
GRANT SELECT ON barid.translation_cost, barid.translation_providers
    TO barid_worker, barid_operator, barid_readonly;
