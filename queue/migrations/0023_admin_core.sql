-- The admin's side, common parts: the role, the audit log, idempotency keys, the key of cursors,
-- and how values are shown.

DO $$
BEGIN
    BEGIN
        CREATE ROLE barid_admin NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- roles belong to the whole cluster: another database of it has it already
    END;
    -- Another migration that runs at the same moment may grant the same.
    BEGIN
        GRANT barid_operator, barid_readonly TO barid_admin;
    EXCEPTION WHEN unique_violation OR SQLSTATE 'XX000' THEN
        NULL;
    END;
END $$;
GRANT USAGE ON SCHEMA barid TO barid_admin;

-- What admins did. Nothing is ever changed or taken away, not even by the owner's statements;
-- retention is a decision of people: docs/admin.md says how.
CREATE TABLE barid.audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text NOT NULL CHECK (length(actor) BETWEEN 1 AND 500),
    actor_name  text NOT NULL CHECK (length(actor_name) <= 500),
    action      text NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
    target_kind text NOT NULL CHECK (length(target_kind) BETWEEN 1 AND 100),
    target      text NOT NULL CHECK (length(target) <= 500),
    before      jsonb,
    after       jsonb,
    reason      text CHECK (length(reason) <= 500),
    request_id  text CHECK (length(request_id) <= 64),
    client      text CHECK (length(client) <= 100)
);
CREATE INDEX audit_log_actor ON barid.audit_log (actor, id);
CREATE INDEX audit_log_target ON barid.audit_log (target_kind, target, id);
CREATE INDEX audit_log_action ON barid.audit_log (action, id);
CREATE INDEX audit_log_at ON barid.audit_log (at, id);

CREATE FUNCTION barid.audit_is_append_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only'
        USING ERRCODE = '55000',
              HINT = 'Old lines leave by docs/admin.md, "Keeping the audit log".';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON barid.audit_log
    FOR EACH ROW EXECUTE FUNCTION barid.audit_is_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON barid.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION barid.audit_is_append_only();

-- At most 16 KiB: a larger value keeps its size and its hash.
CREATE FUNCTION barid.audit_value(value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, barid, pg_temp AS $$
    SELECT CASE WHEN length(value::text) <= 16384 THEN value
           ELSE jsonb_build_object('bytes', octet_length(value::text), 'sha256',
                    encode(sha256(convert_to(value::text, 'UTF8')), 'hex')) END
$$;

CREATE FUNCTION barid.audit(actor text, actor_name text, action text, target_kind text,
                            target text, before jsonb, after jsonb, reason text,
                            request_id text, client text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    INSERT INTO barid.audit_log (actor, actor_name, action, target_kind, target, before, after,
                                 reason, request_id, client)
    SELECT left(audit.actor, 500), left(audit.actor_name, 500), audit.action, audit.target_kind,
           left(audit.target, 500), barid.audit_value(audit.before),
           barid.audit_value(audit.after), nullif(left(audit.reason, 500), ''),
           left(audit.request_id, 64), left(audit.client, 100)
    RETURNING id
$$;
GRANT SELECT ON barid.audit_log TO barid_admin;
GRANT EXECUTE ON FUNCTION barid.audit, barid.audit_value TO barid_admin;

-- The answers of requests that changed something, so that a repeated one changes nothing: kept in
-- the transaction of the change, for a day.
CREATE TABLE barid.admin_idempotency (
    principal  text NOT NULL,
    route      text NOT NULL,
    key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    body_hash  bytea NOT NULL,
    status     int NOT NULL,
    body       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (principal, route, key)
);
CREATE INDEX admin_idempotency_age ON barid.admin_idempotency (created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON barid.admin_idempotency TO barid_admin;

-- What all processes of a database share. Random from the server itself.
CREATE TABLE barid.admin_key (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);
INSERT INTO barid.admin_key (name, value)
SELECT 'cursor', sha256(convert_to(string_agg(gen_random_uuid()::text, ''), 'UTF8'))
FROM generate_series(1, 4);
GRANT SELECT ON barid.admin_key TO barid_admin;

-- RFC 3339 in UTC with microseconds.
CREATE FUNCTION barid.admin_time(instant timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The value with its shape kept and every text and number hidden: what somebody without
-- `data.view` sees of a payload.
CREATE FUNCTION barid.admin_mask(value jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, barid, pg_temp AS $$
BEGIN
    RETURN CASE jsonb_typeof(value)
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(m.key, barid.admin_mask(m.value)), '{}')
                            FROM jsonb_each(value) m)
        WHEN 'array' THEN (SELECT coalesce(jsonb_agg(barid.admin_mask(e.value) ORDER BY e.n), '[]')
                           FROM jsonb_array_elements(value) WITH ORDINALITY e(value, n))
        WHEN 'string' THEN '"•••"'::jsonb
        WHEN 'number' THEN '"•••"'::jsonb
        ELSE value END;
END $$;
GRANT EXECUTE ON FUNCTION barid.admin_time, barid.admin_mask TO barid_admin;
