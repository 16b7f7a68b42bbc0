-- Notifications: users and their devices, preferences, templates, the inbox, and the ledger of
-- every push that was tried.
--
-- Users belong to the shop: `user_id` is its own text key, and nothing here refers to its tables.
-- The ledger's rule: an attempt's row is committed before the request leaves, so that a crash
-- leaves "unknown" behind and never a silent repeat.

-- Time-ordered identifiers (RFC 9562, version 7) keep the big indexes append-only.
CREATE FUNCTION barid.uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    PLACING substring(
                        int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                    FROM 1 FOR 6),
            52, 1), 53, 1), 'hex')::uuid
$$;

CREATE TABLE barid.app_user (
    id         text PRIMARY KEY CHECK (octet_length(id) BETWEEN 1 AND 256),
    locale     text NOT NULL DEFAULT 'en',
    tz         text NOT NULL DEFAULT 'UTC',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- `target` is an FCM registration token or installation id, as `target_kind` says; its kind can't
-- be told from its text. `project` names one set of credentials.
CREATE TABLE barid.device (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id            text NOT NULL REFERENCES barid.app_user (id) ON DELETE CASCADE,
    project            text NOT NULL DEFAULT 'default'
                       CHECK (octet_length(project) BETWEEN 1 AND 64),
    target_kind        text NOT NULL DEFAULT 'token' CHECK (target_kind IN ('token', 'fid')),
    target             text NOT NULL CHECK (octet_length(target) BETWEEN 1 AND 2048),
    platform           text NOT NULL CHECK (platform IN ('android', 'ios', 'web')),
    app_version        text,
    state              text NOT NULL DEFAULT 'active'
                       CHECK (state IN ('active', 'suspect', 'dead')),
    state_reason       text,
    strikes            smallint NOT NULL DEFAULT 0,
    first_strike_at    timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    last_registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_ok_at         timestamptz,
    UNIQUE (project, target_kind, target)
);
CREATE INDEX device_of_user ON barid.device (user_id) WHERE state <> 'dead';

-- `ambiguity`: what happens to a push whose fate can't be known. resend: at least once (orders,
-- one-time codes); hold: at most once (marketing), and an administrator sees it.
CREATE TABLE barid.category (
    key         text PRIMARY KEY CHECK (key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    critical    boolean NOT NULL DEFAULT false,
    ambiguity   text NOT NULL DEFAULT 'resend' CHECK (ambiguity IN ('resend', 'hold')),
    -- FCM keeps a message for 28 days at most; one that is later than this is not sent.
    ttl         interval NOT NULL DEFAULT '28 days'
                CHECK (ttl BETWEEN interval '1 second' AND interval '28 days'),
    urgent      boolean NOT NULL DEFAULT true,
    -- A newer message of a collapsing category replaces one that was not delivered yet.
    collapse    boolean NOT NULL DEFAULT false,
    description text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO barid.category (key, description)
VALUES ('general', 'What is sent without naming a category');

-- '*' stands for every category, or every channel.
CREATE TABLE barid.preference (
    user_id    text NOT NULL REFERENCES barid.app_user (id) ON DELETE CASCADE,
    category   text NOT NULL DEFAULT '*',
    channel    text NOT NULL DEFAULT '*'
               CHECK (channel IN ('*', 'push', 'inbox', 'email', 'webhook')),
    enabled    boolean NOT NULL,
    updated_by text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, category, channel)
);

-- A version is immutable and has all its languages.
CREATE TABLE barid.template (
    key        text NOT NULL CHECK (key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    version    int NOT NULL CHECK (version >= 1),
    locale     text NOT NULL,
    title      text NOT NULL,
    body       text NOT NULL,
    variables  text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key, version, locale)
);

CREATE TABLE barid.notification (
    id               uuid PRIMARY KEY DEFAULT barid.uuid_v7(),
    user_id          text NOT NULL CHECK (octet_length(user_id) BETWEEN 1 AND 256),
    category         text NOT NULL,
    dedupe_key       text NOT NULL CHECK (octet_length(dedupe_key) BETWEEN 1 AND 256),
    -- The job that delivers it, and the claim of that job that is in charge now: an older claim
    -- opens no new attempt.
    job_id           bigint,
    lease_token      text,
    template_key     text,
    template_version int,
    vars             jsonb,
    texts            jsonb,                 -- every language, when it was not made of a template
    locale           text NOT NULL,         -- of title and body, as shown
    title            text NOT NULL,
    body             text NOT NULL,
    image            text,
    data             jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz NOT NULL,
    UNIQUE (user_id, dedupe_key)
);
CREATE INDEX notification_by_job ON barid.notification (job_id) WHERE job_id IS NOT NULL;

CREATE TABLE barid.inbox_item (
    notification_id uuid PRIMARY KEY REFERENCES barid.notification (id) ON DELETE CASCADE,
    user_id         text NOT NULL,
    category        text NOT NULL,
    locale          text NOT NULL,
    title           text NOT NULL,
    body            text NOT NULL,
    image           text,
    data            jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    seen_at         timestamptz,
    read_at         timestamptz,
    archived_at     timestamptz,
    snoozed_until   timestamptz
);
CREATE INDEX inbox_page ON barid.inbox_item (user_id, created_at DESC, notification_id DESC)
    WHERE archived_at IS NULL;
-- The unread count is counted here, from the rows themselves: it can't drift.
CREATE INDEX inbox_unread ON barid.inbox_item (user_id)
    WHERE read_at IS NULL AND archived_at IS NULL;

-- One row per device, or one without a device that says why nothing was sent. `device_id` has no
-- foreign key: history outlives the device.
CREATE TABLE barid.delivery (
    id              uuid PRIMARY KEY DEFAULT barid.uuid_v7(),
    notification_id uuid NOT NULL REFERENCES barid.notification (id) ON DELETE CASCADE,
    channel         text NOT NULL CHECK (channel IN ('push', 'inbox', 'email', 'webhook')),
    device_id       bigint,
    generation      int NOT NULL DEFAULT 0,
    state           text NOT NULL CHECK (state IN ('pending', 'sending', 'accepted', 'failed',
                                                   'unknown', 'suppressed', 'expired')),
    reason          text,
    attempts        int NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (notification_id, channel, device_id, generation)
);
CREATE INDEX delivery_of_device ON barid.delivery (device_id) WHERE device_id IS NOT NULL;
CREATE INDEX delivery_open ON barid.delivery (updated_at)
    WHERE state IN ('pending', 'sending', 'unknown');

-- `class` is NULL while the request is under way; afterwards it is what the answer meant.
CREATE TABLE barid.delivery_attempt (
    delivery_id   uuid NOT NULL REFERENCES barid.delivery (id) ON DELETE CASCADE,
    attempt_no    int NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at   timestamptz,
    -- The device's registration that this attempt used: a later one is not touched by its answer.
    registered_at timestamptz,
    class         text CHECK (class IN ('accepted', 'device_dead', 'device_suspect',
                                        'payload_rejected', 'auth_refresh', 'third_party_auth',
                                        'sender_mismatch', 'lane_paused', 'retry', 'ambiguous',
                                        'not_sent', 'interrupted')),
    reason        text,
    http_status   int,
    retry_after   interval,
    provider_id   text,
    latency_ms    int,
    error         text,
    worker        text,
    PRIMARY KEY (delivery_id, attempt_no)
);

-- One provider project's way out, for the whole fleet.
CREATE TABLE barid.rate_lane (
    project      text PRIMARY KEY,
    paused_until timestamptz,
    reason       text,
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- What each phone would show, when pushes go to the development channel.
CREATE TABLE barid.dev_push (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notification_id uuid NOT NULL,
    device_id       bigint NOT NULL,
    user_id         text NOT NULL,
    platform        text NOT NULL,
    locale          text NOT NULL,
    title           text NOT NULL,
    body            text NOT NULL,
    image           text,
    data            jsonb NOT NULL DEFAULT '{}',
    at              timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX dev_push_of_user ON barid.dev_push (user_id, id DESC);

-- ---------------------------------------------------------------------------------------------
-- Functions for backends. Each checks what it is given and says what would be right.

CREATE FUNCTION barid.check_locale(locale text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF locale !~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$' THEN
        RAISE EXCEPTION 'locale % is not a language tag', quote_literal(left(locale, 40))
            USING ERRCODE = '22023', HINT = 'Use a tag such as "ar", "en" or "ar-EG".';
    END IF;
    RETURN replace(locale, '_', '-');
END
$$;

CREATE FUNCTION barid.check_tz(tz text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- PostgreSQL takes "+03" and "FOO3" for POSIX zones; only names of the IANA database (or UTC)
    -- know about daylight saving.
    IF tz IS NULL OR NOT (tz = 'UTC' OR tz ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)+$') THEN
        RAISE EXCEPTION 'time zone % is not an IANA name', quote_literal(left(tz, 60))
            USING ERRCODE = '22023', HINT = 'Use a name such as "Africa/Cairo" or "UTC".';
    END IF;
    PERFORM now() AT TIME ZONE tz;
    RETURN tz;
END
$$;

-- Adds the user or changes what is given; NULL leaves a value as it is.
CREATE FUNCTION barid.upsert_user(user_id text, locale text DEFAULT NULL, tz text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
BEGIN
    IF user_id IS NULL OR octet_length(user_id) NOT BETWEEN 1 AND 256 THEN
        RAISE EXCEPTION 'user_id must have 1 to 256 bytes' USING ERRCODE = '22023';
    END IF;
    IF upsert_user.locale IS NOT NULL THEN
        upsert_user.locale := barid.check_locale(upsert_user.locale);
    END IF;
    IF upsert_user.tz IS NOT NULL THEN
        upsert_user.tz := barid.check_tz(upsert_user.tz);
    END IF;
    INSERT INTO barid.app_user AS u (id, locale, tz)
    VALUES (upsert_user.user_id, coalesce(upsert_user.locale, 'en'),
            coalesce(upsert_user.tz, 'UTC'))
    ON CONFLICT (id) DO UPDATE
        SET locale = coalesce(upsert_user.locale, u.locale),
            tz = coalesce(upsert_user.tz, u.tz),
            updated_at = now()
        WHERE (u.locale, u.tz) IS DISTINCT FROM (coalesce(upsert_user.locale, u.locale),
                                                 coalesce(upsert_user.tz, u.tz));
END
$$;

-- Call it at every start of the app: it adds the device, moves it to the user who is signed in
-- now, and brings one back that a provider had declared dead.
CREATE FUNCTION barid.register_device(
    user_id text, target text, platform text, project text DEFAULT 'default',
    target_kind text DEFAULT 'token', app_version text DEFAULT NULL,
    locale text DEFAULT NULL, tz text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
DECLARE
    device_id bigint;
BEGIN
    IF register_device.platform IS NULL
       OR register_device.platform NOT IN ('android', 'ios', 'web') THEN
        RAISE EXCEPTION 'platform must be android, ios or web' USING ERRCODE = '22023';
    END IF;
    IF register_device.target_kind IS NULL
       OR register_device.target_kind NOT IN ('token', 'fid') THEN
        RAISE EXCEPTION 'target_kind must be token or fid' USING ERRCODE = '22023';
    END IF;
    IF register_device.target IS NULL
       OR octet_length(register_device.target) NOT BETWEEN 1 AND 2048 THEN
        RAISE EXCEPTION 'target must have 1 to 2048 bytes' USING ERRCODE = '22023';
    END IF;
    IF register_device.project IS NULL
       OR octet_length(register_device.project) NOT BETWEEN 1 AND 64 THEN
        RAISE EXCEPTION 'project must have 1 to 64 bytes' USING ERRCODE = '22023';
    END IF;
    PERFORM barid.upsert_user(register_device.user_id, register_device.locale, register_device.tz);
    INSERT INTO barid.device AS d (user_id, project, target_kind, target, platform, app_version)
    VALUES (register_device.user_id, register_device.project, register_device.target_kind,
            register_device.target, register_device.platform,
            left(register_device.app_version, 100))
    ON CONFLICT ON CONSTRAINT device_project_target_kind_target_key DO UPDATE
        SET user_id = EXCLUDED.user_id,
            platform = EXCLUDED.platform,
            app_version = coalesce(EXCLUDED.app_version, d.app_version),
            state = 'active', state_reason = NULL, strikes = 0, first_strike_at = NULL,
            last_registered_at = greatest(clock_timestamp(),
                                          d.last_registered_at + interval '1 microsecond')
    RETURNING d.id INTO device_id;
    RETURN device_id;
END
$$;

-- At sign-out. False when this user has no such device.
CREATE FUNCTION barid.unregister_device(
    user_id text, target text, project text DEFAULT 'default', target_kind text DEFAULT 'token')
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
BEGIN
    UPDATE barid.device d
    SET state = 'dead', state_reason = 'unregistered_by_app'
    WHERE d.user_id = unregister_device.user_id AND d.target = unregister_device.target
      AND d.project = unregister_device.project
      AND d.target_kind = unregister_device.target_kind;
    RETURN FOUND;
END
$$;

-- `enabled` NULL takes the choice back: what is more general decides again.
CREATE FUNCTION barid.set_preference(
    user_id text, enabled boolean, category text DEFAULT '*', channel text DEFAULT '*',
    updated_by text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
BEGIN
    IF set_preference.channel IS NULL
       OR set_preference.channel NOT IN ('*', 'push', 'inbox', 'email', 'webhook') THEN
        RAISE EXCEPTION 'channel must be push, inbox, email, webhook or *' USING ERRCODE = '22023';
    END IF;
    IF set_preference.category IS DISTINCT FROM '*' AND NOT EXISTS (
        SELECT FROM barid.category c WHERE c.key = set_preference.category) THEN
        RAISE EXCEPTION 'category % does not exist',
            quote_nullable(left(set_preference.category, 80))
            USING ERRCODE = '22023', HINT = 'Create it with barid.upsert_category, or use *.';
    END IF;
    PERFORM barid.upsert_user(set_preference.user_id);
    IF set_preference.enabled IS NULL THEN
        DELETE FROM barid.preference p
        WHERE p.user_id = set_preference.user_id AND p.category = set_preference.category
          AND p.channel = set_preference.channel;
        RETURN;
    END IF;
    INSERT INTO barid.preference AS p (user_id, category, channel, enabled, updated_by)
    VALUES (set_preference.user_id, set_preference.category, set_preference.channel,
            set_preference.enabled, left(set_preference.updated_by, 200))
    ON CONFLICT ON CONSTRAINT preference_pkey DO UPDATE
        SET enabled = EXCLUDED.enabled, updated_by = EXCLUDED.updated_by, updated_at = now();
END
$$;

CREATE FUNCTION barid.upsert_category(
    key text, critical boolean DEFAULT false, ambiguity text DEFAULT 'resend',
    ttl interval DEFAULT '28 days', urgent boolean DEFAULT true, collapse boolean DEFAULT false,
    description text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
BEGIN
    IF upsert_category.key IS NULL OR upsert_category.key !~ '^[a-z0-9][a-z0-9._-]{0,63}$' THEN
        RAISE EXCEPTION 'category key % must match [a-z0-9][a-z0-9._-]{0,63}',
            quote_nullable(left(upsert_category.key, 80)) USING ERRCODE = '22023';
    END IF;
    IF upsert_category.ambiguity IS NULL
       OR upsert_category.ambiguity NOT IN ('resend', 'hold') THEN
        RAISE EXCEPTION 'ambiguity must be resend or hold' USING ERRCODE = '22023';
    END IF;
    IF upsert_category.ttl IS NULL
       OR upsert_category.ttl NOT BETWEEN interval '1 second' AND interval '28 days' THEN
        RAISE EXCEPTION 'ttl must be between 1 second and 28 days' USING ERRCODE = '22023';
    END IF;
    INSERT INTO barid.category (key, critical, ambiguity, ttl, urgent, collapse, description)
    VALUES (upsert_category.key, coalesce(upsert_category.critical, false),
            upsert_category.ambiguity, upsert_category.ttl,
            coalesce(upsert_category.urgent, true), coalesce(upsert_category.collapse, false),
            left(upsert_category.description, 500))
    ON CONFLICT ON CONSTRAINT category_pkey DO UPDATE
        SET critical = EXCLUDED.critical, ambiguity = EXCLUDED.ambiguity, ttl = EXCLUDED.ttl,
            urgent = EXCLUDED.urgent, collapse = EXCLUDED.collapse,
            description = coalesce(EXCLUDED.description, category.description),
            updated_at = now();
END
$$;

-- Raises an error when `content` has a brace that is no {variable}, or a variable that is not one
-- of `variables`.
CREATE FUNCTION barid.check_placeholders(content text, variables text[], place text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown text;
BEGIN
    SELECT m[1] INTO unknown
    FROM regexp_matches(content, '\{([A-Za-z][A-Za-z0-9_]{0,63})\}', 'g') m
    WHERE NOT m[1] = ANY (variables)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% uses {%}, which is not one of the template''s variables', place, unknown
            USING ERRCODE = '22023',
                  HINT = format('Declared are: %s.',
                                coalesce(nullif(array_to_string(variables, ', '), ''), 'none'));
    END IF;
    IF regexp_replace(content, '\{[A-Za-z][A-Za-z0-9_]{0,63}\}', '', 'g') ~ '[{}]' THEN
        RAISE EXCEPTION '% has a brace that is not part of a {variable}', place
            USING ERRCODE = '22023',
                  HINT = 'A variable is {name}: a letter, then letters, digits and underscores.';
    END IF;
END
$$;

-- `texts`: {"en": {"title": …, "body": …}, "ar": {…}}. Returns the version: a new one when
-- anything differs from the last.
CREATE FUNCTION barid.upsert_template(key text, texts jsonb, variables text[] DEFAULT '{}')
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
DECLARE
    latest int;
    item record;
    variable text;
BEGIN
    IF upsert_template.key IS NULL OR upsert_template.key !~ '^[a-z0-9][a-z0-9._-]{0,63}$' THEN
        RAISE EXCEPTION 'template key % must match [a-z0-9][a-z0-9._-]{0,63}',
            quote_nullable(left(upsert_template.key, 80)) USING ERRCODE = '22023';
    END IF;
    IF upsert_template.texts IS NULL OR jsonb_typeof(upsert_template.texts) <> 'object'
       OR upsert_template.texts = '{}' THEN
        RAISE EXCEPTION 'texts must be an object of languages'
            USING ERRCODE = '22023',
                  HINT = 'For example {"en": {"title": "…", "body": "…"}, "ar": {…}}.';
    END IF;
    upsert_template.variables := coalesce(upsert_template.variables, '{}');
    IF cardinality(upsert_template.variables) > 32 THEN
        RAISE EXCEPTION 'a template has at most 32 variables' USING ERRCODE = '22023';
    END IF;
    FOREACH variable IN ARRAY upsert_template.variables LOOP
        IF variable IS NULL OR variable !~ '^[A-Za-z][A-Za-z0-9_]{0,63}$' THEN
            RAISE EXCEPTION 'variable % must be a letter, then letters, digits and underscores',
                quote_nullable(left(variable, 80)) USING ERRCODE = '22023';
        END IF;
    END LOOP;
    FOR item IN SELECT t.key AS locale, t.value AS content FROM jsonb_each(upsert_template.texts) t
    LOOP
        PERFORM barid.check_locale(item.locale);
        IF jsonb_typeof(item.content) <> 'object'
           OR jsonb_typeof(item.content -> 'title') IS DISTINCT FROM 'string'
           OR jsonb_typeof(item.content -> 'body') IS DISTINCT FROM 'string'
           OR item.content - 'title' - 'body' <> '{}'
           OR item.content ->> 'title' = '' THEN
            RAISE EXCEPTION 'texts.% must be an object of exactly "title" (not empty) and "body"',
                item.locale USING ERRCODE = '22023';
        END IF;
        IF octet_length(item.content ->> 'title')
           + octet_length(item.content ->> 'body') > 3500 THEN
            RAISE EXCEPTION 'texts.% has % bytes of title and body, at most 3500 fit into a push',
                item.locale,
                octet_length(item.content ->> 'title') + octet_length(item.content ->> 'body')
                USING ERRCODE = '22023', HINT = 'An Arabic letter takes two bytes.';
        END IF;
        PERFORM barid.check_placeholders(item.content ->> 'title', upsert_template.variables,
                                         format('texts.%s.title', item.locale));
        PERFORM barid.check_placeholders(item.content ->> 'body', upsert_template.variables,
                                         format('texts.%s.body', item.locale));
    END LOOP;

    -- Two savers of one template take turns, so that versions have no gaps and no twins.
    PERFORM pg_advisory_xact_lock(hashtextextended('barid.template:' || upsert_template.key, 0));
    SELECT max(t.version) INTO latest FROM barid.template t WHERE t.key = upsert_template.key;
    IF latest IS NOT NULL AND NOT EXISTS (
        (SELECT t.locale, t.title, t.body, t.variables FROM barid.template t
         WHERE t.key = upsert_template.key AND t.version = latest
         EXCEPT
         SELECT barid.check_locale(n.key), n.value ->> 'title', n.value ->> 'body',
                upsert_template.variables
         FROM jsonb_each(upsert_template.texts) n)
        UNION ALL
        (SELECT barid.check_locale(n.key), n.value ->> 'title', n.value ->> 'body',
                upsert_template.variables
         FROM jsonb_each(upsert_template.texts) n
         EXCEPT
         SELECT t.locale, t.title, t.body, t.variables FROM barid.template t
         WHERE t.key = upsert_template.key AND t.version = latest)) THEN
        RETURN latest;
    END IF;
    INSERT INTO barid.template (key, version, locale, title, body, variables)
    SELECT upsert_template.key, coalesce(latest, 0) + 1, barid.check_locale(n.key),
           n.value ->> 'title', n.value ->> 'body', upsert_template.variables
    FROM jsonb_each(upsert_template.texts) n;
    RETURN coalesce(latest, 0) + 1;
END
$$;

-- NULL marks everything. Returns how many became read.
CREATE FUNCTION barid.mark_read(user_id text, notification_ids uuid[] DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE barid.inbox_item i
    SET read_at = now(), seen_at = coalesce(i.seen_at, now())
    WHERE i.user_id = mark_read.user_id AND i.read_at IS NULL AND i.archived_at IS NULL
      AND (mark_read.notification_ids IS NULL
           OR i.notification_id = ANY (mark_read.notification_ids));
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

CREATE FUNCTION barid.unread_count(user_id text)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
    SELECT count(*) FROM barid.inbox_item i
    WHERE i.user_id = unread_count.user_id AND i.read_at IS NULL AND i.archived_at IS NULL
$$;

-- Newest first. The next page starts after the last row: give its created_at and id.
CREATE FUNCTION barid.inbox(user_id text, page_size int DEFAULT 50,
                            before_at timestamptz DEFAULT NULL, before_id uuid DEFAULT NULL)
RETURNS TABLE (id uuid, category text, locale text, title text, body text, image text, data jsonb,
               created_at timestamptz, seen_at timestamptz, read_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, barid, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF inbox.page_size IS NULL OR inbox.page_size NOT BETWEEN 1 AND 500 THEN
        RAISE EXCEPTION 'page_size must be between 1 and 500' USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    SELECT i.notification_id, i.category, i.locale, i.title, i.body, i.image, i.data,
           i.created_at, i.seen_at, i.read_at
    FROM barid.inbox_item i
    WHERE i.user_id = inbox.user_id AND i.archived_at IS NULL
      AND (i.created_at, i.notification_id)
          < (coalesce(inbox.before_at, 'infinity'),
             coalesce(inbox.before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    ORDER BY i.created_at DESC, i.notification_id DESC
    LIMIT inbox.page_size;
END
$$;

-- ---------------------------------------------------------------------------------------------
-- Who may do what.

REVOKE EXECUTE ON FUNCTION
    barid.uuid_v7(), barid.check_locale(text), barid.check_tz(text),
    barid.check_placeholders(text, text[], text),
    barid.upsert_user(text, text, text),
    barid.register_device(text, text, text, text, text, text, text, text),
    barid.unregister_device(text, text, text, text),
    barid.set_preference(text, boolean, text, text, text),
    barid.upsert_category(text, boolean, text, interval, boolean, boolean, text),
    barid.upsert_template(text, jsonb, text[]),
    barid.mark_read(text, uuid[]), barid.unread_count(text),
    barid.inbox(text, int, timestamptz, uuid)
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
    barid.upsert_user(text, text, text),
    barid.register_device(text, text, text, text, text, text, text, text),
    barid.unregister_device(text, text, text, text),
    barid.set_preference(text, boolean, text, text, text),
    barid.upsert_category(text, boolean, text, interval, boolean, boolean, text),
    barid.upsert_template(text, jsonb, text[]),
    barid.mark_read(text, uuid[]), barid.unread_count(text),
    barid.inbox(text, int, timestamptz, uuid)
TO barid_producer, barid_operator;

GRANT EXECUTE ON FUNCTION barid.uuid_v7() TO barid_worker;
GRANT SELECT ON barid.app_user, barid.category, barid.preference, barid.template TO barid_worker;
GRANT SELECT, UPDATE ON barid.device TO barid_worker;
GRANT SELECT, INSERT, UPDATE ON
    barid.notification, barid.inbox_item, barid.delivery, barid.delivery_attempt, barid.rate_lane
TO barid_worker;
GRANT SELECT, INSERT ON barid.dev_push TO barid_worker;

GRANT SELECT ON
    barid.app_user, barid.device, barid.category, barid.preference, barid.template,
    barid.notification, barid.inbox_item, barid.delivery, barid.delivery_attempt, barid.rate_lane,
    barid.dev_push
TO barid_operator;
-- An operator may let a paused lane go on.
GRANT UPDATE ON barid.rate_lane TO barid_operator;

-- A device's target lets its holder push to that phone: readers see everything but it.
GRANT SELECT ON
    barid.app_user, barid.category, barid.preference, barid.template, barid.notification,
    barid.inbox_item, barid.delivery, barid.delivery_attempt, barid.rate_lane, barid.dev_push
TO barid_readonly;
GRANT SELECT (id, user_id, project, target_kind, platform, app_version, state, state_reason,
              strikes, first_strike_at, created_at, last_registered_at, last_ok_at)
    ON barid.device TO barid_readonly;
