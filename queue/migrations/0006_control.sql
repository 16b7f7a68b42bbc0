-- To come.
CREATE FUNCTION barid.redact(payload jsonb, keys text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT payload - keys $$;
GRANT EXECUTE ON FUNCTION barid.redact TO barid_worker;
