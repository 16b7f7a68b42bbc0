-- What is kept of notifications, and for how long.

-- FCM takes a token that was not heard of for about two months for stale, and Android drops it
-- after 270 days: broadcasts leave the former out, and the latter are deleted.
CREATE FUNCTION barid.device_is_stale(last_registered_at timestamptz, last_ok_at timestamptz)
    RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT greatest(last_registered_at, last_ok_at) < now() - interval '60 days'
$$;

GRANT EXECUTE ON FUNCTION barid.device_is_stale(timestamptz, timestamptz)
TO barid_worker, barid_operator;
