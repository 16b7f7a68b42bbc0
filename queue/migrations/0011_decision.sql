-- Whether, when and how a notification goes out: quiet hours, the decision, throttles, digests;
-- and the functions with which a backend asks for notifications and shows its users their inbox.
--
-- `decide` is pure and holds the written order. `decide_for` gathers its facts and changes
-- nothing; `take_throttle` and `collect` are the two steps that leave a mark.

--------------------------------------------------------------------------------------------------
-- Quiet hours.

-- The instant at which clocks in `tz` show `local`. Where they are put back, it is shown twice:
-- `late` picks the second one. Where they are put forward, it is never shown: then it is the
-- instant of the change.
CREATE FUNCTION barid.local_instant(tz text, local timestamp, late boolean) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    guess  timestamptz := local AT TIME ZONE tz;
    utc    timestamptz := local AT TIME ZONE 'UTC';
    day    CONSTANT interval := interval '24 hours';
    -- By the offset of the day before, and by that of the day after.
    first  timestamptz := utc - (((guess - day) AT TIME ZONE tz)
                                 - ((guess - day) AT TIME ZONE 'UTC'));
    second timestamptz := utc - (((guess + day) AT TIME ZONE tz)
                                 - ((guess + day) AT TIME ZONE 'UTC'));
    low    timestamptz;
    high   timestamptz := guess;
    middle timestamptz;
    before interval;
BEGIN
    IF first = second AND first = guess THEN RETURN guess; END IF;
    IF (first AT TIME ZONE tz) = local AND (second AT TIME ZONE tz) = local THEN
        RETURN CASE WHEN late THEN greatest(first, second) ELSE least(first, second) END;
    END IF;
    IF (guess AT TIME ZONE tz) = local THEN RETURN guess; END IF;
    -- In a gap `guess` is read by the old offset, so that it lies after the change, by less than
    -- the gap's length.
    low := guess - make_interval(secs => extract(epoch FROM (guess AT TIME ZONE tz) - local)::int);
    before := (low AT TIME ZONE tz) - (low AT TIME ZONE 'UTC');
    low := date_trunc('second', low, 'UTC');
    WHILE high - low > interval '1 second' LOOP
        middle := low + make_interval(secs => ceil(extract(epoch FROM high - low) / 2)::int);
        IF (middle AT TIME ZONE tz) - (middle AT TIME ZONE 'UTC') = before THEN
            low := middle;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN date_trunc('second', high, 'UTC');
END $$;

-- When the quiet time ends that covers `at`; NULL when none does. A window begins on the days of
-- its mask, in the zone's own time of each date, and has its start but not its end; windows that
-- touch or overlap are one. Where clocks change, quiet lasts rather longer: a start that is shown
-- twice is the first one, an end the second; one that is never shown is the change itself.
-- Looks at most ten days ahead.
CREATE FUNCTION barid.quiet_until(tz text, at timestamptz, windows barid.quiet_hours[])
    RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    today date := (at AT TIME ZONE tz)::date;
    ends  timestamptz := at;
    day   date;
    w     record;
    upto  timestamptz;
BEGIN
    IF coalesce(cardinality(windows), 0) = 0 THEN RETURN NULL; END IF;
    -- By their starts: whatever begins before the end found so far may move it on.
    FOR n IN -1 .. 10 LOOP
        day := today + n;
        EXIT WHEN n > 0 AND day > (ends AT TIME ZONE tz)::date;
        FOR w IN SELECT q.start_local, q.end_local FROM unnest(windows) q
                 WHERE q.dow_mask >> (extract(isodow FROM day)::int - 1) & 1 = 1
                 ORDER BY q.start_local
        LOOP
            CONTINUE WHEN barid.local_instant(tz, day + w.start_local, false) > ends;
            upto := barid.local_instant(
                tz, day + w.end_local
                    + CASE WHEN w.end_local <= w.start_local THEN interval '1 day'
                           ELSE interval '0' END, true);
            ends := greatest(ends, upto);
        END LOOP;
    END LOOP;
    RETURN nullif(ends, at);
END $$;

--------------------------------------------------------------------------------------------------
-- The decision.

