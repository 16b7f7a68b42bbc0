-- Channels beside the phone: where an e-mail goes, which addresses must not be written to any
-- more and why, and what the development channel shows of e-mails and webhooks.

-- What each phone, mailbox and endpoint would get, when the channel is `dev`.
ALTER TABLE barid.dev_push
    ADD COLUMN channel text NOT NULL DEFAULT 'push'
        CHECK (channel IN ('push', 'email', 'webhook')),
    ADD COLUMN address text,  -- of an e-mail
    ADD COLUMN html text,
    ALTER COLUMN device_id DROP NOT NULL;

-- What was heard of addresses. A hard bounce and a complaint suppress at once; so do five soft
-- ones within 30 days.
CREATE TABLE barid.bounce (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel         text NOT NULL DEFAULT 'email' CHECK (channel IN ('email')),
    address         text NOT NULL CHECK (octet_length(address) BETWEEN 3 AND 320),  -- lower case
    kind            text NOT NULL CHECK (kind IN ('hard', 'soft', 'complaint')),
    detail          text CHECK (octet_length(detail) <= 2000),
    message_id      text CHECK (octet_length(message_id) <= 998),
    notification_id uuid,  -- read out of message_id, when it is one of ours
    counts          boolean NOT NULL DEFAULT true,  -- false since the address was let in again
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- A report that comes twice is one.
    UNIQUE (address, kind, message_id)
);
CREATE INDEX bounce_of_address ON barid.bounce (address, at);
CREATE INDEX bounce_by_age ON barid.bounce (at);

