-- Whether, when and how a notification goes out: quiet hours, the decision, throttles, digests;
-- and the functions with which a backend asks for notifications and shows its users their inbox.
--
-- `decide` is pure and holds the written order. `decide_for` gathers its facts and changes
-- nothing; `take_throttle` and `collect` are the two steps that leave a mark.

-- What a delivery's reason said until now.
UPDATE barid.delivery d SET reason = 'preference:category+channel'
WHERE d.reason = 'preference:category_channel';

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
    IF dedupe_key LIKE 'digest:%' AND digest_id IS NULL THEN
        PERFORM barid.refuse('dedupe_key must not begin with "digest:"',
                             'Such keys are those of digests.');
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
        -- The templates' own functions: 0012.
        PERFORM barid.check_vars(template, template_version, vars);
        SELECT r.locale, r.title, r.body INTO chosen, title, body
        FROM barid.render_plain(template, template_version, chosen, fallback, vars) r;
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
-- What a shop and its users may set.

-- `windows`: a list of {"start": "22:00", "end": "07:00", "days": ["fri", "sat"]}; `days` are those
-- on which the window begins, all when left out; an end that is not after its start is on the next
-- day. NULL or [] takes all away. `tz`: the user's zone, when it changes with them.
CREATE FUNCTION barid.set_quiet_hours(user_id text, windows jsonb, tz text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    names CONSTANT text[] := '{mon,tue,wed,thu,fri,sat,sun}';
    item  record;
    day   jsonb;
    mask  int;
    busy  int4multirange := '{}';
    low   int;
    high  int;
BEGIN
    PERFORM barid.upsert_user(user_id, tz => tz);
    -- Two that set the same user's take turns.
    PERFORM FROM barid.app_user u WHERE u.id = user_id FOR UPDATE;
    DELETE FROM barid.quiet_hours q WHERE q.user_id = set_quiet_hours.user_id;
    IF windows IS NULL OR jsonb_typeof(windows) = 'null' THEN RETURN; END IF;
    IF jsonb_typeof(windows) <> 'array' OR jsonb_array_length(windows) > 7 THEN
        PERFORM barid.refuse('windows must be a list of at most 7 objects',
                             'For example [{"start": "22:00", "end": "07:00"}].');
    END IF;
    FOR item IN SELECT w.value AS w, w.n, w.value ->> 'start' AS s, w.value ->> 'end' AS e
                FROM jsonb_array_elements(windows) WITH ORDINALITY AS w (value, n) LOOP
        IF jsonb_typeof(item.w) <> 'object' OR item.w - 'start' - 'end' - 'days' <> '{}' THEN
            PERFORM barid.refuse(format('windows[%s] must have "start", "end" and perhaps "days"',
                                        item.n));
        END IF;
        IF item.s IS NULL OR item.s !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
           OR item.e IS NULL OR item.e !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' THEN
            PERFORM barid.refuse(format('windows[%s]: start and end must be times', item.n),
                                 'Write hours and minutes, such as "22:00" and "07:30".');
        END IF;
        IF item.s = item.e THEN
            PERFORM barid.refuse(format('windows[%s] begins and ends at the same time', item.n),
                'To turn a channel off at any time, use barid.set_preference.');
        END IF;
        mask := CASE WHEN item.w ? 'days' THEN 0 ELSE 127 END;
        IF mask = 0 AND (jsonb_typeof(item.w -> 'days') <> 'array' OR item.w -> 'days' = '[]') THEN
            PERFORM barid.refuse(format('windows[%s].days must be a list of days', item.n),
                                 'Use "mon" to "sun", or leave it out for every day.');
        END IF;
        IF mask = 0 THEN
            FOR day IN SELECT v FROM jsonb_array_elements(item.w -> 'days') v LOOP
                IF jsonb_typeof(day) <> 'string' OR NOT day #>> '{}' = ANY (names) THEN
                    PERFORM barid.refuse(format('windows[%s].days: %s is no day', item.n,
                                                left(day::text, 20)),
                                         'Use "mon", "tue", "wed", "thu", "fri", "sat", "sun".');
                END IF;
                mask := mask | (1 << (array_position(names, day #>> '{}') - 1));
            END LOOP;
        END IF;
        INSERT INTO barid.quiet_hours AS q (user_id, no, dow_mask, start_local, end_local)
        VALUES (user_id, item.n, mask, item.s::time, item.e::time);
        -- In minutes of a week that goes round.
        FOR bit IN 0 .. 6 LOOP
            CONTINUE WHEN mask >> bit & 1 = 0;
            low := bit * 1440 + extract(epoch FROM item.s::time)::int / 60;
            high := bit * 1440 + extract(epoch FROM item.e::time)::int / 60
                    + CASE WHEN item.e < item.s THEN 1440 ELSE 0 END;
            busy := busy + int4multirange(int4range(low, least(high, 10080)),
                                          int4range(0, greatest(0, high - 10080)));
        END LOOP;
    END LOOP;
    IF busy @> int4range(0, 10080) THEN
        PERFORM barid.refuse('the windows leave no time of the week',
                             'To turn a channel off at any time, use barid.set_preference.');
    END IF;
END $$;

-- Takes the place of the function with the first seven arguments, which are as they were: what is
-- left out of them gets its default. What is left out of the others stays as it is; 0 takes a
-- throttle (throttle_n) or a digest (digest_window) away.
DROP FUNCTION barid.upsert_category(text, boolean, text, interval, boolean, boolean, text);
CREATE FUNCTION barid.upsert_category(
    key text, critical boolean DEFAULT false, ambiguity text DEFAULT 'resend',
    ttl interval DEFAULT '28 days', urgent boolean DEFAULT true, collapse boolean DEFAULT false,
    description text DEFAULT NULL, quiet text DEFAULT NULL, throttle_n int DEFAULT NULL,
    throttle_window interval DEFAULT NULL, digest_window interval DEFAULT NULL,
    digest_template text DEFAULT NULL, channels text[] DEFAULT NULL,
    default_enabled boolean DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    no_throttle CONSTANT boolean := throttle_n IS NOT DISTINCT FROM 0;
    no_digest   CONSTANT boolean := digest_window IS NOT DISTINCT FROM interval '0';
BEGIN
    IF key IS NULL OR key !~ '^[a-z0-9][a-z0-9._-]{0,63}$' THEN
        PERFORM barid.refuse(format('category key %s must match [a-z0-9][a-z0-9._-]{0,63}',
                                    quote_nullable(left(key, 80))));
    END IF;
    IF ambiguity IS NULL OR ambiguity NOT IN ('resend', 'hold') THEN
        PERFORM barid.refuse('ambiguity must be resend or hold');
    END IF;
    IF ttl IS NULL OR ttl NOT BETWEEN interval '1 second' AND interval '28 days' THEN
        PERFORM barid.refuse('ttl must be between 1 second and 28 days');
    END IF;
    IF quiet NOT IN ('defer', 'drop', 'inbox_only', 'ignore') THEN
        PERFORM barid.refuse('quiet must be defer, drop, inbox_only or ignore');
    END IF;
    IF channels IS NOT NULL THEN PERFORM barid.check_channels(channels); END IF;
    IF no_throttle THEN
        throttle_n := NULL;
        throttle_window := NULL;
    ELSIF (throttle_n IS NULL) <> (throttle_window IS NULL) OR throttle_n NOT BETWEEN 1 AND 100
          OR throttle_window NOT BETWEEN interval '1 second' AND interval '31 days' THEN
        PERFORM barid.refuse(
            'throttle_n and throttle_window must be given together',
            '1 to 100 messages in 1 second to 31 days; throttle_n => 0 for no throttle.');
    END IF;
    IF no_digest THEN
        digest_window := NULL;
        digest_template := NULL;
    ELSIF (digest_window IS NULL) <> (digest_template IS NULL)
          OR digest_window NOT BETWEEN interval '1 second' AND interval '7 days' THEN
        PERFORM barid.refuse(
            'digest_window and digest_template must be given together',
            'The window has 1 second to 7 days; digest_window => ''0'' for no digest.');
    ELSIF digest_template IS NOT NULL AND NOT EXISTS (
        SELECT FROM barid.template t WHERE t.key = digest_template) THEN
        PERFORM barid.refuse(format('template %s does not exist',
                                    quote_literal(left(digest_template, 80))),
                             'Create it with barid.upsert_template.');
    END IF;
    INSERT INTO barid.category AS c (
        key, critical, ambiguity, ttl, urgent, collapse, description, quiet, throttle_n,
        throttle_window, digest_window, digest_template, channels, default_enabled)
    VALUES (key, coalesce(critical, false), ambiguity, ttl, coalesce(urgent, true),
            coalesce(collapse, false), left(description, 500), coalesce(quiet, 'defer'),
            throttle_n, throttle_window, digest_window, digest_template,
            coalesce(channels, '{push,inbox}'), coalesce(default_enabled, true))
    ON CONFLICT ON CONSTRAINT category_pkey DO UPDATE
        SET critical = EXCLUDED.critical, ambiguity = EXCLUDED.ambiguity, ttl = EXCLUDED.ttl,
            urgent = EXCLUDED.urgent, collapse = EXCLUDED.collapse,
            description = coalesce(EXCLUDED.description, c.description),
            quiet = coalesce(upsert_category.quiet, c.quiet),
            throttle_n = CASE WHEN no_throttle THEN NULL
                              ELSE coalesce(EXCLUDED.throttle_n, c.throttle_n) END,
            throttle_window = CASE WHEN no_throttle THEN NULL
                                   ELSE coalesce(EXCLUDED.throttle_window, c.throttle_window) END,
            digest_window = CASE WHEN no_digest THEN NULL
                                 ELSE coalesce(EXCLUDED.digest_window, c.digest_window) END,
            digest_template = CASE WHEN no_digest THEN NULL
                                   ELSE coalesce(EXCLUDED.digest_template, c.digest_template) END,
            channels = coalesce(upsert_category.channels, c.channels),
            default_enabled = coalesce(upsert_category.default_enabled, c.default_enabled),
            updated_at = now();
END $$;

--------------------------------------------------------------------------------------------------
-- Closing a digest.

-- Makes the digest's notification, once: "3 orders were shipped". Its template gets `count` and the
-- newest member's variables, as far as it declares them. A single member is told with its own
-- words. Members that have expired meanwhile are left out. Returns the
-- notification's id, the same when it is called again; NULL when there was nothing to tell.
CREATE FUNCTION barid.close_digest(digest_id bigint, job_id bigint) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    d      barid.digest;
    c      barid.category;
    newest barid.notification;
    named  text := 'digest:' || digest_id;
    total  int;
    at     timestamptz := clock_timestamp();
    vars   jsonb;
    made   record;
BEGIN
    -- Whoever collects holds this lock until it has committed: no member comes after our look.
    SELECT g.* INTO d FROM barid.digest g WHERE g.id = digest_id FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF d.closed_at IS NOT NULL THEN
        RETURN (SELECT n.id FROM barid.notification n
                WHERE n.user_id = d.user_id AND n.dedupe_key = named);
    END IF;
    UPDATE barid.digest g SET closed_at = at WHERE g.id = digest_id;
    SELECT count(*) INTO total
    FROM barid.digest_item i JOIN barid.notification n ON n.id = i.notification_id
    WHERE i.digest_id = d.id AND n.expires_at > at;
    IF total = 0 THEN RETURN NULL; END IF;
    SELECT n.* INTO newest
    FROM barid.digest_item i JOIN barid.notification n ON n.id = i.notification_id
    WHERE i.digest_id = d.id AND n.expires_at > at
    ORDER BY n.id DESC LIMIT 1;
    SELECT k.* INTO c FROM barid.category k WHERE k.key = d.category;
    IF total > 1 AND c.digest_template IS NOT NULL THEN
        vars := coalesce(newest.vars, '{}') || jsonb_build_object('count', total);
        -- Only what the template has a use for, and a number as a text where it wants a text.
        SELECT coalesce(jsonb_object_agg(v.key, CASE
                   WHEN t.variables -> v.key ->> 'type' = 'string'
                        AND jsonb_typeof(v.value) IN ('number', 'boolean')
                   THEN to_jsonb(v.value #>> '{}') ELSE v.value END), '{}') INTO vars
        FROM jsonb_each(vars) v,
             (SELECT l.variables FROM barid.template l WHERE l.key = c.digest_template
              ORDER BY l.version DESC LIMIT 1) t
        WHERE t.variables ? v.key;
        SELECT * INTO made FROM barid.create_notification(
            d.user_id, d.category, named, job_id, template => c.digest_template, vars => vars,
            data => jsonb_build_object('digest_count', total::text),
            channels => ARRAY[d.channel], digest_id => d.id);
    ELSE
        SELECT * INTO made FROM barid.create_notification(
            d.user_id, d.category, named, job_id, template => newest.template_key,
            template_version => newest.template_version,
            vars => CASE WHEN newest.template_key IS NOT NULL THEN newest.vars END,
            texts => CASE WHEN newest.template_key IS NULL THEN coalesce(newest.texts, (
                SELECT b.texts FROM barid.broadcast b WHERE b.id = newest.broadcast_id)) END,
            data => newest.data, image => newest.image, options => newest.options,
            channels => ARRAY[d.channel], expires_at => newest.expires_at, digest_id => d.id);
    END IF;
    RETURN made.id;
END $$;

--------------------------------------------------------------------------------------------------
-- The inbox. An item is there once it has its text and its time has come. Snoozed ones are hidden
-- until their time; what is counted is the rows themselves.

-- A page of a user's items would be as many places of a large table; so the index holds the items
-- themselves, as far as they are brief enough for one: all but a few.
ALTER TABLE barid.inbox_item ADD COLUMN brief boolean NOT NULL GENERATED ALWAYS AS (
    octet_length(coalesce(title, '')) + octet_length(coalesce(body, ''))
    + octet_length(coalesce(image, '')) + octet_length(data::text) <= 1800) STORED;
DROP INDEX barid.inbox_page;
DROP INDEX barid.inbox_unread;
CREATE INDEX inbox_page ON barid.inbox_item (user_id, created_at DESC, notification_id DESC)
    INCLUDE (category, locale, title, body, image, data, seen_at, read_at, archived_at,
             snoozed_until)
    WHERE archived_at IS NULL AND title IS NOT NULL AND brief;
CREATE INDEX inbox_page_long ON barid.inbox_item (user_id, created_at DESC, notification_id DESC)
    WHERE archived_at IS NULL AND title IS NOT NULL AND NOT brief;
-- All that the counts need, so that they read no rows.
CREATE INDEX inbox_unread ON barid.inbox_item (user_id, created_at DESC, notification_id DESC)
    INCLUDE (snoozed_until, seen_at)
    WHERE read_at IS NULL AND archived_at IS NULL AND title IS NOT NULL;
CREATE INDEX inbox_archived ON barid.inbox_item (user_id, created_at DESC, notification_id DESC)
    WHERE archived_at IS NOT NULL AND title IS NOT NULL;
CREATE INDEX inbox_snoozed ON barid.inbox_item (user_id, created_at DESC, notification_id DESC)
    WHERE snoozed_until IS NOT NULL AND archived_at IS NULL AND title IS NOT NULL;
-- Counting from an index alone needs pages that a vacuum has seen.
ALTER TABLE barid.inbox_item SET (autovacuum_vacuum_insert_scale_factor = 0.02,
                                  autovacuum_vacuum_scale_factor = 0.02);

-- Newest first. The next page starts after the last row: give its created_at and id. `filter`:
-- inbox (what is neither archived nor snoozed), unread of these, snoozed, archived, or all.
DROP FUNCTION barid.inbox(text, int, timestamptz, uuid);
CREATE FUNCTION barid.inbox(user_id text, page_size int DEFAULT 50,
                            before_at timestamptz DEFAULT NULL, before_id uuid DEFAULT NULL,
                            filter text DEFAULT 'inbox', only_category text DEFAULT NULL)
    RETURNS TABLE (id uuid, category text, locale text, title text, body text, image text,
                   data jsonb, created_at timestamptz, seen_at timestamptz, read_at timestamptz,
                   archived_at timestamptz, snoozed_until timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    at      timestamptz := statement_timestamp();
    last_at timestamptz := least(coalesce(before_at, 'infinity'), at);
    last_id uuid := CASE WHEN before_at <= at THEN before_id END;
BEGIN
    IF page_size IS NULL OR page_size NOT BETWEEN 1 AND 500 THEN
        PERFORM barid.refuse('page_size must be between 1 and 500');
    END IF;
    last_id := coalesce(last_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    -- One query for each index.
    CASE filter
    WHEN 'inbox' THEN
        RETURN QUERY
        SELECT b.* FROM (
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL AND i.brief
          AND (i.snoozed_until IS NULL OR i.snoozed_until <= at)
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        UNION ALL
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL AND NOT i.brief
          AND (i.snoozed_until IS NULL OR i.snoozed_until <= at)
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        ) b ORDER BY b.created_at DESC, b.notification_id DESC LIMIT page_size;
    WHEN 'unread' THEN
        RETURN QUERY
        SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL
          AND i.read_at IS NULL AND (i.snoozed_until IS NULL OR i.snoozed_until <= at)
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size;
    WHEN 'snoozed' THEN
        RETURN QUERY
        SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL
          AND i.snoozed_until > at
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size;
    WHEN 'archived' THEN
        RETURN QUERY
        SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NOT NULL
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size;
    WHEN 'all' THEN
        RETURN QUERY
        SELECT b.* FROM (
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL AND i.brief
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        UNION ALL
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NULL AND NOT i.brief
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        UNION ALL
        (SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
               i.created_at, i.seen_at, i.read_at, i.archived_at, i.snoozed_until
        FROM barid.inbox_item i
        WHERE i.user_id = inbox.user_id AND i.title IS NOT NULL AND i.archived_at IS NOT NULL
          AND (i.created_at, i.notification_id) < (last_at, last_id)
          AND (only_category IS NULL OR i.category = only_category)
        ORDER BY i.created_at DESC, i.notification_id DESC LIMIT page_size)
        ) b ORDER BY b.created_at DESC, b.notification_id DESC LIMIT page_size;
    ELSE
        PERFORM barid.refuse('filter must be inbox, unread, snoozed, archived or all');
    END CASE;
END $$;

-- Of what the user sees in their inbox. Counting stops at `cap`: a badge that says 10,000 is no
-- worse than one that says 10,017. In PL/pgSQL, which keeps the plan.
CREATE FUNCTION barid.inbox_counts(user_id text, cap int DEFAULT 10000,
                                   OUT unread bigint, OUT unseen bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    SELECT count(*), count(*) FILTER (WHERE u.seen_at IS NULL) INTO unread, unseen
    FROM (SELECT i.seen_at FROM barid.inbox_item i
          WHERE i.user_id = inbox_counts.user_id AND i.read_at IS NULL AND i.archived_at IS NULL
            AND i.title IS NOT NULL AND i.created_at <= statement_timestamp()
            AND (i.snoozed_until IS NULL OR i.snoozed_until <= statement_timestamp())
          LIMIT cap) u;
END $$;
DROP FUNCTION barid.unread_count(text);
CREATE FUNCTION barid.unread_count(user_id text, cap int DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    RETURN (SELECT count(*)
            FROM (SELECT FROM barid.inbox_item i
                  WHERE i.user_id = unread_count.user_id AND i.read_at IS NULL
                    AND i.archived_at IS NULL AND i.title IS NOT NULL
                    AND i.created_at <= statement_timestamp()
                    AND (i.snoozed_until IS NULL OR i.snoozed_until <= statement_timestamp())
                  LIMIT cap) u);
END $$;

-- The items that a call means: those named, or (`ids` NULL) all that the user sees.
CREATE FUNCTION barid.inbox_pick(user_id text, ids uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF cardinality(ids) > 10000 THEN
        PERFORM barid.refuse('at most 10000 notifications can be named at once');
    END IF;
    IF ids IS NOT NULL THEN
        RETURN QUERY SELECT i.notification_id FROM barid.inbox_item i
        WHERE i.notification_id = ANY (ids) AND i.user_id = inbox_pick.user_id;
        RETURN;
    END IF;
    RETURN QUERY SELECT i.notification_id FROM barid.inbox_item i
    WHERE i.user_id = inbox_pick.user_id AND i.archived_at IS NULL AND i.title IS NOT NULL
      AND i.brief AND i.created_at <= statement_timestamp()
      AND (i.snoozed_until IS NULL OR i.snoozed_until <= statement_timestamp());
    RETURN QUERY SELECT i.notification_id FROM barid.inbox_item i
    WHERE i.user_id = inbox_pick.user_id AND i.archived_at IS NULL AND i.title IS NOT NULL
      AND NOT i.brief AND i.created_at <= statement_timestamp()
      AND (i.snoozed_until IS NULL OR i.snoozed_until <= statement_timestamp());
END $$;

-- Each returns how many items it changed; ids of other users' items change nothing. NULL: all that
-- the user sees.
CREATE OR REPLACE FUNCTION barid.mark_read(user_id text, notification_ids uuid[] DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE barid.inbox_item i SET read_at = now(), seen_at = coalesce(i.seen_at, now())
    WHERE i.read_at IS NULL AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_read.user_id, mark_read.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

CREATE FUNCTION barid.mark_unread(user_id text, notification_ids uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    changed bigint;
BEGIN
    IF mark_unread.notification_ids IS NULL THEN
        PERFORM barid.refuse('notification_ids must be given');
    END IF;
    UPDATE barid.inbox_item i SET read_at = NULL
    WHERE i.read_at IS NOT NULL AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_unread.user_id, mark_unread.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

-- Shown in a list, but not opened.
CREATE FUNCTION barid.mark_seen(user_id text, notification_ids uuid[] DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE barid.inbox_item i SET seen_at = now()
    WHERE i.seen_at IS NULL AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_seen.user_id, mark_seen.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

-- `archived` false brings items back.
CREATE FUNCTION barid.mark_archived(user_id text, notification_ids uuid[] DEFAULT NULL,
                                    archived boolean DEFAULT true) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    changed bigint;
BEGIN
    IF mark_archived.archived IS NULL
       OR (NOT mark_archived.archived AND mark_archived.notification_ids IS NULL) THEN
        PERFORM barid.refuse('notification_ids must be given to bring items back');
    END IF;
    UPDATE barid.inbox_item i SET archived_at = CASE WHEN mark_archived.archived THEN now() END
    WHERE (i.archived_at IS NULL) = mark_archived.archived AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_archived.user_id, mark_archived.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

-- Hides items until then, when they are back as unread ones; NULL brings them back now.
CREATE FUNCTION barid.mark_snoozed(user_id text, notification_ids uuid[], until timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    changed bigint;
BEGIN
    IF mark_snoozed.notification_ids IS NULL THEN
        PERFORM barid.refuse('notification_ids must be given');
    END IF;
    IF mark_snoozed.until <= now() OR mark_snoozed.until > now() + interval '366 days' THEN
        PERFORM barid.refuse('until must lie in the future, by a year at most');
    END IF;
    UPDATE barid.inbox_item i SET snoozed_until = mark_snoozed.until,
        read_at = CASE WHEN mark_snoozed.until IS NULL THEN i.read_at END,
        seen_at = CASE WHEN mark_snoozed.until IS NULL THEN i.seen_at END
    WHERE i.snoozed_until IS DISTINCT FROM mark_snoozed.until AND i.notification_id IN (
        SELECT barid.inbox_pick(mark_snoozed.user_id, mark_snoozed.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

--------------------------------------------------------------------------------------------------
-- Why, and what became of it.

-- "fri, sat 22:00-07:00"
CREATE FUNCTION barid.quiet_text(dow_mask int, start_local time, end_local time) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN dow_mask = 127 THEN 'every day' ELSE (
               SELECT string_agg(d.name, ', ' ORDER BY d.n)
               FROM unnest('{mon,tue,wed,thu,fri,sat,sun}'::text[]) WITH ORDINALITY AS d (name, n)
               WHERE dow_mask >> (d.n - 1)::int & 1 = 1) END
           || ' ' || to_char(start_local, 'HH24:MI') || '-' || to_char(end_local, 'HH24:MI')
$$;

-- What would happen to a notification of this category at `at`, and why: one row for each thing
-- that is looked at, in the order in which `decide` asks. `channel` NULL: all channels of the
-- category. It tells neither the texts nor the devices' targets.
CREATE FUNCTION barid.explain_notification(
    user_id text, category text DEFAULT 'general', channel text DEFAULT NULL,
    at timestamptz DEFAULT now())
    RETURNS TABLE (on_channel text, step text, result text, detail text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    c       barid.category;
    u       barid.app_user;
    p       barid.preference;
    d       barid.decision;
    quiet   timestamptz;
    listed  text;
    used    bigint;
    lacking text;
BEGIN
    SELECT k.* INTO c FROM barid.category k WHERE k.key = category;
    IF NOT FOUND THEN
        PERFORM barid.refuse(format('category %s does not exist',
                                    quote_nullable(left(category, 80))),
                             'Create it with barid.upsert_category.');
    END IF;
    IF channel IS NOT NULL THEN PERFORM barid.check_channels(ARRAY[channel]); END IF;
    SELECT k.* INTO u FROM barid.app_user k WHERE k.id = user_id;
    FOREACH on_channel IN ARRAY CASE WHEN channel IS NULL THEN c.channels ELSE ARRAY[channel] END
    LOOP
        lacking := NULL;
        step := 'user';
        result := CASE WHEN u.id IS NULL THEN 'unknown' ELSE 'known' END;
        detail := CASE WHEN u.id IS NULL
                       THEN 'no barid.upsert_user or register_device yet: time zone UTC'
                       ELSE format('locale %s, time zone %s', u.locale, u.tz) END;
        RETURN NEXT;

        step := 'preference';
        SELECT r.* INTO p FROM barid.preference r
        WHERE r.user_id = explain_notification.user_id AND r.category IN (c.key, '*')
          AND r.channel IN (on_channel, '*')
        ORDER BY r.category = '*', r.channel = '*' LIMIT 1;
        result := CASE WHEN c.critical THEN 'passes' WHEN coalesce(p.enabled, c.default_enabled)
                       THEN 'on' ELSE 'off' END;
        detail := CASE WHEN p.user_id IS NULL THEN 'no choice of the user: the category''s default'
                       ELSE format('the user''s choice for category %s, channel %s is %s%s',
                                   p.category, p.channel,
                                   CASE WHEN p.enabled THEN 'on' ELSE 'off' END,
                                   coalesce(', set by ' || p.updated_by, '')) END
                  || CASE WHEN c.critical THEN '; the category is critical' ELSE '' END;
        RETURN NEXT;

        IF c.digest_window IS NOT NULL AND on_channel <> 'inbox' THEN
            step := 'digest';
            result := 'collects';
            detail := format('collected for %s, told with template %s', c.digest_window,
                             c.digest_template)
                || coalesce((SELECT format('; one is open until %s', g.closes_at)
                             FROM barid.digest g
                             WHERE g.user_id = explain_notification.user_id
                               AND g.category = c.key AND g.channel = on_channel
                               AND g.closed_at IS NULL), '');
            RETURN NEXT;
        END IF;

        step := 'quiet_hours';
        SELECT barid.quiet_until(u.tz, at, array_agg(q)),
               string_agg(barid.quiet_text(q.dow_mask, q.start_local, q.end_local), '; '
                          ORDER BY q.no)
        INTO quiet, listed
        FROM barid.quiet_hours q WHERE q.user_id = explain_notification.user_id;
        result := CASE WHEN quiet IS NULL THEN 'not_now'
                       WHEN c.critical OR c.quiet = 'ignore' THEN 'passes'
                       WHEN on_channel = 'push' OR (on_channel = 'inbox' AND c.quiet = 'drop')
                           THEN 'quiet'
                       ELSE 'passes' END;
        detail := CASE WHEN listed IS NULL THEN 'none set'
                       ELSE listed || ' in ' || u.tz || coalesce(', now until ' || quiet, '') END
                  || '; the category''s rule is ' || c.quiet;
        RETURN NEXT;

        IF c.throttle_n IS NOT NULL AND on_channel <> 'inbox' THEN
            step := 'throttle';
            SELECT count(*) INTO used FROM barid.notify_throttle t, unnest(t.sent) s
            WHERE t.user_id = explain_notification.user_id AND t.category = c.key
              AND t.channel = on_channel AND s > at - c.throttle_window;
            result := CASE WHEN c.critical THEN 'passes' WHEN used >= c.throttle_n THEN 'full'
                           ELSE 'free' END;
            detail := format('%s of %s used in the last %s', used, c.throttle_n,
                             c.throttle_window);
            RETURN NEXT;
        END IF;

        IF on_channel = 'push' THEN
            step := 'devices';
            SELECT count(*),
                   string_agg(format('%s %s%s (%s)', v.id, v.platform,
                                     coalesce(' ' || v.app_version, ''), v.state), ', ' ORDER BY v.id)
            INTO used, listed
            FROM (SELECT e.* FROM barid.device e
                  WHERE e.user_id = explain_notification.user_id AND e.state <> 'dead'
                  ORDER BY e.id DESC LIMIT 20) v;
            result := CASE WHEN used = 0 THEN 'none' ELSE 'some' END;
            detail := coalesce(listed, 'no device is registered');
            IF used = 0 THEN lacking := 'no_device'; END IF;
            RETURN NEXT;
        ELSIF on_channel = 'email' THEN
            step := 'address';
            SELECT CASE WHEN k.user_id IS NULL THEN 'none' WHEN s.address IS NULL THEN 'some'
                        ELSE 'suppressed' END,
                   CASE WHEN k.user_id IS NULL THEN 'no e-mail address is stored'
                        ELSE left(k.address, 1) || '…' || substr(k.address, strpos(k.address, '@'))
                             || coalesce(': not written to since a ' || s.reason, '') END
            INTO result, detail
            FROM (VALUES (1)) AS one (row)
            LEFT JOIN barid.contact k ON k.user_id = explain_notification.user_id
                                     AND k.channel = 'email'
            LEFT JOIN barid.suppression s ON s.channel = 'email' AND s.address = lower(k.address);
            lacking := CASE result WHEN 'none' THEN 'no_address'
                                   WHEN 'suppressed' THEN 'suppressed_address' END;
            RETURN NEXT;
        END IF;

        d := barid.decide_for(user_id, category, on_channel, at, at + c.ttl);
        IF lacking IS NOT NULL AND d.verdict IN ('send', 'defer') THEN
            d := ROW('suppress', lacking, NULL)::barid.decision;
        END IF;
        step := 'decision';
        result := d.verdict;
        detail := concat_ws(' until ', coalesce(d.reason, 'nothing stands against it'), d.until);
        RETURN NEXT;
    END LOOP;
END $$;

-- What became of notifications: who got them, when, on which phone, and if not, why. One row for
-- each way out, and one for the inbox. Exactly one of the first three says which; the newest
-- `page_size` notifications of a user come first, those of a broadcast by user. The next page:
-- `before` the last notification's id, or `after_user`.
CREATE FUNCTION barid.delivery_report(
    user_id text DEFAULT NULL, notification_id uuid DEFAULT NULL, broadcast_id uuid DEFAULT NULL,
    page_size int DEFAULT 50, before uuid DEFAULT NULL, after_user text DEFAULT NULL)
    RETURNS TABLE (
        notification uuid, recipient text, category text, asked_at timestamptz, channel text,
        generation int, device_id bigint, platform text, app_version text, device_state text,
        state text, reason text, at timestamptz, not_before timestamptz, attempts int,
        provider_id text, latency_ms int, history jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF num_nonnulls(delivery_report.user_id, delivery_report.notification_id,
                    delivery_report.broadcast_id) <> 1 THEN
        PERFORM barid.refuse('give one of user_id, notification_id and broadcast_id');
    END IF;
    IF page_size IS NULL OR page_size NOT BETWEEN 1 AND 1000 THEN
        PERFORM barid.refuse('page_size must be between 1 and 1000');
    END IF;
    RETURN QUERY
    WITH chosen AS MATERIALIZED (
        (SELECT n.* FROM barid.notification n WHERE n.id = delivery_report.notification_id)
        UNION ALL
        (SELECT n.* FROM barid.notification n
         WHERE n.user_id = delivery_report.user_id
           AND n.id < coalesce(before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
         ORDER BY n.id DESC LIMIT page_size)
        UNION ALL
        (SELECT n.* FROM barid.notification n
         WHERE n.broadcast_id = delivery_report.broadcast_id
           AND n.user_id > coalesce(after_user, '')
         ORDER BY n.user_id LIMIT page_size)
    ), ways AS (
        SELECT n.id, d.channel, d.generation, d.device_id, d.state, d.reason,
               coalesce(a.finished_at, d.updated_at) AS at, d.not_before, d.attempts,
               a.provider_id, a.latency_ms, h.history, d.id AS no
        FROM chosen n
        JOIN barid.delivery d ON d.notification_id = n.id
        LEFT JOIN LATERAL (
            SELECT k.finished_at, k.provider_id, k.latency_ms FROM barid.delivery_attempt k
            WHERE k.notification_id = n.id AND k.delivery_id = d.id
            ORDER BY k.class = 'accepted' DESC NULLS LAST, k.attempt_no DESC LIMIT 1) a ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                       'attempt', k.attempt_no, 'started_at', k.started_at,
                       'finished_at', k.finished_at, 'class', k.class, 'reason', k.reason,
                       'http_status', k.http_status, 'latency_ms', k.latency_ms,
                       'provider_id', k.provider_id, 'worker', k.worker, 'error', k.error))
                       ORDER BY k.attempt_no) AS history
            FROM (SELECT * FROM barid.delivery_attempt t
                  WHERE t.notification_id = n.id AND t.delivery_id = d.id
                  ORDER BY t.attempt_no DESC LIMIT 20) k) h ON true
        UNION ALL
        SELECT n.id, 'inbox', 0, NULL, 'in_inbox',
               CASE WHEN i.title IS NULL THEN 'not_rendered' WHEN i.archived_at IS NOT NULL
                    THEN 'archived' WHEN i.read_at IS NOT NULL THEN 'read'
                    WHEN i.seen_at IS NOT NULL THEN 'seen' ELSE 'unread' END,
               coalesce(i.read_at, i.seen_at, i.created_at), NULL, 0, NULL, NULL, NULL, 0
        FROM chosen n JOIN barid.inbox_item i ON i.notification_id = n.id
        UNION ALL
        -- Nothing was decided yet: the job says why.
        SELECT n.id, w.channel, 0, NULL, 'waiting',
               CASE WHEN n.job_id IS NULL THEN 'no job delivers it'
                    ELSE format('job %s is %s', n.job_id, coalesce(
                        (SELECT j.state::text FROM barid.job j WHERE j.id = n.job_id),
                        (SELECT j.state::text FROM barid.job_history j WHERE j.id = n.job_id),
                        'gone')) END,
               n.created_at, n.not_before, 0, NULL, NULL, NULL, 0
        FROM chosen n, unnest(n.channels) AS w (channel)
        WHERE w.channel <> 'inbox'
          AND NOT EXISTS (SELECT FROM barid.delivery d
                          WHERE d.notification_id = n.id AND d.channel = w.channel)
    )
    SELECT n.id, n.user_id, n.category, n.created_at, w.channel, w.generation, w.device_id,
           v.platform, v.app_version, v.state, w.state, w.reason, w.at, w.not_before, w.attempts,
           w.provider_id, w.latency_ms, w.history
    FROM chosen n
    JOIN ways w ON w.id = n.id
    LEFT JOIN barid.device v ON v.id = w.device_id
    ORDER BY CASE WHEN delivery_report.broadcast_id IS NOT NULL THEN n.user_id END,
             n.id DESC, w.generation, w.channel, w.no;
END $$;

--------------------------------------------------------------------------------------------------
-- Who may do what.

GRANT EXECUTE ON FUNCTION
    barid.local_instant, barid.quiet_until, barid.decide, barid.decide_for, barid.take_throttle,
    barid.collect, barid.close_digest, barid.normalize_locale, barid.locale_chain,
    barid.choose_locale, barid.default_locale, barid.create_notification, barid.notify
TO barid_worker;
GRANT EXECUTE ON FUNCTION
    barid.notify, barid.set_quiet_hours, barid.upsert_category, barid.inbox, barid.inbox_counts,
    barid.unread_count, barid.mark_read, barid.mark_unread, barid.mark_seen, barid.mark_archived,
    barid.mark_snoozed
TO barid_producer, barid_operator;
GRANT EXECUTE ON FUNCTION barid.explain_notification, barid.delivery_report
TO barid_producer, barid_operator, barid_readonly;
GRANT EXECUTE ON FUNCTION
    barid.local_instant, barid.quiet_until, barid.decide, barid.decide_for, barid.choose_locale
TO barid_operator;