-- verdict: send | defer (until `until`) | suppress | collect (a digest tells it) | expire
CREATE TYPE barid.decision AS (verdict text, reason text, until timestamptz);

-- The written order: too late > the user's choice (category and channel > category > channel >
-- all > the category's default) > digest > quiet hours > throttle > send. A critical category
-- passes the user's choice, quiet hours and the throttle. The inbox makes no noise: neither a
-- digest nor a throttle is asked about it.
-- `quiet_until`: the end of the quiet time that is now, NULL when there is none; `throttled`: the
-- throttle's window is full; `jitter`: 0 to 1, its part of five minutes (and of half of what is
-- left before expires_at) is added to a deferral, so that quiet hours don't end for all at once.
CREATE FUNCTION barid.decide(
    at timestamptz, expires_at timestamptz, critical boolean, channel text,
    pref_category_channel boolean, pref_category boolean, pref_channel boolean,
    pref_global boolean, default_enabled boolean, digest boolean, quiet_policy text,
    quiet_until timestamptz, throttled boolean, jitter double precision DEFAULT 0)
    RETURNS barid.decision
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF expires_at <= at THEN RETURN ROW('expire', 'expired', NULL)::barid.decision; END IF;
    IF NOT critical AND NOT coalesce(pref_category_channel, pref_category, pref_channel,
                                     pref_global, default_enabled) THEN
        RETURN ROW('suppress', 'preference:' || CASE
            WHEN pref_category_channel IS NOT NULL THEN 'category+channel'
            WHEN pref_category IS NOT NULL THEN 'category'
            WHEN pref_channel IS NOT NULL THEN 'channel'
            WHEN pref_global IS NOT NULL THEN 'global'
            ELSE 'default' END, NULL)::barid.decision;
    END IF;
    IF digest AND channel <> 'inbox' THEN RETURN ROW('collect', 'digest', NULL)::barid.decision; END IF;
    IF quiet_until > at AND NOT critical THEN
        IF channel = 'push' AND quiet_policy IN ('drop', 'inbox_only')
           OR channel = 'inbox' AND quiet_policy = 'drop' THEN
            RETURN ROW('suppress', 'quiet_hours', NULL)::barid.decision;
        END IF;
        IF channel = 'push' AND quiet_policy = 'defer' THEN
            IF quiet_until >= expires_at THEN
                RETURN ROW('expire', 'expires_in_quiet_hours', NULL)::barid.decision;
            END IF;
            RETURN ROW('defer', 'quiet_hours', quiet_until + make_interval(
                secs => least(1, greatest(0, jitter))
                        * least(300, (extract(epoch FROM expires_at)
                                      - extract(epoch FROM quiet_until)) / 2)))::barid.decision;
        END IF;
    END IF;
    IF throttled AND NOT critical AND channel <> 'inbox' THEN
        RETURN ROW('suppress', 'throttled', NULL)::barid.decision;
    END IF;
    RETURN ROW('send', NULL, NULL)::barid.decision;
END $$;