-- The address as it is kept, its domain in lower case; raises an error when nobody could be
-- written to there. The part before the @ may tell letters apart and stays.
CREATE FUNCTION barid.check_email(email text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at_sign int := length(email) - strpos(reverse(email), '@') + 1;
    mailbox text := left(email, at_sign - 1);
    host    text := lower(substr(email, at_sign + 1));
BEGIN
    IF email IS NULL OR octet_length(email) NOT BETWEEN 3 AND 254 OR strpos(email, '@') = 0 THEN
        RAISE EXCEPTION 'email must be an address like name@example.com, of 3 to 254 bytes'
            USING ERRCODE = '22023';
    END IF;
    IF email ~ '[^\x21-\x7e]' THEN
        RAISE EXCEPTION 'email holds a blank, a control character or a letter outside of ASCII'
            USING ERRCODE = '22023',
                  HINT = 'Write an international domain in its ASCII form (xn--…).';
    END IF;
    IF length(mailbox) > 64
       OR mailbox !~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*$' THEN
        RAISE EXCEPTION 'email must have 1 to 64 letters, digits and signs before the @, with '
                        'dots only between them' USING ERRCODE = '22023';
    END IF;
    IF host !~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$' THEN
        RAISE EXCEPTION 'email must end with a domain like example.com after the @'
            USING ERRCODE = '22023';
    END IF;
    RETURN mailbox || '@' || host;
END $$;

-- Where e-mail reaches the user; NULL takes the address away.
CREATE FUNCTION barid.set_contact(user_id text, email text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF email IS NULL THEN
        DELETE FROM barid.contact c
        WHERE c.user_id = set_contact.user_id AND c.channel = 'email';
        RETURN;
    END IF;
    email := barid.check_email(email);
    PERFORM barid.upsert_user(user_id);
    INSERT INTO barid.contact AS c (user_id, channel, address)
    VALUES (set_contact.user_id, 'email', email)
    ON CONFLICT ON CONSTRAINT contact_pkey DO UPDATE
        SET address = excluded.address, updated_at = now()
        WHERE c.address <> excluded.address;
END $$;

-- Notes what was heard of an address. True when the address is not written to (any more). An
-- address of NULL (a contact that was taken away meanwhile) is nobody's: false.
CREATE FUNCTION barid.record_bounce(address text, kind text, detail text DEFAULT NULL,
                                    message_id text DEFAULT NULL)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    given text := lower(btrim(address, E' \t\r\n<>'));
    cause text;
    note  text := left(detail, 500);
BEGIN
    IF given IS NULL THEN RETURN false; END IF;
    IF octet_length(given) NOT BETWEEN 3 AND 320 OR strpos(given, '@') = 0 THEN
        RAISE EXCEPTION 'address must be an e-mail address of 3 to 320 bytes'
            USING ERRCODE = '22023';
    END IF;
    IF kind IS NULL OR kind NOT IN ('hard', 'soft', 'complaint') THEN
        RAISE EXCEPTION 'kind must be hard, soft or complaint, not %',
            quote_nullable(left(kind, 40)) USING ERRCODE = '22023';
    END IF;
    IF octet_length(message_id) > 998 THEN
        RAISE EXCEPTION 'message_id must have at most 998 bytes' USING ERRCODE = '22023';
    END IF;
    INSERT INTO barid.bounce (address, kind, detail, message_id, notification_id)
    VALUES (given, kind, note, message_id,
            substring(message_id FROM '^<?([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}'
                                      '-[0-9a-f]{12})(?:@[^<>]*>?)?$')::uuid)
    ON CONFLICT ON CONSTRAINT bounce_address_kind_message_id_key DO NOTHING;
    cause := CASE kind WHEN 'hard' THEN 'bounce' WHEN 'complaint' THEN 'complaint' ELSE
        (SELECT 'bounce' FROM barid.bounce b
         WHERE b.address = given AND b.kind = 'soft' AND b.counts
           AND b.at > now() - interval '30 days'
         HAVING count(*) >= 5) END;
    IF cause IS NOT NULL THEN
        INSERT INTO barid.suppression AS s (channel, address, reason, detail)
        VALUES ('email', given, cause, note)
        ON CONFLICT ON CONSTRAINT suppression_pkey DO NOTHING;
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT 1 FROM barid.suppression s
                   WHERE s.channel = 'email' AND s.address = given);
END $$;

-- A report that came by mail, which anybody can write: it counts only when `message_id` is that of an
-- e-mail of ours, and `address` (when the report names one) is its reader's. Returns ignored, noted
-- or suppressed.
CREATE FUNCTION barid.record_report(message_id text, kind text, address text DEFAULT NULL,
                                    detail text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
DECLARE
    given  uuid := substring(left(record_report.message_id, 998) FROM
        '^<?([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})@[^<>]*>?$')::uuid;
    reader text;
BEGIN
    SELECT k.address INTO reader
    FROM barid.notification n
    JOIN barid.contact k ON k.user_id = n.user_id AND k.channel = 'email'
    WHERE n.id = given
      AND EXISTS (SELECT 1 FROM barid.delivery d
                  WHERE d.notification_id = n.id AND d.channel = 'email' AND d.attempts > 0)
      AND lower(k.address) = lower(coalesce(record_report.address, k.address));
    IF reader IS NULL THEN RETURN 'ignored'; END IF;
    RETURN CASE WHEN barid.record_bounce(reader, record_report.kind, record_report.detail,
                                         record_report.message_id)
                THEN 'suppressed' ELSE 'noted' END;
END $$;

-- Nobody writes to the address any more. False when that was so already.
CREATE FUNCTION barid.suppress(address text, reason text DEFAULT 'manual',
                               detail text DEFAULT NULL)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    given text := lower(barid.check_email(address));
BEGIN
    IF reason IS NULL OR reason NOT IN ('bounce', 'complaint', 'manual') THEN
        RAISE EXCEPTION 'reason must be bounce, complaint or manual, not %',
            quote_nullable(left(reason, 40)) USING ERRCODE = '22023';
    END IF;
    INSERT INTO barid.suppression (channel, address, reason, detail)
    VALUES ('email', given, reason, left(detail, 500))
    ON CONFLICT ON CONSTRAINT suppression_pkey DO NOTHING;
    RETURN FOUND;
END $$;

-- The address may be written to again, and its bounces so far count no more. False when it was
-- not suppressed.
CREATE FUNCTION barid.unsuppress(address text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    given text := lower(btrim(address));
BEGIN
    UPDATE barid.bounce b SET counts = false WHERE b.address = given AND b.counts;
    DELETE FROM barid.suppression s WHERE s.channel = 'email' AND s.address = given;
    RETURN FOUND;
END $$;

-- E-mails of a job that are still to be sent, to addresses that were taken away or suppressed since
-- they were made: each attempt looks anew.
CREATE FUNCTION barid.drop_unreachable(job_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, barid, pg_temp AS $$
    UPDATE barid.delivery d
    SET state = 'suppressed', updated_at = now(),
        reason = CASE WHEN k.user_id IS NULL THEN 'no_address' ELSE 'suppressed_address' END
    FROM barid.notification n
    LEFT JOIN barid.contact k ON k.user_id = n.user_id AND k.channel = 'email'
    LEFT JOIN barid.suppression s ON s.channel = 'email' AND s.address = lower(k.address)
    WHERE d.job_id = drop_unreachable.job_id AND d.channel = 'email'
      AND d.state IN ('pending', 'deferred') AND n.id = d.notification_id
      AND (k.user_id IS NULL OR s.address IS NOT NULL)
$$;

--------------------------------------------------------------------------------------------------
-- Grants.

GRANT EXECUTE ON FUNCTION barid.check_email(text), barid.set_contact(text, text),
    barid.record_bounce(text, text, text, text), barid.record_report(text, text, text, text)
TO barid_producer, barid_operator;
GRANT EXECUTE ON FUNCTION barid.suppress(text, text, text), barid.unsuppress(text)
TO barid_producer, barid_operator;
GRANT EXECUTE ON FUNCTION barid.record_bounce(text, text, text, text),
    barid.drop_unreachable(bigint) TO barid_worker;
GRANT SELECT ON barid.bounce TO barid_operator;
