-- Who may use the admin's side: roles, accounts with passwords, tokens, sessions, and the pauses
-- after wrong passwords. What a secret is checked by (a password's hash, a token's, a session's)
-- is not readable: functions answer for one at a time.

-- [{"permission": "jobs.view", "limited_to": null | ["mail", …]}, …]. The names are the program's;
-- one that a program doesn't know grants nothing.
CREATE FUNCTION barid.admin_permissions_ok(permissions jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT CASE WHEN jsonb_typeof(permissions) IS DISTINCT FROM 'array' THEN false
           ELSE jsonb_array_length(permissions) <= 50 AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(permissions) p
        WHERE CASE WHEN jsonb_typeof(p) <> 'object' THEN true
              WHEN p - 'permission' - 'limited_to' <> '{}' THEN true
              WHEN jsonb_typeof(p->'permission') IS DISTINCT FROM 'string' THEN true
              WHEN p->>'permission' !~ '^[a-z][a-z_.]{0,62}$' THEN true
              WHEN NOT p ? 'limited_to' OR p->'limited_to' = 'null' THEN false
              WHEN jsonb_typeof(p->'limited_to') <> 'array' THEN true
              WHEN jsonb_array_length(p->'limited_to') NOT BETWEEN 1 AND 100 THEN true
              ELSE EXISTS (SELECT FROM jsonb_array_elements(p->'limited_to') n
                           WHERE jsonb_typeof(n) <> 'string'
                              OR length(n #>> '{}') NOT BETWEEN 1 AND 200)
              END) END
$$;

CREATE TABLE barid.admin_role (
    name        text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_.-]{0,62}$'),
    means       text NOT NULL DEFAULT '' CHECK (length(means) <= 200),
    permissions jsonb NOT NULL CHECK (barid.admin_permissions_ok(permissions)),
    built_in    boolean NOT NULL DEFAULT false,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO barid.admin_role (name, means, built_in, permissions)
SELECT r.name, r.means, true,
       (SELECT jsonb_agg(jsonb_build_object('permission', p, 'limited_to', NULL) ORDER BY n)
        FROM unnest(r.permissions) WITH ORDINALITY u(p, n))
FROM (VALUES
    ('viewer', 'sees everything but personal data',
     '{jobs.view,notifications.view,media.view,translations.view,webhooks.view}'::text[]),
    ('support', 'finds out what a customer got, and sends it again',
     '{jobs.view,notifications.view,notifications.resend,devices.view,data.view,media.view,webhooks.view}'),
    ('content', 'looks after texts, translations and pictures',
     '{notifications.view,templates.edit,media.view,media.manage,translations.view,translations.review}'),
    ('operator', 'keeps jobs, queues and schedules running',
     '{jobs.view,jobs.retry,jobs.cancel,queues.manage,schedules.manage,notifications.view,media.view,media.manage,translations.view,webhooks.view,webhooks.manage}'),
    ('admin', 'everything, and accounts, roles and tokens', '{admin}'))
    AS r(name, means, permissions);

CREATE TABLE barid.admin_account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login         text NOT NULL CHECK (length(login) BETWEEN 1 AND 200 AND login = btrim(login)),
    name          text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    password_hash text CHECK (length(password_hash) <= 200),  -- NULL: has no password
    disabled      boolean NOT NULL DEFAULT false,
    must_change   boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    signed_in_at  timestamptz
);
CREATE UNIQUE INDEX admin_account_login ON barid.admin_account (lower(login));

CREATE TABLE barid.admin_account_role (
    account_id bigint NOT NULL REFERENCES barid.admin_account ON DELETE CASCADE,
    role       text NOT NULL REFERENCES barid.admin_role,
    PRIMARY KEY (account_id, role)
);
CREATE INDEX admin_account_role_role ON barid.admin_account_role (role);

CREATE TABLE barid.admin_token (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash         bytea NOT NULL UNIQUE CHECK (length(hash) = 32),  -- SHA-256 of 256 random bits
    prefix       text NOT NULL CHECK (length(prefix) <= 20),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    -- Whose it is: then it never gives more than the account has at that moment.
    account_id   bigint REFERENCES barid.admin_account ON DELETE CASCADE,
    permissions  jsonb NOT NULL CHECK (barid.admin_permissions_ok(permissions)),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by   text NOT NULL CHECK (length(created_by) <= 500),
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX admin_token_account ON barid.admin_token (account_id) WHERE account_id IS NOT NULL;

CREATE TABLE barid.admin_session (
    hash         bytea PRIMARY KEY CHECK (length(hash) = 32),
    account_id   bigint NOT NULL REFERENCES barid.admin_account ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    idle         interval NOT NULL CHECK (idle > '0' AND idle <= '30 days'),
    expires_at   timestamptz NOT NULL,
    client       text NOT NULL CHECK (length(client) <= 100),
    user_agent   text NOT NULL CHECK (length(user_agent) <= 200)
);
CREATE INDEX admin_session_account ON barid.admin_session (account_id, created_at);
CREATE INDEX admin_session_end ON barid.admin_session (expires_at);

-- Wrong passwords for a login, known or not, from an address (for IPv6, a network of 64 bits).
CREATE TABLE barid.admin_sign_in_attempt (
    login        text NOT NULL CHECK (length(login) <= 200),
    address      text NOT NULL CHECK (length(address) <= 100),
    failures     int NOT NULL,
    last_at      timestamptz NOT NULL,
    locked_until timestamptz,
    PRIMARY KEY (login, address)
);
CREATE INDEX admin_sign_in_attempt_age ON barid.admin_sign_in_attempt (last_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON barid.admin_role TO barid_admin;
GRANT SELECT (id, login, name, disabled, must_change, created_at, updated_at, signed_in_at),
      UPDATE (login, name, disabled, must_change, updated_at), DELETE
    ON barid.admin_account TO barid_admin;
GRANT SELECT, INSERT, DELETE ON barid.admin_account_role TO barid_admin;
GRANT SELECT (id, prefix, name, account_id, permissions, created_at, created_by, expires_at,
              revoked_at, last_used_at), UPDATE (revoked_at)
    ON barid.admin_token TO barid_admin;
GRANT SELECT (account_id, created_at, last_seen_at, idle, expires_at, client, user_agent), DELETE
    ON barid.admin_session TO barid_admin;

-- What the roles allow, added up; unknown roles allow nothing.
CREATE FUNCTION barid.admin_role_permissions(roles text[]) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT coalesce(jsonb_agg(p), '[]')
    FROM barid.admin_role r, jsonb_array_elements(r.permissions) p WHERE r.name = ANY (roles)
$$;

CREATE FUNCTION barid.admin_account_permissions(account bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT barid.admin_role_permissions(
        ARRAY(SELECT role FROM barid.admin_account_role WHERE account_id = account))
$$;

-- What a token stands for, or no row. It notes the use at most once a minute, so that a busy
-- token is no busy row.
CREATE FUNCTION barid.admin_token_principal(token_hash bytea)
RETURNS TABLE (id bigint, name text, state text, permissions jsonb, owner_permissions jsonb,
               expires_at text, seconds_left float8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    t record;
BEGIN
    SELECT k.*, a.disabled AS owner_disabled INTO t
    FROM barid.admin_token k LEFT JOIN barid.admin_account a ON a.id = k.account_id
    WHERE k.hash = token_hash;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    state := CASE WHEN t.revoked_at IS NOT NULL OR t.owner_disabled THEN 'revoked'
                  WHEN t.expires_at <= clock_timestamp() THEN 'expired' ELSE 'good' END;
    IF state = 'good'
       AND coalesce(t.last_used_at, '-infinity') < clock_timestamp() - interval '1 minute' THEN
        UPDATE barid.admin_token SET last_used_at = clock_timestamp()
        WHERE id = (SELECT k.id FROM barid.admin_token k WHERE k.id = t.id
                    FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY SELECT t.id, t.name, state, t.permissions,
        CASE WHEN t.account_id IS NOT NULL THEN barid.admin_account_permissions(t.account_id) END,
        barid.admin_time(t.expires_at),
        extract(epoch FROM t.expires_at - clock_timestamp())::float8;
END $$;

CREATE FUNCTION barid.admin_token_create(token_hash bytea, prefix text, name text, account bigint,
                                         permissions jsonb, expires_at timestamptz,
                                         created_by text) RETURNS bigint
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

CREATE FUNCTION barid.admin_token_json(token bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('id', k.id, 'name', k.name, 'prefix', k.prefix,
        'account', CASE WHEN a.id IS NOT NULL
                        THEN jsonb_build_object('id', a.id, 'login', a.login) END,
        'permissions', k.permissions,
        'state', CASE WHEN k.revoked_at IS NOT NULL OR a.disabled THEN 'revoked'
                      WHEN k.expires_at <= now() THEN 'expired' ELSE 'active' END,
        'created_at', barid.admin_time(k.created_at), 'created_by', k.created_by,
        'expires_at', barid.admin_time(k.expires_at),
        'revoked_at', barid.admin_time(k.revoked_at),
        'last_used_at', barid.admin_time(k.last_used_at))
    FROM barid.admin_token k LEFT JOIN barid.admin_account a ON a.id = k.account_id
    WHERE k.id = token
$$;

-- An account is made without a password, and gets one by admin_account_set_password.
CREATE FUNCTION barid.admin_account_create(login text, name text, must_change boolean)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    made bigint;
BEGIN
    INSERT INTO barid.admin_account AS a (login, name, must_change)
    VALUES (login, name, must_change) RETURNING a.id INTO made;
    RETURN made;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'there is an account "%" already', login
        USING ERRCODE = '23505', HINT = 'Logins are compared without case.';
END $$;

CREATE FUNCTION barid.admin_account_json(account bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT jsonb_build_object('id', a.id, 'login', a.login, 'name', a.name,
        'roles', (SELECT coalesce(jsonb_agg(r.role ORDER BY r.role), '[]')
                  FROM barid.admin_account_role r WHERE r.account_id = a.id),
        'disabled', a.disabled, 'has_password', a.password_hash IS NOT NULL,
        'must_change_password', a.must_change,
        'created_at', barid.admin_time(a.created_at),
        'updated_at', barid.admin_time(a.updated_at),
        'signed_in_at', barid.admin_time(a.signed_in_at),
        'sessions', (SELECT count(*) FROM barid.admin_session s WHERE s.account_id = a.id
                     AND s.expires_at > now() AND s.last_seen_at + s.idle > now()))
    FROM barid.admin_account a WHERE a.id = account
$$;

-- With `expected`, only when that is still the hash: two changes at once don't both succeed. All
-- sessions of the account end.
CREATE FUNCTION barid.admin_account_set_password(account bigint, new_hash text,
                                                 must_change boolean,
                                                 expected text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    UPDATE barid.admin_account a
    SET password_hash = new_hash, must_change = admin_account_set_password.must_change,
        updated_at = clock_timestamp()
    WHERE a.id = account AND (expected IS NULL OR a.password_hash = expected);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM barid.admin_session s WHERE s.account_id = account;
    RETURN true;
END $$;

-- The hash that an account's own password is checked against.
CREATE FUNCTION barid.admin_account_password(account bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT password_hash FROM barid.admin_account WHERE id = account AND NOT disabled
$$;

-- How many accounts can do everything. The caller takes this transaction's lock with it, so that
-- two admins can't remove each other at the same moment.
CREATE FUNCTION barid.admin_count_admins() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('barid.admin_account', 0));
    SELECT count(DISTINCT a.id)
    FROM barid.admin_account a JOIN barid.admin_account_role ar ON ar.account_id = a.id
    JOIN barid.admin_role r ON r.name = ar.role
    WHERE NOT a.disabled AND r.permissions @> '[{"permission": "admin"}]'
$$;

-- Before a password is looked at: counts the attempt as a failure, which a success takes back, so
-- that a thousand attempts at once are as few as one after the other. After five the pause is 30
-- seconds and doubles up to an hour; a day without attempts forgets.
CREATE FUNCTION barid.admin_sign_in_begin(given_login text, from_address text)
RETURNS TABLE (wait_seconds int, locks boolean, account bigint, password_hash text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    attempt barid.admin_sign_in_attempt;
    moment timestamptz := clock_timestamp();
BEGIN
    DELETE FROM barid.admin_sign_in_attempt WHERE (login, address) IN (
        SELECT a.login, a.address FROM barid.admin_sign_in_attempt a
        WHERE a.last_at < moment - interval '1 day' ORDER BY a.last_at LIMIT 100
        FOR UPDATE SKIP LOCKED);
    DELETE FROM barid.admin_session WHERE hash IN (
        SELECT s.hash FROM barid.admin_session s
        WHERE s.expires_at < moment - interval '1 day' ORDER BY s.expires_at LIMIT 100
        FOR UPDATE SKIP LOCKED);

    INSERT INTO barid.admin_sign_in_attempt AS a (login, address, failures, last_at)
    VALUES (lower(given_login), from_address, 0, moment)
    ON CONFLICT (login, address) DO UPDATE SET login = a.login  -- takes the row's lock
    RETURNING a.* INTO attempt;
    moment := clock_timestamp();
    IF attempt.locked_until > moment THEN
        RETURN QUERY SELECT ceil(extract(epoch FROM attempt.locked_until - moment))::int, true,
                            NULL::bigint, NULL::text;
        RETURN;
    END IF;
    IF attempt.last_at < moment - interval '1 day' THEN
        attempt.failures := 0;
    END IF;
    attempt.failures := least(attempt.failures + 1, 1000);
    UPDATE barid.admin_sign_in_attempt a
    SET failures = attempt.failures, last_at = moment,
        locked_until = CASE WHEN attempt.failures >= 5 THEN moment
            + least(interval '1 hour', interval '30 seconds' * 2 ^ least(attempt.failures - 5, 10))
            END
    WHERE a.login = attempt.login AND a.address = attempt.address;
    RETURN QUERY
        SELECT 0, attempt.failures >= 5, a.id, a.password_hash
        FROM (SELECT) one LEFT JOIN barid.admin_account a
          ON lower(a.login) = lower(given_login) AND NOT a.disabled;
END $$;

-- The password was right: forgets the failures and makes the session. False when the account
-- changed meanwhile. `better_hash` replaces a hash of weaker parameters.
CREATE FUNCTION barid.admin_sign_in_finish(account bigint, checked_hash text, better_hash text,
                                           from_address text, session_hash bytea,
                                           replaced_session bytea, idle interval,
                                           lifetime interval, client text, user_agent text,
                                           request_id text)
RETURNS TABLE (name text, permissions jsonb, must_change boolean, expires_at text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    who barid.admin_account;
    ends timestamptz := clock_timestamp() + lifetime;
BEGIN
    UPDATE barid.admin_account a
    SET signed_in_at = clock_timestamp(), password_hash = coalesce(better_hash, a.password_hash)
    WHERE a.id = account AND NOT a.disabled AND a.password_hash = checked_hash
    RETURNING a.* INTO who;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM barid.admin_sign_in_attempt a
    WHERE a.login = lower(who.login) AND a.address = from_address;
    DELETE FROM barid.admin_session s WHERE s.hash = replaced_session;
    -- At most 20 at once; the oldest go.
    DELETE FROM barid.admin_session s WHERE s.hash IN (
        SELECT o.hash FROM barid.admin_session o WHERE o.account_id = account
        ORDER BY o.created_at DESC OFFSET 19);
    INSERT INTO barid.admin_session (hash, account_id, idle, expires_at, client, user_agent)
    VALUES (session_hash, account, admin_sign_in_finish.idle, ends,
            left(admin_sign_in_finish.client, 100), left(admin_sign_in_finish.user_agent, 200));
    PERFORM barid.audit('account:' || account, coalesce(nullif(who.name, ''), who.login),
        'session.sign_in', 'account', account::text, NULL, NULL, NULL,
        admin_sign_in_finish.request_id, admin_sign_in_finish.client);
    RETURN QUERY SELECT coalesce(nullif(who.name, ''), who.login),
        barid.admin_account_permissions(account), who.must_change, barid.admin_time(ends);
END $$;

-- Who a session is of, or no row. It notes the use at most once a minute; `state` is 'expired'
-- when it was left alone or is too old.
CREATE FUNCTION barid.admin_session_principal(session_hash bytea)
RETURNS TABLE (account bigint, name text, state text, permissions jsonb, must_change boolean,
               expires_at text, seconds_left float8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_column
DECLARE
    s record;
    moment timestamptz := clock_timestamp();
BEGIN
    SELECT x.*, coalesce(nullif(a.name, ''), a.login) AS shown, a.must_change, a.disabled INTO s
    FROM barid.admin_session x JOIN barid.admin_account a ON a.id = x.account_id
    WHERE x.hash = session_hash;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    state := CASE WHEN s.disabled OR s.expires_at <= moment OR s.last_seen_at + s.idle <= moment
                  THEN 'expired' ELSE 'good' END;
    IF state = 'good' AND s.last_seen_at < moment - interval '1 minute' THEN
        UPDATE barid.admin_session SET last_seen_at = moment
        WHERE hash = (SELECT x.hash FROM barid.admin_session x WHERE x.hash = session_hash
                      FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY SELECT s.account_id, s.shown, state,
        barid.admin_account_permissions(s.account_id), s.must_change,
        barid.admin_time(s.expires_at), extract(epoch FROM s.expires_at - moment)::float8;
END $$;

-- Ends one session, or all of its account; the account's id, or NULL when there was none.
CREATE FUNCTION barid.admin_sign_out(session_hash bytea, everywhere boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    whose bigint;
BEGIN
    DELETE FROM barid.admin_session s WHERE s.hash = session_hash RETURNING s.account_id INTO whose;
    IF everywhere THEN
        DELETE FROM barid.admin_session s WHERE s.account_id = whose;
    END IF;
    RETURN whose;
END $$;

GRANT EXECUTE ON FUNCTION barid.admin_permissions_ok, barid.admin_role_permissions,
    barid.admin_account_permissions, barid.admin_token_principal, barid.admin_token_create,
    barid.admin_token_json, barid.admin_account_create, barid.admin_account_json,
    barid.admin_account_set_password, barid.admin_account_password, barid.admin_count_admins,
    barid.admin_sign_in_begin, barid.admin_sign_in_finish, barid.admin_session_principal,
    barid.admin_sign_out TO barid_admin;

-- For the command line: shuts an account out, or lets it in again; its id, or NULL for no such
-- account. Somebody who can do everything must remain.
CREATE FUNCTION barid.admin_account_disable(given_login text, disable boolean, actor text,
                                            actor_name text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    before bigint := barid.admin_count_admins();
    changed bigint;
BEGIN
    UPDATE barid.admin_account a SET disabled = disable, updated_at = clock_timestamp()
    WHERE lower(a.login) = lower(given_login) RETURNING a.id INTO changed;
    IF changed IS NULL THEN
        RETURN NULL;
    END IF;
    IF before > 0 AND barid.admin_count_admins() = 0 THEN
        RAISE EXCEPTION 'no account could do everything any more'
            USING ERRCODE = '22023', HINT = 'Give another account the role admin first.';
    END IF;
    IF disable THEN
        DELETE FROM barid.admin_session s WHERE s.account_id = changed;
    END IF;
    PERFORM barid.audit(actor, actor_name,
        CASE WHEN disable THEN 'account.disable' ELSE 'account.enable' END, 'account',
        changed::text, NULL, NULL, NULL, NULL, NULL);
    RETURN changed;
END $$;
GRANT EXECUTE ON FUNCTION barid.admin_account_disable TO barid_admin;