-- Reads what `decide` wants to know. `digest`, `throttle` false: that step was taken before (the
-- digest's own notification, a later attempt), so it isn't asked again. `override`: as if the
-- category were critical.
CREATE FUNCTION barid.decide_for(
    user_id text, category text, channel text, at timestamptz, expires_at timestamptz,
    digest boolean DEFAULT true, throttle boolean DEFAULT true, override boolean DEFAULT false,
    jitter double precision DEFAULT 0) RETURNS barid.decision
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    c           barid.category;
    p           record;
    quiet_end   timestamptz;
    full_window boolean := false;
BEGIN
    SELECT k.* INTO c FROM barid.category k WHERE k.key = category;
    SELECT bool_or(r.enabled) FILTER (WHERE r.category <> '*' AND r.channel <> '*') AS both_named,
           bool_or(r.enabled) FILTER (WHERE r.category <> '*' AND r.channel = '*') AS of_category,
           bool_or(r.enabled) FILTER (WHERE r.category = '*' AND r.channel <> '*') AS of_channel,
           bool_or(r.enabled) FILTER (WHERE r.category = '*' AND r.channel = '*') AS of_all
    INTO p FROM barid.preference r
    WHERE r.user_id = decide_for.user_id AND r.category IN (decide_for.category, '*')
      AND r.channel IN (decide_for.channel, '*');
    IF channel IN ('push', 'inbox') AND coalesce(c.quiet, 'defer') <> 'ignore' THEN
        SELECT barid.quiet_until(u.tz, at, array_agg(q)) INTO quiet_end
        FROM barid.quiet_hours q JOIN barid.app_user u ON u.id = q.user_id
        WHERE q.user_id = decide_for.user_id
        GROUP BY u.tz;
    END IF;
    IF throttle AND c.throttle_n IS NOT NULL THEN
        SELECT count(*) >= c.throttle_n INTO full_window
        FROM barid.notify_throttle t, unnest(t.sent) s
        WHERE t.user_id = decide_for.user_id AND t.category = decide_for.category
          AND t.channel = decide_for.channel AND s > at - c.throttle_window;
    END IF;
    RETURN barid.decide(at, expires_at, override OR coalesce(c.critical, false), channel,
                        p.both_named, p.of_category, p.of_channel, p.of_all,
                        coalesce(c.default_enabled, true),
                        digest AND c.digest_window IS NOT NULL, coalesce(c.quiet, 'defer'),
                        quiet_end, full_window, jitter);
END $$;

-- Takes one of the `n` places of the `win` that ends at `at`; true when there was one. Callers at
-- once take turns at the row.
CREATE FUNCTION barid.take_throttle(user_id text, category text, channel text, at timestamptz,
                                    n int, win interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF n IS NULL OR win IS NULL THEN RETURN true; END IF;
    IF n < 1 THEN RETURN false; END IF;
    INSERT INTO barid.notify_throttle AS t (user_id, category, channel, sent)
    VALUES (user_id, category, channel, ARRAY[at])
    ON CONFLICT ON CONSTRAINT notify_throttle_pkey DO UPDATE
        SET sent = ARRAY(SELECT s FROM unnest(t.sent || EXCLUDED.sent) s WHERE s > at - win
                         ORDER BY s)
        WHERE (SELECT count(*) FROM unnest(t.sent) s WHERE s > at - win) < n;
    RETURN FOUND;
END $$;

--------------------------------------------------------------------------------------------------
-- Digests.

CREATE INDEX digest_item_of_notification ON barid.digest_item (notification_id);

-- Puts a notification into the user's open digest, or opens one with the job that will close it.
-- Again for the same notification: nothing more, even when its digest is closed.
CREATE FUNCTION barid.collect(notification_id uuid, user_id text, category text, channel text)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    d    barid.digest;
    wait interval := (SELECT c.digest_window FROM barid.category c WHERE c.key = category);
BEGIN
    IF EXISTS (SELECT FROM barid.digest_item i JOIN barid.digest g ON g.id = i.digest_id
               WHERE i.notification_id = collect.notification_id AND g.channel = collect.channel)
    THEN
        RETURN;
    END IF;
    LOOP
        -- The row's lock holds off the digest's closing until we have committed.
        SELECT g.* INTO d FROM barid.digest g
        WHERE g.user_id = collect.user_id AND g.category = collect.category
          AND g.channel = collect.channel AND g.closed_at IS NULL
        FOR UPDATE;
        IF FOUND THEN EXIT; END IF;
        -- Another's open digest, not committed yet, makes us wait here and look again.
        INSERT INTO barid.digest AS g (user_id, category, channel, closes_at)
        VALUES (user_id, category, channel,
                clock_timestamp() + coalesce(wait, interval '1 second'))
        ON CONFLICT DO NOTHING
        RETURNING g.* INTO d;
        IF FOUND THEN
            PERFORM barid.enqueue('notify.digest', jsonb_build_object('digest', d.id),
                                  run_at => d.closes_at, unique_key => 'notify.digest:' || d.id);
            EXIT;
        END IF;
    END LOOP;
    -- Somebody may have put it there while we waited.
    IF EXISTS (SELECT FROM barid.digest_item i JOIN barid.digest g ON g.id = i.digest_id
               WHERE i.notification_id = collect.notification_id AND g.channel = collect.channel)
    THEN
        RETURN;
    END IF;
    INSERT INTO barid.digest_item VALUES (d.id, notification_id) ON CONFLICT DO NOTHING;
    -- A digest whose job died closes with its next member; a job that still waits is the one.
    IF d.closes_at < clock_timestamp() - interval '1 minute' THEN
        PERFORM barid.enqueue('notify.digest', jsonb_build_object('digest', d.id),
                              unique_key => 'notify.digest:' || d.id);
    END IF;
END $$;

--------------------------------------------------------------------------------------------------
-- Languages. The same rules as notify/locale.cpp.

-- "AR_eg" → "ar-EG", "zh-hant-tw" → "zh-Hant-TW"; NULL for what is no language tag.
CREATE FUNCTION barid.normalize_locale(tag text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(CASE WHEN p.n = 1 THEN p.part
                           WHEN length(p.part) = 2 THEN upper(p.part)
                           WHEN length(p.part) = 4 THEN upper(left(p.part, 1)) || substr(p.part, 2)
                           ELSE p.part END, '-' ORDER BY p.n)
    FROM regexp_split_to_table(lower(tag COLLATE "C"), '[-_]') WITH ORDINALITY AS p (part, n)
    WHERE octet_length(tag) <= 35
      AND tag COLLATE "C" ~ '^[A-Za-z0-9]{2,3}([-_][A-Za-z0-9]{1,8})*$'
$$;

-- Most wanted first: ar-EG, ar, then the fallback's.
CREATE FUNCTION barid.locale_chain(wanted text, fallback text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    chain text[] := '{}';
    tag   text;
BEGIN
    FOREACH tag IN ARRAY ARRAY[barid.normalize_locale(wanted), barid.normalize_locale(fallback)]
    LOOP
        WHILE tag <> '' LOOP
            IF NOT tag = ANY (chain) THEN chain := chain || tag; END IF;
            tag := CASE WHEN strpos(tag, '-') > 0 THEN regexp_replace(tag, '-[^-]*$', '')
                        ELSE '' END;
        END LOOP;
    END LOOP;
    RETURN chain;
END $$;

-- Which of `available` a reader of `wanted` gets. A text in any regional variant of a wanted
-- language beats one in another language; the first of them is the last resort.
CREATE FUNCTION barid.choose_locale(wanted text, available text[], fallback text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tag    text;
    choice text;
BEGIN
    FOREACH tag IN ARRAY barid.locale_chain(wanted, fallback) LOOP
        FOREACH choice IN ARRAY available LOOP
            IF barid.normalize_locale(choice) = tag THEN RETURN choice; END IF;
        END LOOP;
        CONTINUE WHEN strpos(tag, '-') > 0;
        FOREACH choice IN ARRAY available LOOP
            IF split_part(barid.normalize_locale(choice), '-', 1) = tag THEN RETURN choice; END IF;
        END LOOP;
    END LOOP;
    RETURN available[1];
END $$;

-- For users that are not known, and texts that a user's own language lacks. Set it for the whole
-- database: ALTER DATABASE shop SET barid.default_locale = 'ar'.
CREATE FUNCTION barid.default_locale() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(barid.normalize_locale(current_setting('barid.default_locale', true)), 'en')
$$;

--------------------------------------------------------------------------------------------------
-- Asking for a notification.

CREATE FUNCTION barid.refuse(problem text, remedy text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF remedy IS NULL THEN RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = problem; END IF;
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = problem, HINT = remedy;
END $$;

-- {"en": {"title": …, "body": …}, …} with its language tags normalized; raises what is wrong.
CREATE FUNCTION barid.check_texts(texts jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item  record;
    clean jsonb := '{}';
BEGIN
    IF jsonb_typeof(texts) <> 'object' OR texts = '{}' THEN
        PERFORM barid.refuse('texts must be an object of languages',
                             'For example {"en": {"title": "…", "body": "…"}, "ar": {…}}.');
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(texts)) > 8 THEN
        PERFORM barid.refuse('texts has more than 8 languages');
    END IF;
    FOR item IN SELECT t.key, barid.normalize_locale(t.key) AS tag, t.value
                FROM jsonb_each(texts) t LOOP
        IF item.tag IS NULL THEN
            PERFORM barid.refuse(format('texts: %s is not a language tag',
                                        quote_literal(left(item.key, 40))),
                                 'Use a tag such as "ar", "en" or "ar-EG".');
        END IF;
        IF clean ? item.tag THEN
            PERFORM barid.refuse(format('texts names the language %s twice', item.tag));
        END IF;
        IF jsonb_typeof(item.value) <> 'object'
           OR jsonb_typeof(item.value -> 'title') IS DISTINCT FROM 'string'
           OR jsonb_typeof(item.value -> 'body') IS DISTINCT FROM 'string'
           OR item.value - 'title' - 'body' <> '{}' OR item.value ->> 'title' = '' THEN
            PERFORM barid.refuse(format(
                'texts.%s must be an object of exactly "title" (not empty) and "body"', item.tag));
        END IF;
        IF octet_length(item.value ->> 'title') > 1024
           OR octet_length(item.value ->> 'body') > 3500 THEN
            PERFORM barid.refuse(format(
                'texts.%s is too long: a title has at most 1024 bytes, a body 3500', item.tag),
                'An Arabic letter takes two bytes.');
        END IF;
        clean := clean || jsonb_build_object(item.tag, item.value);
    END LOOP;
    RETURN clean;
END $$;

-- What the app gets with the push: texts only, under keys that FCM leaves to us.
CREATE FUNCTION barid.check_data(data jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item    record;
    problem text;
BEGIN
    IF data = '{}' THEN RETURN; END IF;
    IF jsonb_typeof(data) <> 'object' THEN
        PERFORM barid.refuse('data must be an object of texts', 'For example {"order": "1042"}.');
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(data)) > 64 THEN
        PERFORM barid.refuse('data has more than 64 entries');
    END IF;
    FOR item IN SELECT t.key, t.value FROM jsonb_each(data) t LOOP
        problem := CASE
            WHEN item.key = '' THEN 'a key must not be empty'
            WHEN octet_length(item.key) > 128 THEN 'a key has at most 128 bytes'
            WHEN item.key = 'nid' THEN
                'nid is Barid''s own key: it carries the notification''s id'
            WHEN item.key IN ('from', 'message_type') OR item.key LIKE 'google%'
                 OR item.key LIKE 'gcm%' THEN
                'is reserved by FCM (from, message_type, google…, gcm…)'
            WHEN jsonb_typeof(item.value) <> 'string' THEN 'must be a text'
            WHEN octet_length(item.value #>> '{}') > 3500 THEN 'has more than 3500 bytes'
            END;
        IF problem IS NOT NULL THEN
            PERFORM barid.refuse(format('data.%s %s', left(item.key, 40), problem));
        END IF;
    END LOOP;
END $$;

-- {"android": {…}, "apns": {…}, "webpush": {…}}: blocks that FCM gets as they are.
CREATE FUNCTION barid.check_options(options jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item record;
BEGIN
    IF options = '{}' THEN RETURN; END IF;
    IF jsonb_typeof(options) <> 'object' THEN
        PERFORM barid.refuse('options must be an object of android, apns and webpush');
    END IF;
    FOR item IN SELECT t.key, t.value FROM jsonb_each(options) t LOOP
        IF item.key NOT IN ('android', 'apns', 'webpush') OR jsonb_typeof(item.value) <> 'object'
        THEN
            PERFORM barid.refuse(
                format('options.%s is not understood', left(item.key, 40)),
                'The objects "android", "apns" and "webpush" are, each as FCM wants it.');
        END IF;
    END LOOP;
    IF octet_length(options::text) > 8192 THEN
        PERFORM barid.refuse('options is larger than a push may be');
    END IF;
END $$;

CREATE FUNCTION barid.check_channels(channels text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF cardinality(channels) NOT BETWEEN 1 AND 4
       OR NOT channels <@ ARRAY['push', 'inbox', 'email', 'webhook']
       OR (SELECT count(DISTINCT c) <> count(*) FROM unnest(channels) c) THEN
        PERFORM barid.refuse('channels must name push, inbox, email, webhook, each once',
                             'Leave it out to use the category''s channels.');
    END IF;
END $$;

-- At least so many bytes has the push's JSON: the envelope, the id and each text once, unescaped.
CREATE FUNCTION barid.least_push_bytes(title text, body text, data jsonb, image text) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 100 + octet_length(title) + octet_length(body)
           + coalesce(octet_length(image) + 11, 0)
           + (SELECT coalesce(sum(octet_length(d.key) + octet_length(d.value) + 6), 0)
              FROM jsonb_each_text(data) d)::int
$$;

-- {"en": title}, {"en": body} → {"en": {"title", "body"}}
CREATE FUNCTION barid.texts_of(title jsonb, body jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lacking text;
BEGIN
    IF jsonb_typeof(title) IS DISTINCT FROM 'object' OR jsonb_typeof(body) IS DISTINCT FROM 'object'
    THEN
        PERFORM barid.refuse('title and body must be objects of languages',
                             'For example {"en": "…", "ar": "…"}.');
    END IF;
    SELECT format('%s is given for the %s only', quote_literal(left(coalesce(t.key, b.key), 40)),
                  CASE WHEN b.key IS NULL THEN 'title' ELSE 'body' END) INTO lacking
    FROM jsonb_each(title) t FULL JOIN jsonb_each(body) b ON b.key = t.key
    WHERE t.key IS NULL OR b.key IS NULL LIMIT 1;
    IF FOUND THEN
        PERFORM barid.refuse('the language ' || lacking, 'Each language needs both.');
    END IF;
    RETURN coalesce((SELECT jsonb_object_agg(t.key, jsonb_build_object('title', t.value,
                                                                       'body', body -> t.key))
                     FROM jsonb_each(title) t), '{}');
END $$;

-- Raises an error unless this version of the template exists and can be filled with `vars`.
CREATE FUNCTION barid.check_template_use(template text, version int, vars jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    item    record;
    missing text;
BEGIN
    IF NOT EXISTS (SELECT FROM barid.template t WHERE t.key = template AND t.version = version)
    THEN
        PERFORM barid.refuse(format('template %s does not exist',
                                    quote_literal(left(template, 80) || coalesce(
                                        ' version ' || version, ''))),
                             'Create it with barid.upsert_template.');
    END IF;
    IF jsonb_typeof(vars) <> 'object' THEN
        PERFORM barid.refuse('vars must be an object', 'For example {"order": "1042"}.');
    END IF;
    IF (SELECT count(*) FROM jsonb_object_keys(vars)) > 40 OR octet_length(vars::text) > 16384 THEN
        PERFORM barid.refuse('vars has more than 40 entries, or more than 16384 bytes');
    END IF;
    SELECT v.name INTO missing FROM barid.template t, unnest(t.variables) v (name)
    WHERE t.key = template AND t.version = version AND vars -> v.name IS NULL LIMIT 1;
    IF FOUND THEN
        PERFORM barid.refuse(format('vars lacks %s, which template %s uses', missing, template));
    END IF;
END $$;

-- Makes the notification, and its inbox item when the inbox is wanted and the user's choices let
-- it in: once for each (user_id, dedupe_key). `created` is false when it was there; `job_id` comes
-- back as the job that delivers it. An inbox item whose text has to be rendered by a worker has
-- none yet, and is not listed until then; one that is not before a time is listed from then on.
CREATE FUNCTION barid.create_notification(
    user_id text, category text, dedupe_key text, INOUT job_id bigint DEFAULT NULL,
    template text DEFAULT NULL, template_version int DEFAULT NULL, vars jsonb DEFAULT NULL,
    texts jsonb DEFAULT NULL, data jsonb DEFAULT NULL, image text DEFAULT NULL,
    options jsonb DEFAULT NULL, channels text[] DEFAULT NULL,
    not_before timestamptz DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
    broadcast_id uuid DEFAULT NULL, digest_id bigint DEFAULT NULL, ttl interval DEFAULT NULL,
    default_locale text DEFAULT NULL, OUT id uuid, OUT created boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    at       timestamptz := clock_timestamp();
    c        barid.category;
    fallback text;
    chosen   text;
    title    text;
    body     text;
    inbox    barid.decision;
    owner    bigint;
BEGIN
    IF user_id IS NULL OR octet_length(user_id) NOT BETWEEN 1 AND 256 THEN
        PERFORM barid.refuse('user_id must have 1 to 256 bytes');
    END IF;
    IF dedupe_key IS NULL OR octet_length(dedupe_key) NOT BETWEEN 1 AND 256 THEN
        PERFORM barid.refuse('dedupe_key must have 1 to 256 bytes');
    END IF;
    SELECT n.id, false, n.job_id INTO id, created, owner FROM barid.notification n
    WHERE n.user_id = create_notification.user_id
      AND n.dedupe_key = create_notification.dedupe_key;
    IF FOUND THEN
        job_id := owner;
        RETURN;
    END IF;

    SELECT k.* INTO c FROM barid.category k WHERE k.key = category;
    IF NOT FOUND THEN
        PERFORM barid.refuse(format('category %s does not exist',
                                    quote_nullable(left(category, 80))),
                             'Create it with barid.upsert_category.');
    END IF;
    channels := coalesce(channels, c.channels);
    data := coalesce(data, '{}');
    options := coalesce(options, '{}');
    PERFORM barid.check_channels(channels);
    PERFORM barid.check_data(data);
    PERFORM barid.check_options(options);
    IF octet_length(image) > 2048 OR image !~ '^https?://[!-~]{4,}$' OR image ~ '["<>]' THEN
        PERFORM barid.refuse('image must be an http or https URL of at most 2048 bytes',
                             'Anything else than plain ASCII must be escaped.');
    END IF;
    IF ttl NOT BETWEEN interval '1 second' AND interval '28 days' THEN
        PERFORM barid.refuse('ttl must be between 1 second and 28 days');
    END IF;
    IF not_before > at + interval '366 days' THEN
        PERFORM barid.refuse('not_before lies more than a year ahead');
    END IF;
    IF not_before <= at THEN not_before := NULL; END IF;
    IF expires_at > at + interval '732 days' THEN
        PERFORM barid.refuse('expires_at lies more than two years ahead');
    END IF;
    expires_at := coalesce(expires_at, coalesce(not_before, at) + coalesce(ttl, c.ttl));
    fallback := coalesce(barid.normalize_locale(default_locale), barid.default_locale());
    chosen := coalesce((SELECT u.locale FROM barid.app_user u WHERE u.id = user_id), fallback);

    IF (template IS NULL) = (texts IS NULL) THEN
        PERFORM barid.refuse('a template, or texts, must be given, and not both');
    END IF;
    IF template IS NULL THEN
        IF vars <> '{}' THEN
            PERFORM barid.refuse('vars need a template');
        END IF;
        vars := NULL;
        template_version := NULL;
        texts := barid.check_texts(texts);
        IF channels && ARRAY['push'] THEN
            PERFORM barid.refuse(
                format('the push has more than 4096 bytes in "%s"', t.key),
                'Shorten the text or the data; an Arabic letter takes two bytes.')
            FROM jsonb_each(texts) t
            WHERE barid.least_push_bytes(t.value ->> 'title', t.value ->> 'body', data, image)
                  > 4096;
        END IF;
        chosen := barid.choose_locale(chosen, ARRAY(SELECT jsonb_object_keys(texts)), fallback);
        title := texts -> chosen ->> 'title';
        body := texts -> chosen ->> 'body';
    ELSE
        vars := coalesce(vars, '{}');
        template_version := coalesce(template_version, (
            SELECT max(t.version) FROM barid.template t WHERE t.key = template));
        PERFORM barid.check_template_use(template, template_version, vars);
        chosen := NULL;
    END IF;

    INSERT INTO barid.notification AS n (
        user_id, category, dedupe_key, job_id, template_key, template_version, vars, texts,
        locale, title, body, image, data, options, channels, not_before, expires_at,
        broadcast_id, digest_id)
    VALUES (user_id, category, dedupe_key, job_id, template, template_version, vars, texts,
            chosen, title, body, image, data, options, channels, not_before, expires_at,
            broadcast_id, digest_id)
    ON CONFLICT ON CONSTRAINT notification_user_id_dedupe_key_key DO NOTHING
    RETURNING n.id INTO id;
    created := FOUND;
    IF NOT created THEN
        -- Somebody made it since we looked.
        SELECT n.id, n.job_id INTO id, job_id FROM barid.notification n
        WHERE n.user_id = create_notification.user_id
          AND n.dedupe_key = create_notification.dedupe_key;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the notification was made by a transaction that this one can''t see'
                USING ERRCODE = '40001';
        END IF;
        RETURN;
    END IF;

    IF NOT 'inbox' = ANY (channels) THEN RETURN; END IF;
    at := greatest(at, not_before);
    inbox := barid.decide_for(user_id, category, 'inbox', at, expires_at);
    IF inbox.verdict = 'send' THEN
        INSERT INTO barid.inbox_item (notification_id, user_id, category, locale, title, body,
                                      image, data, created_at)
        VALUES (id, user_id, category, chosen, title, body, image, data,
                coalesce(not_before, now()));
    ELSE
        INSERT INTO barid.delivery (notification_id, channel, job_id, state, reason)
        VALUES (id, 'inbox', job_id,
                CASE inbox.verdict WHEN 'expire' THEN 'expired' ELSE 'suppressed' END,
                inbox.reason);
    END IF;
END $$;

-- A backend's way to notify. The inbox item is part of the caller's transaction; what has to be
-- sent is sent by a job that begins when it commits. With the same dedupe_key again: the same id,
-- and nothing new. `title`, `body`: {"en": "…", "ar": "…"}; or a template with its vars.
CREATE FUNCTION barid.notify(
    user_id text, category text DEFAULT 'general', template text DEFAULT NULL,
    vars jsonb DEFAULT NULL, title jsonb DEFAULT NULL, body jsonb DEFAULT NULL,
    data jsonb DEFAULT NULL, image text DEFAULT NULL, options jsonb DEFAULT NULL,
    channels text[] DEFAULT NULL, dedupe_key text DEFAULT NULL, delay interval DEFAULT NULL,
    run_at timestamptz DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
    ttl interval DEFAULT NULL, template_version int DEFAULT NULL, queue text DEFAULT 'default',
    priority int DEFAULT 5, tags text[] DEFAULT NULL, request_id text DEFAULT NULL,
    traceparent text DEFAULT NULL)
    RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    made  record;
    texts jsonb;
    n     barid.notification;
BEGIN
    IF run_at IS NOT NULL AND delay IS NOT NULL THEN
        PERFORM barid.refuse('give run_at or delay, not both');
    END IF;
    IF delay IS NOT NULL THEN run_at := clock_timestamp() + delay; END IF;
    IF NOT isfinite(run_at) THEN PERFORM barid.refuse('run_at must be finite'); END IF;
    IF title IS NOT NULL OR body IS NOT NULL THEN
        texts := barid.texts_of(title, body);
    END IF;
    SELECT * INTO made FROM barid.create_notification(
        user_id, category, coalesce(dedupe_key, gen_random_uuid()::text), template => template,
        template_version => template_version, vars => vars, texts => texts, data => data,
        image => image, options => options, channels => channels, not_before => run_at,
        expires_at => expires_at, ttl => ttl);
    IF NOT made.created THEN RETURN made.id; END IF;
    SELECT k.* INTO n FROM barid.notification k WHERE k.id = made.id;
    -- Nothing is left to do for an inbox item that has its text.
    IF n.channels = '{inbox}' AND (n.title IS NOT NULL OR NOT EXISTS (
        SELECT FROM barid.inbox_item i WHERE i.notification_id = n.id)) THEN
        RETURN n.id;
    END IF;
    UPDATE barid.notification k
    SET job_id = barid.enqueue('notify.deliver', jsonb_build_object('notification', n.id),
                               queue => queue, priority => priority, run_at => n.not_before,
                               tags => tags, request_id => request_id,
                               traceparent => traceparent)
    WHERE k.id = n.id;
    RETURN n.id;
END $$;

--------------------------------------------------------------------------------------------------
-- Who may do what.

GRANT EXECUTE ON FUNCTION
    barid.local_instant, barid.quiet_until, barid.decide, barid.decide_for, barid.take_throttle,
    barid.collect, barid.normalize_locale, barid.locale_chain, barid.choose_locale,
    barid.default_locale, barid.create_notification, barid.notify
TO barid_worker;
GRANT EXECUTE ON FUNCTION barid.notify TO barid_producer, barid_operator;
GRANT EXECUTE ON FUNCTION barid.quiet_until, barid.local_instant, barid.decide, barid.decide_for
TO barid_operator;
